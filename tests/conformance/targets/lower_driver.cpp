// A second driver, for what must pass between two.
#include "probe_driver.inc"

namespace drydock::test {
DriverEntryPoint LowerEntry() { return &FxDriverEntry; }
void SetLowerHooks(Hooks* hooks) { hooks_of_this_driver = hooks; }
}  // namespace drydock::test
