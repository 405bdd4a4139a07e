// Files by their names and by their handles: sizes, positions, attributes, folders; on the drives that the machine maps.
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "nt/kernel.h"
#include "nt/ob/handle_table.h"
#include "nt/ob/name_space.h"
#include "nt/thread.h"
#include "nt/win32/console.h"
#include "nt/win32/file_reference.h"
#include "nt/win32/names.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

BOOL Wrong(DWORD error) {
  CurrentThread().last_error = error;
  return FALSE;
}

FILETIME FileTimeOf(const LARGE_INTEGER& time) { return {time.LowPart, static_cast<DWORD>(time.HighPart)}; }

// A file opened for one question, closed with the object.
class Opened {
 public:
  Opened(PCWSTR name, ACCESS_MASK access, ULONG options, ULONG disposition = FILE_OPEN) {
    std::u16string nt_name;
    if (name == nullptr || !NtNameOf(name, &nt_name)) {
      status_ = STATUS_OBJECT_PATH_NOT_FOUND;
      return;
    }
    // A folder may be named with a backslash behind it.
    if (nt_name.size() > 7 && nt_name.back() == u'\\') nt_name.pop_back();
    if (nt_name.size() > UNICODE_STRING_MAX_CHARS) {
      status_ = STATUS_OBJECT_NAME_INVALID;
      return;
    }
    UNICODE_STRING string;
    RtlInitUnicodeString(&string, nt_name.c_str());
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &string, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr);
    IO_STATUS_BLOCK iosb;
    status_ = ZwCreateFile(&handle_, access | SYNCHRONIZE, &attributes, &iosb, nullptr, FILE_ATTRIBUTE_NORMAL,
                           FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, disposition, options | FILE_SYNCHRONOUS_IO_NONALERT, nullptr, 0);
  }
  Opened(const Opened&) = delete;
  ~Opened() noexcept(false) {
    if (NT_SUCCESS(status_) && std::uncaught_exceptions() == 0) ZwClose(handle_);
  }
  NTSTATUS status() const { return status_; }
  HANDLE handle() const { return handle_; }

 private:
  NTSTATUS status_;
  HANDLE handle_ = nullptr;
};

template <class Information>
NTSTATUS Query(HANDLE handle, Information* information, FILE_INFORMATION_CLASS what) {
  IO_STATUS_BLOCK iosb;
  return ZwQueryInformationFile(handle, &iosb, information, sizeof *information, what);
}

struct About {
  FILE_BASIC_INFORMATION basic = {};
  FILE_STANDARD_INFORMATION standard = {};
};
NTSTATUS Ask(HANDLE handle, About* about) {
  const NTSTATUS status = Query(handle, &about->basic, FileBasicInformation);
  if (!NT_SUCCESS(status)) return status;
  const NTSTATUS second = Query(handle, &about->standard, FileStandardInformation);
  if (about->basic.FileAttributes == 0) about->basic.FileAttributes = about->standard.Directory ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_NORMAL;
  return second;
}
NTSTATUS Ask(PCWSTR name, About* about) {
  LeaveIfEnded();
  Opened file(name, FILE_READ_ATTRIBUTES, 0);
  return NT_SUCCESS(file.status()) ? Ask(file.handle(), about) : file.status();
}

template <class Data>
void Fill(const About& about, Data* data) {
  data->dwFileAttributes = about.basic.FileAttributes;
  data->ftCreationTime = FileTimeOf(about.basic.CreationTime);
  data->ftLastAccessTime = FileTimeOf(about.basic.LastAccessTime);
  data->ftLastWriteTime = FileTimeOf(about.basic.LastWriteTime);
  data->nFileSizeHigh = static_cast<DWORD>(about.standard.EndOfFile.HighPart);
  data->nFileSizeLow = about.standard.EndOfFile.LowPart;
}

