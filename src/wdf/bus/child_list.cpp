// The store of a child list: descriptions, changes and their settling.
#include "wdf/bus/child_list.h"

#include <cstring>

#include "nt/driver_callback.h"
#include "runtime/assert.h"
#include "wdf/bus/locked.h"
#include "wdf/device/device.h"
#include "wdf/framework.h"

namespace drydock::wdf {

ChildList::ChildList(const WDF_CHILD_LIST_CONFIG* config) {
  if (config) config_ = *config;
  KeInitializeSpinLock(&lock_);
  KeInitializeEvent(&closed_, NotificationEvent, TRUE);
}

ChildList::~ChildList() {
  while (Child* child = first_) {
    Unlink(child);
    dead_.push_back(child);
  }
  for (Child* child : dead_) delete child;
}

void ChildList::ReleaseOutside() {
  for (Child* child = first_; child;) {
    Child* next = child->next;
    delete child;
    child = next;
  }
  for (Child* child : dead_) delete child;
  std::unordered_multimap<uint64_t, Child*>().swap(by_id_);
  std::vector<Child*>().swap(changes_);
  std::vector<Child*>().swap(dead_);
}

// The device is going: what never got a PDO goes now, the rest with its PDO.
void ChildList::OnDispose() {
  Locked locked(*this);
  disposed_ = true;
  scans_ = iterations_ = 0;
  answering_ = false;
  KeSetEvent(&closed_, IO_NO_INCREMENT, FALSE);
  changes_.clear();
  for (Child* child = first_; child;) {
    Child* next = child->next;
    child->listed = child->wanted = child->changed = false;
    child->missing_told = true;
    Sweep(child);
    child = next;
  }
}

NTSTATUS ChildList::Check(const WDF_CHILD_LIST_CONFIG& config) {
  if (config.Size != sizeof(config)) return STATUS_INFO_LENGTH_MISMATCH;
  if (!config.EvtChildListCreateDevice || config.IdentificationDescriptionSize < sizeof(IdHeader)) return STATUS_INVALID_PARAMETER;
  if (config.AddressDescriptionSize != 0 && config.AddressDescriptionSize < sizeof(AddressHeader)) return STATUS_INVALID_PARAMETER;
  const bool addresses = config.AddressDescriptionSize != 0;
  if (!addresses && (config.EvtChildListAddressDescriptionCopy || config.EvtChildListAddressDescriptionDuplicate ||
                     config.EvtChildListAddressDescriptionCleanup)) {
    return STATUS_INVALID_PARAMETER;
  }
  return STATUS_SUCCESS;
}

// --- descriptions; under lock_ ---

// Bytewise identity can be looked up; a driver's own comparison cannot.
uint64_t ChildList::HashOf(const IdHeader* id) const {
  const auto* bytes = reinterpret_cast<const unsigned char*>(id);
  uint64_t hash = 0xCBF29CE484222325;
  for (ULONG i = 0; i < config_.IdentificationDescriptionSize; ++i) hash = (hash ^ bytes[i]) * 0x100000001B3;
  return hash;
}

bool ChildList::Same(const IdHeader* a, const IdHeader* b) const {
  if (auto compare = config_.EvtChildListIdentificationDescriptionCompare) {
    return nt::CallDriver("EvtChildListIdentificationDescriptionCompare", compare, list_handle(), const_cast<IdHeader*>(a), const_cast<IdHeader*>(b));
  }
  return std::memcmp(a, b, config_.IdentificationDescriptionSize) == 0;
}

// The child that an identification means now; one whose going was told, or that was re-enumerated, only if there is no other.
Child* ChildList::Find(const IdHeader* id) {
  Child* gone = nullptr;
  auto consider = [&](Child* child) {
    if (!Same(id, child->id())) return false;
    if (!child->missing_told && !child->replaced) return true;
    gone = child;
    return false;
  };
  if (config_.EvtChildListIdentificationDescriptionCompare) {
    for (Child* child = first_; child; child = child->next) {
      if (consider(child)) return child;
    }
  } else {
    auto [begin, end] = by_id_.equal_range(HashOf(id));
    for (auto it = begin; it != end; ++it) {
      if (consider(it->second)) return it->second;
    }
  }
  return gone;
}

Child* ChildList::Of(Device& pdo) {
  PdoPart* part = PdoPart::Of(pdo);
  return part && part->list == this ? part->child : nullptr;
}

NTSTATUS ChildList::DuplicateId(const IdHeader* from, Child& to) {
  const ULONG size = config_.IdentificationDescriptionSize;
  if (auto duplicate = config_.EvtChildListIdentificationDescriptionDuplicate) {
    to.id()->IdentificationDescriptionSize = size;
    return nt::CallDriver("EvtChildListIdentificationDescriptionDuplicate", duplicate, list_handle(), const_cast<IdHeader*>(from), to.id());
  }
  std::memcpy(to.id(), from, size);
  return STATUS_SUCCESS;
}

NTSTATUS ChildList::DuplicateAddress(const AddressHeader* from, std::unique_ptr<char[]>* to) {
  const ULONG size = config_.AddressDescriptionSize;
  auto* header = reinterpret_cast<AddressHeader*>(to->get());
  header->AddressDescriptionSize = size;
  if (!from) return STATUS_SUCCESS;  // zeros until one is given
  if (auto duplicate = config_.EvtChildListAddressDescriptionDuplicate) {
    return nt::CallDriver("EvtChildListAddressDescriptionDuplicate", duplicate, list_handle(), const_cast<AddressHeader*>(from), header);
  }
  std::memcpy(header, from, size);
  return STATUS_SUCCESS;
}

// A failing duplicate leaves the old address.
NTSTATUS ChildList::ReplaceAddress(Child& child, const AddressHeader* from) {
  if (!config_.EvtChildListAddressDescriptionDuplicate && !config_.EvtChildListAddressDescriptionCleanup) {
    CopyAddress(const_cast<AddressHeader*>(from), child.address());
    return STATUS_SUCCESS;
  }
  auto fresh = std::make_unique<char[]>(config_.AddressDescriptionSize);
  NTSTATUS status = DuplicateAddress(from, &fresh);
  if (!NT_SUCCESS(status)) return status;
  if (auto clean = config_.EvtChildListAddressDescriptionCleanup) {
    nt::CallDriver("EvtChildListAddressDescriptionCleanup", clean, list_handle(), child.address());
  }
  child.address_bytes = std::move(fresh);
  return STATUS_SUCCESS;
}

void ChildList::CopyId(IdHeader* from, IdHeader* to) {
  if (auto copy = config_.EvtChildListIdentificationDescriptionCopy) {
    nt::CallDriver("EvtChildListIdentificationDescriptionCopy", copy, list_handle(), from, to);
    return;
  }
  std::memcpy(to, from, config_.IdentificationDescriptionSize);
}

void ChildList::CopyAddress(AddressHeader* from, AddressHeader* to) {
  if (auto copy = config_.EvtChildListAddressDescriptionCopy) {
    nt::CallDriver("EvtChildListAddressDescriptionCopy", copy, list_handle(), from, to);
    return;
  }
  std::memcpy(to, from, config_.AddressDescriptionSize);
}

// --- the list; under lock_ ---

void ChildList::Link(Child* child, Child* after) {
  child->list = this;
  child->previous = after;
  child->next = after ? after->next : first_;
  (after ? after->next : first_) = child;
  (child->next ? child->next->previous : last_) = child;
  if (child->id() && !config_.EvtChildListIdentificationDescriptionCompare) {
    child->hash = HashOf(child->id());
    by_id_.emplace(child->hash, child);
  }
}

void ChildList::Unlink(Child* child) {
  (child->previous ? child->previous->next : first_) = child->next;
  (child->next ? child->next->previous : last_) = child->previous;
  if (!child->id() || config_.EvtChildListIdentificationDescriptionCompare) return;
  auto [begin, end] = by_id_.equal_range(child->hash);
  for (auto it = begin; it != end; ++it) {
    if (it->second == child) {
      by_id_.erase(it);
      return;
    }
  }
}

void ChildList::Want(Child& child, bool wanted) {
  child.wanted = wanted;
  if (child.changed) return;
  child.changed = true;
  changes_.push_back(&child);
}

bool ChildList::Settle() {
  bool tell = false;
  for (Child* child : changes_) {
    child->changed = false;
    tell = tell || child->listed != child->wanted;
    child->listed = child->wanted;
    Sweep(child);
  }
  changes_.clear();
  return tell;
}

// What is neither listed nor has a PDO goes.
void ChildList::Sweep(Child* child) {
  if (child->listed || child->wanted || child->device || child->changed || Busy()) return;
  Unlink(child);
  dead_.push_back(child);
}

std::unique_ptr<Child> ChildList::NewChild() {
  if (!globals().MayAllocate()) return nullptr;
  auto child = std::make_unique<Child>();
  if (!is_static()) child->id_bytes = std::make_unique<char[]>(config_.IdentificationDescriptionSize);
  if (has_addresses()) child->address_bytes = std::make_unique<char[]>(config_.AddressDescriptionSize);
  return child;
}

// The end of a locked section: what left the list is freed, the PnP manager told, without the lock.
void ChildList::Locked::Leave() {
  std::vector<Child*> dead;
  dead.swap(list_.dead_);
  const bool tell = tell_;
  KeReleaseSpinLock(&list_.lock_, irql_);
  left_ = true;
  const WDF_CHILD_LIST_CONFIG& config = list_.config_;
  for (Child* child : dead) {
    if (config.EvtChildListIdentificationDescriptionCleanup) {
      nt::CallDriver("EvtChildListIdentificationDescriptionCleanup", config.EvtChildListIdentificationDescriptionCleanup, list_.list_handle(), child->id());
    }
    if (config.EvtChildListAddressDescriptionCleanup) {
      nt::CallDriver("EvtChildListAddressDescriptionCleanup", config.EvtChildListAddressDescriptionCleanup, list_.list_handle(), child->address());
    }
    delete child;
  }
  if (tell) list_.TellPnp();
}

void ChildList::TellPnp() {
  if (PDEVICE_OBJECT pdo = parent_->pdo()) IoInvalidateDeviceRelations(pdo, BusRelations);
}

// --- what the driver says ---

NTSTATUS ChildList::Add(const IdHeader* id, const AddressHeader* address) {
  if (is_static() || id->IdentificationDescriptionSize != config_.IdentificationDescriptionSize) return STATUS_INVALID_DEVICE_REQUEST;
  if (address && (!has_addresses() || address->AddressDescriptionSize != config_.AddressDescriptionSize)) return STATUS_INVALID_DEVICE_REQUEST;
  std::unique_ptr<Child> fresh = NewChild();
  if (!fresh) return STATUS_INSUFFICIENT_RESOURCES;
  Locked locked(*this);
  if (disposed_) return STATUS_DELETE_PENDING;
  Child* child = Find(id);
  if (child && !child->missing_told && !child->replaced) {
    NTSTATUS status = address ? ReplaceAddress(*child, address) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status)) return status;
    Want(*child, true);
    if (!Busy()) locked.Tell(Settle());
    return STATUS_OBJECT_NAME_EXISTS;
  }
  NTSTATUS status = DuplicateId(id, *fresh);
  if (!NT_SUCCESS(status)) return status;
  if (has_addresses()) {
    status = DuplicateAddress(address, &fresh->address_bytes);
    if (!NT_SUCCESS(status)) {
      if (auto clean = config_.EvtChildListIdentificationDescriptionCleanup) {
        nt::CallDriver("EvtChildListIdentificationDescriptionCleanup", clean, list_handle(), fresh->id());
      }
      return status;
    }
  }
  Child* added = fresh.release();
  Link(added, last_);
  Want(*added, true);
  if (!Busy()) locked.Tell(Settle());
  return STATUS_SUCCESS;
}

