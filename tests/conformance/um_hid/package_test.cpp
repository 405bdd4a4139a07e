// A user-mode HID minidriver from its package: the class comes with the machine, the directives and the idle setting from the INX.
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "drydock/hid.h"
#include "drydock/tree.h"
#include "support/conformance.h"

namespace drydock::test {
namespace {

// The package with one line taken out, in a folder of its own.
class Package {
 public:
  explicit Package(const std::string& without) {
    static int number = 0;
    folder_ = std::filesystem::temp_directory_path() / ("hid_loop_" + std::to_string(getpid()) + "_" + std::to_string(++number));
    std::filesystem::create_directories(folder_);
    std::ifstream in(HID_LOOP_INX);
    std::ofstream out(folder_ / "hid_loop.inx");
    for (std::string line; std::getline(in, line);) {
      if (!without.empty() && line.rfind(without, 0) == 0) {
        ++taken_out;
        continue;
      }
      out << line << "\n";
    }
  }
  ~Package() { std::filesystem::remove_all(folder_); }
  std::string inx() const { return (folder_ / "hid_loop.inx").string(); }
  int taken_out = 0;

 private:
  std::filesystem::path folder_;
};

Device Plug(Machine& machine, const std::string& inx) {
  machine.Install(inx, HID_LOOP_IMAGES);
  return machine.AddRootDevice("root\\HidLoop");
}

std::string PowerOf(Machine& machine) { return DeviceTree(machine).at(0).power; }

CONFORMANCE(HidPackage, AMinidriverOfWindowsHStartsFromItsInxAndLoops, "UM-26", "UM-27") {
  Device device = Plug(machine, HID_LOOP_INX);
  ASSERT_TRUE(device.started()) << device.problem() << machine.ReportText();
  HidFile hid(machine, device);
  ASSERT_TRUE(hid.status().ok()) << hid.status().ToString();
  HidFile::Facts facts;
  EXPECT_TRUE(hid.GetFacts(&facts).ok());
  EXPECT_EQ(facts.vendor, 0x4711);
  EXPECT_EQ(facts.product, 0x0815);
  for (uint8_t i = 0; i < 6; ++i) {
    const std::vector<uint8_t> sent = {0, i, static_cast<uint8_t>(0xF0 + i)};
    EXPECT_TRUE(hid.Write(sent).ok());
    std::vector<uint8_t> report;
    EXPECT_TRUE(hid.Read(&report).ok());
    EXPECT_EQ(report, sent);
  }
  hid.Close();
  EXPECT_TRUE(machine.TakeDown().empty());
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

// FsContext use has nothing that a client could see here; the other three decide whether the class reaches the minidriver at all.
CONFORMANCE(HidPackage, WithoutOneOfItsDirectivesTheClassDoesNotReachIt, "UM-27") {
  for (const char* directive : {"UmdfKernelModeClientPolicy", "UmdfFileObjectPolicy", "UmdfMethodNeitherAction"}) {
    Package package(directive);
    ASSERT_EQ(package.taken_out, 1) << directive;
    Machine fresh(MachineOptions{.executor = machine.options().executor, .seed = machine.options().seed});
    Device device = Plug(fresh, package.inx());
    EXPECT_FALSE(device.started()) << directive;
  }
}

CONFORMANCE(HidPackage, IdleWithNobodyReadingItPowersDownAndAnOpenBringsItBack, "UM-33") {
  Device device = Plug(machine, HID_LOOP_INX);
  ASSERT_TRUE(device.started()) << device.problem();
  HidFile hid(machine, device);
  machine.Advance(std::chrono::milliseconds(150));
  EXPECT_EQ(PowerOf(machine), "D0") << "it is open";
  hid.Close();
  machine.Advance(std::chrono::milliseconds(150));
  EXPECT_EQ(PowerOf(machine), "D3");
  HidFile again(machine, device);
  EXPECT_EQ(PowerOf(machine), "D0");
  std::vector<uint8_t> report;
  EXPECT_TRUE(again.Write({0, 1, 2}).ok());
  EXPECT_TRUE(again.Read(&report).ok());
  EXPECT_EQ(report, (std::vector<uint8_t>{0, 1, 2}));
}

CONFORMANCE(HidPackage, WithoutTheIdleSettingItStaysUp, "UM-33") {
  Package package("HKR,,EnableDefaultIdleNotificationHandler");
  ASSERT_EQ(package.taken_out, 1);
  Device device = Plug(machine, package.inx());
  ASSERT_TRUE(device.started()) << device.problem();
  HidFile(machine, device).Close();
  machine.Advance(std::chrono::milliseconds(150));
  EXPECT_EQ(PowerOf(machine), "D0");
}

}  // namespace
}  // namespace drydock::test
