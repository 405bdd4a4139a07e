// CommonBuffer: a WDFCOMMONBUFFER: memory that driver and device have at the same time.
// Called by:  drivers. Creation and deletion: PASSIVE_LEVEL; getters <= DISPATCH_LEVEL.
// Ownership:  child of its enabler; frees the adapter's buffer when deleted, after its cleanup callbacks.
// Alignment:  the HAL's buffers begin with a page. For more than that a longer one is taken and the logical address moved up; the virtual one moves by
//             as much (DMA-10, DEVX-40).
// Source:     DMA-02, DMA-09, DMA-10, DEVX-40.
#pragma once

#include "wdf/dma/enabler.h"

namespace drydock::wdf {

class CommonBuffer final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kCommonBuffer;

  NTSTATUS Initialize(DmaEnabler& enabler, size_t length, ULONG alignment);
  void* address() const { return aligned_; }
  PHYSICAL_ADDRESS logical() const { return aligned_logical_; }
  size_t length() const { return length_; }

 protected:
  void OnCleanedUp() override;

 private:
  DmaEnabler* enabler_ = nullptr;
  size_t length_ = 0;
  ULONG allocated_length_ = 0;
  void* allocated_ = nullptr;
  void* aligned_ = nullptr;
  PHYSICAL_ADDRESS allocated_logical_ = {};
  PHYSICAL_ADDRESS aligned_logical_ = {};
};

}  // namespace drydock::wdf
