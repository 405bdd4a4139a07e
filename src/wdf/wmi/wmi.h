// WmiProvider (WDFWMIPROVIDER): a data block of a device; WmiInstance (WDFWMIINSTANCE): one instance of it; WmiPart: Device::wmi.
// Called by:  drivers at <= DISPATCH_LEVEL (create), PASSIVE_LEVEL (register); IRP_MJ_SYSTEM_CONTROL at PASSIVE_LEVEL; the PnP machine.
// Ownership:  provider -> device, instance -> provider. A request under way holds its instance.
// Locks:      WmiPart::lock guards the lists, never held over a callback.
// Registration with NT, numbered (Settle):
//   R1  The device is registered from PnpEnableInterfaces to the removal of its interfaces (up_), once it has something to offer.
//   R2  A change sets dirty_; one task at a time tells NT, until nothing is dirty: a second one leaves it to the first. So a function-control
//       callback that runs inside the registration may register more.
//   R3  Above PASSIVE_LEVEL the telling is left to a work item (WMI-03).
//   R4  Down waits for a task that tells, unless it is this one; NT's deregistration waits for requests under way.
// Source:     WMI-01 to WMI-09, S1, S2, S6.
#pragma once

#include <wmistr.h>

#include <string>
#include <vector>

#include "runtime/lock.h"
#include "wdf/device/device.h"

namespace drydock::wdf {

class WmiInstance;
class WmiPart;

class WmiProvider final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kWmiProvider;

  static NTSTATUS Check(const WDF_WMI_PROVIDER_CONFIG& config);
  NTSTATUS Attach(WmiPart& part, const WDF_WMI_PROVIDER_CONFIG& config);  // right after it was made
  // One that was made for its instance alone (WdfWmiInstanceCreate with a configuration) ends with it as far as the driver can see: the next
  // instance of the block takes it over.
  static WmiProvider* TakeOver(WmiPart& part, const WDF_WMI_PROVIDER_CONFIG& config);
  void MadeForInstance();

  Device& owner() const;
  const WDF_WMI_PROVIDER_CONFIG& config() const { return config_; }
  bool event_only() const { return (config_.Flags & WdfWmiProviderEventOnly) != 0; }
  bool tracing() const { return (config_.Flags & WdfWmiProviderTracing) != 0; }
  WmiPart& part() const { return *part_; }
  bool IsEnabled(WDF_WMI_PROVIDER_CONTROL control);
  ULONGLONG TracingHandle();

 protected:
  void OnDispose() override;
  void ReleaseOutside() override { std::vector<WmiInstance*>().swap(instances); }

 private:
  friend class WmiPart;
  friend class WmiInstance;
  WmiPart* part_ = nullptr;
  WDF_WMI_PROVIDER_CONFIG config_ = {};
  // --- under the part's lock ---
  std::vector<WmiInstance*> instances;  // registered, in order: the index is WMI's
  bool announced_ = false;
  bool for_instance_ = false;
  uint32_t instance_objects_ = 0;       // registered or not
  bool events_ = false, collection_ = false;
  ULONGLONG tracing_handle_ = 0;
};

class WmiInstance final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kWmiInstance;

  static NTSTATUS Check(const WDF_WMI_INSTANCE_CONFIG& config, const WDF_OBJECT_ATTRIBUTES* attributes);
  void Attach(WmiProvider& provider, const WDF_WMI_INSTANCE_CONFIG& config);
  WmiProvider& provider() const { return *provider_; }

  NTSTATUS Register();    // twice: STATUS_INVALID_DEVICE_REQUEST
  bool Deregister();
  NTSTATUS Fire(ULONG size, const void* data);

  // Calls into the driver; PASSIVE_LEVEL.
  NTSTATUS Query(ULONG room, void* buffer, ULONG* used);
  NTSTATUS Set(ULONG size, void* buffer);
  NTSTATUS SetItem(ULONG item, ULONG size, void* buffer);
  NTSTATUS Execute(ULONG method, ULONG input, ULONG output, void* buffer, ULONG* used);

 protected:
  void OnDeleting() override;

 private:
  WDFWMIINSTANCE instance_handle() { return reinterpret_cast<WDFWMIINSTANCE>(handle()); }
  WmiProvider* provider_ = nullptr;
  WDF_WMI_INSTANCE_CONFIG config_ = {};
  bool registered_ = false;  // under the part's lock
};

class WmiPart final : public DevicePart {
 public:
  explicit WmiPart(Device& device);

  Device& device() const { return device_; }
  NTSTATUS AssignMofResourceName(std::u16string_view name);
  NTSTATUS Changed();  // R2, R3
  NTSTATUS Up();       // S1
  void Down();         // S6, F1
  NTSTATUS Dispatch(PIRP irp);

  rt::Lock lock;

 private:
  friend class WmiProvider;
  friend class WmiInstance;
  NTSTATUS Settle();
  static VOID NTAPI Later(PVOID context);
  Ref<WmiProvider> Find(const GUID& guid);
  std::vector<Ref<WmiInstance>> InstancesOf(WmiProvider& provider);
  NTSTATUS RegInfo(PIRP irp, bool extended, bool update);
  NTSTATUS QueryAll(PIRP irp, WmiProvider& provider);
  NTSTATUS OnInstance(PIRP irp, UCHAR minor, WmiProvider& provider);
  NTSTATUS Control(PIRP irp, UCHAR minor, WmiProvider& provider);

  Device& device_;
  std::vector<WmiProvider*> providers_ RT_GUARDED_BY(lock);
  std::u16string mof_ RT_GUARDED_BY(lock);
  bool up_ RT_GUARDED_BY(lock) = false;
  bool registered_ RT_GUARDED_BY(lock) = false;
  bool dirty_ RT_GUARDED_BY(lock) = false;
  bool queued_ RT_GUARDED_BY(lock) = false;
  void* telling_ RT_GUARDED_BY(lock) = nullptr;  // the thread that tells NT
  bool somebody_waits_ RT_GUARDED_BY(lock) = false;
  KEVENT told_;
  WORK_QUEUE_ITEM item_ = {};
};

namespace wmi {
void DeviceCreated(Device& device);           // makes Device::wmi, unless a control device or UMDF
NTSTATUS Dispatch(Device& device, PIRP irp);  // IRP_MJ_SYSTEM_CONTROL
}  // namespace wmi

}  // namespace drydock::wdf
