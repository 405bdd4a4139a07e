// MDLs: what they describe, their states, and what is said to a driver that mishandles one.
#include "nt/mm/mdl.h"

#include <cstring>

#include "nt/mm/address_space.h"
#include "nt/ps/process.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

class MdlTest : public testing::KernelFixture {
 protected:
  void SetUp() override { Make(rt::ExecutorKind::kSimulated); }
  alignas(4096) char pages_[4 * 4096] = {};
};

TEST_F(MdlTest, AnMdlDescribesItsBufferInPages) {
  struct Case { size_t offset, length, pages; };
  for (Case c : {Case{0, 4096, 1}, {0, 4097, 2}, {4095, 2, 2}, {1, 1, 1}, {100, 8192, 3}, {0, 0, 0}}) {
    MDL* mdl = IoAllocateMdl(pages_ + c.offset, static_cast<ULONG>(c.length), FALSE, FALSE, nullptr);
    EXPECT_EQ(MmGetMdlVirtualAddress(mdl), pages_ + c.offset);
    EXPECT_EQ(MmGetMdlByteCount(mdl), c.length);
    EXPECT_EQ(MmGetMdlByteOffset(mdl), c.offset);
    EXPECT_EQ(mdl->StartVa, pages_);
    EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(pages_ + c.offset, c.length), c.pages);
    EXPECT_EQ(MmSizeOfMdl(pages_ + c.offset, c.length), sizeof(MDL) + 8 * c.pages);
    MmBuildMdlForNonPagedPool(mdl);
    for (size_t i = 0; i < c.pages; ++i) {
      EXPECT_EQ(MmGetMdlPfnArray(mdl)[i], (reinterpret_cast<uintptr_t>(pages_) >> 12) + i);
    }
    IoFreeMdl(mdl);
  }
  EXPECT_TRUE(mm::LiveMdls(*kernel_).empty());
}

TEST_F(MdlTest, SecondaryMdlsAreChainedToTheIrp) {
  IRP* irp = IoAllocateIrp(1, FALSE);
  MDL* first = IoAllocateMdl(pages_, 16, FALSE, FALSE, irp);
  MDL* second = IoAllocateMdl(pages_, 16, TRUE, FALSE, irp);
  EXPECT_EQ(irp->MdlAddress, first);
  EXPECT_EQ(first->Next, second);
  IoFreeMdl(second);
  IoFreeMdl(first);
  IoFreeIrp(irp);
}

TEST_F(MdlTest, LockingMappingAndUnlockingChangeTheFlags) {
  MDL* mdl = IoAllocateMdl(pages_ + 5, 100, FALSE, FALSE, nullptr);
  MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
  EXPECT_TRUE(mdl->MdlFlags & MDL_PAGES_LOCKED);
  EXPECT_EQ(mm::LockedPages(*kernel_), 1u);
  EXPECT_EQ(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), pages_ + 5);
  EXPECT_TRUE(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
  MmUnlockPages(mdl);
  EXPECT_FALSE(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA));
  EXPECT_EQ(mm::LockedPages(*kernel_), 0u);
  IoFreeMdl(mdl);
}

TEST_F(MdlTest, APartialMdlDescribesPartOfItsSource) {
  MDL* source = IoAllocateMdl(pages_ + 10, 10000, FALSE, FALSE, nullptr);
  MmProbeAndLockPages(source, KernelMode, IoReadAccess);
  MDL* part = IoAllocateMdl(pages_ + 10, 10000, FALSE, FALSE, nullptr);
  IoBuildPartialMdl(source, part, pages_ + 5000, 300);
  EXPECT_EQ(MmGetMdlVirtualAddress(part), pages_ + 5000);
  EXPECT_EQ(MmGetMdlByteCount(part), 300u);
  EXPECT_EQ(MmGetMdlPfnArray(part)[0], MmGetMdlPfnArray(source)[1]);
  EXPECT_TRUE(part->MdlFlags & MDL_PARTIAL);
  EXPECT_EQ(MmGetSystemAddressForMdlSafe(part, NormalPagePriority), pages_ + 5000);
  MmPrepareMdlForReuse(part);
  IoBuildPartialMdl(source, part, pages_ + 5000, 0);  // to the end
  EXPECT_EQ(MmGetMdlByteCount(part), 10u + 10000 - 5000);
  MmPrepareMdlForReuse(part);
  IoFreeMdl(part);
  MmUnlockPages(source);
  IoFreeMdl(source);
}

TEST_F(MdlTest, APartialMdlOutsideItsSourceIsReported) {
  MDL* source = IoAllocateMdl(pages_, 100, FALSE, FALSE, nullptr);
  MmBuildMdlForNonPagedPool(source);
  MDL* part = IoAllocateMdl(pages_, 100, FALSE, FALSE, nullptr);
  EXPECT_EQ(BugCheckOf([&] { IoBuildPartialMdl(source, part, pages_ + 50, 100); }).code, 0x49u);
}

TEST_F(MdlTest, UnlockingWhatIsNotLockedIsReported) {
  MDL* mdl = IoAllocateMdl(pages_, 100, FALSE, FALSE, nullptr);
  BugCheckData data = BugCheckOf([&] { MmUnlockPages(mdl); });
  EXPECT_EQ(data.code, 0xC4u);
  EXPECT_EQ(data.parameters[0], 0x7Cu);
}

