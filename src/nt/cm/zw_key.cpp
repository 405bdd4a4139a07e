// ZwCreateKey and its kin, over the tree of registry.h.
// Errors: as documented for each; a buffer too small tells the size it needs (STATUS_BUFFER_TOO_SMALL when not even the fixed part
// fits, STATUS_BUFFER_OVERFLOW when part of the data fits).
#include <algorithm>
#include <cstring>

#include "nt/cm/callback.h"
#include "nt/cm/notify.h"
#include "nt/cm/registry.h"
#include "nt/cm/state.h"
#include "nt/dbg/refusal.h"
#include "nt/ob/handle_table.h"
#include "nt/thread.h"

namespace cm = drydock::nt::cm;
namespace ob = drydock::nt::ob;
using drydock::nt::CurrentKernel;
using drydock::nt::Kernel;

namespace {

std::u16string_view View(const UNICODE_STRING* string) {
  if (!string || !string->Buffer) return {};
  return {reinterpret_cast<const char16_t*>(string->Buffer), string->Length / sizeof(WCHAR)};
}

// A reference on the node behind a handle.
NTSTATUS NodeOf(HANDLE handle, ACCESS_MASK access, std::shared_ptr<cm::KeyNode>* node) {
  void* body = nullptr;
  NTSTATUS status = ob::ReferenceByHandle(handle, access, &cm::kKeyType, KernelMode, &body);
  if (!NT_SUCCESS(status)) return status;
  *node = *static_cast<cm::Key*>(body)->node;
  ob::Dereference(body);
  return STATUS_SUCCESS;
}

// Does what is asked of an open key, between what callbacks say before and after it.
template <class Information, class Operation>
NTSTATUS Filtered(HANDLE handle, REG_NOTIFY_CLASS pre, REG_NOTIFY_CLASS post, Information& information, Operation operation) {
  Kernel& kernel = CurrentKernel();
  if (!cm::HasCallbacks(kernel)) return operation();
  void* body = nullptr;
  if (!NT_SUCCESS(ob::ReferenceByHandle(handle, 0, &cm::kKeyType, KernelMode, &body))) return operation();
  information.Object = body;
  NTSTATUS status;
  {
    cm::KeyFilter filter(kernel, body, {&information, &information.CallContext, &information.ObjectContext});
    if (filter.Before(pre, &status)) status = operation();
    status = filter.After(post, body, status);
  }
  ob::Dereference(body);
  return status;
}

// The same of a key that is not deleted, under the registry's lock.
template <class Information, class Operation>
NTSTATUS OnKey(HANDLE handle, ACCESS_MASK access, REG_NOTIFY_CLASS pre, REG_NOTIFY_CLASS post, Information& information, Operation operation) {
  return Filtered(handle, pre, post, information, [&]() -> NTSTATUS {
    std::shared_ptr<cm::KeyNode> node;
    const NTSTATUS status = NodeOf(handle, access, &node);
    if (!NT_SUCCESS(status)) return status;
    Kernel& kernel = CurrentKernel();
    const int64_t now = kernel.executor.SystemTime();
    NTSTATUS done;
    {
      drydock::rt::LockGuard guard(kernel.cm->lock);
      done = node->deleted ? STATUS_KEY_DELETED : operation(*node, now);
    }
    cm::TellWatches(kernel);
    return done;
  });
}

NTSTATUS OpenIt(HANDLE* handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES* attributes, bool create, ULONG options, ULONG* disposition,
              const UNICODE_STRING* key_class) {
  if (!attributes || attributes->Length != sizeof(OBJECT_ATTRIBUTES)) return STATUS_INVALID_PARAMETER;
  if (options & (REG_OPTION_CREATE_LINK | REG_OPTION_OPEN_LINK))
    return drydock::nt::dbg::Refuse(create ? "ZwCreateKey" : "ZwOpenKeyEx", STATUS_NOT_SUPPORTED, "the registry has no links");
  Kernel& kernel = CurrentKernel();
  std::shared_ptr<cm::KeyNode> from, node;
  if (attributes->RootDirectory) {
    NTSTATUS status = NodeOf(attributes->RootDirectory, 0, &from);
    if (!NT_SUCCESS(status)) return status;
  }
  bool created = false;
  NTSTATUS status = cm::Walk(kernel, from.get(), View(attributes->ObjectName), create ? cm::Missing::kMakeLast : cm::Missing::kFail, (options & REG_OPTION_VOLATILE) != 0, &node, &created);
  if (!NT_SUCCESS(status)) return status;
  if (created && key_class) {
    drydock::rt::LockGuard guard(kernel.cm->lock);
    node->key_class = View(key_class);
  }
  if (disposition) *disposition = created ? REG_CREATED_NEW_KEY : REG_OPENED_EXISTING_KEY;
  return cm::OpenHandle(kernel, std::move(node), access, attributes->Attributes, handle);
}

// The same, between what callbacks say. One that answers in the key's place may give the key object too.
NTSTATUS Open(HANDLE* handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES* attributes, bool create, ULONG options, ULONG* disposition,
              const UNICODE_STRING* key_class) {
  Kernel& kernel = CurrentKernel();
  if (!cm::HasCallbacks(kernel) || !attributes || attributes->Length != sizeof(OBJECT_ATTRIBUTES)) {
    return OpenIt(handle, access, attributes, create, options, disposition, key_class);
  }
  void* root = nullptr;
  if (attributes->RootDirectory) {
    const NTSTATUS status = ob::ReferenceByHandle(attributes->RootDirectory, 0, &cm::kKeyType, KernelMode, &root);
    if (!NT_SUCCESS(status)) return status;
  }
  UNICODE_STRING name = attributes->ObjectName ? *attributes->ObjectName : UNICODE_STRING{};
  void* result = nullptr;
  REG_CREATE_KEY_INFORMATION_V1 information{};
  information.CompleteName = &name;
  information.RootObject = root;
  information.ObjectType = *CmKeyObjectType;
  information.Options = options;
  information.Class = const_cast<UNICODE_STRING*>(key_class);
  information.SecurityDescriptor = attributes->SecurityDescriptor;
  information.SecurityQualityOfService = attributes->SecurityQualityOfService;
  information.DesiredAccess = access;
  information.GrantedAccess = access;
  information.Disposition = disposition;
  information.ResultObject = &result;
  information.Version = 1;
  information.RemainingName = &name;
  information.Attributes = attributes->Attributes;
  NTSTATUS status;
  {
    cm::KeyFilter filter(kernel, root, {&information, &information.CallContext, &information.RootObjectContext});
    void* opened = nullptr;
    if (filter.Before(create ? RegNtPreCreateKeyEx : RegNtPreOpenKeyEx, &status)) {
      status = OpenIt(handle, access, attributes, create, options, disposition, key_class);
      if (NT_SUCCESS(status)) ob::ReferenceByHandle(*handle, 0, &cm::kKeyType, KernelMode, &opened);
    } else if (NT_SUCCESS(status)) {
      status = result ? ob::InsertHandle(kernel, result, information.GrantedAccess, attributes->Attributes, handle) : STATUS_OBJECT_NAME_NOT_FOUND;
    }
    const NTSTATUS before = status;
    status = filter.After(create ? RegNtPostCreateKeyEx : RegNtPostOpenKeyEx, opened, status);
    if (opened) ob::Dereference(opened);
    if (NT_SUCCESS(before) && !NT_SUCCESS(status)) ob::CloseHandle(*handle, KernelMode);  // refused afterwards
  }
  if (root) ob::Dereference(root);
  return status;
}

// Copies a record whose variable part starts at `fixed`; as much as fits.
NTSTATUS Give(const std::vector<uint8_t>& record, size_t fixed, void* buffer, ULONG length, ULONG* needed) {
  *needed = static_cast<ULONG>(record.size());
  if (length < fixed) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(buffer, record.data(), std::min<size_t>(length, record.size()));
  return length < record.size() ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

template <class T>
void Put(std::vector<uint8_t>& record, size_t at, const T& value) {
  if (record.size() < at + sizeof value) record.resize(at + sizeof value);
  std::memcpy(record.data() + at, &value, sizeof value);
}

void Append(std::vector<uint8_t>& record, const void* data, size_t bytes) {
  auto* from = static_cast<const uint8_t*>(data);
  record.insert(record.end(), from, from + bytes);
}

NTSTATUS DescribeValue(const cm::Value& value, KEY_VALUE_INFORMATION_CLASS kind, void* buffer, ULONG length, ULONG* needed) {
  std::vector<uint8_t> record;
  ULONG name_bytes = static_cast<ULONG>(value.name.size() * sizeof(WCHAR));
  ULONG data_bytes = static_cast<ULONG>(value.data.size());
  switch (kind) {
    case KeyValueBasicInformation:
      record.resize(FIELD_OFFSET(KEY_VALUE_BASIC_INFORMATION, Name));
      Put(record, FIELD_OFFSET(KEY_VALUE_BASIC_INFORMATION, Type), value.type);
      Put(record, FIELD_OFFSET(KEY_VALUE_BASIC_INFORMATION, NameLength), name_bytes);
      Append(record, value.name.data(), name_bytes);
      return Give(record, FIELD_OFFSET(KEY_VALUE_BASIC_INFORMATION, Name), buffer, length, needed);
    case KeyValueFullInformation:
    case KeyValueFullInformationAlign64: {  // data on a multiple of 8 either way
      size_t at = FIELD_OFFSET(KEY_VALUE_FULL_INFORMATION, Name);
      ULONG data_at = static_cast<ULONG>((at + name_bytes + 7) & ~size_t{7});
      record.resize(at);
      Put(record, FIELD_OFFSET(KEY_VALUE_FULL_INFORMATION, Type), value.type);
      Put(record, FIELD_OFFSET(KEY_VALUE_FULL_INFORMATION, DataOffset), data_at);
      Put(record, FIELD_OFFSET(KEY_VALUE_FULL_INFORMATION, DataLength), data_bytes);
      Put(record, FIELD_OFFSET(KEY_VALUE_FULL_INFORMATION, NameLength), name_bytes);
      Append(record, value.name.data(), name_bytes);
      record.resize(data_at);
      Append(record, value.data.data(), data_bytes);
      return Give(record, at, buffer, length, needed);
    }
    case KeyValuePartialInformation:
      record.resize(FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data));
      Put(record, FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Type), value.type);
      Put(record, FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, DataLength), data_bytes);
      Append(record, value.data.data(), data_bytes);
      return Give(record, FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data), buffer, length, needed);
    case KeyValuePartialInformationAlign64:
      record.resize(FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data));
      Put(record, FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Type), value.type);
      Put(record, FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, DataLength), data_bytes);
      Append(record, value.data.data(), data_bytes);
      return Give(record, FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data), buffer, length, needed);
    default: return STATUS_INVALID_PARAMETER;
  }
}

