// ObRegisterCallbacks (nf-wdm-obregistercallbacks); what objects and handles say of themselves; security descriptors of objects.
#include <ntifs.h>

#include <string>
#include <vector>

#include "nt/ob/handle_table.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

UNICODE_STRING Text(const char16_t* text) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, reinterpret_cast<PCWSTR>(text));
  return string;
}

struct Watcher {
  std::string name;
  ACCESS_MASK removes = 0;
  std::vector<std::string>* log = nullptr;
};

OB_PREOP_CALLBACK_STATUS Before(PVOID context, POB_PRE_OPERATION_INFORMATION info) {
  auto& watcher = *static_cast<Watcher*>(context);
  watcher.log->push_back(watcher.name + (info->Operation == OB_OPERATION_HANDLE_CREATE ? " before open" : " before duplicate"));
  if (info->Operation == OB_OPERATION_HANDLE_CREATE) info->Parameters->CreateHandleInformation.DesiredAccess &= ~watcher.removes;
  else info->Parameters->DuplicateHandleInformation.DesiredAccess &= ~watcher.removes;
  info->CallContext = context;
  return OB_PREOP_SUCCESS;
}
VOID After(PVOID context, POB_POST_OPERATION_INFORMATION info) {
  auto& watcher = *static_cast<Watcher*>(context);
  EXPECT_EQ(info->CallContext, context);
  watcher.log->push_back(watcher.name + " after " + std::to_string(info->Parameters->CreateHandleInformation.GrantedAccess));
}

class ObjectCallbacks : public testing::KernelFixture {
 protected:
  void SetUp() override { Make(rt::ExecutorKind::kSimulated); }
  NTSTATUS Register(Watcher& watcher, const char16_t* altitude, PVOID* handle, POBJECT_TYPE* type = nullptr) {
    watcher.log = &log_;
    OB_OPERATION_REGISTRATION operation = {type ? type : PsProcessType, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, Before, After};
    OB_CALLBACK_REGISTRATION registration = {};
    registration.Version = OB_FLT_REGISTRATION_VERSION;
    registration.OperationRegistrationCount = 1;
    RtlInitUnicodeString(&registration.Altitude, reinterpret_cast<PCWSTR>(altitude));
    registration.RegistrationContext = &watcher;
    registration.OperationRegistration = &operation;
    return ObRegisterCallbacks(&registration, handle);
  }
  HANDLE Open(Process* process, ACCESS_MASK access, ULONG attributes = 0) {
    OBJECT_ATTRIBUTES object;
    InitializeObjectAttributes(&object, nullptr, attributes, nullptr, nullptr);
    CLIENT_ID id = {reinterpret_cast<HANDLE>(process->id), nullptr};
    HANDLE handle = nullptr;
    EXPECT_EQ(ZwOpenProcess(&handle, access, &object, &id), STATUS_SUCCESS);
    return handle;
  }
  ACCESS_MASK GrantedOf(HANDLE handle) {
    void* body;
    ACCESS_MASK granted = 0;
    EXPECT_EQ(ob::ReferenceByHandle(handle, 0, nullptr, KernelMode, &body, &granted), STATUS_SUCCESS);
    ob::Dereference(body);
    return granted;
  }
  std::vector<std::string> log_;
};

