// Reserved requests.
#include "rig.h"

namespace drydock::test {
namespace {

using Strings = std::vector<std::string>;

struct Hooks {
  int reserved_made = 0;
  int fail_reserved_at = -1;
  NTSTATUS allocate = STATUS_SUCCESS;   // of EvtIoAllocateRequestResources
  int action = WdfIoForwardProgressActionUseReservedRequest;
};
Hooks* hooks;

NTSTATUS Reserved(WDFQUEUE, WDFREQUEST request) {
  EXPECT_TRUE(WdfRequestIsReserved(request));
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  if (hooks->reserved_made == hooks->fail_reserved_at) return STATUS_NO_SUCH_DEVICE;
  ++hooks->reserved_made;
  return STATUS_SUCCESS;
}
NTSTATUS Resources(WDFQUEUE, WDFREQUEST request) {
  EXPECT_FALSE(WdfRequestIsReserved(request));
  return hooks->allocate;
}
WDF_IO_FORWARD_PROGRESS_ACTION Examine(WDFQUEUE, PIRP irp) {
  EXPECT_NE(irp, nullptr);
  Rig::current->Say("examine");
  return static_cast<WDF_IO_FORWARD_PROGRESS_ACTION>(hooks->action);
}

struct ProgressRig : Rig {
  ProgressRig(Machine& machine, WDF_IO_FORWARD_PROGRESS_RESERVED_POLICY policy, ULONG count = 1) : Rig(machine) {
    hooks = &mine;
    add = [this, policy, count] {
      NewQueue({.type = WdfIoQueueDispatchParallel, .is_default = true});
      Policy(policy, count);
      EXPECT_EQ(WdfIoQueueAssignForwardProgressPolicy(queue, &settings), STATUS_SUCCESS);
    };
    on_default = [this](WDFQUEUE, WDFREQUEST request) {
      Say(WdfRequestIsReserved(request) ? "reserved" : "fresh");
      Hold(request);
    };
  }
  void Policy(WDF_IO_FORWARD_PROGRESS_RESERVED_POLICY policy, ULONG count) {
    if (policy == WdfIoForwardProgressReservedPolicyUseExamine) {
      WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY_EXAMINE_INIT(&settings, count, Examine);
    } else if (policy == WdfIoForwardProgressReservedPolicyPagingIO) {
      WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY_PAGINGIO_INIT(&settings, count);
    } else {
      WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY_DEFAULT_INIT(&settings, count);
    }
    settings.EvtIoAllocateResourcesForReservedRequest = Reserved;
    settings.EvtIoAllocateRequestResources = Resources;
  }
  PendingIo Send(File& file) {
    PendingIo io = file.StartWrite("x", 1);
    machine.RunUntilIdle();
    return io;
  }
  Hooks mine;
  WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY settings;
};

CONFORMANCE(ForwardProgress, AssignmentMakesAllReservedRequestsAndChecks, "IOT-9.52") {
  ProgressRig rig(machine, WdfIoForwardProgressReservedPolicyAlwaysUseReservedRequest);
  rig.add = [&] {
    rig.NewQueue({.is_default = true});
    rig.Policy(WdfIoForwardProgressReservedPolicyAlwaysUseReservedRequest, 3);
    rig.settings.Size = 4;
    EXPECT_EQ(WdfIoQueueAssignForwardProgressPolicy(rig.queue, &rig.settings), STATUS_INFO_LENGTH_MISMATCH);
    rig.Policy(WdfIoForwardProgressReservedPolicyAlwaysUseReservedRequest, 0);
    EXPECT_EQ(WdfIoQueueAssignForwardProgressPolicy(rig.queue, &rig.settings), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(rig.mine.reserved_made, 0);
    rig.Policy(WdfIoForwardProgressReservedPolicyAlwaysUseReservedRequest, 3);
    rig.mine.fail_reserved_at = 2;
    EXPECT_EQ(WdfIoQueueAssignForwardProgressPolicy(rig.queue, &rig.settings), STATUS_NO_SUCH_DEVICE);
    rig.mine = {};
    EXPECT_EQ(WdfIoQueueAssignForwardProgressPolicy(rig.queue, &rig.settings), STATUS_SUCCESS);
    EXPECT_EQ(rig.mine.reserved_made, 3);
  };
  rig.Start();
}

CONFORMANCE(ForwardProgress, FreshRequestsAreUsedWhileTheyCanBeMade, "IOT-9.53") {
  ProgressRig rig(machine, WdfIoForwardProgressReservedPolicyAlwaysUseReservedRequest);
  rig.Start();
  File file = rig.Open();
  PendingIo io = rig.Send(file);
  EXPECT_EQ(rig.Said(), Strings{"fresh"});
  rig.End();
}

CONFORMANCE(ForwardProgress, FailedResourcesLeadToAReservedRequestAndFurtherIrpsWait, "IOT-9.53", "OP-32", "IOT-9.54") {
  ProgressRig rig(machine, WdfIoForwardProgressReservedPolicyAlwaysUseReservedRequest);
  rig.Start();
  rig.mine.allocate = STATUS_INSUFFICIENT_RESOURCES;
  File file = rig.Open();
  PendingIo one = rig.Send(file), two = rig.Send(file), three = rig.Send(file);
  EXPECT_EQ(rig.Said(), Strings{"reserved"});  // the others wait for it
  EXPECT_TRUE(three.Cancel());
  EXPECT_EQ(three.Wait().status, STATUS_CANCELLED);
  const WDFREQUEST handle = rig.held();
  rig.In([&] { rig.CompleteHeld(); });
  EXPECT_EQ(one.Wait().status, STATUS_SUCCESS);
  EXPECT_EQ(rig.Said(), (Strings{"reserved", "reserved"}));
  EXPECT_EQ(rig.held(), handle);  // the same object again
  rig.In([&] { rig.CompleteHeld(); });
  EXPECT_EQ(two.Wait().status, STATUS_SUCCESS);
}

CONFORMANCE(ForwardProgress, PagingPolicyFailsOrdinaryIo, "IOT-9.53", "OP-32") {
  ProgressRig rig(machine, WdfIoForwardProgressReservedPolicyPagingIO);
  rig.Start();
  rig.mine.allocate = STATUS_INSUFFICIENT_RESOURCES;
  const IoResult result = rig.Open().Write("x");
  EXPECT_EQ(result.status, STATUS_UNSUCCESSFUL);
  EXPECT_EQ(result.information, 0u);
  EXPECT_EQ(rig.Said(), Strings{});
}

CONFORMANCE(ForwardProgress, ExaminePolicyAsksTheDriver, "IOT-9.53", "OP-32") {
  ProgressRig rig(machine, WdfIoForwardProgressReservedPolicyUseExamine);
  rig.Start();
  rig.mine.allocate = STATUS_INSUFFICIENT_RESOURCES;
  File file = rig.Open();
  rig.mine.action = WdfIoForwardProgressActionFailRequest;
  EXPECT_EQ(file.Write("x").status, STATUS_UNSUCCESSFUL);
  rig.mine.action = 9;  // out of range fails too
  EXPECT_EQ(file.Write("x").status, STATUS_UNSUCCESSFUL);
  rig.mine.action = WdfIoForwardProgressActionUseReservedRequest;
  PendingIo io = rig.Send(file);
  EXPECT_EQ(rig.Said(), (Strings{"examine", "examine", "examine", "reserved"}));
  rig.End();
}

struct Context {
  int value;
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(Context, ReservedContext)

CONFORMANCE(ForwardProgress, ReservedRequestsKeepTheirContextAndAreCleanedUpWithTheQueue, "IOT-9.54") {
  ProgressRig rig(machine, WdfIoForwardProgressReservedPolicyAlwaysUseReservedRequest);
  rig.init = [](PWDFDEVICE_INIT init) {
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, Context);
    attributes.EvtCleanupCallback = [](WDFOBJECT object) {
      if (WdfRequestIsReserved(reinterpret_cast<WDFREQUEST>(object))) Rig::current->Say("cleanup");
    };
    WdfDeviceInitSetRequestAttributes(init, &attributes);
  };
  int seen = -1;
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    seen = ReservedContext(request)->value++;
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  rig.mine.allocate = STATUS_INSUFFICIENT_RESOURCES;
  {
    File file = rig.Open();
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(file.Write("x").status, STATUS_SUCCESS);
      EXPECT_EQ(seen, i);
    }
  }
  EXPECT_EQ(rig.Said(), Strings{});
  machine.RemoveDevice(rig.device);
  EXPECT_EQ(rig.Said(), Strings{"cleanup"});
}

}  // namespace
}  // namespace drydock::test
