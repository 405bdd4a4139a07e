// Hearing of devices: CM_Register_Notification, whose callbacks run on the thread pool, and RegisterDeviceNotification of a service, whose
// handler runs on its dispatcher's thread. Either is a thread of the process, as handles are those of the process whose thread it is.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <vector>

#include "nt/ob/name_space.h"
#include "nt/pnp/notification.h"
#include "nt/thread.h"
#include "nt/win32/devinst.h"
#include "nt/win32/file_reference.h"
#include "nt/win32/program.h"
#include "nt/win32/service_process.h"
#include "nt/win32/threadpool.h"
#include "nt/win32/win32.h"

#include <dbt.h>
#include <initguid.h>
#include <wdmguid.h>

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

bool Is(const GUID& a, const GUID& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

// One event, in words that both forms are made of.
struct Event {
  const PLUGPLAY_NOTIFICATION_HEADER* header;
  bool is_interface = false;
  const pnp::InstanceNotification* instance = nullptr;
  GUID interface_class = {};
  std::u16string link;
  LONG name_offset = -1;
  const UCHAR* custom = nullptr;
  size_t custom_bytes = 0;
};

Event EventOf(const void* what) {
  Event event;
  event.header = static_cast<const PLUGPLAY_NOTIFICATION_HEADER*>(what);
  const GUID& guid = event.header->Event;
  if (Is(guid, pnp::kInstanceChange)) {
    event.instance = static_cast<const pnp::InstanceNotification*>(what);
  } else if (Is(guid, GUID_DEVICE_INTERFACE_ARRIVAL) || Is(guid, GUID_DEVICE_INTERFACE_REMOVAL)) {
    const auto* change = static_cast<const DEVICE_INTERFACE_CHANGE_NOTIFICATION*>(what);
    event.is_interface = true;
    event.interface_class = change->InterfaceClassGuid;
    event.link = ob::View(change->SymbolicLinkName);
    if (event.link.starts_with(u"\\??\\")) event.link[1] = u'\\';
  } else if (!Is(guid, GUID_TARGET_DEVICE_QUERY_REMOVE) && !Is(guid, GUID_TARGET_DEVICE_REMOVE_CANCELLED) &&
             !Is(guid, GUID_TARGET_DEVICE_REMOVE_COMPLETE)) {
    const auto* change = static_cast<const TARGET_DEVICE_CUSTOM_NOTIFICATION*>(what);
    event.name_offset = change->NameBufferOffset;
    event.custom = change->CustomDataBuffer;
    const size_t before = offsetof(TARGET_DEVICE_CUSTOM_NOTIFICATION, CustomDataBuffer);
    event.custom_bytes = change->Size > before ? change->Size - before : 0;
  }
  return event;
}

struct Notification {
  Program* program = nullptr;
  void* entry = nullptr;
  std::atomic<bool> dropped{false};
  virtual ~Notification() = default;
  virtual bool Agrees(const Event& event) = 0;  // tells; who asks whether a device may go waits for the answer
  virtual void Finish() {}
};

NTSTATUS Changed(PVOID what, PVOID context) {
  auto& notification = *static_cast<Notification*>(context);
  if (notification.program->exiting) return STATUS_SUCCESS;
  return notification.Agrees(EventOf(what)) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

// The end of the process is the end of its registrations.
struct Registered {
  std::unique_ptr<Notification> notification;
  ~Registered() {
    notification->dropped = true;
    if (notification->entry != nullptr) IoUnregisterPlugPlayNotificationEx(notification->entry);
    if (!notification->program->exiting) notification->Finish();
  }
};

NTSTATUS RegisterFor(Notification* notification, const GUID* interface_class, FILE_OBJECT* file) {
  if (interface_class != nullptr)
    return IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, 0, const_cast<GUID*>(interface_class), nullptr, &Changed, notification,
                                          &notification->entry);
  return IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, file, nullptr, &Changed, notification, &notification->entry);
}

void RegisterForAll(Notification* notification, bool instances) {
  auto* enlist = instances ? &pnp::RegisterForInstances : &pnp::RegisterForAllInterfaces;
  notification->entry = enlist(*notification->program->kernel, &Changed, notification);
}

// Kept by the notification's address, which is its handle.
void* Keep(Program& program, std::shared_ptr<Registered> registered) {
  void* handle = registered->notification.get();
  rt::LockGuard guard(program.lock);
  program.things[handle] = std::move(registered);
  return handle;
}

// --- the configuration manager's ---

