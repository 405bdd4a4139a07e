// What the inline helpers of both modes must leave behind. Included by the KMDF and the UMDF half
// of the test after that mode's wdf.h; each half names the items and calls the checks.
//
// Filled<T> is a structure whose bytes all differ from zero before the helper runs, so that a
// member it forgets shows up; Expected<T> starts as all zero. Same compares every byte, padding
// included.
#pragma once

#include <gtest/gtest.h>

#include <cstring>

namespace {

template <class T>
struct Filled : T {
  Filled() { memset(static_cast<T*>(this), 0xA5, sizeof(T)); }
};

template <class T>
struct Expected : T {
  Expected() { memset(static_cast<T*>(this), 0, sizeof(T)); }
};

template <class T>
::testing::AssertionResult Same(const T& got, const T& wanted) {
  const auto* a = reinterpret_cast<const unsigned char*>(&got);
  const auto* b = reinterpret_cast<const unsigned char*>(&wanted);
  for (size_t i = 0; i < sizeof(T); ++i) {
    if (a[i] != b[i]) {
      return ::testing::AssertionFailure()
             << "byte at offset " << i << " is " << static_cast<int>(a[i]) << ", not "
             << static_cast<int>(b[i]);
    }
  }
  return ::testing::AssertionSuccess();
}

template <class T>
T Pointer(uintptr_t value) {
  return reinterpret_cast<T>(value);
}

// --- wdfobject.h, wdfcore.h ---

[[maybe_unused]] void CheckObjectAttributes() {
  Filled<WDF_OBJECT_ATTRIBUTES> got;
  WDF_OBJECT_ATTRIBUTES_INIT(&got);
  Expected<WDF_OBJECT_ATTRIBUTES> wanted;
  wanted.Size = 56;
  wanted.ExecutionLevel = WdfExecutionLevelInheritFromParent;
  wanted.SynchronizationScope = WdfSynchronizationScopeInheritFromParent;
  EXPECT_TRUE(Same<WDF_OBJECT_ATTRIBUTES>(got, wanted));
  EXPECT_EQ(static_cast<int>(WdfExecutionLevelInheritFromParent), 1);
  EXPECT_EQ(static_cast<int>(WdfSynchronizationScopeInheritFromParent), 1);
}

[[maybe_unused]] void CheckTimeouts() {
  EXPECT_EQ(WDF_REL_TIMEOUT_IN_SEC(3), -30000000);
  EXPECT_EQ(WDF_ABS_TIMEOUT_IN_SEC(3), 30000000);
  EXPECT_EQ(WDF_REL_TIMEOUT_IN_MS(3), -30000);
  EXPECT_EQ(WDF_ABS_TIMEOUT_IN_MS(3), 30000);
  EXPECT_EQ(WDF_REL_TIMEOUT_IN_US(3), -30);
  EXPECT_EQ(WDF_ABS_TIMEOUT_IN_US(3), 30);
  EXPECT_EQ(WDF_REL_TIMEOUT_IN_SEC(0), 0);
  EXPECT_EQ(WDF_REL_TIMEOUT_IN_SEC(1000000), -10000000000000LL);  // beyond 32 bits
}

[[maybe_unused]] void CheckAlignment() {
  EXPECT_EQ(WDF_ALIGN_SIZE_DOWN(17, 8), 16u);
  EXPECT_EQ(WDF_ALIGN_SIZE_DOWN(16, 8), 16u);
  EXPECT_EQ(WDF_ALIGN_SIZE_UP(17, 8), 24u);
  EXPECT_EQ(WDF_ALIGN_SIZE_UP(16, 8), 16u);
  EXPECT_EQ(WDF_ALIGN_SIZE_UP(0, 8), 0u);
}

// --- wdfdriver.h ---

[[maybe_unused]] void CheckDriver() {
  Filled<WDF_DRIVER_CONFIG> config;
  WDF_DRIVER_CONFIG_INIT(&config, Pointer<PFN_WDF_DRIVER_DEVICE_ADD>(0x10));
  Expected<WDF_DRIVER_CONFIG> wanted;
  wanted.Size = 32;
  wanted.EvtDriverDeviceAdd = Pointer<PFN_WDF_DRIVER_DEVICE_ADD>(0x10);
  EXPECT_TRUE(Same<WDF_DRIVER_CONFIG>(config, wanted));

  Filled<WDF_DRIVER_VERSION_AVAILABLE_PARAMS> version;
  WDF_DRIVER_VERSION_AVAILABLE_PARAMS_INIT(&version, 1, 33);
  Expected<WDF_DRIVER_VERSION_AVAILABLE_PARAMS> wanted_version;
  wanted_version.Size = 12;
  wanted_version.MajorVersion = 1;
  wanted_version.MinorVersion = 33;
  EXPECT_TRUE(Same<WDF_DRIVER_VERSION_AVAILABLE_PARAMS>(version, wanted_version));
}

// --- wdfmemory.h ---

[[maybe_unused]] void CheckMemoryDescriptors() {
  int buffer = 0;
  Filled<WDF_MEMORY_DESCRIPTOR> got;
  WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&got, &buffer, 4);
  Expected<WDF_MEMORY_DESCRIPTOR> plain;
  plain.Type = WdfMemoryDescriptorTypeBuffer;
  plain.u.BufferType.Buffer = &buffer;
  plain.u.BufferType.Length = 4;
  EXPECT_TRUE(Same<WDF_MEMORY_DESCRIPTOR>(got, plain));

