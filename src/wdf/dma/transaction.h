// DmaTransaction: a WDFDMATRANSACTION: one buffer on its way to or from a device, in as many transfers as it takes.
// Called by:  WdfDmaTransaction... (transaction_ddi.cpp), <= DISPATCH_LEVEL; the adapter's callbacks at DISPATCH_LEVEL.
// Files:      transaction.cpp: states, beginning and end. transfer.cpp: one transfer, per profile.
// Transfers:  packet and system: the adapter is allocated for the whole transaction, each transfer is mapped through its map registers and flushed.
//             Scatter/gather: a list per transfer. Version 3 adapters are kept by a transaction until its end, so that the next waits its turn;
//             version 2 has one packet transaction per device (DEVX-39).
//   T1  A transfer ends by DmaCompleted... on whatever thread; the next begins before that call returns, or, called from inside EvtProgramDma, once
//       EvtProgramDma has returned: transfers never nest on the stack.
//   T2  At the last transfer's end the adapter, the list, and the device's turn are given back, unless the transaction has reserved them.
//   T3  Cancel and the grant of the adapter meet in `allocating_`: whoever clears it has the transaction.
// Ownership:  child of its enabler. Holds a reference on its request from Initialize to Release or its end.
// Locks:      lock_ guards state_ and what says so; never held over a call into the driver or the adapter.
// Source:     DMA-11 to DMA-29, DEVX-35 to DEVX-39, O-33.
#pragma once

#include "nt/thread.h"
#include "wdf/dma/enabler.h"
#include "wdf/request/request.h"

namespace drydock::wdf {

class DmaTransaction final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kDmaTransaction;

  // DEVX-35: parameter 3 of bug check 0x10D/0x8.
  enum class State : uint32_t {
    kCreated = 1, kReserved, kInitialized, kTransfer, kCompleted, kFailed, kReleased, kDeleted
  };

  explicit DmaTransaction(DmaEnabler& enabler) : enabler_(enabler), version3_(enabler.version3()), system_(enabler.system()) {}
  ~DmaTransaction() override;

  WDFDMATRANSACTION transaction_handle() const { return reinterpret_cast<WDFDMATRANSACTION>(handle()); }
  // Not for a deleted one: bug check.
  DmaEnabler& enabler(const char* function) {
    Expect(function, ~Bit(State::kDeleted));
    return enabler_;
  }
  State state();

  // Bug check unless it is fresh, released or reserved.
  void MayInitialize(const char* function) { Expect(function, Bit(State::kCreated) | Bit(State::kReleased) | Bit(State::kReserved)); }
  NTSTATUS Initialize(const char* function, PFN_WDF_PROGRAM_DMA program, WDF_DMA_DIRECTION direction, PMDL mdl, uint64_t offset, size_t length,
                      Request* request);
  NTSTATUS Execute(WDFCONTEXT context);
  // How many bytes the device moved (`full`: all of the transfer) and whether that was the last transfer.
  bool Completed(const char* function, bool full, size_t length, bool final, NTSTATUS* status);
  NTSTATUS Release();
  bool Cancel();
  void StopSystemTransfer();

  NTSTATUS AllocateResources(WDF_DMA_DIRECTION direction, ULONG registers, PFN_WDF_RESERVE_DMA callback, PVOID context);
  void FreeResources();

  void SetMaximumLength(size_t length) {  // DMA-25
    if (length && length < maximum_length_) maximum_length_ = length;
  }
  void SetImmediate(bool immediate) { immediate_ = immediate; }
  void SetSingleTransfer(bool single) { single_ = single; }
  void SetDeviceOffset(ULONG offset) { device_offset_ = offset; }
  void SetConfigure(PFN_WDF_DMA_TRANSACTION_CONFIGURE_DMA_CHANNEL routine, PVOID context) {
    configure_ = routine;
    configure_context_ = context;
  }
  void SetTransferComplete(PFN_WDF_DMA_TRANSACTION_DMA_TRANSFER_COMPLETE routine, PVOID context) {
    rt::LockGuard guard(lock_);
    complete_ = routine;
    complete_context_ = context;
  }

  size_t transferred() const { return transferred_; }
  size_t current_length() const { return current_length_; }
  Request* request() const { return request_.get(); }
  void* transfer_context() { return version3_ ? wdm_context_ : nullptr; }
  // Known when the enabler is gone, too: a driver may keep a reference on a deleted transaction.
  bool version3() const { return version3_; }
  bool system() const { return system_; }
  // Of the whole buffer.
  void TransferInfo(ULONG* registers, ULONG* elements);

  // What a driver built for so much must not do, told only while the verifier is on.
  void VerifyState(const char* function, uint16_t built_for);
  // The driver used it in a state that does not allow this: bug check 0x10D/0x8.
  [[noreturn]] void WrongState(const char* function, State state);

 protected:
  void OnDeleting() override;
  void OnDispose() override;
  void ReleaseOutside() override;

 private:
  struct ProgramFrame {  // EvtProgramDma under way
    nt::Thread* thread;
    PSCATTER_GATHER_LIST next = nullptr;  // the driver ended the transfer from inside: the next is due (T1)
  };
  // A call to the adapter under way: what it grants before it returns is taken up by the caller.
  struct Asking {
    nt::Thread* thread;
    bool granted = false;
    PSCATTER_GATHER_LIST list = nullptr;
  };

