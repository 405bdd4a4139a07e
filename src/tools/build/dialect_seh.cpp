#include "tools/build/dialect_seh.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "tools/build/diagnostics.h"
#include "tools/build/dialect_tokens.h"

namespace drydock::tools {
namespace {

constexpr size_t kNone = TokenList::kNone;
constexpr int kDeepest = 2000;             // statements within statements; clang takes 256 brackets
constexpr size_t kMostCopied = 1'000'000;  // tokens

// What nt/ex/seh.h defines; on one line, marked as a system header.
constexpr std::string_view kDeclarations =
    "struct DrydockSehFrame { struct DrydockSehFrame *outer; void *pointers; unsigned kind, code; void *unwind_to; unsigned long long saved[8], "
    "linked; unsigned long long place[32] __attribute__((aligned(16))); }; "
    "int DrydockSehMark(void *) __asm__(\"_setjmp\") __attribute__((returns_twice)); "
    "int DrydockSehSave(unsigned long long *) __attribute__((returns_twice)); "
    "void DrydockSehEnter(struct DrydockSehFrame *, unsigned); "
    "void DrydockSehLeave(struct DrydockSehFrame *) __attribute__((nothrow)); "
    "void DrydockSehFiltered(struct DrydockSehFrame *, int) __attribute__((noreturn)); "
    "void DrydockSehUnwind(struct DrydockSehFrame *) __attribute__((noreturn));";

struct TryScope {
  bool has_finally = false;
  int id = 0;
  int breakable = 0, repeatable = 0;  // loops and switches around its body, within the function
  std::set<std::string_view> labels;  // in the body
  size_t finally_block = kNone;       // its "{"
  bool leave_used = false;
};

class SehTranslation {
 public:
  SehTranslation(std::string_view text, bool cxx) : tokens_(text), cxx_(cxx) {
    out_.reserve(text.size() + text.size() / 16);
  }

  SehResult Run() {
    while (at_ < tokens_.size()) Opaque();
    return {std::move(out_), count_ > 0};
  }

 private:
  bool AtEnd() const { return at_ >= tokens_.size(); }
  const Token& Now() const { return tokens_[at_]; }
  bool NowIs(std::string_view text) const { return !AtEnd() && Now().text == text; }
  std::string_view TextOf(size_t i) const { return i == kNone ? std::string_view() : tokens_[i].text; }
  size_t Next(size_t i) const { return tokens_.Next(i); }

  void Emit() { out_ += tokens_[at_++].text; }
  void Space() {
    while (!AtEnd() && Silent(Now())) Emit();
  }
  std::string Frame(int id) const { return "DrydockSeh_" + std::to_string(id); }

  // C++ libraries define __try as try.
  bool IsTry(size_t i) const {
    if (tokens_[i].text == "__try") return true;
    if (tokens_[i].text != "try") return false;
    const size_t body = Next(i);
    const size_t end = tokens_.Is(body, "{") ? tokens_.Closing(body) : kNone;
    const size_t word = end == kNone ? kNone : Next(end);
    return tokens_.Is(word, "__except") || tokens_.Is(word, "__finally");
  }

  // One token of an expression or of a declaration. What a nested function of C++ holds is none of the scopes' business.
  void Opaque() {
    const Token& token = Now();
    if (token.kind == TokenKind::kWord) {
      if (IsTry(at_)) {
        std::vector<TryScope> scopes;
        std::swap(scopes, scopes_);
        const int handler = handler_, breakable = breakable_, repeatable = repeatable_;
        handler_ = breakable_ = repeatable_ = 0;
        Try();
        handler_ = handler, breakable_ = breakable, repeatable_ = repeatable;
        std::swap(scopes, scopes_);
        return;
      }
      if (Intrinsic(token.text)) return;
      if (token.text == "register" && !cxx_) {  // gcc obeys; a register does not survive
        ++at_;
        return;
      }
    }
    Emit();
  }