  WDFMEMORY_OFFSET offset = {8, 16};
  Filled<WDF_MEMORY_DESCRIPTOR> by_handle;
  WDF_MEMORY_DESCRIPTOR_INIT_HANDLE(&by_handle, Pointer<WDFMEMORY>(0x20), &offset);
  Expected<WDF_MEMORY_DESCRIPTOR> handle;
  handle.Type = WdfMemoryDescriptorTypeHandle;
  handle.u.HandleType.Memory = Pointer<WDFMEMORY>(0x20);
  handle.u.HandleType.Offsets = &offset;
  EXPECT_TRUE(Same<WDF_MEMORY_DESCRIPTOR>(by_handle, handle));

  EXPECT_EQ(static_cast<int>(WdfMemoryDescriptorTypeInvalid), 0);
  EXPECT_EQ(static_cast<int>(WdfMemoryDescriptorTypeBuffer), 1);
  EXPECT_EQ(static_cast<int>(WdfMemoryDescriptorTypeMdl), 2);
  EXPECT_EQ(static_cast<int>(WdfMemoryDescriptorTypeHandle), 3);
}

// --- wdfchildlist.h ---

[[maybe_unused]] void CheckChildLists() {
  Filled<WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER> id;
  WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&id, 24);
  EXPECT_EQ(id.IdentificationDescriptionSize, 24u);

  Filled<WDF_CHILD_ADDRESS_DESCRIPTION_HEADER> address;
  WDF_CHILD_ADDRESS_DESCRIPTION_HEADER_INIT(&address, 12);
  EXPECT_EQ(address.AddressDescriptionSize, 12u);

  Filled<WDF_CHILD_RETRIEVE_INFO> info;
  WDF_CHILD_RETRIEVE_INFO_INIT(&info, &id);
  Expected<WDF_CHILD_RETRIEVE_INFO> wanted_info;
  wanted_info.Size = 40;
  wanted_info.IdentificationDescription = &id;
  EXPECT_TRUE(Same<WDF_CHILD_RETRIEVE_INFO>(info, wanted_info));

  Filled<WDF_CHILD_LIST_CONFIG> config;
  WDF_CHILD_LIST_CONFIG_INIT(&config, 24, Pointer<PFN_WDF_CHILD_LIST_CREATE_DEVICE>(0x10));
  Expected<WDF_CHILD_LIST_CONFIG> wanted_config;
  wanted_config.Size = 96;
  wanted_config.IdentificationDescriptionSize = 24;
  wanted_config.EvtChildListCreateDevice = Pointer<PFN_WDF_CHILD_LIST_CREATE_DEVICE>(0x10);
  EXPECT_TRUE(Same<WDF_CHILD_LIST_CONFIG>(config, wanted_config));

  Filled<WDF_CHILD_LIST_ITERATOR> iterator;
  WDF_CHILD_LIST_ITERATOR_INIT(&iterator, WdfRetrieveAllChildren);
  Expected<WDF_CHILD_LIST_ITERATOR> wanted_iterator;
  wanted_iterator.Size = 40;
  wanted_iterator.Flags = 7;
  EXPECT_TRUE(Same<WDF_CHILD_LIST_ITERATOR>(iterator, wanted_iterator));
}

// --- wdfdevice.h ---

