// More of what drivers ask of the computer: one node, a start by a BIOS; and of power: nothing woke it.
#include <ntddk.h>

#include "nt/dbg/refusal.h"
#include "nt/ob/object.h"
#include "nt/thread.h"

namespace drydock::nt::win32 {
extern const ob::ObjectType kSemaphoreType;
}

using namespace drydock::nt;

static constexpr ULONG kSystemWake = 0x40000000;  // in IRP::Flags, of no other meaning

extern "C" {

static const POBJECT_TYPE semaphore_type = reinterpret_cast<POBJECT_TYPE>(const_cast<ob::ObjectType*>(&win32::kSemaphoreType));
POBJECT_TYPE* ExSemaphoreObjectType = const_cast<POBJECT_TYPE*>(&semaphore_type);

LOGICAL KeIsExecutingDpc(VOID) { return CurrentThread().in_dpc; }
ULONG KeQueryNodeActiveProcessorCount(USHORT NodeNumber) {
  return NodeNumber == 0 ? KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS) : 0;
}
NTSTATUS KeQueryNodeActiveAffinity2(USHORT NodeNumber, PGROUP_AFFINITY GroupAffinities, USHORT GroupAffinitiesCount,
                                    PUSHORT GroupAffinitiesRequired) {
  if (NodeNumber != 0) return STATUS_INVALID_PARAMETER;
  *GroupAffinitiesRequired = 1;
  if (GroupAffinitiesCount < 1 || !GroupAffinities) return STATUS_BUFFER_TOO_SMALL;
  KeQueryNodeActiveAffinity(0, GroupAffinities, nullptr);
  return STATUS_SUCCESS;
}

FIRMWARE_TYPE ExGetFirmwareType(VOID) { return FirmwareTypeBios; }
BOOLEAN ExIsSoftBoot(VOID) { return FALSE; }

// A driver that registers gets no counter and does without.
PULONG PoRegisterDeviceForIdleDetection(PDEVICE_OBJECT DeviceObject, ULONG ConservationIdleTime, ULONG PerformanceIdleTime,
                                        DEVICE_POWER_STATE State) {
  (void)DeviceObject, (void)ConservationIdleTime, (void)PerformanceIdleTime, (void)State;
  return nullptr;
}
VOID PoSetDeviceBusyEx(PULONG IdlePointer) { __atomic_store_n(IdlePointer, 0, __ATOMIC_RELAXED); }
VOID PoStartDeviceBusy(PULONG IdlePointer) { __atomic_store_n(IdlePointer, 0, __ATOMIC_RELAXED); }
VOID PoEndDeviceBusy(PULONG IdlePointer) { __atomic_store_n(IdlePointer, 0, __ATOMIC_RELAXED); }

// Which device woke the system is a note on the power request, for those above.
VOID PoSetSystemWake(PIRP Irp) { __atomic_fetch_or(&Irp->Flags, kSystemWake, __ATOMIC_RELAXED); }
BOOLEAN PoGetSystemWake(PIRP Irp) { return (__atomic_load_n(&Irp->Flags, __ATOMIC_RELAXED) & kSystemWake) != 0; }
VOID PoSetSystemWakeDevice(PDEVICE_OBJECT DeviceObject) { (void)DeviceObject; }

// The one level that is documented for drivers. The machine sleeps in S1 to S3; it has no connected standby.
NTSTATUS ZwPowerInformation(POWER_INFORMATION_LEVEL InformationLevel, PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer,
                            ULONG OutputBufferLength) {
  if (InformationLevel != PlatformInformation) return DRYDOCK_REFUSE(STATUS_NOT_SUPPORTED, "PlatformInformation is the level for drivers");
  if (InputBuffer || InputBufferLength != 0 || !OutputBuffer) return STATUS_INVALID_PARAMETER;
  if (OutputBufferLength < sizeof(POWER_PLATFORM_INFORMATION)) return STATUS_BUFFER_TOO_SMALL;
  static_cast<POWER_PLATFORM_INFORMATION*>(OutputBuffer)->AoAc = FALSE;
  return STATUS_SUCCESS;
}
NTSTATUS NtPowerInformation(POWER_INFORMATION_LEVEL InformationLevel, PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer,
                            ULONG OutputBufferLength) {
  return ZwPowerInformation(InformationLevel, InputBuffer, InputBufferLength, OutputBuffer, OutputBufferLength);
}

}  // extern "C"
