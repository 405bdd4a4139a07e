// State of the object manager of one machine. Owned by Kernel.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "nt/kernel.h"
#include "nt/ob/altitude_list.h"
#include "runtime/lock.h"

namespace drydock::nt::ob {

struct ObjectHeader;
struct HandleTable;
struct ObjectType;
struct CallbackSet;

struct State {
  explicit State(Kernel& kernel);
  ~State();  // discards every object that is left
  State(const State&) = delete;

  Kernel& kernel;
  // All objects; also guards deferred ends.
  rt::Lock objects_lock;
  ObjectHeader* first_object = nullptr;
  ObjectHeader* deferred = nullptr;
  bool deferred_queued = false;
  void* deferred_item = nullptr;  // WORK_QUEUE_ITEM

  // Names: one lock for all directories.
  rt::Lock names_lock;
  void* root = nullptr;  // body of "\"
  void* dos_devices = nullptr;  // body of "\??"; lives as long as the name space

  AltitudeList<CallbackSet> callbacks;  // ObRegisterCallbacks

  // Security descriptors that were set on objects (self-relative), by body.
  rt::Lock security_lock;
  std::map<const void*, std::vector<uint8_t>> security RT_GUARDED_BY(security_lock);
  std::atomic<bool> has_security{false};

  rt::Lock tables_lock;  // the map, not the tables
  std::map<uint64_t, std::unique_ptr<HandleTable>> tables;  // by process id; 0: the kernel's
};

// For a component that ends before ob: discards its objects of one type.
void DiscardObjects(Kernel& kernel, const ObjectType& type);

}  // namespace drydock::nt::ob
