// Probe: WDF drivers whose callbacks are a test's lambdas, so that a test reads as the driver code that it checks.
// Two of them fit into one machine: `probe` (all DDIs called in a test go through its binding) and `lower`.
// A test calls DDIs directly inside Machine::Run (a system thread at PASSIVE_LEVEL) or inside the callbacks.
// Threads:    one machine at a time; the hooks belong to the test's frame.
// UMDF:       the same sources, compiled against UMDF's headers, make the probe of targets_um_test (um/).
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/conformance.h"

#include <ntddk.h>
#include <wdf.h>

namespace drydock::test {

struct Hooks {
  std::function<void(PWDFDEVICE_INIT)> init;            // before WdfDeviceCreate
  std::function<void(WDF_IO_QUEUE_CONFIG&)> queue;      // the default queue's configuration
  std::function<void(WDFDEVICE)> added;                 // after the default queue was made
  std::function<void(WDFREQUEST, size_t)> read, write;  // length
  std::function<void(WDFREQUEST, ULONG)> ioctl, internal_ioctl;  // code
  std::function<void(WDFQUEUE, WDFREQUEST, ULONG)> io_stop;
  std::function<void(WDFREQUEST)> in_caller;
  bool filter = false;
  bool default_queue = true;
  WDF_IO_QUEUE_DISPATCH_TYPE dispatch = WdfIoQueueDispatchParallel;
  WDF_DEVICE_IO_TYPE io_type = WdfDeviceIoBuffered;
  NTSTATUS create_status = STATUS_SUCCESS;              // out: what WdfDeviceCreate returned
  WDFDEVICE device = nullptr;                           // out: the newest device
  WDFQUEUE queue_handle = nullptr;                      // out
  WDFDRIVER driver = nullptr;                           // out
};

// The entry points, and where each finds its hooks.
DriverEntryPoint ProbeEntry();
DriverEntryPoint LowerEntry();
void SetProbeHooks(Hooks* hooks);
void SetLowerHooks(Hooks* hooks);

// A device: probe, then lower if it has hooks, then the model.
struct Stack {
  explicit Stack(Machine& machine, ModelFunctions model = {}, Hooks hooks = {});
  Stack(Machine& machine, std::shared_ptr<DeviceModel> model, Hooks hooks = {}, Hooks* lower = nullptr);
  ~Stack();

  WDFDEVICE wdf() const { return hooks.device; }
  WDFIOTARGET local() const { return WdfDeviceGetIoTarget(hooks.device); }
  File Open() { return machine.Open(device); }

  Machine& machine;
  Hooks hooks;
  Driver driver;
  Driver lower_driver;
  Device device;
};

// --- short forms ---
inline constexpr ULONG kBuffered = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS);
inline constexpr ULONG kInDirect = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_IN_DIRECT, FILE_ANY_ACCESS);
inline constexpr ULONG kOutDirect = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x803, METHOD_OUT_DIRECT, FILE_ANY_ACCESS);
inline constexpr ULONG kNeither = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x804, METHOD_NEITHER, FILE_ANY_ACCESS);

inline Status S(NTSTATUS status) { return Status(status); }
inline constexpr LONGLONG Milliseconds(LONGLONG count) { return -count * 10'000; }

WDF_MEMORY_DESCRIPTOR BufferDescriptor(void* buffer, ULONG length);
WDF_MEMORY_DESCRIPTOR HandleDescriptor(WDFMEMORY memory, WDFMEMORY_OFFSET* offset = nullptr);
#ifndef DRYDOCK_WDF_UMDF
WDF_MEMORY_DESCRIPTOR MdlDescriptor(PMDL mdl, ULONG length);
#endif
WDF_REQUEST_SEND_OPTIONS Options(ULONG flags, LONGLONG timeout = 0);  // a time-out adds its flag
WDFMEMORY NewMemory(size_t size, char fill = 0);
char* BytesOf(WDFMEMORY memory);
WDFREQUEST NewRequest(WDFIOTARGET target);
NTSTATUS Reuse(WDFREQUEST request, NTSTATUS status = STATUS_SUCCESS);
WDFIOTARGET NewRemote(WDFDEVICE device);
UNICODE_STRING Name(const char16_t* text);
NTSTATUS OpenByName(WDFIOTARGET target, const char16_t* name, ACCESS_MASK access = GENERIC_READ | GENERIC_WRITE);

// A number that one thread counts up while another looks at it.
class Count {
 public:
  Count() = default;
  Count(const Count& other) : value_(other.value_.load()) {}
  Count& operator=(const Count& other) {
    value_ = other.value_.load();
    return *this;
  }
  operator int() const { return value_; }
  int operator++() { return ++value_; }

 private:
  std::atomic<int> value_ = 0;
};

// What a completion routine was told; as its context.
struct Completion {
  Count runs;  // counted up last: who sees it sees the rest
  WDFREQUEST request = nullptr;
  WDFIOTARGET target = nullptr;
  WDF_REQUEST_COMPLETION_PARAMS params = {};
  NTSTATUS status = STATUS_PENDING;
  ULONG_PTR information = 0;
  KIRQL irql = 0xFF;
  PKTHREAD thread = nullptr;
  std::function<void(WDFREQUEST)> then;  // inside the routine, last
};
void OnCompletion(WDFREQUEST request, Completion& completion);  // WdfRequestSetCompletionRoutine

// A device-control request formatted with METHOD_BUFFERED and no buffers, its routine set.
WDFREQUEST ReadyIoctl(WDFIOTARGET target, Completion& completion, ULONG code = kBuffered);

// Waits inside the machine until the condition holds (a second at most), giving others the processor.
bool Until(const std::function<bool()>& condition);
void SleepMs(LONGLONG milliseconds);

}  // namespace drydock::test
