// The hardware of the smart card reader that smartcrd/pscr drives, for `model = "pscr/reader.so"`: four ports (data, command and status, size low,
// size high), an interrupt when a card comes or goes, the firmware's commands, and two kinds of cards: T=0 with an answer of historical bytes "DD", T=1.
// A card answers a command with its bytes in reverse order and 9000.
//
//   c++ -std=c++20 -fPIC -shared -I INCLUDE reader.cpp -o out/pscr/reader.so
//   tell reader insert t0 | insert t1 | remove
#include <drydock/module.h>

#include <deque>
#include <mutex>

namespace {

using Bytes = std::vector<uint8_t>;

class Reader : public drydock::DeviceModule, public drydock::RegisterFile, public std::enable_shared_from_this<Reader> {
 public:
  explicit Reader(const drydock::ModuleSetup& setup)
      : port_(static_cast<uint16_t>(setup.Number("at", 0x320))), line_(static_cast<uint32_t>(setup.Number("line", 9))) {}

  std::vector<drydock::Resource> Resources() override {
    return {drydock::Resource::Port(4, shared_from_this(), port_), drydock::Resource::Line(pin_, {.level_sensitive = false, .line = line_})};
  }

  std::string Tell(const std::vector<std::string>& words) override {
    const bool in = words[0] == "insert";
    if ((in ? words.size() != 2 || (words[1] != "t0" && words[1] != "t1") : words.size() != 1 || words[0] != "remove"))
      throw drydock::Error("a card: insert t0, insert t1, remove");
    bool raise;
    {
      std::lock_guard guard(lock_);
      card_ = in;
      powered_ = false;
      if (in) t1_ = words[1] == "t1";
      event_ = true;
      raise = TellEvent();
    }
    if (raise) pin_.Raise();
    return in ? "a card is in" : "no card is in";
  }

  uint64_t ReadRegister(uint64_t offset, unsigned) override {
    std::lock_guard guard(lock_);
    if (offset == kData) {
      if (out_.empty()) return 0;
      const uint8_t byte = out_.front();
      out_.pop_front();
      return byte;
    }
    if (offset == kCommand) return kFree | (out_.empty() ? 0 : kDataThere);
    return offset == kSizeLow ? out_.size() & 0xFF : out_.size() >> 8;
  }

  void WriteRegister(uint64_t offset, unsigned, uint64_t value) override {
    bool raise;
    {
      std::lock_guard guard(lock_);
      Write(offset, value);
      raise = value == 0 && TellEvent();
    }
    if (raise) pin_.Raise();
  }

 private:
  void Write(uint64_t offset, uint64_t value) {
    if (offset == kData && host_writes_) return in_.push_back(static_cast<uint8_t>(value));
    if (offset != kCommand) return;
    if (value & kReset) {
      out_.clear();
      in_.clear();
      reset_ = true;
    }
    if (value & kHostWrites) host_writes_ = true;
    if (value == kAskBufferSize) Give({0x10, 0x01});
    if (value == kStop) {
      in_.clear();
      host_writes_ = false;
    }
    if (value != 0) return;
    if (reset_) {
      reset_ = false;
      Bytes id{0x0F, 16};
      for (char c : std::string("SCM SwapSmart 2.")) id.push_back(static_cast<uint8_t>(c));
      Give(id);
    } else if (host_writes_ && !in_.empty()) {
      Take();
    }
    host_writes_ = false;
  }

  // That a card came or went is told when nothing else is being said.
  bool TellEvent() {
    if (!event_ || !out_.empty() || host_writes_) return false;
    event_ = false;
    Give(Block(kFromReader, 0, {0x30, 1, static_cast<uint8_t>(card_ ? 1 : 0), 0x90, 0x00}));
    return true;
  }

