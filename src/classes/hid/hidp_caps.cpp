// The parser's functions about capabilities and about descriptors (hidpi.h, hidpddi.h). No state; any level but for HidP_GetCollectionDescription.
#include <cstring>

#include <ntddk.h>

#include <hidpddi.h>

#include "classes/hid/preparsed.h"

namespace {

using namespace drydock::classes::hid;

constexpr ULONG kTag = 'PdiH';

bool SameCollection(USHORT wanted, USHORT is) {
  if (wanted == HIDP_LINK_COLLECTION_UNSPECIFIED) return true;
  return wanted == HIDP_LINK_COLLECTION_ROOT ? is == 0 : is == wanted;
}

void Common(const Preparsed& data, const PreparsedField& field, HIDP_BUTTON_CAPS* caps) {
  caps->ReportCount = field.count;
  (void)data;
}
void Common(const Preparsed&, const PreparsedField& field, HIDP_VALUE_CAPS* caps) {
  caps->HasNull = field.has_null;
  caps->BitSize = field.bit_size;
  caps->ReportCount = field.count;
  caps->UnitsExp = field.unit_exponent;
  caps->Units = field.unit;
  caps->LogicalMin = field.logical_min;
  caps->LogicalMax = field.logical_max;
  caps->PhysicalMin = field.physical_min;
  caps->PhysicalMax = field.physical_max;
}

template <class Caps>
void Describe(const Preparsed& data, const PreparsedField& field, Caps* caps) {
  *caps = {};
  caps->UsagePage = field.page;
  caps->ReportID = field.report_id;
  caps->IsAlias = field.is_alias;
  caps->BitField = field.flags;
  caps->LinkCollection = field.collection;
  caps->LinkUsage = data.nodes[field.collection].usage;
  caps->LinkUsagePage = data.nodes[field.collection].page;
  caps->IsRange = field.is_range;
  caps->IsStringRange = field.string_min != field.string_max;
  caps->IsDesignatorRange = field.designator_min != field.designator_max;
  caps->IsAbsolute = field.is_absolute;
  Common(data, field, caps);
  caps->Range.UsageMin = field.usage_min;
  caps->Range.UsageMax = field.usage_max;
  caps->Range.StringMin = field.string_min;
  caps->Range.StringMax = field.string_max;
  caps->Range.DesignatorMin = field.designator_min;
  caps->Range.DesignatorMax = field.designator_max;
  caps->Range.DataIndexMin = field.data_index_min;
  caps->Range.DataIndexMax = field.data_index_max;
}

template <class Caps>
NTSTATUS GetCaps(HIDP_REPORT_TYPE type, bool buttons, USAGE page, USHORT collection, USAGE usage, Caps* caps, PUSHORT length,
                 PHIDP_PREPARSED_DATA preparsed) {
  const auto data = Look(preparsed);
  if (!data) return HIDP_STATUS_INVALID_PREPARSED_DATA;
  if (static_cast<unsigned>(type) > HidP_Feature) return HIDP_STATUS_INVALID_REPORT_TYPE;
  USHORT found = 0;
  const USHORT room = *length;
  for (const PreparsedField& field : data->fields) {
    if (field.report_type != type || (field.is_button != 0) != buttons) continue;
    if ((page != 0 && field.page != page) || !SameCollection(collection, field.collection)) continue;
    if (usage != 0 && (usage < field.usage_min || usage > field.usage_max)) continue;
    if (found < room) Describe(*data, field, &caps[found]);
    ++found;
  }
  *length = found;
  if (found == 0) return HIDP_STATUS_USAGE_NOT_FOUND;
  return found > room ? HIDP_STATUS_BUFFER_TOO_SMALL : HIDP_STATUS_SUCCESS;
}

}  // namespace

