#include "hw.h"

#include <algorithm>

namespace drydock::test {
namespace {

struct IrqContext {
  Irq* irq;
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(IrqContext, IrqOf)

std::vector<Hw*> all;  // of the running test

Hw* Of(WDFDEVICE device) {
  for (Hw* hw : all)
    if (hw->device == device) return hw;
  return nullptr;
}

BOOLEAN EvtIsr(WDFINTERRUPT interrupt, ULONG message) {
  Irq& irq = *IrqOf(interrupt)->irq;
  ++irq.isr_calls;
  irq.isr_irql = KeGetCurrentIrql();
  return irq.isr ? irq.isr(message) : TRUE;
}
void EvtDpc(WDFINTERRUPT interrupt, WDFOBJECT associated) {
  IrqOf(interrupt)->irq->associated = associated;
  IrqOf(interrupt)->irq->dpc();
}
void EvtWork(WDFINTERRUPT interrupt, WDFOBJECT associated) {
  IrqOf(interrupt)->irq->associated = associated;
  IrqOf(interrupt)->irq->work();
}
NTSTATUS EvtEnable(WDFINTERRUPT interrupt, WDFDEVICE) { return IrqOf(interrupt)->irq->enable(); }
NTSTATUS EvtDisable(WDFINTERRUPT interrupt, WDFDEVICE) { return IrqOf(interrupt)->irq->disable(); }

NTSTATUS SetCallbacks(Hw& hw, PWDFDEVICE_INIT init) {
  WDF_PNPPOWER_EVENT_CALLBACKS pnp;
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
  pnp.EvtDevicePrepareHardware = [](WDFDEVICE device, WDFCMRESLIST raw, WDFCMRESLIST translated) {
    Hw* hw = Of(device);
    return hw->prepare ? hw->prepare(raw, translated) : STATUS_SUCCESS;
  };
  pnp.EvtDeviceReleaseHardware = [](WDFDEVICE device, WDFCMRESLIST translated) {
    Hw* hw = Of(device);
    return hw->release ? hw->release(translated) : STATUS_SUCCESS;
  };
  pnp.EvtDeviceD0Entry = [](WDFDEVICE device, WDF_POWER_DEVICE_STATE state) {
    Hw* hw = Of(device);
    return hw->d0_entry ? hw->d0_entry(state) : STATUS_SUCCESS;
  };
  pnp.EvtDeviceD0Exit = [](WDFDEVICE device, WDF_POWER_DEVICE_STATE state) {
    Hw* hw = Of(device);
    return hw->d0_exit ? hw->d0_exit(state) : STATUS_SUCCESS;
  };
  pnp.EvtDeviceD0EntryPostInterruptsEnabled = [](WDFDEVICE device, WDF_POWER_DEVICE_STATE) {
    Hw* hw = Of(device);
    return hw->interrupts_enabled ? hw->interrupts_enabled() : STATUS_SUCCESS;
  };
  pnp.EvtDeviceD0ExitPreInterruptsDisabled = [](WDFDEVICE device, WDF_POWER_DEVICE_STATE) {
    Hw* hw = Of(device);
    return hw->interrupts_disabling ? hw->interrupts_disabling() : STATUS_SUCCESS;
  };
  WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
  return hw.more_init ? hw.more_init(init) : STATUS_SUCCESS;
}

class CardRegisters final : public RegisterFile {
 public:
  explicit CardRegisters(Card& card) : card_(card) {}
  uint64_t ReadRegister(uint64_t offset, unsigned) override {
    if (offset == Card::kStatus) return card_.status;
    return offset == Card::kData ? card_.data.load() : 0;
  }
  void WriteRegister(uint64_t offset, unsigned, uint64_t value) override {
    if (offset == Card::kControl) {
      card_.data = static_cast<uint32_t>(value * 2);
      card_.Interrupt();
    } else if (offset == Card::kAcknowledge) {
      card_.status = 0;
      ++card_.acknowledged;
      card_.pin.Lower();
    }
  }

 private:
  Card& card_;
};

}  // namespace

Hw::Hw() {
  all.push_back(this);
  init = [this](PWDFDEVICE_INIT device_init) { return SetCallbacks(*this, device_init); };
}
Hw::~Hw() { std::erase(all, this); }

NTSTATUS MakeInterrupt(WDFDEVICE device, Irq& irq, PCM_PARTIAL_RESOURCE_DESCRIPTOR raw, PCM_PARTIAL_RESOURCE_DESCRIPTOR translated) {
  WDF_INTERRUPT_CONFIG config;
  WDF_INTERRUPT_CONFIG_INIT(&config, EvtIsr, irq.dpc ? EvtDpc : nullptr);
  if (irq.work) config.EvtInterruptWorkItem = EvtWork;
  if (irq.enable) config.EvtInterruptEnable = EvtEnable;
  if (irq.disable) config.EvtInterruptDisable = EvtDisable;
  config.InterruptRaw = raw;
  config.InterruptTranslated = translated;
  if (irq.config) irq.config(config);
  WDF_OBJECT_ATTRIBUTES attributes = Attributes();
  WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(&attributes, IrqContext);
  if (irq.attributes) irq.attributes(attributes);
  NTSTATUS status = WdfInterruptCreate(device, &config, &attributes, &irq.handle);
  if (NT_SUCCESS(status)) IrqOf(irq.handle)->irq = &irq;
  return status;
}

PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor(WDFCMRESLIST list, UCHAR type, ULONG index) {
  for (ULONG i = 0; i < WdfCmResourceListGetCount(list); ++i) {
    PCM_PARTIAL_RESOURCE_DESCRIPTOR descriptor = WdfCmResourceListGetDescriptor(list, i);
    if (descriptor->Type == type && index-- == 0) return descriptor;
  }
  return nullptr;
}

volatile ULONG* MapFirst(WDFCMRESLIST translated) {
  PCM_PARTIAL_RESOURCE_DESCRIPTOR memory = Descriptor(translated, CmResourceTypeMemory);
  if (!memory) return nullptr;
  return static_cast<volatile ULONG*>(MmMapIoSpaceEx(memory->u.Memory.Start, memory->u.Memory.Length, PAGE_READWRITE | PAGE_NOCACHE));
}

std::shared_ptr<RegisterFile> Card::registers() { return std::make_shared<CardRegisters>(*this); }

void Card::Interrupt() {
  status = 1;
  pin.Raise();
}

DeviceSpec Spec(Driver driver, std::vector<Resource> resources) {
  DeviceSpec spec;
  spec.function = driver;
  spec.resources = std::move(resources);
  return spec;
}

}  // namespace drydock::test
