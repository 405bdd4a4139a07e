// Sends that nothing bounds in time, and time-outs that can fail: IOT-11.01 to 11.04.
#include "verifier/rule.h"

namespace drydock::verifier {
namespace {

namespace trace = wdf::trace;

class Timeouts final : public Rule {
 public:
  void See(const rt::Event& event, const Scene& scene, Findings& findings) override {
    if (event.kind != trace::kSendBegin) return;
    const SeenSend send = Scene::SendOf(event);
    if (send.Is(trace::kSendForget)) return;
    const std::string key = Scene::KeyOf(send);
    if (!send.synchronous()) {
      if (send.Is(trace::kSendTimed) && !send.Is(trace::kSendHasTimer)) {
        findings.Add("TimedSendWithoutTimer", key,
                     scene.Describe(send) + " has a time-out, but WdfRequestAllocateTimer was not called: the send itself has to allocate, and fails "
                                            "when memory is short. Call it when the request is created.");
      }
      return;
    }
    if (send.Is(trace::kSendTimed)) return;
    if (!send.Is(trace::kSendMethod)) {
      findings.Add("SyncRequestSendWithoutTimeout", key,
                   scene.Describe(send) + " (WdfRequestSend) has no time-out: its thread waits for as long as the lower driver likes.");
    } else if (send.request != 0) {
      findings.Add("SyncSendWithoutTimeout", key,
                   scene.Describe(send) + " has no time-out: its thread waits until the lower driver completes it or another thread cancels it.");
    } else {
      findings.Add("SyncSendUnbounded", key,
                   scene.Describe(send) + " has no time-out and no request: nobody can bound the wait, and nobody can cancel it. Give "
                                          "WDF_REQUEST_SEND_OPTIONS a time-out.");
    }
  }
};

}  // namespace

void AddTimeoutRules(Rules& rules, const VerifierSettings&) { rules.push_back(std::make_unique<Timeouts>()); }

}  // namespace drydock::verifier
