#include "tools/build/include_shadow.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "tools/build/text.h"
#include "tools/build/text_file.h"

namespace drydock::tools {

namespace fs = std::filesystem;
using Form = IncludeLine::Form;

const IncludeScan& IncludePlanner::Scan(const fs::path& file) {
  auto [at, fresh] = scans_.try_emplace(file);
  if (fresh) at->second = ScanIncludes(ReadTextFile(file));
  return at->second;
}

class PlanRun {
 public:
  PlanRun(IncludePlanner& planner, const SourceFile& source, const fs::path& project_folder,
          const SystemFolders& system)
      : planner_(planner), source_(source), project_folder_(project_folder), system_(system) {}

  IncludePlan Run() {
    for (const std::string& name : source_.forced_includes) Forced(name);
    Reach(source_.path, -1);
    for (const std::string& define : source_.defines) {
      const size_t equals = define.find('=');
      if (equals != std::string::npos)
        macros_[define.substr(0, equals)].insert(define.substr(equals + 1));
    }
    // Macros may be defined after the file that uses them has been read: go round until nothing new
    // comes.
    for (size_t done = 0, macros_done = 0;
         done < visits_.size() || macros_done < macro_lines_.size();) {
      for (; done < visits_.size(); ++done) Visit(done);
      const auto lines = macro_lines_;
      for (const auto& [visit, include] : lines) Macro(visit, include);
      macros_done = lines.size();
    }
    for (const Visited& visit : visits_) plan_.reached.push_back(visit.file);
    return std::move(plan_);
  }

 private:
  struct Visited {
    fs::path file;
    int parent;  // index of the file that first included it, or -1
  };

  void Reach(const fs::path& file, int parent) {
    if (seen_.insert(file).second) visits_.push_back({file, parent});
  }

  void Visit(size_t index) {
    const IncludeScan& scan = planner_.Scan(visits_[index].file);
    for (const auto& [name, value] : scan.macros) macros_[name].insert(value);
    for (const IncludeLine& include : scan.includes) {
      if (include.form == Form::kMacro) {
        macro_lines_.emplace_back(static_cast<int>(index), include);
      } else {
        Resolve(static_cast<int>(index), include);
      }
    }
  }

  // #include NAME: every value that NAME is known to have.
  void Macro(int visit, const IncludeLine& include) {
    std::set<std::string> names{include.name}, todo{include.name};
    while (!todo.empty()) {
      const std::string name = *todo.begin();
      todo.erase(todo.begin());
      for (const std::string& value : macros_[name]) {
        IncludeLine resolved = include;
        const bool quoted = value.size() > 2 && value.front() == '"' && value.back() == '"';
        const bool angled = value.size() > 2 && value.front() == '<' && value.back() == '>';
        if (quoted || angled) {
          resolved.name = value.substr(1, value.size() - 2);
          resolved.form = quoted ? Form::kQuoted : Form::kAngled;
          resolved.question = true;  // which of the values is meant is not known here
          Resolve(visit, resolved);
        } else if (names.insert(value).second) {
          todo.insert(value);
        }
      }
    }
  }

  void Forced(const std::string& name) {
    std::optional<fs::path> file = planner_.paths_.FindFile(project_folder_, name);
    for (const fs::path& folder : source_.includes) {
      if (!file) file = planner_.paths_.FindFile(folder, name);
    }
    for (const fs::path& folder : system_.sdk) {
      if (!file) file = planner_.paths_.FindFile(folder, name);
    }
    if (!file) {
      throw BuildError(source_.file, source_.line,
                       fmt::format("the forced include {} is not there", name));
    }
    plan_.forced.push_back(*file);
    if (!InSystem(*file)) Reach(*file, -1);
  }

  // Exactly what the compiler does without help.
  std::optional<fs::path> AsCompiler(const fs::path& folder, const IncludeLine& include) const {
    const auto try_folder = [&](const fs::path& in) -> std::optional<fs::path> {
      const fs::path path = in / include.name;
      std::error_code error;
      if (!fs::is_regular_file(path, error)) return std::nullopt;
      return path.lexically_normal();
    };
    if (include.form == Form::kQuoted) {
      if (auto found = try_folder(folder)) return found;
    }
    for (const auto* list : {&source_.includes, &system_.sdk, &system_.compiler}) {
      for (const fs::path& in : *list) {
        if (auto found = try_folder(in)) return found;
      }
    }
    return std::nullopt;
  }

