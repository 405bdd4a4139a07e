#include "drydock/device_events.h"

#include <cstddef>
#include <mutex>

#include "machine/impl.h"
#include "machine/names.h"
#include "nt/io/interface.h"

namespace drydock {

struct DeviceEvents::Impl {
  Machine* machine = nullptr;
  Status status = STATUS_INVALID_HANDLE;
  PVOID entry = nullptr;
  std::mutex mutex;
  std::vector<Event> events;

  static NTSTATUS NTAPI Notify(PVOID structure, PVOID context) {
    auto& self = *static_cast<Impl*>(context);
    const auto& notification = *static_cast<const TARGET_DEVICE_CUSTOM_NOTIFICATION*>(structure);
    constexpr size_t kHeader = offsetof(TARGET_DEVICE_CUSTOM_NOTIFICATION, CustomDataBuffer);
    Event event{machine::ToUtf8(nt::io::GuidText(notification.Event)), {}};
    if (notification.Size > kHeader) event.data.assign(reinterpret_cast<const char*>(notification.CustomDataBuffer), notification.Size - kHeader);
    std::lock_guard<std::mutex> guard(self.mutex);
    self.events.push_back(std::move(event));
    return STATUS_SUCCESS;
  }
};

DeviceEvents::DeviceEvents(Machine& machine, const File& file) : impl_(std::make_unique<Impl>()) {
  impl_->machine = &machine;
  FILE_OBJECT* object = machine::ObjectOf(file);
  if (!object) return;
  impl_->status = machine::Guarded(*machine.impl(), kStatusMachineStopped, [&]() -> Status {
    return IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, object, object->DeviceObject->DriverObject, &Impl::Notify, impl_.get(),
                                          &impl_->entry);
  });
}

DeviceEvents::~DeviceEvents() {
  if (!impl_->entry) return;
  machine::Guarded(*impl_->machine->impl(), false, [&] { return NT_SUCCESS(IoUnregisterPlugPlayNotificationEx(impl_->entry)); });
}

Status DeviceEvents::status() const { return impl_->status; }

std::vector<DeviceEvents::Event> DeviceEvents::Take() {
  std::vector<Event> events;
  std::lock_guard<std::mutex> guard(impl_->mutex);
  events.swap(impl_->events);
  return events;
}

}  // namespace drydock
