// More of the I/O manager: opens with a context, activity ids, questions about files and drivers, hard errors.
// There is nobody at this computer to be asked about a hard error: the request ends with the status it has, and the log tells.
#include <ntifs.h>

#include <cstring>
#include <string>
#include <vector>

#include "nt/dbg/refusal.h"
#include "nt/driver_callback.h"
#include "nt/io/device.h"
#include "nt/io/driver.h"
#include "nt/io/file.h"
#include "nt/io/file_object.h"
#include "nt/io/irp.h"
#include "nt/io/state.h"
#include "nt/io/sync_irp.h"
#include "nt/kernel.h"
#include "nt/ob/handle_table.h"
#include "nt/ob/name_space.h"
#include "nt/thread.h"

using namespace drydock;
using namespace drydock::nt;

namespace {

uint32_t LifeOf(IRP* irp) { return io::TraceId(irp); }  // another number in each life of an IRP

std::u16string DriverPath(const io::Driver& driver) { return u"\\SystemRoot\\System32\\drivers\\" + driver.name + u".sys"; }

UNICODE_STRING View(std::u16string_view text) {
  const auto bytes = static_cast<USHORT>(text.size() * 2);
  return {bytes, bytes, reinterpret_cast<PWCH>(const_cast<char16_t*>(text.data()))};
}

NTSTATUS OpenFolder(std::u16string_view path, ULONG disposition, HANDLE* handle) {
  UNICODE_STRING name = View(path);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr);
  IO_STATUS_BLOCK block;
  return ZwCreateFile(handle, FILE_LIST_DIRECTORY | FILE_TRAVERSE | SYNCHRONIZE, &attributes, &block, nullptr, FILE_ATTRIBUTE_NORMAL,
                      FILE_SHARE_READ | FILE_SHARE_WRITE, disposition, FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT, nullptr, 0);
}

// A request with a buffer of the caller's, which is the system's own, waited for.
template <class Fill>
NTSTATUS SendByHandle(HANDLE handle, IO_STATUS_BLOCK* block, UCHAR major, void* buffer, UCHAR flags, Fill fill) {
  void* body;
  NTSTATUS status = ob::ReferenceByHandle(handle, 0, &io::kFileType, KernelMode, &body);
  if (!NT_SUCCESS(status)) return status;
  auto* file = static_cast<FILE_OBJECT*>(body);
  DEVICE_OBJECT* top = IoGetRelatedDeviceObject(file);
  IRP* irp = io::NewSystemIrp(top, major, 0);
  status = STATUS_INSUFFICIENT_RESOURCES;
  if (irp) {
    IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
    next->FileObject = file;
    next->Flags = flags;
    irp->Tail.Overlay.OriginalFileObject = file;
    irp->AssociatedIrp.SystemBuffer = buffer;
    irp->UserBuffer = buffer;
    fill(*next);
    io::SendAndWait(top, irp);
    status = irp->IoStatus.Status;
    if (block) {
      block->Status = status;
      block->Information = irp->IoStatus.Information;
    }
    irp->AssociatedIrp.SystemBuffer = nullptr;
    io::FreeIrp(irp);
  }
  ob::Dereference(body);
  return status;
}

}  // namespace

extern "C" {

NTSTATUS NTAPI IoAttachDeviceByPointer(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice) {
  return IoAttachDeviceToDeviceStack(SourceDevice, TargetDevice) ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
}

// The context's hint and extra parameters are for file systems, of which the machine has none.
NTSTATUS NTAPI IoCreateFileEx(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                              PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                              ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength, CREATE_FILE_TYPE CreateFileType,
                              PVOID InternalParameters, ULONG Options, PIO_DRIVER_CREATE_CONTEXT DriverContext) {
  if (DriverContext && DriverContext->Size != sizeof(IO_DRIVER_CREATE_CONTEXT)) return STATUS_INVALID_PARAMETER;
  if (DriverContext && DriverContext->TxnParameters) return STATUS_TRANSACTIONS_UNSUPPORTED_REMOTE;
  return IoCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes, ShareAccess, Disposition,
                      CreateOptions, EaBuffer, EaLength, CreateFileType, InternalParameters, Options);
}

// For a filter that has opened the file below it and does not let the open succeed.
VOID NTAPI IoCancelFileOpen(PDEVICE_OBJECT DeviceObject, PFILE_OBJECT FileObject) {
  FileObject->Flags |= FO_FILE_OPEN_CANCELLED;
  io::SendSimple(DeviceObject, IRP_MJ_CLEANUP, 0, FileObject);
  io::SendSimple(DeviceObject, IRP_MJ_CLOSE, 0, FileObject);
}

