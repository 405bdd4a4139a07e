// Device: a WDFDEVICE: a WDM device object, its place in a stack, and what its driver said before WdfDeviceCreate.
// Called by:  every family. The WDM dispatch routine of all drivers' device objects ends here and is split by major code:
//             create, cleanup, close -> wdf/file; PnP, power, system control -> wdf/device; read, write, device control, internal device
//             control -> queue::DispatchIrp; everything else: a filter passes down, others STATUS_INVALID_DEVICE_REQUEST.
// IRQL:       creation, deletion, PnP: PASSIVE_LEVEL. Getters: <= DISPATCH_LEVEL.
// Ownership:  child of its driver object. The WDM device object's extension points back here; it is deleted with the last reference.
// Source:     INI-*, IOT-1.01/1.02, IOT-9.14, IOX-2, DEVX-41; start, stop and removal: S1 to S7 of device-open-points-resolved.md.
#pragma once

#include <atomic>

#include "runtime/lock.h"
#include "wdf/device/device_init.h"
#include "wdf/object/object.h"
#include "wdf/queue/device_queues.h"
#include "wdf/sync/callback_lock.h"

namespace drydock::wdf {

struct PnpPower;      // wdf/device/pnp_power.h
struct DeviceNames;   // wdf/device/names.h
struct KnownFiles;    // wdf/device/um_policy.h
class FileObject;
class IoTarget;       // wdf/target
namespace um {
struct Host;          // wdf/um/host.h
}

// What a family keeps with a device; a family derives its own and finds it in its slot below.
struct DevicePart {
  virtual ~DevicePart() = default;
};

class Device final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kDevice;

  Device();
  ~Device() override;

  // --- place in the stack ---
  PDEVICE_OBJECT wdm() const { return wdm_; }
  PDEVICE_OBJECT attached_to() const { return attached_to_; }  // next lower; null for a control device or PDO
  PDEVICE_OBJECT pdo() const { return pdo_; }                  // null for a control device
  DeviceKind kind() const { return init_->kind; }
  bool is_filter() const { return init_->filter; }
  // No PnP of the framework's: a control device, or what WdfDeviceMiniportCreate made around a device object of the port driver's.
  bool is_control() const { return init_->kind == DeviceKind::kControl || is_miniport(); }
  bool is_miniport() const { return init_->kind == DeviceKind::kMiniport; }
  bool is_pdo() const { return init_->kind == DeviceKind::kPdo; }

  // --- what was said before creation; never changes afterwards ---
  const DeviceInit& init() const { return *init_; }
  const WDF_OBJECT_ATTRIBUTES* request_attributes() const { return init_->request_attributes.get(); }
  PFN_WDF_IO_IN_CALLER_CONTEXT in_caller_context() const { return init_->in_caller_context; }
  // Access methods in force: a KMDF filter's are those of the next lower device (IOT-7.26).
  WDF_DEVICE_IO_TYPE read_write_io() const { return read_write_io_; }
  WDF_DEVICE_IO_TYPE device_control_io() const { return device_control_io_; }
  CCHAR default_priority_boost() const { return default_boost_; }  // IOT-7.37

  // --- rooms of the other owners ---
  DeviceQueues& queues() { return queues_; }
  const DeviceQueues& queues() const { return queues_; }
  IoTarget* local_target() const { return local_target_; }  // null for a PDO and a control device
  IoTarget* self_target() const { return self_target_; }    // null unless allowed before creation
  CallbackLock& lock() { return lock_; }

  // --- life ---
  // True once START arrived, or a control device was finished: default queues and dispatch settings are closed then (IOX-3, IOX-56).
  bool begun_start() const { return begun_start_.load(std::memory_order_acquire); }
  // A control device takes I/O only after WdfControlFinishInitializing (INI-29); other devices from creation.
  bool accepts_io() const { return accepts_io_.load(std::memory_order_acquire); }
  // D0, as power-managed queues see it: set before PowerUp(), cleared before PowerDown().
  bool in_d0() const { return in_d0_.load(std::memory_order_acquire); }
  PnpPower& pnp() { return *pnp_; }
  // Idle in S0 (IOT-9.20, PWR-61): a power-managed queue holds one reference while requests wait in it or are with the driver. Taking one on
  // an idled device starts its power-up in a worker; queues hear of it by queue::PowerUp. Never waits. IRQL <= DISPATCH_LEVEL.
  // While nobody uses idle power-down, a managed queue may keep its one reference for good.
  bool idle_in_use() const { return idle_in_use_.load(std::memory_order_relaxed); }
  void AcquireIdleReference() {
    io_references_.fetch_add(1);
    if (__builtin_expect(idle_in_use_.load(), 0)) IdleReferenceTaken();
  }
  void ReleaseIdleReference() {
    if (io_references_.fetch_sub(1) == 1 && __builtin_expect(idle_in_use_.load(), 0)) IdleReferenceGone();
  }
  DeviceNames& names() { return *names_; }

