#include "backend/terminal/terminal.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <cstring>
#include <utility>

#include "backend/terminal/port.h"
#include "nt/ps/process.h"
#include "nt/thread.h"
#include "runtime/executor.h"

namespace drydock::backend {
namespace {

struct Speed {
  ULONG baud;
  speed_t code;
};
constexpr Speed kSpeeds[] = {{50, B50},         {75, B75},         {110, B110},       {134, B134},       {150, B150},
                             {200, B200},       {300, B300},       {600, B600},       {1200, B1200},     {1800, B1800},
                             {2400, B2400},     {4800, B4800},     {9600, B9600},     {19200, B19200},   {38400, B38400},
                             {57600, B57600},   {115200, B115200}, {230400, B230400}, {460800, B460800}, {500000, B500000},
                             {576000, B576000}, {921600, B921600}, {1000000, B1000000}};

// Waits for the terminal while requests wait for it. A service task of a live machine.
void Watch(void* argument) {
  std::unique_ptr<std::shared_ptr<Port>> holder(static_cast<std::shared_ptr<Port>*>(argument));
  Port& port = **holder;
  {
    rt::LockGuard guard(port.lock);
    port.watched = true;
  }
  for (;;) {
    short events = 0;
    {
      rt::LockGuard guard(port.lock);
      if (port.closed) return;
      if (!port.reads.empty() || port.wait) events |= POLLIN;
      if (!port.writes.empty()) events |= POLLOUT;
    }
    // A terminal nobody waits for is left out: its hang-up would be reported over and over.
    pollfd polled[2] = {{port.wake.get(), POLLIN, 0}, {events ? port.fd.get() : -1, events, 0}};
    // Never for long: a machine that was stopped is noticed at Yield.
    ::poll(polled, 2, 50);
    uint64_t count;
    if (polled[0].revents & POLLIN) (void)!::read(port.wake.get(), &count, sizeof count);
    port.kernel->executor.Yield();
    if (polled[1].revents) port.Pump();
  }
}

VOID NTAPI TimerDpc(PKDPC, PVOID context, PVOID, PVOID) { static_cast<Port*>(context)->Look(); }

template <class T>
void Answer(const ModelRequest& request, const T& value) {
  if (request.output_length() < sizeof value) {
    request.Complete(STATUS_BUFFER_TOO_SMALL);
    return;
  }
  std::memcpy(request.output(), &value, sizeof value);
  request.Complete(STATUS_SUCCESS, sizeof value);
}

class Terminal : public ModelDevice {
 public:
  explicit Terminal(std::shared_ptr<Port> port) : port_(std::move(port)) {}
  ~Terminal() override {
    bool watched;
    {
      rt::LockGuard guard(port_->lock);
      port_->closed = true;
      watched = port_->watched;
    }
    Wake();
    if (nt::CurrentThreadOrNull()) {
      KeCancelTimer(&port_->timer);
    } else if (!watched) {
      // The end of a machine: no task is left, no timer fires, and a watcher that never ran never will.
      delete std::exchange(port_->for_watcher, nullptr);
    }
  }

  void OnRead(const ModelRequest& request) override { Queue(request, port_->reads, request.output_length(), true); }
  void OnWrite(const ModelRequest& request) override { Queue(request, port_->writes, request.input_length(), false); }
  void OnDeviceControl(const ModelRequest& request) override;
  void OnCancel(const ModelRequest& request) override;
  void OnCleanup(FILE_OBJECT* file) override { AbortOf(file); }
  void OnFlush(const ModelRequest& request) override {
    ::tcdrain(port_->fd.get());
    request.Complete(STATUS_SUCCESS);
  }

 private:
  void Wake() {
    if (!port_->wake) return;
    uint64_t one = 1;
    (void)!::write(port_->wake.get(), &one, sizeof one);
  }

  void Queue(const ModelRequest& request, std::deque<Transfer>& queue, size_t length, bool read) {
    if (length == 0) {
      request.Complete(STATUS_SUCCESS);
      return;
    }
    Transfer transfer;
    transfer.request = request;
    {
      rt::LockGuard guard(port_->lock);
      const serial::Timeouts& t = port_->timeouts;
      ULONG multiplier = read ? t.read_total_multiplier : t.write_total_multiplier;
      ULONG constant = read ? t.read_total_constant : t.write_total_constant;
      if (multiplier == MAXULONG) multiplier = 0;
      if (multiplier || constant) {
        transfer.total_deadline = kernel().executor.InterruptTime() +
                                  (static_cast<rt::Ticks>(multiplier) * static_cast<rt::Ticks>(length) + constant) * rt::kTicksPerMillisecond;
      }
      port_->quiet_polls = 0;
    }
    Pend(request, true);
    {
      // A cancel that comes after this look waits for the lock in OnCancel and finds the request in the queue.
      rt::LockGuard guard(port_->lock);
      if (!IsPending(request)) return;
      queue.push_back(std::move(transfer));
    }
    port_->Pump();
    Wake();
  }

