// KQUEUE, generic DPCs, non-maskable interrupts, attaching to a process.
#include <ntddk.h>

#include <atomic>

#include "nt/ke/nmi.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

struct Item {
  LIST_ENTRY entry;
  int number;
};
int NumberOf(PLIST_ENTRY entry) { return CONTAINING_RECORD(entry, Item, entry)->number; }

class Queue : public testing::BothExecutors {};

TEST_P(Queue, GivesEntriesInOrderAndTheNextAtItsHead) {  // nf-ntifs-keinsertqueue, nf-ntifs-keinsertheadqueue
  KQUEUE queue;
  KeInitializeQueue(&queue, 0);
  Item items[3] = {{{}, 1}, {{}, 2}, {{}, 3}};
  EXPECT_EQ(KeInsertQueue(&queue, &items[0].entry), 0);
  EXPECT_EQ(KeInsertQueue(&queue, &items[1].entry), 1);
  EXPECT_EQ(KeInsertHeadQueue(&queue, &items[2].entry), 2);
  EXPECT_EQ(KeReadStateQueue(&queue), 3);
  EXPECT_EQ(NumberOf(KeRemoveQueue(&queue, KernelMode, nullptr)), 3);
  EXPECT_EQ(NumberOf(KeRemoveQueue(&queue, KernelMode, nullptr)), 1);
  PLIST_ENTRY left = KeRundownQueue(&queue);
  ASSERT_NE(left, nullptr);
  EXPECT_EQ(NumberOf(left), 2);
  EXPECT_EQ(left->Flink, left) << "a ring without a head";
  EXPECT_EQ(KeRundownQueue(&queue), nullptr);
}

TEST_P(Queue, AWaitThatRunsOutGivesTheStatusInPlaceOfAnEntry) {  // nf-ntifs-keremovequeue
  KQUEUE queue;
  KeInitializeQueue(&queue, 1);
  LARGE_INTEGER timeout;
  timeout.QuadPart = -10000;
  EXPECT_EQ(reinterpret_cast<LONG_PTR>(KeRemoveQueue(&queue, KernelMode, &timeout)), STATUS_TIMEOUT);
}

TEST_P(Queue, EachEntryGoesToOneOfTheThreadsThatWait) {
  KQUEUE queue;
  KeInitializeQueue(&queue, 0);
  constexpr int kThreads = 3, kItems = 30;
  std::atomic<int> sum{0}, ends{0};
  std::vector<rt::Task*> tasks;
  for (int i = 0; i < kThreads; ++i) {
    tasks.push_back(Start("taker", [&] {
      for (;;) {
        const int number = NumberOf(KeRemoveQueue(&queue, KernelMode, nullptr));
        if (number == 0) break;
        sum += number;
      }
      ++ends;
    }));
  }
  std::vector<Item> items(kItems + kThreads);
  for (int i = 0; i < kItems + kThreads; ++i) {
    items[i].number = i < kItems ? i + 1 : 0;
    KeInsertQueue(&queue, &items[i].entry);
  }
  for (rt::Task* task : tasks) Join(task);
  EXPECT_EQ(sum, kItems * (kItems + 1) / 2);
  EXPECT_EQ(ends, kThreads);
  EXPECT_EQ(KeReadStateQueue(&queue), 0);
}

struct Calls {
  std::atomic<int> before{0}, after{0}, last{0};
  std::atomic<bool> early{false};
  ULONG processors = 0;
};
VOID OnEach(PKDPC, PVOID context, PVOID done, PVOID barrier) {
  auto& calls = *static_cast<Calls*>(context);
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  ++calls.before;
  if (KeSignalCallDpcSynchronize(barrier)) ++calls.last;
  if (static_cast<ULONG>(calls.before) != calls.processors) calls.early = true;
  ++calls.after;
  KeSignalCallDpcDone(done);
}

TEST_P(Queue, AGenericDpcRunsOnEveryProcessorAndMeetsAtItsBarrier) {
  Calls calls;
  calls.processors = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
  KeGenericCallDpc(OnEach, &calls);
  EXPECT_EQ(static_cast<ULONG>(calls.after), calls.processors);
  EXPECT_EQ(calls.last, 1);
  EXPECT_FALSE(calls.early);
}
DRYDOCK_BOTH_EXECUTORS(Queue);

class Interrupts : public testing::KernelFixture {
 protected:
  void SetUp() override { Make(rt::ExecutorKind::kSimulated); }
};

BOOLEAN Takes(PVOID context, BOOLEAN handled) {
  *static_cast<int*>(context) = handled ? 2 : 1;
  return TRUE;
}
BOOLEAN Leaves(PVOID context, BOOLEAN handled) {
  *static_cast<int*>(context) = handled ? 2 : 1;
  return FALSE;
}

TEST_F(Interrupts, NmiCallbacksHearWhetherOneBeforeTookIt) {  // nf-wdm-keregisternmicallback
  int first = 0, second = 0;
  PVOID older = KeRegisterNmiCallback(Leaves, &first);
  PVOID newer = KeRegisterNmiCallback(Takes, &second);
  ke::DeliverNmi(*kernel_);
  EXPECT_EQ(second, 1);
  EXPECT_EQ(first, 2);
  EXPECT_EQ(KeDeregisterNmiCallback(newer), STATUS_SUCCESS);
  EXPECT_EQ(KeDeregisterNmiCallback(newer), STATUS_INVALID_HANDLE);
  EXPECT_EQ(BugCheckOf([&] { ke::DeliverNmi(*kernel_); }).code, 0x80u) << "nobody takes it";
  (void)older;
}

TEST_F(Interrupts, AThreadIsInAnotherProcessWhileAttached) {  // nf-ntifs-keattachprocess, nf-ntifs-kestackattachprocess
  Process* process = ps::CreateProcess(*kernel_, "tool.exe");
  const HANDLE own = PsGetCurrentProcessId();
  KeAttachProcess(reinterpret_cast<PRKPROCESS>(process));
  EXPECT_EQ(PsGetCurrentProcessId(), reinterpret_cast<HANDLE>(process->id));
  KeDetachProcess();
  EXPECT_EQ(PsGetCurrentProcessId(), own);
  EXPECT_EQ(PsInitialSystemProcess, PsGetCurrentProcess());
}

}  // namespace
}  // namespace drydock::nt
