// The inline helpers of the KMDF headers: every byte that they write, and the constants that the
// contract lists.
#include <ntddk.h>
#include <wdf.h>
#include <wdfusb.h>

#include "inline_helpers_checks.h"
#include "support/spec.h"
#include "usb_helpers_checks.h"

namespace {

TEST(KmdfHelpers, ObjectAttributesInheritLevelAndScope) {
  SPEC("OBJ-22");
  CheckObjectAttributes();
}
TEST(KmdfHelpers, TimeoutsAre100NanosecondUnits) { CheckTimeouts(); }
TEST(KmdfHelpers, AlignmentRoundsToPowersOfTwo) { CheckAlignment(); }
TEST(KmdfHelpers, DriverConfigHoldsItsArgumentsOnly) { CheckDriver(); }
TEST(KmdfHelpers, ChildListHelpersHoldTheirArgumentsOnly) {
  SPEC("BUS-03");
  CheckChildLists();
}
TEST(KmdfHelpers, FileObjectConfigSetsEveryMember) {
  SPEC("IOT-10.01", "INI-20");
  CheckFileObjectConfig();
}
TEST(KmdfHelpers, FileObjectClassValues) {
  SPEC("IOT-10.02");
  CheckFileObjectClasses();
}
TEST(KmdfHelpers, EventCallbackStructuresAreEmpty) { CheckPnpPowerCallbacks(); }
TEST(KmdfHelpers, StateNumbersWithoutTheirFlag) { CheckDeviceStateNumbers(); }
TEST(KmdfHelpers, PowerPolicySettingsDependOnWake) {
  SPEC("PWR-54", "PWR-69");
  CheckPowerPolicySettings();
}
TEST(KmdfHelpers, DeviceStateIsAllDefaults) {
  SPEC("PWR-47");
  CheckDeviceState();
}
TEST(KmdfHelpers, CapabilitiesAreAllDefaults) {
  SPEC("PWR-49", "O-23");
  CheckCapabilities();
}
TEST(KmdfHelpers, OtherDeviceStructures) { CheckOtherDeviceStructures(); }
TEST(KmdfHelpers, DeferredWorkIsSerialised) {
  SPEC("SYN-18");
  CheckDeferredWork();
}
TEST(KmdfHelpers, InterruptsAreNotPassive) {
  SPEC("INT-06", "INT-25");
  CheckInterrupts(false);
}
TEST(KmdfHelpers, SendOptionsAddTheTimeoutFlag) {
  SPEC("IOT-3.10");
  CheckSendOptions();
}
TEST(KmdfHelpers, SendFlagValues) {
  SPEC("IOT-3.09");
  CheckSendFlags();
}
TEST(KmdfHelpers, RequestStructures) { CheckRequestStructures(); }
TEST(KmdfHelpers, CompletionParamsStartUnformatted) {
  SPEC("IOT-7.38");
  CheckCompletionParams();
}
TEST(KmdfHelpers, RequestTypeValues) {
  SPEC("IOT-7.16");
  CheckRequestTypes();
}
TEST(KmdfHelpers, TargetAndQueueValues) {
  SPEC("OP-14", "IOT-6.01");
  CheckTargetValues();
}
TEST(KmdfHelpers, OpenTypeValues) {
  SPEC("IOT-1.13");
  CheckOpenTypes();
}
TEST(KmdfHelpers, PurgeActionValues) {
  SPEC("IOT-6.14");
  CheckPurgeActions();
}
TEST(KmdfHelpers, ReopenHoldsOnlyItsType) { CheckReopen(); }
TEST(KmdfHelpers, QueueConfigDefaults) {
  SPEC("IOT-9.04");
  CheckQueueConfigs();
}
TEST(KmdfHelpers, QueuePredicatesOverAllStates) {
  SPEC("IOT-9.29", "OP-18");
  CheckQueuePredicates();
}
TEST(KmdfHelpers, QueueStateBits) {
  SPEC("IOT-9.27");
  CheckQueueStateBits();
}
TEST(KmdfHelpers, ForwardProgressPolicies) {
  SPEC("OP-21");
  CheckForwardProgress();
}
TEST(KmdfHelpers, ForwardProgressActionValues) { CheckForwardProgressActions(); }
TEST(KmdfHelpers, WmiProviderHoldsItsGuid) { CheckWmiProvider(); }
TEST(KmdfHelpers, SetupPacketsAreEightBytesOnTheWire) {
  SPEC("UCTL-01");
  CheckSetupPackets();
}
TEST(KmdfHelpers, ContinuousReaderHoldsItsArgumentsOnly) {
  SPEC("UCR-03");
  CheckContinuousReader();
}
TEST(KmdfHelpers, SelectConfigNamesItsType) {
  SPEC("UCFG-07", "UCFG-11", "USB-O6");
  CheckSelectConfig();
}
TEST(KmdfHelpers, SelectSettingNamesItsType) { CheckSelectSetting(); }
TEST(KmdfHelpers, UsbInformationStructures) {
  SPEC("UDEV-04", "UPIPE-03");
  CheckUsbInformation();
}

TEST(KmdfHelpers, MemoryDescriptorsFillTheirArmOnly) {
  SPEC("IOT-8.13");
  CheckMemoryDescriptors();
  Filled<WDF_MEMORY_DESCRIPTOR> got;
  WDF_MEMORY_DESCRIPTOR_INIT_MDL(&got, Pointer<PMDL>(0x10), 64);
  Expected<WDF_MEMORY_DESCRIPTOR> wanted;
  wanted.Type = WdfMemoryDescriptorTypeMdl;
  wanted.u.MdlType.Mdl = Pointer<PMDL>(0x10);
  wanted.u.MdlType.BufferLength = 64;
  EXPECT_TRUE(Same<WDF_MEMORY_DESCRIPTOR>(got, wanted));
}

TEST(KmdfHelpers, OpenByNameNeverCreates) {
  SPEC("IOT-1.15");
  UNICODE_STRING name = SomeName();
  Filled<WDF_IO_TARGET_OPEN_PARAMS> got;
  WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&got, &name, 0x120089);
  Expected<WDF_IO_TARGET_OPEN_PARAMS> wanted;
  wanted.Size = 136;
  wanted.Type = WdfIoTargetOpenByName;
  wanted.TargetDeviceName = name;
  wanted.DesiredAccess = 0x120089;
  wanted.CreateOptions = 0x40;   // FILE_NON_DIRECTORY_FILE
  wanted.CreateDisposition = 1;  // FILE_OPEN
  EXPECT_TRUE(Same<WDF_IO_TARGET_OPEN_PARAMS>(got, wanted));
}

