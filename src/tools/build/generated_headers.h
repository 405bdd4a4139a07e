// Headers that Windows' tools make during a build: of event manifests and message files (mc), of
// MOF classes (mofcomp and wmimofck). A driver's sources include them, so the builder makes their
// counterparts. Errors: BuildError with file and line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace drydock::tools {

// wmimofck: GUID, structure, sizes and data ids of each WMI class, values that the file names, ids of
// methods; with method_structures (-m) structures of their parameters.
struct MofHeaderOptions {
  bool method_structures = true;
};
std::string HeaderOfMof(std::string_view text, const std::string& file,
                        const MofHeaderOptions& options = {});

// mc -um/-km of a manifest: constants, event descriptors, and EventWrite... macros (docs/tracing.md).
// kernel: the macros take an activity id first. prefix: stands in the place of EventWrite (-p);
// remove: what names of events in macros begin without (-P).
struct ManifestMacros {
  bool kernel = false;
  bool user = false;
  std::string prefix, remove;
};
std::string HeaderOfManifest(const std::string& text, const std::string& file,
                             const ManifestMacros& macros);

// mc of a message file: the values of its messages.
std::string HeaderOfMessages(std::string_view text, const std::string& file);
// Its tables of messages, a file for each language, and the script that puts them into an image.
struct GeneratedFile {
  std::string name, bytes;
};
std::vector<GeneratedFile> ResourcesOfMessages(std::string_view text, const std::string& file, const std::string& base);

}  // namespace drydock::tools
