#include "machine/setup/registry_writer.h"

#include <algorithm>

#include "machine/names.h"
#include "nt/cm/registry.h"
#include "nt/cm/state.h"

namespace drydock::machine::setup {
namespace {

std::vector<std::string> Strings(const nt::cm::Value& value) {
  std::u16string text(value.data.size() / 2, u'\0');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char16_t>(value.data[2 * i] | value.data[2 * i + 1] << 8);
  std::vector<std::string> list;
  for (size_t at = 0; at < text.size() && text[at];) {
    size_t end = std::min(text.find(u'\0', at), text.size());
    list.push_back(ToUtf8(std::u16string_view(text).substr(at, end - at)));
    at = end + 1;
  }
  return list;
}

std::u16string Below(RegistryRoot root, const std::u16string& relative) {
  switch (root) {
    case RegistryRoot::kRelative: return relative;
    case RegistryRoot::kClassesRoot: return u"\\Registry\\Machine\\Software\\Classes";
    case RegistryRoot::kCurrentUser: return u"\\Registry\\User\\.Default";
    case RegistryRoot::kLocalMachine: return u"\\Registry\\Machine";
    case RegistryRoot::kUsers: return u"\\Registry\\User";
  }
  return relative;
}

}  // namespace

void RegistryWriter::Put(const std::u16string& key, const std::string& name, uint32_t type, const std::vector<uint8_t>& data) {
  nt::cm::SetValue(kernel_, key, ToUtf16(name), type, data.data(), data.size());
}

void RegistryWriter::Text(const std::u16string& key, const std::string& name, const std::string& text, bool expand) {
  Put(key, name, expand ? REG_EXPAND_SZ : REG_SZ, RegistryText(text));
}

void RegistryWriter::Number(const std::u16string& key, const std::string& name, uint32_t number) {
  nt::cm::SetValue(kernel_, key, ToUtf16(name), REG_DWORD, &number, sizeof number);
}

void RegistryWriter::Texts(const std::u16string& key, const std::string& name, const std::vector<std::string>& texts) {
  Put(key, name, REG_MULTI_SZ, RegistryTexts(texts));
}

void RegistryWriter::Key(const std::u16string& key) { nt::cm::MakeKey(kernel_, key); }

std::string RegistryWriter::ReadText(const std::u16string& key, const std::string& name) {
  std::vector<std::string> list = ReadTexts(key, name);
  return list.empty() ? std::string() : list[0];
}

std::vector<std::string> RegistryWriter::ReadTexts(const std::u16string& key, const std::string& name) {
  nt::cm::Value value;
  if (!NT_SUCCESS(nt::cm::GetValue(kernel_, key, ToUtf16(name), &value))) return {};
  if (value.type != REG_SZ && value.type != REG_EXPAND_SZ && value.type != REG_MULTI_SZ) return {};
  return Strings(value);
}

bool RegistryWriter::Has(const std::u16string& key, const std::string& name) {
  nt::cm::Value value;
  return NT_SUCCESS(nt::cm::GetValue(kernel_, key, ToUtf16(name), &value));
}

void RegistryWriter::Apply(const std::u16string& relative, const RegistryChange& change) {
  std::u16string key = Below(change.root, relative);
  if (!change.subkey.empty()) key += u"\\" + ToUtf16(change.subkey);
  switch (change.kind) {
    case RegistryChange::Kind::kMakeKey: return Key(key);
    case RegistryChange::Kind::kDeleteKey: nt::cm::DeleteTree(kernel_, key); return;
    case RegistryChange::Kind::kDeleteValue: nt::cm::RemoveValue(kernel_, key, ToUtf16(change.name)); return;
    case RegistryChange::Kind::kAppend: {
      std::vector<std::string> list = ReadTexts(key, change.name);
      for (const std::string& text : change.text)
        if (std::none_of(list.begin(), list.end(), [&](const std::string& old) { return InfEqual(old, text); })) list.push_back(text);
      return Texts(key, change.name, list);
    }
    case RegistryChange::Kind::kDeleteString: {
      std::vector<std::string> list = ReadTexts(key, change.name);
      for (const std::string& text : change.text) std::erase_if(list, [&](const std::string& old) { return InfEqual(old, text); });
      return Texts(key, change.name, list);
    }
    case RegistryChange::Kind::kSet: break;
  }
  if (change.keep_existing || change.only_existing) {
    bool there = Has(key, change.name);
    if (there ? change.keep_existing : change.only_existing) return;
  }
  Put(key, change.name, change.type, change.data);
}

}  // namespace drydock::machine::setup
