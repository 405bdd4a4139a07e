// The base types of NT: integers, characters, strings, handles, list heads, object attributes, NTSTATUS tests.
//
// Used by:  every header of the SDK; drivers (C, C++) and our own C++20 code.
// Model:    Windows x64 on Linux: LONG and ULONG are 32 bits (int), WCHAR is 16 bits: wchar_t in a driver build
//           (-fshort-wchar), char16_t in our own code, one representation in memory.
// Source:   public documentation; layouts from api/nt-x64-structs.json.
#ifndef _NTDEF_
#define _NTDEF_

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "basetsd.h"
#include "guiddef.h"
#include "sal.h"
#include "sdkddkver.h"

#define NTAPI
#define NTAPI_INLINE
#define FASTCALL
#define NTSYSAPI
#define NTSYSCALLAPI
#define NTKERNELAPI
#define NTHALAPI
#define NTOSAPI
#define DECLSPEC_IMPORT
#define DECLSPEC_EXPORT __attribute__((visibility("default")))
#define DECLSPEC_NORETURN __attribute__((noreturn))
#define DECLSPEC_ALIGN(x) __attribute__((aligned(x)))
#define DECLSPEC_CACHEALIGN DECLSPEC_ALIGN(64)
#define DECLSPEC_SELECTANY __attribute__((weak, visibility("hidden")))
#define DECLSPEC_NOINLINE __attribute__((noinline))
#define DECLSPEC_DEPRECATED_DDK
#define DECLSPEC_DEPRECATED_DDK_WINXP
#define DECLSPEC_UUID(x)
#define DECLSPEC_NOVTABLE
#define DECLSPEC_ADDRSAFE
#define SYSTEM_CACHE_ALIGNMENT_SIZE 64
#define MAX_NATURAL_ALIGNMENT sizeof(ULONG_PTR)
#define MEMORY_ALLOCATION_ALIGNMENT 16
#define UNALIGNED
#define UNALIGNED64
#define RESTRICTED_POINTER
#define CONST const
#define STDMETHODCALLTYPE
#define NOTHING
#define ANYSIZE_ARRAY 1
// Unions and structures without names, as headers for old compilers write them.
#define DUMMYUNIONNAME
#define DUMMYUNIONNAME2
#define DUMMYUNIONNAME3
#define DUMMYUNIONNAME4
#define DUMMYUNIONNAME5
#define DUMMYUNIONNAME6
#define DUMMYUNIONNAME7
#define DUMMYUNIONNAME8
#define DUMMYUNIONNAME9
#define DUMMYSTRUCTNAME
#define DUMMYSTRUCTNAME2
#define DUMMYSTRUCTNAME3
#define DUMMYSTRUCTNAME4
#define DUMMYSTRUCTNAME5
#define DUMMYSTRUCTNAME6
#define DUMMYSTRUCTNAME7
#define DUMMYSTRUCTNAME8
#define DUMMYSTRUCTNAME9
#define _ANONYMOUS_UNION
#define _ANONYMOUS_STRUCT
#ifdef DRYDOCK_DRIVER_BUILD
#define IN
#define OUT
#define OPTIONAL
#define INOUT
#endif

#ifdef __cplusplus
#define DEFINE_ENUM_FLAG_OPERATORS(ENUMTYPE)                                                                       \
  extern "C++" {                                                                                                   \
  inline constexpr ENUMTYPE operator|(ENUMTYPE a, ENUMTYPE b) { return ENUMTYPE(((int)a) | ((int)b)); }            \
  inline ENUMTYPE &operator|=(ENUMTYPE &a, ENUMTYPE b) { return a = ENUMTYPE(((int)a) | ((int)b)); }               \
  inline constexpr ENUMTYPE operator&(ENUMTYPE a, ENUMTYPE b) { return ENUMTYPE(((int)a) & ((int)b)); }            \
  inline ENUMTYPE &operator&=(ENUMTYPE &a, ENUMTYPE b) { return a = ENUMTYPE(((int)a) & ((int)b)); }               \
  inline constexpr ENUMTYPE operator~(ENUMTYPE a) { return ENUMTYPE(~((int)a)); }                                  \
  inline constexpr ENUMTYPE operator^(ENUMTYPE a, ENUMTYPE b) { return ENUMTYPE(((int)a) ^ ((int)b)); }            \
  inline ENUMTYPE &operator^=(ENUMTYPE &a, ENUMTYPE b) { return a = ENUMTYPE(((int)a) ^ ((int)b)); }               \
  }
