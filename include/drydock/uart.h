// Uart: a 16550 with what its cable leads to; the hardware of a serial port.
//
//   drydock::Uart uart;
//   auto device = machine.AddRootDevice("ACPI\\PNP0501", {.resources = uart.Resources({.line = 4})});
//   auto file = machine.Open("COM1");
//   file.Write("AT\r");
//   EXPECT_EQ(uart.Take(), "AT\r");            // the far end
//   uart.Send("OK\r\n");                       // interrupt, driver, reads
//
// Registers:  those of a 16550A: receiver and transmitter with FIFOs of 16 bytes, IER, IIR, FCR, LCR, MCR, LSR, MSR, scratch, divisor latch,
//             loopback. Interrupts reach the line while OUT2 is set and loopback is not, as on a PC.
// Time:       bytes take none: what is written to the transmitter has left it. What the far end sends waits on the wire while the receiver is
//             full; an idle wire is the receiver's time-out. Overrun() makes bytes arrive that nobody has room for.
// Threads:    anything from anywhere; copies are the same UART. OnTransmit and OnLines are called on the task that writes the register, at its
//             IRQL, with no lock held: they must not wait, and may call the UART.
// Source:     data sheet PC16550D; docs/classes.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "drydock/hardware.h"

namespace drydock {

// Bits of the modem status and line status registers, for Uart's far end.
enum UartLine : uint8_t { kUartCts = 0x10, kUartDsr = 0x20, kUartRing = 0x40, kUartDcd = 0x80 };
enum UartError : uint8_t { kUartParityError = 0x04, kUartFramingError = 0x08, kUartBreak = 0x10 };

struct UartOptions {
  bool fifo = true;     // false: a 16450
  uint32_t clock = 1843200;
};

class Uart {
 public:
  explicit Uart(UartOptions options = {});
  // Eight ports (0: chosen) and the line; or the same registers in memory.
  std::vector<Resource> Resources(LineOptions line = {}, uint16_t port = 0) const;
  std::shared_ptr<RegisterFile> registers() const;
  InterruptPin pin() const;

  // The far end.
  void Send(std::string_view bytes) const;
  void SendWrong(uint8_t byte, uint8_t errors) const;  // with UartError bits; kUartBreak: the line was held low
  void Overrun(std::string_view bytes) const;          // whether the receiver has room or not
  std::string Take() const;                            // what was transmitted since the last call
  void SetLines(uint8_t lines) const;                  // UartLine bits that the far end drives; at first CTS, DSR and DCD
  void HoldWithoutRts(bool hold) const;                // the far end sends only while RTS is set
  // What leaves the transmitter goes there instead of into Take; empty: as before.
  void OnTransmit(std::function<void(uint8_t byte)> take) const;
  void OnLines(std::function<void()> changed) const;   // DTR, RTS or the break changed

  // What the driver has set up.
  bool dtr() const;
  bool rts() const;
  bool break_on() const;
  uint32_t baud() const;       // 0: no divisor yet
  int data_bits() const;
  bool fifo_enabled() const;
  size_t waiting() const;      // bytes of the far end that the driver has not read: wire and receiver

  // A null-modem cable: what one transmits the other receives; RTS is the other's CTS, DTR its DSR and DCD; a break is a break.
  static void Connect(const Uart& one, const Uart& other);

  struct State;

 private:
  explicit Uart(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

class Machine;
// The UART of a device that a machine description calls so and gives the model "uart"; null: there is none.
const Uart* FindUart(Machine& machine, const std::string& device);

}  // namespace drydock
