// What drivers start and have to end before they are unloaded: threads, and (nt/win32/threadpool.h) callbacks of thread pools.
// Called by:  CreateThread, PsCreateSystemThread and the thread pool at the making; machine at a driver's unload. PASSIVE_LEVEL.
// Source:     public documentation of both: code that is unmapped must run no more (bug check 0xCE, or a crash of the host).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace drydock::nt {
struct Kernel;
}

namespace drydock::nt::ps {

struct StartedBy {
  const char* function = "";   // "CreateThread"; static storage
  const void* code = nullptr;  // the routine that is to run; null: none
  const void* owner = nullptr;  // the driver's routine that was being called; null: none
  std::vector<void*> stack;    // innermost first
};
StartedBy StartedHere(const char* function, const void* code);

struct ImageBounds {
  const void* start;
  size_t size;
};
bool IsOf(const StartedBy& started, const ImageBounds& image);

// From now on the thread is known as one of the caller's. It may have ended already.
void NoteThread(Kernel& kernel, uint64_t thread_id, const StartedBy& started);

struct LeftRunning {
  std::string words;         // "a thread (CreateThread) that still runs"
  std::vector<void*> stack;  // where it was made
};
// Threads of that image that run. They are not told again.
std::vector<LeftRunning> TakeThreads(Kernel& kernel, const ImageBounds& image);
void ForgetThread(Kernel& kernel, uint64_t thread_id);
bool HasThreads(Kernel& kernel, const ImageBounds& image);

}  // namespace drydock::nt::ps
