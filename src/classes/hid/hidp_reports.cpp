// The parser's functions that read and write reports (hidpi.h). No state, any level; nothing outside the report's bytes is touched.
// A report is as long as the longest of its type in the collection, and begins with its id (0 where the device has none).
#include <algorithm>
#include <cstring>

#include <ntddk.h>

#include <hidpi.h>

#include "classes/hid/preparsed.h"

namespace {

using namespace drydock::classes::hid;

// A bit of a report or of a caller's array.
bool BitOf(const void* bytes, uint64_t bit) { return static_cast<const UCHAR*>(bytes)[bit / 8] >> (bit % 8) & 1; }
void PutBit(void* bytes, uint64_t bit, bool on) {
  UCHAR& byte = static_cast<UCHAR*>(bytes)[bit / 8];
  const auto mask = static_cast<UCHAR>(1u << (bit % 8));
  byte = static_cast<UCHAR>(on ? byte | mask : byte & ~mask);
}

// A report under way: what is common to all functions.
struct Context {
  std::optional<Preparsed> data;
  HIDP_REPORT_TYPE type;
  UCHAR* report;
  ULONG length;

  Context(HIDP_REPORT_TYPE type, PHIDP_PREPARSED_DATA preparsed, PCHAR report, ULONG length)
      : data(Look(preparsed)), type(type), report(reinterpret_cast<UCHAR*>(report)), length(length) {}

  NTSTATUS Check() const {
    if (!data) return HIDP_STATUS_INVALID_PREPARSED_DATA;
    if (static_cast<unsigned>(type) > HidP_Feature) return HIDP_STATUS_INVALID_REPORT_TYPE;
    if (length == 0 || length != data->header->report_bytes[type]) return HIDP_STATUS_INVALID_REPORT_LENGTH;
    return HIDP_STATUS_SUCCESS;
  }
  bool Fits(const PreparsedField& field) const { return field.bit + uint64_t{field.bit_size} * field.count <= uint64_t{length} * 8; }

