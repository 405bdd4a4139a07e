// The WMI library: answers WMI requests for a driver by its callbacks.
#include <wmilib.h>

#include <cstring>
#include <vector>

#include <ntddk.h>
#include <wmistr.h>

#include "nt/driver_callback.h"

using namespace drydock::nt;

namespace {

constexpr ULONG kTag = 0x6C696D57;  // 'Wmil'

size_t Align8(size_t size) { return (size + 7) & ~size_t{7}; }

bool IsWmi(UCHAR minor) { return minor <= IRP_MN_EXECUTE_METHOD || minor == IRP_MN_REGINFO_EX; }

// Index of the block in the driver's list; GuidCount: not there.
ULONG IndexOf(const WMILIB_CONTEXT& context, const GUID& guid) {
  ULONG index = 0;
  while (index < context.GuidCount && std::memcmp(context.GuidList[index].Guid, &guid, sizeof guid) != 0) ++index;
  return index;
}

NTSTATUS Unfinished(PIRP irp, PSYSCTL_IRP_DISPOSITION disposition, NTSTATUS status, ULONG_PTR information = 0) {
  *disposition = IrpNotCompleted;
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  return status;
}

NTSTATUS TellBlocks(const WMILIB_CONTEXT& context, PDEVICE_OBJECT device, PIRP irp, bool extended, PSYSCTL_IRP_DISPOSITION disposition) {
  auto& wmi = IoGetCurrentIrpStackLocation(irp)->Parameters.WMI;
  ULONG flags = 0;
  UNICODE_STRING base = {}, mof = {};
  PUNICODE_STRING path = nullptr;
  PDEVICE_OBJECT pdo = nullptr;
  if (!context.QueryWmiRegInfo) return Unfinished(irp, disposition, STATUS_INVALID_DEVICE_REQUEST);
  const NTSTATUS status = CallDriver("DpWmiQueryReginfo", context.QueryWmiRegInfo, device, &flags, &base, &path, &mof, &pdo);
  auto free_base = [&] {
    if (base.Buffer) ExFreePoolWithTag(base.Buffer, 0);  // the driver allocated it for us
  };
  if (!NT_SUCCESS(status)) {
    free_base();
    return Unfinished(irp, disposition, status);
  }
  const size_t table = offsetof(WMIREGINFOW, WmiRegGuid) + context.GuidCount * sizeof(WMIREGGUIDW);
  const size_t size = Align8(table + 6 + base.Length + mof.Length + (path ? path->Length : 0));
  if (wmi.BufferSize < size) {
    free_base();
    if (wmi.BufferSize < sizeof(ULONG)) return Unfinished(irp, disposition, STATUS_BUFFER_TOO_SMALL);
    *static_cast<ULONG*>(wmi.Buffer) = static_cast<ULONG>(size);
    return Unfinished(irp, disposition, STATUS_BUFFER_TOO_SMALL, sizeof(ULONG));
  }
  char* buffer = static_cast<char*>(wmi.Buffer);
  std::memset(buffer, 0, size);
  size_t at = table;
  auto append = [&](const UNICODE_STRING* text) {
    const size_t place = at;
    std::memcpy(buffer + at, &text->Length, sizeof text->Length);
    if (text->Length) std::memcpy(buffer + at + sizeof text->Length, text->Buffer, text->Length);
    at += sizeof text->Length + text->Length;
    return static_cast<ULONG>(place);
  };
  auto* info = reinterpret_cast<WMIREGINFOW*>(buffer);
  info->BufferSize = static_cast<ULONG>(size);
  info->GuidCount = context.GuidCount;
  if (path) info->RegistryPath = append(path);
  if (mof.Length) info->MofResourceName = append(&mof);
  const ULONG base_at = flags & WMIREG_FLAG_INSTANCE_BASENAME ? append(&base) : 0;
  for (ULONG i = 0; i < context.GuidCount; ++i) {
    WMIREGGUIDW entry = {};
    entry.Guid = *context.GuidList[i].Guid;
    entry.Flags = context.GuidList[i].Flags | flags;
    entry.InstanceCount = context.GuidList[i].InstanceCount;
    if (entry.Flags & WMIREG_FLAG_INSTANCE_PDO) {
      entry.Pdo = reinterpret_cast<ULONG_PTR>(pdo);
      if (extended && pdo && !(entry.Flags & WMIREG_FLAG_REMOVE_GUID)) ObReferenceObject(pdo);
    } else {
      entry.BaseNameOffset = base_at;
    }
    std::memcpy(buffer + offsetof(WMIREGINFOW, WmiRegGuid) + i * sizeof entry, &entry, sizeof entry);
  }
  free_base();
  return Unfinished(irp, disposition, STATUS_SUCCESS, size);
}

// Where the data of a query begins.
ULONG DataAt(UCHAR minor, ULONG instances) {
  if (minor == IRP_MN_QUERY_SINGLE_INSTANCE) return static_cast<ULONG>(Align8(sizeof(WNODE_SINGLE_INSTANCE)));
  return static_cast<ULONG>(Align8(offsetof(WNODE_ALL_DATA, OffsetInstanceDataAndLength) + instances * sizeof(OFFSETINSTANCEDATAANDLENGTH)));
}

}  // namespace

