// A tool of the user's own beside the echo driver: it installs the device, talks to it and takes it away, on both executors.
#include <drydock/process.h>
#include <drydock/testing.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace {

using drydock::ExecutorKind;
using drydock::Machine;
using drydock::Process;

// What the machine and the tool say with one seed.
std::string Play(ExecutorKind kind, uint64_t seed) {
  const std::filesystem::path folder = testing::TempDir() + "echo_tool_" + std::to_string(::getpid());
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(ECHO_INX, folder / "echo.inx", std::filesystem::copy_options::overwrite_existing);
  std::string said;
  {
    Machine machine({.executor = kind, .seed = seed, .trace = true});
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {"install", "C:\\echo.inx"}, {"list"}, {"talk", "20"}, {"cancel"}, {"busy"}, {"drivers", "C:\\echo.inx"}, {"about"}, {"restart"}, {"talk", "6"}, {"remove"}}) {
      Process tool = machine.StartProcess(ECHO_TOOL, {.arguments = arguments, .folder = folder.string(), .driver_folder = ECHO_IMAGES});
      EXPECT_TRUE(tool.Wait());
      EXPECT_EQ(tool.exit_code(), 0) << arguments[0] << ": " << tool.output() << tool.error();
      said += tool.output();
    }
    EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
    if (kind == ExecutorKind::Simulated) said += std::to_string(machine.TraceDigest());
  }
  std::filesystem::remove_all(folder);
  return said;
}

class EchoTool : public testing::TestWithParam<ExecutorKind> {};

TEST_P(EchoTool, InstallsTalksCancelsRestartsAndRemoves) {
  const std::string said = Play(GetParam(), 1);
  EXPECT_NE(said.find("installed\nROOT\\SAMPLE\\0000: Echo device\n10 written, 10 read, 0 failed\nthe second read was "), std::string::npos) << said.substr(0, 1000);
  EXPECT_NE(said.find("disabled: problem 22, 0 interfaces\nenabled: problem 0, 1 interfaces, 1 removals, 1 arrivals\n"), std::string::npos) << said.substr(0, 1000);
  EXPECT_NE(said.find("3 written, 3 read, 0 failed\nremoved, 0 left\n"), std::string::npos) << said.substr(0, 1000);
}

TEST(EchoToolSimulated, OneSeedIsOneRun) {
  EXPECT_EQ(Play(ExecutorKind::Simulated, 7), Play(ExecutorKind::Simulated, 7));
}

INSTANTIATE_TEST_SUITE_P(Executors, EchoTool, testing::Values(ExecutorKind::Simulated, ExecutorKind::Live),
                         [](const auto& executor) { return executor.param == ExecutorKind::Live ? "Live" : "Simulated"; });

}  // namespace
