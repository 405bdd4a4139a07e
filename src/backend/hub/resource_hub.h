// The resource hub: \Device\RESOURCE_HUB\<id> opens a connection: a peripheral on a simple bus, or pins.
// Called by:  machine, which makes one when the first connection comes; drivers, through their I/O.
// Ownership:  the device object owns the hub, the hub its connections; they live as long as the machine.
// Locks:      `lock` for connections, files and buses; a bus's turn is taken with it and given back after its request, so that a peripheral is
//             called with no lock held and by one at a time.
// Time:       transfers and their delays take none.
// Source:     public documentation of resource hub paths, IOCTL_SPB_... and IOCTL_GPIO_....
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "backend/model.h"
#include "drydock/spb.h"
#include "runtime/lock.h"

namespace drydock::backend {

class ResourceHub : public ModelDevice {
 public:
  // Makes \Device\RESOURCE_HUB and the name that user mode knows it by.
  static NTSTATUS Create(nt::Kernel& kernel, ResourceHub** hub);

  // The id, which is chosen if it is 0; 0: it is taken.
  uint64_t Add(std::shared_ptr<SpbPeripheral> peripheral, const SpbOptions& options);
  uint64_t Add(std::shared_ptr<GpioPins::State> pins, uint64_t id);

  void OnCreate(const ModelRequest& request) override;
  void OnRead(const ModelRequest& request) override { Queue(request); }
  void OnWrite(const ModelRequest& request) override { Queue(request); }
  void OnDeviceControl(const ModelRequest& request) override;
  void OnCleanup(FILE_OBJECT* file) override;
  void OnCancel(const ModelRequest& request) override;

 private:
  struct Connection {
    std::shared_ptr<SpbPeripheral> peripheral;
    std::shared_ptr<GpioPins::State> pins;
    SpbOptions options;
    unsigned files = 0;
    FILE_OBJECT* locked_by = nullptr;  // IOCTL_SPB_LOCK_CONNECTION
  };
  struct Bus {
    bool busy = false;                 // a request is with a peripheral
    const IRP* current = nullptr;      // that one: its buffers are in use, a cancel waits for its end
    FILE_OBJECT* locked_by = nullptr;  // IOCTL_SPB_LOCK_CONTROLLER
    bool selected = false;             // while locked: transfers go on where the last one ended
    std::deque<ModelRequest> waiting;
  };

  static Connection& ConnectionOf(FILE_OBJECT* file) { return *static_cast<Connection*>(file->FsContext); }
  uint64_t Insert(uint64_t id, std::unique_ptr<Connection> connection);
  void Queue(const ModelRequest& request);
  void Run(uint32_t controller);
  bool MayRun(const Bus& bus, FILE_OBJECT* file);
  // `first`: the device is not selected yet.
  void Perform(const ModelRequest& request, Bus& bus, bool first);
  void Sequence(const ModelRequest& request, Bus& bus, bool first, bool duplex);
  void Transfer(const ModelRequest& request, Bus& bus, bool first);
  void Pins(const ModelRequest& request);
  void Finish(const ModelRequest& request, Bus& bus, NTSTATUS status, ULONG_PTR information = 0, bool transferred = false);

  rt::Lock lock_;
  std::map<uint64_t, std::unique_ptr<Connection>> connections_ RT_GUARDED_BY(lock_);
  std::map<uint32_t, Bus> buses_ RT_GUARDED_BY(lock_);
  uint64_t next_id_ RT_GUARDED_BY(lock_) = 1;
};

}  // namespace drydock::backend
