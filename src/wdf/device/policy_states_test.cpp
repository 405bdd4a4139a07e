// The tables of the power and power-policy machines: nothing in them is dead, nothing leads nowhere.
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace drydock::wdf {
namespace {

struct Table {
  std::set<std::string> states, targets, sources, twins;
  std::set<std::pair<std::string, std::string>> pairs;
  bool doubled = false;
  void State(const char* name) { doubled = !states.insert(name).second || doubled; }
  void Row(const std::string& scope, const char* state, const char* event, const char* next) {
    doubled = !pairs.insert({scope + state, event}).second || doubled;
    sources.insert(state);
    targets.insert(next);
  }
};

Table Power() {
  Table table;
#define STATE(name, action) table.State(#name);
#define ON(state, event, next, spec) table.Row("", #state, #event, #next);
#define TWIN(state, twin) table.twins.insert(#state);
#include "wdf/device/power_states.def"
#undef STATE
#undef ON
#undef TWIN
  return table;
}

Table Policy() {
  Table table;
#define STATE(name, action) table.State(#name);
#define OWNER(state, event, next, spec) table.Row("owner ", #state, #event, #next);
#define OTHER(state, event, next, spec) table.Row("other ", #state, #event, #next);
#define BOTH(state, event, next, spec)             \
  table.Row("owner ", #state, #event, #next); \
  table.Row("other ", #state, #event, #next);
#define TWIN(state, twin) table.twins.insert(#state);
#include "wdf/device/policy_states.def"
#undef STATE
#undef OWNER
#undef OTHER
#undef BOTH
#undef TWIN
  return table;
}

void Check(const Table& table) {
  EXPECT_FALSE(table.doubled) << "a state or a pair of state and event stands there twice";
  for (const std::string& name : table.targets) EXPECT_TRUE(table.states.count(name)) << name << " is led to, but does nothing";
  for (const std::string& name : table.sources) EXPECT_TRUE(table.states.count(name)) << name;
  for (const std::string& name : table.twins) EXPECT_TRUE(table.states.count(name)) << name;
  for (const std::string& name : table.states) {
    if (name == "ObjectCreated") continue;
    EXPECT_TRUE(table.targets.count(name)) << name << " is never entered";
  }
}

TEST(PowerTables, EveryStateIsEnteredAndEveryRowLeadsToAState) {
  Check(Power());
  Check(Policy());
}

TEST(PowerTables, OnlyTheEndHasNoWayOut) {
  const Table policy = Policy(), power = Power();
  for (const std::string& name : policy.states) EXPECT_TRUE(policy.sources.count(name)) << name;
  for (const std::string& name : power.states) EXPECT_TRUE(power.sources.count(name)) << name;
}

}  // namespace
}  // namespace drydock::wdf
