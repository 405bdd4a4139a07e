// Uart: the registers of a 16550, the receiver's and the transmitter's FIFO, the wire to the far end.
#include "drydock/uart.h"

#include <atomic>
#include <deque>
#include <utility>

#include "machine/impl.h"
#include "runtime/lock.h"

namespace drydock {
namespace {

enum Register : uint8_t { kData, kInterruptEnable, kInterruptId, kLineControl, kModemControl, kLineStatus, kModemStatus, kScratch };
enum InterruptEnable : uint8_t { kOnReceived = 1, kOnEmpty = 2, kOnLineStatus = 4, kOnModemStatus = 8 };
enum LineStatus : uint8_t { kReady = 0x01, kOverrun = 0x02, kErrors = 0x1C, kEmpty = 0x60, kErrorInFifo = 0x80 };
enum LineControl : uint8_t { kBreakOn = 0x40, kDivisorAccess = 0x80 };
enum ModemControl : uint8_t { kDtr = 1, kRts = 2, kOut1 = 4, kOut2 = 8, kLoop = 0x10 };

constexpr size_t kFifo = 16;

}  // namespace

struct Uart::State {
  struct Received {
    uint8_t byte, errors;
  };

  rt::Lock lock;
  InterruptPin pin;
  UartOptions options;
  bool level RT_GUARDED_BY(lock) = true;  // how the line is wired
  bool asserted RT_GUARDED_BY(lock) = false;
  uint64_t version RT_GUARDED_BY(lock) = 0;

  uint8_t enable RT_GUARDED_BY(lock) = 0, line_control RT_GUARDED_BY(lock) = 0, modem_control RT_GUARDED_BY(lock) = 0, scratch RT_GUARDED_BY(lock) = 0;
  uint8_t fifo_control RT_GUARDED_BY(lock) = 0;
  uint16_t divisor RT_GUARDED_BY(lock) = 0;
  uint8_t errors RT_GUARDED_BY(lock) = 0;       // of the line status register, until it is read
  uint8_t deltas RT_GUARDED_BY(lock) = 0;       // of the modem status register, until it is read
  uint8_t inputs RT_GUARDED_BY(lock) = kUartCts | kUartDsr | kUartDcd;  // what the far end drives
  bool empty_pending RT_GUARDED_BY(lock) = false;
  bool hold_without_rts RT_GUARDED_BY(lock) = false;
  std::deque<Received> receiver RT_GUARDED_BY(lock), wire RT_GUARDED_BY(lock);
  std::string transmitted RT_GUARDED_BY(lock);
  std::shared_ptr<std::function<void(uint8_t)>> on_transmit RT_GUARDED_BY(lock);
  std::shared_ptr<std::function<void()>> on_lines RT_GUARDED_BY(lock);

  bool fifo() const RT_REQUIRES(lock) { return options.fifo && (fifo_control & 1); }
  size_t room() const RT_REQUIRES(lock) { return fifo() ? kFifo : 1; }
  size_t trigger() const RT_REQUIRES(lock) {
    constexpr size_t kLevels[] = {1, 4, 8, 14};
    return fifo() ? kLevels[fifo_control >> 6] : 1;
  }
  bool loop() const RT_REQUIRES(lock) { return modem_control & kLoop; }
  // What the modem status register sees: in loopback the chip's own outputs.
  uint8_t lines() const RT_REQUIRES(lock) {
    if (!loop()) return inputs;
    return static_cast<uint8_t>((modem_control & kRts ? kUartCts : 0) | (modem_control & kDtr ? kUartDsr : 0) | (modem_control & kOut1 ? kUartRing : 0) |
                                (modem_control & kOut2 ? kUartDcd : 0));
  }
  void NoteLines(uint8_t before) RT_REQUIRES(lock) {
    const uint8_t now = lines(), changed = before ^ now;
    if (changed & kUartCts) deltas |= 1;
    if (changed & kUartDsr) deltas |= 2;
    if ((changed & kUartRing) && !(now & kUartRing)) deltas |= 4;  // the trailing edge
    if (changed & kUartDcd) deltas |= 8;
  }

  void Receive(Received received) RT_REQUIRES(lock) {
    if (receiver.size() >= room()) {
      errors |= kOverrun;
      if (fifo()) return;  // the byte in the shift register is lost
      receiver.clear();    // without a FIFO the one that was not read
    }
    receiver.push_back(received);
    if (receiver.size() == 1) errors |= received.errors;
  }
  void PullFromWire() RT_REQUIRES(lock) {
    if (loop()) return;  // the input is cut off
    while (!wire.empty() && receiver.size() < room() && !(hold_without_rts && !(modem_control & kRts))) {
      Receive(wire.front());
      wire.pop_front();
    }
  }

  uint8_t Pending() const RT_REQUIRES(lock) {
    if ((enable & kOnLineStatus) && errors) return 0x06;
    if (enable & kOnReceived) {
      if (receiver.size() >= trigger()) return 0x04;
      if (!receiver.empty()) return 0x0C;  // nothing follows
    }
    if ((enable & kOnEmpty) && empty_pending) return 0x02;
    if ((enable & kOnModemStatus) && deltas) return 0x00;
    return 0x01;
  }

