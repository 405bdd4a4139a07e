// Who sent a request, and acting for them.
#include "settings.h"

namespace drydock::test {
namespace {

struct Subject {  // as an access check would see it
  bool impersonating = false, admin = false;
  SECURITY_IMPERSONATION_LEVEL level = SecurityAnonymous;
};

Subject SubjectOf(const SECURITY_SUBJECT_CONTEXT& context) {
  PACCESS_TOKEN token = context.ClientToken ? context.ClientToken : context.PrimaryToken;
  return {context.ClientToken != nullptr, token && SeTokenIsAdmin(token), context.ImpersonationLevel};
}

struct Trial {
  NTSTATUS status[4];  // by level asked for
  int calls = 0;
  Subject inside;
  WDFREQUEST call_framework_with = nullptr;
};

void EvtImpersonate(WDFREQUEST, PVOID context) {
  Trial& trial = *static_cast<Trial*>(context);
  ++trial.calls;
  SECURITY_SUBJECT_CONTEXT subject;
  SeCaptureSubjectContext(&subject);
  trial.inside = SubjectOf(subject);
  SeReleaseSubjectContext(&subject);
  if (trial.call_framework_with) WdfRequestGetRequestorMode(trial.call_framework_with);
}

CONFORMANCE(UmImpersonation, NoFurtherThanInfAndClientAllow, "UM-12", "O-32") {
  const struct {
    int inf, client, allowed;  // inf -1: says nothing, which means Identification (ours: the two pages differ)
  } kCases[] = {{-1, 3, 1}, {0, 3, 0}, {2, 3, 2}, {3, 3, 3}, {3, 1, 1}, {3, 0, 0}};
  for (const auto& c : kCases) {
    if (c.inf >= 0) SetDirective(machine, "rig", "UmdfImpersonationLevel", static_cast<uint32_t>(c.inf));
    Hooks hooks;
    Trial trial;
    hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
      EXPECT_EQ(S(WdfRequestImpersonate(request, static_cast<SECURITY_IMPERSONATION_LEVEL>(4), EvtImpersonate, &trial)), S(STATUS_INVALID_PARAMETER));
      EXPECT_EQ(S(WdfRequestImpersonate(request, SecurityIdentification, nullptr, &trial)), S(STATUS_INVALID_PARAMETER));
      for (int level = 0; level < 4; ++level) {
        const int calls = trial.calls;
        trial.status[level] = WdfRequestImpersonate(request, static_cast<SECURITY_IMPERSONATION_LEVEL>(level), EvtImpersonate, &trial);
        if (level > c.allowed) {
          EXPECT_EQ(trial.calls, calls) << "the callback is not called";
          continue;
        }
        EXPECT_EQ(trial.calls, calls + 1) << "called before the function returned";
        EXPECT_TRUE(trial.inside.impersonating);
        EXPECT_EQ(trial.inside.level, level) << "only what was asked for";
        EXPECT_EQ(trial.inside.admin, level > 0);
      }
      SECURITY_SUBJECT_CONTEXT subject;
      SeCaptureSubjectContext(&subject);
      EXPECT_EQ(subject.ClientToken, nullptr) << "over";
      WdfRequestComplete(request, STATUS_SUCCESS);
    };
    Rig rig(machine, hooks);
    rig.AddDevice();
    File file = machine.Open(rig.device, {.impersonation = c.client});
    EXPECT_EQ(file.Ioctl(kIoctl).status, S(STATUS_SUCCESS));
    for (int level = 0; level < 4; ++level) {
      EXPECT_EQ(S(trial.status[level]), S(level <= c.allowed ? STATUS_SUCCESS : STATUS_BAD_IMPERSONATION_LEVEL)) << c.inf << " " << c.client << " " << level;
    }
  }
}

CONFORMANCE(UmImpersonation, NoFrameworkCallsInside, "UM-12") {
  Hooks hooks;
  Trial trial;
  hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    trial.call_framework_with = request;
    EXPECT_EQ(S(WdfRequestImpersonate(request, SecurityAnonymous, EvtImpersonate, &trial)), S(STATUS_SUCCESS));
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(rig.Open().Ioctl(kIoctl).status, S(STATUS_SUCCESS));
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
  EXPECT_NE(machine.ReportText().find("WdfRequestGetRequestorMode was called inside EvtRequestImpersonate"), std::string::npos) << machine.ReportText();
}

// What a kernel-mode driver below sees of who opens.
struct OpenSeen {
  int creates = 0;
  Subject subject;
};
struct OpenModel : DeviceModel {
  explicit OpenModel(OpenSeen* seen) : seen(*seen) {}
  void OnCreate(const ModelRequest& request) override {
    ++seen.creates;
    const IO_STACK_LOCATION& stack = *IoGetCurrentIrpStackLocation(static_cast<PIRP>(request.irp()));
    seen.subject = SubjectOf(stack.Parameters.Create.SecurityContext->AccessState->SubjectSecurityContext);
    request.Complete(STATUS_SUCCESS);
  }
  OpenSeen& seen;
};

CONFORMANCE(UmImpersonation, ACreateSentOnCarriesTheClientsCredentialsWhereAskedTo, "UM-13") {
  constexpr ULONG kImpersonate = 0x10000, kIgnore = 0x20000;
  const struct {
    ULONG flags;
    int inf, client;
    NTSTATUS status;
    bool as_client;
  } kCases[] = {{0, 3, 3, STATUS_SUCCESS, false},
                {kImpersonate, 2, 3, STATUS_SUCCESS, true},
                {kImpersonate, 1, 3, STATUS_BAD_IMPERSONATION_LEVEL, false},
                {kImpersonate, 3, 1, STATUS_BAD_IMPERSONATION_LEVEL, false},
                {kImpersonate | kIgnore, 1, 3, STATUS_SUCCESS, false}};
  for (const auto& c : kCases) {
    SetDirective(machine, "rig", "UmdfImpersonationLevel", static_cast<uint32_t>(c.inf));
    Hooks hooks;
    OpenSeen seen;
    hooks.file_create = [&](WDFREQUEST request, WDFFILEOBJECT) {
      WdfRequestFormatRequestUsingCurrentType(request);
      WDF_REQUEST_SEND_OPTIONS options;
      WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SYNCHRONOUS | c.flags);
      WdfRequestSend(request, WdfDeviceGetIoTarget(hooks.device), &options);
      WdfRequestComplete(request, WdfRequestGetStatus(request));
    };
    Rig rig(machine, hooks);
    rig.AddDevice(std::make_shared<OpenModel>(&seen));
    File file = machine.Open(rig.device, {.impersonation = c.client});
    EXPECT_EQ(file.status(), S(c.status));
    EXPECT_EQ(seen.creates, NT_SUCCESS(c.status) ? 1 : 0);
    EXPECT_EQ(seen.subject.impersonating, c.as_client);
    EXPECT_EQ(seen.subject.admin, c.as_client) << "the host may do little, the client is an administrator";
    if (c.as_client) EXPECT_EQ(seen.subject.level, SecurityImpersonation);
  }
}

