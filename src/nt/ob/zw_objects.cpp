// Handles, directories, symbolic links and events by their Zw and Ob names.
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/kernel.h"
#include "nt/ob/attributes.h"
#include "nt/ob/callbacks.h"
#include "nt/ob/handle_table.h"
#include "nt/ob/name_space.h"
#include "nt/ps/process.h"
#include "nt/ps/types.h"
#include "nt/thread.h"

namespace drydock::nt::ob {
const ObjectType kEventType = {"Event", nullptr, nullptr, nullptr, nullptr, 0, EVENT_ALL_ACCESS};
}

using namespace drydock::nt;

namespace {

// A driver passes what *ExEventObjectType and relatives gave it.
const ob::ObjectType* TypeOf(POBJECT_TYPE type) { return reinterpret_cast<const ob::ObjectType*>(type); }

NTSTATUS OpenNamed(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES object_attributes, const ob::ObjectType& type) {
  *handle = nullptr;
  ob::Attributes attributes;
  NTSTATUS status = attributes.Take(object_attributes);
  if (!NT_SUCCESS(status)) return status;
  return ob::OpenByName(CurrentKernel(), attributes, type, access, handle);
}

// A process by handle, for as long as it lives.
struct ProcessReference {
  explicit ProcessReference(HANDLE handle) { status = ob::ReferenceByHandle(handle, 0, &ps::kProcessType, KernelMode, &body); }
  ~ProcessReference() {
    if (body) ob::Dereference(body);
  }
  ProcessReference(const ProcessReference&) = delete;
  Process* process() const { return static_cast<Process*>(body); }
  NTSTATUS status;
  void* body = nullptr;
};

// The calling thread sees the handles of that process inside this scope.
class InProcess {
 public:
  explicit InProcess(Process& process) : before_(CurrentThread().process) { CurrentThread().process = &process; }
  ~InProcess() { CurrentThread().process = before_; }
  InProcess(const InProcess&) = delete;

 private:
  Process* const before_;
};

}  // namespace

extern "C" {

POBJECT_TYPE drydock_event_object_type = reinterpret_cast<POBJECT_TYPE>(const_cast<ob::ObjectType*>(&ob::kEventType));
POBJECT_TYPE* ExEventObjectType = &drydock_event_object_type;

NTSTATUS NTAPI ZwClose(HANDLE Handle) { return ob::CloseHandle(Handle, KernelMode); }

NTSTATUS NTAPI ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode) { return ob::CloseHandle(Handle, PreviousMode); }

BOOLEAN NTAPI ObIsKernelHandle(HANDLE Handle) { return ob::IsKernelHandle(Handle); }

NTSTATUS NTAPI ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                         PVOID* Object, POBJECT_HANDLE_INFORMATION HandleInformation) {
  ACCESS_MASK granted = 0;
  NTSTATUS status = ob::ReferenceByHandle(Handle, DesiredAccess, TypeOf(ObjectType), AccessMode, Object, &granted);
  if (NT_SUCCESS(status) && HandleInformation) {
    HandleInformation->HandleAttributes = 0;
    HandleInformation->GrantedAccess = granted;
  }
  return status;
}

NTSTATUS NTAPI ObReferenceObjectByHandleWithTag(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                                KPROCESSOR_MODE AccessMode, ULONG Tag, PVOID* Object,
                                                POBJECT_HANDLE_INFORMATION HandleInformation) {
  (void)Tag;
  return ObReferenceObjectByHandle(Handle, DesiredAccess, ObjectType, AccessMode, Object, HandleInformation);
}

BOOLEAN NTAPI ObReferenceObjectSafe(PVOID Object) { return ob::ReferenceUnlessZero(Object); }

NTSTATUS NTAPI ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes, PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess,
                                     POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode, PHANDLE Handle) {
  (void)PassedAccessState;
  *Handle = nullptr;
  NTSTATUS status = ObReferenceObjectByPointer(Object, DesiredAccess, ObjectType, AccessMode);
  if (!NT_SUCCESS(status)) return status;
  return ob::InsertHandle(CurrentKernel(), Object, DesiredAccess, HandleAttributes, Handle);
}

