// Mapping a buffer's pages for a device, and flushing them.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/hal/dma/dma.h"
#include "nt/mm/state.h"
#include "nt/thread.h"

namespace drydock::nt::hal {
namespace {

// The block of MmAllocateContiguousMemory, or the common buffer, that holds the address: pages of one block are neighbours for the device too.
const void* BlockOf(DmaState& state, const void* address) {
  {
    mm::State& memory = *state.kernel.mm;
    rt::LockGuard guard(memory.contiguous_lock);
    auto after = memory.contiguous.upper_bound(address);
    if (after != memory.contiguous.begin()) {
      auto block = std::prev(after);
      if (static_cast<const char*>(address) < static_cast<const char*>(block->first) + block->second) return block->first;
    }
  }
  rt::LockGuard guard(state.lock);
  auto after = state.buffers.upper_bound(address);
  if (after == state.buffers.begin()) return nullptr;
  auto block = std::prev(after);
  return static_cast<const char*>(address) < static_cast<const char*>(block->first) + ROUND_TO_PAGES(size_t{block->second.length}) ? block->first : nullptr;
}

// How many pieces from `first` on are one element.
size_t OneElement(const Adapter& adapter, const std::vector<Piece>& pieces, size_t first) {
  size_t end = first + 1;
  auto neighbours = [&] { return end < pieces.size() && pieces[end - 1].host + pieces[end - 1].length == pieces[end].host; };
  if (!adapter.scatter_gather) {
    while (end < pieces.size() && !pieces[end].new_mdl) ++end;
    return end - first;
  }
  DmaState& state = *adapter.state;
  if (Bounces(adapter, pieces[first])) return 1;  // map registers are as scattered as pages are
  if (state.options.contiguous) {
    while (neighbours()) ++end;
    return end - first;
  }
  const void* block = BlockOf(state, pieces[first].host);
  while (block && neighbours() && BlockOf(state, pieces[end].host) == block) ++end;
  return end - first;
}

Adapter& Owner(PDMA_ADAPTER DmaAdapter, PVOID MapRegisterBase, const char* function, MapRegisters** registers) {
  Adapter& adapter = AdapterOf(DmaAdapter, function);
  DmaState& state = *adapter.state;
  auto* mine = static_cast<MapRegisters*>(MapRegisterBase);
  bool good;
  {
    rt::LockGuard guard(state.lock);
    good = state.registers.count(mine) && mine->adapter == &adapter;
  }
  if (!good) DmaViolation(0, MapRegisterBase, std::string(function) + " was given map registers that this adapter does not have.");
  *registers = mine;
  return adapter;
}

// Ends the segments that lie in these pieces.
void Flush(DmaState& state, MapRegisters& registers, const std::vector<Piece>& pieces) {
  auto& segments = registers.segments;
  for (auto it = segments.begin(); it != segments.end();) {
    bool hit = false;
    for (const Piece& piece : pieces) {
      hit = hit || (piece.host < it->host + it->length && it->host < piece.host + piece.length);
    }
    if (!hit) {
      ++it;
      continue;
    }
    registers.used -= it->registers;
    EndSegment(state, *it, true);
    it = segments.erase(it);
  }
}

}  // namespace

bool CollectPieces(PMDL mdl, uint64_t offset, uint64_t length, bool chain, std::vector<Piece>* pieces) {
  for (; mdl && length; mdl = chain ? mdl->Next : nullptr) {
    if (offset >= mdl->ByteCount) {
      offset -= mdl->ByteCount;
      continue;
    }
    if (!(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL))) {
      DmaViolation(0, mdl, "A DMA transfer was asked for with an MDL whose pages are not locked.");
    }
    const PFN_NUMBER* pfns = MmGetMdlPfnArray(mdl);
    uint64_t at = mdl->ByteOffset + offset;
    uint64_t left = std::min<uint64_t>(length, mdl->ByteCount - offset);
    length -= left;
    offset = 0;
    for (bool first = true; left; first = false) {
      const uint64_t in_page = at & (PAGE_SIZE - 1);
      const uint64_t part = std::min<uint64_t>(left, PAGE_SIZE - in_page);
      char* page = reinterpret_cast<char*>(pfns[at >> PAGE_SHIFT] << PAGE_SHIFT);
      pieces->push_back({page + in_page, static_cast<uint32_t>(part), first});
      at += part;
      left -= part;
    }
  }
  return length == 0;
}

// A null piece: any memory, which is all above 4 GB here.
bool Bounces(const Adapter& adapter, const Piece& piece) {
  if (!adapter.scatter_gather || adapter.state->options.double_buffer) return true;
  if (adapter.width >= 64) return false;
  const uint64_t end = piece.host ? reinterpret_cast<uint64_t>(piece.host) + piece.length : uint64_t{1} << 47;
  return end > uint64_t{1} << adapter.width;
}

uint32_t RegistersFor(const Adapter& adapter, const std::vector<Piece>& pieces) {
  return static_cast<uint32_t>(std::count_if(pieces.begin(), pieces.end(), [&](const Piece& piece) { return Bounces(adapter, piece); }));
}

