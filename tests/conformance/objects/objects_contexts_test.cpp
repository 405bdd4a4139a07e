// Contexts, attributes and custom types.
#include "rig.h"

namespace drydock::test {

struct Small {
  char bytes[20];
};
WDF_DECLARE_CONTEXT_TYPE(Small)
struct Second {
  int number;
};
WDF_DECLARE_CONTEXT_TYPE(Second)
WDF_DECLARE_CUSTOM_TYPE(Marker)
WDF_DECLARE_CUSTOM_TYPE(OtherMarker)

namespace {

NTSTATUS CreateWith(WDF_OBJECT_ATTRIBUTES attributes) {
  WDFOBJECT object = nullptr;
  NTSTATUS status = WdfObjectCreate(&attributes, &object);
  EXPECT_EQ(object != nullptr, NT_SUCCESS(status)) << "a failed call gives no handle";
  if (object) WdfObjectDelete(object);
  return status;
}

CONFORMANCE(Contexts, ZeroFilledAlignedAndFoundByItsAccessor, "OBJ-21", "OBJ-23", "DEVX-3") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    for (int round = 0; round < 3; ++round) {  // a slot that was used before comes back clean
      WDF_OBJECT_ATTRIBUTES attributes = Attributes();
      WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(&attributes, Small);
      WDFOBJECT object = nullptr;
      ASSERT_EQ(S(WdfObjectCreate(&attributes, &object)), S(STATUS_SUCCESS));
      Small* context = WdfObjectGet_Small(object);
      ASSERT_NE(context, nullptr);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(context) % MEMORY_ALLOCATION_ALIGNMENT, 0u);
      for (char byte : context->bytes) EXPECT_EQ(byte, 0);
      memset(context, 0x5A, sizeof(*context));
      EXPECT_EQ(WdfObjectGet_Second(object), nullptr) << "another type";
      EXPECT_EQ(WdfObjectContextGetObject(context), object);
      WdfObjectDelete(object);
    }
  });
}

CONFORMANCE(Contexts, InitSetsInheritance, "OBJ-22") {
  Hooks hooks;
  Rig rig(machine, hooks);
  WDF_OBJECT_ATTRIBUTES attributes;
  memset(&attributes, 0xFF, sizeof(attributes));
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  EXPECT_EQ(attributes.Size, sizeof(attributes));
  EXPECT_EQ(attributes.ExecutionLevel, WdfExecutionLevelInheritFromParent);
  EXPECT_EQ(attributes.SynchronizationScope, WdfSynchronizationScopeInheritFromParent);
  EXPECT_EQ(attributes.ParentObject, nullptr);
  EXPECT_EQ(attributes.ContextTypeInfo, nullptr);
}

CONFORMANCE(Contexts, AnOverrideMayBeEqualOrLarger, "OBJ-24", "O-18", "OBJ-36") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDF_OBJECT_ATTRIBUTES attributes = Attributes();
    WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(&attributes, Small);
    attributes.ContextSizeOverride = sizeof(Small);
    EXPECT_EQ(S(CreateWith(attributes)), S(STATUS_SUCCESS));
    attributes.ContextSizeOverride = sizeof(Small) - 1;
    EXPECT_EQ(S(CreateWith(attributes)), S(STATUS_WDF_OBJECT_ATTRIBUTES_INVALID));
    attributes.ContextSizeOverride = 100'000;
    WDFOBJECT object = nullptr;
    ASSERT_EQ(S(WdfObjectCreate(&attributes, &object)), S(STATUS_SUCCESS));
    char* bytes = WdfObjectGet_Small(object)->bytes;
    EXPECT_EQ(bytes[99'999], 0);
    bytes[99'999] = 1;
    WdfObjectDelete(object);
  });
}

CONFORMANCE(Contexts, SizeZeroIsLegalAndANameIsNeededOtherwise, "DEVX-3") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDF_OBJECT_CONTEXT_TYPE_INFO type = {sizeof(type), "Nothing", 0, &type, nullptr};
    WDF_OBJECT_ATTRIBUTES attributes = Attributes();
    attributes.ContextTypeInfo = &type;
    EXPECT_EQ(S(CreateWith(attributes)), S(STATUS_SUCCESS));
    type.ContextSize = 8;
    type.ContextName = nullptr;
    EXPECT_EQ(S(CreateWith(attributes)), S(STATUS_WDF_OBJECT_ATTRIBUTES_INVALID));
  });
}

