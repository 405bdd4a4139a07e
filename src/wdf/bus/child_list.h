// ChildList: a WDFCHILDLIST: what a bus driver says is on its bus, and the PDOs made from that. The static list of an FDO is one without
// descriptions: its children bring their PDO along.
// Called by:  WdfChildList..., WdfFdo... static child and WdfPdo... functions (<= DISPATCH_LEVEL); the bus-relations query of the parent
//             (PASSIVE_LEVEL, enumerate.cpp).
// Ownership:  child object of the parent device. A Child belongs to its list until it is neither listed nor has a PDO. A PDO holds a reference on
//             its list: a PDO that is surprise-removed with files open may outlive the parent.
// Locks:      lock_ is a spin lock: the driver's copy, duplicate and compare callbacks run under it at DISPATCH_LEVEL (DEVX-19). CreateDevice,
//             ScanForChildren and ReportedMissing run without it.
// Changes:    `wanted` is what the driver said last, `listed` what is in force. They are brought together at once, or, while scans or iterations
//             are open or the bus relations are being answered, at the end of the last of these; with one invalidation (DEVX-21).
// Source:     BUS-01 to BUS-21, DEVX-19 to DEVX-24.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "wdf/object/object.h"

namespace drydock::wdf {

class ChildList;
class Device;

using IdHeader = WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER;
using AddressHeader = WDF_CHILD_ADDRESS_DESCRIPTION_HEADER;

struct Child {
  Child* previous = nullptr;  // in the order in which the descriptions were first added (DEVX-20)
  Child* next = nullptr;
  ChildList* list = nullptr;
  std::unique_ptr<char[]> id_bytes, address_bytes;  // null: none (static child; list without addresses)
  uint64_t hash = 0;
  Device* device = nullptr;   // its PDO, from EvtChildListCreateDevice to PnpFinal; not referenced
  bool listed = false;
  bool wanted = false;
  bool changed = false;       // in the list's changes
  bool answered = false;      // is in the answer that is being made, or left out of it for the first time
  bool reported = false;      // was in an answer
  bool missing_told = false;  // an answer left it out: the PnP manager removes the PDO
  bool again = false;         // once its PDO is gone, another one is made for it
  bool replaced = false;      // re-enumerated: a twin took its place, it cannot come back

  IdHeader* id() const { return reinterpret_cast<IdHeader*>(id_bytes.get()); }
  AddressHeader* address() const { return reinterpret_cast<AddressHeader*>(address_bytes.get()); }
};

class ChildList final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kChildList;

  explicit ChildList(const WDF_CHILD_LIST_CONFIG* config);  // null: the static list
  ~ChildList() override;

  Device& parent_device() const { return *parent_; }
  const WDF_CHILD_LIST_CONFIG& config() const { return config_; }
  bool is_static() const { return config_.Size == 0; }
  bool has_addresses() const { return config_.AddressDescriptionSize != 0; }
  WDFCHILDLIST list_handle() const { return reinterpret_cast<WDFCHILDLIST>(handle()); }
  static NTSTATUS Check(const WDF_CHILD_LIST_CONFIG& config);
  void Attach(Device& device) { parent_ = &device; }  // right after it was made

  // --- what the driver says ---
  NTSTATUS Add(const IdHeader* id, const AddressHeader* address);
  NTSTATUS MarkMissing(const IdHeader* id);
  void MarkAllPresent();
  void Begin(bool scan);
  bool End(bool scan);  // false: none was begun
  NTSTATUS AddStatic(Device& pdo);
  NTSTATUS MarkMissing(Device& pdo);

