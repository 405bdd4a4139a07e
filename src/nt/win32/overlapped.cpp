// Results of overlapped requests, their cancellation, and requests that end in a procedure call.
#include "nt/io/async.h"
#include "nt/io/file_object.h"
#include "nt/io/irp.h"
#include "nt/ob/handle_table.h"
#include "nt/ps/types.h"
#include "nt/thread.h"
#include "nt/win32/completion_port.h"
#include "nt/win32/file_reference.h"
#include "nt/win32/program.h"
#include "nt/win32/user_apc.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace drydock::nt::win32 {

// Who hears of the end of a request, besides its event.
struct Told {
  void* port = nullptr;      // referenced; or a call to a thread:
  ULONG_PTR key = 0;
  bool skip_on_success = false;
  Program* program = nullptr;
  uint64_t thread_id = 0;
  LPOVERLAPPED_COMPLETION_ROUTINE routine = nullptr;
  OVERLAPPED* overlapped = nullptr;
};

namespace {

void Tell(void* context, const io::Result* result, bool pended) {
  auto* told = static_cast<Told*>(context);
  const bool failed_at_once = result != nullptr && NT_ERROR(result->status) && !pended;
  if (result != nullptr && !failed_at_once) {
    if (told->port != nullptr && !(told->skip_on_success && !pended))
      PostPacket(told->port, {told->key, told->overlapped, result->status, result->information});
    if (told->program != nullptr) {
      UserApc apc;
      apc.completed = told->routine;
      apc.overlapped = told->overlapped;
      apc.error = ErrorOf(result->status);
      apc.bytes = static_cast<DWORD>(result->information);
      QueueApc(*told->program, told->thread_id, apc);
    }
  }
  if (told->port != nullptr && result != nullptr) ob::Dereference(told->port);
  delete told;
}

Told* ToldOf(FILE_OBJECT* object, OVERLAPPED* overlapped, LPOVERLAPPED_COMPLETION_ROUTINE routine) {
  auto told = new Told;
  told->overlapped = overlapped;
  if (routine != nullptr) {
    told->program = CurrentProgram();
    told->thread_id = CurrentThread().thread_id;
    told->routine = routine;
    return told;
  }
  io::FileExtension* extension = io::ExtensionOf(object);
  void* port = __atomic_load_n(&extension->completion_port, __ATOMIC_ACQUIRE);
  const bool wanted = (reinterpret_cast<ULONG_PTR>(overlapped->hEvent) & 1) == 0;
  if (port == nullptr || !wanted) {
    delete told;
    return nullptr;
  }
  ob::Reference(port);
  told->port = port;
  told->key = extension->completion_key;
  told->skip_on_success = (__atomic_load_n(&extension->completion_modes, __ATOMIC_RELAXED) & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS) != 0;
  return told;
}

}  // namespace

HANDLE UntaggedEvent(const OVERLAPPED* overlapped) {
  // The lowest bit says: no packet to the completion port.
  return reinterpret_cast<HANDLE>(reinterpret_cast<ULONG_PTR>(overlapped->hEvent) & ~ULONG_PTR{1});
}

bool Finished(NTSTATUS status) {
  if (status == STATUS_SUCCESS || (NT_SUCCESS(status) && !NT_WARNING(status))) return true;
  CurrentThread().last_error = ErrorOf(status);
  return false;
}

NTSTATUS StartOverlapped(FILE_OBJECT* object, const io::Request& request, OVERLAPPED* overlapped, LPOVERLAPPED_COMPLETION_ROUTINE routine) {
  KEVENT* event = nullptr;
  if (routine == nullptr && UntaggedEvent(overlapped) != nullptr) {
    void* body;
    const NTSTATUS status = ob::ReferenceByHandle(UntaggedEvent(overlapped), EVENT_MODIFY_STATE, &ob::kEventType, KernelMode, &body);
    if (!NT_SUCCESS(status)) return status;
    event = static_cast<KEVENT*>(body);
    KeClearEvent(event);
  }
  KeClearEvent(&object->Event);
  overlapped->InternalHigh = 0;
  __atomic_store_n(&overlapped->Internal, static_cast<ULONG_PTR>(STATUS_PENDING), __ATOMIC_RELEASE);
  auto* block = new io::AsyncIo::Block;
  block->iosb = reinterpret_cast<IO_STATUS_BLOCK*>(&overlapped->Internal);
  block->event = event;
  block->set_file_event = event == nullptr;
  block->told = ToldOf(object, overlapped, routine);
  block->tell = &Tell;
  NTSTATUS status = io::StartAsync(*block, object, request);
  // What a driver pended is pending to the caller, even when it is over by now.
  if (block->completion.done() && block->pended) status = STATUS_PENDING;
  block->Release();
  if (NT_ERROR(status)) __atomic_store_n(&overlapped->Internal, static_cast<ULONG_PTR>(static_cast<ULONG>(status)), __ATOMIC_RELEASE);
  return status;
}

}  // namespace drydock::nt::win32

