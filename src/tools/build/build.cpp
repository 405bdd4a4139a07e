#include "tools/build/build.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "tools/build/application.h"
#include "tools/build/application_resources.h"
#include "tools/build/driver_project.h"
#include "tools/build/generated_headers.h"
#include "tools/build/manifest.h"
#include "tools/build/mof_resource.h"
#include "tools/build/inf.h"
#include "tools/build/missing.h"
#include "tools/build/msvc_dialect.h"
#include "tools/build/output_lock.h"
#include "tools/build/source_mirror.h"
#include "tools/build/text.h"
#include "tools/build/text_file.h"
#include "tools/build/wpp_generate.h"

namespace drydock::tools {

namespace fs = std::filesystem;

namespace {

class Builder {
 public:
  Builder(const BuildRequest& request, const Surroundings& surroundings, Diagnostics& diagnostics)
      : request_(request),
        surroundings_(surroundings),
        diagnostics_(diagnostics),
        planner_(paths_, diagnostics) {}

  BuildResult Run() {
    ProjectOptions options;
    options.configuration = request_.configuration;
    options.platform = request_.platform;
    options.nearest_configuration = request_.nearest_configuration;
    options.solution = request_.solution;
    options.sdk_roots = surroundings_.sdk_roots;
    options.application = request_.application;
    const fs::path out = request_.out.empty() ? fs::path("out") / request_.project.stem() : request_.out;
    options.made = fs::absolute(out).lexically_normal() / "include" / "made";
    project_ = LoadDriverProject(request_.project, options, paths_, diagnostics_);
    compiler_ = FindCompiler(request_.compiler);
    const auto ninja = FindProgram("ninja");
    if (!ninja)
      throw BuildError("ninja is not there; install it (Debian: apt-get install ninja-build)");
    out_ = fs::absolute(request_.out.empty() ? fs::path("out") / project_.name : request_.out)
               .lexically_normal();
    if (out_.filename().empty()) out_ = out_.parent_path();
    std::error_code error;
    if (fs::exists(out_, error) && !fs::is_directory(out_, error)) {
      throw BuildError(fmt::format("the output folder {} is a file", out_.string()));
    }

    const OutputLock lock(out_, diagnostics_);
    BuildResult result;
    for (const fs::path& inf : project_.infs) 
      result.infs.push_back(PlaceInf(inf, project_, out_, diagnostics_));
    if (request_.application) PrepareApplication(project_);
    mirror_.emplace(out_ / "include" / "copies");
    BuildPlan plan = Plan();
    mirror_->RemoveOthers();
    plan.image = result.image = out_ / (project_.target + (request_.application ? ".exe.so" : ".so"));
    WriteIfChanged(out_ / "build.ninja", NinjaText(plan));
    WriteIfChanged(out_ / "compile_commands.json", CompileCommandsJson(plan, out_));
    result.up_to_date = RunNinja(*ninja);
    CheckImage(result.image);
    if (!result.up_to_date) {
      const std::string unfinished = DescribeUnfinishedFunctions(project_, sources_, Pages());
      if (!unfinished.empty()) diagnostics_.Warning(unfinished);
    }
    return result;
  }

