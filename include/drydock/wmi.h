// Wmi: a WMI client outside the machine: what an application that reads and sets data blocks, calls methods and waits for events does.
//
//   drydock::Wmi wmi(machine);
//   std::vector<drydock::Wmi::Instance> all;
//   EXPECT_EQ(wmi.QueryAll(kToasterInfo, &all), STATUS_SUCCESS);
//
// Threads:    any OS thread, or a task of the machine. Errors:  as NT statuses; kStatusMachineStopped once the machine was stopped.
// Blocks:     are GUIDs as the driver's headers name them. Data: the bytes of the instance, as the driver gives and takes them.
// Source:     docs/testkit.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "drydock/machine.h"

extern "C" {
struct _GUID;
}

namespace drydock {

// Events of one block from the moment it was made to its end; or, with collection, the interest that an expensive block wants to know of.
class WmiSubscription {
 public:
  struct Event {
    std::string instance;  // its name
    std::string data;
  };
  WmiSubscription();
  WmiSubscription(WmiSubscription&&) noexcept;
  WmiSubscription& operator=(WmiSubscription&&) noexcept;
  ~WmiSubscription();  // the driver hears of it
  Status status() const;
  std::vector<Event> Take();  // what came since the last call; let the machine run first (RunUntilIdle)
  struct Impl;
  explicit WmiSubscription(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

// A class as a MOF file of a driver describes it; the driver's image keeps it as a resource (docs/building-drivers.md).
struct WmiClass {
  struct Item {
    uint32_t id;
    std::string type, name;  // "uint32", "string", "uint8[4]", "uint8[]", the name of an embedded class
  };
  struct Method {
    uint32_t id;
    std::string name;
  };
  std::string name, guid;  // {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}
  bool event = false;      // derives from WMIEvent
  std::vector<Item> items;
  std::vector<Method> methods;
};

class Wmi {
 public:
  struct Instance {
    std::string name;
    std::string data;
  };
  explicit Wmi(Machine& machine) : machine_(&machine) {}

  bool Provides(const struct _GUID& block);  // some device has registered it
  // By names: the classes in the MOF resources that registered devices name.
  std::vector<WmiClass> Classes();
  bool FindClass(const std::string& name, WmiClass* found);  // in any letter case
  // The block of a class (or of a GUID as text); false: there is none.
  bool FindBlock(const std::string& class_or_guid, struct _GUID* block);
  std::vector<std::string> InstanceNames(const struct _GUID& block);
  Status QueryAll(const struct _GUID& block, std::vector<Instance>* instances);
  Status Query(const struct _GUID& block, const std::string& instance, std::string* data);
  Status Set(const struct _GUID& block, const std::string& instance, const std::string& data);
  Status SetItem(const struct _GUID& block, const std::string& instance, uint32_t item, const std::string& data);
  // STATUS_BUFFER_TOO_SMALL: the result is longer than `room`.
  Status Execute(const struct _GUID& block, const std::string& instance, uint32_t method, const std::string& input, std::string* output,
                 size_t room = 4096);
  WmiSubscription Subscribe(const struct _GUID& block);  // events; also of blocks that come later
  WmiSubscription Collect(const struct _GUID& block);    // keeps an expensive block's collection on

 private:
  Machine* machine_;
};

}  // namespace drydock
