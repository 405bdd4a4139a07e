// The board of general/pcidrv for `model = "pcidrv/nic.so"`: an Intel 82559 Ethernet controller, and a plug in its socket that gives back what is sent. Its
// configuration space, its EEPROM (the station's address) behind the ports, and its registers in memory, which the driver reaches by plain pointers: the self-test,
// resets, command blocks, frames both ways, counters, the transceiver.
// Narrowed: everything is done at once, in the write that asks for it; addresses are not filtered; frames do not wait for room.
//
//   c++ -std=c++20 -fPIC -shared -I INCLUDE nic.cpp -o out/pcidrv/nic.so
#include <drydock/module.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <vector>

namespace {

// Registers in memory
constexpr uint64_t kStatus = 0, kCommand = 2, kMask = 3, kPointer = 4, kPort = 8, kMdi = 16, kRegisters = 24;
constexpr uint64_t kEepromPort = 14;
// Status: interrupts, command unit, receive unit
constexpr uint16_t kFinished = 1u << 15, kFrame = 1u << 14, kCommandIdle = 1u << 13, kReceiveIdle = 1u << 12, kInterrupts = 0xFF00;
constexpr uint16_t kSuspended = 1u << 6, kCommandUnit = 3u << 6, kReady = 1u << 4, kNoRoom = 1u << 3, kReceiveUnit = 0xFu << 2;
// Command blocks and frame descriptors
constexpr uint16_t kEnd = 1u << 15, kSuspend = 1u << 14, kInterrupt = 1u << 13, kTransmit = 4, kGood = 0xA000, kWholeFrame = 0xC000;
// EEPROM: one wire in, one out, a clock
constexpr uint16_t kOut = 8, kIn = 4, kSelect = 2, kClock = 1;
constexpr unsigned kAddressBits = 6;
constexpr uint32_t kMdiRead = 2, kMdiReady = 1u << 28;

class Nic : public drydock::DeviceModule, public drydock::RegisterFile, public std::enable_shared_from_this<Nic> {
 public:
  explicit Nic(const drydock::ModuleSetup& setup)
      : memory_(setup.machine.dma()), upper_(static_cast<uint64_t>(setup.Number("upper", 0)) << 32),
        line_(static_cast<uint32_t>(setup.Number("line", 11))) {}

  std::optional<drydock::PciDevice> Pci() override {
    return drydock::PciDevice{.vendor = 0x8086, .device = 0x1229, .subsystem_vendor = 0x8086, .subsystem = 0x000C, .revision = 8, .class_code = 0x020000};
  }

  std::vector<drydock::Resource> Resources() override {
    using drydock::Resource;
    auto registers = drydock::MakeRegisters({.read = [self = shared_from_this()](uint64_t offset, unsigned bytes) { return self->Read(offset, bytes); },
                                             .write = [self = shared_from_this()](uint64_t offset, unsigned bytes, uint64_t value) {
                                               self->Write(offset, bytes, value);
                                             }});
    return {Resource::Memory(0x1000, registers), Resource::Port(0x40, shared_from_this()), Resource::Line(pin_, {.line = line_})};
  }

  // The ports: only the EEPROM's is used.
  uint64_t ReadRegister(uint64_t offset, unsigned) override {
    std::lock_guard guard(lock_);
    return offset == kEepromPort ? eeprom_ : 0;
  }

  void WriteRegister(uint64_t offset, unsigned, uint64_t value) override {
    if (offset != kEepromPort) return;
    std::lock_guard guard(lock_);
    const bool rises = !(eeprom_ & kClock) && value & kClock;
    const bool selected = eeprom_ & kSelect && value & kSelect;
    bool out = eeprom_ & kOut;
    if (!selected) bits_ = shifted_ = 0, out = true;
    if (selected && rises) {
      // Start bit and opcode, the address, then the word; the address's last bit brings a zero first.
      ++bits_;
      if (bits_ <= 3 + kAddressBits) shifted_ = shifted_ << 1 | ((value & kIn) != 0);
      if (bits_ == 3 + kAddressBits) out = false;
      if (bits_ > 3 + kAddressBits) out = Word(shifted_ & 0x3F) >> (15 - (bits_ - 4 - kAddressBits) % 16) & 1;
    }
    eeprom_ = static_cast<uint16_t>((value & ~uint64_t{kOut}) | (out ? kOut : 0));
  }

