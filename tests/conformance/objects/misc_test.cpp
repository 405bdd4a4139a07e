// Collections, strings, time helpers.
#include "rig.h"

namespace drydock::test {
namespace {

WDFCOLLECTION NewCollection() {
  WDFCOLLECTION collection = nullptr;
  EXPECT_EQ(S(WdfCollectionCreate(WDF_NO_OBJECT_ATTRIBUTES, &collection)), S(STATUS_SUCCESS));
  return collection;
}

CONFORMANCE(Collections, KeepOrderAndReferences, "OBJ-44", "OBJ-45", "OBJ-46") {
  Hooks hooks;
  Log log;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFCOLLECTION collection = NewCollection();
    EXPECT_EQ(WdfCollectionGetFirstItem(collection), nullptr);
    EXPECT_EQ(WdfCollectionGetLastItem(collection), nullptr);
    WDFOBJECT a = NewNamed(log, "a"), b = NewNamed(log, "b"), c = NewNamed(log, "c");
    {
      AtDispatch raised;
      for (WDFOBJECT item : {a, b, c}) EXPECT_EQ(S(WdfCollectionAdd(collection, item)), S(STATUS_SUCCESS));
    }
    EXPECT_EQ(WdfCollectionGetCount(collection), 3u);
    EXPECT_EQ(WdfCollectionGetItem(collection, 0), a);
    EXPECT_EQ(WdfCollectionGetItem(collection, 3), nullptr);
    EXPECT_EQ(WdfCollectionGetLastItem(collection), c);
    WdfCollectionRemoveItem(collection, 0);
    EXPECT_EQ(WdfCollectionGetItem(collection, 0), b) << "later indices fall by one";
    WdfObjectDelete(b);
    EXPECT_EQ(log.lines(), Lines{"b.cleanup"}) << "the collection's reference keeps it";
    WdfCollectionRemove(collection, b);
    EXPECT_EQ(log.lines(), (Lines{"b.cleanup", "b.destroy"}));
    WdfObjectDelete(collection);
    EXPECT_EQ(log.lines().size(), 2u) << "members are not deleted with a collection";
    WdfObjectDelete(c);
    EXPECT_EQ(log.lines().back(), "c.destroy") << "but its references are dropped";
  });
}

CONFORMANCE(Collections, MixTypesAndNest, "OBJ-46") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFCOLLECTION outer = NewCollection(), inner = NewCollection();
    EXPECT_EQ(S(WdfCollectionAdd(outer, inner)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfCollectionAdd(outer, NewObject())), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfCollectionAdd(outer, hooks.driver)), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfCollectionGetFirstItem(outer), WDFOBJECT(inner));
    EXPECT_EQ(WdfCollectionGetLastItem(outer), WDFOBJECT(hooks.driver));
    WdfObjectDelete(outer);
  });
}

CONFORMANCE(Strings, CopyTheirInputAndHandOutTheirOwnBuffer, "OBJ-47", "OBJ-48") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    char16_t text[] = u"hello";
    UNICODE_STRING source = Text(text);
    WDFSTRING string = nullptr;
    ASSERT_EQ(S(WdfStringCreate(&source, WDF_NO_OBJECT_ATTRIBUTES, &string)), S(STATUS_SUCCESS));
    text[0] = u'j';
    UNICODE_STRING out, again;
    WdfStringGetUnicodeString(string, &out);
    WdfStringGetUnicodeString(string, &again);
    EXPECT_EQ(Text(out), u"hello");
    EXPECT_EQ(out.Buffer, again.Buffer);
    WdfObjectDelete(string);
    ASSERT_EQ(S(WdfStringCreate(nullptr, WDF_NO_OBJECT_ATTRIBUTES, &string)), S(STATUS_SUCCESS));
    WdfStringGetUnicodeString(string, &out);
    EXPECT_EQ(out.Length, 0);
  });
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), Strings, NeedPassiveLevelUnderTheVerifier, "OBJ-47", "DEVX-48") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFSTRING string = nullptr;
    AtDispatch raised;
    EXPECT_EQ(S(WdfStringCreate(nullptr, WDF_NO_OBJECT_ATTRIBUTES, &string)), S(STATUS_INVALID_DEVICE_REQUEST));
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
}

CONFORMANCE(Times, HelpersGiveUnitsOf100Nanoseconds, "OBJ-49") {
  Hooks hooks;
  Rig rig(machine, hooks);
  EXPECT_EQ(WDF_REL_TIMEOUT_IN_MS(3), -30'000);
  EXPECT_EQ(WDF_REL_TIMEOUT_IN_SEC(2), -20'000'000);
  EXPECT_EQ(WDF_REL_TIMEOUT_IN_US(5), -50);
  EXPECT_EQ(WDF_ABS_TIMEOUT_IN_MS(3), 30'000);
}

}  // namespace
}  // namespace drydock::test
