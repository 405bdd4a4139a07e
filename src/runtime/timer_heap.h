// TimerHeap: the armed timers of one executor, earliest first; equal times in order of arming. A 4-ary heap whose entries know their
// place in the node (TimerNode::heap_index), so that disarming costs a few moves.
// Called by:  the executors, under their own exclusion.
// Ownership:  nodes belong to whoever armed them and must stay alive while armed.
#pragma once

#include <cstddef>
#include <vector>

#include "runtime/executor.h"

namespace drydock::rt {

class TimerHeap {
 public:
  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }
  Ticks next_due() const { return entries_.empty() ? kNever : entries_[0].due; }
  uint64_t last_order() const { return order_; }
  TimerNode* top() const { return entries_[0].node; }

  void Arm(TimerNode* node, Ticks due) {
    if (node->heap_index != 0) Remove(node);
    node->due = due;
    node->order = ++order_;
    entries_.push_back({due, node->order, node});
    SiftUp(entries_.size() - 1);
  }

  bool Disarm(TimerNode* node) {
    if (node->heap_index == 0) return false;
    Remove(node);
    return true;
  }

  TimerNode* Pop() {
    TimerNode* node = entries_[0].node;
    Remove(node);
    return node;
  }

 private:
  struct Entry {
    Ticks due;
    uint64_t order;
    TimerNode* node;
    bool Before(const Entry& other) const {
      return due != other.due ? due < other.due : order < other.order;
    }
  };

  void Place(size_t index, const Entry& entry) {
    entries_[index] = entry;
    entry.node->heap_index = static_cast<uint32_t>(index + 1);
  }

  void Remove(TimerNode* node) {
    size_t index = node->heap_index - 1;
    node->heap_index = 0;
    Entry last = entries_.back();
    entries_.pop_back();
    if (index == entries_.size()) return;
    Place(index, last);
    if (index > 0 && last.Before(entries_[(index - 1) / 4])) {
      SiftUp(index);
    } else {
      SiftDown(index);
    }
  }

  void SiftUp(size_t index) {
    Entry entry = entries_[index];
    while (index > 0) {
      size_t parent = (index - 1) / 4;
      if (!entry.Before(entries_[parent])) break;
      Place(index, entries_[parent]);
      index = parent;
    }
    Place(index, entry);
  }

  void SiftDown(size_t index) {
    Entry entry = entries_[index];
    for (;;) {
      size_t first = index * 4 + 1;
      if (first >= entries_.size()) break;
      size_t end = first + 4 < entries_.size() ? first + 4 : entries_.size();
      size_t best = first;
      for (size_t child = first + 1; child < end; ++child) {
        if (entries_[child].Before(entries_[best])) best = child;
      }
      if (!entries_[best].Before(entry)) break;
      Place(index, entries_[best]);
      index = best;
    }
    Place(index, entry);
  }

  std::vector<Entry> entries_;
  uint64_t order_ = 0;
};

}  // namespace drydock::rt