 private:
  BuildPlan Plan() {
    BuildPlan plan;
    flags_ = Flags(project_);
    Trace(fmt::format(
        "{} is a {} driver{}, {} sources, configuration {}", project_.name, KindName(project_.kind),
        project_.version_major != 0
            ? fmt::format(" for version {}.{}", project_.version_major, project_.version_minor)
            : "",
        project_.sources.size(), project_.configuration));
    AddSources(project_, flags_, plan, plan.objects);
    for (const DriverProject& library : project_.libraries) AddLibrary(library, plan);
    for (const fs::path& stub : flags_.sources) {
      AddPlain(stub, plan);
    }
    const fs::path info = out_ / "obj" / "image_info.c";
    WriteIfChanged(info, ImageInfo());
    AddPlain(info, plan);
    if (!project_.mof_resources.empty()) {
      std::string text;
      for (const auto& [name, mof] : project_.mof_resources)
        text += MofResourceText(name, ReadTextFile(mof), mof.string());
      const fs::path resources = out_ / "obj" / "mof_resources.c";
      WriteIfChanged(resources, MofResourceSource(text));
      AddPlain(resources, plan);
    }

    if (!project_.resource_scripts.empty()) {
      const SystemFolders system{flags_.includes, compiler_.header_folders};
      const auto command = [&](const SourceFile& script) {
        return CompileCommand(script, planner_.Plan(script, project_.folder, system), flags_, out_ / "include" / "resources" / script.path.stem());
      };
      const fs::path source = MakeResources(project_, out_ / "obj" / "resources", {paths_, diagnostics_, out_ / "include", command});
      if (!source.empty()) AddPlain(source, plan);
    }
    if (!event_manifests_.empty()) {
      const fs::path events = out_ / "obj" / "event_manifest.c";
      WriteIfChanged(events, ManifestResourceSource(event_manifests_));
      AddPlain(events, plan);
    }

    plan.link = {compiler_.c.string()};
    const auto map = surroundings_.Find("driver-exports.map");
    for (const std::string& flag : flags_.link) {
      plan.link.push_back(map ? ReplaceAll(flag, "@EXPORTS@", map->string()) : flag);
    }
    if (map) plan.link_files.push_back(*map);
    if (!project_.entry_point.empty()) plan.link.push_back("-Wl,--defsym=DriverEntry=" + project_.entry_point);
    plan.link.push_back("-Wl,-soname," + project_.target + ".so");
    plan.link_libraries = flags_.link_libraries;
    return plan;
  }

  DriverFlags Flags(const DriverProject& project) {
    DriverFlags flags = LoadFlags(surroundings_, project, compiler_, request_.sanitizers);
    if (!request_.coverage) return flags;
    // clang writes one file per image and adds to it from run to run (%m); gcc one per object, beside it.
    const std::string counts = "-fprofile-instr-generate=" + (out_ / "coverage" / "%m.profraw").string();
    if (compiler_.family == "clang") {
      flags.compile.insert(flags.compile.end(), {counts, "-fcoverage-mapping", "-fprofile-update=atomic"});
      flags.link.push_back(counts);
    } else {
      flags.compile.insert(flags.compile.end(), {"--coverage", "-fprofile-update=atomic"});
      flags.link.push_back("--coverage");
    }
    flags.runtime.insert(flags.runtime.end(), flags.coverage_runtime.begin(), flags.coverage_runtime.end());
    return flags;
  }

  void AddLibrary(const DriverProject& library, BuildPlan& plan) {
    ArchiveStep archive;
    archive.archive = out_ / "obj" / UniqueName(library.target, ".a");
    const DriverFlags flags = Flags(library);
    AddSources(library, flags, plan, archive.objects);
    plan.archives.push_back(std::move(archive));
    for (const DriverProject& inner : library.libraries) AddLibrary(inner, plan);
  }

  void AddSources(const DriverProject& project, const DriverFlags& flags, BuildPlan& plan,
                  std::vector<fs::path>& objects) {
    MakeToolHeaders(project);
    const SystemFolders system{flags.includes, compiler_.header_folders};
    const size_t first = sources_.size();
    for (const SourceFile& source : project.sources) {
      CompiledSource one;
      one.source = &source;
      one.includes = planner_.Plan(source, project.folder, system);
      one.step.source = source.path;
      one.step.object = out_ / "obj" / UniqueName(source.path.stem().string(), ".o");
      sources_.push_back(std::move(one));
    }
    // Types of traces belong to the image, so all configuration is read before the first header is
    // written.
    for (size_t i = first; i < sources_.size(); ++i) ReadTraceTypes(sources_[i]);
    for (size_t i = first; i < sources_.size(); ++i) {
      CompiledSource& one = sources_[i];
      const fs::path shadow = out_ / "include" / one.step.object.stem();
      MakeTraceHeaders(one, shadow / "trace");
      one.step.command = CompileCommand(*one.source, one.includes, flags, shadow);
      Translate(one, flags, shadow);
      one.step.depfile = IsDepfileName(out_) && std::all_of(one.includes.reached.begin(), one.includes.reached.end(), IsDepfileName);
      if (one.step.copy.empty() || !one.step.depfile) one.step.stamp = StampOf(one);
      objects.push_back(one.step.object);
      plan.compiles.push_back(one.step);
    }
  }

