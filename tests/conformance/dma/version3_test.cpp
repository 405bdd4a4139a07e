// What DMA version 3 adds: queued packet transactions, cancel, immediate execution, reservations, single transfers.
#include "dma_rig.h"

using namespace drydock;
using namespace drydock::test;

namespace {

struct Reservation {
  std::vector<WDFDMATRANSACTION> granted;
  std::function<void(WDFDMATRANSACTION)> then;
  KIRQL irql = PASSIVE_LEVEL;
};

void EvtReserve(WDFDMATRANSACTION transaction, PVOID context) {
  auto* reservation = static_cast<Reservation*>(context);
  reservation->granted.push_back(transaction);
  reservation->irql = KeGetCurrentIrql();
  if (reservation->then) reservation->then(transaction);
}

}  // namespace

CONFORMANCE(DmaVersion3, PacketTransactionsWaitTheirTurn, "DMA-15") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096, Version3);
  machine.Run([&] {
    Buffer buffer(100);
    Program program;
    WDFDMATRANSACTION all[3];
    for (WDFDMATRANSACTION& transaction : all) {
      transaction = rig.Initialized(buffer);
      EXPECT_EQ(S(WdfDmaTransactionExecute(transaction, &program)), S(STATUS_SUCCESS));
    }
    for (size_t i = 0; i < 3; ++i) {
      ASSERT_EQ(program.count(), i + 1);
      EXPECT_EQ(program.last().transaction, all[i]);  // in order
      EXPECT_TRUE(Completed(all[i]).ended);
    }
    for (WDFDMATRANSACTION transaction : all) WdfObjectDelete(transaction);
  });
}

CONFORMANCE(DmaVersion3, CancelWhileItWaits, "DMA-28") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096, Version3);
  machine.Run([&] {
    Buffer buffer(100);
    Program program;
    WDFDMATRANSACTION first = rig.Initialized(buffer), second = rig.Initialized(buffer), third = rig.Initialized(buffer);
    EXPECT_FALSE(WdfDmaTransactionCancel(first));  // not executed yet
    WdfDmaTransactionExecute(first, &program);
    WdfDmaTransactionExecute(second, &program);
    WdfDmaTransactionExecute(third, &program);
    EXPECT_FALSE(WdfDmaTransactionCancel(first));  // EvtProgramDma has run
    EXPECT_TRUE(WdfDmaTransactionCancel(second));
    EXPECT_FALSE(WdfDmaTransactionCancel(second));
    EXPECT_TRUE(Completed(first).ended);
    ASSERT_EQ(program.count(), 2u);
    EXPECT_EQ(program.last().transaction, third);  // none for the second
    EXPECT_TRUE(Completed(third).ended);
    EXPECT_FALSE(WdfDmaTransactionCancel(third));
    EXPECT_EQ(S(WdfDmaTransactionRelease(second)), S(STATUS_SUCCESS));
    ASSERT_EQ(S(rig.Initialize(second, buffer)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDmaTransactionExecute(second, &program)), S(STATUS_SUCCESS));
    EXPECT_EQ(program.last().transaction, second);
    EXPECT_TRUE(Completed(second).ended);
    for (WDFDMATRANSACTION transaction : {first, second, third}) WdfObjectDelete(transaction);
  });
}

CONFORMANCE_WITH((MachineOptions{.dma = {.map_registers = 3}}), DmaVersion3, CancelAListThatWaits, "DMA-28") {
  DmaRig rig(machine, WdfDmaProfileScatterGather, 8192, Version3);
  machine.Run([&] {
    Buffer buffer(8192);
    Program program;
    WDFDMATRANSACTION first = rig.Initialized(buffer), second = rig.Initialized(buffer);
    WdfDmaTransactionExecute(first, &program);
    EXPECT_EQ(S(WdfDmaTransactionExecute(second, &program)), S(STATUS_SUCCESS));  // two of three registers are taken
    EXPECT_EQ(program.count(), 1u);
    EXPECT_TRUE(WdfDmaTransactionCancel(second));
    EXPECT_TRUE(Completed(first).ended);
    EXPECT_EQ(program.count(), 1u);
    // Executed anew it is served, and waits for nobody.
    EXPECT_EQ(S(WdfDmaTransactionExecute(second, &program)), S(STATUS_SUCCESS));
    EXPECT_EQ(program.count(), 2u);
    EXPECT_FALSE(WdfDmaTransactionCancel(second));
    EXPECT_TRUE(Completed(second).ended);
    WdfObjectDelete(first);
    WdfObjectDelete(second);
  });
}

