// A reader-writer lock in one word of somebody else's layout, with its waiters in the parking lot. For push locks and EX_SPIN_LOCKs.
// Word:      kExclusive held by a writer; kWaiters somebody waits; the rest counts readers. A reader does not pass a waiter by, so that
//            writers get their turn.
#pragma once

#include <cstdint>

#include "nt/ke/parking_lot.h"
#include "nt/ke/state.h"
#include "nt/thread.h"

namespace drydock::nt::ex {

template <class Word, Word kExclusive, Word kWaiters, Word kReader>
struct ReaderWriter {
  static bool TryExclusive(Word* word) {
    Word value = __atomic_load_n(word, __ATOMIC_RELAXED);
    while ((value & ~kWaiters) == 0) {
      if (__atomic_compare_exchange_n(word, &value, static_cast<Word>(value | kExclusive), true, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        return true;
      }
    }
    return false;
  }
  // `passing`: though others wait.
  static bool TryShared(Word* word, bool passing) {
    Word value = __atomic_load_n(word, __ATOMIC_RELAXED);
    while (!(value & kExclusive) && (passing || !(value & kWaiters))) {
      if (__atomic_compare_exchange_n(word, &value, static_cast<Word>(value + kReader), true, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        return true;
      }
    }
    return false;
  }

  static void AcquireExclusive(Word* word, const char* what) {
    Kernel& kernel = *CurrentThread().kernel;
    kernel.executor.SchedulePoint();
    if (TryExclusive(word)) return;
    Wait(kernel, word, what, [word] { return TryExclusive(word); });
  }
  static void AcquireShared(Word* word, const char* what) {
    Kernel& kernel = *CurrentThread().kernel;
    kernel.executor.SchedulePoint();
    if (TryShared(word, false)) return;
    bool waited = false;  // who was woken once has had its place in the queue
    Wait(kernel, word, what, [word, &waited] {
      const bool passing = waited;
      waited = true;
      return TryShared(word, passing);
    });
  }
  // False: it was not held that way.
  static bool ReleaseExclusive(Word* word) {
    Word value = __atomic_load_n(word, __ATOMIC_RELAXED);
    do {
      if (!(value & kExclusive)) return false;
    } while (!__atomic_compare_exchange_n(word, &value, static_cast<Word>(value & kWaiters), true, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
    if (value & kWaiters) WakeAll(word);
    CurrentThread().kernel->executor.SchedulePoint();
    return true;
  }
  static bool ReleaseShared(Word* word) {
    Word value = __atomic_load_n(word, __ATOMIC_RELAXED);
    Word left;
    do {
      if ((value & kExclusive) || (value & ~kWaiters) < kReader) return false;
      left = static_cast<Word>(value - kReader);
    } while (!__atomic_compare_exchange_n(word, &value, left, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
    if (left == kWaiters) WakeAll(word);
    CurrentThread().kernel->executor.SchedulePoint();
    return true;
  }

 private:
  template <class Try>
  static void Wait(Kernel& kernel, Word* word, const char* what, Try attempt) {
    ke::WaitInfo info;
    info.what = what;
    info.object = word;
    bool taken = false;
    while (!taken) {
      kernel.ke->lot.Wait(
          word,
          [&] {
            // Under the bucket's lock no release can clear the mark between the attempt and our place in the queue.
            taken = attempt();
            if (taken) return false;
            const Word value = __atomic_fetch_or(word, kWaiters, __ATOMIC_RELAXED);
            if ((value & ~kWaiters) != 0) return true;
            taken = attempt();  // it was let go meanwhile, before the mark could tell
            return !taken;
          },
          info);
    }
  }
  // All of them try again, in the order they came; the mark returns with the first that does not get it.
  static void WakeAll(Word* word) {
    CurrentThread().kernel->ke->lot.WakeAndSettle(word, SIZE_MAX,
                                                  [word](bool) { __atomic_fetch_and(word, static_cast<Word>(~kWaiters), __ATOMIC_RELAXED); });
  }
};

}  // namespace drydock::nt::ex
