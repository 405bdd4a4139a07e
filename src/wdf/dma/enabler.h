// DmaEnabler: a WDFDMAENABLER: what a device can do in the way of DMA, with one WDM adapter, or two when it works in both directions at once.
// Called by:  WdfDmaEnabler..., common buffers and transactions, the power machine (power_steps.cpp).
// IRQL:       creation, configuration, power steps: PASSIVE_LEVEL; getters <= DISPATCH_LEVEL.
// Ownership:  child of the device, or of an object below it (O-15). Its adapters are put when it is deleted, after its cleanup callbacks; transactions
//             and common buffers are its children and go first.
// System DMA: without adapters until WdfDmaEnablerConfigureSystemProfile.
// Source:     DMA-01 to DMA-08, DEVX-40, O-01, O-15.
#pragma once

#include <atomic>
#include <vector>

#include "runtime/lock.h"
#include "wdf/device/device.h"
#include "wdf/object/object.h"

namespace drydock::wdf {

class DmaTransaction;

struct DmaAdapterSlot {
  PDMA_ADAPTER adapter = nullptr;
  ULONG map_registers = 0;
  size_t fragment_length = 0;  // the longest transfer: the device's maximum, or what the map registers allow
};

class DmaEnabler final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kDmaEnabler;

  WDFDMAENABLER enabler_handle() const { return reinterpret_cast<WDFDMAENABLER>(handle()); }
  static NTSTATUS Check(DriverGlobals& globals, const WDF_DMA_ENABLER_CONFIG& config);
  NTSTATUS Initialize(Device& device, const WDF_DMA_ENABLER_CONFIG& config);
  NTSTATUS ConfigureSystem(const WDF_DMA_SYSTEM_PROFILE_CONFIG& config, WDF_DMA_DIRECTION direction);

  Device& device() const { return *device_; }
  const WDF_DMA_ENABLER_CONFIG& config() const { return config_; }
  bool version3() const { return version_ == 3; }
  bool packet() const { return config_.Profile == WdfDmaProfilePacket || config_.Profile == WdfDmaProfilePacket64; }
  bool system() const { return config_.Profile == WdfDmaProfileSystem || config_.Profile == WdfDmaProfileSystemDuplex; }
  bool scatter_gather() const { return !packet() && !system(); }
  bool duplex() const;
  bool may_chain() const { return scatter_gather() || version3(); }  // MDLs behind each other
  static bool IsDirection(WDF_DMA_DIRECTION direction) {
    return direction == WdfDmaDirectionReadFromDevice || direction == WdfDmaDirectionWriteToDevice;
  }
  // Of a direction that IsDirection; its adapter is null before ConfigureSystem.
  const DmaAdapterSlot& slot(WDF_DMA_DIRECTION direction) const { return slots_[duplex() && direction == WdfDmaDirectionWriteToDevice ? 1 : 0]; }
  size_t maximum_elements() const { return maximum_elements_; }
  void set_maximum_elements(size_t maximum) { maximum_elements_ = maximum; }
  ULONG alignment() const { return alignment_; }  // of the device when this was made

  // Cleaned up: a driver that kept a reference has the object's own values, but no device.
  bool ended() const { return ended_.load(std::memory_order_acquire); }

  NTSTATUS PowerUp();
  NTSTATUS PowerDown();

 protected:
  void OnDeleting() override;
  void OnCleanedUp() override;

 private:
  NTSTATUS MakeAdapter(DmaAdapterSlot& slot, DEVICE_DESCRIPTION& description, NTSTATUS failure);
  NTSTATUS Step(const char* name, PFN_WDF_DMA_ENABLER_FILL callback);

  Device* device_ = nullptr;
  WDF_DMA_ENABLER_CONFIG config_ = {};
  uint32_t version_ = 2;
  ULONG alignment_ = 0;
  size_t maximum_elements_ = WDF_DMA_ENABLER_UNLIMITED_FRAGMENTS;
  DmaAdapterSlot slots_[2];
  bool fill_failed_ = false, enable_failed_ = false;
  std::atomic<bool> ended_{false};
};

// The enablers of a device, in creation order.
struct DmaEnablers final : DevicePart {
  static DmaEnablers& Of(Device& device);           // makes it
  static DmaEnablers* OfOrNull(Device& device) { return static_cast<DmaEnablers*>(device.dma_enablers.get()); }
  std::vector<Ref<DmaEnabler>> All();

  rt::Lock lock;
  std::vector<DmaEnabler*> list RT_GUARDED_BY(lock);
  DmaTransaction* packet_in_use RT_GUARDED_BY(lock) = nullptr;  // DEVX-39: version 2, one per device
};

}  // namespace drydock::wdf