extern "C" {

NTSTATUS NTAPI WmiSystemControl(PWMILIB_CONTEXT WmiLibInfo, PDEVICE_OBJECT DeviceObject, PIRP Irp, PSYSCTL_IRP_DISPOSITION IrpDisposition) {
  const WMILIB_CONTEXT& context = *WmiLibInfo;
  const IO_STACK_LOCATION& stack = *IoGetCurrentIrpStackLocation(Irp);
  const UCHAR minor = stack.MinorFunction;
  const auto wmi = stack.Parameters.WMI;
  if (!IsWmi(minor)) {
    *IrpDisposition = IrpNotWmi;
    return STATUS_INVALID_DEVICE_REQUEST;
  }
  if (wmi.ProviderId != reinterpret_cast<ULONG_PTR>(DeviceObject)) {
    *IrpDisposition = IrpForward;
    return STATUS_INVALID_DEVICE_REQUEST;
  }
  if (minor == IRP_MN_REGINFO || minor == IRP_MN_REGINFO_EX) return TellBlocks(context, DeviceObject, Irp, minor == IRP_MN_REGINFO_EX, IrpDisposition);
  const ULONG index = IndexOf(context, *static_cast<const GUID*>(wmi.DataPath));
  if (index == context.GuidCount) return Unfinished(Irp, IrpDisposition, STATUS_WMI_GUID_NOT_FOUND);
  const ULONG count = context.GuidList[index].InstanceCount;
  char* buffer = static_cast<char*>(wmi.Buffer);
  auto* header = reinterpret_cast<WNODE_HEADER*>(buffer);
  auto* single = reinterpret_cast<WNODE_SINGLE_INSTANCE*>(buffer);
  if (minor >= IRP_MN_ENABLE_EVENTS && minor <= IRP_MN_DISABLE_COLLECTION) {
    if (!context.WmiFunctionControl) return Unfinished(Irp, IrpDisposition, STATUS_SUCCESS);
    const bool events = minor == IRP_MN_ENABLE_EVENTS || minor == IRP_MN_DISABLE_EVENTS;
    const bool enable = minor == IRP_MN_ENABLE_EVENTS || minor == IRP_MN_ENABLE_COLLECTION;
    *IrpDisposition = IrpProcessed;
    return CallDriver("DpWmiFunctionControl", context.WmiFunctionControl, DeviceObject, Irp, index, events ? WmiEventControl : WmiDataBlockControl,
                      static_cast<BOOLEAN>(enable));
  }
  if (minor != IRP_MN_QUERY_ALL_DATA) {
    if (!(header->Flags & WNODE_FLAG_STATIC_INSTANCE_NAMES) || single->InstanceIndex >= count) {
      return Unfinished(Irp, IrpDisposition, STATUS_WMI_INSTANCE_NOT_FOUND);
    }
  }
  switch (minor) {
    case IRP_MN_QUERY_ALL_DATA:
    case IRP_MN_QUERY_SINGLE_INSTANCE: {
      if (!context.QueryWmiDataBlock) return Unfinished(Irp, IrpDisposition, STATUS_WMI_NOT_SUPPORTED);
      const bool all = minor == IRP_MN_QUERY_ALL_DATA;
      const ULONG at = DataAt(minor, count);
      // The lengths go to where the pairs of offset and length will be.
      ULONG* lengths = all ? reinterpret_cast<ULONG*>(buffer + offsetof(WNODE_ALL_DATA, OffsetInstanceDataAndLength)) : &single->SizeDataBlock;
      const bool room = wmi.BufferSize >= at;
      if (room && all) reinterpret_cast<WNODE_ALL_DATA*>(buffer)->InstanceCount = count;
      if (room) (all ? reinterpret_cast<WNODE_ALL_DATA*>(buffer)->DataBlockOffset : single->DataBlockOffset) = at;
      const ULONG first = all ? 0 : single->InstanceIndex;
      *IrpDisposition = IrpProcessed;
      return CallDriver("DpWmiQueryDataBlock", context.QueryWmiDataBlock, DeviceObject, Irp, index, first, all ? count : 1u,
                        room ? lengths : static_cast<ULONG*>(nullptr), room ? wmi.BufferSize - at : 0u,
                        room ? reinterpret_cast<PUCHAR>(buffer + at) : static_cast<PUCHAR>(nullptr));
    }
    case IRP_MN_CHANGE_SINGLE_INSTANCE:
      if (!context.SetWmiDataBlock) return Unfinished(Irp, IrpDisposition, STATUS_WMI_READ_ONLY);
      *IrpDisposition = IrpProcessed;
      return CallDriver("DpWmiSetDataBlock", context.SetWmiDataBlock, DeviceObject, Irp, index, single->InstanceIndex, single->SizeDataBlock,
                        reinterpret_cast<PUCHAR>(buffer + single->DataBlockOffset));
    case IRP_MN_CHANGE_SINGLE_ITEM: {
      if (!context.SetWmiDataItem) return Unfinished(Irp, IrpDisposition, STATUS_WMI_READ_ONLY);
      auto* item = reinterpret_cast<WNODE_SINGLE_ITEM*>(buffer);
      *IrpDisposition = IrpProcessed;
      return CallDriver("DpWmiSetDataItem", context.SetWmiDataItem, DeviceObject, Irp, index, item->InstanceIndex, item->ItemId, item->SizeDataItem,
                        reinterpret_cast<PUCHAR>(buffer + item->DataBlockOffset));
    }
    default: {
      if (!context.ExecuteWmiMethod) return Unfinished(Irp, IrpDisposition, STATUS_INVALID_DEVICE_REQUEST);
      auto* method = reinterpret_cast<WNODE_METHOD_ITEM*>(buffer);
      *IrpDisposition = IrpProcessed;
      return CallDriver("DpWmiExecuteMethod", context.ExecuteWmiMethod, DeviceObject, Irp, index, method->InstanceIndex, method->MethodId,
                        method->SizeDataBlock, wmi.BufferSize - method->DataBlockOffset, reinterpret_cast<PUCHAR>(buffer + method->DataBlockOffset));
    }
  }
}

NTSTATUS NTAPI WmiCompleteRequest(PDEVICE_OBJECT, PIRP Irp, NTSTATUS Status, ULONG BufferUsed, CCHAR PriorityBoost) {
  const IO_STACK_LOCATION& stack = *IoGetCurrentIrpStackLocation(Irp);
  const auto wmi = stack.Parameters.WMI;
  char* buffer = static_cast<char*>(wmi.Buffer);
  auto* header = reinterpret_cast<WNODE_HEADER*>(buffer);
  ULONG_PTR information = 0;
  const UCHAR minor = stack.MinorFunction;
  const bool query = minor == IRP_MN_QUERY_ALL_DATA || minor == IRP_MN_QUERY_SINGLE_INSTANCE;
  if (query || minor == IRP_MN_EXECUTE_METHOD) {
    // 64 instances' worth of room is asked for at once where the count is not at hand.
    auto* all = reinterpret_cast<WNODE_ALL_DATA*>(buffer);
    const bool whole = minor == IRP_MN_QUERY_ALL_DATA;
    ULONG at = minor == IRP_MN_EXECUTE_METHOD ? reinterpret_cast<WNODE_METHOD_ITEM*>(buffer)->DataBlockOffset : DataAt(minor, whole ? all->InstanceCount : 1);
    if (Status == STATUS_BUFFER_TOO_SMALL) {
      if (whole && !all->InstanceCount) at = DataAt(minor, 64);
      auto* small = reinterpret_cast<WNODE_TOO_SMALL*>(buffer);
      header->BufferSize = sizeof *small;
      header->Flags |= WNODE_FLAG_TOO_SMALL;
      small->SizeNeeded = at + BufferUsed;
      information = sizeof *small;
      Status = STATUS_SUCCESS;
    } else if (NT_SUCCESS(Status)) {
      if (whole) {
        ULONG* lengths = reinterpret_cast<ULONG*>(buffer + offsetof(WNODE_ALL_DATA, OffsetInstanceDataAndLength));
        std::vector<ULONG> kept(lengths, lengths + all->InstanceCount);
        size_t next = at;
        for (ULONG i = 0; i < all->InstanceCount; ++i) {
          const OFFSETINSTANCEDATAANDLENGTH pair = {static_cast<ULONG>(next), kept[i]};
          std::memcpy(lengths + 2 * i, &pair, sizeof pair);
          next = Align8(next + kept[i]);
        }
        header->Flags &= ~static_cast<ULONG>(WNODE_FLAG_FIXED_INSTANCE_SIZE);
      } else if (minor == IRP_MN_EXECUTE_METHOD) {
        reinterpret_cast<WNODE_METHOD_ITEM*>(buffer)->SizeDataBlock = BufferUsed;
      } else {
        reinterpret_cast<WNODE_SINGLE_INSTANCE*>(buffer)->SizeDataBlock = BufferUsed;
      }
      information = at + BufferUsed;
      header->BufferSize = static_cast<ULONG>(information);
      if (query) KeQuerySystemTime(&header->TimeStamp);
    }
  }
  Irp->IoStatus.Status = Status;
  Irp->IoStatus.Information = information;
  IoCompleteRequest(Irp, PriorityBoost);
  return Status;
}

// The event's data was allocated by the driver and is freed here, whatever comes of it.
NTSTATUS NTAPI WmiFireEvent(PDEVICE_OBJECT DeviceObject, LPCGUID Guid, ULONG InstanceIndex, ULONG EventDataSize, PVOID EventData) {
  constexpr ULONG kData = (sizeof(WNODE_SINGLE_INSTANCE) + 7) & ~7u;
  NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
  if (EventDataSize > 0x100000) {
    status = STATUS_BUFFER_OVERFLOW;
  } else if (void* event = ExAllocatePool2(POOL_FLAG_NON_PAGED, kData + EventDataSize, kTag)) {
    WNODE_SINGLE_INSTANCE node = {};
    node.WnodeHeader.BufferSize = kData + EventDataSize;
    node.WnodeHeader.ProviderId = IoWMIDeviceObjectToProviderId(DeviceObject);
    KeQuerySystemTime(&node.WnodeHeader.TimeStamp);
    node.WnodeHeader.Guid = *Guid;
    node.WnodeHeader.Flags = WNODE_FLAG_EVENT_ITEM | WNODE_FLAG_SINGLE_INSTANCE | WNODE_FLAG_STATIC_INSTANCE_NAMES | WNODE_FLAG_PDO_INSTANCE_NAMES;
    node.InstanceIndex = InstanceIndex;
    node.DataBlockOffset = kData;
    node.SizeDataBlock = EventDataSize;
    std::memcpy(event, &node, sizeof node);
    if (EventData && EventDataSize) std::memcpy(static_cast<char*>(event) + kData, EventData, EventDataSize);
    status = IoWMIWriteEvent(event);
    if (!NT_SUCCESS(status)) ExFreePoolWithTag(event, kTag);
  }
  if (EventData) ExFreePoolWithTag(EventData, 0);
  return status;
}

}  // extern "C"
