// Processes, threads and images that come and go, as drivers are told of them.
// Called by:  ps, io and machine (Tell...), PASSIVE_LEVEL, no lock held. Order: of registration; each routine is told once of each end.
// Removal:    returns when no call of the routine is under way on another thread. A routine must not remove itself (a wait without end on
//             Windows; here it is removed at once).
// Source:     public documentation of PsSetCreateProcessNotifyRoutine, PsSetCreateThreadNotifyRoutine, PsSetLoadImageNotifyRoutine and
//             their Ex forms.
#pragma once

#include <cstddef>
#include <string_view>

#include "nt/ps/process.h"

namespace drydock::nt::ps {

// A creation may be refused by a routine: its status, else STATUS_SUCCESS.
int32_t TellProcess(Process* process, bool create);
// A new thread, in the context of who makes it, or one that ends, in its own.
void TellThread(Thread& thread, bool create);
// A driver's image (`process` null) or one of an application, mapped and not yet run.
void TellImage(Kernel& kernel, Process* process, std::u16string_view name, const void* base, size_t bytes);

}  // namespace drydock::nt::ps
