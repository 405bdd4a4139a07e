// What synchronous sends cost: how many, how much blocked time, how long one lasts: IOT-11.05 to 11.07.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "verifier/rule.h"

namespace drydock::verifier {
namespace {

namespace trace = wdf::trace;

std::string Seconds(rt::Ticks ticks) { return fmt::format("{:.3f} s", static_cast<double>(ticks) / (1000.0 * rt::kTicksPerMillisecond)); }

class Rate final : public Rule {
 public:
  explicit Rate(const VerifierSettings& settings) : settings_(settings) {}

  void See(const rt::Event& event, const Scene&, Findings& findings) override {
    if (event.kind != trace::kSendBegin) return;
    const SeenSend send = Scene::SendOf(event);
    if (!send.synchronous()) return;
    Window& window = windows_[{send.device, send.target}];
    if (window.count == 0 || event.time - window.begin >= settings_.sync_send_interval.count()) window = {event.time, 0};
    if (++window.count <= settings_.sync_sends) return;
    findings.Add("SyncSendRate", fmt::format("{} {}", send.device, send.target),
                 fmt::format("device {} sends more than {} synchronous requests to I/O target {} within {}. Send them asynchronously.", send.device,
                             settings_.sync_sends, send.target, Seconds(settings_.sync_send_interval.count())));
  }

 private:
  struct Window {
    rt::Ticks begin = 0;
    uint32_t count = 0;
  };
  const VerifierSettings& settings_;
  std::map<std::pair<uint32_t, uint32_t>, Window> windows_;
};

class Cost final : public Rule {
 public:
  explicit Cost(const VerifierSettings& settings) : settings_(settings) {}

  void See(const rt::Event& event, const Scene& scene, Findings& findings) override {
    if (event.kind == trace::kSendBegin) {
      const SeenSend send = Scene::SendOf(event);
      if (!send.synchronous()) return;
      Window& window = windows_[send.device];
      if (!window.open) window = {true, event.time, 0};
    } else if (event.kind == trace::kSendEnd) {
      if (const SeenSend* send = scene.EndedSend(event)) End(event.time, *send, findings);
    } else if (event.kind == trace::kRequestArrive) {
      Backlog(static_cast<uint32_t>(event.b), scene, findings);
    }
  }

 private:
  struct Window {
    bool open = false;
    rt::Ticks begin = 0;
    rt::Ticks blocked = 0;
  };

  void End(rt::Ticks now, const SeenSend& send, Findings& findings) {
    Window& window = windows_[send.device];
    window.blocked += now - std::max(send.begin, window.begin);
    const rt::Ticks length = now - window.begin;
    if (length < settings_.blocked_window.count() || length == 0) return;
    const double share = static_cast<double>(window.blocked) / static_cast<double>(length);
    window.open = false;
    if (share <= settings_.blocked_share) return;
    findings.Add("SyncSendCost", fmt::format("share {}", send.device),
                 fmt::format("threads of device {} spent {:.0f} % of {} blocked in synchronous sends. Send asynchronously.", send.device, share * 100,
                             Seconds(length)));
  }

  void Backlog(uint32_t queue_id, const Scene& scene, Findings& findings) {
    const SeenQueue* queue = scene.queue(queue_id);
    if (!queue) return;
    for (const SeenSend& send : scene.blocked()) {
      if (send.device != queue->device) continue;
      const uint32_t count = scene.UndeliveredOf(queue->device);
      if (count < settings_.undelivered) return;
      findings.Add("SyncSendCost", fmt::format("backlog {}", queue->device),
                   fmt::format("{} requests wait in the queues of device {} while one of its threads is blocked in {}.", count, queue->device,
                               scene.Describe(send)),
                   send.stack);
      return;
    }
  }

  const VerifierSettings& settings_;
  std::map<uint32_t, Window> windows_;
};

class Stall final : public Rule {
 public:
  explicit Stall(const VerifierSettings& settings) : limit_(settings.stall.count()) {}

  void See(const rt::Event& event, const Scene& scene, Findings&) override {
    if (event.kind != trace::kSendEnd) return;
    if (const SeenSend* send = scene.EndedSend(event)) told_.erase(KeyOf(*send));
  }

  // May lie in the past: live, an event can be late, so that a send is seen only after its time was up.
  rt::Ticks Due(const Scene& scene) const override {
    rt::Ticks due = rt::kNever;
    for (const SeenSend& send : scene.blocked())
      if (!told_.contains(KeyOf(send))) due = std::min(due, send.begin + limit_);
    return due;
  }

  void OnClock(rt::Ticks now, const Scene& scene, Findings& findings) override {
    for (const SeenSend& send : scene.blocked()) {
      if (send.begin + limit_ > now || !told_.insert(KeyOf(send)).second) continue;
      findings.Add("SyncSendStall", fmt::format("{} {}", send.task, send.begin),
                   fmt::format("{} has not returned for {}.", scene.Describe(send), Seconds(now - send.begin)), send.stack);
    }
  }

 private:
  using Key = std::pair<uint32_t, rt::Ticks>;
  static Key KeyOf(const SeenSend& send) { return {send.task, send.begin}; }

  const rt::Ticks limit_;
  std::set<Key> told_;  // of those that have not returned
};

}  // namespace

void AddCostRules(Rules& rules, const VerifierSettings& settings) {
  rules.push_back(std::make_unique<Rate>(settings));
  rules.push_back(std::make_unique<Cost>(settings));
  rules.push_back(std::make_unique<Stall>(settings));
}

}  // namespace drydock::verifier
