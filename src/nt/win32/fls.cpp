// Storage by thread whose values have a routine at the thread's end: TLS slots with a routine beside them.
#include "nt/thread.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace drydock::nt::win32 {

void RunFlsCallbacks(Program& program) {
  const uint64_t id = CurrentThread().thread_id;
  for (size_t index = 0;; ++index) {
    void (*callback)(void*) = nullptr;
    void* value = nullptr;
    {
      rt::LockGuard guard(program.lock);
      if (index >= program.tls.size()) return;
      if (const auto found = program.tls[index].find(id); found != program.tls[index].end()) {
        value = found->second;
        program.tls[index].erase(found);
      }
      if (index < program.fls_callbacks.size()) callback = program.fls_callbacks[index];
    }
    if (callback != nullptr && value != nullptr) CallApplication(program, "FlsCallback", callback, value);
  }
}

}  // namespace drydock::nt::win32

extern "C" {

DWORD FlsAlloc(PFLS_CALLBACK_FUNCTION lpCallback) {
  const DWORD index = TlsAlloc();
  if (index == TLS_OUT_OF_INDEXES) return FLS_OUT_OF_INDEXES;
  Program& program = ProgramFor("FlsAlloc");
  rt::LockGuard guard(program.lock);
  if (program.fls_callbacks.size() <= index) program.fls_callbacks.resize(index + 1);
  program.fls_callbacks[index] = lpCallback;
  return index;
}
BOOL FlsFree(DWORD dwFlsIndex) {
  Program& program = ProgramFor("FlsFree");
  std::vector<void*> values;
  void (*callback)(void*) = nullptr;
  {
    rt::LockGuard guard(program.lock);
    if (dwFlsIndex < program.fls_callbacks.size()) std::swap(callback, program.fls_callbacks[dwFlsIndex]);
    if (callback != nullptr)
      for (const auto& [id, value] : program.tls[dwFlsIndex])
        if (value != nullptr) values.push_back(value);
  }
  const BOOL freed = TlsFree(dwFlsIndex);
  for (void* value : values) callback(value);
  return freed;
}
PVOID FlsGetValue(DWORD dwFlsIndex) { return TlsGetValue(dwFlsIndex); }
BOOL FlsSetValue(DWORD dwFlsIndex, PVOID lpFlsData) { return TlsSetValue(dwFlsIndex, lpFlsData); }

}  // extern "C"
