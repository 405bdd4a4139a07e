// The UMDF driver of this folder, seen from its tests: one device with a parallel default queue, whose device controls run one of the
// trials below and report what they saw. No framework types: driver and test see different headers.
// Threads:    the handler's; a test reads the results after the request has ended.
#pragma once

#include <cstddef>
#include <cstdint>

struct _DRIVER_OBJECT;
struct _UNICODE_STRING;
extern "C" int32_t queue_um_FxDriverEntry(_DRIVER_OBJECT* driver, _UNICODE_STRING* path);

namespace drydock::test::um {

enum class Trial { kEcho, kSeparateBuffers, kActivity, kImpersonate, kLevel, kInformation };

struct Seen {
  int32_t status[8] = {};
  bool same_address = false;
  char input_after[16] = {};
  int callbacks = 0;
  int handled = 0;
  int level = -1;
};

extern Trial trial;
extern int32_t complete_status;  // of kSeparateBuffers
extern Seen seen;

inline constexpr uint32_t kBuffered = 0x222000 | (0x801 << 2);
inline constexpr uint32_t kNeither = 0x222003 | (0x804 << 2);

}  // namespace drydock::test::um
