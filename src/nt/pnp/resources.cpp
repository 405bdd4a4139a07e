#include "nt/pnp/resources.h"

#include <cstring>

#include "nt/hal/state.h"
#include "nt/kernel.h"
#include "nt/pnp/node.h"
#include "nt/pnp/state.h"

namespace drydock::nt::pnp {
namespace {

using Descriptors = std::vector<CM_PARTIAL_RESOURCE_DESCRIPTOR>;

size_t BytesOf(const IO_RESOURCE_LIST& list) { return offsetof(IO_RESOURCE_LIST, Descriptors) + list.Count * sizeof(IO_RESOURCE_DESCRIPTOR); }

const CM_PARTIAL_RESOURCE_LIST* Partial(const std::vector<char>& bytes) {
  if (bytes.empty()) return nullptr;
  const auto* list = reinterpret_cast<const CM_RESOURCE_LIST*>(bytes.data());
  return list->Count ? &list->List[0].PartialResourceList : nullptr;
}

std::vector<char> ListOf(const Descriptors& descriptors) {
  const size_t bytes = offsetof(CM_RESOURCE_LIST, List[0].PartialResourceList.PartialDescriptors) + descriptors.size() * sizeof descriptors[0];
  std::vector<char> list(bytes > sizeof(CM_RESOURCE_LIST) ? bytes : sizeof(CM_RESOURCE_LIST));
  auto* head = reinterpret_cast<CM_RESOURCE_LIST*>(list.data());
  head->Count = 1;
  head->List[0].InterfaceType = PNPBus;
  CM_PARTIAL_RESOURCE_LIST& partial = head->List[0].PartialResourceList;
  partial.Version = 1;
  partial.Revision = 1;
  partial.Count = static_cast<ULONG>(descriptors.size());
  std::memcpy(partial.PartialDescriptors, descriptors.data(), descriptors.size() * sizeof descriptors[0]);
  return list;
}

bool IsMessage(USHORT flags) { return (flags & CM_RESOURCE_INTERRUPT_MESSAGE) != 0; }

// One attempt at one configuration.
class Attempt {
 public:
  Attempt(Kernel& kernel, DeviceNode& node) : kernel_(kernel), node_(node), boot_(Partial(node.resources.boot_raw)) {
    used_.resize(boot_ ? boot_->Count : 0);
    const CM_PARTIAL_RESOURCE_LIST* translated = Partial(node.resources.boot_translated);
    boot_translated_ = translated && boot_ && translated->Count == boot_->Count ? translated : nullptr;
  }
  ~Attempt() { Drop(); }

  bool Try(const IO_RESOURCE_LIST& list) {
    for (ULONG i = 0; i < list.Count;) {
      ULONG end = i + 1;
      while (end < list.Count && (list.Descriptors[end].Option & IO_RESOURCE_ALTERNATIVE)) ++end;
      if (!TryGroup(list.Descriptors + i, end - i)) return false;
      i = end;
    }
    return true;
  }

  void Take() {
    node_.raw_resources = raw_.empty() ? std::vector<char>() : ListOf(raw_);
    node_.translated_resources = translated_.empty() ? std::vector<char>() : ListOf(translated_);
    for (auto& reserved : reserved_) node_.resources.reserved.push_back(std::move(reserved));
    reserved_.clear();
  }

 private:
  bool TryGroup(const IO_RESOURCE_DESCRIPTOR* group, ULONG count) {
    for (bool preferred : {true, false}) {
      for (ULONG i = 0; i < count; ++i) {
        if (((group[i].Option & IO_RESOURCE_PREFERRED) != 0) == preferred && TryOne(group[i])) return true;
      }
    }
    return false;
  }

  // The boot configuration's own, if it fits. -1: none.
  template <class Fits>
  int FromBoot(UCHAR type, Fits fits) {
    for (ULONG i = 0; i < used_.size(); ++i) {
      if (used_[i] || boot_->PartialDescriptors[i].Type != type || !fits(boot_->PartialDescriptors[i])) continue;
      used_[i] = true;
      return static_cast<int>(i);
    }
    return -1;
  }

  void Give(CM_PARTIAL_RESOURCE_DESCRIPTOR raw, CM_PARTIAL_RESOURCE_DESCRIPTOR translated, const IO_RESOURCE_DESCRIPTOR& wanted) {
    raw.ShareDisposition = translated.ShareDisposition = wanted.ShareDisposition;
    raw_.push_back(raw);
    translated_.push_back(translated);
  }