 private:
  static uint16_t Word(unsigned at) {
    constexpr uint16_t kStation[] = {0x0200, 0x4452, 0x5944};  // 00:02:52:44:44:59
    return at < 3 ? kStation[at] : 0;
  }

  uint64_t Read(uint64_t offset, unsigned bytes) {
    std::lock_guard guard(lock_);
    if (offset >= kRegisters) return 0;
    uint64_t value = 0;
    std::memcpy(&value, reinterpret_cast<const char*>(&registers_) + offset, std::min<uint64_t>(bytes, kRegisters - offset));
    return value;
  }

  void Write(uint64_t offset, unsigned bytes, uint64_t value) {
    bool interrupt;
    {
      std::lock_guard guard(lock_);
      const auto covers = [&](uint64_t at) { return offset <= at && at < offset + bytes; };
      const auto byte = [&](uint64_t at) { return static_cast<uint8_t>(value >> 8 * (at - offset)); };
      auto* bytes_of = reinterpret_cast<uint8_t*>(&registers_);
      for (uint64_t at = std::max<uint64_t>(offset, kMask); at < std::min<uint64_t>(offset + bytes, kRegisters); ++at) bytes_of[at] = byte(at);
      // Whoever writes the status takes back the interrupts that it names.
      if (covers(kStatus + 1)) registers_.status &= static_cast<uint16_t>(~(byte(kStatus + 1) << 8));
      if (covers(kCommand)) {
        Receive(byte(kCommand) & 7);
        Execute(byte(kCommand) >> 4 & 7, registers_.pointer);
      }
      if (covers(kPort)) {
        Reset();
        if ((registers_.port & 0xF) == 1) WriteNumbers(registers_.port & ~0xFu, {0x1229, 0});  // the self-test's signature, and no error
        registers_.port = 0;
      }
      if (uint32_t& mdi = registers_.mdi; covers(kMdi + 3))
        mdi = (mdi & 0x0FFF0000) | kMdiReady | ((mdi >> 26 & 3) == kMdiRead ? Phy(mdi >> 21 & 31, mdi >> 16 & 31) : mdi & 0xFFFF);
      interrupt = (registers_.status & kInterrupts) != 0 && !(registers_.mask & 1);
    }
    interrupt ? pin_.Raise() : pin_.Lower();
  }

  void Reset() {
    registers_.status = 0;
    next_ = 0;
  }

  // The transceiver at address 1: linked, 100 MBit/s, both ways at once.
  static uint32_t Phy(unsigned address, unsigned number) {
    constexpr uint16_t kRegisters[] = {0x3100, 0x782D, 0x02A8, 0x0154, 0x05E1, 0x45E1, 0x0001};
    if (address != 1) return 0;
    return number < std::size(kRegisters) ? kRegisters[number] : number == 16 ? 3 : 0;
  }

  template <class Value>
  Value Fetch(uint32_t address) const {
    Value value{};
    memory_.Read(upper_ | address, &value, sizeof value);
    return value;
  }
  void WriteNumbers(uint32_t address, const std::vector<uint32_t>& numbers) { memory_.Write(upper_ | address, numbers.data(), numbers.size() * 4); }

  void Receive(unsigned command) {
    if (command == 1) SetUnit(kReceiveUnit, kReady), frame_ = registers_.pointer;
    if (command == 4) SetUnit(kReceiveUnit, 0), registers_.status |= kReceiveIdle;
  }

