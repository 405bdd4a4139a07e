// Scene: what the events so far say about queues, handlers and sends: the ground that all rules stand on.
// Called by:  Verifier (Before and After each event), rules (the questions). Under the verifier's lock.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/event_ring.h"
#include "runtime/time.h"
#include "wdf/trace.h"

namespace drydock::verifier {

struct SeenQueue {
  uint32_t device = 0;
  uint32_t dispatch = 0;  // WDF_IO_QUEUE_DISPATCH_TYPE
  bool power_managed = false;
  bool has_stop = false;
  bool leaving_d0 = false;
};

struct SeenDevice {
  uint32_t driver = 0;
  uint32_t device_object = 0;
  bool user_mode = false;
};

// A call of a request handler that has not returned.
struct SeenHandler {
  uint32_t queue = 0;
  uint32_t request = 0;
};

// A send as its caller asked for it.
struct SeenSend {
  uint32_t task = 0;
  uint32_t request = 0;  // 0: none given
  uint32_t device = 0;   // owner of the target
  uint32_t target = 0;
  uint32_t code = 0;
  uint8_t major = 0xFF;
  uint64_t traits = 0;   // wdf::trace::SendTrait
  rt::Ticks begin = 0;
  uint32_t handler_queue = 0;  // sent from a request handler of this queue of the same device; 0: not
  bool in_work_item = false;
  std::vector<void*> stack;

  bool Is(uint64_t trait) const { return (traits & trait) != 0; }
  bool synchronous() const { return Is(wdf::trace::kSendSynchronous) && !Is(wdf::trace::kSendForget); }
};

class Scene {
 public:
  void Before(const rt::Event& event);  // what begins with it
  void After(const rt::Event& event);   // what ends with it

  // --- of the event being seen ---
  static SeenSend SendOf(const rt::Event& event);  // kSendBegin
  const SeenSend* EndedSend(const rt::Event& event) const;  // kSendEnd: the send that it ends, or null
  // The call into a driver that the current task is in, innermost first; "" outside.
  static std::string_view InnermostCallback();
  static bool InRequestHandler();
  // The driver raised the level with a spin lock, or acquired one of the framework's.
  bool HoldsSpinLock(uint32_t task) const;

  // --- what is ---
  const SeenQueue* queue(uint32_t id) const;
  const SeenDevice* device(uint32_t id) const;
  const SeenDevice* DeviceOfObject(uint32_t device_object) const;
  const std::vector<SeenSend>& blocked() const { return blocked_; }  // synchronous sends that have not returned
  uint32_t UndeliveredOf(uint32_t device) const;

  // --- words ---
  std::string Describe(const SeenSend& send) const;  // "a synchronous IOCTL 0x222004 of device 12 to target 13"
  static std::string KeyOf(const SeenSend& send);    // device, target, operation

 private:
  std::map<uint32_t, SeenQueue> queues_;
  std::map<uint32_t, SeenDevice> devices_;
  std::map<uint32_t, std::vector<SeenHandler>> handlers_;  // by task, innermost last
  std::map<uint32_t, uint32_t> spin_locks_;                // by task: framework spin locks held
  std::map<uint32_t, uint32_t> undelivered_;               // request -> queue
  std::vector<SeenSend> blocked_;
};

}  // namespace drydock::verifier