  // Takes a request out of the queues; false: it is in none.
  bool Drop(const ModelRequest& request) {
    rt::LockGuard guard(port_->lock);
    for (std::deque<Transfer>* queue : {&port_->reads, &port_->writes}) {
      for (auto at = queue->begin(); at != queue->end(); ++at) {
        if (at->request.irp() != request.irp()) continue;
        queue->erase(at);
        return true;
      }
    }
    if (port_->wait.irp() == request.irp()) {
      port_->wait = ModelRequest();
      return true;
    }
    return false;
  }

  void Abort(std::deque<Transfer>& queue) {
    for (;;) {
      Transfer transfer;
      {
        rt::LockGuard guard(port_->lock);
        if (queue.empty()) return;
        transfer = std::move(queue.front());
        queue.pop_front();
      }
      transfer.request.Complete(STATUS_CANCELLED);
    }
  }

  void AbortOf(FILE_OBJECT* file) {
    for (std::deque<Transfer>* queue : {&port_->reads, &port_->writes}) {
      for (;;) {
        ModelRequest found;
        {
          rt::LockGuard guard(port_->lock);
          for (auto at = queue->begin(); at != queue->end() && !found; ++at) {
            if (at->request.file() != file) continue;
            found = at->request;
            queue->erase(at);
            break;
          }
        }
        if (!found) break;
        found.Complete(STATUS_CANCELLED);
      }
    }
    ModelRequest wait;
    {
      rt::LockGuard guard(port_->lock);
      if (port_->wait && port_->wait.file() == file) std::swap(wait, port_->wait);
    }
    if (wait) wait.Complete(STATUS_CANCELLED);
  }

  void SetBaud(const ModelRequest& request);
  void SetLine(const ModelRequest& request);
  void SetWaitMask(const ModelRequest& request);
  void WaitOnMask(const ModelRequest& request);
  void Purge(const ModelRequest& request);
  void SetLines(const ModelRequest& request, ULONG set, ULONG clear);

  template <class T>
  void Set(const ModelRequest& request, T Port::*field) {
    if (request.input_length() < sizeof(T)) {
      request.Complete(STATUS_BUFFER_TOO_SMALL);
      return;
    }
    {
      rt::LockGuard guard(port_->lock);
      std::memcpy(&((*port_).*field), request.input(), sizeof(T));
    }
    request.Complete(STATUS_SUCCESS);
  }
  template <class T>
  void Get(const ModelRequest& request, T Port::*field) {
    T value;
    {
      rt::LockGuard guard(port_->lock);
      value = (*port_).*field;
    }
    Answer(request, value);
  }