TEST(KmdfHelpers, CreateByNameLeavesDispositionSupersede) {
  SPEC("IOT-1.16", "OP-28");
  UNICODE_STRING name = SomeName();
  Filled<WDF_IO_TARGET_OPEN_PARAMS> got;
  WDF_IO_TARGET_OPEN_PARAMS_INIT_CREATE_BY_NAME(&got, &name, 0x120116);
  Expected<WDF_IO_TARGET_OPEN_PARAMS> wanted;
  wanted.Size = 136;
  wanted.Type = WdfIoTargetOpenByName;
  wanted.TargetDeviceName = name;
  wanted.DesiredAccess = 0x120116;
  wanted.CreateOptions = 0x40;
  EXPECT_TRUE(Same<WDF_IO_TARGET_OPEN_PARAMS>(got, wanted));
  EXPECT_EQ(got.CreateDisposition, 0u);  // FILE_SUPERSEDE
  EXPECT_EQ(got.ShareAccess, 0u);
}

TEST(KmdfHelpers, ExistingDeviceHoldsTheDevice) {
  Filled<WDF_IO_TARGET_OPEN_PARAMS> got;
  WDF_IO_TARGET_OPEN_PARAMS_INIT_EXISTING_DEVICE(&got, Pointer<PDEVICE_OBJECT>(0x10));
  Expected<WDF_IO_TARGET_OPEN_PARAMS> wanted;
  wanted.Size = 136;
  wanted.Type = WdfIoTargetOpenUseExistingDevice;
  wanted.TargetDeviceObject = Pointer<PDEVICE_OBJECT>(0x10);
  EXPECT_TRUE(Same<WDF_IO_TARGET_OPEN_PARAMS>(got, wanted));
}

TEST(KmdfHelpers, QueryInterfaceHoldsItsArguments) {
  GUID guid = {};
  Filled<WDF_QUERY_INTERFACE_CONFIG> got;
  WDF_QUERY_INTERFACE_CONFIG_INIT(&got, Pointer<PINTERFACE>(0x10), &guid,
                                  Pointer<PFN_WDF_DEVICE_PROCESS_QUERY_INTERFACE_REQUEST>(0x20));
  Expected<WDF_QUERY_INTERFACE_CONFIG> wanted;
  wanted.Size = 48;
  wanted.Interface = Pointer<PINTERFACE>(0x10);
  wanted.InterfaceType = &guid;
  wanted.EvtDeviceProcessQueryInterfaceRequest =
      Pointer<PFN_WDF_DEVICE_PROCESS_QUERY_INTERFACE_REQUEST>(0x20);
  EXPECT_TRUE(Same<WDF_QUERY_INTERFACE_CONFIG>(got, wanted));

  // Nothing to observe but that they may be called, also through a pointer, with any context.
  void (*reference)(PVOID) = WdfDeviceInterfaceReferenceNoOp;
  void (*dereference)(PVOID) = WdfDeviceInterfaceDereferenceNoOp;
  reference(nullptr);
  dereference(nullptr);
}

