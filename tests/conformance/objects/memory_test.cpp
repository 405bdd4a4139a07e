// Memory objects, lookaside lists, descriptors.
#include <cstring>

#include "rig.h"

namespace drydock::test {

struct MemoryContext {
  int number;
};
WDF_DECLARE_CONTEXT_TYPE(MemoryContext)

namespace {

WDFMEMORY NewMemory(size_t size, POOL_TYPE pool = NonPagedPoolNx, WDFOBJECT parent = nullptr) {
  WDF_OBJECT_ATTRIBUTES attributes = Attributes(parent);
  WDFMEMORY memory = nullptr;
  EXPECT_EQ(S(WdfMemoryCreate(&attributes, pool, 'tset', size, &memory, nullptr)), S(STATUS_SUCCESS));
  return memory;
}

char* BytesOf(WDFMEMORY memory) { return static_cast<char*>(WdfMemoryGetBuffer(memory, nullptr)); }

CONFORMANCE(Memory, CreateGivesABufferOfThatSize, "IOT-8.01", "IOT-8.07") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFMEMORY memory = nullptr;
    PVOID buffer = nullptr;
    ASSERT_EQ(S(WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPoolNx, 'tset', 100, &memory, &buffer)), S(STATUS_SUCCESS));
    size_t size = 0;
    EXPECT_EQ(WdfMemoryGetBuffer(memory, &size), buffer);
    EXPECT_EQ(size, 100u);
    std::memset(buffer, 1, 100);
    EXPECT_EQ(WdfMemoryGetBuffer(memory, nullptr), buffer);
    WdfObjectDelete(memory);
  });
}

CONFORMANCE(Memory, SizeZeroIsRefused, "IOT-8.01", "IOT-8.05", "IOT-8.06") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFMEMORY memory = reinterpret_cast<WDFMEMORY>(&rig);
    char buffer[8];
    EXPECT_EQ(S(WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPoolNx, 0, 0, &memory, nullptr)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(memory, nullptr);
    EXPECT_EQ(S(WdfMemoryCreatePreallocated(WDF_NO_OBJECT_ATTRIBUTES, buffer, 0, &memory)), S(STATUS_INVALID_PARAMETER));
    ASSERT_EQ(S(WdfMemoryCreatePreallocated(WDF_NO_OBJECT_ATTRIBUTES, buffer, 8, &memory)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfMemoryAssignBuffer(memory, buffer, 0)), S(STATUS_INVALID_PARAMETER));
    WdfObjectDelete(memory);
  });
}

CONFORMANCE(Memory, AlignmentByWhetherAPageIsReached, "IOT-8.04", "IOX-60") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    for (size_t size : {1ul, 17ul, 100ul, 4095ul}) {
      EXPECT_EQ(reinterpret_cast<uintptr_t>(BytesOf(NewMemory(size))) % MEMORY_ALLOCATION_ALIGNMENT, 0u) << size;
    }
    for (size_t size : {4096ul, 4097ul, 20000ul}) {
      EXPECT_EQ(reinterpret_cast<uintptr_t>(BytesOf(NewMemory(size))) % PAGE_SIZE, 0u) << size;
      EXPECT_EQ(reinterpret_cast<uintptr_t>(BytesOf(NewMemory(size, PagedPool))) % PAGE_SIZE, 0u) << size;
    }
  });
}

CONFORMANCE(Memory, GoesWithItsParentWhichIsTheDriverByDefault, "IOT-8.02", "IOT-8.16", "OBJ-29") {
  Hooks hooks;
  Log log;
  {
    Rig rig(machine, hooks);
    machine.Run([&] {
      WDFOBJECT parent = NewObject();
      for (WDFOBJECT owner : {parent, WDFOBJECT(nullptr)}) {
        WDF_OBJECT_ATTRIBUTES attributes = Attributes(owner);
        MakeNamed(&attributes);
        WDFMEMORY memory = nullptr;
        ASSERT_EQ(S(WdfMemoryCreate(&attributes, NonPagedPoolNx, 0, 32, &memory, nullptr)), S(STATUS_SUCCESS));
        Name(memory, log, owner ? "child" : "default");
      }
      WdfObjectDelete(parent);
      EXPECT_EQ(log.lines(), (Lines{"child.cleanup", "child.destroy"}));
    });
  }
  EXPECT_EQ(log.lines().back(), "default.destroy");
  EXPECT_EQ(machine.CountReports(ReportKind::kLeak), 0u) << "the buffers went with their objects: " << machine.ReportText();
}

