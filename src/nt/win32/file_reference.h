// A file by its handle, and overlapped requests on it. nt/win32 only.
#pragma once

#include <ntddk.h>
#include <windows.h>

#include <exception>

#include "nt/io/file.h"
#include "nt/ob/handle_table.h"

namespace drydock::nt::win32 {

class FileReference {
 public:
  explicit FileReference(HANDLE handle) {
    void* body = nullptr;
    status_ = ob::ReferenceByHandle(handle, 0, &io::kFileType, KernelMode, &body);
    if (status_ == STATUS_OBJECT_TYPE_MISMATCH) status_ = STATUS_INVALID_HANDLE;
    file_ = static_cast<FILE_OBJECT*>(body);
  }
  FileReference(const FileReference&) = delete;
  ~FileReference() noexcept(false) {
    // The last reference would close the file: not while a stop unwinds the stack.
    if (file_ && std::uncaught_exceptions() == 0) ob::Dereference(file_);
  }
  NTSTATUS status() const { return status_; }
  FILE_OBJECT* get() const { return file_; }

 private:
  NTSTATUS status_;
  FILE_OBJECT* file_;
};

HANDLE UntaggedEvent(const OVERLAPPED* overlapped);
// Sends; `routine`: queued to this thread at the end, instead of event and completion port. The final status, or STATUS_PENDING.
NTSTATUS StartOverlapped(FILE_OBJECT* object, const io::Request& request, OVERLAPPED* overlapped, LPOVERLAPPED_COMPLETION_ROUTINE routine);
bool Finished(NTSTATUS status);  // leaves the last error behind; a warning counts as a failure, as in ReadFile

}  // namespace drydock::nt::win32
