// The battery class library: BatteryClassInitializeDevice to BatteryClassUnload, requests and waits.
#include "classes/battery/battery.h"

#include <cstdint>
#include <cstring>

#include "nt/driver_callback.h"

namespace drydock::classes::battery {
namespace {

using nt::CallDriver;

constexpr ULONG kForEver = 0xFFFFFFFF;

Battery& BatteryOf(PIO_CSQ queue) { return *CONTAINING_RECORD(queue, Battery, queue); }

void InsertIrp(PIO_CSQ queue, PIRP irp) { InsertTailList(&BatteryOf(queue).waits, &irp->Tail.Overlay.ListEntry); }
void RemoveIrp(PIO_CSQ, PIRP irp) { RemoveEntryList(&irp->Tail.Overlay.ListEntry); }
PIRP PeekNextIrp(PIO_CSQ queue, PIRP irp, PVOID) {
  LIST_ENTRY* head = &BatteryOf(queue).waits;
  LIST_ENTRY* next = irp ? irp->Tail.Overlay.ListEntry.Flink : head->Flink;
  return next == head ? nullptr : CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry);
}
void AcquireLock(PIO_CSQ queue, PKIRQL irql) { KeAcquireSpinLock(&BatteryOf(queue).lock, irql); }
void ReleaseLock(PIO_CSQ queue, KIRQL irql) { KeReleaseSpinLock(&BatteryOf(queue).lock, irql); }

void Complete(PIRP irp, NTSTATUS status, ULONG_PTR information = 0) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
}
void CompleteCancelled(PIO_CSQ, PIRP irp) { Complete(irp, STATUS_CANCELLED); }

LONGLONG Now() { return static_cast<LONGLONG>(KeQueryInterruptTime()); }