NTSTATUS Rename(PCWSTR from, PCWSTR to, bool replace) {
  std::u16string target;
  if (to == nullptr || !NtNameOf(to, &target)) return STATUS_OBJECT_NAME_INVALID;
  Opened file(from, DELETE, 0);
  if (!NT_SUCCESS(file.status())) return file.status();
  std::vector<char> room(offsetof(FILE_RENAME_INFORMATION, FileName) + (target.size() + 1) * sizeof(char16_t));
  auto* rename = reinterpret_cast<FILE_RENAME_INFORMATION*>(room.data());
  rename->ReplaceIfExists = replace;
  rename->FileNameLength = static_cast<ULONG>(target.size() * sizeof(char16_t));
  std::memcpy(rename->FileName, target.data(), rename->FileNameLength);
  IO_STATUS_BLOCK iosb;
  return ZwSetInformationFile(file.handle(), &iosb, rename, static_cast<ULONG>(room.size()), FileRenameInformation);
}

NTSTATUS Delete(PCWSTR name, ULONG options) {
  LeaveIfEnded();
  Opened file(name, DELETE, options);
  if (!NT_SUCCESS(file.status())) return file.status();
  FILE_DISPOSITION_INFORMATION disposition = {TRUE};
  IO_STATUS_BLOCK iosb;
  return ZwSetInformationFile(file.handle(), &iosb, &disposition, sizeof disposition, FileDispositionInformation);
}

struct Search {
  std::unique_ptr<Opened> folder;
  std::u16string pattern;
  bool begun = false;
};

NTSTATUS NextOf(Search& search, LPWIN32_FIND_DATAW data) {
  alignas(8) char room[1024];
  UNICODE_STRING pattern;
  RtlInitUnicodeString(&pattern, search.pattern.c_str());
  IO_STATUS_BLOCK iosb;
  const NTSTATUS status = ZwQueryDirectoryFile(search.folder->handle(), nullptr, nullptr, nullptr, &iosb, room, sizeof room,
                                               FileDirectoryInformation, TRUE, search.begun ? nullptr : &pattern, !search.begun);
  search.begun = true;
  if (!NT_SUCCESS(status)) return status;
  const auto* entry = reinterpret_cast<const FILE_DIRECTORY_INFORMATION*>(room);
  *data = {};
  data->dwFileAttributes = entry->FileAttributes;
  data->ftCreationTime = FileTimeOf(entry->CreationTime);
  data->ftLastAccessTime = FileTimeOf(entry->LastAccessTime);
  data->ftLastWriteTime = FileTimeOf(entry->LastWriteTime);
  data->nFileSizeHigh = static_cast<DWORD>(entry->EndOfFile.HighPart);
  data->nFileSizeLow = entry->EndOfFile.LowPart;
  const size_t length = entry->FileNameLength / sizeof(char16_t);
  std::memcpy(data->cFileName, entry->FileName, (length < MAX_PATH - 1 ? length : MAX_PATH - 1) * sizeof(char16_t));
  return STATUS_SUCCESS;
}

void Narrow(const WIN32_FIND_DATAW& wide, LPWIN32_FIND_DATAA data) {
  *data = {};
  std::memcpy(data, &wide, offsetof(WIN32_FIND_DATAW, cFileName));
  const std::string name = ob::ToUtf8(wide.cFileName);
  std::memcpy(data->cFileName, name.data(), name.size() < MAX_PATH - 1 ? name.size() : MAX_PATH - 1);
}

DWORD Give(const std::u16string& text, LPWSTR buffer, DWORD room) {
  if (text.size() >= room) return static_cast<DWORD>(text.size() + 1);
  std::memcpy(buffer, text.c_str(), (text.size() + 1) * sizeof(char16_t));
  return static_cast<DWORD>(text.size());
}

bool HasDrive(char16_t letter) {
  About about;
  const char16_t root[] = {letter, u':', u'\\', 0};
  return NT_SUCCESS(Ask(root, &about));
}

}  // namespace

