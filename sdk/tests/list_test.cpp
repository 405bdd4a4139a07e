#include <gtest/gtest.h>

#include "doubles.h"

namespace {

using drydock::sdk_test::ListCorrupt;

struct Item {
  int value;
  LIST_ENTRY link;
};

class ListTest : public ::testing::Test {
 protected:
  void SetUp() override { InitializeListHead(&head_); }
  std::string Order() {
    std::string text;
    for (PLIST_ENTRY e = head_.Flink; e != &head_; e = e->Flink) {
      text += std::to_string(CONTAINING_RECORD(e, Item, link)->value);
      EXPECT_EQ(e->Blink->Flink, e);
    }
    return text;
  }
  LIST_ENTRY head_;
  Item a_{1, {}}, b_{2, {}}, c_{3, {}};
};

TEST_F(ListTest, NewListIsEmpty) {
  EXPECT_TRUE(IsListEmpty(&head_));
  InsertHeadList(&head_, &a_.link);
  EXPECT_FALSE(IsListEmpty(&head_));
}

TEST_F(ListTest, TailKeepsOrderAndHeadReversesIt) {
  InsertTailList(&head_, &a_.link);
  InsertTailList(&head_, &b_.link);
  InsertHeadList(&head_, &c_.link);
  EXPECT_EQ(Order(), "312");
}

TEST_F(ListTest, RemovingHeadAndTailGivesTheEnds) {
  for (Item* i : {&a_, &b_, &c_}) InsertTailList(&head_, &i->link);
  EXPECT_EQ(RemoveHeadList(&head_), &a_.link);
  EXPECT_EQ(RemoveTailList(&head_), &c_.link);
  EXPECT_EQ(Order(), "2");
}

TEST_F(ListTest, RemovingTheHeadOfAnEmptyListGivesTheAnchor) { EXPECT_EQ(RemoveHeadList(&head_), &head_); }

TEST_F(ListTest, RemoveEntryListSaysWhetherTheListIsEmptyNow) {
  InsertTailList(&head_, &a_.link);
  InsertTailList(&head_, &b_.link);
  EXPECT_FALSE(RemoveEntryList(&a_.link));
  EXPECT_TRUE(RemoveEntryList(&b_.link));
  EXPECT_TRUE(IsListEmpty(&head_));
}

TEST_F(ListTest, RemovingAnEntryTwiceIsReported) {
  InsertTailList(&head_, &a_.link);
  InsertTailList(&head_, &b_.link);
  RemoveEntryList(&a_.link);
  EXPECT_THROW(RemoveEntryList(&a_.link), ListCorrupt);
  EXPECT_EQ(Order(), "2");
}

TEST_F(ListTest, ADamagedAnchorIsReportedOnInsertAndRemove) {
  InsertTailList(&head_, &a_.link);
  a_.link.Blink = &b_.link;
  EXPECT_THROW(InsertHeadList(&head_, &b_.link), ListCorrupt);
  EXPECT_THROW(RemoveHeadList(&head_), ListCorrupt);
}

TEST_F(ListTest, AppendTailListMovesAWholeChain) {
  InsertTailList(&head_, &a_.link);
  InitializeListHead(&b_.link);
  InsertTailList(&b_.link, &c_.link);
  AppendTailList(&head_, &b_.link);
  EXPECT_EQ(Order(), "123");
}

TEST(SingleList, PopsInReverseOrderAndThenNull) {
  SINGLE_LIST_ENTRY head{}, a{}, b{};
  PushEntryList(&head, &a);
  PushEntryList(&head, &b);
  EXPECT_EQ(PopEntryList(&head), &b);
  EXPECT_EQ(PopEntryList(&head), &a);
  EXPECT_EQ(PopEntryList(&head), nullptr);
}

}  // namespace
