// WMI: who provides data blocks, who consumes them, and the requests and events between the two.
// Called by:  the IoWMI DDIs, machine (drydock::Wmi). PASSIVE_LEVEL, except Fire (<= APC_LEVEL) and what only looks at tables.
// How:        registration asks the device for its blocks at once, in the caller's thread (on Windows a system thread may do it a moment later).
//             Blocks of static instance names get their names here: what a consumer sees always carries names.
//             Events go to consumers from a system worker, in the order they were fired.
// Ownership:  a provider stays in memory while a request to it is under way; its end (Deregister) waits for these.
// Locks:      `lock` guards the tables, never held over a call. `update` serialises the registration requests of one provider.
// Order of enabling, numbered: a block remembers what its device was told (events_on, collection_on). Whoever changes who consumes calls
//             Settle: S1 one task at a time brings a block to what is wanted (`settling`); S2 it looks again after each request, so that a
//             second task, which finds it settling, may leave the rest to it.
// Source:     public documentation of IRP_MJ_SYSTEM_CONTROL, WNODE_..., IoWMI...
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ntddk.h>
#include <wmistr.h>

#include "nt/kernel.h"
#include "nt/ob/object.h"
#include "runtime/lock.h"

namespace drydock::nt::io {

using WmiNode = std::vector<char>;  // a WNODE_..., with names

struct WmiInstance {
  std::u16string name;
  std::string data;
};

struct WmiBlock {
  GUID guid = {};
  ULONG flags = 0;  // WMIREG_FLAG_...
  bool dynamic = false;                // the provider knows the names
  std::vector<std::u16string> names;   // static ones
  bool events_on = false, collection_on = false, settling = false;
};

struct WmiProvider {
  DEVICE_OBJECT* device = nullptr;  // referenced
  std::u16string registry_path, mof_resource;
  KEVENT update;                    // serialises registration requests
  // --- under WmiState::lock ---
  std::vector<WmiBlock> blocks;
  bool closing = false;
  uint32_t busy = 0;                // requests under way
  KEVENT idle;
};

// An open data block (IoWMIOpenBlock).
struct WmiConsumer {
  GUID guid = {};
  bool wants_events = false;
  bool wants_collection = false;
  WMI_NOTIFICATION_CALLBACK callback = nullptr;
  void* context = nullptr;
  // The callback runs in this thread; the end of the consumer waits for it unless it is that thread's.
  void* delivering = nullptr;
  bool closing = false;
  KEVENT delivered;
};

struct WmiState {
  explicit WmiState(Kernel& owner);
  WmiState(const WmiState&) = delete;

  // --- providers ---
  NTSTATUS Register(DEVICE_OBJECT* device);
  NTSTATUS Update(DEVICE_OBJECT* device, bool anew);
  bool Deregister(DEVICE_OBJECT* device);  // false: is not registered
  bool Knows(DEVICE_OBJECT* device);
  size_t CountOf(DRIVER_OBJECT* driver);
  std::vector<GUID> Blocks();
  // Where the classes of providers are described: the driver's registry path and the name of the resource in its image.
  std::vector<std::pair<std::u16string, std::u16string>> MofResources();
  // Instances of a block; those of a block with dynamic names only its provider knows.
  std::vector<std::u16string> StaticNames(const GUID& guid);

  // --- requests ---
  // The nodes of every provider of the block.
  NTSTATUS QueryAll(const GUID& guid, std::vector<WmiNode>* nodes);
  NTSTATUS QuerySingle(const GUID& guid, std::u16string_view name, WmiNode* node);
  NTSTATUS Set(const GUID& guid, std::u16string_view name, ULONG version, std::string_view data);
  NTSTATUS SetItem(const GUID& guid, std::u16string_view name, ULONG version, ULONG item, std::string_view data);
  // `room`: the largest result. STATUS_BUFFER_TOO_SMALL: *needed is what it takes.
  NTSTATUS Execute(const GUID& guid, std::u16string_view name, ULONG method, std::string_view input, size_t room, std::string* output, ULONG* needed);
  NTSTATUS NameOf(const GUID& guid, DEVICE_OBJECT* device, std::u16string* name);

  // --- consumers and events ---
  void Add(std::shared_ptr<WmiConsumer> consumer);
  void Remove(const std::shared_ptr<WmiConsumer>& consumer);
  void Change(const std::shared_ptr<WmiConsumer>& consumer, bool events, bool collection, WMI_NOTIFICATION_CALLBACK callback, void* context);
  NTSTATUS Fire(const WNODE_HEADER* event);  // copies
  bool Known(const GUID& guid);

  Kernel& kernel;

 private:
  struct Place {  // of an instance
    std::shared_ptr<WmiProvider> provider;
    ULONG index = 0;
    WmiBlock block;  // a copy, without names
  };
  std::shared_ptr<WmiProvider> Find(DEVICE_OBJECT* device) RT_REQUIRES(lock_);
  NTSTATUS Send(WmiProvider& provider, UCHAR minor, void* data_path, void* buffer, ULONG size, ULONG_PTR* information);
  // Sends until the buffer is large enough for the answer.
  NTSTATUS SendNode(WmiProvider& provider, UCHAR minor, const GUID& guid, WmiNode* node);
  void Sent(WmiProvider& provider);
  NTSTATUS AskForBlocks(WmiProvider& provider, bool update);
  NTSTATUS AskAndMerge(WmiProvider& provider, bool update);
  bool Merge(WmiProvider& provider, const std::vector<char>& info, bool update, bool extended);
  std::vector<Place> PlacesOf(const GUID& guid, std::u16string_view name);
  template <class Build>
  NTSTATUS OnInstance(const GUID& guid, std::u16string_view name, UCHAR minor, Build build, WmiNode* answer);
  void AddNames(const WmiProvider& provider, WmiNode* node);
  void Settle(const GUID& guid);
  void SettleBlock(WmiProvider& provider, const GUID& guid);
  static VOID NTAPI DeliverRoutine(PVOID context);
  void Deliver();

  rt::Lock lock_;
  std::vector<std::shared_ptr<WmiProvider>> providers_ RT_GUARDED_BY(lock_);
  std::vector<std::shared_ptr<WmiConsumer>> consumers_ RT_GUARDED_BY(lock_);
  std::deque<WmiNode> events_ RT_GUARDED_BY(lock_);
  bool delivering_ RT_GUARDED_BY(lock_) = false;
  ULONG next_logger_ RT_GUARDED_BY(lock_) = 1;
  WORK_QUEUE_ITEM delivery_ = {};
};

extern const ob::ObjectType kWmiDataBlockType;  // what IoWMIOpenBlock gives out

// What is in a node that carries names. False: it is not well-formed.
bool ReadWmiNode(const WmiNode& node, std::vector<WmiInstance>* instances);

inline bool SameGuid(const GUID& a, const GUID& b) {
  const auto* x = reinterpret_cast<const ULONG*>(&a);
  const auto* y = reinterpret_cast<const ULONG*>(&b);
  return x[0] == y[0] && x[1] == y[1] && x[2] == y[2] && x[3] == y[3];
}

}  // namespace drydock::nt::io
