// BuildAll: see build.h. What the argument stands for, and which of its projects are drivers.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "tools/build/build.h"
#include "tools/build/cmake_project.h"
#include "tools/build/solution.h"

namespace drydock::tools {

namespace fs = std::filesystem;

namespace {

constexpr int kDeepestSearch = 6;

// What is to be built, and with which of its configurations.
struct Candidate {
  std::string name;
  fs::path project;
  std::string configuration, platform;
  bool given = false;  // the solution says the configuration
};

class AllBuilder {
 public:
  AllBuilder(const BuildRequest& request, const Surroundings& surroundings, Diagnostics& diagnostics, void (*begin)(const std::string&))
      : request_(request), surroundings_(surroundings), diagnostics_(diagnostics), begin_(begin) {}

  BuildSummary Run() {
    fs::path path = fs::absolute(request_.project).lexically_normal();
    if (path.filename().empty()) path = path.parent_path();
    std::error_code error;
    if (fs::is_directory(path, error)) {
      FromFolder(path);
    } else if (const std::string extension = ToLower(path.extension().string()); extension == ".sln" || extension == ".slnx") {
      if (!fs::exists(path, error)) throw BuildError(fmt::format("{} does not exist", request_.project.string()));
      FromSolution(path);
    } else if (EqualsNoCase(path.filename().string(), "CMakeLists.txt") && fs::exists(path, error)) {
      FromCmake(path.parent_path());
    } else {
      One(request_.project);
    }
    return std::move(summary_);
  }

 private:
  void FromFolder(const fs::path& folder) {
    if (const auto solution = SolutionOf(folder)) return FromSolution(*solution);
    const auto projects = paths_.Expand(folder, "*.vcxproj");
    if (projects.empty() && IsWdkCmakeProject(folder)) return FromCmake(folder);
    if (projects.size() == 1 || paths_.FindFile(folder, "sources") || HoldsSources(folder)) {
      if (projects.size() <= 1) return One(request_.project);
    }
    if (!projects.empty()) {
      std::vector<fs::path> files;
      for (const auto& match : projects) files.push_back(folder / match.name);
      return FromProjects(folder, files);
    }
    // A folder above drivers: solutions below it, else projects, else files of the DDK's build.
    std::vector<fs::path> solutions, files, older;
    Search(folder, 0, solutions, files, older);
    if (solutions.size() == 1) return FromSolution(solutions.front());
    if (solutions.size() > 1 && files.empty()) return Choices(folder, solutions);
    if (!files.empty()) return FromProjects(folder, files);
    if (!older.empty()) return FromProjects(folder, older);
    throw BuildError(fmt::format("{} holds no solution, no project and no C or C++ sources", folder.string()));
  }

  void FromCmake(const fs::path& folder) { summary_ = BuildCmakeProject(folder, request_, surroundings_, diagnostics_); }

  std::optional<fs::path> SolutionOf(const fs::path& folder) {
    std::vector<fs::path> found;
    for (const char* pattern : {"*.sln", "*.slnx"})
      for (const auto& match : paths_.Expand(folder, pattern)) found.push_back(folder / match.name);
    if (found.empty()) return std::nullopt;
    for (const fs::path& one : found)
      if (found.size() > 1 && EqualsNoCase(one.stem().string(), folder.filename().string())) return one;
    // The same solution in both forms.
    const bool same = std::all_of(found.begin(), found.end(), [&](const fs::path& one) { return EqualsNoCase(one.stem().string(), found.front().stem().string()); });
    if (!same) Choices(folder, found);
    return found.front();
  }

  [[noreturn]] static void Choices(const fs::path& folder, const std::vector<fs::path>& found) {
    std::vector<std::string> names;
    for (const fs::path& one : found) names.push_back(one.lexically_relative(folder).string());
    throw BuildError(fmt::format("{} holds several solutions, name one: {}", folder.string(), fmt::join(names, ", ")));
  }

  bool HoldsSources(const fs::path& folder) {
    for (const char* pattern : {"*.c", "*.cpp", "*.cxx", "*.cc"})
      if (!paths_.Expand(folder, pattern).empty()) return true;
    return false;
  }

