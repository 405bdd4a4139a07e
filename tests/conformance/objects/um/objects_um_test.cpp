// What differs for a UMDF driver: levels, locks, timers, who may send it requests, registry rights.
#include <atomic>

#include "rig.h"

namespace drydock::test {

struct Runs {
  std::atomic<int>* count;
  KIRQL level;
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(Runs, RunsOf)

namespace {

#ifndef DRYDOCK_WDF_UMDF
#error "built against the wrong headers"
#endif

void Succeed(WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); }

NTSTATUS CreateTimer(WDFOBJECT parent, ULONG period, WDFTIMER* timer, BOOLEAN high_resolution = FALSE) {
  WDF_TIMER_CONFIG config;
  WDF_TIMER_CONFIG_INIT_PERIODIC(
      &config,
      [](WDFTIMER me) {
        RunsOf(me)->level = KeGetCurrentIrql();
        if (RunsOf(me)->count) ++*RunsOf(me)->count;
      },
      period);
  config.UseHighResolutionTimer = high_resolution;
  WDF_OBJECT_ATTRIBUTES attributes = Attributes(parent);
  WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(&attributes, Runs);
  return WdfTimerCreate(&config, &attributes, timer);
}

// As a driver above would send it: no file object unless one is given.
NTSTATUS SendIoctl(PDEVICE_OBJECT top, KPROCESSOR_MODE mode, PFILE_OBJECT file) {
  PIRP irp = IoAllocateIrp(top->StackSize, FALSE);
  irp->RequestorMode = mode;
  PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
  stack->MajorFunction = IRP_MJ_DEVICE_CONTROL;
  stack->Parameters.DeviceIoControl.IoControlCode = kIoctl;
  stack->FileObject = file;
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IoSetCompletionRoutine(
      irp,
      [](PDEVICE_OBJECT, PIRP, PVOID event) -> NTSTATUS {
        KeSetEvent(static_cast<PKEVENT>(event), 0, FALSE);
        return STATUS_MORE_PROCESSING_REQUIRED;
      },
      &done, TRUE, TRUE, TRUE);
  IoCallDriver(top, irp);
  KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
  NTSTATUS status = irp->IoStatus.Status;
  IoFreeIrp(irp);
  return status;
}

void SetDirective(const char16_t* name, ULONG value) {
  std::u16string path = u"\\Registry\\Machine\\Software";
  for (const char16_t* part : {u"\\Microsoft", u"\\Windows NT", u"\\CurrentVersion", u"\\WUDF", u"\\Services", u"\\rig"}) {
    path += part;
    UNICODE_STRING key_name = Text(path.c_str()), value_name = Text(name);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &key_name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr);
    HANDLE key = nullptr;
    EXPECT_EQ(S(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, nullptr, 0, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(ZwSetValueKey(key, &value_name, 0, REG_DWORD, &value, sizeof(value))), S(STATUS_SUCCESS));
    ZwClose(key);
  }
}

CONFORMANCE(ObjectsUm, TheDefaultLevelIsPassive, "SYN-02", "IOX-60", "DEVX-11") {
  Hooks hooks;
  KIRQL in_handler = 0xFF;
  hooks.device_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) { attributes.SynchronizationScope = WdfSynchronizationScopeDevice; };
  hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    in_handler = KeGetCurrentIrql();
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(rig.Open().Ioctl(kIoctl).status, STATUS_SUCCESS);
  EXPECT_EQ(in_handler, PASSIVE_LEVEL);
  machine.Run([&] {
    WdfObjectAcquireLock(hooks.device);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    WdfObjectReleaseLock(hooks.device);
  });
}

CONFORMANCE(ObjectsUm, LevelDispatchDoesNotExist, "SYN-03") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDF_OBJECT_ATTRIBUTES attributes = Attributes();
    attributes.ExecutionLevel = static_cast<WDF_EXECUTION_LEVEL>(3);
    WDFOBJECT object = nullptr;
    EXPECT_EQ(S(WdfObjectCreate(&attributes, &object)), S(STATUS_WDF_OBJECT_ATTRIBUTES_INVALID));
  });
}

CONFORMANCE(ObjectsUm, SpinLocksStayAtPassive, "SYN-13") {
  Hooks hooks;
  Rig rig(machine, hooks);
  WDFSPINLOCK lock = nullptr;
  int inside = 0;
  bool overlapped = false;
  machine.Run([&] { ASSERT_EQ(S(WdfSpinLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &lock)), S(STATUS_SUCCESS)); });
  auto body = [&] {
    for (int i = 0; i < 50; ++i) {
      WdfSpinLockAcquire(lock);
      EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
      overlapped = overlapped || ++inside != 1;
      --inside;
      WdfSpinLockRelease(lock);
    }
  };
  {
    Task a = machine.StartKernel("a", body), b = machine.StartKernel("b", body);
  }
  EXPECT_FALSE(overlapped);
}

