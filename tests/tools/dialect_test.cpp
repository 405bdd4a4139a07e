// Microsoft's dialect at run time: drivers that only Microsoft's compiler would take, built from their project and run in a machine.
#include <drydock/machine.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <tuple>

#include "tools/build/build.h"

namespace {

namespace fs = std::filesystem;
using drydock::ExecutorKind;
using testing::HasSubstr;
using testing::StartsWith;

// Built once per compiler.
std::string Image(const std::string& compiler, const char* project) {
  static std::map<std::string, std::string> images;
  static const struct Folder {
    Folder() {
      std::string name = (fs::temp_directory_path() / "drydock-dialect-XXXXXX").string();
      path = mkdtemp(name.data());
    }
    ~Folder() {
      std::error_code error;
      fs::remove_all(path, error);
    }
    fs::path path;
  } folder;
  std::string& image = images[compiler + project];
  if (image.empty()) {
    drydock::tools::BuildRequest request;
    request.project = fs::path(DRYDOCK_FIXTURES) / project;
    request.out = folder.path / compiler / request.project.stem();
    request.compiler = compiler;
    drydock::tools::Diagnostics diagnostics;
    image = drydock::tools::BuildDriver(request, drydock::tools::FindSurroundings(drydock::tools::RunningExecutable()), diagnostics).image.string();
    if (std::string_view(project).starts_with("Callback"))
      EXPECT_THAT(diagnostics.warnings(), testing::ElementsAre(HasSubstr("UMDF 2.35 is asked for; the driver is built for 2.33")));
    else
      EXPECT_THAT(diagnostics.warnings(), testing::IsEmpty());
  }
  return image;
}

// A driver full of spellings that others use: it compiles, and what of it can run gives what Microsoft's compiler and run-time give.
class Foreign : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Builds, Foreign, testing::Values("clang", "gcc"), [](const auto& info) { return std::string(info.param); });

TEST_P(Foreign, SpellingsOfOtherDriversCompileAndMeanTheSame) {
  drydock::Machine machine;
  const drydock::Driver driver = machine.AddDriver(Image(GetParam(), "Foreign/foreign.vcxproj"));
  EXPECT_EQ(machine.UnloadDriver(driver), STATUS_SUCCESS);
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
  std::string log;
  for (const std::string& line : machine.DebugLog()) log += line + "\n";
  EXPECT_THAT(log, HasSubstr("foreign: all was checked"));
  EXPECT_THAT(log, testing::Not(HasSubstr("wrong:")));
}

TEST_P(Foreign, AUserModeDriverInTheStyleOfComRuns) {
  for (const ExecutorKind executor : {ExecutorKind::Simulated, ExecutorKind::Live}) {
    drydock::MachineOptions options;
    options.executor = executor;
    drydock::Machine machine(options);
    const drydock::Driver driver = machine.AddDriver(Image(GetParam(), "Callback/callback.vcxproj"));
    const drydock::Device device = machine.AddDevice({.function = driver});
    ASSERT_TRUE(device.started()) << machine.ReportText();
    drydock::File file = machine.Open(device);
    EXPECT_EQ(file.Write("drawer").status, STATUS_SUCCESS);
    char text[16] = "";
    EXPECT_EQ(file.Read(text, sizeof(text)).information, 6u);
    EXPECT_STREQ(text, "reward");
    file.Close();
    EXPECT_EQ(machine.RemoveDevice(device), STATUS_SUCCESS);
    EXPECT_EQ(machine.UnloadDriver(driver), STATUS_SUCCESS);
    EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
    std::string log;
    for (const std::string& line : machine.DebugLog()) log += line + "\n";
    EXPECT_THAT(log, HasSubstr("0 objects are left"));
  }
}

