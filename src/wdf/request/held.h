// What a driver does with a request that it keeps: told by the report of a wait that nobody can end.
// Called by:  the functions that take a request or put it somewhere, on the driver's call. Source: docs/testkit.md, "Reports".
#pragma once

#include "nt/io/irp.h"
#include "nt/ke/drivers_wait.h"
#include "wdf/request/request.h"

namespace drydock::wdf {

// `function`: the one that the driver called, "WdfRequestForwardToIoQueue". Before the request can go elsewhere.
inline void NoteCall(const Request* request, const char* function) {
  if (request) nt::io::NoteHeld(request->irp, function, nt::ke::CallerOutside());
}

// It is given to this callback.
template <class Function>
void NoteGiven(const Request& request, const char* name, Function* callback) {
  nt::io::NoteHeld(request.irp, name, reinterpret_cast<const void*>(callback));
}

}  // namespace drydock::wdf
