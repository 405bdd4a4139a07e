// IrpCache: a thread's free IRPs and system buffers, and the lock of its list of IRPs. Made on first use, freed when the thread ends.
// Called by:  nt/io only, on the cache's own thread; the list lock from any thread.
#pragma once

#include <atomic>

#include "nt/io/irp.h"
#include "nt/kernel.h"
#include "nt/thread.h"
#include "runtime/lock.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DRYDOCK_IO_SANITIZED 1
#endif
#endif
#ifndef DRYDOCK_IO_SANITIZED
#define DRYDOCK_IO_SANITIZED 0
#endif

namespace drydock::nt::io {

struct FreeBuffer {
  FreeBuffer* next;
};

struct IrpCache {
  // IRPs of 1 to 15 stack locations are kept, a few of each; longer ones go back to the heap.
  static constexpr int kMaxStack = 15;
  // With a sanitizer more are kept back, and the oldest is reused first, so that use after free is seen longer.
  static constexpr int kKeepIrps = DRYDOCK_IO_SANITIZED ? 64 : 16;
  // Buffer classes 1..6: 128, 256, 512, 1024, 2048, 4096 bytes.
  static constexpr int kBufferClasses = 6;
  static constexpr int kKeepBuffers = 8;
  static constexpr uint8_t kHeapBuffer = 0xFF;

  struct IrpList {
    IrpHeader* first = nullptr;
    IrpHeader* last = nullptr;
    int count = 0;
  };
  struct BufferList {
    FreeBuffer* first = nullptr;
    int count = 0;
  };

  Kernel* kernel = nullptr;
  Thread* thread = nullptr;
  IrpCache* next = nullptr;  // of all caches of the machine, under State::lock
  IrpList irps[kMaxStack + 1];
  BufferList buffers[kBufferClasses + 1];
  rt::Lock list_lock;  // guards Thread::irp_list, `list_owner` of the IRPs on it, and `ending`
  std::atomic<IrpHeader*> synchronous{nullptr};  // see BeginSynchronous
  std::atomic<bool> searching{false};            // a canceller reads it, holding list_lock
  bool ending = false; // the thread waits for `empty`
  KEVENT empty = {};
};

IrpCache& CacheOf(Thread& thread);

}  // namespace drydock::nt::io
