// The driver whose binding a test's own DDI calls go through.
#include "probe_driver.inc"

namespace drydock::test {
DriverEntryPoint ProbeEntry() { return &FxDriverEntry; }
void SetProbeHooks(Hooks* hooks) { hooks_of_this_driver = hooks; }
}  // namespace drydock::test
