// System-mode DMA: a channel of the system's controller, the driver's callbacks, and stopping.
#include "dma_rig.h"

using namespace drydock;
using namespace drydock::test;

namespace {

struct System {
  System(Machine& machine, bool demand = true, bool looped = false)
      : rig(machine, WdfDmaProfileSystem, 4096), channel(machine.dma_channel(3)) {
    machine.Run([&] {
      CM_PARTIAL_RESOURCE_DESCRIPTOR descriptor = {};
      descriptor.Type = CmResourceTypeDma;
      descriptor.u.Dma.Channel = 3;
      WDF_DMA_SYSTEM_PROFILE_CONFIG config;
      PHYSICAL_ADDRESS address;
      address.QuadPart = 0xFE00'0000;
      WDF_DMA_SYSTEM_PROFILE_CONFIG_INIT(&config, address, Width8Bits, &descriptor);
      config.DemandMode = demand;
      config.LoopedTransfer = looped;
      EXPECT_EQ(S(WdfDmaEnablerConfigureSystemProfile(rig.enabler, &config, WdfDmaDirectionReadFromDevice)), S(STATUS_SUCCESS));
    });
  }

  // What came with EvtDmaTransactionDmaTransferComplete.
  struct Told {
    WDFDMATRANSACTION transaction;
    WDFDEVICE device;
    WDF_DMA_DIRECTION direction;
    DMA_COMPLETION_STATUS status;
    KIRQL irql;
  };
  static void OnComplete(WDFDMATRANSACTION transaction, WDFDEVICE device, WDFCONTEXT context, WDF_DMA_DIRECTION direction,
                         DMA_COMPLETION_STATUS status) {
    auto* self = static_cast<System*>(context);
    {
      std::lock_guard<std::mutex> guard(self->mutex);
      self->told.push_back({transaction, device, direction, status, KeGetCurrentIrql()});
    }
    if (self->then) self->then(transaction);
  }
  size_t told_count() {
    std::lock_guard<std::mutex> guard(mutex);
    return told.size();
  }
  struct Configured {
    PMDL mdl;
    size_t offset, length;
  };
  static BOOLEAN OnConfigure(WDFDMATRANSACTION transaction, WDFDEVICE, PVOID context, PMDL mdl, size_t offset, size_t length) {
    auto* self = static_cast<System*>(context);
    self->configured.push_back({mdl, offset, length});
    return self->configure ? self->configure(transaction, mdl) : TRUE;
  }

  DmaRig rig;
  DmaChannel channel;
  Program program;
  std::mutex mutex;
  std::vector<Told> told;
  std::function<void(WDFDMATRANSACTION)> then;
  std::vector<Configured> configured;
  std::function<BOOLEAN(WDFDMATRANSACTION, PMDL)> configure;
};

}  // namespace

