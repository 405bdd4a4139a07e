// ObRegisterCallbacks: drivers that look at handles to processes and threads before and after they are made.
// Called by:  ob (InsertHandle, ZwDuplicateObject); PASSIVE_LEVEL, no lock held.
// Rule:       a routine may take rights away, not add any; of a kernel handle it may take none. Order: from the highest altitude down; the
//             routines after the operation the other way round.
// Source:     public documentation of ObRegisterCallbacks and its structures.
#pragma once

#include <memory>
#include <vector>

#include <ntddk.h>

#include "nt/ob/object.h"

namespace drydock::nt::ob {

struct CallbackSet;

class HandleFilter {
 public:
  // `source`, `target`: of a duplication, else null.
  HandleFilter(Kernel& kernel, void* body, ULONG attributes, Process* source = nullptr, Process* target = nullptr);
  HandleFilter(const HandleFilter&) = delete;
  ~HandleFilter();
  ACCESS_MASK Before(ACCESS_MASK access);              // what may be granted
  void After(NTSTATUS status, ACCESS_MASK granted);

 private:
  struct Called {
    std::shared_ptr<CallbackSet> set;
    const void* operation;
    void* context;
  };

  Kernel& kernel_;
  void* body_;
  const bool kernel_handle_;
  Process* source_;
  Process* target_;
  std::vector<Called> called_;
};

}  // namespace drydock::nt::ob
