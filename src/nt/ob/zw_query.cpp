// What handles, objects and directories say of themselves. Source: public documentation of ZwQueryObject and ZwQueryDirectoryObject.
#include <ntddk.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "nt/kernel.h"
#include "nt/ob/handle_table.h"
#include "nt/ob/name_space.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

constexpr int kNameInformation = 1;  // ObjectNameInformation: not in the WDK's headers, widely used

// As documented for ObjectBasicInformation and ObjectTypeInformation (PUBLIC_OBJECT_...).
struct BasicInformation {
  ULONG attributes;
  ACCESS_MASK granted;
  ULONG handles;
  ULONG references;
  ULONG reserved[10];
};
static_assert(sizeof(BasicInformation) == 56);
struct TypeInformation {
  UNICODE_STRING name;
  ULONG reserved[22];
};
static_assert(sizeof(TypeInformation) == 104);
struct DirectoryInformation {
  UNICODE_STRING name;
  UNICODE_STRING type;
};

UNICODE_STRING At(PWCH buffer, size_t characters) {
  const auto bytes = static_cast<USHORT>(characters * 2);
  return {bytes, static_cast<USHORT>(bytes + 2), buffer};
}

PWCH Put(void* to, const std::u16string& text) {
  std::memcpy(to, text.c_str(), (text.size() + 1) * 2);
  return static_cast<PWCH>(to);
}

}  // namespace

extern "C" {

NTSTATUS ZwQueryObject(HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass, PVOID ObjectInformation,
                       ULONG ObjectInformationLength, PULONG ReturnLength) {
  void* body;
  ACCESS_MASK granted = 0;
  NTSTATUS status = ob::ReferenceByHandle(Handle, 0, nullptr, KernelMode, &body, &granted);
  if (!NT_SUCCESS(status)) return status;
  ULONG needed = 0;
  switch (static_cast<int>(ObjectInformationClass)) {
    case ObjectBasicInformation: {
      needed = sizeof(BasicInformation);
      if (ObjectInformationLength != needed) {
        status = STATUS_INFO_LENGTH_MISMATCH;
        break;
      }
      BasicInformation info{};
      info.granted = granted;
      info.handles = static_cast<ULONG>(ob::HandleCount(body));
      info.references = static_cast<ULONG>(ob::ReferenceCount(body) - 1);  // without ours
      std::memcpy(ObjectInformation, &info, sizeof info);
      break;
    }
    case kNameInformation:
      status = ObQueryNameString(body, static_cast<POBJECT_NAME_INFORMATION>(ObjectInformation), ObjectInformationLength, &needed);
      break;
    case ObjectTypeInformation: {
      const std::u16string name = ob::ToUtf16(ob::HeaderOf(body)->type->name);
      needed = static_cast<ULONG>(sizeof(TypeInformation) + (name.size() + 1) * 2);
      if (ObjectInformationLength < needed) {
        status = STATUS_INFO_LENGTH_MISMATCH;
        break;
      }
      auto* info = static_cast<TypeInformation*>(ObjectInformation);
      *info = {};
      info->name = At(Put(info + 1, name), name.size());
      break;
    }
    default: status = STATUS_INVALID_INFO_CLASS;
  }
  if (ReturnLength) *ReturnLength = needed;
  ob::Dereference(body);
  return status;
}

// Entries, one that is all zero, then the texts. `Context` is the index of the next entry.
NTSTATUS ZwQueryDirectoryObject(HANDLE DirectoryHandle, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry, BOOLEAN RestartScan,
                                PULONG Context, PULONG ReturnLength) {
  void* directory;
  const NTSTATUS status = ob::ReferenceByHandle(DirectoryHandle, 0x1, &ob::kDirectoryType, KernelMode, &directory);  // DIRECTORY_QUERY
  if (!NT_SUCCESS(status)) return status;
  const std::vector<ob::DirectoryEntryInfo> entries = ob::ListDirectory(directory);
  ob::Dereference(directory);
  const ULONG first = RestartScan ? 0 : *Context;
  if (first >= entries.size()) return STATUS_NO_MORE_ENTRIES;
  std::vector<std::pair<std::u16string, std::u16string>> taken;
  size_t needed = sizeof(DirectoryInformation);
  for (size_t i = first; i < entries.size(); ++i) {
    std::u16string type = ob::ToUtf16(entries[i].type->name);
    const size_t more = sizeof(DirectoryInformation) + (entries[i].name.size() + type.size() + 2) * 2;
    if (needed + more > Length) {
      if (taken.empty()) {
        if (ReturnLength) *ReturnLength = static_cast<ULONG>(needed + more);
        return STATUS_BUFFER_TOO_SMALL;
      }
      break;
    }
    needed += more;
    taken.emplace_back(entries[i].name, std::move(type));
    if (ReturnSingleEntry) break;
  }
  auto* info = static_cast<DirectoryInformation*>(Buffer);
  char* text = reinterpret_cast<char*>(info + taken.size() + 1);
  for (size_t i = 0; i < taken.size(); ++i) {
    info[i].name = At(Put(text, taken[i].first), taken[i].first.size());
    text += (taken[i].first.size() + 1) * 2;
    info[i].type = At(Put(text, taken[i].second), taken[i].second.size());
    text += (taken[i].second.size() + 1) * 2;
  }
  info[taken.size()] = {};
  *Context = first + static_cast<ULONG>(taken.size());
  if (ReturnLength) *ReturnLength = static_cast<ULONG>(needed);
  return *Context < entries.size() && !ReturnSingleEntry ? STATUS_MORE_ENTRIES : STATUS_SUCCESS;
}

VOID ObMakeTemporaryObject(PVOID Object) { ob::HeaderOf(Object)->flags &= ~ob::kPermanent; }

NTSTATUS ObOpenObjectByPointerWithTag(PVOID Object, ULONG HandleAttributes, PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess,
                                      POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode, ULONG Tag, PHANDLE Handle) {
  (void)Tag;
  return ObOpenObjectByPointer(Object, HandleAttributes, PassedAccessState, DesiredAccess, ObjectType, AccessMode, Handle);
}

// Not in the WDK's headers, but what drivers look up others with (\Driver\Disk).
NTSTATUS ObReferenceObjectByName(PUNICODE_STRING ObjectName, ULONG Attributes, PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess,
                                 POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode, PVOID ParseContext, PVOID* Object) {
  (void)PassedAccessState, (void)ParseContext;
  *Object = nullptr;
  ob::ParseContext context;
  context.kernel = &CurrentKernel();
  context.wanted = reinterpret_cast<const ob::ObjectType*>(ObjectType);
  context.access = DesiredAccess;
  context.attributes = Attributes;
  context.mode = AccessMode;
  return ob::Lookup(context, nullptr, ob::View(ObjectName), Object);
}

}  // extern "C"