CONFORMANCE(Memory, ThePoolTagIsTheDriversWhenNoneIsGiven, "IOT-8.03", "DRV-05", "DEVX-9") {
  Hooks hooks;
  hooks.driver_config = [](WDF_DRIVER_CONFIG& config, WDF_OBJECT_ATTRIBUTES&) { config.DriverPoolTag = 'ydoB'; };
  Rig rig(machine, hooks);
  machine.Run([&] {
    EXPECT_EQ(WdfDriverGlobals->DriverTag, static_cast<ULONG>('ydoB'));
    WDFMEMORY memory = nullptr;
    PVOID buffer = nullptr;
    ASSERT_EQ(S(WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPoolNx, 0, 32, &memory, &buffer)), S(STATUS_SUCCESS));
    WdfObjectReference(memory);  // leaked, so that the report tells the block's tag
  });
}

CONFORMANCE(Memory, APreallocatedBufferIsNotFreed, "IOT-8.05", "IOT-8.06", "IOT-8.16") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    char first[8] = "first", second[16] = "second";
    WDFMEMORY memory = nullptr;
    ASSERT_EQ(S(WdfMemoryCreatePreallocated(WDF_NO_OBJECT_ATTRIBUTES, first, sizeof(first), &memory)), S(STATUS_SUCCESS));
    EXPECT_EQ(BytesOf(memory), first);
    ASSERT_EQ(S(WdfMemoryAssignBuffer(memory, second, sizeof(second))), S(STATUS_SUCCESS));
    size_t size = 0;
    EXPECT_EQ(WdfMemoryGetBuffer(memory, &size), second);
    EXPECT_EQ(size, sizeof(second));
    WdfObjectDelete(memory);
    EXPECT_STREQ(first, "first");
    EXPECT_STREQ(second, "second");
  });
}

CONFORMANCE(Memory, AssignToAnotherKindOfMemoryIsABugCheck, "IOT-8.06") {
  Hooks hooks;
  Rig rig(machine, hooks);
  WDFMEMORY memory = nullptr;
  machine.Run([&] {
    char buffer[8];
    memory = NewMemory(8);
    (void)WdfMemoryAssignBuffer(memory, buffer, sizeof(buffer));
  });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x5, reinterpret_cast<uint64_t>(memory));
}

CONFORMANCE(Memory, CopyFromBufferChecksWhatFits, "IOT-8.08", "OP-13") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFMEMORY memory = NewMemory(8);
    std::memset(BytesOf(memory), 'x', 8);
    char data[16] = "abcdefgh";
    EXPECT_EQ(S(WdfMemoryCopyFromBuffer(memory, 8, data, 1)), S(STATUS_INVALID_BUFFER_SIZE));
    EXPECT_EQ(S(WdfMemoryCopyFromBuffer(memory, 100, data, 1)), S(STATUS_INVALID_BUFFER_SIZE));
    EXPECT_EQ(S(WdfMemoryCopyFromBuffer(memory, 4, data, 5)), S(STATUS_INVALID_BUFFER_SIZE));
    EXPECT_EQ(S(WdfMemoryCopyFromBuffer(memory, 1, data, SIZE_MAX)), S(STATUS_INVALID_BUFFER_SIZE));
    EXPECT_EQ(S(WdfMemoryCopyFromBuffer(memory, 0, data, 0)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(std::string(BytesOf(memory), 8), "xxxxxxxx") << "a refused copy moves nothing";
    EXPECT_EQ(S(WdfMemoryCopyFromBuffer(memory, 4, data, 4)), S(STATUS_SUCCESS));
    EXPECT_EQ(std::string(BytesOf(memory), 8), "xxxxabcd");
    EXPECT_EQ(S(WdfMemoryCopyFromBuffer(memory, 0, data, 8)), S(STATUS_SUCCESS));
  });
}