struct Callback : Notification {
  PCM_NOTIFY_CALLBACK callback = nullptr;
  void* context = nullptr;
  std::u16string instance;  // the only one that is asked for; empty: any
  std::shared_ptr<PoolMember> member = std::make_shared<PoolMember>();
  bool Agrees(const Event& event) override;
  void Finish() override { WaitForMember(member, true); }
};

struct Change {
  Callback* notification;
  CM_NOTIFY_ACTION action;
  std::vector<char> data;
  std::atomic<DWORD> answer{ERROR_SUCCESS};
  KEVENT answered = {};
  Change() { KeInitializeEvent(&answered, NotificationEvent, FALSE); }
};

void CallBack(PoolMember&, const PoolCall& call) {
  auto& change = *static_cast<Change*>(call.data.get());
  const Callback& notification = *change.notification;
  change.answer = notification.callback(reinterpret_cast<HCMNOTIFICATION>(change.notification), notification.context, change.action,
                                        reinterpret_cast<PCM_NOTIFY_EVENT_DATA>(change.data.data()), static_cast<DWORD>(change.data.size()));
  KeSetEvent(&change.answered, IO_NO_INCREMENT, FALSE);
}

bool Callback::Agrees(const Event& event) {
  const GUID& guid = event.header->Event;
  if (event.instance && !instance.empty() && !ob::EqualNames(instance, *event.instance->path)) return true;
  auto change = std::make_shared<Change>();
  change->notification = this;
  const std::u16string& text = event.instance ? *event.instance->path : event.link;
  change->data.resize(sizeof(CM_NOTIFY_EVENT_DATA) + text.size() * sizeof(char16_t) + event.custom_bytes);
  auto* data = reinterpret_cast<CM_NOTIFY_EVENT_DATA*>(change->data.data());
  if (event.instance) {
    data->FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE;
    std::memcpy(data->u.DeviceInstance.InstanceId, text.c_str(), (text.size() + 1) * sizeof(char16_t));
    change->action = event.instance->change == pnp::InstanceChange::kEnumerated ? CM_NOTIFY_ACTION_DEVICEINSTANCEENUMERATED
                     : event.instance->change == pnp::InstanceChange::kStarted  ? CM_NOTIFY_ACTION_DEVICEINSTANCESTARTED
                                                                                : CM_NOTIFY_ACTION_DEVICEINSTANCEREMOVED;
  } else if (event.is_interface) {
    data->FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE;
    data->u.DeviceInterface.ClassGuid = event.interface_class;
    std::memcpy(data->u.DeviceInterface.SymbolicLink, event.link.c_str(), (event.link.size() + 1) * sizeof(char16_t));
    change->action = Is(guid, GUID_DEVICE_INTERFACE_ARRIVAL) ? CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL : CM_NOTIFY_ACTION_DEVICEINTERFACEREMOVAL;
  } else {
    data->FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEHANDLE;
    data->u.DeviceHandle.EventGuid = guid;
    data->u.DeviceHandle.NameOffset = event.name_offset;
    data->u.DeviceHandle.DataSize = static_cast<DWORD>(event.custom_bytes);
    if (event.custom_bytes != 0) std::memcpy(data->u.DeviceHandle.Data, event.custom, event.custom_bytes);
    change->action = Is(guid, GUID_TARGET_DEVICE_QUERY_REMOVE)       ? CM_NOTIFY_ACTION_DEVICEQUERYREMOVE
                     : Is(guid, GUID_TARGET_DEVICE_REMOVE_CANCELLED) ? CM_NOTIFY_ACTION_DEVICEQUERYREMOVEFAILED
                     : Is(guid, GUID_TARGET_DEVICE_REMOVE_COMPLETE)  ? CM_NOTIFY_ACTION_DEVICEREMOVECOMPLETE
                                                                     : CM_NOTIFY_ACTION_DEVICECUSTOMEVENT;
  }
  PoolCall call;
  call.data = change;
  SubmitToPool(member, call);
  if (change->action != CM_NOTIFY_ACTION_DEVICEQUERYREMOVE) return true;
  return !WaitForAnswer(*program, &change->answered, dropped) || change->answer == ERROR_SUCCESS;
}

// --- a service's ---

struct OfService : Notification {
  std::shared_ptr<ServiceProcess> service;
  HANDLE handle = nullptr;
  bool wide = true;
  bool Agrees(const Event& event) override;
};