  PDMA_ADAPTER adapter() const { return enabler_.slot(direction_).adapter; }
  PDEVICE_OBJECT wdm_device() const { return enabler_.device().wdm(); }
  WDFDEVICE device_handle() const { return reinterpret_cast<WDFDEVICE>(enabler_.device().handle()); }
  bool single() const { return single_ || (enabler_.config().Flags & WDF_DMA_ENABLER_CONFIG_REQUIRE_SINGLE_TRANSFER); }
  bool keeps_adapter() const { return enabler_.version3(); }

  // The state, which must be one of `allowed` (bits).
  State Expect(const char* function, uint32_t allowed);
  static constexpr uint32_t Bit(State state) { return 1u << static_cast<uint32_t>(state); }

  NTSTATUS CheckBuffer();
  size_t NextLength() const;
  bool Needs(uint64_t offset, size_t length, ULONG* registers, ULONG* elements) const;
  PMDL MdlAt(uint64_t offset, char** address) const;

  NTSTATUS TakeAdapter();
  // Begins transfers as long as the driver ends them from inside EvtProgramDma. The status of one that could not be begun.
  NTSTATUS StartTransfers();
  // Maps the next transfer: its list; null: the driver stopped the transaction. STATUS_PENDING: the list comes to ListReady.
  NTSTATUS Stage(PSCATTER_GATHER_LIST* list);
  NTSTATUS StageList(PSCATTER_GATHER_LIST* list);
  NTSTATUS StagePacket(PSCATTER_GATHER_LIST* list);
  bool TooFragmented(PSCATTER_GATHER_LIST list);
  void RunPrograms(PSCATTER_GATHER_LIST list);
  bool DeferToFrame(PSCATTER_GATHER_LIST list);
  void FlushTransfer();
  void GiveBackAdapter();
  void End(State state);
  bool CancelAllocation();
  void ClearUse();
  void BeginAsking(Asking* asking, bool allocation);
  void EndAsking(Asking* asking);

  static IO_ALLOCATION_ACTION Granted(PDEVICE_OBJECT device, PIRP irp, PVOID registers, PVOID context);
  static IO_ALLOCATION_ACTION Reserved(PDEVICE_OBJECT device, PIRP irp, PVOID registers, PVOID context);
  static VOID ListReady(PDEVICE_OBJECT device, PIRP irp, PSCATTER_GATHER_LIST list, PVOID context);
  // Of the driver's transfer-complete callback; false: it has none (any more).
  bool TellComplete(DMA_COMPLETION_STATUS status);
  bool WantsComplete() {
    rt::LockGuard guard(lock_);
    return complete_ != nullptr;
  }
  static VOID SystemTransferForgotten(PVOID context) { static_cast<DmaTransaction*>(context)->ReleaseQuietly(); }
  static VOID SystemTransferDone(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, PVOID context, DMA_COMPLETION_STATUS status);

  DmaEnabler& enabler_;  // until it is disposed of
  const bool version3_, system_;
  rt::Lock lock_;
  State state_ RT_GUARDED_BY(lock_) = State::kCreated;
  bool allocating_ RT_GUARDED_BY(lock_) = false;  // T3
  bool open_ RT_GUARDED_BY(lock_) = false;        // a transfer is with the device
  ProgramFrame* frame_ RT_GUARDED_BY(lock_) = nullptr;
  Asking* asking_ RT_GUARDED_BY(lock_) = nullptr;

  WDF_DMA_DIRECTION direction_ = WdfDmaDirectionReadFromDevice;
  PFN_WDF_PROGRAM_DMA program_ = nullptr;
  WDFCONTEXT program_context_ = nullptr;
  PMDL mdl_ = nullptr;
  uint64_t offset_ = 0;  // of the buffer, in the MDLs
  size_t length_ = 0;
  size_t transferred_ = 0;
  ULONG current_length_ = 0;
  size_t maximum_length_ = 0;
  Ref<Request> request_;
  bool immediate_ = false;
  bool single_ = false;
  bool stopped_ = false;  // StopSystemTransfer
  bool holds_turn_ = false;    // DmaEnablers::packet_in_use
  ULONG device_offset_ = 0;
  PFN_WDF_DMA_TRANSACTION_CONFIGURE_DMA_CHANNEL configure_ = nullptr;
  PVOID configure_context_ = nullptr;
  PFN_WDF_DMA_TRANSACTION_DMA_TRANSFER_COMPLETE complete_ RT_GUARDED_BY(lock_) = nullptr;
  PVOID complete_context_ RT_GUARDED_BY(lock_) = nullptr;

  // --- the adapter's things ---
  PVOID registers_ = nullptr;  // MapRegisterBase
  ULONG register_count_ = 0;
  bool mapped_ = false;        // packet, system: a transfer is
  bool reserved_ = false;
  bool reserving_ RT_GUARDED_BY(lock_) = false;
  PFN_WDF_RESERVE_DMA reserve_callback_ = nullptr;
  PVOID reserve_context_ = nullptr;
  PSCATTER_GATHER_LIST list_ = nullptr;
  SCATTER_GATHER_LIST packet_list_ = {};
  void* list_buffer_ = nullptr;  // preallocated
  ULONG list_buffer_size_ = 0;
  alignas(16) char wdm_context_[DMA_TRANSFER_CONTEXT_SIZE_V1] = {};
};

}  // namespace drydock::wdf