  ULONG Get(const PreparsedField& field, ULONG element) const {
    const uint64_t first = field.bit + uint64_t{element} * field.bit_size;
    ULONG value = 0;
    for (unsigned i = 0; i < std::min<unsigned>(field.bit_size, 32); ++i) {
      const uint64_t bit = first + i;
      if (bit / 8 < length && BitOf(report, bit)) value |= 1u << i;
    }
    return value;
  }
  void Set(const PreparsedField& field, ULONG element, ULONG value) {
    const uint64_t first = field.bit + uint64_t{element} * field.bit_size;
    for (unsigned i = 0; i < field.bit_size; ++i) {
      const uint64_t bit = first + i;
      if (bit / 8 >= length) return;
      PutBit(report, bit, i < 32 && (value >> i & 1));
    }
  }
};

bool SameCollection(USHORT wanted, USHORT is) {
  if (wanted == HIDP_LINK_COLLECTION_UNSPECIFIED) return true;
  return wanted == HIDP_LINK_COLLECTION_ROOT ? is == 0 : is == wanted;
}
bool Holds(const PreparsedField& field, USAGE usage) { return usage >= field.usage_min && usage <= field.usage_max; }

// Arrays: the value of a slot that means the field's first usage, and whether a value means one of its usages.
int64_t FirstValue(const PreparsedField& field) { return int64_t{field.logical_min} + field.array_index; }
bool Means(const PreparsedField& field, ULONG value, USAGE* usage) {
  const int64_t offset = int64_t{value} - FirstValue(field);
  if (int64_t{value} < field.logical_min || int64_t{value} > field.logical_max || offset < 0 || offset > field.usage_max - field.usage_min) {
    return false;
  }
  *usage = static_cast<USAGE>(field.usage_min + offset);
  return true;
}

// --- buttons ---

template <class Found>
NTSTATUS ForEachPressed(const Context& context, USAGE page, USHORT collection, Found found) {
  bool any = false, any_here = false;
  for (const PreparsedField& field : context.data->fields) {
    if (field.report_type != context.type || !field.is_button || (page != 0 && field.page != page) ||
        !SameCollection(collection, field.collection)) {
      continue;
    }
    any = true;
    if (field.report_id != context.report[0]) continue;
    any_here = true;
    if (field.is_array) {
      for (ULONG slot = 0; slot < field.count; ++slot) {
        USAGE usage;
        if (Means(field, context.Get(field, slot), &usage) && usage != 0) found(field, usage);  // usage 0: no event
      }
    } else {
      PreparsedField bit = field;
      for (uint32_t usage = field.usage_min; usage <= field.usage_max; ++usage, ++bit.bit)
        if (context.Get(bit, 0)) found(field, static_cast<USAGE>(usage));
    }
  }
  if (any_here) return HIDP_STATUS_SUCCESS;
  return any ? HIDP_STATUS_INCOMPATIBLE_REPORT_ID : HIDP_STATUS_USAGE_NOT_FOUND;
}

// The pressed ones into a list; `put` makes an item of one.
template <class Item, class Put>
NTSTATUS ListPressed(const Context& context, USAGE page, USHORT collection, Item* list, PULONG length, Put put) {
  if (NTSTATUS status = context.Check(); !NT_SUCCESS(status)) return status;
  const ULONG room = *length;
  ULONG count = 0;
  const NTSTATUS status = ForEachPressed(context, page, collection, [&](const PreparsedField& field, USAGE usage) {
    if (count < room) list[count] = put(field, usage);
    ++count;
  });
  if (!NT_SUCCESS(status)) return status;
  *length = count;
  return count > room ? HIDP_STATUS_BUFFER_TOO_SMALL : HIDP_STATUS_SUCCESS;
}

// A report whose id is not yet set becomes the one that has the usage.
bool TakesId(Context& context, const PreparsedField& field) {
  if (context.report[0] == 0 && field.report_id != 0) context.report[0] = field.report_id;
  return context.report[0] == field.report_id;
}

NTSTATUS Press(Context& context, const PreparsedField& field, USAGE usage) {
  if (!field.is_array) {
    PreparsedField bit = field;
    bit.bit += usage - field.usage_min;
    context.Set(bit, 0, 1);
    return HIDP_STATUS_SUCCESS;
  }
  const auto value = static_cast<ULONG>(FirstValue(field) + (usage - field.usage_min));
  ULONG empty = field.count;
  for (ULONG slot = 0; slot < field.count; ++slot) {
    const ULONG is = context.Get(field, slot);
    if (is == value) return HIDP_STATUS_SUCCESS;
    if (empty == field.count && is == 0) empty = slot;
  }
  if (empty == field.count) return HIDP_STATUS_BUFFER_TOO_SMALL;
  context.Set(field, empty, value);
  return HIDP_STATUS_SUCCESS;
}

NTSTATUS Release(Context& context, const PreparsedField& field, USAGE usage) {
  if (!field.is_array) {
    PreparsedField bit = field;
    bit.bit += usage - field.usage_min;
    if (!context.Get(bit, 0)) return HIDP_STATUS_BUTTON_NOT_PRESSED;
    context.Set(bit, 0, 0);
    return HIDP_STATUS_SUCCESS;
  }
  const auto value = static_cast<ULONG>(FirstValue(field) + (usage - field.usage_min));
  for (ULONG slot = 0; slot < field.count; ++slot) {
    if (context.Get(field, slot) != value) continue;
    context.Set(field, slot, 0);
    return HIDP_STATUS_SUCCESS;
  }
  return HIDP_STATUS_BUTTON_NOT_PRESSED;
}

NTSTATUS Change(Context context, USAGE page, USHORT collection, PUSAGE list, PULONG length,
                NTSTATUS (*change)(Context&, const PreparsedField&, USAGE)) {
  if (NTSTATUS status = context.Check(); !NT_SUCCESS(status)) return status;
  for (ULONG i = 0; i < *length; ++i) {
    NTSTATUS status = HIDP_STATUS_USAGE_NOT_FOUND;
    for (const PreparsedField& field : context.data->fields) {
      if (field.report_type != context.type || !field.is_button || field.page != page || !Holds(field, list[i]) ||
          !SameCollection(collection, field.collection)) {
        continue;
      }
      if (!TakesId(context, field)) {
        status = HIDP_STATUS_INCOMPATIBLE_REPORT_ID;
        continue;
      }
      status = change(context, field, list[i]);
      break;
    }
    if (!NT_SUCCESS(status)) {
      *length = i;  // how many were done
      return status;
    }
  }
  return HIDP_STATUS_SUCCESS;
}

// --- values ---

// The value field of a usage in this report. `element`: in a range, which of its elements.
NTSTATUS FindValue(Context& context, USAGE page, USHORT collection, USAGE usage, bool may_set_id, PreparsedField* found) {
  if (NTSTATUS status = context.Check(); !NT_SUCCESS(status)) return status;
  bool elsewhere = false;
  for (const PreparsedField& field : context.data->fields) {
    if (field.report_type != context.type || field.is_button || (page != 0 && field.page != page) || !Holds(field, usage) ||
        !SameCollection(collection, field.collection)) {
      continue;
    }
    if (may_set_id ? !TakesId(context, field) : context.report[0] != field.report_id) {
      elsewhere = true;
      continue;
    }
    *found = field;
    found->bit += uint32_t{field.bit_size} * (usage - field.usage_min);
    if (!context.Fits(*found)) return HIDP_STATUS_INTERNAL_ERROR;
    return HIDP_STATUS_SUCCESS;
  }
  return elsewhere ? HIDP_STATUS_INCOMPATIBLE_REPORT_ID : HIDP_STATUS_USAGE_NOT_FOUND;
}

// The same for a field of several elements, and the bits that its array has.
NTSTATUS FindArray(Context& context, USAGE page, USHORT collection, USAGE usage, bool may_set_id, USHORT bytes, PreparsedField* found, uint64_t* bits) {
  if (NTSTATUS status = FindValue(context, page, collection, usage, may_set_id, found); !NT_SUCCESS(status)) return status;
  if (found->count < 2) return HIDP_STATUS_NOT_VALUE_ARRAY;
  *bits = uint64_t{found->bit_size} * found->count;
  return uint64_t{bytes} * 8 < *bits ? HIDP_STATUS_BUFFER_TOO_SMALL : HIDP_STATUS_SUCCESS;
}

int64_t Extended(const PreparsedField& field, ULONG raw) {
  if (field.logical_min >= 0 || field.bit_size == 0) return raw;
  const unsigned bits = std::min<unsigned>(field.bit_size, 32);
  return static_cast<int64_t>(uint64_t{raw} << (64 - bits)) >> (64 - bits);
}

struct Scale {
  int64_t logical_min, logical_max, physical_min, physical_max;
  explicit Scale(const PreparsedField& field)
      : logical_min(field.logical_min),
        logical_max(field.logical_max),
        physical_min(field.physical_min),
        physical_max(field.physical_max) {
    if (physical_min == 0 && physical_max == 0) physical_min = logical_min, physical_max = logical_max;  // as the specification has it
  }
  bool good() const { return logical_max > logical_min && physical_max > physical_min; }
};

template <class Item>
NTSTATUS Difference(const Item* previous, const Item* current, Item* breaks, Item* makes, ULONG length, bool (*same)(const Item&, const Item&),
                    bool (*nothing)(const Item&)) {
  ULONG broken = 0, made = 0;
  const auto in = [&](const Item* list, const Item& item) {
    for (ULONG i = 0; i < length && !nothing(list[i]); ++i)
      if (same(list[i], item)) return true;
    return false;
  };
  for (ULONG i = 0; i < length && !nothing(previous[i]); ++i)
    if (!in(current, previous[i])) breaks[broken++] = previous[i];
  for (ULONG i = 0; i < length && !nothing(current[i]); ++i)
    if (!in(previous, current[i])) makes[made++] = current[i];
  for (; broken < length; ++broken) breaks[broken] = {};
  for (; made < length; ++made) makes[made] = {};
  return HIDP_STATUS_SUCCESS;
}

}  // namespace