NTSTATUS ChildList::MarkMissing(const IdHeader* id) {
  if (is_static() || id->IdentificationDescriptionSize != config_.IdentificationDescriptionSize) return STATUS_INVALID_DEVICE_REQUEST;
  Locked locked(*this);
  Child* child = Find(id);
  if (!child) return STATUS_NO_SUCH_DEVICE;
  Want(*child, false);
  if (!Busy()) locked.Tell(Settle());
  return STATUS_SUCCESS;
}

NTSTATUS ChildList::MarkMissing(Device& pdo) {
  Locked locked(*this);
  Child* child = Of(pdo);
  if (!child) return STATUS_NO_SUCH_DEVICE;
  Want(*child, false);
  if (!Busy()) locked.Tell(Settle());
  return STATUS_SUCCESS;
}

void ChildList::MarkAllPresent() {
  Locked locked(*this);
  for (Child* child = first_; child; child = child->next) {
    if (!child->missing_told && !child->replaced) Want(*child, true);
  }
  if (!Busy()) locked.Tell(Settle());
}

void ChildList::Begin(bool scan) {
  Locked locked(*this);
  if (scans_ + iterations_ == 0) KeClearEvent(&closed_);
  ++(scan ? scans_ : iterations_);
  if (!scan || scans_ != 1) return;  // a scan within a scan leaves what was reported
  for (Child* child = first_; child; child = child->next) {
    if (child->wanted) Want(*child, false);
  }
}

