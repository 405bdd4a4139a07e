// DriverStore: the driver packages of one machine, and finding the drivers of a device as Windows' setup does.
// Called by:  Machine (Install, AddRootDevice) and the PnP manager for every device that a bus reports (SetDriverMatcher), inside the
//             machine, PASSIVE_LEVEL, from any task; one operation at a time, a second one waits.
// What it does for a new device: the package whose ids fit best is installed (class, services, hardware and software key in the
//             registry); a known device keeps what its keys say. Then the stack is made from the registry alone: LowerFilters of the
//             device, of its class, the service, UpperFilters of the device, of the class. Drivers are loaded when first needed and
//             stay until the machine ends.
// Errors:     Install throws Error with one line for each mistake of the INF. For a device the reason stands in ProblemOf.
// Source:     public documentation of device installation: "How Windows Ranks Drivers", "Device Filter Driver Ordering", "Registry
//             Trees and Keys for Devices and Drivers".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "machine/impl.h"
#include "machine/setup/inf_package.h"
#include "machine/setup/registry_writer.h"
#include "nt/pnp/pnp.h"
#include "nt/win32/program.h"

namespace drydock::machine::setup {

// The built image of "echo.sys" in a folder, or in a folder below it; "": none.
std::string FindImage(const std::string& folder, const std::string& binary);

// The Windows folder's path of what an INF calls "%12%\\x.sys".
std::string ImagePath(const std::string& binary);

class DriverStore {
 public:
  explicit DriverStore(Machine::Impl& machine);
  DriverStore(const DriverStore&) = delete;

  // Returns the notes. `image_folder`: where the built images are; searched without regard to letter case for "echo.sys.so",
  // "echo.so" and "echo.sys" when the INF says ECHO.sys.
  std::vector<std::string> Install(const std::string& inf_path, const std::string& image_folder);
  // A service whose image does not come with a package: one of the system's that a test stands in for.
  void ProvideService(const std::string& service, const std::string& image_path);

  // ZwLoadDriver: the service's driver, of a package or provided. STATUS_IMAGE_ALREADY_LOADED, or what DriverEntry returned.
  Status LoadService(const std::string& service);

  // Fills the drivers of a device. False: it has none (ProblemOf tells why).
  bool FindDrivers(nt::pnp::DeviceDescription* device);
  // An instance path below ROOT that no device has and none had: one that comes back is known by its keys. By id's class.
  std::u16string NewRootInstance(const std::vector<std::string>& hardware_ids);

  std::string ProblemOf(const std::string& instance);

  // For applications (driver_store_choice.cpp): the drivers of all packages for a device, the best first.
  std::vector<nt::win32::SetupDriver> DriversFor(const nt::win32::SetupDevice& device);
  // The device gets the driver of the package of that path; what it has is kept when that is better and nothing forces it (kBetter).
  enum class Chosen : uint8_t { kInstalled, kBetter, kNone };
  Chosen ChooseDriver(const nt::win32::SetupDevice& device, const std::string& inf_path, bool force);
  // oem0.inf and the path that it came from; "": none.
  std::string PublishedName(const std::string& inf_path);
  std::string PathOf(const std::string& published);
  std::vector<std::string> PackageNames() const;

 private:
  struct Stored {
    DriverPackage package;
    std::string published;  // oem0.inf
    std::string folder;     // of the images
    std::string path;
  };
  struct Match {
    const Stored* stored = nullptr;
    const DeviceModelEntry* model = nullptr;
    std::string id;  // of the device, that matched
    uint64_t rank = 0;  // the lower, the better
  };
  struct Ids {
    std::vector<std::string> hardware, compatible;
  };

  // A device that no package is for may be one that the system's own INFs know; they are read when the first such device comes.
  void AddSystemPackages(const Ids& ids);
  std::optional<Match> Best(const Ids& ids, bool extensions, const Stored* only = nullptr) const;
  static std::optional<uint64_t> Rank(const Ids& ids, const DeviceModelEntry& model, const DeviceInstall& install, std::string* id);

  // The device is installed, or was before. False: no package is for it.
  bool Prepare(const std::string& instance, const Ids& ids, const std::u16string& enum_key, std::string* problem);
  // "ECHO_Device.NT": the name in the Models section, and what was found behind it.
  static std::string SectionName(const DeviceInstall& install, std::string* extension = nullptr);
  bool IsInstalled(const std::string& instance, const Match& match);
  void InstallDevice(const std::string& instance, const Ids& ids, const Match& match);
  void InstallExtension(const std::string& instance, const Match& match);
  void InstallClass(const DriverPackage& package);
  void InstallService(const Stored& stored, const ServiceInstall& service);
  void InstallWdf(const std::u16string& hardware_key, const Stored& stored, const WdfInstall& wdf);
  void InstallParts(const std::string& instance, const std::u16string& driver_key, const Match& match);
  std::u16string NewDriverKey(const std::string& class_guid);
  void NamePort(const std::u16string& hardware_key);  // what the Ports class installer does: the next COMn that nobody has

  bool ComposeStack(const std::string& instance, nt::pnp::DeviceDescription* device, std::string* problem);
  nt::io::Driver* Load(const std::string& service, std::string* problem);

  class Turn;  // one operation at a time
  void WithTurn(const std::function<void()>& work);

  Machine::Impl& machine_;
  RegistryWriter registry_;
  std::deque<Stored> packages_;
  std::map<std::string, std::string> images_;    // by service in lower case
  std::map<std::string, std::string> missing_;   // services without an image: what was looked for
  std::map<std::string, std::string> problems_;  // by instance in lower case
  bool system_packages_ = false;
  std::map<std::string, unsigned> next_key_;     // software keys by class, instances by enumerator: where to look for a free number
  KEVENT turn_;
};

}  // namespace drydock::machine::setup
