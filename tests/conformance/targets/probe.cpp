#include "probe.h"

#include <cstring>

namespace drydock::test {

Stack::Stack(Machine& machine, ModelFunctions model, Hooks hooks) : Stack(machine, MakeModel(std::move(model)), std::move(hooks)) {}

Stack::Stack(Machine& the_machine, std::shared_ptr<DeviceModel> model, Hooks the_hooks, Hooks* lower)
    : machine(the_machine), hooks(std::move(the_hooks)) {
  SetProbeHooks(&hooks);
  driver = machine.AddDriver("probe", ProbeEntry());
  EXPECT_EQ(machine.last_driver_status(), STATUS_SUCCESS) << machine.ReportText();
  DeviceSpec spec;
  spec.function = driver;
#ifndef DRYDOCK_WDF_UMDF  // the second driver is a KMDF one of targets_test
  if (lower) {
    SetLowerHooks(lower);
    lower_driver = machine.AddDriver("lower", LowerEntry());
    spec.lower_filters = {lower_driver};
  }
#endif
  spec.model = std::move(model);
  device = machine.AddDevice(spec);
  EXPECT_TRUE(device.started()) << machine.ReportText();
}

// The hooks must outlive every callback: the device goes first.
Stack::~Stack() {
  if (!machine.stopped()) machine.RemoveDevice(device);
}

WDF_MEMORY_DESCRIPTOR BufferDescriptor(void* buffer, ULONG length) {
  WDF_MEMORY_DESCRIPTOR descriptor;
  WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&descriptor, buffer, length);
  return descriptor;
}

WDF_MEMORY_DESCRIPTOR HandleDescriptor(WDFMEMORY memory, WDFMEMORY_OFFSET* offset) {
  WDF_MEMORY_DESCRIPTOR descriptor;
  WDF_MEMORY_DESCRIPTOR_INIT_HANDLE(&descriptor, memory, offset);
  return descriptor;
}

#ifndef DRYDOCK_WDF_UMDF
WDF_MEMORY_DESCRIPTOR MdlDescriptor(PMDL mdl, ULONG length) {
  WDF_MEMORY_DESCRIPTOR descriptor;
  WDF_MEMORY_DESCRIPTOR_INIT_MDL(&descriptor, mdl, length);
  return descriptor;
}
#endif

WDF_REQUEST_SEND_OPTIONS Options(ULONG flags, LONGLONG timeout) {
  WDF_REQUEST_SEND_OPTIONS options;
  WDF_REQUEST_SEND_OPTIONS_INIT(&options, flags);
  if (timeout != 0) WDF_REQUEST_SEND_OPTIONS_SET_TIMEOUT(&options, timeout);
  return options;
}

WDFMEMORY NewMemory(size_t size, char fill) {
  WDFMEMORY memory = nullptr;
  PVOID buffer = nullptr;
  NTSTATUS status = WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPool, 'tseT', size, &memory, &buffer);
  EXPECT_EQ(S(status), S(STATUS_SUCCESS));
  if (buffer) std::memset(buffer, fill, size);
  return memory;
}

char* BytesOf(WDFMEMORY memory) { return static_cast<char*>(WdfMemoryGetBuffer(memory, nullptr)); }

WDFREQUEST NewRequest(WDFIOTARGET target) {
  WDFREQUEST request = nullptr;
  EXPECT_EQ(S(WdfRequestCreate(WDF_NO_OBJECT_ATTRIBUTES, target, &request)), S(STATUS_SUCCESS));
  return request;
}

NTSTATUS Reuse(WDFREQUEST request, NTSTATUS status) {
  WDF_REQUEST_REUSE_PARAMS params;
  WDF_REQUEST_REUSE_PARAMS_INIT(&params, WDF_REQUEST_REUSE_NO_FLAGS, status);
  return WdfRequestReuse(request, &params);
}

WDFIOTARGET NewRemote(WDFDEVICE device) {
  WDFIOTARGET target = nullptr;
  EXPECT_EQ(S(WdfIoTargetCreate(device, WDF_NO_OBJECT_ATTRIBUTES, &target)), S(STATUS_SUCCESS));
  return target;
}

UNICODE_STRING Name(const char16_t* text) {
  UNICODE_STRING name;
  name.Buffer = reinterpret_cast<PWCH>(const_cast<char16_t*>(text));
  name.Length = USHORT(std::char_traits<char16_t>::length(text) * sizeof(char16_t));
  name.MaximumLength = name.Length;
  return name;
}

NTSTATUS OpenByName(WDFIOTARGET target, const char16_t* text, ACCESS_MASK access) {
  UNICODE_STRING name = Name(text);
  WDF_IO_TARGET_OPEN_PARAMS params;
  WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&params, &name, access);
  params.ShareAccess = FILE_SHARE_READ | FILE_SHARE_WRITE;
  return WdfIoTargetOpen(target, &params);
}

static void Routine(WDFREQUEST request, WDFIOTARGET target, PWDF_REQUEST_COMPLETION_PARAMS params, WDFCONTEXT context) {
  Completion& completion = *static_cast<Completion*>(context);
  completion.request = request;
  completion.target = target;
  completion.params = *params;
  completion.status = params->IoStatus.Status;
  completion.information = params->IoStatus.Information;
  completion.irql = KeGetCurrentIrql();
  completion.thread = KeGetCurrentThread();
  ++completion.runs;
  if (completion.then) completion.then(request);
}

void OnCompletion(WDFREQUEST request, Completion& completion) { WdfRequestSetCompletionRoutine(request, Routine, &completion); }

WDFREQUEST ReadyIoctl(WDFIOTARGET target, Completion& completion, ULONG code) {
  WDFREQUEST request = NewRequest(target);
  EXPECT_EQ(S(WdfIoTargetFormatRequestForIoctl(target, request, code, nullptr, nullptr, nullptr, nullptr)), S(STATUS_SUCCESS));
  OnCompletion(request, completion);
  return request;
}

void SleepMs(LONGLONG milliseconds) {
  LARGE_INTEGER interval;
  interval.QuadPart = Milliseconds(milliseconds);
  KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

bool Until(const std::function<bool()>& condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    SleepMs(1);
  }
  return condition();
}

}  // namespace drydock::test
