// A second driver, for what must pass between two.
#include "rig_driver.inc"

namespace drydock::test {
DriverEntryPoint OtherEntry() { return &FxDriverEntry; }
void SetOtherHooks(Hooks* hooks) { hooks_of_this_driver = hooks; }
}  // namespace drydock::test
