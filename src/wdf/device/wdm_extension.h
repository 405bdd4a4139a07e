// WdmExtension: what a framework driver's WDM device object carries as its device extension.
// Threads:    `device` becomes null when the framework device has been removed; dispatch reads it once per IRP.
#pragma once

#include <atomic>
#include <cstdint>

namespace drydock::wdf {

class Device;

struct WdmExtension {
  static constexpr uint64_t kSignature = 0x4b434f4459524446;  // "FDRYDOCK"
  uint64_t signature;
  std::atomic<Device*> device;
};

}  // namespace drydock::wdf
