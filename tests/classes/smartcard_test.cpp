// The smart-card library between an application, a reader driver and a card.
#include <drydock/testing.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <winsmcrd.h>

#include <cstring>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "card_reader.h"

namespace {

using drydock::ExecutorKind;
using drydock::IoResult;
using drydock::Machine;
using Bytes = std::vector<uint8_t>;
using namespace std::chrono_literals;

// A card that answers a command with its data turned round, and 90 00; T=0 or T=1 as its answer to reset says.
class Card {
 public:
  Bytes atr{0x3B, 0x02, 'D', 'D'};  // T=0
  bool t1 = false;
  bool crc = false;
  uint8_t ifsc = 32, ifsd = 32;     // what the reader may send at once; what the card may
  int spoil = 0;                    // so many answers have a wrong sum
  int extend = 0;                   // so many requests for more time come first
  Bytes seen;                       // the last command
  int blocks = 0, resynchronized = 0;

  void Reset() { expected_ = own_ = 0, command_.clear(), answer_.clear(), last_.clear(); }

  Bytes Run(const Bytes& data) {
    ++blocks;
    return t1 ? Spoiled(RunBlock(data)) : Execute(data);
  }

 private:
  Bytes Execute(const Bytes& command) {
    seen = command;
    Bytes answer;
    if (command.size() > 5) answer.assign(command.rbegin(), command.rend() - 5);
    else if (command.size() == 5) answer.assign(command[4], 0xA5);
    answer.push_back(0x90);
    answer.push_back(0x00);
    return answer;
  }

  Bytes Block(uint8_t pcb, const Bytes& data = {}) {
    Bytes block{0, pcb, static_cast<uint8_t>(data.size())};
    block.insert(block.end(), data.begin(), data.end());
    Bytes sum = Sum(block);
    block.insert(block.end(), sum.begin(), sum.end());
    return last_ = block;
  }
  Bytes Sum(const Bytes& block) const {
    if (crc) {
      uint16_t value = 0xFFFF;
      for (uint8_t byte : block)
        for (int bit = 0; bit < 8; ++bit) {
          const bool low = ((value ^ (byte >> bit)) & 1) != 0;
          value = static_cast<uint16_t>(low ? (value >> 1) ^ 0x8408 : value >> 1);
        }
      return {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
    }
    uint8_t value = 0;
    for (uint8_t byte : block) value ^= byte;
    return {value};
  }
  Bytes Spoiled(Bytes block) {
    if (spoil > 0 && !block.empty()) --spoil, block.back() ^= 0xFF;
    return block;
  }
  Bytes Give() {
    const size_t chunk = std::min<size_t>(answer_.size(), ifsd);
    Bytes part(answer_.begin(), answer_.begin() + static_cast<ptrdiff_t>(chunk));
    answer_.erase(answer_.begin(), answer_.begin() + static_cast<ptrdiff_t>(chunk));
    const uint8_t pcb = static_cast<uint8_t>(own_ << 6 | (answer_.empty() ? 0 : 0x20));
    own_ ^= 1;
    return Block(pcb, part);
  }

  Bytes RunBlock(const Bytes& block) {
    const size_t sum_size = crc ? 2 : 1;
    if (block.size() < 3 + sum_size || block.size() != 3u + block[2] + sum_size) return Block(static_cast<uint8_t>(0x82 | expected_ << 4));
    if (Sum(Bytes(block.begin(), block.end() - static_cast<ptrdiff_t>(sum_size))) != Bytes(block.end() - static_cast<ptrdiff_t>(sum_size), block.end()))
      return Block(static_cast<uint8_t>(0x81 | expected_ << 4));
    const uint8_t pcb = block[1];
    const Bytes data(block.begin() + 3, block.begin() + 3 + block[2]);
    if (pcb == 0xC1) {
      ifsd = data[0];
      return Block(0xE1, data);
    }
    if (pcb == 0xC0) {
      ++resynchronized;
      Reset();
      return Block(0xE0);
    }
    if (pcb == 0xE3) return Extend();
    if (pcb & 0x80) {                                  // R-block
      if (((pcb >> 4) & 1) == own_ && !answer_.empty()) return Give();
      return last_;                                    // again
    }
    if (((pcb >> 6) & 1) != expected_) return Block(static_cast<uint8_t>(0x82 | expected_ << 4));
    EXPECT_LE(data.size(), ifsc);
    command_.insert(command_.end(), data.begin(), data.end());
    expected_ ^= 1;
    if (pcb & 0x20) return Block(static_cast<uint8_t>(0x80 | expected_ << 4));
    return Extend();
  }
  Bytes Extend() {
    if (extend > 0) {
      --extend;
      return Block(0xC3, {4});
    }
    answer_ = Execute(command_);
    command_.clear();
    return Give();
  }

  uint8_t expected_ = 0, own_ = 0;
  Bytes command_, answer_, last_;
};

class Reader : public drydock::RegisterFile {
 public:
  drydock::InterruptPin pin;
  Card card;

