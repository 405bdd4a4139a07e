// TraceLogging: events that describe themselves, without a manifest.
// Used by:  drivers of kernel and user mode, C and C++. IRQL: any for writing, PASSIVE_LEVEL for registration.
// Here:     an event's fields go to the machine with their names and types, as a list; the macros keep the names and forms of Windows. They
//           are in docs/tracing.md; one that is missing does not compile. Fields are evaluated when some session has the provider on.
// Source:   public documentation.
#ifndef _TRACELOGGINGPROVIDER_
#define _TRACELOGGINGPROVIDER_

#include <evntprov.h>
#include <winmeta.h>
#if __has_include(<evntrace.h>)
#include <evntrace.h>
#endif


#ifdef __cplusplus
extern "C" {
#endif

struct _tlgProvider_t {
  const char *Name;
  GUID Id;
  REGHANDLE Handle;                // 0: not registered
  PETWENABLECALLBACK Callback;
  PVOID Context;
};
typedef struct _tlgProvider_t DRYDOCK_TLG_PROVIDER;
typedef const struct _tlgProvider_t *TraceLoggingHProvider;

// What a field is; how its value is passed.
enum {
  DRYDOCK_TLG_BEGIN,               // nothing: every list begins with it
  DRYDOCK_TLG_LEVEL, DRYDOCK_TLG_KEYWORD, DRYDOCK_TLG_OPCODE, DRYDOCK_TLG_TAG, DRYDOCK_TLG_STRUCT,
  DRYDOCK_TLG_NUMBER,              // Number, Type says how to show it
  DRYDOCK_TLG_REAL,                // Real
  DRYDOCK_TLG_DATA                 // Data, Size: Count values of Type (Count < 0: one)
};
typedef struct _DRYDOCK_TLG_FIELD {
  unsigned char Kind;
  const char *Name;
  const char *Type;                // "win:UInt32", "win:UnicodeString", ...
  const char *Out;                 // "", "win:NTSTATUS", "win:HexInt32", ...
  unsigned long long Number;
  double Real;
  const void *Data;
  unsigned Size;
  int Count;
} DRYDOCK_TLG_FIELD;

void DrydockTraceLoggingRegister(DRYDOCK_TLG_PROVIDER *Provider);
void DrydockTraceLoggingUnregister(DRYDOCK_TLG_PROVIDER *Provider);
void DrydockTraceLoggingWrite(const DRYDOCK_TLG_PROVIDER *Provider, const char *Name, LPCGUID Activity, LPCGUID Related,
                              const DRYDOCK_TLG_FIELD *Fields, unsigned Count, const char *Function, const char *File, int Line);

#ifdef __cplusplus
}
#endif

static inline DRYDOCK_TLG_FIELD __attribute__((unused))
DrydockTlgNumber(unsigned char Kind, const char *Type, const char *Out, unsigned long long Number, const char *Name) {
  DRYDOCK_TLG_FIELD f = {0};
  f.Kind = Kind, f.Type = Type, f.Out = Out, f.Number = Number, f.Name = Name, f.Count = -1;
  return f;
}
static inline DRYDOCK_TLG_FIELD __attribute__((unused)) DrydockTlgReal(double Real, const char *Name) {
  DRYDOCK_TLG_FIELD f = {0};
  f.Kind = DRYDOCK_TLG_REAL, f.Type = "win:Double", f.Out = "", f.Real = Real, f.Name = Name, f.Count = -1;
  return f;
}
static inline DRYDOCK_TLG_FIELD __attribute__((unused))
DrydockTlgData(const char *Type, const char *Out, const void *Data, unsigned long long Size, int Count, const char *Name) {
  DRYDOCK_TLG_FIELD f = {0};
  f.Kind = DRYDOCK_TLG_DATA, f.Type = Type, f.Out = Out, f.Data = Data, f.Size = (unsigned)Size, f.Count = Count, f.Name = Name;
  return f;
}
static inline unsigned __attribute__((unused)) DrydockTlgAnsiSize(const char *s) {
  unsigned n = 0;
  while (s && s[n]) ++n;
  return n;
}
static inline unsigned __attribute__((unused)) DrydockTlgWideSize(const WCHAR *s) {
  unsigned n = 0;
  while (s && s[n]) ++n;
  return 2 * n;
}

