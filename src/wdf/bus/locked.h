// ChildList::Locked: a section under a child list's lock. At its end what left the list is freed and the PnP manager told, without the lock.
// A driver's callback that stops the machine leaves by an exception: the lock stays taken then, nobody takes it again.
#pragma once

#include <exception>

#include "wdf/bus/bus.h"
#include "wdf/bus/child_list.h"

namespace drydock::wdf {

class ChildList::Locked {
 public:
  explicit Locked(ChildList& list) : list_(list) { KeAcquireSpinLock(&list_.lock_, &irql_); }
  Locked(const Locked&) = delete;
  ~Locked() noexcept(false) {
    if (!left_ && std::uncaught_exceptions() == exceptions_) Leave();
  }
  void Tell(bool tell) { tell_ = tell_ || tell; }
  void Leave();

 private:
  ChildList& list_;
  KIRQL irql_ = 0;
  bool tell_ = false;
  bool left_ = false;
  const int exceptions_ = std::uncaught_exceptions();
};

}  // namespace drydock::wdf