  void Insert(bool in) {
    {
      std::lock_guard<std::mutex> guard(mutex_);
      in_ = in;
      changed_ = true;
    }
    pin.Raise();
  }

  uint64_t ReadRegister(uint64_t offset, unsigned) override {
    std::lock_guard<std::mutex> guard(mutex_);
    switch (offset) {
      case READER_STATUS: return (in_ ? READER_CARD_IN : 0u) | (changed_ ? READER_CHANGED : 0u);
      case READER_LENGTH: return std::min<size_t>(out_.size(), 255);
      case READER_DATA: {
        if (out_.empty()) return 0xFF;
        const uint8_t byte = out_.front();
        out_.pop_front();
        return byte;
      }
      default: return 0;
    }
  }
  void WriteRegister(uint64_t offset, unsigned, uint64_t value) override {
    bool quiet = false;
    {
      std::lock_guard<std::mutex> guard(mutex_);
      if (offset == READER_STATUS && (value & READER_CHANGED)) changed_ = false, quiet = true;
      if (offset == READER_DATA) to_card_.push_back(static_cast<uint8_t>(value));
      if (offset == READER_COMMAND) {
        Bytes out;
        if (value == READER_POWER_UP && in_) card.Reset(), out = card.atr;
        if (value == READER_RUN && in_) out = card.Run(to_card_);
        to_card_.clear();
        out_.assign(out.begin(), out.end());
      }
    }
    if (quiet) pin.Lower();
  }

 private:
  std::mutex mutex_;
  bool in_ = false, changed_ = false;
  Bytes to_card_;
  std::deque<uint8_t> out_;
};

class SmartCard : public testing::TestWithParam<ExecutorKind> {
 protected:
  SmartCard() : machine({.executor = GetParam(), .verifier = true}) {
    device = machine.AddDevice({.function = machine.AddDriver(DRYDOCK_IMAGE(card_reader)),
                                .resources = {drydock::Resource::Port(4, reader), drydock::Resource::Line(reader->pin)}});
    file = machine.Open(device);
  }
  void TearDown() override {
    file.Close();
    machine.RunUntilIdle();  // who completed the last request has let go of the file
    EXPECT_EQ(machine.RemoveDevice(device), STATUS_SUCCESS);
    EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
  }

