#include "classes/hid/report_descriptor.h"

#include <gtest/gtest.h>

#include <vector>

namespace drydock::classes::hid {
namespace {

using Bytes = std::vector<uint8_t>;

// One vendor collection; `inside` is what it holds.
Bytes Collection(Bytes inside) {
  Bytes bytes = {0x06, 0x00, 0xFF, 0x09, 0x02, 0xA1, 0x01};
  bytes.insert(bytes.end(), inside.begin(), inside.end());
  bytes.push_back(0xC0);
  return bytes;
}

TEST(ReportDescriptor, AMouseHasOneInputReportWithoutId) {
  // Boot mouse: three buttons and padding, X and Y.
  const Bytes mouse = {0x05, 0x01, 0x09, 0x02, 0xA1, 0x01, 0x09, 0x01, 0xA1, 0x00, 0x05, 0x09, 0x19, 0x01, 0x29, 0x03, 0x15,
                       0x00, 0x25, 0x01, 0x95, 0x03, 0x75, 0x01, 0x81, 0x02, 0x95, 0x01, 0x75, 0x05, 0x81, 0x01, 0x05, 0x01,
                       0x09, 0x30, 0x09, 0x31, 0x15, 0x81, 0x25, 0x7F, 0x75, 0x08, 0x95, 0x02, 0x81, 0x06, 0xC0, 0xC0};
  const auto layout = ParseReportDescriptor(mouse);
  ASSERT_TRUE(layout);
  EXPECT_FALSE(layout->uses_ids);
  EXPECT_EQ(layout->usage_page, 1);
  EXPECT_EQ(layout->usage, 2);
  EXPECT_EQ(layout->collections, 1u);
  EXPECT_EQ(layout->BytesOf(ReportType::kInput, 0), 4u);
  EXPECT_EQ(layout->LongestOf(ReportType::kOutput), 0u);
}

TEST(ReportDescriptor, ReportsOfAnIdAreCountedTogetherAndTheLongestIsTold) {
  const auto layout = ParseReportDescriptor(Collection({0x75, 0x08, 0x85, 0x01, 0x95, 0x02, 0x81, 0x00, 0x85, 0x02, 0x95, 0x09, 0x81, 0x00,
                                                        0x85, 0x01, 0x95, 0x01, 0x81, 0x00, 0xB1, 0x00}));
  ASSERT_TRUE(layout);
  EXPECT_TRUE(layout->uses_ids);
  EXPECT_EQ(layout->BytesOf(ReportType::kInput, 1), 4u);
  EXPECT_EQ(layout->BytesOf(ReportType::kInput, 2), 10u);
  EXPECT_EQ(layout->LongestOf(ReportType::kInput), 10u);
  EXPECT_EQ(layout->BytesOf(ReportType::kFeature, 1), 2u);
  EXPECT_EQ(layout->BytesOf(ReportType::kFeature, 2), 0u);
}

TEST(ReportDescriptor, PushAndPopKeepTheGlobals) {
  const auto layout = ParseReportDescriptor(Collection({0x75, 0x08, 0x95, 0x01, 0xA4, 0x95, 0x08, 0x81, 0x00, 0xB4, 0x91, 0x00}));
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->BytesOf(ReportType::kInput, 0), 9u);
  EXPECT_EQ(layout->BytesOf(ReportType::kOutput, 0), 2u);
}

TEST(ReportDescriptor, BrokenBytesAreRefused) {
  EXPECT_FALSE(ParseReportDescriptor({}));
  for (const Bytes& bytes : {Bytes{0x06, 0x00}, Bytes{0xC0}, Bytes{0xA1, 0x01}, Bytes{0xFE, 0x05, 0x00}, Bytes{0xFE}, Collection({0xB4}),
                             Collection({0x85, 0x00}), Collection({0x85, 0x01, 0x81, 0x00, 0xC0, 0x81, 0x00}),
                             Collection({0x77, 0xFF, 0xFF, 0xFF, 0xFF, 0x97, 0xFF, 0xFF, 0xFF, 0xFF, 0x81, 0x00}),
                             Collection({0x81, 0x00, 0x85, 0x01, 0x81, 0x00})}) {
    EXPECT_FALSE(ParseReportDescriptor(bytes)) << testing::PrintToString(bytes);
  }
}

}  // namespace
}  // namespace drydock::classes::hid
