// Machine: WMI from outside.
#include "drydock/wmi.h"

#include <strings.h>

#include <algorithm>
#include <mutex>

#include "machine/impl.h"
#include "machine/mof.h"
#include "machine/names.h"
#include "nt/bugcheck.h"
#include "nt/io/state.h"
#include "nt/io/wmi.h"

namespace drydock {
namespace {

nt::io::WmiState& StateOf(Machine& machine) { return *machine.impl()->kernel->io->wmi; }

template <class Body>
Status Do(Machine& machine, Body body) {
  return machine::Guarded(*machine.impl(), kStatusMachineStopped, [&]() -> Status { return body(StateOf(machine)); });
}

// What is in a node, or STATUS_WMI_TRY_AGAIN with a finding: the provider's answer holds less than it says.
NTSTATUS ReadNode(const nt::io::WmiNode& node, std::vector<nt::io::WmiInstance>* instances) {
  if (nt::io::ReadWmiNode(node, instances)) return STATUS_SUCCESS;
  nt::Break("The answer to a WMI query is not well-formed: an offset or size leaves the buffer.");
  return STATUS_WMI_TRY_AGAIN;
}

}  // namespace

struct WmiSubscription::Impl {
  Machine* machine = nullptr;
  Status status;
  std::shared_ptr<nt::io::WmiConsumer> consumer;
  std::mutex mutex;
  std::vector<Event> events;

