// Sections and their views. The memory of a section is a file in memory that every view maps; a section over a file takes the file's contents
// when it is made, and a view that may be written writes its part back when it goes.
// Source: public documentation of ZwCreateSection, ZwMapViewOfSection and MmMapViewInSystemSpace. Not there: SEC_IMAGE.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include <ntddk.h>

#include "nt/dbg/refusal.h"
#include "nt/io/file.h"
#include "nt/io/file_object.h"
#include "nt/kernel.h"
#include "nt/mm/region.h"
#include "nt/ob/attributes.h"
#include "nt/ob/handle_table.h"
#include "nt/ps/process.h"
#include "nt/ps/types.h"
#include "nt/thread.h"

namespace drydock::nt::mm {

struct Section {
  int memory;        // descriptor
  uint64_t bytes;    // as asked for
  ULONG protect;
  ULONG attributes;
  FILE_OBJECT* file;  // referenced, or null
};

const ob::ObjectType kSectionType = {
    .name = "Section",
    .on_last_handle = nullptr,
    .on_close =
        [](void* body) {
          auto* section = static_cast<Section*>(body);
          if (section->file) ob::Dereference(section->file);
          section->file = nullptr;
        },
    .discard =
        [](void* body) {
          if (static_cast<Section*>(body)->memory >= 0) close(static_cast<Section*>(body)->memory);
        },
    .parse = nullptr,
    .wait_offset = ob::kNotWaitable,
    .all_access = SECTION_ALL_ACCESS,
};

namespace {

constexpr size_t kGranularity = 0x10000;

io::Result Transfer(FILE_OBJECT* file, UCHAR major, void* data, ULONG bytes, uint64_t offset) {
  io::Request request;
  request.major = major;
  request.mode = KernelMode;
  request.has_offset = true;
  request.offset = static_cast<int64_t>(offset);
  if (major == IRP_MJ_WRITE) {
    request.input = data;
    request.input_length = bytes;
  } else {
    request.output = data;
    request.output_length = bytes;
  }
  return io::Send(file, request);
}

constexpr ULONG kPiece = 0x10000;

NTSTATUS ReadFileInto(Section& section, uint64_t bytes) {
  std::vector<char> piece(kPiece);
  for (uint64_t at = 0; at < bytes;) {
    const auto wanted = static_cast<ULONG>(std::min<uint64_t>(kPiece, bytes - at));
    const io::Result result = Transfer(section.file, IRP_MJ_READ, piece.data(), wanted, at);
    if (result.status == STATUS_END_OF_FILE || (NT_SUCCESS(result.status) && result.information == 0)) break;
    if (!NT_SUCCESS(result.status)) return result.status;
    if (pwrite(section.memory, piece.data(), result.information, static_cast<off_t>(at)) < 0) return STATUS_NO_MEMORY;
    at += result.information;
  }
  return STATUS_SUCCESS;
}

void WriteBack(const Region& region) {
  const Section& section = *region.section;
  const uint64_t bytes = std::min<uint64_t>(region.bytes, section.bytes - std::min(section.bytes, region.offset));
  for (uint64_t at = 0; at < bytes; at += kPiece) {
    const auto wanted = static_cast<ULONG>(std::min<uint64_t>(kPiece, bytes - at));
    Transfer(section.file, IRP_MJ_WRITE, reinterpret_cast<void*>(region.base + at), wanted, region.offset + at);
  }
}

bool Allows(ULONG section, ULONG view) {
  if (IsWritable(view) && !(view & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY))) return (section & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE)) != 0;
  return true;
}