extern "C" {
#else
#define DEFINE_ENUM_FLAG_OPERATORS(ENUMTYPE)
#endif

#ifndef VOID
#define VOID void
#endif
typedef void *PVOID;
typedef void *PVOID64;
typedef char CHAR;
typedef short SHORT;
typedef int LONG;
typedef int INT;
typedef unsigned int UINT;
typedef unsigned char UCHAR;
typedef unsigned short USHORT;
typedef unsigned int ULONG;
typedef unsigned DRYDOCK_INT64 QUAD;
typedef DRYDOCK_INT64 LONGLONG;
typedef unsigned DRYDOCK_INT64 ULONGLONG;
typedef char CCHAR;
typedef short CSHORT;
typedef unsigned int CLONG;
typedef UCHAR BYTE, *PBYTE;
typedef UCHAR BOOLEAN;
typedef unsigned int LOGICAL;
typedef int BOOL;
typedef LONG NTSTATUS;
typedef LONG HRESULT;
typedef LONGLONG USN;
typedef ULONG LCID;
typedef USHORT LANGID;
typedef signed char SCHAR;
typedef double DOUBLE;

typedef CHAR *PCHAR, *PCH, *PSZ, *PSTR, *LPSTR, *NPSTR, *LPCH;
typedef const CHAR *PCSZ, *PCSTR, *LPCSTR, *PCCH, *LPCCH;
typedef PSTR *PZPSTR;
typedef SHORT *PSHORT;
typedef LONG *PLONG;
typedef INT *PINT;
typedef UINT *PUINT;
typedef UCHAR *PUCHAR;
typedef const UCHAR *PCUCHAR;
typedef USHORT *PUSHORT;
typedef const USHORT *PCUSHORT;
typedef ULONG *PULONG;
typedef const ULONG *PCULONG;
typedef SCHAR *PSCHAR;
typedef CSHORT *PCSHORT;
typedef CLONG *PCLONG;
typedef LONGLONG *PLONGLONG;
typedef ULONGLONG *PULONGLONG;
typedef BOOLEAN *PBOOLEAN;
typedef LOGICAL *PLOGICAL;
typedef BOOL *PBOOL;
typedef QUAD *PQUAD;
typedef NTSTATUS *PNTSTATUS;
typedef LCID *PLCID;

#if __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#elif defined(__cplusplus)
typedef char16_t WCHAR;
#else
typedef unsigned short WCHAR;
#endif
typedef WCHAR *PWCHAR, *LPWCH, *PWCH, *PWSTR, *LPWSTR, *NWPSTR;
typedef const WCHAR *PCWSTR, *LPCWSTR, *LPCWCH, *PCWCH;
typedef PWSTR *PZPWSTR;
typedef const PWSTR *PCZPWSTR;
typedef WCHAR *PZZWSTR;
typedef const WCHAR *PCZZWSTR;
typedef WCHAR *PNZWCH;
typedef const WCHAR *PCNZWCH;
typedef WCHAR UNALIGNED *PUWSTR, *LPUWSTR;
typedef const WCHAR UNALIGNED *PCUWSTR, *LPCUWSTR;
typedef CHAR *PNZCH;
typedef const CHAR *PCNZCH;
typedef CHAR *PZZSTR;
typedef const CHAR *PCZZSTR;

typedef void *HANDLE;
typedef HANDLE *PHANDLE;
// Drivers are compiled without STRICT: their handles convert into each other, as sources expect that pass a WDFDEVICE where
// a header says PVOID. This project's own code keeps them apart.
#if defined(STRICT) || !defined(DRYDOCK_DRIVER_BUILD)
#define DECLARE_HANDLE(name) \
  struct name##__ {          \
    int unused;              \
  };                         \
  typedef struct name##__ *name
