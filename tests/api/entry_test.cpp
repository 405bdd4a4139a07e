// What every entry of the function tables checks before a family's code runs, seen from a driver.
#include <cstring>

#include "drydock/machine.h"
#include "entry_driver.h"
#include "support/conformance.h"

struct EntryTrial kmdf_entry_trial;
struct EntryTrial umdf_entry_trial;
struct EntryTrial old_entry_trial;

extern "C" {
int32_t kmdf_entry_FxDriverEntry(struct _DRIVER_OBJECT*, struct _UNICODE_STRING*);
int32_t umdf_entry_FxDriverEntry(struct _DRIVER_OBJECT*, struct _UNICODE_STRING*);
int32_t old_entry_FxDriverEntry(struct _DRIVER_OBJECT*, struct _UNICODE_STRING*);
extern void* kmdf_entry_WdfDriverGlobals;
extern const void* kmdf_entry_WdfFunctions_01033;
}

namespace {

using drydock::Machine;
using drydock::MachineOptions;
using drydock::ReportKind;

constexpr uint32_t kWdfViolation = 0x10D;
constexpr uint64_t kNullParameter = 0x4, kBadHandle = 0x5, kMissingFunction = 0x10;
constexpr int kInvalidDeviceRequest = static_cast<int>(0xC0000010);

void RunKmdf(Machine& machine, EntryKind kind) {
  kmdf_entry_trial = {};
  kmdf_entry_trial.kind = kind;
  machine.AddDriver("kmdf_entry", &kmdf_entry_FxDriverEntry);
}

void RunUmdf(Machine& machine, EntryKind kind) {
  umdf_entry_trial = {};
  umdf_entry_trial.kind = kind;
  machine.AddDriver("umdf_entry", &umdf_entry_FxDriverEntry);
}

CONFORMANCE(Entry, NullForARequiredPointerIsABugCheck, "IOX-38", "DRV-02") {
  RunKmdf(machine, ENTRY_REQUIRED_POINTER_IS_NULL);
  EXPECT_BUG_CHECK(machine, kWdfViolation, kNullParameter);
  ASSERT_NE(machine.bug_check(), nullptr);
  EXPECT_NE(machine.bug_check()->words.find("WdfDriverCreate"), std::string::npos)
      << machine.bug_check()->words;
  EXPECT_NE(machine.bug_check()->words.find("DriverConfig"), std::string::npos)
      << machine.bug_check()->words;
}

CONFORMANCE(Entry, NullForAnOptionalPointerIsLegal, "DRV-02") {
  RunKmdf(machine, ENTRY_OPTIONAL_POINTER_IS_NULL);
  EXPECT_EQ(machine.last_driver_status(), drydock::Status(0));
}

CONFORMANCE(Entry, NullHandleIsABugCheck, "IOX-38") {
  RunKmdf(machine, ENTRY_HANDLE_IS_NULL);
  EXPECT_BUG_CHECK(machine, kWdfViolation, kBadHandle);
  EXPECT_FALSE(kmdf_entry_trial.done);
}

CONFORMANCE(Entry, HandleOfAnotherTypeIsABugCheck, "IOX-38") {
  RunKmdf(machine, ENTRY_HANDLE_HAS_ANOTHER_TYPE);
  EXPECT_BUG_CHECK(machine, kWdfViolation, kBadHandle);
  EXPECT_FALSE(kmdf_entry_trial.done);
}

CONFORMANCE(Entry, AddressThatIsNoHandleIsABugCheck, "IOX-38") {
  RunKmdf(machine, ENTRY_HANDLE_IS_NO_ADDRESS_OF_OURS);
  EXPECT_BUG_CHECK(machine, kWdfViolation, kBadHandle);
}

CONFORMANCE(Entry, HandleOfADeletedObjectIsABugCheck, "IOX-38") {
  RunKmdf(machine, ENTRY_HANDLE_IS_STALE);
  EXPECT_BUG_CHECK(machine, kWdfViolation, kBadHandle);
}

CONFORMANCE(Entry, NullObjectIsABugCheck, "IOX-38") {
  RunKmdf(machine, ENTRY_OBJECT_IS_NULL);
  EXPECT_BUG_CHECK(machine, kWdfViolation, kBadHandle);
}

// Ours: an entry that cannot be run is reported with the function's name, instead of a jump into
// nothing.
CONFORMANCE(Entry, FunctionWithoutPrototypeIsNamed, "DEVX-47") {
  RunKmdf(machine, ENTRY_FUNCTION_WITHOUT_PROTOTYPE);
  EXPECT_BUG_CHECK(machine, kWdfViolation, kMissingFunction);
  ASSERT_NE(machine.bug_check(), nullptr);
  EXPECT_NE(machine.bug_check()->words.find("WdfCxDeviceInitAllocate"), std::string::npos)
      << machine.bug_check()->words;
}

CONFORMANCE(Entry, UmdfDriversMeetTheSameChecks, "IOX-38") {
  RunUmdf(machine, ENTRY_HANDLE_IS_NULL);
  EXPECT_BUG_CHECK(machine, kWdfViolation, kBadHandle);
  EXPECT_FALSE(umdf_entry_trial.done);
}

CONFORMANCE(Entry, UmdfFunctionWithoutPrototypeIsNamed, "DEVX-47") {
  RunUmdf(machine, ENTRY_FUNCTION_WITHOUT_PROTOTYPE);
  EXPECT_BUG_CHECK(machine, kWdfViolation, kMissingFunction);
  ASSERT_NE(machine.bug_check(), nullptr);
  EXPECT_NE(machine.bug_check()->words.find("WdfDeviceInitEnableHidInterface"), std::string::npos)
      << machine.bug_check()->words;
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), Entry, CallAboveItsLevelIsRefusedByTheVerifier,
                 "OP-3") {
  RunKmdf(machine, ENTRY_ABOVE_ITS_LEVEL);
  EXPECT_TRUE(kmdf_entry_trial.done);
  EXPECT_EQ(kmdf_entry_trial.available, 0);
  EXPECT_EQ(kmdf_entry_trial.status, kInvalidDeviceRequest);
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 2u) << machine.ReportText();
}

