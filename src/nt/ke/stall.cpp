#include "nt/ke/stall.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <string_view>

#include "nt/driver_callback.h"
#include "nt/ke/state.h"
#include "nt/ke/wait_info.h"
#include "nt/ps/process.h"

namespace drydock::nt::ke {
namespace {

constexpr size_t kMaxChain = 16;
constexpr size_t kMaxStack = 64;

struct Waiting {
  const Thread* thread;  // only to be compared: live, it may have ended by now
  uint32_t task;
  std::string name;
  bool service;
  bool in_driver;
  bool application;
  bool own_thread;  // in a thread that a driver made: it may be one that waits for work
  std::vector<void*> stack;  // return addresses, innermost first
  WaitInfo info;
  std::vector<std::string> reasons;  // innermost first
  std::string irp;  // where the IRP is that it waits for
  IrpHeld held;     // ... and what its holder did with it
};

std::string NameOf(const rt::Task& task) { return fmt::format("task {} \"{}\"", task.id, task.name); }

// Of a thread that is held in its wait.
std::vector<void*> WaitingStack(const rt::Task& task, const void* innermost) {
  std::vector<void*> stack;
  auto frame = reinterpret_cast<uintptr_t>(innermost);
  const auto low = reinterpret_cast<uintptr_t>(task.stack_low);
  const auto high = reinterpret_cast<uintptr_t>(task.stack_high);
  while (stack.size() < kMaxStack && frame % 8 == 0 && frame >= low && frame + 16 <= high && low != 0) {
    auto* words = reinterpret_cast<void**>(frame);
    if (words[1] == nullptr) break;
    stack.push_back(words[1]);
    const auto next = reinterpret_cast<uintptr_t>(words[0]);
    if (next <= frame) break;
    frame = next;
  }
  return stack;
}

bool InOwnThread(const Thread& thread) {
  const CallbackFrame* outermost = thread.callbacks;
  while (outermost && outermost->outer) outermost = outermost->outer;
  return outermost && (std::string_view(outermost->name) == "KSTART_ROUTINE" || std::string_view(outermost->name) == "ThreadProc");
}

// Of the image with this code; null: of none.
const void* ImageOf(const void* code) {
  Dl_info info;
  return dladdr(code, &info) ? info.dli_fbase : nullptr;
}

std::vector<Waiting> Collect(Kernel& kernel) {
  std::vector<Waiting> all;
  ps::ForEachThread(
      kernel,
      [](void* context, Thread& thread) {
        if (thread.wait == nullptr) return;
        // Everything else of the thread is its own, and is ours to see only once the lock has shown that it waits.
        rt::LockGuard guard(thread.wait->lock);
        if (!thread.wait->waiting) return;
        const rt::Task& task = *thread.task;
        Waiting waiting{.thread = &thread,
                        .task = task.id,
                        .name = NameOf(task),
                        .service = task.service,
                        .in_driver = thread.callbacks != nullptr,
                        .application = thread.callbacks && thread.callbacks->host && thread.callbacks->host->program,
                        .own_thread = InOwnThread(thread),
                        .stack = WaitingStack(task, thread.wait->frame),
                        .info = thread.wait->info,
                        .reasons = {},
                        .irp = {},
                        .held = {}};
        const void* irp = nullptr;
        for (const WaitReason* reason = thread.wait->reasons; reason != nullptr; reason = reason->outer) {
          if (reason->what != nullptr) {
            waiting.info.what = reason->what;
            waiting.info.owner = reason->holder->load(std::memory_order_acquire);
          }
          std::string text;
          if (reason->describe) reason->describe(reason->context, text);
          if (!text.empty()) waiting.reasons.push_back(std::move(text));
          if (irp == nullptr) irp = reason->irp;
        }
        // The one who waits for an IRP frees it: it stays while we hold him.
        Kernel& kernel = *thread.kernel;
        if (irp != nullptr && kernel.ke->describe_irp != nullptr) kernel.ke->describe_irp(kernel, irp, waiting.irp, waiting.held);
        static_cast<std::vector<Waiting>*>(context)->push_back(std::move(waiting));
      },
      &all);
  return all;
}

std::string ObjectWords(const WaitInfo& info) {
  std::string text = info.what ? info.what : "something without a name";
  if (info.object_trace_id != 0) {
    text += fmt::format(" #{}", info.object_trace_id);
  } else if (info.object != nullptr) {
    text += fmt::format(" at {}", info.object);
  }
  if (info.detail) text += fmt::format(" ({})", info.detail);
  return text;
}

const Waiting* FindOwner(const std::vector<Waiting>& all, const WaitInfo& info) {
  for (const Waiting& waiting : all) {
    if (info.owner ? waiting.thread == info.owner : waiting.task == info.owner_task) return &waiting;
  }
  return nullptr;
}

// One wait in words: "task 1 "application": synchronous send of ...; waits for event #7, held by task 3 "worker"".
std::string Link(const Waiting& waiting) {
  std::string text = waiting.name + ": ";
  for (const std::string& reason : waiting.reasons) text += reason + "; ";
  return text + "waits for " + ObjectWords(waiting.info);
}

void Follow(const std::vector<Waiting>& all, const Waiting& start, StallDescription& result) {
  std::vector<std::string>& chain = result.chain;
  const Waiting* at = &start;
  std::vector<const Waiting*> seen;
  while (at != nullptr && chain.size() < kMaxChain * 4) {
    std::string line = std::string(seen.size() * 2, ' ') + Link(*at);
    seen.push_back(at);
    if (!at->irp.empty()) line += "; " + at->irp;
    const Waiting* next = nullptr;
    if (at->info.owner != nullptr || at->info.owner_task != 0) {
      next = FindOwner(all, at->info);
      if (next == nullptr) {
        line += ", held by a task that does not wait";
      } else {
        line += ", held by " + next->name;
      }
    }
    bool circle = false;
    for (const Waiting* earlier : seen) circle = circle || earlier == next;
    if (circle) line += ": a circle";
    if (at->held.code != nullptr) result.places.push_back({chain.size(), at->held});
    chain.push_back(std::move(line));
    at = circle || seen.size() == kMaxChain ? nullptr : next;
  }
}

// A caller outside waits for a request that a driver holds: the driver's own wait says why; a thread that waits for work elsewhere says nothing.
const Waiting* Better(const std::vector<Waiting>& all) {
  const Waiting* caller = nullptr;
  for (const Waiting& each : all)
    if (!each.in_driver && !each.service && each.held.code != nullptr && caller == nullptr) caller = &each;
  if (caller == nullptr) return nullptr;
  const void* image = ImageOf(caller->held.code);
  const Waiting* in_callback = nullptr;
  for (const Waiting& each : all) {
    if (!each.in_driver || each.application) continue;
    for (const void* address : each.stack)
      if (image != nullptr && ImageOf(address) == image) return &each;
    if (!each.own_thread && in_callback == nullptr) in_callback = &each;
  }
  return in_callback != nullptr ? in_callback : caller;
}

}  // namespace

StallDescription DescribeStall(Kernel& kernel, const std::string& lead, bool of_applications) {
  const std::vector<Waiting> all = Collect(kernel);
  StallDescription result;
  const Waiting* about = nullptr;
  size_t waiters = 0;
  for (const Waiting& waiting : all) {
    if (waiting.service && !waiting.in_driver) continue;
    ++waiters;
    Follow(all, waiting, result);
    const auto fits = [&](const Waiting& each) { return of_applications ? each.application : each.in_driver; };
    if (about == nullptr || (fits(waiting) && !fits(*about))) about = &waiting;
  }
  if (about == nullptr) {
    result.words = lead + ", and no thread of the machine waits for anything that has a name: one runs without end, or waits for something outside.";
    return result;
  }
  if (const Waiting* better = of_applications ? nullptr : Better(all)) about = better;
  result.task = about->name;
  result.exact = about->held.code != nullptr && !about->in_driver && !about->held.called();
  result.stack = about->held.code != nullptr && !about->in_driver ? std::vector<void*>{const_cast<void*>(about->held.code)} : about->stack;
  result.words = lead + ": " + Link(*about);
  if (!about->in_driver && !about->irp.empty()) result.words += "; " + about->irp;
  if (waiters > 1) result.words += fmt::format(" ({} more wait too)", waiters - 1);
  result.words += ".";
  return result;
}

}  // namespace drydock::nt::ke
