// Machine: the registry from outside.
#include <cerrno>
#include <cstring>
#include <fstream>

#include "drydock/machine.h"
#include "machine/impl.h"
#include "machine/names.h"
#include "nt/cm/reg_names.h"
#include "nt/cm/registry.h"
#include "runtime/read_file.h"

namespace drydock {
namespace {

constexpr char kStopped[] = "the machine has stopped";

Status Set(Machine::Impl& machine, const std::string& key, const std::string& value, ULONG type, const void* data, size_t bytes) {
  std::u16string path = machine::ToUtf16(key);
  if (!path.starts_with(u'\\')) path = nt::cm::PathOfRegName(path);
  if (path.empty()) return STATUS_OBJECT_PATH_SYNTAX_BAD;
  return machine::Guarded(machine, kStatusMachineStopped, [&]() -> Status {
    return nt::cm::SetValue(*machine.kernel, path, machine::ToUtf16(value), type, data, bytes);
  });
}

std::string SystemError(const std::string& path, const char* what) { return path + ": " + what + ": " + std::strerror(errno); }

}  // namespace

Status Machine::SetRegistry(const std::string& key, const std::string& value, uint32_t number) {
  return Set(*impl_, key, value, REG_DWORD, &number, sizeof number);
}

Status Machine::SetRegistry(const std::string& key, const std::string& value, const std::string& text) {
  std::u16string wide = machine::ToUtf16(text);
  return Set(*impl_, key, value, REG_SZ, wide.c_str(), (wide.size() + 1) * sizeof(char16_t));
}

std::string Machine::LoadRegistry(const std::string& path) {
  std::string words;
  const auto text = rt::ReadFile(path, 64, &words);
  if (!text) return path + ": " + words;
  std::string wrong = machine::Guarded(*impl_, std::string(kStopped), [&] { return nt::cm::LoadText(*impl_->kernel, *text); });
  constexpr std::string_view kLine = "line ";  // "line 4: ..."
  return wrong.empty() ? wrong : wrong.starts_with(kLine) ? path + ":" + wrong.substr(kLine.size()) : path + ": " + wrong;
}

std::string Machine::StoreRegistry(const std::string& path) {
  if (impl_->stopped()) return path + ": " + kStopped;
  std::string text = machine::Guarded(*impl_, std::string(), [&] { return nt::cm::StoreText(*impl_->kernel, u"\\Registry"); });
  errno = 0;
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  return out ? std::string() : SystemError(path, "cannot be written");
}

}  // namespace drydock
