/* What test and driver tell each other. Each driver of this source has its own trial (the driver's name is a prefix). */
#ifndef ENTRY_DRIVER_H
#define ENTRY_DRIVER_H

enum EntryKind {
    ENTRY_NO_MISTAKE,
    ENTRY_REQUIRED_POINTER_IS_NULL,
    ENTRY_OPTIONAL_POINTER_IS_NULL,
    ENTRY_HANDLE_IS_NULL,
    ENTRY_HANDLE_HAS_ANOTHER_TYPE,
    ENTRY_HANDLE_IS_NO_ADDRESS_OF_OURS,
    ENTRY_HANDLE_IS_STALE,
    ENTRY_OBJECT_IS_NULL,
    ENTRY_FUNCTION_WITHOUT_PROTOTYPE,
    ENTRY_ABOVE_ITS_LEVEL,
    ENTRY_LEVEL_DEPENDS_ON_ARGUMENTS,
    ENTRY_FAILS
};

struct EntryTrial {
    enum EntryKind kind;
    int done;        /* DriverEntry came to its end */
    int returned;    /* the calls above their level came back */
    int available;   /* what a function with a BOOLEAN result gave there */
    int status;      /* what a function with a status gave there */
    int other_status;
    unsigned bound_minor; /* what the stub knows of the version */
    unsigned bound_functions;
};

#ifdef __cplusplus
extern "C" {
#endif
extern struct EntryTrial kmdf_entry_trial;
extern struct EntryTrial umdf_entry_trial;
extern struct EntryTrial old_entry_trial; /* built for KMDF 1.15 */
#ifdef __cplusplus
}
#endif

/* WdfCxDeviceInitAllocate and WdfDeviceInitEnableHidInterface: entries without a public prototype. */
#ifdef UMDF_VERSION_MAJOR
#define entry_trial umdf_entry_trial
#define ENTRY_NO_PROTOTYPE_INDEX WdfDeviceInitEnableHidInterfaceTableIndex
#else
#if KMDF_VERSION_MINOR == 15
#define entry_trial old_entry_trial
#else
#define entry_trial kmdf_entry_trial
#endif
#define ENTRY_NO_PROTOTYPE_INDEX WdfCxDeviceInitAllocateTableIndex
#endif

#endif
