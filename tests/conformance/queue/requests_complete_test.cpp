// Completion of received requests: order, status, information, boosts, misuse.
#include "rig.h"

namespace drydock::test {
namespace {

using Strings = std::vector<std::string>;

struct Context {
  int value;
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(Context, ContextOf)

void RequestCleanup(WDFOBJECT object) {
  Rig& rig = *Rig::current;
  rig.Say(WdfRequestWdmGetIrp(reinterpret_cast<WDFREQUEST>(object)) ? "cleanup, IRP valid" : "cleanup");
}
void RequestDestroy(WDFOBJECT) { Rig::current->Say("destroy"); }
void ChildCleanup(WDFOBJECT) { Rig::current->Say("child cleanup"); }

void WithAttributes(Rig& rig) {
  rig.init = [](PWDFDEVICE_INIT init) {
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, Context);
    attributes.EvtCleanupCallback = RequestCleanup;
    attributes.EvtDestroyCallback = RequestDestroy;
    WdfDeviceInitSetRequestAttributes(init, &attributes);
  };
}

CONFORMANCE(RequestComplete, StatusAndInformationReachTheCaller, "IOT-7.33", "IOT-7.34", "IOX-58") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    EXPECT_EQ(WdfRequestGetInformation(request), 0u);
    WdfRequestSetInformation(request, 3);
    EXPECT_EQ(WdfRequestGetInformation(request), 3u);
    WDF_REQUEST_PARAMETERS parameters;
    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(request, &parameters);
    switch (parameters.Parameters.Write.Length) {
      case 1: return WdfRequestComplete(request, STATUS_SUCCESS);
      case 2: return WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 2);
      case 3: return WdfRequestCompleteWithPriorityBoost(request, STATUS_UNSUCCESSFUL, IO_NO_INCREMENT);
    }
  };
  rig.Start();
  File file = rig.Open();
  IoResult result = file.Write("123", 1);
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  EXPECT_EQ(result.information, 3u);  // what was set last
  EXPECT_EQ(file.Write("123", 2).information, 2u);
  result = file.Write("123", 3);
  EXPECT_EQ(result.status, STATUS_UNSUCCESSFUL);
  EXPECT_EQ(result.information, 3u);  // kept on errors
}

// The boost is what the framework hands to the I/O manager; the trace tells it (none: no event).
CONFORMANCE_WITH((MachineOptions{.trace = true}), RequestComplete, TheBoostGoesByTheDeviceTypeUnlessTheDriverGivesOne, "IOT-7.37") {
  const struct {
    ULONG type;
    CCHAR boost;
  } kTypes[] = {{FILE_DEVICE_UNKNOWN, IO_NO_INCREMENT}, {FILE_DEVICE_KEYBOARD, IO_KEYBOARD_INCREMENT}, {FILE_DEVICE_DISK, IO_DISK_INCREMENT},
                {FILE_DEVICE_SERIAL_PORT, IO_SERIAL_INCREMENT}, {FILE_DEVICE_SOUND, IO_SOUND_INCREMENT}, {FILE_DEVICE_NULL, IO_NO_INCREMENT}};
  for (const auto& c : kTypes) {
    MachineOptions options = machine.options();
    Machine inner(options);
    Rig rig(inner);
    rig.init = [&](PWDFDEVICE_INIT init) { WdfDeviceInitSetDeviceType(init, c.type); };
    rig.add = [&] { rig.NewQueue({.is_default = true}); };
    rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
      WDF_REQUEST_PARAMETERS parameters;
      WDF_REQUEST_PARAMETERS_INIT(&parameters);
      WdfRequestGetParameters(request, &parameters);
      switch (parameters.Parameters.Write.Length) {
        case 1: return WdfRequestComplete(request, STATUS_SUCCESS);
        case 2: return WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 2);
        default: return WdfRequestCompleteWithPriorityBoost(request, STATUS_SUCCESS, 5);
      }
    };
    rig.Start();
    File file = rig.Open();
    for (size_t length = 1; length <= 3; ++length) {
      const CCHAR wanted = length == 3 ? CCHAR{5} : c.boost;
      inner.Trace(false);
      inner.Trace(true);
      EXPECT_EQ(file.Write("123", length).status, STATUS_SUCCESS);
      std::vector<uint64_t> boosts;
      for (const TraceEvent& event : inner.TraceEvents()) {
        if (event.name == "irp.boost") boosts.push_back(event.b);
      }
      EXPECT_EQ(boosts, wanted == 0 ? std::vector<uint64_t>{} : std::vector<uint64_t>{static_cast<uint64_t>(wanted)})
          << "device type " << c.type << ", form " << length;
    }
  }
}