  std::shared_ptr<Port> port_;
};

void Terminal::OnCancel(const ModelRequest& request) {
  Drop(request);
  request.Complete(STATUS_CANCELLED);
}

void Terminal::SetBaud(const ModelRequest& request) {
  ULONG baud;
  if (request.input_length() < sizeof baud) {
    request.Complete(STATUS_BUFFER_TOO_SMALL);
    return;
  }
  std::memcpy(&baud, request.input(), sizeof baud);
  for (const Speed& speed : kSpeeds) {
    if (speed.baud != baud) continue;
    termios settings;
    NTSTATUS status = STATUS_SUCCESS;
    if (::tcgetattr(port_->fd.get(), &settings) != 0 || ::cfsetspeed(&settings, speed.code) != 0 ||
        ::tcsetattr(port_->fd.get(), TCSANOW, &settings) != 0) {
      status = StatusFromErrno(errno);
    }
    if (NT_SUCCESS(status)) {
      rt::LockGuard guard(port_->lock);
      port_->baud = baud;
    }
    request.Complete(status);
    return;
  }
  request.Complete(STATUS_INVALID_PARAMETER);
}

void Terminal::SetLine(const ModelRequest& request) {
  serial::LineControl line;
  if (request.input_length() < sizeof line) {
    request.Complete(STATUS_BUFFER_TOO_SMALL);
    return;
  }
  std::memcpy(&line, request.input(), sizeof line);
  termios settings;
  if (line.word_length < 5 || line.word_length > 8 || line.parity > 4 || line.stop_bits > 2 ||
      ::tcgetattr(port_->fd.get(), &settings) != 0) {
    request.Complete(STATUS_INVALID_PARAMETER);
    return;
  }
  constexpr tcflag_t kSizes[] = {CS5, CS6, CS7, CS8};
  settings.c_cflag &= ~static_cast<tcflag_t>(CSIZE | PARENB | PARODD | CMSPAR | CSTOPB);
  settings.c_cflag |= kSizes[line.word_length - 5];
  if (line.parity) settings.c_cflag |= PARENB;
  if (line.parity == 1 || line.parity == 3) settings.c_cflag |= PARODD;
  if (line.parity >= 3) settings.c_cflag |= CMSPAR;
  if (line.stop_bits) settings.c_cflag |= CSTOPB;
  if (::tcsetattr(port_->fd.get(), TCSANOW, &settings) != 0) {
    request.Complete(StatusFromErrno(errno));
    return;
  }
  {
    rt::LockGuard guard(port_->lock);
    port_->line = line;
  }
  request.Complete(STATUS_SUCCESS);
}

void Terminal::SetWaitMask(const ModelRequest& request) {
  ULONG mask;
  if (request.input_length() < sizeof mask) {
    request.Complete(STATUS_BUFFER_TOO_SMALL);
    return;
  }
  std::memcpy(&mask, request.input(), sizeof mask);
  if (mask & ~serial::kEvKnown) {
    request.Complete(STATUS_INVALID_PARAMETER);
    return;
  }
  // A wait under way ends with no event.
  ModelRequest wait;
  {
    rt::LockGuard guard(port_->lock);
    port_->wait_mask = mask;
    port_->history = 0;
    port_->seen_input = 0;
    std::swap(wait, port_->wait);
  }
  if (wait) {
    ULONG none = 0;
    std::memcpy(wait.output(), &none, sizeof none);
    wait.Complete(STATUS_SUCCESS, sizeof none);
  }
  request.Complete(STATUS_SUCCESS);
}

void Terminal::WaitOnMask(const ModelRequest& request) {
  if (request.output_length() < sizeof(ULONG)) {
    request.Complete(STATUS_BUFFER_TOO_SMALL);
    return;
  }
  bool refused;
  {
    rt::LockGuard guard(port_->lock);
    refused = port_->wait || port_->wait_mask == 0;
    if (!refused) port_->quiet_polls = 0;
  }
  if (refused) {
    request.Complete(STATUS_INVALID_PARAMETER);
    return;
  }
  Pend(request, true);
  {
    rt::LockGuard guard(port_->lock);
    if (!IsPending(request)) return;
    port_->wait = request;
  }
  port_->Pump();
  Wake();
}

void Terminal::Purge(const ModelRequest& request) {
  ULONG what;
  if (request.input_length() < sizeof what) {
    request.Complete(STATUS_BUFFER_TOO_SMALL);
    return;
  }
  std::memcpy(&what, request.input(), sizeof what);
  if (what == 0 || (what & ~0xFu)) {
    request.Complete(STATUS_INVALID_PARAMETER);
    return;
  }
  if (what & serial::kPurgeRxAbort) Abort(port_->reads);
  if (what & serial::kPurgeTxAbort) Abort(port_->writes);
  if (what & serial::kPurgeRxClear) ::tcflush(port_->fd.get(), TCIFLUSH);
  if (what & serial::kPurgeTxClear) ::tcflush(port_->fd.get(), TCOFLUSH);
  request.Complete(STATUS_SUCCESS);
}

void Terminal::SetLines(const ModelRequest& request, ULONG set, ULONG clear) {
  // A pty has no such lines: then only what was set is remembered.
  int bits = 0;
  if ((set | clear) & serial::kDtrState) bits |= TIOCM_DTR;
  if ((set | clear) & serial::kRtsState) bits |= TIOCM_RTS;
  ::ioctl(port_->fd.get(), set ? TIOCMBIS : TIOCMBIC, &bits);
  {
    rt::LockGuard guard(port_->lock);
    port_->lines = (port_->lines | set) & ~clear;
  }
  request.Complete(STATUS_SUCCESS);
}

void Terminal::OnDeviceControl(const ModelRequest& request) {
  switch (request.ioctl()) {
    case serial::kSetBaudRate: return SetBaud(request);
    case serial::kGetBaudRate: return Get(request, &Port::baud);
    case serial::kSetLineControl: return SetLine(request);
    case serial::kGetLineControl: return Get(request, &Port::line);
    case serial::kSetTimeouts: return Set(request, &Port::timeouts);
    case serial::kGetTimeouts: return Get(request, &Port::timeouts);
    case serial::kSetChars: return Set(request, &Port::chars);
    case serial::kGetChars: return Get(request, &Port::chars);
    case serial::kSetHandflow: return Set(request, &Port::handflow);
    case serial::kGetHandflow: return Get(request, &Port::handflow);
    case serial::kGetWaitMask: return Get(request, &Port::wait_mask);
    case serial::kGetDtrRts: return Get(request, &Port::lines);
    case serial::kSetWaitMask: return SetWaitMask(request);
    case serial::kWaitOnMask: return WaitOnMask(request);
    case serial::kPurge: return Purge(request);
    case serial::kSetDtr: return SetLines(request, serial::kDtrState, 0);
    case serial::kClrDtr: return SetLines(request, 0, serial::kDtrState);
    case serial::kSetRts: return SetLines(request, serial::kRtsState, 0);
    case serial::kClrRts: return SetLines(request, 0, serial::kRtsState);
    case serial::kGetModemStatus: {
      int bits = 0;
      ::ioctl(port_->fd.get(), TIOCMGET, &bits);
      ULONG status = (bits & TIOCM_CTS ? 0x10u : 0) | (bits & TIOCM_DSR ? 0x20u : 0) | (bits & TIOCM_RI ? 0x40u : 0) |
                     (bits & TIOCM_CD ? 0x80u : 0);
      return Answer(request, status);
    }
    case serial::kGetCommStatus: {
      serial::Status status = {};
      int in = 0, out = 0;
      if (::ioctl(port_->fd.get(), FIONREAD, &in) == 0) status.amount_in_in_queue = static_cast<ULONG>(in);
      if (::ioctl(port_->fd.get(), TIOCOUTQ, &out) == 0) status.amount_in_out_queue = static_cast<ULONG>(out);
      return Answer(request, status);
    }
    case serial::kSetBreakOn:
      ::ioctl(port_->fd.get(), TIOCSBRK);
      request.Complete(STATUS_SUCCESS);
      return;
    case serial::kSetBreakOff:
      ::ioctl(port_->fd.get(), TIOCCBRK);
      request.Complete(STATUS_SUCCESS);
      return;
    case serial::kImmediateChar: {
      if (request.input_length() < 1) {
        request.Complete(STATUS_BUFFER_TOO_SMALL);
        return;
      }
      bool sent = ::write(port_->fd.get(), request.input(), 1) == 1;
      request.Complete(sent ? STATUS_SUCCESS : StatusFromErrno(errno));
      return;
    }
    case serial::kSetQueueSize:  // Linux sizes its queues itself
    case serial::kResetDevice:
    case serial::kSetXoff:
    case serial::kSetXon:
      request.Complete(STATUS_SUCCESS);
      return;
    default:
      request.Complete(STATUS_INVALID_DEVICE_REQUEST);
  }
}

}  // namespace

std::unique_ptr<ModelDevice> CreateTerminal(nt::Kernel& kernel, UniqueFd fd, std::string* error) {
  termios settings;
  if (::tcgetattr(fd.get(), &settings) != 0) {
    *error = std::strerror(errno);
    return nullptr;
  }
  ::cfmakeraw(&settings);
  settings.c_cc[VMIN] = 1;  // so that a read of nothing means: hung up
  settings.c_cc[VTIME] = 0;
  if (::tcsetattr(fd.get(), TCSANOW, &settings) != 0) {
    *error = std::strerror(errno);
    return nullptr;
  }
  auto port = std::make_shared<Port>();
  port->kernel = &kernel;
  port->fd = std::move(fd);
  KeInitializeTimer(&port->timer);
  KeInitializeDpc(&port->dpc, TimerDpc, port.get());
  if (!kernel.executor.simulated()) {
    port->wake.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!port->wake) {
      *error = std::strerror(errno);
      return nullptr;
    }
    port->for_watcher = new std::shared_ptr<Port>(port);
    rt::Task* task = nt::ps::SpawnThread(kernel, nullptr, "terminal watcher", Watch, port->for_watcher, true);
    kernel.executor.Detach(task);
  }
  return std::make_unique<Terminal>(std::move(port));
}

}  // namespace drydock::backend
