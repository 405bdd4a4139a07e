// DeviceModel: a device at the bottom of a stack, written by a test in a few lines.
// Threads:    callbacks run on the task that sent the request, at its IRQL; they must not block. A
// request kept (Pend) is completed later
//             from any task, from Machine::After, or never: that is a silent device.
// Ownership:  the machine keeps the model (shared_ptr) as long as its device lives. A ModelRequest
// is a copyable ticket to one request;
//             completing it twice, or after the device went, is reported and otherwise harmless.
// Defaults:   create, cleanup and close succeed; everything else is completed with
// STATUS_INVALID_DEVICE_REQUEST.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "drydock/status.h"

namespace drydock {

class ModelRequest {
 public:
  enum class Kind : uint8_t {
    kCreate,
    kRead,
    kWrite,
    kIoctl,
    kInternalIoctl,
    kFlush,
    kCleanup,
    kClose,
    kOther
  };

  Kind kind() const;
  uint32_t ioctl() const;  // kIoctl, kInternalIoctl
  int64_t offset() const;  // kRead, kWrite
  // What the sender gave (write data, IOCTL input) and where the answer goes (read buffer, IOCTL
  // output), whatever the transfer method.
  const void* input() const;
  size_t input_length() const;
  void* output() const;
  size_t output_length() const;
  void* irp() const;  // the PIRP, for those who need more

  void Complete(Status status, size_t information = 0) const;
  // Keeps the request. With a handler it can be cancelled: the handler must complete it
  // (STATUS_CANCELLED, 0). Without one, a cancel is ignored, as by a driver that never set a cancel
  // routine.
  void Pend(std::function<void(const ModelRequest&)> on_cancel = {}) const;
  // Keeps the request; a cancel completes it with STATUS_CANCELLED.
  void PendCancelable() const;

  struct State;
  explicit ModelRequest(std::shared_ptr<State> state);

 private:
  std::shared_ptr<State> state_;
};

class DeviceModel {
 public:
  virtual ~DeviceModel() = default;
  virtual void OnCreate(const ModelRequest& request) { request.Complete(0); }
  virtual void OnRead(const ModelRequest& request);
  virtual void OnWrite(const ModelRequest& request);
  virtual void OnIoctl(const ModelRequest& request);
  virtual void OnInternalIoctl(const ModelRequest& request) { OnIoctl(request); }
  virtual void OnFlush(const ModelRequest& request) { request.Complete(0); }
};

// A model from functions: the ones left empty answer as DeviceModel does.
struct ModelFunctions {
  std::function<void(const ModelRequest&)> on_create, on_read, on_write, on_ioctl,
      on_internal_ioctl;
};
std::shared_ptr<DeviceModel> MakeModel(ModelFunctions functions);

// A device that takes every request and never answers; it lets itself be cancelled unless told
// otherwise.
std::shared_ptr<DeviceModel> SilentDevice(bool cancelable = true);

}  // namespace drydock
