#include "nt/io/irp.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "nt/io/irp_cache.h"
#include "nt/io/state.h"
#include "nt/io/trace_kinds.h"
#include "nt/trace.h"
#include "runtime/assert.h"

#if DRYDOCK_IO_SANITIZED
#include <sanitizer/asan_interface.h>
#endif

namespace drydock::nt::io {
namespace {

size_t IrpBytes(int stack_size) { return sizeof(IRP) + stack_size * sizeof(IO_STACK_LOCATION); }

void Poison(IrpHeader* header) {
#if DRYDOCK_IO_SANITIZED
  ASAN_POISON_MEMORY_REGION(IrpOf(header), IrpBytes(header->stack_size));
#else
  IrpOf(header)->Type = 0;
#endif
}

void Unpoison(IrpHeader* header) {
#if DRYDOCK_IO_SANITIZED
  ASAN_UNPOISON_MEMORY_REGION(IrpOf(header), IrpBytes(header->stack_size));
#endif
}

IrpHeader* NewChunk(Kernel& kernel, int stack_size) {
  auto* header = static_cast<IrpHeader*>(std::aligned_alloc(16, (sizeof(IrpHeader) + IrpBytes(stack_size) + 15) & ~size_t{15}));
  if (!header) return nullptr;
  new (header) IrpHeader{};
  header->stack_size = static_cast<uint8_t>(stack_size);
  State& state = *kernel.io;
  rt::LockGuard guard(state.lock);
  header->next_chunk = state.irp_chunks;
  state.irp_chunks = header;
  return header;
}

LIST_ENTRY* ListHead(Thread& thread) { return reinterpret_cast<LIST_ENTRY*>(thread.irp_list); }

void EnsureListHead(Thread& thread) {
  LIST_ENTRY* head = ListHead(thread);
  if (!head->Flink) head->Flink = head->Blink = head;
}

uint8_t BufferClassFor(size_t bytes) {
  if (DRYDOCK_IO_SANITIZED || bytes > 4096) return IrpCache::kHeapBuffer;
  uint8_t size_class = 1;
  for (size_t room = 128; room < bytes; room *= 2) ++size_class;
  return size_class;
}

// Puts the memory of a freed IRP into the calling thread's cache.
void Recycle(IrpHeader* header) {
  Thread* thread = CurrentThreadOrNull();
  RT_ASSERT(thread != nullptr);
  __atomic_store_n(&header->live, false, __ATOMIC_RELEASE);
  Poison(header);
  IrpCache::IrpList* kept = header->stack_size <= IrpCache::kMaxStack ? &CacheOf(*thread).irps[header->stack_size] : nullptr;
  if (!kept || kept->count > IrpCache::kKeepIrps) {
    State& state = *thread->kernel->io;
    rt::LockGuard guard(state.lock);
    header->next_free = state.spare_irps[header->stack_size];
    state.spare_irps[header->stack_size] = header;
    return;
  }
  IrpCache::IrpList& list = *kept;
  header->next_free = nullptr;
  if (DRYDOCK_IO_SANITIZED && list.last) {
    list.last->next_free = header;
  } else {
    header->next_free = list.first;
    list.first = header;
  }
  if (!header->next_free) list.last = header;
  ++list.count;
}

IrpHeader* TakeFree(Thread& thread, int stack_size) {
  if (stack_size <= IrpCache::kMaxStack) {
    IrpCache::IrpList& list = CacheOf(thread).irps[stack_size];
    if (list.first && (!DRYDOCK_IO_SANITIZED || list.count >= IrpCache::kKeepIrps)) {
      IrpHeader* header = list.first;
      list.first = header->next_free;
      if (!list.first) list.last = nullptr;
      --list.count;
      return header;
    }
  }
  State& state = *thread.kernel->io;
  rt::LockGuard guard(state.lock);
  IrpHeader* header = state.spare_irps[stack_size];
  if (header) state.spare_irps[stack_size] = header->next_free;
  return header;
}

void DropHold(IrpHeader* header) {
  if (header->holds.fetch_sub(1, std::memory_order_acq_rel) == 1) Recycle(header);
}

}  // namespace

IrpCache& CacheOf(Thread& thread) {
  if (__builtin_expect(thread.irp_cache != nullptr, 1)) return *thread.irp_cache;
  auto* cache = new IrpCache;
  cache->kernel = thread.kernel;
  cache->thread = &thread;
  EnsureListHead(thread);
  State& state = *thread.kernel->io;
  rt::LockGuard guard(state.lock);
  cache->next = state.caches;
  state.caches = cache;
  thread.irp_cache = cache;
  return *cache;
}

IRP* AllocateIrp(Thread& thread, CCHAR stack_size, const void* maker) {
  if (stack_size < 1) stack_size = 1;
  IrpHeader* header = TakeFree(thread, stack_size);
  if (!header) {
    header = NewChunk(*thread.kernel, stack_size);
    if (!header) return nullptr;
  }
  Unpoison(header);
  header->next_free = nullptr;
  header->list_owner = nullptr;
  header->sender = nullptr;
  header->finish = nullptr;
  header->finish_context = nullptr;
  __atomic_store_n(&header->maker, maker, __ATOMIC_RELAXED);
  header->holds.store(1, std::memory_order_relaxed);
  header->discard_context = nullptr;
  header->completion.Reset();
  __atomic_store_n(&header->live, true, __ATOMIC_RELEASE);
  header->buffer_class = 0;
  header->buffer = nullptr;
  header->noted_code.store(nullptr, std::memory_order_relaxed);
  IRP* irp = IrpOf(header);
  IoInitializeIrp(irp, static_cast<USHORT>(IrpBytes(stack_size)), stack_size);
  irp->AllocationFlags = kIrpHasHeader | IRP_ALLOCATED_FIXED_SIZE;
  if (thread.kernel->events.enabled()) RecordEvent(*thread.kernel, kIrpAllocate, TraceId(irp), stack_size);
  return irp;
}

void FreeIrp(IRP* irp) {
  IrpHeader& header = HeaderOf(irp);
  Thread& thread = CurrentThread();
  if (header.list_owner) Unqueue(irp);
  if (header.buffer) FreeSystemBuffer(irp);
  if (thread.kernel->events.enabled()) RecordEvent(*thread.kernel, kIrpFree, TraceId(irp));
  // Nobody can take a new hold once the IRP is off its list, so that a lone hold is ours.
  if (header.holds.load(std::memory_order_acquire) == 1) {
    header.holds.store(0, std::memory_order_relaxed);
    Recycle(&header);
  } else {
    DropHold(&header);
  }
}

uint32_t TraceId(IRP* irp) { return TraceId(CurrentKernel(), irp); }

uint32_t TraceId(Kernel& kernel, IRP* irp) {
  uint32_t id;
  char* place = reinterpret_cast<char*>(irp) + 4;
  std::memcpy(&id, place, sizeof id);
  if (id == 0) {
    id = kernel.NextTraceId();
    std::memcpy(place, &id, sizeof id);
  }
  return id;
}

void QueueToThread(IRP* irp, Thread& thread) {
  IrpCache& cache = CacheOf(thread);
  LIST_ENTRY* head = ListHead(thread);
  rt::LockGuard guard(cache.list_lock);
  LIST_ENTRY* entry = &irp->ThreadListEntry;
  entry->Flink = head;
  entry->Blink = head->Blink;
  head->Blink->Flink = entry;
  head->Blink = entry;
  if (HasHeader(irp)) HeaderOf(irp).list_owner = &cache;
}

void Unqueue(IRP* irp) {
  IrpHeader& header = HeaderOf(irp);
  IrpCache* cache = header.list_owner;
  if (!cache) return;
  bool last_of_ending;
  {
    rt::LockGuard guard(cache->list_lock);
    LIST_ENTRY* entry = &irp->ThreadListEntry;
    entry->Flink->Blink = entry->Blink;
    entry->Blink->Flink = entry->Flink;
    entry->Flink = entry->Blink = entry;
    header.list_owner = nullptr;
    LIST_ENTRY* head = ListHead(*cache->thread);
    last_of_ending = cache->ending && head->Flink == head;
  }
  if (last_of_ending) KeSetEvent(&cache->empty, IO_NO_INCREMENT, FALSE);
}

void BeginSynchronous(IRP* irp, Thread& thread) {
  IrpCache& cache = CacheOf(thread);
  IrpHeader& header = HeaderOf(irp);
  header.sender = &thread;
  header.outer_sync = cache.synchronous.load(std::memory_order_relaxed);
  cache.synchronous.store(&header, std::memory_order_release);
}

void EndSynchronous(IRP* irp, Thread& thread) {
  IrpCache& cache = *thread.irp_cache;
  cache.synchronous.exchange(HeaderOf(irp).outer_sync, std::memory_order_seq_cst);
  if (__builtin_expect(cache.searching.load(std::memory_order_seq_cst), 0)) {
    rt::LockGuard guard(cache.list_lock);
  }
}

namespace {

bool IsMeant(const IRP* irp, const FILE_OBJECT* file, const IO_STATUS_BLOCK* iosb) {
  return !IsCancelled(irp) && (!file || irp->Tail.Overlay.OriginalFileObject == file) && (!iosb || irp->UserIosb == iosb);
}

// The next IRP of the thread that was not asked yet, with a hold; null: none.
IrpHeader* HoldNextUncancelled(IrpCache& cache, Thread& thread, FILE_OBJECT* file, const IO_STATUS_BLOCK* iosb) {
  rt::LockGuard guard(cache.list_lock);
  LIST_ENTRY* head = ListHead(thread);
  for (LIST_ENTRY* entry = head->Flink; entry && entry != head; entry = entry->Flink) {
    IRP* irp = CONTAINING_RECORD(entry, IRP, ThreadListEntry);
    if (!IsMeant(irp, file, iosb)) continue;
    IrpHeader& header = HeaderOf(irp);
    header.holds.fetch_add(1, std::memory_order_relaxed);
    return &header;
  }
  cache.searching.store(true, std::memory_order_seq_cst);
  IrpHeader* found = cache.synchronous.load(std::memory_order_seq_cst);
  while (found && !IsMeant(IrpOf(found), file, iosb)) found = found->outer_sync;
  if (found) found->holds.fetch_add(1, std::memory_order_relaxed);
  cache.searching.store(false, std::memory_order_seq_cst);
  return found;
}

}  // namespace

void HoldIrp(IRP* irp) { HeaderOf(irp).holds.fetch_add(1, std::memory_order_relaxed); }
void ReleaseIrp(IRP* irp) { DropHold(&HeaderOf(irp)); }

namespace {

// Of one thread's requests, or of all; a thread may end meanwhile.
uint32_t CancelIrps(Kernel& kernel, const Thread* thread, FILE_OBJECT* file, const IO_STATUS_BLOCK* iosb) {
  uint32_t count = 0;
  State& state = *kernel.io;
  for (;;) {
    IrpHeader* found = nullptr;
    {
      // A cache leaves this list only under the lock, so that its thread is alive while we look.
      rt::LockGuard guard(state.lock);
      for (IrpCache* cache = state.caches; cache && !found; cache = cache->next) {
        if (thread == nullptr || cache->thread == thread) found = HoldNextUncancelled(*cache, *cache->thread, file, iosb);
      }
    }
    if (!found) return count;
    IoCancelIrp(IrpOf(found));
    DropHold(found);
    ++count;
  }
}

}  // namespace

uint32_t CancelThreadIrps(Thread& thread, FILE_OBJECT* file) { return CancelIrps(*thread.kernel, &thread, file, nullptr); }

uint32_t CancelFileIrps(Kernel& kernel, FILE_OBJECT* file, const IO_STATUS_BLOCK* iosb) { return CancelIrps(kernel, nullptr, file, iosb); }

void ThreadEnding(Thread& thread) {
  if (!thread.irp_cache) return;
  CancelThreadIrps(thread, nullptr);
  IrpCache& cache = *thread.irp_cache;
  {
    rt::LockGuard guard(cache.list_lock);
    LIST_ENTRY* head = ListHead(thread);
    if (head->Flink == head) return;
    KeInitializeEvent(&cache.empty, NotificationEvent, FALSE);
    cache.ending = true;
  }
  // As on Windows a thread does not end before its requests: a driver that never completes one keeps it here.
  KeWaitForSingleObject(&cache.empty, Executive, KernelMode, FALSE, nullptr);
}

void ThreadEnded(Thread& thread) {
  IrpCache* cache = thread.irp_cache;
  if (!cache) return;
  thread.irp_cache = nullptr;
  State* state = thread.kernel->io.get();
  if (state) {
    rt::LockGuard guard(state->lock);
    for (IrpCache** link = &state->caches; *link; link = &(*link)->next) {
      if (*link == cache) {
        *link = cache->next;
        break;
      }
    }
    // Memory of IRPs stays with the machine: free ones are handed to the pool of the state.
    for (IrpCache::IrpList& list : cache->irps) {
      while (IrpHeader* header = list.first) {
        list.first = header->next_free;
        header->next_free = state->spare_irps[header->stack_size];
        state->spare_irps[header->stack_size] = header;
      }
    }
  }
  for (IrpCache::BufferList& list : cache->buffers) {
    while (FreeBuffer* buffer = list.first) {
      list.first = buffer->next;
      std::free(buffer);
    }
  }
  delete cache;
}

void* AllocateSystemBuffer(Thread& thread, IRP* irp, size_t bytes) {
  IrpHeader& header = HeaderOf(irp);
  RT_ASSERT(header.buffer == nullptr);
  uint8_t size_class = BufferClassFor(bytes);
  void* memory = nullptr;
  if (size_class != IrpCache::kHeapBuffer) {
    IrpCache::BufferList& list = CacheOf(thread).buffers[size_class];
    if (FreeBuffer* buffer = list.first) {
      list.first = buffer->next;
      --list.count;
      memory = buffer;
    } else {
      memory = std::malloc(size_t{64} << size_class);
    }
  } else {
    memory = std::malloc(bytes ? bytes : 1);
  }
  if (!memory) return nullptr;
  header.buffer = memory;
  header.buffer_class = size_class;
  return memory;
}

void FreeSystemBuffer(IRP* irp) {
  IrpHeader& header = HeaderOf(irp);
  void* memory = header.buffer;
  if (!memory) return;
  header.buffer = nullptr;
  if (header.buffer_class == IrpCache::kHeapBuffer) {
    std::free(memory);
    return;
  }
  IrpCache::BufferList& list = CacheOf(CurrentThread()).buffers[header.buffer_class];
  if (list.count >= IrpCache::kKeepBuffers) {
    std::free(memory);
    return;
  }
  auto* buffer = static_cast<FreeBuffer*>(memory);
  buffer->next = list.first;
  list.first = buffer;
  ++list.count;
}

size_t LiveIrps(Kernel& kernel, LiveIrp* out, size_t capacity, ImageRange made_in) {
  size_t count = 0;
  State& state = *kernel.io;
  rt::LockGuard guard(state.lock);
  for (IrpHeader* chunk = state.irp_chunks; chunk; chunk = chunk->next_chunk) {
    if (!__atomic_load_n(&chunk->live, __ATOMIC_ACQUIRE)) continue;
    const auto* maker = static_cast<const char*>(__atomic_load_n(&chunk->maker, __ATOMIC_RELAXED));
    if (made_in.start && (maker < made_in.start || maker >= made_in.start + made_in.size)) continue;
    if (count < capacity) {
      IRP* irp = IrpOf(chunk);
      auto* location = irp->CurrentLocation <= irp->StackCount ? irp->Tail.Overlay.CurrentStackLocation : nullptr;
      uint32_t id;
      std::memcpy(&id, reinterpret_cast<char*>(irp) + 4, sizeof id);
      out[count] = {id, location ? location->MajorFunction : UCHAR{0xFF}, maker};
    }
    ++count;
  }
  return count;
}

void FreeAllIrps(State& state) {
  while (IrpHeader* header = state.irp_chunks) {
    state.irp_chunks = header->next_chunk;
    Unpoison(header);
    if (header->live && header->discard_context) header->discard_context(header->finish_context);
    std::free(header->buffer);
    std::free(header);
  }
}

const char* MajorFunctionName(UCHAR major) {
  static const char* const kNames[] = {
      "IRP_MJ_CREATE", "IRP_MJ_CREATE_NAMED_PIPE", "IRP_MJ_CLOSE", "IRP_MJ_READ", "IRP_MJ_WRITE", "IRP_MJ_QUERY_INFORMATION",
      "IRP_MJ_SET_INFORMATION", "IRP_MJ_QUERY_EA", "IRP_MJ_SET_EA", "IRP_MJ_FLUSH_BUFFERS", "IRP_MJ_QUERY_VOLUME_INFORMATION",
      "IRP_MJ_SET_VOLUME_INFORMATION", "IRP_MJ_DIRECTORY_CONTROL", "IRP_MJ_FILE_SYSTEM_CONTROL", "IRP_MJ_DEVICE_CONTROL",
      "IRP_MJ_INTERNAL_DEVICE_CONTROL", "IRP_MJ_SHUTDOWN", "IRP_MJ_LOCK_CONTROL", "IRP_MJ_CLEANUP", "IRP_MJ_CREATE_MAILSLOT",
      "IRP_MJ_QUERY_SECURITY", "IRP_MJ_SET_SECURITY", "IRP_MJ_POWER", "IRP_MJ_SYSTEM_CONTROL", "IRP_MJ_DEVICE_CHANGE",
      "IRP_MJ_QUERY_QUOTA", "IRP_MJ_SET_QUOTA", "IRP_MJ_PNP"};
  return major < sizeof kNames / sizeof *kNames ? kNames[major] : "IRP_MJ_(unknown)";
}

}  // namespace drydock::nt::io
