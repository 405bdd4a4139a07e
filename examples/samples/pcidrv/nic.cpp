// The board of general/pcidrv for `model = "pcidrv/nic.so"`: an Intel 82559 Ethernet controller without a cable. Its configuration space, its EEPROM (the station's
// address) behind the ports, and its registers in memory, which the driver reaches by plain pointers: the board looks at them every 100 microseconds, and does what
// stands there (self-test, resets, command blocks, counters, the transceiver). Its interrupt is an edge, since it sees too late that a level is to end.
// Narrowed: the driver's search for a link, which comes seconds after the start, waits for registers at DISPATCH_LEVEL, where this board does not get to look at
// them; so frames do not go out.
//
//   c++ -std=c++20 -fPIC -shared -I INCLUDE nic.cpp -o out/pcidrv/nic.so
#include <drydock/module.h>

#include <chrono>
#include <cstring>
#include <mutex>
#include <vector>

namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 100us;
// Registers in memory
constexpr size_t kStatus = 0, kCommand = 2, kMask = 3, kPointer = 4, kPort = 8, kMdi = 16;
constexpr uint64_t kEepromPort = 14;
// Status: interrupts, command unit, receive unit
constexpr uint16_t kCommandIdle = 1u << 13, kReceiveIdle = 1u << 12, kInterrupts = 0xFF00;
constexpr uint16_t kSuspended = 1u << 6, kCommandUnit = 3u << 6, kReady = 1u << 4, kReceiveUnit = 0xFu << 2, kMark = 1;  // kMark: reserved
// Command blocks and frame descriptors
constexpr uint16_t kEnd = 1u << 15, kSuspend = 1u << 14, kGood = 0xA000;
// EEPROM: one wire in, one out, a clock
constexpr uint16_t kOut = 8, kIn = 4, kSelect = 2, kClock = 1;
constexpr unsigned kAddressBits = 6;
constexpr uint32_t kMdiRead = 2, kMdiReady = 1u << 28;

class Nic : public drydock::DeviceModule, public drydock::RegisterFile, public std::enable_shared_from_this<Nic> {
 public:
  explicit Nic(const drydock::ModuleSetup& setup)
      : machine_(setup.machine), memory_(setup.machine.dma()), upper_(static_cast<uint64_t>(setup.Number("upper", 0)) << 32),
        line_(static_cast<uint32_t>(setup.Number("line", 11))) {}

  std::optional<drydock::PciDevice> Pci() override {
    return drydock::PciDevice{.vendor = 0x8086, .device = 0x1229, .subsystem_vendor = 0x8086, .subsystem = 0x000C, .revision = 8, .class_code = 0x020000};
  }

  std::vector<drydock::Resource> Resources() override {
    using drydock::Resource;
    if (!looking_) Look();
    looking_ = true;
    return {Resource::Memory(registers_), Resource::Port(0x40, shared_from_this()), Resource::Line(pin_, {.level_sensitive = false, .line = line_})};
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

  void Look() {
    machine_.After(kLook, [self = shared_from_this()] {
      self->Work();
      self->Look();
    });
  }

  template <class Number>
  Number Get(size_t at) const {
    return __atomic_load_n(reinterpret_cast<const Number*>(static_cast<const char*>(registers_->data()) + at), __ATOMIC_SEQ_CST);
  }
  template <class Number>
  void Put(size_t at, Number value) {
    __atomic_store_n(reinterpret_cast<Number*>(static_cast<char*>(registers_->data()) + at), value, __ATOMIC_SEQ_CST);
  }

  void Work() {
    bool interrupt = false;
    {
      std::lock_guard guard(lock_);
      Acknowledge(Get<uint16_t>(kStatus));
      if (const auto port = Get<uint32_t>(kPort)) {
        Reset();
        if ((port & 0xF) == 1) WriteNumbers(port & ~0xFu, {0x1229, 0});  // the self-test's signature, and no error
        Put<uint32_t>(kPort, 0);
      }
      if (const auto mdi = Get<uint32_t>(kMdi); mdi != 0 && !(mdi & kMdiReady))
        Put<uint32_t>(kMdi, (mdi & 0x0FFF0000) | kMdiReady | ((mdi >> 26 & 3) == kMdiRead ? Phy(mdi >> 21 & 31, mdi >> 16 & 31) : mdi & 0xFFFF));
      if (const auto command = Get<uint8_t>(kCommand)) {
        const auto pointer = Get<uint32_t>(kPointer);
        Receive(command & 7);
        Execute(command >> 4 & 7, pointer);
        Put<uint8_t>(kCommand, 0);
      }
      for (;;) {
        auto there = shown_;
        const auto wanted = static_cast<uint16_t>(status_ | kMark);
        if (__atomic_compare_exchange_n(static_cast<uint16_t*>(registers_->data()), &there, wanted, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
          shown_ = wanted;
          break;
        }
        Acknowledge(there);
      }
      if (Get<uint8_t>(kMask) & 1) told_ = 0;
      else interrupt = (status_ & kInterrupts & ~told_) != 0, told_ = status_ & kInterrupts;
    }
    if (interrupt) pin_.Raise();
  }

  // Whoever writes the status takes back the interrupts that it names. No write leaves the mark there.
  void Acknowledge(uint16_t status) {
    if (status == shown_) return;
    status_ &= static_cast<uint16_t>(~(status & kInterrupts));
    told_ &= static_cast<uint16_t>(~(status & kInterrupts));
    shown_ = status;
  }

  void Reset() {
    status_ = 0;
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
    if (command == 1) SetUnit(kReceiveUnit, kReady);
    if (command == 4) SetUnit(kReceiveUnit, 0), status_ |= kReceiveIdle;
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
      const uint16_t good = kGood;
      memory_.Write(upper_ | at, &good, sizeof good);
      next_ = at = block.link;
      if (block.command & (kEnd | kSuspend)) {
        SetUnit(kCommandUnit, block.command & kSuspend ? kSuspended : 0);
        status_ |= kCommandIdle;
        return;
      }
    }
  }

  void SetUnit(uint16_t which, uint16_t state) { status_ = static_cast<uint16_t>((status_ & ~which) | state); }

  drydock::Machine& machine_;
  const drydock::DmaSpace memory_;
  const uint64_t upper_;
  const uint32_t line_;
  const std::shared_ptr<drydock::DeviceMemory> registers_ = drydock::MakeDeviceMemory(0x1000);
  drydock::InterruptPin pin_;
  bool looking_ = false;
  std::mutex lock_;
  uint16_t status_ = 0, shown_ = 0, told_ = 0;
  uint16_t eeprom_ = kOut;
  unsigned bits_ = 0, shifted_ = 0;
  uint32_t next_ = 0, counters_ = 0;
};

}  // namespace

DRYDOCK_DEVICE_MODULE(Nic)
