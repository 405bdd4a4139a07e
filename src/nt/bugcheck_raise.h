// The last step of every bug check, for those who bring their own stack (faults). Others call BugCheck.
#pragma once

#include "nt/bugcheck.h"

namespace drydock::nt {

[[noreturn]] void RaiseBugCheck(BugCheckData data);

}  // namespace drydock::nt