extern "C" {

NTSTATUS NTAPI HidP_GetCaps(PHIDP_PREPARSED_DATA PreparsedData, PHIDP_CAPS Capabilities) {
  const auto data = Look(PreparsedData);
  if (!data) return HIDP_STATUS_INVALID_PREPARSED_DATA;
  HIDP_CAPS caps = {};
  caps.Usage = data->header->usage;
  caps.UsagePage = data->header->page;
  caps.InputReportByteLength = data->header->report_bytes[HidP_Input];
  caps.OutputReportByteLength = data->header->report_bytes[HidP_Output];
  caps.FeatureReportByteLength = data->header->report_bytes[HidP_Feature];
  caps.NumberLinkCollectionNodes = data->header->nodes;
  caps.NumberInputButtonCaps = data->CapsOf(HidP_Input, true);
  caps.NumberInputValueCaps = data->CapsOf(HidP_Input, false);
  caps.NumberInputDataIndices = data->header->data_indices[HidP_Input];
  caps.NumberOutputButtonCaps = data->CapsOf(HidP_Output, true);
  caps.NumberOutputValueCaps = data->CapsOf(HidP_Output, false);
  caps.NumberOutputDataIndices = data->header->data_indices[HidP_Output];
  caps.NumberFeatureButtonCaps = data->CapsOf(HidP_Feature, true);
  caps.NumberFeatureValueCaps = data->CapsOf(HidP_Feature, false);
  caps.NumberFeatureDataIndices = data->header->data_indices[HidP_Feature];
  *Capabilities = caps;
  return HIDP_STATUS_SUCCESS;
}

NTSTATUS NTAPI HidP_GetLinkCollectionNodes(PHIDP_LINK_COLLECTION_NODE LinkCollectionNodes, PULONG LinkCollectionNodesLength,
                                           PHIDP_PREPARSED_DATA PreparsedData) {
  const auto data = Look(PreparsedData);
  if (!data) return HIDP_STATUS_INVALID_PREPARSED_DATA;
  const ULONG room = *LinkCollectionNodesLength;
  *LinkCollectionNodesLength = data->header->nodes;
  if (room < data->nodes.size()) return HIDP_STATUS_BUFFER_TOO_SMALL;
  for (const PreparsedNode& node : data->nodes) {
    *LinkCollectionNodes = {};
    LinkCollectionNodes->LinkUsage = node.usage;
    LinkCollectionNodes->LinkUsagePage = node.page;
    LinkCollectionNodes->Parent = node.parent;
    LinkCollectionNodes->NumberOfChildren = node.children;
    LinkCollectionNodes->NextSibling = node.next_sibling;
    LinkCollectionNodes->FirstChild = node.first_child;
    LinkCollectionNodes->CollectionType = node.type;
    LinkCollectionNodes->IsAlias = node.is_alias;
    ++LinkCollectionNodes;
  }
  return HIDP_STATUS_SUCCESS;
}

NTSTATUS NTAPI HidP_GetSpecificButtonCaps(HIDP_REPORT_TYPE ReportType, USAGE UsagePage, USHORT LinkCollection, USAGE Usage,
                                          PHIDP_BUTTON_CAPS ButtonCaps, PUSHORT ButtonCapsLength, PHIDP_PREPARSED_DATA PreparsedData) {
  return GetCaps(ReportType, true, UsagePage, LinkCollection, Usage, ButtonCaps, ButtonCapsLength, PreparsedData);
}
NTSTATUS NTAPI HidP_GetButtonCaps(HIDP_REPORT_TYPE ReportType, PHIDP_BUTTON_CAPS ButtonCaps, PUSHORT ButtonCapsLength,
                                  PHIDP_PREPARSED_DATA PreparsedData) {
  return GetCaps(ReportType, true, 0, 0, 0, ButtonCaps, ButtonCapsLength, PreparsedData);
}
NTSTATUS NTAPI HidP_GetSpecificValueCaps(HIDP_REPORT_TYPE ReportType, USAGE UsagePage, USHORT LinkCollection, USAGE Usage,
                                         PHIDP_VALUE_CAPS ValueCaps, PUSHORT ValueCapsLength, PHIDP_PREPARSED_DATA PreparsedData) {
  return GetCaps(ReportType, false, UsagePage, LinkCollection, Usage, ValueCaps, ValueCapsLength, PreparsedData);
}
NTSTATUS NTAPI HidP_GetValueCaps(HIDP_REPORT_TYPE ReportType, PHIDP_VALUE_CAPS ValueCaps, PUSHORT ValueCapsLength,
                                 PHIDP_PREPARSED_DATA PreparsedData) {
  return GetCaps(ReportType, false, 0, 0, 0, ValueCaps, ValueCapsLength, PreparsedData);
}

// No item that the parser does not know is kept: there are never unknown tokens.
NTSTATUS NTAPI HidP_GetExtendedAttributes(HIDP_REPORT_TYPE ReportType, USHORT DataIndex, PHIDP_PREPARSED_DATA PreparsedData,
                                          PHIDP_EXTENDED_ATTRIBUTES Attributes, PULONG LengthAttributes) {
  const auto data = Look(PreparsedData);
  if (!data) return HIDP_STATUS_INVALID_PREPARSED_DATA;
  if (static_cast<unsigned>(ReportType) > HidP_Feature) return HIDP_STATUS_INVALID_REPORT_TYPE;
  if (DataIndex >= data->header->data_indices[ReportType]) return HIDP_STATUS_DATA_INDEX_NOT_FOUND;
  const ULONG room = *LengthAttributes;
  *LengthAttributes = sizeof *Attributes;
  if (room < sizeof *Attributes) return HIDP_STATUS_BUFFER_TOO_SMALL;
  *Attributes = {};
  return HIDP_STATUS_SUCCESS;
}

NTSTATUS NTAPI HidP_GetCollectionDescription(PHIDP_REPORT_DESCRIPTOR ReportDesc, ULONG DescLength, HIDP_POOL_TYPE PoolType,
                                             PHIDP_DEVICE_DESC DeviceDescription) {
  *DeviceDescription = {};
  if (ReportDesc == nullptr || DescLength == 0) return STATUS_NO_DATA_DETECTED;
  const auto reports = ParseCollections({ReportDesc, DescLength});
  if (!reports) {
    DeviceDescription->Dbg.ErrorCode = HIDP_GETCOLDESC_INVALID_MAIN_ITEM;
    return STATUS_COULD_NOT_INTERPRET;
  }
  const POOL_FLAGS pool = PoolType == PagedPool ? POOL_FLAG_PAGED : POOL_FLAG_NON_PAGED;
  ULONG ids = 0;
  const auto has = [](const PreparsedHeader& header, unsigned id) {
    return ((header.ids[0][id / 32] | header.ids[1][id / 32] | header.ids[2][id / 32]) >> (id % 32) & 1) != 0;
  };
  for (const auto& collection : reports->collections)
    for (unsigned id = 0; id < 256; ++id) ids += has(collection.header(), id);
  const size_t count = reports->collections.size();
  auto* descriptions = static_cast<PHIDP_COLLECTION_DESC>(ExAllocatePool2(pool, count * sizeof(HIDP_COLLECTION_DESC), kTag));
  auto* report_ids = static_cast<PHIDP_REPORT_IDS>(ExAllocatePool2(pool, (ids + 1) * sizeof(HIDP_REPORT_IDS), kTag));
  DeviceDescription->CollectionDesc = descriptions;
  DeviceDescription->CollectionDescLength = descriptions == nullptr ? 0 : static_cast<ULONG>(count);
  DeviceDescription->ReportIDs = report_ids;
  DeviceDescription->ReportIDsLength = ids;
  bool enough = descriptions != nullptr && report_ids != nullptr;
  for (size_t i = 0; i < count && enough; ++i) {
    const std::vector<uint8_t>& bytes = reports->collections[i].preparsed;
    const PreparsedHeader& header = reports->collections[i].header();
    HIDP_COLLECTION_DESC& description = descriptions[i];
    description.UsagePage = header.page;
    description.Usage = header.usage;
    description.CollectionNumber = header.collection_number;
    description.InputLength = header.report_bytes[HidP_Input];
    description.OutputLength = header.report_bytes[HidP_Output];
    description.FeatureLength = header.report_bytes[HidP_Feature];
    description.PreparsedDataLength = static_cast<USHORT>(bytes.size());
    description.PreparsedData = static_cast<PHIDP_PREPARSED_DATA>(ExAllocatePool2(pool, bytes.size(), kTag));
    enough = description.PreparsedData != nullptr;
    if (enough) std::memcpy(static_cast<void*>(description.PreparsedData), bytes.data(), bytes.size());
    for (unsigned id = 0; id < 256; ++id) {
      if (!has(header, id)) continue;
      const auto bytes_of = [&](ReportType type) { return static_cast<USHORT>(reports->layout.BytesOf(type, static_cast<uint8_t>(id))); };
      *report_ids++ = {static_cast<UCHAR>(id), header.collection_number, bytes_of(ReportType::kInput), bytes_of(ReportType::kOutput),
                       bytes_of(ReportType::kFeature)};
    }
  }
  if (enough) return STATUS_SUCCESS;
  HidP_FreeCollectionDescription(DeviceDescription);
  DeviceDescription->Dbg.ErrorCode = HIDP_GETCOLDESC_RESOURCES;
  return STATUS_INSUFFICIENT_RESOURCES;
}

VOID NTAPI HidP_FreeCollectionDescription(PHIDP_DEVICE_DESC DeviceDescription) {
  for (ULONG i = 0; i < DeviceDescription->CollectionDescLength; ++i) {
    if (auto* preparsed = DeviceDescription->CollectionDesc[i].PreparsedData) ExFreePoolWithTag(preparsed, kTag);
  }
  if (DeviceDescription->CollectionDesc != nullptr) ExFreePoolWithTag(DeviceDescription->CollectionDesc, kTag);
  if (DeviceDescription->ReportIDs != nullptr) ExFreePoolWithTag(DeviceDescription->ReportIDs, kTag);
  *DeviceDescription = {};
}

}  // extern "C"
