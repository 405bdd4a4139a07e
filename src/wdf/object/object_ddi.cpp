// WdfObject... functions.
#include <fmt/format.h>

#include "wdf/ddi.h"
#include "wdf/memory/memory.h"
#include "wdf/object/factory.h"
#include "wdf/object/reference_log.h"
#include "wdf/object/type_rules.h"
#include "wdf/sync/callback_lock.h"

namespace drydock::wdf::ddi {
namespace {

// Reference, dereference, contexts: NULL is 0x10D/0x4 there, any other bad handle 0x10D/0x5 (DEVX-5).
Object* Checked(DriverGlobals& globals, const char* function, WDFOBJECT handle) {
  if (!handle) NullParameter(globals, function, "Handle", __builtin_return_address(0));
  return ObjectFromHandle(globals, handle);
}

// TrackHandles names the object's type (VER-18).
bool Tracked(DriverGlobals& globals, Object* object) {
  return __builtin_expect(globals.options.tracked_types != 0, 0) && (globals.options.tracked_types >> static_cast<unsigned>(object->type()) & 1);
}

CallbackLock& LockOf(DriverGlobals& globals, WDFOBJECT handle) {
  Object* object = ObjectFromHandle(globals, handle);
  CallbackLock* lock = ObjectAccess::PresentationLock(object);
  if (!lock) {
    Violation(globals, ViolationKind::kLockMisuse, reinterpret_cast<uint64_t>(handle), 0,
              fmt::format("WdfObjectAcquireLock or ReleaseLock on a {}: only devices, queues and drivers have a lock.", NameOf(object->type())));
  }
  return *lock;
}

}  // namespace

NTSTATUS WdfObjectCreate(DriverGlobals& globals, PWDF_OBJECT_ATTRIBUTES Attributes, WDFOBJECT* Object) {
  *Object = nullptr;
  GenericObject* object = nullptr;
  NTSTATUS status = CreateObject(globals, ObjectType::kGeneric, Attributes, DefaultParent(globals), &object);
  if (NT_SUCCESS(status)) *Object = object->handle();
  return status;
}

void WdfObjectDelete(DriverGlobals& globals, WDFOBJECT Object) {
  wdf::Object* object = ObjectFromHandle(globals, Object);
  if (!ObjectAccess::DriverMayDelete(object)) {
    Break(globals, fmt::format("WdfObjectDelete of a {} is not allowed and was ignored", NameOf(object->type())).c_str());
    return;
  }
  if (object->deleting()) {
    if (globals.verifier) Break(globals, fmt::format("WdfObjectDelete of a {} that is being deleted already", NameOf(object->type())).c_str());
    return;
  }
  object->Delete();
}

NTSTATUS WdfObjectQuery(DriverGlobals&, WDFOBJECT, const GUID*, ULONG, PVOID) { return STATUS_NOT_FOUND; }

PVOID WdfObjectGetTypedContextWorker(DriverGlobals& globals, WDFOBJECT Handle, PCWDF_OBJECT_CONTEXT_TYPE_INFO TypeInfo) {
  Object* object = Checked(globals, "WdfObjectGetTypedContext", Handle);
  ContextBlock* block = object->FindContext(TypeInfo);
  return block ? block->bytes() : nullptr;
}

NTSTATUS WdfObjectAllocateContext(DriverGlobals& globals, WDFOBJECT Handle, PWDF_OBJECT_ATTRIBUTES ContextAttributes, PVOID* Context) {
  Object* object = Checked(globals, "WdfObjectAllocateContext", Handle);
  if (Context) *Context = nullptr;
  if (!ContextAttributes) return STATUS_WDF_PARENT_NOT_SPECIFIED;
  if (ContextAttributes->ParentObject && globals.BuiltFor(11)) return STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED;
  WDF_OBJECT_ATTRIBUTES attributes = *ContextAttributes;
  attributes.ParentObject = nullptr;
  NTSTATUS status = CheckAttributes(globals, ObjectType::kGeneric, &attributes);
  if (!NT_SUCCESS(status)) return status;
  if (!attributes.ContextTypeInfo) return STATUS_OBJECT_NAME_INVALID;
  if (object->type() == ObjectType::kMemory && static_cast<Memory*>(object)->kind() == Memory::Kind::kRequest) return STATUS_OBJECT_PATH_INVALID;
  if (object->deleting()) return STATUS_DELETE_PENDING;
  ContextBlock* block = nullptr;
  status = ObjectAccess::AddContext(object, &attributes, &block);
  if (block && Context) *Context = block->bytes();
  return status;
}

WDFOBJECT WdfObjectContextGetObject(DriverGlobals& globals, PVOID ContextPointer) {
  ContextBlock* block = static_cast<ContextBlock*>(ContextPointer) - 1;
  if (!globals.framework->arena->Contains(reinterpret_cast<uintptr_t>(block))) BadHandle(globals, ContextPointer, ObjectType::kCount);
  return ObjectFromHandle(globals, reinterpret_cast<const char*>(block->owner) + Object::kHandleBias)->handle();
}

void WdfObjectReferenceActual(DriverGlobals& globals, WDFOBJECT Handle, PVOID Tag, LONG Line, PCCH File) {
  Object* object = Checked(globals, "WdfObjectReference", Handle);
  if (Tracked(globals, object)) globals.framework->reference_log->Add(object, {Tag, Line, File});
  object->AddRef();
}

void WdfObjectDereferenceActual(DriverGlobals& globals, WDFOBJECT Handle, PVOID Tag, LONG Line, PCCH File) {
  Object* object = Checked(globals, "WdfObjectDereference", Handle);
  if (Tracked(globals, object) && !globals.framework->reference_log->Remove(object, Tag)) {
    Break(globals, fmt::format("WdfObjectDereference at {}:{} with a tag that no reference has", File ? File : "?", Line).c_str());
  }
  object->Release();
}

void WdfObjectAcquireLock(DriverGlobals& globals, WDFOBJECT Object) { LockOf(globals, Object).Acquire(); }

void WdfObjectReleaseLock(DriverGlobals& globals, WDFOBJECT Object) { LockOf(globals, Object).Release(); }

}  // namespace drydock::wdf::ddi
