// Objects of the executive: a counted header in front of every body that a driver can name, reference or have a handle to.
// Called by:  ob, io, ps, cm; drivers through the Ob and Zw functions.
// IRQL:       reference counts at any level up to DISPATCH_LEVEL. Dropping the last reference of a type with `on_close` above
//             PASSIVE_LEVEL hands the end to a worker thread; dropping a handle is PASSIVE_LEVEL only.
// Ownership:  a new object has one reference, its maker's. A handle counts as one handle and one reference; a permanent name as one
//             reference. The last handle runs `on_last_handle`, the last reference `on_close`, then `discard`, then frees the memory,
//             unless somebody holds on to that alone (HoldMemory).
// Teardown:   State runs only `discard` for what is left: no driver is called any more.
// Source:     public documentation of the object manager's DDIs (life cycle of objects).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <ntddk.h>

namespace drydock::nt {
struct Kernel;
struct Process;
}  // namespace drydock::nt

namespace drydock::nt::ob {

struct ParseContext;

// One per kind of object, constant. `POBJECT_TYPE` in a driver's hands points to one of these.
struct ObjectType {
  const char* name;
  void (*on_last_handle)(void* body);  // PASSIVE_LEVEL, on the closing task; may call drivers
  void (*on_close)(void* body);        // PASSIVE_LEVEL, some task; may call drivers
  void (*discard)(void* body);         // frees what the body owns; any context, calls nobody
  // Opens what lies below this object. `remaining` starts with a backslash or is empty. Null: nothing lies below.
  NTSTATUS (*parse)(ParseContext& context, void* body, std::u16string_view remaining, void** opened);
  int32_t wait_offset;                 // of the DISPATCHER_HEADER in the body; -1: cannot be waited for
  ACCESS_MASK all_access;
};

inline constexpr int32_t kNotWaitable = -1;
inline constexpr uint32_t kObjectAlive = 0x6A624F44;

struct alignas(16) ObjectHeader {
  uint32_t canary;
  uint32_t trace_id;
  std::atomic<int64_t> references;
  std::atomic<int32_t> handles;
  std::atomic<uint32_t> memory_holds;  // one is that of all references together
  uint32_t flags;                      // HeaderFlag
  const ObjectType* type;
  Kernel* kernel;
  void* directory;              // body of the directory that lists it, null: nameless
  std::u16string* name;         // in that directory
  ObjectHeader* previous;       // all objects of the machine
  ObjectHeader* next;
  size_t body_bytes;
  ObjectHeader* next_deferred;  // ends waiting for a worker
};
enum HeaderFlag : uint32_t { kPermanent = 1, kExclusive = 2, kCaseSensitive = 4, kEnded = 8, kDiscarded = 16 };

inline ObjectHeader* HeaderOf(const void* body) {
  return reinterpret_cast<ObjectHeader*>(const_cast<void*>(body)) - 1;
}
inline void* BodyOf(ObjectHeader* header) { return header + 1; }

// A zeroed body of `body_bytes` with one reference; null: no memory.
void* CreateObject(Kernel& kernel, const ObjectType& type, size_t body_bytes);
template <class T>
T* CreateObject(Kernel& kernel, const ObjectType& type, size_t extra_bytes = 0) {
  return static_cast<T*>(CreateObject(kernel, type, sizeof(T) + extra_bytes));
}

// True when `body` is a live object of that type. `body` must point to an object, alive or dead but not yet freed.
bool IsObject(const void* body, const ObjectType& type);

void Reference(void* body);
void Dereference(void* body);
// Raises the count unless it is already zero (an object found in a table while its end is under way).
bool ReferenceUnlessZero(void* body);
// Drops a reference that is not the last one, else does nothing and returns false.
bool DereferenceUnlessLast(void* body);
// Keeps the bytes of an object, not the object: it may end meanwhile, and its body must only be touched as one that nobody uses.
void HoldMemory(void* body);
void ReleaseMemory(void* body);

// One more, one less handle that is not in a table (a test's File).
void AddHandle(void* body);
void DropHandle(void* body);  // also drops the handle's reference

int64_t ReferenceCount(const void* body);
int32_t HandleCount(const void* body);

// "\Device\Beep", or empty.
std::u16string NameOf(const void* body);

extern const ObjectType kDirectoryType;
extern const ObjectType kSymbolicLinkType;
extern const ObjectType kEventType;

}  // namespace drydock::nt::ob
