// ModelBridge: a test's DeviceModel behind the backends' ModelDevice.
// Threads:    as ModelDevice; the map of kept requests is guarded. The model's own state is the model's affair.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "backend/model.h"
#include "drydock/model.h"
#include "runtime/lock.h"

namespace drydock::machine {

class ModelBridge : public backend::ModelDevice {
 public:
  explicit ModelBridge(std::shared_ptr<DeviceModel> model);
  ~ModelBridge() override;

  // Remembers what a cancel of this request calls. Before Pend.
  void Keep(const ModelRequest& ticket, const backend::ModelRequest& request,
            std::function<void(const ModelRequest&)> on_cancel);

  void Forget(const backend::ModelRequest& request);

  void OnCreate(const backend::ModelRequest& request) override;
  void OnRead(const backend::ModelRequest& request) override;
  void OnWrite(const backend::ModelRequest& request) override;
  void OnDeviceControl(const backend::ModelRequest& request) override;
  void OnInternalControl(const backend::ModelRequest& request) override;
  void OnFlush(const backend::ModelRequest& request) override;
  void OnCancel(const backend::ModelRequest& request) override;

 private:
  ModelRequest Wrap(const backend::ModelRequest& request, ModelRequest::Kind kind);

  struct Kept {
    ModelRequest ticket;
    std::function<void(const ModelRequest&)> on_cancel;
  };
  std::shared_ptr<DeviceModel> model_;
  rt::Lock lock_;
  std::map<IRP*, Kept> kept_ RT_GUARDED_BY(lock_);
};

}  // namespace drydock::machine
