// IoConnectInterrupt(Ex), IoDisconnectInterrupt(Ex), IoReportInterruptActive and ...Inactive: interrupts of drivers that do without the framework.
#include <ntddk.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/hal/state.h"
#include "nt/pnp/resources.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

constexpr ULONG kTag = 0x496C6148;  // 'HalI'

hal::InterruptController& Controller() { return CurrentKernel().hal->interrupts; }

NTSTATUS ConnectFully(const IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS& given) {
  hal::ConnectParameters parameters;
  parameters.routine = given.ServiceRoutine;
  parameters.context = given.ServiceContext;
  parameters.lock = given.SpinLock;
  parameters.synchronize_irql = given.SynchronizeIrql;
  parameters.passive = given.SynchronizeIrql == PASSIVE_LEVEL && given.Irql == PASSIVE_LEVEL;
  parameters.share = given.ShareVector;
  parameters.vector = given.Vector;
  return Controller().Connect(parameters, given.InterruptObject);
}

// The interrupt resources that START brought for a device.
std::vector<const CM_PARTIAL_RESOURCE_DESCRIPTOR*> InterruptsOf(PDEVICE_OBJECT pdo, bool message) {
  std::vector<const CM_PARTIAL_RESOURCE_DESCRIPTOR*> found;
  const CM_RESOURCE_LIST* list = pdo ? pnp::TranslatedResourcesOf(pdo) : nullptr;
  if (!list || list->Count == 0) return found;
  const CM_PARTIAL_RESOURCE_LIST& partial = list->List[0].PartialResourceList;
  for (ULONG i = 0; i < partial.Count; ++i) {
    const CM_PARTIAL_RESOURCE_DESCRIPTOR& descriptor = partial.PartialDescriptors[i];
    if (descriptor.Type == CmResourceTypeInterrupt && ((descriptor.Flags & CM_RESOURCE_INTERRUPT_MESSAGE) != 0) == message)
      found.push_back(&descriptor);
  }
  return found;
}

NTSTATUS ConnectLine(PDEVICE_OBJECT pdo, PKINTERRUPT* out, PKSERVICE_ROUTINE routine, PVOID context, PKSPIN_LOCK lock, KIRQL synchronize_irql) {
  *out = nullptr;
  const auto lines = InterruptsOf(pdo, false);
  if (lines.empty()) return STATUS_NOT_FOUND;
  hal::ConnectParameters parameters;
  parameters.routine = routine;
  parameters.context = context;
  parameters.lock = lock;
  parameters.synchronize_irql = synchronize_irql;
  parameters.share = lines[0]->ShareDisposition == CmResourceShareShared;
  parameters.vector = lines[0]->u.Interrupt.Vector;
  return Controller().Connect(parameters, out);
}

void FreeTable(IO_INTERRUPT_MESSAGE_INFO* table) {
  for (ULONG i = 0; i < table->MessageCount; ++i)
    if (table->MessageInfo[i].InterruptObject) Controller().Disconnect(table->MessageInfo[i].InterruptObject);
  ExFreePoolWithTag(table, kTag);
}

// Every message of the device, one connection each, all with one lock at the highest of their levels.
NTSTATUS ConnectMessages(IO_CONNECT_INTERRUPT_PARAMETERS& parameters, bool passive) {
  IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS& given = parameters.MessageBased;
  const auto resources = InterruptsOf(given.PhysicalDeviceObject, true);
  if (resources.empty()) {
    if (!given.FallBackServiceRoutine) return STATUS_NOT_FOUND;
    // The device has a line only: the version tells the driver which it got.
    NTSTATUS status = ConnectLine(given.PhysicalDeviceObject, given.ConnectionContext.InterruptObject, given.FallBackServiceRoutine,
                                  given.ServiceContext, given.SpinLock, given.SynchronizeIrql);
    if (NT_SUCCESS(status)) parameters.Version = CONNECT_LINE_BASED;
    return status;
  }
  *given.ConnectionContext.InterruptMessageTable = nullptr;
  std::vector<std::shared_ptr<hal::Vector>> vectors;
  KIRQL irql = given.SynchronizeIrql;
  for (const CM_PARTIAL_RESOURCE_DESCRIPTOR* resource : resources) {
    // Consecutive vectors that belong to no other resource: one for MSI-X, several for MSI.
    for (ULONG number = resource->u.MessageInterrupt.Translated.Vector;; ++number) {
      auto vector = Controller().Find(number);
      if (!vector || !vector->message || vector->block != resource->u.MessageInterrupt.Translated.Vector) break;
      if (vector->irql > irql) irql = vector->irql;
      vectors.push_back(std::move(vector));
    }
  }
  const size_t bytes = sizeof(IO_INTERRUPT_MESSAGE_INFO) + vectors.size() * sizeof(IO_INTERRUPT_MESSAGE_INFO_ENTRY);
  // The lock of all messages, unless the driver brought its own, lies behind the table.
  auto* table = static_cast<IO_INTERRUPT_MESSAGE_INFO*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes + sizeof(KSPIN_LOCK), kTag));
  if (!table) return STATUS_INSUFFICIENT_RESOURCES;
  auto* lock = given.SpinLock ? given.SpinLock : reinterpret_cast<KSPIN_LOCK*>(reinterpret_cast<char*>(table) + bytes);
  table->UnifiedIrql = passive ? KIRQL{PASSIVE_LEVEL} : irql;
  for (const auto& vector : vectors) {
    IO_INTERRUPT_MESSAGE_INFO_ENTRY& entry = table->MessageInfo[table->MessageCount];
    entry.TargetProcessorSet = KAFFINITY{1} << vector->processor;
    entry.MessageAddress.QuadPart = 0xFEE00000;
    entry.MessageData = vector->number;
    entry.Vector = vector->number;
    entry.Irql = vector->irql;
    entry.Mode = Latched;
    entry.Polarity = InterruptPolarityUnknown;
    hal::ConnectParameters connect;
    connect.message_routine = given.MessageServiceRoutine;
    connect.context = given.ServiceContext;
    connect.message_id = table->MessageCount;
    connect.lock = lock;
    connect.synchronize_irql = irql;
    connect.passive = passive;
    connect.vector = vector->number;
    NTSTATUS status = Controller().Connect(connect, &entry.InterruptObject);
    ++table->MessageCount;
    if (!NT_SUCCESS(status)) {
      FreeTable(table);
      return status;
    }
  }
  *given.ConnectionContext.InterruptMessageTable = table;
  return STATUS_SUCCESS;
}

