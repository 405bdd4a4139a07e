// What built drivers trace reaches the machine's trace with its text, and is switched on and off by flag and level as trace sessions do it.
#include <drydock/machine.h>
#include <drydock/trace.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tools/build/build.h"

namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Built once for all tests of the program.
class Images : public testing::Environment {
 public:
  static std::string Of(const std::string& project) {
    std::string& image = built_[project];
    if (!image.empty()) return image;
    if (folder_.empty()) {
      std::string name = (fs::temp_directory_path() / "drydock-trace-XXXXXX").string();
      folder_ = mkdtemp(name.data());
    }
    drydock::tools::BuildRequest request;
    request.project = fs::path(DRYDOCK_FIXTURES) / project;
    request.out = folder_ / fs::path(project).stem();
    drydock::tools::Diagnostics diagnostics;
    image = drydock::tools::BuildDriver(request, drydock::tools::FindSurroundings(drydock::tools::RunningExecutable()), diagnostics).image.string();
    EXPECT_THAT(diagnostics.warnings(), IsEmpty());
    return image;
  }
  void TearDown() override {
    std::error_code error;
    if (!folder_.empty()) fs::remove_all(folder_, error);
  }
  static fs::path Folder() { return folder_; }

 private:
  static inline fs::path folder_;
  static inline std::map<std::string, std::string> built_;
};
[[maybe_unused]] testing::Environment* const kImages = testing::AddGlobalTestEnvironment(new Images);

class DriverTrace : public testing::TestWithParam<drydock::ExecutorKind> {
 protected:
  void Add(const std::string& project) {
    driver_ = machine_.AddDriver(Images::Of(project));
    device_ = machine_.AddDevice({.function = driver_});
    ASSERT_TRUE(device_.started()) << machine_.ReportText();
  }
  void Write() { EXPECT_EQ(machine_.Open(device_).Write("hello").status, STATUS_SUCCESS); }
  // Texts of WPP messages since the last call.
  std::vector<std::string> Texts(drydock::TraceMessage::Source source, const drydock::Tracing& tracing) {
    std::vector<std::string> texts;
    for (const drydock::TraceMessage& message : tracing.Messages())
      if (message.number > seen_ && message.source == source) texts.push_back(message.text);
    seen_ = tracing.last_number();
    return texts;
  }
  std::vector<std::string> Wpp() { return Texts(drydock::TraceMessage::Source::Wpp, tracing_); }
  std::vector<std::string> Printed() { return Texts(drydock::TraceMessage::Source::Print, tracing_); }

  bool Enabled() {
    for (const drydock::TraceProvider& provider : tracing_.Providers())
      if (provider.name == "TracerTrace") return provider.enabled;
    return false;
  }

  drydock::Machine machine_{{.executor = GetParam()}};
  drydock::Tracing tracing_{machine_};
  drydock::Driver driver_;
  drydock::Device device_;
  uint64_t seen_ = 0;
};

constexpr const char* kTracer = "Tracer/Source/tracer.vcxproj";

TEST_P(DriverTrace, EverythingIsOnUntilToldOtherwise) {
  Add(kTracer);
  const auto messages = tracing_.Messages();
  auto starting = std::find_if(messages.begin(), messages.end(), [](const auto& m) { return m.text.starts_with("starting at "); });
  ASSERT_NE(starting, messages.end());
  EXPECT_EQ(starting->provider, "TracerTrace");
  EXPECT_EQ(starting->guid, "{8f0c6a51-3b0e-4a0e-8c07-2d3d1a1f7e22}");
  EXPECT_EQ(starting->driver, "tracer");
  EXPECT_EQ(starting->level, 4);
  EXPECT_EQ(starting->flag_names, "TRACER_DRIVER");
  EXPECT_EQ(starting->function, "DriverEntry");
  EXPECT_EQ(starting->file, "driver.c");
  EXPECT_GT(starting->line, 0);
  EXPECT_THAT(starting->ToString(), HasSubstr("TracerTrace [information TRACER_DRIVER] DriverEntry driver.c:"));
  EXPECT_THAT(tracing_.Messages().front().number, 1u);
}

