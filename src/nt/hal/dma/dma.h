// DMA services of one machine: adapters, map registers, who waits for them, scatter/gather lists, channels of the system's DMA controller.
// Called by:  drivers and wdf/dma through DMA_OPERATIONS (IoGetDmaAdapter), models through drydock::DmaSpace and DmaChannel.
// IRQL:       IoGetDmaAdapter, PutDmaAdapter, common buffers: PASSIVE_LEVEL; all else <= DISPATCH_LEVEL. Execution routines and completion
//             routines run at DISPATCH_LEVEL, on the caller's task when what they need is free, else on that of whoever gives it back.
// Map registers: a page of bounce memory each. A transfer goes through them when the device has no scatter/gather (its buffer must look like one
//             piece), when its address lines do not reach the memory (all of Linux' memory is above 4 GB), or when the machine double-buffers
//             everything; otherwise the device has the buffer itself. What a device wrote to a map register reaches the buffer with the flush.
//   Each adapter may have as many as IoGetDmaAdapter told; the machine has a pool. Requests are served in order, per adapter (per channel for
//   the system's controller); a request that must wait for the pool does not hold up other adapters.
// Exclusive use: between an AdapterControl's call and FreeAdapterChannel, or its return with one of the Deallocate... values.
// Errors:     misuse that corrupts memory on Windows is bug check 0xE6 with Driver Verifier's sub-code; leaks are reported.
// Locks:      State::lock guards everything here; never held over a call into a driver, a model, or LogicalSpace::Report.
// Source:     public documentation of DMA_OPERATIONS, DEVICE_DESCRIPTION and bug check 0xE6; VC-62.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <ntddk.h>

#include "nt/hal/dma/logical_space.h"
#include "nt/kernel.h"
#include "runtime/lock.h"

