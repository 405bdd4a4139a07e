#include "tools/build/solution.h"

#include <fmt/format.h>

#include <algorithm>
#include <pugixml.hpp>
#include <set>

#include "tools/build/diagnostics.h"
#include "tools/build/text_file.h"

namespace drydock::tools {

namespace fs = std::filesystem;

namespace {

constexpr int kDeepestFolder = 64;
constexpr size_t kMostProjects = 10000;

bool IsProject(std::string_view path) { return ToLower(path).ends_with(".vcxproj"); }

void Locate(SolutionProject& project, const fs::path& solution, WindowsPaths& paths) {
  if (const auto file = paths.FindFile(solution.parent_path(), project.spelled)) project.file = *file;
}

// The texts within double quotes of a line.
std::vector<std::string> Quoted(std::string_view line) {
  std::vector<std::string> words;
  for (size_t at = line.find('"'); at != std::string_view::npos;) {
    const size_t end = line.find('"', at + 1);
    if (end == std::string_view::npos) break;
    words.emplace_back(line.substr(at + 1, end - at - 1));
    at = line.find('"', end + 1);
  }
  return words;
}

// The text form:
//   Project("{kind}") = "name", "path", "{id}"
//     ProjectSection(ProjectDependencies) = postProject
//       {id} = {id}
//   GlobalSection(ProjectConfigurationPlatforms) = postSolution
//     {id}.Debug|x64.ActiveCfg = Debug|x64
//     {id}.Debug|x64.Build.0 = Debug|x64
class TextReader {
 public:
  TextReader(const fs::path& file, WindowsPaths& paths) : paths_(paths) { solution_.file = file; }

  Solution Read() {
    const std::string text = ReadTextFile(solution_.file);
    if (text.find("Microsoft Visual Studio Solution File") == std::string::npos)
      throw BuildError(solution_.file.string(), 1, "this is no Visual Studio solution");
    size_t start = 0;
    for (line_ = 1; start < text.size(); ++line_) {
      const size_t end = std::min(text.find('\n', start), text.size());
      Line(Trim(std::string_view(text).substr(start, end - start)));
      start = end + 1;
    }
    for (SolutionProject& project : solution_.projects) {
      for (auto& [solution, choice] : project.choices)
        choice.build = built_.count(project.id + "." + ToLower(solution)) != 0;
    }
    return std::move(solution_);
  }

 private:
  void Line(std::string_view line) {
    if (StartsWithNoCase(line, "Project(")) {
      const std::vector<std::string> words = Quoted(line);
      if (words.size() < 4) {
        throw BuildError(solution_.file.string(), line_, "a project of a solution is Project(\"{kind}\") = \"name\", \"path\", \"{id}\"");
      }
      inside_ = IsProject(words[2]);
      constexpr std::string_view kFolder = "{2150E333-8FDC-42A3-9474-1A3956D46DE8}";
      if (!inside_) {
        if (!EqualsNoCase(words[0], kFolder)) solution_.others.push_back(ToSlashes(words[2]));
        return;
      }
      SolutionProject project;
      project.name = words[1];
      project.spelled = words[2];
      project.id = ToLower(words[3]);
      project.line = line_;
      Locate(project, solution_.file, paths_);
      solution_.projects.push_back(std::move(project));
    } else if (EqualsNoCase(line, "EndProject")) {
      inside_ = false;
    } else if (const size_t section = line.find("Section("); section != std::string_view::npos && !line.starts_with("End")) {
      const size_t close = line.find(')', section);
      section_ = close == std::string_view::npos ? std::string() : std::string(line.substr(section + 8, close - section - 8));
    } else if (line.ends_with("Section") && line.starts_with("End")) {
      section_.clear();
    } else if (const size_t equals = line.find('='); equals != std::string_view::npos) {
      Entry(Trim(line.substr(0, equals)), Trim(line.substr(equals + 1)));
    }
  }

  void Entry(std::string_view name, std::string_view value) {
    if (EqualsNoCase(section_, "ProjectDependencies")) {
      if (inside_ && !solution_.projects.empty()) solution_.projects.back().needs.push_back(ToLower(name));
    } else if (EqualsNoCase(section_, "SolutionConfigurationPlatforms")) {
      solution_.configurations.emplace_back(name);
    } else if (EqualsNoCase(section_, "ProjectConfigurationPlatforms")) {
      const size_t brace = name.find("}.");
      if (brace == std::string_view::npos) return;
      const std::string id = ToLower(name.substr(0, brace + 1));
      std::string_view rest = name.substr(brace + 2);
      if (const size_t active = ToLower(rest).rfind(".activecfg"); active != std::string::npos) {
        const size_t bar = value.find('|');
        if (bar == std::string_view::npos) return;
        for (SolutionProject& project : solution_.projects) {
          if (project.id == id)
            project.choices[std::string(rest.substr(0, active))] = {std::string(value.substr(0, bar)), std::string(value.substr(bar + 1)), true};
        }
      } else if (const size_t build = ToLower(rest).rfind(".build."); build != std::string::npos) {
        built_.insert(id + "." + ToLower(rest.substr(0, build)));
      }
    }
  }

  WindowsPaths& paths_;
  Solution solution_;
  std::string section_;
  std::set<std::string> built_;  // "{id}.debug|x64"
  bool inside_ = false;
  int line_ = 0;
};

// "Debug|x64" against a pattern with * on either side.
bool Fits(std::string_view pattern, std::string_view configuration) {
  const size_t a = pattern.find('|'), b = configuration.find('|');
  if (a == std::string_view::npos || b == std::string_view::npos) return pattern.empty() || EqualsNoCase(pattern, configuration);
  const auto fits = [](std::string_view want, std::string_view have) { return want == "*" || EqualsNoCase(want, have); };
  return fits(pattern.substr(0, a), configuration.substr(0, b)) && fits(pattern.substr(a + 1), configuration.substr(b + 1));
}

class XmlReader {
 public:
  XmlReader(const fs::path& file, WindowsPaths& paths) : paths_(paths) { solution_.file = file; }

