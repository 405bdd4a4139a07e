// The number of a control code by its name: those of serial ports, modems, parallel ports, storage, disks, smart cards, HID, keyboards, mice and
// batteries (docs/scenarios.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace drydock::tools {

std::optional<uint32_t> ControlCodeByName(std::string_view name);

}  // namespace drydock::tools
