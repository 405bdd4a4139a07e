// The table of the PnP machine over all of its inputs.
#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "wdf/device/pnp_power.h"

namespace drydock::wdf {
namespace {

constexpr WDF_DEVICE_PNP_STATE kResting[] = {WdfDevStatePnpInit,    WdfDevStatePnpStarted, WdfDevStatePnpQueryStopPending,
                                             WdfDevStatePnpStopped, WdfDevStatePnpQueryRemovePending, WdfDevStatePnpFailedWaitForRemove,
                                             WdfDevStatePnpRemovedPdoWait, WdfDevStatePnpEjectedWaitingForRemove, WdfDevStatePnpEjectFailed};

// What the PnP manager never sends in a state; a row for one of these would be dead.
bool CannotHappen(WDF_DEVICE_PNP_STATE state, PnpEvent event) {
  static const std::map<std::pair<WDF_DEVICE_PNP_STATE, PnpEvent>, const char*> kImpossible = {
      {{WdfDevStatePnpInit, PnpEvent::kPowerFailed}, "no power before a start"},
      {{WdfDevStatePnpStopped, PnpEvent::kPowerFailed}, "no power while stopped"},
      {{WdfDevStatePnpStopped, PnpEvent::kQueryStop}, "stopped already"},
      {{WdfDevStatePnpStopped, PnpEvent::kStop}, "stopped already"},
      {{WdfDevStatePnpQueryStopPending, PnpEvent::kStart}, "a query is answered by stop or cancel"},
      {{WdfDevStatePnpQueryStopPending, PnpEvent::kQueryStop}, "asked once"},
      {{WdfDevStatePnpQueryStopPending, PnpEvent::kQueryRemove}, "one query at a time"},
      {{WdfDevStatePnpQueryStopPending, PnpEvent::kCancelRemove}, "not asked to be removed"},
      {{WdfDevStatePnpQueryRemovePending, PnpEvent::kStart}, "a query is answered by remove or cancel"},
      {{WdfDevStatePnpQueryRemovePending, PnpEvent::kQueryStop}, "one query at a time"},
      {{WdfDevStatePnpQueryRemovePending, PnpEvent::kCancelStop}, "not asked to stop"},
      {{WdfDevStatePnpQueryRemovePending, PnpEvent::kStop}, "not asked to stop"},
  };
  // IRP_MN_EJECT goes to a PDO whose stack was removed.
  if (event == PnpEvent::kEject && (state == WdfDevStatePnpStarted || state == WdfDevStatePnpStopped || state == WdfDevStatePnpQueryStopPending ||
                                    state == WdfDevStatePnpQueryRemovePending || state == WdfDevStatePnpEjectedWaitingForRemove)) {
    return true;
  }
  // After an ejection comes REMOVE, or a start when it failed.
  const bool stops = event == PnpEvent::kQueryStop || event == PnpEvent::kCancelStop || event == PnpEvent::kStop || event == PnpEvent::kPowerFailed;
  if (state == WdfDevStatePnpEjectFailed) return stops;
  if (state == WdfDevStatePnpEjectedWaitingForRemove) return stops || event == PnpEvent::kStart;
  return kImpossible.count({state, event}) != 0;
}

TEST(PnpStates, EveryPairHasOneRowOrAReasonForNone) {
  for (WDF_DEVICE_PNP_STATE state : kResting) {
    for (int i = 0; i < static_cast<int>(PnpEvent::kCount); ++i) {
      const PnpEvent event = static_cast<PnpEvent>(i);
      const PnpRow row = RowFor(state, event);
      EXPECT_EQ(row.spec == nullptr, CannotHappen(state, event)) << "state " << std::hex << state << " event " << i;
    }
  }
}

TEST(PnpStates, RemovalIsPossibleFromEveryRestingState) {
  for (WDF_DEVICE_PNP_STATE state : kResting) {
    EXPECT_NE(RowFor(state, PnpEvent::kRemove).spec, nullptr) << std::hex << state;
    EXPECT_NE(RowFor(state, PnpEvent::kSurpriseRemoval).spec, nullptr) << std::hex << state;
  }
}

TEST(PnpStates, AStateThatIsOnlyPassedHasNoRows) {
  for (int i = 0; i < static_cast<int>(PnpEvent::kCount); ++i) {
    EXPECT_EQ(RowFor(WdfDevStatePnpHardwareAvailable, static_cast<PnpEvent>(i)).spec, nullptr);
  }
}

}  // namespace
}  // namespace drydock::wdf
