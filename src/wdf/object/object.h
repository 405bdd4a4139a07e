// Object: what every framework object is made of: handle, references, parent and children, contexts, cleanup and destroy callbacks.
// Called by:  all families; drivers reach it through wdf/object/api.cpp (WdfObject...).
// IRQL:       <= DISPATCH_LEVEL unless a method says otherwise. Deletion of an object whose callbacks need PASSIVE_LEVEL, asked for at a
//             higher level, is carried out by a work item.
// Ownership:  an object has one reference of its own from creation until deletion, plus one per WdfObjectReference and per internal Ref.
//             A parent deletes its children first (their cleanup callbacks run before its own). Memory comes from the framework's
//             arena and is freed when the last reference goes; a stale handle is recognised by its canary.
// Handle:     the object's address + 8. An address outside the arena, another alignment, a dead canary or another type is a bad
//             handle: bug check 0x10D/0x5, never an error return (rule of the contract).
// Locks:      tree_lock of the framework guards parent/child links only. None is held over a callback.
// Deletion of a child against deletion of its parent, numbered; object.cpp cites the steps:
//   D1  Whoever sets deleting_ carries the deletion out. With a parent it is set under tree_lock, and the deleter takes a reference on the
//       parent with it, so that the parent's memory outlives the child's deletion.
//   D2  A parent's deletion sets deleting_ of each child under tree_lock and takes it out of the list. A child that somebody else is deleting
//       stays in the list and is left to that thread, unless it still waits for the work item: then it is taken back and done here.
//   D3  Once deleting_ of a parent is set, linking a new child to it fails with STATUS_DELETE_PENDING (checked under tree_lock).
//   D4  An object that never had a child is cleaned up without tree_lock: linking sets had_child_ and then looks at deleting_, a deleter
//       sets deleting_ and then looks at had_child_, all in one total order, so that one of them sees the other.
// Source:     devices-pnp-power-and-objects.md OBJ-*, IOT-7.13.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "wdf/sdk.h"  // the SDK's wdf.h as the framework sees it (DRYDOCK_FRAMEWORK)

namespace drydock::wdf {

struct DriverGlobals;
struct Framework;
class Device;
class Driver;
class Object;
class Queue;
struct CallbackLock;

enum class ObjectType : uint16_t {
  kGeneric = 1, kDriver, kDevice, kQueue, kRequest, kMemory, kIoTarget, kFileObject, kSpinLock, kWaitLock, kTimer, kDpc, kWorkItem,
  kCollection, kString, kLookaside, kKey, kInterrupt, kChildList, kResourceList, kResourceRangeList, kDmaEnabler, kDmaTransaction,
  kCommonBuffer, kWmiProvider, kWmiInstance, kUsbDevice, kUsbInterface, kUsbPipe, kResourceRequirementsList, kCount
};

// One per context type, chained in the order added (O-12); the driver's bytes follow, 16-aligned and zero-filled (DEVX-3). The first block
// also carries the callbacks of the creation attributes, then possibly without a type.
struct alignas(16) ContextBlock {
  ContextBlock* next;
  const WDF_OBJECT_CONTEXT_TYPE_INFO* type;  // the unique type, null: callbacks only
  PFN_WDF_OBJECT_CONTEXT_CLEANUP cleanup;
  PFN_WDF_OBJECT_CONTEXT_DESTROY destroy;
  uint32_t size;
  uint32_t size_class;  // of the arena when it was added later; kInObject: behind the object in the same slot
  Object* owner;        // WdfObjectContextGetObject
  static constexpr uint32_t kInObject = 0xFFFF;
  void* bytes() { return this + 1; }
};
static_assert(sizeof(ContextBlock) == 48);

class Object {
 public:
  static constexpr uint32_t kCanary = 0x46445744;  // alive
  static constexpr uint32_t kDeadCanary = 0x64616564;  // freed
  static constexpr uintptr_t kHandleBias = 8;

  WDFOBJECT handle() const { return reinterpret_cast<WDFOBJECT>(reinterpret_cast<uintptr_t>(this) + kHandleBias); }
  ObjectType type() const { return type_; }
  DriverGlobals& globals() const { return *globals_; }
  Framework& framework() const;
  Object* parent() const { return parent_; }
  uint32_t trace_id() const { return trace_id_; }
  bool deleting() const { return deleting_.load(std::memory_order_acquire); }

