// Device initialisation and creation, names, interfaces, and the WDM doors.
#include <atomic>

#include "rig.h"

namespace drydock::test {
namespace {

const GUID kClass = {0x12345678, 0x1234, 0x4321, {1, 2, 3, 4, 5, 6, 7, 8}};

void Succeed(WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); }

WDFSTRING NewString() {
  WDFSTRING string = nullptr;
  EXPECT_EQ(S(WdfStringCreate(nullptr, WDF_NO_OBJECT_ATTRIBUTES, &string)), S(STATUS_SUCCESS));
  return string;
}

std::u16string TextOf(WDFSTRING string) {
  UNICODE_STRING text;
  WdfStringGetUnicodeString(string, &text);
  return Text(text);
}

std::string Narrow(const std::u16string& text) { return std::string(text.begin(), text.end()); }

CONFORMANCE(Devices, AreAttachedAndHaveAStartedTarget, "IOT-1.01", "IOT-1.02", "INI-03", "INI-19") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    WDFIOTARGET target = WdfDeviceGetIoTarget(hooks.device);
    ASSERT_NE(target, nullptr);
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetStarted);
    EXPECT_EQ(WdfIoTargetGetDevice(target), hooks.device);
    PDEVICE_OBJECT wdm = WdfDeviceWdmGetDeviceObject(hooks.device);
    EXPECT_EQ(WdfDeviceWdmGetPhysicalDevice(hooks.device), rig.device.pdo());
    EXPECT_EQ(WdfDeviceWdmGetAttachedDevice(hooks.device), rig.device.pdo());
    EXPECT_EQ(rig.device.top(), wdm);
    EXPECT_EQ(wdm->StackSize, rig.device.pdo()->StackSize + 1);
    EXPECT_EQ(WdfWdmDeviceGetWdfDeviceHandle(wdm), hooks.device);
    EXPECT_EQ(WdfDeviceGetDefaultQueue(hooks.device), nullptr) << "none was made";
    EXPECT_EQ(WdfDeviceGetDriver(hooks.device), hooks.driver);
    AtDispatch raised;
    EXPECT_EQ(WdfDeviceGetIoTarget(hooks.device), target);
  });
}

CONFORMANCE(Devices, SecurityWithoutANameIsRefused, "INI-04") {
  for (bool with_sddl : {true, false}) {
    Hooks hooks;
    hooks.init = [&](PWDFDEVICE_INIT init) {
      UNICODE_STRING sddl = Text(u"D:P(A;;GA;;;SY)");
      if (with_sddl) return WdfDeviceInitAssignSDDLString(init, &sddl);
      WdfDeviceInitSetDeviceClass(init, &kClass);
      return STATUS_SUCCESS;
    };
    Rig rig(machine, hooks);
    rig.AddDevice();
    EXPECT_EQ(S(hooks.create_status), S(STATUS_INVALID_SECURITY_DESCR));
  }
}

