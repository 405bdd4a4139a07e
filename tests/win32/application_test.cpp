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
TEST_P(Application, ProcessesAreOpenedByTheirIdsAndEndedThroughTheirHandles) {
  Process process = Start({"processes"});
  ASSERT_TRUE(process.Wait());
  EXPECT_EQ(process.exit_code(), 23) << process.output() << process.error();
  EXPECT_TRUE(machine_.reports().empty()) << machine_.ReportText();
}
TEST_P(Application, TheCommandInterpreterPausesAndKnowsNothingElse) {
  RunsWell({"pause"}, {.input = "\n\n"});
  EXPECT_EQ(output_, "Press any key to continue . . . \n'dir' is not recognized as an internal or external command,\noperable program or batch file.\n");
}

// GetProcAddress, LoadLibrary; winternl.h; GetVersionEx, VerifyVersionInfo; FormatMessage, sddl.h; "Registry Functions"; "Console Functions";
// SetupDiGetDeviceProperty.
TEST_P(Application, TheSystemsLibrariesHaveTheFunctionsThatAreThere) { RunsWell({"modules"}); }
TEST_P(Application, TheNativeInterfaceOpensReadsAndWrites) {
  const std::filesystem::path folder = Folder("native");
  std::filesystem::create_directories(folder);
  RunsWell({"native"}, {.folder = folder.string()});
  std::filesystem::remove_all(folder);
}
TEST_P(Application, VersionsAreToldAndVerified) { RunsWell({"versions"}); }
TEST_P(Application, TextsOfErrorsIdentifiersAndDescriptors) { RunsWell({"texts"}); }
TEST_P(Application, TheRegistryKeepsKeysAndValuesInBothForms) { RunsWell({"registry"}); }
TEST_P(Application, TheConsoleReadsWritesAndInterrupts) {
  RunsWell({"console"}, {.input = "hello\n"});
  EXPECT_EQ(output_, "hello\ncontrol 1\n");
}
TEST_P(Application, PropertiesOfDevicesByKey) { RunsWell({"properties"}); }
TEST_P(Application, TheConfigurationManagerAsksBeforeItRemoves) { RunsWell({"queryremove"}); }

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
  machine_.RunUntilIdle();  // news of interfaces come behind the change
  process.Interrupt();  // the manager's stop
  ASSERT_TRUE(process.Wait());
  EXPECT_EQ(process.exit_code(), 0);
  EXPECT_EQ(process.output(), "watching\n2 queries, 1 arrivals, 1 removals\nstopped\n");
}

// --- tools as authors of drivers write them: C++, wide arguments, std::wcout ---

class Tool : public Application {
 protected:
  Process Run(const char* tool, std::vector<std::string> arguments) {
    return machine_.StartProcess(std::string(DRYDOCK_TEST_TOOLS) + "/" + tool + "/" + tool + ".exe.so", {.arguments = std::move(arguments)});
  }
};

TEST_P(Tool, TheTesterEnumeratesReversesBurstsAndCancels) {
  struct {
    std::vector<std::string> arguments;
    int code;
    const char* output;
  } runs[] = {
      {{"list"}, 0, "1 device(s)\n  ROOT\\"},
      {{"reverse", "Gr\xC3\xBC\xC3\x9F"}, 0, nullptr},
      {{"reverse", "abc"}, 0, "abc -> cba (3 bytes)\n63 62 61 \n"},
      {{"burst", "40", "3"}, 0, "40 good, 0 bad, took less than a minute: yes\n  .1 bytes: 1\n  .2 bytes: 2\n  .3 bytes: 25\n  .4 bytes: 12\n"},
      {{"cancel", "5"}, 0, "after 5 ms: timed out\ncancelled: 0x3E3, The I/O operation has been aborted because of either a thread exit or an application request.\n"},
      {{"nothing"}, 160, ""},
  };
  for (const auto& run : runs) {
    Process process = Run("iotester", run.arguments);
    ASSERT_TRUE(process.Wait());
    EXPECT_EQ(process.exit_code(), run.code) << run.arguments[0] << ": " << process.output() << process.error() << process.error_output();
    if (run.output && run.code == 0) EXPECT_EQ(process.output().substr(0, std::string(run.output).size()), run.output);
    if (run.code != 0) EXPECT_EQ(process.error_output(), "usage: iotester.exe list | reverse <text> | burst <requests> [threads] | cancel <ms>\n");
  }
  EXPECT_TRUE(machine_.reports().empty()) << machine_.ReportText();
}

