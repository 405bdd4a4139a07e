// Run-time library, second part: large integers, calendar seconds, OEM text, one-time initialisation, generic tables,
// security identifiers and access lists. Part of ntddk.h. Prototypes; src/nt/rtl implements them.
#ifndef DRYDOCK_WDM_RTL_MORE_H
#define DRYDOCK_WDM_RTL_MORE_H

#include "wdm/rtl.h"

#ifdef __cplusplus
extern "C" {
#endif

// Large integers. On x64 the compiler does it.
FORCEINLINE LARGE_INTEGER RtlLargeIntegerAdd(LARGE_INTEGER a, LARGE_INTEGER b) {
  return DrydockLargeInteger((LONGLONG)((ULONGLONG)a.QuadPart + (ULONGLONG)b.QuadPart));
}
FORCEINLINE LARGE_INTEGER RtlLargeIntegerSubtract(LARGE_INTEGER a, LARGE_INTEGER b) {
  return DrydockLargeInteger((LONGLONG)((ULONGLONG)a.QuadPart - (ULONGLONG)b.QuadPart));
}
FORCEINLINE LARGE_INTEGER RtlLargeIntegerNegate(LARGE_INTEGER a) {
  return DrydockLargeInteger((LONGLONG)(0 - (ULONGLONG)a.QuadPart));
}
FORCEINLINE LARGE_INTEGER RtlLargeIntegerShiftLeft(LARGE_INTEGER a, CCHAR count) {
  return DrydockLargeInteger((LONGLONG)((ULONGLONG)a.QuadPart << count));
}
FORCEINLINE LARGE_INTEGER RtlLargeIntegerShiftRight(LARGE_INTEGER a, CCHAR count) {
  return DrydockLargeInteger((LONGLONG)((ULONGLONG)a.QuadPart >> count));
}
FORCEINLINE LARGE_INTEGER RtlEnlargedIntegerMultiply(LONG a, LONG b) { return DrydockLargeInteger((LONGLONG)a * b); }
FORCEINLINE LARGE_INTEGER RtlEnlargedUnsignedMultiply(ULONG a, ULONG b) {
  return DrydockLargeInteger((LONGLONG)((ULONGLONG)a * b));
}
FORCEINLINE LARGE_INTEGER RtlExtendedIntegerMultiply(LARGE_INTEGER a, LONG b) {
  return DrydockLargeInteger((LONGLONG)((ULONGLONG)a.QuadPart * (ULONGLONG)(LONGLONG)b));
}
FORCEINLINE LARGE_INTEGER RtlExtendedLargeIntegerDivide(LARGE_INTEGER dividend, ULONG divisor, PULONG remainder) {
  if (remainder != NULL) *remainder = (ULONG)((ULONGLONG)dividend.QuadPart % divisor);
  return DrydockLargeInteger((LONGLONG)((ULONGLONG)dividend.QuadPart / divisor));
}
FORCEINLINE LARGE_INTEGER RtlLargeIntegerDivide(LARGE_INTEGER dividend, LARGE_INTEGER divisor,
                                                PLARGE_INTEGER remainder) {
  if (remainder != NULL) remainder->QuadPart = (LONGLONG)((ULONGLONG)dividend.QuadPart % (ULONGLONG)divisor.QuadPart);
  return DrydockLargeInteger((LONGLONG)((ULONGLONG)dividend.QuadPart / (ULONGLONG)divisor.QuadPart));
}
FORCEINLINE LUID RtlConvertLongToLuid(LONG value) {
  LUID luid;
  luid.LowPart = (ULONG)value;
  luid.HighPart = value < 0 ? -1 : 0;
  return luid;
}
FORCEINLINE LUID RtlConvertUlongToLuid(ULONG value) {
  LUID luid;
  luid.LowPart = value;
  luid.HighPart = 0;
  return luid;
}
#define RtlEqualLuid(a, b) (((a)->LowPart == (b)->LowPart) && ((a)->HighPart == (b)->HighPart))
#define RtlIsZeroLuid(a) ((BOOLEAN)(((a)->LowPart | (ULONG)(a)->HighPart) == 0))

// Calendar seconds.
BOOLEAN RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG ElapsedSeconds);
VOID RtlSecondsSince1970ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time);
BOOLEAN RtlTimeToSecondsSince1980(PLARGE_INTEGER Time, PULONG ElapsedSeconds);
VOID RtlSecondsSince1980ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time);

// Strings.
BOOLEAN RtlCreateUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString);
NTSTATUS RtlValidateUnicodeString(ULONG Flags, PCUNICODE_STRING String);
NTSTATUS RtlUnicodeToMultiByteSize(PULONG BytesInMultiByteString, PCWCH UnicodeString, ULONG BytesInUnicodeString);
NTSTATUS RtlMultiByteToUnicodeSize(PULONG BytesInUnicodeString, const CHAR *MultiByteString,
                                   ULONG BytesInMultiByteString);
NTSTATUS RtlOemStringToUnicodeString(PUNICODE_STRING DestinationString, PCOEM_STRING SourceString,
                                     BOOLEAN AllocateDestinationString);
NTSTATUS RtlUnicodeStringToOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                     BOOLEAN AllocateDestinationString);
VOID RtlFreeOemString(POEM_STRING OemString);

#include "wdm/run_once.h"

