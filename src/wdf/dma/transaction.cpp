#include "wdf/dma/transaction.h"

#include <algorithm>
#include <cstdlib>

#include "nt/hal/dma/dma.h"
#include "wdf/framework.h"
#include "wdf/violation.h"

namespace drydock::wdf {

DmaTransaction::~DmaTransaction() { std::free(list_buffer_); }

void DmaTransaction::ReleaseOutside() {
  std::free(list_buffer_);
  list_buffer_ = nullptr;
}

DmaTransaction::State DmaTransaction::state() {
  rt::LockGuard guard(lock_);
  return state_;
}

void DmaTransaction::WrongState(const char* function, State state) {
  static const char* const kNames[] = {"", "created", "reserved", "initialized", "in transfer", "completed", "failed", "released", "deleted"};
  Violation(globals(), ViolationKind::kDmaFatal, reinterpret_cast<uint64_t>(transaction_handle()), static_cast<uint64_t>(state),
            std::string(function) + " was called for a DMA transaction that is " + kNames[static_cast<uint32_t>(state)] + ".");
}

void DmaTransaction::VerifyState(const char* function, uint16_t built_for) {
  if (globals().verifier && globals().BuiltFor(built_for)) WrongState(function, state());
}

DmaTransaction::State DmaTransaction::Expect(const char* function, uint32_t allowed) {
  const State now = state();
  if (!(Bit(now) & allowed)) WrongState(function, now);
  return now;
}

// --- what a buffer takes ---

bool DmaTransaction::Needs(uint64_t offset, size_t length, ULONG* registers, ULONG* elements) const {
  DMA_TRANSFER_INFO info = {};
  info.Version = DMA_TRANSFER_INFO_VERSION1;
  NTSTATUS status = nt::hal::kDmaOperations.GetDmaTransferInfo(adapter(), mdl_, offset, static_cast<ULONG>(length),
                                                               direction_ == WdfDmaDirectionWriteToDevice, &info);
  *registers = info.V1.MapRegisterCount;
  *elements = info.V1.ScatterGatherElementCount;
  return NT_SUCCESS(status);
}

namespace {

// Of `length` bytes at `offset`: how many lie in the first `pages` pages, and how many pages there are up to that.
size_t FirstPages(PMDL mdl, uint64_t offset, size_t length, size_t pages, size_t* spanned) {
  size_t done = 0;
  *spanned = 0;
  for (; mdl && done < length; mdl = mdl->Next) {
    if (offset >= mdl->ByteCount) {
      offset -= mdl->ByteCount;
      continue;
    }
    uint64_t at = mdl->ByteOffset + offset;
    size_t left = std::min<size_t>(length - done, mdl->ByteCount - offset);
    offset = 0;
    while (left) {
      if (*spanned == pages) return done;
      const size_t part = std::min<size_t>(left, PAGE_SIZE - (at & (PAGE_SIZE - 1)));
      ++*spanned;
      at += part;
      done += part;
      left -= part;
    }
  }
  return done;
}

size_t Pages(PMDL mdl, uint64_t offset, size_t length) {
  size_t pages = 0;
  FirstPages(mdl, offset, length, SIZE_MAX, &pages);
  return pages;
}

uint64_t BytesFrom(PMDL mdl, bool chain) {
  uint64_t bytes = 0;
  for (; mdl; mdl = chain ? mdl->Next : nullptr) bytes += mdl->ByteCount;
  return bytes;
}

}  // namespace

void DmaTransaction::TransferInfo(ULONG* registers, ULONG* elements) {
  Expect("WdfDmaTransactionGetTransferInfo", Bit(State::kInitialized) | Bit(State::kTransfer));
  ULONG accurate = 0, count = 0;
  Needs(offset_, length_, &accurate, &count);
  if (registers) *registers = enabler_.version3() ? accurate : static_cast<ULONG>(Pages(mdl_, offset_, length_));
  if (elements) *elements = count;
}

PMDL DmaTransaction::MdlAt(uint64_t offset, char** address) const {
  PMDL mdl = mdl_;
  while (mdl->Next && offset >= mdl->ByteCount) {
    offset -= mdl->ByteCount;
    mdl = mdl->Next;
  }
  *address = static_cast<char*>(MmGetMdlVirtualAddress(mdl)) + offset;
  return mdl;
}

// What the next transfer may have: what is left, up to the maximum, up to the map registers.
size_t DmaTransaction::NextLength() const {
  const uint64_t offset = offset_ + transferred_;
  const size_t length = std::min(length_ - transferred_, maximum_length_);
  const ULONG limit = reserved_ ? register_count_ : enabler_.slot(direction_).map_registers;
  ULONG registers = 0, elements = 0;
  if (Needs(offset, length, &registers, &elements) && registers <= limit) return length;
  size_t pages = 0;
  return FirstPages(mdl_, offset, length, limit, &pages);
}

// DMA-13, DEVX-39.
NTSTATUS DmaTransaction::CheckBuffer() {
  ULONG registers = 0, elements = 0;
  if (single()) {
    if (length_ > enabler_.config().MaximumLength) return STATUS_WDF_TOO_MANY_TRANSFERS;
    if (!Needs(offset_, length_, &registers, &elements)) return STATUS_INVALID_PARAMETER;
    const ULONG limit = reserved_ ? register_count_ : enabler_.slot(direction_).map_registers;
    if (registers > limit) return STATUS_WDF_NOT_ENOUGH_MAP_REGISTERS;
    if (elements > (enabler_.scatter_gather() ? enabler_.maximum_elements() : 1)) return STATUS_WDF_TOO_FRAGMENTED;
  }
  if (!enabler_.scatter_gather()) return STATUS_SUCCESS;
  size_t done = 0;
  while (enabler_.maximum_elements() != WDF_DMA_ENABLER_UNLIMITED_FRAGMENTS && done < length_) {
    transferred_ = done;
    const size_t length = NextLength();
    transferred_ = 0;
    if (!length || !Needs(offset_ + done, length, &registers, &elements)) return STATUS_INSUFFICIENT_RESOURCES;
    if (elements > enabler_.maximum_elements()) return STATUS_WDF_TOO_FRAGMENTED;
    done += length;
  }
  if (enabler_.config().Flags & WDF_DMA_ENABLER_CONFIG_NO_SGLIST_PREALLOCATION) return STATUS_SUCCESS;
  if (!globals().MayAllocate()) return STATUS_INSUFFICIENT_RESOURCES;
  list_buffer_size_ = static_cast<ULONG>(offsetof(SCATTER_GATHER_LIST, Elements) + Pages(mdl_, offset_, length_) * sizeof(SCATTER_GATHER_ELEMENT));
  list_buffer_ = std::malloc(list_buffer_size_);
  return list_buffer_ ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

// --- beginning and end ---

NTSTATUS DmaTransaction::Initialize(const char* function, PFN_WDF_PROGRAM_DMA program, WDF_DMA_DIRECTION direction, PMDL mdl, uint64_t offset,
                                    size_t length, Request* request) {
  MayInitialize(function);
  auto failed = [&](NTSTATUS status) {
    ClearUse();
    return status;
  };
  if (!DmaEnabler::IsDirection(direction) || !length || length > MAXULONG) return failed(STATUS_INVALID_PARAMETER);
  const DmaAdapterSlot& slot = enabler_.slot(direction);
  if (!slot.adapter) return failed(STATUS_INVALID_DEVICE_REQUEST);  // a system enabler that was not configured
  if (reserved_ && slot.adapter != adapter()) return failed(STATUS_INVALID_PARAMETER);
  const uint64_t bytes = BytesFrom(mdl, enabler_.may_chain());
  if (offset >= bytes || length > bytes - offset) return failed(STATUS_INVALID_PARAMETER);
  program_ = program;
  {
    rt::LockGuard guard(lock_);
    direction_ = direction;
  }
  mdl_ = mdl;
  offset_ = offset;
  length_ = length;
  maximum_length_ = slot.fragment_length;
  if (single()) maximum_length_ = enabler_.config().MaximumLength;
  NTSTATUS status = CheckBuffer();
  if (!NT_SUCCESS(status)) return failed(status);
  request_ = Ref<Request>(request);
  rt::LockGuard guard(lock_);
  state_ = State::kInitialized;
  return STATUS_SUCCESS;
}

NTSTATUS DmaTransaction::Execute(WDFCONTEXT context) {
  framework().kernel.executor.SchedulePoint();
  Expect("WdfDmaTransactionExecute", Bit(State::kInitialized));
  if (single() && NextLength() < length_) return STATUS_WDF_TOO_MANY_TRANSFERS;
  if (enabler_.packet() && !enabler_.version3()) {
    DmaEnablers& enablers = DmaEnablers::Of(enabler_.device());
    rt::LockGuard guard(enablers.lock);
    if (enablers.packet_in_use) return STATUS_WDF_BUSY;
    enablers.packet_in_use = this;
    holds_turn_ = true;
  }
  nt::hal::AtDispatch level;
  Ref<DmaTransaction> stays(this);
  program_context_ = context;
  transferred_ = current_length_ = 0;
  stopped_ = false;
  {
    rt::LockGuard guard(lock_);
    state_ = State::kTransfer;
    open_ = false;
  }
  if (enabler_.scatter_gather() || reserved_) return StartTransfers();
  return TakeAdapter();
}

bool DmaTransaction::Completed(const char* function, bool full, size_t length, bool final, NTSTATUS* status) {
  framework().kernel.executor.SchedulePoint();
  State now;
  bool open;
  {
    rt::LockGuard guard(lock_);
    now = state_;
    open = open_;
    open_ = false;
  }
  if (now != State::kTransfer || !open) WrongState(function, now);
  nt::hal::AtDispatch level;
  Ref<DmaTransaction> stays(this);
  const size_t moved = full ? current_length_ : length;
  const bool too_much = moved > current_length_;
  FlushTransfer();
  if (too_much) {  // DEVX-37
    End(State::kFailed);
    Break(globals(), "A DMA transfer was completed with more bytes than it had");
    *status = STATUS_INVALID_PARAMETER;
    return true;
  }
  transferred_ += moved;
  const bool remaining = transferred_ < length_;
  NTSTATUS result = STATUS_SUCCESS;
  if (remaining && single()) result = STATUS_WDF_TOO_MANY_TRANSFERS;                // DMA-22
  else if (remaining && !final && stopped_) result = STATUS_CANCELLED;             // O-33
  if (!remaining || final || !NT_SUCCESS(result)) {
    End(NT_SUCCESS(result) ? State::kCompleted : State::kFailed);
    *status = result;
    return true;
  }
  PSCATTER_GATHER_LIST list = nullptr;
  result = Stage(&list);
  if (!NT_SUCCESS(result)) {
    End(State::kFailed);
    *status = result;
    return true;
  }
  *status = STATUS_MORE_PROCESSING_REQUIRED;
  if (list && !DeferToFrame(list)) RunPrograms(list);
  return false;
}

// What one use of the transaction has set goes; a reservation stays (DMA-24).
void DmaTransaction::ClearUse() {
  request_ = Ref<Request>();
  std::free(list_buffer_);
  list_buffer_ = nullptr;
  list_buffer_size_ = 0;
  program_ = nullptr;
  program_context_ = nullptr;
  mdl_ = nullptr;
  offset_ = 0;
  length_ = transferred_ = current_length_ = maximum_length_ = 0;
  immediate_ = single_ = stopped_ = false;
  device_offset_ = 0;
  configure_ = nullptr;
  configure_context_ = nullptr;
  rt::LockGuard guard(lock_);
  complete_ = nullptr;
  complete_context_ = nullptr;
  state_ = reserved_ ? State::kReserved : State::kReleased;
}

NTSTATUS DmaTransaction::Release() {
  const State now = Expect("WdfDmaTransactionRelease", ~Bit(State::kDeleted));
  if (now == State::kCreated || now == State::kReleased) return STATUS_SUCCESS;
  if (now == State::kTransfer) {
    VerifyState("WdfDmaTransactionRelease", 11);
    nt::hal::AtDispatch level;
    CancelAllocation();
    FlushTransfer();
    End(State::kReleased);
  }
  ClearUse();
  return STATUS_SUCCESS;
}

// DMA-28; T3.
bool DmaTransaction::Cancel() {
  Expect("WdfDmaTransactionCancel", Bit(State::kInitialized) | Bit(State::kTransfer) | Bit(State::kCompleted) | Bit(State::kFailed));
  if (!enabler_.version3()) {
    VerifyState("WdfDmaTransactionCancel (which needs DMA version 3)", 11);
    return false;
  }
  if (!CancelAllocation()) return false;
  rt::LockGuard guard(lock_);
  if (state_ == State::kTransfer) state_ = State::kInitialized;
  return true;
}

bool DmaTransaction::CancelAllocation() {
  {
    rt::LockGuard guard(lock_);
    if (!allocating_) return false;
  }
  if (enabler_.version3() && !adapter()->DmaOperations->CancelAdapterChannel(adapter(), wdm_device(), wdm_context_)) return false;
  // Version 2 gives drivers no way to take the question back; one that is being answered finds nobody.
  const bool taken_back = enabler_.version3() || nt::hal::Withdraw(adapter(), this);
  {
    rt::LockGuard guard(lock_);
    if (!allocating_) return false;
    allocating_ = false;
    reserving_ = false;
  }
  if (taken_back) ReleaseQuietly();  // the allocation's reference
  return true;
}

void DmaTransaction::StopSystemTransfer() {
  NTSTATUS status = STATUS_INVALID_DEVICE_STATE;
  if (state() == State::kTransfer) {
    stopped_ = true;
    if (enabler_.system()) status = adapter()->DmaOperations->CancelMappedTransfer(adapter(), wdm_context_);
  }
  if (!NT_SUCCESS(status)) VerifyState("WdfDmaTransactionStopSystemTransfer", 11);
}

void DmaTransaction::OnDeleting() {
  if (state() == State::kTransfer) VerifyState("Deletion", 9);
}

void DmaTransaction::OnDispose() {
  nt::hal::AtDispatch level;
  CancelAllocation();
  if (state() == State::kTransfer) {
    FlushTransfer();
    End(State::kReleased);
  }
  if (reserved_) {
    reserved_ = false;
    GiveBackAdapter();
  }
  ClearUse();
  rt::LockGuard guard(lock_);
  state_ = State::kDeleted;
}

}  // namespace drydock::wdf
