// What a driver image keeps of its MOF files, in place of the binary MOF resources that Windows' resource compiler puts into a .sys: by the
// name of each resource, the classes with their GUIDs, items and methods. A WMI client of a machine finds blocks by the names of classes in it.
//
//   resource ToasterWMI
//   class ToasterDeviceInformation {bba21300-...}      (event: behind the GUID)
//   item 1 uint32 ConnectorType                        (arrays: uint32[4], uint32[]; embedded classes by their names)
//   method 2 Reset
//
// The text stands as DrydockMofResources in the section .drydock.mof; src/machine/mof.cpp reads it. Errors: BuildError.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drydock::tools {

std::string MofResourceText(const std::string& resource, std::string_view mof, const std::string& file);
// The C source that puts such texts into an image.
std::string MofResourceSource(std::string_view text);

// The MOFDATA resources of a resource script: their names and the binary MOF files that it takes them from.
std::vector<std::pair<std::string, std::string>> MofResourcesOfScript(std::string_view script);

}  // namespace drydock::tools
