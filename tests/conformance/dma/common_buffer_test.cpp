// Common buffers.
#include "dma_rig.h"

using namespace drydock;
using namespace drydock::test;

CONFORMANCE(CommonBuffer, DriverAndDeviceShareIt, "DMA-09") {
  DmaRig rig(machine, WdfDmaProfileScatterGather, 4096);
  DmaSpace memory = machine.dma();
  machine.Run([&] {
    WDFCOMMONBUFFER buffer = nullptr;
    ASSERT_EQ(S(WdfCommonBufferCreate(rig.enabler, 10'000, nullptr, &buffer)), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfCommonBufferGetLength(buffer), 10'000u);
    auto* data = static_cast<char*>(WdfCommonBufferGetAlignedVirtualAddress(buffer));
    const uint64_t address = static_cast<uint64_t>(WdfCommonBufferGetAlignedLogicalAddress(buffer).QuadPart);
    EXPECT_LT(address, uint64_t{1} << 32);  // what a 32-bit device reaches
    memcpy(data + 5000, "to the device", 13);
    char got[13];
    ASSERT_TRUE(memory.Read(address + 5000, got, 13));
    EXPECT_EQ(std::string(got, 13), "to the device");
    ASSERT_TRUE(memory.Write(address + 9990, "from it", 7));
    EXPECT_EQ(std::string(data + 9990, 7), "from it");
    EXPECT_FALSE(memory.Readable(address + 10'000, 1));  // no further than its length
    WdfObjectDelete(buffer);
    EXPECT_FALSE(memory.Readable(address, 1));
    EXPECT_FALSE(memory.Read(address, got, 1));
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);  // the device's stray read
}

CONFORMANCE(CommonBuffer, ParametersAreChecked, "DMA-09", "DEVX-40") {
  DmaRig rig(machine, WdfDmaProfilePacket, 4096);
  machine.Run([&] {
    WDFCOMMONBUFFER buffer = nullptr;
    EXPECT_EQ(S(WdfCommonBufferCreate(rig.enabler, 0, nullptr, &buffer)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(WdfCommonBufferCreate(rig.enabler, size_t{MAXULONG} - PAGE_SIZE + 1, nullptr, &buffer)), S(STATUS_INVALID_PARAMETER));
    WDF_COMMON_BUFFER_CONFIG config;
    WDF_COMMON_BUFFER_CONFIG_INIT(&config, FILE_32_BYTE_ALIGNMENT);
    config.Size -= 4;
    EXPECT_EQ(S(WdfCommonBufferCreateWithConfig(rig.enabler, 100, &config, nullptr, &buffer)), S(STATUS_INFO_LENGTH_MISMATCH));
    WDF_COMMON_BUFFER_CONFIG_INIT(&config, 32);  // not a mask
    EXPECT_EQ(S(WdfCommonBufferCreateWithConfig(rig.enabler, 100, &config, nullptr, &buffer)), S(STATUS_INVALID_PARAMETER));
    // A device with 24 address lines sees 16 MB.
    WDFDMAENABLER narrow = nullptr;
    ASSERT_EQ(S(CreateEnabler(rig.hooks.device, WdfDmaProfilePacket, 4096, &narrow, [](auto& c) { c.AddressWidthOverride = 24; })), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfCommonBufferCreate(narrow, 32 << 20, nullptr, &buffer)), S(STATUS_INSUFFICIENT_RESOURCES));
    ASSERT_EQ(S(WdfCommonBufferCreate(narrow, 1 << 20, nullptr, &buffer)), S(STATUS_SUCCESS));
    EXPECT_LE(WdfCommonBufferGetAlignedLogicalAddress(buffer).QuadPart + (1 << 20), 1 << 24);
  });
}

CONFORMANCE(CommonBuffer, AlignmentOfDeviceOrConfig, "DMA-02", "DMA-10", "DEVX-40") {
  DmaRig rig(machine, WdfDmaProfileScatterGather64, 4096, {}, false);
  rig.alignment = FILE_512_BYTE_ALIGNMENT;
  rig.rig->AddDevice();
  machine.Run([&] {
    WDFCOMMONBUFFER buffer = nullptr;
    ASSERT_EQ(S(WdfCommonBufferCreate(rig.enabler, 100, nullptr, &buffer)), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfCommonBufferGetAlignedLogicalAddress(buffer).QuadPart % 512, 0);
    for (ULONG alignment : {0ul, 1ul, 15ul, 511ul, 4095ul, 8191ul, 65535ul, 1048575ul}) {
      WDF_COMMON_BUFFER_CONFIG config;
      WDF_COMMON_BUFFER_CONFIG_INIT(&config, alignment);
      ASSERT_EQ(S(WdfCommonBufferCreateWithConfig(rig.enabler, 5000, &config, nullptr, &buffer)), S(STATUS_SUCCESS));
      const uint64_t address = static_cast<uint64_t>(WdfCommonBufferGetAlignedLogicalAddress(buffer).QuadPart);
      EXPECT_EQ(address & alignment, 0u) << alignment;
      if (alignment < PAGE_SIZE) EXPECT_EQ(reinterpret_cast<uint64_t>(WdfCommonBufferGetAlignedVirtualAddress(buffer)) & alignment, 0u);
      EXPECT_EQ(WdfCommonBufferGetLength(buffer), 5000u);
      memset(WdfCommonBufferGetAlignedVirtualAddress(buffer), 'x', 5000);
      char last = 0;
      EXPECT_TRUE(machine.dma().Read(address + 4999, &last, 1));
      EXPECT_EQ(last, 'x');
      WdfObjectDelete(buffer);
    }
    // Without WdfDeviceSetAlignmentRequirement: words, by what the device object has.
    EXPECT_EQ(WdfDeviceGetAlignmentRequirement(rig.hooks.device), static_cast<ULONG>(FILE_512_BYTE_ALIGNMENT));
  });
}
