// Processes and threads by handle. Source: public documentation of ZwOpenProcess, ZwTerminateProcess, ZwQueryInformationProcess and their kin.
#include <ntddk.h>

#include <cstring>
#include <string>

#include "nt/kernel.h"
#include "nt/ob/attributes.h"
#include "nt/ob/handle_table.h"
#include "nt/ob/name_space.h"
#include "nt/ps/process.h"
#include "nt/ps/types.h"
#include "nt/thread.h"

namespace drydock::nt::ps {
std::u16string NativeImageName(const Process& process);  // facts_ddi.cpp
}

using namespace drydock::nt;

namespace {

template <class T>
struct ByHandle {
  ByHandle(HANDLE handle, ACCESS_MASK access, const ob::ObjectType& type) { status = ob::ReferenceByHandle(handle, access, &type, KernelMode, &body); }
  ~ByHandle() {
    if (body) ob::Dereference(body);
  }
  ByHandle(const ByHandle&) = delete;
  T* operator->() const { return static_cast<T*>(body); }
  T* get() const { return static_cast<T*>(body); }
  NTSTATUS status;
  void* body = nullptr;
};

template <class T>
NTSTATUS Give(const T& value, void* buffer, ULONG length, ULONG* returned) {
  if (returned) *returned = sizeof value;
  if (length != sizeof value) return STATUS_INFO_LENGTH_MISMATCH;
  std::memcpy(buffer, &value, sizeof value);
  return STATUS_SUCCESS;
}

NTSTATUS GiveText(const std::u16string& text, void* buffer, ULONG length, ULONG* returned) {
  const size_t bytes = text.size() * 2;
  const auto needed = static_cast<ULONG>(sizeof(UNICODE_STRING) + bytes + 2);
  if (returned) *returned = needed;
  if (length < needed) return STATUS_INFO_LENGTH_MISMATCH;
  auto* string = static_cast<UNICODE_STRING*>(buffer);
  *string = {static_cast<USHORT>(bytes), static_cast<USHORT>(bytes + 2), reinterpret_cast<PWCH>(string + 1)};
  std::memcpy(string->Buffer, text.c_str(), bytes + 2);
  return STATUS_SUCCESS;
}

KAFFINITY AllProcessors() { return KeQueryActiveProcessors(); }

}  // namespace

extern "C" {

NTSTATUS ZwOpenProcess(PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId) {
  *ProcessHandle = nullptr;
  if (!ClientId || (ObjectAttributes && ObjectAttributes->ObjectName)) return STATUS_INVALID_PARAMETER_MIX;
  const ULONG attributes = ObjectAttributes ? ObjectAttributes->Attributes : 0;
  void* body;
  if (ClientId->UniqueThread) {
    PETHREAD thread;
    if (!NT_SUCCESS(PsLookupThreadByThreadId(ClientId->UniqueThread, &thread))) return STATUS_INVALID_CID;
    body = reinterpret_cast<Thread*>(thread)->process;
    const bool other = ClientId->UniqueProcess && reinterpret_cast<uint64_t>(ClientId->UniqueProcess) != static_cast<Process*>(body)->id;
    if (!other) ob::Reference(body);
    ob::Dereference(thread);
    if (other) return STATUS_INVALID_CID;
  } else {
    body = ps::FindProcess(CurrentKernel(), reinterpret_cast<uint64_t>(ClientId->UniqueProcess));
    if (!body) return STATUS_INVALID_CID;
    ob::Reference(body);
  }
  return ob::InsertHandle(CurrentKernel(), body, DesiredAccess & GENERIC_ALL ? PROCESS_ALL_ACCESS : DesiredAccess, attributes, ProcessHandle);
}

NTSTATUS ZwOpenThread(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId) {
  *ThreadHandle = nullptr;
  if (!ClientId || (ObjectAttributes && ObjectAttributes->ObjectName)) return STATUS_INVALID_PARAMETER_MIX;
  PETHREAD thread;
  if (!NT_SUCCESS(PsLookupThreadByThreadId(ClientId->UniqueThread, &thread))) return STATUS_INVALID_CID;
  auto* body = reinterpret_cast<Thread*>(thread);
  if (ClientId->UniqueProcess && reinterpret_cast<uint64_t>(ClientId->UniqueProcess) != body->process->id) {
    ob::Dereference(body);
    return STATUS_INVALID_CID;
  }
  return ob::InsertHandle(CurrentKernel(), body, DesiredAccess & GENERIC_ALL ? THREAD_ALL_ACCESS : DesiredAccess,
                          ObjectAttributes ? ObjectAttributes->Attributes : 0, ThreadHandle);
}

// Ends an application of the machine. The processes that stand for a test or for a host of drivers belong to who made them.
NTSTATUS ZwTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus) {
  ByHandle<Process> process(ProcessHandle ? ProcessHandle : ZwCurrentProcess(), PROCESS_TERMINATE, ps::kProcessType);
  if (!NT_SUCCESS(process.status)) return process.status;
  if (process->ended.load()) return STATUS_PROCESS_IS_TERMINATING;
  if (!process->terminate) return STATUS_ACCESS_DENIED;
  process->terminate(process->owner, ExitStatus);
  return STATUS_SUCCESS;
}

