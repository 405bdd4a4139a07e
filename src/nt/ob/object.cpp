#include "nt/ob/object.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "nt/bugcheck.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"
#include "nt/ob/state.h"
#include "nt/thread.h"
#include "runtime/assert.h"

namespace drydock::nt::ob {

void ForgetSecurity(State& state, const void* body);  // security.cpp

namespace {

void Unlist(State& state, ObjectHeader* header) {
  rt::LockGuard guard(state.objects_lock);
  if (header->previous) {
    header->previous->next = header->next;
  } else {
    state.first_object = header->next;
  }
  if (header->next) header->next->previous = header->previous;
}

void DropMemory(ObjectHeader* header) {
  if (header->memory_holds.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  Unlist(*header->kernel->ob, header);
  delete header->name;
  std::free(header);
}

// The end of an object: its last reference is gone.
void End(ObjectHeader* header) {
  RT_ASSERT((header->flags & kEnded) == 0);
  header->flags |= kEnded;
  void* body = BodyOf(header);
  if (header->type->on_close) header->type->on_close(body);
  header->canary = 0;
  header->flags |= kDiscarded;
  if (header->type->discard) header->type->discard(body);
  ForgetSecurity(*header->kernel->ob, body);
  DropMemory(header);
}

// Runs ends that were asked for above PASSIVE_LEVEL. A work item of State.
VOID NTAPI RunDeferred(PVOID context) {
  auto* state = static_cast<State*>(context);
  for (;;) {
    ObjectHeader* header;
    {
      rt::LockGuard guard(state->objects_lock);
      header = state->deferred;
      if (!header) {
        state->deferred_queued = false;
        return;
      }
      state->deferred = header->next_deferred;
    }
    End(header);
  }
}

void Defer(ObjectHeader* header) {
  State& state = *header->kernel->ob;
  bool queue;
  {
    rt::LockGuard guard(state.objects_lock);
    ObjectHeader** link = &state.deferred;
    while (*link) link = &(*link)->next_deferred;
    header->next_deferred = nullptr;
    *link = header;
    queue = !state.deferred_queued;
    state.deferred_queued = true;
    if (queue && !state.deferred_item) state.deferred_item = new WORK_QUEUE_ITEM{};
  }
  if (queue) {
    auto* item = static_cast<WORK_QUEUE_ITEM*>(state.deferred_item);
    ExInitializeWorkItem(item, RunDeferred, &state);
    ExQueueWorkItem(item, DelayedWorkQueue);
  }
}

}  // namespace

void* CreateObject(Kernel& kernel, const ObjectType& type, size_t body_bytes) {
  // The body ends where the allocation ends, so that a sanitizer sees an overrun of a driver's extension.
  void* memory = nullptr;
  if (posix_memalign(&memory, 16, sizeof(ObjectHeader) + body_bytes) != 0) return nullptr;
  std::memset(memory, 0, sizeof(ObjectHeader) + body_bytes);
  auto* header = new (memory) ObjectHeader{};
  header->canary = kObjectAlive;
  header->trace_id = kernel.NextTraceId();
  header->references.store(1, std::memory_order_relaxed);
  header->memory_holds.store(1, std::memory_order_relaxed);
  header->type = &type;
  header->kernel = &kernel;
  header->body_bytes = body_bytes;
  State& state = *kernel.ob;
  rt::LockGuard guard(state.objects_lock);
  header->next = state.first_object;
  if (state.first_object) state.first_object->previous = header;
  state.first_object = header;
  return BodyOf(header);
}

bool IsObject(const void* body, const ObjectType& type) {
  const ObjectHeader* header = HeaderOf(body);
  return header->canary == kObjectAlive && header->type == &type;
}

void Reference(void* body) {
  int64_t before = HeaderOf(body)->references.fetch_add(1, std::memory_order_relaxed);
  if (before <= 0) {
    BugCheck(REFERENCE_BY_POINTER, {0, reinterpret_cast<uint64_t>(body), static_cast<uint64_t>(before)},
             "A reference was taken on an object that has none left: it is being deleted.");
  }
}

bool ReferenceUnlessZero(void* body) {
  auto& references = HeaderOf(body)->references;
  int64_t now = references.load(std::memory_order_relaxed);
  while (now > 0) {
    if (references.compare_exchange_weak(now, now + 1, std::memory_order_acq_rel)) return true;
  }
  return false;
}

void Dereference(void* body) {
  ObjectHeader* header = HeaderOf(body);
  int64_t left = header->references.fetch_sub(1, std::memory_order_acq_rel) - 1;
  if (left > 0) return;
  if (left < 0) {
    BugCheck(REFERENCE_BY_POINTER, {0, reinterpret_cast<uint64_t>(body), 0, static_cast<uint64_t>(left)},
             "An object was dereferenced more often than it was referenced.");
  }
  Thread* thread = CurrentThreadOrNull();
  if (header->type->on_close && thread && thread->irql > PASSIVE_LEVEL) {
    Defer(header);
  } else {
    End(header);
  }
}

bool DereferenceUnlessLast(void* body) {
  auto& references = HeaderOf(body)->references;
  int64_t now = references.load(std::memory_order_relaxed);
  while (now > 1) {
    if (references.compare_exchange_weak(now, now - 1, std::memory_order_acq_rel)) return true;
  }
  return false;
}

void HoldMemory(void* body) { HeaderOf(body)->memory_holds.fetch_add(1, std::memory_order_relaxed); }
void ReleaseMemory(void* body) { DropMemory(HeaderOf(body)); }

void AddHandle(void* body) {
  Reference(body);
  HeaderOf(body)->handles.fetch_add(1, std::memory_order_acq_rel);
}

void DropHandle(void* body) {
  ObjectHeader* header = HeaderOf(body);
  if (header->handles.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    if (header->type->on_last_handle) header->type->on_last_handle(body);
    if (!(header->flags & kPermanent)) RemoveName(body);
  }
  Dereference(body);
}

int64_t ReferenceCount(const void* body) { return HeaderOf(body)->references.load(std::memory_order_relaxed); }
int32_t HandleCount(const void* body) { return HeaderOf(body)->handles.load(std::memory_order_relaxed); }

}  // namespace drydock::nt::ob

using namespace drydock::nt;

extern "C" {

LONG_PTR FASTCALL ObfReferenceObject(PVOID Object) {
  ob::Reference(Object);
  return static_cast<LONG_PTR>(ob::ReferenceCount(Object));
}

LONG_PTR FASTCALL ObfDereferenceObject(PVOID Object) {
  LONG_PTR left = static_cast<LONG_PTR>(ob::ReferenceCount(Object)) - 1;
  ob::Dereference(Object);
  return left;
}

LONG_PTR NTAPI ObfReferenceObjectWithTag(PVOID Object, ULONG Tag) {
  (void)Tag;
  return ObfReferenceObject(Object);
}

LONG_PTR NTAPI ObfDereferenceObjectWithTag(PVOID Object, ULONG Tag) {
  (void)Tag;
  return ObfDereferenceObject(Object);
}

VOID NTAPI ObDereferenceObjectDeferDelete(PVOID Object) { ob::Dereference(Object); }

VOID NTAPI ObDereferenceObjectDeferDeleteWithTag(PVOID Object, ULONG Tag) {
  (void)Tag;
  ob::Dereference(Object);
}

NTSTATUS NTAPI ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode) {
  (void)DesiredAccess;
  const auto* wanted = reinterpret_cast<const ob::ObjectType*>(ObjectType);
  if (wanted ? ob::HeaderOf(Object)->type != wanted : AccessMode != KernelMode) return STATUS_OBJECT_TYPE_MISMATCH;
  ob::Reference(Object);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ObReferenceObjectByPointerWithTag(PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                                 KPROCESSOR_MODE AccessMode, ULONG Tag) {
  (void)Tag;
  return ObReferenceObjectByPointer(Object, DesiredAccess, ObjectType, AccessMode);
}

}  // extern "C"
