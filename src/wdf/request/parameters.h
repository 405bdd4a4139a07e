// What a request asks for, in the form of WDF_REQUEST_PARAMETERS.
// Called by:  WdfRequestGetParameters, WdfIoQueueFindRequest. `out->Size` is kept. False: the request has no IRP, nothing was written.
// Source:     IOT-7.14, IOT-7.16.
#pragma once

#include "wdf/sdk.h"

namespace drydock::wdf {

class Request;

bool FillParameters(const Request& request, WDF_REQUEST_PARAMETERS* out);

}  // namespace drydock::wdf
