// Lookaside: a WDFLOOKASIDE (K): a list of buffers of one size, each drawn as a memory object.
// Called by:  drivers; Memory gives its buffer back at its end.
// IRQL:       <= DISPATCH_LEVEL, a paged list <= APC_LEVEL.
// Ownership:  every memory object drawn holds a reference on the list, so the list's buffers outlive it.
// Errors:     STATUS_INVALID_PARAMETER (size 0, two device parents that differ), STATUS_INSUFFICIENT_RESOURCES, those of creation.
// Source:     IOT-8.11, IOT-8.12, IOT-8.16, IOT-8.19.
#pragma once

#include "runtime/lock.h"
#include "wdf/device/device_init.h"
#include "wdf/object/object.h"

namespace drydock::wdf {

class Memory;

class Lookaside final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kLookaside;
  static constexpr uint32_t kDepth = 32;  // buffers kept for the next draw

  ~Lookaside() override;
  void Initialize(size_t size, POOL_TYPE pool, ULONG tag, const WDF_OBJECT_ATTRIBUTES* memory_attributes);
  NTSTATUS Draw(Memory** out);
  void GiveBack(void* buffer);

 protected:
  bool NeedsPassiveCleanup() const override { return paged_ || Object::NeedsPassiveCleanup(); }

 private:
  rt::Lock lock_;
  void* kept_[kDepth] RT_GUARDED_BY(lock_) = {};
  uint32_t count_ RT_GUARDED_BY(lock_) = 0;
  size_t size_ = 0;
  POOL_TYPE pool_ = NonPagedPool;
  ULONG tag_ = 0;
  bool paged_ = false;
  KeptAttributes memory_attributes_;
};

}  // namespace drydock::wdf