CONFORMANCE(DmaVersion3, CancelNeedsVersion3, "DMA-28") {
  DmaRig rig(machine, WdfDmaProfileScatterGather64, 4096);
  machine.Run([&] {
    Buffer buffer(100);
    WDFDMATRANSACTION transaction = rig.Initialized(buffer);
    EXPECT_FALSE(WdfDmaTransactionCancel(transaction));
    WdfObjectDelete(transaction);
  });
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), DmaVersion3, CancelOnVersion2IsAVerifierError, "DMA-28") {
  DmaRig rig(machine, WdfDmaProfileScatterGather64, 4096);
  machine.Run([&] {
    Buffer buffer(100);
    WdfDmaTransactionCancel(rig.Initialized(buffer));
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x8);
}

CONFORMANCE(DmaVersion3, ImmediateExecutionFailsRatherThanWaits, "DMA-26", "DMA-16") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096, Version3);
  machine.Run([&] {
    Buffer buffer(100);
    Program program;
    Reservation reservation;
    WDFDMATRANSACTION first = rig.Initialized(buffer), second = rig.Initialized(buffer);
    WdfDmaTransactionSetImmediateExecution(first, TRUE);
    WdfDmaTransactionSetImmediateExecution(second, TRUE);
    EXPECT_EQ(S(WdfDmaTransactionExecute(first, &program)), S(STATUS_SUCCESS));
    EXPECT_EQ(program.count(), 1u);
    EXPECT_EQ(S(WdfDmaTransactionAllocateResources(second, WdfDmaDirectionReadFromDevice, 1, EvtReserve, &reservation)),
              S(STATUS_INSUFFICIENT_RESOURCES));
    EXPECT_EQ(S(WdfDmaTransactionExecute(second, &program)), S(STATUS_INSUFFICIENT_RESOURCES));
    EXPECT_EQ(S(WdfDmaTransactionRelease(second)), S(STATUS_SUCCESS));
    EXPECT_TRUE(Completed(first).ended);
    EXPECT_EQ(program.count(), 1u);
    EXPECT_TRUE(reservation.granted.empty());
    WdfObjectDelete(first);
    WdfObjectDelete(second);
  });
}

CONFORMANCE_WITH((MachineOptions{.dma = {.map_registers = 3}}), DmaVersion3, ImmediateListFailsRatherThanWaits, "DMA-26") {
  DmaRig rig(machine, WdfDmaProfileScatterGather, 8192, Version3);
  machine.Run([&] {
    Buffer buffer(8192);
    Program program;
    WDFDMATRANSACTION first = rig.Initialized(buffer), second = rig.Initialized(buffer);
    WdfDmaTransactionExecute(first, &program);
    WdfDmaTransactionSetImmediateExecution(second, TRUE);
    EXPECT_EQ(S(WdfDmaTransactionExecute(second, &program)), S(STATUS_INSUFFICIENT_RESOURCES));
    EXPECT_TRUE(Completed(first).ended);
    WdfObjectDelete(first);
    WdfObjectDelete(second);
  });
}

CONFORMANCE(DmaVersion3, ResourcesAreReservedForManyTransactions, "DMA-27", "DEVX-35") {
  DmaRig rig(machine, WdfDmaProfilePacket, 8192, Version3);
  machine.Run([&] {
    Buffer buffer(5000);
    Program program;
    Reservation reservation;
    WDFDMATRANSACTION keeper = rig.NewTransaction(), other = rig.Initialized(buffer);
    EXPECT_EQ(S(WdfDmaTransactionAllocateResources(keeper, WdfDmaDirectionReadFromDevice, 2, EvtReserve, &reservation)), S(STATUS_SUCCESS));
    ASSERT_EQ(reservation.granted, std::vector{keeper});
    EXPECT_EQ(reservation.irql, DISPATCH_LEVEL);
    WdfDmaTransactionExecute(other, &program);
    EXPECT_EQ(program.count(), 0u);  // exclusively the keeper's
    for (int round = 0; round < 3; ++round) {
      ASSERT_EQ(S(rig.Initialize(keeper, buffer)), S(STATUS_SUCCESS));
      EXPECT_EQ(S(WdfDmaTransactionExecute(keeper, &program)), S(STATUS_SUCCESS));
      EXPECT_EQ(program.last().transaction, keeper);
      EXPECT_TRUE(Completed(keeper).ended);
      EXPECT_EQ(S(WdfDmaTransactionRelease(keeper)), S(STATUS_SUCCESS));
    }
    EXPECT_EQ(program.count(), 3u);
    WdfDmaTransactionFreeResources(keeper);  // the other's turn, at once
    ASSERT_EQ(program.count(), 4u);
    EXPECT_EQ(program.last().transaction, other);
    EXPECT_TRUE(Completed(other).ended);
    // Derived from an initialized transaction.
    ASSERT_EQ(S(rig.Initialize(keeper, buffer)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDmaTransactionAllocateResources(keeper, WdfDmaDirectionWriteToDevice, 0, EvtReserve, &reservation)), S(STATUS_SUCCESS));
    EXPECT_EQ(reservation.granted.size(), 2u);
    EXPECT_EQ(S(WdfDmaTransactionExecute(keeper, &program)), S(STATUS_SUCCESS));
    EXPECT_TRUE(Completed(keeper).ended);
    WdfObjectDelete(keeper);  // its reservation goes with it
    ASSERT_EQ(S(WdfDmaTransactionRelease(other)), S(STATUS_SUCCESS));
    ASSERT_EQ(S(rig.Initialize(other, buffer)), S(STATUS_SUCCESS));
    WdfDmaTransactionSetImmediateExecution(other, TRUE);
    EXPECT_EQ(S(WdfDmaTransactionExecute(other, &program)), S(STATUS_SUCCESS));
    EXPECT_TRUE(Completed(other).ended);
    WdfObjectDelete(other);
  });
}