  void AddRef() { references_.fetch_add(1, std::memory_order_relaxed); }
  // May free, which may run the driver's destroy callbacks: a schedule point.
  void Release() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) LastRelease();
  }
  // For destructors: a stop that comes meanwhile is not thrown on (the task meets it again at its next schedule point).
  void ReleaseQuietly() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) LastReleaseQuietly();
  }

  // WdfObjectDelete and every internal end of life: children, cleanup callbacks, then the object's own reference. Idempotent.
  void Delete();
  // As Delete, but the object's own reference becomes the caller's, who ends it with Release. Not for types that postpone.
  void DeleteAndKeep();

  // The device whose tree this object belongs to, or null (walks up the parents).
  Device* device() const;
  // Effective automatic synchronisation, resolved at creation (null: none).
  CallbackLock* callback_lock() const { return callback_lock_; }
  bool passive_callbacks() const { return passive_callbacks_; }  // execution level resolved to passive
  // Its own attributes asked for Passive (a queue also counts when it inherited it): what a serialised child may rely on (O-20).
  bool passive_by_own_attributes() const { return passive_by_own_attributes_; }
  WDF_SYNCHRONIZATION_SCOPE synchronization_scope() const { return scope_; }  // resolved: Device, Queue or None
  int32_t references() const { return references_.load(std::memory_order_acquire); }

  ContextBlock* first_context() const { return contexts_; }
  ContextBlock* FindContext(const WDF_OBJECT_CONTEXT_TYPE_INFO* unique_type) const;

 protected:
  Object() = default;
  // Not noexcept: what an object gives back at its end (handles, pool) may be a schedule point.
  virtual ~Object() noexcept(false) = default;
  // Runs first, before the children are deleted (stop taking new work).
  virtual void OnDeleting() {}
  // Runs after the children were deleted and before the driver's cleanup callbacks (stop using the outside world).
  virtual void OnDispose() {}
  // Runs after the driver's cleanup callbacks, in the same call: release what the callbacks could still use.
  virtual void OnCleanedUp() {}
  // The machine ends with this object alive (a bug check stopped it): frees what the object owns outside the arena. No callbacks, no
  // other objects; the object is not used any more.
  virtual void ReleaseOutside() {}
  // True when cleanup and destroy callbacks of this object must run at PASSIVE_LEVEL. The base answers by type (OBJ-18, DEVX-2).
  virtual bool NeedsPassiveCleanup() const;
  // Asked once, when the deletion of this very object (not of a parent) begins: true takes it over; the object calls
  // ObjectAccess::FinishPostponedDelete when it can end.
  virtual bool PostponeDeletion() { return false; }
  // What WdfObjectAcquireLock takes (DEVX-13): device, queue and driver answer, everything else has none.
  virtual CallbackLock* presentation_lock() { return nullptr; }
  // WdfObjectDelete by the driver: false is "ignored with a break" (DEVX-4). The base answers by type.
  virtual bool DriverMayDelete() const;

  void LastRelease();
  void LastReleaseQuietly() noexcept;

  friend struct Framework;
  friend struct ObjectAccess;  // wdf/object: creation, contexts, tree
  friend struct Disposal;

  uint32_t canary_ = kCanary;
  ObjectType type_ = ObjectType::kGeneric;
  uint8_t size_class_ = 0;  // of the arena
  bool passive_callbacks_ = false;
  bool passive_by_own_attributes_ = false;
  bool linked_ = false;      // in the parent's list of children; guarded by tree_lock
  bool had_parent_ = false;  // fixed at creation
  WDF_SYNCHRONIZATION_SCOPE scope_ = WdfSynchronizationScopeNone;
  std::atomic<int32_t> references_{1};
  std::atomic<bool> deleting_{false};
  std::atomic<bool> had_child_{false};
  uint32_t trace_id_ = 0;
  DriverGlobals* globals_ = nullptr;
  Object* parent_ = nullptr;
  Object* first_child_ = nullptr;
  Object* last_child_ = nullptr;
  Object* next_sibling_ = nullptr;
  Object* previous_sibling_ = nullptr;
  ContextBlock* contexts_ = nullptr;
  CallbackLock* callback_lock_ = nullptr;
  Object* dying_children_ = nullptr;  // cleaned up, still to be released: singly linked by next_sibling_, oldest first
  Object* disposal_next_ = nullptr;   // waiting for the disposal work item
};

// An intrusive counted reference.
template <class T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* object) : object_(object) { if (object_) object_->AddRef(); }
  Ref(const Ref& other) : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(other.object_) { other.object_ = nullptr; }
  Ref& operator=(Ref other) noexcept { T* mine = object_; object_ = other.object_; other.object_ = mine; return *this; }
  ~Ref() { if (object_) object_->ReleaseQuietly(); }
  T* get() const { return object_; }
  T* operator->() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

}  // namespace drydock::wdf