NTSTATUS NTAPI ObQueryNameString(PVOID Object, POBJECT_NAME_INFORMATION ObjectNameInfo, ULONG Length, PULONG ReturnLength) {
  std::u16string name = ob::NameOf(Object);
  ULONG bytes = static_cast<ULONG>(name.size() * 2);
  ULONG needed = static_cast<ULONG>(sizeof(OBJECT_NAME_INFORMATION)) + (bytes ? bytes + 2 : 0);
  *ReturnLength = needed;
  if (Length < needed) return Length < sizeof(OBJECT_NAME_INFORMATION) ? STATUS_INFO_LENGTH_MISMATCH : STATUS_BUFFER_OVERFLOW;
  ObjectNameInfo->Name = {};
  if (bytes) {
    ObjectNameInfo->Name.Buffer = reinterpret_cast<PWCH>(ObjectNameInfo + 1);
    ObjectNameInfo->Name.Length = static_cast<USHORT>(bytes);
    ObjectNameInfo->Name.MaximumLength = static_cast<USHORT>(bytes + 2);
    std::memcpy(ObjectNameInfo->Name.Buffer, name.c_str(), bytes + 2);
  }
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ZwMakeTemporaryObject(HANDLE Handle) {
  void* body;
  NTSTATUS status = ob::ReferenceByHandle(Handle, DELETE, nullptr, KernelMode, &body);
  if (!NT_SUCCESS(status)) return status;
  // From now on the name goes with the last handle.
  ob::HeaderOf(body)->flags &= ~ob::kPermanent;
  ob::Dereference(body);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ZwDuplicateObject(HANDLE SourceProcessHandle, HANDLE SourceHandle, HANDLE TargetProcessHandle, PHANDLE TargetHandle,
                                 ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Options) {
  Kernel& kernel = CurrentKernel();
  ProcessReference source(SourceProcessHandle), target(TargetProcessHandle ? TargetProcessHandle : ZwCurrentProcess());
  if (!NT_SUCCESS(source.status)) return source.status;
  if (!NT_SUCCESS(target.status)) return target.status;
  void* body;
  ACCESS_MASK granted;
  {
    InProcess inside(*source.process());
    const NTSTATUS status = ob::ReferenceByHandle(SourceHandle, 0, nullptr, KernelMode, &body, &granted);
    if (!NT_SUCCESS(status)) return status;
  }
  NTSTATUS status = STATUS_SUCCESS;
  if (TargetHandle && TargetProcessHandle) {
    ob::HandleFilter filter(kernel, body, HandleAttributes, source.process(), target.process());
    const ACCESS_MASK access = filter.Before(Options & DUPLICATE_SAME_ACCESS ? granted : DesiredAccess);
    status = ob::InsertHandleFor(kernel, target.process(), body, access, HandleAttributes, TargetHandle);
    filter.After(status, access);
  } else {
    ob::Dereference(body);
  }
  if (Options & DUPLICATE_CLOSE_SOURCE) {
    InProcess inside(*source.process());
    ob::CloseHandle(SourceHandle, KernelMode);
  }
  return status;
}

NTSTATUS NTAPI ZwWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout) {
  void* body;
  NTSTATUS status = ob::ReferenceByHandle(Handle, SYNCHRONIZE, nullptr, KernelMode, &body);
  if (!NT_SUCCESS(status)) return status;
  int32_t offset = ob::HeaderOf(body)->type->wait_offset;
  if (offset == ob::kNotWaitable) {
    status = STATUS_OBJECT_TYPE_MISMATCH;
  } else {
    status = KeWaitForSingleObject(static_cast<char*>(body) + offset, UserRequest, KernelMode, Alertable, Timeout);
  }
  ob::Dereference(body);
  return status;
}

NTSTATUS NTAPI ZwCreateDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  *DirectoryHandle = nullptr;
  ob::Attributes attributes;
  NTSTATUS status = attributes.Take(ObjectAttributes);
  if (!NT_SUCCESS(status)) return status;
  void* directory = ob::NewDirectoryObject(CurrentKernel());
  if (!directory) return STATUS_INSUFFICIENT_RESOURCES;
  return ob::InsertWithHandle(CurrentKernel(), directory, attributes, DesiredAccess, DirectoryHandle);
}

NTSTATUS NTAPI ZwOpenDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  return OpenNamed(DirectoryHandle, DesiredAccess, ObjectAttributes, ob::kDirectoryType);
}