class Dialect : public testing::TestWithParam<std::tuple<const char*, ExecutorKind>> {
 protected:
  void Start() {
    const std::string compiler = std::get<0>(GetParam());
    const std::string image = Image(compiler, "Dialect/dialect.vcxproj");
    drydock::MachineOptions options;
    options.executor = std::get<1>(GetParam());
    machine_.emplace(options);
    driver_ = machine_->AddDriver(image);
    device_ = machine_->AddDevice({.function = driver_});
    ASSERT_TRUE(device_.started()) << machine_->ReportText();
    file_ = machine_->Open(device_);
    ASSERT_TRUE(file_);
  }
  // Part 0: structured exceptions in C, 1: in C++, 2: the dialect in C, 3: in C++.
  std::string Run(uint32_t part, uint32_t number) {
    char answer[4096] = "";
    const auto result = file_.Ioctl(CTL_CODE(FILE_DEVICE_UNKNOWN, part << 8 | number, METHOD_BUFFERED, FILE_ANY_ACCESS), nullptr, 0, answer, sizeof(answer));
    return result.ok() ? answer : "failed";
  }
  NTSTATUS Neither(uint32_t number, const void* input, size_t length) {
    return file_.Ioctl(CTL_CODE(FILE_DEVICE_UNKNOWN, number, METHOD_NEITHER, FILE_ANY_ACCESS), input, length).status.value();
  }
  void End() {
    file_.Close();
    EXPECT_EQ(machine_->RemoveDevice(device_), STATUS_SUCCESS);
    EXPECT_EQ(machine_->UnloadDriver(driver_), STATUS_SUCCESS);
    EXPECT_TRUE(machine_->reports().empty()) << machine_->ReportText();
  }
  std::optional<drydock::Machine> machine_;
  drydock::Driver driver_;
  drydock::Device device_;
  drydock::File file_;
};

INSTANTIATE_TEST_SUITE_P(Builds, Dialect, testing::Combine(testing::Values("clang", "gcc"), testing::Values(ExecutorKind::Simulated, ExecutorKind::Live)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param)) + (std::get<1>(info.param) == ExecutorKind::Live ? "Live" : "Simulated");
                         });

TEST_P(Dialect, ExceptionsAreFilteredThenUnwoundThenHandled) {
  ASSERT_NO_FATAL_FAILURE(Start());
  for (const uint32_t part : {0u, 1u}) {
    SCOPED_TRACE(part);
    EXPECT_EQ(Run(part, 0), "body filter(C00000A3) finally1 handler(C00000A3) after");
    EXPECT_EQ(Run(part, 1), "inner(C0000005) outer(C0000005) handled 2");
    EXPECT_EQ(Run(part, 9), "C0000005");
    EXPECT_EQ(Run(part, 10),
              "code C0000005 flags 0 params 2 kind 1 at 0000000000000018 rip write code C0000005 flags 0 params 2 kind 0 at 0000000000000018 rip read");
    EXPECT_EQ(Run(part, 11), "divided by zero");
    EXPECT_EQ(Run(part, 12), "mended wrote 5");
    EXPECT_EQ(Run(part, 13), "first(C0000017) inside(80000002) still(C0000017) second(C000007F)");
    EXPECT_EQ(Run(part, 14), "finally handler(C000007F)");
    EXPECT_EQ(Run(part, 17), "caught 401");
    EXPECT_EQ(Run(part, 18), "whole(C0000017) 9 3 0");
    EXPECT_EQ(Run(part, 19), "continued filter(E0001234) handled");
  }
  End();
}

TEST_P(Dialect, FinallyBlocksRunHoweverTheirBodyIsLeft) {
  ASSERT_NO_FATAL_FAILURE(Start());
  for (const uint32_t part : {0u, 1u}) {
    SCOPED_TRACE(part);
    EXPECT_EQ(Run(part, 2), "[0 end f0] [1 f1] 00000103") << "the value is taken before the block changes the variable";
    EXPECT_EQ(Run(part, 3), "[0 end f0] [1 f1] loop done out 00000102");
    EXPECT_EQ(Run(part, 4), "[0 end f0] [1 f1] [2 end f0] loop done out 00000102");
    EXPECT_EQ(Run(part, 5), "[0 end f0] [1 f1] out 00000102");
    EXPECT_EQ(Run(part, 6), "[0 end f0] [1 f0] [2 end f0] loop done out 00000102") << "__leave is a normal end";
    EXPECT_EQ(Run(part, 7), "[0 end f0] [1 end f0] [2 end f0] loop done out 00000102");
    EXPECT_EQ(Run(part, 8), "one two null");
    EXPECT_EQ(Run(part, 15), "inner0 between outer0 end");
    EXPECT_EQ(Run(part, 16), "g1 f2 g2 f3 g3 ");
  }
  End();
}

