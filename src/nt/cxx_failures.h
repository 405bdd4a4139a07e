// What C++ in a driver can go wrong with becomes a report: an exception that leaves a callback, std::terminate (an exception out of a noexcept
// function, of a destructor), a call of a pure virtual function, abort, __fastfail. What stops the machine or ends a host passes through noexcept
// functions of a driver too, without their destructors.
// Called by:  CallDriver (ExceptionLeft, Terminated), the C++ run-time (the functions that it calls by name), drivers.
// Source:     decision 9 of the architecture; Itanium C++ ABI; 0xE06D7363 is the code of MSVC's C++ exceptions, FAST_FAIL_... are winnt.h's.
#pragma once

#include <vector>

namespace drydock::nt {

struct CallbackFrame;
struct Thread;

// Where the thread's driver threw last.
struct ThrownFrom {
  const void* object = nullptr;
  std::vector<void*> stack;
};

// In a catch clause around a callback: lets a stop pass, returns where a host has ended, makes a report of everything else.
void ExceptionLeft(CallbackFrame& frame);

// After std::terminate within a callback, which jumped back to its frame: raises what ended it. Returns when that was no termination.
void RaiseTermination(CallbackFrame& frame);

// Makes std::terminate look whether a driver is running (idempotent; elsewhere the earlier handler is called).
void InstallTerminateHandler();

}  // namespace drydock::nt