// When a request that waits gives up: in its DriverContext. A machine's time may begin at 0.
constexpr LONGLONG kNever = INT64_MAX;
LONGLONG& Deadline(PIRP irp) { return reinterpret_cast<LONGLONG&>(irp->Tail.Overlay.DriverContext[0]); }
void SetDeadline(PIRP irp, ULONG milliseconds) { Deadline(irp) = milliseconds == kForEver ? kNever : Now() + milliseconds * 10'000ll; }
bool Late(PIRP irp) { return Now() >= Deadline(irp); }

enum class Verdict : UCHAR { kDone, kWaits };
struct Answer {
  Verdict verdict = Verdict::kDone;
  NTSTATUS status = STATUS_SUCCESS;
  ULONG_PTR information = 0;
};
Answer Done(NTSTATUS status, ULONG_PTR information = 0) { return {Verdict::kDone, status, information}; }
Answer Wait() { return {Verdict::kWaits}; }

struct Buffers {
  explicit Buffers(PIRP irp)
      : data(irp->AssociatedIrp.SystemBuffer),
        code(IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode),
        input(IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.InputBufferLength),
        output(IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength) {}
  void* data;
  ULONG code, input, output;
};

// --- the four requests, with the turn ---

// Waits until there is a battery. The time-out is optional.
Answer QueryTag(Battery& battery, PIRP irp, bool first) {
  Buffers buffers(irp);
  if (buffers.output < sizeof(ULONG) || !buffers.data) return Done(STATUS_BUFFER_TOO_SMALL);
  ULONG tag = BATTERY_TAG_INVALID;
  NTSTATUS status = CallDriver("BatteryMiniQueryTag", battery.miniclass.QueryTag, battery.miniclass.Context, &tag);
  if (NT_SUCCESS(status) && tag != BATTERY_TAG_INVALID) {
    std::memcpy(buffers.data, &tag, sizeof tag);
    return Done(STATUS_SUCCESS, sizeof tag);
  }
  if (NT_SUCCESS(status)) status = STATUS_NO_SUCH_DEVICE;
  if (status != STATUS_NO_SUCH_DEVICE) return Done(status);
  if (first) {
    ULONG timeout = 0;
    if (buffers.input >= sizeof timeout) std::memcpy(&timeout, buffers.data, sizeof timeout);
    SetDeadline(irp, timeout);
  }
  return Late(irp) ? Done(STATUS_NO_SUCH_DEVICE) : Wait();
}

Answer QueryInformation(Battery& battery, PIRP irp) {
  Buffers buffers(irp);
  BATTERY_QUERY_INFORMATION query;
  if (buffers.input < sizeof query || !buffers.data) return Done(STATUS_INVALID_BUFFER_SIZE);
  std::memcpy(&query, buffers.data, sizeof query);
  if (query.BatteryTag == BATTERY_TAG_INVALID) return Done(STATUS_NO_SUCH_DEVICE);
  ULONG length = 0;  // the answer goes where the question was
  NTSTATUS status = CallDriver("BatteryMiniQueryInformation", battery.miniclass.QueryInformation, battery.miniclass.Context, query.BatteryTag,
                               query.InformationLevel, query.AtRate, buffers.output ? buffers.data : nullptr, buffers.output, &length);
  if (!NT_SUCCESS(status)) return Done(status);
  return length > buffers.output ? Done(STATUS_BUFFER_TOO_SMALL) : Done(status, length);
}

Answer SetInformation(Battery& battery, PIRP irp) {
  Buffers buffers(irp);
  constexpr ULONG kHeader = FIELD_OFFSET(BATTERY_SET_INFORMATION, Buffer);
  if (buffers.input < kHeader || !buffers.data) return Done(STATUS_INVALID_BUFFER_SIZE);
  auto* set = static_cast<BATTERY_SET_INFORMATION*>(buffers.data);
  if (set->BatteryTag == BATTERY_TAG_INVALID) return Done(STATUS_NO_SUCH_DEVICE);
  if (!battery.miniclass.SetInformation) return Done(STATUS_INVALID_DEVICE_REQUEST);
  void* data = buffers.input > kHeader ? set->Buffer : nullptr;
  return Done(CallDriver("BatteryMiniSetInformation", battery.miniclass.SetInformation, battery.miniclass.Context, set->BatteryTag, set->InformationLevel, data));
}

bool Interesting(const BATTERY_WAIT_STATUS& wait, const BATTERY_STATUS& status) {
  return status.PowerState != wait.PowerState || status.Capacity < wait.LowCapacity || status.Capacity > wait.HighCapacity;
}

Answer QueryStatus(Battery& battery, PIRP irp, bool first) {
  Buffers buffers(irp);
  BATTERY_WAIT_STATUS wait;
  if (buffers.input < sizeof wait || !buffers.data) return Done(STATUS_INVALID_BUFFER_SIZE);
  if (buffers.output < sizeof(BATTERY_STATUS)) return Done(STATUS_BUFFER_TOO_SMALL);
  std::memcpy(&wait, buffers.data, sizeof wait);
  if (wait.BatteryTag == BATTERY_TAG_INVALID) return Done(STATUS_NO_SUCH_DEVICE);
  BATTERY_STATUS state = {};
  NTSTATUS status = CallDriver("BatteryMiniQueryStatus", battery.miniclass.QueryStatus, battery.miniclass.Context, wait.BatteryTag, &state);
  if (!NT_SUCCESS(status)) return Done(status);
  if (first) SetDeadline(irp, wait.Timeout);
  if (wait.Timeout != 0 && !Late(irp) && !Interesting(wait, state)) return Wait();
  std::memcpy(buffers.data, &state, sizeof state);
  return Done(status, sizeof state);
}

Answer Ask(Battery& battery, PIRP irp, bool first) {
  switch (Buffers(irp).code) {
    case IOCTL_BATTERY_QUERY_TAG: return QueryTag(battery, irp, first);
    case IOCTL_BATTERY_QUERY_INFORMATION: return QueryInformation(battery, irp);
    case IOCTL_BATTERY_SET_INFORMATION: return SetInformation(battery, irp);
    default: return QueryStatus(battery, irp, first);
  }
}

// --- waiting, with the turn ---

// Tells the miniclass driver what the waiting requests want to hear of, or that nobody waits; then sets the clock for the next look.
void Arrange(Battery& battery) {
  BATTERY_NOTIFY notify = {0, 0, kForEver};
  ULONG tag = BATTERY_TAG_INVALID;
  bool any = false, states = false;
  LONGLONG next = kNever;
  KIRQL irql;
  KeAcquireSpinLock(&battery.lock, &irql);
  for (LIST_ENTRY* entry = battery.waits.Flink; entry != &battery.waits; entry = entry->Flink) {
    PIRP irp = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
    any = true;
    if (Deadline(irp) < next) next = Deadline(irp);
    if (Buffers(irp).code != IOCTL_BATTERY_QUERY_STATUS) continue;
    BATTERY_WAIT_STATUS wait;
    std::memcpy(&wait, irp->AssociatedIrp.SystemBuffer, sizeof wait);
    states = true;
    tag = wait.BatteryTag;
    notify.PowerState = wait.PowerState;
    if (wait.LowCapacity > notify.LowCapacity) notify.LowCapacity = wait.LowCapacity;
    if (wait.HighCapacity < notify.HighCapacity) notify.HighCapacity = wait.HighCapacity;
  }
  KeReleaseSpinLock(&battery.lock, irql);

  if (states && battery.miniclass.SetStatusNotify) {
    battery.watched = NT_SUCCESS(CallDriver("BatteryMiniSetStatusNotify", battery.miniclass.SetStatusNotify, battery.miniclass.Context, tag, &notify));
  } else if (!states && battery.watched) {
    battery.watched = false;
    if (battery.miniclass.DisableStatusNotify) CallDriver("BatteryMiniDisableStatusNotify", battery.miniclass.DisableStatusNotify, battery.miniclass.Context);
  }
  if (any && !battery.watched) {
    const LONGLONG poll = Now() + kPollInterval;
    if (poll < next) next = poll;
  }
  if (!any || next == kNever) {
    KeCancelTimer(&battery.timer);
    return;
  }
  const LONGLONG now = Now();
  LARGE_INTEGER due;
  due.QuadPart = next > now ? -(next - now) : -1;
  KeSetTimer(&battery.timer, due, &battery.dpc);
}

void Finish(LIST_ENTRY* done) {
  while (!IsListEmpty(done)) {
    PIRP irp = CONTAINING_RECORD(RemoveHeadList(done), IRP, Tail.Overlay.ListEntry);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
  }
}

// Asks again for every request that waits.
void Sweep(Battery& battery) {
  LIST_ENTRY done;
  InitializeListHead(&done);
  {
    Turn turn(battery);
    LIST_ENTRY again;
    InitializeListHead(&again);
    while (PIRP irp = IoCsqRemoveNextIrp(&battery.queue, nullptr)) {
      const Answer answer = Ask(battery, irp, /*first=*/false);
      irp->IoStatus.Status = answer.status;
      irp->IoStatus.Information = answer.information;
      InsertTailList(answer.verdict == Verdict::kDone ? &done : &again, &irp->Tail.Overlay.ListEntry);
    }
    while (!IsListEmpty(&again)) IoCsqInsertIrp(&battery.queue, CONTAINING_RECORD(RemoveHeadList(&again), IRP, Tail.Overlay.ListEntry), nullptr);
    FireEvents(battery);
    Arrange(battery);
  }
  Finish(&done);
}

void Work(PDEVICE_OBJECT, PVOID context) {
  Battery& battery = *static_cast<Battery*>(context);
  KIRQL irql;
  KeAcquireSpinLock(&battery.lock, &irql);
  battery.work_queued = false;  // what comes from here on wants another look
  const bool unloading = battery.unloading;
  KeReleaseSpinLock(&battery.lock, irql);
  if (!unloading) Sweep(battery);
  KeAcquireSpinLock(&battery.lock, &irql);
  if (!battery.work_queued) KeSetEvent(&battery.idle, IO_NO_INCREMENT, FALSE);
  KeReleaseSpinLock(&battery.lock, irql);
}

void QueueWork(Battery& battery) {
  KIRQL irql;
  KeAcquireSpinLock(&battery.lock, &irql);
  const bool queue = !battery.work_queued && !battery.unloading;
  if (queue) {
    battery.work_queued = true;
    KeClearEvent(&battery.idle);
  }
  KeReleaseSpinLock(&battery.lock, irql);
  if (queue) IoQueueWorkItem(battery.work, Work, DelayedWorkQueue, &battery);
}

void TimerDpc(PKDPC, PVOID context, PVOID, PVOID) { QueueWork(*static_cast<Battery*>(context)); }

bool IsBatteryIoctl(ULONG code) {
  return code == IOCTL_BATTERY_QUERY_TAG || code == IOCTL_BATTERY_QUERY_INFORMATION || code == IOCTL_BATTERY_SET_INFORMATION ||
         code == IOCTL_BATTERY_QUERY_STATUS;
}

}  // namespace
}  // namespace drydock::classes::battery

