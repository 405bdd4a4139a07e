#include "nt/cm/notify.h"

#include <algorithm>
#include <utility>

#include "nt/cm/registry.h"
#include "nt/cm/state.h"
#include "nt/ob/handle_table.h"
#include "nt/thread.h"

namespace drydock::nt::cm {
namespace {

constexpr ULONG kAllChanges = REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_ATTRIBUTES | REG_NOTIFY_CHANGE_LAST_SET | REG_NOTIFY_CHANGE_SECURITY;

// Moves the watches that are over to those that are to be told. Under State::lock.
template <class Over>
void Finish(State& state, NTSTATUS status, Over over) {
  if (state.watches.empty()) return;
  const auto rest = std::stable_partition(state.watches.begin(), state.watches.end(), [&](const auto& watch) { return !over(*watch); });
  for (auto at = rest; at != state.watches.end(); ++at) {
    (*at)->status = status;
    state.to_tell.push_back(std::move(*at));
  }
  state.watches.erase(rest, state.watches.end());
  if (!state.to_tell.empty()) state.has_to_tell.store(true, std::memory_order_release);
}

bool IsBelow(const KeyNode* node, const KeyNode* above) {
  for (; node; node = node->parent)
    if (node == above) return true;
  return false;
}

void Tell(Watch& watch) {
  if (watch.iosb) {
    watch.iosb->Status = watch.status;
    watch.iosb->Information = 0;
  }
  if (watch.event) {
    KeSetEvent(watch.event, IO_NO_INCREMENT, FALSE);
    ob::Dereference(std::exchange(watch.event, nullptr));
  }
  if (watch.item) ExQueueWorkItem(watch.item, watch.queue);
  if (watch.someone_waits) KeSetEvent(&watch.told, IO_NO_INCREMENT, FALSE);
}

// A key that is to be watched, with a reference on its object meanwhile.
class KeyReference {
 public:
  explicit KeyReference(HANDLE handle) : status_(ob::ReferenceByHandle(handle, KEY_NOTIFY, &kKeyType, KernelMode, &body_)) {}
  KeyReference(const KeyReference&) = delete;
  ~KeyReference() {
    if (NT_SUCCESS(status_)) ob::Dereference(body_);
  }
  NTSTATUS status() const { return status_; }
  WatchedKey key() const { return {body_, static_cast<Key*>(body_)->node->get()}; }

