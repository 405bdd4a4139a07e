// kbdclass and mouclass: reads of packets, for applications, above any port driver and its filters.
#include <initguid.h>

#include <cstring>
#include <string>

#include "classes/keyboard/keyboard.h"

namespace drydock::classes::keyboard {
namespace {

constexpr ULONG kQueueLength = 100;  // packets

constexpr ULONG kLargestPacket = sizeof(MOUSE_INPUT_DATA);

// What is different between the two.
struct Kind {
  const char16_t* name;
  ULONG packet, device_type, connect;
  const GUID* interface_class;
  ULONG controls[6];  // that go on to the port driver; 0: none
};
const Kind kKeyboard = {u"\\Device\\KeyboardClass",
                        sizeof(KEYBOARD_INPUT_DATA),
                        FILE_DEVICE_KEYBOARD,
                        IOCTL_INTERNAL_KEYBOARD_CONNECT,
                        &GUID_DEVINTERFACE_KEYBOARD,
                        {IOCTL_KEYBOARD_QUERY_ATTRIBUTES, IOCTL_KEYBOARD_QUERY_INDICATOR_TRANSLATION, IOCTL_KEYBOARD_QUERY_INDICATORS,
                         IOCTL_KEYBOARD_SET_INDICATORS, IOCTL_KEYBOARD_QUERY_TYPEMATIC, IOCTL_KEYBOARD_SET_TYPEMATIC}};
const Kind kMouse = {u"\\Device\\PointerClass",    sizeof(MOUSE_INPUT_DATA),  FILE_DEVICE_MOUSE, IOCTL_INTERNAL_MOUSE_CONNECT,
                     &GUID_DEVINTERFACE_MOUSE, {IOCTL_MOUSE_QUERY_ATTRIBUTES}};

struct Class {
  const Kind* kind;
  PDEVICE_OBJECT self, lower;
  UNICODE_STRING link;
  KSPIN_LOCK lock;  // the reads and the queue
  IO_CSQ csq;
  LIST_ENTRY reads;
  UCHAR queue[kQueueLength * kLargestPacket];
  ULONG first, count;
  bool gone;  // pulled out: reads are refused
};

Class& ClassOf(PDEVICE_OBJECT device) { return *static_cast<Class*>(device->DeviceExtension); }
Class& ClassOf(PIO_CSQ csq) { return *CONTAINING_RECORD(csq, Class, csq); }

void InsertIrp(PIO_CSQ csq, PIRP irp) { InsertTailList(&ClassOf(csq).reads, &irp->Tail.Overlay.ListEntry); }
void RemoveIrp(PIO_CSQ, PIRP irp) { RemoveEntryList(&irp->Tail.Overlay.ListEntry); }
// `context`: the file whose reads are meant; null: any.
PIRP PeekNextIrp(PIO_CSQ csq, PIRP irp, PVOID context) {
  LIST_ENTRY* head = &ClassOf(csq).reads;
  for (LIST_ENTRY* entry = irp ? irp->Tail.Overlay.ListEntry.Flink : head->Flink; entry != head; entry = entry->Flink) {
    PIRP next = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
    if (!context || IoGetCurrentIrpStackLocation(next)->FileObject == context) return next;
  }
  return nullptr;
}
void AcquireLock(PIO_CSQ csq, PKIRQL irql) { KeAcquireSpinLock(&ClassOf(csq).lock, irql); }
void ReleaseLock(PIO_CSQ csq, KIRQL irql) { KeReleaseSpinLock(&ClassOf(csq).lock, irql); }
void CompleteCancelled(PIO_CSQ, PIRP irp) { Complete(irp, STATUS_CANCELLED); }

// Reads get what is there, in order.
void Serve(Class& keyboard) {
  for (;;) {
    KIRQL irql;
    KeAcquireSpinLock(&keyboard.lock, &irql);
    const bool any = keyboard.count != 0;
    KeReleaseSpinLock(&keyboard.lock, irql);
    PIRP irp = any ? IoCsqRemoveNextIrp(&keyboard.csq, nullptr) : nullptr;
    if (!irp) return;
    const ULONG packet = keyboard.kind->packet;
    auto* out = static_cast<UCHAR*>(irp->AssociatedIrp.SystemBuffer);
    const ULONG room = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length / packet;
    ULONG given = 0;
    KeAcquireSpinLock(&keyboard.lock, &irql);
    for (; given < room && keyboard.count; ++given, --keyboard.count) {
      std::memcpy(out + given * packet, keyboard.queue + keyboard.first * packet, packet);
      keyboard.first = (keyboard.first + 1) % kQueueLength;
    }
    KeReleaseSpinLock(&keyboard.lock, irql);
    if (given) Complete(irp, STATUS_SUCCESS, given * packet);
    else IoCsqInsertIrp(&keyboard.csq, irp, nullptr);  // another processor's read was quicker
  }
}

// KeyboardClassServiceCallback, MouseClassServiceCallback. DISPATCH_LEVEL.
VOID ServiceCallback(PVOID context, PVOID start, PVOID end, PVOID consumed) {
  Class& keyboard = ClassOf(static_cast<PDEVICE_OBJECT>(context));
  const ULONG packet = keyboard.kind->packet;
  auto* data = static_cast<const UCHAR*>(start);
  ULONG taken = 0;
  KIRQL irql;
  KeAcquireSpinLock(&keyboard.lock, &irql);
  for (; data + taken * packet != end && keyboard.count < kQueueLength; ++taken)
    std::memcpy(keyboard.queue + (keyboard.first + keyboard.count++) % kQueueLength * packet, data + taken * packet, packet);
  KeReleaseSpinLock(&keyboard.lock, irql);
  *static_cast<PULONG>(consumed) += taken;
  Serve(keyboard);
}

void DropReads(Class& keyboard) {
  while (PIRP read = IoCsqRemoveNextIrp(&keyboard.csq, nullptr)) Complete(read, STATUS_DELETE_PENDING);
}

NTSTATUS Read(PDEVICE_OBJECT device, PIRP irp) {
  Class& keyboard = ClassOf(device);
  const ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length;
  if (length == 0) return Complete(irp, STATUS_SUCCESS);
  if (length % keyboard.kind->packet) return Complete(irp, STATUS_BUFFER_TOO_SMALL);
  if (__atomic_load_n(&keyboard.gone, __ATOMIC_SEQ_CST)) return Complete(irp, STATUS_DEVICE_NOT_CONNECTED);
  IoMarkIrpPending(irp);
  IoCsqInsertIrp(&keyboard.csq, irp, nullptr);
  if (__atomic_load_n(&keyboard.gone, __ATOMIC_SEQ_CST)) DropReads(keyboard);
  else Serve(keyboard);
  return STATUS_PENDING;
}

NTSTATUS Cleanup(PDEVICE_OBJECT device, PIRP irp) {
  Class& keyboard = ClassOf(device);
  while (PIRP read = IoCsqRemoveNextIrp(&keyboard.csq, IoGetCurrentIrpStackLocation(irp)->FileObject)) Complete(read, STATUS_CANCELLED);
  return PassDown(keyboard.lower, irp);
}

// What the port driver answers goes on as an internal control, which is what filters look for.
NTSTATUS Control(PDEVICE_OBJECT device, PIRP irp) {
  Class& keyboard = ClassOf(device);
  const ULONG code = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode;
  bool known = false;
  for (ULONG control : keyboard.kind->controls) known = known || (control != 0 && code == control);
  if (!known) return PassDown(keyboard.lower, irp);  // of the drivers below: HID collections have some
  IoCopyCurrentIrpStackLocationToNext(irp);
  IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
  return IoCallDriver(keyboard.lower, irp);
}

NTSTATUS Pnp(PDEVICE_OBJECT device, PIRP irp) {
  Class& keyboard = ClassOf(device);
  switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE: {
      NTSTATUS status = STATUS_UNSUCCESSFUL;
      if (IoForwardIrpSynchronously(keyboard.lower, irp)) status = irp->IoStatus.Status;
      if (NT_SUCCESS(status) && keyboard.link.Buffer) IoSetDeviceInterfaceState(&keyboard.link, TRUE);
      return Complete(irp, status);
    }
    case IRP_MN_SURPRISE_REMOVAL:
      __atomic_store_n(&keyboard.gone, true, __ATOMIC_SEQ_CST);
      if (keyboard.link.Buffer) IoSetDeviceInterfaceState(&keyboard.link, FALSE);
      DropReads(keyboard);
      irp->IoStatus.Status = STATUS_SUCCESS;
      return PassDown(keyboard.lower, irp);
    case IRP_MN_REMOVE_DEVICE: {
      if (keyboard.link.Buffer) IoSetDeviceInterfaceState(&keyboard.link, FALSE);
      DropReads(keyboard);
      irp->IoStatus.Status = STATUS_SUCCESS;
      const NTSTATUS status = PassDown(keyboard.lower, irp);
      RtlFreeUnicodeString(&keyboard.link);
      IoDetachDevice(keyboard.lower);
      IoDeleteDevice(device);
      return status;
    }
    default: return PassDown(keyboard.lower, irp);
  }
}

NTSTATUS Power(PDEVICE_OBJECT device, PIRP irp) {
  PoStartNextPowerIrp(irp);
  IoSkipCurrentIrpStackLocation(irp);
  return PoCallDriver(ClassOf(device).lower, irp);
}

NTSTATUS Forward(PDEVICE_OBJECT device, PIRP irp) { return PassDown(ClassOf(device).lower, irp); }

// \Device\KeyboardClass0, 1, ...
NTSTATUS CreateNamed(PDRIVER_OBJECT driver, const Kind& kind, PDEVICE_OBJECT* device) {
  NTSTATUS status = STATUS_OBJECT_NAME_COLLISION;
  for (unsigned number = 0; number < 100 && status == STATUS_OBJECT_NAME_COLLISION; ++number) {
    std::u16string text = kind.name;
    if (number >= 10) text += static_cast<char16_t>(u'0' + number / 10);
    text += static_cast<char16_t>(u'0' + number % 10);
    UNICODE_STRING name = {static_cast<USHORT>(text.size() * 2), static_cast<USHORT>(text.size() * 2), reinterpret_cast<PWSTR>(text.data())};
    status = IoCreateDevice(driver, sizeof(Class), &name, kind.device_type, 0, FALSE, device);
  }
  return status;
}

NTSTATUS Add(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo, const Kind& kind) {
  PDEVICE_OBJECT device;
  NTSTATUS status = CreateNamed(driver, kind, &device);
  if (!NT_SUCCESS(status)) return status;
  Class& keyboard = ClassOf(device);
  keyboard.kind = &kind;
  keyboard.self = device;
  KeInitializeSpinLock(&keyboard.lock);
  InitializeListHead(&keyboard.reads);
  IoCsqInitialize(&keyboard.csq, InsertIrp, RemoveIrp, PeekNextIrp, AcquireLock, ReleaseLock, CompleteCancelled);
  keyboard.lower = IoAttachDeviceToDeviceStack(device, pdo);
  if (!keyboard.lower) {
    IoDeleteDevice(device);
    return STATUS_NO_SUCH_DEVICE;
  }
  device->Flags |= DO_BUFFERED_IO | (keyboard.lower->Flags & DO_POWER_PAGABLE);
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  CONNECT_DATA data = {device, reinterpret_cast<PVOID>(ServiceCallback)};
  status = SendInternal(keyboard.lower, kind.connect, &data, sizeof data);
  if (!NT_SUCCESS(status)) {
    // No keyboard port below (a driver of a test stands in for it): the stack does without this driver.
    IoDetachDevice(keyboard.lower);
    IoDeleteDevice(device);
    return STATUS_SUCCESS;
  }
  IoRegisterDeviceInterface(pdo, kind.interface_class, nullptr, &keyboard.link);
  return STATUS_SUCCESS;
}

NTSTATUS AddKeyboard(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) { return Add(driver, pdo, kKeyboard); }
NTSTATUS AddMouse(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) { return Add(driver, pdo, kMouse); }
VOID Unload(PDRIVER_OBJECT) {}

NTSTATUS Enter(PDRIVER_OBJECT driver, PDRIVER_ADD_DEVICE add_device) {
  driver->DriverExtension->AddDevice = add_device;
  driver->DriverUnload = Unload;
  for (auto& function : driver->MajorFunction) function = Forward;
  driver->MajorFunction[IRP_MJ_READ] = Read;
  driver->MajorFunction[IRP_MJ_CLEANUP] = Cleanup;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
  driver->MajorFunction[IRP_MJ_PNP] = Pnp;
  driver->MajorFunction[IRP_MJ_POWER] = Power;
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS ClassEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) { return Enter(driver, AddKeyboard); }
NTSTATUS MouseClassEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) { return Enter(driver, AddMouse); }

}  // namespace drydock::classes::keyboard
