// (U) Registers and ports: WdfDeviceMapIoSpace and what the WDF_READ_REGISTER_... and WDF_WRITE_PORT_... helpers call.
// Errors:     without AllowDirectHardwareAccess mapping is STATUS_ACCESS_DENIED (the documentation names no status; this one is ours), and an access is
//             a break that reads all ones.
// Source:     UM-09, UM-19, UM-20.
#include "nt/hal/state.h"
#include "wdf/ddi.h"
#include "wdf/device/device.h"
#include "wdf/framework.h"
#include "wdf/object/factory.h"

namespace drydock::wdf::ddi {
namespace {

bool MayAccess(DriverGlobals& globals, const char* function) {
  if (globals.directives.allow_direct_hardware) return true;
  std::string words = std::string(function) + " by a driver whose INF has no UmdfDirectHardwareAccess = AllowDirectHardwareAccess was refused";
  Break(globals, words.c_str());
  return false;
}

template <class T>
T Read(bool port, T* address) {
  if (port) {
    if constexpr (sizeof(T) == 1) return READ_PORT_UCHAR(reinterpret_cast<PUCHAR>(address));
    if constexpr (sizeof(T) == 2) return READ_PORT_USHORT(reinterpret_cast<PUSHORT>(address));
    if constexpr (sizeof(T) == 4) return READ_PORT_ULONG(reinterpret_cast<PULONG>(address));
    return static_cast<T>(~T{0});  // there are no 64-bit ports
  }
  if constexpr (sizeof(T) == 1) return READ_REGISTER_UCHAR(reinterpret_cast<volatile UCHAR*>(address));
  if constexpr (sizeof(T) == 2) return READ_REGISTER_USHORT(reinterpret_cast<volatile USHORT*>(address));
  if constexpr (sizeof(T) == 4) return READ_REGISTER_ULONG(reinterpret_cast<volatile ULONG*>(address));
  if constexpr (sizeof(T) == 8) return READ_REGISTER_ULONG64(reinterpret_cast<volatile ULONG64*>(address));
}

template <class T>
void Write(bool port, T* address, T value) {
  if (port) {
    if constexpr (sizeof(T) == 1) WRITE_PORT_UCHAR(reinterpret_cast<PUCHAR>(address), value);
    if constexpr (sizeof(T) == 2) WRITE_PORT_USHORT(reinterpret_cast<PUSHORT>(address), value);
    if constexpr (sizeof(T) == 4) WRITE_PORT_ULONG(reinterpret_cast<PULONG>(address), value);
    return;
  }
  if constexpr (sizeof(T) == 1) WRITE_REGISTER_UCHAR(reinterpret_cast<volatile UCHAR*>(address), value);
  if constexpr (sizeof(T) == 2) WRITE_REGISTER_USHORT(reinterpret_cast<volatile USHORT*>(address), value);
  if constexpr (sizeof(T) == 4) WRITE_REGISTER_ULONG(reinterpret_cast<volatile ULONG*>(address), value);
  if constexpr (sizeof(T) == 8) WRITE_REGISTER_ULONG64(reinterpret_cast<volatile ULONG64*>(address), value);
}

// A buffer of registers is one register after the other, a buffer of a port one port again and again.
template <class T>
SIZE_T ReadAll(WDF_DEVICE_HWACCESS_TARGET_TYPE type, PVOID target, PVOID buffer, ULONG count) {
  const bool port = type == WdfDeviceHwAccessTargetTypePort || type == WdfDeviceHwAccessTargetTypePortBuffer;
  T* address = static_cast<T*>(target);
  if (type == WdfDeviceHwAccessTargetTypePort || type == WdfDeviceHwAccessTargetTypeRegister) return Read(port, address);
  for (ULONG i = 0; i < count; ++i) static_cast<T*>(buffer)[i] = Read(port, port ? address : address + i);
  return 0;
}

template <class T>
void WriteAll(WDF_DEVICE_HWACCESS_TARGET_TYPE type, PVOID target, SIZE_T value, PVOID buffer, ULONG count) {
  const bool port = type == WdfDeviceHwAccessTargetTypePort || type == WdfDeviceHwAccessTargetTypePortBuffer;
  T* address = static_cast<T*>(target);
  if (type == WdfDeviceHwAccessTargetTypePort || type == WdfDeviceHwAccessTargetTypeRegister) {
    Write(port, address, static_cast<T>(value));
    return;
  }
  for (ULONG i = 0; i < count; ++i) Write(port, port ? address : address + i, static_cast<T*>(buffer)[i]);
}

bool IsTarget(DriverGlobals& globals, WDF_DEVICE_HWACCESS_TARGET_TYPE type, WDF_DEVICE_HWACCESS_TARGET_SIZE size) {
  if (type > WdfDeviceHwAccessTargetTypeInvalid && type < WdfDeviceHwAccessTargetTypeMaximum && size > WdfDeviceHwAccessTargetSizeInvalid &&
      size < WdfDeviceHwAccessTargetSizeMaximum) {
    return true;
  }
  Break(globals, "A hardware access with a target type or size out of range was ignored");
  return false;
}

}  // namespace

NTSTATUS WdfDeviceMapIoSpace(DriverGlobals& globals, WDFDEVICE Device, PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes,
                             MEMORY_CACHING_TYPE CacheType, PVOID* PseudoBaseAddress) {
  *PseudoBaseAddress = nullptr;
  FromHandle<wdf::Device>(globals, Device);
  if (!MayAccess(globals, "WdfDeviceMapIoSpace")) return STATUS_ACCESS_DENIED;
  if (NumberOfBytes == 0) return STATUS_INVALID_PARAMETER;
  *PseudoBaseAddress = MmMapIoSpace(PhysicalAddress, NumberOfBytes, CacheType);
  return *PseudoBaseAddress ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

void WdfDeviceUnmapIoSpace(DriverGlobals& globals, WDFDEVICE Device, PVOID PseudoBaseAddress, SIZE_T NumberOfBytes) {
  FromHandle<wdf::Device>(globals, Device);
  MmUnmapIoSpace(PseudoBaseAddress, NumberOfBytes);
}

PVOID WdfDeviceGetHardwareRegisterMappedAddress(DriverGlobals& globals, WDFDEVICE Device, PVOID PseudoBaseAddress) {
  FromHandle<wdf::Device>(globals, Device);
  if (globals.directives.map_registers) return PseudoBaseAddress;  // memory of a device is where it is; registers are reached by the helpers only
  Break(globals, "WdfDeviceGetHardwareRegisterMappedAddress needs UmdfRegisterAccessMode = RegisterAccessUsingUserModeMapping in the INF");
  return nullptr;
}

SIZE_T WdfDeviceReadFromHardware(DriverGlobals& globals, WDFDEVICE Device, WDF_DEVICE_HWACCESS_TARGET_TYPE Type, WDF_DEVICE_HWACCESS_TARGET_SIZE Size,
                                 PVOID TargetAddress, PVOID Buffer, ULONG Count) {
  FromHandle<wdf::Device>(globals, Device);
  if (!MayAccess(globals, "WdfDeviceReadFromHardware") || !IsTarget(globals, Type, Size)) return ~SIZE_T{0};
  switch (Size) {
    case WdfDeviceHwAccessTargetSizeUchar: return ReadAll<UCHAR>(Type, TargetAddress, Buffer, Count);
    case WdfDeviceHwAccessTargetSizeUshort: return ReadAll<USHORT>(Type, TargetAddress, Buffer, Count);
    case WdfDeviceHwAccessTargetSizeUlong: return ReadAll<ULONG>(Type, TargetAddress, Buffer, Count);
    default: return ReadAll<ULONG64>(Type, TargetAddress, Buffer, Count);
  }
}

void WdfDeviceWriteToHardware(DriverGlobals& globals, WDFDEVICE Device, WDF_DEVICE_HWACCESS_TARGET_TYPE Type, WDF_DEVICE_HWACCESS_TARGET_SIZE Size,
                              PVOID TargetAddress, SIZE_T Value, PVOID Buffer, ULONG Count) {
  FromHandle<wdf::Device>(globals, Device);
  if (!MayAccess(globals, "WdfDeviceWriteToHardware") || !IsTarget(globals, Type, Size)) return;
  switch (Size) {
    case WdfDeviceHwAccessTargetSizeUchar: return WriteAll<UCHAR>(Type, TargetAddress, Value, Buffer, Count);
    case WdfDeviceHwAccessTargetSizeUshort: return WriteAll<USHORT>(Type, TargetAddress, Value, Buffer, Count);
    case WdfDeviceHwAccessTargetSizeUlong: return WriteAll<ULONG>(Type, TargetAddress, Value, Buffer, Count);
    default: return WriteAll<ULONG64>(Type, TargetAddress, Value, Buffer, Count);
  }
}

}  // namespace drydock::wdf::ddi