template <class Broadcast, class Text>
std::vector<char> BroadcastOf(const Event& event, const Text& name) {
  std::vector<char> room(sizeof(Broadcast) + name.size() * sizeof(name[0]));
  auto* data = reinterpret_cast<Broadcast*>(room.data());
  data->dbcc_size = static_cast<DWORD>(room.size());
  data->dbcc_devicetype = DBT_DEVTYP_DEVICEINTERFACE;
  data->dbcc_classguid = event.interface_class;
  std::memcpy(data->dbcc_name, name.c_str(), (name.size() + 1) * sizeof(name[0]));
  return room;
}

bool OfService::Agrees(const Event& event) {
  const GUID& guid = event.header->Event;
  auto control = std::make_shared<ServiceControl>();
  control->control = SERVICE_CONTROL_DEVICEEVENT;
  if (event.is_interface) {
    control->event = Is(guid, GUID_DEVICE_INTERFACE_ARRIVAL) ? DBT_DEVICEARRIVAL : DBT_DEVICEREMOVECOMPLETE;
    control->data = wide ? BroadcastOf<DEV_BROADCAST_DEVICEINTERFACE_W>(event, event.link)
                         : BroadcastOf<DEV_BROADCAST_DEVICEINTERFACE_A>(event, ob::ToUtf8(event.link));
  } else {
    control->data.resize(sizeof(DEV_BROADCAST_HANDLE) + event.custom_bytes);
    auto* data = reinterpret_cast<DEV_BROADCAST_HANDLE*>(control->data.data());
    data->dbch_size = static_cast<DWORD>(control->data.size());
    data->dbch_devicetype = DBT_DEVTYP_HANDLE;
    data->dbch_handle = handle;
    data->dbch_hdevnotify = this;
    data->dbch_nameoffset = event.name_offset;
    control->event = Is(guid, GUID_TARGET_DEVICE_QUERY_REMOVE)       ? DBT_DEVICEQUERYREMOVE
                     : Is(guid, GUID_TARGET_DEVICE_REMOVE_CANCELLED) ? DBT_DEVICEQUERYREMOVEFAILED
                     : Is(guid, GUID_TARGET_DEVICE_REMOVE_COMPLETE)  ? DBT_DEVICEREMOVECOMPLETE
                                                                     : DBT_CUSTOMEVENT;
    if (control->event == DBT_CUSTOMEVENT) {
      data->dbch_eventguid = guid;
      if (event.custom_bytes != 0) std::memcpy(data->dbch_data, event.custom, event.custom_bytes);
    }
  }
  Tell(*program, *service, control);
  if (control->event != DBT_DEVICEQUERYREMOVE) return true;
  return !WaitForAnswer(*program, &control->answered, dropped) || control->answer == NO_ERROR;
}

HDEVNOTIFY RegisterService(HANDLE recipient, const void* filter, DWORD flags, bool wide) {
  Program& program = ProgramFor("RegisterDeviceNotification");
  LeaveIfEnded();
  const auto fail = [](DWORD error) -> HDEVNOTIFY {
    CurrentThread().last_error = error;
    return nullptr;
  };
  if (!(flags & DEVICE_NOTIFY_SERVICE_HANDLE)) {
    DbgPrint("RegisterDeviceNotification with a window's handle is refused: there are no windows. A service's handle "
             "(DEVICE_NOTIFY_SERVICE_HANDLE) and CM_Register_Notification are heard.\n");
    return fail(ERROR_INVALID_WINDOW_HANDLE);
  }
  const auto service = ServiceOfHandle(program, recipient);
  if (!service) return fail(ERROR_INVALID_SERVICE_CONTROL);
  const auto* header = static_cast<const DEV_BROADCAST_HDR*>(filter);
  if (header == nullptr) return fail(ERROR_INVALID_DATA);
  auto registered = std::make_shared<Registered>();
  auto made = std::make_unique<OfService>();
  OfService* notification = made.get();
  notification->program = &program;
  notification->service = service;
  notification->wide = wide;
  registered->notification = std::move(made);
  NTSTATUS status;
  if (header->dbch_devicetype == DBT_DEVTYP_DEVICEINTERFACE && header->dbch_size >= offsetof(DEV_BROADCAST_DEVICEINTERFACE_A, dbcc_name)) {
    const GUID guid = static_cast<const DEV_BROADCAST_DEVICEINTERFACE_W*>(filter)->dbcc_classguid;
    status = STATUS_SUCCESS;
    if (flags & DEVICE_NOTIFY_ALL_INTERFACE_CLASSES) RegisterForAll(notification, /*instances=*/false);
    else status = RegisterFor(notification, &guid, nullptr);
  } else if (header->dbch_devicetype == DBT_DEVTYP_HANDLE && header->dbch_size >= offsetof(DEV_BROADCAST_HANDLE, dbch_hdevnotify)) {
    notification->handle = static_cast<const DEV_BROADCAST_HANDLE*>(filter)->dbch_handle;
    FileReference file(notification->handle);
    status = NT_SUCCESS(file.status()) ? RegisterFor(notification, nullptr, file.get()) : file.status();
  } else {
    return fail(ERROR_INVALID_DATA);
  }
  if (!Succeeded(status)) return nullptr;
  return Keep(program, std::move(registered));
}

}  // namespace