namespace drydock::nt::hal {

struct Adapter;
struct MapRegisters;
struct TransferContext;
struct DmaState;

// A page or a run of pages that a device has now.
struct Segment {
  char* host = nullptr;    // the buffer's memory
  char* bounce = nullptr;  // what the device has instead; null: the buffer itself
  uint64_t logical = 0;
  uint32_t length = 0;
  uint32_t registers = 0;
  bool to_device = false;
};

// What AllocateAdapterChannel gives: the driver's MapRegisterBase.
struct MapRegisters {
  Adapter* adapter = nullptr;
  uint32_t count = 0;  // as asked for
  uint32_t taken = 0;  // of the adapter and the pool
  uint32_t used = 0;
  void* context = nullptr;  // the DMA transfer context, version 3
  std::vector<Segment> segments;
};

struct ListMapping {  // behind a SCATTER_GATHER_LIST
  Adapter* adapter = nullptr;
  uint32_t taken = 0;
  bool own_memory = false;  // the list's memory is ours
  TransferContext* context = nullptr;
  std::vector<Segment> segments;
};

// For a completion routine's context that is counted: called once, <= DISPATCH_LEVEL without a lock, when the routine never will be.
using ForgetCompletion = void (*)(PVOID context);

struct CommonBuffer {
  Adapter* adapter;
  uint64_t logical;
  uint32_t length;
  size_t mapped;  // bytes of the host mapping, guard pages included; 0: the driver's own memory
};

// A channel of the system's DMA controller.
struct Channel {
  Kernel* kernel = nullptr;  // null once the machine is gone
  uint32_t number = 0;
  std::function<void()> on_start;  // the model's: a transfer was programmed
  // --- the transfer that is programmed ---
  struct Run {
    uint64_t logical;
    uint32_t length;
  };
  std::vector<Run> runs;
  uint64_t total = 0, done = 0;
  bool active = false;
  bool to_device = false;
  bool demand = false;
  bool looped = false;
  uint64_t device_address = 0;
  Adapter* adapter = nullptr;
  PDEVICE_OBJECT device = nullptr;
  void* context = nullptr;  // transfer context
  PDMA_COMPLETION_ROUTINE completion = nullptr;
  PVOID completion_context = nullptr;
  ForgetCompletion forget = nullptr;
  uint32_t custom_function = 0;  // the last ConfigureAdapterChannel
  // --- a completion on its way ---
  KDPC dpc = {};
  struct Completion {
    PDMA_COMPLETION_ROUTINE routine;
    PVOID context;
    ForgetCompletion forget;
    const void* transfer_context;
    PDMA_ADAPTER adapter;
    PDEVICE_OBJECT device;
    DMA_COMPLETION_STATUS status;
  };
  std::list<Completion> completions;
};

// What takes turns: an adapter, or a channel that several adapters share.
struct Gate {
  Adapter* owner = nullptr;
  MapRegisters* registers = nullptr;  // of the owner
};

// The driver's PDMA_ADAPTER is its first member.
struct Adapter {
  DMA_ADAPTER shared;
  DMA_OPERATIONS operations;
  DmaState* state = nullptr;
  PDEVICE_OBJECT pdo = nullptr;
  DEVICE_DESCRIPTION description = {};
  bool scatter_gather = false;
  bool system = false;
  uint32_t width = 32;
  uint32_t map_registers = 0;  // at most
  bool put = false;
  // --- under State::lock ---
  uint32_t free_registers = 0;
  uint32_t live_lists = 0, live_registers = 0, live_buffers = 0;
  std::shared_ptr<Gate> gate;
  std::shared_ptr<Channel> channel;  // system
};

// DmaTransferContext of version 3: 128 bytes of the driver's.
struct TransferContext {
  static constexpr uint32_t kMark = 0x54616D44;
  uint32_t mark;
  bool cancelled;     // requests with it end without a call, mapping fails
  bool waiting;
  bool granted;       // what was asked for with it is there
  MapRegisters* registers;
};
static_assert(sizeof(TransferContext) <= DMA_TRANSFER_CONTEXT_SIZE_V1);

// Part of a buffer: never more than a page, never over the end of an MDL.
struct Piece {
  char* host;
  uint32_t length;
  bool new_mdl;
};

struct ListRequest {
  PMDL mdl = nullptr;
  uint64_t offset = 0;
  uint32_t length = 0;
  bool write = false;
  PDRIVER_LIST_CONTROL routine = nullptr;
  PVOID buffer = nullptr;  // the driver's, else ours
  uint32_t buffer_length = 0;
  PDMA_COMPLETION_ROUTINE completion = nullptr;
  PVOID completion_context = nullptr;
};

struct Request {  // for an adapter, its map registers, or a list
  Adapter* adapter = nullptr;
  PDEVICE_OBJECT device = nullptr;
  TransferContext* context = nullptr;
  uint32_t count = 0;    // map registers as asked
  uint32_t needed = 0;   // of the pool
  PDRIVER_CONTROL control = nullptr;
  PVOID routine_context = nullptr;
  bool for_list = false;
  ListRequest list;
};

struct DmaState {
  explicit DmaState(Kernel& kernel);
  ~DmaState();
  DmaState(const DmaState&) = delete;

  Kernel& kernel;
  const DmaOptions options;
  const std::shared_ptr<LogicalSpace> space;

  rt::Lock lock;
  uint32_t pool RT_GUARDED_BY(lock);
  std::unordered_map<const void*, std::unique_ptr<Adapter>> adapters RT_GUARDED_BY(lock);  // those put too: memory is never used again
  std::unordered_map<const void*, std::unique_ptr<MapRegisters>> registers RT_GUARDED_BY(lock);
  std::unordered_map<const void*, ListMapping> lists RT_GUARDED_BY(lock);
  std::map<const void*, CommonBuffer> buffers RT_GUARDED_BY(lock);  // by address
  std::map<uint32_t, std::shared_ptr<Channel>> channels RT_GUARDED_BY(lock);
  std::map<uint32_t, std::shared_ptr<Gate>> channel_gates RT_GUARDED_BY(lock);
  std::list<Request> waiting RT_GUARDED_BY(lock);

