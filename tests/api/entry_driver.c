/* A driver that makes one mistake, or one legal call at the edge, in its DriverEntry; the test chooses which. */
#ifndef UMDF_VERSION_MAJOR
#include <ntddk.h>
#endif
#include <wdf.h>

#include "entry_driver.h"

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    struct EntryTrial *trial = &entry_trial;
    WDF_DRIVER_CONFIG config;
    WDF_DRIVER_VERSION_AVAILABLE_PARAMS version;
    WDFDRIVER driver = NULL;
    WDFSPINLOCK lock = NULL;
    WDFSTRING string = NULL;
    WDFWAITLOCK wait_lock = NULL;
    LONGLONG at_once = 0;
    KIRQL irql;
    NTSTATUS status;

    trial->bound_minor = DRYDOCK_WDF_MINOR;
    trial->bound_functions = WdfFunctionCount;
    WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
    config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    if (trial->kind == ENTRY_REQUIRED_POINTER_IS_NULL) {
        return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, NULL, &driver);
    }
    if (trial->kind == ENTRY_OPTIONAL_POINTER_IS_NULL) {
        return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
    }
    status = WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, &driver);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    switch (trial->kind) {
    case ENTRY_HANDLE_IS_NULL:
        WdfSpinLockAcquire(NULL);
        break;
    case ENTRY_HANDLE_HAS_ANOTHER_TYPE:
        WdfSpinLockAcquire((WDFSPINLOCK)driver);
        break;
    case ENTRY_HANDLE_IS_NO_ADDRESS_OF_OURS:
        WdfSpinLockAcquire((WDFSPINLOCK)&lock);
        break;
    case ENTRY_HANDLE_IS_STALE:
        status = WdfSpinLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &lock);
        if (!NT_SUCCESS(status)) {
            return status;
        }
        WdfObjectDelete(lock);
        WdfSpinLockAcquire(lock);
        break;
    case ENTRY_OBJECT_IS_NULL:
        WdfObjectDelete(NULL);
        break;
    case ENTRY_FUNCTION_WITHOUT_PROTOTYPE:
        ((VOID(*)(PWDF_DRIVER_GLOBALS))WdfFunctions[ENTRY_NO_PROTOTYPE_INDEX])(WdfDriverGlobals);
        break;
    case ENTRY_ABOVE_ITS_LEVEL:
        status = WdfStringCreate(NULL, WDF_NO_OBJECT_ATTRIBUTES, &string);
        if (!NT_SUCCESS(status)) {
            return status;
        }
        WDF_DRIVER_VERSION_AVAILABLE_PARAMS_INIT(&version, WdfDriverGlobals != NULL ? 1 : 0, 15);
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        trial->available = WdfDriverIsVersionAvailable(driver, &version);
        trial->status = WdfDriverRetrieveVersionString(driver, string);
        trial->returned = TRUE;
        KeLowerIrql(irql);
        break;
    case ENTRY_LEVEL_DEPENDS_ON_ARGUMENTS:
        status = WdfWaitLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &wait_lock);
        if (!NT_SUCCESS(status)) {
            return status;
        }
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        trial->status = WdfWaitLockAcquire(wait_lock, &at_once);
        WdfWaitLockRelease(wait_lock);
        trial->other_status = WdfWaitLockAcquire(wait_lock, NULL);
        KeLowerIrql(irql);
        break;
    case ENTRY_FAILS:
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    default:
        break;
    }
    trial->done = TRUE;
    return STATUS_SUCCESS;
}