  void Execute(unsigned command, uint32_t pointer) {
    if (command == 1) Run(pointer);
    if (command == 2) Run(next_);
    if (command == 4) counters_ = pointer;
    if (command == 5 || command == 7) {
      std::vector<uint32_t> numbers(17);
      numbers[16] = command == 7 ? 0xA007 : 0xA005;
      WriteNumbers(counters_, numbers);
    }
  }

  struct Block {
    uint16_t status, command;
    uint32_t link;
  };

  void Run(uint32_t at) {
    for (int steps = 0; steps < 1000; ++steps) {
      const auto block = Fetch<Block>(at);
      const std::vector<uint8_t> frame = (block.command & 7) == kTransmit ? Gather(at) : std::vector<uint8_t>();
      WriteStatus(at);
      if (!frame.empty()) Deliver(frame);
      next_ = at = block.link;
      if (block.command & kInterrupt) registers_.status |= kFinished;
      if (block.command & (kEnd | kSuspend)) {
        SetUnit(kCommandUnit, block.command & kSuspend ? kSuspended : 0);
        registers_.status |= kCommandIdle;
        return;
      }
    }
  }

  // What a transmit block's descriptors name.
  std::vector<uint8_t> Gather(uint32_t at) const {
    struct Transmit {
      Block block;
      uint32_t descriptors;
      uint16_t count;
      uint8_t threshold, number;
    };
    struct Descriptor {
      uint32_t address, count;
    };
    const auto transmit = Fetch<Transmit>(at);
    std::vector<uint8_t> frame;
    for (uint32_t i = 0; i < transmit.number; ++i) {
      const auto part = Fetch<Descriptor>(transmit.descriptors + i * static_cast<uint32_t>(sizeof(Descriptor)));
      const size_t before = frame.size();
      frame.resize(before + (part.count & 0x3FFF));
      memory_.Read(upper_ | part.address, frame.data() + before, frame.size() - before);
    }
    return frame;
  }

  // The plug: the frame comes back.
  void Deliver(const std::vector<uint8_t>& frame) {
    struct Receive {
      Block block;
      uint32_t unused;
      uint16_t count, size;
    };
    if ((registers_.status & kReceiveUnit) != kReady) return;
    const auto receive = Fetch<Receive>(frame_);
    const auto length = std::min<uint16_t>(static_cast<uint16_t>(frame.size()), receive.size);
    memory_.Write(upper_ | (frame_ + static_cast<uint32_t>(sizeof receive)), frame.data(), length);
    const auto count = static_cast<uint16_t>(length | kWholeFrame);
    memory_.Write(upper_ | (frame_ + static_cast<uint32_t>(offsetof(Receive, count))), &count, sizeof count);
    WriteStatus(frame_);
    registers_.status |= kFrame;
    if (receive.block.command & (kEnd | kSuspend)) SetUnit(kReceiveUnit, kNoRoom);
    frame_ = receive.block.link;
  }

  void WriteStatus(uint32_t at) {
    const uint16_t good = kGood;
    memory_.Write(upper_ | at, &good, sizeof good);
  }

  void SetUnit(uint16_t which, uint16_t state) { registers_.status = static_cast<uint16_t>((registers_.status & ~which) | state); }

  const drydock::DmaSpace memory_;
  const uint64_t upper_;
  const uint32_t line_;
  drydock::InterruptPin pin_;
  std::mutex lock_;
  struct {
    uint16_t status;
    uint8_t command, mask;  // command: always accepted
    uint32_t pointer, port;
    uint16_t flash, eeprom;
    uint32_t mdi, received;
  } registers_ = {};
  static_assert(sizeof registers_ == kRegisters);
  uint16_t eeprom_ = kOut;
  unsigned bits_ = 0, shifted_ = 0;
  uint32_t next_ = 0, frame_ = 0, counters_ = 0;
};

}  // namespace

DRYDOCK_DEVICE_MODULE(Nic)
