#include "tools/build/driver_metadata.h"

#include <fmt/format.h>

#include <algorithm>

namespace drydock::tools {

namespace fs = std::filesystem;

std::vector<std::string> SplitCommandLine(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false, any = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size() && text[i + 1] == '"') {
      word += '"';
      any = true;
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if (!quoted && (c == ' ' || c == '\t' || c == '\r' || c == '\n')) {
      if (any) words.push_back(std::move(word));
      word.clear();
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (any) words.push_back(std::move(word));
  return words;
}

namespace {

class ItemReader {
 public:
  ItemReader(const msbuild::Item& item, const fs::path& folder, WindowsPaths& paths,
             Diagnostics& diagnostics)
      : item_(item), folder_(folder), paths_(paths), diagnostics_(diagnostics) {}

  SourceFile Read(const fs::path& path, std::string_view include_path) {
    SourceFile source;
    source.path = path;
    source.file = item_.file;
    source.line = item_.line;
    const std::string compile_as(Trim(item_.Metadata("CompileAs")));
    const std::string extension = ToLower(path.extension().string());
    if (EqualsNoCase(compile_as, "CompileAsC")) {
      source.cxx = false;
    } else if (EqualsNoCase(compile_as, "CompileAsCpp")) {
      source.cxx = true;
    } else {
      source.cxx = extension != ".c";
    }
    const std::string standard = ToLower(Trim(item_.Metadata("LanguageStandard")));
    if (standard.starts_with("stdcpp")) source.standard = "c++" + standard.substr(6);
    for (const std::string& name : List("AdditionalIncludeDirectories")) AddInclude(source, name);
    for (const std::string& name : List("PreprocessorDefinitions")) AddDefine(source, name);
    source.undefines = List("UndefinePreprocessorDefinitions");
    source.forced_includes = List("ForcedIncludeFiles");
    const std::string precompile(Trim(item_.Metadata("PrecompiledHeader")));
    source.creates_precompiled = EqualsNoCase(precompile, "Create");
    if (source.creates_precompiled || EqualsNoCase(precompile, "Use")) {
      source.precompiled_name =
          ToSlashes(Trim(msbuild::Unescape(item_.Metadata("PrecompiledHeaderFile"))));
    }
    Options(source);
    for (const std::string& name : SplitTrimmed(include_path, ';')) AddInclude(source, msbuild::Unescape(name));
    Wpp(source.wpp);
    return source;
  }

 private:
  std::vector<std::string> List(std::string_view name) const {
    std::vector<std::string> values = SplitTrimmed(item_.Metadata(name), ';');
    for (std::string& value : values) value = msbuild::Unescape(value);
    return values;
  }

  void AddInclude(SourceFile& source, std::string_view name) {
    std::string spelled(name);
    if (spelled.size() >= 2 && spelled.front() == '"' && spelled.back() == '"')
      spelled = spelled.substr(1, spelled.size() - 2);
    if (const auto folder = paths_.FindFolder(folder_, spelled)) {
      if (std::find(source.includes.begin(), source.includes.end(), *folder) ==
          source.includes.end()) {
        source.includes.push_back(*folder);
      }
    } else {
      diagnostics_.Note(
          fmt::format("{}:{}: include folder {} is not there", item_.file, item_.line, spelled));
    }
  }

  // MSVC also takes NAME#value, and a project may hold things that are no definitions. Quotes are
  // those of a command line: a bare one vanishes, \" stays.
  void AddDefine(SourceFile& source, std::string_view text) {
    std::string define;
    for (const std::string& word : SplitCommandLine(text))
      define += (define.empty() ? "" : " ") + word;
    const size_t split = define.find_first_of("=#");
    if (split != std::string::npos && define[split] == '#') define[split] = '=';
    if (!IsIdentifier(define.substr(0, std::min(split, define.find('('))))) {
      diagnostics_.Warning(fmt::format("{}:{}: '{}' is no definition of the preprocessor; left out",
                                       item_.file, item_.line, text));
      return;
    }
    source.defines.push_back(std::move(define));
  }

  void Options(SourceFile& source) {
    const std::vector<std::string> words =
        SplitCommandLine(msbuild::Unescape(item_.Metadata("AdditionalOptions")));
    for (size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (word.size() < 2 || (word[0] != '/' && word[0] != '-')) continue;
      const std::string_view body = std::string_view(word).substr(1);
      const auto value = [&](size_t name) -> std::string {
        if (body.size() > name) return std::string(Trim(body.substr(name)));
        return i + 1 < words.size() ? words[++i] : std::string();
      };
      if (body.starts_with("D")) {
        AddDefine(source, value(1));
      } else if (body.starts_with("U")) {
        source.undefines.push_back(value(1));
      } else if (body.starts_with("I")) {
        AddInclude(source, value(1));
      } else if (body.starts_with("FI")) {
        source.forced_includes.push_back(value(2));
      } else if (body.starts_with("std:c++")) {
        source.standard = ToLower(body.substr(4));
      } else if (body == "TP") {
        source.cxx = true;
      } else if (body == "TC") {
        source.cxx = false;
      } else {
        diagnostics_.Note(fmt::format("{}:{}: option {} of MSVC has no counterpart here",
                                      item_.file, item_.line, word));
      }
    }
  }

  void Wpp(WppSettings& wpp) {
    wpp.enabled = EqualsNoCase(Trim(item_.Metadata("WppEnabled")), "true");
    wpp.functions = List("WppTraceFunction");
    wpp.control_guid = Trim(item_.Metadata("WppAddControlGuid"));
    for (const std::string& name : List("WppScanConfigurationData")) AddFile(wpp, wpp.scan, name);
    for (const char* setting : {"WppAdditionalConfigurationFile", "WppAlternateConfigurationFile"})
      for (const std::string& name : List(setting)) AddFile(wpp, wpp.ini, name);
    for (const std::string& word :
         SplitCommandLine(msbuild::Unescape(item_.Metadata("WppAdditionalOptions")))) {
      const std::string_view body =
          std::string_view(word).substr(word.starts_with('-') || word.starts_with('/') ? 1 : 0);
      const auto value = [&](std::string_view name) {
        return StartsWithNoCase(body, name) ? std::string(Trim(body.substr(name.size()))) : std::string();
      };
      if (!value("scan:").empty()) {
        AddFile(wpp, wpp.scan, value("scan:"));
      } else if (!value("ini:").empty()) {
        AddFile(wpp, wpp.ini, value("ini:"));
      } else if (!value("defwpp:").empty()) {
        AddFile(wpp, wpp.ini, value("defwpp:"));
      } else if (!value("func:").empty()) {
        wpp.functions.push_back(value("func:"));
      } else if (!value("ctl:").empty()) {
        wpp.control_guid = value("ctl:");
      } else {
        diagnostics_.Note(
            fmt::format("{}:{}: option {} of WPP is not used", item_.file, item_.line, word));
      }
    }
  }

  void AddFile(WppSettings& wpp, std::vector<fs::path>& files, std::string_view name) {
    if (const auto file = paths_.FindFile(folder_, name)) {
      files.push_back(*file);
    } else {
      wpp.missing.emplace_back(name);
    }
  }

  const msbuild::Item& item_;
  const fs::path& folder_;
  WindowsPaths& paths_;
  Diagnostics& diagnostics_;
};

}  // namespace

SourceFile SourceFromItem(const msbuild::Item& item, const fs::path& path,
                          const fs::path& project_folder, WindowsPaths& paths,
                          Diagnostics& diagnostics, std::string_view include_path) {
  return ItemReader(item, project_folder, paths, diagnostics).Read(path, include_path);
}

}  // namespace drydock::tools
