// WMI objects of a device, and when NT is told about them.
#include "wdf/wmi/wmi.h"

#include <algorithm>
#include <cstring>

#include "nt/driver_callback.h"
#include "nt/thread.h"
#include "wdf/device/power_steps.h"
#include "wdf/object/factory.h"

namespace drydock::wdf {
namespace {

constexpr ULONG kTag = 0x696D5746;  // 'FWmi'
constexpr ULONG kLargestEvent = 0xFFFF;

size_t ContextSize(const WDF_OBJECT_ATTRIBUTES* attributes) {
  if (!attributes || !attributes->ContextTypeInfo) return 0;
  return attributes->ContextSizeOverride ? attributes->ContextSizeOverride : attributes->ContextTypeInfo->ContextSize;
}

bool SameGuid(const GUID& a, const GUID& b) { return std::memcmp(&a, &b, sizeof(GUID)) == 0; }

}  // namespace

// --- provider ---

NTSTATUS WmiProvider::Check(const WDF_WMI_PROVIDER_CONFIG& config) {
  if (config.Size != sizeof config) return STATUS_INFO_LENGTH_MISMATCH;
  if (config.Flags & ~static_cast<ULONG>(WdfWmiProviderValidFlags)) return STATUS_INVALID_PARAMETER;
  // WMI-04: tracing stands alone.
  if ((config.Flags & WdfWmiProviderTracing) && config.Flags != WdfWmiProviderTracing) return STATUS_INVALID_PARAMETER;
  return STATUS_SUCCESS;
}

NTSTATUS WmiProvider::Attach(WmiPart& part, const WDF_WMI_PROVIDER_CONFIG& config) {
  config_ = config;
  rt::LockGuard guard(part.lock);
  for (WmiProvider* other : part.providers_) {
    if (SameGuid(other->config_.Guid, config.Guid)) return STATUS_OBJECT_NAME_EXISTS;
  }
  part.providers_.push_back(this);
  part_ = &part;
  if (tracing()) part.dirty_ = true;
  return STATUS_SUCCESS;
}

WmiProvider* WmiProvider::TakeOver(WmiPart& part, const WDF_WMI_PROVIDER_CONFIG& config) {
  rt::LockGuard guard(part.lock);
  for (WmiProvider* other : part.providers_) {
    if (!SameGuid(other->config_.Guid, config.Guid)) continue;
    if (!other->for_instance_ || other->instance_objects_ || other->deleting()) return nullptr;
    other->config_ = config;
    other->events_ = other->collection_ = false;
    other->tracing_handle_ = 0;
    return other;
  }
  return nullptr;
}

void WmiProvider::MadeForInstance() {
  rt::LockGuard guard(part_->lock);
  for_instance_ = true;
}

Device& WmiProvider::owner() const { return part_->device(); }

void WmiProvider::OnDispose() {
  if (!part_) return;
  rt::LockGuard guard(part_->lock);
  part_->providers_.erase(std::remove(part_->providers_.begin(), part_->providers_.end(), this), part_->providers_.end());
}

bool WmiProvider::IsEnabled(WDF_WMI_PROVIDER_CONTROL control) {
  rt::LockGuard guard(part_->lock);
  return control == WdfWmiEventControl ? events_ : control == WdfWmiInstanceControl && collection_;
}

ULONGLONG WmiProvider::TracingHandle() {
  rt::LockGuard guard(part_->lock);
  return tracing_handle_;
}

// --- instance ---

NTSTATUS WmiInstance::Check(const WDF_WMI_INSTANCE_CONFIG& config, const WDF_OBJECT_ATTRIBUTES* attributes) {
  if (config.Size != sizeof config) return STATUS_INFO_LENGTH_MISMATCH;
  if (!config.Provider == !config.ProviderConfig) return STATUS_INVALID_PARAMETER;  // one of the two
  if (config.UseContextForQuery) {
    if (config.EvtWmiInstanceQueryInstance) return STATUS_INVALID_PARAMETER;  // WMI-06
    if (ContextSize(attributes) > 0xFFFFFFFFu) return STATUS_INTEGER_OVERFLOW;
    if (!ContextSize(attributes)) return STATUS_INVALID_PARAMETER;  // nothing to answer with
  }
  return STATUS_SUCCESS;
}

void WmiInstance::Attach(WmiProvider& provider, const WDF_WMI_INSTANCE_CONFIG& config) {
  provider_ = &provider;
  config_ = config;
  rt::LockGuard guard(provider.part().lock);
  ++provider.instance_objects_;
}

void WmiInstance::OnDeleting() {
  if (!provider_) return;
  Deregister();
  rt::LockGuard guard(provider_->part().lock);
  --provider_->instance_objects_;
}

NTSTATUS WmiInstance::Register() {
  WmiPart& part = provider_->part();
  {
    rt::LockGuard guard(part.lock);
    if (registered_ || deleting()) return STATUS_INVALID_DEVICE_REQUEST;  // WMI-03
    registered_ = true;
    provider_->instances.push_back(this);
    part.dirty_ = true;
  }
  return part.Changed();
}

bool WmiInstance::Deregister() {
  if (!provider_) return false;
  WmiPart& part = provider_->part();
  {
    rt::LockGuard guard(part.lock);
    if (!registered_) return false;
    registered_ = false;
    auto& list = provider_->instances;
    list.erase(std::find(list.begin(), list.end(), this));
    part.dirty_ = true;
  }
  part.Changed();
  return true;
}

NTSTATUS WmiInstance::Fire(ULONG size, const void* data) {
  if (size && !data) return STATUS_INVALID_PARAMETER;
  if (size > kLargestEvent) return STATUS_BUFFER_OVERFLOW;
  WmiPart& part = provider_->part();
  constexpr ULONG kData = (sizeof(WNODE_SINGLE_INSTANCE) + 7) & ~7u;
  WNODE_SINGLE_INSTANCE node = {};
  {
    rt::LockGuard guard(part.lock);
    if (!part.registered_ || !registered_) return STATUS_UNSUCCESSFUL;
    auto& list = provider_->instances;
    node.InstanceIndex = static_cast<ULONG>(std::find(list.begin(), list.end(), this) - list.begin());
  }
  node.WnodeHeader.BufferSize = kData + size;
  node.WnodeHeader.ProviderId = IoWMIDeviceObjectToProviderId(part.device().wdm());
  KeQuerySystemTime(&node.WnodeHeader.TimeStamp);
  node.WnodeHeader.Guid = provider_->config().Guid;
  node.WnodeHeader.Flags = WNODE_FLAG_EVENT_ITEM | WNODE_FLAG_SINGLE_INSTANCE | WNODE_FLAG_STATIC_INSTANCE_NAMES | WNODE_FLAG_PDO_INSTANCE_NAMES;
  node.DataBlockOffset = kData;
  node.SizeDataBlock = size;
  void* event = globals().MayAllocate() ? ExAllocatePool2(POOL_FLAG_NON_PAGED, kData + size, kTag) : nullptr;
  if (!event) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(event, &node, sizeof node);
  if (size) std::memcpy(static_cast<char*>(event) + kData, data, size);
  const NTSTATUS status = IoWMIWriteEvent(event);
  if (!NT_SUCCESS(status)) ExFreePoolWithTag(event, kTag);
  return status;
}

NTSTATUS WmiInstance::Query(ULONG room, void* buffer, ULONG* used) {
  if (config_.UseContextForQuery) {  // WMI-06
    ContextBlock* block = first_context();
    while (block && !block->type) block = block->next;
    *used = block ? block->size : 0;
    if (room < *used) return STATUS_BUFFER_TOO_SMALL;
    std::memcpy(buffer, block->bytes(), *used);
    return STATUS_SUCCESS;
  }
  if (!config_.EvtWmiInstanceQueryInstance) return STATUS_WMI_NOT_SUPPORTED;
  const ULONG least = provider_->config().MinInstanceBufferSize;
  if (room < least) {
    *used = least;
    return STATUS_BUFFER_TOO_SMALL;
  }
  *used = 0;
  return nt::CallDriver("EvtWmiInstanceQueryInstance", config_.EvtWmiInstanceQueryInstance, instance_handle(), room, buffer, used);
}

NTSTATUS WmiInstance::Set(ULONG size, void* buffer) {
  if (!config_.EvtWmiInstanceSetInstance) return STATUS_WMI_READ_ONLY;
  if (size < provider_->config().MinInstanceBufferSize) return STATUS_WMI_SET_FAILURE;
  return nt::CallDriver("EvtWmiInstanceSetInstance", config_.EvtWmiInstanceSetInstance, instance_handle(), size, buffer);
}

NTSTATUS WmiInstance::SetItem(ULONG item, ULONG size, void* buffer) {
  if (!config_.EvtWmiInstanceSetItem) return STATUS_WMI_READ_ONLY;
  return nt::CallDriver("EvtWmiInstanceSetItem", config_.EvtWmiInstanceSetItem, instance_handle(), item, size, buffer);
}

NTSTATUS WmiInstance::Execute(ULONG method, ULONG input, ULONG output, void* buffer, ULONG* used) {
  if (!config_.EvtWmiInstanceExecuteMethod) return STATUS_INVALID_DEVICE_REQUEST;
  *used = 0;
  return nt::CallDriver("EvtWmiInstanceExecuteMethod", config_.EvtWmiInstanceExecuteMethod, instance_handle(), method, input, output, buffer, used);
}

// --- the device's part ---

WmiPart::WmiPart(Device& device) : device_(device) {
  KeInitializeEvent(&told_, NotificationEvent, FALSE);
  ExInitializeWorkItem(&item_, &WmiPart::Later, this);
}

NTSTATUS WmiPart::AssignMofResourceName(std::u16string_view name) {
  rt::LockGuard guard(lock);
  if (!mof_.empty()) return STATUS_INVALID_DEVICE_REQUEST;  // WMI-09
  mof_ = name;
  return STATUS_SUCCESS;
}

NTSTATUS WmiPart::Changed() {
  if (KeGetCurrentIrql() == PASSIVE_LEVEL) return Settle();
  {
    rt::LockGuard guard(lock);
    if (!up_ || queued_) return STATUS_SUCCESS;
    queued_ = true;
  }
  device_.AddRef();
  device_.globals().background.Begin();
  ExQueueWorkItem(&item_, DelayedWorkQueue);
  return STATUS_SUCCESS;
}

VOID NTAPI WmiPart::Later(PVOID context) {
  WmiPart& self = *static_cast<WmiPart*>(context);
  Device& device = self.device_;
  DriverGlobals& globals = device.globals();
  {
    rt::LockGuard guard(self.lock);
    self.queued_ = false;
  }
  self.Settle();
  device.Release();
  globals.background.End();
}

NTSTATUS WmiPart::Settle() {
  NTSTATUS status = STATUS_SUCCESS;
  bool mine = false;
  while (true) {
    bool first = false, wake = false;
    {
      rt::LockGuard guard(lock);
      if (telling_ && !mine) return status;  // R2
      bool offers = false;
      for (WmiProvider* provider : providers_) offers |= !provider->instances.empty() || provider->tracing();
      if (!up_ || !dirty_ || (!registered_ && !offers)) {
        telling_ = nullptr;
        wake = somebody_waits_;
        somebody_waits_ = false;
        if (!wake) return status;
      } else {
        telling_ = &nt::CurrentThread();
        mine = true;
        dirty_ = false;
        first = !registered_;
        registered_ = true;
      }
    }
    if (wake) {
      KeSetEvent(&told_, IO_NO_INCREMENT, FALSE);
      return status;
    }
    const NTSTATUS result = IoWMIRegistrationControl(device_.wdm(), first ? WMIREG_ACTION_REGISTER : WMIREG_ACTION_UPDATE_GUIDS);
    if (!NT_SUCCESS(result)) status = result;
    if (first && !NT_SUCCESS(result)) {
      rt::LockGuard guard(lock);
      registered_ = false;
    }
  }
}

NTSTATUS WmiPart::Up() {
  {
    rt::LockGuard guard(lock);
    up_ = dirty_ = true;
  }
  return Settle();
}

void WmiPart::Down() {
  bool wait, deregister;
  {
    rt::LockGuard guard(lock);
    up_ = false;
    wait = somebody_waits_ = telling_ && telling_ != &nt::CurrentThread();
    if (wait) KeClearEvent(&told_);
  }
  if (wait) KeWaitForSingleObject(&told_, Executive, KernelMode, FALSE, nullptr);  // R4
  {
    rt::LockGuard guard(lock);
    deregister = registered_;
    registered_ = false;
    for (WmiProvider* provider : providers_) {
      provider->announced_ = provider->events_ = provider->collection_ = false;
      provider->tracing_handle_ = 0;
    }
  }
  if (deregister) IoWMIRegistrationControl(device_.wdm(), WMIREG_ACTION_DEREGISTER);
}

namespace wmi {

void DeviceCreated(Device& device) {
  if (!device.is_control() && !device.globals().umdf) device.wmi = std::make_unique<WmiPart>(device);
}

NTSTATUS Up(Device& device) { return device.wmi ? static_cast<WmiPart*>(device.wmi.get())->Up() : STATUS_SUCCESS; }
void Down(Device& device) {
  if (device.wmi) static_cast<WmiPart*>(device.wmi.get())->Down();
}

}  // namespace wmi
}  // namespace drydock::wdf