  // After every change, outside of the lock: a pin that is raised may interrupt here and now, and the service routine come back to the
  // registers. Who finds that somebody else changed something meanwhile looks again, so that the last word is that of the last change.
  void Wire() {
    uint64_t mine;
    {
      rt::LockGuard guard(lock);
      mine = ++version;
    }
    for (;;) {
      bool want, act;
      {
        rt::LockGuard guard(lock);
        mine = version;
        want = Pending() != 0x01 && (modem_control & kOut2) && !loop();
        act = level || want != asserted;  // an edge counts once
        asserted = want;
      }
      if (act && want) pin.Raise();
      if (act && !want) pin.Lower();
      rt::LockGuard guard(lock);
      if (mine == version) return;
    }
  }

  uint8_t Read(uint8_t offset) RT_REQUIRES(lock) {
    switch (offset) {
      case kData: {
        if (line_control & kDivisorAccess) return static_cast<uint8_t>(divisor);
        if (receiver.empty()) return 0;
        const uint8_t byte = receiver.front().byte;
        receiver.pop_front();
        if (!receiver.empty()) errors |= receiver.front().errors;
        PullFromWire();
        return byte;
      }
      case kInterruptEnable: return line_control & kDivisorAccess ? static_cast<uint8_t>(divisor >> 8) : enable;
      case kInterruptId: {
        const uint8_t id = Pending();
        if (id == 0x02) empty_pending = false;
        return static_cast<uint8_t>(id | (fifo() ? 0xC0 : 0));
      }
      case kLineControl: return line_control;
      case kModemControl: return modem_control;
      case kLineStatus: {
        uint8_t status = kEmpty | errors;
        if (!receiver.empty()) status |= kReady;
        if (fifo())
          for (const Received& each : receiver)
            if (each.errors) status |= kErrorInFifo;
        errors = 0;
        if (!receiver.empty()) receiver.front().errors = 0;
        return status;
      }
      case kModemStatus: {
        const uint8_t status = static_cast<uint8_t>(lines() | deltas);
        deltas = 0;
        return status;
      }
      default: return scratch;
    }
  }

  struct Effects {
    std::shared_ptr<std::function<void(uint8_t)>> transmit;
    std::shared_ptr<std::function<void()>> lines;
  };

  void Write(uint8_t offset, uint8_t value, Effects* effects) RT_REQUIRES(lock) {
    switch (offset) {
      case kData:
        if (line_control & kDivisorAccess) {
          divisor = static_cast<uint16_t>((divisor & 0xFF00) | value);
          return;
        }
        empty_pending = true;  // it was written, and is empty again
        if (loop()) Receive({value, 0});
        else if (on_transmit) effects->transmit = on_transmit;
        else transmitted += static_cast<char>(value);
        return;
      case kInterruptEnable:
        if (line_control & kDivisorAccess) {
          divisor = static_cast<uint16_t>((divisor & 0xFF) | value << 8);
          return;
        }
        if ((value & kOnEmpty) && !(enable & kOnEmpty)) empty_pending = true;
        enable = value & 0x0F;
        return;
      case kInterruptId:
        if (!options.fifo) return;
        if ((value & 1) != (fifo_control & 1) || (value & 2)) receiver.clear();
        fifo_control = value & 0xC9;
        PullFromWire();
        return;
      case kLineControl: {
        const uint8_t changed = line_control ^ value;
        line_control = value;
        if (changed & kBreakOn) {
          if (loop() && (value & kBreakOn)) Receive({0, kUartBreak});
          effects->lines = on_lines;
        }
        return;
      }
      case kModemControl: {
        const uint8_t before = lines(), changed = modem_control ^ value;
        modem_control = value & 0x1F;
        NoteLines(before);
        if (changed & (kDtr | kRts | kLoop)) effects->lines = on_lines;
        PullFromWire();
        return;
      }
      case kScratch: scratch = value; return;
      default: return;  // the status registers: for the factory's tests
    }
  }
};

namespace {

class UartRegisters final : public RegisterFile {
 public:
  explicit UartRegisters(std::shared_ptr<Uart::State> state) : state_(std::move(state)) {}

  uint64_t ReadRegister(uint64_t offset, unsigned) override {
    uint8_t value;
    {
      rt::LockGuard guard(state_->lock);
      value = state_->Read(static_cast<uint8_t>(offset & 7));
    }
    state_->Wire();
    return value;
  }

  void WriteRegister(uint64_t offset, unsigned, uint64_t value) override {
    Uart::State::Effects effects;
    {
      rt::LockGuard guard(state_->lock);
      state_->Write(static_cast<uint8_t>(offset & 7), static_cast<uint8_t>(value), &effects);
    }
    if (effects.transmit) (*effects.transmit)(static_cast<uint8_t>(value));
    if (effects.lines) (*effects.lines)();
    state_->Wire();
  }

