// Verifier: runs the rules over the events of one machine and hands each finding out once.
// Called by:  machine, which makes it before anything runs and ends it when no task runs any more.
// Threads:    events come from any task; one lock makes them one at a time. Findings are handed out with no lock held.
// Needs:      event recording on for as long as it lives.
// Source:     IOT section 11 and the verifier rules of the other sections.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "nt/kernel.h"
#include "runtime/executor.h"
#include "runtime/lock.h"
#include "verifier/rule.h"

namespace drydock::verifier {

class Verifier {
 public:
  // words begin with "[Rule] "; the stack is where it happened, innermost first. In task or clock context.
  using Report = void (*)(void* context, const std::string& words, const std::vector<void*>& stack);

  Verifier(nt::Kernel& kernel, const VerifierSettings& settings, Report report, void* context);
  ~Verifier();
  Verifier(const Verifier&) = delete;

 private:
  struct Clock : rt::TimerNode {
    Verifier* verifier = nullptr;
  };

  static void OnEvent(void* context, const rt::Event& event);
  static void OnTimer(rt::TimerNode* node);
  void Tell(std::vector<Finding> findings);
  rt::Ticks NextDueLocked() const RT_REQUIRES(lock_);

  nt::Kernel& kernel_;
  const VerifierSettings settings_;
  const Report report_;
  void* const context_;
  Clock clock_;
  rt::Lock lock_;
  Scene scene_ RT_GUARDED_BY(lock_);
  Rules rules_ RT_GUARDED_BY(lock_);
  std::set<std::string> told_ RT_GUARDED_BY(lock_);
  rt::Ticks armed_for_ RT_GUARDED_BY(lock_) = rt::kNever;
};

}  // namespace drydock::verifier
