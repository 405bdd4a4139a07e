// Operations that run alone at their target (VerifierSettings::exclusive_codes): IOT-11.11, 11.13.
#include <fmt/format.h>

#include <algorithm>

#include "verifier/rule.h"

namespace drydock::verifier {
namespace {

namespace trace = wdf::trace;

class Exclusive final : public Rule {
 public:
  explicit Exclusive(const VerifierSettings& settings) : codes_(settings.exclusive_codes) {}

  void See(const rt::Event& event, const Scene& scene, Findings& findings) override {
    if (codes_.empty()) return;
    if (event.kind == trace::kRequestCompletion) {
      std::erase_if(asynchronous_, [&](const SeenSend& send) { return send.request == event.a; });
      return;
    }
    if (event.kind != trace::kSendBegin) return;
    SeenSend send = Scene::SendOf(event);
    if (send.Is(trace::kSendForget)) return;
    const auto& blocked = scene.blocked();
    for (const SeenSend& other : asynchronous_) Judge(send, other, scene, findings);
    // The newest blocked one is this send itself, if it is synchronous.
    for (size_t i = 0; i + (send.synchronous() ? 1 : 0) < blocked.size(); ++i) Judge(send, blocked[i], scene, findings);
    if (!send.synchronous()) asynchronous_.push_back(std::move(send));
  }

 private:
  bool RunsAlone(const SeenSend& send) const {
    return (send.major == IRP_MJ_DEVICE_CONTROL || send.major == IRP_MJ_INTERNAL_DEVICE_CONTROL) &&
           std::find(codes_.begin(), codes_.end(), send.code) != codes_.end();
  }

  void Judge(const SeenSend& now, const SeenSend& before, const Scene& scene, Findings& findings) const {
    if (now.target != before.target || (!RunsAlone(now) && !RunsAlone(before))) return;
    const std::string key = Scene::KeyOf(now) + " / " + Scene::KeyOf(before);
    findings.Add("ExclusiveOverlap", key,
                 fmt::format("{} begins while {} is in flight; {} must run alone at its target.", scene.Describe(now), scene.Describe(before),
                             RunsAlone(before) ? "the earlier one" : "the new one"));
    if (RunsAlone(before) && !before.synchronous()) {
      findings.Add("ExclusiveSentAsynchronously", key,
                   fmt::format("{} must run alone, but was not awaited before {}. Send it synchronously.", scene.Describe(before), scene.Describe(now)));
    }
  }

  const std::vector<uint32_t>& codes_;
  std::vector<SeenSend> asynchronous_;  // in flight
};

}  // namespace

void AddExclusiveRules(Rules& rules, const VerifierSettings& settings) { rules.push_back(std::make_unique<Exclusive>(settings)); }

}  // namespace drydock::verifier
