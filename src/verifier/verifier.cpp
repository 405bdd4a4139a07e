#include "verifier/verifier.h"

#include <algorithm>

#include "nt/dbg/state.h"
#include "runtime/fault_handler.h"

namespace drydock::verifier {

Verifier::Verifier(nt::Kernel& kernel, const VerifierSettings& settings, Report report, void* context)
    : kernel_(kernel), settings_(settings), report_(report), context_(context) {
  for (auto add : {AddTimeoutRules, AddCostRules, AddBlockingRules, AddExclusiveRules, AddHostRules, AddRequestRules, AddObjectRules})
    add(rules_, settings_);
  clock_.verifier = this;
  clock_.callback = &OnTimer;
  kernel_.events.AddListener(&OnEvent, this);
}

Verifier::~Verifier() {
  kernel_.events.RemoveListener(&OnEvent, this);
  kernel_.executor.DisarmAndWait(&clock_);
}

rt::Ticks Verifier::NextDueLocked() const {
  rt::Ticks due = rt::kNever;
  for (const auto& rule : rules_) due = std::min(due, rule->Due(scene_));
  return due;
}

void Verifier::OnEvent(void* context, const rt::Event& event) {
  auto& self = *static_cast<Verifier*>(context);
  Findings findings;
  std::vector<Finding> news;
  {
    rt::LockGuard guard(self.lock_);
    self.scene_.Before(event);
    for (const auto& rule : self.rules_) rule->See(event, self.scene_, findings);
    self.scene_.After(event);
    // An armed clock that comes too early looks again then. Armed under the lock, so that of two who arm the later one does not undo
    // what the earlier one, or the clock itself, has just decided.
    const rt::Ticks due = self.NextDueLocked();
    if (due < self.armed_for_) {
      self.armed_for_ = due;
      self.kernel_.executor.Arm(&self.clock_, due);
    }
    for (Finding& finding : findings.Take())
      if (self.told_.insert(std::string(finding.rule) + " " + finding.key).second) news.push_back(std::move(finding));
  }
  self.Tell(std::move(news));
}

void Verifier::OnTimer(rt::TimerNode* node) {
  auto& self = *static_cast<Clock*>(node)->verifier;
  Findings findings;
  std::vector<Finding> news;
  {
    rt::LockGuard guard(self.lock_);
    const rt::Ticks now = self.kernel_.executor.InterruptTime();
    for (const auto& rule : self.rules_) rule->OnClock(now, self.scene_, findings);
    self.armed_for_ = self.NextDueLocked();
    if (self.armed_for_ != rt::kNever) self.kernel_.executor.Arm(node, self.armed_for_);
    for (Finding& finding : findings.Take())
      if (self.told_.insert(std::string(finding.rule) + " " + finding.key).second) news.push_back(std::move(finding));
  }
  self.Tell(std::move(news));
}

void Verifier::Tell(std::vector<Finding> findings) {
  for (Finding& finding : findings) {
    if (finding.stack.empty() && rt::CurrentTask()) {
      finding.stack.resize(48);
      finding.stack.resize(rt::CaptureStack(finding.stack.data(), finding.stack.size(), 3));
    }
    const std::string words = "[" + std::string(finding.rule) + "] " + finding.words;
    nt::dbg::PrintLine(kernel_, "rule: " + words);
    report_(context_, words, finding.stack);
  }
}

}  // namespace drydock::verifier
