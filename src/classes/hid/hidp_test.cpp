// The parser: collections, capabilities, reports, keys.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include <ntddk.h>

#include <hidpi.h>

#include "classes/hid/preparsed.h"

namespace drydock::classes::hid {
namespace {

// A mouse of report 1 (five buttons, three bits of padding, X and Y signed, wheel), lights as features in report 2.
const std::vector<uint8_t> kMouse = {
    0x05, 0x01, 0x09, 0x02, 0xA1, 0x01, 0x09, 0x01, 0xA1, 0x00, 0x85, 0x01,                                      // mouse, pointer, report 1
    0x05, 0x09, 0x19, 0x01, 0x29, 0x05, 0x15, 0x00, 0x25, 0x01, 0x95, 0x05, 0x75, 0x01, 0x81, 0x02,              // buttons
    0x95, 0x01, 0x75, 0x03, 0x81, 0x03,                                                                          // padding
    0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x09, 0x38, 0x15, 0x81, 0x25, 0x7F, 0x75, 0x08, 0x95, 0x03, 0x81, 0x06,  // X, Y, wheel
    0xC0, 0x85, 0x02, 0x06, 0x00, 0xFF, 0x09, 0x02, 0x09, 0x03, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x02, 0xB1, 0x02, 0x75, 0x06,
    0x95, 0x01, 0xB1, 0x03, 0xC0};

// A keyboard without ids: eight modifiers, a byte, six slots; three LEDs out. Then consumer control's twelve-bit array, another collection.
const std::vector<uint8_t> kKeyboard = {0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x85, 0x03, 0x05, 0x07, 0x19, 0xE0, 0x29, 0xE7, 0x15, 0x00, 0x25,
                                        0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x03, 0x95, 0x06, 0x75, 0x08,
                                        0x15, 0x00, 0x25, 0x65, 0x05, 0x07, 0x19, 0x00, 0x29, 0x65, 0x81, 0x00, 0x05, 0x08, 0x19, 0x01, 0x29,
                                        0x03, 0x15, 0x00, 0x25, 0x01, 0x95, 0x03, 0x75, 0x01, 0x91, 0x02, 0x95, 0x01, 0x75, 0x05, 0x91, 0x03, 0xC0,
                                        0x05, 0x0C, 0x09, 0x01, 0xA1, 0x01, 0x85, 0x04, 0x19, 0x00, 0x2A, 0xFF, 0x03, 0x15, 0x00, 0x26, 0xFF, 0x03,
                                        0x75, 0x0C, 0x95, 0x02, 0x81, 0x00, 0xC0};

// Without ids: a hat with a null state and degrees, an array of four bytes, a nibble each for Z and Rz as a range.
const std::vector<uint8_t> kPad = {0x05, 0x01, 0x09, 0x05, 0xA1, 0x01, 0x09, 0x39, 0x15, 0x00, 0x25, 0x07, 0x35, 0x00, 0x46, 0x3B,
                                   0x01, 0x65, 0x14, 0x75, 0x04, 0x95, 0x01, 0x81, 0x42, 0x75, 0x04, 0x95, 0x01, 0x81, 0x03, 0x35,
                                   0x00, 0x45, 0x00, 0x65, 0x00, 0x19, 0x34, 0x29, 0x35, 0x25, 0x0F, 0x75, 0x04, 0x95, 0x02, 0x81,
                                   0x02, 0x06, 0x01, 0xFF, 0x09, 0x20, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, 0x04, 0x81, 0x02, 0xC0};

struct Parsed {
  explicit Parsed(const std::vector<uint8_t>& descriptor) : reports(ParseCollections(descriptor)) {}
  PHIDP_PREPARSED_DATA operator[](size_t i) { return reinterpret_cast<PHIDP_PREPARSED_DATA>(reports->collections[i].preparsed.data()); }
  std::optional<DeviceReports> reports;
};

char* Chars(std::vector<uint8_t>& report) { return reinterpret_cast<char*>(report.data()); }

TEST(HidParser, ACollectionTellsItsCapabilities) {
  Parsed mouse(kMouse);
  ASSERT_TRUE(mouse.reports);
  ASSERT_EQ(mouse.reports->collections.size(), 1u);
  HIDP_CAPS caps;
  ASSERT_EQ(HidP_GetCaps(mouse[0], &caps), HIDP_STATUS_SUCCESS);
  EXPECT_EQ(caps.Usage, HID_USAGE_GENERIC_MOUSE);
  EXPECT_EQ(caps.InputReportByteLength, 5);
  EXPECT_EQ(caps.OutputReportByteLength, 0);
  EXPECT_EQ(caps.FeatureReportByteLength, 2);
  EXPECT_EQ(caps.NumberLinkCollectionNodes, 2);
  EXPECT_EQ(caps.NumberInputButtonCaps, 1);
  EXPECT_EQ(caps.NumberInputValueCaps, 3);
  EXPECT_EQ(caps.NumberInputDataIndices, 8);
  EXPECT_EQ(caps.NumberFeatureButtonCaps, 2);

  HIDP_BUTTON_CAPS button;
  USHORT one = 1;
  ASSERT_EQ(HidP_GetButtonCaps(HidP_Input, &button, &one, mouse[0]), HIDP_STATUS_SUCCESS);
  EXPECT_TRUE(button.IsRange);
  EXPECT_EQ(button.Range.UsageMax, 5);
  EXPECT_EQ(button.ReportID, 1);
  EXPECT_EQ(button.LinkCollection, 1);
  EXPECT_EQ(button.LinkUsage, HID_USAGE_GENERIC_POINTER);
  HIDP_VALUE_CAPS value;
  one = 1;
  ASSERT_EQ(HidP_GetSpecificValueCaps(HidP_Input, HID_USAGE_PAGE_GENERIC, 0, HID_USAGE_GENERIC_WHEEL, &value, &one, mouse[0]), HIDP_STATUS_SUCCESS);
  EXPECT_EQ(value.NotRange.Usage, HID_USAGE_GENERIC_WHEEL);
  EXPECT_FALSE(value.IsAbsolute);
  EXPECT_EQ(value.LogicalMin, -127);
  EXPECT_EQ(value.LogicalMax, 127);
  EXPECT_EQ(value.BitSize, 8);
  one = 1;
  EXPECT_EQ(HidP_GetValueCaps(HidP_Input, &value, &one, mouse[0]), HIDP_STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(one, 3);
  EXPECT_EQ(HidP_GetSpecificValueCaps(HidP_Input, HID_USAGE_PAGE_GENERIC, 0, HID_USAGE_GENERIC_RZ, &value, &one, mouse[0]),
            HIDP_STATUS_USAGE_NOT_FOUND);
  HIDP_LINK_COLLECTION_NODE nodes[2];
  ULONG length = 2;
  ASSERT_EQ(HidP_GetLinkCollectionNodes(nodes, &length, mouse[0]), HIDP_STATUS_SUCCESS);
  EXPECT_EQ(nodes[0].NumberOfChildren, 1);
  EXPECT_EQ(nodes[0].FirstChild, 1);
  EXPECT_EQ(nodes[0].CollectionType, 1);  // application
  EXPECT_EQ(nodes[1].Parent, 0);
}

TEST(HidParser, ButtonsAndValuesAreReadFromTheReportThatHasThem) {
  Parsed mouse(kMouse);
  std::vector<uint8_t> report = {1, 0x15, 0xFE, 0x05, 0x81};
  USAGE usages[5];
  ULONG count = 5;
  ASSERT_EQ(HidP_GetUsages(HidP_Input, HID_USAGE_PAGE_BUTTON, 0, usages, &count, mouse[0], Chars(report), 5), HIDP_STATUS_SUCCESS);
  ASSERT_EQ(count, 3u);
  EXPECT_EQ(std::vector<USAGE>(usages, usages + 3), (std::vector<USAGE>{1, 3, 5}));
  count = 2;
  EXPECT_EQ(HidP_GetUsages(HidP_Input, HID_USAGE_PAGE_BUTTON, 0, usages, &count, mouse[0], Chars(report), 5), HIDP_STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(count, 3u);
  ULONG raw = 0;
  ASSERT_EQ(HidP_GetUsageValue(HidP_Input, HID_USAGE_PAGE_GENERIC, 0, HID_USAGE_GENERIC_X, &raw, mouse[0], Chars(report), 5), HIDP_STATUS_SUCCESS);
  EXPECT_EQ(raw, 0xFEu);
  LONG scaled = 0;
  ASSERT_EQ(HidP_GetScaledUsageValue(HidP_Input, HID_USAGE_PAGE_GENERIC, 0, HID_USAGE_GENERIC_X, &scaled, mouse[0], Chars(report), 5),
            HIDP_STATUS_SUCCESS);
  EXPECT_EQ(scaled, -2);
  report[0] = 2;
  EXPECT_EQ(HidP_GetUsageValue(HidP_Input, HID_USAGE_PAGE_GENERIC, 0, HID_USAGE_GENERIC_X, &raw, mouse[0], Chars(report), 5),
            HIDP_STATUS_INCOMPATIBLE_REPORT_ID);
  EXPECT_EQ(HidP_GetUsageValue(HidP_Input, HID_USAGE_PAGE_GENERIC, 0, HID_USAGE_GENERIC_X, &raw, mouse[0], Chars(report), 4),
            HIDP_STATUS_INVALID_REPORT_LENGTH);
  EXPECT_EQ(HidP_MaxUsageListLength(HidP_Input, HID_USAGE_PAGE_BUTTON, mouse[0]), 5u);
  EXPECT_EQ(HidP_MaxDataListLength(HidP_Input, mouse[0]), 8u);
}

TEST(HidParser, AUsageThatIsSetGivesTheReportItsId) {
  Parsed mouse(kMouse);
  std::vector<uint8_t> report(2);
  USAGE light = 3;
  ULONG count = 1;
  ASSERT_EQ(HidP_SetUsages(HidP_Feature, 0xFF00, 0, &light, &count, mouse[0], Chars(report), 2), HIDP_STATUS_SUCCESS);
  EXPECT_EQ(report, (std::vector<uint8_t>{2, 2}));
  USAGE other = 2;
  EXPECT_EQ(HidP_UnsetUsages(HidP_Feature, 0xFF00, 0, &other, &count, mouse[0], Chars(report), 2), HIDP_STATUS_BUTTON_NOT_PRESSED);
  EXPECT_EQ(count, 0u);
  count = 1;
  EXPECT_EQ(HidP_UnsetUsages(HidP_Feature, 0xFF00, 0, &light, &count, mouse[0], Chars(report), 2), HIDP_STATUS_SUCCESS);
  EXPECT_EQ(report[1], 0);
  USAGE unknown = 9;
  EXPECT_EQ(HidP_SetUsages(HidP_Feature, 0xFF00, 0, &unknown, &count, mouse[0], Chars(report), 2), HIDP_STATUS_USAGE_NOT_FOUND);
}

TEST(HidParser, ArraysHaveASlotForEachPressedKey) {
  Parsed keyboard(kKeyboard);
  ASSERT_TRUE(keyboard.reports);
  ASSERT_EQ(keyboard.reports->collections.size(), 2u);
  std::vector<uint8_t> report = {3, 0x02, 0, 0x04, 0x1D, 0, 0, 0, 0};
  USAGE_AND_PAGE keys[14];
  ULONG count = 14;
  ASSERT_EQ(HidP_GetUsagesEx(HidP_Input, 0, keys, &count, keyboard[0], Chars(report), 9), HIDP_STATUS_SUCCESS);
  ASSERT_EQ(count, 3u);
  EXPECT_EQ(keys[0].Usage, HID_USAGE_KEYBOARD_LSHFT);
  EXPECT_EQ(keys[1].Usage, 0x04);
  EXPECT_EQ(keys[2].UsagePage, HID_USAGE_PAGE_KEYBOARD);
  EXPECT_EQ(HidP_MaxUsageListLength(HidP_Input, 0, keyboard[0]), 14u);
  USAGE more[] = {5, 6, 7, 8, 9};
  count = 5;
  EXPECT_EQ(HidP_SetUsages(HidP_Input, HID_USAGE_PAGE_KEYBOARD, 0, more, &count, keyboard[0], Chars(report), 9), HIDP_STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(count, 4u);
  EXPECT_EQ(report, (std::vector<uint8_t>{3, 2, 0, 4, 0x1D, 5, 6, 7, 8}));
  count = 1;
  EXPECT_EQ(HidP_UnsetUsages(HidP_Input, HID_USAGE_PAGE_KEYBOARD, 0, more, &count, keyboard[0], Chars(report), 9), HIDP_STATUS_SUCCESS);
  EXPECT_EQ(report[5], 0);
  // The second collection: 0xE9 and 0x3FF in slots of twelve bits.
  std::vector<uint8_t> consumer = {4, 0xE9, 0xF0, 0x3F};
  USAGE usages[2];
  count = 2;
  ASSERT_EQ(HidP_GetUsages(HidP_Input, HID_USAGE_PAGE_CONSUMER, 0, usages, &count, keyboard[1], Chars(consumer), 4), HIDP_STATUS_SUCCESS);
  ASSERT_EQ(count, 2u);
  EXPECT_EQ(usages[0], 0xE9);
  EXPECT_EQ(usages[1], 0x3FF);
}

TEST(HidParser, ValuesScaleAndMayBeNull) {
  Parsed pad(kPad);
  ASSERT_TRUE(pad.reports);
  std::vector<uint8_t> report(7);
  ASSERT_EQ(HidP_InitializeReportForID(HidP_Input, 0, pad[0], Chars(report), 7), HIDP_STATUS_SUCCESS);
  EXPECT_EQ(report[1] & 0x0F, 0x0F) << "null is outside of the logical range";
  EXPECT_EQ(HidP_InitializeReportForID(HidP_Input, 5, pad[0], Chars(report), 7), HIDP_STATUS_REPORT_DOES_NOT_EXIST);
  LONG degrees = -1;
  EXPECT_EQ(HidP_GetScaledUsageValue(HidP_Input, 1, 0, HID_USAGE_GENERIC_HATSWITCH, &degrees, pad[0], Chars(report), 7), HIDP_STATUS_NULL);
  ASSERT_EQ(HidP_SetScaledUsageValue(HidP_Input, 1, 0, HID_USAGE_GENERIC_HATSWITCH, 90, pad[0], Chars(report), 7), HIDP_STATUS_SUCCESS);
  EXPECT_EQ(report[1] & 0x0F, 2);
  EXPECT_EQ(HidP_SetScaledUsageValue(HidP_Input, 1, 0, HID_USAGE_GENERIC_HATSWITCH, 316, pad[0], Chars(report), 7), HIDP_STATUS_VALUE_OUT_OF_RANGE);
  ASSERT_EQ(HidP_SetUsageValue(HidP_Input, 1, 0, HID_USAGE_GENERIC_RY + 1, 0xA, pad[0], Chars(report), 7), HIDP_STATUS_SUCCESS);
  EXPECT_EQ(report[2], 0xA0) << "the second of a range";
  char bytes[4] = {1, 2, 3, 4};
  ASSERT_EQ(HidP_SetUsageValueArray(HidP_Input, 0xFF01, 0, 0x20, bytes, 4, pad[0], Chars(report), 7), HIDP_STATUS_SUCCESS);
  EXPECT_EQ(std::vector<uint8_t>(report.begin() + 3, report.end()), (std::vector<uint8_t>{1, 2, 3, 4}));
  char back[4] = {};
  ASSERT_EQ(HidP_GetUsageValueArray(HidP_Input, 0xFF01, 0, 0x20, back, 4, pad[0], Chars(report), 7), HIDP_STATUS_SUCCESS);
  EXPECT_EQ(std::memcmp(bytes, back, 4), 0);
  EXPECT_EQ(HidP_GetUsageValueArray(HidP_Input, 0xFF01, 0, 0x20, back, 3, pad[0], Chars(report), 7), HIDP_STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(HidP_GetUsageValueArray(HidP_Input, 1, 0, HID_USAGE_GENERIC_HATSWITCH, back, 4, pad[0], Chars(report), 7),
            HIDP_STATUS_NOT_VALUE_ARRAY);
}

TEST(HidParser, DataGoesByIndices) {
  Parsed mouse(kMouse);
  std::vector<uint8_t> report = {1, 0x02, 7, 0, 0};
  HIDP_DATA data[8];
  ULONG count = 8;
  ASSERT_EQ(HidP_GetData(HidP_Input, data, &count, mouse[0], Chars(report), 5), HIDP_STATUS_SUCCESS);
  ASSERT_EQ(count, 4u);
  EXPECT_EQ(data[0].DataIndex, 1);
  EXPECT_TRUE(data[0].On);
  EXPECT_EQ(data[1].DataIndex, 5);
  EXPECT_EQ(data[1].RawValue, 7u);
  HIDP_DATA wheel = {7, 0, {0x81}};
  count = 1;
  ASSERT_EQ(HidP_SetData(HidP_Input, &wheel, &count, mouse[0], Chars(report), 5), HIDP_STATUS_SUCCESS);
  EXPECT_EQ(report[4], 0x81);
  HIDP_DATA beyond = {8, 0, {0}};
  EXPECT_EQ(HidP_SetData(HidP_Input, &beyond, &count, mouse[0], Chars(report), 5), HIDP_STATUS_DATA_INDEX_OUT_OF_RANGE);
}

TEST(HidParser, BytesThatAreNoPreparsedDataAreRefused) {
  Parsed mouse(kMouse);
  std::vector<uint8_t> bytes = mouse.reports->collections[0].preparsed;
  HIDP_CAPS caps;
  EXPECT_EQ(HidP_GetCaps(reinterpret_cast<PHIDP_PREPARSED_DATA>(bytes.data()), &caps), HIDP_STATUS_SUCCESS) << "a copy is as good";
  bytes[4] ^= 1;
  EXPECT_EQ(HidP_GetCaps(reinterpret_cast<PHIDP_PREPARSED_DATA>(bytes.data()), &caps), HIDP_STATUS_INVALID_PREPARSED_DATA);
  EXPECT_EQ(HidP_GetCaps(nullptr, &caps), HIDP_STATUS_INVALID_PREPARSED_DATA);
}

BOOLEAN NTAPI Keep(PVOID context, PCHAR codes, ULONG length) {
  static_cast<std::string*>(context)->append(codes, length);
  return TRUE;
}

TEST(HidParser, KeysBecomeScanCodes) {
  std::string codes;
  HIDP_KEYBOARD_MODIFIER_STATE state = {};
  USAGE keys[] = {HID_USAGE_KEYBOARD_LALT, HID_USAGE_KEYBOARD_aA, 0x52, 0};
  EXPECT_EQ(HidP_TranslateUsagesToI8042ScanCodes(keys, 4, HidP_Keyboard_Make, &state, Keep, &codes), HIDP_STATUS_SUCCESS);
  EXPECT_EQ(codes, "\x38\x1E\xE0\x48");
  EXPECT_TRUE(state.LeftAlt);
  codes.clear();
  EXPECT_EQ(HidP_TranslateUsagesToI8042ScanCodes(keys, 4, HidP_Keyboard_Break, &state, Keep, &codes), HIDP_STATUS_SUCCESS);
  EXPECT_EQ(codes, "\xB8\x9E\xE0\xC8");
  EXPECT_EQ(state.ul, 0u);
  codes.clear();
  USAGE_AND_PAGE mute[] = {{0xE2, HID_USAGE_PAGE_CONSUMER}, {0x1234, HID_USAGE_PAGE_CONSUMER}};
  EXPECT_EQ(HidP_TranslateUsageAndPagesToI8042ScanCodes(mute, 2, HidP_Keyboard_Make, &state, Keep, &codes), HIDP_STATUS_I8042_TRANS_UNKNOWN);
  EXPECT_EQ(codes, "\xE0\x20");
}

TEST(HidParser, ListsAreCompared) {
  USAGE before[] = {4, 5, 0, 0}, now[] = {5, 6, 0, 0}, breaks[4], makes[4];
  EXPECT_EQ(HidP_UsageListDifference(before, now, breaks, makes, 4), HIDP_STATUS_SUCCESS);
  EXPECT_EQ(breaks[0], 4);
  EXPECT_EQ(breaks[1], 0);
  EXPECT_EQ(makes[0], 6);
  EXPECT_EQ(makes[1], 0);
}

}  // namespace
}  // namespace drydock::classes::hid
