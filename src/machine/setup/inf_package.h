// DriverPackage: what an INF says, in the form in which it is carried out: which devices, which services, which registry entries.
// Called by:  the driver store of a machine; the driver builder, to check. No state; any thread.
// Errors:     all into the report, each with file and line; a package with errors is as complete as it could be read, and not installed.
// Not done:   files are checked (CopyFiles, SourceDisksFiles, DestinationDirs), not copied; co-installers, signatures and the like
//             are noted.
// Source:     public documentation of INF sections and directives; UM-08 to UM-11.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "machine/setup/inf_registry.h"
#include "machine/setup/inf_text.h"

namespace drydock::machine::setup {

// The system that is installed on: what decorations are chosen for.
struct InfTarget {
  std::string architecture = "amd64";
  uint32_t major = 10, minor = 0, build = 22621;
  uint32_t product_type = 1;  // workstation
  uint32_t suite_mask = 0x100;
  uint16_t locale = 0x409;
};

// NT[architecture][.[major][.[minor][.[product type][.[suite mask][.[build]]]]]]
struct InfDecoration {
  std::string architecture;  // "": any
  std::optional<uint32_t> major, minor, product_type, suite_mask, build;
  static std::optional<InfDecoration> Parse(std::string_view text);
  bool Fits(const InfTarget& target) const;
  bool BetterThan(const InfDecoration& other) const;  // both fit
};

struct ServiceInstall {
  std::string name, display_name, description, binary, load_order_group;
  std::vector<std::string> dependencies;
  uint32_t flags = 0, type = 0, start = 0, error_control = 0;
  std::vector<RegistryChange> changes;  // HKR: the service's key
  int line = 0;
  bool function() const { return (flags & 2) != 0; }  // SPSVCINST_ASSOCSERVICE
};

struct InterfaceInstall {
  std::string guid, reference;
  std::vector<RegistryChange> changes;  // HKR: the interface's key
};

struct FilterInstall {
  std::string service;
  bool upper = false;
  std::string level;  // FilterLevel; "": by position
};

struct KmdfService {
  std::string name, library_version;
};

struct UmdfService {
  std::string name, library_version, binary;
  std::string extensions;  // UmdfExtensions
};

// DDInstall.Wdf; the directives that an INF leaves out have the defaults of UM-08 to UM-10.
struct WdfInstall {
  std::vector<KmdfService> kmdf;
  std::vector<UmdfService> umdf;
  std::vector<std::string> umdf_order;  // lowest first
  std::string dispatcher;               // "", FileHandle, NativeUSB, WinUsb
  std::string impersonation_level;      // UmdfImpersonationLevel; "": impersonation is not enabled
  bool allow_kernel_mode_clients = false;
  bool method_neither_copy = false;
  bool allow_null_and_unknown_file_objects = false;
  enum class FsContext : uint8_t { kNone, kFsContext, kFsContext2 } fs_context = FsContext::kFsContext;
  bool allow_direct_hardware_access = false;
  bool register_access_user_mapping = false;
  bool process_sharing = true;
  std::vector<std::pair<std::string, std::string>> given;  // directives as written, for the registry
};

struct DeviceInstall {
  std::string section;  // as found: "ECHO_Device.NT"
  std::vector<ServiceInstall> services;
  std::vector<RegistryChange> driver_changes;    // HKR: the software key
  std::vector<RegistryChange> hardware_changes;  // HKR: the hardware key
  std::vector<InterfaceInstall> interfaces;
  std::vector<FilterInstall> filters;
  WdfInstall wdf;
  std::vector<std::string> files;  // what CopyFiles names
  uint8_t feature_score = 0xFF;
};

struct DeviceModelEntry {
  std::string description, manufacturer;
  std::string hardware_id;                  // may be ""
  std::vector<std::string> compatible_ids;
  size_t install = 0;                       // DriverPackage::installs
  int line = 0;
};

struct DriverPackage {
  std::string file;
  std::string provider, class_name, class_guid, catalog, version;  // class_guid: {..} in lower case
  uint64_t date = 0;                                               // YYYYMMDD of DriverVer
  uint64_t version_number = 0;                                     // w.x.y.z, 16 bits each
  std::string extension_id;                                        // Class=Extension
  bool extension() const { return !extension_id.empty(); }
  bool has_class_install = false;
  std::vector<RegistryChange> class_changes;  // HKR: the class's key
  std::vector<ServiceInstall> class_services;
  std::vector<InterfaceInstall> interface_classes;  // [InterfaceInstall32]
  std::vector<DeviceInstall> installs;
  std::vector<DeviceModelEntry> models;
};

// The bytes of an INF that Include names, or nothing: those of the system are known by themselves, others are noted.
using InfLoader = std::function<std::optional<std::string>(const std::string& file_name)>;

DriverPackage ReadPackage(const InfFile& file, const InfTarget& target, const InfLoader& loader, InfReport& report);

// What the system's own INFs that drivers include say, as far as a machine has use for it (WUDFRD.inf, MsHidKmdf.inf, ...); null: none.
const char* SystemInf(std::string_view file_name);

}  // namespace drydock::machine::setup