CONFORMANCE(RequestComplete, FrameworkStatusesAreReplaced, "IOX-58", "DEVX-10") {
  const struct {
    NTSTATUS given, seen;
  } cases[] = {{STATUS_WDF_PAUSED, STATUS_DEVICE_BUSY},
               {STATUS_WDF_BUSY, STATUS_DEVICE_BUSY},
               {STATUS_WDF_INTERNAL_ERROR, STATUS_INTERNAL_ERROR},
               {STATUS_WDF_NOT_ENOUGH_MAP_REGISTERS, STATUS_INSUFFICIENT_RESOURCES},
               {STATUS_WDF_DEVICE_REMOVED_NOT_SENT, STATUS_INVALID_DEVICE_REQUEST},
               {STATUS_WDF_NO_CALLBACK, STATUS_INVALID_DEVICE_REQUEST},
               {STATUS_WDF_QUEUED, STATUS_INVALID_DEVICE_REQUEST},
               {STATUS_DEVICE_BUSY, STATUS_DEVICE_BUSY}};
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  NTSTATUS give = 0;
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) { WdfRequestComplete(request, give); };
  rig.Start();
  File file = rig.Open();
  for (const auto& one : cases) {
    give = one.given;
    EXPECT_EQ(file.Write("x").status, one.seen) << std::hex << one.given;
  }
}

CONFORMANCE(RequestComplete, CleanupRunsWithTheIrpThenTheIrpGoesThenTheQueueGoesOn, "IOX-58", "IOT-7.32", "IOT-7.12") {
  Rig rig(machine);
  WithAttributes(rig);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  bool first = true;
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    Context* context = ContextOf(request);
    EXPECT_NE(context, nullptr);
    EXPECT_EQ(context->value, 0);  // zeroed each time
    context->value = 7;
    rig.Say("handler");
    if (!first) return WdfRequestComplete(request, STATUS_SUCCESS);
    first = false;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = request;
    attributes.EvtCleanupCallback = ChildCleanup;
    WDFOBJECT child = nullptr;
    EXPECT_EQ(WdfObjectCreate(&attributes, &child), STATUS_SUCCESS);
    rig.Hold(request);
  };
  rig.Start();
  File file = rig.Open();
  PendingIo one = file.StartWrite("1", 1), two = file.StartWrite("2", 1);
  machine.RunUntilIdle();
  rig.In([&] { rig.CompleteHeld(); });
  one.Wait();
  two.Wait();
  EXPECT_EQ(rig.Said(), (Strings{"handler", "child cleanup", "cleanup, IRP valid", "handler", "cleanup, IRP valid", "destroy", "destroy"}));
}

CONFORMANCE(RequestComplete, NeverPresentedRequestsRunNoCleanupCallbacks, "IOX-50") {
  Rig rig(machine);
  WithAttributes(rig);
  rig.add = [&] { rig.NewQueue({.type = WdfIoQueueDispatchManual, .is_default = true}); };
  rig.Start();
  File file = rig.Open();
  PendingIo io = file.StartWrite("x", 1);
  machine.RunUntilIdle();
  io.Cancel();
  EXPECT_EQ(io.Wait().status, STATUS_CANCELLED);
  PendingIo empty = file.StartWrite("", 0);
  machine.RunUntilIdle();
  rig.In([&] {
    WDFREQUEST request = nullptr;
    EXPECT_EQ(WdfIoQueueRetrieveNextRequest(rig.queue, &request), STATUS_NO_MORE_ENTRIES);
  });
  EXPECT_EQ(empty.Wait().status, STATUS_SUCCESS);
  EXPECT_EQ(rig.Said(), Strings{});
}

