// Machine: faults on demand.
#include "drydock/machine.h"
#include "machine/impl.h"
#include "nt/ex/pool.h"
#include "nt/io/state.h"

namespace drydock {
namespace {

uint8_t MajorOf(ModelRequest::Kind kind) {
  switch (kind) {
    case ModelRequest::Kind::kCreate: return IRP_MJ_CREATE;
    case ModelRequest::Kind::kRead: return IRP_MJ_READ;
    case ModelRequest::Kind::kWrite: return IRP_MJ_WRITE;
    case ModelRequest::Kind::kIoctl: return IRP_MJ_DEVICE_CONTROL;
    case ModelRequest::Kind::kInternalIoctl: return IRP_MJ_INTERNAL_DEVICE_CONTROL;
    case ModelRequest::Kind::kFlush: return IRP_MJ_FLUSH_BUFFERS;
    case ModelRequest::Kind::kCleanup: return IRP_MJ_CLEANUP;
    case ModelRequest::Kind::kClose: return IRP_MJ_CLOSE;
    case ModelRequest::Kind::kOther: break;
  }
  throw Error("FailCompletions: this kind of request cannot be named");
}

}  // namespace

void Machine::Impl::FailCompletion(IRP* irp) {
  const IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
  if (!location->DeviceObject) return;
  rt::LockGuard guard(reports_lock);
  for (CompletionFault& fault : completion_faults) {
    if (fault.left == 0 || fault.driver != location->DeviceObject->DriverObject || fault.major != location->MajorFunction) continue;
    --fault.left;
    irp->IoStatus.Status = fault.status;
    irp->IoStatus.Information = 0;
    return;
  }
}

void Machine::FailCompletions(Driver driver, ModelRequest::Kind kind, Status status, int count) {
  if (!driver || !driver.object()) throw Error("FailCompletions: the driver is not loaded");
  uint8_t major = MajorOf(kind);
  rt::LockGuard guard(impl_->reports_lock);
  impl_->completion_faults.push_back({driver.object(), major, status.value(), count});
  impl_->kernel->io->completion_fault_context = impl_.get();
  impl_->kernel->io->completion_fault = [](void* self, IRP* irp) { static_cast<Impl*>(self)->FailCompletion(irp); };
}

bool Machine::Impl::AllocationFails() {
  const uint32_t nth = fail_every.load(std::memory_order_relaxed);
  if (nth == 0 || (allocations.fetch_add(1, std::memory_order_relaxed) + 1) % nth != 0) return false;
  const uint32_t failed = allocations_failed.fetch_add(1, std::memory_order_relaxed) + 1;
  return fail_count.load(std::memory_order_relaxed) == 0 || failed <= fail_count.load(std::memory_order_relaxed);
}

void Machine::FailAllocations(uint32_t every, uint32_t count) {
  impl_->fail_every.store(every, std::memory_order_relaxed);
  impl_->fail_count.store(count, std::memory_order_relaxed);
  impl_->allocations.store(0, std::memory_order_relaxed);
  if (every == 0) {
    impl_->framework->allocation_fails.store(nullptr, std::memory_order_release);
    return nt::ex::SetPoolFailureHook(*impl_->kernel, nullptr, nullptr);
  }
  impl_->allocations_failed.store(0, std::memory_order_relaxed);
  impl_->framework->allocation_context = impl_.get();
  impl_->framework->allocation_fails.store([](void* self) { return static_cast<Impl*>(self)->AllocationFails(); }, std::memory_order_release);
  nt::ex::SetPoolFailureHook(
      *impl_->kernel, [](void* self, const nt::ex::PoolRequest&) { return static_cast<Impl*>(self)->AllocationFails(); }, impl_.get());
}

uint32_t Machine::AllocationsFailed() const {
  const uint32_t count = impl_->fail_count.load(std::memory_order_relaxed), failed = impl_->allocations_failed.load(std::memory_order_relaxed);
  return count != 0 && failed > count ? count : failed;
}

}  // namespace drydock