  // A source with words that only MSVC understands is compiled by way of drydock-cc; where `long` is all
  // that differs, or a file is UTF-16, a copy of it.
  void Translate(CompiledSource& one, const DriverFlags& flags, const fs::path& shadow) {
    const auto& reached = one.includes.reached;
    const auto any = [&](DialectNeed need) {
      return std::any_of(reached.begin(), reached.end(), [&](const fs::path& file) { return Need(file) == need; });
    };
    bool needed = any(DialectNeed::kPreprocessed);
    // Lines are counted in the file that the compiler reads.
    if (!needed && request_.coverage) needed = any(DialectNeed::kWritten);
    bool narrowed = false;
    if (!needed && any(DialectNeed::kWritten)) {
      const SourceMirror::Mirrored mirrored = mirror_->Add(*one.source, one.includes);
      one.step.copy = mirrored.source.path;
      one.step.copy_command = CompileCommand(mirrored.source, mirrored.includes, flags, shadow / "copies");
      narrowed = mirror_->Narrows(reached);
      Trace(fmt::format("{} is compiled from a copy, in UTF-8 and with a long of 32 bits", one.source->path.string()));
    }
    if (!needed && !one.source->cxx) return;
    if (surroundings_.launcher.empty()) {
      if (!needed) return;
      diagnostics_.Warning(fmt::format("drydock-cc is not found: {} is compiled as it is", one.source->path.string()));
      return;
    }
    if (needed) Trace(fmt::format("{} is compiled with MSVC's words translated", one.source->path.string()));
    one.step.launcher = {surroundings_.launcher.string(), "--no-headers", "--"};
    // C++ may hold what clang takes only when it is told to be as permissive as MSVC.
    if (!needed) one.step.launcher.insert(one.step.launcher.end() - 1, "--if-needed");
    if (narrowed) one.step.launcher.insert(one.step.launcher.end() - 1, "--narrowed");
  }

  DialectNeed Need(const fs::path& file) {
    const auto [known, fresh] = needs_.try_emplace(file, DialectNeed::kNone);
    if (fresh) known->second = std::max(NeedOf(ReadTextFile(file)), IsUtf16File(file) ? DialectNeed::kWritten : DialectNeed::kNone);
    return known->second;
  }

  // Times and sizes of what a source is made of. ninja compares times with those of the objects alone: an older file put in a newer one's
  // place would go unseen.
  std::string StampOf(const CompiledSource& one) {
    std::vector<fs::path> files = one.includes.reached;
    if (!one.step.depfile) files.push_back(surroundings_.library);  // in the place of the SDK's headers, which come with it
    size_t stamp = files.size();
    const auto add = [&stamp](size_t value) { stamp = (stamp ^ value) * 0x9E3779B97F4A7C15u + (stamp >> 29); };
    for (const fs::path& file : files) {
      std::error_code error;
      add(std::hash<std::string>()(file.string()));
      add(static_cast<size_t>(fs::last_write_time(file, error).time_since_epoch().count()));
      add(static_cast<size_t>(fs::file_size(file, error)));
    }
    return fmt::format("{:016x}", stamp);
  }

