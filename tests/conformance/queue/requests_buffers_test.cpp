// The buffers of received requests.
#include <cstring>

#include "rig.h"

namespace drydock::test {
namespace {

// What all six functions say about a request.
struct Seen {
  NTSTATUS in_buffer, in_memory, in_mdl, out_buffer, out_memory, out_mdl;
  void *in = nullptr, *out = nullptr, *in_at = nullptr, *out_at = nullptr;
  size_t in_length = 99, out_length = 99, in_size = 0, out_size = 0;
  PMDL input_mdl = nullptr, output_mdl = nullptr;
};

Seen LookAt(WDFREQUEST request) {
  Seen seen;
  WDFMEMORY memory = nullptr;
  seen.in_buffer = WdfRequestRetrieveInputBuffer(request, 0, &seen.in, &seen.in_length);
  seen.out_buffer = WdfRequestRetrieveOutputBuffer(request, 0, &seen.out, &seen.out_length);
  seen.in_memory = WdfRequestRetrieveInputMemory(request, &memory);
  if (NT_SUCCESS(seen.in_memory)) seen.in_at = WdfMemoryGetBuffer(memory, &seen.in_size);
  seen.out_memory = WdfRequestRetrieveOutputMemory(request, &memory);
  if (NT_SUCCESS(seen.out_memory)) seen.out_at = WdfMemoryGetBuffer(memory, &seen.out_size);
  seen.in_mdl = WdfRequestRetrieveInputWdmMdl(request, &seen.input_mdl);
  seen.out_mdl = WdfRequestRetrieveOutputWdmMdl(request, &seen.output_mdl);
  return seen;
}

constexpr NTSTATUS kWrongKind = STATUS_INVALID_DEVICE_REQUEST;

void WithIo(Rig& rig, WDF_DEVICE_IO_TYPE type) {
  rig.init = [type](PWDFDEVICE_INIT init) { WdfDeviceInitSetIoType(init, type); };
  rig.add = [&rig] { rig.NewQueue({.type = WdfIoQueueDispatchParallel, .is_default = true}); };
}

CONFORMANCE(RequestBuffers, BufferedWriteHasInputOnly, "IOT-7.17", "IOT-7.21", "IOX-59", "IOT-7.26") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true}); };  // buffered is the default
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    PIRP irp = WdfRequestWdmGetIrp(request);
    const Seen seen = LookAt(request);
    EXPECT_EQ(seen.in_buffer, STATUS_SUCCESS);
    EXPECT_EQ(seen.in, irp->AssociatedIrp.SystemBuffer);
    EXPECT_EQ(seen.in_length, 5u);
    EXPECT_EQ(memcmp(seen.in, "hello", 5), 0);
    EXPECT_EQ(seen.in_at, seen.in);
    EXPECT_EQ(seen.in_size, 5u);
    EXPECT_EQ(seen.in_mdl, STATUS_SUCCESS);
    EXPECT_EQ(MmGetMdlByteCount(seen.input_mdl), 5u);
    EXPECT_EQ(MmGetMdlVirtualAddress(seen.input_mdl), seen.in);
    EXPECT_EQ(seen.out_buffer, kWrongKind);
    EXPECT_EQ(seen.out_memory, kWrongKind);
    EXPECT_EQ(seen.out_mdl, kWrongKind);
    EXPECT_EQ(seen.out, nullptr);
    void* buffer = nullptr;
    EXPECT_EQ(WdfRequestRetrieveInputBuffer(request, 6, &buffer, nullptr), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(WdfRequestRetrieveInputBuffer(request, 5, &buffer, nullptr), STATUS_SUCCESS);
    WDFMEMORY memory = nullptr, again = nullptr;
    EXPECT_EQ(WdfRequestRetrieveInputMemory(request, &memory), STATUS_SUCCESS);
    EXPECT_EQ(WdfRequestRetrieveInputMemory(request, &again), STATUS_SUCCESS);
    EXPECT_EQ(memory, again);
    EXPECT_EQ(WdfMemoryCopyFromBuffer(memory, 0, const_cast<char*>("x"), 1), STATUS_ACCESS_VIOLATION);  // write data is read-only
    WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 5);
  };
  rig.Start();
  EXPECT_EQ(rig.Open().Write("hello").status, STATUS_SUCCESS);
}

