#include "wdf/queue/queue_step.h"

namespace drydock::wdf::queue {

// Read top down: the first line that holds is what the queue does next (IOX-44).
Due NextDue(const Facts& f) {
  const bool at_rest = f.driver_has_none && !f.handler_running;
  if (f.cancel_waiting && !f.power_round) return Due::kCancel;
  if (f.canceled_on_queue && !f.power_round) return Due::kCanceledOnQueue;
  if (f.stop_slot && at_rest) return Due::kStopCallback;
  if (f.drain_slot && at_rest && f.nothing_waits && !f.canceled_on_queue) return Due::kDrainCallback;
  if (f.holds_power && at_rest && f.nothing_waits && !f.canceled_on_queue) return Due::kReleasePower;
  if (f.power_round) return f.round_request_due ? Due::kPowerRound : Due::kNothing;
  if (!f.powered || !f.dispatching) return Due::kNothing;
  if (f.manual) return f.ready_due && !f.nothing_waits ? Due::kReady : Due::kNothing;
  return f.deliverable && f.room ? Due::kDeliver : Due::kNothing;
}

}  // namespace drydock::wdf::queue
