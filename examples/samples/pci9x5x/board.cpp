// The board of general/PLX9x5x for `model = "pci9x5x/board.so"`: the registers of a PCI 9656 with its two DMA channels in scatter/gather mode, its
// local memory of 128 KB, and its interrupt. A channel that is started goes through its chain of descriptors in the computer's memory (PCI address
// low, local address, size, next descriptor and its flags, PCI address high), moves the bytes a little later, and raises the line.
//
//   c++ -std=c++20 -fPIC -shared -I INCLUDE board.cpp -o out/pci9x5x/board.so
//   tell board moved: how many bytes each channel has moved
#include <drydock/module.h>

#include <chrono>
#include <cstddef>
#include <cstring>
#include <mutex>

namespace {

constexpr size_t kRegisterBytes = 0x200, kMemoryBytes = 0x20000;
constexpr uint64_t kInterrupts = 0x68, kControl = 0x6C, kMode = 0x80, kDescriptor = 0x90, kModeStep = 0x14, kStatus = 0xA8, kHighAddress = 0xB4;
// Interrupt control and status
constexpr uint32_t kPciInterrupt = 1u << 8, kChannelEnable = 1u << 18, kChannelActive = 1u << 21;
// DMA mode, DMA command and status
constexpr uint32_t kGather = 1u << 9, kDoneInterrupt = 1u << 10, kClearCount = 1u << 16, kToPci = 1u << 17;
constexpr uint8_t kEnable = 1, kStart = 2, kAbort = 4, kClear = 8, kDone = 16;
constexpr uint32_t kReset = 1u << 30;

class Board : public drydock::DeviceModule, public drydock::RegisterFile, public std::enable_shared_from_this<Board> {
 public:
  explicit Board(const drydock::ModuleSetup& setup) : machine_(setup.machine), memory_(setup.machine.dma()), upper_(static_cast<uint32_t>(setup.Number("upper", 0))),
        line_(static_cast<uint32_t>(setup.Number("line", 11))) {
    Reset();
  }

  std::vector<drydock::Resource> Resources() override {
    using drydock::Resource;
    return {Resource::Memory(kRegisterBytes, shared_from_this()), Resource::Port(0x100, shared_from_this()), Resource::Memory(local_), Resource::Memory(second_),
            Resource::Line(pin_, {.line = line_})};
  }

  std::string Tell(const std::vector<std::string>& words) override {
    if (words.size() != 1 || words[0] != "moved") throw drydock::Error("a board: moved");
    std::lock_guard guard(lock_);
    return std::to_string(moved_[0]) + " to the board, " + std::to_string(moved_[1]) + " from it";
  }

  uint64_t ReadRegister(uint64_t offset, unsigned bytes) override {
    std::lock_guard guard(lock_);
    uint64_t value = 0;
    if (offset + bytes <= kRegisterBytes) std::memcpy(&value, registers_ + offset, bytes);
    return value;
  }

  void WriteRegister(uint64_t offset, unsigned bytes, uint64_t value) override {
    bool start[2] = {};
    {
      std::lock_guard guard(lock_);
      if (offset + bytes > kRegisterBytes) return;
      for (unsigned i = 0; i < bytes; ++i) {
        const auto byte = static_cast<uint8_t>(value >> (8 * i));
        const uint64_t at = offset + i;
        if (at == kStatus || at == kStatus + 1) start[at - kStatus] = Command(at - kStatus, byte);
        else registers_[at] = byte;
      }
      if (offset <= kInterrupts && kInterrupts < offset + bytes) SetActive();
      if (Get(kControl) & kReset) Reset();
    }
    SetPin();
    for (size_t channel : {0, 1}) {
      if (!start[channel]) continue;
      std::weak_ptr<Board> weak = weak_from_this();
      machine_.After(std::chrono::microseconds(20), [weak, channel] {
        if (auto board = weak.lock()) board->Move(channel);
      });
    }
  }

 private:
  uint32_t Get(uint64_t at) const {
    uint32_t value;
    std::memcpy(&value, registers_ + at, 4);
    return value;
  }
  void Set(uint64_t at, uint32_t value) { std::memcpy(registers_ + at, &value, 4); }

