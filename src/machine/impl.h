// Machine::Impl: what a Machine is made of, for the files of this room only.
// Order of members is order of making; destruction runs the other way: framework, kernel, executor.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "drydock/keyboard.h"
#include "drydock/machine.h"
#include "drydock/module.h"
#include "drydock/trace.h"
#include "drydock/uart.h"
#include "machine/hardware.h"
#include "machine/image.h"
#include "machine/symbolizer.h"
#include "nt/io/driver.h"
#include "nt/io/file.h"
#include "nt/ke/stall.h"
#include "nt/kernel.h"
#include "nt/pnp/pci.h"
#include "runtime/event_ring.h"
#include "runtime/executor.h"
#include "runtime/lock.h"
#include "verifier/verifier.h"
#include "wdf/framework.h"

namespace drydock::backend { class ResourceHub; }

namespace drydock {
namespace nt::etw {
struct Event;
}
namespace machine::setup {
class DriverStore;
}
namespace nt::pnp {
struct DeviceDescription;
}

struct Driver::Impl {
  Machine::Impl* machine = nullptr;
  std::string name;
  std::unique_ptr<machine::Image> image;  // null: linked in
  nt::io::Driver* driver = nullptr;       // null: failed or unloaded
};

struct Device::Impl {
  Machine::Impl* machine = nullptr;
  DEVICE_OBJECT* pdo = nullptr;  // null: removed
  NTSTATUS start_status = STATUS_SUCCESS;
  std::unique_ptr<machine::Hardware> hardware;  // null: no resources
  std::shared_ptr<nt::pnp::PciFunction> pci;    // null: on no PCI bus
  std::vector<Resource> resources;              // what it was made of
  std::shared_ptr<AcpiObject> acpi;             // null: it is in no ACPI namespace
  std::string name;
};

struct CompletionFault {
  DRIVER_OBJECT* driver;
  uint8_t major;
  int32_t status;
  int left;
};

struct Machine::Impl {
  explicit Impl(MachineOptions options);
  ~Impl();

  MachineOptions options;
  rt::EventRing events;
  std::unique_ptr<rt::Executor> executor;
  std::unique_ptr<nt::Kernel> kernel;
  std::unique_ptr<wdf::Framework> framework;
  std::unique_ptr<verifier::Verifier> verifier;  // null: no rules
  rt::Lock processes_lock;
  std::vector<std::unique_ptr<Process::Impl>> processes;  // applications (machine/process_impl.h); added to under the lock
  void EndProcesses();
  // Simulated: whether the applications hang (docs/applications.md, "One that hangs"): none of their threads has run since `since`.
  struct Standstill {
    uint64_t progress = 0;
    rt::Ticks since = 0;
    bool waited_for = false;  // by a Process::Wait without a time-out, up to this moment of the machine:
    rt::Ticks limit = 0;
  } standstill;
  bool ApplicationsHang(rt::Ticks now, bool user_may_act);
  nt::Process* application = nullptr;  // the process that File calls from outside belong to

  // The thread that an OS thread from outside is while it calls: one and the same for every call, because its requests end with it. A
  // second OS thread that calls at the same time gets one of its own.
  nt::Thread* outside_thread = nullptr;
  std::atomic<bool> outside_busy{false};
  bool ending = false;

  rt::Lock drivers_lock;               // a device that a bus finds may load its driver from any task; a report may be made meanwhile
  std::deque<Driver::Impl> drivers;
  std::map<std::string, Driver> services;  // that applications started, by name; under drivers_lock
  std::deque<Device::Impl> devices;
  std::unordered_map<DEVICE_OBJECT*, Device::Impl*> children;  // what a bus found and a handle was asked for; the PDO is referenced
  struct Installed {
    Driver function;
    std::vector<Driver> upper_filters, lower_filters;
  };
  std::map<std::u16string, Installed> installed;  // by upper-case id
  Device HandleOf(DEVICE_OBJECT* pdo);            // takes the reference over
  Device DeviceOf(DEVICE_OBJECT* pdo);            // of any present device
  void FindDrivers(nt::pnp::DeviceDescription* device);  // of a root device, from the store; throws Error. They stay until LetGo
  void LetGo(const nt::pnp::DeviceDescription& device);
  NTSTATUS Unload(Driver driver);  // reports what it leaves behind
  void UseMatcher();
  machine::setup::DriverStore& Store();  // made when first asked for                              // for children: what InstallDriver said, then the store
  std::unique_ptr<MachineDescription> description;     // what Build was given
  std::map<std::string, Mouse> mice;
  std::map<std::string, Keyboard> keyboards;           // of devices of the description, by name
  std::map<std::string, Uart> uarts;                   // likewise
  std::map<std::string, std::vector<Resource>> connections;  // likewise: those of the resource hub, in their order
  backend::ResourceHub* resource_hub = nullptr;        // its device owns it; null: no connection yet
  std::map<std::string, std::shared_ptr<DeviceModule>> modules;  // likewise; a device without a name has its line as one
  std::map<std::string, std::shared_ptr<AcpiObject>> acpi;  // likewise
  std::map<std::string, Device> named;                 // by name in the description
  std::map<std::string, Driver> described_drivers;     // so, too
  std::unique_ptr<machine::setup::DriverStore> store;  // made by the first Install
  Status last_driver_status;
  std::function<void(const TraceMessage&)> trace_listener;  // set before drivers run
  size_t trace_listener_session = 0;

