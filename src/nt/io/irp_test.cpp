// IRPs: their life, their way down and back up, and what is said to a driver that mishandles one.
#include "nt/io/irp.h"

#include <algorithm>
#include <cstring>

#include "nt/io/file.h"
#include "nt/testing/kernel_fixture.h"
#include "nt/testing/wdm_driver.h"

namespace drydock::nt {
namespace {

using testing::BothExecutors;
using testing::Finish;
using testing::Of;
using testing::PassDown;
using testing::WdmDriver;

class IrpTest : public BothExecutors {};
DRYDOCK_BOTH_EXECUTORS(IrpTest);

// What a completion routine saw, in order.
struct Seen {
  std::vector<std::string> lines;
  NTSTATUS answer = STATUS_CONTINUE_COMPLETION;
};

NTSTATUS Record(DEVICE_OBJECT* device, IRP* irp, void* context) {
  auto* seen = static_cast<Seen*>(context);
  seen->lines.push_back(std::string(device ? "device" : "none") + (irp->PendingReturned ? " pending" : ""));
  if (irp->PendingReturned && device) IoMarkIrpPending(irp);
  return seen->answer;
}

NTSTATUS TakeBack(DEVICE_OBJECT*, IRP*, void* context) {
  if (context) KeSetEvent(static_cast<KEVENT*>(context), IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

IRP* NewRead(DEVICE_OBJECT* device, PIO_COMPLETION_ROUTINE routine, void* context) {
  IRP* irp = IoAllocateIrp(device->StackSize, FALSE);
  IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
  IoSetCompletionRoutine(irp, routine, context, TRUE, TRUE, TRUE);
  return irp;
}

TEST_P(IrpTest, ANewIrpHasItsLocationsBehindItAndNoneInUse) {
  IRP* irp = IoAllocateIrp(3, FALSE);
  EXPECT_EQ(irp->Type, IO_TYPE_IRP);
  EXPECT_EQ(irp->Size, IoSizeOfIrp(3));
  EXPECT_EQ(irp->StackCount, 3);
  EXPECT_EQ(irp->CurrentLocation, 4);
  EXPECT_EQ(irp->Tail.Overlay.CurrentStackLocation, reinterpret_cast<IO_STACK_LOCATION*>(irp + 1) + 3);
  IoFreeIrp(irp);
}

TEST_P(IrpTest, AFreedIrpIsUsedAgainByTheSameThread) {
  IRP* first = IoAllocateIrp(2, FALSE);
  IoFreeIrp(first);
#if !defined(__has_feature) || !__has_feature(address_sanitizer)
  IRP* second = IoAllocateIrp(2, FALSE);
  EXPECT_EQ(first, second);
  IoFreeIrp(second);
#endif
  EXPECT_EQ(io::LiveIrps(*kernel_, nullptr, 0), 0u);
}

TEST_P(IrpTest, CompletionUnwindsThroughTheRoutinesThatAskedForIt) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* bottom = driver.AddDevice(nullptr);
  DEVICE_OBJECT* middle = driver.AddDevice(nullptr, DO_BUFFERED_IO, bottom);
  DEVICE_OBJECT* top = driver.AddDevice(nullptr, DO_BUFFERED_IO, middle);
  Seen seen;
  std::vector<NTSTATUS> order;
  Of(bottom).dispatch[IRP_MJ_READ] = [&](DEVICE_OBJECT*, IRP* irp) { return Finish(irp, STATUS_DEVICE_BUSY, 7); };
  Of(middle).dispatch[IRP_MJ_READ] = [&](DEVICE_OBJECT* device, IRP* irp) {
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, Record, &seen, TRUE, FALSE, FALSE);  // success only: not called
    return IoCallDriver(Of(device).lower, irp);
  };
  Of(top).dispatch[IRP_MJ_READ] = [&](DEVICE_OBJECT* device, IRP* irp) {
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, Record, &seen, FALSE, TRUE, FALSE);
    return IoCallDriver(Of(device).lower, irp);
  };
  IRP* irp = NewRead(top, TakeBack, nullptr);
  EXPECT_EQ(IoCallDriver(top, irp), STATUS_DEVICE_BUSY);
  EXPECT_EQ(seen.lines, std::vector<std::string>{"device"});
  EXPECT_EQ(irp->IoStatus.Status, STATUS_DEVICE_BUSY);
  EXPECT_EQ(irp->IoStatus.Information, 7u);
  EXPECT_FALSE(irp->PendingReturned);
  IoFreeIrp(irp);
}

TEST_P(IrpTest, ThePendingMarkTravelsUpWhereNoRoutineStandsInTheWay) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* bottom = driver.AddDevice(nullptr);
  DEVICE_OBJECT* filter = driver.AddDevice(nullptr, DO_BUFFERED_IO, bottom);
  DEVICE_OBJECT* top = driver.AddDevice(nullptr, DO_BUFFERED_IO, filter);
  IRP* held = nullptr;
  Of(bottom).dispatch[IRP_MJ_READ] = [&](DEVICE_OBJECT*, IRP* irp) {
    IoMarkIrpPending(irp);
    held = irp;
    return STATUS_PENDING;
  };
  // The filter uses its location without a completion routine.
  Of(filter).dispatch[IRP_MJ_READ] = [&](DEVICE_OBJECT* device, IRP* irp) {
    IoCopyCurrentIrpStackLocationToNext(irp);
    return IoCallDriver(Of(device).lower, irp);
  };
  Seen seen;
  Of(top).dispatch[IRP_MJ_READ] = [&](DEVICE_OBJECT* device, IRP* irp) {
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, Record, &seen, TRUE, TRUE, TRUE);
    return IoCallDriver(Of(device).lower, irp);
  };
  IRP* irp = NewRead(top, TakeBack, nullptr);
  EXPECT_EQ(IoCallDriver(top, irp), STATUS_PENDING);
  Finish(held, STATUS_SUCCESS);
  EXPECT_EQ(seen.lines, std::vector<std::string>{"device pending"});
  EXPECT_TRUE(irp->PendingReturned);
  IoFreeIrp(irp);
}

