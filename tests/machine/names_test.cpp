// Names that a machine gives to parts of the host.
#include <gtest/gtest.h>
#include <ntddk.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "drydock/testing.h"

namespace drydock::test {
namespace {

class NamesTest : public ::testing::TestWithParam<ExecutorKind> {
 protected:
  NamesTest() : folder_(std::filesystem::temp_directory_path() / ("drydock-names-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_ / "Windows" / "Temp");
    std::ofstream(folder_ / "Windows" / "Temp" / "a.txt") << "hello";
  }
  ~NamesTest() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};
INSTANTIATE_TEST_SUITE_P(Both, NamesTest, ::testing::Values(ExecutorKind::Simulated, ExecutorKind::Live));

TEST_P(NamesTest, SystemRootIsWindowsOnC) {
  Machine machine({.executor = GetParam(), .names = {{.kind = NameMapping::Kind::Folder, .name = "C:", .path = folder_}}});
  File file = machine.Open("\\SystemRoot\\temp\\a.txt");
  ASSERT_EQ(file.status(), STATUS_SUCCESS) << "in any letter case, as drivers write it";
  char data[8] = {};
  EXPECT_EQ(file.Read(data, sizeof data).information, 5u);
  EXPECT_STREQ(data, "hello");
  file.Close();
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

TEST_P(NamesTest, WithoutCThereIsNone) {
  Machine machine({.executor = GetParam(), .names = {{.kind = NameMapping::Kind::Folder, .name = "D:", .path = folder_}}});
  EXPECT_EQ(machine.Open("\\SystemRoot\\temp\\a.txt").status(), STATUS_OBJECT_PATH_NOT_FOUND);
}

}  // namespace
}  // namespace drydock::test
