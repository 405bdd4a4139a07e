#include "nt/win32/user_apc.h"

#include <deque>

#include "nt/ke/drivers_wait.h"
#include "nt/ob/handle_table.h"
#include "nt/ps/types.h"
#include "nt/thread.h"
#include "nt/win32/win32.h"

namespace drydock::nt::win32 {

struct ApcQueue {
  KEVENT event = {};
  std::deque<UserApc> apcs;  // under Program::lock
};

namespace {

ApcQueue& QueueOf(Program& program) {
  rt::LockGuard guard(program.lock);
  auto& queue = program.apc_queues[CurrentThread().thread_id];
  if (!queue) {
    queue = std::make_shared<ApcQueue>();
    KeInitializeEvent(&queue->event, NotificationEvent, FALSE);
  }
  return *queue;
}

}  // namespace

void ExpectApcs(Program& program) { QueueOf(program); }

bool QueueApc(Program& program, uint64_t thread_id, const UserApc& apc) {
  std::shared_ptr<ApcQueue> queue;
  {
    rt::LockGuard guard(program.lock);
    auto found = program.apc_queues.find(thread_id);
    if (found == program.apc_queues.end()) return false;
    queue = found->second;
    queue->apcs.push_back(apc);
  }
  KeSetEvent(&queue->event, IO_NO_INCREMENT, FALSE);
  return true;
}

bool RunApcs(Program& program) {
  ApcQueue& queue = QueueOf(program);
  for (bool any = false;; any = true) {
    UserApc apc;
    {
      rt::LockGuard guard(program.lock);
      if (queue.apcs.empty()) {
        KeClearEvent(&queue.event);
        return any;
      }
      apc = queue.apcs.front();
      queue.apcs.pop_front();
    }
    if (apc.completed) CallApplication(program, "CompletionRoutine", apc.completed, apc.error, apc.bytes, apc.overlapped);
    else CallApplication(program, "APCProc", apc.function, apc.parameter);
    LeaveIfEnded();
  }
}

NTSTATUS AlertableWait(Program& program, void** headers, ULONG count, LARGE_INTEGER* timeout) {
  if (RunApcs(program)) return STATUS_USER_APC;
  void* all[MAXIMUM_WAIT_OBJECTS];
  if (count >= MAXIMUM_WAIT_OBJECTS) return STATUS_INVALID_PARAMETER;
  for (ULONG i = 0; i < count; ++i) all[i] = headers[i];
  all[count] = &QueueOf(program).event;
  KWAIT_BLOCK blocks[MAXIMUM_WAIT_OBJECTS];
  NTSTATUS status;
  {
    ke::DriversWait scope;
    status = KeWaitForMultipleObjects(count + 1, all, WaitAny, UserRequest, KernelMode, FALSE, timeout, blocks);
  }
  if (status != static_cast<NTSTATUS>(count)) return status;
  RunApcs(program);
  return STATUS_USER_APC;
}

}  // namespace drydock::nt::win32

using namespace drydock::nt;
using namespace drydock::nt::win32;

extern "C" DWORD QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData) {
  Program& program = ProgramFor("QueueUserAPC");
  LeaveIfEnded();
  uint64_t id = CurrentThread().thread_id;
  if (hThread != ZwCurrentThread()) {
    void* body;
    if (!Succeeded(ob::ReferenceByHandle(hThread, 0, &ps::kThreadType, KernelMode, &body))) return 0;
    id = static_cast<Thread*>(body)->thread_id;
    ob::Dereference(body);
  } else {
    ExpectApcs(program);
  }
  UserApc apc;
  apc.function = pfnAPC;
  apc.parameter = dwData;
  if (QueueApc(program, id, apc)) return 1;
  Succeeded(STATUS_UNSUCCESSFUL);
  return 0;
}
