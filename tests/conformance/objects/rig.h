// Rig: WDF drivers whose callbacks are a test's lambdas. `rig` is the driver whose binding a test's own DDI calls go through; `other` is
// a second one, for what must pass between two (a filter below or above, a second control device).
// A test calls DDIs inside Machine::Run (a system thread at PASSIVE_LEVEL) or inside the callbacks.
// Threads:    one machine at a time; the hooks belong to the test's frame and outlive the machine's use of them.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "support/conformance.h"

#include <ntddk.h>
#include <wdf.h>

namespace drydock::test {

// What happened, in order; callbacks of several threads may write.
class Log {
 public:
  void Add(const std::string& line) {
    std::lock_guard<std::mutex> guard(mutex_);
    lines_.push_back(line);
  }
  std::vector<std::string> lines() const {
    std::lock_guard<std::mutex> guard(mutex_);
    return lines_;
  }
  std::vector<std::string> Take() {
    std::lock_guard<std::mutex> guard(mutex_);
    std::vector<std::string> lines;
    lines.swap(lines_);
    return lines;
  }
  size_t Count(const std::string& line) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};
using Lines = std::vector<std::string>;

struct Hooks {
  // --- the driver ---
  std::function<void(WDF_DRIVER_CONFIG&, WDF_OBJECT_ATTRIBUTES&)> driver_config;
  std::function<NTSTATUS(PDRIVER_OBJECT, PUNICODE_STRING)> entry;  // after a successful WdfDriverCreate
  std::function<void()> unload;                                    // EvtDriverUnload, set when given
  bool pnp = true;                                                 // has EvtDriverDeviceAdd
  bool create_driver = true;
  bool fails_to_load = false;                                      // what the test expects of DriverEntry
  NTSTATUS driver_status = STATUS_SUCCESS;                         // out: of WdfDriverCreate
  WDFDRIVER driver = nullptr;                                      // out

  // --- devices ---
  std::function<NTSTATUS(PWDFDEVICE_INIT)> init;                   // before WdfDeviceCreate; a failure ends EvtDriverDeviceAdd
  std::function<void(WDF_OBJECT_ATTRIBUTES&)> device_attributes;
  std::function<NTSTATUS(WDFDEVICE)> added;                        // its result is EvtDriverDeviceAdd's
  std::function<void(WDFREQUEST, size_t, size_t, ULONG)> ioctl;    // given: a default queue (parallel) with EvtIoDeviceControl
  std::function<void(WDFREQUEST, size_t)> write, read;
  bool managed_queue = false;                                      // that queue is power-managed
  bool io_stop = false;                                            // it has EvtIoStop, which logs and acknowledges
  bool filter = false;
  bool create_device = true;
  // --- files: any of these given makes a WDF_FILEOBJECT_CONFIG ---
  std::function<void(WDF_FILEOBJECT_CONFIG&, WDF_OBJECT_ATTRIBUTES&)> file_config;
  std::function<void(WDFREQUEST, WDFFILEOBJECT)> file_create;
  std::function<void(WDFFILEOBJECT)> file_cleanup, file_close;
  bool no_file_attributes = false;                                 // WDF_NO_OBJECT_ATTRIBUTES
  bool log_files = false;                                          // logs what arrives: "create", "cleanup", "close"
  bool pnp_callbacks = false;                                      // all PnP and power callbacks, which log their names
  std::map<std::string, NTSTATUS> fail;                            // what a named PnP callback returns
  NTSTATUS create_status = STATUS_SUCCESS;                         // out: of WdfDeviceCreate
  WDFDEVICE device = nullptr;                                      // out: the newest
  WDFQUEUE queue = nullptr;                                        // out
  Log log;
};

DriverEntryPoint RigEntry();
DriverEntryPoint OtherEntry();
void SetRigHooks(Hooks* hooks);
void SetOtherHooks(Hooks* hooks);

// A loaded rig driver; with AddDevice a device of it.
struct Rig {
  Rig(Machine& machine, Hooks& hooks);
  ~Rig();
  Device& AddDevice(std::shared_ptr<DeviceModel> model = nullptr);
  void RemoveDevice();
  File Open() { return machine.Open(device); }

  Machine& machine;
  Hooks& hooks;
  Driver driver;
  Device device;
  Status loaded;  // what DriverEntry returned
};

inline Status S(NTSTATUS status) { return Status(status); }
inline constexpr LONGLONG Milliseconds(LONGLONG count) { return -count * 10'000; }
inline constexpr ULONG kIoctl = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS);

UNICODE_STRING Text(const char16_t* text);
std::u16string Text(const UNICODE_STRING& string);
WDF_OBJECT_ATTRIBUTES Attributes(WDFOBJECT parent = nullptr);
WDFOBJECT NewObject(WDFOBJECT parent = nullptr);
void SleepMs(LONGLONG milliseconds);
// Waits inside the machine until the condition holds (two seconds at most).
bool Until(const std::function<bool()>& condition);

// At DISPATCH_LEVEL for the life of the scope.
class AtDispatch {
 public:
  AtDispatch() { KeRaiseIrql(DISPATCH_LEVEL, &old_); }
  ~AtDispatch() { KeLowerIrql(old_); }

 private:
  KIRQL old_;
};

// An object whose cleanup and destroy write "<name>.cleanup" and "<name>.destroy" to a log (found through its context).
struct Named {
  Log* log;
  const char* name;
  std::function<void()>* on_cleanup;
  std::function<void()>* on_destroy;
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(Named, NamedOf)
void MakeNamed(WDF_OBJECT_ATTRIBUTES* attributes);  // context type and callbacks
void Name(WDFOBJECT object, Log& log, const char* name);
WDFOBJECT NewNamed(Log& log, const char* name, WDFOBJECT parent = nullptr);

}  // namespace drydock::test
