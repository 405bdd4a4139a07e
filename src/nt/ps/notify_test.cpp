// Processes as drivers are told of them.
#include <ntddk.h>

#include <string>
#include <vector>

#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

// The routines have no context: what the one test that runs has seen.
struct Seen {
  std::vector<std::string> lines;
};
Seen* seen = nullptr;

VOID Plain(HANDLE, HANDLE id, BOOLEAN create) {
  seen->lines.push_back(std::string(create ? "create " : "end ") + std::to_string(reinterpret_cast<uintptr_t>(id)));
}
VOID Extended(PEPROCESS process, HANDLE id, PPS_CREATE_NOTIFY_INFO info) {
  EXPECT_EQ(PsGetProcessId(process), id);
  std::string name;
  if (info) {
    EXPECT_EQ(info->Size, sizeof *info);
    for (USHORT i = 0; i < info->ImageFileName->Length / 2; ++i) name += static_cast<char>(info->ImageFileName->Buffer[i]);
  }
  seen->lines.push_back(info ? "create " + name : "end");
}

class ProcessNotify : public testing::KernelFixture {
 protected:
  void SetUp() override {
    Make(rt::ExecutorKind::kSimulated);
    seen = &seen_;
  }
  void TearDown() override {
    KernelFixture::TearDown();
    seen = nullptr;
  }
  Seen seen_;
};

TEST_F(ProcessNotify, BothKindsOfRoutinesHearOfCreationAndEndInOrderOfRegistration) {
  ASSERT_EQ(PsSetCreateProcessNotifyRoutine(Plain, FALSE), STATUS_SUCCESS);
  ASSERT_EQ(PsSetCreateProcessNotifyRoutineEx(Extended, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(PsSetCreateProcessNotifyRoutine(Plain, FALSE), STATUS_INVALID_PARAMETER);
  Process* process = ps::CreateProcess(*kernel_, "tool.exe");
  const std::string id = std::to_string(process->id);
  EXPECT_EQ(PsGetProcessExitStatus(reinterpret_cast<PEPROCESS>(process)), STATUS_PENDING);
  ps::EndProcess(process, 3);
  EXPECT_EQ(PsGetProcessExitStatus(reinterpret_cast<PEPROCESS>(process)), 3);
  EXPECT_EQ(seen_.lines, (std::vector<std::string>{"create " + id, "create tool.exe", "end " + id, "end"}));
  EXPECT_EQ(PsSetCreateProcessNotifyRoutine(Plain, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(PsSetCreateProcessNotifyRoutine(Plain, TRUE), STATUS_PROCEDURE_NOT_FOUND);
  EXPECT_EQ(PsSetCreateProcessNotifyRoutineEx(Extended, TRUE), STATUS_SUCCESS);
  ps::CreateProcess(*kernel_, "silent.exe");
  EXPECT_EQ(seen_.lines.size(), 4u);
}

TEST_F(ProcessNotify, AProcessHasAnImageName) {
  Process* process = ps::CreateProcess(*kernel_, "tool.exe");
  PUNICODE_STRING name = nullptr;
  ASSERT_EQ(SeLocateProcessImageName(reinterpret_cast<PEPROCESS>(process), &name), STATUS_SUCCESS);
  EXPECT_EQ(name->Length, 16);
  EXPECT_EQ(name->Buffer[0], L't');
  ExFreePool(name);
  EXPECT_STREQ(PsGetProcessImageFileName(reinterpret_cast<PEPROCESS>(process)), "tool.exe");
}

}  // namespace
}  // namespace drydock::nt
