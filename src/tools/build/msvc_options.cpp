// WithoutMsvcOptions: see compile_launcher.h.
#include <algorithm>
#include <filesystem>
#include <string_view>

#include "tools/build/compile_launcher.h"
#include "tools/build/text.h"

namespace drydock::tools {

namespace {

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Options that MSVC takes with a dash as well, and that mean something else or nothing to clang and gcc.
bool IsMsvcOption(std::string_view body) {
  for (const std::string_view exact : {"W0", "W1", "W2", "W3", "W4", "WX", "WX-", "GR", "GR-", "GS", "GS-", "Gy", "Gy-", "GF", "GL", "GL-", "Gm", "Gm-", "Gz", "Gd",
                                       "Gr", "Gv", "Oi", "Oi-", "Od", "Oy", "Oy-", "Ot", "Ox", "Ob0", "Ob1", "Ob2", "Ob3", "kernel", "kernel-", "permissive", "permissive-",
                                       "utf-8", "bigobj", "Z7", "Zi", "ZI", "FS", "FC", "nologo", "sdl", "sdl-", "Qspectre", "Qspectre-", "hotpatch", "TP", "TC", "X",
                                       "homeparams", "openmp", "EHsc", "EHa", "EHs", "EHc", "EHs-c-", "Qpar", "JMC", "JMC-"})
    if (body == exact) return true;
  for (const std::string_view start : {"Zc:", "Zp", "diagnostics:", "guard:", "analyze", "arch:", "fp:", "RTC", "Fd", "Fo", "Fa", "favor:", "volatile:", "external:",
                                       "experimental:", "std:", "cgthreads", "source-charset:", "execution-charset:", "validate-charset", "d1", "d2"})
    if (body.starts_with(start)) return true;
  for (const std::string_view number : {"wd", "we", "wo", "w1", "w2", "w3", "w4"})
    if (body.size() > 2 && body.starts_with(number) && AllDigits(body.substr(2))) return true;
  // The linker's: /NAME or /NAME:value.
  const std::string name = ToLower(body.substr(0, body.find(':')));
  for (const std::string_view linker : {"integritycheck", "subsystem", "driver", "entry", "nodefaultlib", "libpath", "section", "merge", "opt", "debug", "incremental", "manifest",
                                        "manifestuac", "ltcg", "release", "version", "osversion", "align", "ignore", "base", "fixed", "dynamicbase", "nxcompat", "debugtype",
                                        "functionpadmin", "machine", "map", "pdb", "pdbaltpath", "profile", "cetcompat", "largeaddressaware", "pdbstripped", "stub", "export",
                                        "include", "kernel", "def", "delayload", "dll", "out", "natvis", "force", "verbose", "order", "heap", "stack", "swaprun", "tsaware"})
    if (name == linker && (body.find(':') != std::string_view::npos || body[0] < 'a')) return true;
  return false;
}

bool IsWordWithValue(std::string_view word) {
  for (const std::string_view one : {"-o", "-MF", "-MT", "-MQ", "-I", "-D", "-U", "-L", "-include", "-isystem", "-iquote", "-idirafter", "-x", "-Xclang", "-Xlinker", "-T", "-u"})
    if (word == one) return true;
  return false;
}

}  // namespace

std::vector<std::string> WithoutMsvcOptions(const std::vector<std::string>& command) {
  const bool compiles = std::find(command.begin(), command.end(), "-c") != command.end();
  std::vector<std::string> result;
  for (size_t i = 0; i < command.size(); ++i) {
    const std::string& word = command[i];
    if (i == 0 || word.size() < 2) {
      result.push_back(word);
    } else if (IsWordWithValue(word) && i + 1 < command.size()) {
      result.push_back(word);
      result.push_back(command[++i]);
    } else if (word[0] == '/') {
      const std::string_view body = std::string_view(word).substr(1);
      std::error_code error;
      if (std::filesystem::exists(word, error)) {
        result.push_back(word);
      } else if (IsMsvcOption(body)) {
        continue;
      } else if (compiles && body.starts_with("FI")) {
        const bool apart = body.size() == 2;
        if (apart && i + 1 >= command.size()) continue;
        result.push_back("-include");
        result.push_back(apart ? command[++i] : std::string(body.substr(2)));
      } else if (compiles && (body[0] == 'D' || body[0] == 'I' || body[0] == 'U')) {
        result.push_back("-" + std::string(body));
        if (body.size() == 1 && i + 1 < command.size()) result.push_back(command[++i]);
      }
    } else if (word[0] == '-') {
      const std::string_view body = std::string_view(word).substr(1);
      // A driver links what Drydock's image needs; the kit's libraries are in libdrydock.
      if (IsMsvcOption(body) || (!compiles && body[0] == 'l')) continue;
      result.push_back(word);
    } else if (ToLower(word).ends_with(".lib") && !compiles) {
      std::error_code error;
      if (std::filesystem::exists(word, error)) result.push_back(word);
    } else {
      result.push_back(word);
    }
  }
  return result;
}

}  // namespace drydock::tools
