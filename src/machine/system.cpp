// Machine: what the system around the devices does: power settings, the start of boot drivers.
#include <ntddk.h>

#include "drydock/machine.h"
#include "machine/impl.h"
#include "machine/names.h"
#include "nt/io/boot_driver.h"
#include "nt/po/settings.h"

namespace drydock {
namespace {

UNICODE_STRING View(std::u16string& text) {
  const auto bytes = static_cast<USHORT>(text.size() * 2);
  return {bytes, bytes, text.empty() ? nullptr : reinterpret_cast<PWCH>(text.data())};
}

}  // namespace

Status Machine::SetPowerSetting(const std::string& setting, uint32_t value) {
  return SetPowerSetting(setting, std::string(reinterpret_cast<const char*>(&value), sizeof value));
}

Status Machine::SetPowerSetting(const std::string& setting, const std::string& bytes) {
  return machine::Guarded(*impl_, kStatusMachineStopped, [&]() -> Status {
    std::u16string text = machine::ToUtf16(setting);
    UNICODE_STRING view = View(text);
    GUID guid;
    const NTSTATUS status = RtlGUIDFromString(&view, &guid);
    if (!NT_SUCCESS(status)) return status;
    nt::po::SetSetting(*impl_->kernel, guid, bytes);
    return STATUS_SUCCESS;
  });
}

std::vector<BootClassification> Machine::StartBootDrivers(const std::vector<BootImage>& images) {
  std::vector<BootClassification> answers(images.size(), BootClassification::kUnknown);
  machine::Guarded(*impl_, kStatusMachineStopped, [&]() -> Status {
    nt::Kernel& kernel = *impl_->kernel;
    for (const bool dependencies : {true, false}) {
      nt::io::TellBootStatus(kernel, dependencies ? BdCbStatusPrepareForDependencyLoad : BdCbStatusPrepareForDriverLoad);
      for (size_t i = 0; i < images.size(); ++i) {
        const BootImage& image = images[i];
        if (image.dependency != dependencies) continue;
        std::u16string name = machine::ToUtf16(image.name), path = machine::ToUtf16(image.registry_path),
                       publisher = machine::ToUtf16(image.publisher), issuer = machine::ToUtf16(image.issuer);
        std::string hash = image.hash, thumbprint = image.thumbprint;  // the driver gets pointers that it could write through
        BDCB_IMAGE_INFORMATION information{};
        information.ImageFlags = (dependencies ? 1u : 0u) | (image.failed_integrity ? BDCB_IMAGEFLAGS_FAILED_CODE_INTEGRITY : 0u);
        information.ImageName = View(name);
        information.RegistryPath = View(path);
        information.CertificatePublisher = View(publisher);
        information.CertificateIssuer = View(issuer);
        if (!hash.empty()) {
          information.ImageHash = hash.data();
          information.ImageHashLength = static_cast<ULONG>(hash.size());
          information.ImageHashAlgorithm = image.hash_algorithm;
        }
        if (!thumbprint.empty()) {
          information.CertificateThumbprint = thumbprint.data();
          information.CertificateThumbprintLength = static_cast<ULONG>(thumbprint.size());
          information.ThumbprintHashAlgorithm = image.thumbprint_algorithm;
        }
        switch (nt::io::ClassifyBootImage(kernel, information)) {
          case BdCbClassificationKnownGoodImage: answers[i] = BootClassification::kGood; break;
          case BdCbClassificationKnownBadImage: answers[i] = BootClassification::kBad; break;
          case BdCbClassificationKnownBadImageBootCritical: answers[i] = BootClassification::kBadBootCritical; break;
          default: break;
        }
      }
    }
    nt::io::TellBootStatus(kernel, BdCbStatusPrepareForUnload);
    return STATUS_SUCCESS;
  });
  return answers;
}

}  // namespace drydock
