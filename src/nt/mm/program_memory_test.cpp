// What pointers inside a request may lead to, and copies from process to process.
#include <ntifs.h>

#include <cstring>
#include <memory>

#include "nt/mm/address_space.h"
#include "nt/testing/kernel_fixture.h"

extern "C" NTSTATUS MmCopyVirtualMemory(PEPROCESS SourceProcess, PVOID SourceAddress, PEPROCESS TargetProcess, PVOID TargetAddress, SIZE_T BufferSize,
                                        KPROCESSOR_MODE PreviousMode, PSIZE_T ReturnSize);

namespace drydock::nt {
namespace {

class ProgramMemory : public testing::BothExecutors {
 protected:
  void SetUp() override {
    BothExecutors::SetUp();
    program_ = ps::CreateProcess(*kernel_, "tool.exe");
    program_->program = true;
  }
  NTSTATUS Probe(const void* address, size_t bytes, bool for_write) { return mm::TryProbe(program_, address, bytes, 1, for_write); }
  Process* program_ = nullptr;
};
DRYDOCK_BOTH_EXECUTORS(ProgramMemory);

const char constant[64] = "read-only";
char variable[64];

TEST_P(ProgramMemory, StackHeapAndVariablesOfAProgramAreItsOwn) {
  char local[100];
  auto heap = std::make_unique<char[]>(5000);
  for (void* mine : {static_cast<void*>(local), static_cast<void*>(heap.get()), static_cast<void*>(variable)}) {
    EXPECT_EQ(Probe(mine, 64, true), STATUS_SUCCESS);
    EXPECT_EQ(mm::TryProbe(thread_->process, mine, 64, 1, false), STATUS_ACCESS_VIOLATION) << "in the context of another process";
  }
  EXPECT_EQ(Probe(constant, sizeof constant, false), STATUS_SUCCESS);
  EXPECT_EQ(Probe(constant, sizeof constant, true), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(Probe(reinterpret_cast<void*>(16), 16, false), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(Probe(reinterpret_cast<void*>(0xFFFF800000001000), 16, false), STATUS_ACCESS_VIOLATION);
}

TEST_P(ProgramMemory, PoolAndMemoryOfOthersAreNot) {
  void* pool = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'tseT');
  EXPECT_EQ(Probe(static_cast<char*>(pool) + 50, 10, false), STATUS_ACCESS_VIOLATION);
  ExFreePool(pool);
  Process* other = ps::CreateProcess(*kernel_, "other.exe");
  mm::UserRange theirs(*kernel_, other, variable, 32, true);
  EXPECT_EQ(Probe(variable, sizeof variable, false), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(Probe(variable + 32, 32, true), STATUS_SUCCESS);
  mm::UserRange mine(*kernel_, program_, variable + 40, 8, false);
  EXPECT_EQ(Probe(variable + 32, 32, true), STATUS_ACCESS_VIOLATION) << "it registered a part as read-only";
  EXPECT_EQ(Probe(variable + 32, 32, false), STATUS_SUCCESS);
}

TEST_P(ProgramMemory, IsCopiedFromProcessToProcess) {
  auto* source = reinterpret_cast<PEPROCESS>(program_);
  PVOID base = nullptr;
  SIZE_T bytes = 2 * PAGE_SIZE, copied = 1;
  ASSERT_EQ(ZwAllocateVirtualMemory(ZwCurrentProcess(), &base, 0, &bytes, MEM_RESERVE, PAGE_READWRITE), STATUS_SUCCESS);
  SIZE_T one = PAGE_SIZE;
  ASSERT_EQ(ZwAllocateVirtualMemory(ZwCurrentProcess(), &base, 0, &one, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
  char* from = static_cast<char*>(base) + PAGE_SIZE - 8;
  std::memcpy(from, "the end", 8);
  char to[16] = {};
  EXPECT_EQ(MmCopyVirtualMemory(source, from, PsGetCurrentProcess(), to, 8, KernelMode, &copied), STATUS_SUCCESS);
  EXPECT_EQ(copied, 8u);
  EXPECT_STREQ(to, "the end");
  EXPECT_EQ(MmCopyVirtualMemory(source, from, PsGetCurrentProcess(), to, 16, KernelMode, &copied), STATUS_PARTIAL_COPY);
  EXPECT_EQ(copied, 8u);
  EXPECT_EQ(MmCopyVirtualMemory(source, reinterpret_cast<PVOID>(16), PsGetCurrentProcess(), to, 8, KernelMode, &copied), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(MmCopyVirtualMemory(source, from, PsGetCurrentProcess(), to, 8, UserMode, &copied), STATUS_ACCESS_VIOLATION) << "not its memory";
  ps::EndProcess(program_, 0);
  EXPECT_EQ(MmCopyVirtualMemory(source, from, PsGetCurrentProcess(), to, 8, KernelMode, &copied), STATUS_PROCESS_IS_TERMINATING);
  SIZE_T all = 0;
  ZwFreeVirtualMemory(ZwCurrentProcess(), &base, &all, MEM_RELEASE);
}

}  // namespace
}  // namespace drydock::nt
