// Formatting: access methods, intermediate buffers, MDLs, references and their end.
#include <cstring>

#include "probe.h"

namespace drydock::test {
namespace {

// What a lower driver finds in the packet.
struct Seen {
  UCHAR major = 0xFF;
  PVOID system_buffer = nullptr, user_buffer = nullptr, type3 = nullptr;
  PMDL mdl = nullptr;
  ULONG mdl_bytes = 0;
  PVOID mdl_address = nullptr;
  CSHORT mdl_flags = 0;
  ULONG in = 0, out = 0, code = 0;
  LONGLONG offset = 0;
  PFILE_OBJECT file = nullptr;
  UCHAR flags = 0;
  KPROCESSOR_MODE mode = UserMode;
  PETHREAD thread = nullptr;

  void Look(const ModelRequest& request) {
    PIRP irp = static_cast<PIRP>(request.irp());
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    major = stack->MajorFunction;
    system_buffer = irp->AssociatedIrp.SystemBuffer;
    user_buffer = irp->UserBuffer;
    mdl = irp->MdlAddress;
    if (mdl) {
      mdl_bytes = MmGetMdlByteCount(mdl);
      mdl_address = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
      mdl_flags = mdl->MdlFlags;
    }
    file = stack->FileObject;
    flags = stack->Flags;
    mode = irp->RequestorMode;
    thread = irp->Tail.Overlay.Thread;
    if (major == IRP_MJ_READ || major == IRP_MJ_WRITE) {
      out = stack->Parameters.Read.Length;
      offset = stack->Parameters.Read.ByteOffset.QuadPart;
    } else {
      in = stack->Parameters.DeviceIoControl.InputBufferLength;
      out = stack->Parameters.DeviceIoControl.OutputBufferLength;
      code = stack->Parameters.DeviceIoControl.IoControlCode;
      type3 = stack->Parameters.DeviceIoControl.Type3InputBuffer;
    }
  }
};

struct Looker {
  Seen seen;
  NTSTATUS status = STATUS_SUCCESS;
  size_t information = 0;
  std::function<void(const ModelRequest&)> work;
  ModelFunctions model() {
    auto look = [this](const ModelRequest& request) {
      seen.Look(request);
      if (work) work(request);
      request.Complete(status, information);
    };
    return {.on_read = look, .on_write = look, .on_ioctl = look, .on_internal_ioctl = look};
  }
};

WDFREQUEST Send(WDFIOTARGET target, WDFREQUEST request) {
  EXPECT_TRUE(WdfRequestSend(request, target, nullptr));
  return request;
}

CONFORMANCE(Format, SendsNothingAndWorksAtDispatchLevel, "IOT-4.01", "IOT-4.02", "IOT-4.03") {
  Looker looker;
  Stack stack(machine, looker.model());
  machine.Run([&] {
    WDFIOTARGET target = stack.local();
    WDFREQUEST request = NewRequest(target);
    WDFMEMORY memory = NewMemory(8);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_EQ(S(WdfIoTargetFormatRequestForRead(target, request, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfIoTargetFormatRequestForWrite(target, request, memory, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(target, request, kBuffered, nullptr, nullptr, memory, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfIoTargetFormatRequestForInternalIoctl(target, request, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(
        S(WdfIoTargetFormatRequestForInternalIoctlOthers(target, request, kBuffered, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr)),
        S(STATUS_SUCCESS));
    KeLowerIrql(old);
    EXPECT_EQ(looker.seen.major, 0xFF);
    WdfObjectDelete(request);
    WdfObjectDelete(memory);
  });
}

CONFORMANCE(Format, ABufferedIoctlGetsOneSystemBufferForBothSides, "IOX-22", "IOX-21", "IOT-4.02", "IOT-2.21") {
  Looker looker;
  looker.information = 3;
  looker.work = [&](const ModelRequest&) {
    EXPECT_EQ(std::memcmp(looker.seen.system_buffer, "in\0", 3), 0);
    std::memcpy(looker.seen.system_buffer, "OUT", 3);
  };
  Stack stack(machine, looker.model());
  machine.Run([&] {
    WDFMEMORY in = NewMemory(2), out = NewMemory(6, '.');
    std::memcpy(BytesOf(in), "in", 2);
    WDFREQUEST request = NewRequest(stack.local());
    EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(stack.local(), request, kBuffered, in, nullptr, out, nullptr)), S(STATUS_SUCCESS));
    Send(stack.local(), request);
    EXPECT_EQ(looker.seen.in, 2u);
    EXPECT_EQ(looker.seen.out, 6u);
    EXPECT_NE(looker.seen.system_buffer, BytesOf(in));
    EXPECT_NE(looker.seen.system_buffer, BytesOf(out));
    EXPECT_EQ(std::string(BytesOf(out), 6), "OUT...");
    EXPECT_EQ(std::string(BytesOf(in), 2), "in");
    WdfObjectDelete(request);
    WdfObjectDelete(in);
    WdfObjectDelete(out);
  });
}

CONFORMANCE(Format, LengthsOfZeroMeanNoSystemBuffer, "IOX-22") {
  Looker looker;
  Stack stack(machine, looker.model());
  machine.Run([&] {
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(looker.seen.system_buffer, nullptr);
  });
}

CONFORMANCE(Format, DataIsCopiedBackWhateverTheStatus, "IOX-21") {
  Looker looker;
  looker.status = STATUS_DEVICE_DATA_ERROR;
  looker.information = 2;
  looker.work = [&](const ModelRequest&) { std::memcpy(looker.seen.system_buffer, "xy", 2); };
  Stack stack(machine, looker.model());
  machine.Run([&] {
    char out[4] = "...";
    auto output = BufferDescriptor(out, 3);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, &output, nullptr, nullptr)),
              S(STATUS_DEVICE_DATA_ERROR));
    EXPECT_STREQ(out, "xy.");
    EXPECT_EQ(S(WdfIoTargetSendReadSynchronously(stack.local(), nullptr, &output, nullptr, nullptr, nullptr)), S(STATUS_DEVICE_DATA_ERROR));
    EXPECT_STREQ(out, "xy.");
  });
}

CONFORMANCE(Format, MoreBytesThanTheBufferHoldsAreCopiedAndTold, "IOX-21") {
  Looker looker;
  looker.information = 6;
  looker.work = [&](const ModelRequest&) { std::memcpy(looker.seen.system_buffer, "123456", 6); };
  Stack stack(machine, looker.model());
  machine.Run([&] {
    WDFMEMORY in = NewMemory(8), out = NewMemory(16, '.');
    WDFMEMORY_OFFSET part = {4, 2};  // what lies behind is ours as well
    auto input = HandleDescriptor(in), output = HandleDescriptor(out, &part);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, &input, &output, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(std::string(BytesOf(out), 16), "....123456......");
    WdfObjectDelete(in);
    WdfObjectDelete(out);
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
}

CONFORMANCE(Format, AReusedIntermediateBufferIsNotCleared, "IOX-22", "IOT-4.07", "IOT-4.08") {
  std::string found;
  Looker looker;
  looker.work = [&](const ModelRequest&) {
    found.assign(static_cast<const char*>(looker.seen.system_buffer), 4);
    std::memcpy(looker.seen.system_buffer, "left", 4);
  };
  Stack stack(machine, looker.model());
  machine.Run([&] {
    WDFMEMORY out = NewMemory(4);
    WDFREQUEST request = NewRequest(stack.local());
    auto send = [&] {
      EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(stack.local(), request, kBuffered, nullptr, nullptr, out, nullptr)), S(STATUS_SUCCESS));
      Send(stack.local(), request);
      PVOID buffer = looker.seen.system_buffer;
      EXPECT_EQ(S(Reuse(request)), S(STATUS_SUCCESS));
      return buffer;
    };
    PVOID first = send();
    EXPECT_EQ(found, std::string(4, '\0'));  // new ones are zero-filled
    machine.FailAllocations(1);              // the same formatting again allocates nothing
    PVOID second = send();
    machine.FailAllocations(0);
    EXPECT_EQ(first, second);
    EXPECT_EQ(found, "left");
    WdfObjectDelete(request);
    WdfObjectDelete(out);
  });
}

CONFORMANCE(Format, ANewBufferThatCannotBeHadFailsTheFormatting, "IOT-4.05", "IOT-2.18", "IOT-4.08") {
  Looker looker;
  Stack stack(machine, looker.model());
  machine.Run([&] {
    WDFMEMORY out = NewMemory(4096);
    WDFREQUEST request = NewRequest(stack.local());
    machine.FailAllocations(1);
    const NTSTATUS status = WdfIoTargetFormatRequestForIoctl(stack.local(), request, kBuffered, nullptr, nullptr, out, nullptr);
    machine.FailAllocations(0);
    EXPECT_EQ(S(status), S(STATUS_INSUFFICIENT_RESOURCES));
    WdfObjectDelete(request);
    WdfObjectDelete(out);
  });
}

CONFORMANCE(Format, DirectIoctlsPassTheInputUncopiedAndTheOutputAsMdl, "IOX-23", "IOT-2.21") {
  Looker looker;
  Stack stack(machine, looker.model());
  machine.Run([&] {
    WDFMEMORY in = NewMemory(4), out = NewMemory(5000);
    WDFREQUEST request = NewRequest(stack.local());
    for (ULONG code : {kInDirect, kOutDirect}) {
      EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(stack.local(), request, code, in, nullptr, out, nullptr)), S(STATUS_SUCCESS));
      Send(stack.local(), request);
      EXPECT_EQ(looker.seen.system_buffer, BytesOf(in));
      EXPECT_EQ(looker.seen.mdl_bytes, 5000u);
      EXPECT_EQ(looker.seen.mdl_address, BytesOf(out));
      EXPECT_EQ(S(Reuse(request)), S(STATUS_SUCCESS));
    }
    WdfObjectDelete(request);
    WdfObjectDelete(in);
    WdfObjectDelete(out);
  });
}

CONFORMANCE(Format, ACallersMdlIsUsedAsItIs, "IOX-23") {
  Looker looker;
  Stack stack(machine, looker.model());
  machine.Run([&] {
    WDFMEMORY memory = NewMemory(100);
    PMDL mdl = IoAllocateMdl(BytesOf(memory), 100, FALSE, FALSE, nullptr);
    MmBuildMdlForNonPagedPool(mdl);
    auto output = MdlDescriptor(mdl, 100);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kOutDirect, nullptr, &output, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(looker.seen.mdl, mdl);
    IoFreeMdl(mdl);
    WdfObjectDelete(memory);
  });
}

CONFORMANCE(Format, NeitherPassesRawAddresses, "IOX-23") {
  Looker looker;
  Stack stack(machine, looker.model());
  machine.Run([&] {
    char in[2], out[3];
    auto input = BufferDescriptor(in, 2), output = BufferDescriptor(out, 3);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kNeither, &input, &output, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(looker.seen.type3, in);
    EXPECT_EQ(looker.seen.user_buffer, out);
    EXPECT_EQ(looker.seen.system_buffer, nullptr);
    EXPECT_EQ(looker.seen.mdl, nullptr);
  });
}

CONFORMANCE(Format, ReadsAndWritesFollowTheTargetDevicesFlags, "IOX-23", "IOX-22") {
  Looker direct, buffered;
  direct.work = [&](const ModelRequest&) {
    if (direct.seen.major == IRP_MJ_READ) std::memcpy(direct.seen.mdl_address, "DIRECT", 6);
  };
  direct.information = 6;
  ASSERT_EQ(machine.AddNamedModel("\\Device\\Direct", MakeModel(direct.model()), true), STATUS_SUCCESS);
  Stack stack(machine, buffered.model());
  machine.Run([&] {
    WDFIOTARGET remote = NewRemote(stack.wdf());
    ASSERT_EQ(S(OpenByName(remote, u"\\Device\\Direct")), S(STATUS_SUCCESS));
    char bytes[8] = "-------";
    auto buffer = BufferDescriptor(bytes, 7);
    ULONG_PTR count = 0;
    EXPECT_EQ(S(WdfIoTargetSendReadSynchronously(remote, nullptr, &buffer, nullptr, nullptr, &count)), S(STATUS_SUCCESS));
    EXPECT_EQ(count, 6u);
    EXPECT_STREQ(bytes, "DIRECT-");
    EXPECT_EQ(direct.seen.system_buffer, nullptr);
    EXPECT_EQ(S(WdfIoTargetSendWriteSynchronously(remote, nullptr, &buffer, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(direct.seen.mdl_bytes, 7u);
    EXPECT_EQ(direct.seen.mdl_address, bytes);
    WdfObjectDelete(remote);
  });
}

CONFORMANCE(Format, APartialMdlIsBuiltForAnOffsetIntoMdlBackedMemory, "IOX-23") {
  Looker looker;
  Hooks hooks;
  hooks.ioctl = [](WDFREQUEST request, ULONG) {
    WDFMEMORY out = nullptr;
    EXPECT_EQ(S(WdfRequestRetrieveOutputMemory(request, &out)), S(STATUS_SUCCESS));
    WDFMEMORY_OFFSET part = {4000, 200};
    auto output = HandleDescriptor(out, &part);
    WDFIOTARGET target = WdfDeviceGetIoTarget(WdfIoQueueGetDevice(WdfRequestGetIoQueue(request)));
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(target, nullptr, kOutDirect, nullptr, &output, nullptr, nullptr)), S(STATUS_SUCCESS));
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  looker.work = [&](const ModelRequest&) {
    EXPECT_EQ(looker.seen.mdl_bytes, 200u);
    EXPECT_TRUE(looker.seen.mdl_flags & MDL_PARTIAL);
    std::memset(looker.seen.mdl_address, 'P', 200);
  };
  Stack stack(machine, looker.model(), hooks);
  File file = stack.Open();
  std::vector<char> out(5000, '.');
  EXPECT_EQ(file.Ioctl(kOutDirect, nullptr, 0, out.data(), out.size()).status, STATUS_SUCCESS);
  EXPECT_EQ(out[3999], '.');
  EXPECT_EQ(out[4000], 'P');
  EXPECT_EQ(out[4199], 'P');
  EXPECT_EQ(out[4200], '.');
}

CONFORMANCE(Format, OffsetsBeyondTheMemoryAreAnIntegerOverflow, "IOT-4.04", "IOX-24") {
  Looker looker;
  Stack stack(machine, looker.model());
  machine.Run([&] {
    WDFMEMORY memory = NewMemory(8);
    WDFREQUEST request = NewRequest(stack.local());
    for (WDFMEMORY_OFFSET bad : {WDFMEMORY_OFFSET{0, 9}, WDFMEMORY_OFFSET{8, 1}, WDFMEMORY_OFFSET{SIZE_MAX, 1}}) {
      EXPECT_EQ(S(WdfIoTargetFormatRequestForRead(stack.local(), request, memory, &bad, nullptr)), S(STATUS_INTEGER_OVERFLOW));
      EXPECT_EQ(S(WdfIoTargetFormatRequestForWrite(stack.local(), request, memory, &bad, nullptr)), S(STATUS_INTEGER_OVERFLOW));
      EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(stack.local(), request, kBuffered, memory, &bad, nullptr, nullptr)),
                S(STATUS_INTEGER_OVERFLOW));
      EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(stack.local(), request, kBuffered, nullptr, nullptr, memory, &bad)),
                S(STATUS_INTEGER_OVERFLOW));
    }
    WdfObjectDelete(request);
    WdfObjectDelete(memory);
  });
}

