// The file stack end to end: data through three drivers to a Linux file and back, and a device behind it that goes silent.
#include <drydock/testing.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "filestack.h"

namespace {

using drydock::ExecutorKind;
using drydock::Machine;
using drydock::ModelRequest;

class FileStack : public testing::TestWithParam<ExecutorKind> {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "drydock-filestack-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  drydock::File OpenStack(Machine& machine) {
    auto port = machine.AddDriver(DRYDOCK_IMAGE(port));
    auto function = machine.AddDriver(DRYDOCK_IMAGE(filedisk));
    auto upper = machine.AddDriver(DRYDOCK_IMAGE(upper));
    device_ = machine.AddDevice({.function = function, .upper_filters = {upper}, .lower_filters = {port}});
    EXPECT_TRUE(device_.started()) << machine.ReportText();
    return machine.Open(device_);
  }
  static drydock::Status Attach(drydock::File& file, const std::u16string& name) {
    return file.Ioctl(IOCTL_FILESTACK_ATTACH, name.data(), name.size() * 2).status;
  }

  std::filesystem::path folder_;
  drydock::Device device_;
};

TEST_P(FileStack, ReadsAndWritesTheLinuxFile) {
  std::string content(3 * 1024 * 1024 + 123, '\0');
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 31 + (i >> 11));
  std::ofstream(folder_ / "data.bin", std::ios::binary) << content;

  Machine machine({.executor = GetParam(), .names = {{.name = "C:", .path = folder_.string()}}});
  auto file = OpenStack(machine);
  ASSERT_TRUE(file) << file.status();
  ASSERT_EQ(Attach(file, u"\\??\\C:\\data.bin"), STATUS_SUCCESS) << machine.ReportText();

  std::string seen(content.size(), '\0');
  for (size_t at = 0; at < content.size();) {
    auto result = file.Read(seen.data() + at, std::min<size_t>(256 * 1024, content.size() - at), {.offset = static_cast<int64_t>(at)});
    ASSERT_EQ(result.status, STATUS_SUCCESS);
    ASSERT_GT(result.information, 0u);
    at += result.information;
  }
  EXPECT_TRUE(seen == content);
  EXPECT_EQ(file.Read(seen.data(), 16, {.offset = static_cast<int64_t>(content.size())}).status, STATUS_END_OF_FILE);

  ASSERT_EQ(file.Write("overwritten", {.offset = 1000}).status, STATUS_SUCCESS);
  FILESTACK_INFORMATION information = {};
  EXPECT_EQ(file.Ioctl(IOCTL_FILESTACK_QUERY, nullptr, 0, &information, sizeof information).status, STATUS_SUCCESS);
  EXPECT_EQ(information.Totals.Transfers, 15u);  // 13 reads with data, one at the end, one write
  EXPECT_EQ(information.Totals.Bytes, content.size() + 11);
  EXPECT_EQ(file.Close(), STATUS_SUCCESS);
  EXPECT_EQ(machine.RemoveDevice(device_), STATUS_SUCCESS);
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();

  std::string on_disk(content.size(), '\0');
  std::ifstream(folder_ / "data.bin", std::ios::binary).read(on_disk.data(), static_cast<std::streamsize>(on_disk.size()));
  EXPECT_EQ(on_disk.substr(1000, 11), "overwritten");
}

TEST_P(FileStack, NamesThatLeadNowhereAreRefused) {
  Machine machine({.executor = GetParam(), .names = {{.name = "C:", .path = folder_.string()}}});
  auto file = OpenStack(machine);
  EXPECT_EQ(Attach(file, u"\\??\\C:\\missing.bin"), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(Attach(file, u"\\??\\Q:\\data.bin"), STATUS_OBJECT_NAME_NOT_FOUND);
  char byte;
  EXPECT_EQ(file.Read(&byte, 1).status, STATUS_DEVICE_NOT_READY);
}

TEST_P(FileStack, SilentDeviceBehindItEndsInATimeOut) {
  Machine machine({.executor = GetParam()});
  int answered = 0;
  auto model = drydock::MakeModel({.on_read = [&](const ModelRequest& request) {
    if (++answered > 2) return request.PendCancelable();
    request.Complete(STATUS_SUCCESS, request.output_length());
  }});
  ASSERT_EQ(machine.AddNamedModel("\\Device\\GoesSilent", model), STATUS_SUCCESS);
  auto file = OpenStack(machine);
  ASSERT_EQ(Attach(file, u"\\Device\\GoesSilent"), STATUS_SUCCESS);
  char buffer[512];
  EXPECT_EQ(file.Read(buffer, sizeof buffer).status, STATUS_SUCCESS);
  EXPECT_EQ(file.Read(buffer, sizeof buffer).status, STATUS_SUCCESS);
  auto before = machine.Now();
  EXPECT_EQ(file.Read(buffer, sizeof buffer).status, STATUS_IO_TIMEOUT);
  EXPECT_GE(machine.Now() - before, std::chrono::milliseconds(FILESTACK_TIMEOUT_MS));
  // The send that follows a timed-out one is not cancelled with it.
  FILESTACK_INFORMATION information = {};
  EXPECT_EQ(file.Ioctl(IOCTL_FILESTACK_QUERY, nullptr, 0, &information, sizeof information).status, STATUS_SUCCESS);
  EXPECT_EQ(information.Totals.Transfers, 3u);
  EXPECT_FALSE(machine.bug_check()) << machine.ReportText();
}

INSTANTIATE_TEST_SUITE_P(Executors, FileStack, testing::Values(ExecutorKind::Live, ExecutorKind::Simulated),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "live" : "simulated"; });

}  // namespace
