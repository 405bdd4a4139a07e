// Remote targets: opening in every way, reopening, closing, and what they answer about themselves.
#include <stdlib.h>

#include <filesystem>

#include "probe.h"

namespace drydock::test {
namespace {

ModelFunctions Succeeds() {
  return {.on_ioctl = [](const ModelRequest& request) { request.Complete(STATUS_SUCCESS, 0); }};
}

NTSTATUS Ping(WDFIOTARGET target) { return WdfIoTargetSendIoctlSynchronously(target, nullptr, kBuffered, nullptr, nullptr, nullptr, nullptr); }

CONFORMANCE(TargetsRemote, AnOpenedOneIsStartedAndUsable, "IOT-1.04", "IOT-1.09", "IOT-1.03", "IOT-1.08") {
  ASSERT_EQ(machine.AddNamedModel("\\Device\\Thing", MakeModel(Succeeds())), STATUS_SUCCESS);
  Stack stack(machine);
  machine.Run([&] {
    WDFIOTARGET target = NewRemote(stack.wdf());
    EXPECT_EQ(WdfIoTargetGetDevice(target), stack.wdf());
    EXPECT_EQ(S(Ping(target)), S(STATUS_INVALID_DEVICE_STATE));
    EXPECT_EQ(S(OpenByName(target, u"\\Device\\Thing")), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetStarted);
    EXPECT_EQ(S(Ping(target)), S(STATUS_SUCCESS));
    WdfObjectDelete(target);
  });
}

CONFORMANCE(TargetsRemote, AnotherParentMustLeadToTheDevice, "IOT-1.05", "IOT-1.06") {
  Stack stack(machine);
  machine.Run([&] {
    WDFIOTARGET target = nullptr;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = stack.hooks.driver;
    EXPECT_EQ(S(WdfIoTargetCreate(stack.wdf(), &attributes, &target)), S(STATUS_INVALID_DEVICE_REQUEST));
    WDFMEMORY child = nullptr;
    WDF_OBJECT_ATTRIBUTES below;
    WDF_OBJECT_ATTRIBUTES_INIT(&below);
    below.ParentObject = stack.wdf();
    ASSERT_EQ(S(WdfMemoryCreate(&below, NonPagedPool, 0, 8, &child, nullptr)), S(STATUS_SUCCESS));
    attributes.ParentObject = child;
    ASSERT_EQ(S(WdfIoTargetCreate(stack.wdf(), &attributes, &target)), S(STATUS_SUCCESS));
    WdfObjectDelete(child);  // and the target with it
    attributes.Size = 1;
    EXPECT_EQ(S(WdfIoTargetCreate(stack.wdf(), &attributes, &target)), S(STATUS_INFO_LENGTH_MISMATCH));
  });
}

CONFORMANCE(TargetsRemote, OpenRefusesWhatItShould, "IOT-1.10", "IOX-36", "IOT-1.14", "IOT-1.12", "IOT-1.13") {
  ASSERT_EQ(machine.AddNamedModel("\\Device\\Thing", MakeModel(Succeeds())), STATUS_SUCCESS);
  Stack stack(machine);
  machine.Run([&] {
    WDFIOTARGET target = NewRemote(stack.wdf());
    WDF_IO_TARGET_OPEN_PARAMS params;
    UNICODE_STRING name = Name(u"\\Device\\Thing"), empty = {};
    PDEVICE_OBJECT device = WdfIoTargetWdmGetTargetDeviceObject(stack.local());

    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&params, &name, GENERIC_READ);
    params.Size += 1;
    EXPECT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_INFO_LENGTH_MISMATCH));
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&params, &empty, GENERIC_READ);
    EXPECT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_INVALID_PARAMETER));
    WDF_IO_TARGET_OPEN_PARAMS_INIT_EXISTING_DEVICE(&params, nullptr);
    EXPECT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_INVALID_PARAMETER));
    WDF_IO_TARGET_OPEN_PARAMS_INIT_EXISTING_DEVICE(&params, device);
    params.EvtIoTargetRemoveComplete = [](WDFIOTARGET) {};
    EXPECT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_INVALID_PARAMETER));
    params.Type = WDF_IO_TARGET_OPEN_TYPE(0);
    EXPECT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_INVALID_PARAMETER));
    params.Type = WDF_IO_TARGET_OPEN_TYPE(4);  // UMDF's
    EXPECT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_INVALID_PARAMETER));

    EXPECT_EQ(S(OpenByName(target, u"\\Device\\Thing")), S(STATUS_SUCCESS));
    EXPECT_EQ(S(OpenByName(target, u"\\Device\\Thing")), S(STATUS_INVALID_DEVICE_STATE));
    EXPECT_EQ(S(Ping(target)), S(STATUS_SUCCESS));
    WdfObjectDelete(target);
  });
}

CONFORMANCE(TargetsRemote, AnUnknownNameGivesTheSystemsStatusAndLeavesTheTargetClosed, "IOT-1.11", "IOT-1.12", "IOT-1.15", "IOX-35") {
  Stack stack(machine);
  machine.Run([&] {
    WDFIOTARGET target = NewRemote(stack.wdf());
    EXPECT_EQ(S(OpenByName(target, u"\\Device\\Nowhere")), S(STATUS_OBJECT_NAME_NOT_FOUND));
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetClosed);
    EXPECT_EQ(S(Ping(target)), S(STATUS_INVALID_DEVICE_STATE));
    WdfObjectDelete(target);
  });
}

CONFORMANCE(TargetsRemote, AnExistingDeviceWithAndWithoutFile, "IOT-1.19", "IOX-25", "IOT-1.25", "IOT-1.24") {
  PFILE_OBJECT arrived = nullptr;
  ASSERT_EQ(machine.AddNamedModel("\\Device\\Thing", MakeModel({.on_ioctl = [&](const ModelRequest& request) {
                                    arrived = IoGetCurrentIrpStackLocation(static_cast<PIRP>(request.irp()))->FileObject;
                                    request.Complete(STATUS_SUCCESS, 0);
                                  }})),
            STATUS_SUCCESS);
  Stack stack(machine);
  machine.Run([&] {
    UNICODE_STRING name = Name(u"\\Device\\Thing");
    PFILE_OBJECT file = nullptr;
    PDEVICE_OBJECT device = nullptr;
    ASSERT_EQ(S(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device)), S(STATUS_SUCCESS));
    WDFIOTARGET target = NewRemote(stack.wdf());
    WDF_IO_TARGET_OPEN_PARAMS params;
    WDF_IO_TARGET_OPEN_PARAMS_INIT_EXISTING_DEVICE(&params, device);
    ASSERT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfIoTargetWdmGetTargetDeviceObject(target), device);
    EXPECT_EQ(WdfIoTargetWdmGetTargetFileObject(target), nullptr);
    EXPECT_EQ(WdfIoTargetWdmGetTargetPhysicalDevice(target), nullptr);  // no PnP device
    EXPECT_EQ(WdfIoTargetWdmGetTargetFileHandle(target), nullptr);
    EXPECT_EQ(S(Ping(target)), S(STATUS_SUCCESS));
    EXPECT_EQ(arrived, nullptr);
    WdfIoTargetClose(target);
    params.TargetFileObject = file;
    ASSERT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(Ping(target)), S(STATUS_SUCCESS));
    EXPECT_EQ(arrived, file);
    EXPECT_EQ(WdfIoTargetWdmGetTargetFileObject(target), file);
    WdfObjectDelete(target);
    ObDereferenceObject(file);
  });
}

