#include "tools/run/device_hardware.h"

#include <fmt/format.h>

#include <cstring>

namespace drydock::tools {
namespace {

const Resource& PartOf(Device device, size_t number, uint64_t offset, size_t bytes) {
  const std::vector<Resource>& resources = device.resources();
  const Resource* found = nullptr;
  if (number > resources.size()) throw Error(fmt::format("{} has {} resources", device.name(), resources.size()));
  if (number != 0) {
    found = &resources[number - 1];
  } else {
    for (const Resource& each : resources)
      if (!found && (each.registers || each.memory)) found = &each;
  }
  if (!found || (!found->registers && !found->memory)) throw Error(fmt::format("{} has no registers and no memory there", device.name()));
  const uint64_t length = found->memory ? found->memory->size() : found->length;
  if (offset > length || bytes > length - offset)
    throw Error(fmt::format("{} bytes at {:#x}: the resource of {} has {}", bytes, offset, device.name(), length));
  return *found;
}

unsigned WidthOf(size_t bytes) { return bytes == 2 || bytes == 4 || bytes == 8 ? static_cast<unsigned>(bytes) : 1; }

}  // namespace

InterruptPin PinOf(Device device, size_t number) {
  size_t pins = 0;
  for (const Resource& resource : device.resources()) {
    for (const InterruptPin& pin : resource.pins)
      if (++pins == (number ? number : 1)) return pin;
  }
  throw Error(fmt::format("{} has {} interrupt pins", device.name(), pins));
}

std::string ReadHardware(Device device, size_t number, uint64_t offset, size_t bytes) {
  const Resource& resource = PartOf(device, number, offset, bytes);
  std::string result(bytes, '\0');
  if (resource.memory) {
    std::memcpy(result.data(), static_cast<const char*>(resource.memory->data()) + offset, bytes);
    return result;
  }
  const unsigned width = WidthOf(bytes);
  for (size_t at = 0; at < bytes; at += width) {
    const uint64_t value = resource.registers->ReadRegister(offset + at, width);
    std::memcpy(result.data() + at, &value, width);  // little-endian, as the bus is
  }
  return result;
}

void WriteHardware(Device device, size_t number, uint64_t offset, const std::string& bytes) {
  const Resource& resource = PartOf(device, number, offset, bytes.size());
  if (resource.memory) {
    std::memcpy(static_cast<char*>(resource.memory->data()) + offset, bytes.data(), bytes.size());
    return;
  }
  const unsigned width = WidthOf(bytes.size());
  for (size_t at = 0; at < bytes.size(); at += width) {
    uint64_t value = 0;
    std::memcpy(&value, bytes.data() + at, width);
    resource.registers->WriteRegister(offset + at, width, value);
  }
}

}  // namespace drydock::tools
