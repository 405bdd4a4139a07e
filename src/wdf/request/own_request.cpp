#include "wdf/request/own_request.h"

#include <cstring>
#include <new>

#include "nt/thread.h"
#include "wdf/object/thread_state.h"
#include "wdf/request/intermediate.h"
#include "wdf/request/send.h"
#include "wdf/target/io_target.h"

namespace drydock::wdf {
namespace {

constexpr uint8_t kFewestLocations = 4;          // so that one cached request serves the usual stacks
constexpr uint32_t kLargestKeptBuffer = 64 * 1024;
constexpr size_t kIrpAt = (sizeof(OwnRequest) + 15) & ~size_t{15};

PIRP IrpOf(OwnRequest* own) { return reinterpret_cast<PIRP>(reinterpret_cast<char*>(own) + kIrpAt); }

OwnRequest* Make(Framework& framework, uint8_t locations) {
  const size_t bytes = IoSizeOfIrp(locations);
  void* memory = ::operator new(kIrpAt + bytes, std::align_val_t{16}, std::nothrow);
  if (!memory) return nullptr;
  OwnRequest* own = new (memory) OwnRequest;
  own->locations = locations;
  own->framework = &framework;
  own->sent.irp = IrpOf(own);
  own->sent.irp_origin = IrpOrigin::kGiven;  // never replaced by a formatter
  IoInitializeIrp(own->sent.irp, USHORT(bytes), CCHAR(locations));
  OwnRequests& all = *framework.own_requests;
  rt::LockGuard guard(all.lock);
  own->next_of_all = all.first;
  if (all.first) all.first->previous_of_all = own;
  all.first = own;
  return own;
}

// What IoReuseIrp does, without clearing the stack locations: completion has cleared what they said, and the one that is used next is
// written whole by the formatter.
void Renew(OwnRequest& own) {
  PIRP irp = own.sent.irp;
  const USHORT bytes = irp->Size;
  static const IRP kBlank = {};
#if defined(__has_builtin) && __has_builtin(__builtin_memcpy_inline)
  __builtin_memcpy_inline(irp, &kBlank, sizeof(kBlank));
#else
  *irp = kBlank;
#endif
  irp->Type = IO_TYPE_IRP;
  irp->Size = bytes;
  irp->StackCount = CHAR(own.locations);
  irp->CurrentLocation = CHAR(own.locations + 1);
  irp->Tail.Overlay.CurrentStackLocation = reinterpret_cast<PIO_STACK_LOCATION>(irp + 1) + own.locations;
  irp->ThreadListEntry.Flink = irp->ThreadListEntry.Blink = &irp->ThreadListEntry;
  ResetSentState(own.sent);  // a cancel of its last life (a time-out) must not stick to this one
}

void Free(OwnRequest* own) {
  {
    OwnRequests& all = *own->framework->own_requests;
    rt::LockGuard guard(all.lock);
    (own->previous_of_all ? own->previous_of_all->next_of_all : all.first) = own->next_of_all;
    if (own->next_of_all) own->next_of_all->previous_of_all = own->previous_of_all;
  }
  own->sent.irp_origin = IrpOrigin::kReceived;  // the IRP lies in our own memory
  FreeIntermediateBuffer(own->sent);
  own->~OwnRequest();
  ::operator delete(own, std::align_val_t{16});
}

}  // namespace

OwnRequestScope::OwnRequestScope(DriverGlobals& globals, IoTarget& target) : framework_(*globals.framework) {
  state_ = static_cast<ThreadState*>(nt::CurrentThread().wdf);
  if (__builtin_expect(!state_, 0)) state_ = framework_.arena->CacheOfCurrentThread();
  const uint8_t needed = target.stack_size();
  if (OwnRequest* own = state_->own_requests) {
    state_->own_requests = own->next;
    if (__builtin_expect(own->locations >= needed, 1)) {
      Renew(*own);
      own_ = own;
    } else {
      Free(own);
    }
  }
  if (!own_ && globals.MayAllocate()) own_ = Make(framework_, needed > kFewestLocations ? needed : kFewestLocations);
}

OwnRequestScope::~OwnRequestScope() {
  if (!own_) return;
  SentState& sent = own_->sent;
  own_->lane.store(nullptr, std::memory_order_release);  // L6
  if (__builtin_expect(sent.out() || sent.undo_needed || sent.mdl || sent.system_buffer_size > kLargestKeptBuffer, 0)) {
    GiveBackSlow();
    return;
  }
  own_->next = state_->own_requests;
  state_->own_requests = own_;
}

void OwnRequestScope::GiveBackSlow() {
  SentState& sent = own_->sent;
  if (sent.out()) {  // a stop unwinds the sender
    own_->next = framework_.abandoned.load();
    while (!framework_.abandoned.compare_exchange_weak(own_->next, own_)) {
    }
    return;
  }
  UndoFormat(sent);
  FreeMdl(sent);
  if (sent.system_buffer_size > kLargestKeptBuffer) FreeIntermediateBuffer(sent);
  own_->next = state_->own_requests;
  state_->own_requests = own_;
}

ThreadState::~ThreadState() {
  while (OwnRequest* own = own_requests) {
    own_requests = own->next;
    Free(own);
  }
}

void FreeAbandonedRequests(Framework& framework) {
  OwnRequest* own = framework.abandoned.exchange(nullptr);
  while (own) {
    OwnRequest* next = own->next;
    // References and locks it holds on other objects go down with those.
    own->sent.format = SendFormat::kNone;
    own->sent.mdl = nullptr;
    Free(own);
    own = next;
  }
}

}  // namespace drydock::wdf
