// mouhid and kbdhid: a mouse's or keyboard's collection becomes a port for mouclass or kbdclass.
// What it does: while somebody has the device open it reads the collection, with the file of the first opener, and makes packets of each
//             report: buttons and movements, or keys as scan codes of set 1. Nobody open: nothing is read, as on Windows.
// IRQL:       reports arrive at <= DISPATCH_LEVEL; the service callback is called at DISPATCH_LEVEL. The rest: PASSIVE_LEVEL.
// Locks:      Mapper::lock for the files and `reading`. What reports are compared with belongs to the read, of which there is one.
// Race:       a read that is completed inline against the loop that sent it: whoever comes second (`turn`) goes on.
// Narrowed:   packets that the class driver has no room for are lost; no repetition of keys (typematic); a report that has rolled over is
//             no change.
// Source:     public documentation of the class drivers, hidpi.h and of non-HIDClass keyboard and mouse drivers.
#include <algorithm>
#include <cstring>
#include <vector>

#include "classes/hid/mapper.h"
#include "classes/hid/preparsed.h"
#include "classes/keyboard/keyboard.h"
#include "nt/driver_callback.h"
#include "nt/ex/owned.h"

#include <hidclass.h>
#include <hidpi.h>

namespace drydock::classes::hid {
namespace {

using keyboard::Give;
using keyboard::kIndicatorTranslation;
using keyboard::PassDown;
using keyboard::Take;

constexpr SHORT kWheelDelta = 120;
constexpr ULONG kMostKeys = 64;

struct Mapper {
  PDEVICE_OBJECT self = nullptr, lower = nullptr;
  bool mouse = false;
  CONNECT_DATA connect = {};
  std::vector<uint8_t> preparsed;
  HIDP_CAPS caps = {};

  KSPIN_LOCK lock;
  std::vector<PFILE_OBJECT> files;   // who has it open
  PFILE_OBJECT reading = nullptr;    // whose file the read goes with
  KEVENT rests;                      // set while no read is under way
  PIRP read = nullptr;
  PMDL mdl = nullptr;
  std::vector<uint8_t> report;
  LONG turn = 0;

  ULONG buttons = 0;
  std::vector<USAGE_AND_PAGE> keys;  // kMostKeys, ended by zeros
  HIDP_KEYBOARD_MODIFIER_STATE modifiers = {};
  KEYBOARD_INDICATOR_PARAMETERS indicators = {};
  KEYBOARD_TYPEMATIC_PARAMETERS typematic = {0, 30, 250};