TEST_P(DriverTrace, ADriverSeesItselfSwitchedByFlagAndLevel) {
  Add(kTracer);
  Wpp();
  Write();
  EXPECT_THAT(Wpp(), Contains(HasSubstr("write 1 of 5 bytes")));
  tracing_.Enable("tracertrace", {.level = 4, .flags = 0x1});  // TRACER_DRIVER; the write says TRACER_IO
  Write();
  EXPECT_THAT(Wpp(), testing::Not(Contains(HasSubstr("write 2"))));
  tracing_.Enable("{8F0C6A51-3B0E-4A0E-8C07-2D3D1A1F7E22}", {.level = 3, .flags = 0x2});  // above its level
  Write();
  EXPECT_THAT(Wpp(), testing::Not(Contains(HasSubstr("write 3"))));
  tracing_.Enable("tracer", {.level = 4, .flags = 0x2});  // the driver: all that it has
  Write();
  EXPECT_THAT(Wpp(), Contains(HasSubstr("write 4")));
  tracing_.Disable("*");
  Write();
  EXPECT_THAT(Wpp(), IsEmpty());
  tracing_.Enable("*");
  Write();
  EXPECT_THAT(Wpp(), Contains(HasSubstr("write 6")));
}

TEST_P(DriverTrace, WhatWasWantedBeforeTheDriverCameCounts) {
  tracing_.Enable("TracerTrace", {.level = 2});
  Add(kTracer);
  Write();
  EXPECT_THAT(tracing_.Messages(), testing::Not(Contains(testing::Field(&drydock::TraceMessage::source, drydock::TraceMessage::Source::Wpp))));
}

TEST_P(DriverTrace, ThePrivateCallbackHearsEachSwitch) {
  Add(kTracer);
  EXPECT_THAT(Printed(), Contains("control 8f0c6a51: on, logger there, flags ffffffff level 5"));
  tracing_.Enable("TracerTrace", {.level = 3, .flags = 0x2});
  EXPECT_THAT(Printed(), ElementsAre("control 8f0c6a51: on, logger there, flags 2 level 3"));
  tracing_.Disable("TracerTrace");
  EXPECT_THAT(Printed(), ElementsAre("control 8f0c6a51: off, logger none, flags 0 level 0"));
}

TEST_P(DriverTrace, SessionsHearWhatEachAskedForAndTheDriverTheUnion) {
  Add(kTracer);
  tracing_.Disable("TracerTrace");
  drydock::Tracing first(machine_, "first"), second(machine_, "second");
  first.Enable("TracerTrace", {.level = 5, .flags = 0x1});
  second.Enable("TracerTrace", {.level = 4, .flags = 0x2});
  Write();
  EXPECT_THAT(first.Messages(), IsEmpty());
  ASSERT_EQ(second.Messages().size(), 1u);
  EXPECT_THAT(second.Messages()[0].text, HasSubstr("write 1"));
  const auto providers = tracing_.Providers();
  ASSERT_FALSE(providers.empty());
  EXPECT_EQ(providers[0].wanted.level, 5);
  EXPECT_EQ(providers[0].wanted.flags, 0x3u);
  second.Stop();
  Write();
  EXPECT_TRUE(Enabled());
  first.Stop();
  EXPECT_FALSE(Enabled());
}

TEST_P(DriverTrace, TheTraceIsWrittenToAFile) {
  Add(kTracer);
  Write();
  for (const char* name : {"trace.txt", "trace.json"}) {
    const fs::path path = Images::Folder() / name;
    tracing_.Write(path.string());
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    EXPECT_THAT(text.str(), HasSubstr("write 1 of 5 bytes, TracerBusy(1), last 0xC0000011(STATUS_END_OF_FILE)")) << name;
  }
  EXPECT_THROW(tracing_.Write("/nonexistent/trace.txt"), drydock::Error);
}

constexpr const char* kEventer = "Eventer/eventer.vcxproj";

TEST_P(DriverTrace, EventsOfAManifestCarryItsNamesAndMessages) {
  Add(kEventer);
  Write();
  const auto messages = tracing_.Messages();
  auto done = std::find_if(messages.begin(), messages.end(), [](const auto& m) { return m.name == "TransferDone"; });
  ASSERT_NE(done, messages.end());
  EXPECT_EQ(done->source, drydock::TraceMessage::Source::Etw);
  EXPECT_EQ(done->provider, "Drydock Eventer");
  EXPECT_EQ(done->guid, "{5a0c3f11-8d1e-4c52-9a07-3b8f0e2d6c41}");
  EXPECT_EQ(done->text, "Eventer moved 5 bytes (fast|last, Busy): 0xC0000011(STATUS_END_OF_FILE)");
  EXPECT_EQ(done->level_name, "information");
  EXPECT_EQ(done->flag_names, "io");
  EXPECT_EQ(done->flags, 0x8000000000000001u);
  EXPECT_EQ(done->channel_name, "Eventer/Operational");
  EXPECT_EQ(done->task_name, "Transfer");
  EXPECT_EQ(done->opcode_name, "Done");
  EXPECT_EQ(done->version, 1);
  EXPECT_FALSE(done->activity.empty());
  EXPECT_EQ(done->function, "EventerWrite");
  EXPECT_EQ(done->file, "driver.c");
  ASSERT_EQ(done->fields.size(), 5u);
  EXPECT_EQ(done->fields[2], (std::pair<std::string, std::string>("Who", "Eventer")));
  const auto texts = Texts(drydock::TraceMessage::Source::Etw, tracing_);
  EXPECT_THAT(texts, Contains("c++ moved 5 bytes (0, Idle): 0x00000000(STATUS_SUCCESS)"));
  EXPECT_THAT(texts, Contains("it has power, 100%"));
  EXPECT_THAT(texts, testing::Not(Contains(HasSubstr("Everything")))) << "its level is above verbose";
}