CONFORMANCE(Format, ADriverMadeRequestArrivesWithoutFileAndInKernelMode, "IOX-25") {
  Looker looker;
  Stack stack(machine, looker.model());
  machine.Run([&] {
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(looker.seen.file, nullptr);
    EXPECT_EQ(looker.seen.mode, KernelMode);
    EXPECT_EQ(looker.seen.thread, nullptr);
  });
}

CONFORMANCE(Format, AReceivedRequestThroughAFormatterKeepsItsFileAndItsIrpFieldsComeBack, "IOX-25", "IOX-26", "IOT-4.09", "IOT-4.06") {
  Looker looker;
  looker.information = 4;
  looker.work = [&](const ModelRequest&) { std::memcpy(looker.seen.system_buffer, "back", 4); };
  Hooks hooks;
  static Completion completion;
  completion = {};
  PFILE_OBJECT own_file = nullptr;
  PVOID own_buffer = nullptr;
  hooks.ioctl = [&](WDFREQUEST request, ULONG code) {
    own_file = IoGetCurrentIrpStackLocation(WdfRequestWdmGetIrp(request))->FileObject;
    own_buffer = WdfRequestWdmGetIrp(request)->AssociatedIrp.SystemBuffer;
    WDFMEMORY in = nullptr, out = nullptr;
    EXPECT_EQ(S(WdfRequestRetrieveInputMemory(request, &in)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRequestRetrieveOutputMemory(request, &out)), S(STATUS_SUCCESS));
    WDFIOTARGET target = WdfDeviceGetIoTarget(WdfIoQueueGetDevice(WdfRequestGetIoQueue(request)));
    EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(target, request, code, in, nullptr, out, nullptr)), S(STATUS_SUCCESS));
    completion.then = [&](WDFREQUEST r) {
      WdfRequestCompleteWithInformation(r, completion.status, completion.information);  // ends its own references (OP-12)
    };
    OnCompletion(request, completion);
    EXPECT_TRUE(WdfRequestSend(request, target, nullptr));
  };
  Stack stack(machine, looker.model(), hooks);
  File file = stack.Open();
  char in[4] = {1, 2, 3, 4}, out[4] = {};
  IoResult result = file.Ioctl(kBuffered, in, 4, out, 4);
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  EXPECT_EQ(std::string(out, 4), "back");
  EXPECT_EQ(looker.seen.file, own_file);
  EXPECT_NE(looker.seen.system_buffer, own_buffer);
  EXPECT_EQ(completion.runs, 1);
}

