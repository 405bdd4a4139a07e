// Peripherals and pins of the test kit.
#include <algorithm>

#include "backend/hub/pins.h"
#include "drydock/spb.h"
#include "runtime/lock.h"

namespace drydock {

size_t SpbPeripheral::Exchange(const uint8_t* out, size_t out_length, uint8_t* in, size_t in_length) {
  const size_t written = Write(out, out_length, true);
  if (written != out_length) return written;
  const size_t read = Read(in, in_length, false);
  return read == kNoAnswer ? kNoAnswer : written + read;
}

struct SpbRegisters::State {
  mutable rt::Lock lock;
  std::vector<uint8_t> bytes RT_GUARDED_BY(lock);
  unsigned address_bytes;
  size_t at RT_GUARDED_BY(lock) = 0;
  bool present RT_GUARDED_BY(lock) = true;
  std::function<void(size_t, uint8_t)> changed RT_GUARDED_BY(lock);
};

SpbRegisters::SpbRegisters(size_t registers, unsigned address_bytes) : state_(std::make_unique<State>()) {
  rt::LockGuard guard(state_->lock);
  state_->bytes.resize(std::max<size_t>(registers, 1));
  state_->address_bytes = address_bytes;
}
SpbRegisters::~SpbRegisters() = default;

void SpbRegisters::Set(size_t at, const std::vector<uint8_t>& bytes) {
  rt::LockGuard guard(state_->lock);
  for (size_t i = 0; i < bytes.size() && at + i < state_->bytes.size(); ++i) state_->bytes[at + i] = bytes[i];
}

uint8_t SpbRegisters::Get(size_t at) const {
  rt::LockGuard guard(state_->lock);
  return at < state_->bytes.size() ? state_->bytes[at] : 0xFF;
}

void SpbRegisters::SetPresent(bool present) {
  rt::LockGuard guard(state_->lock);
  state_->present = present;
}

void SpbRegisters::OnWrite(std::function<void(size_t, uint8_t)> changed) {
  rt::LockGuard guard(state_->lock);
  state_->changed = std::move(changed);
}

size_t SpbRegisters::Write(const uint8_t* bytes, size_t length, bool) {
  std::vector<std::pair<size_t, uint8_t>> written;
  std::function<void(size_t, uint8_t)> changed;
  {
    rt::LockGuard guard(state_->lock);
    State& state = *state_;
    if (!state.present) return kNoAnswer;
    const size_t address = std::min<size_t>(length, state.address_bytes);
    if (address != 0) state.at = 0;
    for (size_t i = 0; i < address; ++i) state.at = state.at << 8 | bytes[i];
    state.at %= state.bytes.size();
    for (size_t i = address; i < length; ++i) {
      state.bytes[state.at] = bytes[i];
      written.emplace_back(state.at, bytes[i]);
      state.at = (state.at + 1) % state.bytes.size();
    }
    changed = state.changed;
  }
  if (changed)
    for (const auto& [at, value] : written) changed(at, value);
  return length;
}

size_t SpbRegisters::Read(uint8_t* bytes, size_t length, bool) {
  rt::LockGuard guard(state_->lock);
  State& state = *state_;
  if (!state.present) return kNoAnswer;
  for (size_t i = 0; i < length; ++i) {
    bytes[i] = state.bytes[state.at];
    state.at = (state.at + 1) % state.bytes.size();
  }
  return length;
}

GpioPins::GpioPins(size_t count) : state_(std::make_shared<State>()) {
  rt::LockGuard guard(state_->lock);
  state_->high.resize(count);
}
size_t GpioPins::count() const {
  rt::LockGuard guard(state_->lock);
  return state_->high.size();
}
bool GpioPins::Get(size_t pin) const {
  rt::LockGuard guard(state_->lock);
  return pin < state_->high.size() && state_->high[pin];
}
void GpioPins::Set(size_t pin, bool high) const {
  rt::LockGuard guard(state_->lock);
  if (pin < state_->high.size()) state_->high[pin] = high;
}
void GpioPins::OnWrite(std::function<void(size_t, bool)> changed) const {
  rt::LockGuard guard(state_->lock);
  state_->changed = std::move(changed);
}

}  // namespace drydock
