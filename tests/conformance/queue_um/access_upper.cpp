#include "access.h"

namespace drydock::test::um {
Access upper;
namespace {
Access& Mine() { return upper; }
constexpr bool kPassesOn = true;
}  // namespace
}  // namespace drydock::test::um

#include "access_driver.inc"