CONFORMANCE(Format, MemoryReferencesEndAtReuseReformatAndDelete, "OP-12", "IOT-4.06", "IOT-8.18") {
  static int destroyed;
  destroyed = 0;
  Looker looker;
  Stack stack(machine, looker.model());
  machine.Run([&] {
    WDFIOTARGET target = stack.local();
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.EvtDestroyCallback = [](WDFOBJECT) { ++destroyed; };
    WDFREQUEST request = NewRequest(target);
    auto formatted = [&] {
      WDFMEMORY memory = nullptr;
      EXPECT_EQ(S(WdfMemoryCreate(&attributes, NonPagedPool, 0, 8, &memory, nullptr)), S(STATUS_SUCCESS));
      EXPECT_EQ(S(WdfIoTargetFormatRequestForRead(target, request, memory, nullptr, nullptr)), S(STATUS_SUCCESS));
      WdfObjectDelete(memory);
    };
    formatted();
    Send(target, request);
    EXPECT_EQ(destroyed, 0);  // completion does not end it
    EXPECT_EQ(S(Reuse(request)), S(STATUS_SUCCESS));
    EXPECT_EQ(destroyed, 1);
    formatted();
    EXPECT_EQ(S(WdfIoTargetFormatRequestForRead(target, request, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(destroyed, 2);
    formatted();
    WDFMEMORY small = NewMemory(4);
    WDFMEMORY_OFFSET beyond = {5, 1};
    EXPECT_EQ(S(WdfIoTargetFormatRequestForRead(target, request, small, &beyond, nullptr)), S(STATUS_INTEGER_OVERFLOW));
    EXPECT_EQ(destroyed, 3);  // a formatter that fails ends it too
    formatted();
    EXPECT_EQ(S(WdfRequestChangeTarget(request, target)), S(STATUS_SUCCESS));
    EXPECT_EQ(destroyed, 4);
    formatted();
    WdfObjectDelete(request);
    EXPECT_EQ(destroyed, 5);
    WdfObjectDelete(small);
  });
}

CONFORMANCE(Format, CompletingTheOwnerWhileASubRequestHoldsItsMemoryIsABugCheck, "OP-12", "IOT-7.36", "IOT-8.18", "IOX-58", "VER-03") {
  Hooks hooks;
  hooks.ioctl = [](WDFREQUEST request, ULONG code) {
    WDFIOTARGET target = WdfDeviceGetIoTarget(WdfIoQueueGetDevice(WdfRequestGetIoQueue(request)));
    WDFMEMORY in = nullptr;
    EXPECT_EQ(S(WdfRequestRetrieveInputMemory(request, &in)), S(STATUS_SUCCESS));
    WDFREQUEST sub = NewRequest(target);
    EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(target, sub, code, in, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_TRUE(WdfRequestSend(sub, target, nullptr));
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Looker looker;
  Stack stack(machine, looker.model(), hooks);
  File file = stack.Open();
  char in[4] = {};
  EXPECT_EQ(file.Ioctl(kBuffered, in, 4).status, kStatusMachineStopped);
  EXPECT_BUG_CHECK(machine, 0x10D, 0x3);
}

CONFORMANCE(Format, StackLocationFormattingCopiesTheLocationAndDropsTheRoutine, "IOT-4.11", "IOT-3.30", "IOT-4.12") {
  Looker looker;
  looker.information = 8;
  Stack stack(machine, looker.model());
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = NewRequest(stack.local());
    OnCompletion(request, completion);
    IO_STACK_LOCATION location = {};
    location.MajorFunction = IRP_MJ_DEVICE_CONTROL;
    location.Parameters.DeviceIoControl.IoControlCode = kNeither;
    location.Parameters.DeviceIoControl.InputBufferLength = 17;
    WdfRequestWdmFormatUsingStackLocation(request, &location);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_EQ(completion.runs, 0);
    EXPECT_EQ(looker.seen.code, kNeither);
    EXPECT_EQ(looker.seen.in, 17u);
    WdfRequestWdmFormatUsingStackLocation(request, &location);
    OnCompletion(request, completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_EQ(completion.runs, 1);
    EXPECT_EQ(completion.params.Type, WdfRequestTypeNoFormat);
    EXPECT_EQ(completion.information, 8u);
    WdfObjectDelete(request);
  });
}

CONFORMANCE(Format, WithoutAnIrpStackLocationFormattingIsABugCheck, "IOT-4.13", "VER-06") {
  Stack stack(machine);
  machine.Run([&] {
    IO_STACK_LOCATION location = {};
    WdfRequestWdmFormatUsingStackLocation(NewRequest(nullptr), &location);
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x6, 0x2);
}

CONFORMANCE(Format, WithoutALocationLeftFormattingIsABugCheck, "IOT-4.13", "VER-06") {
  Stack stack(machine);
  machine.Run([&] {
    PIRP irp = IoAllocateIrp(1, FALSE);
    IoSetNextIrpStackLocation(irp);
    WDFREQUEST request = nullptr;
    EXPECT_EQ(S(WdfRequestCreateFromIrp(WDF_NO_OBJECT_ATTRIBUTES, irp, TRUE, &request)), S(STATUS_SUCCESS));
    WdfRequestFormatRequestUsingCurrentType(request);
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x6, 0x1);
}

CONFORMANCE(Format, TooFewLocationsAreRefusedForADriversIrpOnly, "IOX-26", "IOT-2.17", "IOT-4.05", "IOT-4.14") {
  Hooks lower;
  Stack stack(machine, MakeModel({}), {}, &lower);
  machine.Run([&] {
    WDFIOTARGET target = stack.local();
    ASSERT_GE(WdfIoTargetWdmGetTargetDeviceObject(target)->StackSize, 2);
    PIRP small = IoAllocateIrp(1, FALSE);
    WDFREQUEST request = nullptr;
    EXPECT_EQ(S(WdfRequestCreateFromIrp(WDF_NO_OBJECT_ATTRIBUTES, small, TRUE, &request)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfIoTargetFormatRequestForRead(target, request, nullptr, nullptr, nullptr)), S(STATUS_REQUEST_NOT_ACCEPTED));
    EXPECT_EQ(S(WdfRequestChangeTarget(request, target)), S(STATUS_REQUEST_NOT_ACCEPTED));
    EXPECT_EQ(S(WdfIoTargetSendReadSynchronously(target, request, nullptr, nullptr, nullptr, nullptr)), S(STATUS_REQUEST_NOT_ACCEPTED));
    WdfObjectDelete(request);
  });
  const std::vector<std::string> log = machine.DebugLog();
  ASSERT_FALSE(log.empty());
  EXPECT_NE(log.back().find("the IRP has 1 of the "), std::string::npos) << log.back();
  EXPECT_NE(log.back().find("Raise StackSize"), std::string::npos) << log.back();
}

CONFORMANCE(Format, ChangeTargetDropsTheFormatting, "IOT-4.14", "IOT-4.15") {
  Looker here, there;
  ASSERT_EQ(machine.AddNamedModel("\\Device\\There", MakeModel(there.model())), STATUS_SUCCESS);
  Stack stack(machine, here.model());
  machine.Run([&] {
    WDFIOTARGET remote = NewRemote(stack.wdf());
    ASSERT_EQ(S(OpenByName(remote, u"\\Device\\There")), S(STATUS_SUCCESS));
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    EXPECT_EQ(S(WdfRequestChangeTarget(request, remote)), S(STATUS_SUCCESS));
    WDF_REQUEST_COMPLETION_PARAMS params;
    WDF_REQUEST_COMPLETION_PARAMS_INIT(&params);
    WdfRequestGetCompletionParams(request, &params);
    EXPECT_EQ(params.Type, WdfRequestTypeNoFormat);
    EXPECT_EQ(S(WdfIoTargetFormatRequestForRead(remote, request, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_TRUE(WdfRequestSend(request, remote, nullptr));
    EXPECT_EQ(there.seen.major, IRP_MJ_READ);
    WdfObjectDelete(request);
    WdfObjectDelete(remote);
  });
}

}  // namespace
}  // namespace drydock::test
