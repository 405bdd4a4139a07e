// Whether an application of a simulated machine can go on by itself.
// Called by:  machine, between two steps of the simulation (none of the program's threads runs meanwhile), nothing locked but its own.
#pragma once

#include <cstdint>

namespace drydock::nt::win32 {

struct Program;

struct Standstill {
  uint64_t progress = 0;       // another number once one of its threads has run
  bool waits_for_ever = true;  // every thread, without a time-out
  bool asks_user = false;      // it reads the console, or somebody has to stop it: a console control handler, a service
};
Standstill LookAt(Program& program);

}  // namespace drydock::nt::win32
