// Where an IRP is: for the report of a wait that nobody can end.
#include "nt/io/describe.h"

#include "nt/io/device.h"
#include "nt/io/irp.h"
#include "nt/ke/drivers_wait.h"
#include "nt/kernel.h"

namespace drydock::nt::io {

void DescribeIrp(Kernel& kernel, const void* pointer, std::string& out, ke::IrpHeld& held) {
  auto* irp = static_cast<IRP*>(const_cast<void*>(pointer));
  if (HasHeader(irp) && !HeaderOf(irp).live) return;
  out += "IRP " + std::to_string(TraceId(kernel, irp));
  if (irp->CurrentLocation > irp->StackCount) {
    out += irp->CurrentLocation > irp->StackCount + 1 ? " is complete" : " is with the driver that made it";
    return;
  }
  const IO_STACK_LOCATION* location = irp->Tail.Overlay.CurrentStackLocation;
  out += std::string(" (") + MajorFunctionName(location->MajorFunction) + ") is held by " + Describe(location->DeviceObject);
  if (HasHeader(irp)) {
    const IrpHeader& header = HeaderOf(irp);
    const void* code = header.noted_code.load(std::memory_order_relaxed);
    if (code && header.noted_location.load(std::memory_order_relaxed) == irp->CurrentLocation && ke::IsCallerOutside(code))
      held = {header.noted.load(std::memory_order_relaxed), code};
  }
  if (CancelRoutineOf(irp)) {
    out += ", which lets it be cancelled";
  } else if (IsCancelled(irp)) {
    out += ", which was asked to cancel it and has not completed it";
  } else {
    out += ", which set no cancel routine";
  }
}

}  // namespace drydock::nt::io
