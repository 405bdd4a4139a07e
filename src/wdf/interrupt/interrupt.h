// Interrupt: a WDFINTERRUPT: one line, or one message, of a device.
// Called by:  drivers (WdfInterrupt...), the power machine (power_steps.h), nt/hal (the service routine).
// IRQL:       the callbacks Isr, Enable, Disable and Synchronize run at DIRQL with the spin lock held, those of a passive interrupt at PASSIVE_LEVEL with
//             the wait lock held.
// Ownership:  child of its device, or of a queue of it. Made in DeviceAdd it lives as long as its parent; made in PrepareHardware, until the hardware was
//             released (DEVX-33).
// Order, numbered:
//   N1  Up: connect, then EvtInterruptEnable. Down: EvtInterruptDisable, then what was queued is waited for, then disconnect (DEVX-32).
//   N2  A wake interrupt is left as it is on the way to Dx. One that fires there wakes the device; its service routine runs when the device's
//       EvtDeviceD0Entry has returned, on that thread, before other interrupts are enabled (O-10, INT-24).
//   N3  What WdfInterruptDisable switched off stays off over D0 transitions until WdfInterruptEnable (DEVX-33).
//   N4  Who switches it on or off holds changing_ meanwhile, but not over the wait for what was queued: a work item may switch, too.
// Source:     INT-01 to INT-25, DEVX-30 to DEVX-34.
#pragma once

#include <atomic>
#include <vector>

#include "nt/hal/interrupt.h"
#include "runtime/lock.h"
#include "wdf/device/device.h"
#include "wdf/object/object.h"

namespace drydock::wdf {

class SpinLock;
class WaitLock;

// What an interrupt has of the device's resources.
struct InterruptResource {
  bool present = false;
  CM_PARTIAL_RESOURCE_DESCRIPTOR raw = {};
  CM_PARTIAL_RESOURCE_DESCRIPTOR translated = {};
  ULONG message = 0;  // within a resource with several
};

// Messages of a resource: several for MSI, else one.
inline ULONG MessagesOf(const CM_PARTIAL_RESOURCE_DESCRIPTOR& raw) {
  if (!(raw.Flags & CM_RESOURCE_INTERRUPT_MESSAGE)) return 1;
  return raw.u.MessageInterrupt.Raw.MessageCount ? raw.u.MessageInterrupt.Raw.MessageCount : 1;
}

struct InterruptPolicy {
  bool set = false;
  WDF_INTERRUPT_POLICY policy = WdfIrqPolicyMachineDefault;
  WDF_INTERRUPT_PRIORITY priority = WdfIrqPriorityUndefined;
  GROUP_AFFINITY targets = {};
};

class Interrupt final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kInterrupt;

  ~Interrupt() override;
  void Initialize(Device& device, const WDF_INTERRUPT_CONFIG& config, SpinLock* spin_lock, WaitLock* wait_lock, CallbackLock* serialize);

  Device& owner() const { return *device_; }
  bool passive() const { return passive_; }
  bool can_wake() const { return can_wake_; }
  bool made_in_prepare() const { return made_in_prepare_; }
  PKINTERRUPT wdm() const { return connection_; }
  KIRQL vector_irql() const { return static_cast<KIRQL>(resource_.translated.u.Interrupt.Level); }
  void SetPolicy(const InterruptPolicy& policy) { policy_ = policy; }
  const InterruptPolicy& policy() const { return policy_; }

  // --- resources ---
  void Assign(const InterruptResource& resource, ULONG message_number);
  void MarkMadeInPrepare();
  void Unassign();
  const InterruptResource& resource() const { return resource_; }
  void GetInfo(WDF_INTERRUPT_INFO* info) const;

  // --- up and down; PASSIVE_LEVEL ---
  NTSTATUS Enable();
  NTSTATUS Disable(bool stays_connected, bool report_inactive);
  void DriverEnable();
  void DriverDisable();
  bool connected() const { return connection_ != nullptr; }
  bool reports_inactive() const { return report_inactive_ == WdfTrue; }
  void ToldD0Exit();
  void ToldD0Entry();
  // It will not come back to D0: a service routine that waits for that is let go.
  void GiveUpWake();
  bool kept_in_dx() const { return can_wake_ && in_dx_.load(std::memory_order_acquire); }

