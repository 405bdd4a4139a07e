// WMI: requests to the providers of a block, and what is in their answers.
#include <algorithm>
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/io/device.h"
#include "nt/io/wmi.h"
#include "nt/ob/name_space.h"

namespace drydock::nt::io {
namespace {

constexpr size_t kRoom = 512;
constexpr size_t kLargestNode = 16 << 20;
constexpr ULONG kStatic = WNODE_FLAG_STATIC_INSTANCE_NAMES | WNODE_FLAG_PDO_INSTANCE_NAMES;

size_t Align8(size_t size) { return (size + 7) & ~size_t{7}; }

template <class T>
T Read(const WmiNode& node, size_t offset = 0) {
  T value;
  std::memcpy(&value, node.data() + offset, sizeof value);
  return value;
}

bool Fits(const WmiNode& node, size_t offset, size_t bytes) { return offset <= node.size() && bytes <= node.size() - offset; }

bool ReadName(const WmiNode& node, size_t offset, std::u16string* name) {
  if (!Fits(node, offset, sizeof(USHORT))) return false;
  const USHORT bytes = Read<USHORT>(node, offset);
  if (!Fits(node, offset + sizeof(USHORT), bytes)) return false;
  name->resize(bytes / 2);
  std::memcpy(name->data(), node.data() + offset + sizeof(USHORT), name->size() * 2);
  return true;
}

// Appends a counted string; its offset.
ULONG AppendName(WmiNode* node, std::u16string_view name) {
  node->resize(Align8(node->size()));
  const ULONG at = static_cast<ULONG>(node->size());
  const USHORT bytes = static_cast<USHORT>(name.size() * 2);
  node->resize(at + sizeof bytes + bytes);
  std::memcpy(node->data() + at, &bytes, sizeof bytes);
  std::memcpy(node->data() + at + sizeof bytes, name.data(), bytes);
  return at;
}

WNODE_HEADER HeaderFor(const WmiProvider& provider, const GUID& guid, ULONG flags) {
  WNODE_HEADER header = {};
  header.ProviderId = TraceId(provider.device);
  header.Guid = guid;
  header.Flags = flags;
  return header;
}

ULONG NameFlags(const WmiBlock& block) {
  if (block.dynamic) return 0;
  return WNODE_FLAG_STATIC_INSTANCE_NAMES | (block.flags & WMIREG_FLAG_INSTANCE_PDO ? WNODE_FLAG_PDO_INSTANCE_NAMES : 0);
}

// A node for one instance with its data behind the (dynamic) name. T: WNODE_SINGLE_INSTANCE, _SINGLE_ITEM, _METHOD_ITEM.
template <class T>
WmiNode NodeFor(const WmiProvider& provider, const WmiBlock& block, ULONG index, std::u16string_view name, ULONG kind, std::string_view data,
                size_t room = 0) {
  WmiNode node(Align8(sizeof(T)));
  T head = {};
  head.WnodeHeader = HeaderFor(provider, block.guid, kind | NameFlags(block));
  head.InstanceIndex = index;
  if (block.dynamic) {
    head.InstanceIndex = 0;
    head.OffsetInstanceName = AppendName(&node, name);
  }
  node.resize(Align8(node.size()));
  head.DataBlockOffset = static_cast<ULONG>(node.size());
  if constexpr (requires { head.SizeDataItem; }) {
    head.SizeDataItem = static_cast<ULONG>(data.size());
  } else {
    head.SizeDataBlock = static_cast<ULONG>(data.size());
  }
  const size_t at = node.size();
  node.resize(at + std::max(data.size(), room));
  if (!data.empty()) std::memcpy(node.data() + at, data.data(), data.size());
  head.WnodeHeader.BufferSize = static_cast<ULONG>(node.size());
  std::memcpy(node.data(), &head, offsetof(T, VariableData));
  return node;
}

}  // namespace

bool ReadWmiNode(const WmiNode& node, std::vector<WmiInstance>* instances) {
  if (node.size() < sizeof(WNODE_HEADER)) return false;
  const auto header = Read<WNODE_HEADER>(node);
  if (header.Flags & WNODE_FLAG_ALL_DATA) {
    if (node.size() < offsetof(WNODE_ALL_DATA, FixedInstanceSize)) return false;
    const ULONG count = Read<ULONG>(node, offsetof(WNODE_ALL_DATA, InstanceCount));
    const ULONG names = Read<ULONG>(node, offsetof(WNODE_ALL_DATA, OffsetInstanceNameOffsets));
    const ULONG data = Read<ULONG>(node, offsetof(WNODE_ALL_DATA, DataBlockOffset));
    if (count > node.size()) return false;
    const bool fixed = (header.Flags & WNODE_FLAG_FIXED_INSTANCE_SIZE) != 0;
    if (count && !Fits(node, offsetof(WNODE_ALL_DATA, FixedInstanceSize), fixed ? 4 : 8 * size_t{count})) return false;
    const size_t step = fixed && count ? Read<ULONG>(node, offsetof(WNODE_ALL_DATA, FixedInstanceSize)) : 0;
    for (ULONG i = 0; i < count; ++i) {
      WmiInstance instance;
      if (names && (!Fits(node, names + 4 * size_t{i}, 4) || !ReadName(node, Read<ULONG>(node, names + 4 * size_t{i}), &instance.name))) return false;
      size_t at = data + Align8(step) * i, length = step;
      if (!fixed) {
        const auto place = Read<OFFSETINSTANCEDATAANDLENGTH>(node, offsetof(WNODE_ALL_DATA, OffsetInstanceDataAndLength) + 8 * size_t{i});
        at = place.OffsetInstanceData;
        length = place.LengthInstanceData;
      }
      if (!Fits(node, at, length)) return false;
      instance.data.assign(node.data() + at, length);
      instances->push_back(std::move(instance));
    }
    return true;
  }
  if (header.Flags & WNODE_FLAG_SINGLE_INSTANCE) {
    if (node.size() < offsetof(WNODE_SINGLE_INSTANCE, VariableData)) return false;
    const ULONG name = Read<ULONG>(node, offsetof(WNODE_SINGLE_INSTANCE, OffsetInstanceName));
    const ULONG at = Read<ULONG>(node, offsetof(WNODE_SINGLE_INSTANCE, DataBlockOffset));
    const ULONG length = Read<ULONG>(node, offsetof(WNODE_SINGLE_INSTANCE, SizeDataBlock));
    WmiInstance instance;
    if ((name && !ReadName(node, name, &instance.name)) || !Fits(node, at, length)) return false;
    if (length) instance.data.assign(node.data() + at, length);
    instances->push_back(std::move(instance));
    return true;
  }
  return false;
}

// Static instances are numbers in an answer; consumers see names.
void WmiState::AddNames(const WmiProvider& provider, WmiNode* node) {
  const auto header = Read<WNODE_HEADER>(*node);
  if (!(header.Flags & kStatic)) return;
  std::vector<std::u16string> names;
  {
    rt::LockGuard guard(lock_);
    for (const WmiBlock& block : provider.blocks) {
      if (SameGuid(block.guid, header.Guid)) names = block.names;
    }
  }
  if (header.Flags & WNODE_FLAG_ALL_DATA) {
    if (node->size() < offsetof(WNODE_ALL_DATA, FixedInstanceSize)) return;
    const ULONG count = Read<ULONG>(*node, offsetof(WNODE_ALL_DATA, InstanceCount));
    if (count > names.size()) return;  // refused by whoever reads it: no names
    std::vector<ULONG> offsets;
    for (ULONG i = 0; i < count; ++i) offsets.push_back(AppendName(node, names[i]));
    node->resize(Align8(node->size()));
    const ULONG at = static_cast<ULONG>(node->size());
    node->resize(at + 4 * offsets.size());
    if (count) std::memcpy(node->data() + at, offsets.data(), 4 * offsets.size());
    std::memcpy(node->data() + offsetof(WNODE_ALL_DATA, OffsetInstanceNameOffsets), &at, sizeof at);
  } else if (header.Flags & (WNODE_FLAG_SINGLE_INSTANCE | WNODE_FLAG_SINGLE_ITEM)) {
    if (node->size() < offsetof(WNODE_SINGLE_INSTANCE, VariableData)) return;
    const ULONG index = Read<ULONG>(*node, offsetof(WNODE_SINGLE_INSTANCE, InstanceIndex));
    if (index >= names.size()) return;
    const ULONG at = AppendName(node, names[index]);
    std::memcpy(node->data() + offsetof(WNODE_SINGLE_INSTANCE, OffsetInstanceName), &at, sizeof at);
  } else {
    return;
  }
  const ULONG size = static_cast<ULONG>(node->size());
  std::memcpy(node->data() + offsetof(WNODE_HEADER, BufferSize), &size, sizeof size);
}

NTSTATUS WmiState::SendNode(WmiProvider& provider, UCHAR minor, const GUID& guid, WmiNode* node) {
  const WmiNode question = *node;
  size_t room = std::max(kRoom, question.size());
  while (true) {
    node->assign(room, 0);
    std::memcpy(node->data(), question.data(), question.size());
    ULONG_PTR information = 0;
    const NTSTATUS status = Send(provider, minor, const_cast<GUID*>(&guid), node->data(), static_cast<ULONG>(room), &information);
    if (!NT_SUCCESS(status)) return status;
    if (minor == IRP_MN_CHANGE_SINGLE_INSTANCE || minor == IRP_MN_CHANGE_SINGLE_ITEM) {
      node->clear();  // nothing comes back
      return status;
    }
    if (information > room || information < sizeof(WNODE_HEADER)) {
      Break("A WMI request was completed with more bytes than its buffer has, or without an answer in it.");
      return STATUS_WMI_TRY_AGAIN;
    }
    if (Read<WNODE_HEADER>(*node).Flags & WNODE_FLAG_TOO_SMALL) {
      const ULONG needed = Read<ULONG>(*node, offsetof(WNODE_TOO_SMALL, SizeNeeded));
      if (needed <= room || needed > kLargestNode) {
        Break("A WMI provider asked for more room and named a size that is none.");
        return STATUS_INSUFFICIENT_RESOURCES;
      }
      room = needed;
      continue;
    }
    node->resize(information);
    return status;
  }
}

NTSTATUS WmiState::QueryAll(const GUID& guid, std::vector<WmiNode>* nodes) {
  NTSTATUS last = STATUS_WMI_GUID_NOT_FOUND;
  for (Place& place : PlacesOf(guid, {})) {
    WmiNode node(sizeof(WNODE_ALL_DATA));
    WNODE_HEADER header = HeaderFor(*place.provider, guid, WNODE_FLAG_ALL_DATA | NameFlags(place.block));
    header.BufferSize = sizeof(WNODE_ALL_DATA);
    std::memcpy(node.data(), &header, sizeof header);
    last = SendNode(*place.provider, IRP_MN_QUERY_ALL_DATA, guid, &node);
    if (!NT_SUCCESS(last)) continue;  // the others may do better
    AddNames(*place.provider, &node);
    nodes->push_back(std::move(node));
  }
  return nodes->empty() ? last : STATUS_SUCCESS;
}

// Without a name: every provider of the block. With one: the provider that has it, or all that give out names as they go.
std::vector<WmiState::Place> WmiState::PlacesOf(const GUID& guid, std::u16string_view name) {
  std::vector<Place> places;
  rt::LockGuard guard(lock_);
  for (auto& provider : providers_) {
    for (const WmiBlock& block : provider->blocks) {
      if (!SameGuid(block.guid, guid)) continue;
      Place place;
      place.provider = provider;
      place.block.guid = block.guid;
      place.block.flags = block.flags;
      place.block.dynamic = block.dynamic;
      if (!name.empty() && !block.dynamic) {
        auto found = std::find_if(block.names.begin(), block.names.end(), [&](const std::u16string& mine) { return ob::EqualNames(mine, name); });
        if (found == block.names.end()) continue;
        place.index = static_cast<ULONG>(found - block.names.begin());
      }
      places.push_back(std::move(place));
    }
  }
  return places;
}

template <class Build>
NTSTATUS WmiState::OnInstance(const GUID& guid, std::u16string_view name, UCHAR minor, Build build, WmiNode* answer) {
  if (!Known(guid)) return STATUS_WMI_GUID_NOT_FOUND;
  if (name.empty()) return STATUS_WMI_INSTANCE_NOT_FOUND;
  NTSTATUS status = STATUS_WMI_INSTANCE_NOT_FOUND;
  for (Place& place : PlacesOf(guid, name)) {
    *answer = build(place);
    status = SendNode(*place.provider, minor, guid, answer);
    if (NT_SUCCESS(status) && !answer->empty()) AddNames(*place.provider, answer);
    if (status != STATUS_WMI_INSTANCE_NOT_FOUND) break;
  }
  return status;
}

NTSTATUS WmiState::QuerySingle(const GUID& guid, std::u16string_view name, WmiNode* node) {
  auto build = [&](Place& place) { return NodeFor<WNODE_SINGLE_INSTANCE>(*place.provider, place.block, place.index, name, WNODE_FLAG_SINGLE_INSTANCE, {}); };
  return OnInstance(guid, name, IRP_MN_QUERY_SINGLE_INSTANCE, build, node);
}

NTSTATUS WmiState::Set(const GUID& guid, std::u16string_view name, ULONG version, std::string_view data) {
  WmiNode node;
  auto build = [&](Place& place) {
    WmiNode made = NodeFor<WNODE_SINGLE_INSTANCE>(*place.provider, place.block, place.index, name, WNODE_FLAG_SINGLE_INSTANCE, data);
    std::memcpy(made.data() + offsetof(WNODE_HEADER, Version), &version, sizeof version);
    return made;
  };
  return OnInstance(guid, name, IRP_MN_CHANGE_SINGLE_INSTANCE, build, &node);
}

NTSTATUS WmiState::SetItem(const GUID& guid, std::u16string_view name, ULONG version, ULONG item, std::string_view data) {
  WmiNode node;
  auto build = [&](Place& place) {
    WmiNode made = NodeFor<WNODE_SINGLE_ITEM>(*place.provider, place.block, place.index, name, WNODE_FLAG_SINGLE_ITEM, data);
    std::memcpy(made.data() + offsetof(WNODE_HEADER, Version), &version, sizeof version);
    std::memcpy(made.data() + offsetof(WNODE_SINGLE_ITEM, ItemId), &item, sizeof item);
    return made;
  };
  return OnInstance(guid, name, IRP_MN_CHANGE_SINGLE_ITEM, build, &node);
}

NTSTATUS WmiState::Execute(const GUID& guid, std::u16string_view name, ULONG method, std::string_view input, size_t room, std::string* output,
                           ULONG* needed) {
  WmiNode node;
  auto build = [&](Place& place) {
    WmiNode made = NodeFor<WNODE_METHOD_ITEM>(*place.provider, place.block, place.index, name, WNODE_FLAG_METHOD_ITEM, input, room);
    std::memcpy(made.data() + offsetof(WNODE_METHOD_ITEM, MethodId), &method, sizeof method);
    return made;
  };
  NTSTATUS status = OnInstance(guid, name, IRP_MN_EXECUTE_METHOD, build, &node);
  if (!NT_SUCCESS(status)) return status;
  if (node.size() < offsetof(WNODE_METHOD_ITEM, VariableData)) return STATUS_SUCCESS;  // a method without a result
  const ULONG at = Read<ULONG>(node, offsetof(WNODE_METHOD_ITEM, DataBlockOffset));
  const ULONG length = Read<ULONG>(node, offsetof(WNODE_METHOD_ITEM, SizeDataBlock));
  if (!Fits(node, at, length)) {
    Break("The result of a WMI method leaves its buffer.");
    return STATUS_WMI_TRY_AGAIN;
  }
  *needed = length;
  if (length > room) return STATUS_BUFFER_TOO_SMALL;
  output->assign(node.data() + at, length);
  return status;
}

NTSTATUS WmiState::NameOf(const GUID& guid, DEVICE_OBJECT* device, std::u16string* name) {
  rt::LockGuard guard(lock_);
  auto provider = Find(device);
  if (!provider) return STATUS_WMI_GUID_NOT_FOUND;
  for (const WmiBlock& block : provider->blocks) {
    if (!SameGuid(block.guid, guid)) continue;
    if (block.names.empty()) return STATUS_WMI_INSTANCE_NOT_FOUND;
    *name = block.names.front();
    return STATUS_SUCCESS;
  }
  return STATUS_WMI_GUID_NOT_FOUND;
}

}  // namespace drydock::nt::io
