// QueryInterfaces: the driver-defined interfaces that a device offers: Device::query_interfaces.
// Called by:  WdfDeviceAddQueryInterface, IRP_MN_QUERY_INTERFACE; PASSIVE_LEVEL.
// Source:     BUS-36 to BUS-40, O-31.
#pragma once

#include <vector>

#include "runtime/lock.h"
#include "wdf/device/device.h"

namespace drydock::wdf {

class QueryInterfaces final : public DevicePart {
 public:
  struct Entry {
    GUID type = {};
    std::vector<char> bytes;  // the INTERFACE with what follows it, copied; empty: none given
    bool to_parent = false;
    bool import = false;
    PFN_WDF_DEVICE_PROCESS_QUERY_INTERFACE_REQUEST callback = nullptr;
  };

  static NTSTATUS Check(const WDF_QUERY_INTERFACE_CONFIG& config);
  NTSTATUS Add(const WDF_QUERY_INTERFACE_CONFIG& config);
  bool Find(const GUID& type, Entry* entry);

 private:
  rt::Lock lock_;
  std::vector<Entry> entries_ RT_GUARDED_BY(lock_);
};

namespace bus {
// True: completed, with `status`. False: goes on down (or, at a PDO, is completed) with the status it has now.
bool AnswerQueryInterface(Device& device, PIRP irp, NTSTATUS* status);
}  // namespace bus

}  // namespace drydock::wdf
