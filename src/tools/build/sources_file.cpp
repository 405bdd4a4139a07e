#include "tools/build/sources_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "tools/build/driver_metadata.h"
#include "tools/build/text_file.h"

namespace drydock::tools {

namespace fs = std::filesystem;

namespace {

constexpr int kDeepestInclude = 16;
constexpr int kDeepestMacro = 32;
constexpr size_t kMost = 64 << 20;  // bytes of all that the macros make

class NmakeReader {
 public:
  NmakeReader(WindowsPaths& paths, Diagnostics& diagnostics, NmakeMacros& macros) : paths_(paths), diagnostics_(diagnostics), macros_(macros) {}

  void Read(const fs::path& file, int depth) {
    if (depth > kDeepestInclude) throw BuildError(file.string(), 1, "files include each other in a circle");
    const fs::path outer = std::move(file_);
    file_ = file;
    const size_t conditions = conditions_.size();
    const std::string text = ReadTextFile(file);
    int line = 1;
    for (size_t start = 0; start < text.size();) {
      const int first = line;
      std::string logical;
      for (bool more = true; more && start < text.size();) {
        const size_t end = std::min(text.find('\n', start), text.size());
        std::string_view piece(text.data() + start, end - start);
        start = end + 1;
        ++line;
        // A comment ends a continued list as well as a plain line.
        if (const size_t hash = piece.find('#'); hash != std::string_view::npos && (hash == 0 || piece[hash - 1] != '^')) piece = piece.substr(0, hash);
        while (!piece.empty() && (piece.back() == '\r' || piece.back() == ' ' || piece.back() == '\t')) piece.remove_suffix(1);
        more = !piece.empty() && piece.back() == '\\';
        if (more) piece.remove_suffix(1);
        logical += std::string(piece) + ' ';
      }
      line_ = first;
      Line(logical, depth);
    }
    if (conditions_.size() != conditions) throw BuildError(file.string(), line, "an !IF has no !ENDIF");
    file_ = outer;
  }

  std::string Expand(std::string_view text, int depth = 0) const {
    if (depth > kDeepestMacro) throw BuildError(file_.string(), line_, "a macro is made of itself");
    std::string result;
    for (size_t at = 0; at < text.size(); ++at) {
      const size_t close = text[at] == '$' && at + 1 < text.size() && text[at + 1] == '(' ? text.find(')', at) : std::string_view::npos;
      if (close == std::string_view::npos) {
        result += text[at];
        continue;
      }
      std::string_view name = text.substr(at + 2, close - at - 2);
      std::string from, to;
      if (const size_t colon = name.find(':'); colon != std::string_view::npos) {
        const std::string_view change = name.substr(colon + 1);
        const size_t equals = change.find('=');
        from = change.substr(0, equals);
        if (equals != std::string_view::npos) to = change.substr(equals + 1);
        name = name.substr(0, colon);
      }
      std::string value = Expand(Value(name), depth + 1);
      if (!from.empty()) {
        Charge(value.size() / from.size() * to.size());
        value = ReplaceAll(std::move(value), from, to);
      }
      Charge(value.size());
      result += value;
      at = close;
    }
    return result;
  }

 private:
  struct Condition {
    bool active;  // this branch is read
    bool taken;   // one of the branches was
    bool outer;
  };

  std::string Value(std::string_view name) const {
    if (const auto at = macros_.find(Trim(name)); at != macros_.end()) return at->second.value;
    return {};
  }
  // Of what the macros make: one that holds another twice, and so on, would fill all memory.
  void Charge(size_t bytes) const {
    made_ += bytes;
    if (made_ > kMost) throw BuildError(file_.string(), line_, "the macros grow beyond 64 MB");
  }
  bool Active() const { return conditions_.empty() || conditions_.back().active; }

