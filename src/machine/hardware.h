// The hardware behind a DeviceSpec's resources: regions, vectors, and the lists that START_DEVICE carries.
// Called by:  machine/devices.cpp, inside the machine.
// Ownership:  the device's Impl; Unplug when it is pulled out, the destructor when it is gone for good.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ntddk.h>

#include "drydock/hardware.h"
#include "nt/hal/state.h"

namespace drydock::machine {

class Hardware {
 public:
  // Throws Error: an address or port that is taken, a line that works otherwise.
  Hardware(nt::Kernel& kernel, const std::string& name, const std::vector<Resource>& resources);
  ~Hardware();
  Hardware(const Hardware&) = delete;

  void Unplug();
  void Prefetchable(size_t which);  // of the memory and port resources; a port cannot be
  const CM_RESOURCE_LIST* raw() const { return reinterpret_cast<const CM_RESOURCE_LIST*>(raw_.data()); }
  const CM_RESOURCE_LIST* translated() const { return reinterpret_cast<const CM_RESOURCE_LIST*>(translated_.data()); }

 private:
  struct Taken {
    nt::hal::Space space;
    std::shared_ptr<nt::hal::Region> region;
  };
  void Add(const Resource& resource, const std::string& name, std::vector<CM_PARTIAL_RESOURCE_DESCRIPTOR>& raw,
           std::vector<CM_PARTIAL_RESOURCE_DESCRIPTOR>& translated);

  nt::Kernel& kernel_;
  std::vector<Taken> regions_;
  std::vector<std::shared_ptr<InterruptPin::State>> pins_;
  std::vector<std::shared_ptr<nt::hal::Vector>> messages_;
  std::vector<std::shared_ptr<DeviceMemory>> memory_;
  std::vector<char> raw_, translated_;
};

}  // namespace drydock::machine
