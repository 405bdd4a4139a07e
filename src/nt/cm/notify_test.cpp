// Who asks to hear of changes of keys hears of them: ZwNotifyChangeKey, ZwNotifyChangeMultipleKeys.
#include <ntddk.h>

#include <atomic>
#include <string>
#include <utility>

#include "nt/cm/registry.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

constexpr ULONG kValues = REG_NOTIFY_CHANGE_LAST_SET, kNames = REG_NOTIFY_CHANGE_NAME;

class NotifyTest : public testing::BothExecutors {
 protected:
  void Begin() {
    ASSERT_EQ(Create(u"Watched", nullptr, &key_), STATUS_SUCCESS);
    ASSERT_EQ(ZwCreateEvent(&event_, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE), STATUS_SUCCESS);
  }
  void End() {
    ZwClose(event_);
    if (key_) ZwClose(key_);
  }
  static UNICODE_STRING Text(std::u16string_view text) {
    auto bytes = static_cast<USHORT>(text.size() * 2);
    return {bytes, bytes, reinterpret_cast<PWCH>(const_cast<char16_t*>(text.data()))};
  }
  NTSTATUS Create(std::u16string path, HANDLE root, HANDLE* key) {
    if (!root) path = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\" + path;
    UNICODE_STRING name = Text(path);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, root, nullptr);
    return ZwCreateKey(key, KEY_ALL_ACCESS, &attributes, 0, nullptr, 0, nullptr);
  }
  void Set(HANDLE key, ULONG number) {
    UNICODE_STRING name = Text(u"Number");
    EXPECT_EQ(ZwSetValueKey(key, &name, 0, REG_DWORD, &number, sizeof number), STATUS_SUCCESS);
  }
  NTSTATUS Ask(ULONG filter, bool tree = false) {
    return ZwNotifyChangeKey(key_, event_, nullptr, nullptr, &iosb_, filter, tree, nullptr, 0, TRUE);
  }
  bool Told() {
    LARGE_INTEGER now = {};
    return ZwWaitForSingleObject(event_, FALSE, &now) == STATUS_SUCCESS;
  }
  HANDLE key_ = nullptr, event_ = nullptr;
  IO_STATUS_BLOCK iosb_ = {};
  std::atomic<bool> done_{false};
};
DRYDOCK_BOTH_EXECUTORS(NotifyTest);

TEST_P(NotifyTest, AValueThatChangesSetsTheEventOnce) {
  Begin();
  Set(key_, 1);
  ASSERT_EQ(Ask(kValues), STATUS_PENDING);
  EXPECT_FALSE(Told());
  Set(key_, 1);  // as it was: no change
  EXPECT_FALSE(Told());
  Set(key_, 2);
  EXPECT_TRUE(Told());
  EXPECT_EQ(iosb_.Status, STATUS_SUCCESS);
  ZwClearEvent(event_);
  Set(key_, 3);  // nobody asked again
  EXPECT_FALSE(Told());
  ASSERT_EQ(Ask(kValues), STATUS_PENDING);
  UNICODE_STRING name = Text(u"Number");
  EXPECT_EQ(ZwDeleteValueKey(key_, &name), STATUS_SUCCESS);
  EXPECT_TRUE(Told());
  End();
}

TEST_P(NotifyTest, TheFilterAndTheTreeSayWhatCounts) {
  Begin();
  HANDLE child, grandchild;
  ASSERT_EQ(Ask(kNames), STATUS_PENDING);
  Set(key_, 1);
  EXPECT_FALSE(Told());
  ASSERT_EQ(Create(u"Child", key_, &child), STATUS_SUCCESS);
  EXPECT_TRUE(Told());
  ASSERT_EQ(Ask(kValues), STATUS_PENDING);
  Set(child, 1);  // below, and the tree is not watched
  EXPECT_FALSE(Told());
  Set(key_, 7);
  EXPECT_TRUE(Told());
  ASSERT_EQ(Ask(kValues | kNames, /*tree=*/true), STATUS_PENDING);
  ASSERT_EQ(Create(u"Grandchild", child, &grandchild), STATUS_SUCCESS);
  EXPECT_TRUE(Told());
  ASSERT_EQ(Ask(kValues, /*tree=*/true), STATUS_PENDING);
  Set(grandchild, 5);
  EXPECT_TRUE(Told());
  ASSERT_EQ(Ask(kNames, /*tree=*/true), STATUS_PENDING);
  EXPECT_EQ(ZwDeleteKey(grandchild), STATUS_SUCCESS);
  EXPECT_TRUE(Told());
  ZwClose(grandchild);
  ZwClose(child);
  End();
}

TEST_P(NotifyTest, ACallThatWaitsReturnsWithTheChange) {
  Begin();
  rt::Task* writer = Start("writer", [this] {
    LARGE_INTEGER little;
    little.QuadPart = -10 * 1000 * 10;
    for (ULONG i = 1; !done_.load(); ++i) {  // whenever the other begins to wait, a change follows
      KeDelayExecutionThread(KernelMode, FALSE, &little);
      Set(key_, i);
    }
  });
  EXPECT_EQ(ZwNotifyChangeKey(key_, nullptr, nullptr, nullptr, &iosb_, kValues, FALSE, nullptr, 0, FALSE), STATUS_SUCCESS);
  done_ = true;
  Join(writer);
  EXPECT_EQ(iosb_.Status, STATUS_SUCCESS);
  End();
}

