// Memory by pages, and sections: named memory that the processes of a machine share, or the bytes of a file.
//
// Addresses: all processes of a machine live in one address space; each has its own ranges of it. A range is the process's that made it
//            and goes with it. Sections stay while a handle or a view is open.
#include <sys/mman.h>

#include <cstring>
#include <map>
#include <memory>

#include "nt/io/file.h"
#include "nt/kernel.h"
#include "nt/ob/handle_table.h"
#include "nt/thread.h"
#include "nt/win32/file_reference.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

constexpr uintptr_t kPage = 4096, kGranularity = 65536;

uintptr_t Up(uintptr_t value, uintptr_t unit) { return (value + unit - 1) / unit * unit; }
uintptr_t Down(uintptr_t value, uintptr_t unit) { return value / unit * unit; }

// -1: no protection of Windows'.
int ProtectionOf(DWORD protect) {
  switch (protect & 0xFF) {
    case PAGE_NOACCESS: return PROT_NONE;
    case PAGE_READONLY: return PROT_READ;
    case PAGE_READWRITE:
    case PAGE_WRITECOPY: return PROT_READ | PROT_WRITE;
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ: return PROT_READ | PROT_EXEC;
    case PAGE_EXECUTE_READWRITE: return PROT_READ | PROT_WRITE | PROT_EXEC;
    default: return -1;
  }
}

struct Section {
  uintptr_t base = 0;
  size_t bytes = 0;
  DWORD protect = PAGE_READWRITE;
  FILE_OBJECT* file = nullptr;  // referenced; null: memory only
};

// The views of a section write its bytes back; the last reference drops the file.
NTSTATUS WriteBack(Section& section) {
  if (section.file == nullptr || !(ProtectionOf(section.protect) & PROT_WRITE) || section.protect == PAGE_WRITECOPY) return STATUS_SUCCESS;
  io::Request request;
  request.major = IRP_MJ_WRITE;
  request.input = reinterpret_cast<void*>(section.base);
  request.input_length = static_cast<ULONG>(section.bytes);
  request.has_offset = true;
  request.offset = 0;
  return io::Send(section.file, request).status;
}

const ob::ObjectType kSectionType = {
    .name = "Section",
    .on_last_handle = nullptr,
    .on_close =
        [](void* body) {
          auto& section = *static_cast<Section*>(body);
          if (section.file != nullptr) ob::Dereference(section.file);
        },
    .discard =
        [](void* body) {
          auto& section = *static_cast<Section*>(body);
          if (section.base != 0) munmap(reinterpret_cast<void*>(section.base), Up(section.bytes, kPage));
        },
    .parse = nullptr,
    .wait_offset = ob::kNotWaitable,
    .all_access = SECTION_ALL_ACCESS,
};

int64_t LengthOf(FILE_OBJECT* file) {
  FILE_STANDARD_INFORMATION information = {};
  io::Request request;
  request.major = IRP_MJ_QUERY_INFORMATION;
  request.code = FileStandardInformation;
  request.output = &information;
  request.output_length = sizeof information;
  return NT_SUCCESS(io::Send(file, request).status) ? information.EndOfFile.QuadPart : -1;
}

}  // namespace

namespace drydock::nt::win32 {

// What an address belongs to.
struct Range {
  uintptr_t base;
  size_t bytes;
  DWORD protect;
  std::map<uintptr_t, DWORD> pages;  // protection of committed pages, by address; absent: reserved only
  void* section = nullptr;           // body, referenced; the pages are its own
  uint32_t views = 0;                // of it, that are open; under Program::lock

  ~Range() {
    if (section == nullptr) munmap(reinterpret_cast<void*>(base), bytes);
  }
};

}  // namespace drydock::nt::win32

namespace {

using Ranges = std::map<uintptr_t, std::shared_ptr<Range>>;

std::shared_ptr<Range> RangeAt(Program& program, uintptr_t address) {
  rt::LockGuard guard(program.lock);
  auto found = program.ranges.upper_bound(address);
  if (found == program.ranges.begin()) return nullptr;
  --found;
  return address < found->second->base + found->second->bytes ? found->second : nullptr;
}

BOOL Wrong(DWORD error) {
  CurrentThread().last_error = error;
  return FALSE;
}

}  // namespace

