// Files: opening what a name leads to, and reads, writes and controls as the I/O manager builds them for a requestor.
// Called by:  machine (test kit), ob's Zw functions, backend tests; PASSIVE_LEVEL, on a task with a thread.
// Ownership:  OpenFile gives one handle's worth: CloseFile sends cleanup when it was the last handle; close follows when the last
//             reference (requests in flight, IoGetDeviceObjectPointer, ...) is gone. Buffers live until the request is complete.
// Modes:      UserMode requests have their buffers checked or copied and are finished (data, status block) in the requestor's
//             context; KernelMode ones are trusted.
// Errors:     the status that the stack gave; a time-out cancels the request, waits for it and answers STATUS_IO_TIMEOUT when it
//             ended cancelled.
// Source:     public documentation of buffered, direct and neither I/O, of NtReadFile/NtDeviceIoControlFile and of CancelIoEx.
#pragma once

#include <cstdint>
#include <string_view>

#include <ntddk.h>

#include "nt/ob/object.h"
#include "runtime/time.h"

namespace drydock::nt {
struct Kernel;
struct Thread;
}  // namespace drydock::nt

namespace drydock::nt::io {

struct OpenOptions {
  ACCESS_MASK access = FILE_GENERIC_READ | FILE_GENERIC_WRITE;
  ULONG file_attributes = FILE_ATTRIBUTE_NORMAL;
  ULONG share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  ULONG disposition = FILE_OPEN;
  ULONG options = 0;  // FILE_SYNCHRONOUS_IO_NONALERT makes a synchronous file
  KPROCESSOR_MODE mode = KernelMode;
  void* root = nullptr;  // an object directory or a file that `name` is relative to
  void* ea = nullptr;
  ULONG ea_length = 0;
  const int64_t* allocation_size = nullptr;
  bool case_insensitive = true;
  SECURITY_IMPERSONATION_LEVEL impersonation = SecurityImpersonation;  // how far others may act for the opener, with this file
  bool directly = false;  // this very device, whatever is attached above it: FO_DIRECT_DEVICE_OPEN
};

NTSTATUS OpenFile(Kernel& kernel, std::u16string_view name, const OpenOptions& options, FILE_OBJECT** file,
                  ULONG_PTR* information = nullptr);
// Opens the stack of a device object without a name (the test kit's Open(device)); `rest` is what would follow the name.
NTSTATUS OpenDevice(DEVICE_OBJECT* device, std::u16string_view rest, const OpenOptions& options, FILE_OBJECT** file,
                    ULONG_PTR* information = nullptr);
SECURITY_IMPERSONATION_LEVEL ImpersonationOf(const FILE_OBJECT* file);  // what OpenOptions said
void CloseFile(FILE_OBJECT* file);  // drops the handle that OpenFile gave

struct Result {
  NTSTATUS status = STATUS_SUCCESS;
  ULONG_PTR information = 0;
};

// One request as a system service is asked for it.
struct Request {
  UCHAR major = IRP_MJ_READ;      // READ, WRITE, DEVICE_CONTROL, INTERNAL_DEVICE_CONTROL, FILE_SYSTEM_CONTROL, FLUSH_BUFFERS,
                                  // QUERY_INFORMATION, SET_INFORMATION, DIRECTORY_CONTROL
  UCHAR minor = 0;
  KPROCESSOR_MODE mode = KernelMode;
  ULONG code = 0;                 // control code or information class
  void* input = nullptr;          // write data, control input, set-information data
  ULONG input_length = 0;
  void* output = nullptr;         // read buffer, control output, query data
  ULONG output_length = 0;
  bool has_offset = false;
  int64_t offset = 0;
  ULONG key = 0;
  UNICODE_STRING* name_filter = nullptr;  // directory queries
  UCHAR stack_flags = 0;                  // SL_...
  // Register the buffers as the application's memory while the request lives (what any application's memory is). False: garbage
  // addresses go to the driver as they are.
  bool register_buffers = true;
};

Result Send(FILE_OBJECT* file, const Request& request, rt::Ticks timeout = rt::kNever);  // duration; kNever: none

Result Read(FILE_OBJECT* file, KPROCESSOR_MODE mode, void* buffer, ULONG length, const int64_t* offset = nullptr,
            rt::Ticks timeout = rt::kNever);
Result Write(FILE_OBJECT* file, KPROCESSOR_MODE mode, const void* buffer, ULONG length, const int64_t* offset = nullptr,
             rt::Ticks timeout = rt::kNever);
Result DeviceControl(FILE_OBJECT* file, KPROCESSOR_MODE mode, ULONG code, const void* input, ULONG input_length, void* output,
                     ULONG output_length, bool internal = false, rt::Ticks timeout = rt::kNever);
Result Flush(FILE_OBJECT* file, KPROCESSOR_MODE mode);

// An asynchronous request. The object is the caller's ticket; a ticket dropped early lets the request run on.
class AsyncIo {
 public:
  AsyncIo() = default;
  AsyncIo(const AsyncIo&) = delete;
  AsyncIo(AsyncIo&& other) noexcept : block_(other.block_) { other.block_ = nullptr; }
  AsyncIo& operator=(AsyncIo&& other) noexcept;
  ~AsyncIo();

  // STATUS_PENDING or the final status (also when it failed before it was sent).
  NTSTATUS Start(FILE_OBJECT* file, const Request& request);
  bool done() const;
  NTSTATUS status() const;         // STATUS_PENDING until done
  ULONG_PTR information() const;
  // Waits; STATUS_TIMEOUT when the time ran out and the request goes on, else STATUS_SUCCESS.
  NTSTATUS Wait(rt::Ticks timeout = rt::kNever);
  // CancelIoEx: true if the request was still under way and was asked to end.
  bool Cancel();

  struct Block;

 private:
  Block* block_ = nullptr;
};

// CancelIoEx of a whole handle: how many requests were asked to end. `only_this_thread`: CancelIo.
uint32_t CancelFile(FILE_OBJECT* file, bool only_this_thread);

extern const ob::ObjectType kFileType;

}  // namespace drydock::nt::io