[[maybe_unused]] void CheckFileObjectConfig() {
  Expected<WDF_FILEOBJECT_CONFIG> got;
  WDF_FILEOBJECT_CONFIG_INIT(&got, Pointer<PFN_WDF_DEVICE_FILE_CREATE>(0x10),
                             Pointer<PFN_WDF_FILE_CLOSE>(0x20),
                             Pointer<PFN_WDF_FILE_CLEANUP>(0x30));
  Expected<WDF_FILEOBJECT_CONFIG> wanted;
  wanted.Size = 40;
  wanted.EvtDeviceFileCreate = Pointer<PFN_WDF_DEVICE_FILE_CREATE>(0x10);
  wanted.EvtFileClose = Pointer<PFN_WDF_FILE_CLOSE>(0x20);
  wanted.EvtFileCleanup = Pointer<PFN_WDF_FILE_CLEANUP>(0x30);
  wanted.AutoForwardCleanupClose = WdfUseDefault;
  wanted.FileObjectClass = WdfFileObjectWdfCannotUseFsContexts;
  EXPECT_TRUE(Same<WDF_FILEOBJECT_CONFIG>(got, wanted));

  // It does not clear the structure, it sets every member: padding keeps what it had.
  Filled<WDF_FILEOBJECT_CONFIG> filled;
  WDF_FILEOBJECT_CONFIG_INIT(&filled, nullptr, nullptr, nullptr);
  EXPECT_EQ(filled.Size, 40u);
  EXPECT_EQ(filled.EvtDeviceFileCreate, nullptr);
  EXPECT_EQ(filled.EvtFileClose, nullptr);
  EXPECT_EQ(filled.EvtFileCleanup, nullptr);
  EXPECT_EQ(filled.AutoForwardCleanupClose, WdfUseDefault);
  EXPECT_EQ(filled.FileObjectClass, WdfFileObjectWdfCannotUseFsContexts);
  EXPECT_EQ(reinterpret_cast<unsigned char*>(&filled)[4], 0xA5);
}

[[maybe_unused]] void CheckFileObjectClasses() {
  EXPECT_EQ(static_cast<int>(WdfFileObjectNotRequired), 1);
  EXPECT_EQ(static_cast<int>(WdfFileObjectWdfCanUseFsContext), 2);
  EXPECT_EQ(static_cast<int>(WdfFileObjectWdfCanUseFsContext2), 3);
  EXPECT_EQ(static_cast<int>(WdfFileObjectWdfCannotUseFsContexts), 4);
  EXPECT_EQ(static_cast<ULONG>(WdfFileObjectCanBeOptional), 0x80000000u);
}

[[maybe_unused]] void CheckPnpPowerCallbacks() {
  Filled<WDF_PNPPOWER_EVENT_CALLBACKS> pnp;
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
  Expected<WDF_PNPPOWER_EVENT_CALLBACKS> wanted_pnp;
  wanted_pnp.Size = 144;
  EXPECT_TRUE(Same<WDF_PNPPOWER_EVENT_CALLBACKS>(pnp, wanted_pnp));

  Filled<WDF_POWER_POLICY_EVENT_CALLBACKS> policy;
  WDF_POWER_POLICY_EVENT_CALLBACKS_INIT(&policy);
  Expected<WDF_POWER_POLICY_EVENT_CALLBACKS> wanted_policy;
  wanted_policy.Size = 64;
  EXPECT_TRUE(Same<WDF_POWER_POLICY_EVENT_CALLBACKS>(policy, wanted_policy));

  Filled<WDF_FDO_EVENT_CALLBACKS> fdo;
  WDF_FDO_EVENT_CALLBACKS_INIT(&fdo);
  Expected<WDF_FDO_EVENT_CALLBACKS> wanted_fdo;
  wanted_fdo.Size = 32;
  EXPECT_TRUE(Same<WDF_FDO_EVENT_CALLBACKS>(fdo, wanted_fdo));

  Filled<WDF_PDO_EVENT_CALLBACKS> pdo;
  WDF_PDO_EVENT_CALLBACKS_INIT(&pdo);
  Expected<WDF_PDO_EVENT_CALLBACKS> wanted_pdo;
  wanted_pdo.Size = 64;
  EXPECT_TRUE(Same<WDF_PDO_EVENT_CALLBACKS>(pdo, wanted_pdo));
}

[[maybe_unused]] void CheckDeviceStateNumbers() {
  EXPECT_EQ(WdfDevStateNormalize(0x8301), 0x301u);
  EXPECT_EQ(WdfDevStateNormalize(0x301), 0x301u);
  EXPECT_TRUE(WdfDevStateIsNP(0x8301));
  EXPECT_FALSE(WdfDevStateIsNP(0x301));
  EXPECT_EQ(static_cast<int>(WdfDevStateNP), 0x8000);
}

