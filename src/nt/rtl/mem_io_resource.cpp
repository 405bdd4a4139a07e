// Ranges of memory and ports in resource descriptors. A large range's length and alignment are kept in units of 256 bytes, 64 KB or 4 GB.
#include <ntddk.h>

namespace {

struct Scale {
  USHORT flag;
  int shift;
};
constexpr Scale kScales[] = {{CM_RESOURCE_MEMORY_LARGE_40, 8}, {CM_RESOURCE_MEMORY_LARGE_48, 16}, {CM_RESOURCE_MEMORY_LARGE_64, 32}};

// By the descriptor's type and flags; -1: no range.
int ShiftOf(UCHAR type, USHORT flags) {
  if (type == CmResourceTypeMemory || type == CmResourceTypePort) return 0;
  if (type != CmResourceTypeMemoryLarge) return -1;
  for (const Scale& scale : kScales)
    if ((flags & CM_RESOURCE_MEMORY_LARGE) == scale.flag) return scale.shift;
  return -1;
}

// The smallest units that hold both; -1: none does.
int ChooseShift(UCHAR type, ULONGLONG length, ULONGLONG alignment, USHORT* flags) {
  *flags = static_cast<USHORT>(*flags & ~CM_RESOURCE_MEMORY_LARGE);
  if (type == CmResourceTypeMemory || type == CmResourceTypePort) return length <= MAXULONG && alignment <= MAXULONG ? 0 : -1;
  if (type != CmResourceTypeMemoryLarge) return -1;
  for (const Scale& scale : kScales) {
    const ULONGLONG rest = (1ull << scale.shift) - 1;
    if ((length & rest) || (alignment & rest && alignment > 1)) return -1;  // and of no larger units either
    if (length >> scale.shift > MAXULONG || alignment >> scale.shift > MAXULONG) continue;
    *flags |= scale.flag;
    return scale.shift;
  }
  return -1;
}

}  // namespace

extern "C" ULONGLONG RtlCmDecodeMemIoResource(PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor, PULONGLONG Start) {
  if (Start) *Start = static_cast<ULONGLONG>(Descriptor->u.Generic.Start.QuadPart);
  const int shift = ShiftOf(Descriptor->Type, Descriptor->Flags);
  return shift < 0 ? 0 : ULONGLONG{Descriptor->u.Generic.Length} << shift;
}

extern "C" NTSTATUS RtlCmEncodeMemIoResource(PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor, UCHAR Type, ULONGLONG Length, ULONGLONG Start) {
  USHORT flags = Type == CmResourceTypeMemoryLarge ? Descriptor->Flags : USHORT{0};
  const int shift = ChooseShift(Type, Length, 0, &flags);
  if (shift < 0) return STATUS_UNSUCCESSFUL;
  Descriptor->Type = Type;
  if (Type == CmResourceTypeMemoryLarge) Descriptor->Flags = flags;
  Descriptor->u.Generic.Start.QuadPart = static_cast<LONGLONG>(Start);
  Descriptor->u.Generic.Length = static_cast<ULONG>(Length >> shift);
  return STATUS_SUCCESS;
}

extern "C" ULONGLONG RtlIoDecodeMemIoResource(PIO_RESOURCE_DESCRIPTOR Descriptor, PULONGLONG Alignment, PULONGLONG MinimumAddress,
                                              PULONGLONG MaximumAddress) {
  const int shift = ShiftOf(Descriptor->Type, Descriptor->Flags);
  if (Alignment) *Alignment = shift < 0 ? 0 : ULONGLONG{Descriptor->u.Generic.Alignment} << shift;
  if (MinimumAddress) *MinimumAddress = static_cast<ULONGLONG>(Descriptor->u.Generic.MinimumAddress.QuadPart);
  if (MaximumAddress) *MaximumAddress = static_cast<ULONGLONG>(Descriptor->u.Generic.MaximumAddress.QuadPart);
  return shift < 0 ? 0 : ULONGLONG{Descriptor->u.Generic.Length} << shift;
}

extern "C" NTSTATUS RtlIoEncodeMemIoResource(PIO_RESOURCE_DESCRIPTOR Descriptor, UCHAR Type, ULONGLONG Length, ULONGLONG Alignment,
                                             ULONGLONG MinimumAddress, ULONGLONG MaximumAddress) {
  USHORT flags = Type == CmResourceTypeMemoryLarge ? Descriptor->Flags : USHORT{0};
  const int shift = ChooseShift(Type, Length, Alignment, &flags);
  if (shift < 0) return STATUS_UNSUCCESSFUL;
  Descriptor->Type = Type;
  if (Type == CmResourceTypeMemoryLarge) Descriptor->Flags = flags;
  Descriptor->u.Generic.Length = static_cast<ULONG>(Length >> shift);
  Descriptor->u.Generic.Alignment = static_cast<ULONG>(Alignment >> shift);
  Descriptor->u.Generic.MinimumAddress.QuadPart = static_cast<LONGLONG>(MinimumAddress);
  Descriptor->u.Generic.MaximumAddress.QuadPart = static_cast<LONGLONG>(MaximumAddress);
  return STATUS_SUCCESS;
}
