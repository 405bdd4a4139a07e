#include "tools/build/source_mirror.h"

#include <algorithm>

#include "tools/build/dialect_long.h"
#include "tools/build/text.h"
#include "tools/build/text_file.h"

namespace drydock::tools {

namespace fs = std::filesystem;

fs::path SourceMirror::PathOf(const fs::path& original) const { return root_ / original.relative_path(); }

SourceMirror::Mirrored SourceMirror::Add(const SourceFile& source, const IncludePlan& includes) {
  for (const fs::path& file : includes.reached) {
    const auto [known, fresh] = copies_.try_emplace(file, false);
    if (!fresh) continue;
    const std::string text = ReadTextFile(file);
    const LongResult narrowed = MayUseLong(text) ? TranslateWrittenLong(text) : LongResult{text};
    known->second = narrowed.types > 0;
    WriteIfChanged(PathOf(file), "#line 1 \"" + EscapeC(file.string()) + "\"\n" + narrowed.text);
  }
  const auto copy_of = [&](const fs::path& file) { return copies_.count(file) != 0 ? PathOf(file) : file; };
  Mirrored mirrored{source, includes};
  mirrored.source.path = copy_of(source.path);
  mirrored.source.includes.clear();
  for (const fs::path& folder : source.includes) mirrored.source.includes.push_back(PathOf(folder));
  mirrored.source.includes.insert(mirrored.source.includes.end(), source.includes.begin(), source.includes.end());
  for (auto* names : {&mirrored.includes.quoted, &mirrored.includes.angled})
    for (auto& [name, file] : *names) file = copy_of(file);
  for (fs::path& file : mirrored.includes.forced) file = copy_of(file);
  return mirrored;
}

bool SourceMirror::Narrows(const std::vector<fs::path>& files) const {
  return std::any_of(files.begin(), files.end(), [this](const fs::path& file) {
    const auto known = copies_.find(file);
    return known != copies_.end() && known->second;
  });
}

void SourceMirror::RemoveOthers() const {
  std::set<fs::path> written;
  for (const auto& [original, narrowed] : copies_) written.insert(PathOf(original));
  RemoveFilesBut(root_, written);
}

}  // namespace drydock::tools
