// A driver that reaches its card's registers by plain pointers: polls, interrupts, widths, mistakes; compiled with and without optimisation, by clang and by gcc.
#include <drydock/testing.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <chrono>
#include <cstring>
#include <mutex>
#include <tuple>

#include "plain.h"

namespace {

using drydock::ExecutorKind;
using drydock::Machine;
using drydock::Resource;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

constexpr uint64_t kId = 0, kControl = 4, kStatus = 8, kValue = 12;

// A conversion takes a millisecond. What lies behind the value is memory.
class Card : public drydock::RegisterFile {
 public:
  explicit Card(Machine& machine) : machine_(machine) {
    Put(kId, PLAIN_ID_VALUE);
    Put(kValue, PLAIN_VALUE);
    data_[19] = 0xFF;  // Sign
  }
  drydock::InterruptPin pin;

  uint64_t ReadRegister(uint64_t offset, unsigned bytes) override {
    std::lock_guard<std::mutex> guard(mutex_);
    if (offset >= kValue) log_.push_back("r" + std::to_string(bytes) + "+" + std::to_string(offset));
    uint64_t value = 0;
    std::memcpy(&value, data_ + offset, bytes);
    return value;
  }
  void WriteRegister(uint64_t offset, unsigned bytes, uint64_t value) override {
    bool start = false;
    {
      std::lock_guard<std::mutex> guard(mutex_);
      if (offset >= kValue) log_.push_back("w" + std::to_string(bytes) + "+" + std::to_string(offset));
      if (offset == kStatus) {
        if (value & PLAIN_DONE) Put(kStatus, 0);
      } else if (offset == kControl) {
        start = (value & PLAIN_START) != 0;
        Put(kControl, static_cast<uint32_t>(value) & PLAIN_INTERRUPTS);
      } else {
        std::memcpy(data_ + offset, &value, bytes);
      }
    }
    Wire();
    if (start) machine_.After(1ms, [this] { Finish(); });
  }
  Lines Take() {
    std::lock_guard<std::mutex> guard(mutex_);
    return std::exchange(log_, {});
  }

 private:
  void Put(uint64_t offset, uint32_t value) { std::memcpy(data_ + offset, &value, sizeof value); }
  uint32_t Get(uint64_t offset) const {
    uint32_t value;
    std::memcpy(&value, data_ + offset, sizeof value);
    return value;
  }
  void Finish() {
    {
      std::lock_guard<std::mutex> guard(mutex_);
      Put(kStatus, PLAIN_DONE);
    }
    Wire();
  }
  void Wire() {
    bool asserted;
    {
      std::lock_guard<std::mutex> guard(mutex_);
      asserted = Get(kStatus) & PLAIN_DONE && Get(kControl) & PLAIN_INTERRUPTS;
    }
    asserted ? pin.Raise() : pin.Lower();
  }

  Machine& machine_;
  std::mutex mutex_;
  uint8_t data_[64] = {};
  Lines log_;
};

using Parameters = std::tuple<ExecutorKind, const char*>;

class PlainRegisters : public testing::TestWithParam<Parameters> {
 protected:
  PlainRegisters() : machine_({.executor = std::get<0>(GetParam())}), card_(std::make_shared<Card>(machine_)) {
    driver_ = machine_.AddDriver(std::get<1>(GetParam()));
    device_ = machine_.AddDevice({.function = driver_, .resources = {Resource::Memory(0x40, card_), Resource::Line(card_->pin)}});
    EXPECT_TRUE(device_.started()) << machine_.ReportText();
  }
  ~PlainRegisters() override {
    if (!mistake_) EXPECT_TRUE(machine_.reports().empty()) << machine_.ReportText();
  }
  uint32_t Ask(uint32_t code, uint32_t argument = 0) {
    auto file = machine_.Open(device_);
    card_->Take();
    uint32_t answer = 0;
    auto result = file.Ioctl(code, &argument, sizeof argument, &answer, sizeof answer);
    EXPECT_EQ(result.status, STATUS_SUCCESS);
    return answer;
  }
  // The report of the mistake that the driver then makes.
  std::string Mistake(uint32_t code) {
    mistake_ = true;
    {
      auto file = machine_.Open(device_);
      EXPECT_FALSE(file.Ioctl(code).ok());
    }
    return machine_.bug_check() ? machine_.bug_check()->ToString() : "no report";
  }

