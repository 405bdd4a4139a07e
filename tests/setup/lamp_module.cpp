// A device module: a register that tells how bright the lamp is, a button at an interrupt line, and who answers reads.
#include <drydock/module.h>

#include <atomic>
#include <cstring>

namespace {

class Lamp : public drydock::DeviceModule, public std::enable_shared_from_this<Lamp> {
 public:
  explicit Lamp(const drydock::ModuleSetup& setup) : bright_(static_cast<uint64_t>(setup.Number("bright", 3))), color_(setup.Text("color", "white")), name_(setup.device) {
    if (color_ == "black") throw drydock::Error("no lamp is black");
  }
  std::vector<drydock::Resource> Resources() override {
    ++plugged_;
    return {drydock::Resource::Memory(16, drydock::MakeRegisters({.read = [this](uint64_t, unsigned) { return bright_.load(); },
                                                                  .write = [this](uint64_t, unsigned, uint64_t value) { bright_ = value; }})),
            drydock::Resource::Line(button_)};
  }
  std::shared_ptr<drydock::DeviceModel> Model() override {
    return drydock::MakeModel({.on_read = [this, kept = shared_from_this()](const drydock::ModelRequest& request) {
      const size_t bytes = std::min(request.output_length(), color_.size());
      std::memcpy(request.output(), color_.data(), bytes);
      request.Complete(0, bytes);
    }});
  }
  std::string Tell(const std::vector<std::string>& words) override {
    if (words[0] == "press") return button_.Raise(), name_ + " pressed";
    if (words[0] == "count") return std::to_string(plugged_);
    return DeviceModule::Tell(words);
  }

 private:
  std::atomic<uint64_t> bright_;
  const std::string color_, name_;
  int plugged_ = 0;
  drydock::InterruptPin button_;
};

}  // namespace

DRYDOCK_DEVICE_MODULE(Lamp)
