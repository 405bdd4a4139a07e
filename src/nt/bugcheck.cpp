#include "nt/bugcheck.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "nt/bugcheck_raise.h"
#include "nt/dbg/state.h"
#include "nt/driver_callback.h"
#include "nt/ke/state.h"
#include "nt/kernel.h"
#include "nt/thread.h"
#include "nt/trace.h"
#include "nt/win32/crash.h"
#include "runtime/fault_handler.h"

namespace drydock::nt {

void RaiseBugCheck(BugCheckData data) {
  Kernel* kernel = CurrentKernelOrNull();
  if (kernel == nullptr) {
    std::fprintf(stderr, "drydock: bug check 0x%X outside a machine: %s\n", data.code, data.words.c_str());
    std::abort();
  }
  // What a driver does inside a host ends that, where the machine is made so.
  if (!kernel->executor.stopped()) {
    CallbackFrame* frame = CurrentThread().callbacks;
    CallbackHost* host = frame ? frame->host : nullptr;
    if (host && host->program) {
      // An application's crash is its own.
      win32::Crashed(*host->program, data);
      throw HostEnded();
    }
    if (host && kernel->host_failed && kernel->host_failed(*kernel, *host, data)) throw HostEnded();
  }
  // In a machine that has stopped, what unwinds may well trip over what is no more: only the first failure is told.
  if (!kernel->executor.stopped() && !kernel->bug_checked.exchange(true)) {
    data.task = rt::CurrentTask()->id;
    // A parameter may be an address, which differs between runs: only the code is recorded.
    RecordEvent(*kernel, kEventBugCheck, data.code);
    ke::RunBugCheckCallbacks(*kernel, data);
    if (kernel->on_bug_check) kernel->on_bug_check(kernel->on_bug_check_context, data);
    kernel->executor.Stop();
  }
  throw rt::TaskStopped();
}

void BugCheck(uint32_t code, BugCheckParameters parameters, std::string words) {
  BugCheckData data;
  data.code = code;
  data.parameters[0] = parameters.p1;
  data.parameters[1] = parameters.p2;
  data.parameters[2] = parameters.p3;
  data.parameters[3] = parameters.p4;
  data.words = std::move(words);
  data.stack.resize(64);
  data.stack.resize(rt::CaptureStack(data.stack.data(), data.stack.size(), 1));
  RaiseBugCheck(std::move(data));
}

void Break(std::string words) {
  Kernel& kernel = CurrentKernel();
  RecordEvent(kernel, kEventBreak);
  dbg::PrintLine(kernel, "break: " + words);
  if (kernel.on_break) kernel.on_break(kernel.on_break_context, words);
}

}  // namespace drydock::nt
