// The device tree, taken from the PnP manager, the I/O manager, the framework and the registry.
#include "drydock/tree.h"

#include <fmt/format.h>

#include <algorithm>

#include "machine/impl.h"
#include "machine/names.h"
#include "machine/setup/driver_store.h"
#include "nt/dbg/state.h"
#include "nt/io/driver.h"
#include "nt/io/interface.h"
#include "nt/io/state.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/node.h"
#include "nt/pnp/state.h"
#include "wdf/device/device.h"
#include "wdf/device/pnp_power.h"
#include "wdf/device/state_history.h"

namespace drydock {
namespace {

using nt::pnp::DeviceNode;

std::string PowerName(DEVICE_POWER_STATE state) {
  return state >= PowerDeviceD0 && state <= PowerDeviceD3 ? fmt::format("D{}", state - PowerDeviceD0) : std::string();
}

std::vector<std::string> ResourceLines(const std::vector<char>& bytes) {
  std::vector<std::string> lines;
  if (bytes.size() < sizeof(CM_RESOURCE_LIST)) return lines;
  const auto* list = reinterpret_cast<const CM_RESOURCE_LIST*>(bytes.data());
  const auto* at = reinterpret_cast<const char*>(list->List);
  for (ULONG i = 0; i < list->Count; ++i) {
    const auto* full = reinterpret_cast<const CM_FULL_RESOURCE_DESCRIPTOR*>(at);
    for (ULONG k = 0; k < full->PartialResourceList.Count; ++k) {
      const CM_PARTIAL_RESOURCE_DESCRIPTOR& resource = full->PartialResourceList.PartialDescriptors[k];
      auto range = [&](const char* what, int digits) {
        const auto start = static_cast<uint64_t>(resource.u.Generic.Start.QuadPart);
        lines.push_back(fmt::format("{} 0x{:0{}X}-0x{:0{}X}", what, start, digits, start + resource.u.Generic.Length - 1, digits));
      };
      switch (resource.Type) {
        case CmResourceTypeMemory: range("memory", 8); break;
        case CmResourceTypePort: range("port", 4); break;
        case CmResourceTypeInterrupt:
          if (resource.Flags & CM_RESOURCE_INTERRUPT_MESSAGE)
            lines.push_back(fmt::format("interrupt: {} message(s), vector {}", resource.u.MessageInterrupt.Raw.MessageCount, resource.u.MessageInterrupt.Raw.Vector));
          else
            lines.push_back(fmt::format("interrupt {}, {}{}", resource.u.Interrupt.Vector, resource.Flags & CM_RESOURCE_INTERRUPT_LATCHED ? "edge" : "level",
                                        resource.ShareDisposition == CmResourceShareShared ? ", shared" : ""));
          break;
        case CmResourceTypeDma: lines.push_back(fmt::format("DMA channel {}", resource.u.Dma.Channel)); break;
        case CmResourceTypeDevicePrivate: break;
        default: lines.push_back(fmt::format("resource of type {}", resource.Type));
      }
    }
    at = reinterpret_cast<const char*>(full->PartialResourceList.PartialDescriptors + full->PartialResourceList.Count);
  }
  return lines;
}

class TreeReader {
 public:
  explicit TreeReader(Machine::Impl& machine) : machine_(machine), kernel_(*machine.kernel), registry_(kernel_) {
    for (const auto& [name, device] : machine.named)
      if (DEVICE_OBJECT* pdo = device.pdo()) names_[pdo] = name;
  }

  std::vector<DeviceTreeNode> Read() {
    std::vector<DeviceTreeNode> roots;
    for (DEVICE_OBJECT* pdo : nt::pnp::Devices(kernel_)) {
      DeviceNode* node = nt::pnp::NodeOf(pdo);
      if (node && !node->parent) roots.push_back(ReadNode(*node));
    }
    return roots;
  }

