// drydock mof FILE: what the builder makes of a MOF file, for drivers that CMake builds.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "tools/build/diagnostics.h"
#include "tools/build/generated_headers.h"
#include "tools/build/mof_resource.h"
#include "tools/build/text_file.h"
#include "tools/verbs.h"
#include "tools/verbs/command_line.h"

namespace drydock::tools {

int MofVerb(int argc, char** argv) {
  std::vector<std::string> files;
  std::string header, image;
  CLI::App app{"Reads MOF files: prints their classes, or makes what a driver needs of them.", "drydock mof"};
  app.add_option("FILE", files, "a .mof; NAME=FILE: under the resource name that the driver gives to WdfDeviceAssignMofResourceName")->required();
  app.add_option("--header", header, "write the header that wmimofck makes (of one FILE)");
  app.add_option("--image", image, "write the C source that keeps the classes in the driver's image");
  if (const auto code = ParseCommandLine(app, argc, argv,
                                         {"drydock mof toaster.mof                                # prints its classes",
                                          "drydock mof MofResource=toaster.mof --header toastermof.h"}))
    return *code;
  if (!header.empty() && files.size() != 1) {
    std::fprintf(stderr, "drydock mof: --header takes one FILE\n");
    return 2;
  }
  try {
    std::string resources;
    for (const std::string& file : files) {
      const size_t equals = file.find('=');
      const std::string name = equals == std::string::npos ? "MofResourceName" : file.substr(0, equals);
      const std::string path = equals == std::string::npos ? file : file.substr(equals + 1);
      const std::string text = ReadTextFile(path);
      resources += MofResourceText(name, text, path);
      if (!header.empty()) WriteIfChanged(header, HeaderOfMof(text, path));
    }
    if (!image.empty()) WriteIfChanged(image, MofResourceSource(resources));
    if (header.empty() && image.empty()) std::fputs(resources.c_str(), stdout);
  } catch (const std::exception& error) {
    return TellFailure(error);
  }
  return 0;
}

}  // namespace drydock::tools
