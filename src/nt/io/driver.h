// Drivers: DRIVER_OBJECTs and what the I/O manager knows of them.
// Called by:  machine, backend, pnp; PASSIVE_LEVEL, on a task with a thread.
// Ownership:  io::State owns Driver; the DRIVER_OBJECT is an ob object named \Driver\<name>.
// Errors:     CreateDriver returns what DriverEntry returned; a driver that failed is undone (devices and objects it left are
//             reported as leaks) and no Driver stays. STATUS_OBJECT_NAME_COLLISION: a driver of that name is loaded.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ntddk.h>

#include "nt/ob/object.h"

namespace drydock::nt {
struct Kernel;
}

namespace drydock::nt::io {

struct ImageInfo {
  std::string path;            // of the loaded image, for reports; empty: linked in
  const void* start = nullptr; // where the image lies in memory
  size_t size = 0;
  void (*before_entry)(void* context, DRIVER_OBJECT* driver) = nullptr;   // machine: per-driver set-up
  void* context = nullptr;
};

struct Driver {
  Kernel* kernel = nullptr;
  DRIVER_OBJECT* object = nullptr;
  std::u16string name;          // "Echo"
  std::u16string service_key;   // \Registry\Machine\System\CurrentControlSet\Services\Echo
  std::string image_path;
  const void* image_start = nullptr;
  size_t image_size = 0;
  uint32_t trace_id = 0;
  bool own = false;             // a backend's or the bus's: its dispatch routines are ours and called directly
  bool unload_called = false;
  bool unload_when_unused = false;  // setup loaded it: it goes with the last of its device objects, as the I/O manager has it
  std::atomic<uint32_t> wanted{0};  // by who is about to make a stack with it: it does not go meanwhile
  void* wdf = nullptr;          // wdf: its Driver, while bound
  Driver* next = nullptr;
};

// A driver's linked-in or loaded image.
NTSTATUS CreateDriver(Kernel& kernel, std::u16string_view name, DRIVER_INITIALIZE* entry, const ImageInfo& image, Driver** driver);
// One of our own (backends, root bus): no entry, no unload; `setup` fills the dispatch table.
NTSTATUS CreateOwnDriver(Kernel& kernel, std::u16string_view name, void (*setup)(DRIVER_OBJECT*), Driver** driver);

struct UnloadReport {
  std::vector<std::string> leaks;  // one line for each thing that was not given back
};
// Calls DriverUnload. STATUS_INVALID_DEVICE_REQUEST: it has none, or has devices that are still in use.
NTSTATUS UnloadDriver(Driver* driver, UnloadReport* report);

Driver* DriverOf(const DRIVER_OBJECT* object);  // null: unloaded
Driver* FindDriver(Kernel& kernel, std::u16string_view name);
Driver* FindDriverAt(Kernel& kernel, const void* address);  // whose loaded image it lies in; null: in none
// Runs routines registered with IoRegisterDriverReinitialization. A worker does it soon after the driver was loaded.
void RunReinitialization(Driver* driver);
// Sends IRP_MJ_SHUTDOWN to devices that asked for it, newest first.
void NotifyShutdown(Kernel& kernel);

extern const ob::ObjectType kDriverType;

}  // namespace drydock::nt::io
