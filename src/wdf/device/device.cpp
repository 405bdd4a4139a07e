#include "wdf/device/device.h"

#include "nt/driver_callback.h"
#include "wdf/bus/bus.h"
#include "wdf/device/builder.h"
#include "wdf/device/device_access.h"
#include "wdf/device/names.h"
#include "wdf/device/pnp_power.h"
#include "wdf/device/remove_lock.h"
#include "wdf/device/um_policy.h"
#include "wdf/device/wdm_extension.h"
#include "wdf/driver/binding.h"
#include "wdf/file/file_object.h"
#include "wdf/object/factory.h"
#include "wdf/wmi/wmi.h"

namespace drydock::wdf {
namespace {

WDFDEVICE HandleOf(Device& device) { return reinterpret_cast<WDFDEVICE>(device.handle()); }

// The callback assigned to this IRP, or null (INI-14).
PFN_WDFDEVICE_WDM_IRP_PREPROCESS PreprocessFor(const DeviceInit& init, const IO_STACK_LOCATION& stack) {
  if (!init.preprocess) return nullptr;
  const PreprocessEntry& entry = init.preprocess[stack.MajorFunction];
  if (!entry.callback || entry.minors.empty()) return entry.callback;
  for (UCHAR minor : entry.minors) {
    if (minor == stack.MinorFunction) return entry.callback;
  }
  return nullptr;
}

}  // namespace

Device::Device() = default;
Device::~Device() { bus::DeviceDestroyed(*this); }

void Device::ReleaseOutside() {
  for (auto* part : {&interrupts, &dma_enablers, &children, &as_child, &query_interfaces, &wmi}) part->reset();
  names_.reset();
  known_files_.reset();
  pnp_.reset();
  dispatch_.reset();
  init_.reset();
}

bool Device::DriverMayDelete() const {
  if (globals().umdf) return false;
  return is_control() || bus::IsLoose(const_cast<Device&>(*this));
}

void Device::OnDeleting() {
  if (failed_creation_) return;
  // A control device goes by WdfObjectDelete or with its driver; a device of a stack comes here by way of its removal.
  if (is_control()) {
    accepts_io_.store(false, std::memory_order_release);
    names_->DeleteSymbolicLink();
    queue::PurgeForRemoval(*this, queue::PurgeScope::kAll);
  }
}

void Device::OnCleanedUp() {
  if (failed_creation_ || is_control() || bus::IsLoose(*this)) DeviceBuilder::DeleteWdm(*this);  // a failed one has no init any more
}

NTSTATUS Device::PassDown(PIRP irp) {
  IoSkipCurrentIrpStackLocation(irp);
  return IoCallDriver(attached_to_, irp);
}

Device* DeviceFromWdm(PDEVICE_OBJECT wdm) {
  if (!wdm || !wdm->DriverObject || !wdm->DeviceExtension || wdm->DriverObject->MajorFunction[IRP_MJ_PNP] != &DispatchWdm) return nullptr;
  auto* extension = static_cast<WdmExtension*>(wdm->DeviceExtension);
  return extension->signature == WdmExtension::kSignature ? extension->device.load(std::memory_order_acquire) : nullptr;
}

NTSTATUS CompleteIrp(PIRP irp, NTSTATUS status, ULONG_PTR information) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

NTSTATUS DispatchWdm(PDEVICE_OBJECT wdm, PIRP irp) {
  Device* device = static_cast<WdmExtension*>(wdm->DeviceExtension)->device.load(std::memory_order_acquire);
  if (__builtin_expect(!device, 0)) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    if (stack->MajorFunction == IRP_MJ_POWER) PoStartNextPowerIrp(irp);
    // Handles of a control device may outlive it.
    const bool ends_file = stack->MajorFunction == IRP_MJ_CLEANUP || stack->MajorFunction == IRP_MJ_CLOSE;
    return CompleteIrp(irp, ends_file ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE);
  }
  if (NTSTATUS status; __builtin_expect(device->io_lock != nullptr, 0) && !EnterRemoveLock(*device, irp, &status)) return status;
  if (__builtin_expect(device->init().preprocess != nullptr, 0)) {
    if (auto callback = PreprocessFor(device->init(), *IoGetCurrentIrpStackLocation(irp))) {
      return nt::CallDriver("EvtDeviceWdmIrpPreprocess", callback, HandleOf(*device), irp);
    }
  }
  return DispatchAfterPreprocess(*device, irp);
}

NTSTATUS DispatchAfterPreprocess(Device& device, PIRP irp) {
  if (__builtin_expect(device.globals().umdf, 0) && !UmPolicy::Admits(device, irp)) return CompleteIrp(irp, STATUS_INVALID_DEVICE_REQUEST);
  if (__builtin_expect(DeviceAccess::HasDispatch(device), 0)) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    if (auto* entry = DeviceAccess::DispatchFor(device, stack->MajorFunction)) {
      const bool control = stack->MajorFunction == IRP_MJ_DEVICE_CONTROL || stack->MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL;
      const ULONG code = control ? stack->Parameters.DeviceIoControl.IoControlCode : 0;
      return nt::CallDriver("EvtDeviceWdmIrpDispatch", entry->callback.load(std::memory_order_relaxed), HandleOf(device), stack->MajorFunction,
                            stack->MinorFunction, code, entry->context, irp, static_cast<WDFCONTEXT>(nullptr));
    }
  }
  return DispatchToFamily(device, irp);
}

NTSTATUS DispatchToFamily(Device& device, PIRP irp) {
  switch (IoGetCurrentIrpStackLocation(irp)->MajorFunction) {
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
      if (__builtin_expect(!device.accepts_io(), 0)) return CompleteIrp(irp, STATUS_INVALID_DEVICE_STATE);
      return queue::DispatchIrp(device, irp);
    case IRP_MJ_CREATE:
      if (__builtin_expect(!device.accepts_io(), 0)) return CompleteIrp(irp, STATUS_INVALID_DEVICE_STATE);
      return file::DispatchCreate(device, irp);
    case IRP_MJ_CLEANUP:
      return file::DispatchCleanup(device, irp);
    case IRP_MJ_CLOSE:
      return file::DispatchClose(device, irp);
    case IRP_MJ_PNP:
      return device.is_control() ? CompleteIrp(irp, STATUS_INVALID_DEVICE_REQUEST) : device.pnp().DispatchPnp(irp);
    case IRP_MJ_POWER:
      if (!device.is_control()) return device.pnp().DispatchPower(irp);
      PoStartNextPowerIrp(irp);
      return CompleteIrp(irp, STATUS_INVALID_DEVICE_REQUEST);
    case IRP_MJ_SYSTEM_CONTROL:
      return wmi::Dispatch(device, irp);
    case IRP_MJ_SHUTDOWN:
      if (device.is_control() && device.init().shutdown_notification) {
        nt::CallDriver("EvtDeviceShutdownNotification", device.init().shutdown_notification, HandleOf(device));
        return CompleteIrp(irp, STATUS_SUCCESS);
      }
      [[fallthrough]];
    default:  // INI-13, IOT-9.14
      if (device.is_filter()) return device.PassDown(irp);
      return CompleteIrp(irp, STATUS_INVALID_DEVICE_REQUEST);
  }
}

}  // namespace drydock::wdf
