// The power framework: devices whose time-out the system manages.
// How:     each registration has a pump: one worker at a time compares what is referenced with what the driver was told, and makes the next callback.
//          Callbacks run at PASSIVE_LEVEL, one at a time per device, never inside the call that caused them.
//   F1  a component without references is told idle; when all are, and the device's idle time-out has passed, power is not required.
//   F3  a component that has references has one on each of its providers (version 2): they are active before it, and idle after it.
//   F4  an idle component goes to the deepest of its F-states whose latency and residency its driver accepts, from one such state to another by F0; it is in
//       F0 before it is active.
//   F2  a reference on a component of such a device first makes power required; the component is active when the driver has reported power.
// Source:  public documentation of the PoFx functions; S11, PWR-76, PWR-77.
#include "nt/po/pofx.h"

#include <memory>
#include <type_traits>
#include <vector>

#include "nt/driver_callback.h"
#include "nt/ex/pool.h"
#include "nt/kernel.h"
#include "nt/pnp/node.h"
#include "nt/pnp/state.h"
#include "nt/thread.h"
#include "runtime/lock.h"

namespace drydock::nt::po {

struct FxComponent {
  uint32_t references = 0;      // the driver's, and those of components that depend on it
  std::vector<ULONG> providers;
  bool active = true;           // as the driver was told
  bool idle_unanswered = false;
  std::vector<PO_FX_COMPONENT_IDLE_STATE> states;
  ULONG state = 0;               // as the driver was told
  bool state_unanswered = false;
  ULONGLONG latency = ~ULONGLONG{0}, residency = ~ULONGLONG{0};  // what the driver accepts; what it foresees
};

// F4.
ULONG DeepestState(const FxComponent& component) {
  for (size_t i = component.states.size(); i-- > 1;)
    if (component.states[i].TransitionLatency <= component.latency && component.states[i].ResidencyRequirement <= component.residency)
      return static_cast<ULONG>(i);
  return 0;
}

struct FxDevice {
  DEVICE_OBJECT* pdo = nullptr;
  PO_FX_DEVICE_V3 callbacks = {};  // without components
  rt::Lock lock;
  std::vector<FxComponent> components RT_GUARDED_BY(lock);
  bool started RT_GUARDED_BY(lock) = false;
  bool ended RT_GUARDED_BY(lock) = false;
  bool required RT_GUARDED_BY(lock) = true;
  bool awaits_power RT_GUARDED_BY(lock) = false;       // PoFxReportDevicePoweredOn
  bool awaits_no_power RT_GUARDED_BY(lock) = false;    // PoFxCompleteDevicePowerNotRequired
  bool waited RT_GUARDED_BY(lock) = false;             // the idle time-out has passed
  bool timer_set RT_GUARDED_BY(lock) = false;
  bool directed RT_GUARDED_BY(lock) = false;           // wanted down by the system
  bool directed_told RT_GUARDED_BY(lock) = false;
  bool pumping RT_GUARDED_BY(lock) = false;
  bool again RT_GUARDED_BY(lock) = false;
  ULONGLONG idle_timeout RT_GUARDED_BY(lock) = 0;
  KTIMER timer = {};
  KDPC dpc = {};
  KEVENT still = {};        // no pump runs
  KEVENT directed_done = {};
  WORK_QUEUE_ITEM item = {};
};

namespace {

FxDevice& Of(POHANDLE handle) { return *reinterpret_cast<FxDevice*>(handle); }

enum class Step : uint8_t { kNone, kRequired, kActive, kIdle, kState, kNotRequired, kTimer, kDirectedDown, kDirectedUp };

// What is due next; the state says that it was done.
Step Next(FxDevice& device, ULONG* component) RT_REQUIRES(device.lock) {
  if (device.ended) return Step::kNone;
  if (device.directed != device.directed_told) {
    device.directed_told = device.directed;
    return device.directed ? Step::kDirectedDown : Step::kDirectedUp;
  }
  bool wanted = false, idle = true;
  for (const FxComponent& each : device.components) {
    wanted = wanted || each.references > 0;
    idle = idle && !each.active && !each.idle_unanswered && !each.state_unanswered;
  }
  if (wanted && !device.required && !device.awaits_no_power) {
    device.required = device.awaits_power = true;
    return Step::kRequired;
  }
  for (size_t i = 0; i < device.components.size(); ++i) {
    FxComponent& each = device.components[i];
    *component = static_cast<ULONG>(i);
    bool providers_up = true, dependents_down = true;  // F3
    for (ULONG provider : each.providers) providers_up = providers_up && device.components[provider].active;
    for (const FxComponent& other : device.components) {
      if (!other.active && !other.idle_unanswered) continue;
      for (ULONG provider : other.providers) dependents_down = dependents_down && provider != i;
    }
    if (each.references > 0 && !each.active && !each.idle_unanswered && providers_up && device.required && !device.awaits_power) {
      if (each.state_unanswered) continue;
      if (each.state != 0) {
        each.state = 0;
        each.state_unanswered = true;
        return Step::kState;
      }
      each.active = true;
      return Step::kActive;
    }
    if (each.references == 0 && each.active && dependents_down && device.started && !device.awaits_power) {
      each.active = false;
      each.idle_unanswered = true;
      return Step::kIdle;
    }
    if (each.references == 0 && !each.active && !each.idle_unanswered && !each.state_unanswered && device.required && !device.awaits_power) {
      const ULONG state = DeepestState(each);
      if (state == each.state) continue;
      each.state = each.state == 0 ? state : 0;
      each.state_unanswered = true;
      return Step::kState;
    }
  }
  if (wanted || !idle || !device.required || device.awaits_power || !device.started) {
    device.waited = false;
    return Step::kNone;
  }
  if (!device.waited && device.idle_timeout != 0) {
    if (device.timer_set) return Step::kNone;
    device.timer_set = true;
    return Step::kTimer;
  }
  device.waited = device.required = false;
  device.awaits_no_power = true;
  return Step::kNotRequired;
}

void Pump(FxDevice& device) {
  const PO_FX_DEVICE_V3& driver = device.callbacks;
  for (;;) {
    ULONG component = 0, state = 0;
    Step step;
    ULONGLONG timeout;
    {
      rt::LockGuard guard(device.lock);
      step = Next(device, &component);
      timeout = device.idle_timeout;
      if (step == Step::kState) state = device.components[component].state;
      if (step == Step::kNone) {
        device.pumping = false;
        break;
      }
    }
    switch (step) {
      case Step::kRequired:
        if (driver.DevicePowerRequiredCallback) {
          CallDriver("DevicePowerRequiredCallback", driver.DevicePowerRequiredCallback, driver.DeviceContext);
        } else {
          PoFxReportDevicePoweredOn(reinterpret_cast<POHANDLE>(&device));
        }
        break;
      case Step::kActive:
        if (driver.ComponentActiveConditionCallback) {
          CallDriver("ComponentActiveConditionCallback", driver.ComponentActiveConditionCallback, driver.DeviceContext, component);
        }
        break;
      case Step::kIdle:
        if (driver.ComponentIdleConditionCallback) {
          CallDriver("ComponentIdleConditionCallback", driver.ComponentIdleConditionCallback, driver.DeviceContext, component);
        } else {
          PoFxCompleteIdleCondition(reinterpret_cast<POHANDLE>(&device), component);
        }
        break;
      case Step::kState:
        if (driver.ComponentIdleStateCallback) {
          CallDriver("ComponentIdleStateCallback", driver.ComponentIdleStateCallback, driver.DeviceContext, component, state);
        } else {
          PoFxCompleteIdleState(reinterpret_cast<POHANDLE>(&device), component);
        }
        break;
      case Step::kNotRequired:
        if (driver.DevicePowerNotRequiredCallback) {
          CallDriver("DevicePowerNotRequiredCallback", driver.DevicePowerNotRequiredCallback, driver.DeviceContext);
        } else {
          PoFxCompleteDevicePowerNotRequired(reinterpret_cast<POHANDLE>(&device));
        }
        break;
      case Step::kTimer: {
        LARGE_INTEGER due;
        due.QuadPart = -static_cast<LONGLONG>(timeout);
        KeSetTimer(&device.timer, due, &device.dpc);
        break;
      }
      case Step::kDirectedDown: CallDriver("DirectedPowerDownCallback", driver.DirectedPowerDownCallback, driver.DeviceContext, ULONG{0}); break;
      case Step::kDirectedUp: CallDriver("DirectedPowerUpCallback", driver.DirectedPowerUpCallback, driver.DeviceContext, ULONG{0}); break;
      case Step::kNone: break;
    }
  }
  KeSetEvent(&device.still, IO_NO_INCREMENT, FALSE);
}

// Something changed: the pump looks again.
void Kick(FxDevice& device) {
  {
    rt::LockGuard guard(device.lock);
    if (device.pumping || device.ended) return;
    device.pumping = true;
  }
  KeClearEvent(&device.still);
  ExInitializeWorkItem(
      &device.item, [](PVOID context) { Pump(*static_cast<FxDevice*>(context)); }, &device);
  ExQueueWorkItem(&device.item, DelayedWorkQueue);
}

VOID NTAPI TimeIsUp(PKDPC, PVOID context, PVOID, PVOID) {
  auto& device = *static_cast<FxDevice*>(context);
  {
    rt::LockGuard guard(device.lock);
    device.timer_set = false;
    device.waited = true;
  }
  Kick(device);
}

// F3.
void Reference(FxDevice& device, ULONG component) RT_REQUIRES(device.lock) {
  FxComponent& each = device.components[component];
  if (each.references++ > 0) return;
  for (ULONG provider : each.providers) Reference(device, provider);
}

void Dereference(FxDevice& device, ULONG component) RT_REQUIRES(device.lock) {
  FxComponent& each = device.components[component];
  if (each.references == 0 || --each.references > 0) return;
  for (ULONG provider : each.providers) Dereference(device, provider);
}

// Providers are other components, each once, and nobody depends on itself; at most four deep.
bool SoundGraph(const std::vector<FxComponent>& components, ULONG from, int depth) {
  if (depth > 4) return false;
  const std::vector<ULONG>& providers = components[from].providers;
  for (size_t i = 0; i < providers.size(); ++i) {
    for (size_t j = 0; j < i; ++j)
      if (providers[i] == providers[j]) return false;
    if (providers[i] >= components.size() || !SoundGraph(components, providers[i], depth + 1)) return false;
  }
  return true;
}

// The driver's description, whatever its version, as version 3.
template <class Versioned>
NTSTATUS Describe(const Versioned& device, PO_FX_DEVICE_V3* kept, std::vector<FxComponent>* components) {
  kept->ComponentActiveConditionCallback = device.ComponentActiveConditionCallback;
  kept->ComponentIdleConditionCallback = device.ComponentIdleConditionCallback;
  kept->ComponentIdleStateCallback = device.ComponentIdleStateCallback;
  kept->DevicePowerRequiredCallback = device.DevicePowerRequiredCallback;
  kept->DevicePowerNotRequiredCallback = device.DevicePowerNotRequiredCallback;
  kept->PowerControlCallback = device.PowerControlCallback;
  kept->DeviceContext = device.DeviceContext;
  components->resize(device.ComponentCount);
  for (ULONG i = 0; i < device.ComponentCount; ++i) {
    const auto& component = device.Components[i];
    if (component.IdleStateCount == 0 || !component.IdleStates) return STATUS_INVALID_PARAMETER;
    (*components)[i].states.assign(component.IdleStates, component.IdleStates + component.IdleStateCount);
    if constexpr (!std::is_same_v<Versioned, PO_FX_DEVICE_V1>) {
      if (component.ProviderCount) (*components)[i].providers.assign(component.Providers, component.Providers + component.ProviderCount);
    }
  }
  for (ULONG i = 0; i < device.ComponentCount; ++i) {
    if (!SoundGraph(*components, i, 1)) return STATUS_INVALID_PARAMETER;
  }
  return device.ComponentCount ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

template <class Change>
void Change_(POHANDLE handle, Change change) {
  FxDevice& device = Of(handle);
  {
    rt::LockGuard guard(device.lock);
    change(device);
  }
  Kick(device);
}

}  // namespace

NTSTATUS Directed(DEVICE_OBJECT* pdo, bool down) {
  pnp::DeviceNode* node = pnp::NodeOf(pdo);
  auto* device = node ? static_cast<FxDevice*>(node->power_framework.load()) : nullptr;
  if (!device || !device->callbacks.DirectedPowerDownCallback) return STATUS_NOT_SUPPORTED;
  KeClearEvent(&device->directed_done);
  {
    rt::LockGuard guard(device->lock);
    if (device->directed == down) return STATUS_SUCCESS;
    device->directed = down;
  }
  Kick(*device);
  if (down) KeWaitForSingleObject(&device->directed_done, Executive, KernelMode, FALSE, nullptr);
  return STATUS_SUCCESS;
}

}  // namespace drydock::nt::po

using namespace drydock::nt;
using namespace drydock::nt::po;

extern "C" {

NTSTATUS NTAPI PoFxRegisterDevice(PDEVICE_OBJECT Pdo, PPO_FX_DEVICE Device, POHANDLE* Handle) {
  if (!Pdo || !Device || !Handle) return STATUS_INVALID_PARAMETER;
  pnp::DeviceNode* node = pnp::NodeOf(Pdo);
  if (!node) return STATUS_INVALID_PARAMETER;
  if (!ex::MayAllocate(CurrentKernel(), sizeof(FxDevice))) return STATUS_INSUFFICIENT_RESOURCES;
  auto device = std::make_unique<FxDevice>();
  device->pdo = Pdo;
  PO_FX_DEVICE_V3& kept = device->callbacks;
  std::vector<FxComponent> components;
  NTSTATUS status;
  switch (Device->Version) {
    case PO_FX_VERSION_V1: status = Describe(*reinterpret_cast<PO_FX_DEVICE_V1*>(Device), &kept, &components); break;
    case PO_FX_VERSION_V2: status = Describe(*reinterpret_cast<PO_FX_DEVICE_V2*>(Device), &kept, &components); break;
    case PO_FX_VERSION_V3: {
      auto& directed = *reinterpret_cast<PO_FX_DEVICE_V3*>(Device);
      status = Describe(directed, &kept, &components);
      // The two come together.
      if (!directed.DirectedPowerUpCallback != !directed.DirectedPowerDownCallback) status = STATUS_INVALID_PARAMETER;
      kept.DirectedPowerUpCallback = directed.DirectedPowerUpCallback;
      kept.DirectedPowerDownCallback = directed.DirectedPowerDownCallback;
      break;
    }
    default: status = STATUS_INVALID_PARAMETER;
  }
  if (!NT_SUCCESS(status)) return status;
  {
    drydock::rt::LockGuard guard(device->lock);
    device->components = std::move(components);
  }
  KeInitializeTimerEx(&device->timer, NotificationTimer);
  KeInitializeDpc(&device->dpc, TimeIsUp, device.get());
  KeInitializeEvent(&device->still, NotificationEvent, TRUE);
  KeInitializeEvent(&device->directed_done, NotificationEvent, FALSE);
  void* none = nullptr;
  if (!node->power_framework.compare_exchange_strong(none, device.get())) return STATUS_INVALID_PARAMETER;  // one registration per device
  *Handle = reinterpret_cast<POHANDLE>(device.release());
  return STATUS_SUCCESS;
}

VOID NTAPI PoFxUnregisterDevice(POHANDLE Handle) {
  FxDevice& device = Of(Handle);
  {
    drydock::rt::LockGuard guard(device.lock);
    device.ended = true;
  }
  KeCancelTimer(&device.timer);
  KeFlushQueuedDpcs();
  KeWaitForSingleObject(&device.still, Executive, KernelMode, FALSE, nullptr);
  if (pnp::DeviceNode* node = pnp::NodeOf(device.pdo)) node->power_framework = nullptr;
  delete &device;
}

VOID NTAPI PoFxStartDevicePowerManagement(POHANDLE Handle) {
  Change_(Handle, [](FxDevice& device) { device.started = true; });
}

VOID NTAPI PoFxActivateComponent(POHANDLE Handle, ULONG Component, ULONG) {
  Change_(Handle, [&](FxDevice& device) {
    Reference(device, Component);
    device.waited = false;
  });
}

VOID NTAPI PoFxIdleComponent(POHANDLE Handle, ULONG Component, ULONG) {
  Change_(Handle, [&](FxDevice& device) { Dereference(device, Component); });
}

VOID NTAPI PoFxCompleteIdleCondition(POHANDLE Handle, ULONG Component) {
  Change_(Handle, [&](FxDevice& device) { device.components[Component].idle_unanswered = false; });
}

VOID NTAPI PoFxCompleteIdleState(POHANDLE Handle, ULONG Component) {
  Change_(Handle, [&](FxDevice& device) { device.components[Component].state_unanswered = false; });
}

VOID NTAPI PoFxReportDevicePoweredOn(POHANDLE Handle) {
  Change_(Handle, [](FxDevice& device) { device.awaits_power = false; });
}

VOID NTAPI PoFxCompleteDevicePowerNotRequired(POHANDLE Handle) {
  Change_(Handle, [](FxDevice& device) { device.awaits_no_power = false; });
}

VOID NTAPI PoFxCompleteDirectedPowerDown(POHANDLE Handle) { KeSetEvent(&Of(Handle).directed_done, IO_NO_INCREMENT, FALSE); }

// What shares a supply with a device that came up: nothing to put back, since models lose no state.
VOID NTAPI PoFxNotifySurprisePowerOn(PDEVICE_OBJECT) {}

// A hint for a power engine, of which there is none.
NTSTATUS NTAPI PoFxSetTargetDripsDevicePowerState(POHANDLE, DEVICE_POWER_STATE TargetState) {
  return TargetState <= PowerDeviceD3 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

VOID NTAPI PoFxSetDeviceIdleTimeout(POHANDLE Handle, ULONGLONG IdleTimeout) {
  Change_(Handle, [&](FxDevice& device) { device.idle_timeout = IdleTimeout; });
}

VOID NTAPI PoFxSetComponentLatency(POHANDLE Handle, ULONG Component, ULONGLONG Latency) {
  Change_(Handle, [&](FxDevice& device) { device.components[Component].latency = Latency; });
}

VOID NTAPI PoFxSetComponentResidency(POHANDLE Handle, ULONG Component, ULONGLONG Residency) {
  Change_(Handle, [&](FxDevice& device) { device.components[Component].residency = Residency; });
}

VOID NTAPI PoFxSetComponentWake(POHANDLE, ULONG, BOOLEAN) {}

// There is no power engine below.
NTSTATUS NTAPI PoFxPowerControl(POHANDLE, LPCGUID, PVOID, SIZE_T, PVOID, SIZE_T, PSIZE_T BytesReturned) {
  if (BytesReturned) *BytesReturned = 0;
  return STATUS_NOT_SUPPORTED;
}

}  // extern "C"
