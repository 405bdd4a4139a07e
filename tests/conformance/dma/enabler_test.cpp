// DMA enablers: what they may be, and what they tell.
#include "dma_rig.h"

using namespace drydock;
using namespace drydock::test;

namespace {

NTSTATUS Create(DmaRig& rig, WDF_DMA_PROFILE profile, size_t maximum, const ConfigHook& more = {}, WDF_OBJECT_ATTRIBUTES* attributes = nullptr) {
  WDFDMAENABLER enabler = nullptr;
  NTSTATUS status = CreateEnabler(rig.hooks.device, profile, maximum, &enabler, more, attributes);
  EXPECT_EQ(enabler != nullptr, NT_SUCCESS(status));
  if (enabler) WdfObjectDelete(enabler);
  return status;
}

}  // namespace

CONFORMANCE(DmaEnabler, ParametersAreChecked, "DMA-01", "DMA-07", "DEVX-40") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  ASSERT_EQ(S(rig.created), S(STATUS_SUCCESS));
  machine.Run([&] {
    EXPECT_EQ(S(Create(rig, WdfDmaProfilePacket, 0)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(Create(rig, WdfDmaProfileInvalid, 4096)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(Create(rig, static_cast<WDF_DMA_PROFILE>(9), 4096)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(Create(rig, WdfDmaProfilePacket, 4096, [](auto& config) { config.Size -= 4; })), S(STATUS_INFO_LENGTH_MISMATCH));
    auto width = [](ULONG bits) { return [bits](WDF_DMA_ENABLER_CONFIG& config) { config.AddressWidthOverride = bits; }; };
    EXPECT_EQ(S(Create(rig, WdfDmaProfilePacket64, 4096, width(23))), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(Create(rig, WdfDmaProfilePacket64, 4096, width(64))), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(Create(rig, WdfDmaProfilePacket64, 4096, width(24))), S(STATUS_SUCCESS));
    EXPECT_EQ(S(Create(rig, WdfDmaProfilePacket64, 4096, width(63))), S(STATUS_SUCCESS));
    EXPECT_EQ(S(Create(rig, WdfDmaProfilePacket, 4096, width(33))), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(Create(rig, WdfDmaProfileScatterGather, 4096, width(32))), S(STATUS_SUCCESS));
    EXPECT_EQ(S(Create(rig, WdfDmaProfileSystem, 4096, width(24))), S(STATUS_INVALID_PARAMETER));
    for (int profile = WdfDmaProfilePacket; profile <= WdfDmaProfileSystemDuplex; ++profile) {
      EXPECT_EQ(S(Create(rig, static_cast<WDF_DMA_PROFILE>(profile), 4096)), S(STATUS_SUCCESS)) << profile;
    }
  });
}

CONFORMANCE_WITH((MachineOptions{.dma = {.version = 2}}), DmaEnabler, Version3MayBeMissing, "DMA-01") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  EXPECT_EQ(S(rig.created), S(STATUS_SUCCESS));
  machine.Run([&] {
    EXPECT_EQ(S(Create(rig, WdfDmaProfilePacket, 4096, Version3)), S(STATUS_NOT_SUPPORTED));
    EXPECT_EQ(S(Create(rig, WdfDmaProfileSystem, 4096)), S(STATUS_NOT_SUPPORTED));
    // An address width makes do with 24 or 32 bits there.
    EXPECT_EQ(S(Create(rig, WdfDmaProfilePacket64, 4096, [](auto& config) { config.AddressWidthOverride = 40; })), S(STATUS_SUCCESS));
  });
}

CONFORMANCE_WITH((MachineOptions{.dma = {.version = 0}}), DmaEnabler, NoAdapterIsUnsuccessful, "DEVX-40") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  EXPECT_EQ(S(rig.created), S(STATUS_UNSUCCESSFUL));
}

