// From a report descriptor to preparsed data, a block for each top-level collection.
// Source: Device Class Definition for HID 1.11, sections 5 and 6.2.2; public documentation of hidpi.h for what becomes a capability.
// Narrowed: of a set of alternative usages (delimiters) only the first, the preferred one, is kept.
#include "classes/hid/preparsed.h"

#include <algorithm>
#include <cstring>

namespace drydock::classes::hid {
namespace {

constexpr uint32_t kConstant = 1, kVariable = 2, kRelative = 4, kNullState = 0x40;
constexpr size_t kMostFields = 0xFFFF, kMostUsages = 0xFFFF;

struct Globals {
  uint16_t page = 0;
  int32_t logical_min = 0, logical_max = 0, physical_min = 0, physical_max = 0;
  uint32_t unit = 0, exponent = 0, size = 0, count = 0;
  uint8_t id = 0;
};

struct UsageRun {
  USAGE page, min, max;
  bool range;
};

struct Locals {
  std::vector<UsageRun> usages;
  uint32_t minimum = 0;
  bool has_minimum = false, minimum_has_page = false;
  uint16_t string_min = 0, string_max = 0, designator_min = 0, designator_max = 0;
  bool in_set = false, set_has_usage = false;
};

struct Collection {
  PreparsedHeader header = {};
  std::vector<PreparsedNode> nodes;
  std::vector<PreparsedField> fields;
};

class Builder {
 public:
  explicit Builder(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  // The bytes are known to be a report descriptor: ParseReportDescriptor has seen them.
  bool Run() {
    for (size_t at = 0; at < bytes_.size();) {
      const uint8_t prefix = bytes_[at++];
      if (prefix == 0xFE) {
        at += 2u + bytes_[at];
        continue;
      }
      const size_t size = (prefix & 3) == 3 ? 4 : prefix & 3;
      uint32_t value = 0;
      for (size_t i = 0; i < size; ++i) value |= static_cast<uint32_t>(bytes_[at + i]) << (8 * i);
      at += size;
      const uint8_t tag = prefix >> 4;
      bool fine = true;
      switch ((prefix >> 2) & 3) {
        case 0:
          fine = Main(tag, value);
          locals_ = {};
          break;
        case 1:
          Global(tag, value, size);
          break;
        case 2:
          Local(tag, value, size);
          break;
        default:
          break;
      }
      if (!fine) return false;
    }
    return true;
  }
  std::vector<Collection> collections;

 private:
  static int32_t Signed(uint32_t value, size_t size) {
    if (size == 1) return static_cast<int8_t>(value);
    if (size == 2) return static_cast<int16_t>(value);
    return static_cast<int32_t>(value);
  }

  void Global(uint8_t tag, uint32_t value, size_t size) {
    switch (tag) {
      case 0x0: globals_.page = static_cast<uint16_t>(value); break;
      case 0x1: globals_.logical_min = Signed(value, size); break;
      case 0x2:
        // A maximum whose top bit is only there because the writer was short of a byte: with a minimum of 0 or more it is unsigned.
        globals_.logical_max = globals_.logical_min >= 0 && size < 4 ? static_cast<int32_t>(value) : Signed(value, size);
        break;
      case 0x3: globals_.physical_min = Signed(value, size); break;
      case 0x4:
        globals_.physical_max = globals_.physical_min >= 0 && size < 4 ? static_cast<int32_t>(value) : Signed(value, size);
        break;
      case 0x5: globals_.exponent = value; break;
      case 0x6: globals_.unit = value; break;
      case 0x7: globals_.size = value; break;
      case 0x8: globals_.id = static_cast<uint8_t>(value); break;
      case 0x9: globals_.count = value; break;
      case 0xA: stack_.push_back(globals_); break;
      case 0xB:
        globals_ = stack_.back();
        stack_.pop_back();
        break;
      default: break;
    }
  }

  void AddUsages(UsageRun run) {
    if (locals_.in_set) {
      if (locals_.set_has_usage) return;
      locals_.set_has_usage = true;
    }
    locals_.usages.push_back(run);
  }

  void Local(uint8_t tag, uint32_t value, size_t size) {
    const auto page = static_cast<USAGE>(size == 4 ? value >> 16 : globals_.page);
    const auto low = static_cast<uint16_t>(value);
    switch (tag) {
      case 0x0: AddUsages({page, low, low, false}); break;
      case 0x1:
        locals_.minimum = value;
        locals_.has_minimum = true;
        locals_.minimum_has_page = size == 4;
        break;
      case 0x2:
        if (locals_.has_minimum && low >= static_cast<uint16_t>(locals_.minimum)) {
          const auto of_minimum = static_cast<USAGE>(locals_.minimum >> 16);
          AddUsages({locals_.minimum_has_page ? of_minimum : page, static_cast<USAGE>(locals_.minimum), low, true});
        }
        locals_.has_minimum = false;
        break;
      case 0x3: locals_.designator_min = locals_.designator_max = low; break;
      case 0x4: locals_.designator_min = low; break;
      case 0x5: locals_.designator_max = low; break;
      case 0x7: locals_.string_min = locals_.string_max = low; break;
      case 0x8: locals_.string_min = low; break;
      case 0x9: locals_.string_max = low; break;
      case 0xA:
        locals_.in_set = value == 1;
        locals_.set_has_usage = false;
        break;
      default: break;
    }
  }

  bool Main(uint8_t tag, uint32_t value) {
    if (tag == 0xA) return Open(static_cast<uint8_t>(value));
    if (tag == 0xC) {
      open_.pop_back();
      return true;
    }
    if (tag != 0x8 && tag != 0x9 && tag != 0xB) return true;
    if (open_.empty()) return false;  // data outside of any collection
    return Data(tag == 0x8 ? HidP_Input : tag == 0x9 ? HidP_Output : HidP_Feature, value);
  }

  bool Open(uint8_t type) {
    if (open_.empty()) {
      if (collections.size() == 255) return false;
      collections.emplace_back();
    }
    Collection& top = collections.back();
    if (top.nodes.size() == 0xFFFE) return false;
    PreparsedNode node = {};
    if (!locals_.usages.empty()) {
      node.usage = locals_.usages.front().min;
      node.page = locals_.usages.front().page;
    }
    node.type = type;
    const auto index = static_cast<uint16_t>(top.nodes.size());
    if (open_.empty()) {
      top.header.usage = node.usage;
      top.header.page = node.page;
      top.header.collection_number = static_cast<uint8_t>(collections.size());
    } else {
      node.parent = open_.back();
      PreparsedNode& parent = top.nodes[node.parent];
      if (parent.children++ == 0) {
        parent.first_child = index;
      } else {
        uint16_t last = parent.first_child;
        while (top.nodes[last].next_sibling != 0) last = top.nodes[last].next_sibling;
        top.nodes[last].next_sibling = index;
      }
    }
    top.nodes.push_back(node);
    open_.push_back(index);
    return true;
  }

  PreparsedField Start(unsigned type, uint32_t flags) const {
    PreparsedField field = {};
    field.report_type = static_cast<uint8_t>(type);
    field.report_id = globals_.id;
    field.flags = static_cast<uint16_t>(flags);
    field.has_null = (flags & kNullState) != 0;
    field.is_absolute = (flags & kRelative) == 0;
    field.collection = open_.back();
    field.string_min = locals_.string_min, field.string_max = locals_.string_max;
    field.designator_min = locals_.designator_min, field.designator_max = locals_.designator_max;
    field.bit_size = static_cast<uint16_t>(globals_.size);
    field.logical_min = globals_.logical_min, field.logical_max = globals_.logical_max;
    field.physical_min = globals_.physical_min, field.physical_max = globals_.physical_max;
    field.unit = globals_.unit, field.unit_exponent = globals_.exponent;
    return field;
  }

  bool Add(Collection& top, PreparsedField field, const UsageRun& run, size_t usages) {
    uint16_t& indices = top.header.data_indices[field.report_type];
    if (top.fields.size() == kMostFields || indices + usages > kMostUsages) return false;
    field.page = run.page;
    field.usage_min = run.min;
    field.usage_max = static_cast<USAGE>(run.min + usages - 1);
    field.is_range = run.range && usages > 1;
    field.data_index_min = indices;
    field.data_index_max = static_cast<uint16_t>(indices + usages - 1);
    indices = static_cast<uint16_t>(indices + usages);
    top.fields.push_back(field);
    return true;
  }

  bool Data(unsigned type, uint32_t flags) {
    Collection& top = collections.back();
    uint32_t& bits = bits_[type][globals_.id];
    uint32_t bit = bits + 8;
    bits += globals_.size * globals_.count;
    top.header.ids[type][globals_.id / 32] |= 1u << (globals_.id % 32);
    if ((flags & kConstant) || globals_.size == 0 || globals_.count == 0 || locals_.usages.empty()) return true;  // padding
    if (globals_.size > 0xFFFF || globals_.count > 0xFFFF) return false;
    PreparsedField field = Start(type, flags);
    if (!(flags & kVariable)) {
      field.is_button = field.is_array = 1;
      field.bit = bit;
      field.count = static_cast<uint16_t>(globals_.count);
      size_t index = 0;
      for (const UsageRun& run : locals_.usages) {
        // A range over all usages is legal; data indices end at 65535.
        const size_t usages = std::min<size_t>(run.max - run.min + 1u, kMostUsages - top.header.data_indices[type]);
        if (index > 0xFFFF || usages == 0) break;
        field.array_index = static_cast<uint16_t>(index);
        if (!Add(top, field, run, usages)) return false;
        index += usages;
      }
      return true;
    }
    field.is_button = globals_.size == 1;
    uint32_t left = globals_.count;
    for (size_t i = 0; i < locals_.usages.size() && left != 0; ++i) {
      const UsageRun& run = locals_.usages[i];
      const auto usages = std::min<uint32_t>(run.max - run.min + 1u, left);
      // The last usage has what is left: an array of values, which a range cannot be.
      const bool last = i + 1 == locals_.usages.size();
      field.bit = bit;
      field.count = static_cast<uint16_t>(last && !run.range ? left : 1);
      if (field.is_button) field.count = 1;
      if (!Add(top, field, run, usages)) return false;
      bit += usages * globals_.size;
      left -= usages;
    }
    return true;
  }

  std::span<const uint8_t> bytes_;
  Globals globals_;
  std::vector<Globals> stack_;
  Locals locals_;
  std::vector<uint16_t> open_;  // nodes, from the top-level one
  uint32_t bits_[3][256] = {};
};

std::vector<uint8_t> Pack(Collection& collection, const ReportLayout& layout) {
  PreparsedHeader& header = collection.header;
  header.magic = kPreparsedMagic;
  header.nodes = static_cast<uint16_t>(collection.nodes.size());
  header.fields = static_cast<uint16_t>(collection.fields.size());
  header.uses_ids = layout.uses_ids;
  for (unsigned type = 0; type < 3; ++type) {
    for (unsigned id = 0; id < 256; ++id) {
      if (!(header.ids[type][id / 32] >> (id % 32) & 1)) continue;
      const size_t bytes = layout.BytesOf(static_cast<ReportType>(type), static_cast<uint8_t>(id));
      header.report_bytes[type] = std::max(header.report_bytes[type], static_cast<uint16_t>(std::min<size_t>(bytes, 0xFFFF)));
    }
  }
  const size_t node_bytes = collection.nodes.size() * sizeof(PreparsedNode), field_bytes = collection.fields.size() * sizeof(PreparsedField);
  const size_t nodes_at = sizeof header, fields_at = (nodes_at + node_bytes + 3) & ~size_t{3};
  header.bytes = static_cast<uint32_t>(fields_at + field_bytes);
  std::vector<uint8_t> packed(header.bytes);
  std::memcpy(packed.data(), &header, sizeof header);
  if (node_bytes != 0) std::memcpy(packed.data() + nodes_at, collection.nodes.data(), node_bytes);
  if (field_bytes != 0) std::memcpy(packed.data() + fields_at, collection.fields.data(), field_bytes);
  return packed;
}

}  // namespace

uint16_t Preparsed::CapsOf(unsigned type, bool buttons) const {
  return static_cast<uint16_t>(
      std::ranges::count_if(fields, [&](const PreparsedField& f) { return f.report_type == type && (f.is_button != 0) == buttons; }));
}

std::optional<Preparsed> Look(const void* data) {
  if (data == nullptr) return std::nullopt;
  const auto* header = static_cast<const PreparsedHeader*>(data);
  if (header->magic != kPreparsedMagic) return std::nullopt;
  const size_t fields_at = (sizeof *header + header->nodes * sizeof(PreparsedNode) + 3) & ~size_t{3};
  if (header->bytes != fields_at + header->fields * sizeof(PreparsedField) || header->nodes == 0) return std::nullopt;
  const auto* bytes = static_cast<const uint8_t*>(data);
  return Preparsed{header,
                   {reinterpret_cast<const PreparsedNode*>(bytes + sizeof *header), header->nodes},
                   {reinterpret_cast<const PreparsedField*>(bytes + fields_at), header->fields}};
}

std::optional<DeviceReports> ParseCollections(std::span<const uint8_t> report_descriptor) {
  std::optional<ReportLayout> layout = ParseReportDescriptor(report_descriptor);
  if (!layout) return std::nullopt;
  Builder builder(report_descriptor);
  if (!builder.Run()) return std::nullopt;
  DeviceReports reports;
  for (Collection& collection : builder.collections) {
    reports.collections.push_back({Pack(collection, *layout)});
    if (reports.collections.back().preparsed.size() > 0xFFFF) return std::nullopt;  // PreparsedDataLength
  }
  reports.layout = std::move(*layout);
  return reports;
}

}  // namespace drydock::classes::hid
