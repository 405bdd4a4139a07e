// From a register to a completed request: interrupt, DPC, completion, with the driver of examples/registers.
#include <benchmark/benchmark.h>

#include "registers.h"
#include "setup.h"

namespace drydock::bench {
namespace {

// A converter that is done at once.
class Card : public RegisterFile {
 public:
  InterruptPin pin;
  uint64_t ReadRegister(uint64_t offset, unsigned) override {
    switch (offset) {
      case CARD_ID: return CARD_ID_VALUE;
      case CARD_STATUS: return done_ ? CARD_DONE : 0;
      case CARD_VALUE: return channel_ + 1;
      default: return 0;
    }
  }
  void WriteRegister(uint64_t offset, unsigned, uint64_t value) override {
    if (offset == CARD_CHANNEL) channel_ = static_cast<uint32_t>(value);
    if (offset == CARD_STATUS) {
      done_ = false;
      pin.Lower();
    }
    if (offset == CARD_CONTROL && (value & CARD_START)) {
      done_ = true;
      pin.Raise();
    }
  }

 private:
  std::atomic<uint32_t> channel_{0};
  std::atomic<bool> done_{false};
};

struct CardStack {
  explicit CardStack(ExecutorKind executor) : machine({.executor = executor, .strategy = Strategy::RunToBlock}) {
    auto card = std::make_shared<Card>();
    DeviceSpec spec;
    spec.function = machine.AddDriver(DriverImage("registers"));
    spec.resources = {Resource::Memory(CARD_LENGTH, card), Resource::Line(card->pin)};
    device = machine.AddDevice(spec);
    Check(machine, device.started(), "the card does not start");
    file = machine.Open(device);
    Check(machine, file.status(), "open");
  }
  Machine machine;
  Device device;
  File file;
};

void Call(benchmark::State& state, ExecutorKind executor, uint32_t code, uint32_t argument, uint32_t expected) {
  CardStack stack(executor);
  for (auto _ : state) {
    uint32_t answer = 0;
    Check(stack.machine, stack.file.Ioctl(code, &argument, sizeof argument, &answer, sizeof answer).status, "ioctl");
    Check(stack.machine, answer == expected, "a wrong value");
  }
}
void InterruptToCompletion(benchmark::State& state, ExecutorKind executor) { Call(state, executor, IOCTL_CARD_CONVERT, 6, 7); }
void ReadRegister(benchmark::State& state, ExecutorKind executor) { Call(state, executor, IOCTL_CARD_READ_REGISTER, CARD_ID, CARD_ID_VALUE); }
BENCHMARK_CAPTURE(InterruptToCompletion, live, ExecutorKind::Live)->Name("interrupt/completion/live")->UseRealTime();
BENCHMARK_CAPTURE(InterruptToCompletion, simulated, ExecutorKind::Simulated)->Name("interrupt/completion/simulated");
BENCHMARK_CAPTURE(ReadRegister, live, ExecutorKind::Live)->Name("interrupt/read_register/live");

}  // namespace
}  // namespace drydock::bench
