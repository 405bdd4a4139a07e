#include "backend/hub/resource_hub.h"

#include <gpio.h>
#include <spb.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "backend/hub/pins.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"

namespace drydock::backend {
namespace {

constexpr char16_t kName[] = u"\\Device\\RESOURCE_HUB", kLink[] = u"\\??\\RESOURCE_HUB";
constexpr size_t kMostTransfers = 4096, kMostBytes = 1 << 20;

// "\00000000000000a1", with or without the backslash.
std::optional<uint64_t> IdOf(std::u16string_view name) {
  while (!name.empty() && name.front() == u'\\') name.remove_prefix(1);
  if (name.empty() || name.size() > 16) return std::nullopt;
  uint64_t id = 0;
  for (char16_t c : name) {
    const unsigned digit = c >= u'0' && c <= u'9' ? c - u'0' : c >= u'a' && c <= u'f' ? c - u'a' + 10u : c >= u'A' && c <= u'F' ? c - u'A' + 10u : 16u;
    if (digit > 15) return std::nullopt;
    id = id << 4 | digit;
  }
  return id;
}

// One transfer of a list: the pieces of memory that it moves.
struct Pieces {
  struct Piece {
    uint8_t* bytes;
    size_t length;
  };
  std::vector<Piece> list;
  size_t length = 0;

  bool Add(void* bytes, size_t count) {
    if ((bytes == nullptr && count != 0) || count > kMostBytes - length) return false;
    list.push_back({static_cast<uint8_t*>(bytes), count});
    length += count;
    return true;
  }
  std::vector<uint8_t> Gather() const {
    std::vector<uint8_t> bytes;
    for (const Piece& piece : list) bytes.insert(bytes.end(), piece.bytes, piece.bytes + piece.length);
    return bytes;
  }
  void Scatter(const std::vector<uint8_t>& bytes, size_t count) const {
    size_t at = 0;
    for (const Piece& piece : list) {
      const size_t part = std::min(piece.length, count - at);
      std::memcpy(piece.bytes, bytes.data() + at, part);
      at += part;
    }
  }
};

bool PiecesOf(const SPB_TRANSFER_BUFFER& buffer, KPROCESSOR_MODE mode, Pieces* pieces) {
  switch (buffer.Format) {
    case SpbTransferBufferFormatSimple:
    case SpbTransferBufferFormatSimpleNonPaged: return pieces->Add(buffer.Simple.Buffer, buffer.Simple.BufferCb);
    case SpbTransferBufferFormatList:
      if (buffer.BufferList.List == nullptr || buffer.BufferList.ListCe == 0 || buffer.BufferList.ListCe > kMostTransfers) return false;
      for (ULONG i = 0; i < buffer.BufferList.ListCe; ++i) {
        if (!pieces->Add(buffer.BufferList.List[i].Buffer, buffer.BufferList.List[i].BufferCb)) return false;
      }
      return true;
    case SpbTransferBufferFormatMdl:
      if (mode != KernelMode) return false;
      for (MDL* mdl = buffer.Mdl; mdl != nullptr; mdl = mdl->Next) {
        if (!pieces->Add(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), MmGetMdlByteCount(mdl))) return false;
      }
      return buffer.Mdl != nullptr;
    default: return false;
  }
}

}  // namespace

NTSTATUS ResourceHub::Create(nt::Kernel& kernel, ResourceHub** hub) {
  NamedDeviceOptions options;
  options.name = kName;
  options.device_type = FILE_DEVICE_CONTROLLER;
  options.flags = DO_DIRECT_IO;
  auto made = std::make_unique<ResourceHub>();
  *hub = made.get();
  DEVICE_OBJECT* device;
  NTSTATUS status = CreateModelDevice(kernel, options, std::move(made), &device);
  if (NT_SUCCESS(status)) status = nt::ob::CreateSymbolicLink(kernel, kLink, kName, true);
  return status;
}

uint64_t ResourceHub::Insert(uint64_t id, std::unique_ptr<Connection> connection) {
  rt::LockGuard guard(lock_);
  if (id == 0) {
    while (connections_.count(next_id_) != 0) ++next_id_;
    id = next_id_++;
  }
  return connections_.emplace(id, std::move(connection)).second ? id : 0;
}

