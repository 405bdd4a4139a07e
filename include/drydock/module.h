// Hardware of your own for machine files: a shared object that makes the model of a device. `drydock run`, `tree` and `Machine::Load` load it where
// a device says `model = "board.so"`.
//
//   #include <drydock/module.h>                     // c++ -std=c++20 -fPIC -shared -I INCLUDE board.cpp -o board.so
//   class Board : public drydock::DeviceModule {
//    public:
//     explicit Board(const drydock::ModuleSetup& setup) : sockets_(setup.Number("sockets", 2)) {}
//     std::vector<drydock::Resource> Resources() override { return {drydock::Resource::Memory(0x100, registers_), drydock::Resource::Line(pin_)}; }
//     std::string Tell(const std::vector<std::string>& words) override { ... }    // the scenario's `tell board insert`
//   };
//   DRYDOCK_DEVICE_MODULE(Board)
//
//   [[device]]                                      # the machine file
//   id = 'PCI\VEN_1234'
//   model = { kind = "board.so", sockets = 4 }
//
// Lifetime:   made once for a device, when it is plugged in first; the machine keeps it until it ends. The shared object stays loaded.
// Threads:    as drydock/hardware.h and drydock/model.h say; Tell is called between the driver's doings, from outside.
// Errors:     a constructor or Tell may throw drydock::Error with one clear line. A file that cannot be loaded, has no module in it or one that
//             was compiled against another version of this interface is told as FILE:LINE: words.
// Source:     docs/machine.md.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "drydock/hardware.h"
#include "drydock/machine.h"
#include "drydock/model.h"

namespace drydock {

struct ModuleSetup {
  Machine& machine;                             // dma(), After(...); the device is not there yet
  std::string device;                           // its name in the machine file; may be ""
  std::map<std::string, std::string> settings;  // the further keys of its model: texts as they are, numbers in decimal, "true" and "false"

  std::string Text(const std::string& key, const std::string& otherwise = {}) const {
    const auto found = settings.find(key);
    return found == settings.end() ? otherwise : found->second;
  }
  int64_t Number(const std::string& key, int64_t otherwise = 0) const {
    const auto found = settings.find(key);
    if (found == settings.end()) return otherwise;
    try {
      size_t used = 0;
      const int64_t number = std::stoll(found->second, &used, 0);
      if (used == found->second.size()) return number;
    } catch (const std::exception&) {
    }
    throw Error(key + ": '" + found->second + "' is no number");
  }
};

class DeviceModule {
 public:
  virtual ~DeviceModule() = default;
  // What START brings, before the resources that the machine file adds. Asked each time that the device is plugged in.
  virtual std::vector<Resource> Resources() { return {}; }
  // The device's PCI configuration space, and who answers its reads and writes; nothing: only what the machine file says. Asked as Resources is.
  virtual std::optional<PciDevice> Pci() { return std::nullopt; }
  // Who answers at the bottom of the stack; null: the bus.
  virtual std::shared_ptr<DeviceModel> Model() { return nullptr; }
  // A scenario's `tell NAME WORDS...`; what it returns is printed, and compared with what the scenario expects.
  virtual std::string Tell(const std::vector<std::string>& words) { throw Error("the module understands nothing, '" + (words.empty() ? "" : words[0]) + "' included"); }
};

// The module of a device that the machine's description gave one; null: none. The machine keeps it.
DeviceModule* FindModule(Machine& machine, const std::string& device);

}  // namespace drydock

// What such a shared object exports, with C linkage. DRYDOCK_DEVICE_MODULE writes both for a class with a constructor from ModuleSetup.
#define DRYDOCK_DEVICE_MODULE_VERSION 3
#define DRYDOCK_DEVICE_MODULE(CLASS)                                                                                              \
  extern "C" __attribute__((visibility("default"))) const uint32_t drydock_device_module_version = DRYDOCK_DEVICE_MODULE_VERSION; \
  extern "C" __attribute__((visibility("default"))) void drydock_make_device_module(const drydock::ModuleSetup* setup,            \
                                                                                    std::shared_ptr<drydock::DeviceModule>* made) { \
    *made = std::make_shared<CLASS>(*setup);                                                                                      \
  }
