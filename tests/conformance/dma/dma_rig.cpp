#include "dma_rig.h"

namespace drydock::test {

size_t Transfer::length() const {
  size_t sum = 0;
  for (const Element& element : elements) sum += element.length;
  return sum;
}

std::vector<Transfer> Program::seen() const {
  std::lock_guard<std::mutex> guard(mutex_);
  return seen_;
}

void Program::Add(const Transfer& transfer) {
  std::lock_guard<std::mutex> guard(mutex_);
  seen_.push_back(transfer);
}

BOOLEAN EvtProgram(WDFDMATRANSACTION transaction, WDFDEVICE device, WDFCONTEXT context, WDF_DMA_DIRECTION direction, PSCATTER_GATHER_LIST list) {
  Transfer transfer{transaction, device, direction, {}, KeGetCurrentIrql()};
  for (ULONG i = 0; i < list->NumberOfElements; ++i) {
    SCATTER_GATHER_ELEMENT* elements = list->Elements;
    transfer.elements.push_back({static_cast<uint64_t>(elements[i].Address.QuadPart), elements[i].Length});
  }
  auto* program = static_cast<Program*>(context);
  program->Add(transfer);
  if (program->then) program->then(transfer);
  return program->answer;
}

std::string ReadAll(const DmaSpace& memory, const Transfer& transfer) {
  std::string all;
  for (const Element& element : transfer.elements) {
    std::string part(element.length, '?');
    if (!memory.Read(element.address, part.data(), part.size())) return "(not mapped)";
    all += part;
  }
  return all;
}

bool WriteAll(const DmaSpace& memory, const Transfer& transfer, const std::string& data) {
  size_t at = 0;
  for (const Element& element : transfer.elements) {
    const size_t part = std::min<size_t>(element.length, data.size() - at);
    if (part && !memory.Write(element.address, data.data() + at, part)) return false;
    at += part;
  }
  return true;
}

std::string Pattern(size_t bytes, char first) {
  std::string text(bytes, ' ');
  for (size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>(first + (i / 7 + i / 4096) % 23);
  return text;
}

Buffer::Buffer(size_t bytes, size_t offset) : size_(bytes) {
  memory_ = ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes + 2 * PAGE_SIZE, 'ffuB');
  data_ = reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(memory_) + PAGE_SIZE - 1) & ~uintptr_t{PAGE_SIZE - 1}) + offset;
  mdl_ = IoAllocateMdl(data_, static_cast<ULONG>(bytes), FALSE, FALSE, nullptr);
  MmBuildMdlForNonPagedPool(mdl_);
}

Buffer::~Buffer() {
  IoFreeMdl(mdl_);
  ExFreePool(memory_);
}

NTSTATUS CreateEnabler(WDFDEVICE device, WDF_DMA_PROFILE profile, size_t maximum_length, WDFDMAENABLER* enabler, const ConfigHook& more,
                       WDF_OBJECT_ATTRIBUTES* attributes) {
  WDF_DMA_ENABLER_CONFIG config;
  WDF_DMA_ENABLER_CONFIG_INIT(&config, profile, maximum_length);
  if (more) more(config);
  return WdfDmaEnablerCreate(device, &config, attributes, enabler);
}

DmaRig::DmaRig(Machine& the_machine, WDF_DMA_PROFILE profile, size_t maximum_length, ConfigHook more, bool add_device) : machine(the_machine) {
  hooks.init = [](PWDFDEVICE_INIT init) {
    WdfDeviceInitSetIoType(init, WdfDeviceIoDirect);
    return STATUS_SUCCESS;
  };
  hooks.added = [this, profile, maximum_length, more](WDFDEVICE device) {
    if (alignment) WdfDeviceSetAlignmentRequirement(device, alignment);
    created = CreateEnabler(device, profile, maximum_length, &enabler, more);
    return STATUS_SUCCESS;
  };
  rig = std::make_unique<Rig>(machine, hooks);
  if (add_device) rig->AddDevice();
}

WDFDMATRANSACTION DmaRig::NewTransaction(WDF_OBJECT_ATTRIBUTES* attributes) {
  WDFDMATRANSACTION transaction = nullptr;
  EXPECT_EQ(S(WdfDmaTransactionCreate(enabler, attributes, &transaction)), S(STATUS_SUCCESS));
  return transaction;
}

NTSTATUS DmaRig::Initialize(WDFDMATRANSACTION transaction, Buffer& buffer, WDF_DMA_DIRECTION direction) {
  return WdfDmaTransactionInitialize(transaction, EvtProgram, direction, buffer.mdl(), buffer.data(), buffer.size());
}

WDFDMATRANSACTION DmaRig::Initialized(Buffer& buffer, WDF_DMA_DIRECTION direction) {
  WDFDMATRANSACTION transaction = NewTransaction();
  EXPECT_EQ(S(Initialize(transaction, buffer, direction)), S(STATUS_SUCCESS));
  return transaction;
}

DmaDone Completed(WDFDMATRANSACTION transaction) {
  DmaDone done{};
  done.ended = WdfDmaTransactionDmaCompleted(transaction, &done.status);
  return done;
}

DmaDone CompletedWithLength(WDFDMATRANSACTION transaction, size_t length) {
  DmaDone done{};
  done.ended = WdfDmaTransactionDmaCompletedWithLength(transaction, length, &done.status);
  return done;
}

DmaDone CompletedFinal(WDFDMATRANSACTION transaction, size_t length) {
  DmaDone done{};
  done.ended = WdfDmaTransactionDmaCompletedFinal(transaction, length, &done.status);
  return done;
}

}  // namespace drydock::test
