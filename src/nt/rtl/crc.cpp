// CRC-32 as of IEEE 802.3; the result of one piece is the initial value for the next.
#include <ntddk.h>

#include <array>

namespace {

constexpr std::array<ULONG, 256> kTable = [] {
  std::array<ULONG, 256> table{};
  for (ULONG i = 0; i < 256; ++i) {
    ULONG value = i;
    for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ 0xEDB88320u : value >> 1;
    table[i] = value;
  }
  return table;
}();

}  // namespace

// CRC-64 with Microsoft's polynomial (0x259C84CBA6426349, low bit first); nothing is inverted: callers start with all ones.
namespace {

constexpr std::array<ULONGLONG, 256> kTable64 = [] {
  std::array<ULONGLONG, 256> table{};
  for (ULONG i = 0; i < 256; ++i) {
    ULONGLONG value = i;
    for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ 0x92C64265D32139A4u : value >> 1;
    table[i] = value;
  }
  return table;
}();

}  // namespace

extern "C" ULONGLONG RtlCrc64(const VOID* Buffer, SIZE_T Size, ULONGLONG InitialCrc) {
  auto* bytes = static_cast<const UCHAR*>(Buffer);
  ULONGLONG crc = InitialCrc;
  for (SIZE_T i = 0; i < Size; ++i) crc = crc >> 8 ^ kTable64[(crc ^ bytes[i]) & 0xFF];
  return crc;
}

extern "C" ULONG RtlCrc32(const VOID* Buffer, SIZE_T Size, ULONG InitialCrc) {
  auto* bytes = static_cast<const UCHAR*>(Buffer);
  ULONG crc = ~InitialCrc;
  for (SIZE_T i = 0; i < Size; ++i) crc = crc >> 8 ^ kTable[(crc ^ bytes[i]) & 0xFF];
  return ~crc;
}
