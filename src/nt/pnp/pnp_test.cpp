// The PnP manager: which requests a stack sees in which order, what failures do, and who may veto a removal.
#include "nt/pnp/pnp.h"

#include <algorithm>
#include <cstring>

#include "nt/io/file.h"
#include "nt/io/interface.h"
#include "nt/io/irp.h"
#include "nt/ob/name_space.h"
#include "nt/testing/kernel_fixture.h"
#include "nt/testing/wdm_driver.h"

namespace drydock::nt {
namespace {

using testing::Finish;
using testing::Unicode;

// A WDM function or filter driver that writes down what it sees. One per test and role.
struct Role {
  std::string name;
  std::vector<std::string>* log = nullptr;
  NTSTATUS add_status = STATUS_SUCCESS;
  NTSTATUS start_status = STATUS_SUCCESS;
  void (*on_start)(Role& role, DEVICE_OBJECT* pdo) = nullptr;
  std::string seen;
  NTSTATUS query_remove_status = STATUS_SUCCESS;
  bool detach = true;
  PNP_DEVICE_STATE pnp_state = 0;
  std::vector<DEVICE_OBJECT*> children;  // bus relations it answers
  std::vector<DEVICE_OBJECT*> devices;
};

struct Extension {
  Role* role;
  DEVICE_OBJECT* lower;
  DEVICE_OBJECT* pdo;
};

Extension& Ext(DEVICE_OBJECT* device) { return *static_cast<Extension*>(device->DeviceExtension); }

const char* MinorName(UCHAR minor) {
  switch (minor) {
    case IRP_MN_START_DEVICE: return "start";
    case IRP_MN_QUERY_REMOVE_DEVICE: return "query-remove";
    case IRP_MN_REMOVE_DEVICE: return "remove";
    case IRP_MN_CANCEL_REMOVE_DEVICE: return "cancel-remove";
    case IRP_MN_STOP_DEVICE: return "stop";
    case IRP_MN_QUERY_STOP_DEVICE: return "query-stop";
    case IRP_MN_CANCEL_STOP_DEVICE: return "cancel-stop";
    case IRP_MN_SURPRISE_REMOVAL: return "surprise";
    default: return nullptr;
  }
}

NTSTATUS SendDownAndWait(DEVICE_OBJECT* device, IRP* irp) {
  IoForwardIrpSynchronously(Ext(device).lower, irp);
  return irp->IoStatus.Status;
}

NTSTATUS Down(DEVICE_OBJECT* device, IRP* irp) {
  IoSkipCurrentIrpStackLocation(irp);
  return IoCallDriver(Ext(device).lower, irp);
}

NTSTATUS Pnp(DEVICE_OBJECT* device, IRP* irp) {
  Extension& ext = Ext(device);
  Role& role = *ext.role;
  IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
  if (const char* name = MinorName(location->MinorFunction)) role.log->push_back(role.name + " " + name);
  switch (location->MinorFunction) {
    case IRP_MN_START_DEVICE: {
      NTSTATUS status = SendDownAndWait(device, irp);
      if (NT_SUCCESS(status)) status = role.start_status;
      if (role.on_start) role.on_start(role, ext.pdo);
      return Finish(irp, status);
    }
    case IRP_MN_QUERY_REMOVE_DEVICE:
      if (!NT_SUCCESS(role.query_remove_status)) return Finish(irp, role.query_remove_status);
      irp->IoStatus.Status = STATUS_SUCCESS;
      return Down(device, irp);
    case IRP_MN_REMOVE_DEVICE: {
      irp->IoStatus.Status = STATUS_SUCCESS;
      NTSTATUS status = Down(device, irp);
      if (role.detach) {
        IoDetachDevice(ext.lower);
        IoDeleteDevice(device);
      }
      return status;
    }
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
      irp->IoStatus.Information |= role.pnp_state;
      irp->IoStatus.Status = STATUS_SUCCESS;
      return Down(device, irp);
    case IRP_MN_QUERY_DEVICE_RELATIONS: {
      if (location->Parameters.QueryDeviceRelations.Type != BusRelations || role.children.empty()) return Down(device, irp);
      auto* list = static_cast<DEVICE_RELATIONS*>(
          ExAllocatePool2(POOL_FLAG_PAGED, sizeof(DEVICE_RELATIONS) + role.children.size() * sizeof(void*), 'tseT'));
      list->Count = static_cast<ULONG>(role.children.size());
      for (size_t i = 0; i < role.children.size(); ++i) {
        ObReferenceObject(role.children[i]);
        list->Objects[i] = role.children[i];
      }
      irp->IoStatus.Status = STATUS_SUCCESS;
      irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(list);
      return Down(device, irp);
    }
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
      irp->IoStatus.Status = STATUS_SUCCESS;
      return Down(device, irp);
    default:
      return Down(device, irp);
  }
}

NTSTATUS Power(DEVICE_OBJECT* device, IRP* irp) {
  IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
  Role& role = *Ext(device).role;
  if (location->MinorFunction == IRP_MN_SET_POWER && location->Parameters.Power.Type == DevicePowerState) {
    role.log->push_back(role.name + " D" + std::to_string(location->Parameters.Power.State.DeviceState - PowerDeviceD0));
  }
  PoStartNextPowerIrp(irp);
  IoSkipCurrentIrpStackLocation(irp);
  return PoCallDriver(Ext(device).lower, irp);
}

NTSTATUS Other(DEVICE_OBJECT*, IRP* irp) { return Finish(irp, STATUS_SUCCESS); }

void* const kRoleKey = reinterpret_cast<void*>(0x1);

NTSTATUS AddDeviceRoutine(DRIVER_OBJECT* driver, DEVICE_OBJECT* pdo) {
  Role* role = *static_cast<Role**>(IoGetDriverObjectExtension(driver, kRoleKey));
  role->log->push_back(role->name + " add");
  if (!NT_SUCCESS(role->add_status)) return role->add_status;
  DEVICE_OBJECT* device;
  NTSTATUS status = IoCreateDevice(driver, sizeof(Extension), nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  Ext(device) = {role, IoAttachDeviceToDeviceStack(device, pdo), pdo};
  device->Flags |= DO_BUFFERED_IO;
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  role->devices.push_back(device);
  return STATUS_SUCCESS;
}

NTSTATUS Entry(DRIVER_OBJECT* driver, UNICODE_STRING*) {
  for (auto& dispatch : driver->MajorFunction) dispatch = Other;
  driver->MajorFunction[IRP_MJ_PNP] = Pnp;
  driver->MajorFunction[IRP_MJ_POWER] = Power;
  driver->DriverExtension->AddDevice = AddDeviceRoutine;
  driver->DriverUnload = [](DRIVER_OBJECT*) {};
  return STATUS_SUCCESS;
}

constexpr GUID kClass = {0x12345678, 0x1111, 0x2222, {1, 2, 3, 4, 5, 6, 7, 8}};

class PnpTest : public testing::BothExecutors {
 protected:
  io::Driver* Load(Role& role) {
    role.log = &log_;
    io::Driver* driver = nullptr;
    EXPECT_EQ(io::CreateDriver(*kernel_, ob::ToUtf16(role.name), Entry, {}, &driver), STATUS_SUCCESS);
    void* slot;
    EXPECT_EQ(IoAllocateDriverObjectExtension(driver->object, kRoleKey, sizeof(Role*), &slot), STATUS_SUCCESS);
    *static_cast<Role**>(slot) = &role;
    return driver;
  }
  NTSTATUS Add(pnp::DeviceDescription description) { return pnp::AddDevice(*kernel_, description, &pdo_); }
  NTSTATUS AddFunction(Role& role) {
    pnp::DeviceDescription description;
    description.function = Load(role);
    NTSTATUS status = Add(description);
    return status;
  }
  FILE_OBJECT* Open() {
    FILE_OBJECT* file = nullptr;
    EXPECT_EQ(io::OpenDevice(pdo_, u"", {}, &file), STATUS_SUCCESS);
    return file;
  }
  std::vector<std::string> TakeLog() { return std::exchange(log_, {}); }
  // Live: until a worker has done it.
  template <class Condition>
  void Until(Condition condition) {
    for (int i = 0; i < 2000 && !condition(); ++i) {
      LARGE_INTEGER interval;
      interval.QuadPart = -rt::kTicksPerMillisecond;
      KeDelayExecutionThread(KernelMode, FALSE, &interval);
    }
    EXPECT_TRUE(condition());
  }

  using Lines = std::vector<std::string>;
  Lines log_;
  DEVICE_OBJECT* pdo_ = nullptr;
};
DRYDOCK_BOTH_EXECUTORS(PnpTest);

TEST_P(PnpTest, AStackIsBuiltBottomUpAndStartedFromTheTop) {
  Role lower{"lower"}, function{"function"}, upper{"upper"};
  pnp::DeviceDescription description;
  description.lower_filters = {Load(lower)};
  description.function = Load(function);
  description.upper_filters = {Load(upper)};
  EXPECT_EQ(Add(description), STATUS_SUCCESS);
  EXPECT_EQ(TakeLog(), (Lines{"lower add", "function add", "upper add", "upper start", "function start", "lower start"}));
  EXPECT_EQ(pnp::StateOf(pdo_), pnp::NodeState::kStarted);
  EXPECT_EQ(pnp::PowerOf(pdo_), PowerDeviceD0);
  EXPECT_EQ(pnp::InstancePathOf(pdo_), u"ROOT\\FUNCTION\\0000");
  EXPECT_EQ(IoGetAttachedDevice(pdo_), upper.devices[0]);
  EXPECT_EQ(pnp::Remove(pdo_), STATUS_SUCCESS);
  EXPECT_EQ(TakeLog(), (Lines{"upper query-remove", "function query-remove", "lower query-remove", "upper remove", "function remove",
                              "lower remove"}));
  EXPECT_EQ(pnp::StateOf(pdo_), pnp::NodeState::kRemoved);
  EXPECT_EQ(io::LiveIrps(*kernel_, nullptr, 0), 0u);
  EXPECT_TRUE(breaks_.empty());
}

TEST_P(PnpTest, FiltersWithoutAFunctionRunOnlyWhereTheBusSaysThatTheDeviceDoes) {
  for (const bool raw : {false, true}) {
    Role filter{raw ? "over-raw" : "alone"};
    DEVICE_CAPABILITIES capabilities = {};
    capabilities.Size = sizeof capabilities;
    capabilities.Version = 1;
    capabilities.RawDeviceOK = raw;
    pnp::DeviceDescription description;
    description.instance_id = raw ? u"ROOT\\X\\1" : u"ROOT\\X\\0";
    description.upper_filters = {Load(filter)};
    description.needs_function = true;  // as the driver store says of what it installed
    description.capabilities = &capabilities;
    EXPECT_EQ(Add(description), raw ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE);
    EXPECT_EQ(TakeLog(), raw ? (Lines{"over-raw add", "over-raw start"}) : Lines{});
    EXPECT_EQ(pnp::StateOf(pdo_), raw ? pnp::NodeState::kStarted : pnp::NodeState::kInitialized);
    EXPECT_EQ(pnp::Remove(pdo_), STATUS_SUCCESS);
  }
}

TEST_P(PnpTest, AFailingAddDeviceTakesTheStackDown) {
  Role lower{"lower"}, function{"function"};
  function.add_status = STATUS_INSUFFICIENT_RESOURCES;
  pnp::DeviceDescription description;
  description.lower_filters = {Load(lower)};
  description.function = Load(function);
  EXPECT_EQ(Add(description), STATUS_INSUFFICIENT_RESOURCES);
  EXPECT_EQ(TakeLog(), (Lines{"lower add", "function add", "lower remove"}));
  EXPECT_EQ(pnp::StateOf(pdo_), pnp::NodeState::kFailed);
  EXPECT_EQ(pdo_->AttachedDevice, nullptr);
  EXPECT_EQ(pnp::Remove(pdo_), STATUS_SUCCESS);
}

TEST_P(PnpTest, AFailingStartRemovesTheStack) {
  Role function{"function"};
  function.start_status = STATUS_DEVICE_CONFIGURATION_ERROR;
  EXPECT_EQ(AddFunction(function), STATUS_DEVICE_CONFIGURATION_ERROR);
  EXPECT_EQ(TakeLog(), (Lines{"function add", "function start", "function remove"}));
  EXPECT_EQ(pnp::StateOf(pdo_), pnp::NodeState::kFailed);
  FILE_OBJECT* file;
  EXPECT_EQ(io::OpenDevice(pdo_, u"", {}, &file), STATUS_NO_SUCH_DEVICE);
}

TEST_P(PnpTest, AnOpenFileVetoesRemoval) {
  Role function{"function"};
  ASSERT_EQ(AddFunction(function), STATUS_SUCCESS);
  FILE_OBJECT* file = Open();
  TakeLog();
  std::string veto;
  EXPECT_EQ(pnp::Remove(pdo_, &veto), STATUS_PLUGPLAY_QUERY_VETOED);
  EXPECT_NE(veto.find("1 open file"), std::string::npos);
  EXPECT_EQ(TakeLog(), (Lines{"function query-remove", "function cancel-remove"}));
  EXPECT_EQ(pnp::StateOf(pdo_), pnp::NodeState::kStarted);
  io::CloseFile(file);
  EXPECT_EQ(pnp::Remove(pdo_), STATUS_SUCCESS);
}

TEST_P(PnpTest, ADriverMayRefuseRemoval) {
  Role function{"function"};
  function.query_remove_status = STATUS_DEVICE_BUSY;
  ASSERT_EQ(AddFunction(function), STATUS_SUCCESS);
  TakeLog();
  EXPECT_EQ(pnp::QueryRemove(pdo_), STATUS_DEVICE_BUSY);
  EXPECT_EQ(TakeLog(), (Lines{"function query-remove", "function cancel-remove"}));
  io::CloseFile(Open());  // still usable
}

TEST_P(PnpTest, QueryRemoveBarsOpensUntilItIsCancelled) {
  Role function{"function"};
  ASSERT_EQ(AddFunction(function), STATUS_SUCCESS);
  EXPECT_EQ(pnp::QueryRemove(pdo_), STATUS_SUCCESS);
  FILE_OBJECT* file;
  EXPECT_EQ(io::OpenDevice(pdo_, u"", {}, &file), STATUS_NO_SUCH_DEVICE);
  EXPECT_EQ(pnp::CancelRemove(pdo_), STATUS_SUCCESS);
  io::CloseFile(Open());
  EXPECT_EQ(pnp::CancelRemove(pdo_), STATUS_INVALID_DEVICE_STATE);
}

TEST_P(PnpTest, SurpriseRemovalWaitsWithRemoveForTheLastFile) {
  Role function{"function"};
  ASSERT_EQ(AddFunction(function), STATUS_SUCCESS);
  FILE_OBJECT* file = Open();
  TakeLog();
  EXPECT_EQ(pnp::SurpriseRemove(pdo_), STATUS_SUCCESS);
  EXPECT_EQ(TakeLog(), (Lines{"function surprise"}));
  EXPECT_EQ(pnp::StateOf(pdo_), pnp::NodeState::kSurpriseRemoved);
  EXPECT_EQ(pnp::SurpriseRemove(pdo_), STATUS_NO_SUCH_DEVICE);
  io::CloseFile(file);
  Until([&] { return pnp::StateOf(pdo_) == pnp::NodeState::kRemoved; });
  EXPECT_EQ(TakeLog(), (Lines{"function remove"}));
}

TEST_P(PnpTest, SurpriseRemovalWithoutFilesRemovesAtOnce) {
  Role function{"function"};
  ASSERT_EQ(AddFunction(function), STATUS_SUCCESS);
  TakeLog();
  EXPECT_EQ(pnp::SurpriseRemove(pdo_), STATUS_SUCCESS);
  EXPECT_EQ(TakeLog(), (Lines{"function surprise", "function remove"}));
}

TEST_P(PnpTest, ADriverThatStaysAttachedIsReported) {
  Role function{"function"};
  function.detach = false;
  ASSERT_EQ(AddFunction(function), STATUS_SUCCESS);
  EXPECT_EQ(pnp::Remove(pdo_), STATUS_SUCCESS);
  EXPECT_EQ(breaks_.size(), 1u);
}

TEST_P(PnpTest, StopAndStartAgain) {
  Role function{"function"};
  ASSERT_EQ(AddFunction(function), STATUS_SUCCESS);
  TakeLog();
  EXPECT_EQ(pnp::StopDevice(pdo_), STATUS_INVALID_DEVICE_STATE);  // not asked yet
  EXPECT_EQ(pnp::QueryStop(pdo_), STATUS_SUCCESS);
  EXPECT_EQ(pnp::CancelStop(pdo_), STATUS_SUCCESS);
  EXPECT_EQ(pnp::QueryStop(pdo_), STATUS_SUCCESS);
  EXPECT_EQ(pnp::StopDevice(pdo_), STATUS_SUCCESS);
  EXPECT_EQ(pnp::StartDevice(pdo_), STATUS_SUCCESS);
  EXPECT_EQ(TakeLog(), (Lines{"function query-stop", "function cancel-stop", "function query-stop", "function stop", "function start"}));
}

TEST_P(PnpTest, PowerRequestsTravelFromTheTop) {
  Role function{"function"}, upper{"upper"};
  pnp::DeviceDescription description;
  description.function = Load(function);
  description.upper_filters = {Load(upper)};
  ASSERT_EQ(Add(description), STATUS_SUCCESS);
  TakeLog();
  EXPECT_EQ(pnp::SetPower(pdo_, PowerDeviceD3), STATUS_SUCCESS);
  EXPECT_EQ(pnp::PowerOf(pdo_), PowerDeviceD3);
  EXPECT_EQ(pnp::SetPower(pdo_, PowerDeviceD0), STATUS_SUCCESS);
  EXPECT_EQ(TakeLog(), (Lines{"upper D3", "function D3", "upper D0", "function D0"}));
}

struct PowerCall {
  KEVENT done;
  NTSTATUS status = STATUS_PENDING;
  DEVICE_POWER_STATE state = PowerDeviceUnspecified;
};

void PowerDone(DEVICE_OBJECT*, UCHAR, POWER_STATE state, void* context, IO_STATUS_BLOCK* iosb) {
  auto* call = static_cast<PowerCall*>(context);
  call->status = iosb->Status;
  call->state = state.DeviceState;
  KeSetEvent(&call->done, IO_NO_INCREMENT, FALSE);
}

TEST_P(PnpTest, PoRequestPowerIrpCallsBackAtEveryLevel) {
  Role function{"function"};
  ASSERT_EQ(AddFunction(function), STATUS_SUCCESS);
  for (KIRQL level : {KIRQL{PASSIVE_LEVEL}, KIRQL{DISPATCH_LEVEL}}) {
    PowerCall call;
    KeInitializeEvent(&call.done, NotificationEvent, FALSE);
    POWER_STATE state;
    state.DeviceState = level == PASSIVE_LEVEL ? PowerDeviceD2 : PowerDeviceD0;
    KIRQL irql;
    KeRaiseIrql(level, &irql);
    EXPECT_EQ(PoRequestPowerIrp(pdo_, IRP_MN_SET_POWER, state, PowerDone, &call, nullptr), STATUS_PENDING);
    KeLowerIrql(irql);
    KeWaitForSingleObject(&call.done, Executive, KernelMode, FALSE, nullptr);
    EXPECT_EQ(call.status, STATUS_SUCCESS);
    EXPECT_EQ(pnp::PowerOf(pdo_), state.DeviceState);
  }
}

TEST_P(PnpTest, AWaitWakePendsUntilTheHardwareWakesOrItIsCancelled) {
  Role function{"function"};
  ASSERT_EQ(AddFunction(function), STATUS_SUCCESS);
  PowerCall call;
  KeInitializeEvent(&call.done, SynchronizationEvent, FALSE);
  POWER_STATE state;
  state.SystemState = PowerSystemWorking;
  IRP* irp = nullptr;
  PoRequestPowerIrp(pdo_, IRP_MN_WAIT_WAKE, state, PowerDone, &call, &irp);
  EXPECT_EQ(call.status, STATUS_PENDING);
  EXPECT_TRUE(pnp::TriggerWake(pdo_));
  KeWaitForSingleObject(&call.done, Executive, KernelMode, FALSE, nullptr);
  EXPECT_EQ(call.status, STATUS_SUCCESS);
  EXPECT_FALSE(pnp::TriggerWake(pdo_));
  PoRequestPowerIrp(pdo_, IRP_MN_WAIT_WAKE, state, PowerDone, &call, &irp);
  EXPECT_TRUE(IoCancelIrp(irp));
  KeWaitForSingleObject(&call.done, Executive, KernelMode, FALSE, nullptr);
  EXPECT_EQ(call.status, STATUS_CANCELLED);
}

// --- interfaces ---

TEST_P(PnpTest, AnEnabledInterfaceLeadsToTheDeviceByItsPersistentName) {
  Role function{"function"};
  ASSERT_EQ(AddFunction(function), STATUS_SUCCESS);
  UNICODE_STRING reference = Unicode(u"ref"), link;
  ASSERT_EQ(IoRegisterDeviceInterface(pdo_, &kClass, &reference, &link), STATUS_SUCCESS);
  EXPECT_EQ(ob::View(&link), u"\\??\\ROOT#FUNCTION#0000#{12345678-1111-2222-0102-030405060708}\\ref");
  FILE_OBJECT* file;
  EXPECT_EQ(io::OpenFile(*kernel_, ob::View(&link), {}, &file), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(IoSetDeviceInterfaceState(&link, FALSE), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(IoSetDeviceInterfaceState(&link, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(IoSetDeviceInterfaceState(&link, TRUE), STATUS_OBJECT_NAME_EXISTS);
  ASSERT_EQ(io::OpenFile(*kernel_, ob::View(&link), {}, &file), STATUS_SUCCESS);
  EXPECT_EQ(ob::View(&file->FileName), u"\\ref");
  io::CloseFile(file);
  PZZWSTR list;
  ASSERT_EQ(IoGetDeviceInterfaces(&kClass, nullptr, 0, &list), STATUS_SUCCESS);
  EXPECT_EQ(std::u16string(reinterpret_cast<char16_t*>(list)), ob::View(&link));
  ExFreePool(list);
  EXPECT_EQ(pnp::Remove(pdo_), STATUS_SUCCESS);  // disables it
  EXPECT_EQ(io::OpenFile(*kernel_, ob::View(&link), {}, &file), STATUS_OBJECT_NAME_NOT_FOUND);
  RtlFreeUnicodeString(&link);
}

TEST_P(PnpTest, AReferenceWithASeparatorIsRefused) {
  Role function{"function"};
  ASSERT_EQ(AddFunction(function), STATUS_SUCCESS);
  UNICODE_STRING reference = Unicode(u"a\\b"), link;
  EXPECT_EQ(IoRegisterDeviceInterface(pdo_, &kClass, &reference, &link), STATUS_INVALID_DEVICE_REQUEST);
}

std::string ListOf(const GUID& guid, ULONG flags) {
  PZZWSTR list = nullptr;
  if (!NT_SUCCESS(IoGetDeviceInterfaces(&guid, nullptr, flags, &list))) return "?";
  std::string text = *list != 0 ? "there" : "none";
  ExFreePool(list);
  return text;
}

TEST_P(PnpTest, AnInterfaceThatAStartingDeviceEnablesIsListedWhenTheDeviceCanBeOpened) {
  Role function{"function"};
  function.on_start = [](Role& role, DEVICE_OBJECT* pdo) {
    UNICODE_STRING link;
    ASSERT_EQ(IoRegisterDeviceInterface(pdo, &kClass, nullptr, &link), STATUS_SUCCESS);
    ASSERT_EQ(IoSetDeviceInterfaceState(&link, TRUE), STATUS_SUCCESS);
    FILE_OBJECT* file;
    EXPECT_EQ(io::OpenFile(CurrentKernel(), ob::View(&link), {}, &file), STATUS_NO_SUCH_DEVICE);
    role.seen = ListOf(kClass, 0) + " " + ListOf(kClass, DEVICE_INTERFACE_INCLUDE_NONACTIVE);
    RtlFreeUnicodeString(&link);
  };
  ASSERT_EQ(AddFunction(function), STATUS_SUCCESS);
  EXPECT_EQ(function.seen, "none there");
  EXPECT_EQ(ListOf(kClass, 0), "there");
}

struct InterfaceNews {
  KEVENT arrived;
  std::vector<std::string> lines;
};

NTSTATUS OnInterface(void* structure, void* context) {
  auto* change = static_cast<DEVICE_INTERFACE_CHANGE_NOTIFICATION*>(structure);
  auto* news = static_cast<InterfaceNews*>(context);
  bool arrival = change->Event.Data1 == 0xCB3A4004;
  news->lines.push_back(arrival ? "arrival" : "removal");
  KeSetEvent(&news->arrived, IO_NO_INCREMENT, FALSE);
  return STATUS_SUCCESS;
}

TEST_P(PnpTest, InterfaceChangesAreTold) {
  Role function{"function"};
  ASSERT_EQ(AddFunction(function), STATUS_SUCCESS);
  UNICODE_STRING link;
  ASSERT_EQ(IoRegisterDeviceInterface(pdo_, &kClass, nullptr, &link), STATUS_SUCCESS);
  ASSERT_EQ(IoSetDeviceInterfaceState(&link, TRUE), STATUS_SUCCESS);
  InterfaceNews news;
  KeInitializeEvent(&news.arrived, SynchronizationEvent, FALSE);
  void* entry;
  GUID guid = kClass;
  ASSERT_EQ(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES,
                                           &guid, function.devices[0]->DriverObject, OnInterface, &news, &entry),
            STATUS_SUCCESS);
  KeWaitForSingleObject(&news.arrived, Executive, KernelMode, FALSE, nullptr);
  IoSetDeviceInterfaceState(&link, FALSE);
  KeWaitForSingleObject(&news.arrived, Executive, KernelMode, FALSE, nullptr);
  EXPECT_EQ(news.lines, (Lines{"arrival", "removal"}));
  EXPECT_EQ(IoUnregisterPlugPlayNotificationEx(entry), STATUS_SUCCESS);
  IoSetDeviceInterfaceState(&link, TRUE);
  EXPECT_EQ(news.lines.size(), 2u);
  RtlFreeUnicodeString(&link);
}

// --- target device change ---

struct TargetNews {
  std::vector<std::string> lines;
  FILE_OBJECT* file = nullptr;
  NTSTATUS answer = STATUS_SUCCESS;
  bool close_on_query = false;
};

NTSTATUS OnTarget(void* structure, void* context) {
  auto* change = static_cast<TARGET_DEVICE_REMOVAL_NOTIFICATION*>(structure);
  auto* news = static_cast<TargetNews*>(context);
  EXPECT_NE(change->FileObject, nullptr);
  switch (change->Event.Data1) {
    case 0xCB3A4006:
      news->lines.push_back("query");
      if (news->close_on_query) io::CloseFile(std::exchange(news->file, nullptr));
      return news->answer;
    case 0xCB3A4007:
      news->lines.push_back("cancelled");
      break;
    case 0xCB3A4008:
      news->lines.push_back("complete");
      break;
    default:
      news->lines.push_back("custom");
  }
  return STATUS_SUCCESS;
}

TEST_P(PnpTest, AFilesOwnerIsAskedAndMayCloseItsFileOrRefuse) {
  Role function{"function"};
  ASSERT_EQ(AddFunction(function), STATUS_SUCCESS);
  TargetNews news;
  news.file = Open();
  void* entry;
  ASSERT_EQ(IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, news.file, function.devices[0]->DriverObject, OnTarget,
                                           &news, &entry),
            STATUS_SUCCESS);
  TakeLog();
  news.answer = STATUS_UNSUCCESSFUL;
  EXPECT_EQ(pnp::Remove(pdo_), STATUS_UNSUCCESSFUL);
  EXPECT_EQ(news.lines, (Lines{"query", "cancelled"}));
  EXPECT_TRUE(TakeLog().empty());  // the stack was not asked
  news.lines.clear();
  news.answer = STATUS_SUCCESS;
  EXPECT_EQ(pnp::Remove(pdo_), STATUS_PLUGPLAY_QUERY_VETOED);  // still open
  EXPECT_EQ(news.lines, (Lines{"query", "cancelled"}));
  news.lines.clear();
  news.close_on_query = true;
  EXPECT_EQ(pnp::Remove(pdo_), STATUS_SUCCESS);
  EXPECT_EQ(news.lines, (Lines{"query", "complete"}));
  EXPECT_EQ(IoUnregisterPlugPlayNotificationEx(entry), STATUS_SUCCESS);
}

TEST_P(PnpTest, SurpriseRemovalIsToldAsComplete) {
  Role function{"function"};
  ASSERT_EQ(AddFunction(function), STATUS_SUCCESS);
  TargetNews news;
  news.file = Open();
  void* entry;
  ASSERT_EQ(IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, news.file, function.devices[0]->DriverObject, OnTarget,
                                           &news, &entry),
            STATUS_SUCCESS);
  EXPECT_EQ(pnp::SurpriseRemove(pdo_), STATUS_SUCCESS);
  EXPECT_EQ(news.lines, (Lines{"complete"}));
  IoUnregisterPlugPlayNotificationEx(entry);
  io::CloseFile(news.file);
  Until([&] { return pnp::StateOf(pdo_) == pnp::NodeState::kRemoved; });
}

TEST_P(PnpTest, ADriverReportsChangesOfItsOwn) {
  Role function{"function"};
  ASSERT_EQ(AddFunction(function), STATUS_SUCCESS);
  TargetNews news;
  news.file = Open();
  void* entry;
  ASSERT_EQ(IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, news.file, function.devices[0]->DriverObject, OnTarget,
                                           &news, &entry),
            STATUS_SUCCESS);
  TARGET_DEVICE_CUSTOM_NOTIFICATION custom = {};
  custom.Version = 1;
  custom.Size = sizeof custom;
  custom.Event = kClass;
  EXPECT_EQ(IoReportTargetDeviceChange(pdo_, &custom), STATUS_SUCCESS);
  EXPECT_EQ(news.lines, (Lines{"custom"}));
  custom.Version = 2;
  EXPECT_EQ(IoReportTargetDeviceChange(pdo_, &custom), STATUS_INVALID_PARAMETER);
  IoUnregisterPlugPlayNotificationEx(entry);
  io::CloseFile(news.file);
}

// --- state and children ---

TEST_P(PnpTest, AFailedDeviceIsRemovedWhenItSaysSo) {
  Role function{"function"};
  ASSERT_EQ(AddFunction(function), STATUS_SUCCESS);
  TakeLog();
  IoInvalidateDeviceState(pdo_);
  executor_->RunUntilIdle();
  EXPECT_EQ(pnp::StateOf(pdo_), pnp::NodeState::kStarted);  // it said that it is well
  function.pnp_state = PNP_DEVICE_FAILED;
  IoInvalidateDeviceState(pdo_);
  Until([&] { return pnp::StateOf(pdo_) == pnp::NodeState::kRemoved; });
  EXPECT_EQ(TakeLog(), (Lines{"function surprise", "function remove"}));
}

// A bus driver's PDO: answers ids by name.
NTSTATUS ChildPnp(DEVICE_OBJECT* device, IRP* irp) {
  IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
  auto text = [&](const char16_t* value, size_t bytes) {
    void* copy = ExAllocatePool2(POOL_FLAG_PAGED, bytes, 'tseT');
    std::memcpy(copy, value, bytes);
    return Finish(irp, STATUS_SUCCESS, reinterpret_cast<ULONG_PTR>(copy));
  };
  switch (location->MinorFunction) {
    case IRP_MN_QUERY_ID:
      switch (location->Parameters.QueryId.IdType) {
        case BusQueryDeviceID: return text(u"BUS\\Child", sizeof u"BUS\\Child");
        case BusQueryInstanceID: return text(u"7", sizeof u"7");
        case BusQueryHardwareIDs: return text(u"BUS\\Child\0BUS\\Any\0", sizeof u"BUS\\Child\0BUS\\Any\0");
        default: return Finish(irp, irp->IoStatus.Status);
      }
    case IRP_MN_QUERY_CAPABILITIES:
      location->Parameters.DeviceCapabilities.Capabilities->UniqueID = 1;
      return Finish(irp, STATUS_SUCCESS);
    case IRP_MN_START_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
      return Finish(irp, STATUS_SUCCESS);
    case IRP_MN_REMOVE_DEVICE:
      Finish(irp, STATUS_SUCCESS);
      return STATUS_SUCCESS;
    default:
      (void)device;
      return Finish(irp, irp->IoStatus.Status, irp->IoStatus.Information);
  }
}

TEST_P(PnpTest, ChildrenOfABusGetTheirDriversAndLeaveBeforeIt) {
  Role bus{"bus"}, child{"child"};
  io::Driver* child_driver = Load(child);
  pnp::SetDriverMatcher(
      *kernel_,
      [](void* context, const std::vector<std::u16string>& ids, pnp::DeviceDescription* drivers) {
        if (std::find(ids.begin(), ids.end(), u"BUS\\Any") == ids.end()) return false;
        drivers->function = static_cast<io::Driver*>(context);
        return true;
      },
      child_driver);
  testing::WdmDriver pdo_driver(*kernel_, u"ChildPdo");
  DEVICE_OBJECT* child_pdo = pdo_driver.AddDevice(u"\\Device\\ChildPdo");
  testing::Of(child_pdo).dispatch[IRP_MJ_PNP] = ChildPnp;
  ASSERT_EQ(AddFunction(bus), STATUS_SUCCESS);
  EXPECT_TRUE(pnp::ChildrenOf(pdo_).empty());
  TakeLog();
  bus.children = {child_pdo};
  IoInvalidateDeviceRelations(pdo_, BusRelations);
  Until([&] { return pnp::StateOf(child_pdo) == pnp::NodeState::kStarted; });
  EXPECT_EQ(TakeLog(), (Lines{"child add", "child start"}));
  EXPECT_EQ(pnp::InstancePathOf(child_pdo), u"BUS\\Child\\7");
  const std::vector<pnp::PdoReference> children = pnp::ChildrenOf(pdo_);
  ASSERT_EQ(children.size(), 1u);
  EXPECT_EQ(static_cast<DEVICE_OBJECT*>(children[0]), child_pdo);
  EXPECT_EQ(pnp::Remove(pdo_), STATUS_SUCCESS);
  EXPECT_EQ(TakeLog(), (Lines{"child query-remove", "bus query-remove", "child remove", "bus remove"}));
}

TEST_P(PnpTest, PropertiesAreAnswered) {
  Role function{"function"};
  pnp::DeviceDescription description;
  description.function = Load(function);
  description.instance_id = u"ROOT\\THING\\0042";
  description.hardware_ids = {u"ROOT\\THING", u"THING"};
  ASSERT_EQ(Add(description), STATUS_SUCCESS);
  char16_t buffer[64];
  ULONG length;
  EXPECT_EQ(IoGetDeviceProperty(pdo_, DevicePropertyHardwareID, sizeof buffer, buffer, &length), STATUS_SUCCESS);
  EXPECT_EQ(std::u16string(buffer, length / 2), std::u16string(u"ROOT\\THING\0THING\0\0", 18));
  EXPECT_EQ(IoGetDeviceProperty(pdo_, DevicePropertyHardwareID, 4, buffer, &length), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(length, 36u);
  EXPECT_EQ(IoGetDeviceProperty(pdo_, DevicePropertyPhysicalDeviceObjectName, sizeof buffer, buffer, &length), STATUS_SUCCESS);
  EXPECT_EQ(std::u16string(buffer), ob::NameOf(pdo_));
  EXPECT_EQ(IoGetDeviceProperty(function.devices[0], DevicePropertyHardwareID, 0, nullptr, &length), STATUS_INVALID_DEVICE_REQUEST);
  HANDLE key;
  EXPECT_EQ(IoOpenDeviceRegistryKey(pdo_, PLUGPLAY_REGKEY_DEVICE, KEY_ALL_ACCESS, &key), STATUS_SUCCESS);
  ZwClose(key);
}

TEST_P(PnpTest, PropertyDataIsKeptByKeyAndLocale) {
  Role function{"function"};
  ASSERT_EQ(AddFunction(function), STATUS_SUCCESS);
  DEVPROPKEY key = {kClass, 7};
  ULONG value = 42, answer = 0, length = 0;
  DEVPROPTYPE type = 0;
  EXPECT_EQ(IoGetDevicePropertyData(pdo_, &key, 0, 0, sizeof answer, &answer, &length, &type), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(IoSetDevicePropertyData(pdo_, &key, 0, 0, DEVPROP_TYPE_UINT32, sizeof value, &value), STATUS_SUCCESS);
  EXPECT_EQ(IoGetDevicePropertyData(pdo_, &key, 0, 0, 2, &answer, &length, &type), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(IoGetDevicePropertyData(pdo_, &key, 0, 0, sizeof answer, &answer, &length, &type), STATUS_SUCCESS);
  EXPECT_EQ(answer, 42u);
  EXPECT_EQ(type, ULONG{DEVPROP_TYPE_UINT32});
  EXPECT_EQ(IoGetDevicePropertyData(pdo_, &key, 0x409, 0, sizeof answer, &answer, &length, &type), STATUS_OBJECT_NAME_NOT_FOUND);
  DEVPROPKEY instance = {{0x78C34FC8, 0x104A, 0x4ACA, {0x9E, 0xA4, 0x52, 0x4D, 0x52, 0x99, 0x6E, 0x57}}, 256};
  char16_t text[64];
  EXPECT_EQ(IoGetDevicePropertyData(pdo_, &instance, 0, 0, sizeof text, text, &length, &type), STATUS_SUCCESS);
  EXPECT_EQ(std::u16string(text), u"ROOT\\FUNCTION\\0000");
}

TEST_P(PnpTest, TwoDevicesOfOneInstancePathAreRefused) {
  Role function{"function"};
  pnp::DeviceDescription description;
  description.function = Load(function);
  description.instance_id = u"ROOT\\THING\\0000";
  ASSERT_EQ(Add(description), STATUS_SUCCESS);
  DEVICE_OBJECT* second;
  EXPECT_EQ(pnp::AddDevice(*kernel_, description, &second), STATUS_OBJECT_NAME_COLLISION);
  ASSERT_EQ(pnp::Remove(pdo_), STATUS_SUCCESS);
  EXPECT_EQ(pnp::AddDevice(*kernel_, description, &second), STATUS_SUCCESS);
}

}  // namespace
}  // namespace drydock::nt
