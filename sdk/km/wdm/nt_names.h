// The system services under their other name: of the caller's own mode, which for a driver is the kernel's, and for an application the
// machine's, as there is one. Part of ntifs.h and winternl.h. Source: public documentation.
#ifndef DRYDOCK_WDM_NT_NAMES_H
#define DRYDOCK_WDM_NT_NAMES_H

#define NtClose ZwClose
#define NtCreateFile ZwCreateFile
#define NtOpenFile ZwOpenFile
#define NtReadFile ZwReadFile
#define NtWriteFile ZwWriteFile
#define NtDeviceIoControlFile ZwDeviceIoControlFile
#define NtFsControlFile ZwFsControlFile
#define NtQueryInformationFile ZwQueryInformationFile
#define NtSetInformationFile ZwSetInformationFile
#define NtQueryDirectoryFile ZwQueryDirectoryFile
#define NtQueryVolumeInformationFile ZwQueryVolumeInformationFile
#define NtCreateSection ZwCreateSection
#define NtAllocateVirtualMemory ZwAllocateVirtualMemory
#define NtFreeVirtualMemory ZwFreeVirtualMemory
#define NtQueryVirtualMemory ZwQueryVirtualMemory
#define NtOpenProcess ZwOpenProcess
#define NtOpenProcessTokenEx ZwOpenProcessTokenEx
#define NtQueryInformationToken ZwQueryInformationToken
#define NtQueryObject ZwQueryObject
#define NtQuerySecurityObject ZwQuerySecurityObject
#define NtSetSecurityObject ZwSetSecurityObject
#define NtSetInformationThread ZwSetInformationThread
#define NtLockFile ZwLockFile
#define NtUnlockFile ZwUnlockFile

#endif  // DRYDOCK_WDM_NT_NAMES_H