[[maybe_unused]] void CheckIdleSettings(WDF_POWER_POLICY_S0_IDLE_CAPABILITIES caps,
                                        DEVICE_POWER_STATE state) {
  Filled<WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS> got;
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&got, caps);
  Expected<WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS> wanted;
  wanted.Size = 36;
  wanted.IdleCaps = caps;
  wanted.DxState = state;
  wanted.UserControlOfIdleSettings = IdleAllowUserControl;
  wanted.Enabled = WdfUseDefault;
  wanted.PowerUpIdleDeviceOnSystemWake = WdfUseDefault;
  wanted.IdleTimeoutType = DriverManagedIdleTimeout;
  wanted.ExcludeD3Cold = WdfUseDefault;
  EXPECT_TRUE(Same<WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS>(got, wanted));
}

[[maybe_unused]] void CheckPowerPolicySettings() {
  CheckIdleSettings(IdleCannotWakeFromS0, PowerDeviceD3);
  CheckIdleSettings(IdleCanWakeFromS0, PowerDeviceMaximum);
  CheckIdleSettings(IdleUsbSelectiveSuspend, PowerDeviceMaximum);
  EXPECT_EQ(static_cast<int>(IdleAllowUserControl), 2);
  EXPECT_EQ(IdleTimeoutDefaultValue, 0u);

  Filled<WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS> wake;
  WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS_INIT(&wake);
  Expected<WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS> wanted;
  wanted.Size = 20;
  wanted.DxState = PowerDeviceMaximum;
  wanted.UserControlOfWakeSettings = WakeAllowUserControl;
  wanted.Enabled = WdfUseDefault;
  EXPECT_TRUE(Same<WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS>(wake, wanted));
}

[[maybe_unused]] void CheckDeviceState() {
  Filled<WDF_DEVICE_STATE> got;
  WDF_DEVICE_STATE_INIT(&got);
  Expected<WDF_DEVICE_STATE> wanted;
  wanted.Size = 32;
  wanted.Disabled = wanted.DontDisplayInUI = wanted.Failed = wanted.NotDisableable =
      wanted.Removed = wanted.ResourcesChanged = wanted.AssignedToGuest = WdfUseDefault;
  EXPECT_TRUE(Same<WDF_DEVICE_STATE>(got, wanted));
}

[[maybe_unused]] void CheckCapabilities() {
  Filled<WDF_DEVICE_PNP_CAPABILITIES> pnp;
  WDF_DEVICE_PNP_CAPABILITIES_INIT(&pnp);
  Expected<WDF_DEVICE_PNP_CAPABILITIES> wanted_pnp;
  wanted_pnp.Size = 48;
  wanted_pnp.LockSupported = wanted_pnp.EjectSupported = wanted_pnp.Removable =
      wanted_pnp.DockDevice = wanted_pnp.UniqueID = wanted_pnp.SilentInstall =
          wanted_pnp.SurpriseRemovalOK = wanted_pnp.HardwareDisabled = wanted_pnp.NoDisplayInUI =
              WdfUseDefault;
  wanted_pnp.Address = 0xFFFFFFFF;
  wanted_pnp.UINumber = 0xFFFFFFFF;
  EXPECT_TRUE(Same<WDF_DEVICE_PNP_CAPABILITIES>(pnp, wanted_pnp));

  Filled<WDF_DEVICE_POWER_CAPABILITIES> power;
  WDF_DEVICE_POWER_CAPABILITIES_INIT(&power);
  Expected<WDF_DEVICE_POWER_CAPABILITIES> wanted_power;
  wanted_power.Size = 80;
  wanted_power.DeviceD1 = wanted_power.DeviceD2 = wanted_power.WakeFromD0 =
      wanted_power.WakeFromD1 = wanted_power.WakeFromD2 = wanted_power.WakeFromD3 = WdfUseDefault;
  for (auto& state : wanted_power.DeviceState) state = PowerDeviceMaximum;
  wanted_power.DeviceWake = PowerDeviceMaximum;
  wanted_power.SystemWake = PowerSystemMaximum;
  wanted_power.D1Latency = wanted_power.D2Latency = wanted_power.D3Latency = 0xFFFFFFFF;
  wanted_power.IdealDxStateForSx = PowerDeviceMaximum;
  EXPECT_TRUE(Same<WDF_DEVICE_POWER_CAPABILITIES>(power, wanted_power));
}

[[maybe_unused]] void CheckOtherDeviceStructures() {
  Filled<WDF_REMOVE_LOCK_OPTIONS> lock;
  WDF_REMOVE_LOCK_OPTIONS_INIT(&lock, WDF_REMOVE_LOCK_OPTION_ACQUIRE_FOR_IO);
  Expected<WDF_REMOVE_LOCK_OPTIONS> wanted_lock;
  wanted_lock.Size = 8;
  wanted_lock.Flags = 1;
  EXPECT_TRUE(Same<WDF_REMOVE_LOCK_OPTIONS>(lock, wanted_lock));

  Filled<WDF_POWER_FRAMEWORK_SETTINGS> po;
  WDF_POWER_FRAMEWORK_SETTINGS_INIT(&po);
  Expected<WDF_POWER_FRAMEWORK_SETTINGS> wanted_po;
  wanted_po.Size = 88;
  wanted_po.DirectedPoFxEnabled = WdfUseDefault;
  EXPECT_TRUE(Same<WDF_POWER_FRAMEWORK_SETTINGS>(po, wanted_po));

  Filled<WDF_IO_TYPE_CONFIG> type;
  WDF_IO_TYPE_CONFIG_INIT(&type);
  Expected<WDF_IO_TYPE_CONFIG> wanted_type;
  wanted_type.Size = 16;
  wanted_type.ReadWriteIoType = WdfDeviceIoBuffered;
  wanted_type.DeviceControlIoType = WdfDeviceIoBuffered;
  EXPECT_TRUE(Same<WDF_IO_TYPE_CONFIG>(type, wanted_type));
  EXPECT_EQ(static_cast<int>(WdfDeviceIoBuffered), 2);

  DEVPROPKEY key = {};
  Filled<WDF_DEVICE_PROPERTY_DATA> property;
  WDF_DEVICE_PROPERTY_DATA_INIT(&property, &key);
  Expected<WDF_DEVICE_PROPERTY_DATA> wanted_property;
  wanted_property.Size = 24;
  wanted_property.PropertyKey = &key;
  EXPECT_TRUE(Same<WDF_DEVICE_PROPERTY_DATA>(property, wanted_property));
}

// --- wdftimer.h, wdfworkitem.h, wdfinterrupt.h ---

[[maybe_unused]] void CheckDeferredWork() {
  Filled<WDF_TIMER_CONFIG> once, often;
  WDF_TIMER_CONFIG_INIT(&once, Pointer<PFN_WDF_TIMER>(0x10));
  WDF_TIMER_CONFIG_INIT_PERIODIC(&often, Pointer<PFN_WDF_TIMER>(0x20), 250);
  Expected<WDF_TIMER_CONFIG> wanted;
  wanted.Size = 40;
  wanted.EvtTimerFunc = Pointer<PFN_WDF_TIMER>(0x10);
  wanted.AutomaticSerialization = TRUE;
  EXPECT_TRUE(Same<WDF_TIMER_CONFIG>(once, wanted));
  wanted.EvtTimerFunc = Pointer<PFN_WDF_TIMER>(0x20);
  wanted.Period = 250;
  EXPECT_TRUE(Same<WDF_TIMER_CONFIG>(often, wanted));

  Filled<WDF_WORKITEM_CONFIG> item;
  WDF_WORKITEM_CONFIG_INIT(&item, Pointer<PFN_WDF_WORKITEM>(0x10));
  Expected<WDF_WORKITEM_CONFIG> wanted_item;
  wanted_item.Size = 24;
  wanted_item.EvtWorkItemFunc = Pointer<PFN_WDF_WORKITEM>(0x10);
  wanted_item.AutomaticSerialization = TRUE;
  EXPECT_TRUE(Same<WDF_WORKITEM_CONFIG>(item, wanted_item));
}

[[maybe_unused]] void CheckInterrupts(bool passive) {
  Filled<WDF_INTERRUPT_CONFIG> config;
  WDF_INTERRUPT_CONFIG_INIT(&config, Pointer<PFN_WDF_INTERRUPT_ISR>(0x10),
                            Pointer<PFN_WDF_INTERRUPT_DPC>(0x20));
  Expected<WDF_INTERRUPT_CONFIG> wanted;
  wanted.Size = 104;
  wanted.ShareVector = WdfUseDefault;
  wanted.EvtInterruptIsr = Pointer<PFN_WDF_INTERRUPT_ISR>(0x10);
  wanted.EvtInterruptDpc = Pointer<PFN_WDF_INTERRUPT_DPC>(0x20);
  wanted.ReportInactiveOnPowerDown = WdfUseDefault;
  wanted.PassiveHandling = passive ? TRUE : FALSE;
  EXPECT_TRUE(Same<WDF_INTERRUPT_CONFIG>(config, wanted));

  Filled<WDF_INTERRUPT_INFO> info;
  WDF_INTERRUPT_INFO_INIT(&info);
  Expected<WDF_INTERRUPT_INFO> wanted_info;
  wanted_info.Size = 64;
  EXPECT_TRUE(Same<WDF_INTERRUPT_INFO>(info, wanted_info));

  Filled<WDF_INTERRUPT_EXTENDED_POLICY> policy;
  WDF_INTERRUPT_EXTENDED_POLICY_INIT(&policy);
  Expected<WDF_INTERRUPT_EXTENDED_POLICY> wanted_policy;
  wanted_policy.Size = 32;
  wanted_policy.Policy = WdfIrqPolicyMachineDefault;
  wanted_policy.Priority = WdfIrqPriorityUndefined;
  EXPECT_TRUE(Same<WDF_INTERRUPT_EXTENDED_POLICY>(policy, wanted_policy));
}

// --- wdfrequest.h ---

[[maybe_unused]] void CheckSendOptions() {
  Filled<WDF_REQUEST_SEND_OPTIONS> options;
  WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SYNCHRONOUS);
  Expected<WDF_REQUEST_SEND_OPTIONS> wanted;
  wanted.Size = 16;
  wanted.Flags = 0x2;
  EXPECT_TRUE(Same<WDF_REQUEST_SEND_OPTIONS>(options, wanted));
  WDF_REQUEST_SEND_OPTIONS_SET_TIMEOUT(&options, -50000);
  wanted.Flags = 0x3;
  wanted.Timeout = -50000;
  EXPECT_TRUE(Same<WDF_REQUEST_SEND_OPTIONS>(options, wanted));
}

[[maybe_unused]] void CheckSendFlags() {
  EXPECT_EQ(WDF_REQUEST_SEND_OPTION_TIMEOUT, 0x1);
  EXPECT_EQ(WDF_REQUEST_SEND_OPTION_SYNCHRONOUS, 0x2);
  EXPECT_EQ(WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE, 0x4);
  EXPECT_EQ(WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET, 0x8);
  EXPECT_EQ(WDF_REQUEST_SEND_OPTION_IMPERSONATE_CLIENT, 0x10000);
  EXPECT_EQ(WDF_REQUEST_SEND_OPTION_IMPERSONATION_IGNORE_FAILURE, 0x20000);
}

[[maybe_unused]] void CheckRequestStructures() {
  Filled<WDF_REQUEST_PARAMETERS> parameters;
  WDF_REQUEST_PARAMETERS_INIT(&parameters);
  Expected<WDF_REQUEST_PARAMETERS> wanted_parameters;
  wanted_parameters.Size = 40;
  EXPECT_TRUE(Same<WDF_REQUEST_PARAMETERS>(parameters, wanted_parameters));
  EXPECT_EQ(sizeof(parameters.Size), 2u);

  Filled<WDF_REQUEST_REUSE_PARAMS> reuse;
  WDF_REQUEST_REUSE_PARAMS_INIT(&reuse, WDF_REQUEST_REUSE_NO_FLAGS, STATUS_SUCCESS);
  Expected<WDF_REQUEST_REUSE_PARAMS> wanted_reuse;
  wanted_reuse.Size = 24;
  EXPECT_TRUE(Same<WDF_REQUEST_REUSE_PARAMS>(reuse, wanted_reuse));
  WDF_REQUEST_REUSE_PARAMS_SET_NEW_IRP(&reuse, reinterpret_cast<decltype(reuse.NewIrp)>(0x40));
  wanted_reuse.Flags = WDF_REQUEST_REUSE_SET_NEW_IRP;
  wanted_reuse.NewIrp = reinterpret_cast<decltype(reuse.NewIrp)>(0x40);
  EXPECT_TRUE(Same<WDF_REQUEST_REUSE_PARAMS>(reuse, wanted_reuse));
  EXPECT_EQ(WDF_REQUEST_REUSE_SET_NEW_IRP, 1);

  Filled<WDF_REQUEST_FORWARD_OPTIONS> forward;
  WDF_REQUEST_FORWARD_OPTIONS_INIT(&forward);
  Expected<WDF_REQUEST_FORWARD_OPTIONS> wanted_forward;
  wanted_forward.Size = 8;
  wanted_forward.Flags = 0x1;
  EXPECT_TRUE(Same<WDF_REQUEST_FORWARD_OPTIONS>(forward, wanted_forward));
}

[[maybe_unused]] void CheckCompletionParams() {
  Filled<WDF_REQUEST_COMPLETION_PARAMS> got;
  WDF_REQUEST_COMPLETION_PARAMS_INIT(&got);
  Expected<WDF_REQUEST_COMPLETION_PARAMS> wanted;
  wanted.Size = 72;
  wanted.Type = WdfRequestTypeNoFormat;
  EXPECT_TRUE(Same<WDF_REQUEST_COMPLETION_PARAMS>(got, wanted));
}