  bool Intrinsic(std::string_view word) {
    const size_t open = Next(at_), close = tokens_.Is(open, "(") ? Next(open) : kNone;
    if (!tokens_.Is(close, ")")) return false;
    std::string text;
    if (word == "_exception_code" || word == "GetExceptionCode") {
      if (handler_ == 0) return false;
      text = "((" + std::string(cxx_ ? "unsigned" : "unsigned int") + ")" + Frame(handler_) + ".code)";
    } else if (word == "_exception_info" || word == "GetExceptionInformation") {
      if (handler_ == 0) return false;
      text = "((struct _EXCEPTION_POINTERS *)" + Frame(handler_) + ".pointers)";
    } else if (word == "_abnormal_termination" || word == "AbnormalTermination") {
      if (abnormal_.empty()) return false;
      text = abnormal_;
    } else {
      return false;
    }
    out_ += text;
    at_ = close + 1;
    return true;
  }

  void Balanced() {  // from an opening bracket to its closing one
    const size_t close = tokens_.Closing(at_);
    const size_t end = close == kNone ? tokens_.size() : close + 1;
    while (at_ < end) Opaque();
  }
  void Parens() {
    Space();
    while (!AtEnd() && Now().kind == TokenKind::kWord) {  // if constexpr
      Emit();
      Space();
    }
    if (NowIs("(")) Balanced();
  }
  void UntilSemicolon() {
    while (!AtEnd() && !NowIs(";") && !NowIs("}")) {
      if (NowIs("(") || NowIs("{") || NowIs("[")) {
        Balanced();
      } else {
        Opaque();
      }
    }
    if (NowIs(";")) Emit();
  }

  void Block() {
    Space();
    if (!NowIs("{")) return;
    Emit();
    for (;;) {
      Space();
      if (AtEnd()) return;
      if (NowIs("}")) break;
      Statement();
    }
    Emit();
  }

  void Statement() {
    struct Deeper {
      explicit Deeper(int& depth) : depth(++depth) {}
      ~Deeper() { --depth; }
      int& depth;
    } deeper(nesting_);
    if (nesting_ > kDeepest) throw BuildError(fmt::format("statements within __try are nested more than {} deep", kDeepest));
    Space();
    if (AtEnd() || NowIs("}")) return;
    if (NowIs("{")) return Block();
    if (Now().kind != TokenKind::kWord) return UntilSemicolon();
    const std::string_view word = Now().text;
    if (word == "if") {
      Emit();
      Parens();
      Statement();
      if (tokens_.Is(Silent0(), "else")) {
        Space();
        Emit();
        Statement();
      }
    } else if (word == "for" || word == "while") {
      Emit();
      Parens();
      Loop(true);
    } else if (word == "switch") {
      Emit();
      Parens();
      Loop(false);
    } else if (word == "do") {
      Emit();
      Loop(true);
      UntilSemicolon();
    } else if (IsTry(at_)) {
      Try();
    } else if (word == "return") {
      Return();
    } else if (word == "__leave") {
      Leave();
    } else if (word == "break" || word == "continue" || word == "goto") {
      Jump(word);
    } else if (word == "case" || word == "default") {
      while (!AtEnd() && !NowIs(":")) Opaque();
      if (!AtEnd()) Emit();
      Statement();
    } else if (cxx_ && word == "try") {
      Emit();
      Block();
      while (tokens_.Is(Silent0(), "catch")) {
        Space();
        Emit();
        Parens();
        Block();
      }
    } else if (tokens_.Is(Next(at_), ":")) {
      out_ += Label(word);
      ++at_;
      Space();
      if (!AtEnd()) Emit();
      Statement();
    } else {
      UntilSemicolon();
    }
  }

  size_t Silent0() const {  // the token that stands next, silence skipped
    size_t i = at_;
    while (i < tokens_.size() && Silent(tokens_[i])) ++i;
    return i < tokens_.size() ? i : kNone;
  }

  void Loop(bool repeats) {
    ++breakable_;
    if (repeats) ++repeatable_;
    Statement();
    --breakable_;
    if (repeats) --repeatable_;
  }

