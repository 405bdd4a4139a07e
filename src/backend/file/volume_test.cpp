// A folder as a volume and a file as a disk: what drivers see of them, and that nothing leads out.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "backend/file/volume.h"
#include "backend/map.h"
#include "nt/io/file.h"
#include "nt/io/irp.h"
#include "nt/ob/name_space.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::backend {
namespace {

namespace fs = std::filesystem;
using nt::ob::ToUtf16;

class VolumeTest : public nt::testing::BothExecutors {
 protected:
  void SetUp() override {
    BothExecutors::SetUp();
    char name[] = "/tmp/drydock-volume-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    base_ = name;
    root_ = base_ / "mapped";
    fs::create_directory(root_);
    std::ofstream(base_ / "secret.txt") << "secret";
    ASSERT_EQ(MapFolder(*kernel_, u"C:", root_.string()), "");
  }
  void TearDown() override {
    BothExecutors::TearDown();
    fs::remove_all(base_);
  }

  NTSTATUS Open(std::u16string_view name, nt::io::OpenOptions options, FILE_OBJECT** file) {
    information_ = 99;
    return nt::io::OpenFile(*kernel_, name, options, file, &information_);
  }
  // Opens and closes; what the open answered.
  NTSTATUS Try(std::u16string_view name, ULONG disposition = FILE_OPEN, ULONG options = 0, ACCESS_MASK access = GENERIC_READ) {
    nt::io::OpenOptions open;
    open.disposition = disposition;
    open.options = options;
    open.access = access;
    FILE_OBJECT* file;
    NTSTATUS status = Open(name, open, &file);
    if (NT_SUCCESS(status)) nt::io::CloseFile(file);
    return status;
  }
  FILE_OBJECT* MustOpen(std::u16string_view name, ULONG disposition = FILE_OPEN, ACCESS_MASK access = GENERIC_READ | GENERIC_WRITE) {
    nt::io::OpenOptions open;
    open.disposition = disposition;
    open.access = access;
    FILE_OBJECT* file = nullptr;
    EXPECT_EQ(Open(name, open, &file), STATUS_SUCCESS);
    return file;
  }
  nt::io::Result Query(FILE_OBJECT* file, ULONG information_class, void* out, ULONG length, UCHAR major = IRP_MJ_QUERY_INFORMATION) {
    nt::io::Request request;
    request.major = major;
    request.code = information_class;
    request.output = out;
    request.output_length = length;
    return nt::io::Send(file, request);
  }
  NTSTATUS Set(FILE_OBJECT* file, ULONG information_class, const void* in, ULONG length) {
    nt::io::Request request;
    request.major = IRP_MJ_SET_INFORMATION;
    request.code = information_class;
    request.input = const_cast<void*>(in);
    request.input_length = length;
    return nt::io::Send(file, request).status;
  }
  std::string Content(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  fs::path base_, root_;
  ULONG_PTR information_ = 0;
};
DRYDOCK_BOTH_EXECUTORS(VolumeTest);

TEST_P(VolumeTest, WhatIsWrittenIsReadAndStandsInTheFolder) {
  FILE_OBJECT* file = MustOpen(u"\\??\\C:\\hello.txt", FILE_CREATE);
  EXPECT_EQ(information_, ULONG_PTR{FILE_CREATED});
  EXPECT_EQ(nt::io::Write(file, UserMode, "hello world", 11).information, 11u);
  char out[32] = {};
  int64_t offset = 6;
  nt::io::Result result = nt::io::Read(file, UserMode, out, sizeof out, &offset);
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  EXPECT_EQ(result.information, 5u);
  EXPECT_STREQ(out, "world");
  offset = 11;
  EXPECT_EQ(nt::io::Read(file, UserMode, out, sizeof out, &offset).status, STATUS_END_OF_FILE);
  offset = -5;
  EXPECT_EQ(nt::io::Read(file, UserMode, out, sizeof out, &offset).status, STATUS_INVALID_PARAMETER);
  EXPECT_EQ(nt::io::Flush(file, UserMode).status, STATUS_SUCCESS);
  nt::io::CloseFile(file);
  EXPECT_EQ(Content(root_ / "hello.txt"), "hello world");
  EXPECT_EQ(nt::io::LiveIrps(*kernel_, nullptr, 0), 0u);
}

TEST_P(VolumeTest, ASynchronousFileKeepsItsPosition) {
  std::ofstream(root_ / "f") << "abcdef";
  nt::io::OpenOptions open;
  open.options = FILE_SYNCHRONOUS_IO_NONALERT;
  FILE_OBJECT* file;
  ASSERT_EQ(Open(u"\\??\\C:\\f", open, &file), STATUS_SUCCESS);
  char out[3] = {};
  nt::io::Read(file, KernelMode, out, 2);
  nt::io::Read(file, KernelMode, out, 2);
  EXPECT_STREQ(out, "cd");
  EXPECT_EQ(file->CurrentByteOffset.QuadPart, 4);
  nt::io::CloseFile(file);
}

TEST_P(VolumeTest, NamesAreFoundWithoutRegardToCase) {
  fs::create_directories(root_ / "Some" / "Folder");
  std::ofstream(root_ / "Some" / "Folder" / "File.TXT") << "x";
  EXPECT_EQ(Try(u"\\??\\c:\\sOME\\folder\\fILE.txt"), STATUS_SUCCESS);
  EXPECT_EQ(Try(u"\\??\\C:\\SOME\\FOLDER\\file.txt", FILE_CREATE), STATUS_OBJECT_NAME_COLLISION);
  // A new file below takes the folder as it is spelled.
  nt::io::CloseFile(MustOpen(u"\\??\\C:\\some\\folder\\New", FILE_CREATE));
  EXPECT_TRUE(fs::exists(root_ / "Some" / "Folder" / "New"));
}

TEST_P(VolumeTest, MissingNamesTellWhichPartIsMissing) {
  std::ofstream(root_ / "file") << "x";
  EXPECT_EQ(Try(u"\\??\\C:\\nothing"), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(Try(u"\\??\\C:\\no\\thing"), STATUS_OBJECT_PATH_NOT_FOUND);
  EXPECT_EQ(Try(u"\\??\\C:\\file\\below"), STATUS_OBJECT_PATH_NOT_FOUND);
  EXPECT_EQ(Try(u"\\??\\C:\\file\\"), STATUS_OBJECT_NAME_INVALID);
  EXPECT_EQ(Try(u"\\??\\D:\\x"), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_P(VolumeTest, NothingLeadsOutOfTheFolder) {
  fs::create_symlink(base_ / "secret.txt", root_ / "absolute");
  fs::create_symlink("../secret.txt", root_ / "relative");
  fs::create_directory_symlink("..", root_ / "up");
  fs::create_symlink("/proc/self/environ", root_ / "magic");
  fs::create_directory(root_ / "inner");
  for (const char16_t* name :
       {u"\\??\\C:\\..\\secret.txt", u"\\??\\C:\\inner\\..\\..\\secret.txt", u"\\??\\C:\\.\\x", u"\\??\\C:\\/etc/passwd",
        u"\\??\\C:\\inner/../../secret.txt", u"\\??\\C:\\a:stream", u"\\??\\C:\\*", u"\\??\\C:\\\\x"}) {
    EXPECT_EQ(Try(name), STATUS_OBJECT_NAME_INVALID) << nt::ob::ToUtf8(name);
    EXPECT_EQ(Try(name, FILE_CREATE, 0, GENERIC_WRITE), STATUS_OBJECT_NAME_INVALID) << nt::ob::ToUtf8(name);
  }
  for (const char16_t* name :
       {u"\\??\\C:\\absolute", u"\\??\\C:\\relative", u"\\??\\C:\\up\\secret.txt", u"\\??\\C:\\magic", u"\\??\\C:\\up"}) {
    EXPECT_FALSE(NT_SUCCESS(Try(name))) << nt::ob::ToUtf8(name);
    EXPECT_FALSE(NT_SUCCESS(Try(name, FILE_OVERWRITE_IF, 0, GENERIC_WRITE))) << nt::ob::ToUtf8(name);
    EXPECT_FALSE(NT_SUCCESS(Try(name, FILE_OPEN, FILE_DELETE_ON_CLOSE, DELETE))) << nt::ob::ToUtf8(name);
  }
  EXPECT_FALSE(NT_SUCCESS(Try(u"\\??\\C:\\up\\new.txt", FILE_CREATE, 0, GENERIC_WRITE)));
  EXPECT_FALSE(fs::exists(base_ / "new.txt"));
  EXPECT_EQ(Content(base_ / "secret.txt"), "secret");
}

TEST_P(VolumeTest, ALinkThatStaysInsideIsFollowed) {
  fs::create_directory(root_ / "real");
  std::ofstream(root_ / "real" / "file") << "x";
  fs::create_directory_symlink("real", root_ / "link");
  EXPECT_EQ(Try(u"\\??\\C:\\link\\file"), STATUS_SUCCESS);
}

TEST_P(VolumeTest, PipesAndDevicesAreNotOpened) {
  ASSERT_EQ(::mkfifo((root_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(Try(u"\\??\\C:\\pipe"), STATUS_ACCESS_DENIED);
  EXPECT_EQ(Try(u"\\??\\C:\\pipe", FILE_OPEN, 0, GENERIC_WRITE), STATUS_ACCESS_DENIED);
}

TEST_P(VolumeTest, DispositionsDoWhatTheySay) {
  struct Case {
    ULONG disposition;
    bool exists;
    NTSTATUS status;
    ULONG_PTR information;
    const char* content;
  };
  for (Case c : {Case{FILE_OPEN, true, STATUS_SUCCESS, FILE_OPENED, "old"},
                 Case{FILE_OPEN, false, STATUS_OBJECT_NAME_NOT_FOUND, FILE_DOES_NOT_EXIST, nullptr},
                 Case{FILE_CREATE, true, STATUS_OBJECT_NAME_COLLISION, FILE_EXISTS, "old"},
                 Case{FILE_CREATE, false, STATUS_SUCCESS, FILE_CREATED, ""},
                 Case{FILE_OPEN_IF, true, STATUS_SUCCESS, FILE_OPENED, "old"},
                 Case{FILE_OPEN_IF, false, STATUS_SUCCESS, FILE_CREATED, ""},
                 Case{FILE_OVERWRITE, true, STATUS_SUCCESS, FILE_OVERWRITTEN, ""},
                 Case{FILE_OVERWRITE, false, STATUS_OBJECT_NAME_NOT_FOUND, FILE_DOES_NOT_EXIST, nullptr},
                 Case{FILE_OVERWRITE_IF, true, STATUS_SUCCESS, FILE_OVERWRITTEN, ""},
                 Case{FILE_OVERWRITE_IF, false, STATUS_SUCCESS, FILE_CREATED, ""},
                 Case{FILE_SUPERSEDE, true, STATUS_SUCCESS, FILE_SUPERSEDED, ""},
                 Case{FILE_SUPERSEDE, false, STATUS_SUCCESS, FILE_CREATED, ""}}) {
    fs::remove(root_ / "f");
    if (c.exists) std::ofstream(root_ / "f") << "old";
    EXPECT_EQ(Try(u"\\??\\C:\\f", c.disposition, 0, GENERIC_WRITE), c.status) << c.disposition << c.exists;
    EXPECT_EQ(information_, c.information) << c.disposition << c.exists;
    EXPECT_EQ(fs::exists(root_ / "f"), c.content != nullptr);
    if (c.content) EXPECT_EQ(Content(root_ / "f"), c.content);
  }
}

TEST_P(VolumeTest, FilesAndDirectoriesAreToldApart) {
  std::ofstream(root_ / "file") << "x";
  EXPECT_EQ(Try(u"\\??\\C:\\dir", FILE_CREATE, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
  EXPECT_TRUE(fs::is_directory(root_ / "dir"));
  EXPECT_EQ(Try(u"\\??\\C:\\dir", FILE_OPEN, FILE_NON_DIRECTORY_FILE), STATUS_FILE_IS_A_DIRECTORY);
  EXPECT_EQ(Try(u"\\??\\C:\\file", FILE_OPEN, FILE_DIRECTORY_FILE), STATUS_NOT_A_DIRECTORY);
  EXPECT_EQ(Try(u"\\??\\C:\\dir\\", FILE_OPEN), STATUS_SUCCESS);
  EXPECT_EQ(Try(u"\\??\\C:\\", FILE_OPEN), STATUS_SUCCESS);
  EXPECT_EQ(Try(u"\\??\\C:", FILE_OPEN), STATUS_SUCCESS);  // the volume
  FILE_OBJECT* directory = MustOpen(u"\\??\\C:\\dir", FILE_OPEN, GENERIC_READ);
  char byte;
  EXPECT_EQ(nt::io::Read(directory, KernelMode, &byte, 1).status, STATUS_INVALID_DEVICE_REQUEST);
  nt::io::CloseFile(directory);
}

TEST_P(VolumeTest, SharingIsKeptAcrossOpensOfOneFile) {
  std::ofstream(root_ / "f") << "x";
  nt::io::OpenOptions alone;
  alone.share = FILE_SHARE_READ;
  alone.access = GENERIC_READ | GENERIC_WRITE;
  FILE_OBJECT* first;
  ASSERT_EQ(Open(u"\\??\\C:\\f", alone, &first), STATUS_SUCCESS);
  EXPECT_EQ(Try(u"\\??\\C:\\F", FILE_OPEN, 0, GENERIC_WRITE), STATUS_SHARING_VIOLATION);
  EXPECT_EQ(Try(u"\\??\\C:\\f", FILE_OPEN, 0, GENERIC_READ), STATUS_SUCCESS);
  EXPECT_EQ(Try(u"\\??\\C:\\f", FILE_OVERWRITE, 0, GENERIC_WRITE), STATUS_SHARING_VIOLATION);
  EXPECT_EQ(Content(root_ / "f"), "x");  // a refused open changed nothing
  nt::io::CloseFile(first);
  EXPECT_EQ(Try(u"\\??\\C:\\f", FILE_OPEN, 0, GENERIC_WRITE), STATUS_SUCCESS);
}

TEST_P(VolumeTest, ADeletedFileGoesWithItsLastHandle) {
  std::ofstream(root_ / "f") << "x";
  FILE_OBJECT* first = MustOpen(u"\\??\\C:\\f", FILE_OPEN, GENERIC_READ | DELETE);
  FILE_OBJECT* second = MustOpen(u"\\??\\C:\\f", FILE_OPEN, GENERIC_READ);
  FILE_DISPOSITION_INFORMATION remove = {TRUE};
  EXPECT_EQ(Set(second, FileDispositionInformation, &remove, sizeof remove), STATUS_ACCESS_DENIED);
  EXPECT_EQ(Set(first, FileDispositionInformation, &remove, sizeof remove), STATUS_SUCCESS);
  EXPECT_EQ(Try(u"\\??\\C:\\f"), STATUS_DELETE_PENDING);
  nt::io::CloseFile(first);
  EXPECT_TRUE(fs::exists(root_ / "f"));
  nt::io::CloseFile(second);
  EXPECT_FALSE(fs::exists(root_ / "f"));
  std::ofstream(root_ / "g") << "x";
  EXPECT_EQ(Try(u"\\??\\C:\\g", FILE_OPEN, FILE_DELETE_ON_CLOSE, DELETE), STATUS_SUCCESS);
  EXPECT_FALSE(fs::exists(root_ / "g"));
}

TEST_P(VolumeTest, InformationTellsSizeKindAndName) {
  fs::create_directory(root_ / "dir");
  std::ofstream(root_ / "dir" / "file") << "12345";
  FILE_OBJECT* file = MustOpen(u"\\??\\C:\\dir\\file");
  FILE_STANDARD_INFORMATION standard;
  EXPECT_EQ(Query(file, FileStandardInformation, &standard, sizeof standard).information, sizeof standard);
  EXPECT_EQ(standard.EndOfFile.QuadPart, 5);
  EXPECT_FALSE(standard.Directory);
  FILE_BASIC_INFORMATION basic;
  EXPECT_EQ(Query(file, FileBasicInformation, &basic, sizeof basic).status, STATUS_SUCCESS);
  EXPECT_GT(basic.LastWriteTime.QuadPart, 130000000000000000);
  EXPECT_EQ(Query(file, FileBasicInformation, &basic, 8).status, STATUS_INFO_LENGTH_MISMATCH);
  char buffer[256];
  EXPECT_EQ(Query(file, FileNameInformation, buffer, sizeof buffer).status, STATUS_SUCCESS);
  auto* name = reinterpret_cast<FILE_NAME_INFORMATION*>(buffer);
  EXPECT_EQ(std::u16string(reinterpret_cast<char16_t*>(name->FileName), name->FileNameLength / 2), u"\\dir\\file");
  EXPECT_EQ(Query(file, FileNameInformation, buffer, 8).status, STATUS_BUFFER_OVERFLOW);
  FILE_END_OF_FILE_INFORMATION end;
  end.EndOfFile.QuadPart = 2;
  EXPECT_EQ(Set(file, FileEndOfFileInformation, &end, sizeof end), STATUS_SUCCESS);
  nt::io::CloseFile(file);
  EXPECT_EQ(Content(root_ / "dir" / "file"), "12");
}

TEST_P(VolumeTest, RenamesStayInsideTheFolder) {
  fs::create_directory(root_ / "sub");
  std::ofstream(root_ / "a") << "a";
  std::ofstream(root_ / "b") << "b";
  FILE_OBJECT* file = MustOpen(u"\\??\\C:\\a", FILE_OPEN, GENERIC_READ | DELETE);
  auto rename = [&](std::u16string_view target, bool replace) {
    char buffer[512] = {};
    auto* information = reinterpret_cast<FILE_RENAME_INFORMATION*>(buffer);
    information->ReplaceIfExists = replace;
    information->FileNameLength = static_cast<ULONG>(target.size() * 2);
    std::memcpy(information->FileName, target.data(), target.size() * 2);
    return Set(file, FileRenameInformation, buffer, static_cast<ULONG>(sizeof *information + target.size() * 2));
  };
  EXPECT_EQ(rename(u"b", false), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(rename(u"..\\out", false), STATUS_OBJECT_NAME_INVALID);
  EXPECT_EQ(rename(u"\\??\\C:\\sub\\Moved", false), STATUS_SUCCESS);
  EXPECT_TRUE(fs::exists(root_ / "sub" / "Moved"));
  EXPECT_EQ(rename(u"\\??\\C:\\B", true), STATUS_SUCCESS);
  nt::io::CloseFile(file);
  EXPECT_EQ(Content(root_ / "b"), "a");
  EXPECT_FALSE(fs::exists(base_ / "out"));
}

TEST_P(VolumeTest, DirectoriesAreListedInOrderWithPatterns) {
  for (const char* name : {"b.txt", "a.txt", "c.dat"}) std::ofstream(root_ / name) << name;
  fs::create_directory(root_ / "d");
  fs::create_symlink(base_ / "secret.txt", root_ / "leak.txt");
  auto list = [&](const char16_t* pattern, ULONG room) {
    std::vector<std::string> names;
    FILE_OBJECT* directory = MustOpen(u"\\??\\C:\\", FILE_OPEN, GENERIC_READ);
    UNICODE_STRING filter;
    if (pattern) RtlInitUnicodeString(&filter, reinterpret_cast<PCWSTR>(pattern));
    for (;;) {
      std::vector<char> buffer(room);
      nt::io::Request request;
      request.major = IRP_MJ_DIRECTORY_CONTROL;
      request.minor = IRP_MN_QUERY_DIRECTORY;
      request.code = FileDirectoryInformation;
      request.output = buffer.data();
      request.output_length = room;
      request.name_filter = pattern ? &filter : nullptr;
      nt::io::Result result = nt::io::Send(directory, request);
      if (!NT_SUCCESS(result.status)) {
        names.push_back(result.status == STATUS_NO_MORE_FILES ? "end" : result.status == STATUS_NO_SUCH_FILE ? "none" : "error");
        break;
      }
      const char* at = buffer.data();
      for (;;) {
        auto* entry = reinterpret_cast<const FILE_DIRECTORY_INFORMATION*>(at);
        names.push_back(nt::ob::ToUtf8({reinterpret_cast<const char16_t*>(entry->FileName), entry->FileNameLength / 2}));
        if (!entry->NextEntryOffset) break;
        at += entry->NextEntryOffset;
      }
    }
    nt::io::CloseFile(directory);
    return names;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(list(nullptr, 4096), (Names{".", "..", "a.txt", "b.txt", "c.dat", "d", "end"}));
  EXPECT_EQ(list(u"*.TXT", 4096), (Names{"a.txt", "b.txt", "end"}));
  EXPECT_EQ(list(u"*.TXT", 80), (Names{"a.txt", "b.txt", "end"}));  // one at a time
  EXPECT_EQ(list(u"nothing*", 4096), Names{"none"});
}

TEST_P(VolumeTest, PatternsMatchAsDosMeansThem) {
  EXPECT_TRUE(MatchesPattern(u"*.*", u"noext"));
  EXPECT_TRUE(MatchesPattern(u"a?c*", u"ABCDEF"));
  EXPECT_FALSE(MatchesPattern(u"a?c", u"abcd"));
  EXPECT_TRUE(MatchesPattern(u"*a*a*a*b", u"aaaaaaaaaaaaaaaaaaaaaaaab"));
  EXPECT_FALSE(MatchesPattern(u"*a*a*a*a*a*a*a*c", u"aaaaaaaaaaaaaaaaaaaaaaaab"));
}

TEST_P(VolumeTest, RelativeOpensStartAtTheirDirectory) {
  fs::create_directories(root_ / "dir" / "sub");
  std::ofstream(root_ / "dir" / "sub" / "f") << "x";
  FILE_OBJECT* directory = MustOpen(u"\\??\\C:\\dir", FILE_OPEN, GENERIC_READ);
  nt::io::OpenOptions open;
  open.root = directory;
  FILE_OBJECT* file;
  ASSERT_EQ(Open(u"sub\\f", open, &file), STATUS_SUCCESS);
  EXPECT_EQ(file->RelatedFileObject, directory);
  nt::io::CloseFile(file);
  EXPECT_EQ(Open(u"..\\x", open, &file), STATUS_OBJECT_NAME_INVALID);
  nt::io::CloseFile(directory);
}

TEST_P(VolumeTest, MappingSaysWhatIsWrong) {
  EXPECT_NE(MapFolder(*kernel_, u"D:", (base_ / "missing").string()).find("No such file"), std::string::npos);
  EXPECT_NE(MapFolder(*kernel_, u"C:", root_.string()).find("taken"), std::string::npos);
  EXPECT_NE(MapFolder(*kernel_, u"a\\b", root_.string()), "");
  EXPECT_NE(MapDisk(*kernel_, u"PhysicalDrive0", root_.string()), "");
  EXPECT_NE(MapTerminal(*kernel_, u"COM1", (base_ / "secret.txt").string()).find("not a terminal"), std::string::npos);
}

// --- disks ---

TEST_P(VolumeTest, ADiskTransfersWholeSectors) {
  std::ofstream(base_ / "disk", std::ios::binary) << std::string(8192, 'a');
  ASSERT_EQ(MapDisk(*kernel_, u"PhysicalDrive0", (base_ / "disk").string()), "");
  FILE_OBJECT* disk = MustOpen(u"\\??\\PhysicalDrive0");
  char sector[512];
  std::memset(sector, 'z', sizeof sector);
  int64_t offset = 1024;
  EXPECT_EQ(nt::io::Write(disk, UserMode, sector, 512, &offset).information, 512u);
  std::memset(sector, 0, sizeof sector);
  EXPECT_EQ(nt::io::Read(disk, UserMode, sector, 512, &offset).information, 512u);
  EXPECT_EQ(sector[511], 'z');
  for (auto [at, length] : {std::pair<int64_t, ULONG>{1, 512}, {0, 100}, {8192, 512}, {7680, 1024}, {-512, 512}}) {
    char buffer[1024];
    EXPECT_EQ(nt::io::Read(disk, UserMode, buffer, length, &at).status, STATUS_INVALID_PARAMETER) << at;
  }
  int64_t length = 0;
  EXPECT_EQ(nt::io::DeviceControl(disk, UserMode, 0x7405C, nullptr, 0, &length, 8).status, STATUS_SUCCESS);
  EXPECT_EQ(length, 8192);
  struct {
    int64_t cylinders;
    uint32_t media, tracks, sectors, bytes;
  } geometry;
  EXPECT_EQ(nt::io::DeviceControl(disk, UserMode, 0x70000, nullptr, 0, &geometry, sizeof geometry).status, STATUS_SUCCESS);
  EXPECT_EQ(geometry.bytes, 512u);
  EXPECT_EQ(nt::io::DeviceControl(disk, UserMode, 0x70000, nullptr, 0, &geometry, 4).status, STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(nt::io::DeviceControl(disk, UserMode, 0x7FFFC, nullptr, 0, nullptr, 0).status, STATUS_INVALID_DEVICE_REQUEST);
  nt::io::CloseFile(disk);
  EXPECT_EQ(Content(base_ / "disk")[1024], 'z');
}

}  // namespace
}  // namespace drydock::backend
