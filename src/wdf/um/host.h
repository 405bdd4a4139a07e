// Host: what a host process is to UMDF drivers: the devices whose drivers run in it, begin and end together. An object of the machine; its process is
// one of the machine's, under LocalService, in session 0 as all are.
// Called by:  DriverBinding::AddDevice (which host), WdfDeviceCreate and the end of a device; nt through the hooks of Kernel (whose a callback is, a
//             driver that failed, critical requests).
// Ownership:  Framework; a host stays until the machine ends, ended ones too, because frames and devices point to theirs.
// Locks:      lock_ guards lists and records; never held over a callback or a call into pnp.
// A failure:  1. the failing task marks the host ended and wakes those that wait inside; from here on no callback of its drivers is called.
//             2. a worker cancels what the devices have sent, waits until no call is under way, completes every request that they hold with
//                STATUS_DRIVER_PROCESS_TERMINATED, tells who listens to the devices (GUID_WUDF_DEVICE_HOST_PROBLEM), writes event 10110;
//             3. and has PnP take each stack down, by surprise, and make it anew once its files are closed, or leave it disabled (10111, 10112).
// Narrowed:   the drivers' images and WDFDRIVER objects are not loaded anew: they serve the next host too. A create that the driver keeps
//             pending is not among the requests of step 2. Events say what was decided, not how the start went.
// Source:     UM-01 to UM-06, VER-22.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "nt/driver_callback.h"
#include "nt/kernel.h"
#include "runtime/lock.h"
#include "wdf/framework.h"

namespace drydock::wdf {
class Device;
}

namespace drydock::wdf::um {

class Hosts;

struct Host : nt::CallbackHost {
  Hosts* hosts = nullptr;
  uint32_t number = 0;
  bool pooled = false;
  std::vector<Device*> devices;           // under Hosts::lock_
  std::vector<PDEVICE_OBJECT> stacks;     // physical device objects, referenced; under Hosts::lock_
  PDEVICE_OBJECT at_fault = nullptr;      // one of them; null: not known
  // Critical requests under way, and the timer that looks at them.
  uint32_t critical = 0;                  // under Hosts::lock_
  bool watched = false;                   // likewise
  uint64_t steps_seen = 0;                // likewise, and when they were seen to change
  int64_t last_change = 0;
  KTIMER timer = {};
  KDPC dpc = {};
  WORK_QUEUE_ITEM work = {};
};

class Hosts {
 public:
  static constexpr int64_t kForgetMinutes = 30;
  static constexpr uint32_t kRestarts = 5;

  explicit Hosts(Framework& framework);
  ~Hosts();

  // The host of a stack that a driver is added to now: that of the UMDF driver below it, else the pool's or one of its own.
  Host* ForStack(DriverGlobals& globals, PDEVICE_OBJECT pdo);
  // UM-01: the UMDF drivers of a stack are neighbours. False: a kernel-mode driver stands between this one and those below.
  static bool IsContiguous(PDEVICE_OBJECT pdo);
  void DeviceMade(Device& device);
  void DeviceGone(Device& device);
  void StackLeft(Host& host, PDEVICE_OBJECT pdo);  // unless devices of it are there still
  std::vector<PDEVICE_OBJECT> StacksOf(const Device& device);  // of its host; for tests and the device tree

 private:
  struct Record {  // of a device, over restarts
    uint32_t pooled_failures = 0, own_failures = 0;
    bool own = false;         // failed twice in the pool
    bool restarting = false;  // the next host is for a restart of ours
    int64_t last = -1;        // when it failed last
  };
  static nt::CallbackHost* HostOf(nt::Kernel& kernel, const void* subject);
  static bool OnFailure(nt::Kernel& kernel, nt::CallbackHost& host, const nt::BugCheckData& data);
  static void OnCritical(nt::Kernel& kernel, void* pdo, bool begins);
  static void NTAPI Watch(PKDPC dpc, PVOID context, PVOID, PVOID);
  static void NTAPI Finish(PVOID context);
  void Fail(Host& host, PDEVICE_OBJECT at_fault, const nt::BugCheckData& data);
  bool Count(PDEVICE_OBJECT pdo, const Host& host);  // a failure; true: it is to be restarted
  void Log(uint32_t event, PDEVICE_OBJECT pdo);
  Host* NewHost(bool pooled);
  int64_t Now() const { return framework_.kernel.executor.InterruptTime(); }
  int64_t Interval() const { return framework_.options.host_time_limit / 16 + 1; }

  Framework& framework_;
  rt::Lock lock_;
  std::vector<std::unique_ptr<Host>> hosts_ RT_GUARDED_BY(lock_);
  std::map<std::u16string, Record> records_ RT_GUARDED_BY(lock_);  // by instance path
};

}  // namespace drydock::wdf::um
