// The life of framework objects: references, deletion order, callbacks, threads and levels of deletion.
#include <atomic>

#include "rig.h"

namespace drydock::test {
namespace {

CONFORMANCE(Objects, DeletingRunsCleanupThenDestroyChildBeforeParent, "OBJ-02", "OBJ-11", "OBJ-12", "OBJ-13") {
  Hooks hooks;
  Log log;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFOBJECT parent = NewNamed(log, "parent");
    WDFOBJECT child = NewNamed(log, "child", parent);
    NewNamed(log, "grandchild", child);
    WdfObjectDelete(parent);
    EXPECT_EQ(log.lines(), (Lines{"grandchild.cleanup", "child.cleanup", "parent.cleanup", "grandchild.destroy", "child.destroy", "parent.destroy"}));
  });
}

CONFORMANCE(Objects, SiblingsGoOldestFirstEachWithItsSubtree, "O-12") {
  Hooks hooks;
  Log log;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFOBJECT parent = NewNamed(log, "p");
    WDFOBJECT first = NewNamed(log, "a", parent);
    NewNamed(log, "b", parent);
    NewNamed(log, "a1", first);  // made later, but goes with its parent
    WdfObjectDelete(parent);
    const Lines lines = log.lines();
    EXPECT_EQ(Lines(lines.begin(), lines.begin() + 4), (Lines{"a1.cleanup", "a.cleanup", "b.cleanup", "p.cleanup"}));
  });
}

CONFORMANCE(Objects, AReferenceDelaysDestroyButNotCleanup, "OBJ-01", "OBJ-14", "OBJ-05") {
  Hooks hooks;
  Log log;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFOBJECT object = NewNamed(log, "o");
    WdfObjectReference(object);
    WdfObjectDelete(object);
    EXPECT_EQ(log.lines(), Lines{"o.cleanup"});
    EXPECT_NE(NamedOf(object), nullptr) << "the handle stays valid while a reference is held";
    WdfObjectDereference(object);
    EXPECT_EQ(log.lines(), (Lines{"o.cleanup", "o.destroy"}));
  });
}

CONFORMANCE(Objects, AReferencedChildOutlivesItsParent, "O-13", "OBJ-15") {
  Hooks hooks;
  Log log;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFOBJECT parent = NewNamed(log, "parent");
    WDFOBJECT child = NewNamed(log, "child", parent);
    WdfObjectReference(child);
    WdfObjectDelete(parent);
    EXPECT_EQ(log.lines(), (Lines{"child.cleanup", "parent.cleanup", "parent.destroy"}));
    WdfObjectDereference(child);
    EXPECT_EQ(log.lines().back(), "child.destroy");
  });
}

CONFORMANCE(Objects, TheContextIsUsableInDestroy, "OBJ-16") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    int seen = 0;
    std::function<void()> on_destroy = [&] { seen = 1; };
    Log log;
    WDFOBJECT object = NewNamed(log, "o");
    NamedOf(object)->on_destroy = &on_destroy;
    WdfObjectDelete(object);
    EXPECT_EQ(seen, 1);
  });
}

CONFORMANCE(Objects, DroppingTheLastReferenceByDereferenceIsABugCheck, "OBJ-04", "VER-07") {
  Hooks hooks;
  Rig rig(machine, hooks);
  WDFOBJECT object = nullptr;
  machine.Run([&] {
    object = NewObject();
    WdfObjectDereference(object);
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x7, reinterpret_cast<uint64_t>(object));
}

CONFORMANCE(Objects, ANullHandleIsABugCheck, "OBJ-07", "DEVX-5", "VER-05") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] { WdfObjectDelete(nullptr); });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x5, 0);
}