CONFORMANCE(TargetsRemote, ByNameHasAHandleAndAFile, "IOT-1.24", "IOT-1.25", "IOT-1.18") {
  ASSERT_EQ(machine.AddNamedModel("\\Device\\Thing", MakeModel(Succeeds())), STATUS_SUCCESS);
  Stack stack(machine);
  machine.Run([&] {
    WDFIOTARGET target = NewRemote(stack.wdf());
    UNICODE_STRING name = Name(u"\\Device\\Thing");
    WDF_IO_TARGET_OPEN_PARAMS params;
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&params, &name, GENERIC_READ);
    params.ShareAccess = FILE_SHARE_READ;
    params.FileInformation = 99;
    ASSERT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_SUCCESS));
    EXPECT_NE(params.FileInformation, 99u);
    EXPECT_NE(WdfIoTargetWdmGetTargetFileHandle(target), nullptr);
    EXPECT_NE(WdfIoTargetWdmGetTargetFileObject(target), nullptr);
    EXPECT_EQ(IoGetRelatedDeviceObject(WdfIoTargetWdmGetTargetFileObject(target)), WdfIoTargetWdmGetTargetDeviceObject(target));
    WdfIoTargetClose(target);
    EXPECT_EQ(WdfIoTargetWdmGetTargetFileHandle(target), nullptr);
    EXPECT_EQ(WdfIoTargetWdmGetTargetDeviceObject(target), nullptr);
    WdfObjectDelete(target);
  });
}

// A folder of the host as C:, gone with the test.
struct MappedFolder {
  explicit MappedFolder(Machine& machine) {
    char name[] = "/tmp/drydock_targets_XXXXXX";
    EXPECT_NE(mkdtemp(name), nullptr);
    path = name;
    EXPECT_EQ(machine.Map({.kind = NameMapping::Kind::Folder, .name = "C:", .path = path}), STATUS_SUCCESS);
  }
  ~MappedFolder() { std::filesystem::remove_all(path); }
  std::string path;
};

CONFORMANCE(TargetsRemote, CreateByNameCreatesOrReplacesAndTellsWhich, "IOT-1.16", "IOT-1.18", "OP-28", "IOX-35") {
  MappedFolder folder(machine);
  Stack stack(machine);
  machine.Run([&] {
    WDFIOTARGET target = NewRemote(stack.wdf());
    UNICODE_STRING name = Name(u"\\??\\C:\\new.txt");
    WDF_IO_TARGET_OPEN_PARAMS params;
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&params, &name, GENERIC_WRITE);
    EXPECT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_OBJECT_NAME_NOT_FOUND));  // never creates
    WDF_IO_TARGET_OPEN_PARAMS_INIT_CREATE_BY_NAME(&params, &name, GENERIC_READ | GENERIC_WRITE);
    EXPECT_EQ(params.CreateDisposition, ULONG(FILE_SUPERSEDE));
    ASSERT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_SUCCESS));
    EXPECT_EQ(params.FileInformation, ULONG(FILE_CREATED));
    char bytes[] = "0123456789";
    auto data = BufferDescriptor(bytes, 10);
    LONGLONG at = 0;
    ULONG_PTR count = 0;
    EXPECT_EQ(S(WdfIoTargetSendWriteSynchronously(target, nullptr, &data, &at, nullptr, &count)), S(STATUS_SUCCESS));
    EXPECT_EQ(count, 10u);
    at = 4;
    EXPECT_EQ(S(WdfIoTargetSendReadSynchronously(target, nullptr, &data, &at, nullptr, &count)), S(STATUS_SUCCESS));
    EXPECT_EQ(count, 6u);
    EXPECT_EQ(std::string(bytes, 6), "456789");
    WdfIoTargetClose(target);
    ASSERT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_SUCCESS));
    EXPECT_EQ(params.FileInformation, ULONG(FILE_SUPERSEDED));
    at = 0;
    EXPECT_EQ(S(WdfIoTargetSendReadSynchronously(target, nullptr, &data, &at, nullptr, &count)), S(STATUS_END_OF_FILE));
    WdfIoTargetClose(target);
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&params, &name, GENERIC_READ);
    ASSERT_EQ(S(WdfIoTargetOpen(target, &params)), S(STATUS_SUCCESS));
    EXPECT_EQ(params.FileInformation, ULONG(FILE_OPENED));
    WdfObjectDelete(target);
  });
  EXPECT_TRUE(std::filesystem::exists(folder.path + "/new.txt"));
}

