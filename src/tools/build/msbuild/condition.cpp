#include "tools/build/msbuild/condition.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>

namespace drydock::tools::msbuild {
namespace {

constexpr int kDeepest = 200;

class Parser {
 public:
  Parser(std::string_view text, const Expander& expander, const Place& place, const Item* item)
      : text_(text), expander_(expander), place_(place), item_(item) {
    Next();
  }

  bool Run() {
    const bool result = Or();
    if (kind_ != Kind::kEnd) Fail(fmt::format("unexpected '{}'", token_));
    return result;
  }

 private:
  enum class Kind { kEnd, kText, kOperator };

  // MSBuild does not evaluate the right side of a decided and/or; a side that is skipped is parsed,
  // not judged.
  bool Or() {
    bool result = And();
    while (IsWord("or")) {
      Next();
      const bool skipped = skip_;
      skip_ = skip_ || result;
      const bool right = And();
      skip_ = skipped;
      result = result || right;
    }
    return result;
  }

  bool And() {
    bool result = Relation();
    while (IsWord("and")) {
      Next();
      const bool skipped = skip_;
      skip_ = skip_ || !result;
      const bool right = Relation();
      skip_ = skipped;
      result = result && right;
    }
    return result;
  }

  bool Relation() {
    if (++depth_ > kDeepest) Fail("it is nested too deeply");
    const bool result = Simple();
    --depth_;
    return result;
  }

  bool Simple() {
    if (IsOperator("!")) {
      Next();
      return !Relation();
    }
    if (IsOperator("(")) {
      Next();
      const bool inner = Or();
      Expect(")");
      return inner;
    }
    if (kind_ != Kind::kText)
      Fail(kind_ == Kind::kEnd ? "it ends too early" : fmt::format("unexpected '{}'", token_));
    const bool word = !quoted_;
    const std::string left = token_;
    Next();
    if (word && IsOperator("(")) return Call(left);
    static constexpr std::string_view kOperators[] = {"==", "!=", "<=", ">=", "<", ">"};
    for (const std::string_view op : kOperators) {
      if (!IsOperator(op)) continue;
      Next();
      if (kind_ != Kind::kText) Fail(fmt::format("nothing to compare with after '{}'", op));
      const std::string right = token_;
      Next();
      return skip_ ? false : Compare(left, op, right);
    }
    return skip_ ? false : Truth(left);
  }

  bool Call(const std::string& name) {
    Next();
    if (kind_ != Kind::kText) Fail(fmt::format("{} needs an argument", name));
    const std::string argument = token_;
    Next();
    Expect(")");
    if (skip_) return false;
    if (EqualsNoCase(name, "Exists")) {
      return !Trim(argument).empty() &&
             expander_.paths().Exists(expander_.project_folder(), argument);
    }
    if (EqualsNoCase(name, "HasTrailingSlash")) {
      return !argument.empty() && (argument.back() == '\\' || argument.back() == '/');
    }
    Fail(fmt::format("there is no function '{}'", name));
  }

  static bool Number(const std::string& text, double& value) {
    if (text.empty()) return false;
    char* end = nullptr;
    errno = 0;
    const bool hex = StartsWithNoCase(text, "0x");
    value = hex ? static_cast<double>(std::strtoull(text.c_str() + 2, &end, 16))
                : std::strtod(text.c_str(), &end);
    const bool digits = hex || text.find_first_not_of("+-.0123456789") == std::string::npos;
    return digits && *end == 0 && errno == 0;
  }

  static bool Boolean(std::string_view text, bool& value) {
    for (const std::string_view yes : {"true", "on", "yes", "!false", "!off", "!no"}) {
      if (EqualsNoCase(text, yes)) return value = true, true;
    }
    for (const std::string_view no : {"false", "off", "no", "!true", "!on", "!yes"}) {
      if (EqualsNoCase(text, no)) return value = false, true;
    }
    return false;
  }