NTSTATUS NTAPI IoCreateSystemThread(PVOID IoObject, PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                    HANDLE ProcessHandle, PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext) {
  (void)IoObject;
  return PsCreateSystemThread(ThreadHandle, DesiredAccess, ObjectAttributes, ProcessHandle, ClientId, StartRoutine, StartContext);
}

// Activity ids: of an IRP as long as it lives, of a thread until it is cleared.
NTSTATUS NTAPI IoSetActivityIdIrp(PIRP Irp, LPCGUID Guid) {
  io::State& state = *CurrentKernel().io;
  const GUID* id = Guid ? Guid : IoGetActivityIdThread();
  rt::LockGuard guard(state.registration_lock);
  if (!id) return STATUS_NOT_FOUND;
  state.activities[Irp] = {LifeOf(Irp), *id};
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI IoGetActivityIdIrp(PIRP Irp, LPGUID Guid) {
  io::State& state = *CurrentKernel().io;
  rt::LockGuard guard(state.registration_lock);
  auto found = state.activities.find(Irp);
  if (found == state.activities.end() || found->second.irp_id != LifeOf(Irp)) return STATUS_NOT_FOUND;
  *Guid = found->second.id;
  return STATUS_SUCCESS;
}
LPCGUID NTAPI IoGetActivityIdThread(VOID) { return static_cast<LPCGUID>(CurrentThread().activity); }
LPCGUID NTAPI IoSetActivityIdThread(LPCGUID ActivityId) {
  Thread& thread = CurrentThread();
  const auto* before = static_cast<LPCGUID>(thread.activity);
  thread.activity = ActivityId;
  return before;
}
VOID NTAPI IoClearActivityIdThread(LPCGUID OriginalId) { CurrentThread().activity = OriginalId; }
NTSTATUS NTAPI IoPropagateActivityIdToThread(PIRP Irp, LPGUID PropagatedId, LPCGUID* OriginalId) {
  const NTSTATUS status = IoGetActivityIdIrp(Irp, PropagatedId);
  if (NT_SUCCESS(status)) *OriginalId = IoSetActivityIdThread(PropagatedId);
  return status;
}
VOID NTAPI IoTransferActivityId(LPCGUID ActivityId, LPCGUID RelatedActivityId) { (void)ActivityId, (void)RelatedActivityId; }

BOOLEAN NTAPI IoIsValidIrpStatus(NTSTATUS Status) { return Status != STATUS_PENDING; }
// Of several associated IRPs the first failure stays.
VOID NTAPI IoSetMasterIrpStatus(PIRP MasterIrp, NTSTATUS Status) {
  if (NT_SUCCESS(__atomic_load_n(&MasterIrp->IoStatus.Status, __ATOMIC_ACQUIRE))) __atomic_store_n(&MasterIrp->IoStatus.Status, Status, __ATOMIC_RELEASE);
}

PDEVICE_OBJECT NTAPI IoGetBaseFileSystemDeviceObject(PFILE_OBJECT FileObject) {
  if (FileObject->Vpb && FileObject->Vpb->DeviceObject) return FileObject->Vpb->DeviceObject;
  return FileObject->DeviceObject;
}
PVOID NTAPI IoGetFileObjectFilterContext(PFILE_OBJECT FileObject) {
  (void)FileObject;
  return nullptr;  // file systems with filters keep one
}
PEPROCESS NTAPI IoGetInitiatorProcess(PFILE_OBJECT FileObject) {
  (void)FileObject;
  return nullptr;  // who opened it is who asked for it
}

NTSTATUS NTAPI IoQueryVolumeInformation(PFILE_OBJECT FileObject, FS_INFORMATION_CLASS FsInformationClass, ULONG Length, PVOID FsInformation,
                                        PULONG ReturnedLength) {
  *ReturnedLength = 0;
  if (FsInformationClass == FileFsDeviceInformation) {
    if (Length < sizeof(FILE_FS_DEVICE_INFORMATION)) return STATUS_INFO_LENGTH_MISMATCH;
    FILE_FS_DEVICE_INFORMATION answer{};
    answer.DeviceType = FileObject->DeviceObject->DeviceType;
    answer.Characteristics = FileObject->DeviceObject->Characteristics;
    std::memcpy(FsInformation, &answer, sizeof answer);
    *ReturnedLength = sizeof answer;
    return STATUS_SUCCESS;
  }
  io::Request request;
  request.major = IRP_MJ_QUERY_VOLUME_INFORMATION;
  request.code = FsInformationClass;
  request.output = FsInformation;
  request.output_length = Length;
  const io::Result result = io::Send(FileObject, request);
  *ReturnedLength = static_cast<ULONG>(result.information);
  return result.status;
}

// "C:\x\y"; the caller frees what it gets.
NTSTATUS NTAPI IoQueryFileDosDeviceName(PFILE_OBJECT FileObject, POBJECT_NAME_INFORMATION* ObjectNameInformation) {
  *ObjectNameInformation = nullptr;
  UNICODE_STRING drive;
  const NTSTATUS status = IoVolumeDeviceToDosName(FileObject->DeviceObject, &drive);
  if (!NT_SUCCESS(status)) return status;
  const size_t bytes = drive.Length + FileObject->FileName.Length;
  auto* info = static_cast<POBJECT_NAME_INFORMATION>(ExAllocatePool2(POOL_FLAG_PAGED, sizeof(OBJECT_NAME_INFORMATION) + bytes + 2, 'nDoI'));
  if (info) {
    info->Name = {static_cast<USHORT>(bytes), static_cast<USHORT>(bytes + 2), reinterpret_cast<PWCH>(info + 1)};
    std::memcpy(info->Name.Buffer, drive.Buffer, drive.Length);
    std::memcpy(reinterpret_cast<char*>(info->Name.Buffer) + drive.Length, FileObject->FileName.Buffer, FileObject->FileName.Length);
  }
  ExFreePool(drive.Buffer);
  *ObjectNameInformation = info;
  return info ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS NTAPI IoQueryFullDriverPath(PDRIVER_OBJECT DriverObject, PUNICODE_STRING FullPath) {
  const io::Driver* driver = io::DriverOf(DriverObject);
  if (!driver) return STATUS_INVALID_PARAMETER;
  const std::u16string path = DriverPath(*driver);
  const size_t bytes = path.size() * 2;
  auto* buffer = static_cast<PWCH>(ExAllocatePool2(POOL_FLAG_PAGED, bytes + 2, 'pDoI'));
  if (!buffer) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(buffer, path.c_str(), bytes + 2);
  *FullPath = {static_cast<USHORT>(bytes), static_cast<USHORT>(bytes + 2), buffer};
  return STATUS_SUCCESS;
}

// Where the machine has a folder for it: the system's drive must be mapped. The folder for data is made.
NTSTATUS NTAPI IoGetDriverDirectory(PDRIVER_OBJECT DriverObject, DRIVER_DIRECTORY_TYPE DirectoryType, ULONG Flags,
                                    PHANDLE DriverDirectoryHandle) {
  *DriverDirectoryHandle = nullptr;
  if (Flags != 0) return STATUS_INVALID_PARAMETER;
  const io::Driver* driver = io::DriverOf(DriverObject);
  if (!driver) return STATUS_INVALID_PARAMETER;
  const std::u16string drivers = u"\\??\\C:\\Windows\\System32\\drivers";
  if (DirectoryType == DriverDirectoryImage) return OpenFolder(drivers, FILE_OPEN, DriverDirectoryHandle);
  if (DirectoryType != DriverDirectoryData) return DRYDOCK_REFUSE(STATUS_NOT_SUPPORTED, "of the folders there are DriverDirectoryImage and DriverDirectoryData");
  std::u16string path = u"\\??\\C:";
  NTSTATUS status = STATUS_SUCCESS;
  for (std::u16string_view part : {std::u16string_view(u"Windows"), std::u16string_view(u"System32"), std::u16string_view(u"drivers"),
                                   std::u16string_view(u"DriverData"), std::u16string_view(driver->name)}) {
    if (*DriverDirectoryHandle) ZwClose(*DriverDirectoryHandle);
    *DriverDirectoryHandle = nullptr;
    path += u'\\';
    path += part;
    status = OpenFolder(path, FILE_OPEN_IF, DriverDirectoryHandle);
    if (!NT_SUCCESS(status)) break;
  }
  return status;
}

// Devices come from buses here; none is told to the PnP manager by hand.
NTSTATUS NTAPI IoReportDetectedDevice(PDRIVER_OBJECT DriverObject, INTERFACE_TYPE LegacyBusType, ULONG BusNumber, ULONG SlotNumber,
                                      PCM_RESOURCE_LIST ResourceList, PIO_RESOURCE_REQUIREMENTS_LIST ResourceRequirements,
                                      BOOLEAN ResourceAssigned, PDEVICE_OBJECT* DeviceObject) {
  (void)DriverObject, (void)LegacyBusType, (void)BusNumber, (void)SlotNumber, (void)ResourceList, (void)ResourceRequirements;
  (void)ResourceAssigned, (void)DeviceObject;
  return DRYDOCK_REFUSE(STATUS_NOT_SUPPORTED, "devices come from buses and machine descriptions");
}

VOID NTAPI IoRaiseHardError(PIRP Irp, PVPB Vpb, PDEVICE_OBJECT RealDeviceObject) {
  (void)Vpb, (void)RealDeviceObject;
  DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "A hard error was raised for a request with status 0x%08x.\n", Irp->IoStatus.Status);
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
}
BOOLEAN NTAPI IoRaiseInformationalHardError(NTSTATUS ErrorStatus, PUNICODE_STRING String, PKTHREAD Thread) {
  (void)Thread;
  DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "A hard error was raised with status 0x%08x: %wZ\n", ErrorStatus, String);
  return TRUE;
}
// The device that a removable medium is missing in, by thread.
VOID NTAPI IoSetHardErrorOrVerifyDevice(PIRP Irp, PDEVICE_OBJECT DeviceObject) {
  if (Irp->Tail.Overlay.Thread) reinterpret_cast<Thread*>(Irp->Tail.Overlay.Thread)->device_to_verify.store(DeviceObject);
}
PDEVICE_OBJECT NTAPI IoGetDeviceToVerify(PETHREAD Thread) { return static_cast<PDEVICE_OBJECT>(reinterpret_cast<nt::Thread*>(Thread)->device_to_verify.load()); }

