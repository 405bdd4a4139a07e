// The 16550 by its registers, and between a driver and the far end.
#include <drydock/testing.h>
#include <drydock/uart.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <string>

namespace {

using drydock::ExecutorKind;
using drydock::Machine;
using drydock::Uart;
using namespace std::chrono_literals;

class Registers : public testing::Test {
 protected:
  uint8_t In(uint64_t offset) { return static_cast<uint8_t>(file->ReadRegister(offset, 1)); }
  void Out(uint64_t offset, uint8_t value) { file->WriteRegister(offset, 1, value); }
  std::string Received() {
    std::string text;
    while (In(5) & 1) text += static_cast<char>(In(0));
    return text;
  }

  Uart uart;
  std::shared_ptr<drydock::RegisterFile> file = uart.registers();
};

TEST_F(Registers, DivisorAndScratchKeepWhatWasWritten) {
  EXPECT_EQ(uart.baud(), 0u);
  Out(3, 0x80);
  Out(0, 12);
  Out(1, 1);
  EXPECT_EQ(In(0), 12);
  EXPECT_EQ(In(1), 1);
  Out(1, 0);
  Out(3, 0x1B);  // 8 bits, even parity
  EXPECT_EQ(uart.baud(), 9600u);
  EXPECT_EQ(uart.data_bits(), 8);
  Out(7, 0x5A);
  EXPECT_EQ(In(7), 0x5A);
  EXPECT_EQ(In(1), 0) << "the divisor is no longer in the way of IER";
}

TEST_F(Registers, WhatIsTransmittedReachesTheFarEnd) {
  for (char c : std::string("AT\r")) Out(0, static_cast<uint8_t>(c));
  EXPECT_EQ(uart.Take(), "AT\r");
  EXPECT_EQ(uart.Take(), "");
  EXPECT_EQ(In(5) & 0x60, 0x60) << "empty again";
}

TEST_F(Registers, TheTransmitterInterruptsWhenItIsEmptyAndReadingIirEndsIt) {
  Out(4, 0x08);
  Out(1, 0x02);
  EXPECT_TRUE(uart.pin().raised());
  EXPECT_EQ(In(2), 0x02);
  EXPECT_FALSE(uart.pin().raised());
  EXPECT_EQ(In(2), 0x01);
  Out(0, 'x');
  EXPECT_TRUE(uart.pin().raised());
}

TEST_F(Registers, TheLineIsQuietWithoutOut2AndInLoopback) {
  Out(1, 0x02);
  EXPECT_FALSE(uart.pin().raised());
  Out(4, 0x08);
  EXPECT_TRUE(uart.pin().raised());
  Out(4, 0x18);
  EXPECT_FALSE(uart.pin().raised());
}

TEST_F(Registers, WithoutFifoOneByteWaitsAndTheNextOverrunsIt) {
  uart.Send("ab");
  EXPECT_EQ(uart.waiting(), 2u) << "the far end waits";
  EXPECT_EQ(Received(), "ab");
  uart.Overrun("cd");
  EXPECT_EQ(In(5) & 0x03, 0x03);
  EXPECT_EQ(In(5) & 0x02, 0) << "told once";
  EXPECT_EQ(In(0), 'd');
}

TEST_F(Registers, TheFifoInterruptsAtItsTriggerAndForTheRest) {
  Out(2, 0x81);  // 8 bytes
  EXPECT_EQ(In(2) & 0xC0, 0xC0);
  Out(1, 0x01);
  uart.Send("1234567");
  EXPECT_EQ(In(2) & 0x0F, 0x0C) << "fewer than the trigger, and nothing follows";
  uart.Send("8");
  EXPECT_EQ(In(2) & 0x0F, 0x04);
  EXPECT_EQ(Received(), "12345678");
  EXPECT_EQ(In(2) & 0x0F, 0x01);
  uart.Send(std::string(40, 'z'));
  EXPECT_EQ(Received(), std::string(40, 'z'));
  uart.Overrun(std::string(17, 'y'));
  EXPECT_EQ(In(5) & 0x02, 0x02);
  EXPECT_EQ(Received(), std::string(16, 'y'));
  uart.Send("left");
  Out(2, 0x83);
  EXPECT_EQ(Received(), "") << "the receiver was emptied";
}

TEST_F(Registers, ErrorsBelongToTheirByte) {
  Out(2, 0x01);
  Out(1, 0x05);
  uart.Send("a");
  uart.SendWrong('b', drydock::kUartParityError);
  EXPECT_EQ(In(5), 0x61 | 0x80) << "an error somewhere in the FIFO";
  EXPECT_EQ(In(0), 'a');
  EXPECT_EQ(In(2) & 0x0F, 0x06);
  EXPECT_EQ(In(5) & 0x1F, 0x05);
  EXPECT_EQ(In(0), 'b');
  uart.SendWrong(0, drydock::kUartBreak);
  EXPECT_EQ(In(5) & 0x11, 0x11);
}

TEST_F(Registers, ModemLinesTellTheirChangesOnce) {
  EXPECT_EQ(In(6), 0xB0);
  uart.SetLines(drydock::kUartDsr | drydock::kUartRing);
  EXPECT_EQ(In(6), 0x60 | 0x09) << "CTS and DCD went";
  EXPECT_EQ(In(6), 0x60);
  uart.SetLines(drydock::kUartDsr);
  EXPECT_EQ(In(6), 0x24) << "the end of a ring";
  Out(1, 0x08);
  Out(4, 0x08);
  uart.SetLines(0);
  EXPECT_TRUE(uart.pin().raised());
  EXPECT_EQ(In(2) & 0x0F, 0x00);
  In(6);
  EXPECT_FALSE(uart.pin().raised());
}

TEST_F(Registers, LoopbackConnectsTheChipWithItself) {
  Out(4, 0x10 | 0x0A);  // RTS, OUT2
  EXPECT_EQ(In(6) & 0xF0, 0x90);
  Out(0, 'q');
  uart.Send("outside");
  EXPECT_EQ(Received(), "q");
  EXPECT_FALSE(uart.rts());
  Out(4, 0x03);
  EXPECT_TRUE(uart.rts() && uart.dtr());
  EXPECT_EQ(Received(), "outside");
  EXPECT_EQ(uart.Take(), "");
}

TEST_F(Registers, TheFarEndHoldsWithoutRts) {
  uart.HoldWithoutRts(true);
  uart.Send("x");
  EXPECT_EQ(In(5) & 1, 0);
  Out(4, 0x02);
  EXPECT_EQ(Received(), "x");
}

TEST_F(Registers, ANullModemCableCrossesDataAndLines) {
  Uart other;
  auto there = other.registers();
  Uart::Connect(uart, other);
  EXPECT_EQ(In(6) & 0xF0, 0) << "nobody is ready";
  there->WriteRegister(4, 1, 0x03);
  EXPECT_EQ(In(6) & 0xF0, 0xB0);
  Out(0, 'h');
  EXPECT_EQ(there->ReadRegister(0, 1), 'h');
  there->WriteRegister(0, 1, 'i');
  EXPECT_EQ(Received(), "i");
  Out(3, 0x43);
  EXPECT_EQ(there->ReadRegister(5, 1) & 0x10, 0x10u) << "a break";
}

class Port : public testing::TestWithParam<ExecutorKind> {
 protected:
  Port() : machine({.executor = GetParam(), .verifier = true}) {
    device = machine.AddDevice({.function = machine.AddDriver(DRYDOCK_IMAGE(line_port)), .resources = uart.Resources({.line = 4}, 0x3F8)});
    file = machine.Open(device);
  }
  void TearDown() override { EXPECT_TRUE(machine.reports().empty()) << machine.ReportText(); }