// Generic tables (balanced trees).
typedef enum _TABLE_SEARCH_RESULT {
  TableEmptyTree,
  TableFoundNode,
  TableInsertAsLeft,
  TableInsertAsRight
} TABLE_SEARCH_RESULT;
typedef enum _RTL_GENERIC_COMPARE_RESULTS {
  GenericLessThan,
  GenericGreaterThan,
  GenericEqual
} RTL_GENERIC_COMPARE_RESULTS;
typedef struct _RTL_BALANCED_LINKS {
  struct _RTL_BALANCED_LINKS *Parent;
  struct _RTL_BALANCED_LINKS *LeftChild;
  struct _RTL_BALANCED_LINKS *RightChild;
  CHAR Balance;
  UCHAR Reserved[3];
} RTL_BALANCED_LINKS, *PRTL_BALANCED_LINKS;
struct _RTL_AVL_TABLE;
typedef RTL_GENERIC_COMPARE_RESULTS RTL_AVL_COMPARE_ROUTINE(struct _RTL_AVL_TABLE *Table, PVOID FirstStruct,
                                                            PVOID SecondStruct);
typedef RTL_AVL_COMPARE_ROUTINE *PRTL_AVL_COMPARE_ROUTINE;
typedef PVOID RTL_AVL_ALLOCATE_ROUTINE(struct _RTL_AVL_TABLE *Table, ULONG ByteSize);
typedef RTL_AVL_ALLOCATE_ROUTINE *PRTL_AVL_ALLOCATE_ROUTINE;
typedef VOID RTL_AVL_FREE_ROUTINE(struct _RTL_AVL_TABLE *Table, PVOID Buffer);
typedef RTL_AVL_FREE_ROUTINE *PRTL_AVL_FREE_ROUTINE;
typedef NTSTATUS RTL_AVL_MATCH_FUNCTION(struct _RTL_AVL_TABLE *Table, PVOID UserData, PVOID MatchData);
typedef RTL_AVL_MATCH_FUNCTION *PRTL_AVL_MATCH_FUNCTION;
typedef struct _RTL_AVL_TABLE {
  RTL_BALANCED_LINKS BalancedRoot;
  PVOID OrderedPointer;
  ULONG WhichOrderedElement;
  ULONG NumberGenericTableElements;
  ULONG DepthOfTree;
  PRTL_BALANCED_LINKS RestartKey;
  ULONG DeleteCount;
  PRTL_AVL_COMPARE_ROUTINE CompareRoutine;
  PRTL_AVL_ALLOCATE_ROUTINE AllocateRoutine;
  PRTL_AVL_FREE_ROUTINE FreeRoutine;
  PVOID TableContext;
} RTL_AVL_TABLE, *PRTL_AVL_TABLE;
VOID RtlInitializeGenericTableAvl(PRTL_AVL_TABLE Table, PRTL_AVL_COMPARE_ROUTINE CompareRoutine,
                                  PRTL_AVL_ALLOCATE_ROUTINE AllocateRoutine, PRTL_AVL_FREE_ROUTINE FreeRoutine,
                                  PVOID TableContext);
PVOID RtlInsertElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, ULONG BufferSize, PBOOLEAN NewElement);
BOOLEAN RtlDeleteElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer);
PVOID RtlLookupElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer);
PVOID RtlEnumerateGenericTableAvl(PRTL_AVL_TABLE Table, BOOLEAN Restart);
PVOID RtlEnumerateGenericTableWithoutSplayingAvl(PRTL_AVL_TABLE Table, PVOID *RestartKey);
PVOID RtlGetElementGenericTableAvl(PRTL_AVL_TABLE Table, ULONG I);
ULONG RtlNumberGenericTableElementsAvl(PRTL_AVL_TABLE Table);
BOOLEAN RtlIsGenericTableEmptyAvl(PRTL_AVL_TABLE Table);

// Security identifiers and access lists.
ULONG RtlLengthSid(PSID Sid);
ULONG RtlLengthRequiredSid(ULONG SubAuthorityCount);
BOOLEAN RtlValidSid(PSID Sid);
BOOLEAN RtlEqualSid(PSID Sid1, PSID Sid2);
NTSTATUS RtlCopySid(ULONG DestinationSidLength, PSID DestinationSid, PSID SourceSid);
NTSTATUS RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount);
PULONG RtlSubAuthoritySid(PSID Sid, ULONG SubAuthority);
PUCHAR RtlSubAuthorityCountSid(PSID Sid);
NTSTATUS RtlConvertSidToUnicodeString(PUNICODE_STRING UnicodeString, PSID Sid, BOOLEAN AllocateDestinationString);
NTSTATUS RtlCreateAcl(PACL Acl, ULONG AclLength, ULONG AclRevision);
NTSTATUS RtlAddAccessAllowedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid);
NTSTATUS RtlAddAccessAllowedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask, PSID Sid);
NTSTATUS RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PBOOLEAN DaclPresent, PACL *Dacl,
                                      PBOOLEAN DaclDefaulted);
NTSTATUS RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID *Owner, PBOOLEAN OwnerDefaulted);
NTSTATUS RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID *Group, PBOOLEAN GroupDefaulted);
NTSTATUS RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Owner, BOOLEAN OwnerDefaulted);
NTSTATUS RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Group, BOOLEAN GroupDefaulted);
NTSTATUS RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor,
                                     PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor, PULONG BufferLength);

#ifdef __cplusplus
}
#endif

#endif  // DRYDOCK_WDM_RTL_MORE_H
