// Input reports: the two read-report requests, the files that the reports go to, and the reads that wait for one.
#include <cstring>

#include "classes/hid/hid.h"

namespace drydock::classes::hid {
namespace {

constexpr ULONG kTag = 'RdiH';
constexpr LONGLONG kPauseAfterFailure = -1'000'000;  // 100 ms: a minidriver that fails every read must not keep the machine busy

Reader* ReaderOf(PIRP irp) {
  FILE_OBJECT* file = IoGetCurrentIrpStackLocation(irp)->FileObject;
  return file == nullptr ? nullptr : static_cast<Reader*>(file->FsContext);
}

// Under the lock. The first read that waits and is not being cancelled; null: none.
PIRP TakeWaiting(Reader& reader) {
  while (!IsListEmpty(&reader.waiting)) {
    PIRP irp = CONTAINING_RECORD(RemoveHeadList(&reader.waiting), IRP, Tail.Overlay.ListEntry);
    if (IoSetCancelRoutine(irp, nullptr) != nullptr) return irp;
    InitializeListHead(&irp->Tail.Overlay.ListEntry);  // its cancel routine, which is on its way, takes it out of this
  }
  return nullptr;
}

NTSTATUS Answer(PIRP irp, const std::vector<uint8_t>& report) {
  void* buffer = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
  if (buffer == nullptr) return Complete(irp, STATUS_INSUFFICIENT_RESOURCES);
  std::memcpy(buffer, report.data(), report.size());  // the length was checked when it came
  return Complete(irp, STATUS_SUCCESS, report.size());
}

size_t LongestFor(const Hid& hid, const Reader& reader) {
  return reader.child == nullptr ? hid.layout.LongestOf(ReportType::kInput) : reader.child->header().report_bytes[HidP_Input];
}

// A report from the minidriver, with one byte for the id in front.
void Deliver(Hid& hid, const std::vector<uint8_t>& report) {
  if (report.size() < 2 || report.size() > hid.layout.BytesOf(ReportType::kInput, report[0])) return;  // no report of this device
  std::vector<PIRP> answered;
  {
    SpinGuard guard(&hid.lock);
    for (LIST_ENTRY* entry = hid.readers.Flink; entry != &hid.readers; entry = entry->Flink) {
      Reader& reader = *CONTAINING_RECORD(entry, Reader, link);
      if (reader.child != nullptr && !Has(reader.child->header(), ReportType::kInput, report[0])) continue;
      if (PIRP irp = TakeWaiting(reader)) {
        answered.push_back(irp);
        continue;
      }
      if (reader.reports.size() >= reader.most_reports) reader.reports.pop_front();
      reader.reports.push_back(report);
    }
  }
  for (PIRP irp : answered) Answer(irp, report);
}

// A slot that does not go out again. The last thing that it touches: StopReading may be about to end the device.
void Rest(Hid& hid) {
  if (InterlockedDecrement(&hid.outstanding) == 0) KeSetEvent(&hid.quiet, IO_NO_INCREMENT, FALSE);
}

void SendSlot(Slot& slot) {
  Hid& hid = *slot.hid;
  bool go;
  {
    SpinGuard guard(&hid.lock);
    go = hid.reading;
    if (go) Prepare(*slot.exchange);  // StopReading's cancel comes after this
  }
  go ? Send(*slot.exchange) : Rest(hid);
}

VOID NTAPI SendAgain(DEVICE_OBJECT*, PVOID context) { SendSlot(*static_cast<Slot*>(context)); }

VOID NTAPI SendAgainLater(DEVICE_OBJECT*, PVOID context) {
  LARGE_INTEGER pause;
  pause.QuadPart = kPauseAfterFailure;
  KeDelayExecutionThread(KernelMode, FALSE, &pause);
  SendSlot(*static_cast<Slot*>(context));
}

VOID NTAPI SendAtNextPoll(DEVICE_OBJECT*, PVOID context) {
  Slot& slot = *static_cast<Slot*>(context);
  LARGE_INTEGER pause;
  pause.QuadPart = -10'000ll * __atomic_load_n(&slot.hid->poll_milliseconds, __ATOMIC_RELAXED);
  if (pause.QuadPart != 0) KeDelayExecutionThread(KernelMode, FALSE, &pause);
  SendSlot(slot);
}

void SlotDone(Exchange* exchange, NTSTATUS status, ULONG_PTR information) {
  Slot& slot = *static_cast<Slot*>(exchange->context);
  const Transfer& transfer = exchange->transfer;
  if (NT_SUCCESS(status) && information != 0 && information <= transfer.output_length) {
    const auto* bytes = static_cast<const uint8_t*>(transfer.output);
    std::vector<uint8_t> report;
    if (!slot.hid->layout.uses_ids) report.push_back(0);
    report.insert(report.end(), bytes, bytes + information);
    Deliver(*slot.hid, report);
  }
  const bool polled = slot.hid->mini != nullptr && slot.hid->mini->polled;
  const auto again = !NT_SUCCESS(status) && status != STATUS_CANCELLED ? SendAgainLater : polled ? SendAtNextPoll : SendAgain;
  IoQueueWorkItem(slot.work, again, DelayedWorkQueue, &slot);
}

VOID NTAPI CancelRead(DEVICE_OBJECT* device, PIRP irp) {
  IoReleaseCancelSpinLock(irp->CancelIrql);
  {
    SpinGuard guard(&HidOf(device).lock);
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
  }
  Complete(irp, STATUS_CANCELLED);
}

void EndWaiting(Hid& hid, Reader& reader, NTSTATUS status) {
  for (;;) {
    PIRP irp;
    {
      SpinGuard guard(&hid.lock);
      irp = TakeWaiting(reader);
    }
    if (irp == nullptr) return;
    Complete(irp, status);
  }
}

}  // namespace

NTSTATUS MakeSlots(Hid& hid) {
  const size_t longest = hid.layout.LongestOf(ReportType::kInput);
  if (longest == 0) return STATUS_SUCCESS;  // a device without input
  const auto bytes = static_cast<ULONG>(hid.layout.uses_ids ? longest : longest - 1);
  for (Slot& slot : hid.slots) {
    slot.hid = &hid;
    slot.work = IoAllocateWorkItem(hid.self);
    void* buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, kTag);
    if (buffer != nullptr) slot.exchange = NewExchange(hid, {.code = IOCTL_HID_READ_REPORT, .output = buffer, .output_length = bytes});
    if (buffer != nullptr && slot.exchange == nullptr) ExFreePool(buffer);
    if (slot.work == nullptr || slot.exchange == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    slot.exchange->context = &slot;
    slot.exchange->done = SlotDone;
  }
  return STATUS_SUCCESS;
}

void FreeSlots(Hid& hid) {
  for (Slot& slot : hid.slots) {
    if (slot.work != nullptr) IoFreeWorkItem(slot.work);
    if (slot.exchange != nullptr) {
      ExFreePool(slot.exchange->transfer.output);
      FreeExchange(slot.exchange);
    }
    slot = {};
  }
}

void StartReading(Hid& hid) {
  if (hid.slots[0].exchange == nullptr || hid.slots[1].exchange == nullptr) return;
  {
    SpinGuard guard(&hid.lock);
    if (hid.reading || hid.gone) return;
    hid.reading = true;
    hid.outstanding = 2;
    KeClearEvent(&hid.quiet);
  }
  for (Slot& slot : hid.slots) SendSlot(slot);
}

void StopReading(Hid& hid) {
  {
    SpinGuard guard(&hid.lock);
    if (!hid.reading) return;
    hid.reading = false;
  }
  for (Slot& slot : hid.slots) IoCancelIrp(slot.exchange->irp);
  KeWaitForSingleObject(&hid.quiet, Executive, KernelMode, FALSE, nullptr);
}

void FailWaiting(Hid& hid) {
  for (;;) {
    PIRP irp = nullptr;
    {
      SpinGuard guard(&hid.lock);
      hid.gone = true;
      for (LIST_ENTRY* entry = hid.readers.Flink; entry != &hid.readers && irp == nullptr; entry = entry->Flink) {
        irp = TakeWaiting(*CONTAINING_RECORD(entry, Reader, link));
      }
    }
    if (irp == nullptr) return;
    Complete(irp, STATUS_DEVICE_NOT_CONNECTED);
  }
}

void FlushReports(Hid& hid, Reader& reader) {
  SpinGuard guard(&hid.lock);
  reader.reports.clear();
}

NTSTATUS NTAPI DispatchCreate(DEVICE_OBJECT* device, PIRP irp) {
  Hid& hid = HidOf(device);
  FILE_OBJECT* file = IoGetCurrentIrpStackLocation(irp)->FileObject;
  if (file == nullptr) return Complete(irp, STATUS_INVALID_PARAMETER);
  auto* reader = nt::ex::New<Reader>();
  if (reader == nullptr) return Complete(irp, STATUS_INSUFFICIENT_RESOURCES);
  InitializeListHead(&reader->waiting);
  reader->child = ExtensionOf(device).child;
  bool present;
  {
    SpinGuard guard(&hid.lock);
    present = hid.started && !hid.gone;
    if (present) {
      InsertTailList(&hid.readers, &reader->link);
      Reference(hid);
    }
  }
  if (!present) {
    nt::ex::Delete(reader);
    return Complete(irp, STATUS_DEVICE_NOT_READY);
  }
  if (NTSTATUS status = Used(hid); !NT_SUCCESS(status)) {
    {
      SpinGuard guard(&hid.lock);
      RemoveEntryList(&reader->link);
    }
    nt::ex::Delete(reader);
    Release(hid);
    return Complete(irp, status);
  }
  file->FsContext = reader;
  return Complete(irp, STATUS_SUCCESS);
}

NTSTATUS NTAPI DispatchCleanup(DEVICE_OBJECT* device, PIRP irp) {
  if (Reader* reader = ReaderOf(irp)) EndWaiting(HidOf(device), *reader, STATUS_CANCELLED);
  return Complete(irp, STATUS_SUCCESS);
}

NTSTATUS NTAPI DispatchClose(DEVICE_OBJECT* device, PIRP irp) {
  if (Reader* reader = ReaderOf(irp)) {
    Hid& hid = HidOf(device);
    {
      SpinGuard guard(&hid.lock);
      RemoveEntryList(&reader->link);
    }
    IoGetCurrentIrpStackLocation(irp)->FileObject->FsContext = nullptr;
    nt::ex::Delete(reader);
    Unused(hid);
    Release(hid);
  }
  return Complete(irp, STATUS_SUCCESS);
}

NTSTATUS NTAPI DispatchRead(DEVICE_OBJECT* device, PIRP irp) {
  Hid& hid = HidOf(device);
  Reader* reader = ReaderOf(irp);
  const size_t longest = reader == nullptr ? 0 : LongestFor(hid, *reader);
  if (reader == nullptr) return Complete(irp, STATUS_PRIVILEGE_NOT_HELD);
  if (longest == 0) return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  if (irp->MdlAddress == nullptr || IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length < longest) {
    return Complete(irp, STATUS_INVALID_BUFFER_SIZE);
  }
  std::vector<uint8_t> report;
  NTSTATUS refused = STATUS_SUCCESS;
  {
    SpinGuard guard(&hid.lock);
    if (!reader->reports.empty()) {
      report = std::move(reader->reports.front());
      reader->reports.pop_front();
    } else if (hid.gone) {
      refused = STATUS_DEVICE_NOT_CONNECTED;
    } else {
      IoMarkIrpPending(irp);
      IoSetCancelRoutine(irp, CancelRead);
      if (!irp->Cancel || IoSetCancelRoutine(irp, nullptr) == nullptr) {
        InsertTailList(&reader->waiting, &irp->Tail.Overlay.ListEntry);
        return STATUS_PENDING;
      }
      refused = STATUS_CANCELLED;
    }
  }
  if (refused == STATUS_CANCELLED) {
    Complete(irp, refused);
    return STATUS_PENDING;
  }
  if (!NT_SUCCESS(refused)) return Complete(irp, refused);
  return Answer(irp, report);
}

}  // namespace drydock::classes::hid
