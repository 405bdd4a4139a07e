// The hardware of a device for a test: register files, memory of its own, interrupt pins, and the resources that its driver is given.
//
//   drydock::InterruptPin pin;
//   auto registers = drydock::MakeRegisters({.read = [&](uint64_t offset, unsigned) { return offset == 0 ? value : 0; },
//                                            .write = [&](uint64_t offset, unsigned, uint64_t) { pin.Raise(); }});
//   machine.AddDevice({.function = driver, .resources = {drydock::Resource::Memory(0x100, registers), drydock::Resource::Line(pin)}});
//
// Threads:    a register file is called on the task that reads or writes, at its IRQL; it must not wait. Under the live executor calls may
//             overlap. A pin may be raised and lowered from anywhere: inside a register file, from Machine::After, from a task, between calls.
// Ownership:  everything here is a handle; the machine keeps what its devices use.
// Registers:  reached by READ_REGISTER_..., WRITE_REGISTER_..., READ_PORT_... and their buffer forms, and by plain accesses through a pointer to
//             mapped registers; give a device whose memory is used as memory MakeDeviceMemory. Past the end, and after the device was pulled out,
//             reads give all ones.
// Source:     docs/testkit.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace drydock {

class RegisterFile {
 public:
  virtual ~RegisterFile() = default;
  // `bytes`: 1, 2, 4 or 8, as wide as the driver's access.
  virtual uint64_t ReadRegister(uint64_t offset, unsigned bytes) = 0;
  virtual void WriteRegister(uint64_t offset, unsigned bytes, uint64_t value) = 0;
};

struct RegisterFunctions {
  std::function<uint64_t(uint64_t offset, unsigned bytes)> read;               // empty: 0
  std::function<void(uint64_t offset, unsigned bytes, uint64_t value)> write;  // empty: lost
};
std::shared_ptr<RegisterFile> MakeRegisters(RegisterFunctions functions);

// Memory of a device (a frame buffer, a ring): real pages, zero-filled, shared by the model and whoever maps it.
class DeviceMemory {
 public:
  virtual ~DeviceMemory() = default;
  virtual void* data() const = 0;
  virtual size_t size() const = 0;  // rounded up to pages
};
std::shared_ptr<DeviceMemory> MakeDeviceMemory(size_t bytes);

// The end of an interrupt line at a device, or one of its messages. Copies are the same pin. Belongs to one device at a time; before it does,
// and after its machine is gone, raising it does nothing but be remembered.
class InterruptPin {
 public:
  InterruptPin();
  void Raise() const;   // a level: stays until Lower. An edge or a message: one interrupt
  void Lower() const;   // a level only
  bool raised() const;  // a level: by this pin

  struct State;
  State& state() const { return *state_; }
  const std::shared_ptr<State>& shared_state() const { return state_; }

 private:
  std::shared_ptr<State> state_;
};

struct LineOptions {
  bool level_sensitive = true;  // else an edge interrupts
  bool shared = false;          // share disposition of the resource
  uint32_t line = 0;            // devices with the same number share the line; 0: one of its own
  uint8_t irql = 0;             // 3 to 11; 0: chosen
  bool wake = false;            // CM_RESOURCE_INTERRUPT_WAKE_HINT
};

// One resource of a device, in the order in which the driver finds them.
struct Resource {
  enum class Kind : uint8_t { kMemory, kPort, kLine, kMessages, kPrivate, kConnection };
  Kind kind = Kind::kMemory;
  uint64_t start = 0;  // 0: chosen
  uint64_t length = 0;
  std::shared_ptr<RegisterFile> registers;
  std::shared_ptr<DeviceMemory> memory;
  std::vector<InterruptPin> pins;
  LineOptions line;
  uint32_t data[3] = {};

  static Resource Memory(uint64_t length, std::shared_ptr<RegisterFile> registers, uint64_t address = 0);
  static Resource Memory(std::shared_ptr<DeviceMemory> memory);
  static Resource Port(uint32_t length, std::shared_ptr<RegisterFile> registers, uint16_t port = 0);
  static Resource Line(InterruptPin pin, LineOptions options = {});
  static Resource Message(InterruptPin pin);                 // as MSI-X: one resource, one message
  static Resource Messages(std::vector<InterruptPin> pins);  // as MSI: one resource with several messages
  // A connection through another controller, which the device has but cannot reach here: class, type and id as the bus names them.
  static Resource Connection(uint8_t connection_class, uint8_t type, uint64_t id);
  static Resource Private(uint32_t a, uint32_t b, uint32_t c);
};

}  // namespace drydock