extern "C" {

BOOL GetFileSizeEx(HANDLE hFile, PLARGE_INTEGER lpFileSize) {
  LeaveIfEnded();
  FILE_STANDARD_INFORMATION standard;
  if (!Succeeded(Query(hFile, &standard, FileStandardInformation))) return FALSE;
  *lpFileSize = standard.EndOfFile;
  return TRUE;
}
DWORD GetFileSize(HANDLE hFile, LPDWORD lpFileSizeHigh) {
  LARGE_INTEGER size;
  if (!GetFileSizeEx(hFile, &size)) return INVALID_FILE_SIZE;
  if (lpFileSizeHigh != nullptr) *lpFileSizeHigh = static_cast<DWORD>(size.HighPart);
  CurrentThread().last_error = ERROR_SUCCESS;
  return size.LowPart;
}
DWORD GetFileType(HANDLE hFile) {
  if (StreamOf(hFile) >= 0) return FILE_TYPE_CHAR;
  LeaveIfEnded();
  FileReference file(hFile);
  if (!Succeeded(file.status())) return FILE_TYPE_UNKNOWN;
  CurrentThread().last_error = ERROR_SUCCESS;
  switch (file.get()->DeviceObject->DeviceType) {
    case FILE_DEVICE_DISK:
    case FILE_DEVICE_CD_ROM:
    case FILE_DEVICE_DISK_FILE_SYSTEM: return FILE_TYPE_DISK;
    case FILE_DEVICE_NAMED_PIPE: return FILE_TYPE_PIPE;
    case FILE_DEVICE_SERIAL_PORT:
    case FILE_DEVICE_PARALLEL_PORT:
    case FILE_DEVICE_NULL: return FILE_TYPE_CHAR;
    default: return FILE_TYPE_UNKNOWN;
  }
}

BOOL SetFilePointerEx(HANDLE hFile, LARGE_INTEGER liDistanceToMove, PLARGE_INTEGER lpNewFilePointer, DWORD dwMoveMethod) {
  LeaveIfEnded();
  int64_t from = 0;
  if (dwMoveMethod == FILE_CURRENT) {
    FILE_POSITION_INFORMATION position;
    if (!Succeeded(Query(hFile, &position, FilePositionInformation))) return FALSE;
    from = position.CurrentByteOffset.QuadPart;
  } else if (dwMoveMethod == FILE_END) {
    LARGE_INTEGER size;
    if (!GetFileSizeEx(hFile, &size)) return FALSE;
    from = size.QuadPart;
  } else if (dwMoveMethod != FILE_BEGIN) {
    return Succeeded(STATUS_INVALID_PARAMETER);
  }
  FILE_POSITION_INFORMATION position;
  position.CurrentByteOffset.QuadPart = from + liDistanceToMove.QuadPart;
  if (position.CurrentByteOffset.QuadPart < 0) return Wrong(ERROR_NEGATIVE_SEEK);
  IO_STATUS_BLOCK iosb;
  if (!Succeeded(ZwSetInformationFile(hFile, &iosb, &position, sizeof position, FilePositionInformation))) return FALSE;
  if (lpNewFilePointer != nullptr) *lpNewFilePointer = position.CurrentByteOffset;
  return TRUE;
}
DWORD SetFilePointer(HANDLE hFile, LONG lDistanceToMove, PLONG lpDistanceToMoveHigh, DWORD dwMoveMethod) {
  LARGE_INTEGER distance, where;
  distance.QuadPart = lDistanceToMove;
  if (lpDistanceToMoveHigh != nullptr) {
    distance.LowPart = static_cast<DWORD>(lDistanceToMove);
    distance.HighPart = *lpDistanceToMoveHigh;
  }
  if (!SetFilePointerEx(hFile, distance, &where, dwMoveMethod)) return INVALID_SET_FILE_POINTER;
  if (lpDistanceToMoveHigh != nullptr) *lpDistanceToMoveHigh = where.HighPart;
  CurrentThread().last_error = ERROR_SUCCESS;
  return where.LowPart;
}
BOOL SetEndOfFile(HANDLE hFile) {
  LeaveIfEnded();
  FILE_POSITION_INFORMATION position;
  if (!Succeeded(Query(hFile, &position, FilePositionInformation))) return FALSE;
  FILE_END_OF_FILE_INFORMATION end;
  end.EndOfFile = position.CurrentByteOffset;
  IO_STATUS_BLOCK iosb;
  return Succeeded(ZwSetInformationFile(hFile, &iosb, &end, sizeof end, FileEndOfFileInformation));
}

BOOL GetFileTime(HANDLE hFile, LPFILETIME lpCreationTime, LPFILETIME lpLastAccessTime, LPFILETIME lpLastWriteTime) {
  LeaveIfEnded();
  FILE_BASIC_INFORMATION basic;
  if (!Succeeded(Query(hFile, &basic, FileBasicInformation))) return FALSE;
  if (lpCreationTime != nullptr) *lpCreationTime = FileTimeOf(basic.CreationTime);
  if (lpLastAccessTime != nullptr) *lpLastAccessTime = FileTimeOf(basic.LastAccessTime);
  if (lpLastWriteTime != nullptr) *lpLastWriteTime = FileTimeOf(basic.LastWriteTime);
  return TRUE;
}
BOOL GetFileInformationByHandle(HANDLE hFile, LPBY_HANDLE_FILE_INFORMATION lpFileInformation) {
  LeaveIfEnded();
  About about;
  if (!Succeeded(Ask(hFile, &about))) return FALSE;
  *lpFileInformation = {};
  Fill(about, lpFileInformation);
  lpFileInformation->nNumberOfLinks = about.standard.NumberOfLinks;
  return TRUE;
}

DWORD GetFileAttributesW(LPCWSTR lpFileName) {
  About about;
  return Succeeded(Ask(lpFileName, &about)) ? about.basic.FileAttributes : INVALID_FILE_ATTRIBUTES;
}
DWORD GetFileAttributesA(LPCSTR lpFileName) { return GetFileAttributesW(Wide(lpFileName).c_str()); }
BOOL GetFileAttributesExW(LPCWSTR lpFileName, GET_FILEEX_INFO_LEVELS fInfoLevelId, LPVOID lpFileInformation) {
  About about;
  if (fInfoLevelId != GetFileExInfoStandard) return Succeeded(STATUS_INVALID_PARAMETER);
  if (!Succeeded(Ask(lpFileName, &about))) return FALSE;
  Fill(about, static_cast<WIN32_FILE_ATTRIBUTE_DATA*>(lpFileInformation));
  return TRUE;
}
BOOL GetFileAttributesExA(LPCSTR lpFileName, GET_FILEEX_INFO_LEVELS fInfoLevelId, LPVOID lpFileInformation) {
  return GetFileAttributesExW(Wide(lpFileName).c_str(), fInfoLevelId, lpFileInformation);
}

BOOL DeleteFileW(LPCWSTR lpFileName) { return Succeeded(Delete(lpFileName, FILE_NON_DIRECTORY_FILE)); }
BOOL DeleteFileA(LPCSTR lpFileName) { return DeleteFileW(Wide(lpFileName).c_str()); }
BOOL RemoveDirectoryW(LPCWSTR lpPathName) { return Succeeded(Delete(lpPathName, FILE_DIRECTORY_FILE)); }
BOOL RemoveDirectoryA(LPCSTR lpPathName) { return RemoveDirectoryW(Wide(lpPathName).c_str()); }
BOOL CreateDirectoryW(LPCWSTR lpPathName, LPSECURITY_ATTRIBUTES lpSecurityAttributes) {
  (void)lpSecurityAttributes;
  LeaveIfEnded();
  Opened folder(lpPathName, FILE_LIST_DIRECTORY, FILE_DIRECTORY_FILE, FILE_CREATE);
  return Succeeded(folder.status());
}
BOOL CreateDirectoryA(LPCSTR lpPathName, LPSECURITY_ATTRIBUTES lpSecurityAttributes) {
  return CreateDirectoryW(Wide(lpPathName).c_str(), lpSecurityAttributes);
}
BOOL MoveFileExW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName, DWORD dwFlags) {
  LeaveIfEnded();
  return Succeeded(Rename(lpExistingFileName, lpNewFileName, (dwFlags & MOVEFILE_REPLACE_EXISTING) != 0));
}
BOOL MoveFileExA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName, DWORD dwFlags) {
  return MoveFileExW(Wide(lpExistingFileName).c_str(), Wide(lpNewFileName).c_str(), dwFlags);
}
BOOL MoveFileW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName) { return MoveFileExW(lpExistingFileName, lpNewFileName, 0); }
BOOL MoveFileA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName) { return MoveFileExA(lpExistingFileName, lpNewFileName, 0); }

