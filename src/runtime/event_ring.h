// EventRing: the last events of a machine, for reports, traces, verifier rules and the same-seed-same-run check.
// Called by:  any task or clock context, through RecordEvent. Off costs one predictable branch.
// Content:    no pointers and nothing that differs between runs of a seed; objects appear by their trace ids.
// Listeners:  a verifier rule or a trace writer sees each event on the recording task, at once; it must not park.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/time.h"

namespace drydock::rt {

struct Event {
  Ticks time = 0;       // interrupt time
  uint32_t task = 0;    // Task::id, 0 = clock
  uint16_t kind = 0;    // an entry of a registered kind table
  uint16_t irql = 0;
  uint64_t a = 0, b = 0, c = 0;
};

// Kinds are named by the floor that records them: nt uses 0x100.., wdf 0x200.., backends 0x300.., machine 0x400...
struct EventKind {
  uint16_t kind;
  const char* name;    // "irp.call"
  const char* format;  // "irp {a} device {b} major {c:x}": fmt-like, fields a b c only
};

class EventRing {
 public:
  explicit EventRing(size_t capacity_log2 = 12);
  ~EventRing();

  bool enabled() const { return enabled_.load(std::memory_order_relaxed); }
  void Enable(bool on) { enabled_.store(on, std::memory_order_relaxed); }
  void Record(const Event& event);
  void Clear();  // forgets what was recorded so far, the digest too

  using Listener = void (*)(void* context, const Event& event);
  void AddListener(Listener listener, void* context);  // before tasks run, or with the machine idle
  void RemoveListener(Listener listener, void* context);

  // The newest events, oldest first, at most `count`.
  std::vector<Event> Last(size_t count) const;
  uint64_t recorded() const { return next_.load(std::memory_order_relaxed); }
  // Order-sensitive digest over everything recorded so far (simulated runs compare it).
  uint64_t digest() const { return digest_.load(std::memory_order_relaxed); }

 private:
  struct Slot;
  std::unique_ptr<Slot[]> slots_;
  size_t mask_;
  std::atomic<uint64_t> next_{0};
  std::atomic<uint64_t> first_{0};  // events before this one are forgotten
  std::atomic<uint64_t> digest_{0};
  std::atomic<bool> enabled_{false};
  std::vector<std::pair<Listener, void*>> listeners_;
};

}  // namespace drydock::rt
