// A Visual Studio project with the files it imports. Beside it: sources, and a folder that holds a link to itself.
#include "target.h"
#include "tools/build/driver_project.h"

using namespace drydock;

DRYDOCK_FUZZ_TARGET(msbuild) {
  static fuzz::InputFiles files;
  static const bool prepared = [] {
    files.Write("=== sub/a.c\nint a;\n=== sub/deeper/b.h\n", "x.c");
    std::error_code ignored;
    std::filesystem::create_directory_symlink("..", files.folder() / "sub" / "up", ignored);
    std::filesystem::create_symlink("self.props", files.folder() / "self.props", ignored);
    return true;
  }();
  (void)prepared;
  const auto project = files.Write(input, "driver.vcxproj");
  tools::WindowsPaths paths;
  tools::Diagnostics diagnostics(false, nullptr);
  fuzz::Answers<tools::BuildError>([&] { tools::LoadDriverProject(project, {}, paths, diagnostics); });
}