BOOL CopyFileW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName, BOOL bFailIfExists) {
  const HANDLE from = CreateFileW(lpExistingFileName, GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING, 0, nullptr);
  if (from == INVALID_HANDLE_VALUE) return FALSE;
  const HANDLE to = CreateFileW(lpNewFileName, GENERIC_WRITE, 0, nullptr, bFailIfExists ? CREATE_NEW : CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (to == INVALID_HANDLE_VALUE) {
    const DWORD error = GetLastError();
    CloseHandle(from);
    return Wrong(error);
  }
  std::vector<char> room(65536);
  DWORD read = 0, written = 0;
  BOOL done;
  while ((done = ReadFile(from, room.data(), static_cast<DWORD>(room.size()), &read, nullptr)) && read != 0) {
    done = WriteFile(to, room.data(), read, &written, nullptr) && written == read;
    if (!done) break;
  }
  const DWORD error = GetLastError();
  CloseHandle(from);
  CloseHandle(to);
  return done || Wrong(error);
}
BOOL CopyFileA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName, BOOL bFailIfExists) {
  return CopyFileW(Wide(lpExistingFileName).c_str(), Wide(lpNewFileName).c_str(), bFailIfExists);
}

HANDLE FindFirstFileW(LPCWSTR lpFileName, LPWIN32_FIND_DATAW lpFindFileData) {
  LeaveIfEnded();
  Program& program = ProgramFor("FindFirstFile");
  const std::u16string full = lpFileName != nullptr ? FullNameOf(lpFileName) : std::u16string();
  const size_t slash = full.find_last_of(u'\\');
  if (slash == std::u16string::npos || slash + 1 == full.size()) {
    Wrong(ERROR_FILE_NOT_FOUND);
    return INVALID_HANDLE_VALUE;
  }
  auto search = std::make_shared<Search>();
  search->pattern = full.substr(slash + 1);
  if (search->pattern == u"*.*") search->pattern = u"*";
  search->folder = std::make_unique<Opened>(full.substr(0, slash + 1).c_str(), FILE_LIST_DIRECTORY, FILE_DIRECTORY_FILE);
  NTSTATUS status = search->folder->status();
  if (status == STATUS_OBJECT_NAME_NOT_FOUND) status = STATUS_OBJECT_PATH_NOT_FOUND;
  if (NT_SUCCESS(status)) status = NextOf(*search, lpFindFileData);
  if (status == STATUS_NO_MORE_FILES) status = STATUS_NO_SUCH_FILE;
  return Succeeded(status) ? AddThing(program, search) : INVALID_HANDLE_VALUE;
}
BOOL FindNextFileW(HANDLE hFindFile, LPWIN32_FIND_DATAW lpFindFileData) {
  LeaveIfEnded();
  const auto search = std::static_pointer_cast<Search>(FindThing(ProgramFor("FindNextFile"), hFindFile));
  return search ? Succeeded(NextOf(*search, lpFindFileData)) : Wrong(ERROR_INVALID_HANDLE);
}
HANDLE FindFirstFileA(LPCSTR lpFileName, LPWIN32_FIND_DATAA lpFindFileData) {
  WIN32_FIND_DATAW data;
  const HANDLE handle = FindFirstFileW(Wide(lpFileName).c_str(), &data);
  if (handle != INVALID_HANDLE_VALUE) Narrow(data, lpFindFileData);
  return handle;
}
BOOL FindNextFileA(HANDLE hFindFile, LPWIN32_FIND_DATAA lpFindFileData) {
  WIN32_FIND_DATAW data;
  if (!FindNextFileW(hFindFile, &data)) return FALSE;
  Narrow(data, lpFindFileData);
  return TRUE;
}
BOOL FindClose(HANDLE hFindFile) {
  LeaveIfEnded();
  return DropThing(ProgramFor("FindClose"), hFindFile) || Wrong(ERROR_INVALID_HANDLE);
}