  std::shared_ptr<Channel> ChannelOf(uint32_t number);
};

// --- shared by the files of this folder ---

// The adapter behind the driver's pointer; anything else, or one that was put, is bug check 0xE6.
Adapter& AdapterOf(PDMA_ADAPTER adapter, const char* function);
[[noreturn]] void DmaViolation(uint64_t code, const void* what, std::string words);

// The buffer's pieces; false: it is shorter than offset + length. Pages that are not locked are bug check 0xE6.
bool CollectPieces(PMDL mdl, uint64_t offset, uint64_t length, bool chain, std::vector<Piece>* pieces);
bool Bounces(const Adapter& adapter, const Piece& piece);
uint32_t RegistersFor(const Adapter& adapter, const std::vector<Piece>& pieces);
// Elements of a list over these pieces.
uint32_t ElementsFor(const Adapter& adapter, const std::vector<Piece>& pieces);
// Maps pieces in order, at most `registers` map registers and `elements` elements; gives the bytes mapped. Copies what a device will read.
uint64_t MapPieces(Adapter& adapter, const std::vector<Piece>& pieces, bool to_device, uint32_t registers, uint32_t elements,
                   std::vector<Segment>* segments);
// Ends a segment: copies back what a device wrote, if asked.
void EndSegment(DmaState& state, Segment& segment, bool copy_back);

// Takes what a request needs or puts it last; runs every request that can be served now.
void Serve(DmaState& state);
// Frees an adapter for the next, and map registers.
void ReleaseGate(DmaState& state, Adapter& adapter);
void FreeRegisters(DmaState& state, MapRegisters* registers);

// Serves the request now or, unless `at_once`, puts it last; false: not now. `without_call`: the caller goes on with it himself.
bool Submit(DmaState& state, Request& request, bool at_once, MapRegisters** without_call);
NTSTATUS BuildList(Adapter& adapter, PDEVICE_OBJECT device, const ListRequest& request, uint32_t taken, TransferContext* context,
                   PSCATTER_GATHER_LIST* list);
// Programs a system channel with what was mapped.
void ProgramChannel(Adapter& adapter, PDEVICE_OBJECT device, const std::vector<Segment>& segments, bool to_device, uint32_t device_offset,
                    void* context, PDMA_COMPLETION_ROUTINE completion, PVOID completion_context, ForgetCompletion forget);
void StopChannel(Adapter& adapter, const void* context, bool tell);  // context null: whatever it does
uint32_t ReadCounter(Adapter& adapter);
void ChannelDpc(Channel& channel);

// The model's side of a channel: moves bytes of the programmed transfer; how many there were.
size_t DeviceTakes(DmaState& state, Channel& channel, void* to, size_t bytes);
size_t DeviceGives(DmaState& state, Channel& channel, const void* from, size_t bytes);

struct AtDispatch {  // raises to DISPATCH_LEVEL
  AtDispatch();
  ~AtDispatch() noexcept(false);
  KIRQL old;
};

// MapTransferEx for the framework: after success either the routine or `forget` is called, once. A flush takes back what waits to be told, too.
NTSTATUS MapCountedTransfer(PDMA_ADAPTER adapter, PMDL mdl, PVOID registers, ULONGLONG offset, ULONG device_offset, PULONG length, BOOLEAN write,
                            PSCATTER_GATHER_LIST list, ULONG list_length, PDMA_COMPLETION_ROUTINE routine, PVOID context, ForgetCompletion forget);
// Takes back a request of AllocateAdapterChannel or GetScatterGatherList (version 2 too) that waits. False: none does, it has been or is being called.
bool Withdraw(PDMA_ADAPTER adapter, const void* routine_context);

// A common buffer: pages of its own between guard pages, at logical addresses below 2^width.
void* NewBuffer(Adapter& adapter, uint32_t length, uint32_t width, PHYSICAL_ADDRESS* logical);

// The tables' functions.
extern const DMA_OPERATIONS kDmaOperations;
// 0: IoGetDmaAdapter gives no adapter at all.
uint32_t HighestDmaVersion(Kernel& kernel);

}  // namespace drydock::nt::hal
