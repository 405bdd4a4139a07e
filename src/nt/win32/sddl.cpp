// Security identifiers and descriptors from text: S-1-..., the two-letter names of well-known ones, O:...G:...D:(...)(...).
#include <sddl.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "nt/ob/name_space.h"
#include "nt/rtl/security.h"
#include "nt/thread.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

constexpr USHORT kDaclProtected = 0x1000;  // SE_DACL_PROTECTED

using Bytes = std::vector<BYTE>;

constexpr struct {
  char name[3];
  UCHAR authority, count;
  ULONG parts[2];
} kNames[] = {
    {"WD", 1, 1, {0}},       {"CO", 3, 1, {0}},       {"CG", 3, 1, {1}},       {"OW", 3, 1, {4}},       {"NU", 5, 1, {2}},       {"IU", 5, 1, {4}},
    {"SU", 5, 1, {6}},       {"AN", 5, 1, {7}},       {"ED", 5, 1, {9}},       {"PS", 5, 1, {10}},      {"AU", 5, 1, {11}},      {"RC", 5, 1, {12}},
    {"SY", 5, 1, {18}},      {"LS", 5, 1, {19}},      {"NS", 5, 1, {20}},      {"BA", 5, 2, {32, 544}}, {"BU", 5, 2, {32, 545}}, {"BG", 5, 2, {32, 546}},
    {"PU", 5, 2, {32, 547}}, {"AO", 5, 2, {32, 548}}, {"SO", 5, 2, {32, 549}}, {"PO", 5, 2, {32, 550}}, {"BO", 5, 2, {32, 551}}, {"NO", 5, 2, {32, 556}},
    {"AC", 15, 2, {2, 1}},   {"LW", 16, 1, {4096}},   {"ME", 16, 1, {8192}},   {"HI", 16, 1, {12288}},  {"SI", 16, 1, {16384}},
};

constexpr struct {
  char name[3];
  ULONG mask;
} kRights[] = {
    {"GA", GENERIC_ALL},  {"GR", GENERIC_READ},   {"GW", GENERIC_WRITE},     {"GX", GENERIC_EXECUTE}, {"RC", READ_CONTROL},
    {"SD", DELETE},       {"WD", WRITE_DAC},      {"WO", WRITE_OWNER},       {"FA", 0x1F01FF},        {"FR", 0x120089},
    {"FW", 0x120116},     {"FX", 0x1200A0},       {"KA", 0xF003F},           {"KR", 0x20019},         {"KW", 0x20006},
    {"KX", 0x20019},      {"CC", 0x1},            {"DC", 0x2},               {"LC", 0x4},             {"SW", 0x8},
    {"RP", 0x10},         {"WP", 0x20},           {"DT", 0x40},              {"LO", 0x80},            {"CR", 0x100},
}, kFlags[] = {{"OI", 1}, {"CI", 2}, {"NP", 4}, {"IO", 8}, {"ID", 16}, {"SA", 64}, {"FA", 128}};

Bytes SidOf(UCHAR count, uint64_t authority, const ULONG* parts) {
  Bytes sid(8 + 4 * size_t{count});
  sid[0] = SID_REVISION;
  sid[1] = count;
  for (int i = 0; i < 6; ++i) sid[static_cast<size_t>(2 + i)] = static_cast<BYTE>(authority >> (8 * (5 - i)));
  if (count != 0) std::memcpy(sid.data() + 8, parts, 4 * size_t{count});
  return sid;
}

bool TakeNumber(std::string_view* text, uint64_t* number) {
  const std::string copy(text->substr(0, 24));
  if (copy.empty() || copy[0] < '0' || copy[0] > '9') return false;
  char* end;
  *number = std::strtoull(copy.c_str(), &end, 0);
  text->remove_prefix(static_cast<size_t>(end - copy.c_str()));
  return true;
}

