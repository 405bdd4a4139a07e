// The command's verbs, as somebody meets them who has never used it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "runtime/nearest_word.h"

namespace drydock::tools {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Outcome {
  int code = -1;
  std::string out, errors;
};

std::string Contents(std::FILE* file) {
  std::string text;
  std::rewind(file);
  char buffer[4096];
  while (const size_t got = std::fread(buffer, 1, sizeof buffer, file)) text.append(buffer, got);
  return text;
}

Outcome Call(const std::string& arguments) {
  Outcome outcome;
  char out[] = "/tmp/drydock-verbs-XXXXXX", errors[] = "/tmp/drydock-verbs-XXXXXX";
  std::FILE* files[] = {fdopen(mkstemp(out), "r+"), fdopen(mkstemp(errors), "r+")};
  const int status = std::system((std::string(DRYDOCK_TOOL) + " " + arguments + " > " + out + " 2> " + errors + " < /dev/null").c_str());
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  outcome.out = Contents(files[0]), outcome.errors = Contents(files[1]);
  std::fclose(files[0]), std::fclose(files[1]);
  std::remove(out), std::remove(errors);
  return outcome;
}

// What `drydock help` lists.
std::vector<std::string> AllVerbs() {
  std::vector<std::string> verbs;
  std::istringstream lines(Call("help").out);
  for (std::string line; std::getline(lines, line) && !line.starts_with("The usual way");)
    if (line.starts_with("  ")) verbs.push_back(line.substr(2, line.find(' ', 2) - 2));
  return verbs;
}

TEST(Verbs, EachHasHelpWithAnExampleInBothSpellings) {
  EXPECT_GE(AllVerbs().size(), 9u);
  for (const std::string& name : AllVerbs()) {
    const Outcome help = Call("help " + name);
    EXPECT_EQ(help.code, 0) << name;
    EXPECT_EQ(help.errors, "") << name;
    EXPECT_THAT(help.out, AllOf(HasSubstr("Example"), HasSubstr("\n  drydock " + name + " "))) << name;
    EXPECT_EQ(Call(name + " --help").out, help.out) << name;
  }
}

TEST(Verbs, AMisspeltOneIsAnsweredWithTheNearest) {
  const Outcome build = Call("buidl x.vcxproj");
  EXPECT_EQ(build.code, 2);
  EXPECT_THAT(build.errors, HasSubstr("there is no verb 'buidl' (did you mean build?)"));
  EXPECT_EQ(build.out, "");
  EXPECT_THAT(Call("help cov").errors, HasSubstr("there is no verb 'cov' (did you mean coverage?)"));
  EXPECT_EQ(Call("help cov").code, 2);
  EXPECT_THAT(Call("frobnicate").errors, AllOf(HasSubstr("'frobnicate'\n"), Not(HasSubstr("did you mean"))));
}

TEST(Verbs, AMisspeltOptionIsAnsweredWithTheNearest) {
  const Outcome seed = Call("run x.so --sede=7");
  EXPECT_EQ(seed.code, 2);
  EXPECT_THAT(seed.errors, AllOf(HasSubstr("drydock run: "), HasSubstr("(did you mean --seed?)"), HasSubstr("drydock run --help")));
  EXPECT_THAT(Call("tree --machin m.toml").errors, HasSubstr("drydock tree: "));
}

TEST(Verbs, AnApplicationWithoutADebugIsBuiltAsWhatIsLikeIt) {
  char folder[] = "/tmp/drydock-verbs-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string at(folder);
  std::ofstream(at + "/a.cpp") << "int main() { return 0; }\n";
  std::ofstream(at + "/a.vcxproj") << R"(<Project>
<ItemGroup Label="ProjectConfigurations">
<ProjectConfiguration Include="Win10 Release|x64"><Configuration>Win10 Release</Configuration><Platform>x64</Platform></ProjectConfiguration>
<ProjectConfiguration Include="Win10 Debug|x64"><Configuration>Win10 Debug</Configuration><Platform>x64</Platform></ProjectConfiguration>
</ItemGroup>
<PropertyGroup><ConfigurationType>Application</ConfigurationType></PropertyGroup>
<ItemGroup><ClCompile Include="a.cpp" /></ItemGroup>
</Project>)";
  const Outcome built = Call("app " + at + "/a.vcxproj -o " + at + "/out");
  EXPECT_EQ(built.code, 0) << built.errors;
  EXPECT_EQ(built.out, at + "/out/a.exe.so\n");
  EXPECT_THAT(built.errors, HasSubstr("'Win10 Debug' is taken"));
  EXPECT_THAT(Call("app " + at + "/a.vcxproj --config Odd -o " + at + "/out").errors, HasSubstr("no configuration 'Odd'"));
  std::filesystem::remove_all(folder);
}

TEST(Verbs, WithoutTheirArgumentsTheySayWhatIsMissing) {
  for (const auto* name : {"app", "build", "cc", "coverage", "inf", "mof", "run", "tree"}) {
    const Outcome none = Call(name);
    EXPECT_EQ(none.code, 2) << name;
    EXPECT_THAT(none.errors, testing::StartsWith(std::string("drydock ") + name + ": ")) << name;
  }
}

TEST(Verbs, FilesThatAreNotThereAreNamed) {
  for (const auto* line : {"app /nowhere/x.vcxproj", "build /nowhere/x.vcxproj", "coverage /nowhere/x", "demo /nowhere/x", "inf /nowhere/x", "mof /nowhere/x",
                           "run /nowhere/x.so", "tree --machine /nowhere/x"}) {
    const Outcome none = Call(line);
    EXPECT_EQ(none.code, 1) << line;
    EXPECT_THAT(none.errors, HasSubstr("/nowhere/x")) << line;
  }
}

TEST(Verbs, BuildLeadsAChosenNameToTheImage) {
  char temporary[] = "/tmp/drydock-link-XXXXXX";
  const std::filesystem::path folder = mkdtemp(temporary), link = folder / "bin/pump.so", taken = folder / "taken.so";
  const std::string build = std::string("build ") + DRYDOCK_SOURCES + "/tests/outside/pump/sys/pump.vcxproj -o " + (folder / "out").string() + " --link ";
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Call(build + link.string()).code, 0);
    EXPECT_EQ(std::filesystem::read_symlink(link), folder / "out/DosePump.so");
  }
  std::ofstream(taken) << "mine";
  const Outcome refused = Call(build + taken.string());
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.errors, HasSubstr("--link " + taken.string() + ": there is a file of that name already"));
  EXPECT_FALSE(std::filesystem::is_symlink(taken));
  std::filesystem::remove_all(folder);
}

TEST(NearestWord, AThirdOfTheLettersMayBeWrong) {
  const std::vector<std::string> words = {"build", "run", "tree", "coverage"};
  EXPECT_EQ(rt::NearestWord("buidl", words), "build");   // two letters exchanged are one mistake
  EXPECT_EQ(rt::NearestWord("RUN", words), "run");
  EXPECT_EQ(rt::NearestWord("cover", words), "coverage");
  EXPECT_EQ(rt::NearestWord("x", words), "");
  EXPECT_EQ(rt::NearestWord("", words), "");
  EXPECT_EQ(rt::NearestWord("zzzzz", words), "");
  EXPECT_EQ(rt::NearestWord(std::string(100000, 'b'), words), "");
}

}  // namespace
}  // namespace drydock::tools
