#include "access.h"

namespace drydock::test::um {
Access lower;
namespace {
Access& Mine() { return lower; }
constexpr bool kPassesOn = false;
}  // namespace
}  // namespace drydock::test::um

#include "access_driver.inc"
