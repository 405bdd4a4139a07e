// Timers by handle (nf-wdm-zwcreatetimer and its kin).
#include <ntddk.h>

#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

class ZwTimer : public testing::BothExecutors {};

TEST_P(ZwTimer, IsSetWaitedForAndCancelled) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, reinterpret_cast<PCWSTR>(u"\\TestTimer"));
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  HANDLE timer, again;
  ASSERT_EQ(ZwCreateTimer(&timer, TIMER_ALL_ACCESS, &attributes, NotificationTimer), STATUS_SUCCESS);
  ASSERT_EQ(ZwOpenTimer(&again, TIMER_ALL_ACCESS, &attributes), STATUS_SUCCESS);
  LARGE_INTEGER due;
  due.QuadPart = -10'000;
  BOOLEAN signalled = TRUE;
  ASSERT_EQ(ZwSetTimer(timer, &due, nullptr, nullptr, FALSE, 0, &signalled), STATUS_SUCCESS);
  EXPECT_FALSE(signalled);
  EXPECT_EQ(ZwWaitForSingleObject(again, FALSE, nullptr), STATUS_SUCCESS);
  due.QuadPart = -600'000'000LL;
  ASSERT_EQ(ZwSetTimer(timer, &due, nullptr, nullptr, FALSE, 0, &signalled), STATUS_SUCCESS);
  EXPECT_TRUE(signalled);
  ASSERT_EQ(ZwCancelTimer(again, &signalled), STATUS_SUCCESS);
  EXPECT_FALSE(signalled);
  LARGE_INTEGER none{};
  EXPECT_EQ(ZwWaitForSingleObject(timer, FALSE, &none), STATUS_TIMEOUT);
  ZwClose(timer);
  ZwClose(again);
}
DRYDOCK_BOTH_EXECUTORS(ZwTimer);

}  // namespace
}  // namespace drydock::nt