CONFORMANCE(DmaVersion3, ReservationWaitsAndStartsTheTransaction, "DMA-27") {
  DmaRig rig(machine, WdfDmaProfilePacket, 8192, Version3);
  machine.Run([&] {
    Buffer buffer(5000);
    Program program;
    Reservation reservation;
    reservation.then = [&](WDFDMATRANSACTION transaction) {
      EXPECT_EQ(S(rig.Initialize(transaction, buffer)), S(STATUS_SUCCESS));
      EXPECT_EQ(S(WdfDmaTransactionExecute(transaction, &program)), S(STATUS_SUCCESS));
    };
    WDFDMATRANSACTION first = rig.Initialized(buffer), second = rig.NewTransaction();
    WdfDmaTransactionExecute(first, &program);
    EXPECT_EQ(S(WdfDmaTransactionAllocateResources(second, WdfDmaDirectionReadFromDevice, 3, EvtReserve, &reservation)), S(STATUS_SUCCESS));
    EXPECT_TRUE(reservation.granted.empty());
    EXPECT_TRUE(Completed(first).ended);
    EXPECT_EQ(reservation.granted.size(), 1u);
    ASSERT_EQ(program.count(), 2u);
    EXPECT_EQ(program.last().transaction, second);
    EXPECT_TRUE(Completed(second).ended);
    WdfDmaTransactionRelease(second);
    WdfDmaTransactionFreeResources(second);
    WdfObjectDelete(first);
    WdfObjectDelete(second);
  });
}

