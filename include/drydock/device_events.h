// DeviceEvents: what an application hears that registered for events of the device behind a file (RegisterDeviceNotification).
//
//   drydock::DeviceEvents events(machine, file);
//   ... the driver posts an event (WdfDevicePostEvent) ...
//   machine.RunUntilIdle();
//   for (auto& event : events.Take()) ...
//
// Threads:    any OS thread, or a task of the machine. Events come in order, on a thread of the machine; Take gives those that came by now.
// Errors:     status(): a file that is not open, or of no PnP device, cannot be listened to.
// Source:     docs/testkit.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "drydock/machine.h"

namespace drydock {

class DeviceEvents {
 public:
  struct Event {
    std::string guid;  // "{81b20000-5674-1234-8899-aabbccddeeff}", lower case
    std::string data;  // of a driver's own event
  };
  DeviceEvents(Machine& machine, const File& file);
  DeviceEvents(const DeviceEvents&) = delete;
  ~DeviceEvents();
  Status status() const;
  std::vector<Event> Take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock
