// DMA from an application's request to the device's model and back.
#include "dma_rig.h"

using namespace drydock;
using namespace drydock::test;

namespace {

// A device that takes (or fills) what a transfer describes a millisecond later, and then interrupts.
struct Mover {
  Mover(DmaRig& the_rig) : rig(the_rig), memory(the_rig.machine.dma()) {
    program.then = [this](const Transfer& transfer) {
      rig.machine.After(std::chrono::milliseconds(1), [this, transfer] {
        if (transfer.direction == WdfDmaDirectionWriteToDevice) {
          taken += ReadAll(memory, transfer);
        } else {
          EXPECT_TRUE(WriteAll(memory, transfer, gives.substr(given, transfer.length())));
          given += transfer.length();
        }
        Finish(transfer.transaction);
      });
    };
  }

  void Start(WDFREQUEST request, WDF_DMA_DIRECTION direction) {
    WDFDMATRANSACTION transaction = rig.NewTransaction();
    ASSERT_EQ(S(WdfDmaTransactionInitializeUsingRequest(transaction, request, EvtProgram, direction)), S(STATUS_SUCCESS));
    ASSERT_EQ(S(WdfDmaTransactionExecute(transaction, &program)), S(STATUS_SUCCESS));
  }

  void Finish(WDFDMATRANSACTION transaction) {
    DmaDone done = Completed(transaction);
    if (!done.ended) {
      EXPECT_EQ(S(done.status), S(STATUS_MORE_PROCESSING_REQUIRED));
      return;
    }
    WDFREQUEST request = WdfDmaTransactionGetRequest(transaction);
    const size_t bytes = WdfDmaTransactionGetBytesTransferred(transaction);
    EXPECT_EQ(S(WdfDmaTransactionRelease(transaction)), S(STATUS_SUCCESS));
    WdfObjectDelete(transaction);
    WdfRequestCompleteWithInformation(request, done.status, bytes);
  }

  DmaRig& rig;
  DmaSpace memory;
  Program program;
  std::string taken, gives;
  size_t given = 0;
};

void WriteGoesOut(Machine& machine, WDF_DMA_PROFILE profile, const ConfigHook& more, size_t transfers, bool pieces) {
  DmaRig rig(machine, profile, 8192, more, false);
  Mover mover(rig);
  rig.hooks.write = [&](WDFREQUEST request, size_t) { mover.Start(request, WdfDmaDirectionWriteToDevice); };
  rig.rig->AddDevice();
  ASSERT_EQ(S(rig.created), S(STATUS_SUCCESS));
  const std::string data = Pattern(20'000);
  File file = rig.rig->Open();
  IoResult result = file.Write(data);
  EXPECT_EQ(result.status, S(STATUS_SUCCESS));
  EXPECT_EQ(result.information, data.size());
  EXPECT_EQ(mover.taken, data);
  ASSERT_EQ(mover.program.count(), transfers);
  size_t seen = 0;
  for (const Transfer& transfer : mover.program.seen()) {
    EXPECT_EQ(transfer.irql, DISPATCH_LEVEL);
    EXPECT_LE(transfer.length(), 8192u);
    seen += transfer.elements.size();
  }
  if (pieces) {
    EXPECT_GE(seen, 5u);  // 20,000 bytes lie in five pages at least
  } else {
    EXPECT_EQ(seen, transfers);
  }
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 0u) << machine.ReportText();
}

void ReadComesIn(Machine& machine, WDF_DMA_PROFILE profile, const ConfigHook& more) {
  DmaRig rig(machine, profile, 8192, more, false);
  Mover mover(rig);
  mover.gives = Pattern(20'000, 'A');
  rig.hooks.read = [&](WDFREQUEST request, size_t) { mover.Start(request, WdfDmaDirectionReadFromDevice); };
  rig.rig->AddDevice();
  std::string data(20'000, ' ');
  File file = rig.rig->Open();
  IoResult result = file.Read(data.data(), data.size());
  EXPECT_EQ(result.status, S(STATUS_SUCCESS));
  EXPECT_EQ(result.information, data.size());
  EXPECT_EQ(data, mover.gives);
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 0u) << machine.ReportText();
}

}  // namespace

CONFORMANCE(DmaSlice, PacketWriteReachesTheDevice, "DMA-14", "DMA-17", "DMA-18", "DMA-19") {
  WriteGoesOut(machine, WdfDmaProfilePacket, {}, 3, false);
}
CONFORMANCE(DmaSlice, Packet64WriteReachesTheDevice, "DMA-18", "DMA-19") { WriteGoesOut(machine, WdfDmaProfilePacket64, {}, 3, false); }
CONFORMANCE(DmaSlice, PacketWriteReachesTheDeviceOnVersion3, "DMA-17", "DMA-19") { WriteGoesOut(machine, WdfDmaProfilePacket, Version3, 3, false); }
CONFORMANCE(DmaSlice, ScatterGatherWriteReachesTheDevice, "DMA-18", "DMA-19") { WriteGoesOut(machine, WdfDmaProfileScatterGather, {}, 3, true); }
CONFORMANCE(DmaSlice, ScatterGather64WriteReachesTheDevice, "DMA-18", "DMA-19") { WriteGoesOut(machine, WdfDmaProfileScatterGather64, {}, 3, true); }
CONFORMANCE(DmaSlice, ScatterGather64WriteReachesTheDeviceOnVersion3, "DMA-18", "DMA-19") {
  WriteGoesOut(machine, WdfDmaProfileScatterGather64, Version3, 3, true);
}
CONFORMANCE(DmaSlice, DuplexWriteReachesTheDevice, "DMA-18", "DMA-19") { WriteGoesOut(machine, WdfDmaProfileScatterGatherDuplex, {}, 3, true); }
CONFORMANCE(DmaSlice, Duplex64WriteReachesTheDevice, "DMA-18", "DMA-19") { WriteGoesOut(machine, WdfDmaProfileScatterGather64Duplex, {}, 3, true); }

CONFORMANCE(DmaSlice, PacketReadFillsTheBuffer, "DMA-14", "DMA-19") { ReadComesIn(machine, WdfDmaProfilePacket, {}); }
CONFORMANCE(DmaSlice, PacketReadFillsTheBufferOnVersion3, "DMA-14", "DMA-19") { ReadComesIn(machine, WdfDmaProfilePacket64, Version3); }
CONFORMANCE(DmaSlice, ScatterGatherReadFillsTheBuffer, "DMA-14", "DMA-19") { ReadComesIn(machine, WdfDmaProfileScatterGather, {}); }
CONFORMANCE(DmaSlice, ScatterGather64ReadFillsTheBuffer, "DMA-14", "DMA-19") { ReadComesIn(machine, WdfDmaProfileScatterGather64, {}); }
CONFORMANCE(DmaSlice, ScatterGatherReadFillsTheBufferOnVersion3, "DMA-14", "DMA-19") {
  ReadComesIn(machine, WdfDmaProfileScatterGather, Version3);
}
CONFORMANCE(DmaSlice, ScatterGatherListsWithoutPreallocation, "DMA-19") {
  ReadComesIn(machine, WdfDmaProfileScatterGather64,
              [](WDF_DMA_ENABLER_CONFIG& config) { config.Flags = WDF_DMA_ENABLER_CONFIG_NO_SGLIST_PREALLOCATION; });
}
CONFORMANCE_WITH((MachineOptions{.dma = {.double_buffer = true}}), DmaSlice, DoubleBufferedTransfersArrive, "DMA-19") {
  ReadComesIn(machine, WdfDmaProfileScatterGather64, {});
}