CONFORMANCE(ObjectsUm, TimersRunAtPassiveAlsoPeriodicOnes, "SYN-28", "DEVX-15") {
  std::atomic<int> count{0};
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDFTIMER timer = nullptr;
    EXPECT_EQ(S(CreateTimer(hooks.device, 0, &timer, TRUE)), S(STATUS_NOT_IMPLEMENTED)) << "high resolution";
    ASSERT_EQ(S(CreateTimer(hooks.device, 5, &timer)), S(STATUS_SUCCESS));
    RunsOf(timer)->count = &count;
    RunsOf(timer)->level = 0xFF;
    WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(5));
    EXPECT_TRUE(Until([&] { return count >= 3; }));
    WdfTimerStop(timer, TRUE);
    EXPECT_EQ(RunsOf(timer)->level, PASSIVE_LEVEL);
  });
}

CONFORMANCE(ObjectsUm, InheritedPassiveDoesNotCountForSerialisation, "O-20") {
  Hooks hooks;
  hooks.device_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) { attributes.SynchronizationScope = WdfSynchronizationScopeDevice; };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDFTIMER timer = nullptr;
    EXPECT_EQ(S(CreateTimer(hooks.device, 0, &timer)), S(STATUS_SUCCESS));
    WDF_WORKITEM_CONFIG config;
    WDF_WORKITEM_CONFIG_INIT(&config, [](WDFWORKITEM) {});
    WDF_OBJECT_ATTRIBUTES attributes = Attributes(hooks.device);
    WDFWORKITEM item = nullptr;
    EXPECT_EQ(S(WdfWorkItemCreate(&config, &attributes, &item)), S(STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL));
  });
}

CONFORMANCE(ObjectsUm, NoDeviceIsTheDriversToDelete, "DEVX-4") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] { WdfObjectDelete(hooks.device); });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
}

CONFORMANCE(FilesUm, RequestsWithoutAKnownFileObjectAreRefused, "IOT-10.18", "UM-08", "IOT-3.33") {
  for (bool allow : {false, true}) {
    if (allow) machine.Run([&] { SetDirective(u"UmdfFileObjectPolicy", 1); });
    Hooks hooks;
    hooks.ioctl = Succeed;
    Rig rig(machine, hooks);
    rig.AddDevice();
    EXPECT_EQ(rig.Open().Ioctl(kIoctl).status, STATUS_SUCCESS) << "an application's file is known";
    machine.Run([&] {
      const NTSTATUS wanted = allow ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
      EXPECT_EQ(S(SendIoctl(rig.device.top(), UserMode, nullptr)), S(wanted)) << "missing";
      FILE_OBJECT stranger = {};
      EXPECT_EQ(S(SendIoctl(rig.device.top(), UserMode, &stranger)), S(wanted)) << "never created here";
    });
  }
}

CONFORMANCE(FilesUm, KernelModeClientsAreRefusedUnlessAllowed, "IOT-3.33", "UM-08", "UM-14") {
  for (bool allow : {false, true}) {
    if (allow) machine.Run([&] { SetDirective(u"UmdfKernelModeClientPolicy", 1); });
    Hooks hooks;
    hooks.ioctl = Succeed;
    Rig rig(machine, hooks);
    rig.AddDevice();
    File file = machine.Open(rig.device, {.kernel_mode = true});
    EXPECT_EQ(file.status(), allow ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST);
    if (allow) {
      EXPECT_EQ(file.Ioctl(kIoctl).status, STATUS_SUCCESS);
      EXPECT_EQ(file.InternalIoctl(kIoctl).status, STATUS_INVALID_DEVICE_REQUEST) << "internal device control never";
    }
  }
}

