// Player: carries out a scenario on a machine and prints what happens.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "drydock/machine.h"
#include "tools/run/scenario.h"
#include "tools/run/wmi_player.h"

namespace drydock::tools {

class Player {
 public:
  Player(Machine& machine, std::vector<Device> devices, bool quiet);

  // Where an application's image is looked for when it is not where the scenario says.
  void SetImages(const std::string& folder) { images_ = folder; }
  // True: everything that was expected came. Stops at the first mismatch, or when the machine was stopped.
  bool Play(const std::vector<Command>& commands);
  // The machine was stopped where a `stops` said so: its report is what was wanted.
  const std::vector<Command>& leaves() const { return leaves_; }
  bool stopped_as_expected() const { return stopped_as_expected_; }

 private:
  struct Started {
    PendingIo io;
    std::string buffer;   // read or ioctl output
    bool has_output = false;
  };
  struct Scope {          // files and requests of one task
    std::map<std::string, File> files;
    std::map<std::string, Started> requests;
    std::map<std::string, Process> applications;
  };

  bool PlayIn(Scope& scope, const std::vector<Command>& commands);
  bool PlayOne(Scope& scope, const Command& command);
  bool PlayTasks(const Command& command);
  bool Judge(const Command& command, IoResult result, const std::string* output);
  bool Fail(const Command& command, const std::string& words);
  File& FileOf(Scope& scope, const Command& command);
  File OpenNamed(const Command& command);
  Device DeviceOf(const Command& command);
  bool IsThere(const std::string& name);             // a started device, or an enabled interface of {class}
  bool PlayAppears(const Command& command);
  bool PlayState(const Command& command);
  bool PlayUart(const Command& command);
  bool PlayLog(const Command& command);
  bool PlayTrace(const Command& command);
  bool PlayExpectTrace(const Command& command);
  bool PlayApp(Scope& scope, const Command& command);
  bool PlayEnds(Scope& scope, const Command& command);
  bool PlayType(Scope& scope, const Command& command);
  bool PlayMethod(const Command& command);
  bool PlayTell(const Command& command);
  bool PlayWmi(const Command& command);
  bool PlayStops(const Command& command);
  void Print(const std::string& line);

  Machine& machine_;
  std::vector<Device> devices_;
  const bool quiet_;
  std::string images_;
  size_t logged_ = 0;   // lines of the debug log that `log` is done with
  uint64_t traced_ = 0; // messages of the trace that `expect trace` is done with
  bool stopped_as_expected_ = false;
  std::string stopped_at_;  // the line that the machine did not survive
  bool told_ = false;       // something went wrong and was told, with its place
  std::vector<Command> leaves_;
  Scope main_;
  WmiPlayer wmi_{machine_};
};

// What was left at the end is what the scenario's `leaves` said, no more and no less. `reports` are the machine's.
bool LeftAsExpected(const std::vector<Command>& leaves, const std::vector<Report>& reports);

}  // namespace drydock::tools