  void Search(const fs::path& folder, int depth, std::vector<fs::path>& solutions, std::vector<fs::path>& projects, std::vector<fs::path>& older) {
    if (depth > kDeepestSearch) return;
    std::vector<fs::path> folders;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      const std::string name = it->path().filename().string();
      const std::string extension = ToLower(it->path().extension().string());
      if (it->is_directory(error)) {
        if (!name.starts_with('.') && !EqualsNoCase(name, "packages")) folders.push_back(it->path());
      } else if (extension == ".sln" || extension == ".slnx") {
        solutions.push_back(it->path());
      } else if (extension == ".vcxproj") {
        projects.push_back(it->path());
      } else if (EqualsNoCase(name, "sources")) {
        older.push_back(it->path());
      }
    }
    std::sort(folders.begin(), folders.end());
    for (const fs::path& one : folders) Search(one, depth + 1, solutions, projects, older);
  }

  void FromProjects(const fs::path& folder, const std::vector<fs::path>& files) {
    std::vector<Candidate> candidates;
    for (const fs::path& file : files) {
      const bool old = EqualsNoCase(file.filename().string(), "sources");
      candidates.push_back({old ? file.parent_path().filename().string() : file.stem().string(), file, request_.configuration, request_.platform, false});
    }
    Build(candidates, folder.filename().string(), fs::path());
  }

  void FromSolution(const fs::path& file) {
    const Solution solution = ReadSolution(file, paths_);
    std::string configuration = ChooseSolutionConfiguration(solution, request_.configuration);
    if (configuration.empty() && !solution.configurations.empty()) {
      if (!request_.nearest_configuration) {
        throw BuildError(file.string(), 1, fmt::format("the solution has no configuration '{}'; it has {}", request_.configuration, fmt::join(solution.configurations, ", ")));
      }
      for (const std::string& one : solution.configurations) {
        if (configuration.empty() || (!EqualsNoCase(configuration.substr(configuration.find('|') + 1), "x64") && ToLower(one).ends_with("|x64")))
          configuration = one;
      }
      diagnostics_.Warning(fmt::format("{}: the solution has no configuration '{}'; '{}' is taken", file.string(), request_.configuration, configuration));
    }
    if (solution.projects.empty()) throw BuildError(file.string(), 1, "the solution names no C++ projects");
    std::vector<Candidate> candidates;
    std::string missing;
    for (const SolutionProject* project : InBuildOrder(solution)) {
      if (project->file.empty()) {
        missing += fmt::format("{}{}:{}: error: the project {} is not there", missing.empty() ? "" : "\n", file.string(), project->line, ToSlashes(project->spelled));
        continue;
      }
      Candidate candidate{project->name, project->file, request_.configuration, request_.platform, false};
      if (const auto at = project->choices.find(configuration); at != project->choices.end()) {
        if (!at->second.build && request_.only.empty()) {
          Skip(project->name, fmt::format("the solution leaves it out of {}", configuration));
          continue;
        }
        candidate.configuration = at->second.configuration;
        // A platform that runs here stays; another is the solution's way to say that it has none.
        if (EqualsNoCase(at->second.platform, "x64")) candidate.platform = "x64";
        candidate.given = true;
      }
      candidates.push_back(std::move(candidate));
    }
    for (const std::string& other : solution.others) Skip(other, "not a C++ project");
    if (!missing.empty() && request_.only.empty()) summary_.drivers.push_back({file.filename().string(), {}, missing});
    Build(candidates, file.stem().string(), file);
  }

  // Two projects of one name: each with its folder's name before it, for they are built into folders of their names.
  static void Distinguish(std::vector<Candidate>& candidates) {
    const auto same = [&](const Candidate& one) {
      return std::count_if(candidates.begin(), candidates.end(), [&](const Candidate& other) { return EqualsNoCase(other.name, one.name); }) > 1;
    };
    std::vector<std::string> names;
    for (const Candidate& one : candidates) names.push_back(same(one) ? one.project.parent_path().filename().string() + "-" + one.name : one.name);
    for (size_t i = 0; i < candidates.size(); ++i) candidates[i].name = names[i];
    for (size_t i = 0; i < candidates.size(); ++i)
      if (same(candidates[i])) candidates[i].name += "-" + std::to_string(i + 1);
  }