  Uart uart;
  Machine machine;
  drydock::Device device;
  drydock::File file;
};

TEST_P(Port, BytesTravelBothWays) {
  ASSERT_TRUE(device.started()) << machine.ReportText();
  EXPECT_TRUE(uart.dtr() && uart.rts() && uart.fifo_enabled());
  EXPECT_EQ(file.Write("hello").status, STATUS_SUCCESS);
  EXPECT_EQ(uart.Take(), "hello");
  const std::string sent(100, 'k');
  uart.Send(sent);
  std::string got;
  while (got.size() < sent.size()) {
    char buffer[64];
    auto result = file.Read(buffer, sizeof buffer, {.timeout = 5s});
    ASSERT_EQ(result.status, STATUS_SUCCESS);
    got.append(buffer, result.information);
  }
  EXPECT_EQ(got, sent);
  EXPECT_EQ(uart.waiting(), 0u);
}

TEST_P(Port, AReadWaitsForTheFarEnd) {
  char byte = 0;
  auto read = file.StartRead(&byte, 1);
  machine.RunUntilIdle();
  EXPECT_FALSE(read.done());
  machine.After(5ms, [this] { uart.Send("!"); });
  EXPECT_EQ(read.Wait(5s).information, 1u);
  EXPECT_EQ(byte, '!');
}

TEST_P(Port, TheFarEndCanBeCode) {
  uart.OnTransmit([this](uint8_t byte) { uart.Send(std::string(1, static_cast<char>(byte + 1))); });
  EXPECT_EQ(file.Write("H").status, STATUS_SUCCESS);
  char byte = 0;
  EXPECT_EQ(file.Read(&byte, 1, {.timeout = 5s}).information, 1u);
  EXPECT_EQ(byte, 'I');
}

TEST_P(Port, APortThatIsGoneDropsItsLines) {
  file.Close();
  EXPECT_EQ(machine.RemoveDevice(device), STATUS_SUCCESS);
  EXPECT_FALSE(uart.dtr() || uart.rts());
  uart.Send("nobody");
}

INSTANTIATE_TEST_SUITE_P(Both, Port, testing::Values(ExecutorKind::Simulated, ExecutorKind::Live),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "live" : "simulated"; });

}  // namespace
