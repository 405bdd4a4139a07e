#include "wdf/dma/common_buffer.h"

#include "wdf/ddi.h"
#include "wdf/object/factory.h"

namespace drydock::wdf {
namespace {

constexpr size_t kLongest = MAXULONG - PAGE_SIZE;  // DMA-09

// Common buffers hold data of both directions: the first adapter's will do, of a system enabler whichever is there.
PDMA_ADAPTER AdapterFor(const DmaEnabler& enabler) {
  PDMA_ADAPTER adapter = enabler.slot(WdfDmaDirectionReadFromDevice).adapter;
  return adapter ? adapter : enabler.slot(WdfDmaDirectionWriteToDevice).adapter;
}

NTSTATUS Create(DriverGlobals& globals, WDFDMAENABLER handle, size_t length, const ULONG* alignment, PWDF_OBJECT_ATTRIBUTES attributes,
                WDFCOMMONBUFFER* out) {
  *out = nullptr;
  DmaEnabler* enabler = FromHandle<DmaEnabler>(globals, handle);
  if (length == 0 || length > kLongest) return STATUS_INVALID_PARAMETER;
  const ULONG mask = alignment ? *alignment : enabler->alignment();
  if (mask & (mask + 1)) return STATUS_INVALID_PARAMETER;  // not one less than a power of two
  CommonBuffer* buffer = nullptr;
  NTSTATUS status = CreateObject(globals, ObjectType::kCommonBuffer, attributes, enabler, &buffer);
  if (!NT_SUCCESS(status)) return status;
  status = buffer->Initialize(*enabler, length, mask);
  if (!NT_SUCCESS(status)) {
    DeleteAfterFailedCreate(buffer);
    return status;
  }
  *out = reinterpret_cast<WDFCOMMONBUFFER>(buffer->handle());
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS CommonBuffer::Initialize(DmaEnabler& enabler, size_t length, ULONG alignment) {
  PDMA_ADAPTER adapter = AdapterFor(enabler);
  if (!adapter) return STATUS_INVALID_DEVICE_REQUEST;  // a system enabler that was not configured
  const size_t more = alignment >= PAGE_SIZE ? alignment : 0;
  if (length + more > MAXULONG) return STATUS_INVALID_PARAMETER;
  enabler_ = &enabler;
  length_ = length;
  allocated_length_ = static_cast<ULONG>(length + more);
  if (!globals().MayAllocate()) return STATUS_INSUFFICIENT_RESOURCES;
  allocated_ = adapter->DmaOperations->AllocateCommonBuffer(adapter, allocated_length_, &allocated_logical_, TRUE);
  if (!allocated_) return STATUS_INSUFFICIENT_RESOURCES;
  const uint64_t raw = static_cast<uint64_t>(allocated_logical_.QuadPart);
  const uint64_t aligned = (raw + more) & ~uint64_t{more};
  aligned_logical_.QuadPart = static_cast<LONGLONG>(aligned);
  aligned_ = static_cast<char*>(allocated_) + (aligned - raw);
  return STATUS_SUCCESS;
}

void CommonBuffer::OnCleanedUp() {
  if (!allocated_) return;
  PDMA_ADAPTER adapter = AdapterFor(*enabler_);
  adapter->DmaOperations->FreeCommonBuffer(adapter, allocated_length_, allocated_logical_, allocated_, TRUE);
  allocated_ = nullptr;
}

namespace ddi {

NTSTATUS WdfCommonBufferCreate(DriverGlobals& globals, WDFDMAENABLER DmaEnabler, size_t Length, PWDF_OBJECT_ATTRIBUTES Attributes,
                               WDFCOMMONBUFFER* CommonBuffer) {
  return Create(globals, DmaEnabler, Length, nullptr, Attributes, CommonBuffer);
}

NTSTATUS WdfCommonBufferCreateWithConfig(DriverGlobals& globals, WDFDMAENABLER DmaEnabler, size_t Length, PWDF_COMMON_BUFFER_CONFIG Config,
                                         PWDF_OBJECT_ATTRIBUTES Attributes, WDFCOMMONBUFFER* CommonBuffer) {
  *CommonBuffer = nullptr;
  if (Config->Size != sizeof(*Config)) return STATUS_INFO_LENGTH_MISMATCH;
  return Create(globals, DmaEnabler, Length, &Config->AlignmentRequirement, Attributes, CommonBuffer);
}

PVOID WdfCommonBufferGetAlignedVirtualAddress(DriverGlobals& globals, WDFCOMMONBUFFER CommonBuffer) {
  return FromHandle<wdf::CommonBuffer>(globals, CommonBuffer)->address();
}

PHYSICAL_ADDRESS WdfCommonBufferGetAlignedLogicalAddress(DriverGlobals& globals, WDFCOMMONBUFFER CommonBuffer) {
  return FromHandle<wdf::CommonBuffer>(globals, CommonBuffer)->logical();
}

size_t WdfCommonBufferGetLength(DriverGlobals& globals, WDFCOMMONBUFFER CommonBuffer) {
  return FromHandle<wdf::CommonBuffer>(globals, CommonBuffer)->length();
}

}  // namespace ddi
}  // namespace drydock::wdf