CONFORMANCE(Memory, CopyToBufferChecksWhatIsThere, "IOT-8.09") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFMEMORY memory = NewMemory(8);
    std::memcpy(BytesOf(memory), "abcdefgh", 8);
    char out[17] = "................";
    EXPECT_EQ(S(WdfMemoryCopyToBuffer(memory, 8, out, 1)), S(STATUS_BUFFER_TOO_SMALL));
    EXPECT_EQ(S(WdfMemoryCopyToBuffer(memory, 0, out, 9)), S(STATUS_BUFFER_TOO_SMALL));
    EXPECT_EQ(S(WdfMemoryCopyToBuffer(memory, 4, out, 5)), S(STATUS_BUFFER_TOO_SMALL));
    EXPECT_EQ(out[0], '.');
    EXPECT_EQ(S(WdfMemoryCopyToBuffer(memory, 4, out, 4)), S(STATUS_SUCCESS));
    EXPECT_EQ(std::string(out, 5), "efgh.");
  });
}

CONFORMANCE(Memory, CopiesRunAtDispatchLevel, "IOT-8.10", "IOT-8.06", "IOT-8.07") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDFMEMORY memory = NewMemory(8);
    char data[8] = "abcdefg";
    AtDispatch raised;
    EXPECT_EQ(S(WdfMemoryCopyFromBuffer(memory, 0, data, 8)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfMemoryCopyToBuffer(memory, 0, data, 8)), S(STATUS_SUCCESS));
    EXPECT_NE(WdfMemoryGetBuffer(memory, nullptr), nullptr);
  });
}

CONFORMANCE(Memory, WriteDataOfARequestIsReadOnly, "IOX-59", "OP-13") {
  NTSTATUS copy = STATUS_SUCCESS;
  Hooks hooks;
  hooks.write = [&](WDFREQUEST request, size_t) {
    WDFMEMORY memory = nullptr;
    EXPECT_EQ(S(WdfRequestRetrieveInputMemory(request, &memory)), S(STATUS_SUCCESS));
    char data[2] = "x";
    copy = WdfMemoryCopyFromBuffer(memory, 0, data, 1);
    char out[4] = {};
    EXPECT_EQ(S(WdfMemoryCopyToBuffer(memory, 0, out, 3)), S(STATUS_SUCCESS));
    EXPECT_STREQ(out, "abc");
    WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 3);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  EXPECT_EQ(rig.Open().Write("abc").status, STATUS_SUCCESS);
  EXPECT_EQ(S(copy), S(STATUS_ACCESS_VIOLATION));
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
}

CONFORMANCE(Memory, PagedMemoryIsCleanedUpAtPassive, "IOT-8.19", "OBJ-18") {
  Hooks hooks;
  Log log;
  Rig rig(machine, hooks);
  machine.Run([&] {
    KIRQL levels[2] = {0xFF, 0xFF};
    std::function<void()> on_cleanup[2];
    for (int i = 0; i < 2; ++i) {
      WDF_OBJECT_ATTRIBUTES attributes = Attributes();
      MakeNamed(&attributes);
      WDFMEMORY memory = nullptr;
      ASSERT_EQ(S(WdfMemoryCreate(&attributes, i ? PagedPool : NonPagedPoolNx, 0, 32, &memory, nullptr)), S(STATUS_SUCCESS));
      Name(memory, log, i ? "paged" : "nonpaged");
      on_cleanup[i] = [&levels, i] { levels[i] = KeGetCurrentIrql(); };
      NamedOf(memory)->on_cleanup = &on_cleanup[i];
      AtDispatch raised;
      WdfObjectDelete(memory);
    }
    ASSERT_TRUE(Until([&] { return log.Count("paged.destroy") == 1; }));
    EXPECT_EQ(levels[0], DISPATCH_LEVEL);
    EXPECT_EQ(levels[1], PASSIVE_LEVEL);
  });
}

