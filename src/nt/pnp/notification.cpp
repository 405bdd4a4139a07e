#include "nt/pnp/notification.h"

#include <algorithm>
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/driver_callback.h"
#include "nt/io/device.h"
#include "nt/io/interface.h"
#include "nt/io/sync_irp.h"
#include "nt/io/trace_kinds.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/node.h"
#include "nt/pnp/state.h"
#include "nt/thread.h"
#include "nt/trace.h"

namespace drydock::nt::pnp {

// One IoRegisterPlugPlayNotification. Counted: the list's reference, and one per callback that is running or about to.
struct Registration {
  IO_NOTIFICATION_EVENT_CATEGORY category;
  GUID guid;                 // interface class
  bool all = false;          // every one
  FILE_OBJECT* file;         // target device change: only told back; not referenced, so that its owner may close it when asked
  DEVICE_OBJECT* pdo;        // the target
  DRIVER_OBJECT* driver;
  PDRIVER_NOTIFICATION_CALLBACK_ROUTINE callback;
  void* context;
  uint32_t references = 1;   // under State::lock
  uint32_t running = 0;      // callbacks on their way, under State::lock
  const Thread* runner = nullptr;
  bool removed = false;
  bool waited_for = false;
  KEVENT idle;               // set when `running` drops to zero after removal
};

namespace {

constexpr GUID kQueryRemoveGuid = {0xCB3A4006, 0x46F0, 0x11D0, {0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F}};
constexpr GUID kRemoveCompleteGuid = {0xCB3A4008, 0x46F0, 0x11D0, {0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F}};
constexpr GUID kRemoveCancelledGuid = {0xCB3A4007, 0x46F0, 0x11D0, {0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F}};
constexpr GUID kInterfaceArrivalGuid = {0xCB3A4004, 0x46F0, 0x11D0, {0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F}};
constexpr GUID kInterfaceRemovalGuid = {0xCB3A4005, 0x46F0, 0x11D0, {0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F}};

bool SameGuid(const GUID& a, const GUID& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

void Drop(State& state, Registration* registration) {
  bool last;
  {
    rt::LockGuard guard(state.lock);
    last = --registration->references == 0;
  }
  if (last) delete registration;
}

// Calls back unless it was unregistered meanwhile.
NTSTATUS Call(State& state, Registration* registration, void* structure) {
  {
    rt::LockGuard guard(state.lock);
    if (registration->removed) return STATUS_SUCCESS;
    ++registration->running;
    registration->runner = CurrentThreadOrNull();
  }
  NTSTATUS status =
      CallDriver("DRIVER_NOTIFICATION_CALLBACK_ROUTINE", registration->callback, structure, registration->context);
  bool signal;
  {
    rt::LockGuard guard(state.lock);
    registration->runner = nullptr;
    signal = --registration->running == 0 && registration->waited_for;
  }
  if (signal) KeSetEvent(&registration->idle, IO_NO_INCREMENT, FALSE);
  return status;
}

template <class Match>
std::vector<Registration*> Select(State& state, Match match) {
  std::vector<Registration*> list;
  rt::LockGuard guard(state.lock);
  for (Registration* registration : state.registrations) {
    if (!match(*registration)) continue;
    ++registration->references;
    list.push_back(registration);
  }
  return list;
}

struct InterfaceJob : Job {
  void Run() override {
    UNICODE_STRING link;
    link.Buffer = reinterpret_cast<PWCH>(name.data());
    link.Length = static_cast<USHORT>(name.size() * 2);
    link.MaximumLength = static_cast<USHORT>(link.Length + 2);
    DEVICE_INTERFACE_CHANGE_NOTIFICATION structure = {};
    structure.Version = 1;
    structure.Size = sizeof structure;
    structure.Event = arrival ? kInterfaceArrivalGuid : kInterfaceRemovalGuid;
    structure.InterfaceClassGuid = guid;
    structure.SymbolicLinkName = &link;
    for (Registration* registration : targets) {
      Call(*state, registration, &structure);
      Drop(*state, registration);
    }
  }
  State* state;
  std::vector<Registration*> targets;
  GUID guid;
  std::u16string name;
  bool arrival;
};

struct InstanceJob : Job {
  void Run() override {
    InstanceNotification structure = {{1, sizeof structure, kInstanceChange}, change, &path};
    for (Registration* registration : targets) {
      Call(*state, registration, &structure);
      Drop(*state, registration);
    }
  }
  State* state;
  std::vector<Registration*> targets;
  InstanceChange change;
  std::u16string path;
};

void* Register(Kernel& kernel, IO_NOTIFICATION_EVENT_CATEGORY category, PDRIVER_NOTIFICATION_CALLBACK_ROUTINE callback, void* context) {
  auto registration = std::make_unique<Registration>();
  registration->category = category;
  registration->guid = {};
  registration->all = true;
  registration->file = nullptr;
  registration->pdo = nullptr;
  registration->driver = nullptr;
  registration->callback = callback;
  registration->context = context;
  KeInitializeEvent(&registration->idle, NotificationEvent, FALSE);
  rt::LockGuard guard(kernel.pnp->lock);
  kernel.pnp->registrations.push_back(registration.get());
  return registration.release();
}

void QueueInterfaceJob(State& state, std::vector<Registration*> targets, const GUID& guid, const std::u16string& name, bool arrival) {
  if (targets.empty()) return;
  auto job = std::make_unique<InterfaceJob>();
  job->state = &state;
  job->targets = std::move(targets);
  job->guid = guid;
  job->name = name;
  job->arrival = arrival;
  state.notifications.Add(std::move(job));
}

// The physical device object behind a file, as its stack names it; referenced.
NTSTATUS TargetOf(FILE_OBJECT* file, DEVICE_OBJECT** pdo) {
  DEVICE_OBJECT* top = IoGetRelatedDeviceObject(file);
  IRP* irp = io::NewSystemIrp(top, IRP_MJ_PNP, IRP_MN_QUERY_DEVICE_RELATIONS);
  if (!irp) return STATUS_INSUFFICIENT_RESOURCES;
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
  next->FileObject = file;
  next->Parameters.QueryDeviceRelations.Type = TargetDeviceRelation;
  io::SendAndWait(top, irp);
  NTSTATUS status = irp->IoStatus.Status;
  auto* relations = reinterpret_cast<DEVICE_RELATIONS*>(irp->IoStatus.Information);
  io::FreeIrp(irp);
  if (!NT_SUCCESS(status)) return status;
  if (!relations) return STATUS_NO_SUCH_DEVICE;
  *pdo = relations->Objects[0];
  ExFreePoolWithTag(relations, 0);
  return STATUS_SUCCESS;
}

struct TargetJob : Job {
  void Run() override {
    Deliver();
    if (done) CallDriver("DEVICE_CHANGE_COMPLETE_CALLBACK", done, done_context);
    ob::Dereference(pdo);
  }
  void Deliver() {
    auto* structure = reinterpret_cast<TARGET_DEVICE_CUSTOM_NOTIFICATION*>(bytes.data());
    for (Registration* registration : Select(*state, [this](const Registration& r) {
           return r.category == EventCategoryTargetDeviceChange && r.pdo == pdo;
         })) {
      structure->FileObject = registration->file;
      Call(*state, registration, structure);
      Drop(*state, registration);
    }
  }
  State* state;
  DEVICE_OBJECT* pdo;
  std::vector<char> bytes;
  PDEVICE_CHANGE_COMPLETE_CALLBACK done = nullptr;
  void* done_context = nullptr;
};

NTSTATUS MakeTargetJob(PDEVICE_OBJECT pdo, PVOID structure, std::unique_ptr<TargetJob>* job) {
  if (!IsPdo(pdo)) return STATUS_INVALID_DEVICE_REQUEST;
  auto* header = static_cast<PLUGPLAY_NOTIFICATION_HEADER*>(structure);
  if (!header || header->Version != 1 || header->Size < offsetof(TARGET_DEVICE_CUSTOM_NOTIFICATION, CustomDataBuffer)) {
    return STATUS_INVALID_PARAMETER;
  }
  // The system's own events are not a driver's to report.
  for (const GUID& reserved : {kQueryRemoveGuid, kRemoveCompleteGuid, kRemoveCancelledGuid}) {
    if (SameGuid(header->Event, reserved)) return STATUS_INVALID_DEVICE_REQUEST;
  }
  *job = std::make_unique<TargetJob>();
  (*job)->state = CurrentKernel().pnp.get();
  (*job)->pdo = pdo;
  const char* bytes = static_cast<const char*>(structure);
  (*job)->bytes.assign(bytes, bytes + header->Size);
  ob::Reference(pdo);
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS NotifyTargetDevice(DeviceNode& node, TargetChange change, std::string* veto) {
  State& state = *node.state_of_machine;
  Kernel& kernel = state.kernel;
  TARGET_DEVICE_REMOVAL_NOTIFICATION structure = {};
  structure.Version = 1;
  structure.Size = sizeof structure;
  structure.Event = change == TargetChange::kQueryRemove        ? kQueryRemoveGuid
                    : change == TargetChange::kRemoveCancelled ? kRemoveCancelledGuid
                                                               : kRemoveCompleteGuid;
  std::vector<Registration*> targets = Select(
      state, [&](const Registration& r) { return r.category == EventCategoryTargetDeviceChange && r.pdo == node.pdo; });
  if (!targets.empty() && kernel.events.enabled()) {
    RecordEvent(kernel, io::kPnpNotify, io::TraceId(node.pdo), static_cast<uint64_t>(change));
  }
  // Queries go to the newest registration first, everything else to the oldest.
  if (change == TargetChange::kQueryRemove) std::reverse(targets.begin(), targets.end());
  NTSTATUS result = STATUS_SUCCESS;
  size_t told = 0;
  for (; told < targets.size(); ++told) {
    structure.FileObject = targets[told]->file;
    NTSTATUS status = Call(state, targets[told], &structure);
    if (change == TargetChange::kQueryRemove && !NT_SUCCESS(status)) {
      result = status;
      if (veto) {
        const DRIVER_OBJECT* driver = targets[told]->driver;  // null: an application's
        *veto = (driver != nullptr ? "driver " + ob::ToUtf8(ob::View(&driver->DriverName)) : std::string("an application")) + " refused the query-remove notification";
      }
      break;
    }
  }
  if (!NT_SUCCESS(result)) {
    structure.Event = kRemoveCancelledGuid;
    for (size_t i = 0; i <= told; ++i) {
      structure.FileObject = targets[i]->file;
      Call(state, targets[i], &structure);
    }
  }
  for (Registration* registration : targets) Drop(state, registration);
  return result;
}

void NotifyInterfaceChange(Kernel& kernel, const GUID& guid, const std::u16string& name, bool arrival) {
  State& state = *kernel.pnp;
  QueueInterfaceJob(state, Select(state, [&](const Registration& r) {
                      return r.category == EventCategoryDeviceInterfaceChange && (r.all || SameGuid(r.guid, guid));
                    }),
                    guid, name, arrival);
}

// No category of the system's: drivers cannot ask for it.
constexpr IO_NOTIFICATION_EVENT_CATEGORY kInstances = EventCategoryReserved;

void* RegisterForAllInterfaces(Kernel& kernel, PDRIVER_NOTIFICATION_CALLBACK_ROUTINE callback, void* context) {
  return Register(kernel, EventCategoryDeviceInterfaceChange, callback, context);
}
void* RegisterForInstances(Kernel& kernel, PDRIVER_NOTIFICATION_CALLBACK_ROUTINE callback, void* context) {
  return Register(kernel, kInstances, callback, context);
}

void NotifyInstance(DeviceNode& node, InstanceChange change) {
  State& state = *node.state_of_machine;
  if (node.instance_path.empty()) return;
  std::vector<Registration*> targets = Select(state, [](const Registration& r) { return r.category == kInstances; });
  if (targets.empty()) return;
  auto job = std::make_unique<InstanceJob>();
  job->state = &state;
  job->targets = std::move(targets);
  job->change = change;
  job->path = node.instance_path;
  state.notifications.Add(std::move(job));
}

void FreeRegistrations(State& state) {
  // Of drivers that never unregistered.
  for (Registration* registration : state.registrations) delete registration;
  state.registrations.clear();
}

}  // namespace drydock::nt::pnp

using namespace drydock::nt;

extern "C" {

NTSTATUS NTAPI IoRegisterPlugPlayNotification(IO_NOTIFICATION_EVENT_CATEGORY EventCategory, ULONG EventCategoryFlags,
                                              PVOID EventCategoryData, PDRIVER_OBJECT DriverObject,
                                              PDRIVER_NOTIFICATION_CALLBACK_ROUTINE CallbackRoutine, PVOID Context,
                                              PVOID* NotificationEntry) {
  *NotificationEntry = nullptr;
  pnp::State& state = *CurrentKernel().pnp;
  auto registration = std::make_unique<pnp::Registration>();
  registration->category = EventCategory;
  registration->guid = {};
  registration->file = nullptr;
  registration->pdo = nullptr;
  registration->driver = DriverObject;
  registration->callback = CallbackRoutine;
  registration->context = Context;
  KeInitializeEvent(&registration->idle, NotificationEvent, FALSE);
  switch (EventCategory) {
    case EventCategoryHardwareProfileChange:
      break;  // profiles never change here
    case EventCategoryDeviceInterfaceChange:
      registration->guid = *static_cast<const GUID*>(EventCategoryData);
      break;
    case EventCategoryTargetDeviceChange: {
      registration->file = static_cast<FILE_OBJECT*>(EventCategoryData);
      NTSTATUS status = pnp::TargetOf(registration->file, &registration->pdo);
      if (!NT_SUCCESS(status)) return status;
      ob::Dereference(registration->pdo);  // the node keeps it
      break;
    }
    default:
      return STATUS_INVALID_PARAMETER;
  }
  pnp::Registration* entry = registration.release();
  {
    drydock::rt::LockGuard guard(state.lock);
    state.registrations.push_back(entry);
  }
  *NotificationEntry = entry;
  if (EventCategory == EventCategoryDeviceInterfaceChange &&
      (EventCategoryFlags & PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES)) {
    for (const std::u16string& name : io::ListInterfaces(CurrentKernel(), entry->guid, nullptr, false)) {
      {
        drydock::rt::LockGuard guard(state.lock);
        ++entry->references;
      }
      pnp::QueueInterfaceJob(state, {entry}, entry->guid, name, true);
    }
  }
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoUnregisterPlugPlayNotificationEx(PVOID NotificationEntry) {
  pnp::State& state = *CurrentKernel().pnp;
  auto* registration = static_cast<pnp::Registration*>(NotificationEntry);
  bool wait;
  bool known;
  {
    drydock::rt::LockGuard guard(state.lock);
    auto& list = state.registrations;
    auto found = std::find(list.begin(), list.end(), registration);
    known = found != list.end();
    wait = false;
    if (known) {
      list.erase(found);
      registration->removed = true;
      // Called from inside its own callback it must not wait for itself.
      wait = registration->running > 0 && registration->runner != &CurrentThread();
      registration->waited_for = wait;
    }
  }
  if (!known) {
    BugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, {0xDD, reinterpret_cast<uint64_t>(NotificationEntry)},
             "IoUnregisterPlugPlayNotification was given a registration that does not exist, most likely one that was undone before.");
  }
  if (wait) KeWaitForSingleObject(&registration->idle, Executive, KernelMode, FALSE, nullptr);
  pnp::Drop(state, registration);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoUnregisterPlugPlayNotification(PVOID NotificationEntry) { return IoUnregisterPlugPlayNotificationEx(NotificationEntry); }

NTSTATUS NTAPI IoReportTargetDeviceChange(PDEVICE_OBJECT PhysicalDeviceObject, PVOID NotificationStructure) {
  std::unique_ptr<pnp::TargetJob> job;
  NTSTATUS status = pnp::MakeTargetJob(PhysicalDeviceObject, NotificationStructure, &job);
  if (!NT_SUCCESS(status)) return status;
  job->Run();
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoReportTargetDeviceChangeAsynchronous(PDEVICE_OBJECT PhysicalDeviceObject, PVOID NotificationStructure,
                                                      PDEVICE_CHANGE_COMPLETE_CALLBACK Callback, PVOID Context) {
  std::unique_ptr<pnp::TargetJob> job;
  NTSTATUS status = pnp::MakeTargetJob(PhysicalDeviceObject, NotificationStructure, &job);
  if (!NT_SUCCESS(status)) return status;
  job->done = Callback;
  job->done_context = Context;
  CurrentKernel().pnp->notifications.Add(std::move(job));
  return STATUS_PENDING;
}

}  // extern "C"
