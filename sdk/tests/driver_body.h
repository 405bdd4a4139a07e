// What a small driver writes, for the compile tests: once as C, once as C++. It is compiled, never run.
#include <initguid.h>

DEFINE_GUID(GUID_DRYDOCK_TEST, 0x12345678, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);

#define TEST_IOCTL CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_READ_ACCESS | FILE_WRITE_ACCESS)

C_ASSERT(TEST_IOCTL == 0x22E000);
C_ASSERT(sizeof(WCHAR) == 2 && sizeof(L"ab") == 6);
C_ASSERT(FIELD_OFFSET(LIST_ENTRY, Blink) == 8);

typedef struct _TEST_EXTENSION {
  PDEVICE_OBJECT Self;
  PDEVICE_OBJECT Lower;
  LIST_ENTRY Pending;
  KSPIN_LOCK Lock;
  KDPC Dpc;
  KTIMER Timer;
  IO_REMOVE_LOCK RemoveLock;
  FAST_MUTEX Mutex;
  DECLSPEC_ALIGN(64) ULONG Aligned;
} TEST_EXTENSION, *PTEST_EXTENSION;

__declspec(selectany) ULONG TestGlobal = 1;
__declspec(align(16)) static UCHAR TestBuffer[32];

EXTERN_C_START
DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD TestUnload;
DRIVER_ADD_DEVICE TestAddDevice;
_Dispatch_type_(IRP_MJ_READ) DRIVER_DISPATCH TestDispatch;
IO_COMPLETION_ROUTINE TestCompletion;
KDEFERRED_ROUTINE TestDpc;
DRIVER_CANCEL TestCancel;
EXTERN_C_END

static __forceinline ULONG TestInline(_In_ ULONG Value) { return Value + 1; }
FORCEINLINE ULONG TestInlineWithoutStatic(_In_range_(0, 10) ULONG Value) { return Value + 1; }

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  KdPrint(("test: %wZ %I64d\n", RegistryPath, 5LL));
  DriverObject->DriverExtension->AddDevice = TestAddDevice;
  DriverObject->DriverUnload = TestUnload;
  DriverObject->MajorFunction[IRP_MJ_READ] = TestDispatch;
  return STATUS_SUCCESS;
}

_Use_decl_annotations_ VOID TestUnload(PDRIVER_OBJECT DriverObject) {
  PAGED_CODE();
  UNREFERENCED_PARAMETER(DriverObject);
}

_Use_decl_annotations_ NTSTATUS TestAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo) {
  PDEVICE_OBJECT device = NULL;
  PTEST_EXTENSION extension;
  WCHAR buffer[64];
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES attributes;
  HANDLE key = NULL;
  NTSTATUS status;
  DECLARE_CONST_UNICODE_STRING(link, L"\\DosDevices\\Test");

  PAGED_CODE();
  RtlInitEmptyUnicodeString(&name, buffer, sizeof(buffer));
  status = RtlUnicodeStringPrintf(&name, L"\\Device\\Test%u", TestInline(TestInlineWithoutStatic(TestGlobal)));
  if (!NT_SUCCESS(status)) return status;
  status = IoCreateDevice(DriverObject, sizeof(TEST_EXTENSION), &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                          FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  extension = (PTEST_EXTENSION)device->DeviceExtension;
  extension->Self = device;
  extension->Lower = IoAttachDeviceToDeviceStack(device, Pdo);
  InitializeListHead(&extension->Pending);
  KeInitializeSpinLock(&extension->Lock);
  KeInitializeDpc(&extension->Dpc, TestDpc, extension);
  KeInitializeTimer(&extension->Timer);
  ExInitializeFastMutex(&extension->Mutex);
  IoInitializeRemoveLock(&extension->RemoveLock, 'tseT', 1, 10);
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
  status = ZwOpenKey(&key, KEY_READ, &attributes);
  if (NT_SUCCESS(status)) ZwClose(key);
  (void)IoCreateSymbolicLink((PUNICODE_STRING)&link, &name);
  RtlZeroMemory(TestBuffer, sizeof(TestBuffer));
  device->Flags |= DO_BUFFERED_IO;
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  ASSERT(extension->Lower != NULL);
  return STATUS_SUCCESS;
}

_Use_decl_annotations_ VOID TestDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
  PTEST_EXTENSION extension = (PTEST_EXTENSION)Context;
  PLIST_ENTRY entry;
  PIRP irp = NULL;
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(Argument1);
  UNREFERENCED_PARAMETER(Argument2);
  KeAcquireSpinLockAtDpcLevel(&extension->Lock);
  if (!IsListEmpty(&extension->Pending)) {
    entry = RemoveHeadList(&extension->Pending);
    irp = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
    if (IoSetCancelRoutine(irp, NULL) == NULL) irp = NULL;
  }
  KeReleaseSpinLockFromDpcLevel(&extension->Lock);
  if (irp == NULL) return;
  irp->IoStatus.Status = STATUS_SUCCESS;
  irp->IoStatus.Information = 0;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
}

_Use_decl_annotations_ VOID TestCancel(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  UNREFERENCED_PARAMETER(DeviceObject);
  IoReleaseCancelSpinLock(Irp->CancelIrql);
  Irp->IoStatus.Status = STATUS_CANCELLED;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

_Use_decl_annotations_ NTSTATUS TestCompletion(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context) {
  UNREFERENCED_PARAMETER(DeviceObject);
  if (Irp->PendingReturned) IoMarkIrpPending(Irp);
  IoReleaseRemoveLock(&((PTEST_EXTENSION)Context)->RemoveLock, Irp);
  return STATUS_CONTINUE_COMPLETION;
}

_Use_decl_annotations_ NTSTATUS TestDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  PTEST_EXTENSION extension = (PTEST_EXTENSION)DeviceObject->DeviceExtension;
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
  LARGE_INTEGER due;
  KIRQL irql;
  NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);
  if (!NT_SUCCESS(status)) return status;
  if (stack->Parameters.Read.Length > PAGE_SIZE && Irp->MdlAddress != NULL) {
    PVOID va = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
    if (va != NULL) RtlCopyMemory(va, TestBuffer, min((SIZE_T)MmGetMdlByteCount(Irp->MdlAddress), sizeof(TestBuffer)));
  }
  due.QuadPart = -10LL * 1000 * 1000;
  KeSetTimer(&extension->Timer, due, &extension->Dpc);
  KeAcquireSpinLock(&extension->Lock, &irql);
  InsertTailList(&extension->Pending, &Irp->Tail.Overlay.ListEntry);
  IoSetCancelRoutine(Irp, TestCancel);
  KeReleaseSpinLock(&extension->Lock, irql);
  IoCopyCurrentIrpStackLocationToNext(Irp);
  IoSetCompletionRoutine(Irp, TestCompletion, extension, TRUE, TRUE, TRUE);
  return IoCallDriver(extension->Lower, Irp);
}