  Solution Read() {
    text_ = ReadTextFile(solution_.file);
    const auto result = document_.load_buffer(text_.data(), text_.size(), pugi::parse_default, pugi::encoding_utf8);
    if (!result) throw BuildError(solution_.file.string(), LineAt(result.offset), fmt::format("this is no well-formed XML: {}", result.description()));
    const pugi::xml_node root = document_.document_element();
    if (!EqualsNoCase(root.name(), "Solution"))
      throw BuildError(solution_.file.string(), LineAt(root.offset_debug()), fmt::format("a solution starts with <Solution>, not <{}>", root.name()));
    std::vector<std::string> types, platforms;
    for (const auto& node : root.child("Configurations").children()) {
      const std::string name = node.attribute("Name").value();
      if (EqualsNoCase(node.name(), "BuildType")) types.push_back(name);
      if (EqualsNoCase(node.name(), "Platform")) platforms.push_back(name);
    }
    if (types.empty()) types = {"Debug", "Release"};
    if (platforms.empty()) platforms = {"x64"};
    for (const std::string& type : types)
      for (const std::string& platform : platforms) solution_.configurations.push_back(type + "|" + platform);
    Children(root);
    return std::move(solution_);
  }

 private:
  int LineAt(ptrdiff_t offset) const {
    return 1 + static_cast<int>(std::count(text_.begin(), text_.begin() + std::min<ptrdiff_t>(std::max<ptrdiff_t>(offset, 0), static_cast<ptrdiff_t>(text_.size())), '\n'));
  }

  static std::string Id(std::string_view path) { return ToLower(fs::path(ToSlashes(path)).lexically_normal().string()); }

  void Children(const pugi::xml_node& parent, int depth = 0) {
    if (depth > kDeepestFolder) throw BuildError(solution_.file.string(), LineAt(parent.offset_debug()), "folders are nested too deeply");
    for (const auto& node : parent.children()) {
      if (EqualsNoCase(node.name(), "Folder")) Children(node, depth + 1);
      if (EqualsNoCase(node.name(), "Project")) Project(node);
    }
  }

  void Project(const pugi::xml_node& node) {
    SolutionProject project;
    project.spelled = node.attribute("Path").value();
    if (!IsProject(project.spelled)) {
      solution_.others.push_back(ToSlashes(project.spelled));
      return;
    }
    project.name = fs::path(ToSlashes(project.spelled)).stem().string();
    if (const auto display = node.attribute("DisplayName")) project.name = display.value();
    project.id = Id(project.spelled);
    project.line = LineAt(node.offset_debug());
    Locate(project, solution_.file, paths_);
    for (const std::string& configuration : solution_.configurations) {
      const size_t bar = configuration.find('|');
      SolutionProject::Choice choice{configuration.substr(0, bar), configuration.substr(bar + 1), true};
      for (const auto& rule : node.children()) {
        const std::string_view pattern = rule.attribute("Solution").value();
        if (!pattern.empty() && !Fits(pattern, configuration)) continue;
        const std::string value = rule.attribute("Project").value();
        if (EqualsNoCase(rule.name(), "BuildType")) choice.configuration = value;
        if (EqualsNoCase(rule.name(), "Platform")) choice.platform = value;
        if (EqualsNoCase(rule.name(), "Build")) choice.build = !EqualsNoCase(value, "false");
      }
      project.choices[configuration] = choice;
    }
    for (const auto& rule : node.children()) {
      if (EqualsNoCase(rule.name(), "BuildDependency")) project.needs.push_back(Id(rule.attribute("Project").value()));
    }
    solution_.projects.push_back(std::move(project));
  }

  WindowsPaths& paths_;
  Solution solution_;
  std::string text_;
  pugi::xml_document document_;
};

}  // namespace

Solution ReadSolution(const fs::path& file, WindowsPaths& paths) {
  Solution solution = EqualsNoCase(file.extension().string(), ".slnx") ? XmlReader(file, paths).Read() : TextReader(file, paths).Read();
  if (solution.projects.size() > kMostProjects) throw BuildError(file.string(), solution.projects[kMostProjects].line, "a solution has at most 10000 projects");
  return solution;
}

std::string ChooseSolutionConfiguration(const Solution& solution, const std::string& configuration) {
  // What runs here is x64; of the rest, Any CPU says nothing, Win32 lies nearest.
  for (const char* platform : {"x64", "amd64", "Mixed Platforms", "Any CPU", "AnyCPU", "Win32", "x86", ""}) {
    for (const std::string& one : solution.configurations) {
      const size_t bar = one.find('|');
      if (bar == std::string::npos || !EqualsNoCase(one.substr(0, bar), configuration)) continue;
      if (*platform == 0 || EqualsNoCase(one.substr(bar + 1), platform)) return one;
    }
  }
  return {};
}

std::vector<const SolutionProject*> InBuildOrder(const Solution& solution) {
  std::vector<const SolutionProject*> order;
  std::set<const SolutionProject*> seen;
  // Depth is bounded by the number of projects; a circle ends where it began.
  const auto visit = [&](const auto& self, const SolutionProject& project) -> void {
    if (!seen.insert(&project).second) return;
    for (const std::string& need : project.needs) {
      for (const SolutionProject& other : solution.projects) {
        if (other.id == need) self(self, other);
      }
    }
    order.push_back(&project);
  };
  for (const SolutionProject& project : solution.projects) visit(visit, project);
  return order;
}

}  // namespace drydock::tools