  // The projects that --project names, by name or by file.
  void Choose(std::vector<Candidate>& candidates, const std::string& from) {
    if (request_.only.empty()) return;
    std::vector<Candidate> chosen;
    for (const std::string& wanted : request_.only) {
      const size_t before = chosen.size();
      for (const Candidate& one : candidates) {
        if (EqualsNoCase(one.name, wanted) || EqualsNoCase(one.project.stem().string(), wanted) ||
            EqualsNoCase(one.project.filename().string(), wanted))
          chosen.push_back(one);
      }
      if (chosen.size() != before) continue;
      std::vector<std::string> names;
      for (const Candidate& one : candidates) names.push_back(one.name);
      throw BuildError(fmt::format("{} has no project '{}'; it has {}", from, wanted, fmt::join(names, ", ")));
    }
    candidates = std::move(chosen);
  }

  void Skip(const std::string& name, const std::string& why) { summary_.skipped.push_back(fmt::format("{}: {}", name, why)); }

  void Build(std::vector<Candidate> candidates, const std::string& name, const fs::path& solution) {
    Distinguish(candidates);
    Choose(candidates, name);
    const fs::path out = request_.out.empty() ? fs::path("out") / name : request_.out;
    for (const Candidate& one : candidates) {
      BuildRequest request = request_;
      request.project = one.project;
      request.configuration = one.configuration;
      request.platform = one.platform;
      request.nearest_configuration = request_.nearest_configuration || one.given;
      request.solution = solution;
      request.out = out / one.name;
      BuildOne(request, one.name);
    }
    if (summary_.drivers.empty()) {
      std::string text = fmt::format("{} builds no driver:", name);
      for (const std::string& skipped : summary_.skipped) text += "\n  " + skipped;
      throw BuildError(text);
    }
  }

  void BuildOne(const BuildRequest& request, const std::string& name) {
    try {
      ProjectOptions options;
      options.configuration = request.configuration;
      options.platform = request.platform;
      options.nearest_configuration = request.nearest_configuration;
      options.solution = request.solution;
      options.sdk_roots = surroundings_.sdk_roots;
      Diagnostics quiet(false, nullptr);  // what is to be told is told when it is built
      LoadDriverProject(request.project, options, paths_, quiet);
    } catch (const NoDriver& why) {
      std::string_view text = why.what();
      if (const size_t at = text.find("error: "); at != std::string_view::npos) text = text.substr(at + 7);
      Skip(name, std::string(text));
      return;
    } catch (const BuildError&) {
      // Told below.
    }
    if (begin_ != nullptr) begin_(name);
    BuildSummary::Driver driver;
    driver.name = name;
    try {
      driver.result = BuildDriver(request, surroundings_, diagnostics_);
    } catch (const BuildError& error) {
      driver.error = error.what();
    }
    summary_.drivers.push_back(std::move(driver));
  }

  void One(const fs::path& project) {
    BuildRequest request = request_;
    request.project = project;
    BuildSummary::Driver driver;
    driver.name = fs::absolute(project).lexically_normal().stem().string();
    driver.result = BuildDriver(request, surroundings_, diagnostics_);  // its error is the build's
    summary_.drivers.push_back(std::move(driver));
  }

  const BuildRequest& request_;
  const Surroundings& surroundings_;
  Diagnostics& diagnostics_;
  void (*begin_)(const std::string&);
  WindowsPaths paths_;
  BuildSummary summary_;
};

}  // namespace

BuildSummary BuildAll(const BuildRequest& request, const Surroundings& surroundings, Diagnostics& diagnostics, void (*begin)(const std::string&)) {
  if (request.project.empty()) throw BuildError("no project is named: its path is empty");
  return AllBuilder(request, surroundings, diagnostics, begin).Run();
}

}  // namespace drydock::tools
