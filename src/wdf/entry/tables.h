// The two function tables that drivers are bound to, and what their entries are called.
// Called by:  WdfVersionBind (wdf/driver), which hands a table's address to a driver; traces and
//             reports, for names.
// Threads:    any; constant data, made by api/generate.py (wdf_entry_kmdf.cpp, wdf_entry_umdf.cpp).
// Source:     api/kmdf-1.33.json, api/umdf-2.33.json.
#pragma once

#include <cstddef>
#include <cstdint>

namespace drydock::wdf {

struct EntryInfo {
  const char* name;
  uint16_t index;
  uint8_t irql_max;  // kAnyIrql: not looked at
  bool irql_exact;   // exactly that level, not at most
  bool umdf;
};

inline constexpr uint8_t kAnyIrql = 0xFF;

// A driver built for an older minor version uses the first entries only; an index never changes its
// meaning.
extern const void* const kKmdfTable[];
extern const void* const kUmdfTable[];
extern const EntryInfo kKmdfEntries[];
extern const EntryInfo kUmdfEntries[];
extern const size_t kKmdfTableCount;
extern const size_t kUmdfTableCount;

// The name behind a trace event's table index; "?" for an index beyond the table.
inline const char* EntryName(bool umdf, uint64_t index) {
  if (index >= (umdf ? kUmdfTableCount : kKmdfTableCount)) return "?";
  return (umdf ? kUmdfEntries : kKmdfEntries)[index].name;
}

}  // namespace drydock::wdf
