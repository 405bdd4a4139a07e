// Power settings: who is told what, when and where; requests that the system stays up; devices that cool and keep to limits.
#include "nt/po/query_interface.h"
#include "nt/po/settings.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "nt/po/requests.h"
#include "nt/testing/kernel_fixture.h"
#include "nt/testing/wdm_driver.h"
#include "poclass.h"

namespace drydock::nt {
namespace {

constexpr GUID kPowerSource = {0x5d3e9a59, 0xe9d5, 0x4b00, {0xa6, 0xbd, 0xff, 0x34, 0xff, 0x51, 0x65, 0x48}};
constexpr GUID kOwn = {0x11111111, 0x2222, 0x3333, {1, 2, 3, 4, 5, 6, 7, 8}};
constexpr GUID kLimit = {0x3b96f4f2, 0xce49, 0x44d1, {0x91, 0xf8, 0x65, 0x2b, 0x81, 0x21, 0xe9, 0x3a}};
constexpr GUID kCooling = {0xecbe47a8, 0xc498, 0x4bb9, {0xbd, 0x70, 0xe8, 0x67, 0xe0, 0x94, 0x0d, 0x22}};

std::string Dword(uint32_t value) { return std::string(reinterpret_cast<const char*>(&value), sizeof value); }

// What a registration heard; KEVENTs tell the test when.
struct Heard {
  rt::Lock lock;
  std::vector<uint32_t> values RT_GUARDED_BY(lock);
  KEVENT told;
  KEVENT enter, leave;   // when `block` is set
  bool block = false;
  bool unregister = false;
  void* handle = nullptr;
  NTSTATUS unregistered = STATUS_PENDING;
  KIRQL irql = HIGH_LEVEL;
  bool system = false;

  Heard() {
    KeInitializeEvent(&told, SynchronizationEvent, FALSE);
    KeInitializeEvent(&enter, NotificationEvent, FALSE);
    KeInitializeEvent(&leave, NotificationEvent, FALSE);
  }
  std::vector<uint32_t> Values() {
    rt::LockGuard guard(lock);
    return values;
  }
  void Wait() { KeWaitForSingleObject(&told, Executive, KernelMode, FALSE, nullptr); }
};

NTSTATUS Hear(LPCGUID, PVOID value, ULONG length, PVOID context) {
  auto& heard = *static_cast<Heard*>(context);
  uint32_t number = 0;
  std::memcpy(&number, value, std::min<size_t>(length, sizeof number));
  {
    rt::LockGuard guard(heard.lock);
    heard.values.push_back(number);
  }
  heard.irql = KeGetCurrentIrql();
  heard.system = PsIsSystemThread(PsGetCurrentThread());
  if (heard.block) {
    KeSetEvent(&heard.enter, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&heard.leave, Executive, KernelMode, FALSE, nullptr);
  }
  if (heard.unregister) heard.unregistered = PoUnregisterPowerSettingCallback(heard.handle);
  KeSetEvent(&heard.told, IO_NO_INCREMENT, FALSE);
  return STATUS_SUCCESS;
}

class PowerSettings : public testing::BothExecutors {};
DRYDOCK_BOTH_EXECUTORS(PowerSettings);

TEST_P(PowerSettings, TheCurrentValueIsToldAtRegistrationOnASystemThreadAtPassiveLevelAndEachChangeAfterIt) {
  Heard heard;
  ASSERT_EQ(PoRegisterPowerSettingCallback(nullptr, &kPowerSource, Hear, &heard, &heard.handle), STATUS_SUCCESS);
  heard.Wait();
  EXPECT_EQ(heard.irql, PASSIVE_LEVEL);
  EXPECT_TRUE(heard.system);
  po::SetSetting(*kernel_, kPowerSource, Dword(PoDc));
  heard.Wait();
  po::SetSetting(*kernel_, kPowerSource, Dword(PoDc));  // no change
  po::SetSetting(*kernel_, kPowerSource, Dword(PoAc));
  heard.Wait();
  EXPECT_EQ(heard.Values(), (std::vector<uint32_t>{PoAc, PoDc, PoAc}));
  EXPECT_EQ(PoUnregisterPowerSettingCallback(heard.handle), STATUS_SUCCESS);
}

TEST_P(PowerSettings, ASettingWithoutAValueIsToldWhenItGetsOne) {
  Heard heard;
  ASSERT_EQ(PoRegisterPowerSettingCallback(nullptr, &kOwn, Hear, &heard, &heard.handle), STATUS_SUCCESS);
  po::SetSetting(*kernel_, kPowerSource, Dword(PoDc));  // another one
  po::SetSetting(*kernel_, kOwn, Dword(42));
  heard.Wait();
  EXPECT_EQ(heard.Values(), (std::vector<uint32_t>{42}));
  EXPECT_EQ(PoUnregisterPowerSettingCallback(heard.handle), STATUS_SUCCESS);
  EXPECT_EQ(PoUnregisterPowerSettingCallback(heard.handle), STATUS_INVALID_PARAMETER);
}

TEST_P(PowerSettings, UnregisteringWaitsForTheCallbackThatRunsAndNoneComesLater) {
  Heard heard;
  heard.block = true;
  ASSERT_EQ(PoRegisterPowerSettingCallback(nullptr, &kPowerSource, Hear, &heard, &heard.handle), STATUS_SUCCESS);
  KeWaitForSingleObject(&heard.enter, Executive, KernelMode, FALSE, nullptr);
  std::atomic<bool> returned{false};
  rt::Task* other = Start("unregister", [&] {
    EXPECT_EQ(PoUnregisterPowerSettingCallback(heard.handle), STATUS_SUCCESS);
    returned = true;
  });
  EXPECT_FALSE(returned.load());
  KeSetEvent(&heard.leave, IO_NO_INCREMENT, FALSE);
  Join(other);
  EXPECT_TRUE(returned.load());
  po::SetSetting(*kernel_, kPowerSource, Dword(PoDc));
  EXPECT_EQ(heard.Values(), (std::vector<uint32_t>{PoAc}));
}

TEST_P(PowerSettings, ACallbackMayUnregisterItselfAndIsNotToldWhatHappenedMeanwhile) {
  Heard heard;
  heard.unregister = heard.block = true;
  ASSERT_EQ(PoRegisterPowerSettingCallback(nullptr, &kPowerSource, Hear, &heard, &heard.handle), STATUS_SUCCESS);
  KeWaitForSingleObject(&heard.enter, Executive, KernelMode, FALSE, nullptr);
  po::SetSetting(*kernel_, kPowerSource, Dword(PoDc));  // waits behind the first
  KeSetEvent(&heard.leave, IO_NO_INCREMENT, FALSE);
  heard.Wait();
  EXPECT_EQ(heard.unregistered, STATUS_SUCCESS);
  EXPECT_EQ(PoUnregisterPowerSettingCallback(heard.handle), STATUS_INVALID_PARAMETER);
  Heard other;  // told after the one that waited, if that was told
  ASSERT_EQ(PoRegisterPowerSettingCallback(nullptr, &kPowerSource, Hear, &other, &other.handle), STATUS_SUCCESS);
  other.Wait();
  EXPECT_EQ(PoUnregisterPowerSettingCallback(other.handle), STATUS_SUCCESS);
  EXPECT_EQ(heard.Values(), (std::vector<uint32_t>{PoAc}));
}

TEST_P(PowerSettings, NothingToRegisterIsRefused) {
  void* handle = nullptr;
  EXPECT_EQ(PoRegisterPowerSettingCallback(nullptr, nullptr, Hear, nullptr, &handle), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(PoRegisterPowerSettingCallback(nullptr, &kOwn, nullptr, nullptr, &handle), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(PoRegisterPowerSettingCallback(nullptr, &kOwn, Hear, nullptr, nullptr), STATUS_INVALID_PARAMETER);
}

// A device whose driver offers the interfaces, and one that does not.
struct Target {
  int references = 0;
  std::vector<ULONG> throttles;
  std::vector<BOOLEAN> fans;
  ULONG limit = 7;
};
Target& TargetOf(void* context) { return *static_cast<Target*>(context); }

class PowerRequests : public testing::BothExecutors {
 protected:
  void SetUp() override {
    BothExecutors::SetUp();
    driver_ = std::make_unique<testing::WdmDriver>(*kernel_);
    device_ = driver_->AddDevice(u"\\Device\\Target");
    policy_ = driver_->AddDevice(u"\\Device\\Policy");
    testing::Of(device_).dispatch[IRP_MJ_PNP] = [this](DEVICE_OBJECT*, IRP* irp) { return Pnp(irp); };
    RtlInitUnicodeString(&reason_.SimpleString, reinterpret_cast<PCWSTR>(u"test"));
    reason_.Flags = DIAGNOSTIC_REASON_SIMPLE_STRING;
  }
  NTSTATUS Pnp(IRP* irp) {
    auto& query = IoGetCurrentIrpStackLocation(irp)->Parameters.QueryInterface;
    if (std::memcmp(query.InterfaceType, &kLimit, sizeof kLimit) == 0) {
      EXPECT_EQ(query.Size, sizeof(POWER_LIMIT_INTERFACE));
      auto* limit = reinterpret_cast<POWER_LIMIT_INTERFACE*>(query.Interface);
      *limit = {};
      limit->Context = &target_;
      limit->InterfaceDereference = [](PVOID context) { --TargetOf(context).references; };
      limit->QueryAttributes = [](PVOID, ULONG count, PVOID buffer, PULONG needed) -> NTSTATUS {
        *needed = 2;
        if (count < 2) return STATUS_BUFFER_TOO_SMALL;
        static_cast<POWER_LIMIT_ATTRIBUTES*>(buffer)[1].MaxValue = 99;
        return STATUS_SUCCESS;
      };
      limit->SetPowerLimit = [](PVOID context, ULONG, PVOID values) -> NTSTATUS {
        TargetOf(context).limit = static_cast<POWER_LIMIT_VALUE*>(values)->TargetValue;
        return STATUS_SUCCESS;
      };
      limit->QueryPowerLimit = [](PVOID context, ULONG, PVOID values) -> NTSTATUS {
        static_cast<POWER_LIMIT_VALUE*>(values)->TargetValue = TargetOf(context).limit;
        return STATUS_SUCCESS;
      };
    } else if (std::memcmp(query.InterfaceType, &kCooling, sizeof kCooling) == 0) {
      auto* cooling = reinterpret_cast<THERMAL_COOLING_INTERFACE*>(query.Interface);
      *cooling = {};
      cooling->Context = &target_;
      cooling->InterfaceDereference = [](PVOID context) { --TargetOf(context).references; };
      cooling->Flags = ThermalDeviceFlagPassiveCooling | (has_fan_ ? ThermalDeviceFlagActiveCooling : 0);
      cooling->PassiveCooling = [](PVOID context, ULONG throttle) { TargetOf(context).throttles.push_back(throttle); };
      if (has_fan_) cooling->ActiveCooling = [](PVOID context, BOOLEAN on) { TargetOf(context).fans.push_back(on); };
    } else {
      return testing::Finish(irp, irp->IoStatus.Status);
    }
    ++target_.references;
    return testing::Finish(irp, STATUS_SUCCESS);
  }

  std::unique_ptr<testing::WdmDriver> driver_;
  DEVICE_OBJECT *device_ = nullptr, *policy_ = nullptr;
  COUNTED_REASON_CONTEXT reason_ = {};
  Target target_;
  bool has_fan_ = true;
};
DRYDOCK_BOTH_EXECUTORS(PowerRequests);

TEST_P(PowerRequests, ALimitGoesFromThePolicyToTheDriverThatOffersTheInterface) {
  void* request = nullptr;
  ASSERT_EQ(PoCreatePowerLimitRequest(&request, device_, policy_, &reason_), STATUS_SUCCESS);
  EXPECT_EQ(target_.references, 1);
  ULONG count = 0;
  EXPECT_EQ(PoQueryPowerLimitAttributes(request, 0, nullptr, &count), STATUS_BUFFER_TOO_SMALL);
  ASSERT_EQ(count, 2u);
  POWER_LIMIT_ATTRIBUTES attributes[2] = {};
  EXPECT_EQ(PoQueryPowerLimitAttributes(request, 2, attributes, &count), STATUS_SUCCESS);
  EXPECT_EQ(attributes[1].MaxValue, 99u);
  POWER_LIMIT_VALUE value = {PowerLimitBurst, 0, 55, POWER_LIMIT_VALUE_NO_CONTROL};
  EXPECT_EQ(PoSetPowerLimitValue(request, &reason_, 1, &value), STATUS_SUCCESS);
  value.TargetValue = 0;
  EXPECT_EQ(PoQueryPowerLimitValue(request, 1, &value), STATUS_SUCCESS);
  EXPECT_EQ(value.TargetValue, 55u);
  PoDeletePowerLimitRequest(request);
  EXPECT_EQ(target_.references, 0);
  EXPECT_EQ(PoQueryPowerLimitValue(request, 1, &value), STATUS_INVALID_PARAMETER);
}

TEST_P(PowerRequests, ADeviceWithoutTheInterfaceHasNoLimits) {
  void* request = &request;
  EXPECT_FALSE(NT_SUCCESS(PoCreatePowerLimitRequest(&request, policy_, policy_, &reason_)));
  EXPECT_EQ(request, nullptr);
  EXPECT_EQ(PoCreatePowerLimitRequest(&request, nullptr, policy_, &reason_), STATUS_INVALID_PARAMETER);
}

TEST_P(PowerRequests, TheStrongestCoolingCountsAndTheDriverHearsOnlyOfChanges) {
  void *first = nullptr, *second = nullptr;
  ASSERT_EQ(PoCreateThermalRequest(&first, device_, policy_, &reason_, 0), STATUS_SUCCESS);
  ASSERT_EQ(PoCreateThermalRequest(&second, device_, policy_, &reason_, 0), STATUS_SUCCESS);
  EXPECT_TRUE(PoGetThermalRequestSupport(first, PoThermalRequestPassive));
  EXPECT_TRUE(PoGetThermalRequestSupport(first, PoThermalRequestActive));
  EXPECT_EQ(PoSetThermalPassiveCooling(first, 60), STATUS_SUCCESS);
  EXPECT_EQ(PoSetThermalPassiveCooling(second, 80), STATUS_SUCCESS);   // weaker: not told
  EXPECT_EQ(PoSetThermalPassiveCooling(first, 100), STATUS_SUCCESS);   // now the second's counts
  EXPECT_EQ(PoSetThermalPassiveCooling(first, 101), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(PoSetThermalActiveCooling(second, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(PoSetThermalActiveCooling(first, TRUE), STATUS_SUCCESS);
  PoDeleteThermalRequest(second);                                      // its throttle goes, the fan stays on
  EXPECT_EQ(target_.throttles, (std::vector<ULONG>{60, 80, 100}));
  EXPECT_EQ(target_.fans, (std::vector<BOOLEAN>{TRUE}));
  PoDeleteThermalRequest(first);
  EXPECT_EQ(target_.fans, (std::vector<BOOLEAN>{TRUE, FALSE}));
  EXPECT_EQ(target_.references, 0);
}

TEST_P(PowerRequests, ADeviceWithoutAFanCannotCoolActively) {
  has_fan_ = false;
  void* request = nullptr;
  ASSERT_EQ(PoCreateThermalRequest(&request, device_, policy_, &reason_, 0), STATUS_SUCCESS);
  EXPECT_FALSE(PoGetThermalRequestSupport(request, PoThermalRequestActive));
  EXPECT_EQ(PoSetThermalActiveCooling(request, TRUE), STATUS_NOT_SUPPORTED);
  PoDeleteThermalRequest(request);
}

TEST_P(PowerRequests, TheThermalManagerCoolsADeviceThroughWhatItsDriverOffers) {
  EXPECT_EQ(po::Cool(device_, 1, -1), STATUS_SUCCESS);
  EXPECT_EQ(po::Cool(device_, -1, 40), STATUS_SUCCESS);
  EXPECT_EQ(po::Cool(device_, 0, -1), STATUS_SUCCESS);
  EXPECT_EQ(target_.fans, (std::vector<BOOLEAN>{TRUE, FALSE}));
  EXPECT_EQ(target_.throttles, (std::vector<ULONG>{40}));
  EXPECT_EQ(target_.references, 0);
  has_fan_ = false;
  EXPECT_EQ(po::Cool(device_, 1, -1), STATUS_NOT_SUPPORTED);
  EXPECT_EQ(target_.references, 0);
}

TEST_P(PowerRequests, RequestsThatTheSystemStaysUpAreCounted) {
  void* request = nullptr;
  ASSERT_EQ(PoCreatePowerRequest(&request, device_, &reason_), STATUS_SUCCESS);
  EXPECT_EQ(PoClearPowerRequest(request, PowerRequestSystemRequired), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(PoSetPowerRequest(request, PowerRequestSystemRequired), STATUS_SUCCESS);
  EXPECT_EQ(PoSetPowerRequest(request, PowerRequestSystemRequired), STATUS_SUCCESS);
  EXPECT_EQ(po::CountPowerRequests(*kernel_, PowerRequestSystemRequired), 2u);
  EXPECT_EQ(po::CountPowerRequests(*kernel_, PowerRequestDisplayRequired), 0u);
  EXPECT_EQ(PoClearPowerRequest(request, PowerRequestSystemRequired), STATUS_SUCCESS);
  EXPECT_EQ(po::CountPowerRequests(*kernel_, PowerRequestSystemRequired), 1u);
  PoDeletePowerRequest(request);
  EXPECT_EQ(po::CountPowerRequests(*kernel_, PowerRequestSystemRequired), 0u);
  EXPECT_EQ(PoSetPowerRequest(request, PowerRequestSystemRequired), STATUS_INVALID_PARAMETER);
}

}  // namespace
}  // namespace drydock::nt
