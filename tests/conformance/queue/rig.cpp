#include "rig.h"

namespace drydock::test {

Rig* Rig::current = nullptr;

extern "C" NTSTATUS FxDriverEntry(PDRIVER_OBJECT, PUNICODE_STRING);

namespace {

void Default(WDFQUEUE queue, WDFREQUEST request) {
  Rig& rig = *Rig::current;
  if (rig.on_default) return rig.on_default(queue, request);
  WdfRequestComplete(request, STATUS_SUCCESS);
}

void Read(WDFQUEUE queue, WDFREQUEST request, size_t length) {
  Rig& rig = *Rig::current;
  if (rig.on_read) return rig.on_read(queue, request, length);
  WdfRequestComplete(request, STATUS_SUCCESS);
}

void Write(WDFQUEUE queue, WDFREQUEST request, size_t length) {
  Rig& rig = *Rig::current;
  if (rig.on_write) return rig.on_write(queue, request, length);
  WdfRequestComplete(request, STATUS_SUCCESS);
}

void Control(WDFQUEUE queue, WDFREQUEST request, size_t output, size_t input, ULONG code) {
  Rig& rig = *Rig::current;
  if (rig.on_control) return rig.on_control(queue, request, output, input, code);
  WdfRequestComplete(request, STATUS_SUCCESS);
}

void Internal(WDFQUEUE queue, WDFREQUEST request, size_t output, size_t input, ULONG code) {
  Rig& rig = *Rig::current;
  if (rig.on_internal) return rig.on_internal(queue, request, output, input, code);
  WdfRequestComplete(request, STATUS_SUCCESS);
}

void Stop(WDFQUEUE queue, WDFREQUEST request, ULONG flags) {
  Rig& rig = *Rig::current;
  if (rig.on_stop) rig.on_stop(queue, request, flags);
}

void Resume(WDFQUEUE queue, WDFREQUEST request) {
  Rig& rig = *Rig::current;
  if (rig.on_resume) rig.on_resume(queue, request);
}

void Canceled(WDFQUEUE queue, WDFREQUEST request) {
  Rig& rig = *Rig::current;
  if (rig.on_canceled) return rig.on_canceled(queue, request);
  WdfRequestComplete(request, STATUS_CANCELLED);
}

void InCaller(WDFDEVICE device, WDFREQUEST request) {
  Rig& rig = *Rig::current;
  rig.on_in_caller(device, request);
}

NTSTATUS DeviceAdd(WDFDRIVER driver, PWDFDEVICE_INIT init) { return Rig::current->Add(driver, init); }

}  // namespace

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, DeviceAdd);
  return WdfDriverCreate(driver, path, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}

void Rig::Cancel(WDFREQUEST request) {
  Rig& rig = *Rig::current;
  if (rig.on_cancel) return rig.on_cancel(request);
  WdfRequestComplete(request, STATUS_CANCELLED);
}

void Rig::State(WDFQUEUE queue, WDFCONTEXT context) {
  Rig& rig = *Rig::current;
  if (rig.on_state) rig.on_state(queue, context);
}

Rig::Rig(Machine& machine) : machine(machine) {
  EXPECT_EQ(current, nullptr);
  current = this;
  WDF_OBJECT_ATTRIBUTES_INIT(&device_attributes);
}

Rig::~Rig() {
  // Nothing may call into the lambdas after they are gone. A stopped machine calls nobody.
  if (!machine.stopped() && device) {
    End();
    on_stop = nullptr;
    machine.RemoveDevice(device);
    machine.UnloadDriver(driver);
  }
  current = nullptr;
}

void Rig::End() {
  while (held_count() != 0 && !machine.stopped()) {
    In([&] { CompleteHeld(STATUS_CANCELLED); });
  }
}

void Rig::Start() {
  driver = machine.AddDriver("rig", reinterpret_cast<DriverEntryPoint>(&FxDriverEntry));
  ASSERT_TRUE(driver.object()) << machine.ReportText();
  device = machine.AddDevice({.function = driver, .model = model});
}

