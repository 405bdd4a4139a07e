// DMA transactions: their order, states, and what each call says.
#include "dma_rig.h"

using namespace drydock;
using namespace drydock::test;

namespace {

constexpr uint64_t kDmaFatal = 0x8;

uint64_t Number(WDFDMATRANSACTION transaction) { return reinterpret_cast<uint64_t>(transaction); }

}  // namespace

CONFORMANCE(DmaTransaction, OneBufferInOneTransfer, "DMA-11", "DMA-16", "DMA-17", "DMA-19", "DMA-23") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  DmaSpace memory = machine.dma();
  machine.Run([&] {
    Buffer buffer(3000, 100);
    buffer.Fill(Pattern(3000));
    WDFDMATRANSACTION transaction = rig.Initialized(buffer);
    EXPECT_EQ(WdfDmaTransactionGetRequest(transaction), nullptr);
    EXPECT_EQ(WdfDmaTransactionGetDevice(transaction), rig.hooks.device);
    Program program;
    program.answer = FALSE;  // ignored
    ASSERT_EQ(S(WdfDmaTransactionExecute(transaction, &program)), S(STATUS_SUCCESS));
    ASSERT_EQ(program.count(), 1u);
    const Transfer seen = program.last();
    EXPECT_EQ(seen.transaction, transaction);
    EXPECT_EQ(seen.device, rig.hooks.device);
    EXPECT_EQ(seen.direction, WdfDmaDirectionWriteToDevice);
    EXPECT_EQ(seen.irql, DISPATCH_LEVEL);
    ASSERT_EQ(seen.elements.size(), 1u);
    EXPECT_EQ(ReadAll(memory, seen), buffer.text());
    EXPECT_FALSE(memory.Writable(seen.elements[0].address, 1));  // a transfer to the device
    EXPECT_EQ(WdfDmaTransactionGetCurrentDmaTransferLength(transaction), 3000u);
    EXPECT_EQ(WdfDmaTransactionGetBytesTransferred(transaction), 0u);
    DmaDone done = Completed(transaction);
    EXPECT_TRUE(done.ended);
    EXPECT_EQ(S(done.status), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfDmaTransactionGetBytesTransferred(transaction), 3000u);
    EXPECT_FALSE(memory.Readable(seen.elements[0].address, 1));  // no longer the device's
    EXPECT_EQ(S(WdfDmaTransactionRelease(transaction)), S(STATUS_SUCCESS));
    WdfObjectDelete(transaction);
  });
  EXPECT_EQ(memory.mapped_pages(), 0u);
}

CONFORMANCE(DmaTransaction, WhatTheDeviceWroteArrivesWithCompletion, "DMA-19") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  machine.Run([&] {
    Buffer buffer(2000);
    WDFDMATRANSACTION transaction = rig.Initialized(buffer, WdfDmaDirectionReadFromDevice);
    Program program;
    WdfDmaTransactionExecute(transaction, &program);
    ASSERT_TRUE(WriteAll(machine.dma(), program.last(), Pattern(2000)));
    EXPECT_NE(buffer.text(), Pattern(2000));  // still in the map registers
    Completed(transaction);
    EXPECT_EQ(buffer.text(), Pattern(2000));
    WdfObjectDelete(transaction);
  });
}

