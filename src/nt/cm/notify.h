// Who waits for changes of keys: ZwNotifyChangeKey, ZwNotifyChangeMultipleKeys.
// Called by:  cm, wherever the tree changes. State::lock guards lists and watches; nobody is told under it.
// Ownership:  a watch holds its event until it was told. It ends with the first change, with the last handle to its key, or with the key.
// Source:     public documentation of ZwNotifyChangeKey and NtNotifyChangeMultipleKeys. Not documented and chosen: STATUS_NOTIFY_CLEANUP
//             for a handle that was closed (as for folders), STATUS_KEY_DELETED for a key that went; changes while nobody waits are not kept.
#pragma once

#include <memory>
#include <vector>

#include <ntddk.h>

namespace drydock::nt {
struct Kernel;
}

namespace drydock::nt::cm {

struct KeyNode;
struct State;

struct WatchedKey {
  void* handle_body;  // the Key object that was named; its last handle ends the watch. Null: named by its path
  const KeyNode* node;
};

struct Watch {
  std::vector<WatchedKey> keys;
  ULONG filter = 0;  // REG_NOTIFY_CHANGE_*
  bool tree = false;
  PIO_STATUS_BLOCK iosb = nullptr;
  PKEVENT event = nullptr;  // referenced
  PWORK_QUEUE_ITEM item = nullptr;
  WORK_QUEUE_TYPE queue = DelayedWorkQueue;
  NTSTATUS status = STATUS_PENDING;
  bool someone_waits = false;
  KEVENT told;              // for a call that waits
};

// Under State::lock: a change of the node itself (its values) or of what is right below it (names).
void NoteChange(State& state, const KeyNode& node, ULONG change);
void NoteDeletion(State& state, const KeyNode& node);  // of the node itself
// Not under any lock: tells those whom a change concerned.
void TellWatches(Kernel& kernel);
// The last handle of a Key object was closed.
void EndWatches(Kernel& kernel, void* key_body);

}  // namespace drydock::nt::cm
