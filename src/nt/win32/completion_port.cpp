#include "nt/win32/completion_port.h"

#include <deque>
#include <new>

#include "nt/io/file_object.h"
#include "nt/ke/drivers_wait.h"
#include "nt/ob/handle_table.h"
#include "nt/thread.h"
#include "nt/win32/file_reference.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"
#include "runtime/lock.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace drydock::nt::win32 {
namespace {

struct Port {
  KSEMAPHORE count = {};  // packets there; first: a port can be waited for
  rt::Lock lock;
  std::deque<CompletionPacket> packets RT_GUARDED_BY(lock);
};

bool Take(Port& port, CompletionPacket* packet) {
  rt::LockGuard guard(port.lock);
  if (port.packets.empty()) return false;
  *packet = port.packets.front();
  port.packets.pop_front();
  return true;
}

}  // namespace

const ob::ObjectType kCompletionPortType = {
    .name = "IoCompletion",
    .on_last_handle = nullptr,
    .on_close = nullptr,
    .discard = [](void* body) { static_cast<Port*>(body)->~Port(); },
    .parse = nullptr,
    .wait_offset = 0,
    .all_access = STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 3,
};

void* NewCompletionPort(Kernel& kernel) {
  void* body = ob::CreateObject(kernel, kCompletionPortType, sizeof(Port));
  if (body == nullptr) return nullptr;
  auto* port = new (body) Port();
  KeInitializeSemaphore(&port->count, 0, MAXLONG);
  return port;
}

void PostPacket(void* body, const CompletionPacket& packet) {
  auto& port = *static_cast<Port*>(body);
  {
    rt::LockGuard guard(port.lock);
    port.packets.push_back(packet);
  }
  KeReleaseSemaphore(&port.count, IO_NO_INCREMENT, 1, FALSE);
}

NTSTATUS RemovePackets(void* body, CompletionPacket* packets, ULONG count, ULONG* removed, LARGE_INTEGER* timeout) {
  auto& port = *static_cast<Port*>(body);
  *removed = 0;
  for (;;) {
    NTSTATUS status;
    try {
      ke::DriversWait scope;
      status = KeWaitForSingleObject(&port.count, UserRequest, KernelMode, FALSE, timeout);
    } catch (const HostEnded&) {
      return STATUS_CANCELLED;  // the caller leaves once it holds nothing
    }
    if (status != STATUS_SUCCESS) return status;
    if (Take(port, &packets[0])) break;
  }
  *removed = 1;
  LARGE_INTEGER now = {};
  while (*removed < count && KeWaitForSingleObject(&port.count, UserRequest, KernelMode, FALSE, &now) == STATUS_SUCCESS) {
    if (Take(port, &packets[*removed])) ++*removed;
  }
  return STATUS_SUCCESS;
}

namespace {

// A port by its handle, referenced for the life of the object.
class PortReference {
 public:
  explicit PortReference(HANDLE handle) {
    status_ = ob::ReferenceByHandle(handle, 0, &kCompletionPortType, KernelMode, &body_);
    if (status_ == STATUS_OBJECT_TYPE_MISMATCH) status_ = STATUS_INVALID_HANDLE;
  }
  PortReference(const PortReference&) = delete;
  ~PortReference() noexcept(false) {
    if (body_ && std::uncaught_exceptions() == 0) ob::Dereference(body_);
  }
  NTSTATUS status() const { return status_; }
  void* get() const { return body_; }

 private:
  NTSTATUS status_;
  void* body_ = nullptr;
};

}  // namespace
}  // namespace drydock::nt::win32

