// Executive resources: reader-writer locks with owners.
// State:    all in the ERESOURCE, guarded by a lock in its SpinLock field. OwnerEntry is the exclusive owner or one of the sharers; the
//           other sharers stand in OwnerTable ([0].TableSize entries; entry 0 is not used).
// Handover: a release gives the resource to waiters itself: after an exclusive owner to all waiting sharers, after the last sharer to
//           one exclusive waiter (each kind gets its turn). A woken waiter owns it already and only enters itself as owner. Waiters are
//           counted under the parking lot's bucket lock, so that a wake never comes before its sleeper.
#include <fmt/format.h>

#include <cstdlib>
#include <cstring>

#include <ntddk.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/ke/dispatcher.h"
#include "nt/ke/state.h"
#include "nt/ps/process.h"
#include "nt/thread.h"
#include "runtime/lock.h"

using namespace drydock;
using namespace drydock::nt;

namespace {

using Owner = ERESOURCE_THREAD;

rt::Lock& LockOf(ERESOURCE* resource) { return *reinterpret_cast<rt::Lock*>(&resource->SpinLock); }
Owner Self() { return reinterpret_cast<Owner>(&CurrentThread()); }
bool IsExclusive(const ERESOURCE* resource) { return (resource->Flag & ResourceOwnedExclusive) != 0; }

const void* SharedQueue(ERESOURCE* resource) { return &resource->NumberOfSharedWaiters; }
const void* ExclusiveQueue(ERESOURCE* resource) { return &resource->NumberOfExclusiveWaiters; }

OWNER_ENTRY* Find(ERESOURCE* resource, Owner owner) {
  if (resource->OwnerEntry.OwnerThread == owner && resource->OwnerEntry.OwnerCount != 0) return &resource->OwnerEntry;
  if (resource->OwnerTable == nullptr) return nullptr;
  for (ULONG i = 1; i < resource->OwnerTable[0].TableSize; ++i) {
    if (resource->OwnerTable[i].OwnerThread == owner && resource->OwnerTable[i].OwnerCount != 0) return &resource->OwnerTable[i];
  }
  return nullptr;
}

OWNER_ENTRY* FreeEntry(ERESOURCE* resource) {
  if (resource->OwnerEntry.OwnerCount == 0) return &resource->OwnerEntry;
  const ULONG size = resource->OwnerTable ? resource->OwnerTable[0].TableSize : 0;
  for (ULONG i = 1; i < size; ++i) {
    if (resource->OwnerTable[i].OwnerCount == 0) return &resource->OwnerTable[i];
  }
  const ULONG larger = size == 0 ? 4 : size * 2;
  auto* table = static_cast<OWNER_ENTRY*>(std::realloc(resource->OwnerTable, larger * sizeof(OWNER_ENTRY)));
  if (table == nullptr) std::abort();  // the process has no memory for a few dozen bytes
  std::memset(table + size, 0, (larger - size) * sizeof(OWNER_ENTRY));
  table[0].TableSize = larger;
  resource->OwnerTable = table;
  return &table[size == 0 ? 1 : size];
}

void EnterOwner(ERESOURCE* resource, Owner owner) {
  OWNER_ENTRY* entry = FreeEntry(resource);
  entry->OwnerThread = owner;
  entry->OwnerCount = 1;
}

enum class Want { kExclusive, kShared, kStarveExclusive, kWaitForExclusive };

// Under the lock. ActiveEntries counts owners (threads), those included that were handed the resource and have not entered themselves.
bool TryTake(ERESOURCE* resource, Owner self, Want want) {
  if (resource->ActiveEntries == 0) {
    resource->ActiveEntries = 1;
    resource->ActiveCount = 1;
    if (want == Want::kExclusive) resource->Flag |= ResourceOwnedExclusive;
    EnterOwner(resource, self);
    return true;
  }
  OWNER_ENTRY* mine = Find(resource, self);
  if (IsExclusive(resource)) {
    if (mine == nullptr) return false;
    ++mine->OwnerCount;  // exclusive owners may take it again either way
    return true;
  }
  if (want == Want::kExclusive) return false;
  const bool others_first = resource->NumberOfExclusiveWaiters != 0 &&
                            (want == Want::kWaitForExclusive || (want == Want::kShared && mine == nullptr));
  if (others_first) return false;
  if (mine != nullptr) {
    ++mine->OwnerCount;
    return true;
  }
  ++resource->ActiveEntries;
  EnterOwner(resource, self);
  return true;
}

void CheckUse(const ERESOURCE* resource, const char* function) {
  const Thread& thread = CurrentThread();
  if (__builtin_expect(thread.irql <= APC_LEVEL, 1)) return;
  BugCheck(bug::kIrqlNotLessOrEqual, {reinterpret_cast<uint64_t>(resource), thread.irql, 0, 0},
           fmt::format("{} was called at IRQL {}; it needs APC_LEVEL or below.", function, thread.irql));
}

// Who holds it, for reports. Looked up among the running threads: the owner may be a pointer of the driver's own, or a thread that has ended.
void DescribeOwner(Kernel& kernel, ERESOURCE* resource, ke::WaitInfo& info) {
  struct Search {
    Owner owner;
    const Thread* thread;
  } search{0, nullptr};
  {
    rt::LockGuard guard(LockOf(resource));
    search.owner = resource->OwnerEntry.OwnerCount != 0 ? resource->OwnerEntry.OwnerThread : 0;
  }
  if (search.owner == 0) return;
  ps::ForEachThread(
      kernel,
      [](void* context, Thread& thread) {
        auto* search = static_cast<Search*>(context);
        if (reinterpret_cast<Owner>(&thread) == search->owner) search->thread = &thread;
      },
      &search);
  info.owner = search.thread;
  if (search.thread == nullptr) info.detail = "its owner is no thread, or one that ended without releasing it";
}

BOOLEAN Acquire(ERESOURCE* resource, BOOLEAN wait, Want want, const char* function) {
  CheckUse(resource, function);
  Thread& thread = CurrentThread();
  Kernel& kernel = *thread.kernel;
  kernel.executor.SchedulePoint();
  const Owner self = Self();
  {
    rt::LockGuard guard(LockOf(resource));
    if (TryTake(resource, self, want)) return TRUE;
  }
  if (!wait) return FALSE;
  const bool exclusive = want == Want::kExclusive;
  ke::WaitInfo info;
  info.what = exclusive ? "resource (exclusive)" : "resource (shared)";
  info.object = resource;
  DescribeOwner(kernel, resource, info);
  bool taken = false;
  kernel.ke->lot.Wait(
      exclusive ? ExclusiveQueue(resource) : SharedQueue(resource),
      [&] {
        rt::LockGuard guard(LockOf(resource));
        taken = TryTake(resource, self, want);
        if (taken) return false;
        ++resource->ContentionCount;
        ++(exclusive ? resource->NumberOfExclusiveWaiters : resource->NumberOfSharedWaiters);
        return true;
      },
      info);
  if (!taken) {
    rt::LockGuard guard(LockOf(resource));
    EnterOwner(resource, self);
  }
  return TRUE;
}

// Under the lock, when the last owner has gone. What to wake comes back.
struct Handover {
  const void* queue = nullptr;
  size_t count = 0;
};
Handover HandOn(ERESOURCE* resource, bool was_exclusive) {
  const bool to_shared = resource->NumberOfSharedWaiters != 0 && (was_exclusive || resource->NumberOfExclusiveWaiters == 0);
  if (to_shared) {
    const ULONG count = resource->NumberOfSharedWaiters;
    resource->NumberOfSharedWaiters = 0;
    resource->ActiveEntries = count;
    resource->ActiveCount = 1;
    return {SharedQueue(resource), count};
  }
  if (resource->NumberOfExclusiveWaiters != 0) {
    --resource->NumberOfExclusiveWaiters;
    resource->ActiveEntries = 1;
    resource->ActiveCount = 1;
    resource->Flag |= ResourceOwnedExclusive;
    return {ExclusiveQueue(resource), 1};
  }
  return {};
}

void Release(ERESOURCE* resource, Owner owner, const char* function) {
  Kernel& kernel = *CurrentThread().kernel;
  Handover handover;
  bool owned = true;
  {
    rt::LockGuard guard(LockOf(resource));
    OWNER_ENTRY* entry = Find(resource, owner);
    if (entry == nullptr) {
      owned = false;
    } else if (--entry->OwnerCount == 0) {
      entry->OwnerThread = 0;
      if (--resource->ActiveEntries == 0) {
        const bool was_exclusive = IsExclusive(resource);
        resource->Flag &= static_cast<USHORT>(~ResourceOwnedExclusive);
        resource->ActiveCount = 0;
        handover = HandOn(resource, was_exclusive);
      }
    }
  }
  if (!owned) {
    BugCheck(bug::kResourceNotOwned, {reinterpret_cast<uint64_t>(resource), owner, 0, 0},
             fmt::format("{}: this thread does not own the resource at {}.", function, static_cast<void*>(resource)));
  }
  if (handover.queue) kernel.ke->lot.Wake(handover.queue, handover.count);
  kernel.executor.SchedulePoint();
}

}  // namespace

