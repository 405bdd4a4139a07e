#include "machine/pci.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <set>

#include "drydock/machine.h"
#include "nt/pnp/node.h"
#include "nt/pnp/pnp.h"
#include "nt/pnp/state.h"
#include "runtime/lock.h"

namespace drydock::machine {
namespace {

constexpr uint32_t kBytes = 256, kExpressBytes = 4096, kHeaderBytes = 0x40;
constexpr uint32_t kFirstBar = 0x10, kBars = 6;

class Space final : public nt::pnp::PciFunction {
 public:
  Space(const PciDevice& pci, const CM_RESOURCE_LIST* raw, bool d1, bool d2, int wakes_from_d)
      : size_(pci.express ? kExpressBytes : kBytes), bytes_(size_), writable_(size_), cleared_(size_), read_(pci.read), write_(pci.write) {
    Header(pci);
    if (raw != nullptr && raw->Count != 0) Resources(raw->List[0].PartialResourceList, pci.bars);
    PowerManagement(d1, d2, wakes_from_d);
    Messages();
    if (pci.express) Express();
    for (const std::string& capability : pci.capabilities) {
      const uint32_t at = NewCapability(static_cast<uint8_t>(capability[0]), static_cast<uint32_t>(capability.size()));
      for (uint32_t i = 2; i < capability.size(); ++i) Set8(at + i, static_cast<uint8_t>(capability[i]), 0xFF);
    }
    for (const auto& [offset, held] : pci.holds) {
      if (offset >= size_ || held.size() > size_ - offset)
        throw Error(fmt::format("the PCI configuration space has {:#x} bytes; {} bytes at {:#x} do not fit", size_, held.size(), offset));
      for (uint32_t i = 0; i < held.size(); ++i) {
        bytes_[offset + i] = static_cast<uint8_t>(held[i]);
        if (offset + i >= kHeaderBytes) writable_[offset + i] = 0xFF;
      }
    }
  }

  uint32_t Read(uint32_t offset, void* buffer, uint32_t length) override {
    const uint32_t there = Inside(offset, length);
    {
      rt::LockGuard guard(lock_);
      std::memcpy(buffer, bytes_.data() + (there != 0 ? offset : 0), there);
    }
    if (read_ && there != 0) read_(offset, static_cast<uint8_t*>(buffer), there);
    if (gone_.load(std::memory_order_acquire)) std::memset(buffer, 0xFF, there);
    return there;
  }

  uint32_t Write(uint32_t offset, const void* buffer, uint32_t length) override {
    const uint32_t there = Inside(offset, length);
    if (gone_.load(std::memory_order_acquire)) return there;
    const auto* given = static_cast<const uint8_t*>(buffer);
    {
      rt::LockGuard guard(lock_);
      for (uint32_t i = 0; i < there; ++i) {
        uint8_t& byte = bytes_[offset + i];
        const uint8_t writable = writable_[offset + i];
        byte = static_cast<uint8_t>(((byte & ~writable) | (given[i] & writable)) & ~(given[i] & cleared_[offset + i]));
      }
    }
    if (write_ && there != 0) write_(offset, given, there);
    return there;
  }

  void SetPower(uint32_t d_state) override {
    rt::LockGuard guard(lock_);
    uint8_t& status = bytes_[power_ + 4];
    status = static_cast<uint8_t>((status & ~3u) | (d_state & 3));
  }

  void Unplug() { gone_.store(true, std::memory_order_release); }

 private:
  uint32_t Inside(uint32_t offset, uint32_t length) const { return offset >= size_ ? 0 : std::min(length, size_ - offset); }

  void Set8(uint32_t at, uint8_t value, uint8_t writable = 0, uint8_t cleared = 0) {
    bytes_[at] = value;
    writable_[at] = writable;
    cleared_[at] = cleared;
  }
  void Set(uint32_t at, uint64_t value, uint64_t writable, uint32_t bytes, uint64_t cleared = 0) {
    for (uint32_t i = 0; i < bytes; ++i)
      Set8(at + i, static_cast<uint8_t>(value >> 8 * i), static_cast<uint8_t>(writable >> 8 * i), static_cast<uint8_t>(cleared >> 8 * i));
  }