TEST_P(IrpTest, MoreProcessingRequiredHandsTheIrpBackAndALaterCompletionGoesOn) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* bottom = driver.AddDevice(nullptr);
  DEVICE_OBJECT* top = driver.AddDevice(nullptr, DO_BUFFERED_IO, bottom);
  Of(bottom).dispatch[IRP_MJ_READ] = [](DEVICE_OBJECT*, IRP* irp) { return Finish(irp, STATUS_SUCCESS, 1); };
  int stage = 0;
  Of(top).dispatch[IRP_MJ_READ] = [&](DEVICE_OBJECT* device, IRP* irp) {
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, TakeBack, nullptr, TRUE, TRUE, TRUE);
    EXPECT_EQ(IoCallDriver(Of(device).lower, irp), STATUS_SUCCESS);
    EXPECT_EQ(IoGetCurrentIrpStackLocation(irp)->DeviceObject, device);  // it is ours again
    stage = 1;
    return Finish(irp, STATUS_DEVICE_NOT_READY, 2);
  };
  Seen seen{{}, STATUS_MORE_PROCESSING_REQUIRED};
  IRP* irp = NewRead(top, Record, &seen);
  EXPECT_EQ(IoCallDriver(top, irp), STATUS_DEVICE_NOT_READY);
  EXPECT_EQ(stage, 1);
  EXPECT_EQ(seen.lines, std::vector<std::string>{"none"});  // the maker has no location of its own
  EXPECT_EQ(irp->IoStatus.Information, 2u);
  IoFreeIrp(irp);
}

TEST_P(IrpTest, ReusedIrpsStartAgain) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* device = driver.AddDevice(nullptr);
  Of(device).dispatch[IRP_MJ_READ] = [](DEVICE_OBJECT*, IRP* irp) { return Finish(irp, STATUS_SUCCESS, 5); };
  IRP* irp = NewRead(device, TakeBack, nullptr);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(IoCallDriver(device, irp), STATUS_SUCCESS);
    IoReuseIrp(irp, STATUS_NOT_SUPPORTED);
    EXPECT_EQ(irp->IoStatus.Status, STATUS_NOT_SUPPORTED);
    EXPECT_EQ(irp->IoStatus.Information, 0u);
    EXPECT_EQ(irp->CurrentLocation, irp->StackCount + 1);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    IoSetCompletionRoutine(irp, TakeBack, nullptr, TRUE, TRUE, TRUE);
  }
  IoFreeIrp(irp);
}