CONFORMANCE(TargetsRemote, ShareAccessZeroIsExclusive, "IOT-1.17") {
  MappedFolder folder(machine);
  Stack stack(machine);
  machine.Run([&] {
    UNICODE_STRING name = Name(u"\\??\\C:\\one.txt");
    WDF_IO_TARGET_OPEN_PARAMS params;
    WDF_IO_TARGET_OPEN_PARAMS_INIT_CREATE_BY_NAME(&params, &name, GENERIC_READ | GENERIC_WRITE);
    EXPECT_EQ(params.ShareAccess, 0u);
    WDFIOTARGET first = NewRemote(stack.wdf()), second = NewRemote(stack.wdf());
    ASSERT_EQ(S(WdfIoTargetOpen(first, &params)), S(STATUS_SUCCESS));
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&params, &name, GENERIC_READ);
    params.ShareAccess = FILE_SHARE_READ | FILE_SHARE_WRITE;
    EXPECT_EQ(S(WdfIoTargetOpen(second, &params)), S(STATUS_SHARING_VIOLATION));
    WdfIoTargetClose(first);
    EXPECT_EQ(S(WdfIoTargetOpen(second, &params)), S(STATUS_SUCCESS));
    WdfObjectDelete(first);
    WdfObjectDelete(second);
  });
}

CONFORMANCE(TargetsRemote, CloseRefusesSendsAndTheTargetCanBeOpenedAgain, "IOT-6.19", "IOT-6.05", "OP-5", "IOX-31") {
  ASSERT_EQ(machine.AddNamedModel("\\Device\\Thing", MakeModel(Succeeds())), STATUS_SUCCESS);
  Stack stack(machine);
  machine.Run([&] {
    WDFIOTARGET target = NewRemote(stack.wdf());
    ASSERT_EQ(S(OpenByName(target, u"\\Device\\Thing")), S(STATUS_SUCCESS));
    Completion completion;
    WDFREQUEST request = ReadyIoctl(target, completion);
    WdfIoTargetClose(target);
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetClosed);
    auto ignore = Options(WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE);
    EXPECT_FALSE(WdfRequestSend(request, target, nullptr));
    EXPECT_FALSE(WdfRequestSend(request, target, &ignore));
    EXPECT_EQ(S(WdfRequestGetStatus(request)), S(STATUS_INVALID_DEVICE_STATE));
    EXPECT_EQ(S(Ping(target)), S(STATUS_INVALID_DEVICE_STATE));
    WdfIoTargetStop(target, WdfIoTargetLeaveSentIoPending);
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetClosed);
    WdfIoTargetPurge(target, WdfIoTargetPurgeIo);
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetClosed);
    EXPECT_EQ(S(WdfIoTargetStart(target)), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetStarted);  // with nothing behind it
    EXPECT_EQ(S(Ping(target)), S(STATUS_INVALID_DEVICE_STATE));
    ASSERT_EQ(S(OpenByName(target, u"\\Device\\Thing")), S(STATUS_SUCCESS));
    EXPECT_EQ(S(Ping(target)), S(STATUS_SUCCESS));
    WdfObjectDelete(request);
    WdfObjectDelete(target);
  });
}