uint32_t ElementsFor(const Adapter& adapter, const std::vector<Piece>& pieces) {
  uint32_t elements = 0;
  for (size_t i = 0; i < pieces.size(); i += OneElement(adapter, pieces, i)) ++elements;
  return elements;
}

uint64_t MapPieces(Adapter& adapter, const std::vector<Piece>& pieces, bool to_device, uint32_t registers, uint32_t elements,
                   std::vector<Segment>* segments) {
  DmaState& state = *adapter.state;
  const DeviceAccess access = to_device ? DeviceAccess::kReads : DeviceAccess::kWrites;
  uint64_t mapped = 0;
  for (size_t i = 0; i < pieces.size() && elements; --elements) {
    size_t count = OneElement(adapter, pieces, i);
    Segment segment;
    segment.host = pieces[i].host;
    segment.to_device = to_device;
    const bool bounce = Bounces(adapter, pieces[i]);
    if (bounce) {
      count = std::min<size_t>(count, registers);
      if (!count) break;
      registers -= static_cast<uint32_t>(count);
      segment.registers = static_cast<uint32_t>(count);
    }
    for (size_t k = i; k < i + count; ++k) segment.length += pieces[k].length;
    char* device_memory = segment.host;
    if (bounce) {
      const size_t offset = reinterpret_cast<uintptr_t>(segment.host) & (PAGE_SIZE - 1);
      char* block = static_cast<char*>(std::aligned_alloc(PAGE_SIZE, count * PAGE_SIZE));
      if (!block) break;
      segment.bounce = device_memory = block + offset;
      // In either direction: where a device writes less than the transfer, the buffer keeps what it had.
      for (size_t k = i, at = 0; k < i + count; at += pieces[k++].length) std::memcpy(segment.bounce + at, pieces[k].host, pieces[k].length);
    }
    segment.logical = state.space->Map(device_memory, segment.length, adapter.width, access);
    if (!segment.logical) {
      if (segment.bounce) std::free(PAGE_ALIGN(segment.bounce));
      break;
    }
    mapped += segment.length;
    segments->push_back(segment);
    i += count;
  }
  return mapped;
}

void EndSegment(DmaState& state, Segment& segment, bool copy_back) {
  state.space->Unmap(segment.logical, segment.length);
  if (!segment.bounce) return;
  if (copy_back && !segment.to_device) std::memcpy(segment.host, segment.bounce, segment.length);
  std::free(PAGE_ALIGN(segment.bounce));
  segment.bounce = nullptr;
}

PHYSICAL_ADDRESS MapTransfer(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, PVOID CurrentVa, PULONG Length, BOOLEAN WriteToDevice) {
  MapRegisters* registers;
  Adapter& adapter = Owner(DmaAdapter, MapRegisterBase, "MapTransfer", &registers);
  PHYSICAL_ADDRESS address = {};
  std::vector<Piece> pieces;
  const uint64_t offset = static_cast<uint64_t>(static_cast<char*>(CurrentVa) - static_cast<char*>(MmGetMdlVirtualAddress(Mdl)));
  CollectPieces(Mdl, offset, *Length, false, &pieces);
  std::vector<Segment> segments;
  const uint64_t mapped = MapPieces(adapter, pieces, WriteToDevice, registers->count - registers->used, 1, &segments);
  *Length = static_cast<ULONG>(mapped);
  if (!mapped) {
    DmaViolation(0, MapRegisterBase, "MapTransfer was called with more of the buffer mapped than there are map registers for: flush, or allocate more.");
  }
  registers->used += segments.front().registers;
  registers->segments.push_back(segments.front());
  address.QuadPart = static_cast<LONGLONG>(segments.front().logical);
  if (adapter.system) ProgramChannel(adapter, nullptr, segments, WriteToDevice, 0, nullptr, nullptr, nullptr, nullptr);
  return address;
}

NTSTATUS MapTransferEx(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, ULONGLONG Offset, ULONG DeviceOffset, PULONG Length,
                       BOOLEAN WriteToDevice, PSCATTER_GATHER_LIST ScatterGatherBuffer, ULONG ScatterGatherBufferLength,
                       PDMA_COMPLETION_ROUTINE DmaCompletionRoutine, PVOID CompletionContext) {
  return MapCountedTransfer(DmaAdapter, Mdl, MapRegisterBase, Offset, DeviceOffset, Length, WriteToDevice, ScatterGatherBuffer,
                            ScatterGatherBufferLength, DmaCompletionRoutine, CompletionContext, nullptr);
}

