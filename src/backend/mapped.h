// AddMapped: gives a device the next free number under its prefix and links its name below \??\ to it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "backend/model.h"

namespace drydock::backend::internal {

// Makes <prefix>N<rest>, N = 1, 2, ... (disks: 0, 1, ...) and the link \??\<name>. Empty, or what is wrong.
std::string AddMapped(nt::Kernel& kernel, std::u16string_view name, std::u16string_view prefix, std::u16string_view rest,
                      NamedDeviceOptions options, std::unique_ptr<ModelDevice> device);

}  // namespace drydock::backend::internal