CONFORMANCE(Devices, AnInitIsUsedOnce, "INI-04", "INI-02") {
  Hooks hooks;
  NTSTATUS again = STATUS_SUCCESS;
  PWDFDEVICE_INIT kept = nullptr;
  hooks.init = [&](PWDFDEVICE_INIT init) {
    kept = init;
    return STATUS_SUCCESS;
  };
  hooks.added = [&](WDFDEVICE) {
    WDFDEVICE second = nullptr;
    again = WdfDeviceCreate(&kept, WDF_NO_OBJECT_ATTRIBUTES, &second);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(S(again), S(STATUS_INVALID_DEVICE_STATE));
  EXPECT_TRUE(rig.device.started());
}

CONFORMANCE(Devices, NamesCharacteristicsAndTypeReachTheDeviceObject, "INI-07", "INI-08", "INI-09") {
  Hooks hooks;
  hooks.init = [](PWDFDEVICE_INIT init) {
    UNICODE_STRING name = Text(u"\\Device\\Toy");
    WdfDeviceInitSetCharacteristics(init, FILE_REMOVABLE_MEDIA, FALSE);
    WdfDeviceInitSetCharacteristics(init, FILE_READ_ONLY_DEVICE, TRUE);
    WdfDeviceInitSetDeviceType(init, FILE_DEVICE_KEYBOARD);
    return WdfDeviceInitAssignName(init, &name);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    const ULONG characteristics = WdfDeviceGetCharacteristics(hooks.device);
    EXPECT_EQ(characteristics & (FILE_REMOVABLE_MEDIA | FILE_READ_ONLY_DEVICE), FILE_REMOVABLE_MEDIA | FILE_READ_ONLY_DEVICE);
    EXPECT_NE(characteristics & FILE_DEVICE_SECURE_OPEN, 0u) << "always set by the framework";
    EXPECT_EQ(WdfDeviceWdmGetDeviceObject(hooks.device)->DeviceType, static_cast<DEVICE_TYPE>(FILE_DEVICE_KEYBOARD));
    WDFSTRING string = NewString();
    EXPECT_EQ(S(WdfDeviceRetrieveDeviceName(hooks.device, string)), S(STATUS_SUCCESS));
    EXPECT_EQ(TextOf(string), u"\\Device\\Toy");
  });
  EXPECT_TRUE(machine.Open("\\Device\\Toy"));
}

CONFORMANCE(Devices, AnUnnamedOneHasNoName, "DEVX-29") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] { EXPECT_EQ(S(WdfDeviceRetrieveDeviceName(hooks.device, NewString())), S(STATUS_INVALID_PARAMETER)); });
}

CONFORMANCE(Devices, IoTypeDecidesTheFlags, "INI-10", "IOT-7.26") {
  for (auto type : {WdfDeviceIoUndefined, WdfDeviceIoBuffered, WdfDeviceIoDirect, WdfDeviceIoNeither}) {
    Hooks hooks;
    hooks.init = [&](PWDFDEVICE_INIT init) {
      if (type != WdfDeviceIoUndefined) WdfDeviceInitSetIoType(init, type);
      return STATUS_SUCCESS;
    };
    Rig rig(machine, hooks);
    rig.AddDevice();
    machine.Run([&] {
      const ULONG flags = WdfDeviceWdmGetDeviceObject(hooks.device)->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO);
      const ULONG wanted = type == WdfDeviceIoDirect ? DO_DIRECT_IO : type == WdfDeviceIoNeither ? 0u : DO_BUFFERED_IO;
      EXPECT_EQ(flags, wanted) << type;
    });
  }
}

CONFORMANCE(Devices, AFilterTakesWhatIsBelow, "INI-10", "INI-11", "INI-12", "IOT-7.26") {
  Hooks hooks, lower;
  hooks.filter = true;
  hooks.init = [](PWDFDEVICE_INIT init) {
    WdfDeviceInitSetIoType(init, WdfDeviceIoBuffered);
    return STATUS_SUCCESS;
  };
  lower.init = [](PWDFDEVICE_INIT init) {
    WdfDeviceInitSetIoType(init, WdfDeviceIoDirect);
    return STATUS_SUCCESS;
  };
  lower.ioctl = Succeed;
  Rig rig(machine, hooks);
  SetOtherHooks(&lower);
  Driver other = machine.AddDriver("other", OtherEntry());
  Device device = machine.AddDevice({.function = rig.driver, .lower_filters = {other}});
  machine.Run([&] {
    EXPECT_EQ(WdfDeviceWdmGetDeviceObject(hooks.device)->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO), static_cast<ULONG>(DO_DIRECT_IO));
  });
  EXPECT_EQ(machine.Open(device).Ioctl(kIoctl).status, STATUS_SUCCESS) << "what it has no queue for goes down (IOT-9.14)";
  machine.RemoveDevice(device);
  machine.UnloadDriver(other);
}

