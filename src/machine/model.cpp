// DeviceModel for tests, over backend::ModelDevice.
#include "drydock/model.h"

#include <utility>

#include "backend/model.h"
#include "machine/impl.h"
#include "machine/model_bridge.h"

namespace drydock {

struct ModelRequest::State {
  backend::ModelRequest request;
  machine::ModelBridge* bridge = nullptr;
  Kind kind = Kind::kOther;
};

ModelRequest::ModelRequest(std::shared_ptr<State> state) : state_(std::move(state)) {}
ModelRequest::Kind ModelRequest::kind() const { return state_->kind; }
uint32_t ModelRequest::ioctl() const { return state_->request.ioctl(); }
int64_t ModelRequest::offset() const { return state_->request.offset(); }
const void* ModelRequest::input() const { return state_->request.input(); }
size_t ModelRequest::input_length() const { return state_->request.input_length(); }
void* ModelRequest::output() const { return state_->request.output(); }
size_t ModelRequest::output_length() const { return state_->request.output_length(); }
void* ModelRequest::irp() const { return state_->request.irp(); }

void ModelRequest::Complete(Status status, size_t information) const {
  // If a cancel is on its way already, OnCancel finds nothing kept and completes it as cancelled.
  state_->bridge->Forget(state_->request);
  state_->request.Complete(status.value(), information);
}

void ModelRequest::Pend(std::function<void(const ModelRequest&)> on_cancel) const {
  bool cancelable = static_cast<bool>(on_cancel);
  state_->bridge->Keep(*this, state_->request, std::move(on_cancel));
  state_->request = state_->bridge->Pend(state_->request, cancelable);
}

void ModelRequest::PendCancelable() const {
  Pend([](const ModelRequest& request) { request.Complete(STATUS_CANCELLED, 0); });
}

void DeviceModel::OnRead(const ModelRequest& request) { request.Complete(STATUS_INVALID_DEVICE_REQUEST); }
void DeviceModel::OnWrite(const ModelRequest& request) { request.Complete(STATUS_INVALID_DEVICE_REQUEST); }
void DeviceModel::OnIoctl(const ModelRequest& request) { request.Complete(STATUS_INVALID_DEVICE_REQUEST); }

namespace machine {

ModelBridge::ModelBridge(std::shared_ptr<DeviceModel> model) : model_(std::move(model)) {}
ModelBridge::~ModelBridge() = default;

ModelRequest ModelBridge::Wrap(const backend::ModelRequest& request, ModelRequest::Kind kind) {
  auto state = std::make_shared<ModelRequest::State>();
  state->request = request;
  state->bridge = this;
  state->kind = kind;
  return ModelRequest(std::move(state));
}

void ModelBridge::Keep(const ModelRequest& ticket, const backend::ModelRequest& request,
                       std::function<void(const ModelRequest&)> on_cancel) {
  if (!on_cancel) return;
  rt::LockGuard guard(lock_);
  kept_.insert_or_assign(request.irp(), Kept{ticket, std::move(on_cancel)});
}

void ModelBridge::Forget(const backend::ModelRequest& request) {
  rt::LockGuard guard(lock_);
  if (!kept_.empty()) kept_.erase(request.irp());
}

void ModelBridge::OnCancel(const backend::ModelRequest& request) {
  std::optional<Kept> kept;
  {
    rt::LockGuard guard(lock_);
    if (auto found = kept_.find(request.irp()); found != kept_.end()) {
      kept.emplace(std::move(found->second));
      kept_.erase(found);
    }
  }
  if (!kept) {
    request.Complete(STATUS_CANCELLED);
    return;
  }
  // The request is the model's again: its handler completes it through a fresh ticket.
  kept->on_cancel(Wrap(request, kept->ticket.kind()));
}

void ModelBridge::OnCreate(const backend::ModelRequest& r) { model_->OnCreate(Wrap(r, ModelRequest::Kind::kCreate)); }
void ModelBridge::OnRead(const backend::ModelRequest& r) { model_->OnRead(Wrap(r, ModelRequest::Kind::kRead)); }
void ModelBridge::OnWrite(const backend::ModelRequest& r) { model_->OnWrite(Wrap(r, ModelRequest::Kind::kWrite)); }
void ModelBridge::OnDeviceControl(const backend::ModelRequest& r) { model_->OnIoctl(Wrap(r, ModelRequest::Kind::kIoctl)); }
void ModelBridge::OnInternalControl(const backend::ModelRequest& r) {
  model_->OnInternalIoctl(Wrap(r, ModelRequest::Kind::kInternalIoctl));
}
void ModelBridge::OnFlush(const backend::ModelRequest& r) { model_->OnFlush(Wrap(r, ModelRequest::Kind::kFlush)); }

}  // namespace machine

namespace {

class FunctionModel : public DeviceModel {
 public:
  explicit FunctionModel(ModelFunctions functions) : functions_(std::move(functions)) {}
  void OnCreate(const ModelRequest& request) override {
    functions_.on_create ? functions_.on_create(request) : DeviceModel::OnCreate(request);
  }
  void OnRead(const ModelRequest& request) override {
    functions_.on_read ? functions_.on_read(request) : DeviceModel::OnRead(request);
  }
  void OnWrite(const ModelRequest& request) override {
    functions_.on_write ? functions_.on_write(request) : DeviceModel::OnWrite(request);
  }
  void OnIoctl(const ModelRequest& request) override {
    functions_.on_ioctl ? functions_.on_ioctl(request) : DeviceModel::OnIoctl(request);
  }
  void OnInternalIoctl(const ModelRequest& request) override {
    functions_.on_internal_ioctl ? functions_.on_internal_ioctl(request) : OnIoctl(request);
  }

 private:
  ModelFunctions functions_;
};

class SilentModel : public DeviceModel {
 public:
  explicit SilentModel(bool cancelable) : cancelable_(cancelable) {}
  void OnRead(const ModelRequest& request) override { Keep(request); }
  void OnWrite(const ModelRequest& request) override { Keep(request); }
  void OnIoctl(const ModelRequest& request) override { Keep(request); }

 private:
  void Keep(const ModelRequest& request) { cancelable_ ? request.PendCancelable() : request.Pend(); }
  bool cancelable_;
};

}  // namespace

std::shared_ptr<DeviceModel> MakeModel(ModelFunctions functions) {
  return std::make_shared<FunctionModel>(std::move(functions));
}

std::shared_ptr<DeviceModel> SilentDevice(bool cancelable) { return std::make_shared<SilentModel>(cancelable); }

}  // namespace drydock
