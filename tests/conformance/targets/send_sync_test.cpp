// The five SendXxxSynchronously methods: parameters, buffers, results.
#include <cstring>

#include "probe.h"

namespace drydock::test {
namespace {

PIRP IrpOf(const ModelRequest& request) { return static_cast<PIRP>(request.irp()); }
PIO_STACK_LOCATION StackOf(const ModelRequest& request) { return IoGetCurrentIrpStackLocation(IrpOf(request)); }

// A model that answers an IOCTL with its input, byte by byte one higher.
ModelFunctions Incrementer() {
  return {.on_ioctl = [](const ModelRequest& request) {
    std::vector<char> answer(request.output_length());
    for (size_t i = 0; i < answer.size(); ++i) {
      answer[i] = char(i < request.input_length() ? static_cast<const char*>(request.input())[i] + 1 : 0x7F);
    }
    if (!answer.empty()) std::memcpy(request.output(), answer.data(), answer.size());
    request.Complete(STATUS_SUCCESS, answer.size());
  }};
}

CONFORMANCE(SendSync, IoctlReturnsTheLowerDriversDataStatusAndCount, "IOT-2.04", "IOT-2.13", "IOT-2.14", "IOT-2.20", "IOX-21") {
  Stack stack(machine, Incrementer());
  machine.Run([&] {
    char in[4] = {1, 2, 3, 4}, out[4] = {};
    ULONG_PTR bytes = 99;
    auto input = BufferDescriptor(in, 4), output = BufferDescriptor(out, 4);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, &input, &output, nullptr, &bytes)), S(STATUS_SUCCESS));
    EXPECT_EQ(bytes, 4u);
    EXPECT_EQ(std::string(out, 4), std::string("\2\3\4\5"));
    EXPECT_EQ(std::string(in, 4), std::string("\1\2\3\4"));
  });
}

