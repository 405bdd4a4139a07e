// Power limit and thermal requests: a policy driver names a device, whose driver offers the interface that keeps to it. IRQL: PASSIVE_LEVEL.
// Thermal:  several requests may be there for one device; its driver hears of the strongest, and only when that changes.
#include <algorithm>
#include <cstring>

#include "nt/driver_callback.h"
#include "nt/ex/pool.h"
#include "nt/io/irp.h"
#include "nt/io/sync_irp.h"
#include "nt/ob/object.h"
#include "nt/po/query_interface.h"
#include "nt/po/state.h"
#include "nt/thread.h"
#include "poclass.h"

namespace drydock::nt::po {

NTSTATUS QueryInterface(DEVICE_OBJECT* device, const GUID& type, USHORT size, USHORT version, INTERFACE* interface) {
  DEVICE_OBJECT* top = IoGetAttachedDeviceReference(device);
  IRP* irp = io::NewSystemIrp(top, IRP_MJ_PNP, IRP_MN_QUERY_INTERFACE);
  if (!irp) {
    ob::Dereference(top);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  auto& parameters = IoGetNextIrpStackLocation(irp)->Parameters.QueryInterface;
  parameters.InterfaceType = &type;
  parameters.Size = size;
  parameters.Version = version;
  parameters.Interface = interface;
  parameters.InterfaceSpecificData = nullptr;
  io::SendAndWait(top, irp);
  const NTSTATUS status = irp->IoStatus.Status;
  io::FreeIrp(irp);
  ob::Dereference(top);
  return status;
}

struct LimitRequest {
  DEVICE_OBJECT* target;  // referenced, as is the policy's
  DEVICE_OBJECT* policy;
  POWER_LIMIT_INTERFACE interface;
};

struct ThermalRequest {
  DEVICE_OBJECT* target;  // referenced, as is the policy's
  DEVICE_OBJECT* policy;
  THERMAL_COOLING_INTERFACE interface;
  UCHAR throttle = 100;   // per cent of full speed that is left
  BOOLEAN engaged = FALSE;
};

namespace {

constexpr GUID kPowerLimit = {0x3b96f4f2, 0xce49, 0x44d1, {0x91, 0xf8, 0x65, 0x2b, 0x81, 0x21, 0xe9, 0x3a}};
constexpr GUID kThermalCooling = {0xecbe47a8, 0xc498, 0x4bb9, {0xbd, 0x70, 0xe8, 0x67, 0xe0, 0x94, 0x0d, 0x22}};

template <class Request>
NTSTATUS Create(const GUID& type, USHORT version, DEVICE_OBJECT* target, DEVICE_OBJECT* policy, std::vector<Request*> State::* list, PVOID* out) {
  if (!out || !target || !policy) return STATUS_INVALID_PARAMETER;
  *out = nullptr;
  Kernel& kernel = CurrentKernel();
  if (!ex::MayAllocate(kernel, sizeof(Request))) return STATUS_INSUFFICIENT_RESOURCES;
  auto* request = new Request{};
  const NTSTATUS status =
      QueryInterface(target, type, sizeof request->interface, version, reinterpret_cast<INTERFACE*>(&request->interface));
  if (!NT_SUCCESS(status)) {
    delete request;
    return status;
  }
  ob::Reference(target);
  ob::Reference(policy);
  request->target = target;
  request->policy = policy;
  State& state = *kernel.po;
  rt::LockGuard guard(state.lock);
  (state.*list).push_back(request);
  *out = request;
  return STATUS_SUCCESS;
}

template <class Request>
bool Take(State& state, std::vector<Request*> State::* list, Request* request) {
  rt::LockGuard guard(state.lock);
  return std::erase(state.*list, request) != 0;
}

template <class Request>
Request* Find(State& state, std::vector<Request*> State::* list, PVOID handle) {
  rt::LockGuard guard(state.lock);
  auto found = std::find(std::begin(state.*list), std::end(state.*list), static_cast<Request*>(handle));
  return found == std::end(state.*list) ? nullptr : *found;
}

template <class Request>
void Free(Request* request) {
  if (request->interface.InterfaceDereference)
    CallDriver("PINTERFACE_DEREFERENCE", request->interface.InterfaceDereference, request->interface.Context);
  ob::Dereference(request->target);
  ob::Dereference(request->policy);
  delete request;
}

// The strongest wish of all requests for the device.
struct Cooling {
  UCHAR throttle = 100;
  BOOLEAN engaged = FALSE;
};
Cooling CoolingOf(State& state, DEVICE_OBJECT* target) {
  Cooling strongest;
  rt::LockGuard guard(state.lock);
  for (const ThermalRequest* one : state.thermal_requests) {
    if (one->target != target) continue;
    strongest.throttle = std::min(strongest.throttle, one->throttle);
    strongest.engaged |= one->engaged;
  }
  return strongest;
}

// Changes what `request` wishes (`change` runs under the lock) and tells the driver if the device's strongest wish is another one now.
template <class Change>
void ChangeCooling(State& state, ThermalRequest* request, Change change) {
  KeWaitForSingleObject(&state.cooling_idle, Executive, KernelMode, FALSE, nullptr);
  const Cooling before = CoolingOf(state, request->target);
  {
    rt::LockGuard guard(state.lock);
    change();
  }
  const Cooling now = CoolingOf(state, request->target);
  if (now.throttle != before.throttle && request->interface.PassiveCooling)
    CallDriver("DEVICE_PASSIVE_COOLING", request->interface.PassiveCooling, request->interface.Context, static_cast<ULONG>(now.throttle));
  if (now.engaged != before.engaged && request->interface.ActiveCooling)
    CallDriver("DEVICE_ACTIVE_COOLING", request->interface.ActiveCooling, request->interface.Context, now.engaged);
  KeSetEvent(&state.cooling_idle, IO_NO_INCREMENT, FALSE);
}

}  // namespace

NTSTATUS Cool(DEVICE_OBJECT* device, int engaged, int percent) {
  THERMAL_COOLING_INTERFACE interface{};
  NTSTATUS status = QueryInterface(device, kThermalCooling, sizeof interface, THERMAL_COOLING_INTERFACE_VERSION, reinterpret_cast<INTERFACE*>(&interface));
  if (!NT_SUCCESS(status)) return status;
  const bool active = (interface.Flags & ThermalDeviceFlagActiveCooling) && interface.ActiveCooling;
  const bool passive = (interface.Flags & ThermalDeviceFlagPassiveCooling) && interface.PassiveCooling;
  if ((engaged >= 0 && !active) || (percent >= 0 && !passive)) status = STATUS_NOT_SUPPORTED;
  else if (engaged >= 0) CallDriver("DEVICE_ACTIVE_COOLING", interface.ActiveCooling, interface.Context, static_cast<BOOLEAN>(engaged));
  else if (percent >= 0) CallDriver("DEVICE_PASSIVE_COOLING", interface.PassiveCooling, interface.Context, static_cast<ULONG>(percent));
  if (interface.InterfaceDereference) CallDriver("PINTERFACE_DEREFERENCE", interface.InterfaceDereference, interface.Context);
  return status;
}

// At the machine's end, when no driver is left to be told.
void FreeLimitRequests(State& state) {
  std::vector<LimitRequest*> limits;
  std::vector<ThermalRequest*> thermal;
  {
    rt::LockGuard guard(state.lock);
    limits.swap(state.limit_requests);
    thermal.swap(state.thermal_requests);
  }
  for (LimitRequest* one : limits) delete one;
  for (ThermalRequest* one : thermal) delete one;
}

}  // namespace drydock::nt::po

using namespace drydock;
using namespace drydock::nt;

extern "C" {

NTSTATUS PoCreatePowerLimitRequest(PVOID* PowerLimitRequest, PDEVICE_OBJECT TargetDeviceObject, PDEVICE_OBJECT PolicyDeviceObject,
                                   PCOUNTED_REASON_CONTEXT Context) {
  if (!Context) return STATUS_INVALID_PARAMETER;
  return po::Create<po::LimitRequest>(po::kPowerLimit, POWER_LIMIT_INTERFACE_VERSION, TargetDeviceObject, PolicyDeviceObject,
                                      &po::State::limit_requests, PowerLimitRequest);
}

// With too little room it tells how many attributes there are.
NTSTATUS PoQueryPowerLimitAttributes(PVOID PowerLimitRequest, ULONG BufferCount, PPOWER_LIMIT_ATTRIBUTES Buffer, PULONG AttributeCount) {
  po::LimitRequest* request = po::Find(*CurrentKernel().po, &po::State::limit_requests, PowerLimitRequest);
  if (!request || !request->interface.QueryAttributes || (BufferCount != 0 && !Buffer)) return STATUS_INVALID_PARAMETER;
  return CallDriver("QUERY_POWER_LIMIT_ATTRIBUTES", request->interface.QueryAttributes, request->interface.Context, BufferCount,
                    static_cast<PVOID>(Buffer), AttributeCount);
}

NTSTATUS PoQueryPowerLimitValue(PVOID PowerLimitRequest, ULONG ValueCount, PPOWER_LIMIT_VALUE Values) {
  po::LimitRequest* request = po::Find(*CurrentKernel().po, &po::State::limit_requests, PowerLimitRequest);
  if (!request || !request->interface.QueryPowerLimit) return STATUS_INVALID_PARAMETER;
  return CallDriver("QUERY_POWER_LIMIT", request->interface.QueryPowerLimit, request->interface.Context, ValueCount, static_cast<PVOID>(Values));
}

NTSTATUS PoSetPowerLimitValue(PVOID PowerLimitRequest, PCOUNTED_REASON_CONTEXT Reason, ULONG ValueCount, PPOWER_LIMIT_VALUE Values) {
  (void)Reason;  // for the event log
  po::LimitRequest* request = po::Find(*CurrentKernel().po, &po::State::limit_requests, PowerLimitRequest);
  if (!request || !request->interface.SetPowerLimit) return STATUS_INVALID_PARAMETER;
  return CallDriver("SET_POWER_LIMIT", request->interface.SetPowerLimit, request->interface.Context, ValueCount, static_cast<PVOID>(Values));
}

VOID PoDeletePowerLimitRequest(PVOID PowerLimitRequest) {
  auto* request = static_cast<po::LimitRequest*>(PowerLimitRequest);
  if (request && po::Take(*CurrentKernel().po, &po::State::limit_requests, request)) po::Free(request);
}

NTSTATUS PoCreateThermalRequest(PVOID* ThermalRequest, PDEVICE_OBJECT TargetDeviceObject, PDEVICE_OBJECT PolicyDeviceObject,
                                PCOUNTED_REASON_CONTEXT Context, ULONG Flags) {
  if (!Context || Flags != 0) return STATUS_INVALID_PARAMETER;
  return po::Create<po::ThermalRequest>(po::kThermalCooling, THERMAL_COOLING_INTERFACE_VERSION, TargetDeviceObject, PolicyDeviceObject,
                                        &po::State::thermal_requests, ThermalRequest);
}

BOOLEAN PoGetThermalRequestSupport(PVOID ThermalRequest, PO_THERMAL_REQUEST_TYPE Type) {
  po::ThermalRequest* request = po::Find(*CurrentKernel().po, &po::State::thermal_requests, ThermalRequest);
  if (!request) return FALSE;
  return Type == PoThermalRequestPassive ? request->interface.PassiveCooling != nullptr
         : Type == PoThermalRequestActive ? request->interface.ActiveCooling != nullptr
                                          : FALSE;
}

NTSTATUS PoSetThermalPassiveCooling(PVOID ThermalRequest, UCHAR Throttle) {
  po::State& state = *CurrentKernel().po;
  po::ThermalRequest* request = po::Find(state, &po::State::thermal_requests, ThermalRequest);
  if (!request || Throttle > 100) return STATUS_INVALID_PARAMETER;
  if (!request->interface.PassiveCooling) return STATUS_NOT_SUPPORTED;
  po::ChangeCooling(state, request, [&] { request->throttle = Throttle; });
  return STATUS_SUCCESS;
}

NTSTATUS PoSetThermalActiveCooling(PVOID ThermalRequest, BOOLEAN Engaged) {
  po::State& state = *CurrentKernel().po;
  po::ThermalRequest* request = po::Find(state, &po::State::thermal_requests, ThermalRequest);
  if (!request) return STATUS_INVALID_PARAMETER;
  if (!request->interface.ActiveCooling) return STATUS_NOT_SUPPORTED;
  po::ChangeCooling(state, request, [&] { request->engaged = Engaged ? TRUE : FALSE; });
  return STATUS_SUCCESS;
}

VOID PoDeleteThermalRequest(PVOID ThermalRequest) {
  po::State& state = *CurrentKernel().po;
  po::ThermalRequest* request = po::Find(state, &po::State::thermal_requests, ThermalRequest);
  if (!request) return;
  po::ChangeCooling(state, request, [&] {
    request->throttle = 100;
    request->engaged = FALSE;
  });
  if (po::Take(state, &po::State::thermal_requests, request)) po::Free(request);
}

}  // extern "C"
