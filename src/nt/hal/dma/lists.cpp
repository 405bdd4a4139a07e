// Scatter/gather lists: made in one call, with everything they map.
#include <algorithm>
#include <cstdlib>

#include "nt/bugcheck.h"
#include "nt/hal/dma/dma.h"
#include "nt/io/missing_constants.h"

namespace drydock::nt::hal {

namespace {

constexpr size_t kHeader = offsetof(SCATTER_GATHER_LIST, Elements);

size_t ListBytes(size_t elements) { return kHeader + elements * sizeof(SCATTER_GATHER_ELEMENT); }

struct Needs {
  NTSTATUS status;
  uint32_t registers = 0, elements = 0;
};

Needs NeedsOf(Adapter& adapter, const ListRequest& list) {
  std::vector<Piece> pieces;
  if (!list.length || !CollectPieces(list.mdl, list.offset, list.length, true, &pieces)) return {STATUS_BUFFER_TOO_SMALL};
  Needs needs{STATUS_SUCCESS, RegistersFor(adapter, pieces), ElementsFor(adapter, pieces)};
  if (needs.registers > adapter.map_registers) needs.status = STATUS_INSUFFICIENT_RESOURCES;
  if (list.buffer && list.buffer_length < ListBytes(needs.elements)) needs.status = STATUS_BUFFER_TOO_SMALL;
  return needs;
}

uint64_t OffsetOf(PMDL mdl, PVOID address) {
  return static_cast<uint64_t>(static_cast<char*>(address) - static_cast<char*>(MmGetMdlVirtualAddress(mdl)));
}

NTSTATUS Ask(Adapter& adapter, PDEVICE_OBJECT device, TransferContext* context, const ListRequest& list, PVOID routine_context, bool at_once,
             PSCATTER_GATHER_LIST* out) {
  Needs needs = NeedsOf(adapter, list);
  if (!NT_SUCCESS(needs.status)) return needs.status;
  if (context && context->cancelled) {
    context->cancelled = false;
    return STATUS_CANCELLED;
  }
  Request request;
  request.adapter = &adapter;
  request.device = device;
  request.context = context;
  request.needed = needs.registers;
  request.routine_context = routine_context;
  request.for_list = true;
  request.list = list;
  if (out) {
    MapRegisters* none = nullptr;
    if (!Submit(*adapter.state, request, true, &none)) return STATUS_INSUFFICIENT_RESOURCES;
    return BuildList(adapter, device, list, request.needed, context, out);
  }
  return Submit(*adapter.state, request, at_once, nullptr) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

}  // namespace

NTSTATUS BuildList(Adapter& adapter, PDEVICE_OBJECT device, const ListRequest& request, uint32_t taken, TransferContext* context,
                   PSCATTER_GATHER_LIST* out) {
  std::vector<Piece> pieces;
  CollectPieces(request.mdl, request.offset, request.length, true, &pieces);
  ListMapping mapping;
  mapping.adapter = &adapter;
  mapping.taken = taken;
  mapping.context = context;
  DmaState& state = *adapter.state;
  const uint64_t mapped = MapPieces(adapter, pieces, request.write, taken, UINT32_MAX, &mapping.segments);
  void* memory = request.buffer;
  if (mapped == request.length && !memory) {
    memory = std::malloc(ListBytes(mapping.segments.size()));
    mapping.own_memory = true;
  }
  if (mapped != request.length || !memory) {
    for (Segment& segment : mapping.segments) EndSegment(state, segment, false);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  auto* list = static_cast<SCATTER_GATHER_LIST*>(memory);
  list->NumberOfElements = static_cast<ULONG>(mapping.segments.size());
  list->Reserved = 0;
  SCATTER_GATHER_ELEMENT* elements = list->Elements;
  for (size_t i = 0; i < mapping.segments.size(); ++i) {
    elements[i] = {};
    elements[i].Address.QuadPart = static_cast<LONGLONG>(mapping.segments[i].logical);
    elements[i].Length = mapping.segments[i].length;
  }
  *out = list;
  std::vector<Segment> segments = mapping.segments;
  {
    rt::LockGuard guard(state.lock);
    state.lists[list] = std::move(mapping);
    ++adapter.live_lists;
  }
  if (adapter.system) {
    ProgramChannel(adapter, device, segments, request.write, 0, context, request.completion, request.completion_context, nullptr);
  }
  return STATUS_SUCCESS;
}

NTSTATUS GetScatterGatherList(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PMDL Mdl, PVOID CurrentVa, ULONG Length,
                              PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context, BOOLEAN WriteToDevice) {
  Adapter& adapter = AdapterOf(DmaAdapter, "GetScatterGatherList");
  ListRequest list;
  list.mdl = Mdl;
  list.offset = OffsetOf(Mdl, CurrentVa);
  list.length = Length;
  list.write = WriteToDevice;
  list.routine = ExecutionRoutine;
  return Ask(adapter, DeviceObject, nullptr, list, Context, false, nullptr);
}

NTSTATUS BuildScatterGatherList(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PMDL Mdl, PVOID CurrentVa, ULONG Length,
                                PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context, BOOLEAN WriteToDevice, PVOID ScatterGatherBuffer,
                                ULONG ScatterGatherLength) {
  Adapter& adapter = AdapterOf(DmaAdapter, "BuildScatterGatherList");
  if (!ScatterGatherBuffer) return STATUS_INVALID_PARAMETER;
  ListRequest list;
  list.mdl = Mdl;
  list.offset = OffsetOf(Mdl, CurrentVa);
  list.length = Length;
  list.write = WriteToDevice;
  list.routine = ExecutionRoutine;
  list.buffer = ScatterGatherBuffer;
  list.buffer_length = ScatterGatherLength;
  return Ask(adapter, DeviceObject, nullptr, list, Context, false, nullptr);
}

NTSTATUS BuildScatterGatherListEx(PDMA_ADAPTER, PDEVICE_OBJECT, PVOID, PMDL, ULONGLONG, ULONG, ULONG, PDRIVER_LIST_CONTROL, PVOID, BOOLEAN, PVOID,
                                  ULONG, PDMA_COMPLETION_ROUTINE, PVOID, PVOID);

NTSTATUS GetScatterGatherListEx(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PVOID DmaTransferContext, PMDL Mdl, ULONGLONG Offset,
                                ULONG Length, ULONG Flags, PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context, BOOLEAN WriteToDevice,
                                PDMA_COMPLETION_ROUTINE DmaCompletionRoutine, PVOID CompletionContext, PSCATTER_GATHER_LIST* ScatterGatherList) {
  return BuildScatterGatherListEx(DmaAdapter, DeviceObject, DmaTransferContext, Mdl, Offset, Length, Flags, ExecutionRoutine, Context, WriteToDevice,
                                  nullptr, 0, DmaCompletionRoutine, CompletionContext, ScatterGatherList);
}

NTSTATUS BuildScatterGatherListEx(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PVOID DmaTransferContext, PMDL Mdl, ULONGLONG Offset,
                                  ULONG Length, ULONG Flags, PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context, BOOLEAN WriteToDevice,
                                  PVOID ScatterGatherBuffer, ULONG ScatterGatherLength, PDMA_COMPLETION_ROUTINE DmaCompletionRoutine,
                                  PVOID CompletionContext, PVOID ScatterGatherList) {
  Adapter& adapter = AdapterOf(DmaAdapter, "BuildScatterGatherListEx");
  auto* context = static_cast<TransferContext*>(DmaTransferContext);
  if (!context || context->mark != TransferContext::kMark) return STATUS_INVALID_PARAMETER;
  const bool at_once = (Flags & DMA_SYNCHRONOUS_CALLBACK) != 0;
  if (!ExecutionRoutine && (!at_once || !ScatterGatherList)) return STATUS_INVALID_PARAMETER;
  if (!adapter.system && DmaCompletionRoutine) return STATUS_INVALID_PARAMETER;
  ListRequest list;
  list.mdl = Mdl;
  list.offset = Offset;
  list.length = Length;
  list.write = WriteToDevice;
  list.routine = ExecutionRoutine;
  list.buffer = ScatterGatherBuffer;
  list.buffer_length = ScatterGatherLength;
  list.completion = DmaCompletionRoutine;
  list.completion_context = CompletionContext;
  return Ask(adapter, DeviceObject, context, list, Context, at_once, ExecutionRoutine ? nullptr : static_cast<PSCATTER_GATHER_LIST*>(ScatterGatherList));
}

VOID PutScatterGatherList(PDMA_ADAPTER DmaAdapter, PSCATTER_GATHER_LIST ScatterGather, BOOLEAN WriteToDevice) {
  Adapter& adapter = AdapterOf(DmaAdapter, "PutScatterGatherList");
  DmaState& state = *adapter.state;
  ListMapping mapping;
  {
    rt::LockGuard guard(state.lock);
    auto found = state.lists.find(ScatterGather);
    if (found != state.lists.end() && found->second.adapter == &adapter) {
      mapping = std::move(found->second);
      state.lists.erase(found);
      adapter.free_registers += mapping.taken;
      state.pool += mapping.taken;
      --adapter.live_lists;
      if (mapping.context && mapping.context->mark == TransferContext::kMark) mapping.context->granted = false;
    }
  }
  if (!mapping.adapter) DmaViolation(6, ScatterGather, "PutScatterGatherList was given a list that this adapter did not make, or the same twice.");
  if (adapter.system) StopChannel(adapter, nullptr, false);
  for (Segment& segment : mapping.segments) EndSegment(state, segment, !WriteToDevice);
  if (mapping.own_memory) std::free(ScatterGather);
  Serve(state);
}

NTSTATUS CalculateScatterGatherList(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID CurrentVa, ULONG Length, PULONG ScatterGatherListSize,
                                    PULONG pNumberOfMapRegisters) {
  AdapterOf(DmaAdapter, "CalculateScatterGatherList");
  // The worst case: a page each. Without an MDL, for any buffer of that length that begins where CurrentVa does in its page.
  uint64_t pages;
  if (Mdl) {
    std::vector<Piece> pieces;
    if (!CollectPieces(Mdl, OffsetOf(Mdl, CurrentVa), Length, true, &pieces)) return STATUS_BUFFER_TOO_SMALL;
    pages = pieces.size();
  } else {
    pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(CurrentVa, Length);
  }
  *ScatterGatherListSize = static_cast<ULONG>(ListBytes(pages));
  if (pNumberOfMapRegisters) *pNumberOfMapRegisters = static_cast<ULONG>(pages);
  return STATUS_SUCCESS;
}

// What the device has is the original buffer, unless it goes through map registers: then there is no MDL that a driver could read in order.
NTSTATUS BuildMdlFromScatterGatherList(PDMA_ADAPTER DmaAdapter, PSCATTER_GATHER_LIST ScatterGather, PMDL OriginalMdl, PMDL* TargetMdl) {
  Adapter& adapter = AdapterOf(DmaAdapter, "BuildMdlFromScatterGatherList");
  DmaState& state = *adapter.state;
  rt::LockGuard guard(state.lock);
  auto found = state.lists.find(ScatterGather);
  if (found == state.lists.end()) return STATUS_INVALID_PARAMETER;
  for (const Segment& segment : found->second.segments) {
    if (segment.bounce) return STATUS_NOT_SUPPORTED;
  }
  *TargetMdl = OriginalMdl;
  return STATUS_SUCCESS;
}

}  // namespace drydock::nt::hal
