#include "rig.h"

namespace drydock::test {

size_t Log::Count(const std::string& line) const {
  std::lock_guard<std::mutex> guard(mutex_);
  size_t count = 0;
  for (const std::string& mine : lines_) count += mine == line;
  return count;
}

Rig::Rig(Machine& the_machine, Hooks& the_hooks) : machine(the_machine), hooks(the_hooks) {
  SetRigHooks(&hooks);
  driver = machine.AddDriver("rig", RigEntry());
  loaded = machine.last_driver_status();
  EXPECT_EQ(loaded.ok(), !hooks.fails_to_load) << loaded << "\n" << machine.ReportText();
}

Rig::~Rig() {
  if (machine.stopped()) return;
  RemoveDevice();
  if (driver.object()) machine.UnloadDriver(driver);
}

Device& Rig::AddDevice(std::shared_ptr<DeviceModel> model) {
  DeviceSpec spec;
  spec.function = driver;
  spec.model = std::move(model);
  device = machine.AddDevice(spec);
  return device;
}

void Rig::RemoveDevice() {
  if (device && !machine.stopped()) machine.RemoveDevice(device);
  device = Device();
}

UNICODE_STRING Text(const char16_t* text) {
  UNICODE_STRING string;
  string.Buffer = reinterpret_cast<PWCH>(const_cast<char16_t*>(text));
  string.Length = static_cast<USHORT>(std::char_traits<char16_t>::length(text) * sizeof(char16_t));
  string.MaximumLength = string.Length;
  return string;
}

std::u16string Text(const UNICODE_STRING& string) {
  return std::u16string(reinterpret_cast<const char16_t*>(string.Buffer), string.Length / sizeof(char16_t));
}

WDF_OBJECT_ATTRIBUTES Attributes(WDFOBJECT parent) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = parent;
  return attributes;
}

WDFOBJECT NewObject(WDFOBJECT parent) {
  WDF_OBJECT_ATTRIBUTES attributes = Attributes(parent);
  WDFOBJECT object = nullptr;
  EXPECT_EQ(S(WdfObjectCreate(&attributes, &object)), S(STATUS_SUCCESS));
  return object;
}

void SleepMs(LONGLONG milliseconds) {
  LARGE_INTEGER interval;
  interval.QuadPart = Milliseconds(milliseconds);
  KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

bool Until(const std::function<bool()>& condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    SleepMs(1);
  }
  return condition();
}

static void NamedCleanup(WDFOBJECT object) {
  Named* named = NamedOf(object);
  if (named->on_cleanup) (*named->on_cleanup)();
  if (named->log) named->log->Add(std::string(named->name) + ".cleanup");
}

static void NamedDestroy(WDFOBJECT object) {
  Named* named = NamedOf(object);
  if (named->on_destroy) (*named->on_destroy)();
  if (named->log) named->log->Add(std::string(named->name) + ".destroy");
}

void MakeNamed(WDF_OBJECT_ATTRIBUTES* attributes) {
  WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(attributes, Named);
  attributes->EvtCleanupCallback = NamedCleanup;
  attributes->EvtDestroyCallback = NamedDestroy;
}

void Name(WDFOBJECT object, Log& log, const char* name) {
  NamedOf(object)->log = &log;
  NamedOf(object)->name = name;
}

WDFOBJECT NewNamed(Log& log, const char* name, WDFOBJECT parent) {
  WDF_OBJECT_ATTRIBUTES attributes = Attributes(parent);
  MakeNamed(&attributes);
  WDFOBJECT object = nullptr;
  EXPECT_EQ(S(WdfObjectCreate(&attributes, &object)), S(STATUS_SUCCESS));
  if (object) Name(object, log, name);
  return object;
}

}  // namespace drydock::test