// --- providers ---
#define TraceLoggingOptionGroup(...)
#define DRYDOCK_TLG_GUID_(a, b, c, d, e, f, g, h, i, j, k) { (ULONG)(a), (USHORT)(b), (USHORT)(c), { d, e, f, g, h, i, j, k } }
#define DRYDOCK_TLG_GUID(tuple) DRYDOCK_TLG_GUID_ tuple
#define TRACELOGGING_DECLARE_PROVIDER(hProvider) \
  extern DRYDOCK_TLG_PROVIDER DrydockTlg_##hProvider; \
  extern const TraceLoggingHProvider hProvider
#ifdef __cplusplus
#define TRACELOGGING_DEFINE_PROVIDER_STORAGE(storage, szProviderName, providerId) \
  extern DRYDOCK_TLG_PROVIDER storage; \
  DRYDOCK_TLG_PROVIDER storage = { szProviderName, DRYDOCK_TLG_GUID(providerId), 0, 0, 0 }
#define DRYDOCK_TLG_HANDLE(hProvider) \
  extern const TraceLoggingHProvider hProvider; \
  const TraceLoggingHProvider hProvider = &DrydockTlg_##hProvider
#else
#define TRACELOGGING_DEFINE_PROVIDER_STORAGE(storage, szProviderName, providerId) \
  DRYDOCK_TLG_PROVIDER storage = { szProviderName, DRYDOCK_TLG_GUID(providerId), 0, 0, 0 }
