#include "tools/build/application.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "tools/build/elf_symbols.h"
#include "tools/build/text_file.h"

namespace drydock::tools {
namespace {

bool WordPart(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// The line of `name (`; 0: none.
int LineOfCallOrDefinition(const std::string& text, std::string_view name) {
  for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    if (at > 0 && WordPart(text[at - 1])) continue;
    size_t after = at + name.size();
    while (after < text.size() && std::isspace(static_cast<unsigned char>(text[after]))) ++after;
    if (after < text.size() && text[after] == '(')
      return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
  }
  return 0;
}

bool HasWord(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !WordPart(text[at - 1]);
    const size_t end = at + word.size();
    if (begins && (end == text.size() || !WordPart(text[end]))) return true;
  }
  return false;
}

// The name that the source's main gets; empty: its own.
std::string OtherNameOfMain(const std::string& text) {
  constexpr std::string_view kMain = "main";
  for (size_t at = text.find(kMain); at != std::string::npos; at = text.find(kMain, at + 1)) {
    if (at == 0 || WordPart(text[at - 1])) continue;
    size_t open = at + kMain.size();
    while (open < text.size() && std::isspace(static_cast<unsigned char>(text[open]))) ++open;
    if (open >= text.size() || text[open] != '(') continue;
    const size_t before = text.find_last_of(";}/#\"", at);
    const std::string_view type = std::string_view(text).substr(before == std::string::npos ? 0 : before + 1, at - (before == std::string::npos ? 0 : before + 1));
    int depth = 1;
    size_t end = open + 1;
    for (; end < text.size() && !(depth == 1 && (text[end] == ',' || text[end] == ')')); ++end)
      depth += text[end] == '(' ? 1 : text[end] == ')' ? -1 : 0;
    const std::string_view first = std::string_view(text).substr(open + 1, end - open - 1);
    const bool plain = HasWord(first, "int") || HasWord(first, "void") || HasWord(first, "VOID") || HasWord(first, "INT") ||
                       std::all_of(first.begin(), first.end(), [](unsigned char c) { return std::isspace(c); });
    if (HasWord(type, "void") || HasWord(type, "VOID")) return "DrydockVoidMain";
    // A vector of anything but plain characters.
    int inner = 1;
    size_t close = end;
    for (; close < text.size() && inner > 0; ++close) inner += text[close] == '(' ? 1 : text[close] == ')' ? -1 : 0;
    const std::string_view rest = std::string_view(text).substr(end, close - end);
    bool other_vector = false;
    for (const char* word : {"LPCTSTR", "LPTSTR", "PTSTR", "PCTSTR", "TCHAR", "_TCHAR", "LPCSTR", "PCSTR", "LPWSTR", "LPCWSTR", "WCHAR", "wchar_t", "PWSTR", "PCWSTR"})
      other_vector |= HasWord(rest, word);
    if (other_vector && (HasWord(type, "int") || HasWord(type, "INT"))) return "DrydockMain";
    if (!plain && (HasWord(type, "int") || HasWord(type, "INT") || HasWord(type, "LONG") || HasWord(type, "ULONG") || HasWord(type, "DWORD")))
      return "DrydockMain";
    if (!type.empty() && (HasWord(type, "ULONG") || HasWord(type, "DWORD") || HasWord(type, "LONG"))) return "DrydockMain";
  }
  return {};
}

}  // namespace

void PrepareApplication(DriverProject& project) {
  for (SourceFile& source : project.sources) {
    const std::string text = ReadTextFile(source.path);
    for (const char* name : {"WinMain", "wWinMain", "_tWinMain"}) {
      if (const int line = LineOfCallOrDefinition(text, name)) {
        throw BuildError(source.path.string(), line,
                         fmt::format("{} makes {} a windowed application; Drydock runs console applications", name, project.target));
      }
    }
    if (const std::string name = OtherNameOfMain(text); !name.empty()) source.defines.push_back("main=" + name);
  }
}

void CheckApplicationEntry(const DriverProject& project, const std::vector<CompiledSource>& sources) {
  for (const CompiledSource& one : sources) {
    for (const std::string& name : DefinedInObject(one.step.object)) {
      if (name == "main" || name == "wmain" || name.find("DrydockMain") != std::string::npos || name.find("DrydockVoidMain") != std::string::npos || name.starts_with("_Z5wmain")) return;
    }
  }
  throw BuildError(fmt::format("{} defines neither main nor wmain", project.file.filename().string()));
}

}  // namespace drydock::tools
