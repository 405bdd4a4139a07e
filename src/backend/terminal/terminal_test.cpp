// A pseudo terminal as a serial port.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstring>

#include "backend/map.h"
#include "backend/posix.h"
#include "backend/terminal/serial_ioctl.h"
#include "nt/io/file.h"
#include "nt/io/irp.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::backend {
namespace {

class TerminalTest : public nt::testing::BothExecutors {
 protected:
  void SetUp() override {
    BothExecutors::SetUp();
    other_.reset(::posix_openpt(O_RDWR | O_NOCTTY));
    ASSERT_TRUE(other_);
    ASSERT_EQ(::grantpt(other_.get()), 0);
    ASSERT_EQ(::unlockpt(other_.get()), 0);
    ASSERT_EQ(MapTerminal(*kernel_, u"COM1", ::ptsname(other_.get())), "");
    ASSERT_EQ(nt::io::OpenFile(*kernel_, u"\\??\\COM1", {}, &file_), STATUS_SUCCESS);
  }
  void TearDown() override {
    if (file_ && bug_checks_.empty()) nt::io::CloseFile(file_);
    BothExecutors::TearDown();
  }
  nt::io::AsyncIo StartRead(char* buffer, ULONG length) {
    nt::io::Request request;
    request.major = IRP_MJ_READ;
    request.output = buffer;
    request.output_length = length;
    nt::io::AsyncIo async;
    async.Start(file_, request);
    return async;
  }
  template <class T>
  NTSTATUS Set(ULONG code, const T& value) {
    return nt::io::DeviceControl(file_, UserMode, code, &value, sizeof value, nullptr, 0).status;
  }
  void Send(const char* text) { ASSERT_EQ(::write(other_.get(), text, std::strlen(text)), static_cast<ssize_t>(std::strlen(text))); }

