// DMA for the model of a device: memory by logical address, and channels of the system's DMA controller.
//
//   drydock::DmaSpace memory = machine.dma();
//   auto registers = drydock::MakeRegisters({.write = [=](uint64_t offset, unsigned, uint64_t value) {
//     char descriptor[16];
//     memory.Read(value, descriptor, sizeof(descriptor));   // the driver wrote a logical address to the register
//   }});
//
// Addresses:  a buffer has logical addresses while its transfer is mapped (between EvtProgramDma and DmaCompleted), a common buffer as long as it
//             lives. Reading or writing anything else gives false, copies nothing, and is reported. A buffer's pages are scattered, as on a machine
//             that has run for a while.
// Threads:    from anywhere: inside a register file, from Machine::After, from a task, between calls.
//             DmaChannel::Take and Give from inside the machine only, because the end of a transfer calls the driver.
// Ownership:  handles; they may outlive the machine, and then every access fails.
// Source:     docs/testkit.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace drydock {

struct DmaOptions {
  uint32_t version = 3;           // the newest version of DMA_OPERATIONS; 0: IoGetDmaAdapter gives no adapter
  uint32_t map_registers = 4096;  // pages of bounce memory in the machine; an adapter gets as many at most
  bool double_buffer = false;     // every transfer goes through map registers, so that a missing flush shows
  bool contiguous = false;        // a buffer's pages are neighbours for devices too: a list of one element
};

class DmaSpace {
 public:
  DmaSpace() = default;
  bool Read(uint64_t address, void* to, size_t bytes) const;
  bool Write(uint64_t address, const void* from, size_t bytes) const;
  // Asks only: no report.
  bool Readable(uint64_t address, size_t bytes) const;
  bool Writable(uint64_t address, size_t bytes) const;
  size_t mapped_pages() const;  // of transfers and common buffers now

  struct State;
  explicit DmaSpace(std::shared_ptr<State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<State> state_;
};

// A channel of the system's DMA controller, seen from the device at its request line.
class DmaChannel {
 public:
  DmaChannel() = default;
  // A transfer is programmed; called on the driver's task, at DISPATCH_LEVEL, when it is. Without one, or under demand mode, the device moves when it
  // likes.
  void OnStart(std::function<void()> action) const;
  bool active() const;
  bool to_device() const;
  bool demand_mode() const;
  size_t remaining() const;         // bytes
  uint64_t device_address() const;  // the register that the controller would reach, offset included
  // The device's half of the transfer; how many bytes went. With the last one the controller tells the driver (never when it loops).
  size_t Take(void* to, size_t bytes) const;
  size_t Give(const void* from, size_t bytes) const;

  struct State;
  explicit DmaChannel(std::shared_ptr<State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<State> state_;
};

}  // namespace drydock