  void Insert() {
    reader->Insert(true);
    EXPECT_EQ(file.Ioctl(IOCTL_SMARTCARD_IS_PRESENT, nullptr, 0, nullptr, 0, {.timeout = 5s}).status, STATUS_SUCCESS);
  }
  IoResult Power(uint32_t how, Bytes* atr = nullptr) {
    Bytes buffer(64);
    IoResult result = file.Ioctl(IOCTL_SMARTCARD_POWER, &how, sizeof how, buffer.data(), buffer.size(), {.timeout = 5s});
    buffer.resize(result.information);
    if (atr) *atr = buffer;
    return result;
  }
  uint32_t Choose(uint32_t mask) {
    uint32_t chosen = 0;
    EXPECT_EQ(file.Ioctl(IOCTL_SMARTCARD_SET_PROTOCOL, &mask, sizeof mask, &chosen, sizeof chosen).status, STATUS_SUCCESS);
    return chosen;
  }
  drydock::Status Transmit(uint32_t protocol, const Bytes& command, Bytes* answer, size_t room = 600) {
    SCARD_IO_REQUEST header{protocol, sizeof(SCARD_IO_REQUEST)};
    Bytes input(sizeof header), output(room);
    std::memcpy(input.data(), &header, sizeof header);
    input.insert(input.end(), command.begin(), command.end());
    IoResult result = file.Ioctl(IOCTL_SMARTCARD_TRANSMIT, input.data(), input.size(), output.data(), output.size(), {.timeout = 5s});
    if (result.ok()) {
      EXPECT_EQ(std::memcmp(output.data(), &header, sizeof header), 0);
      answer->assign(output.begin() + sizeof header, output.begin() + static_cast<ptrdiff_t>(result.information));
    }
    return result.status;
  }
  uint32_t State() {
    uint32_t state = 99;
    EXPECT_EQ(file.Ioctl(IOCTL_SMARTCARD_GET_STATE, nullptr, 0, &state, sizeof state).status, STATUS_SUCCESS);
    return state;
  }
  std::string Attribute(uint32_t tag, drydock::Status expected = STATUS_SUCCESS) {
    char buffer[64];
    IoResult result = file.Ioctl(IOCTL_SMARTCARD_GET_ATTRIBUTE, &tag, sizeof tag, buffer, sizeof buffer);
    EXPECT_EQ(result.status, expected);
    return result.ok() ? std::string(buffer, result.information) : "";
  }
  uint32_t Number(uint32_t tag) {
    const std::string text = Attribute(tag);
    uint32_t value = 0;
    std::memcpy(&value, text.data(), std::min(text.size(), sizeof value));
    return value;
  }
  // TS, T1 indicated, T1's field size, BWI and CWI, the sum's kind; then TCK.
  void MakeT1(uint8_t ifsc, bool crc = false) {
    Card& card = reader->card;
    card.t1 = true;
    card.crc = crc;
    card.ifsc = ifsc;
    card.atr = crc ? Bytes{0x3B, 0x80, 0x81, 0x71, ifsc, 0x45, 0x01} : Bytes{0x3B, 0x80, 0x81, 0x31, ifsc, 0x45};
    uint8_t sum = 0;
    for (size_t i = 1; i < card.atr.size(); ++i) sum ^= card.atr[i];
    card.atr.push_back(sum);
  }

