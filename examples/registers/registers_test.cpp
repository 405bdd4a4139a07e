// A card with registers and an interrupt under both executors, and the model of it.
#include <drydock/testing.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <atomic>
#include <mutex>

#include "registers.h"

namespace {

using drydock::ExecutorKind;
using drydock::Machine;
using drydock::Resource;
using namespace std::chrono_literals;

// The card: a conversion takes a millisecond, and gives the channel times ten.
class Card : public drydock::RegisterFile {
 public:
  explicit Card(Machine& machine) : machine_(machine) {}
  drydock::InterruptPin pin;
  std::atomic<bool> broken{false};  // never converts

  uint64_t ReadRegister(uint64_t offset, unsigned) override {
    std::lock_guard<std::mutex> guard(mutex_);
    switch (offset) {
      case CARD_ID: return CARD_ID_VALUE;
      case CARD_CONTROL: return control_;
      case CARD_STATUS: return done_ ? CARD_DONE : 0;
      case CARD_CHANNEL: return channel_;
      case CARD_VALUE: return value_;
      default: return 0;
    }
  }

  void WriteRegister(uint64_t offset, unsigned, uint64_t value) override {
    bool start = false;
    {
      std::lock_guard<std::mutex> guard(mutex_);
      if (offset == CARD_CONTROL) {
        control_ = static_cast<uint32_t>(value & CARD_INTERRUPTS);
        start = (value & CARD_START) != 0;
      } else if (offset == CARD_CHANNEL) {
        channel_ = static_cast<uint32_t>(value);
      } else if (offset == CARD_STATUS && (value & CARD_DONE)) {
        done_ = false;
      }
    }
    Wire();
    if (start && !broken) machine_.After(1ms, [this] { Finish(); });
  }

 private:
  void Finish() {
    {
      std::lock_guard<std::mutex> guard(mutex_);
      value_ = channel_ * 10;
      done_ = true;
    }
    Wire();
  }
  // The line follows the two registers.
  void Wire() {
    bool asserted;
    {
      std::lock_guard<std::mutex> guard(mutex_);
      asserted = done_ && (control_ & CARD_INTERRUPTS);
    }
    asserted ? pin.Raise() : pin.Lower();
  }

  Machine& machine_;
  std::mutex mutex_;  // two processors may be at the card
  uint32_t control_ = 0, channel_ = 0, value_ = 0;
  bool done_ = false;
};

class Registers : public testing::TestWithParam<ExecutorKind> {
 protected:
  Registers() : machine_({.executor = GetParam()}), card_(std::make_shared<Card>(machine_)) {
    driver_ = machine_.AddDriver(DRYDOCK_IMAGE(registers));
    device_ = machine_.AddDevice({.function = driver_, .resources = {Resource::Memory(CARD_LENGTH, card_), Resource::Line(card_->pin)}});
    EXPECT_TRUE(device_.started()) << machine_.ReportText();
  }
  ~Registers() override { EXPECT_TRUE(machine_.reports().empty()) << machine_.ReportText(); }

  drydock::IoResult Ask(drydock::File& file, uint32_t code, uint32_t argument, uint32_t* answer) {
    return file.Ioctl(code, &argument, sizeof argument, answer, sizeof *answer);
  }

  Machine machine_;
  std::shared_ptr<Card> card_;
  drydock::Driver driver_;
  drydock::Device device_;
};

TEST_P(Registers, AreReadWhileTheCallerWaits) {
  auto file = machine_.Open(device_);
  uint32_t value = 0;
  EXPECT_EQ(Ask(file, IOCTL_CARD_READ_REGISTER, CARD_ID, &value).status, STATUS_SUCCESS);
  EXPECT_EQ(value, static_cast<uint32_t>(CARD_ID_VALUE));
  EXPECT_EQ(Ask(file, IOCTL_CARD_READ_REGISTER, CARD_CONTROL, &value).status, STATUS_SUCCESS);
  EXPECT_EQ(value, static_cast<uint32_t>(CARD_INTERRUPTS));
  EXPECT_EQ(Ask(file, IOCTL_CARD_READ_REGISTER, 2, &value).status, STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Ask(file, IOCTL_CARD_READ_REGISTER, CARD_LENGTH, &value).status, STATUS_INVALID_PARAMETER);
}

TEST_P(Registers, AConversionEndsWithTheInterrupt) {
  auto file = machine_.Open(device_);
  for (uint32_t channel : {1u, 2u, 7u}) {
    uint32_t value = 0;
    auto result = Ask(file, IOCTL_CARD_CONVERT, channel, &value);
    EXPECT_EQ(result.status, STATUS_SUCCESS);
    EXPECT_EQ(result.information, sizeof value);
    EXPECT_EQ(value, channel * 10);
  }
}

TEST_P(Registers, ACardThatNeverAnswersCanBeGivenUp) {
  card_->broken = true;
  auto file = machine_.Open(device_);
  uint32_t channel = 3, value = 0;
  auto result = file.Ioctl(IOCTL_CARD_CONVERT, &channel, sizeof channel, &value, sizeof value, {.timeout = 50ms});
  EXPECT_EQ(result.status, STATUS_IO_TIMEOUT);
  card_->broken = false;
  EXPECT_EQ(Ask(file, IOCTL_CARD_CONVERT, 4, &value).status, STATUS_SUCCESS);
  EXPECT_EQ(value, 40u);
}

TEST_P(Registers, SleepAndResumeLeaveTheInterruptsAsTheyShouldBe) {
  auto file = machine_.Open(device_);
  EXPECT_EQ(machine_.SetPowerState(device_, 3), STATUS_SUCCESS);
  EXPECT_EQ(card_->ReadRegister(CARD_CONTROL, 4), 0u);
  EXPECT_EQ(machine_.SetPowerState(device_, 0), STATUS_SUCCESS);
  uint32_t value = 0;
  EXPECT_EQ(Ask(file, IOCTL_CARD_CONVERT, 5, &value).status, STATUS_SUCCESS);
  EXPECT_EQ(value, 50u);
}

TEST_P(Registers, PulledOutDuringAConversion) {
  card_->broken = true;
  auto file = machine_.Open(device_);
  uint32_t channel = 3, value = 0;
  auto pending = file.StartIoctl(IOCTL_CARD_CONVERT, &channel, sizeof channel, &value, sizeof value);
  EXPECT_EQ(machine_.SurpriseRemove(device_), STATUS_SUCCESS);
  EXPECT_FALSE(pending.Wait().ok());
  file.Close();
}

TEST_P(Registers, AnotherCardIsRefused) {
  auto other = drydock::MakeRegisters({.read = [](uint64_t, unsigned) { return 0xBADu; }});
  auto device = machine_.AddDevice({.function = driver_, .resources = {Resource::Memory(CARD_LENGTH, other)}});
  EXPECT_FALSE(device.started());
}

INSTANTIATE_TEST_SUITE_P(BothExecutors, Registers, testing::Values(ExecutorKind::Simulated, ExecutorKind::Live),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "live" : "simulated"; });

}  // namespace
