// Who has an adapter and its map registers, and who waits for them.
#include <algorithm>

#include "nt/bugcheck.h"
#include "nt/driver_callback.h"
#include "nt/hal/dma/dma.h"
#include "nt/thread.h"
#include "runtime/assert.h"

namespace drydock::nt::hal {
namespace {

TransferContext* ContextOf(PVOID context, const char* function) {
  auto* mine = static_cast<TransferContext*>(context);
  if (!mine || mine->mark != TransferContext::kMark) {
    DmaViolation(0, context, std::string(function) + " was given a DMA transfer context that InitializeDmaTransferContext did not fill.");
  }
  return mine;
}

// A request that is served: for the adapter with `registers`, for a list with its share of the pool taken.
void Run(DmaState& state, const Request& request, MapRegisters* registers) {
  AtDispatch level;
  if (request.for_list) {
    PSCATTER_GATHER_LIST list = nullptr;
    NTSTATUS status = BuildList(*request.adapter, request.device, request.list, request.needed, request.context, &list);
    if (!NT_SUCCESS(status)) {
      // Its memory was found when it was asked for: what fails here is the logical address space.
      rt::LockGuard guard(state.lock);
      request.adapter->free_registers += request.needed;
      state.pool += request.needed;
      return;
    }
    CallDriver("AdapterListControl", request.list.routine, request.device, request.device ? request.device->CurrentIrp : nullptr, list,
               request.routine_context);
    return;
  }
  const IO_ALLOCATION_ACTION action = CallDriver("AdapterControl", request.control, request.device, request.device ? request.device->CurrentIrp : nullptr,
                                                 static_cast<PVOID>(registers), request.routine_context);
  if (action == KeepObject) return;
  ReleaseGate(state, *request.adapter);
  if (action == DeallocateObject) FreeRegisters(state, registers);
}

// What the request needs is there: takes it.
bool Take(DmaState& state, Request& request, MapRegisters** registers) RT_REQUIRES(state.lock) {
  Adapter& adapter = *request.adapter;
  if (request.needed > adapter.free_registers || request.needed > state.pool) return false;
  if (!request.for_list && adapter.gate->owner) return false;
  adapter.free_registers -= request.needed;
  state.pool -= request.needed;
  if (request.for_list) {
    if (request.context) {
      request.context->waiting = false;
      request.context->granted = true;
    }
    return true;
  }
  auto made = std::make_unique<MapRegisters>();
  made->adapter = &adapter;
  made->count = request.count;
  made->taken = request.needed;
  made->context = request.context;
  *registers = made.get();
  ++adapter.live_registers;
  adapter.gate->owner = &adapter;
  adapter.gate->registers = made.get();
  if (request.context) {
    request.context->waiting = false;
    request.context->granted = true;
    request.context->registers = made.get();
  }
  state.registers[made.get()] = std::move(made);
  return true;
}

// The first that can go; those behind another of the same gate wait their turn.
bool Next(DmaState& state, Request* request, MapRegisters** registers) RT_REQUIRES(state.lock) {
  std::vector<const Gate*> blocked;
  for (auto it = state.waiting.begin(); it != state.waiting.end(); ++it) {
    const Gate* gate = it->adapter->gate.get();
    if (std::find(blocked.begin(), blocked.end(), gate) != blocked.end()) continue;
    if (Take(state, *it, registers)) {
      *request = *it;
      state.waiting.erase(it);
      return true;
    }
    blocked.push_back(gate);
  }
  return false;
}

bool SomebodyWaits(DmaState& state, const Adapter& adapter) RT_REQUIRES(state.lock) {
  return std::any_of(state.waiting.begin(), state.waiting.end(), [&](const Request& request) { return request.adapter->gate == adapter.gate; });
}

}  // namespace

void Serve(DmaState& state) {
  for (;;) {
    Request request;
    MapRegisters* registers = nullptr;
    {
      rt::LockGuard guard(state.lock);
      if (!Next(state, &request, &registers)) return;
    }
    Run(state, request, registers);
  }
}

// Serves the request now or, unless `at_once`, puts it last. False: not now.
bool Submit(DmaState& state, Request& request, bool at_once, MapRegisters** without_call) {
  MapRegisters* registers = nullptr;
  {
    rt::LockGuard guard(state.lock);
    const bool free = (request.for_list && request.needed == 0) || !SomebodyWaits(state, *request.adapter);
    if (!free || !Take(state, request, &registers)) {
      if (at_once) return false;
      if (request.context) request.context->waiting = true;
      state.waiting.push_back(request);
      return true;
    }
  }
  if (without_call) {
    *without_call = registers;
    return true;
  }
  Run(state, request, registers);
  Serve(state);
  return true;
}

void ReleaseGate(DmaState& state, Adapter& adapter) {
  rt::LockGuard guard(state.lock);
  if (adapter.gate->owner == &adapter) *adapter.gate = {};
}

void FreeRegisters(DmaState& state, MapRegisters* registers) {
  std::unique_ptr<MapRegisters> gone;
  {
    rt::LockGuard guard(state.lock);
    auto found = state.registers.find(registers);
    RT_ASSERT(found != state.registers.end());
    gone = std::move(found->second);
    state.registers.erase(found);
    Adapter& adapter = *gone->adapter;
    adapter.free_registers += gone->taken;
    state.pool += gone->taken;
    --adapter.live_registers;
    if (adapter.gate->registers == registers) adapter.gate->registers = nullptr;
    auto* context = static_cast<TransferContext*>(gone->context);
    if (context && context->mark == TransferContext::kMark && context->registers == registers) {
      context->registers = nullptr;
      context->granted = false;
    }
  }
  bool unflushed = false;
  for (Segment& segment : gone->segments) {
    unflushed = unflushed || (segment.bounce && !segment.to_device);
    EndSegment(state, segment, false);
  }
  if (unflushed) {
    Break("Map registers were freed before FlushAdapterBuffers: what the device wrote to them has not reached the buffer.");
  }
}

NTSTATUS AllocateAdapterChannel(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, ULONG NumberOfMapRegisters, PDRIVER_CONTROL ExecutionRoutine,
                                PVOID Context) {
  Adapter& adapter = AdapterOf(DmaAdapter, "AllocateAdapterChannel");
  if (NumberOfMapRegisters > adapter.map_registers) return STATUS_INSUFFICIENT_RESOURCES;
  Request request;
  request.adapter = &adapter;
  request.device = DeviceObject;
  request.count = NumberOfMapRegisters;
  request.needed = Bounces(adapter, {}) ? NumberOfMapRegisters : 0;
  request.control = ExecutionRoutine;
  request.routine_context = Context;
  DmaState& state = *adapter.state;
  {
    rt::LockGuard guard(state.lock);
    for (const Request& other : state.waiting) {
      // Windows queues by the device object: a second one would tear the queue.
      if (!other.for_list && !other.context && other.device == DeviceObject) request.adapter = nullptr;
    }
  }
  if (!request.adapter) {
    DmaViolation(0, DmaAdapter, "AllocateAdapterChannel was called for a device object that waits for an adapter already (version 2: one at a time).");
  }
  Submit(state, request, false, nullptr);
  return STATUS_SUCCESS;
}

NTSTATUS AllocateAdapterChannelEx(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PVOID DmaTransferContext, ULONG NumberOfMapRegisters,
                                  ULONG Flags, PDRIVER_CONTROL ExecutionRoutine, PVOID ExecutionContext, PVOID* MapRegisterBase) {
  Adapter& adapter = AdapterOf(DmaAdapter, "AllocateAdapterChannelEx");
  TransferContext* context = ContextOf(DmaTransferContext, "AllocateAdapterChannelEx");
  const bool at_once = (Flags & DMA_SYNCHRONOUS_CALLBACK) != 0;
  if ((MapRegisterBase && (!at_once || ExecutionRoutine)) || (!MapRegisterBase && !ExecutionRoutine)) return STATUS_INVALID_PARAMETER;
  if (NumberOfMapRegisters > adapter.map_registers) return STATUS_INSUFFICIENT_RESOURCES;
  if (context->cancelled) {
    context->cancelled = false;
    return STATUS_CANCELLED;
  }
  Request request;
  request.adapter = &adapter;
  request.device = DeviceObject;
  request.context = context;
  request.count = NumberOfMapRegisters;
  request.needed = Bounces(adapter, {}) ? NumberOfMapRegisters : 0;
  request.control = ExecutionRoutine;
  request.routine_context = ExecutionContext;
  MapRegisters* registers = nullptr;
  if (!Submit(*adapter.state, request, at_once, MapRegisterBase ? &registers : nullptr)) return STATUS_INSUFFICIENT_RESOURCES;
  if (MapRegisterBase) *MapRegisterBase = registers;
  return STATUS_SUCCESS;
}

BOOLEAN CancelAdapterChannel(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT, PVOID DmaTransferContext) {
  Adapter& adapter = AdapterOf(DmaAdapter, "CancelAdapterChannel");
  TransferContext* context = ContextOf(DmaTransferContext, "CancelAdapterChannel");
  DmaState& state = *adapter.state;
  bool cancelled = false;
  {
    rt::LockGuard guard(state.lock);
    for (auto it = state.waiting.begin(); it != state.waiting.end(); ++it) {
      if (it->context != context) continue;
      state.waiting.erase(it);
      context->waiting = false;
      cancelled = true;
      break;
    }
    if (!cancelled && !context->granted) {
      context->cancelled = true;  // the next request with it
      cancelled = true;
    }
  }
  if (cancelled) Serve(state);  // whoever was behind it
  return cancelled;
}

bool Withdraw(PDMA_ADAPTER DmaAdapter, const void* routine_context) {
  Adapter& adapter = AdapterOf(DmaAdapter, "Withdraw");
  DmaState& state = *adapter.state;
  bool found = false;
  {
    rt::LockGuard guard(state.lock);
    for (auto it = state.waiting.begin(); it != state.waiting.end() && !found; ++it) {
      if (it->adapter != &adapter || it->routine_context != routine_context) continue;
      if (it->context) it->context->waiting = false;
      state.waiting.erase(it);
      found = true;
      break;
    }
  }
  if (found) Serve(state);  // whoever was behind it
  return found;
}

VOID FreeAdapterObject(PDMA_ADAPTER DmaAdapter, IO_ALLOCATION_ACTION AllocationAction);

VOID FreeAdapterChannel(PDMA_ADAPTER DmaAdapter) { FreeAdapterObject(DmaAdapter, DeallocateObject); }

VOID FreeAdapterObject(PDMA_ADAPTER DmaAdapter, IO_ALLOCATION_ACTION AllocationAction) {
  if (AllocationAction == KeepObject) return;
  Adapter& adapter = AdapterOf(DmaAdapter, "FreeAdapterChannel");
  DmaState& state = *adapter.state;
  MapRegisters* registers = nullptr;
  bool owned;
  {
    rt::LockGuard guard(state.lock);
    owned = adapter.gate->owner == &adapter;
    if (owned) registers = adapter.gate->registers;
  }
  if (!owned) DmaViolation(4, DmaAdapter, "FreeAdapterChannel was called for an adapter that nobody has allocated, or twice.");
  if (adapter.system) StopChannel(adapter, nullptr, false);
  ReleaseGate(state, adapter);
  if (AllocationAction == DeallocateObject && registers) FreeRegisters(state, registers);
  Serve(state);
}

VOID FreeMapRegisters(PDMA_ADAPTER DmaAdapter, PVOID MapRegisterBase, ULONG NumberOfMapRegisters) {
  Adapter& adapter = AdapterOf(DmaAdapter, "FreeMapRegisters");
  DmaState& state = *adapter.state;
  auto* registers = static_cast<MapRegisters*>(MapRegisterBase);
  bool good;
  {
    rt::LockGuard guard(state.lock);
    auto found = state.registers.find(registers);
    good = found != state.registers.end() && registers->adapter == &adapter && registers->count == NumberOfMapRegisters;
  }
  if (!good) {
    DmaViolation(5, MapRegisterBase, "FreeMapRegisters was given map registers that this adapter does not have, another number of them, or the same twice.");
  }
  FreeRegisters(state, registers);
  Serve(state);
}

}  // namespace drydock::nt::hal