  static VOID NTAPI Notify(PVOID wnode, PVOID context) {
    auto& self = *static_cast<Impl*>(context);
    const auto* header = static_cast<const WNODE_HEADER*>(wnode);
    const auto* from = static_cast<const char*>(wnode);
    std::vector<nt::io::WmiInstance> instances;
    nt::io::ReadWmiNode(nt::io::WmiNode(from, from + header->BufferSize), &instances);
    std::lock_guard<std::mutex> guard(self.mutex);
    for (nt::io::WmiInstance& one : instances) self.events.push_back({machine::ToUtf8(one.name), std::move(one.data)});
  }
};

WmiSubscription::WmiSubscription() = default;
WmiSubscription::WmiSubscription(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WmiSubscription::WmiSubscription(WmiSubscription&&) noexcept = default;
WmiSubscription& WmiSubscription::operator=(WmiSubscription&& other) noexcept {
  WmiSubscription old(std::move(impl_));
  impl_ = std::move(other.impl_);
  return *this;
}

WmiSubscription::~WmiSubscription() {
  if (!impl_ || !impl_->consumer) return;
  Do(*impl_->machine, [&](nt::io::WmiState& state) {
    state.Remove(impl_->consumer);
    return STATUS_SUCCESS;
  });
}

Status WmiSubscription::status() const { return impl_ ? impl_->status : Status(STATUS_INVALID_HANDLE); }

std::vector<WmiSubscription::Event> WmiSubscription::Take() {
  std::vector<Event> events;
  if (!impl_) return events;
  std::lock_guard<std::mutex> guard(impl_->mutex);
  events.swap(impl_->events);
  return events;
}

static WmiSubscription Begin(Machine& machine, const GUID& block, bool events) {
  auto impl = std::make_unique<WmiSubscription::Impl>();
  impl->machine = &machine;
  impl->consumer = std::make_shared<nt::io::WmiConsumer>();
  impl->consumer->guid = block;
  impl->consumer->wants_events = events;
  impl->consumer->wants_collection = !events;
  if (events) impl->consumer->callback = &WmiSubscription::Impl::Notify;
  impl->consumer->context = impl.get();
  impl->status = Do(machine, [&](nt::io::WmiState& state) {
    state.Add(impl->consumer);
    return STATUS_SUCCESS;
  });
  return WmiSubscription(std::move(impl));
}

bool Wmi::Provides(const GUID& block) {
  return machine::Guarded(*machine_->impl(), false, [&] { return StateOf(*machine_).Known(block); });
}

std::vector<WmiClass> Wmi::Classes() {
  std::vector<std::pair<std::u16string, std::u16string>> places;
  Do(*machine_, [&](nt::io::WmiState& state) {
    places = state.MofResources();
    return STATUS_SUCCESS;
  });
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  std::vector<WmiClass> classes;
  rt::LockGuard guard(machine_->impl()->drivers_lock);
  for (const auto& [path, resource] : places) {
    const std::string service = machine::ToUtf8(path.substr(path.rfind(u'\\') + 1));
    for (const Driver::Impl& driver : machine_->impl()->drivers) {
      if (!driver.driver || !driver.image || strcasecmp(driver.name.c_str(), service.c_str()) != 0) continue;
      machine::ReadMofResource(driver.image->mof_resources(), machine::ToUtf8(resource), &classes);
      break;
    }
  }
  return classes;
}

bool Wmi::FindClass(const std::string& name, WmiClass* found) {
  for (WmiClass& one : Classes()) {
    if (strcasecmp(one.name.c_str(), name.c_str()) != 0) continue;
    *found = std::move(one);
    return true;
  }
  return false;
}

bool Wmi::FindBlock(const std::string& class_or_guid, GUID* block) {
  if (machine::ReadGuid(class_or_guid, block)) return true;
  WmiClass found;
  return FindClass(class_or_guid, &found) && machine::ReadGuid(found.guid, block);
}

std::vector<std::string> Wmi::InstanceNames(const GUID& block) {
  std::vector<std::string> names;
  Do(*machine_, [&](nt::io::WmiState& state) {
    for (const std::u16string& name : state.StaticNames(block)) names.push_back(machine::ToUtf8(name));
    return STATUS_SUCCESS;
  });
  if (!names.empty()) return names;
  std::vector<Instance> all;
  if (QueryAll(block, &all).ok())
    for (Instance& one : all) names.push_back(std::move(one.name));
  return names;
}

Status Wmi::QueryAll(const GUID& block, std::vector<Instance>* instances) {
  instances->clear();
  return Do(*machine_, [&](nt::io::WmiState& state) -> NTSTATUS {
    std::vector<nt::io::WmiNode> nodes;
    NTSTATUS status = state.QueryAll(block, &nodes);
    if (!NT_SUCCESS(status)) return status;
    std::vector<nt::io::WmiInstance> all;
    for (const nt::io::WmiNode& node : nodes) {
      status = ReadNode(node, &all);
      if (!NT_SUCCESS(status)) return status;
    }
    for (nt::io::WmiInstance& one : all) instances->push_back({machine::ToUtf8(one.name), std::move(one.data)});
    return status;
  });
}

Status Wmi::Query(const GUID& block, const std::string& instance, std::string* data) {
  return Do(*machine_, [&](nt::io::WmiState& state) -> NTSTATUS {
    nt::io::WmiNode node;
    NTSTATUS status = state.QuerySingle(block, machine::ToUtf16(instance), &node);
    std::vector<nt::io::WmiInstance> one;
    if (NT_SUCCESS(status)) status = ReadNode(node, &one);
    if (NT_SUCCESS(status)) *data = std::move(one.front().data);
    return status;
  });
}

Status Wmi::Set(const GUID& block, const std::string& instance, const std::string& data) {
  return Do(*machine_, [&](nt::io::WmiState& state) { return state.Set(block, machine::ToUtf16(instance), 0, data); });
}

Status Wmi::SetItem(const GUID& block, const std::string& instance, uint32_t item, const std::string& data) {
  return Do(*machine_, [&](nt::io::WmiState& state) { return state.SetItem(block, machine::ToUtf16(instance), 0, item, data); });
}

Status Wmi::Execute(const GUID& block, const std::string& instance, uint32_t method, const std::string& input, std::string* output, size_t room) {
  return Do(*machine_, [&](nt::io::WmiState& state) {
    ULONG needed = 0;
    output->clear();
    return state.Execute(block, machine::ToUtf16(instance), method, input, room, output, &needed);
  });
}

WmiSubscription Wmi::Subscribe(const GUID& block) { return Begin(*machine_, block, true); }
WmiSubscription Wmi::Collect(const GUID& block) { return Begin(*machine_, block, false); }

}  // namespace drydock
