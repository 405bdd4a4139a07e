#include "nt/io/driver.h"

#include <algorithm>
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/cm/registry.h"
#include "nt/driver_callback.h"
#include "nt/io/device.h"
#include "nt/io/irp.h"
#include "nt/io/state.h"
#include "nt/io/sync_irp.h"
#include "nt/io/trace_kinds.h"
#include "nt/io/wmi.h"
#include "nt/kernel.h"
#include "nt/mm/mdl.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/pnp.h"
#include "nt/ps/notify.h"
#include "nt/thread.h"
#include "nt/trace.h"

namespace drydock::nt::io {
namespace {

constexpr char16_t kHardwareDatabase[] = u"\\REGISTRY\\MACHINE\\HARDWARE\\DESCRIPTION\\SYSTEM";

struct ClientExtension {
  const void* id;
  void* memory;
};

// What a Driver owns beyond its public face.
struct DriverInternals : Driver {
  std::u16string object_name;
  UNICODE_STRING service_key_string = {};
  UNICODE_STRING hardware_database = {};
  DRIVER_EXTENSION extension = {};
  rt::Lock lock;
  std::vector<ClientExtension> client_extensions;
};

DriverInternals& Internals(Driver* driver) { return *static_cast<DriverInternals*>(driver); }

NTSTATUS InvalidDeviceRequest(PDEVICE_OBJECT, PIRP irp) {
  irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
  irp->IoStatus.Information = 0;
  IofCompleteRequest(irp, IO_NO_INCREMENT);
  return STATUS_INVALID_DEVICE_REQUEST;
}

UNICODE_STRING StringOver(std::u16string& text) {
  UNICODE_STRING string;
  string.Length = static_cast<USHORT>(text.size() * 2);
  string.MaximumLength = static_cast<USHORT>(string.Length + 2);
  string.Buffer = reinterpret_cast<PWCH>(text.data());
  return string;
}

NTSTATUS NewDriver(Kernel& kernel, std::u16string_view name, DRIVER_INITIALIZE* entry, const ImageInfo& image, DriverInternals** out) {
  if (name.empty() || name.find(u'\\') != std::u16string_view::npos) return STATUS_OBJECT_NAME_INVALID;
  auto* object = ob::CreateObject<DRIVER_OBJECT>(kernel, kDriverType);
  if (!object) return STATUS_INSUFFICIENT_RESOURCES;
  auto* driver = new DriverInternals;
  driver->kernel = &kernel;
  driver->object = object;
  driver->name = name;
  driver->object_name = u"\\Driver\\" + driver->name;
  driver->service_key = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\" + driver->name;
  driver->image_path = image.path;
  driver->image_start = image.start;
  driver->image_size = image.size;
  driver->trace_id = ob::HeaderOf(object)->trace_id;
  driver->service_key_string = StringOver(driver->service_key);
  object->Type = IO_TYPE_DRIVER;
  object->Size = sizeof *object;
  object->DriverStart = const_cast<void*>(image.start);
  object->DriverSize = static_cast<ULONG>(image.size);
  object->DriverSection = static_cast<Driver*>(driver);
  object->DriverExtension = &driver->extension;
  object->DriverName = StringOver(driver->object_name);
  object->DriverInit = entry;
  driver->hardware_database.Buffer = reinterpret_cast<PWCH>(const_cast<char16_t*>(kHardwareDatabase));
  driver->hardware_database.Length = sizeof kHardwareDatabase - 2;
  driver->hardware_database.MaximumLength = sizeof kHardwareDatabase;
  object->HardwareDatabase = &driver->hardware_database;
  driver->extension.DriverObject = object;
  // A driver of its own right: the extension's key name is the service's.
  driver->extension.ServiceKeyName = driver->service_key_string;
  for (auto& dispatch : object->MajorFunction) dispatch = InvalidDeviceRequest;
  NTSTATUS status = ob::Insert(kernel, nullptr, driver->object_name, object, false);
  if (!NT_SUCCESS(status)) {
    ob::Dereference(object);
    delete driver;
    return status;
  }
  rt::LockGuard guard(kernel.io->lock);
  driver->next = kernel.io->drivers;
  kernel.io->drivers = driver;
  *out = driver;
  return STATUS_SUCCESS;
}

// Devices, registrations and the like that are still there: one line each. Devices are deleted.
void CollectLeaks(DriverInternals& driver, std::vector<std::string>* lines) {
  State& state = *driver.kernel->io;
  std::string who = ob::ToUtf8(driver.name);
  std::vector<DEVICE_OBJECT*> devices;
  {
    rt::LockGuard guard(state.device_lock);
    for (DEVICE_OBJECT* device = driver.object->DeviceObject; device; device = device->NextDevice) devices.push_back(device);
  }
  for (DEVICE_OBJECT* device : devices) {
    std::string line = who + " left " + Describe(device) + " behind: IoDeleteDevice was not called";
    if (ExtensionOf(device)->flags & kDeletePending) {
      line = who + " deleted " + Describe(device) + ", but it is still " +
             (device->AttachedDevice ? "attached to" : "open (" + std::to_string(device->ReferenceCount) + " references)");
    }
    lines->push_back(std::move(line));
  }
  {
    rt::LockGuard guard(state.registration_lock);
    for (const State::ShutdownEntry& entry : state.shutdown) {
      if (entry.device->DriverObject == driver.object) lines->push_back(who + " left a shutdown registration behind");
    }
  }
  for (size_t i = state.wmi->CountOf(driver.object); i; --i) lines->push_back(who + " left a WMI registration behind");
  if (driver.image_size) {
    LiveIrp live[64];
    size_t count = LiveIrps(*driver.kernel, live, 64, {static_cast<const char*>(driver.image_start), driver.image_size});
    for (size_t i = 0; i < count && i < 64; ++i) {
      lines->push_back(who + " left IRP " + std::to_string(live[i].trace_id) + " behind: IoFreeIrp was not called");
    }
    auto inside = [&](const void* address) {
      auto from = static_cast<const char*>(driver.image_start);
      return address >= from && address < from + driver.image_size;
    };
    for (const mm::LiveMdl& mdl : mm::LiveMdls(*driver.kernel)) {
      if (!inside(mdl.maker) && !inside(mdl.locker)) continue;
      lines->push_back(who + " left an MDL over " + std::to_string(mdl.byte_count) + " bytes behind" +
                       (mdl.locked ? ", locked: MmUnlockPages and IoFreeMdl were not called" : ": IoFreeMdl was not called"));
    }
  }
}

void Forget(DriverInternals& driver) {
  Kernel& kernel = *driver.kernel;
  {
    rt::LockGuard guard(kernel.io->lock);
    for (Driver** link = &kernel.io->drivers; *link; link = &(*link)->next) {
      if (*link == &driver) {
        *link = driver.next;
        break;
      }
    }
    driver.next = kernel.io->unloaded_drivers;
    kernel.io->unloaded_drivers = &driver;
  }
  {
    rt::LockGuard guard(kernel.io->registration_lock);
    auto& list = kernel.io->reinitializations;
    list.erase(std::remove_if(list.begin(), list.end(), [&](const auto& entry) { return entry.driver == driver.object; }), list.end());
  }
  for (ClientExtension& extension : driver.client_extensions) free(extension.memory);
  driver.client_extensions.clear();
  ob::RemoveName(driver.object);
  driver.object->DriverSection = nullptr;
  for (auto& dispatch : driver.object->MajorFunction) dispatch = InvalidDeviceRequest;
}

}  // namespace

const ob::ObjectType kDriverType = {"Driver", nullptr, nullptr, nullptr, nullptr, ob::kNotWaitable, GENERIC_ALL};

NTSTATUS CreateDriver(Kernel& kernel, std::u16string_view name, DRIVER_INITIALIZE* entry, const ImageInfo& image, Driver** out) {
  *out = nullptr;
  DriverInternals* driver;
  NTSTATUS status = NewDriver(kernel, name, entry, image, &driver);
  if (!NT_SUCCESS(status)) return status;
  // As setup leaves it for the driver: its key with a place for parameters.
  cm::MakeKey(kernel, driver->service_key + u"\\Parameters");
  if (image.before_entry) image.before_entry(image.context, driver->object);
  if (image.start) ps::TellImage(kernel, nullptr, u"\\SystemRoot\\System32\\drivers\\" + driver->name + u".sys", image.start, image.size);
  status = CallDriver("DriverEntry", entry, driver->object, &driver->service_key_string);
  if (kernel.events.enabled()) RecordEvent(kernel, kDriverLoad, driver->trace_id, static_cast<uint32_t>(status));
  if (!NT_SUCCESS(status)) {
    std::vector<std::string> leaks;
    CollectLeaks(*driver, &leaks);
    Forget(*driver);
    for (std::string& line : leaks) Break("DriverEntry failed, but " + line);
    return status;
  }
  driver->object->Flags |= DRVO_INITIALIZED;
  // What DriverEntry made may be opened now.
  {
    rt::LockGuard guard(kernel.io->device_lock);
    for (DEVICE_OBJECT* device = driver->object->DeviceObject; device; device = device->NextDevice) {
      device->Flags &= ~DO_DEVICE_INITIALIZING;
    }
  }
  if (driver->object->Flags & DRVO_REINIT_REGISTERED) pnp::QueueReinitialization(driver);
  *out = driver;
  return status;
}

NTSTATUS CreateOwnDriver(Kernel& kernel, std::u16string_view name, void (*setup)(DRIVER_OBJECT*), Driver** out) {
  *out = nullptr;
  DriverInternals* driver;
  NTSTATUS status = NewDriver(kernel, name, nullptr, {}, &driver);
  if (!NT_SUCCESS(status)) return status;
  driver->own = true;
  if (setup) setup(driver->object);
  driver->object->Flags |= DRVO_INITIALIZED | DRVO_BUILTIN_DRIVER;
  *out = driver;
  return STATUS_SUCCESS;
}

NTSTATUS UnloadDriver(Driver* driver, UnloadReport* report) {
  Kernel& kernel = *driver->kernel;
  if (!driver->own && !driver->object->DriverUnload) return STATUS_INVALID_DEVICE_REQUEST;
  if (driver->unload_called) return STATUS_INVALID_DEVICE_REQUEST;
  {
    rt::LockGuard guard(kernel.io->device_lock);
    for (DEVICE_OBJECT* device = driver->object->DeviceObject; device; device = device->NextDevice) {
      if (device->ReferenceCount > 0 || device->AttachedDevice || ExtensionOf(device)->attached_to) return STATUS_INVALID_DEVICE_REQUEST;
    }
  }
  driver->unload_called = true;
  driver->object->Flags |= DRVO_UNLOAD_INVOKED;
  if (kernel.events.enabled()) RecordEvent(kernel, kDriverUnload, driver->trace_id);
  if (!driver->own) CallDriver("DRIVER_UNLOAD", driver->object->DriverUnload, driver->object);
  UnloadReport unused;
  CollectLeaks(Internals(driver), report ? &report->leaks : &unused.leaks);
  Forget(Internals(driver));
  return STATUS_SUCCESS;
}

Driver* DriverOf(const DRIVER_OBJECT* object) { return object ? static_cast<Driver*>(object->DriverSection) : nullptr; }

Driver* FindDriver(Kernel& kernel, std::u16string_view name) {
  rt::LockGuard guard(kernel.io->lock);
  for (Driver* driver = kernel.io->drivers; driver; driver = driver->next) {
    if (ob::EqualNames(driver->name, name)) return driver;
  }
  return nullptr;
}

Driver* FindDriverAt(Kernel& kernel, const void* address) {
  const auto at = reinterpret_cast<uintptr_t>(address);
  rt::LockGuard guard(kernel.io->lock);
  for (Driver* driver = kernel.io->drivers; driver; driver = driver->next) {
    const auto start = reinterpret_cast<uintptr_t>(driver->image_start);
    if (start != 0 && at >= start && at - start < driver->image_size) return driver;
  }
  return nullptr;
}

void RunReinitialization(Driver* driver) {
  State& state = *driver->kernel->io;
  for (;;) {
    State::Reinitialization entry = {};
    {
      rt::LockGuard guard(state.registration_lock);
      auto& list = state.reinitializations;
      auto found = std::find_if(list.begin(), list.end(), [&](const auto& item) { return item.driver == driver->object; });
      if (found == list.end()) break;
      entry = *found;
      list.erase(found);
    }
    DRIVER_EXTENSION* extension = driver->object->DriverExtension;
    extension->Count++;
    driver->object->Flags &= ~DRVO_REINIT_REGISTERED;
    CallDriver("DRIVER_REINITIALIZE", entry.routine, driver->object, entry.context, extension->Count);
  }
}

void NotifyShutdown(Kernel& kernel) {
  State& state = *kernel.io;
  for (bool last_chance : {false, true}) {
    for (;;) {
      DEVICE_OBJECT* device = nullptr;
      {
        rt::LockGuard guard(state.registration_lock);
        for (size_t i = state.shutdown.size(); i-- > 0 && !device;) {
          if (state.shutdown[i].last_chance != last_chance) continue;
          device = state.shutdown[i].device;
          state.shutdown.erase(state.shutdown.begin() + static_cast<ptrdiff_t>(i));
        }
      }
      if (!device) break;
      DEVICE_OBJECT* top = TopOfStack(device);
      SendSimple(top, IRP_MJ_SHUTDOWN, 0);
      ob::Dereference(top);
    }
  }
}

// For ~State.
void DeleteDrivers(Driver* first) {
  while (first) {
    Driver* next = first->next;
    for (ClientExtension& extension : Internals(first).client_extensions) free(extension.memory);
    delete static_cast<DriverInternals*>(first);
    first = next;
  }
}

}  // namespace drydock::nt::io

