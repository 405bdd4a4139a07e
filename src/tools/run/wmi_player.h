// WmiPlayer: what scenarios do as a WMI client.
// Called by:  Player, on its task. Blocks are names of classes, as the MOF resources of drivers have them, or GUIDs.
// Errors:     drydock::Error for a name that nobody knows; all else is a status.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "drydock/wmi.h"
#include "tools/run/scenario.h"

namespace drydock::tools {

class WmiPlayer {
 public:
  explicit WmiPlayer(Machine& machine) : machine_(machine), wmi_(machine) {}

  // *output: what came back, if anything can; *instance: whose it is.
  Status Play(const Command& command, std::string* output, std::string* instance);
  std::string Classes();  // a line each

 private:
  struct Listening {
    WmiSubscription subscription;
    std::deque<WmiSubscription::Event> events;
  };
  Status NextEvent(const Command& command, std::string* output, std::string* instance);
  uint32_t NumberOf(const Command& command, bool method);

  Machine& machine_;
  Wmi wmi_;
  std::map<std::string, Listening> listening_;   // by the block as the scenario spells it
  std::map<std::string, WmiSubscription> collecting_;
};

}  // namespace drydock::tools