  void Header(const PciDevice& pci) {
    Set(0x00, pci.vendor, 0, 2);
    Set(0x02, pci.device, 0, 2);
    Set(0x04, PCI_ENABLE_BUS_MASTER, 0x077F, 2);
    Set(0x06, PCI_STATUS_CAPABILITIES_LIST, 0, 2, 0xF900);
    Set(0x08, pci.revision | uint64_t{pci.class_code} << 8, 0, 4);
    Set8(0x0C, 0x10, 0xFF);  // cache line: 64 bytes
    Set8(0x0D, 0, 0xFF);
    Set(0x2C, pci.subsystem_vendor, 0, 2);
    Set(0x2E, pci.subsystem, 0, 2);
    Set8(0x3C, 0xFF, 0xFF);  // no interrupt line
  }

  void Resources(const CM_PARTIAL_RESOURCE_LIST& list, const std::vector<PciBar>& bars) {
    size_t next = 0;
    for (ULONG i = 0; i < list.Count; ++i) {
      const CM_PARTIAL_RESOURCE_DESCRIPTOR& given = list.PartialDescriptors[i];
      switch (given.Type) {
        case CmResourceTypeMemory:
        case CmResourceTypePort: Bar(given, next < bars.size() ? &bars[next] : nullptr), ++next; break;
        case CmResourceTypeInterrupt:
          if (given.Flags & CM_RESOURCE_INTERRUPT_MESSAGE) {
            ++message_resources_;
            messages_ += given.u.MessageInterrupt.Raw.MessageCount;
          } else {
            bytes_[0x3C] = static_cast<uint8_t>(given.u.Interrupt.Vector);
            bytes_[0x3D] = 1;  // INTA
          }
          break;
        default: break;
      }
    }
  }

  // Where it is said, else the next free one. Those that do not fit any more are none: a device has six.
  void Bar(const CM_PARTIAL_RESOURCE_DESCRIPTOR& given, const PciBar* said) {
    const bool port = given.Type == CmResourceTypePort;
    const auto start = static_cast<uint64_t>(given.u.Memory.Start.QuadPart);
    uint64_t size = port ? 4 : 16;
    while (size < given.u.Memory.Length) size *= 2;
    const bool wide = !port && ((said && said->wide) || start + given.u.Memory.Length - 1 > UINT32_MAX);
    const auto free = [&](uint32_t bar) { return bar + wide < kBars && !taken_[bar] && !taken_[bar + wide]; };
    uint32_t bar = 0;
    if (said) {
      bar = static_cast<uint32_t>(said->at);
      if (!free(bar)) throw Error(fmt::format("the PCI base address {} is taken, or there is none for {}", said->at, wide ? "the upper half of 64 bits" : "it"));
    } else {
      bar = next_bar_;
      while (bar < kBars && !free(bar)) ++bar;
      if (bar == kBars) return;
      next_bar_ = bar + 1 + wide;
    }
    taken_[bar] = taken_[bar + wide] = true;
    const uint64_t kind = port ? uint64_t{PCI_ADDRESS_IO_SPACE} : (wide ? uint64_t{PCI_TYPE_64BIT} : 0) | (said && said->prefetchable ? 8u : 0u);
    const uint64_t bits = port ? ~uint64_t{3} : ~uint64_t{15};
    Set(kFirstBar + 4 * bar, (start & bits) | kind, ~(size - 1) & bits, wide ? 8 : 4);
    bytes_[0x04] = static_cast<uint8_t>(bytes_[0x04] | (port ? PCI_ENABLE_IO_SPACE : PCI_ENABLE_MEMORY_SPACE));
    if (!port && memory_bar_ == kBars) memory_bar_ = bar;
  }

  uint32_t NewCapability(uint8_t id, uint32_t length) {
    const uint32_t at = next_capability_;
    next_capability_ = (at + length + 3) & ~3u;
    if (next_capability_ > kBytes) throw Error("the capabilities do not fit into a PCI configuration space");
    Set8(at, id);
    Set8(at + 1, 0);
    bytes_[link_] = static_cast<uint8_t>(at);
    link_ = at + 1;
    return at;
  }

  void PowerManagement(bool d1, bool d2, int wakes_from_d) {
    power_ = NewCapability(PCI_CAPABILITY_ID_POWER_MANAGEMENT, 8);
    uint32_t abilities = 3 | (d1 ? 1u << 9 : 0) | (d2 ? 1u << 10 : 0);
    for (int d = 0; d <= wakes_from_d; ++d)
      if (d == 0 || d == 3 || (d == 1 && d1) || (d == 2 && d2)) abilities |= 1u << (11 + d);
    Set(power_ + 2, abilities, 0, 2);
    Set(power_ + 4, 0x0008, 0x0103, 2, 0x8000);  // D0; registers survive D3hot; PME enable; PME status
  }