namespace {

BOOL StartWithRoutine(HANDLE handle, io::Request request, OVERLAPPED* overlapped, LPOVERLAPPED_COMPLETION_ROUTINE routine) {
  LeaveIfEnded();  // nothing is held yet
  Program& program = ProgramFor("ReadFileEx");
  FileReference file(handle);
  if (!Succeeded(file.status())) return FALSE;
  if (overlapped == nullptr || routine == nullptr || (file.get()->Flags & FO_SYNCHRONOUS_IO) ||
      io::ExtensionOf(file.get())->completion_port != nullptr) {
    return Succeeded(STATUS_INVALID_PARAMETER);
  }
  ExpectApcs(program);
  request.mode = UserMode;
  request.has_offset = true;
  request.offset = static_cast<int64_t>(overlapped->OffsetHigh) << 32 | overlapped->Offset;
  const NTSTATUS status = StartOverlapped(file.get(), request, overlapped, routine);
  if (NT_ERROR(status)) return Succeeded(status);
  CurrentThread().last_error = ERROR_SUCCESS;
  return TRUE;
}

bool IsPending(const OVERLAPPED* overlapped) { return !HasOverlappedIoCompleted(overlapped); }

}  // namespace

extern "C" {

BOOL ReadFileEx(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead, LPOVERLAPPED lpOverlapped,
                LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
  io::Request request;
  request.major = IRP_MJ_READ;
  request.output = lpBuffer;
  request.output_length = nNumberOfBytesToRead;
  return StartWithRoutine(hFile, request, lpOverlapped, lpCompletionRoutine);
}
BOOL WriteFileEx(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite, LPOVERLAPPED lpOverlapped,
                 LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
  io::Request request;
  request.major = IRP_MJ_WRITE;
  request.input = const_cast<void*>(lpBuffer);
  request.input_length = nNumberOfBytesToWrite;
  return StartWithRoutine(hFile, request, lpOverlapped, lpCompletionRoutine);
}

BOOL GetOverlappedResultEx(HANDLE hFile, LPOVERLAPPED lpOverlapped, LPDWORD lpNumberOfBytesTransferred, DWORD dwMilliseconds,
                           BOOL bAlertable) {
  LeaveIfEnded();
  while (IsPending(lpOverlapped)) {
    if (dwMilliseconds == 0) {
      CurrentThread().last_error = ERROR_IO_INCOMPLETE;
      return FALSE;
    }
    const HANDLE event = UntaggedEvent(lpOverlapped);
    const DWORD result = WaitForSingleObjectEx(event != nullptr ? event : hFile, dwMilliseconds, bAlertable);
    if (result == WAIT_FAILED) return FALSE;
    if (result == WAIT_IO_COMPLETION || result == WAIT_TIMEOUT) {
      CurrentThread().last_error = result;
      return FALSE;
    }
  }
  *lpNumberOfBytesTransferred = static_cast<DWORD>(lpOverlapped->InternalHigh);
  return Finished(static_cast<NTSTATUS>(lpOverlapped->Internal));
}
BOOL GetOverlappedResult(HANDLE hFile, LPOVERLAPPED lpOverlapped, LPDWORD lpNumberOfBytesTransferred, BOOL bWait) {
  return GetOverlappedResultEx(hFile, lpOverlapped, lpNumberOfBytesTransferred, bWait ? INFINITE : 0, FALSE);
}

BOOL CancelIo(HANDLE hFile) {
  LeaveIfEnded();
  FileReference file(hFile);
  if (!Succeeded(file.status())) return FALSE;
  io::CancelFile(file.get(), true);
  return TRUE;
}
BOOL CancelIoEx(HANDLE hFile, LPOVERLAPPED lpOverlapped) {
  LeaveIfEnded();
  FileReference file(hFile);
  if (!Succeeded(file.status())) return FALSE;
  const auto* iosb = lpOverlapped ? reinterpret_cast<const IO_STATUS_BLOCK*>(&lpOverlapped->Internal) : nullptr;
  return Succeeded(io::CancelFileIrps(CurrentKernel(), file.get(), iosb) != 0 ? STATUS_SUCCESS : STATUS_NOT_FOUND);
}
// Narrowed: asks all requests of the thread to end, not only the one that it waits for.
BOOL CancelSynchronousIo(HANDLE hThread) {
  LeaveIfEnded();
  void* body;
  if (!Succeeded(ob::ReferenceByHandle(hThread, 0, &ps::kThreadType, KernelMode, &body))) return FALSE;
  const uint32_t count = io::CancelThreadIrps(*static_cast<Thread*>(body), nullptr);
  ob::Dereference(body);
  return Succeeded(count != 0 ? STATUS_SUCCESS : STATUS_NOT_FOUND);
}

}  // extern "C"
