// A machine's NT half for unit tests: executor, events, kernel, and the test's OS thread as a system thread inside.
// Called by:  tests of nt. Each promise that matters on both executors is a KERNEL_TEST.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "nt/bugcheck.h"
#include "nt/kernel.h"
#include "nt/ps/process.h"
#include "runtime/executor.h"

namespace drydock::nt::testing {

class KernelFixture : public ::testing::Test {
 protected:
  void Make(rt::ExecutorKind kind, uint64_t seed = 1, KernelOptions options = {}) {
    rt::ExecutorOptions executor_options;
    executor_options.kind = kind;
    executor_options.seed = seed;
    executor_ = rt::Executor::Create(executor_options);
    InstallFaultHandler();
    kernel_ = std::make_unique<Kernel>(*executor_, events_, options);
    kernel_->on_bug_check = [](void* self, const BugCheckData& data) {
      static_cast<KernelFixture*>(self)->bug_checks_.push_back(data);
    };
    kernel_->on_bug_check_context = this;
    kernel_->on_break = [](void* self, const std::string& words) { static_cast<KernelFixture*>(self)->breaks_.push_back(words); };
    kernel_->on_break_context = this;
    Enter();
  }
  void Enter() {
    thread_ = ps::NewThread(*kernel_, nullptr, true);
    thread_->task = executor_->Enter("test", thread_);
  }
  void Leave() {
    if (thread_ == nullptr) return;
    rt::Task* task = thread_->task;
    ps::EndThread(thread_);
    executor_->Leave(task);
    thread_ = nullptr;
  }
  void TearDown() override {
    if (!executor_) return;
    Leave();
    kernel_.reset();
    executor_.reset();
  }

  // Runs `body`, which must end in a bug check, and returns it.
  template <class Body>
  BugCheckData BugCheckOf(Body body) {
    bool stopped = false;
    try {
      body();
    } catch (const rt::TaskStopped&) {
      stopped = true;
    }
    EXPECT_TRUE(stopped) << "nothing stopped the machine";
    EXPECT_EQ(bug_checks_.size(), 1u);
    return bug_checks_.empty() ? BugCheckData{} : bug_checks_.front();
  }

  // Starts `body()` on a thread of its own.
  template <class Body>
  rt::Task* Start(const char* name, Body body, bool service = false) {
    return ps::SpawnThread(
        *kernel_, nullptr, name,
        [](void* argument) {
          std::unique_ptr<Body> body(static_cast<Body*>(argument));
          (*body)();
        },
        new Body(std::move(body)), service);
  }
  void Join(rt::Task* task) { executor_->Join(task); }
  bool simulated() const { return executor_->simulated(); }

  rt::EventRing events_;
  std::unique_ptr<rt::Executor> executor_;
  std::unique_ptr<Kernel> kernel_;
  Thread* thread_ = nullptr;
  std::vector<BugCheckData> bug_checks_;
  std::vector<std::string> breaks_;
};

class BothExecutors : public KernelFixture, public ::testing::WithParamInterface<rt::ExecutorKind> {
 protected:
  void SetUp() override { Make(GetParam()); }
};

inline std::string ExecutorName(const ::testing::TestParamInfo<rt::ExecutorKind>& info) {
  return info.param == rt::ExecutorKind::kLive ? "Live" : "Simulated";
}

}  // namespace drydock::nt::testing

#define DRYDOCK_BOTH_EXECUTORS(Suite)                                                                                  \
  INSTANTIATE_TEST_SUITE_P(Both, Suite,                                                                                \
                           ::testing::Values(::drydock::rt::ExecutorKind::kLive, ::drydock::rt::ExecutorKind::kSimulated), \
                           ::drydock::nt::testing::ExecutorName)
