// Rig: a function driver inside the test program whose callbacks are the test's own lambdas.
//
//   CONFORMANCE(QueueDispatch, SequentialDeliversOneAtATime, "IOT-9.06") {
//     Rig rig(machine);
//     rig.add = [&] { rig.NewQueue({.type = WdfIoQueueDispatchSequential, .is_default = true}); };
//     rig.on_read = [&](WDFQUEUE, WDFREQUEST request, size_t) { rig.Hold(request); };
//     rig.Start();
//     ...
//   }
//
// Threads:    one rig at a time in the program. The lambdas run on whatever thread the framework calls; Say and Hold lock.
// Requests:   what no lambda takes is completed with STATUS_SUCCESS.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "drydock/machine.h"
#include "support/conformance.h"

#include <ntddk.h>
#include <wdf.h>

namespace drydock::test {

enum Handlers : unsigned { kNone = 0, kDefault = 1, kRead = 2, kWrite = 4, kControl = 8, kInternal = 16 };

struct QueueSpec {
  WDF_IO_QUEUE_DISPATCH_TYPE type = WdfIoQueueDispatchSequential;
  bool is_default = false;
  unsigned handlers = kDefault;  // of a manual queue: ignored
  std::optional<ULONG> limit = {};
  WDF_TRI_STATE power_managed = WdfFalse;
  bool zero_length = false;
  bool stop_callbacks = false;      // EvtIoStop, EvtIoResume
  bool canceled_on_queue = false;   // EvtIoCanceledOnQueue
  WDF_SYNCHRONIZATION_SCOPE scope = WdfSynchronizationScopeInheritFromParent;
  WDF_EXECUTION_LEVEL level = WdfExecutionLevelInheritFromParent;
  PFN_WDF_OBJECT_CONTEXT_CLEANUP cleanup = nullptr;
};

class Rig {
 public:
  explicit Rig(Machine& machine);
  ~Rig();
  Rig(const Rig&) = delete;

  Machine& machine;

  // --- what the driver does; set before Start ---
  std::function<void(PWDFDEVICE_INIT)> init;
  std::function<void(WDFDRIVER)> driver_attributes;
  std::function<void()> add;                         // after WdfDeviceCreate: makes the queues
  WDF_OBJECT_ATTRIBUTES device_attributes;
  std::shared_ptr<DeviceModel> model;                // the device below; without one the bus answers
  NTSTATUS add_status = STATUS_SUCCESS;              // what EvtDriverDeviceAdd returns

  std::function<void(WDFQUEUE, WDFREQUEST)> on_default;
  std::function<void(WDFQUEUE, WDFREQUEST, size_t)> on_read, on_write;
  std::function<void(WDFQUEUE, WDFREQUEST, size_t output, size_t input, ULONG code)> on_control, on_internal;
  std::function<void(WDFQUEUE, WDFREQUEST, ULONG flags)> on_stop;
  std::function<void(WDFQUEUE, WDFREQUEST)> on_resume, on_canceled;
  std::function<void(WDFREQUEST)> on_cancel;         // EvtRequestCancel (Cancel)
  std::function<void(WDFQUEUE, WDFCONTEXT)> on_state;  // EvtIoQueueState (State)
  std::function<void(WDFDEVICE, WDFREQUEST)> on_in_caller;

  // --- life ---
  void Start();   // driver, device
  File Open(OpenOptions options = {}) { return machine.Open(device, options); }

  // --- inside the machine ---
  WDFQUEUE NewQueue(const QueueSpec& spec, NTSTATUS* status = nullptr);
  static WDF_IO_QUEUE_CONFIG Config(const QueueSpec& spec);
  static WDF_OBJECT_ATTRIBUTES Attributes(const QueueSpec& spec);
  void Hold(WDFREQUEST request);
  WDFREQUEST held(size_t index = 0);
  WDFREQUEST TakeHeld(size_t index = 0);
  size_t held_count();
  void CompleteHeld(NTSTATUS status = STATUS_SUCCESS, ULONG_PTR information = 0, size_t index = 0);
  // Completes everything held. For tests that leave requests with the driver: last, before their PendingIo objects wait for them.
  void End();
  // Runs on a system thread of the machine at PASSIVE_LEVEL.
  void In(const std::function<void()>& body) { machine.Run(body); }

  void Say(std::string text);
  std::vector<std::string> Said();
  void Forget();
  bool SaidBefore(const std::string& first, const std::string& second);  // both said, in this order
  size_t Count(const std::string& text);

  Driver driver;
  Device device;
  WDFDEVICE wdf_device = nullptr;
  WDFQUEUE queue = nullptr;  // the first one made

  static EVT_WDF_REQUEST_CANCEL Cancel;
  static EVT_WDF_IO_QUEUE_STATE State;

  static Rig* current;
  NTSTATUS Add(WDFDRIVER driver, PWDFDEVICE_INIT device_init);

 private:
  std::mutex lock_;
  std::vector<WDFREQUEST> held_;
  std::vector<std::string> said_;
};

// The state of a queue, taken inside the machine.
struct QueueState {
  ULONG bits = 0, waiting = 0, at_driver = 0;
};
QueueState StateOf(WDFQUEUE queue);

inline constexpr ULONG kIoctlBuffered = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS);
inline constexpr ULONG kIoctlInDirect = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_IN_DIRECT, FILE_ANY_ACCESS);
inline constexpr ULONG kIoctlOutDirect = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x803, METHOD_OUT_DIRECT, FILE_ANY_ACCESS);
inline constexpr ULONG kIoctlNeither = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x804, METHOD_NEITHER, FILE_ANY_ACCESS);

}  // namespace drydock::test