NTSTATUS Rig::Add(WDFDRIVER wdf_driver, PWDFDEVICE_INIT device_init) {
  if (init) init(device_init);
  if (on_in_caller) WdfDeviceInitSetIoInCallerContextCallback(device_init, InCaller);
  NTSTATUS status = WdfDeviceCreate(&device_init, &device_attributes, &wdf_device);
  if (!NT_SUCCESS(status)) return status;
  if (add) add();
  return add_status;
}

WDF_IO_QUEUE_CONFIG Rig::Config(const QueueSpec& spec) {
  WDF_IO_QUEUE_CONFIG config;
  if (spec.is_default) {
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, spec.type);
  } else {
    WDF_IO_QUEUE_CONFIG_INIT(&config, spec.type);
  }
  if (spec.type != WdfIoQueueDispatchManual) {
    if (spec.handlers & kDefault) config.EvtIoDefault = Default;
    if (spec.handlers & kRead) config.EvtIoRead = Read;
    if (spec.handlers & kWrite) config.EvtIoWrite = Write;
    if (spec.handlers & kControl) config.EvtIoDeviceControl = Control;
    if (spec.handlers & kInternal) config.EvtIoInternalDeviceControl = Internal;
  }
  if (spec.limit) config.Settings.Parallel.NumberOfPresentedRequests = *spec.limit;
  config.PowerManaged = spec.power_managed;
  config.AllowZeroLengthRequests = spec.zero_length;
  if (spec.stop_callbacks) {
    config.EvtIoStop = Stop;
    config.EvtIoResume = Resume;
  }
  if (spec.canceled_on_queue) config.EvtIoCanceledOnQueue = Canceled;
  return config;
}

WDF_OBJECT_ATTRIBUTES Rig::Attributes(const QueueSpec& spec) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.SynchronizationScope = spec.scope;
  attributes.ExecutionLevel = spec.level;
  attributes.EvtCleanupCallback = spec.cleanup;
  return attributes;
}

WDFQUEUE Rig::NewQueue(const QueueSpec& spec, NTSTATUS* status) {
  WDF_IO_QUEUE_CONFIG config = Config(spec);
  WDF_OBJECT_ATTRIBUTES attributes = Attributes(spec);
  WDFQUEUE made = nullptr;
  const NTSTATUS result = WdfIoQueueCreate(wdf_device, &config, &attributes, &made);
  if (status) {
    *status = result;
  } else {
    EXPECT_EQ(result, STATUS_SUCCESS);
  }
  if (!queue) queue = made;
  return made;
}

void Rig::Hold(WDFREQUEST request) {
  std::lock_guard guard(lock_);
  held_.push_back(request);
}

WDFREQUEST Rig::held(size_t index) {
  std::lock_guard guard(lock_);
  return index < held_.size() ? held_[index] : nullptr;
}

WDFREQUEST Rig::TakeHeld(size_t index) {
  std::lock_guard guard(lock_);
  if (index >= held_.size()) return nullptr;
  WDFREQUEST request = held_[index];
  held_.erase(held_.begin() + static_cast<ptrdiff_t>(index));
  return request;
}

size_t Rig::held_count() {
  std::lock_guard guard(lock_);
  return held_.size();
}

void Rig::CompleteHeld(NTSTATUS status, ULONG_PTR information, size_t index) {
  if (WDFREQUEST request = TakeHeld(index)) WdfRequestCompleteWithInformation(request, status, information);
}

void Rig::Say(std::string text) {
  std::lock_guard guard(lock_);
  said_.push_back(std::move(text));
}

std::vector<std::string> Rig::Said() {
  std::lock_guard guard(lock_);
  return said_;
}

void Rig::Forget() {
  std::lock_guard guard(lock_);
  said_.clear();
}

size_t Rig::Count(const std::string& text) {
  std::lock_guard guard(lock_);
  size_t count = 0;
  for (const std::string& one : said_) count += one == text;
  return count;
}

bool Rig::SaidBefore(const std::string& first, const std::string& second) {
  std::lock_guard guard(lock_);
  size_t i = 0;
  while (i < said_.size() && said_[i] != first) ++i;
  while (i < said_.size() && said_[i] != second) ++i;
  return i < said_.size();
}

QueueState StateOf(WDFQUEUE queue) {
  QueueState state;
  state.bits = WdfIoQueueGetState(queue, &state.waiting, &state.at_driver);
  return state;
}

}  // namespace drydock::test