#else
#define DECLARE_HANDLE(name) typedef HANDLE name
#endif

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif
#define UNICODE_NULL ((WCHAR)0)
#define ANSI_NULL ((CHAR)0)
#define UNICODE_STRING_MAX_BYTES ((USHORT)65534)
#define UNICODE_STRING_MAX_CHARS (32767)
#define MAXUSHORT 0xffff
#define MAXULONG 0xffffffffU
#define MAXLONG 0x7fffffff
#define MINLONG ((LONG)0x80000000)
#define MAXCHAR 0x7f
#define MINCHAR 0x80
#define MAXUCHAR 0xff
#define MAXSHORT 0x7fff
#define MINSHORT 0x8000
#define MAXLONGLONG (0x7fffffffffffffffLL)
#define MAXDWORD 0xffffffffU

#if defined(DRYDOCK_DRIVER_BUILD) && !defined(NOMINMAX)
#ifndef __cplusplus
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#else
// Functions, not macros: the C++ library has its own.
extern "C++" {
template <class A, class B>
constexpr auto min(A a, B b) -> decltype(true ? A() : B()) {
  return a < b ? a : b;
}
template <class A, class B>
constexpr auto max(A a, B b) -> decltype(true ? A() : B()) {
  return a > b ? a : b;
}
}
#endif
#endif

#ifdef DRYDOCK_DRIVER_BUILD
// Drivers are built as Unicode; an application's project chooses.
#if defined(DRYDOCK_APP_BUILD) && !defined(UNICODE)
#define __TEXT(quote) quote
#else
#define __TEXT(quote) L##quote
#endif
#define TEXT(quote) __TEXT(quote)
#endif