TEST(KmdfHelpers, DpcIsSerialised) {
  SPEC("SYN-18");
  Filled<WDF_DPC_CONFIG> got;
  WDF_DPC_CONFIG_INIT(&got, Pointer<PFN_WDF_DPC>(0x10));
  Expected<WDF_DPC_CONFIG> wanted;
  wanted.Size = 24;
  wanted.EvtDpcFunc = Pointer<PFN_WDF_DPC>(0x10);
  wanted.AutomaticSerialization = TRUE;
  EXPECT_TRUE(Same<WDF_DPC_CONFIG>(got, wanted));
}

TEST(KmdfHelpers, WmiInstancesNameTheirProvider) {
  Filled<WDF_WMI_INSTANCE_CONFIG> by_handle, by_config;
  WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER(&by_handle, Pointer<WDFWMIPROVIDER>(0x10));
  Expected<WDF_WMI_INSTANCE_CONFIG> wanted;
  wanted.Size = 64;
  wanted.Provider = Pointer<WDFWMIPROVIDER>(0x10);
  EXPECT_TRUE(Same<WDF_WMI_INSTANCE_CONFIG>(by_handle, wanted));
  WDF_WMI_PROVIDER_CONFIG provider = {};
  WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER_CONFIG(&by_config, &provider);
  wanted.Provider = nullptr;
  wanted.ProviderConfig = &provider;
  EXPECT_TRUE(Same<WDF_WMI_INSTANCE_CONFIG>(by_config, wanted));
}

TEST(KmdfHelpers, WmiStringsCarryTheirLength) {
  unsigned char characters[4] = {'a', 0, 'b', 0};
  UNICODE_STRING text = SomeName();
  text.Length = 4;
  text.Buffer = reinterpret_cast<decltype(text.Buffer)>(characters);
  unsigned char buffer[8];
  memset(buffer, 0xA5, sizeof(buffer));
  ULONG size = 0;
  EXPECT_EQ(WDF_WMI_BUFFER_APPEND_STRING(buffer, 5, &text, &size), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(size, 6u);
  EXPECT_EQ(buffer[0], 0xA5);  // a failed call writes nothing
  EXPECT_EQ(WDF_WMI_BUFFER_APPEND_STRING(buffer, 6, &text, &size), STATUS_SUCCESS);
  EXPECT_EQ(size, 6u);
  const unsigned char wanted[8] = {4, 0, 'a', 0, 'b', 0, 0xA5, 0xA5};
  EXPECT_EQ(memcmp(buffer, wanted, 8), 0);
}

TEST(KmdfHelpers, DmaStructuresHoldTheirArguments) {
  Filled<WDF_DMA_ENABLER_CONFIG> enabler;
  WDF_DMA_ENABLER_CONFIG_INIT(&enabler, WdfDmaProfileScatterGather64, 65536);
  Expected<WDF_DMA_ENABLER_CONFIG> wanted_enabler;
  wanted_enabler.Size = 80;
  wanted_enabler.Profile = WdfDmaProfileScatterGather64;
  wanted_enabler.MaximumLength = 65536;
  EXPECT_TRUE(Same<WDF_DMA_ENABLER_CONFIG>(enabler, wanted_enabler));

  PHYSICAL_ADDRESS address;
  address.QuadPart = 0x12345678;
  Filled<WDF_DMA_SYSTEM_PROFILE_CONFIG> system;
  WDF_DMA_SYSTEM_PROFILE_CONFIG_INIT(&system, address, static_cast<DMA_WIDTH>(1),
                                     Pointer<PCM_PARTIAL_RESOURCE_DESCRIPTOR>(0x10));
  Expected<WDF_DMA_SYSTEM_PROFILE_CONFIG> wanted_system;
  wanted_system.Size = 32;
  wanted_system.DmaWidth = static_cast<DMA_WIDTH>(1);
  wanted_system.DeviceAddress = address;
  wanted_system.DmaDescriptor = Pointer<PCM_PARTIAL_RESOURCE_DESCRIPTOR>(0x10);
  EXPECT_TRUE(Same<WDF_DMA_SYSTEM_PROFILE_CONFIG>(system, wanted_system));

  Filled<WDF_COMMON_BUFFER_CONFIG> buffer;
  WDF_COMMON_BUFFER_CONFIG_INIT(&buffer, 63);
  Expected<WDF_COMMON_BUFFER_CONFIG> wanted_buffer;
  wanted_buffer.Size = 8;
  wanted_buffer.AlignmentRequirement = 63;
  EXPECT_TRUE(Same<WDF_COMMON_BUFFER_CONFIG>(buffer, wanted_buffer));
}

TEST(KmdfHelpers, TaskSendOptionsHoldTheirFlags) {
  Filled<WDF_TASK_SEND_OPTIONS> got;
  WDF_TASK_SEND_OPTIONS_INIT(&got, WDF_TASK_SEND_OPTION_SYNCHRONOUS);
  Expected<WDF_TASK_SEND_OPTIONS> wanted;
  wanted.Size = 16;
  wanted.Flags = 2;
  EXPECT_TRUE(Same<WDF_TASK_SEND_OPTIONS>(got, wanted));
}

}  // namespace
