// One transfer of a DMA transaction: taking the adapter, mapping, EvtProgramDma, flushing.
#include <algorithm>

#include "nt/driver_callback.h"
#include "nt/hal/dma/dma.h"
#include "wdf/dma/transaction.h"
#include "wdf/framework.h"

namespace drydock::wdf {

// What the adapter grants inside the call is taken up by the caller; `allocation`: until then Cancel may take it back (T3). The adapter's answer owns
// a reference.
void DmaTransaction::BeginAsking(Asking* asking, bool allocation) {
  asking->thread = &nt::CurrentThread();
  AddRef();
  rt::LockGuard guard(lock_);
  asking_ = asking;
  allocating_ = allocation;
}

void DmaTransaction::EndAsking(Asking* asking) {
  rt::LockGuard guard(lock_);
  if (asking_ == asking) asking_ = nullptr;
}

NTSTATUS DmaTransaction::TakeAdapter() {
  const DmaAdapterSlot& slot = enabler_.slot(direction_);
  const DMA_OPERATIONS& operations = *slot.adapter->DmaOperations;
  // Enough for a transfer that begins anywhere in a page.
  const size_t pages = BYTES_TO_PAGES(NextLength()) + 1;
  register_count_ = static_cast<ULONG>(std::min<size_t>(pages, slot.map_registers));
  Asking asking;
  NTSTATUS status;
  if (enabler_.version3()) {
    operations.InitializeDmaTransferContext(slot.adapter, wdm_context_);
    BeginAsking(&asking, true);
    status = operations.AllocateAdapterChannelEx(slot.adapter, wdm_device(), wdm_context_, register_count_, immediate_ ? DMA_SYNCHRONOUS_CALLBACK : 0,
                                                 &DmaTransaction::Granted, this, nullptr);
  } else {
    BeginAsking(&asking, true);
    status = operations.AllocateAdapterChannel(slot.adapter, wdm_device(), register_count_, &DmaTransaction::Granted, this);
  }
  EndAsking(&asking);
  if (!NT_SUCCESS(status)) {
    {
      rt::LockGuard guard(lock_);
      allocating_ = false;
    }
    register_count_ = 0;
    End(State::kFailed);
    ReleaseQuietly();
    return status;
  }
  return asking.granted ? StartTransfers() : STATUS_SUCCESS;
}

IO_ALLOCATION_ACTION DmaTransaction::Granted(PDEVICE_OBJECT, PIRP, PVOID registers, PVOID context) {
  DmaTransaction& self = *static_cast<DmaTransaction*>(context);
  const bool version3 = self.enabler_.version3();
  bool wanted, inside = false;
  {
    rt::LockGuard guard(self.lock_);
    wanted = self.allocating_;
    self.allocating_ = false;
    if (wanted) {
      self.registers_ = registers;
      if (self.asking_ && self.asking_->thread == &nt::CurrentThread()) {
        self.asking_->granted = inside = true;
      }
    }
  }
  if (wanted && !inside) self.StartTransfers();
  self.ReleaseQuietly();
  if (!wanted) return DeallocateObject;
  return version3 ? KeepObject : DeallocateObjectKeepRegisters;
}

NTSTATUS DmaTransaction::StartTransfers() {
  PSCATTER_GATHER_LIST list = nullptr;
  NTSTATUS status = Stage(&list);
  if (!NT_SUCCESS(status)) {
    End(State::kFailed);
    return status;
  }
  if (list) RunPrograms(list);
  return STATUS_SUCCESS;
}

NTSTATUS DmaTransaction::Stage(PSCATTER_GATHER_LIST* list) { return enabler_.scatter_gather() ? StageList(list) : StagePacket(list); }

bool DmaTransaction::TooFragmented(PSCATTER_GATHER_LIST list) {
  if (list->NumberOfElements <= enabler_.maximum_elements()) return false;
  list_ = list;
  FlushTransfer();
  return true;
}

NTSTATUS DmaTransaction::StageList(PSCATTER_GATHER_LIST* list) {
  PDMA_ADAPTER dma = adapter();
  const DMA_OPERATIONS& operations = *dma->DmaOperations;
  const uint64_t offset = offset_ + transferred_;
  current_length_ = static_cast<ULONG>(NextLength());
  if (!current_length_) return STATUS_INSUFFICIENT_RESOURCES;
  const ULONG length = current_length_;
  const BOOLEAN write = direction_ == WdfDmaDirectionWriteToDevice;
  Asking asking;
  NTSTATUS status;
  if (enabler_.version3()) {
    const ULONG flags = immediate_ ? DMA_SYNCHRONOUS_CALLBACK : 0;
    operations.InitializeDmaTransferContext(dma, wdm_context_);
    BeginAsking(&asking, true);
    if (list_buffer_) {
      status = operations.BuildScatterGatherListEx(dma, wdm_device(), wdm_context_, mdl_, offset, length, flags, &DmaTransaction::ListReady, this, write,
                                                   list_buffer_, list_buffer_size_, nullptr, nullptr, nullptr);
    } else {
      status = operations.GetScatterGatherListEx(dma, wdm_device(), wdm_context_, mdl_, offset, length, flags, &DmaTransaction::ListReady, this, write,
                                                 nullptr, nullptr, nullptr);
    }
  } else {
    char* address = nullptr;
    PMDL mdl = MdlAt(offset, &address);
    BeginAsking(&asking, true);
    if (list_buffer_) {
      status = operations.BuildScatterGatherList(dma, wdm_device(), mdl, address, length, &DmaTransaction::ListReady, this, write, list_buffer_,
                                                 list_buffer_size_);
    } else {
      status = operations.GetScatterGatherList(dma, wdm_device(), mdl, address, length, &DmaTransaction::ListReady, this, write);
    }
  }
  EndAsking(&asking);
  if (!NT_SUCCESS(status)) {
    {
      rt::LockGuard guard(lock_);
      allocating_ = false;
    }
    ReleaseQuietly();
    return status;
  }
  if (!asking.granted) return STATUS_SUCCESS;  // ListReady goes on
  if (TooFragmented(asking.list)) return STATUS_WDF_TOO_FRAGMENTED;
  list_ = asking.list;
  *list = list_;
  rt::LockGuard guard(lock_);
  open_ = true;
  return STATUS_SUCCESS;
}

VOID DmaTransaction::ListReady(PDEVICE_OBJECT, PIRP, PSCATTER_GATHER_LIST list, PVOID context) {
  DmaTransaction& self = *static_cast<DmaTransaction*>(context);
  bool wanted, inside = false;
  {
    rt::LockGuard guard(self.lock_);
    wanted = self.allocating_;
    self.allocating_ = false;
    if (wanted && self.asking_ && self.asking_->thread == &nt::CurrentThread()) {
      self.asking_->granted = inside = true;
      self.asking_->list = list;
    }
  }
  if (!wanted) {
    PDMA_ADAPTER dma = self.adapter();
    dma->DmaOperations->PutScatterGatherList(dma, list, self.direction_ == WdfDmaDirectionWriteToDevice);
  } else if (!inside) {
    if (self.TooFragmented(list)) {
      self.End(State::kFailed);
    } else {
      self.list_ = list;
      {
        rt::LockGuard guard(self.lock_);
        self.open_ = true;
      }
      if (!self.DeferToFrame(list)) self.RunPrograms(list);
    }
  }
  self.ReleaseQuietly();
}

NTSTATUS DmaTransaction::StagePacket(PSCATTER_GATHER_LIST* list) {
  PDMA_ADAPTER dma = adapter();
  const DMA_OPERATIONS& operations = *dma->DmaOperations;
  const uint64_t offset = offset_ + transferred_;
  const BOOLEAN write = direction_ == WdfDmaDirectionWriteToDevice;
  current_length_ = static_cast<ULONG>(NextLength());
  if (!current_length_) return STATUS_INSUFFICIENT_RESOURCES;
  {
    rt::LockGuard guard(lock_);
    open_ = true;
  }
  if (enabler_.system() && configure_) {
    const BOOLEAN goes_on = nt::CallDriver("EvtDmaTransactionConfigureDmaChannel", configure_, transaction_handle(), device_handle(), configure_context_,
                                           mdl_, static_cast<size_t>(offset), current_length_);
    // The driver may have ended the transaction inside.
    bool still;
    {
      rt::LockGuard guard(lock_);
      still = state_ == State::kTransfer && open_;
    }
    if (!still) return STATUS_SUCCESS;
    if (!goes_on) return STATUS_UNSUCCESSFUL;  // DMA-29
  }
  if (!enabler_.version3()) {
    char* address = static_cast<char*>(MmGetMdlVirtualAddress(mdl_)) + offset;
    packet_list_ = {};
    packet_list_.NumberOfElements = 1;
    packet_list_.Elements[0].Address = operations.MapTransfer(dma, mdl_, registers_, address, &current_length_, write);
    packet_list_.Elements[0].Length = current_length_;
    mapped_ = true;
  } else {
    // The controller's word may come late: it owns a reference.
    PDMA_COMPLETION_ROUTINE routine = enabler_.system() && WantsComplete() ? &DmaTransaction::SystemTransferDone : nullptr;
    if (routine) AddRef();
    // From inside MapTransferEx on a system transfer may run, and be completed by another thread: nothing is written after it.
    mapped_ = true;
    NTSTATUS status = nt::hal::MapCountedTransfer(dma, mdl_, registers_, offset, device_offset_, &current_length_, write, &packet_list_, sizeof(packet_list_),
                                                  routine, routine ? this : nullptr, routine ? &DmaTransaction::SystemTransferForgotten : nullptr);
    if (!NT_SUCCESS(status)) {
      mapped_ = false;
      if (routine) ReleaseQuietly();
      // O-33: stopped while it was being mapped.
      return status == STATUS_CANCELLED && TellComplete(DmaCancelled) ? STATUS_SUCCESS : status;
    }
  }
  *list = &packet_list_;
  return STATUS_SUCCESS;
}

bool DmaTransaction::TellComplete(DMA_COMPLETION_STATUS status) {
  PFN_WDF_DMA_TRANSACTION_DMA_TRANSFER_COMPLETE complete;
  PVOID context;
  WDF_DMA_DIRECTION direction;  // the controller's word may come when the next use begins
  {
    rt::LockGuard guard(lock_);
    complete = complete_;
    context = complete_context_;
    direction = direction_;
  }
  if (!complete) return false;
  nt::CallDriver("EvtDmaTransactionDmaTransferComplete", complete, transaction_handle(), device_handle(), context, direction, status);
  return true;
}

VOID DmaTransaction::SystemTransferDone(PDMA_ADAPTER, PDEVICE_OBJECT, PVOID context, DMA_COMPLETION_STATUS status) {
  DmaTransaction& self = *static_cast<DmaTransaction*>(context);
  self.TellComplete(status);
  self.ReleaseQuietly();
}

// T1: a transfer that the driver ended from inside EvtProgramDma is followed by the next out here.
void DmaTransaction::RunPrograms(PSCATTER_GATHER_LIST list) {
  while (list) {
    ProgramFrame frame{&nt::CurrentThread()};
    ProgramFrame* outer;
    {
      rt::LockGuard guard(lock_);
      outer = frame_;
      frame_ = &frame;
    }
    nt::CallDriver("EvtProgramDma", program_, transaction_handle(), device_handle(), program_context_, direction_, list);
    rt::LockGuard guard(lock_);
    if (frame_ == &frame) frame_ = outer && outer->thread == frame.thread ? outer : nullptr;
    list = frame.next;
  }
}

bool DmaTransaction::DeferToFrame(PSCATTER_GATHER_LIST list) {
  rt::LockGuard guard(lock_);
  if (!frame_ || frame_->thread != &nt::CurrentThread() || frame_->next) return false;
  frame_->next = list;
  return true;
}

void DmaTransaction::FlushTransfer() {
  PDMA_ADAPTER dma = adapter();
  const BOOLEAN write = direction_ == WdfDmaDirectionWriteToDevice;
  if (PSCATTER_GATHER_LIST list = list_) {
    list_ = nullptr;
    dma->DmaOperations->PutScatterGatherList(dma, list, write);
  }
  if (!mapped_) return;
  mapped_ = false;
  const uint64_t offset = offset_ + transferred_;
  const ULONG length = current_length_;
  if (enabler_.version3()) {
    dma->DmaOperations->FlushAdapterBuffersEx(dma, mdl_, registers_, offset, length, write);
  } else {
    dma->DmaOperations->FlushAdapterBuffers(dma, mdl_, registers_, static_cast<char*>(MmGetMdlVirtualAddress(mdl_)) + offset, length, write);
  }
}

// T2.
void DmaTransaction::End(State state) {
  {
    rt::LockGuard guard(lock_);
    state_ = state;
    open_ = allocating_ = false;
  }
  if (holds_turn_) {
    holds_turn_ = false;
    DmaEnablers& enablers = DmaEnablers::Of(enabler_.device());
    rt::LockGuard guard(enablers.lock);
    enablers.packet_in_use = nullptr;
  }
  if (!reserved_) GiveBackAdapter();
}

void DmaTransaction::GiveBackAdapter() {
  PVOID registers = registers_;
  registers_ = nullptr;
  const ULONG count = register_count_;
  register_count_ = 0;
  if (!registers) return;
  if (enabler_.system() && configure_) {
    nt::CallDriver("EvtDmaTransactionConfigureDmaChannel", configure_, transaction_handle(), device_handle(), configure_context_, PMDL{nullptr},
                   size_t{0}, size_t{0});
  }
  PDMA_ADAPTER dma = adapter();
  if (keeps_adapter()) {
    dma->DmaOperations->FreeAdapterObject(dma, DeallocateObject);
  } else {
    dma->DmaOperations->FreeMapRegisters(dma, registers, count);
  }
}

// --- reservations ---

NTSTATUS DmaTransaction::AllocateResources(WDF_DMA_DIRECTION direction, ULONG registers, PFN_WDF_RESERVE_DMA callback, PVOID context) {
  if (enabler_.scatter_gather()) VerifyState("WdfDmaTransactionAllocateResources (which is not for scatter/gather)", 11);
  if (enabler_.scatter_gather() || !enabler_.version3()) return STATUS_INVALID_DEVICE_REQUEST;
  if (enabler_.duplex() && !DmaEnabler::IsDirection(direction)) return STATUS_INVALID_PARAMETER;
  const State now = Expect("WdfDmaTransactionAllocateResources", Bit(State::kCreated) | Bit(State::kReleased) | Bit(State::kInitialized));
  if (reserved_) return STATUS_INVALID_DEVICE_REQUEST;
  if (!enabler_.duplex()) direction = now == State::kInitialized ? direction_ : WdfDmaDirectionReadFromDevice;
  const DmaAdapterSlot& slot = enabler_.slot(direction);
  if (!slot.adapter) return STATUS_INVALID_DEVICE_REQUEST;
  if (now == State::kInitialized && slot.adapter != adapter()) return STATUS_INVALID_PARAMETER;
  if (registers == 0) {
    if (now != State::kInitialized) return STATUS_INVALID_PARAMETER;
    ULONG elements = 0;
    Needs(offset_, std::min(length_, maximum_length_), &registers, &elements);
  }
  if (registers > slot.map_registers) return STATUS_INSUFFICIENT_RESOURCES;
  nt::hal::AtDispatch level;
  {
    rt::LockGuard guard(lock_);
    if (reserving_) return STATUS_INVALID_DEVICE_REQUEST;
    reserving_ = true;
    if (now != State::kInitialized) direction_ = direction;
  }
  reserve_callback_ = callback;
  reserve_context_ = context;
  register_count_ = registers;
  const DMA_OPERATIONS& operations = *slot.adapter->DmaOperations;
  operations.InitializeDmaTransferContext(slot.adapter, wdm_context_);
  AddRef();
  {
    rt::LockGuard guard(lock_);
    allocating_ = true;
  }
  NTSTATUS status = operations.AllocateAdapterChannelEx(slot.adapter, wdm_device(), wdm_context_, registers, immediate_ ? DMA_SYNCHRONOUS_CALLBACK : 0,
                                                        &DmaTransaction::Reserved, this, nullptr);
  if (!NT_SUCCESS(status)) {
    {
      rt::LockGuard guard(lock_);
      reserving_ = allocating_ = false;
    }
    register_count_ = 0;
    ReleaseQuietly();
  }
  return status;
}

IO_ALLOCATION_ACTION DmaTransaction::Reserved(PDEVICE_OBJECT, PIRP, PVOID registers, PVOID context) {
  DmaTransaction& self = *static_cast<DmaTransaction*>(context);
  bool wanted;
  {
    rt::LockGuard guard(self.lock_);
    wanted = self.allocating_;
    self.allocating_ = self.reserving_ = false;
    if (wanted) {
      self.reserved_ = true;
      self.registers_ = registers;
      if (self.state_ == State::kCreated || self.state_ == State::kReleased) self.state_ = State::kReserved;
    }
  }
  if (wanted) nt::CallDriver("EvtReserveDma", self.reserve_callback_, self.transaction_handle(), self.reserve_context_);
  self.ReleaseQuietly();
  return wanted ? KeepObject : DeallocateObject;
}

void DmaTransaction::FreeResources() {
  const State now = state();
  if (enabler_.scatter_gather() || !reserved_ || now == State::kTransfer) {
    VerifyState("WdfDmaTransactionFreeResources", 11);
    Break(globals(), "WdfDmaTransactionFreeResources was called for a transaction that has reserved nothing, or is in transfer");
    return;
  }
  nt::hal::AtDispatch level;
  reserved_ = false;
  {
    rt::LockGuard guard(lock_);
    if (state_ == State::kReserved) state_ = State::kReleased;
  }
  GiveBackAdapter();
}

}  // namespace drydock::wdf