CONFORMANCE(RequestBuffers, BufferedReadReachesTheCaller, "IOT-7.17", "IOT-7.21") {
  Rig rig(machine);
  WithIo(rig, WdfDeviceIoBuffered);
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    const Seen seen = LookAt(request);
    EXPECT_EQ(seen.in_buffer, kWrongKind);
    EXPECT_EQ(seen.in_memory, kWrongKind);
    EXPECT_EQ(seen.out_buffer, STATUS_SUCCESS);
    EXPECT_EQ(seen.out_length, 4u);
    memcpy(seen.out, "data", 4);
    WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 4);
  };
  rig.Start();
  char buffer[4] = {};
  EXPECT_EQ(rig.Open().Read(buffer, 4).information, 4u);
  EXPECT_EQ(memcmp(buffer, "data", 4), 0);
}

CONFORMANCE(RequestBuffers, DirectReadAndWriteUseTheIrpsMdl, "IOT-7.21") {
  Rig rig(machine);
  WithIo(rig, WdfDeviceIoDirect);
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    PIRP irp = WdfRequestWdmGetIrp(request);
    const Seen seen = LookAt(request);
    WDF_REQUEST_PARAMETERS parameters;
    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(request, &parameters);
    EXPECT_NE(irp->MdlAddress, nullptr);
    void* mapped = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    if (parameters.Type == WdfRequestTypeWrite) {
      EXPECT_EQ(seen.in, mapped);
      EXPECT_EQ(seen.in_at, mapped);
      EXPECT_EQ(seen.input_mdl, irp->MdlAddress);
      EXPECT_EQ(memcmp(seen.in, "hello", 5), 0);
    } else {
      EXPECT_EQ(seen.out, mapped);
      EXPECT_EQ(seen.output_mdl, irp->MdlAddress);
      memcpy(seen.out, "HELLO", 5);
    }
    WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 5);
  };
  rig.Start();
  File file = rig.Open();
  char buffer[6] = {};
  EXPECT_EQ(file.Write("hello").status, STATUS_SUCCESS);
  EXPECT_EQ(file.Read(buffer, 5).status, STATUS_SUCCESS);
  EXPECT_STREQ(buffer, "HELLO");
}

CONFORMANCE(RequestBuffers, NeitherReadsFromUserModeGiveANullBuffer, "IOT-7.20", "IOX-59") {
  Rig rig(machine);
  WithIo(rig, WdfDeviceIoNeither);
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    const bool kernel = WdfRequestGetRequestorMode(request) == KernelMode;
    const Seen seen = LookAt(request);
    EXPECT_EQ(seen.in_buffer, STATUS_SUCCESS);
    EXPECT_EQ(seen.in == nullptr, !kernel);
    EXPECT_EQ(seen.in_mdl, kWrongKind);  // kernel callers too
    if (kernel) EXPECT_EQ(memcmp(seen.in, "abc", 3), 0);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  EXPECT_EQ(rig.Open().Write("abc").status, STATUS_SUCCESS);
  File kernel = rig.Open({.kernel_mode = true});
  rig.In([&] { EXPECT_EQ(kernel.Write("abc").status, STATUS_SUCCESS); });
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), RequestBuffers, NeitherReadsFromUserModeAreRefusedWithTheVerifier, "IOT-7.20") {
  Rig rig(machine);
  WithIo(rig, WdfDeviceIoNeither);
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    EXPECT_EQ(LookAt(request).in_buffer, kWrongKind);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.Start();
  EXPECT_EQ(rig.Open().Write("abc").status, STATUS_SUCCESS);
}

CONFORMANCE(RequestBuffers, BufferedControlSharesOneBuffer, "IOT-7.22", "IOX-59", "IOT-7.18") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true, .handlers = kControl}); };
  rig.on_control = [&](WDFQUEUE, WDFREQUEST request, size_t output, size_t input, ULONG) {
    const Seen seen = LookAt(request);
    if (input != 0) {
      EXPECT_EQ(seen.in_length, input);
      EXPECT_EQ(memcmp(seen.in, "input", input), 0);
    } else {
      EXPECT_EQ(seen.in_buffer, STATUS_BUFFER_TOO_SMALL);
      EXPECT_EQ(seen.in_memory, STATUS_BUFFER_TOO_SMALL);
      EXPECT_EQ(seen.in_mdl, STATUS_BUFFER_TOO_SMALL);
    }
    if (output != 0) {
      EXPECT_EQ(seen.out_length, output);
      if (input != 0) {
        EXPECT_EQ(seen.out, seen.in);
        EXPECT_EQ(seen.output_mdl, seen.input_mdl);  // one MDL per request, with the input length
        EXPECT_EQ(MmGetMdlByteCount(seen.output_mdl), input);
      }
      memset(seen.out, 'o', output);
    } else {
      EXPECT_EQ(seen.out_buffer, STATUS_BUFFER_TOO_SMALL);
    }
    WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, output);
  };
  rig.Start();
  File file = rig.Open();
  char out[9] = {};
  EXPECT_EQ(file.Ioctl(kIoctlBuffered, "input", 5, out, 8).information, 8u);
  EXPECT_STREQ(out, "oooooooo");
  EXPECT_EQ(file.Ioctl(kIoctlBuffered, "input", 5, nullptr, 0).status, STATUS_SUCCESS);
  EXPECT_EQ(file.Ioctl(kIoctlBuffered, nullptr, 0, out, 8).status, STATUS_SUCCESS);
}