  bool TryOne(const IO_RESOURCE_DESCRIPTOR& wanted) {
    CM_PARTIAL_RESOURCE_DESCRIPTOR raw = {};
    raw.Type = wanted.Type;
    raw.Flags = wanted.Flags;
    raw.ShareDisposition = wanted.ShareDisposition;
    switch (wanted.Type) {
      case CmResourceTypeNull:
      case CmResourceTypeConfigData:
        return true;  // says something about the configuration, asks for nothing
      case CmResourceTypeMemory:
      case CmResourceTypePort:
        return TryRange(wanted, raw);
      case CmResourceTypeInterrupt:
        return TryInterrupt(wanted, raw);
      case CmResourceTypeDma:
        raw.u.Dma.Channel = wanted.u.Dma.MinimumChannel;
        Give(raw, raw, wanted);
        return true;
      case CmResourceTypeBusNumber:
        raw.u.BusNumber.Start = wanted.u.BusNumber.MinBusNumber;
        raw.u.BusNumber.Length = wanted.u.BusNumber.Length;
        Give(raw, raw, wanted);
        return true;
      case CmResourceTypeConnection:  // three numbers as well
      case CmResourceTypeDevicePrivate:
        std::memcpy(raw.u.DevicePrivate.Data, wanted.u.DevicePrivate.Data, sizeof raw.u.DevicePrivate.Data);
        Give(raw, raw, wanted);
        return true;
      default:
        return false;
    }
  }

  bool TryRange(const IO_RESOURCE_DESCRIPTOR& wanted, CM_PARTIAL_RESOURCE_DESCRIPTOR raw) {
    const auto& range = wanted.u.Memory;  // Port: the same layout
    const auto low = static_cast<uint64_t>(range.MinimumAddress.QuadPart), high = static_cast<uint64_t>(range.MaximumAddress.QuadPart);
    int boot = FromBoot(wanted.Type, [&](const CM_PARTIAL_RESOURCE_DESCRIPTOR& given) {
      const auto start = static_cast<uint64_t>(given.u.Memory.Start.QuadPart);
      return given.u.Memory.Length == range.Length && start >= low && start + range.Length - 1 <= high;
    });
    raw.u.Memory.Length = range.Length;
    if (boot >= 0) {
      raw.u.Memory.Start = boot_->PartialDescriptors[boot].u.Memory.Start;
      Give(raw, boot_translated_ ? boot_translated_->PartialDescriptors[boot] : raw, wanted);
      return true;
    }
    const bool port = wanted.Type == CmResourceTypePort;
    const auto space = port ? hal::Space::kPort : hal::Space::kMemory;
    const uint64_t start = kernel_.hal->io_space.FindRoom(space, range.Length, range.Alignment, low ? low : 1, high);
    if (start == 0) return false;
    auto region = kernel_.hal->io_space.Add(space, "a resource that drivers asked for", start, range.Length, nullptr);
    if (!region) return false;
    reserved_.push_back({&kernel_, port, std::move(region)});
    raw.u.Memory.Start.QuadPart = static_cast<LONGLONG>(start);
    Give(raw, raw, wanted);
    return true;
  }

  KAFFINITY Processors(const IO_RESOURCE_DESCRIPTOR& wanted) const {
    const KAFFINITY all = KeQueryActiveProcessors();
    if (!(wanted.Flags & CM_RESOURCE_INTERRUPT_POLICY_INCLUDED) || wanted.u.Interrupt.AffinityPolicy != IrqPolicySpecifiedProcessors) return all;
    const KAFFINITY some = wanted.u.Interrupt.TargetedProcessors & all;
    return some ? some : all;
  }

