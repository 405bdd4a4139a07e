// NTSTATUS values.
//
// Used by:  everything above the runtime. NTSTATUS itself is in ntdef.h.
// Layout:   bits 31-30 severity, 29 customer, 28 reserved, 27-16 facility, 15-0 code.
// Source:   the public list of NTSTATUS values; framework values as noted in ntstatus/wdf.h.
#ifndef _NTSTATUS_
#define _NTSTATUS_

#define STATUS_SEVERITY_SUCCESS 0x0
#define STATUS_SEVERITY_INFORMATIONAL 0x1
#define STATUS_SEVERITY_WARNING 0x2
#define STATUS_SEVERITY_ERROR 0x3

#define FACILITY_DEBUGGER 0x1
#define FACILITY_RPC_RUNTIME 0x2
#define FACILITY_RPC_STUBS 0x3
#define FACILITY_IO_ERROR_CODE 0x4
#define FACILITY_NTWIN32 0x7
#define FACILITY_TERMINAL_SERVER 0xA
#define FACILITY_USB_ERROR_CODE 0x10
#define FACILITY_HID_ERROR_CODE 0x11
#define FACILITY_FIREWIRE_ERROR_CODE 0x12
#define FACILITY_CLUSTER_ERROR_CODE 0x13
#define FACILITY_ACPI_ERROR_CODE 0x14
#define FACILITY_SXS_ERROR_CODE 0x15
#define FACILITY_TRANSACTION 0x19
#define FACILITY_COMMONLOG 0x1A
#define FACILITY_DRIVER_FRAMEWORK 0x20

#include "ntstatus/error.h"
#include "ntstatus/error_more.h"
#include "ntstatus/facility.h"
#include "ntstatus/rpc.h"
#include "ntstatus/success.h"
#include "ntstatus/wdf.h"

#endif  // _NTSTATUS_