 private:
  // Which call of the framework gave that status last, and where: "; WdfDeviceCreate returned it (driver.c:70)".
  std::string Reason(NTSTATUS status) {
    const nt::dbg::State::FailedCall call = nt::dbg::LastFailedCall(kernel_, status);
    if (!call.function) return {};
    const std::vector<StackFrame> frames = machine_.Resolve({call.caller}, /*first_is_exact=*/false);
    std::string place;
    if (!frames.empty() && !frames[0].file.empty()) {
      const std::string& file = frames[0].file;
      place = fmt::format(" ({}:{})", file.substr(file.find_last_of('/') + 1), frames[0].line);
    }
    return fmt::format("; {} returned it{}", call.function, place);
  }

  DeviceTreeNode ReadNode(DeviceNode& node) {
    DeviceTreeNode result;
    result.instance = machine::ToUtf8(node.instance_path);
    if (auto found = names_.find(node.pdo); found != names_.end()) result.name = found->second;
    const std::u16string key = std::u16string(machine::setup::kControlSet) + u"\\Enum\\" + node.instance_path;
    result.description = registry_.ReadText(key, "DeviceDesc");
    if (result.description.empty()) result.description = machine::ToUtf8(node.text);
    result.class_name = registry_.ReadText(key, "Class");
    result.service = registry_.ReadText(key, "Service");
    if (std::string driver = registry_.ReadText(key, "Driver"); !driver.empty())
      result.inf = registry_.ReadText(std::u16string(machine::setup::kControlSet) + u"\\Control\\Class\\" + machine::ToUtf16(driver), "InfPath");
    const nt::pnp::NodeState state = node.state.load();
    result.state = nt::pnp::NodeStateName(state);
    if (state == nt::pnp::NodeState::kStarted) result.power = PowerName(node.power.load());
    // A raw device works without drivers.
    if (machine_.store && state != nt::pnp::NodeState::kStarted) result.problem = machine_.store->ProblemOf(result.instance);
    if (result.problem.empty() && state == nt::pnp::NodeState::kFailed) result.problem = Status(node.last_status).ToString();
    if (state == nt::pnp::NodeState::kFailed) result.problem += Reason(node.last_status);
    if (result.problem.empty() && state == nt::pnp::NodeState::kInitialized)
      result.problem = nt::pnp::LacksFunction(node) ? "its INF gives it filters and no function driver (AddService with SPSVCINST_ASSOCSERVICE): code 28, CM_PROB_FAILED_INSTALL" : "no driver";
    for (const std::u16string& id : node.hardware_ids) result.hardware_ids.push_back(machine::ToUtf8(id));
    for (const std::u16string& id : node.compatible_ids) result.compatible_ids.push_back(machine::ToUtf8(id));
    ReadStack(node, result);
    ReadInterfaces(node, result);
    result.resources = ResourceLines(node.raw_resources);
    for (DEVICE_OBJECT* child : nt::pnp::ChildrenOf(node.pdo))
      if (DeviceNode* below = nt::pnp::NodeOf(child)) result.children.push_back(ReadNode(*below));
    return result;
  }

  void ReadStack(DeviceNode& node, DeviceTreeNode& result) {
    std::vector<DEVICE_OBJECT*> stack;
    {
      rt::LockGuard guard(kernel_.io->device_lock);
      for (DEVICE_OBJECT* device = node.pdo; device; device = device->AttachedDevice) stack.push_back(device);
    }
    bool above_function = false;
    for (DEVICE_OBJECT* device : stack) {
      DeviceTreeNode::Member member;
      nt::io::Driver* driver = nt::io::DriverOf(device->DriverObject);
      member.driver = driver ? machine::ToUtf8(driver->name) : "?";
      const bool function = node.function && driver == node.function && !above_function && device != node.pdo;
      member.role = device == node.pdo ? "bus" : function ? "function" : above_function ? "upper filter" : node.function ? "lower filter" : "filter";
      above_function = above_function || function;
      member.device = machine::ToUtf8(nt::ob::NameOf(device));
      ReadFramework(device, driver, member);
      result.stack.insert(result.stack.begin(), std::move(member));
    }
  }