TEST_P(IrpTest, AMasterCompletesWithItsLastAssociatedIrp) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* lower = driver.AddDevice(nullptr);
  DEVICE_OBJECT* upper = driver.AddDevice(nullptr);
  std::vector<IRP*> held;
  Of(lower).dispatch[IRP_MJ_READ] = [&](DEVICE_OBJECT*, IRP* irp) {
    IoMarkIrpPending(irp);
    held.push_back(irp);
    return STATUS_PENDING;
  };
  Of(upper).dispatch[IRP_MJ_READ] = [&](DEVICE_OBJECT*, IRP* irp) {
    IoMarkIrpPending(irp);
    irp->AssociatedIrp.IrpCount = 2;
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 9;
    for (int i = 0; i < 2; ++i) {
      IRP* part = IoMakeAssociatedIrp(irp, lower->StackSize);
      IoGetNextIrpStackLocation(part)->MajorFunction = IRP_MJ_READ;
      IoCallDriver(lower, part);
    }
    return STATUS_PENDING;
  };
  Seen seen{{}, STATUS_MORE_PROCESSING_REQUIRED};
  IRP* master = NewRead(upper, Record, &seen);
  EXPECT_EQ(IoCallDriver(upper, master), STATUS_PENDING);
  Finish(held[0], STATUS_SUCCESS);
  EXPECT_TRUE(seen.lines.empty());
  Finish(held[1], STATUS_SUCCESS);
  EXPECT_EQ(seen.lines.size(), 1u);
  EXPECT_EQ(master->IoStatus.Information, 9u);
  IoFreeIrp(master);
}

TEST_P(IrpTest, ABuiltIoctlEndsWithStatusBlockEventAndOutput) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* device = driver.AddDevice(nullptr);
  constexpr ULONG kCode = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS);
  IRP* held = nullptr;
  Of(device).dispatch[IRP_MJ_DEVICE_CONTROL] = [&](DEVICE_OBJECT*, IRP* irp) {
    EXPECT_STREQ(static_cast<char*>(irp->AssociatedIrp.SystemBuffer), "ask");
    IoMarkIrpPending(irp);
    held = irp;
    return STATUS_PENDING;
  };
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  IO_STATUS_BLOCK iosb = {};
  char answer[8] = "xxxxxxx";
  char ask[] = "ask";
  IRP* irp = IoBuildDeviceIoControlRequest(kCode, device, ask, sizeof ask, answer, sizeof answer, FALSE, &event, &iosb);
  ASSERT_EQ(IoCallDriver(device, irp), STATUS_PENDING);
  std::memcpy(held->AssociatedIrp.SystemBuffer, "told", 5);
  Finish(held, STATUS_SUCCESS, 5);
  EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
  EXPECT_EQ(iosb.Information, 5u);
  EXPECT_STREQ(answer, "told");
  EXPECT_EQ(answer[6], 'x');  // only Information bytes were copied
  EXPECT_EQ(io::LiveIrps(*kernel_, nullptr, 0), 0u);
}

TEST_P(IrpTest, AnErrorReturnedAtOnceLeavesStatusBlockAndEventAlone) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* device = driver.AddDevice(nullptr);
  Of(device).dispatch[IRP_MJ_DEVICE_CONTROL] = [](DEVICE_OBJECT*, IRP* irp) { return Finish(irp, STATUS_INVALID_PARAMETER); };
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  IO_STATUS_BLOCK iosb;
  iosb.Status = 0x1234;
  IRP* irp = IoBuildDeviceIoControlRequest(0x222400, device, nullptr, 0, nullptr, 0, FALSE, &event, &iosb);
  EXPECT_EQ(IoCallDriver(device, irp), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(iosb.Status, 0x1234);
  EXPECT_EQ(KeReadStateEvent(&event), 0);
}

TEST_P(IrpTest, CompletingTwiceIsReported) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* device = driver.AddDevice(nullptr);
  Of(device).dispatch[IRP_MJ_READ] = [](DEVICE_OBJECT*, IRP* irp) {
    Finish(irp, STATUS_SUCCESS);
    return Finish(irp, STATUS_SUCCESS);
  };
  FILE_OBJECT* file;
  ASSERT_EQ(io::OpenDevice(device, u"", {}, &file), STATUS_SUCCESS);
  char byte;
  BugCheckData data = BugCheckOf([&] { io::Read(file, KernelMode, &byte, 1); });
  EXPECT_EQ(data.code, 0x44u);
}

