// Memory: a WDFMEMORY: a buffer with a size, from one of four places.
// Called by:  wdf/memory for the DDIs, wdf/request for the buffers of requests, wdf/target to describe transfers.
// IRQL:       <= DISPATCH_LEVEL; getters at any level.
// Ownership:  kAllocated frees its pool block, kLookaside gives it back to its list, kPreallocated and kRequest leave it alone. A request's
//             own memory objects are its children (IOT-8.15): besides their own reference they have those that drivers and formatted
//             sub-requests hold; references() > 1 at completion is bug check 0x10D/0x3.
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

  // A request's own memory (queue): made with CreateObject as a child of the request, then told its buffer. Also when the buffer changes.
  void SetRequest(Request* owner, void* buffer, size_t size, PMDL mdl, bool read_only) {
    kind_ = Kind::kRequest;
    owner_ = owner;
    buffer_ = buffer;
    size_ = size;
    mdl_ = mdl;
    read_only_ = read_only;
  }
  Request* owner() const { return kind_ == Kind::kRequest ? owner_ : nullptr; }

  void SetAllocated(void* buffer, size_t size, bool paged);                    // frees with ExFreePool
  void SetPreallocated(void* buffer, size_t size);
  void SetLookaside(Lookaside* list, void* buffer, size_t size, bool paged);

 protected:
  bool NeedsPassiveCleanup() const override;

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

// What WdfMemoryCreate does (size not 0; tag 0: the driver's): also for data that other DDIs hand out. Default parent: the driver object.
NTSTATUS CreateAllocatedMemory(DriverGlobals& globals, const WDF_OBJECT_ATTRIBUTES* attributes, POOL_TYPE pool, ULONG tag, size_t size, Memory** out);

// Checks offset and length of a WDFMEMORY_OFFSET against a memory object (IOX-24): null or zero length means "from the offset to the end".
// STATUS_INTEGER_OVERFLOW when it reaches beyond the memory.
NTSTATUS ResolveOffset(const Memory& memory, const WDFMEMORY_OFFSET* offset, size_t* start, size_t* length);

}  // namespace drydock::wdf
