// What a bus with ACPI offers its devices by IRP_MN_QUERY_INTERFACE: notifications of the firmware, general purpose events.
// Included by: wdm.h. Used by: drivers and our own code. Source: public documentation. Layouts: sdk/tests/more_layouts.h.
#ifndef DRYDOCK_WDM_ACPI_H
#define DRYDOCK_WDM_ACPI_H

#include "ke_types.h"
#include "pnp_types.h"

// GUID_ACPI_INTERFACE_STANDARD: the functions take the device.
typedef BOOLEAN (*PGPE_SERVICE_ROUTINE)(PVOID ObjectContext, PVOID ServiceContext);
typedef NTSTATUS (*PGPE_CONNECT_VECTOR)(PDEVICE_OBJECT Device, ULONG GpeNumber, KINTERRUPT_MODE Mode, BOOLEAN Shareable,
                                        PGPE_SERVICE_ROUTINE ServiceRoutine, PVOID ServiceContext, PVOID *ObjectContext);
typedef NTSTATUS (*PGPE_DISCONNECT_VECTOR)(PVOID ObjectContext);
typedef NTSTATUS (*PGPE_ENABLE_EVENT)(PDEVICE_OBJECT Device, PVOID ObjectContext);
typedef NTSTATUS (*PGPE_DISABLE_EVENT)(PDEVICE_OBJECT Device, PVOID ObjectContext);
typedef NTSTATUS (*PGPE_CLEAR_STATUS)(PDEVICE_OBJECT Device, PVOID ObjectContext);
typedef VOID (*PDEVICE_NOTIFY_CALLBACK)(PVOID NotificationContext, ULONG NotifyCode);
typedef NTSTATUS (*PREGISTER_FOR_DEVICE_NOTIFICATIONS)(PDEVICE_OBJECT Device, PDEVICE_NOTIFY_CALLBACK NotificationHandler,
                                                       PVOID NotificationContext);
typedef VOID (*PUNREGISTER_FOR_DEVICE_NOTIFICATIONS)(PDEVICE_OBJECT Device, PDEVICE_NOTIFY_CALLBACK NotificationHandler);

typedef struct _ACPI_INTERFACE_STANDARD {
  USHORT Size;
  USHORT Version;
  PVOID Context;
  PINTERFACE_REFERENCE InterfaceReference;
  PINTERFACE_DEREFERENCE InterfaceDereference;
  PGPE_CONNECT_VECTOR GpeConnectVector;
  PGPE_DISCONNECT_VECTOR GpeDisconnectVector;
  PGPE_ENABLE_EVENT GpeEnableEvent;
  PGPE_DISABLE_EVENT GpeDisableEvent;
  PGPE_CLEAR_STATUS GpeClearStatus;
  PREGISTER_FOR_DEVICE_NOTIFICATIONS RegisterForDeviceNotifications;
  PUNREGISTER_FOR_DEVICE_NOTIFICATIONS UnregisterForDeviceNotifications;
} ACPI_INTERFACE_STANDARD, *PACPI_INTERFACE_STANDARD;

// GUID_ACPI_INTERFACE_STANDARD2: the functions take the interface's Context.
typedef BOOLEAN (*PGPE_SERVICE_ROUTINE2)(PVOID ObjectContext, PVOID ServiceContext);
typedef NTSTATUS (*PGPE_CONNECT_VECTOR2)(PVOID Context, ULONG GpeNumber, KINTERRUPT_MODE Mode, BOOLEAN Shareable,
                                         PGPE_SERVICE_ROUTINE ServiceRoutine, PVOID ServiceContext, PVOID *ObjectContext);
typedef NTSTATUS (*PGPE_DISCONNECT_VECTOR2)(PVOID Context, PVOID ObjectContext);
typedef NTSTATUS (*PGPE_ENABLE_EVENT2)(PVOID Context, PVOID ObjectContext);
typedef NTSTATUS (*PGPE_DISABLE_EVENT2)(PVOID Context, PVOID ObjectContext);
typedef NTSTATUS (*PGPE_CLEAR_STATUS2)(PVOID Context, PVOID ObjectContext);
typedef VOID (*PDEVICE_NOTIFY_CALLBACK2)(PVOID NotificationContext, ULONG NotifyCode);
typedef NTSTATUS (*PREGISTER_FOR_DEVICE_NOTIFICATIONS2)(PVOID Context, PDEVICE_NOTIFY_CALLBACK2 NotificationHandler,
                                                        PVOID NotificationContext);
typedef VOID (*PUNREGISTER_FOR_DEVICE_NOTIFICATIONS2)(PVOID Context);

typedef struct _ACPI_INTERFACE_STANDARD2 {
  USHORT Size;
  USHORT Version;
  PVOID Context;
  PINTERFACE_REFERENCE InterfaceReference;
  PINTERFACE_DEREFERENCE InterfaceDereference;
  PGPE_CONNECT_VECTOR2 GpeConnectVector;
  PGPE_DISCONNECT_VECTOR2 GpeDisconnectVector;
  PGPE_ENABLE_EVENT2 GpeEnableEvent;
  PGPE_DISABLE_EVENT2 GpeDisableEvent;
  PGPE_CLEAR_STATUS2 GpeClearStatus;
  PREGISTER_FOR_DEVICE_NOTIFICATIONS2 RegisterForDeviceNotifications;
  PUNREGISTER_FOR_DEVICE_NOTIFICATIONS2 UnregisterForDeviceNotifications;
} ACPI_INTERFACE_STANDARD2, *PACPI_INTERFACE_STANDARD2;

#endif  // DRYDOCK_WDM_ACPI_H
