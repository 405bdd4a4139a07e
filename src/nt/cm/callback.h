// CmRegisterCallback: drivers that look at, refuse or answer what is done to keys.
// Called by:  the Zw functions of keys (zw_key.cpp), PASSIVE_LEVEL, no lock held: so by drivers, framework drivers and applications. What the
//             machine does by itself (services, setup, .reg text) and RtlQueryRegistryValues are not told.
// Order:      from the highest altitude down; after the operation the other way round, for those that let it pass.
// Removal:    returns when no call of the routine is under way.
// Source:     public documentation of CmRegisterCallbackEx, REG_NOTIFY_CLASS, "Handling Notifications", "Blocking registry calls".
#pragma once

#include <memory>
#include <vector>

#include <ntddk.h>

namespace drydock::nt {
struct Kernel;
}

namespace drydock::nt::cm {

struct Callback;

// What of a routine's structure is filled in anew for each routine.
struct Slots {
  void* information;
  void** call_context;
  void** object_context;  // of `object`; null: it has none yet
};

class KeyFilter {
 public:
  KeyFilter(Kernel& kernel, void* object, const Slots& slots);
  ~KeyFilter();
  KeyFilter(const KeyFilter&) = delete;
  // False: a routine ended the operation, with *status.
  bool Before(REG_NOTIFY_CLASS kind, NTSTATUS* status);
  NTSTATUS After(REG_NOTIFY_CLASS kind, void* object, NTSTATUS status);

 private:
  struct Called {
    std::shared_ptr<Callback> callback;
    void* context = nullptr;
    bool passed = false;
  };
  Kernel& kernel_;
  void* const object_;
  const Slots slots_;
  std::vector<Called> called_;
};

bool HasCallbacks(Kernel& kernel);
// A key object's last handle goes and the object itself.
void TellClose(void* body);
void ForgetObject(Kernel& kernel, void* body);

}  // namespace drydock::nt::cm
