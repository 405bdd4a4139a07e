#include "classes/hid/report_descriptor.h"

#include <algorithm>
#include <vector>

namespace drydock::classes::hid {
namespace {

constexpr uint64_t kMostBits = 65535 * 8;  // wReportLength and USB's transfers know no longer ones

struct Globals {
  uint32_t size = 0, count = 0;
  uint16_t usage_page = 0;
  uint8_t id = 0;
};

enum ItemType : uint8_t { kMain = 0, kGlobal = 1, kLocal = 2, kReserved = 3 };

}  // namespace

size_t ReportLayout::BytesOf(ReportType type, uint8_t id) const {
  const auto& reports = bits[static_cast<size_t>(type)];
  const auto found = reports.find(id);
  return found == reports.end() ? 0 : (found->second + 7) / 8 + 1;
}

size_t ReportLayout::LongestOf(ReportType type) const {
  size_t longest = 0;
  for (const auto& [id, unused] : bits[static_cast<size_t>(type)]) longest = std::max(longest, BytesOf(type, id));
  return longest;
}

std::optional<ReportLayout> ParseReportDescriptor(std::span<const uint8_t> bytes) {
  ReportLayout layout;
  Globals globals;
  std::vector<Globals> stack;
  uint32_t depth = 0;
  uint32_t usage = 0;
  bool has_usage = false, usage_has_page = false;
  for (size_t at = 0; at < bytes.size();) {
    const uint8_t prefix = bytes[at++];
    if (prefix == 0xFE) {  // a long item: its size and tag, then data that nobody has defined
      if (bytes.size() - at < 2 || bytes.size() - at - 2 < bytes[at]) return std::nullopt;
      at += 2u + bytes[at];
      continue;
    }
    const size_t size = (prefix & 3) == 3 ? 4 : prefix & 3;
    if (bytes.size() - at < size) return std::nullopt;
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i) value |= static_cast<uint32_t>(bytes[at + i]) << (8 * i);
    at += size;
    const uint8_t tag = prefix >> 4;
    switch ((prefix >> 2) & 3) {
      case kMain: {
        if (tag == 0x8 || tag == 0x9 || tag == 0xB) {
          const size_t type = tag == 0x8 ? 0 : tag == 0x9 ? 1 : 2;
          const uint64_t all = uint64_t{layout.bits[type][globals.id]} + uint64_t{globals.size} * globals.count;
          if (all > kMostBits) return std::nullopt;
          layout.bits[type][globals.id] = static_cast<uint32_t>(all);
        } else if (tag == 0xA) {
          if (depth++ == 0 && layout.collections++ == 0 && has_usage) {
            layout.usage = static_cast<uint16_t>(usage);
            layout.usage_page = usage_has_page ? static_cast<uint16_t>(usage >> 16) : globals.usage_page;
          }
        } else if (tag == 0xC) {
          if (depth-- == 0) return std::nullopt;
        }
        has_usage = false;  // local items end with the main item
        break;
      }
      case kGlobal:
        if (tag == 0x0) globals.usage_page = static_cast<uint16_t>(value);
        if (tag == 0x7) globals.size = value;
        if (tag == 0x9) globals.count = value;
        if (tag == 0x8) {
          if (value == 0 || value > 255) return std::nullopt;
          globals.id = static_cast<uint8_t>(value);
          layout.uses_ids = true;
        }
        if (tag == 0xA) stack.push_back(globals);
        if (tag == 0xB) {
          if (stack.empty()) return std::nullopt;
          globals = stack.back();
          stack.pop_back();
        }
        break;
      case kLocal:
        if (tag == 0x0 && !has_usage) {
          usage = value;
          has_usage = true;
          usage_has_page = size == 4;
        }
        break;
      default:
        break;
    }
  }
  if (depth != 0 || layout.collections == 0) return std::nullopt;
  // With ids every report has one.
  if (layout.uses_ids) {
    for (const auto& reports : layout.bits) {
      if (reports.contains(0)) return std::nullopt;
    }
  }
  return layout;
}

}  // namespace drydock::classes::hid
