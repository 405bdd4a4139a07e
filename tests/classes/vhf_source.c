// A HID source driver, for kernel and for user mode: a vendor's collection whose reports tests send, and whose features it keeps.
#ifdef UMDF_DRIVER
#include <windows.h>
#else
#include <ntddk.h>
#endif
#include <wdf.h>

#include <vhf.h>

#include "vhf_source.h"

typedef struct _SOURCE {
  VHFHANDLE Vhf;
  WDFSPINLOCK Lock;
  BOOLEAN OwnPolicy;  // EvtVhfReadyForNextReadReport
  BOOLEAN Hold;
  VHF_SOURCE_FACTS Facts;
  VHFOPERATIONHANDLE Held[VHF_SOURCE_HELD];
  PVOID HeldContext[VHF_SOURCE_HELD];
  UCHAR Feature[3];
  UCHAR Fill[5];
  ULONG FillLength;
#ifdef UMDF_DRIVER
  WDFIOTARGET Below;
#endif
} SOURCE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(SOURCE, SourceOf)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD SourceAdd;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL SourceControl;

static UCHAR Descriptor[] = {
    0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08,  // a vendor's collection of bytes
    0x85, 0x01, 0x09, 0x02, 0x95, 0x04, 0x81, 0x02,                                      // report 1: input
    0x85, 0x02, 0x09, 0x03, 0x95, 0x02, 0x91, 0x02,                                      // report 2: output
    0x85, 0x03, 0x09, 0x04, 0x95, 0x03, 0xB1, 0x02,                                      // report 3: feature
    0xC0};

#define CONTEXT_MARK 0x56484600u

static VOID Ready(PVOID context) {
  SOURCE* source = context;
  HID_XFER_PACKET packet = {source->Fill, source->FillLength, source->Fill[0]};
  ++source->Facts.ready;
  if (source->FillLength != 0) VhfReadReportSubmit(source->Vhf, &packet);
}

// Counts, then completes it or keeps it for later.
static VOID Begin(SOURCE* source, unsigned* counter, VHFOPERATIONHANDLE operation, PVOID operation_context, PHID_XFER_PACKET packet) {
  BOOLEAN hold;
  WdfSpinLockAcquire(source->Lock);
  ++*counter;
  source->Facts.last_length = (unsigned char)packet->reportBufferLen;
  source->Facts.last[0] = packet->reportId;
  RtlCopyMemory(source->Facts.last + 1, packet->reportBuffer, packet->reportBufferLen < 3 ? packet->reportBufferLen : 3);
  if (*(ULONG*)operation_context != 0) source->Facts.bad_context = 1;
  *(ULONG*)operation_context = CONTEXT_MARK + source->Facts.held;
  hold = source->Hold && source->Facts.held < VHF_SOURCE_HELD;
  if (hold) {
    source->HeldContext[source->Facts.held] = operation_context;
    source->Held[source->Facts.held++] = operation;
  }
  WdfSpinLockRelease(source->Lock);
  if (!hold) VhfAsyncOperationComplete(operation, STATUS_SUCCESS);
}

static VOID GetFeature(PVOID context, VHFOPERATIONHANDLE operation, PVOID operation_context, PHID_XFER_PACKET packet) {
  SOURCE* source = context;
  if (packet->reportBufferLen >= 4) RtlCopyMemory(packet->reportBuffer + 1, source->Feature, sizeof source->Feature);
  Begin(source, &source->Facts.get_feature, operation, operation_context, packet);
}

static VOID SetFeature(PVOID context, VHFOPERATIONHANDLE operation, PVOID operation_context, PHID_XFER_PACKET packet) {
  SOURCE* source = context;
  if (packet->reportBufferLen >= 4) RtlCopyMemory(source->Feature, packet->reportBuffer + 1, sizeof source->Feature);
  Begin(source, &source->Facts.set_feature, operation, operation_context, packet);
}

static VOID Write(PVOID context, VHFOPERATIONHANDLE operation, PVOID operation_context, PHID_XFER_PACKET packet) {
  SOURCE* source = context;
  Begin(source, &source->Facts.write, operation, operation_context, packet);
}