// File systems that drivers are, and who wants to hear of them: at once of those that are there.
NTSTATUS NTAPI IoRegisterFsRegistrationChangeMountAware(PDRIVER_OBJECT DriverObject, PDRIVER_FS_NOTIFICATION DriverNotificationRoutine,
                                                        BOOLEAN SynchronizeWithMounts) {
  (void)SynchronizeWithMounts;
  io::State& state = *CurrentKernel().io;
  std::vector<DEVICE_OBJECT*> there;
  {
    rt::LockGuard guard(state.registration_lock);
    for (const auto& one : state.fs_notifications)
      if (one.driver == DriverObject && one.routine == DriverNotificationRoutine) return STATUS_DEVICE_ALREADY_ATTACHED;
    state.fs_notifications.push_back({DriverObject, DriverNotificationRoutine});
    there = state.file_systems;
  }
  for (DEVICE_OBJECT* device : there) CallDriver("DRIVER_FS_NOTIFICATION", DriverNotificationRoutine, device, static_cast<BOOLEAN>(TRUE));
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI IoRegisterFsRegistrationChange(PDRIVER_OBJECT DriverObject, PDRIVER_FS_NOTIFICATION DriverNotificationRoutine) {
  return IoRegisterFsRegistrationChangeMountAware(DriverObject, DriverNotificationRoutine, FALSE);
}
VOID NTAPI IoUnregisterFsRegistrationChange(PDRIVER_OBJECT DriverObject, PDRIVER_FS_NOTIFICATION DriverNotificationRoutine) {
  io::State& state = *CurrentKernel().io;
  rt::LockGuard guard(state.registration_lock);
  std::erase_if(state.fs_notifications, [&](const auto& one) { return one.driver == DriverObject && one.routine == DriverNotificationRoutine; });
}

static void TellFileSystem(PDEVICE_OBJECT device, bool active) {
  io::State& state = *CurrentKernel().io;
  std::vector<io::State::FsNotification> told;
  {
    rt::LockGuard guard(state.registration_lock);
    if (active) state.file_systems.push_back(device);
    else std::erase(state.file_systems, device);
    told = state.fs_notifications;
  }
  for (const auto& one : told) CallDriver("DRIVER_FS_NOTIFICATION", one.routine, device, static_cast<BOOLEAN>(active));
}
VOID NTAPI IoRegisterFileSystem(PDEVICE_OBJECT DeviceObject) { TellFileSystem(DeviceObject, true); }
VOID NTAPI IoUnregisterFileSystem(PDEVICE_OBJECT DeviceObject) { TellFileSystem(DeviceObject, false); }

// Each with a reference.
NTSTATUS NTAPI IoEnumerateDeviceObjectList(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT* DeviceObjectList, ULONG DeviceObjectListSize,
                                           PULONG ActualNumberDeviceObjects) {
  io::State& state = *CurrentKernel().io;
  rt::LockGuard guard(state.device_lock);
  ULONG count = 0;
  for (DEVICE_OBJECT* device = DriverObject->DeviceObject; device; device = device->NextDevice) ++count;
  *ActualNumberDeviceObjects = count;
  const ULONG room = DeviceObjectListSize / sizeof(PDEVICE_OBJECT);
  ULONG i = 0;
  for (DEVICE_OBJECT* device = DriverObject->DeviceObject; device && i < room; device = device->NextDevice, ++i) {
    ob::Reference(device);
    DeviceObjectList[i] = device;
  }
  return count > room ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}

// The machine has the images: it is asked for the last part of the key's name.
static NTSTATUS WithLoader(PUNICODE_STRING service, int32_t (*ask)(void*, const std::u16string&)) {
  const std::u16string_view key = ob::View(service);
  const size_t last = key.rfind(u'\\');
  if (last == std::u16string_view::npos || last + 1 == key.size()) return STATUS_INVALID_PARAMETER;
  if (!ask) return STATUS_OBJECT_NAME_NOT_FOUND;
  return ask(CurrentKernel().on_bug_check_context, std::u16string(key.substr(last + 1)));
}
NTSTATUS NTAPI ZwLoadDriver(PUNICODE_STRING DriverServiceName) { return WithLoader(DriverServiceName, CurrentKernel().load_driver); }
NTSTATUS NTAPI ZwUnloadDriver(PUNICODE_STRING DriverServiceName) { return WithLoader(DriverServiceName, CurrentKernel().unload_driver); }

// Extended attributes are a file system's, as are byte ranges that are locked and labels that are set.
NTSTATUS NTAPI ZwQueryEaFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry,
                             PVOID EaList, ULONG EaListLength, PULONG EaIndex, BOOLEAN RestartScan) {
  return SendByHandle(FileHandle, IoStatusBlock, IRP_MJ_QUERY_EA, Buffer,
                          static_cast<UCHAR>((ReturnSingleEntry ? SL_RETURN_SINGLE_ENTRY : 0) | (RestartScan ? SL_RESTART_SCAN : 0)), [&](IO_STACK_LOCATION& next) {
                            next.Parameters.QueryEa.Length = Length;
                            next.Parameters.QueryEa.EaList = EaList;
                            next.Parameters.QueryEa.EaListLength = EaListLength;
                            next.Parameters.QueryEa.EaIndex = EaIndex ? *EaIndex : 0;
                          });
}
NTSTATUS NTAPI ZwSetEaFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length) {
  return SendByHandle(FileHandle, IoStatusBlock, IRP_MJ_SET_EA, Buffer, 0, [&](IO_STACK_LOCATION& next) { next.Parameters.SetEa.Length = Length; });
}
NTSTATUS NTAPI ZwSetVolumeInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation, ULONG Length,
                                          FS_INFORMATION_CLASS FsInformationClass) {
  return SendByHandle(FileHandle, IoStatusBlock, IRP_MJ_SET_VOLUME_INFORMATION, FsInformation, 0, [&](IO_STACK_LOCATION& next) {
    next.Parameters.SetVolume.Length = Length;
    next.Parameters.SetVolume.FsInformationClass = FsInformationClass;
  });
}
NTSTATUS NTAPI ZwLockFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                          PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key, BOOLEAN FailImmediately, BOOLEAN ExclusiveLock) {
  (void)ApcContext;
  if (ApcRoutine) return DRYDOCK_REFUSE(STATUS_NOT_SUPPORTED, "APC routines of file operations are not called; use an event");
  LARGE_INTEGER length = *Length;  // the request points to it
  const NTSTATUS status = SendByHandle(
      FileHandle, IoStatusBlock, IRP_MJ_LOCK_CONTROL, nullptr,
      static_cast<UCHAR>((FailImmediately ? SL_FAIL_IMMEDIATELY : 0) | (ExclusiveLock ? SL_EXCLUSIVE_LOCK : 0)), [&](IO_STACK_LOCATION& next) {
        next.MinorFunction = IRP_MN_LOCK;
        next.Parameters.LockControl.Length = &length;
        next.Parameters.LockControl.Key = Key;
        next.Parameters.LockControl.ByteOffset = *ByteOffset;
      });
  if (Event && status != STATUS_PENDING) ZwSetEvent(Event, nullptr);
  return status;
}
NTSTATUS NTAPI ZwUnlockFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key) {
  LARGE_INTEGER length = *Length;
  return SendByHandle(FileHandle, IoStatusBlock, IRP_MJ_LOCK_CONTROL, nullptr, 0, [&](IO_STACK_LOCATION& next) {
    next.MinorFunction = IRP_MN_UNLOCK_SINGLE;
    next.Parameters.LockControl.Length = &length;
    next.Parameters.LockControl.Key = Key;
    next.Parameters.LockControl.ByteOffset = *ByteOffset;
  });
}

}  // extern "C"
