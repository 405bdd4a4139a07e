/*
 * The entry stub: the part of a framework driver that its author never sees. It binds the driver to the framework, calls the
 * driver's own DriverEntry, and unbinds when that fails or when the driver is unloaded.
 *
 * Compile it once per driver, with the same -D as the driver's sources:
 *   KMDF_VERSION_MAJOR, KMDF_VERSION_MINOR   the version the driver is built for (as MSBuild defines them); default 1.33
 *   UMDF_VERSION_MAJOR, UMDF_VERSION_MINOR   the same for UMDF, default 2.33; the UMDF headers on the include path decide the mode
 *   KMDF_MINIMUM_VERSION_REQUIRED, UMDF_MINIMUM_VERSION_REQUIRED   oldest framework that the driver accepts; default: its own
 * An older minor version binds to the same table: its functions are the table's beginning, and no index ever changes.
 *
 * A driver image (.so) exports FxDriverEntry(DRIVER_OBJECT*, UNICODE_STRING*). A machine loads a fresh copy of the image,
 * because WdfDriverGlobals, WdfFunctions and the driver's own variables belong to one loaded driver, as on Windows.
 *
 * Drivers linked into a program. The names below would clash between two drivers, so:
 *   -DDRYDOCK_DRIVER_NAME=foo on every source of the driver and on this file
 * turns DriverEntry, FxDriverEntry, WdfDriverGlobals, WdfFunctions_..., the context type informations and the other names that
 * every driver defines into foo_DriverEntry, foo_FxDriverEntry and so on (wdf.h does it, after NT's headers). The program then
 * hands foo_FxDriverEntry to Machine::AddDriver. Other global names of such a driver are its author's affair; where two drivers
 * use the same ones, link each into one object first and localise everything but the entry, as drydock_add_driver(... LINKED_IN)
 * does with ld -r and objcopy. A linked-in driver has one set of variables: one machine at a time may use it.
 */
#ifndef UMDF_VERSION_MAJOR
#include <ntddk.h>
#endif
#include <wdf.h>
#include <wdfldr.h>

#ifdef DRYDOCK_WDF_UMDF
#define COMPONENT L"UmdfLibrary"
#ifndef UMDF_VERSION_MAJOR
#define UMDF_VERSION_MAJOR 2
#endif
#define VERSION_MAJOR UMDF_VERSION_MAJOR
#ifdef UMDF_MINIMUM_VERSION_REQUIRED
#define MINIMUM_VERSION UMDF_MINIMUM_VERSION_REQUIRED
#endif
#else
#define COMPONENT L"KmdfLibrary"
#ifndef KMDF_VERSION_MAJOR
#define KMDF_VERSION_MAJOR 1
#endif
#define VERSION_MAJOR KMDF_VERSION_MAJOR
#ifdef KMDF_MINIMUM_VERSION_REQUIRED
#define MINIMUM_VERSION KMDF_MINIMUM_VERSION_REQUIRED
#endif
#endif

#ifndef MINIMUM_VERSION
#define MINIMUM_VERSION DRYDOCK_WDF_MINOR
#endif

DRIVER_INITIALIZE DriverEntry;

PWDF_DRIVER_GLOBALS WdfDriverGlobals = NULL;
const WDFFUNC *WdfFunctions = NULL;
ULONG WdfMinimumVersionRequired = MINIMUM_VERSION;

/* The framework here is always the newest, so what a driver asks of its table is there. */
BOOLEAN WdfClientVersionHigherThanFramework = FALSE;
ULONG WdfFunctionCount = WDF_FUNCTION_COUNT_OF_MINOR(DRYDOCK_WDF_MINOR);
ULONG WdfStructureCount = WDF_STRUCTURE_TABLE_NUM_ENTRIES;
WDF_STRUCT_INFO WdfStructures = NULL;

