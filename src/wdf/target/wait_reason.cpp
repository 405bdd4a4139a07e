#include "wdf/target/wait_reason.h"

#include <fmt/format.h>

#include "nt/io/device.h"
#include "wdf/framework.h"
#include "wdf/request/sent_state.h"
#include "wdf/target/io_target.h"

namespace drydock::wdf {
namespace {

std::string Operation(const SentState& sent) {
  switch (sent.format) {
    case SendFormat::kRead: return fmt::format("a read of {} bytes", sent.output.length ? sent.output.length : sent.copy_back_length);
    case SendFormat::kWrite: return "a write";
    case SendFormat::kIoctl: return fmt::format("IOCTL 0x{:X}", sent.ioctl);
    case SendFormat::kInternalIoctl:
    case SendFormat::kOthers: return fmt::format("internal IOCTL 0x{:X}", sent.ioctl);
    case SendFormat::kUsb: return "a USB request";
    default: return "a request";
  }
}

std::string Target(IoTarget& target) {
  std::string name = target.kind() == TargetKind::kSelf ? "the device's own queues, " : "";
  name += target.target_device() ? nt::io::Describe(target.target_device()) : "an I/O target that is not open";
  return name;
}

const char* DriverName(IoTarget& target) { return target.globals().shared.DriverName; }

}  // namespace

SendWaitReason::SendWaitReason(IoTarget& target, const SentState& sent, LONGLONG timeout)
    : target_(target), sent_(sent), timeout_(timeout), scope_(&Describe, this, sent.irp) {}

void SendWaitReason::Describe(const void* context, std::string& out) {
  const SendWaitReason& self = *static_cast<const SendWaitReason*>(context);
  out += fmt::format("synchronous send of {} to {} by driver {}", Operation(self.sent_), Target(self.target_), DriverName(self.target_));
  if (self.sent_.place == SendPlace::kWaiting) {
    out += fmt::format(", held back because the target is {}", TargetStateName(self.target_.state()));
  }
  if (self.expired_) {
    out += ", time-out expired and cancelled, but the lower driver does not complete it";
  } else if (self.timeout_ == 0) {
    out += ", no time-out";
  } else if (self.timeout_ < 0) {
    out += fmt::format(", time-out {}.{:03} s", -self.timeout_ / 10'000'000, -self.timeout_ / 10'000 % 1000);
  } else {
    out += ", time-out at a system time";
  }
}

TargetWaitReason::TargetWaitReason(IoTarget& target, const char* what) : target_(target), what_(what), scope_(&Describe, this, nullptr) {}

void TargetWaitReason::Describe(const void* context, std::string& out) {
  const TargetWaitReason& self = *static_cast<const TargetWaitReason*>(context);
  out += fmt::format("{} ({}), I/O target of driver {} to {}", self.what_, TargetStateName(self.target_.state()), DriverName(self.target_),
                     Target(self.target_));
}

}  // namespace drydock::wdf