CONFORMANCE(Devices, MajorCodesThatAreNotServed, "INI-13", "IOT-9.14") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  File file = rig.Open();
  EXPECT_EQ(file.Flush().status, STATUS_INVALID_DEVICE_REQUEST);
  EXPECT_EQ(file.Ioctl(kIoctl).status, STATUS_INVALID_DEVICE_REQUEST) << "no queue for the type";
}

CONFORMANCE(Devices, AFilterPassesMajorCodesItDoesNotServe, "INI-13", "IOT-9.14") {
  Hooks hooks, lower;
  hooks.filter = true;
  lower.init = [&](PWDFDEVICE_INIT init) {
    return WdfDeviceInitAssignWdmIrpPreprocessCallback(
        init,
        [](WDFDEVICE, PIRP irp) {
          irp->IoStatus.Status = STATUS_SUCCESS;
          irp->IoStatus.Information = 7;
          IoCompleteRequest(irp, IO_NO_INCREMENT);
          return STATUS_SUCCESS;
        },
        IRP_MJ_FLUSH_BUFFERS, nullptr, 0);
  };
  Rig rig(machine, hooks);
  SetOtherHooks(&lower);
  Driver other = machine.AddDriver("other", OtherEntry());
  Device device = machine.AddDevice({.function = rig.driver, .lower_filters = {other}});
  IoResult result = machine.Open(device).Flush();
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  machine.RemoveDevice(device);
  machine.UnloadDriver(other);
}

