// Back traces for drivers.
#include <ntddk.h>

#include "runtime/fault_handler.h"

extern "C" USHORT RtlCaptureStackBackTrace(ULONG FramesToSkip, ULONG FramesToCapture, PVOID* BackTrace, PULONG BackTraceHash) {
  constexpr ULONG kMost = 128;
  void* frames[kMost];
  const size_t depth = drydock::rt::CaptureStack(frames, kMost, 1);
  USHORT count = 0;
  ULONG hash = 0;
  for (size_t i = FramesToSkip; i < depth && count < FramesToCapture; ++i) {
    BackTrace[count++] = frames[i];
    hash += static_cast<ULONG>(reinterpret_cast<ULONG_PTR>(frames[i]));
  }
  if (BackTraceHash) *BackTraceHash = hash;
  return count;
}

// Who called the function that asks, and who called that one.
extern "C" VOID RtlGetCallersAddress(PVOID* CallersAddress, PVOID* CallersCaller) {
  void* frames[4] = {};
  drydock::rt::CaptureStack(frames, 4, 1);
  *CallersAddress = frames[1];
  *CallersCaller = frames[2];
}

extern "C" ULONG RtlWalkFrameChain(PVOID* Callers, ULONG Count, ULONG Flags) {
  return RtlCaptureStackBackTrace(0, Count, Callers, nullptr);
}
