// A device in the ACPI namespace: methods that its driver has evaluated, notifications.
//
//   auto acpi = std::make_shared<drydock::AcpiObject>();
//   acpi->Method("_STA", 15);
//   auto device = machine.AddRootDevice("ACPI\\ACME0007", {.acpi = acpi});
//   drydock::NotifyAcpi(machine, device, 0x80);
//
// Driver:     methods by IOCTL_ACPI_EVAL_METHOD and its kin; notifications by GUID_ACPI_INTERFACE_STANDARD and ..._STANDARD2, at DISPATCH_LEVEL.
// Threads:    all may be called at any time; functions given run on the driver's task and must not block.
// Lifetime:   shared with the machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "drydock/status.h"

namespace drydock {

class Machine;
class Device;

// What a method takes and returns.
struct AcpiValue {
  enum class Kind : uint8_t { kInteger, kText, kBuffer, kPackage };
  Kind kind = Kind::kInteger;
  uint64_t integer = 0;
  std::string bytes;               // kText: without an end; kBuffer
  std::vector<AcpiValue> package;

  AcpiValue() = default;
  AcpiValue(uint64_t value) : integer(value) {}  // NOLINT: reads as what it is
  static AcpiValue Text(std::string text);
  static AcpiValue Buffer(std::string bytes);
  static AcpiValue Package(std::vector<AcpiValue> values);
};

// A device in the ACPI namespace.
class AcpiObject {
 public:
  using Body = std::function<std::optional<AcpiValue>(const std::vector<AcpiValue>& arguments)>;  // nothing: the method returns nothing

  AcpiObject();
  ~AcpiObject();
  // A name has four characters ("_STA"); for objects below this one a path ("CHLD._STA"). What is there already is replaced.
  void Method(const std::string& name, AcpiValue value);
  void Method(const std::string& name, Body body);
  void Silent(const std::string& name);  // never returns
  // What the driver gave with the last evaluation; how many there were.
  std::vector<AcpiValue> LastArguments(const std::string& name) const;
  size_t Evaluations(const std::string& name) const;

  struct State;
  State& state() const { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

// That of a device; null: it has none.
std::shared_ptr<AcpiObject> AcpiOf(Device device);

// The firmware notifies the device's driver: 0x80 and above are the device's own. STATUS_NOT_FOUND: nobody has registered.
Status NotifyAcpi(Machine& machine, Device device, uint32_t code);

}  // namespace drydock
