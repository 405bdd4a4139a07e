#include "runtime/event_ring.h"

#include <algorithm>

namespace drydock::rt {

// A slot is a small sequence lock: odd while being written, 2 * (number + 1) when it holds event `number`.
struct EventRing::Slot {
  std::atomic<uint64_t> sequence{0};
  std::atomic<int64_t> time{0};
  std::atomic<uint64_t> task_kind_irql{0};
  std::atomic<uint64_t> a{0}, b{0}, c{0};
};

EventRing::EventRing(size_t capacity_log2)
    : slots_(new Slot[size_t{1} << capacity_log2]), mask_((size_t{1} << capacity_log2) - 1) {}

EventRing::~EventRing() = default;

void EventRing::Record(const Event& event) {
  const uint64_t number = next_.fetch_add(1, std::memory_order_relaxed);
  const uint64_t head = uint64_t{event.task} << 32 | uint64_t{event.kind} << 16 | event.irql;
  Slot& slot = slots_[number & mask_];
  slot.sequence.store(2 * number + 1, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  slot.time.store(event.time, std::memory_order_release);
  slot.task_kind_irql.store(head, std::memory_order_release);
  slot.a.store(event.a, std::memory_order_release);
  slot.b.store(event.b, std::memory_order_release);
  slot.c.store(event.c, std::memory_order_release);
  slot.sequence.store(2 * number + 2, std::memory_order_release);

  // Exact when one task runs at a time, which is when anybody compares it.
  uint64_t digest = digest_.load(std::memory_order_relaxed);
  for (uint64_t word : {static_cast<uint64_t>(event.time), head, event.a, event.b, event.c}) {
    digest = (digest ^ word) * 0x9e3779b97f4a7c15ull;
    digest ^= digest >> 29;
  }
  digest_.store(digest, std::memory_order_relaxed);

  for (const auto& [listener, context] : listeners_) listener(context, event);
}

void EventRing::Clear() {
  first_.store(next_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  digest_.store(0, std::memory_order_relaxed);
}

void EventRing::AddListener(Listener listener, void* context) {
  listeners_.emplace_back(listener, context);
}

void EventRing::RemoveListener(Listener listener, void* context) {
  std::erase(listeners_, std::pair<Listener, void*>(listener, context));
}

std::vector<Event> EventRing::Last(size_t count) const {
  std::vector<Event> events;
  const uint64_t end = next_.load(std::memory_order_acquire);
  const uint64_t kept = end - first_.load(std::memory_order_relaxed);
  uint64_t begin = end - std::min<uint64_t>({count, kept, mask_ + 1});
  events.reserve(end - begin);
  for (uint64_t number = begin; number != end; ++number) {
    const Slot& slot = slots_[number & mask_];
    if (slot.sequence.load(std::memory_order_acquire) != 2 * number + 2) continue;
    Event event;
    const uint64_t head = slot.task_kind_irql.load(std::memory_order_acquire);
    event.time = slot.time.load(std::memory_order_acquire);
    event.task = static_cast<uint32_t>(head >> 32);
    event.kind = static_cast<uint16_t>(head >> 16);
    event.irql = static_cast<uint16_t>(head);
    event.a = slot.a.load(std::memory_order_acquire);
    event.b = slot.b.load(std::memory_order_acquire);
    event.c = slot.c.load(std::memory_order_acquire);
    // Overwritten while we read it: gone.
    if (slot.sequence.load(std::memory_order_relaxed) == 2 * number + 2) events.push_back(event);
  }
  return events;
}

}  // namespace drydock::rt
