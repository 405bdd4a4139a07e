// Common buffers of later versions of Windows: with bounds, in vectors, made of MDLs; DMA domains, of which this machine has one.
#include <algorithm>

#include "nt/ex/pool.h"
#include "nt/hal/dma/dma.h"
#include "nt/thread.h"

// The driver's PDMA_COMMON_BUFFER_VECTOR.
struct _DMA_COMMON_BUFFER_VECTOR {
  struct Element {
    void* memory;
    PHYSICAL_ADDRESS logical;
  };
  drydock::nt::hal::Adapter* adapter;
  ULONG size;
  std::vector<Element> elements;  // a freed one has no memory
};

namespace drydock::nt::hal {
namespace {

// So many address bits are surely at or below the maximum.
uint32_t BitsBelow(uint64_t maximum) { return maximum == UINT64_MAX ? 64 : 63 - static_cast<uint32_t>(__builtin_clzll(maximum + 1)); }

uint32_t WidthFor(const Adapter& adapter, const PHYSICAL_ADDRESS* maximum) {
  return maximum ? std::min(adapter.width, BitsBelow(static_cast<uint64_t>(maximum->QuadPart))) : adapter.width;
}

void Free(PDMA_ADAPTER adapter, ULONG length, PHYSICAL_ADDRESS logical, void* memory) { kDmaOperations.FreeCommonBuffer(adapter, length, logical, memory, TRUE); }

void* Bounded(Adapter& adapter, const PHYSICAL_ADDRESS* minimum, const PHYSICAL_ADDRESS* maximum, ULONG length, PHYSICAL_ADDRESS* logical) {
  void* memory = NewBuffer(adapter, length, WidthFor(adapter, maximum), logical);
  if (!memory || !minimum || logical->QuadPart >= minimum->QuadPart) return memory;
  Free(&adapter.shared, length, *logical, memory);
  return nullptr;
}

bool IsDomain(const Adapter& adapter, HANDLE domain) { return domain == adapter.state->space.get(); }

_DMA_COMMON_BUFFER_VECTOR::Element& ElementOf(PDMA_ADAPTER DmaAdapter, PDMA_COMMON_BUFFER_VECTOR Vector, ULONG Index, const char* function) {
  if (Vector->adapter != &AdapterOf(DmaAdapter, function) || Index >= Vector->elements.size() || !Vector->elements[Index].memory) {
    DmaViolation(3, Vector, std::string(function) + " was given a vector of another adapter, or an element that is not there (any more).");
  }
  return Vector->elements[Index];
}

}  // namespace

// --- domains: the machine's one logical address space ---

HANDLE GetDmaDomain(PDMA_ADAPTER DmaAdapter) { return AdapterOf(DmaAdapter, "GetDmaDomain").state->space.get(); }

NTSTATUS JoinDmaDomain(PDMA_ADAPTER DmaAdapter, HANDLE DomainHandle) {
  return IsDomain(AdapterOf(DmaAdapter, "JoinDmaDomain"), DomainHandle) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

NTSTATUS LeaveDmaDomain(PDMA_ADAPTER DmaAdapter) {
  AdapterOf(DmaAdapter, "LeaveDmaDomain");
  return STATUS_SUCCESS;  // to the adapter's own, which is the same
}

NTSTATUS AllocateDomainCommonBuffer(PDMA_ADAPTER DmaAdapter, HANDLE DomainHandle, PPHYSICAL_ADDRESS MaximumAddress, ULONG Length, ULONG,
                                    MEMORY_CACHING_TYPE*, NODE_REQUIREMENT, PPHYSICAL_ADDRESS LogicalAddress, PVOID* VirtualAddress) {
  Adapter& adapter = AdapterOf(DmaAdapter, "AllocateDomainCommonBuffer");
  if (!IsDomain(adapter, DomainHandle)) return STATUS_INVALID_HANDLE;
  if (!Length) return STATUS_INVALID_PARAMETER;
  if (!ex::MayAllocate(adapter.state->kernel, Length)) return STATUS_INSUFFICIENT_RESOURCES;
  *VirtualAddress = NewBuffer(adapter, Length, WidthFor(adapter, MaximumAddress), LogicalAddress);
  return *VirtualAddress ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

// Processors and devices see one memory here; what map registers hold is flushed with the transfer.
NTSTATUS FlushDmaBuffer(PDMA_ADAPTER DmaAdapter, PMDL Mdl, BOOLEAN) {
  AdapterOf(DmaAdapter, "FlushDmaBuffer");
  return Mdl ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

// --- common buffers ---

PVOID AllocateCommonBufferWithBounds(PDMA_ADAPTER DmaAdapter, PPHYSICAL_ADDRESS MinimumAddress, PPHYSICAL_ADDRESS MaximumAddress, ULONG Length, ULONG,
                                     MEMORY_CACHING_TYPE*, NODE_REQUIREMENT, PPHYSICAL_ADDRESS LogicalAddress) {
  Adapter& adapter = AdapterOf(DmaAdapter, "AllocateCommonBufferWithBounds");
  if (!ex::MayAllocate(adapter.state->kernel, Length)) return nullptr;
  return Bounded(adapter, MinimumAddress, MaximumAddress, Length, LogicalAddress);
}

NTSTATUS AllocateCommonBufferVector(PDMA_ADAPTER DmaAdapter, PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress, MEMORY_CACHING_TYPE, ULONG, ULONG,
                                    ULONG NumberOfElements, ULONGLONG SizeOfElements, PDMA_COMMON_BUFFER_VECTOR* VectorOut) {
  Adapter& adapter = AdapterOf(DmaAdapter, "AllocateCommonBufferVector");
  *VectorOut = nullptr;
  if (!NumberOfElements || !SizeOfElements || SizeOfElements > MAXULONG) return STATUS_INVALID_PARAMETER;
  if (!ex::MayAllocate(adapter.state->kernel, NumberOfElements * SizeOfElements)) return STATUS_INSUFFICIENT_RESOURCES;
  auto vector = std::make_unique<_DMA_COMMON_BUFFER_VECTOR>();
  vector->adapter = &adapter;
  vector->size = static_cast<ULONG>(SizeOfElements);
  const PHYSICAL_ADDRESS* high = HighAddress.QuadPart ? &HighAddress : nullptr;
  for (ULONG i = 0; i < NumberOfElements; ++i) {
    _DMA_COMMON_BUFFER_VECTOR::Element element = {};
    element.memory = Bounded(adapter, &LowAddress, high, vector->size, &element.logical);
    if (!element.memory) {
      for (auto& made : vector->elements) Free(DmaAdapter, vector->size, made.logical, made.memory);
      return STATUS_INSUFFICIENT_RESOURCES;
    }
    vector->elements.push_back(element);
  }
  *VectorOut = vector.release();
  return STATUS_SUCCESS;
}

VOID GetCommonBufferFromVectorByIndex(PDMA_ADAPTER DmaAdapter, PDMA_COMMON_BUFFER_VECTOR Vector, ULONG Index, PVOID* VirtualAddressOut,
                                      PPHYSICAL_ADDRESS LogicalAddressOut) {
  auto& element = ElementOf(DmaAdapter, Vector, Index, "GetCommonBufferFromVectorByIndex");
  *VirtualAddressOut = element.memory;
  *LogicalAddressOut = element.logical;
}

VOID FreeCommonBufferFromVector(PDMA_ADAPTER DmaAdapter, PDMA_COMMON_BUFFER_VECTOR Vector, ULONG Index) {
  auto& element = ElementOf(DmaAdapter, Vector, Index, "FreeCommonBufferFromVector");
  Free(DmaAdapter, Vector->size, element.logical, element.memory);
  element.memory = nullptr;
}

VOID FreeCommonBufferVector(PDMA_ADAPTER DmaAdapter, PDMA_COMMON_BUFFER_VECTOR Vector) {
  AdapterOf(DmaAdapter, "FreeCommonBufferVector");
  for (auto& element : Vector->elements) {
    if (element.memory) Free(DmaAdapter, Vector->size, element.logical, element.memory);
  }
  delete Vector;
}

// The MDL's memory at consecutive logical addresses; FreeCommonBuffer with its address and length takes them away again.
NTSTATUS CreateCommonBufferFromMdl(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PDMA_COMMON_BUFFER_EXTENDED_CONFIGURATION ExtendedConfigs,
                                   ULONG ExtendedConfigsCount, PPHYSICAL_ADDRESS LogicalAddress) {
  Adapter& adapter = AdapterOf(DmaAdapter, "CreateCommonBufferFromMdl");
  PHYSICAL_ADDRESS minimum = {}, maximum;
  maximum.QuadPart = -1;
  uint64_t offset = 0, length = Mdl->ByteCount;
  for (ULONG i = 0; i < ExtendedConfigsCount; ++i) {
    const DMA_COMMON_BUFFER_EXTENDED_CONFIGURATION& one = ExtendedConfigs[i];
    switch (one.ConfigType) {
      case CommonBufferConfigTypeLogicalAddressLimits:
        minimum = one.LogicalAddressLimits.MinimumAddress;
        maximum = one.LogicalAddressLimits.MaximumAddress;
        break;
      case CommonBufferConfigTypeSubSection:
        offset = one.SubSection.Offset;
        length = one.SubSection.Length;
        if (offset % PAGE_SIZE || length % PAGE_SIZE) return STATUS_INVALID_PARAMETER;
        break;
      case CommonBufferConfigTypeHardwareAccessPermissions:
        if (one.HardwareAccessType != CommonBufferHardwareAccessReadWrite) return STATUS_NOT_SUPPORTED;  // without remapping
        break;
      default:
        return STATUS_INVALID_PARAMETER;
    }
  }
  if (!length || offset > Mdl->ByteCount || length > Mdl->ByteCount - offset) return STATUS_INVALID_PARAMETER;
  auto* memory = static_cast<char*>(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority));
  if (!memory || !ex::MayAllocate(adapter.state->kernel, sizeof(CommonBuffer))) return STATUS_INSUFFICIENT_RESOURCES;
  memory += offset;
  DmaState& state = *adapter.state;
  const uint64_t address = state.space->Map(memory, length, WidthFor(adapter, &maximum), DeviceAccess::kBoth);
  if (address && address < static_cast<uint64_t>(minimum.QuadPart)) state.space->Unmap(address, length);
  if (!address || address < static_cast<uint64_t>(minimum.QuadPart)) return STATUS_INSUFFICIENT_RESOURCES;
  LogicalAddress->QuadPart = static_cast<LONGLONG>(address);
  rt::LockGuard guard(state.lock);
  state.buffers[memory] = {&adapter, address, static_cast<uint32_t>(length), 0};
  ++adapter.live_buffers;
  return STATUS_SUCCESS;
}

}  // namespace drydock::nt::hal