// The halves can be written without naming the struct, as on Windows.
typedef union _LARGE_INTEGER {
  struct {
    ULONG LowPart;
    LONG HighPart;
  };
  struct {
    ULONG LowPart;
    LONG HighPart;
  } u;
  LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
  struct {
    ULONG LowPart;
    ULONG HighPart;
  };
  struct {
    ULONG LowPart;
    ULONG HighPart;
  } u;
  ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef LARGE_INTEGER PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;

typedef struct _LUID {
  ULONG LowPart;
  LONG HighPart;
} LUID, *PLUID;

typedef struct _STRING {
  USHORT Length;
  USHORT MaximumLength;
  PCHAR Buffer;
} STRING, *PSTRING, ANSI_STRING, *PANSI_STRING, OEM_STRING, *POEM_STRING, UTF8_STRING, *PUTF8_STRING;
typedef const STRING *PCSTRING;
typedef const ANSI_STRING *PCANSI_STRING;
typedef const OEM_STRING *PCOEM_STRING;

typedef struct _UNICODE_STRING {
  USHORT Length;
  USHORT MaximumLength;
  PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _LIST_ENTRY {
  struct _LIST_ENTRY *Flink;
  struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY, *RESTRICTED_POINTER PRLIST_ENTRY;

typedef struct _SINGLE_LIST_ENTRY {
  struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

typedef struct LIST_ENTRY32 {
  ULONG Flink;
  ULONG Blink;
} LIST_ENTRY32, *PLIST_ENTRY32;

typedef struct LIST_ENTRY64 {
  ULONGLONG Flink;
  ULONGLONG Blink;
} LIST_ENTRY64, *PLIST_ENTRY64;

typedef struct _OBJECT_ATTRIBUTES {
  ULONG Length;
  HANDLE RootDirectory;
  PUNICODE_STRING ObjectName;
  ULONG Attributes;
  PVOID SecurityDescriptor;
  PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;
typedef const OBJECT_ATTRIBUTES *PCOBJECT_ATTRIBUTES;

typedef struct _PROCESSOR_NUMBER {
  USHORT Group;
  UCHAR Number;
  UCHAR Reserved;
} PROCESSOR_NUMBER, *PPROCESSOR_NUMBER;

typedef struct _GROUP_AFFINITY {
  KAFFINITY Mask;
  USHORT Group;
  USHORT Reserved[3];
} GROUP_AFFINITY, *PGROUP_AFFINITY;

typedef enum _EVENT_TYPE { NotificationEvent, SynchronizationEvent } EVENT_TYPE;
typedef enum _TIMER_TYPE { NotificationTimer, SynchronizationTimer } TIMER_TYPE;
typedef enum _WAIT_TYPE { WaitAll, WaitAny, WaitNotification, WaitDequeue, WaitDpc } WAIT_TYPE;
typedef enum _NT_PRODUCT_TYPE { NtProductWinNt = 1, NtProductLanManNt, NtProductServer } NT_PRODUCT_TYPE;
typedef enum _SUITE_TYPE { SmallBusiness, Enterprise, BackOffice, CommunicationServer, TerminalServer } SUITE_TYPE;

#define OBJ_INHERIT 0x00000002L
#define OBJ_PERMANENT 0x00000010L
#define OBJ_EXCLUSIVE 0x00000020L
#define OBJ_CASE_INSENSITIVE 0x00000040L
#define OBJ_OPENIF 0x00000080L
#define OBJ_OPENLINK 0x00000100L
#define OBJ_KERNEL_HANDLE 0x00000200L
#define OBJ_FORCE_ACCESS_CHECK 0x00000400L
#define OBJ_IGNORE_IMPERSONATED_DEVICEMAP 0x00000800L
#define OBJ_DONT_REPARSE 0x00001000L
#define OBJ_VALID_ATTRIBUTES 0x00001FF2L

#define InitializeObjectAttributes(p, n, a, r, s)   \
  do {                                              \
    (p)->Length = (ULONG)sizeof(OBJECT_ATTRIBUTES); \
    (p)->RootDirectory = (r);                       \
    (p)->Attributes = (a);                          \
    (p)->ObjectName = (n);                          \
    (p)->SecurityDescriptor = (s);                  \
    (p)->SecurityQualityOfService = NULL;           \
  } while (0)
#define RTL_CONSTANT_OBJECT_ATTRIBUTES(n, a) {sizeof(OBJECT_ATTRIBUTES), NULL, (PUNICODE_STRING)(n), a, NULL, NULL}
#define RTL_INIT_OBJECT_ATTRIBUTES(n, a) RTL_CONSTANT_OBJECT_ATTRIBUTES(n, a)
#define RTL_CONSTANT_STRING(s) {sizeof(s) - sizeof((s)[0]), sizeof(s), (s)}
#ifdef DRYDOCK_DRIVER_BUILD
#define DECLARE_CONST_UNICODE_STRING(name, text)  \
  const WCHAR name##_buffer[] = text;             \
  const UNICODE_STRING name = {sizeof(text) - sizeof(WCHAR), sizeof(text), (PWCH)name##_buffer}
#define DECLARE_GLOBAL_CONST_UNICODE_STRING(name, text)                                               \
  EXTERN_C const UNICODE_STRING name __attribute__((weak, visibility("hidden")));                     \
  const UNICODE_STRING name = {                                                                       \
      sizeof(text) - sizeof(WCHAR), sizeof(text), (PWCH)(text)}
#endif
#define DECLARE_UNICODE_STRING_SIZE(name, size) \
  WCHAR name##_buffer[size];                    \
  UNICODE_STRING name = {0, (size) * sizeof(WCHAR), name##_buffer}

#define NT_SUCCESS(status) (((NTSTATUS)(status)) >= 0)
#define NT_INFORMATION(status) ((((ULONG)(status)) >> 30) == 1)
#define NT_WARNING(status) ((((ULONG)(status)) >> 30) == 2)
#define NT_ERROR(status) ((((ULONG)(status)) >> 30) == 3)
#define NT_CUSTOMER_SHIFT 29
#define NT_CUSTOMER(status) ((((ULONG)(status)) >> NT_CUSTOMER_SHIFT) & 1)
#define NT_FACILITY_SHIFT 16
#define NT_FACILITY_MASK 0xfff
#define NT_FACILITY(status) ((((ULONG)(status)) >> NT_FACILITY_SHIFT) & NT_FACILITY_MASK)

#define ARGUMENT_PRESENT(argument) ((argument) != 0)
#define FIELD_OFFSET(type, field) ((LONG)__builtin_offsetof(type, field))
#define UFIELD_OFFSET(type, field) ((ULONG)__builtin_offsetof(type, field))
#define CONTAINING_RECORD(address, type, field) \
  ((type *)((char *)(address) - (ULONG_PTR)__builtin_offsetof(type, field)))
#define RTL_FIELD_SIZE(type, field) (sizeof(((type *)0)->field))
#define RTL_SIZEOF_THROUGH_FIELD(type, field) (FIELD_OFFSET(type, field) + RTL_FIELD_SIZE(type, field))
#define RTL_CONTAINS_FIELD(structure, size, field) \
  ((((char *)(&(structure)->field)) + sizeof((structure)->field)) <= (((char *)(structure)) + (size)))
#define RTL_NUMBER_OF_V1(array) (sizeof(array) / sizeof((array)[0]))
#define RTL_NUMBER_OF(array) RTL_NUMBER_OF_V1(array)
#define RTL_NUMBER_OF_FIELD(type, field) (RTL_NUMBER_OF(((type *)0)->field))
#define ARRAYSIZE(array) RTL_NUMBER_OF(array)
#define _ARRAYSIZE(array) RTL_NUMBER_OF(array)
#define RTL_PADDING_BETWEEN_FIELDS(type, a, b) \
  ((FIELD_OFFSET(type, b) > FIELD_OFFSET(type, a)) ? (FIELD_OFFSET(type, b) - FIELD_OFFSET(type, a) - RTL_FIELD_SIZE(type, a)) \
                                                   : (FIELD_OFFSET(type, a) - FIELD_OFFSET(type, b) - RTL_FIELD_SIZE(type, b)))
#define RTL_BITS_OF(x) (sizeof(x) * 8)
#define RTL_BITS_OF_FIELD(type, field) (RTL_BITS_OF(RTL_FIELD_SIZE(type, field)))
#define TYPE_ALIGNMENT(type) __builtin_offsetof(struct { char x; type test; }, test)
#define C_ASSERT(expression) DRYDOCK_STATIC_ASSERT(expression, #expression)
#define PROBE_ALIGNMENT(type) TYPE_ALIGNMENT(type)

#define UNREFERENCED_PARAMETER(p) ((void)(p))
#define DBG_UNREFERENCED_PARAMETER(p) ((void)(p))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(v) ((void)(v))
#define DEFAULT_UNREACHABLE default: __builtin_unreachable()
#define ALIGN_DOWN_BY(length, alignment) ((ULONG_PTR)(length) & ~((ULONG_PTR)(alignment) - 1))
#define ALIGN_UP_BY(length, alignment) (ALIGN_DOWN_BY(((ULONG_PTR)(length) + (alignment) - 1), alignment))
#define ALIGN_DOWN(length, type) ALIGN_DOWN_BY(length, sizeof(type))
#define ALIGN_UP(length, type) ALIGN_UP_BY(length, sizeof(type))
#define ALIGN_DOWN_POINTER_BY(address, alignment) ((PVOID)ALIGN_DOWN_BY(address, alignment))
#define ALIGN_UP_POINTER_BY(address, alignment) ((PVOID)ALIGN_UP_BY(address, alignment))
#define ALIGN_DOWN_POINTER(address, type) ((PVOID)ALIGN_DOWN(address, type))
#define ALIGN_UP_POINTER(address, type) ((PVOID)ALIGN_UP(address, type))
#define FlagOn(flags, one) ((flags) & (one))
#define BooleanFlagOn(flags, one) ((BOOLEAN)(((flags) & (one)) != 0))
#define SetFlag(flags, one) ((flags) |= (one))
#define ClearFlag(flags, one) ((flags) &= ~(one))
#define MAKELANGID(p, s) ((((USHORT)(s)) << 10) | (USHORT)(p))
#define PRIMARYLANGID(lgid) ((USHORT)(lgid) & 0x3ff)
#define SUBLANGID(lgid) ((USHORT)(lgid) >> 10)
#define MAKELCID(lgid, srtid) ((ULONG)((((ULONG)((USHORT)(srtid))) << 16) | ((ULONG)((USHORT)(lgid)))))
#define LANG_NEUTRAL 0x00
#define LANG_ENGLISH 0x09
#define SUBLANG_NEUTRAL 0x00
#define SUBLANG_DEFAULT 0x01
#define LOCALE_NEUTRAL 0
#define Int32x32To64(a, b) ((LONGLONG)((LONG)(a)) * (LONGLONG)((LONG)(b)))
#define UInt32x32To64(a, b) ((ULONGLONG)((ULONG)(a)) * (ULONGLONG)((ULONG)(b)))
#define Int64ShllMod32(a, b) ((ULONGLONG)(a) << (b))
#define Int64ShraMod32(a, b) ((LONGLONG)(a) >> (b))
#define Int64ShrlMod32(a, b) ((ULONGLONG)(a) >> (b))

#ifdef __cplusplus
}
#endif

#ifdef DRYDOCK_DRIVER_BUILD
#include "drydock_crt.h"
#endif

#endif  // _NTDEF_