CONFORMANCE(Objects, AHandleOfTheWrongTypeIsABugCheck, "DEVX-5", "VER-05") {
  Hooks hooks;
  Rig rig(machine, hooks);
  WDFOBJECT object = nullptr;
  machine.Run([&] {
    object = NewObject();
    WdfSpinLockAcquire(reinterpret_cast<WDFSPINLOCK>(object));
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x5, reinterpret_cast<uint64_t>(object));
}

CONFORMANCE(Objects, AStaleHandleIsRecognised, "OBJ-07") {
  Hooks hooks;
  Rig rig(machine, hooks);
  WDFOBJECT object = nullptr;
  machine.Run([&] {
    object = NewObject();
    WdfObjectDelete(object);
    WdfObjectDelete(object);
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x5, reinterpret_cast<uint64_t>(object));
}

CONFORMANCE(Objects, SomethingThatIsNoHandleIsRecognised, "OBJ-07") {
  Hooks hooks;
  Rig rig(machine, hooks);
  alignas(16) static char bytes[64];
  machine.Run([&] { WdfObjectDelete(bytes + 8); });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x5, reinterpret_cast<uint64_t>(bytes + 8));
}

CONFORMANCE(Objects, ReferenceOfNullIsANullParameter, "DEVX-5", "VER-04") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] { WdfObjectReference(nullptr); });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x4);
}

CONFORMANCE(Objects, TypedContextOfNullIsANullParameter, "DEVX-5", "VER-04") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] { NamedOf(nullptr); });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x4);
}

CONFORMANCE(Objects, ANullOutputIsANullParameter, "VER-04") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] { (void)WdfObjectCreate(WDF_NO_OBJECT_ATTRIBUTES, nullptr); });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x4);
}

CONFORMANCE(Objects, WhatMayNotBeDeletedIsLeftAloneWithABreak, "OBJ-09", "DEVX-4") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WdfObjectDelete(hooks.driver);
    WdfObjectDelete(hooks.device);
    EXPECT_EQ(WdfDeviceGetDriver(hooks.device), hooks.driver);
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 2u);
  EXPECT_TRUE(rig.device.started());
}

CONFORMANCE(Objects, ASecondDeleteIsIgnored, "DEVX-4") {
  Hooks hooks;
  Log log;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFOBJECT object = NewNamed(log, "o");
    WdfObjectReference(object);
    WdfObjectDelete(object);
    WdfObjectDelete(object);
    EXPECT_EQ(log.lines(), Lines{"o.cleanup"});
    WdfObjectDereference(object);
  });
}

CONFORMANCE(Objects, DeletionAtDispatchRunsAtOnceWhenNothingNeedsPassive, "DEVX-1") {
  Hooks hooks;
  Log log;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFOBJECT parent = NewNamed(log, "parent");
    NewNamed(log, "child", parent);
    AtDispatch raised;
    WdfObjectDelete(parent);
    EXPECT_EQ(log.lines().size(), 4u);
  });
}

CONFORMANCE(Objects, DeletionAtDispatchMovesAsAWholeWhenADescendantNeedsPassive, "DEVX-1", "DEVX-2", "OBJ-18", "OBJ-03") {
  Hooks hooks;
  Log log;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFOBJECT parent = NewNamed(log, "parent");
    WDFOBJECT child = NewNamed(log, "child", parent);
    WDF_OBJECT_ATTRIBUTES attributes = Attributes(child);
    MakeNamed(&attributes);
    WDFSTRING string = nullptr;  // strings are cleaned up at PASSIVE_LEVEL
    UNICODE_STRING text = Text(u"x");
    ASSERT_EQ(S(WdfStringCreate(&text, &attributes, &string)), S(STATUS_SUCCESS));
    Name(string, log, "string");
    KIRQL level = 0xFF;
    const PKTHREAD self = KeGetCurrentThread();
    std::function<void()> not_here = [&] { EXPECT_NE(KeGetCurrentThread(), self) << "nothing may run early"; };
    std::function<void()> on_cleanup = [&] {
      not_here();
      level = KeGetCurrentIrql();
    };
    NamedOf(child)->on_cleanup = &not_here;
    NamedOf(parent)->on_cleanup = &on_cleanup;
    {
      AtDispatch raised;
      WdfObjectDelete(parent);
    }
    ASSERT_TRUE(Until([&] { return log.lines().size() == 6; }));
    EXPECT_EQ(log.lines(), (Lines{"string.cleanup", "child.cleanup", "parent.cleanup", "string.destroy", "child.destroy", "parent.destroy"}));
    EXPECT_EQ(level, PASSIVE_LEVEL);
  });
}

