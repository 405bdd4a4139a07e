// Where an IRP is, in words. Called by: ke's stall description, through ke::State::describe_irp. Any task; takes no lock that is held
// over a call.
#pragma once

#include <string>

#include "nt/ke/wait_info.h"

namespace drydock::nt {
struct Kernel;
}

namespace drydock::nt::io {

// `held`: set where it is known. "IRP 12 (IRP_MJ_READ) is held by \Device\Foo (\Driver\bar), which set no cancel routine".
void DescribeIrp(Kernel& kernel, const void* irp, std::string& out, ke::IrpHeld& held);

}  // namespace drydock::nt::io
