// (V) Counting live objects for a driver with ObjectLeakDetectionLimit: more of a watched type than the limit, times the number of its
// devices, is told, once until the number has fallen again.
// Called by:  object creation and destruction, and what keeps objects for another use. Any IRQL, no lock held.
// Cost:       a branch for a driver without a limit.
// Source:     VER-19.
#pragma once

#include "wdf/framework.h"
#include "wdf/object/object.h"

namespace drydock::wdf {

[[gnu::cold]] void CountMade(DriverGlobals& globals, ObjectType type);
[[gnu::cold]] void CountGone(DriverGlobals& globals, ObjectType type);

inline void ObjectMade(DriverGlobals& globals, ObjectType type) {
  if (__builtin_expect(globals.options.leak_limit != UINT32_MAX, 0)) CountMade(globals, type);
}
inline void ObjectGone(DriverGlobals& globals, ObjectType type) {
  if (__builtin_expect(globals.options.leak_limit != UINT32_MAX, 0)) CountGone(globals, type);
}

}  // namespace drydock::wdf
