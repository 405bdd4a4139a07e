// What comes late: the controller's word about a transfer whose transaction is gone, an adapter for a transaction that waits no more, a driver's
// reference that outlives its device.
#include "dma_rig.h"

using namespace drydock;
using namespace drydock::test;

namespace {

struct Late {
  explicit Late(Machine& machine) : rig(machine, WdfDmaProfileSystem, 4096), channel(machine.dma_channel(3)) {
    machine.Run([&] {
      CM_PARTIAL_RESOURCE_DESCRIPTOR descriptor = {};
      descriptor.Type = CmResourceTypeDma;
      descriptor.u.Dma.Channel = 3;
      WDF_DMA_SYSTEM_PROFILE_CONFIG config;
      PHYSICAL_ADDRESS address = {};
      WDF_DMA_SYSTEM_PROFILE_CONFIG_INIT(&config, address, Width8Bits, &descriptor);
      config.DemandMode = TRUE;
      EXPECT_EQ(S(WdfDmaEnablerConfigureSystemProfile(rig.enabler, &config, WdfDmaDirectionReadFromDevice)), S(STATUS_SUCCESS));
    });
  }
  static void Told(WDFDMATRANSACTION, WDFDEVICE, WDFCONTEXT context, WDF_DMA_DIRECTION, DMA_COMPLETION_STATUS) { ++static_cast<Late*>(context)->told; }
  WDFDMATRANSACTION Begin(Buffer& buffer) {
    WDF_OBJECT_ATTRIBUTES attributes = Attributes();
    MakeNamed(&attributes);
    WDFDMATRANSACTION transaction = rig.NewTransaction(&attributes);
    Name(transaction, log, "transaction");
    Execute(transaction, buffer);
    return transaction;
  }
  void Execute(WDFDMATRANSACTION transaction, Buffer& buffer) {
    EXPECT_EQ(S(rig.Initialize(transaction, buffer)), S(STATUS_SUCCESS));
    WdfDmaTransactionSetTransferCompleteCallback(transaction, &Late::Told, this);
    EXPECT_EQ(S(WdfDmaTransactionExecute(transaction, &program)), S(STATUS_SUCCESS));
  }
  bool Ended() {
    return Until([&] { return log.Count("transaction.destroy") == 1; });
  }
  DmaRig rig;
  DmaChannel channel;
  Program program;
  Log log;
  std::atomic<int> told{0};
};

constexpr ULONG kDmaFatal = 8;

}  // namespace

// The end of a transfer is told from a DPC, which cannot run as long as this thread is at DISPATCH_LEVEL.
CONFORMANCE(DmaLate, ACompletionThatComesAfterTheDeletionReachesNobody, "DMA-29", "ours") {
  Late late(machine);
  machine.Run([&] {
    Buffer buffer(1000);
    char taken[1000];
    WDFDMATRANSACTION transaction = late.Begin(buffer);
    {
      AtDispatch raised;
      EXPECT_EQ(late.channel.Take(taken, sizeof taken), sizeof taken);
      WdfDmaTransactionRelease(transaction);
      WdfObjectDelete(transaction);
    }
    EXPECT_TRUE(late.Ended());
    SleepMs(5);
    if (machine.simulated()) EXPECT_EQ(late.told, 0);
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kLeak), 0u);
}

CONFORMANCE(DmaLate, ACompletionOfAnEarlierTransferIsNotTakenForTheNextOne, "DMA-29", "ours") {
  Late late(machine);
  machine.Run([&] {
    Buffer buffer(1000);
    char taken[1000];
    WDFDMATRANSACTION transaction = late.Begin(buffer);
    {
      AtDispatch raised;
      EXPECT_EQ(late.channel.Take(taken, sizeof taken), sizeof taken);
      EXPECT_TRUE(Completed(transaction).ended) << "the driver saw the device's own signal first";
      WdfDmaTransactionRelease(transaction);
      late.Execute(transaction, buffer);
    }
    SleepMs(5);
    if (machine.simulated()) EXPECT_EQ(late.told, 0) << "the second transfer has not ended";
    EXPECT_EQ(late.channel.Take(taken, sizeof taken), sizeof taken);
    EXPECT_TRUE(Until([&] { return late.told >= 1; }));
    EXPECT_TRUE(Completed(transaction).ended);
    WdfObjectDelete(transaction);
    EXPECT_TRUE(late.Ended());
  });
}

// A transfer that is stopped without being told, and one that never ends: nobody keeps the transaction.
CONFORMANCE(DmaLate, ATransferThatNeverEndsKeepsNothing, "DMA-29", "ours") {
  Late late(machine);
  machine.Run([&] {
    Buffer buffer(1000);
    WDFDMATRANSACTION transaction = late.Begin(buffer);
    WdfObjectDelete(transaction);
    EXPECT_TRUE(late.Ended());
    EXPECT_FALSE(late.channel.active());
  });
  EXPECT_EQ(late.told, 0);
}