uint64_t ResourceHub::Add(std::shared_ptr<SpbPeripheral> peripheral, const SpbOptions& options) {
  auto connection = std::make_unique<Connection>();
  connection->peripheral = std::move(peripheral);
  connection->options = options;
  return Insert(options.id, std::move(connection));
}

uint64_t ResourceHub::Add(std::shared_ptr<GpioPins::State> pins, uint64_t id) {
  auto connection = std::make_unique<Connection>();
  connection->pins = std::move(pins);
  return Insert(id, std::move(connection));
}

void ResourceHub::OnCreate(const ModelRequest& request) {
  const UNICODE_STRING& name = request.file()->FileName;
  const std::optional<uint64_t> id = IdOf({reinterpret_cast<const char16_t*>(name.Buffer), name.Length / sizeof(char16_t)});
  NTSTATUS status = STATUS_SUCCESS;
  {
    rt::LockGuard guard(lock_);
    const auto found = id ? connections_.find(*id) : connections_.end();
    if (found == connections_.end()) {
      status = STATUS_OBJECT_NAME_NOT_FOUND;
    } else if (found->second->files != 0 && !found->second->options.shared && !found->second->pins) {
      status = STATUS_SHARING_VIOLATION;
    } else {
      ++found->second->files;
      request.file()->FsContext = found->second.get();
    }
  }
  request.Complete(status);
}

void ResourceHub::OnCleanup(FILE_OBJECT* file) {
  Connection& connection = ConnectionOf(file);
  uint32_t controller;
  std::vector<ModelRequest> left;
  {
    rt::LockGuard guard(lock_);
    --connection.files;
    if (connection.locked_by == file) connection.locked_by = nullptr;
    controller = connection.options.controller;
    Bus& bus = buses_[controller];
    if (bus.locked_by == file) {
      bus.locked_by = nullptr;
      bus.selected = false;
    }
    for (auto each = bus.waiting.begin(); each != bus.waiting.end();) {
      if (each->file() == file) {
        left.push_back(*each);
        each = bus.waiting.erase(each);
      } else {
        ++each;
      }
    }
  }
  for (const ModelRequest& request : left) request.Complete(STATUS_CANCELLED);
  if (connection.peripheral) Run(controller);
}

void ResourceHub::OnCancel(const ModelRequest& request) {
  {
    rt::LockGuard guard(lock_);
    for (auto& [number, bus] : buses_) {
      if (bus.current == request.irp()) return;  // Finish completes it
      std::erase_if(bus.waiting, [&](const ModelRequest& each) { return each.irp() == request.irp(); });
    }
  }
  request.Complete(STATUS_CANCELLED);
}

void ResourceHub::OnDeviceControl(const ModelRequest& request) {
  if (ConnectionOf(request.file()).pins) return Pins(request);
  switch (request.ioctl()) {
    case IOCTL_SPB_LOCK_CONTROLLER:
    case IOCTL_SPB_UNLOCK_CONTROLLER:
    case IOCTL_SPB_LOCK_CONNECTION:
    case IOCTL_SPB_UNLOCK_CONNECTION:
    case IOCTL_SPB_EXECUTE_SEQUENCE:
    case IOCTL_SPB_FULL_DUPLEX: return Queue(request);
    default: request.Complete(STATUS_NOT_SUPPORTED);
  }
}

void ResourceHub::Queue(const ModelRequest& request) {
  Connection& connection = ConnectionOf(request.file());
  if (!connection.peripheral) {
    request.Complete(STATUS_INVALID_DEVICE_REQUEST);
    return;
  }
  // It may be cancelled as long as it waits for its turn.
  const ModelRequest kept = Pend(request);
  {
    rt::LockGuard guard(lock_);
    if (IsPending(kept)) buses_[connection.options.controller].waiting.push_back(kept);
  }
  Run(connection.options.controller);
}

bool ResourceHub::MayRun(const Bus& bus, FILE_OBJECT* file) {
  const Connection& connection = ConnectionOf(file);
  return (bus.locked_by == nullptr || bus.locked_by == file) && (connection.locked_by == nullptr || connection.locked_by == file);
}

