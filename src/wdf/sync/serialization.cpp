#include "wdf/sync/serialization.h"

namespace drydock::wdf {

NTSTATUS ResolveSerialization(const Object& parent, bool automatic, SerializedKind kind, CallbackLock** lock) {
  *lock = nullptr;
  if (!parent.device()) return STATUS_INVALID_DEVICE_REQUEST;
  if (!automatic || parent.synchronization_scope() == WdfSynchronizationScopeNone) return STATUS_SUCCESS;
  const bool wants_passive = kind == SerializedKind::kWorkItem || kind == SerializedKind::kPassiveTimer;
  if (parent.passive_by_own_attributes() != wants_passive) return STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL;
  *lock = parent.callback_lock();
  return STATUS_SUCCESS;
}

}  // namespace drydock::wdf