TEST_P(DriverTrace, FieldsOfEveryTypeAreShown) {
  Add(kEventer);
  tracing_.Enable("Drydock Eventer", {.level = 255});
  Write();
  EXPECT_THAT(Texts(drydock::TraceMessage::Source::Etw, tracing_),
              Contains("Everything Text=text Small=-5 Big=-6000000000 Port=80 Mask=0xABC Yes=true Real=1.5 Id={d7a1e6b2-2f0c-4a5e-8b1d-90c3f7e45a12} Count=3 "
                       "Values=[7, 8, 9] Size=2 Bytes=0x1234 Counted=abc Point[0].X=1 Point[0].Y=-2 Point[1].X=3 Point[1].Y=4"));
}

TEST_P(DriverTrace, EventsAreSwitchedByKeywordAndLevel) {
  Add(kEventer);
  Printed();
  tracing_.Enable("drydock eventer", {.level = 3, .flags = 0x2});
  EXPECT_THAT(Printed(), ElementsAre("manifest: code 1 level 3 any 2 all 0, context right, irql 0"));
  Write();
  EXPECT_THAT(Texts(drydock::TraceMessage::Source::Etw, tracing_), testing::AllOf(Contains("it has power, 100%"), testing::Not(Contains(HasSubstr("moved")))));
  tracing_.Enable("drydock eventer", {.level = 5, .flags = 0x1, .all = 0x8000000000000000});
  Write();
  EXPECT_THAT(Texts(drydock::TraceMessage::Source::Etw, tracing_), testing::AllOf(Contains(HasSubstr("moved")), testing::Not(Contains(HasSubstr("power")))));
  tracing_.Disable("drydock eventer");
  tracing_.Disable("{d7a1e6b2-2f0c-4a5e-8b1d-90c3f7e45a12}");
  Printed();
  Write();
  EXPECT_THAT(Printed(), ElementsAre("enabled: 0 0 0"));
  EXPECT_THAT(Texts(drydock::TraceMessage::Source::Etw, tracing_), IsEmpty());
}

TEST_P(DriverTrace, EnableCallbacksHearOfEachSessionAndOfCapture) {
  tracing_.Disable("{d7a1e6b2-2f0c-4a5e-8b1d-90c3f7e45a12}");
  Add(kEventer);
  EXPECT_THAT(Printed(), testing::AllOf(Contains("manifest: code 1 level 5 any ffffffffffffffff all 0, context right, irql 0"), testing::Not(Contains(HasSubstr("plain")))));
  drydock::Tracing mine(machine_, "mine");
  mine.Enable("{D7A1E6B2-2F0C-4A5E-8B1D-90C3F7E45A12}", {.level = 4, .flags = 0x30, .all = 0x10});
  mine.Capture("{d7a1e6b2-2f0c-4a5e-8b1d-90c3f7e45a12}");
  Write();
  mine.Stop();
  EXPECT_THAT(Printed(), ElementsAre("plain: code 1 level 4 any 30 all 10 context mine", "plain: code 2 level 4 any 30 all 10 context mine", "enabled: 1 1 1",
                                     "plain: code 0 level 0 any 0 all 0 context mine"));
}

TEST_P(DriverTrace, EventsWithoutADescriptionShowTheirBytesAndStringsTheirText) {
  Add(kEventer);
  Write();
  const auto texts = Texts(drydock::TraceMessage::Source::Etw, tracing_);
  EXPECT_THAT(texts, Contains("event 77 0x040302017800"));
  EXPECT_THAT(texts, Contains("a string"));
}

