// Channels of the system's DMA controller: a driver's transfer is programmed here, the device's model moves the bytes.
#include <algorithm>

#include "nt/driver_callback.h"
#include "nt/hal/dma/dma.h"

namespace drydock::nt::hal {
namespace {

// Contexts whose routines will not be called; told so without the lock.
struct Forgotten {
  void Add(ForgetCompletion forget, PVOID context) {
    if (forget) list.push_back({forget, context});
  }
  void Tell() {
    for (auto& [forget, context] : list) forget(context);
  }
  std::vector<std::pair<ForgetCompletion, PVOID>> list;
};

// The transfer is over: whoever asked to be told is, from a DPC.
void Finish(Channel& channel, DMA_COMPLETION_STATUS status, bool tell, bool* queue, Forgotten* forgotten) {
  channel.active = false;
  if (tell && channel.completion) {
    channel.completions.push_back({channel.completion, channel.completion_context, channel.forget, channel.context, &channel.adapter->shared,
                                   channel.device, status});
    *queue = true;
  } else if (channel.completion) {
    forgotten->Add(channel.forget, channel.completion_context);
  }
  channel.completion = nullptr;
  channel.forget = nullptr;
}

// Up to `bytes` bytes that lie together, of what is still to be moved.
bool NextRun(const Channel& channel, size_t bytes, uint64_t* logical, size_t* part) {
  uint64_t skip = channel.done;
  for (const Channel::Run& run : channel.runs) {
    if (skip >= run.length) {
      skip -= run.length;
      continue;
    }
    *logical = run.logical + skip;
    *part = std::min<uint64_t>(bytes, run.length - skip);
    return true;
  }
  return false;
}

template <class Copy>
size_t Move(DmaState& state, Channel& channel, size_t bytes, bool to_device, Copy copy) {
  size_t moved = 0;
  bool queue = false;
  Forgotten none;
  while (moved < bytes) {
    uint64_t logical;
    size_t part;
    {
      rt::LockGuard guard(state.lock);
      if (!channel.active || channel.to_device != to_device || !NextRun(channel, bytes - moved, &logical, &part)) break;
    }
    if (!copy(logical, moved, part)) break;
    moved += part;
    rt::LockGuard guard(state.lock);
    channel.done += part;
    if (channel.done < channel.total) continue;
    if (channel.looped) {
      channel.done = 0;
    } else {
      Finish(channel, DmaComplete, true, &queue, &none);
      break;
    }
  }
  if (queue) KeInsertQueueDpc(&channel.dpc, nullptr, nullptr);
  return moved;
}

}  // namespace

void ProgramChannel(Adapter& adapter, PDEVICE_OBJECT device, const std::vector<Segment>& segments, bool to_device, uint32_t device_offset,
                    void* context, PDMA_COMPLETION_ROUTINE completion, PVOID completion_context, ForgetCompletion forget) {
  Channel& channel = *adapter.channel;
  std::function<void()> on_start;
  Forgotten forgotten;
  {
    rt::LockGuard guard(adapter.state->lock);
    if (channel.completion) forgotten.Add(channel.forget, channel.completion_context);
    channel.runs.clear();
    channel.total = channel.done = 0;
    for (const Segment& segment : segments) {
      channel.runs.push_back({segment.logical, segment.length});
      channel.total += segment.length;
    }
    channel.active = true;
    channel.to_device = to_device;
    channel.demand = adapter.description.DemandMode;
    channel.looped = adapter.description.AutoInitialize;
    channel.device_address = static_cast<uint64_t>(adapter.description.DeviceAddress.QuadPart) + device_offset;
    channel.adapter = &adapter;
    channel.device = device;
    channel.context = context;
    channel.completion = completion;
    channel.completion_context = completion_context;
    channel.forget = forget;
    on_start = channel.on_start;
  }
  forgotten.Tell();
  if (on_start) on_start();
}

void StopChannel(Adapter& adapter, const void* context, bool tell) {
  Channel& channel = *adapter.channel;
  bool queue = false;
  Forgotten forgotten;
  {
    rt::LockGuard guard(adapter.state->lock);
    for (auto it = channel.completions.begin(); !tell && it != channel.completions.end();) {
      if (!it->forget || it->adapter != &adapter.shared || (context && it->transfer_context != context)) {
        ++it;
        continue;
      }
      forgotten.Add(it->forget, it->context);
      it = channel.completions.erase(it);
    }
    if (channel.active && channel.adapter == &adapter && (!context || channel.context == context)) {
      Finish(channel, DmaCancelled, tell, &queue, &forgotten);
    }
  }
  forgotten.Tell();
  if (queue) KeInsertQueueDpc(&channel.dpc, nullptr, nullptr);
}

uint32_t ReadCounter(Adapter& adapter) {
  if (!adapter.channel) return 0;
  rt::LockGuard guard(adapter.state->lock);
  return static_cast<uint32_t>(adapter.channel->total - adapter.channel->done);
}

void ChannelDpc(Channel& channel) {
  for (;;) {
    Channel::Completion completion;
    {
      rt::LockGuard guard(channel.kernel->dma->lock);
      if (channel.completions.empty()) return;
      completion = channel.completions.front();
      channel.completions.pop_front();
    }
    CallDriver("DmaCompletionRoutine", completion.routine, completion.adapter, completion.device, completion.context, completion.status);
  }
}

size_t DeviceTakes(DmaState& state, Channel& channel, void* to, size_t bytes) {
  return Move(state, channel, bytes, true,
              [&](uint64_t logical, size_t at, size_t part) { return state.space->Read(logical, static_cast<char*>(to) + at, part); });
}

size_t DeviceGives(DmaState& state, Channel& channel, const void* from, size_t bytes) {
  return Move(state, channel, bytes, false,
              [&](uint64_t logical, size_t at, size_t part) { return state.space->Write(logical, static_cast<const char*>(from) + at, part); });
}

}  // namespace drydock::nt::hal
