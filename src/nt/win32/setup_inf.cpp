// INF files of applications: opened as text, by section, line and field; their class; copied into the machine's store.
#include <cstring>
#include <memory>

#include "nt/ob/name_space.h"
#include "nt/win32/names.h"
#include "nt/win32/setup_set.h"
#include "nt/win32/text.h"
#include "nt/win32/win32.h"

#include <newdev.h>

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

bool Same(const std::string& a, std::u16string_view b) { return ob::EqualNames(ob::ToUtf16(a), b); }

// A name without folders is a published one, in C:\Windows\INF.
DWORD Read(PCWSTR name, SetupInf* inf, unsigned* line) {
  LeaveIfEnded();
  Program& program = ProgramFor("an INF function");
  if (name == nullptr || *name == 0) return ERROR_INVALID_PARAMETER;
  if (program.spec.read_inf == nullptr) return ERROR_NOT_SUPPORTED;
  const bool bare = std::u16string_view(name).find_first_of(u"\\/:") == std::u16string_view::npos;
  return program.spec.read_inf(program.spec.context, ob::ToUtf8(bare ? std::u16string(u"C:\\Windows\\INF\\") + name : FullNameOf(name)), inf, line);
}

std::shared_ptr<SetupInf> InfOf(HINF handle) {
  LeaveIfEnded();
  auto inf = std::static_pointer_cast<SetupInf>(FindThing(ProgramFor("an INF function"), handle));
  if (!inf) SetupFail(ERROR_INVALID_HANDLE);
  return inf;
}

const SetupInf::Line* LineOf(PINFCONTEXT context, std::shared_ptr<SetupInf>* inf) {
  *inf = context != nullptr ? InfOf(context->Inf) : nullptr;
  if (!*inf) return nullptr;
  if (context->Section < (*inf)->sections.size() && context->Line < (*inf)->sections[context->Section].lines.size())
    return &(*inf)->sections[context->Section].lines[context->Line];
  SetupFail(ERROR_INVALID_PARAMETER);
  return nullptr;
}

// The first line at or behind `line` of that key (null: any).
BOOL Find(const SetupInf& inf, HINF handle, UINT section, size_t line, PCWSTR key, PINFCONTEXT context) {
  const auto& lines = inf.sections[section].lines;
  for (; line < lines.size(); ++line) {
    if (key != nullptr && !(lines[line].has_key && Same(lines[line].key, key))) continue;
    *context = {handle, handle, section, static_cast<UINT>(line)};
    return TRUE;
  }
  return SetupFail(ERROR_LINE_NOT_FOUND);
}

// SIZE_MAX: none.
size_t SectionOf(const SetupInf& inf, PCWSTR name) {
  for (size_t i = 0; name != nullptr && i < inf.sections.size(); ++i)
    if (Same(inf.sections[i].name, name)) return i;
  SetupFail(ERROR_SECTION_NOT_FOUND);
  return SIZE_MAX;
}

// Field 0 is the key; of a line without one, there is none.
template <class Character>
BOOL GiveField(PINFCONTEXT context, DWORD index, Character* buffer, DWORD size, PDWORD required) {
  std::shared_ptr<SetupInf> inf;
  const SetupInf::Line* line = LineOf(context, &inf);
  if (line == nullptr) return FALSE;
  if (index > line->values.size() || (index == 0 && !line->has_key)) return SetupFail(ERROR_INVALID_PARAMETER);
  const std::string& text = index == 0 ? line->key : line->values[index - 1];
  const std::u16string wide = ob::ToUtf16(text);
  const auto needed = static_cast<DWORD>((sizeof(Character) == 2 ? wide.size() : text.size()) + 1);
  if (required != nullptr) *required = needed;
  if (buffer == nullptr) return size == 0 || SetupFail(ERROR_INVALID_USER_BUFFER);
  if (size < needed) return SetupFail(ERROR_INSUFFICIENT_BUFFER);
  GiveText(wide, buffer, size);
  return TRUE;
}

std::string Value(const SetupInf& inf, const char16_t* section, const char16_t* key) {
  for (const auto& one : inf.sections)
    for (const auto& line : one.lines)
      if (Same(one.name, section) && line.has_key && Same(line.key, key) && !line.values.empty()) return line.values[0];
  return {};
}

