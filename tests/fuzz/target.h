// A fuzz target: whatever the bytes are, the code behind it answers or throws the error that it promises; it neither crashes nor hangs nor
// takes all memory. Each stands in a file of its own and is built twice: as a libFuzzer program (preset fuzz), and as a test of
// fuzz_corpus_test, which runs what lies in corpus/NAME (docs/architecture.md).
//
//   DRYDOCK_FUZZ_TARGET(solution) { ... input ... }
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#ifdef DRYDOCK_FUZZING
#include <cstdint>
#define DRYDOCK_FUZZ_TARGET(name)                                                   \
  static void name(std::string_view input);                                         \
  extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {         \
    name(std::string_view(reinterpret_cast<const char*>(data), size));              \
    return 0;                                                                       \
  }                                                                                 \
  static void name(std::string_view input)
#else
#include <gtest/gtest.h>
#define DRYDOCK_FUZZ_TARGET(name)                                                   \
  static void name(std::string_view input);                                         \
  TEST(FuzzCorpus, name) { drydock::fuzz::RunCorpus(#name, name); }                 \
  static void name(std::string_view input)
#endif

namespace drydock::fuzz {

// Every file of corpus/NAME, in the order of names.
void RunCorpus(const char* name, void (*target)(std::string_view input));

// Ends the program with a word: what must hold of an answer does not.
void Check(bool holds, const char* words);

// Calls; an Expected is an answer too. Anything else that is thrown is a finding.
template <class Expected, class Action>
bool Answers(Action&& action) {
  try {
    action();
    return true;
  } catch (const Expected&) {
    return false;
  }
}

// A folder of the program's own with the files that an input describes: a line "=== name" begins one; what stands before the first is the
// file `first`. Names lead nowhere else. What an earlier input left there goes.
class InputFiles {
 public:
  InputFiles();
  ~InputFiles();
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path Write(std::string_view input, const std::string& first);

 private:
  void One(const std::string& name, std::string_view text);
  std::filesystem::path folder_;
  std::set<std::string> written_;
};

}  // namespace drydock::fuzz