static VOID GetInput(PVOID context, VHFOPERATIONHANDLE operation, PVOID operation_context, PHID_XFER_PACKET packet) {
  SOURCE* source = context;
  packet->reportBuffer[1] = 0x77;
  Begin(source, &source->Facts.get_input, operation, operation_context, packet);
}

static VOID Cleanup(PVOID context) { ++((SOURCE*)context)->Facts.cleanup; }

static NTSTATUS Make(WDFDEVICE device, SOURCE* source) {
  VHF_CONFIG config;
#ifdef UMDF_DRIVER
  WDF_IO_TARGET_OPEN_PARAMS open;
  NTSTATUS status = WdfIoTargetCreate(device, WDF_NO_OBJECT_ATTRIBUTES, &source->Below);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_FILE(&open, NULL);
  status = WdfIoTargetOpen(source->Below, &open);
  if (!NT_SUCCESS(status)) return status;
  VHF_CONFIG_INIT(&config, WdfIoTargetWdmGetTargetFileHandle(source->Below), sizeof Descriptor, Descriptor);
#else
  VHF_CONFIG_INIT(&config, WdfDeviceWdmGetDeviceObject(device), sizeof Descriptor, Descriptor);
#endif
  config.VhfClientContext = source;
  config.OperationContextSize = sizeof(ULONG);
  config.VendorID = VHF_SOURCE_VENDOR;
  config.ProductID = VHF_SOURCE_PRODUCT;
  config.VersionNumber = VHF_SOURCE_VERSION;
  config.EvtVhfAsyncOperationGetFeature = GetFeature;
  config.EvtVhfAsyncOperationSetFeature = SetFeature;
  config.EvtVhfAsyncOperationWriteReport = Write;
  config.EvtVhfAsyncOperationGetInputReport = GetInput;
  config.EvtVhfCleanup = Cleanup;
  if (source->OwnPolicy) config.EvtVhfReadyForNextReadReport = Ready;
  return VhfCreate(&config, &source->Vhf);
}

static NTSTATUS SourcePrepareHardware(WDFDEVICE device, WDFCMRESLIST raw, WDFCMRESLIST translated) {
  SOURCE* source = SourceOf(device);
  NTSTATUS status = Make(device, source);
  UNREFERENCED_PARAMETER(raw);
  UNREFERENCED_PARAMETER(translated);
  if (NT_SUCCESS(status)) status = VhfStart(source->Vhf);
  return status;
}

static NTSTATUS SourceReleaseHardware(WDFDEVICE device, WDFCMRESLIST translated) {
  SOURCE* source = SourceOf(device);
  UNREFERENCED_PARAMETER(translated);
  if (source->Vhf != NULL) {
    VhfDelete(source->Vhf, TRUE);
    source->Vhf = NULL;
  }
#ifdef UMDF_DRIVER
  if (source->Below != NULL) WdfObjectDelete(source->Below);
  source->Below = NULL;
#endif
  return STATUS_SUCCESS;
}

static VOID Submit(WDFREQUEST request, SOURCE* source, UCHAR* bytes, size_t length) {
  HID_XFER_PACKET packet = {bytes, (ULONG)length, length != 0 ? bytes[0] : 0};
  WdfRequestComplete(request, VhfReadReportSubmit(source->Vhf, &packet));
}