// Whoever finds the bus idle serves all that may run, one after the other.
void ResourceHub::Run(uint32_t controller) {
  for (;;) {
    ModelRequest next;
    Bus* bus;
    bool first;
    {
      rt::LockGuard guard(lock_);
      bus = &buses_[controller];
      if (bus->busy) return;
      const auto found = std::find_if(bus->waiting.begin(), bus->waiting.end(), [&](const ModelRequest& each) { return MayRun(*bus, each.file()); });
      if (found == bus->waiting.end()) return;
      next = *found;
      bus->waiting.erase(found);
      bus->busy = true;
      bus->current = next.irp();
      first = !bus->selected;
    }
    Perform(next, *bus, first);
    rt::LockGuard guard(lock_);
    bus->busy = false;
  }
}

void ResourceHub::Finish(const ModelRequest& request, Bus& bus, NTSTATUS status, ULONG_PTR information, bool transferred) {
  {
    rt::LockGuard guard(lock_);
    bus.current = nullptr;
    if (transferred) bus.selected = bus.locked_by != nullptr;
  }
  request.Complete(status, information);  // or OnCancel does, which comes from now on
}

void ResourceHub::Perform(const ModelRequest& request, Bus& bus, bool first) {
  FILE_OBJECT* file = request.file();
  Connection& connection = ConnectionOf(file);
  if (request.major() == IRP_MJ_READ || request.major() == IRP_MJ_WRITE) return Transfer(request, bus, first);
  const ULONG code = request.ioctl();
  if (code == IOCTL_SPB_EXECUTE_SEQUENCE || code == IOCTL_SPB_FULL_DUPLEX) return Sequence(request, bus, first, code == IOCTL_SPB_FULL_DUPLEX);
  NTSTATUS status = STATUS_SUCCESS;
  {
    rt::LockGuard guard(lock_);
    const bool controller = code == IOCTL_SPB_LOCK_CONTROLLER || code == IOCTL_SPB_UNLOCK_CONTROLLER;
    const bool take = code == IOCTL_SPB_LOCK_CONTROLLER || code == IOCTL_SPB_LOCK_CONNECTION;
    FILE_OBJECT*& holder = controller ? bus.locked_by : connection.locked_by;
    if (take == (holder == file)) {
      status = STATUS_INVALID_DEVICE_REQUEST;  // it has the lock already, or has none to give back
    } else {
      holder = take ? file : nullptr;
      if (controller) bus.selected = false;
    }
  }
  Finish(request, bus, status);
}

void ResourceHub::Transfer(const ModelRequest& request, Bus& bus, bool first) {
  SpbPeripheral& peripheral = *ConnectionOf(request.file()).peripheral;
  const bool read = request.major() == IRP_MJ_READ;
  const size_t moved = read ? peripheral.Read(static_cast<uint8_t*>(request.output()), request.output_length(), first)
                            : peripheral.Write(static_cast<const uint8_t*>(request.input()), request.input_length(), first);
  if (moved == SpbPeripheral::kNoAnswer) {
    Finish(request, bus, STATUS_NO_SUCH_DEVICE);
  } else {
    Finish(request, bus, STATUS_SUCCESS, moved, true);
  }
}

