// IRP_MJ_SYSTEM_CONTROL: WMI requests to a device's providers; all others go down the stack.
#include <cstring>

#include "nt/driver_callback.h"
#include "wdf/wmi/wmi.h"

namespace drydock::wdf {
namespace {

size_t Align8(size_t size) { return (size + 7) & ~size_t{7}; }

struct WmiRequest {
  explicit WmiRequest(PIRP irp) {
    const auto& wmi = IoGetCurrentIrpStackLocation(irp)->Parameters.WMI;
    buffer = static_cast<char*>(wmi.Buffer);
    size = wmi.BufferSize;
    guid = static_cast<const GUID*>(wmi.DataPath);
  }
  template <class T>
  T* As() const {
    return reinterpret_cast<T*>(buffer);
  }
  bool Holds(size_t at, size_t bytes) const { return at <= size && bytes <= size - at; }
  char* buffer;
  ULONG size;
  const GUID* guid;
};

// The answer needs `needed` bytes of buffer (WNODE_TOO_SMALL).
NTSTATUS TooSmall(PIRP irp, const WmiRequest& request, size_t needed) {
  if (request.size < sizeof(WNODE_TOO_SMALL)) return CompleteIrp(irp, STATUS_BUFFER_TOO_SMALL);
  auto* node = request.As<WNODE_TOO_SMALL>();
  node->WnodeHeader.BufferSize = sizeof(WNODE_TOO_SMALL);
  node->WnodeHeader.Flags |= WNODE_FLAG_TOO_SMALL;
  node->SizeNeeded = static_cast<ULONG>(needed);
  return CompleteIrp(irp, STATUS_SUCCESS, sizeof(WNODE_TOO_SMALL));
}

bool IsWmi(UCHAR minor) { return minor <= IRP_MN_EXECUTE_METHOD || minor == IRP_MN_REGINFO_EX; }

}  // namespace

NTSTATUS wmi::Dispatch(Device& device, PIRP irp) {
  const IO_STACK_LOCATION& stack = *IoGetCurrentIrpStackLocation(irp);
  if (device.wmi && IsWmi(stack.MinorFunction) && stack.Parameters.WMI.ProviderId == reinterpret_cast<ULONG_PTR>(device.wdm())) {
    return static_cast<WmiPart*>(device.wmi.get())->Dispatch(irp);
  }
  if (device.attached_to()) return device.PassDown(irp);
  return device.is_pdo() ? CompleteIrp(irp, irp->IoStatus.Status, irp->IoStatus.Information) : CompleteIrp(irp, STATUS_INVALID_DEVICE_REQUEST);
}

Ref<WmiProvider> WmiPart::Find(const GUID& guid) {
  rt::LockGuard guard(lock);
  for (WmiProvider* provider : providers_) {
    if (std::memcmp(&provider->config().Guid, &guid, sizeof guid) == 0) return Ref<WmiProvider>(provider);
  }
  return Ref<WmiProvider>();
}

std::vector<Ref<WmiInstance>> WmiPart::InstancesOf(WmiProvider& provider) {
  std::vector<Ref<WmiInstance>> instances;
  rt::LockGuard guard(lock);
  for (WmiInstance* instance : provider.instances) instances.emplace_back(instance);
  return instances;
}

NTSTATUS WmiPart::Dispatch(PIRP irp) {
  const UCHAR minor = IoGetCurrentIrpStackLocation(irp)->MinorFunction;
  const WmiRequest request(irp);
  if (minor == IRP_MN_REGINFO || minor == IRP_MN_REGINFO_EX) {
    return RegInfo(irp, minor == IRP_MN_REGINFO_EX, reinterpret_cast<ULONG_PTR>(request.guid) == WMIUPDATE);
  }
  if (!request.guid || !request.buffer || request.size < sizeof(WNODE_HEADER)) return CompleteIrp(irp, STATUS_INVALID_PARAMETER);
  Ref<WmiProvider> provider = Find(*request.guid);
  if (!provider) return CompleteIrp(irp, STATUS_WMI_GUID_NOT_FOUND);
  switch (minor) {
    case IRP_MN_QUERY_ALL_DATA: return QueryAll(irp, *provider.get());
    case IRP_MN_QUERY_SINGLE_INSTANCE:
    case IRP_MN_CHANGE_SINGLE_INSTANCE:
    case IRP_MN_CHANGE_SINGLE_ITEM:
    case IRP_MN_EXECUTE_METHOD: return OnInstance(irp, minor, *provider.get());
    default: return Control(irp, minor, *provider.get());
  }
}

NTSTATUS WmiPart::RegInfo(PIRP irp, bool extended, bool update) {
  const WmiRequest request(irp);
  std::u16string path = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";
  path.append(device_.globals().service_name.begin(), device_.globals().service_name.end());
  std::vector<WMIREGGUIDW> entries;
  std::vector<WmiProvider*> told;
  std::u16string mof;
  PDEVICE_OBJECT pdo = device_.pdo() ? device_.pdo() : device_.wdm();
  size_t names, size;
  {
    rt::LockGuard guard(lock);
    mof = mof_;
    for (WmiProvider* provider : providers_) {
      WMIREGGUIDW entry = {};
      entry.Guid = provider->config().Guid;
      const ULONG flags = provider->config().Flags;
      if (provider->tracing()) {
        entry.Flags = WMIREG_FLAG_TRACED_GUID | WMIREG_FLAG_TRACE_CONTROL_GUID;
      } else if (!provider->instances.empty()) {
        entry.Flags = WMIREG_FLAG_INSTANCE_PDO;
        if (flags & WdfWmiProviderEventOnly) entry.Flags |= WMIREG_FLAG_EVENT_ONLY_GUID;
        if (flags & WdfWmiProviderExpensive) entry.Flags |= WMIREG_FLAG_EXPENSIVE;
        entry.InstanceCount = static_cast<ULONG>(provider->instances.size());
        entry.Pdo = reinterpret_cast<ULONG_PTR>(pdo);
      } else if (update && provider->announced_) {
        entry.Flags = WMIREG_FLAG_REMOVE_GUID;
      } else {
        continue;
      }
      entries.push_back(entry);
      told.push_back(provider);
    }
    names = offsetof(WMIREGINFOW, WmiRegGuid) + entries.size() * sizeof(WMIREGGUIDW);
    size = Align8(names + 2 + path.size() * 2 + 2 + mof.size() * 2);
    if (request.size >= size) {
      for (size_t i = 0; i < told.size(); ++i) told[i]->announced_ = !(entries[i].Flags & WMIREG_FLAG_REMOVE_GUID);
    }
  }
  if (request.size < sizeof(ULONG)) return CompleteIrp(irp, STATUS_BUFFER_TOO_SMALL);
  if (request.size < size) {
    *request.As<ULONG>() = static_cast<ULONG>(size);
    return CompleteIrp(irp, STATUS_BUFFER_TOO_SMALL, sizeof(ULONG));
  }
  std::memset(request.buffer, 0, size);
  auto* info = request.As<WMIREGINFOW>();
  info->BufferSize = static_cast<ULONG>(size);
  info->GuidCount = static_cast<ULONG>(entries.size());
  if (!entries.empty()) std::memcpy(info->WmiRegGuid, entries.data(), entries.size() * sizeof(WMIREGGUIDW));
  auto append = [&](const std::u16string& text) {
    const ULONG at = static_cast<ULONG>(names);
    const USHORT bytes = static_cast<USHORT>(text.size() * 2);
    std::memcpy(request.buffer + at, &bytes, sizeof bytes);
    std::memcpy(request.buffer + at + sizeof bytes, text.data(), bytes);
    names += sizeof bytes + bytes;
    return at;
  };
  info->RegistryPath = append(path);
  if (!mof.empty()) info->MofResourceName = append(mof);
  if (extended) {  // WMI gives these references back
    for (const WMIREGGUIDW& entry : entries) {
      if (entry.Flags & WMIREG_FLAG_INSTANCE_PDO) ObReferenceObject(pdo);
    }
  }
  return CompleteIrp(irp, STATUS_SUCCESS, size);
}

NTSTATUS WmiPart::QueryAll(PIRP irp, WmiProvider& provider) {
  const WmiRequest request(irp);
  std::vector<Ref<WmiInstance>> instances = InstancesOf(provider);
  if (instances.empty()) return CompleteIrp(irp, STATUS_WMI_INSTANCE_NOT_FOUND);
  if (provider.event_only()) return CompleteIrp(irp, STATUS_WMI_NOT_SUPPORTED);
  const size_t head = Align8(offsetof(WNODE_ALL_DATA, OffsetInstanceDataAndLength) + instances.size() * sizeof(OFFSETINSTANCEDATAANDLENGTH));
  std::vector<OFFSETINSTANCEDATAANDLENGTH> places;
  size_t at = head;
  bool small = request.size < head;
  uint64_t nothing = 0;
  for (Ref<WmiInstance>& instance : instances) {
    const bool room = !small && at <= request.size;
    ULONG used = 0;
    const NTSTATUS status = instance->Query(room ? static_cast<ULONG>(request.size - at) : 0, room && at < request.size ? static_cast<void*>(request.buffer + at) : &nothing, &used);
    if (status == STATUS_BUFFER_TOO_SMALL) {
      small = true;
    } else if (!NT_SUCCESS(status)) {
      return CompleteIrp(irp, status);
    } else if (room && used > request.size - at) {
      small = true;  // it says so in its way
    }
    places.push_back({static_cast<ULONG>(at), used});
    at = Align8(at + used);
  }
  if (small || at > Align8(request.size)) return TooSmall(irp, request, at);
  auto* node = request.As<WNODE_ALL_DATA>();
  node->DataBlockOffset = static_cast<ULONG>(head);
  node->InstanceCount = static_cast<ULONG>(instances.size());
  node->OffsetInstanceNameOffsets = 0;  // static names
  std::memcpy(node->OffsetInstanceDataAndLength, places.data(), places.size() * sizeof places[0]);
  const size_t end = places.back().OffsetInstanceData + places.back().LengthInstanceData;
  node->WnodeHeader.BufferSize = static_cast<ULONG>(end);
  node->WnodeHeader.Flags &= ~static_cast<ULONG>(WNODE_FLAG_FIXED_INSTANCE_SIZE);
  KeQuerySystemTime(&node->WnodeHeader.TimeStamp);
  return CompleteIrp(irp, STATUS_SUCCESS, end);
}

// The four requests about one instance begin alike: WNODE_HEADER, OffsetInstanceName, InstanceIndex.
NTSTATUS WmiPart::OnInstance(PIRP irp, UCHAR minor, WmiProvider& provider) {
  const WmiRequest request(irp);
  if (request.size < sizeof(WNODE_SINGLE_INSTANCE)) return CompleteIrp(irp, STATUS_INVALID_PARAMETER);
  auto* node = request.As<WNODE_SINGLE_INSTANCE>();
  Ref<WmiInstance> instance;
  {
    rt::LockGuard guard(lock);
    const bool by_index = (node->WnodeHeader.Flags & WNODE_FLAG_STATIC_INSTANCE_NAMES) != 0;
    if (by_index && node->InstanceIndex < provider.instances.size()) instance = Ref<WmiInstance>(provider.instances[node->InstanceIndex]);
  }
  if (!instance) return CompleteIrp(irp, STATUS_WMI_INSTANCE_NOT_FOUND);
  if (provider.event_only()) return CompleteIrp(irp, STATUS_WMI_NOT_SUPPORTED);
  switch (minor) {
    case IRP_MN_QUERY_SINGLE_INSTANCE: {
      const ULONG at = static_cast<ULONG>(Align8(sizeof(WNODE_SINGLE_INSTANCE)));
      ULONG used = 0;
      uint64_t nothing = 0;
      const ULONG room = request.size > at ? request.size - at : 0;
      const NTSTATUS status = instance->Query(room, room ? static_cast<void*>(request.buffer + at) : &nothing, &used);
      if (status == STATUS_BUFFER_TOO_SMALL || (NT_SUCCESS(status) && used > room)) return TooSmall(irp, request, size_t{at} + used);
      if (!NT_SUCCESS(status)) return CompleteIrp(irp, status);
      node->DataBlockOffset = at;
      node->SizeDataBlock = used;
      node->WnodeHeader.BufferSize = at + used;
      KeQuerySystemTime(&node->WnodeHeader.TimeStamp);
      return CompleteIrp(irp, STATUS_SUCCESS, at + used);
    }
    case IRP_MN_CHANGE_SINGLE_INSTANCE:
      if (!request.Holds(node->DataBlockOffset, node->SizeDataBlock)) return CompleteIrp(irp, STATUS_INVALID_PARAMETER);
      return CompleteIrp(irp, instance->Set(node->SizeDataBlock, request.buffer + node->DataBlockOffset));
    case IRP_MN_CHANGE_SINGLE_ITEM: {
      auto* item = request.As<WNODE_SINGLE_ITEM>();
      if (request.size < sizeof *item || !request.Holds(item->DataBlockOffset, item->SizeDataItem)) return CompleteIrp(irp, STATUS_INVALID_PARAMETER);
      return CompleteIrp(irp, instance->SetItem(item->ItemId, item->SizeDataItem, request.buffer + item->DataBlockOffset));
    }
    default: {
      auto* method = request.As<WNODE_METHOD_ITEM>();
      if (request.size < sizeof *method || !request.Holds(method->DataBlockOffset, method->SizeDataBlock)) {
        return CompleteIrp(irp, STATUS_INVALID_PARAMETER);
      }
      // Input and output share the buffer from DataBlockOffset on.
      const ULONG at = method->DataBlockOffset, room = request.size - at;
      ULONG used = 0;
      const NTSTATUS status = instance->Execute(method->MethodId, method->SizeDataBlock, room, request.buffer + at, &used);
      if (status == STATUS_BUFFER_TOO_SMALL) return TooSmall(irp, request, size_t{at} + used);
      if (!NT_SUCCESS(status)) return CompleteIrp(irp, status);
      if (used > room) return TooSmall(irp, request, size_t{at} + used);
      method->SizeDataBlock = used;
      method->WnodeHeader.BufferSize = at + used;
      return CompleteIrp(irp, STATUS_SUCCESS, at + used);
    }
  }
}

NTSTATUS WmiPart::Control(PIRP irp, UCHAR minor, WmiProvider& provider) {
  const WmiRequest request(irp);
  const bool events = minor == IRP_MN_ENABLE_EVENTS || minor == IRP_MN_DISABLE_EVENTS;
  const bool enable = minor == IRP_MN_ENABLE_EVENTS || minor == IRP_MN_ENABLE_COLLECTION;
  {
    rt::LockGuard guard(lock);
    (events ? provider.events_ : provider.collection_) = enable;
    if (events && provider.tracing()) provider.tracing_handle_ = enable ? request.As<WNODE_HEADER>()->HistoricalContext : 0;
  }
  NTSTATUS status = STATUS_SUCCESS;
  if (auto callback = provider.config().EvtWmiProviderFunctionControl) {
    status = nt::CallDriver("EvtWmiProviderFunctionControl", callback, reinterpret_cast<WDFWMIPROVIDER>(provider.handle()),
                            events ? WdfWmiEventControl : WdfWmiInstanceControl, static_cast<BOOLEAN>(enable));
  }
  return CompleteIrp(irp, status);
}

}  // namespace drydock::wdf
