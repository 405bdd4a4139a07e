// ZwQuerySystemInformation, as drivers declare it themselves.
#include <ntifs.h>

#include <cstring>
#include <string>
#include <vector>

#include "nt/testing/kernel_fixture.h"

extern "C" NTSTATUS ZwQuerySystemInformation(ULONG SystemInformationClass, PVOID SystemInformation, ULONG SystemInformationLength, PULONG ReturnLength);

namespace drydock::nt {
namespace {

class SystemInformation : public testing::BothExecutors {
 protected:
  std::vector<char> Ask(ULONG what) {
    ULONG needed = 0;
    EXPECT_EQ(ZwQuerySystemInformation(what, nullptr, 0, &needed), STATUS_INFO_LENGTH_MISMATCH);
    std::vector<char> bytes(needed);
    EXPECT_EQ(ZwQuerySystemInformation(what, bytes.data(), needed, &needed), STATUS_SUCCESS);
    return bytes;
  }
  template <class T>
  static T At(const std::vector<char>& bytes, size_t offset) {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
  }
};
DRYDOCK_BOTH_EXECUTORS(SystemInformation);

TEST_P(SystemInformation, ProcessesAreAChainWithTheirThreadsAndNames) {
  Process* process = ps::CreateProcess(*kernel_, "tool.exe");
  ps::EndProcess(ps::CreateProcess(*kernel_, "gone.exe"), 0);
  ULONG needed = 0;
  ZwQuerySystemInformation(5, nullptr, 0, &needed);
  std::vector<char> bytes(needed);  // names point into it
  ASSERT_EQ(ZwQuerySystemInformation(5, bytes.data(), needed, nullptr), STATUS_SUCCESS);
  std::string names;
  size_t at = 0;
  for (ULONG next = 1; next != 0; at += next) {
    next = At<ULONG>(bytes, at);
    const auto name = At<UNICODE_STRING>(bytes, at + 0x38);
    const auto id = At<uint64_t>(bytes, at + 0x50);
    for (USHORT i = 0; i < name.Length / 2; ++i) names += static_cast<char>(name.Buffer[i]);
    names += ' ';
    if (id == 4) {
      ASSERT_GE(At<ULONG>(bytes, at + 4), 1u);
      EXPECT_EQ(At<uint64_t>(bytes, at + 0x100 + 0x28), 4u) << "a thread says whose it is";
    }
    if (id == process->id) EXPECT_EQ(At<ULONG>(bytes, at + 4), 0u);
  }
  EXPECT_EQ(names, " System tool.exe ");
}

TEST_P(SystemInformation, TheKernelIsTheFirstModule) {
  const auto bytes = Ask(11);
  ASSERT_GE(At<ULONG>(bytes, 0), 1u);
  EXPECT_STREQ(bytes.data() + 8 + 0x28 + At<USHORT>(bytes, 8 + 0x26), "ntoskrnl.exe");
  EXPECT_EQ(bytes.size(), 8 + At<ULONG>(bytes, 0) * 0x128);
}

TEST_P(SystemInformation, BasicFactsDebuggerAndCodeIntegrity) {
  EXPECT_EQ(At<ULONG>(Ask(0), 8), 4096u);
  EXPECT_EQ(Ask(35), (std::vector<char>{0, 1}));
  ULONG code_integrity[2] = {8, 0};
  EXPECT_EQ(ZwQuerySystemInformation(103, code_integrity, sizeof code_integrity, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(code_integrity[1], 1u);
  EXPECT_EQ(ZwQuerySystemInformation(0x7777, code_integrity, sizeof code_integrity, nullptr), STATUS_INVALID_INFO_CLASS);
}

}  // namespace
}  // namespace drydock::nt
