// HidFile: a HID device as an application has it: reports, texts, facts. For tests of HID minidrivers.
//
//   drydock::HidFile hid(machine, device);
//   std::vector<uint8_t> report;
//   hid.Read(&report);                 // the next input report: its id (0 if the device has none) and the data
//   hid.SetFeature({1, 0x55, 0, 0});
//
// Reports:    always begin with a byte for the id.
// Threads:    as File: calls block until the request is complete.
// Errors:     NT statuses. STATUS_INVALID_PARAMETER: the device has no report of that id; STATUS_INVALID_BUFFER_SIZE: too short.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "drydock/io.h"
#include "drydock/machine.h"

namespace drydock {

class HidFile {
 public:
  HidFile(Machine& machine, Device device);

  Status status() const { return file_.status(); }
  Status Close() { return file_.Close(); }
  File& file() { return file_; }

  struct Facts {
    uint16_t vendor = 0, product = 0, version = 0;
  };
  Status GetFacts(Facts* facts);

  IoResult Read(std::vector<uint8_t>* report, Duration timeout = kNoTimeout);
  IoResult Write(const std::vector<uint8_t>& report);            // WriteFile: an output report
  IoResult SetOutputReport(const std::vector<uint8_t>& report);  // the same as a control
  IoResult SetFeature(const std::vector<uint8_t>& report);
  // `report` is as long as what came.
  IoResult GetFeature(uint8_t id, std::vector<uint8_t>* report);
  IoResult GetInputReport(uint8_t id, std::vector<uint8_t>* report);

  enum class Text { kManufacturer, kProduct, kSerialNumber };
  // In a buffer of `characters`; without the terminator.
  IoResult GetText(Text which, std::u16string* text, size_t characters = 126);
  IoResult GetIndexedText(uint32_t index, std::u16string* text, size_t characters = 126);

  Status SetQueueLength(uint32_t reports);  // of this file; 32 at first, the oldest report goes when it is full
  Status Flush();                           // forgets the reports that wait to be read

 private:
  IoResult Get(uint32_t code, uint8_t id, std::vector<uint8_t>* report);

  File file_;
};

}  // namespace drydock