  bool TryInterrupt(const IO_RESOURCE_DESCRIPTOR& wanted, CM_PARTIAL_RESOURCE_DESCRIPTOR raw) {
    hal::InterruptController& controller = kernel_.hal->interrupts;
    const bool message = IsMessage(wanted.Flags);
    const int boot = FromBoot(CmResourceTypeInterrupt, [&](const CM_PARTIAL_RESOURCE_DESCRIPTOR& given) {
      if (IsMessage(given.Flags) != message) return false;
      return message || (given.u.Interrupt.Vector >= wanted.u.Interrupt.MinimumVector && given.u.Interrupt.Vector <= wanted.u.Interrupt.MaximumVector);
    });
    CM_PARTIAL_RESOURCE_DESCRIPTOR translated = raw;
    const KAFFINITY processors = Processors(wanted);
    std::shared_ptr<hal::Vector> vector;
    if (boot >= 0) {
      raw.u = boot_->PartialDescriptors[boot].u;
      if (boot_translated_) vector = controller.Find(boot_translated_->PartialDescriptors[boot].u.Interrupt.Vector);
    } else if (message) {
      auto messages = controller.Messages(1);
      vector = messages[0];
      raw.u.MessageInterrupt.Raw.MessageCount = 1;
      raw.u.MessageInterrupt.Raw.Vector = vector->number;
    }
    if (!vector) {
      if (message) return false;
      const uint32_t line = boot >= 0 ? raw.u.Interrupt.Vector : wanted.u.Interrupt.MinimumVector;
      vector = controller.Line(line, (wanted.Flags & CM_RESOURCE_INTERRUPT_LATCHED) != 0, 0);
      if (!vector) return false;
      raw.u.Interrupt.Level = raw.u.Interrupt.Vector = line;
    }
    if (processors != KeQueryActiveProcessors()) vector->processor = static_cast<uint32_t>(__builtin_ctzll(processors));
    if (message) {
      raw.u.MessageInterrupt.Raw.Affinity = processors;
    } else {
      raw.u.Interrupt.Affinity = processors;
    }
    translated.u.Interrupt.Level = vector->irql;
    translated.u.Interrupt.Vector = vector->number;
    translated.u.Interrupt.Affinity = processors;
    raw.Flags = translated.Flags = static_cast<USHORT>(wanted.Flags & ~CM_RESOURCE_INTERRUPT_POLICY_INCLUDED);
    Give(raw, translated, wanted);
    return true;
  }

  void Drop() {
    for (auto& reserved : reserved_)
      kernel_.hal->io_space.Remove(reserved.port ? hal::Space::kPort : hal::Space::kMemory, reserved.region);
    reserved_.clear();
  }