CONFORMANCE(RequestBuffers, DirectControlHasSystemBufferInAndMdlOut, "IOT-7.23", "OP-11", "IOX-59") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true, .handlers = kControl}); };
  rig.on_control = [&](WDFQUEUE, WDFREQUEST request, size_t output, size_t input, ULONG code) {
    PIRP irp = WdfRequestWdmGetIrp(request);
    const Seen seen = LookAt(request);
    EXPECT_EQ(seen.in, irp->AssociatedIrp.SystemBuffer);
    EXPECT_EQ(seen.in_at, seen.in);
    EXPECT_EQ(seen.in_length, input);
    EXPECT_EQ(MmGetMdlVirtualAddress(seen.input_mdl), seen.in);
    EXPECT_EQ(seen.out, MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority));
    EXPECT_EQ(seen.output_mdl, irp->MdlAddress);
    EXPECT_EQ(seen.out_length, output);
    WDFMEMORY in = nullptr, out = nullptr;
    EXPECT_EQ(WdfRequestRetrieveInputMemory(request, &in), STATUS_SUCCESS);
    EXPECT_EQ(WdfRequestRetrieveOutputMemory(request, &out), STATUS_SUCCESS);
    char byte = 'Z';
    EXPECT_EQ(WdfMemoryCopyFromBuffer(in, 0, &byte, 1), STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(WdfMemoryCopyFromBuffer(out, 0, &byte, 1), code == kIoctlInDirect ? STATUS_ACCESS_VIOLATION : STATUS_SUCCESS);
    WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, output);
  };
  rig.Start();
  File file = rig.Open();
  char out[4] = {'a', 'b', 'c', 'd'};
  EXPECT_EQ(file.Ioctl(kIoctlInDirect, "in", 2, out, 4).status, STATUS_SUCCESS);
  EXPECT_EQ(out[0], 'a');
  EXPECT_EQ(file.Ioctl(kIoctlOutDirect, "in", 2, out, 4).status, STATUS_SUCCESS);
  EXPECT_EQ(out[0], 'Z');
}

CONFORMANCE(RequestBuffers, NeitherControlWorksForKernelAndInternalOnly, "IOT-7.20", "IOX-59") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.is_default = true, .handlers = kControl | kInternal}); };
  auto look = [&](WDFREQUEST request, bool allowed) {
    const Seen seen = LookAt(request);
    EXPECT_EQ(seen.in_buffer, allowed ? STATUS_SUCCESS : kWrongKind);
    EXPECT_EQ(seen.out_memory, allowed ? STATUS_SUCCESS : kWrongKind);
    EXPECT_EQ(seen.in_mdl, kWrongKind);
    EXPECT_EQ(seen.out_mdl, kWrongKind);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  rig.on_control = [&](WDFQUEUE, WDFREQUEST request, size_t, size_t, ULONG) {
    look(request, WdfRequestGetRequestorMode(request) == KernelMode);
  };
  rig.on_internal = [&](WDFQUEUE, WDFREQUEST request, size_t, size_t, ULONG) { look(request, true); };
  rig.Start();
  char in[2] = {}, out[2] = {};
  File user = rig.Open();
  EXPECT_EQ(user.Ioctl(kIoctlNeither, in, 2, out, 2).status, STATUS_SUCCESS);
  EXPECT_EQ(user.InternalIoctl(kIoctlNeither, in, 2, out, 2).status, STATUS_SUCCESS);
  File kernel = rig.Open({.kernel_mode = true});
  rig.In([&] { EXPECT_EQ(kernel.Ioctl(kIoctlNeither, in, 2, out, 2).status, STATUS_SUCCESS); });
}