  void MakeToolHeaders(const DriverProject& project) {
    for (const fs::path& file : project.made) planner_.AddGenerated(file.filename().string(), file);
    for (const ToolItem& item : project.tool_items) {
      if (item.input.empty()) continue;
      const std::string text = ReadTextFile(item.input), file = item.input.string();
      const std::string extension = ToLower(item.input.extension().string());
      std::string header;
      if (extension == ".mof") {
        header = HeaderOfMof(text, file, {item.method_structures});
      } else if (extension == ".mc") {
        header = HeaderOfMessages(text, file);
        if (request_.application) {
          for (const GeneratedFile& made : ResourcesOfMessages(text, file, fs::path(item.header).stem().string()))
            WriteIfChanged(out_ / "include" / made.name, made.bytes);
        }
      } else {
        header = HeaderOfManifest(text, file, {item.kernel_macros, item.user_macros, item.macro_prefix, item.symbol_prefix});
        event_manifests_ += ManifestResourceText(ReadManifest(text, file));
      }
      const fs::path path = out_ / "include" / item.header;
      WriteIfChanged(path, header);
      planner_.AddGenerated(item.header, path);
    }
  }

  // The builder's own files: no project flags, no shadow.
  void AddPlain(const fs::path& source, BuildPlan& plan) {
    SourceFile plain;
    plain.path = source;
    plain.cxx = false;
    CompileStep step;
    step.source = source;
    step.object = out_ / "obj" / UniqueName(source.stem().string(), ".o");
    step.depfile = IsDepfileName(source);
    step.command = CompileCommand(plain, IncludePlan(), flags_, fs::path());
    plan.objects.push_back(step.object);
    plan.compiles.push_back(std::move(step));
  }

  std::vector<std::string> CompileCommand(const SourceFile& source, const IncludePlan& includes,
                                          const DriverFlags& flags, const fs::path& shadow) {
    std::vector<std::string> command{(source.cxx ? compiler_.cxx : compiler_.c).string(), "-x",
                                     source.cxx ? "c++" : "c"};
    command.insert(command.end(), flags.compile.begin(), flags.compile.end());
    const auto& language = source.cxx ? flags.cxx : flags.c;
    command.insert(command.end(), language.begin(), language.end());
    // C++20 is what everything is compiled as; what differs in meaning is told apart.
    if (source.cxx && (source.standard == "c++latest" || source.standard == "c++23preview" || source.standard == "c++23")) {
      command.push_back("-std=c++2b");
    } else if (source.cxx && source.standard != "c++20") {
      command.push_back("-fno-char8_t");
    }
    for (const std::string& define : flags.defines) command.push_back("-D" + define);
    for (const std::string& define : source.defines) command.push_back("-D" + define);
    for (const std::string& name : source.undefines) command.push_back("-U" + name);
    if (!includes.quoted.empty()) {
      command.push_back("-iquote");
      command.push_back(WriteShadowFolder(shadow / "quoted", includes.quoted).string());
    }
    if (!includes.angled.empty())
      command.push_back("-I" + WriteShadowFolder(shadow / "angled", includes.angled).string());
    for (const fs::path& folder : source.includes) command.push_back("-I" + folder.string());
    for (const fs::path& folder : flags.includes) {
      command.push_back("-isystem");
      command.push_back(folder.string());
    }
    for (const fs::path& file : includes.forced) {
      command.push_back("-include");
      command.push_back(file.string());
    }
    return command;
  }

  WppConfig TraceConfig(const CompiledSource& one) {
    const WppSettings& settings = one.source->wpp;
    WppConfig config = DefaultWppConfig();
    for (const fs::path& ini : settings.ini) ReadWppIni(ReadTextFile(ini), ini.string(), config);
    for (const fs::path& file : settings.scan)
      ReadWppBlocks(ReadTextFile(file), file.string(), config);
    for (const fs::path& file : one.includes.reached)
      ReadWppBlocks(ReadTextFile(file), file.string(), config);
    for (const std::string& function : settings.functions) {
      config.Add(ParseWppFunction(function, one.source->file, one.source->line));
    }
    config.Check();
    for (const fs::path& file : one.includes.reached) FindWppEnums(ReadTextFile(file), config);
    FindKitEnums(config);
    return config;
  }

