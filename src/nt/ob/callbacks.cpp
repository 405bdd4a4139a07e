#include "nt/ob/callbacks.h"

#include <algorithm>
#include <string>

#include "nt/driver_callback.h"
#include "nt/ob/name_space.h"
#include "nt/ob/state.h"
#include "nt/ps/process.h"
#include "nt/ps/types.h"
#include "nt/thread.h"

namespace drydock::nt::ob {

struct CallbackSet : AtAltitude {
  void* context;
  std::vector<OB_OPERATION_REGISTRATION> operations;
};

namespace {

bool IsOf(const OB_OPERATION_REGISTRATION& operation, const void* body, OB_OPERATION kind) {
  return (operation.Operations & kind) != 0 && reinterpret_cast<const ObjectType*>(*operation.ObjectType) == HeaderOf(body)->type;
}

}  // namespace

HandleFilter::HandleFilter(Kernel& kernel, void* body, ULONG attributes, Process* source, Process* target)
    : kernel_(kernel), body_(body), kernel_handle_((attributes & OBJ_KERNEL_HANDLE) != 0), source_(source), target_(target) {
  State& state = *kernel.ob;
  if (!state.callbacks.any.load(std::memory_order_acquire)) return;
  const OB_OPERATION kind = source ? OB_OPERATION_HANDLE_DUPLICATE : OB_OPERATION_HANDLE_CREATE;
  rt::LockGuard guard(state.callbacks.lock);
  for (auto& set : state.callbacks.items) {
    for (const auto& operation : set->operations) {
      if (!IsOf(operation, body, kind)) continue;
      ++set->running;
      called_.push_back({set, &operation, nullptr});
    }
  }
}

HandleFilter::~HandleFilter() {
  for (Called& one : called_) kernel_.ob->callbacks.Leave(kernel_, *one.set);
}

ACCESS_MASK HandleFilter::Before(ACCESS_MASK access) {
  ACCESS_MASK allowed = access;
  for (Called& one : called_) {
    const auto& operation = *static_cast<const OB_OPERATION_REGISTRATION*>(one.operation);
    if (!operation.PreOperation) continue;
    OB_PRE_OPERATION_PARAMETERS parameters{};
    // Both begin alike.
    parameters.DuplicateHandleInformation = {allowed, access, source_, target_};
    OB_PRE_OPERATION_INFORMATION info{};
    info.Operation = source_ ? OB_OPERATION_HANDLE_DUPLICATE : OB_OPERATION_HANDLE_CREATE;
    info.KernelHandle = kernel_handle_;
    info.Object = body_;
    info.ObjectType = *operation.ObjectType;
    info.Parameters = &parameters;
    CallDriver("OB_PRE_OPERATION_CALLBACK", operation.PreOperation, one.set->context, &info);
    one.context = info.CallContext;
    if (!kernel_handle_) allowed &= parameters.CreateHandleInformation.DesiredAccess;
  }
  return allowed;
}

void HandleFilter::After(NTSTATUS status, ACCESS_MASK granted) {
  for (auto one = called_.rbegin(); one != called_.rend(); ++one) {
    const auto& operation = *static_cast<const OB_OPERATION_REGISTRATION*>(one->operation);
    if (!operation.PostOperation) continue;
    OB_POST_OPERATION_PARAMETERS parameters{};
    parameters.CreateHandleInformation.GrantedAccess = granted;
    OB_POST_OPERATION_INFORMATION info{};
    info.Operation = source_ ? OB_OPERATION_HANDLE_DUPLICATE : OB_OPERATION_HANDLE_CREATE;
    info.KernelHandle = kernel_handle_;
    info.Object = body_;
    info.ObjectType = *operation.ObjectType;
    info.CallContext = one->context;
    info.ReturnStatus = status;
    info.Parameters = &parameters;
    CallDriver("OB_POST_OPERATION_CALLBACK", operation.PostOperation, one->set->context, &info);
  }
}

}  // namespace drydock::nt::ob

using namespace drydock;
using namespace drydock::nt;

extern "C" {

NTSTATUS ObRegisterCallbacks(POB_CALLBACK_REGISTRATION CallbackRegistration, PVOID* RegistrationHandle) {
  const OB_CALLBACK_REGISTRATION& wanted = *CallbackRegistration;
  if ((wanted.Version >> 8) != (OB_FLT_REGISTRATION_VERSION >> 8) || wanted.OperationRegistrationCount == 0) return STATUS_INVALID_PARAMETER;
  auto set = std::make_shared<ob::CallbackSet>();
  set->altitude = ob::View(&wanted.Altitude);
  if (!ob::IsAltitude(set->altitude)) return STATUS_INVALID_PARAMETER;
  set->context = wanted.RegistrationContext;
  for (USHORT i = 0; i < wanted.OperationRegistrationCount; ++i) {
    const OB_OPERATION_REGISTRATION& operation = wanted.OperationRegistration[i];
    if (!operation.ObjectType || !operation.Operations || (!operation.PreOperation && !operation.PostOperation)) return STATUS_INVALID_PARAMETER;
    const auto* type = reinterpret_cast<const ob::ObjectType*>(*operation.ObjectType);
    if (type != &ps::kProcessType && type != &ps::kThreadType) return STATUS_INVALID_PARAMETER;
    set->operations.push_back(operation);
  }
  ob::State& state = *CurrentKernel().ob;
  rt::LockGuard guard(state.callbacks.lock);
  void* const handle = set.get();
  if (!state.callbacks.Insert(std::move(set))) return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
  *RegistrationHandle = handle;
  return STATUS_SUCCESS;
}

// Returns when no routine of the set runs any more.
VOID ObUnRegisterCallbacks(PVOID RegistrationHandle) {
  Kernel& kernel = CurrentKernel();
  kernel.ob->callbacks.Remove(kernel, "object callbacks to return", [&](const ob::CallbackSet& set) { return &set == RegistrationHandle; });
}

USHORT ObGetFilterVersion(VOID) { return OB_FLT_REGISTRATION_VERSION; }

PEPROCESS DrydockInitialSystemProcess(VOID) { return reinterpret_cast<PEPROCESS>(ps::SystemProcess(CurrentKernel())); }

}  // extern "C"
