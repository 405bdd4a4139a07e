// WMI: who provides which blocks, and what their instances are called.
#include <algorithm>
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/io/device.h"
#include "nt/io/sync_irp.h"
#include "nt/io/wmi.h"
#include "nt/ob/object.h"
#include "nt/pnp/pnp.h"
#include "nt/thread.h"

namespace drydock::nt::io {
namespace {

constexpr size_t kFirstInfo = 1024;
constexpr size_t kLargestInfo = 1 << 20;

// A counted string at an offset; false: it leaves the buffer.
bool CountedAt(const char* from, size_t size, size_t offset, std::u16string* text, size_t* next = nullptr) {
  USHORT bytes;
  if (offset > size || size - offset < sizeof bytes) return false;
  std::memcpy(&bytes, from + offset, sizeof bytes);
  offset += sizeof bytes;
  if (bytes > size - offset) return false;
  text->resize(bytes / 2);
  std::memcpy(text->data(), from + offset, text->size() * 2);
  if (next) *next = offset + bytes;
  return true;
}

std::u16string Decimal(size_t number) {
  std::string digits = std::to_string(number);
  return std::u16string(digits.begin(), digits.end());
}

bool NamesOf(const WMIREGGUIDW& entry, const char* info, size_t size, bool extended, WmiBlock* block) {
  if (entry.Flags & WMIREG_FLAG_INSTANCE_PDO) {
    auto* pdo = reinterpret_cast<DEVICE_OBJECT*>(entry.Pdo);
    if (!pdo) return false;
    std::u16string path = pnp::InstancePathOf(pdo);
    if (extended) ob::Dereference(pdo);  // the driver referenced it for us
    for (ULONG i = 0; i < entry.InstanceCount; ++i) block->names.push_back(path + u"_" + Decimal(i));
    return true;
  }
  if (entry.Flags & WMIREG_FLAG_INSTANCE_BASENAME) {
    std::u16string base;
    if (!CountedAt(info, size, entry.BaseNameOffset, &base)) return false;
    for (ULONG i = 0; i < entry.InstanceCount; ++i) block->names.push_back(base + Decimal(i));
    return true;
  }
  if (entry.Flags & WMIREG_FLAG_INSTANCE_LIST) {
    size_t at = entry.InstanceNameList;
    for (ULONG i = 0; i < entry.InstanceCount; ++i) {
      std::u16string name;
      if (!CountedAt(info, size, at, &name, &at)) return false;
      block->names.push_back(std::move(name));
    }
    return true;
  }
  block->dynamic = true;
  return true;
}

}  // namespace

WmiState::WmiState(Kernel& owner) : kernel(owner) { ExInitializeWorkItem(&delivery_, &WmiState::DeliverRoutine, this); }

std::shared_ptr<WmiProvider> WmiState::Find(DEVICE_OBJECT* device) {
  for (auto& provider : providers_) {
    if (provider->device == device) return provider;
  }
  return nullptr;
}

bool WmiState::Knows(DEVICE_OBJECT* device) {
  rt::LockGuard guard(lock_);
  return Find(device) != nullptr;
}

size_t WmiState::CountOf(DRIVER_OBJECT* driver) {
  rt::LockGuard guard(lock_);
  return static_cast<size_t>(std::count_if(providers_.begin(), providers_.end(), [&](auto& p) { return p->device->DriverObject == driver; }));
}

std::vector<GUID> WmiState::Blocks() {
  std::vector<GUID> guids;
  rt::LockGuard guard(lock_);
  for (auto& provider : providers_) {
    for (const WmiBlock& block : provider->blocks) {
      if (std::none_of(guids.begin(), guids.end(), [&](const GUID& g) { return SameGuid(g, block.guid); })) guids.push_back(block.guid);
    }
  }
  return guids;
}

std::vector<std::pair<std::u16string, std::u16string>> WmiState::MofResources() {
  std::vector<std::pair<std::u16string, std::u16string>> all;
  rt::LockGuard guard(lock_);
  for (auto& provider : providers_)
    if (!provider->mof_resource.empty()) all.emplace_back(provider->registry_path, provider->mof_resource);
  return all;
}

std::vector<std::u16string> WmiState::StaticNames(const GUID& guid) {
  std::vector<std::u16string> names;
  rt::LockGuard guard(lock_);
  for (auto& provider : providers_) {
    for (const WmiBlock& block : provider->blocks)
      if (SameGuid(block.guid, guid)) names.insert(names.end(), block.names.begin(), block.names.end());
  }
  return names;
}

bool WmiState::Known(const GUID& guid) {
  rt::LockGuard guard(lock_);
  for (auto& provider : providers_) {
    for (const WmiBlock& block : provider->blocks) {
      if (SameGuid(block.guid, guid)) return true;
    }
  }
  return false;
}

NTSTATUS WmiState::Register(DEVICE_OBJECT* device) {
  auto provider = std::make_shared<WmiProvider>();
  KeInitializeEvent(&provider->update, SynchronizationEvent, TRUE);
  KeInitializeEvent(&provider->idle, NotificationEvent, FALSE);
  provider->device = device;
  {
    rt::LockGuard guard(lock_);
    if (Find(device)) return STATUS_OBJECT_NAME_EXISTS;
    providers_.push_back(provider);
  }
  ob::Reference(device);
  AskForBlocks(*provider, false);  // a device without blocks stays registered: it may say them in an update
  return STATUS_SUCCESS;
}

NTSTATUS WmiState::Update(DEVICE_OBJECT* device, bool anew) {
  std::shared_ptr<WmiProvider> provider;
  {
    rt::LockGuard guard(lock_);
    provider = Find(device);
  }
  if (!provider) return STATUS_INVALID_PARAMETER;
  return AskForBlocks(*provider, !anew);
}

bool WmiState::Deregister(DEVICE_OBJECT* device) {
  std::shared_ptr<WmiProvider> provider;
  bool wait;
  {
    rt::LockGuard guard(lock_);
    provider = Find(device);
    if (!provider) return false;
    providers_.erase(std::find(providers_.begin(), providers_.end(), provider));
    provider->closing = true;
    wait = provider->busy != 0;
  }
  if (wait) KeWaitForSingleObject(&provider->idle, Executive, KernelMode, FALSE, nullptr);
  ob::Dereference(device);
  return true;
}

NTSTATUS WmiState::Send(WmiProvider& provider, UCHAR minor, void* data_path, void* buffer, ULONG size, ULONG_PTR* information) {
  {
    rt::LockGuard guard(lock_);
    if (provider.closing || (ExtensionOf(provider.device)->flags & kDeletePending)) return STATUS_WMI_GUID_DISCONNECTED;
    ++provider.busy;
  }
  DEVICE_OBJECT* top = IoGetAttachedDeviceReference(provider.device);
  IRP* irp = NewSystemIrp(top, IRP_MJ_SYSTEM_CONTROL, minor);
  if (!irp) {
    ob::Dereference(top);
    Sent(provider);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  auto& parameters = IoGetNextIrpStackLocation(irp)->Parameters.WMI;
  parameters.ProviderId = reinterpret_cast<ULONG_PTR>(provider.device);
  parameters.DataPath = data_path;
  parameters.BufferSize = size;
  parameters.Buffer = buffer;
  SendAndWait(top, irp);
  const NTSTATUS status = irp->IoStatus.Status;
  *information = irp->IoStatus.Information;
  FreeIrp(irp);
  ob::Dereference(top);
  Sent(provider);
  return status;
}

void WmiState::Sent(WmiProvider& provider) {
  bool last;
  {
    rt::LockGuard guard(lock_);
    last = --provider.busy == 0 && provider.closing;
  }
  if (last) KeSetEvent(&provider.idle, IO_NO_INCREMENT, FALSE);
}

NTSTATUS WmiState::AskForBlocks(WmiProvider& provider, bool update) {
  KeWaitForSingleObject(&provider.update, Executive, KernelMode, FALSE, nullptr);
  const NTSTATUS status = AskAndMerge(provider, update);
  KeSetEvent(&provider.update, IO_NO_INCREMENT, FALSE);
  if (!NT_SUCCESS(status)) return status;
  std::vector<GUID> guids;
  {
    rt::LockGuard guard(lock_);
    for (const WmiBlock& block : provider.blocks) guids.push_back(block.guid);
  }
  for (const GUID& guid : guids) SettleBlock(provider, guid);
  return STATUS_SUCCESS;
}

NTSTATUS WmiState::AskAndMerge(WmiProvider& provider, bool update) {
  std::vector<char> info(kFirstInfo);
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  bool extended = true;
  while (true) {
    ULONG_PTR information = 0;
    std::fill(info.begin(), info.end(), 0);
    void* path = reinterpret_cast<void*>(static_cast<ULONG_PTR>(update ? WMIUPDATE : WMIREGISTER));
    status = Send(provider, extended ? IRP_MN_REGINFO_EX : IRP_MN_REGINFO, path, info.data(), static_cast<ULONG>(info.size()), &information);
    ULONG needed = 0;
    std::memcpy(&needed, info.data(), sizeof needed);
    // Too small: the first number is the size it takes.
    const bool small = status == STATUS_BUFFER_TOO_SMALL || (NT_SUCCESS(status) && information == sizeof(ULONG));
    if (small && needed > info.size() && needed <= kLargestInfo) {
      info.assign(needed, 0);
      continue;
    }
    if (!small && !NT_SUCCESS(status) && extended && status != STATUS_WMI_GUID_DISCONNECTED) {
      extended = false;  // a driver from before IRP_MN_REGINFO_EX
      continue;
    }
    if (!NT_SUCCESS(status) || information < sizeof(WMIREGINFOW)) return NT_SUCCESS(status) ? STATUS_INVALID_PARAMETER : status;
    info.resize(std::min<size_t>(info.size(), information));
    break;
  }
  if (!Merge(provider, info, update, extended)) {
    Break("A WMIREGINFO does not hold what it says: an offset or count leaves the buffer, or the PDO is missing.");
    return STATUS_INVALID_PARAMETER;
  }
  return STATUS_SUCCESS;
}

bool WmiState::Merge(WmiProvider& provider, const std::vector<char>& info, bool update, bool extended) {
  struct Said {
    WmiBlock block;
    bool removed;
  };
  std::vector<Said> said;
  for (size_t at = 0;;) {
    if (info.size() - at < sizeof(WMIREGINFOW)) return false;
    WMIREGINFOW head;
    std::memcpy(&head, info.data() + at, offsetof(WMIREGINFOW, WmiRegGuid));
    const char* from = info.data() + at;
    const size_t size = info.size() - at;
    if (head.GuidCount > (size - offsetof(WMIREGINFOW, WmiRegGuid)) / sizeof(WMIREGGUIDW)) return false;
    if (head.RegistryPath && !CountedAt(from, size, head.RegistryPath, &provider.registry_path)) return false;
    if (head.MofResourceName && !CountedAt(from, size, head.MofResourceName, &provider.mof_resource)) return false;
    for (ULONG i = 0; i < head.GuidCount; ++i) {
      WMIREGGUIDW entry;
      std::memcpy(&entry, from + offsetof(WMIREGINFOW, WmiRegGuid) + i * sizeof entry, sizeof entry);
      WmiBlock block;
      block.guid = entry.Guid;
      block.flags = entry.Flags;
      const bool removed = (entry.Flags & WMIREG_FLAG_REMOVE_GUID) != 0;
      if (!removed && !NamesOf(entry, from, size, extended, &block)) return false;
      said.push_back({std::move(block), removed});
    }
    if (!head.NextWmiRegInfo) break;
    if (head.NextWmiRegInfo > size - sizeof(WMIREGINFOW)) return false;
    at += head.NextWmiRegInfo;
  }
  rt::LockGuard guard(lock_);
  if (!update) {
    for (WmiBlock& old : provider.blocks) {
      if (std::none_of(said.begin(), said.end(), [&](Said& s) { return SameGuid(s.block.guid, old.guid); })) said.push_back({old, true});
    }
  }
  for (Said& one : said) {
    auto found = std::find_if(provider.blocks.begin(), provider.blocks.end(), [&](WmiBlock& b) { return SameGuid(b.guid, one.block.guid); });
    if (one.removed) {
      if (found != provider.blocks.end()) provider.blocks.erase(found);
      continue;
    }
    if (found == provider.blocks.end()) {
      provider.blocks.push_back(std::move(one.block));
      continue;
    }
    found->flags = one.block.flags;
    found->dynamic = one.block.dynamic;
    found->names = std::move(one.block.names);
  }
  return true;
}

}  // namespace drydock::nt::io
