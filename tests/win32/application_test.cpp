// Applications of the machine: built by drydock app from a folder of Windows sources, run as processes beside a driver.
#include <drydock/testing.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace {

using drydock::ExecutorKind;
using drydock::Machine;
using drydock::Process;
using drydock::ProcessOptions;
using drydock::ReportKind;

class Application : public testing::TestWithParam<ExecutorKind> {
 protected:
  Application() : machine_({.executor = GetParam()}) {
    driver_ = machine_.AddDriver(DRYDOCK_IMAGE(mirror));
    device_ = machine_.AddDevice({.function = driver_});
    EXPECT_TRUE(device_.started()) << machine_.ReportText();
  }
  Process Start(std::vector<std::string> arguments, ProcessOptions options = {}) {
    options.arguments = std::move(arguments);
    return machine_.StartProcess(DRYDOCK_TEST_APP, options);
  }
  void RunsWell(std::vector<std::string> arguments, ProcessOptions options = {}) {
    Process process = Start(std::move(arguments), std::move(options));
    ASSERT_TRUE(process.Wait());
    EXPECT_EQ(process.exit_code(), 0) << process.output() << process.error();
    output_ = process.output();
    EXPECT_TRUE(machine_.reports().empty()) << machine_.ReportText();
  }
  static std::filesystem::path Folder(const char* name) {
    return testing::TempDir() + "win32_" + name + "_" + std::to_string(::getpid()) + (GetParam() == ExecutorKind::Live ? "l" : "s");
  }
  ptrdiff_t CleanedUp() {
    const auto log = machine_.DebugLog();
    return std::count_if(log.begin(), log.end(), [](const std::string& line) { return line.find("cleaned up") != std::string::npos; });
  }
  Machine machine_;
  drydock::Driver driver_;
  drydock::Device device_;
  std::string output_;
};

TEST_P(Application, SynchronousControlsAndFormats) {
  RunsWell({"sync"});
  EXPECT_EQ(output_, "wide other narrow 123456789abc 7\n");
}
TEST_P(Application, OverlappedRequestsPendAreCancelledAndComplete) { RunsWell({"overlapped"}); }
TEST_P(Application, CompletionPortsTellTheEndOfRequestsAndPostedPackets) { RunsWell({"port"}); }
TEST_P(Application, ThreadsTheirLocalStorageAndProcedureCalls) { RunsWell({"threads"}); }
TEST_P(Application, StandardInputIsReadAsWritten) {
  RunsWell({"input"}, {.input = "12 words\nthe line\n"});
  EXPECT_EQ(output_, "12-words-the line\n");
}

// CreateMutex, ReleaseMutex, "Mutex Objects"; CreateWaitableTimer, SetWaitableTimer; CREATE_SUSPENDED, ResumeThread, FlsAlloc,
// InitOnceExecuteOnce, WaitOnAddress; "Thread Pool API"; VirtualAlloc, HeapCreate, CreateFileMapping; "File Management Functions".
TEST_P(Application, MutexesAreOwnedAndAbandoned) { RunsWell({"mutexes"}); }
TEST_P(Application, WaitableTimersRingAndCall) { RunsWell({"timers"}); }
TEST_P(Application, SuspendedThreadsBeginWithTheirLastResume) { RunsWell({"suspended"}); }
TEST_P(Application, TheThreadPoolRunsWorkTimersAndWaits) { RunsWell({"pool"}); }
TEST_P(Application, PagesHeapsAndSections) { RunsWell({"memory"}); }
TEST_P(Application, FilesHaveSizesPositionsAttributesAndFolders) {
  const std::filesystem::path folder = Folder("files");
  std::filesystem::create_directories(folder);
  RunsWell({"files"}, {.folder = folder.string()});
  std::filesystem::remove_all(folder);
}
TEST_P(Application, ItsEndLeavesNoThreadInALock) { RunsWell({"locks"}); }
TEST_P(Application, TheCommandInterpreterPausesAndKnowsNothingElse) {
  RunsWell({"pause"}, {.input = "\n\n"});
  EXPECT_EQ(output_, "Press any key to continue . . . \n'dir' is not recognized as an internal or external command,\noperable program or batch file.\n");
}

