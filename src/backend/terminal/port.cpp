#include "backend/terminal/port.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstring>

#include "runtime/executor.h"

namespace drydock::backend {
namespace {

constexpr rt::Ticks kPollEvery = 10 * rt::kTicksPerMillisecond;
constexpr uint32_t kMaxQuietPolls = 1000;

}  // namespace

bool Port::HasWaiters() {
  rt::LockGuard guard(lock);
  return !reads.empty() || !writes.empty() || wait;
}

void Port::NoteEvents(ULONG events, std::vector<Finished>* finished) {
  history |= events & wait_mask;
  if (!history || !wait) return;
  ULONG answer = history;
  history = 0;
  std::memcpy(wait.output(), &answer, sizeof answer);
  finished->push_back({wait, STATUS_SUCCESS, sizeof answer});
  wait = ModelRequest();
}

// One attempt at everything; true when something moved.
bool Port::Step(std::vector<Finished>* finished) {
  bool moved = false;
  rt::Ticks now = kernel->executor.InterruptTime();
  int available = 0;
  if (::ioctl(fd.get(), FIONREAD, &available) == 0) {
    if (available > seen_input) NoteEvents(serial::kEvRxChar, finished);
    seen_input = available;
  }
  while (!reads.empty()) {
    Transfer& read = reads.front();
    size_t length = read.request.output_length();
    ssize_t got = ::read(fd.get(), static_cast<char*>(read.request.output()) + read.done, length - read.done);
    if (got > 0) {
      moved = true;
      read.done += static_cast<size_t>(got);
      seen_input = std::max(0, seen_input - static_cast<int>(got));
      if (timeouts.read_interval && timeouts.read_interval != MAXULONG) {
        read.interval_deadline = now + static_cast<rt::Ticks>(timeouts.read_interval) * rt::kTicksPerMillisecond;
      }
    }
    if (read.done == length) {
      finished->push_back({read.request, STATUS_SUCCESS, read.done});
      reads.pop_front();
      continue;
    }
    if (got > 0) continue;
    if (got < 0 && errno == EINTR) continue;
    if (got == 0 || (got < 0 && errno != EAGAIN)) {  // the other side hung up
      finished->push_back({read.request, STATUS_DEVICE_NOT_CONNECTED, read.done});
      reads.pop_front();
      continue;
    }
    // Interval MAXULONG without totals: whatever is there, at once. With totals: the first bytes end it.
    bool immediate = timeouts.read_interval == MAXULONG &&
                     ((timeouts.read_total_constant == 0 && timeouts.read_total_multiplier == 0) || read.done > 0);
    if (immediate || now >= read.total_deadline || (read.done && now >= read.interval_deadline)) {
      bool empty_answer = immediate;
      finished->push_back({read.request, empty_answer ? STATUS_SUCCESS : STATUS_TIMEOUT, read.done});
      reads.pop_front();
      moved = true;
      continue;
    }
    break;
  }
  while (!writes.empty()) {
    Transfer& write = writes.front();
    size_t length = write.request.input_length();
    ssize_t put = ::write(fd.get(), static_cast<const char*>(write.request.input()) + write.done, length - write.done);
    if (put > 0) {
      moved = true;
      write.done += static_cast<size_t>(put);
    }
    if (write.done == length) {
      finished->push_back({write.request, STATUS_SUCCESS, write.done});
      writes.pop_front();
      if (writes.empty()) NoteEvents(serial::kEvTxEmpty, finished);
      continue;
    }
    if (put > 0 || (put < 0 && errno == EINTR)) continue;
    if (put < 0 && errno != EAGAIN) {
      finished->push_back({write.request, STATUS_DEVICE_NOT_CONNECTED, write.done});
      writes.pop_front();
      continue;
    }
    if (now >= write.total_deadline) {
      finished->push_back({write.request, STATUS_TIMEOUT, write.done});
      writes.pop_front();
      continue;
    }
    break;
  }
  return moved;
}

// When somebody should look again (interrupt time).
rt::Ticks Port::NextLook() {
  rt::Ticks next = rt::kNever;
  for (const std::deque<Transfer>* queue : {&reads, &writes}) {
    if (queue->empty()) continue;
    next = std::min(next, queue->front().total_deadline);
    if (queue->front().done) next = std::min(next, queue->front().interval_deadline);
  }
  bool waiting = !reads.empty() || !writes.empty() || wait;
  if (kernel->executor.simulated() && waiting && quiet_polls < kMaxQuietPolls) {
    next = std::min(next, kernel->executor.InterruptTime() + kPollEvery);
  }
  return next;
}

void Port::Look() {
  if (kernel->executor.simulated()) {
    // Virtual time is no time for the other side of the terminal (even a pty hands bytes over in the background): grant it a
    // millisecond of real time.
    pollfd polled = {fd.get(), POLLIN, 0};
    ::poll(&polled, 1, 1);
  }
  Pump();
}

void Port::Pump() {
  std::vector<Finished> finished;
  {
    rt::LockGuard guard(lock);
    if (closed) return;
    bool moved = Step(&finished);
    quiet_polls = moved || !finished.empty() ? 0 : quiet_polls + 1;
  }
  for (const Finished& item : finished) item.request.Complete(item.status, item.information);
  // Setting a timer is a point where others may run: not under the lock.
  rt::Ticks next = rt::kNever;
  {
    rt::LockGuard guard(lock);
    next = NextLook();
  }
  if (next == rt::kNever) return;
  LARGE_INTEGER due;
  due.QuadPart = -std::max<rt::Ticks>(next - kernel->executor.InterruptTime(), 1);
  KeSetTimer(&timer, due, &dpc);
}

}  // namespace drydock::backend