TEST_P(IrpTest, TooFewStackLocationsAreReported) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* bottom = driver.AddDevice(nullptr);
  DEVICE_OBJECT* top = driver.AddDevice(nullptr, DO_BUFFERED_IO, bottom);
  Of(top).dispatch[IRP_MJ_READ] = [](DEVICE_OBJECT* device, IRP* irp) { return IoCallDriver(Of(device).lower, irp); };
  IRP* irp = IoAllocateIrp(1, FALSE);
  IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
  BugCheckData data = BugCheckOf([&] { IoCallDriver(top, irp); });
  EXPECT_EQ(data.code, 0x35u);
}

TEST_P(IrpTest, CompletingWithStatusPendingIsReported) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* device = driver.AddDevice(nullptr);
  Of(device).dispatch[IRP_MJ_READ] = [](DEVICE_OBJECT*, IRP* irp) { return Finish(irp, STATUS_PENDING); };
  IRP* irp = NewRead(device, TakeBack, nullptr);
  BugCheckData data = BugCheckOf([&] { IoCallDriver(device, irp); });
  EXPECT_EQ(data.code, 0xC9u);
  EXPECT_EQ(data.parameters[0], 6u);
}

void NeverCancel(DEVICE_OBJECT*, IRP* irp) { IoReleaseCancelSpinLock(irp->CancelIrql); }

TEST_P(IrpTest, CompletingWithACancelRoutineSetIsReported) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* device = driver.AddDevice(nullptr);
  Of(device).dispatch[IRP_MJ_READ] = [](DEVICE_OBJECT*, IRP* irp) {
    IoSetCancelRoutine(irp, NeverCancel);
    return Finish(irp, STATUS_SUCCESS);
  };
  IRP* irp = NewRead(device, TakeBack, nullptr);
  BugCheckData data = BugCheckOf([&] { IoCallDriver(device, irp); });
  EXPECT_EQ(data.code, 0xC9u);
  EXPECT_EQ(data.parameters[0], 7u);
}

TEST_P(IrpTest, FreeingAnIrpOfAThreadIsReported) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* device = driver.AddDevice(nullptr);
  IO_STATUS_BLOCK iosb;
  IRP* irp = IoBuildDeviceIoControlRequest(0x222400, device, nullptr, 0, nullptr, 0, FALSE, nullptr, &iosb);
  BugCheckData data = BugCheckOf([&] { IoFreeIrp(irp); });
  EXPECT_EQ(data.code, 0xC9u);
  EXPECT_EQ(data.parameters[0], 2u);
}

TEST_P(IrpTest, AnOwnIrpThatRunsOffItsTopIsReported) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* device = driver.AddDevice(nullptr);
  Of(device).dispatch[IRP_MJ_READ] = [](DEVICE_OBJECT*, IRP* irp) { return Finish(irp, STATUS_SUCCESS); };
  IRP* irp = IoAllocateIrp(1, FALSE);
  IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
  BugCheckData data = BugCheckOf([&] { IoCallDriver(device, irp); });
  EXPECT_EQ(data.code, 0x1Eu);
}

TEST_P(IrpTest, SendingToADeletedDeviceIsReported) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* device = driver.AddDevice(nullptr);
  ob::Reference(device);
  driver.Delete(device);
  IRP* irp = NewRead(device, TakeBack, nullptr);
  BugCheckData data = BugCheckOf([&] { IoCallDriver(device, irp); });
  EXPECT_EQ(data.code, 0xC9u);
  EXPECT_EQ(data.parameters[0], 4u);
}

// --- cancel ---

// A device that holds reads with a cancel routine, as a classic driver does it.
struct Holder {
  KSPIN_LOCK lock = 0;
  std::vector<IRP*> irps;
  int cancelled = 0;
  int completed = 0;
};
Holder* holder_of_test;  // one test at a time

void CancelHeld(DEVICE_OBJECT*, IRP* irp) {
  Holder& holder = *holder_of_test;
  IoReleaseCancelSpinLock(irp->CancelIrql);
  KIRQL irql;
  KeAcquireSpinLock(&holder.lock, &irql);
  holder.irps.erase(std::remove(holder.irps.begin(), holder.irps.end(), irp), holder.irps.end());
  ++holder.cancelled;
  KeReleaseSpinLock(&holder.lock, irql);
  Finish(irp, STATUS_CANCELLED);
}

NTSTATUS Hold(DEVICE_OBJECT*, IRP* irp) {
  Holder& holder = *holder_of_test;
  KIRQL irql;
  KeAcquireSpinLock(&holder.lock, &irql);
  IoSetCancelRoutine(irp, CancelHeld);
  if (irp->Cancel && IoSetCancelRoutine(irp, nullptr)) {
    KeReleaseSpinLock(&holder.lock, irql);
    return Finish(irp, STATUS_CANCELLED);
  }
  IoMarkIrpPending(irp);
  holder.irps.push_back(irp);
  KeReleaseSpinLock(&holder.lock, irql);
  return STATUS_PENDING;
}

