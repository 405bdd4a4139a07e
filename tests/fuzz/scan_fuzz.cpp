// What is looked for in files as their authors wrote them: includes, names, what needs translation, resources of scripts.
#include "runtime/text_encoding.h"
#include "target.h"
#include "tools/build/cmake_project.h"
#include "tools/build/include_scan.h"
#include "tools/build/line_coverage.h"
#include "tools/build/missing.h"
#include "tools/build/mof_resource.h"
#include "tools/build/msvc_dialect.h"

using namespace drydock;

DRYDOCK_FUZZ_TARGET(scan) {
  static fuzz::InputFiles files;
  const std::string text = rt::ToUtf8FromWindowsText(input);
  fuzz::Check(rt::ToUtf8FromWindowsText("\xEF\xBB\xBF" + text) == text, "what was made UTF-8 is none");
  tools::ScanIncludes(text);
  tools::LinesWithIdentifier(text, "a");
  tools::NeedOf(text);
  fuzz::Answers<tools::BuildError>([&] { tools::MofResourcesOfScript(text); });
  fuzz::Answers<tools::BuildError>([&] { tools::ReadLcov(text); });
  tools::LineCounts counts;
  tools::MapPreprocessed(text, {{1, 1}, {2, 5}, {1000000, 7}}, counts);
  files.Write(text, "CMakeLists.txt");
  fuzz::Answers<tools::BuildError>([&] { tools::IsWdkCmakeProject(files.folder()); });
}