extern "C" {

NTSTATUS NTAPI HidP_InitializeReportForID(HIDP_REPORT_TYPE ReportType, UCHAR ReportID, PHIDP_PREPARSED_DATA PreparsedData, PCHAR Report,
                                          ULONG ReportLength) {
  Context context(ReportType, PreparsedData, Report, ReportLength);
  if (NTSTATUS status = context.Check(); !NT_SUCCESS(status)) return status;
  if (!context.data->HasReport(ReportType, ReportID)) return HIDP_STATUS_REPORT_DOES_NOT_EXIST;
  std::memset(Report, 0, ReportLength);
  context.report[0] = ReportID;
  for (const PreparsedField& field : context.data->fields) {
    if (field.report_type != ReportType || field.report_id != ReportID || field.is_button || !field.has_null) continue;
    // Null is any value outside of the logical range: all bits set or, where that is inside, one more than the maximum or less than the minimum.
    const ULONG mask = field.bit_size >= 32 ? ~0u : (1u << field.bit_size) - 1;
    const auto outside = [&](ULONG raw) { return Extended(field, raw) < field.logical_min || Extended(field, raw) > field.logical_max; };
    ULONG null = mask;
    if (!outside(null)) null = static_cast<ULONG>(field.logical_max + 1u) & mask;
    if (!outside(null)) null = static_cast<ULONG>(field.logical_min - 1u) & mask;
    if (!outside(null)) continue;
    const ULONG elements = field.is_range ? field.usage_max - field.usage_min + 1u : field.count;
    for (ULONG i = 0; i < elements; ++i) context.Set(field, i, null);
  }
  return HIDP_STATUS_SUCCESS;
}

NTSTATUS NTAPI HidP_GetUsages(HIDP_REPORT_TYPE ReportType, USAGE UsagePage, USHORT LinkCollection, PUSAGE UsageList, PULONG UsageLength,
                              PHIDP_PREPARSED_DATA PreparsedData, PCHAR Report, ULONG ReportLength) {
  return ListPressed({ReportType, PreparsedData, Report, ReportLength}, UsagePage, LinkCollection, UsageList, UsageLength,
                     [](const PreparsedField&, USAGE usage) { return usage; });
}

NTSTATUS NTAPI HidP_GetUsagesEx(HIDP_REPORT_TYPE ReportType, USHORT LinkCollection, PUSAGE_AND_PAGE ButtonList, PULONG UsageLength,
                                PHIDP_PREPARSED_DATA PreparsedData, PCHAR Report, ULONG ReportLength) {
  return ListPressed({ReportType, PreparsedData, Report, ReportLength}, 0, LinkCollection, ButtonList, UsageLength,
                     [](const PreparsedField& field, USAGE usage) { return USAGE_AND_PAGE{usage, field.page}; });
}

NTSTATUS NTAPI HidP_SetUsages(HIDP_REPORT_TYPE ReportType, USAGE UsagePage, USHORT LinkCollection, PUSAGE UsageList, PULONG UsageLength,
                              PHIDP_PREPARSED_DATA PreparsedData, PCHAR Report, ULONG ReportLength) {
  return Change({ReportType, PreparsedData, Report, ReportLength}, UsagePage, LinkCollection, UsageList, UsageLength, Press);
}
NTSTATUS NTAPI HidP_UnsetUsages(HIDP_REPORT_TYPE ReportType, USAGE UsagePage, USHORT LinkCollection, PUSAGE UsageList, PULONG UsageLength,
                                PHIDP_PREPARSED_DATA PreparsedData, PCHAR Report, ULONG ReportLength) {
  return Change({ReportType, PreparsedData, Report, ReportLength}, UsagePage, LinkCollection, UsageList, UsageLength, Release);
}

ULONG NTAPI HidP_MaxUsageListLength(HIDP_REPORT_TYPE ReportType, USAGE UsagePage, PHIDP_PREPARSED_DATA PreparsedData) {
  const auto data = Look(PreparsedData);
  if (!data || static_cast<unsigned>(ReportType) > HidP_Feature) return 0;
  ULONG most = 0;
  uint32_t last_array = ~0u;
  for (const PreparsedField& field : data->fields) {
    if (field.report_type != ReportType || !field.is_button || (UsagePage != 0 && field.page != UsagePage)) continue;
    if (!field.is_array) {
      most += field.usage_max - field.usage_min + 1u;
    } else if (const uint32_t array = field.bit << 8 | field.report_id; array != last_array) {  // one array may have several fields
      most += field.count;
      last_array = array;
    }
  }
  return most;
}

NTSTATUS NTAPI HidP_GetUsageValue(HIDP_REPORT_TYPE ReportType, USAGE UsagePage, USHORT LinkCollection, USAGE Usage, PULONG UsageValue,
                                  PHIDP_PREPARSED_DATA PreparsedData, PCHAR Report, ULONG ReportLength) {
  Context context(ReportType, PreparsedData, Report, ReportLength);
  PreparsedField field;
  if (NTSTATUS status = FindValue(context, UsagePage, LinkCollection, Usage, false, &field); !NT_SUCCESS(status)) return status;
  *UsageValue = context.Get(field, 0);
  return HIDP_STATUS_SUCCESS;
}

NTSTATUS NTAPI HidP_SetUsageValue(HIDP_REPORT_TYPE ReportType, USAGE UsagePage, USHORT LinkCollection, USAGE Usage, ULONG UsageValue,
                                  PHIDP_PREPARSED_DATA PreparsedData, PCHAR Report, ULONG ReportLength) {
  Context context(ReportType, PreparsedData, Report, ReportLength);
  PreparsedField field;
  if (NTSTATUS status = FindValue(context, UsagePage, LinkCollection, Usage, true, &field); !NT_SUCCESS(status)) return status;
  context.Set(field, 0, UsageValue);
  return HIDP_STATUS_SUCCESS;
}

NTSTATUS NTAPI HidP_GetScaledUsageValue(HIDP_REPORT_TYPE ReportType, USAGE UsagePage, USHORT LinkCollection, USAGE Usage, PLONG UsageValue,
                                        PHIDP_PREPARSED_DATA PreparsedData, PCHAR Report, ULONG ReportLength) {
  Context context(ReportType, PreparsedData, Report, ReportLength);
  PreparsedField field;
  if (NTSTATUS status = FindValue(context, UsagePage, LinkCollection, Usage, false, &field); !NT_SUCCESS(status)) return status;
  const int64_t value = Extended(field, context.Get(field, 0));
  const Scale scale(field);
  *UsageValue = 0;
  if (!scale.good()) return HIDP_STATUS_BAD_LOG_PHY_VALUES;
  if (value < scale.logical_min || value > scale.logical_max) return field.has_null ? HIDP_STATUS_NULL : HIDP_STATUS_VALUE_OUT_OF_RANGE;
  *UsageValue = static_cast<LONG>(scale.physical_min + static_cast<int64_t>(static_cast<__int128>(value - scale.logical_min) *
                                                                            (scale.physical_max - scale.physical_min) /
                                                                            (scale.logical_max - scale.logical_min)));
  return HIDP_STATUS_SUCCESS;
}

NTSTATUS NTAPI HidP_SetScaledUsageValue(HIDP_REPORT_TYPE ReportType, USAGE UsagePage, USHORT LinkCollection, USAGE Usage, LONG UsageValue,
                                        PHIDP_PREPARSED_DATA PreparsedData, PCHAR Report, ULONG ReportLength) {
  Context context(ReportType, PreparsedData, Report, ReportLength);
  PreparsedField field;
  if (NTSTATUS status = FindValue(context, UsagePage, LinkCollection, Usage, true, &field); !NT_SUCCESS(status)) return status;
  const Scale scale(field);
  if (!scale.good()) return HIDP_STATUS_BAD_LOG_PHY_VALUES;
  if (UsageValue < scale.physical_min || UsageValue > scale.physical_max) return HIDP_STATUS_VALUE_OUT_OF_RANGE;
  const auto value = scale.logical_min + static_cast<int64_t>(static_cast<__int128>(UsageValue - scale.physical_min) *
                                                              (scale.logical_max - scale.logical_min) /
                                                              (scale.physical_max - scale.physical_min));
  context.Set(field, 0, static_cast<ULONG>(value));
  return HIDP_STATUS_SUCCESS;
}

NTSTATUS NTAPI HidP_GetUsageValueArray(HIDP_REPORT_TYPE ReportType, USAGE UsagePage, USHORT LinkCollection, USAGE Usage, PCHAR UsageValue,
                                       USHORT UsageValueByteLength, PHIDP_PREPARSED_DATA PreparsedData, PCHAR Report, ULONG ReportLength) {
  Context context(ReportType, PreparsedData, Report, ReportLength);
  PreparsedField field;
  uint64_t bits;
  const NTSTATUS status = FindArray(context, UsagePage, LinkCollection, Usage, false, UsageValueByteLength, &field, &bits);
  if (!NT_SUCCESS(status)) return status;
  std::memset(UsageValue, 0, UsageValueByteLength);
  for (uint64_t i = 0; i < bits; ++i) PutBit(UsageValue, i, BitOf(context.report, field.bit + i));
  return HIDP_STATUS_SUCCESS;
}

NTSTATUS NTAPI HidP_SetUsageValueArray(HIDP_REPORT_TYPE ReportType, USAGE UsagePage, USHORT LinkCollection, USAGE Usage, PCHAR UsageValue,
                                       USHORT UsageValueByteLength, PHIDP_PREPARSED_DATA PreparsedData, PCHAR Report, ULONG ReportLength) {
  Context context(ReportType, PreparsedData, Report, ReportLength);
  PreparsedField field;
  uint64_t bits;
  const NTSTATUS status = FindArray(context, UsagePage, LinkCollection, Usage, true, UsageValueByteLength, &field, &bits);
  if (!NT_SUCCESS(status)) return status;
  for (uint64_t i = 0; i < bits; ++i) PutBit(context.report, field.bit + i, BitOf(UsageValue, i));
  return HIDP_STATUS_SUCCESS;
}

ULONG NTAPI HidP_MaxDataListLength(HIDP_REPORT_TYPE ReportType, PHIDP_PREPARSED_DATA PreparsedData) {
  const auto data = Look(PreparsedData);
  if (!data || static_cast<unsigned>(ReportType) > HidP_Feature) return 0;
  ULONG most = HidP_MaxUsageListLength(ReportType, 0, PreparsedData);
  for (const PreparsedField& field : data->fields) {
    if (field.report_type == ReportType && !field.is_button && field.count == 1) most += field.usage_max - field.usage_min + 1u;
  }
  return most;
}

NTSTATUS NTAPI HidP_GetData(HIDP_REPORT_TYPE ReportType, PHIDP_DATA DataList, PULONG DataLength, PHIDP_PREPARSED_DATA PreparsedData,
                            PCHAR Report, ULONG ReportLength) {
  const Context context(ReportType, PreparsedData, Report, ReportLength);
  if (NTSTATUS status = context.Check(); !NT_SUCCESS(status)) return status;
  const ULONG room = *DataLength;
  ULONG count = 0;
  const auto add = [&](size_t index) {
    if (count < room) DataList[count] = {static_cast<USHORT>(index), 0, {0}};
    return count++ < room ? &DataList[count - 1] : nullptr;
  };
  ForEachPressed(context, 0, HIDP_LINK_COLLECTION_UNSPECIFIED, [&](const PreparsedField& field, USAGE usage) {
    if (HIDP_DATA* data = add(field.data_index_min + static_cast<size_t>(usage - field.usage_min))) data->On = TRUE;
  });
  for (const PreparsedField& field : context.data->fields) {
    if (field.report_type != ReportType || field.report_id != context.report[0] || field.is_button || field.count != 1) continue;
    for (ULONG i = 0; i <= static_cast<ULONG>(field.usage_max - field.usage_min); ++i)
      if (HIDP_DATA* data = add(field.data_index_min + size_t{i})) data->RawValue = context.Get(field, i);
  }
  *DataLength = count;
  return count > room ? HIDP_STATUS_BUFFER_TOO_SMALL : HIDP_STATUS_SUCCESS;
}

NTSTATUS NTAPI HidP_SetData(HIDP_REPORT_TYPE ReportType, PHIDP_DATA DataList, PULONG DataLength, PHIDP_PREPARSED_DATA PreparsedData,
                            PCHAR Report, ULONG ReportLength) {
  Context context(ReportType, PreparsedData, Report, ReportLength);
  if (NTSTATUS status = context.Check(); !NT_SUCCESS(status)) return status;
  for (ULONG i = 0; i < *DataLength; ++i) {
    NTSTATUS status = DataList[i].DataIndex >= context.data->header->data_indices[ReportType] ? HIDP_STATUS_DATA_INDEX_OUT_OF_RANGE
                                                                                              : HIDP_STATUS_DATA_INDEX_NOT_FOUND;
    for (const PreparsedField& field : context.data->fields) {
      const USHORT index = DataList[i].DataIndex;
      if (field.report_type != ReportType || index < field.data_index_min || index > field.data_index_max) continue;
      const auto offset = static_cast<USHORT>(index - field.data_index_min);
      if (!TakesId(context, field)) {
        status = HIDP_STATUS_INCOMPATIBLE_REPORT_ID;
      } else if (!field.is_button) {
        status = field.count == 1 ? HIDP_STATUS_SUCCESS : HIDP_STATUS_IS_VALUE_ARRAY;
        if (field.count == 1) context.Set(field, offset, DataList[i].RawValue);
      } else {
        const auto usage = static_cast<USAGE>(field.usage_min + offset);
        status = DataList[i].On ? Press(context, field, usage) : Release(context, field, usage);
      }
      break;
    }
    if (!NT_SUCCESS(status)) {
      *DataLength = i;
      return status;
    }
  }
  return HIDP_STATUS_SUCCESS;
}

NTSTATUS NTAPI HidP_UsageListDifference(PUSAGE PreviousUsageList, PUSAGE CurrentUsageList, PUSAGE BreakUsageList, PUSAGE MakeUsageList,
                                        ULONG UsageListLength) {
  return Difference<USAGE>(
      PreviousUsageList, CurrentUsageList, BreakUsageList, MakeUsageList, UsageListLength,
      [](const USAGE& a, const USAGE& b) { return a == b; }, [](const USAGE& usage) { return usage == 0; });
}

NTSTATUS NTAPI HidP_UsageAndPageListDifference(PUSAGE_AND_PAGE PreviousUsageList, PUSAGE_AND_PAGE CurrentUsageList,
                                               PUSAGE_AND_PAGE BreakUsageList, PUSAGE_AND_PAGE MakeUsageList, ULONG UsageListLength) {
  return Difference<USAGE_AND_PAGE>(
      PreviousUsageList, CurrentUsageList, BreakUsageList, MakeUsageList, UsageListLength,
      [](const USAGE_AND_PAGE& a, const USAGE_AND_PAGE& b) { return a.Usage == b.Usage && a.UsagePage == b.UsagePage; },
      [](const USAGE_AND_PAGE& usage) { return usage.Usage == 0; });
}

}  // extern "C"