extern "C" {

NTSTATUS ExInitializeResourceLite(PERESOURCE Resource) {
  *Resource = {};
  InitializeListHead(&Resource->SystemResourcesList);
  return STATUS_SUCCESS;
}

NTSTATUS ExReinitializeResourceLite(PERESOURCE Resource) {
  std::free(Resource->OwnerTable);
  return ExInitializeResourceLite(Resource);
}

NTSTATUS ExDeleteResourceLite(PERESOURCE Resource) {
  if (Resource->ActiveEntries != 0) {
    BugCheck(bug::kDriverVerifierDetectedViolation, {0xD2, reinterpret_cast<uint64_t>(Resource), 0, 0},
             "ExDeleteResourceLite was called for a resource that is still owned.");
  }
  std::free(Resource->OwnerTable);
  *Resource = {};
  return STATUS_SUCCESS;
}

BOOLEAN ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait) {
  return Acquire(Resource, Wait, Want::kExclusive, "ExAcquireResourceExclusiveLite");
}
BOOLEAN ExTryToAcquireResourceExclusiveLite(PERESOURCE Resource) {
  return Acquire(Resource, FALSE, Want::kExclusive, "ExTryToAcquireResourceExclusiveLite");
}
BOOLEAN ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait) {
  return Acquire(Resource, Wait, Want::kShared, "ExAcquireResourceSharedLite");
}
BOOLEAN ExAcquireSharedStarveExclusive(PERESOURCE Resource, BOOLEAN Wait) {
  return Acquire(Resource, Wait, Want::kStarveExclusive, "ExAcquireSharedStarveExclusive");
}
BOOLEAN ExAcquireSharedWaitForExclusive(PERESOURCE Resource, BOOLEAN Wait) {
  return Acquire(Resource, Wait, Want::kWaitForExclusive, "ExAcquireSharedWaitForExclusive");
}

