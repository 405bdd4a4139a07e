// AcpiModel: the bottom of a stack as the ACPI driver makes it: methods are evaluated, notifications handed up. What it does not know goes to the
// device's own model.
// Called by:  machine, for devices with an AcpiObject.
// Ownership:  the PDO owns the hooks' context; the AcpiObject is shared with the test.
// Locks:      State::lock for methods and counts; State::handlers_lock, a spin lock that is held over the driver's callbacks, so that none runs
//             any more when unregistering has returned.
// Source:     public documentation of IOCTL_ACPI_EVAL_METHOD and its kin, of GUID_ACPI_INTERFACE_STANDARD and of control method buffers.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ntddk.h>

#include "backend/model.h"
#include "drydock/acpi.h"
#include "runtime/lock.h"

namespace drydock {

struct AcpiObject::State {
  struct Entry {
    Body body;
    bool silent = false;
    size_t evaluations = 0;
    std::vector<AcpiValue> last;
  };
  struct Handler {
    PDEVICE_NOTIFY_CALLBACK2 routine;
    void* context;
    bool second;  // of GUID_ACPI_INTERFACE_STANDARD2
  };
  State() { KeInitializeSpinLock(&handlers_lock); }

  mutable rt::Lock lock;
  std::map<std::string, Entry> methods RT_GUARDED_BY(lock);
  KSPIN_LOCK handlers_lock;
  std::vector<Handler> handlers;
};

namespace backend {

// `inner`: the hooks of the device's model, if it has one.
nt::pnp::PdoHooks WithAcpi(nt::Kernel& kernel, std::shared_ptr<AcpiObject> object, nt::pnp::PdoHooks inner);

// Calls who has registered, at DISPATCH_LEVEL. On a task of the machine, at <= DISPATCH_LEVEL.
NTSTATUS NotifyAcpi(AcpiObject& object, ULONG code);

}  // namespace backend
}  // namespace drydock