CONFORMANCE(TargetsRemote, CloseEndsWaitingOnesAndCancelsEverythingElse, "IOX-29", "IOX-33", "IOT-6.19") {
  ASSERT_EQ(machine.AddNamedModel("\\Device\\Silent", SilentDevice()), STATUS_SUCCESS);
  Stack stack(machine);
  machine.Run([&] {
    WDFIOTARGET target = NewRemote(stack.wdf());
    ASSERT_EQ(S(OpenByName(target, u"\\Device\\Silent")), S(STATUS_SUCCESS));
    Completion sent, ignoring, waiting;
    WDFREQUEST a = ReadyIoctl(target, sent), b = ReadyIoctl(target, ignoring), c = ReadyIoctl(target, waiting);
    auto ignore = Options(WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE);
    EXPECT_TRUE(WdfRequestSend(a, target, nullptr));
    WdfIoTargetStop(target, WdfIoTargetLeaveSentIoPending);
    EXPECT_TRUE(WdfRequestSend(b, target, &ignore));
    EXPECT_TRUE(WdfRequestSend(c, target, nullptr));
    WdfIoTargetClose(target);
    EXPECT_EQ(S(sent.status), S(STATUS_CANCELLED));
    EXPECT_EQ(S(ignoring.status), S(STATUS_CANCELLED));
    EXPECT_EQ(S(waiting.status), S(STATUS_WDF_DEVICE_REMOVED_NOT_SENT));
    EXPECT_EQ(sent.runs + ignoring.runs + waiting.runs, 3);
    for (WDFREQUEST request : {a, b, c}) WdfObjectDelete(request);
    WdfObjectDelete(target);
  });
}

CONFORMANCE(TargetsRemote, IgnoringSendsAreAcceptedWhileACloseWaits, "OP-5") {
  std::vector<ModelRequest> kept;
  ASSERT_EQ(machine.AddNamedModel("\\Device\\Slow", MakeModel({.on_ioctl = [&](const ModelRequest& request) {
                                    request.Pend();
                                    kept.push_back(request);
                                  }})),
            STATUS_SUCCESS);
  Stack stack(machine);
  machine.Run([&] {
    WDFIOTARGET target = NewRemote(stack.wdf());
    ASSERT_EQ(S(OpenByName(target, u"\\Device\\Slow")), S(STATUS_SUCCESS));
    Completion first, late;
    WDFREQUEST a = ReadyIoctl(target, first), b = ReadyIoctl(target, late);
    EXPECT_TRUE(WdfRequestSend(a, target, nullptr));
    Task closer = machine.StartKernel("closer", [&] { WdfIoTargetClose(target); });
    EXPECT_TRUE(Until([&] { return WdfIoTargetGetState(target) == WdfIoTargetClosed; }));
    auto ignore = Options(WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE);
    EXPECT_FALSE(WdfRequestSend(b, target, nullptr));
    EXPECT_TRUE(WdfRequestSend(b, target, &ignore));
    SleepMs(10);
    EXPECT_FALSE(closer.done());
    kept.at(0).Complete(STATUS_SUCCESS);
    kept.at(1).Complete(STATUS_SUCCESS);
    closer.Join();
    EXPECT_EQ(first.runs + late.runs, 2);
    EXPECT_FALSE(WdfRequestSend(b, target, &ignore));
    WdfObjectDelete(a);
    WdfObjectDelete(b);
    WdfObjectDelete(target);
  });
}

