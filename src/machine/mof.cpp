#include "machine/mof.h"

#include <ntddk.h>
#include <strings.h>

#include <cstdio>
#include <sstream>

namespace drydock::machine {

void ReadMofResource(const std::string& text, const std::string& resource, std::vector<WmiClass>* classes) {
  std::istringstream lines(text);
  bool ours = false;
  size_t first = classes->size();
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    if (kind == "resource") {
      std::string name;
      words >> name;
      ours = strcasecmp(name.c_str(), resource.c_str()) == 0;
      first = classes->size();
    } else if (!ours) {
      continue;
    } else if (kind == "class") {
      WmiClass one;
      std::string event;
      words >> one.name >> one.guid >> event;
      one.event = event == "event";
      classes->push_back(std::move(one));
    } else if (classes->size() == first) {
      return;
    } else if (kind == "item") {
      WmiClass::Item item{};
      if (words >> item.id >> item.type >> item.name) classes->back().items.push_back(std::move(item));
    } else if (kind == "method") {
      WmiClass::Method method{};
      if (words >> method.id >> method.name) classes->back().methods.push_back(std::move(method));
    }
  }
}

bool ReadGuid(const std::string& text, GUID* guid) {
  if (text.size() != 38 || text.front() != '{' || text.back() != '}') return false;
  unsigned values[11];
  int end = 0;
  if (std::sscanf(text.c_str(), "{%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x}%n", &values[0], &values[1], &values[2], &values[3], &values[4],
                  &values[5], &values[6], &values[7], &values[8], &values[9], &values[10], &end) != 11 ||
      end != 38)
    return false;
  guid->Data1 = values[0];
  guid->Data2 = static_cast<USHORT>(values[1]);
  guid->Data3 = static_cast<USHORT>(values[2]);
  for (int i = 0; i < 8; ++i) guid->Data4[i] = static_cast<UCHAR>(values[3 + i]);
  return true;
}

}  // namespace drydock::machine
