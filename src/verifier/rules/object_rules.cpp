// What a driver does with targets, queues and memory objects: IOT-6.13, 8.20, 9.37.
#include <fmt/format.h>

#include "verifier/rule.h"
#include "wdf/entry/tables.h"

namespace drydock::verifier {
namespace {

namespace trace = wdf::trace;

class TargetCalls final : public Rule {
 public:
  void See(const rt::Event& event, const Scene&, Findings& findings) override {
    if (event.kind == trace::kTargetCallEnd) {
      auto calls = running_.find(event.a);
      if (calls == running_.end()) return;
      std::erase_if(calls->second, [&](const Call& call) { return call.task == event.task && call.what == event.b; });
      if (calls->second.empty()) running_.erase(calls);
    } else if (event.kind == trace::kTargetCallBegin) {
      static constexpr const char* kNames[] = {"WdfIoTargetStart", "WdfIoTargetStop", "WdfIoTargetPurge"};
      auto& calls = running_[event.a];
      if (!calls.empty()) {
        findings.Add("TargetCallsOverlap", fmt::format("{} {} {}", event.a, event.b, calls.back().what),
                     fmt::format("{} is called for I/O target {} while {} has not returned. These calls must not overlap.", kNames[event.b], event.a,
                                 kNames[calls.back().what]));
      }
      calls.push_back({event.task, event.b});
    }
  }

 private:
  struct Call {
    uint32_t task;
    uint64_t what;
  };
  std::map<uint64_t, std::vector<Call>> running_;  // by target
};

class MemoryParents final : public Rule {
 public:
  void See(const rt::Event& event, const Scene&, Findings& findings) override {
    if (event.kind != trace::kMemoryCreate || event.b != 0) return;
    findings.Add("MemoryWithoutParent", "",
                 "WdfMemoryCreate is called without a parent: the memory then lives as long as the driver. Name the object that needs it.");
  }
};

class QueueWaits final : public Rule {
 public:
  void See(const rt::Event& event, const Scene&, Findings& findings) override {
    if (event.kind != trace::kDdiCall || !Scene::InRequestHandler()) return;
    const std::string_view call = wdf::EntryName(event.b != 0, event.a);
    if (call != "WdfIoQueueStopSynchronously" && call != "WdfIoQueuePurgeSynchronously" && call != "WdfIoQueueDrainSynchronously" &&
        call != "WdfIoQueueStopAndPurgeSynchronously")
      return;
    findings.Add("QueueWaitInHandler", std::string(call),
                 fmt::format("{} is called in a request handler: it may wait for the very request that the handler has. Call {} with a callback.", call,
                             call.substr(0, call.size() - std::string_view("Synchronously").size())));
  }
};

}  // namespace

void AddObjectRules(Rules& rules, const VerifierSettings&) {
  rules.push_back(std::make_unique<TargetCalls>());
  rules.push_back(std::make_unique<MemoryParents>());
  rules.push_back(std::make_unique<QueueWaits>());
}

}  // namespace drydock::verifier