CONFORMANCE(TargetsRemote, ReopenUsesTheValuesOfTheOriginalOpen, "IOT-1.23", "IOX-35", "OP-29") {
  int opens = 0;
  struct Model : DeviceModel {
    explicit Model(int* count) : opens(count) {}
    void OnCreate(const ModelRequest& request) override {
      ++*opens;
      request.Complete(STATUS_SUCCESS);
    }
    void OnIoctl(const ModelRequest& request) override { request.Complete(STATUS_SUCCESS, 0); }
    int* opens;
  };
  ASSERT_EQ(machine.AddNamedModel("\\Device\\Thing", std::make_shared<Model>(&opens)), STATUS_SUCCESS);
  Stack stack(machine);
  machine.Run([&] {
    WDF_IO_TARGET_OPEN_PARAMS reopen;
    WDF_IO_TARGET_OPEN_PARAMS_INIT_REOPEN(&reopen);
    WDFIOTARGET target = NewRemote(stack.wdf());
    EXPECT_EQ(S(WdfIoTargetOpen(target, &reopen)), S(STATUS_INVALID_DEVICE_REQUEST));  // never opened by name
    ASSERT_EQ(S(OpenByName(target, u"\\Device\\Thing")), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfIoTargetOpen(target, &reopen)), S(STATUS_INVALID_DEVICE_STATE));
    WdfIoTargetClose(target);
    EXPECT_EQ(S(WdfIoTargetOpen(target, &reopen)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(Ping(target)), S(STATUS_SUCCESS));
    WdfIoTargetCloseForQueryRemove(target);
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetClosedForQueryRemove);
    EXPECT_EQ(S(Ping(target)), S(STATUS_INVALID_DEVICE_STATE));
    EXPECT_EQ(S(WdfIoTargetOpen(target, &reopen)), S(STATUS_SUCCESS));
    EXPECT_EQ(opens, 3);
    WdfIoTargetClose(target);
    EXPECT_EQ(S(OpenByName(target, u"\\Device\\Nowhere")), S(STATUS_OBJECT_NAME_NOT_FOUND));
    EXPECT_EQ(S(WdfIoTargetOpen(target, &reopen)), S(STATUS_INVALID_DEVICE_REQUEST));  // the values are gone
    WdfObjectDelete(target);
  });
}

CONFORMANCE(TargetsRemote, CloseForQueryRemoveOfWhatIsNotOpenSetsClosed, "OP-29", "IOT-6.21") {
  ASSERT_EQ(machine.AddNamedModel("\\Device\\Silent", SilentDevice()), STATUS_SUCCESS);
  Stack stack(machine);
  machine.Run([&] {
    WDFIOTARGET target = NewRemote(stack.wdf());
    WdfIoTargetCloseForQueryRemove(target);
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetClosed);
    ASSERT_EQ(S(OpenByName(target, u"\\Device\\Silent")), S(STATUS_SUCCESS));
    Completion sent, waiting;
    WDFREQUEST a = ReadyIoctl(target, sent), b = ReadyIoctl(target, waiting);
    EXPECT_TRUE(WdfRequestSend(a, target, nullptr));
    WdfIoTargetStop(target, WdfIoTargetLeaveSentIoPending);
    EXPECT_TRUE(WdfRequestSend(b, target, nullptr));
    WdfIoTargetCloseForQueryRemove(target);
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetClosedForQueryRemove);
    EXPECT_EQ(S(sent.status), S(STATUS_CANCELLED));
    EXPECT_EQ(S(waiting.status), S(STATUS_WDF_DEVICE_REMOVED_NOT_SENT));
    WdfIoTargetStop(target, WdfIoTargetLeaveSentIoPending);
    WdfIoTargetPurge(target, WdfIoTargetPurgeIo);
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetClosedForQueryRemove);
    EXPECT_EQ(S(WdfIoTargetStart(target)), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetStarted);
    WdfObjectDelete(a);
    WdfObjectDelete(b);
    WdfObjectDelete(target);
  });
}