NTSTATUS DescribeKey(const cm::KeyNode& node, KEY_INFORMATION_CLASS kind, void* buffer, ULONG length, ULONG* needed) {
  std::vector<uint8_t> record;
  LARGE_INTEGER written;
  written.QuadPart = node.written;
  ULONG name_bytes = static_cast<ULONG>(node.name.size() * sizeof(WCHAR));
  ULONG class_bytes = static_cast<ULONG>(node.key_class.size() * sizeof(WCHAR));
  switch (kind) {
    case KeyBasicInformation:
      record.resize(FIELD_OFFSET(KEY_BASIC_INFORMATION, Name));
      Put(record, FIELD_OFFSET(KEY_BASIC_INFORMATION, LastWriteTime), written);
      Put(record, FIELD_OFFSET(KEY_BASIC_INFORMATION, NameLength), name_bytes);
      Append(record, node.name.data(), name_bytes);
      return Give(record, FIELD_OFFSET(KEY_BASIC_INFORMATION, Name), buffer, length, needed);
    case KeyNodeInformation: {
      size_t at = FIELD_OFFSET(KEY_NODE_INFORMATION, Name);
      record.resize(at);
      Put(record, FIELD_OFFSET(KEY_NODE_INFORMATION, LastWriteTime), written);
      Put(record, FIELD_OFFSET(KEY_NODE_INFORMATION, ClassOffset), class_bytes ? static_cast<ULONG>(at + name_bytes) : ULONG{0xFFFFFFFF});
      Put(record, FIELD_OFFSET(KEY_NODE_INFORMATION, ClassLength), class_bytes);
      Put(record, FIELD_OFFSET(KEY_NODE_INFORMATION, NameLength), name_bytes);
      Append(record, node.name.data(), name_bytes);
      Append(record, node.key_class.data(), class_bytes);
      return Give(record, at, buffer, length, needed);
    }
    case KeyFullInformation: {
      ULONG longest_name = 0, longest_class = 0, longest_value = 0, longest_data = 0;
      for (const auto& [upper, child] : node.children) {
        longest_name = std::max(longest_name, static_cast<ULONG>(child->name.size() * sizeof(WCHAR)));
        longest_class = std::max(longest_class, static_cast<ULONG>(child->key_class.size() * sizeof(WCHAR)));
      }
      for (const cm::Value& value : node.values) {
        longest_value = std::max(longest_value, static_cast<ULONG>(value.name.size() * sizeof(WCHAR)));
        longest_data = std::max(longest_data, static_cast<ULONG>(value.data.size()));
      }
      size_t at = FIELD_OFFSET(KEY_FULL_INFORMATION, Class);
      record.resize(at);
      Put(record, FIELD_OFFSET(KEY_FULL_INFORMATION, LastWriteTime), written);
      Put(record, FIELD_OFFSET(KEY_FULL_INFORMATION, ClassOffset), class_bytes ? static_cast<ULONG>(at) : ULONG{0xFFFFFFFF});
      Put(record, FIELD_OFFSET(KEY_FULL_INFORMATION, ClassLength), class_bytes);
      Put(record, FIELD_OFFSET(KEY_FULL_INFORMATION, SubKeys), static_cast<ULONG>(node.children.size()));
      Put(record, FIELD_OFFSET(KEY_FULL_INFORMATION, MaxNameLen), longest_name);
      Put(record, FIELD_OFFSET(KEY_FULL_INFORMATION, MaxClassLen), longest_class);
      Put(record, FIELD_OFFSET(KEY_FULL_INFORMATION, Values), static_cast<ULONG>(node.values.size()));
      Put(record, FIELD_OFFSET(KEY_FULL_INFORMATION, MaxValueNameLen), longest_value);
      Put(record, FIELD_OFFSET(KEY_FULL_INFORMATION, MaxValueDataLen), longest_data);
      Append(record, node.key_class.data(), class_bytes);
      return Give(record, at, buffer, length, needed);
    }
    default: return STATUS_INVALID_PARAMETER;
  }
}

}  // namespace

