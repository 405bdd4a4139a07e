// The parser as drivers call it: a report descriptor's collections, in pool.
#include <ntddk.h>

#include <hidpddi.h>

#include <vector>

#include "nt/ex/pool.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

class HidCollectionDescription : public testing::BothExecutors {};
DRYDOCK_BOTH_EXECUTORS(HidCollectionDescription);

// Keys in report 3 with LEDs out, and consumer control in reports 4 and 5.
const std::vector<UCHAR> kDescriptor = {0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x85, 0x03, 0x05, 0x07, 0x19, 0x04, 0x29, 0x0B, 0x15, 0x00, 0x25, 0x01,
                                        0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x05, 0x08, 0x19, 0x01, 0x29, 0x08, 0x91, 0x02, 0xC0,
                                        0x05, 0x0C, 0x09, 0x01, 0xA1, 0x01, 0x85, 0x04, 0x09, 0xE9, 0x09, 0xEA, 0x95, 0x02, 0x75, 0x08, 0x81, 0x02,
                                        0x85, 0x05, 0x09, 0x20, 0x95, 0x01, 0xB1, 0x02, 0xC0};

TEST_P(HidCollectionDescription, EachCollectionHasItsLengthsAndItsParserData) {
  const uint64_t before = ex::PoolInUse(*kernel_).blocks;
  std::vector<UCHAR> descriptor = kDescriptor;
  HIDP_DEVICE_DESC device;
  ASSERT_EQ(HidP_GetCollectionDescription(descriptor.data(), static_cast<ULONG>(descriptor.size()), NonPagedPool, &device), STATUS_SUCCESS);
  ASSERT_EQ(device.CollectionDescLength, 2u);
  const HIDP_COLLECTION_DESC& keys = device.CollectionDesc[0];
  EXPECT_EQ(keys.UsagePage, 1);
  EXPECT_EQ(keys.Usage, 6);
  EXPECT_EQ(keys.CollectionNumber, 1);
  EXPECT_EQ(keys.InputLength, 2);
  EXPECT_EQ(keys.OutputLength, 2);
  EXPECT_EQ(keys.FeatureLength, 0);
  EXPECT_EQ(device.CollectionDesc[1].UsagePage, 0x0C);
  EXPECT_EQ(device.CollectionDesc[1].InputLength, 3);
  EXPECT_EQ(device.CollectionDesc[1].FeatureLength, 2);
  ASSERT_EQ(device.ReportIDsLength, 3u);
  EXPECT_EQ(device.ReportIDs[0].ReportID, 3);
  EXPECT_EQ(device.ReportIDs[0].CollectionNumber, 1);
  EXPECT_EQ(device.ReportIDs[2].ReportID, 5);
  EXPECT_EQ(device.ReportIDs[2].CollectionNumber, 2);
  EXPECT_EQ(device.ReportIDs[2].FeatureLength, 2);
  HIDP_CAPS caps = {};
  EXPECT_EQ(HidP_GetCaps(device.CollectionDesc[1].PreparsedData, &caps), HIDP_STATUS_SUCCESS);
  EXPECT_EQ(caps.InputReportByteLength, 3);
  HidP_FreeCollectionDescription(&device);
  EXPECT_EQ(ex::PoolInUse(*kernel_).blocks, before) << "all was given back";
}

TEST_P(HidCollectionDescription, WhatIsNoDescriptorIsRefused) {
  UCHAR unfinished[] = {0x05, 0x01, 0x09, 0x06, 0xA1, 0x01};
  HIDP_DEVICE_DESC device;
  EXPECT_EQ(HidP_GetCollectionDescription(unfinished, sizeof unfinished, PagedPool, &device), STATUS_COULD_NOT_INTERPRET);
  EXPECT_NE(device.Dbg.ErrorCode, static_cast<ULONG>(HIDP_GETCOLDESC_SUCCESS));
  EXPECT_EQ(HidP_GetCollectionDescription(unfinished, 0, PagedPool, &device), STATUS_NO_DATA_DETECTED);
}

// Memory that runs out at any place leaves nothing behind.
TEST_P(HidCollectionDescription, WithoutMemoryNothingIsLeft) {
  std::vector<UCHAR> descriptor = kDescriptor;
  for (int allowed = 0; allowed < 4; ++allowed) {
    int left = allowed;
    const uint64_t before = ex::PoolInUse(*kernel_).blocks;
    ex::SetPoolFailureHook(*kernel_, [](void* context, const ex::PoolRequest&) { return (*static_cast<int*>(context))-- <= 0; }, &left);
    HIDP_DEVICE_DESC device;
    const NTSTATUS status = HidP_GetCollectionDescription(descriptor.data(), static_cast<ULONG>(descriptor.size()), NonPagedPool, &device);
    ex::SetPoolFailureHook(*kernel_, nullptr, nullptr);
    EXPECT_EQ(status, STATUS_INSUFFICIENT_RESOURCES) << allowed;
    EXPECT_EQ(ex::PoolInUse(*kernel_).blocks, before) << allowed;
  }
}

}  // namespace
}  // namespace drydock::nt
