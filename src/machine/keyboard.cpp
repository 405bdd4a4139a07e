// Keyboard: the controller's two ports, and the keyboard behind them.
#include "drydock/keyboard.h"

#include <deque>

#include "machine/impl.h"
#include "runtime/lock.h"

namespace drydock {

struct Keyboard::State {
  rt::Lock lock;
  InterruptPin pin;
  std::deque<uint8_t> output RT_GUARDED_BY(lock);  // what the data port gives, in order
  uint8_t configuration RT_GUARDED_BY(lock) = 0;
  uint8_t controller_command RT_GUARDED_BY(lock) = 0;  // whose data comes through the data port
  uint8_t keyboard_command RT_GUARDED_BY(lock) = 0;    // likewise
  bool enabled RT_GUARDED_BY(lock) = false;
  bool mouse = false;  // behind the controller is a mouse
  uint32_t rates RT_GUARDED_BY(lock) = 0;  // the last three
  uint8_t leds RT_GUARDED_BY(lock) = 0, typematic RT_GUARDED_BY(lock) = 0;

  // Outside of the lock: a pin that is raised may interrupt here and now.
  void Wire() {
    bool raised;
    {
      rt::LockGuard guard(lock);
      raised = !output.empty() && (configuration & (mouse ? 2 : 1));
    }
    if (raised) pin.Raise();
    else pin.Lower();
  }

  void Say(std::initializer_list<uint8_t> bytes) RT_REQUIRES(lock) { output.insert(output.end(), bytes); }

  void ToMouse(uint8_t byte) RT_REQUIRES(lock) {
    constexpr uint8_t kOk = 0xFA;
    if (uint8_t command = keyboard_command) {
      keyboard_command = 0;
      if (command == 0xF3) rates = (rates << 8 | byte) & 0xFFFFFF;
      return Say({kOk});
    }
    switch (byte) {
      case 0xE8:
      case 0xF3: keyboard_command = byte; return Say({kOk});
      case 0xE6:
      case 0xE7: return Say({kOk});
      case 0xF2: return Say({kOk, static_cast<uint8_t>(wheel() ? 3 : 0)});
      case 0xF4: enabled = true; return Say({kOk});
      case 0xF5: enabled = false; return Say({kOk});
      case 0xFF:
        enabled = false;
        rates = 0;
        output.clear();
        return Say({kOk, 0xAA, 0x00});
      default: return Say({0xFE});
    }
  }
  bool wheel() const RT_REQUIRES(lock) { return rates == (200u << 16 | 100u << 8 | 80u); }

  void ToKeyboard(uint8_t byte) RT_REQUIRES(lock) {
    constexpr uint8_t kOk = 0xFA;
    if (uint8_t command = keyboard_command) {
      keyboard_command = 0;
      if (command == 0xED) leds = byte;
      if (command == 0xF3) typematic = byte;
      return Say({kOk});
    }
    switch (byte) {
      case 0xED:
      case 0xF0:
      case 0xF3: keyboard_command = byte; return Say({kOk});
      case 0xEE: return Say({0xEE});
      case 0xF2: return Say({kOk, 0xAB, 0x83});
      case 0xF4: enabled = true; return Say({kOk});
      case 0xF5:
      case 0xF6: enabled = byte == 0xF6 && enabled; return Say({kOk});
      case 0xFF:
        enabled = false;
        leds = typematic = 0;
        output.clear();
        return Say({kOk, 0xAA});
      default: return Say({0xFE});
    }
  }
};

namespace {

class DataPort : public RegisterFile {
 public:
  explicit DataPort(std::shared_ptr<Keyboard::State> state) : state_(std::move(state)) {}
  uint64_t ReadRegister(uint64_t, unsigned) override {
    uint8_t byte = 0;
    {
      rt::LockGuard guard(state_->lock);
      if (!state_->output.empty()) {
        byte = state_->output.front();
        state_->output.pop_front();
      }
    }
    state_->Wire();
    return byte;
  }
  void WriteRegister(uint64_t, unsigned, uint64_t value) override {
    {
      rt::LockGuard guard(state_->lock);
      if (state_->controller_command == 0x60) state_->configuration = static_cast<uint8_t>(value);
      else if (state_->controller_command == 0xD4 && state_->mouse) state_->ToMouse(static_cast<uint8_t>(value));
      else if (!state_->mouse) state_->ToKeyboard(static_cast<uint8_t>(value));
      state_->controller_command = 0;
    }
    state_->Wire();
  }