  std::string Label(std::string_view name) const {
    const auto at = renamed_.find(name);
    return at == renamed_.end() ? std::string(name) : at->second;
  }

  std::set<std::string_view> LabelsIn(size_t open, size_t close) const {
    std::set<std::string_view> labels;
    for (size_t i = open; i < close; ++i) {
      if (tokens_[i].kind != TokenKind::kWord || tokens_[i].text == "default") continue;
      const std::string_view before = TextOf(tokens_.Previous(i));
      if (tokens_.Is(Next(i), ":") && (before == ";" || before == "{" || before == "}" || before == ":")) labels.insert(tokens_[i].text);
    }
    return labels;
  }

  void Try() {
    const size_t body = Next(at_);
    const size_t body_end = tokens_.Is(body, "{") ? tokens_.Closing(body) : kNone;
    const size_t word = body_end == kNone ? kNone : Next(body_end);
    const bool has_finally = tokens_.Is(word, "__finally");
    if (!has_finally && !tokens_.Is(word, "__except")) return Emit();
    TryScope scope;
    scope.has_finally = has_finally;
    scope.id = ++count_;
    scope.breakable = breakable_;
    scope.repeatable = repeatable_;
    scope.labels = LabelsIn(body, body_end);
    if (has_finally) scope.finally_block = Next(word);
    const int id = scope.id;
    const std::string frame = Frame(id);

    ++at_;
    Space();
    out_ += "{ struct DrydockSehFrame " + frame + " __attribute__((cleanup(DrydockSehLeave))); DrydockSehEnter(&" + frame +
            (has_finally ? ", 2); " : ", 1); ");
    // Frames with over-aligned variables are addressed by the stack pointer, unless there is an alloca, if only one that never comes to
    // pass; a filter runs with another stack pointer.
    if (!has_finally) out_ += "if (" + frame + ".kind == 0) " + frame + ".pointers = __builtin_alloca(" + frame + ".code); ";
    out_ += "if (DrydockSehMark(" + frame + ".place) == 0) { ";
    if (!has_finally) out_ += "if (DrydockSehSave(" + frame + ".saved) == 0) { ";
    scopes_.push_back(std::move(scope));
    const std::string abnormal = abnormal_;
    Block();
    const bool leave_used = scopes_.back().leave_used;
    scopes_.pop_back();
    if (leave_used) out_ += " DrydockSehEnd_" + std::to_string(id) + ": ;";
    if (has_finally) {
      Space();
      ++at_;  // __finally
      Space();
      const size_t block = at_;
      out_ += " DrydockSehLeave(&" + frame + "); ";
      abnormal_ = "0";
      Block();
      out_ += " } else " + Copy(block, id) + " ";
      out_ += "}";
    } else {
      out_ += " } else ";
      Space();
      ++at_;  // __except
      Space();
      const int handler = handler_;
      handler_ = id;
      out_ += "DrydockSehFiltered(&" + frame + ", (int)";
      if (NowIs("(")) Balanced();
      out_ += "); } else ";
      Block();
      handler_ = handler;
      out_ += " }";
    }
    abnormal_ = abnormal;
  }

  // A finally block again, on one line. `unwinding`: of which frame, when an exception passes; else it is left by a jump.
  std::string Copy(size_t block, int unwinding) {
    std::string out;
    std::swap(out, out_);
    const size_t at = at_;
    const std::string abnormal = abnormal_;
    const auto renamed = renamed_;
    const size_t close = tokens_.Closing(block);
    copied_ += close == kNone ? 0 : close - block;
    if (copied_ > kMostCopied) throw BuildError("__finally blocks within __finally blocks: what they come to is too large");
    if (close != kNone) {
      ++copies_;
      for (const std::string_view label : LabelsIn(block, close)) renamed_[label] = std::string(label) + "_Drydock" + std::to_string(copies_);
    }
    abnormal_ = "1";
    at_ = block;
    Block();
    at_ = at;
    abnormal_ = abnormal;
    renamed_ = renamed;
    std::swap(out, out_);
    std::string line = OneLine(out);
    if (unwinding != 0) line = "{ " + line + " DrydockSehUnwind(&" + Frame(unwinding) + "); }";
    return line;
  }

