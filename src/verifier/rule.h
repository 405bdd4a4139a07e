// Rule: watches a machine's events and says what a driver did that works today and fails in the field.
// Called by:  Verifier, for every event, on the task that recorded it, one at a time under the verifier's lock; OnClock in clock context.
// IRQL:       any. Must not park, call a driver or record events.
// Knows:      the events, what Scene made of them, and what NT tells of the current thread; not how the framework works inside.
// Errors:     a finding is reported once per rule and key.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "drydock/verifier_settings.h"
#include "runtime/event_ring.h"
#include "verifier/scene.h"

namespace drydock::verifier {

struct Finding {
  const char* rule;           // "SyncSendWithoutTimeout"
  std::string key;            // the same finding is told once
  std::string words;
  std::vector<void*> stack;   // empty: of the current task
};

class Findings {
 public:
  void Add(const char* rule, std::string key, std::string words, std::vector<void*> stack = {}) {
    list_.push_back({rule, std::move(key), std::move(words), std::move(stack)});
  }
  std::vector<Finding> Take() { return std::move(list_); }

 private:
  std::vector<Finding> list_;
};

class Rule {
 public:
  virtual ~Rule() = default;
  virtual void See(const rt::Event& event, const Scene& scene, Findings& findings) = 0;
  // The next time at which the rule wants OnClock; rt::kNever: none.
  virtual rt::Ticks Due(const Scene&) const { return rt::kNever; }
  virtual void OnClock(rt::Ticks, const Scene&, Findings&) {}
};

using Rules = std::vector<std::unique_ptr<Rule>>;

// One function per file in rules/.
void AddTimeoutRules(Rules& rules, const VerifierSettings& settings);    // IOT-11.01 to 11.04
void AddCostRules(Rules& rules, const VerifierSettings& settings);       // IOT-11.05 to 11.07
void AddBlockingRules(Rules& rules, const VerifierSettings& settings);   // IOT-11.08 to 11.10, 11.15, 11.16
void AddExclusiveRules(Rules& rules, const VerifierSettings& settings);  // IOT-11.11, 11.13
void AddHostRules(Rules& rules, const VerifierSettings& settings);       // IOT-11.17
void AddRequestRules(Rules& rules, const VerifierSettings& settings);    // IOT-2.26, 3.27, 5.25, 7.15, 10.17
void AddObjectRules(Rules& rules, const VerifierSettings& settings);     // IOT-6.13, 8.20, 9.37

}  // namespace drydock::verifier
