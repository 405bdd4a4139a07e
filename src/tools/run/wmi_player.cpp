#include "tools/run/wmi_player.h"

#include <fmt/format.h>
#include <ntddk.h>
#include <strings.h>

namespace drydock::tools {

std::string WmiPlayer::Classes() {
  std::string text;
  for (const WmiClass& one : wmi_.Classes()) {
    text += fmt::format("{} {}{}\n", one.guid, one.name, one.event ? " (event)" : "");
    for (const WmiClass::Item& item : one.items) text += fmt::format("    {:3} {} {}\n", item.id, item.type, item.name);
    for (const WmiClass::Method& method : one.methods) text += fmt::format("    {:3} {}()\n", method.id, method.name);
  }
  return text;
}

uint32_t WmiPlayer::NumberOf(const Command& command, bool method) {
  if (command.request.find_first_not_of("0123456789") == std::string::npos) return ParseNumber(command.request);
  WmiClass one;
  if (wmi_.FindClass(command.text, &one)) {
    if (method) {
      for (const auto& each : one.methods)
        if (strcasecmp(each.name.c_str(), command.request.c_str()) == 0) return each.id;
    } else {
      for (const auto& each : one.items)
        if (strcasecmp(each.name.c_str(), command.request.c_str()) == 0) return each.id;
    }
  }
  throw Error(fmt::format("{} has no {} {}", command.text, method ? "method" : "item", command.request));
}

Status WmiPlayer::NextEvent(const Command& command, std::string* output, std::string* instance) {
  constexpr Duration kStep = std::chrono::milliseconds(10);
  auto found = listening_.find(command.text);
  if (found == listening_.end()) throw Error(fmt::format("nobody listens to {}", command.text));
  const Duration end = machine_.Now() + (command.time == kNoTimeout ? Duration::zero() : command.time);
  for (;;) {
    machine_.RunUntilIdle();
    for (auto& event : found->second.subscription.Take()) found->second.events.push_back(std::move(event));
    auto& events = found->second.events;
    while (!events.empty() && !command.instance.empty() && strcasecmp(events.front().instance.c_str(), command.instance.c_str()) != 0)
      events.pop_front();
    if (!events.empty()) {
      *instance = std::move(events.front().instance);
      *output = std::move(events.front().data);
      events.pop_front();
      return STATUS_SUCCESS;
    }
    if (machine_.stopped() || machine_.Now() >= end) return STATUS_TIMEOUT;
    machine_.Advance(kStep);
  }
}

Status WmiPlayer::Play(const Command& command, std::string* output, std::string* instance) {
  GUID block;
  if (command.wmi == WmiVerb::kEvent) return NextEvent(command, output, instance);
  if (command.wmi == WmiVerb::kIgnore) {
    const size_t ended = listening_.erase(command.text) + collecting_.erase(command.text);
    return ended ? STATUS_SUCCESS : STATUS_NOT_FOUND;
  }
  // A class that nobody describes (any more) is an answer too.
  if (!wmi_.FindBlock(command.text, &block)) return STATUS_WMI_GUID_NOT_FOUND;
  switch (command.wmi) {
    case WmiVerb::kListen: return (listening_[command.text] = Listening{wmi_.Subscribe(block), {}}).subscription.status();
    case WmiVerb::kCollect: return (collecting_[command.text] = wmi_.Collect(block)).status();
    default: break;
  }
  *instance = command.instance;
  if (instance->empty()) {
    const std::vector<std::string> names = wmi_.InstanceNames(block);
    if (names.empty()) return wmi_.Provides(block) ? STATUS_WMI_INSTANCE_NOT_FOUND : STATUS_WMI_GUID_NOT_FOUND;
    *instance = names.front();
  }
  switch (command.wmi) {
    case WmiVerb::kQuery: return wmi_.Query(block, *instance, output);
    case WmiVerb::kSet: return wmi_.Set(block, *instance, command.data);
    case WmiVerb::kSetItem: return wmi_.SetItem(block, *instance, NumberOf(command, false), command.data);
    case WmiVerb::kCall: return wmi_.Execute(block, *instance, NumberOf(command, true), command.data, output, command.length);
    default: return STATUS_NOT_IMPLEMENTED;
  }
}

}  // namespace drydock::tools
