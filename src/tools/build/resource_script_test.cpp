// Resource scripts and message files, as rc.exe and mc.exe take them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/build/diagnostics.h"
#include "tools/build/generated_headers.h"
#include "tools/build/resource_script.h"

namespace drydock::tools {
namespace {

using testing::HasSubstr;

std::vector<Resource> Read(std::string_view text, std::vector<std::string>* warnings = nullptr) {
  return ReadResourceScript(text, {[](const std::string& name) -> std::optional<std::string> {
                                     if (name == "..\\x64\\x.bin") return "four";
                                     return std::nullopt;
                                   },
                                   [&](const std::string& words) {
                                     if (warnings != nullptr) warnings->push_back(words);
                                   }});
}
std::string ErrorOf(std::string_view text) {
  try {
    Read(text);
  } catch (const BuildError& error) {
    return error.what();
  }
  return {};
}
std::string Wide(const char* text) {
  std::string out;
  for (; *text != 0; ++text) (out += *text) += '\0';
  return out;
}

TEST(ResourceScript, StringsAreKeptInBundlesOfSixteen) {
  const auto resources = Read("STRINGTABLE DISCARDABLE\n{\n  17, \"a \"\"b\"\" \\x41\\tc\\\\d\"\n  0x12 L\"two\"\n 16+16 \"x\" \"y\"\n}\n"
                              "LANGUAGE 7, 1\nSTRINGTABLE BEGIN 17 \"\xc3\xa4\" END\n");
  ASSERT_EQ(resources.size(), 3u);
  EXPECT_EQ(resources[0].language, 0x407);
  EXPECT_EQ(resources[0].name.id, 2);
  EXPECT_EQ(resources[0].data.substr(0, 8), std::string("\0\0\1\0\xe4\0\0\0", 8));
  EXPECT_EQ(resources[1].type.id, 6);
  EXPECT_EQ(resources[1].name.id, 2);
  EXPECT_EQ(resources[1].language, 0x409);
  EXPECT_EQ(resources[1].data, std::string("\0\0\x0b\0", 4) + Wide("a \"b\" A\tc\\d") + std::string("\3\0", 2) + Wide("two") + std::string(26, '\0'));
  EXPECT_EQ(resources[2].name.id, 3);
  EXPECT_EQ(resources[2].data.substr(0, 6), std::string("\2\0", 2) + Wide("xy"));
}

TEST(ResourceScript, DataStandsInTheScriptOrInAFile) {
  std::vector<std::string> warnings;
  const auto resources = Read("7 RCDATA { 1, 0x12345678L, \"ab\\0\", L\"c\" -1 }\nblob \"driver\" LOADONCALL ..\\x64\\x.bin\n"
                              "1 RCDATA \"gone.bin\"\n2 10 \"..\\\\x64\\\\x.bin\"\n", &warnings);
  ASSERT_EQ(resources.size(), 3u);
  EXPECT_EQ(resources[0].data, std::string("\1\0\x78\x56\x34\x12" "ab\0c\0\xff\xff", 13));
  EXPECT_EQ(resources[1].name.name, u"BLOB");
  EXPECT_EQ(resources[1].type.name, u"DRIVER");
  EXPECT_EQ(resources[1].data, "four");
  EXPECT_EQ(resources[2].type.id, 10);
  EXPECT_EQ(resources[2].data, "four");
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], HasSubstr("3: gone.bin is not there"));
}

TEST(ResourceScript, OnlyDefinitionsComeFromHeadersAndWindowsArePassedOver) {
  const auto resources = Read("# 1 \"x.rc\"\n# 1 \"windows.h\" 1\ntypedef int INT;\n# 2 \"x.rc\" 2\n#pragma code_page(1252)\n"
                              "1 ICON \"app.ico\"\n101 DIALOGEX 0, 0, 10, 20\nSTYLE 1 | 2\nCAPTION \"BEGIN\"\nFONT 8, \"x\"\nBEGIN\n LTEXT \"a\",1,2,3\n BEGIN 1 END\nEND\n"
                              "5 MENU { POPUP \"p\" { MENUITEM \"i\", 3 } }\n24 RCDATA { 9 }\n");
  ASSERT_EQ(resources.size(), 1u);
  EXPECT_EQ(resources[0].name.id, 24);
}

