// Interrupts of a device as it goes up and down (tables S1, S2, S8, S13; DEVX-31 to DEVX-33).
#include "wdf/device/power_steps.h"

#include "wdf/framework.h"
#include "wdf/interrupt/interrupt.h"

namespace drydock::wdf {
namespace {

bool HasInterrupts(const CM_PARTIAL_RESOURCE_LIST& list) {
  for (ULONG i = 0; i < list.Count; ++i)
    if (list.PartialDescriptors[i].Type == CmResourceTypeInterrupt) return true;
  return false;
}

}  // namespace

void interrupt::Assign(Device& device, const CM_RESOURCE_LIST* raw, const CM_RESOURCE_LIST* translated) {
  DeviceInterrupts* all = InterruptsOf(device);
  const bool lists = raw && translated && raw->Count > 0 && translated->Count > 0;
  if (!all) {
    if (!lists || !HasInterrupts(translated->List[0].PartialResourceList)) return;
    device.interrupts = std::make_unique<DeviceInterrupts>();
    all = InterruptsOf(device);
  }
  all->preparing = true;
  if (!lists) return;
  const CM_PARTIAL_RESOURCE_LIST& raw_list = raw->List[0].PartialResourceList;
  const CM_PARTIAL_RESOURCE_LIST& list = translated->List[0].PartialResourceList;
  ULONG descriptor = 0, message = 0, message_number = 0;
  for (Interrupt* interrupt : all->list) {
    while (descriptor < list.Count && descriptor < raw_list.Count && list.PartialDescriptors[descriptor].Type != CmResourceTypeInterrupt) ++descriptor;
    if (descriptor >= list.Count || descriptor >= raw_list.Count) return;  // the surplus objects stay silent
    InterruptResource resource;
    resource.raw = raw_list.PartialDescriptors[descriptor];
    resource.translated = list.PartialDescriptors[descriptor];
    resource.message = message;
    const bool signaled = resource.translated.Flags & CM_RESOURCE_INTERRUPT_MESSAGE;
    interrupt->Assign(resource, signaled ? message_number++ : 0);
    if (++message < MessagesOf(resource.raw)) continue;
    message = 0;
    ++descriptor;
  }
}

void interrupt::Prepared(Device& device) {
  if (DeviceInterrupts* all = InterruptsOf(device)) all->preparing = false;
}

void interrupt::Revoke(Device& device) {
  DeviceInterrupts* all = InterruptsOf(device);
  if (!all) return;
  all->preparing = false;
  Disconnect(device);
  for (size_t i = all->list.size(); i-- > 0;) {
    Interrupt* interrupt = all->list[i];
    interrupt->Unassign();
    if (interrupt->made_in_prepare()) interrupt->Delete();
  }
}

NTSTATUS interrupt::Up(Device& device) {
  DeviceInterrupts* all = InterruptsOf(device);
  if (!all) return STATUS_SUCCESS;
  for (size_t i = 0; i < all->list.size(); ++i) {
    NTSTATUS status = all->list[i]->Enable();
    if (NT_SUCCESS(status)) continue;
    while (i-- > 0) all->list[i]->Disable(false, false);
    return status;
  }
  all->up.store(true, std::memory_order_release);
  return STATUS_SUCCESS;
}

NTSTATUS interrupt::Down(Device& device, bool leaves_connected) {
  DeviceInterrupts* all = InterruptsOf(device);
  NTSTATUS first = STATUS_SUCCESS;
  if (!all) return first;
  all->up.store(false, std::memory_order_release);
  for (size_t i = all->list.size(); i-- > 0;) {
    Interrupt& interrupt = *all->list[i];
    if (interrupt.kept_in_dx()) continue;  // N2
    const bool inactive = all->going_to_dx && interrupt.reports_inactive();
    NTSTATUS status = interrupt.Disable(leaves_connected, inactive && !leaves_connected);
    if (NT_SUCCESS(first)) first = status;
  }
  all->going_to_dx = false;
  return first;
}

void interrupt::Disconnect(Device& device) {
  DeviceInterrupts* all = InterruptsOf(device);
  if (!all) return;
  for (size_t i = all->list.size(); i-- > 0;) {
    Interrupt& interrupt = *all->list[i];
    if (!interrupt.connected()) continue;
    interrupt.GiveUpWake();
    interrupt.Disable(false, false);
  }
}

void interrupt::ToldD0Exit(Device& device) {
  DeviceInterrupts* all = InterruptsOf(device);
  if (!all) return;
  all->going_to_dx = true;
  for (Interrupt* interrupt : all->list) interrupt->ToldD0Exit();
}

void interrupt::ToldD0Entry(Device& device) {
  DeviceInterrupts* all = InterruptsOf(device);
  if (!all) return;
  for (Interrupt* interrupt : all->list) interrupt->ToldD0Entry();
}

}  // namespace drydock::wdf
