// ZwQuerySystemInformation, which kernel headers do not declare (drivers do so themselves, with the class as any integer) and NtQuerySystemInformation
// calls for applications. Classes: what tools and drivers ask for: basic facts, time of day, processes with their threads, modules, whether a
// debugger or test signing is on; others are STATUS_INVALID_INFO_CLASS.
// Source: public documentation of NtQuerySystemInformation and winternl.h; what it leaves out (modules, threads) is as drivers' own declarations
//         in public have it.
#include <ntddk.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "nt/ex/modules.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"
#include "nt/ps/process.h"
#include "nt/ps/state.h"
#include "nt/thread.h"

using namespace drydock;
using namespace drydock::nt;

namespace {

constexpr ULONG kPage = 4096, kGranularity = 65536, kPages = 0x200000;  // 8 GB
constexpr ULONG_PTR kLowest = 0x10000, kHighest = 0x7FFFFFFEFFFF;

enum Class : ULONG { kBasic = 0, kTimeOfDay = 3, kProcesses = 5, kModules = 11, kKernelDebugger = 35, kCodeIntegrity = 103 };

struct BasicInformation {
  ULONG reserved, resolution, page, pages, lowest_page, highest_page, granularity;
  ULONG_PTR lowest, highest, affinity;
  CCHAR processors;
};
struct TimeOfDay {
  LARGE_INTEGER boot, now, bias;
  ULONG zone, reserved;
  ULONGLONG boot_bias, sleep_bias;
};
struct ThreadInformation {
  LARGE_INTEGER kernel_time, user_time, create_time;
  ULONG wait_time;
  PVOID start;
  CLIENT_ID id;
  KPRIORITY priority;
  LONG base_priority;
  ULONG context_switches, state, wait_reason;
};
static_assert(sizeof(ThreadInformation) == 0x50);
struct ProcessInformation {
  ULONG next, threads;
  LARGE_INTEGER private_size;
  ULONG hard_faults, most_threads;
  ULONGLONG cycles;
  LARGE_INTEGER create_time, user_time, kernel_time;
  UNICODE_STRING name;
  KPRIORITY priority;
  HANDLE id, parent;
  ULONG handles, session;
  ULONG_PTR key, memory[12];
  LARGE_INTEGER counts[6];
};
static_assert(sizeof(ProcessInformation) == 0x100);
struct ModuleInformation {
  HANDLE section;
  PVOID mapped, base;
  ULONG size, flags;
  USHORT load_order, init_order, loads, name_offset;
  UCHAR path[256];
};
static_assert(sizeof(ModuleInformation) == 0x128);

using Bytes = std::vector<char>;

template <class T>
Bytes BytesOf(const T& value) {
  const auto* at = reinterpret_cast<const char*>(&value);
  return Bytes(at, at + sizeof value);
}

// Each entry with its threads behind it and its name behind those, as there; `buffer` is where they will lie.
Bytes Processes(char* buffer) {
  struct Entry {
    std::u16string name;
    uint64_t id, parent;
    int64_t created;
    bool system;
    std::vector<std::pair<uint64_t, int64_t>> threads;
  };
  Kernel& kernel = CurrentKernel();
  std::map<uint64_t, Entry> entries{{0, {{}, 0, 0, 0, true, {}}}};  // the idle process
  {
    rt::LockGuard guard(kernel.ps->lock);
    for (const Process* process : kernel.ps->processes) {
      if (process->ended.load()) continue;
      entries[process->id] = {ob::ToUtf16(process->name), process->id, process->parent_id, process->create_time, process->system, {}};
    }
  }
  ps::ForEachThread(
      kernel,
      [](void* context, Thread& thread) {
        auto& entries = *static_cast<std::map<uint64_t, Entry>*>(context);
        auto found = thread.process != nullptr ? entries.find(thread.process->id) : entries.end();
        if (found != entries.end()) found->second.threads.emplace_back(thread.thread_id, thread.create_time);
      },
      &entries);
  Bytes all;
  for (const auto& [id, entry] : entries) {
    const size_t at = all.size(), name_at = at + sizeof(ProcessInformation) + entry.threads.size() * sizeof(ThreadInformation);
    const size_t name_bytes = entry.name.empty() ? 0 : (entry.name.size() + 1) * 2;
    const size_t end = (name_at + name_bytes + 7) & ~size_t{7};
    all.resize(end);
    ProcessInformation info{};
    info.next = id == entries.rbegin()->first ? 0 : static_cast<ULONG>(end - at);
    info.threads = info.most_threads = static_cast<ULONG>(entry.threads.size());
    info.create_time.QuadPart = entry.created;
    if (name_bytes != 0) {
      info.name = {static_cast<USHORT>(name_bytes - 2), static_cast<USHORT>(name_bytes), reinterpret_cast<PWCH>(reinterpret_cast<uintptr_t>(buffer) + name_at)};
      std::memcpy(all.data() + name_at, entry.name.c_str(), name_bytes);
    }
    info.priority = id == 0 ? 0 : 8;
    info.id = reinterpret_cast<HANDLE>(id);
    info.parent = reinterpret_cast<HANDLE>(entry.parent);
    info.session = entry.system ? 0 : 1;
    std::memcpy(all.data() + at, &info, sizeof info);
    size_t thread_at = at + sizeof info;
    for (const auto& [thread_id, created] : entry.threads) {
      ThreadInformation thread{};
      thread.create_time.QuadPart = created;
      thread.id = {reinterpret_cast<HANDLE>(id), reinterpret_cast<HANDLE>(thread_id)};
      thread.priority = thread.base_priority = 8;
      std::memcpy(all.data() + thread_at, &thread, sizeof thread);
      thread_at += sizeof thread;
    }
  }
  return all;
}

Bytes Modules() {
  const auto modules = ex::LoadedModules();
  Bytes all(8);  // the count, and what aligns the array
  const auto count = static_cast<ULONG>(modules.size());
  std::memcpy(all.data(), &count, sizeof count);
  USHORT order = 0;
  for (const auto& module : modules) {
    ModuleInformation info{};
    info.base = const_cast<void*>(module.base);
    info.size = module.size;
    info.load_order = info.init_order = order++;
    info.loads = 1;
    const std::string path = module.path.substr(0, sizeof info.path - 1);
    const size_t slash = path.rfind('\\');
    info.name_offset = static_cast<USHORT>(slash == std::string::npos ? 0 : slash + 1);
    std::memcpy(info.path, path.data(), path.size());
    const Bytes one = BytesOf(info);
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

}  // namespace

extern "C" NTSTATUS NTAPI ZwQuerySystemInformation(ULONG SystemInformationClass, PVOID SystemInformation, ULONG SystemInformationLength,
                                                   PULONG ReturnLength) {
  Bytes answer;
  switch (SystemInformationClass) {
    case kBasic: {
      const auto processors = static_cast<CCHAR>(KeQueryActiveProcessorCount(nullptr));
      answer = BytesOf(BasicInformation{0, 156250, kPage, kPages, 1, kPages, kGranularity, kLowest, kHighest, KeQueryActiveProcessors(), processors});
      break;
    }
    case kTimeOfDay: {
      TimeOfDay time{};
      KeQuerySystemTime(&time.now);
      time.boot.QuadPart = time.now.QuadPart - static_cast<LONGLONG>(KeQueryInterruptTime());
      answer = BytesOf(time);
      break;
    }
    case kProcesses: answer = Processes(static_cast<char*>(SystemInformation)); break;
    case kModules: answer = Modules(); break;
    case kKernelDebugger: answer = {static_cast<char>(*KdDebuggerEnabled), static_cast<char>(*KdDebuggerNotPresent)}; break;
    case kCodeIntegrity: {  // its own length comes in; code integrity is on, test signing is not
      struct {
        ULONG length, options;
      } info{sizeof info, 1};
      if (SystemInformationLength >= sizeof info && *static_cast<ULONG*>(SystemInformation) != sizeof info) return STATUS_INFO_LENGTH_MISMATCH;
      answer = BytesOf(info);
      break;
    }
    default: return STATUS_INVALID_INFO_CLASS;
  }
  if (ReturnLength != nullptr) *ReturnLength = static_cast<ULONG>(answer.size());
  if (SystemInformationLength < answer.size()) return STATUS_INFO_LENGTH_MISMATCH;
  std::memcpy(SystemInformation, answer.data(), answer.size());
  return STATUS_SUCCESS;
}