CONFORMANCE(Entry, WithoutTheVerifierTheLevelIsNotLookedAt, "OP-3") {
  RunKmdf(machine, ENTRY_ABOVE_ITS_LEVEL);
  EXPECT_TRUE(kmdf_entry_trial.returned);
  EXPECT_NE(kmdf_entry_trial.available, 0);
  EXPECT_NE(kmdf_entry_trial.status, kInvalidDeviceRequest);
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 0u) << machine.ReportText();
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), Entry, UmdfIsNeverLevelChecked, "OP-3") {
  RunUmdf(machine, ENTRY_ABOVE_ITS_LEVEL);
  EXPECT_TRUE(umdf_entry_trial.returned);
  EXPECT_NE(umdf_entry_trial.status, kInvalidDeviceRequest);
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), Entry, LevelMayDependOnTheArguments, "OP-3") {
  RunKmdf(machine, ENTRY_LEVEL_DEPENDS_ON_ARGUMENTS);
  EXPECT_TRUE(kmdf_entry_trial.done);
  EXPECT_EQ(kmdf_entry_trial.status, 0);
  EXPECT_EQ(kmdf_entry_trial.other_status, kInvalidDeviceRequest);
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u) << machine.ReportText();
}

// Ours: with tracing on, every call of a driver is an event that tells the function.
CONFORMANCE_WITH((MachineOptions{.trace = true}), Entry, CallsAreTracedByName, "ours") {
  RunKmdf(machine, ENTRY_OPTIONAL_POINTER_IS_NULL);
  bool named = false;
  for (const std::string& line : machine.TraceText())
    named |= line.find("WdfDriverCreate") != std::string::npos;
  EXPECT_TRUE(named);
}

// --- the entry stub: how it binds and unbinds is ours, the contract knows only what drivers see of
// it ---

CONFORMANCE(EntryStub, FailedDriverEntryEndsTheBinding, "ours") {
  RunKmdf(machine, ENTRY_FAILS);
  EXPECT_EQ(machine.last_driver_status(), drydock::Status(static_cast<int32_t>(0xC0000182)));
  EXPECT_EQ(kmdf_entry_WdfDriverGlobals, nullptr);
  EXPECT_EQ(kmdf_entry_WdfFunctions_01033, nullptr);
  RunKmdf(machine, ENTRY_NO_MISTAKE);  // and the driver can be loaded again
  EXPECT_EQ(machine.last_driver_status(), drydock::Status(0));
}

CONFORMANCE(EntryStub, UnloadingEndsTheBinding, "ours") {
  kmdf_entry_trial = {};
  auto driver = machine.AddDriver("kmdf_entry", &kmdf_entry_FxDriverEntry);
  EXPECT_TRUE(kmdf_entry_trial.done);
  EXPECT_NE(kmdf_entry_WdfDriverGlobals, nullptr);
  machine.UnloadDriver(driver);
  EXPECT_EQ(kmdf_entry_WdfDriverGlobals, nullptr);
  EXPECT_EQ(driver.object(), nullptr);
}

CONFORMANCE(EntryStub, DriverForAnOlderVersionUsesTheBeginningOfTheTable, "ours") {
  old_entry_trial = {};
  machine.AddDriver("old_entry", &old_entry_FxDriverEntry);
  EXPECT_TRUE(old_entry_trial.done);
  EXPECT_EQ(old_entry_trial.bound_minor, 15u);
  EXPECT_EQ(old_entry_trial.bound_functions, 444u);
}

}  // namespace
