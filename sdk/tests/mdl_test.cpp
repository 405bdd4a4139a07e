#include <gtest/gtest.h>

#include "doubles.h"

namespace {

using drydock::sdk_test::mapping;

PVOID At(ULONG_PTR address) { return reinterpret_cast<PVOID>(address); }

TEST(Pages, SpanCountsEveryPageTouched) {
  EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(At(0x1000), 0), 0u);
  EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(At(0x1000), 1), 1u);
  EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(At(0x1000), PAGE_SIZE), 1u);
  EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(At(0x1000), PAGE_SIZE + 1), 2u);
  EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(At(0x1FFF), 2), 2u);
  EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(At(0x1FFF), PAGE_SIZE + 2), 3u);
  EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(At(0x1001), 2 * PAGE_SIZE), 3u);
}

TEST(Pages, RoundingAndOffsets) {
  EXPECT_EQ(BYTE_OFFSET(At(0x12345)), 0x345u);
  EXPECT_EQ(PAGE_ALIGN(At(0x12345)), At(0x12000));
  EXPECT_EQ(ROUND_TO_PAGES(1), static_cast<ULONG_PTR>(PAGE_SIZE));
  EXPECT_EQ(ROUND_TO_PAGES(PAGE_SIZE), static_cast<ULONG_PTR>(PAGE_SIZE));
  EXPECT_EQ(BYTES_TO_PAGES(PAGE_SIZE + 1), 2u);
}

TEST(Mdl, DescribesItsBuffer) {
  MDL mdl{};
  mdl.MdlFlags = 0x7f;
  MmInitializeMdl(&mdl, At(0x7123), 0x2000);
  EXPECT_EQ(MmGetMdlVirtualAddress(&mdl), At(0x7123));
  EXPECT_EQ(MmGetMdlByteCount(&mdl), 0x2000u);
  EXPECT_EQ(MmGetMdlByteOffset(&mdl), 0x123u);
  EXPECT_EQ(MmGetMdlBaseVa(&mdl), At(0x7000));
  EXPECT_EQ(mdl.MdlFlags, 0);
  EXPECT_EQ(mdl.Size, 48 + 3 * 8);
  EXPECT_EQ(static_cast<void*>(MmGetMdlPfnArray(&mdl)), static_cast<void*>(&mdl + 1));
}

TEST(Mdl, AMappedOneIsNotMappedAgain) {
  mapping() = {};
  MDL mdl{};
  mdl.MappedSystemVa = At(0x5000);
  for (CSHORT flag : {MDL_MAPPED_TO_SYSTEM_VA, MDL_SOURCE_IS_NONPAGED_POOL}) {
    mdl.MdlFlags = flag;
    EXPECT_EQ(MmGetSystemAddressForMdlSafe(&mdl, NormalPagePriority), At(0x5000));
  }
  EXPECT_EQ(mapping().calls, 0);
}

TEST(Mdl, AnUnmappedOneIsMappedAndFailureIsNull) {
  mapping() = {};
  MDL mdl{};
  mdl.MdlFlags = MDL_PAGES_LOCKED;
  EXPECT_EQ(MmGetSystemAddressForMdlSafe(&mdl, HighPagePriority), nullptr);
  EXPECT_EQ(mapping().calls, 1);
  EXPECT_EQ(mapping().priority, static_cast<ULONG>(HighPagePriority));
}

}  // namespace
