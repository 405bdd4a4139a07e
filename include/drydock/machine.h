// Machine: one simulated computer. It owns everything: executor, NT services, framework, drivers,
// devices, names.
//
//   drydock::Machine machine;                                     // simulated, seed 1
//   auto driver = machine.AddDriver("build/echo.sys.so");
//   auto device = machine.AddDevice({.function = driver});
//   auto file = machine.Open(device);
//   EXPECT_EQ(file.Write("hello").status, STATUS_SUCCESS);
//
// Threads:    one OS thread at a time drives a machine; many machines live side by side. More
// callers inside a machine: Start. Time:       simulated: moves only while a call waits, and in
// Advance. Live: real. Errors:     a user's mistake (no such image, wrong architecture) throws
// drydock::Error with one clear line; a driver's mistake is a
//             Report, after which calls return kStatusMachineStopped.
// Source:     docs/architecture.md; the API of a test is told in docs/testkit.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "drydock/dma.h"
#include "drydock/hardware.h"
#include "drydock/io.h"
#include "drydock/model.h"
#include "drydock/pci.h"
#include "drydock/process.h"
#include "drydock/report.h"
#include "drydock/status.h"
#include "drydock/verifier_settings.h"

extern "C" {
struct _DRIVER_OBJECT;
struct _UNICODE_STRING;
struct _DEVICE_OBJECT;
}

namespace drydock {

namespace nt {
struct Kernel;
}
namespace wdf {
struct Framework;
}

struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class ExecutorKind : uint8_t { Live, Simulated };
enum class Strategy : uint8_t { RunToBlock, Random };

struct NameMapping {
  enum class Kind : uint8_t { Folder, Disk, Terminal };
  Kind kind = Kind::Folder;
  std::string name;  // "C:", "PhysicalDrive0", "COM1": below \??\ .
  std::string path;  // a Linux folder, file, block device or terminal
};

struct MachineOptions {
  ExecutorKind executor = ExecutorKind::Simulated;
  uint64_t seed = 1;
  Strategy strategy = Strategy::Random;  // simulated
  bool verifier = false;                 // the framework verifier, (V) in the spec
  bool trace = false;                    // record events (reports and traces get them)
  bool debugger = false;                 // a debugger is attached: breakpoints are noted in log and trace, and execution goes on; else each is a report
  bool rules = false;                    // look for misuse that works (docs/rules.md); records events
  VerifierSettings rule_settings = {};
  Duration live_stall =
      std::chrono::seconds(60);  // live: a call that waits longer is reported as a stall
  // Simulated: a call that waits while so much of the machine's time goes by is reported as a stall too, for timers of drivers may go on for
  // ever. Time that the test lets pass does not count. 0: no limit.
  Duration simulated_stall = std::chrono::hours(1);
  // A UMDF driver's failure (a violation, a fault, a PnP or power request without progress for so long) ends its host and restarts the host's
  // devices; else it stops the machine, as a kernel-mode driver's does, and nothing is timed (docs/machine.md).
  bool contain_hosts = false;
  Duration host_time_limit = std::chrono::seconds(60);
  std::vector<NameMapping> names;
  DmaOptions dma = {};
};

// An entry point linked into the test program: FxDriverEntry of a WDF driver, DriverEntry of a WDM
// one.
using DriverEntryPoint = int32_t (*)(struct _DRIVER_OBJECT*, struct _UNICODE_STRING*);

class Machine;
struct MachineDescription;

// Handles to what the machine owns; cheap to copy, valid as long as the machine (a removed device
// answers with an error).
class Driver {
 public:
  Driver() = default;
  const std::string& name() const;
  struct _DRIVER_OBJECT* object() const;  // null once unloaded
  explicit operator bool() const { return impl_ != nullptr; }
  struct Impl;
  explicit Driver(Impl* impl) : impl_(impl) {}
  Impl* impl() const { return impl_; }

 private:
  Impl* impl_ = nullptr;
};

class Device {
 public:
  Device() = default;
  struct _DEVICE_OBJECT* pdo() const;
  struct _DEVICE_OBJECT* top() const;  // of the stack
  std::string name() const;            // what Open takes: the PDO's name
  bool started() const;
  std::string state() const;           // in words: "started", "disabled", "removed", ...
  std::string problem() const;         // why setup found no drivers for it, or they could not be loaded; "": nothing known
  // The hardware that its DeviceSpec or a machine file gave it, in that order; empty for what a bus found.
  const std::vector<Resource>& resources() const;
  explicit operator bool() const { return impl_ != nullptr; }
  struct Impl;
  explicit Device(Impl* impl) : impl_(impl) {}
  Impl* impl() const { return impl_; }