  // What MSVC would open.
  std::optional<fs::path> AsWindows(int visit, const IncludeLine& include) {
    WindowsPaths& paths = planner_.paths_;
    if (!source_.precompiled.empty() &&
        EqualsNoCase(ToSlashes(include.name), source_.precompiled_name)) {
      return source_.precompiled;
    }
    if (include.form == Form::kQuoted) {
      for (int at = visit; at >= 0; at = visits_[static_cast<size_t>(at)].parent) {
        if (auto found =
                paths.FindFile(visits_[static_cast<size_t>(at)].file.parent_path(), include.name))
          return found;
      }
    }
    const auto in_list = [&](const std::vector<fs::path>& list) -> std::optional<fs::path> {
      for (const fs::path& in : list) {
        if (auto found = paths.FindFile(in, include.name)) return found;
      }
      return std::nullopt;
    };
    if (auto found = in_list(source_.includes)) return found;
    // What the project's tools make lies in a folder of the project, so before the kit's own of that name.
    const auto made =
        planner_.generated_.find(fs::path(ToSlashes(include.name)).filename().string());
    if (made != planner_.generated_.end()) return made->second;
    if (auto found = in_list(system_.sdk)) return found;
    return in_list(system_.compiler);
  }

  void Resolve(int visit, const IncludeLine& include) {
    const fs::path file = visits_[static_cast<size_t>(visit)].file;
    const auto wanted = AsWindows(visit, include);
    if (!wanted) {
      if (EqualsNoCase(fs::path(ToSlashes(include.name)).extension().string(), ".tmh")) {
        plan_.trace_headers.insert(include.name);
      } else if (!include.question) {
        plan_.missing.push_back({include.name, file.string(), include.line});
      }
      return;
    }
    const auto native = AsCompiler(file.parent_path(), include);
    if (native != wanted) {
      // clang turns backslashes into slashes before it looks (-fms-extensions), gcc does not.
      Lead(include, include.name, *wanted, file);
      Lead(include, ToSlashes(include.name), *wanted, file);
    }
    if (!InSystem(*wanted)) Reach(*wanted, visit);
  }

  void Lead(const IncludeLine& include, const std::string& name, const fs::path& wanted,
            const fs::path& file) {
    auto& names = include.form == Form::kQuoted ? plan_.quoted : plan_.angled;
    const auto [at, fresh] = names.try_emplace(name, wanted);
    if (fresh || at->second == wanted) return;
    planner_.diagnostics_.Warning(fmt::format(
        "{}:{}: '{}' means {} here, but {} elsewhere in the same source; the latter is taken for "
        "both",
        file.string(), include.line, include.name, wanted.string(), at->second.string()));
  }

  // The SDK's own headers spell names rightly and need no look.
  bool InSystem(const fs::path& file) const {
    for (const auto* list : {&system_.sdk, &system_.compiler}) {
      for (const fs::path& folder : *list) {
        const auto [end, rest] =
            std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
        if (end == folder.end()) return true;
      }
    }
    return false;
  }

  IncludePlanner& planner_;
  const SourceFile& source_;
  const fs::path& project_folder_;
  const SystemFolders& system_;
  IncludePlan plan_;
  std::vector<Visited> visits_;
  std::set<fs::path> seen_;
  std::map<std::string, std::set<std::string>> macros_;
  std::vector<std::pair<int, IncludeLine>> macro_lines_;
};

IncludePlan IncludePlanner::Plan(const SourceFile& source, const fs::path& project_folder,
                                 const SystemFolders& system) {
  return PlanRun(*this, source, project_folder, system).Run();
}

fs::path WriteShadowFolder(const fs::path& root, const std::map<std::string, fs::path>& names) {
  // "../x.h" is looked up from the folder on the include path: it lies deep enough for every such
  // name to stay below root.
  size_t depth = 0;
  for (const auto& [name, file] : names) {
    size_t ups = 0;
    for (const fs::path& part : fs::path(name)) ups += part == "..";
    depth = std::max(depth, ups);
  }
  fs::path folder = root;
  for (size_t i = 0; i < depth; ++i) folder /= "up";
  std::set<fs::path> wanted;
  for (const auto& [name, file] : names) {
    // Each folder on the way must exist, or the system cannot walk "x/../y.h".
    fs::path at = folder;
    const fs::path path(name);
    for (const fs::path& part : path.parent_path()) {
      at = (at / part).lexically_normal();
      std::error_code error;
      fs::create_directories(at, error);
    }
    const fs::path header = (at / path.filename()).lexically_normal();
    WriteIfChanged(header, fmt::format("#include \"{}\"\n", file.string()));
    wanted.insert(header);
  }
  RemoveFilesBut(root, wanted);
  std::error_code error;
  fs::create_directories(folder, error);
  return folder;
}

void RemoveFilesBut(const fs::path& root, const std::set<fs::path>& wanted) {
  std::error_code error;
  std::vector<fs::path> stale;
  for (fs::recursive_directory_iterator it(root, error), end; !error && it != end;
       it.increment(error)) {
    if (it->is_regular_file() && wanted.count(it->path()) == 0) stale.push_back(it->path());
  }
  for (const fs::path& file : stale) fs::remove(file, error);
}

}  // namespace drydock::tools