#define DRYDOCK_TLG_HANDLE(hProvider) const TraceLoggingHProvider hProvider = &DrydockTlg_##hProvider
#endif
#define TRACELOGGING_DEFINE_PROVIDER(hProvider, szProviderName, providerId, ...) \
  TRACELOGGING_DEFINE_PROVIDER_STORAGE(DrydockTlg_##hProvider, szProviderName, providerId); \
  DRYDOCK_TLG_HANDLE(hProvider)

static inline NTSTATUS __attribute__((unused))
TraceLoggingRegisterEx(TraceLoggingHProvider Provider, PETWENABLECALLBACK Callback, PVOID Context) {
  DRYDOCK_TLG_PROVIDER *own = (DRYDOCK_TLG_PROVIDER *)Provider;
  own->Callback = Callback;
  own->Context = Context;
  DrydockTraceLoggingRegister(own);
  return 0;
}
static inline NTSTATUS __attribute__((unused)) TraceLoggingRegister(TraceLoggingHProvider Provider) {
  return TraceLoggingRegisterEx(Provider, 0, 0);
}
static inline VOID __attribute__((unused)) TraceLoggingUnregister(TraceLoggingHProvider Provider) {
  DrydockTraceLoggingUnregister((DRYDOCK_TLG_PROVIDER *)Provider);
}
static inline BOOLEAN __attribute__((unused))
TraceLoggingProviderEnabled(TraceLoggingHProvider Provider, UCHAR Level, ULONGLONG Keyword) {
  return Provider->Handle != 0 && EtwProviderEnabled(Provider->Handle, Level, Keyword);
}
#define TraceLoggingProviderId(hProvider) ((hProvider)->Id)

// --- events ---
#define DRYDOCK_TLG_WRITE(hProvider, szName, activity, related, ...) \
  do { \
    if (TraceLoggingProviderEnabled(hProvider, 0, 0)) { \
      const DRYDOCK_TLG_FIELD drydock_tlg_fields[] = { DrydockTlgNumber(DRYDOCK_TLG_BEGIN, "", "", 0, ""), ##__VA_ARGS__ }; \
      DrydockTraceLoggingWrite(hProvider, szName, activity, related, drydock_tlg_fields, \
                               (unsigned)(sizeof(drydock_tlg_fields) / sizeof(drydock_tlg_fields[0])), __FUNCTION__, __FILE__, __LINE__); \
    } \
  } while (0)
#define TraceLoggingWrite(hProvider, szName, ...) DRYDOCK_TLG_WRITE(hProvider, szName, NULL, NULL, ##__VA_ARGS__)
#define TraceLoggingWriteActivity(hProvider, szName, pActivityId, pRelatedActivityId, ...) \
  DRYDOCK_TLG_WRITE(hProvider, szName, pActivityId, pRelatedActivityId, ##__VA_ARGS__)

#define TraceLoggingLevel(level) DrydockTlgNumber(DRYDOCK_TLG_LEVEL, "", "", (unsigned long long)(level), "")
#define TraceLoggingKeyword(keyword) DrydockTlgNumber(DRYDOCK_TLG_KEYWORD, "", "", (unsigned long long)(keyword), "")
#define TraceLoggingOpcode(opcode) DrydockTlgNumber(DRYDOCK_TLG_OPCODE, "", "", (unsigned long long)(opcode), "")
#define TraceLoggingEventTag(tag) DrydockTlgNumber(DRYDOCK_TLG_TAG, "", "", (unsigned long long)(tag), "")
#define TraceLoggingChannel(channel) DrydockTlgNumber(DRYDOCK_TLG_TAG, "", "", 0, "")
#define TraceLoggingDescription(text) DrydockTlgNumber(DRYDOCK_TLG_TAG, "", "", 0, "")
#define TraceLoggingStruct(fieldCount, name, ...) DrydockTlgNumber(DRYDOCK_TLG_STRUCT, "", "", (unsigned long long)(fieldCount), name)

// A field's name: the second argument, or the text of the first.
#define DRYDOCK_TLG_FIRST(first, ...) first
#define DRYDOCK_TLG_NAME(text, ...) DRYDOCK_TLG_NAME_(text, ##__VA_ARGS__, text)
#define DRYDOCK_TLG_NAME_(text, name, ...) name
#define DRYDOCK_TLG_N(Type, Out, value, ...) \
  DrydockTlgNumber(DRYDOCK_TLG_NUMBER, Type, Out, (unsigned long long)(value), DRYDOCK_TLG_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingInt8(value, ...) DRYDOCK_TLG_N("win:Int8", "", value, ##__VA_ARGS__)
#define TraceLoggingUInt8(value, ...) DRYDOCK_TLG_N("win:UInt8", "", value, ##__VA_ARGS__)
#define TraceLoggingInt16(value, ...) DRYDOCK_TLG_N("win:Int16", "", value, ##__VA_ARGS__)
#define TraceLoggingUInt16(value, ...) DRYDOCK_TLG_N("win:UInt16", "", value, ##__VA_ARGS__)
#define TraceLoggingInt32(value, ...) DRYDOCK_TLG_N("win:Int32", "", value, ##__VA_ARGS__)
#define TraceLoggingUInt32(value, ...) DRYDOCK_TLG_N("win:UInt32", "", value, ##__VA_ARGS__)
#define TraceLoggingInt64(value, ...) DRYDOCK_TLG_N("win:Int64", "", value, ##__VA_ARGS__)
#define TraceLoggingUInt64(value, ...) DRYDOCK_TLG_N("win:UInt64", "", value, ##__VA_ARGS__)
#define TraceLoggingIntPtr(value, ...) DRYDOCK_TLG_N("win:Int64", "", value, ##__VA_ARGS__)
#define TraceLoggingUIntPtr(value, ...) DRYDOCK_TLG_N("win:UInt64", "", value, ##__VA_ARGS__)
#define TraceLoggingLong(value, ...) DRYDOCK_TLG_N("win:Int32", "", value, ##__VA_ARGS__)
#define TraceLoggingULong(value, ...) DRYDOCK_TLG_N("win:UInt32", "", value, ##__VA_ARGS__)
#define TraceLoggingHexInt8(value, ...) DRYDOCK_TLG_N("win:UInt8", "win:HexInt8", (UCHAR)(value), ##__VA_ARGS__)
#define TraceLoggingHexUInt8(value, ...) DRYDOCK_TLG_N("win:UInt8", "win:HexInt8", value, ##__VA_ARGS__)
#define TraceLoggingHexInt16(value, ...) DRYDOCK_TLG_N("win:UInt16", "win:HexInt16", value, ##__VA_ARGS__)
#define TraceLoggingHexUInt16(value, ...) DRYDOCK_TLG_N("win:UInt16", "win:HexInt16", value, ##__VA_ARGS__)
#define TraceLoggingHexInt32(value, ...) DRYDOCK_TLG_N("win:HexInt32", "", value, ##__VA_ARGS__)
#define TraceLoggingHexUInt32(value, ...) DRYDOCK_TLG_N("win:HexInt32", "", value, ##__VA_ARGS__)
#define TraceLoggingHexLong(value, ...) DRYDOCK_TLG_N("win:HexInt32", "", value, ##__VA_ARGS__)
#define TraceLoggingHexULong(value, ...) DRYDOCK_TLG_N("win:HexInt32", "", value, ##__VA_ARGS__)
#define TraceLoggingHexInt64(value, ...) DRYDOCK_TLG_N("win:HexInt64", "", value, ##__VA_ARGS__)
#define TraceLoggingHexUInt64(value, ...) DRYDOCK_TLG_N("win:HexInt64", "", value, ##__VA_ARGS__)
#define TraceLoggingHexULongPtr(value, ...) DRYDOCK_TLG_N("win:HexInt64", "", value, ##__VA_ARGS__)
#define TraceLoggingPointer(value, ...) DRYDOCK_TLG_N("win:Pointer", "", (ULONG_PTR)(value), ##__VA_ARGS__)
#define TraceLoggingCodePointer(value, ...) DRYDOCK_TLG_N("win:Pointer", "", (ULONG_PTR)(value), ##__VA_ARGS__)
#define TraceLoggingBool(value, ...) DRYDOCK_TLG_N("win:Boolean", "", (value) != 0, ##__VA_ARGS__)
#define TraceLoggingBoolean(value, ...) DRYDOCK_TLG_N("win:Boolean", "", (value) != 0, ##__VA_ARGS__)
#define TraceLoggingNTStatus(value, ...) DRYDOCK_TLG_N("win:UInt32", "win:NTSTATUS", (ULONG)(value), ##__VA_ARGS__)
#define TraceLoggingHResult(value, ...) DRYDOCK_TLG_N("win:UInt32", "win:HResult", (ULONG)(value), ##__VA_ARGS__)
#define TraceLoggingWinError(value, ...) DRYDOCK_TLG_N("win:UInt32", "win:Win32Error", (ULONG)(value), ##__VA_ARGS__)
#define TraceLoggingPid(value, ...) DRYDOCK_TLG_N("win:UInt32", "win:PID", value, ##__VA_ARGS__)
#define TraceLoggingTid(value, ...) DRYDOCK_TLG_N("win:UInt32", "win:TID", value, ##__VA_ARGS__)
#define TraceLoggingPort(value, ...) DRYDOCK_TLG_N("win:UInt16", "win:Port", value, ##__VA_ARGS__)
#define TraceLoggingIPv4Address(value, ...) DRYDOCK_TLG_N("win:UInt32", "win:IPv4", value, ##__VA_ARGS__)
#define TraceLoggingChar(value, ...) DRYDOCK_TLG_N("win:UInt8", "xs:string", (UCHAR)(value), ##__VA_ARGS__)
#define TraceLoggingWChar(value, ...) DRYDOCK_TLG_N("win:UInt16", "xs:string", (USHORT)(value), ##__VA_ARGS__)
#define TraceLoggingFloat32(value, ...) DrydockTlgReal((double)(value), DRYDOCK_TLG_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingFloat64(value, ...) DrydockTlgReal((double)(value), DRYDOCK_TLG_NAME(#value, ##__VA_ARGS__))

#define DRYDOCK_TLG_D(Type, Out, data, size, count, text, ...) DrydockTlgData(Type, Out, data, size, count, DRYDOCK_TLG_NAME(text, ##__VA_ARGS__))
#define TraceLoggingString(value, ...) DRYDOCK_TLG_D("win:AnsiString", "", value, DrydockTlgAnsiSize(value), -1, #value, ##__VA_ARGS__)
#define TraceLoggingUtf8String(value, ...) DRYDOCK_TLG_D("win:AnsiString", "", value, DrydockTlgAnsiSize(value), -1, #value, ##__VA_ARGS__)
#define TraceLoggingWideString(value, ...) DRYDOCK_TLG_D("win:UnicodeString", "", value, DrydockTlgWideSize(value), -1, #value, ##__VA_ARGS__)
#define TraceLoggingCountedString(value, cch, ...) DRYDOCK_TLG_D("win:AnsiString", "", value, cch, -1, #value, ##__VA_ARGS__)
#define TraceLoggingCountedWideString(value, cch, ...) DRYDOCK_TLG_D("win:UnicodeString", "", value, 2 * (cch), -1, #value, ##__VA_ARGS__)
#define TraceLoggingUnicodeString(value, ...) DRYDOCK_TLG_D("win:UnicodeString", "", (value)->Buffer, (value)->Length, -1, #value, ##__VA_ARGS__)
#define TraceLoggingAnsiString(value, ...) DRYDOCK_TLG_D("win:AnsiString", "", (value)->Buffer, (value)->Length, -1, #value, ##__VA_ARGS__)
#define TraceLoggingBinary(value, size, ...) DRYDOCK_TLG_D("win:Binary", "", value, size, -1, #value, ##__VA_ARGS__)
#define TraceLoggingSid(value, ...) DRYDOCK_TLG_D("win:SID", "", value, 8 + 4 * (unsigned)((const UCHAR *)(value))[1], -1, #value, ##__VA_ARGS__)
// The address of what is named.
#define TraceLoggingGuid(value, ...) DRYDOCK_TLG_D("win:GUID", "", &(value), 16, -1, #value, ##__VA_ARGS__)
#define TraceLoggingFileTime(value, ...) DRYDOCK_TLG_D("win:FILETIME", "", &(value), 8, -1, #value, ##__VA_ARGS__)
#define TraceLoggingSystemTime(value, ...) DRYDOCK_TLG_D("win:SYSTEMTIME", "", &(value), 16, -1, #value, ##__VA_ARGS__)
// count values from an address, and an array whose length is known.
#define DRYDOCK_TLG_ARRAY(Type, Out, size, values, count, ...) DRYDOCK_TLG_D(Type, Out, values, (size) * (unsigned)(count), (int)(count), #values, ##__VA_ARGS__)
#define TraceLoggingInt8Array(values, count, ...) DRYDOCK_TLG_ARRAY("win:Int8", "", 1, values, count, ##__VA_ARGS__)
#define TraceLoggingUInt8Array(values, count, ...) DRYDOCK_TLG_ARRAY("win:UInt8", "", 1, values, count, ##__VA_ARGS__)
#define TraceLoggingInt16Array(values, count, ...) DRYDOCK_TLG_ARRAY("win:Int16", "", 2, values, count, ##__VA_ARGS__)
#define TraceLoggingUInt16Array(values, count, ...) DRYDOCK_TLG_ARRAY("win:UInt16", "", 2, values, count, ##__VA_ARGS__)
#define TraceLoggingInt32Array(values, count, ...) DRYDOCK_TLG_ARRAY("win:Int32", "", 4, values, count, ##__VA_ARGS__)
#define TraceLoggingUInt32Array(values, count, ...) DRYDOCK_TLG_ARRAY("win:UInt32", "", 4, values, count, ##__VA_ARGS__)
#define TraceLoggingHexUInt32Array(values, count, ...) DRYDOCK_TLG_ARRAY("win:HexInt32", "", 4, values, count, ##__VA_ARGS__)
#define TraceLoggingInt64Array(values, count, ...) DRYDOCK_TLG_ARRAY("win:Int64", "", 8, values, count, ##__VA_ARGS__)
#define TraceLoggingUInt64Array(values, count, ...) DRYDOCK_TLG_ARRAY("win:UInt64", "", 8, values, count, ##__VA_ARGS__)
#define TraceLoggingHexInt8Array(values, count, ...) DRYDOCK_TLG_ARRAY("win:Int8", "win:HexInt8", 1, values, count, ##__VA_ARGS__)
#define TraceLoggingHexUInt8Array(values, count, ...) DRYDOCK_TLG_ARRAY("win:UInt8", "win:HexInt8", 1, values, count, ##__VA_ARGS__)
#define TraceLoggingHexInt16Array(values, count, ...) DRYDOCK_TLG_ARRAY("win:Int16", "win:HexInt16", 2, values, count, ##__VA_ARGS__)
#define TraceLoggingHexUInt16Array(values, count, ...) DRYDOCK_TLG_ARRAY("win:UInt16", "win:HexInt16", 2, values, count, ##__VA_ARGS__)
#define TraceLoggingHexInt32Array(values, count, ...) DRYDOCK_TLG_ARRAY("win:HexInt32", "", 4, values, count, ##__VA_ARGS__)
#define TraceLoggingHexInt64Array(values, count, ...) DRYDOCK_TLG_ARRAY("win:HexInt64", "", 8, values, count, ##__VA_ARGS__)
#define TraceLoggingHexUInt64Array(values, count, ...) DRYDOCK_TLG_ARRAY("win:HexInt64", "", 8, values, count, ##__VA_ARGS__)
#define TraceLoggingFloat32Array(values, count, ...) DRYDOCK_TLG_ARRAY("win:Float", "", 4, values, count, ##__VA_ARGS__)
#define TraceLoggingFloat64Array(values, count, ...) DRYDOCK_TLG_ARRAY("win:Double", "", 8, values, count, ##__VA_ARGS__)
#define TraceLoggingInt8FixedArray(values, count, ...) TraceLoggingInt8Array(values, count, ##__VA_ARGS__)
#define TraceLoggingUInt8FixedArray(values, count, ...) TraceLoggingUInt8Array(values, count, ##__VA_ARGS__)
#define TraceLoggingInt16FixedArray(values, count, ...) TraceLoggingInt16Array(values, count, ##__VA_ARGS__)
#define TraceLoggingUInt16FixedArray(values, count, ...) TraceLoggingUInt16Array(values, count, ##__VA_ARGS__)
#define TraceLoggingInt32FixedArray(values, count, ...) TraceLoggingInt32Array(values, count, ##__VA_ARGS__)
#define TraceLoggingUInt32FixedArray(values, count, ...) TraceLoggingUInt32Array(values, count, ##__VA_ARGS__)
#define TraceLoggingInt64FixedArray(values, count, ...) TraceLoggingInt64Array(values, count, ##__VA_ARGS__)
#define TraceLoggingUInt64FixedArray(values, count, ...) TraceLoggingUInt64Array(values, count, ##__VA_ARGS__)
#define TraceLoggingHexInt8FixedArray(values, count, ...) TraceLoggingHexInt8Array(values, count, ##__VA_ARGS__)
#define TraceLoggingHexUInt8FixedArray(values, count, ...) TraceLoggingHexUInt8Array(values, count, ##__VA_ARGS__)
#define TraceLoggingHexInt16FixedArray(values, count, ...) TraceLoggingHexInt16Array(values, count, ##__VA_ARGS__)
#define TraceLoggingHexUInt16FixedArray(values, count, ...) TraceLoggingHexUInt16Array(values, count, ##__VA_ARGS__)
#define TraceLoggingHexInt32FixedArray(values, count, ...) TraceLoggingHexInt32Array(values, count, ##__VA_ARGS__)
#define TraceLoggingHexUInt32FixedArray(values, count, ...) TraceLoggingHexUInt32Array(values, count, ##__VA_ARGS__)
#define TraceLoggingHexInt64FixedArray(values, count, ...) TraceLoggingHexInt64Array(values, count, ##__VA_ARGS__)
#define TraceLoggingHexUInt64FixedArray(values, count, ...) TraceLoggingHexUInt64Array(values, count, ##__VA_ARGS__)
#define TraceLoggingFloat32FixedArray(values, count, ...) TraceLoggingFloat32Array(values, count, ##__VA_ARGS__)
#define TraceLoggingFloat64FixedArray(values, count, ...) TraceLoggingFloat64Array(values, count, ##__VA_ARGS__)

#ifdef __cplusplus
// TraceLoggingValue: the type of the value says what it is.
inline DRYDOCK_TLG_FIELD DrydockTlgValue(bool v, const char *n) { return DrydockTlgNumber(DRYDOCK_TLG_NUMBER, "win:Boolean", "", v, n); }
inline DRYDOCK_TLG_FIELD DrydockTlgValue(char v, const char *n) { return DrydockTlgNumber(DRYDOCK_TLG_NUMBER, "win:UInt8", "xs:string", (UCHAR)v, n); }
inline DRYDOCK_TLG_FIELD DrydockTlgValue(wchar_t v, const char *n) { return DrydockTlgNumber(DRYDOCK_TLG_NUMBER, "win:UInt16", "xs:string", (USHORT)v, n); }
inline DRYDOCK_TLG_FIELD DrydockTlgValue(signed char v, const char *n) { return DrydockTlgNumber(DRYDOCK_TLG_NUMBER, "win:Int8", "", (unsigned long long)v, n); }
inline DRYDOCK_TLG_FIELD DrydockTlgValue(unsigned char v, const char *n) { return DrydockTlgNumber(DRYDOCK_TLG_NUMBER, "win:UInt8", "", v, n); }
inline DRYDOCK_TLG_FIELD DrydockTlgValue(short v, const char *n) { return DrydockTlgNumber(DRYDOCK_TLG_NUMBER, "win:Int16", "", (unsigned long long)v, n); }
inline DRYDOCK_TLG_FIELD DrydockTlgValue(unsigned short v, const char *n) { return DrydockTlgNumber(DRYDOCK_TLG_NUMBER, "win:UInt16", "", v, n); }
inline DRYDOCK_TLG_FIELD DrydockTlgValue(int v, const char *n) { return DrydockTlgNumber(DRYDOCK_TLG_NUMBER, "win:Int32", "", (unsigned long long)v, n); }
inline DRYDOCK_TLG_FIELD DrydockTlgValue(unsigned v, const char *n) { return DrydockTlgNumber(DRYDOCK_TLG_NUMBER, "win:UInt32", "", v, n); }
inline DRYDOCK_TLG_FIELD DrydockTlgValue(long v, const char *n) { return DrydockTlgNumber(DRYDOCK_TLG_NUMBER, "win:Int64", "", (unsigned long long)v, n); }
inline DRYDOCK_TLG_FIELD DrydockTlgValue(unsigned long v, const char *n) { return DrydockTlgNumber(DRYDOCK_TLG_NUMBER, "win:UInt64", "", v, n); }
inline DRYDOCK_TLG_FIELD DrydockTlgValue(long long v, const char *n) { return DrydockTlgNumber(DRYDOCK_TLG_NUMBER, "win:Int64", "", (unsigned long long)v, n); }
inline DRYDOCK_TLG_FIELD DrydockTlgValue(unsigned long long v, const char *n) { return DrydockTlgNumber(DRYDOCK_TLG_NUMBER, "win:UInt64", "", v, n); }
inline DRYDOCK_TLG_FIELD DrydockTlgValue(double v, const char *n) { return DrydockTlgReal(v, n); }
inline DRYDOCK_TLG_FIELD DrydockTlgValue(const char *v, const char *n) { return DrydockTlgData("win:AnsiString", "", v, DrydockTlgAnsiSize(v), -1, n); }
inline DRYDOCK_TLG_FIELD DrydockTlgValue(const WCHAR *v, const char *n) { return DrydockTlgData("win:UnicodeString", "", v, DrydockTlgWideSize(v), -1, n); }
inline DRYDOCK_TLG_FIELD DrydockTlgValue(const void *v, const char *n) { return DrydockTlgNumber(DRYDOCK_TLG_NUMBER, "win:Pointer", "", (ULONG_PTR)v, n); }
inline DRYDOCK_TLG_FIELD DrydockTlgValue(const GUID &v, const char *n) { return DrydockTlgData("win:GUID", "", &v, 16, -1, n); }
#define TraceLoggingValue(value, ...) DrydockTlgValue(value, DRYDOCK_TLG_NAME(#value, ##__VA_ARGS__))
#endif

#endif  // _TRACELOGGINGPROVIDER_
