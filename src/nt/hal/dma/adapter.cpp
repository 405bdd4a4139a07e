// IoGetDmaAdapter, PutDmaAdapter, what an adapter can tell, common buffers.
#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/ex/pool.h"
#include "nt/hal/dma/dma.h"
#include "nt/thread.h"
#include "runtime/assert.h"

namespace drydock::nt::hal {

DmaState::DmaState(Kernel& owner)
    : kernel(owner), options(owner.options.dma), space(std::make_shared<LogicalSpace>(owner)), pool(owner.options.dma.map_registers) {}

DmaState::~DmaState() {
  space->End();
  for (auto& [address, buffer] : buffers) {
    munmap(const_cast<char*>(static_cast<const char*>(address)) - PAGE_SIZE, buffer.mapped);
  }
  for (auto& [address, mapping] : lists) {
    for (Segment& segment : mapping.segments) std::free(segment.bounce ? PAGE_ALIGN(segment.bounce) : nullptr);
    if (mapping.own_memory) std::free(const_cast<void*>(address));
  }
  for (auto& [address, mapping] : registers) {
    for (Segment& segment : mapping->segments) std::free(segment.bounce ? PAGE_ALIGN(segment.bounce) : nullptr);
  }
  rt::LockGuard guard(lock);
  for (auto& [number, channel] : channels) channel->kernel = nullptr;
}

std::shared_ptr<Channel> DmaState::ChannelOf(uint32_t number) {
  rt::LockGuard guard(lock);
  std::shared_ptr<Channel>& channel = channels[number];
  if (!channel) {
    channel = std::make_shared<Channel>();
    channel->kernel = &kernel;
    channel->number = number;
    KeInitializeDpc(
        &channel->dpc, [](PKDPC, PVOID context, PVOID, PVOID) -> VOID { ChannelDpc(*static_cast<Channel*>(context)); }, channel.get());
  }
  return channel;
}

uint32_t HighestDmaVersion(Kernel& kernel) { return kernel.options.dma.version; }

void DmaViolation(uint64_t code, const void* what, std::string words) {
  BugCheck(DRIVER_VERIFIER_DMA_VIOLATION, {code, reinterpret_cast<uint64_t>(what)}, std::move(words));
}

Adapter& AdapterOf(PDMA_ADAPTER adapter, const char* function) {
  DmaState& state = *CurrentKernel().dma;
  Adapter* found = nullptr;
  bool put = false;
  {
    rt::LockGuard guard(state.lock);
    auto it = state.adapters.find(adapter);
    if (it != state.adapters.end()) {
      found = it->second.get();
      put = found->put;
    }
  }
  if (!found || put) {
    DmaViolation(0, adapter, std::string(function) + (put ? " was called with a DMA adapter that PutDmaAdapter has released."
                                                          : " was called with something that IoGetDmaAdapter did not give."));
  }
  return *found;
}

AtDispatch::AtDispatch() : old(KeGetCurrentIrql()) {
  if (old < DISPATCH_LEVEL) KeRaiseIrql(DISPATCH_LEVEL, &old);
}
AtDispatch::~AtDispatch() noexcept(false) {
  if (old < DISPATCH_LEVEL && CurrentThread().irql == DISPATCH_LEVEL) KeLowerIrql(old);
}

namespace {

VOID PutDmaAdapter(PDMA_ADAPTER DmaAdapter) {
  Adapter& adapter = AdapterOf(DmaAdapter, "PutDmaAdapter");
  DmaState& state = *adapter.state;
  std::string leak;
  {
    rt::LockGuard guard(state.lock);
    if (adapter.live_buffers) leak = "common buffers";
    else if (adapter.live_registers) leak = "map registers";
    else if (adapter.live_lists) leak = "scatter/gather lists";
    adapter.put = true;
    state.waiting.remove_if([&](const Request& request) { return request.adapter == &adapter; });
    if (adapter.gate->owner == &adapter) *adapter.gate = {};
  }
  if (!leak.empty()) Break("PutDmaAdapter was called before all " + leak + " of the adapter were freed.");
}

PVOID AllocateCommonBuffer(PDMA_ADAPTER DmaAdapter, ULONG Length, PPHYSICAL_ADDRESS LogicalAddress, BOOLEAN) {
  Adapter& adapter = AdapterOf(DmaAdapter, "AllocateCommonBuffer");
  return NewBuffer(adapter, Length, adapter.width, LogicalAddress);
}

PVOID AllocateCommonBufferEx(PDMA_ADAPTER DmaAdapter, PPHYSICAL_ADDRESS MaximumAddress, ULONG Length, PPHYSICAL_ADDRESS LogicalAddress, BOOLEAN,
                             NODE_REQUIREMENT) {
  Adapter& adapter = AdapterOf(DmaAdapter, "AllocateCommonBufferEx");
  uint32_t width = adapter.width;
  if (MaximumAddress) {
    // So many address bits are surely below the maximum.
    const uint64_t maximum = static_cast<uint64_t>(MaximumAddress->QuadPart);
    const uint32_t bits = maximum == UINT64_MAX ? 64 : 63 - static_cast<uint32_t>(__builtin_clzll(maximum + 1));
    width = std::min(width, bits);
  }
  return NewBuffer(adapter, Length, width, LogicalAddress);
}

VOID FreeCommonBuffer(PDMA_ADAPTER DmaAdapter, ULONG Length, PHYSICAL_ADDRESS LogicalAddress, PVOID VirtualAddress, BOOLEAN) {
  Adapter& adapter = AdapterOf(DmaAdapter, "FreeCommonBuffer");
  DmaState& state = *adapter.state;
  CommonBuffer buffer = {};
  {
    rt::LockGuard guard(state.lock);
    auto found = state.buffers.find(VirtualAddress);
    if (found != state.buffers.end() && found->second.adapter == &adapter && found->second.length == Length &&
        found->second.logical == static_cast<uint64_t>(LogicalAddress.QuadPart)) {
      buffer = found->second;
      state.buffers.erase(found);
      --adapter.live_buffers;
    }
  }
  if (!buffer.adapter) {
    DmaViolation(3, VirtualAddress, "FreeCommonBuffer was given a buffer that this adapter did not allocate with that length and logical address, or twice.");
  }
  state.space->Unmap(buffer.logical, buffer.length);
  if (buffer.mapped) munmap(static_cast<char*>(VirtualAddress) - PAGE_SIZE, buffer.mapped);
}

ULONG GetDmaAlignment(PDMA_ADAPTER DmaAdapter) {
  AdapterOf(DmaAdapter, "GetDmaAlignment");
  return 1;
}

ULONG ReadDmaCounter(PDMA_ADAPTER DmaAdapter) { return ReadCounter(AdapterOf(DmaAdapter, "ReadDmaCounter")); }

NTSTATUS GetDmaAdapterInfo(PDMA_ADAPTER DmaAdapter, PDMA_ADAPTER_INFO AdapterInfo) {
  Adapter& adapter = AdapterOf(DmaAdapter, "GetDmaAdapterInfo");
  if (AdapterInfo->Version != DMA_ADAPTER_INFO_VERSION1) return STATUS_NOT_SUPPORTED;
  AdapterInfo->V1 = {};
  AdapterInfo->V1.ReadDmaCounterAvailable = adapter.system;
  AdapterInfo->V1.ScatterGatherLimit = adapter.scatter_gather ? MAXULONG : 1;
  AdapterInfo->V1.DmaAddressWidth = adapter.width;
  AdapterInfo->V1.MinimumTransferUnit = 1;
  return STATUS_SUCCESS;
}

NTSTATUS InitializeDmaTransferContext(PDMA_ADAPTER DmaAdapter, PVOID DmaTransferContext) {
  AdapterOf(DmaAdapter, "InitializeDmaTransferContext");
  if (!DmaTransferContext) return STATUS_INVALID_PARAMETER;
  std::memset(DmaTransferContext, 0, DMA_TRANSFER_CONTEXT_SIZE_V1);
  static_cast<TransferContext*>(DmaTransferContext)->mark = TransferContext::kMark;
  return STATUS_SUCCESS;
}

NTSTATUS ConfigureAdapterChannel(PDMA_ADAPTER DmaAdapter, ULONG FunctionNumber, PVOID) {
  AdapterOf(DmaAdapter, "ConfigureAdapterChannel");
  (void)FunctionNumber;
  return STATUS_NOT_IMPLEMENTED;  // the controller has no functions of its own
}

}  // namespace

void* NewBuffer(Adapter& adapter, uint32_t length, uint32_t width, PHYSICAL_ADDRESS* logical) {
  if (!length) return nullptr;
  DmaState& state = *adapter.state;
  const size_t rounded = ROUND_TO_PAGES(size_t{length});
  const size_t mapped = rounded + 2 * PAGE_SIZE;  // nothing can be reached before and after it
  void* guarded = mmap(nullptr, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (guarded == MAP_FAILED) return nullptr;
  char* memory = static_cast<char*>(guarded) + PAGE_SIZE;
  uint64_t address = 0;
  if (mprotect(memory, rounded, PROT_READ | PROT_WRITE) == 0) address = state.space->Map(memory, length, width, DeviceAccess::kBoth);
  if (!address) {
    munmap(guarded, mapped);
    return nullptr;
  }
  logical->QuadPart = static_cast<LONGLONG>(address);
  rt::LockGuard guard(state.lock);
  state.buffers[memory] = {&adapter, address, length, mapped};
  ++adapter.live_buffers;
  return memory;
}

// In allocate.cpp, transfer.cpp, lists.cpp, buffers.cpp.
NTSTATUS AllocateAdapterChannel(PDMA_ADAPTER, PDEVICE_OBJECT, ULONG, PDRIVER_CONTROL, PVOID);
NTSTATUS AllocateAdapterChannelEx(PDMA_ADAPTER, PDEVICE_OBJECT, PVOID, ULONG, ULONG, PDRIVER_CONTROL, PVOID, PVOID*);
BOOLEAN CancelAdapterChannel(PDMA_ADAPTER, PDEVICE_OBJECT, PVOID);
VOID FreeAdapterChannel(PDMA_ADAPTER);
VOID FreeAdapterObject(PDMA_ADAPTER, IO_ALLOCATION_ACTION);
VOID FreeMapRegisters(PDMA_ADAPTER, PVOID, ULONG);
PHYSICAL_ADDRESS MapTransfer(PDMA_ADAPTER, PMDL, PVOID, PVOID, PULONG, BOOLEAN);
NTSTATUS MapTransferEx(PDMA_ADAPTER, PMDL, PVOID, ULONGLONG, ULONG, PULONG, BOOLEAN, PSCATTER_GATHER_LIST, ULONG, PDMA_COMPLETION_ROUTINE, PVOID);
BOOLEAN FlushAdapterBuffers(PDMA_ADAPTER, PMDL, PVOID, PVOID, ULONG, BOOLEAN);
NTSTATUS FlushAdapterBuffersEx(PDMA_ADAPTER, PMDL, PVOID, ULONGLONG, ULONG, BOOLEAN);
NTSTATUS CancelMappedTransfer(PDMA_ADAPTER, PVOID);
NTSTATUS GetScatterGatherList(PDMA_ADAPTER, PDEVICE_OBJECT, PMDL, PVOID, ULONG, PDRIVER_LIST_CONTROL, PVOID, BOOLEAN);
VOID PutScatterGatherList(PDMA_ADAPTER, PSCATTER_GATHER_LIST, BOOLEAN);
NTSTATUS CalculateScatterGatherList(PDMA_ADAPTER, PMDL, PVOID, ULONG, PULONG, PULONG);
NTSTATUS BuildScatterGatherList(PDMA_ADAPTER, PDEVICE_OBJECT, PMDL, PVOID, ULONG, PDRIVER_LIST_CONTROL, PVOID, BOOLEAN, PVOID, ULONG);
NTSTATUS BuildMdlFromScatterGatherList(PDMA_ADAPTER, PSCATTER_GATHER_LIST, PMDL, PMDL*);
NTSTATUS GetDmaTransferInfo(PDMA_ADAPTER, PMDL, ULONGLONG, ULONG, BOOLEAN, PDMA_TRANSFER_INFO);
NTSTATUS GetScatterGatherListEx(PDMA_ADAPTER, PDEVICE_OBJECT, PVOID, PMDL, ULONGLONG, ULONG, ULONG, PDRIVER_LIST_CONTROL, PVOID, BOOLEAN,
                                PDMA_COMPLETION_ROUTINE, PVOID, PSCATTER_GATHER_LIST*);
NTSTATUS BuildScatterGatherListEx(PDMA_ADAPTER, PDEVICE_OBJECT, PVOID, PMDL, ULONGLONG, ULONG, ULONG, PDRIVER_LIST_CONTROL, PVOID, BOOLEAN, PVOID,
                                  ULONG, PDMA_COMPLETION_ROUTINE, PVOID, PVOID);

NTSTATUS AllocateDomainCommonBuffer(PDMA_ADAPTER, HANDLE, PPHYSICAL_ADDRESS, ULONG, ULONG, MEMORY_CACHING_TYPE*, NODE_REQUIREMENT, PPHYSICAL_ADDRESS,
                                    PVOID*);
NTSTATUS FlushDmaBuffer(PDMA_ADAPTER, PMDL, BOOLEAN);
NTSTATUS JoinDmaDomain(PDMA_ADAPTER, HANDLE);
NTSTATUS LeaveDmaDomain(PDMA_ADAPTER);
HANDLE GetDmaDomain(PDMA_ADAPTER);
PVOID AllocateCommonBufferWithBounds(PDMA_ADAPTER, PPHYSICAL_ADDRESS, PPHYSICAL_ADDRESS, ULONG, ULONG, MEMORY_CACHING_TYPE*, NODE_REQUIREMENT,
                                     PPHYSICAL_ADDRESS);
NTSTATUS AllocateCommonBufferVector(PDMA_ADAPTER, PHYSICAL_ADDRESS, PHYSICAL_ADDRESS, MEMORY_CACHING_TYPE, ULONG, ULONG, ULONG, ULONGLONG,
                                    PDMA_COMMON_BUFFER_VECTOR*);
VOID GetCommonBufferFromVectorByIndex(PDMA_ADAPTER, PDMA_COMMON_BUFFER_VECTOR, ULONG, PVOID*, PPHYSICAL_ADDRESS);
VOID FreeCommonBufferFromVector(PDMA_ADAPTER, PDMA_COMMON_BUFFER_VECTOR, ULONG);
VOID FreeCommonBufferVector(PDMA_ADAPTER, PDMA_COMMON_BUFFER_VECTOR);
NTSTATUS CreateCommonBufferFromMdl(PDMA_ADAPTER, PMDL, PDMA_COMMON_BUFFER_EXTENDED_CONFIGURATION, ULONG, PPHYSICAL_ADDRESS);

const DMA_OPERATIONS kDmaOperations = {
    .Size = sizeof(DMA_OPERATIONS),
    .PutDmaAdapter = PutDmaAdapter,
    .AllocateCommonBuffer = AllocateCommonBuffer,
    .FreeCommonBuffer = FreeCommonBuffer,
    .AllocateAdapterChannel = AllocateAdapterChannel,
    .FlushAdapterBuffers = FlushAdapterBuffers,
    .FreeAdapterChannel = FreeAdapterChannel,
    .FreeMapRegisters = FreeMapRegisters,
    .MapTransfer = MapTransfer,
    .GetDmaAlignment = GetDmaAlignment,
    .ReadDmaCounter = ReadDmaCounter,
    .GetScatterGatherList = GetScatterGatherList,
    .PutScatterGatherList = PutScatterGatherList,
    .CalculateScatterGatherList = CalculateScatterGatherList,
    .BuildScatterGatherList = BuildScatterGatherList,
    .BuildMdlFromScatterGatherList = BuildMdlFromScatterGatherList,
    .GetDmaAdapterInfo = GetDmaAdapterInfo,
    .GetDmaTransferInfo = GetDmaTransferInfo,
    .InitializeDmaTransferContext = InitializeDmaTransferContext,
    .AllocateCommonBufferEx = AllocateCommonBufferEx,
    .AllocateAdapterChannelEx = AllocateAdapterChannelEx,
    .ConfigureAdapterChannel = ConfigureAdapterChannel,
    .CancelAdapterChannel = CancelAdapterChannel,
    .MapTransferEx = MapTransferEx,
    .GetScatterGatherListEx = GetScatterGatherListEx,
    .BuildScatterGatherListEx = BuildScatterGatherListEx,
    .FlushAdapterBuffersEx = FlushAdapterBuffersEx,
    .FreeAdapterObject = FreeAdapterObject,
    .CancelMappedTransfer = CancelMappedTransfer,
    .AllocateDomainCommonBuffer = AllocateDomainCommonBuffer,
    .FlushDmaBuffer = FlushDmaBuffer,
    .JoinDmaDomain = JoinDmaDomain,
    .LeaveDmaDomain = LeaveDmaDomain,
    .GetDmaDomain = GetDmaDomain,
    .AllocateCommonBufferWithBounds = AllocateCommonBufferWithBounds,
    .AllocateCommonBufferVector = AllocateCommonBufferVector,
    .GetCommonBufferFromVectorByIndex = GetCommonBufferFromVectorByIndex,
    .FreeCommonBufferFromVector = FreeCommonBufferFromVector,
    .FreeCommonBufferVector = FreeCommonBufferVector,
    .CreateCommonBufferFromMdl = CreateCommonBufferFromMdl,
};

}  // namespace drydock::nt::hal

using namespace drydock::nt;
using namespace drydock::nt::hal;

extern "C" PDMA_ADAPTER NTAPI IoGetDmaAdapter(PDEVICE_OBJECT PhysicalDeviceObject, PDEVICE_DESCRIPTION DeviceDescription,
                                              PULONG NumberOfMapRegisters) {
  Kernel& kernel = CurrentKernel();
  DmaState& state = *kernel.dma;
  const DEVICE_DESCRIPTION& asked = *DeviceDescription;
  const uint32_t version = asked.Version;
  if (version > DEVICE_DESCRIPTION_VERSION3 || version > state.options.version || state.options.version == 0) return nullptr;
  if (!asked.MaximumLength) return nullptr;
  const bool system = !asked.Master;
  if (version == DEVICE_DESCRIPTION_VERSION3 && asked.DmaAddressWidth && (asked.DmaAddressWidth < 12 || asked.DmaAddressWidth > 64)) return nullptr;

  if (!ex::MayAllocate(kernel, sizeof(Adapter))) return nullptr;
  auto adapter = std::make_unique<Adapter>();
  adapter->state = &state;
  adapter->pdo = PhysicalDeviceObject;
  if (version < DEVICE_DESCRIPTION_VERSION3) {
    std::memcpy(&adapter->description, &asked, offsetof(DEVICE_DESCRIPTION, DmaAddressWidth));
  } else {
    adapter->description = asked;
  }
  adapter->system = system;
  adapter->scatter_gather = asked.ScatterGather;
  adapter->width = asked.Dma64BitAddresses ? 64 : (asked.Dma32BitAddresses || (system && version == DEVICE_DESCRIPTION_VERSION3)) ? 32 : 24;
  if (version == DEVICE_DESCRIPTION_VERSION3 && asked.DmaAddressWidth) adapter->width = asked.DmaAddressWidth;
  const uint64_t wanted = ((uint64_t{asked.MaximumLength} + PAGE_SIZE - 1) >> PAGE_SHIFT) + 1;  // a buffer may begin anywhere in a page
  adapter->map_registers = static_cast<uint32_t>(std::min<uint64_t>(wanted, state.options.map_registers));
  adapter->free_registers = adapter->map_registers;
  const uint32_t size = version == DEVICE_DESCRIPTION_VERSION3 ? sizeof(DMA_OPERATIONS) : offsetof(DMA_OPERATIONS, GetDmaAdapterInfo);
  std::memcpy(&adapter->operations, &kDmaOperations, size);
  adapter->operations.Size = size;
  adapter->shared.Version = static_cast<USHORT>(version == DEVICE_DESCRIPTION_VERSION3 ? 3 : version == DEVICE_DESCRIPTION_VERSION2 ? 2 : 1);
  adapter->shared.Size = sizeof(Adapter);
  adapter->shared.DmaOperations = &adapter->operations;
  if (system) {
    const uint32_t number = version == DEVICE_DESCRIPTION_VERSION3 ? asked.DmaRequestLine : asked.DmaChannel;
    adapter->channel = state.ChannelOf(number);
    drydock::rt::LockGuard guard(state.lock);
    std::shared_ptr<Gate>& gate = state.channel_gates[number];
    if (!gate) gate = std::make_shared<Gate>();
    adapter->gate = gate;
  } else {
    adapter->gate = std::make_shared<Gate>();
  }
  if (NumberOfMapRegisters) *NumberOfMapRegisters = adapter->map_registers;
  PDMA_ADAPTER handle = &adapter->shared;
  drydock::rt::LockGuard guard(state.lock);
  state.adapters[handle] = std::move(adapter);
  return handle;
}