  void Messages() {
    if (messages_ == 0) return;
    if (message_resources_ == 1 && messages_ <= 32) {
      const uint32_t at = NewCapability(PCI_CAPABILITY_ID_MSI, 14);
      uint32_t power = 0;
      while (1u << power < messages_) ++power;
      Set(at + 2, 1 | power << 1 | power << 4 | 0x80, 0x0071, 2);  // enabled, 64-bit address
      Set(at + 4, 0xFEE00000, 0xFFFFFFFC, 4);
      Set(at + 8, 0, UINT32_MAX, 4);
      Set(at + 12, 0, 0xFFFF, 2);
      return;
    }
    const uint32_t at = NewCapability(PCI_CAPABILITY_ID_MSIX, 12);
    const uint32_t bar = memory_bar_ == kBars ? 0 : memory_bar_;
    Set(at + 2, 0x8000 | (messages_ - 1), 0xC000, 2);
    Set(at + 4, bar, 0, 4);
    Set(at + 8, bar | messages_ * 16, 0, 4);  // the pending bits behind the table
  }

  void Express() {
    const uint32_t at = NewCapability(PCI_CAPABILITY_ID_PCI_EXPRESS, 60);
    Set(at + 2, 2, 0, 2);                     // version 2, endpoint
    Set(at + 4, 0x00008001, 0, 4);            // payloads of 256 bytes, role-based error reporting
    Set(at + 8, 0x2810, 0x7FFF, 2);           // requests of 512 bytes, no snoop, relaxed order
    Set(at + 10, 0, 0, 2, 0x000F);
    Set(at + 12, 0x00000011 | 1u << 22, 0, 4);  // 2.5 GT/s, one lane
    Set(at + 16, 0, 0x01FB, 2);
    Set(at + 18, 0x1011, 0, 2);
    Set(at + 44, 0x00000002, 0, 4);
  }

