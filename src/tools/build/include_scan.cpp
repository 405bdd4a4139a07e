#include "tools/build/include_scan.h"

#include <algorithm>

#include "tools/build/text.h"

namespace drydock::tools {
namespace {

// "name" or <name> at the start of text.
bool HeaderName(std::string_view text, IncludeLine& include) {
  if (text.size() < 3) return false;
  const char close = text[0] == '"' ? '"' : text[0] == '<' ? '>' : 0;
  if (close == 0) return false;
  const size_t end = text.find(close, 1);
  if (end == std::string_view::npos || end == 1) return false;
  include.name = text.substr(1, end - 1);
  include.form = close == '"' ? IncludeLine::Form::kQuoted : IncludeLine::Form::kAngled;
  return true;
}

std::string_view TakeWord(std::string_view& text) {
  text = Trim(text);
  size_t end = 0;
  while (end < text.size() && IsIdentifier(text.substr(0, end + 1))) ++end;
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

void ScanDirective(std::string_view text, int line, IncludeScan& scan) {
  const std::string_view directive = TakeWord(text);
  const bool function_like = text.starts_with('(');
  text = Trim(text);
  if (directive == "include" || directive == "include_next" || directive == "import") {
    IncludeLine include;
    include.line = line;
    if (!HeaderName(text, include)) {
      const std::string_view name = TakeWord(text);
      if (name.empty() || text.starts_with('(')) return;
      include.name = name;
      include.form = IncludeLine::Form::kMacro;
    }
    scan.includes.push_back(std::move(include));
  } else if (directive == "define") {
    const std::string_view name = TakeWord(text);
    if (name.empty() || text.starts_with('(')) return;
    const std::string_view value = Trim(text);
    IncludeLine header;
    if (HeaderName(value, header) || IsIdentifier(value)) scan.macros.emplace_back(name, value);
  } else if ((directive == "if" || directive == "elif") && !function_like) {
    constexpr std::string_view kQuestion = "__has_include";
    for (size_t at = text.find(kQuestion); at != std::string_view::npos;
         at = text.find(kQuestion, at + 1)) {
      std::string_view rest = Trim(text.substr(at + kQuestion.size()));
      if (!rest.starts_with('(')) continue;
      IncludeLine include;
      include.line = line;
      include.question = true;
      if (HeaderName(Trim(rest.substr(1)), include)) scan.includes.push_back(std::move(include));
    }
  }
}

}  // namespace

std::string StripComments(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  // 1'000'000: an apostrophe within a number opens no character constant.
  const auto digits_before = [text](size_t i) {
    size_t start = i;
    while (start > 0 && (IsIdentifier(text.substr(start - 1, 1)) ||
                         (text[start - 1] >= '0' && text[start - 1] <= '9'))) {
      --start;
    }
    return start < i && text[start] >= '0' && text[start] <= '9';
  };
  int joined = 0;  // newlines taken out of continued lines, given back at the end of the line
  bool line_start = true;
  bool header_line = false;  // in an #include line a backslash or an apostrophe is part of the name
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    const std::string_view rest = text.substr(i);
    if (rest.starts_with("\\\n") || rest.starts_with("\\\r\n")) {
      i += rest[1] == '\n' ? 2 : 3;
      ++joined;
    } else if (rest.starts_with("//")) {
      const size_t end = std::min(text.find('\n', i), text.size());
      // A comment goes on after a backslash at the end of its line.
      size_t stop = end;
      while (stop < text.size()) {
        size_t last = stop;
        while (last > i && text[last - 1] == '\r') --last;
        if (last == i || text[last - 1] != '\\') break;
        ++joined;
        stop = std::min(text.find('\n', stop + 1), text.size());
      }
      i = stop;
    } else if (rest.starts_with("/*")) {
      const size_t end = text.find("*/", i + 2);
      const size_t stop = end == std::string_view::npos ? text.size() : end + 2;
      const auto newlines = std::count(text.begin() + static_cast<long>(i),
                                       text.begin() + static_cast<long>(stop), '\n');
      // Within a line the count is made good at its end; before its first word at once.
      if (line_start) {
        out.append(static_cast<size_t>(newlines), '\n');
      } else {
        joined += static_cast<int>(newlines);
      }
      out += ' ';
      i = stop;
    } else if ((c == '"' || (c == '\'' && !digits_before(i))) && !header_line) {
      size_t end = i + 1;
      while (end < text.size() && text[end] != c && text[end] != '\n')
        end += text[end] != '\\' ? 1 : text.substr(end + 1, 2) == "\r\n" ? 3 : 2;
      end = std::min(end, text.size());
      if (end < text.size() && text[end] == c) ++end;
      for (size_t k = i; k < end; ++k) {
        const bool windows = text.substr(k, 3) == "\\\r\n";
        if ((windows || text.substr(k, 2) == "\\\n") && k + 1 < end) {
          ++joined;
          k += windows ? 2 : 1;
        } else {
          out += text[k];
        }
      }
      i = end;
      line_start = false;
    } else if (c == '\n') {
      out.append(static_cast<size_t>(joined) + 1, '\n');
      joined = 0;
      line_start = true;
      header_line = false;
      ++i;
    } else {
      if (line_start && c == '#') {
        std::string_view word = text.substr(i + 1);
        word = word.substr(std::min(word.find_first_not_of(" \t"), word.size()));
        header_line = word.starts_with("include") || word.starts_with("import");
      }
      if (c != ' ' && c != '\t' && c != '\r') line_start = false;
      out += c;
      ++i;
    }
  }
  return out;
}

IncludeScan ScanIncludes(std::string_view text) {
  IncludeScan scan;
  const std::string clean = StripComments(text);
  int line = 0;
  for (std::string_view rest = clean; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view one = Trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++line;
    if (one.starts_with('#')) ScanDirective(one.substr(1), line, scan);
  }
  return scan;
}

}  // namespace drydock::tools
