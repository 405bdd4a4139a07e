// Activity ids, file system requests by handle, file systems that come and go, attributes of StartIo.
#include <ntifs.h>

#include <vector>

#include "nt/testing/kernel_fixture.h"
#include "nt/testing/wdm_driver.h"

namespace drydock::nt {
namespace {

using testing::Finish;
using testing::Of;
using testing::Unicode;

class MoreIo : public testing::KernelFixture {
 protected:
  void SetUp() override { Make(rt::ExecutorKind::kSimulated); }
  HANDLE Open(const char16_t* name) {
    UNICODE_STRING text = Unicode(name);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &text, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    IO_STATUS_BLOCK block;
    HANDLE handle = nullptr;
    EXPECT_EQ(ZwCreateFile(&handle, GENERIC_READ | SYNCHRONIZE, &attributes, &block, nullptr, 0, 0, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, nullptr, 0),
              STATUS_SUCCESS);
    return handle;
  }
};

TEST_F(MoreIo, AnActivityIdStaysWithItsIrpAndPassesToTheThread) {  // nf-wdm-iosetactivityidirp, nf-ntddk-iopropagateactivityidtothread
  PIRP irp = IoAllocateIrp(1, FALSE);
  const GUID id = {1, 2, 3, {4}};
  GUID found{};
  EXPECT_EQ(IoGetActivityIdIrp(irp, &found), STATUS_NOT_FOUND);
  EXPECT_EQ(IoSetActivityIdIrp(irp, nullptr), STATUS_NOT_FOUND) << "the thread has none either";
  ASSERT_EQ(IoSetActivityIdIrp(irp, &id), STATUS_SUCCESS);
  LPCGUID before = &id;
  ASSERT_EQ(IoPropagateActivityIdToThread(irp, &found, &before), STATUS_SUCCESS);
  EXPECT_EQ(found.Data1, 1u);
  EXPECT_EQ(before, nullptr);
  EXPECT_EQ(IoGetActivityIdThread(), &found);
  IoClearActivityIdThread(before);
  EXPECT_EQ(IoGetActivityIdThread(), nullptr);
  IoFreeIrp(irp);
  PIRP next = IoAllocateIrp(1, FALSE);
  EXPECT_EQ(IoGetActivityIdIrp(next, &found), STATUS_NOT_FOUND) << "another life, maybe in the same memory";
  IoFreeIrp(next);
}

TEST_F(MoreIo, FileSystemRequestsByHandleReachTheDriver) {  // ZwQueryEaFile, ZwSetVolumeInformationFile, ZwLockFile
  testing::WdmDriver driver(*kernel_);
  DEVICE_OBJECT* device = driver.AddDevice(u"\\Device\\Volume");
  Of(device).dispatch[IRP_MJ_QUERY_EA] = [](DEVICE_OBJECT*, IRP* irp) {
    auto& parameters = IoGetCurrentIrpStackLocation(irp)->Parameters.QueryEa;
    static_cast<char*>(irp->AssociatedIrp.SystemBuffer)[0] = 'e';
    return Finish(irp, STATUS_SUCCESS, parameters.Length);
  };
  Of(device).dispatch[IRP_MJ_LOCK_CONTROL] = [](DEVICE_OBJECT*, IRP* irp) {
    IO_STACK_LOCATION* at = IoGetCurrentIrpStackLocation(irp);
    if (at->MinorFunction == IRP_MN_UNLOCK_SINGLE) return Finish(irp, STATUS_RANGE_NOT_LOCKED);
    EXPECT_EQ(at->Parameters.LockControl.Length->QuadPart, 10);
    EXPECT_EQ(at->Parameters.LockControl.ByteOffset.QuadPart, 5);
    EXPECT_EQ(at->Flags, SL_EXCLUSIVE_LOCK | SL_FAIL_IMMEDIATELY);
    return Finish(irp, STATUS_LOCK_NOT_GRANTED);
  };
  HANDLE file = Open(u"\\Device\\Volume");
  char buffer[8] = {};
  IO_STATUS_BLOCK block;
  EXPECT_EQ(ZwQueryEaFile(file, &block, buffer, sizeof buffer, TRUE, nullptr, 0, nullptr, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(block.Information, sizeof buffer);
  EXPECT_EQ(buffer[0], 'e');
  LARGE_INTEGER offset, length;
  offset.QuadPart = 5;
  length.QuadPart = 10;
  EXPECT_EQ(ZwLockFile(file, nullptr, nullptr, nullptr, &block, &offset, &length, 0, TRUE, TRUE), STATUS_LOCK_NOT_GRANTED);
  EXPECT_EQ(ZwUnlockFile(file, &block, &offset, &length, 0), STATUS_RANGE_NOT_LOCKED);
  EXPECT_EQ(ZwSetVolumeInformationFile(file, &block, buffer, sizeof buffer, FileFsLabelInformation), STATUS_INVALID_DEVICE_REQUEST);
  ZwClose(file);
}

std::vector<std::pair<DEVICE_OBJECT*, bool>>* heard = nullptr;
VOID OnFileSystem(PDEVICE_OBJECT device, BOOLEAN active) { heard->emplace_back(device, active != FALSE); }

TEST_F(MoreIo, FileSystemsThatComeAndGoAreTold) {  // nf-ntifs-ioregisterfsregistrationchange, nf-ntifs-ioenumeratedeviceobjectlist
  std::vector<std::pair<DEVICE_OBJECT*, bool>> seen;
  heard = &seen;
  testing::WdmDriver driver(*kernel_);
  DEVICE_OBJECT *first = driver.AddDevice(u"\\Fs1"), *second = driver.AddDevice(u"\\Fs2");
  IoRegisterFileSystem(first);
  ASSERT_EQ(IoRegisterFsRegistrationChange(driver.driver()->object, OnFileSystem), STATUS_SUCCESS);
  EXPECT_EQ(IoRegisterFsRegistrationChange(driver.driver()->object, OnFileSystem), STATUS_DEVICE_ALREADY_ATTACHED);
  IoRegisterFileSystem(second);
  IoUnregisterFileSystem(first);
  IoUnregisterFsRegistrationChange(driver.driver()->object, OnFileSystem);
  IoUnregisterFileSystem(second);
  EXPECT_EQ(seen, (std::vector<std::pair<DEVICE_OBJECT*, bool>>{{first, true}, {second, true}, {first, false}}));
  PDEVICE_OBJECT devices[4];
  ULONG count = 0;
  EXPECT_EQ(IoEnumerateDeviceObjectList(driver.driver()->object, nullptr, 0, &count), STATUS_BUFFER_TOO_SMALL);
  ASSERT_EQ(IoEnumerateDeviceObjectList(driver.driver()->object, devices, sizeof devices, &count), STATUS_SUCCESS);
  ASSERT_EQ(count, 2u);
  for (ULONG i = 0; i < count; ++i) ObDereferenceObject(devices[i]);
  heard = nullptr;
}

struct Starts {
  int depth = 0, deepest = 0;
  std::vector<bool> cancelable;
};
Starts* starts = nullptr;
VOID OnStart(PDEVICE_OBJECT device, PIRP irp) {
  starts->deepest = std::max(starts->deepest, ++starts->depth);
  starts->cancelable.push_back(irp->CancelRoutine != nullptr);
  IoSetCancelRoutine(irp, nullptr);
  irp->IoStatus.Status = STATUS_SUCCESS;
  IoStartNextPacket(device, TRUE);
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  --starts->depth;
}
VOID OnCancel(PDEVICE_OBJECT, PIRP irp) { IoReleaseCancelSpinLock(irp->CancelIrql); }

TEST_F(MoreIo, StartIoMayWaitForItsEndAndKeepRequests) {  // nf-ntddk/wdm-iosetstartioattributes
  for (bool with : {false, true}) {
    Starts seen;
    starts = &seen;
    testing::WdmDriver driver(*kernel_, with ? u"With" : u"Without");
    driver.driver()->object->DriverStartIo = OnStart;
    DEVICE_OBJECT* device = driver.AddDevice(nullptr);
    IoSetStartIoAttributes(device, with, with);
    // The device is busy while three more come.
    KDEVICE_QUEUE_ENTRY other;
    KeInsertDeviceQueue(&device->DeviceQueue, &other);
    std::vector<PIRP> irps;
    for (int i = 0; i < 3; ++i) {
      irps.push_back(IoAllocateIrp(1, FALSE));
      IoSetCompletionRoutine(irps.back(), [](PDEVICE_OBJECT, PIRP, PVOID) -> NTSTATUS { return STATUS_MORE_PROCESSING_REQUIRED; }, nullptr, TRUE, TRUE, TRUE);
      IoSetNextIrpStackLocation(irps.back());
      IoStartPacket(device, irps.back(), nullptr, OnCancel);
    }
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoStartNextPacket(device, TRUE);
    KeLowerIrql(irql);
    EXPECT_EQ(seen.cancelable, (std::vector<bool>{!with, !with, !with}));
    EXPECT_EQ(seen.deepest, with ? 1 : 3);
    for (PIRP irp : irps) IoFreeIrp(irp);
  }
  starts = nullptr;
}

}  // namespace
}  // namespace drydock::nt
