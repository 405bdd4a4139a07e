// PortTerminal: a pseudo-terminal, a file of the machine, and bytes carried between them.
#include "drydock/port_terminal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <ntddk.h>
#include <ntddser.h>

#include "backend/posix.h"

namespace drydock {

struct PortTerminal::Impl {
  explicit Impl(Machine& machine) : machine(machine) {}
  Machine& machine;
  backend::UniqueFd master, held;  // held: the other end, so that programs may come and go
  std::string path, link;
  File file;
  char buffer[256];
  size_t room = sizeof buffer;
  bool reading = false;
  PendingIo read;
  std::string to_terminal;
  Status status = STATUS_SUCCESS;

  size_t FromPort() {
    size_t moved = 0;
    for (;;) {
      if (!reading) {
        read = file.StartRead(buffer, room);
        reading = true;
      }
      machine.RunUntilIdle();
      if (machine.stopped() || !read.done()) break;
      const IoResult result = read.Wait();
      reading = false;
      if (!result.ok()) {
        status = result.status;
        break;
      }
      if (result.information == 0) break;
      to_terminal.append(buffer, result.information);
      moved += result.information;
    }
    while (!to_terminal.empty()) {
      const ssize_t put = ::write(master.get(), to_terminal.data(), to_terminal.size());
      if (put <= 0) break;  // nobody reads: it waits here
      to_terminal.erase(0, static_cast<size_t>(put));
    }
    return moved;
  }

  size_t FromTerminal() {
    char bytes[256];
    size_t moved = 0;
    for (;;) {
      const ssize_t got = ::read(master.get(), bytes, sizeof bytes);
      if (got <= 0) break;
      const IoResult result = file.Write(bytes, static_cast<size_t>(got), {.timeout = std::chrono::seconds(10)});
      if (!result.ok()) status = result.status;
      moved += static_cast<size_t>(got);
      if (machine.stopped()) break;
    }
    return moved;
  }
};

PortTerminal::PortTerminal(Machine& machine, const std::string& port, const std::string& link) : impl_(std::make_unique<Impl>(machine)) {
  Device device = port.starts_with("\\") ? Device() : machine.FindDevice(port);
  impl_->file = device ? machine.Open(device) : machine.Open(port.starts_with("\\") ? port : "\\??\\" + port);
  if (!impl_->file.status().ok()) throw Error(fmt::format("{} cannot be opened: {}", port, impl_->file.status().ToString()));
  // A read is over with the first bytes that are there.
  SERIAL_TIMEOUTS timeouts{MAXULONG, MAXULONG, MAXULONG - 1, 0, 0};
  if (!impl_->file.Ioctl(IOCTL_SERIAL_SET_TIMEOUTS, &timeouts, sizeof timeouts, nullptr, 0).ok()) impl_->room = 1;

  impl_->master = backend::UniqueFd(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  char name[128];
  if (!impl_->master || ::grantpt(impl_->master.get()) != 0 || ::unlockpt(impl_->master.get()) != 0 ||
      ::ptsname_r(impl_->master.get(), name, sizeof name) != 0)
    throw Error(fmt::format("no pseudo-terminal: {}", std::strerror(errno)));
  impl_->path = name;
  impl_->held = backend::UniqueFd(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  termios settings;
  if (!impl_->held || ::tcgetattr(impl_->held.get(), &settings) != 0) throw Error(fmt::format("{}: {}", name, std::strerror(errno)));
  ::cfmakeraw(&settings);  // a line, no console: no echo, no words of its own
  (void)::tcsetattr(impl_->held.get(), TCSANOW, &settings);
  if (!link.empty()) {
    if (::symlink(name, link.c_str()) != 0) throw Error(fmt::format("{} cannot lead to {}: {}", link, name, std::strerror(errno)));
    impl_->link = link;
  }
}

PortTerminal::~PortTerminal() {
  if (!impl_->link.empty()) ::unlink(impl_->link.c_str());
  if (impl_->reading) {
    impl_->read.Cancel();
    (void)impl_->read.Wait(std::chrono::seconds(10));
  }
  impl_->file.Close();
}

const std::string& PortTerminal::path() const { return impl_->path; }
Status PortTerminal::status() const { return impl_->status; }

size_t PortTerminal::Pump() {
  size_t moved = impl_->FromPort() + impl_->FromTerminal();
  if (moved != 0) moved += impl_->FromPort();  // what the driver answers at once
  return moved;
}

void PortTerminal::Serve(std::chrono::milliseconds duration) {
  using Clock = std::chrono::steady_clock;  // the world outside: programs on the other end live in it
  const auto end = Clock::now() + duration;
  for (auto before = Clock::now(); before < end && !impl_->machine.stopped();) {
    if (Pump() == 0) {
      pollfd polled{impl_->master.get(), POLLIN, 0};
      (void)::poll(&polled, 1, 5);
    }
    const auto now = Clock::now();
    impl_->machine.Advance(std::chrono::duration_cast<Duration>(now - before));
    before = now;
  }
}

}  // namespace drydock