CONFORMANCE(RequestBuffers, UnsafeBuffersAndProbeAndLockInTheCallersContext, "IOT-7.28", "IOT-7.29", "IOT-7.30", "IOT-9.49", "IOX-59") {
  Rig rig(machine);
  WithIo(rig, WdfDeviceIoNeither);
  char out[8] = "before";
  char in[6] = "input";
  WDFMEMORY in_memory = nullptr, out_memory = nullptr;
  rig.on_in_caller = [&](WDFDEVICE device, WDFREQUEST request) {
    void* buffer = nullptr;
    size_t length = 0;
    EXPECT_EQ(WdfRequestRetrieveUnsafeUserInputBuffer(request, 6, &buffer, &length), STATUS_SUCCESS);
    EXPECT_EQ(buffer, in);
    EXPECT_EQ(length, 6u);
    EXPECT_EQ(WdfRequestRetrieveUnsafeUserInputBuffer(request, 7, &buffer, &length), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(WdfRequestProbeAndLockUserBufferForRead(request, in, 0, &in_memory), STATUS_INVALID_USER_BUFFER);
    EXPECT_EQ(WdfRequestProbeAndLockUserBufferForRead(request, in, 6, &in_memory), STATUS_SUCCESS);
    EXPECT_EQ(WdfRequestRetrieveUnsafeUserOutputBuffer(request, 0, &buffer, &length), STATUS_SUCCESS);
    EXPECT_EQ(WdfRequestProbeAndLockUserBufferForWrite(request, buffer, length, &out_memory), STATUS_SUCCESS);
    EXPECT_EQ(WdfDeviceEnqueueRequest(device, request), STATUS_SUCCESS);
  };
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) {
    char copy[6];
    EXPECT_EQ(WdfMemoryCopyToBuffer(in_memory, 0, copy, 6), STATUS_SUCCESS);
    EXPECT_STREQ(copy, "input");
    EXPECT_EQ(WdfMemoryCopyFromBuffer(in_memory, 0, copy, 1), STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(WdfMemoryCopyFromBuffer(out_memory, 0, const_cast<char*>("after!"), 7), STATUS_SUCCESS);
    WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 7);
  };
  rig.Start();
  EXPECT_EQ(rig.Open().Ioctl(kIoctlNeither, in, 6, out, 8).status, STATUS_SUCCESS);
  EXPECT_STREQ(out, "after!");
}

CONFORMANCE(RequestBuffers, UnsafeBuffersRefuseOtherKinds, "IOT-7.28") {
  Rig rig(machine);
  rig.add = [&] { rig.NewQueue({.type = WdfIoQueueDispatchParallel, .is_default = true}); };
  int asked = 0;
  rig.on_in_caller = [&](WDFDEVICE device, WDFREQUEST request) {
    void* buffer = nullptr;
    size_t length = 0;
    EXPECT_EQ(WdfRequestRetrieveUnsafeUserInputBuffer(request, 0, &buffer, &length), kWrongKind);
    EXPECT_EQ(WdfRequestRetrieveUnsafeUserOutputBuffer(request, 0, &buffer, &length), kWrongKind);
    ++asked;
    EXPECT_EQ(WdfDeviceEnqueueRequest(device, request), STATUS_SUCCESS);
  };
  rig.Start();
  char buffer[4] = {};
  File file = rig.Open();
  file.Write("x");
  file.Read(buffer, 4);
  file.Ioctl(kIoctlBuffered, buffer, 4, buffer, 4);
  file.Ioctl(kIoctlOutDirect, buffer, 4, buffer, 4);
  file.InternalIoctl(kIoctlNeither, buffer, 4, buffer, 4);
  EXPECT_EQ(asked, 5);
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), RequestBuffers, VerifierRefusesUnsafeBuffersOutsideTheCallersContext, "IOT-7.28", "IOT-7.29") {
  Rig rig(machine);
  WithIo(rig, WdfDeviceIoNeither);
  rig.on_default = [&](WDFQUEUE, WDFREQUEST request) { rig.Hold(request); };
  rig.Start();
  File file = rig.Open();
  char out[4] = {};
  PendingIo io = file.StartIoctl(kIoctlNeither, "in", 2, out, 4);
  machine.RunUntilIdle();
  machine.StartKernel("another", [&] {
    WDFREQUEST request = rig.held();
    void* buffer = nullptr;
    WDFMEMORY memory = nullptr;
    EXPECT_EQ(WdfRequestRetrieveUnsafeUserOutputBuffer(request, 0, &buffer, nullptr), kWrongKind);
    EXPECT_EQ(WdfRequestProbeAndLockUserBufferForWrite(request, out, 4, &memory), STATUS_ACCESS_VIOLATION);
    rig.CompleteHeld();
  }).Join();
  EXPECT_EQ(io.Wait().status, STATUS_SUCCESS);
}

}  // namespace
}  // namespace drydock::test
