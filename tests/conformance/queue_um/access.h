// Two UMDF drivers of one stack that each ask for an access method (access_upper above access_lower), seen from their tests.
// Threads:    the handlers'; a test reads the results after the request has ended.
#pragma once

#include <cstddef>
#include <cstdint>

struct _DRIVER_OBJECT;
struct _UNICODE_STRING;
extern "C" int32_t access_upper_FxDriverEntry(_DRIVER_OBJECT* driver, _UNICODE_STRING* path);
extern "C" int32_t access_lower_FxDriverEntry(_DRIVER_OBJECT* driver, _UNICODE_STRING* path);

namespace drydock::test::um {

enum IoType { kBufferedIo = 2, kDirectIo = 3, kEither = 4 };  // WDF_DEVICE_IO_TYPE

struct Access {
  IoType read_write = kBufferedIo, control = kBufferedIo;  // what it asks for
  bool filter = false;
  int32_t status = 0;    // the lower one completes with it, after having filled the output with 'o'
  int seen = 0;          // WdfRequestGetEffectiveIoType
  char input[8] = {};    // what the lower one found
};

extern Access upper, lower;

inline constexpr uint32_t kOutDirect = 0x222002 | (0x803 << 2);
inline constexpr uint32_t kInDirect = 0x222001 | (0x802 << 2);

}  // namespace drydock::test::um
