// What processes and threads say of themselves to drivers.
#include <ntddk.h>

#include <cstring>
#include <string>

#include "nt/ob/name_space.h"
#include "nt/ps/process.h"
#include "nt/se/impersonation.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

Process* AsProcess(PEPROCESS process) { return reinterpret_cast<Process*>(process); }
Thread* AsThread(PETHREAD thread) { return reinterpret_cast<Thread*>(thread); }

}  // namespace

namespace drydock::nt::ps {

// "\??\C:\x.exe" as the device has it that the drive letter stands for.
std::u16string NativeImageName(const Process& process) {
  if (process.image_path.empty()) return ob::ToUtf16(process.name);
  constexpr size_t kDrive = 6;  // "\??\C:"
  std::u16string device;
  if (process.image_path.size() > kDrive && NT_SUCCESS(ob::QuerySymbolicLink(*process.kernel, process.image_path.substr(0, kDrive), &device)))
    return device + process.image_path.substr(kDrive);
  return process.image_path;
}

}  // namespace drydock::nt::ps

extern "C" {

NTSTATUS PsGetProcessExitStatus(PEPROCESS Process) {
  auto* process = AsProcess(Process);
  return process->ended.load() ? process->exit_status : STATUS_PENDING;
}
PVOID PsGetProcessWow64Process(PEPROCESS Process) {
  auto* process = AsProcess(Process);
  return process->wow64 ? process : nullptr;
}
PCHAR PsGetProcessImageFileName(PEPROCESS Process) { return AsProcess(Process)->short_name; }
LONGLONG PsGetProcessCreateTimeQuadPart(PEPROCESS Process) { return AsProcess(Process)->create_time; }
ULONGLONG PsGetProcessStartKey(PEPROCESS Process) {
  constexpr int kSequenceBits = 48;  // above: which start of the computer
  return uint64_t{1} << kSequenceBits | AsProcess(Process)->id / 4;
}
HANDLE PsGetProcessInheritedFromUniqueProcessId(PEPROCESS Process) { return reinterpret_cast<HANDLE>(AsProcess(Process)->parent_id); }
LARGE_INTEGER PsGetProcessExitTime(VOID) {
  LARGE_INTEGER time;
  time.QuadPart = EffectiveProcess(CurrentThread())->exit_time.load();
  return time;
}

BOOLEAN PsIsThreadTerminating(PETHREAD Thread) { return AsThread(Thread)->terminating; }
LONGLONG PsGetThreadCreateTime(PETHREAD Thread) { return AsThread(Thread)->create_time; }
NTSTATUS PsGetThreadExitStatus(PETHREAD Thread) {
  auto* thread = AsThread(Thread);
  const bool ended = __atomic_load_n(&reinterpret_cast<DISPATCHER_HEADER*>(thread->header)->SignalState, __ATOMIC_ACQUIRE) != 0;
  return ended ? thread->exit_status : STATUS_PENDING;
}
PVOID PsGetCurrentThreadTeb(VOID) { return nullptr; }  // no thread has a block that its application could read
VOID PsRevertToSelf(VOID) { CurrentThread().impersonation = nullptr; }

// The caller frees the string and its text with one ExFreePool.
NTSTATUS SeLocateProcessImageName(PEPROCESS Process, PUNICODE_STRING* ImageFileName) {
  const std::u16string name = ps::NativeImageName(*AsProcess(Process));
  const size_t bytes = (name.size() + 1) * 2;
  auto* string = static_cast<UNICODE_STRING*>(ExAllocatePoolZero(PagedPool, sizeof(UNICODE_STRING) + bytes, 'iPeS'));
  if (!string) return STATUS_INSUFFICIENT_RESOURCES;
  string->Buffer = reinterpret_cast<PWCH>(string + 1);
  string->Length = static_cast<USHORT>(bytes - 2);
  string->MaximumLength = static_cast<USHORT>(bytes);
  std::memcpy(string->Buffer, name.c_str(), bytes);
  *ImageFileName = string;
  return STATUS_SUCCESS;
}

}  // extern "C"
