// Synchronous sends where a thread must not block: IOT-11.08 to 11.10, 11.15, 11.16.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "nt/ke/state.h"
#include "nt/kernel.h"
#include "nt/thread.h"
#include "nt/trace.h"
#include "verifier/rule.h"

namespace drydock::verifier {
namespace {

namespace trace = wdf::trace;

// The send that this event begins, if it is a synchronous one.
const SeenSend* BeginningSend(const rt::Event& event, const Scene& scene) {
  if (event.kind != trace::kSendBegin || !Scene::SendOf(event).synchronous()) return nullptr;
  return &scene.blocked().back();
}

class WorkItems final : public Rule {
 public:
  void See(const rt::Event& event, const Scene& scene, Findings& findings) override {
    if (event.kind == nt::kEventWorkItemQueue) waiting_.insert(event.a);
    if (event.kind == nt::kEventWorkItemRun) waiting_.erase(event.a);
    if (const SeenSend* send = BeginningSend(event, scene); send && send->in_work_item) {
      findings.Add("SyncSendInWorkItem", Scene::KeyOf(*send),
                   scene.Describe(*send) + " is made in EvtWorkItem: it keeps one of few system worker threads from everybody else's work items.");
    }
    if (event.kind != trace::kSendBegin && event.kind != nt::kEventWorkItemQueue) return;
    const auto blocked = std::count_if(scene.blocked().begin(), scene.blocked().end(), [](const SeenSend& send) { return send.in_work_item; });
    const nt::Kernel* kernel = nt::CurrentKernelOrNull();
    if (waiting_.empty() || blocked == 0 || !kernel || blocked < static_cast<long>(kernel->options.worker_threads)) return;
    findings.Add("WorkItemsStarved", "", fmt::format("{} system worker threads are blocked in synchronous sends while {} work items wait.", blocked,
                                                      waiting_.size()));
  }

 private:
  std::set<uint64_t> waiting_;
};

class Handlers final : public Rule {
 public:
  void See(const rt::Event& event, const Scene& scene, Findings& findings) override {
    const SeenSend* send = BeginningSend(event, scene);
    const SeenQueue* queue = send ? scene.queue(send->handler_queue) : nullptr;
    if (!queue) return;
    if (queue->power_managed) {
      findings.Add("SyncSendInManagedHandler", Scene::KeyOf(*send),
                   scene.Describe(*send) + " is made in a request handler of a power-managed queue: while it waits the device cannot leave D0, and "
                                           "EvtIoStop is called for no request.");
    }
    if (queue->dispatch == WdfIoQueueDispatchParallel) {
      findings.Add("SyncSendInParallelHandler", Scene::KeyOf(*send),
                   scene.Describe(*send) + " is made in a request handler of a parallel queue. Synchronous sends go with sequential dispatching, "
                                           "asynchronous ones with parallel dispatching.");
    }
  }
};

class Level final : public Rule {
 public:
  void See(const rt::Event& event, const Scene& scene, Findings& findings) override {
    const SeenSend* send = BeginningSend(event, scene);
    if (!send) return;
    if (scene.HoldsSpinLock(event.task)) {
      findings.Add("SyncSendAboveItsLevel", Scene::KeyOf(*send), scene.Describe(*send) + " is made while the thread holds a spin lock.");
    } else if (event.irql > PASSIVE_LEVEL) {
      findings.Add("SyncSendAboveItsLevel", Scene::KeyOf(*send),
                   fmt::format("{} is made at IRQL {}; it may be made at PASSIVE_LEVEL only.", scene.Describe(*send), event.irql));
    }
  }
};

class Power final : public Rule {
 public:
  void See(const rt::Event& event, const Scene& scene, Findings& findings) override {
    if (event.kind == trace::kQueuePower && event.b != 0) {
      for (const SeenSend& send : scene.blocked()) Check(send, scene, findings);
    } else if (const SeenSend* send = BeginningSend(event, scene)) {
      Check(*send, scene, findings);
    }
  }

 private:
  static void Check(const SeenSend& send, const Scene& scene, Findings& findings) {
    const SeenQueue* queue = scene.queue(send.handler_queue);
    if (!queue || !queue->power_managed || !queue->leaving_d0) return;
    findings.Add("PowerDownBehindSyncSend", Scene::KeyOf(send),
                 fmt::format("device {} is leaving D0 and waits for a request handler that waits in {}. {} When the lower driver does not complete it "
                             "in time, Windows stops with DRIVER_POWER_STATE_FAILURE (0x9F).",
                             send.device, scene.Describe(send),
                             queue->has_stop ? "EvtIoStop is not called before the handler returns." : "The queue has no EvtIoStop either."),
                 send.stack);
  }
};

}  // namespace

void AddBlockingRules(Rules& rules, const VerifierSettings&) {
  rules.push_back(std::make_unique<WorkItems>());
  rules.push_back(std::make_unique<Handlers>());
  rules.push_back(std::make_unique<Level>());
  rules.push_back(std::make_unique<Power>());
}

}  // namespace drydock::verifier
