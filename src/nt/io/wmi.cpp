// WMI: the IoWMI functions: registration by providers, access by other drivers.
#include <memory>
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/ex/pool.h"
#include "nt/io/device.h"
#include "nt/io/state.h"
#include "nt/io/wmi.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/pnp.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

constexpr ULONG kTag = 0x696D5749;  // 'IWmi'
constexpr ULONG kLargestEvent = 0xFFFF;
constexpr ULONG kAllAccess = WMIGUID_QUERY | WMIGUID_SET | WMIGUID_NOTIFICATION | WMIGUID_READ_DESCRIPTION | WMIGUID_EXECUTE;

// The body of a data block object.
struct DataBlock {
  io::WmiState* state;
  std::shared_ptr<io::WmiConsumer>* consumer;
  ULONG access;
};

void Closed(void* body) {
  auto* block = static_cast<DataBlock*>(body);
  if (block->consumer) block->state->Remove(*block->consumer);
}

void Discarded(void* body) {
  auto* block = static_cast<DataBlock*>(body);
  delete block->consumer;
  block->consumer = nullptr;
}

// Null: no open data block, or not opened for this.
DataBlock* Opened(void* object, ULONG access, NTSTATUS* status) {
  if (!object || !ob::IsObject(object, io::kWmiDataBlockType)) {
    *status = STATUS_OBJECT_TYPE_MISMATCH;
    return nullptr;
  }
  auto* block = static_cast<DataBlock*>(object);
  *status = block->access & access ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
  return NT_SUCCESS(*status) ? block : nullptr;
}

const GUID& GuidOf(const DataBlock& block) { return (*block.consumer)->guid; }

std::string_view Bytes(const void* data, size_t size) { return {static_cast<const char*>(data), size}; }

uint64_t Address(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

}  // namespace

namespace drydock::nt::io {
const ob::ObjectType kWmiDataBlockType = {"WmiGuid", nullptr, Closed, Discarded, nullptr, ob::kNotWaitable, GENERIC_ALL};
}  // namespace drydock::nt::io

extern "C" {

NTSTATUS NTAPI IoWMIRegistrationControl(PDEVICE_OBJECT DeviceObject, ULONG Action) {
  io::WmiState& wmi = *CurrentKernel().io->wmi;
  switch (Action) {
    case WMIREG_ACTION_REGISTER:
      if (!ex::MayAllocate(CurrentKernel(), sizeof(void*))) return STATUS_INSUFFICIENT_RESOURCES;
      return wmi.Register(DeviceObject);
    case WMIREG_ACTION_DEREGISTER:
      if (wmi.Deregister(DeviceObject)) return STATUS_SUCCESS;
      break;
    case WMIREG_ACTION_REREGISTER: return wmi.Update(DeviceObject, true);
    case WMIREG_ACTION_UPDATE_GUIDS: return wmi.Update(DeviceObject, false);
    case WMIREG_ACTION_BLOCK_IRPS: return wmi.Knows(DeviceObject) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    default: return STATUS_INVALID_PARAMETER;
  }
  BugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, {0xDD, Address(DeviceObject)},
           "IoWMIRegistrationControl was asked to undo a registration that does not exist.");
}

ULONG NTAPI IoWMIDeviceObjectToProviderId(PDEVICE_OBJECT DeviceObject) { return io::TraceId(DeviceObject); }

