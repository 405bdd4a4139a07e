// A device on a PCI bus, as the bus driver sees it: where it is, and its configuration space.
// Called by:  the root bus (IRP_MN_READ_CONFIG, IRP_MN_WRITE_CONFIG, BUS_INTERFACE_STANDARD), the HAL's old functions; any level, no lock held.
// Ownership:  shared by the device's node and whoever made it (machine/pci.cpp).
// Source:     public documentation of "Accessing device configuration space", BUS_INTERFACE_STANDARD, PCI_SLOT_NUMBER.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace drydock::nt {
struct Kernel;
}

namespace drydock::nt::pnp {

class PciFunction {
 public:
  virtual ~PciFunction() = default;
  // How many bytes there were; behind the end there are none.
  virtual uint32_t Read(uint32_t offset, void* buffer, uint32_t length) = 0;
  virtual uint32_t Write(uint32_t offset, const void* buffer, uint32_t length) = 0;
  virtual void SetPower(uint32_t d_state) = 0;  // what the power management capability says from now on

  // Set before the device is there.
  uint32_t bus = 0, device = 0, function = 0;
  uint32_t SlotNumber() const { return device | function << 5; }  // as in PCI_SLOT_NUMBER
  uint32_t Address() const { return device << 16 | function; }    // as in DEVICE_CAPABILITIES
};

// "PCI bus 0, device 3, function 0", as Windows calls the place.
std::u16string LocationOf(const PciFunction& pci);
// Null: nobody is there.
std::shared_ptr<PciFunction> FindPci(Kernel& kernel, uint32_t bus, uint32_t slot_number);

}  // namespace drydock::nt::pnp
