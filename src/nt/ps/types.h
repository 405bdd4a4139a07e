// The object types of threads and processes.
#pragma once

#include "nt/ob/object.h"

namespace drydock::nt::ps {

extern const ob::ObjectType kThreadType;
extern const ob::ObjectType kProcessType;

}  // namespace drydock::nt::ps
