// The WMI blocks of the battery class, answered for the miniclass driver, and the two events.
#include <initguid.h>

#include "classes/battery/battery.h"

#include <cstdio>
#include <cstring>
#include <string>

#include "nt/driver_callback.h"

namespace drydock::classes::battery {
namespace {

using nt::CallDriver;

enum Block : ULONG { kStatus, kRuntime, kTemperature, kFullChargedCapacity, kCycleCount, kStaticData, kStatusChange, kTagChange, kBlockCount };

const GUID* const kBlocks[kBlockCount] = {&BATTERY_STATUS_WMI_GUID,      &BATTERY_RUNTIME_WMI_GUID,     &BATTERY_TEMPERATURE_WMI_GUID,   &BATTERY_FULL_CHARGED_CAPACITY_WMI_GUID,
                                          &BATTERY_CYCLE_COUNT_WMI_GUID, &BATTERY_STATIC_DATA_WMI_GUID, &BATTERY_STATUS_CHANGE_WMI_GUID, &BATTERY_TAG_CHANGE_WMI_GUID};

NTSTATUS TagOf(Battery& battery, ULONG* tag) {
  *tag = BATTERY_TAG_INVALID;
  NTSTATUS status = CallDriver("BatteryMiniQueryTag", battery.miniclass.QueryTag, battery.miniclass.Context, tag);
  return NT_SUCCESS(status) && *tag == BATTERY_TAG_INVALID ? STATUS_NO_SUCH_DEVICE : status;
}

NTSTATUS Information(Battery& battery, ULONG tag, BATTERY_QUERY_INFORMATION_LEVEL level, void* buffer, ULONG size, ULONG* length) {
  *length = 0;
  return CallDriver("BatteryMiniQueryInformation", battery.miniclass.QueryInformation, battery.miniclass.Context, tag, level, 0, buffer, size, length);
}

NTSTATUS Number(Battery& battery, ULONG tag, BATTERY_QUERY_INFORMATION_LEVEL level, ULONG* value) {
  ULONG length;
  return Information(battery, tag, level, value, sizeof *value, &length);
}

void AppendString(Battery& battery, ULONG tag, BATTERY_QUERY_INFORMATION_LEVEL level, std::string* data) {
  WCHAR text[MAX_BATTERY_STRING_SIZE];
  ULONG length = 0;
  if (!NT_SUCCESS(Information(battery, tag, level, text, sizeof text, &length)) || length > sizeof text) length = 0;
  USHORT bytes = 0;
  while (bytes + sizeof(WCHAR) <= length && text[bytes / sizeof(WCHAR)] != 0) bytes += sizeof(WCHAR);
  data->append(reinterpret_cast<const char*>(&bytes), sizeof bytes);
  data->append(reinterpret_cast<const char*>(text), bytes);
}

// CIM's form of a date: yyyymmddHHMMSS.mmmmmm+000, with asterisks for what is not known.
void WriteDate(const BATTERY_MANUFACTURE_DATE& date, WCHAR (&text)[25]) {
  char plain[32] = "";
  if (date.Day != 0) std::snprintf(plain, sizeof plain, "%04u%02u%02u******.******+***", date.Year, date.Month, date.Day);
  for (size_t i = 0; i < 25; ++i) text[i] = static_cast<WCHAR>(plain[i]);
}

NTSTATUS StaticData(Battery& battery, ULONG tag, std::string* data) {
  BATTERY_INFORMATION information = {};
  ULONG length;
  NTSTATUS status = Information(battery, tag, BatteryInformation, &information, sizeof information, &length);
  if (!NT_SUCCESS(status)) return status;
  BATTERY_WMI_STATIC_DATA block = {};
  block.Tag = tag;
  BATTERY_MANUFACTURE_DATE date = {};
  if (NT_SUCCESS(Information(battery, tag, BatteryManufactureDate, &date, sizeof date, &length))) WriteDate(date, block.ManufactureDate);
  if (!NT_SUCCESS(Information(battery, tag, BatteryGranularityInformation, block.Granularity, sizeof block.Granularity, &length)))
    std::memset(block.Granularity, 0, sizeof block.Granularity);
  block.Capabilities = information.Capabilities;
  block.Technology = information.Technology;
  std::memcpy(&block.Chemistry, information.Chemistry, sizeof block.Chemistry);
  block.DesignedCapacity = information.DesignedCapacity;
  block.DefaultAlert1 = information.DefaultAlert1;
  block.DefaultAlert2 = information.DefaultAlert2;
  block.CriticalBias = information.CriticalBias;
  data->assign(reinterpret_cast<const char*>(&block), offsetof(BATTERY_WMI_STATIC_DATA, Strings));
  for (auto level : {BatteryDeviceName, BatteryManufactureName, BatterySerialNumber, BatteryUniqueID}) AppendString(battery, tag, level, data);
  return STATUS_SUCCESS;
}

template <class Structure>
NTSTATUS Put(const Structure& block, std::string* data) {
  data->assign(reinterpret_cast<const char*>(&block), sizeof block);
  return STATUS_SUCCESS;
}

NTSTATUS Read(Battery& battery, ULONG block, std::string* data) {
  ULONG tag;
  NTSTATUS status = TagOf(battery, &tag);
  if (!NT_SUCCESS(status)) return status;
  switch (block) {
    case kStatus: {
      BATTERY_STATUS state = {};
      status = CallDriver("BatteryMiniQueryStatus", battery.miniclass.QueryStatus, battery.miniclass.Context, tag, &state);
      if (!NT_SUCCESS(status)) return status;
      BATTERY_WMI_STATUS out = {};
      out.Tag = tag;
      out.RemainingCapacity = state.Capacity;
      const bool known = static_cast<ULONG>(state.Rate) != BATTERY_UNKNOWN_RATE;
      out.ChargeRate = known && state.Rate > 0 ? state.Rate : 0;
      out.DischargeRate = known && state.Rate < 0 ? -state.Rate : 0;
      out.Voltage = state.Voltage;
      out.PowerOnline = (state.PowerState & BATTERY_POWER_ON_LINE) != 0;
      out.Charging = (state.PowerState & BATTERY_CHARGING) != 0;
      out.Discharging = (state.PowerState & BATTERY_DISCHARGING) != 0;
      out.Critical = (state.PowerState & BATTERY_CRITICAL) != 0;
      return Put(out, data);
    }
    case kRuntime: {
      BATTERY_WMI_RUNTIME out = {tag, 0};
      status = Number(battery, tag, BatteryEstimatedTime, &out.EstimatedRuntime);
      return NT_SUCCESS(status) ? Put(out, data) : status;
    }
    case kTemperature: {
      BATTERY_WMI_TEMPERATURE out = {tag, 0};
      status = Number(battery, tag, BatteryTemperature, &out.Temperature);
      return NT_SUCCESS(status) ? Put(out, data) : status;
    }
    case kFullChargedCapacity:
    case kCycleCount: {
      BATTERY_INFORMATION information = {};
      ULONG length;
      status = Information(battery, tag, BatteryInformation, &information, sizeof information, &length);
      if (!NT_SUCCESS(status)) return status;
      BATTERY_WMI_CYCLE_COUNT out = {tag, block == kCycleCount ? information.CycleCount : information.FullChargedCapacity};
      return Put(out, data);
    }
    case kStaticData: return StaticData(battery, tag, data);
    default: return STATUS_WMI_GUID_NOT_FOUND;
  }
}

void Fire(Battery& battery, ULONG block, const void* data, ULONG size) {
  void* copy = ExAllocatePool2(POOL_FLAG_NON_PAGED, size, kTag);  // WMI frees it
  if (!copy) return;
  std::memcpy(copy, data, size);
  WmiFireEvent(battery.wmi_device, const_cast<GUID*>(kBlocks[block]), 0, size, copy);
}

NTSTATUS AddBlocks(Battery& battery, WMILIB_CONTEXT* context) {
  const ULONG count = context->GuidCount + kBlockCount;
  auto* all = static_cast<WMIGUIDREGINFO*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, count * sizeof(WMIGUIDREGINFO), kTag));
  if (!all) return STATUS_INSUFFICIENT_RESOURCES;
  if (context->GuidCount) std::memcpy(all, context->GuidList, context->GuidCount * sizeof(WMIGUIDREGINFO));
  for (ULONG i = 0; i < kBlockCount; ++i) all[context->GuidCount + i] = {kBlocks[i], 1, i >= kStatusChange ? static_cast<ULONG>(WMIREG_FLAG_EVENT_ONLY_GUID) : 0};
  battery.wmi = context;
  battery.own_blocks = context->GuidList;
  battery.own_count = context->GuidCount;
  battery.all_blocks = all;
  context->GuidList = all;
  context->GuidCount = count;
  return STATUS_SUCCESS;
}

}  // namespace