extern "C" {

CONFIGRET CM_Register_Notification(PCM_NOTIFY_FILTER pFilter, PVOID pContext, PCM_NOTIFY_CALLBACK pCallback,
                                   PHCMNOTIFICATION pNotifyContext) {
  Program& program = ProgramFor("CM_Register_Notification");
  LeaveIfEnded();
  if (pFilter == nullptr || pCallback == nullptr || pNotifyContext == nullptr) return CR_INVALID_POINTER;
  if (pFilter->cbSize != sizeof *pFilter) return CR_INVALID_DATA;
  auto registered = std::make_shared<Registered>();
  auto made = std::make_unique<Callback>();
  Callback* notification = made.get();
  notification->program = &program;
  notification->callback = pCallback;
  notification->context = pContext;
  notification->member->pool = &CurrentPool();
  notification->member->name = "NotifyCallback";
  notification->member->run = &CallBack;
  registered->notification = std::move(made);
  NTSTATUS status = STATUS_SUCCESS;
  const DWORD all = pFilter->FilterType == CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE  ? CM_NOTIFY_FILTER_FLAG_ALL_INTERFACE_CLASSES
                    : pFilter->FilterType == CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE ? CM_NOTIFY_FILTER_FLAG_ALL_DEVICE_INSTANCES
                                                                                  : 0;
  if (pFilter->Flags & ~all) return CR_INVALID_FLAG;
  if (pFilter->Flags != 0) {
    RegisterForAll(notification, pFilter->FilterType == CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE);
  } else if (pFilter->FilterType == CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE) {
    const WCHAR* id = pFilter->u.DeviceInstance.InstanceId;
    notification->instance.assign(id, std::find(id, id + MAX_DEVICE_ID_LEN, u'\0'));
    if (std::count(notification->instance.begin(), notification->instance.end(), u'\\') != 2) return CR_INVALID_DEVICE_ID;
    RegisterForAll(notification, /*instances=*/true);
  } else if (pFilter->FilterType == CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE) {
    status = RegisterFor(notification, &pFilter->u.DeviceInterface.ClassGuid, nullptr);
  } else if (pFilter->FilterType == CM_NOTIFY_FILTER_TYPE_DEVICEHANDLE) {
    FileReference file(pFilter->u.DeviceHandle.hTarget);
    if (!NT_SUCCESS(file.status())) return CR_INVALID_DATA;
    status = RegisterFor(notification, nullptr, file.get());
  } else {
    return CR_INVALID_DATA;
  }
  if (!NT_SUCCESS(status)) return ResultOf(status);
  *pNotifyContext = static_cast<HCMNOTIFICATION>(Keep(program, std::move(registered)));
  return CR_SUCCESS;
}
CONFIGRET CM_Unregister_Notification(HCMNOTIFICATION NotifyContext) {
  Program& program = ProgramFor("CM_Unregister_Notification");
  LeaveIfEnded();
  const auto registered = std::static_pointer_cast<Registered>(FindThing(program, NotifyContext));
  if (!registered) return CR_INVALID_DATA;
  DropThing(program, NotifyContext);
  return CR_SUCCESS;
}

HDEVNOTIFY RegisterDeviceNotificationW(HANDLE hRecipient, LPVOID NotificationFilter, DWORD Flags) {
  return RegisterService(hRecipient, NotificationFilter, Flags, true);
}
HDEVNOTIFY RegisterDeviceNotificationA(HANDLE hRecipient, LPVOID NotificationFilter, DWORD Flags) {
  return RegisterService(hRecipient, NotificationFilter, Flags, false);
}
BOOL UnregisterDeviceNotification(HDEVNOTIFY Handle) {
  LeaveIfEnded();
  return DropThing(ProgramFor("UnregisterDeviceNotification"), Handle) || Succeeded(STATUS_INVALID_HANDLE);
}

}  // extern "C"