TEST(ResourceScript, VersionInformationIsATree) {
  const auto resources = Read("1 VERSIONINFO FILEVERSION 1,2,3,4 PRODUCTVERSION 5,6 FILEFLAGS UNKNOWN FILETYPE 0x1L\nBEGIN\n BLOCK \"StringFileInfo\"\n BEGIN\n"
                              "  BLOCK \"040904b0\"\n  BEGIN\n   VALUE \"FileVersion\", \"1.2\" \".3\\0\"\n  END\n END\n BLOCK \"VarFileInfo\" { VALUE \"Translation\", 0x409, 1200 }\nEND\n");
  ASSERT_EQ(resources.size(), 1u);
  const std::string& data = resources[0].data;
  EXPECT_EQ(resources[0].type.id, 16);
  EXPECT_EQ(static_cast<unsigned char>(data[0]) | data[1] << 8, static_cast<int>(data.size()));
  EXPECT_EQ(data.substr(6, 30), Wide("VS_VERSION_INFO"));
  EXPECT_EQ(data.substr(40, 16), std::string("\xbd\x04\xef\xfe\0\0\1\0\2\0\1\0\4\0\3\0", 16));
  EXPECT_THAT(data, HasSubstr(Wide("1.2.3") + std::string(2, '\0')));
  EXPECT_THAT(data, HasSubstr(std::string("\x09\x04\xb0\x04", 4)));
}

TEST(ResourceScript, MistakesHaveTheirLine) {
  EXPECT_THAT(ErrorOf("# 7 \"x.rc\"\nSTRINGTABLE\nBEGIN\n IDS_X \"a\"\nEND\n"), HasSubstr("x.rc:9: error: 'IDS_X' is no number, and not defined"));
  EXPECT_THAT(ErrorOf("# 1 \"x.rc\"\nSTRINGTABLE BEGIN 1 \"a\" 1 \"b\" END"), HasSubstr("x.rc:1: error: string 1 is there twice"));
  EXPECT_THAT(ErrorOf("# 1 \"x.rc\"\n1 DIALOG 1,2\nBEGIN\n"), HasSubstr("x.rc:1: error: its END is missing"));
  EXPECT_THAT(ErrorOf("# 1 \"x.rc\"\n\n1 RCDATA { \"a }\n"), HasSubstr("x.rc:2: error: the text does not end"));
}

TEST(ResourceScript, TheFileIsInTheFormOfRes) {
  const std::string file = ResourceFile(Read("3 RCDATA { \"abc\" }\n"));
  EXPECT_EQ(file.substr(0, 8), std::string("\0\0\0\0\x20\0\0\0", 8));
  EXPECT_EQ(file.substr(32, 16), std::string("\3\0\0\0\x20\0\0\0\xff\xff\x0a\0\xff\xff\3\0", 16));
  EXPECT_EQ(file.substr(64), std::string("abc\0", 4));
}

TEST(MessageFile, TextsBecomeTablesByLanguage) {
  const auto files = ResourcesOfMessages(
      "LanguageNames=(German=0x407:MSG00407)\nMessageId=5 SymbolicName=A\nLanguage=English\n%1 is here\n  and on.\n.\nLanguage=German\nda\n.\n\n"
      "MessageId=\nSymbolicName=B\nLanguage=English\nsix\n.\nMessageId=9\nSeverity=Error\nLanguage=English\nnine\n.\n", "x.mc", "x");
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(files[0].name, "MSG00001.bin");
  const std::string& table = files[0].bytes;
  EXPECT_EQ(table.substr(0, 16), std::string("\2\0\0\0\5\0\0\0\6\0\0\0\x1c\0\0\0", 16));
  EXPECT_EQ(table.substr(16, 8), std::string("\x09\0\0\xc0\x09\0\0\xc0", 8));
  EXPECT_EQ(table.substr(28, 48), std::string("\x34\0\1\0", 4) + Wide("%1 is here\r\n  and on.\r"));
  EXPECT_EQ(files[1].name, "MSG00407.bin");
  EXPECT_EQ(files[2].name, "x.rc");
  EXPECT_EQ(files[2].bytes, "LANGUAGE 0x9,0x1\n1 11 \"MSG00001.bin\"\nLANGUAGE 0x7,0x1\n1 11 \"MSG00407.bin\"\n");
}

}  // namespace
}  // namespace drydock::tools
