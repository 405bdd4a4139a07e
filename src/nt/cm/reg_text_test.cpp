// .reg text: what is read, what is refused with which words, and that what is written is read back the same.
#include <ntddk.h>

#include <cstring>
#include <string>

#include "nt/cm/registry.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

constexpr char kHeader[] = "Windows Registry Editor Version 5.00\r\n\r\n";
constexpr char16_t kKey[] = u"\\Registry\\Machine\\Software\\T";

class RegTextTest : public testing::KernelFixture {
 protected:
  void SetUp() override { Make(rt::ExecutorKind::kSimulated); }
  std::string Load(const std::string& body) { return cm::LoadText(*kernel_, kHeader + body); }
  std::string Store(const char16_t* path = kKey) { return cm::StoreText(*kernel_, path); }
  bool Has(const char16_t* name, const char16_t* key = kKey) {
    cm::Value value;
    return NT_SUCCESS(cm::GetValue(*kernel_, key, name, &value));
  }
  cm::Value Get(const char16_t* name, const char16_t* key = kKey) {
    cm::Value value;
    EXPECT_EQ(cm::GetValue(*kernel_, key, name, &value), STATUS_SUCCESS);
    return value;
  }
  std::u16string TextOf(const cm::Value& value) {
    std::u16string text(value.data.size() / 2, u'\0');
    std::memcpy(text.data(), value.data.data(), text.size() * 2);
    return text;
  }
  using Bytes = std::vector<uint8_t>;
};

TEST_F(RegTextTest, EveryKindOfValueIsRead) {
  ASSERT_EQ(Load("; a comment\r\n"
                 "[HKEY_LOCAL_MACHINE\\Software\\T]  ; of mine\r\n"
                 "@=\"default\"\r\n"
                 "\"text\"=\"a \\\"quoted\\\" C:\\\\path\" ; tail\r\n"
                 "  \"number\" = dword:0000002A\r\n"
                 "\"short\"=dword:f\r\n"
                 "\"bytes\"=hex:01,02,\\\r\n  03 , ff\r\n"
                 "\"none\"=hex(0):\r\n"
                 "\"expand\"=hex(2):25,00,00,00\r\n"
                 "\"list\"=hex(7):61,00,00,00,00,00,\r\n"
                 "\"quad\"=hex(b):08,07,06,05,04,03,02,01\r\n"
                 "\"strange\"=hex(80000001):01\r\n"
                 "\"\xC3\xA4\xF0\x9F\x98\x80\"=\"\xE2\x82\xAC\"\r\n"),
            "");
  EXPECT_EQ(TextOf(Get(u"")), std::u16string(u"default\0", 8));
  EXPECT_EQ(TextOf(Get(u"text")), std::u16string(u"a \"quoted\" C:\\path\0", 19));
  EXPECT_EQ(Get(u"text").type, ULONG{REG_SZ});
  EXPECT_EQ(Get(u"number").data, (Bytes{0x2A, 0, 0, 0}));
  EXPECT_EQ(Get(u"number").type, ULONG{REG_DWORD});
  EXPECT_EQ(Get(u"short").data, (Bytes{0xF, 0, 0, 0}));
  EXPECT_EQ(Get(u"bytes").data, (Bytes{1, 2, 3, 0xFF}));
  EXPECT_EQ(Get(u"bytes").type, ULONG{REG_BINARY});
  EXPECT_EQ(Get(u"none").type, ULONG{REG_NONE});
  EXPECT_TRUE(Get(u"none").data.empty());
  EXPECT_EQ(Get(u"expand").type, ULONG{REG_EXPAND_SZ});
  EXPECT_EQ(Get(u"list").type, ULONG{REG_MULTI_SZ});
  EXPECT_EQ(Get(u"list").data.size(), 6u);
  EXPECT_EQ(Get(u"quad").type, ULONG{REG_QWORD});
  EXPECT_EQ(Get(u"strange").type, 0x80000001u);
  EXPECT_EQ(TextOf(Get(u"\u00C4\U0001F600")), std::u16string(u"\u20AC\0", 2));  // names in any case
}

