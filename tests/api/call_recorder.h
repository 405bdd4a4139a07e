// A function table of recorders: each entry notes its index, the globals and up to ten machine
// words of arguments. With it a test sees what the inline calls of wdf.h hand to the framework.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <utility>

namespace drydock::test {

struct RecordedCall {
  int index = -1;
  const void* globals = nullptr;
  uint64_t arguments[10] = {};
};

inline RecordedCall last_call;
inline uint64_t next_result = 0;

template <int kIndex>
uint64_t RecordCall(const void* globals, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                    uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8, uint64_t a9, uint64_t a10) {
  last_call = {kIndex, globals, {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10}};
  return next_result;
}

using RecorderEntry = void (*)();

template <size_t... kIndices>
std::array<RecorderEntry, sizeof...(kIndices)> MakeRecorders(std::index_sequence<kIndices...>) {
  return {reinterpret_cast<RecorderEntry>(&RecordCall<static_cast<int>(kIndices)>)...};
}

// Arguments are numbered 1, 2, 3 ... by the generated list; smaller types leave the upper part of
// their word undefined.
inline bool ArgumentsInOrder(std::initializer_list<size_t> sizes) {
  uint64_t number = 1;
  for (size_t size : sizes) {
    const uint64_t mask = size >= 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * size)) - 1;
    if ((last_call.arguments[number - 1] & mask) != number) return false;
    ++number;
  }
  return true;
}

[[gnu::noinline]] inline void BeforeCall() {
  last_call = {};
  next_result = 0x5A;
}

[[gnu::noinline]] inline void AfterCall(const char* function, int index, const void* globals,
                                        std::initializer_list<size_t> sizes) {
  EXPECT_EQ(last_call.index, index) << function;
  EXPECT_EQ(last_call.globals, globals) << function;
  EXPECT_TRUE(ArgumentsInOrder(sizes)) << function;
}

template <class T>
[[gnu::noinline]] void CheckResult(const char* function, T result) {
  uint64_t word = 0;
  static_assert(sizeof(result) <= sizeof(word));
  memcpy(&word, &result, sizeof(result));
  EXPECT_EQ(word, 0x5Au) << function << " returned something else";
}

}  // namespace drydock::test

// For the generated lists (checks/calls_kmdf.h, checks/calls_umdf.h): one statement a function, so
// that the list compiles quickly.
#define DRYDOCK_UNPACK(...) __VA_ARGS__
#define DRYDOCK_CALL_VOID(table_index, function, values, ...) \
  ::drydock::test::BeforeCall();                              \
  function(DRYDOCK_UNPACK values);                            \
  ::drydock::test::AfterCall(#function, table_index, WdfDriverGlobals, __VA_ARGS__);
#define DRYDOCK_CALL(table_index, function, values, ...)                    \
  ::drydock::test::BeforeCall();                                            \
  ::drydock::test::CheckResult(#function, function(DRYDOCK_UNPACK values)); \
  ::drydock::test::AfterCall(#function, table_index, WdfDriverGlobals, __VA_ARGS__);
