#include "wdf/driver/verifier_options.h"

#include <string>
#include <string_view>
#include <vector>

#include "nt/cm/registry.h"
#include "wdf/driver/callback_check.h"
#include "wdf/framework.h"
#include "wdf/object/type_rules.h"

namespace drydock::wdf {
namespace {

constexpr uint32_t kUsualWaitSeconds = 60;

uint64_t Bit(ObjectType type) { return uint64_t{1} << static_cast<unsigned>(type); }

// VER-19.
uint64_t UsualLeakTypes() {
  return Bit(ObjectType::kRequest) | Bit(ObjectType::kWorkItem) | Bit(ObjectType::kKey) | Bit(ObjectType::kString) | Bit(ObjectType::kGeneric) |
         Bit(ObjectType::kDevice);
}

bool SameName(std::u16string_view text, std::string_view name) {
  if (text.size() != name.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char16_t c = text[i] >= u'a' && text[i] <= u'z' ? static_cast<char16_t>(text[i] - 0x20) : text[i];
    if (c != static_cast<char16_t>(static_cast<unsigned char>(name[i]))) return false;
  }
  return true;
}

struct Reader {
  nt::Kernel& kernel;
  std::u16string path;

  bool Flag(const char16_t* name, bool otherwise) const {
    ULONG value = 0;
    return nt::cm::GetDword(kernel, path, name, &value) ? value != 0 : otherwise;
  }

  uint32_t Number(const char16_t* name, uint32_t otherwise) const {
    ULONG value = 0;
    return nt::cm::GetDword(kernel, path, name, &value) ? value : otherwise;
  }

  // REG_MULTI_SZ with the names of object types; "*" is all of them.
  uint64_t Types(const char16_t* name, uint64_t otherwise) const {
    nt::cm::Value value;
    if (!NT_SUCCESS(nt::cm::GetValue(kernel, path, name, &value)) || value.type != REG_MULTI_SZ) return otherwise;
    std::u16string text(value.data.size() / sizeof(char16_t), u'\0');
    for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char16_t>(value.data[2 * i] | value.data[2 * i + 1] << 8);
    uint64_t types = 0;
    for (size_t begin = 0; begin < text.size();) {
      size_t end = text.find(u'\0', begin);
      if (end == std::u16string::npos) end = text.size();
      const std::u16string_view part = std::u16string_view(text).substr(begin, end - begin);
      if (part == u"*") types = ~uint64_t{0};
      for (unsigned type = 1; type < static_cast<unsigned>(ObjectType::kCount); ++type) {
        if (SameName(part, NameOf(static_cast<ObjectType>(type)))) types |= Bit(static_cast<ObjectType>(type));
      }
      begin = end + 1;
    }
    return types;
  }
};

}  // namespace

void ReadVerifierOptions(DriverGlobals& globals, const char16_t* service_key, uint64_t length) {
  Reader reader{globals.framework->kernel, {}};
  if (globals.umdf) {
    reader.path = u"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion\\WUDF\\Services\\";
    reader.path.append(globals.service_name.begin(), globals.service_name.end());
  } else {
    reader.path.assign(service_key, length);
  }
  reader.path += u"\\Parameters\\Wdf";

  VerifierOptions& options = globals.options;
  options.verifier_on = reader.Flag(u"VerifierOn", globals.framework->options.verifier && globals.BuiltFor(9));
  globals.verifier = options.verifier_on;
  options.verify_on = reader.Flag(u"VerifyOn", options.verifier_on);
  options.break_on_error = reader.Flag(u"DbgBreakOnError", options.verifier_on);
  if (!options.verifier_on) return;  // everything else counts only with it

  options.verify_down_level = reader.Flag(u"VerifyDownLevel", false);
  options.allocate_fail_count = reader.Number(u"VerifierAllocateFailCount", UINT32_MAX);
  options.enhanced_options = reader.Number(u"EnhancedVerifierOptions", 0);
  options.tracked_types = reader.Types(u"TrackHandles", 0);
  options.leak_limit = reader.Number(u"ObjectLeakDetectionLimit", UINT32_MAX);
  options.leak_types = reader.Types(u"ObjectsForLeakDetection", UsualLeakTypes());
  options.wait_seconds = kUsualWaitSeconds;
  if (options.break_on_error) options.wait_seconds = reader.Number(u"DbgWaitForSignalTimeoutInSec", kUsualWaitSeconds);
  if (options.enhanced_options & kCheckCallbacks) WatchCallbacks(*globals.framework);
}

}  // namespace drydock::wdf