  // Live: a call from outside that lasts longer than options.live_stall is reported as a stall. Odd while a call is inside.
  struct Watchdog {
    rt::TimerNode timer;  // first: the callback gets its address
    Machine::Impl* machine = nullptr;
    std::atomic<uint64_t> calls{0};
    uint64_t seen = 0;
    rt::Ticks since = 0;
  } watchdog;
  void StartWatchdog();

  std::vector<CompletionFault> completion_faults RT_GUARDED_BY(reports_lock);
  void FailCompletion(IRP* irp);

  std::atomic<uint32_t> fail_every{0};   // FailAllocations
  std::atomic<uint32_t> fail_count{0}, allocations_failed{0};
  bool AllocationFails();
  std::atomic<uint64_t> allocations{0};

  // Machine::After: a KTIMER with a DPC, so that the action runs where a driver's own would. The machine owns it: one that never
  // fires ends with it.
  struct Delayed {
    Machine::Impl* machine = nullptr;
    KTIMER timer = {};
    KDPC dpc = {};
    std::function<void()> action;
  };
  rt::Lock delayed_lock;
  std::vector<std::unique_ptr<Delayed>> delayed RT_GUARDED_BY(delayed_lock);
  void DropDelayed(Delayed* delayed);

  // Reports are made on the task that failed, findings in clock context too; the test reads them whenever it likes. Only added to: a report
  // that was given out by address stays where it is.
  // Functions and lines of a stack are looked up when somebody reads the report: debug information takes a while to load, which neither
  // the failing task nor the clock may lose.
  struct Kept {
    Report report;
    std::vector<void*> stack;  // not looked up yet; then empty
    bool first_is_exact = false;
    bool of_drivers = false;  // where no driver called, the stack tells nothing
    std::vector<nt::ke::StallDescription::Place> places;  // of report.waits, not looked up yet
    std::vector<std::string> tracers;  // the drivers that report.traces are of, until the stack says which of them counts
  };
  static void KeepOwnTraces(Kept& kept);
  rt::Lock reports_lock;
  std::deque<Kept> reports RT_GUARDED_BY(reports_lock);
  void ResolveReports();
  std::string HeldWords(const nt::ke::IrpHeld& held);
  rt::Lock symbolizer_lock;
  std::unique_ptr<machine::Symbolizer> symbolizer RT_GUARDED_BY(symbolizer_lock);
  std::vector<StackFrame> Resolve(const std::vector<void*>& stack, bool first_is_exact);

  std::vector<machine::ImageRange> ImageRanges();
  bool stopped() const { return executor->stopped(); }
  void AddReport(Report report, std::vector<void*> stack = {}, bool first_is_exact = false, bool of_drivers = false,
                 std::vector<nt::ke::StallDescription::Place> places = {});
  Report MakeReport(ReportKind kind, std::string words);
  void OnBugCheck(const nt::BugCheckData& data, ReportKind kind = ReportKind::kBugCheck);
  void OnStall();
  std::string HangWords() const;
  void ReportStall(const std::string& lead, bool of_applications);
  void OnBreak(const std::string& words);
  void OnFinding(const std::string& words, const std::vector<void*>& stack);
};

namespace machine {

// Puts the calling OS thread inside the machine for a scope; a no-op when it is there already (a task of the machine calls back).
class Inside {
 public:
  // `watched`: a call that takes too long is a stall; not so one that is asked to let time pass.
  explicit Inside(Machine::Impl& machine, bool watched = true);
  ~Inside();
  Inside(const Inside&) = delete;

 private:
  void Limit(rt::Ticks wait);  // 0: none
  Machine::Impl& machine_;
  rt::Task* entered_ = nullptr;
  bool watched_ = false;
  bool as_outside_ = false;
};

// Every call of the API that runs code of the machine goes through here: enters, and turns a stop into `stopped`.
template <class Body, class Result>
Result Guarded(Machine::Impl& machine, Result stopped, Body body, bool watched = true) {
  if (machine.stopped()) return stopped;
  Inside inside(machine, watched);
  try {
    return body();
  } catch (const rt::TaskStopped&) {
    return stopped;
  }
}

std::string TraceLine(const nt::etw::Event& event);  // as the tools print it
FILE_OBJECT* ObjectOf(const File& file);         // null: not open
std::u16string NtName(const std::string& name);  // "C:\x" -> "\??\C:\x"
nt::io::OpenOptions ToNt(const OpenOptions& options);
rt::Ticks ToTicks(Duration duration);            // kNoTimeout -> kNever

}  // namespace machine
}  // namespace drydock
