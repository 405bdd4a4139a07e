// The driver whose binding a test's own DDI calls go through.
#include "rig_driver.inc"

namespace drydock::test {
DriverEntryPoint RigEntry() { return &FxDriverEntry; }
void SetRigHooks(Hooks* hooks) { hooks_of_this_driver = hooks; }
}  // namespace drydock::test