TEST_F(MdlTest, FreeingALockedMdlIsReported) {
  MDL* mdl = IoAllocateMdl(pages_, 100, FALSE, FALSE, nullptr);
  MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
  EXPECT_EQ(BugCheckOf([&] { IoFreeMdl(mdl); }).code, 0x4Eu);
}

TEST_F(MdlTest, MappingUnlockedPagesIsReported) {
  MDL* mdl = IoAllocateMdl(pages_, 100, FALSE, FALSE, nullptr);
  BugCheckData data = BugCheckOf([&] { MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority); });
  EXPECT_EQ(data.code, 0xC4u);
  EXPECT_EQ(data.parameters[0], 0x83u);
}

TEST_F(MdlTest, AMissingUnlockIsFound) {
  MDL* mdl = IoAllocateMdl(pages_, 5000, FALSE, FALSE, nullptr);
  MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
  auto live = mm::LiveMdls(*kernel_);
  ASSERT_EQ(live.size(), 1u);
  EXPECT_TRUE(live[0].locked);
  EXPECT_NE(live[0].locker, nullptr);
  EXPECT_EQ(mm::LockedPages(*kernel_), 2u);
  // An MDL in the driver's own memory is found as well.
  alignas(MDL) char own[sizeof(MDL) + 64];
  auto* other = reinterpret_cast<MDL*>(own);
  MmInitializeMdl(other, pages_, 100);
  MmProbeAndLockPages(other, KernelMode, IoReadAccess);
  EXPECT_EQ(mm::LockedPages(*kernel_), 3u);
  MmUnlockPages(other);
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
}

TEST_F(MdlTest, UserPagesLockOnlyInTheApplicationsMemory) {
  MDL* mdl = IoAllocateMdl(pages_ + 100, 200, FALSE, FALSE, nullptr);
  Process* process = thread_->process;
  EXPECT_EQ(mm::TryProbeAndLock(mdl, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
  {
    mm::UserRange range(*kernel_, process, pages_, 250, true);
    EXPECT_EQ(mm::TryProbeAndLock(mdl, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);  // too short
  }
  mm::UserRange first(*kernel_, process, pages_, 250, true);
  mm::UserRange second(*kernel_, process, pages_ + 250, 100, false);
  EXPECT_EQ(mm::TryProbeAndLock(mdl, UserMode, IoWriteAccess), STATUS_ACCESS_VIOLATION);  // the second is read-only
  EXPECT_EQ(mm::TryProbeAndLock(mdl, UserMode, IoReadAccess), STATUS_SUCCESS);
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
}

TEST_F(MdlTest, RangesAreCountedAndBelongToOneProcess) {
  Process* other = ps::CreateProcess(*kernel_, "other");
  mm::UserRange a(*kernel_, other, pages_, 100, true);
  EXPECT_EQ(mm::TryProbe(other, pages_, 100, 1, true), STATUS_SUCCESS);
  EXPECT_EQ(mm::TryProbe(thread_->process, pages_, 100, 1, true), STATUS_ACCESS_VIOLATION);
  {
    mm::UserRange b(*kernel_, other, pages_, 100, true);
  }
  EXPECT_EQ(mm::TryProbe(other, pages_, 100, 1, true), STATUS_SUCCESS);
  EXPECT_EQ(mm::TryProbe(other, pages_ + 1, 4, 4, true), STATUS_DATATYPE_MISALIGNMENT);
  EXPECT_EQ(mm::TryProbe(other, reinterpret_cast<void*>(UINTPTR_MAX - 1), 100, 1, true), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(mm::TryProbe(other, nullptr, 0, 1, true), STATUS_SUCCESS);
}

TEST_F(MdlTest, SafeCopiesNeverFault) {
  char byte = 0;
  EXPECT_EQ(mm::SafeCopyFrom(reinterpret_cast<void*>(0x10), &byte, 1), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(mm::SafeCopyTo(reinterpret_cast<void*>(0x10), &byte, 1), STATUS_ACCESS_VIOLATION);
  EXPECT_FALSE(MmIsAddressValid(reinterpret_cast<void*>(0x10)));
  EXPECT_TRUE(MmIsAddressValid(&byte));
}

TEST_F(MdlTest, ContiguousMemoryAndPagesForMdlsAreGivenBack) {
  PHYSICAL_ADDRESS any = {};
  any.QuadPart = -1;
  void* memory = MmAllocateContiguousMemory(5000, any);
  EXPECT_EQ(MmGetPhysicalAddress(memory).QuadPart, reinterpret_cast<LONGLONG>(memory));
  MmFreeContiguousMemory(memory);
  PHYSICAL_ADDRESS zero = {};
  MDL* mdl = MmAllocatePagesForMdlEx(zero, any, zero, 8192, MmCached, 0);
  ASSERT_NE(mdl, nullptr);
  EXPECT_EQ(MmGetMdlByteCount(mdl), 8192u);
  std::memset(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), 1, 8192);
  MmFreePagesFromMdl(mdl);
  ExFreePool(mdl);
  EXPECT_EQ(BugCheckOf([&] { MmFreeContiguousMemory(memory); }).code, 0xC2u);
}

}  // namespace
}  // namespace drydock::nt
