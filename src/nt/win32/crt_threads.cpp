// Threads of the C run-time.
#include "nt/ob/handle_table.h"
#include "nt/ps/process.h"
#include "nt/thread.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

struct Plain {
  void (*start)(void*);
  void* argument;
};

DWORD RunPlain(LPVOID parameter) {
  const Plain plain = *static_cast<Plain*>(parameter);
  delete static_cast<Plain*>(parameter);
  plain.start(plain.argument);
  return 0;
}

}  // namespace

extern "C" {

uintptr_t _beginthreadex(void* security, unsigned stack_size, unsigned (*start)(void*), void* argument, unsigned flags, unsigned* thread_id) {
  (void)security;
  return reinterpret_cast<uintptr_t>(CreateThread(nullptr, stack_size, start, argument, flags, thread_id));
}
// Narrowed: the handle stays open until the process ends.
uintptr_t _beginthread(void (*start)(void*), unsigned stack_size, void* argument) {
  auto* plain = new Plain{start, argument};
  const HANDLE handle = CreateThread(nullptr, stack_size, &RunPlain, plain, 0, nullptr);
  if (handle == nullptr) {
    delete plain;
    return static_cast<uintptr_t>(-1);
  }
  return reinterpret_cast<uintptr_t>(handle);
}
void _endthreadex(unsigned code) { ExitThread(code); }
void _endthread(void) { ExitThread(0); }
int _getpid(void) { return static_cast<int>(EffectiveProcess(CurrentThread())->id); }

}  // extern "C"
