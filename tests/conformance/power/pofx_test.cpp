// The power framework as a driver uses it by itself: each version of the registration, components that depend on others, directed power.
#include <atomic>

#include "sleeper.h"

namespace drydock::test {
namespace {

// A driver's side: writes down what it is told, and answers at once.
struct Client {
  Client(Machine& machine, ULONG version) : machine(machine), version(version) {
    here = this;
    rig.device = machine.AddDevice(CanWake(rig.driver));
    EXPECT_TRUE(rig.device.started());
  }
  ~Client() {
    machine.Run([&] {
      if (handle) PoFxUnregisterDevice(handle);
    });
    here = nullptr;
  }
  template <class Device>
  void Fill(Device& device) {
    device.Version = version;
    device.ComponentActiveConditionCallback = [](PVOID, ULONG component) { here->log.Add("active " + std::to_string(component)); };
    device.ComponentIdleConditionCallback = [](PVOID, ULONG component) {
      here->log.Add("idle " + std::to_string(component));
      PoFxCompleteIdleCondition(here->handle, component);
    };
    device.DevicePowerRequiredCallback = [](PVOID) {
      here->log.Add("required");
      PoFxReportDevicePoweredOn(here->handle);
    };
    device.DevicePowerNotRequiredCallback = [](PVOID) {
      here->log.Add("not required");
      PoFxCompleteDevicePowerNotRequired(here->handle);
    };
  }
  // Two components; with version 2 and 3 the second depends on the first.
  NTSTATUS Register() {
    static PO_FX_COMPONENT_IDLE_STATE f0[1] = {};
    static ULONG providers[1] = {0};
    alignas(16) char room[sizeof(PO_FX_DEVICE_V3) + sizeof(PO_FX_COMPONENT_V2)] = {};
    auto components = [&](auto& device) {
      Fill(device);
      device.ComponentCount = 2;
      for (int i = 0; i < 2; ++i) {
        device.Components[i].IdleStateCount = 1;
        device.Components[i].IdleStates = f0;
      }
    };
    auto depends = [&](auto& device) {
      components(device);
      device.Components[1].ProviderCount = 1;
      device.Components[1].Providers = providers;
    };
    if (version == PO_FX_VERSION_V1) {
      components(*reinterpret_cast<PO_FX_DEVICE_V1*>(room));
    } else if (version == PO_FX_VERSION_V2) {
      depends(*reinterpret_cast<PO_FX_DEVICE_V2*>(room));
    } else {
      auto& device = *reinterpret_cast<PO_FX_DEVICE_V3*>(room);
      depends(device);
      device.DirectedPowerDownCallback = [](PVOID, ULONG) {
        here->log.Add("directed down");
        PoFxCompleteDirectedPowerDown(here->handle);
      };
      device.DirectedPowerUpCallback = [](PVOID, ULONG) { here->log.Add("directed up"); };
      if (change) change(device);
    }
    return PoFxRegisterDevice(rig.device.pdo(), reinterpret_cast<PPO_FX_DEVICE>(room), &handle);
  }
  Lines After(size_t count) {
    EXPECT_TRUE(Until([&] { return log.lines().size() >= count; }));
    SleepMs(2);
    return log.Take();
  }
  static Client* here;
  Machine& machine;
  ULONG version;
  std::function<void(PO_FX_DEVICE_V3&)> change;
  Hooks hooks;
  Rig rig{machine, hooks};
  POHANDLE handle = nullptr;
  Log log;
};
Client* Client::here;

CONFORMANCE(PoFx, EveryVersionOfTheRegistrationIsUnderstood, "ours") {
  for (ULONG version : {PO_FX_VERSION_V1, PO_FX_VERSION_V2, PO_FX_VERSION_V3}) {
    SCOPED_TRACE(version);
    Client client(machine, version);
    machine.Run([&] {
      ASSERT_EQ(S(client.Register()), S(STATUS_SUCCESS));
      PoFxActivateComponent(client.handle, 1, PO_FX_FLAG_ASYNC_ONLY);
      PoFxStartDevicePowerManagement(client.handle);
      const bool depends = version != PO_FX_VERSION_V1;
      if (!depends) EXPECT_EQ(client.After(1), Lines{"idle 0"}) << "nobody needs the first";
      PoFxIdleComponent(client.handle, 1, PO_FX_FLAG_ASYNC_ONLY);
      EXPECT_EQ(client.After(depends ? 3 : 2), (depends ? Lines{"idle 1", "idle 0", "not required"} : Lines{"idle 1", "not required"}));
      PoFxActivateComponent(client.handle, 1, PO_FX_FLAG_ASYNC_ONLY);
      EXPECT_EQ(client.After(depends ? 3 : 2), (depends ? Lines{"required", "active 0", "active 1"} : Lines{"required", "active 1"}))
          << "the provider first";
    });
    EXPECT_EQ(machine.DirectPower(client.rig.device, true), version == PO_FX_VERSION_V3 ? S(STATUS_SUCCESS) : S(STATUS_NOT_SUPPORTED));
    EXPECT_EQ(client.log.Take(), version == PO_FX_VERSION_V3 ? Lines{"directed down"} : Lines{});
    if (version == PO_FX_VERSION_V3) {
      EXPECT_EQ(machine.DirectPower(client.rig.device, false), STATUS_SUCCESS);
      machine.Run([&] { EXPECT_EQ(client.After(1), Lines{"directed up"}); });
    }
  }
}

CONFORMANCE(PoFx, AnIdleComponentGoesToTheDeepestStateThatItsDriverAcceptsAndIsInF0BeforeItIsActive, "ours") {
  Client client(machine, PO_FX_VERSION_V3);
  machine.Run([&] {
    client.change = [](PO_FX_DEVICE_V3& device) {
      PO_FX_COMPONENT_IDLE_STATE states[3] = {};  // gone when the registration returns
      states[1].TransitionLatency = 10;
      states[2].TransitionLatency = 100;
      states[1].ResidencyRequirement = 20;
      states[2].ResidencyRequirement = 200;
      device.ComponentCount = 1;
      device.Components[0].IdleStateCount = 3;
      device.Components[0].IdleStates = states;
      device.ComponentIdleStateCallback = [](PVOID, ULONG component, ULONG state) {
        Client::here->log.Add("F" + std::to_string(state));
        PoFxCompleteIdleState(Client::here->handle, component);
      };
      static POHANDLE handle;
      EXPECT_EQ(S(PoFxRegisterDevice(Client::here->rig.device.pdo(), reinterpret_cast<PPO_FX_DEVICE>(&device), &handle)), S(STATUS_SUCCESS));
      Client::here->handle = handle;
      device.Version = 9;  // Register's own attempt is refused
    };
    EXPECT_EQ(S(client.Register()), S(STATUS_INVALID_PARAMETER));
    PoFxSetDeviceIdleTimeout(client.handle, 10ull * 1000 * 1000 * 60);
    PoFxActivateComponent(client.handle, 0, PO_FX_FLAG_ASYNC_ONLY);
    PoFxStartDevicePowerManagement(client.handle);
    PoFxIdleComponent(client.handle, 0, PO_FX_FLAG_ASYNC_ONLY);
    EXPECT_EQ(client.After(2), (Lines{"idle 0", "F2"}));
    PoFxSetComponentLatency(client.handle, 0, 50);
    EXPECT_EQ(client.After(2), (Lines{"F0", "F1"})) << "from one low-power state to another by F0";
    PoFxActivateComponent(client.handle, 0, PO_FX_FLAG_ASYNC_ONLY);
    EXPECT_EQ(client.After(2), (Lines{"F0", "active 0"}));
    PoFxSetComponentResidency(client.handle, 0, 5);
    PoFxIdleComponent(client.handle, 0, PO_FX_FLAG_ASYNC_ONLY);
    EXPECT_EQ(client.After(1), Lines{"idle 0"}) << "too short for any";
    PoFxSetComponentLatency(client.handle, 0, 100);
    PoFxSetComponentResidency(client.handle, 0, ~0ull);
    EXPECT_EQ(client.After(1), Lines{"F2"});
  });
}

CONFORMANCE(PoFx, WrongDescriptionsAreRefused, "ours") {
  Client client(machine, PO_FX_VERSION_V3);
  machine.Run([&] {
    static ULONG itself[1] = {1}, beyond[1] = {7}, twice[2] = {0, 0};
    const std::function<void(PO_FX_DEVICE_V3&)> wrong[] = {
        [](PO_FX_DEVICE_V3& device) { device.Version = 9; },
        [](PO_FX_DEVICE_V3& device) { device.ComponentCount = 0; },
        [](PO_FX_DEVICE_V3& device) { device.Components[0].IdleStateCount = 0; },
        [](PO_FX_DEVICE_V3& device) { device.Components[1].Providers = itself; },
        [](PO_FX_DEVICE_V3& device) { device.Components[1].Providers = beyond; },
        [](PO_FX_DEVICE_V3& device) {
          device.Components[1].Providers = twice;
          device.Components[1].ProviderCount = 2;
        },
        [](PO_FX_DEVICE_V3& device) { device.DirectedPowerUpCallback = nullptr; },
    };
    for (const auto& change : wrong) {
      client.change = change;
      EXPECT_EQ(S(client.Register()), S(STATUS_INVALID_PARAMETER));
    }
    client.change = nullptr;
    EXPECT_EQ(S(client.Register()), S(STATUS_SUCCESS));
    POHANDLE first = client.handle;
    EXPECT_EQ(S(client.Register()), S(STATUS_INVALID_PARAMETER)) << "once per device";
    client.handle = first;
    EXPECT_EQ(S(PoFxSetTargetDripsDevicePowerState(client.handle, PowerDeviceD2)), S(STATUS_SUCCESS));
    PoFxNotifySurprisePowerOn(client.rig.device.pdo());
  });
}

}  // namespace
}  // namespace drydock::test
