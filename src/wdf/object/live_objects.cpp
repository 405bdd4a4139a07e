#include "wdf/object/live_objects.h"

#include <fmt/format.h>

#include "wdf/object/type_rules.h"

namespace drydock::wdf {
namespace {

static_assert(static_cast<size_t>(ObjectType::kCount) <= LiveObjects::kTypes);

uint64_t Limit(DriverGlobals& globals) {
  const uint32_t devices = globals.live.count[static_cast<size_t>(ObjectType::kDevice)].load(std::memory_order_relaxed);
  return uint64_t{globals.options.leak_limit} * (devices ? devices : 1);
}

uint32_t Bit(ObjectType type) { return uint32_t{1} << static_cast<unsigned>(type); }

}  // namespace

void CountMade(DriverGlobals& globals, ObjectType type) {
  const uint32_t now = globals.live.count[static_cast<size_t>(type)].fetch_add(1, std::memory_order_relaxed) + 1;
  if (!(globals.options.leak_types & Bit(type)) || now <= Limit(globals)) return;
  if (globals.live.told.fetch_or(Bit(type), std::memory_order_relaxed) & Bit(type)) return;
  Break(globals, fmt::format("{} objects of type {} live, more than ObjectLeakDetectionLimit allows ({}): they may leak", now, NameOf(type),
                             Limit(globals))
                     .c_str());
}

void CountGone(DriverGlobals& globals, ObjectType type) {
  const uint32_t left = globals.live.count[static_cast<size_t>(type)].fetch_sub(1, std::memory_order_relaxed) - 1;
  if (left <= Limit(globals)) globals.live.told.fetch_and(~Bit(type), std::memory_order_relaxed);
}

}  // namespace drydock::wdf