 private:
  std::shared_ptr<Keyboard::State> state_;
};

class CommandPort : public RegisterFile {
 public:
  explicit CommandPort(std::shared_ptr<Keyboard::State> state) : state_(std::move(state)) {}
  uint64_t ReadRegister(uint64_t, unsigned) override {
    rt::LockGuard guard(state_->lock);
    return 0x14u | (state_->output.empty() ? 0u : state_->mouse ? 0x21u : 1u);  // not locked, self test passed
  }
  void WriteRegister(uint64_t, unsigned, uint64_t value) override {
    {
      rt::LockGuard guard(state_->lock);
      state_->controller_command = 0;
      switch (value) {
        case 0x20: state_->Say({state_->configuration}); break;
        case 0x60:
        case 0xD4: state_->controller_command = static_cast<uint8_t>(value); break;
        case 0xAA: state_->Say({0x55}); break;
        case 0xAB: state_->Say({0x00}); break;
        default: break;
      }
    }
    state_->Wire();
  }

 private:
  std::shared_ptr<Keyboard::State> state_;
};

}  // namespace

Keyboard::Keyboard() : state_(std::make_shared<State>()) {}

namespace {
std::vector<Resource> ResourcesOf(const std::shared_ptr<Keyboard::State>& state) {
  return {Resource::Port(1, std::make_shared<DataPort>(state)), Resource::Port(1, std::make_shared<CommandPort>(state)), Resource::Line(state->pin)};
}
}  // namespace

std::vector<Resource> Keyboard::Resources() const { return ResourcesOf(state_); }

Mouse::Mouse() : state_(std::make_shared<Keyboard::State>()) { state_->mouse = true; }

std::vector<Resource> Mouse::Resources() const { return ResourcesOf(state_); }

void Mouse::Move(int right, int down, uint8_t buttons, int wheel) const {
  {
    rt::LockGuard guard(state_->lock);
    if (!state_->enabled) return;
    const int up = -down;
    state_->Say({static_cast<uint8_t>(8 | (buttons & 7) | (right < 0 ? 0x10 : 0) | (up < 0 ? 0x20 : 0)), static_cast<uint8_t>(right), static_cast<uint8_t>(up)});
    if (state_->wheel()) state_->Say({static_cast<uint8_t>(wheel)});
  }
  state_->Wire();
}

bool Mouse::enabled() const {
  rt::LockGuard guard(state_->lock);
  return state_->enabled;
}

void Keyboard::SendByte(uint8_t byte) const {
  {
    rt::LockGuard guard(state_->lock);
    if (!state_->enabled) return;
    state_->Say({byte});
  }
  state_->Wire();
}

void Keyboard::Press(uint16_t code) const {
  if (code >> 8) SendByte(static_cast<uint8_t>(code >> 8));
  SendByte(static_cast<uint8_t>(code));
}

void Keyboard::Release(uint16_t code) const { Press(code | 0x80); }

bool Keyboard::enabled() const {
  rt::LockGuard guard(state_->lock);
  return state_->enabled;
}
uint8_t Keyboard::leds() const {
  rt::LockGuard guard(state_->lock);
  return state_->leds;
}
uint8_t Keyboard::typematic() const {
  rt::LockGuard guard(state_->lock);
  return state_->typematic;
}

const Keyboard* FindKeyboard(Machine& machine, const std::string& device) {
  auto found = machine.impl()->keyboards.find(device);
  return found == machine.impl()->keyboards.end() ? nullptr : &found->second;
}

const Mouse* FindMouse(Machine& machine, const std::string& device) {
  auto found = machine.impl()->mice.find(device);
  return found == machine.impl()->mice.end() ? nullptr : &found->second;
}

}  // namespace drydock
