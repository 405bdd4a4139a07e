// Factory: the way every framework object comes to be, and the way back from a handle.
// Called by:  all DDI families.
// IRQL:       <= DISPATCH_LEVEL.
// Ownership:  on success *out has its own reference, is linked to its parent and lives until Delete(). After a later failure of the creating
//             DDI, DeleteAfterFailedCreate takes it back without running the driver's callbacks.
// Errors:     in the order of DEVX-6: STATUS_INFO_LENGTH_MISMATCH (Size, type info Size), STATUS_WDF_OBJECT_ATTRIBUTES_INVALID (name, override),
//             STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED, STATUS_WDF_PARENT_NOT_SPECIFIED, STATUS_WDF_OBJECT_ATTRIBUTES_INVALID (level range, scope
//             range), STATUS_WDF_SYNCHRONIZATION_SCOPE_INVALID, STATUS_WDF_EXECUTION_LEVEL_INVALID; then STATUS_DELETE_PENDING (parent being
//             deleted), STATUS_INSUFFICIENT_RESOURCES. *out is untouched then.
// Source:     OBJ-36 to OBJ-40, DEVX-3, DEVX-5 to DEVX-7.
#pragma once

#include <new>
#include <utility>

#include "wdf/framework.h"
#include "wdf/object/arena.h"
#include "wdf/object/object.h"
#include "wdf/violation.h"

namespace drydock::wdf {

// The common checks alone (also for attributes that are kept for objects made later: requests, file objects, lookaside memory).
NTSTATUS CheckAttributes(DriverGlobals& globals, ObjectType type, const WDF_OBJECT_ATTRIBUTES* attributes);

// Bytes to ask of the arena for an object of `object_size` with the context that `attributes` describe.
size_t SizeWithContext(size_t object_size, const WDF_OBJECT_ATTRIBUTES* attributes);

// Needs friends' rights in Object: creation, contexts, tree. Only wdf/object uses it directly.
struct ObjectAccess {
  // Memory from the arena, canary not yet set; null when there is none.
  static void* Allocate(DriverGlobals& globals, size_t bytes, uint8_t* size_class);
  // Fills the base of a fresh object, builds its first context block at `context_at` (null: no context), resolves level and scope, links it.
  static NTSTATUS Initialize(Object* object, DriverGlobals& globals, ObjectType type, uint8_t size_class,
                             const WDF_OBJECT_ATTRIBUTES* attributes, Object* parent, void* context_at);
  static void SetCallbackLock(Object* object, CallbackLock* lock) { object->callback_lock_ = lock; }
  static void SetScope(Object* object, WDF_SYNCHRONIZATION_SCOPE scope) { object->scope_ = scope; }
  static void SetPassive(Object* object, bool passive, bool by_own_attributes) {
    object->passive_callbacks_ = passive;
    object->passive_by_own_attributes_ = by_own_attributes;
  }
  // The context block of the creation attributes, anew, in the object's own slot (an object that is used again).
  static void RenewContext(Object* object, const WDF_OBJECT_ATTRIBUTES* attributes, void* context_at);
  static NTSTATUS AddContext(Object* object, const WDF_OBJECT_ATTRIBUTES* attributes, ContextBlock** block);
  static void ClearCallbacks(Object* object);
  static Object* FirstChild(Object* object) { return object->first_child_; }
  static Object* NextSibling(Object* object) { return object->next_sibling_; }
  // Also asked of addresses that are no object: under ASan they may be poisoned.
  __attribute__((no_sanitize("address"))) static uint32_t Canary(const Object* object) { return object->canary_; }
  // For a walk over all slots of the arena, some of which other drivers fill or empty meanwhile: theirs are not of `globals`, whatever is
  // read, and so nothing more of them is looked at. Out of line and unobserved, for these two reads alone.
  __attribute__((noinline, no_sanitize("address", "thread"))) static bool IsAliveAndOf(const Object* object, const DriverGlobals* globals) {
    return object->canary_ == Object::kCanary && object->globals_ == globals;
  }
  static void Destroy(Object* object);  // the last reference is gone: destructor, memory
  static CallbackLock* PresentationLock(Object* object) { return object->presentation_lock(); }
  static bool NeedsPassiveCleanup(const Object* object) { return object->NeedsPassiveCleanup(); }
  static bool DriverMayDelete(const Object* object) { return object->DriverMayDelete(); }
  static void FinishPostponedDelete(Object* object) { FinishDelete(object); }