using namespace drydock::classes::battery;

extern "C" {

NTSTATUS BatteryClassInitializeDevice(PBATTERY_MINIPORT_INFO MiniportInfo, PVOID* ClassData) {
  *ClassData = nullptr;
  const bool with_fdo = MiniportInfo->MinorVersion >= BATTERY_CLASS_MINOR_VERSION_1;
  if (MiniportInfo->MajorVersion != BATTERY_CLASS_MAJOR_VERSION) return STATUS_REVISION_MISMATCH;
  if (!MiniportInfo->QueryTag || !MiniportInfo->QueryInformation || !MiniportInfo->QueryStatus) return STATUS_INVALID_PARAMETER;
  auto* battery = static_cast<Battery*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(Battery), kTag));
  if (!battery) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(&battery->miniclass, MiniportInfo, with_fdo ? sizeof(BATTERY_MINIPORT_INFO_V1_1) : sizeof(BATTERY_MINIPORT_INFO));
  KeInitializeEvent(&battery->turn, SynchronizationEvent, TRUE);
  KeInitializeEvent(&battery->idle, NotificationEvent, TRUE);
  KeInitializeSpinLock(&battery->lock);
  InitializeListHead(&battery->waits);
  KeInitializeTimer(&battery->timer);
  KeInitializeDpc(&battery->dpc, TimerDpc, battery);
  IoCsqInitialize(&battery->queue, InsertIrp, RemoveIrp, PeekNextIrp, AcquireLock, ReleaseLock, CompleteCancelled);

  PDEVICE_OBJECT device = battery->miniclass.Fdo ? battery->miniclass.Fdo : battery->miniclass.Pdo;
  NTSTATUS status = device ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
  if (NT_SUCCESS(status) && !(battery->work = IoAllocateWorkItem(device))) status = STATUS_INSUFFICIENT_RESOURCES;
  if (NT_SUCCESS(status) && battery->miniclass.Pdo) {
    status = IoRegisterDeviceInterface(battery->miniclass.Pdo, &GUID_DEVICE_BATTERY, nullptr, &battery->link);
    if (NT_SUCCESS(status)) status = IoSetDeviceInterfaceState(&battery->link, TRUE);
  }
  if (!NT_SUCCESS(status)) {
    if (battery->work) IoFreeWorkItem(battery->work);
    RtlFreeUnicodeString(&battery->link);
    ExFreePoolWithTag(battery, kTag);
    return status;
  }
  *ClassData = battery;
  return STATUS_SUCCESS;
}