CONFORMANCE(DmaEnabler, ParentIsTheDeviceOrBelowIt, "DMA-03", "OBJ-30", "O-15") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  machine.Run([&] {
    Log log;
    WDFOBJECT below = NewNamed(log, "below", rig.hooks.device);
    WDFOBJECT elsewhere = NewObject();
    WDF_OBJECT_ATTRIBUTES attributes = Attributes(below);
    MakeNamed(&attributes);
    WDFDMAENABLER enabler = nullptr;
    ASSERT_EQ(S(CreateEnabler(rig.hooks.device, WdfDmaProfilePacket, 4096, &enabler, {}, &attributes)), S(STATUS_SUCCESS));
    Name(enabler, log, "enabler");
    WdfObjectDelete(below);
    EXPECT_EQ(log.lines(), (Lines{"enabler.cleanup", "below.cleanup", "enabler.destroy", "below.destroy"}));
    attributes = Attributes(elsewhere);
    EXPECT_EQ(S(Create(rig, WdfDmaProfilePacket, 4096, {}, &attributes)), S(STATUS_WDF_OBJECT_ATTRIBUTES_INVALID));
    attributes = Attributes(rig.hooks.device);
    EXPECT_EQ(S(Create(rig, WdfDmaProfilePacket, 4096, {}, &attributes)), S(STATUS_SUCCESS));
    WdfObjectDelete(elsewhere);
  });
}