bool ChildList::End(bool scan) {
  Locked locked(*this);
  uint32_t& count = scan ? scans_ : iterations_;
  if (count == 0) return false;
  --count;
  if (scans_ + iterations_ == 0) KeSetEvent(&closed_, IO_NO_INCREMENT, FALSE);
  if (Busy()) return true;
  locked.Tell(Settle());
  // PDOs that ended while it was open.
  for (Child* child = first_; child;) {
    Child* next = child->next;
    Sweep(child);
    child = next;
  }
  return true;
}

NTSTATUS ChildList::AddStatic(Device& pdo) {
  std::unique_ptr<Child> fresh = NewChild();
  if (!fresh) return STATUS_INSUFFICIENT_RESOURCES;
  PdoPart* part = PdoPart::Of(pdo);
  Locked locked(*this);
  if (disposed_) return STATUS_DELETE_PENDING;
  if (part->added) return STATUS_INVALID_PARAMETER;
  Child* child = fresh.release();
  child->device = &pdo;
  AddRef();
  part->list = this;
  part->child = child;
  part->added = true;
  Link(child, last_);
  Want(*child, true);
  if (!Busy()) locked.Tell(Settle());
  return STATUS_SUCCESS;
}

// --- the PDO's side ---

bool ChildList::StillPresent(Device& pdo) {
  Locked locked(*this);
  Child* child = Of(pdo);
  return child && !child->missing_told && !disposed_;
}