TEST_P(Dialect, AProbeOfABadPointerRaisesAndIsHandled) {
  ASSERT_NO_FATAL_FAILURE(Start());
  alignas(8) static char good[16] = "good";
  void* const system = reinterpret_cast<void*>(0xFFFF800000001000);
  void* const unmapped = reinterpret_cast<void*>(0x1000);
  EXPECT_EQ(Neither(40, good, 8), STATUS_SUCCESS);
  EXPECT_EQ(Neither(41, good + 4, 4), STATUS_SUCCESS);
  EXPECT_EQ(Neither(41, good + 1, 4), STATUS_DATATYPE_MISALIGNMENT);
  EXPECT_EQ(Neither(42, good + 2, 4), STATUS_DATATYPE_MISALIGNMENT);
  EXPECT_EQ(Neither(40, system, 4), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(Neither(40, unmapped, 4), STATUS_ACCESS_VIOLATION) << "the probe or the access after it";
  EXPECT_EQ(Neither(43, system, 4), STATUS_SUCCESS) << "no byte, no exception";
  EXPECT_EQ(Neither(44, good, 4), STATUS_SUCCESS);
  EXPECT_EQ(Neither(44, system, 4), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(Neither(44, unmapped, 4), STATUS_ACCESS_VIOLATION);
  End();
}

TEST_P(Dialect, AnExceptionThatNobodyTakesIsABugCheckAndUnwindsNothing) {
  for (const uint32_t part : {0u, 1u}) {
    for (const uint32_t number : {30u, 31u, 32u}) {
      SCOPED_TRACE(number);
      ASSERT_NO_FATAL_FAILURE(Start());
      Run(part, number);
      ASSERT_EQ(machine_->reports().size(), 1u);
      const drydock::Report report = machine_->reports()[0];
      if (number == 30) {
        EXPECT_EQ(report.code, 0x1Eu) << machine_->ReportText();
        EXPECT_EQ(static_cast<uint32_t>(report.parameters[0]), 0xC00000A3u);
      } else {
        EXPECT_EQ(report.code, 0x50u) << machine_->ReportText();
        EXPECT_EQ(report.parameters[0], 0x18u);
      }
      const drydock::StackFrame* const place = report.DriverFrame();
      ASSERT_NE(place, nullptr);
      EXPECT_THAT(place->function, StartsWith("Unhandled"));
      for (const std::string& line : machine_->DebugLog()) EXPECT_THAT(line, testing::Not(HasSubstr("finally of the unhandled")));
      file_ = {};
      machine_.reset();
    }
  }
}

TEST_P(Dialect, WhatOnlyMicrosoftsCompilerKnowsWorksInC) {
  ASSERT_NO_FATAL_FAILURE(Start());
  EXPECT_EQ(Run(2, 0), "4294967295 -1 1 1 1099511627776 ffffffffffffffff");
  EXPECT_EQ(Run(2, 1), "1 3 2 4 1");
  EXPECT_EQ(Run(2, 2), "21 108 Functions 5 0 7");
  EXPECT_EQ(Run(2, 3), "608 5 0110 108 9 12 1 1 1 4 13 7 7");
  EXPECT_EQ(Run(2, 4), "1 xyab 3 3 32 3412 78563412 100000000000000 8 8 3 80000000 3 8000000000000000 3412 78563412 16 3");
  EXPECT_EQ(Run(2, 5), "abcd 5-x 31 abc 0 xy 1z n 4 mov 0 12 255");
  End();
}

TEST_P(Dialect, WhatOnlyMicrosoftsCompilerKnowsWorksInCxx) {
  ASSERT_NO_FATAL_FAILURE(Start());
  EXPECT_EQ(Run(3, 0), "16 4 25 done 0");
  EXPECT_EQ(Run(3, 1), "6B29FC40-CA47-1067-B3DA 3 Lambdas 5");
  End();
}

}  // namespace
