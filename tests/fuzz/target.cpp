#include "target.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

namespace drydock::fuzz {

namespace fs = std::filesystem;

void Check(bool holds, const char* words) {
  if (holds) return;
  std::fprintf(stderr, "fuzz target: %s\n", words);
  std::abort();
}

#ifndef DRYDOCK_FUZZING
void RunCorpus(const char* name, void (*target)(std::string_view input)) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(DRYDOCK_CORPUS) / name)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  ASSERT_FALSE(files.empty());
  for (const fs::path& file : files) {
    SCOPED_TRACE(file.string());
    std::ifstream in(file, std::ios::binary);
    ASSERT_TRUE(in.good());
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    EXPECT_NO_THROW(target(bytes));
  }
}
#endif

InputFiles::InputFiles() {
  std::string name = (fs::temp_directory_path() / "drydock-fuzz-XXXXXX").string();
  Check(mkdtemp(name.data()) != nullptr, "no temporary folder");
  folder_ = name;
}

InputFiles::~InputFiles() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void InputFiles::One(const std::string& name, std::string_view text) {
  const fs::path file = folder_ / name;
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  std::ofstream out(file, std::ios::binary);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (out) written_.insert(name);
}

fs::path InputFiles::Write(std::string_view input, const std::string& first) {
  for (const std::string& name : written_) unlink((folder_ / name).c_str());
  written_.clear();
  std::string name = first;
  while (true) {
    const size_t next = input.starts_with("=== ") ? 0 : input.find("\n=== ");
    const size_t end = next == std::string_view::npos ? input.size() : next == 0 ? 0 : next + 1;
    if (!name.empty()) One(name, input.substr(0, end));
    if (next == std::string_view::npos) break;
    input.remove_prefix(end + 4);
    const size_t line = std::min(input.find('\n'), input.size());
    name = std::string(input.substr(0, line));
    input.remove_prefix(std::min(line + 1, input.size()));
    const bool plain = !name.empty() && name.size() < 40 && name.front() != '/' && name.find("..") == std::string::npos &&
                       name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/") == std::string::npos;
    if (!plain) name.clear();
  }
  return folder_ / first;
}

}  // namespace drydock::fuzz