CONFORMANCE(DmaTransaction, PartialTransfersGoOnWhereTheyEnded, "DMA-20", "DMA-23") {
  DmaRig rig(machine, WdfDmaProfileScatterGather64, 8192);
  machine.Run([&] {
    Buffer buffer(12'000, 50);
    buffer.Fill(Pattern(12'000));
    WDFDMATRANSACTION transaction = rig.Initialized(buffer);
    Program program;
    WdfDmaTransactionExecute(transaction, &program);
    EXPECT_EQ(ReadAll(machine.dma(), program.last()), Pattern(12'000).substr(0, 8192));
    DmaDone done = CompletedWithLength(transaction, 5000);
    EXPECT_FALSE(done.ended);
    EXPECT_EQ(S(done.status), S(STATUS_MORE_PROCESSING_REQUIRED));
    EXPECT_EQ(WdfDmaTransactionGetBytesTransferred(transaction), 5000u);
    EXPECT_EQ(ReadAll(machine.dma(), program.last()), Pattern(12'000).substr(5000, 7000));
    done = CompletedWithLength(transaction, 0);  // the same again
    EXPECT_FALSE(done.ended);
    EXPECT_EQ(WdfDmaTransactionGetCurrentDmaTransferLength(transaction), 7000u);
    EXPECT_EQ(ReadAll(machine.dma(), program.last()), Pattern(12'000).substr(5000, 7000));
    done = CompletedWithLength(transaction, 7000);
    EXPECT_TRUE(done.ended);
    EXPECT_EQ(S(done.status), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfDmaTransactionGetBytesTransferred(transaction), 12'000u);
    EXPECT_EQ(program.count(), 3u);
    WdfObjectDelete(transaction);
  });
}

CONFORMANCE(DmaTransaction, FinalEndsIt, "DMA-21", "DEVX-37") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  machine.Run([&] {
    Buffer buffer(10'000);
    WDFDMATRANSACTION transaction = rig.Initialized(buffer);
    Program program;
    WdfDmaTransactionExecute(transaction, &program);
    DmaDone done = CompletedFinal(transaction, 1000);
    EXPECT_TRUE(done.ended);
    EXPECT_EQ(S(done.status), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfDmaTransactionGetBytesTransferred(transaction), 1000u);
    EXPECT_EQ(program.count(), 1u);
    WdfDmaTransactionRelease(transaction);
    for (bool final : {false, true}) {  // more than there was
      ASSERT_EQ(S(rig.Initialize(transaction, buffer)), S(STATUS_SUCCESS));
      ASSERT_EQ(S(WdfDmaTransactionExecute(transaction, &program)), S(STATUS_SUCCESS));
      done = final ? CompletedFinal(transaction, 4097) : CompletedWithLength(transaction, 4097);
      EXPECT_TRUE(done.ended);
      EXPECT_EQ(S(done.status), S(STATUS_INVALID_PARAMETER));
      EXPECT_EQ(S(WdfDmaTransactionRelease(transaction)), S(STATUS_SUCCESS));
    }
    WdfObjectDelete(transaction);
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 2u);
}

CONFORMANCE(DmaTransaction, EndedInsideEvtProgramDma, "DMA-19", "DMA-21") {
  // A driver that finds its transfer done at once ends it from inside; transfers do not pile up on the stack.
  DmaRig rig(machine, WdfDmaProfileScatterGather64, 4096);
  machine.Run([&] {
    Buffer buffer(1'000'000);
    buffer.Fill(Pattern(1'000'000));
    WDFDMATRANSACTION transaction = rig.Initialized(buffer);
    Program program;
    std::string taken;
    int inside = 0, deepest = 0, ended = 0;
    program.then = [&](const Transfer& transfer) {
      deepest = std::max(deepest, ++inside);
      taken += ReadAll(machine.dma(), transfer);
      DmaDone done = Completed(transfer.transaction);
      EXPECT_EQ(S(done.status), S(done.ended ? STATUS_SUCCESS : STATUS_MORE_PROCESSING_REQUIRED));
      ended += done.ended;
      --inside;
    };
    ASSERT_EQ(S(WdfDmaTransactionExecute(transaction, &program)), S(STATUS_SUCCESS));
    EXPECT_EQ(program.count(), 245u);
    EXPECT_EQ(ended, 1);
    EXPECT_EQ(deepest, 1);
    EXPECT_EQ(taken, Pattern(1'000'000));
    WdfObjectDelete(transaction);
  });
}

CONFORMANCE(DmaTransaction, MaximumLengthOnlyLowers, "DMA-25") {
  DmaRig rig(machine, WdfDmaProfileScatterGather64, 8192);
  machine.Run([&] {
    Buffer buffer(10'000);
    WDFDMATRANSACTION transaction = rig.Initialized(buffer);
    WdfDmaTransactionSetMaximumLength(transaction, 100'000);  // ignored
    Program program;
    WdfDmaTransactionExecute(transaction, &program);
    EXPECT_EQ(program.last().length(), 8192u);
    CompletedFinal(transaction, 0);
    WdfDmaTransactionRelease(transaction);
    rig.Initialize(transaction, buffer);
    WdfDmaTransactionSetMaximumLength(transaction, 3000);
    WdfDmaTransactionExecute(transaction, &program);
    EXPECT_EQ(program.last().length(), 3000u);
    CompletedFinal(transaction, 0);
    WdfDmaTransactionRelease(transaction);
    rig.Initialize(transaction, buffer);  // back to the enabler's
    WdfDmaTransactionExecute(transaction, &program);
    EXPECT_EQ(program.last().length(), 8192u);
    CompletedFinal(transaction, 0);
    WdfObjectDelete(transaction);
  });
}

CONFORMANCE_WITH((MachineOptions{.dma = {.map_registers = 3}}), DmaTransaction, MapRegistersBoundATransfer, "DMA-06", "DMA-18") {
  DmaRig rig(machine, WdfDmaProfileScatterGather, 65536);
  machine.Run([&] {
    Buffer buffer(20'000, 3000);
    buffer.Fill(Pattern(20'000));
    WDFDMATRANSACTION transaction = rig.Initialized(buffer);
    Program program;
    std::string taken;
    program.then = [&](const Transfer& transfer) { taken += ReadAll(machine.dma(), transfer); };
    WdfDmaTransactionExecute(transaction, &program);
    while (!Completed(transaction).ended) continue;
    EXPECT_EQ(taken, Pattern(20'000));
    EXPECT_GE(program.count(), 3u);
    for (const Transfer& transfer : program.seen()) EXPECT_LE(transfer.elements.size(), 3u);
    WdfObjectDelete(transaction);
  });
}

CONFORMANCE(DmaTransaction, ChainedMdls, "DMA-13", "DEVX-38") {
  DmaRig rig(machine, WdfDmaProfileScatterGather64, 65536);
  machine.Run([&] {
    Buffer first(1000, 10), second(5000, 4000), third(300);
    first.Chain(second);
    second.Chain(third);
    first.Fill(Pattern(1000, 'a'));
    second.Fill(Pattern(5000, 'A'));
    third.Fill(Pattern(300, '0'));
    const std::string all = first.text() + second.text() + third.text();
    Program program;
    WDFDMATRANSACTION transaction = rig.NewTransaction();
    ASSERT_EQ(S(WdfDmaTransactionInitialize(transaction, EvtProgram, WdfDmaDirectionWriteToDevice, first.mdl(), first.data() + 10, 6290)),
              S(STATUS_SUCCESS));
    WdfDmaTransactionExecute(transaction, &program);
    EXPECT_EQ(ReadAll(machine.dma(), program.last()), all.substr(10));
    // The rest after a part lies in the second MDL.
    EXPECT_FALSE(CompletedWithLength(transaction, 2000).ended);
    EXPECT_EQ(ReadAll(machine.dma(), program.last()), all.substr(2010));
    EXPECT_TRUE(Completed(transaction).ended);
    WdfDmaTransactionRelease(transaction);
    // By offset, beginning behind the first MDL.
    ASSERT_EQ(S(WdfDmaTransactionInitializeUsingOffset(transaction, EvtProgram, WdfDmaDirectionWriteToDevice, first.mdl(), 1500, 4600)),
              S(STATUS_SUCCESS));
    WdfDmaTransactionExecute(transaction, &program);
    EXPECT_EQ(ReadAll(machine.dma(), program.last()), all.substr(1500, 4600));
    EXPECT_TRUE(Completed(transaction).ended);
    WdfDmaTransactionRelease(transaction);
    EXPECT_EQ(S(WdfDmaTransactionInitializeUsingOffset(transaction, EvtProgram, WdfDmaDirectionWriteToDevice, first.mdl(), 1500, 4801)),
              S(STATUS_INVALID_PARAMETER));
    WdfObjectDelete(transaction);

    // A packet enabler of version 2 takes the first MDL alone, one of version 3 all of them, a piece at a time.
    WDFDMAENABLER packet = nullptr;
    ASSERT_EQ(S(CreateEnabler(rig.hooks.device, WdfDmaProfilePacket, 65536, &packet)), S(STATUS_SUCCESS));
    ASSERT_EQ(S(WdfDmaTransactionCreate(packet, nullptr, &transaction)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDmaTransactionInitialize(transaction, EvtProgram, WdfDmaDirectionWriteToDevice, first.mdl(), first.data(), 1001)),
              S(STATUS_INVALID_PARAMETER));
    WdfObjectDelete(transaction);
    WDFDMAENABLER packet3 = nullptr;
    ASSERT_EQ(S(CreateEnabler(rig.hooks.device, WdfDmaProfilePacket, 65536, &packet3, Version3)), S(STATUS_SUCCESS));
    ASSERT_EQ(S(WdfDmaTransactionCreate(packet3, nullptr, &transaction)), S(STATUS_SUCCESS));
    ASSERT_EQ(S(WdfDmaTransactionInitialize(transaction, EvtProgram, WdfDmaDirectionWriteToDevice, first.mdl(), first.data(), 6300)),
              S(STATUS_SUCCESS));
    Program pieces;
    std::string taken;
    pieces.then = [&](const Transfer& transfer) { taken += ReadAll(machine.dma(), transfer); };
    WdfDmaTransactionExecute(transaction, &pieces);
    while (!Completed(transaction).ended) continue;
    EXPECT_EQ(taken, all);
    EXPECT_EQ(pieces.count(), 3u);
    WdfObjectDelete(transaction);
  });
}

CONFORMANCE(DmaTransaction, InitializeChecksTheBuffer, "DMA-13", "DEVX-38") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  machine.Run([&] {
    Buffer buffer(1000, 8);
    WDFDMATRANSACTION transaction = rig.NewTransaction();
    auto initialize = [&](void* address, size_t length, int direction = WdfDmaDirectionWriteToDevice) {
      return S(WdfDmaTransactionInitialize(transaction, EvtProgram, static_cast<WDF_DMA_DIRECTION>(direction), buffer.mdl(), address, length));
    };
    EXPECT_EQ(initialize(buffer.data(), 0), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(initialize(buffer.data() - 1, 10), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(initialize(buffer.data() + 1000, 1), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(initialize(buffer.data() + 1, 1000), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(initialize(buffer.data(), 1000, 2), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(WdfDmaTransactionRelease(transaction)), S(STATUS_SUCCESS));  // a failure leaves it released
    EXPECT_EQ(initialize(buffer.data() + 1, 999), S(STATUS_SUCCESS));
    WdfObjectDelete(transaction);
  });
}

CONFORMANCE(DmaTransaction, TooManyFragments, "DMA-13", "DMA-15") {
  DmaRig rig(machine, WdfDmaProfileScatterGather64, 65536, {}, false);
  auto added = rig.hooks.added;
  rig.hooks.added = [&](WDFDEVICE device) {
    NTSTATUS status = added(device);
    WdfDmaEnablerSetMaximumScatterGatherElements(rig.enabler, 2);
    return status;
  };
  rig.rig->AddDevice();
  machine.Run([&] {
    Buffer aligned(8192), askew(8192, 1);
    WDFDMATRANSACTION transaction = rig.NewTransaction();
    EXPECT_EQ(S(rig.Initialize(transaction, askew)), S(STATUS_WDF_TOO_FRAGMENTED));  // three pages
    EXPECT_EQ(S(rig.Initialize(transaction, aligned)), S(STATUS_SUCCESS));
    Program program;
    EXPECT_EQ(S(WdfDmaTransactionExecute(transaction, &program)), S(STATUS_SUCCESS));
    EXPECT_EQ(program.last().elements.size(), 2u);
    Completed(transaction);
    WdfDmaTransactionRelease(transaction);
    // Physically contiguous memory is one fragment.
    PHYSICAL_ADDRESS highest;
    highest.QuadPart = -1;
    auto* contiguous = static_cast<char*>(MmAllocateContiguousMemory(20'000, highest));
    PMDL mdl = IoAllocateMdl(contiguous, 20'000, FALSE, FALSE, nullptr);
    MmBuildMdlForNonPagedPool(mdl);
    ASSERT_EQ(S(WdfDmaTransactionInitialize(transaction, EvtProgram, WdfDmaDirectionWriteToDevice, mdl, contiguous, 20'000)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDmaTransactionExecute(transaction, &program)), S(STATUS_SUCCESS));
    EXPECT_EQ(program.last().elements.size(), 1u);
    Completed(transaction);
    WdfDmaTransactionRelease(transaction);
    IoFreeMdl(mdl);
    MmFreeContiguousMemory(contiguous);
    // A part that ends inside a page makes three of two, later.
    ASSERT_EQ(S(rig.Initialize(transaction, aligned)), S(STATUS_SUCCESS));
    WdfDmaTransactionSetMaximumLength(transaction, 4096);
    WdfDmaTransactionExecute(transaction, &program);
    EXPECT_FALSE(CompletedWithLength(transaction, 100).ended);
    EXPECT_EQ(program.last().elements.size(), 2u);
    CompletedFinal(transaction, 0);
    WdfObjectDelete(transaction);
  });
}

CONFORMANCE(DmaTransaction, OnePacketPerDeviceOnVersion2, "DMA-15", "DMA-16", "DEVX-39") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  machine.Run([&] {
    WDFDMAENABLER second = nullptr;
    ASSERT_EQ(S(CreateEnabler(rig.hooks.device, WdfDmaProfilePacket, 4096, &second)), S(STATUS_SUCCESS));
    Buffer buffer(100);
    Program program;
    WDFDMATRANSACTION one = rig.Initialized(buffer);
    WDFDMATRANSACTION other = nullptr;
    ASSERT_EQ(S(WdfDmaTransactionCreate(second, nullptr, &other)), S(STATUS_SUCCESS));
    ASSERT_EQ(S(rig.Initialize(other, buffer)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDmaTransactionExecute(one, &program)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDmaTransactionExecute(other, &program)), S(STATUS_WDF_BUSY));  // per device, not per enabler
    EXPECT_EQ(S(WdfDmaTransactionRelease(other)), S(STATUS_SUCCESS));
    EXPECT_TRUE(Completed(one).ended);
    ASSERT_EQ(S(rig.Initialize(other, buffer)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDmaTransactionExecute(other, &program)), S(STATUS_SUCCESS));
    EXPECT_TRUE(Completed(other).ended);
    WdfObjectDelete(one);
    WdfObjectDelete(other);
  });
}

CONFORMANCE(DmaTransaction, ScatterGatherRunsSideBySide, "DMA-15") {
  DmaRig rig(machine, WdfDmaProfileScatterGather64, 4096);
  machine.Run([&] {
    Buffer buffer(100);
    Program program;
    WDFDMATRANSACTION one = rig.Initialized(buffer), other = rig.Initialized(buffer);
    EXPECT_EQ(S(WdfDmaTransactionExecute(one, &program)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDmaTransactionExecute(other, &program)), S(STATUS_SUCCESS));
    EXPECT_EQ(program.count(), 2u);
    EXPECT_TRUE(Completed(other).ended);
    EXPECT_TRUE(Completed(one).ended);
    WdfObjectDelete(one);
    WdfObjectDelete(other);
  });
}

CONFORMANCE(DmaTransaction, ReleaseIsHarmlessTwice, "DMA-24", "DEVX-36") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096, Version3);
  machine.Run([&] {
    WDFDMATRANSACTION transaction = rig.NewTransaction();
    EXPECT_EQ(S(WdfDmaTransactionRelease(transaction)), S(STATUS_SUCCESS));
    Buffer buffer(6000);
    Program program;
    ASSERT_EQ(S(rig.Initialize(transaction, buffer)), S(STATUS_SUCCESS));
    WdfDmaTransactionSetMaximumLength(transaction, 2000);
    WdfDmaTransactionSetImmediateExecution(transaction, TRUE);
    EXPECT_EQ(S(WdfDmaTransactionRelease(transaction)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDmaTransactionRelease(transaction)), S(STATUS_SUCCESS));
    // Used again: nothing of what was set is left.
    ASSERT_EQ(S(rig.Initialize(transaction, buffer)), S(STATUS_SUCCESS));
    WDFDMATRANSACTION first = rig.Initialized(buffer);
    WdfDmaTransactionExecute(first, &program);
    EXPECT_EQ(S(WdfDmaTransactionExecute(transaction, &program)), S(STATUS_SUCCESS));  // waits: not immediate
    EXPECT_EQ(program.count(), 1u);
    CompletedFinal(first, 0);
    EXPECT_EQ(program.count(), 2u);
    EXPECT_EQ(program.last().length(), 4096u);
    CompletedFinal(transaction, 0);
    WdfObjectDelete(first);
    WdfObjectDelete(transaction);
  });
}

CONFORMANCE(DmaTransaction, RequestDecidesTheDirection, "DMA-14", "DMA-23", "DEVX-38") {
  DmaRig rig(machine, WdfDmaProfileScatterGather64, 65536, {}, false);
  auto attempt = [&](WDFREQUEST request, int direction) {
    WDFDMATRANSACTION transaction = rig.NewTransaction();
    NTSTATUS status =
        WdfDmaTransactionInitializeUsingRequest(transaction, request, EvtProgram, static_cast<WDF_DMA_DIRECTION>(direction));
    EXPECT_EQ(WdfDmaTransactionGetRequest(transaction), NT_SUCCESS(status) ? request : nullptr);
    WdfObjectDelete(transaction);
    return S(status);
  };
  rig.hooks.read = [&](WDFREQUEST request, size_t length) {
    EXPECT_EQ(attempt(request, WdfDmaDirectionReadFromDevice), S(length ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(attempt(request, WdfDmaDirectionWriteToDevice), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(attempt(request, 2), S(STATUS_INVALID_PARAMETER));
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.hooks.write = [&](WDFREQUEST request, size_t) {
    EXPECT_EQ(attempt(request, WdfDmaDirectionWriteToDevice), S(STATUS_SUCCESS));
    EXPECT_EQ(attempt(request, WdfDmaDirectionReadFromDevice), S(STATUS_INVALID_DEVICE_REQUEST));
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.hooks.ioctl = [&](WDFREQUEST request, size_t output, size_t, ULONG code) {
    const ULONG method = METHOD_FROM_CTL_CODE(code);
    const bool may_write = method == METHOD_IN_DIRECT || method == METHOD_BUFFERED;
    const bool may_read = method == METHOD_OUT_DIRECT || method == METHOD_BUFFERED;
    // One direction per request: a buffered one has one MDL, as long as what was asked for first (IOX-59).
    if (((code >> 2) & 0xFFF) == 0x900) {
      EXPECT_EQ(attempt(request, WdfDmaDirectionWriteToDevice), S(may_write ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST)) << method;
    } else {
      EXPECT_EQ(attempt(request, WdfDmaDirectionReadFromDevice), S(may_read ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST)) << method;
    }
    if (method == METHOD_IN_DIRECT) {  // the output buffer is what the device reads
      WDFDMATRANSACTION transaction = rig.NewTransaction();
      EXPECT_EQ(S(WdfDmaTransactionInitializeUsingRequest(transaction, request, EvtProgram, WdfDmaDirectionWriteToDevice)), S(STATUS_SUCCESS));
      Program program;
      WdfDmaTransactionExecute(transaction, &program);
      EXPECT_EQ(ReadAll(machine.dma(), program.last()), std::string(output, 'o'));
      Completed(transaction);
      WdfObjectDelete(transaction);
    }
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.rig->AddDevice();
  File file = rig.rig->Open();
  char data[300];
  std::string input(200, 'i'), output(300, 'o');
  EXPECT_EQ(file.Read(data, sizeof(data)).status, S(STATUS_SUCCESS));
  EXPECT_EQ(file.Write(input).status, S(STATUS_SUCCESS));
  for (ULONG method : {METHOD_BUFFERED, METHOD_IN_DIRECT, METHOD_OUT_DIRECT, METHOD_NEITHER}) {
    for (ULONG function : {0x900u, 0x901u}) {
      const ULONG code = CTL_CODE(FILE_DEVICE_UNKNOWN, function, method, FILE_ANY_ACCESS);
      EXPECT_EQ(file.Ioctl(code, input.data(), input.size(), output.data(), output.size()).status, S(STATUS_SUCCESS));
    }
  }
}

CONFORMANCE(DmaTransaction, TransferInfoCountsWhatItTakes, "DMA-13") {
  DmaRig rig(machine, WdfDmaProfileScatterGather64, 65536);
  machine.Run([&] {
    Buffer buffer(10'000, 4000);
    WDFDMATRANSACTION transaction = rig.Initialized(buffer);
    ULONG registers = 0, elements = 0;
    WdfDmaTransactionGetTransferInfo(transaction, &registers, &elements);
    EXPECT_EQ(registers, 4u);  // version 2: a register per page
    EXPECT_EQ(elements, 4u);
    WdfDmaTransactionGetTransferInfo(transaction, nullptr, nullptr);
    EXPECT_EQ(WdfDmaTransactionWdmGetTransferContext(transaction), nullptr);  // version 3 only
    WdfObjectDelete(transaction);
    auto info = [&](WDF_DMA_PROFILE profile) {
      WDFDMAENABLER enabler = nullptr;
      EXPECT_EQ(S(CreateEnabler(rig.hooks.device, profile, 65536, &enabler, Version3)), S(STATUS_SUCCESS));
      EXPECT_EQ(S(WdfDmaTransactionCreate(enabler, nullptr, &transaction)), S(STATUS_SUCCESS));
      EXPECT_EQ(S(rig.Initialize(transaction, buffer)), S(STATUS_SUCCESS));
      EXPECT_NE(WdfDmaTransactionWdmGetTransferContext(transaction), nullptr);
      WdfDmaTransactionGetTransferInfo(transaction, &registers, &elements);
      WdfObjectDelete(enabler);
    };
    info(WdfDmaProfileScatterGather64);
    EXPECT_EQ(registers, 0u);  // version 3 is exact: the device reaches the memory itself
    EXPECT_EQ(elements, 4u);
    info(WdfDmaProfileScatterGather);
    EXPECT_EQ(registers, 4u);
    EXPECT_EQ(elements, 4u);
    info(WdfDmaProfilePacket64);
    EXPECT_EQ(registers, 4u);
    EXPECT_EQ(elements, 1u);
  });
}

// --- DEVX-35, DEVX-36: bug check 0x10D/0x8 with the transaction and its state ---

namespace {

enum Start { kUninitialized, kInitialized };
struct Use {
  Buffer buffer{10};
  Program program;
};

// What the steps end with is a mistake in that state of the transaction (DEVX-36).
void IsFatal(Machine& machine, DmaRig& rig, Start start, uint64_t state, const std::function<void(WDFDMATRANSACTION, Use&)>& steps) {
  uint64_t number = 0;
  machine.Run([&] {
    Use use;
    WDFDMATRANSACTION transaction = start == kInitialized ? rig.Initialized(use.buffer) : rig.NewTransaction();
    number = Number(transaction);
    steps(transaction, use);
  });
  EXPECT_BUG_CHECK(machine, 0x10D, kDmaFatal, number, state);
}

}  // namespace

CONFORMANCE(DmaTransactionState, ExecuteBeforeInitialize, "DMA-15", "DEVX-35", "DEVX-36", "VER-07") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  IsFatal(machine, rig, kUninitialized, 1, [](WDFDMATRANSACTION transaction, Use&) { WdfDmaTransactionExecute(transaction, nullptr); });
}

CONFORMANCE(DmaTransactionState, InitializeTwice, "DEVX-35", "DEVX-36") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  IsFatal(machine, rig, kInitialized, 3, [&](WDFDMATRANSACTION transaction, Use& use) { rig.Initialize(transaction, use.buffer); });
}

CONFORMANCE(DmaTransactionState, InitializeInTransfer, "DEVX-35", "DEVX-36") {
  DmaRig rig(machine, WdfDmaProfileScatterGather64, 4096);
  IsFatal(machine, rig, kInitialized, 4, [&](WDFDMATRANSACTION transaction, Use& use) {
    WdfDmaTransactionExecute(transaction, &use.program);
    rig.Initialize(transaction, use.buffer);
  });
}

CONFORMANCE(DmaTransactionState, CompletedTwice, "DEVX-35", "DEVX-36") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  IsFatal(machine, rig, kInitialized, 5, [](WDFDMATRANSACTION transaction, Use& use) {
    WdfDmaTransactionExecute(transaction, &use.program);
    Completed(transaction);
    CompletedWithLength(transaction, 1);
  });
}

CONFORMANCE(DmaTransactionState, ExecuteAfterAFailure, "DEVX-35", "DEVX-36") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  IsFatal(machine, rig, kInitialized, 6, [](WDFDMATRANSACTION transaction, Use& use) {
    WdfDmaTransactionExecute(transaction, &use.program);
    CompletedFinal(transaction, 11);
    WdfDmaTransactionExecute(transaction, &use.program);
  });
}

CONFORMANCE(DmaTransactionState, CompletedFinalAfterRelease, "DEVX-35", "DEVX-36") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  IsFatal(machine, rig, kInitialized, 7, [](WDFDMATRANSACTION transaction, Use&) {
    WdfDmaTransactionRelease(transaction);
    CompletedFinal(transaction, 1);
  });
}

CONFORMANCE(DmaTransactionState, ExecuteAfterDelete, "DEVX-35", "DEVX-36") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  IsFatal(machine, rig, kUninitialized, 8, [](WDFDMATRANSACTION transaction, Use&) {
    WdfObjectReference(transaction);
    WdfObjectDelete(transaction);
    WdfDmaTransactionExecute(transaction, nullptr);
  });
}

CONFORMANCE(DmaTransactionState, CancelBeforeInitialize, "DMA-28", "DEVX-36") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096, Version3);
  IsFatal(machine, rig, kUninitialized, 1, [](WDFDMATRANSACTION transaction, Use&) { WdfDmaTransactionCancel(transaction); });
}

CONFORMANCE(DmaTransactionState, CancelAfterRelease, "DMA-28", "DEVX-36") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096, Version3);
  IsFatal(machine, rig, kInitialized, 7, [](WDFDMATRANSACTION transaction, Use&) {
    WdfDmaTransactionRelease(transaction);
    WdfDmaTransactionCancel(transaction);
  });
}

// Only the verifier minds these; without it they go ahead.
CONFORMANCE(DmaTransactionState, ReleaseAndDeleteInTransferGoAhead, "DEVX-36") {
  DmaRig rig(machine, WdfDmaProfileScatterGather64, 4096);
  machine.Run([&] {
    Buffer buffer(10);
    Program program;
    WDFDMATRANSACTION transaction = rig.Initialized(buffer);
    WdfDmaTransactionExecute(transaction, &program);
    EXPECT_EQ(S(WdfDmaTransactionRelease(transaction)), S(STATUS_SUCCESS));
    EXPECT_EQ(machine.dma().mapped_pages(), 0u);
    ASSERT_EQ(S(rig.Initialize(transaction, buffer)), S(STATUS_SUCCESS));
    WdfDmaTransactionExecute(transaction, &program);
    WdfObjectDelete(transaction);
    EXPECT_EQ(machine.dma().mapped_pages(), 0u);
  });
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), DmaTransactionState, ReleaseInTransfer, "DEVX-36") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  IsFatal(machine, rig, kInitialized, 4, [](WDFDMATRANSACTION transaction, Use& use) {
    WdfDmaTransactionExecute(transaction, &use.program);
    WdfDmaTransactionRelease(transaction);
  });
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), DmaTransactionState, DeleteInTransfer, "DEVX-36") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  IsFatal(machine, rig, kInitialized, 4, [](WDFDMATRANSACTION transaction, Use& use) {
    WdfDmaTransactionExecute(transaction, &use.program);
    WdfObjectDelete(transaction);
  });
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), DmaTransactionState, FailingStopSystemTransfer, "DEVX-36") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096, Version3);
  IsFatal(machine, rig, kInitialized, 3, [](WDFDMATRANSACTION transaction, Use&) { WdfDmaTransactionStopSystemTransfer(transaction); });
}
