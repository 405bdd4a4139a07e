#include "machine/hardware.h"

#include <sys/mman.h>

#include <cstring>
#include <mutex>

#include <fmt/format.h>

#include "drydock/machine.h"

namespace drydock {

struct InterruptPin::State {
  // Of the test's world: taken for a moment, with nothing of the machine inside.
  mutable std::mutex mutex;
  std::shared_ptr<nt::hal::Vector> vector;  // null: not wired
  bool level = true;
  bool raised = false;
};

InterruptPin::InterruptPin() : state_(std::make_shared<State>()) {}

void InterruptPin::Raise() const {
  std::shared_ptr<nt::hal::Vector> vector;
  {
    std::lock_guard<std::mutex> guard(state_->mutex);
    if (state_->level) {
      if (state_->raised) return;
      state_->raised = true;
    }
    vector = state_->vector;
  }
  if (vector) nt::hal::InterruptController::Assert(vector);
}

void InterruptPin::Lower() const {
  std::shared_ptr<nt::hal::Vector> vector;
  {
    std::lock_guard<std::mutex> guard(state_->mutex);
    if (!state_->raised) return;
    state_->raised = false;
    vector = state_->vector;
  }
  if (vector) nt::hal::InterruptController::Deassert(vector);
}

bool InterruptPin::raised() const {
  std::lock_guard<std::mutex> guard(state_->mutex);
  return state_->raised;
}

namespace {

class FunctionRegisters final : public RegisterFile {
 public:
  explicit FunctionRegisters(RegisterFunctions functions) : functions_(std::move(functions)) {}
  uint64_t ReadRegister(uint64_t offset, unsigned bytes) override { return functions_.read ? functions_.read(offset, bytes) : 0; }
  void WriteRegister(uint64_t offset, unsigned bytes, uint64_t value) override {
    if (functions_.write) functions_.write(offset, bytes, value);
  }

