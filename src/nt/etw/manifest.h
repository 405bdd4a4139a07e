// Descriptions of events, as driver images keep them (section .drydock.etw, written by tools/build/manifest.cpp), and the text of an event made
// with one.
// Called by:  Machine when it loads an image; Record of events. Errors: a description that is not as expected is read as far as it is understood;
//             an event shorter than its description shows what is there.
// Source:     public documentation of the instrumentation manifest and of TDH.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nt/etw/state.h"

namespace drydock::nt::etw {

struct FieldDescription {
  std::string name, in, out, map, count, length;
  std::vector<FieldDescription> members;  // of a struct
};

struct Description {
  struct Event {
    std::string symbol, layout, message;
  };
  struct Map {
    bool bits = false;
    std::vector<std::pair<uint64_t, std::string>> words;
  };
  std::string guid, name;  // the GUID as GuidText has it
  std::map<uint64_t, std::string> channels, levels, opcodes, tasks, keywords;
  std::map<std::string, Map> maps;
  std::map<std::string, std::vector<FieldDescription>> layouts;
  std::map<std::pair<uint32_t, uint32_t>, Event> events;  // by id and version
};

std::vector<Description> ReadDescriptions(std::string_view text);
void AddDescriptions(Kernel& kernel, std::string_view text);
std::shared_ptr<const Description> FindDescription(Kernel& kernel, const GUID& guid);

// Names, fields and text of an event with these bytes; `description` may be null. Numbers of `event` are set already.
void Describe(Event& event, const Description* description, std::string_view data);

// One value of these bytes as text; takes them off `data`. `type` and `out` as manifests name them.
std::string TakeValue(std::string_view& data, std::string_view in, std::string_view out, const Description::Map* map, int64_t length, uint64_t* number);

}  // namespace drydock::nt::etw