// Takes one identifier off the front. Empty: none.
Bytes TakeSid(std::string_view* text) {
  if (text->size() >= 4 && ((*text)[0] == 'S' || (*text)[0] == 's') && text->substr(1, 3) == "-1-") {
    text->remove_prefix(4);
    uint64_t authority, part;
    ULONG parts[SID_MAX_SUB_AUTHORITIES];
    UCHAR count = 0;
    if (!TakeNumber(text, &authority)) return {};
    while (!text->empty() && text->front() == '-' && count < SID_MAX_SUB_AUTHORITIES) {
      text->remove_prefix(1);
      if (!TakeNumber(text, &part) || part > 0xFFFFFFFF) return {};
      parts[count++] = static_cast<ULONG>(part);
    }
    return count != 0 ? SidOf(count, authority, parts) : Bytes();
  }
  for (const auto& name : kNames) {
    if (text->substr(0, 2) != name.name) continue;
    text->remove_prefix(2);
    return SidOf(name.count, name.authority, name.parts);
  }
  return {};
}

template <class List>
bool MaskOf(std::string_view text, const List& known, ULONG* mask) {
  *mask = 0;
  uint64_t number;
  if (TakeNumber(&text, &number)) return *mask = static_cast<ULONG>(number), text.empty();
  for (; text.size() >= 2; text.remove_prefix(2)) {
    bool found = false;
    for (const auto& each : known) {
      if (text.substr(0, 2) != each.name) continue;
      *mask |= each.mask;
      found = true;
      break;
    }
    if (!found) return false;
  }
  return text.empty();
}

// (A;flags;rights;;;sid)
bool TakeAce(std::string_view* text, Bytes* acl) {
  const size_t close = text->find(')');
  if (text->empty() || text->front() != '(' || close == std::string_view::npos) return false;
  std::string_view inner = text->substr(1, close - 1), parts[6];
  text->remove_prefix(close + 1);
  for (int i = 0; i < 6; ++i) {
    const size_t end = i < 5 ? inner.find(';') : inner.size();
    if (end == std::string_view::npos) return false;
    parts[i] = inner.substr(0, end);
    inner.remove_prefix(end + (i < 5 ? 1 : 0));
  }
  ULONG flags, mask;
  if ((parts[0] != "A" && parts[0] != "D") || !MaskOf(parts[1], kFlags, &flags) || !MaskOf(parts[2], kRights, &mask)) return false;
  const Bytes sid = TakeSid(&parts[5]);
  if (sid.empty() || !parts[5].empty()) return false;
  const rtl::AceHeader header = {parts[0] == "A" ? rtl::kAllow : rtl::kDeny, static_cast<UCHAR>(flags), static_cast<USHORT>(8 + sid.size())};
  const auto* from = reinterpret_cast<const BYTE*>(&header);
  acl->insert(acl->end(), from, from + sizeof header);
  from = reinterpret_cast<const BYTE*>(&mask);
  acl->insert(acl->end(), from, from + sizeof mask);
  acl->insert(acl->end(), sid.begin(), sid.end());
  return true;
}

bool ReadDescriptor(std::string_view text, Bytes* descriptor) {
  Bytes owner, group, acl;
  USHORT control = SE_SELF_RELATIVE;
  while (!text.empty()) {
    if (text.size() < 2 || text[1] != ':') return false;
    const char part = text[0];
    text.remove_prefix(2);
    if (part == 'O' || part == 'G') {
      Bytes& sid = part == 'O' ? owner : group;
      sid = TakeSid(&text);
      if (sid.empty()) return false;
    } else if (part == 'D') {
      for (; !text.empty() && text.front() != '('; text.remove_prefix(1)) {
        if (text.front() == 'P') control |= kDaclProtected;
        else if (text.size() > 1 && text.front() == 'A' && (text[1] == 'I' || text[1] == 'R')) text.remove_prefix(1);
        else if (text.size() > 1 && text[1] == ':') break;  // an empty list
        else return false;
      }
      control |= SE_DACL_PRESENT;
      acl.assign(sizeof(ACL), 0);
      USHORT count = 0;
      while (!text.empty() && text.front() == '(') {
        if (!TakeAce(&text, &acl)) return false;
        ++count;
      }
      const ACL head = {ACL_REVISION, 0, static_cast<USHORT>(acl.size()), count, 0};
      std::memcpy(acl.data(), &head, sizeof head);
    } else {
      return false;  // system lists are not there
    }
  }
  // Self-relative: a head with offsets, then the parts.
  struct {
    UCHAR revision, reserved;
    USHORT control;
    ULONG owner, group, sacl, dacl;
  } head = {SECURITY_DESCRIPTOR_REVISION, 0, control, 0, 0, 0, 0};
  descriptor->assign(sizeof head, 0);
  const auto put = [descriptor](const Bytes& bytes) -> ULONG {
    if (bytes.empty()) return 0;
    const auto offset = static_cast<ULONG>(descriptor->size());
    descriptor->insert(descriptor->end(), bytes.begin(), bytes.end());
    return offset;
  };
  head.owner = put(owner);
  head.group = put(group);
  head.dacl = put(acl);
  std::memcpy(descriptor->data(), &head, sizeof head);
  return true;
}

