// One asynchronous request of the I/O manager: what AsyncIo and the Zw functions stand on. nt/io only.
// Ownership:  counted: one reference of the ticket, one of the request until it is finished.
#pragma once

#include <atomic>

#include "nt/io/file.h"
#include "nt/ke/completion.h"
#include "nt/mm/address_space.h"
#include "runtime/lock.h"

namespace drydock::nt::io {

struct AsyncIo::Block {
  std::atomic<uint32_t> references{2};
  rt::Lock lock;
  IRP* irp RT_GUARDED_BY(lock) = nullptr;  // while under way
  FILE_OBJECT* file = nullptr;             // referenced until finished
  Request request;
  Result result;
  ke::Completion completion;
  mm::UserRange ranges[2];
  // What a system service was given besides; written at the end, in this order.
  IO_STATUS_BLOCK* iosb = nullptr;
  KEVENT* event = nullptr;        // referenced; released when finished
  bool set_file_event = false;
  bool pended = false;            // a driver returned STATUS_PENDING; valid once finished
  // What else is told of the end (nt/win32); `told` goes with the call. Without a result: the request was never sent, or the machine ends.
  void (*tell)(void* told, const Result* result, bool pended) = nullptr;
  void* told = nullptr;

  void Release() {
    if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
};

// Sends. STATUS_PENDING, or the final status when it was not sent or completed at once (then the block is finished too).
NTSTATUS StartAsync(AsyncIo::Block& block, FILE_OBJECT* file, const Request& request);

}  // namespace drydock::nt::io
