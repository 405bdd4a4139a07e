// Peripherals on simple buses (I2C, SPI) and pins, as drivers reach them: through a connection of the resource hub.
//
//   auto sensor = std::make_shared<drydock::SpbRegisters>();
//   sensor->Set(0x0F, {0x33});                                              // who am I
//   auto device = machine.AddRootDevice("ACPI\\SENS0001", {.resources = {drydock::ConnectSpb(machine, sensor), Resource::Line(pin)}});
//
// Driver:     finds the connection among its resources, opens \Device\RESOURCE_HUB\<id> (user mode: \\.\RESOURCE_HUB\<id>), reads, writes, and
//             sends IOCTL_SPB_... or IOCTL_GPIO_....
// Threads:    a peripheral is called by one request at a time of its bus, on the task of the sender or of who unlocks, at <= DISPATCH_LEVEL; it
//             must not block.
// Ownership:  the machine keeps peripherals and pins as long as it lives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "drydock/hardware.h"

namespace drydock {

class Machine;

class SpbPeripheral {
 public:
  virtual ~SpbPeripheral() = default;
  // One transfer; `first`: it begins with a start condition or chip select, else it goes on where the last one ended (repeated start, or the
  // controller is locked). The result: how many bytes were acknowledged; fewer end the sequence. kNoAnswer: nobody at that address.
  virtual size_t Write(const uint8_t* bytes, size_t length, bool first) = 0;
  virtual size_t Read(uint8_t* bytes, size_t length, bool first) = 0;
  // SPI, both directions at once: as many bytes as the longer one has; what has no room is not kept. At first: a write, then a read.
  virtual size_t Exchange(const uint8_t* out, size_t out_length, uint8_t* in, size_t in_length);
  static constexpr size_t kNoAnswer = ~size_t{0};
};

// What most sensors are: a write's first bytes name a register, the rest goes into it and those behind it; a read goes on from there.
class SpbRegisters : public SpbPeripheral {
 public:
  explicit SpbRegisters(size_t registers = 256, unsigned address_bytes = 1);  // the address has its high byte first
  ~SpbRegisters() override;

  void Set(size_t at, const std::vector<uint8_t>& bytes);
  uint8_t Get(size_t at) const;
  void SetPresent(bool present);  // false: nobody answers
  // After a write of the driver, for each register. It may call Set.
  void OnWrite(std::function<void(size_t at, uint8_t value)> changed);

  size_t Write(const uint8_t* bytes, size_t length, bool first) override;
  size_t Read(uint8_t* bytes, size_t length, bool first) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct SpbOptions {
  enum class Bus : uint8_t { kI2c, kSpi };
  Bus bus = Bus::kI2c;
  uint32_t controller = 0;  // peripherals of one controller take turns
  bool shared = false;      // may be opened more than once
  uint64_t id = 0;          // 0: chosen
};
Resource ConnectSpb(Machine& machine, std::shared_ptr<SpbPeripheral> peripheral, SpbOptions options = {});

// Pins of a GPIO controller; at first low. An interrupt of a pin is a Resource::Line.
class GpioPins {
 public:
  explicit GpioPins(size_t count);
  size_t count() const;
  bool Get(size_t pin) const;
  void Set(size_t pin, bool high) const;                                       // from outside
  void OnWrite(std::function<void(size_t pin, bool high)> changed) const;      // the driver drove a pin

  struct State;
  std::shared_ptr<State> state() const { return state_; }

 private:
  std::shared_ptr<State> state_;
};
Resource ConnectPins(Machine& machine, const GpioPins& pins, uint64_t id = 0);

}  // namespace drydock
