// What the class drivers that are buses answer for their devices, and the small things that they share.
// Called by:  the class drivers' dispatch routines, PASSIVE_LEVEL (Complete, Unanswered, AnswerPower, SpinGuard: <= DISPATCH_LEVEL).
// Source:     public documentation of bus drivers' PnP and power requests.
#pragma once

#include <span>
#include <string>

#include <ntddk.h>

namespace drydock::classes {

NTSTATUS Complete(PIRP irp, NTSTATUS status, ULONG_PTR information = 0);
NTSTATUS Unanswered(PIRP irp);                                // completed as it came
NTSTATUS Give(PIRP irp, const std::u16string& text);          // a copy; with its terminator, a list with two
std::u16string Hex(unsigned value, int digits);

// Those of `before` (null: none), which it frees, and `added`, each with a reference that the caller took. Null: no memory; they are dropped.
DEVICE_RELATIONS* AddRelations(DEVICE_RELATIONS* before, std::span<DEVICE_OBJECT* const> added);

// What every such device says alike: that it may stop and be removed, its relation to itself, its capabilities (`raw`: it works without a driver;
// D0 while the system works, D3 in every other state), its description. The rest is Unanswered.
struct PdoWords {
  bool raw;
  const char16_t* description;
};
NTSTATUS AnswerPnp(DEVICE_OBJECT* pdo, PIRP irp, const PdoWords& words);
NTSTATUS AnswerPower(DEVICE_OBJECT* pdo, PIRP irp);           // it follows whoever asks

class SpinGuard {
 public:
  explicit SpinGuard(KSPIN_LOCK* lock) : lock_(lock) { KeAcquireSpinLock(lock_, &irql_); }
  ~SpinGuard() noexcept(false) { Release(); }
  SpinGuard(const SpinGuard&) = delete;
  void Release() {
    if (KSPIN_LOCK* lock = lock_) {
      lock_ = nullptr;
      KeReleaseSpinLock(lock, irql_);
    }
  }

 private:
  KSPIN_LOCK* lock_;
  KIRQL irql_;
};

}  // namespace drydock::classes
