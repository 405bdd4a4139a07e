// WdfInterrupt... functions.
#include "nt/pnp/resources.h"
#include "wdf/ddi.h"
#include "wdf/interrupt/interrupt.h"
#include "wdf/object/factory.h"
#include "wdf/queue/queue.h"
#include "wdf/sync/serialization.h"
#include "wdf/sync/spin_lock.h"
#include "wdf/sync/wait_lock.h"

namespace drydock::wdf {
namespace {

// DEVX-30, in the order of what can be told without the device, then about its place in life, then about the parent.
NTSTATUS CheckConfig(DriverGlobals& globals, Device& device, const WDF_INTERRUPT_CONFIG& config, bool* preparing) {
  if (config.Size != sizeof(WDF_INTERRUPT_CONFIG)) return STATUS_INFO_LENGTH_MISMATCH;
  const bool passive = globals.umdf || config.PassiveHandling;
  if (!config.EvtInterruptIsr) return STATUS_INVALID_PARAMETER;
  if (config.EvtInterruptDpc && config.EvtInterruptWorkItem) return STATUS_INVALID_PARAMETER;
  if (config.WaitLock && !passive) return STATUS_INVALID_PARAMETER;
  if (config.SpinLock && passive) return STATUS_INVALID_PARAMETER;
  if (config.CanWakeDevice && !passive) return STATUS_INVALID_PARAMETER;
  if (config.ShareVector < WdfFalse || config.ShareVector > WdfUseDefault) return STATUS_INVALID_PARAMETER;
  DeviceInterrupts* all = InterruptsOf(device);
  *preparing = all && all->preparing;
  if (!device.begun_start()) {
    return config.InterruptRaw || config.InterruptTranslated ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
  }
  if (!*preparing || !config.InterruptRaw || !config.InterruptTranslated || config.ShareVector != WdfUseDefault) return STATUS_INVALID_DEVICE_STATE;
  if (config.InterruptRaw->Type != CmResourceTypeInterrupt || config.InterruptTranslated->Type != CmResourceTypeInterrupt)
    return STATUS_INVALID_PARAMETER;
  return STATUS_SUCCESS;
}

// (U) The device is reached through another controller, and its interrupt with it.
bool HasConnection(const Device& device) {
  const CM_RESOURCE_LIST* list = nt::pnp::TranslatedResourcesOf(device.pdo());
  if (!list || list->Count == 0) return false;
  const CM_PARTIAL_RESOURCE_LIST& parts = list->List[0].PartialResourceList;
  for (ULONG i = 0; i < parts.Count; ++i) {
    if (parts.PartialDescriptors[i].Type == CmResourceTypeConnection) return true;
  }
  return false;
}

NTSTATUS FindParent(DriverGlobals& globals, Device& device, const WDF_INTERRUPT_CONFIG& config, const WDF_OBJECT_ATTRIBUTES* attributes,
                    Object** parent) {
  *parent = &device;
  if (!attributes || !attributes->ParentObject) return STATUS_SUCCESS;
  *parent = ObjectFromHandle(globals, attributes->ParentObject);
  const ObjectType type = (*parent)->type();
  if ((type != ObjectType::kDevice && type != ObjectType::kQueue) || (*parent)->device() != &device) return STATUS_INVALID_PARAMETER;
  return config.AutomaticSerialization ? STATUS_SUCCESS : STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED;
}

// Made in PrepareHardware: several objects for one resource with several messages get one message after the other. False: there are no more.
bool TakeResource(const DeviceInterrupts& all, const WDF_INTERRUPT_CONFIG& config, InterruptResource* resource, ULONG* message_number) {
  resource->raw = *config.InterruptRaw;
  resource->translated = *config.InterruptTranslated;
  if (!(resource->translated.Flags & CM_RESOURCE_INTERRUPT_MESSAGE)) return true;
  for (const Interrupt* other : all.list) {
    if (!other->resource().present || !(other->resource().translated.Flags & CM_RESOURCE_INTERRUPT_MESSAGE)) continue;
    ++*message_number;
    if (other->resource().translated.u.Interrupt.Vector == resource->translated.u.Interrupt.Vector) ++resource->message;
  }
  return resource->message < MessagesOf(resource->raw);
}

}  // namespace

namespace ddi {

NTSTATUS WdfInterruptCreate(DriverGlobals& globals, WDFDEVICE Device, PWDF_INTERRUPT_CONFIG Configuration, PWDF_OBJECT_ATTRIBUTES Attributes,
                            WDFINTERRUPT* Interrupt) {
  *Interrupt = nullptr;
  wdf::Device& device = *FromHandle<wdf::Device>(globals, Device);
  const WDF_INTERRUPT_CONFIG& config = *Configuration;
  bool preparing = false;
  NTSTATUS status = CheckConfig(globals, device, config, &preparing);
  if (!NT_SUCCESS(status)) return status;
  if (globals.umdf && !globals.directives.allow_direct_hardware && !(preparing && HasConnection(device))) return STATUS_ACCESS_DENIED;  // UM-21; ours
  status = CheckAttributes(globals, ObjectType::kInterrupt, Attributes);
  if (!NT_SUCCESS(status)) return status;
  Object* parent = nullptr;
  status = FindParent(globals, device, config, Attributes, &parent);
  if (!NT_SUCCESS(status)) return status;
  CallbackLock* serialize = nullptr;
  const bool at_passive = config.EvtInterruptWorkItem || globals.umdf;
  if (config.EvtInterruptDpc || config.EvtInterruptWorkItem) {
    status = ResolveSerialization(*parent, config.AutomaticSerialization, at_passive ? SerializedKind::kWorkItem : SerializedKind::kDpc, &serialize);
    if (!NT_SUCCESS(status)) return status;
  }
  InterruptResource resource;
  ULONG message_number = 0;
  if (preparing && !TakeResource(*InterruptsOf(device), config, &resource, &message_number)) return STATUS_INVALID_PARAMETER;
  wdf::SpinLock* spin_lock = config.SpinLock ? FromHandle<wdf::SpinLock>(globals, config.SpinLock) : nullptr;
  wdf::WaitLock* wait_lock = config.WaitLock ? FromHandle<wdf::WaitLock>(globals, config.WaitLock) : nullptr;
  wdf::Interrupt* interrupt = nullptr;
  status = CreateObjectChecked(globals, ObjectType::kInterrupt, Attributes, parent, &interrupt);
  if (!NT_SUCCESS(status)) return status;
  interrupt->Initialize(device, config, spin_lock, wait_lock, serialize);
  if (parent->type() == ObjectType::kQueue) static_cast<Queue*>(parent)->ParentsAnInterrupt();
  if (!device.interrupts) device.interrupts = std::make_unique<DeviceInterrupts>();
  DeviceInterrupts& all = *InterruptsOf(device);
  if (preparing) {
    interrupt->MarkMadeInPrepare();
    interrupt->Assign(resource, message_number);
  }
  all.list.push_back(interrupt);
  *Interrupt = reinterpret_cast<WDFINTERRUPT>(interrupt->handle());
  return STATUS_SUCCESS;
}

BOOLEAN WdfInterruptQueueDpcForIsr(DriverGlobals& globals, WDFINTERRUPT Interrupt) { return FromHandle<wdf::Interrupt>(globals, Interrupt)->QueueDpc(); }

BOOLEAN WdfInterruptQueueWorkItemForIsr(DriverGlobals& globals, WDFINTERRUPT Interrupt) {
  return FromHandle<wdf::Interrupt>(globals, Interrupt)->QueueWorkItem();
}

BOOLEAN WdfInterruptSynchronize(DriverGlobals& globals, WDFINTERRUPT Interrupt, PFN_WDF_INTERRUPT_SYNCHRONIZE Callback, WDFCONTEXT Context) {
  return FromHandle<wdf::Interrupt>(globals, Interrupt)->Synchronize(Callback, Context);
}

void WdfInterruptAcquireLock(DriverGlobals& globals, WDFINTERRUPT Interrupt) { FromHandle<wdf::Interrupt>(globals, Interrupt)->AcquireLock(); }

BOOLEAN WdfInterruptTryToAcquireLock(DriverGlobals& globals, WDFINTERRUPT Interrupt) {
  return FromHandle<wdf::Interrupt>(globals, Interrupt)->TryToAcquireLock();
}

void WdfInterruptReleaseLock(DriverGlobals& globals, WDFINTERRUPT Interrupt) { FromHandle<wdf::Interrupt>(globals, Interrupt)->ReleaseLock(); }

void WdfInterruptEnable(DriverGlobals& globals, WDFINTERRUPT Interrupt) { FromHandle<wdf::Interrupt>(globals, Interrupt)->DriverEnable(); }

void WdfInterruptDisable(DriverGlobals& globals, WDFINTERRUPT Interrupt) { FromHandle<wdf::Interrupt>(globals, Interrupt)->DriverDisable(); }

PKINTERRUPT WdfInterruptWdmGetInterrupt(DriverGlobals& globals, WDFINTERRUPT Interrupt) {
  return FromHandle<wdf::Interrupt>(globals, Interrupt)->wdm();
}

void WdfInterruptGetInfo(DriverGlobals& globals, WDFINTERRUPT Interrupt, PWDF_INTERRUPT_INFO Info) {
  wdf::Interrupt* interrupt = FromHandle<wdf::Interrupt>(globals, Interrupt);
  if (Info->Size != sizeof(WDF_INTERRUPT_INFO)) {
    Break(globals, "WdfInterruptGetInfo with a wrong Size was ignored");
    return;
  }
  interrupt->GetInfo(Info);
}

WDFDEVICE WdfInterruptGetDevice(DriverGlobals& globals, WDFINTERRUPT Interrupt) {
  return reinterpret_cast<WDFDEVICE>(FromHandle<wdf::Interrupt>(globals, Interrupt)->owner().handle());
}

void WdfInterruptSetExtendedPolicy(DriverGlobals& globals, WDFINTERRUPT Interrupt, PWDF_INTERRUPT_EXTENDED_POLICY PolicyAndGroup) {
  wdf::Interrupt* interrupt = FromHandle<wdf::Interrupt>(globals, Interrupt);
  const WDF_INTERRUPT_EXTENDED_POLICY& given = *PolicyAndGroup;
  if (given.Size != sizeof(WDF_INTERRUPT_EXTENDED_POLICY) || given.Policy < WdfIrqPolicyMachineDefault ||
      given.Policy > WdfIrqPolicySpreadMessagesAcrossAllProcessors || given.Priority < WdfIrqPriorityUndefined || given.Priority > WdfIrqPriorityHigh) {
    Break(globals, "An interrupt policy with a wrong Size, policy or priority was ignored");
    return;
  }
  if (interrupt->made_in_prepare()) {
    Break(globals, "The policy of an interrupt that was made in EvtDevicePrepareHardware cannot be set; the call was ignored");
    return;
  }
  InterruptPolicy policy;
  policy.set = true;
  policy.policy = given.Policy;
  policy.priority = given.Priority;
  policy.targets = given.TargetProcessorSetAndGroup;
  interrupt->SetPolicy(policy);
}

void WdfInterruptSetPolicy(DriverGlobals& globals, WDFINTERRUPT Interrupt, WDF_INTERRUPT_POLICY Policy, WDF_INTERRUPT_PRIORITY Priority,
                           KAFFINITY TargetProcessorSet) {
  WDF_INTERRUPT_EXTENDED_POLICY extended = {};
  extended.Size = sizeof extended;
  extended.Policy = Policy;
  extended.Priority = Priority;
  extended.TargetProcessorSetAndGroup.Mask = TargetProcessorSet;
  WdfInterruptSetExtendedPolicy(globals, Interrupt, &extended);
}

void WdfInterruptReportActive(DriverGlobals& globals, WDFINTERRUPT Interrupt) { FromHandle<wdf::Interrupt>(globals, Interrupt)->ReportActive(true); }

void WdfInterruptReportInactive(DriverGlobals& globals, WDFINTERRUPT Interrupt) {
  FromHandle<wdf::Interrupt>(globals, Interrupt)->ReportActive(false);
}

}  // namespace ddi
}  // namespace drydock::wdf