void FireEvents(Battery& battery) {
  if (!battery.wmi_device) return;
  ULONG tag;
  if (!NT_SUCCESS(TagOf(battery, &tag))) tag = BATTERY_TAG_INVALID;
  BATTERY_STATUS state = {};
  if (tag != BATTERY_TAG_INVALID &&
      !NT_SUCCESS(CallDriver("BatteryMiniQueryStatus", battery.miniclass.QueryStatus, battery.miniclass.Context, tag, &state)))
    return;
  const bool known = battery.known;
  const ULONG old_tag = battery.last_tag, old_state = battery.last_power_state;
  battery.known = true;
  battery.last_tag = tag;
  battery.last_power_state = state.PowerState;
  if (!known) return;
  if (tag != old_tag) {
    BATTERY_TAG_CHANGE change = {tag};
    Fire(battery, kTagChange, &change, sizeof change);
  }
  if (tag != BATTERY_TAG_INVALID && state.PowerState != old_state) {
    BATTERY_WMI_STATUS_CHANGE change = {};
    change.Tag = tag;
    change.PowerOnline = (state.PowerState & BATTERY_POWER_ON_LINE) != 0;
    change.Charging = (state.PowerState & BATTERY_CHARGING) != 0;
    change.Discharging = (state.PowerState & BATTERY_DISCHARGING) != 0;
    change.Critical = (state.PowerState & BATTERY_CRITICAL) != 0;
    Fire(battery, kStatusChange, &change, sizeof change);
  }
}