  // --- what drivers do with it ---
  bool QueueDpc();
  bool QueueWorkItem();
  void AcquireLock();
  bool TryToAcquireLock();
  void ReleaseLock();
  bool Synchronize(PFN_WDF_INTERRUPT_SYNCHRONIZE callback, WDFCONTEXT context);
  void ReportActive(bool active);

 protected:
  void OnDispose() override;

 private:
  static BOOLEAN NTAPI Service(PKINTERRUPT connection, PVOID context);
  static VOID NTAPI RunDpc(PKDPC dpc, PVOID context, PVOID, PVOID);
  static VOID NTAPI RunWorkDpc(PKDPC dpc, PVOID context, PVOID, PVOID);
  static VOID NTAPI RunWorkItem(PVOID context);
  WDFINTERRUPT wdf() const { return reinterpret_cast<WDFINTERRUPT>(handle()); }
  NTSTATUS EnableLocked();
  NTSTATUS Connect();
  void Disconnect();
  void Flush();
  bool QueueWork();
  bool InsertDpc(KDPC& dpc);
  BOOLEAN CallIsr();
  BOOLEAN WakeAndServe();
  void AcquirePassive();
  void ReleasePassive();
  // Around Enable, Disable and Synchronize: the connection is there.
  KIRQL LockForCallback();
  void UnlockAfterCallback(KIRQL old);

  Device* device_ = nullptr;
  PFN_WDF_INTERRUPT_ISR isr_ = nullptr;
  PFN_WDF_INTERRUPT_DPC dpc_callback_ = nullptr;
  PFN_WDF_INTERRUPT_WORKITEM work_callback_ = nullptr;
  PFN_WDF_INTERRUPT_ENABLE enable_ = nullptr;
  PFN_WDF_INTERRUPT_DISABLE disable_ = nullptr;
  CallbackLock* serialize_ = nullptr;
  SpinLock* spin_lock_ = nullptr;
  WaitLock* wait_lock_ = nullptr;
  WDF_TRI_STATE share_ = WdfUseDefault;
  WDF_TRI_STATE report_inactive_ = WdfUseDefault;
  bool passive_ = false;
  bool wants_to_wake_ = false;
  bool can_wake_ = false;
  bool made_in_prepare_ = false;
  InterruptPolicy policy_;

  InterruptResource resource_;
  ULONG message_number_ = 0;
  nt::hal::Connection* connection_ = nullptr;
  KEVENT changing_ = {};           // N4: a lock, signalled while free
  bool enabled_ = false;           // EvtInterruptEnable succeeded and Disable has not been called
  bool driver_disabled_ = false;   // N3
  KSPIN_LOCK own_lock_ = 0;
  KEVENT own_wait_ = {};           // the lock of a passive interrupt that was given none
  KIRQL old_irql_ = 0;             // of AcquireLock, guarded by the lock

  std::atomic<bool> in_dx_{false};
  std::atomic<bool> given_up_{false};
  std::atomic<bool> fired_{false};
  BOOLEAN held_back_result_ = FALSE;
  KEVENT in_d0_ = {};

  KDPC dpc_ = {};
  KDPC work_dpc_ = {};
  std::atomic<bool> used_dpc_{false};
  WORK_QUEUE_ITEM item_ = {};
  rt::Lock work_lock_;
  bool work_queued_ RT_GUARDED_BY(work_lock_) = false;
  uint32_t work_running_ RT_GUARDED_BY(work_lock_) = 0;
  nt::Thread* work_thread_ RT_GUARDED_BY(work_lock_) = nullptr;  // the one that began last
  KEVENT work_idle_ = {};
};

// The interrupts of a device, in the order in which they were made.
struct DeviceInterrupts final : DevicePart {
  std::vector<Interrupt*> list;
  bool preparing = false;    // EvtDevicePrepareHardware runs
  bool going_to_dx = false;  // not to be stopped
  std::atomic<bool> up{false};  // from Up to Down
};

inline DeviceInterrupts* InterruptsOf(Device& device) { return static_cast<DeviceInterrupts*>(device.interrupts.get()); }

}  // namespace drydock::wdf