CONFORMANCE(SendSync, EverythingButTargetAndCodeMayBeNull, "IOT-2.03", "IOT-2.04", "IOT-2.05", "IOT-2.07", "IOT-2.08") {
  std::vector<std::string> seen;
  auto note = [&](const char* what) {
    return [&seen, what](const ModelRequest& request) {
      seen.push_back(std::string(what) + " " + std::to_string(request.input_length()) + " " + std::to_string(request.output_length()));
      request.Complete(STATUS_SUCCESS);
    };
  };
  Stack stack(machine, {.on_read = note("read"), .on_write = note("write"), .on_ioctl = note("ioctl"), .on_internal_ioctl = note("internal")});
  machine.Run([&] {
    WDFIOTARGET target = stack.local();
    EXPECT_EQ(S(WdfIoTargetSendReadSynchronously(target, nullptr, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfIoTargetSendWriteSynchronously(target, nullptr, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(target, nullptr, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfIoTargetSendInternalIoctlSynchronously(target, nullptr, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfIoTargetSendInternalIoctlOthersSynchronously(target, nullptr, kNeither, nullptr, nullptr, nullptr, nullptr, nullptr)),
              S(STATUS_SUCCESS));
  });
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_EQ(seen[0], "read 0 0");
  EXPECT_EQ(seen[1], "write 0 0");
  EXPECT_EQ(seen[2], "ioctl 0 0");
  EXPECT_EQ(seen[3], "internal 0 0");
}

CONFORMANCE(SendSync, ReadAndWriteCarryOffsetDataAndCount, "IOT-2.03", "IOT-2.14", "IOT-2.23") {
  LONGLONG read_offset = -1, write_offset = -1;
  std::string written;
  Stack stack(machine, {.on_read = [&](const ModelRequest& request) {
                          read_offset = StackOf(request)->Parameters.Read.ByteOffset.QuadPart;
                          std::memcpy(request.output(), "abc", 3);
                          request.Complete(STATUS_SUCCESS, 3);
                        },
                        .on_write = [&](const ModelRequest& request) {
                          write_offset = StackOf(request)->Parameters.Write.ByteOffset.QuadPart;
                          written.assign(static_cast<const char*>(request.input()), request.input_length());
                          request.Complete(STATUS_SUCCESS, request.input_length());
                        }});
  machine.Run([&] {
    char buffer[8] = "zzzzzzz";
    auto descriptor = BufferDescriptor(buffer, 7);
    LONGLONG offset = 0x123456789A;
    ULONG_PTR bytes = 0;
    EXPECT_EQ(S(WdfIoTargetSendReadSynchronously(stack.local(), nullptr, &descriptor, &offset, nullptr, &bytes)), S(STATUS_SUCCESS));
    EXPECT_EQ(bytes, 3u);
    EXPECT_STREQ(buffer, "abczzzz");
    offset = 77;
    EXPECT_EQ(S(WdfIoTargetSendWriteSynchronously(stack.local(), nullptr, &descriptor, &offset, nullptr, &bytes)), S(STATUS_SUCCESS));
    EXPECT_EQ(bytes, 7u);
  });
  EXPECT_EQ(read_offset, 0x123456789A);
  EXPECT_EQ(write_offset, 77);
  EXPECT_EQ(written, "abczzzz");
}

CONFORMANCE(SendSync, OthersPutsArgumentsAndCodeIntoTheirPlaces, "IOT-2.05", "IOT-2.06") {
  PVOID arguments[4] = {};
  UCHAR major = 0;
  Stack stack(machine, {.on_internal_ioctl = [&](const ModelRequest& request) {
    PIO_STACK_LOCATION location = StackOf(request);
    major = location->MajorFunction;
    arguments[0] = location->Parameters.Others.Argument1;
    arguments[1] = location->Parameters.Others.Argument2;
    arguments[2] = location->Parameters.Others.Argument3;
    arguments[3] = location->Parameters.Others.Argument4;
    request.Complete(STATUS_SUCCESS, 42);
  }});
  machine.Run([&] {
    char a[4], b[4], c[4];
    auto one = BufferDescriptor(a, 4), two = BufferDescriptor(b, 4), four = BufferDescriptor(c, 4);
    ULONG_PTR bytes = 0;
    EXPECT_EQ(S(WdfIoTargetSendInternalIoctlOthersSynchronously(stack.local(), nullptr, kNeither, &one, &two, &four, nullptr, &bytes)),
              S(STATUS_SUCCESS));
    EXPECT_EQ(bytes, 42u);
    EXPECT_EQ(arguments[0], a);
    EXPECT_EQ(arguments[1], b);
    EXPECT_EQ(arguments[2], reinterpret_cast<PVOID>(uintptr_t(kNeither)));
    EXPECT_EQ(arguments[3], c);
  });
  EXPECT_EQ(major, IRP_MJ_INTERNAL_DEVICE_CONTROL);
}

CONFORMANCE(SendSync, AnErrorOfTheLowerDriverIsTheResultAndItsCountIsWritten, "IOT-2.13", "OP-27") {
  Stack stack(machine, {.on_ioctl = [](const ModelRequest& request) { request.Complete(STATUS_DEVICE_NOT_READY, 5); }});
  machine.Run([&] {
    char out[8] = {};
    auto output = BufferDescriptor(out, 8);
    ULONG_PTR bytes = 0;
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, &output, nullptr, &bytes)),
              S(STATUS_DEVICE_NOT_READY));
    EXPECT_EQ(bytes, 5u);
  });
}

CONFORMANCE(SendSync, ARefusedCallLeavesTheCountUntouched, "OP-27", "IOT-2.15", "IOX-7", "OP-26", "IOX-24") {
  Stack stack(machine, Incrementer());
  machine.Run([&] {
    WDFIOTARGET target = stack.local();
    ULONG_PTR bytes = 1234;
    auto options = Options(0);
    options.Size = 3;
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(target, nullptr, kBuffered, nullptr, nullptr, &options, &bytes)), S(STATUS_INFO_LENGTH_MISMATCH));
    options = Options(0x40);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(target, nullptr, kBuffered, nullptr, nullptr, &options, &bytes)), S(STATUS_INVALID_PARAMETER));
    options = Options(WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET | WDF_REQUEST_SEND_OPTION_SYNCHRONOUS);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(target, nullptr, kBuffered, nullptr, nullptr, &options, &bytes)), S(STATUS_INVALID_PARAMETER));
    WDF_MEMORY_DESCRIPTOR invalid = {};
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(target, nullptr, kBuffered, &invalid, nullptr, nullptr, &bytes)), S(STATUS_INVALID_PARAMETER));
    WDFMEMORY memory = NewMemory(8);
    WDFMEMORY_OFFSET beyond = {4, 5};
    auto handle = HandleDescriptor(memory, &beyond);
    EXPECT_EQ(S(WdfIoTargetSendReadSynchronously(target, nullptr, &handle, nullptr, nullptr, &bytes)), S(STATUS_INTEGER_OVERFLOW));
    WdfIoTargetPurge(target, WdfIoTargetPurgeIo);
    EXPECT_EQ(bytes, 1234u);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(target, nullptr, kBuffered, nullptr, nullptr, nullptr, &bytes)), S(STATUS_INVALID_DEVICE_STATE));
    EXPECT_EQ(bytes, 0u);  // formatted, not sent: the framework's own request has Information 0
    WdfIoTargetStart(target);
    WdfObjectDelete(memory);
  });
}

