// What a waiting thread waits for, in a form that a report can tell; and why, as far as somebody above knows.
// Called by:  whoever parks for a reason worth a name (ke's waits do by themselves); floors above push WaitReason frames.
// Threads:    a WaitInfo is set and cleared by its thread under ThreadWaitState::lock and read by DescribeStall (nt/ke/stall.h) under the same lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "nt/thread.h"
#include "runtime/lock.h"

namespace drydock::nt::ke {

struct WaitInfo {
  const char* what = nullptr;        // "event", "mutex", "spin lock", "thread", "resource (exclusive)"
  const void* object = nullptr;
  uint32_t object_trace_id = 0;
  // Who holds it, if known: by address or, of a spin lock, by the task's number. Only to be compared: the owner may end at any time.
  const Thread* owner = nullptr;
  uint32_t owner_task = 0;
  const char* detail = nullptr;      // static text
};

// A frame that says what the thread is doing while it waits inside: pushed around a synchronous send and the like.
struct WaitReason {
  WaitReason* outer = nullptr;
  void (*describe)(const void* context, std::string& out) = nullptr;  // "synchronous send of IOCTL 0x222000 to ..."
  const void* context = nullptr;
  const void* irp = nullptr;  // what is waited for, so that the report can go on to the device that holds it
  // A lock that is made of another object: its own name and holder (only to be compared) in the place of that object's.
  const char* what = nullptr;
  const std::atomic<const Thread*>* holder = nullptr;
};

// Per thread, allocated with it.
struct ThreadWaitState {
  rt::Lock lock;
  WaitInfo info RT_GUARDED_BY(lock);
  bool waiting RT_GUARDED_BY(lock) = false;
  rt::Ticks deadline RT_GUARDED_BY(lock) = rt::kNever;  // of that wait
  uint64_t waits RT_GUARDED_BY(lock) = 0;               // so far: a thread whose count stays the same has not run
  const void* frame RT_GUARDED_BY(lock) = nullptr;  // while waiting: ParkFor's frame address, from where the stack can be walked
  WaitReason* reasons RT_GUARDED_BY(lock) = nullptr;
  // Mutants that the thread owns (KMUTANT::MutantListEntry), touched by the owner only.
  void* owned_mutants[2] = {nullptr, nullptr};
  uint32_t owned_mutant_count = 0;
  void* queue_entry = nullptr;  // what a satisfied wait for a KQUEUE took out of it
};

// Pushes a reason for the life of the scope.
class WaitReasonScope {
 public:
  WaitReasonScope(void (*describe)(const void*, std::string&), const void* context, const void* irp = nullptr);
  WaitReasonScope(const char* what, const std::atomic<const Thread*>& holder);
  ~WaitReasonScope();
  WaitReasonScope(const WaitReasonScope&) = delete;

 private:
  void Push();

  WaitReason reason_;
};

// Parks the current task until Unpark or the deadline (interrupt time), with `info` visible meanwhile. May wake without reason.
rt::Wake ParkFor(const WaitInfo& info, rt::Ticks deadline = rt::kNever);

// What the driver that has an IRP did with it last: the callback that was given it and its code, or what it called for it and from where.
struct IrpHeld {
  const char* what = nullptr;  // static
  const void* code = nullptr;  // null: nothing is known

  bool called() const { return what && what[0] == 'W'; }  // Wdf...: code is a return address
};

// Set by io (State::describe_irp): goes on with a description at an IRP: "IRP 12 is held by \\Device\\Foo (driver bar)".
using DescribeIrp = void (*)(Kernel& kernel, const void* irp, std::string& out, IrpHeld& held);

}  // namespace drydock::nt::ke
