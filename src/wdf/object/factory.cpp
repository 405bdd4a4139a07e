#include "wdf/object/factory.h"

#include <cstring>

#include "nt/driver_callback.h"
#include "wdf/object/live_objects.h"
#include "wdf/object/type_rules.h"
#include "wdf/trace.h"

namespace drydock::wdf {
namespace {

constexpr size_t kMaxContext = size_t{1} << 28;

// DEVX-3: lengths are rounded up to the size of a pointer.
size_t ContextBytes(const WDF_OBJECT_ATTRIBUTES& attributes) {
  if (!attributes.ContextTypeInfo) return 0;
  const size_t wanted = attributes.ContextSizeOverride ? attributes.ContextSizeOverride : attributes.ContextTypeInfo->ContextSize;
  return (wanted + sizeof(void*) - 1) & ~(sizeof(void*) - 1);
}

const WDF_OBJECT_CONTEXT_TYPE_INFO* UniqueType(const WDF_OBJECT_CONTEXT_TYPE_INFO* type) {
  if (!type) return nullptr;
  if (type->EvtDriverGetUniqueContextType) return nt::CallDriver("EvtDriverGetUniqueContextType", type->EvtDriverGetUniqueContextType);
  return type->UniqueType ? type->UniqueType : type;
}

void FillBlock(ContextBlock* block, const WDF_OBJECT_ATTRIBUTES& attributes, Object* owner, uint32_t size_class) {
  const size_t bytes = ContextBytes(attributes);
  block->next = nullptr;
  block->type = UniqueType(attributes.ContextTypeInfo);
  block->cleanup = attributes.EvtCleanupCallback;
  block->destroy = attributes.EvtDestroyCallback;
  block->size = static_cast<uint32_t>(bytes);
  block->size_class = size_class;
  block->owner = owner;
  std::memset(block->bytes(), 0, bytes);
}

bool WantsBlock(const WDF_OBJECT_ATTRIBUTES* attributes) {
  return attributes && (attributes->ContextTypeInfo || attributes->EvtCleanupCallback || attributes->EvtDestroyCallback);
}

NTSTATUS CheckContext(const WDF_OBJECT_ATTRIBUTES& attributes) {
  const WDF_OBJECT_CONTEXT_TYPE_INFO* type = attributes.ContextTypeInfo;
  if (type) {
    if (type->Size != sizeof(WDF_OBJECT_CONTEXT_TYPE_INFO)) return STATUS_INFO_LENGTH_MISMATCH;
    if (type->ContextSize != 0 && !type->ContextName) return STATUS_WDF_OBJECT_ATTRIBUTES_INVALID;
    if (attributes.ContextSizeOverride != 0 && attributes.ContextSizeOverride < type->ContextSize) return STATUS_WDF_OBJECT_ATTRIBUTES_INVALID;
  } else if (attributes.ContextSizeOverride != 0) {
    return STATUS_WDF_OBJECT_ATTRIBUTES_INVALID;
  }
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS CheckAttributes(DriverGlobals& globals, ObjectType type, const WDF_OBJECT_ATTRIBUTES* attributes) {
  const TypeRules& rules = RulesOf(type);
  if (!attributes) return rules.parent_required ? STATUS_WDF_PARENT_NOT_SPECIFIED : STATUS_SUCCESS;
  if (attributes->Size != sizeof(WDF_OBJECT_ATTRIBUTES)) return STATUS_INFO_LENGTH_MISMATCH;
  if (NTSTATUS status = CheckContext(*attributes); !NT_SUCCESS(status)) return status;
  if (attributes->ParentObject && !rules.parent_allowed) return STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED;
  if (!attributes->ParentObject && rules.parent_required) return STATUS_WDF_PARENT_NOT_SPECIFIED;
  const WDF_EXECUTION_LEVEL level = attributes->ExecutionLevel;
  const WDF_SYNCHRONIZATION_SCOPE scope = attributes->SynchronizationScope;
  // (U) WdfExecutionLevelDispatch does not exist there (SYN-03).
  const WDF_EXECUTION_LEVEL last_level = globals.umdf ? WdfExecutionLevelPassive : WdfExecutionLevelDispatch;
  if (level < WdfExecutionLevelInheritFromParent || level > last_level) return STATUS_WDF_OBJECT_ATTRIBUTES_INVALID;
  if (scope < WdfSynchronizationScopeInheritFromParent || scope > WdfSynchronizationScopeNone) return STATUS_WDF_OBJECT_ATTRIBUTES_INVALID;
  const bool serialises = scope == WdfSynchronizationScopeDevice || scope == WdfSynchronizationScopeQueue;
  if (serialises && !rules.scope_allowed) return STATUS_WDF_SYNCHRONIZATION_SCOPE_INVALID;
  if (level != WdfExecutionLevelInheritFromParent && !rules.level_allowed) return STATUS_WDF_EXECUTION_LEVEL_INVALID;
  return STATUS_SUCCESS;
}

size_t SizeWithContext(size_t object_size, const WDF_OBJECT_ATTRIBUTES* attributes) {
  if (!WantsBlock(attributes)) return object_size;
  return object_size + sizeof(ContextBlock) + ContextBytes(*attributes);
}

void* ObjectAccess::Allocate(DriverGlobals& globals, size_t bytes, uint8_t* size_class) {
  if (bytes > kMaxContext || !globals.MayAllocate()) return nullptr;
  return globals.framework->arena->Allocate(bytes, size_class);
}

NTSTATUS ObjectAccess::Initialize(Object* object, DriverGlobals& globals, ObjectType type, uint8_t size_class,
                                  const WDF_OBJECT_ATTRIBUTES* attributes, Object* parent, void* context_at) {
  object->type_ = type;
  object->size_class_ = size_class;
  object->globals_ = &globals;
  object->trace_id_ = globals.framework->kernel.NextTraceId();
  ObjectMade(globals, type);

  const WDF_EXECUTION_LEVEL level = attributes ? attributes->ExecutionLevel : WdfExecutionLevelInheritFromParent;
  const WDF_SYNCHRONIZATION_SCOPE scope = attributes ? attributes->SynchronizationScope : WdfSynchronizationScopeInheritFromParent;
  object->passive_by_own_attributes_ = level == WdfExecutionLevelPassive;
  object->passive_callbacks_ = level == WdfExecutionLevelInheritFromParent ? (parent ? parent->passive_callbacks_ : globals.umdf)
                                                                            : level == WdfExecutionLevelPassive;
  object->scope_ = scope == WdfSynchronizationScopeInheritFromParent ? (parent ? parent->scope_ : WdfSynchronizationScopeNone) : scope;
  // Devices, queues and drivers have locks of their own and set theirs when they are made.
  object->callback_lock_ = parent && object->scope_ != WdfSynchronizationScopeNone ? parent->callback_lock_ : nullptr;

  if (WantsBlock(attributes)) {
    ContextBlock* block = static_cast<ContextBlock*>(context_at);
    FillBlock(block, *attributes, object, ContextBlock::kInObject);
    object->contexts_ = block;
  }
  if (parent) {
    object->had_parent_ = true;
    rt::LockGuard guard(globals.framework->tree_lock);
    if (!parent->had_child_.load()) parent->had_child_.store(true);  // D4
    if (parent->deleting_.load()) {                                  // D3
      object->contexts_ = nullptr;
      return STATUS_DELETE_PENDING;
    }
    object->parent_ = parent;
    object->previous_sibling_ = parent->last_child_;
    (parent->last_child_ ? parent->last_child_->next_sibling_ : parent->first_child_) = object;
    parent->last_child_ = object;
    object->linked_ = true;
  }
  RecordEvent(*globals.framework, trace::kObjectCreate, object->trace_id_, static_cast<uint64_t>(type));
  return STATUS_SUCCESS;
}

void ObjectAccess::RenewContext(Object* object, const WDF_OBJECT_ATTRIBUTES* attributes, void* context_at) {
  object->contexts_ = nullptr;
  if (!WantsBlock(attributes)) return;
  ContextBlock* block = static_cast<ContextBlock*>(context_at);
  FillBlock(block, *attributes, object, ContextBlock::kInObject);
  object->contexts_ = block;
}

NTSTATUS ObjectAccess::AddContext(Object* object, const WDF_OBJECT_ATTRIBUTES* attributes, ContextBlock** out) {
  DriverGlobals& globals = *object->globals_;
  const WDF_OBJECT_CONTEXT_TYPE_INFO* type = UniqueType(attributes->ContextTypeInfo);
  uint8_t size_class = 0;
  void* memory = Allocate(globals, sizeof(ContextBlock) + ContextBytes(*attributes), &size_class);
  if (!memory) return STATUS_INSUFFICIENT_RESOURCES;
  ContextBlock* block = static_cast<ContextBlock*>(memory);
  FillBlock(block, *attributes, object, size_class);

  ContextBlock* existing = nullptr;
  bool deleting = false;
  {
    rt::LockGuard guard(globals.framework->tree_lock);
    deleting = object->deleting();
    ContextBlock** link = &object->contexts_;
    for (; *link && !existing; link = &(*link)->next) {
      if ((*link)->type == type) existing = *link;
    }
    // Readers walk the chain without the lock: the block is complete before it is linked.
    if (!deleting && !existing) __atomic_store_n(link, block, __ATOMIC_RELEASE);
  }
  if (deleting || existing) globals.framework->arena->Free(memory, size_class);
  if (deleting) return STATUS_DELETE_PENDING;
  *out = existing ? existing : block;
  return existing ? STATUS_OBJECT_NAME_EXISTS : STATUS_SUCCESS;
}

void ObjectAccess::ClearCallbacks(Object* object) {
  for (ContextBlock* block = object->contexts_; block; block = block->next) {
    block->cleanup = nullptr;
    block->destroy = nullptr;
  }
}

void DeleteAfterFailedCreate(Object* object) {
  ObjectAccess::ClearCallbacks(object);
  object->Delete();
}

Object* AnyObject(Framework& framework, const void* handle) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(handle);
  if ((address & 15) != Object::kHandleBias || !framework.arena->Contains(address)) return nullptr;
  Object* object = reinterpret_cast<Object*>(address - Object::kHandleBias);
  return ObjectAccess::Canary(object) == Object::kCanary ? object : nullptr;
}

Object* ObjectFromHandle(DriverGlobals& globals, const void* handle) {
  Object* object = AnyObject(*globals.framework, handle);
  if (__builtin_expect(!object, 0)) BadHandle(globals, handle, ObjectType::kCount);
  return object;
}

}  // namespace drydock::wdf