 private:
  RegisterFunctions functions_;
};

class Pages final : public DeviceMemory {
 public:
  // At a multiple of the power of two that holds it, as a device decodes addresses.
  explicit Pages(size_t bytes) : size_((bytes + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE) {
    size_t alignment = PAGE_SIZE;
    while (alignment < size_) alignment *= 2;
    void* memory = size_ ? mmap(nullptr, size_ + alignment, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : MAP_FAILED;
    if (memory == MAP_FAILED) throw Error(fmt::format("no memory for {} bytes of device memory", bytes));
    auto* begin = static_cast<char*>(memory);
    const size_t before = (alignment - reinterpret_cast<uintptr_t>(begin) % alignment) % alignment;
    if (before != 0) munmap(begin, before);
    if (before != alignment) munmap(begin + before + size_, alignment - before);
    data_ = begin + before;
  }
  ~Pages() override { munmap(data_, size_); }
  void* data() const override { return data_; }
  size_t size() const override { return size_; }

 private:
  void* data_;
  size_t size_;
};

// A test's register file behind hal's.
class Bridge final : public nt::hal::RegisterFile {
 public:
  explicit Bridge(std::shared_ptr<drydock::RegisterFile> file) : file_(std::move(file)) {}
  uint64_t Read(uint64_t offset, uint32_t bytes) override { return file_->ReadRegister(offset, bytes); }
  void Write(uint64_t offset, uint32_t bytes, uint64_t value) override { file_->WriteRegister(offset, bytes, value); }

 private:
  std::shared_ptr<drydock::RegisterFile> file_;
};

std::vector<char> ListOf(const std::vector<CM_PARTIAL_RESOURCE_DESCRIPTOR>& descriptors) {
  const size_t bytes = offsetof(CM_RESOURCE_LIST, List[0].PartialResourceList.PartialDescriptors) + descriptors.size() * sizeof descriptors[0];
  std::vector<char> list(std::max(bytes, sizeof(CM_RESOURCE_LIST)));
  auto* head = reinterpret_cast<CM_RESOURCE_LIST*>(list.data());
  head->Count = 1;
  head->List[0].InterfaceType = PNPBus;
  head->List[0].PartialResourceList.Version = 1;
  head->List[0].PartialResourceList.Revision = 1;
  head->List[0].PartialResourceList.Count = static_cast<ULONG>(descriptors.size());
  std::memcpy(head->List[0].PartialResourceList.PartialDescriptors, descriptors.data(), descriptors.size() * sizeof descriptors[0]);
  return list;
}

// Memory descriptors count in bytes up to 4 GB.
constexpr uint64_t kLargest = 0xFFFFFFFF;

}  // namespace

std::shared_ptr<RegisterFile> MakeRegisters(RegisterFunctions functions) { return std::make_shared<FunctionRegisters>(std::move(functions)); }
std::shared_ptr<DeviceMemory> MakeDeviceMemory(size_t bytes) { return std::make_shared<Pages>(bytes); }

Resource Resource::Memory(uint64_t length, std::shared_ptr<RegisterFile> registers, uint64_t address) {
  Resource resource;
  resource.start = address;
  resource.length = length;
  resource.registers = std::move(registers);
  return resource;
}
Resource Resource::Memory(std::shared_ptr<DeviceMemory> memory) {
  Resource resource;
  resource.length = memory->size();
  resource.memory = std::move(memory);
  return resource;
}
Resource Resource::Port(uint32_t length, std::shared_ptr<RegisterFile> registers, uint16_t port) {
  Resource resource = Memory(length, std::move(registers), port);
  resource.kind = Kind::kPort;
  return resource;
}
Resource Resource::Line(InterruptPin pin, LineOptions options) {
  Resource resource;
  resource.kind = Kind::kLine;
  resource.pins = {std::move(pin)};
  resource.line = options;
  return resource;
}
Resource Resource::Message(InterruptPin pin) { return Messages({std::move(pin)}); }
Resource Resource::Messages(std::vector<InterruptPin> pins) {
  Resource resource;
  resource.kind = Kind::kMessages;
  resource.pins = std::move(pins);
  return resource;
}
Resource Resource::Connection(uint8_t connection_class, uint8_t type, uint64_t id) {
  Resource resource;
  resource.kind = Kind::kConnection;
  resource.data[0] = connection_class | uint32_t{type} << 8;
  resource.data[1] = static_cast<uint32_t>(id);
  resource.data[2] = static_cast<uint32_t>(id >> 32);
  return resource;
}

Resource Resource::Private(uint32_t a, uint32_t b, uint32_t c) {
  Resource resource;
  resource.kind = Kind::kPrivate;
  resource.data[0] = a;
  resource.data[1] = b;
  resource.data[2] = c;
  return resource;
}

namespace machine {

Hardware::Hardware(nt::Kernel& kernel, const std::string& name, const std::vector<Resource>& resources) : kernel_(kernel) {
  std::vector<CM_PARTIAL_RESOURCE_DESCRIPTOR> raw, translated;
  try {
    for (const Resource& resource : resources) Add(resource, name, raw, translated);
  } catch (...) {
    Unplug();
    throw;
  }
  raw_ = ListOf(raw);
  translated_ = ListOf(translated);
}

Hardware::~Hardware() { Unplug(); }

void Hardware::Add(const Resource& resource, const std::string& name, std::vector<CM_PARTIAL_RESOURCE_DESCRIPTOR>& raw,
                   std::vector<CM_PARTIAL_RESOURCE_DESCRIPTOR>& translated) {
  CM_PARTIAL_RESOURCE_DESCRIPTOR descriptor = {};
  nt::hal::InterruptController& interrupts = kernel_.hal->interrupts;
  const KAFFINITY all = kernel_.options.processors >= 64 ? ~KAFFINITY{0} : (KAFFINITY{1} << kernel_.options.processors) - 1;
  auto wire = [&](const InterruptPin& pin, const std::shared_ptr<nt::hal::Vector>& vector, bool level) {
    InterruptPin::State& state = pin.state();
    bool raised;
    {
      std::lock_guard<std::mutex> guard(state.mutex);
      if (state.vector) throw Error(fmt::format("an interrupt pin of {} belongs to another device already", name));
      state.vector = vector;
      state.level = level;
      if (!level) state.raised = false;
      raised = state.raised;
    }
    pins_.push_back(pin.shared_state());
    if (raised) nt::hal::InterruptController::Assert(vector);
  };
  switch (resource.kind) {
    case Resource::Kind::kMemory:
    case Resource::Kind::kPort: {
      const bool port = resource.kind == Resource::Kind::kPort;
      uint64_t start;
      if (resource.length == 0 || resource.length > kLargest) throw Error(fmt::format("a resource of {} has a length of {:#x}", name, resource.length));
      if (resource.memory) {
        start = reinterpret_cast<uint64_t>(resource.memory->data());
        memory_.push_back(resource.memory);
      } else {
        const auto space = port ? nt::hal::Space::kPort : nt::hal::Space::kMemory;
        auto file = resource.registers ? std::make_shared<Bridge>(resource.registers) : nullptr;
        auto region = kernel_.hal->io_space.Add(space, name, resource.start, resource.length, std::move(file));
        if (!region) {
          throw Error(fmt::format("{} {:#x} to {:#x} of {} cannot be had: taken, or beyond the end", port ? "ports" : "memory", resource.start,
                                  resource.start + resource.length - 1, name));
        }
        start = region->base;
        regions_.push_back({space, std::move(region)});
      }
      descriptor.Type = port ? CmResourceTypePort : CmResourceTypeMemory;
      descriptor.ShareDisposition = CmResourceShareDeviceExclusive;
      descriptor.Flags = port ? CM_RESOURCE_PORT_IO | CM_RESOURCE_PORT_16_BIT_DECODE : CM_RESOURCE_MEMORY_READ_WRITE;
      descriptor.u.Memory.Start.QuadPart = static_cast<LONGLONG>(start);  // Port: the same layout
      descriptor.u.Memory.Length = static_cast<ULONG>(resource.length);
      raw.push_back(descriptor);
      translated.push_back(descriptor);
      return;
    }
    case Resource::Kind::kLine: {
      if (resource.line.irql != 0 && (resource.line.irql < 3 || resource.line.irql > 11))
        throw Error(fmt::format("an interrupt of {} has IRQL {}; device levels are 3 to 11", name, resource.line.irql));
      const uint32_t line = resource.line.line ? resource.line.line : interrupts.FreeLine();
      auto vector = interrupts.Line(line, !resource.line.level_sensitive, resource.line.irql);
      if (!vector) throw Error(fmt::format("interrupt line {} of {} is there already and works otherwise", line, name));
      wire(resource.pins[0], vector, resource.line.level_sensitive);
      descriptor.Type = CmResourceTypeInterrupt;
      descriptor.ShareDisposition = resource.line.shared ? CmResourceShareShared : CmResourceShareDeviceExclusive;
      descriptor.Flags = resource.line.level_sensitive ? CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE : CM_RESOURCE_INTERRUPT_LATCHED;
      if (resource.line.wake) descriptor.Flags |= CM_RESOURCE_INTERRUPT_WAKE_HINT;
      descriptor.u.Interrupt.Level = line;
      descriptor.u.Interrupt.Vector = line;
      descriptor.u.Interrupt.Affinity = all;
      raw.push_back(descriptor);
      descriptor.u.Interrupt.Level = vector->irql;
      descriptor.u.Interrupt.Vector = vector->number;
      translated.push_back(descriptor);
      return;
    }
    case Resource::Kind::kMessages: {
      auto messages = interrupts.Messages(static_cast<uint32_t>(resource.pins.size()));
      if (messages.empty()) throw Error(fmt::format("{} has an interrupt resource without messages", name));
      for (size_t i = 0; i < messages.size(); ++i) {
        messages_.push_back(messages[i]);
        wire(resource.pins[i], messages[i], false);
      }
      descriptor.Type = CmResourceTypeInterrupt;
      descriptor.ShareDisposition = CmResourceShareDeviceExclusive;
      descriptor.Flags = CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE;
      descriptor.u.MessageInterrupt.Raw.MessageCount = static_cast<USHORT>(messages.size());
      descriptor.u.MessageInterrupt.Raw.Vector = messages[0]->number;
      descriptor.u.MessageInterrupt.Raw.Affinity = all;
      raw.push_back(descriptor);
      descriptor.u = {};
      descriptor.u.MessageInterrupt.Translated.Level = messages[0]->irql;
      descriptor.u.MessageInterrupt.Translated.Vector = messages[0]->number;
      descriptor.u.MessageInterrupt.Translated.Affinity = all;
      translated.push_back(descriptor);
      return;
    }
    case Resource::Kind::kConnection:
      descriptor.Type = CmResourceTypeConnection;
      descriptor.ShareDisposition = CmResourceShareDeviceExclusive;
      descriptor.u.Connection.Class = static_cast<UCHAR>(resource.data[0]);
      descriptor.u.Connection.Type = static_cast<UCHAR>(resource.data[0] >> 8);
      descriptor.u.Connection.IdLowPart = resource.data[1];
      descriptor.u.Connection.IdHighPart = resource.data[2];
      raw.push_back(descriptor);
      translated.push_back(descriptor);
      return;
    case Resource::Kind::kPrivate:
      descriptor.Type = CmResourceTypeDevicePrivate;
      descriptor.ShareDisposition = CmResourceShareDeviceExclusive;
      std::memcpy(descriptor.u.DevicePrivate.Data, resource.data, sizeof resource.data);
      raw.push_back(descriptor);
      translated.push_back(descriptor);
      return;
  }
}

void Hardware::Prefetchable(size_t which) {
  for (std::vector<char>* list : {&raw_, &translated_}) {
    CM_PARTIAL_RESOURCE_LIST& resources = reinterpret_cast<CM_RESOURCE_LIST*>(list->data())->List[0].PartialResourceList;
    size_t seen = 0;
    for (ULONG i = 0; i < resources.Count; ++i) {
      CM_PARTIAL_RESOURCE_DESCRIPTOR& each = resources.PartialDescriptors[i];
      if (each.Type != CmResourceTypeMemory && each.Type != CmResourceTypePort) continue;
      if (seen++ == which && each.Type == CmResourceTypeMemory) each.Flags |= CM_RESOURCE_MEMORY_PREFETCHABLE;
    }
  }
}

void Hardware::Unplug() {
  for (Taken& taken : regions_) kernel_.hal->io_space.Remove(taken.space, taken.region);
  regions_.clear();
  for (auto& pin : pins_) {
    std::shared_ptr<nt::hal::Vector> vector;
    bool raised;
    {
      std::lock_guard<std::mutex> guard(pin->mutex);
      vector = std::move(pin->vector);
      pin->vector = nullptr;
      raised = pin->raised && pin->level;
    }
    if (vector && raised) nt::hal::InterruptController::Deassert(vector);
  }
  pins_.clear();
  for (auto& message : messages_) kernel_.hal->interrupts.Forget(message);
  messages_.clear();
}

}  // namespace machine
}  // namespace drydock