  Machine machine_;
  std::shared_ptr<Card> card_;
  drydock::Driver driver_;
  drydock::Device device_;
  bool mistake_ = false;
};

TEST_P(PlainRegisters, APollSeesTheCardFinish) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(IOCTL_PLAIN_POLL), static_cast<uint32_t>(PLAIN_VALUE));
}

TEST_P(PlainRegisters, APollAtDispatchLevelToo) { EXPECT_EQ(Ask(IOCTL_PLAIN_POLL_DISPATCH), static_cast<uint32_t>(PLAIN_VALUE)); }

TEST_P(PlainRegisters, AServiceRoutineReachesThem) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(IOCTL_PLAIN_INTERRUPT), static_cast<uint32_t>(PLAIN_VALUE));
}

TEST_P(PlainRegisters, EachAccessIsOneOfItsWidth) {
  EXPECT_EQ(Ask(IOCTL_PLAIN_WIDTHS), (0x1234u + 0x56u + 0xFFFFFFFFu + 0x55667788u) ^ 0x80000000u);
  EXPECT_EQ(card_->Take(), (Lines{"w2+16", "w1+18", "w8+24", "r2+16", "r1+18", "r1+19", "r8+24", "r1+18", "w1+18", "r2+16", "w2+16", "r1+18"}));
}

TEST_P(PlainRegisters, AnInterlockedAccessIsAReadAndAWrite) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "the sanitizer performs these in its own functions, under a lock";
#endif
#endif
  EXPECT_EQ(Ask(IOCTL_PLAIN_INTERLOCKED), uint32_t{PLAIN_VALUE} + 1);
  EXPECT_EQ(card_->Take(), (Lines{"r4+12", "w4+12"}));
}

TEST_P(PlainRegisters, AnInstructionThatCannotBePerformedIsReportedWithItsLine) {
  const std::string words = Mistake(IOCTL_PLAIN_REFUSED);
  EXPECT_NE(words.find("push"), std::string::npos) << words;
  EXPECT_NE(words.find("offset 0x18 of the registers"), std::string::npos) << words;
  EXPECT_NE(words.find("plain.c:"), std::string::npos) << words;
}

TEST_P(PlainRegisters, AnAccessAfterUnmappingIsReportedWithItsLine) {
  const std::string words = Mistake(IOCTL_PLAIN_UNMAPPED);
  EXPECT_NE(words.find("MmUnmapIoSpace"), std::string::npos) << words;
  EXPECT_NE(words.find("plain.c:"), std::string::npos) << words;
}

TEST_P(PlainRegisters, EachOfManyAccessesIsMade) {
  constexpr uint32_t kMany = 20000;
  EXPECT_EQ(Ask(IOCTL_PLAIN_MANY, kMany), static_cast<uint32_t>(kMany * uint32_t{PLAIN_VALUE}));
  EXPECT_EQ(card_->Take().size(), kMany);
}

const Parameters kAll[] = {
#define IMAGE(name) {ExecutorKind::Simulated, DRYDOCK_IMAGE(name)}, {ExecutorKind::Live, DRYDOCK_IMAGE(name)}
    IMAGE(plain), IMAGE(plain_o2),
#ifdef DRYDOCK_IMAGE_plain_gcc
    IMAGE(plain_gcc), IMAGE(plain_gcc_debug),
#endif
};
std::string NameOf(const testing::TestParamInfo<Parameters>& info) {
  const char* const kinds[] = {"clang", "clang_o2", "gcc", "gcc_debug"};
  return std::string(kinds[info.index / 2]) + (std::get<0>(info.param) == ExecutorKind::Live ? "_live" : "_simulated");
}
INSTANTIATE_TEST_SUITE_P(Drivers, PlainRegisters, testing::ValuesIn(kAll), &NameOf);

}  // namespace
