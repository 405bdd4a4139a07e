// ModelDevice: the base of device models and of every backend: a device object of ours whose requests arrive as virtual calls.
// Called by:  backend/file, backend/terminal, machine (which wraps it for tests).
// IRQL:       callbacks run at the sender's IRQL on its task; Complete and Pend at <= DISPATCH_LEVEL on any task of the machine.
// Ownership:  the device object owns the ModelDevice (or the PDO does, for a model at the bottom of a PnP stack). A ModelRequest is a
//             ticket that may be copied and kept until it was completed.
// Rules:      each request is completed exactly once, or kept for ever (a silent device). A pended request with cancel notice is
//             given to OnCancel at most once; whoever calls Complete first wins, the loser gets false.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <ntddk.h>

#include "nt/io/driver.h"
#include "nt/pnp/pnp.h"

namespace drydock::backend {

class ModelDevice;

struct PendingTable;

class ModelRequest {
 public:
  ModelRequest() = default;
  IRP* irp() const { return irp_; }
  explicit operator bool() const { return irp_ != nullptr; }

  UCHAR major() const;
  UCHAR minor() const;
  ULONG ioctl() const;       // control requests
  int64_t offset() const;    // reads and writes
  FILE_OBJECT* file() const;
  KPROCESSOR_MODE mode() const;
  bool cancelled() const { return __atomic_load_n(&irp_->Cancel, __ATOMIC_SEQ_CST) != FALSE; }

  // By transfer method: what the sender gave (write data, control input) and where the answer goes (read buffer, control output).
  void* input() const;
  size_t input_length() const;
  void* output() const;
  size_t output_length() const;

  // Completes; false: it was completed before, its device is gone, or its cancel notice is on its way (then OnCancel must complete it).
  bool Complete(NTSTATUS status, ULONG_PTR information = 0) const;

 private:
  friend class ModelDevice;
  friend struct ModelAccess;
  std::shared_ptr<PendingTable> table_;
  IRP* irp_ = nullptr;
  uint64_t ticket_ = 0;
};

class ModelDevice {
 public:
  virtual ~ModelDevice() = default;

  virtual void OnCreate(const ModelRequest& request) { request.Complete(STATUS_SUCCESS); }
  virtual void OnRead(const ModelRequest& request) { request.Complete(STATUS_INVALID_DEVICE_REQUEST); }
  virtual void OnWrite(const ModelRequest& request) { request.Complete(STATUS_INVALID_DEVICE_REQUEST); }
  virtual void OnDeviceControl(const ModelRequest& request) { request.Complete(STATUS_INVALID_DEVICE_REQUEST); }
  virtual void OnInternalControl(const ModelRequest& request) { OnDeviceControl(request); }
  virtual void OnFlush(const ModelRequest& request) { request.Complete(STATUS_SUCCESS); }
  virtual void OnOther(const ModelRequest& request) { request.Complete(STATUS_INVALID_DEVICE_REQUEST); }
  virtual void OnCleanup(FILE_OBJECT* file) {}
  virtual void OnClose(FILE_OBJECT* file) {}
  // A pended request is to be cancelled. It is the model's again: complete it (STATUS_CANCELLED), now or later.
  virtual void OnCancel(const ModelRequest& request) { request.Complete(STATUS_CANCELLED); }

  DEVICE_OBJECT* device_object() const { return device_.load(std::memory_order_acquire); }
  nt::Kernel& kernel() const { return *kernel_; }

  // Keeps the request. `cancelable`: a cancel calls OnCancel; otherwise cancels are ignored (a driver that never set a cancel
  // routine). Call it inside the On... callback, before anyone else may complete the request. If the request was cancelled already,
  // OnCancel runs inside.
  // A request that a callback neither completed nor pended counts as pended, not cancelable.
  ModelRequest Pend(const ModelRequest& request, bool cancelable = true);
  // True while the request is neither completed nor handed to OnCancel.
  bool IsPending(const ModelRequest& request) const;
  size_t pending_count() const;

  // What is held when the device goes is completed so.
  void CompleteAllPending(NTSTATUS status);

 private:
  friend class ModelRequest;
  friend struct ModelAccess;
  nt::Kernel* kernel_ = nullptr;
  std::atomic<DEVICE_OBJECT*> device_ = nullptr;  // at a PDO known from its first request on, which any thread may bring
  std::shared_ptr<PendingTable> pending_;
};

struct NamedDeviceOptions {
  std::u16string name;                    // \Device\Name; empty: nameless
  ULONG device_type = FILE_DEVICE_UNKNOWN;
  ULONG characteristics = 0;
  ULONG flags = DO_BUFFERED_IO;           // or DO_DIRECT_IO, or 0 (neither)
  USHORT sector_size = 0;
  CCHAR stack_size = 1;
};

// A device object that stands alone under a name. The model is owned by it.
NTSTATUS CreateModelDevice(nt::Kernel& kernel, const NamedDeviceOptions& options, std::unique_ptr<ModelDevice> model,
                           DEVICE_OBJECT** device);
// Deletes it (pending requests are completed first); it goes when its last file is closed.
void DeleteModelDevice(DEVICE_OBJECT* device);

// For the bottom of a PnP stack: hooks for pnp::DeviceDescription; the PDO owns the model.
nt::pnp::PdoHooks HooksFor(nt::Kernel& kernel, std::unique_ptr<ModelDevice> model, ULONG device_flags = DO_BUFFERED_IO);

}  // namespace drydock::backend