CONFORMANCE(DmaEnabler, MaximumElementsAreUnlimitedUntilSet, "DMA-05") {
  size_t before = 0, in_add = 0;
  DmaRig rig(machine, WdfDmaProfileScatterGather64, 65536, {}, false);
  auto added = rig.hooks.added;
  rig.hooks.added = [&](WDFDEVICE device) {
    NTSTATUS status = added(device);
    before = WdfDmaEnablerGetMaximumScatterGatherElements(rig.enabler);
    WdfDmaEnablerSetMaximumScatterGatherElements(rig.enabler, 7);
    in_add = WdfDmaEnablerGetMaximumScatterGatherElements(rig.enabler);
    return status;
  };
  rig.rig->AddDevice();
  EXPECT_EQ(before, static_cast<size_t>(WDF_DMA_ENABLER_UNLIMITED_FRAGMENTS));
  EXPECT_EQ(in_add, 7u);
  machine.Run([&] {
    WdfDmaEnablerSetMaximumScatterGatherElements(rig.enabler, 9);  // too late
    EXPECT_EQ(WdfDmaEnablerGetMaximumScatterGatherElements(rig.enabler), 7u);
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
}

CONFORMANCE_WITH((MachineOptions{.dma = {.map_registers = 5}}), DmaEnabler, LengthsAndAdapters, "DMA-06") {
  DmaRig rig(machine, WdfDmaProfileScatterGatherDuplex, 65536);
  machine.Run([&] {
    EXPECT_EQ(WdfDmaEnablerGetMaximumLength(rig.enabler), 65536u);
    EXPECT_EQ(WdfDmaEnablerGetFragmentLength(rig.enabler, WdfDmaDirectionReadFromDevice), 4u * PAGE_SIZE);
    EXPECT_EQ(WdfDmaEnablerGetFragmentLength(rig.enabler, WdfDmaDirectionWriteToDevice), 4u * PAGE_SIZE);
    EXPECT_EQ(WdfDmaEnablerGetFragmentLength(rig.enabler, static_cast<WDF_DMA_DIRECTION>(2)), 0u);
    PDMA_ADAPTER in = rig.adapter(WdfDmaDirectionReadFromDevice);
    PDMA_ADAPTER out = rig.adapter(WdfDmaDirectionWriteToDevice);
    EXPECT_TRUE(in && out && in != out);  // one per direction
    EXPECT_EQ(in->Version, 2);
    EXPECT_EQ(rig.adapter(static_cast<WDF_DMA_DIRECTION>(2)), nullptr);
    WDFDMAENABLER simplex = nullptr;
    ASSERT_EQ(S(CreateEnabler(rig.hooks.device, WdfDmaProfilePacket, 8192, &simplex, Version3)), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfDmaEnablerGetFragmentLength(simplex, WdfDmaDirectionWriteToDevice), 8192u);
    EXPECT_EQ(WdfDmaEnablerWdmGetDmaAdapter(simplex, WdfDmaDirectionWriteToDevice),
              WdfDmaEnablerWdmGetDmaAdapter(simplex, WdfDmaDirectionReadFromDevice));
    EXPECT_EQ(WdfDmaEnablerWdmGetDmaAdapter(simplex, WdfDmaDirectionWriteToDevice)->Version, 3);
  });
}

CONFORMANCE(DmaEnabler, SystemProfileIsConfigured, "DMA-08") {
  DmaRig rig(machine, WdfDmaProfileSystemDuplex, 4096);
  ASSERT_EQ(S(rig.created), S(STATUS_SUCCESS));
  machine.Run([&] {
    EXPECT_EQ(rig.adapter(), nullptr);
    Buffer buffer(100);
    WDFDMATRANSACTION early = rig.NewTransaction();
    EXPECT_FALSE(NT_SUCCESS(rig.Initialize(early, buffer)));  // nothing works before
    CM_PARTIAL_RESOURCE_DESCRIPTOR descriptor = {};
    descriptor.Type = CmResourceTypeDma;
    descriptor.u.Dma.Channel = 3;
    PHYSICAL_ADDRESS address = {};
    WDF_DMA_SYSTEM_PROFILE_CONFIG config;
    WDF_DMA_SYSTEM_PROFILE_CONFIG_INIT(&config, address, Width8Bits, &descriptor);
    EXPECT_EQ(S(WdfDmaEnablerConfigureSystemProfile(rig.enabler, nullptr, WdfDmaDirectionReadFromDevice)), S(STATUS_INVALID_PARAMETER));
    config.Size += 8;
    EXPECT_EQ(S(WdfDmaEnablerConfigureSystemProfile(rig.enabler, &config, WdfDmaDirectionReadFromDevice)), S(STATUS_INFO_LENGTH_MISMATCH));
    config.Size -= 8;
    config.DmaDescriptor = nullptr;
    EXPECT_EQ(S(WdfDmaEnablerConfigureSystemProfile(rig.enabler, &config, WdfDmaDirectionReadFromDevice)), S(STATUS_INVALID_PARAMETER));
    config.DmaDescriptor = &descriptor;
    EXPECT_EQ(S(WdfDmaEnablerConfigureSystemProfile(rig.enabler, &config, static_cast<WDF_DMA_DIRECTION>(5))), S(STATUS_INVALID_PARAMETER));
    config.DmaWidth = MaximumDmaWidth;
    EXPECT_EQ(S(WdfDmaEnablerConfigureSystemProfile(rig.enabler, &config, WdfDmaDirectionReadFromDevice)), S(STATUS_NOT_SUPPORTED));
    config.DmaWidth = Width8Bits;
    EXPECT_EQ(S(WdfDmaEnablerConfigureSystemProfile(rig.enabler, &config, WdfDmaDirectionReadFromDevice)), S(STATUS_SUCCESS));
    EXPECT_NE(rig.adapter(WdfDmaDirectionReadFromDevice), nullptr);
    EXPECT_EQ(rig.adapter(WdfDmaDirectionWriteToDevice), nullptr);  // each direction by itself
  });
}

CONFORMANCE(DmaEnabler, GoesWithItsChildren, "OBJ-33", "DMA-09", "DMA-12") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  machine.Run([&] {
    Log log;
    WDFDMAENABLER enabler = nullptr;
    WDF_OBJECT_ATTRIBUTES attributes = Attributes();
    MakeNamed(&attributes);
    ASSERT_EQ(S(CreateEnabler(rig.hooks.device, WdfDmaProfilePacket, 4096, &enabler, {}, &attributes)), S(STATUS_SUCCESS));
    Name(enabler, log, "enabler");
    WDFCOMMONBUFFER buffer = nullptr;
    ASSERT_EQ(S(WdfCommonBufferCreate(enabler, 100, &attributes, &buffer)), S(STATUS_SUCCESS));
    Name(buffer, log, "buffer");
    WDFDMATRANSACTION transaction = nullptr;
    ASSERT_EQ(S(WdfDmaTransactionCreate(enabler, &attributes, &transaction)), S(STATUS_SUCCESS));
    Name(transaction, log, "transaction");
    WDF_OBJECT_ATTRIBUTES parented = Attributes(rig.hooks.device);
    WDFCOMMONBUFFER other = nullptr;
    EXPECT_EQ(S(WdfCommonBufferCreate(enabler, 100, &parented, &other)), S(STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED));
    EXPECT_EQ(S(WdfDmaTransactionCreate(enabler, &parented, &transaction)), S(STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED));
    WdfObjectDelete(enabler);
    EXPECT_EQ(log.lines(), (Lines{"buffer.cleanup", "transaction.cleanup", "enabler.cleanup", "buffer.destroy", "transaction.destroy", "enabler.destroy"}));
  });
  EXPECT_EQ(machine.dma().mapped_pages(), 0u);
}