TEST_F(RegTextTest, RootsAreFoundWhereNtHasThem) {
  ASSERT_EQ(Load("[hkey_current_user\\A]\n\"x\"=\"\"\n[HKEY_USERS\\S-1\\B]\n\"x\"=\"\"\n[HKEY_CLASSES_ROOT\\.c]\n@=\"\"\n"), "");
  EXPECT_TRUE(Has(u"x", u"\\Registry\\User\\.Default\\A"));
  EXPECT_TRUE(Has(u"x", u"\\Registry\\User\\S-1\\B"));
  EXPECT_TRUE(Has(u"", u"\\Registry\\Machine\\Software\\Classes\\.c"));
}

TEST_F(RegTextTest, KeysAndValuesAreDeleted) {
  ASSERT_EQ(Load("[HKEY_LOCAL_MACHINE\\Software\\T\\Sub\\Deep]\n\"x\"=\"1\"\n[HKEY_LOCAL_MACHINE\\Software\\T]\n\"a\"=\"1\"\n\"b\"=\"2\"\n"), "");
  ASSERT_EQ(Load("[HKEY_LOCAL_MACHINE\\Software\\T]\n\"A\"=-\n\"never\"=-\n[-HKEY_LOCAL_MACHINE\\Software\\T\\Sub]\n"
                 "[-HKEY_LOCAL_MACHINE\\Software\\NeverWas]\n"),
            "");
  EXPECT_FALSE(Has(u"a"));
  EXPECT_TRUE(Has(u"b"));
  EXPECT_FALSE(Has(u"x", u"\\Registry\\Machine\\Software\\T\\Sub\\Deep"));
  EXPECT_EQ(Store(u"\\Registry\\Machine\\Software\\T\\Sub"), "");
}

TEST_F(RegTextTest, MistakesAreToldWithTheirLineAndChangeNothing) {
  const std::string key = "[HKEY_LOCAL_MACHINE\\Software\\T]\n";  // line 3
  const struct {
    std::string body, words;
  } kCases[] = {
      {key + "\"x\"=dword:123456789\n", "line 4: dword: more than 8 digits"},
      {key + "\"x\"=dword:\n", "line 4: dword: hexadecimal digits are expected"},
      {key + "\"x\"=dword:1 2\n", "line 4: '2' is left over"},
      {key + "\"x\"=7\n", "line 4: '7' is no value: \"text\", dword:, hex:, hex(type): and - are"},
      {key + "\"x\"=\"a\\n\"\n", "line 4: a '\\' in quotes must stand before another '\\' or '\"'"},
      {key + "\"x\"=\"open\n\n", "line 6: the closing '\"' is missing"},
      {key + "\"x\"=hex:012\n", "line 4: hex: more than 2 digits"},
      {key + "\"x\"=hex:01,\\\n  zz\n", "line 5: 'zz' is left over"},
      {key + "\"x\"=hex(7:00\n", "line 4: ')' is expected after the type"},
      {key + "\"x\"=hex:01,\\", "line 4: nothing follows the '\\'"},
      {key + "\"x\" \"y\"\n", "line 4: '=' is expected after the value's name"},
      {key + "x=1\n", "line 4: '[', '\"' or '@' is expected, not 'x=1'"},
      {key + "\n\n[HKEY_NOBODY\\x]\n", "line 6: 'HKEY_NOBODY' is no root; HKEY_LOCAL_MACHINE is one"},
      {"\"x\"=\"1\"\n", "line 3: a value before the first [key]"},
      {"[HKEY_LOCAL_MACHINE\\x\n", "line 3: ']' is missing after the key's name"},
      {"[HKEY_LOCAL_MACHINE\\x] y\n", "line 3: 'y' is left over"},
      {"[-HKEY_LOCAL_MACHINE\\x]\n\"a\"=-\n", "line 4: a value of a key that is deleted"},
      {"[-HKEY_LOCAL_MACHINE]\n", "line 3: a root cannot be deleted"},
      {"[HKEY_LOCAL_MACHINE\\" + std::string(256, 'k') + "]\n", "line 3: the name of a key has more than 255 characters"},
      {key + "\"\xE9\"=\"1\"\n", "line 4: neither UTF-8 nor UTF-16 with its mark"},
  };
  for (const auto& one : kCases) {
    EXPECT_EQ(Load(one.body), one.words);
    EXPECT_EQ(Store(), "") << one.words;  // not even the key
  }
  EXPECT_EQ(cm::LoadText(*kernel_, "REGEDIT4\n"), "line 1: the text must begin with 'Windows Registry Editor Version 5.00'");
  EXPECT_EQ(cm::LoadText(*kernel_, ""), "line 1: the text must begin with 'Windows Registry Editor Version 5.00'");
  EXPECT_EQ(cm::LoadText(*kernel_, std::string("\xFF\xFEW", 3)), "line 1: UTF-16 text with an odd number of bytes");
  EXPECT_EQ(cm::LoadText(*kernel_, std::string("\xFE\xFF\0W", 4)), "line 1: big-endian UTF-16 is not read; UTF-8 and UTF-16LE are");
}