  static std::string OneLine(const std::string& text) {
    std::string line;
    line.reserve(text.size());
    for (const Token& token : SplitTokens(text)) {
      if (token.kind == TokenKind::kDirective) continue;
      if (token.kind == TokenKind::kSpace) {
        line += ' ';
      } else {
        line += token.text;
      }
    }
    return line;
  }

  // What runs when scopes_[from] and all within it are left by a jump; empty if nothing has to.
  std::string LeavingText(size_t from) {
    const bool any = std::any_of(scopes_.begin() + static_cast<std::ptrdiff_t>(from), scopes_.end(), [](const TryScope& s) { return s.has_finally; });
    if (!any) return {};
    std::string text;
    std::vector<TryScope> scopes = scopes_;
    const int breakable = breakable_, repeatable = repeatable_;
    for (size_t i = scopes.size(); i-- > from;) {
      text += "DrydockSehLeave(&" + Frame(scopes[i].id) + "); ";
      if (!scopes[i].has_finally) continue;
      scopes_.resize(i);
      breakable_ = scopes[i].breakable;
      repeatable_ = scopes[i].repeatable;
      text += Copy(scopes[i].finally_block, 0) + " ";
    }
    // Labels of copies are marked as used in what is kept.
    for (size_t i = 0; i < scopes_.size(); ++i) scopes[i].leave_used |= scopes_[i].leave_used;
    scopes_ = std::move(scopes);
    breakable_ = breakable;
    repeatable_ = repeatable;
    return text;
  }

  void Return() {
    const std::string leaving = LeavingText(0);
    if (leaving.empty()) return UntilSemicolon();
    ++at_;
    std::string value, statement;
    std::swap(statement, out_);
    const size_t first = Silent0();
    UntilSemicolon();
    std::swap(statement, out_);
    value = statement;
    if (!value.empty() && value.back() == ';') value.pop_back();
    if (tokens_.Is(first, ";")) {
      out_ += "{ " + leaving + "return" + value + "; }";
    } else if (IsConstant(value)) {
      out_ += "{ " + leaving + "return " + value + "; }";
    } else {
      const std::string name = "DrydockSehValue_" + std::to_string(++copies_);
      out_ += std::string("{ ") + (cxx_ ? "auto " : "__auto_type ") + name + " = ((void)0, (" + value + ")); " + leaving + "return " + name + "; }";
    }
  }

  // A value that nothing changes and whose type matters: 0 that becomes a pointer.
  static bool IsConstant(const std::string& value) {
    for (const Token& token : SplitTokens(value)) {
      if (Silent(token) || token.kind == TokenKind::kNumber) continue;
      static constexpr std::string_view kFine[] = {"(", ")", "*", "-", "void", "__null", "nullptr", "true", "false"};
      if (std::find(std::begin(kFine), std::end(kFine), token.text) == std::end(kFine)) return false;
    }
    return true;
  }

  void Leave() {
    if (scopes_.empty()) return UntilSemicolon();
    scopes_.back().leave_used = true;
    ++at_;
    out_ += "goto DrydockSehEnd_" + std::to_string(scopes_.back().id);
    UntilSemicolon();
  }

  void Jump(std::string_view word) {
    size_t from = scopes_.size();
    const size_t label = Next(at_);
    while (from > 0) {
      const TryScope& scope = scopes_[from - 1];
      const bool leaves = word == "break"      ? scope.breakable == breakable_
                          : word == "continue" ? scope.repeatable == repeatable_
                                               : tokens_.IsKind(label, TokenKind::kWord) && scope.labels.count(tokens_[label].text) == 0;
      if (!leaves) break;
      --from;
    }
    const std::string leaving = LeavingText(from);
    if (!leaving.empty()) out_ += "{ " + leaving;
    Emit();
    Space();
    if (word == "goto" && !AtEnd() && Now().kind == TokenKind::kWord) {
      out_ += Label(Now().text);
      ++at_;
    }
    UntilSemicolon();
    if (!leaving.empty()) out_ += " }";
  }

