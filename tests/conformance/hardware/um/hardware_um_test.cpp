// Registers, ports and interrupts of a UMDF driver.
#include <mutex>
#include <string>
#include <vector>

#include "driver.h"
#include "drydock/hardware.h"
#include "support/conformance.h"

namespace drydock::test {
namespace {

constexpr int32_t kSuccess = 0, kAccessDenied = static_cast<int32_t>(0xC0000022);
const char kKey[] = "\\Registry\\Machine\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\WUDF\\Services\\hardware_um";

class File final : public RegisterFile {
 public:
  uint64_t ReadRegister(uint64_t offset, unsigned bytes) override { return Note('r', offset, bytes, 0), 0x1000 + offset; }
  void WriteRegister(uint64_t offset, unsigned bytes, uint64_t value) override {
    Note('w', offset, bytes, value);
    if (offset == 0 && value == 1) pin.Lower();
  }
  std::vector<std::string> Take() {
    std::lock_guard<std::mutex> guard(mutex_);
    return std::move(lines_);
  }
  InterruptPin pin;

 private:
  void Note(char what, uint64_t offset, unsigned bytes, uint64_t value) {
    std::lock_guard<std::mutex> guard(mutex_);
    lines_.push_back(std::string(1, what) + std::to_string(bytes) + "[" + std::to_string(offset) + "]" +
                     (what == 'w' ? "=" + std::to_string(value) : ""));
  }
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

struct Um {
  Um(Machine& the_machine, bool direct, bool mapping = false) : machine(the_machine), file(std::make_shared<File>()) {
    um::Reset();
    machine.SetRegistry(kKey, "UmdfDirectHardwareAccess", direct);
    machine.SetRegistry(kKey, "UmdfRegisterAccessMode", mapping);
    driver = machine.AddDriver("hardware_um", &hardware_um_FxDriverEntry);
    DeviceSpec spec;
    spec.function = driver;
    spec.resources = {Resource::Memory(0x10, file), Resource::Port(4, file, 0x300), Resource::Line(file->pin)};
    device = machine.AddDevice(spec);
    EXPECT_TRUE(device.started()) << machine.ReportText();
  }
  ~Um() {
    machine.RemoveDevice(device);
    machine.UnloadDriver(driver);
  }
  Machine& machine;
  std::shared_ptr<File> file;
  Driver driver;
  Device device;
};

CONFORMANCE(UmHardware, RegistersAndPortsWithDirectAccess, "UM-19", "UM-09") {
  um::with_dpc = false;
  Um um(machine, true);
  EXPECT_EQ(um::seen.map_status, kSuccess);
  const uint64_t expected[] = {0x00, 0x1002, 0x1004, 0x1008, 0x1004, 0x00, 0x00};
  for (int i = 0; i < 7; ++i) EXPECT_EQ(um::seen.reads[i], expected[i]) << i;
  const std::vector<std::string> lines = um.file->Take();
  EXPECT_EQ(lines, (std::vector<std::string>{"r1[0]", "r2[2]", "r4[4]", "r8[8]", "r4[0]", "r4[4]", "w4[4]=77", "w4[0]=4096", "w4[4]=4100", "r1[0]",
                                             "w2[0]=5", "r1[0]", "r1[0]"}));
  EXPECT_FALSE(um::seen.mapped_address);  // UM-20
}

CONFORMANCE(UmHardware, MappedAddressesOnlyInThatAccessMode, "UM-20") {
  Um um(machine, true, true);
  EXPECT_TRUE(um::seen.mapped_address);
}

CONFORMANCE(UmHardware, WithoutDirectAccessNothingIsMapped, "UM-09", "UM-19") {
  Um um(machine, false);
  EXPECT_EQ(um::seen.map_status, kAccessDenied);
  EXPECT_EQ(um.file->Take(), std::vector<std::string>{});
}

CONFORMANCE(UmHardware, InterruptsArePassive, "UM-22", "INT-06", "INT-08", "INT-15") {
  for (bool with_dpc : {false, true}) {
    um::with_dpc = with_dpc;
    Um um(machine, true);
    EXPECT_EQ(um::seen.interrupt_status, kSuccess);
    EXPECT_EQ(um::seen.info_irql, 0u);
    EXPECT_TRUE(um::seen.tried_lock);
    um.file->pin.Raise();
    for (int i = 0; i < 2000 && um::seen.work_calls + um::seen.dpc_calls == 0; ++i) machine.Advance(std::chrono::milliseconds(1));
    EXPECT_EQ(um::seen.isr_calls, 1);
    EXPECT_EQ(um::seen.isr_level, 0);
    EXPECT_EQ(um::seen.work_level, 0);
    EXPECT_EQ(um::seen.dpc_calls, with_dpc ? 1 : 0);
  }
  um::with_dpc = false;
}

}  // namespace
}  // namespace drydock::test
