// Bad images give one clear line and leave the machine usable.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "drydock/testing.h"

namespace drydock::test {
namespace {

using testing::HasSubstr;

class BadImage : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "drydock-image-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& content) {
    std::filesystem::path path = folder_ / "bad.so";
    std::ofstream(path, std::ios::binary) << content;
    return path.string();
  }
  std::string WhyNot(const std::string& path) {
    Machine machine;
    try {
      machine.AddDriver(path);
    } catch (const Error& error) {
      EXPECT_THAT(std::string(error.what()), HasSubstr(path));
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << "more than one line";
      EXPECT_FALSE(machine.stopped());
      return error.what();
    }
    return "accepted";
  }
  std::filesystem::path folder_;
};

TEST_F(BadImage, MissingFile) { EXPECT_THAT(WhyNot((folder_ / "none.so").string()), HasSubstr("No such file")); }
TEST_F(BadImage, Folder) { EXPECT_THAT(WhyNot(folder_.string()), HasSubstr("not a file")); }
TEST_F(BadImage, EmptyFile) { EXPECT_THAT(WhyNot(Write("")), HasSubstr("not a driver image")); }
TEST_F(BadImage, WindowsImage) { EXPECT_THAT(WhyNot(Write(std::string("MZ") + std::string(100, '\0'))), HasSubstr("drydock build")); }
TEST_F(BadImage, OtherArchitecture) {
  std::string header(64, '\0');
  header.replace(0, 5, std::string("\x7f"
                                   "ELF\x02", 5));
  header[5] = 1;   // little endian
  header[16] = 3;  // ET_DYN
  header[18] = static_cast<char>(183);  // EM_AARCH64
  EXPECT_THAT(WhyNot(Write(header)), HasSubstr("AArch64"));
}
TEST_F(BadImage, CutShort) {
  std::ifstream in(DRYDOCK_IMAGE(faulty), std::ios::binary);
  std::string content(2000, '\0');
  in.read(content.data(), 2000);
  EXPECT_THAT(WhyNot(Write(content)), HasSubstr("cannot be loaded"));
}
TEST_F(BadImage, Program) { EXPECT_THAT(WhyNot("/proc/self/exe"), HasSubstr("program, not a driver")); }
TEST_F(BadImage, NoEntry) { EXPECT_THAT(WhyNot(DRYDOCK_IMAGE(entryless)), HasSubstr("no driver")); }

TEST(Image, EachMachineHasItsOwnGlobals) {
  Machine one, two;
  Driver first = one.AddDriver(DRYDOCK_IMAGE(faulty)), second = two.AddDriver(DRYDOCK_IMAGE(faulty));
  EXPECT_TRUE(first.object());
  EXPECT_TRUE(second.object());
  EXPECT_NE(reinterpret_cast<void*>(first.object()), reinterpret_cast<void*>(second.object()));
  EXPECT_TRUE(one.AddDevice({.function = first}).started());
  EXPECT_TRUE(two.AddDevice({.function = second}).started());
}

}  // namespace
}  // namespace drydock::test