void ResourceHub::Sequence(const ModelRequest& request, Bus& bus, bool first, bool duplex) {
  Connection& connection = ConnectionOf(request.file());
  SpbPeripheral& peripheral = *connection.peripheral;
  const auto refuse = [&](NTSTATUS status) { Finish(request, bus, status); };
  if (duplex && connection.options.bus != SpbOptions::Bus::kSpi) return refuse(STATUS_NOT_SUPPORTED);
  const size_t length = request.input_length();
  const auto* list = static_cast<const SPB_TRANSFER_LIST*>(request.input());
  if (list == nullptr || length < sizeof *list || list->Size != sizeof *list) return refuse(STATUS_INVALID_PARAMETER);
  const size_t count = list->TransferCount;
  if (count == 0 || count > kMostTransfers || length < offsetof(SPB_TRANSFER_LIST, Transfers) + count * sizeof list->Transfers[0]) {
    return refuse(STATUS_INVALID_PARAMETER);
  }
  const SPB_TRANSFER_LIST_ENTRY* transfers = list->Transfers;
  std::vector<Pieces> pieces(count);
  for (size_t i = 0; i < count; ++i) {
    const SPB_TRANSFER_LIST_ENTRY& entry = transfers[i];
    const bool known = entry.Direction == SpbTransferDirectionFromDevice || entry.Direction == SpbTransferDirectionToDevice;
    if (!known || !PiecesOf(entry.Buffer, request.mode(), &pieces[i])) return refuse(STATUS_INVALID_PARAMETER);
  }
  if (duplex) {
    if (count != 2 || transfers[0].Direction != SpbTransferDirectionToDevice || transfers[1].Direction != SpbTransferDirectionFromDevice) {
      return refuse(STATUS_INVALID_PARAMETER);
    }
    const std::vector<uint8_t> out = pieces[0].Gather();
    std::vector<uint8_t> in(pieces[1].length);
    const size_t moved = peripheral.Exchange(out.data(), out.size(), in.data(), in.size());
    if (moved == SpbPeripheral::kNoAnswer) return refuse(STATUS_NO_SUCH_DEVICE);
    pieces[1].Scatter(in, in.size());
    Finish(request, bus, STATUS_SUCCESS, moved);
    return;
  }
  size_t total = 0;
  for (size_t i = 0; i < count; ++i) {
    size_t moved;
    if (transfers[i].Direction == SpbTransferDirectionToDevice) {
      const std::vector<uint8_t> bytes = pieces[i].Gather();
      moved = peripheral.Write(bytes.data(), bytes.size(), first);
    } else {
      std::vector<uint8_t> bytes(pieces[i].length);
      moved = peripheral.Read(bytes.data(), bytes.size(), first);
      if (moved != SpbPeripheral::kNoAnswer) pieces[i].Scatter(bytes, std::min(moved, bytes.size()));
    }
    if (moved == SpbPeripheral::kNoAnswer) return refuse(STATUS_NO_SUCH_DEVICE);
    total += std::min(moved, pieces[i].length);
    first = false;
    if (moved < pieces[i].length) break;  // the peripheral took no more
  }
  Finish(request, bus, STATUS_SUCCESS, total, true);
}

// One bit for each pin, the first in the lowest.
void ResourceHub::Pins(const ModelRequest& request) {
  GpioPins::State& pins = *ConnectionOf(request.file()).pins;
  size_t bytes;
  {
    rt::LockGuard guard(pins.lock);
    bytes = (pins.high.size() + 7) / 8;
  }
  if (request.ioctl() == IOCTL_GPIO_READ_PINS) {
    if (request.output_length() < bytes) return void(request.Complete(STATUS_BUFFER_TOO_SMALL));
    auto* out = static_cast<uint8_t*>(request.output());
    std::memset(out, 0, bytes);
    {
      rt::LockGuard guard(pins.lock);
      for (size_t i = 0; i < pins.high.size(); ++i) out[i / 8] |= static_cast<uint8_t>(pins.high[i] << i % 8);
    }
    request.Complete(STATUS_SUCCESS, bytes);
    return;
  }
  if (request.ioctl() != IOCTL_GPIO_WRITE_PINS) return void(request.Complete(STATUS_NOT_SUPPORTED));
  if (request.input_length() < bytes) return void(request.Complete(STATUS_BUFFER_TOO_SMALL));
  const auto* in = static_cast<const uint8_t*>(request.input());
  std::vector<std::pair<size_t, bool>> changes;
  std::function<void(size_t, bool)> changed;
  {
    rt::LockGuard guard(pins.lock);
    for (size_t i = 0; i < pins.high.size(); ++i) {
      const bool high = in[i / 8] >> i % 8 & 1;
      if (pins.high[i] != high) changes.emplace_back(i, high);
      pins.high[i] = high;
    }
    changed = pins.changed;
  }
  if (changed)
    for (const auto& [pin, high] : changes) changed(pin, high);
  request.Complete(STATUS_SUCCESS, 0);
}

}  // namespace drydock::backend