// Completes what it can take back.
void CompleteHeld(Holder& holder) {
  for (;;) {
    KIRQL irql;
    KeAcquireSpinLock(&holder.lock, &irql);
    IRP* irp = nullptr;
    for (size_t i = 0; i < holder.irps.size(); ++i) {
      if (!IoSetCancelRoutine(holder.irps[i], nullptr)) continue;
      irp = holder.irps[i];
      holder.irps.erase(holder.irps.begin() + static_cast<ptrdiff_t>(i));
      ++holder.completed;
      break;
    }
    KeReleaseSpinLock(&holder.lock, irql);
    if (!irp) return;
    Finish(irp, STATUS_SUCCESS, 4);
  }
}

TEST_P(IrpTest, ACancelledIrpIsCompletedByItsCancelRoutineOnce) {
  Holder holder;
  holder_of_test = &holder;
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* device = driver.AddDevice(nullptr);
  Of(device).dispatch[IRP_MJ_READ] = Hold;
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IRP* irp = NewRead(device, TakeBack, &done);
  EXPECT_EQ(IoCallDriver(device, irp), STATUS_PENDING);
  EXPECT_TRUE(IoCancelIrp(irp));
  EXPECT_EQ(irp->IoStatus.Status, STATUS_CANCELLED);
  EXPECT_FALSE(IoCancelIrp(irp));
  EXPECT_EQ(holder.cancelled, 1);
  IoFreeIrp(irp);
}

TEST_P(IrpTest, ARoutineThatKeepsTheCancelLockIsReported) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* device = driver.AddDevice(nullptr);
  Of(device).dispatch[IRP_MJ_READ] = [](DEVICE_OBJECT*, IRP* irp) {
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, [](DEVICE_OBJECT*, IRP*) {});
    return STATUS_PENDING;
  };
  IRP* irp = NewRead(device, TakeBack, nullptr);
  IoCallDriver(device, irp);
  BugCheckData data = BugCheckOf([&] { IoCancelIrp(irp); });
  EXPECT_EQ(data.code, 0xC4u);
}

// Cancel against completion under a hundred seeds: each request ends exactly once, in one of two ways, and both ways occur.
TEST(CancelRace, EachRequestEndsExactlyOnceUnderAHundredSeeds) {
  struct Run : testing::KernelFixture {
    void TestBody() override {}
    void Once(uint64_t seed, int* cancelled, int* completed) {
      Make(rt::ExecutorKind::kSimulated, seed);
      Holder holder;
      holder_of_test = &holder;
      WdmDriver driver(*kernel_);
      DEVICE_OBJECT* device = driver.AddDevice(nullptr);
      Of(device).dispatch[IRP_MJ_READ] = Hold;
      constexpr int kIrps = 4;
      IRP* irps[kIrps];
      KEVENT done[kIrps];
      for (int i = 0; i < kIrps; ++i) {
        KeInitializeEvent(&done[i], NotificationEvent, FALSE);
        irps[i] = NewRead(device, TakeBack, &done[i]);
        ASSERT_EQ(IoCallDriver(device, irps[i]), STATUS_PENDING);
      }
      rt::Task* canceller = Start("canceller", [&] {
        for (IRP* irp : irps) IoCancelIrp(irp);
      });
      rt::Task* completer = Start("completer", [&] { CompleteHeld(holder); });
      for (KEVENT& event : done) KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
      Join(canceller);
      Join(completer);
      EXPECT_EQ(holder.cancelled + holder.completed, kIrps) << "seed " << seed;
      int by_status = 0;
      for (IRP* irp : irps) {
        by_status += irp->IoStatus.Status == STATUS_CANCELLED;
        IoFreeIrp(irp);
      }
      EXPECT_EQ(by_status, holder.cancelled) << "seed " << seed;
      EXPECT_TRUE(bug_checks_.empty());
      *cancelled += holder.cancelled;
      *completed += holder.completed;
      TearDown();
    }
  };
  int cancelled = 0, completed = 0;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    Run run;
    run.Once(seed, &cancelled, &completed);
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(cancelled, 0);
  EXPECT_GT(completed, 0);
}

}  // namespace
}  // namespace drydock::nt