void ForgetWmi(Battery& battery) {
  if (!battery.all_blocks) return;
  battery.wmi->GuidList = battery.own_blocks;
  battery.wmi->GuidCount = battery.own_count;
  ExFreePoolWithTag(battery.all_blocks, kTag);
  battery.all_blocks = nullptr;
}

}  // namespace drydock::classes::battery

using namespace drydock::classes::battery;

extern "C" {

NTSTATUS BatteryClassSystemControl(PVOID ClassData, PVOID WmiLibContext, PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Disposition) {
  auto* battery = static_cast<Battery*>(ClassData);
  auto* context = static_cast<WMILIB_CONTEXT*>(WmiLibContext);
  {
    Turn turn(*battery);
    if (!battery->all_blocks) {
      if (NTSTATUS status = AddBlocks(*battery, context); !NT_SUCCESS(status)) {
        *static_cast<SYSCTL_IRP_DISPOSITION*>(Disposition) = IrpNotCompleted;
        return Irp->IoStatus.Status = status;
      }
      battery->wmi_device = DeviceObject;
      FireEvents(*battery);  // what counts as change from now on
    }
  }
  return WmiSystemControl(context, DeviceObject, Irp, static_cast<SYSCTL_IRP_DISPOSITION*>(Disposition));
}

NTSTATUS BatteryClassQueryWmiDataBlock(PVOID ClassData, PDEVICE_OBJECT DeviceObject, PIRP Irp, ULONG GuidIndex, PULONG InstanceLengthArray,
                                       ULONG OutBufferSize, PUCHAR Buffer) {
  auto* battery = static_cast<Battery*>(ClassData);
  if (GuidIndex < battery->own_count || GuidIndex - battery->own_count >= kStatusChange) return STATUS_WMI_GUID_NOT_FOUND;
  std::string data;
  NTSTATUS status;
  {
    Turn turn(*battery);
    status = Read(*battery, GuidIndex - battery->own_count, &data);
  }
  const ULONG size = NT_SUCCESS(status) ? static_cast<ULONG>(data.size()) : 0;
  if (NT_SUCCESS(status)) {
    if (size > OutBufferSize || !InstanceLengthArray || !Buffer) {
      status = STATUS_BUFFER_TOO_SMALL;
    } else {
      std::memcpy(Buffer, data.data(), size);
      *InstanceLengthArray = size;
    }
  }
  return WmiCompleteRequest(DeviceObject, Irp, status, size, IO_NO_INCREMENT);
}

}  // extern "C"
