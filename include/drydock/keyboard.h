// Keyboard: a PS/2 keyboard with its controller, the hardware that i8042prt drives.
//
//   drydock::Keyboard keyboard;
//   auto device = machine.AddRootDevice("ACPI\\PNP0303", {.resources = keyboard.Resources()});
//   auto file = machine.Open(device);          // kbdclass is on top
//   keyboard.Press(0x1E);                      // the A key, as its scan code of set 1
//   machine.RunUntilIdle();                    // interrupt, packets, reads
//
// Threads:    Press and its kin from anywhere; copies are the same keyboard. Codes of keys with a prefix are 0xE0xx and 0xE1xx.
// A keyboard that its driver has not switched on, or that was reset, drops what is typed.
// Source:     docs/classes.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "drydock/hardware.h"

namespace drydock {

class Keyboard {
 public:
  Keyboard();
  std::vector<Resource> Resources() const;  // the data port, the command port, the line

  void Press(uint16_t code) const;
  void Release(uint16_t code) const;
  void Type(uint16_t code) const { Press(code), Release(code); }
  void SendByte(uint8_t byte) const;  // as it comes over the wire

  bool enabled() const;
  uint8_t leds() const;       // as the driver set them: 1 scroll, 2 num, 4 caps lock
  uint8_t typematic() const;  // likewise: rate and delay

  struct State;

 private:
  std::shared_ptr<State> state_;
};

// Mouse: a PS/2 mouse with a wheel and a controller of its own. Ids: ACPI\\PNP0F13, *PNP0F13.
class Mouse {
 public:
  Mouse();
  std::vector<Resource> Resources() const;
  // Right and down are more; -255 to 255. `buttons`: those that are down, 1 left, 2 right, 4 middle. `wheel`: towards the user is more, -8 to 7.
  void Move(int right, int down, uint8_t buttons = 0, int wheel = 0) const;
  bool enabled() const;

 private:
  std::shared_ptr<Keyboard::State> state_;
};

class Machine;
// The keyboard of a device that a machine description calls so and gives the model "keyboard"; null: there is none.
const Keyboard* FindKeyboard(Machine& machine, const std::string& device);
const Mouse* FindMouse(Machine& machine, const std::string& device);  // the same for the model "mouse"

}  // namespace drydock