CONFORMANCE(SendSync, SendAndForgetAloneIsIgnored, "OP-26", "IOT-2.12") {
  Stack stack(machine, Incrementer());
  machine.Run([&] {
    char byte = 1;
    auto both = BufferDescriptor(&byte, 1);
    auto options = Options(WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, &both, &both, &options, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(byte, 2);
  });
}

CONFORMANCE(SendSync, DescriptorsAreCheckedAsDocumented, "IOX-24", "IOT-2.22", "IOT-8.14") {
  size_t length = 999;
  Stack stack(machine, {.on_read = [&](const ModelRequest& request) {
    length = request.output_length();
    request.Complete(STATUS_SUCCESS, 0);
  }});
  machine.Run([&] {
    auto read = [&](WDF_MEMORY_DESCRIPTOR descriptor) {
      length = 999;
      return S(WdfIoTargetSendReadSynchronously(stack.local(), nullptr, &descriptor, nullptr, nullptr, nullptr));
    };
    char bytes[16];
    EXPECT_EQ(read(BufferDescriptor(nullptr, 0)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(read(MdlDescriptor(nullptr, 0)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(read(HandleDescriptor(nullptr)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(read(BufferDescriptor(bytes, 0)), S(STATUS_SUCCESS));
    EXPECT_EQ(length, 0u);
    WDFMEMORY memory = NewMemory(16);
    EXPECT_EQ(read(HandleDescriptor(memory)), S(STATUS_SUCCESS));
    EXPECT_EQ(length, 16u);
    WDFMEMORY_OFFSET from_six = {6, 0};
    EXPECT_EQ(read(HandleDescriptor(memory, &from_six)), S(STATUS_SUCCESS));
    EXPECT_EQ(length, 10u);
    WDFMEMORY_OFFSET part = {6, 3};
    EXPECT_EQ(read(HandleDescriptor(memory, &part)), S(STATUS_SUCCESS));
    EXPECT_EQ(length, 3u);
    WDFMEMORY_OFFSET wraps = {8, SIZE_MAX - 3};
    EXPECT_EQ(read(HandleDescriptor(memory, &wraps)), S(STATUS_INTEGER_OVERFLOW));
    WdfObjectDelete(memory);
  });
}

CONFORMANCE(SendSync, AHandleWithOffsetsTransfersOnlyItsSubRange, "IOT-2.20", "IOT-2.22") {
  Stack stack(machine, Incrementer());
  machine.Run([&] {
    WDFMEMORY in = NewMemory(8, 'a'), out = NewMemory(8, '.');
    BytesOf(in)[3] = 'm';
    WDFMEMORY_OFFSET in_part = {3, 2}, out_part = {5, 2};
    auto input = HandleDescriptor(in, &in_part), output = HandleDescriptor(out, &out_part);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, &input, &output, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(std::string(BytesOf(out), 8), ".....nb.");
    WdfObjectDelete(in);
    WdfObjectDelete(out);
  });
}

CONFORMANCE(SendSync, AnMdlIsConvertedForABufferedIoctl, "IOT-2.20", "IOT-2.21", "IOX-23") {
  Stack stack(machine, Incrementer());
  machine.Run([&] {
    WDFMEMORY memory = NewMemory(6, 'a');
    PMDL mdl = IoAllocateMdl(BytesOf(memory), 6, FALSE, FALSE, nullptr);
    MmBuildMdlForNonPagedPool(mdl);
    auto both = MdlDescriptor(mdl, 6);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, &both, &both, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(std::string(BytesOf(memory), 6), "bbbbbb");
    IoFreeMdl(mdl);
    WdfObjectDelete(memory);
  });
}

CONFORMANCE(SendSync, ADriverMadeRequestCanBeSentAgainAfterReuse, "IOT-2.09", "IOT-2.25", "IOT-7.06") {
  int calls = 0;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) { request.Complete(STATUS_SUCCESS, size_t(++calls)); }});
  machine.Run([&] {
    WDFREQUEST request = NewRequest(stack.local());
    for (int round = 1; round <= 3; ++round) {
      ULONG_PTR bytes = 0;
      EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), request, kBuffered, nullptr, nullptr, nullptr, &bytes)), S(STATUS_SUCCESS));
      EXPECT_EQ(bytes, ULONG_PTR(round));
      EXPECT_EQ(WdfRequestGetInformation(request), ULONG_PTR(round));
      EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_SUCCESS));
      EXPECT_EQ(S(Reuse(request)), S(STATUS_SUCCESS));
    }
    WdfObjectDelete(request);
  });
}

