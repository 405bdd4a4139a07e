#include "wdf/dma/enabler.h"

#include <algorithm>

#include "nt/driver_callback.h"
#include "nt/hal/dma/dma.h"
#include "wdf/framework.h"

namespace drydock::wdf {
namespace {

bool Is64Bit(WDF_DMA_PROFILE profile) {
  return profile == WdfDmaProfilePacket64 || profile == WdfDmaProfileScatterGather64 || profile == WdfDmaProfileScatterGather64Duplex;
}

bool IsSystem(WDF_DMA_PROFILE profile) { return profile == WdfDmaProfileSystem || profile == WdfDmaProfileSystemDuplex; }

rt::Lock& PartsLock(Device& device) { return device.framework().tree_lock; }

}  // namespace

DmaEnablers& DmaEnablers::Of(Device& device) {
  rt::LockGuard guard(PartsLock(device));
  if (!device.dma_enablers) device.dma_enablers = std::make_unique<DmaEnablers>();
  return static_cast<DmaEnablers&>(*device.dma_enablers);
}

std::vector<Ref<DmaEnabler>> DmaEnablers::All() {
  std::vector<Ref<DmaEnabler>> all;
  rt::LockGuard guard(lock);
  for (DmaEnabler* enabler : list) all.emplace_back(enabler);
  return all;
}

bool DmaEnabler::duplex() const {
  return config_.Profile == WdfDmaProfileScatterGatherDuplex || config_.Profile == WdfDmaProfileScatterGather64Duplex ||
         config_.Profile == WdfDmaProfileSystemDuplex;
}

// DMA-01, DMA-07, DEVX-40.
NTSTATUS DmaEnabler::Check(DriverGlobals& globals, const WDF_DMA_ENABLER_CONFIG& config) {
  if (config.Size != sizeof(config)) return STATUS_INFO_LENGTH_MISMATCH;
  if (config.Profile <= WdfDmaProfileInvalid || config.Profile > WdfDmaProfileSystemDuplex) return STATUS_INVALID_PARAMETER;
  if (config.MaximumLength == 0 || config.MaximumLength > MAXULONG) return STATUS_INVALID_PARAMETER;
  if (const ULONG width = config.AddressWidthOverride) {
    if (IsSystem(config.Profile) || width < 24 || width > 63) return STATUS_INVALID_PARAMETER;
    if (!Is64Bit(config.Profile) && width > 32) return STATUS_INVALID_PARAMETER;
  }
  const ULONG version = config.WdmDmaVersionOverride;
  if (version != 0 && version != 2 && version != 3) return STATUS_INVALID_PARAMETER;
  if (IsSystem(config.Profile) && version == 2) return STATUS_INVALID_PARAMETER;
  if (config.Flags & ~ULONG{WDF_DMA_ENABLER_CONFIG_NO_SGLIST_PREALLOCATION | WDF_DMA_ENABLER_CONFIG_REQUIRE_SINGLE_TRANSFER}) {
    return STATUS_INVALID_PARAMETER;
  }
  const bool needs3 = version == 3 || IsSystem(config.Profile);
  if (needs3 && nt::hal::HighestDmaVersion(globals.framework->kernel) < 3) return STATUS_NOT_SUPPORTED;
  return STATUS_SUCCESS;
}

NTSTATUS DmaEnabler::Initialize(Device& device, const WDF_DMA_ENABLER_CONFIG& config) {
  device_ = &device;
  config_ = config;
  alignment_ = device.wdm()->AlignmentRequirement;
  // An address width is something only version 3 can be told; where there is none the next smaller of 24 and 32 bits serves.
  const bool has3 = nt::hal::HighestDmaVersion(framework().kernel) >= 3;
  version_ = config.WdmDmaVersionOverride == 3 || system() || (config.AddressWidthOverride && has3) ? 3 : 2;
  if (!system()) {
    DEVICE_DESCRIPTION description = {};
    description.Version = version_ == 3 ? DEVICE_DESCRIPTION_VERSION3 : DEVICE_DESCRIPTION_VERSION2;
    description.Master = TRUE;
    description.ScatterGather = scatter_gather();
    description.Dma64BitAddresses = Is64Bit(config.Profile);
    description.Dma32BitAddresses = TRUE;
    if (config.AddressWidthOverride && version_ == 3) {
      description.DmaAddressWidth = config.AddressWidthOverride;
    } else if (config.AddressWidthOverride) {
      description.Dma64BitAddresses = FALSE;
      description.Dma32BitAddresses = config.AddressWidthOverride >= 32;
    }
    description.InterfaceType = PCIBus;
    description.MaximumLength = static_cast<ULONG>(config.MaximumLength);
    for (int i = 0; i < (duplex() ? 2 : 1); ++i) {
      NTSTATUS status = MakeAdapter(slots_[i], description, STATUS_UNSUCCESSFUL);
      if (!NT_SUCCESS(status)) return status;
    }
  }
  DmaEnablers& enablers = DmaEnablers::Of(device);
  rt::LockGuard guard(enablers.lock);
  enablers.list.push_back(this);
  return STATUS_SUCCESS;
}

NTSTATUS DmaEnabler::MakeAdapter(DmaAdapterSlot& slot, DEVICE_DESCRIPTION& description, NTSTATUS failure) {
  PDEVICE_OBJECT pdo = device_->pdo() ? device_->pdo() : device_->wdm();
  ULONG registers = 0;
  PDMA_ADAPTER adapter = IoGetDmaAdapter(pdo, &description, &registers);
  if (!adapter) return failure;
  slot.adapter = adapter;
  slot.map_registers = registers;
  // A buffer that begins inside a page spans one page more.
  slot.fragment_length = std::min<size_t>(config_.MaximumLength, registers ? size_t{registers - 1} << PAGE_SHIFT : 0);
  return STATUS_SUCCESS;
}

// DMA-08.
NTSTATUS DmaEnabler::ConfigureSystem(const WDF_DMA_SYSTEM_PROFILE_CONFIG& config, WDF_DMA_DIRECTION direction) {
  DmaAdapterSlot& slot = slots_[duplex() && direction == WdfDmaDirectionWriteToDevice ? 1 : 0];
  if (slot.adapter) return STATUS_INVALID_DEVICE_REQUEST;  // ours: once per direction
  DEVICE_DESCRIPTION description = {};
  description.Version = DEVICE_DESCRIPTION_VERSION3;
  description.Dma32BitAddresses = TRUE;
  description.DemandMode = config.DemandMode;
  description.AutoInitialize = config.LoopedTransfer;
  description.DmaWidth = config.DmaWidth;
  description.DeviceAddress = config.DeviceAddress;
  description.MaximumLength = static_cast<ULONG>(config_.MaximumLength);
  const CM_PARTIAL_RESOURCE_DESCRIPTOR& resource = *config.DmaDescriptor;
  if (resource.Flags & CM_RESOURCE_DMA_V3) {
    description.DmaChannel = resource.u.DmaV3.Channel;
    description.DmaRequestLine = resource.u.DmaV3.RequestLine;
  } else {
    description.DmaChannel = description.DmaRequestLine = resource.u.Dma.Channel;
    description.DmaPort = resource.u.Dma.Port;
  }
  return MakeAdapter(slot, description, STATUS_NOT_SUPPORTED);
}

void DmaEnabler::OnDeleting() {
  if (!device_) return;
  DmaEnablers* enablers = DmaEnablers::OfOrNull(*device_);
  if (!enablers) return;
  rt::LockGuard guard(enablers->lock);
  enablers->list.erase(std::remove(enablers->list.begin(), enablers->list.end(), this), enablers->list.end());
}

void DmaEnabler::OnCleanedUp() {
  ended_.store(true, std::memory_order_release);
  for (DmaAdapterSlot& slot : slots_) {
    PDMA_ADAPTER adapter = slot.adapter;
    slot = {};
    if (adapter) adapter->DmaOperations->PutDmaAdapter(adapter);
  }
}

NTSTATUS DmaEnabler::Step(const char* name, PFN_WDF_DMA_ENABLER_FILL callback) {
  return callback ? nt::CallDriver(name, callback, enabler_handle()) : STATUS_SUCCESS;
}

// DMA-04; nothing is undone here: the caller goes down.
NTSTATUS DmaEnabler::PowerUp() {
  fill_failed_ = enable_failed_ = false;
  NTSTATUS status = Step("EvtDmaEnablerFill", config_.EvtDmaEnablerFill);
  if (!NT_SUCCESS(status)) {
    fill_failed_ = true;
    return status;
  }
  status = Step("EvtDmaEnablerEnable", config_.EvtDmaEnablerEnable);
  if (!NT_SUCCESS(status)) {
    enable_failed_ = true;
    return status;
  }
  return Step("EvtDmaEnablerSelfManagedIoStart", config_.EvtDmaEnablerSelfManagedIoStart);
}

// O-01: each step runs, whatever the one before it said.
NTSTATUS DmaEnabler::PowerDown() {
  NTSTATUS first = Step("EvtDmaEnablerSelfManagedIoStop", config_.EvtDmaEnablerSelfManagedIoStop);
  auto note = [&](NTSTATUS status) {
    if (NT_SUCCESS(first)) first = status;
  };
  if (!fill_failed_) note(Step("EvtDmaEnablerDisable", config_.EvtDmaEnablerDisable));
  if (!fill_failed_ && !enable_failed_) note(Step("EvtDmaEnablerFlush", config_.EvtDmaEnablerFlush));
  fill_failed_ = enable_failed_ = false;
  return first;
}

}  // namespace drydock::wdf
