// Power requests: device power states through IRP_MJ_POWER, and the Po functions that drivers use around them.
// IRQL: PoRequestPowerIrp and PoSetPowerState <= DISPATCH_LEVEL; above PASSIVE_LEVEL the request is sent by a worker.
#include <atomic>
#include <memory>

#include "nt/bugcheck.h"
#include "nt/driver_callback.h"
#include "nt/ex/pool.h"
#include "nt/io/device.h"
#include "nt/io/irp.h"
#include "nt/io/sync_irp.h"
#include "nt/io/trace_kinds.h"
#include "nt/kernel.h"
#include "nt/pnp/node.h"
#include "nt/pnp/pnp.h"
#include "nt/pnp/state.h"
#include "nt/po/pofx.h"
#include "nt/po/power.h"
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
  IRP* irp;
  pnp::DeviceNode* node;  // whose turn this request takes: device set-power IRPs of one device go one after the other
  WORK_QUEUE_ITEM item;
};

void Send(PowerRequest& request) {
  if (CurrentThread().irql == PASSIVE_LEVEL) {
    IofCallDriver(request.top, request.irp);
    return;
  }
  ExInitializeWorkItem(
      &request.item,
      [](PVOID context) {
        auto& mine = *static_cast<PowerRequest*>(context);
        IofCallDriver(mine.top, mine.irp);
      },
      &request);
  ExQueueWorkItem(&request.item, DelayedWorkQueue);
}

// The next one in line; on a worker, because whoever completed the last may be deep in a driver.
void SendNext(pnp::DeviceNode& node) {
  PowerRequest* next = nullptr;
  {
    drydock::rt::LockGuard guard(node.state_of_machine->lock);
    if (node.power_queue.empty()) {
      node.power_under_way = false;
      return;
    }
    next = static_cast<PowerRequest*>(node.power_queue.front());
    node.power_queue.pop_front();
  }
  ExInitializeWorkItem(
      &next->item,
      [](PVOID context) {
        auto& mine = *static_cast<PowerRequest*>(context);
        IofCallDriver(mine.top, mine.irp);
      },
      next);
  ExQueueWorkItem(&next->item, DelayedWorkQueue);
}

void FinishPowerRequest(IRP* irp, io::IrpHeader& header) {
  std::unique_ptr<PowerRequest> request(static_cast<PowerRequest*>(header.finish_context));
  header.discard_context = nullptr;
  IO_STATUS_BLOCK status = irp->IoStatus;
  if (request->node && NT_SUCCESS(status.Status)) Note(*request->node, request->state.DeviceState);
  io::FreeIrp(irp);
  ob::Dereference(request->top);
  if (request->callback) {
    CallDriver("REQUEST_POWER_COMPLETE", request->callback, request->caller_device, request->minor, request->state, request->context,
               &status);
  }
  if (request->node) SendNext(*request->node);
}

void DiscardPowerRequest(void* context) { delete static_cast<PowerRequest*>(context); }

void FillPower(IO_STACK_LOCATION* location, POWER_STATE_TYPE type, POWER_STATE state, POWER_ACTION action, ULONG context) {
  location->Parameters.Power.SystemContext = context;
  location->Parameters.Power.Type = type;
  location->Parameters.Power.State = state;
  location->Parameters.Power.ShutdownType = action;
}