  // Enumerations of the kit that the driver's configuration names.
  void FindKitEnums(WppConfig& config) {
    for (WppType& type : config.types) {
      if (type.enumeration.empty() || !type.words.empty()) continue;
      const auto known = kit_enums_.find(type.enumeration);
      if (known != kit_enums_.end()) {
        type.words = known->second;
        continue;
      }
      WppConfig one;
      one.types.push_back(type);
      std::error_code error;
      for (const fs::path& folder : surroundings_.sdk_roots)
        for (fs::recursive_directory_iterator at(folder, error), end; at != end && one.types[0].words.empty(); at.increment(error))
          if (at->path().extension() == ".h" && at->is_regular_file(error)) FindWppEnums(ReadTextFile(at->path()), one);
      type.words = kit_enums_[type.enumeration] = one.types[0].words;
    }
  }

  void ReadTraceTypes(const CompiledSource& one) {
    if (one.includes.trace_headers.empty()) return;
    for (const WppType& type : TraceConfig(one).types) {
      if (!type.words.empty() || !type.alias.empty()) trace_types_.Add(type);
    }
  }

  void MakeTraceHeaders(CompiledSource& one, const fs::path& folder) {
    if (one.includes.trace_headers.empty()) return;
    const WppSettings& settings = one.source->wpp;
    if (!settings.enabled) {
      Trace(fmt::format("{} includes a trace header, though the project does not enable WPP for it",
                        one.source->path.string()));
    }
    for (const std::string& name : settings.missing)
      Trace(fmt::format("WPP configuration {} is not there", name));
    WppHeader header;
    header.driver = project_.target;
    header.source = one.source->path.filename().string();
    header.control_guid = settings.control_guid;
    header.config = TraceConfig(one);
    header.config.types = trace_types_.types;
    const std::string text = GenerateTraceHeader(header);
    for (const std::string& name : one.includes.trace_headers) {
      const fs::path file = folder / fs::path(ToSlashes(name)).filename();
      WriteIfChanged(file, text);
      for (const std::string& spelling : {name, ToSlashes(name)}) {
        one.includes.quoted.emplace(spelling, file);
        one.includes.angled.emplace(spelling, file);
      }
    }
  }

  std::string ImageInfo() const {
    nlohmann::json info = {
        {"name", project_.target},
        {"type", KindName(project_.kind)},
        {"version", fmt::format("{}.{}", project_.version_major, project_.version_minor)},
        {"configuration", project_.configuration},
        {"project", project_.file.string()},
        {"inf", project_.infs.empty() ? "" : project_.infs.front().stem().string() + ".inf"},
        {"sanitize", request_.sanitizers}};
    if (project_.version_major == 0) info["version"] = "";
    return fmt::format(
        "/* What this driver image is; read by a machine that loads it. */\n"
        "__attribute__((section(\".drydock\"), used, visibility(\"default\"))) const char "
        "DrydockImageInfo[] =\n    \"{}\";\n",
        EscapeC(info.dump()));
  }

  // Object names are unique in the output folder and stay the same from run to run.
  std::string UniqueName(const std::string& stem, std::string_view extension) {
    for (int i = 0;; ++i) {
      const std::string name =
          (i == 0 ? stem : fmt::format("{}_{}", stem, i)) + std::string(extension);
      if (object_names_.insert(ToLower(name)).second) return name;
    }
  }

  // True if there was nothing to do.
  bool RunNinja(const fs::path& ninja) {
    std::vector<std::string> command{ninja.string(), "-C", out_.string(), "-k", "0"};
    if (request_.jobs > 0) command.push_back(fmt::format("-j{}", request_.jobs));
    if (diagnostics_.verbose()) command.push_back("-v");
    const ProcessResult result = RunProcess(command);
    const bool idle = result.output.find("ninja: no work to do.") != std::string::npos;
    Show(result.output);
    if (result.exit_code == 0) return idle;
    if (result.output.find("ninja: build stopped: interrupted by user") != std::string::npos)
      throw BuildError("the build was interrupted; the next one goes on with what is missing");
    // Everything that is lacking at once: headers, names, functions.
    std::string lacking = DescribeMissingHeaders(project_, sources_);
    const std::string names = DescribeUnknownNames(project_, result.output, sources_, Pages());
    if (!lacking.empty() && !names.empty()) lacking += "\n";
    lacking += names;
    if (!lacking.empty()) throw BuildError(lacking);
    throw BuildError(fmt::format("{} could not be compiled", project_.file.filename().string()));
  }

