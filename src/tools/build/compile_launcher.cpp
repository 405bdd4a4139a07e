#include "tools/build/compile_launcher.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "tools/build/diagnostics.h"
#include "tools/build/dialect_long.h"
#include "tools/build/include_shadow.h"
#include "tools/build/msvc_dialect.h"
#include "tools/build/text_file.h"
#include "tools/build/toolchain.h"
#include "tools/build/wpp_generate.h"

namespace drydock::tools {

namespace fs = std::filesystem;

namespace {

bool IsOneOf(std::string_view word, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// Options whose value is the next word.
bool TakesValue(std::string_view word) {
  return IsOneOf(word, {"-I", "-D", "-U", "-L", "-include", "-imacros", "-isystem", "-iquote", "-idirafter", "-isysroot", "--sysroot", "-target",
                        "-arch", "-Xclang", "-Xpreprocessor", "-Xassembler", "-Xlinker", "-mllvm", "--param", "-T", "-u", "-z", "-A"});
}

bool IsSource(const fs::path& path, bool& cxx) {
  const std::string extension = path.extension().string();
  cxx = IsOneOf(extension, {".cpp", ".cc", ".cxx", ".c++", ".C", ".CPP"});
  return cxx || extension == ".c";
}

// clang, clang++-14, gcc, x86_64-linux-gnu-g++-12, cc, c++
bool LooksLikeCompiler(const std::string& word) {
  std::string name = fs::path(word).filename().string();
  while (!name.empty() && (name.back() == '.' || (name.back() >= '0' && name.back() <= '9'))) name.pop_back();
  if (!name.empty() && name.back() == '-') name.pop_back();
  const size_t dash = name.rfind('-');
  if (dash != std::string::npos) name = name.substr(dash + 1);
  return IsOneOf(name, {"clang", "clang++", "gcc", "g++", "cc", "c++"});
}

[[noreturn]] void Become(const std::vector<std::string>& command) {
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  std::fflush(nullptr);
  ::execvp(argv[0], argv.data());
  throw BuildError(fmt::format("cannot run {}: {}", command[0], std::strerror(errno)));
}

void Append(std::vector<std::string>& to, const std::vector<std::string>& from) { to.insert(to.end(), from.begin(), from.end()); }

// The folders that an option such as -I names, in order.
std::vector<fs::path> Folders(const std::vector<std::string>& options, std::initializer_list<std::string_view> names) {
  std::vector<fs::path> folders;
  for (size_t i = 0; i < options.size(); ++i) {
    for (const std::string_view name : names) {
      const std::string& word = options[i];
      std::string value;
      if (word == name && i + 1 < options.size()) {
        value = options[i + 1];
      } else if (word.size() > name.size() && word.starts_with(name)) {
        value = word.substr(name.size());
      }
      std::error_code error;
      if (!value.empty() && fs::is_directory(value, error)) folders.push_back(fs::absolute(value).lexically_normal());
    }
  }
  return folders;
}

bool IsClang(const std::string& compiler) { return fs::path(compiler).filename().string().find("clang") != std::string::npos; }

}  // namespace

CompileCommandLine ReadCompileCommand(const std::vector<std::string>& command) {
  CompileCommandLine line;
  size_t at = 0;
  // Before the compiler may stand what launches it: cmake -E env X=Y ccache clang ...
  const auto compiler = std::find_if(command.begin(), command.end(), LooksLikeCompiler);
  const size_t count = compiler == command.end() ? std::min<size_t>(1, command.size()) : static_cast<size_t>(compiler - command.begin()) + 1;
  for (; at < count; ++at) line.compiler.push_back(command[at]);
  bool compile = false, other = false, language_given = false, language_cxx = false;
  std::string target, file;
  int sources = 0;
  for (; at < command.size(); ++at) {
    const std::string& word = command[at];
    const bool more = at + 1 < command.size();
    bool cxx = false;
    if (word == "-c") {
      compile = true;
    } else if (IsOneOf(word, {"-E", "-S", "-M", "-MM", "-fsyntax-only"})) {
      other = true;
    } else if (word == "-o" && more) {
      line.object = command[++at];
    } else if (word == "-x" && more) {
      const std::string& language = command[++at];
      if (language == "none") continue;
      language_given = true;
      language_cxx = language == "c++";
      if (language != "c" && language != "c++") other = true;
    } else if (IsOneOf(word, {"-MF", "-MT", "-MQ"}) && more) {
      (word == "-MF" ? file : target) = command[at + 1];
      line.dependency_options.push_back(word);
      line.dependency_options.push_back(command[++at]);
    } else if (IsOneOf(word, {"-MD", "-MMD", "-MP", "-MG"})) {
      line.dependency_options.push_back(word);
    } else if (TakesValue(word) && more) {
      line.options.push_back(word);
      line.options.push_back(command[++at]);
    } else if (!word.empty() && word[0] != '-' && (IsSource(word, cxx) || language_given)) {
      ++sources;
      line.source = word;
      line.cxx = language_given ? language_cxx : cxx;
    } else {
      line.options.push_back(word);
    }
  }
  if (!line.compiler.empty() && !language_given && line.compiler.back().ends_with("++")) line.cxx = true;
  line.compiles = compile && !other && sources == 1;
  if (!line.compiles) return line;
  if (line.object.empty()) line.object = line.source.stem().string() + ".o";
  if (!line.dependency_options.empty()) {
    if (target.empty()) Append(line.dependency_options, {"-MT", line.object.string()});
    if (file.empty()) {
      file = fs::path(line.object).replace_extension(".d").string();
      Append(line.dependency_options, {"-MF", file});
    }
    line.dependency_file = file;
  }
  return line;
}

namespace {

std::string TraceHeader(const std::string& driver, const fs::path& source, const std::vector<fs::path>& reached, WppConfig config, const std::string& control_guid) {
  for (const fs::path& file : reached) ReadWppBlocks(ReadTextFile(file), file.string(), config);
  config.Check();
  for (const fs::path& file : reached) FindWppEnums(ReadTextFile(file), config);
  WppHeader header;
  header.driver = driver.empty() ? source.stem().string() : driver;
  header.source = source.filename().string();
  header.control_guid = control_guid;
  header.config = std::move(config);
  return GenerateTraceHeader(header);
}

// x.tmh that is nowhere: made from the configuration in the source and in the headers that it reaches.
void MakeTraceHeaders(const std::string& driver, const fs::path& source, const fs::path& folder, IncludePlan& plan) {
  const std::string text = TraceHeader(driver, source, plan.reached, DefaultWppConfig(), std::string());
  for (const std::string& name : plan.trace_headers) {
    const fs::path file = folder / fs::path(ToSlashes(name)).filename();
    fs::create_directories(folder);
    WriteIfChanged(file, text);
    for (const std::string& spelling : {name, ToSlashes(name)}) {
      plan.quoted.emplace(spelling, file);
      plan.angled.emplace(spelling, file);
    }
  }
}

// Whether gcc would take all that it complains of with -fpermissive, and Microsoft's compiler does too: conversions it does not.
bool OnlyPermissive(std::string_view output) {
  bool any = false;
  while (!output.empty()) {
    const size_t end = std::min(output.find('\n'), output.size());
    const std::string_view line = output.substr(0, end);
    output.remove_prefix(std::min(end + 1, output.size()));
    if (line.find("error:") == std::string_view::npos) continue;
    if (!line.ends_with("[-fpermissive]") || line.find("invalid conversion") != std::string_view::npos) return false;
    any = true;
  }
  return any;
}

// Compiles what the preprocessor gives, translated. `narrowed`: some `long` of the source is `int` already. `first_try`: what the compiler
// said of the source as it is, if it was asked.
int Translate(const CompileCommandLine& line, const std::vector<std::string>& arguments, const std::vector<std::string>& plain,
              bool narrowed, const std::string* first_try) {
  const std::string& compiler = line.compiler.back();
  const fs::path preprocessed = line.object.string() + ".i", raw = line.object.string() + ".raw.i";
  std::vector<std::string> preprocess{compiler, "-x", line.cxx ? "c++" : "c"};
  Append(preprocess, arguments);
  Append(preprocess, line.dependency_options);
  Append(preprocess, {"-UDRYDOCK_INT64", "-DDRYDOCK_INT64=" + std::string(kInt64Word)});
  Append(preprocess, {"-E", line.source.string(), "-o", raw.string()});
  const ProcessResult result = RunProcess(preprocess);
  std::error_code error;
  if (result.exit_code != 0) {
    std::fputs((first_try != nullptr ? *first_try : result.output).c_str(), stderr);
    fs::remove(raw, error);
    return result.exit_code;
  }
  if (first_try == nullptr) std::fputs(result.output.c_str(), stderr);
  const std::string text = ReadTextFile(raw);
  const Translated translated = TranslateDialect(text, line.cxx, IsClang(compiler));
  if (translated.text == text) {
    // The work is done once: what is preprocessed is compiled, with or without a change.
    fs::rename(raw, preprocessed, error);
    if (error) Become(plain);
  } else {
    fs::remove(raw, error);
    WriteIfChanged(preprocessed, translated.text);
  }

  std::vector<std::string> compile = line.compiler;
  Append(compile, {"-x", line.cxx ? "c++-cpp-output" : "cpp-output"});
  Append(compile, arguments);
  if (translated.no_optimization) Append(compile, {"-O0", "-Wno-return-type"});  // gcc takes setjmp for a way to anywhere
  if (IsClang(compiler)) compile.push_back("-Wno-unused-command-line-argument");
  std::vector<std::string> output{"-c", preprocessed.string(), "-o", line.object.string()};
  if (!line.cxx) {
    Append(compile, output);
    Become(compile);
  }
  std::vector<std::string> permissive = compile;
  Append(compile, output);
  ProcessResult compiled = RunProcess(compile);
  if (compiled.exit_code != 0 && (IsClang(compiler) || OnlyPermissive(compiled.output))) {
    // What Microsoft's compiler takes beyond the language: a goto past an initialization, templates that are only looked into when they
    // are used. Only where the language alone does not do, for it costs exactness elsewhere.
    if (IsClang(compiler)) {
      Append(permissive, {"-fms-compatibility", "-fms-compatibility-version=19.30", "-fdelayed-template-parsing", "-Wno-microsoft"});
    } else {
      permissive.push_back("-fpermissive");
    }
    Append(permissive, output);
    ProcessResult second = RunProcess(permissive);
    if (second.exit_code == 0) compiled = std::move(second);
  }
  if (compiled.exit_code != 0 && first_try != nullptr) compiled.output = *first_try;
  std::fputs(compiled.output.c_str(), stderr);
  const auto says = [&](const char* words) { return compiled.exit_code != 0 && compiled.output.find(words) != std::string::npos; };
  // Two overloads may have become one.
  if ((narrowed || translated.long_narrowed) && (says("redefinition of") || says("cannot be overloaded") || says("redeclared"))) {
    std::fprintf(stderr,
                 "%s: note: 'long' is compiled as 'int' here, for it has 32 bits on Windows: overloads and specializations that differ by\n"
                 "  'int' and 'long' alone become one. Leave one of each pair to #ifdef _MSC_VER, which Drydock does not define.\n",
                 line.source.c_str());
  }
  // What gcc has no way to say; clang takes it as Microsoft's compiler does.
  if (!IsClang(compiler)) {
    for (const auto& [words, what] : {std::pair("crosses initialization", "a goto past an initialization"), std::pair("__super", "__super"),
                                      std::pair("__if_exists", "__if_exists"), std::pair("__if_not_exists", "__if_not_exists"), std::pair("__declspec(property", "__declspec(property(...))"),
                                      std::pair("__uuidof", "__uuidof of an expression (IID_PPV_ARGS)")})
      if (says(words)) std::fprintf(stderr, "%s: note: gcc does not know %s; clang, the default compiler, does\n", line.source.c_str(), what);
  }
  return compiled.exit_code;
}

}  // namespace

int RunCompileLauncher(const std::vector<std::string>& given, const LauncherOptions& options) {
  const std::vector<std::string> command = options.msvc_options ? WithoutMsvcOptions(given) : given;
  const CompileCommandLine line = ReadCompileCommand(command);
  if (!line.compiles) Become(command);

  std::vector<std::string> arguments = line.options;
  bool translate = !options.only_if_needed;
  if (options.find_headers) {
    SourceFile source;
    source.path = fs::absolute(line.source).lexically_normal();
    source.cxx = line.cxx;
    source.includes = Folders(line.options, {"-iquote", "-I"});
    const SystemFolders system{Folders(line.options, {"-isystem", "-idirafter"}), {}};
    WindowsPaths paths;
    Diagnostics diagnostics(false, stderr);
    IncludePlanner planner(paths, diagnostics);
    IncludePlan plan = planner.Plan(source, source.path.parent_path(), system);
    if (!plan.trace_headers.empty()) MakeTraceHeaders(options.driver, source.path, fs::absolute(line.object.string() + ".headers/trace"), plan);
    std::vector<std::string> first;
    if (!plan.quoted.empty()) Append(first, {"-iquote", WriteShadowFolder(line.object.string() + ".headers/quoted", plan.quoted).string()});
    if (!plan.angled.empty()) first.push_back("-I" + WriteShadowFolder(line.object.string() + ".headers/angled", plan.angled).string());
    arguments.insert(arguments.begin(), first.begin(), first.end());
    translate = std::any_of(plan.reached.begin(), plan.reached.end(), [](const fs::path& file) { return NeedOf(ReadTextFile(file)) != DialectNeed::kNone; });
  }

  std::vector<std::string> plain = line.compiler;
  Append(plain, {"-x", line.cxx ? "c++" : "c"});
  Append(plain, arguments);
  Append(plain, line.dependency_options);
  Append(plain, {"-c", line.source.string(), "-o", line.object.string()});
  if (translate) return Translate(line, arguments, plain, options.narrowed, nullptr);
  if (!line.cxx) Become(plain);
  const ProcessResult result = RunProcess(plain);
  if (result.exit_code != 0) return Translate(line, arguments, plain, options.narrowed, &result.output);
  std::fputs(result.output.c_str(), stderr);
  return 0;
}

int RunTraceTool(const std::vector<std::string>& arguments) {
  WindowsPaths paths;
  Diagnostics diagnostics(false, stderr);
  const fs::path here = fs::current_path();
  const auto file = [&](std::string_view name) {
    const auto found = paths.FindFile(here, name);
    if (!found) throw BuildError(fmt::format("tracewpp: {} is not there", name));
    return *found;
  };
  WppConfig config = DefaultWppConfig();
  fs::path out = here;
  std::string control_guid;
  std::vector<fs::path> sources;
  for (const std::string& word : arguments) {
    if (!word.starts_with('-') && !(word.starts_with('/') && word.find('/', 1) == std::string::npos)) {
      for (const auto& match : paths.Expand(here, word)) sources.push_back(file(match.name));
      continue;
    }
    const auto value = [&](std::string_view name) {
      return StartsWithNoCase(std::string_view(word).substr(1), name) ? std::string(Trim(std::string_view(word).substr(1 + name.size()))) : std::string();
    };
    if (!value("odir:").empty()) {
      out = here / ToSlashes(value("odir:"));
    } else if (!value("func:").empty()) {
      config.Add(ParseWppFunction(value("func:"), "tracewpp", 1));
    } else if (!value("scan:").empty()) {
      ReadWppBlocks(ReadTextFile(file(value("scan:"))), value("scan:"), config);
    } else if (!value("ini:").empty()) {
      ReadWppIni(ReadTextFile(file(value("ini:"))), value("ini:"), config);
    } else if (!value("defwpp:").empty()) {
      ReadWppIni(ReadTextFile(file(value("defwpp:"))), value("defwpp:"), config);
    } else if (!value("ctl:").empty()) {
      control_guid = value("ctl:");
    }
  }
  out = out.lexically_normal();
  if (out.filename().empty()) out = out.parent_path();
  fs::create_directories(out);
  IncludePlanner planner(paths, diagnostics);
  for (const fs::path& path : sources) {
    SourceFile source;
    source.path = path;
    source.cxx = path.extension() != ".c";
    const IncludePlan plan = planner.Plan(source, path.parent_path(), {});
    WriteIfChanged(out / (path.stem().string() + ".tmh"), TraceHeader(out.filename().string(), path, plan.reached, config, control_guid));
  }
  return 0;
}

int CompileLauncherMain(int argc, char** argv) {
  LauncherOptions options;
  int at = 1;
  for (; at < argc && argv[at][0] == '-'; ++at) {
    const std::string_view word = argv[at];
    if (word == "--") {
      ++at;
      break;
    }
    if (word == "--msvc-options") {
      options.msvc_options = true;
      continue;
    }
    if (word == "--tracewpp") {
      try {
        return RunTraceTool({argv + at + 1, argv + argc});
      } catch (const BuildError& failed) {
        std::fprintf(stderr, "%s\n", failed.what());
        return 1;
      }
    }
    if (word.starts_with("--driver=")) {
      options.driver = word.substr(9);
      continue;
    }
    if (word == "--if-needed") {
      options.only_if_needed = true;
      continue;
    }
    if (word == "--narrowed") {
      options.narrowed = true;
      continue;
    }
    if (word == "--no-headers") {
      options.find_headers = false;
      continue;
    }
    std::printf(
        "usage: drydock cc [OPTIONS] [--] COMPILER ARGUMENTS...\n\n"
        "Runs one compilation (COMPILER ... -c FILE -o OBJECT) with MSVC's dialect translated for clang and gcc, and with headers\n"
        "found as on Windows. Anything else goes to the compiler as it is.\n"
        "  --no-headers    headers as the compiler finds them\n"
        "  --if-needed     C++ as it is, translated only if that fails\n"
        "  --narrowed      of a source in which long is int already\n"
        "  --msvc-options  without what only MSVC's command line knows\n\n"
        "As a launcher: cmake -DCMAKE_C_COMPILER_LAUNCHER=drydock-cc -DCMAKE_CXX_COMPILER_LAUNCHER=drydock-cc\n");
    return word == "--help" || word == "-h" ? 0 : 2;
  }
  if (at >= argc) {
    std::fprintf(stderr, "drydock cc: a compiler's command is missing (drydock cc --help)\n");
    return 2;
  }
  try {
    return RunCompileLauncher({argv + at, argv + argc}, options);
  } catch (const BuildError& failed) {
    std::fprintf(stderr, "%s\n", failed.what());
    return 1;
  }
}

}  // namespace drydock::tools