CONFORMANCE(FilesUm, GoThroughCreateCleanupClose, "IOT-10.03", "IOT-10.13", "INI-23") {
  Hooks hooks;
  hooks.file_create = [&](WDFREQUEST request, WDFFILEOBJECT file) {
    EXPECT_NE(file, nullptr);
    hooks.log.Add("create");
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  hooks.file_cleanup = [&](WDFFILEOBJECT) { hooks.log.Add("cleanup"); };
  hooks.file_close = [&](WDFFILEOBJECT) { hooks.log.Add("close"); };
  Rig rig(machine, hooks);
  rig.AddDevice();
  rig.Open().Close();
  EXPECT_EQ(hooks.log.lines(), (Lines{"create", "cleanup", "close"}));
}

CONFORMANCE(RegistryUm, RightsToChangeKeysAreRefused, "DRV-09", "REG-04", "REG-11") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFKEY key = nullptr;
    for (ACCESS_MASK access : {ACCESS_MASK(GENERIC_WRITE), ACCESS_MASK(KEY_CREATE_SUB_KEY), ACCESS_MASK(WRITE_DAC), ACCESS_MASK(GENERIC_ALL)}) {
      EXPECT_EQ(S(WdfDriverOpenParametersRegistryKey(hooks.driver, access, WDF_NO_OBJECT_ATTRIBUTES, &key)), S(STATUS_ACCESS_DENIED));
    }
    ASSERT_EQ(S(WdfDriverOpenParametersRegistryKey(hooks.driver, KEY_READ | KEY_SET_VALUE, WDF_NO_OBJECT_ATTRIBUTES, &key)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryRemoveKey(key)), S(STATUS_NOT_IMPLEMENTED));
    UNICODE_STRING name = Text(u"Value");
    EXPECT_EQ(S(WdfRegistryAssignULong(key, &name, 3)), S(STATUS_SUCCESS)) << "the handle stays valid";
    WDFKEY child = nullptr;
    UNICODE_STRING child_name = Text(u"Child");
    EXPECT_FALSE(NT_SUCCESS(WdfRegistryCreateKey(key, &child_name, KEY_READ, 0, nullptr, WDF_NO_OBJECT_ATTRIBUTES, &child)));
    WdfRegistryClose(key);
    // A full path begins below HKEY_LOCAL_MACHINE (REG-03).
    UNICODE_STRING path = Text(u"System\\CurrentControlSet\\Services\\rig");
    ASSERT_EQ(S(WdfRegistryOpenKey(nullptr, &path, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key)), S(STATUS_SUCCESS));
    WdfRegistryClose(key);
  });
}

HANDLE OpenKernel(const std::u16string& path, HANDLE root) {
  UNICODE_STRING name = Text(path.c_str());
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, root, nullptr);
  IO_STATUS_BLOCK result;
  HANDLE file = nullptr;
  EXPECT_EQ(S(ZwCreateFile(&file, GENERIC_READ | SYNCHRONIZE, &attributes, &result, nullptr, 0, 7, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, nullptr, 0)),
            S(STATUS_SUCCESS));
  return file;
}

CONFORMANCE(FilesUm, ARelativeOpenKnowsTheFileItIsRelativeTo, "ours") {
  machine.Run([&] { SetDirective(u"UmdfKernelModeClientPolicy", 1); });
  Hooks hooks;
  std::vector<WDFFILEOBJECT> files, related;
  hooks.file_create = [&](WDFREQUEST request, WDFFILEOBJECT file) {
    files.push_back(file);
    related.push_back(WdfFileObjectGetRelatedFileObject(file));
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  hooks.added = [](WDFDEVICE device) {
    UNICODE_STRING link = Text(u"\\DosDevices\\Toy");
    return WdfDeviceCreateSymbolicLink(device, &link);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    HANDLE parent = OpenKernel(u"\\DosDevices\\Toy", nullptr);
    HANDLE child = OpenKernel(u"part", parent);
    ZwClose(child);
    ZwClose(parent);
  });
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(related[0], nullptr);
  EXPECT_EQ(related[1], files[0]);
}

CONFORMANCE(RegistryUm, ThePersistentStateMayBeWritten, "ours") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFKEY key = nullptr;
    UNICODE_STRING name = Text(u"Value");
    ULONG value = 0;
    ASSERT_EQ(S(WdfDriverOpenPersistentStateRegistryKey(hooks.driver, KEY_READ | KEY_SET_VALUE, WDF_NO_OBJECT_ATTRIBUTES, &key)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryAssignULong(key, &name, 3)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfRegistryQueryULong(key, &name, &value)), S(STATUS_SUCCESS));
    EXPECT_EQ(value, 3u);
    WdfRegistryClose(key);
  });
}

CONFORMANCE_WITH((MachineOptions{.verifier = true}), ObjectsUm, LevelsAlwaysReadPassive, "OP-3", "DEVX-48") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFSPINLOCK lock = nullptr;
    ASSERT_EQ(S(WdfSpinLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &lock)), S(STATUS_SUCCESS));
    WdfSpinLockAcquire(lock);
    WDFSTRING string = nullptr;
    EXPECT_EQ(S(WdfStringCreate(nullptr, WDF_NO_OBJECT_ATTRIBUTES, &string)), S(STATUS_SUCCESS));
    WdfSpinLockRelease(lock);
  });
  EXPECT_TRUE(machine.reports().empty());
}

}  // namespace
}  // namespace drydock::test
