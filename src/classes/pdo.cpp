#include "classes/pdo.h"

#include <cstring>

namespace drydock::classes {
namespace {

constexpr ULONG kTag = 'PslC';

}  // namespace

NTSTATUS Complete(PIRP irp, NTSTATUS status, ULONG_PTR information) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

NTSTATUS Unanswered(PIRP irp) { return Complete(irp, irp->IoStatus.Status, irp->IoStatus.Information); }

NTSTATUS Give(PIRP irp, const std::u16string& text) {
  const size_t bytes = text.size() * sizeof(char16_t);
  void* copy = ExAllocatePool2(POOL_FLAG_PAGED, bytes, kTag);
  if (copy == nullptr) return Complete(irp, STATUS_INSUFFICIENT_RESOURCES);
  std::memcpy(copy, text.data(), bytes);
  return Complete(irp, STATUS_SUCCESS, reinterpret_cast<ULONG_PTR>(copy));
}

std::u16string Hex(unsigned value, int digits) {
  std::u16string text;
  while (digits-- > 0) text += u"0123456789ABCDEF"[value >> (4 * digits) & 15];
  return text;
}

DEVICE_RELATIONS* AddRelations(DEVICE_RELATIONS* before, std::span<DEVICE_OBJECT* const> added) {
  const size_t count = (before == nullptr ? 0 : before->Count) + added.size();
  auto* relations = static_cast<DEVICE_RELATIONS*>(
      ExAllocatePool2(POOL_FLAG_PAGED, sizeof(DEVICE_RELATIONS) + count * sizeof(DEVICE_OBJECT*), kTag));
  if (relations == nullptr) {
    for (DEVICE_OBJECT* device : added) ObDereferenceObject(device);
    return nullptr;
  }
  for (ULONG i = 0; before != nullptr && i < before->Count; ++i) relations->Objects[relations->Count++] = before->Objects[i];
  for (DEVICE_OBJECT* device : added) relations->Objects[relations->Count++] = device;
  if (before != nullptr) ExFreePool(before);
  return relations;
}

NTSTATUS AnswerPnp(DEVICE_OBJECT* pdo, PIRP irp, const PdoWords& words) {
  IO_STACK_LOCATION& location = *IoGetCurrentIrpStackLocation(irp);
  switch (location.MinorFunction) {
    case IRP_MN_START_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_REMOVE_DEVICE: return Complete(irp, STATUS_SUCCESS);
    case IRP_MN_QUERY_DEVICE_TEXT:
      if (location.Parameters.QueryDeviceText.DeviceTextType != DeviceTextDescription) return Unanswered(irp);
      return Give(irp, words.description + std::u16string(1, u'\0'));
    case IRP_MN_QUERY_CAPABILITIES: {
      DEVICE_CAPABILITIES& capabilities = *location.Parameters.DeviceCapabilities.Capabilities;
      if (words.raw) capabilities.RawDeviceOK = TRUE;
      capabilities.SilentInstall = TRUE;
      capabilities.SurpriseRemovalOK = TRUE;
      capabilities.UniqueID = FALSE;
      capabilities.DeviceState[PowerSystemWorking] = PowerDeviceD0;
      for (int state = PowerSystemSleeping1; state <= PowerSystemShutdown; ++state) capabilities.DeviceState[state] = PowerDeviceD3;
      return Complete(irp, STATUS_SUCCESS);
    }
    case IRP_MN_QUERY_DEVICE_RELATIONS: {
      if (location.Parameters.QueryDeviceRelations.Type != TargetDeviceRelation) return Unanswered(irp);
      ObReferenceObject(pdo);
      DEVICE_RELATIONS* relations = AddRelations(nullptr, {&pdo, 1});
      if (relations == nullptr) return Complete(irp, STATUS_INSUFFICIENT_RESOURCES);
      return Complete(irp, STATUS_SUCCESS, reinterpret_cast<ULONG_PTR>(relations));
    }
    default: return Unanswered(irp);
  }
}

NTSTATUS AnswerPower(DEVICE_OBJECT* pdo, PIRP irp) {
  const IO_STACK_LOCATION& location = *IoGetCurrentIrpStackLocation(irp);
  const auto& power = location.Parameters.Power;
  NTSTATUS status = irp->IoStatus.Status;
  if (location.MinorFunction == IRP_MN_SET_POWER || location.MinorFunction == IRP_MN_QUERY_POWER) status = STATUS_SUCCESS;
  if (location.MinorFunction == IRP_MN_SET_POWER && power.Type == DevicePowerState) PoSetPowerState(pdo, DevicePowerState, power.State);
  PoStartNextPowerIrp(irp);
  return Complete(irp, status);
}

}  // namespace drydock::classes
