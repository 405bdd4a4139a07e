// RtlQueryRegistryValues and its kin: tables of values, read and written in one call, over ZwQueryValueKey and the like.
#include <ntddk.h>

#include <string>
#include <string_view>
#include <vector>

#include "nt/cm/registry.h"
#include "nt/cm/state.h"
#include "nt/driver_callback.h"
#include "nt/thread.h"

namespace cm = drydock::nt::cm;
using drydock::nt::CurrentKernel;
using drydock::nt::Kernel;

namespace {

constexpr ULONG kStringTag = 0x53747267;

std::u16string_view View(PCWSTR text) {
  return text ? std::u16string_view(reinterpret_cast<const char16_t*>(text)) : std::u16string_view();
}

// The key that RelativeTo and Path name.
NTSTATUS Key(ULONG relative_to, PCWSTR path, cm::Missing missing, std::shared_ptr<cm::KeyNode>* node) {
  static constexpr const char16_t* kRoots[] = {
      u"", u"\\Registry\\Machine\\System\\CurrentControlSet\\Services", u"\\Registry\\Machine\\System\\CurrentControlSet\\Control",
      u"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion", u"\\Registry\\Machine\\Hardware\\DeviceMap",
      u"\\Registry\\User\\.Default"};
  Kernel& kernel = CurrentKernel();
  if (relative_to & RTL_REGISTRY_HANDLE) {
    void* body = nullptr;
    NTSTATUS status = ObReferenceObjectByHandle(const_cast<HANDLE>(reinterpret_cast<const void*>(path)), 0, nullptr, KernelMode, &body, nullptr);
    if (!NT_SUCCESS(status)) return status;
    bool is_key = drydock::nt::ob::IsObject(body, cm::kKeyType);
    if (is_key) *node = *static_cast<cm::Key*>(body)->node;
    ObDereferenceObject(body);
    return is_key ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
  }
  ULONG root = relative_to & ~RTL_REGISTRY_OPTIONAL;
  if (root >= RTL_REGISTRY_MAXIMUM) return STATUS_INVALID_PARAMETER;
  std::u16string full = kRoots[root];
  std::u16string_view rest = View(path);
  if (root != RTL_REGISTRY_ABSOLUTE && !rest.empty()) full += u"\\";
  full += rest;
  return cm::Walk(kernel, nullptr, full, missing, false, node);
}

using Query = RTL_QUERY_REGISTRY_TABLE;

bool IsString(ULONG type) { return type == REG_SZ || type == REG_EXPAND_SZ; }

// Stores a value where EntryContext points (RTL_QUERY_REGISTRY_DIRECT).
NTSTATUS StoreDirect(const Query& query, const cm::Value& value) {
  if (IsString(value.type) || value.type == REG_MULTI_SZ) {
    auto* target = static_cast<UNICODE_STRING*>(query.EntryContext);
    size_t bytes = value.data.size();
    if (bytes > 0xFFFE) return STATUS_BUFFER_TOO_SMALL;
    size_t text = IsString(value.type) && bytes >= 2 && value.data[bytes - 1] == 0 && value.data[bytes - 2] == 0 ? bytes - 2 : bytes;
    if (!target->Buffer) {
      target->Buffer = static_cast<PWCH>(ExAllocatePoolWithTag(PagedPool, text + sizeof(WCHAR), kStringTag));
      if (!target->Buffer) return STATUS_NO_MEMORY;
      target->MaximumLength = static_cast<USHORT>(text + sizeof(WCHAR));
    } else if (text > target->MaximumLength) {
      return STATUS_BUFFER_TOO_SMALL;
    }
    RtlCopyMemory(target->Buffer, value.data.data(), text);
    target->Length = static_cast<USHORT>(text);
    if (text + sizeof(WCHAR) <= target->MaximumLength) target->Buffer[text / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
  }
  if (value.data.size() <= sizeof(ULONG)) {
    RtlCopyMemory(query.EntryContext, value.data.data(), value.data.size());
    return STATUS_SUCCESS;
  }
  // Larger binary data: the first LONG at EntryContext is the size of the buffer that it begins; negative: it wants the data alone,
  // otherwise length and type go before the data.
  LONG room;
  RtlCopyMemory(&room, query.EntryContext, sizeof room);
  auto* out = static_cast<uint8_t*>(query.EntryContext);
  size_t head = room < 0 ? 0 : 2 * sizeof(ULONG);
  if (static_cast<size_t>(room < 0 ? -static_cast<LONGLONG>(room) : room) < head + value.data.size()) return STATUS_BUFFER_TOO_SMALL;
  if (head) {
    const ULONG header[2] = {static_cast<ULONG>(value.data.size()), value.type};
    RtlCopyMemory(out, header, sizeof header);
  }
  RtlCopyMemory(out + head, value.data.data(), value.data.size());
  return STATUS_SUCCESS;
}

NTSTATUS Give(const Query& query, PVOID context, std::u16string name, const cm::Value& value) {
  if (query.Flags & RTL_QUERY_REGISTRY_DIRECT) {
    ULONG wanted = query.DefaultType >> RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;
    if ((query.Flags & RTL_QUERY_REGISTRY_TYPECHECK) && wanted != value.type) return STATUS_OBJECT_TYPE_MISMATCH;
    if ((query.Flags & RTL_QUERY_REGISTRY_NOSTRING) && (IsString(value.type) || value.type == REG_MULTI_SZ)) return STATUS_OBJECT_TYPE_MISMATCH;
    return StoreDirect(query, value);
  }
  if (!query.QueryRoutine) return STATUS_SUCCESS;
  auto call = [&](ULONG type, const void* data, size_t bytes) {
    return drydock::nt::CallDriver("QueryRoutine", query.QueryRoutine, reinterpret_cast<PWSTR>(name.data()), type, const_cast<void*>(data),
                                   static_cast<ULONG>(bytes), context, query.EntryContext);
  };
  if (value.type == REG_MULTI_SZ && !(query.Flags & RTL_QUERY_REGISTRY_NOEXPAND)) {
    std::u16string_view all(reinterpret_cast<const char16_t*>(value.data.data()), value.data.size() / sizeof(WCHAR));
    while (!all.empty() && all[0] != 0) {
      std::u16string one(all.substr(0, all.find(u'\0')));
      NTSTATUS status = call(REG_SZ, one.c_str(), (one.size() + 1) * sizeof(WCHAR));
      if (!NT_SUCCESS(status)) return status;
      all.remove_prefix(std::min(all.size(), one.size() + 1));
    }
    return STATUS_SUCCESS;
  }
  return call(value.type, value.data.data(), value.data.size());
}

}  // namespace

extern "C" {

NTSTATUS RtlQueryRegistryValuesEx(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable, PVOID Context, PVOID Environment) {
  std::shared_ptr<cm::KeyNode> top;
  NTSTATUS status = Key(RelativeTo, Path, cm::Missing::kFail, &top);
  if (status == STATUS_OBJECT_NAME_NOT_FOUND && (RelativeTo & RTL_REGISTRY_OPTIONAL)) return STATUS_SUCCESS;
  if (!NT_SUCCESS(status)) return status;
  Kernel& kernel = CurrentKernel();
  std::shared_ptr<cm::KeyNode> node = top;
  for (Query* query = QueryTable; query->QueryRoutine || (query->Flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT)); ++query) {
    if (query->Flags & RTL_QUERY_REGISTRY_TOPKEY) node = top;
    if (query->Flags & RTL_QUERY_REGISTRY_SUBKEY) {
      status = cm::Walk(kernel, top.get(), View(query->Name), cm::Missing::kFail, false, &node);
      if (status == STATUS_OBJECT_NAME_NOT_FOUND && !(query->Flags & RTL_QUERY_REGISTRY_REQUIRED)) {
        node = std::make_shared<cm::KeyNode>();  // the entries that follow find nothing in it
        continue;
      }
      if (!NT_SUCCESS(status)) return status;
      if (!query->QueryRoutine) continue;
    }
    if (query->Flags & RTL_QUERY_REGISTRY_NOVALUE) {
      if (!query->QueryRoutine) continue;
      status = drydock::nt::CallDriver("QueryRoutine", query->QueryRoutine, PWSTR{nullptr}, ULONG{REG_NONE}, PVOID{nullptr}, ULONG{0}, Context,
                                       query->EntryContext);
      if (!NT_SUCCESS(status)) return status;
      continue;
    }
    std::vector<cm::Value> values;  // copies: the routine may change the key
    {
      drydock::rt::LockGuard guard(kernel.cm->lock);
      if (!query->Name || (query->Flags & RTL_QUERY_REGISTRY_SUBKEY)) values = node->values;
      else if (cm::Value* value = node->Find(View(query->Name))) values = {*value};
    }
    if (values.empty() && query->Name && !(query->Flags & RTL_QUERY_REGISTRY_SUBKEY)) {
      ULONG default_type = query->DefaultType & ~RTL_QUERY_REGISTRY_TYPECHECK_MASK;
      if (query->Flags & RTL_QUERY_REGISTRY_REQUIRED) return STATUS_OBJECT_NAME_NOT_FOUND;
      if (default_type == REG_NONE) continue;
      cm::Value value{.name = std::u16string(View(query->Name)), .type = default_type, .data = {}};
      size_t bytes = query->DefaultLength;
      if (bytes == 0 && IsString(default_type)) bytes = (View(static_cast<PCWSTR>(query->DefaultData)).size() + 1) * sizeof(WCHAR);
      auto* data = static_cast<const uint8_t*>(query->DefaultData);
      if (data) value.data.assign(data, data + bytes);
      values = {value};
    }
    for (const cm::Value& value : values) {
      status = Give(*query, Context, value.name, value);
      if (!NT_SUCCESS(status)) return status;
      if (query->Flags & RTL_QUERY_REGISTRY_DELETE) {
        int64_t now = kernel.executor.SystemTime();
        drydock::rt::LockGuard guard(kernel.cm->lock);
        node->Remove(value.name, now);
      }
    }
  }
  return STATUS_SUCCESS;
}

NTSTATUS RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable, PVOID Context, PVOID Environment) {
  return RtlQueryRegistryValuesEx(RelativeTo, Path, QueryTable, Context, Environment);
}

