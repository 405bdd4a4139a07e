#include "backend/mapped.h"

#include <fmt/format.h>

#include "nt/rtl/utf.h"

namespace drydock::backend::internal {
namespace {

UNICODE_STRING View(std::u16string& text) {
  auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  return {bytes, bytes, reinterpret_cast<PWCH>(text.data())};
}

std::u16string Number(int number) {
  std::string digits = std::to_string(number);
  return std::u16string(digits.begin(), digits.end());
}

}  // namespace

std::string AddMapped(nt::Kernel& kernel, std::u16string_view name, std::u16string_view prefix, std::u16string_view rest,
                      NamedDeviceOptions options, std::unique_ptr<ModelDevice> device) {
  if (name.empty() || name.find(u'\\') != std::u16string_view::npos || name.size() > 64)
    return "a mapped name is a plain name such as C:, PhysicalDrive0 or COM1";
  // A link that is there already would hide the new device: look before anything is made.
  std::u16string link = u"\\??\\" + std::u16string(name);
  constexpr int kMost = 256;
  for (int number = rest.empty() ? 1 : 0; number < kMost; ++number) {
    std::u16string device_name = std::u16string(prefix) + Number(number) + std::u16string(rest);
    UNICODE_STRING link_view = View(link), device_view = View(device_name);
    // The link is made first: it is the one that may collide with what the user mapped before.
    FILE_OBJECT* existing_file = nullptr;
    DEVICE_OBJECT* existing = nullptr;
    if (NT_SUCCESS(IoGetDeviceObjectPointer(&device_view, 0, &existing_file, &existing))) {
      ObDereferenceObject(existing_file);
      continue;
    }
    options.name = device_name;
    NTSTATUS status = IoCreateSymbolicLink(&link_view, &device_view);
    if (status == STATUS_OBJECT_NAME_COLLISION) {
      std::string shown(nt::rtl::Utf8Length(name.data(), name.size()), '\0');
      nt::rtl::ToUtf8(name.data(), name.size(), shown.data());
      return fmt::format("{} is mapped already", shown);
    }
    if (!NT_SUCCESS(status)) return fmt::format("the name cannot be linked: status 0x{:08X}", static_cast<uint32_t>(status));
    DEVICE_OBJECT* made = nullptr;
    status = CreateModelDevice(kernel, options, std::move(device), &made);
    if (NT_SUCCESS(status)) return {};
    IoDeleteSymbolicLink(&link_view);
    return fmt::format("the device cannot be made: status 0x{:08X}", static_cast<uint32_t>(status));
  }
  return "too many mapped devices";
}

}  // namespace drydock::backend::internal
