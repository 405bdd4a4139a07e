// Processes as drivers are told of them.
#include <ntddk.h>

#include <string>
#include <vector>

#include "nt/ke/dispatcher.h"
#include "nt/ps/notify.h"
#include "nt/testing/kernel_fixture.h"

// Not in the WDK's headers: drivers declare it themselves.
extern "C" PCHAR PsGetProcessImageFileName(PEPROCESS Process);

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

VOID Refuses(PEPROCESS, HANDLE, PPS_CREATE_NOTIFY_INFO info) {
  if (info) info->CreationStatus = STATUS_ACCESS_DENIED;
}

TEST_F(ProcessNotify, ARoutineMayRefuseAProcessAndSeesItsCommandLine) {  // ns-ntddk-_ps_create_notify_info
  ASSERT_EQ(PsSetCreateProcessNotifyRoutineEx(Refuses, FALSE), STATUS_SUCCESS);
  int32_t refused = STATUS_SUCCESS;
  Process* process = ps::CreateProcess(*kernel_, "a name longer than fifteen.exe", {}, &refused);
  EXPECT_EQ(refused, STATUS_ACCESS_DENIED);
  EXPECT_STREQ(PsGetProcessImageFileName(reinterpret_cast<PEPROCESS>(process)), "a name longer ") << "fourteen characters";
  EXPECT_EQ(PsSetCreateProcessNotifyRoutineEx(Refuses, TRUE), STATUS_SUCCESS);
}

VOID OnThread(HANDLE process, HANDLE, BOOLEAN create) {
  seen->lines.push_back(std::string(create ? "thread in " : "thread ends in ") + std::to_string(reinterpret_cast<uintptr_t>(process)));
}

TEST_F(ProcessNotify, ThreadsThatComeAndGoAreTold) {  // nf-ntddk-pssetcreatethreadnotifyroutine, ...ex
  ASSERT_EQ(PsSetCreateThreadNotifyRoutine(OnThread), STATUS_SUCCESS);
  Join(Start("one", [] {}));
  EXPECT_EQ(seen_.lines, (std::vector<std::string>{"thread in 4", "thread ends in 4"}));
  Join(Start("service", [] {}, true));
  EXPECT_EQ(seen_.lines.size(), 2u) << "what is no thread on Windows";
  EXPECT_EQ(PsRemoveCreateThreadNotifyRoutine(OnThread), STATUS_SUCCESS);
  EXPECT_EQ(PsRemoveCreateThreadNotifyRoutine(OnThread), STATUS_PROCEDURE_NOT_FOUND);
  ASSERT_EQ(PsSetCreateThreadNotifyRoutineEx(PsCreateThreadNotifyNonSystem, reinterpret_cast<PVOID>(OnThread)), STATUS_SUCCESS);
  seen_.lines.clear();
  Join(Start("two", [] {}));
  EXPECT_TRUE(seen_.lines.empty()) << "a system thread";
  Process* process = ps::CreateProcess(*kernel_, "tool.exe");
  Join(ps::SpawnThread(*kernel_, process, "main", [](void*) {}, nullptr));
  EXPECT_EQ(seen_.lines.size(), 2u);
  EXPECT_EQ(PsRemoveCreateThreadNotifyRoutine(OnThread), STATUS_SUCCESS);
}

VOID OnImage(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO info) {
  std::string text;
  for (USHORT i = 0; i < name->Length / 2; ++i) text += static_cast<char>(name->Buffer[i]);
  seen->lines.push_back(text + (info->SystemModeImage ? " system " : " user ") + std::to_string(reinterpret_cast<uintptr_t>(process)) + " " +
                        std::to_string(info->ImageSize));
}

TEST_F(ProcessNotify, ImagesAreToldOfBeforeTheyRun) {  // nf-ntddk-pssetloadimagenotifyroutine
  ASSERT_EQ(PsSetLoadImageNotifyRoutine(OnImage), STATUS_SUCCESS);
  EXPECT_EQ(PsSetLoadImageNotifyRoutineEx(OnImage, 8), STATUS_INVALID_PARAMETER_2);
  ps::TellImage(*kernel_, nullptr, u"x.sys", this, 100);
  Process* process = ps::CreateProcess(*kernel_, "tool.exe");
  ps::TellImage(*kernel_, process, u"tool.exe", this, 200);
  EXPECT_EQ(seen_.lines, (std::vector<std::string>{"x.sys system 0 100", "tool.exe user " + std::to_string(process->id) + " 200"}));
  EXPECT_EQ(PsRemoveLoadImageNotifyRoutine(OnImage), STATUS_SUCCESS);
  EXPECT_EQ(PsRemoveLoadImageNotifyRoutine(OnImage), STATUS_PROCEDURE_NOT_FOUND);
}

TEST_F(ProcessNotify, ProcessesKnowTheirTimes) {  // nf-ntddk-psgetprocesscreatetimequadpart, nf-ntifs-psgetprocessexittime
  Process* process = ps::CreateProcess(*kernel_, "tool.exe");
  EXPECT_GT(PsGetProcessCreateTimeQuadPart(reinterpret_cast<PEPROCESS>(process)), 0);
  KAPC_STATE state;
  KeStackAttachProcess(reinterpret_cast<PRKPROCESS>(process), &state);
  EXPECT_EQ(PsGetProcessExitTime().QuadPart, 0);
  ps::EndProcess(process, 0);
  EXPECT_GE(PsGetProcessExitTime().QuadPart, process->create_time);
  KeUnstackDetachProcess(&state);
}

}  // namespace
}  // namespace drydock::nt
