// Virtual HID Framework: a source driver makes HID devices of its own and says what they report.
//
// Used by:  kernel-mode drivers (WDM, KMDF) and UMDF drivers whose stack has the service "vhf" as a lower filter. The functions are in the
//           library; there is nothing to link. Layouts: Windows x64. Source: public documentation.
// IRQL:     VhfCreate, VhfStart, VhfDelete: PASSIVE_LEVEL. VhfReadReportSubmit, VhfAsyncOperationComplete: <= DISPATCH_LEVEL.
#ifndef __VHF_H__
#define __VHF_H__

#include <string.h>

#include "guiddef.h"
#include "hidclass.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef PVOID VHFHANDLE, *PVHFHANDLE;
typedef PVOID VHFOPERATIONHANDLE, *PVHFOPERATIONHANDLE;

typedef VOID(NTAPI EVT_VHF_READY_FOR_NEXT_READ_REPORT)(PVOID VhfClientContext);
typedef EVT_VHF_READY_FOR_NEXT_READ_REPORT *PEVT_VHF_READY_FOR_NEXT_READ_REPORT;

typedef VOID(NTAPI EVT_VHF_ASYNC_OPERATION)(PVOID VhfClientContext, VHFOPERATIONHANDLE VhfOperationHandle, PVOID VhfOperationContext,
                                            PHID_XFER_PACKET HidTransferPacket);
typedef EVT_VHF_ASYNC_OPERATION *PEVT_VHF_ASYNC_OPERATION;

typedef VOID(NTAPI EVT_VHF_CLEANUP)(PVOID VhfClientContext);
typedef EVT_VHF_CLEANUP *PEVT_VHF_CLEANUP;

typedef struct _VHF_CONFIG {
  ULONG Size;
  PVOID VhfClientContext;
  ULONG OperationContextSize;
#ifdef UMDF_DRIVER
  HANDLE FileHandle;
#else
  struct _DEVICE_OBJECT *DeviceObject;
#endif
  USHORT VendorID;
  USHORT ProductID;
  USHORT VersionNumber;
  GUID ContainerID;
  USHORT InstanceIDLength;
  PWSTR InstanceID;
  USHORT ReportDescriptorLength;
  PUCHAR ReportDescriptor;
  PEVT_VHF_READY_FOR_NEXT_READ_REPORT EvtVhfReadyForNextReadReport;
  PEVT_VHF_ASYNC_OPERATION EvtVhfAsyncOperationGetFeature;
  PEVT_VHF_ASYNC_OPERATION EvtVhfAsyncOperationSetFeature;
  PEVT_VHF_ASYNC_OPERATION EvtVhfAsyncOperationWriteReport;
  PEVT_VHF_ASYNC_OPERATION EvtVhfAsyncOperationGetInputReport;
  PEVT_VHF_CLEANUP EvtVhfCleanup;
  USHORT HardwareIDsLength;
  PWSTR HardwareIDs;
} VHF_CONFIG, *PVHF_CONFIG;

#ifdef UMDF_DRIVER
// A user-mode driver names its stack by a file of it.
NTSTATUS DrydockVhfCreateByFile(PVHF_CONFIG VhfConfig, PVHFHANDLE VhfHandle);
FORCEINLINE NTSTATUS VhfCreate(PVHF_CONFIG VhfConfig, PVHFHANDLE VhfHandle) { return DrydockVhfCreateByFile(VhfConfig, VhfHandle); }
#else
NTSTATUS VhfCreate(PVHF_CONFIG VhfConfig, PVHFHANDLE VhfHandle);
#endif
NTSTATUS VhfStart(VHFHANDLE VhfHandle);
VOID VhfDelete(VHFHANDLE VhfHandle, BOOLEAN Wait);
NTSTATUS VhfReadReportSubmit(VHFHANDLE VhfHandle, PHID_XFER_PACKET HidTransferPacket);
NTSTATUS VhfAsyncOperationComplete(VHFOPERATIONHANDLE VhfOperationHandle, NTSTATUS CompletionStatus);

#ifdef UMDF_DRIVER
FORCEINLINE VOID VHF_CONFIG_INIT(PVHF_CONFIG Config, HANDLE FileHandle, USHORT ReportDescriptorLength, PUCHAR ReportDescriptor) {
  memset(Config, 0, sizeof(VHF_CONFIG));
  Config->FileHandle = FileHandle;
#else
FORCEINLINE VOID VHF_CONFIG_INIT(PVHF_CONFIG Config, struct _DEVICE_OBJECT *DeviceObject, USHORT ReportDescriptorLength,
                                 PUCHAR ReportDescriptor) {
  memset(Config, 0, sizeof(VHF_CONFIG));
  Config->DeviceObject = DeviceObject;
#endif
  Config->Size = sizeof(VHF_CONFIG);
  Config->ReportDescriptorLength = ReportDescriptorLength;
  Config->ReportDescriptor = ReportDescriptor;
}

#ifdef __cplusplus
}
#endif

#endif  // __VHF_H__