PVOID ExEnterCriticalRegionAndAcquireResourceExclusive(PERESOURCE Resource) {
  KeEnterCriticalRegion();
  ExAcquireResourceExclusiveLite(Resource, TRUE);
  return nullptr;
}
PVOID ExEnterCriticalRegionAndAcquireResourceShared(PERESOURCE Resource) {
  KeEnterCriticalRegion();
  ExAcquireResourceSharedLite(Resource, TRUE);
  return nullptr;
}
PVOID ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(PERESOURCE Resource) {
  KeEnterCriticalRegion();
  ExAcquireSharedWaitForExclusive(Resource, TRUE);
  return nullptr;
}

VOID ExReleaseResourceLite(PERESOURCE Resource) { Release(Resource, Self(), "ExReleaseResourceLite"); }
VOID ExReleaseResourceForThreadLite(PERESOURCE Resource, ERESOURCE_THREAD ResourceThreadId) {
  Release(Resource, ResourceThreadId, "ExReleaseResourceForThreadLite");
}
VOID ExReleaseResourceAndLeaveCriticalRegion(PERESOURCE Resource) {
  Release(Resource, Self(), "ExReleaseResourceAndLeaveCriticalRegion");
  KeLeaveCriticalRegion();
}

VOID ExConvertExclusiveToSharedLite(PERESOURCE Resource) {
  Kernel& kernel = *CurrentThread().kernel;
  ULONG woken = 0;
  bool owned;
  {
    rt::LockGuard guard(LockOf(Resource));
    owned = IsExclusive(Resource) && Find(Resource, Self()) != nullptr;
    if (owned) {
      Resource->Flag &= static_cast<USHORT>(~ResourceOwnedExclusive);
      woken = Resource->NumberOfSharedWaiters;
      Resource->NumberOfSharedWaiters = 0;
      Resource->ActiveEntries += woken;
    }
  }
  if (!owned) {
    BugCheck(bug::kResourceNotOwned, {reinterpret_cast<uint64_t>(Resource), Self(), 0, 0},
             "ExConvertExclusiveToSharedLite: this thread does not own the resource exclusively.");
  }
  if (woken != 0) kernel.ke->lot.Wake(SharedQueue(Resource), woken);
}

VOID ExSetResourceOwnerPointer(PERESOURCE Resource, PVOID OwnerPointer) { ExSetResourceOwnerPointerEx(Resource, OwnerPointer, 0); }
VOID ExSetResourceOwnerPointerEx(PERESOURCE Resource, PVOID OwnerPointer, ULONG Flags) {
  rt::LockGuard guard(LockOf(Resource));
  if (OWNER_ENTRY* entry = Find(Resource, Self())) entry->OwnerThread = reinterpret_cast<Owner>(OwnerPointer);
}

BOOLEAN ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource) {
  rt::LockGuard guard(LockOf(Resource));
  return IsExclusive(Resource) && Find(Resource, Self()) != nullptr;
}
ULONG ExIsResourceAcquiredSharedLite(PERESOURCE Resource) {
  rt::LockGuard guard(LockOf(Resource));
  const OWNER_ENTRY* entry = Find(Resource, Self());
  return entry ? entry->OwnerCount : 0;
}
VOID ExDisableResourceBoostLite(PERESOURCE Resource) {}  // priorities steer nothing here
ULONG ExGetExclusiveWaiterCount(PERESOURCE Resource) { return __atomic_load_n(&Resource->NumberOfExclusiveWaiters, __ATOMIC_RELAXED); }
ULONG ExGetSharedWaiterCount(PERESOURCE Resource) { return __atomic_load_n(&Resource->NumberOfSharedWaiters, __ATOMIC_RELAXED); }

}  // extern "C"
