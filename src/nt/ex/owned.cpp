#include "nt/ex/owned.h"

#include "nt/ex/state.h"
#include "nt/kernel.h"

namespace drydock::nt::ex {

void Link(OwnedHeader& header) {
  OwnedList& list = CurrentKernel().ex->owned;
  header.list = &list;
  rt::LockGuard guard(list.lock);
  header.next = list.first;
  if (list.first != nullptr) list.first->previous = &header;
  list.first = &header;
}

bool Unlink(OwnedHeader& header) {
  OwnedList& list = *header.list;
  rt::LockGuard guard(list.lock);
  if (list.ending) return false;
  if (header.next != nullptr) header.next->previous = header.previous;
  (header.previous != nullptr ? header.previous->next : list.first) = header.next;
  return true;
}

OwnedList::~OwnedList() {
  OwnedHeader* header;
  {
    rt::LockGuard guard(lock);
    ending = true;
    header = first;
  }
  for (OwnedHeader* one = header; one != nullptr; one = one->next) one->destroy(one);
  while (header != nullptr) {
    OwnedHeader* next = header->next;
    header->release(header);
    header = next;
  }
}

}  // namespace drydock::nt::ex
