// The registry from outside: .reg files and single values reach the driver, and what it writes comes back.
#include <gtest/gtest.h>
#include <ntddk.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "drydock/testing.h"

namespace drydock::test {
namespace {

class RegistryTest : public ::testing::TestWithParam<ExecutorKind> {
 protected:
  RegistryTest() : folder_(std::filesystem::temp_directory_path() / ("drydock-registry-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~RegistryTest() override { std::filesystem::remove_all(folder_); }
  std::string Write(const std::string& text) {
    std::string path = folder_ / "in.reg";
    std::ofstream(path, std::ios::binary) << "Windows Registry Editor Version 5.00\n\n" << text;
    return path;
  }
  std::string Stored(Machine& machine) {
    std::string path = folder_ / "out.reg";
    EXPECT_EQ(machine.StoreRegistry(path), "");
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  std::filesystem::path folder_;
};
INSTANTIATE_TEST_SUITE_P(Both, RegistryTest, ::testing::Values(ExecutorKind::Simulated, ExecutorKind::Live));

constexpr char kParameters[] = "HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\registry_reader\\Parameters";
// a+bc as REG_MULTI_SZ
constexpr char kWords[] = "\"Words\"=hex(7):61,00,00,00,62,00,63,00,00,00,00,00\n";

TEST_P(RegistryTest, AFileLoadedBeforeTheDriverIsWhatItReads) {
  Machine machine({.executor = GetParam()});
  ASSERT_EQ(machine.LoadRegistry(Write(std::string("[") + kParameters + "]\n\"Count\"=dword:15\n\"Text\"=\"seven\"\n" + kWords)), "");
  Device device = machine.AddDevice({.function = machine.AddDriver(DRYDOCK_IMAGE(registry_reader)), .instance = "ROOT\\READER\\0001"});
  ASSERT_TRUE(device.started()) << machine.ReportText();
  std::string text = Stored(machine);
  size_t key = text.find("\\Enum\\Root\\READER\\0001\\Device Parameters]");
  ASSERT_NE(key, std::string::npos) << text;
  text = text.substr(key, text.find("\r\n\r\n", key) - key);
  EXPECT_NE(text.find("\"Twice\"=dword:0000002a"), std::string::npos) << text;
  EXPECT_NE(text.find("\"AbsentStatus\"=dword:c0000034"), std::string::npos) << text;
  EXPECT_NE(text.find("\"WrongTypeStatus\"=dword:c0000024"), std::string::npos) << text;
  EXPECT_NE(text.find("\"Joined\"=\"a+bc\""), std::string::npos) << text;
  EXPECT_NE(text.find("\"VerifierWasOn\"=dword:00000000"), std::string::npos) << text;
}

TEST_P(RegistryTest, VerifierOnInTheServiceKeyTurnsTheVerifierOn) {
  Machine machine({.executor = GetParam()});
  ASSERT_EQ(machine.LoadRegistry(Write(std::string("[") + kParameters + "]\n" + kWords)), "");
  const std::string nt_name = "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\registry_reader\\Parameters";
  EXPECT_TRUE(machine.SetRegistry(nt_name, "Count", 1).ok());
  EXPECT_TRUE(machine.SetRegistry(kParameters, "Text", "words").ok());
  EXPECT_TRUE(machine.SetRegistry(nt_name + "\\Wdf", "VerifierOn", 1).ok());
  Device device = machine.AddDevice({.function = machine.AddDriver(DRYDOCK_IMAGE(registry_reader))});
  ASSERT_TRUE(device.started()) << machine.ReportText();
  EXPECT_NE(Stored(machine).find("\"VerifierWasOn\"=dword:00000001"), std::string::npos);
}

TEST_P(RegistryTest, ADriverWithoutItsParametersSaysWhichDeviceDidNotStart) {
  Machine machine({.executor = GetParam()});
  Device device = machine.AddDevice({.function = machine.AddDriver(DRYDOCK_IMAGE(registry_reader))});
  EXPECT_FALSE(device.started());
}

TEST_P(RegistryTest, MistakesNameFileAndLine) {
  Machine machine({.executor = GetParam()});
  std::string path = Write("[HKEY_LOCAL_MACHINE\\x]\n\"y\"=dword:z\n");
  EXPECT_EQ(machine.LoadRegistry(path), path + ":4: dword: hexadecimal digits are expected");
  EXPECT_EQ(machine.LoadRegistry("/nowhere/x.reg"), "/nowhere/x.reg: cannot be read: No such file or directory");
  EXPECT_EQ(machine.LoadRegistry("/tmp"), "/tmp: is a folder");
  EXPECT_EQ(machine.StoreRegistry("/nowhere/x.reg"), "/nowhere/x.reg: cannot be written: No such file or directory");
  EXPECT_EQ(machine.SetRegistry("Software\\x", "y", 1), Status(STATUS_OBJECT_PATH_SYNTAX_BAD));
}

}  // namespace
}  // namespace drydock::test
