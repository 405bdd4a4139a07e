// The object name space: directories, links, and what each wrong name answers.
#include "nt/ob/name_space.h"

#include "nt/ob/handle_table.h"
#include "nt/testing/kernel_fixture.h"
#include "nt/testing/wdm_driver.h"

namespace drydock::nt {
namespace {

using testing::Unicode;

class NameSpaceTest : public testing::KernelFixture {
 protected:
  void SetUp() override { Make(rt::ExecutorKind::kSimulated); }

  NTSTATUS Find(std::u16string_view name, const ob::ObjectType* wanted = nullptr, ULONG attributes = OBJ_CASE_INSENSITIVE) {
    ob::ParseContext context;
    context.kernel = kernel_.get();
    context.wanted = wanted;
    context.attributes = attributes;
    void* body = nullptr;
    NTSTATUS status = ob::Lookup(context, nullptr, name, &body);
    if (NT_SUCCESS(status)) {
      found_ = ob::NameOf(body);
      ob::Dereference(body);
    }
    return status;
  }
  // A named event.
  void Event(const char16_t* name) {
    UNICODE_STRING string = Unicode(name);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &string, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    ASSERT_EQ(ZwCreateEvent(&handle_, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE), STATUS_SUCCESS);
  }
  std::u16string found_;
  HANDLE handle_ = nullptr;
};

TEST_F(NameSpaceTest, NamesAreComparedWithoutCaseUnlessAsked) {
  Event(u"\\BaseNamedObjects\\Mixed");
  EXPECT_EQ(Find(u"\\basenamedobjects\\MIXED"), STATUS_SUCCESS);
  EXPECT_EQ(found_, u"\\BaseNamedObjects\\Mixed");
  EXPECT_EQ(Find(u"\\BaseNamedObjects\\MIXED", nullptr, 0), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(Find(u"\\BaseNamedObjects\\Mixed", nullptr, 0), STATUS_SUCCESS);
}

TEST_F(NameSpaceTest, WrongNamesTellWhatIsWrong) {
  Event(u"\\BaseNamedObjects\\E");
  EXPECT_EQ(Find(u"\\BaseNamedObjects\\Unknown"), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(Find(u"\\Unknown\\E"), STATUS_OBJECT_PATH_NOT_FOUND);
  EXPECT_EQ(Find(u""), STATUS_OBJECT_PATH_SYNTAX_BAD);
  EXPECT_EQ(Find(u"BaseNamedObjects"), STATUS_OBJECT_PATH_SYNTAX_BAD);
  EXPECT_EQ(Find(u"\\BaseNamedObjects\\\\E"), STATUS_OBJECT_NAME_INVALID);
  EXPECT_EQ(Find(u"\\BaseNamedObjects\\"), STATUS_OBJECT_NAME_INVALID);
  EXPECT_EQ(Find(u"\\BaseNamedObjects\\E\\below"), STATUS_OBJECT_PATH_NOT_FOUND);
  EXPECT_EQ(Find(u"\\BaseNamedObjects\\E", &ob::kDirectoryType), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(Find(u"\\"), STATUS_SUCCESS);
}

TEST_F(NameSpaceTest, LinksAreFollowedThroughChainsAndDosDevices) {
  Event(u"\\BaseNamedObjects\\E");
  EXPECT_EQ(ob::CreateSymbolicLink(*kernel_, u"\\DosDevices\\A", u"\\BaseNamedObjects", true), STATUS_SUCCESS);
  EXPECT_EQ(ob::CreateSymbolicLink(*kernel_, u"\\??\\B", u"\\??\\A", true), STATUS_SUCCESS);
  EXPECT_EQ(Find(u"\\??\\B\\E"), STATUS_SUCCESS);
  EXPECT_EQ(Find(u"\\GLOBAL??\\b\\e"), STATUS_SUCCESS);
  EXPECT_EQ(Find(u"\\??\\Global\\A\\E"), STATUS_SUCCESS);
  std::u16string target;
  EXPECT_EQ(ob::QuerySymbolicLink(*kernel_, u"\\??\\B", &target), STATUS_SUCCESS);
  EXPECT_EQ(target, u"\\??\\A");
  EXPECT_EQ(ob::DeleteSymbolicLink(*kernel_, u"\\??\\A"), STATUS_SUCCESS);
  EXPECT_EQ(Find(u"\\??\\B\\E"), STATUS_OBJECT_NAME_NOT_FOUND);  // no such device, whatever follows
}

TEST_F(NameSpaceTest, ALoopOfLinksEndsInAnError) {
  EXPECT_EQ(ob::CreateSymbolicLink(*kernel_, u"\\??\\A", u"\\??\\B", true), STATUS_SUCCESS);
  EXPECT_EQ(ob::CreateSymbolicLink(*kernel_, u"\\??\\B", u"\\??\\A", true), STATUS_SUCCESS);
  EXPECT_EQ(Find(u"\\??\\A\\x"), STATUS_OBJECT_NAME_INVALID);
  // A link to itself that grows must end as well.
  EXPECT_EQ(ob::CreateSymbolicLink(*kernel_, u"\\??\\G", u"\\??\\G\\more", true), STATUS_SUCCESS);
  EXPECT_EQ(Find(u"\\??\\G"), STATUS_OBJECT_NAME_INVALID);
}

TEST_F(NameSpaceTest, ANameIsTakenOnce) {
  Event(u"\\BaseNamedObjects\\E");
  UNICODE_STRING string = Unicode(u"\\BASENAMEDOBJECTS\\e");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &string, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  HANDLE second;
  EXPECT_EQ(ZwCreateEvent(&second, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE), STATUS_OBJECT_NAME_COLLISION);
  attributes.Attributes |= OBJ_OPENIF;
  EXPECT_EQ(ZwCreateEvent(&second, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE), STATUS_OBJECT_NAME_EXISTS);
  EXPECT_EQ(ZwClose(second), STATUS_SUCCESS);
}

TEST_F(NameSpaceTest, ATemporaryNameGoesWithTheLastHandle) {
  Event(u"\\BaseNamedObjects\\E");
  EXPECT_EQ(Find(u"\\BaseNamedObjects\\E"), STATUS_SUCCESS);
  ZwClose(handle_);
  EXPECT_EQ(Find(u"\\BaseNamedObjects\\E"), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_F(NameSpaceTest, APermanentNameStaysUntilMadeTemporary) {
  UNICODE_STRING string = Unicode(u"\\Device\\Folder");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &string, OBJ_KERNEL_HANDLE | OBJ_PERMANENT, nullptr, nullptr);
  HANDLE handle;
  ASSERT_EQ(ZwCreateDirectoryObject(&handle, DIRECTORY_ALL_ACCESS, &attributes), STATUS_SUCCESS);
  ZwClose(handle);
  EXPECT_EQ(Find(u"\\Device\\Folder"), STATUS_SUCCESS);
  ASSERT_EQ(ZwOpenDirectoryObject(&handle, DIRECTORY_ALL_ACCESS, &attributes), STATUS_SUCCESS);
  EXPECT_EQ(ZwMakeTemporaryObject(handle), STATUS_SUCCESS);
  ZwClose(handle);
  EXPECT_EQ(Find(u"\\Device\\Folder"), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_F(NameSpaceTest, RootDirectoriesMakeNamesRelative) {
  Event(u"\\BaseNamedObjects\\E");
  UNICODE_STRING string = Unicode(u"\\BaseNamedObjects");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &string, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  HANDLE root, event;
  ASSERT_EQ(ZwOpenDirectoryObject(&root, DIRECTORY_ALL_ACCESS, &attributes), STATUS_SUCCESS);
  UNICODE_STRING relative = Unicode(u"E");
  InitializeObjectAttributes(&attributes, &relative, OBJ_KERNEL_HANDLE, root, nullptr);
  EXPECT_EQ(ZwOpenEvent(&event, EVENT_ALL_ACCESS, &attributes), STATUS_SUCCESS);
  ZwClose(event);
  UNICODE_STRING absolute = Unicode(u"\\E");
  InitializeObjectAttributes(&attributes, &absolute, OBJ_KERNEL_HANDLE, root, nullptr);
  EXPECT_EQ(ZwOpenEvent(&event, EVENT_ALL_ACCESS, &attributes), STATUS_OBJECT_PATH_SYNTAX_BAD);
  ZwClose(root);
}

TEST_F(NameSpaceTest, LinksAreObjectsThatCanBeAsked) {
  UNICODE_STRING name = Unicode(u"\\??\\L"), target = Unicode(u"\\Device\\Null");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  HANDLE link;
  ASSERT_EQ(ZwCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, &attributes, &target), STATUS_SUCCESS);
  HANDLE opened;
  ASSERT_EQ(ZwOpenSymbolicLinkObject(&opened, SYMBOLIC_LINK_QUERY, &attributes), STATUS_SUCCESS);
  WCHAR buffer[32];
  UNICODE_STRING answer = {0, sizeof buffer, buffer};
  ULONG length;
  EXPECT_EQ(ZwQuerySymbolicLinkObject(opened, &answer, &length), STATUS_SUCCESS);
  EXPECT_EQ(length, 24u);
  EXPECT_EQ(ob::View(&answer), u"\\Device\\Null");
  answer.MaximumLength = 4;
  EXPECT_EQ(ZwQuerySymbolicLinkObject(opened, &answer, &length), STATUS_BUFFER_TOO_SMALL);
  ZwClose(opened);
  ZwClose(link);
}

// --- handles and references ---

TEST_F(NameSpaceTest, HandleValuesAreTheLowestFreeMultiplesOfFour) {
  HANDLE handles[3];
  for (HANDLE& handle : handles) ZwCreateEvent(&handle, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE);
  auto value = [](HANDLE handle) { return reinterpret_cast<uintptr_t>(handle); };
  EXPECT_EQ(value(handles[0]) % 4, 0u);
  EXPECT_EQ(value(handles[1]), value(handles[0]) + 4);
  EXPECT_FALSE(ob::IsKernelHandle(handles[0]));
  ZwClose(handles[1]);
  HANDLE again;
  ZwCreateEvent(&again, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE);
  EXPECT_EQ(again, handles[1]);
  EXPECT_EQ(ZwClose(reinterpret_cast<HANDLE>(0x4000)), STATUS_INVALID_HANDLE);
  EXPECT_EQ(ZwClose(nullptr), STATUS_INVALID_HANDLE);
  EXPECT_EQ(ZwClose(reinterpret_cast<HANDLE>(6)), STATUS_INVALID_HANDLE);
}

TEST_F(NameSpaceTest, UserModeNeedsTheAccessThatWasGranted) {
  HANDLE handle;
  ZwCreateEvent(&handle, EVENT_QUERY_STATE, nullptr, NotificationEvent, FALSE);
  void* body;
  EXPECT_EQ(ObReferenceObjectByHandle(handle, EVENT_MODIFY_STATE, *ExEventObjectType, UserMode, &body, nullptr), STATUS_ACCESS_DENIED);
  EXPECT_EQ(ObReferenceObjectByHandle(handle, EVENT_QUERY_STATE, *ExEventObjectType, UserMode, &body, nullptr), STATUS_SUCCESS);
  ObDereferenceObject(body);
  EXPECT_EQ(ObReferenceObjectByHandle(handle, EVENT_MODIFY_STATE, *ExEventObjectType, KernelMode, &body, nullptr), STATUS_SUCCESS);
  ObDereferenceObject(body);
  ZwClose(handle);
}

TEST_F(NameSpaceTest, OneDereferenceTooManyIsReported) {
  HANDLE handle;
  ZwCreateEvent(&handle, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE);
  void* body;
  ObReferenceObjectByHandle(handle, 0, nullptr, KernelMode, &body, nullptr);
  EXPECT_EQ(ob::ReferenceCount(body), 2);
  EXPECT_EQ(ObReferenceObjectByPointer(body, 0, *IoFileObjectType, KernelMode), STATUS_OBJECT_TYPE_MISMATCH);
  ZwClose(handle);
  EXPECT_EQ(ob::ReferenceCount(body), 1);
  EXPECT_EQ(ob::HandleCount(body), 0);
  ObDereferenceObject(body);
}

}  // namespace
}  // namespace drydock::nt
