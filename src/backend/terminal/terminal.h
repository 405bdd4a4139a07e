// Terminal: a Linux tty or pty as a serial port.
// Called by:  the I/O manager, through ModelDevice; requests at IRQL <= DISPATCH_LEVEL.
// Reads:      complete with the full length, or with what is there when a time-out set by IOCTL_SERIAL_SET_TIMEOUTS runs out; they wait
//             in order and can be cancelled.
// Threads:    a service task of the machine waits for the terminal (live); under the simulated executor the terminal is looked at when a
//             request arrives and every 10 ms of virtual time while one waits, each time for up to a millisecond of real time, and for at
//             most ten virtual seconds without news (the world outside has no part in virtual time).
// Source:     public documentation of the serial IOCTLs (ntddser.h).
#pragma once

#include <memory>
#include <string>

#include "backend/model.h"
#include "backend/posix.h"

namespace drydock::backend {

// Null: `error` says why. Puts the terminal into raw mode.
std::unique_ptr<ModelDevice> CreateTerminal(nt::Kernel& kernel, UniqueFd fd, std::string* error);

}  // namespace drydock::backend