extern "C" {

NTSTATUS ZwCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG TitleIndex,
                     PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition) {
  return Open(KeyHandle, DesiredAccess, ObjectAttributes, true, CreateOptions, Disposition, Class);
}

NTSTATUS ZwOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  return Open(KeyHandle, DesiredAccess, ObjectAttributes, false, 0, nullptr, nullptr);
}

NTSTATUS ZwOpenKeyEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions) {
  return Open(KeyHandle, DesiredAccess, ObjectAttributes, false, OpenOptions, nullptr, nullptr);
}

NTSTATUS ZwQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                         PVOID KeyValueInformation, ULONG Length, PULONG ResultLength) {
  REG_QUERY_VALUE_KEY_INFORMATION info{};
  info.ValueName = ValueName;
  info.KeyValueInformationClass = KeyValueInformationClass;
  info.KeyValueInformation = KeyValueInformation;
  info.Length = Length;
  info.ResultLength = ResultLength;
  return OnKey(KeyHandle, KEY_QUERY_VALUE, RegNtPreQueryValueKey, RegNtPostQueryValueKey, info, [&](cm::KeyNode& node, int64_t) -> NTSTATUS {
    cm::Value* value = node.Find(View(ValueName));
    if (!value) return STATUS_OBJECT_NAME_NOT_FOUND;
    return DescribeValue(*value, KeyValueInformationClass, KeyValueInformation, Length, ResultLength);
  });
}