NTSTATUS ZwQueryInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS ProcessInformationClass, PVOID ProcessInformation,
                                   ULONG ProcessInformationLength, PULONG ReturnLength) {
  ByHandle<Process> process(ProcessHandle, PROCESS_QUERY_INFORMATION, ps::kProcessType);
  if (!NT_SUCCESS(process.status)) return process.status;
  auto give = [&](const auto& value) { return Give(value, ProcessInformation, ProcessInformationLength, ReturnLength); };
  switch (ProcessInformationClass) {
    case ProcessBasicInformation: {
      PROCESS_BASIC_INFORMATION info{};
      info.ExitStatus = PsGetProcessExitStatus(reinterpret_cast<PEPROCESS>(process.get()));
      info.AffinityMask = AllProcessors();
      info.BasePriority = 8;
      info.UniqueProcessId = process->id;
      info.InheritedFromUniqueProcessId = process->parent_id;
      return give(info);
    }
    case ProcessTimes: {
      KERNEL_USER_TIMES times{};
      times.CreateTime.QuadPart = process->create_time;
      times.ExitTime.QuadPart = process->exit_time.load();
      return give(times);
    }
    case ProcessBasePriority: return give(KPRIORITY{8});
    case ProcessDebugPort: return give(ULONG_PTR{0});
    case ProcessWow64Information: return give(static_cast<ULONG_PTR>(process->wow64));
    case ProcessHandleCount: return give(static_cast<ULONG>(ob::OpenHandleCount(CurrentKernel(), process.get())));
    case ProcessSessionInformation: return give(ULONG{process->system ? 0u : 1u});
    case ProcessBreakOnTermination: return give(ULONG{process->system});
    case ProcessImageFileName: return GiveText(process->system ? u"" : ps::NativeImageName(*process.get()), ProcessInformation, ProcessInformationLength, ReturnLength);
    case ProcessImageFileNameWin32: {
      std::u16string path = process->image_path;
      if (path.starts_with(u"\\??\\")) path.erase(0, 4);
      return GiveText(path.empty() ? ob::ToUtf16(process->name) : path, ProcessInformation, ProcessInformationLength, ReturnLength);
    }
    case ProcessCommandLineInformation: {
      const std::u16string text = process->command_line.empty() ? ob::ToUtf16(process->name) : process->command_line;
      return GiveText(text, ProcessInformation, ProcessInformationLength, ReturnLength);
    }
    default: return STATUS_INVALID_INFO_CLASS;
  }
}