  bool Compare(const std::string& left, std::string_view op, const std::string& right) {
    double a = 0, b = 0;
    const bool numbers = Number(left, a) && Number(right, b);
    if (op == "==" || op == "!=") {
      bool p = false, q = false;
      bool equal = EqualsNoCase(left, right);
      if (!equal && numbers) equal = a == b;
      if (!equal && Boolean(left, p) && Boolean(right, q)) equal = p == q;
      return equal == (op == "==");
    }
    if (!numbers && (Trim(left).empty() || Trim(right).empty())) {
      // MSBuild stops here; but the value may be one that only Windows' toolset sets.
      expander_.diagnostics().Warning(fmt::format("{}:{}: condition \"{}\" compares an empty value ('{}' {} '{}'); it is taken as not fulfilled",
                                                  place_.file, place_.line, text_, left, op, right));
      return false;
    }
    if (!numbers) {
      int order = 0;
      if (!CompareVersions(left, right, order)) {
        Fail(fmt::format("'{}' {} '{}' compares what are no numbers", left, op, right));
      }
      a = order;
      b = 0;
    }
    if (op == "<") return a < b;
    if (op == ">") return a > b;
    return op == "<=" ? a <= b : a >= b;
  }

  // 10.0.22621.0 against 10.0: part by part.
  static bool CompareVersions(const std::string& left, const std::string& right, int& order) {
    const auto parts = [](const std::string& text, std::vector<unsigned long>& out) {
      if (text.empty() || text.find_first_not_of(".0123456789") != std::string::npos) return false;
      for (const std::string& part : SplitTrimmed(text, '.'))
        out.push_back(std::strtoul(part.c_str(), nullptr, 10));
      return true;
    };
    std::vector<unsigned long> a, b;
    if (!parts(left, a) || !parts(right, b)) return false;
    order = a < b ? -1 : a > b ? 1 : 0;
    return true;
  }

  bool Truth(const std::string& text) {
    bool value = false;
    if (!Boolean(text, value)) Fail(fmt::format("'{}' is neither true nor false", text));
    return value;
  }

  bool IsWord(std::string_view word) const {
    return kind_ == Kind::kText && !quoted_ && EqualsNoCase(token_, word);
  }
  bool IsOperator(std::string_view op) const { return kind_ == Kind::kOperator && token_ == op; }

  void Expect(std::string_view op) {
    if (!IsOperator(op)) Fail(fmt::format("'{}' is missing", op));
    Next();
  }

  void Next() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
    quoted_ = false;
    if (at_ == text_.size()) {
      kind_ = Kind::kEnd;
      token_.clear();
      return;
    }
    const char c = text_[at_];
    if (c == '\'') return Quoted();
    for (const std::string_view op : {"==", "!=", "<=", ">=", "<", ">", "!", "(", ")"}) {
      if (text_.substr(at_, op.size()) != op) continue;
      kind_ = Kind::kOperator;
      token_ = op;
      at_ += op.size();
      return;
    }
    kind_ = Kind::kText;
    if ((c == '$' || c == '%' || c == '@') && text_.substr(at_ + 1, 1) == "(") {
      const size_t close = ClosingParenthesis(text_, at_ + 1);
      if (close == std::string_view::npos) Fail("a parenthesis is not closed");
      token_ = Unescape(expander_.Expand(text_.substr(at_, close + 1 - at_), place_, item_));
      quoted_ = true;  // a value, never a word of the grammar
      at_ = close + 1;
      return;
    }
    const size_t end = std::min(text_.find_first_of(" \t\r\n'=!<>()", at_), text_.size());
    token_ = std::string(text_.substr(at_, end - at_));
    at_ = end;
  }

  void Quoted() {
    // The text may hold $(...) with quotes of its own.
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '\'') {
      if (text_[end] == '$' && text_.substr(end + 1, 1) == "(") {
        const size_t close = ClosingParenthesis(text_, end + 1);
        if (close == std::string_view::npos) Fail("a parenthesis is not closed");
        end = close;
      }
      ++end;
    }
    if (end >= text_.size()) Fail("a quotation mark is not closed");
    kind_ = Kind::kText;
    quoted_ = true;
    token_ = Unescape(expander_.Expand(text_.substr(at_ + 1, end - at_ - 1), place_, item_));
    at_ = end + 1;
  }

  [[noreturn]] void Fail(std::string_view why) {
    throw BuildError(place_.file, place_.line, fmt::format("condition \"{}\": {}", text_, why));
  }

  std::string_view text_;
  const Expander& expander_;
  const Place& place_;
  const Item* item_;
  size_t at_ = 0;
  Kind kind_ = Kind::kEnd;
  std::string token_;
  bool quoted_ = false;
  bool skip_ = false;
  int depth_ = 0;
};

}  // namespace

bool EvaluateCondition(std::string_view text, const Expander& expander, const Place& place,
                       const Item* item) {
  return Parser(text, expander, place, item).Run();
}

}  // namespace drydock::tools::msbuild
