// WdfDmaTransaction...
#include "wdf/ddi.h"
#include "wdf/dma/transaction.h"
#include "wdf/framework.h"
#include "wdf/object/factory.h"

namespace drydock::wdf::ddi {
namespace {

using Transaction = wdf::DmaTransaction;
using State = Transaction::State;

Transaction& Of(DriverGlobals& globals, WDFDMATRANSACTION handle) { return *FromHandle<Transaction>(globals, handle); }

// Settings that only a system or version 3 enabler knows: (V) a finding, and no effect.
bool Suits(DriverGlobals& globals, bool suits, const char* words) {
  if (!suits) Break(globals, words);
  return suits;
}

struct RequestBuffer {
  PMDL mdl = nullptr;
  size_t length = 0;
};

// DMA-14, DEVX-38: whose buffer of the request it is that the device reads or writes.
NTSTATUS BufferOf(DriverGlobals& globals, wdf::Request& request, WDF_DMA_DIRECTION direction, RequestBuffer* buffer) {
  if (!request.irp || !request.is_received() || request.received.place == Place::kCompleted) return STATUS_INVALID_DEVICE_REQUEST;
  const bool write = direction == WdfDmaDirectionWriteToDevice;
  const IO_STACK_LOCATION& stack = *request.current_stack();
  bool output;
  switch (stack.MajorFunction) {
    case IRP_MJ_READ:
      if (write) return STATUS_INVALID_DEVICE_REQUEST;
      output = true;
      buffer->length = stack.Parameters.Read.Length;
      break;
    case IRP_MJ_WRITE:
      if (!write) return STATUS_INVALID_DEVICE_REQUEST;
      output = false;
      buffer->length = stack.Parameters.Write.Length;
      break;
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
      switch (METHOD_FROM_CTL_CODE(stack.Parameters.DeviceIoControl.IoControlCode)) {
        case METHOD_IN_DIRECT:
          if (!write) return STATUS_INVALID_DEVICE_REQUEST;
          output = true;
          break;
        case METHOD_OUT_DIRECT:
          if (write) return STATUS_INVALID_DEVICE_REQUEST;
          output = true;
          break;
        case METHOD_BUFFERED:
          output = !write;
          break;
        default:
          return STATUS_INVALID_DEVICE_REQUEST;
      }
      buffer->length = output ? stack.Parameters.DeviceIoControl.OutputBufferLength : stack.Parameters.DeviceIoControl.InputBufferLength;
      break;
    default:
      return STATUS_INVALID_DEVICE_REQUEST;
  }
  if (buffer->length == 0) return STATUS_INVALID_DEVICE_REQUEST;
  return output ? WdfRequestRetrieveOutputWdmMdl(globals, request.request_handle(), &buffer->mdl)
                : WdfRequestRetrieveInputWdmMdl(globals, request.request_handle(), &buffer->mdl);
}

}  // namespace

NTSTATUS WdfDmaTransactionCreate(DriverGlobals& globals, WDFDMAENABLER DmaEnabler, PWDF_OBJECT_ATTRIBUTES Attributes,
                                 WDFDMATRANSACTION* DmaTransaction) {
  *DmaTransaction = nullptr;
  wdf::DmaEnabler* enabler = FromHandle<wdf::DmaEnabler>(globals, DmaEnabler);
  Transaction* transaction = nullptr;
  NTSTATUS status = CreateObject(globals, ObjectType::kDmaTransaction, Attributes, enabler, &transaction, *enabler);
  if (!NT_SUCCESS(status)) return status;
  *DmaTransaction = transaction->transaction_handle();
  return STATUS_SUCCESS;
}

NTSTATUS WdfDmaTransactionInitialize(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction, PFN_WDF_PROGRAM_DMA EvtProgramDmaFunction,
                                     WDF_DMA_DIRECTION DmaDirection, PMDL Mdl, PVOID VirtualAddress, size_t Length) {
  char* begin = static_cast<char*>(MmGetMdlVirtualAddress(Mdl));
  char* address = static_cast<char*>(VirtualAddress);
  // The address is one of the first MDL (DEVX-38); anything else is an offset that no buffer reaches.
  const bool inside = address >= begin && address < begin + MmGetMdlByteCount(Mdl);
  return Of(globals, DmaTransaction).Initialize("WdfDmaTransactionInitialize", EvtProgramDmaFunction, DmaDirection, Mdl,
                                                inside ? static_cast<uint64_t>(address - begin) : UINT64_MAX, Length, nullptr);
}

NTSTATUS WdfDmaTransactionInitializeUsingOffset(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction, PFN_WDF_PROGRAM_DMA EvtProgramDmaFunction,
                                                WDF_DMA_DIRECTION DmaDirection, PMDL Mdl, size_t Offset, size_t Length) {
  return Of(globals, DmaTransaction)
      .Initialize("WdfDmaTransactionInitializeUsingOffset", EvtProgramDmaFunction, DmaDirection, Mdl, Offset, Length, nullptr);
}

NTSTATUS WdfDmaTransactionInitializeUsingRequest(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction, WDFREQUEST Request,
                                                 PFN_WDF_PROGRAM_DMA EvtProgramDmaFunction, WDF_DMA_DIRECTION DmaDirection) {
  Transaction& transaction = Of(globals, DmaTransaction);
  wdf::Request* request = FromHandle<wdf::Request>(globals, Request);
  const char* const kName = "WdfDmaTransactionInitializeUsingRequest";
  transaction.MayInitialize(kName);
  if (!wdf::DmaEnabler::IsDirection(DmaDirection)) return STATUS_INVALID_PARAMETER;
  RequestBuffer buffer;
  NTSTATUS status = BufferOf(globals, *request, DmaDirection, &buffer);
  if (!NT_SUCCESS(status)) return status;
  return transaction.Initialize(kName, EvtProgramDmaFunction, DmaDirection, buffer.mdl, 0, buffer.length, request);
}

NTSTATUS WdfDmaTransactionExecute(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction, WDFCONTEXT Context) {
  return Of(globals, DmaTransaction).Execute(Context);
}

NTSTATUS WdfDmaTransactionRelease(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction) { return Of(globals, DmaTransaction).Release(); }

BOOLEAN WdfDmaTransactionDmaCompleted(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction, NTSTATUS* Status) {
  return Of(globals, DmaTransaction).Completed("WdfDmaTransactionDmaCompleted", true, 0, false, Status);
}

BOOLEAN WdfDmaTransactionDmaCompletedWithLength(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction, size_t TransferredLength, NTSTATUS* Status) {
  return Of(globals, DmaTransaction).Completed("WdfDmaTransactionDmaCompletedWithLength", false, TransferredLength, false, Status);
}

BOOLEAN WdfDmaTransactionDmaCompletedFinal(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction, size_t FinalTransferredLength, NTSTATUS* Status) {
  return Of(globals, DmaTransaction).Completed("WdfDmaTransactionDmaCompletedFinal", false, FinalTransferredLength, true, Status);
}

size_t WdfDmaTransactionGetBytesTransferred(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction) { return Of(globals, DmaTransaction).transferred(); }

void WdfDmaTransactionSetMaximumLength(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction, size_t MaximumLength) {
  Transaction& transaction = Of(globals, DmaTransaction);
  if (Suits(globals, transaction.state() == State::kInitialized, "WdfDmaTransactionSetMaximumLength is for an initialized transaction")) {
    transaction.SetMaximumLength(MaximumLength);
  }
}

WDFREQUEST WdfDmaTransactionGetRequest(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction) {
  wdf::Request* request = Of(globals, DmaTransaction).request();
  return request ? request->request_handle() : nullptr;
}

size_t WdfDmaTransactionGetCurrentDmaTransferLength(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction) {
  return Of(globals, DmaTransaction).current_length();
}

WDFDEVICE WdfDmaTransactionGetDevice(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction) {
  return reinterpret_cast<WDFDEVICE>(Of(globals, DmaTransaction).enabler("WdfDmaTransactionGetDevice").device().handle());
}

void WdfDmaTransactionGetTransferInfo(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction, ULONG* MapRegisterCount,
                                      ULONG* ScatterGatherElementCount) {
  Of(globals, DmaTransaction).TransferInfo(MapRegisterCount, ScatterGatherElementCount);
}

void WdfDmaTransactionSetChannelConfigurationCallback(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction,
                                                      PFN_WDF_DMA_TRANSACTION_CONFIGURE_DMA_CHANNEL ConfigureRoutine, PVOID ConfigureContext) {
  Transaction& transaction = Of(globals, DmaTransaction);
  if (Suits(globals, transaction.system(), "WdfDmaTransactionSetChannelConfigurationCallback is for system-mode DMA")) {
    transaction.SetConfigure(ConfigureRoutine, ConfigureContext);
  }
}

void WdfDmaTransactionSetTransferCompleteCallback(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction,
                                                  PFN_WDF_DMA_TRANSACTION_DMA_TRANSFER_COMPLETE DmaCompletionRoutine, PVOID DmaCompletionContext) {
  Transaction& transaction = Of(globals, DmaTransaction);
  if (Suits(globals, transaction.system(), "WdfDmaTransactionSetTransferCompleteCallback is for system-mode DMA")) {
    transaction.SetTransferComplete(DmaCompletionRoutine, DmaCompletionContext);
  }
}

void WdfDmaTransactionSetImmediateExecution(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction, BOOLEAN UseImmediateExecution) {
  Transaction& transaction = Of(globals, DmaTransaction);
  if (Suits(globals, transaction.version3(), "WdfDmaTransactionSetImmediateExecution needs DMA version 3")) {
    transaction.SetImmediate(UseImmediateExecution);
  }
}

NTSTATUS WdfDmaTransactionAllocateResources(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction, WDF_DMA_DIRECTION DmaDirection,
                                            ULONG RequiredMapRegisters, PFN_WDF_RESERVE_DMA EvtReserveDmaFunction, PVOID EvtReserveDmaContext) {
  return Of(globals, DmaTransaction).AllocateResources(DmaDirection, RequiredMapRegisters, EvtReserveDmaFunction, EvtReserveDmaContext);
}

void WdfDmaTransactionFreeResources(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction) { Of(globals, DmaTransaction).FreeResources(); }

void WdfDmaTransactionSetDeviceAddressOffset(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction, ULONG Offset) {
  Transaction& transaction = Of(globals, DmaTransaction);
  if (Suits(globals, transaction.system(), "WdfDmaTransactionSetDeviceAddressOffset is for system-mode DMA")) {
    transaction.SetDeviceOffset(Offset);
  }
}

BOOLEAN WdfDmaTransactionCancel(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction) { return Of(globals, DmaTransaction).Cancel(); }

PVOID WdfDmaTransactionWdmGetTransferContext(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction) {
  return Of(globals, DmaTransaction).transfer_context();
}

void WdfDmaTransactionStopSystemTransfer(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction) {
  Of(globals, DmaTransaction).StopSystemTransfer();
}

void WdfDmaTransactionSetSingleTransferRequirement(DriverGlobals& globals, WDFDMATRANSACTION DmaTransaction, BOOLEAN RequireSingleTransfer) {
  Transaction& transaction = Of(globals, DmaTransaction);
  if (Suits(globals, transaction.version3(), "WdfDmaTransactionSetSingleTransferRequirement needs DMA version 3")) {
    transaction.SetSingleTransfer(RequireSingleTransfer);
  }
}

}  // namespace drydock::wdf::ddi