using namespace drydock::nt;

extern "C" {

NTSTATUS NTAPI IoAllocateDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress,
                                               ULONG DriverObjectExtensionSize, PVOID* DriverObjectExtension) {
  *DriverObjectExtension = nullptr;
  io::Driver* driver = io::DriverOf(DriverObject);
  if (!driver) return STATUS_NO_SUCH_DEVICE;
  auto& internals = static_cast<io::DriverInternals&>(*driver);
  void* memory = calloc(1, DriverObjectExtensionSize ? DriverObjectExtensionSize : 1);
  if (!memory) return STATUS_INSUFFICIENT_RESOURCES;
  drydock::rt::LockGuard guard(internals.lock);
  for (const auto& extension : internals.client_extensions) {
    if (extension.id == ClientIdentificationAddress) {
      free(memory);
      return STATUS_OBJECT_NAME_COLLISION;
    }
  }
  internals.client_extensions.push_back({ClientIdentificationAddress, memory});
  *DriverObjectExtension = memory;
  return STATUS_SUCCESS;
}

PVOID NTAPI IoGetDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress) {
  io::Driver* driver = io::DriverOf(DriverObject);
  if (!driver) return nullptr;
  auto& internals = static_cast<io::DriverInternals&>(*driver);
  drydock::rt::LockGuard guard(internals.lock);
  for (const auto& extension : internals.client_extensions) {
    if (extension.id == ClientIdentificationAddress) return extension.memory;
  }
  return nullptr;
}

