// Keys: from usages of the pages keyboard, consumer and generic desktop (system control) to scan codes of set 1, as a PS/2 keyboard sends them.
// Source: "USB HID to PS/2 Scan Code Translation Table" (public); HID Usage Tables.
#include <cstdint>

#include <ntddk.h>

#include <hidpi.h>

namespace {

constexpr uint16_t kExtended = 0xE000;

// By usage of the keyboard page, from 0x04. 0: none.
constexpr uint8_t kKeys[] = {
    0x1E, 0x30, 0x2E, 0x20, 0x12, 0x21, 0x22, 0x23, 0x17, 0x24, 0x25, 0x26, 0x32, 0x31, 0x18, 0x19, 0x10, 0x13, 0x1F, 0x14,  // a..t
    0x16, 0x2F, 0x11, 0x2D, 0x15, 0x2C,                                                                                      // u..z
    0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B,                                                              // 1..0
    0x1C, 0x01, 0x0E, 0x0F, 0x39, 0x0C, 0x0D, 0x1A, 0x1B, 0x2B, 0x2B, 0x27, 0x28, 0x29, 0x33, 0x34, 0x35, 0x3A,              // 28..39
    0x3B, 0x3C, 0x3D, 0x3E, 0x3F, 0x40, 0x41, 0x42, 0x43, 0x44, 0x57, 0x58,                                                  // F1..F12
};

struct Code {
  USAGE usage;
  uint16_t code;
};
constexpr Code kMoreKeys[] = {
    {0x46, kExtended | 0x37}, {0x47, 0x46},             {0x49, kExtended | 0x52}, {0x4A, kExtended | 0x47}, {0x4B, kExtended | 0x49},
    {0x4C, kExtended | 0x53}, {0x4D, kExtended | 0x4F}, {0x4E, kExtended | 0x51}, {0x4F, kExtended | 0x4D}, {0x50, kExtended | 0x4B},
    {0x51, kExtended | 0x50}, {0x52, kExtended | 0x48}, {0x53, 0x45},             {0x54, kExtended | 0x35}, {0x55, 0x37},
    {0x56, 0x4A},             {0x57, 0x4E},             {0x58, kExtended | 0x1C}, {0x59, 0x4F},             {0x5A, 0x50},
    {0x5B, 0x51},             {0x5C, 0x4B},             {0x5D, 0x4C},             {0x5E, 0x4D},             {0x5F, 0x47},
    {0x60, 0x48},             {0x61, 0x49},             {0x62, 0x52},             {0x63, 0x53},             {0x64, 0x56},
    {0x65, kExtended | 0x5D}, {0x66, kExtended | 0x5E}, {0x67, 0x59},             {0x68, 0x64},             {0x69, 0x65},
    {0x6A, 0x66},             {0x6B, 0x67},             {0x6C, 0x68},             {0x6D, 0x69},             {0x6E, 0x6A},
    {0x6F, 0x6B},             {0x70, 0x6C},             {0x71, 0x6D},             {0x72, 0x6E},             {0x73, 0x76},
    {0x85, 0x7E},             {0x87, 0x73},             {0x88, 0x70},             {0x89, 0x7D},             {0x8A, 0x79},
    {0x8B, 0x7B},             {0x8C, 0x5C},             {0x90, 0xF2},             {0x91, 0xF1},             {0x92, 0x78},
    {0x93, 0x77},             {0x94, 0x76},             {0xE0, 0x1D},             {0xE1, 0x2A},             {0xE2, 0x38},
    {0xE3, kExtended | 0x5B}, {0xE4, kExtended | 0x1D}, {0xE5, 0x36},             {0xE6, kExtended | 0x38}, {0xE7, kExtended | 0x5C},
};
constexpr Code kConsumer[] = {
    {0xB5, kExtended | 0x19},  {0xB6, kExtended | 0x10},  {0xB7, kExtended | 0x24},  {0xCD, kExtended | 0x22},  {0xE2, kExtended | 0x20},
    {0xE9, kExtended | 0x30},  {0xEA, kExtended | 0x2E},  {0x183, kExtended | 0x6D}, {0x18A, kExtended | 0x6C}, {0x192, kExtended | 0x21},
    {0x194, kExtended | 0x6B}, {0x221, kExtended | 0x65}, {0x223, kExtended | 0x32}, {0x224, kExtended | 0x6A}, {0x225, kExtended | 0x69},
    {0x226, kExtended | 0x68}, {0x227, kExtended | 0x67}, {0x22A, kExtended | 0x66},
};
constexpr Code kSystem[] = {{0x81, kExtended | 0x5E}, {0x82, kExtended | 0x5F}, {0x83, kExtended | 0x63}};

template <size_t n>
uint16_t In(const Code (&table)[n], USAGE usage) {
  for (const Code& entry : table)
    if (entry.usage == usage) return entry.code;
  return 0;
}

uint16_t CodeOf(USAGE_AND_PAGE key) {
  switch (key.UsagePage) {
    case HID_USAGE_PAGE_KEYBOARD:
      if (key.Usage >= 0x04 && key.Usage < 0x04 + sizeof kKeys) return kKeys[key.Usage - 0x04];
      return In(kMoreKeys, key.Usage);
    case HID_USAGE_PAGE_CONSUMER: return In(kConsumer, key.Usage);
    case HID_USAGE_PAGE_GENERIC: return In(kSystem, key.Usage);
    default: return 0;
  }
}

void KeepModifier(USAGE_AND_PAGE key, bool make, HIDP_KEYBOARD_MODIFIER_STATE* state) {
  if (state == nullptr || key.UsagePage != HID_USAGE_PAGE_KEYBOARD) return;
  if (key.Usage >= 0xE0 && key.Usage <= 0xE7) {
    const ULONG bit = 1u << (key.Usage - 0xE0);
    state->ul = make ? state->ul | bit : state->ul & ~bit;
  }
  if (!make) return;
  if (key.Usage == HID_USAGE_KEYBOARD_CAPS_LOCK) state->CapsLock = !state->CapsLock;
  if (key.Usage == HID_USAGE_KEYBOARD_SCROLL_LOCK) state->ScollLock = !state->ScollLock;
  if (key.Usage == HID_USAGE_KEYBOARD_NUM_LOCK) state->NumLock = !state->NumLock;
}

NTSTATUS Translate(USAGE_AND_PAGE key, bool make, HIDP_KEYBOARD_MODIFIER_STATE* state, PHIDP_INSERT_SCANCODES insert, PVOID context) {
  const bool control = state != nullptr && (state->LeftControl || state->RightControl);
  const bool alt = state != nullptr && (state->LeftAlt || state->RightAlt);
  KeepModifier(key, make, state);
  char codes[6];
  ULONG length = 0;
  if (key.UsagePage == HID_USAGE_PAGE_KEYBOARD && key.Usage == 0x48 && !control) {  // Pause: no code of its own for the release
    static constexpr uint8_t kPause[] = {0xE1, 0x1D, 0x45};
    for (uint8_t byte : kPause) codes[length++] = static_cast<char>(byte | (make || byte == 0xE1 ? 0 : 0x80));
    return insert(context, codes, length) ? HIDP_STATUS_SUCCESS : HIDP_STATUS_INTERNAL_ERROR;
  }
  uint16_t code = CodeOf(key);
  if (key.UsagePage == HID_USAGE_PAGE_KEYBOARD && key.Usage == 0x48) code = kExtended | 0x46;         // Break
  if (key.UsagePage == HID_USAGE_PAGE_KEYBOARD && key.Usage == 0x46 && alt) code = 0x54;              // SysRq
  if (code == 0) return HIDP_STATUS_I8042_TRANS_UNKNOWN;
  if (code & kExtended) codes[length++] = static_cast<char>(0xE0);
  codes[length++] = static_cast<char>((code & 0xFF) | (make ? 0 : 0x80));
  return insert(context, codes, length) ? HIDP_STATUS_SUCCESS : HIDP_STATUS_INTERNAL_ERROR;
}

}  // namespace