TEST_P(Tool, StaticObjectsAreDestroyedWhereTheProgramEndsByItselfOnly) {
  for (const char* how : {"return", "exit", "_Exit", "ExitProcess", "TerminateProcess"}) {
    const bool by_itself = how[0] == 'r' || how[0] == 'e';
    Process process = Run("iotester", {"leave", how});
    ASSERT_TRUE(process.Wait()) << how;
    EXPECT_EQ(process.exit_code(), 7) << how;
    EXPECT_EQ(process.output(), by_itself ? "the session is closed\n" : "") << how;
    EXPECT_TRUE(machine_.reports().empty()) << how << machine_.ReportText();
  }
}

TEST_P(Tool, WithoutADeviceTheTesterSaysWhy) {
  ASSERT_TRUE(machine_.RemoveDevice(device_).ok());
  Process process = Run("iotester", {"reverse", "abc"});
  ASSERT_TRUE(process.Wait());
  EXPECT_EQ(process.exit_code(), 2);
  EXPECT_EQ(process.error_output(), "no mirror device failed: 2 (The system cannot find the file specified.)\n");
}

// StartTrace, EnableTraceEx2, OpenTrace, ProcessTrace, ControlTrace: what the driver says, by level, until Ctrl+C.
TEST_P(Tool, AListenerHearsADriversEventsByLevelUntilItIsStopped) {
  Process listener = Run("listener", {"{1e5cb2d4-77aa-4cf0-8d11-02c35b906e2f}", "4", "0x10"});
  while (listener.output().find("listening") == std::string::npos) ASSERT_FALSE(listener.Wait(std::chrono::milliseconds(1))) << listener.error_output();
  RunsWell({"sync"});
  RunsWell({"overlapped"});  // says something at level 5 only
  while (listener.output().find("event 7 level 4 keyword 0x10, 22 bytes: 4 reversed") == std::string::npos) ASSERT_FALSE(listener.Wait(std::chrono::milliseconds(1)));
  listener.Interrupt();
  ASSERT_TRUE(listener.Wait());
  EXPECT_EQ(listener.exit_code(), 0);
  EXPECT_EQ(listener.output(), "listening\nevent 7 level 4 keyword 0x10, 22 bytes: 3 reversed\nevent 7 level 4 keyword 0x10, 22 bytes: 4 reversed\n2 event(s), status 0\n");
  // The session went with its stop: another of the same name starts, and hears other keywords only.
  Process deaf = Run("listener", {"{1e5cb2d4-77aa-4cf0-8d11-02c35b906e2f}", "5", "0x8"});
  while (deaf.output().find("listening") == std::string::npos) ASSERT_FALSE(deaf.Wait(std::chrono::milliseconds(1))) << deaf.error_output();
  RunsWell({"sync"});
  deaf.Interrupt();
  ASSERT_TRUE(deaf.Wait());
  EXPECT_EQ(deaf.output(), "listening\n0 event(s), status 0\n");
}

// TdhGetEventInformation, TdhGetPropertySize, TdhGetProperty: what a driver's manifest says of its events.
TEST_P(Tool, AListenerShowsTheFieldsOfEventsThatAManifestDescribes) {
  auto driver = machine_.AddDriver(DRYDOCK_IMAGE(eventer));
  drydock::Device device = machine_.AddDevice({.function = driver});
  ASSERT_TRUE(device.started()) << machine_.ReportText();
  Process listener = Run("listener", {"{5a0c3f11-8d1e-4c52-9a07-3b8f0e2d6c41}", "255"});
  while (listener.output().find("listening") == std::string::npos) ASSERT_FALSE(listener.Wait(std::chrono::milliseconds(1))) << listener.error_output();
  EXPECT_EQ(machine_.Open(device).Write("hello").status, STATUS_SUCCESS);
  while (listener.output().find("Text=(5 bytes)") == std::string::npos) ASSERT_FALSE(listener.Wait(std::chrono::milliseconds(1)));
  listener.Interrupt();
  ASSERT_TRUE(listener.Wait());
  EXPECT_NE(listener.output().find("Drydock Eventer Length=5 Result=3221225489 Who=Eventer State=(1 bytes) Options=5\n"), std::string::npos) << listener.output();
  // Behind an array nothing is told one at a time.
  EXPECT_NE(listener.output().find("Drydock Eventer Text=(5 bytes) Small=(1 bytes) Big=(8 bytes) Port=(2 bytes) Mask=(8 bytes) Yes=1 Real=(8 bytes) Id=(16 bytes) Count=(2 bytes)\n"),
            std::string::npos) << listener.output();
}

