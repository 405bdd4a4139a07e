// The texts that an image carries, from an image that nobody here built: descriptions of events and WMI classes, and the bytes of an event.
#include "machine/mof.h"
#include "nt/etw/manifest.h"
#include "target.h"

using namespace drydock;

DRYDOCK_FUZZ_TARGET(image_texts) {
  std::vector<WmiClass> classes;
  machine::ReadMofResource(std::string(input), "R", &classes);
  const size_t half = std::min(input.find("\n\n"), input.size());
  for (const auto& description : nt::etw::ReadDescriptions(input.substr(0, half))) {
    for (const auto& [key, told] : description.events) {
      nt::etw::Event event;
      event.id = static_cast<decltype(event.id)>(key.first);
      event.version = static_cast<decltype(event.version)>(key.second);
      nt::etw::Describe(event, &description, input.substr(half));
    }
  }
}
