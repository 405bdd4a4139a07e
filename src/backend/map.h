// Names that reach Linux: what a machine's configuration maps below \??\ .
// Called by:  machine, before or between I/O; PASSIVE_LEVEL, on a task with a thread.
// Ownership:  the devices made here live as long as the machine.
// Containment: nothing outside a mapped folder is reached: no `..` above it, no symbolic link at all on the way, no magic link.
// Errors:     the result is empty, or one clear line that says what is wrong with the path.
#pragma once

#include <string>
#include <string_view>

namespace drydock::nt {
struct Kernel;
}

namespace drydock::backend {

// \Device\HarddiskVolumeN with \??\<name> ("C:") leading to it: files of a Linux folder, found whatever their letter case.
std::string MapFolder(nt::Kernel& kernel, std::u16string_view name, const std::string& folder);
// \Device\HarddiskN\DR0 with \??\<name> ("PhysicalDrive0"): a regular file or block device, in sectors.
std::string MapDisk(nt::Kernel& kernel, std::u16string_view name, const std::string& path);
// \Device\SerialN with \??\<name> ("COM1"): a Linux terminal.
std::string MapTerminal(nt::Kernel& kernel, std::u16string_view name, const std::string& path);

}  // namespace drydock::backend
