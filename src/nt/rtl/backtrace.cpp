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

extern "C" ULONG RtlWalkFrameChain(PVOID* Callers, ULONG Count, ULONG Flags) {
  return RtlCaptureStackBackTrace(0, Count, Callers, nullptr);
}
