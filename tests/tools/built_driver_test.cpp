// A driver project with odd spellings, WPP traces and an event manifest, built with the real SDK
// and run.
#include <drydock/machine.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <cstdlib>
#include <filesystem>

#include "tools/build/build.h"
#include "tools/build/line_coverage.h"

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class BuiltDriver : public testing::TestWithParam<const char*> {
 protected:
  BuiltDriver() {
    std::string name = (fs::temp_directory_path() / "drydock-built-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~BuiltDriver() override {
    std::error_code error;
    fs::remove_all(folder_, error);
  }
  fs::path folder_;
};

TEST_P(BuiltDriver, TracesAndEventsReachTheDebugLog) {
  if (!drydock::tools::FindProgram(GetParam())) FAIL() << GetParam() << " is not there";
  drydock::tools::BuildRequest request;
  request.project = fs::path(DRYDOCK_FIXTURES) / "Tracer/Source/tracer.vcxproj";
  request.out = folder_;
  request.compiler = GetParam();
  drydock::tools::Diagnostics diagnostics;
  const auto built = drydock::tools::BuildDriver(
      request, drydock::tools::FindSurroundings(drydock::tools::RunningExecutable()), diagnostics);
  EXPECT_THAT(diagnostics.warnings(), testing::IsEmpty());

  drydock::Machine machine;
  auto driver = machine.AddDriver(built.image.string());
  auto device = machine.AddDevice({.function = driver});
  ASSERT_TRUE(device.started()) << machine.ReportText();
  EXPECT_EQ(machine.Open(device).Write("hello").status, STATUS_SUCCESS);
  EXPECT_EQ(machine.RemoveDevice(device), STATUS_SUCCESS);
  EXPECT_EQ(machine.UnloadDriver(driver), STATUS_SUCCESS);
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();

  std::string log;
  for (const std::string& line : machine.DebugLog()) log += line + "\n";
  EXPECT_THAT(
      log,
      HasSubstr(
          "tracer driver.c:13 DriverEntry [information]: starting at \\Registry\\Machine\\System\\"
          "CurrentControlSet\\Services\\"));
  EXPECT_THAT(
      log,
      HasSubstr(
          "tracer driver.c:18 DriverEntry [verbose]: leaving with 0x00000000(STATUS_SUCCESS)\n"));
  EXPECT_THAT(log, HasSubstr("TracerWrite [information]: write 1 of 5 bytes, TracerBusy(1), last "
                             "0xC0000011(STATUS_END_OF_FILE)\n"));
  EXPECT_THAT(log, HasSubstr("Tracer queue.cpp:15 TracerWrite [information]: TransferDone Length=5 "
                             "Result=0x00000000(STATUS_SUCCESS)\n"));
}

// A CMake project for the FindWDK module that brings a module of its own, options of MSVC, a resource, and a step that signs.
TEST_P(BuiltDriver, ACmakeProjectForTheDriverKitBuildsUnchanged) {
  if (!drydock::tools::FindProgram(GetParam())) FAIL() << GetParam() << " is not there";
  drydock::tools::BuildRequest request;
  request.project = fs::path(DRYDOCK_FIXTURES) / "Lantern";
  request.out = folder_;
  request.compiler = GetParam();
  request.jobs = 2;
  drydock::tools::Diagnostics diagnostics;
  const auto surroundings = drydock::tools::FindSurroundings(drydock::tools::RunningExecutable());
  auto built = drydock::tools::BuildAll(request, surroundings, diagnostics);
  ASSERT_EQ(built.drivers.size(), 2u);
  for (const auto& driver : built.drivers) ASSERT_EQ(driver.error, "") << driver.name;
  EXPECT_EQ(built.drivers[0].result.image, folder_ / "lantern/lantern.so");
  EXPECT_TRUE(fs::exists(folder_ / "lantern/lantern.inf"));

  drydock::Machine machine;
  auto driver = machine.AddDriver(built.drivers[0].result.image.string());
  auto device = machine.AddDevice({.function = driver});
  ASSERT_TRUE(device.started()) << machine.ReportText();
  EXPECT_EQ(machine.RemoveDevice(device), STATUS_SUCCESS);
  EXPECT_EQ(machine.UnloadDriver(driver), STATUS_SUCCESS);
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
  std::string log;
  for (const std::string& line : machine.DebugLog()) log += line + "\n";
  EXPECT_THAT(log, HasSubstr("LanternEntry: level 7"));

  built = drydock::tools::BuildAll(request, surroundings, diagnostics);
  EXPECT_TRUE(built.drivers[0].result.up_to_date && built.drivers[1].result.up_to_date);
}

// Exceptions, a long of 32 bits, trace headers made by themselves and by the kit's tool, a framework newer than ours, lines counted.
TEST_P(BuiltDriver, ACmakeProjectMayUseMicrosoftsDialectAndTraces) {
  drydock::tools::BuildRequest request;
  request.project = fs::path(DRYDOCK_FIXTURES) / "Beacon";
  request.out = folder_;
  request.compiler = GetParam();
  request.jobs = 2;
  request.coverage = true;
  drydock::tools::Diagnostics diagnostics;
  const auto surroundings = drydock::tools::FindSurroundings(drydock::tools::RunningExecutable());
  const auto built = drydock::tools::BuildAll(request, surroundings, diagnostics);
  ASSERT_EQ(built.drivers.size(), 2u);
  for (const auto& driver : built.drivers) ASSERT_EQ(driver.error, "") << driver.name;
  std::string log;
  {
    drydock::Machine machine;
    auto beacon = machine.AddDriver(built.drivers[0].result.image.string());
    auto flare = machine.AddDriver(built.drivers[1].result.image.string());
    auto device = machine.AddDevice({.function = beacon});
    ASSERT_TRUE(device.started()) << machine.ReportText();
    EXPECT_EQ(machine.RemoveDevice(device), STATUS_SUCCESS);
    EXPECT_EQ(machine.UnloadDriver(beacon), STATUS_SUCCESS);
    EXPECT_EQ(machine.UnloadDriver(flare), STATUS_SUCCESS);
    EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
    for (const std::string& line : machine.DebugLog()) log += line + "\n";
  }
  EXPECT_THAT(log, HasSubstr("Guarded caught 0xC0000005(STATUS_ACCESS_VIOLATION)"));
  EXPECT_THAT(log, HasSubstr("here 41 there -1 way 1"));
  EXPECT_THAT(log, HasSubstr("lit by \\Registry\\Machine"));
  const auto counts = drydock::tools::ReadLineCoverage(folder_ / "beacon", surroundings);
  const auto source = counts.find(fs::path(DRYDOCK_FIXTURES) / "Beacon/driver.c");
  ASSERT_NE(source, counts.end());
  EXPECT_EQ(source->second.at(29), 1u) << "the traced line of BeaconAdd";
}

TEST_P(BuiltDriver, TheLinesThatRanAreCounted) {
  if (!drydock::tools::FindProgram(GetParam())) FAIL() << GetParam() << " is not there";
  if (!drydock::tools::FindProgram(std::string(GetParam()) == "gcc" ? "gcov" : "llvm-cov")) GTEST_SKIP() << "no tool for counts";
  drydock::tools::BuildRequest request;
  request.project = fs::path(DRYDOCK_FIXTURES) / "Tracer/Source/tracer.vcxproj";
  request.out = folder_;
  request.compiler = GetParam();
  request.coverage = true;
  drydock::tools::Diagnostics diagnostics;
  const auto surroundings = drydock::tools::FindSurroundings(drydock::tools::RunningExecutable());
  const auto built = drydock::tools::BuildDriver(request, surroundings, diagnostics);
  for (int i = 0; i < 2; ++i) {  // counts add up from machine to machine
    drydock::Machine machine;
    auto driver = machine.AddDriver(built.image.string());
    auto device = machine.AddDevice({.function = driver});
    ASSERT_TRUE(device.started()) << machine.ReportText();
    EXPECT_EQ(machine.RemoveDevice(device), STATUS_SUCCESS);
    EXPECT_EQ(machine.UnloadDriver(driver), STATUS_SUCCESS);
  }
  const auto counts = drydock::tools::ReadLineCoverage(folder_, surroundings);
  const auto source = counts.find(fs::path(DRYDOCK_FIXTURES) / "Tracer/Source/driver.c");
  ASSERT_NE(source, counts.end());
  const auto line = source->second.find(19);
  ASSERT_NE(line, source->second.end()) << source->second.size();
  EXPECT_EQ(line->second, 2u) << "each machine called DriverEntry once";
  const auto queue = counts.find(fs::path(DRYDOCK_FIXTURES) / "Tracer/Source/queue.cpp");
  ASSERT_NE(queue, counts.end());
  bool idle = false;
  for (const auto& [line, count] : queue->second) idle = idle || count == 0;
  EXPECT_TRUE(idle) << "nobody wrote";
  EXPECT_EQ(drydock::tools::ReadLcov(drydock::tools::LcovText(counts)), counts);
}

INSTANTIATE_TEST_SUITE_P(Compilers, BuiltDriver, testing::Values("clang", "gcc"));

}  // namespace
