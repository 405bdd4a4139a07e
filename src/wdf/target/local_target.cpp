// Local and self targets, made with their device; and how any target is put together.
#include "wdf/device/device.h"
#include "wdf/object/factory.h"
#include "wdf/target/builder.h"
#include "wdf/target/remote_open.h"

namespace drydock::wdf {

void TargetBuilder::Initialize(IoTarget& target, Device& owner, TargetKind kind) {
  target.kind_ = kind;
  target.owner_ = &owner;
  for (KEVENT& event : target.drained_) KeInitializeEvent(&event, NotificationEvent, FALSE);
  KeInitializeEvent(&target.stops_over_, NotificationEvent, TRUE);
}

void TargetBuilder::PointAt(IoTarget& target, PDEVICE_OBJECT device, PDEVICE_OBJECT pdo, uint8_t stack_size) {
  target.target_device_ = device;
  target.target_pdo_ = pdo;
  target.stack_size_ = stack_size;
  target.opened_.store(true, std::memory_order_release);
}

TargetBuilder::Pointers TargetBuilder::TakePointers(IoTarget& target) {
  rt::LockGuard guard(target.lock_);
  Pointers pointers{target.target_device_, target.target_pdo_, target.file_object_, target.file_handle_};
  target.target_device_ = target.target_pdo_ = nullptr;
  target.file_object_ = nullptr;
  target.file_handle_ = nullptr;
  return pointers;
}

namespace target {

NTSTATUS CreateLocalTarget(Device& device, IoTarget** out) {
  IoTarget* target = nullptr;
  NTSTATUS status = CreateObjectChecked<IoTarget>(device.globals(), ObjectType::kIoTarget, nullptr, &device, &target);
  if (!NT_SUCCESS(status)) return status;
  TargetBuilder::Initialize(*target, device, TargetKind::kLocal);
  TargetBuilder::PointAt(*target, device.attached_to(), device.pdo(), uint8_t(device.attached_to()->StackSize));
  *out = target;
  return STATUS_SUCCESS;
}

// IOX-2: the device's stack size counts one location for the self target beyond its own and those below; a request needs that one and
// those below.
NTSTATUS CreateSelfTarget(Device& device, IoTarget** out) {
  IoTarget* target = nullptr;
  NTSTATUS status = CreateObjectChecked<IoTarget>(device.globals(), ObjectType::kIoTarget, nullptr, &device, &target);
  if (!NT_SUCCESS(status)) return status;
  TargetBuilder::Initialize(*target, device, TargetKind::kSelf);
  TargetBuilder::PointAt(*target, device.wdm(), device.pdo(), uint8_t(device.attached_to()->StackSize + 1));
  *out = target;
  return STATUS_SUCCESS;
}

}  // namespace target
}  // namespace drydock::wdf