TEST_F(ObjectCallbacks, TakeRightsAwayFromTheHighestAltitudeDown) {
  Process* process = ps::CreateProcess(*kernel_, "guarded.exe");
  Watcher low{"low", PROCESS_TERMINATE}, high{"high", 0};
  PVOID low_handle, high_handle;
  ASSERT_EQ(Register(low, u"320000", &low_handle), STATUS_SUCCESS);
  ASSERT_EQ(Register(high, u"385100.5", &high_handle), STATUS_SUCCESS);
  Watcher same{"same"};
  PVOID none;
  EXPECT_EQ(Register(same, u"320000", &none), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
  EXPECT_EQ(Register(same, u"33", &none, ExEventObjectType), STATUS_INVALID_PARAMETER);
  HANDLE handle = Open(process, PROCESS_TERMINATE | PROCESS_QUERY_INFORMATION);
  EXPECT_EQ(GrantedOf(handle), static_cast<ACCESS_MASK>(PROCESS_QUERY_INFORMATION));
  EXPECT_EQ(log_, (std::vector<std::string>{"high before open", "low before open", "low after 1024", "high after 1024"}));
  ZwClose(handle);
  HANDLE kernel_handle = Open(process, PROCESS_TERMINATE, OBJ_KERNEL_HANDLE);
  EXPECT_EQ(GrantedOf(kernel_handle), static_cast<ACCESS_MASK>(PROCESS_TERMINATE)) << "nothing is taken from a kernel handle";
  ZwClose(kernel_handle);
  log_.clear();
  ObUnRegisterCallbacks(low_handle);
  ObUnRegisterCallbacks(high_handle);
  ZwClose(Open(process, PROCESS_TERMINATE));
  EXPECT_TRUE(log_.empty());
  EXPECT_EQ(ObGetFilterVersion(), OB_FLT_REGISTRATION_VERSION);
}

TEST_F(ObjectCallbacks, SeeDuplicationsIntoAnotherProcess) {
  Process* process = ps::CreateProcess(*kernel_, "guarded.exe");
  Process* other = ps::CreateProcess(*kernel_, "other.exe");
  HANDLE handle = Open(process, PROCESS_TERMINATE | PROCESS_DUP_HANDLE), target = Open(other, PROCESS_DUP_HANDLE);
  Watcher watcher{"w", PROCESS_TERMINATE};
  PVOID registration;
  ASSERT_EQ(Register(watcher, u"1", &registration), STATUS_SUCCESS);
  HANDLE copy = nullptr;
  ASSERT_EQ(ZwDuplicateObject(ZwCurrentProcess(), handle, target, &copy, 0, 0, DUPLICATE_SAME_ACCESS), STATUS_SUCCESS);
  EXPECT_EQ(log_, (std::vector<std::string>{"w before duplicate", "w after 64"}));
  EXPECT_EQ(ob::OpenHandleCount(*kernel_, other), 1u);
  ObUnRegisterCallbacks(registration);
  ps::EndProcess(other, 0);
  EXPECT_EQ(ob::OpenHandleCount(*kernel_, other), 0u);
  ZwClose(handle);
  ZwClose(target);
}

TEST_F(ObjectCallbacks, ProcessesAnswerByHandle) {  // ZwQueryInformationProcess, ZwTerminateProcess
  Process* process = ps::CreateProcess(*kernel_, "tool.exe", {u"\\??\\C:\\tool.exe", u"tool.exe -v"});
  HANDLE handle = Open(process, PROCESS_ALL_ACCESS);
  PROCESS_BASIC_INFORMATION basic;
  ULONG length = 0;
  ASSERT_EQ(ZwQueryInformationProcess(handle, ProcessBasicInformation, &basic, sizeof basic, &length), STATUS_SUCCESS);
  EXPECT_EQ(basic.UniqueProcessId, process->id);
  EXPECT_EQ(basic.ExitStatus, STATUS_PENDING);
  EXPECT_EQ(basic.InheritedFromUniqueProcessId, 4u);
  EXPECT_EQ(ZwQueryInformationProcess(handle, ProcessImageFileName, nullptr, 0, &length), STATUS_INFO_LENGTH_MISMATCH);
  std::vector<char> room(length);
  ASSERT_EQ(ZwQueryInformationProcess(handle, ProcessImageFileName, room.data(), length, &length), STATUS_SUCCESS);
  auto* name = reinterpret_cast<UNICODE_STRING*>(room.data());
  EXPECT_EQ(std::u16string(reinterpret_cast<char16_t*>(name->Buffer), name->Length / 2), u"\\??\\C:\\tool.exe");
  EXPECT_EQ(ZwTerminateProcess(handle, 1), STATUS_ACCESS_DENIED) << "it belongs to the test";
  ps::EndProcess(process, 7);
  EXPECT_EQ(ZwTerminateProcess(handle, 1), STATUS_PROCESS_IS_TERMINATING);
  ZwClose(handle);
  CLIENT_ID id = {reinterpret_cast<HANDLE>(process->id), nullptr};
  OBJECT_ATTRIBUTES object;
  InitializeObjectAttributes(&object, nullptr, 0, nullptr, nullptr);
  EXPECT_EQ(ZwOpenProcess(&handle, PROCESS_ALL_ACCESS, &object, &id), STATUS_INVALID_CID);
}

TEST_F(ObjectCallbacks, DirectoriesAndObjectsTellNamesAndTypes) {  // ZwQueryDirectoryObject, ZwQueryObject
  UNICODE_STRING path = Text(u"\\Mine");
  OBJECT_ATTRIBUTES object;
  InitializeObjectAttributes(&object, &path, 0, nullptr, nullptr);
  HANDLE directory;
  ASSERT_EQ(ZwCreateDirectoryObject(&directory, DIRECTORY_ALL_ACCESS, &object), STATUS_SUCCESS);
  HANDLE events[2];
  UNICODE_STRING first = Text(u"\\Mine\\A"), second = Text(u"\\Mine\\B");
  InitializeObjectAttributes(&object, &first, 0, nullptr, nullptr);
  ASSERT_EQ(ZwCreateEvent(&events[0], EVENT_ALL_ACCESS, &object, NotificationEvent, FALSE), STATUS_SUCCESS);
  InitializeObjectAttributes(&object, &second, 0, nullptr, nullptr);
  ASSERT_EQ(ZwCreateEvent(&events[1], EVENT_ALL_ACCESS, &object, NotificationEvent, FALSE), STATUS_SUCCESS);
  alignas(8) char room[512];
  ULONG context = 0, length = 0;
  ASSERT_EQ(ZwQueryDirectoryObject(directory, room, sizeof room, FALSE, TRUE, &context, &length), STATUS_SUCCESS);
  auto* names = reinterpret_cast<UNICODE_STRING*>(room);  // pairs of name and type
  EXPECT_EQ(names[0].Buffer[0], L'A');
  EXPECT_EQ(names[2].Buffer[0], L'B');
  EXPECT_EQ(names[3].Length, 10) << "Event";
  EXPECT_EQ(names[4].Length, 0) << "the end";
  EXPECT_EQ(ZwQueryDirectoryObject(directory, room, sizeof room, FALSE, FALSE, &context, &length), STATUS_NO_MORE_ENTRIES);
  ASSERT_EQ(ZwQueryObject(events[0], ObjectTypeInformation, room, sizeof room, &length), STATUS_SUCCESS);
  EXPECT_EQ(names[0].Length, 10);
  for (HANDLE handle : {events[0], events[1], directory}) ZwClose(handle);
}

TEST_F(ObjectCallbacks, ObjectsKeepTheSecurityThatWasSet) {  // ZwSetSecurityObject, ZwQuerySecurityObject, SeAssignSecurity
  HANDLE event;
  ASSERT_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE), STATUS_SUCCESS);
  alignas(8) char room[256];
  ULONG needed = 0;
  EXPECT_EQ(ZwQuerySecurityObject(event, DACL_SECURITY_INFORMATION, room, 0, &needed), STATUS_BUFFER_TOO_SMALL);
  ASSERT_EQ(ZwQuerySecurityObject(event, DACL_SECURITY_INFORMATION, room, sizeof room, &needed), STATUS_SUCCESS);
  BOOLEAN present = FALSE, defaulted;
  PACL acl = nullptr;
  RtlGetDaclSecurityDescriptor(room, &present, &acl, &defaulted);
  ASSERT_TRUE(present && acl);
  EXPECT_EQ(acl->AceCount, 2);
  SECURITY_DESCRIPTOR open;
  RtlCreateSecurityDescriptor(&open, SECURITY_DESCRIPTOR_REVISION);
  RtlSetDaclSecurityDescriptor(&open, TRUE, nullptr, FALSE);
  ASSERT_EQ(ZwSetSecurityObject(event, DACL_SECURITY_INFORMATION, &open), STATUS_SUCCESS);
  ASSERT_EQ(ZwQuerySecurityObject(event, DACL_SECURITY_INFORMATION | OWNER_SECURITY_INFORMATION, room, sizeof room, &needed), STATUS_SUCCESS);
  RtlGetDaclSecurityDescriptor(room, &present, &acl, &defaulted);
  EXPECT_TRUE(present);
  EXPECT_EQ(acl, nullptr);
  PSID owner = nullptr;
  RtlGetOwnerSecurityDescriptor(room, &owner, &defaulted);
  EXPECT_NE(owner, nullptr) << "what was not set stays";
  PSECURITY_DESCRIPTOR assigned = nullptr;
  ASSERT_EQ(SeAssignSecurity(nullptr, &open, &assigned, FALSE, nullptr, nullptr, PagedPool), STATUS_SUCCESS);
  RtlGetDaclSecurityDescriptor(assigned, &present, &acl, &defaulted);
  EXPECT_TRUE(present && !acl);
  EXPECT_EQ(SeDeassignSecurity(&assigned), STATUS_SUCCESS);
  EXPECT_EQ(assigned, nullptr);
  ZwClose(event);
}

}  // namespace
}  // namespace drydock::nt