CONFORMANCE(Objects, AnObjectMadePassiveIsDestroyedAtPassive, "DEVX-2") {
  Hooks hooks;
  Log log;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDF_OBJECT_ATTRIBUTES attributes = Attributes();
    MakeNamed(&attributes);
    attributes.ExecutionLevel = WdfExecutionLevelPassive;
    WDFOBJECT object = nullptr;
    ASSERT_EQ(S(WdfObjectCreate(&attributes, &object)), S(STATUS_SUCCESS));
    Name(object, log, "o");
    std::atomic<KIRQL> level = 0xFF;
    std::function<void()> on_destroy = [&] { level = KeGetCurrentIrql(); };
    NamedOf(object)->on_destroy = &on_destroy;
    WdfObjectReference(object);
    WdfObjectDelete(object);
    {
      AtDispatch raised;
      WdfObjectDereference(object);
    }
    ASSERT_TRUE(Until([&] { return level != 0xFF; }));
    EXPECT_EQ(level, PASSIVE_LEVEL);
    EXPECT_EQ(log.Count("o.destroy"), 1u);
  });
}

CONFORMANCE(Objects, NothingIsMadeBelowAParentThatIsBeingDeleted, "DEVX-7") {
  Hooks hooks;
  Log log;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFOBJECT parent = NewNamed(log, "parent");
    WDFOBJECT child = NewNamed(log, "child", parent);
    NTSTATUS status = STATUS_SUCCESS;
    WDFOBJECT late = nullptr;
    std::function<void()> on_cleanup = [&] {
      WDF_OBJECT_ATTRIBUTES attributes = Attributes(parent);
      status = WdfObjectCreate(&attributes, &late);
    };
    NamedOf(child)->on_cleanup = &on_cleanup;
    WdfObjectDelete(parent);
    EXPECT_EQ(S(status), S(STATUS_DELETE_PENDING));
    EXPECT_EQ(late, nullptr);
  });
}

CONFORMANCE(Objects, TheDriverObjectTakesWhatHangsOnIt, "OBJ-29", "OBJ-35") {
  Hooks hooks;
  Log log;
  {
    Rig rig(machine, hooks);
    machine.Run([&] { NewNamed(log, "object"); });
    EXPECT_TRUE(log.lines().empty());
  }
  EXPECT_EQ(log.lines(), (Lines{"object.cleanup", "object.destroy"}));
}

CONFORMANCE(Objects, WhatStillLivesAtUnloadIsReported, "OBJ-14") {
  Hooks hooks;
  {
    Rig rig(machine, hooks);
    machine.Run([&] { WdfObjectReference(NewObject()); });
  }
  EXPECT_EQ(machine.CountReports(ReportKind::kLeak) + machine.CountReports(ReportKind::kBreak), 1u) << machine.ReportText();
}

CONFORMANCE(Objects, QueryFindsNothing, "OBJ-50", "DEVX-8") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    GUID guid = {};
    ULONG answer = 0;
    EXPECT_EQ(S(WdfObjectQuery(hooks.driver, &guid, sizeof(answer), &answer)), S(STATUS_NOT_FOUND));
  });
}

CONFORMANCE(Objects, ManyThreadsMayDeleteAndReferenceAtOnce, "OBJ-05") {
  Hooks hooks;
  Log log;
  Rig rig(machine, hooks);
  constexpr int kObjects = 50;
  std::vector<WDFOBJECT> objects;
  machine.Run([&] {
    WDFOBJECT parent = NewObject();
    for (int i = 0; i < kObjects; ++i) {
      objects.push_back(NewNamed(log, "o", parent));
      WdfObjectReference(objects.back());
    }
    objects.push_back(parent);
  });
  {
    Task deletes_children = machine.StartKernel("children", [&] {
      for (int i = 0; i < kObjects; ++i) WdfObjectDelete(objects[i]);
    });
    Task deletes_parent = machine.StartKernel("parent", [&] { WdfObjectDelete(objects[kObjects]); });
  }
  machine.Run([&] {
    ASSERT_TRUE(Until([&] { return log.Count("o.cleanup") == kObjects; }));
    for (int i = 0; i < kObjects; ++i) WdfObjectDereference(objects[i]);
  });
  EXPECT_EQ(log.Count("o.cleanup"), static_cast<size_t>(kObjects));
  EXPECT_EQ(log.Count("o.destroy"), static_cast<size_t>(kObjects));
}

}  // namespace
}  // namespace drydock::test
