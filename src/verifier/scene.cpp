#include "verifier/scene.h"

#include <fmt/format.h>

#include "nt/thread.h"
#include "runtime/fault_handler.h"
#include "wdf/entry/tables.h"

namespace drydock::verifier {

namespace trace = wdf::trace;

namespace {

constexpr size_t kStackDepth = 48;

bool IsHandlerName(std::string_view name) {
  return name == "EvtIoDefault" || name == "EvtIoRead" || name == "EvtIoWrite" || name == "EvtIoDeviceControl" ||
         name == "EvtIoInternalDeviceControl";
}

template <class T>
const T* Find(const std::map<uint32_t, T>& map, uint32_t id) {
  auto found = map.find(id);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

void Scene::Before(const rt::Event& event) {
  const auto a = static_cast<uint32_t>(event.a), b = static_cast<uint32_t>(event.b);
  switch (event.kind) {
    case trace::kDeviceCreate:
      devices_[a] = {.driver = b, .device_object = static_cast<uint32_t>(event.c), .user_mode = (event.c >> 32) != 0};
      break;
    case trace::kQueueCreate:
      queues_[a] = {.device = b,
                    .dispatch = static_cast<uint32_t>(event.c & 0xFF),
                    .power_managed = (event.c & 0x100) != 0,
                    .has_stop = (event.c & 0x200) != 0};
      break;
    case trace::kQueuePower:
      queues_[a].leaving_d0 = event.b != 0;
      break;
    case trace::kHandlerBegin:
      handlers_[event.task].push_back({.queue = b, .request = a});
      break;
    case trace::kRequestArrive:
      undelivered_[a] = b;
      break;
    case trace::kRequestForward:
      undelivered_[a] = static_cast<uint32_t>(event.c);
      break;
    case trace::kRequestDeliver:
    case trace::kRequestComplete:
      undelivered_.erase(a);
      break;
    case trace::kSendBegin: {
      SeenSend send = SendOf(event);
      auto handlers = handlers_.find(event.task);
      if (InRequestHandler() && handlers != handlers_.end() && !handlers->second.empty()) {
        const uint32_t id = handlers->second.back().queue;
        const SeenQueue* from = queue(id);
        if (from && from->device == send.device) send.handler_queue = id;
      }
      if (!send.synchronous()) break;
      send.in_work_item = InnermostCallback() == "EvtWorkItem";
      send.stack.resize(kStackDepth);
      send.stack.resize(rt::CaptureStack(send.stack.data(), kStackDepth, 4));
      blocked_.push_back(std::move(send));
      break;
    }
    case trace::kDdiCall: {
      const std::string_view name = wdf::EntryName(event.b != 0, event.a);
      if (name == "WdfSpinLockAcquire") ++spin_locks_[event.task];
      if (name == "WdfSpinLockRelease") {
        auto held = spin_locks_.find(event.task);
        if (held != spin_locks_.end() && --held->second == 0) spin_locks_.erase(held);
      }
      break;
    }
    default: break;
  }
}

void Scene::After(const rt::Event& event) {
  switch (event.kind) {
    case trace::kHandlerEnd: {
      auto handlers = handlers_.find(event.task);
      if (handlers == handlers_.end()) break;
      handlers->second.pop_back();
      if (handlers->second.empty()) handlers_.erase(handlers);
      break;
    }
    case trace::kSendEnd:
      if (const SeenSend* send = EndedSend(event)) blocked_.erase(blocked_.begin() + (send - blocked_.data()));
      break;
    case trace::kObjectDestroy:
      queues_.erase(static_cast<uint32_t>(event.a));
      devices_.erase(static_cast<uint32_t>(event.a));
      break;
    default: break;
  }
}

SeenSend Scene::SendOf(const rt::Event& event) {
  SeenSend send;
  send.task = event.task;
  send.request = static_cast<uint32_t>(event.a);
  send.device = static_cast<uint32_t>(event.b >> 32);
  send.target = static_cast<uint32_t>(event.b);
  send.code = static_cast<uint32_t>(event.c >> 32);
  send.major = static_cast<uint8_t>(event.c >> 8);
  send.traits = event.c & 0xFF;
  send.begin = event.time;
  return send;
}

// Sends of one task nest: the newest is the one that returns.
const SeenSend* Scene::EndedSend(const rt::Event& event) const {
  for (size_t i = blocked_.size(); i-- > 0;)
    if (blocked_[i].task == event.task) return &blocked_[i];
  return nullptr;
}

std::string_view Scene::InnermostCallback() {
  const nt::Thread* thread = nt::CurrentThreadOrNull();
  return thread && thread->callbacks ? thread->callbacks->name : std::string_view();
}

bool Scene::InRequestHandler() { return IsHandlerName(InnermostCallback()); }

bool Scene::HoldsSpinLock(uint32_t task) const {
  if (spin_locks_.contains(task)) return true;
  // Automatic synchronisation holds a spin lock too, from before the callback: it does not count.
  const nt::Thread* thread = nt::CurrentThreadOrNull();
  return thread && thread->spin_locks_held != 0 && thread->irql > (thread->callbacks ? thread->callbacks->irql : PASSIVE_LEVEL);
}

const SeenQueue* Scene::queue(uint32_t id) const { return Find(queues_, id); }
const SeenDevice* Scene::device(uint32_t id) const { return Find(devices_, id); }

const SeenDevice* Scene::DeviceOfObject(uint32_t device_object) const {
  for (const auto& [id, device] : devices_)
    if (device.device_object == device_object) return &device;
  return nullptr;
}

uint32_t Scene::UndeliveredOf(uint32_t device) const {
  uint32_t count = 0;
  for (const auto& [request, id] : undelivered_) {
    const SeenQueue* in = queue(id);
    count += in && in->device == device;
  }
  return count;
}

std::string Scene::Describe(const SeenSend& send) const {
  std::string what = send.synchronous() ? "a synchronous " : "an asynchronous ";
  switch (send.major) {
    case IRP_MJ_READ: what += "read"; break;
    case IRP_MJ_WRITE: what += "write"; break;
    case IRP_MJ_DEVICE_CONTROL: what += fmt::format("IOCTL 0x{:X}", send.code); break;
    case IRP_MJ_INTERNAL_DEVICE_CONTROL: what += fmt::format("internal IOCTL 0x{:X}", send.code); break;
    default: what += "request"; break;
  }
  return fmt::format("{} from device {} to I/O target {}", what, send.device, send.target);
}

std::string Scene::KeyOf(const SeenSend& send) { return fmt::format("{} {} {} {}", send.device, send.target, send.major, send.code); }

}  // namespace drydock::verifier