struct Item {
  WORK_QUEUE_ITEM item;
  KEVENT ran;
  bool changed_first = false;
  IO_STATUS_BLOCK iosb = {};
};

TEST_P(NotifyTest, AWorkItemInTheApcsPlaceRunsOnASystemThread) {
  Begin();
  Item item;
  KeInitializeEvent(&item.ran, NotificationEvent, FALSE);
  const auto routine = [](PVOID context) {
    auto* self = static_cast<Item*>(context);
    self->changed_first = self->iosb.Status == STATUS_SUCCESS && PsIsSystemThread(PsGetCurrentThread());
    KeSetEvent(&self->ran, IO_NO_INCREMENT, FALSE);
  };
  ExInitializeWorkItem(&item.item, routine, &item);
  ASSERT_EQ(ZwNotifyChangeKey(key_, nullptr, reinterpret_cast<PIO_APC_ROUTINE>(&item.item), reinterpret_cast<PVOID>(DelayedWorkQueue), &item.iosb, kValues,
                              FALSE, nullptr, 0, TRUE),
            STATUS_PENDING);
  EXPECT_EQ(KeReadStateEvent(&item.ran), 0);
  Set(key_, 9);
  EXPECT_EQ(KeWaitForSingleObject(&item.ran, Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
  EXPECT_TRUE(item.changed_first);
  End();
}

TEST_P(NotifyTest, TheEndOfTheHandleAndOfTheKeyAreTold) {
  Begin();
  ASSERT_EQ(Ask(kValues), STATUS_PENDING);
  ZwClose(std::exchange(key_, nullptr));
  EXPECT_TRUE(Told());
  EXPECT_EQ(iosb_.Status, STATUS_NOTIFY_CLEANUP);
  ASSERT_EQ(Create(u"Watched", nullptr, &key_), STATUS_SUCCESS);
  ASSERT_EQ(Ask(kValues), STATUS_PENDING);
  EXPECT_EQ(ZwDeleteKey(key_), STATUS_SUCCESS);
  EXPECT_TRUE(Told());
  EXPECT_EQ(iosb_.Status, STATUS_KEY_DELETED);
  EXPECT_EQ(Ask(kValues), STATUS_KEY_DELETED);
  End();
}

TEST_P(NotifyTest, TwoKeysAreWatchedAtOnce) {
  Begin();
  HANDLE other;
  const std::u16string path = u"\\Registry\\Machine\\Software\\Other";
  UNICODE_STRING name = Text(path);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  ASSERT_EQ(ZwCreateKey(&other, KEY_ALL_ACCESS, &attributes, 0, nullptr, 0, nullptr), STATUS_SUCCESS);
  const auto ask = [&](ULONG count) {
    return ZwNotifyChangeMultipleKeys(key_, count, &attributes, event_, nullptr, nullptr, &iosb_, kValues, FALSE, nullptr, 0, TRUE);
  };
  ASSERT_EQ(ask(1), STATUS_PENDING);
  EXPECT_FALSE(Told());
  Set(other, 1);
  EXPECT_TRUE(Told());
  ASSERT_EQ(ask(1), STATUS_PENDING);
  Set(key_, 1);
  EXPECT_TRUE(Told());
  ASSERT_EQ(ask(0), STATUS_PENDING);
  Set(other, 2);
  EXPECT_FALSE(Told());
  EXPECT_EQ(ask(2), STATUS_INVALID_PARAMETER);
  ZwClose(other);
  End();
}

TEST_P(NotifyTest, WhatMakesNoSenseIsRefused) {
  Begin();
  EXPECT_EQ(Ask(0), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Ask(0x40), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwNotifyChangeKey(key_, event_, nullptr, nullptr, &iosb_, kValues, FALSE, &iosb_, 4, TRUE), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwNotifyChangeKey(event_, event_, nullptr, nullptr, &iosb_, kValues, FALSE, nullptr, 0, TRUE), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(ZwNotifyChangeKey(key_, key_, nullptr, nullptr, &iosb_, kValues, FALSE, nullptr, 0, TRUE), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(ZwNotifyChangeKey(key_, nullptr, reinterpret_cast<PIO_APC_ROUTINE>(&iosb_), reinterpret_cast<PVOID>(ULONG_PTR{77}), &iosb_, kValues, FALSE,
                              nullptr, 0, TRUE),
            STATUS_INVALID_PARAMETER);
  End();
}

TEST_P(NotifyTest, PowerInformationHasTheOneDocumentedLevel) {
  POWER_PLATFORM_INFORMATION platform = {TRUE};
  EXPECT_EQ(ZwPowerInformation(PlatformInformation, nullptr, 0, &platform, sizeof platform), STATUS_SUCCESS);
  EXPECT_FALSE(platform.AoAc);  // no connected standby
  EXPECT_EQ(NtPowerInformation(PlatformInformation, nullptr, 0, &platform, 0), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(ZwPowerInformation(PlatformInformation, nullptr, 0, nullptr, 0), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwPowerInformation(PlatformInformation, &platform, sizeof platform, &platform, sizeof platform), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwPowerInformation(SystemBatteryState, nullptr, 0, &platform, sizeof platform), STATUS_NOT_SUPPORTED);
}

}  // namespace
}  // namespace drydock::nt
