// WdfIoTarget...: creation, opening, closing, state, and the assignment of a self target.
#include "wdf/ddi.h"
#include "wdf/device/device.h"
#include "wdf/object/factory.h"
#include "wdf/queue/queue.h"
#include "wdf/request/send.h"
#include "wdf/target/builder.h"
#include "wdf/target/remote_open.h"
#include "wdf/trace.h"
#include "wdf/violation.h"

namespace drydock::wdf {
namespace {

// Functions of remote targets: another kind is a bad handle (1.24 of "Documentation differs").
IoTarget& Remote(DriverGlobals& globals, WDFIOTARGET handle) {
  IoTarget& target = Checked<IoTarget>(handle);
  if (target.kind() != TargetKind::kRemote) BadHandle(globals, handle, ObjectType::kIoTarget);
  return target;
}

WDFIOTARGET HandleOf(IoTarget* target) { return target ? reinterpret_cast<WDFIOTARGET>(target->handle()) : nullptr; }

}  // namespace

namespace ddi {

NTSTATUS WdfIoTargetCreate(DriverGlobals& globals, WDFDEVICE Device, PWDF_OBJECT_ATTRIBUTES IoTargetAttributes, WDFIOTARGET* IoTarget) {
  wdf::Device& device = Checked<wdf::Device>(Device);
  *IoTarget = nullptr;
  NTSTATUS status = CheckAttributes(globals, ObjectType::kIoTarget, IoTargetAttributes);
  if (!NT_SUCCESS(status)) return status;
  if (IoTargetAttributes && IoTargetAttributes->ParentObject) {  // IOT-1.05
    Object* ancestor = ObjectFromHandle(globals, IoTargetAttributes->ParentObject);
    while (ancestor && ancestor != &device) ancestor = ancestor->parent();
    if (!ancestor) return STATUS_INVALID_DEVICE_REQUEST;
  }
  auto* remote = new (std::nothrow) RemoteOpen;
  if (!remote) return STATUS_INSUFFICIENT_RESOURCES;
  wdf::IoTarget* target = nullptr;
  status = CreateObject<wdf::IoTarget>(globals, ObjectType::kIoTarget, IoTargetAttributes, &device, &target);
  if (!NT_SUCCESS(status)) {
    delete remote;
    return status;
  }
  TargetBuilder::Initialize(*target, device, TargetKind::kRemote);
  TargetBuilder::SetRemote(*target, remote);
  *IoTarget = HandleOf(target);
  return STATUS_SUCCESS;
}

NTSTATUS WdfIoTargetOpen(DriverGlobals& globals, WDFIOTARGET IoTarget, PWDF_IO_TARGET_OPEN_PARAMS OpenParams) {
  return OpenRemote(Remote(globals, IoTarget), OpenParams);
}

void WdfIoTargetClose(DriverGlobals& globals, WDFIOTARGET IoTarget) { Remote(globals, IoTarget).Close(); }

void WdfIoTargetCloseForQueryRemove(DriverGlobals& globals, WDFIOTARGET IoTarget) { Remote(globals, IoTarget).CloseForQueryRemove(); }

NTSTATUS WdfIoTargetStart(DriverGlobals&, WDFIOTARGET IoTarget) {
  wdf::IoTarget& target = Checked<wdf::IoTarget>(IoTarget);
  RecordEvent(target.framework(), trace::kTargetCallBegin, target.trace_id(), 0);
  const NTSTATUS status = target.Start();
  RecordEvent(target.framework(), trace::kTargetCallEnd, target.trace_id(), 0);
  return status;
}

void WdfIoTargetStop(DriverGlobals&, WDFIOTARGET IoTarget, WDF_IO_TARGET_SENT_IO_ACTION Action) {
  wdf::IoTarget& target = Checked<wdf::IoTarget>(IoTarget);
  RecordEvent(target.framework(), trace::kTargetCallBegin, target.trace_id(), 1);
  target.Stop(Action);
  RecordEvent(target.framework(), trace::kTargetCallEnd, target.trace_id(), 1);
}

void WdfIoTargetPurge(DriverGlobals&, WDFIOTARGET IoTarget, WDF_IO_TARGET_PURGE_IO_ACTION Action) {
  wdf::IoTarget& target = Checked<wdf::IoTarget>(IoTarget);
  RecordEvent(target.framework(), trace::kTargetCallBegin, target.trace_id(), 2);
  target.Purge(Action);
  RecordEvent(target.framework(), trace::kTargetCallEnd, target.trace_id(), 2);
}

WDF_IO_TARGET_STATE WdfIoTargetGetState(DriverGlobals&, WDFIOTARGET IoTarget) {
  return static_cast<WDF_IO_TARGET_STATE>(Checked<wdf::IoTarget>(IoTarget).state());
}

WDFDEVICE WdfIoTargetGetDevice(DriverGlobals&, WDFIOTARGET IoTarget) {
  return reinterpret_cast<WDFDEVICE>(Checked<wdf::IoTarget>(IoTarget).owner().handle());
}

PDEVICE_OBJECT WdfIoTargetWdmGetTargetDeviceObject(DriverGlobals&, WDFIOTARGET IoTarget) {
  return Checked<wdf::IoTarget>(IoTarget).target_device();
}

PDEVICE_OBJECT WdfIoTargetWdmGetTargetPhysicalDevice(DriverGlobals&, WDFIOTARGET IoTarget) {
  return Checked<wdf::IoTarget>(IoTarget).target_pdo();
}

PFILE_OBJECT WdfIoTargetWdmGetTargetFileObject(DriverGlobals&, WDFIOTARGET IoTarget) { return Checked<wdf::IoTarget>(IoTarget).file_object(); }

HANDLE WdfIoTargetWdmGetTargetFileHandle(DriverGlobals& globals, WDFIOTARGET IoTarget) { return Remote(globals, IoTarget).file_handle(); }

NTSTATUS WdfIoTargetSelfAssignDefaultIoQueue(DriverGlobals& globals, WDFIOTARGET IoTarget, WDFQUEUE Queue) {
  wdf::IoTarget& target = Checked<wdf::IoTarget>(IoTarget);
  if (target.kind() != TargetKind::kSelf) BadHandle(globals, IoTarget, ObjectType::kIoTarget);  // IOX-3
  wdf::Queue& queue = Checked<wdf::Queue>(Queue);
  if (&queue.owner() != &target.owner()) return STATUS_INVALID_DEVICE_REQUEST;
  if (target.owner().begun_start()) return STATUS_INVALID_DEVICE_STATE;
  target.AssignSelfQueue(&queue);
  return STATUS_SUCCESS;
}

}  // namespace ddi
}  // namespace drydock::wdf