  // Sends an IRP on unchanged to the next lower device (skips the current stack location).
  NTSTATUS PassDown(PIRP irp);

  // One slot per family that hangs things on a device; made by the family at first need, before or at WdfDeviceCreate, or under the family's own lock.
  std::unique_ptr<DevicePart> interrupts, dma_enablers, children, as_child, query_interfaces, wmi, io_lock;

  um::Host* host = nullptr;  // (U) of its stack; set at creation

  rt::Lock file_lock;
  FileObject* files RT_GUARDED_BY(file_lock) = nullptr;

 protected:
  CallbackLock* presentation_lock() override { return &lock_; }
  bool DriverMayDelete() const override;
  void OnDeleting() override;
  void OnCleanedUp() override;

 private:
  friend struct DeviceBuilder;  // WdfDeviceCreate and the end of a device
  friend struct PnpPower;
  friend struct DeviceAccess;   // wdf/device's DDI files

  void ReleaseOutside() override;
  std::unique_ptr<DeviceInit> init_;
  PDEVICE_OBJECT wdm_ = nullptr;
  PDEVICE_OBJECT attached_to_ = nullptr;
  PDEVICE_OBJECT pdo_ = nullptr;
  WDF_DEVICE_IO_TYPE read_write_io_ = WdfDeviceIoBuffered;
  WDF_DEVICE_IO_TYPE device_control_io_ = WdfDeviceIoBuffered;
  bool access_agreed_ = true;  // (U) IOT-7.27: with the UMDF drivers below
  CCHAR default_boost_ = 0;
  DeviceQueues queues_;
  IoTarget* local_target_ = nullptr;
  IoTarget* self_target_ = nullptr;
  std::unique_ptr<PnpPower> pnp_;
  std::unique_ptr<DeviceNames> names_;
  std::unique_ptr<KnownFiles> known_files_;  // (U)
  // WdfDeviceConfigureWdmIrpDispatchCallback: read, write, device control, internal device control.
  struct DispatchEntry {
    std::atomic<PFN_WDFDEVICE_WDM_IRP_DISPATCH> callback{nullptr};
    WDFCONTEXT context = nullptr;
  };
  std::unique_ptr<DispatchEntry[]> dispatch_;
  void IdleReferenceTaken();
  void IdleReferenceGone();
  std::atomic<uint32_t> io_references_{0};
  std::atomic<bool> idle_in_use_{false};
  std::atomic<bool> begun_start_{false};
  std::atomic<bool> accepts_io_{false};
  std::atomic<bool> in_d0_{false};
  bool failed_creation_ = false;
  CallbackLock lock_;
};

// The framework device behind a WDM device object of one of our drivers, or null.
Device* DeviceFromWdm(PDEVICE_OBJECT wdm);

// The dispatch routine installed for every major code, and its second half after the IRP preprocess callbacks.
NTSTATUS NTAPI DispatchWdm(PDEVICE_OBJECT wdm, PIRP irp);
NTSTATUS DispatchAfterPreprocess(Device& device, PIRP irp);
// The third step, after EvtDeviceWdmIrpDispatch: the framework's own handling.
NTSTATUS DispatchToFamily(Device& device, PIRP irp);
// Completes an IRP that no family takes.
NTSTATUS CompleteIrp(PIRP irp, NTSTATUS status, ULONG_PTR information = 0);

// Defined by wdf/target: every FDO and filter has a local target (IOT-1.01); a self target when WdfDeviceInitAllowSelfIoTarget was called.
namespace target {
NTSTATUS CreateLocalTarget(Device& device, IoTarget** out);
NTSTATUS CreateSelfTarget(Device& device, IoTarget** out);
}  // namespace target

}  // namespace drydock::wdf