NTSTATUS ZwSetValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type, PVOID Data, ULONG DataSize) {
  REG_SET_VALUE_KEY_INFORMATION info{};
  info.ValueName = ValueName;
  info.TitleIndex = TitleIndex;
  info.Type = Type;
  info.Data = Data;
  info.DataSize = DataSize;
  return OnKey(KeyHandle, KEY_SET_VALUE, RegNtPreSetValueKey, RegNtPostSetValueKey, info, [&](cm::KeyNode& node, int64_t now) -> NTSTATUS {
    if (DataSize != 0 && !Data) return STATUS_INVALID_PARAMETER;
    node.Put(View(ValueName), Type, Data, DataSize, now);
    return STATUS_SUCCESS;
  });
}

NTSTATUS ZwDeleteValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName) {
  REG_DELETE_VALUE_KEY_INFORMATION info{};
  info.ValueName = ValueName;
  return OnKey(KeyHandle, KEY_SET_VALUE, RegNtPreDeleteValueKey, RegNtPostDeleteValueKey, info, [&](cm::KeyNode& node, int64_t now) -> NTSTATUS {
    return node.Remove(View(ValueName), now) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
  });
}

NTSTATUS ZwDeleteKey(HANDLE KeyHandle) {
  REG_DELETE_KEY_INFORMATION info{};
  return OnKey(KeyHandle, DELETE, RegNtPreDeleteKey, RegNtPostDeleteKey, info, [&](cm::KeyNode& node, int64_t now) -> NTSTATUS {
    if (!node.children.empty() || !node.parent || !node.parent->parent) return STATUS_CANNOT_DELETE;
    node.Detach(now);
    return STATUS_SUCCESS;
  });
}