CONFORMANCE(Preprocess, SeesTheIrpFirstAndMayGiveItBack, "INI-14") {
  Hooks hooks;
  static std::atomic<int> calls;
  calls = 0;
  hooks.ioctl = Succeed;
  hooks.init = [](PWDFDEVICE_INIT init) {
    return WdfDeviceInitAssignWdmIrpPreprocessCallback(
        init,
        [](WDFDEVICE device, PIRP irp) {
          ++calls;
          IoSkipCurrentIrpStackLocation(irp);
          return WdfDeviceWdmDispatchPreprocessedIrp(device, irp);
        },
        IRP_MJ_DEVICE_CONTROL, nullptr, 0);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(rig.Open().Ioctl(kIoctl).status, STATUS_SUCCESS);
  EXPECT_EQ(calls, 1);
}

CONFORMANCE(Preprocess, MayCopyTheLocationAndSetACompletionRoutine, "INI-14") {
  Hooks hooks;
  static std::atomic<int> completions;
  completions = 0;
  hooks.ioctl = Succeed;
  hooks.init = [](PWDFDEVICE_INIT init) {
    return WdfDeviceInitAssignWdmIrpPreprocessCallback(
        init,
        [](WDFDEVICE device, PIRP irp) {
          IoCopyCurrentIrpStackLocationToNext(irp);
          IoSetCompletionRoutine(
              irp,
              [](PDEVICE_OBJECT, PIRP done, PVOID) -> NTSTATUS {
                ++completions;
                if (done->PendingReturned) IoMarkIrpPending(done);
                return STATUS_CONTINUE_COMPLETION;
              },
              nullptr, TRUE, TRUE, TRUE);
          return WdfDeviceWdmDispatchPreprocessedIrp(device, irp);
        },
        IRP_MJ_DEVICE_CONTROL, nullptr, 0);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(rig.Open().Ioctl(kIoctl).status, STATUS_SUCCESS);
  EXPECT_EQ(completions, 1);
}

CONFORMANCE(Preprocess, Mistakes, "INI-14") {
  Hooks hooks;
  NTSTATUS bad_major = 0, first = 0, second = 0;
  hooks.init = [&](PWDFDEVICE_INIT init) {
    auto callback = [](WDFDEVICE, PIRP) -> NTSTATUS { return STATUS_SUCCESS; };
    UCHAR minors[] = {IRP_MN_QUERY_INTERFACE};
    bad_major = WdfDeviceInitAssignWdmIrpPreprocessCallback(init, callback, IRP_MJ_MAXIMUM_FUNCTION + 1, nullptr, 0);
    first = WdfDeviceInitAssignWdmIrpPreprocessCallback(init, callback, IRP_MJ_PNP, minors, 1);
    second = WdfDeviceInitAssignWdmIrpPreprocessCallback(init, callback, IRP_MJ_PNP, minors, 1);
    return STATUS_UNSUCCESSFUL;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(S(bad_major), S(STATUS_INVALID_PARAMETER));
  EXPECT_EQ(S(first), S(STATUS_SUCCESS));
  EXPECT_EQ(S(second), S(STATUS_INVALID_DEVICE_REQUEST));
}

CONFORMANCE(Dispatch, ACallbackSeesItsMajorCodeAndSendsItOn, "INI-15") {
  Hooks hooks;
  static ULONG code;
  static WDFCONTEXT context;
  code = 0;
  hooks.ioctl = Succeed;
  NTSTATUS bad = 0;
  int mark = 0;
  hooks.added = [&](WDFDEVICE device) {
    auto callback = [](WDFDEVICE me, UCHAR major, UCHAR, ULONG control_code, WDFCONTEXT driver_context, PIRP irp, WDFCONTEXT dispatch) {
      EXPECT_EQ(major, IRP_MJ_DEVICE_CONTROL);
      code = control_code;
      context = driver_context;
      return WdfDeviceWdmDispatchIrp(me, irp, dispatch);
    };
    bad = WdfDeviceConfigureWdmIrpDispatchCallback(device, nullptr, IRP_MJ_CREATE, callback, nullptr);
    return WdfDeviceConfigureWdmIrpDispatchCallback(device, nullptr, IRP_MJ_DEVICE_CONTROL, callback, &mark);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(rig.Open().Ioctl(kIoctl).status, STATUS_SUCCESS);
  EXPECT_EQ(code, kIoctl);
  EXPECT_EQ(context, &mark);
  EXPECT_EQ(S(bad), S(STATUS_INVALID_PARAMETER));
}

CONFORMANCE(SelfTarget, ExistsWhenAllowed, "IOX-2", "OP-1") {
  for (bool allow : {true, false}) {
    Hooks hooks;
    hooks.init = [&](PWDFDEVICE_INIT init) {
      if (allow) WdfDeviceInitAllowSelfIoTarget(init);
      return STATUS_SUCCESS;
    };
    Rig rig(machine, hooks);
    rig.AddDevice();
    machine.Run([&] {
      WDFIOTARGET target = WdfDeviceGetSelfIoTarget(hooks.device);
      EXPECT_EQ(target != nullptr, allow);
      if (target) EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetStarted);
      EXPECT_EQ(WdfDeviceWdmGetDeviceObject(hooks.device)->StackSize, rig.device.pdo()->StackSize + (allow ? 2 : 1));
    });
  }
}

CONFORMANCE(Names, ASymbolicLinkLeadsToTheDeviceAndGoesWithIt, "INI-33", "DEVX-29") {
  Hooks hooks;
  hooks.ioctl = Succeed;
  NTSTATUS empty = 0, second = 0;
  hooks.added = [&](WDFDEVICE device) {
    UNICODE_STRING name = Text(u"\\DosDevices\\Toy"), nothing = Text(u"");
    empty = WdfDeviceCreateSymbolicLink(device, &nothing);
    NTSTATUS status = WdfDeviceCreateSymbolicLink(device, &name);
    second = WdfDeviceCreateSymbolicLink(device, &name);
    return status;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(S(empty), S(STATUS_INVALID_DEVICE_REQUEST));
  EXPECT_EQ(S(second), S(STATUS_INVALID_DEVICE_REQUEST));
  File file = machine.Open("\\??\\Toy");
  EXPECT_EQ(file.Ioctl(kIoctl).status, STATUS_SUCCESS);
  file.Close();
  rig.RemoveDevice();
  EXPECT_FALSE(machine.Open("\\??\\Toy"));
}

CONFORMANCE(Names, SurpriseRemovalFreesTheLinkForTheNextInstance, "INI-33") {
  Hooks hooks;
  hooks.ioctl = Succeed;
  hooks.added = [&](WDFDEVICE device) {
    UNICODE_STRING name = Text(u"\\DosDevices\\Toy");
    return WdfDeviceCreateSymbolicLink(device, &name);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  File open = machine.Open("\\??\\Toy");  // keeps the old device object
  EXPECT_EQ(machine.SurpriseRemove(rig.device), STATUS_SUCCESS);
  Device next = machine.AddDevice({.function = rig.driver});
  EXPECT_TRUE(next.started()) << "the name is free again";
  open.Close();
  rig.device = Device();
  machine.RemoveDevice(next);
}

CONFORMANCE(Interfaces, MadeBeforeTheStartAreEnabledByIt, "INI-34", "DEVX-27", "INI-35", "INI-37") {
  Hooks hooks;
  hooks.ioctl = Succeed;
  hooks.added = [&](WDFDEVICE device) { return WdfDeviceCreateDeviceInterface(device, &kClass, nullptr); };
  Rig rig(machine, hooks);
  rig.AddDevice();
  std::string link;
  machine.Run([&] {
    WDFSTRING string = NewString();
    ASSERT_EQ(S(WdfDeviceRetrieveDeviceInterfaceString(hooks.device, &kClass, nullptr, string)), S(STATUS_SUCCESS));
    link = Narrow(TextOf(string));
    GUID other = kClass;
    other.Data1 = 1;
    EXPECT_EQ(S(WdfDeviceRetrieveDeviceInterfaceString(hooks.device, &other, nullptr, string)), S(STATUS_OBJECT_NAME_NOT_FOUND));
  });
  File file = machine.Open(link);
  EXPECT_EQ(file.Ioctl(kIoctl).status, STATUS_SUCCESS) << link;
  machine.Run([&] { WdfDeviceSetDeviceInterfaceState(hooks.device, &kClass, nullptr, FALSE); });
  EXPECT_FALSE(machine.Open(link)) << "disabled";
  EXPECT_EQ(file.Ioctl(kIoctl).status, STATUS_SUCCESS) << "open handles go on";
  machine.Run([&] { WdfDeviceSetDeviceInterfaceState(hooks.device, &kClass, nullptr, TRUE); });
  EXPECT_TRUE(machine.Open(link));
  file.Close();
  rig.RemoveDevice();
  EXPECT_FALSE(machine.Open(link));
}

CONFORMANCE(Interfaces, MadeAfterTheStartStayDisabledUntilEnabled, "INI-34", "INI-36") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  std::string link;
  machine.Run([&] {
    UNICODE_STRING bad = Text(u"a\\b"), good = Text(u"instance");
    EXPECT_FALSE(NT_SUCCESS(WdfDeviceCreateDeviceInterface(hooks.device, &kClass, &bad)));
    ASSERT_EQ(S(WdfDeviceCreateDeviceInterface(hooks.device, &kClass, &good)), S(STATUS_SUCCESS));
    WDFSTRING string = NewString();
    EXPECT_EQ(S(WdfDeviceRetrieveDeviceInterfaceString(hooks.device, &kClass, nullptr, string)), S(STATUS_OBJECT_NAME_NOT_FOUND));
    ASSERT_EQ(S(WdfDeviceRetrieveDeviceInterfaceString(hooks.device, &kClass, &good, string)), S(STATUS_SUCCESS));
    link = Narrow(TextOf(string));
  });
  EXPECT_FALSE(machine.Open(link));
  machine.Run([&] {
    UNICODE_STRING good = Text(u"instance");
    WdfDeviceSetDeviceInterfaceState(hooks.device, &kClass, &good, TRUE);
  });
  EXPECT_TRUE(machine.Open(link));
}

CONFORMANCE(Interfaces, TheExFormSuppressesTheAutomaticEnabling, "INI-34", "DEVX-28") {
  Hooks hooks;
  hooks.added = [&](WDFDEVICE device) {
    NTSTATUS status = WdfDeviceCreateDeviceInterface(device, &kClass, nullptr);
    WdfDeviceSetDeviceInterfaceStateEx(device, &kClass, nullptr, FALSE);
    return status;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  std::string link;
  machine.Run([&] {
    WDFSTRING string = NewString();
    ASSERT_EQ(S(WdfDeviceRetrieveDeviceInterfaceString(hooks.device, &kClass, nullptr, string)), S(STATUS_SUCCESS));
    link = Narrow(TextOf(string));
  });
  EXPECT_FALSE(machine.Open(link));
}

CONFORMANCE(Properties, AreQueriedWithTheirLength, "INI-17", "INI-40") {
  Hooks hooks;
  std::vector<char> in_init;
  hooks.init = [&](PWDFDEVICE_INIT init) {
    ULONG needed = 0;
    EXPECT_EQ(S(WdfFdoInitQueryProperty(init, DevicePropertyHardwareID, 0, nullptr, &needed)), S(STATUS_BUFFER_TOO_SMALL));
    EXPECT_GT(needed, 0u);
    in_init.resize(needed);
    return WdfFdoInitQueryProperty(init, DevicePropertyHardwareID, needed, in_init.data(), &needed);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  ASSERT_TRUE(rig.device.started());
  machine.Run([&] {
    WDFMEMORY memory = nullptr;
    ASSERT_EQ(S(WdfDeviceAllocAndQueryProperty(hooks.device, DevicePropertyHardwareID, NonPagedPoolNx, WDF_NO_OBJECT_ATTRIBUTES, &memory)),
              S(STATUS_SUCCESS));
    size_t size = 0;
    void* data = WdfMemoryGetBuffer(memory, &size);
    ASSERT_EQ(size, in_init.size());
    EXPECT_EQ(memcmp(data, in_init.data(), size), 0);
  });
}

CONFORMANCE(Devices, InitCallsAfterTheDeviceExistsChangeNothing, "INI-01", "INI-02") {
  Hooks hooks;
  hooks.ioctl = Succeed;
  PWDFDEVICE_INIT kept = nullptr;
  hooks.init = [&](PWDFDEVICE_INIT init) {
    kept = init;
    WdfDeviceInitSetIoType(init, WdfDeviceIoDirect);
    WdfDeviceInitSetDeviceType(init, FILE_DEVICE_KEYBOARD);
    return STATUS_SUCCESS;
  };
  hooks.added = [&](WDFDEVICE) {
    WdfDeviceInitSetIoType(kept, WdfDeviceIoBuffered);
    WdfDeviceInitSetDeviceType(kept, FILE_DEVICE_MOUSE);
    WdfDeviceInitSetExclusive(kept, TRUE);
    WdfFdoInitSetFilter(kept);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  machine.Run([&] {
    PDEVICE_OBJECT wdm = WdfDeviceWdmGetDeviceObject(hooks.device);
    EXPECT_EQ(wdm->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO), static_cast<ULONG>(DO_DIRECT_IO));
    EXPECT_EQ(wdm->DeviceType, static_cast<DEVICE_TYPE>(FILE_DEVICE_KEYBOARD));
    EXPECT_EQ(wdm->Flags & DO_EXCLUSIVE, 0u);
  });
  File first = rig.Open(), second = rig.Open();
  EXPECT_TRUE(second) << "not exclusive";
  EXPECT_EQ(second.Write("x").status, STATUS_INVALID_DEVICE_REQUEST) << "no filter: what has no handler is not passed down";
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 4u) << "each late call is told";
}

CONFORMANCE(Devices, TheUsualLateInitCallPassesNull, "INI-01", "INI-02", "VER-04") {
  Hooks hooks;
  hooks.create_device = false;
  hooks.init = [](PWDFDEVICE_INIT init) {
    WDFDEVICE device = nullptr;
    NTSTATUS status = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &device);
    WdfDeviceInitSetExclusive(init, TRUE);  // init is NULL by now
    return status;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_BUG_CHECK(machine, 0x10D, 0x4);
}

// INI-16. A flush is nothing the framework knows of: the driver's preprocess callback keeps it.
struct FlushKeeper {
  static inline std::atomic<PIRP> kept;
  static void Install(PWDFDEVICE_INIT init, bool lock) {
    kept = nullptr;
    if (lock) {
      WDF_REMOVE_LOCK_OPTIONS options;
      WDF_REMOVE_LOCK_OPTIONS_INIT(&options, WDF_REMOVE_LOCK_OPTION_ACQUIRE_FOR_IO);
      WdfDeviceInitSetRemoveLockOptions(init, &options);
    }
    EXPECT_EQ(S(WdfDeviceInitAssignWdmIrpPreprocessCallback(
                  init,
                  [](WDFDEVICE, PIRP irp) -> NTSTATUS {
                    IoMarkIrpPending(irp);
                    kept = irp;
                    return STATUS_PENDING;
                  },
                  IRP_MJ_FLUSH_BUFFERS, nullptr, 0)),
              S(STATUS_SUCCESS));
  }
  static void Complete() {
    PIRP irp = kept.exchange(nullptr);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
  }
};

void RemoveWithAnIrpOut(Machine& machine, bool lock) {
  Hooks hooks;
  hooks.ioctl = Succeed;
  hooks.init = [&](PWDFDEVICE_INIT init) {
    FlushKeeper::Install(init, lock);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  ASSERT_TRUE(rig.device.started());
  EXPECT_EQ(rig.Open().Ioctl(kIoctl).status, STATUS_SUCCESS) << "ordinary I/O is as ever";
  // From a driver above, without a file: an open handle would put the removal off by itself.
  PDEVICE_OBJECT top = rig.device.top();
  Task flusher = machine.StartKernel("flusher", [&] {
    KEVENT done;
    IO_STATUS_BLOCK result = {};
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, top, nullptr, 0, nullptr, &done, &result);
    EXPECT_EQ(S(IoCallDriver(top, irp)), S(STATUS_PENDING));
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
    EXPECT_EQ(S(result.Status), S(STATUS_SUCCESS));
  });
  machine.Run([] { ASSERT_TRUE(Until([] { return FlushKeeper::kept != nullptr; })); });
  std::atomic<bool> removed{false};
  Task remover = machine.StartKernel("remover", [&] {
    rig.RemoveDevice();
    removed = true;
  });
  machine.Run([&] {
    if (lock) {
      SleepMs(20);
    } else {
      Until([&] { return removed.load(); });
    }
    EXPECT_EQ(removed, !lock);
    FlushKeeper::Complete();
  });
  flusher.Join();
  remover.Join();
  EXPECT_TRUE(removed);
}

CONFORMANCE(RemoveLocks, ForIoMakeTheRemovalWaitForEveryIrp, "INI-16") { RemoveWithAnIrpOut(machine, true); }

CONFORMANCE(RemoveLocks, WithoutThemARemovalDoesNotWaitForIrpsThatTheDriverKeeps, "INI-16") { RemoveWithAnIrpOut(machine, false); }

CONFORMANCE(RemoveLocks, OfWrongSizeAreIgnoredWithABreak, "INI-16") {
  Hooks hooks;
  hooks.init = [](PWDFDEVICE_INIT init) {
    WDF_REMOVE_LOCK_OPTIONS options;
    WDF_REMOVE_LOCK_OPTIONS_INIT(&options, WDF_REMOVE_LOCK_OPTION_ACQUIRE_FOR_IO);
    options.Size = 4;
    WdfDeviceInitSetRemoveLockOptions(init, &options);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_TRUE(rig.device.started());
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
}

}  // namespace
}  // namespace drydock::test
