// PortTerminal: a terminal of Linux whose other end is a port of the machine: a program (screen, a test) opens the terminal and talks to the driver.
//
//   drydock::PortTerminal terminal(machine, "COM1", "/tmp/com1");   // or any name or device that File can open
//   terminal.Serve(std::chrono::minutes(5));                        // meanwhile: screen /tmp/com1
//
// Threads:    the caller's: nothing moves but in Serve and Pump.
// Time:       Serve lasts as long as it is told, in real time; a simulated machine's time goes along with it.
// Errors:     the constructor throws Error: no such port, no terminal to be had, the path is taken. A port that refuses serial time-outs is read a
//             byte at a time. What the driver refuses to take is dropped, and status() tells why.
// Source:     docs/classes.md.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "drydock/machine.h"

namespace drydock {

class PortTerminal {
 public:
  // `link`: a path that leads to the terminal while this lives; empty: none, path() alone.
  PortTerminal(Machine& machine, const std::string& port, const std::string& link = {});
  ~PortTerminal();
  PortTerminal(const PortTerminal&) = delete;
  PortTerminal& operator=(const PortTerminal&) = delete;

  const std::string& path() const;  // of the terminal
  size_t Pump();                    // what is there now, both ways; the bytes moved
  void Serve(std::chrono::milliseconds duration);
  Status status() const;            // of the last transfer that failed

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock
