// Non-maskable interrupts: what drivers registered for them, and one that arrives.
// Called by:  who plays the hardware; any task. Errors: nobody takes it: bug check NMI_HARDWARE_FAILURE, as on Windows.
#pragma once

namespace drydock::nt {
struct Kernel;
}

namespace drydock::nt::ke {

void DeliverNmi(Kernel& kernel);

}  // namespace drydock::nt::ke