CONFORMANCE_WITH((MachineOptions{.dma = {.map_registers = 4}}), DmaLate, AWaitingTransactionOfVersion2EndsWhenItIsDeleted, "DMA-15", "DEVX-36", "ours") {
  for (bool list : {false, true}) {
    SCOPED_TRACE(list ? "a scatter/gather list" : "the packet adapter");
    // A list takes map registers only for addresses that the device does not reach.
    DmaRig rig(machine, list ? WdfDmaProfileScatterGather : WdfDmaProfilePacket, 8192);
    Log log;
    machine.Run([&] {
      WDFDMAENABLER other = nullptr;
      ASSERT_EQ(S(CreateEnabler(rig.hooks.device, WdfDmaProfilePacket, 12288, &other, Version3)), S(STATUS_SUCCESS));
      PDMA_ADAPTER taker = WdfDmaEnablerWdmGetDmaAdapter(other, WdfDmaDirectionReadFromDevice);
      alignas(16) char context[DMA_TRANSFER_CONTEXT_SIZE_V1];
      taker->DmaOperations->InitializeDmaTransferContext(taker, context);
      PVOID registers = nullptr;
      ASSERT_EQ(S(taker->DmaOperations->AllocateAdapterChannelEx(taker, rig.hooks.device ? WdfDeviceWdmGetDeviceObject(rig.hooks.device) : nullptr, context, 4,
                                                                 DMA_SYNCHRONOUS_CALLBACK, nullptr, nullptr, &registers)),
                S(STATUS_SUCCESS));
      Buffer buffer(6000);
      Program program;
      WDF_OBJECT_ATTRIBUTES attributes = Attributes();
      MakeNamed(&attributes);
      WDFDMATRANSACTION transaction = rig.NewTransaction(&attributes);
      Name(transaction, log, "transaction");
      ASSERT_EQ(S(rig.Initialize(transaction, buffer)), S(STATUS_SUCCESS));
      EXPECT_EQ(S(WdfDmaTransactionExecute(transaction, &program)), S(STATUS_SUCCESS));
      EXPECT_EQ(program.count(), 0u) << "the registers are all taken";
      WdfObjectDelete(transaction);
      EXPECT_EQ(log.Count("transaction.destroy"), 1u) << "nobody holds it: the question was taken back";
      taker->DmaOperations->FreeAdapterObject(taker, DeallocateObject);
      EXPECT_EQ(program.count(), 0u);
      // The next one is served.
      WDFDMATRANSACTION next = rig.Initialized(buffer);
      EXPECT_EQ(S(WdfDmaTransactionExecute(next, &program)), S(STATUS_SUCCESS));
      EXPECT_EQ(program.count(), 1u);
      while (!Completed(next).ended) continue;
      WdfObjectDelete(next);
      WdfObjectDelete(other);
    });
  }
}

namespace {

struct Kept {
  explicit Kept(Machine& machine, WDF_DMA_PROFILE profile = WdfDmaProfilePacket) : rig(machine, profile, 4096) {
    machine.Run([&] {
      transaction = rig.NewTransaction();
      WdfObjectReference(transaction);
      WdfObjectReference(rig.enabler);
    });
    rig.rig->RemoveDevice();
  }
  void LetGo(Machine& machine) {
    machine.Run([&] {
      WdfObjectDereference(transaction);
      WdfObjectDereference(rig.enabler);
    });
  }
  DmaRig rig;
  WDFDMATRANSACTION transaction;
};

}  // namespace

CONFORMANCE(DmaKept, ReferencesBeyondTheDeviceKeepTheObjectsAndNothingElse, "O-13", "OBJ-14", "ours") {
  Kept kept(machine);
  machine.Run([&] {
    // What only reads the object's own values answers; what would need the device does nothing.
    EXPECT_EQ(WdfDmaEnablerGetMaximumLength(kept.rig.enabler), 4096u);
    EXPECT_EQ(WdfDmaEnablerWdmGetDmaAdapter(kept.rig.enabler, WdfDmaDirectionReadFromDevice), nullptr);
    EXPECT_EQ(WdfDmaEnablerGetFragmentLength(kept.rig.enabler, WdfDmaDirectionReadFromDevice), 0u);
    WdfDmaEnablerSetMaximumScatterGatherElements(kept.rig.enabler, 3);
    EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
    WDFDMATRANSACTION another = nullptr;
    EXPECT_EQ(S(WdfDmaTransactionCreate(kept.rig.enabler, nullptr, &another)), S(STATUS_DELETE_PENDING));
    WDFCOMMONBUFFER buffer = nullptr;
    EXPECT_EQ(S(WdfCommonBufferCreate(kept.rig.enabler, 100, nullptr, &buffer)), S(STATUS_DELETE_PENDING));
    EXPECT_EQ(WdfDmaTransactionGetRequest(kept.transaction), nullptr);
    EXPECT_EQ(WdfDmaTransactionGetBytesTransferred(kept.transaction), 0u);
  });
  kept.LetGo(machine);
  kept.rig.rig.reset();
  EXPECT_EQ(machine.CountReports(ReportKind::kLeak), 0u) << machine.ReportText();
}

CONFORMANCE(DmaKept, AskingADeletedTransactionForItsDeviceIsABugCheck, "DEVX-35", "DEVX-36", "ours") {
  Kept kept(machine);
  machine.Run([&] {
    // The enabler goes first: what the transaction says about itself must not need it.
    WdfObjectDereference(kept.rig.enabler);
    WdfDmaTransactionGetDevice(kept.transaction);
  });
  EXPECT_BUG_CHECK(machine, 0x10D, kDmaFatal);
}