CONFORMANCE(TargetsRemote, DeletionRunsCleanupInTheOldStateAndThenCloses, "IOX-34", "IOT-6.20", "IOT-1.07", "IOX-29") {
  ASSERT_EQ(machine.AddNamedModel("\\Device\\Silent", SilentDevice()), STATUS_SUCCESS);
  static WDF_IO_TARGET_STATE in_cleanup;
  static PDEVICE_OBJECT device_in_cleanup;
  static KIRQL level;
  static int destroyed;
  in_cleanup = WdfIoTargetStateUndefined;
  destroyed = 0;
  Stack stack(machine);
  machine.Run([&] {
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.EvtCleanupCallback = [](WDFOBJECT object) {
      in_cleanup = WdfIoTargetGetState(static_cast<WDFIOTARGET>(object));
      device_in_cleanup = WdfIoTargetWdmGetTargetDeviceObject(static_cast<WDFIOTARGET>(object));
      level = KeGetCurrentIrql();
    };
    attributes.EvtDestroyCallback = [](WDFOBJECT) { ++destroyed; };
    WDFIOTARGET target = nullptr;
    ASSERT_EQ(S(WdfIoTargetCreate(stack.wdf(), &attributes, &target)), S(STATUS_SUCCESS));
    ASSERT_EQ(S(OpenByName(target, u"\\Device\\Silent")), S(STATUS_SUCCESS));
    Completion sent;
    WDFREQUEST request = ReadyIoctl(target, sent);
    EXPECT_TRUE(WdfRequestSend(request, target, nullptr));
    WdfObjectDelete(target);
    EXPECT_EQ(in_cleanup, WdfIoTargetStarted);
    EXPECT_NE(device_in_cleanup, nullptr);
    EXPECT_EQ(level, PASSIVE_LEVEL);
    EXPECT_EQ(sent.runs, 1);
    EXPECT_EQ(S(sent.status), S(STATUS_CANCELLED));
    EXPECT_EQ(destroyed, 1);
    WdfObjectDelete(request);
  });
}

CONFORMANCE(TargetsRemote, DeletionWaitsForEveryRoutine, "IOX-33") {
  std::vector<ModelRequest> kept;
  ASSERT_EQ(machine.AddNamedModel("\\Device\\Slow", MakeModel({.on_ioctl = [&](const ModelRequest& request) {
                                    request.Pend();
                                    kept.push_back(request);
                                  }})),
            STATUS_SUCCESS);
  Stack stack(machine);
  machine.Run([&] {
    WDFIOTARGET target = NewRemote(stack.wdf());
    ASSERT_EQ(S(OpenByName(target, u"\\Device\\Slow")), S(STATUS_SUCCESS));
    Completion slow;
    bool returned = false;
    slow.then = [&](WDFREQUEST) {
      SleepMs(30);
      returned = true;
    };
    WDFREQUEST request = ReadyIoctl(target, slow);
    EXPECT_TRUE(WdfRequestSend(request, target, nullptr));
    Task completer = machine.StartKernel("completer", [&] { kept.at(0).Complete(STATUS_SUCCESS); });
    EXPECT_TRUE(Until([&] { return slow.runs == 1; }));
    WdfObjectDelete(target);  // the request has left the books already; its routine has not returned
    EXPECT_TRUE(returned);
    completer.Join();
    WdfObjectDelete(request);
  });
}

CONFORMANCE(TargetsRemote, TheDevicesRemovalClosesAndDeletesThem, "IOT-1.07", "IOX-34") {
  ASSERT_EQ(machine.AddNamedModel("\\Device\\Thing", MakeModel(Succeeds())), STATUS_SUCCESS);
  static int cleanups, destroys;
  static KIRQL level;
  cleanups = destroys = 0;
  {
    Stack stack(machine);
    machine.Run([&] {
      WDF_OBJECT_ATTRIBUTES attributes;
      WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
      attributes.EvtCleanupCallback = [](WDFOBJECT) {
        ++cleanups;
        level = KeGetCurrentIrql();
      };
      attributes.EvtDestroyCallback = [](WDFOBJECT) { ++destroys; };
      WDFIOTARGET target = nullptr;
      ASSERT_EQ(S(WdfIoTargetCreate(stack.wdf(), &attributes, &target)), S(STATUS_SUCCESS));
      ASSERT_EQ(S(OpenByName(target, u"\\Device\\Thing")), S(STATUS_SUCCESS));
    });
  }
  EXPECT_EQ(cleanups, 1);
  EXPECT_EQ(destroys, 1);
  EXPECT_EQ(level, PASSIVE_LEVEL);
}

