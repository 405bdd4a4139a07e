// IoTimer: a routine of a device, called once a second at DISPATCH_LEVEL while started.
#include <ntddk.h>

#include "nt/bugcheck.h"
#include "nt/driver_callback.h"
#include "nt/io/device.h"
#include "nt/io/timer.h"
#include "nt/kernel.h"
#include "nt/thread.h"

namespace drydock::nt::io {
namespace {

struct Timer {
  KTIMER timer;
  KDPC dpc;
  DEVICE_OBJECT* device;
  PIO_TIMER_ROUTINE routine;
  void* context;
};

Timer* TimerOf(DEVICE_OBJECT* device) { return static_cast<Timer*>(ExtensionOf(device)->io_timer); }

VOID NTAPI Tick(PKDPC, PVOID context, PVOID, PVOID) {
  auto* timer = static_cast<Timer*>(context);
  CallDriver("IO_TIMER_ROUTINE", timer->routine, timer->device, timer->context);
}

}  // namespace

void StopTimer(DEVICE_OBJECT* device) {
  if (Timer* timer = TimerOf(device)) KeCancelTimer(&timer->timer);
}

void FreeTimer(DeviceExtension& extension) {
  delete static_cast<Timer*>(extension.io_timer);
  extension.io_timer = nullptr;
}

}  // namespace drydock::nt::io

using namespace drydock::nt;

extern "C" {

NTSTATUS NTAPI IoInitializeTimer(PDEVICE_OBJECT DeviceObject, PIO_TIMER_ROUTINE TimerRoutine, PVOID Context) {
  if (io::TimerOf(DeviceObject)) {
    BugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, {0xA, reinterpret_cast<uint64_t>(DeviceObject)},
             "IoInitializeTimer was called on a device object that has a timer already.");
  }
  auto* timer = new io::Timer{};
  timer->device = DeviceObject;
  timer->routine = TimerRoutine;
  timer->context = Context;
  KeInitializeTimer(&timer->timer);
  KeInitializeDpc(&timer->dpc, io::Tick, timer);
  io::ExtensionOf(DeviceObject)->io_timer = timer;
  DeviceObject->Timer = reinterpret_cast<PIO_TIMER>(timer);
  return STATUS_SUCCESS;
}

VOID NTAPI IoStartTimer(PDEVICE_OBJECT DeviceObject) {
  io::Timer* timer = io::TimerOf(DeviceObject);
  if (!timer) return;
  LARGE_INTEGER due;
  due.QuadPart = -drydock::rt::kTicksPerSecond;
  KeSetTimerEx(&timer->timer, due, 1000, &timer->dpc);
}

VOID NTAPI IoStopTimer(PDEVICE_OBJECT DeviceObject) { io::StopTimer(DeviceObject); }

}  // extern "C"
