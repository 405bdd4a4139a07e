// What a driver asks a child list: by identification, one after the other, of a PDO.
#include <cstring>

#include "nt/driver_callback.h"
#include "wdf/bus/bus.h"
#include "wdf/bus/locked.h"

namespace drydock::wdf {
namespace {

WDFDEVICE HandleOf(Device* device) { return device ? reinterpret_cast<WDFDEVICE>(device->handle()) : nullptr; }

}  // namespace

// BUS-17.
WDFDEVICE ChildList::RetrievePdo(WDF_CHILD_RETRIEVE_INFO* info) {
  info->Status = WdfChildListRetrieveDeviceUndefined;
  if (is_static() || !info->IdentificationDescription ||
      info->IdentificationDescription->IdentificationDescriptionSize != config_.IdentificationDescriptionSize) {
    return nullptr;
  }
  AddressHeader* address = info->AddressDescription;
  if (address && (!has_addresses() || address->AddressDescriptionSize != config_.AddressDescriptionSize)) return nullptr;
  Locked locked(*this);
  Child* child = Find(info->IdentificationDescription);
  const bool known = child && !child->missing_told && !child->replaced && (child->listed || child->wanted);
  if (!known) {
    info->Status = WdfChildListRetrieveDeviceNoSuchDevice;
    return nullptr;
  }
  if (address) CopyAddress(child->address(), address);
  if (!child->device || !child->reported) {
    info->Status = WdfChildListRetrieveDeviceNotYetCreated;
    return nullptr;
  }
  info->Status = WdfChildListRetrieveDeviceSuccess;
  return HandleOf(child->device);
}

NTSTATUS ChildList::RetrieveAddress(const IdHeader* id, AddressHeader* address) {
  if (is_static() || !has_addresses() || id->IdentificationDescriptionSize != config_.IdentificationDescriptionSize ||
      address->AddressDescriptionSize != config_.AddressDescriptionSize) {
    return STATUS_INVALID_DEVICE_REQUEST;
  }
  Locked locked(*this);
  Child* child = Find(id);
  if (!child || child->missing_told || child->replaced || !(child->listed || child->wanted)) return STATUS_NO_SUCH_DEVICE;
  CopyAddress(child->address(), address);
  return STATUS_SUCCESS;
}

// The iterator remembers where it stands: [0] the last child that was given out, [1] whether it was begun, then which list.
NTSTATUS ChildList::RetrieveNext(WDF_CHILD_LIST_ITERATOR* iterator, WDFDEVICE* device, WDF_CHILD_RETRIEVE_INFO* info) {
  *device = nullptr;
  if (info) {
    if (info->Size != sizeof(*info)) return STATUS_INFO_LENGTH_MISMATCH;
    const IdHeader* id = info->IdentificationDescription;
    if (id && id->IdentificationDescriptionSize != config_.IdentificationDescriptionSize) return STATUS_INVALID_PARAMETER;
    if (info->EvtChildListIdentificationDescriptionCompare && !id) return STATUS_INVALID_PARAMETER;
    if (info->AddressDescription) {
      if (!has_addresses()) return STATUS_INVALID_DEVICE_REQUEST;
      if (info->AddressDescription->AddressDescriptionSize != config_.AddressDescriptionSize) return STATUS_INVALID_PARAMETER;
    }
  }
  if (iterator->Flags == 0 || (iterator->Flags & ~static_cast<ULONG>(WdfRetrieveAllChildren)) != 0) return STATUS_INVALID_PARAMETER;
  Locked locked(*this);
  if (iterations_ == 0 || iterator->Reserved[1] != this) return STATUS_INVALID_DEVICE_STATE;
  Child* child = static_cast<Child*>(iterator->Reserved[0]);
  for (child = child ? child->next : first_; child; child = child->next) {
    const bool there = child->listed || (child->wanted && !child->missing_told);
    const ULONG kind = !there ? WdfRetrieveMissingChildren : child->device ? WdfRetrievePresentChildren : WdfRetrievePendingChildren;
    if ((iterator->Flags & kind) == 0 || (!there && !child->device)) continue;
    if (info && info->EvtChildListIdentificationDescriptionCompare &&
        !nt::CallDriver("EvtChildListIdentificationDescriptionCompare", info->EvtChildListIdentificationDescriptionCompare, list_handle(),
                        info->IdentificationDescription, child->id())) {
      continue;
    }
    break;
  }
  if (!child) return STATUS_NO_MORE_ENTRIES;
  iterator->Reserved[0] = child;
  *device = HandleOf(child->device);
  if (!info) return STATUS_SUCCESS;
  if (info->IdentificationDescription) CopyId(child->id(), info->IdentificationDescription);
  if (info->AddressDescription) CopyAddress(child->address(), info->AddressDescription);
  info->Status = child->device ? WdfChildListRetrieveDeviceSuccess : WdfChildListRetrieveDeviceNotYetCreated;
  return STATUS_SUCCESS;
}

Device* ChildList::NextStatic(Device* previous, ULONG flags) {
  Locked locked(*this);
  Child* child = previous ? Of(*previous) : nullptr;
  if (previous && !child) return nullptr;
  for (child = child ? child->next : first_; child; child = child->next) {
    const bool there = child->listed && !child->missing_told;
    const ULONG kind = !there && !child->wanted ? WdfRetrieveMissingChildren
                       : child->reported        ? WdfRetrievePresentChildren
                                                : WdfRetrievePendingChildren;
    if (child->device && (flags & kind) != 0) return child->device;
  }
  return nullptr;
}

bool ChildList::RequestEject(const IdHeader* id) {
  if (is_static() || id->IdentificationDescriptionSize != config_.IdentificationDescriptionSize) return false;
  Locked locked(*this);
  Child* child = Find(id);
  if (!child || !child->listed || !child->device || child->missing_told) return false;
  IoRequestDeviceEject(child->device->wdm());
  return true;
}

// --- of a PDO ---

NTSTATUS ChildList::RetrieveId(Device& pdo, IdHeader* id) {
  if (is_static() || id->IdentificationDescriptionSize != config_.IdentificationDescriptionSize) return STATUS_INVALID_DEVICE_REQUEST;
  Locked locked(*this);
  Child* child = Of(pdo);
  if (!child) return STATUS_INVALID_DEVICE_REQUEST;
  CopyId(child->id(), id);
  return STATUS_SUCCESS;
}

NTSTATUS ChildList::RetrieveAddress(Device& pdo, AddressHeader* address) {
  if (is_static() || !has_addresses() || address->AddressDescriptionSize != config_.AddressDescriptionSize) return STATUS_INVALID_DEVICE_REQUEST;
  Locked locked(*this);
  Child* child = Of(pdo);
  if (!child) return STATUS_INVALID_DEVICE_REQUEST;
  CopyAddress(child->address(), address);
  return STATUS_SUCCESS;
}

NTSTATUS ChildList::UpdateAddress(Device& pdo, const AddressHeader* address) {
  if (is_static() || !has_addresses() || address->AddressDescriptionSize != config_.AddressDescriptionSize) return STATUS_INVALID_DEVICE_REQUEST;
  Locked locked(*this);
  Child* child = Of(pdo);
  return child ? ReplaceAddress(*child, address) : STATUS_INVALID_DEVICE_REQUEST;
}

}  // namespace drydock::wdf