  Kernel& kernel_;
  DeviceNode& node_;
  const CM_PARTIAL_RESOURCE_LIST* boot_;
  const CM_PARTIAL_RESOURCE_LIST* boot_translated_ = nullptr;
  std::vector<bool> used_;
  Descriptors raw_, translated_;
  std::vector<NodeResources::Reserved> reserved_;
};

}  // namespace

NodeResources::~NodeResources() = default;  // what is reserved ends with the machine's map of addresses

void ReleaseResources(DeviceNode& node) {
  for (auto& reserved : node.resources.reserved)
    reserved.kernel->hal->io_space.Remove(reserved.port ? hal::Space::kPort : hal::Space::kMemory, reserved.region);
  node.resources.reserved.clear();
}

void KeepRequirements(DeviceNode& node, const IO_RESOURCE_REQUIREMENTS_LIST* list) {
  const char* bytes = reinterpret_cast<const char*>(list);
  node.resources.requirements.assign(bytes, bytes + list->ListSize);
}

std::vector<char> RequirementsOf(const CM_RESOURCE_LIST* fixed) {
  if (!fixed || fixed->Count == 0) return {};
  const CM_PARTIAL_RESOURCE_LIST& partial = fixed->List[0].PartialResourceList;
  const size_t bytes = offsetof(IO_RESOURCE_REQUIREMENTS_LIST, List) + offsetof(IO_RESOURCE_LIST, Descriptors) +
                       partial.Count * sizeof(IO_RESOURCE_DESCRIPTOR);
  std::vector<char> out(bytes > sizeof(IO_RESOURCE_REQUIREMENTS_LIST) ? bytes : sizeof(IO_RESOURCE_REQUIREMENTS_LIST));
  auto& list = *reinterpret_cast<IO_RESOURCE_REQUIREMENTS_LIST*>(out.data());
  list.ListSize = static_cast<ULONG>(out.size());
  list.InterfaceType = fixed->List[0].InterfaceType;
  list.BusNumber = fixed->List[0].BusNumber;
  list.AlternativeLists = 1;
  list.List[0].Version = 1;
  list.List[0].Revision = 1;
  list.List[0].Count = partial.Count;
  for (ULONG i = 0; i < partial.Count; ++i) {
    const CM_PARTIAL_RESOURCE_DESCRIPTOR& given = partial.PartialDescriptors[i];
    IO_RESOURCE_DESCRIPTOR& wanted = list.List[0].Descriptors[i];
    wanted.Type = given.Type;
    wanted.Flags = given.Flags;
    wanted.ShareDisposition = given.ShareDisposition;
    switch (given.Type) {
      case CmResourceTypeMemory:
      case CmResourceTypePort:
        wanted.u.Memory.Length = given.u.Memory.Length;
        wanted.u.Memory.Alignment = 1;
        wanted.u.Memory.MinimumAddress = given.u.Memory.Start;
        wanted.u.Memory.MaximumAddress.QuadPart = given.u.Memory.Start.QuadPart + given.u.Memory.Length - 1;
        break;
      case CmResourceTypeInterrupt:
        if (IsMessage(given.Flags)) {
          wanted.u.Interrupt.MaximumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN;
          wanted.u.Interrupt.MinimumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN - given.u.MessageInterrupt.Raw.MessageCount + 1;
        } else {
          wanted.u.Interrupt.MinimumVector = wanted.u.Interrupt.MaximumVector = given.u.Interrupt.Vector;
        }
        break;
      case CmResourceTypeDma:
        wanted.u.Dma.MinimumChannel = wanted.u.Dma.MaximumChannel = given.u.Dma.Channel;
        break;
      case CmResourceTypeBusNumber:
        wanted.u.BusNumber.Length = given.u.BusNumber.Length;
        wanted.u.BusNumber.MinBusNumber = given.u.BusNumber.Start;
        wanted.u.BusNumber.MaxBusNumber = given.u.BusNumber.Start + given.u.BusNumber.Length - 1;
        break;
      default:
        std::memcpy(wanted.u.DevicePrivate.Data, given.u.DevicePrivate.Data, sizeof wanted.u.DevicePrivate.Data);
        break;
    }
  }
  return out;
}

NTSTATUS AssignResources(DeviceNode& node) {
  ReleaseResources(node);
  std::vector<char> bytes = node.resources.requirements;
  if (bytes.empty() && !node.resources.boot_raw.empty())
    bytes = RequirementsOf(reinterpret_cast<const CM_RESOURCE_LIST*>(node.resources.boot_raw.data()));
  PnpRequest request;
  request.minor = IRP_MN_FILTER_RESOURCE_REQUIREMENTS;
  request.context = bytes.empty() ? nullptr : bytes.data();
  request.fill = [](IO_STACK_LOCATION* location, void* context) {
    location->Parameters.FilterResourceRequirements.IoResourceRequirementList = static_cast<IO_RESOURCE_REQUIREMENTS_LIST*>(context);
  };
  NTSTATUS status = SendPnp(node, request);
  const auto* list = reinterpret_cast<const IO_RESOURCE_REQUIREMENTS_LIST*>(bytes.empty() ? nullptr : bytes.data());
  if (NT_SUCCESS(status) && request.information) list = reinterpret_cast<const IO_RESOURCE_REQUIREMENTS_LIST*>(request.information);
  node.raw_resources.clear();
  node.translated_resources.clear();
  NTSTATUS result = STATUS_SUCCESS;
  if (list && list->AlternativeLists > 0) {
    result = STATUS_CONFLICTING_ADDRESSES;
    const auto* at = reinterpret_cast<const char*>(list->List);
    for (ULONG i = 0; i < list->AlternativeLists; ++i) {
      const auto& configuration = *reinterpret_cast<const IO_RESOURCE_LIST*>(at);
      at += BytesOf(configuration);
      Attempt attempt(node.state_of_machine->kernel, node);
      if (!attempt.Try(configuration)) continue;
      attempt.Take();
      result = STATUS_SUCCESS;
      break;
    }
  }
  if (request.information) ExFreePoolWithTag(reinterpret_cast<void*>(request.information), 0);
  return result;
}

const CM_RESOURCE_LIST* TranslatedResourcesOf(const DEVICE_OBJECT* pdo) {
  const DeviceNode* node = NodeOf(pdo);
  return node && !node->translated_resources.empty() ? reinterpret_cast<const CM_RESOURCE_LIST*>(node->translated_resources.data()) : nullptr;
}

}  // namespace drydock::nt::pnp
