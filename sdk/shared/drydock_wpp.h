// The trace contract between a driver image and the machine that runs it.
//
// A driver's WPP calls (DoTraceMessage, TraceEvents, functions of its own) are turned by `drydock build` into calls of
// DrydockWppMessage. libdrydock defines these functions (src/nt/etw); the headers that the builder generates (x.tmh) are
// their only callers. Usable from C and C++, from any IRQL, on any thread of a machine.
//
// The format is passed on as the driver wrote it. What the runtime has to decode:
//   printf as NT has it: %d %u %x %I64x %p %s (char string) %S %ws (16-bit string) %wZ (UNICODE_STRING*) %Z (ANSI_STRING*) ...
//   without an argument: %!FUNC! %!FILE! %!LINE! %!LEVEL! %!FLAGS! %!COMPNAME! %!MOD! %!STDPREFIX!
//   with an argument, one machine word each unless said otherwise:
//     %!STATUS! NTSTATUS, %!HRESULT! HRESULT, %!WINERROR! ULONG, %!bool! %!BOOLEAN! int,
//     %!GUID! %!CLSID! %!IID! const GUID*, %!IPADDR! ULONG, %!TIMESTAMP! %!TIME! %!DATE! LONGLONG,
//     %!IPV6ADDR! 16 bytes by address, %!PORT! USHORT, %!delta! %!due! %!WAITTIME! LONGLONG,
//     %!ASTR! char*, %!WSTR! wchar_t*, %!USTR! UNICODE_STRING*, %!ANSTR! ANSI_STRING*,
//     %!irql! int, %!sid! SID*, %!HEXDUMP! %!hexdump! DRYDOCK_WPP_BUFFER by value,
//     any other %!name!: an int, whose words are in the module's Types, where the driver's configuration names them.
// A string that is NULL is printed as <NULL>.
#ifndef DRYDOCK_WPP_H
#define DRYDOCK_WPP_H

#ifdef __cplusplus
extern "C" {
#endif

// One control GUID of a driver. Flags and Level are what the driver's own conditions (WPP_LEVEL_ENABLED and the like)
// look at: bit n of Flags belongs to the n-th WPP_DEFINE_BIT. Flags and Level are 0 until DrydockWppStart.
typedef struct _DRYDOCK_WPP_CONTROL {
    unsigned long long Logger;   // set with Flags; drivers pass it on, never look inside
    unsigned char Level;         // messages with a level above this one are not wanted
    unsigned char FlagsLen;
    unsigned char AutoLogVerboseEnabled;    // the in-flight recorder's, for the driver's own conditions
    unsigned char AutoLogAttachToMiniDump;
    unsigned int Flags[1];
    const char* Name;            // first argument of WPP_DEFINE_CONTROL_GUID
    const char* Guid;            // second argument, as text: "(32134778,E6AA,4089,B5A8,9E58E9EE4687)"
    const char* const* Bits;     // names of the flags, bit 0 first, ends with NULL
} DRYDOCK_WPP_CONTROL;

// An enumeration that the driver's configuration names: CUSTOM_TYPE(name, ItemListLong(...)) or ItemEnum.
typedef struct _DRYDOCK_WPP_WORD {
    long long Value;
    const char* Text;
} DRYDOCK_WPP_WORD;

#define DRYDOCK_WPP_ALIAS 2
typedef struct _DRYDOCK_WPP_TYPE {
    const char* Name;              // as in %!name!
    int IsSet;                     // 1: ItemSet, one word for each bit number; DRYDOCK_WPP_ALIAS: the first word is a name of the list above
    const DRYDOCK_WPP_WORD* Words; // ends with Text == NULL
} DRYDOCK_WPP_TYPE;

// What one driver image traces with. Lives in the image, as long as it.
typedef struct _DRYDOCK_WPP_MODULE {
    unsigned int Size;             // sizeof(DRYDOCK_WPP_MODULE)
    unsigned int ControlCount;
    const char* Driver;            // name of the image
    DRYDOCK_WPP_CONTROL* Controls;
    const DRYDOCK_WPP_TYPE* Types; // ends with Name == NULL
} DRYDOCK_WPP_MODULE;

// The argument of %!HEXDUMP!; the xstr_t of many a driver.
typedef struct _DRYDOCK_WPP_BUFFER {
    const void* Data;
    short Length;
} DRYDOCK_WPP_BUFFER;

// What a driver calls WPP_PRIVATE_ENABLE_CALLBACK: hears, at PASSIVE_LEVEL, each time that a session enables or disables a control.
typedef void DRYDOCK_WPP_ENABLE_CALLBACK(const void* Guid, unsigned long long Logger, unsigned char Enable, unsigned int Flags,
                                         unsigned char Level);

// WPP_INIT_TRACING: from now on sessions of the machine can enable the driver's controls, and those that did so before count;
// Flags, Level and Logger of each control say what they want (docs/tracing.md).
void DrydockWppStart(const DRYDOCK_WPP_MODULE* module);
void DrydockWppStartWith(const DRYDOCK_WPP_MODULE* module, DRYDOCK_WPP_ENABLE_CALLBACK* callback);
// WPP_CLEANUP: no message is wanted any more; clears what DrydockWppStart has set.
void DrydockWppStop(const DRYDOCK_WPP_MODULE* module);
// One message. control: which of the module's; flags: the bit of the flag that the call names, or 0; level: TRACE_LEVEL_..., or 0 where
// the call has none.
void DrydockWppMessage(const DRYDOCK_WPP_MODULE* module, unsigned control, unsigned flags, unsigned level, const char* func,
                       const char* file, int line, const char* format, ...);

#ifdef __cplusplus
}
#endif

#endif
