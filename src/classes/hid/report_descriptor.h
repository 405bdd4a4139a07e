// Report descriptors: how long the reports of a device are, and whether they begin with an id.
// Called by:  the HID class; any level.
// Errors:     std::nullopt for bytes that are no report descriptor: an item runs past the end, a pop without a push, collections that do
//             not match, an id of 0, a report that is longer than a HID report may be.
// Source:     Device Class Definition for HID 1.11, section 6.2.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>

namespace drydock::classes::hid {

enum class ReportType : uint8_t { kInput, kOutput, kFeature };

struct ReportLayout {
  bool uses_ids = false;
  uint16_t usage_page = 0, usage = 0;    // of the first top-level collection
  uint32_t collections = 0;              // top-level ones
  std::map<uint8_t, uint32_t> bits[3];   // by type, by id (0 without ids): data, without the id

  // Bytes on the application's side: data and one byte for the id, which is 0 where the device has none. Zero: no such report.
  size_t BytesOf(ReportType type, uint8_t id) const;
  size_t LongestOf(ReportType type) const;
};

std::optional<ReportLayout> ParseReportDescriptor(std::span<const uint8_t> bytes);

}  // namespace drydock::classes::hid
