// Files: how the I/O manager opens, builds requests for a requestor, finishes and cancels them, cleans up and closes.
#include "nt/io/file.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "nt/io/async.h"
#include "nt/io/irp.h"
#include "nt/mm/address_space.h"
#include "nt/mm/mdl.h"
#include "nt/ob/handle_table.h"
#include "nt/ps/process.h"
#include "nt/testing/kernel_fixture.h"
#include "nt/testing/wdm_driver.h"

namespace drydock::nt {
namespace {

using testing::Finish;
using testing::Of;
using testing::Unicode;
using testing::WdmDriver;

constexpr ULONG Code(ULONG method, ULONG access = FILE_ANY_ACCESS) { return CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, method, access); }

class FileTest : public testing::BothExecutors {
 protected:
  void SetUp() override {
    BothExecutors::SetUp();
    driver_ = std::make_unique<WdmDriver>(*kernel_);
  }
  void TearDown() override {
    driver_.reset();
    BothExecutors::TearDown();
  }
  DEVICE_OBJECT* Device(ULONG flags = DO_BUFFERED_IO) { return driver_->AddDevice(u"\\Device\\Thing", flags); }
  FILE_OBJECT* Open(const char16_t* name = u"\\Device\\Thing", io::OpenOptions options = {}) {
    FILE_OBJECT* file = nullptr;
    EXPECT_EQ(io::OpenFile(*kernel_, name, options, &file), STATUS_SUCCESS);
    return file;
  }
  // Everything was given back.
  void ExpectNothingLeft() {
    EXPECT_EQ(io::LiveIrps(*kernel_, nullptr, 0), 0u);
    EXPECT_EQ(mm::LockedPages(*kernel_), 0u);
    EXPECT_TRUE(mm::LiveMdls(*kernel_).empty());
  }
  std::unique_ptr<WdmDriver> driver_;
};
DRYDOCK_BOTH_EXECUTORS(FileTest);

TEST_P(FileTest, CreateCleanupAndCloseComeInOrderAndOnce) {
  DEVICE_OBJECT* device = Device();
  std::vector<UCHAR> majors;
  for (UCHAR major : {IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE}) {
    Of(device).dispatch[major] = [&majors, major](DEVICE_OBJECT*, IRP* irp) {
      EXPECT_NE(IoGetCurrentIrpStackLocation(irp)->FileObject, nullptr);
      majors.push_back(major);
      return Finish(irp, STATUS_SUCCESS);
    };
  }
  FILE_OBJECT* file = Open();
  EXPECT_EQ(device->ReferenceCount, 1);
  ob::Reference(file);
  io::CloseFile(file);
  EXPECT_EQ(majors, (std::vector<UCHAR>{IRP_MJ_CREATE, IRP_MJ_CLEANUP}));  // a reference is left: no close yet
  ob::Dereference(file);
  EXPECT_EQ(majors.back(), IRP_MJ_CLOSE);
  EXPECT_EQ(majors.size(), 3u);
  EXPECT_EQ(device->ReferenceCount, 0);
  ExpectNothingLeft();
}

TEST_P(FileTest, TheNameBelowTheDeviceReachesTheDriver) {
  DEVICE_OBJECT* device = Device();
  std::u16string seen;
  ULONG options = 0;
  Of(device).dispatch[IRP_MJ_CREATE] = [&](DEVICE_OBJECT*, IRP* irp) {
    const IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
    seen = std::u16string(reinterpret_cast<const char16_t*>(location->FileObject->FileName.Buffer),
                          location->FileObject->FileName.Length / 2);
    options = location->Parameters.Create.Options;
    return Finish(irp, STATUS_SUCCESS, FILE_OPENED);
  };
  io::OpenOptions open;
  open.options = FILE_NON_DIRECTORY_FILE;
  open.disposition = FILE_OPEN_IF;
  FILE_OBJECT* file = Open(u"\\Device\\Thing\\Sub\\name", open);
  EXPECT_EQ(seen, u"\\Sub\\name");
  EXPECT_EQ(options, (ULONG{FILE_OPEN_IF} << 24) | FILE_NON_DIRECTORY_FILE);
  io::CloseFile(file);
}

TEST_P(FileTest, AFailedCreateIsNeitherCleanedUpNorClosed) {
  DEVICE_OBJECT* device = Device();
  int later = 0;
  Of(device).dispatch[IRP_MJ_CREATE] = [](DEVICE_OBJECT*, IRP* irp) { return Finish(irp, STATUS_ACCESS_DENIED); };
  Of(device).dispatch[IRP_MJ_CLEANUP] = Of(device).dispatch[IRP_MJ_CLOSE] = [&](DEVICE_OBJECT*, IRP* irp) {
    ++later;
    return Finish(irp, STATUS_SUCCESS);
  };
  FILE_OBJECT* file;
  EXPECT_EQ(io::OpenFile(*kernel_, u"\\Device\\Thing", {}, &file), STATUS_ACCESS_DENIED);
  EXPECT_EQ(file, nullptr);
  EXPECT_EQ(later, 0);
  EXPECT_EQ(device->ReferenceCount, 0);
}

TEST_P(FileTest, UnknownNamesTellWhichPartIsMissing) {
  FILE_OBJECT* file;
  EXPECT_EQ(io::OpenFile(*kernel_, u"\\Device\\Nothing", {}, &file), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(io::OpenFile(*kernel_, u"\\Nowhere\\Nothing", {}, &file), STATUS_OBJECT_PATH_NOT_FOUND);
  EXPECT_EQ(io::OpenFile(*kernel_, u"Device", {}, &file), STATUS_OBJECT_PATH_SYNTAX_BAD);
  EXPECT_EQ(io::OpenFile(*kernel_, u"\\Device", {}, &file), STATUS_OBJECT_TYPE_MISMATCH);
}

TEST_P(FileTest, AnExclusiveDeviceOpensOnce) {
  DEVICE_OBJECT* device = Device(DO_BUFFERED_IO | DO_EXCLUSIVE);
  (void)device;
  FILE_OBJECT* file = Open();
  FILE_OBJECT* second;
  EXPECT_EQ(io::OpenFile(*kernel_, u"\\Device\\Thing", {}, &second), STATUS_ACCESS_DENIED);
  io::CloseFile(file);
  file = Open();
  io::CloseFile(file);
}

TEST_P(FileTest, ADeviceThatIsInitialisingCannotBeOpened) {
  DEVICE_OBJECT* device = Device();
  device->Flags |= DO_DEVICE_INITIALIZING;
  FILE_OBJECT* file;
  EXPECT_EQ(io::OpenFile(*kernel_, u"\\Device\\Thing", {}, &file), STATUS_NO_SUCH_DEVICE);
}

TEST_P(FileTest, ADeletedDeviceLivesUntilItsLastFileIsClosed) {
  DEVICE_OBJECT* device = Device();
  int closes = 0;
  Of(device).dispatch[IRP_MJ_CLOSE] = [&](DEVICE_OBJECT*, IRP* irp) {
    ++closes;
    return Finish(irp, STATUS_SUCCESS);
  };
  FILE_OBJECT* file = Open();
  IoDeleteDevice(device);
  FILE_OBJECT* other;
  EXPECT_EQ(io::OpenFile(*kernel_, u"\\Device\\Thing", {}, &other), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_NE(driver_->driver()->object->DeviceObject, nullptr);
  io::CloseFile(file);
  EXPECT_EQ(closes, 1);
  EXPECT_EQ(driver_->driver()->object->DeviceObject, nullptr);
}

TEST_P(FileTest, BufferedReadsAndWritesGoThroughASystemBuffer) {
  DEVICE_OBJECT* device = Device(DO_BUFFERED_IO);
  char user[16] = "written";
  Of(device).dispatch[IRP_MJ_WRITE] = [&](DEVICE_OBJECT*, IRP* irp) {
    EXPECT_NE(irp->AssociatedIrp.SystemBuffer, user);
    EXPECT_STREQ(static_cast<char*>(irp->AssociatedIrp.SystemBuffer), "written");
    EXPECT_EQ(irp->MdlAddress, nullptr);
    EXPECT_EQ(irp->RequestorMode, UserMode);
    return Finish(irp, STATUS_SUCCESS, IoGetCurrentIrpStackLocation(irp)->Parameters.Write.Length);
  };
  Of(device).dispatch[IRP_MJ_READ] = [&](DEVICE_OBJECT*, IRP* irp) {
    EXPECT_EQ(IoGetCurrentIrpStackLocation(irp)->Parameters.Read.ByteOffset.QuadPart, 0x123456789);
    std::memcpy(irp->AssociatedIrp.SystemBuffer, "answer", 7);
    return Finish(irp, STATUS_SUCCESS, 4);
  };
  FILE_OBJECT* file = Open();
  io::Result result = io::Write(file, UserMode, user, 8);
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  EXPECT_EQ(result.information, 8u);
  char answer[8] = "xxxxxxx";
  int64_t offset = 0x123456789;
  result = io::Read(file, UserMode, answer, 7, &offset);
  EXPECT_EQ(result.information, 4u);
  EXPECT_STREQ(answer, "answxxx");  // as many bytes as Information says
  io::CloseFile(file);
  ExpectNothingLeft();
}

TEST_P(FileTest, DirectRequestsCarryLockedPages) {
  DEVICE_OBJECT* device = Device(DO_DIRECT_IO);
  char user[5000] = {};
  Of(device).dispatch[IRP_MJ_READ] = [&](DEVICE_OBJECT*, IRP* irp) {
    EXPECT_EQ(irp->AssociatedIrp.SystemBuffer, nullptr);
    EXPECT_TRUE(irp->MdlAddress->MdlFlags & MDL_PAGES_LOCKED);
    EXPECT_GE(mm::LockedPages(*kernel_), 2u);
    void* address = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    EXPECT_EQ(MmGetMdlByteCount(irp->MdlAddress), sizeof user);
    std::memset(address, 'd', sizeof user);
    return Finish(irp, STATUS_SUCCESS, sizeof user);
  };
  FILE_OBJECT* file = Open();
  EXPECT_EQ(io::Read(file, UserMode, user, sizeof user).information, sizeof user);
  EXPECT_EQ(user[0], 'd');
  EXPECT_EQ(user[4999], 'd');
  io::CloseFile(file);
  ExpectNothingLeft();
}

TEST_P(FileTest, IoctlsCarryBuffersAsTheirMethodSays) {
  DEVICE_OBJECT* device = Device();
  char in[4] = "in", out[4] = "out";
  ULONG seen = 0;
  Of(device).dispatch[IRP_MJ_DEVICE_CONTROL] = [&](DEVICE_OBJECT*, IRP* irp) {
    const auto& control = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl;
    EXPECT_EQ(control.InputBufferLength, 4u);
    EXPECT_EQ(control.OutputBufferLength, 4u);
    seen |= 1u << METHOD_FROM_CTL_CODE(control.IoControlCode);
    switch (METHOD_FROM_CTL_CODE(control.IoControlCode)) {
      case METHOD_BUFFERED:
        EXPECT_STREQ(static_cast<char*>(irp->AssociatedIrp.SystemBuffer), "in");
        EXPECT_EQ(irp->MdlAddress, nullptr);
        break;
      case METHOD_IN_DIRECT:
      case METHOD_OUT_DIRECT:
        EXPECT_STREQ(static_cast<char*>(irp->AssociatedIrp.SystemBuffer), "in");
        EXPECT_EQ(MmGetMdlVirtualAddress(irp->MdlAddress), out);
        break;
      default:
        EXPECT_EQ(control.Type3InputBuffer, in);
        EXPECT_EQ(irp->UserBuffer, out);
        ProbeForRead(control.Type3InputBuffer, 4, 1);
        ProbeForWrite(irp->UserBuffer, 4, 1);
    }
    return Finish(irp, STATUS_SUCCESS, 0);
  };
  FILE_OBJECT* file = Open();
  for (ULONG method : {METHOD_BUFFERED, METHOD_IN_DIRECT, METHOD_OUT_DIRECT, METHOD_NEITHER}) {
    EXPECT_EQ(io::DeviceControl(file, UserMode, Code(method), in, 4, out, 4).status, STATUS_SUCCESS);
  }
  EXPECT_EQ(seen, 0xFu);
  io::CloseFile(file);
  ExpectNothingLeft();
}

TEST_P(FileTest, AWarningStillCopiesDataAnErrorDoesNot) {
  DEVICE_OBJECT* device = Device();
  NTSTATUS answer = STATUS_BUFFER_OVERFLOW;
  Of(device).dispatch[IRP_MJ_DEVICE_CONTROL] = [&](DEVICE_OBJECT*, IRP* irp) {
    std::memcpy(irp->AssociatedIrp.SystemBuffer, "data", 4);
    return Finish(irp, answer, 4);
  };
  FILE_OBJECT* file = Open();
  char out[5] = "----";
  io::Result result = io::DeviceControl(file, UserMode, Code(METHOD_BUFFERED), nullptr, 0, out, 4);
  EXPECT_EQ(result.status, STATUS_BUFFER_OVERFLOW);
  EXPECT_STREQ(out, "data");
  answer = STATUS_INVALID_PARAMETER;
  std::memcpy(out, "----", 4);
  io::DeviceControl(file, UserMode, Code(METHOD_BUFFERED), nullptr, 0, out, 4);
  EXPECT_STREQ(out, "----");
  io::CloseFile(file);
}

TEST_P(FileTest, InformationBeyondTheBufferIsReportedAndNotCopied) {
  DEVICE_OBJECT* device = Device();
  Of(device).dispatch[IRP_MJ_DEVICE_CONTROL] = [](DEVICE_OBJECT*, IRP* irp) { return Finish(irp, STATUS_SUCCESS, 100); };
  FILE_OBJECT* file = Open();
  char out[8] = "";
  io::DeviceControl(file, UserMode, Code(METHOD_BUFFERED), nullptr, 0, out, 4);
  EXPECT_EQ(breaks_.size(), 1u);
  io::CloseFile(file);
}

TEST_P(FileTest, TheAccessBitsOfAnIoctlAreChecked) {
  DEVICE_OBJECT* device = Device();
  Of(device).dispatch[IRP_MJ_DEVICE_CONTROL] = [](DEVICE_OBJECT*, IRP* irp) { return Finish(irp, STATUS_SUCCESS); };
  io::OpenOptions options;
  options.access = GENERIC_READ;
  options.mode = UserMode;
  FILE_OBJECT* file = Open(u"\\Device\\Thing", options);
  EXPECT_EQ(io::DeviceControl(file, UserMode, Code(METHOD_BUFFERED, FILE_READ_ACCESS), nullptr, 0, nullptr, 0).status, STATUS_SUCCESS);
  EXPECT_EQ(io::DeviceControl(file, UserMode, Code(METHOD_BUFFERED, FILE_WRITE_ACCESS), nullptr, 0, nullptr, 0).status,
            STATUS_ACCESS_DENIED);
  EXPECT_EQ(io::Write(file, UserMode, "x", 1).status, STATUS_ACCESS_DENIED);
  io::CloseFile(file);
}

TEST_P(FileTest, AGarbageUserPointerFailsBeforeTheDriver) {
  DEVICE_OBJECT* device = Device(DO_DIRECT_IO);
  int calls = 0;
  Of(device).dispatch[IRP_MJ_READ] = Of(device).dispatch[IRP_MJ_DEVICE_CONTROL] = [&](DEVICE_OBJECT*, IRP* irp) {
    ++calls;
    return Finish(irp, STATUS_SUCCESS);
  };
  FILE_OBJECT* file = Open();
  io::Request request;
  request.major = IRP_MJ_READ;
  request.mode = UserMode;
  request.output = reinterpret_cast<void*>(0x10);
  request.output_length = 64;
  request.register_buffers = false;
  EXPECT_EQ(io::Send(file, request).status, STATUS_ACCESS_VIOLATION);
  request.major = IRP_MJ_DEVICE_CONTROL;
  request.code = Code(METHOD_BUFFERED);
  EXPECT_EQ(io::Send(file, request).status, STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(calls, 0);
  io::CloseFile(file);
  ExpectNothingLeft();
}

TEST_P(FileTest, AProbeOfAnAddressThatIsNotTheApplicationsRaises) {
  DEVICE_OBJECT* device = Device(0);
  Of(device).dispatch[IRP_MJ_DEVICE_CONTROL] = [](DEVICE_OBJECT*, IRP* irp) {
    ProbeForRead(IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.Type3InputBuffer, 4, 1);
    return Finish(irp, STATUS_SUCCESS);
  };
  FILE_OBJECT* file = Open();
  io::Request request;
  request.major = IRP_MJ_DEVICE_CONTROL;
  request.mode = UserMode;
  request.code = Code(METHOD_NEITHER);
  request.input = reinterpret_cast<void*>(0x7f0000000000);
  request.input_length = 4;
  request.register_buffers = false;
  BugCheckData data = BugCheckOf([&] { io::Send(file, request); });
  EXPECT_EQ(data.parameters[0] & 0xFFFFFFFF, static_cast<uint32_t>(STATUS_ACCESS_VIOLATION));
}

// --- pending requests ---

struct Pended {
  IRP* irp = nullptr;
  KEVENT arrived;
  Pended() { KeInitializeEvent(&arrived, NotificationEvent, FALSE); }
};

void CompleteCancelled(DEVICE_OBJECT*, IRP* irp) {
  IoReleaseCancelSpinLock(irp->CancelIrql);
  Finish(irp, STATUS_CANCELLED);
}

testing::DispatchFunction Pend(Pended& pended, bool cancelable) {
  return [&pended, cancelable](DEVICE_OBJECT*, IRP* irp) {
    IoMarkIrpPending(irp);
    pended.irp = irp;
    if (cancelable) IoSetCancelRoutine(irp, CompleteCancelled);
    KeSetEvent(&pended.arrived, IO_NO_INCREMENT, FALSE);
    return STATUS_PENDING;
  };
}

TEST_P(FileTest, ASynchronousReadWaitsForACompletionElsewhere) {
  DEVICE_OBJECT* device = Device();
  Pended pended;
  Of(device).dispatch[IRP_MJ_READ] = Pend(pended, false);
  FILE_OBJECT* file = Open();
  rt::Task* completer = Start("completer", [&] {
    KeWaitForSingleObject(&pended.arrived, Executive, KernelMode, FALSE, nullptr);
    std::memcpy(pended.irp->AssociatedIrp.SystemBuffer, "late", 4);
    Finish(pended.irp, STATUS_SUCCESS, 4);
  });
  char out[4];
  EXPECT_EQ(io::Read(file, UserMode, out, 4).information, 4u);
  EXPECT_EQ(std::memcmp(out, "late", 4), 0);
  Join(completer);
  io::CloseFile(file);
  ExpectNothingLeft();
}

TEST_P(FileTest, ATimeOutCancelsTheRequestAndWaitsForIt) {
  DEVICE_OBJECT* device = Device();
  Pended pended;
  Of(device).dispatch[IRP_MJ_READ] = Pend(pended, true);
  FILE_OBJECT* file = Open();
  char out[4];
  rt::Ticks before = executor_->InterruptTime();
  EXPECT_EQ(io::Read(file, UserMode, out, 4, nullptr, 20 * rt::kTicksPerMillisecond).status, STATUS_IO_TIMEOUT);
  EXPECT_GE(executor_->InterruptTime() - before, 20 * rt::kTicksPerMillisecond);
  io::CloseFile(file);
  ExpectNothingLeft();
}

TEST_P(FileTest, AnAsynchronousRequestEndsWithItsAnswer) {
  DEVICE_OBJECT* device = Device();
  Pended pended;
  Of(device).dispatch[IRP_MJ_READ] = Pend(pended, false);
  FILE_OBJECT* file = Open();
  char out[8] = "-------";
  io::Request request;
  request.major = IRP_MJ_READ;
  request.mode = UserMode;
  request.output = out;
  request.output_length = 7;
  io::AsyncIo async;
  EXPECT_EQ(async.Start(file, request), STATUS_PENDING);
  EXPECT_FALSE(async.done());
  EXPECT_EQ(async.Wait(rt::kTicksPerMillisecond), STATUS_TIMEOUT);
  std::memcpy(pended.irp->AssociatedIrp.SystemBuffer, "abc", 3);
  Finish(pended.irp, STATUS_SUCCESS, 3);
  EXPECT_EQ(async.Wait(), STATUS_SUCCESS);
  EXPECT_EQ(async.status(), STATUS_SUCCESS);
  EXPECT_EQ(async.information(), 3u);
  EXPECT_STREQ(out, "abc----");
  io::CloseFile(file);
  ExpectNothingLeft();
}

// Who hears of the end of a request and closes the file has the device free: the request holds the file no longer.
TEST_P(FileTest, AFinishedRequestDoesNotKeepItsFileOpen) {
  DEVICE_OBJECT* device = Device();
  Pended pended;
  Of(device).dispatch[IRP_MJ_READ] = Pend(pended, false);
  char out[4];
  io::Request request;
  request.major = IRP_MJ_READ;
  request.mode = UserMode;
  request.output = out;
  request.output_length = 4;
  int late[3] = {};
  for (int round = 0; round < 300; ++round) {
    FILE_OBJECT* file = Open();
    KEVENT* event = ob::CreateObject<KEVENT>(*kernel_, ob::kEventType);
    KeInitializeEvent(event, NotificationEvent, FALSE);
    auto* block = new io::AsyncIo::Block;
    block->event = round % 3 == 0 ? event : nullptr;
    block->set_file_event = round % 3 == 1;
    if (block->event) ob::Reference(event);
    EXPECT_EQ(io::StartAsync(*block, file, request), STATUS_PENDING);
    rt::Task* completer = Start("completer", [irp = pended.irp] { Finish(irp, STATUS_SUCCESS, 1); });
    switch (round % 3) {
      case 0: KeWaitForSingleObject(event, Executive, KernelMode, FALSE, nullptr); break;
      case 1: KeWaitForSingleObject(&file->Event, Executive, KernelMode, FALSE, nullptr); break;
      default: block->completion.Wait({}); break;
    }
    io::CloseFile(file);
    if (device->ReferenceCount != 0) ++late[round % 3];
    block->Release();
    ob::Dereference(event);
    Join(completer);
  }
  EXPECT_EQ(late[0], 0);
  EXPECT_EQ(late[1], 0);
  EXPECT_EQ(late[2], 0);
  ExpectNothingLeft();
}

TEST_P(FileTest, CancelEndsOneRequestOrAllOfAFile) {
  DEVICE_OBJECT* device = Device();
  Pended pended;
  Of(device).dispatch[IRP_MJ_READ] = Pend(pended, true);
  FILE_OBJECT* file = Open();
  FILE_OBJECT* other = Open();
  char out[4];
  io::Request request;
  request.major = IRP_MJ_READ;
  request.mode = UserMode;
  request.output = out;
  request.output_length = 4;
  io::AsyncIo a, b, c;
  a.Start(file, request);
  b.Start(file, request);
  c.Start(other, request);
  EXPECT_TRUE(a.Cancel());
  EXPECT_EQ(a.status(), STATUS_CANCELLED);
  EXPECT_FALSE(a.Cancel());
  EXPECT_EQ(io::CancelFile(file, false), 1u);
  EXPECT_EQ(b.status(), STATUS_CANCELLED);
  EXPECT_EQ(c.status(), STATUS_PENDING);
  c.Cancel();
  io::CloseFile(file);
  io::CloseFile(other);
  ExpectNothingLeft();
}

TEST_P(FileTest, AnotherThreadCancelsASynchronousRequestOfAFile) {
  DEVICE_OBJECT* device = Device();
  Pended pended;
  Of(device).dispatch[IRP_MJ_READ] = Pend(pended, true);
  FILE_OBJECT* file = Open();
  rt::Task* canceller = Start("canceller", [&] {
    KeWaitForSingleObject(&pended.arrived, Executive, KernelMode, FALSE, nullptr);
    EXPECT_EQ(io::CancelFile(file, false), 1u);
  });
  char out[4];
  EXPECT_EQ(io::Read(file, UserMode, out, 4).status, STATUS_CANCELLED);
  Join(canceller);
  io::CloseFile(file);
}

TEST_P(FileTest, AThreadThatEndsCancelsItsRequestsAndWaitsForThem) {
  DEVICE_OBJECT* device = Device();
  Pended pended;
  Of(device).dispatch[IRP_MJ_READ] = Pend(pended, true);
  FILE_OBJECT* file = Open();
  io::AsyncIo async;
  char out[4];
  rt::Task* thread = Start("application", [&] {
    io::Request request;
    request.major = IRP_MJ_READ;
    request.output = out;
    request.output_length = 4;
    EXPECT_EQ(async.Start(file, request), STATUS_PENDING);
  });
  Join(thread);
  EXPECT_EQ(async.status(), STATUS_CANCELLED);
  io::CloseFile(file);
  ExpectNothingLeft();
}

TEST_P(FileTest, ASynchronousFileCarriesOneRequestAtATime) {
  DEVICE_OBJECT* device = Device();
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  Of(device).dispatch[IRP_MJ_READ] = [&](DEVICE_OBJECT*, IRP* irp) {
    most = std::max(most.load(), ++inside);
    LARGE_INTEGER interval;
    interval.QuadPart = -rt::kTicksPerMillisecond;
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
    --inside;
    return Finish(irp, STATUS_SUCCESS, 1);
  };
  io::OpenOptions options;
  options.options = FILE_SYNCHRONOUS_IO_NONALERT;
  FILE_OBJECT* file = Open(u"\\Device\\Thing", options);
  auto body = [&] {
    char byte;
    for (int i = 0; i < 5; ++i) EXPECT_EQ(io::Read(file, KernelMode, &byte, 1).status, STATUS_SUCCESS);
  };
  rt::Task* a = Start("a", body);
  rt::Task* b = Start("b", body);
  Join(a);
  Join(b);
  EXPECT_EQ(most.load(), 1);
  io::CloseFile(file);
}

TEST_P(FileTest, AFinalStatusWithoutCompletionIsReported) {
  DEVICE_OBJECT* device = Device();
  Of(device).dispatch[IRP_MJ_READ] = [](DEVICE_OBJECT*, IRP*) { return STATUS_SUCCESS; };
  FILE_OBJECT* file = Open();
  char byte;
  BugCheckData data = BugCheckOf([&] { io::Read(file, KernelMode, &byte, 1); });
  EXPECT_EQ(data.code, 0xC9u);
}

// --- Zw ---

TEST_P(FileTest, ZwFunctionsWorkOnHandles) {
  DEVICE_OBJECT* device = Device();
  Of(device).dispatch[IRP_MJ_READ] = [](DEVICE_OBJECT*, IRP* irp) {
    std::memcpy(irp->AssociatedIrp.SystemBuffer, "zw", 2);
    return Finish(irp, STATUS_SUCCESS, 2);
  };
  UNICODE_STRING name = Unicode(u"\\Device\\Thing");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  HANDLE handle;
  IO_STATUS_BLOCK iosb;
  ASSERT_EQ(ZwCreateFile(&handle, GENERIC_READ | SYNCHRONIZE, &attributes, &iosb, nullptr, 0, 0, FILE_OPEN,
                         FILE_SYNCHRONOUS_IO_NONALERT, nullptr, 0),
            STATUS_SUCCESS);
  EXPECT_TRUE(ob::IsKernelHandle(handle));
  char out[4] = {};
  EXPECT_EQ(ZwReadFile(handle, nullptr, nullptr, nullptr, &iosb, out, 4, nullptr, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(iosb.Information, 2u);
  EXPECT_STREQ(out, "zw");
  void* body;
  EXPECT_EQ(ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, &body, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(IoGetRelatedDeviceObject(static_cast<FILE_OBJECT*>(body)), device);
  ob::Dereference(body);
  EXPECT_EQ(ObReferenceObjectByHandle(handle, 0, *ExEventObjectType, KernelMode, &body, nullptr), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(ZwClose(handle), STATUS_SUCCESS);
  EXPECT_EQ(device->ReferenceCount, 0);
  BugCheckData data = BugCheckOf([&] { ZwClose(handle); });
  EXPECT_EQ(data.code, 0x93u);
}

TEST_P(FileTest, AnAsynchronousZwReadSetsItsEvent) {
  DEVICE_OBJECT* device = Device();
  Pended pended;
  Of(device).dispatch[IRP_MJ_READ] = Pend(pended, true);
  UNICODE_STRING name = Unicode(u"\\Device\\Thing");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  HANDLE handle, event;
  IO_STATUS_BLOCK iosb;
  ASSERT_EQ(ZwOpenFile(&handle, GENERIC_READ, &attributes, &iosb, 0, 0), STATUS_SUCCESS);
  ASSERT_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE), STATUS_SUCCESS);
  char out[4];
  LARGE_INTEGER offset = {};
  EXPECT_EQ(ZwReadFile(handle, event, nullptr, nullptr, &iosb, out, 4, &offset, nullptr), STATUS_PENDING);
  IO_STATUS_BLOCK cancel;
  EXPECT_EQ(ZwCancelIoFileEx(handle, &iosb, &cancel), STATUS_SUCCESS);
  EXPECT_EQ(ZwWaitForSingleObject(event, FALSE, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(iosb.Status, STATUS_CANCELLED);
  EXPECT_EQ(ZwCancelIoFileEx(handle, &iosb, &cancel), STATUS_NOT_FOUND);
  ZwClose(event);
  ZwClose(handle);
  ExpectNothingLeft();
}

TEST_P(FileTest, IoGetDeviceObjectPointerReferencesTheTopOfTheStack) {
  DEVICE_OBJECT* bottom = Device();
  DEVICE_OBJECT* top = driver_->AddDevice(nullptr, DO_BUFFERED_IO, bottom);
  int cleanups = 0, closes = 0;
  Of(bottom).dispatch[IRP_MJ_CLEANUP] = [&](DEVICE_OBJECT*, IRP* irp) { ++cleanups; return Finish(irp, STATUS_SUCCESS); };
  Of(bottom).dispatch[IRP_MJ_CLOSE] = [&](DEVICE_OBJECT*, IRP* irp) { ++closes; return Finish(irp, STATUS_SUCCESS); };
  UNICODE_STRING name = Unicode(u"\\Device\\Thing");
  FILE_OBJECT* file;
  DEVICE_OBJECT* device;
  ASSERT_EQ(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device), STATUS_SUCCESS);
  EXPECT_EQ(device, top);
  EXPECT_EQ(cleanups, 1);
  EXPECT_EQ(closes, 0);
  ObDereferenceObject(file);
  EXPECT_EQ(closes, 1);
}

TEST_P(FileTest, TheLastDereferenceAboveDispatchLevelClosesOnAWorker) {
  DEVICE_OBJECT* device = Device();
  KEVENT closed;
  KeInitializeEvent(&closed, NotificationEvent, FALSE);
  KIRQL level = 99;
  PKTHREAD closer = nullptr;
  Of(device).dispatch[IRP_MJ_CLOSE] = [&](DEVICE_OBJECT*, IRP* irp) {
    level = KeGetCurrentIrql();
    closer = KeGetCurrentThread();
    Finish(irp, STATUS_SUCCESS);
    KeSetEvent(&closed, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
  };
  FILE_OBJECT* file = Open();
  ob::Reference(file);
  io::CloseFile(file);
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  ObDereferenceObject(file);
  KeLowerIrql(irql);
  KeWaitForSingleObject(&closed, Executive, KernelMode, FALSE, nullptr);
  EXPECT_EQ(level, PASSIVE_LEVEL);
  EXPECT_NE(closer, KeGetCurrentThread());
}

TEST_P(FileTest, UnloadReportsDevicesThatWereLeftBehind) {
  DEVICE_OBJECT* device = Device();
  (void)device;
  io::UnloadReport report;
  EXPECT_EQ(io::UnloadDriver(driver_->driver(), &report), STATUS_SUCCESS);
  ASSERT_EQ(report.leaks.size(), 1u);
  EXPECT_NE(report.leaks[0].find("Thing"), std::string::npos);
}

}  // namespace
}  // namespace drydock::nt
