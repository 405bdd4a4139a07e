// Objects of C++ that a component keeps for its devices: New and Delete instead of new and delete, and what is still there when the machine
// ends goes with it. A machine that a report stopped ends no device, so that nobody calls Delete for what its class drivers hold then.
// Called by:  class drivers and other parts of the system that are written as drivers are; any level. New takes memory and one lock.
// Ownership:  the machine's of the calling thread. Delete may be called from any thread, for null too. At the machine's end the objects are
//             destroyed in any order, without a current thread, and their memory goes when all are: a destructor frees memory and Deletes
//             other such objects (which their own turn ends), and no more.
// Errors:     null where there is no memory.
#pragma once

#include <memory>
#include <new>
#include <utility>

#include "runtime/lock.h"

namespace drydock::nt::ex {

struct OwnedList;

// In front of each object.
struct alignas(16) OwnedHeader {
  OwnedList* list = nullptr;
  OwnedHeader *previous = nullptr, *next = nullptr;
  void (*destroy)(OwnedHeader* header) = nullptr;
  void (*release)(OwnedHeader* header) = nullptr;
};

struct OwnedList {
  rt::Lock lock;
  OwnedHeader* first RT_GUARDED_BY(lock) = nullptr;
  bool ending RT_GUARDED_BY(lock) = false;
  ~OwnedList();  // destroys what is left
};

void Link(OwnedHeader& header);    // to the current machine's
bool Unlink(OwnedHeader& header);  // false: the machine ends, and it with it

template <typename T>
struct OwnedBlock {
  template <typename... Parts>
  explicit OwnedBlock(Parts&&... parts) : value{std::forward<Parts>(parts)...} {}
  ~OwnedBlock() {}
  OwnedHeader header;
  union {
    T value;  // destroyed by `destroy`
  };
};

template <typename T, typename... Parts>
T* New(Parts&&... parts) {
  auto* block = new (std::nothrow) OwnedBlock<T>(std::forward<Parts>(parts)...);
  if (block == nullptr) return nullptr;
  block->header.destroy = [](OwnedHeader* header) { reinterpret_cast<OwnedBlock<T>*>(header)->value.~T(); };
  block->header.release = [](OwnedHeader* header) { delete reinterpret_cast<OwnedBlock<T>*>(header); };
  Link(block->header);
  return &block->value;
}

template <typename T>
void Delete(T* object) {
  if (object == nullptr) return;
  constexpr size_t kBefore = (sizeof(OwnedHeader) + alignof(T) - 1) / alignof(T) * alignof(T);
  auto* block = reinterpret_cast<OwnedHeader*>(reinterpret_cast<unsigned char*>(object) - kBefore);
  if (!Unlink(*block)) return;
  block->destroy(block);
  block->release(block);
}

struct Deleter {
  template <typename T>
  void operator()(T* object) const { Delete(object); }
};
template <typename T>
using Owned = std::unique_ptr<T, Deleter>;

}  // namespace drydock::nt::ex
