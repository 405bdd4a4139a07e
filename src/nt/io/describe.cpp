// Where an IRP is: for the report of a wait that nobody can end.
#include "nt/io/describe.h"

#include "nt/io/device.h"
#include "nt/io/irp.h"
#include "nt/kernel.h"

namespace drydock::nt::io {

void DescribeIrp(Kernel& kernel, const void* pointer, std::string& out) {
  auto* irp = static_cast<IRP*>(const_cast<void*>(pointer));
  if (HasHeader(irp) && !HeaderOf(irp).live) return;
  out += "IRP " + std::to_string(TraceId(kernel, irp));
  if (irp->CurrentLocation > irp->StackCount) {
    out += irp->CurrentLocation > irp->StackCount + 1 ? " is complete" : " is with the driver that made it";
    return;
  }
  const IO_STACK_LOCATION* location = irp->Tail.Overlay.CurrentStackLocation;
  out += std::string(" (") + MajorFunctionName(location->MajorFunction) + ") is held by " + Describe(location->DeviceObject);
  if (CancelRoutineOf(irp)) {
    out += ", which lets it be cancelled";
  } else if (IsCancelled(irp)) {
    out += ", which was asked to cancel it and has not completed it";
  } else {
    out += ", which set no cancel routine";
  }
}

}  // namespace drydock::nt::io