 private:
  std::shared_ptr<Uart::State> state_;
};

}  // namespace

Uart::Uart(UartOptions options) : state_(std::make_shared<State>()) { state_->options = options; }

std::shared_ptr<RegisterFile> Uart::registers() const { return std::make_shared<UartRegisters>(state_); }
InterruptPin Uart::pin() const { return state_->pin; }

std::vector<Resource> Uart::Resources(LineOptions line, uint16_t port) const {
  {
    rt::LockGuard guard(state_->lock);
    state_->level = line.level_sensitive;
  }
  return {Resource::Port(8, registers(), port), Resource::Line(state_->pin, line)};
}

void Uart::Send(std::string_view bytes) const {
  {
    rt::LockGuard guard(state_->lock);
    for (char each : bytes) state_->wire.push_back({static_cast<uint8_t>(each), 0});
    state_->PullFromWire();
  }
  state_->Wire();
}

void Uart::SendWrong(uint8_t byte, uint8_t errors) const {
  {
    rt::LockGuard guard(state_->lock);
    state_->wire.push_back({byte, static_cast<uint8_t>(errors & kErrors)});
    state_->PullFromWire();
  }
  state_->Wire();
}

void Uart::Overrun(std::string_view bytes) const {
  {
    rt::LockGuard guard(state_->lock);
    for (char each : bytes) state_->Receive({static_cast<uint8_t>(each), 0});
  }
  state_->Wire();
}

std::string Uart::Take() const {
  rt::LockGuard guard(state_->lock);
  return std::exchange(state_->transmitted, {});
}

void Uart::SetLines(uint8_t lines) const {
  {
    rt::LockGuard guard(state_->lock);
    const uint8_t before = state_->lines();
    state_->inputs = lines & 0xF0;
    state_->NoteLines(before);
  }
  state_->Wire();
}

void Uart::HoldWithoutRts(bool hold) const {
  {
    rt::LockGuard guard(state_->lock);
    state_->hold_without_rts = hold;
    state_->PullFromWire();
  }
  state_->Wire();
}

void Uart::OnTransmit(std::function<void(uint8_t)> take) const {
  auto shared = take ? std::make_shared<std::function<void(uint8_t)>>(std::move(take)) : nullptr;
  rt::LockGuard guard(state_->lock);
  state_->on_transmit = std::move(shared);
}

void Uart::OnLines(std::function<void()> changed) const {
  auto shared = changed ? std::make_shared<std::function<void()>>(std::move(changed)) : nullptr;
  rt::LockGuard guard(state_->lock);
  state_->on_lines = std::move(shared);
}

bool Uart::dtr() const {
  rt::LockGuard guard(state_->lock);
  return (state_->modem_control & kDtr) && !state_->loop();
}
bool Uart::rts() const {
  rt::LockGuard guard(state_->lock);
  return (state_->modem_control & kRts) && !state_->loop();
}
bool Uart::break_on() const {
  rt::LockGuard guard(state_->lock);
  return state_->line_control & kBreakOn;
}
uint32_t Uart::baud() const {
  rt::LockGuard guard(state_->lock);
  return state_->divisor ? state_->options.clock / 16 / state_->divisor : 0;
}
int Uart::data_bits() const {
  rt::LockGuard guard(state_->lock);
  return 5 + (state_->line_control & 3);
}
bool Uart::fifo_enabled() const {
  rt::LockGuard guard(state_->lock);
  return state_->fifo();
}
size_t Uart::waiting() const {
  rt::LockGuard guard(state_->lock);
  return state_->wire.size() + state_->receiver.size();
}

void Uart::Connect(const Uart& one, const Uart& other) {
  // Each holds the other weakly: a cable keeps no port alive.
  const auto lead = [](const Uart& from, const Uart& to) {
    std::weak_ptr<State> near = from.state_, far = to.state_;
    from.OnTransmit([far](uint8_t byte) {
      if (auto state = far.lock()) Uart(state).Send(std::string_view(reinterpret_cast<const char*>(&byte), 1));
    });
    auto held_low = std::make_shared<std::atomic<bool>>(false);
    auto carry = [near, far, held_low] {
      auto here = near.lock(), there = far.lock();
      if (!here || !there) return;
      const Uart source(here), target(there);
      target.SetLines(static_cast<uint8_t>((source.rts() ? kUartCts : 0) | (source.dtr() ? kUartDsr | kUartDcd : 0)));
      const bool low = source.break_on();
      if (!held_low->exchange(low) && low) target.SendWrong(0, kUartBreak);
    };
    from.OnLines(carry);
    carry();
  };
  lead(one, other);
  lead(other, one);
}

const Uart* FindUart(Machine& machine, const std::string& device) {
  auto found = machine.impl()->uarts.find(device);
  return found == machine.impl()->uarts.end() ? nullptr : &found->second;
}

}  // namespace drydock
