// MachineDescription: a machine as a file tells it: options, names, registry, driver packages, devices (docs/machine.md).
//
//   auto machine = drydock::Machine::Load("toasters.toml");
//   auto bus = machine->FindDevice("bus");
//
// Errors:     Load and Parse throw Error with one line for each mistake, FILE:LINE: words. Machine::Build throws Error for what shows only
//             when it is carried out (an INF with mistakes, an image that is missing).
// Paths:      relative ones count from the folder of the file; images from the images folder where one is given.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "drydock/acpi.h"
#include "drydock/disk.h"
#include "drydock/machine.h"

namespace drydock {

struct ModelDescription {
  enum class Kind : uint8_t { kNone, kSilent, kMemory, kFile, kKeyboard, kMouse, kUart, kModule, kDisk };
  Kind kind = Kind::kNone;
  bool cancelable = true;  // kSilent
  uint64_t size = 0;       // kMemory: bytes
  std::string path;        // kFile; kModule: the shared object
  bool read_only = false;  // kFile
  LineOptions line;        // kUart
  uint16_t port = 0;       // kUart: 0: chosen
  bool fifo = true;        // kUart
  std::map<std::string, std::string> settings;  // kModule: the further keys
  DiskSettings disk;       // kDisk
};

// A resource of a device: registers are bytes that keep what was written; interrupts are pins that a scenario or Device::resources() raises.
struct ResourceDescription {
  enum class Kind : uint8_t { kRegisters, kMemory, kPort, kLine, kMessages, kI2c, kSpi, kPins };
  Kind kind = Kind::kRegisters;
  uint64_t start = 0;  // 0: chosen
  uint64_t length = 0;
  LineOptions line;
  uint32_t messages = 0;
  std::string content;  // what registers, ports, peripherals and pins hold at the start, from offset 0; zero behind it
  uint32_t address_bytes = 1;  // kI2c, kSpi: of a register's address
  uint32_t controller = 0;     // kI2c, kSpi
};

// A method of a device's ACPI object. `silent`: it never returns.
struct AcpiMethodDescription {
  std::string name;
  AcpiValue value;
  bool silent = false;
};

struct MachineDescription {
  struct Package {
    std::string inf, images;
    int line = 0;
  };
  struct RegistryValue {
    std::string key, name;
    std::variant<uint32_t, std::string> value;
  };
  // A driver without an INF: loaded at the start; devices name it, children of buses get it by their ids.
  struct DriverEntry {
    std::string name, image;
    std::vector<std::string> ids, upper, lower;
    int line = 0;
  };
  struct DeviceEntry {
    std::string name;  // for scenarios; may be ""
    std::string id;    // the hardware id
    std::vector<std::string> ids, compatible_ids;
    std::string instance, description;
    std::string function;  // drivers by name or image instead of an INF
    std::vector<std::string> upper, lower;
    ModelDescription model;
    PowerAbilities power;
    std::vector<ResourceDescription> resources;
    std::vector<AcpiMethodDescription> acpi;
    bool has_acpi = false;
    std::optional<PciDevice> pci;  // nothing: what its ids or its module say
    bool plugged = true;  // false: a scenario plugs it
    int line = 0;
  };

  std::string file;
  MachineOptions options;
  std::string images;
  std::vector<std::string> registry_files;
  std::vector<RegistryValue> registry_values;
  std::vector<Package> packages;
  std::vector<std::pair<std::string, std::string>> services;  // name, image
  std::vector<DriverEntry> drivers;
  std::vector<DeviceEntry> devices;

  // `images`: takes the place of the file's own "images".
  static MachineDescription Load(const std::string& path, const std::string& images = {});
  static MachineDescription Parse(const std::string& text, const std::string& file_name, const std::string& images = {});
};

// Models that a description can name, for the C++ API too. Memory: a disk without a driver: reads and writes at offsets, in memory of
// that size or in a Linux file; past the end STATUS_END_OF_FILE (reads) or STATUS_DISK_FULL (writes).
std::shared_ptr<DeviceModel> MemoryDevice(size_t size);
std::shared_ptr<DeviceModel> FileDevice(const std::string& path, bool read_only = false);  // throws Error
std::shared_ptr<DeviceModel> MakeModel(const ModelDescription& description);               // null: kNone

// Registers that are bytes: little-endian, zero at first, each keeps what was written.
std::shared_ptr<RegisterFile> ByteRegisters(size_t length, const std::string& content = {});  // `content`: from offset 0
Resource MakeResource(const ResourceDescription& description);

}  // namespace drydock