NTSTATUS Map(Section* section, Process* process, PVOID* base, uint64_t offset, SIZE_T* size, ULONG protect) {
  Kernel& kernel = CurrentKernel();
  if (offset % kGranularity) return STATUS_MAPPED_ALIGNMENT;
  const uint64_t all = ROUND_TO_PAGES(section->bytes);
  if (offset >= all) return STATUS_INVALID_VIEW_SIZE;
  const size_t bytes = *size ? ROUND_TO_PAGES(*size) : all - offset;
  if (bytes > all - offset) return STATUS_INVALID_VIEW_SIZE;
  if (!IsProtection(protect)) return STATUS_INVALID_PAGE_PROTECTION;
  if (!Allows(section->protect, protect)) return STATUS_SECTION_PROTECTION;
  const bool copy = (protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0;
  const int flags = (copy ? MAP_PRIVATE : MAP_SHARED) | (*base ? MAP_FIXED_NOREPLACE : 0);
  void* got = mmap(*base, bytes, LinuxProtection(protect), flags, section->memory, static_cast<off_t>(offset));
  if (got == MAP_FAILED) return *base ? STATUS_CONFLICTING_ADDRESSES : STATUS_NO_MEMORY;
  auto region = std::make_shared<Region>();
  region->kernel = &kernel;
  region->process = process;
  region->base = reinterpret_cast<uintptr_t>(got);
  region->bytes = bytes;
  region->protect = protect;
  region->type = MEM_MAPPED;
  region->offset = offset;
  region->pages.assign(bytes / PAGE_SIZE, protect);
  ob::Reference(section);
  region->section = section;
  RegisterPages(*region);
  {
    rt::LockGuard guard(kernel.mm->regions_lock);
    kernel.mm->regions[region->base] = std::move(region);
  }
  *base = got;
  *size = bytes;
  return STATUS_SUCCESS;
}

NTSTATUS Unmap(Process* process, PVOID address) {
  mm::State& state = *CurrentKernel().mm;
  std::shared_ptr<Region> gone;  // goes after the lock
  {
    rt::LockGuard guard(state.regions_lock);
    gone = RegionAt(state, reinterpret_cast<uintptr_t>(address));
    if (!gone || gone->process != process || gone->type != MEM_MAPPED) return STATUS_NOT_MAPPED_VIEW;
    state.regions.erase(gone->base);
  }
  FinishView(*gone);
  return STATUS_SUCCESS;
}

}  // namespace

// At the machine's end the section's object goes by itself: nothing is written back and no reference dropped any more.
Region::~Region() {
  user.clear();
  munmap(reinterpret_cast<void*>(base), bytes);
}

void FinishView(Region& region) {
  Section* section = region.section;
  if (!section) return;
  if (section->file && IsWritable(region.protect) && !(region.protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY))) WriteBack(region);
  region.section = nullptr;
  ob::Dereference(section);
}

}  // namespace drydock::nt::mm

using namespace drydock::nt;

