#include "runtime/assert.h"
#include "wdf/queue/queue.h"
#include "wdf/request/request.h"

namespace drydock::wdf {

void RequestList::PushBack(Request& request) {
  ReceivedState& r = request.received;
  r.previous = last;
  r.next = nullptr;
  (last ? last->received.next : first) = &request;
  last = &request;
  ++count;
}

void RequestList::PushFront(Request& request) {
  ReceivedState& r = request.received;
  r.previous = nullptr;
  r.next = first;
  (first ? first->received.previous : last) = &request;
  first = &request;
  ++count;
}

void RequestList::InsertByStamp(Request& request) {
  ReceivedState& r = request.received;
  Request* before = last;
  while (before && before->received.stamp > r.stamp) before = before->received.previous;
  if (!before) return PushFront(request);
  r.previous = before;
  r.next = before->received.next;
  (r.next ? r.next->received.previous : last) = &request;
  before->received.next = &request;
  ++count;
}

void RequestList::Remove(Request& request) {
  ReceivedState& r = request.received;
  RT_ASSERT(count != 0);
  (r.previous ? r.previous->received.next : first) = r.next;
  (r.next ? r.next->received.previous : last) = r.previous;
  r.next = r.previous = nullptr;
  --count;
}

}  // namespace drydock::wdf
