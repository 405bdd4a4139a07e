// Process: an application inside the machine, made of its own Visual Studio project by drydock app (docs/applications.md).
// Used by:   tests and tools, any thread outside the machine or a task inside it.
// Lifetime:  handles, cheap to copy, valid as long as the machine. Dropping one lets the application run on.
// Errors:    Machine::StartProcess throws Error when the image cannot be read; one that the loader refuses ends with kNotLoaded and says
//            why in error().
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "drydock/io.h"

namespace drydock {

struct ProcessOptions {
  std::vector<std::string> arguments;   // without the program's own name; UTF-8
  std::string input;                    // what standard input holds
  bool more_input = false;              // Give follows; else the input ends behind `input`
  bool terminal = false;                // standard input is this process's own, output goes to its own too (and is kept besides)
  std::string folder;                   // a Linux folder: the current directory, C:\app there; files outside of it are not there
  std::string driver_folder;            // images of drivers that it installs as services
  std::map<std::string, std::string> environment;
};

class Process {
 public:
  static constexpr int kNotLoaded = static_cast<int>(0xC0000135);  // exit codes of Windows
  static constexpr int kCrashed = static_cast<int>(0xC0000005);
  static constexpr int kInterrupted = static_cast<int>(0xC000013A);

  Process() = default;
  const std::string& name() const;       // "echoapp.exe"
  bool ended() const;
  // True: it has ended. False: the time ran out, or the machine was stopped.
  bool Wait(Duration timeout = kNoTimeout);
  int exit_code() const;                 // once it has ended
  std::string error() const;             // why it could not be loaded; "": it was
  std::string output() const;            // everything so far, errors among it
  std::string error_output() const;      // what went to stderr
  void Give(const std::string& text, bool ends = false);  // to its standard input
  void Interrupt();                      // Ctrl+C: SetConsoleCtrlHandler's routines, else its end
  void Terminate(int exit_code = 1);
  explicit operator bool() const { return impl_ != nullptr; }

  struct Impl;
  explicit Process(Impl* impl) : impl_(impl) {}
  Impl* impl() const { return impl_; }

 private:
  Impl* impl_ = nullptr;
};

}  // namespace drydock
