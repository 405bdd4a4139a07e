#include "wdf.h"

/*
 * What a driver and the framework library tell each other at binding. The entry stub (sdk/lib/wdf_driver_entry.c) fills
 * it in; the loader answers with the function table and the driver's globals.
 */
typedef struct _WDF_VERSION {
    ULONG Major;
    ULONG Minor;
    ULONG Build;
} WDF_VERSION, *PWDF_VERSION;

typedef struct _WDF_BIND_INFO {
    ULONG Size;
    PWCHAR Component;          /* L"KmdfLibrary" or L"UmdfLibrary" */
    WDF_VERSION Version;       /* that the driver was built for */
    ULONG FuncCount;           /* entries of the table that the driver knows */
    const WDFFUNC **FuncTable;       /* in: address of the driver's WdfFunctions; the loader stores the table there */
    PVOID Module;              /* out: the loader's own */
} WDF_BIND_INFO, *PWDF_BIND_INFO;

typedef struct _WDF_CLASS_BIND_INFO *PWDF_CLASS_BIND_INFO;

/* A bound component: its globals are per driver. */
typedef PVOID WDF_COMPONENT_GLOBALS, *PWDF_COMPONENT_GLOBALS;
