// InterruptController: lines and messages, the service routines connected to them, and their delivery.
// Called by:  machine (vectors, assertions), IoConnectInterrupt..., KeSynchronizeExecution, wdf/interrupt.
// Delivery:   a service task per processor runs service routines at the connection's level with its spin lock held; a vector belongs to one processor.
//             A vector whose connections are passive is served on a system worker at PASSIVE_LEVEL instead.
//   I1  Level-sensitive: routines are called in order of connection until one claims (TRUE); as long as the line stays asserted it begins again.
//   I2  Latched and messages: one edge calls every routine of the vector, again until a round in which none claims when there are several. An edge
//       while no one is connected is lost; one while routines run is served after them.
//   I3  A connection that was reported inactive is passed over; a level that is asserted waits for it, an edge is lost.
//   I4  A line that stays asserted over kStormLimit rounds is bug check 0xF2 (HARDWARE_INTERRUPT_STORM).
// IRQL:       Raise, Lower: any task or none at all (a test between calls), any IRQL. Connect, Disconnect: PASSIVE_LEVEL; Disconnect waits for a running
//             service routine. Synchronize: <= the connection's level.
// Ownership:  vectors are shared by the controller and whoever asserts them; after the machine's end asserting does nothing.
// Locks:      Vector::lock > ServiceQueue::lock; none over a service routine.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ntddk.h>

#include "nt/kernel.h"
#include "nt/thread.h"
#include "runtime/lock.h"

namespace drydock::nt::hal {
struct Vector;
}

// The driver's PKINTERRUPT: one connection.
struct _KINTERRUPT {
  drydock::nt::Kernel* kernel;
  std::shared_ptr<drydock::nt::hal::Vector> vector;
  PKSERVICE_ROUTINE routine;
  PKMESSAGE_SERVICE_ROUTINE message_routine;  // set instead of `routine`
  PVOID context;
  ULONG message_id;
  bool own;       // code of ours: called as it is, without the lock when `own_locking`
  bool own_locking;
  bool passive;
  bool share;
  KSPIN_LOCK* lock;
  KSPIN_LOCK own_lock;
  KEVENT passive_lock;
  KIRQL synchronize_irql;
  bool active;       // under Vector::lock
  uint32_t running;  // likewise: calls of the routine under way, or about to be
};

namespace drydock::nt::hal {

using Connection = ::_KINTERRUPT;
struct ServiceQueue;

struct Vector {
  Vector() { ExInitializeWorkItem(&item, &Vector::ServePassive, this); }

  Kernel* kernel = nullptr;  // null once the machine is gone
  uint32_t number = 0;       // the system's vector
  uint32_t block = 0;        // of a message: the first vector of its resource
  KIRQL irql = 0;
  bool latched = false;
  bool message = false;
  uint32_t processor = 0;

  rt::Lock lock;
  std::vector<Connection*> connections RT_GUARDED_BY(lock);  // in order of connection
  uint32_t asserted RT_GUARDED_BY(lock) = 0;  // by so many
  bool fell RT_GUARDED_BY(lock) = false;      // the line was down meanwhile: what asserts it now is another interrupt
  bool edge RT_GUARDED_BY(lock) = false;      // still to be served
  bool serving RT_GUARDED_BY(lock) = false;   // queued or at it
  bool passive RT_GUARDED_BY(lock) = false;
  std::shared_ptr<Vector> self RT_GUARDED_BY(lock);  // while serving
  WORK_QUEUE_ITEM item = {};

  bool Due() const RT_REQUIRES(lock);
  static VOID NTAPI ServePassive(PVOID context);
};

struct ConnectParameters {
  PKSERVICE_ROUTINE routine = nullptr;
  PKMESSAGE_SERVICE_ROUTINE message_routine = nullptr;
  PVOID context = nullptr;
  ULONG message_id = 0;
  bool own = false;
  bool own_locking = false;   // the routine takes its own lock (passive handling)
  bool passive = false;
  bool share = false;
  KSPIN_LOCK* lock = nullptr;  // null: the connection's own
  KIRQL synchronize_irql = 0;  // 0: the vector's
  uint32_t vector = 0;
};

struct ServiceQueue {
  Kernel* kernel = nullptr;
  uint32_t processor = 0;
  rt::Lock lock;
  std::vector<std::shared_ptr<Vector>> due RT_GUARDED_BY(lock);
  rt::Task* service RT_GUARDED_BY(lock) = nullptr;
  bool has_service RT_GUARDED_BY(lock) = false;
};

class InterruptController {
 public:
  static constexpr uint32_t kStormLimit = 10'000;

  explicit InterruptController(Kernel& kernel);
  ~InterruptController();
  InterruptController(const InterruptController&) = delete;

  // The line with that number, made at first need (`irql` 0: chosen). Null: it is there and works otherwise.
  std::shared_ptr<Vector> Line(uint32_t line, bool latched, KIRQL irql);
  // So many messages with consecutive vectors and one level.
  std::vector<std::shared_ptr<Vector>> Messages(uint32_t count);
  // A line number that no device has yet.
  uint32_t FreeLine();
  std::shared_ptr<Vector> Find(uint32_t vector);
  // A message whose device is gone: its vector is not found any more.
  void Forget(const std::shared_ptr<Vector>& vector);

  // What a device does to its line or with its message.
  static void Assert(const std::shared_ptr<Vector>& vector);    // level: once more; latched: an edge
  static void Deassert(const std::shared_ptr<Vector>& vector);  // level: once less

  NTSTATUS Connect(const ConnectParameters& parameters, Connection** connection);
  void Disconnect(Connection* connection);
  void SetActive(Connection* connection, bool active);

  // Serves a vector until nothing is due; on its processor's task or a worker.
  static void Serve(Vector& vector, bool passive);

 private:
  void EnsureService(uint32_t processor);
  std::shared_ptr<Vector> NewVector(bool latched, bool message, KIRQL irql) RT_REQUIRES(lock_);
  static void Kick(const std::shared_ptr<Vector>& vector);

  Kernel& kernel_;
  rt::Lock lock_;
  std::map<uint32_t, std::shared_ptr<Vector>> vectors_ RT_GUARDED_BY(lock_);
  std::map<uint32_t, std::shared_ptr<Vector>> lines_ RT_GUARDED_BY(lock_);
  std::vector<std::shared_ptr<Vector>> forgotten_ RT_GUARDED_BY(lock_);  // but still connected
  uint32_t next_vector_ RT_GUARDED_BY(lock_) = 0x30;
  std::vector<std::unique_ptr<ServiceQueue>> services_;  // by processor
};

// Raises to the connection's level and takes its spin lock; the level before. Not for passive connections.
KIRQL AcquireLock(Connection& connection, const char* function);
void ReleaseLock(Connection& connection, KIRQL old, const char* function);

}  // namespace drydock::nt::hal