extern "C" {

NTSTATUS NTAPI HidP_TranslateUsageAndPagesToI8042ScanCodes(PUSAGE_AND_PAGE ChangedUsageList, ULONG UsageListLength,
                                                           HIDP_KEYBOARD_DIRECTION KeyAction, PHIDP_KEYBOARD_MODIFIER_STATE ModifierState,
                                                           PHIDP_INSERT_SCANCODES InsertCodesProcedure, PVOID InsertCodesContext) {
  NTSTATUS result = HIDP_STATUS_SUCCESS;
  for (ULONG i = 0; i < UsageListLength && ChangedUsageList[i].Usage != 0; ++i) {
    const NTSTATUS status =
        Translate(ChangedUsageList[i], KeyAction == HidP_Keyboard_Make, ModifierState, InsertCodesProcedure, InsertCodesContext);
    if (!NT_SUCCESS(status)) result = status;  // the others are translated all the same
  }
  return result;
}

NTSTATUS NTAPI HidP_TranslateUsagesToI8042ScanCodes(PUSAGE ChangedUsageList, ULONG UsageListLength, HIDP_KEYBOARD_DIRECTION KeyAction,
                                                    PHIDP_KEYBOARD_MODIFIER_STATE ModifierState,
                                                    PHIDP_INSERT_SCANCODES InsertCodesProcedure, PVOID InsertCodesContext) {
  NTSTATUS result = HIDP_STATUS_SUCCESS;
  for (ULONG i = 0; i < UsageListLength && ChangedUsageList[i] != 0; ++i) {
    const NTSTATUS status = Translate({ChangedUsageList[i], HID_USAGE_PAGE_KEYBOARD}, KeyAction == HidP_Keyboard_Make, ModifierState,
                                      InsertCodesProcedure, InsertCodesContext);
    if (!NT_SUCCESS(status)) result = status;
  }
  return result;
}

}  // extern "C"