CONFORMANCE(Attributes, EachMistakeHasItsStatus, "OBJ-36", "OBJ-37", "OBJ-39", "OBJ-40", "SYN-03") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDF_OBJECT_ATTRIBUTES attributes = Attributes();
    attributes.Size -= 8;
    EXPECT_EQ(S(CreateWith(attributes)), S(STATUS_INFO_LENGTH_MISMATCH));
    attributes = Attributes();
    attributes.ContextSizeOverride = 8;
    EXPECT_EQ(S(CreateWith(attributes)), S(STATUS_WDF_OBJECT_ATTRIBUTES_INVALID));
    for (int level : {0, 4}) {
      attributes = Attributes();
      attributes.ExecutionLevel = static_cast<WDF_EXECUTION_LEVEL>(level);
      EXPECT_EQ(S(CreateWith(attributes)), S(STATUS_WDF_OBJECT_ATTRIBUTES_INVALID)) << level;
    }
    for (int scope : {0, 5}) {
      attributes = Attributes();
      attributes.SynchronizationScope = static_cast<WDF_SYNCHRONIZATION_SCOPE>(scope);
      EXPECT_EQ(S(CreateWith(attributes)), S(STATUS_WDF_OBJECT_ATTRIBUTES_INVALID)) << scope;
    }
    attributes = Attributes();
    attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
    EXPECT_EQ(S(CreateWith(attributes)), S(STATUS_WDF_SYNCHRONIZATION_SCOPE_INVALID));
    attributes.SynchronizationScope = WdfSynchronizationScopeNone;
    EXPECT_EQ(S(CreateWith(attributes)), S(STATUS_SUCCESS)) << "None suits every type";
    WDFSPINLOCK lock = nullptr;
    attributes.ExecutionLevel = WdfExecutionLevelPassive;
    EXPECT_EQ(S(CreateWith(attributes)), S(STATUS_SUCCESS)) << "a general object may have a level";
    EXPECT_EQ(S(WdfSpinLockCreate(&attributes, &lock)), S(STATUS_WDF_EXECUTION_LEVEL_INVALID));
  });
}

CONFORMANCE(Attributes, AreCheckedInTheirOrder, "DEVX-6") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    // Everything is wrong at once; taking one mistake away at a time shows the next.
    WDF_OBJECT_CONTEXT_TYPE_INFO type = {sizeof(type) + 8, nullptr, 16, &type, nullptr};
    WDF_TIMER_CONFIG config;
    WDF_TIMER_CONFIG_INIT(&config, [](WDFTIMER) {});
    WDF_OBJECT_ATTRIBUTES attributes = Attributes();
    attributes.Size += 8;
    attributes.ContextTypeInfo = &type;
    attributes.ContextSizeOverride = 1;
    attributes.ExecutionLevel = static_cast<WDF_EXECUTION_LEVEL>(9);
    attributes.SynchronizationScope = static_cast<WDF_SYNCHRONIZATION_SCOPE>(9);
    WDFTIMER timer = nullptr;
    auto create = [&] { return S(WdfTimerCreate(&config, &attributes, &timer)); };
    EXPECT_EQ(create(), S(STATUS_INFO_LENGTH_MISMATCH));  // Size
    attributes.Size -= 8;
    EXPECT_EQ(create(), S(STATUS_INFO_LENGTH_MISMATCH));  // type information Size
    type.Size -= 8;
    EXPECT_EQ(create(), S(STATUS_WDF_OBJECT_ATTRIBUTES_INVALID));  // name
    type.ContextName = "t";
    EXPECT_EQ(create(), S(STATUS_WDF_OBJECT_ATTRIBUTES_INVALID));  // override
    attributes.ContextSizeOverride = 0;
    EXPECT_EQ(create(), S(STATUS_WDF_PARENT_NOT_SPECIFIED));
    attributes.ParentObject = hooks.driver;
    EXPECT_EQ(create(), S(STATUS_WDF_OBJECT_ATTRIBUTES_INVALID));  // level
    attributes.ExecutionLevel = WdfExecutionLevelInheritFromParent;
    EXPECT_EQ(create(), S(STATUS_WDF_OBJECT_ATTRIBUTES_INVALID));  // scope
    attributes.SynchronizationScope = WdfSynchronizationScopeQueue;
    EXPECT_EQ(create(), S(STATUS_WDF_SYNCHRONIZATION_SCOPE_INVALID));
  });
}

