#include "nt/ex/owned.h"

#include <atomic>
#include <string>
#include <vector>

#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

class OwnedTest : public testing::BothExecutors {};
DRYDOCK_BOTH_EXECUTORS(OwnedTest);

struct Part {
  std::atomic<int>* ended = nullptr;
  std::string words = "longer than a string keeps inside itself, so that it has memory of its own";
  ~Part() { ++*ended; }
};
struct Whole {
  std::vector<ex::Owned<Part>> parts;
};
struct alignas(128) Wide {
  char bytes[128];
};

TEST_P(OwnedTest, WhatIsDeletedEndsAtOnceAndOnce) {
  std::atomic<int> ended{0};
  auto* first = ex::New<Part>(&ended);
  auto* second = ex::New<Part>(&ended);
  auto* third = ex::New<Part>(&ended);
  ex::Delete(second);
  EXPECT_EQ(ended, 1);
  ex::Delete(first);
  ex::Delete(third);
  EXPECT_EQ(ended, 3);
  ex::Delete<Part>(nullptr);
  TearDown();
  EXPECT_EQ(ended, 3);
}

TEST_P(OwnedTest, WhatIsLeftEndsWithTheMachine) {
  std::atomic<int> ended{0};
  auto* whole = ex::New<Whole>();
  for (int i = 0; i < 3; ++i) whole->parts.emplace_back(ex::New<Part>(&ended));
  ex::New<Part>(&ended);
  whole->parts.pop_back();
  EXPECT_EQ(ended, 1);
  TearDown();
  EXPECT_EQ(ended, 4);
}

TEST_P(OwnedTest, AReportLeavesThemToTheMachine) {
  std::atomic<int> ended{0};
  BugCheckOf([&] {
    ex::New<Part>(&ended);
    BugCheck(0xE2, {}, "stopped by the test");
  });
  EXPECT_EQ(ended, 0);
  TearDown();
  EXPECT_EQ(ended, 1);
}

TEST_P(OwnedTest, AlignmentIsTheTypes) {
  auto* wide = ex::New<Wide>();
  EXPECT_EQ(reinterpret_cast<uintptr_t>(wide) % alignof(Wide), 0u);
  ex::Delete(wide);
}

}  // namespace
}  // namespace drydock::nt