 private:
  Impl* impl_ = nullptr;
};

// What the bus says about a device's power. By default: D0 and D3, no wake.
struct PowerAbilities {
  bool given = false;                    // set it to have the rest count
  int d_state[6] = {0, 3, 3, 3, 3, 3};   // the lightest D-state in S0 (working), S1, S2, S3, S4 (hibernated), S5 (off)
  bool d1 = false, d2 = false;
  int wakes_from_d = -1;                 // deepest D-state from which the device can signal; -1: cannot
  int wakes_from_s = -1;                 // deepest S-state from which that wakes the system; -1: none, 0: only S0
};

class AcpiObject;

struct DeviceSpec {
  Driver function = {};
  std::vector<Driver> upper_filters = {};
  std::vector<Driver> lower_filters = {};
  std::shared_ptr<DeviceModel> model =
      nullptr;                // the hardware at the bottom; without one the bus answers
  std::string instance = {};  // "ROOT\\ECHO\\0000"; made up when empty
  std::vector<std::string> hardware_ids = {}, compatible_ids = {};
  std::string description = {};  // what the bus calls it, before an INF does
  bool drivers_by_id = false;    // its drivers come from the installed packages: AddRootDevice
  PowerAbilities power = {};
  bool restartable = false;  // its bus makes a failed device anew when the driver asks (at most five times a minute)
  std::shared_ptr<AcpiObject> acpi = nullptr;  // its place in the ACPI namespace (drydock/acpi.h)
  std::vector<Resource> resources = {};  // what START brings, in this order (drydock/hardware.h)
  std::optional<PciDevice> pci = {};     // on a PCI bus; nothing: only if a hardware id says so (drydock/pci.h)
};

struct OpenOptions {
  uint32_t access = 0xC0000000u;  // GENERIC_READ | GENERIC_WRITE
  uint32_t share = 7;
  uint32_t disposition = 1;  // FILE_OPEN
  uint32_t options = 0;
  bool kernel_mode = false;    // as a driver opens, not an application
  // How far a driver may act for this client: 0 not at all (anonymous), 1 identification, 2 impersonation, 3 delegation.
  int impersonation = 2;
  std::string reference = {};  // what follows the device's name
};

// A driver of the system that starts at boot, as an early-launch anti-malware driver is told of it. Empty texts and data: not known.
struct BootImage {
  std::string name;            // "\\SystemRoot\\System32\\drivers\\disk.sys"
  std::string registry_path;   // of its service
  bool dependency = false;     // a library that boot drivers need, told before them
  bool failed_integrity = false;
  std::string publisher, issuer;  // of its certificate; empty: not signed
  std::string hash, thumbprint;   // bytes
  uint32_t hash_algorithm = 0x800C, thumbprint_algorithm = 0x800C;  // CALG_SHA_256
};
enum class BootClassification { kUnknown, kGood, kBad, kBadBootCritical };

class Task {  // a concurrent caller inside the machine
 public:
  Task() = default;
  Task(Task&&) noexcept;
  Task& operator=(Task&&) noexcept;
  ~Task();  // joins
  void Join();
  bool done() const;
  struct Impl;
  explicit Task(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

struct TraceEvent {
  Duration time = {};        // since the machine was made
  uint32_t task = 0;
  uint16_t kind = 0;
  int irql = 0;
  std::string name;          // of the kind: "irp.call"
  std::string text;          // the whole event in words
  uint64_t a = 0, b = 0, c = 0;
};

class Machine {
 public:
  explicit Machine(MachineOptions options = {});
  ~Machine();  // removes devices, unloads drivers, ends tasks
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  const MachineOptions& options() const;
  bool simulated() const { return options().executor == ExecutorKind::Simulated; }

  // --- drivers and devices ---
  Driver AddDriver(const std::string& image_path);  // throws Error
  Driver AddDriver(const std::string& name,
                   DriverEntryPoint entry);  // linked in; check driver.object() or reports()
  Status last_driver_status() const;         // what the newest DriverEntry returned
  Status UnloadDriver(Driver driver);
  Device AddDevice(const DeviceSpec& spec);  // added and started; check started()

  // --- as a description says (drydock/description.h, docs/machine.md) ---
  // `images`: takes the place of the file's own images folder. Throws Error, FILE:LINE: words.
  static std::unique_ptr<Machine> Load(const std::string& path, const std::string& images = {});
  // All but the options, which the machine was made with. A driver's mistake on the way ends it: stopped(), reports().
  void Build(const MachineDescription& description);
  Device Plug(const std::string& name);               // a device of the description that is not there

  // Removes every device, children first, and unloads every driver, as at the end of the machine: what drivers left behind is in reports()
  // then. Returns a line for each device that refused to go (it was pulled out).
  std::vector<std::string> TakeDown();

  // --- setup (docs/inf.md) ---
  // Installs a driver package: its INF (or INX, stamped on the way), and the folder where the built images of its services are. Returns
  // notes about what was ignored; throws Error with a line for each mistake, FILE:LINE: words.
  std::vector<std::string> Install(const std::string& inf_path, const std::string& image_folder);
  // The image of a service that no package brings: one of the system's that a driver of the test stands in for ("i8042prt").
  void ProvideService(const std::string& service, const std::string& image_path);
  // A device that the root bus reports with this hardware id (and those of `spec`, after it); its drivers come from the installed
  // packages. `spec` gives the rest, but no drivers. Throws Error when no package fits or an image is missing.
  Device AddRootDevice(const std::string& hardware_id, const DeviceSpec& spec = {});
  // Every device that is present, those that buses found too, parents first.
  std::vector<Device> Devices();

  // A model that stands alone under a name such as "\\Device\\Thing" (no driver, no PnP).
  Status AddNamedModel(const std::string& name, std::shared_ptr<DeviceModel> model,
                       bool direct_io = false);
  Status RemoveDevice(Device device);  // asks (query-remove) and removes; may be refused
  Status SurpriseRemove(Device device);
  Status QueryRemove(Device device);  // asks only; then CancelRemove or RemoveDevice
  Status CancelRemove(Device device);
  Status DisableDevice(Device device);  // as the device manager does; may be refused
  Status EnableDevice(Device device);   // finds drivers again and starts it
  Status EjectDevice(Device device);    // with its ejection relations; then its bus is told
  Status Rebalance(Device device);      // stops the device and all below it, and starts them again
  Status Reenumerate(Device device);    // asks a bus for its children now

  // Which drivers a device that a bus finds gets, by its hardware and compatible ids (the first of the device's
  // ids that is known here counts; what was installed last wins). Devices that came before stay without: EnableDevice.
  void InstallDriver(const std::vector<std::string>& ids, Driver function,
                     const std::vector<Driver>& upper_filters = {},
                     const std::vector<Driver>& lower_filters = {});
  std::vector<Device> Children(Device bus);                // present ones, in order of arrival
  // By the name in its description, by instance path ("TOASTER\\PIE\\01"), else the first by hardware id or what it is called; empty: none
  // is present.
  Device FindDevice(const std::string& name);
  Status SetPowerState(Device device, int d_state);  // 0..3: D0..D3; one device, whatever its policy says
  // The whole system: 0 works, 1..3 sleeps, 4 hibernates (the machine's state stays), 5 shuts down. Children go down before parents; on the way up
  // this returns when every device is where it wants to be. A driver that refuses the query keeps the system up; its status is returned.
  Status SetSystemPower(int s_state);
  Status Shutdown(bool restart = false);  // S5: devices end in D3 and stay there
  // The hardware of a device on the root bus signals wake; a sleeping system wakes up with it. Fails when no wait-wake request is there.
  Status WakeDevice(Device device);
  // Directed power: the system takes one device down whatever uses it, and lets it go again. For devices whose idle time-out it manages.
  Status DirectPower(Device device, bool down);

  // A power setting changes: drivers that registered for it are told (PoRegisterPowerSettingCallback). `setting`: {GUID}; a number is a DWORD. What
  // a computer on mains with its lid open has is there from the start (power source, display, lid, battery, presence, personality).
  Status SetPowerSetting(const std::string& setting, uint32_t value);
  Status SetPowerSetting(const std::string& setting, const std::string& bytes);
  // The thermal manager cools a device, through the interface that its driver offers for that (GUID_THERMAL_COOLING_INTERFACE): a fan runs or
  // stops; the device goes on with so many per cent of its performance. STATUS_NOT_SUPPORTED: the driver offers no such cooling.
  Status SetActiveCooling(Device device, bool engaged);
  Status SetPassiveCooling(Device device, uint32_t percent);
  // The system starts its boot drivers: drivers that registered with IoRegisterBootDriverCallback are told of each and say what they think of it.
  // Returns their gravest classification for each, in order.
  std::vector<BootClassification> StartBootDrivers(const std::vector<BootImage>& images);

  // The last transitions of the PnP, power and power-policy machines of the framework devices in this stack, as text.
  std::string StateHistory(Device device);

  // --- applications ---
  File Open(Device device, OpenOptions options = {});
  File Open(const std::string& name,
            OpenOptions options = {});  // NT name: "\\??\\C:\\x", "\\Device\\Thing", or "C:\\x"

  // A process of the machine, made of an application's image (drydock app; drydock/process.h). Throws Error when there is no such image.
  Process StartProcess(const std::string& image_path, const ProcessOptions& options = {});

  // --- names ---
  Status Map(const NameMapping& mapping);
  Status Link(const std::string& name,
              const std::string& target);  // a symbolic link in the object name space

  // --- registry ---
  // Keys by their NT name ("\\Registry\\Machine\\System\\CurrentControlSet\\Services\\echo\\Parameters") or as
  // .reg files write them ("HKEY_LOCAL_MACHINE\\System\\..."); missing keys are made. A value "" is the key's default.
  Status SetRegistry(const std::string& key, const std::string& value, uint32_t number);          // REG_DWORD
  Status SetRegistry(const std::string& key, const std::string& value, const std::string& text);  // REG_SZ
  // .reg text of version 5. Empty: loaded; else what is wrong ("a.reg: line 12: ..."), and nothing was changed.
  std::string LoadRegistry(const std::string& reg_file_path);
  // Everything, as such a text. Empty: written; else what is wrong.
  std::string StoreRegistry(const std::string& reg_file_path);

  // --- time and concurrency ---
  void Advance(Duration duration);
  void RunUntilIdle();   // everybody runs until all wait; time stands still
  Duration Now() const;  // since the machine was made
  void SetSystemTime(int64_t ticks_since_1601);
  void After(Duration delay,
             std::function<void()> action);  // from a timer: at DISPATCH_LEVEL, must not wait
  Task Start(const std::string& name, std::function<void()> body);  // as a thread of an application
  Task StartKernel(const std::string& name, std::function<void()> body);  // as a system thread
  // Runs `body` on this thread as a system thread at PASSIVE_LEVEL: NT and framework calls are
  // legal inside. False: machine stopped.
  bool Run(const std::function<void()>& body);

  // --- DMA (drydock/dma.h) ---
  DmaSpace dma();
  DmaChannel dma_channel(uint32_t number);  // of the system's controller: the resource's channel, or request line

  // --- faults ---
  // Fails the next `count` completions of requests of this kind by the named driver's devices with
  // `status`.
  void FailCompletions(Driver driver, ModelRequest::Kind kind, Status status, int count = 1);
  // Every n-th allocation from now fails, a driver's from pool and the framework's for it alike (0: none); with `count` only so many of them.
  void FailAllocations(uint32_t every, uint32_t count = 0);
  uint32_t AllocationsFailed() const;  // since FailAllocations was switched on

  // --- what happened ---
  bool stopped() const;
  std::vector<Report> reports() const;  // as of now: other threads may add to them meanwhile
  const Report* bug_check()
      const;  // the one that stopped the machine (kBugCheck or kStall), or null; stays until the machine ends
  size_t CountReports(ReportKind kind) const;
  std::string ReportText() const;              // all reports as text
  std::vector<std::string> DebugLog() const;   // DbgPrint lines
  std::vector<std::string> TraceText() const;  // recorded events as text, the newest 4096
  std::vector<TraceEvent> TraceEvents() const;           // the same, in parts
  void Trace(bool on);                                   // records from now, or stops; earlier events are forgotten when it begins
  std::string NameOfTraceId(uint64_t id) const;          // "upper", "\\Device\\GoesSilent": what an id in an event stands for
  uint64_t TraceDigest() const;                // of everything recorded

  // --- for tests of Drydock itself ---
  nt::Kernel& kernel();
  wdf::Framework& framework();

  struct Impl;
  Impl* impl() const { return impl_.get(); }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock
