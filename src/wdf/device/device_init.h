// DeviceInit: what a driver's PWDFDEVICE_INIT points to: everything said before WdfDeviceCreate.
// Called by:  the WdfDeviceInit..., WdfFdoInit..., WdfPdoInit... and control device setters; WdfDeviceCreate takes it over.
// Ownership:  the framework's (EvtDriverDeviceAdd) or the driver's (WdfControlDeviceInitAllocate, WdfPdoInitAllocate: WdfDeviceInitFree on
//             error). After a successful WdfDeviceCreate it is gone and the caller's pointer is NULL.
// Source:     INI-01 to INI-16, IOX-2.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "wdf/framework.h"

namespace drydock::wdf {

class Device;
class Driver;
struct Child;

enum class DeviceKind : uint8_t { kFdo, kPdo, kControl, kMiniport };

struct PreprocessEntry {
  PFN_WDFDEVICE_WDM_IRP_PREPROCESS callback = nullptr;
  std::vector<UCHAR> minors;  // empty: all
};

// One registration of a state-change callback; `types` are WDF_STATE_NOTIFICATION_TYPE bits.
struct StateCallback {
  uint32_t state = 0;
  uint32_t types = 0;
  void (*callback)() = nullptr;  // PFN_WDF_DEVICE_{PNP,POWER,POWER_POLICY}_STATE_CHANGE_NOTIFICATION by list
};

// A driver's attributes structure, copied: its context type information stays the driver's static.
struct KeptAttributes {
  bool given = false;
  WDF_OBJECT_ATTRIBUTES value = {};
  void Keep(const WDF_OBJECT_ATTRIBUTES* attributes) {
    given = attributes != nullptr;
    if (given) value = *attributes;
  }
  const WDF_OBJECT_ATTRIBUTES* get() const { return given ? &value : nullptr; }
};

struct DeviceText {
  std::u16string description, location;
  uint32_t locale = 0;
};

struct PdoInit {
  Child* child = nullptr;  // which EvtChildListCreateDevice is to make a PDO for; null: WdfPdoInitAllocate's
  std::u16string device_id, instance_id, container_id;
  std::vector<std::u16string> hardware_ids, compatible_ids;
  std::vector<DeviceText> texts;
  uint32_t default_locale = 0;
  bool raw = false;
  GUID raw_class = {};
  bool forward_to_parent = false;
  bool power_dependency_on_parent = true;
  WDF_PDO_EVENT_CALLBACKS callbacks = {};
};

struct DeviceInit {
  static constexpr uint32_t kCanary = 0x49644457;
  uint32_t canary = kCanary;
  DriverGlobals* globals = nullptr;
  DeviceKind kind = DeviceKind::kFdo;
  struct DeviceAddScope* add_scope = nullptr;  // EvtDriverDeviceAdd's, which also frees it
  bool used = false;                 // a device was made from it; then it belongs to the device
  PDEVICE_OBJECT pdo = nullptr;      // FDO: where AddDevice was called for
  Device* parent = nullptr;          // PDO

  bool filter = false;
  bool exclusive = false;
  bool allow_self_target = false;
  bool name_assigned = false;
  std::u16string name;
  std::u16string sddl;
  bool class_assigned = false;
  GUID setup_class = {};
  DEVICE_TYPE device_type = FILE_DEVICE_UNKNOWN;
  ULONG characteristics = FILE_DEVICE_SECURE_OPEN;
  WDF_DEVICE_IO_TYPE read_write_io = WdfDeviceIoBuffered;
  WDF_DEVICE_IO_TYPE device_control_io = WdfDeviceIoBuffered;
  ULONG direct_transfer_threshold = 0;
  ULONG remove_lock_options = 0;
  WDF_TRI_STATE power_pageable = WdfUseDefault;
  bool power_inrush = false;
  WDF_TRI_STATE power_policy_owner = WdfUseDefault;
  WDF_RELEASE_HARDWARE_ORDER_ON_FAILURE release_order = WdfReleaseHardwareOrderOnFailureEarly;

  KeptAttributes request_attributes;
  bool file_config_set = false;
  WDF_FILEOBJECT_CONFIG file_config = {};
  KeptAttributes file_attributes;
  PFN_WDF_IO_IN_CALLER_CONTEXT in_caller_context = nullptr;
  std::unique_ptr<PreprocessEntry[]> preprocess;  // IRP_MJ_MAXIMUM_FUNCTION + 1 entries when any is assigned

  WDF_PNPPOWER_EVENT_CALLBACKS pnp = {};
  WDF_POWER_POLICY_EVENT_CALLBACKS power_policy = {};
  WDF_FDO_EVENT_CALLBACKS fdo = {};
  std::vector<StateCallback> pnp_state_callbacks, power_state_callbacks, power_policy_state_callbacks;

  PFN_WDF_DEVICE_SHUTDOWN_NOTIFICATION shutdown_notification = nullptr;  // control devices
  ULONG shutdown_flags = 0;
  std::unique_ptr<PdoInit> pdo_init;
  std::unique_ptr<WDF_CHILD_LIST_CONFIG> default_child_list;  // FDOs
  KeptAttributes default_child_list_attributes;
  std::unique_ptr<DeviceInit> spent;  // what late calls write to
};

// What a driver's call works on. After WdfDeviceCreate that is a dummy, and the call is told (INI-01).
DeviceInit& InitFrom(PWDFDEVICE_INIT init);

// Inits that the driver itself allocated: each is to be used or freed (INI-06). EndBinding reports and frees those that were not.
void LendInit(DeviceInit* init);
void InitEnded(const DeviceInit* init);
void ReportLentInits(DriverGlobals& globals);
void FreeLentInits(Framework& framework);  // of a machine that ends with drivers loaded

}  // namespace drydock::wdf