  PHIDP_PREPARSED_DATA data() { return reinterpret_cast<PHIDP_PREPARSED_DATA>(preparsed.data()); }
  char* bytes() { return reinterpret_cast<char*>(report.data()); }
};

Mapper& MapperOf(PDEVICE_OBJECT device) { return **static_cast<Mapper**>(device->DeviceExtension); }

// --- packets ---

void Deliver(Mapper& mapper, void* begin, void* end) {
  if (mapper.connect.ClassService == nullptr || begin == end) return;
  ULONG consumed = 0;
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  nt::CallDriver("PSERVICE_CALLBACK_ROUTINE", reinterpret_cast<PSERVICE_CALLBACK_ROUTINE>(mapper.connect.ClassService),
                 static_cast<PVOID>(mapper.connect.ClassDeviceObject), begin, end, static_cast<PVOID>(&consumed));
  KeLowerIrql(irql);
}

// A value of the report as a signed number; false: this report does not have it.
bool Value(Mapper& mapper, USAGE page, USAGE usage, LONG* value, HIDP_VALUE_CAPS* caps) {
  ULONG raw;
  USHORT one = 1;
  const ULONG length = static_cast<ULONG>(mapper.report.size());
  if (!NT_SUCCESS(HidP_GetUsageValue(HidP_Input, page, 0, usage, &raw, mapper.data(), mapper.bytes(), length))) return false;
  const NTSTATUS status = HidP_GetSpecificValueCaps(HidP_Input, page, 0, usage, caps, &one, mapper.data());
  if (!NT_SUCCESS(status) && status != HIDP_STATUS_BUFFER_TOO_SMALL) return false;
  *value = static_cast<LONG>(raw);
  if (caps->LogicalMin < 0 && caps->BitSize > 0 && caps->BitSize < 32) {
    const unsigned unused = 32u - caps->BitSize;
    *value = static_cast<LONG>(raw << unused) >> unused;
  }
  return true;
}

LONG Axis(Mapper& mapper, USAGE usage, bool* absolute) {
  LONG value = 0;
  HIDP_VALUE_CAPS caps;
  if (!Value(mapper, HID_USAGE_PAGE_GENERIC, usage, &value, &caps)) return 0;
  if (!caps.IsAbsolute) return value;
  *absolute = true;
  const int64_t range = int64_t{caps.LogicalMax} - caps.LogicalMin;
  return range <= 0 ? 0 : static_cast<LONG>(std::clamp<int64_t>((int64_t{value} - caps.LogicalMin) * 65535 / range, 0, 65535));
}

void MouseReport(Mapper& mapper) {
  MOUSE_INPUT_DATA packet = {};
  bool absolute = false;
  packet.LastX = Axis(mapper, HID_USAGE_GENERIC_X, &absolute);
  packet.LastY = Axis(mapper, HID_USAGE_GENERIC_Y, &absolute);
  packet.Flags = absolute ? MOUSE_MOVE_ABSOLUTE : MOUSE_MOVE_RELATIVE;
  USAGE pressed[kMostKeys];
  ULONG count = kMostKeys;
  if (NT_SUCCESS(HidP_GetUsages(HidP_Input, HID_USAGE_PAGE_BUTTON, 0, pressed, &count, mapper.data(), mapper.bytes(),
                                static_cast<ULONG>(mapper.report.size())))) {
    ULONG now = 0;
    for (ULONG i = 0; i < count; ++i)
      if (pressed[i] >= 1 && pressed[i] <= 5) now |= 1u << (pressed[i] - 1);
    for (unsigned button = 0; button < 5; ++button) {
      const bool was = mapper.buttons >> button & 1, is = now >> button & 1;
      if (was != is) packet.ButtonFlags = static_cast<USHORT>(packet.ButtonFlags | (is ? 1u : 2u) << (2 * button));
    }
    mapper.buttons = now;
  }
  LONG turned = 0;
  HIDP_VALUE_CAPS caps;
  if (Value(mapper, HID_USAGE_PAGE_GENERIC, HID_USAGE_GENERIC_WHEEL, &turned, &caps) && turned != 0) {
    packet.ButtonFlags |= MOUSE_WHEEL;
    packet.ButtonData = static_cast<USHORT>(turned * kWheelDelta);
  } else if (Value(mapper, HID_USAGE_PAGE_CONSUMER, HID_USAGE_CONSUMER_AC_PAN, &turned, &caps) && turned != 0) {
    packet.ButtonFlags |= MOUSE_HWHEEL;
    packet.ButtonData = static_cast<USHORT>(turned * kWheelDelta);
  }
  if (packet.LastX == 0 && packet.LastY == 0 && packet.ButtonFlags == 0 && !absolute) return;
  Deliver(mapper, &packet, &packet + 1);
}

BOOLEAN NTAPI KeepCodes(PVOID context, PCHAR codes, ULONG length) {
  auto& packets = *static_cast<std::vector<KEYBOARD_INPUT_DATA>*>(context);
  USHORT prefix = 0;
  for (ULONG i = 0; i < length; ++i) {
    const auto byte = static_cast<UCHAR>(codes[i]);
    if (byte == 0xE0 || byte == 0xE1) {
      prefix = byte == 0xE0 ? KEY_E0 : KEY_E1;
      continue;
    }
    KEYBOARD_INPUT_DATA packet = {};
    packet.MakeCode = byte & 0x7F;
    packet.Flags = static_cast<USHORT>(prefix | (byte & 0x80 ? KEY_BREAK : KEY_MAKE));
    packets.push_back(packet);
    prefix = 0;
  }
  return TRUE;
}

void KeyboardReport(Mapper& mapper) {
  std::vector<USAGE_AND_PAGE> now(kMostKeys), breaks(kMostKeys), makes(kMostKeys);
  ULONG count = kMostKeys - 1;
  if (!NT_SUCCESS(HidP_GetUsagesEx(HidP_Input, 0, now.data(), &count, mapper.data(), mapper.bytes(), static_cast<ULONG>(mapper.report.size())))) return;
  for (ULONG i = 0; i < count; ++i)
    if (now[i].UsagePage == HID_USAGE_PAGE_KEYBOARD && now[i].Usage <= HID_USAGE_KEYBOARD_UNDEFINED) return;  // too many keys at once
  HidP_UsageAndPageListDifference(mapper.keys.data(), now.data(), breaks.data(), makes.data(), kMostKeys);
  mapper.keys = now;
  std::vector<KEYBOARD_INPUT_DATA> packets;
  HidP_TranslateUsageAndPagesToI8042ScanCodes(breaks.data(), kMostKeys, HidP_Keyboard_Break, &mapper.modifiers, KeepCodes, &packets);
  HidP_TranslateUsageAndPagesToI8042ScanCodes(makes.data(), kMostKeys, HidP_Keyboard_Make, &mapper.modifiers, KeepCodes, &packets);
  Deliver(mapper, packets.data(), packets.data() + packets.size());
}

// --- reading ---

void Pump(Mapper& mapper);

NTSTATUS NTAPI ReadDone(DEVICE_OBJECT*, PIRP irp, PVOID context) {
  Mapper& mapper = *static_cast<Mapper*>(context);
  const NTSTATUS status = irp->IoStatus.Status;
  if (NT_SUCCESS(status) && irp->IoStatus.Information != 0) {
    std::fill(mapper.report.begin() + static_cast<ptrdiff_t>(std::min<size_t>(irp->IoStatus.Information, mapper.report.size())), mapper.report.end(), 0);
    mapper.mouse ? MouseReport(mapper) : KeyboardReport(mapper);
  }
  irp->MdlAddress = nullptr;  // the mapper's own
  irp->AssociatedIrp.SystemBuffer = nullptr;
  if (!NT_SUCCESS(status)) {
    KIRQL irql;
    KeAcquireSpinLock(&mapper.lock, &irql);
    mapper.reading = nullptr;
    KeReleaseSpinLock(&mapper.lock, irql);
  }
  if (InterlockedExchange(&mapper.turn, 1) != 0) Pump(mapper);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

void Pump(Mapper& mapper) {
  for (;;) {
    KIRQL irql;
    KeAcquireSpinLock(&mapper.lock, &irql);
    PFILE_OBJECT file = mapper.reading;
    if (file != nullptr) {
      IoReuseIrp(mapper.read, STATUS_NOT_SUPPORTED);
      IO_STACK_LOCATION& location = *IoGetNextIrpStackLocation(mapper.read);
      location.MajorFunction = IRP_MJ_READ;
      location.FileObject = file;
      location.Parameters.Read.Length = static_cast<ULONG>(mapper.report.size());
      mapper.read->Tail.Overlay.OriginalFileObject = file;
      if (mapper.lower->Flags & DO_BUFFERED_IO) {
        mapper.read->AssociatedIrp.SystemBuffer = mapper.report.data();
      } else {
        mapper.read->MdlAddress = mapper.mdl;
      }
      IoSetCompletionRoutine(mapper.read, ReadDone, &mapper, TRUE, TRUE, TRUE);
    }
    mapper.turn = 0;
    KeReleaseSpinLock(&mapper.lock, irql);
    if (file == nullptr) {
      KeSetEvent(&mapper.rests, IO_NO_INCREMENT, FALSE);
      return;
    }
    IoCallDriver(mapper.lower, mapper.read);
    if (InterlockedExchange(&mapper.turn, 1) == 0) return;  // the completion goes on
  }
}

// PASSIVE_LEVEL, one caller at a time but for a Pump that ends.
void StartReading(Mapper& mapper) {
  if (mapper.read == nullptr) return;
  KIRQL irql;
  KeAcquireSpinLock(&mapper.lock, &irql);
  const bool start = mapper.reading == nullptr && !mapper.files.empty() && KeReadStateEvent(&mapper.rests) != 0;
  if (start) {
    mapper.reading = mapper.files.front();
    KeClearEvent(&mapper.rests);
  }
  KeReleaseSpinLock(&mapper.lock, irql);
  if (start) Pump(mapper);
}

void StopReading(Mapper& mapper) {
  KIRQL irql;
  KeAcquireSpinLock(&mapper.lock, &irql);
  mapper.reading = nullptr;
  KeReleaseSpinLock(&mapper.lock, irql);
  if (mapper.read != nullptr) IoCancelIrp(mapper.read);
  KeWaitForSingleObject(&mapper.rests, Executive, KernelMode, FALSE, nullptr);
}

// What has gathered for a file whose reports another's read brought already. A report that comes just now may be lost.
void Forget(Mapper& mapper, PFILE_OBJECT file) {
  KEVENT done;
  IO_STATUS_BLOCK result = {};
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  PIRP irp = IoBuildDeviceIoControlRequest(IOCTL_HID_FLUSH_QUEUE, mapper.lower, nullptr, 0, nullptr, 0, TRUE, &done, &result);
  if (irp == nullptr) return;
  IoGetNextIrpStackLocation(irp)->FileObject = file;
  if (IoCallDriver(mapper.lower, irp) == STATUS_PENDING) KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
}

NTSTATUS NTAPI Create(PDEVICE_OBJECT device, PIRP irp) {
  Mapper& mapper = MapperOf(device);
  PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;
  IoForwardIrpSynchronously(mapper.lower, irp);
  const NTSTATUS status = irp->IoStatus.Status;
  if (NT_SUCCESS(status) && file != nullptr) {
    KIRQL irql;
    KeAcquireSpinLock(&mapper.lock, &irql);
    mapper.files.push_back(file);
    KeReleaseSpinLock(&mapper.lock, irql);
    StartReading(mapper);
  }
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

NTSTATUS NTAPI Cleanup(PDEVICE_OBJECT device, PIRP irp) {
  Mapper& mapper = MapperOf(device);
  PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;
  KIRQL irql;
  KeAcquireSpinLock(&mapper.lock, &irql);
  std::erase(mapper.files, file);
  const bool stop = mapper.reading == file;
  PFILE_OBJECT next = mapper.files.empty() ? nullptr : mapper.files.front();
  KeReleaseSpinLock(&mapper.lock, irql);
  if (stop) {
    StopReading(mapper);
    if (next != nullptr) Forget(mapper, next);
    StartReading(mapper);  // with another's file
  }
  return PassDown(mapper.lower, irp);
}

// --- controls of the class driver ---

NTSTATUS Ask(Mapper& mapper, ULONG code, void* output, ULONG length) {
  KEVENT done;
  IO_STATUS_BLOCK result = {};
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  PIRP irp = IoBuildDeviceIoControlRequest(code, mapper.lower, nullptr, 0, output, length, TRUE, &done, &result);
  if (irp == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  NTSTATUS status = IoCallDriver(mapper.lower, irp);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
    status = result.Status;
  }
  return status;
}

NTSTATUS SetLights(Mapper& mapper, KEYBOARD_INDICATOR_PARAMETERS wanted) {
  std::vector<char> report(mapper.caps.OutputReportByteLength);
  if (report.empty()) return STATUS_SUCCESS;  // it has none
  static constexpr struct {
    USHORT flag;
    USAGE usage;
  } kLights[] = {{KEYBOARD_NUM_LOCK_ON, HID_USAGE_LED_NUM_LOCK}, {KEYBOARD_CAPS_LOCK_ON, HID_USAGE_LED_CAPS_LOCK},
                 {KEYBOARD_SCROLL_LOCK_ON, HID_USAGE_LED_SCROLL_LOCK}};
  HIDP_BUTTON_CAPS light;
  USHORT one = 1;
  const NTSTATUS known = HidP_GetSpecificButtonCaps(HidP_Output, HID_USAGE_PAGE_LED, 0, 0, &light, &one, mapper.data());
  if (!NT_SUCCESS(known) && known != HIDP_STATUS_BUFFER_TOO_SMALL) return STATUS_SUCCESS;
  report[0] = static_cast<char>(light.ReportID);
  for (const auto& entry : kLights) {
    USAGE usage = entry.usage;
    ULONG count = 1;
    if (wanted.LedFlags & entry.flag)
      HidP_SetUsages(HidP_Output, HID_USAGE_PAGE_LED, 0, &usage, &count, mapper.data(), report.data(), static_cast<ULONG>(report.size()));
  }
  KEVENT done;
  IO_STATUS_BLOCK result = {};
  LARGE_INTEGER offset = {};
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_WRITE, mapper.lower, report.data(), static_cast<ULONG>(report.size()), &offset, &done, &result);
  if (irp == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  NTSTATUS status = IoCallDriver(mapper.lower, irp);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
    status = result.Status;
  }
  return status;
}

MOUSE_ATTRIBUTES MouseAttributes(Mapper& mapper) {
  HIDP_VALUE_CAPS wheel;
  USHORT one = 1;
  const NTSTATUS status =
      HidP_GetSpecificValueCaps(HidP_Input, HID_USAGE_PAGE_GENERIC, 0, HID_USAGE_GENERIC_WHEEL, &wheel, &one, mapper.data());
  MOUSE_ATTRIBUTES attributes = {};
  attributes.MouseIdentifier = status == HIDP_STATUS_USAGE_NOT_FOUND ? MOUSE_HID_HARDWARE : WHEELMOUSE_HID_HARDWARE;
  attributes.NumberOfButtons = static_cast<USHORT>(HidP_MaxUsageListLength(HidP_Input, HID_USAGE_PAGE_BUTTON, mapper.data()));
  attributes.InputDataQueueLength = 2 * sizeof(MOUSE_INPUT_DATA);
  return attributes;
}

KEYBOARD_ATTRIBUTES KeyboardAttributes() {
  KEYBOARD_ATTRIBUTES attributes = {};
  attributes.KeyboardIdentifier = {0x51, 0};  // a HID keyboard
  attributes.KeyboardMode = 1;
  attributes.NumberOfFunctionKeys = 12;
  attributes.NumberOfIndicators = 3;
  attributes.NumberOfKeysTotal = 264;
  attributes.InputDataQueueLength = 2 * sizeof(KEYBOARD_INPUT_DATA);
  attributes.KeyRepeatMinimum = {0, 2, 250};
  attributes.KeyRepeatMaximum = {0, 30, 1000};
  return attributes;
}

NTSTATUS NTAPI InternalControl(PDEVICE_OBJECT device, PIRP irp) {
  Mapper& mapper = MapperOf(device);
  const auto& control = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl;
  switch (control.IoControlCode) {
    case IOCTL_INTERNAL_MOUSE_CONNECT:
    case IOCTL_INTERNAL_KEYBOARD_CONNECT:
      if (mapper.mouse != (control.IoControlCode == IOCTL_INTERNAL_MOUSE_CONNECT)) return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
      if (control.InputBufferLength < sizeof(CONNECT_DATA)) return Complete(irp, STATUS_INVALID_PARAMETER);
      if (mapper.connect.ClassService != nullptr) return Complete(irp, STATUS_SHARING_VIOLATION);
      mapper.connect = *static_cast<CONNECT_DATA*>(control.Type3InputBuffer);
      return Complete(irp, STATUS_SUCCESS);
    case IOCTL_INTERNAL_MOUSE_DISCONNECT:
    case IOCTL_INTERNAL_KEYBOARD_DISCONNECT: return Complete(irp, STATUS_NOT_IMPLEMENTED);
    case IOCTL_MOUSE_QUERY_ATTRIBUTES:
      return mapper.mouse ? Give(irp, MouseAttributes(mapper)) : Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
    case IOCTL_KEYBOARD_QUERY_ATTRIBUTES: return Give(irp, KeyboardAttributes());
    case IOCTL_KEYBOARD_QUERY_INDICATOR_TRANSLATION: return Give(irp, kIndicatorTranslation);
    case IOCTL_KEYBOARD_QUERY_INDICATORS: return Give(irp, mapper.indicators);
    case IOCTL_KEYBOARD_QUERY_TYPEMATIC: return Give(irp, mapper.typematic);
    case IOCTL_KEYBOARD_SET_TYPEMATIC: return Complete(irp, Take(irp, &mapper.typematic) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER);
    case IOCTL_KEYBOARD_SET_INDICATORS: {
      KEYBOARD_INDICATOR_PARAMETERS wanted;
      if (!Take(irp, &wanted) || (wanted.LedFlags & ~7)) return Complete(irp, STATUS_INVALID_PARAMETER);
      const NTSTATUS status = SetLights(mapper, wanted);
      if (NT_SUCCESS(status)) mapper.indicators = wanted;
      return Complete(irp, status);
    }
    default: return PassDown(mapper.lower, irp);
  }
}

// --- PnP and power ---

void FreeRead(Mapper& mapper) {
  if (mapper.mdl != nullptr) IoFreeMdl(mapper.mdl);
  if (mapper.read != nullptr) IoFreeIrp(mapper.read);
  mapper.mdl = nullptr;
  mapper.read = nullptr;
}

NTSTATUS Start(Mapper& mapper) {
  HID_COLLECTION_INFORMATION information = {};
  NTSTATUS status = Ask(mapper, IOCTL_HID_GET_COLLECTION_INFORMATION, &information, sizeof information);
  if (!NT_SUCCESS(status)) return status;
  mapper.preparsed.assign(information.DescriptorSize, 0);
  status = Ask(mapper, IOCTL_HID_GET_COLLECTION_DESCRIPTOR, mapper.preparsed.data(), information.DescriptorSize);
  if (NT_SUCCESS(status)) status = HidP_GetCaps(mapper.data(), &mapper.caps);
  if (!NT_SUCCESS(status)) return status;
  if (mapper.caps.InputReportByteLength == 0) return STATUS_DEVICE_DATA_ERROR;
  mapper.report.assign(mapper.caps.InputReportByteLength, 0);
  mapper.keys.assign(kMostKeys, {});
  FreeRead(mapper);
  mapper.read = IoAllocateIrp(mapper.lower->StackSize, FALSE);
  mapper.mdl = IoAllocateMdl(mapper.report.data(), static_cast<ULONG>(mapper.report.size()), FALSE, FALSE, nullptr);
  if (mapper.read == nullptr || mapper.mdl == nullptr) {
    FreeRead(mapper);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  MmBuildMdlForNonPagedPool(mapper.mdl);
  StartReading(mapper);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI Pnp(PDEVICE_OBJECT device, PIRP irp) {
  Mapper& mapper = MapperOf(device);
  switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE: {
      IoForwardIrpSynchronously(mapper.lower, irp);
      NTSTATUS status = irp->IoStatus.Status;
      if (NT_SUCCESS(status)) status = Start(mapper);
      return Complete(irp, status);
    }
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
      StopReading(mapper);
      irp->IoStatus.Status = STATUS_SUCCESS;
      return PassDown(mapper.lower, irp);
    case IRP_MN_REMOVE_DEVICE: {
      StopReading(mapper);
      irp->IoStatus.Status = STATUS_SUCCESS;
      const NTSTATUS status = PassDown(mapper.lower, irp);
      FreeRead(mapper);
      IoDetachDevice(mapper.lower);
      Mapper* object = &mapper;
      IoDeleteDevice(device);
      nt::ex::Delete(object);
      return status;
    }
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE: irp->IoStatus.Status = STATUS_SUCCESS; return PassDown(mapper.lower, irp);
    default: return PassDown(mapper.lower, irp);
  }
}

NTSTATUS NTAPI Power(PDEVICE_OBJECT device, PIRP irp) {
  PoStartNextPowerIrp(irp);
  IoSkipCurrentIrpStackLocation(irp);
  return PoCallDriver(MapperOf(device).lower, irp);
}

NTSTATUS NTAPI Forward(PDEVICE_OBJECT device, PIRP irp) { return PassDown(MapperOf(device).lower, irp); }

NTSTATUS Add(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo, bool mouse) {
  PDEVICE_OBJECT device;
  const NTSTATUS status = IoCreateDevice(driver, sizeof(Mapper*), nullptr, mouse ? FILE_DEVICE_MOUSE : FILE_DEVICE_KEYBOARD, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  auto* mapper = nt::ex::New<Mapper>();
  if (mapper == nullptr) {
    IoDeleteDevice(device);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  *static_cast<Mapper**>(device->DeviceExtension) = mapper;
  mapper->self = device;
  mapper->mouse = mouse;
  KeInitializeSpinLock(&mapper->lock);
  KeInitializeEvent(&mapper->rests, NotificationEvent, TRUE);
  mapper->lower = IoAttachDeviceToDeviceStack(device, pdo);
  if (mapper->lower == nullptr) {
    nt::ex::Delete(mapper);
    IoDeleteDevice(device);
    return STATUS_NO_SUCH_DEVICE;
  }
  device->Flags |= mapper->lower->Flags & (DO_DIRECT_IO | DO_BUFFERED_IO | DO_POWER_PAGABLE);
  device->Flags &= ~static_cast<ULONG>(DO_DEVICE_INITIALIZING);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI AddMouse(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) { return Add(driver, pdo, true); }
NTSTATUS NTAPI AddKeyboard(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) { return Add(driver, pdo, false); }
VOID NTAPI Unload(PDRIVER_OBJECT) {}

NTSTATUS Enter(PDRIVER_OBJECT driver, PDRIVER_ADD_DEVICE add_device) {
  driver->DriverExtension->AddDevice = add_device;
  driver->DriverUnload = Unload;
  for (auto& function : driver->MajorFunction) function = Forward;
  driver->MajorFunction[IRP_MJ_CREATE] = Create;
  driver->MajorFunction[IRP_MJ_CLEANUP] = Cleanup;
  driver->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = InternalControl;
  driver->MajorFunction[IRP_MJ_PNP] = Pnp;
  driver->MajorFunction[IRP_MJ_POWER] = Power;
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS NTAPI MouHidEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) { return Enter(driver, AddMouse); }
NTSTATUS NTAPI KbdHidEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) { return Enter(driver, AddKeyboard); }

}  // namespace drydock::classes::hid
