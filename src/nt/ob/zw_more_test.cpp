// Services by handle, second part, and what stands beside them: copies of memory.
#include <ntddk.h>

#include <cstring>

#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

class SmallServices : public testing::BothExecutors {};
DRYDOCK_BOTH_EXECUTORS(SmallServices);

TEST_P(SmallServices, EventsByHandleAreResetPulsedAndWaitedForTogether) {
  HANDLE one = nullptr, two = nullptr;
  ASSERT_EQ(ZwCreateEvent(&one, EVENT_ALL_ACCESS, nullptr, NotificationEvent, TRUE), STATUS_SUCCESS);
  ASSERT_EQ(ZwCreateEvent(&two, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE), STATUS_SUCCESS);
  HANDLE both[] = {one, two};
  LARGE_INTEGER none = {};
  EXPECT_EQ(ZwWaitForMultipleObjects(2, both, WaitAny, FALSE, &none), STATUS_WAIT_0);
  EXPECT_EQ(ZwWaitForMultipleObjects(2, both, WaitAll, FALSE, &none), STATUS_TIMEOUT);
  EXPECT_EQ(ZwSetEvent(two, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(ZwWaitForMultipleObjects(2, both, WaitAll, FALSE, &none), STATUS_WAIT_0);
  LONG previous = 0;
  EXPECT_EQ(ZwResetEvent(one, &previous), STATUS_SUCCESS);
  EXPECT_NE(previous, 0);
  EXPECT_EQ(ZwPulseEvent(two, &previous), STATUS_SUCCESS);
  EXPECT_EQ(ZwWaitForMultipleObjects(2, both, WaitAny, FALSE, &none), STATUS_TIMEOUT);
  EXPECT_EQ(ZwWaitForMultipleObjects(0, both, WaitAny, FALSE, &none), STATUS_INVALID_PARAMETER_1);
  both[1] = reinterpret_cast<HANDLE>(0x4444);
  EXPECT_EQ(ZwWaitForMultipleObjects(2, both, WaitAny, FALSE, &none), STATUS_INVALID_HANDLE);
  ZwClose(one);
  ZwClose(two);
}

TEST_P(SmallServices, AThreadKnowsItsStackAndTheComputerItsFirmware) {
  int local = 0;
  static int elsewhere = 0;
  EXPECT_TRUE(IoWithinStackLimits(reinterpret_cast<ULONG_PTR>(&local), sizeof local));
  EXPECT_FALSE(IoWithinStackLimits(reinterpret_cast<ULONG_PTR>(&elsewhere), sizeof elsewhere));
  EXPECT_FALSE(IoWithinStackLimits(reinterpret_cast<ULONG_PTR>(&local), ~SIZE_T{0}));
  ULONG length = 0, attributes = 0;
  GUID vendor = {};
  EXPECT_EQ(ExGetFirmwareEnvironmentVariable(nullptr, &vendor, nullptr, &length, &attributes), STATUS_NOT_IMPLEMENTED);
  USHORT node = 1;
  EXPECT_EQ(IoGetDeviceNumaNode(nullptr, &node), STATUS_INVALID_PARAMETER);
  EXPECT_FALSE(MmIsDriverVerifyingByAddress(&local));
}

TEST_P(SmallServices, MemoryIsCopiedAsFarAsItIsThere) {
  char from[64], to[64] = {};
  std::memset(from, 'x', sizeof from);
  MM_COPY_ADDRESS address;
  address.VirtualAddress = from;
  SIZE_T copied = 0;
  EXPECT_EQ(MmCopyMemory(to, address, sizeof from, MM_COPY_MEMORY_VIRTUAL, &copied), STATUS_SUCCESS);
  EXPECT_EQ(copied, sizeof from);
  EXPECT_EQ(std::memcmp(from, to, sizeof from), 0);
  address.VirtualAddress = reinterpret_cast<void*>(0x10);
  EXPECT_EQ(MmCopyMemory(to, address, 4, MM_COPY_MEMORY_VIRTUAL, &copied), STATUS_PARTIAL_COPY);
  EXPECT_EQ(copied, 0u);
  EXPECT_EQ(MmCopyMemory(to, address, 4, 3, &copied), STATUS_INVALID_PARAMETER_4);
}

}  // namespace
}  // namespace drydock::nt
