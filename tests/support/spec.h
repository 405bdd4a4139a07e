// SPEC: names the items of the contract that a test proves.
// Used by:  any GoogleTest body, first line: SPEC("IOT-3.09", "OP-14"). The ids must be string
//           literals: docs/conformance.md is made by reading the sources (api/conformance.py);
//           the test's result file carries them too, as the property "spec".
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace drydock::test {

inline std::string Joined(std::initializer_list<const char*> items) {
  std::string list;
  for (const char* item : items) list += (list.empty() ? "" : " ") + std::string(item);
  return list;
}

inline void RecordItems(std::initializer_list<const char*> items) {
  ::testing::Test::RecordProperty("spec", Joined(items));
}

}  // namespace drydock::test

#define SPEC(...) ::drydock::test::RecordItems({__VA_ARGS__})
