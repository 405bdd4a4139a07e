// A HID minidriver whose device sends back what it is sent, seen from its test. Built twice: for UMDF and for KMDF.
// Threads:    Mini is set before the device starts; `calls` has its lock, the rest is read when the machine is idle.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

struct _DRIVER_OBJECT;
struct _UNICODE_STRING;
extern "C" int32_t hid_um_FxDriverEntry(_DRIVER_OBJECT* driver, _UNICODE_STRING* path);
extern "C" int32_t hid_km_FxDriverEntry(_DRIVER_OBJECT* driver, _UNICODE_STRING* path);

namespace drydock::test::hid {

using Bytes = std::vector<uint8_t>;

// A request as the minidriver saw it.
struct Call {
  uint32_t code = 0;
  bool internal = false;
  size_t input = 0, output = 0;  // lengths of its buffers (KMDF: of the report, where there is a packet)
  uint8_t report_id = 0;         // as a minidriver of its kind learns it
  Bytes data;                    // the report that came
  uint32_t value = 0;            // of a string
};

struct Mini {
  bool ids = true;
  bool broken_report_descriptor = false, short_attributes = false;
  uint32_t refuse = 0;        // this control fails
  int32_t refuse_status = 0;
  uint32_t keep = 0;          // this control is kept, cancelable
  int reads_pending = 0;
  std::mutex lock;
  std::vector<Call> calls;
  Bytes feature = {1, 2, 3, 4, 5, 6, 7, 8}, last_output;

  int Count(uint32_t code) {
    std::lock_guard guard(lock);
    int count = 0;
    for (const Call& call : calls) count += call.code == code;
    return count;
  }
  Call Last(uint32_t code) {
    std::lock_guard guard(lock);
    for (size_t i = calls.size(); i-- > 0;)
      if (calls[i].code == code) return calls[i];
    return {};
  }
};
extern Mini* um;  // what the user-mode driver uses; the test owns it
extern Mini* km;

// Report 1: three bytes in, three out, four of feature; report 2: six of feature. Without ids the same without report 2.
inline Bytes ReportDescriptor(bool ids) {
  Bytes bytes = {0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08};
  auto add = [&](std::initializer_list<uint8_t> more) { bytes.insert(bytes.end(), more); };
  if (ids) add({0x85, 0x01});
  add({0x95, 0x03, 0x09, 0x01, 0x81, 0x02, 0x09, 0x01, 0x91, 0x02, 0x95, 0x04, 0x09, 0x01, 0xB1, 0x02});
  if (ids) add({0x85, 0x02, 0x95, 0x06, 0x09, 0x01, 0xB1, 0x02});
  add({0xC0});
  return bytes;
}

}  // namespace drydock::test::hid