CONFORMANCE(Lookaside, DrawsMemoryOfItsSizeAndAttributes, "IOT-8.11", "IOT-8.12") {
  Hooks hooks;
  Rig rig(machine, hooks);
  machine.Run([&] {
    WDF_OBJECT_ATTRIBUTES memory_attributes = Attributes();
    WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(&memory_attributes, MemoryContext);
    WDFLOOKASIDE list = nullptr;
    ASSERT_EQ(S(WdfLookasideListCreate(WDF_NO_OBJECT_ATTRIBUTES, 48, NonPagedPoolNx, &memory_attributes, 'kool', &list)), S(STATUS_SUCCESS));
    WDFMEMORY memory = nullptr;
    {
      AtDispatch raised;
      ASSERT_EQ(S(WdfMemoryCreateFromLookaside(list, &memory)), S(STATUS_SUCCESS));
    }
    size_t size = 0;
    void* buffer = WdfMemoryGetBuffer(memory, &size);
    EXPECT_EQ(size, 48u);
    ASSERT_NE(WdfObjectGet_MemoryContext(memory), nullptr);
    EXPECT_EQ(WdfObjectGet_MemoryContext(memory)->number, 0);
    WdfObjectDelete(memory);
    ASSERT_EQ(S(WdfMemoryCreateFromLookaside(list, &memory)), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfMemoryGetBuffer(memory, nullptr), buffer) << "the deleted one's buffer went back to the list";
    // A buffer that is out survives its list.
    WdfObjectDelete(list);
    std::memset(WdfMemoryGetBuffer(memory, nullptr), 1, 48);
    WdfObjectDelete(memory);
  });
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

CONFORMANCE(Lookaside, RefusesWhatCannotBe, "IOT-8.11") {
  Hooks hooks;
  Rig rig(machine, hooks);
  rig.AddDevice();
  WDFDEVICE first = hooks.device;
  Device second = machine.AddDevice({.function = rig.driver});
  machine.Run([&] {
    WDFLOOKASIDE list = nullptr;
    EXPECT_EQ(S(WdfLookasideListCreate(WDF_NO_OBJECT_ATTRIBUTES, 0, NonPagedPoolNx, WDF_NO_OBJECT_ATTRIBUTES, 0, &list)),
              S(STATUS_INVALID_PARAMETER));
    WDF_OBJECT_ATTRIBUTES of_list = Attributes(first), of_memory = Attributes(hooks.device);
    EXPECT_EQ(S(WdfLookasideListCreate(&of_list, 8, NonPagedPoolNx, &of_memory, 0, &list)), S(STATUS_INVALID_PARAMETER));
    of_memory = Attributes(first);
    EXPECT_EQ(S(WdfLookasideListCreate(&of_list, 8, NonPagedPoolNx, &of_memory, 0, &list)), S(STATUS_SUCCESS));
    of_memory.Size = 3;
    EXPECT_EQ(S(WdfLookasideListCreate(&of_list, 8, NonPagedPoolNx, &of_memory, 0, &list)), S(STATUS_INFO_LENGTH_MISMATCH));
  });
  machine.RemoveDevice(second);
}

CONFORMANCE(Memory, DescriptorHelpersFillOneArm, "IOT-8.13", "IOT-8.14") {
  Hooks hooks;
  Rig rig(machine, hooks);
  char buffer[4];
  WDF_MEMORY_DESCRIPTOR descriptor;
  std::memset(&descriptor, 0xFF, sizeof(descriptor));
  WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&descriptor, buffer, 4);
  EXPECT_EQ(descriptor.Type, WdfMemoryDescriptorTypeBuffer);
  EXPECT_EQ(static_cast<int>(WdfMemoryDescriptorTypeBuffer), 1);
  EXPECT_EQ(descriptor.u.BufferType.Buffer, buffer);
  EXPECT_EQ(descriptor.u.BufferType.Length, 4u);
  std::memset(&descriptor, 0xFF, sizeof(descriptor));
  WDF_MEMORY_DESCRIPTOR_INIT_HANDLE(&descriptor, nullptr, nullptr);
  EXPECT_EQ(static_cast<int>(descriptor.Type), 3);
  EXPECT_EQ(descriptor.u.HandleType.Offsets, nullptr);
}

CONFORMANCE(Memory, AContextOnARequestsMemoryIsRefused, "DEVX-7") {
  NTSTATUS status = STATUS_SUCCESS;
  Hooks hooks;
  hooks.write = [&](WDFREQUEST request, size_t) {
    WDFMEMORY memory = nullptr;
    EXPECT_EQ(S(WdfRequestRetrieveInputMemory(request, &memory)), S(STATUS_SUCCESS));
    WDF_OBJECT_ATTRIBUTES attributes = Attributes();
    WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(&attributes, MemoryContext);
    PVOID context = nullptr;
    status = WdfObjectAllocateContext(memory, &attributes, &context);
    WdfRequestComplete(request, STATUS_SUCCESS);
  };
  Rig rig(machine, hooks);
  rig.AddDevice();
  rig.Open().Write("abc");
  EXPECT_EQ(S(status), S(STATUS_OBJECT_PATH_INVALID));
}

}  // namespace
}  // namespace drydock::test