extern "C" {

HANDLE CreateIoCompletionPort(HANDLE FileHandle, HANDLE ExistingCompletionPort, ULONG_PTR CompletionKey,
                              DWORD NumberOfConcurrentThreads) {
  (void)NumberOfConcurrentThreads;
  LeaveIfEnded();
  HANDLE handle = ExistingCompletionPort;
  void* body = nullptr;
  if (ExistingCompletionPort == nullptr) {
    Kernel& kernel = CurrentKernel();
    body = NewCompletionPort(kernel);
    if (body == nullptr) {
      Succeeded(STATUS_INSUFFICIENT_RESOURCES);
      return nullptr;
    }
    if (!Succeeded(ob::InsertHandle(kernel, body, kCompletionPortType.all_access, HandleAttributes(), &handle))) return nullptr;
  } else if (FileHandle == INVALID_HANDLE_VALUE) {
    Succeeded(STATUS_INVALID_PARAMETER);
    return nullptr;
  }
  if (FileHandle == INVALID_HANDLE_VALUE) return handle;
  PortReference port(handle);
  FileReference file(FileHandle);
  NTSTATUS status = NT_SUCCESS(port.status()) ? file.status() : port.status();
  if (NT_SUCCESS(status)) {
    io::FileExtension* extension = io::ExtensionOf(file.get());
    // One port for the life of the file, and only for one that can have several requests under way.
    if ((file.get()->Flags & FO_SYNCHRONOUS_IO) || extension->completion_port != nullptr) {
      status = STATUS_INVALID_PARAMETER;
    } else {
      ob::Reference(port.get());
      extension->completion_key = CompletionKey;
      __atomic_store_n(&extension->completion_port, port.get(), __ATOMIC_RELEASE);
    }
  }
  if (Succeeded(status)) return handle;
  const DWORD error = CurrentThread().last_error;
  if (ExistingCompletionPort == nullptr) ob::CloseHandle(handle, KernelMode);
  CurrentThread().last_error = error;
  return nullptr;
}

static BOOL GetHeld(HANDLE CompletionPort, LPDWORD lpNumberOfBytesTransferred, PULONG_PTR lpCompletionKey, LPOVERLAPPED* lpOverlapped,
                    DWORD dwMilliseconds) {
  *lpOverlapped = nullptr;
  PortReference port(CompletionPort);
  if (!Succeeded(port.status())) return FALSE;
  LARGE_INTEGER time;
  CompletionPacket packet;
  ULONG removed;
  if (RemovePackets(port.get(), &packet, 1, &removed, Timeout(dwMilliseconds, &time)) != STATUS_SUCCESS) {
    CurrentThread().last_error = WAIT_TIMEOUT;
    return FALSE;
  }
  *lpNumberOfBytesTransferred = static_cast<DWORD>(packet.information);
  *lpCompletionKey = packet.key;
  *lpOverlapped = static_cast<LPOVERLAPPED>(packet.context);
  return Finished(packet.status);
}
BOOL GetQueuedCompletionStatus(HANDLE CompletionPort, LPDWORD lpNumberOfBytesTransferred, PULONG_PTR lpCompletionKey,
                               LPOVERLAPPED* lpOverlapped, DWORD dwMilliseconds) {
  LeaveIfEnded();
  const BOOL done = GetHeld(CompletionPort, lpNumberOfBytesTransferred, lpCompletionKey, lpOverlapped, dwMilliseconds);
  LeaveIfEnded();
  return done;
}

BOOL GetQueuedCompletionStatusEx(HANDLE CompletionPort, LPOVERLAPPED_ENTRY lpCompletionPortEntries, ULONG ulCount,
                                 PULONG ulNumEntriesRemoved, DWORD dwMilliseconds, BOOL fAlertable) {
  (void)fAlertable;
  LeaveIfEnded();
  constexpr ULONG kMost = 64;
  if (ulCount == 0) return Succeeded(STATUS_INVALID_PARAMETER);
  PortReference port(CompletionPort);
  if (!Succeeded(port.status())) return FALSE;
  LARGE_INTEGER time;
  CompletionPacket packets[kMost];
  if (RemovePackets(port.get(), packets, ulCount < kMost ? ulCount : kMost, ulNumEntriesRemoved, Timeout(dwMilliseconds, &time)) !=
      STATUS_SUCCESS) {
    CurrentThread().last_error = WAIT_TIMEOUT;
    return FALSE;
  }
  for (ULONG i = 0; i < *ulNumEntriesRemoved; ++i) {
    lpCompletionPortEntries[i] = {packets[i].key, static_cast<LPOVERLAPPED>(packets[i].context),
                                  static_cast<ULONG_PTR>(static_cast<ULONG>(packets[i].status)),
                                  static_cast<DWORD>(packets[i].information)};
  }
  return TRUE;
}

BOOL PostQueuedCompletionStatus(HANDLE CompletionPort, DWORD dwNumberOfBytesTransferred, ULONG_PTR dwCompletionKey,
                                LPOVERLAPPED lpOverlapped) {
  LeaveIfEnded();
  PortReference port(CompletionPort);
  if (!Succeeded(port.status())) return FALSE;
  PostPacket(port.get(), {dwCompletionKey, lpOverlapped, STATUS_SUCCESS, dwNumberOfBytesTransferred});
  return TRUE;
}

BOOL SetFileCompletionNotificationModes(HANDLE FileHandle, UCHAR Flags) {
  LeaveIfEnded();
  FileReference file(FileHandle);
  if (!Succeeded(file.status())) return FALSE;
  // Modes can be added, never taken back.
  __atomic_fetch_or(&io::ExtensionOf(file.get())->completion_modes, Flags, __ATOMIC_RELAXED);
  return TRUE;
}

}  // extern "C"
