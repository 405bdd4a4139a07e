// Drivers: loading, undoing, extensions, re-initialisation, shutdown; error log, StartIo, IoTimer, WMI registration.
#include "nt/io/driver.h"

#include <cstring>

#include "nt/io/error_log.h"
#include "nt/io/file.h"
#include "nt/io/irp.h"
#include "nt/ob/name_space.h"
#include "nt/testing/kernel_fixture.h"
#include "nt/testing/wdm_driver.h"

namespace drydock::nt {
namespace {

using testing::Finish;
using testing::Of;
using testing::Unicode;
using testing::WdmDriver;

class DriverTest : public testing::BothExecutors {};
DRYDOCK_BOTH_EXECUTORS(DriverTest);

std::u16string seen_path;
DRIVER_OBJECT* seen_object;

NTSTATUS GoodEntry(DRIVER_OBJECT* driver, UNICODE_STRING* path) {
  seen_object = driver;
  seen_path = ob::View(path);
  driver->DriverUnload = [](DRIVER_OBJECT*) {};
  return STATUS_SUCCESS;
}

NTSTATUS BadEntry(DRIVER_OBJECT* driver, UNICODE_STRING*) {
  UNICODE_STRING name = Unicode(u"\\Device\\Left");
  DEVICE_OBJECT* device;
  IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  return STATUS_DEVICE_CONFIGURATION_ERROR;
}

TEST_P(DriverTest, DriverEntryGetsItsObjectAndServiceKey) {
  io::Driver* driver;
  ASSERT_EQ(io::CreateDriver(*kernel_, u"Echo", GoodEntry, {}, &driver), STATUS_SUCCESS);
  EXPECT_EQ(seen_object, driver->object);
  EXPECT_EQ(seen_path, u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\Echo");
  EXPECT_EQ(ob::View(&driver->object->DriverName), u"\\Driver\\Echo");
  EXPECT_EQ(driver->object->Type, IO_TYPE_DRIVER);
  EXPECT_EQ(io::FindDriver(*kernel_, u"eCHO"), driver);
  io::Driver* second;
  EXPECT_EQ(io::CreateDriver(*kernel_, u"ECHO", GoodEntry, {}, &second), STATUS_OBJECT_NAME_COLLISION);
  io::UnloadReport report;
  EXPECT_EQ(io::UnloadDriver(driver, &report), STATUS_SUCCESS);
  EXPECT_TRUE(report.leaks.empty());
  EXPECT_EQ(io::FindDriver(*kernel_, u"Echo"), nullptr);
  ASSERT_EQ(io::CreateDriver(*kernel_, u"Echo", GoodEntry, {}, &driver), STATUS_SUCCESS);
}

TEST_P(DriverTest, AFailingEntryIsUndoneAndItsLeavingsAreReported) {
  io::Driver* driver;
  EXPECT_EQ(io::CreateDriver(*kernel_, u"Bad", BadEntry, {}, &driver), STATUS_DEVICE_CONFIGURATION_ERROR);
  EXPECT_EQ(driver, nullptr);
  EXPECT_EQ(io::FindDriver(*kernel_, u"Bad"), nullptr);
  ASSERT_EQ(breaks_.size(), 1u);
  EXPECT_NE(breaks_[0].find("\\Device\\Left"), std::string::npos);
}

TEST_P(DriverTest, UndefinedMajorFunctionsAnswerInvalidDeviceRequest) {
  io::Driver* driver;
  ASSERT_EQ(io::CreateDriver(*kernel_, u"Echo", GoodEntry, {}, &driver), STATUS_SUCCESS);
  DEVICE_OBJECT* device;
  ASSERT_EQ(IoCreateDevice(driver->object, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device), STATUS_SUCCESS);
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  FILE_OBJECT* file;
  EXPECT_EQ(io::OpenDevice(device, u"", {}, &file), STATUS_INVALID_DEVICE_REQUEST);
  IoDeleteDevice(device);
}

TEST_P(DriverTest, ADriverInUseIsNotUnloaded) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* device = driver.AddDevice(nullptr);
  FILE_OBJECT* file;
  ASSERT_EQ(io::OpenDevice(device, u"", {}, &file), STATUS_SUCCESS);
  io::UnloadReport report;
  EXPECT_EQ(io::UnloadDriver(driver.driver(), &report), STATUS_INVALID_DEVICE_REQUEST);
  io::CloseFile(file);
  driver.Delete(device);
  EXPECT_EQ(io::UnloadDriver(driver.driver(), &report), STATUS_SUCCESS);
}

TEST_P(DriverTest, ExtensionsAreFoundByTheirKey) {
  WdmDriver driver(*kernel_);
  DRIVER_OBJECT* object = driver.driver()->object;
  void *a, *b;
  int key_a, key_b;
  EXPECT_EQ(IoAllocateDriverObjectExtension(object, &key_a, 16, &a), STATUS_SUCCESS);
  EXPECT_EQ(IoAllocateDriverObjectExtension(object, &key_a, 16, &b), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(IoAllocateDriverObjectExtension(object, &key_b, 16, &b), STATUS_SUCCESS);
  EXPECT_EQ(IoGetDriverObjectExtension(object, &key_a), a);
  EXPECT_EQ(IoGetDriverObjectExtension(object, &key_b), b);
  EXPECT_EQ(IoGetDriverObjectExtension(object, object), nullptr);
}

void Reinitialize(DRIVER_OBJECT* driver, void* context, ULONG count) {
  auto* counts = static_cast<std::vector<ULONG>*>(context);
  counts->push_back(count);
  if (count < 3) IoRegisterDriverReinitialization(driver, Reinitialize, context);
}

TEST_P(DriverTest, ReinitialisationRunsSoonAfterDriverEntry) {
  static KEVENT* done;  // a driver entry has no context
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  done = &event;
  io::Driver* driver = nullptr;
  ASSERT_EQ(io::CreateDriver(
                *kernel_, u"Late",
                [](DRIVER_OBJECT* object, UNICODE_STRING*) -> NTSTATUS {
                  IoRegisterDriverReinitialization(
                      object, [](DRIVER_OBJECT*, PVOID context, ULONG) { KeSetEvent(static_cast<KEVENT*>(context), 0, FALSE); }, done);
                  return STATUS_SUCCESS;
                },
                {}, &driver),
            STATUS_SUCCESS);
  EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
}

TEST_P(DriverTest, ReinitialisationMayAskForAnotherTurn) {
  WdmDriver driver(*kernel_);
  std::vector<ULONG> counts;
  IoRegisterDriverReinitialization(driver.driver()->object, Reinitialize, &counts);
  io::RunReinitialization(driver.driver());
  EXPECT_EQ(counts, (std::vector<ULONG>{1, 2, 3}));
}

TEST_P(DriverTest, ShutdownIsToldNewestFirstAndLastChanceLast) {
  WdmDriver driver(*kernel_);
  std::string order;
  DEVICE_OBJECT* devices[3];
  for (int i = 0; i < 3; ++i) {
    devices[i] = driver.AddDevice(nullptr);
    Of(devices[i]).dispatch[IRP_MJ_SHUTDOWN] = [&order, i](DEVICE_OBJECT*, IRP* irp) {
      order += static_cast<char>('0' + i);
      return Finish(irp, STATUS_SUCCESS);
    };
  }
  IoRegisterLastChanceShutdownNotification(devices[2]);
  IoRegisterShutdownNotification(devices[0]);
  IoRegisterShutdownNotification(devices[1]);
  io::NotifyShutdown(*kernel_);
  EXPECT_EQ(order, "102");
  io::NotifyShutdown(*kernel_);
  EXPECT_EQ(order, "102");
}

TEST_P(DriverTest, ErrorLogEntriesAreKept) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* device = driver.AddDevice(u"\\Device\\Logger");
  EXPECT_EQ(IoAllocateErrorLogEntry(device, 255), nullptr);
  auto* packet = static_cast<IO_ERROR_LOG_PACKET*>(IoAllocateErrorLogEntry(device, sizeof(IO_ERROR_LOG_PACKET) + 4 + 8));
  ASSERT_NE(packet, nullptr);
  packet->ErrorCode = static_cast<NTSTATUS>(0xC0040001);
  packet->DumpDataSize = 8;
  packet->DumpData[0] = 7;
  packet->DumpData[1] = 9;
  packet->NumberOfStrings = 1;
  packet->StringOffset = FIELD_OFFSET(IO_ERROR_LOG_PACKET, DumpData) + 8;
  std::memcpy(reinterpret_cast<char*>(packet) + packet->StringOffset, u"abc", 8);
  IoWriteErrorLogEntry(packet);
  auto entries = io::ErrorLogEntries(*kernel_);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_NE(entries[0].source.find("Logger"), std::string::npos);
  EXPECT_EQ(entries[0].dump_data, (std::vector<ULONG>{7, 9}));
  EXPECT_EQ(entries[0].strings, std::vector<std::u16string>{u"abc"});
  IoFreeErrorLogEntry(IoAllocateErrorLogEntry(device, sizeof(IO_ERROR_LOG_PACKET)));
}

// --- StartIo ---

struct Started {
  std::vector<IRP*> irps;
  int cancelled = 0;
};
Started* started_of_test;

void CancelQueued(DEVICE_OBJECT* device, IRP* irp) {
  if (irp == device->CurrentIrp) {
    IoReleaseCancelSpinLock(irp->CancelIrql);
    return;
  }
  KeRemoveEntryDeviceQueue(&device->DeviceQueue, &irp->Tail.Overlay.DeviceQueueEntry);
  IoReleaseCancelSpinLock(irp->CancelIrql);
  ++started_of_test->cancelled;
  Finish(irp, STATUS_CANCELLED);
}

TEST_P(DriverTest, StartIoGetsOneRequestAtATime) {
  Started started;
  started_of_test = &started;
  WdmDriver driver(*kernel_);
  driver.driver()->object->DriverStartIo = [](DEVICE_OBJECT*, IRP* irp) {
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    IoSetCancelRoutine(irp, nullptr);
    started_of_test->irps.push_back(irp);
  };
  DEVICE_OBJECT* device = driver.AddDevice(nullptr);
  Of(device).dispatch[IRP_MJ_READ] = [](DEVICE_OBJECT* self, IRP* irp) {
    IoMarkIrpPending(irp);
    IoStartPacket(self, irp, nullptr, CancelQueued);
    return STATUS_PENDING;
  };
  FILE_OBJECT* file;
  ASSERT_EQ(io::OpenDevice(device, u"", {}, &file), STATUS_SUCCESS);
  io::Request request;
  request.major = IRP_MJ_READ;
  char byte;
  request.output = &byte;
  request.output_length = 1;
  io::AsyncIo reads[3];
  for (io::AsyncIo& read : reads) EXPECT_EQ(read.Start(file, request), STATUS_PENDING);
  ASSERT_EQ(started.irps.size(), 1u);
  EXPECT_EQ(device->CurrentIrp, started.irps[0]);
  EXPECT_TRUE(reads[1].Cancel());
  EXPECT_EQ(reads[1].status(), STATUS_CANCELLED);
  auto finish_current = [&] {
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IRP* irp = device->CurrentIrp;
    IoStartNextPacket(device, TRUE);
    Finish(irp, STATUS_SUCCESS, 1);
    KeLowerIrql(irql);
  };
  finish_current();
  EXPECT_TRUE(reads[0].done());
  ASSERT_EQ(started.irps.size(), 2u);
  finish_current();
  EXPECT_TRUE(reads[2].done());
  EXPECT_EQ(device->CurrentIrp, nullptr);
  EXPECT_EQ(started.cancelled, 1);
  io::CloseFile(file);
}

TEST_P(DriverTest, AnIoTimerTicksOnceASecondWhileStarted) {
  if (!simulated()) GTEST_SKIP() << "takes seconds of real time";
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* device = driver.AddDevice(nullptr);
  int ticks = 0;
  ASSERT_EQ(IoInitializeTimer(device, [](DEVICE_OBJECT*, void* context) { ++*static_cast<int*>(context); }, &ticks), STATUS_SUCCESS);
  executor_->Advance(3 * rt::kTicksPerSecond);
  EXPECT_EQ(ticks, 0);
  IoStartTimer(device);
  executor_->Advance(3 * rt::kTicksPerSecond + rt::kTicksPerMillisecond);
  EXPECT_EQ(ticks, 3);
  IoStopTimer(device);
  executor_->Advance(3 * rt::kTicksPerSecond);
  EXPECT_EQ(ticks, 3);
}

TEST_P(DriverTest, WmiRegistrationsAreRememberedForTheLeakReport) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* device = driver.AddDevice(nullptr);
  EXPECT_EQ(IoWMIRegistrationControl(device, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
  io::UnloadReport report;
  EXPECT_EQ(io::UnloadDriver(driver.driver(), &report), STATUS_SUCCESS);
  EXPECT_EQ(report.leaks.size(), 2u);  // the device and the registration
  EXPECT_EQ(IoWMIRegistrationControl(device, WMIREG_ACTION_DEREGISTER), STATUS_SUCCESS);
  EXPECT_EQ(BugCheckOf([&] { IoWMIRegistrationControl(device, WMIREG_ACTION_DEREGISTER); }).code, 0xC4u);
}

TEST_P(DriverTest, RoutinesOfTheKernelAreFoundByName) {
  UNICODE_STRING name = Unicode(u"IoAllocateIrp");
  EXPECT_EQ(MmGetSystemRoutineAddress(&name), reinterpret_cast<void*>(&IoAllocateIrp));
  name = Unicode(u"IoDoesNotExist");
  EXPECT_EQ(MmGetSystemRoutineAddress(&name), nullptr);
}

}  // namespace
}  // namespace drydock::nt
