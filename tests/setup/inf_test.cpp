// An INF file as text: what the general syntax rules promise.
#include <gtest/gtest.h>

#include "machine/setup/inf_stamp.h"
#include "machine/setup/inf_text.h"

namespace drydock::machine::setup {
namespace {

struct Read {
  explicit Read(std::string_view text, uint16_t locale = 0x409) : file(InfFile::Parse(text, "x.inf", locale, report)) {}
  InfReport report;
  InfFile file;
  std::vector<std::string> values(const char* section, const char* key) const {
    const InfLine* line = file.FindLine(section, key);
    return line ? line->values : std::vector<std::string>{"(none)"};
  }
};
using List = std::vector<std::string>;

TEST(InfText, NamesAreFoundInAnyLetterCaseAndSectionsOfOneNameAreOne) {
  Read inf("[VERSION]\nSIGNATURE=\"$Windows NT$\"\n[Other]\n[version]\nclass = Sample ; a comment\n");
  EXPECT_TRUE(inf.report.ok()) << inf.report.ErrorText();
  EXPECT_EQ(inf.file.Value("Version", "Signature"), "$Windows NT$");
  EXPECT_EQ(inf.file.Value("version", "CLASS"), "Sample");
  EXPECT_EQ(inf.file.sections().size(), 2u);
}

TEST(InfText, ValuesAreSplitAtCommasAndTrimmed) {
  Read inf("[S]\n a = 1 ,, two words ,\t\"  kept, this ; too \" \n b =\n plain, line\n");
  EXPECT_EQ(inf.values("S", "a"), (List{"1", "", "two words", "  kept, this ; too "}));
  EXPECT_EQ(inf.values("S", "b"), List());
  const InfSection* section = inf.file.Find("S");
  ASSERT_EQ(section->lines.size(), 3u);
  EXPECT_FALSE(section->lines[2].has_key);
  EXPECT_EQ(section->lines[2].values, (List{"plain", "line"}));
  EXPECT_EQ(section->lines[2].line, 4);
}

TEST(InfText, NoBreakSpacesAreBlanks) {
  Read inf("[S]\n\xC2\xA0\na =\xC2\xA0one\xC2\xA0, \"\xC2\xA0\"\n");
  EXPECT_EQ(inf.file.Find("S")->lines.size(), 1u);
  EXPECT_EQ(inf.values("S", "a"), (List{"one", "\xC2\xA0"}));
}

TEST(InfText, ADoubledQuotationMarkIsOne) {
  Read inf("[S]\na = \"say \"\"yes\"\"\"\n");
  EXPECT_EQ(inf.values("S", "a"), List{"say \"yes\""});
}

TEST(InfText, ABackslashAtTheEndGoesOnWithTheNextLine) {
  Read inf("[S]\na = one, \\ ; the rest follows\r\n    two,\\\r\n  three\r\nb = c:\\folder\\file\nc = \"ends\\\"\nd = x\n");
  EXPECT_EQ(inf.values("S", "a"), (List{"one", "two", "three"}));
  EXPECT_EQ(inf.values("S", "b"), List{"c:\\folder\\file"});
  EXPECT_EQ(inf.values("S", "c"), List{"ends\\"});
  EXPECT_EQ(inf.file.FindLine("S", "d")->line, 7);
}

TEST(InfText, AnEqualsSignBehindTheFirstCommaIsData) {
  Read inf("[S]\nHKR,,Name,,a=b\n");
  EXPECT_FALSE(inf.file.Find("S")->lines[0].has_key);
  EXPECT_EQ(inf.file.Find("S")->lines[0].values, (List{"HKR", "", "Name", "", "a=b"}));
}

TEST(InfText, StringsReplaceTokensInKeysAndValues) {
  Read inf("[S]\n%dev% = %Sect%,\"<%dev%>\", 100%%, %13%\\x.sys, %missing%\n[Strings]\ndev = \"A, device\"\nSECT = Install\n");
  const InfLine& line = inf.file.Find("S")->lines[0];
  EXPECT_EQ(line.key, "A, device");
  EXPECT_EQ(line.values, (List{"Install", "<A, device>", "100%", "%13%\\x.sys", "%missing%"}));
  EXPECT_EQ(line.unknown_strings, List{"missing"});
}

TEST(InfText, TheStringsOfTheLanguageWin) {
  const char* text = "[S]\na=%x%\nb=%y%\n[Strings]\nx=neutral\ny=only here\n[Strings.0407]\nx=deutsch\n[Strings.0c07]\nx=austria\n";
  EXPECT_EQ(Read(text, 0x407).file.Value("S", "a"), "deutsch");
  EXPECT_EQ(Read(text, 0x407).file.Value("S", "b"), "only here");
  EXPECT_EQ(Read(text, 0x409).file.Value("S", "a"), "neutral");
  EXPECT_EQ(Read(text, 0x807).file.Value("S", "a"), "deutsch");  // a relative
}

TEST(InfText, Utf16AndUtf8WithAMarkAndCodePage1252AreRead) {
  const std::string plain = "[S]\na = \"\xC3\xA9t\xC3\xA9\"\n";
  EXPECT_EQ(Read("\xEF\xBB\xBF" + plain).file.Value("S", "a"), "\xC3\xA9t\xC3\xA9");
  EXPECT_EQ(Read("[S]\na = \"\xE9t\xE9\"\n").file.Value("S", "a"), "\xC3\xA9t\xC3\xA9");
  std::string little = "\xFF\xFE", big = "\xFE\xFF", bare;
  for (char16_t c : std::u16string(u"[S]\r\na = \"\u00e9t\u00e9\"\r\n")) {
    little += {static_cast<char>(c & 0xFF), static_cast<char>(c >> 8)};
    big += {static_cast<char>(c >> 8), static_cast<char>(c & 0xFF)};
    bare += {static_cast<char>(c & 0xFF), static_cast<char>(c >> 8)};
  }
  for (const std::string& bytes : {little, big, bare}) EXPECT_EQ(Read(bytes).file.Value("S", "a"), "\xC3\xA9t\xC3\xA9");
}

TEST(InfText, EveryMistakeIsToldWithItsLine) {
  Read inf("[Version\n[]\n[A] x\na = \"open\n[Strings.zz]\n[Strings]\nno key\n[B]\nb = 1\n");
  EXPECT_EQ(inf.report.Lines(true), (List{"x.inf:1: a section's name has no closing ']'", "x.inf:2: a section without a name",
                                          "x.inf:3: 'x' stands behind [A]", "x.inf:4: a quotation mark is not closed",
                                          "x.inf:5: [Strings.zz]: 'zz' is no language; [Strings.0409] has one",
                                          "x.inf:7: [Strings]: no string; NAME = \"words\" is one"}));
  EXPECT_EQ(inf.file.Value("B", "b"), "1");  // and the reading goes on
}

TEST(InfText, TextBeforeTheFirstSectionIsIgnoredWithANote) {
  Read inf("/*++\n;comment\n[S]\na=1\n");
  EXPECT_TRUE(inf.report.ok());
  EXPECT_EQ(inf.report.Lines(false), List{"x.inf:1: text before the first section is ignored"});
}

TEST(InfText, NumbersAreDecimalHexadecimalOrNegative) {
  uint32_t number = 0;
  EXPECT_TRUE(InfNumber("0x1F", &number));
  EXPECT_EQ(number, 31u);
  EXPECT_TRUE(InfNumber("-1", &number));
  EXPECT_EQ(number, 0xFFFFFFFFu);
  EXPECT_FALSE(InfNumber("0x", &number));
  EXPECT_FALSE(InfNumber("12a", &number));
  EXPECT_FALSE(InfNumber("4294967296", &number));
  EXPECT_FALSE(InfNumber("", &number));
}

TEST(InfStamping, VariablesAreReplacedInAnyLetterCaseAndOthersStay) {
  InfStamp stamp{.kmdf_version = "1.15", .umdf_version = "2.27.0"};
  EXPECT_EQ(StampInf("NT$ARCH$.10 $KmdfVersion$ $KMDFCOINSTALLERVERSION$ $UMDFVERSION$ $UMDFCOINSTALLERVERSION$ \"$WINDOWS NT$\" 5$", stamp),
            "NTamd64.10 1.15 01015 2.27.0 02027 \"$WINDOWS NT$\" 5$");
}

}  // namespace
}  // namespace drydock::machine::setup
