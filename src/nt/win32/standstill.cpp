#include "nt/win32/standstill.h"

#include <algorithm>

#include "nt/ke/wait_info.h"
#include "nt/ps/process.h"
#include "nt/win32/program.h"

namespace drydock::nt::win32 {
namespace {

struct Look {
  Program* program;
  Standstill found;
};

void LookAtThread(void* context, Thread& thread) {
  Look& look = *static_cast<Look*>(context);
  if (thread.process != look.program->process || thread.wait == nullptr) return;
  rt::LockGuard guard(thread.wait->lock);
  look.found.progress = (look.found.progress * 1099511628211u + thread.thread_id) * 1099511628211u + thread.wait->waits;
  // A wait of many years is one without an end, as code that adds up times makes it.
  look.found.waits_for_ever &= thread.wait->waiting && thread.wait->deadline > rt::kNever / 2;
  look.found.asks_user |= thread.wait->waiting && thread.wait->info.object == &look.program->input_event;
}

}  // namespace

Standstill LookAt(Program& program) {
  Look look{&program, {}};
  ps::ForEachThread(*program.kernel, &LookAtThread, &look);
  rt::LockGuard guard(program.lock);
  look.found.asks_user |= program.service != nullptr ||
                          std::any_of(program.control_handlers.begin(), program.control_handlers.end(), [](auto handler) { return handler != nullptr; });
  return look.found;
}

}  // namespace drydock::nt::win32
