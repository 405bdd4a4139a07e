// What a driver does with a request: IOT-2.26, 3.27, 5.25, 7.15, 10.17.
#include <fmt/format.h>

#include <set>

#include "verifier/rule.h"
#include "wdf/entry/tables.h"

namespace drydock::verifier {
namespace {

namespace trace = wdf::trace;

const char* OperationName(uint32_t major) {
  switch (major) {
    case IRP_MJ_READ: return "read";
    case IRP_MJ_WRITE: return "write";
    case IRP_MJ_DEVICE_CONTROL: return "IOCTL";
    case IRP_MJ_INTERNAL_DEVICE_CONTROL: return "internal IOCTL";
    default: return "request of another type";
  }
}

class SentAsAnotherType final : public Rule {
 public:
  void See(const rt::Event& event, const Scene& scene, Findings& findings) override {
    if (event.kind == trace::kHandlerBegin) {
      if (event.c >> 8) types_[event.a] = static_cast<uint8_t>(event.c);
    } else if (event.kind == trace::kRequestComplete) {
      types_.erase(event.a);
    } else if (event.kind == trace::kSendBegin) {
      const SeenSend send = Scene::SendOf(event);
      auto type = types_.find(event.a);
      if (!send.Is(trace::kSendMethod) || type == types_.end() || type->second == send.major) return;
      findings.Add("SentAsAnotherType", Scene::KeyOf(send),
                   fmt::format("a {} that was received in its type's own handler goes out as a {}: {}.", OperationName(type->second),
                               OperationName(send.major), scene.Describe(send)));
    }
  }

 private:
  std::map<uint64_t, uint8_t> types_;  // of requests in type-specific handlers
};

class SendConditions final : public Rule {
 public:
  void See(const rt::Event& event, const Scene& scene, Findings& findings) override {
    switch (event.kind) {
      case trace::kRequestMarkCancelable:
        if (event.b) cancelable_.insert(event.a);
        else cancelable_.erase(event.a);
        break;
      case trace::kRequestCancel:
      case trace::kRequestComplete: cancelable_.erase(event.a); break;
      case trace::kSendBegin: {
        const SeenSend send = Scene::SendOf(event);
        if (scene.HoldsSpinLock(event.task)) {
          findings.Add("SendWhileHoldingSpinLock", Scene::KeyOf(send),
                       scene.Describe(send) + " is made while the thread holds a spin lock: the completion routine may run inside, and take it again.");
        }
        if (cancelable_.contains(event.a)) {
          findings.Add("SendOfCancelableRequest", Scene::KeyOf(send),
                       scene.Describe(send) + " sends a request that is still marked cancelable. Call WdfRequestUnmarkCancelable first.");
        }
        break;
      }
      default: break;
    }
  }

 private:
  std::set<uint64_t> cancelable_;
};

class CallsInCallbacks final : public Rule {
 public:
  void See(const rt::Event& event, const Scene&, Findings& findings) override {
    if (event.kind != trace::kDdiCall) return;
    const std::string_view callback = Scene::InnermostCallback();
    if (callback == "EvtIoStop" || callback == "EvtIoResume") {
      const std::string_view call = wdf::EntryName(event.b != 0, event.a);
      if (call != "WdfRequestGetParameters") return;
      findings.Add("ParametersInStopOrResume", std::string(callback),
                   fmt::format("WdfRequestGetParameters is called in {}: the request may be gone. Keep what is needed in its context.", callback));
    } else if (callback == "EvtDeviceSurpriseRemoval") {
      const std::string_view call = wdf::EntryName(event.b != 0, event.a);
      if (call != "WdfRequestCancelSentRequest" && call != "WdfRequestComplete" && call != "WdfRequestCompleteWithInformation" &&
          call != "WdfRequestCompleteWithPriorityBoost")
        return;
      findings.Add("RequestEndedInSurpriseRemoval", std::string(call),
                   fmt::format("{} is called in EvtDeviceSurpriseRemoval, which is not synchronised with the power-down path: the request may have "
                               "ended already. Do it in EvtIoStop or EvtDeviceSelfManagedIoSuspend.",
                               call));
    }
  }
};

class FileObjects final : public Rule {
 public:
  void See(const rt::Event& event, const Scene&, Findings& findings) override {
    if (event.kind != trace::kRequestFile) return;
    if (!(event.c & trace::kFileClassUsed) || (event.c & (trace::kFileOptional | trace::kFileKnown))) return;
    findings.Add("ForeignFileObject", event.c & trace::kFileInIrp ? "other" : "none",
                 std::string("WdfRequestGetFileObject is called for a request whose IRP has ") +
                     (event.c & trace::kFileInIrp ? "another file object than the create had" : "no file object") +
                     ". If that is meant, add WdfFileObjectCanBeOptional to the file-object class.");
  }
};

}  // namespace

void AddRequestRules(Rules& rules, const VerifierSettings&) {
  rules.push_back(std::make_unique<SentAsAnotherType>());
  rules.push_back(std::make_unique<SendConditions>());
  rules.push_back(std::make_unique<CallsInCallbacks>());
  rules.push_back(std::make_unique<FileObjects>());
}

}  // namespace drydock::verifier