// How processes are scheduled is the host system's affair: what says so is taken and changes nothing.
NTSTATUS ZwSetInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS ProcessInformationClass, PVOID ProcessInformation,
                                 ULONG ProcessInformationLength) {
  (void)ProcessInformation, (void)ProcessInformationLength;
  ByHandle<Process> process(ProcessHandle, 0, ps::kProcessType);
  if (!NT_SUCCESS(process.status)) return process.status;
  switch (ProcessInformationClass) {
    case ProcessBasePriority:
    case ProcessRaisePriority:
    case ProcessPriorityClass:
    case ProcessPriorityBoost:
    case ProcessIoPriority: return STATUS_SUCCESS;
    default: return STATUS_INVALID_INFO_CLASS;
  }
}

NTSTATUS ZwQueryInformationThread(HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass, PVOID ThreadInformation,
                                  ULONG ThreadInformationLength, PULONG ReturnLength) {
  ByHandle<Thread> thread(ThreadHandle, THREAD_QUERY_INFORMATION, ps::kThreadType);
  if (!NT_SUCCESS(thread.status)) return thread.status;
  auto give = [&](const auto& value) { return Give(value, ThreadInformation, ThreadInformationLength, ReturnLength); };
  const KPRIORITY priority = KeQueryPriorityThread(reinterpret_cast<PKTHREAD>(thread.get()));
  const NTSTATUS exit = PsGetThreadExitStatus(reinterpret_cast<PETHREAD>(thread.get()));
  switch (ThreadInformationClass) {
    case ThreadBasicInformation: {
      struct {
        NTSTATUS exit_status;
        PVOID teb;
        CLIENT_ID client;
        KAFFINITY affinity;
        KPRIORITY priority, base_priority;
      } info{exit, nullptr, {reinterpret_cast<HANDLE>(thread->process->id), reinterpret_cast<HANDLE>(thread->thread_id)}, AllProcessors(), priority, 8};
      return give(info);
    }
    case ThreadTimes: {
      KERNEL_USER_TIMES times{};
      times.CreateTime.QuadPart = thread->create_time;
      return give(times);
    }
    case ThreadIsTerminated: return give(static_cast<ULONG>(exit != STATUS_PENDING));
    default: return STATUS_INVALID_INFO_CLASS;
  }
}

NTSTATUS ZwSetInformationThread(HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass, PVOID ThreadInformation,
                                ULONG ThreadInformationLength) {
  ByHandle<Thread> thread(ThreadHandle, THREAD_SET_INFORMATION, ps::kThreadType);
  if (!NT_SUCCESS(thread.status)) return thread.status;
  auto is = [&](size_t bytes) { return ThreadInformationLength == bytes ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH; };
  auto* kthread = reinterpret_cast<PKTHREAD>(thread.get());
  switch (ThreadInformationClass) {
    case ThreadPriority:
      if (NT_SUCCESS(is(sizeof(KPRIORITY)))) KeSetPriorityThread(kthread, *static_cast<KPRIORITY*>(ThreadInformation));
      return is(sizeof(KPRIORITY));
    case ThreadBasePriority:
      if (NT_SUCCESS(is(sizeof(LONG)))) KeSetBasePriorityThread(kthread, *static_cast<LONG*>(ThreadInformation));
      return is(sizeof(LONG));
    case ThreadAffinityMask:
      if (!NT_SUCCESS(is(sizeof(KAFFINITY)))) return is(sizeof(KAFFINITY));
      return *static_cast<KAFFINITY*>(ThreadInformation) & AllProcessors() ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case ThreadPriorityBoost:
    case ThreadIoPriority:
    case ThreadPagePriority:
    case ThreadBreakOnTermination: return is(sizeof(ULONG));
    case ThreadIdealProcessor: return is(sizeof(ULONG));
    case ThreadHideFromDebugger: return is(0);
    case ThreadNameInformation: return is(sizeof(UNICODE_STRING));  // reports know a thread by its task's name
    default: return STATUS_INVALID_INFO_CLASS;
  }
}

NTSTATUS ZwAllocateLocallyUniqueId(PLUID Luid) {
  constexpr ULONG kFirst = 0x3E9;  // below: the system's own
  *Luid = {kFirst + CurrentKernel().NextTraceId(), 0};
  return STATUS_SUCCESS;
}

}  // extern "C"