template <class Action>
void ForEach(const IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS& parameters, Action action) {
  if (parameters.Version != CONNECT_MESSAGE_BASED && parameters.Version != CONNECT_MESSAGE_BASED_PASSIVE) {
    action(parameters.ConnectionContext.InterruptObject);
    return;
  }
  IO_INTERRUPT_MESSAGE_INFO* table = parameters.ConnectionContext.InterruptMessageTable;
  for (ULONG i = 0; i < table->MessageCount; ++i) action(table->MessageInfo[i].InterruptObject);
}

}  // namespace

extern "C" NTSTATUS IoConnectInterrupt(PKINTERRUPT* InterruptObject, PKSERVICE_ROUTINE ServiceRoutine, PVOID ServiceContext, PKSPIN_LOCK SpinLock,
                                       ULONG Vector, KIRQL Irql, KIRQL SynchronizeIrql, KINTERRUPT_MODE InterruptMode, BOOLEAN ShareVector,
                                       KAFFINITY ProcessorEnableMask, BOOLEAN FloatingSave) {
  (void)ProcessorEnableMask;
  (void)FloatingSave;
  *InterruptObject = nullptr;
  auto vector = Controller().Find(Vector);
  if (!vector || vector->irql != Irql || vector->latched != (InterruptMode == Latched)) return STATUS_INVALID_PARAMETER;
  IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS parameters = {};
  parameters.InterruptObject = InterruptObject;
  parameters.ServiceRoutine = ServiceRoutine;
  parameters.ServiceContext = ServiceContext;
  parameters.SpinLock = SpinLock;
  parameters.Vector = Vector;
  parameters.Irql = Irql;
  parameters.SynchronizeIrql = SynchronizeIrql;
  parameters.ShareVector = ShareVector;
  return ConnectFully(parameters);
}

extern "C" VOID IoDisconnectInterrupt(PKINTERRUPT InterruptObject) { Controller().Disconnect(InterruptObject); }

extern "C" NTSTATUS IoConnectInterruptEx(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters) {
  switch (Parameters->Version) {
    case CONNECT_FULLY_SPECIFIED:
    case CONNECT_FULLY_SPECIFIED_GROUP:
      *Parameters->FullySpecified.InterruptObject = nullptr;
      if (Parameters->Version == CONNECT_FULLY_SPECIFIED_GROUP && Parameters->FullySpecified.Group != 0) return STATUS_INVALID_PARAMETER;
      return ConnectFully(Parameters->FullySpecified);
    case CONNECT_LINE_BASED:
      return ConnectLine(Parameters->LineBased.PhysicalDeviceObject, Parameters->LineBased.InterruptObject, Parameters->LineBased.ServiceRoutine,
                         Parameters->LineBased.ServiceContext, Parameters->LineBased.SpinLock, Parameters->LineBased.SynchronizeIrql);
    case CONNECT_MESSAGE_BASED:
      return ConnectMessages(*Parameters, false);
    case CONNECT_MESSAGE_BASED_PASSIVE:
      return ConnectMessages(*Parameters, true);
    default:
      // As documented: the version is set to the highest one that is supported.
      Parameters->Version = CONNECT_CURRENT_VERSION;
      return STATUS_NOT_SUPPORTED;
  }
}

extern "C" VOID IoDisconnectInterruptEx(PIO_DISCONNECT_INTERRUPT_PARAMETERS Parameters) {
  if (Parameters->Version == CONNECT_MESSAGE_BASED || Parameters->Version == CONNECT_MESSAGE_BASED_PASSIVE) {
    FreeTable(Parameters->ConnectionContext.InterruptMessageTable);
    return;
  }
  Controller().Disconnect(Parameters->ConnectionContext.InterruptObject);
}

extern "C" VOID IoReportInterruptActive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters) {
  ForEach(*Parameters, [](PKINTERRUPT interrupt) { Controller().SetActive(interrupt, true); });
}

extern "C" VOID IoReportInterruptInactive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters) {
  ForEach(*Parameters, [](PKINTERRUPT interrupt) { Controller().SetActive(interrupt, false); });
}
