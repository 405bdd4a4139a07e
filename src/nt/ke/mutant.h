// Mutants (KMUTEX) from the inside: ownership as a wait sees it.
// Called by:  wait.cpp, ps (thread end). Kernel mutexes are never abandoned: a thread that ends holding one is a bug check;
//             mutants (KeInitializeMutant, CreateMutex) are, and their next owner is told once.
#pragma once

#include <ntddk.h>

#include "nt/ke/dispatcher.h"
#include "nt/thread.h"

namespace drydock::nt::ke {

inline PKTHREAD AsKthread(const Thread* thread) { return reinterpret_cast<PKTHREAD>(const_cast<Thread*>(thread)); }
inline Thread* AsThread(PKTHREAD thread) { return reinterpret_cast<Thread*>(thread); }

// A satisfied wait, under the header's lock, by whichever task satisfies it.
inline void AcquireMutantLocked(KMUTANT& mutant, const Thread* thread) {
  SetSignalState(mutant.Header, mutant.Header.SignalState - 1);
  if (mutant.Header.SignalState == 0) mutant.OwnerThread = AsKthread(thread);
}
// The new owner itself, after its wait: lists the mutex with the thread and disables normal kernel APCs, as on Windows. True: the one
// before abandoned it.
bool OwnMutant(KMUTANT& mutant, Thread& thread);
// The thread ends: abandons the mutants it owns, bug-checks when it still owns a mutex.
void LeaveMutants(Thread& thread);

}  // namespace drydock::nt::ke
