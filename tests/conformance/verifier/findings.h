// What the rules found, for tests.
#pragma once

#include <string>

#include "probe.h"

namespace drydock::test {

inline size_t Findings(Machine& machine, const std::string& rule) {
  size_t count = 0;
  for (const Report& report : machine.reports())
    count += report.kind == ReportKind::kBreak && report.words.starts_with("[" + rule + "] ");
  return count;
}

// No finding of any rule.
inline ::testing::AssertionResult Silent(Machine& machine) {
  if (machine.CountReports(ReportKind::kBreak) == 0) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << machine.ReportText();
}

inline MachineOptions WithRules(VerifierSettings settings = {}) {
  MachineOptions options;
  options.rules = true;
  options.rule_settings = std::move(settings);
  return options;
}

inline ModelFunctions Answers() {
  return {.on_read = [](const ModelRequest& request) { request.Complete(STATUS_SUCCESS, 0); },
          .on_write = [](const ModelRequest& request) { request.Complete(STATUS_SUCCESS, 0); },
          .on_ioctl = [](const ModelRequest& request) { request.Complete(STATUS_SUCCESS); }};
}
inline ModelFunctions AnswersAfter(Machine& machine, Duration delay) {
  return {.on_ioctl = [&machine, delay](const ModelRequest& request) {
    request.Pend();
    machine.After(delay, [request] { request.Complete(STATUS_SUCCESS); });
  }};
}
inline ModelFunctions NeverAnswers() {
  return {.on_ioctl = [](const ModelRequest& request) { request.PendCancelable(); }};
}

// A synchronous IOCTL without buffers; 0: no time-out.
inline NTSTATUS SendIoctl(WDFIOTARGET target, LONGLONG timeout_ms = 10'000, WDFREQUEST request = nullptr, ULONG code = kBuffered) {
  auto options = Options(0, timeout_ms ? Milliseconds(timeout_ms) : 0);
  return WdfIoTargetSendIoctlSynchronously(target, request, code, nullptr, nullptr, &options, nullptr);
}

}  // namespace drydock::test
