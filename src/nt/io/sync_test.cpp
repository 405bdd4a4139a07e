// Cancel-safe queues and remove locks.
#include <ntddk.h>

#include "nt/io/file.h"
#include "nt/io/irp.h"
#include "nt/testing/kernel_fixture.h"
#include "nt/testing/wdm_driver.h"

namespace drydock::nt {
namespace {

using testing::BothExecutors;
using testing::Finish;
using testing::Of;
using testing::WdmDriver;

class SyncTest : public BothExecutors {};
DRYDOCK_BOTH_EXECUTORS(SyncTest);

// A queue as drivers build it.
struct Queue {
  IO_CSQ csq;
  KSPIN_LOCK lock = 0;
  LIST_ENTRY list;
  int cancelled = 0;
  NTSTATUS insert_status = STATUS_SUCCESS;

  static Queue& Self(IO_CSQ* csq) { return *CONTAINING_RECORD(csq, Queue, csq); }
  static void Insert(IO_CSQ* csq, IRP* irp) { InsertTailList(&Self(csq).list, &irp->Tail.Overlay.ListEntry); }
  static NTSTATUS InsertEx(IO_CSQ* csq, IRP* irp, void*) {
    Queue& self = Self(csq);
    if (NT_SUCCESS(self.insert_status)) Insert(csq, irp);
    return self.insert_status;
  }
  static void Remove(IO_CSQ*, IRP* irp) { RemoveEntryList(&irp->Tail.Overlay.ListEntry); }
  static IRP* Peek(IO_CSQ* csq, IRP* irp, void* file) {
    Queue& self = Self(csq);
    LIST_ENTRY* entry = irp ? irp->Tail.Overlay.ListEntry.Flink : self.list.Flink;
    for (; entry != &self.list; entry = entry->Flink) {
      IRP* next = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
      if (!file || IoGetCurrentIrpStackLocation(next)->FileObject == file) return next;
    }
    return nullptr;
  }
  static void Acquire(IO_CSQ* csq, KIRQL* irql) { KeAcquireSpinLock(&Self(csq).lock, irql); }
  static void Release(IO_CSQ* csq, KIRQL irql) { KeReleaseSpinLock(&Self(csq).lock, irql); }
  static void Canceled(IO_CSQ* csq, IRP* irp) {
    ++Self(csq).cancelled;
    Finish(irp, STATUS_CANCELLED);
  }
  explicit Queue(bool extended = false) {
    InitializeListHead(&list);
    if (extended) {
      IoCsqInitializeEx(&csq, InsertEx, Remove, Peek, Acquire, Release, Canceled);
    } else {
      IoCsqInitialize(&csq, Insert, Remove, Peek, Acquire, Release, Canceled);
    }
  }
};

struct QueueDevice {
  QueueDevice(Kernel& kernel, Queue& queue) : driver(kernel) {
    device = driver.AddDevice(nullptr);
    Of(device).dispatch[IRP_MJ_READ] = [&queue](DEVICE_OBJECT*, IRP* irp) {
      NTSTATUS status = IoCsqInsertIrpEx(&queue.csq, irp, nullptr, nullptr);
      if (!NT_SUCCESS(status)) {
        irp->IoStatus.Status = status;
        irp->IoStatus.Information = 0;
        IoCompleteRequest(irp, IO_NO_INCREMENT);
      }
      return STATUS_PENDING;  // marked by the insertion
    };
    EXPECT_EQ(io::OpenDevice(device, u"", {}, &file), STATUS_SUCCESS);
  }
  io::AsyncIo Read() {
    io::Request request;
    request.major = IRP_MJ_READ;
    request.output = buffer;
    request.output_length = sizeof buffer;
    io::AsyncIo async;
    async.Start(file, request);
    return async;
  }
  WdmDriver driver;
  DEVICE_OBJECT* device;
  FILE_OBJECT* file = nullptr;
  char buffer[8];
};

TEST_P(SyncTest, ACancelSafeQueueGivesRequestsInOrder) {
  Queue queue;
  QueueDevice device(*kernel_, queue);
  io::AsyncIo a = device.Read(), b = device.Read();
  IRP* first = IoCsqRemoveNextIrp(&queue.csq, nullptr);
  ASSERT_NE(first, nullptr);
  Finish(first, STATUS_SUCCESS, 1);
  EXPECT_TRUE(a.done());
  EXPECT_FALSE(b.done());
  EXPECT_EQ(IoCsqRemoveNextIrp(&queue.csq, device.device), nullptr);  // peek context of nobody
  Finish(IoCsqRemoveNextIrp(&queue.csq, device.file), STATUS_SUCCESS, 1);
  EXPECT_TRUE(b.done());
  EXPECT_EQ(IoCsqRemoveNextIrp(&queue.csq, nullptr), nullptr);
  io::CloseFile(device.file);
}

TEST_P(SyncTest, ACancelledRequestLeavesTheQueueByItself) {
  Queue queue;
  QueueDevice device(*kernel_, queue);
  io::AsyncIo a = device.Read(), b = device.Read();
  EXPECT_TRUE(a.Cancel());
  EXPECT_EQ(a.status(), STATUS_CANCELLED);
  EXPECT_EQ(queue.cancelled, 1);
  Finish(IoCsqRemoveNextIrp(&queue.csq, nullptr), STATUS_SUCCESS, 3);
  EXPECT_EQ(b.information(), 3u);
  io::CloseFile(device.file);
}

TEST_P(SyncTest, ARefusedInsertionLeavesTheRequestToTheDriver) {
  Queue queue(true);
  queue.insert_status = STATUS_DEVICE_BUSY;
  QueueDevice device(*kernel_, queue);
  io::AsyncIo a = device.Read();
  EXPECT_EQ(a.status(), STATUS_DEVICE_BUSY);
  io::CloseFile(device.file);
}

TEST_P(SyncTest, AContextFindsItsRequestUntilItIsGone) {
  Queue queue;
  IRP* irp = IoAllocateIrp(2, FALSE);
  IoSetNextIrpStackLocation(irp);
  IO_CSQ_IRP_CONTEXT context;
  IoCsqInsertIrp(&queue.csq, irp, &context);
  EXPECT_EQ(context.Irp, irp);
  EXPECT_EQ(IoCsqRemoveIrp(&queue.csq, &context), irp);
  EXPECT_EQ(IoCsqRemoveIrp(&queue.csq, &context), nullptr);
  EXPECT_EQ(irp->CancelRoutine, nullptr);
  IoFreeIrp(irp);
}

TEST(CsqRace, RemovalAndCancelShareTheRequestsUnderAHundredSeeds) {
  struct Run : testing::KernelFixture {
    void TestBody() override {}
    void Once(uint64_t seed, int* cancelled, int* removed) {
      Make(rt::ExecutorKind::kSimulated, seed);
      {
        Queue queue;
        QueueDevice device(*kernel_, queue);
        io::AsyncIo reads[4];
        for (io::AsyncIo& read : reads) read = device.Read();
        int taken = 0;
        rt::Task* remover = Start("remover", [&] {
          while (IRP* irp = IoCsqRemoveNextIrp(&queue.csq, nullptr)) {
            ++taken;
            Finish(irp, STATUS_SUCCESS, 1);
          }
        });
        rt::Task* canceller = Start("canceller", [&] {
          for (io::AsyncIo& read : reads) read.Cancel();
        });
        for (io::AsyncIo& read : reads) read.Wait();
        Join(remover);
        Join(canceller);
        EXPECT_EQ(taken + queue.cancelled, 4) << "seed " << seed;
        *cancelled += queue.cancelled;
        *removed += taken;
        io::CloseFile(device.file);
        EXPECT_EQ(io::LiveIrps(*kernel_, nullptr, 0), 0u) << "seed " << seed;
      }
      TearDown();
    }
  };
  int cancelled = 0, removed = 0;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    Run run;
    run.Once(seed, &cancelled, &removed);
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(cancelled, 0);
  EXPECT_GT(removed, 0);
}

// --- remove locks ---

TEST_P(SyncTest, ReleaseAndWaitWaitsForTheLastHolder) {
  IO_REMOVE_LOCK lock;
  IoInitializeRemoveLock(&lock, 'tseT', 0, 0);
  int tag = 0;
  EXPECT_EQ(IoAcquireRemoveLock(&lock, &tag), STATUS_SUCCESS);
  EXPECT_EQ(IoAcquireRemoveLock(&lock, &lock), STATUS_SUCCESS);  // the remove request's own
  bool released = false;
  KEVENT go;
  KeInitializeEvent(&go, NotificationEvent, FALSE);
  rt::Task* holder = Start("holder", [&] {
    KeWaitForSingleObject(&go, Executive, KernelMode, FALSE, nullptr);
    EXPECT_EQ(IoAcquireRemoveLock(&lock, &released), STATUS_DELETE_PENDING);
    released = true;
    IoReleaseRemoveLock(&lock, &tag);
  });
  rt::Task* starter = Start("starter", [&] {
    LARGE_INTEGER interval;
    interval.QuadPart = -5 * rt::kTicksPerMillisecond;
    KeDelayExecutionThread(KernelMode, FALSE, &interval);  // the waiter below is there by then
    KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
  });
  IoReleaseRemoveLockAndWait(&lock, &lock);
  EXPECT_TRUE(released);
  Join(holder);
  Join(starter);
}

TEST_P(SyncTest, AReleaseWithAnotherTagIsReported) {
  IO_REMOVE_LOCK lock;
  IoInitializeRemoveLock(&lock, 'tseT', 0, 0);
  int a, b;
  IoAcquireRemoveLock(&lock, &a);
  BugCheckData data = BugCheckOf([&] { IoReleaseRemoveLock(&lock, &b); });
  EXPECT_EQ(data.code, 0xC4u);
  EXPECT_EQ(data.parameters[0], 0xD6u);
}

TEST_P(SyncTest, AReleaseThatNobodyAcquiredIsReported) {
  IO_REMOVE_LOCK lock;
  IoInitializeRemoveLock(&lock, 'tseT', 0, 0);
  BugCheckData data = BugCheckOf([&] { IoReleaseRemoveLock(&lock, nullptr); });
  EXPECT_EQ(data.parameters[0], 0xD5u);
}

}  // namespace
}  // namespace drydock::nt
