#include "nt/ke/drivers_wait.h"

#include <link.h>

namespace drydock::nt::ke {
namespace {

struct Range {
  uintptr_t low = 0, high = 0;
};

// Where this library's code lies in memory.
Range FindSelf() {
  Range range;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* context) {
        const auto here = reinterpret_cast<uintptr_t>(&FindSelf);
        uintptr_t low = UINTPTR_MAX, high = 0;
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& part = info->dlpi_phdr[i];
          if (part.p_type != PT_LOAD) continue;
          const uintptr_t begin = info->dlpi_addr + part.p_vaddr;
          if (begin < low) low = begin;
          if (begin + part.p_memsz > high) high = begin + part.p_memsz;
        }
        if (here < low || here >= high) return 0;
        *static_cast<Range*>(context) = {low, high};
        return 1;
      },
      &range);
  return range;
}

}  // namespace

bool IsCallerOutside(const void* return_address) {
  static const Range self = FindSelf();
  const auto address = reinterpret_cast<uintptr_t>(return_address);
  return address < self.low || address >= self.high;
}

// Ours is compiled with frame pointers, and the way to the first frame outside is all ours.
[[gnu::noinline]] const void* CallerOutside() {
  auto frame = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  for (int depth = 0; depth < 12; ++depth) {
    auto* words = reinterpret_cast<void**>(frame);
    if (IsCallerOutside(words[1])) return words[1];
    const auto next = reinterpret_cast<uintptr_t>(words[0]);
    if (next <= frame || next - frame > 1 << 16) return nullptr;
    frame = next;
  }
  return nullptr;
}

HostWait::HostWait(Thread& thread) : host_(nullptr) {
  if (__builtin_expect(!thread.drivers_wait, 1) || !thread.callbacks) return;
  host_ = thread.callbacks->host;
  if (!host_) return;
  rt::LockGuard guard(host_->lock);
  waiting_ = {thread.task, host_->waiting, &host_->waiting};
  if (waiting_.next) waiting_.next->link = &waiting_.next;
  host_->waiting = &waiting_;
}

HostWait::~HostWait() {
  if (!host_) return;
  rt::LockGuard guard(host_->lock);
  *waiting_.link = waiting_.next;
  if (waiting_.next) waiting_.next->link = waiting_.link;
}

void HostWait::Check() const {
  if (host_ && host_->ended.load(std::memory_order_acquire)) throw HostEnded();
}

}  // namespace drydock::nt::ke
