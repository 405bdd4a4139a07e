// CRC-32 as of IEEE 802.3, and CRC-64; the result of one piece is the initial value for the next.
#include <ntddk.h>

#include <array>

namespace {

// Of a polynomial with its low bit first.
template <class Word>
constexpr std::array<Word, 256> Table(Word polynomial) {
  std::array<Word, 256> table{};
  for (ULONG i = 0; i < 256; ++i) {
    Word value = i;
    for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ polynomial : value >> 1;
    table[i] = value;
  }
  return table;
}

constexpr auto kTable = Table<ULONG>(0xEDB88320u);
// Microsoft's polynomial 0x259C84CBA6426349; nothing is inverted: callers start with all ones.
constexpr auto kTable64 = Table<ULONGLONG>(0x92C64265D32139A4u);

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