template <class Character>
BOOL GiveClass(PCWSTR name, LPGUID guid, Character* buffer, DWORD size, PDWORD required) {
  SetupInf inf;
  unsigned line = 0;
  if (const DWORD error = Read(name, &inf, &line); error != ERROR_SUCCESS) return SetupFail(error);
  const std::u16string text = ob::ToUtf16(Value(inf, u"Version", u"ClassGUID")), class_name = ob::ToUtf16(Value(inf, u"Version", u"Class"));
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, text.c_str());
  if (class_name.empty() || guid == nullptr) return SetupFail(guid == nullptr ? ERROR_INVALID_PARAMETER : ERROR_NO_ASSOCIATED_CLASS);
  *guid = {};
  if (text.empty()) {
    DWORD count = 0;
    if (!SetupDiClassGuidsFromNameW(class_name.c_str(), guid, 1, &count) || count == 0) *guid = {};
  } else if (!NT_SUCCESS(RtlGUIDFromString(&string, guid))) {
    return SetupFail(ERROR_NO_ASSOCIATED_CLASS);
  }
  const auto needed = static_cast<DWORD>(class_name.size() + 1);
  if (required != nullptr) *required = needed;
  if (buffer == nullptr || size < needed) return SetupFail(ERROR_INSUFFICIENT_BUFFER);
  GiveText(class_name, buffer, size);
  return TRUE;
}

template <class Character>
BOOL CopyInf(const std::u16string& source, Character* buffer, DWORD size, PDWORD required, Character** component) {
  if (!DiInstallDriverW(nullptr, source.c_str(), 0, nullptr)) return FALSE;
  Program& program = ProgramFor("SetupCopyOEMInf");
  constexpr std::u16string_view kFolder = u"C:\\Windows\\INF\\";
  const std::u16string path = std::u16string(kFolder) + ob::ToUtf16(program.spec.published_name(program.spec.context, ob::ToUtf8(FullNameOf(source))));
  const auto needed = static_cast<DWORD>(path.size() + 1);
  if (required != nullptr) *required = needed;
  if (buffer == nullptr) return TRUE;
  if (size < needed) return SetupFail(ERROR_INSUFFICIENT_BUFFER);
  GiveText(path, buffer, size);
  if (component != nullptr) *component = buffer + kFolder.size();
  return TRUE;
}

}  // namespace