CONFORMANCE(SendSync, ARegisteredRoutineIsNotRunByTheMethodsAndIsLost, "OP-8", "IOX-20") {
  Stack stack(machine, {.on_ioctl = [](const ModelRequest& request) { request.Complete(STATUS_SUCCESS); }});
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), request, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(completion.runs, 0);
    // It counts as unformatted now: an initialised structure, and a break.
    WDF_REQUEST_COMPLETION_PARAMS params;
    WDF_REQUEST_COMPLETION_PARAMS_INIT(&params);
    params.Type = WdfRequestTypeRead;
    WdfRequestGetCompletionParams(request, &params);
    EXPECT_EQ(params.Type, WdfRequestTypeNoFormat);
    auto options = Options(WDF_REQUEST_SEND_OPTION_SYNCHRONOUS);
    EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(stack.local(), request, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), &options));
    EXPECT_EQ(completion.runs, 0);
    WdfObjectDelete(request);
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
}

CONFORMANCE(SendSync, AReceivedRequestMayBePassedAndIsCompletedByTheDriverAfterwards, "IOT-2.10", "IOT-2.24", "IOT-4.09") {
  Hooks hooks;
  hooks.ioctl = [](WDFREQUEST request, ULONG code) {
    WDFMEMORY in = nullptr, out = nullptr;
    EXPECT_EQ(S(WdfRequestRetrieveInputMemory(request, &in)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRequestRetrieveOutputMemory(request, &out)), S(STATUS_SUCCESS));
    auto input = HandleDescriptor(in), output = HandleDescriptor(out);
    WDFDEVICE device = WdfIoQueueGetDevice(WdfRequestGetIoQueue(request));
    ULONG_PTR bytes = 0;
    NTSTATUS status =
        WdfIoTargetSendIoctlSynchronously(WdfDeviceGetIoTarget(device), request, code, &input, &output, nullptr, &bytes);
    WdfRequestCompleteWithInformation(request, status, bytes);
  };
  Stack stack(machine, Incrementer(), hooks);
  File file = stack.Open();
  ASSERT_TRUE(file);
  char in[3] = {10, 20, 30}, out[3] = {};
  IoResult result = file.Ioctl(kBuffered, in, 3, out, 3);
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  EXPECT_EQ(result.information, 3u);
  EXPECT_EQ(out[0], 11);
  EXPECT_EQ(out[2], 31);
}