NTSTATUS ZwRenameKey(HANDLE KeyHandle, PUNICODE_STRING NewName) {
  REG_RENAME_KEY_INFORMATION info{};
  info.NewName = NewName;
  return OnKey(KeyHandle, KEY_WRITE, RegNtPreRenameKey, RegNtPostRenameKey, info, [&](cm::KeyNode& node, int64_t now) -> NTSTATUS {
    if (!node.parent || !node.parent->parent) return STATUS_ACCESS_DENIED;
    return node.Rename(View(NewName), now);
  });
}

NTSTATUS ZwSetInformationKey(HANDLE KeyHandle, KEY_SET_INFORMATION_CLASS KeySetInformationClass, PVOID KeySetInformation,
                             ULONG KeySetInformationLength) {
  REG_SET_INFORMATION_KEY_INFORMATION info{};
  info.KeySetInformationClass = KeySetInformationClass;
  info.KeySetInformation = KeySetInformation;
  info.KeySetInformationLength = KeySetInformationLength;
  return OnKey(KeyHandle, KEY_SET_VALUE, RegNtPreSetInformationKey, RegNtPostSetInformationKey, info, [&](cm::KeyNode& node, int64_t) -> NTSTATUS {
    if (KeySetInformationClass != KeyWriteTimeInformation) return STATUS_INVALID_PARAMETER;  // others are for the registry's own tools
    if (KeySetInformationLength != sizeof(KEY_WRITE_TIME_INFORMATION)) return STATUS_INFO_LENGTH_MISMATCH;
    node.written = static_cast<KEY_WRITE_TIME_INFORMATION*>(KeySetInformation)->LastWriteTime.QuadPart;
    return STATUS_SUCCESS;
  });
}

// All values at one moment, each on a multiple of 4.
NTSTATUS ZwQueryMultipleValueKey(HANDLE KeyHandle, PKEY_VALUE_ENTRY ValueEntries, ULONG EntryCount, PVOID ValueBuffer, PULONG BufferLength,
                                 PULONG RequiredBufferLength) {
  REG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION info{};
  info.ValueEntries = ValueEntries;
  info.EntryCount = EntryCount;
  info.ValueBuffer = ValueBuffer;
  info.BufferLength = BufferLength;
  info.RequiredBufferLength = RequiredBufferLength;
  return OnKey(KeyHandle, KEY_QUERY_VALUE, RegNtPreQueryMultipleValueKey, RegNtPostQueryMultipleValueKey, info, [&](cm::KeyNode& node, int64_t) -> NTSTATUS {
    ULONG used = 0, needed = 0;
    for (ULONG i = 0; i < EntryCount; ++i) {
      const cm::Value* value = node.Find(View(ValueEntries[i].ValueName));
      if (!value) return STATUS_OBJECT_NAME_NOT_FOUND;
      const auto bytes = static_cast<ULONG>(value->data.size());
      needed = (needed + 3) & ~3u;
      if (needed + bytes <= *BufferLength) {
        std::copy(value->data.begin(), value->data.end(), static_cast<uint8_t*>(ValueBuffer) + needed);
        used = needed + bytes;
        ValueEntries[i].Type = value->type;
        ValueEntries[i].DataLength = bytes;
        ValueEntries[i].DataOffset = needed;
      }
      needed += bytes;
    }
    if (RequiredBufferLength) *RequiredBufferLength = needed;
    const bool fits = needed <= *BufferLength;
    *BufferLength = used;
    return fits ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
  });
}

