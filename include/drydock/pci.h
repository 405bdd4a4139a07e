// A device on a PCI bus: what its configuration space says of it (DeviceSpec::pci, DeviceModule::Pci, `pci` in machine files).
//
//   machine.AddDevice({.function = driver, .resources = {...}, .pci = drydock::PciDevice{.vendor = 0x1234, .device = 0x5678, .revision = 2}});
//
// What stands there: the header with these ids, command and status; base addresses from the memory and port resources, in their order;
//             interrupt line and pin where a resource is a line; capabilities: power management, MSI (one resource of up to 32 messages) or MSI-X
//             (several), PCI Express where `express` says so, then `capabilities`. 256 bytes, or 4096 with PCI Express.
// `bars`:     where the memory and port resources stand, in their order: drivers of devices whose standard says so look for their registers in the
//             base address of that number. Further resources get the next free ones. One that is taken or not there is an Error.
// Writes:     as hardware takes them: ids and sizes are read-only (all ones written to a base address read back as its size), bits of the status
//             register go when ones are written. A base address that was changed is kept and has no effect on where the registers are.
// Hardware ids: the device gets those that the PCI bus gives (PCI\VEN_v&DEV_d&SUBSYS_s&REV_r and shorter, PCI\...&CC_...), behind the ones it has.
//             A device whose own id begins with PCI\VEN_v&DEV_d is on the bus without more words; ids that contradict `vendor` and the like are
//             an Error.
// Threads:    `read` and `write` are called where the driver asks, at its IRQL, perhaps from several threads at once; they must not wait.
// Source:     docs/machine.md.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace drydock {

struct PciBar {
  int at = 0;                 // 0 to 5
  bool wide = false;          // memory with an address of 64 bits: the next register is its upper half. So is what lies beyond 4 GB
  bool prefetchable = false;  // memory; its resource says so too (CM_RESOURCE_MEMORY_PREFETCHABLE)
};

struct PciDevice {
  uint16_t vendor = 0, device = 0;
  uint16_t subsystem_vendor = 0, subsystem = 0;
  uint8_t revision = 0;
  uint32_t class_code = 0xFF0000;  // base class, subclass, programming interface
  int bus = 0, slot = -1, function = 0;  // slot -1: chosen
  bool express = false;
  std::vector<PciBar> bars = {};
  std::vector<std::string> capabilities = {};     // further ones: bytes, the first is its id, the second is filled in
  std::map<uint32_t, std::string> holds = {};     // bytes by offset; from 0x40 on they keep what is written
  // Seen after the space itself has answered: `bytes` may be changed. And told of what was written.
  std::function<void(uint32_t offset, uint8_t* bytes, uint32_t length)> read = {};
  std::function<void(uint32_t offset, const uint8_t* bytes, uint32_t length)> write = {};
};

}  // namespace drydock