  // The compilers' words; ninja's own only with -v, but for its troubles. A compiler that ends without an error of its own (it crashed, or
  // was killed) does not say of which file.
  void Show(const std::string& output) {
    size_t start = 0;
    bool command = false, told = true;
    std::string object;
    const auto finish = [&] {
      if (told) return;
      told = true;
      for (const CompiledSource& one : sources_)
        if (one.step.object == object) fmt::print(stderr, "{}: error: the compiler ended without telling what is wrong\n", one.source->path.string());
    };
    while (start < output.size()) {
      const size_t end = std::min(output.find('\n', start), output.size());
      const std::string_view line = std::string_view(output).substr(start, end - start);
      start = end + 1;
      const bool failed = line.starts_with("FAILED: ");
      constexpr std::string_view kStopped = "ninja: build stopped: ";
      const std::string_view why = line.starts_with(kStopped) ? line.substr(kStopped.size()) : std::string_view();
      const bool trouble = !why.empty() && !why.starts_with("subcommand") && !why.starts_with("cannot make progress") && !why.starts_with("interrupted");
      if (trouble || line.starts_with("ninja: error: ") || line.starts_with("ninja: fatal: ")) {
        fmt::print(stderr, "{}\n", line);
        continue;
      }
      if (failed || line.starts_with("ninja: ") || (line.starts_with("[") && line.find("] ") < 16)) finish();
      if (failed) {
        object = Trim(line.substr(8));
        if (object.starts_with("[code=")) object.erase(0, std::min(object.find("] "), object.size() - 2) + 2);  // ninja 1.13
        told = false;
      }
      told = told || (!failed && !command && line.find("error") != std::string_view::npos);
      const bool own = failed || command || line.starts_with("ninja: ") ||
                       (line.starts_with("[") && line.find("] ") < 16);
      command = failed;  // the line after FAILED is the command
      if (!own || diagnostics_.verbose()) fmt::print(stderr, "{}\n", line);
    }
    finish();
  }

  void CheckImage(const fs::path& image) {
    if (surroundings_.library.empty()) {
      diagnostics_.Warning(
          "libdrydock.so is not found: whether it has all the functions that the driver needs is "
          "not checked");
      return;
    }
    if (request_.application) CheckApplicationEntry(project_, sources_);
    const std::string missing =
        DescribeMissingFunctions(project_, image, surroundings_.library, flags_.runtime, sources_, Pages());
    if (missing.empty()) return;
    std::error_code error;
    fs::remove(image, error);
    throw BuildError(missing);
  }

  CoveragePages Pages() const { return CoveragePages(surroundings_.docs, project_.kind == DriverKind::kUmdf); }

  void Trace(const std::string& text) { diagnostics_.Note(text); }

  const BuildRequest& request_;
  const Surroundings& surroundings_;
  Diagnostics& diagnostics_;
  WindowsPaths paths_;
  IncludePlanner planner_;
  DriverProject project_;
  Compiler compiler_;
  DriverFlags flags_;
  fs::path out_;
  std::vector<CompiledSource> sources_;
  std::map<fs::path, DialectNeed> needs_;
  std::optional<SourceMirror> mirror_;
  WppConfig trace_types_;
  std::map<std::string, std::vector<std::pair<long long, std::string>>> kit_enums_;  // by their tags
  std::string event_manifests_;  // of the project and its libraries
  std::set<std::string> object_names_;
};

}  // namespace

BuildResult BuildDriver(const BuildRequest& request, const Surroundings& surroundings,
                        Diagnostics& diagnostics) {
  if (request.project.empty()) throw BuildError("no project is named: its path is empty");
  return Builder(request, surroundings, diagnostics).Run();
}

}  // namespace drydock::tools