extern "C" {

NTSTATUS ZwCreateSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
                         ULONG SectionPageProtection, ULONG AllocationAttributes, HANDLE FileHandle) {
  *SectionHandle = nullptr;
  Kernel& kernel = CurrentKernel();
  if (AllocationAttributes & SEC_IMAGE) return DRYDOCK_REFUSE(STATUS_NOT_SUPPORTED, "there are no images that Windows could map (SEC_IMAGE)");
  if (!(AllocationAttributes & (SEC_COMMIT | SEC_RESERVE))) return STATUS_INVALID_PARAMETER_6;
  if (!mm::IsProtection(SectionPageProtection)) return STATUS_INVALID_PAGE_PROTECTION;
  ob::Attributes attributes;
  NTSTATUS status = attributes.Take(ObjectAttributes);
  if (!NT_SUCCESS(status)) return status;
  uint64_t bytes = MaximumSize ? static_cast<uint64_t>(MaximumSize->QuadPart) : 0;
  void* file = nullptr;
  if (FileHandle) {
    status = ob::ReferenceByHandle(FileHandle, 0, &io::kFileType, KernelMode, &file);
    if (!NT_SUCCESS(status)) return status;
    FILE_STANDARD_INFORMATION standard{};
    IO_STATUS_BLOCK block;
    status = ZwQueryInformationFile(FileHandle, &block, &standard, sizeof standard, FileStandardInformation);
    const auto length = static_cast<uint64_t>(standard.EndOfFile.QuadPart);
    if (NT_SUCCESS(status) && !bytes) bytes = length;
    if (NT_SUCCESS(status) && !bytes) status = STATUS_MAPPED_FILE_SIZE_ZERO;
    if (NT_SUCCESS(status) && bytes > length && !mm::IsWritable(SectionPageProtection)) status = STATUS_SECTION_TOO_BIG;
    if (!NT_SUCCESS(status)) {
      ob::Dereference(file);
      return status;
    }
  } else if (!bytes || bytes > uint64_t{1} << 40) {
    return bytes ? STATUS_SECTION_TOO_BIG : STATUS_INVALID_PARAMETER_4;
  }
  auto* section = ob::CreateObject<mm::Section>(kernel, mm::kSectionType);
  if (!section) {
    if (file) ob::Dereference(file);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  *section = {memfd_create("section", MFD_CLOEXEC), bytes, SectionPageProtection, AllocationAttributes, static_cast<FILE_OBJECT*>(file)};
  if (section->memory < 0 || ftruncate(section->memory, static_cast<off_t>(ROUND_TO_PAGES(bytes))) != 0) status = STATUS_NO_MEMORY;
  if (NT_SUCCESS(status) && file) status = mm::ReadFileInto(*section, bytes);
  if (!NT_SUCCESS(status)) {
    ob::Dereference(section);
    return status;
  }
  return ob::InsertWithHandle(kernel, section, attributes, DesiredAccess, SectionHandle);
}

NTSTATUS ZwOpenSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  *SectionHandle = nullptr;
  ob::Attributes attributes;
  const NTSTATUS status = attributes.Take(ObjectAttributes);
  if (!NT_SUCCESS(status)) return status;
  return ob::OpenByName(CurrentKernel(), attributes, mm::kSectionType, DesiredAccess, SectionHandle);
}

NTSTATUS ZwMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID* BaseAddress, ULONG_PTR ZeroBits, SIZE_T CommitSize,
                            PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize, SECTION_INHERIT InheritDisposition, ULONG AllocationType,
                            ULONG Win32Protect) {
  (void)ZeroBits, (void)CommitSize, (void)AllocationType;
  if (InheritDisposition != ViewShare && InheritDisposition != ViewUnmap) return STATUS_INVALID_PARAMETER_8;
  void *section, *process;
  NTSTATUS status = ob::ReferenceByHandle(SectionHandle, 0, &mm::kSectionType, KernelMode, &section);
  if (!NT_SUCCESS(status)) return status;
  status = ob::ReferenceByHandle(ProcessHandle, 0, &ps::kProcessType, KernelMode, &process);
  if (NT_SUCCESS(status)) {
    const uint64_t offset = SectionOffset ? static_cast<uint64_t>(SectionOffset->QuadPart) : 0;
    status = mm::Map(static_cast<mm::Section*>(section), static_cast<Process*>(process), BaseAddress, offset, ViewSize, Win32Protect);
    ob::Dereference(process);
  }
  ob::Dereference(section);
  return status;
}

NTSTATUS ZwUnmapViewOfSection(HANDLE ProcessHandle, PVOID BaseAddress) {
  void* process;
  NTSTATUS status = ob::ReferenceByHandle(ProcessHandle, 0, &ps::kProcessType, KernelMode, &process);
  if (!NT_SUCCESS(status)) return status;
  status = mm::Unmap(static_cast<Process*>(process), BaseAddress);
  ob::Dereference(process);
  return status;
}

// `Section`: the object, as ObReferenceObjectByHandle gives it.
NTSTATUS MmMapViewInSystemSpace(PVOID Section, PVOID* MappedBase, PSIZE_T ViewSize) {
  if (!ob::IsObject(Section, mm::kSectionType)) return STATUS_INVALID_PARAMETER_1;
  auto* section = static_cast<mm::Section*>(Section);
  *MappedBase = nullptr;
  return mm::Map(section, nullptr, MappedBase, 0, ViewSize, mm::IsWritable(section->protect) ? PAGE_READWRITE : PAGE_READONLY);
}
NTSTATUS MmUnmapViewInSystemSpace(PVOID MappedBase) { return mm::Unmap(nullptr, MappedBase); }

}  // extern "C"