DWORD GetTempPathW(DWORD nBufferLength, LPWSTR lpBuffer) { return Give(u"C:\\", lpBuffer, nBufferLength); }
DWORD GetTempPathA(DWORD nBufferLength, LPSTR lpBuffer) {
  if (nBufferLength < 4) return 4;
  std::memcpy(lpBuffer, "C:\\", 4);
  return 3;
}
BOOL SetCurrentDirectoryW(LPCWSTR lpPathName) {
  Program& program = ProgramFor("SetCurrentDirectory");
  About about;
  if (!Succeeded(Ask(lpPathName, &about))) return FALSE;
  if (!(about.basic.FileAttributes & FILE_ATTRIBUTE_DIRECTORY)) return Wrong(ERROR_DIRECTORY);
  std::u16string folder = FullNameOf(lpPathName);
  if (folder.back() != u'\\') folder += u'\\';
  rt::LockGuard guard(program.lock);
  program.spec.folder = folder;
  return TRUE;
}
BOOL SetCurrentDirectoryA(LPCSTR lpPathName) { return SetCurrentDirectoryW(Wide(lpPathName).c_str()); }

// A link's target as a list of one; without a name all links that there are.
DWORD QueryDosDeviceW(LPCWSTR lpDeviceName, LPWSTR lpTargetPath, DWORD ucchMax) {
  LeaveIfEnded();
  Kernel& kernel = CurrentKernel();
  std::u16string list;
  if (lpDeviceName != nullptr) {
    const NTSTATUS status = ob::QuerySymbolicLink(kernel, u"\\??\\" + std::u16string(lpDeviceName), &list);
    if (!NT_SUCCESS(status)) return Wrong(ERROR_FILE_NOT_FOUND), 0;
    list += u'\0';
  } else {
    ob::ParseContext context;
    context.kernel = &kernel;
    void* folder = nullptr;
    const NTSTATUS status = ob::Lookup(context, nullptr, u"\\??", &folder);
    if (!Succeeded(status)) return 0;
    for (const ob::DirectoryEntryInfo& entry : ob::ListDirectory(folder)) list += entry.name + u'\0';
    ob::Dereference(folder);
  }
  list += u'\0';
  if (list.size() > ucchMax) return Wrong(ERROR_INSUFFICIENT_BUFFER), 0;
  std::memcpy(lpTargetPath, list.data(), list.size() * sizeof(char16_t));
  return static_cast<DWORD>(list.size());
}
DWORD QueryDosDeviceA(LPCSTR lpDeviceName, LPSTR lpTargetPath, DWORD ucchMax) {
  std::vector<char16_t> room(ucchMax);
  const DWORD length = QueryDosDeviceW(Wide(lpDeviceName).c_str(), room.data(), ucchMax);
  for (DWORD i = 0; i < length; ++i) lpTargetPath[i] = static_cast<CHAR>(room[i]);
  return length;
}
BOOL DefineDosDeviceW(DWORD dwFlags, LPCWSTR lpDeviceName, LPCWSTR lpTargetPath) {
  LeaveIfEnded();
  if (lpDeviceName == nullptr || (lpTargetPath == nullptr && !(dwFlags & DDD_REMOVE_DEFINITION))) return Succeeded(STATUS_INVALID_PARAMETER);
  const std::u16string link = u"\\??\\" + std::u16string(lpDeviceName);
  if (dwFlags & DDD_REMOVE_DEFINITION) return Succeeded(ob::DeleteSymbolicLink(CurrentKernel(), link));
  std::u16string target = lpTargetPath;
  if (!(dwFlags & DDD_RAW_TARGET_PATH)) target = u"\\??\\" + FullNameOf(target);
  return Succeeded(ob::CreateSymbolicLink(CurrentKernel(), link, target, true));
}
BOOL DefineDosDeviceA(DWORD dwFlags, LPCSTR lpDeviceName, LPCSTR lpTargetPath) {
  return DefineDosDeviceW(dwFlags, Wide(lpDeviceName).c_str(), Wide(lpTargetPath).c_str());
}
UINT GetDriveTypeW(LPCWSTR lpRootPathName) {
  const std::u16string name = lpRootPathName != nullptr ? lpRootPathName : CurrentDirectory();
  return !name.empty() && HasDrive(name[0]) ? DRIVE_FIXED : DRIVE_NO_ROOT_DIR;
}
UINT GetDriveTypeA(LPCSTR lpRootPathName) { return GetDriveTypeW(Wide(lpRootPathName).c_str()); }
DWORD GetLogicalDrives(VOID) {
  DWORD drives = 0;
  for (char16_t letter = u'A'; letter <= u'Z'; ++letter)
    if (HasDrive(letter)) drives |= DWORD{1} << (letter - u'A');
  return drives;
}

}  // extern "C"
