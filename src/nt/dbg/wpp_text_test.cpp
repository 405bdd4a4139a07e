#include "nt/dbg/wpp_text.h"

#include <drydock_wpp.h>
#include <gtest/gtest.h>
#include <ntddk.h>

namespace drydock::nt::dbg {
namespace {

const std::vector<WppType> kTypes = {{"state", false, {{0, "Off"}, {7, "On"}}, {}},
                                     {"bits", true, {{0, "A"}, {3, "D"}}, {}}};

std::string Text(const char* format, ...) {
  const WppMessage message{"drv", 4, 2, "Func", "/src/file.c", 12};
  va_list arguments;
  va_start(arguments, format);
  std::string text = WppText(message, kTypes, format, arguments);
  va_end(arguments);
  return text;
}

TEST(WppText, NamesOfTheCallTakeNoArgument) {
  EXPECT_EQ(Text("%!STDPREFIX![%!FUNC!] %!FILE!:%!LINE! %!LEVEL! %!FLAGS! %!COMPNAME! 100%% %d", 5),
            "[Func] file.c:12 error 0x4 drv 100% 5");
}

TEST(WppText, NamesWithArguments) {
  EXPECT_EQ(Text("%!STATUS!, %!STATUS!", STATUS_UNSUCCESSFUL, 0x3ABCDEF0),
            "0xC0000001(STATUS_UNSUCCESSFUL), 0x3ABCDEF0");
  EXPECT_EQ(Text("%!state! %!state! %!bits! %!unknown!", 7, 5, 9, 3), "On(7) 5 A|D(0x9) 3");
  EXPECT_EQ(Text("%!bool! %!irql!", 1, 2), "true DISPATCH_LEVEL");
  const GUID guid = {0x32134778, 0xE6AA, 0x4089, {0xB5, 0xA8, 0x9E, 0x58, 0xE9, 0xEE, 0x46, 0x87}};
  EXPECT_EQ(Text("%!GUID! %!GUID!", &guid, nullptr),
            "{32134778-e6aa-4089-b5a8-9e58e9ee4687} <NULL>");
  const DRYDOCK_WPP_BUFFER buffer = {"\x01\xff", 2};
  EXPECT_EQ(Text("%!HEXDUMP! %d", buffer, 4), "01 ff 4");
}

TEST(WppText, NetworkTimeStringAndSidTypes) {
  const unsigned char address[16] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const unsigned char sid[12] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};
  const UNICODE_STRING unicode = {4, 4, const_cast<PWSTR>(reinterpret_cast<PCWSTR>(u"ab"))};
  EXPECT_EQ(Text("%!IPADDR! %!IPV6ADDR! %!PORT!", 0x0100007F, address, 0x5000), "127.0.0.1 2001:db8:0:0:0:0:0:1 80");
  EXPECT_EQ(Text("%!TIMESTAMP! %!delta! %!due!", 116444736000000000LL, 90061500LL, -5LL), "1970-01-01 00:00:00.000 1~1:01:01.500 -0~0:00:00.005");
  EXPECT_EQ(Text("%!ASTR! %!WSTR! %!USTR! %!ASTR! %!sid! %d", "a", u"w", &unicode, nullptr, sid, 7), "a w ab <NULL> S-1-5-18 7");
}

TEST(WppText, PrintfFieldsTakeArgumentsOfNtsSizes) {
  const UNICODE_STRING unicode = {4, 4, const_cast<PWSTR>(reinterpret_cast<PCWSTR>(u"ab"))};
  EXPECT_EQ(Text("%5d|%-4x|%I64x|%lu|%s|%S|%wZ|%*d|%.2s", -1, 255, 0x123456789ALL, 7u, "narrow",
                 u"wide", &unicode, 3, 8, "cut"),
            "   -1|ff  |123456789a|7|narrow|wide|ab|  8|cu");
  EXPECT_EQ(Text("%s %d", nullptr, 1), "<NULL> 1");
  EXPECT_EQ(Text("%", 1), "%");
  EXPECT_EQ(Text("%!open", 1), "%!open");
}

}  // namespace
}  // namespace drydock::nt::dbg