void ChildList::Made(Child& child, Device& pdo) {
  Locked locked(*this);
  child.device = &pdo;
}

void ChildList::Ended(Device& pdo) {
  Locked locked(*this);
  Child* child = Of(pdo);
  if (!child) return;
  PdoPart::Of(pdo)->child = nullptr;
  child->device = nullptr;
  if (!child->reported && answering_) return;  // its EvtChildListCreateDevice failed
  if (child->again && child->wanted && !disposed_ && !is_static()) {
    child->again = false;
    const Child* successor = Find(child->id());  // the driver may have reported it once more
    if (successor == child) {
      child->reported = child->missing_told = false;
      locked.Tell(true);
      return;
    }
  }
  // A PDO only ends by the bus's word, or with its parent.
  child->listed = child->wanted = false;
  Sweep(child);
}

void ChildList::Reenumerate(Device& pdo) {
  std::unique_ptr<Child> twin = NewChild();
  if (!twin) return;
  Locked locked(*this);
  Child* child = Of(pdo);
  if (!child || !child->wanted || !child->listed || child->missing_told || child->replaced || is_static()) return;
  if (auto callback = config_.EvtChildListDeviceReenumerated) {
    AddressHeader* address = child->address();
    AddressHeader* fresh = twin->address();
    if (address) CopyAddress(address, fresh);
    if (!nt::CallDriver("EvtChildListDeviceReenumerated", callback, list_handle(), reinterpret_cast<WDFDEVICE>(pdo.handle()), address, fresh)) return;
  }
  if (!Replace(*child, std::move(twin), config_.EvtChildListDeviceReenumerated != nullptr)) return;
  Want(*child, false);
  if (!Busy()) locked.Tell(Settle());
}

// Another child with copies of the descriptions takes the place of one. False: the driver could not copy them.
bool ChildList::Replace(Child& child, std::unique_ptr<Child> twin, bool address_is_set) {
  if (!NT_SUCCESS(DuplicateId(child.id(), *twin))) return false;
  if (has_addresses() && !address_is_set && !NT_SUCCESS(DuplicateAddress(child.address(), &twin->address_bytes))) return false;
  Child* anew = twin.release();
  child.replaced = true;
  Link(anew, &child);
  Want(*anew, true);
  return true;
}

void ChildList::Ejected(Device& pdo) {
  MarkMissing(pdo);
  KeWaitForSingleObject(&closed_, Executive, KernelMode, FALSE, nullptr);
}

bool ChildList::HasPdos() {
  Locked locked(*this);
  for (Child* child = first_; child; child = child->next) {
    if (child->device) return true;
  }
  return false;
}

std::vector<Device*> ChildList::Pdos() {
  std::vector<Device*> list;
  Locked locked(*this);
  for (Child* child = first_; child; child = child->next) {
    if (!child->device) continue;
    child->device->AddRef();
    list.push_back(child->device);
  }
  return list;
}

}  // namespace drydock::wdf
