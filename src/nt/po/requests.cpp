// Power requests (PoCreatePowerRequest) and the older system state: a driver says that the system or the display should stay up. The machine
// sleeps only when it is told to, so that nothing acts on them; they are counted, and misuse answers as documented.
#include "nt/po/requests.h"

#include <algorithm>

#include "nt/ex/pool.h"
#include "nt/ob/object.h"
#include "nt/po/state.h"
#include "nt/thread.h"

namespace drydock::nt::po {

constexpr size_t kRequestTypes = PowerRequestExecutionRequired + 1;

struct PowerRequestObject {
  DEVICE_OBJECT* device;  // referenced
  uint32_t set[kRequestTypes] = {};  // under the state's lock
};

struct SystemStateObject {
  ULONG flags;
};

void SetInitialSettings(State& state);
void FreeSettingRegistrations(State& state);
void FreeLimitRequests(State& state);

State::State(Kernel& owner) : kernel(owner) {
  KeInitializeEvent(&cooling_idle, SynchronizationEvent, TRUE);
  SetInitialSettings(*this);
}

State::~State() {
  FreeSettingRegistrations(*this);
  FreeLimitRequests(*this);
  for (PowerRequestObject* one : power_requests) delete one;
  for (SystemStateObject* one : system_states) delete one;
}

uint32_t CountPowerRequests(Kernel& kernel, POWER_REQUEST_TYPE type) {
  if (static_cast<size_t>(type) >= kRequestTypes) return 0;
  State& state = *kernel.po;
  rt::LockGuard guard(state.lock);
  uint32_t count = 0;
  for (const PowerRequestObject* one : state.power_requests) count += one->set[type];
  return count;
}

namespace {

NTSTATUS Change(PVOID handle, POWER_REQUEST_TYPE type, bool set) {
  if (static_cast<size_t>(type) >= kRequestTypes) return STATUS_INVALID_PARAMETER;
  State& state = *CurrentKernel().po;
  rt::LockGuard guard(state.lock);
  auto found = std::find(state.power_requests.begin(), state.power_requests.end(), static_cast<PowerRequestObject*>(handle));
  if (found == state.power_requests.end()) return STATUS_INVALID_PARAMETER;
  uint32_t& count = (*found)->set[type];
  if (!set && count == 0) return STATUS_INVALID_PARAMETER;
  count += set ? 1 : static_cast<uint32_t>(-1);
  return STATUS_SUCCESS;
}

}  // namespace
}  // namespace drydock::nt::po

using namespace drydock;
using namespace drydock::nt;

extern "C" {

NTSTATUS PoCreatePowerRequest(PVOID* PowerRequest, PDEVICE_OBJECT DeviceObject, PCOUNTED_REASON_CONTEXT Context) {
  if (!PowerRequest || !DeviceObject || (Context && Context->Version != DIAGNOSTIC_REASON_VERSION)) return STATUS_INVALID_PARAMETER;
  Kernel& kernel = CurrentKernel();
  if (!ex::MayAllocate(kernel, sizeof(po::PowerRequestObject))) return STATUS_INSUFFICIENT_RESOURCES;
  ob::Reference(DeviceObject);
  auto* request = new po::PowerRequestObject{DeviceObject, {}};
  rt::LockGuard guard(kernel.po->lock);
  kernel.po->power_requests.push_back(request);
  *PowerRequest = request;
  return STATUS_SUCCESS;
}

NTSTATUS PoSetPowerRequest(PVOID PowerRequest, POWER_REQUEST_TYPE Type) { return po::Change(PowerRequest, Type, true); }
NTSTATUS PoClearPowerRequest(PVOID PowerRequest, POWER_REQUEST_TYPE Type) { return po::Change(PowerRequest, Type, false); }

VOID PoDeletePowerRequest(PVOID PowerRequest) {
  po::State& state = *CurrentKernel().po;
  auto* request = static_cast<po::PowerRequestObject*>(PowerRequest);
  {
    rt::LockGuard guard(state.lock);
    if (std::erase(state.power_requests, request) == 0) return;
  }
  ob::Dereference(request->device);
  delete request;
}

PVOID PoRegisterSystemState(PVOID StateHandle, EXECUTION_STATE Flags) {
  po::State& state = *CurrentKernel().po;
  rt::LockGuard guard(state.lock);
  auto* object = static_cast<po::SystemStateObject*>(StateHandle);
  if (!object) {
    object = new po::SystemStateObject{};
    state.system_states.push_back(object);
  }
  object->flags = Flags;
  return object;
}

VOID PoUnregisterSystemState(PVOID StateHandle) {
  po::State& state = *CurrentKernel().po;
  auto* object = static_cast<po::SystemStateObject*>(StateHandle);
  rt::LockGuard guard(state.lock);
  if (std::erase(state.system_states, object) != 0) delete object;
}

// Once: the idle timers of the system begin anew. The machine has none.
VOID PoSetSystemState(EXECUTION_STATE Flags) { (void)Flags; }

}  // extern "C"
