#include "wdf/object/object.h"

#include <fmt/format.h>

#include "nt/driver_callback.h"
#include "nt/thread.h"
#include "runtime/assert.h"
#include "wdf/framework.h"
#include "wdf/object/disposal.h"
#include "wdf/object/factory.h"
#include "wdf/object/live_objects.h"
#include "wdf/object/reference_log.h"
#include "wdf/object/type_rules.h"
#include "wdf/trace.h"

namespace drydock::wdf {
namespace {

bool AtPassive() {
  nt::Thread* thread = nt::CurrentThreadOrNull();
  return !thread || thread->irql == PASSIVE_LEVEL;
}

}  // namespace

Framework& Object::framework() const { return *globals_->framework; }

bool Object::NeedsPassiveCleanup() const { return passive_by_own_attributes_ || RulesOf(type_).passive_cleanup; }

bool Object::DriverMayDelete() const { return RulesOf(type_).driver_may_delete; }

ContextBlock* Object::FindContext(const WDF_OBJECT_CONTEXT_TYPE_INFO* unique_type) const {
  for (ContextBlock* block = contexts_; block; block = block->next) {
    if (block->type == unique_type) return block;
  }
  return nullptr;
}

void Object::LastReleaseQuietly() noexcept {
  try {
    LastRelease();
  } catch (const rt::TaskStopped&) {
  }
}

void Object::LastRelease() {
  RT_ASSERT(references_.load(std::memory_order_relaxed) == 0);
  if (!deleting_.load(std::memory_order_acquire)) {
    // The object's own reference went by a dereference: only a driver can do that (OBJ-04).
    references_.store(1, std::memory_order_relaxed);
    Violation(*globals_, ViolationKind::kDeletedByDereference, reinterpret_cast<uint64_t>(handle()), 0,
              fmt::format("The last reference of a {} was dropped with WdfObjectDereference; objects end by WdfObjectDelete.", NameOf(type_)));
  }
  if (!AtPassive() && NeedsPassiveCleanup()) {
    framework().disposal->QueueDestroy(this);
    return;
  }
  ObjectAccess::Destroy(this);
}

void Object::Delete() {
  Framework& owner = framework();
  if (had_parent_) {
    rt::LockGuard guard(owner.tree_lock);  // D1
    if (deleting_.exchange(true)) return;
    if (parent_) parent_->AddRef();
  } else if (deleting_.exchange(true)) {
    return;
  }
  RecordEvent(owner, trace::kObjectDelete, trace_id_, static_cast<uint64_t>(type_));
  if (PostponeDeletion()) return;
  if (!AtPassive() && ObjectAccess::TreeNeedsPassive(owner, this)) {
    owner.disposal->QueueDelete(this);
    return;
  }
  ObjectAccess::FinishDelete(this);
}

void Object::DeleteAndKeep() {
  Framework& owner = framework();
  if (had_parent_ || deleting_.exchange(true)) {
    AddRef();
    return Delete();
  }
  RecordEvent(owner, trace::kObjectDelete, trace_id_, static_cast<uint64_t>(type_));
  if (!AtPassive() && ObjectAccess::TreeNeedsPassive(owner, this)) {
    AddRef();
    owner.disposal->QueueDelete(this);
    return;
  }
  ObjectAccess::CleanUpTree(this);
  ObjectAccess::ReleaseChildren(this);
}

Device* Object::device() const {
  for (const Object* object = this; object; object = object->parent_) {
    if (object->type_ == ObjectType::kDevice) return reinterpret_cast<Device*>(const_cast<Object*>(object));
  }
  return nullptr;
}

// The whole subtree is looked at under the tree lock: a child that needs PASSIVE_LEVEL moves all of it to the work item (DEVX-1).
bool ObjectAccess::TreeNeedsPassive(Framework& framework, Object* root) {
  if (!root->had_child_.load()) return root->NeedsPassiveCleanup();  // D4
  rt::LockGuard guard(framework.tree_lock);
  for (Object* object = root; object;) {
    if (object->NeedsPassiveCleanup()) return true;
    if (object->first_child_) {
      object = object->first_child_;
      continue;
    }
    while (object != root && !object->next_sibling_) object = object->parent_;
    if (object == root) break;
    object = object->next_sibling_;
  }
  return false;
}

void ObjectAccess::FinishDelete(Object* object) {
  CleanUpTree(object);
  Detach(object);
  ReleaseTree(object);
}

// Children first, the deepest first, siblings oldest first; then the object's own callbacks (OBJ-11, OBJ-12, O-12). Every object whose turn
// it is has deleting_ set by us. A child that another thread deletes already is left to that thread.
void ObjectAccess::CleanUpTree(Object* object) {
  Framework& framework = object->framework();
  object->OnDeleting();
  Object* last_dying = nullptr;
  while (object->had_child_.load()) {  // D4
    Object* child = nullptr;
    bool taken_back = false;
    {
      rt::LockGuard guard(framework.tree_lock);  // D2
      for (child = object->first_child_; child; child = child->next_sibling_) {
        if (!child->deleting_.exchange(true)) break;
        taken_back = framework.disposal->TakeBack(child);
        if (taken_back) break;
      }
      if (child) {
        (child->previous_sibling_ ? child->previous_sibling_->next_sibling_ : object->first_child_) = child->next_sibling_;
        (child->next_sibling_ ? child->next_sibling_->previous_sibling_ : object->last_child_) = child->previous_sibling_;
        child->previous_sibling_ = nullptr;
        child->next_sibling_ = nullptr;
        child->linked_ = false;
        (last_dying ? last_dying->next_sibling_ : object->dying_children_) = child;
        last_dying = child;
      }
    }
    if (!child) break;
    if (taken_back) object->Release();  // the reference of D1; the object's own one is still there
    CleanUpTree(child);
  }
  object->OnDispose();
  for (ContextBlock* block = object->contexts_; block; block = block->next) {
    if (block->cleanup) nt::CallDriver("EvtCleanupCallback", block->cleanup, object->handle());
  }
  object->OnCleanedUp();
}

void ObjectAccess::ReleaseTree(Object* object) {
  ReleaseChildren(object);
  object->Release();
}

void ObjectAccess::ReleaseChildren(Object* object) {
  for (Object* child = object->dying_children_; child;) {
    Object* next = child->next_sibling_;
    child->next_sibling_ = nullptr;
    {
      rt::LockGuard guard(object->framework().tree_lock);
      child->parent_ = nullptr;  // from here on the child may outlive us (O-13)
    }
    ReleaseTree(child);
    child = next;
  }
  object->dying_children_ = nullptr;
}

void ObjectAccess::Detach(Object* object) {
  Object* parent = object->parent_;
  if (!parent) return;
  {
    rt::LockGuard guard(object->framework().tree_lock);
    if (object->linked_) {
      (object->previous_sibling_ ? object->previous_sibling_->next_sibling_ : parent->first_child_) = object->next_sibling_;
      (object->next_sibling_ ? object->next_sibling_->previous_sibling_ : parent->last_child_) = object->previous_sibling_;
      object->next_sibling_ = nullptr;
      object->previous_sibling_ = nullptr;
      object->linked_ = false;
    }
    object->parent_ = nullptr;
  }
  parent->Release();  // the reference of D1
}

void ObjectAccess::Destroy(Object* object) {
  Framework& framework = object->framework();
  const uint8_t size_class = object->size_class_;
  RecordEvent(framework, trace::kObjectDestroy, object->trace_id_, static_cast<uint64_t>(object->type_));
  for (ContextBlock* block = object->contexts_; block; block = block->next) {
    if (block->destroy) nt::CallDriver("EvtDestroyCallback", block->destroy, object->handle());
  }
  if (__builtin_expect(object->globals_->options.tracked_types != 0, 0)) framework.reference_log->Forget(object);
  ObjectGone(*object->globals_, object->type_);
  ContextBlock* block = object->contexts_;
  object->~Object();
  while (block) {
    ContextBlock* next = block->next;
    if (block->size_class != ContextBlock::kInObject) framework.arena->Free(block, static_cast<uint8_t>(block->size_class));
    block = next;
  }
  framework.arena->Free(object, size_class);
}

}  // namespace drydock::wdf
