#include "tools/run/tree_json.h"

#include <nlohmann/json.hpp>

namespace drydock::tools {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const DeviceTreeNode& node) {
  Json json;
  json["instance"] = node.instance;
  if (!node.name.empty()) json["name"] = node.name;
  json["description"] = node.description;
  json["state"] = node.state;
  if (!node.power.empty()) json["power"] = node.power;
  if (!node.problem.empty()) json["problem"] = node.problem;
  if (!node.class_name.empty()) json["class"] = node.class_name;
  if (!node.service.empty()) json["service"] = node.service;
  if (!node.inf.empty()) json["inf"] = node.inf;
  json["hardware-ids"] = node.hardware_ids;
  json["compatible-ids"] = node.compatible_ids;
  json["stack"] = Json::array();
  for (const auto& member : node.stack) {
    Json each;
    each["driver"] = member.driver;
    each["role"] = member.role;
    if (!member.device.empty()) each["device"] = member.device;
    if (!member.pnp.empty()) {
      each["pnp-state"] = member.pnp;
      each["power-state"] = member.power;
      each["power-policy-state"] = member.policy;
    }
    json["stack"].push_back(std::move(each));
  }
  json["interfaces"] = Json::array();
  for (const auto& each : node.interfaces) json["interfaces"].push_back({{"class", each.guid}, {"link", each.link}, {"enabled", each.enabled}});
  json["resources"] = node.resources;
  json["children"] = Json::array();
  for (const auto& child : node.children) json["children"].push_back(ToJson(child));
  return json;
}

}  // namespace

std::string TreeJson(const std::vector<DeviceTreeNode>& tree) {
  Json list = Json::array();
  for (const DeviceTreeNode& node : tree) list.push_back(ToJson(node));
  // A name that is no UTF-8 is shown with replacement characters, not refused.
  return list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace drydock::tools
