#include "backend/acpi/acpi_model.h"

#include <acpiioct.h>

#include <cstring>

#include "backend/acpi/acpi_buffers.h"
#include "nt/driver_callback.h"

namespace drydock {

AcpiValue AcpiValue::Text(std::string text) {
  AcpiValue value;
  value.kind = Kind::kText;
  value.bytes = std::move(text);
  return value;
}
AcpiValue AcpiValue::Buffer(std::string bytes) {
  AcpiValue value;
  value.kind = Kind::kBuffer;
  value.bytes = std::move(bytes);
  return value;
}
AcpiValue AcpiValue::Package(std::vector<AcpiValue> values) {
  AcpiValue value;
  value.kind = Kind::kPackage;
  value.package = std::move(values);
  return value;
}

AcpiObject::AcpiObject() : state_(std::make_unique<State>()) {}
AcpiObject::~AcpiObject() = default;

void AcpiObject::Method(const std::string& name, AcpiValue value) {
  Method(name, [value = std::move(value)](const std::vector<AcpiValue>&) { return std::optional(value); });
}
void AcpiObject::Method(const std::string& name, Body body) {
  rt::LockGuard guard(state_->lock);
  State::Entry& entry = state_->methods[name];
  entry.body = std::move(body);
  entry.silent = false;
}
void AcpiObject::Silent(const std::string& name) {
  rt::LockGuard guard(state_->lock);
  state_->methods[name].silent = true;
}
std::vector<AcpiValue> AcpiObject::LastArguments(const std::string& name) const {
  rt::LockGuard guard(state_->lock);
  const auto found = state_->methods.find(name);
  return found == state_->methods.end() ? std::vector<AcpiValue>() : found->second.last;
}
size_t AcpiObject::Evaluations(const std::string& name) const {
  rt::LockGuard guard(state_->lock);
  const auto found = state_->methods.find(name);
  return found == state_->methods.end() ? 0 : found->second.evaluations;
}

namespace backend {
namespace {

bool IsEvaluation(ULONG code) {
  return code == IOCTL_ACPI_EVAL_METHOD || code == IOCTL_ACPI_ASYNC_EVAL_METHOD || code == IOCTL_ACPI_EVAL_METHOD_EX ||
         code == IOCTL_ACPI_ASYNC_EVAL_METHOD_EX;
}

class AcpiModel : public ModelDevice {
 public:
  explicit AcpiModel(std::shared_ptr<AcpiObject> object) : object_(std::move(object)) {}

  void OnDeviceControl(const ModelRequest& request) override {
    const ULONG code = request.ioctl();
    if (!IsEvaluation(code)) return (void)request.Complete(STATUS_INVALID_DEVICE_REQUEST);
    Evaluation evaluation;
    const bool extended = code == IOCTL_ACPI_EVAL_METHOD_EX || code == IOCTL_ACPI_ASYNC_EVAL_METHOD_EX;
    if (NTSTATUS status = ReadEvaluation(request.input(), request.input_length(), extended, &evaluation); !NT_SUCCESS(status))
      return (void)request.Complete(status);
    AcpiObject::Body body;
    bool silent;
    {
      AcpiObject::State& state = object_->state();
      rt::LockGuard guard(state.lock);
      const auto found = state.methods.find(evaluation.name);
      if (found == state.methods.end()) silent = false;
      else {
        ++found->second.evaluations;
        found->second.last = evaluation.arguments;
        silent = found->second.silent;
        body = found->second.body;
      }
    }
    if (silent) return (void)Pend(request, true);
    if (!body) return (void)request.Complete(STATUS_OBJECT_NAME_NOT_FOUND);
    ULONG_PTR information = 0;
    const std::optional<AcpiValue> result = body(evaluation.arguments);
    const NTSTATUS status = WriteResult(result, request.output(), request.output_length(), &information);
    request.Complete(status, information);
  }