  UniqueFd other_;
  FILE_OBJECT* file_ = nullptr;
};
DRYDOCK_BOTH_EXECUTORS(TerminalTest);

TEST_P(TerminalTest, BytesTravelBothWays) {
  EXPECT_EQ(nt::io::Write(file_, UserMode, "ping", 4).information, 4u);
  char out[8] = {};
  ASSERT_EQ(::read(other_.get(), out, sizeof out), 4);
  EXPECT_STREQ(out, "ping");
  Send("pong");
  std::memset(out, 0, sizeof out);
  EXPECT_EQ(nt::io::Read(file_, UserMode, out, 4).information, 4u);
  EXPECT_STREQ(out, "pong");
}

TEST_P(TerminalTest, AReadWaitsForAllItsBytes) {
  char out[6] = {};
  nt::io::AsyncIo read = StartRead(out, 5);
  Send("ab");
  EXPECT_EQ(read.Wait(30 * rt::kTicksPerMillisecond), STATUS_TIMEOUT);
  Send("cde");
  EXPECT_EQ(read.Wait(), STATUS_SUCCESS);
  EXPECT_EQ(read.information(), 5u);
  EXPECT_STREQ(out, "abcde");
}

TEST_P(TerminalTest, APendingReadIsCancelled) {
  char out[4];
  nt::io::AsyncIo read = StartRead(out, 4);
  EXPECT_FALSE(read.done());
  EXPECT_TRUE(read.Cancel());
  EXPECT_EQ(read.Wait(), STATUS_SUCCESS);
  EXPECT_EQ(read.status(), STATUS_CANCELLED);
  // The next read gets what comes, not the cancelled one.
  Send("wxyz");
  EXPECT_EQ(nt::io::Read(file_, UserMode, out, 4).information, 4u);
}

TEST_P(TerminalTest, TimeoutsEndAReadWithWhatCame) {
  serial::Timeouts timeouts = {};
  timeouts.read_total_constant = 50;
  EXPECT_EQ(Set(serial::kSetTimeouts, timeouts), STATUS_SUCCESS);
  serial::Timeouts back = {};
  EXPECT_EQ(nt::io::DeviceControl(file_, UserMode, serial::kGetTimeouts, nullptr, 0, &back, sizeof back).status, STATUS_SUCCESS);
  EXPECT_EQ(back.read_total_constant, 50u);
  Send("xy");
  char out[8] = {};
  rt::Ticks before = executor_->InterruptTime();
  nt::io::Result result = nt::io::Read(file_, UserMode, out, 8);
  EXPECT_EQ(result.status, STATUS_TIMEOUT);
  EXPECT_EQ(result.information, 2u);
  EXPECT_STREQ(out, "xy");
  EXPECT_GE(executor_->InterruptTime() - before, 50 * rt::kTicksPerMillisecond);
}

TEST_P(TerminalTest, AnIntervalOfMaxReturnsAtOnce) {
  serial::Timeouts timeouts = {};
  timeouts.read_interval = MAXULONG;
  Set(serial::kSetTimeouts, timeouts);
  char out[8] = {};
  nt::io::Result result = nt::io::Read(file_, UserMode, out, 8);
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  EXPECT_EQ(result.information, 0u);
}

TEST_P(TerminalTest, AWaitEndsWhenACharacterCame) {
  EXPECT_EQ(Set(serial::kSetWaitMask, serial::kEvRxChar), STATUS_SUCCESS);
  nt::io::Request request;
  request.major = IRP_MJ_DEVICE_CONTROL;
  request.code = serial::kWaitOnMask;
  ULONG events = 0;
  request.output = &events;
  request.output_length = sizeof events;
  nt::io::AsyncIo wait;
  EXPECT_EQ(wait.Start(file_, request), STATUS_PENDING);
  nt::io::AsyncIo second;
  EXPECT_EQ(second.Start(file_, request), STATUS_INVALID_PARAMETER);
  Send("!");
  EXPECT_EQ(wait.Wait(), STATUS_SUCCESS);
  EXPECT_EQ(events, serial::kEvRxChar);
  // A new mask ends a wait with no event.
  events = 77;
  EXPECT_EQ(Set(serial::kSetWaitMask, serial::kEvTxEmpty), STATUS_SUCCESS);
  EXPECT_EQ(wait.Start(file_, request), STATUS_PENDING);
  EXPECT_EQ(Set(serial::kSetWaitMask, ULONG{0}), STATUS_SUCCESS);
  EXPECT_EQ(wait.Wait(), STATUS_SUCCESS);
  EXPECT_EQ(events, 0u);
}

TEST_P(TerminalTest, PurgeAbortsReads) {
  char out[4];
  nt::io::AsyncIo read = StartRead(out, 4);
  EXPECT_EQ(Set(serial::kPurge, serial::kPurgeRxAbort), STATUS_SUCCESS);
  EXPECT_EQ(read.Wait(), STATUS_SUCCESS);
  EXPECT_EQ(read.status(), STATUS_CANCELLED);
  EXPECT_EQ(Set(serial::kPurge, ULONG{0}), STATUS_INVALID_PARAMETER);
}

TEST_P(TerminalTest, SettingsAreKept) {
  EXPECT_EQ(Set(serial::kSetBaudRate, ULONG{115200}), STATUS_SUCCESS);
  EXPECT_EQ(Set(serial::kSetBaudRate, ULONG{12345}), STATUS_INVALID_PARAMETER);
  ULONG baud = 0;
  nt::io::DeviceControl(file_, UserMode, serial::kGetBaudRate, nullptr, 0, &baud, sizeof baud);
  EXPECT_EQ(baud, 115200u);
  EXPECT_EQ(Set(serial::kSetLineControl, serial::LineControl{2, 2, 8}), STATUS_SUCCESS);
  EXPECT_EQ(Set(serial::kSetLineControl, serial::LineControl{0, 0, 9}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(nt::io::DeviceControl(file_, UserMode, serial::kSetDtr, nullptr, 0, nullptr, 0).status, STATUS_SUCCESS);
  ULONG lines = 0;
  nt::io::DeviceControl(file_, UserMode, serial::kGetDtrRts, nullptr, 0, &lines, sizeof lines);
  EXPECT_EQ(lines, serial::kDtrState);
}

TEST_P(TerminalTest, ClosingTheHandleEndsItsReads) {
  char out[4];
  nt::io::AsyncIo read = StartRead(out, 4);
  nt::io::CloseFile(file_);
  file_ = nullptr;
  EXPECT_EQ(read.Wait(), STATUS_SUCCESS);
  EXPECT_EQ(read.status(), STATUS_CANCELLED);
  EXPECT_EQ(nt::io::LiveIrps(*kernel_, nullptr, 0), 0u);
}

TEST_P(TerminalTest, AHangUpEndsAWaitingRead) {
  char out[4];
  nt::io::AsyncIo read = StartRead(out, 4);
  other_.reset();
  EXPECT_EQ(read.Wait(), STATUS_SUCCESS);
  EXPECT_EQ(read.status(), STATUS_DEVICE_NOT_CONNECTED);
}

}  // namespace
}  // namespace drydock::backend