  enum Port : uint64_t { kData, kCommand, kSizeLow };
  enum Control : uint8_t { kHostWrites = 1, kStop = 2, kAskBufferSize = 4, kReset = 8 };
  enum State : uint8_t { kFree = 0x40, kDataThere = 0x80 };
  enum Address : uint8_t { kToReader = 0x12, kFromReader = 0x21, kFromCard = 0x20 };

  void Give(const Bytes& bytes) { out_.assign(bytes.begin(), bytes.end()); }

  // As T=1 has them: address, control byte, length, data, the exclusive or of all.
  static Bytes Block(uint8_t address, uint8_t control, const Bytes& data) {
    Bytes block{address, control, static_cast<uint8_t>(data.size())};
    block.insert(block.end(), data.begin(), data.end());
    uint8_t sum = 0;
    for (uint8_t byte : block) sum ^= byte;
    block.push_back(sum);
    return block;
  }

  Bytes AnswerToReset() const {
    if (!t1_) return {0x3B, 0x02, 'D', 'D'};
    Bytes answer{0x3B, 0x80, 0x81, 0x31, 0x20, 0x45};
    uint8_t sum = 0;
    for (size_t i = 1; i < answer.size(); ++i) sum ^= answer[i];
    answer.push_back(sum);
    return answer;
  }

  static Bytes Run(const Bytes& command) {
    Bytes answer(command.rbegin(), command.rend());
    answer.insert(answer.end(), {0x90, 0x00});
    return answer;
  }

  void Take() {
    const Bytes block = std::move(in_);
    in_.clear();
    if (block.size() < 4) return;
    const Bytes data(block.begin() + 3, block.end() - 1);
    if (block[0] == kToReader) return Give(Block(kFromReader, 0, Obey(data)));
    if (!t1_) return Give(Block(kFromCard, 0, Run(data)));
    const uint8_t control = block[1];
    if (control == 0xC1) return Give(Block(kFromCard, 0xE1, data));  // the size of an information field
    if (control & 0x80) return;
    chain_.insert(chain_.end(), data.begin(), data.end());
    expected_ ^= 1;
    if (control & 0x20) return Give(Block(kFromCard, static_cast<uint8_t>(0x80 | expected_ << 4), {}));  // more follows
    const Bytes answer = Run(chain_);
    chain_.clear();
    own_ ^= 1;
    Give(Block(kFromCard, static_cast<uint8_t>((own_ ^ 1) << 6), answer));
  }

  Bytes Obey(const Bytes& command) {
    Bytes answer{0x90, 0x00};
    if (command.size() < 2) return {0x67, 0x00};
    switch (command[1]) {
      case 0x10:
      case 0x1F:  // reset, of the reader or the card
        expected_ = own_ = 0;
        if (command.size() > 3 && command[2] == 1) {
          if (!card_) return {0x64, 0xA1};
          powered_ = true;
          answer = command[3] ? AnswerToReset() : Bytes();
          answer.insert(answer.end(), {0x90, 0x01});
        }
        return answer;
      case 0x14: powered_ = false; return answer;
      case 0xA4:
        if (command.size() >= 7) selected_ = static_cast<unsigned>(command[5] << 8 | command[6]);
        return answer;
      case 0xB0:
        if (selected_ == 0x0020) return {0x0F, 4, '2', '.', '5', '0', 0x08, 1, 7, 0x90, 0x00};
        return {0x21, 1, static_cast<uint8_t>(card_), 0x22, 1, static_cast<uint8_t>(t1_ ? 2 : 1), 0x90, 0x00};
      default: return answer;
    }
  }

  const uint16_t port_;
  const uint32_t line_;
  std::mutex lock_;
  drydock::InterruptPin pin_;
  std::deque<uint8_t> out_;
  Bytes in_, chain_;
  bool card_ = false, event_ = false, powered_ = false, t1_ = false, host_writes_ = false, reset_ = false;
  uint8_t expected_ = 0, own_ = 0;
  unsigned selected_ = 0;
};

}  // namespace

DRYDOCK_DEVICE_MODULE(Reader)