  const uint32_t size_;
  rt::Lock lock_;
  std::vector<uint8_t> bytes_, writable_, cleared_;  // cleared_: bits that go when ones are written
  std::atomic<bool> gone_{false};
  const std::function<void(uint32_t, uint8_t*, uint32_t)> read_;
  const std::function<void(uint32_t, const uint8_t*, uint32_t)> write_;
  uint32_t power_ = 0;
  // While it is made.
  uint32_t message_resources_ = 0, messages_ = 0, memory_bar_ = kBars, next_bar_ = 0;
  bool taken_[kBars] = {};
  uint32_t next_capability_ = kHeaderBytes, link_ = 0x34;
};

// The digits behind `tag` in an id; nothing: it has no such part.
std::optional<uint32_t> Part(const std::string& id, const char* tag, size_t digits) {
  const size_t at = id.find(tag);
  if (at == std::string::npos) return {};
  const std::string text = id.substr(at + std::strlen(tag), digits);
  if (text.size() != digits || text.find_first_not_of("0123456789ABCDEF") != std::string::npos) return {};
  return static_cast<uint32_t>(std::stoul(text, nullptr, 16));
}

std::string Upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

template <class Field>
void Agree(const std::string& id, const char* what, std::optional<uint32_t> said, Field& field, uint32_t unsaid = 0) {
  if (!said || *said == field) return;
  if (field != unsaid) throw Error(fmt::format("the hardware id {} contradicts the PCI device, whose {} is {:#x}", id, what, field));
  field = static_cast<Field>(*said);
}

}  // namespace

std::optional<PciDevice> PciOf(const DeviceSpec& spec) {
  std::optional<PciDevice> pci = spec.pci;
  for (const std::string& given : spec.hardware_ids) {
    const std::string id = Upper(given);
    if (!id.starts_with("PCI\\VEN_")) continue;
    const auto vendor = Part(id, "PCI\\VEN_", 4), device = Part(id, "&DEV_", 4);
    if (!vendor || !device) continue;
    if (!pci) pci.emplace();
    Agree(given, "vendor", vendor, pci->vendor);
    Agree(given, "device", device, pci->device);
    const auto subsystem = Part(id, "&SUBSYS_", 8);
    if (subsystem) {
      Agree(given, "subsystem", *subsystem >> 16, pci->subsystem);
      Agree(given, "subsystem's vendor", *subsystem & 0xFFFF, pci->subsystem_vendor);
    }
    Agree(given, "revision", Part(id, "&REV_", 2), pci->revision);
    auto class_code = Part(id, "&CC_", 6);
    if (auto short_code = Part(id, "&CC_", 4); short_code && !class_code) class_code = *short_code << 8;
    Agree(given, "class", class_code, pci->class_code, 0xFF0000);
  }
  if (pci && pci->vendor == 0) throw Error("a PCI device needs a vendor");
  if (pci && (pci->slot > 31 || pci->function < 0 || pci->function > 7 || pci->bus < 0 || pci->bus > 255))
    throw Error(fmt::format("there is no PCI slot {}, function {} on bus {}", pci->slot, pci->function, pci->bus));
  for (const PciBar& bar : pci ? pci->bars : std::vector<PciBar>())
    if (bar.at < 0 || bar.at >= static_cast<int>(kBars)) throw Error(fmt::format("a PCI device has the base addresses 0 to {}, none at {}", kBars - 1, bar.at));
  for (const std::string& capability : pci ? pci->capabilities : std::vector<std::string>())
    if (capability.size() < 2) throw Error("a PCI capability has two bytes at least: its id, and one for the place of the next");
  return pci;
}

std::vector<std::string> HardwareIdsOf(const PciDevice& pci) {
  const std::string device = fmt::format("PCI\\VEN_{:04X}&DEV_{:04X}", pci.vendor, pci.device);
  const std::string subsystem = fmt::format("{}&SUBSYS_{:04X}{:04X}", device, pci.subsystem, pci.subsystem_vendor);
  return {fmt::format("{}&REV_{:02X}", subsystem, pci.revision), subsystem, fmt::format("{}&CC_{:06X}", device, pci.class_code),
          fmt::format("{}&CC_{:04X}", device, pci.class_code >> 8)};
}

std::vector<std::string> CompatibleIdsOf(const PciDevice& pci) {
  const std::string vendor = fmt::format("PCI\\VEN_{:04X}", pci.vendor), device = fmt::format("{}&DEV_{:04X}", vendor, pci.device);
  return {fmt::format("{}&REV_{:02X}", device, pci.revision),
          device,
          fmt::format("{}&CC_{:06X}", vendor, pci.class_code),
          fmt::format("{}&CC_{:04X}", vendor, pci.class_code >> 8),
          vendor,
          fmt::format("PCI\\CC_{:06X}", pci.class_code),
          fmt::format("PCI\\CC_{:04X}", pci.class_code >> 8)};
}

void ChoosePlace(nt::Kernel& kernel, PciDevice& pci) {
  const auto number = [&](int slot) { return static_cast<uint32_t>(slot | pci.function << 5); };
  if (pci.slot >= 0) {
    if (nt::pnp::FindPci(kernel, static_cast<uint32_t>(pci.bus), number(pci.slot)))
      throw Error(fmt::format("PCI bus {}, slot {}, function {} is taken", pci.bus, pci.slot, pci.function));
    return;
  }
  // A device that was pulled out keeps its name as long as its files are open.
  std::set<uint32_t> taken;
  for (const nt::pnp::PdoReference& pdo : nt::pnp::Devices(kernel))
    if (const auto& other = nt::pnp::NodeOf(pdo)->pci; other && other->bus == static_cast<uint32_t>(pci.bus)) taken.insert(other->SlotNumber());
  for (pci.slot = 1; pci.slot < PCI_MAX_DEVICES; ++pci.slot)
    if (!taken.contains(number(pci.slot))) return;
  throw Error(fmt::format("PCI bus {} is full", pci.bus));
}

std::string InstancePathOf(const PciDevice& pci) {
  // The digits in the middle stand for the bridge above.
  return fmt::format("{}\\3&{:08X}&0&{:02X}", HardwareIdsOf(pci)[0], 0x2411E6FEu + static_cast<uint32_t>(pci.bus) * 0x9E3779B1u, pci.slot << 3 | pci.function);
}

std::shared_ptr<nt::pnp::PciFunction> MakeFunction(const PciDevice& pci, const CM_RESOURCE_LIST* raw, bool d1, bool d2, int wakes_from_d) {
  auto made = std::make_shared<Space>(pci, raw, d1, d2, wakes_from_d);
  made->bus = static_cast<uint32_t>(pci.bus);
  made->device = static_cast<uint32_t>(pci.slot);
  made->function = static_cast<uint32_t>(pci.function);
  return made;
}

void Unplug(nt::pnp::PciFunction& function) { static_cast<Space&>(function).Unplug(); }

}  // namespace drydock::machine
