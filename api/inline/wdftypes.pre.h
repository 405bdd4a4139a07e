#ifndef NTAPI
#define NTAPI
#endif
#ifndef DECLSPEC_ALIGN
#define DECLSPEC_ALIGN(bytes) __attribute__((aligned(bytes)))
#endif
#ifndef DECLARE_HANDLE
#define DECLARE_HANDLE(name)      \
    struct name##__ {             \
        int unused;               \
    };                            \
    typedef struct name##__ *name
#endif

#define WDFAPI

/* The version that the driver is built for; its table ends where that version's functions end. */
#if defined(DRYDOCK_WDF_UMDF) && defined(UMDF_VERSION_MINOR)
#define DRYDOCK_WDF_MINOR UMDF_VERSION_MINOR
#elif !defined(DRYDOCK_WDF_UMDF) && defined(KMDF_VERSION_MINOR)
#define DRYDOCK_WDF_MINOR KMDF_VERSION_MINOR
#else
#define DRYDOCK_WDF_MINOR 33
#endif

/* What the entry stub defines for one driver: reached directly, not through a symbol table. */
#define WDF_OF_THIS_DRIVER extern __attribute__((visibility("hidden")))

/* Functions that live in headers: a copy per source file, because each call goes through the driver's own table. */
/* Without debug information of its own an inlined call carries the line of the driver that made it: what reports show. */
#if defined(__clang__)
#define WDF_INLINE static __inline__ __attribute__((always_inline, unused, nodebug))
#else
#define WDF_INLINE static __inline__ __attribute__((always_inline, unused, artificial))
#endif

/*
 * Several drivers can be linked into one program (see sdk/lib/wdf_driver_entry.c). Each is then compiled with
 * -DDRYDOCK_DRIVER_NAME=<name>, and the names that every driver defines get that name as a prefix.
 */
#ifdef DRYDOCK_DRIVER_NAME
#define DRYDOCK_WDF_PASTE_(driver, symbol) driver##_##symbol
#define DRYDOCK_WDF_PASTE(driver, symbol) DRYDOCK_WDF_PASTE_(driver, symbol)
#define DRYDOCK_WDF_SYMBOL(symbol) DRYDOCK_WDF_PASTE(DRYDOCK_DRIVER_NAME, symbol)
#define DriverEntry DRYDOCK_WDF_SYMBOL(DriverEntry)
#define FxDriverEntry DRYDOCK_WDF_SYMBOL(FxDriverEntry)
#define FxDriverEntryUm DRYDOCK_WDF_SYMBOL(FxDriverEntryUm)
#define WdfDriverGlobals DRYDOCK_WDF_SYMBOL(WdfDriverGlobals)
#define WdfMinimumVersionRequired DRYDOCK_WDF_SYMBOL(WdfMinimumVersionRequired)
#define WdfClientVersionHigherThanFramework DRYDOCK_WDF_SYMBOL(WdfClientVersionHigherThanFramework)
#define WdfFunctionCount DRYDOCK_WDF_SYMBOL(WdfFunctionCount)
#define WdfStructureCount DRYDOCK_WDF_SYMBOL(WdfStructureCount)
#define WdfStructures DRYDOCK_WDF_SYMBOL(WdfStructures)
#else
#define DRYDOCK_WDF_SYMBOL(symbol) symbol
#endif

typedef unsigned char BYTE; /* as the Windows headers have it; NT's kernel headers do not */
typedef VOID (*WDFFUNC)(VOID);
typedef size_t *WDF_STRUCT_INFO;
typedef PVOID WDFCONTEXT;
typedef struct WDFDEVICE_INIT *PWDFDEVICE_INIT;
typedef struct WDFCXDEVICE_INIT *PWDFCXDEVICE_INIT;

#define WDF_NO_OBJECT_ATTRIBUTES (NULL)
#define WDF_NO_EVENT_CALLBACK (NULL)
#define WDF_NO_HANDLE (NULL)
#define WDF_NO_CONTEXT (NULL)
#define WDF_NO_SEND_OPTIONS (NULL)