extern "C" {

HINF SetupOpenInfFileW(PCWSTR FileName, PCWSTR InfClass, DWORD InfStyle, PUINT ErrorLine) {
  (void)InfClass;
  (void)InfStyle;
  auto inf = std::make_shared<SetupInf>();
  unsigned line = 0;
  const DWORD error = Read(FileName, inf.get(), &line);
  if (ErrorLine != nullptr) *ErrorLine = line;
  if (error == ERROR_SUCCESS) return AddThing(ProgramFor("SetupOpenInfFile"), inf);
  SetupFail(error);
  return INVALID_HANDLE_VALUE;
}
HINF SetupOpenInfFileA(PCSTR FileName, PCSTR InfClass, DWORD InfStyle, PUINT ErrorLine) {
  (void)InfClass;
  return SetupOpenInfFileW(Wide(FileName).c_str(), nullptr, InfStyle, ErrorLine);
}
VOID SetupCloseInfFile(HINF InfHandle) { DropThing(ProgramFor("SetupCloseInfFile"), InfHandle); }

BOOL SetupFindFirstLineW(HINF InfHandle, PCWSTR Section, PCWSTR Key, PINFCONTEXT Context) {
  const auto inf = InfOf(InfHandle);
  if (!inf) return FALSE;
  const size_t section = SectionOf(*inf, Section);
  return section != SIZE_MAX && Find(*inf, InfHandle, static_cast<UINT>(section), 0, Key, Context);
}
BOOL SetupFindFirstLineA(HINF InfHandle, PCSTR Section, PCSTR Key, PINFCONTEXT Context) {
  return SetupFindFirstLineW(InfHandle, Wide(Section).c_str(), Wide(Key).c_str(), Context);
}
BOOL SetupFindNextMatchLineW(PINFCONTEXT ContextIn, PCWSTR Key, PINFCONTEXT ContextOut) {
  std::shared_ptr<SetupInf> inf;
  if (LineOf(ContextIn, &inf) == nullptr) return FALSE;
  return Find(*inf, ContextIn->Inf, ContextIn->Section, size_t{ContextIn->Line} + 1, Key, ContextOut);
}
BOOL SetupFindNextLine(PINFCONTEXT ContextIn, PINFCONTEXT ContextOut) { return SetupFindNextMatchLineW(ContextIn, nullptr, ContextOut); }

BOOL SetupGetStringFieldW(PINFCONTEXT Context, DWORD FieldIndex, PWSTR ReturnBuffer, DWORD ReturnBufferSize, PDWORD RequiredSize) {
  return GiveField(Context, FieldIndex, ReturnBuffer, ReturnBufferSize, RequiredSize);
}
BOOL SetupGetStringFieldA(PINFCONTEXT Context, DWORD FieldIndex, PSTR ReturnBuffer, DWORD ReturnBufferSize, PDWORD RequiredSize) {
  return GiveField(Context, FieldIndex, ReturnBuffer, ReturnBufferSize, RequiredSize);
}
BOOL SetupGetIntField(PINFCONTEXT Context, DWORD FieldIndex, PINT IntegerValue) {
  char text[64];
  if (!SetupGetStringFieldA(Context, FieldIndex, text, sizeof text, nullptr)) return FALSE;
  char* end = nullptr;
  const long value = std::strtol(text, &end, 0);
  if (end == text || *end != 0) return SetupFail(ERROR_INVALID_DATA);
  *IntegerValue = static_cast<int>(value);
  return TRUE;
}
DWORD SetupGetFieldCount(PINFCONTEXT Context) {
  std::shared_ptr<SetupInf> inf;
  const SetupInf::Line* line = LineOf(Context, &inf);
  return line != nullptr ? static_cast<DWORD>(line->values.size()) : 0;
}
LONG SetupGetLineCountW(HINF InfHandle, PCWSTR Section) {
  const auto inf = InfOf(InfHandle);
  const size_t section = inf ? SectionOf(*inf, Section) : SIZE_MAX;
  return section == SIZE_MAX ? -1 : static_cast<LONG>(inf->sections[section].lines.size());
}
BOOL SetupGetLineByIndexW(HINF InfHandle, PCWSTR Section, DWORD Index, PINFCONTEXT Context) {
  const auto inf = InfOf(InfHandle);
  const size_t section = inf ? SectionOf(*inf, Section) : SIZE_MAX;
  return section != SIZE_MAX && Find(*inf, InfHandle, static_cast<UINT>(section), Index, nullptr, Context);
}

BOOL SetupDiGetINFClassW(PCWSTR InfName, LPGUID ClassGuid, PWSTR ClassName, DWORD ClassNameSize, PDWORD RequiredSize) {
  return GiveClass(InfName, ClassGuid, ClassName, ClassNameSize, RequiredSize);
}
BOOL SetupDiGetINFClassA(PCSTR InfName, LPGUID ClassGuid, PSTR ClassName, DWORD ClassNameSize, PDWORD RequiredSize) {
  return GiveClass(Wide(InfName).c_str(), ClassGuid, ClassName, ClassNameSize, RequiredSize);
}

BOOL SetupCopyOEMInfW(PCWSTR SourceInfFileName, PCWSTR, DWORD, DWORD, PWSTR DestinationInfFileName, DWORD DestinationInfFileNameSize, PDWORD RequiredSize,
                      PWSTR* DestinationInfFileNameComponent) {
  if (SourceInfFileName == nullptr) return SetupFail(ERROR_INVALID_PARAMETER);
  return CopyInf(SourceInfFileName, DestinationInfFileName, DestinationInfFileNameSize, RequiredSize, DestinationInfFileNameComponent);
}
BOOL SetupCopyOEMInfA(PCSTR SourceInfFileName, PCSTR, DWORD, DWORD, PSTR DestinationInfFileName, DWORD DestinationInfFileNameSize, PDWORD RequiredSize,
                      PSTR* DestinationInfFileNameComponent) {
  if (SourceInfFileName == nullptr) return SetupFail(ERROR_INVALID_PARAMETER);
  return CopyInf(Wide(SourceInfFileName).c_str(), DestinationInfFileName, DestinationInfFileNameSize, RequiredSize, DestinationInfFileNameComponent);
}

// Nobody is asked anything here anyway.
BOOL SetupSetNonInteractiveMode(BOOL NonInteractiveFlag) {
  Program& program = ProgramFor("SetupSetNonInteractiveMode");
  return program.non_interactive.exchange(NonInteractiveFlag != FALSE);
}
BOOL SetupGetNonInteractiveMode(VOID) { return ProgramFor("SetupGetNonInteractiveMode").non_interactive; }

}  // extern "C"