 private:
  std::shared_ptr<AcpiObject> object_;
};

struct Context {
  std::shared_ptr<AcpiObject> object;
  nt::pnp::PdoHooks inner, own;
};

Context& ContextOf(DEVICE_OBJECT* pdo) { return *static_cast<Context*>(nt::pnp::HookContextOf(pdo)); }

NTSTATUS Dispatch(void* opaque, DEVICE_OBJECT* pdo, IRP* irp) {
  Context& context = *static_cast<Context*>(opaque);
  const IO_STACK_LOCATION& location = *IoGetCurrentIrpStackLocation(irp);
  const bool control = location.MajorFunction == IRP_MJ_DEVICE_CONTROL || location.MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL;
  const bool ours = !context.inner.dispatch || (control && IsEvaluation(location.Parameters.DeviceIoControl.IoControlCode));
  const nt::pnp::PdoHooks& hooks = ours ? context.own : context.inner;
  return hooks.dispatch(hooks.context, pdo, irp);
}

NTSTATUS Register(DEVICE_OBJECT* pdo, PDEVICE_NOTIFY_CALLBACK2 routine, void* routine_context, bool second) {
  if (!routine) return STATUS_INVALID_PARAMETER;
  AcpiObject::State& state = ContextOf(pdo).object->state();
  KIRQL irql;
  KeAcquireSpinLock(&state.handlers_lock, &irql);
  state.handlers.push_back({routine, routine_context, second});
  KeReleaseSpinLock(&state.handlers_lock, irql);
  return STATUS_SUCCESS;
}
void Unregister(DEVICE_OBJECT* pdo, PDEVICE_NOTIFY_CALLBACK2 routine, bool second) {
  AcpiObject::State& state = ContextOf(pdo).object->state();
  KIRQL irql;
  KeAcquireSpinLock(&state.handlers_lock, &irql);
  std::erase_if(state.handlers, [&](const auto& handler) { return handler.second == second && (second || handler.routine == routine); });
  KeReleaseSpinLock(&state.handlers_lock, irql);
}

// The first fields are those of both structures. General purpose events are the firmware's alone.
template <class Interface>
NTSTATUS Fill(DEVICE_OBJECT* pdo, const IO_STACK_LOCATION& location, Interface** interface) {
  const auto& query = location.Parameters.QueryInterface;
  if (query.Size < sizeof(Interface)) return STATUS_INVALID_PARAMETER;
  auto* answer = reinterpret_cast<Interface*>(query.Interface);
  *answer = {};
  answer->Size = sizeof(Interface);
  answer->Version = 1;
  answer->Context = pdo;
  answer->InterfaceReference = [](PVOID context) { ObReferenceObject(context); };
  answer->InterfaceDereference = [](PVOID context) { ObDereferenceObject(context); };
  answer->InterfaceReference(pdo);
  *interface = answer;
  return STATUS_SUCCESS;
}

// {B091A08A-BA97-11D0-BD14-00AA00B7B32A}, {E8695F63-1831-4870-A8CF-9C2F03F9DCB5}
constexpr GUID kStandard = {0xb091a08a, 0xba97, 0x11d0, {0xbd, 0x14, 0x00, 0xaa, 0x00, 0xb7, 0xb3, 0x2a}};
constexpr GUID kStandard2 = {0xe8695f63, 0x1831, 0x4870, {0xa8, 0xcf, 0x9c, 0x2f, 0x03, 0xf9, 0xdc, 0xb5}};

NTSTATUS QueryInterface(DEVICE_OBJECT* pdo, const IO_STACK_LOCATION& location) {
  const GUID* type = location.Parameters.QueryInterface.InterfaceType;
  if (std::memcmp(type, &kStandard, sizeof *type) == 0) {
    ACPI_INTERFACE_STANDARD* answer;
    if (NTSTATUS status = Fill(pdo, location, &answer); !NT_SUCCESS(status)) return status;
    answer->GpeConnectVector = [](PDEVICE_OBJECT, ULONG, KINTERRUPT_MODE, BOOLEAN, PGPE_SERVICE_ROUTINE, PVOID, PVOID*) -> NTSTATUS { return STATUS_INVALID_DEVICE_REQUEST; };
    answer->GpeDisconnectVector = [](PVOID) -> NTSTATUS { return STATUS_INVALID_DEVICE_REQUEST; };
    answer->GpeEnableEvent = answer->GpeDisableEvent = answer->GpeClearStatus = [](PDEVICE_OBJECT, PVOID) -> NTSTATUS { return STATUS_INVALID_DEVICE_REQUEST; };
    answer->RegisterForDeviceNotifications = [](PDEVICE_OBJECT device, PDEVICE_NOTIFY_CALLBACK routine, PVOID context) { return Register(device, routine, context, false); };
    answer->UnregisterForDeviceNotifications = [](PDEVICE_OBJECT device, PDEVICE_NOTIFY_CALLBACK routine) { Unregister(device, routine, false); };
    return STATUS_SUCCESS;
  }
  if (std::memcmp(type, &kStandard2, sizeof *type) != 0) return STATUS_NOT_SUPPORTED;
  ACPI_INTERFACE_STANDARD2* answer;
  if (NTSTATUS status = Fill(pdo, location, &answer); !NT_SUCCESS(status)) return status;
  answer->GpeConnectVector = [](PVOID, ULONG, KINTERRUPT_MODE, BOOLEAN, PGPE_SERVICE_ROUTINE, PVOID, PVOID*) -> NTSTATUS { return STATUS_INVALID_DEVICE_REQUEST; };
  answer->GpeDisconnectVector = answer->GpeEnableEvent = answer->GpeDisableEvent = answer->GpeClearStatus = [](PVOID, PVOID) -> NTSTATUS { return STATUS_INVALID_DEVICE_REQUEST; };
  answer->RegisterForDeviceNotifications = [](PVOID device, PDEVICE_NOTIFY_CALLBACK2 routine, PVOID context) { return Register(static_cast<DEVICE_OBJECT*>(device), routine, context, true); };
  answer->UnregisterForDeviceNotifications = [](PVOID device) { Unregister(static_cast<DEVICE_OBJECT*>(device), nullptr, true); };
  return STATUS_SUCCESS;
}

NTSTATUS Pnp(void* opaque, DEVICE_OBJECT* pdo, IRP* irp) {
  Context& context = *static_cast<Context*>(opaque);
  const IO_STACK_LOCATION& location = *IoGetCurrentIrpStackLocation(irp);
  if (location.MajorFunction == IRP_MJ_PNP && location.MinorFunction == IRP_MN_QUERY_INTERFACE) {
    const NTSTATUS status = QueryInterface(pdo, location);
    if (status != STATUS_NOT_SUPPORTED) return status;
  }
  context.own.pnp(context.own.context, pdo, irp);  // lets go what it holds
  return context.inner.pnp ? context.inner.pnp(context.inner.context, pdo, irp) : STATUS_NOT_SUPPORTED;
}

void Destroyed(void* opaque) {
  auto* context = static_cast<Context*>(opaque);
  if (context->inner.destroyed) context->inner.destroyed(context->inner.context);
  context->own.destroyed(context->own.context);
  delete context;
}

}  // namespace

nt::pnp::PdoHooks WithAcpi(nt::Kernel& kernel, std::shared_ptr<AcpiObject> object, nt::pnp::PdoHooks inner) {
  nt::pnp::PdoHooks own = HooksFor(kernel, std::make_unique<AcpiModel>(object));
  nt::pnp::PdoHooks hooks = inner.dispatch ? inner : own;
  hooks.context = new Context{std::move(object), inner, own};
  hooks.dispatch = Dispatch;
  hooks.pnp = Pnp;
  hooks.destroyed = Destroyed;
  return hooks;
}

NTSTATUS NotifyAcpi(AcpiObject& object, ULONG code) {
  AcpiObject::State& state = object.state();
  NTSTATUS status = STATUS_NOT_FOUND;
  KIRQL irql;
  KeAcquireSpinLock(&state.handlers_lock, &irql);
  for (const auto& handler : state.handlers) {
    nt::CallDriver("DEVICE_NOTIFY_CALLBACK", handler.routine, handler.context, code);
    status = STATUS_SUCCESS;
  }
  KeReleaseSpinLock(&state.handlers_lock, irql);
  return status;
}

}  // namespace backend
}  // namespace drydock