INSTANTIATE_TEST_SUITE_P(Executors, Tool, testing::Values(ExecutorKind::Simulated, ExecutorKind::Live),
                         [](const auto& executor) { return executor.param == ExecutorKind::Live ? "Live" : "Simulated"; });

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

TEST_P(Application, AnyInterfaceAndInstanceThatComesAndGoesIsHeard) {
  Process process = Start({"listen"});
  while (process.output().empty() && !process.ended()) process.Wait(std::chrono::milliseconds(5));
  ASSERT_EQ(process.output(), "ready\n");
  auto second = machine_.AddDevice({.function = driver_, .instance = "ROOT\\SECOND\\0001"});
  ASSERT_TRUE(second.started());
  EXPECT_EQ(machine_.RemoveDevice(second).value(), STATUS_SUCCESS);
  ASSERT_TRUE(process.Wait(std::chrono::seconds(20))) << process.output();
  EXPECT_EQ(process.exit_code(), 0) << process.output();
  EXPECT_TRUE(machine_.reports().empty()) << machine_.ReportText();
}
TEST_P(Application, PropertiesOfADeviceAreWritten) { RunsWell({"values"}); }

// What a driver's periodic timer is to the simulation.
void TickForEver(Machine& machine) {
  machine.After(std::chrono::seconds(1), [&machine] { TickForEver(machine); });
}

class Hanging : public testing::Test {
 protected:
  Process Start(const char* what, ProcessOptions options = {}) {
    TickForEver(machine_);
    options.arguments = {what};
    return machine_.StartProcess(DRYDOCK_TEST_APP, options);
  }
  // A thread of the application is named, with the wait of its own code.
  void IsAStall(const char* line) {
    ASSERT_TRUE(machine_.bug_check());
    EXPECT_EQ(machine_.bug_check()->kind, ReportKind::kStall);
    const std::string text = machine_.bug_check()->ToString();
    EXPECT_NE(text.find("No thread of an application has run for 3600 s of the machine's time, in which timers went on"), std::string::npos) << text;
    EXPECT_NE(text.find(std::string("tests/win32/app/") + line + " in main"), std::string::npos) << text;
  }
  Machine machine_;
};

TEST_F(Hanging, AnApplicationThatWaitsForEverBesideATimerIsAStall) {
  EXPECT_FALSE(Start("stuck").Wait());
  IsAStall("app.c:190");
}
TEST_F(Hanging, AlsoWhereItIsWaitedForInPieces) {
  Process process = Start("stuck");
  int minutes = 0;
  while (!machine_.stopped() && minutes < 100 && !process.Wait(std::chrono::minutes(1))) ++minutes;
  EXPECT_GE(minutes, 59);
  EXPECT_LE(minutes, 62);
  IsAStall("app.c:190");
}
TEST_F(Hanging, TimeThatTheTestLetsPassDoesNotCount) {
  Process process = Start("stuck");
  EXPECT_FALSE(process.Wait(std::chrono::minutes(1)));
  machine_.Advance(std::chrono::hours(2));
  EXPECT_FALSE(process.Wait(std::chrono::minutes(1)));
  EXPECT_TRUE(machine_.reports().empty()) << machine_.ReportText();
}
TEST_F(Hanging, OneThatSleepsForHoursOrLooksNowAndThenIsNone) {
  Process process = Start("patient");
  EXPECT_TRUE(process.Wait()) << machine_.ReportText();
  EXPECT_EQ(process.exit_code(), 0);
}
TEST_F(Hanging, OneThatWaitsForItsUserIsNone) {
  Process reader = Start("input", {.more_input = true}), stoppable = Start("stoppable");
  EXPECT_FALSE(reader.Wait(std::chrono::hours(2)));
  EXPECT_FALSE(stoppable.Wait(std::chrono::hours(2)));
  EXPECT_TRUE(machine_.reports().empty()) << machine_.ReportText();
  stoppable.Interrupt();
  EXPECT_TRUE(stoppable.Wait(std::chrono::seconds(1)));
  reader.Give("12 words\nthe line\n", true);
  EXPECT_TRUE(reader.Wait());
  EXPECT_EQ(reader.output(), "12-words-the line\n");
}
TEST_F(Hanging, ItIsOneWhereNobodyCanActAnyMore) {
  EXPECT_FALSE(Start("stoppable").Wait());
  ASSERT_TRUE(machine_.bug_check());
  EXPECT_EQ(machine_.bug_check()->kind, ReportKind::kStall);
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
