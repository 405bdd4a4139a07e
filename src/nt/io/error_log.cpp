#include "nt/io/error_log.h"

#include <cstring>

#include "nt/bugcheck.h"
#include "nt/dbg/state.h"
#include "nt/io/device.h"
#include "nt/io/state.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"
#include "nt/thread.h"

namespace drydock::nt::io {
namespace {

constexpr ULONG kTag = 0x67457249;  // 'IrEg'

// What lies in front of the packet that the driver fills.
struct EntryHeader {
  void* object;  // device or driver object
  ULONG size;
  ULONG canary;
};
constexpr ULONG kCanary = 0x474F4C45;

EntryHeader* HeaderOfEntry(void* entry) { return reinterpret_cast<EntryHeader*>(entry) - 1; }

std::string SourceOf(void* object) {
  if (!object) return "unknown";
  if (ob::HeaderOf(object)->type == &kDeviceType) return Describe(static_cast<DEVICE_OBJECT*>(object));
  return ob::ToUtf8(ob::View(&static_cast<DRIVER_OBJECT*>(object)->DriverName));
}

}  // namespace

std::vector<ErrorLogEntry> ErrorLogEntries(Kernel& kernel) {
  ErrorLog& log = *kernel.io->error_log;
  rt::LockGuard guard(log.lock);
  return {log.entries.begin(), log.entries.end()};
}

}  // namespace drydock::nt::io

using namespace drydock::nt;

extern "C" {

PVOID NTAPI IoAllocateErrorLogEntry(PVOID IoObject, UCHAR EntrySize) {
  if (EntrySize < sizeof(IO_ERROR_LOG_PACKET) - sizeof(ULONG) || EntrySize > ERROR_LOG_MAXIMUM_SIZE) return nullptr;
  size_t bytes = sizeof(io::EntryHeader) + (EntrySize < sizeof(IO_ERROR_LOG_PACKET) ? sizeof(IO_ERROR_LOG_PACKET) : EntrySize);
  auto* header = static_cast<io::EntryHeader*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, io::kTag));
  if (!header) return nullptr;
  header->object = IoObject;
  header->size = EntrySize;
  header->canary = io::kCanary;
  return header + 1;
}

VOID NTAPI IoFreeErrorLogEntry(PVOID ElEntry) { ExFreePoolWithTag(io::HeaderOfEntry(ElEntry), io::kTag); }

VOID NTAPI IoWriteErrorLogEntry(PVOID ElEntry) {
  io::EntryHeader* header = io::HeaderOfEntry(ElEntry);
  if (header->canary != io::kCanary) {
    BugCheck(BAD_POOL_CALLER, {7, 0, 0, reinterpret_cast<uint64_t>(ElEntry)},
             "IoWriteErrorLogEntry was given memory that IoAllocateErrorLogEntry did not return.");
  }
  auto* packet = static_cast<IO_ERROR_LOG_PACKET*>(ElEntry);
  io::ErrorLogEntry entry;
  entry.source = io::SourceOf(header->object);
  std::memcpy(static_cast<void*>(&entry.packet), packet, sizeof *packet);
  size_t dump_offset = FIELD_OFFSET(IO_ERROR_LOG_PACKET, DumpData);
  size_t dump = packet->DumpDataSize;
  if (dump_offset + dump > header->size) dump = header->size - dump_offset;
  entry.dump_data.resize(dump / sizeof(ULONG));
  std::memcpy(entry.dump_data.data(), packet->DumpData, entry.dump_data.size() * sizeof(ULONG));
  size_t at = packet->StringOffset;
  for (USHORT i = 0; i < packet->NumberOfStrings && at + 2 <= header->size; ++i) {
    std::u16string text;
    const auto* bytes = static_cast<const char*>(ElEntry);
    for (; at + 2 <= header->size; at += 2) {
      char16_t c;
      std::memcpy(&c, bytes + at, 2);
      if (!c) break;
      text.push_back(c);
    }
    at += 2;
    entry.strings.push_back(std::move(text));
  }
  Kernel& kernel = CurrentKernel();
  char code[64];
  std::snprintf(code, sizeof code, ": error log entry 0x%08X, final status 0x%08X", static_cast<unsigned>(packet->ErrorCode),
                static_cast<unsigned>(packet->FinalStatus));
  dbg::PrintLine(kernel, entry.source + code);
  {
    io::ErrorLog& log = *kernel.io->error_log;
    drydock::rt::LockGuard guard(log.lock);
    log.entries.push_back(std::move(entry));
    if (log.entries.size() > io::ErrorLog::kMaxEntries) log.entries.pop_front();
  }
  header->canary = 0;
  ExFreePoolWithTag(header, io::kTag);
}

}  // extern "C"
