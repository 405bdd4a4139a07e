// Mapping parts of the Linux world into a machine's name space.
// Called by:  machine, when it is made or by Machine::Map; PASSIVE_LEVEL, on a task with a thread.
// Names:      `dos_name` is the name below \??\ ("C:", "PhysicalDrive0", "COM1").
// Result:     empty, or one line that says what is wrong (the path does not exist, is of the wrong kind, the name is taken).
// Containment: a mapped folder is all that its volume can reach: no "..", no link that leads out (openat2 with RESOLVE_BENEATH).
#pragma once

#include <string>
#include <string_view>

namespace drydock::nt {
struct Kernel;
}

namespace drydock::backend {

// \??\<name> -> \Device\HarddiskVolumeN, a volume over a folder.
std::string MapFolder(nt::Kernel& kernel, std::u16string_view dos_name, const std::string& path);
// \??\<name> -> \Device\HarddiskN\DR0, a disk over a file or a block device.
std::string MapDisk(nt::Kernel& kernel, std::u16string_view dos_name, const std::string& path);
// \??\<name> -> \Device\SerialN, a serial port over a terminal (tty or pty).
std::string MapTerminal(nt::Kernel& kernel, std::u16string_view dos_name, const std::string& path);

}  // namespace drydock::backend