extern "C" {

LPVOID VirtualAlloc(LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType, DWORD flProtect) {
  LeaveIfEnded();
  Program& program = ProgramFor("VirtualAlloc");
  const int protection = ProtectionOf(flProtect);
  const auto wanted = reinterpret_cast<uintptr_t>(lpAddress);
  if (dwSize == 0 || dwSize > (SIZE_T{1} << 46) || protection < 0 || !(flAllocationType & (MEM_RESERVE | MEM_COMMIT))) {
    Wrong(ERROR_INVALID_PARAMETER);
    return nullptr;
  }
  const bool commit = (flAllocationType & MEM_COMMIT) != 0;
  if (std::shared_ptr<Range> range = wanted != 0 ? RangeAt(program, wanted) : nullptr) {
    const uintptr_t first = Down(wanted, kPage), end = Up(wanted + dwSize, kPage);
    if ((flAllocationType & MEM_RESERVE) || range->section != nullptr || end > range->base + range->bytes) {
      Wrong(ERROR_INVALID_ADDRESS);
      return nullptr;
    }
    mprotect(reinterpret_cast<void*>(first), end - first, protection);
    rt::LockGuard guard(program.lock);
    for (uintptr_t page = first; page < end; page += kPage) range->pages[page] = flProtect;
    return reinterpret_cast<void*>(first);
  }
  if (wanted != 0 && !(flAllocationType & MEM_RESERVE)) {
    Wrong(ERROR_INVALID_ADDRESS);
    return nullptr;
  }
  // Where it begins is a multiple of 64 KiB, as on Windows.
  const uintptr_t at = Down(wanted, kGranularity);
  const size_t bytes = Up(wanted - at + dwSize, kPage);
  uintptr_t base;
  if (wanted != 0) {
    void* memory = mmap(reinterpret_cast<void*>(at), bytes, commit ? protection : PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    base = reinterpret_cast<uintptr_t>(memory);
    if (memory == MAP_FAILED || base != at) {
      if (memory != MAP_FAILED) munmap(memory, bytes);
      Wrong(ERROR_INVALID_ADDRESS);
      return nullptr;
    }
  } else {
    void* memory = mmap(nullptr, bytes + kGranularity, commit ? protection : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
      Wrong(ERROR_NOT_ENOUGH_MEMORY);
      return nullptr;
    }
    const auto low = reinterpret_cast<uintptr_t>(memory);
    base = Up(low, kGranularity);
    if (base > low) munmap(memory, base - low);
    if (base - low < kGranularity) munmap(reinterpret_cast<void*>(base + bytes), kGranularity - (base - low));
  }
  auto range = std::make_shared<Range>();
  range->base = base;
  range->bytes = bytes;
  range->protect = flProtect;
  if (commit)
    for (uintptr_t page = base; page < base + bytes; page += kPage) range->pages[page] = flProtect;
  rt::LockGuard guard(program.lock);
  program.ranges[base] = range;
  return reinterpret_cast<void*>(base);
}

BOOL VirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType) {
  LeaveIfEnded();
  Program& program = ProgramFor("VirtualFree");
  const auto address = reinterpret_cast<uintptr_t>(lpAddress);
  const std::shared_ptr<Range> range = RangeAt(program, address);
  if (!range || range->section != nullptr) return Wrong(ERROR_INVALID_ADDRESS);
  if (dwFreeType == MEM_RELEASE) {
    if (dwSize != 0) return Wrong(ERROR_INVALID_PARAMETER);
    if (address != range->base) return Wrong(ERROR_INVALID_ADDRESS);
    rt::LockGuard guard(program.lock);
    program.ranges.erase(range->base);
    return TRUE;
  }
  if (dwFreeType != MEM_DECOMMIT) return Wrong(ERROR_INVALID_PARAMETER);
  const uintptr_t first = Down(address, kPage), end = dwSize != 0 ? Up(address + dwSize, kPage) : range->base + range->bytes;
  if (end > range->base + range->bytes) return Wrong(ERROR_INVALID_ADDRESS);
  mmap(reinterpret_cast<void*>(first), end - first, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  rt::LockGuard guard(program.lock);
  for (uintptr_t page = first; page < end; page += kPage) range->pages.erase(page);
  return TRUE;
}

BOOL VirtualProtect(LPVOID lpAddress, SIZE_T dwSize, DWORD flNewProtect, PDWORD lpflOldProtect) {
  LeaveIfEnded();
  Program& program = ProgramFor("VirtualProtect");
  const int protection = ProtectionOf(flNewProtect);
  if (protection < 0 || lpflOldProtect == nullptr) return Wrong(ERROR_INVALID_PARAMETER);
  const auto address = reinterpret_cast<uintptr_t>(lpAddress);
  const std::shared_ptr<Range> range = RangeAt(program, address);
  const uintptr_t first = Down(address, kPage), end = Up(address + dwSize, kPage);
  if (!range || end > range->base + range->bytes) return Wrong(ERROR_INVALID_ADDRESS);
  {
    rt::LockGuard guard(program.lock);
    for (uintptr_t page = first; page < end; page += kPage)
      if (range->pages.count(page) == 0) return Wrong(ERROR_INVALID_ADDRESS);
    *lpflOldProtect = range->pages[first];
    for (uintptr_t page = first; page < end; page += kPage) range->pages[page] = flNewProtect;
  }
  mprotect(reinterpret_cast<void*>(first), end - first, protection);
  return TRUE;
}

// Nothing is ever paged out.
BOOL VirtualLock(LPVOID lpAddress, SIZE_T dwSize) {
  LeaveIfEnded();
  Program& program = ProgramFor("VirtualLock");
  const auto address = reinterpret_cast<uintptr_t>(lpAddress);
  const std::shared_ptr<Range> range = RangeAt(program, address);
  if (!range) return lpAddress != nullptr || Wrong(ERROR_INVALID_ADDRESS);  // the heap, the stack, the image
  if (address + dwSize > range->base + range->bytes) return Wrong(ERROR_INVALID_ADDRESS);
  rt::LockGuard guard(program.lock);
  for (uintptr_t page = Down(address, kPage); page < address + dwSize; page += kPage)
    if (range->pages.count(page) == 0) return Wrong(ERROR_INVALID_ADDRESS);
  return TRUE;
}
BOOL VirtualUnlock(LPVOID lpAddress, SIZE_T dwSize) { return VirtualLock(lpAddress, dwSize); }

// Only what VirtualAlloc and MapViewOfFile gave is known by its pages.
SIZE_T VirtualQuery(LPCVOID lpAddress, PMEMORY_BASIC_INFORMATION lpBuffer, SIZE_T dwLength) {
  LeaveIfEnded();
  Program& program = ProgramFor("VirtualQuery");
  if (dwLength < sizeof *lpBuffer) return Wrong(ERROR_BAD_LENGTH), 0;
  const uintptr_t page = Down(reinterpret_cast<uintptr_t>(lpAddress), kPage);
  *lpBuffer = {};
  lpBuffer->BaseAddress = reinterpret_cast<void*>(page);
  const std::shared_ptr<Range> range = RangeAt(program, page);
  if (!range) {
    lpBuffer->RegionSize = kPage;
    lpBuffer->State = MEM_FREE;
    lpBuffer->Protect = PAGE_NOACCESS;
    return sizeof *lpBuffer;
  }
  rt::LockGuard guard(program.lock);
  const auto state = [&](uintptr_t at) {
    const auto found = range->pages.find(at);
    return found == range->pages.end() ? 0 : found->second;
  };
  uintptr_t end = page + kPage;
  while (end < range->base + range->bytes && state(end) == state(page)) end += kPage;
  lpBuffer->AllocationBase = reinterpret_cast<void*>(range->base);
  lpBuffer->AllocationProtect = range->protect;
  lpBuffer->RegionSize = end - page;
  lpBuffer->State = state(page) != 0 ? MEM_COMMIT : MEM_RESERVE;
  lpBuffer->Protect = state(page);
  lpBuffer->Type = range->section != nullptr ? MEM_MAPPED : MEM_PRIVATE;
  return sizeof *lpBuffer;
}

HANDLE CreateFileMappingW(HANDLE hFile, LPSECURITY_ATTRIBUTES lpFileMappingAttributes, DWORD flProtect, DWORD dwMaximumSizeHigh,
                          DWORD dwMaximumSizeLow, LPCWSTR lpName) {
  (void)lpFileMappingAttributes;
  LeaveIfEnded();
  const DWORD protect = flProtect & 0xFF;
  auto bytes = static_cast<int64_t>(uint64_t{dwMaximumSizeHigh} << 32 | dwMaximumSizeLow);
  if (ProtectionOf(protect) < 0 || protect == PAGE_NOACCESS || bytes < 0 || bytes > (int64_t{1} << 40)) {
    Wrong(ERROR_INVALID_PARAMETER);
    return nullptr;
  }
  FILE_OBJECT* file = nullptr;
  int64_t in_file = 0;
  if (hFile != INVALID_HANDLE_VALUE) {
    FileReference reference(hFile);
    if (!Succeeded(reference.status())) return nullptr;
    in_file = LengthOf(reference.get());
    if (bytes == 0) bytes = in_file;
    if (in_file < 0 || (bytes > in_file && !(ProtectionOf(protect) & PROT_WRITE))) {
      Wrong(ERROR_NOT_ENOUGH_MEMORY);
      return nullptr;
    }
    file = reference.get();
    ob::Reference(file);
  }
  if (bytes == 0) {
    Wrong(file != nullptr ? 1006 /* ERROR_FILE_INVALID */ : ERROR_INVALID_PARAMETER);
    if (file != nullptr) ob::Dereference(file);
    return nullptr;
  }
  void* memory = mmap(nullptr, Up(static_cast<size_t>(bytes), kPage), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  auto* section = memory != MAP_FAILED ? ob::CreateObject<Section>(CurrentKernel(), kSectionType) : nullptr;
  if (section == nullptr) {
    if (memory != MAP_FAILED) munmap(memory, Up(static_cast<size_t>(bytes), kPage));
    if (file != nullptr) ob::Dereference(file);
    Wrong(ERROR_NOT_ENOUGH_MEMORY);
    return nullptr;
  }
  section->base = reinterpret_cast<uintptr_t>(memory);
  section->bytes = static_cast<size_t>(bytes);
  section->protect = protect;
  section->file = file;
  if (file != nullptr && in_file > 0) {
    io::Request request;
    request.major = IRP_MJ_READ;
    request.output = memory;
    request.output_length = static_cast<ULONG>(in_file < bytes ? in_file : bytes);
    request.has_offset = true;
    const io::Result read = io::Send(file, request);
    if (!NT_SUCCESS(read.status)) {
      ob::Dereference(section);
      Succeeded(read.status);
      return nullptr;
    }
  }
  return Insert(section, lpName, SECTION_ALL_ACCESS);
}
HANDLE CreateFileMappingA(HANDLE hFile, LPSECURITY_ATTRIBUTES lpFileMappingAttributes, DWORD flProtect, DWORD dwMaximumSizeHigh,
                          DWORD dwMaximumSizeLow, LPCSTR lpName) {
  return CreateFileMappingW(hFile, lpFileMappingAttributes, flProtect, dwMaximumSizeHigh, dwMaximumSizeLow, Wide(lpName).c_str());
}
HANDLE OpenFileMappingW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName) {
  (void)bInheritHandle;
  return OpenNamed(lpName, kSectionType, dwDesiredAccess);
}
HANDLE OpenFileMappingA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName) {
  return OpenFileMappingW(dwDesiredAccess, bInheritHandle, Wide(lpName).c_str());
}

// All views of a section are one piece of memory, which is as writable as the section.
LPVOID MapViewOfFile(HANDLE hFileMappingObject, DWORD dwDesiredAccess, DWORD dwFileOffsetHigh, DWORD dwFileOffsetLow,
                     SIZE_T dwNumberOfBytesToMap) {
  LeaveIfEnded();
  Program& program = ProgramFor("MapViewOfFile");
  void* body;
  if (!Succeeded(ob::ReferenceByHandle(hFileMappingObject, 0, &kSectionType, KernelMode, &body))) return nullptr;
  auto& section = *static_cast<Section*>(body);
  const uint64_t offset = uint64_t{dwFileOffsetHigh} << 32 | dwFileOffsetLow;
  const size_t bytes = dwNumberOfBytesToMap != 0 ? dwNumberOfBytesToMap : section.bytes - offset;
  DWORD error = ERROR_SUCCESS;
  if (offset % kGranularity != 0) error = ERROR_MAPPED_ALIGNMENT;
  else if (offset >= section.bytes || bytes > Up(section.bytes, kPage) - offset) error = ERROR_ACCESS_DENIED;
  else if ((dwDesiredAccess & FILE_MAP_WRITE) && !(ProtectionOf(section.protect) & PROT_WRITE)) error = ERROR_ACCESS_DENIED;
  if (error != ERROR_SUCCESS) {
    ob::Dereference(body);
    Wrong(error);
    return nullptr;
  }
  auto range = std::make_shared<Range>();
  range->base = section.base + offset;
  range->bytes = Up(bytes, kPage);
  range->protect = section.protect;
  range->section = body;
  for (uintptr_t page = range->base; page < range->base + range->bytes; page += kPage) range->pages[page] = section.protect;
  std::shared_ptr<Range> before;
  {
    rt::LockGuard guard(program.lock);
    std::swap(before, program.ranges[range->base]);
    range->views = before ? before->views + 1 : 1;
    program.ranges[range->base] = range;
  }
  if (before && before->section != nullptr) ob::Dereference(before->section);
  return reinterpret_cast<void*>(range->base);
}

BOOL FlushViewOfFile(LPCVOID lpBaseAddress, SIZE_T dwNumberOfBytesToFlush) {
  (void)dwNumberOfBytesToFlush;
  LeaveIfEnded();
  const std::shared_ptr<Range> range = RangeAt(ProgramFor("FlushViewOfFile"), reinterpret_cast<uintptr_t>(lpBaseAddress));
  if (!range || range->section == nullptr) return Wrong(ERROR_INVALID_ADDRESS);
  return Succeeded(WriteBack(*static_cast<Section*>(range->section)));
}

BOOL UnmapViewOfFile(LPCVOID lpBaseAddress) {
  LeaveIfEnded();
  Program& program = ProgramFor("UnmapViewOfFile");
  const std::shared_ptr<Range> range = RangeAt(program, reinterpret_cast<uintptr_t>(lpBaseAddress));
  if (!range || range->section == nullptr) return Wrong(ERROR_INVALID_ADDRESS);
  const NTSTATUS status = WriteBack(*static_cast<Section*>(range->section));
  bool last;
  {
    rt::LockGuard guard(program.lock);
    last = --range->views == 0;
    if (last) program.ranges.erase(range->base);
  }
  if (last) ob::Dereference(range->section);
  return Succeeded(status);
}

}  // extern "C"

namespace drydock::nt::win32 {

void DropRanges(Program& program) {
  Ranges ranges;
  {
    rt::LockGuard guard(program.lock);
    ranges.swap(program.ranges);
  }
  for (auto& [base, range] : ranges) {
    if (range->section == nullptr) continue;
    WriteBack(*static_cast<Section*>(range->section));
    ob::Dereference(range->section);
  }
}

}  // namespace drydock::nt::win32