NTSTATUS BatteryClassUnload(PVOID ClassData) {
  auto* battery = static_cast<Battery*>(ClassData);
  KIRQL irql;
  KeAcquireSpinLock(&battery->lock, &irql);
  battery->unloading = true;
  KeReleaseSpinLock(&battery->lock, irql);
  if (battery->link.Buffer) IoSetDeviceInterfaceState(&battery->link, FALSE);
  KeCancelTimer(&battery->timer);
  KeFlushQueuedDpcs();
  KeWaitForSingleObject(&battery->idle, Executive, KernelMode, FALSE, nullptr);
  while (PIRP irp = IoCsqRemoveNextIrp(&battery->queue, nullptr)) Complete(irp, STATUS_NO_SUCH_DEVICE);
  {
    Turn turn(*battery);
    Arrange(*battery);  // nobody waits any more
    ForgetWmi(*battery);
  }
  IoFreeWorkItem(battery->work);
  RtlFreeUnicodeString(&battery->link);
  ExFreePoolWithTag(battery, kTag);
  return STATUS_SUCCESS;
}

NTSTATUS BatteryClassIoctl(PVOID ClassData, PIRP Irp) {
  auto* battery = static_cast<Battery*>(ClassData);
  const IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(Irp);
  if (location->MajorFunction != IRP_MJ_DEVICE_CONTROL || !IsBatteryIoctl(location->Parameters.DeviceIoControl.IoControlCode)) return STATUS_NOT_SUPPORTED;
  // Always pending: what this returns says only whether the request was taken, not how it went.
  IoMarkIrpPending(Irp);
  Answer answer;
  {
    Turn turn(*battery);
    answer = Ask(*battery, Irp, /*first=*/true);
    if (answer.verdict == Verdict::kWaits) {
      IoCsqInsertIrp(&battery->queue, Irp, nullptr);
      Arrange(*battery);
    }
  }
  if (answer.verdict == Verdict::kDone) Complete(Irp, answer.status, answer.information);
  return STATUS_PENDING;
}

NTSTATUS BatteryClassStatusNotify(PVOID ClassData) {
  if (ClassData) QueueWork(*static_cast<Battery*>(ClassData));
  return STATUS_SUCCESS;
}

}  // extern "C"
