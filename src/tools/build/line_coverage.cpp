#include "tools/build/line_coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <vector>

#include "tools/build/text.h"
#include "tools/build/text_file.h"

namespace drydock::tools {

namespace fs = std::filesystem;

namespace {

template <class Line>
void EachLine(std::string_view text, Line line) {
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    line(text.substr(start, end - start));
    start = end + 1;
  }
}

fs::path Tool(const char* name) {
  if (const auto found = FindProgram(name)) return *found;
  for (int version = 21; version >= 11; --version)
    if (const auto found = FindProgram(fmt::format("{}-{}", name, version))) return *found;
  throw BuildError(fmt::format("{} is not there; install it (Debian: apt-get install llvm)", name));
}

std::string Output(const std::vector<std::string>& command, const fs::path& folder = {}) {
  const ProcessResult result = RunProcess(command, folder);
  if (result.exit_code != 0) throw BuildError(fmt::format("{} failed: {}", command[0], result.output));
  return result.output;
}

std::vector<fs::path> Files(const fs::path& folder, std::string_view extension) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == extension) files.push_back(it->path());
  std::sort(files.begin(), files.end());
  return files;
}

LineCounts OfClang(const fs::path& out, const std::vector<fs::path>& raw) {
  const std::vector<fs::path> images = Files(out, ".so");
  if (images.empty()) throw BuildError(fmt::format("{} holds no image", out.string()));
  const fs::path profile = out / "coverage/driver.profdata";
  std::vector<std::string> merge{Tool("llvm-profdata").string(), "merge", "-o", profile.string()};
  for (const fs::path& file : raw) merge.push_back(file.string());
  Output(merge);
  // Into a file: the tool's warnings are no part of the text.
  const fs::path text = out / "coverage/image.lcov";
  Output({"sh", "-c", "exec \"$0\" export -format=lcov -instr-profile=\"$1\" \"$2\" > \"$3\"", Tool("llvm-cov").string(), profile.string(), images.front().string(), text.string()});
  LineCounts counts;
  for (auto& [file, lines] : ReadLcov(ReadTextFile(text))) {
    std::error_code error;
    if (file.extension() == ".i" && fs::exists(file, error)) {
      MapPreprocessed(ReadTextFile(file), lines, counts);
    } else {
      for (const auto& [line, count] : lines) {
        uint64_t& known = counts[file][line];
        known = std::max(known, count);
      }
    }
  }
  return counts;
}

LineCounts OfGcc(const fs::path& out, const std::vector<fs::path>& data) {
  std::vector<std::string> command{Tool("gcov").string(), "--json-format", "--stdout"};
  for (const fs::path& file : data) command.push_back(file.string());
  LineCounts counts;
  EachLine(Output(command, out), [&](std::string_view line) {
    if (!line.starts_with('{')) return;
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object()) return;
    const fs::path folder = json.value("current_working_directory", "");
    for (const auto& file : json.value("files", nlohmann::json::array())) {
      auto& lines = counts[(folder / file.value("file", "")).lexically_normal()];
      for (const auto& one : file.value("lines", nlohmann::json::array())) lines[one.value("line_number", 0)] += one.value("count", uint64_t{0});
    }
  });
  return counts;
}

}  // namespace

LineCounts ReadLcov(std::string_view text) {
  LineCounts counts;
  std::map<int, uint64_t>* lines = nullptr;
  EachLine(text, [&](std::string_view line) {
    if (line.starts_with("SF:")) {
      lines = &counts[fs::path(line.substr(3))];
    } else if (line.starts_with("DA:") && lines != nullptr) {
      const size_t comma = line.find(',');
      if (comma == std::string_view::npos) return;
      (*lines)[std::atoi(std::string(line.substr(3, comma - 3)).c_str())] += std::strtoull(std::string(line.substr(comma + 1)).c_str(), nullptr, 10);
    }
  });
  return counts;
}

std::string LcovText(const LineCounts& counts) {
  std::string text;
  for (const auto& [file, lines] : counts) {
    size_t ran = 0;
    text += "TN:\nSF:" + file.string() + "\n";
    for (const auto& [line, count] : lines) {
      ran += count != 0;
      text += fmt::format("DA:{},{}\n", line, count);
    }
    text += fmt::format("LF:{}\nLH:{}\nend_of_record\n", lines.size(), ran);
  }
  return text;
}

void MapPreprocessed(std::string_view preprocessed, const std::map<int, uint64_t>& lines, LineCounts& counts) {
  int number = 0, at = 0;
  std::string file;
  EachLine(preprocessed, [&](std::string_view line) {
    ++number;
    if (line.starts_with("# ") || line.starts_with("#line ")) {
      const size_t open = line.find('"'), close = line.rfind('"');
      const size_t digits = line.find_first_of("0123456789");
      if (digits == std::string_view::npos || (open != std::string_view::npos && digits > open)) return;
      at = std::atoi(std::string(line.substr(digits)).c_str()) - 1;
      if (open != std::string_view::npos && close > open) file = line.substr(open + 1, close - open - 1);
      return;
    }
    ++at;
    const auto count = lines.find(number);
    if (count == lines.end() || file.empty() || file.front() == '<') return;
    uint64_t& known = counts[fs::path(file)][at];
    known = std::max(known, count->second);
  });
}

LineCounts ReadLineCoverage(const fs::path& given, const Surroundings& surroundings) {
  std::error_code error;
  const fs::path out = fs::absolute(given, error).lexically_normal();
  if (!fs::is_directory(out, error)) throw BuildError(fmt::format("{} is no folder; name the output folder of the build", given.string()));
  const auto raw = Files(out / "coverage", ".profraw"), data = Files(out / "obj", ".gcda");
  if (raw.empty() && data.empty()) {
    throw BuildError(fmt::format("{} holds no counts: build with --coverage, then run the driver in a machine", given.string()));
  }
  LineCounts counts = raw.empty() ? OfGcc(out, data) : OfClang(out, raw);
  std::erase_if(counts, [&](const auto& one) {
    const std::string file = one.first.string();
    return file.starts_with((out / "obj").string() + "/") || std::any_of(surroundings.sdk_roots.begin(), surroundings.sdk_roots.end(), [&](const fs::path& root) {
             return file.starts_with(root.string() + "/");
           });
  });
  return counts;
}

}  // namespace drydock::tools
