// What the user-mode host does not put up with: IOT-11.17.
#include <fmt/format.h>

#include <algorithm>

#include "nt/io/trace_kinds.h"
#include "verifier/rule.h"

namespace drydock::verifier {
namespace {

// A PnP or power IRP, or one that was cancelled, is with a user-mode driver until it is completed.
class Critical final : public Rule {
 public:
  explicit Critical(const VerifierSettings& settings) : limit_(settings.critical.count()) {}

  void See(const rt::Event& event, const Scene& scene, Findings&) override {
    switch (event.kind) {
      case nt::io::kIrpCall: {
        const SeenDevice* device = scene.DeviceOfObject(static_cast<uint32_t>(event.b));
        const auto major = static_cast<uint32_t>(event.c >> 8);
        if (!device || !device->user_mode) break;
        Irp& irp = irps_[event.a];
        irp.device = static_cast<uint32_t>(event.b);
        irp.major = major;
        if (major == IRP_MJ_PNP || major == IRP_MJ_POWER) {
          irp.since = event.time;
          irp.told = false;
        }
        break;
      }
      case nt::io::kIrpCancel:
        if (auto found = irps_.find(event.a); found != irps_.end() && found->second.since == rt::kNever) found->second.since = event.time;
        break;
      case nt::io::kIrpComplete:
      case nt::io::kIrpFree: irps_.erase(event.a); break;
      default: break;
    }
  }

  // May lie in the past: live, an event can be late.
  rt::Ticks Due(const Scene&) const override {
    rt::Ticks due = rt::kNever;
    for (const auto& [id, irp] : irps_)
      if (irp.since != rt::kNever && !irp.told) due = std::min(due, irp.since + limit_);
    return due;
  }

  void OnClock(rt::Ticks now, const Scene&, Findings& findings) override {
    for (auto& [id, irp] : irps_) {
      if (irp.since == rt::kNever || irp.told || irp.since + limit_ > now) continue;
      irp.told = true;
      const char* what = irp.major == IRP_MJ_PNP ? "a PnP request" : irp.major == IRP_MJ_POWER ? "a power request" : "a cancelled request";
      findings.Add("CriticalRequestBlocked", fmt::format("{} {}", id, irp.since),
                   fmt::format("{} (IRP {}) has been with a user-mode driver's device {} for {:.1f} s; the host process is ended after 60 s.", what, id,
                               irp.device, static_cast<double>(now - irp.since) / (1000.0 * rt::kTicksPerMillisecond)));
    }
  }

 private:
  struct Irp {
    uint32_t device = 0;
    uint32_t major = 0;
    rt::Ticks since = rt::kNever;
    bool told = false;
  };
  const rt::Ticks limit_;
  std::map<uint64_t, Irp> irps_;
};

}  // namespace

void AddHostRules(Rules& rules, const VerifierSettings& settings) { rules.push_back(std::make_unique<Critical>(settings)); }

}  // namespace drydock::verifier
