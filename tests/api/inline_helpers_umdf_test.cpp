// The inline helpers of the UMDF headers: every byte that they write, and what differs from KMDF.
#include <wdf.h>
#include <wdfusb.h>

#include "inline_helpers_checks.h"
#include "support/spec.h"
#include "usb_helpers_checks.h"

namespace {

TEST(UmdfHelpers, ObjectAttributesInheritLevelAndScope) {
  SPEC("OBJ-22");
  CheckObjectAttributes();
}
TEST(UmdfHelpers, TimeoutsAre100NanosecondUnits) { CheckTimeouts(); }
TEST(UmdfHelpers, AlignmentRoundsToPowersOfTwo) { CheckAlignment(); }
TEST(UmdfHelpers, DriverConfigHoldsItsArgumentsOnly) { CheckDriver(); }
TEST(UmdfHelpers, MemoryDescriptorsFillTheirArmOnly) {
  SPEC("IOT-8.13");
  CheckMemoryDescriptors();
}
TEST(UmdfHelpers, ChildListHelpersHoldTheirArgumentsOnly) { CheckChildLists(); }
TEST(UmdfHelpers, FileObjectConfigSetsEveryMember) {
  SPEC("IOT-10.01");
  CheckFileObjectConfig();
}
TEST(UmdfHelpers, FileObjectClassValues) {
  SPEC("IOT-10.02");
  CheckFileObjectClasses();
}
TEST(UmdfHelpers, EventCallbackStructuresAreEmpty) { CheckPnpPowerCallbacks(); }
TEST(UmdfHelpers, StateNumbersWithoutTheirFlag) { CheckDeviceStateNumbers(); }
TEST(UmdfHelpers, PowerPolicySettingsDependOnWake) {
  SPEC("PWR-54", "PWR-69");
  CheckPowerPolicySettings();
}
TEST(UmdfHelpers, DeviceStateIsAllDefaults) {
  SPEC("PWR-47");
  CheckDeviceState();
}
TEST(UmdfHelpers, CapabilitiesAreAllDefaults) {
  SPEC("PWR-49");
  CheckCapabilities();
}
TEST(UmdfHelpers, OtherDeviceStructures) { CheckOtherDeviceStructures(); }
TEST(UmdfHelpers, DeferredWorkIsSerialised) {
  SPEC("SYN-18");
  CheckDeferredWork();
}
TEST(UmdfHelpers, InterruptsArePassive) {
  SPEC("INT-06");
  CheckInterrupts(true);
}
TEST(UmdfHelpers, SendOptionsAddTheTimeoutFlag) {
  SPEC("IOT-3.10");
  CheckSendOptions();
}
TEST(UmdfHelpers, SendFlagValues) {
  SPEC("IOT-3.09");
  CheckSendFlags();
}
TEST(UmdfHelpers, RequestStructures) { CheckRequestStructures(); }
TEST(UmdfHelpers, CompletionParamsStartUnformatted) {
  SPEC("IOT-7.38");
  CheckCompletionParams();
}
TEST(UmdfHelpers, RequestTypeValues) {
  SPEC("IOT-7.16");
  CheckRequestTypes();
}
TEST(UmdfHelpers, TargetAndQueueValues) {
  SPEC("OP-14", "IOT-6.01");
  CheckTargetValues();
}
TEST(UmdfHelpers, OpenTypeValues) {
  SPEC("IOT-1.13");
  CheckOpenTypes();
}
TEST(UmdfHelpers, PurgeActionValues) {
  SPEC("IOT-6.14");
  CheckPurgeActions();
}
TEST(UmdfHelpers, ReopenHoldsOnlyItsType) { CheckReopen(); }
TEST(UmdfHelpers, QueueConfigDefaults) {
  SPEC("IOT-9.04");
  CheckQueueConfigs();
}
TEST(UmdfHelpers, QueuePredicatesOverAllStates) {
  SPEC("IOT-9.29", "OP-18");
  CheckQueuePredicates();
}
TEST(UmdfHelpers, QueueStateBits) {
  SPEC("IOT-9.27");
  CheckQueueStateBits();
}
TEST(UmdfHelpers, ForwardProgressPolicies) {
  SPEC("OP-21");
  CheckForwardProgress();
}
TEST(UmdfHelpers, ForwardProgressActionValues) { CheckForwardProgressActions(); }
TEST(UmdfHelpers, WmiProviderHoldsItsGuid) { CheckWmiProvider(); }
TEST(UmdfHelpers, SetupPacketsAreEightBytesOnTheWire) {
  SPEC("UCTL-01");
  CheckSetupPackets();
}
TEST(UmdfHelpers, ContinuousReaderHoldsItsArgumentsOnly) {
  SPEC("UCR-03");
  CheckContinuousReader();
}
TEST(UmdfHelpers, SelectConfigNamesItsType) {
  SPEC("UCFG-07", "UCFG-11", "USB-O6");
  CheckSelectConfig();
}
TEST(UmdfHelpers, SelectSettingNamesItsType) { CheckSelectSetting(); }
TEST(UmdfHelpers, UsbInformationStructures) {
  SPEC("UDEV-04", "UPIPE-03");
  CheckUsbInformation();
}

TEST(UmdfHelpers, OpenByNameNeverCreates) {
  SPEC("IOT-1.15");
  UNICODE_STRING name = SomeName();
  Filled<WDF_IO_TARGET_OPEN_PARAMS> got;
  WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&got, &name, 0x80000000);
  Expected<WDF_IO_TARGET_OPEN_PARAMS> wanted;
  wanted.Size = 136;
  wanted.Type = WdfIoTargetOpenByName;
  wanted.TargetDeviceName = name;
  wanted.DesiredAccess = 0x80000000;
  wanted.FileAttributes = 0x80;
  wanted.CreateDisposition = 3;  // OPEN_EXISTING
  EXPECT_TRUE(Same<WDF_IO_TARGET_OPEN_PARAMS>(got, wanted));
}