VOID NTAPI IoRegisterDriverReinitialization(PDRIVER_OBJECT DriverObject, PDRIVER_REINITIALIZE DriverReinitializationRoutine,
                                            PVOID Context) {
  io::State& state = *CurrentKernel().io;
  DriverObject->Flags |= DRVO_REINIT_REGISTERED;
  drydock::rt::LockGuard guard(state.registration_lock);
  state.reinitializations.push_back({DriverObject, DriverReinitializationRoutine, Context});
}

VOID NTAPI IoRegisterBootDriverReinitialization(PDRIVER_OBJECT DriverObject, PDRIVER_REINITIALIZE DriverReinitializationRoutine,
                                                PVOID Context) {
  IoRegisterDriverReinitialization(DriverObject, DriverReinitializationRoutine, Context);
}

NTSTATUS NTAPI IoRegisterShutdownNotification(PDEVICE_OBJECT DeviceObject) {
  io::State& state = *CurrentKernel().io;
  DeviceObject->Flags |= DO_SHUTDOWN_REGISTERED;
  drydock::rt::LockGuard guard(state.registration_lock);
  state.shutdown.push_back({DeviceObject, false});
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoRegisterLastChanceShutdownNotification(PDEVICE_OBJECT DeviceObject) {
  io::State& state = *CurrentKernel().io;
  DeviceObject->Flags |= DO_SHUTDOWN_REGISTERED;
  drydock::rt::LockGuard guard(state.registration_lock);
  state.shutdown.push_back({DeviceObject, true});
  return STATUS_SUCCESS;
}

VOID NTAPI IoUnregisterShutdownNotification(PDEVICE_OBJECT DeviceObject) {
  io::State& state = *CurrentKernel().io;
  DeviceObject->Flags &= ~DO_SHUTDOWN_REGISTERED;
  drydock::rt::LockGuard guard(state.registration_lock);
  auto& list = state.shutdown;
  list.erase(std::remove_if(list.begin(), list.end(), [&](const auto& entry) { return entry.device == DeviceObject; }), list.end());
}

}  // extern "C"
