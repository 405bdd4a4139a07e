#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/build/test_support.h"

namespace drydock::tools {
namespace {

using test::TemporaryFolder;

TEST(WindowsPaths, FindsAFileWhateverItsLettersAndSlashes) {
  TemporaryFolder folder;
  const auto file = folder.Write("Inc/Sub Dir/Public.h", "");
  WindowsPaths paths;
  EXPECT_EQ(paths.FindFile(folder.path(), "inc\\SUB DIR/public.H"), file);
  EXPECT_EQ(paths.FindFile(folder.path() / "Inc", "..\\INC\\.\\sub dir\\..\\Sub Dir\\PUBLIC.h"),
            file);
  EXPECT_EQ(paths.FindFile(folder.path(), "Inc\\Other.h"), std::nullopt);
  EXPECT_EQ(paths.FindFile(folder.path(), "Inc"), std::nullopt) << "a folder is no file";
  EXPECT_EQ(paths.FindFolder(folder.path(), ".\\inc\\sub dir\\"), file.parent_path());
}

TEST(WindowsPaths, ExactLettersWinOverOthers) {
  TemporaryFolder folder;
  const auto lower = folder.Write("a.h", "");
  const auto upper = folder.Write("A.h", "");
  WindowsPaths paths;
  EXPECT_EQ(paths.FindFile(folder.path(), "a.h"), lower);
  EXPECT_EQ(paths.FindFile(folder.path(), "A.h"), upper);
}

TEST(WindowsPaths, WildcardsKnowStarQuestionMarkAndFolders) {
  TemporaryFolder folder;
  for (const char* name : {"a.c", "b.C", "bb.c", "c.cpp", "sub/d.c", "sub/deep/e.c"})
    folder.Write(name, "");
  WindowsPaths paths;
  const auto names = [&](std::string_view pattern) {
    std::string all;
    for (const auto& match : paths.Expand(folder.path(), pattern)) all += match.name + " ";
    return all;
  };
  EXPECT_EQ(names("*.c"), "a.c b.C bb.c ");
  EXPECT_EQ(names("?.c"), "a.c b.C ");
  EXPECT_EQ(names("SUB\\*.c"), "sub/d.c ");
  EXPECT_EQ(names("**\\*.c"), "a.c b.C bb.c sub/d.c sub/deep/e.c ");
  EXPECT_EQ(names("sub\\**\\?.c"), "sub/d.c sub/deep/e.c ");
  EXPECT_EQ(names("none\\*.c"), "");
  EXPECT_EQ(names("plain.c"), "plain.c ") << "without wildcards a name stands for itself";
  EXPECT_EQ(paths.Expand(folder.path(), "**\\e.c").front().recursive, "sub/deep/");
}

TEST(WindowsPaths, AWildcardThatNeverEndsIsRefused) {
  TemporaryFolder folder;
  std::string deep, pattern;
  for (int i = 0; i < 24; ++i) deep += "d/";
  for (int i = 0; i < 8; ++i) pattern += "**\\d\\";
  folder.Write(deep + "x.c", "");
  WindowsPaths paths;
  EXPECT_EQ(paths.Expand(folder.path(), "**\\**\\x.c").size(), 1u);
  EXPECT_THAT(test::ErrorOf([&] { paths.Expand(folder.path(), pattern + "x.c"); }),
              testing::HasSubstr("leads through too many folders"));
}

}  // namespace
}  // namespace drydock::tools