  void Line(std::string_view logical, int depth) {
    const std::string_view line = Trim(logical);
    if (line.empty()) return;
    if (line.front() == '!') {
      Directive(Trim(line.substr(1)), depth);
      return;
    }
    if (!Active()) return;
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) return;  // rules of a makefile
    const std::string name = Expand(Trim(line.substr(0, equals)));
    if (!IsIdentifier(name)) return;
    // $(NAME) within its own value is the value so far.
    std::string value(Trim(line.substr(equals + 1)));
    const std::string self = "$(" + ToLower(name) + ")";
    const std::string so_far = Value(name);
    for (size_t at = ToLower(value).find(self); at != std::string::npos; at = ToLower(value).find(self, at + so_far.size())) {
      Charge(so_far.size());
      value.replace(at, self.size(), so_far);
    }
    macros_[name] = {value, file_.string(), line_};
  }

  void Directive(std::string_view text, int depth) {
    const size_t end = std::min(text.find_first_of(" \t("), text.size());
    const std::string word = ToLower(text.substr(0, end));
    const std::string_view rest = Trim(text.substr(end));
    if (word == "if" || word == "ifdef" || word == "ifndef") {
      const bool outer = Active();
      const bool holds = outer && Holds(word, rest);
      conditions_.push_back({holds, holds, outer});
    } else if (word == "else" || word == "elseif" || word == "elseifdef" || word == "elseifndef") {
      if (conditions_.empty()) throw BuildError(file_.string(), line_, "!ELSE without !IF");
      Condition& top = conditions_.back();
      std::string kind = word == "else" ? "" : word.substr(4);
      std::string_view condition = rest;
      if (kind.empty() && !rest.empty()) {  // !ELSE IF x
        const size_t split = std::min(rest.find_first_of(" \t("), rest.size());
        kind = ToLower(rest.substr(0, split));
        condition = Trim(rest.substr(split));
      }
      top.active = top.outer && !top.taken && (kind.empty() || Holds(kind, condition));
      top.taken = top.taken || top.active;
    } else if (word == "endif") {
      if (conditions_.empty()) throw BuildError(file_.string(), line_, "!ENDIF without !IF");
      conditions_.pop_back();
    } else if (!Active()) {
      return;
    } else if (word == "include") {
      std::string name = Expand(rest);
      std::erase(name, '"');
      std::erase(name, '<');
      std::erase(name, '>');
      const int line = line_;
      if (const auto file = paths_.FindFile(file_.parent_path(), Trim(name))) {
        Read(*file, depth + 1);
      } else {
        diagnostics_.Note(fmt::format("{}:{}: {} is not there; skipped", file_.string(), line, name));
      }
      line_ = line;
    } else if (word == "error") {
      throw BuildError(file_.string(), line_, Expand(rest));
    } else if (word == "undef") {
      macros_.erase(std::string(rest));
    }
  }

  bool Holds(std::string_view kind, std::string_view text) {
    if (kind == "ifdef") return macros_.count(Trim(text)) != 0;
    if (kind == "ifndef") return macros_.count(Trim(text)) == 0;
    const std::string expanded = Expand(text);
    rest_ = expanded;
    const std::string value = Or();
    if (!Trim(rest_).empty()) {
      diagnostics_.Note(fmt::format("{}:{}: the condition {} is not understood; taken for false", file_.string(), line_, text));
      return false;
    }
    return Truth(value);
  }