  void ReadFramework(DEVICE_OBJECT* device, nt::io::Driver* driver, DeviceTreeNode::Member& member) {
    if (!driver || driver->own || !driver->wdf) return;
    wdf::Device* framework = wdf::DeviceFromWdm(device);
    if (!framework) return;
    wdf::PnpPower& states = framework->pnp();
    member.pnp = wdf::StateName(states.pnp_state());
    member.power = wdf::StateName(states.power_state());
    member.policy = wdf::StateName(states.policy_state());
  }

  void ReadInterfaces(DeviceNode& node, DeviceTreeNode& result) {
    nt::io::InterfaceTable& table = *kernel_.io->interfaces;
    rt::LockGuard guard(table.lock);
    for (const nt::io::DeviceInterface& each : table.list)
      if (each.pdo == node.pdo)
        result.interfaces.push_back({machine::ToUtf8(nt::io::GuidText(each.guid)), machine::ToUtf8(each.name), each.enabled});
  }

  Machine::Impl& machine_;
  nt::Kernel& kernel_;
  machine::setup::RegistryWriter registry_;
  std::map<DEVICE_OBJECT*, std::string> names_;
};

// --- drawing ---

size_t Width(const std::string& text) {
  size_t width = 0;
  for (unsigned char c : text) width += (c & 0xC0) != 0x80 ? 1 : 0;
  return width;
}

std::string Padded(const std::string& text, size_t width) {
  size_t have = Width(text);
  return have < width ? text + std::string(width - have, ' ') : text;
}

struct Row {
  std::string tree;                   // lines of the tree and the name
  std::vector<std::string> columns;   // of a device
  std::string detail;                 // else
};

void Draw(const DeviceTreeNode& node, const std::string& before, bool last, bool details, std::vector<Row>& rows) {
  const std::string title = node.name.empty() ? node.description : fmt::format("{} ({})", node.description, node.name);
  rows.push_back({before + (last ? "└─ " : "├─ ") + title, {node.instance, node.state, node.power}, {}});
  const std::string below = before + (last ? "   " : "│  ");
  const std::string inner = below + (node.children.empty() ? "     " : "│    ");
  auto detail = [&](const char* what, const std::string& text) { rows.push_back({inner + Padded(what, 14) + text, {}, {}}); };
  if (!node.problem.empty()) detail("problem", node.problem);
  if (details) {
    size_t widest = 0;
    for (const auto& member : node.stack) widest = std::max(widest, Width(member.driver));
    for (const auto& member : node.stack) {
      std::string text = member.driver;
      if (!member.pnp.empty()) text = Padded(text, widest + 2) + fmt::format("{}, {}, {}", member.pnp, member.power, member.policy);
      detail(member.role.c_str(), text);
    }
    for (const auto& each : node.interfaces) detail("interface", each.guid + (each.enabled ? "" : "  disabled"));
    for (const std::string& resource : node.resources) detail("resource", resource);
  }
  for (size_t i = 0; i < node.children.size(); ++i) Draw(node.children[i], below, i + 1 == node.children.size(), details, rows);
}

}  // namespace

std::vector<DeviceTreeNode> DeviceTree(Machine& machine) {
  return machine::Guarded(*machine.impl(), std::vector<DeviceTreeNode>(), [&] { return TreeReader(*machine.impl()).Read(); });
}

std::string DrawDeviceTree(const std::vector<DeviceTreeNode>& tree, bool details) {
  std::vector<Row> rows;
  for (size_t i = 0; i < tree.size(); ++i) Draw(tree[i], "", i + 1 == tree.size(), details, rows);
  size_t tree_width = 0;
  std::vector<size_t> widths(3, 0);
  for (const Row& row : rows) {
    if (row.columns.empty()) continue;
    tree_width = std::max(tree_width, Width(row.tree));
    for (size_t i = 0; i < row.columns.size(); ++i) widths[i] = std::max(widths[i], Width(row.columns[i]));
  }
  std::string text = "ROOT\n";
  for (const Row& row : rows) {
    std::string line = row.columns.empty() ? row.tree : Padded(row.tree, tree_width);
    for (size_t i = 0; i < row.columns.size(); ++i) line += "  " + Padded(row.columns[i], widths[i]);
    while (!line.empty() && line.back() == ' ') line.pop_back();
    text += line + "\n";
  }
  return text;
}

}  // namespace drydock