TEST_F(RegTextTest, Utf16AsTheRegistryEditorWritesItIsRead) {
  std::string text = "\xFF\xFE";
  for (char16_t c : std::u16string(u"Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\Software\\T]\r\n\"\u20AC\"=\"\u00E4\"\r\n")) {
    text += static_cast<char>(c & 0xFF);
    text += static_cast<char>(c >> 8);
  }
  ASSERT_EQ(cm::LoadText(*kernel_, text), "");
  EXPECT_EQ(TextOf(Get(u"\u20AC")), std::u16string(u"\u00E4\0", 2));
}

TEST_F(RegTextTest, WhatIsWrittenIsReadBackTheSame) {
  cm::Value odd[] = {
      {u"plain", REG_SZ, {'a', 0, '"', 0, '\\', 0, 0, 0}},
      {u"unended", REG_SZ, {'a', 0}},
      {u"two lines", REG_SZ, {'a', 0, '\n', 0, 'b', 0, 0, 0}},
      {u"half a character", REG_SZ, {0x3D, 0xD8, 0, 0}},
      {u"odd", REG_SZ, {'a'}},
      {u"", REG_DWORD, {1, 2, 3, 4}},
      {u"short dword", REG_DWORD, {1, 2}},
      {u"qu\"ote\\", REG_QWORD, {1, 2, 3, 4, 5, 6, 7, 8}},
      {u"long", REG_BINARY, Bytes(100, 0xAB)},
      {u"empty", REG_BINARY, {}},
      {u"strange", 0xFFFF1234, {9}},
  };
  for (const cm::Value& value : odd)
    ASSERT_EQ(cm::SetValue(*kernel_, kKey, value.name, value.type, value.data.data(), value.data.size()), STATUS_SUCCESS);
  ASSERT_EQ(cm::MakeKey(*kernel_, std::u16string(kKey) + u"\\empty]key\\\u00E4"), STATUS_SUCCESS);
  const std::string text = Store();
  EXPECT_EQ(text.find("\r\n[HKEY_LOCAL_MACHINE\\Software\\T\\empty]key\\\xC3\xA4]\r\n") == std::string::npos, false) << text;
  for (size_t at = 0; at < text.size();) {  // lines stay readable
    size_t end = text.find('\n', at);
    EXPECT_LE(end - at, 82u);
    at = end + 1;
  }
  ASSERT_EQ(cm::DeleteTree(*kernel_, kKey), STATUS_SUCCESS);
  ASSERT_EQ(cm::LoadText(*kernel_, text), "");
  for (const cm::Value& value : odd) {
    cm::Value back = Get(value.name.c_str());
    EXPECT_EQ(back.type, value.type);
    EXPECT_EQ(back.data, value.data);
  }
  EXPECT_EQ(Store(), text);
}

TEST_F(RegTextTest, TheWholeRegistryIsWrittenAndRead) {
  ASSERT_EQ(Load("[HKEY_LOCAL_MACHINE\\Software\\T]\n\"a\"=\"1\"\n[HKEY_USERS\\U]\n\"b\"=\"2\"\n"), "");
  std::string all = Store(u"\\Registry");
  EXPECT_NE(all.find("[HKEY_LOCAL_MACHINE\\Software\\T]\r\n\"a\"=\"1\""), std::string::npos);
  EXPECT_NE(all.find("[HKEY_USERS\\U]\r\n\"b\"=\"2\""), std::string::npos);
  EXPECT_EQ(cm::LoadText(*kernel_, all), "");
  EXPECT_EQ(Store(u"\\Registry"), all);
  EXPECT_EQ(Store(u"\\Registry\\Machine\\Nowhere"), "");
  EXPECT_EQ(cm::DeleteTree(*kernel_, u"\\Registry\\Machine"), STATUS_CANNOT_DELETE);
}

}  // namespace
}  // namespace drydock::nt
