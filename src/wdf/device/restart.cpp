// A device that failed: told to PnP, and made anew by its bus as long as O-25 allows it.
#include "nt/driver_callback.h"
#include "wdf/device/pnp_power.h"
#include "wdf/um/host.h"

namespace drydock::wdf {
namespace {

constexpr ULONG kMostRestarts = 5;
constexpr ULONGLONG kPeriod = 60ull * 10'000'000;  // of the first request

// The values below the device's hardware key; volatile: they outlive the driver, not the machine.
class RestartKey {
 public:
  explicit RestartKey(PDEVICE_OBJECT pdo) {
    HANDLE device = nullptr;
    if (!NT_SUCCESS(IoOpenDeviceRegistryKey(pdo, PLUGPLAY_REGKEY_DEVICE, KEY_ALL_ACCESS, &device))) return;
    UNICODE_STRING name = Named(u"Restart");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, device, nullptr);
    if (!NT_SUCCESS(ZwCreateKey(&key_, KEY_ALL_ACCESS, &attributes, 0, nullptr, REG_OPTION_VOLATILE, nullptr))) key_ = nullptr;
    ZwClose(device);
  }
  ~RestartKey() noexcept(false) {
    if (key_) ZwClose(key_);
  }
  RestartKey(const RestartKey&) = delete;

  explicit operator bool() const { return key_ != nullptr; }
  template <class T>
  bool Read(const char16_t* value, T* out) const {
    struct {
      KEY_VALUE_PARTIAL_INFORMATION header;
      UCHAR more[16];
    } buffer;
    UNICODE_STRING name = Named(value);
    ULONG length;
    if (!NT_SUCCESS(ZwQueryValueKey(key_, &name, KeyValuePartialInformation, &buffer, sizeof(buffer), &length))) return false;
    if (buffer.header.DataLength != sizeof(T)) return false;
    RtlCopyMemory(out, buffer.header.Data, sizeof(T));
    return true;
  }
  template <class T>
  void Write(const char16_t* value, T data) const {
    UNICODE_STRING name = Named(value);
    ZwSetValueKey(key_, &name, 0, sizeof(T) == 4 ? REG_DWORD : REG_BINARY, &data, sizeof(T));
  }

 private:
  static UNICODE_STRING Named(const char16_t* text) {
    UNICODE_STRING name;
    name.Buffer = reinterpret_cast<PWCH>(const_cast<char16_t*>(text));
    name.Length = name.MaximumLength = static_cast<USHORT>(std::char_traits<char16_t>::length(text) * 2);
    return name;
  }
  HANDLE key_ = nullptr;
};

NTSTATUS NTAPI Signal(PDEVICE_OBJECT, PIRP, PVOID context) {
  KeSetEvent(static_cast<PKEVENT>(context), IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

// {2AEB0243-6A6E-486B-82FC-D815F6B97006}
constexpr GUID kReenumerateSelf = {0x2aeb0243, 0x6a6e, 0x486b, {0x82, 0xfc, 0xd8, 0x15, 0xf6, 0xb9, 0x70, 0x06}};

// Asks the bus to remove the device and to find it again. False: it does not know how.
bool ReenumerateSelf(PDEVICE_OBJECT pdo) {
  PIRP irp = IoAllocateIrp(pdo->StackSize, FALSE);
  if (!irp) return false;
  REENUMERATE_SELF_INTERFACE_STANDARD bus = {};
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
  stack->MajorFunction = IRP_MJ_PNP;
  stack->MinorFunction = IRP_MN_QUERY_INTERFACE;
  stack->Parameters.QueryInterface.InterfaceType = &kReenumerateSelf;
  stack->Parameters.QueryInterface.Size = sizeof(bus);
  stack->Parameters.QueryInterface.Version = 1;
  stack->Parameters.QueryInterface.Interface = reinterpret_cast<PINTERFACE>(&bus);
  IoSetCompletionRoutine(irp, &Signal, &done, TRUE, TRUE, TRUE);
  if (IoCallDriver(pdo, irp) == STATUS_PENDING) KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
  const NTSTATUS status = irp->IoStatus.Status;
  IoFreeIrp(irp);
  if (!NT_SUCCESS(status) || !bus.SurpriseRemoveAndReenumerateSelf) return false;
  nt::CallDriver("SurpriseRemoveAndReenumerateSelf", bus.SurpriseRemoveAndReenumerateSelf, bus.Context);
  if (bus.InterfaceDereference) nt::CallDriver("InterfaceDereference", bus.InterfaceDereference, bus.Context);
  return true;
}

}  // namespace

// O-25: at most 5 requests in the 60 s after the first; then the count begins again only if the device was started since.
bool PnpPower::MayRestart() {
  RestartKey key(device_.pdo());
  if (!key) return false;
  const ULONGLONG now = KeQueryInterruptTime();
  ULONGLONG first = 0;
  ULONG count = 0, achieved = 0;
  if (!key.Read(u"Count", &count) || !key.Read(u"StartTime", &first) || count == 0) {
    count = 0;
    achieved = 1;
    first = 0;
  } else {
    key.Read(u"StartAchieved", &achieved);
  }
  if (count > 0 && now - first <= kPeriod) {
    if (count >= kMostRestarts) return false;
    key.Write(u"Count", count + 1);
    return true;
  }
  if (!achieved) return false;
  key.Write(u"StartTime", now);
  key.Write(u"Count", ULONG{1});
  key.Write(u"StartAchieved", ULONG{0});
  return true;
}

void PnpPower::NoteStartAchieved() {
  if (!restart_asked_) {
    // The count may be an earlier object's of the same device.
    RestartKey key(device_.pdo());
    ULONG count = 0;
    if (!key || !key.Read(u"Count", &count)) return;
    key.Write(u"StartAchieved", ULONG{1});
  }
}

bool PnpPower::AskForRestart() {
  if (!device_.pdo() || failed_action_.load() == WdfDeviceFailedNoRestart) return false;
  if (!MayRestart()) return false;
  restart_asked_ = ReenumerateSelf(device_.pdo());
  return restart_asked_;
}

// After a failure since the start: a bus that knows how makes the device anew; else the PnP manager asks for the state, finds
// PNP_DEVICE_FAILED and removes the device.
void PnpPower::ReportFailure() {
  if (!device_.pdo()) return;
  if (device_.host && device_.host->ended) return;  // (U) taken down with all of the host
  if (!AskForRestart()) IoInvalidateDeviceState(device_.pdo());
}

void PnpPower::SetFailed(WDF_DEVICE_FAILED_ACTION action) {
  if (action != WdfDeviceFailedAttemptRestart && action != WdfDeviceFailedNoRestart) {
    Break(device_.globals(), "WdfDeviceSetFailed with an action out of range was ignored");
    return;
  }
  // DEVX-46
  if (device_.globals().umdf && device_.globals().version_minor < 15) action = WdfDeviceFailedNoRestart;
  failed_action_ = action;
  failed_ = true;
  QueueWork([](PnpPower& self) { self.ReportFailure(); });
}

}  // namespace drydock::wdf
