// RemoteOpen: what only a remote target has: the values of its last open, kept for Reopen, and its removal notification.
// Called by:  ddi_open.cpp, IoTarget (close, deletion), the PnP manager's notification. PASSIVE_LEVEL.
// Ownership:  the target's, from WdfIoTargetCreate until its destructor. An open target holds references on device and file object and,
//             opened by name, a handle; closing gives them back. The notification stays registered while the target is closed for
//             query-remove, so that the outcome is heard.
// Errors:     of opening: IOX-35, IOX-36, OP-29.
// Source:     IOT-1.04..1.25, IOT-6.19..6.28, IOX-35..37, OP-28, OP-29.
#pragma once

#include <string>
#include <vector>

#include "wdf/framework.h"

namespace drydock::wdf {

class IoTarget;

struct RemoteOpen {
  // Saved by a successful OpenByName, for Reopen.
  bool can_reopen = false;
  std::u16string name;
  ACCESS_MASK access = 0;
  ULONG share = 0;
  ULONG attributes = 0;
  ULONG disposition = 0;
  ULONG options = 0;
  std::vector<unsigned char> ea;
  bool has_allocation_size = false;
  LONGLONG allocation_size = 0;

  // Of the last successful open.
  PFN_WDF_IO_TARGET_QUERY_REMOVE query_remove = nullptr;
  PFN_WDF_IO_TARGET_REMOVE_CANCELED remove_canceled = nullptr;
  PFN_WDF_IO_TARGET_REMOVE_COMPLETE remove_complete = nullptr;
  PVOID notification = nullptr;
};

NTSTATUS OpenRemote(IoTarget& target, PWDF_IO_TARGET_OPEN_PARAMS params);
// WdfIoTargetOpen with type Reopen, without a structure of the driver's (IOX-37).
NTSTATUS ReopenRemote(IoTarget& target, ULONG* file_information);

enum class CloseReason : uint8_t { kQueryRemove, kClose, kDelete };
// Gives back what an open holds; nothing for targets that are not remote. The target's books are empty.
void CloseRemote(IoTarget& target, CloseReason reason);

// removal.cpp: registers for target-device-change; a failure is ignored (IOX-36).
void RegisterForRemoval(IoTarget& target, PFILE_OBJECT file);
void UnregisterForRemoval(RemoteOpen& remote);

// 2.33 names it WdfIoTargetOpenLocalTargetByFile; KMDF's header does not.
inline constexpr int kOpenLocalTargetByFile = 4;

}  // namespace drydock::wdf
