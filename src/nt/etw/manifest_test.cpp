// Descriptions of events come with images that anybody made.
#include "nt/etw/manifest.h"

#include <gtest/gtest.h>

namespace drydock::nt::etw {
namespace {

TEST(EventDescriptions, ArraysOfWhatTakesNoBytesEnd) {
  for (const char* fields : {"struct\ts\t18446744073709551615\t1\nfield\tx\twin:Binary\t\t\t\t0\n", "field\tx\twin:Binary\t\t\t18446744073709551615\t0\n"}) {
    const auto all = ReadDescriptions(std::string("provider\t69cd60e3430f4da4b1b3e3bdaf945875\tOdd\ntemplate\tT\n") + fields +
                                      "field\tn\twin:UInt8\t\t\t\t\nevent\t5\t0\tSYM\tT\twords\n");
    ASSERT_EQ(all.size(), 1u);
    Event event;
    event.id = 5;
    Describe(event, &all[0], "\x07");
    EXPECT_EQ(event.name, "SYM");
    EXPECT_EQ(event.fields.back(), std::make_pair(std::string("n"), std::string("7"))) << "what follows is still read";
  }
}

}  // namespace
}  // namespace drydock::nt::etw