CONFORMANCE(RequestComplete, ReferencedHandleOutlivesCompletionWithoutItsIrp, "IOT-7.32", "IOT-7.19", "IOT-7.34", "IOT-7.40", "IOT-5.14") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    WdfObjectReference(request);
    WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 1);
    EXPECT_EQ(WdfRequestWdmGetIrp(request), nullptr);
    EXPECT_EQ(WdfRequestGetInformation(request), 0u);
    EXPECT_EQ(WdfRequestGetIoQueue(request), nullptr);
    void* buffer = nullptr;
    WDFMEMORY memory = nullptr;
    PMDL mdl = nullptr;
    EXPECT_EQ(WdfRequestRetrieveInputBuffer(request, 0, &buffer, nullptr), STATUS_INTERNAL_ERROR);
    EXPECT_EQ(WdfRequestRetrieveInputMemory(request, &memory), STATUS_INTERNAL_ERROR);
    EXPECT_EQ(WdfRequestRetrieveInputWdmMdl(request, &mdl), STATUS_INTERNAL_ERROR);
    WdfObjectDereference(request);
  };
  rig.Start();
  EXPECT_EQ(rig.Open().Write("x").information, 1u);
}

CONFORMANCE(RequestComplete, OutstandingBufferReferenceIsABugCheck, "IOT-7.36", "IOX-58", "VER-03", "DEVX-47") {
  Rig rig(machine);
  WDFREQUEST completed = nullptr;
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    WDFMEMORY memory = nullptr;
    EXPECT_EQ(WdfRequestRetrieveInputMemory(request, &memory), STATUS_SUCCESS);
    WdfObjectReference(memory);
    completed = request;
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  rig.Open().Write("x");
  EXPECT_BUG_CHECK(machine, 0x10D, 0x3, reinterpret_cast<uint64_t>(completed), 1);
}

CONFORMANCE(RequestComplete, DroppedBufferReferenceIsFine, "IOT-7.36") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    WDFMEMORY memory = nullptr;
    EXPECT_EQ(WdfRequestRetrieveInputMemory(request, &memory), STATUS_SUCCESS);
    WdfObjectReference(memory);
    WdfObjectDereference(memory);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  EXPECT_EQ(rig.Open().Write("x").status, STATUS_SUCCESS);
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), RequestComplete, TooMuchInformationIsABugCheckWithTheVerifier, "IOX-58", "IOT-7.36", "VER-06", "DEVX-47") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  bool success = false;
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    WdfRequestCompleteWithInformation(request, success ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL, 5);
  };
  rig.Start();
  File file = rig.Open();
  EXPECT_EQ(file.Write("1234").status, STATUS_UNSUCCESSFUL);  // only success counts
  char out[4];
  EXPECT_EQ(file.InternalIoctl(kIoctlBuffered, "abcd", 4, out, 4).status, STATUS_UNSUCCESSFUL);
  success = true;
  file.Write("1234");
  EXPECT_BUG_CHECK(machine, 0x10D, 0x6, 0x4);
}

CONFORMANCE(RequestComplete, CompletingTwiceIsReported, "IOT-7.35") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    WdfObjectReference(request);
    WdfRequestComplete(request, STATUS_SUCCESS);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  rig.Open().Write("x");
  EXPECT_BUG_CHECK(machine, 0x10D, 0x6);
}

CONFORMANCE(RequestComplete, StaleHandleIsABadHandle, "IOT-7.32", "IOT-7.35") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    WdfRequestComplete(request, STATUS_SUCCESS);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  rig.Open().Write("x");
  ASSERT_NE(machine.bug_check(), nullptr);
  EXPECT_BUG_CHECK(machine, 0x10D);
}

CONFORMANCE(RequestComplete, CompletingADriverMadeRequestIsReported, "IOT-7.03") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };
  rig.Start();
  rig.In([&] {
    WDFREQUEST request = nullptr;
    EXPECT_EQ(WdfRequestCreate(WDF_NO_OBJECT_ATTRIBUTES, nullptr, &request), STATUS_SUCCESS);
    EXPECT_FALSE(WdfRequestIsReserved(request));
    EXPECT_EQ(WdfRequestGetIoQueue(request), nullptr);
    WdfRequestComplete(request, STATUS_SUCCESS);
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x6);
}

}  // namespace
}  // namespace drydock::test
