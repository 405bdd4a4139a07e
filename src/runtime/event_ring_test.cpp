#include "runtime/event_ring.h"

#include <gtest/gtest.h>

namespace drydock::rt {
namespace {

Event Numbered(uint64_t number) {
  Event event;
  event.time = static_cast<Ticks>(number * 10);
  event.task = 3;
  event.kind = 0x101;
  event.irql = 2;
  event.a = number;
  return event;
}

TEST(EventRing, KeepsTheNewestInOrder) {
  EventRing ring(4);
  for (uint64_t i = 0; i < 40; ++i) ring.Record(Numbered(i));
  std::vector<Event> last = ring.Last(100);
  ASSERT_EQ(last.size(), 16u);
  EXPECT_EQ(last.front().a, 24u);
  EXPECT_EQ(last.back().a, 39u);
  EXPECT_EQ(last.back().time, 390);
  EXPECT_EQ(last.back().task, 3u);
  EXPECT_EQ(last.back().kind, 0x101);
  EXPECT_EQ(last.back().irql, 2);
  EXPECT_EQ(ring.Last(3).size(), 3u);
  EXPECT_EQ(ring.recorded(), 40u);
}

TEST(EventRing, TheDigestSeesOrderAndContent) {
  EventRing one, same, swapped, other;
  one.Record(Numbered(1)), one.Record(Numbered(2));
  same.Record(Numbered(1)), same.Record(Numbered(2));
  swapped.Record(Numbered(2)), swapped.Record(Numbered(1));
  other.Record(Numbered(1)), other.Record(Numbered(3));
  EXPECT_EQ(one.digest(), same.digest());
  EXPECT_NE(one.digest(), swapped.digest());
  EXPECT_NE(one.digest(), other.digest());
}

TEST(EventRing, ListenersSeeEachEventUntilRemoved) {
  EventRing ring;
  uint64_t sum = 0;
  auto listener = [](void* context, const Event& event) {
    *static_cast<uint64_t*>(context) += event.a;
  };
  ring.AddListener(listener, &sum);
  ring.Record(Numbered(5));
  ring.RemoveListener(listener, &sum);
  ring.Record(Numbered(7));
  EXPECT_EQ(sum, 5u);
}

}  // namespace
}  // namespace drydock::rt
