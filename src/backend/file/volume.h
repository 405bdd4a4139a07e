// FolderVolume: a file system over a Linux folder.
// Called by:  the I/O manager, through ModelDevice; PASSIVE_LEVEL.
// Names:      looked up without regard to case (an exact match wins); "..", ".", empty parts and the characters < > : " / | ? * are refused.
// Sharing:    share access and delete-on-close are kept per Linux file (device, inode).
// Blocking:   reads that are in the page cache, and all under the simulated executor, complete inline; others on an executive worker.
// Containment: every open is confined by OpenBeneath; only regular files and directories are opened.
// Source:     public documentation of IRP_MJ_CREATE dispositions and results and of the file information classes.
#pragma once

#include <sys/stat.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backend/model.h"
#include "backend/posix.h"
#include "runtime/lock.h"

namespace drydock::backend {

// One Linux file that is open here. FILE_OBJECT::FsContext.
struct FileControlBlock {
  dev_t device = 0;
  ino_t inode = 0;
  uint32_t handles = 0;  // not yet cleaned up
  uint32_t opens = 0;    // not yet closed
  SHARE_ACCESS share = {};
  bool delete_pending = false;
};

struct DirectoryItem {
  std::u16string name;
  struct stat stat;
};

// One open. FILE_OBJECT::FsContext2.
struct OpenedFile {
  UniqueFd fd;
  CacheStreak streak;
  FileControlBlock* control = nullptr;  // null: the volume itself
  std::string path;                     // below the folder, as found; "" is the folder
  bool directory = false;
  bool delete_on_close = false;
  bool append_only = false;
  ACCESS_MASK access = 0;
  bool cleaned_up = false;
  // Directory query under way.
  bool scanned = false;
  std::u16string pattern;
  std::vector<DirectoryItem> items;
  size_t next_item = 0;
};

class FolderVolume : public ModelDevice {
 public:
  FolderVolume(UniqueFd root, std::string host_path) : root_(std::move(root)), host_path_(std::move(host_path)) {}

  void OnCreate(const ModelRequest& request) override;
  void OnRead(const ModelRequest& request) override;
  void OnWrite(const ModelRequest& request) override;
  void OnFlush(const ModelRequest& request) override;
  void OnOther(const ModelRequest& request) override;
  void OnCleanup(FILE_OBJECT* file) override;
  void OnClose(FILE_OBJECT* file) override;

 private:
  struct Result {
    NTSTATUS status;
    ULONG_PTR information = 0;
  };
  Result Create(const ModelRequest& request);
  Result OpenExisting(const ModelRequest& request, const std::string& path, ULONG disposition, ULONG options, bool trailing_slash);
  Result Enter(const ModelRequest& request, UniqueFd fd, const std::string& path, const struct stat& stat, ULONG_PTR information,
               bool truncate);
  Result QueryInformation(const ModelRequest& request);
  Result SetInformation(const ModelRequest& request);
  Result QueryVolume(const ModelRequest& request);
  Result QueryDirectory(const ModelRequest& request);
  Result Rename(OpenedFile& opened, FILE_OBJECT* file, const FILE_RENAME_INFORMATION* information, ULONG length);
  void LoadDirectory(OpenedFile& opened);

  // The Linux path of an NT one: each part as the folder spells it. The last part may be missing (`missing`).
  NTSTATUS Resolve(std::u16string_view name, std::string* path, bool* missing, bool* trailing_slash);
  NTSTATUS RemoveFile(const std::string& path, bool directory);

  UniqueFd root_;
  std::string host_path_;
  rt::Lock lock_;
  std::map<std::pair<dev_t, ino_t>, std::unique_ptr<FileControlBlock>> controls_ RT_GUARDED_BY(lock_);
};

inline OpenedFile* OpenedOf(FILE_OBJECT* file) { return file ? static_cast<OpenedFile*>(file->FsContext2) : nullptr; }

int64_t NtTime(const struct timespec& time);
ULONG NtAttributes(const struct stat& stat);
// "*" any run, "?" one character; DOS forms < > " are treated as * ? . ; without regard to case.
bool MatchesPattern(std::u16string_view pattern, std::u16string_view name);

}  // namespace drydock::backend
