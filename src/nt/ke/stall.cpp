#include "nt/ke/stall.h"

#include <fmt/format.h>

#include "nt/ke/state.h"
#include "nt/ke/wait_info.h"
#include "nt/ps/process.h"

namespace drydock::nt::ke {
namespace {

constexpr size_t kMaxChain = 16;
constexpr size_t kMaxStack = 64;

struct Waiting {
  const rt::Task* task;
  bool service;
  bool in_driver;
  WaitInfo info;
  std::vector<std::string> reasons;  // innermost first
  const void* irp;
};

std::string NameOf(const rt::Task& task) { return fmt::format("task {} \"{}\"", task.id, task.name); }

std::vector<Waiting> Collect(Kernel& kernel) {
  std::vector<Waiting> all;
  ps::ForEachThread(
      kernel,
      [](void* context, Thread& thread) {
        if (thread.task == nullptr || thread.wait == nullptr) return;
        rt::LockGuard guard(thread.wait->lock);
        if (!thread.wait->waiting) return;
        Waiting waiting{thread.task, thread.task->service, thread.callbacks != nullptr, thread.wait->info, {}, nullptr};
        for (const WaitReason* reason = thread.wait->reasons; reason != nullptr; reason = reason->outer) {
          std::string text;
          if (reason->describe) reason->describe(reason->context, text);
          waiting.reasons.push_back(std::move(text));
          if (waiting.irp == nullptr) waiting.irp = reason->irp;
        }
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

const Waiting* Find(const std::vector<Waiting>& all, const rt::Task* task) {
  for (const Waiting& waiting : all) {
    if (waiting.task == task) return &waiting;
  }
  return nullptr;
}

// One wait in words: "task 1 "application": synchronous send of ...; waits for event #7, held by task 3 "worker"".
std::string Link(const Waiting& waiting) {
  std::string text = NameOf(*waiting.task) + ": ";
  for (const std::string& reason : waiting.reasons) text += reason + "; ";
  return text + "waits for " + ObjectWords(waiting.info);
}

void Follow(Kernel& kernel, const std::vector<Waiting>& all, const Waiting& start, std::vector<std::string>& chain) {
  const Waiting* at = &start;
  std::vector<const Waiting*> seen;
  while (at != nullptr && chain.size() < kMaxChain * 4) {
    std::string line = std::string(seen.size() * 2, ' ') + Link(*at);
    seen.push_back(at);
    if (at->irp != nullptr && kernel.ke->describe_irp != nullptr) {
      std::string irp;
      kernel.ke->describe_irp(kernel, at->irp, irp);
      if (!irp.empty()) line += "; " + irp;
    }
    const Waiting* next = nullptr;
    if (at->info.owner != nullptr) {
      next = Find(all, at->info.owner);
      if (next == nullptr) {
        line += ", held by a task that does not wait";
      } else {
        line += ", held by " + NameOf(*next->task);
      }
    }
    bool circle = false;
    for (const Waiting* earlier : seen) circle = circle || earlier == next;
    if (circle) line += ": a circle";
    chain.push_back(std::move(line));
    at = circle || seen.size() == kMaxChain ? nullptr : next;
  }
}

std::vector<void*> ParkedStack(const rt::Task& task) {
  std::vector<void*> stack;
  auto frame = reinterpret_cast<uintptr_t>(task.parked_frame);
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

}  // namespace

StallDescription DescribeStall(Kernel& kernel) {
  const std::vector<Waiting> all = Collect(kernel);
  StallDescription result;
  const Waiting* about = nullptr;
  size_t waiters = 0;
  for (const Waiting& waiting : all) {
    if (waiting.service && !waiting.in_driver) continue;
    ++waiters;
    Follow(kernel, all, waiting, result.chain);
    if (about == nullptr || (waiting.in_driver && !about->in_driver)) about = &waiting;
  }
  if (about == nullptr) {
    result.words = "Nobody can run, and no thread of the machine waits for anything that has a name.";
    return result;
  }
  result.task = NameOf(*about->task);
  result.stack = ParkedStack(*about->task);
  result.words = "Nobody can ever run again: " + Link(*about);
  if (waiters > 1) result.words += fmt::format(" ({} more wait too)", waiters - 1);
  result.words += ".";
  return result;
}

}  // namespace drydock::nt::ke