CONFORMANCE(Attributes, AParentIsRefusedWhereItMayNotBeGiven, "OBJ-31", "OBJ-37") {
  Hooks hooks;
  hooks.device_attributes = [&](WDF_OBJECT_ATTRIBUTES& attributes) { attributes.ParentObject = hooks.driver; };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(S(hooks.create_status), S(STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED));
}

CONFORMANCE(Contexts, ASecondTypeHasItsOwnCallbacksInOrderOfAdding, "OBJ-20", "OBJ-25", "O-12") {
  Hooks hooks;
  static Log* lines;
  Log log;
  Rig rig(machine, hooks);
  lines = &log;
  machine.Run([&] {
    WDFOBJECT object = NewNamed(log, "first");
    WDF_OBJECT_ATTRIBUTES attributes = Attributes();
    WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(&attributes, Small);
    attributes.EvtCleanupCallback = [](WDFOBJECT) { lines->Add("second.cleanup"); };
    attributes.EvtDestroyCallback = [](WDFOBJECT) { lines->Add("second.destroy"); };
    PVOID context = nullptr;
    ASSERT_EQ(S(WdfObjectAllocateContext(object, &attributes, &context)), S(STATUS_SUCCESS));
    EXPECT_EQ(context, WdfObjectGet_Small(object));
    EXPECT_EQ(WdfObjectContextGetObject(context), object);
    for (char byte : WdfObjectGet_Small(object)->bytes) EXPECT_EQ(byte, 0);
    WdfObjectDelete(object);
    EXPECT_EQ(log.lines(), (Lines{"first.cleanup", "second.cleanup", "first.destroy", "second.destroy"}));
  });
}

CONFORMANCE(Contexts, AllocateContextResults, "OBJ-26", "OBJ-27", "DEVX-7", "IOT-7.13") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFOBJECT object = NewObject();
    WDF_OBJECT_ATTRIBUTES attributes = Attributes();
    WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(&attributes, Second);
    PVOID first = nullptr, again = nullptr;
    EXPECT_EQ(S(WdfObjectAllocateContext(object, nullptr, &first)), S(STATUS_WDF_PARENT_NOT_SPECIFIED));
    ASSERT_EQ(S(WdfObjectAllocateContext(object, &attributes, &first)), S(STATUS_SUCCESS));
    static_cast<Second*>(first)->number = 7;
    EXPECT_EQ(S(WdfObjectAllocateContext(object, &attributes, &again)), S(STATUS_OBJECT_NAME_EXISTS));
    EXPECT_EQ(again, first);
    EXPECT_EQ(static_cast<Second*>(again)->number, 7);
    attributes.ParentObject = hooks.driver;
    EXPECT_EQ(S(WdfObjectAllocateContext(object, &attributes, &again)), S(STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED));
    attributes = Attributes();
    EXPECT_EQ(S(WdfObjectAllocateContext(object, &attributes, &again)), S(STATUS_OBJECT_NAME_INVALID));
    WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(&attributes, Small);
    WdfObjectReference(object);
    WdfObjectDelete(object);
    EXPECT_EQ(S(WdfObjectAllocateContext(object, &attributes, &again)), S(STATUS_DELETE_PENDING));
    WdfObjectDereference(object);
  });
}

CONFORMANCE(Contexts, CustomTypesMarkObjects, "OBJ-41", "OBJ-42", "OBJ-43", "O-36") {
  Hooks hooks;
  Rig rig(machine, hooks);
  static int cleanups;
  cleanups = 0;
  machine.Run([&] {
    WDFOBJECT object = NewObject();
    EXPECT_FALSE(WdfObjectIsCustomType(object, Marker));
    EXPECT_EQ(S(WdfObjectAddCustomTypeWithData(object, Marker, 42, [](WDFOBJECT) { ++cleanups; }, nullptr)), S(STATUS_SUCCESS));
    EXPECT_TRUE(WdfObjectIsCustomType(object, Marker));
    EXPECT_FALSE(WdfObjectIsCustomType(object, OtherMarker));
    EXPECT_EQ(WdfObjectGetCustomTypeData(object, Marker), 42u);
    EXPECT_EQ(S(WdfObjectAddCustomType(object, OtherMarker)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfObjectAddCustomType(object, Marker)), S(STATUS_OBJECT_NAME_EXISTS));
    WdfObjectDelete(object);
    EXPECT_EQ(cleanups, 1);
  });
}

}  // namespace
}  // namespace drydock::test
