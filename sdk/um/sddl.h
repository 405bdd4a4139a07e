// Security identifiers and descriptors as text. Used by: applications; implemented in src/nt/win32. Owner, group and a discretionary list of
// allowing and denying entries are read; a descriptor is not written. Source: public documentation.
#ifndef __SDDL_H__
#define __SDDL_H__

#include "windows.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SDDL_REVISION_1 1
#define SDDL_REVISION SDDL_REVISION_1

// What they make is for LocalFree.
BOOL ConvertSidToStringSidA(PSID Sid, LPSTR *StringSid);
BOOL ConvertSidToStringSidW(PSID Sid, LPWSTR *StringSid);
BOOL ConvertStringSidToSidA(LPCSTR StringSid, PSID *Sid);
BOOL ConvertStringSidToSidW(LPCWSTR StringSid, PSID *Sid);
BOOL ConvertStringSecurityDescriptorToSecurityDescriptorA(LPCSTR StringSecurityDescriptor, DWORD StringSDRevision,
                                                          PSECURITY_DESCRIPTOR *SecurityDescriptor, PULONG SecurityDescriptorSize);
BOOL ConvertStringSecurityDescriptorToSecurityDescriptorW(LPCWSTR StringSecurityDescriptor, DWORD StringSDRevision,
                                                          PSECURITY_DESCRIPTOR *SecurityDescriptor, PULONG SecurityDescriptorSize);

#ifdef __cplusplus
}
#endif

#ifdef UNICODE
#define ConvertSidToStringSid ConvertSidToStringSidW
#define ConvertStringSidToSid ConvertStringSidToSidW
#define ConvertStringSecurityDescriptorToSecurityDescriptor ConvertStringSecurityDescriptorToSecurityDescriptorW
#else
#define ConvertSidToStringSid ConvertSidToStringSidA
#define ConvertStringSidToSid ConvertStringSidToSidA
#define ConvertStringSecurityDescriptorToSecurityDescriptor ConvertStringSecurityDescriptorToSecurityDescriptorA
#endif

#endif  // __SDDL_H__