NTSTATUS ZwEnumerateKey(HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation, ULONG Length,
                        PULONG ResultLength) {
  REG_ENUMERATE_KEY_INFORMATION info{};
  info.Index = Index;
  info.KeyInformationClass = KeyInformationClass;
  info.KeyInformation = KeyInformation;
  info.Length = Length;
  info.ResultLength = ResultLength;
  return OnKey(KeyHandle, KEY_ENUMERATE_SUB_KEYS, RegNtPreEnumerateKey, RegNtPostEnumerateKey, info, [&](cm::KeyNode& node, int64_t) -> NTSTATUS {
    if (Index >= node.children.size()) return STATUS_NO_MORE_ENTRIES;
    return DescribeKey(*std::next(node.children.begin(), Index)->second, KeyInformationClass, KeyInformation, Length, ResultLength);
  });
}

NTSTATUS ZwEnumerateValueKey(HANDLE KeyHandle, ULONG Index, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                             PVOID KeyValueInformation, ULONG Length, PULONG ResultLength) {
  REG_ENUMERATE_VALUE_KEY_INFORMATION info{};
  info.Index = Index;
  info.KeyValueInformationClass = KeyValueInformationClass;
  info.KeyValueInformation = KeyValueInformation;
  info.Length = Length;
  info.ResultLength = ResultLength;
  return OnKey(KeyHandle, KEY_QUERY_VALUE, RegNtPreEnumerateValueKey, RegNtPostEnumerateValueKey, info, [&](cm::KeyNode& node, int64_t) -> NTSTATUS {
    if (Index >= node.values.size()) return STATUS_NO_MORE_ENTRIES;
    return DescribeValue(node.values[Index], KeyValueInformationClass, KeyValueInformation, Length, ResultLength);
  });
}

NTSTATUS ZwQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation, ULONG Length, PULONG ResultLength) {
  REG_QUERY_KEY_INFORMATION info{};
  info.KeyInformationClass = KeyInformationClass;
  info.KeyInformation = KeyInformation;
  info.Length = Length;
  info.ResultLength = ResultLength;
  return OnKey(KeyHandle, KEY_QUERY_VALUE, RegNtPreQueryKey, RegNtPostQueryKey, info, [&](cm::KeyNode& node, int64_t) -> NTSTATUS {
    if (KeyInformationClass == KeyNameInformation) {
      std::u16string path = cm::PathOf(node);
      std::vector<uint8_t> record(FIELD_OFFSET(KEY_NAME_INFORMATION, Name));
      Put(record, 0, static_cast<ULONG>(path.size() * sizeof(WCHAR)));
      Append(record, path.data(), path.size() * sizeof(WCHAR));
      return Give(record, FIELD_OFFSET(KEY_NAME_INFORMATION, Name), KeyInformation, Length, ResultLength);
    }
    return DescribeKey(node, KeyInformationClass, KeyInformation, Length, ResultLength);
  });
}

NTSTATUS ZwFlushKey(HANDLE KeyHandle) {
  REG_FLUSH_KEY_INFORMATION info{};
  return Filtered(KeyHandle, RegNtPreFlushKey, RegNtPostFlushKey, info, [&]() -> NTSTATUS {
    std::shared_ptr<cm::KeyNode> node;
    return NodeOf(KeyHandle, 0, &node);
  });
}

}  // extern "C"