NTSTATUS MapCountedTransfer(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, ULONGLONG Offset, ULONG DeviceOffset, PULONG Length,
                            BOOLEAN WriteToDevice, PSCATTER_GATHER_LIST ScatterGatherBuffer, ULONG ScatterGatherBufferLength,
                            PDMA_COMPLETION_ROUTINE DmaCompletionRoutine, PVOID CompletionContext, ForgetCompletion forget) {
  MapRegisters* registers;
  Adapter& adapter = Owner(DmaAdapter, MapRegisterBase, "MapTransferEx", &registers);
  if (!adapter.system && (!ScatterGatherBuffer || DmaCompletionRoutine)) return STATUS_INVALID_PARAMETER;
  uint32_t room = adapter.scatter_gather ? UINT32_MAX : 1;
  if (ScatterGatherBuffer) {
    const size_t header = offsetof(SCATTER_GATHER_LIST, Elements);
    if (ScatterGatherBufferLength < header + sizeof(SCATTER_GATHER_ELEMENT)) return STATUS_INVALID_PARAMETER;
    room = std::min(room, static_cast<uint32_t>((ScatterGatherBufferLength - header) / sizeof(SCATTER_GATHER_ELEMENT)));
  }
  auto* context = static_cast<TransferContext*>(registers->context);
  if (context && context->cancelled) return STATUS_CANCELLED;
  std::vector<Piece> pieces;
  if (!*Length || !CollectPieces(Mdl, Offset, *Length, true, &pieces)) return STATUS_INVALID_PARAMETER;
  std::vector<Segment> segments;
  const uint64_t mapped = MapPieces(adapter, pieces, WriteToDevice, registers->count - registers->used, room, &segments);
  if (!mapped) return STATUS_INSUFFICIENT_RESOURCES;
  *Length = static_cast<ULONG>(mapped);
  for (const Segment& segment : segments) {
    registers->used += segment.registers;
    registers->segments.push_back(segment);
  }
  if (ScatterGatherBuffer) {
    ScatterGatherBuffer->NumberOfElements = static_cast<ULONG>(segments.size());
    ScatterGatherBuffer->Reserved = 0;
    SCATTER_GATHER_ELEMENT* elements = ScatterGatherBuffer->Elements;
    for (size_t i = 0; i < segments.size(); ++i) {
      elements[i] = {};
      elements[i].Address.QuadPart = static_cast<LONGLONG>(segments[i].logical);
      elements[i].Length = segments[i].length;
    }
  }
  if (adapter.system) {
    ProgramChannel(adapter, adapter.pdo, segments, WriteToDevice, DeviceOffset, context, DmaCompletionRoutine, CompletionContext, forget);
  }
  return STATUS_SUCCESS;
}

BOOLEAN FlushAdapterBuffers(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, PVOID CurrentVa, ULONG Length, BOOLEAN) {
  MapRegisters* registers;
  Adapter& adapter = Owner(DmaAdapter, MapRegisterBase, "FlushAdapterBuffers", &registers);
  if (adapter.system) StopChannel(adapter, nullptr, false);
  std::vector<Piece> pieces;
  CollectPieces(Mdl, static_cast<uint64_t>(static_cast<char*>(CurrentVa) - static_cast<char*>(MmGetMdlVirtualAddress(Mdl))), Length, false, &pieces);
  Flush(*adapter.state, *registers, pieces);
  return TRUE;
}

NTSTATUS FlushAdapterBuffersEx(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, ULONGLONG Offset, ULONG Length, BOOLEAN) {
  MapRegisters* registers;
  Adapter& adapter = Owner(DmaAdapter, MapRegisterBase, "FlushAdapterBuffersEx", &registers);
  if (adapter.system) StopChannel(adapter, registers->context, false);
  std::vector<Piece> pieces;
  if (!CollectPieces(Mdl, Offset, Length, true, &pieces)) return STATUS_INVALID_PARAMETER;
  Flush(*adapter.state, *registers, pieces);
  return STATUS_SUCCESS;
}

NTSTATUS CancelMappedTransfer(PDMA_ADAPTER DmaAdapter, PVOID DmaTransferContext) {
  Adapter& adapter = AdapterOf(DmaAdapter, "CancelMappedTransfer");
  auto* context = static_cast<TransferContext*>(DmaTransferContext);
  if (!adapter.system || !context || context->mark != TransferContext::kMark) return STATUS_INVALID_PARAMETER;
  if (!context->registers) return STATUS_UNSUCCESSFUL;
  context->cancelled = true;
  StopChannel(adapter, context, true);
  return STATUS_SUCCESS;
}

NTSTATUS GetDmaTransferInfo(PDMA_ADAPTER DmaAdapter, PMDL Mdl, ULONGLONG Offset, ULONG Length, BOOLEAN, PDMA_TRANSFER_INFO TransferInfo) {
  Adapter& adapter = AdapterOf(DmaAdapter, "GetDmaTransferInfo");
  if (TransferInfo->Version != DMA_TRANSFER_INFO_VERSION1) return STATUS_NOT_SUPPORTED;
  std::vector<Piece> pieces;
  if (!Length || !CollectPieces(Mdl, Offset, Length, true, &pieces)) return STATUS_INVALID_PARAMETER;
  DMA_TRANSFER_INFO_V1& info = TransferInfo->V1;
  info.MapRegisterCount = RegistersFor(adapter, pieces);
  info.ScatterGatherElementCount = ElementsFor(adapter, pieces);
  info.ScatterGatherListSize = offsetof(SCATTER_GATHER_LIST, Elements) + info.ScatterGatherElementCount * sizeof(SCATTER_GATHER_ELEMENT);
  return STATUS_SUCCESS;
}

}  // namespace drydock::nt::hal
