// The life of a reader's extension, and its requests: SmartcardInitialize to SmartcardExit, SmartcardDeviceControl, card tracking, the remove lock.
#include <cstring>

#include "classes/smartcard/smartcard.h"
#include "nt/driver_callback.h"

using namespace drydock;
using namespace drydock::classes::smartcard;

namespace {

constexpr ULONG kHeader = sizeof(SCARD_IO_REQUEST);
constexpr ULONG kFirstVendorCode = 2048;

ULONG StateOf(SMARTCARD_EXTENSION& extension) {
  KIRQL irql;
  KeAcquireSpinLock(&extension.OsData->SpinLock, &irql);
  const ULONG state = extension.ReaderCapabilities.CurrentState;
  KeReleaseSpinLock(&extension.OsData->SpinLock, irql);
  return state;
}

NTSTATUS Call(SMARTCARD_EXTENSION& extension, ULONG function) {
  auto routine = extension.ReaderFunction[function];
  if (!routine) return STATUS_NOT_SUPPORTED;
  return nt::CallDriver("ReaderFunction", routine, &extension);
}

NTSTATUS TakeMinor(SMARTCARD_EXTENSION& extension) {
  if (extension.IoRequest.RequestBufferLength < sizeof(ULONG)) return STATUS_INVALID_PARAMETER;
  std::memcpy(&extension.MinorIoControlCode, extension.IoRequest.RequestBuffer, sizeof(ULONG));
  return STATUS_SUCCESS;
}

NTSTATUS Power(SMARTCARD_EXTENSION& extension) {
  const NTSTATUS status = TakeMinor(extension);
  if (!NT_SUCCESS(status)) return status;
  if (extension.MinorIoControlCode > SCARD_WARM_RESET) return STATUS_INVALID_PARAMETER;
  if (StateOf(extension) <= SCARD_ABSENT) return STATUS_NO_MEDIA;
  extension.CardCapabilities.Protocol.Selected = SCARD_PROTOCOL_UNDEFINED;
  return Call(extension, RDF_CARD_POWER);
}

NTSTATUS SetProtocol(SMARTCARD_EXTENSION& extension) {
  const NTSTATUS status = TakeMinor(extension);
  if (!NT_SUCCESS(status)) return status;
  if (extension.IoRequest.ReplyBufferLength < sizeof(ULONG)) return STATUS_BUFFER_TOO_SMALL;
  const ULONG state = StateOf(extension);
  if (state <= SCARD_ABSENT) return STATUS_NO_MEDIA;
  if (state < SCARD_POWERED) return STATUS_INVALID_DEVICE_STATE;  // it was not reset
  const ULONG wanted = extension.MinorIoControlCode;
  if (state == SCARD_SPECIFIC) {
    if (!(wanted & extension.CardCapabilities.Protocol.Selected)) return STATUS_INVALID_DEVICE_STATE;
    std::memcpy(extension.IoRequest.ReplyBuffer, &extension.CardCapabilities.Protocol.Selected, sizeof(ULONG));
    *extension.IoRequest.Information = sizeof(ULONG);
    return STATUS_SUCCESS;
  }
  if (!(wanted & (extension.CardCapabilities.Protocol.Supported | SCARD_PROTOCOL_RAW))) return STATUS_NOT_SUPPORTED;
  extension.CardCapabilities.PtsData.Type = wanted & SCARD_PROTOCOL_DEFAULT ? PTS_TYPE_DEFAULT : PTS_TYPE_OPTIMAL;
  return Call(extension, RDF_SET_PROTOCOL);
}

NTSTATUS Transmit(SMARTCARD_EXTENSION& extension) {
  const ULONG state = StateOf(extension);
  if (state <= SCARD_ABSENT) return STATUS_NO_MEDIA;
  if (state != SCARD_SPECIFIC) return STATUS_INVALID_DEVICE_STATE;
  if (extension.IoRequest.RequestBufferLength < kHeader) return STATUS_INVALID_PARAMETER;
  if (extension.IoRequest.ReplyBufferLength < kHeader) return STATUS_BUFFER_TOO_SMALL;
  SCARD_IO_REQUEST header;
  std::memcpy(&header, extension.IoRequest.RequestBuffer, sizeof header);
  if (header.dwProtocol != extension.CardCapabilities.Protocol.Selected) return STATUS_INVALID_DEVICE_STATE;
  extension.SmartcardRequest.BufferLength = extension.SmartcardReply.BufferLength = 0;
  const NTSTATUS status = Call(extension, RDF_TRANSMIT);
  ++extension.PerfInfo->NumTransmissions;
  extension.PerfInfo->BytesSent += extension.IoRequest.RequestBufferLength - kHeader;
  if (NT_SUCCESS(status) && *extension.IoRequest.Information > kHeader) extension.PerfInfo->BytesReceived += *extension.IoRequest.Information - kHeader;
  return status;
}

NTSTATUS Answer(SMARTCARD_EXTENSION& extension, ULONG code) {
  switch (code) {
    case IOCTL_SMARTCARD_POWER: return Power(extension);
    case IOCTL_SMARTCARD_SET_PROTOCOL: return SetProtocol(extension);
    case IOCTL_SMARTCARD_TRANSMIT: return Transmit(extension);
    case IOCTL_SMARTCARD_GET_ATTRIBUTE: {
      const NTSTATUS status = TakeMinor(extension);
      return NT_SUCCESS(status) ? GetAttribute(extension, extension.MinorIoControlCode) : status;
    }
    case IOCTL_SMARTCARD_SET_ATTRIBUTE: {
      const NTSTATUS status = TakeMinor(extension);
      return NT_SUCCESS(status) ? SetAttribute(extension, extension.MinorIoControlCode, extension.IoRequest.RequestBuffer + sizeof(ULONG),
                                               extension.IoRequest.RequestBufferLength - static_cast<ULONG>(sizeof(ULONG)))
                                : status;
    }
    case IOCTL_SMARTCARD_GET_STATE:
    case IOCTL_SMARTCARD_GET_LAST_ERROR: {
      if (extension.IoRequest.ReplyBufferLength < sizeof(ULONG)) return STATUS_BUFFER_TOO_SMALL;
      const ULONG value = code == IOCTL_SMARTCARD_GET_STATE ? StateOf(extension) : extension.LastError;
      std::memcpy(extension.IoRequest.ReplyBuffer, &value, sizeof value);
      *extension.IoRequest.Information = sizeof value;
      return STATUS_SUCCESS;
    }
    case IOCTL_SMARTCARD_EJECT:
    case IOCTL_SMARTCARD_CONFISCATE:
      if (StateOf(extension) <= SCARD_ABSENT) return STATUS_NO_MEDIA;
      return Call(extension, RDF_CARD_EJECT);
    case IOCTL_SMARTCARD_SWALLOW: return Call(extension, RDF_READER_SWALLOW);
    default: return ((code >> 2) & 0xFFF) >= kFirstVendorCode || ((code >> 16) & 0xFFFF) != FILE_DEVICE_SMARTCARD ? Call(extension, RDF_IOCTL_VENDOR) : STATUS_NOT_SUPPORTED;
  }
}

NTSTATUS Complete(PIRP irp, NTSTATUS status) {
  irp->IoStatus.Status = status;
  if (!NT_SUCCESS(status)) irp->IoStatus.Information = 0;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

// Waits for the card to come or go. The request belongs to the reader driver from RDF_CARD_TRACKING on, until it is completed.
NTSTATUS Track(SMARTCARD_EXTENSION& extension, PIRP irp, ULONG code) {
  const bool wants_card = code == IOCTL_SMARTCARD_IS_PRESENT;
  KIRQL irql;
  KeAcquireSpinLock(&extension.OsData->SpinLock, &irql);
  const bool there = extension.ReaderCapabilities.CurrentState > SCARD_ABSENT;
  KeReleaseSpinLock(&extension.OsData->SpinLock, irql);
  irp->IoStatus.Information = 0;
  if (there == wants_card) return Complete(irp, STATUS_SUCCESS);
  if (!extension.ReaderFunction[RDF_CARD_TRACKING]) return Complete(irp, STATUS_NOT_SUPPORTED);
  // Reader drivers take it out with an exchange, from anywhere.
  if (InterlockedCompareExchangePointer(reinterpret_cast<PVOID*>(&extension.OsData->NotificationIrp), irp, nullptr)) return Complete(irp, STATUS_DEVICE_BUSY);
  IoMarkIrpPending(irp);
  const NTSTATUS status = Call(extension, RDF_CARD_TRACKING);
  if (status != STATUS_PENDING) {
    InterlockedExchangePointer(reinterpret_cast<PVOID*>(&extension.OsData->NotificationIrp), nullptr);
    Complete(irp, status);
  }
  return STATUS_PENDING;
}

}  // namespace

extern "C" {

NTSTATUS SmartcardInitialize(PSMARTCARD_EXTENSION SmartcardExtension) {
  SMARTCARD_EXTENSION& extension = *SmartcardExtension;
  if (extension.Version < SMCLIB_VERSION_REQUIRED) return STATUS_UNSUCCESSFUL;
  if (extension.SmartcardRequest.BufferSize < MIN_BUFFER_SIZE) extension.SmartcardRequest.BufferSize = MIN_BUFFER_SIZE;
  if (extension.SmartcardReply.BufferSize < MIN_BUFFER_SIZE) extension.SmartcardReply.BufferSize = MIN_BUFFER_SIZE;
  const auto room = [](size_t bytes) { return ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, kTag); };
  extension.OsData = static_cast<POS_DEP_DATA>(room(sizeof(OS_DEP_DATA)));
  extension.PerfInfo = static_cast<PPERF_INFO>(room(sizeof(PERF_INFO)));
  extension.SmartcardRequest.Buffer = static_cast<PUCHAR>(room(extension.SmartcardRequest.BufferSize));
  extension.SmartcardReply.Buffer = static_cast<PUCHAR>(room(extension.SmartcardReply.BufferSize));
  if (!extension.OsData || !extension.PerfInfo || !extension.SmartcardRequest.Buffer || !extension.SmartcardReply.Buffer) {
    SmartcardExit(SmartcardExtension);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  KeInitializeMutex(&extension.OsData->Mutex, 0);
  KeInitializeSpinLock(&extension.OsData->SpinLock);
  KeInitializeEvent(&extension.OsData->RemoveLock.RemoveEvent, SynchronizationEvent, FALSE);
  InitializeListHead(&extension.OsData->RemoveLock.TagList);
  extension.OsData->RemoveLock.RefCount = 1;
  return STATUS_SUCCESS;
}

VOID SmartcardExit(PSMARTCARD_EXTENSION SmartcardExtension) {
  const auto drop = [](auto*& memory) {
    if (memory) ExFreePoolWithTag(memory, kTag);
    memory = nullptr;
  };
  drop(SmartcardExtension->SmartcardRequest.Buffer);
  drop(SmartcardExtension->SmartcardReply.Buffer);
  drop(SmartcardExtension->PerfInfo);
  drop(SmartcardExtension->OsData);
}

NTSTATUS SmartcardDeviceControl(PSMARTCARD_EXTENSION SmartcardExtension, PIRP Irp) {
  SMARTCARD_EXTENSION& extension = *SmartcardExtension;
  const auto& parameters = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl;
  const ULONG code = parameters.IoControlCode;
  if (!extension.OsData) return Complete(Irp, STATUS_INVALID_DEVICE_STATE);
  if (code == IOCTL_SMARTCARD_IS_PRESENT || code == IOCTL_SMARTCARD_IS_ABSENT) return Track(extension, Irp, code);

  KeWaitForSingleObject(&extension.OsData->Mutex, Executive, KernelMode, FALSE, nullptr);
  ULONG information = 0;
  extension.OsData->CurrentIrp = Irp;
  extension.IoRequest.Information = &information;
  extension.IoRequest.RequestBuffer = extension.IoRequest.ReplyBuffer = static_cast<PUCHAR>(Irp->AssociatedIrp.SystemBuffer);
  extension.IoRequest.RequestBufferLength = parameters.InputBufferLength;
  extension.IoRequest.ReplyBufferLength = parameters.OutputBufferLength;
  extension.MajorIoControlCode = code;
  extension.MinorIoControlCode = 0;
  Irp->IoStatus.Information = 0;
  const NTSTATUS status = Answer(extension, code);
  // A vendor function may have said it in the request itself.
  if (information != 0) Irp->IoStatus.Information = information;
  extension.IoRequest.Information = nullptr;
  extension.OsData->CurrentIrp = nullptr;
  if (code != IOCTL_SMARTCARD_GET_LAST_ERROR) extension.LastError = static_cast<ULONG>(status);
  KeReleaseMutex(&extension.OsData->Mutex, FALSE);
  return status == STATUS_PENDING ? status : Complete(Irp, status);
}

VOID SmartcardCompleteCardTracking(PSMARTCARD_EXTENSION SmartcardExtension) {
  POS_DEP_DATA data = SmartcardExtension->OsData;
  KIRQL irql;
  IoAcquireCancelSpinLock(&irql);
  PIRP irp = static_cast<PIRP>(InterlockedExchangePointer(reinterpret_cast<PVOID*>(&data->NotificationIrp), nullptr));
  if (irp) IoSetCancelRoutine(irp, nullptr);
  IoReleaseCancelSpinLock(irql);
  if (!irp) return;
  irp->IoStatus.Information = 0;
  Complete(irp, irp->Cancel ? STATUS_CANCELLED : STATUS_SUCCESS);
}

// \DosDevices\SCReaderN for the first N that is free; the caller frees the name's buffer.
NTSTATUS SmartcardCreateLink(PUNICODE_STRING LinkName, PUNICODE_STRING DeviceName) {
  if (!LinkName || !DeviceName) return STATUS_INVALID_PARAMETER;
  const char16_t stem[] = u"\\DosDevices\\SCReader";
  constexpr USHORT kStem = sizeof stem - sizeof(char16_t);
  LinkName->MaximumLength = kStem + 2 * sizeof(char16_t);
  LinkName->Buffer = static_cast<PWCH>(ExAllocatePool2(POOL_FLAG_PAGED, LinkName->MaximumLength, kTag));
  if (!LinkName->Buffer) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(LinkName->Buffer, stem, kStem);
  LinkName->Length = kStem + sizeof(char16_t);
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  for (int i = 0; i < MAXIMUM_SMARTCARD_READERS; ++i) {
    LinkName->Buffer[kStem / sizeof(char16_t)] = static_cast<WCHAR>(u'0' + i);
    status = IoCreateSymbolicLink(LinkName, DeviceName);
    if (status != STATUS_OBJECT_NAME_COLLISION && status != STATUS_OBJECT_NAME_EXISTS) break;
  }
  if (!NT_SUCCESS(status)) {
    ExFreePoolWithTag(LinkName->Buffer, kTag);
    *LinkName = {};
  }
  return status;
}

VOID SmartcardLogError(PVOID Object, NTSTATUS ErrorCode, PUNICODE_STRING Insertion, ULONG DumpData) {
  const USHORT text = Insertion ? static_cast<USHORT>(Insertion->Length + sizeof(WCHAR)) : 0;
  const size_t size = sizeof(IO_ERROR_LOG_PACKET) + sizeof(ULONG) + text;
  if (size > ERROR_LOG_MAXIMUM_SIZE) return;
  auto* packet = static_cast<PIO_ERROR_LOG_PACKET>(IoAllocateErrorLogEntry(Object, static_cast<UCHAR>(size)));
  if (!packet) return;
  packet->ErrorCode = ErrorCode;
  packet->DumpDataSize = DumpData ? sizeof(ULONG) : 0;
  packet->DumpData[0] = DumpData;
  if (text) {
    packet->NumberOfStrings = 1;
    packet->StringOffset = static_cast<USHORT>(sizeof(IO_ERROR_LOG_PACKET) + sizeof(ULONG));
    std::memcpy(reinterpret_cast<UCHAR*>(packet) + packet->StringOffset, Insertion->Buffer, Insertion->Length);
  }
  IoWriteErrorLogEntry(packet);
}

NTSTATUS SmartcardAcquireRemoveLock(PSMARTCARD_EXTENSION SmartcardExtension) {
  auto& lock = SmartcardExtension->OsData->RemoveLock;
  KIRQL irql;
  KeAcquireSpinLock(&SmartcardExtension->OsData->SpinLock, &irql);
  const bool removed = lock.Removed;
  if (!removed) ++lock.RefCount;
  KeReleaseSpinLock(&SmartcardExtension->OsData->SpinLock, irql);
  return removed ? STATUS_DELETE_PENDING : STATUS_SUCCESS;
}
NTSTATUS SmartcardAcquireRemoveLockWithTag(PSMARTCARD_EXTENSION SmartcardExtension, ULONG) { return SmartcardAcquireRemoveLock(SmartcardExtension); }

VOID SmartcardReleaseRemoveLock(PSMARTCARD_EXTENSION SmartcardExtension) {
  auto& lock = SmartcardExtension->OsData->RemoveLock;
  KIRQL irql;
  KeAcquireSpinLock(&SmartcardExtension->OsData->SpinLock, &irql);
  const bool last = --lock.RefCount == 0;
  if (last) KeSetEvent(&lock.RemoveEvent, IO_NO_INCREMENT, FALSE);
  KeReleaseSpinLock(&SmartcardExtension->OsData->SpinLock, irql);
}
VOID SmartcardReleaseRemoveLockWithTag(PSMARTCARD_EXTENSION SmartcardExtension, ULONG) { SmartcardReleaseRemoveLock(SmartcardExtension); }

// Ends the driver's own hold and that of the extension, and waits for all others.
VOID SmartcardReleaseRemoveLockAndWait(PSMARTCARD_EXTENSION SmartcardExtension) {
  auto& lock = SmartcardExtension->OsData->RemoveLock;
  KIRQL irql;
  KeAcquireSpinLock(&SmartcardExtension->OsData->SpinLock, &irql);
  lock.Removed = TRUE;
  lock.RefCount -= 2;
  const bool wait = lock.RefCount > 0;
  KeReleaseSpinLock(&SmartcardExtension->OsData->SpinLock, irql);
  if (wait) KeWaitForSingleObject(&lock.RemoveEvent, Executive, KernelMode, FALSE, nullptr);
}

// What a driver prints of itself is up to a debugger, which a machine has not.
ULONG SmartcardGetDebugLevel(VOID) { return 0; }
VOID SmartcardSetDebugLevel(ULONG) {}

}  // extern "C"
