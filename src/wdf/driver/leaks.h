// Leaks: what a driver left behind when its binding ended.
// Called by:  EndBinding, PASSIVE_LEVEL.
// Source:     VER-18 (reference tracking), the project's own leak report.
#pragma once

#include <cstddef>

namespace drydock::wdf {

struct DriverGlobals;

// One finding per object of this driver that still lives: something holds references on it. Returns how many.
size_t ReportLeaks(DriverGlobals& globals);

}  // namespace drydock::wdf
