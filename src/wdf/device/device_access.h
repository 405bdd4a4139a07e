// DeviceAccess: what wdf/device's own files need of a Device's inside.
#pragma once

#include "wdf/device/device.h"

namespace drydock::wdf {

struct DeviceAccess {
  using Entry = Device::DispatchEntry;

  static bool HasDispatch(const Device& device) { return device.dispatch_ != nullptr; }
  // The place of a major code in the table of dispatch callbacks; -1: may not have one (INI-15).
  static int DispatchIndex(UCHAR major) {
    switch (major) {
      case IRP_MJ_READ: return 0;
      case IRP_MJ_WRITE: return 1;
      case IRP_MJ_DEVICE_CONTROL: return 2;
      case IRP_MJ_INTERNAL_DEVICE_CONTROL: return 3;
      default: return -1;
    }
  }
  // Null: none is set for this major code.
  static Entry* DispatchFor(Device& device, UCHAR major) {
    const int index = DispatchIndex(major);
    if (index < 0 || !device.dispatch_[index].callback.load(std::memory_order_acquire)) return nullptr;
    return &device.dispatch_[index];
  }
  static void SetAccess(Device& device, WDF_DEVICE_IO_TYPE read_write, WDF_DEVICE_IO_TYPE control, bool agreed) {
    device.read_write_io_ = read_write;
    device.device_control_io_ = control;
    device.access_agreed_ = agreed;
    device.wdm_->Flags &= ~static_cast<ULONG>(DO_BUFFERED_IO | DO_DIRECT_IO);
    device.wdm_->Flags |= read_write == WdfDeviceIoBuffered ? DO_BUFFERED_IO : DO_DIRECT_IO;
  }
  static KnownFiles* Known(Device& device) { return device.known_files_.get(); }
  static Entry* EnsureDispatch(Device& device, int index) {
    if (!device.dispatch_) device.dispatch_ = std::make_unique<Entry[]>(4);
    return &device.dispatch_[index];
  }
};

}  // namespace drydock::wdf
