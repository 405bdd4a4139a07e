// Scenario: what `drydock run --scenario FILE` does, one command a line.
//
//   # comment
//   open   f [DEVICE|NAME]                 device number (default 1), or a name: a device's, \??\C:\x, \Device\Thing, {class}
//   write  f "hello" [at 0]                data: see data.h
//   read   f 5 [at 0]
//   ioctl  f 0x222000 [in DATA] [out 16|DATA]   internal before it: as a driver sends it
//   start  r read f 5                      (or write, ioctl) goes on without waiting
//   cancel r            wait r [within 500ms]
//   close  f            flush f
//   advance 500ms       idle               lets time pass; lets everybody run until all wait
//   remove 1            surprise 1         power 1 D3     devices by number, or by name: remove pie, remove "TOASTER\\PIE\\01"
//   plug pie            disable 1          enable 1       of a machine description; as the device manager does
//   eject 1             rescan 1           tree
//   sleep [S3]          resume             wake 1         the system; a device's hardware signals wake
//   tasks 8 times 1250 { ... }             the lines until } by so many tasks at once, each with its own files
//   appears pie|{class} [within 5s]        waits until the device is started, or an interface of the class is enabled; vanishes: until none is
//   state pie started D3                   as `tree` tells it
//   log "words"         log none "words"   the drivers have said so since the last log, or not
//   trace on PROVIDER [level 4] [flags 0x3] [all 0x1]      trace off PROVIDER      trace capture PROVIDER      trace list   (docs/tracing.md)
//   expect trace "words" [from PROVIDER]   expect trace none "words"   a driver has traced so since the last match or trace on|off, or not
//   wmi query BLOCK [of INSTANCE]          BLOCK: a class's name or {GUID}; without INSTANCE the first
//   wmi set BLOCK in DATA                  wmi set-item BLOCK ITEM in DATA        wmi call BLOCK METHOD [in DATA] [out 16]
//   wmi listen BLOCK                       wmi event BLOCK [within 5s]            wmi collect BLOCK      wmi ignore BLOCK
//   wmi classes
//   move mouse 3 -2 [buttons N] [wheel N]   a mouse of the machine description: right, down
//   stops "words"                        the machine was stopped, with these words in its report: for a driver with a known fault
//   press kb 0x1E      release kb 0x1E   keys of a keyboard of the machine description
//   send port DATA      take port          the far end of a serial port of the machine description: sends; what has come since the last take
//   lines port [cts] [dsr] [ring] [dcd]    the modem lines that the far end drives
//   serve COM1 "/tmp/com1" [within 60s]    a terminal of Linux whose other end is the port, in real time
//   app a echoapp.exe.so -Async 5 [in "text"]   starts an application and goes on; ends a [exit 1] [says "words"] [within 60s]: waits for its end
//   type a "text\n"                        for its standard input
//   tell reader insert t1 [expect "words"] to the module that is the device's hardware (drydock/module.h)
//   notify lid 0x80                        the firmware notifies the driver of a device with `acpi` in the machine description
//   method lid _LID 1                      what a method of it returns from now on: a number, DATA ("text", hex:00ff), or silent: it never returns
//   cool fan on | cool cpu 50              the thermal manager: active cooling on or off, passive to so many per cent
//   leaves "words"                         the driver leaves that behind when it is unloaded: a known fault of it
//   print "words"
//
// A command may end with `expect STATUS_X`, `expect DATA` (reads, ioctls) or `expect N bytes`; without, a failure status is printed and
// goes on, with, a mismatch ends the run.
// Errors: Parse throws drydock::Error "FILE:LINE: ..." for an unknown verb, a missing argument, a bad number; all of them at once.
// What goes wrong while it is played is told as "FILE:LINE: ..." too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "drydock/machine.h"
#include "drydock/trace.h"
#include "tools/run/data.h"

namespace drydock::tools {

struct Expectation {
  std::optional<Status> status;
  std::optional<DataPattern> data;
  std::optional<size_t> bytes;
  bool any() const { return status || data || bytes; }
};

enum class ScenarioVerb : uint8_t {
  kOpen, kClose, kWrite, kRead, kIoctl, kFlush, kStart, kCancel, kWait, kAdvance, kIdle, kRemove, kSurprise, kPower, kTasks, kPrint,
  kPlug, kDisable, kEnable, kEject, kRescan, kTree, kSleep, kResume, kWake, kPress, kRelease, kMove,
  kApp, kEnds, kAppears, kVanishes, kState, kLog, kRaise, kLower, kPoke, kPeek, kWmi, kSend, kTake, kLines, kServe, kTrace, kExpectTrace, kStops, kSetting, kBoot,
  kTell, kCool, kType, kLeaves, kNotify, kMethod
};

enum class TraceVerb : uint8_t { kOn, kOff, kCapture, kList };
enum class WmiVerb : uint8_t { kQuery, kSet, kSetItem, kCall, kListen, kEvent, kCollect, kIgnore, kClasses };

struct Command {
  int line = 0;
  std::string place;            // "toaster.scenario:12", for what goes wrong
  ScenarioVerb verb = ScenarioVerb::kIdle;
  ScenarioVerb started = ScenarioVerb::kIdle;   // kStart: which transfer
  std::string file;             // handle's name
  std::string request;          // kStart, kCancel, kWait
  std::string text;             // name to open, words to print
  std::string data;
  size_t length = 0;            // read length, ioctl output length
  std::string output;           // what the output buffer holds before
  int64_t offset = 0;
  uint32_t code = 0;
  int move[4] = {};             // right, down, buttons, wheel
  bool internal = false;
  int number = 1;               // device, tasks
  std::string device;           // by name; then number does not count
  std::vector<std::string> words;  // kState; kApp: arguments; kEnds: what the application has said
  bool more_input = false;         // kApp: a `type` follows
  bool none = false;               // kLog: no such words
  size_t part = 0;                 // kRaise, kLower: the pin; kPoke, kPeek: the resource; from 1, 0: the first
  WmiVerb wmi = WmiVerb::kQuery;   // kWmi: `text` is the block, `request` the item or method
  std::string instance;
  TraceVerb trace = TraceVerb::kOn;  // kTrace, kExpectTrace: `device` is the provider
  TraceLevels levels;
  int times = 1;
  Duration time = kNoTimeout;
  std::vector<Command> body;    // kTasks
  Expectation expect;
};

std::vector<Command> ParseScenario(const std::string& text, const std::string& file_name);  // an Error has a line for each mistake
std::vector<Command> ReadScenario(const std::string& path);  // of a file
Command ParseCommand(const std::string& line, const std::string& place);  // of one line that is in no file
Duration ParseDuration(const std::string& token);
std::optional<Status> StatusByName(const std::string& name);

}  // namespace drydock::tools