TEST(UmdfHelpers, CreateByNameLeavesDispositionToTheDriver) {
  SPEC("IOT-1.16", "OP-28");
  UNICODE_STRING name = SomeName();
  Filled<WDF_IO_TARGET_OPEN_PARAMS> got;
  WDF_IO_TARGET_OPEN_PARAMS_INIT_CREATE_BY_NAME(&got, &name, 0x40000000);
  Expected<WDF_IO_TARGET_OPEN_PARAMS> wanted;
  wanted.Size = 136;
  wanted.Type = WdfIoTargetOpenByName;
  wanted.TargetDeviceName = name;
  wanted.DesiredAccess = 0x40000000;
  wanted.FileAttributes = 0x80;  // FILE_ATTRIBUTE_NORMAL
  EXPECT_TRUE(Same<WDF_IO_TARGET_OPEN_PARAMS>(got, wanted));
  EXPECT_EQ(got.ShareAccess, 0u);
  EXPECT_EQ(got.CreateDisposition, 0u);
}

TEST(UmdfHelpers, OpenByFileTakesAnOptionalName) {
  SPEC("IOT-1.20");
  UNICODE_STRING name = SomeName();
  Filled<WDF_IO_TARGET_OPEN_PARAMS> with, without;
  WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_FILE(&with, &name);
  WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_FILE(&without, nullptr);
  Expected<WDF_IO_TARGET_OPEN_PARAMS> wanted;
  wanted.Size = 136;
  wanted.Type = WdfIoTargetOpenLocalTargetByFile;
  EXPECT_TRUE(Same<WDF_IO_TARGET_OPEN_PARAMS>(without, wanted));
  wanted.FileName = name;
  EXPECT_TRUE(Same<WDF_IO_TARGET_OPEN_PARAMS>(with, wanted));
}

TEST(UmdfHelpers, CompanionStructures) {
  Filled<WDF_DRIVER_CONFIG> config;
  WDF_DRIVER_CONFIG_COMPANION_INIT(&config, Pointer<PFN_WDF_DRIVER_DEVICE_ADD>(0x10));
  Expected<WDF_DRIVER_CONFIG> wanted;
  wanted.Size = 32;
  wanted.EvtDriverDeviceAdd = Pointer<PFN_WDF_DRIVER_DEVICE_ADD>(0x10);
  wanted.DriverInitFlags = WdfDriverInitCompanion;
  EXPECT_TRUE(Same<WDF_DRIVER_CONFIG>(config, wanted));

  Filled<WDF_COMPANION_EVENT_CALLBACKS> callbacks;
  WDF_COMPANION_EVENT_CALLBACKS_INIT(&callbacks);
  Expected<WDF_COMPANION_EVENT_CALLBACKS> wanted_callbacks;
  wanted_callbacks.Size = 40;
  EXPECT_TRUE(Same<WDF_COMPANION_EVENT_CALLBACKS>(callbacks, wanted_callbacks));

  Filled<WDF_TASK_QUEUE_CONFIG> queue;
  WDF_TASK_QUEUE_CONFIG_INIT(&queue, 5, WdfTaskQueueDispatchParallel);
  Expected<WDF_TASK_QUEUE_CONFIG> wanted_queue;
  wanted_queue.Size = 24;
  wanted_queue.TaskQueueId = 5;
  wanted_queue.DispatchType = WdfTaskQueueDispatchParallel;
  EXPECT_TRUE(Same<WDF_TASK_QUEUE_CONFIG>(queue, wanted_queue));
}

TEST(UmdfHelpers, InterfacePropertyHoldsItsArguments) {
  GUID guid = {};
  DEVPROPKEY key = {};
  Filled<WDF_DEVICE_INTERFACE_PROPERTY_DATA> got;
  WDF_DEVICE_INTERFACE_PROPERTY_DATA_INIT(&got, &guid, &key);
  Expected<WDF_DEVICE_INTERFACE_PROPERTY_DATA> wanted;
  wanted.Size = 40;
  wanted.InterfaceClassGUID = &guid;
  wanted.PropertyKey = &key;
  EXPECT_TRUE(Same<WDF_DEVICE_INTERFACE_PROPERTY_DATA>(got, wanted));
}

}  // namespace