 private:
  friend class Object;
  friend struct Disposal;
  static bool TreeNeedsPassive(Framework& framework, Object* object);
  static void CleanUpTree(Object* object);
  static void ReleaseTree(Object* object);
  static void ReleaseChildren(Object* object);
  static void FinishDelete(Object* object);
  static void Detach(Object* object);
};

// True for a live object of that type at that handle; any address is safe to ask about.
inline bool IsHandle(Framework& framework, const void* handle, ObjectType type) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(handle);
  if ((address & 15) != Object::kHandleBias || !framework.arena->Contains(address)) return false;
  const Object* object = reinterpret_cast<const Object*>(address - Object::kHandleBias);
  return ObjectAccess::Canary(object) == Object::kCanary && object->type() == type;
}
// The object of any type at that handle, or null.
Object* AnyObject(Framework& framework, const void* handle);

// The object at a handle of the wanted type; anything else is bug check 0x10D/0x5.
template <class T>
T* FromHandle(DriverGlobals& globals, const void* handle) {
  if (__builtin_expect(!IsHandle(*globals.framework, handle, T::kType), 0)) BadHandle(globals, handle, T::kType);
  return static_cast<T*>(reinterpret_cast<Object*>(reinterpret_cast<uintptr_t>(handle) - Object::kHandleBias));
}
// As FromHandle for any type (WdfObject... functions).
Object* ObjectFromHandle(DriverGlobals& globals, const void* handle);

// Without the attribute checks: for internal objects (attributes null) and for attributes checked before (requests of a device).
template <class T, class... A>
NTSTATUS CreateObjectChecked(DriverGlobals& globals, ObjectType type, const WDF_OBJECT_ATTRIBUTES* attributes, Object* parent, T** out,
                             A&&... arguments) {
  static_assert(alignof(T) <= 16);
  constexpr size_t object_size = (sizeof(T) + 15) & ~size_t{15};
  uint8_t size_class = 0;
  void* memory = ObjectAccess::Allocate(globals, SizeWithContext(object_size, attributes), &size_class);
  if (!memory) return STATUS_INSUFFICIENT_RESOURCES;
  T* object = new (memory) T(std::forward<A>(arguments)...);
  NTSTATUS status = ObjectAccess::Initialize(object, globals, type, size_class, attributes, parent, static_cast<char*>(memory) + object_size);
  if (!NT_SUCCESS(status)) {
    ObjectAccess::Destroy(object);
    return status;
  }
  *out = object;
  return STATUS_SUCCESS;
}

// Makes a T (its constructor gets `arguments`; keep it trivial: globals() and parent() are set afterwards). The parent is
// attributes->ParentObject when given and allowed, else `default_parent` (null: an object that hangs on nothing).
template <class T, class... A>
NTSTATUS CreateObject(DriverGlobals& globals, ObjectType type, const WDF_OBJECT_ATTRIBUTES* attributes, Object* default_parent, T** out,
                      A&&... arguments) {
  NTSTATUS status = CheckAttributes(globals, type, attributes);
  if (!NT_SUCCESS(status)) return status;
  Object* parent = attributes && attributes->ParentObject ? ObjectFromHandle(globals, attributes->ParentObject) : default_parent;
  return CreateObjectChecked<T>(globals, type, attributes, parent, out, std::forward<A>(arguments)...);
}

// WDFOBJECT: an object without behaviour.
class GenericObject final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kGeneric;
};

// The driver object, default parent of most types (OBJ-29); null before WdfDriverCreate.
Object* DefaultParent(DriverGlobals& globals);

// The creating DDI failed after CreateObject: the object goes, the driver's cleanup and destroy callbacks do not run.
void DeleteAfterFailedCreate(Object* object);

}  // namespace drydock::wdf