[[maybe_unused]] void CheckRequestTypes() {
  EXPECT_EQ(WdfRequestTypeCreate, 0x0);
  EXPECT_EQ(WdfRequestTypeClose, 0x2);
  EXPECT_EQ(WdfRequestTypeRead, 0x3);
  EXPECT_EQ(WdfRequestTypeWrite, 0x4);
  EXPECT_EQ(WdfRequestTypeDeviceControl, 0xE);
  EXPECT_EQ(WdfRequestTypeDeviceControlInternal, 0xF);
  EXPECT_EQ(WdfRequestTypeCleanup, 0x12);
  EXPECT_EQ(WdfRequestTypeOther, 0x1C);
  EXPECT_EQ(WdfRequestTypeUsb, 0x40);
  EXPECT_EQ(WdfRequestTypeNoFormat, 0xFF);
}

// --- wdfiotarget.h ---

[[maybe_unused]] void CheckTargetValues() {
  EXPECT_EQ(WdfIoTargetStateUndefined, 0);
  EXPECT_EQ(WdfIoTargetStarted, 1);
  EXPECT_EQ(WdfIoTargetStopped, 2);
  EXPECT_EQ(WdfIoTargetClosedForQueryRemove, 3);
  EXPECT_EQ(WdfIoTargetClosed, 4);
  EXPECT_EQ(WdfIoTargetDeleted, 5);
  EXPECT_EQ(WdfIoTargetPurged, 6);
  EXPECT_EQ(WdfIoTargetSentIoUndefined, 0);
  EXPECT_EQ(WdfIoTargetCancelSentIo, 1);
  EXPECT_EQ(WdfIoTargetWaitForSentIoToComplete, 2);
  EXPECT_EQ(WdfIoTargetLeaveSentIoPending, 3);
  EXPECT_EQ(WdfIoQueueDispatchInvalid, 0);
  EXPECT_EQ(WdfIoQueueDispatchSequential, 1);
  EXPECT_EQ(WdfIoQueueDispatchParallel, 2);
  EXPECT_EQ(WdfIoQueueDispatchManual, 3);
}

[[maybe_unused]] void CheckOpenTypes() {
  EXPECT_EQ(WdfIoTargetOpenUndefined, 0);
  EXPECT_EQ(WdfIoTargetOpenUseExistingDevice, 1);
  EXPECT_EQ(WdfIoTargetOpenByName, 2);
  EXPECT_EQ(WdfIoTargetOpenReopen, 3);
  EXPECT_EQ(WdfIoTargetOpenLocalTargetByFile, 4);
}

[[maybe_unused]] void CheckPurgeActions() {
  EXPECT_EQ(WdfIoTargetPurgeIoUndefined, 0);
  EXPECT_EQ(WdfIoTargetPurgeIoAndWait, 1);
  EXPECT_EQ(WdfIoTargetPurgeIo, 2);
}

[[maybe_unused]] void CheckReopen() {
  Filled<WDF_IO_TARGET_OPEN_PARAMS> got;
  WDF_IO_TARGET_OPEN_PARAMS_INIT_REOPEN(&got);
  Expected<WDF_IO_TARGET_OPEN_PARAMS> wanted;
  wanted.Size = 136;
  wanted.Type = WdfIoTargetOpenReopen;
  EXPECT_TRUE(Same<WDF_IO_TARGET_OPEN_PARAMS>(got, wanted));
}

// A UNICODE_STRING whose members can be told apart.
inline UNICODE_STRING SomeName() {
  UNICODE_STRING name;
  memset(&name, 0, sizeof(name));
  name.Length = 10;
  name.MaximumLength = 12;
  name.Buffer = reinterpret_cast<decltype(name.Buffer)>(0x1000);
  return name;
}

// --- wdfio.h ---

[[maybe_unused]] void CheckQueueConfig(WDF_IO_QUEUE_DISPATCH_TYPE type, ULONG limit) {
  Filled<WDF_IO_QUEUE_CONFIG> got;
  WDF_IO_QUEUE_CONFIG_INIT(&got, type);
  Expected<WDF_IO_QUEUE_CONFIG> wanted;
  wanted.Size = 96;
  wanted.DispatchType = type;
  wanted.PowerManaged = WdfUseDefault;
  wanted.Settings.Parallel.NumberOfPresentedRequests = limit;
  EXPECT_TRUE(Same<WDF_IO_QUEUE_CONFIG>(got, wanted));
  Filled<WDF_IO_QUEUE_CONFIG> by_default;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&by_default, type);
  wanted.DefaultQueue = TRUE;
  EXPECT_TRUE(Same<WDF_IO_QUEUE_CONFIG>(by_default, wanted));
}

