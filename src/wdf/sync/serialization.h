// Serialization: whether the callback of a timer, DPC or work item runs under its parent's callback lock, and at which level.
// Called by:  WdfTimerCreate, WdfDpcCreate, WdfWorkItemCreate, WdfInterruptCreate; <= DISPATCH_LEVEL.
// Errors:     STATUS_INVALID_DEVICE_REQUEST (no device above the parent), STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL.
// Source:     SYN-07, SYN-10, SYN-19 to SYN-22, O-19, O-20, DEVX-17.
#pragma once

#include "wdf/object/object.h"

namespace drydock::wdf {

enum class SerializedKind : uint8_t { kDpc, kTimer, kPassiveTimer, kWorkItem };

// `lock` is null when nothing is to be taken (AutomaticSerialization FALSE, or the parent's scope is None).
NTSTATUS ResolveSerialization(const Object& parent, bool automatic, SerializedKind kind, CallbackLock** lock);

}  // namespace drydock::wdf
