// WMI: consumers, what they make the providers enable, and events on their way.
#include <algorithm>
#include <cstring>

#include "nt/driver_callback.h"
#include "nt/io/device.h"
#include "nt/io/wmi.h"
#include "nt/thread.h"

namespace drydock::nt::io {
namespace {

constexpr size_t kLargestQueue = 4096;  // events that wait for their consumers

bool Traced(const WmiBlock& block) { return (block.flags & (WMIREG_FLAG_TRACED_GUID | WMIREG_FLAG_TRACE_CONTROL_GUID)) != 0; }

}  // namespace

void WmiState::Add(std::shared_ptr<WmiConsumer> consumer) {
  KeInitializeEvent(&consumer->delivered, NotificationEvent, FALSE);
  const GUID guid = consumer->guid;
  {
    rt::LockGuard guard(lock_);
    consumers_.push_back(std::move(consumer));
  }
  Settle(guid);
}

void WmiState::Change(const std::shared_ptr<WmiConsumer>& consumer, bool events, bool collection, WMI_NOTIFICATION_CALLBACK callback, void* context) {
  {
    rt::LockGuard guard(lock_);
    consumer->wants_events = events;
    consumer->wants_collection = collection;
    consumer->callback = callback;
    consumer->context = context;
  }
  Settle(consumer->guid);
}

void WmiState::Remove(const std::shared_ptr<WmiConsumer>& consumer) {
  bool wait;
  {
    rt::LockGuard guard(lock_);
    auto found = std::find(consumers_.begin(), consumers_.end(), consumer);
    if (found == consumers_.end()) return;
    consumers_.erase(found);
    consumer->closing = true;
    wait = consumer->delivering && consumer->delivering != &CurrentThread();
  }
  if (wait) KeWaitForSingleObject(&consumer->delivered, Executive, KernelMode, FALSE, nullptr);
  Settle(consumer->guid);
}

void WmiState::Settle(const GUID& guid) {
  std::vector<std::shared_ptr<WmiProvider>> providers;
  {
    rt::LockGuard guard(lock_);
    providers = providers_;
  }
  for (auto& provider : providers) SettleBlock(*provider, guid);
}

void WmiState::SettleBlock(WmiProvider& provider, const GUID& guid) {
  bool mine = false;  // S1
  while (true) {
    UCHAR minor;
    WNODE_HEADER header = {};
    {
      rt::LockGuard guard(lock_);
      auto block = std::find_if(provider.blocks.begin(), provider.blocks.end(), [&](WmiBlock& b) { return SameGuid(b.guid, guid); });
      if (block == provider.blocks.end() || (block->settling && !mine)) return;
      bool events = false, collection = false;
      for (auto& consumer : consumers_) {
        if (!SameGuid(consumer->guid, guid)) continue;
        events |= consumer->wants_events;
        collection |= consumer->wants_collection && (block->flags & WMIREG_FLAG_EXPENSIVE) != 0;
      }
      if (provider.closing || (block->events_on == events && block->collection_on == collection)) {
        block->settling = false;
        return;
      }
      // S2. The request counts as carried out: a provider that fails it is not asked again and again.
      mine = block->settling = true;
      if (block->events_on != events) {
        block->events_on = events;
        minor = events ? IRP_MN_ENABLE_EVENTS : IRP_MN_DISABLE_EVENTS;
        if (events && Traced(*block)) header.HistoricalContext = next_logger_++;
      } else {
        block->collection_on = collection;
        minor = collection ? IRP_MN_ENABLE_COLLECTION : IRP_MN_DISABLE_COLLECTION;
      }
      header.Flags = Traced(*block) ? WNODE_FLAG_TRACED_GUID : 0;
    }
    header.BufferSize = sizeof header;
    header.ProviderId = TraceId(provider.device);
    header.Guid = guid;
    ULONG_PTR information = 0;
    Send(provider, minor, const_cast<GUID*>(&guid), &header, sizeof header, &information);
  }
}

NTSTATUS WmiState::Fire(const WNODE_HEADER* event) {
  const char* from = reinterpret_cast<const char*>(event);
  std::shared_ptr<WmiProvider> source;
  bool wanted = false, begin;
  WmiNode node(from, from + event->BufferSize);
  {
    rt::LockGuard guard(lock_);
    for (auto& consumer : consumers_) wanted |= consumer->wants_events && SameGuid(consumer->guid, event->Guid);
    for (auto& provider : providers_) {
      if (TraceId(provider->device) == event->ProviderId) source = provider;
    }
  }
  if (!wanted) return STATUS_SUCCESS;
  if (source) AddNames(*source, &node);
  {
    rt::LockGuard guard(lock_);
    if (events_.size() >= kLargestQueue) return STATUS_INSUFFICIENT_RESOURCES;
    events_.push_back(std::move(node));
    begin = !delivering_;
    delivering_ = true;
  }
  if (begin) ExQueueWorkItem(&delivery_, DelayedWorkQueue);
  return STATUS_SUCCESS;
}

VOID NTAPI WmiState::DeliverRoutine(PVOID context) { static_cast<WmiState*>(context)->Deliver(); }

void WmiState::Deliver() {
  while (true) {
    WmiNode node;
    std::vector<std::shared_ptr<WmiConsumer>> consumers;
    {
      rt::LockGuard guard(lock_);
      if (events_.empty()) {
        delivering_ = false;
        return;
      }
      node = std::move(events_.front());
      events_.pop_front();
      WNODE_HEADER header;
      std::memcpy(&header, node.data(), sizeof header);
      for (auto& consumer : consumers_) {
        if (consumer->wants_events && SameGuid(consumer->guid, header.Guid)) consumers.push_back(consumer);
      }
    }
    for (auto& consumer : consumers) {
      WMI_NOTIFICATION_CALLBACK callback;
      void* context;
      {
        rt::LockGuard guard(lock_);
        if (consumer->closing || !consumer->callback) continue;
        callback = consumer->callback;
        context = consumer->context;
        consumer->delivering = &CurrentThread();
      }
      WmiNode copy = node;  // the callback may scribble over its own
      CallDriver("WMI_NOTIFICATION_CALLBACK", callback, static_cast<PVOID>(copy.data()), static_cast<PVOID>(context));
      bool closing;
      {
        rt::LockGuard guard(lock_);
        consumer->delivering = nullptr;
        closing = consumer->closing;
      }
      if (closing) KeSetEvent(&consumer->delivered, IO_NO_INCREMENT, FALSE);
    }
  }
}

}  // namespace drydock::nt::io
