// WDM drivers written inside tests: each device calls functions of the test.
// Called by:  tests of nt and backend, on a KernelFixture.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ntddk.h>

#include "nt/io/device.h"
#include "nt/io/driver.h"
#include "nt/kernel.h"

namespace drydock::nt::testing {

using DispatchFunction = std::function<NTSTATUS(DEVICE_OBJECT*, IRP*)>;

inline UNICODE_STRING Unicode(const char16_t* text) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, reinterpret_cast<PCWSTR>(text));
  return string;
}

// What a test device's extension holds.
struct TestDevice {
  DispatchFunction dispatch[IRP_MJ_MAXIMUM_FUNCTION + 1];
  DEVICE_OBJECT* lower = nullptr;
};

inline TestDevice& Of(DEVICE_OBJECT* device) { return **static_cast<TestDevice**>(device->DeviceExtension); }

inline NTSTATUS Finish(IRP* irp, NTSTATUS status, ULONG_PTR information = 0) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

inline NTSTATUS PassDown(DEVICE_OBJECT* device, IRP* irp) {
  IoSkipCurrentIrpStackLocation(irp);
  return IoCallDriver(Of(device).lower, irp);
}

inline NTSTATUS DispatchTest(DEVICE_OBJECT* device, IRP* irp) {
  TestDevice& test = Of(device);
  UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
  if (test.dispatch[major]) return test.dispatch[major](device, irp);
  if (test.lower) return PassDown(device, irp);
  bool harmless = major == IRP_MJ_CREATE || major == IRP_MJ_CLEANUP || major == IRP_MJ_CLOSE;
  return Finish(irp, harmless ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST);
}

// One driver and its devices. Devices live until the machine ends unless they are deleted.
class WdmDriver {
 public:
  explicit WdmDriver(Kernel& kernel, const char16_t* name = u"Wdm") {
    NTSTATUS status = io::CreateDriver(kernel, name, Entry, {}, &driver_);
    EXPECT_EQ(status, STATUS_SUCCESS);
  }

  // `name` null: nameless. `below`: attach on top of it.
  DEVICE_OBJECT* AddDevice(const char16_t* name, ULONG flags = DO_BUFFERED_IO, DEVICE_OBJECT* below = nullptr) {
    UNICODE_STRING string;
    if (name) string = Unicode(name);
    DEVICE_OBJECT* device = nullptr;
    NTSTATUS status =
        IoCreateDevice(driver_->object, sizeof(TestDevice*), name ? &string : nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    EXPECT_EQ(status, STATUS_SUCCESS);
    if (!device) return nullptr;
    devices_.push_back(std::make_unique<TestDevice>());
    *static_cast<TestDevice**>(device->DeviceExtension) = devices_.back().get();
    device->Flags |= flags;
    if (below) {
      Of(device).lower = IoAttachDeviceToDeviceStack(device, below);
      EXPECT_NE(Of(device).lower, nullptr);
    }
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return device;
  }
  void Delete(DEVICE_OBJECT* device) {
    if (Of(device).lower) IoDetachDevice(Of(device).lower);
    IoDeleteDevice(device);
  }
  io::Driver* driver() const { return driver_; }

 private:
  static NTSTATUS Entry(DRIVER_OBJECT* driver, UNICODE_STRING*) {
    for (auto& dispatch : driver->MajorFunction) dispatch = DispatchTest;
    driver->DriverUnload = [](DRIVER_OBJECT*) {};
    return STATUS_SUCCESS;
  }

  io::Driver* driver_ = nullptr;
  std::vector<std::unique_ptr<TestDevice>> devices_;
};

}  // namespace drydock::nt::testing
