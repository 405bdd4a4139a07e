// Share access: what several opens of one file allow each other. Called by file systems with their own lock held.
#include <ntddk.h>

namespace {

void TakeAccess(PFILE_OBJECT file, ACCESS_MASK access, ULONG share) {
  file->ReadAccess = (access & (FILE_EXECUTE | FILE_READ_DATA)) != 0;
  file->WriteAccess = (access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
  file->DeleteAccess = (access & DELETE) != 0;
  if (file->ReadAccess || file->WriteAccess || file->DeleteAccess) {
    file->SharedRead = (share & FILE_SHARE_READ) != 0;
    file->SharedWrite = (share & FILE_SHARE_WRITE) != 0;
    file->SharedDelete = (share & FILE_SHARE_DELETE) != 0;
  }
}

void Count(PFILE_OBJECT file, PSHARE_ACCESS share, int by) {
  if (!file->ReadAccess && !file->WriteAccess && !file->DeleteAccess) return;  // attributes only: does not count
  auto add = [by](ULONG& counter, BOOLEAN set) { counter += static_cast<ULONG>(set ? by : 0); };
  share->OpenCount += static_cast<ULONG>(by);
  add(share->Readers, file->ReadAccess);
  add(share->Writers, file->WriteAccess);
  add(share->Deleters, file->DeleteAccess);
  add(share->SharedRead, file->SharedRead);
  add(share->SharedWrite, file->SharedWrite);
  add(share->SharedDelete, file->SharedDelete);
}

}  // namespace

extern "C" {

NTSTATUS NTAPI IoCheckShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject,
                                  PSHARE_ACCESS ShareAccess, BOOLEAN Update) {
  TakeAccess(FileObject, DesiredAccess, DesiredShareAccess);
  if (!FileObject->ReadAccess && !FileObject->WriteAccess && !FileObject->DeleteAccess) return STATUS_SUCCESS;
  ULONG opens = ShareAccess->OpenCount;
  bool denied = (FileObject->ReadAccess && ShareAccess->SharedRead < opens) ||
                (FileObject->WriteAccess && ShareAccess->SharedWrite < opens) ||
                (FileObject->DeleteAccess && ShareAccess->SharedDelete < opens) ||
                (ShareAccess->Readers && !FileObject->SharedRead) || (ShareAccess->Writers && !FileObject->SharedWrite) ||
                (ShareAccess->Deleters && !FileObject->SharedDelete);
  if (denied) return STATUS_SHARING_VIOLATION;
  if (Update) Count(FileObject, ShareAccess, 1);
  return STATUS_SUCCESS;
}

// `WritePermission`: whether the file's own security lets it be written, which decides if a reader may shut writers out.
NTSTATUS NTAPI IoCheckShareAccessEx(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                    BOOLEAN Update, PBOOLEAN WritePermission) {
  if (WritePermission && !*WritePermission) DesiredShareAccess |= FILE_SHARE_WRITE;
  return IoCheckShareAccess(DesiredAccess, DesiredShareAccess, FileObject, ShareAccess, Update);
}

VOID NTAPI IoSetShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess) {
  TakeAccess(FileObject, DesiredAccess, DesiredShareAccess);
  *ShareAccess = {};
  Count(FileObject, ShareAccess, 1);
}

VOID NTAPI IoUpdateShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess) { Count(FileObject, ShareAccess, 1); }

VOID NTAPI IoRemoveShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess) { Count(FileObject, ShareAccess, -1); }

}  // extern "C"
