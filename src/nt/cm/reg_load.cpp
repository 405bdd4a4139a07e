// .reg text into the registry. The whole text is read before anything is changed.
#include <algorithm>
#include <string>
#include <vector>

#include "nt/cm/reg_names.h"
#include "nt/cm/registry.h"
#include "nt/cm/state.h"
#include "nt/rtl/upcase.h"
#include "nt/rtl/utf.h"

namespace drydock::nt::cm {
namespace {

constexpr size_t kLongestValueName = 16383;

struct Step {
  enum Kind : uint8_t { kMake, kDeleteKey, kSet, kDeleteValue } kind;
  size_t line;
  std::u16string path;
  Value value;
};

struct Wrong {
  size_t line;
  std::string words;
};

std::string Utf8(std::u16string_view text) {
  std::string out(rtl::Utf8Length(text.data(), text.size()), '\0');
  rtl::ToUtf8(text.data(), text.size(), out.data());
  return out;
}

std::string Quoted(std::u16string_view text) { return "'" + Utf8(text.substr(0, 60)) + "'"; }

bool SameText(std::u16string_view a, std::u16string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (rtl::Upcase(a[i]) != rtl::Upcase(b[i])) return false;
  return true;
}

std::u16string Decode(std::string_view text) {
  if (text.starts_with("\xFE\xFF")) throw Wrong{1, "big-endian UTF-16 is not read; UTF-8 and UTF-16LE are"};
  std::u16string out;
  if (text.starts_with("\xFF\xFE")) {
    text.remove_prefix(2);
    if (text.size() % 2) throw Wrong{1, "UTF-16 text with an odd number of bytes"};
    for (size_t i = 0; i < text.size(); i += 2)
      out += static_cast<char16_t>(static_cast<uint8_t>(text[i]) | static_cast<uint8_t>(text[i + 1]) << 8);
    return out;
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  out.resize(rtl::Utf16Length(text.data(), text.size()));
  rtl::ToUtf16(text.data(), text.size(), out.data());
  std::string back = Utf8(out);  // what was no UTF-8 comes back different
  if (back != text) {
    size_t line = 1, at = 0;
    for (; at < text.size() && at < back.size() && back[at] == text[at]; ++at) line += text[at] == '\n';
    throw Wrong{line, "neither UTF-8 nor UTF-16 with its mark"};
  }
  return out;
}

class Reader {
 public:
  explicit Reader(std::u16string_view text) : text_(text) {}

  std::vector<Step> Read() {
    SkipSpace();
    std::u16string_view header = RestOfLine();
    if (header != kRegHeader) Fail("the text must begin with '" + Utf8(kRegHeader) + "'");
    std::u16string key;
    bool in_key = false, deleting = false;
    for (SkipSpace(); !AtEnd(); SkipSpace()) {
      size_t line = line_;
      if (Take(u'[')) {
        deleting = Take(u'-');
        key = KeyPath();
        in_key = true;
        steps_.push_back({deleting ? Step::kDeleteKey : Step::kMake, line, key, {}});
      } else if (!in_key) {
        Fail("a value before the first [key]");
      } else if (deleting) {
        Fail("a value of a key that is deleted");
      } else {
        ReadValue(key);
      }
      EndOfLine();
    }
    return std::move(steps_);
  }

 private:
  [[noreturn]] void Fail(std::string words) { throw Wrong{line_, std::move(words)}; }
  bool AtEnd() const { return at_ >= text_.size(); }
  char16_t Peek() const { return AtEnd() ? u'\0' : text_[at_]; }
  bool Take(char16_t c) {
    if (AtEnd() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void SkipBlanks() {
    while (Peek() == u' ' || Peek() == u'\t') ++at_;
  }
  // Blanks, line ends and comments.
  void SkipSpace() {
    for (; !AtEnd(); ++at_) {
      char16_t c = text_[at_];
      if (c == u'\n') ++line_;
      else if (c == u';') {
        while (at_ + 1 < text_.size() && text_[at_ + 1] != u'\n') ++at_;
      } else if (c != u' ' && c != u'\t' && c != u'\r') return;
    }
  }
  std::u16string_view RestOfLine() {
    size_t end = std::min(text_.find(u'\n', at_), text_.size());
    std::u16string_view rest = text_.substr(at_, end - at_);
    at_ = end;
    while (!rest.empty() && (rest.back() == u'\r' || rest.back() == u' ' || rest.back() == u'\t')) rest.remove_suffix(1);
    return rest;
  }
  void EndOfLine() {
    SkipBlanks();
    if (Peek() == u';') {
      RestOfLine();
      return;
    }
    std::u16string_view rest = RestOfLine();
    if (!rest.empty()) Fail(Quoted(rest) + " is left over");
  }

  // The name may hold ']': the last one of the line ends it.
  std::u16string KeyPath() {
    std::u16string_view line = RestOfLine();
    size_t end = line.rfind(u']');
    if (end == std::u16string_view::npos) Fail("']' is missing after the key's name");
    std::u16string_view after = line.substr(end + 1);
    size_t text = after.find_first_not_of(u" \t");
    if (text != std::u16string_view::npos && after[text] != u';') Fail(Quoted(after.substr(text)) + " is left over");
    std::u16string_view name = line.substr(0, end);
    std::u16string path = PathOfRegName(name);
    if (path.empty()) Fail(Quoted(name.substr(0, name.find(u'\\'))) + " is no root; HKEY_LOCAL_MACHINE is one");
    return path;
  }

  std::u16string String() {
    std::u16string out;
    for (;;) {
      if (AtEnd()) Fail("the closing '\"' is missing");
      char16_t c = text_[at_++];
      if (c == u'"') return out;
      if (c == u'\\') {
        c = Peek();
        if (c != u'\\' && c != u'"') Fail("a '\\' in quotes must stand before another '\\' or '\"'");
        ++at_;
      }
      if (c == u'\n') ++line_;  // text may run over lines
      out += c;
    }
  }

  static int HexDigit(char16_t c) {
    if (c >= u'0' && c <= u'9') return c - u'0';
    if (c >= u'a' && c <= u'f') return c - u'a' + 10;
    if (c >= u'A' && c <= u'F') return c - u'A' + 10;
    return -1;
  }
  uint32_t HexNumber(const char* what, int most) {
    uint32_t number = 0;
    int digits = 0;
    for (int digit; (digit = HexDigit(Peek())) >= 0; ++at_, ++digits) {
      if (digits == most) Fail(std::string(what) + ": more than " + std::to_string(most) + " digits");
      number = number << 4 | static_cast<uint32_t>(digit);
    }
    if (digits == 0) Fail(std::string(what) + ": hexadecimal digits are expected");
    return number;
  }
  bool TakeWord(std::u16string_view word) {
    if (!SameText(text_.substr(at_, word.size()), word)) return false;
    at_ += word.size();
    return true;
  }

  // "01,02,\" and so on over lines.
  std::vector<uint8_t> HexBytes() {
    std::vector<uint8_t> bytes;
    auto blank = [&] {
      SkipBlanks();
      while (Peek() == u'\\') {
        ++at_;
        EndOfLine();
        if (!Take(u'\n')) Fail("nothing follows the '\\'");
        ++line_;
        SkipBlanks();
      }
    };
    blank();
    if (HexDigit(Peek()) < 0) return bytes;
    for (;;) {
      bytes.push_back(static_cast<uint8_t>(HexNumber("hex", 2)));
      blank();
      if (!Take(u',')) return bytes;
      blank();
      if (HexDigit(Peek()) < 0) return bytes;  // a closing comma
    }
  }

  void ReadValue(const std::u16string& key) {
    Step step{Step::kSet, line_, key, {}};
    if (Take(u'"')) step.value.name = String();
    else if (!Take(u'@')) Fail("'[', '\"' or '@' is expected, not " + Quoted(RestOfLine()));
    if (step.value.name.size() > kLongestValueName) Fail("the value's name is too long");
    SkipBlanks();
    if (!Take(u'=')) Fail("'=' is expected after the value's name");
    SkipBlanks();
    if (Take(u'-')) {
      step.kind = Step::kDeleteValue;
    } else if (Take(u'"')) {
      std::u16string text = String();
      step.value.type = REG_SZ;
      auto* bytes = reinterpret_cast<const uint8_t*>(text.c_str());
      step.value.data.assign(bytes, bytes + (text.size() + 1) * sizeof(char16_t));
    } else if (TakeWord(u"dword:")) {
      step.value.type = REG_DWORD;
      uint32_t number = HexNumber("dword", 8);
      for (int i = 0; i < 4; ++i) step.value.data.push_back(static_cast<uint8_t>(number >> (8 * i)));
    } else if (TakeWord(u"hex")) {
      step.value.type = REG_BINARY;
      if (Take(u'(')) {
        step.value.type = HexNumber("hex(type)", 8);
        if (!Take(u')')) Fail("')' is expected after the type");
      }
      if (!Take(u':')) Fail("':' is expected after hex");
      step.value.data = HexBytes();
    } else {
      Fail(Quoted(RestOfLine()) + " is no value: \"text\", dword:, hex:, hex(type): and - are");
    }
    steps_.push_back(std::move(step));
  }

  std::u16string_view text_;
  size_t at_ = 0, line_ = 1;
  std::vector<Step> steps_;
};

// Anything that could fail in the middle is asked before the first step: only names that are too long or too deep, and roots.
void Check(const Step& step) {
  size_t depth = 0;
  std::u16string_view rest = step.path;
  for (size_t at = 0; at < rest.size(); ++depth) {
    size_t end = std::min(rest.find(u'\\', at), rest.size());
    if (end - at > 255) throw Wrong{step.line, "the name of a key has more than 255 characters"};
    at = end + 1;
  }
  if (depth > 500) throw Wrong{step.line, "the key lies too deep"};
  if (step.kind == Step::kDeleteKey)
    for (const RootName& root : kRootNames)
      if (SameText(step.path, root.path)) throw Wrong{step.line, "a root cannot be deleted"};
}

NTSTATUS Do(Kernel& kernel, const Step& step) {
  switch (step.kind) {
    case Step::kMake: return MakeKey(kernel, step.path);
    case Step::kSet: return SetValue(kernel, step.path, step.value.name, step.value.type, step.value.data.data(), step.value.data.size());
    case Step::kDeleteKey: {
      NTSTATUS status = DeleteTree(kernel, step.path);
      return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_SUCCESS : status;
    }
    case Step::kDeleteValue: {
      std::shared_ptr<KeyNode> node;
      if (NTSTATUS status = Walk(kernel, nullptr, step.path, Missing::kFail, false, &node); !NT_SUCCESS(status)) return status;
      RemoveValue(kernel, step.path, step.value.name);  // one that is not there is none
      return STATUS_SUCCESS;
    }
  }
  return STATUS_INVALID_PARAMETER;
}

}  // namespace

std::u16string PathOfRegName(std::u16string_view name) {
  size_t slash = std::min(name.find(u'\\'), name.size());
  for (const RootName& root : kRootNames)
    if (SameText(name.substr(0, slash), root.text)) return std::u16string(root.path) + std::u16string(name.substr(slash));
  return {};
}

std::string LoadText(Kernel& kernel, std::string_view text) {
  try {
    const std::u16string decoded = Decode(text);
    const std::vector<Step> steps = Reader(decoded).Read();
    for (const Step& step : steps) Check(step);
    for (const Step& step : steps)
      // A driver may have made a volatile key meanwhile; nothing else refuses.
      if (NTSTATUS status = Do(kernel, step); !NT_SUCCESS(status)) throw Wrong{step.line, "the registry refuses " + Quoted(step.path)};
  } catch (const Wrong& wrong) {
    return "line " + std::to_string(wrong.line) + ": " + wrong.words;
  }
  return {};
}

}  // namespace drydock::nt::cm
