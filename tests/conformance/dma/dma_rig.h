// DmaRig: the rig driver with a device that has a DMA enabler; transactions whose EvtProgramDma is written down.
#pragma once

#include "rig.h"

namespace drydock::test {

struct Element {
  uint64_t address;
  uint32_t length;
};

struct Transfer {
  WDFDMATRANSACTION transaction;
  WDFDEVICE device;
  WDF_DMA_DIRECTION direction;
  std::vector<Element> elements;
  KIRQL irql;
  size_t length() const;
};

// The context of WdfDmaTransactionExecute.
struct Program {
  std::function<void(const Transfer&)> then;  // inside EvtProgramDma
  BOOLEAN answer = TRUE;                      // what it returns
  std::vector<Transfer> seen() const;
  size_t count() const { return seen().size(); }
  Transfer last() const { return seen().back(); }
  void Add(const Transfer& transfer);

 private:
  mutable std::mutex mutex_;
  std::vector<Transfer> seen_;
};
BOOLEAN EvtProgram(WDFDMATRANSACTION transaction, WDFDEVICE device, WDFCONTEXT context, WDF_DMA_DIRECTION direction, PSCATTER_GATHER_LIST list);

// What the device reads or writes at a transfer's addresses.
std::string ReadAll(const DmaSpace& memory, const Transfer& transfer);
bool WriteAll(const DmaSpace& memory, const Transfer& transfer, const std::string& data);
std::string Pattern(size_t bytes, char first = 'a');

// Nonpaged memory that begins `offset` bytes into a page, with an MDL; inside the machine only.
class Buffer {
 public:
  explicit Buffer(size_t bytes, size_t offset = 0);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  PMDL mdl() const { return mdl_; }
  char* data() const { return data_; }
  size_t size() const { return size_; }
  std::string text() const { return std::string(data_, size_); }
  void Fill(const std::string& text) { memcpy(data_, text.data(), std::min(text.size(), size_)); }
  void Chain(Buffer& next) { mdl_->Next = next.mdl_; }

 private:
  void* memory_;
  char* data_;
  size_t size_;
  PMDL mdl_;
};

using ConfigHook = std::function<void(WDF_DMA_ENABLER_CONFIG&)>;

struct DmaRig {
  DmaRig(Machine& machine, WDF_DMA_PROFILE profile, size_t maximum_length, ConfigHook more = {}, bool add_device = true);

  WDFDMATRANSACTION NewTransaction(WDF_OBJECT_ATTRIBUTES* attributes = nullptr);
  // Initialized for all of the buffer.
  WDFDMATRANSACTION Initialized(Buffer& buffer, WDF_DMA_DIRECTION direction = WdfDmaDirectionWriteToDevice);
  NTSTATUS Initialize(WDFDMATRANSACTION transaction, Buffer& buffer, WDF_DMA_DIRECTION direction = WdfDmaDirectionWriteToDevice);
  PDMA_ADAPTER adapter(WDF_DMA_DIRECTION direction = WdfDmaDirectionReadFromDevice) { return WdfDmaEnablerWdmGetDmaAdapter(enabler, direction); }

  Machine& machine;
  Hooks hooks;
  std::unique_ptr<Rig> rig;
  WDFDMAENABLER enabler = nullptr;
  NTSTATUS created = STATUS_UNSUCCESSFUL;  // of WdfDmaEnablerCreate
  ULONG alignment = 0;                     // set before the enabler is made, when not 0
};

// WdfDmaEnablerCreate on the rig's device.
NTSTATUS CreateEnabler(WDFDEVICE device, WDF_DMA_PROFILE profile, size_t maximum_length, WDFDMAENABLER* enabler, const ConfigHook& more = {},
                       WDF_OBJECT_ATTRIBUTES* attributes = nullptr);

inline void Version3(WDF_DMA_ENABLER_CONFIG& config) { config.WdmDmaVersionOverride = 3; }

struct DmaDone {
  bool ended;
  NTSTATUS status;
};
DmaDone Completed(WDFDMATRANSACTION transaction);
DmaDone CompletedWithLength(WDFDMATRANSACTION transaction, size_t length);
DmaDone CompletedFinal(WDFDMATRANSACTION transaction, size_t length);

}  // namespace drydock::test