// OpenSCManager, CreateService, QueryServiceConfig, QueryServiceStatusEx, EnumServicesStatusEx; the image lies in a folder below.
TEST_P(Application, InstallsADriverAsAServiceAndAnotherProcessRemovesIt) {
  const std::filesystem::path folder = Folder("services");
  std::filesystem::create_directories(folder / "mirror");
  std::filesystem::copy_file(DRYDOCK_IMAGE(mirror), folder / "mirror" / "mirror.so", std::filesystem::copy_options::overwrite_existing);
  RunsWell({"install"}, {.driver_folder = folder.string()});
  RunsWell({"uninstall"}, {.driver_folder = folder.string()});
  std::filesystem::remove_all(folder);
}

// StartServiceCtrlDispatcher, RegisterServiceCtrlHandlerEx, RegisterDeviceNotification: "Registering for device notification".
TEST_P(Application, AServiceHearsOfDevicesAndMayVetoTheirRemoval) {
  Process process = Start({"watch"});
  while (process.output().find("watching") == std::string::npos) ASSERT_FALSE(process.Wait(std::chrono::milliseconds(1))) << process.output();
  EXPECT_FALSE(machine_.RemoveDevice(device_).ok());
  EXPECT_TRUE(machine_.RemoveDevice(device_).ok());
  drydock::Device again = machine_.AddDevice({.function = driver_});
  EXPECT_TRUE(again.started());
  process.Interrupt();  // the manager's stop
  ASSERT_TRUE(process.Wait());
  EXPECT_EQ(process.exit_code(), 0);
  EXPECT_EQ(process.output(), "watching\n2 queries, 1 arrivals, 1 removals\nstopped\n");
}

TEST_P(Application, ItsEndClosesHandlesAndCancelsWhatItsThreadsWaitFor) {
  Process process = Start({"leave", "33"});
  ASSERT_TRUE(process.Wait());
  EXPECT_EQ(process.exit_code(), 33);
  EXPECT_EQ(process.output(), "");
  EXPECT_EQ(CleanedUp(), 2);
  EXPECT_TRUE(machine_.RemoveDevice(device_).ok());
  EXPECT_TRUE(machine_.reports().empty()) << machine_.ReportText();
}

TEST_P(Application, ACrashIsItsOwn) {
  Process process = Start({"crash"});
  ASSERT_TRUE(process.Wait());
  EXPECT_EQ(process.exit_code(), Process::kCrashed);
  EXPECT_EQ(process.output(), "before\n");
  EXPECT_FALSE(machine_.stopped());
  ASSERT_EQ(machine_.CountReports(ReportKind::kCrash), 1u);
  EXPECT_NE(machine_.ReportText().find("crashed: main wrote to address 0x0"), std::string::npos) << machine_.ReportText();
  EXPECT_EQ(Start({"sync"}).Wait(), true);
}

TEST_P(Application, ControlCAndTerminationEndOneThatWaits) {
  Process interrupted = Start({"wait"}), terminated = Start({"wait"});
  EXPECT_FALSE(interrupted.Wait(std::chrono::milliseconds(20)));
  interrupted.Interrupt();
  ASSERT_TRUE(interrupted.Wait());
  EXPECT_EQ(interrupted.exit_code(), Process::kInterrupted);
  terminated.Terminate(4);
  ASSERT_TRUE(terminated.Wait());
  EXPECT_EQ(terminated.exit_code(), 4);
  EXPECT_EQ(terminated.output(), "");
}

TEST_P(Application, ADriversImageIsNone) {
  Process process = machine_.StartProcess(DRYDOCK_IMAGE(mirror));
  ASSERT_TRUE(process.Wait());
  EXPECT_EQ(process.exit_code(), Process::kNotLoaded);
  EXPECT_NE(process.error().find("a driver, not an application"), std::string::npos) << process.error();
  EXPECT_THROW(machine_.StartProcess("/no/such/app.exe.so"), drydock::Error);
}

INSTANTIATE_TEST_SUITE_P(Executors, Application, testing::Values(ExecutorKind::Simulated, ExecutorKind::Live),
                         [](const auto& executor) { return executor.param == ExecutorKind::Live ? "Live" : "Simulated"; });

}  // namespace
