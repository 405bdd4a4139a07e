// The queue's decision: what is due next, as a pure function of what the queue knows about itself.
// Called by:  the delivery loop (deliver.cpp), with the queue's lock held.
// Source:     IOX-44 (the order), IOX-45 (cancels wait during power rounds), IOX-48, OP-18, OP-19, IOT-9.05, 9.08, 9.19, 9.46.
#pragma once

#include <cstdint>

namespace drydock::wdf::queue {

// What the queue knows, one bit each, so that a test can run over every combination.
struct Facts {
  bool cancel_waiting : 1;         // a driver-held, marked request was cancelled: EvtRequestCancel not called yet
  bool canceled_on_queue : 1;      // a request was cancelled in the queue that the driver had seen: EvtIoCanceledOnQueue not called yet
  bool stop_slot : 1;              // a stop or stop-and-purge waits to be told
  bool drain_slot : 1;             // a drain or purge waits to be told
  bool driver_has_none : 1;        // no request is at the driver
  bool handler_running : 1;        // a request handler of this queue is on some stack
  bool nothing_waits : 1;          // no request waits in the queue
  bool holds_power : 1;            // managed, and keeps its device in D0
  bool power_round : 1;            // an EvtIoStop or EvtIoResume round is going on
  bool round_request_due : 1;      // ... and a request has its call still to come
  bool powered : 1;                // not managed, or its device is in D0 and the queue was told
  bool dispatching : 1;            // started
  bool manual : 1;
  bool room : 1;                   // below the limit of requests at the driver
  bool deliverable : 1;            // the waiting list has a request that no cancel has its hands on
  bool ready_due : 1;              // the ready callback is registered and due
};

enum class Due : uint8_t {
  kNothing,
  kCancel,            // EvtRequestCancel
  kCanceledOnQueue,   // EvtIoCanceledOnQueue
  kStopCallback,      // of Stop, StopAndPurge
  kDrainCallback,     // of Drain, Purge
  kReleasePower,
  kPowerRound,        // EvtIoStop, EvtIoResume
  kDeliver,
  kReady,             // ready notification
};

Due NextDue(const Facts& facts);

}  // namespace drydock::wdf::queue
