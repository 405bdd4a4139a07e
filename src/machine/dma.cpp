// drydock/dma.h over nt/hal/dma.
#include "drydock/dma.h"

#include "drydock/machine.h"
#include "machine/impl.h"
#include "nt/hal/dma/dma.h"

namespace drydock {

using nt::hal::DeviceAccess;

struct DmaSpace::State {
  std::shared_ptr<nt::hal::LogicalSpace> space;
};

struct DmaChannel::State {
  std::shared_ptr<nt::hal::Channel> channel;
};

bool DmaSpace::Read(uint64_t address, void* to, size_t bytes) const { return state_ && state_->space->Read(address, to, bytes); }
bool DmaSpace::Write(uint64_t address, const void* from, size_t bytes) const { return state_ && state_->space->Write(address, from, bytes); }
bool DmaSpace::Readable(uint64_t address, size_t bytes) const {
  return state_ && state_->space->IsMapped(address, bytes, DeviceAccess::kReads);
}
bool DmaSpace::Writable(uint64_t address, size_t bytes) const {
  return state_ && state_->space->IsMapped(address, bytes, DeviceAccess::kWrites);
}
size_t DmaSpace::mapped_pages() const { return state_ ? state_->space->mapped_pages() : 0; }

namespace {

// What a channel has, while its machine is there.
template <class T, class F>
T Ask(const std::shared_ptr<nt::hal::Channel>& channel, T otherwise, F ask) {
  nt::Kernel* kernel = channel->kernel;
  if (!kernel) return otherwise;
  rt::LockGuard guard(kernel->dma->lock);
  return ask(*channel);
}

}  // namespace

void DmaChannel::OnStart(std::function<void()> action) const {
  Ask(state_->channel, 0, [&](nt::hal::Channel& channel) {
    channel.on_start = std::move(action);
    return 0;
  });
}
bool DmaChannel::active() const {
  return Ask(state_->channel, false, [](nt::hal::Channel& channel) { return channel.active; });
}
bool DmaChannel::to_device() const {
  return Ask(state_->channel, false, [](nt::hal::Channel& channel) { return channel.to_device; });
}
bool DmaChannel::demand_mode() const {
  return Ask(state_->channel, false, [](nt::hal::Channel& channel) { return channel.demand; });
}
size_t DmaChannel::remaining() const {
  return Ask(state_->channel, size_t{0},
             [](nt::hal::Channel& channel) { return channel.active ? static_cast<size_t>(channel.total - channel.done) : size_t{0}; });
}
uint64_t DmaChannel::device_address() const {
  return Ask(state_->channel, uint64_t{0}, [](nt::hal::Channel& channel) { return channel.device_address; });
}
size_t DmaChannel::Take(void* to, size_t bytes) const {
  nt::Kernel* kernel = state_->channel->kernel;
  return kernel ? nt::hal::DeviceTakes(*kernel->dma, *state_->channel, to, bytes) : 0;
}
size_t DmaChannel::Give(const void* from, size_t bytes) const {
  nt::Kernel* kernel = state_->channel->kernel;
  return kernel ? nt::hal::DeviceGives(*kernel->dma, *state_->channel, from, bytes) : 0;
}

DmaSpace Machine::dma() { return DmaSpace(std::make_shared<DmaSpace::State>(DmaSpace::State{kernel().dma->space})); }
DmaChannel Machine::dma_channel(uint32_t number) {
  return DmaChannel(std::make_shared<DmaChannel::State>(DmaChannel::State{kernel().dma->ChannelOf(number)}));
}

}  // namespace drydock