static WDF_BIND_INFO bind_info = {
    sizeof(WDF_BIND_INFO),
    (PWCHAR)COMPONENT,
    {VERSION_MAJOR, DRYDOCK_WDF_MINOR, 0},
    WDF_FUNCTION_COUNT_OF_MINOR(DRYDOCK_WDF_MINOR),
    &WdfFunctions,
    NULL,
};

static WCHAR registry_path_buffer[260];
static UNICODE_STRING registry_path;
static PDRIVER_UNLOAD framework_unload;

/* The caller's string lives only for the call, but unbinding needs it later. A longer path is cut: it only names the driver. */
static void keep_registry_path(PUNICODE_STRING path)
{
    registry_path.Buffer = registry_path_buffer;
    registry_path.MaximumLength = sizeof(registry_path_buffer);
    registry_path.Length = 0;
    if (path != NULL && path->Buffer != NULL) {
        registry_path.Length =
            path->Length < sizeof(registry_path_buffer) ? path->Length : (USHORT)sizeof(registry_path_buffer);
        RtlCopyMemory(registry_path_buffer, path->Buffer, registry_path.Length);
    }
}

static VOID unbind(VOID)
{
    WdfVersionUnbind(&registry_path, &bind_info, (PWDF_COMPONENT_GLOBALS)WdfDriverGlobals);
    WdfDriverGlobals = NULL;
    WdfFunctions = NULL;
}

#ifdef DRYDOCK_WDF_UMDF
/* A user-mode driver is a library: its DllMain, if it has one, hears that it is loaded into a host, and that it leaves. */
extern int DllMain(void *Instance, unsigned Reason, void *Reserved) __attribute__((weak));
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

static BOOLEAN tell_library(unsigned reason)
{
    return DllMain == NULL || DllMain((void *)__ehdr_start, reason, NULL) != 0;
}
#else
#define tell_library(reason) TRUE
#endif
#define ATTACH 1
#define DETACH 0

/* Unloading: first what was there before us (the framework's routine, which calls EvtDriverUnload), then the binding. */
static VOID unload(PDRIVER_OBJECT DriverObject)
{
    if (framework_unload != NULL) {
        framework_unload(DriverObject);
    }
    unbind();
    (void)tell_library(DETACH);
}

__attribute__((visibility("default"))) NTSTATUS FxDriverEntry(PDRIVER_OBJECT DriverObject,
                                                              PUNICODE_STRING RegistryPath)
{
    NTSTATUS status;

    if (DriverObject == NULL) {
        /* Loaded as a library without a driver object: nothing to bind. */
        return DriverEntry(DriverObject, RegistryPath);
    }
    if (!tell_library(ATTACH)) {
        return STATUS_DLL_INIT_FAILED;
    }
    keep_registry_path(RegistryPath);
    status =
        WdfVersionBind(DriverObject, &registry_path, &bind_info, (PWDF_COMPONENT_GLOBALS *)&WdfDriverGlobals);
    if (!NT_SUCCESS(status)) {
        (void)tell_library(DETACH);
        return status;
    }
    status = DriverEntry(DriverObject, RegistryPath);
    if (!NT_SUCCESS(status)) {
        unbind();
        (void)tell_library(DETACH);
        return status;
    }
    if (DriverObject->DriverUnload != NULL) {
        framework_unload = DriverObject->DriverUnload;
        DriverObject->DriverUnload = unload;
    } else if (WdfDriverGlobals->DisplaceDriverUnload) {
        framework_unload = NULL;
        DriverObject->DriverUnload = unload;
    }
    return status;
}

#ifdef DRYDOCK_WDF_UMDF
/* What a UMDF host calls; the loader's interface and its context are of no use here. */
NTSTATUS FxDriverEntryUm(PVOID LoaderInterface, PVOID Context, PVOID DriverObject, PUNICODE_STRING RegistryPath)
{
    (void)LoaderInterface;
    (void)Context;
    return FxDriverEntry((PDRIVER_OBJECT)DriverObject, RegistryPath);
}
#endif