  // Expressions: values are texts; a number that is not 0 is true.
  static bool Truth(std::string_view value) { return !value.empty() && value != "0"; }
  bool Take(std::string_view token) {
    rest_ = Trim(rest_);
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  std::string Or() {
    std::string left = And();
    while (Take("||")) {
      const std::string right = And();
      left = Truth(left) || Truth(right) ? "1" : "0";
    }
    return left;
  }
  std::string And() {
    std::string left = Compare();
    while (Take("&&")) {
      const std::string right = Compare();
      left = Truth(left) && Truth(right) ? "1" : "0";
    }
    return left;
  }
  std::string Compare() {
    const std::string left = Unary();
    for (const char* sign : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (!Take(sign)) continue;
      const std::string right = Unary(), op = sign;
      if (op == "==" || op == "!=") return EqualsNoCase(left, right) == (op == "==") ? "1" : "0";
      const long a = std::strtol(left.c_str(), nullptr, 0), b = std::strtol(right.c_str(), nullptr, 0);
      return (op == "<" ? a < b : op == ">" ? a > b : op == "<=" ? a <= b : a >= b) ? "1" : "0";
    }
    return left;
  }
  std::string Unary() {
    if (Take("!")) return Truth(Unary()) ? "0" : "1";
    if (Take("(")) {
      const std::string value = Or();
      Take(")");
      return value;
    }
    rest_ = Trim(rest_);
    if (StartsWithNoCase(rest_, "defined") || StartsWithNoCase(rest_, "exist")) {
      const bool exist = StartsWithNoCase(rest_, "exist");
      const size_t open = rest_.find('('), close = rest_.find(')');
      if (open == std::string_view::npos || close == std::string_view::npos || close < open) return "0";
      const std::string name(Trim(rest_.substr(open + 1, close - open - 1)));
      rest_.remove_prefix(close + 1);
      if (exist) return paths_.Exists(file_.parent_path(), name) ? "1" : "0";
      return macros_.count(name) != 0 ? "1" : "0";
    }
    if (rest_.starts_with('"')) {
      const size_t close = std::min(rest_.find('"', 1), rest_.size());
      std::string value(rest_.substr(1, close - 1));
      rest_.remove_prefix(std::min(close + 1, rest_.size()));
      return value;
    }
    const size_t end = std::min(rest_.find_first_of(" \t()=!<>&|"), rest_.size());
    std::string value(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return value;
  }

  WindowsPaths& paths_;
  Diagnostics& diagnostics_;
  NmakeMacros& macros_;
  std::vector<Condition> conditions_;
  std::string_view rest_;
  fs::path file_;
  int line_ = 0;
  mutable size_t made_ = 0;
};

class SourcesReader {
 public:
  SourcesReader(const ProjectOptions& options, WindowsPaths& paths, Diagnostics& diagnostics)
      : options_(options), paths_(paths), diagnostics_(diagnostics), reader_(paths, diagnostics, macros_) {}

  DriverProject Read(const fs::path& file, bool referenced, int depth) {
    Environment();
    reader_.Read(file, 0);
    DriverProject driver;
    driver.file = file;
    driver.folder = file.parent_path();
    driver.name = driver.target = Text("TARGETNAME");
    driver.configuration = options_.configuration;
    driver.debug = !EqualsNoCase(options_.configuration, "Release");
    if (driver.target.empty()) throw BuildError(file.string(), 1, "the file sets no TARGETNAME");
    if (driver.target.find_first_of("/\\") != std::string::npos) throw At("TARGETNAME", fmt::format("TARGETNAME '{}' is no file name", driver.target));
    Kind(driver);
    if (driver.library && !referenced) throw NoDriver(file.string(), Line("TARGETTYPE"), "the sources make a static library; build a driver that links it");
    Sources(driver);
    Infs(driver);
    Libraries(driver, depth);
    return driver;
  }

 private:
  void Environment() {
    const auto set = [this](const char* name, std::string value) { macros_[name] = {std::move(value), "", 0}; };
    const bool debug = !EqualsNoCase(options_.configuration, "Release");
    set("_BUILDARCH", "AMD64");
    set("AMD64", "1");
    set("386", "0");
    set("IA64", "0");
    set("FREEBUILD", debug ? "0" : "1");
    set("DDKBUILDENV", debug ? "chk" : "fre");
    set("O", debug ? "objchk_win7_amd64/amd64" : "objfre_win7_amd64/amd64");
    set("OBJ_PATH", ".");
    set("_NT_TARGET_VERSION", "0x601");
    set("_NT_TARGET_VERSION_WIN7", "0x601");
    set("_NT_TARGET_VERSION_VISTA", "0x600");
    set("_NT_TARGET_VERSION_WIN2K", "0x500");
    set("_NT_TARGET_VERSION_WINXP", "0x501");
    set("DDK_TARGET_OS", "Win7");
    if (options_.sdk_roots.empty()) return;
    const std::string root = options_.sdk_roots.front().string();
    for (const char* name : {"DDK_INC_PATH", "WDM_INC_PATH", "IFSKIT_INC_PATH"}) set(name, root + "/km");
    for (const char* name : {"SDK_INC_PATH", "PUBLIC_INC_PATH"}) set(name, root + "/shared");
    set("CRT_INC_PATH", root + "/crt");
  }

  std::string Text(std::string_view name) const {
    const auto at = macros_.find(name);
    return at == macros_.end() ? std::string() : std::string(Trim(reader_.Expand(at->second.value)));
  }
  int Line(std::string_view name) const {
    const auto at = macros_.find(name);
    return at == macros_.end() || at->second.line == 0 ? 1 : at->second.line;
  }
  BuildError At(std::string_view name, std::string_view message) const {
    const auto at = macros_.find(name);
    return BuildError(at == macros_.end() ? "sources" : at->second.file, Line(name), message);
  }

  int Number(const char* name, int fallback) const {
    const std::string text = Text(name);
    if (text.empty()) return fallback;
    char* end = nullptr;
    const long value = std::strtol(text.c_str(), &end, 10);
    if (*end != 0 || value < 0 || value > 1000) throw At(name, fmt::format("{} is '{}', which is no version number", name, text));
    return static_cast<int>(value);
  }

  void Kind(DriverProject& driver) {
    const std::string type = ToLower(Text("TARGETTYPE"));
    driver.library = type == "driver_library" || type == "library";
    for (const char* name : {"UMDF_VERSION", "UMDF_VERSION_MAJOR"}) {
      if (Text(name).empty()) continue;
      driver.version_major = Number(name, 2);
      if (driver.version_major != 2) throw At(name, fmt::format("UMDF {} is asked for; Drydock has 2.0 and later", driver.version_major));
      driver.version_minor = Number("UMDF_VERSION_MINOR", 33);
      driver.kind = DriverKind::kUmdf;
      return;
    }
    if (type != "driver" && type != "export_driver" && !driver.library) {
      throw NoDriver(driver.file.string(), Line("TARGETTYPE"),
                     fmt::format("the sources build no driver: TARGETTYPE is {}", type.empty() ? "not set" : Text("TARGETTYPE")));
    }
    const bool framework = !Text("KMDF_VERSION").empty() || !Text("KMDF_VERSION_MAJOR").empty();
    driver.kind_known = !driver.library || framework;
    driver.kind = framework ? DriverKind::kKmdf : DriverKind::kWdm;
    if (!framework) return;
    driver.version_major = Number(Text("KMDF_VERSION").empty() ? "KMDF_VERSION_MAJOR" : "KMDF_VERSION", 1);
    driver.version_minor = Number("KMDF_VERSION_MINOR", 9);  // the WDK's that had such files
    if (driver.version_major != 1) throw At("KMDF_VERSION_MAJOR", fmt::format("KMDF {}.{} is asked for; Drydock has 1.0 to 1.33", driver.version_major, driver.version_minor));
    if (driver.version_minor > 33) {
      diagnostics_.Warning(fmt::format("{}:{}: KMDF 1.{} is asked for; the driver is built for 1.33, the newest that Drydock has", driver.file.string(),
                                       Line("KMDF_VERSION_MINOR"), driver.version_minor));
      driver.version_minor = 33;
    }
  }

  void Sources(DriverProject& driver) {
    // All of a source's settings in the words of a project's item: one reader for both.
    msbuild::Item item;
    item.type = "ClCompile";
    item.file = driver.file.string();
    item.line = Line("SOURCES");
    item.metadata["AdditionalIncludeDirectories"] = Text("INCLUDES");
    item.metadata["AdditionalOptions"] = Text("C_DEFINES") + " " + Text("USER_C_FLAGS");
    const std::string wpp = Text("RUN_WPP");
    item.metadata["WppEnabled"] = wpp.empty() ? "false" : "true";
    std::string options;
    for (const std::string& word : SplitCommandLine(wpp))
      if (word.starts_with('-') || word.starts_with('/')) options += (options.empty() ? "\"" : " \"") + ReplaceAll(word, "\"", "\\\"") + "\"";
    item.metadata["WppAdditionalOptions"] = options;
    std::vector<std::string> missing;
    for (const char* list : {"SOURCES", "AMD64_SOURCES"}) {
      for (const std::string& name : SplitCommandLine(Text(list))) {
        const std::string extension = ToLower(fs::path(ToSlashes(name)).extension().string());
        if (extension == ".rc" || extension == ".def" || extension == ".lib") continue;
        const auto path = paths_.FindFile(driver.folder, name);
        if (!path) {
          missing.push_back(ToSlashes(name));
          continue;
        }
        if (extension == ".mc" || extension == ".mof" || extension == ".man") {
          if (extension == ".mof") continue;
          ToolItem tool;
          tool.type = "MessageCompile";
          tool.include = name;
          tool.input = *path;
          tool.header = path->stem().string() + ".h";
          tool.kernel_macros = true;
          driver.tool_items.push_back(std::move(tool));
        } else if (extension == ".asm" || extension == ".s" || extension == ".idl") {
          diagnostics_.Note(fmt::format("{}:{}: {} is not processed", item.file, item.line, name));
          ToolItem tool;
          tool.type = list;
          tool.include = name;
          driver.tool_items.push_back(std::move(tool));
        } else {
          item.include = name;
          driver.sources.push_back(SourceFromItem(item, *path, driver.folder, paths_, diagnostics_));
        }
      }
    }
    if (!missing.empty()) {
      throw At("SOURCES", fmt::format("SOURCES lists {} not there: {}", missing.size() == 1 ? "a file that is" : "files that are",
                                      fmt::join(missing, ", ")));
    }
    if (driver.sources.empty()) throw At("SOURCES", "SOURCES lists no C or C++ files");
  }

  void Infs(DriverProject& driver) {
    const std::string named = Text("INF_NAME");
    for (const auto& match : paths_.Expand(driver.folder, "*")) {
      const fs::path path = driver.folder / match.name;
      const std::string extension = ToLower(path.extension().string());
      if (extension != ".inf" && extension != ".inx") continue;
      if (!named.empty() && !EqualsNoCase(path.stem().string(), named)) continue;
      driver.infs.push_back(path);
    }
  }

  // ..\lib\$(O)\x.lib that another sources file on the way makes.
  void Libraries(DriverProject& driver, int depth) {
    std::string list = ReplaceAll(Text("TARGETLIBS"), "*", "x");
    for (const std::string& word : SplitCommandLine(list)) {
      const fs::path path(ToSlashes(word));
      if (!EqualsNoCase(path.extension().string(), ".lib") || !path.has_parent_path() || depth >= kDeepestInclude) continue;
      for (fs::path folder = path.parent_path(); !folder.empty() && folder != folder.root_path(); folder = folder.parent_path()) {
        const auto there = paths_.FindFolder(driver.folder, folder.string());
        if (!there) continue;
        const auto file = paths_.FindFile(*there, "sources");
        if (!file || *file == driver.file) break;
        DriverProject library = SourcesReader(options_, paths_, diagnostics_).Read(*file, true, depth + 1);
        if (!library.library || !EqualsNoCase(library.target, path.stem().string())) break;
        if (!library.kind_known) {
          library.kind = driver.kind;
          library.version_major = driver.version_major;
          library.version_minor = driver.version_minor;
        }
        driver.libraries.push_back(std::move(library));
        break;
      }
    }
  }

  const ProjectOptions& options_;
  WindowsPaths& paths_;
  Diagnostics& diagnostics_;
  NmakeMacros macros_;
  NmakeReader reader_;
};

}  // namespace

void ReadNmakeMacros(const fs::path& file, WindowsPaths& paths, Diagnostics& diagnostics, NmakeMacros& macros) {
  NmakeReader(paths, diagnostics, macros).Read(file, 0);
}

DriverProject ReadSourcesFile(const fs::path& file, const ProjectOptions& options, WindowsPaths& paths, Diagnostics& diagnostics) {
  return SourcesReader(options, paths, diagnostics).Read(file, false, 0);
}

}  // namespace drydock::tools
