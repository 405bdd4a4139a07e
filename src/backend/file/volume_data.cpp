// Reads, writes and flushes of a folder's files.
#include <errno.h>

#include "backend/file/volume.h"
#include "nt/kernel.h"
#include "runtime/executor.h"

namespace drydock::backend {
namespace {

struct SlowRead {
  WORK_QUEUE_ITEM item;
  ModelRequest request;
  int fd;
  FILE_OBJECT* file;
  off_t offset;
};

void Finish(const ModelRequest& request, FILE_OBJECT* file, off_t offset, ssize_t done) {
  if (done < 0) {
    request.Complete(StatusFromErrno(static_cast<int>(-done)));
    return;
  }
  if (done == 0 && request.major() == IRP_MJ_READ && request.output_length()) {
    request.Complete(STATUS_END_OF_FILE);
    return;
  }
  if (file->Flags & FO_SYNCHRONOUS_IO) file->CurrentByteOffset.QuadPart = offset + done;
  request.Complete(STATUS_SUCCESS, static_cast<ULONG_PTR>(done));
}

VOID NTAPI RunSlowRead(PVOID context) {
  std::unique_ptr<SlowRead> read(static_cast<SlowRead*>(context));
  ssize_t done = ReadFully(read->fd, read->request.output(), read->request.output_length(), read->offset);
  Finish(read->request, read->file, read->offset, done);
}

}  // namespace

void FolderVolume::OnRead(const ModelRequest& request) {
  FILE_OBJECT* file = request.file();
  OpenedFile* opened = OpenedOf(file);
  if (!opened || !opened->control || opened->directory) {
    request.Complete(STATUS_INVALID_DEVICE_REQUEST);
    return;
  }
  if (opened->cleaned_up) {
    request.Complete(STATUS_FILE_CLOSED);
    return;
  }
  off_t offset = request.offset();
  if (offset < 0) {
    request.Complete(STATUS_INVALID_PARAMETER);
    return;
  }
  if (kernel().executor.simulated()) {
    Finish(request, file, offset, ReadFully(opened->fd.get(), request.output(), request.output_length(), offset));
    return;
  }
  ssize_t done = ReadCached(opened->fd.get(), request.output(), request.output_length(), offset, opened->streak);
  if (done != -EAGAIN) {
    Finish(request, file, offset, done);
    return;
  }
  // Must wait for the disk: on a worker. The request's reference keeps the file open meanwhile.
  auto slow = std::make_unique<SlowRead>();
  slow->fd = opened->fd.get();
  slow->file = file;
  slow->offset = offset;
  slow->request = Pend(request, false);
  ExInitializeWorkItem(&slow->item, RunSlowRead, slow.get());
  ExQueueWorkItem(&slow.release()->item, DelayedWorkQueue);
}

void FolderVolume::OnWrite(const ModelRequest& request) {
  FILE_OBJECT* file = request.file();
  OpenedFile* opened = OpenedOf(file);
  if (!opened || !opened->control || opened->directory) {
    request.Complete(STATUS_INVALID_DEVICE_REQUEST);
    return;
  }
  if (opened->cleaned_up) {
    request.Complete(STATUS_FILE_CLOSED);
    return;
  }
  off_t offset = request.offset();
  bool to_end = opened->append_only || offset == -1;  // FILE_WRITE_TO_END_OF_FILE
  if (to_end) {
    struct stat stat;
    if (::fstat(opened->fd.get(), &stat) != 0) {
      request.Complete(StatusFromErrno(errno));
      return;
    }
    offset = stat.st_size;
  } else if (offset < 0) {
    request.Complete(STATUS_INVALID_PARAMETER);
    return;
  }
  ssize_t done = WriteFully(opened->fd.get(), request.input(), request.input_length(), offset);
  if (done >= 0 && (file->Flags & FO_WRITE_THROUGH)) ::fdatasync(opened->fd.get());
  Finish(request, file, offset, done);
}

void FolderVolume::OnFlush(const ModelRequest& request) {
  OpenedFile* opened = OpenedOf(request.file());
  if (opened && opened->fd && ::fsync(opened->fd.get()) != 0 && errno != EINVAL && errno != EROFS) {
    request.Complete(StatusFromErrno(errno));
    return;
  }
  request.Complete(STATUS_SUCCESS);
}

}  // namespace drydock::backend