BOOL Give(const Bytes& bytes, void** to, PULONG size) {
  void* memory = LocalAlloc(LPTR, bytes.size());
  if (memory == nullptr) return FALSE;
  std::memcpy(memory, bytes.data(), bytes.size());
  *to = memory;
  if (size != nullptr) *size = static_cast<ULONG>(bytes.size());
  return TRUE;
}
BOOL Fail(DWORD error) {
  CurrentThread().last_error = error;
  return FALSE;
}

template <class Character>
BOOL SidText(PSID sid, Character** to) {
  UNICODE_STRING string = {};
  if (sid == nullptr || to == nullptr) return Fail(ERROR_INVALID_PARAMETER);
  if (!RtlValidSid(sid)) return Fail(ERROR_INVALID_SID);
  if (!Succeeded(RtlConvertSidToUnicodeString(&string, sid, TRUE))) return FALSE;
  std::basic_string<Character> text;
  for (USHORT i = 0; i < string.Length / 2; ++i) text += static_cast<Character>(string.Buffer[i]);
  RtlFreeUnicodeString(&string);
  const auto* from = reinterpret_cast<const BYTE*>(text.c_str());
  return Give(Bytes(from, from + (text.size() + 1) * sizeof(Character)), reinterpret_cast<void**>(to), nullptr);
}

}  // namespace

extern "C" {

BOOL ConvertSidToStringSidW(PSID Sid, LPWSTR* StringSid) { return SidText(Sid, StringSid); }
BOOL ConvertSidToStringSidA(PSID Sid, LPSTR* StringSid) { return SidText(Sid, StringSid); }
BOOL ConvertStringSidToSidA(LPCSTR StringSid, PSID* Sid) {
  if (StringSid == nullptr || Sid == nullptr) return Fail(ERROR_INVALID_PARAMETER);
  std::string_view text = StringSid;
  const Bytes sid = TakeSid(&text);
  return sid.empty() || !text.empty() ? Fail(ERROR_INVALID_SID) : Give(sid, Sid, nullptr);
}
BOOL ConvertStringSidToSidW(LPCWSTR StringSid, PSID* Sid) {
  return ConvertStringSidToSidA(StringSid != nullptr ? ob::ToUtf8(StringSid).c_str() : nullptr, Sid);
}
BOOL ConvertStringSecurityDescriptorToSecurityDescriptorA(LPCSTR StringSecurityDescriptor, DWORD StringSDRevision,
                                                          PSECURITY_DESCRIPTOR* SecurityDescriptor, PULONG SecurityDescriptorSize) {
  if (StringSecurityDescriptor == nullptr || SecurityDescriptor == nullptr) return Fail(ERROR_INVALID_PARAMETER);
  if (StringSDRevision != SDDL_REVISION_1) return Fail(ERROR_UNKNOWN_REVISION);
  Bytes descriptor;
  if (!ReadDescriptor(StringSecurityDescriptor, &descriptor)) return Fail(ERROR_INVALID_PARAMETER);
  return Give(descriptor, SecurityDescriptor, SecurityDescriptorSize);
}
BOOL ConvertStringSecurityDescriptorToSecurityDescriptorW(LPCWSTR StringSecurityDescriptor, DWORD StringSDRevision,
                                                          PSECURITY_DESCRIPTOR* SecurityDescriptor, PULONG SecurityDescriptorSize) {
  return ConvertStringSecurityDescriptorToSecurityDescriptorA(
      StringSecurityDescriptor != nullptr ? ob::ToUtf8(StringSecurityDescriptor).c_str() : nullptr, StringSDRevision, SecurityDescriptor, SecurityDescriptorSize);
}

}  // extern "C"
