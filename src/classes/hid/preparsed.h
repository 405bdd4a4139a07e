// Preparsed data: what the parser knows of a top-level collection, as one block of bytes without pointers, so that it can be copied to
// applications and back. Its form is ours; nobody outside the parser looks into it.
// Called by:  the parser's functions, the HID class; any level.
// Errors:     Look says null for bytes that are no preparsed data: each offset and count is checked against the size.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <ntddk.h>

#include <hidpi.h>

#include "classes/hid/report_descriptor.h"

namespace drydock::classes::hid {

constexpr uint32_t kPreparsedMagic = 0x50646948;  // "HidP"

struct PreparsedNode {
  USAGE usage, page;
  uint16_t parent, children, next_sibling, first_child;
  uint8_t type, is_alias;
};

// One control or a run of controls: what becomes one entry of the button or value capabilities.
struct PreparsedField {
  uint8_t report_type;  // HIDP_REPORT_TYPE
  uint8_t report_id;
  uint8_t is_button, is_array, is_range, has_null, is_absolute, is_alias;
  uint16_t flags;       // the main item's bits
  uint16_t collection;  // index of its node
  USAGE page, usage_min, usage_max;
  uint16_t string_min, string_max, designator_min, designator_max;
  uint16_t data_index_min, data_index_max;
  uint16_t bit_size, count;   // of each element; elements of a value array or slots of an array of buttons
  uint16_t array_index;       // in an array: which index its first usage has, counted from the logical minimum
  uint32_t bit;               // of its first element in the report, the id's byte included
  int32_t logical_min, logical_max, physical_min, physical_max;
  uint32_t unit, unit_exponent;
};

struct PreparsedHeader {
  uint32_t magic, bytes;
  USAGE usage, page;
  uint16_t report_bytes[3];  // by type, the id's byte included; 0: none
  uint16_t data_indices[3];
  uint16_t nodes, fields;
  uint8_t collection_number, uses_ids;
  uint16_t reserved;
  uint32_t ids[3][8];  // by type, a bit for each id that the collection has
};

struct Preparsed {
  const PreparsedHeader* header;
  std::span<const PreparsedNode> nodes;
  std::span<const PreparsedField> fields;

  bool HasReport(unsigned type, uint8_t id) const { return header->ids[type][id / 32] >> (id % 32) & 1; }
  uint16_t CapsOf(unsigned type, bool buttons) const;
};

inline bool Has(const PreparsedHeader& header, ReportType type, uint8_t id) {
  return header.ids[static_cast<size_t>(type)][id / 32] >> (id % 32) & 1;
}

// The bytes behind an opaque pointer, or nothing.
std::optional<Preparsed> Look(const void* data);

struct CollectionDescription {
  std::vector<uint8_t> preparsed;
  const PreparsedHeader& header() const { return *reinterpret_cast<const PreparsedHeader*>(preparsed.data()); }
};

struct DeviceReports {
  std::vector<CollectionDescription> collections;
  ReportLayout layout;
};
std::optional<DeviceReports> ParseCollections(std::span<const uint8_t> report_descriptor);

}  // namespace drydock::classes::hid
