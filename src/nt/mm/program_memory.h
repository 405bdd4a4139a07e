// The memory of a program that nobody registered: its stacks, its variables and what its C library gave it lie anywhere in this Linux process.
// Called by:  TryProbe (address_space.cpp), for processes with `Process::program`, once no registered stretch has the address. Takes locks of
//             pool and io; none may be held. IRQL <= APC_LEVEL.
// Rule:       such a process has what can be read (or written), below the end of user space, unless it is known to be somebody else's: pool,
//             images of drivers and of Drydock, what other processes registered, what it registered itself as read-only.
#pragma once

#include <cstddef>
#include <cstdint>

namespace drydock::nt {
struct Kernel;
struct Process;
}  // namespace drydock::nt

namespace drydock::nt::mm {

bool IsProgramMemory(Kernel& kernel, const Process& process, uintptr_t from, size_t length, bool for_write);

}  // namespace drydock::nt::mm
