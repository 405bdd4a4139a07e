#include "nt/ps/left_running.h"

#include "nt/ps/state.h"
#include "nt/thread.h"
#include "runtime/fault_handler.h"

namespace drydock::nt::ps {

StartedBy StartedHere(const char* function, const void* code) {
  const Thread* thread = CurrentThreadOrNull();
  StartedBy started{function, code, thread && thread->callbacks ? thread->callbacks->code : nullptr, std::vector<void*>(32)};
  started.stack.resize(rt::CaptureStack(started.stack.data(), started.stack.size(), 1));
  return started;
}

bool IsOf(const StartedBy& started, const ImageBounds& image) {
  const auto inside = [&](const void* address) {
    const auto* from = static_cast<const char*>(image.start);
    return address >= from && address < from + image.size;
  };
  return inside(started.code) || inside(started.owner);
}

void NoteThread(Kernel& kernel, uint64_t thread_id, const StartedBy& started) {
  rt::LockGuard guard(kernel.ps->lock);
  for (Thread* thread = kernel.ps->first; thread; thread = thread->next)
    if (thread->thread_id == thread_id) kernel.ps->started[thread_id] = started;
}

std::vector<LeftRunning> TakeThreads(Kernel& kernel, const ImageBounds& image) {
  std::vector<LeftRunning> left;
  rt::LockGuard guard(kernel.ps->lock);
  std::erase_if(kernel.ps->started, [&](auto& each) {
    if (!IsOf(each.second, image)) return false;
    left.push_back({std::string("a thread (") + each.second.function + ") that still runs", std::move(each.second.stack)});
    return true;
  });
  return left;
}

void ForgetThread(Kernel& kernel, uint64_t thread_id) {
  rt::LockGuard guard(kernel.ps->lock);
  kernel.ps->started.erase(thread_id);
}

bool HasThreads(Kernel& kernel, const ImageBounds& image) {
  rt::LockGuard guard(kernel.ps->lock);
  for (const auto& [id, started] : kernel.ps->started)
    if (IsOf(started, image)) return true;
  return false;
}

}  // namespace drydock::nt::ps