VOID SourceControl(WDFQUEUE queue, WDFREQUEST request, size_t out_length, size_t in_length, ULONG code) {
  SOURCE* source = SourceOf(WdfIoQueueGetDevice(queue));
  UCHAR* in = NULL;
  VHF_SOURCE_FACTS* facts = NULL;
  VHFOPERATIONHANDLE operation = NULL;
  NTSTATUS status = STATUS_SUCCESS;
  size_t bytes = 0;
  if (in_length != 0 && !NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 1, (PVOID*)&in, &in_length))) {
    WdfRequestComplete(request, status);
    return;
  }
  switch (code) {
    case IOCTL_SOURCE_SUBMIT: Submit(request, source, in, in_length); return;
    case IOCTL_SOURCE_FILL:
      RtlCopyMemory(source->Fill, in, in_length < sizeof source->Fill ? in_length : sizeof source->Fill);
      source->FillLength = (ULONG)in_length;
      break;
    case IOCTL_SOURCE_HOLD: source->Hold = TRUE; break;
    case IOCTL_SOURCE_COMPLETE: {
      ULONG i;
      WdfSpinLockAcquire(source->Lock);
      if (source->Facts.held != 0) {
        operation = source->Held[0];
        if (*(ULONG*)source->HeldContext[0] < CONTEXT_MARK) source->Facts.bad_context = 1;
        --source->Facts.held;
        for (i = 0; i < source->Facts.held; ++i) {
          source->Held[i] = source->Held[i + 1];
          source->HeldContext[i] = source->HeldContext[i + 1];
        }
      }
      WdfSpinLockRelease(source->Lock);
      status = operation == NULL ? STATUS_NOT_FOUND : VhfAsyncOperationComplete(operation, *(NTSTATUS*)in);
      break;
    }
    case IOCTL_SOURCE_FACTS:
      status = WdfRequestRetrieveOutputBuffer(request, sizeof *facts, (PVOID*)&facts, &out_length);
      if (NT_SUCCESS(status)) {
        WdfSpinLockAcquire(source->Lock);
        *facts = source->Facts;
        WdfSpinLockRelease(source->Lock);
        bytes = sizeof *facts;
      }
      break;
    case IOCTL_SOURCE_DELETE:
      VhfDelete(source->Vhf, TRUE);
      source->Vhf = NULL;
      break;
#ifndef UMDF_DRIVER
    case IOCTL_SOURCE_WRONG: {
      KIRQL old;
      if (in[0] == CompletedTwice) {
        operation = source->Held[0];
        VhfAsyncOperationComplete(operation, STATUS_SUCCESS);
        VhfAsyncOperationComplete(operation, STATUS_SUCCESS);
        break;
      }
      KeRaiseIrql(DISPATCH_LEVEL, &old);
      if (in[0] == WrongLevelOfDelete) VhfDelete(source->Vhf, TRUE);
      if (in[0] == WrongLevelOfStart) VhfStart(source->Vhf);
      KeLowerIrql(old);
      break;
    }
#endif
    default: status = STATUS_INVALID_DEVICE_REQUEST; break;
  }
  WdfRequestCompleteWithInformation(request, status, bytes);
}

NTSTATUS SourceAdd(WDFDRIVER driver, PWDFDEVICE_INIT init) {
  WDF_PNPPOWER_EVENT_CALLBACKS power;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_IO_QUEUE_CONFIG queue;
  WDFDEVICE device;
  WDFKEY key;
  NTSTATUS status;
  SOURCE* source;
  DECLARE_CONST_UNICODE_STRING(own_policy, L"OwnPolicy");
  ULONG value = 0;
  UNREFERENCED_PARAMETER(driver);
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&power);
  power.EvtDevicePrepareHardware = SourcePrepareHardware;
  power.EvtDeviceReleaseHardware = SourceReleaseHardware;
  WdfDeviceInitSetPnpPowerEventCallbacks(init, &power);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, SOURCE);
  status = WdfDeviceCreate(&init, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  source = SourceOf(device);
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = device;
  status = WdfSpinLockCreate(&attributes, &source->Lock);
  if (!NT_SUCCESS(status)) return status;
  status = WdfDeviceOpenRegistryKey(device, PLUGPLAY_REGKEY_DEVICE, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key);
  if (NT_SUCCESS(status)) {
    if (NT_SUCCESS(WdfRegistryQueryULong(key, &own_policy, &value))) source->OwnPolicy = value != 0;
    WdfRegistryClose(key);
  }
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchParallel);
  queue.EvtIoDeviceControl = SourceControl;
  return WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, SourceAdd);
  return WdfDriverCreate(driver, path, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