  // --- what it asks ---
  WDFDEVICE RetrievePdo(WDF_CHILD_RETRIEVE_INFO* info);
  NTSTATUS RetrieveAddress(const IdHeader* id, AddressHeader* address);
  NTSTATUS RetrieveNext(WDF_CHILD_LIST_ITERATOR* iterator, WDFDEVICE* device, WDF_CHILD_RETRIEVE_INFO* info);
  Device* NextStatic(Device* previous, ULONG flags);
  bool RequestEject(const IdHeader* id);
  // Of a PDO of this list; STATUS_INVALID_DEVICE_REQUEST: static, no addresses, wrong size.
  NTSTATUS RetrieveId(Device& pdo, IdHeader* id);
  NTSTATUS RetrieveAddress(Device& pdo, AddressHeader* address);
  NTSTATUS UpdateAddress(Device& pdo, const AddressHeader* address);

  // --- the bus-relations query (enumerate.cpp) ---
  void Scan();
  // Makes the PDOs that are due, adds the listed ones (referenced) to `present` and those that go missing with this answer to `missing`
  // (referenced).
  void Answer(std::vector<PDEVICE_OBJECT>* present, std::vector<Device*>* missing);
  enum class Outcome : uint8_t { kGiven, kRefused, kGivenWithoutThese };
  // What became of the answer. Without memory for it (DEVX-24) the request failed and nothing was told, or, when drivers above had said something,
  // it went on without the children of this list: they are made anew. Either way PnP is asked for another query, three times in a row at most.
  void Commit(Outcome outcome);
  void Answered();

  // --- the PDO's side ---
  bool StillPresent(Device& pdo);  // not yet left out of an answer
  void Made(Child& child, Device& pdo);  // WdfDeviceCreate in EvtChildListCreateDevice
  void Ended(Device& pdo);         // PnpFinal
  // The PDO asks to be removed and made anew (GUID_REENUMERATE_SELF_INTERFACE_STANDARD): BUS-21.
  void Reenumerate(Device& pdo);
  void Ejected(Device& pdo);
  std::vector<Device*> Pdos();     // referenced
  bool HasPdos();

 protected:
  void OnDispose() override;
  void ReleaseOutside() override;

 private:
  friend struct Children;
  class Locked;
  struct Compare;

  std::unique_ptr<Child> NewChild();
  uint64_t HashOf(const IdHeader* id) const;
  Child* Find(const IdHeader* id);
  Child* Of(Device& pdo);
  bool Same(const IdHeader* a, const IdHeader* b) const;
  NTSTATUS DuplicateId(const IdHeader* from, Child& to);
  NTSTATUS DuplicateAddress(const AddressHeader* from, std::unique_ptr<char[]>* to);
  NTSTATUS ReplaceAddress(Child& child, const AddressHeader* from);
  void CopyId(IdHeader* from, IdHeader* to);
  void CopyAddress(AddressHeader* from, AddressHeader* to);
  void Link(Child* child, Child* after);
  void Unlink(Child* child);
  void Want(Child& child, bool wanted);
  bool Busy() const { return scans_ + iterations_ > 0 || answering_; }
  bool Settle();          // brings `listed` to `wanted`; true: PnP must be told
  void Sweep(Child* child);
  NTSTATUS CreatePdo(Child& child);
  bool Replace(Child& child, std::unique_ptr<Child> twin, bool address_is_set);
  void TellPnp();

  WDF_CHILD_LIST_CONFIG config_ = {};
  Device* parent_ = nullptr;
  KSPIN_LOCK lock_ = 0;
  // --- under lock_ ---
  Child* first_ = nullptr;
  Child* last_ = nullptr;
  std::unordered_multimap<uint64_t, Child*> by_id_;  // unless the driver compares
  std::vector<Child*> changes_;
  std::vector<Child*> dead_;    // out of the list, still to be freed
  uint32_t scans_ = 0, iterations_ = 0;
  bool answering_ = false;
  bool retry_ = false;          // ask again once answered
  KEVENT closed_;               // no scan or iteration is open
  uint32_t remakes_ = 0;        // in a row (DEVX-24)
  uint32_t starved_ = 0;        // queries in a row that had no memory for an init
  bool disposed_ = false;
};

}  // namespace drydock::wdf
