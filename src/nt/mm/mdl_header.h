// MdlHeader: what lies in front of an MDL from IoAllocateMdl. nt/mm only.
#pragma once

#include <cstdint>

#include "nt/mm/mdl.h"

namespace drydock::nt::mm {

struct alignas(16) MdlHeader {
  static constexpr uint32_t kCanary = 0x4C644D6D;
  static constexpr size_t kSmallPages = 17;  // 64 KB and one page: what most requests need
  static constexpr uint32_t kKeepSmall = 64;

  uint32_t canary;
  bool small;
  bool live;
  MdlHeader* next_free;
  MdlHeader* next_chunk;
  MdlHeader* previous_chunk;
  const void* maker;
  const void* locker;  // null: not locked
};

inline MdlHeader* HeaderOf(MDL* mdl) { return reinterpret_cast<MdlHeader*>(mdl) - 1; }
inline MDL* MdlOf(MdlHeader* header) { return reinterpret_cast<MDL*>(header + 1); }

void FillPfns(MDL* mdl);
void NoteLocked(MDL* mdl, const void* where);
void NoteUnlocked(MDL* mdl);
NTSTATUS TryProbeAndLockAt(MDL* mdl, KPROCESSOR_MODE mode, LOCK_OPERATION operation, const void* where);

}  // namespace drydock::nt::mm