  void Reset() {
    std::memset(registers_, 0, sizeof registers_);
    registers_[kStatus] = registers_[kStatus + 1] = kDone;
    pending_[0] = pending_[1] = false;
  }

  // The bits of active interrupts cannot be written.
  void SetActive() {
    uint32_t value = Get(kInterrupts) & ~(kChannelActive | kChannelActive << 1);
    for (size_t channel : {0, 1})
      if (pending_[channel]) value |= kChannelActive << channel;
    Set(kInterrupts, value);
  }
  bool Asserted() const {
    const uint32_t value = Get(kInterrupts);
    for (size_t channel : {0, 1})
      if (pending_[channel] && (value & kPciInterrupt) && (value & kChannelEnable << channel) && (Mode(channel) & kToPci)) return true;
    return false;
  }
  // Not under the lock, which no schedule point may be reached with; so that whoever was slower looks again.
  void SetPin() {
    const auto asserted = [this] {
      std::lock_guard guard(lock_);
      return Asserted();
    };
    for (bool want = asserted();;) {
      if (want) pin_.Raise();
      else pin_.Lower();
      const bool now = asserted();
      if (now == want) return;
      want = now;
    }
  }
  uint32_t Mode(size_t channel) const { return Get(kMode + channel * kModeStep); }

  // True: the channel starts.
  bool Command(size_t channel, uint8_t byte) {
    uint8_t& status = registers_[kStatus + channel];
    if (byte & kClear) {
      pending_[channel] = false;
      SetActive();
    }
    const bool start = (byte & kStart) && (byte & kEnable) && (status & kDone);
    status = static_cast<uint8_t>((byte & kEnable) | (start ? 0 : (status & kDone) | (byte & kAbort ? kDone : 0)));
    return start;
  }

  struct Descriptor {
    uint32_t pci_low, local, size, next, pci_high, unused[3];
  };

  void Move(size_t channel) {
    {
      std::lock_guard guard(lock_);
      if (registers_[kStatus + channel] & kDone) return;  // reset or aborted meanwhile
      if (Mode(channel) & kGather) {
        const uint64_t high = uint64_t{Get(kHighAddress + channel * 4) | upper_} << 32;
        for (uint32_t next = Get(kDescriptor + channel * kModeStep), steps = 0; steps < 4096; ++steps) {
          Descriptor element;
          if (!memory_.Read(high | (next & ~15u), &element, sizeof element)) break;
          if (!Transfer(channel, element)) break;
          const uint32_t left = 0;  // what is left of the element's size
          if (Mode(channel) & kClearCount) memory_.Write((high | (next & ~15u)) + offsetof(Descriptor, size), &left, sizeof left);
          next = element.next;
          if (next & 2) break;  // the last one
        }
      }
      registers_[kStatus + channel] |= kDone;
      if (Mode(channel) & kDoneInterrupt) pending_[channel] = true;
      SetActive();
    }
    SetPin();
  }

  bool Transfer(size_t channel, const Descriptor& element) {
    const uint64_t address = uint64_t{element.pci_high} << 32 | element.pci_low;
    if (element.local > kMemoryBytes || element.size > kMemoryBytes - element.local) return false;
    char* local = static_cast<char*>(local_->data()) + element.local;
    const bool to_pci = element.next & 8;
    if (!(to_pci ? memory_.Write(address, local, element.size) : memory_.Read(address, local, element.size))) return false;
    moved_[channel] += element.size;
    return true;
  }

  drydock::Machine& machine_;
  drydock::DmaSpace memory_;
  const uint32_t upper_;  // 32 bits of where descriptors are: the sample writes the lower ones of its common buffer's address alone
  const uint32_t line_;
  drydock::InterruptPin pin_;
  std::shared_ptr<drydock::DeviceMemory> local_ = drydock::MakeDeviceMemory(kMemoryBytes), second_ = drydock::MakeDeviceMemory(kMemoryBytes);
  std::mutex lock_;
  uint8_t registers_[kRegisterBytes] = {};
  bool pending_[2] = {};
  uint64_t moved_[2] = {};
};

}  // namespace

DRYDOCK_DEVICE_MODULE(Board)