struct Origins {
  KPROCESSOR_MODE mode;
  BOOLEAN from_driver;
};

CONFORMANCE(UmOrigin, KernelModeApplicationsAndDriversAreTold, "UM-15") {
  SetDirective(machine, "rig", "UmdfKernelModeClientPolicy", 1);
  Hooks upper, lower;
  std::vector<Origins> seen;
  lower.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    seen.push_back({WdfRequestGetRequestorMode(request), WdfRequestIsFromUserModeDriver(request)});
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  upper.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    seen.push_back({WdfRequestGetRequestorMode(request), WdfRequestIsFromUserModeDriver(request)});
    WDFIOTARGET target = WdfDeviceGetIoTarget(upper.device);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(target, nullptr, kIoctl, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    WdfRequestFormatRequestUsingCurrentType(request);
    WDF_REQUEST_SEND_OPTIONS options;
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SYNCHRONOUS);
    EXPECT_TRUE(WdfRequestSend(request, target, &options));
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  TwoDrivers stack(machine, upper, lower);
  ASSERT_TRUE(stack.device.started()) << machine.ReportText();
  EXPECT_EQ(machine.Open(stack.device).Ioctl(kIoctl).status, S(STATUS_SUCCESS));
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].mode, UserMode);
  EXPECT_FALSE(seen[0].from_driver) << "an application";
  EXPECT_EQ(seen[1].mode, UserMode) << "what the upper driver made comes from its host";
  EXPECT_TRUE(seen[1].from_driver);
  EXPECT_FALSE(seen[2].from_driver) << "what it passed on is the application's still";
  seen.clear();
  EXPECT_EQ(machine.Open(stack.device, {.kernel_mode = true}).Ioctl(kIoctl).status, S(STATUS_SUCCESS));
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].mode, KernelMode);
}

CONFORMANCE(UmRequests, AnActivityIdStaysOverReuse, "UM-18") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDFREQUEST request = nullptr;
    ASSERT_EQ(S(WdfRequestCreate(WDF_NO_OBJECT_ATTRIBUTES, WdfDeviceGetIoTarget(hooks.device), &request)), S(STATUS_SUCCESS));
    GUID id = {9, 8, 7, {6}}, got = {};
    EXPECT_EQ(S(WdfRequestRetrieveActivityId(request, &got)), S(STATUS_NOT_FOUND));
    WdfRequestSetActivityId(request, &id);
    WDF_REQUEST_REUSE_PARAMS reuse;
    WDF_REQUEST_REUSE_PARAMS_INIT(&reuse, WDF_REQUEST_REUSE_NO_FLAGS, STATUS_SUCCESS);
    EXPECT_EQ(S(WdfRequestReuse(request, &reuse)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRequestRetrieveActivityId(request, &got)), S(STATUS_SUCCESS));
    EXPECT_EQ(memcmp(&id, &got, sizeof id), 0);
    WdfObjectDelete(request);
  });
}

}  // namespace
}  // namespace drydock::test
