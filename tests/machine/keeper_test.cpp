// What a driver does with files and services of the machine: a section over a file, a driver that loads another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "drydock/description.h"
#include "drydock/testing.h"

namespace drydock::test {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t Code(uint32_t number) { return CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + number, METHOD_BUFFERED, FILE_ANY_ACCESS); }

class Keeper : public testing::TestWithParam<ExecutorKind> {
 protected:
  Keeper() {
    std::string name = (fs::temp_directory_path() / "drydock-keeper-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    MachineDescription description;
    description.options.executor = GetParam();
    description.options.names = {{.name = "C:", .path = folder_.string()}};
    description.services.emplace_back("other", DRYDOCK_IMAGE(faulty));
    machine_ = std::make_unique<Machine>(description.options);
    machine_->Build(description);
    device_ = machine_->AddDevice({.function = machine_->AddDriver(DRYDOCK_IMAGE(keeper))});
    file_ = machine_->Open(device_);
  }
  ~Keeper() override {
    file_.Close();
    machine_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Status Ask(uint32_t number) { return file_.Ioctl(Code(number)).status; }
  fs::path folder_;
  std::unique_ptr<Machine> machine_;
  Device device_;
  File file_;
};

TEST_P(Keeper, AViewOfAFileIsReadAndWritesItBack) {
  std::ofstream(folder_ / "kept.txt") << "before and after";
  char old[5] = "";
  const IoResult result = file_.Ioctl(Code(0), nullptr, 0, old, 4);
  EXPECT_TRUE(result.ok()) << result.status;
  EXPECT_STREQ(old, "befo");
  std::stringstream now;
  now << std::ifstream(folder_ / "kept.txt").rdbuf();
  EXPECT_EQ(now.str(), "KEEPre and after") << "as long as it was";
  EXPECT_TRUE(machine_->reports().empty()) << machine_->ReportText();
}

TEST_P(Keeper, AnotherDriverIsLoadedOnceAndUnloaded) {
  EXPECT_EQ(Ask(2), STATUS_OBJECT_NAME_NOT_FOUND) << "not loaded";
  EXPECT_EQ(Ask(1), STATUS_SUCCESS);
  EXPECT_EQ(Ask(1), STATUS_IMAGE_ALREADY_LOADED);
  EXPECT_EQ(Ask(2), STATUS_SUCCESS);
  EXPECT_EQ(Ask(1), STATUS_SUCCESS) << "again";
  EXPECT_EQ(Ask(2), STATUS_SUCCESS);
  EXPECT_TRUE(machine_->reports().empty()) << machine_->ReportText();
}

TEST_P(Keeper, PagesMayHaveAnAddressOfTheCallersBesideTheSystems) {
  EXPECT_EQ(Ask(3), STATUS_SUCCESS) << machine_->ReportText();
  EXPECT_EQ(Ask(4), STATUS_SUCCESS) << machine_->ReportText();
  file_.Close();
  machine_->TakeDown();
  EXPECT_TRUE(machine_->reports().empty()) << machine_->ReportText();
}

TEST_P(Keeper, PagesThatStayMappedAreToldWithTheirLine) {
  EXPECT_EQ(Ask(3), STATUS_SUCCESS);
  file_.Close();
  machine_->TakeDown();
  EXPECT_THAT(machine_->ReportText(), testing::HasSubstr("8192 bytes mapped into a process (MmUnmapLockedPages was not called), mapped in MapPages at "));
}

TEST_P(Keeper, PagesAreUnmappedWhereTheyWereMapped) {
  Ask(5);
  ASSERT_TRUE(machine_->bug_check());
  EXPECT_THAT(machine_->ReportText(), testing::AllOf(testing::HasSubstr("MmUnmapLockedPages was called in another process"), testing::HasSubstr(" in Unmap")));
}

INSTANTIATE_TEST_SUITE_P(Both, Keeper, testing::Values(ExecutorKind::Simulated, ExecutorKind::Live),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "Live" : "Simulated"; });

}  // namespace
}  // namespace drydock::test