CONFORMANCE(TargetsRemote, PropertiesOfAPnpTarget, "IOT-1.26") {
  Stack stack(machine);
  machine.Run([&] {
    ULONG needed = 0;
    EXPECT_EQ(S(WdfIoTargetQueryTargetProperty(stack.local(), DevicePropertyHardwareID, 0, nullptr, &needed)), S(STATUS_BUFFER_TOO_SMALL));
    ASSERT_GT(needed, 0u);
    std::vector<char> bytes(needed);
    ULONG got = 0;
    EXPECT_EQ(S(WdfIoTargetQueryTargetProperty(stack.local(), DevicePropertyHardwareID, needed, bytes.data(), &got)), S(STATUS_SUCCESS));
    EXPECT_EQ(got, needed);
    EXPECT_EQ(S(WdfIoTargetQueryTargetProperty(stack.local(), DEVICE_REGISTRY_PROPERTY(999), needed, bytes.data(), &got)),
              S(STATUS_INVALID_PARAMETER_2));
    WDFMEMORY memory = nullptr;
    ASSERT_EQ(S(WdfIoTargetAllocAndQueryTargetProperty(stack.local(), DevicePropertyHardwareID, NonPagedPool, WDF_NO_OBJECT_ATTRIBUTES, &memory)),
              S(STATUS_SUCCESS));
    size_t size = 0;
    EXPECT_EQ(memcmp(WdfMemoryGetBuffer(memory, &size), bytes.data(), needed), 0);
    EXPECT_EQ(size, needed);
    WdfObjectDelete(memory);
    WDFIOTARGET closed = NewRemote(stack.wdf());
    EXPECT_EQ(S(WdfIoTargetQueryTargetProperty(closed, DevicePropertyHardwareID, 0, nullptr, &needed)), S(STATUS_INVALID_DEVICE_REQUEST));
    WdfObjectDelete(closed);
  });
}

const GUID kInterface = {0x12345678, 1, 2, {1, 2, 3, 4, 5, 6, 7, 8}};

NTSTATUS AnswerQueryInterface(WDFDEVICE device, PIRP irp) {
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  if (memcmp(stack->Parameters.QueryInterface.InterfaceType, &kInterface, sizeof(GUID)) == 0 && stack->Parameters.QueryInterface.Version == 3) {
    stack->Parameters.QueryInterface.Interface->Context = device;
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
  }
  IoSkipCurrentIrpStackLocation(irp);
  return WdfDeviceWdmDispatchPreprocessedIrp(device, irp);
}

CONFORMANCE(TargetsRemote, QueryForInterfaceAsksTheTopOfTheStack, "IOX-38", "IOT-1.27") {
  Hooks hooks;
  hooks.init = [](PWDFDEVICE_INIT init) {
    UCHAR minor = IRP_MN_QUERY_INTERFACE;
    EXPECT_EQ(S(WdfDeviceInitAssignWdmIrpPreprocessCallback(init, AnswerQueryInterface, IRP_MJ_PNP, &minor, 1)), S(STATUS_SUCCESS));
  };
  Stack stack(machine, ModelFunctions{}, hooks);
  machine.Run([&] {
    INTERFACE found = {};
    // A local target points below the own device; the question still reaches it, because it starts at the top.
    EXPECT_EQ(S(WdfIoTargetQueryForInterface(stack.local(), &kInterface, &found, sizeof(found), 3, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(found.Context, stack.wdf());
    const GUID other = {0x99, 1, 2, {}};
    EXPECT_EQ(S(WdfIoTargetQueryForInterface(stack.local(), &other, &found, sizeof(found), 3, nullptr)), S(STATUS_NOT_SUPPORTED));
  });
}

CONFORMANCE(TargetsRemote, ANullInterfaceIsABugCheck, "IOX-38", "IOT-1.27") {
  Stack stack(machine);
  machine.Run([&] { (void)WdfIoTargetQueryForInterface(stack.local(), nullptr, nullptr, 0, 0, nullptr); });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x4);
}

}  // namespace
}  // namespace drydock::test
