// A UMDF driver with hardware, seen from its test.
// Threads:    its callbacks'; the test reads the results afterwards.
#pragma once

#include <atomic>
#include <cstdint>

struct _DRIVER_OBJECT;
struct _UNICODE_STRING;
extern "C" int32_t hardware_um_FxDriverEntry(_DRIVER_OBJECT* driver, _UNICODE_STRING* path);

namespace drydock::test::um {

struct Seen {
  int32_t map_status = -1;
  uint64_t reads[8] = {};
  bool mapped_address = false;       // WdfDeviceGetHardwareRegisterMappedAddress gave one
  int32_t interrupt_status = -1;
  std::atomic<int> isr_calls{0}, work_calls{0}, dpc_calls{0};
  std::atomic<int> isr_level{-1}, work_level{-1};
  uint32_t info_irql = 99;
  bool tried_lock = false;
};
extern Seen seen;
extern bool with_dpc;  // EvtInterruptDpc instead of EvtInterruptWorkItem
void Reset();

}  // namespace drydock::test::um
