// The clock as drivers read it, and delays. Interrupt time and performance counter are one clock of 10 MHz.
#include <fmt/format.h>

#include <ntddk.h>

#include "nt/ke/drivers_wait.h"
#include "nt/ke/dispatcher.h"
#include "nt/kernel.h"
#include "nt/thread.h"

using namespace drydock;
using namespace drydock::nt;

namespace {

constexpr ULONG kTimeIncrement = 156'250;  // 15.625 ms, what most machines have

// Who reads the time in a loop must let it move.
rt::Ticks Now() {
  rt::Executor& executor = CurrentThread().kernel->executor;
  executor.SchedulePoint();
  return executor.InterruptTime();
}

}  // namespace

extern "C" ULONG KeQueryTimeIncrement(VOID) { return kTimeIncrement; }
extern "C" ULONGLONG KeQueryInterruptTime(VOID) { return static_cast<ULONGLONG>(Now()); }
extern "C" ULONGLONG KeQueryUnbiasedInterruptTime(VOID) { return static_cast<ULONGLONG>(Now()); }

extern "C" ULONGLONG KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp) {
  const auto now = static_cast<ULONGLONG>(Now());
  if (QpcTimeStamp) *QpcTimeStamp = now;
  return now;
}
extern "C" ULONGLONG KeQueryUnbiasedInterruptTimePrecise(PULONG64 QpcTimeStamp) { return KeQueryInterruptTimePrecise(QpcTimeStamp); }

extern "C" LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency) {
  if (PerformanceFrequency) PerformanceFrequency->QuadPart = rt::kTicksPerSecond;
  LARGE_INTEGER counter;
  counter.QuadPart = Now();
  return counter;
}

extern "C" VOID KeQuerySystemTime(PLARGE_INTEGER CurrentTime) {
  rt::Executor& executor = CurrentThread().kernel->executor;
  executor.SchedulePoint();
  CurrentTime->QuadPart = executor.SystemTime();
}
extern "C" VOID KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime) { KeQuerySystemTime(CurrentTime); }

extern "C" VOID KeQueryTickCount(PLARGE_INTEGER TickCount) { TickCount->QuadPart = Now() / kTimeIncrement; }

extern "C" NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Interval) {
  Thread& thread = CurrentThread();
  Kernel& kernel = *thread.kernel;
  ke::CheckWaitIrql(Interval, true, "KeDelayExecutionThread");
  if (Interval->QuadPart == 0) {
    kernel.executor.Yield();
    return STATUS_SUCCESS;
  }
  const rt::Ticks deadline = ke::DeadlineOf(kernel, Interval);
  ke::WaitInfo info;
  info.what = "delay";
  ke::DriversWait scope(thread.drivers_wait || ke::IsCallerOutside(__builtin_return_address(0)));
  ke::HostWait host(thread);
  do {
    host.Check();
  } while (ke::ParkFor(info, deadline) != rt::Wake::kTimedOut);
  return STATUS_SUCCESS;
}

extern "C" VOID KeStallExecutionProcessor(ULONG MicroSeconds) {
  rt::Executor& executor = CurrentThread().kernel->executor;
  const rt::Ticks end = executor.InterruptTime() + MicroSeconds * rt::kTicksPerMicrosecond;
  if (executor.simulated()) {
    while (executor.InterruptTime() < end) executor.Park(end);
  } else {
    while (executor.InterruptTime() < end) __builtin_ia32_pause();
    executor.Yield();
  }
}
