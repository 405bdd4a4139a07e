// What is left of the executive: UUIDs, features, previous mode.
#include <ntddk.h>

#include "nt/ex/state.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

constexpr ULONG kTimerResolution = 10'000;  // 1 ms; timers here are exact whatever a driver asks for

}  // namespace

extern "C" {

NTSTATUS ExUuidCreate(UUID* Uuid) {
  Kernel& kernel = CurrentKernel();
  uint64_t words[2] = {kernel.executor.Draw(), kernel.executor.Draw()};
  __builtin_memcpy(Uuid, words, sizeof *Uuid);
  Uuid->Data3 = static_cast<USHORT>((Uuid->Data3 & 0x0FFF) | 0x4000);     // version 4: random
  Uuid->Data4[0] = static_cast<UCHAR>((Uuid->Data4[0] & 0x3F) | 0x80);
  return STATUS_SUCCESS;
}

ULONG ExSetTimerResolution(ULONG DesiredTime, BOOLEAN SetResolution) { return kTimerResolution; }
VOID ExQueryTimerResolution(PULONG MaximumTime, PULONG MinimumTime, PULONG CurrentTime) {
  *MaximumTime = 156'250;
  *MinimumTime = 5'000;
  *CurrentTime = kTimerResolution;
}

KPROCESSOR_MODE ExGetPreviousMode(VOID) {
  const Thread& thread = CurrentThread();
  return static_cast<KPROCESSOR_MODE>(thread.system_thread ? KernelMode : UserMode);
}

BOOLEAN ExIsProcessorFeaturePresent(ULONG ProcessorFeature) {
  switch (ProcessorFeature) {
    case 2:    // PF_COMPARE_EXCHANGE_DOUBLE
    case 3:    // PF_MMX_INSTRUCTIONS_AVAILABLE
    case 6:    // PF_XMMI_INSTRUCTIONS_AVAILABLE
    case 8:    // PF_RDTSC_INSTRUCTION_AVAILABLE
    case 9:    // PF_PAE_ENABLED
    case 10:   // PF_XMMI64_INSTRUCTIONS_AVAILABLE
    case 12:   // PF_NX_ENABLED
    case 14:   // PF_COMPARE_EXCHANGE128
      return TRUE;
    case 13: return __builtin_cpu_supports("sse3") != 0;   // PF_SSE3_INSTRUCTIONS_AVAILABLE
    case 39: return __builtin_cpu_supports("avx") != 0;    // PF_AVX_INSTRUCTIONS_AVAILABLE
    case 40: return __builtin_cpu_supports("avx2") != 0;   // PF_AVX2_INSTRUCTIONS_AVAILABLE
    default: return FALSE;
  }
}

BOOLEAN ExVerifySuite(SUITE_TYPE SuiteType) { return FALSE; }

}  // extern "C"