CONFORMANCE(SendSync, ABlockedSenderWakesWhenTheLowerDriverCompletesLater, "IOT-2.12", "IOT-2.13") {
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    request.Pend();
    machine.After(std::chrono::milliseconds(20), [request] { request.Complete(STATUS_SUCCESS, 7); });
  }});
  machine.Run([&] {
    char out[8];
    auto output = BufferDescriptor(out, 8);
    ULONG_PTR bytes = 0;
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, &output, nullptr, &bytes)), S(STATUS_SUCCESS));
    EXPECT_EQ(bytes, 7u);
  });
}

CONFORMANCE(SendSync, ARequestThatIsOutIsABugCheck, "IOX-19", "IOT-2.16", "IOT-3.26", "VER-06") {
  Stack stack(machine, SilentDevice());
  machine.Run([&] {
    Completion completion;
    WDFREQUEST request = ReadyIoctl(stack.local(), completion);
    EXPECT_TRUE(WdfRequestSend(request, stack.local(), nullptr));
    WdfIoTargetSendIoctlSynchronously(stack.local(), request, kBuffered, nullptr, nullptr, nullptr, nullptr);
    ADD_FAILURE() << "not reached";
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x6, 0x3);
}

CONFORMANCE(SendSync, OptionsWorkAlikeForASuppliedRequest, "IOT-2.11") {
  Stack stack(machine, SilentDevice());
  machine.Run([&] {
    auto options = Options(0, Milliseconds(50));
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, &options, nullptr)), S(STATUS_IO_TIMEOUT));
    WDFREQUEST request = NewRequest(stack.local());
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), request, kBuffered, nullptr, nullptr, &options, nullptr)), S(STATUS_IO_TIMEOUT));
    WdfObjectDelete(request);
  });
}

CONFORMANCE(SendSync, NestedSendsOnOneThreadUseRequestsOfTheirOwn, "IOT-2.08") {
  Hooks lower;
  WDFDEVICE lower_device = nullptr;
  int depth_seen = 0;
  lower.added = [&](WDFDEVICE device) { lower_device = device; };
  lower.ioctl = [&](WDFREQUEST request, ULONG) {
    char in = 5, out = 0;
    auto input = BufferDescriptor(&in, 1), output = BufferDescriptor(&out, 1);
    NTSTATUS status = WdfIoTargetSendIoctlSynchronously(WdfDeviceGetIoTarget(lower_device), nullptr, kBuffered, &input, &output, nullptr, nullptr);
    depth_seen = out;
    WdfRequestComplete(request, status);
  };
  Stack stack(machine, MakeModel(Incrementer()), {}, &lower);
  machine.Run([&] {
    char in = 1;
    auto input = BufferDescriptor(&in, 1);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, &input, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
  });
  EXPECT_EQ(depth_seen, 6);
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), SendSyncVerified, AboveItsLevelIsRefused, "OP-3", "IOT-2.01", "IOT-11.10") {
  int calls = 0;
  Stack stack(machine, {.on_ioctl = [&](const ModelRequest& request) {
    ++calls;
    request.Complete(STATUS_SUCCESS);
  }});
  machine.Run([&] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, nullptr, nullptr)),
              S(STATUS_INVALID_DEVICE_REQUEST));
    KeLowerIrql(old);
  });
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
}

CONFORMANCE(SendSync, WithoutTheVerifierTheLevelIsNotLookedAt, "OP-3") {
  Stack stack(machine, {.on_ioctl = [](const ModelRequest& request) { request.Complete(STATUS_SUCCESS); }});
  machine.Run([&] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_EQ(S(WdfIoTargetSendIoctlSynchronously(stack.local(), nullptr, kBuffered, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
    KeLowerIrql(old);
  });
}

}  // namespace
}  // namespace drydock::test
