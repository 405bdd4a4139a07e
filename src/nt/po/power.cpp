// Power requests: device power states through IRP_MJ_POWER, and the Po functions that drivers use around them.
// IRQL: PoRequestPowerIrp and PoSetPowerState <= DISPATCH_LEVEL; above PASSIVE_LEVEL the request is sent by a worker.
#include <memory>

#include "nt/bugcheck.h"
#include "nt/driver_callback.h"
#include "nt/io/device.h"
#include "nt/io/irp.h"
#include "nt/io/sync_irp.h"
#include "nt/io/trace_kinds.h"
#include "nt/kernel.h"
#include "nt/pnp/node.h"
#include "nt/pnp/pnp.h"
#include "nt/pnp/state.h"
#include "nt/thread.h"
#include "nt/trace.h"

using namespace drydock::nt;

namespace {

void Note(pnp::DeviceNode& node, DEVICE_POWER_STATE state) {
  DEVICE_POWER_STATE old = node.power.exchange(state);
  Kernel& kernel = node.state_of_machine->kernel;
  if (kernel.events.enabled()) {
    RecordEvent(kernel, io::kPowerState, io::TraceId(node.pdo), static_cast<uint64_t>(old - 1), static_cast<uint64_t>(state - 1));
  }
}

// What PoRequestPowerIrp was asked for; freed when the request is complete.
struct PowerRequest {
  DEVICE_OBJECT* caller_device;
  DEVICE_OBJECT* top;  // referenced
  UCHAR minor;
  POWER_STATE state;
  PREQUEST_POWER_COMPLETE callback;
  void* context;
};

void FinishPowerRequest(IRP* irp, io::IrpHeader& header) {
  std::unique_ptr<PowerRequest> request(static_cast<PowerRequest*>(header.finish_context));
  header.discard_context = nullptr;
  IO_STATUS_BLOCK status = irp->IoStatus;
  if (request->minor == IRP_MN_SET_POWER && NT_SUCCESS(status.Status)) {
    if (DEVICE_OBJECT* pdo = pnp::PdoOf(request->top)) Note(*pnp::NodeOf(pdo), request->state.DeviceState);
  }
  io::FreeIrp(irp);
  ob::Dereference(request->top);
  if (request->callback) {
    CallDriver("REQUEST_POWER_COMPLETE", request->callback, request->caller_device, request->minor, request->state, request->context,
               &status);
  }
}

void DiscardPowerRequest(void* context) { delete static_cast<PowerRequest*>(context); }

struct SendJob : pnp::Job {
  void Run() override { IofCallDriver(top, irp); }
  DEVICE_OBJECT* top;
  IRP* irp;
};

void FillPower(IO_STACK_LOCATION* location, POWER_STATE_TYPE type, POWER_STATE state, POWER_ACTION action) {
  location->Parameters.Power.Type = type;
  location->Parameters.Power.State = state;
  location->Parameters.Power.ShutdownType = action;
}

NTSTATUS SendPower(DEVICE_OBJECT* pdo, UCHAR minor, POWER_STATE_TYPE type, POWER_STATE state, POWER_ACTION action) {
  DEVICE_OBJECT* top = io::TopOfStack(pdo);
  IRP* irp = io::NewSystemIrp(top, IRP_MJ_POWER, minor);
  if (!irp) {
    ob::Dereference(top);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  FillPower(IoGetNextIrpStackLocation(irp), type, state, action);
  io::SendAndWait(top, irp);
  NTSTATUS status = irp->IoStatus.Status;
  io::FreeIrp(irp);
  ob::Dereference(top);
  return status;
}

}  // namespace

namespace drydock::nt::pnp {

NTSTATUS SetPower(DEVICE_OBJECT* pdo, DEVICE_POWER_STATE state) {
  DeviceNode* node = NodeOf(pdo);
  if (!node || node->state.load() != NodeState::kStarted) return STATUS_NO_SUCH_DEVICE;
  if (state < PowerDeviceD0 || state > PowerDeviceD3) return STATUS_INVALID_PARAMETER;
  Busy busy(*node);
  POWER_STATE power;
  power.DeviceState = state;
  NTSTATUS status = SendPower(pdo, IRP_MN_SET_POWER, DevicePowerState, power, PowerActionNone);
  if (NT_SUCCESS(status)) Note(*node, state);
  return status;
}

NTSTATUS SetSystemPower(Kernel& kernel, SYSTEM_POWER_STATE state, POWER_ACTION action) {
  if (state < PowerSystemWorking || state > PowerSystemShutdown) return STATUS_INVALID_PARAMETER;
  POWER_STATE power;
  power.SystemState = state;
  std::vector<DEVICE_OBJECT*> devices = Devices(kernel);
  bool down = state != PowerSystemWorking;
  // Down: newest (leaves of the tree) first, after all agreed; up: oldest first.
  NTSTATUS result = STATUS_SUCCESS;
  if (down && state != PowerSystemShutdown) {
    for (size_t i = devices.size(); i-- > 0;) {
      if (StateOf(devices[i]) != NodeState::kStarted) continue;
      NTSTATUS status = SendPower(devices[i], IRP_MN_QUERY_POWER, SystemPowerState, power, action);
      if (!NT_SUCCESS(status)) {
        result = status;
        break;
      }
    }
    if (!NT_SUCCESS(result)) {  // refused: everybody hears that the system stays up
      power.SystemState = PowerSystemWorking;
      down = false;
    }
  }
  for (size_t i = 0; i < devices.size(); ++i) {
    DEVICE_OBJECT* pdo = devices[down ? devices.size() - 1 - i : i];
    if (StateOf(pdo) == NodeState::kStarted) SendPower(pdo, IRP_MN_SET_POWER, SystemPowerState, power, action);
  }
  return result;
}

}  // namespace drydock::nt::pnp

extern "C" {

NTSTATUS NTAPI PoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp) { return IofCallDriver(DeviceObject, Irp); }

// Since Windows Vista the power manager does this by itself.
VOID NTAPI PoStartNextPowerIrp(PIRP Irp) { (void)Irp; }

POWER_STATE NTAPI PoSetPowerState(PDEVICE_OBJECT DeviceObject, POWER_STATE_TYPE Type, POWER_STATE State) {
  io::DeviceExtension* extension = io::ExtensionOf(DeviceObject);
  POWER_STATE& kept = Type == SystemPowerState ? extension->system_power : extension->device_power;
  POWER_STATE old = kept;
  kept = State;
  return old;
}

NTSTATUS NTAPI PoRequestPowerIrp(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState,
                                 PREQUEST_POWER_COMPLETE CompletionFunction, PVOID Context, PIRP* Irp) {
  if (MinorFunction != IRP_MN_SET_POWER && MinorFunction != IRP_MN_QUERY_POWER && MinorFunction != IRP_MN_WAIT_WAKE) {
    return STATUS_INVALID_PARAMETER_2;
  }
  Thread& thread = CurrentThread();
  DEVICE_OBJECT* top = io::TopOfStack(DeviceObject);
  IRP* irp = io::AllocateIrp(thread, static_cast<CCHAR>(top->StackSize), __builtin_return_address(0));
  if (!irp) {
    ob::Dereference(top);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  io::IrpHeader& header = io::HeaderOf(irp);
  header.finish = FinishPowerRequest;
  header.finish_context = new PowerRequest{DeviceObject, top, MinorFunction, PowerState, CompletionFunction, Context};
  header.discard_context = DiscardPowerRequest;
  IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
  next->MajorFunction = IRP_MJ_POWER;
  next->MinorFunction = MinorFunction;
  if (MinorFunction == IRP_MN_WAIT_WAKE) {
    next->Parameters.WaitWake.PowerState = PowerState.SystemState;
    if (Irp) *Irp = irp;  // the caller may cancel it
  } else {
    FillPower(next, DevicePowerState, PowerState, PowerActionNone);
  }
  if (thread.irql == PASSIVE_LEVEL) {
    IofCallDriver(top, irp);
  } else {
    auto job = std::make_unique<SendJob>();
    job->top = top;
    job->irp = irp;
    thread.kernel->pnp->power.Add(std::move(job));
  }
  return STATUS_PENDING;
}

}  // extern "C"
