// What drivers ask of the computer itself: caches, nodes, stacks, firmware. The machine is one node with coherent caches, no watchdog over power
// requests, and no UEFI variables.
#include <ntddk.h>

#include "nt/dbg/refusal.h"
#include "nt/pnp/pnp.h"
#include "nt/thread.h"

using namespace drydock::nt;

extern "C" {

BOOLEAN KeInvalidateAllCaches(VOID) { return TRUE; }
LOGICAL KeShouldYieldProcessor(VOID) { return FALSE; }

NTSTATUS IoGetDeviceNumaNode(PDEVICE_OBJECT Pdo, PUSHORT NodeNumber) {
  if (!Pdo || !pnp::IsPdo(Pdo)) return STATUS_INVALID_PARAMETER;
  *NodeNumber = 0;
  return STATUS_SUCCESS;
}

BOOLEAN IoWithinStackLimits(ULONG_PTR RegionStart, SIZE_T RegionSize) {
  const auto low = reinterpret_cast<ULONG_PTR>(CurrentThread().task->stack_low);
  const auto high = reinterpret_cast<ULONG_PTR>(CurrentThread().task->stack_high);
  return RegionStart >= low && RegionStart <= high && RegionSize <= high - RegionStart;
}

BOOLEAN PoQueryWatchdogTime(PDEVICE_OBJECT Pdo, PULONG SecondsRemaining) {
  (void)Pdo;
  *SecondsRemaining = 0;
  return FALSE;
}

// As on a computer that started by a BIOS.
NTSTATUS ExGetFirmwareEnvironmentVariable(PUNICODE_STRING VariableName, GUID* VendorGuid, PVOID Value, PULONG ValueLength, PULONG Attributes) {
  (void)VariableName, (void)VendorGuid, (void)Value, (void)ValueLength, (void)Attributes;
  return DRYDOCK_REFUSE(STATUS_NOT_IMPLEMENTED, "the machine was started by a BIOS, not by UEFI");
}
NTSTATUS ExSetFirmwareEnvironmentVariable(PUNICODE_STRING VariableName, GUID* VendorGuid, PVOID Value, ULONG ValueLength, ULONG Attributes) {
  (void)VariableName, (void)VendorGuid, (void)Value, (void)ValueLength, (void)Attributes;
  return DRYDOCK_REFUSE(STATUS_NOT_IMPLEMENTED, "the machine was started by a BIOS, not by UEFI");
}

}  // extern "C"