TEST_P(DriverTrace, TraceLoggingDescribesItself) {
  Add(kEventer);
  Write();
  const auto messages = tracing_.Messages();
  auto moved = std::find_if(messages.begin(), messages.end(), [](const auto& m) { return m.name == "Moved"; });
  ASSERT_NE(moved, messages.end());
  EXPECT_EQ(moved->source, drydock::TraceMessage::Source::TraceLogging);
  EXPECT_EQ(moved->provider, "Eventer.Logging");
  EXPECT_EQ(moved->guid, "{0a1b2c3d-1111-2222-3344-5566778899aa}");
  EXPECT_EQ(moved->level, 4);
  EXPECT_EQ(moved->flags, 0x4u);
  EXPECT_EQ(moved->text, "Length=5 Result=0xC0000011(STATUS_END_OF_FILE) Ansi=abc Wide=wide Values=[7, 8, 9] Point.X=1 Point.Y=-2 number=0x1020304");
  EXPECT_THAT(Texts(drydock::TraceMessage::Source::TraceLogging, tracing_),
              Contains("Length=5 Text=c++ Yes=true Real=2.5 Id={5a0c3f11-8d1e-4c52-9a07-3b8f0e2d6c41}"));
  tracing_.Enable("Eventer.Logging", {.level = 3});
  tracing_.Enable("Eventer.Cxx", {.flags = 0x8});
  Write();
  EXPECT_THAT(Texts(drydock::TraceMessage::Source::TraceLogging, tracing_), ElementsAre(HasSubstr("Text=c++"))) << "an event without keywords is let through";
}

TEST_P(DriverTrace, NothingIsLeftBehindAtUnload) {
  Add(kEventer);
  EXPECT_EQ(tracing_.Providers().size(), 4u);
  EXPECT_EQ(machine_.RemoveDevice(device_), STATUS_SUCCESS);
  EXPECT_EQ(machine_.UnloadDriver(driver_), STATUS_SUCCESS);
  EXPECT_TRUE(tracing_.Providers().empty());
  EXPECT_TRUE(machine_.reports().empty()) << machine_.ReportText();
}

TEST_P(DriverTrace, WhatStaysRegisteredAtUnloadIsReported) {
  driver_ = machine_.AddDriver(Images::Of("Forgetful/forgetful.vcxproj"));
  EXPECT_EQ(tracing_.Providers().size(), 2u);
  EXPECT_EQ(machine_.UnloadDriver(driver_), STATUS_SUCCESS);
  EXPECT_TRUE(tracing_.Providers().empty()) << "nobody calls into an image that is gone";
  ASSERT_EQ(machine_.reports().size(), 1u);
  EXPECT_EQ(machine_.reports()[0].kind, drydock::ReportKind::kLeak);
  EXPECT_THAT(machine_.reports()[0].words, testing::AllOf(HasSubstr("WPP tracing of ForgetfulTrace (WPP_CLEANUP was not called)"),
                                                          HasSubstr("the event provider {9a3f6c20-77d1-4c5b-9a0e-1b2c3d4e5f60} (EtwUnregister was not called)")));
}

TEST_P(DriverTrace, AReportShowsTheLastTracesOfTheDriverThatFailed) {
  Add(kTracer);
  Write();
  machine_.AddDriver(Images::Of("Forgetful/fatal.vcxproj"));
  ASSERT_EQ(machine_.reports().size(), 1u);
  const drydock::Report report = machine_.reports()[0];
  EXPECT_EQ(report.code, 0xE2u);
  ASSERT_EQ(report.traces.size(), 12u);
  EXPECT_THAT(report.traces.front(), HasSubstr("step 9"));
  EXPECT_THAT(report.traces.back(), testing::AllOf(HasSubstr("ForgetfulTrace"), HasSubstr("DriverEntry driver.c:18: step 20")));
  EXPECT_THAT(report.ToString(), testing::AllOf(HasSubstr("  last traces:\n"), HasSubstr("step 20\n")));
}

INSTANTIATE_TEST_SUITE_P(Executors, DriverTrace, testing::Values(drydock::ExecutorKind::Simulated, drydock::ExecutorKind::Live),
                         [](const auto& info) { return info.param == drydock::ExecutorKind::Live ? "live" : "simulated"; });

TEST(TraceSetting, NamesAProviderALevelAndFlags) {
  EXPECT_EQ(drydock::ParseTraceSetting("Toaster").levels.level, 5);
  const auto setting = drydock::ParseTraceSetting("{8f0c6a51-3b0e-4a0e-8c07-2d3d1a1f7e22}:warning:0x3");
  EXPECT_EQ(setting.levels.level, 3);
  EXPECT_EQ(setting.levels.flags, 3u);
  EXPECT_TRUE(drydock::ParseTraceSetting("Toaster:off").off);
  for (const char* wrong : {"", ":4", "Toaster:loud", "Toaster:4:x", "Toaster:4:1:2", "Toaster:256"})
    EXPECT_THROW(drydock::ParseTraceSetting(wrong), drydock::Error) << wrong;
}

}  // namespace
