// The access method that the UMDF drivers of one stack agree on.
#include <cstring>

#include "access.h"
#include "driver.h"
#include "support/conformance.h"

namespace drydock::test {
namespace {

constexpr int32_t kUnsuccessful = static_cast<int32_t>(0xC0000001);

struct Stack {
  Stack(Machine& owner, um::Access upper, um::Access lower) : machine(owner) {
    um::upper = upper;
    um::lower = lower;
    upper_driver = machine.AddDriver("upper", &access_upper_FxDriverEntry);
    lower_driver = machine.AddDriver("lower", &access_lower_FxDriverEntry);
    device = machine.AddDevice({.function = lower_driver, .upper_filters = {upper_driver}});
    if (device.started()) file = machine.Open(device);
  }
  ~Stack() {
    file.Close();
    machine.RemoveDevice(device);
    machine.UnloadDriver(upper_driver);
    machine.UnloadDriver(lower_driver);
  }
  Machine& machine;
  Driver upper_driver, lower_driver;
  Device device;
  File file;
};

um::Access ReadWrite(um::IoType type) { return {.read_write = type}; }
um::Access Control(um::IoType type) { return {.control = type}; }

CONFORMANCE(UmAccess, ReadsAndWritesUseWhatAllDriversTake, "IOT-7.27") {
  const struct {
    um::IoType upper, lower, wanted;
  } kCases[] = {{um::kBufferedIo, um::kBufferedIo, um::kBufferedIo}, {um::kEither, um::kBufferedIo, um::kBufferedIo},
                {um::kBufferedIo, um::kEither, um::kBufferedIo},     {um::kDirectIo, um::kEither, um::kDirectIo},
                {um::kEither, um::kDirectIo, um::kDirectIo},         {um::kDirectIo, um::kDirectIo, um::kDirectIo}};
  for (const auto& c : kCases) {
    Stack stack(machine, ReadWrite(c.upper), ReadWrite(c.lower));
    ASSERT_TRUE(stack.device.started()) << machine.ReportText();
    char buffer[4] = "aaa";
    EXPECT_EQ(stack.file.Read(buffer, 3).information, 3u);
    EXPECT_STREQ(buffer, "ooo");
    EXPECT_EQ(um::upper.seen, c.wanted) << c.upper << " above " << c.lower;
    EXPECT_EQ(um::lower.seen, c.wanted) << c.upper << " above " << c.lower;
    // Seen from the application: what a failing driver wrote is there only with direct access.
    um::lower.status = kUnsuccessful;
    strcpy(buffer, "aaa");
    EXPECT_EQ(stack.file.Read(buffer, 3).status, kUnsuccessful);
    EXPECT_STREQ(buffer, c.wanted == um::kDirectIo ? "ooo" : "aaa");
  }
}

CONFORMANCE(UmAccess, BufferedOnlyWithDirectOnlyDoesNotStart, "IOT-7.27") {
  for (um::Access (*of)(um::IoType) : {&ReadWrite, &Control}) {
    EXPECT_FALSE(Stack(machine, of(um::kBufferedIo), of(um::kDirectIo)).device.started());
    EXPECT_FALSE(Stack(machine, of(um::kDirectIo), of(um::kBufferedIo)).device.started());
    EXPECT_TRUE(Stack(machine, of(um::kDirectIo), of(um::kDirectIo)).device.started());
  }
  EXPECT_FALSE(machine.stopped());
}

CONFORMANCE(UmAccess, AFiltersWishDoesNotCount, "INI-11") {
  um::Access filter = ReadWrite(um::kBufferedIo);
  filter.filter = true;
  Stack stack(machine, filter, ReadWrite(um::kDirectIo));
  ASSERT_TRUE(stack.device.started());
  char buffer[4] = {};
  EXPECT_EQ(stack.file.Read(buffer, 3).information, 3u);
  EXPECT_EQ(um::upper.seen, um::kDirectIo);
}

CONFORMANCE(UmAccess, DirectControlsNeedADirectCodeAndDirectDrivers, "IOT-7.27", "IOT-7.24") {
  const struct {
    um::IoType upper, lower;
    uint32_t code;
    um::IoType wanted;
  } kCases[] = {{um::kDirectIo, um::kDirectIo, um::kOutDirect, um::kDirectIo},
                {um::kEither, um::kDirectIo, um::kOutDirect, um::kDirectIo},
                {um::kDirectIo, um::kDirectIo, um::kBuffered, um::kBufferedIo},
                {um::kEither, um::kBufferedIo, um::kOutDirect, um::kBufferedIo},
                {um::kBufferedIo, um::kBufferedIo, um::kOutDirect, um::kBufferedIo}};
  for (const auto& c : kCases) {
    Stack stack(machine, Control(c.upper), Control(c.lower));
    ASSERT_TRUE(stack.device.started()) << machine.ReportText();
    char in[4] = "in", out[4] = "aaa";
    EXPECT_EQ(stack.file.Ioctl(c.code, in, 3, out, 3).information, 3u);
    EXPECT_STREQ(out, "ooo");
    EXPECT_STREQ(um::lower.input, "in");
    EXPECT_EQ(um::upper.seen, c.wanted);
    EXPECT_EQ(um::lower.seen, c.wanted);
    um::lower.status = kUnsuccessful;
    strcpy(out, "aaa");
    EXPECT_EQ(stack.file.Ioctl(c.code, in, 3, out, 3).status, kUnsuccessful);
    EXPECT_STREQ(out, c.wanted == um::kDirectIo ? "ooo" : "aaa");
  }
}

CONFORMANCE(UmAccess, TheSecondBufferOfAnInDirectControlIsInput, "IOT-7.27") {
  for (um::IoType type : {um::kBufferedIo, um::kDirectIo}) {
    Stack stack(machine, Control(type), Control(type));
    char second[4] = "two";
    EXPECT_EQ(stack.file.Ioctl(um::kInDirect, nullptr, 0, second, 4).status, 0);
    EXPECT_EQ(um::lower.seen, type);
    EXPECT_STREQ(um::lower.input, "two");
    EXPECT_STREQ(second, "two");
  }
}

}  // namespace
}  // namespace drydock::test
