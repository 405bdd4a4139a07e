// A program on a terminal of Linux, talking through a driver to what its cable leads to.
#include <drydock/port_terminal.h>
#include <drydock/testing.h>
#include <drydock/uart.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <ntddk.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>

namespace {

using drydock::ExecutorKind;
using drydock::Machine;
using drydock::PortTerminal;
using drydock::Uart;
using namespace std::chrono_literals;

class OnATerminal : public testing::TestWithParam<ExecutorKind> {
 protected:
  OnATerminal() : machine({.executor = GetParam(), .verifier = true}) {
    device = machine.AddDevice({.function = machine.AddDriver(DRYDOCK_IMAGE(line_port)), .resources = uart.Resources({.line = 4}, 0x3F8)});
    char pattern[] = "/tmp/drydock_terminal_XXXXXX";
    folder = mkdtemp(pattern);
  }
  ~OnATerminal() override { rmdir(folder.c_str()); }
  void TearDown() override { EXPECT_TRUE(machine.reports().empty()) << machine.ReportText(); }

  // What the program reads: as much as is wanted, the bridge carrying meanwhile.
  std::string Read(PortTerminal& terminal, int fd, size_t wanted) {
    std::string text;
    for (int turn = 0; turn < 1000 && text.size() < wanted; ++turn) {
      terminal.Pump();
      pollfd polled{fd, POLLIN, 0};
      if (poll(&polled, 1, 5) <= 0) continue;
      char buffer[64];
      const ssize_t got = read(fd, buffer, sizeof buffer);
      if (got > 0) text.append(buffer, static_cast<size_t>(got));
    }
    return text;
  }
  std::string Taken(PortTerminal& terminal, size_t wanted) {
    std::string text;
    for (int turn = 0; turn < 1000 && text.size() < wanted; ++turn) {
      terminal.Pump();
      text += uart.Take();
      if (text.size() < wanted) poll(nullptr, 0, 1);
    }
    return text;
  }

  Uart uart;
  Machine machine;
  drydock::Device device;
  std::string folder;
};

TEST_P(OnATerminal, AProgramTalksToTheFarEnd) {
  ASSERT_TRUE(device.started()) << machine.ReportText();
  const std::string link = folder + "/com1";
  {
    PortTerminal terminal(machine, device.name(), link);
    const int fd = open(link.c_str(), O_RDWR | O_NOCTTY);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(write(fd, "AT\r", 3), 3);
    EXPECT_EQ(Taken(terminal, 3), "AT\r") << "nothing is translated on the way";
    uart.Send("\r\nOK\r\n");
    EXPECT_EQ(Read(terminal, fd, 6), "\r\nOK\r\n");
    close(fd);
    // Another program comes.
    const int again = open(terminal.path().c_str(), O_RDWR | O_NOCTTY);
    ASSERT_GE(again, 0);
    uart.OnTransmit([this](uint8_t byte) { uart.Send(std::string(2, static_cast<char>(byte))); });
    ASSERT_EQ(write(again, "xy", 2), 2);
    terminal.Serve(20ms);
    EXPECT_EQ(Read(terminal, again, 4), "xxyy");
    close(again);
    EXPECT_TRUE(terminal.status().ok());
  }
  EXPECT_NE(access(link.c_str(), F_OK), 0) << "the link goes with it";
}

TEST_P(OnATerminal, MistakesAreTold) {
  EXPECT_THROW(PortTerminal(machine, "COM9"), drydock::Error);
  EXPECT_THROW(PortTerminal(machine, device.name(), folder), drydock::Error) << "the path is taken";
}

INSTANTIATE_TEST_SUITE_P(Both, OnATerminal, testing::Values(ExecutorKind::Simulated, ExecutorKind::Live),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "live" : "simulated"; });

}  // namespace
