// Virtual memory, sections, reserved mappings.
#include <ntifs.h>

#include <cstring>

#include "nt/mm/address_space.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

class Sections : public testing::KernelFixture {
 protected:
  void SetUp() override { Make(rt::ExecutorKind::kSimulated); }
  HANDLE Section(SIZE_T bytes, ULONG protect = PAGE_READWRITE) {
    LARGE_INTEGER size;
    size.QuadPart = static_cast<LONGLONG>(bytes);
    HANDLE handle = nullptr;
    EXPECT_EQ(ZwCreateSection(&handle, SECTION_ALL_ACCESS, nullptr, &size, protect, SEC_COMMIT, nullptr), STATUS_SUCCESS);
    return handle;
  }
  PVOID Map(HANDLE section, ULONG protect, NTSTATUS expected = STATUS_SUCCESS) {
    PVOID base = nullptr;
    SIZE_T size = 0;
    EXPECT_EQ(ZwMapViewOfSection(section, ZwCurrentProcess(), &base, 0, 0, nullptr, &size, ViewUnmap, 0, protect), expected);
    return base;
  }
};

TEST_F(Sections, MemoryIsReservedCommittedAndGivenBack) {  // nf-ntifs-zwallocatevirtualmemory, nf-ntifs-zwfreevirtualmemory
  PVOID base = nullptr;
  SIZE_T size = 100'000;
  ASSERT_EQ(ZwAllocateVirtualMemory(ZwCurrentProcess(), &base, 0, &size, MEM_RESERVE, PAGE_READWRITE), STATUS_SUCCESS);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(base) % 0x10000, 0u);
  EXPECT_EQ(size, ROUND_TO_PAGES(100'000));
  EXPECT_FALSE(MmIsAddressValid(base));
  PVOID second_page = static_cast<char*>(base) + PAGE_SIZE;
  SIZE_T one = 1;
  ASSERT_EQ(ZwAllocateVirtualMemory(ZwCurrentProcess(), &second_page, 0, &one, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
  EXPECT_EQ(one, static_cast<SIZE_T>(PAGE_SIZE));
  std::memset(second_page, 7, PAGE_SIZE);
  EXPECT_FALSE(MmIsAddressValid(base));
  MEMORY_BASIC_INFORMATION info;
  ASSERT_EQ(ZwQueryVirtualMemory(ZwCurrentProcess(), second_page, MemoryBasicInformation, &info, sizeof info, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(info.State, static_cast<ULONG>(MEM_COMMIT));
  EXPECT_EQ(info.AllocationBase, base);
  EXPECT_EQ(info.RegionSize, static_cast<SIZE_T>(PAGE_SIZE));
  EXPECT_EQ(mm::TryProbe(thread_->process, second_page, PAGE_SIZE, 1, true), STATUS_SUCCESS) << "memory of the process";
  ASSERT_EQ(ZwFreeVirtualMemory(ZwCurrentProcess(), &second_page, &one, MEM_DECOMMIT), STATUS_SUCCESS);
  EXPECT_FALSE(MmIsAddressValid(second_page));
  SIZE_T all = 0;
  EXPECT_EQ(ZwFreeVirtualMemory(ZwCurrentProcess(), &second_page, &all, MEM_RELEASE), STATUS_FREE_VM_NOT_AT_BASE);
  EXPECT_EQ(ZwFreeVirtualMemory(ZwCurrentProcess(), &base, &all, MEM_RELEASE), STATUS_SUCCESS);
  EXPECT_EQ(ZwFreeVirtualMemory(ZwCurrentProcess(), &base, &all, MEM_RELEASE), STATUS_MEMORY_NOT_ALLOCATED);
}

TEST_F(Sections, ViewsShareTheMemoryOfTheirSection) {  // nf-wdm-zwmapviewofsection, nf-ntifs-mmmapviewinsystemspace
  HANDLE section = Section(3 * PAGE_SIZE);
  auto* view = static_cast<char*>(Map(section, PAGE_READWRITE));
  PVOID object = nullptr;
  ASSERT_EQ(ObReferenceObjectByHandle(section, SECTION_ALL_ACCESS, nullptr, KernelMode, &object, nullptr), STATUS_SUCCESS);
  PVOID system = nullptr;
  SIZE_T size = 0;
  ASSERT_EQ(MmMapViewInSystemSpace(object, &system, &size), STATUS_SUCCESS);
  EXPECT_EQ(size, static_cast<SIZE_T>(3 * PAGE_SIZE));
  std::strcpy(view + PAGE_SIZE, "seen");
  EXPECT_STREQ(static_cast<char*>(system) + PAGE_SIZE, "seen");
  ZwClose(section);
  EXPECT_EQ(ZwUnmapViewOfSection(ZwCurrentProcess(), view), STATUS_SUCCESS);
  EXPECT_EQ(ZwUnmapViewOfSection(ZwCurrentProcess(), view), STATUS_NOT_MAPPED_VIEW);
  EXPECT_STREQ(static_cast<char*>(system) + PAGE_SIZE, "seen") << "the view keeps the section";
  EXPECT_EQ(MmUnmapViewInSystemSpace(system), STATUS_SUCCESS);
  ObDereferenceObject(object);
}

TEST_F(Sections, AViewMayNotDoMoreThanItsSection) {
  HANDLE section = Section(PAGE_SIZE, PAGE_READONLY);
  Map(section, PAGE_READWRITE, STATUS_SECTION_PROTECTION);
  PVOID view = Map(section, PAGE_READONLY);
  EXPECT_EQ(mm::TryProbe(thread_->process, view, 1, 1, false), STATUS_SUCCESS);
  EXPECT_EQ(mm::TryProbe(thread_->process, view, 1, 1, true), STATUS_ACCESS_VIOLATION);
  PVOID base = nullptr;
  SIZE_T size = 0;
  LARGE_INTEGER offset;
  offset.QuadPart = PAGE_SIZE;
  EXPECT_EQ(ZwMapViewOfSection(section, ZwCurrentProcess(), &base, 0, 0, &offset, &size, ViewUnmap, 0, PAGE_READONLY), STATUS_MAPPED_ALIGNMENT);
  ZwUnmapViewOfSection(ZwCurrentProcess(), view);
  ZwClose(section);
}

TEST_F(Sections, WhatAProcessMappedGoesWithItsEnd) {
  Process* process = ps::CreateProcess(*kernel_, "tool.exe");
  PVOID base = nullptr;
  SIZE_T size = PAGE_SIZE;
  KAPC_STATE state;
  KeStackAttachProcess(reinterpret_cast<PEPROCESS>(process), &state);
  ASSERT_EQ(ZwAllocateVirtualMemory(ZwCurrentProcess(), &base, 0, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
  HANDLE section = Section(PAGE_SIZE);
  PVOID view = Map(section, PAGE_READWRITE);
  KeUnstackDetachProcess(&state);
  EXPECT_TRUE(MmIsAddressValid(base));
  ps::EndProcess(process, 0);
  EXPECT_FALSE(MmIsAddressValid(base));
  EXPECT_FALSE(MmIsAddressValid(view));
}

TEST_F(Sections, AReservedMappingTakesWhatFits) {  // nf-wdm-mmallocatemappingaddress
  constexpr ULONG kTag = 'tseT';
  PVOID reserved = MmAllocateMappingAddress(PAGE_SIZE, kTag);
  ASSERT_NE(reserved, nullptr);
  PHYSICAL_ADDRESS low{}, high{}, skip{};
  high.QuadPart = -1;
  PMDL one = MmAllocatePagesForMdl(low, high, skip, PAGE_SIZE), two = MmAllocatePagesForMdl(low, high, skip, 2 * PAGE_SIZE);
  EXPECT_EQ(MmMapLockedPagesWithReservedMapping(reserved, kTag, two, MmCached), nullptr);
  auto* mapped = static_cast<char*>(MmMapLockedPagesWithReservedMapping(reserved, kTag, one, MmCached));
  ASSERT_NE(mapped, nullptr);
  mapped[5] = 1;
  MmUnmapReservedMapping(mapped == reserved ? mapped : reserved, kTag, one);
  MmFreeMappingAddress(reserved, kTag);
  MmFreePagesFromMdl(one);
  MmFreePagesFromMdl(two);
  ExFreePool(one);
  ExFreePool(two);
  PPHYSICAL_MEMORY_RANGE ranges = MmGetPhysicalMemoryRanges();
  ASSERT_NE(ranges, nullptr);
  EXPECT_NE(ranges[0].NumberOfBytes.QuadPart, 0);
  EXPECT_EQ(ranges[1].NumberOfBytes.QuadPart, 0);
  ExFreePool(ranges);
}

}  // namespace
}  // namespace drydock::nt