CONFORMANCE(DmaVersion3, ReservationsAreChecked, "DMA-27") {
  DmaRig rig(machine, WdfDmaProfileSystemDuplex, 8192);
  machine.Run([&] {
    CM_PARTIAL_RESOURCE_DESCRIPTOR descriptor = {};
    descriptor.Type = CmResourceTypeDma;
    WDF_DMA_SYSTEM_PROFILE_CONFIG config;
    PHYSICAL_ADDRESS address = {};
    WDF_DMA_SYSTEM_PROFILE_CONFIG_INIT(&config, address, Width8Bits, &descriptor);
    ASSERT_EQ(S(WdfDmaEnablerConfigureSystemProfile(rig.enabler, &config, WdfDmaDirectionReadFromDevice)), S(STATUS_SUCCESS));
    Reservation reservation;
    WDFDMATRANSACTION transaction = rig.NewTransaction();
    auto allocate = [&](int direction, ULONG registers) {
      return S(WdfDmaTransactionAllocateResources(transaction, static_cast<WDF_DMA_DIRECTION>(direction), registers, EvtReserve, &reservation));
    };
    EXPECT_EQ(allocate(2, 1), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(allocate(WdfDmaDirectionReadFromDevice, 4), S(STATUS_INSUFFICIENT_RESOURCES));  // it has three
    EXPECT_EQ(allocate(WdfDmaDirectionReadFromDevice, 3), S(STATUS_SUCCESS));
    WdfDmaTransactionFreeResources(transaction);
    WDFDMAENABLER lists = nullptr, old = nullptr;
    ASSERT_EQ(S(CreateEnabler(rig.hooks.device, WdfDmaProfileScatterGather64, 8192, &lists, Version3)), S(STATUS_SUCCESS));
    ASSERT_EQ(S(CreateEnabler(rig.hooks.device, WdfDmaProfilePacket, 8192, &old)), S(STATUS_SUCCESS));
    ASSERT_EQ(S(WdfDmaTransactionCreate(lists, nullptr, &transaction)), S(STATUS_SUCCESS));
    EXPECT_EQ(allocate(WdfDmaDirectionReadFromDevice, 1), S(STATUS_INVALID_DEVICE_REQUEST));
    ASSERT_EQ(S(WdfDmaTransactionCreate(old, nullptr, &transaction)), S(STATUS_SUCCESS));
    EXPECT_EQ(allocate(WdfDmaDirectionReadFromDevice, 1), S(STATUS_INVALID_DEVICE_REQUEST));
  });
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), DmaVersion3, ReservingScatterGatherIsAVerifierError, "DMA-27") {
  DmaRig rig(machine, WdfDmaProfileScatterGather64, 8192, Version3);
  machine.Run([&] {
    Reservation reservation;
    WdfDmaTransactionAllocateResources(rig.NewTransaction(), WdfDmaDirectionReadFromDevice, 1, EvtReserve, &reservation);
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x8);
}

CONFORMANCE_WITH((MachineOptions{.dma = {.map_registers = 4}}), DmaVersion3, SingleTransferOrNone, "DMA-13", "DMA-22", "DMA-24", "DEVX-37", "DEVX-39") {
  DmaRig rig(machine, WdfDmaProfilePacket, 65536, [](WDF_DMA_ENABLER_CONFIG& config) {
    config.WdmDmaVersionOverride = 3;
    config.Flags = WDF_DMA_ENABLER_CONFIG_REQUIRE_SINGLE_TRANSFER;
  });
  machine.Run([&] {
    Buffer small(3 * PAGE_SIZE, 1), many(5 * PAGE_SIZE), large(70'000), second(100);
    Program program;
    WDFDMATRANSACTION transaction = rig.NewTransaction();
    EXPECT_EQ(S(rig.Initialize(transaction, large)), S(STATUS_WDF_TOO_MANY_TRANSFERS));
    EXPECT_EQ(S(rig.Initialize(transaction, many)), S(STATUS_WDF_NOT_ENOUGH_MAP_REGISTERS));
    second.Chain(small);
    EXPECT_EQ(S(WdfDmaTransactionInitialize(transaction, EvtProgram, WdfDmaDirectionWriteToDevice, second.mdl(), second.data(), 200)),
              S(STATUS_WDF_TOO_FRAGMENTED));  // two elements, a packet has one
    ASSERT_EQ(S(rig.Initialize(transaction, small)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDmaTransactionExecute(transaction, &program)), S(STATUS_SUCCESS));
    EXPECT_EQ(program.last().length(), small.size());
    DmaDone done = CompletedWithLength(transaction, 1000);
    EXPECT_TRUE(done.ended);
    EXPECT_EQ(S(done.status), S(STATUS_WDF_TOO_MANY_TRANSFERS));
    WdfDmaTransactionRelease(transaction);
    ASSERT_EQ(S(rig.Initialize(transaction, small)), S(STATUS_SUCCESS));
    WdfDmaTransactionExecute(transaction, &program);
    done = CompletedFinal(transaction, 1000);
    EXPECT_TRUE(done.ended);
    EXPECT_EQ(S(done.status), S(STATUS_WDF_TOO_MANY_TRANSFERS));
    WdfDmaTransactionRelease(transaction);
    ASSERT_EQ(S(rig.Initialize(transaction, small)), S(STATUS_SUCCESS));
    WdfDmaTransactionExecute(transaction, &program);
    EXPECT_EQ(S(Completed(transaction).status), S(STATUS_SUCCESS));
    WdfObjectDelete(transaction);

    // For one transaction only, until it is released; scatter/gather by its elements.
    WDFDMAENABLER lists = nullptr;
    ASSERT_EQ(S(CreateEnabler(rig.hooks.device, WdfDmaProfileScatterGather64, 65536, &lists, Version3)), S(STATUS_SUCCESS));
    ASSERT_EQ(S(WdfDmaTransactionCreate(lists, nullptr, &transaction)), S(STATUS_SUCCESS));
    WdfDmaTransactionSetSingleTransferRequirement(transaction, TRUE);
    EXPECT_EQ(S(rig.Initialize(transaction, large)), S(STATUS_WDF_TOO_MANY_TRANSFERS));
    WdfDmaTransactionSetSingleTransferRequirement(transaction, TRUE);
    ASSERT_EQ(S(rig.Initialize(transaction, many)), S(STATUS_SUCCESS));
    WdfDmaTransactionRelease(transaction);
    EXPECT_EQ(S(rig.Initialize(transaction, large)), S(STATUS_SUCCESS));  // the requirement is gone
    WdfObjectDelete(transaction);
  });
}