NTSTATUS RequestPower(DEVICE_OBJECT* device, UCHAR minor, POWER_STATE state, PREQUEST_POWER_COMPLETE callback, void* context, ULONG system_context,
                      IRP** irp_out) {
  Thread& thread = CurrentThread();
  DEVICE_OBJECT* top = io::TopOfStack(device);
  IRP* irp = io::AllocateIrp(thread, static_cast<CCHAR>(top->StackSize), __builtin_return_address(0));
  if (!irp) {
    ob::Dereference(top);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  DEVICE_OBJECT* pdo = minor == IRP_MN_SET_POWER ? pnp::PdoOf(top) : nullptr;
  pnp::DeviceNode* node = pdo ? pnp::NodeOf(pdo) : nullptr;
  io::IrpHeader& header = io::HeaderOf(irp);
  header.finish = FinishPowerRequest;
  auto* request = new PowerRequest{device, top, minor, state, callback, context, irp, node, {}};
  header.finish_context = request;
  header.discard_context = DiscardPowerRequest;
  IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
  next->MajorFunction = IRP_MJ_POWER;
  next->MinorFunction = minor;
  if (minor == IRP_MN_WAIT_WAKE) {
    next->Parameters.WaitWake.PowerState = state.SystemState;
    if (irp_out) *irp_out = irp;  // the caller may cancel it
  } else {
    FillPower(next, DevicePowerState, state, PowerActionNone, system_context);
  }
  if (node) {
    drydock::rt::LockGuard guard(node->state_of_machine->lock);
    if (node->power_under_way) {
      node->power_queue.push_back(request);
      return STATUS_PENDING;
    }
    node->power_under_way = true;
  }
  Send(*request);
  return STATUS_PENDING;
}

IRP* NewSystemPowerIrp(DEVICE_OBJECT* pdo, UCHAR minor, SYSTEM_POWER_STATE state, POWER_ACTION action, DEVICE_OBJECT** top) {
  *top = io::TopOfStack(pdo);
  IRP* irp = io::NewSystemIrp(*top, IRP_MJ_POWER, minor);
  if (!irp) {
    ob::Dereference(*top);
    return nullptr;
  }
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  POWER_STATE power;
  power.SystemState = state;
  FillPower(IoGetNextIrpStackLocation(irp), SystemPowerState, power, action, 0);
  return irp;
}

NTSTATUS SendSystemPower(DEVICE_OBJECT* pdo, UCHAR minor, SYSTEM_POWER_STATE state, POWER_ACTION action) {
  DEVICE_OBJECT* top;
  IRP* irp = NewSystemPowerIrp(pdo, minor, state, action, &top);
  if (!irp) return STATUS_INSUFFICIENT_RESOURCES;
  {
    pnp::CriticalScope critical(pdo);
    io::SendAndWait(top, irp);
  }
  NTSTATUS status = irp->IoStatus.Status;
  io::FreeIrp(irp);
  ob::Dereference(top);
  // A stack in which nobody knows system power requests has nothing against them.
  return status == STATUS_NOT_SUPPORTED ? STATUS_SUCCESS : status;
}

// S0 for everybody: sent from the roots on, waited for together.
struct Wave {
  KEVENT done;
  std::atomic<size_t> left;
};
struct WaveMember {
  Wave* wave;
  DEVICE_OBJECT* top;
};

void FinishWaveMember(IRP* irp, io::IrpHeader& header) {
  std::unique_ptr<WaveMember> member(static_cast<WaveMember*>(header.finish_context));
  header.discard_context = nullptr;
  io::FreeIrp(irp);
  ob::Dereference(member->top);
  if (member->wave->left.fetch_sub(1) == 1) KeSetEvent(&member->wave->done, IO_NO_INCREMENT, FALSE);
}

void WakeEverybody(Kernel& kernel, POWER_ACTION action) {
  Wave wave;
  KeInitializeEvent(&wave.done, NotificationEvent, FALSE);
  wave.left = 1;
  for (DEVICE_OBJECT* pdo : pnp::Devices(kernel)) {
    if (pnp::StateOf(pdo) != pnp::NodeState::kStarted) continue;
    DEVICE_OBJECT* top;
    IRP* irp = NewSystemPowerIrp(pdo, IRP_MN_SET_POWER, PowerSystemWorking, action, &top);
    if (!irp) continue;  // never under pressure: these IRPs come from a cache
    io::IrpHeader& header = io::HeaderOf(irp);
    header.finish = FinishWaveMember;
    header.finish_context = new WaveMember{&wave, top};
    header.discard_context = [](void* context) { delete static_cast<WaveMember*>(context); };
    ++wave.left;
    IofCallDriver(top, irp);
  }
  if (wave.left.fetch_sub(1) != 1) KeWaitForSingleObject(&wave.done, Executive, KernelMode, FALSE, nullptr);
}

struct RequestWait {
  KEVENT done;
  NTSTATUS status;
};

VOID NTAPI WaitIsOver(PDEVICE_OBJECT, UCHAR, POWER_STATE, PVOID context, PIO_STATUS_BLOCK status) {
  auto* wait = static_cast<RequestWait*>(context);
  wait->status = status->Status;
  KeSetEvent(&wait->done, IO_NO_INCREMENT, FALSE);
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
  RequestWait wait;
  KeInitializeEvent(&wait.done, NotificationEvent, FALSE);
  CriticalScope critical(pdo);
  NTSTATUS status = RequestPower(pdo, IRP_MN_SET_POWER, power, WaitIsOver, &wait, po::kSentByMachine, nullptr);
  if (!NT_SUCCESS(status)) return status;
  KeWaitForSingleObject(&wait.done, Executive, KernelMode, FALSE, nullptr);
  return wait.status;
}

NTSTATUS SetSystemPower(Kernel& kernel, SYSTEM_POWER_STATE state, POWER_ACTION action) {
  if (state < PowerSystemWorking || state > PowerSystemShutdown) return STATUS_INVALID_PARAMETER;
  Busy busy(*kernel.pnp);  // devices neither come nor go on the way
  std::atomic<SYSTEM_POWER_STATE>& now = kernel.pnp->system_power;
  if (state == PowerSystemWorking) {
    if (now.exchange(state) != state) WakeEverybody(kernel, kernel.pnp->sleep_action);
    return STATUS_SUCCESS;
  }
  if (now.load() != PowerSystemWorking) return STATUS_INVALID_DEVICE_STATE;
  std::vector<PdoReference> devices = Devices(kernel);
  kernel.pnp->sleep_action = action;
  for (const PdoReference& device : devices) po::EndDirected(device);
  // Children were found after their parents: the newest go first.
  NTSTATUS result = STATUS_SUCCESS;
  if (state != PowerSystemShutdown) {
    for (size_t i = devices.size(); i-- > 0 && NT_SUCCESS(result);) {
      if (StateOf(devices[i]) == NodeState::kStarted) result = SendSystemPower(devices[i], IRP_MN_QUERY_POWER, state, action);
    }
    if (!NT_SUCCESS(result)) {  // refused: everybody hears that the system stays up
      WakeEverybody(kernel, action);
      return result;
    }
  }
  now = state;
  for (size_t i = devices.size(); i-- > 0;) {
    if (StateOf(devices[i]) == NodeState::kStarted) SendSystemPower(devices[i], IRP_MN_SET_POWER, state, action);
  }
  return result;
}

}  // namespace drydock::nt::pnp

namespace drydock::nt::po {

SYSTEM_POWER_STATE SystemState(Kernel& kernel) { return kernel.pnp->system_power.load(); }

}  // namespace drydock::nt::po

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
  if (!ex::MayAllocate(CurrentKernel(), sizeof(PowerRequest))) return STATUS_INSUFFICIENT_RESOURCES;
  return RequestPower(DeviceObject, MinorFunction, PowerState, CompletionFunction, Context, 0, Irp);
}

}  // extern "C"