NTSTATUS NTAPI IoWMIAllocateInstanceIds(GUID* Guid, ULONG InstanceCount, ULONG* FirstInstanceId) {
  (void)Guid;
  io::State& state = *CurrentKernel().io;
  drydock::rt::LockGuard guard(state.registration_lock);
  *FirstInstanceId = state.next_wmi_instance;
  state.next_wmi_instance += InstanceCount;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoWMISuggestInstanceName(PDEVICE_OBJECT PhysicalDeviceObject, PUNICODE_STRING SymbolicLinkName, BOOLEAN CombineNames,
                                        PUNICODE_STRING SuggestedInstanceName) {
  std::u16string name;
  if (PhysicalDeviceObject) name = pnp::InstancePathOf(PhysicalDeviceObject);
  if (SymbolicLinkName && (CombineNames || name.empty())) name += ob::View(SymbolicLinkName);
  if (name.empty()) return STATUS_INVALID_PARAMETER;
  size_t bytes = name.size() * 2;
  void* buffer = ExAllocatePool2(POOL_FLAG_PAGED, bytes + 2, kTag);
  if (!buffer) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(buffer, name.c_str(), bytes + 2);
  SuggestedInstanceName->Buffer = static_cast<PWCH>(buffer);
  SuggestedInstanceName->Length = static_cast<USHORT>(bytes);
  SuggestedInstanceName->MaximumLength = static_cast<USHORT>(bytes + 2);
  return STATUS_SUCCESS;
}

// As on Windows the event's memory is taken over on success.
NTSTATUS NTAPI IoWMIWriteEvent(PVOID WnodeEventItem) {
  auto* event = static_cast<WNODE_HEADER*>(WnodeEventItem);
  if (!event || event->BufferSize < sizeof(WNODE_HEADER)) return STATUS_INVALID_PARAMETER;
  if (event->BufferSize > kLargestEvent) return STATUS_BUFFER_OVERFLOW;
  NTSTATUS status = CurrentKernel().io->wmi->Fire(event);
  if (NT_SUCCESS(status)) ExFreePoolWithTag(WnodeEventItem, 0);
  return status;
}

// A block that nobody provides yet may be opened for its events alone.
NTSTATUS NTAPI IoWMIOpenBlock(LPCGUID Guid, ULONG DesiredAccess, PVOID* DataBlockObject) {
  *DataBlockObject = nullptr;
  Kernel& kernel = CurrentKernel();
  io::WmiState& wmi = *kernel.io->wmi;
  ULONG access = DesiredAccess & kAllAccess;
  if (DesiredAccess & (GENERIC_ALL | MAXIMUM_ALLOWED)) access = kAllAccess;
  if (access != WMIGUID_NOTIFICATION && !wmi.Known(*Guid)) return STATUS_WMI_GUID_NOT_FOUND;
  auto* block = ob::CreateObject<DataBlock>(kernel, io::kWmiDataBlockType);
  if (!block) return STATUS_INSUFFICIENT_RESOURCES;
  auto consumer = std::make_shared<io::WmiConsumer>();
  consumer->guid = *Guid;
  consumer->wants_collection = (access & WMIGUID_QUERY) != 0;
  block->state = &wmi;
  block->consumer = new std::shared_ptr<io::WmiConsumer>(consumer);
  block->access = access;
  wmi.Add(std::move(consumer));
  *DataBlockObject = block;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoWMISetNotificationCallback(PVOID Object, WMI_NOTIFICATION_CALLBACK Callback, PVOID Context) {
  NTSTATUS status;
  DataBlock* block = Opened(Object, WMIGUID_NOTIFICATION, &status);
  if (!block) return status;
  block->state->Change(*block->consumer, Callback != nullptr, (block->access & WMIGUID_QUERY) != 0, Callback, Context);
  return STATUS_SUCCESS;
}

// The nodes of several providers follow one another, linked by Linkage.
NTSTATUS NTAPI IoWMIQueryAllData(PVOID DataBlockObject, PULONG InOutBufferSize, PVOID OutBuffer) {
  NTSTATUS status;
  DataBlock* block = Opened(DataBlockObject, WMIGUID_QUERY, &status);
  if (!block) return status;
  std::vector<io::WmiNode> nodes;
  status = block->state->QueryAll(GuidOf(*block), &nodes);
  if (!NT_SUCCESS(status)) return status;
  size_t total = 0;
  for (const io::WmiNode& node : nodes) total += (node.size() + 7) & ~size_t{7};
  const ULONG room = *InOutBufferSize;
  *InOutBufferSize = static_cast<ULONG>(total);
  if (total > room) return STATUS_BUFFER_TOO_SMALL;
  char* to = static_cast<char*>(OutBuffer);
  for (size_t i = 0; i < nodes.size(); ++i) {
    const size_t step = (nodes[i].size() + 7) & ~size_t{7};
    std::memset(to, 0, step);
    std::memcpy(to, nodes[i].data(), nodes[i].size());
    reinterpret_cast<WNODE_HEADER*>(to)->Linkage = i + 1 < nodes.size() ? static_cast<ULONG>(step) : 0;
    to += step;
  }
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoWMIQuerySingleInstance(PVOID DataBlockObject, PUNICODE_STRING InstanceName, PULONG InOutBufferSize, PVOID OutBuffer) {
  NTSTATUS status;
  DataBlock* block = Opened(DataBlockObject, WMIGUID_QUERY, &status);
  if (!block) return status;
  io::WmiNode node;
  status = block->state->QuerySingle(GuidOf(*block), ob::View(InstanceName), &node);
  if (!NT_SUCCESS(status)) return status;
  const ULONG room = *InOutBufferSize;
  *InOutBufferSize = static_cast<ULONG>(node.size());
  if (node.size() > room) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(OutBuffer, node.data(), node.size());
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoWMISetSingleInstance(PVOID DataBlockObject, PUNICODE_STRING InstanceName, ULONG Version, ULONG ValueBufferSize, PVOID ValueBuffer) {
  NTSTATUS status;
  DataBlock* block = Opened(DataBlockObject, WMIGUID_SET, &status);
  return block ? block->state->Set(GuidOf(*block), ob::View(InstanceName), Version, Bytes(ValueBuffer, ValueBufferSize)) : status;
}

NTSTATUS NTAPI IoWMISetSingleItem(PVOID DataBlockObject, PUNICODE_STRING InstanceName, ULONG DataItemId, ULONG Version, ULONG ValueBufferSize,
                                  PVOID ValueBuffer) {
  NTSTATUS status;
  DataBlock* block = Opened(DataBlockObject, WMIGUID_SET, &status);
  return block ? block->state->SetItem(GuidOf(*block), ob::View(InstanceName), Version, DataItemId, Bytes(ValueBuffer, ValueBufferSize)) : status;
}

// The buffer holds the input and takes the output; *OutBufferSize is its room for that.
NTSTATUS NTAPI IoWMIExecuteMethod(PVOID DataBlockObject, PUNICODE_STRING InstanceName, ULONG MethodId, ULONG InBufferSize, PULONG OutBufferSize,
                                  PUCHAR InOutBuffer) {
  NTSTATUS status;
  DataBlock* block = Opened(DataBlockObject, WMIGUID_EXECUTE, &status);
  if (!block) return status;
  std::string output;
  ULONG needed = 0;
  status = block->state->Execute(GuidOf(*block), ob::View(InstanceName), MethodId, Bytes(InOutBuffer, InBufferSize), *OutBufferSize, &output, &needed);
  if (NT_SUCCESS(status)) std::memcpy(InOutBuffer, output.data(), output.size());
  if (NT_SUCCESS(status) || status == STATUS_BUFFER_TOO_SMALL) *OutBufferSize = needed;
  return status;
}

NTSTATUS NTAPI IoWMIDeviceObjectToInstanceName(PVOID DataBlockObject, PDEVICE_OBJECT DeviceObject, PUNICODE_STRING InstanceName) {
  NTSTATUS status;
  DataBlock* block = Opened(DataBlockObject, kAllAccess, &status);
  if (!block) return status;
  std::u16string name;
  status = block->state->NameOf(GuidOf(*block), DeviceObject, &name);
  if (!NT_SUCCESS(status)) return status;
  const size_t bytes = name.size() * 2;
  const bool fits = bytes <= InstanceName->MaximumLength;
  InstanceName->Length = static_cast<USHORT>(bytes);  // also what it takes
  if (fits) std::memcpy(InstanceName->Buffer, name.data(), bytes);
  return fits ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}

}  // extern "C"
