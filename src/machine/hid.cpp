#include "drydock/hid.h"

#include <hidclass.h>

namespace drydock {
namespace {

constexpr size_t kLongest = 65536;  // of a report

void KeepText(const IoResult& result, std::u16string room, std::u16string* text) {
  room.resize(result.information / sizeof(char16_t));
  while (!room.empty() && room.back() == 0) room.pop_back();
  *text = result.ok() ? std::move(room) : std::u16string();
}

}  // namespace

HidFile::HidFile(Machine& machine, Device device) : file_(machine.Open(device)) {}

Status HidFile::GetFacts(Facts* facts) {
  HID_COLLECTION_INFORMATION information = {};
  const IoResult result = file_.Ioctl(IOCTL_HID_GET_COLLECTION_INFORMATION, nullptr, 0, &information, sizeof information);
  *facts = {information.VendorID, information.ProductID, information.VersionNumber};
  return result.status;
}

IoResult HidFile::Read(std::vector<uint8_t>* report, Duration timeout) {
  report->assign(kLongest, 0);
  const IoResult result = file_.Read(report->data(), report->size(), {.offset = 0, .timeout = timeout});
  report->resize(result.ok() ? result.information : 0);
  return result;
}

IoResult HidFile::Write(const std::vector<uint8_t>& report) { return file_.Write(report.data(), report.size()); }
IoResult HidFile::SetOutputReport(const std::vector<uint8_t>& report) {
  return file_.Ioctl(IOCTL_HID_SET_OUTPUT_REPORT, report.data(), report.size());
}
IoResult HidFile::SetFeature(const std::vector<uint8_t>& report) {
  return file_.Ioctl(IOCTL_HID_SET_FEATURE, report.data(), report.size());
}

IoResult HidFile::Get(uint32_t code, uint8_t id, std::vector<uint8_t>* report) {
  report->assign(kLongest, 0);
  report->front() = id;
  const IoResult result = file_.Ioctl(code, nullptr, 0, report->data(), report->size());
  report->resize(result.ok() ? result.information : 0);
  return result;
}
IoResult HidFile::GetFeature(uint8_t id, std::vector<uint8_t>* report) { return Get(IOCTL_HID_GET_FEATURE, id, report); }
IoResult HidFile::GetInputReport(uint8_t id, std::vector<uint8_t>* report) { return Get(IOCTL_HID_GET_INPUT_REPORT, id, report); }

IoResult HidFile::GetText(Text which, std::u16string* text, size_t characters) {
  const uint32_t code = which == Text::kManufacturer ? IOCTL_HID_GET_MANUFACTURER_STRING
                        : which == Text::kProduct    ? IOCTL_HID_GET_PRODUCT_STRING
                                                     : IOCTL_HID_GET_SERIALNUMBER_STRING;
  std::u16string room(characters, 0);
  const IoResult result = file_.Ioctl(code, nullptr, 0, room.data(), room.size() * sizeof(char16_t));
  KeepText(result, std::move(room), text);
  return result;
}

IoResult HidFile::GetIndexedText(uint32_t index, std::u16string* text, size_t characters) {
  std::u16string room(characters, 0);
  const IoResult result = file_.Ioctl(IOCTL_HID_GET_INDEXED_STRING, &index, sizeof index, room.data(), room.size() * sizeof(char16_t));
  KeepText(result, std::move(room), text);
  return result;
}

Status HidFile::SetQueueLength(uint32_t reports) { return file_.Ioctl(IOCTL_SET_NUM_DEVICE_INPUT_BUFFERS, &reports, sizeof reports).status; }
Status HidFile::Flush() { return file_.Ioctl(IOCTL_HID_FLUSH_QUEUE).status; }

}  // namespace drydock