[[maybe_unused]] void CheckQueueConfigs() {
  CheckQueueConfig(WdfIoQueueDispatchSequential, 0);
  CheckQueueConfig(WdfIoQueueDispatchParallel, 0xFFFFFFFF);
  CheckQueueConfig(WdfIoQueueDispatchManual, 0);
  EXPECT_EQ(static_cast<int>(WdfUseDefault), 2);
}

// All 32 states against the predicates in words: the bits are accepting 1, dispatching 2, empty 4,
// none at the driver 8, held 16.
[[maybe_unused]] void CheckQueuePredicates() {
  for (int bits = 0; bits < 32; ++bits) {
    const auto state = static_cast<WDF_IO_QUEUE_STATE>(bits);
    const bool accepting = bits & 1, dispatching = bits & 2, empty = bits & 4,
               none_at_driver = bits & 8, held = bits & 16;
    EXPECT_EQ(WDF_IO_QUEUE_IDLE(state) != 0, empty && none_at_driver) << bits;
    EXPECT_EQ(WDF_IO_QUEUE_READY(state) != 0, accepting && dispatching && !held) << bits;
    EXPECT_EQ(WDF_IO_QUEUE_STOPPED(state) != 0, accepting && !dispatching && none_at_driver)
        << bits;
    EXPECT_EQ(WDF_IO_QUEUE_DRAINED(state) != 0,
              !accepting && dispatching && empty && none_at_driver)
        << bits;
    EXPECT_EQ(WDF_IO_QUEUE_PURGED(state) != 0, !accepting && empty && none_at_driver) << bits;
  }
}

[[maybe_unused]] void CheckQueueStateBits() {
  EXPECT_EQ(WdfIoQueueAcceptRequests, 0x01);
  EXPECT_EQ(WdfIoQueueDispatchRequests, 0x02);
  EXPECT_EQ(WdfIoQueueNoRequests, 0x04);
  EXPECT_EQ(WdfIoQueueDriverNoRequests, 0x08);
  EXPECT_EQ(WdfIoQueuePnpHeld, 0x10);
}

[[maybe_unused]] void CheckForwardProgress() {
  Expected<WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY> wanted;
  wanted.Size = 40;
  wanted.TotalForwardProgressRequests = 5;

  Filled<WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY> always, examine, paging;
  WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY_DEFAULT_INIT(&always, 5);
  wanted.ForwardProgressReservedPolicy = WdfIoForwardProgressReservedPolicyAlwaysUseReservedRequest;
  EXPECT_TRUE(Same<WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY>(always, wanted));

  WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY_PAGINGIO_INIT(&paging, 5);
  wanted.ForwardProgressReservedPolicy = WdfIoForwardProgressReservedPolicyPagingIO;
  EXPECT_TRUE(Same<WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY>(paging, wanted));

  WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY_EXAMINE_INIT(
      &examine, 5, Pointer<PFN_WDF_IO_WDM_IRP_FOR_FORWARD_PROGRESS>(0x10));
  wanted.ForwardProgressReservedPolicy = WdfIoForwardProgressReservedPolicyUseExamine;
  wanted.ForwardProgressReservePolicySettings.Policy.ExaminePolicy.EvtIoWdmIrpForForwardProgress =
      Pointer<PFN_WDF_IO_WDM_IRP_FOR_FORWARD_PROGRESS>(0x10);
  EXPECT_TRUE(Same<WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY>(examine, wanted));

  EXPECT_EQ(WdfIoForwardProgressInvalidPolicy, 0);
  EXPECT_EQ(WdfIoForwardProgressReservedPolicyAlwaysUseReservedRequest, 1);
  EXPECT_EQ(WdfIoForwardProgressReservedPolicyUseExamine, 2);
  EXPECT_EQ(WdfIoForwardProgressReservedPolicyPagingIO, 3);
}

[[maybe_unused]] void CheckForwardProgressActions() {
  EXPECT_EQ(WdfIoForwardProgressActionInvalid, 0);
  EXPECT_EQ(WdfIoForwardProgressActionFailRequest, 1);
  EXPECT_EQ(WdfIoForwardProgressActionUseReservedRequest, 2);
}

// --- wdfwmi.h ---

[[maybe_unused]] void CheckWmiProvider() {
  GUID guid;
  memset(&guid, 0x11, sizeof(guid));
  Filled<WDF_WMI_PROVIDER_CONFIG> got;
  WDF_WMI_PROVIDER_CONFIG_INIT(&got, &guid);
  Expected<WDF_WMI_PROVIDER_CONFIG> wanted;
  wanted.Size = 40;
  wanted.Guid = guid;
  EXPECT_TRUE(Same<WDF_WMI_PROVIDER_CONFIG>(got, wanted));
}

}  // namespace