  const TokenList tokens_;
  const bool cxx_;
  std::string out_;
  size_t at_ = 0;
  int count_ = 0, copies_ = 0, nesting_ = 0;
  size_t copied_ = 0;
  int handler_ = 0;  // in the filter or handler of this frame
  int breakable_ = 0, repeatable_ = 0;
  std::string abnormal_;  // in a finally block: what AbnormalTermination() is
  std::vector<TryScope> scopes_;
  std::map<std::string_view, std::string> renamed_;  // labels, in a copy
};

}  // namespace

namespace {

// A function that marks a place to return to is never put into its caller: gcc refuses, and there the place would be the caller's.
// Functions that the driver forces to be inlined become ones of their own; in C, where nobody else has a body of them, of this source.
std::string WithoutForcedInlining(std::string text, bool cxx) {
  if (text.find("always_inline") == std::string::npos) return text;
  const TokenList tokens(text);
  std::string out;
  out.reserve(text.size());
  size_t start = 0;  // of the declaration
  const auto put = [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) out += tokens[i].text;
  };
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens.Is(i, ";") || tokens.Is(i, "}")) {
      put(start, i + 1);
      start = i + 1;
      continue;
    }
    if (!tokens.Is(i, "{")) continue;
    const size_t close = tokens.Closing(i);
    const size_t before = tokens.Previous(i);
    const bool body = close != kNone && before != kNone && (tokens.Is(before, ")") || tokens.IsKind(before, TokenKind::kWord) || tokens.Is(before, "]"));
    bool marks = false, forced = false, is_static = false;
    for (size_t at = i; body && at < close && !marks; ++at) marks = tokens.Is(at, "DrydockSehMark");
    for (size_t at = start; at < i; ++at) {
      forced = forced || tokens.Is(at, "always_inline");
      is_static = is_static || tokens.Is(at, "static");
    }
    if (!marks || !forced) {
      // Into name spaces, classes and "extern "C""; past everything else.
      const bool scope = cxx && !tokens.Is(before, ")");
      const size_t end = scope || close == kNone ? i + 1 : close + 1;
      put(start, end);
      start = end;
      i = end - 1;
      continue;
    }
    bool told = false;
    for (size_t at = start; at < i; ++at) {
      if (tokens.Is(at, "always_inline")) {
        out += "noinline";
      } else if (!cxx && (tokens.Is(at, "inline") || tokens.Is(at, "__inline") || tokens.Is(at, "__inline__"))) {
        if (!is_static && !told) out += "static";
        told = true;
      } else if (!cxx && tokens.Is(at, "gnu_inline")) {
        out += "unused";
      } else {
        out += tokens[at].text;
      }
    }
    put(i, close + 1);
    start = close + 1;
    i = close;
  }
  put(start, tokens.size());
  return out;
}

}  // namespace

bool MayUseSeh(std::string_view source) {
  for (const std::string_view word : {"__try", "__except", "__finally", "__leave", "except", "finally"})
    if (FindWord(source, word) != std::string_view::npos) return true;
  return false;
}

SehResult TranslateSeh(std::string_view preprocessed, bool cxx) {
  if (FindWord(preprocessed, "__except") == std::string_view::npos && FindWord(preprocessed, "__finally") == std::string_view::npos) return {std::string(preprocessed), false};
  SehResult result = SehTranslation(preprocessed, cxx).Run();
  if (!result.used) return result;
  result.text = WithoutForcedInlining(std::move(result.text), cxx);
  std::string declarations = "# 1 \"<structured exception handling>\" 3\n";
  declarations += cxx ? "extern \"C\" { " + std::string(kDeclarations) + " }" : std::string(kDeclarations);
  declarations += "\n";
  if (!preprocessed.starts_with("# ")) declarations += "# 1 \"<source>\"\n";
  result.text.insert(0, declarations);
  return result;
}

}  // namespace drydock::tools
