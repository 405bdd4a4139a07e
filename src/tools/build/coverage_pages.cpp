#include "tools/build/coverage_pages.h"

#include <fmt/format.h>

#include <vector>

#include "tools/build/text.h"
#include "tools/build/text_file.h"

namespace drydock::tools {

namespace fs = std::filesystem;

namespace {

// The cells of "| a | b | c |".
std::vector<std::string> Cells(std::string_view line) {
  std::vector<std::string> cells;
  if (!line.starts_with('|')) return cells;
  for (size_t start = 1; start < line.size();) {
    const size_t end = std::min(line.find('|', start), line.size());
    cells.emplace_back(Trim(line.substr(start, end - start)));
    start = end + 1;
  }
  return cells;
}

template <class Row>
void EachLine(const fs::path& file, Row row) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return;
  const std::string text = ReadTextFile(file);
  int line = 1;
  for (size_t start = 0; start < text.size(); ++line) {
    const size_t end = std::min(text.find('\n', start), text.size());
    row(std::string_view(text).substr(start, end - start), line);
    start = end + 1;
  }
}

}  // namespace

CoveragePages::CoveragePages(const fs::path& folder, bool user_mode) {
  if (folder.empty()) return;
  bool wanted = false;
  EachLine(folder / "coverage.md", [&](std::string_view line, int number) {
    if (line.starts_with("## ")) wanted = line.starts_with(user_mode ? "## UMDF" : "## KMDF");
    const auto cells = Cells(line);
    if (!wanted || cells.size() < 3 || !IsIdentifier(cells[1])) return;
    entries_[cells[1]] = {cells[2], fmt::format("docs/coverage.md:{}", number)};
  });
  EachLine(folder / "nt-coverage.md", [&](std::string_view line, int number) {
    const auto cells = Cells(line);
    if (cells.size() < 3 || !IsIdentifier(cells[0]) || (cells[2] != "yes" && cells[2] != "no")) return;
    entries_.try_emplace(cells[0], Entry{cells[2] == "yes" ? "done" : "missing", fmt::format("docs/nt-coverage.md:{}", number)});
  });
}

const CoveragePages::Entry* CoveragePages::Find(std::string_view name) const {
  const auto at = entries_.find(name);
  return at == entries_.end() ? nullptr : &at->second;
}

bool CoveragePages::Lacks(std::string_view name) const {
  const Entry* entry = Find(name);
  return entry != nullptr && (entry->state == "missing" || entry->state == "undocumented");
}

std::string CoveragePages::Tell(std::string_view name) const {
  const Entry* entry = Find(name);
  return entry == nullptr || entry->state == "done" ? std::string() : fmt::format("{}, {}", entry->state, entry->place);
}

}  // namespace drydock::tools