NTSTATUS RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType, PVOID ValueData, ULONG ValueLength) {
  std::shared_ptr<cm::KeyNode> node;
  NTSTATUS status = Key(RelativeTo, Path, cm::Missing::kMakeLast, &node);
  if (!NT_SUCCESS(status)) return status;
  Kernel& kernel = CurrentKernel();
  int64_t now = kernel.executor.SystemTime();
  drydock::rt::LockGuard guard(kernel.cm->lock);
  if (node->deleted) return STATUS_KEY_DELETED;
  node->Put(View(ValueName), ValueType, ValueData, ValueLength, now);
  return STATUS_SUCCESS;
}

NTSTATUS RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName) {
  std::shared_ptr<cm::KeyNode> node;
  NTSTATUS status = Key(RelativeTo, Path, cm::Missing::kFail, &node);
  if (!NT_SUCCESS(status)) return status;
  Kernel& kernel = CurrentKernel();
  int64_t now = kernel.executor.SystemTime();
  drydock::rt::LockGuard guard(kernel.cm->lock);
  if (node->deleted) return STATUS_KEY_DELETED;
  return node->Remove(View(ValueName), now) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path) {
  std::shared_ptr<cm::KeyNode> node;
  return Key(RelativeTo, Path, cm::Missing::kFail, &node);
}

NTSTATUS RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path) {
  std::shared_ptr<cm::KeyNode> node;
  return Key(RelativeTo, Path, cm::Missing::kMakeLast, &node);
}

}  // extern "C"
