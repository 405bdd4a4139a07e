// The end of a provider: what it registered may still be called when it leaves.
#include <ntddk.h>
#include <evntprov.h>

#include <atomic>

#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

constexpr GUID kGuid = {0x11223344, 0x5566, 0x7788, {1, 2, 3, 4, 5, 6, 7, 8}};

class Unregister : public testing::BothExecutors {
 protected:
  void Begin() {
    KeInitializeEvent(&entered_, NotificationEvent, FALSE);
    KeInitializeEvent(&go_, NotificationEvent, FALSE);
  }
  static void Callback(LPCGUID, ULONG enabled, UCHAR, ULONGLONG, ULONGLONG, PEVENT_FILTER_DESCRIPTOR, PVOID context) {
    auto* self = static_cast<Unregister*>(context);
    if (!enabled) return;
    if (self->leaves_itself_) {
      EXPECT_EQ(EtwUnregister(self->handle_), STATUS_SUCCESS);  // waits for nobody: it would wait for itself
      return;
    }
    KeSetEvent(&self->entered_, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&self->go_, Executive, KernelMode, FALSE, nullptr);
    self->left_ = true;
  }
  // The machine's own session wants everything: a provider that registers is enabled at once.
  rt::Task* Register() {
    return Start("registering", [this] { EXPECT_EQ(EtwRegister(&kGuid, Callback, this, &handle_), STATUS_SUCCESS); });
  }
  REGHANDLE handle_ = 0;
  KEVENT entered_, go_;
  std::atomic<bool> left_{false}, gone_{false};
  bool leaves_itself_ = false;
};
DRYDOCK_BOTH_EXECUTORS(Unregister);

TEST_P(Unregister, WaitsForACallbackThatRuns) {
  Begin();
  rt::Task* registering = Register();
  KeWaitForSingleObject(&entered_, Executive, KernelMode, FALSE, nullptr);
  rt::Task* leaver = Start("leaver", [this] {
    EXPECT_EQ(EtwUnregister(handle_), STATUS_SUCCESS);
    EXPECT_TRUE(left_) << "the callback was still in the driver";
    gone_ = true;
  });
  LARGE_INTEGER little;
  little.QuadPart = -10 * 1000 * 20;
  KeDelayExecutionThread(KernelMode, FALSE, &little);
  EXPECT_FALSE(gone_);
  KeSetEvent(&go_, IO_NO_INCREMENT, FALSE);
  Join(leaver);
  Join(registering);
  EXPECT_EQ(EtwUnregister(handle_), STATUS_INVALID_HANDLE);
}

TEST_P(Unregister, FromItsOwnCallbackItWaitsForNobody) {
  Begin();
  leaves_itself_ = true;
  Join(Register());
  EXPECT_EQ(EtwUnregister(handle_), STATUS_INVALID_HANDLE);
}

}  // namespace
}  // namespace drydock::nt
