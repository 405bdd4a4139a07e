// Folder: paths of NT names inside one Linux folder.
// Containment: each component is opened below the one before with openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
//             "." and ".." are refused as NT refuses them in a kernel name.
// Called by:  VolumeDevice. Threads: any; holds no state but the folder's descriptor.
#pragma once

#include <string>
#include <string_view>

#include <ntddk.h>

namespace drydock::backend {

struct OpenedPath {
  int fd = -1;
  bool created = false;
  bool directory = false;
};

class Folder {
 public:
  Folder() = default;
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  // Empty, or what is wrong with it.
  std::string Open(const std::string& path);

  // `name` begins with a backslash. Disposition and options as in IRP_MJ_CREATE; `write` asks for write access.
  NTSTATUS OpenPath(std::u16string_view name, ULONG disposition, ULONG options, bool write, OpenedPath* opened) const;
  // Removes a name that OpenPath found.
  NTSTATUS Remove(std::u16string_view name, bool directory) const;

 private:
  // The folder that holds the last component, and that component as it is spelled on disk (as given when there is none such).
  NTSTATUS Parent(std::u16string_view name, int* parent, std::string* last, bool* exists) const;
  int root_ = -1;
};

NTSTATUS StatusOfErrno(int error);

}  // namespace drydock::backend