CONFORMANCE(SystemDma, ControllerMovesAndTells, "DMA-08", "DMA-29") {
  System system(machine);
  machine.Run([&] {
    Buffer buffer(6000, 100);
    buffer.Fill(Pattern(6000));
    WDFDMATRANSACTION transaction = system.rig.Initialized(buffer);
    WdfDmaTransactionSetDeviceAddressOffset(transaction, 0x10);
    WdfDmaTransactionSetTransferCompleteCallback(transaction, System::OnComplete, &system);
    WdfDmaTransactionSetChannelConfigurationCallback(transaction, System::OnConfigure, &system);
    std::vector<DmaDone> done;
    system.then = [&](WDFDMATRANSACTION ended) {
      DmaDone one = Completed(ended);
      std::lock_guard<std::mutex> guard(system.mutex);
      done.push_back(one);
    };
    ASSERT_EQ(S(WdfDmaTransactionExecute(transaction, &system.program)), S(STATUS_SUCCESS));
    EXPECT_EQ(system.program.count(), 1u);
    EXPECT_TRUE(system.channel.active());
    EXPECT_TRUE(system.channel.to_device());
    EXPECT_TRUE(system.channel.demand_mode());
    EXPECT_EQ(system.channel.device_address(), 0xFE00'0010u);
    EXPECT_EQ(system.channel.remaining(), 4096u);
    EXPECT_EQ(system.rig.adapter()->DmaOperations->ReadDmaCounter(system.rig.adapter()), 4096u);
    std::string taken(7000, ' ');
    EXPECT_EQ(system.channel.Take(taken.data(), 1000), 1000u);
    EXPECT_EQ(system.channel.remaining(), 3096u);
    EXPECT_EQ(system.channel.Give(taken.data(), 10), 0u);  // the other way
    EXPECT_EQ(system.channel.Take(taken.data() + 1000, 6000), 3096u);
    EXPECT_TRUE(Until([&] { return system.told_count() == 1 && system.channel.active(); }));
    EXPECT_EQ(system.channel.Take(taken.data() + 4096, 6000), 1904u);
    EXPECT_TRUE(Until([&] {
      std::lock_guard<std::mutex> guard(system.mutex);
      return done.size() == 2;
    }));
    EXPECT_EQ(taken.substr(0, 6000), Pattern(6000));
    EXPECT_FALSE(done[0].ended);
    EXPECT_TRUE(done[1].ended);
    EXPECT_EQ(S(done[1].status), S(STATUS_SUCCESS));
    for (const System::Told& one : system.told) {
      EXPECT_EQ(one.transaction, transaction);
      EXPECT_EQ(one.device, system.rig.hooks.device);
      EXPECT_EQ(one.direction, WdfDmaDirectionWriteToDevice);
      EXPECT_EQ(one.status, DmaComplete);
      EXPECT_EQ(one.irql, DISPATCH_LEVEL);
    }
    // Once per transfer, and once without an MDL when the adapter is freed.
    ASSERT_EQ(system.configured.size(), 3u);
    EXPECT_EQ(system.configured[0].mdl, buffer.mdl());
    EXPECT_EQ(system.configured[0].offset, 0u);
    EXPECT_EQ(system.configured[0].length, 4096u);
    EXPECT_EQ(system.configured[1].offset, 4096u);
    EXPECT_EQ(system.configured[1].length, 1904u);
    EXPECT_EQ(system.configured[2].mdl, nullptr);
    WdfObjectDelete(transaction);
  });
}

CONFORMANCE(SystemDma, DeviceFillsTheBuffer, "DMA-29") {
  System system(machine, false);
  EXPECT_FALSE(system.channel.active());
  int started = 0;
  // Without demand mode the transfer may begin before EvtProgramDma.
  system.channel.OnStart([&] {
    ++started;
    const std::string data = Pattern(3000, 'A');
    EXPECT_EQ(system.channel.Give(data.data(), data.size()), 3000u);
  });
  machine.Run([&] {
    Buffer buffer(3000);
    WDFDMATRANSACTION transaction = system.rig.Initialized(buffer, WdfDmaDirectionReadFromDevice);
    WdfDmaTransactionSetTransferCompleteCallback(transaction, System::OnComplete, &system);
    std::atomic<int> ended{0};
    system.then = [&](WDFDMATRANSACTION one) { ended += Completed(one).ended; };
    WdfDmaTransactionExecute(transaction, &system.program);
    EXPECT_TRUE(Until([&] { return ended == 1; }));
    EXPECT_EQ(started, 1);
    EXPECT_EQ(buffer.text(), Pattern(3000, 'A'));
    WdfObjectDelete(transaction);
  });
}

CONFORMANCE(SystemDma, LoopedTransferGoesRound, "DMA-08") {
  System system(machine, true, true);
  machine.Run([&] {
    Buffer buffer(1000);
    WDFDMATRANSACTION transaction = system.rig.Initialized(buffer, WdfDmaDirectionReadFromDevice);
    WdfDmaTransactionExecute(transaction, &system.program);
    const std::string data = Pattern(2500);
    EXPECT_EQ(system.channel.Give(data.data(), data.size()), 2500u);
    EXPECT_EQ(system.channel.remaining(), 500u);
    EXPECT_TRUE(CompletedFinal(transaction, 1000).ended);
    EXPECT_EQ(buffer.text(), data.substr(2000) + data.substr(1500, 500));
    WdfObjectDelete(transaction);
  });
}

CONFORMANCE(SystemDma, ConfigureFalseStopsTheTransaction, "DMA-29") {
  System system(machine);
  machine.Run([&] {
    Buffer buffer(100);
    WDFDMATRANSACTION transaction = system.rig.Initialized(buffer);
    WdfDmaTransactionSetChannelConfigurationCallback(transaction, System::OnConfigure, &system);
    system.configure = [](WDFDMATRANSACTION, PMDL mdl) -> BOOLEAN { return mdl == nullptr; };
    EXPECT_FALSE(NT_SUCCESS(WdfDmaTransactionExecute(transaction, &system.program)));
    EXPECT_EQ(system.program.count(), 0u);
    EXPECT_FALSE(system.channel.active());
    EXPECT_EQ(S(WdfDmaTransactionRelease(transaction)), S(STATUS_SUCCESS));
    // Or the driver ends it itself, and then says FALSE.
    ASSERT_EQ(S(system.rig.Initialize(transaction, buffer)), S(STATUS_SUCCESS));
    WdfDmaTransactionSetChannelConfigurationCallback(transaction, System::OnConfigure, &system);
    bool ended = false;
    system.configure = [&](WDFDMATRANSACTION one, PMDL mdl) -> BOOLEAN {
      if (mdl) ended = CompletedFinal(one, 0).ended;
      return FALSE;
    };
    EXPECT_EQ(S(WdfDmaTransactionExecute(transaction, &system.program)), S(STATUS_SUCCESS));
    EXPECT_TRUE(ended);
    EXPECT_EQ(system.program.count(), 0u);
    // The callback goes with the release.
    WdfDmaTransactionRelease(transaction);
    ASSERT_EQ(S(system.rig.Initialize(transaction, buffer)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfDmaTransactionExecute(transaction, &system.program)), S(STATUS_SUCCESS));
    EXPECT_EQ(system.program.count(), 1u);
    CompletedFinal(transaction, 0);
    WdfObjectDelete(transaction);
  });
}

CONFORMANCE(SystemDma, StoppedTransferIsCancelled, "DMA-29", "O-33") {
  System system(machine);
  machine.Run([&] {
    Buffer buffer(3000);
    WDFDMATRANSACTION transaction = system.rig.Initialized(buffer);
    WdfDmaTransactionSetTransferCompleteCallback(transaction, System::OnComplete, &system);
    WdfDmaTransactionExecute(transaction, &system.program);
    char taken[500];
    EXPECT_EQ(system.channel.Take(taken, 500), 500u);
    WdfDmaTransactionStopSystemTransfer(transaction);
    EXPECT_FALSE(system.channel.active());
    EXPECT_EQ(system.channel.Take(taken, 500), 0u);
    EXPECT_TRUE(Until([&] { return system.told_count() == 1; }));
    EXPECT_EQ(system.told[0].status, DmaCancelled);
    DmaDone done = CompletedWithLength(transaction, 500);
    EXPECT_TRUE(done.ended);
    EXPECT_EQ(S(done.status), S(STATUS_CANCELLED));
    WdfDmaTransactionRelease(transaction);
    // With nothing left there is nothing to cancel.
    ASSERT_EQ(S(system.rig.Initialize(transaction, buffer)), S(STATUS_SUCCESS));
    WdfDmaTransactionExecute(transaction, &system.program);
    WdfDmaTransactionStopSystemTransfer(transaction);
    done = Completed(transaction);
    EXPECT_TRUE(done.ended);
    EXPECT_EQ(S(done.status), S(STATUS_SUCCESS));
    WdfObjectDelete(transaction);
  });
}

CONFORMANCE(SystemDma, StoppedWhileBeingMapped, "O-33") {
  System system(machine);
  machine.Run([&] {
    Buffer buffer(3000);
    WDFDMATRANSACTION transaction = system.rig.Initialized(buffer);
    WdfDmaTransactionSetTransferCompleteCallback(transaction, System::OnComplete, &system);
    WdfDmaTransactionSetChannelConfigurationCallback(transaction, System::OnConfigure, &system);
    system.configure = [](WDFDMATRANSACTION one, PMDL mdl) -> BOOLEAN {
      if (mdl) WdfDmaTransactionStopSystemTransfer(one);
      return TRUE;
    };
    EXPECT_EQ(S(WdfDmaTransactionExecute(transaction, &system.program)), S(STATUS_SUCCESS));
    EXPECT_EQ(system.program.count(), 0u);
    ASSERT_EQ(system.told_count(), 1u);
    EXPECT_EQ(system.told[0].status, DmaCancelled);
    DmaDone done = CompletedWithLength(transaction, 0);
    EXPECT_TRUE(done.ended);
    EXPECT_EQ(S(done.status), S(STATUS_CANCELLED));
    WdfObjectDelete(transaction);
  });
}

CONFORMANCE(SystemDma, SettingsAreForSystemMode, "DMA-29") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  machine.Run([&] {
    Buffer buffer(10);
    WDFDMATRANSACTION transaction = rig.Initialized(buffer);
    WdfDmaTransactionSetChannelConfigurationCallback(transaction, System::OnConfigure, nullptr);
    WdfDmaTransactionSetTransferCompleteCallback(transaction, System::OnComplete, nullptr);
    WdfDmaTransactionSetDeviceAddressOffset(transaction, 4);
    WdfDmaTransactionSetImmediateExecution(transaction, TRUE);
    Program program;
    EXPECT_EQ(S(WdfDmaTransactionExecute(transaction, &program)), S(STATUS_SUCCESS));
    Completed(transaction);
    WdfObjectDelete(transaction);
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 4u);
}