NTSTATUS NTAPI ZwCreateSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                          PUNICODE_STRING LinkTarget) {
  *LinkHandle = nullptr;
  std::u16string_view target = ob::View(LinkTarget);
  if (target.empty()) return STATUS_INVALID_PARAMETER;
  ob::Attributes attributes;
  NTSTATUS status = attributes.Take(ObjectAttributes);
  if (!NT_SUCCESS(status)) return status;
  void* link = ob::NewSymbolicLinkObject(CurrentKernel(), target);
  if (!link) return STATUS_INSUFFICIENT_RESOURCES;
  return ob::InsertWithHandle(CurrentKernel(), link, attributes, DesiredAccess, LinkHandle);
}

NTSTATUS NTAPI ZwOpenSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  return OpenNamed(LinkHandle, DesiredAccess, ObjectAttributes, ob::kSymbolicLinkType);
}

NTSTATUS NTAPI ZwQuerySymbolicLinkObject(HANDLE LinkHandle, PUNICODE_STRING LinkTarget, PULONG ReturnedLength) {
  void* link;
  NTSTATUS status = ob::ReferenceByHandle(LinkHandle, 0, &ob::kSymbolicLinkType, KernelMode, &link);
  if (!NT_SUCCESS(status)) return status;
  const std::u16string& target = ob::TargetOf(link);
  ULONG bytes = static_cast<ULONG>(target.size() * 2);
  if (ReturnedLength) *ReturnedLength = bytes;
  if (bytes > LinkTarget->MaximumLength) {
    status = STATUS_BUFFER_TOO_SMALL;
  } else {
    std::memcpy(LinkTarget->Buffer, target.data(), bytes);
    LinkTarget->Length = static_cast<USHORT>(bytes);
  }
  ob::Dereference(link);
  return status;
}

NTSTATUS NTAPI ZwCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, EVENT_TYPE EventType,
                             BOOLEAN InitialState) {
  *EventHandle = nullptr;
  ob::Attributes attributes;
  NTSTATUS status = attributes.Take(ObjectAttributes);
  if (!NT_SUCCESS(status)) return status;
  auto* event = ob::CreateObject<KEVENT>(CurrentKernel(), ob::kEventType);
  if (!event) return STATUS_INSUFFICIENT_RESOURCES;
  KeInitializeEvent(event, EventType, InitialState);
  return ob::InsertWithHandle(CurrentKernel(), event, attributes, DesiredAccess, EventHandle);
}

NTSTATUS NTAPI ZwOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  return OpenNamed(EventHandle, DesiredAccess, ObjectAttributes, ob::kEventType);
}

NTSTATUS NTAPI ZwSetEvent(HANDLE EventHandle, PLONG PreviousState) {
  void* event;
  NTSTATUS status = ob::ReferenceByHandle(EventHandle, EVENT_MODIFY_STATE, &ob::kEventType, KernelMode, &event);
  if (!NT_SUCCESS(status)) return status;
  LONG previous = KeSetEvent(static_cast<PKEVENT>(event), EVENT_INCREMENT, FALSE);
  if (PreviousState) *PreviousState = previous;
  ob::Dereference(event);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ZwClearEvent(HANDLE EventHandle) {
  void* event;
  NTSTATUS status = ob::ReferenceByHandle(EventHandle, EVENT_MODIFY_STATE, &ob::kEventType, KernelMode, &event);
  if (!NT_SUCCESS(status)) return status;
  KeClearEvent(static_cast<PKEVENT>(event));
  ob::Dereference(event);
  return STATUS_SUCCESS;
}

static PKEVENT CreateNamedEvent(PUNICODE_STRING name, PHANDLE handle, EVENT_TYPE type) {
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, name, OBJ_OPENIF | OBJ_KERNEL_HANDLE, nullptr, nullptr);
  if (!NT_SUCCESS(ZwCreateEvent(handle, EVENT_ALL_ACCESS, &attributes, type, TRUE))) return nullptr;
  void* event;
  if (!NT_SUCCESS(ob::ReferenceByHandle(*handle, 0, &ob::kEventType, KernelMode, &event))) return nullptr;
  // As documented: the handle keeps the event, the pointer does not.
  ob::Dereference(event);
  return static_cast<PKEVENT>(event);
}

PKEVENT NTAPI IoCreateNotificationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle) {
  return CreateNamedEvent(EventName, EventHandle, NotificationEvent);
}

PKEVENT NTAPI IoCreateSynchronizationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle) {
  return CreateNamedEvent(EventName, EventHandle, SynchronizationEvent);
}

}  // extern "C"
