// Memory: a WDFMEMORY: a buffer with a size, from one of four places.
// Called by:  wdf/memory for the DDIs, wdf/request for the buffers of requests, wdf/target to describe transfers.
// IRQL:       <= DISPATCH_LEVEL; getters at any level.
// Ownership:  kAllocated frees its pool block, kLookaside gives it back to its list, kPreallocated and kRequest leave it alone. A request's
//             own memory objects live inside the request (Object::kEmbedded): their only counted reference besides the request's are those
//             that drivers and formatted sub-requests hold; references() > 1 at completion is bug check 0x10D/0x3.
// Source:     IOT-8.*, IOX-59, IOX-60, OP-13.
#pragma once

#include "wdf/object/object.h"

namespace drydock::wdf {

class Lookaside;
class Request;

class Memory final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kMemory;
  enum class Kind : uint8_t { kAllocated, kPreallocated, kLookaside, kRequest };

  Memory() = default;
  ~Memory() override;

  Kind kind() const { return kind_; }
  void* buffer() const { return buffer_; }
  size_t size() const { return size_; }
  bool read_only() const { return read_only_; }
  PMDL mdl() const { return mdl_; }  // the MDL that describes the buffer, where there is one; not owned

  // A request's own memory (queue): `owner` keeps it; call once when the request object is made, then Set whenever its buffer is known.
  void InitializeEmbedded(DriverGlobals& globals, Request* owner);
  void Set(void* buffer, size_t size, PMDL mdl, bool read_only) {
    buffer_ = buffer;
    size_ = size;
    mdl_ = mdl;
    read_only_ = read_only;
  }
  Request* owner() const { return owner_; }

  void SetAllocated(void* buffer, size_t size, bool paged);                    // frees with ExFreePool
  void SetPreallocated(void* buffer, size_t size);
  void SetLookaside(Lookaside* list, void* buffer, size_t size, bool paged);

 protected:
  bool NeedsPassiveCleanup() const override { return paged_; }

 private:
  Kind kind_ = Kind::kPreallocated;
  bool read_only_ = false;
  bool paged_ = false;
  void* buffer_ = nullptr;
  size_t size_ = 0;
  PMDL mdl_ = nullptr;
  union {
    Request* owner_ = nullptr;
    Lookaside* list_;
  };
};

// Checks offset and length of a WDFMEMORY_OFFSET against a memory object (IOX-24): null or zero length means "from the offset to the end".
// STATUS_INTEGER_OVERFLOW when it reaches beyond the memory.
NTSTATUS ResolveOffset(const Memory& memory, const WDFMEMORY_OFFSET* offset, size_t* start, size_t* length);

}  // namespace drydock::wdf