 private:
  void* body_ = nullptr;
  const NTSTATUS status_;
};

// `more`: keys that are watched as well, whoever has handles to them.
NTSTATUS Notify(HANDLE handle, std::vector<WatchedKey> more, HANDLE event, PIO_APC_ROUTINE apc, PVOID context, PIO_STATUS_BLOCK iosb, ULONG filter,
                BOOLEAN tree, BOOLEAN asynchronous) {
  if ((filter & kAllChanges) == 0 || (filter & ~kAllChanges) != 0) return STATUS_INVALID_PARAMETER;
  // What stands in the place of an APC routine is a work item for callers in kernel mode.
  const auto queue = static_cast<WORK_QUEUE_TYPE>(reinterpret_cast<ULONG_PTR>(context));
  if (apc && queue != CriticalWorkQueue && queue != DelayedWorkQueue) return STATUS_INVALID_PARAMETER;
  Kernel& kernel = CurrentKernel();
  State& state = *kernel.cm;
  const KeyReference named(handle);
  if (!NT_SUCCESS(named.status())) return named.status();
  auto watch = std::make_shared<Watch>();
  watch->keys = std::move(more);
  watch->keys.push_back(named.key());
  if (event) {
    void* body = nullptr;
    if (const NTSTATUS status = ob::ReferenceByHandle(event, EVENT_MODIFY_STATE, &ob::kEventType, KernelMode, &body); !NT_SUCCESS(status)) return status;
    watch->event = static_cast<PKEVENT>(body);
    KeClearEvent(watch->event);
  }
  watch->filter = filter;
  watch->tree = tree != FALSE;
  watch->iosb = iosb;
  watch->item = reinterpret_cast<PWORK_QUEUE_ITEM>(apc);
  watch->queue = queue;
  watch->someone_waits = !asynchronous;
  KeInitializeEvent(&watch->told, NotificationEvent, FALSE);
  if (iosb) iosb->Status = STATUS_PENDING;
  {
    rt::LockGuard guard(state.lock);
    for (const WatchedKey& key : watch->keys) {
      if (!key.node->deleted) continue;
      if (watch->event) ob::Dereference(watch->event);
      return STATUS_KEY_DELETED;
    }
    state.watches.push_back(watch);
  }
  if (asynchronous) return STATUS_PENDING;
  KeWaitForSingleObject(&watch->told, Executive, KernelMode, FALSE, nullptr);
  return watch->status;
}

}  // namespace

void NoteChange(State& state, const KeyNode& node, ULONG change) {
  Finish(state, STATUS_SUCCESS, [&](const Watch& watch) {
    return (watch.filter & change) != 0 && std::any_of(watch.keys.begin(), watch.keys.end(), [&](const WatchedKey& key) {
             return key.node == &node || (watch.tree && IsBelow(&node, key.node));
           });
  });
}

void NoteDeletion(State& state, const KeyNode& node) {
  Finish(state, STATUS_KEY_DELETED, [&](const Watch& watch) {
    return std::any_of(watch.keys.begin(), watch.keys.end(), [&](const WatchedKey& key) { return key.node == &node; });
  });
}

void TellWatches(Kernel& kernel) {
  State& state = *kernel.cm;
  if (!state.has_to_tell.load(std::memory_order_acquire)) return;
  std::vector<std::shared_ptr<Watch>> list;
  {
    rt::LockGuard guard(state.lock);
    list.swap(state.to_tell);
    state.has_to_tell.store(false, std::memory_order_relaxed);
  }
  for (const auto& watch : list) Tell(*watch);
}

void EndWatches(Kernel& kernel, void* key_body) {
  {
    rt::LockGuard guard(kernel.cm->lock);
    Finish(*kernel.cm, STATUS_NOTIFY_CLEANUP, [&](const Watch& watch) {
      return std::any_of(watch.keys.begin(), watch.keys.end(), [&](const WatchedKey& key) { return key.handle_body == key_body; });
    });
  }
  if (CurrentThreadOrNull()) TellWatches(kernel);
}

}  // namespace drydock::nt::cm

using namespace drydock::nt;

extern "C" {

NTSTATUS ZwNotifyChangeKey(HANDLE KeyHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                           ULONG CompletionFilter, BOOLEAN WatchTree, PVOID Buffer, ULONG BufferSize, BOOLEAN Asynchronous) {
  if (Buffer || BufferSize != 0) return STATUS_INVALID_PARAMETER;  // reserved
  return cm::Notify(KeyHandle, {}, Event, ApcRoutine, ApcContext, IoStatusBlock, CompletionFilter, WatchTree, Asynchronous);
}

NTSTATUS ZwNotifyChangeMultipleKeys(HANDLE MasterKeyHandle, ULONG Count, OBJECT_ATTRIBUTES SubordinateObjects[], HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                    PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, ULONG CompletionFilter, BOOLEAN WatchTree, PVOID Buffer,
                                    ULONG BufferSize, BOOLEAN Asynchronous) {
  if (Count > 1 || (Count == 1 && !SubordinateObjects)) return STATUS_INVALID_PARAMETER;  // as documented, one at most
  if (Count == 0)
    return ZwNotifyChangeKey(MasterKeyHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, CompletionFilter, WatchTree, Buffer, BufferSize, Asynchronous);
  if (Buffer || BufferSize != 0) return STATUS_INVALID_PARAMETER;
  HANDLE other = nullptr;
  NTSTATUS status = ZwOpenKey(&other, KEY_NOTIFY, SubordinateObjects);
  if (!NT_SUCCESS(status)) return status;
  {
    const cm::KeyReference named(other);
    status = named.status();
    if (NT_SUCCESS(status))
      status = cm::Notify(MasterKeyHandle, {{nullptr, named.key().node}}, Event, ApcRoutine, ApcContext, IoStatusBlock, CompletionFilter, WatchTree, Asynchronous);
  }
  ob::CloseHandle(other, KernelMode);
  return status;
}

}  // extern "C"
