// The device tree of a machine as it is now: what `drydock tree` prints, and what a test may look at.
// Called by:  tests and tools, from outside or inside the machine; a snapshot, nothing in it stays connected to the machine.
#pragma once

#include <string>
#include <vector>

#include "drydock/machine.h"

namespace drydock {

struct DeviceTreeNode {
  struct Member {             // of the stack, from top to bottom
    std::string driver;       // the service
    std::string role;         // "upper filter", "function", "lower filter", "bus"
    std::string device;       // the device object's name, or ""
    std::string pnp, power, policy;  // the framework's states: "PnpStarted" ...; "": no framework device
  };
  struct Interface {
    std::string guid, link;
    bool enabled = false;
  };

  std::string instance;     // "ROOT\\SAMPLE\\0000"
  std::string name;         // in the machine description; may be ""
  std::string description;  // of the INF or the bus
  std::string state;        // "started", "failed", ...
  std::string power;        // "D0"; "": not known
  std::string problem;      // why it is not started; may be ""
  std::string class_name, service, inf;
  std::vector<std::string> hardware_ids, compatible_ids;
  std::vector<Member> stack;
  std::vector<Interface> interfaces;
  std::vector<std::string> resources;  // "memory 0xFE000000-0xFE000FFF"
  std::vector<DeviceTreeNode> children;
};

std::vector<DeviceTreeNode> DeviceTree(Machine& machine);
// As text, aligned, with box characters. `details`: stack, interfaces and resources too.
std::string DrawDeviceTree(const std::vector<DeviceTreeNode>& tree, bool details = true);

}  // namespace drydock