  std::shared_ptr<Reader> reader = std::make_shared<Reader>();
  Machine machine;
  drydock::Device device;
  drydock::File file;
};

TEST_P(SmartCard, ATrackingRequestWaitsForTheCard) {
  ASSERT_TRUE(device.started()) << machine.ReportText();
  EXPECT_EQ(State(), uint32_t{SCARD_ABSENT});
  EXPECT_EQ(file.Ioctl(IOCTL_SMARTCARD_IS_ABSENT, nullptr, 0).status, STATUS_SUCCESS) << "it is so already";
  auto present = file.StartIoctl(IOCTL_SMARTCARD_IS_PRESENT, nullptr, 0, nullptr, 0);
  machine.RunUntilIdle();
  EXPECT_FALSE(present.done());
  EXPECT_EQ(file.Ioctl(IOCTL_SMARTCARD_IS_PRESENT, nullptr, 0).status, STATUS_DEVICE_BUSY);
  reader->Insert(true);
  EXPECT_EQ(present.Wait(5s).status, STATUS_SUCCESS);
  EXPECT_EQ(State(), uint32_t{SCARD_PRESENT});
  auto absent = file.StartIoctl(IOCTL_SMARTCARD_IS_ABSENT, nullptr, 0, nullptr, 0);
  machine.RunUntilIdle();
  EXPECT_TRUE(absent.Cancel());
  EXPECT_EQ(absent.Wait(5s).status, STATUS_CANCELLED);
  absent = file.StartIoctl(IOCTL_SMARTCARD_IS_ABSENT, nullptr, 0, nullptr, 0);
  machine.RunUntilIdle();
  reader->Insert(false);
  EXPECT_EQ(absent.Wait(5s).status, STATUS_SUCCESS);
}

TEST_P(SmartCard, AResetGivesTheAtrAndWhatItSays) {
  EXPECT_EQ(Power(SCARD_COLD_RESET).status, STATUS_NO_MEDIA);
  Insert();
  Bytes atr;
  EXPECT_EQ(Power(SCARD_COLD_RESET, &atr).status, STATUS_SUCCESS);
  EXPECT_EQ(atr, reader->card.atr);
  EXPECT_EQ(State(), uint32_t{SCARD_NEGOTIABLE});
  EXPECT_EQ(Attribute(SCARD_ATTR_ATR_STRING), std::string(atr.begin(), atr.end()));
  EXPECT_EQ(Attribute(SCARD_ATTR_VENDOR_NAME), "Drydock");
  EXPECT_EQ(Number(SCARD_ATTR_PROTOCOL_TYPES), 3u);
  EXPECT_EQ(Number(SCARD_ATTR_CURRENT_F), 372u);
  EXPECT_EQ(Number(SCARD_ATTR_CURRENT_W), 10u);
  EXPECT_EQ(Number(SCARD_ATTR_VENDOR_IFD_VERSION), 0x02000000u);
  Attribute(SCARD_ATTR_ESC_RESET, STATUS_NOT_SUPPORTED);
  EXPECT_EQ(Power(7).status, STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Power(SCARD_POWER_DOWN).status, STATUS_SUCCESS);
  EXPECT_EQ(State(), uint32_t{SCARD_PRESENT});
  reader->card.atr = {0x12, 0x00};
  EXPECT_EQ(Power(SCARD_COLD_RESET).status, STATUS_UNRECOGNIZED_MEDIA);
  reader->card.atr = {0x3B, 0x80, 0x01, 0x00};  // T=1 with a wrong sum
  EXPECT_EQ(Power(SCARD_COLD_RESET).status, STATUS_UNRECOGNIZED_MEDIA);
  // The inverse convention as a reader with the direct one sees it.
  reader->card.atr = {0x03, 0xFF};
  EXPECT_EQ(Power(SCARD_COLD_RESET, &atr).status, STATUS_SUCCESS);
  EXPECT_EQ(atr, (Bytes{0x3F, 0x00}));
}

TEST_P(SmartCard, T0CarriesACommandAndItsStatus) {
  Insert();
  uint32_t mask = SCARD_PROTOCOL_T0;
  EXPECT_EQ(file.Ioctl(IOCTL_SMARTCARD_SET_PROTOCOL, &mask, sizeof mask, &mask, sizeof mask).status, STATUS_INVALID_DEVICE_STATE) << "not reset";
  Power(SCARD_COLD_RESET);
  Bytes answer;
  EXPECT_EQ(Transmit(SCARD_PROTOCOL_T0, {0, 0xA4, 0, 0}, &answer), STATUS_INVALID_DEVICE_STATE) << "no protocol yet";
  EXPECT_EQ(Choose(SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1), uint32_t{SCARD_PROTOCOL_T0});
  EXPECT_EQ(State(), uint32_t{SCARD_SPECIFIC});
  EXPECT_EQ(Transmit(SCARD_PROTOCOL_T0, {0, 0xA4, 4, 0, 3, 1, 2, 3}, &answer), STATUS_SUCCESS);
  EXPECT_EQ(answer, (Bytes{3, 2, 1, 0x90, 0x00}));
  EXPECT_EQ(Transmit(SCARD_PROTOCOL_T0, {0, 0xB0, 0, 0, 4}, &answer), STATUS_SUCCESS);
  EXPECT_EQ(answer, (Bytes{0xA5, 0xA5, 0xA5, 0xA5, 0x90, 0x00}));
  EXPECT_EQ(Transmit(SCARD_PROTOCOL_T0, {0, 0xA4, 4, 0}, &answer), STATUS_SUCCESS);
  EXPECT_EQ(reader->card.seen, (Bytes{0, 0xA4, 4, 0, 0})) << "P3 is there";
  EXPECT_EQ(Transmit(SCARD_PROTOCOL_T0, {0, 0xA4, 4, 0, 9, 1}, &answer), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Transmit(SCARD_PROTOCOL_T1, {0, 0xA4, 4, 0}, &answer), STATUS_INVALID_DEVICE_STATE);
  EXPECT_EQ(Transmit(SCARD_PROTOCOL_T0, {0, 0xB0, 0, 0, 9}, &answer, 12), STATUS_BUFFER_TOO_SMALL);
}

TEST_P(SmartCard, T1ChainsWhatIsLongerThanAField) {
  MakeT1(16);
  Insert();
  ASSERT_EQ(Power(SCARD_COLD_RESET).status, STATUS_SUCCESS);
  EXPECT_EQ(Number(SCARD_ATTR_CURRENT_IFSC), 16u);
  EXPECT_EQ(Choose(SCARD_PROTOCOL_T1), uint32_t{SCARD_PROTOCOL_T1});
  Bytes command{0, 0xDA, 0, 0, 200}, answer;
  for (int i = 0; i < 200; ++i) command.push_back(static_cast<uint8_t>(i));
  ASSERT_EQ(Transmit(SCARD_PROTOCOL_T1, command, &answer), STATUS_SUCCESS);
  EXPECT_EQ(reader->card.seen, command);
  Bytes expected(command.rbegin(), command.rend() - 5);
  expected.push_back(0x90);
  expected.push_back(0);
  EXPECT_EQ(answer, expected);
  EXPECT_EQ(reader->card.ifsd, 64) << "the reader said once how much it takes";
  EXPECT_EQ(reader->card.blocks, 1 + 13 + 3);
  ASSERT_EQ(Transmit(SCARD_PROTOCOL_T1, {0, 0xB0, 0, 0, 1}, &answer), STATUS_SUCCESS);
  EXPECT_EQ(answer, (Bytes{0xA5, 0x90, 0x00}));
}

TEST_P(SmartCard, T1AsksAgainForWhatWasSpoiled) {
  for (bool crc : {false, true}) {
    MakeT1(32, crc);
    if (State() == SCARD_ABSENT) Insert();
    ASSERT_EQ(Power(SCARD_COLD_RESET).status, STATUS_SUCCESS);
    Choose(SCARD_PROTOCOL_T1);
    Bytes answer;
    ASSERT_EQ(Transmit(SCARD_PROTOCOL_T1, {0, 0xB0, 0, 0, 1}, &answer), STATUS_SUCCESS) << crc;
    reader->card.spoil = 2;
    reader->card.extend = 3;
    ASSERT_EQ(Transmit(SCARD_PROTOCOL_T1, {0, 0xB0, 0, 0, 2}, &answer), STATUS_SUCCESS) << crc;
    EXPECT_EQ(answer, (Bytes{0xA5, 0xA5, 0x90, 0x00}));
    EXPECT_EQ(reader->card.resynchronized, 0);
    reader->card.spoil = 4;
    ASSERT_EQ(Transmit(SCARD_PROTOCOL_T1, {0, 0xB0, 0, 0, 3}, &answer), STATUS_SUCCESS) << "after both were set back";
    EXPECT_EQ(answer.size(), 5u);
    EXPECT_EQ(reader->card.resynchronized, 1);
    reader->card.spoil = 1000;
    EXPECT_EQ(Transmit(SCARD_PROTOCOL_T1, {0, 0xB0, 0, 0, 3}, &answer), STATUS_DEVICE_PROTOCOL_ERROR);
    reader->card.spoil = reader->card.resynchronized = 0;
  }
}

TEST_P(SmartCard, RawPassesBytes) {
  Insert();
  Power(SCARD_COLD_RESET);
  EXPECT_EQ(Choose(SCARD_PROTOCOL_RAW), uint32_t{SCARD_PROTOCOL_RAW});
  Bytes answer;
  EXPECT_EQ(Transmit(SCARD_PROTOCOL_RAW, {1, 2, 3}, &answer), STATUS_SUCCESS);
  EXPECT_EQ(reader->card.seen, (Bytes{1, 2, 3}));
  EXPECT_EQ(answer, (Bytes{0x90, 0x00}));
}

TEST_P(SmartCard, WhatTheReaderCannotDoIsNotSupported) {
  EXPECT_EQ(file.Ioctl(IOCTL_SMARTCARD_SWALLOW, nullptr, 0).status, STATUS_NOT_SUPPORTED);
  EXPECT_EQ(file.Ioctl(IOCTL_SMARTCARD_EJECT, nullptr, 0).status, STATUS_NO_MEDIA);
  EXPECT_EQ(file.Ioctl(SCARD_CTL_CODE(3000), nullptr, 0).status, STATUS_NOT_SUPPORTED) << "no vendor function";
  uint32_t last = 0;
  EXPECT_EQ(file.Ioctl(IOCTL_SMARTCARD_GET_LAST_ERROR, nullptr, 0, &last, sizeof last).status, STATUS_SUCCESS);
  EXPECT_EQ(last, static_cast<uint32_t>(STATUS_NOT_SUPPORTED));
}

INSTANTIATE_TEST_SUITE_P(Both, SmartCard, testing::Values(ExecutorKind::Simulated, ExecutorKind::Live),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "live" : "simulated"; });

}  // namespace
