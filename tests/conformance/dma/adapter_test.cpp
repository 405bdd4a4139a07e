// NT's DMA services as a WDM driver uses them: DMA_ADAPTER and DMA_OPERATIONS of versions 2 and 3.
#include "dma_rig.h"

using namespace drydock;
using namespace drydock::test;

namespace {

struct Wdm {
  explicit Wdm(Machine& the_machine) : machine(the_machine), rig(the_machine, WdfDmaProfilePacket, 4096) {}

  PDMA_ADAPTER Adapter(ULONG version, bool lists, bool wide, ULONG maximum = 65536) {
    DEVICE_DESCRIPTION description = {};
    description.Version = version;
    description.Master = TRUE;
    description.ScatterGather = lists;
    description.Dma32BitAddresses = TRUE;
    description.Dma64BitAddresses = wide;
    description.InterfaceType = PCIBus;
    description.MaximumLength = maximum;
    PDMA_ADAPTER adapter = IoGetDmaAdapter(WdfDeviceWdmGetPhysicalDevice(rig.hooks.device), &description, &registers);
    return adapter;
  }
  PDEVICE_OBJECT device() { return WdfDeviceWdmGetDeviceObject(rig.hooks.device); }

  Machine& machine;
  DmaRig rig;
  ULONG registers = 0;
};

struct Control {  // of an AdapterControl
  IO_ALLOCATION_ACTION action = DeallocateObjectKeepRegisters;
  int calls = 0;
  PVOID base = nullptr;
  KIRQL irql = 0;
};
IO_ALLOCATION_ACTION OnControl(PDEVICE_OBJECT, PIRP, PVOID base, PVOID context) {
  auto* control = static_cast<Control*>(context);
  ++control->calls;
  control->base = base;
  control->irql = KeGetCurrentIrql();
  return control->action;
}

struct Listed {
  int calls = 0;
  PSCATTER_GATHER_LIST list = nullptr;
};
VOID OnList(PDEVICE_OBJECT, PIRP, PSCATTER_GATHER_LIST list, PVOID context) {
  auto* listed = static_cast<Listed*>(context);
  ++listed->calls;
  listed->list = list;
}

std::string Read(Machine& machine, PSCATTER_GATHER_LIST list) {
  Transfer transfer{};
  SCATTER_GATHER_ELEMENT* elements = list->Elements;
  for (ULONG i = 0; i < list->NumberOfElements; ++i) transfer.elements.push_back({static_cast<uint64_t>(elements[i].Address.QuadPart), elements[i].Length});
  return ReadAll(machine.dma(), transfer);
}

}  // namespace

CONFORMANCE(DmaAdapter, VersionsAndSizes, "ours") {
  Wdm wdm(machine);
  machine.Run([&] {
    PDMA_ADAPTER two = wdm.Adapter(DEVICE_DESCRIPTION_VERSION2, true, true);
    ASSERT_NE(two, nullptr);
    EXPECT_EQ(wdm.registers, 17u);  // a page each, and one for a buffer that begins inside a page
    EXPECT_EQ(two->DmaOperations->Size, offsetof(DMA_OPERATIONS, GetDmaAdapterInfo));
    EXPECT_EQ(two->DmaOperations->GetDmaAlignment(two), 1u);
    PDMA_ADAPTER three = wdm.Adapter(DEVICE_DESCRIPTION_VERSION3, false, false);
    ASSERT_NE(three, nullptr);
    EXPECT_EQ(three->DmaOperations->Size, sizeof(DMA_OPERATIONS));
    DMA_ADAPTER_INFO info = {};
    info.Version = DMA_ADAPTER_INFO_VERSION1;
    EXPECT_EQ(S(three->DmaOperations->GetDmaAdapterInfo(three, &info)), S(STATUS_SUCCESS));
    EXPECT_EQ(info.V1.DmaAddressWidth, 32u);
    info.Version = 9;
    EXPECT_EQ(S(three->DmaOperations->GetDmaAdapterInfo(three, &info)), S(STATUS_NOT_SUPPORTED));
    EXPECT_EQ(wdm.Adapter(4, false, false), nullptr);
    two->DmaOperations->PutDmaAdapter(two);
    three->DmaOperations->PutDmaAdapter(three);
  });
}

CONFORMANCE(DmaAdapter, PacketTransferOfVersion2, "ours") {
  Wdm wdm(machine);
  machine.Run([&] {
    PDMA_ADAPTER adapter = wdm.Adapter(DEVICE_DESCRIPTION_VERSION2, false, false);
    DMA_OPERATIONS& dma = *adapter->DmaOperations;
    Buffer buffer(9000, 77);
    buffer.Fill(Pattern(9000));
    AtDispatch level;
    Control control;
    EXPECT_EQ(S(dma.AllocateAdapterChannel(adapter, wdm.device(), 18, OnControl, &control)), S(STATUS_INSUFFICIENT_RESOURCES));
    EXPECT_EQ(S(dma.AllocateAdapterChannel(adapter, wdm.device(), 3, OnControl, &control)), S(STATUS_SUCCESS));
    ASSERT_EQ(control.calls, 1);
    EXPECT_EQ(control.irql, DISPATCH_LEVEL);
    ULONG length = 9000;
    PHYSICAL_ADDRESS address = dma.MapTransfer(adapter, buffer.mdl(), control.base, buffer.data(), &length, TRUE);
    EXPECT_EQ(length, 9000u);  // in one piece
    EXPECT_EQ(address.QuadPart & (PAGE_SIZE - 1), 77);
    std::string taken(9000, ' ');
    EXPECT_TRUE(machine.dma().Read(static_cast<uint64_t>(address.QuadPart), taken.data(), 9000));
    EXPECT_EQ(taken, buffer.text());
    EXPECT_TRUE(dma.FlushAdapterBuffers(adapter, buffer.mdl(), control.base, buffer.data(), 9000, TRUE));
    EXPECT_FALSE(machine.dma().Readable(static_cast<uint64_t>(address.QuadPart), 1));
    dma.FreeMapRegisters(adapter, control.base, 3);
    dma.PutDmaAdapter(adapter);
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 0u) << machine.ReportText();
}

CONFORMANCE(DmaAdapter, AdapterIsKeptUntilFreed, "ours") {
  Wdm wdm(machine);
  machine.Run([&] {
    PDMA_ADAPTER adapter = wdm.Adapter(DEVICE_DESCRIPTION_VERSION3, false, false);
    DMA_OPERATIONS& dma = *adapter->DmaOperations;
    AtDispatch level;
    alignas(16) char one[DMA_TRANSFER_CONTEXT_SIZE_V1], two[DMA_TRANSFER_CONTEXT_SIZE_V1], three[DMA_TRANSFER_CONTEXT_SIZE_V1];
    for (char* context : {one, two, three}) EXPECT_EQ(S(dma.InitializeDmaTransferContext(adapter, context)), S(STATUS_SUCCESS));
    Control first{KeepObject}, second{DeallocateObject}, third{KeepObject};
    EXPECT_EQ(S(dma.AllocateAdapterChannelEx(adapter, wdm.device(), one, 2, 0, OnControl, &first, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(dma.AllocateAdapterChannelEx(adapter, wdm.device(), two, 2, 0, OnControl, &second, nullptr)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(dma.AllocateAdapterChannelEx(adapter, wdm.device(), three, 2, DMA_SYNCHRONOUS_CALLBACK, OnControl, &third, nullptr)),
              S(STATUS_INSUFFICIENT_RESOURCES));
    PVOID base = nullptr;
    EXPECT_EQ(S(dma.AllocateAdapterChannelEx(adapter, wdm.device(), three, 2, 0, nullptr, nullptr, &base)), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(first.calls, 1);
    EXPECT_EQ(second.calls, 0);
    EXPECT_FALSE(dma.CancelAdapterChannel(adapter, wdm.device(), one));
    dma.FreeAdapterObject(adapter, DeallocateObject);
    EXPECT_EQ(second.calls, 1);  // and it gave everything back at once
    // Without a routine the caller has the registers when the call returns.
    EXPECT_EQ(S(dma.AllocateAdapterChannelEx(adapter, wdm.device(), three, 2, DMA_SYNCHRONOUS_CALLBACK, nullptr, nullptr, &base)), S(STATUS_SUCCESS));
    EXPECT_NE(base, nullptr);
    dma.FreeAdapterChannel(adapter);
    // Cancelled before it is asked for.
    dma.InitializeDmaTransferContext(adapter, one);
    EXPECT_TRUE(dma.CancelAdapterChannel(adapter, wdm.device(), one));
    EXPECT_FALSE(NT_SUCCESS(dma.AllocateAdapterChannelEx(adapter, wdm.device(), one, 1, 0, OnControl, &first, nullptr)));
    EXPECT_EQ(first.calls, 1);
    dma.PutDmaAdapter(adapter);
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 0u) << machine.ReportText();
}

CONFORMANCE(DmaAdapter, ScatterGatherListsOfBothVersions, "ours") {
  Wdm wdm(machine);
  machine.Run([&] {
    Buffer buffer(9000, 77);
    buffer.Fill(Pattern(9000));
    for (ULONG version : {DEVICE_DESCRIPTION_VERSION2, DEVICE_DESCRIPTION_VERSION3}) {
      PDMA_ADAPTER adapter = wdm.Adapter(version, true, version == DEVICE_DESCRIPTION_VERSION3);
      DMA_OPERATIONS& dma = *adapter->DmaOperations;
      AtDispatch level;
      Listed listed;
      EXPECT_EQ(S(dma.GetScatterGatherList(adapter, wdm.device(), buffer.mdl(), buffer.data(), 9001, OnList, &listed, TRUE)), S(STATUS_BUFFER_TOO_SMALL));
      ASSERT_EQ(S(dma.GetScatterGatherList(adapter, wdm.device(), buffer.mdl(), buffer.data(), 9000, OnList, &listed, TRUE)), S(STATUS_SUCCESS));
      ASSERT_EQ(listed.calls, 1);
      EXPECT_EQ(listed.list->NumberOfElements, 3u);
      EXPECT_EQ(Read(machine, listed.list), buffer.text());
      PMDL target = nullptr;
      NTSTATUS status = dma.BuildMdlFromScatterGatherList(adapter, listed.list, buffer.mdl(), &target);
      EXPECT_EQ(S(status), S(version == DEVICE_DESCRIPTION_VERSION3 ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED));  // 64 bits reach the buffer itself
      dma.PutScatterGatherList(adapter, listed.list, TRUE);
      ULONG size = 0, registers = 0;
      EXPECT_EQ(S(dma.CalculateScatterGatherList(adapter, buffer.mdl(), buffer.data(), 9000, &size, &registers)), S(STATUS_SUCCESS));
      EXPECT_EQ(registers, 3u);
      EXPECT_EQ(size, offsetof(SCATTER_GATHER_LIST, Elements) + 3 * sizeof(SCATTER_GATHER_ELEMENT));
      EXPECT_EQ(S(dma.CalculateScatterGatherList(adapter, nullptr, buffer.data(), 9000, &size, nullptr)), S(STATUS_SUCCESS));
      char memory[200];
      EXPECT_EQ(S(dma.BuildScatterGatherList(adapter, wdm.device(), buffer.mdl(), buffer.data(), 9000, OnList, &listed, TRUE, memory, size - 1)),
                S(STATUS_BUFFER_TOO_SMALL));
      ASSERT_EQ(S(dma.BuildScatterGatherList(adapter, wdm.device(), buffer.mdl(), buffer.data(), 9000, OnList, &listed, TRUE, memory, size)),
                S(STATUS_SUCCESS));
      EXPECT_EQ(static_cast<void*>(listed.list), memory);
      EXPECT_EQ(Read(machine, listed.list), buffer.text());
      dma.PutScatterGatherList(adapter, listed.list, TRUE);
      if (version == DEVICE_DESCRIPTION_VERSION3) {
        alignas(16) char context[DMA_TRANSFER_CONTEXT_SIZE_V1];
        dma.InitializeDmaTransferContext(adapter, context);
        PSCATTER_GATHER_LIST list = nullptr;
        ASSERT_EQ(S(dma.GetScatterGatherListEx(adapter, wdm.device(), context, buffer.mdl(), 4000, 5000, DMA_SYNCHRONOUS_CALLBACK, nullptr, nullptr, TRUE,
                                               nullptr, nullptr, &list)),
                  S(STATUS_SUCCESS));
        EXPECT_EQ(Read(machine, list), buffer.text().substr(4000, 5000));
        dma.PutScatterGatherList(adapter, list, TRUE);
      }
      dma.PutDmaAdapter(adapter);
    }
  });
  EXPECT_EQ(machine.dma().mapped_pages(), 0u);
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 0u) << machine.ReportText();
}

CONFORMANCE(DmaAdapter, PiecesOfVersion2ScatterGather, "ours") {
  Wdm wdm(machine);
  machine.Run([&] {
    PDMA_ADAPTER adapter = wdm.Adapter(DEVICE_DESCRIPTION_VERSION2, true, false);
    DMA_OPERATIONS& dma = *adapter->DmaOperations;
    Buffer buffer(9000, 77);
    AtDispatch level;
    Control control;
    ASSERT_EQ(S(dma.AllocateAdapterChannel(adapter, wdm.device(), 3, OnControl, &control)), S(STATUS_SUCCESS));
    const std::string wanted = Pattern(9000, 'A');
    size_t at = 0;
    int pieces = 0;
    while (at < 9000) {
      ULONG length = static_cast<ULONG>(9000 - at);
      PHYSICAL_ADDRESS address = dma.MapTransfer(adapter, buffer.mdl(), control.base, buffer.data() + at, &length, FALSE);
      EXPECT_TRUE(machine.dma().Write(static_cast<uint64_t>(address.QuadPart), wanted.data() + at, length));
      at += length;
      ++pieces;
    }
    EXPECT_EQ(pieces, 3);
    EXPECT_TRUE(dma.FlushAdapterBuffers(adapter, buffer.mdl(), control.base, buffer.data(), 9000, FALSE));  // all at once
    EXPECT_EQ(buffer.text(), wanted);
    dma.FreeMapRegisters(adapter, control.base, 3);
    dma.PutDmaAdapter(adapter);
  });
}

CONFORMANCE_WITH((MachineOptions{.dma = {.contiguous = true}}), DmaAdapter, NeighboursStayNeighbours, "ours") {
  Wdm wdm(machine);
  machine.Run([&] {
    PDMA_ADAPTER adapter = wdm.Adapter(DEVICE_DESCRIPTION_VERSION2, true, true);
    Buffer buffer(9000, 77);
    AtDispatch level;
    Listed listed;
    adapter->DmaOperations->GetScatterGatherList(adapter, wdm.device(), buffer.mdl(), buffer.data(), 9000, OnList, &listed, TRUE);
    EXPECT_EQ(listed.list->NumberOfElements, 1u);
    adapter->DmaOperations->PutScatterGatherList(adapter, listed.list, TRUE);
    adapter->DmaOperations->PutDmaAdapter(adapter);
  });
}

CONFORMANCE_WITH((MachineOptions{.dma = {.map_registers = 4}}), DmaAdapter, PoolIsServedInOrder, "ours") {
  Wdm wdm(machine);
  machine.Run([&] {
    PDMA_ADAPTER adapter = wdm.Adapter(DEVICE_DESCRIPTION_VERSION2, true, false);
    PDMA_ADAPTER other = wdm.Adapter(DEVICE_DESCRIPTION_VERSION2, true, false);
    EXPECT_EQ(wdm.registers, 4u);
    DMA_OPERATIONS& dma = *adapter->DmaOperations;
    Buffer large(3 * PAGE_SIZE), small(PAGE_SIZE);
    AtDispatch level;
    Listed first, second, third, fourth;
    dma.GetScatterGatherList(adapter, wdm.device(), large.mdl(), large.data(), 3 * PAGE_SIZE, OnList, &first, TRUE);
    dma.GetScatterGatherList(adapter, wdm.device(), large.mdl(), large.data(), 3 * PAGE_SIZE, OnList, &second, TRUE);  // waits
    dma.GetScatterGatherList(adapter, wdm.device(), small.mdl(), small.data(), PAGE_SIZE, OnList, &third, TRUE);       // behind it
    other->DmaOperations->GetScatterGatherList(other, wdm.device(), small.mdl(), small.data(), PAGE_SIZE, OnList, &fourth, TRUE);
    EXPECT_EQ(first.calls, 1);
    EXPECT_EQ(second.calls, 0);
    EXPECT_EQ(third.calls, 0);
    EXPECT_EQ(fourth.calls, 1);  // another adapter is not held up
    other->DmaOperations->PutScatterGatherList(other, fourth.list, TRUE);
    EXPECT_EQ(second.calls, 0);
    dma.PutScatterGatherList(adapter, first.list, TRUE);
    EXPECT_EQ(second.calls, 1);
    EXPECT_EQ(third.calls, 1);
    dma.PutScatterGatherList(adapter, second.list, TRUE);
    dma.PutScatterGatherList(adapter, third.list, TRUE);
    dma.PutDmaAdapter(adapter);
    dma.PutDmaAdapter(other);
  });
}

CONFORMANCE(DmaAdapter, ForgottenFlushIsFound, "ours") {
  Wdm wdm(machine);
  machine.Run([&] {
    PDMA_ADAPTER adapter = wdm.Adapter(DEVICE_DESCRIPTION_VERSION2, false, false);
    DMA_OPERATIONS& dma = *adapter->DmaOperations;
    Buffer buffer(100);
    AtDispatch level;
    Control control;
    dma.AllocateAdapterChannel(adapter, wdm.device(), 1, OnControl, &control);
    ULONG length = 100;
    dma.MapTransfer(adapter, buffer.mdl(), control.base, buffer.data(), &length, FALSE);
    dma.FreeMapRegisters(adapter, control.base, 1);
    dma.PutDmaAdapter(adapter);
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
}

CONFORMANCE(DmaAdapter, LeakIsFound, "ours") {
  Wdm wdm(machine);
  machine.Run([&] {
    PDMA_ADAPTER adapter = wdm.Adapter(DEVICE_DESCRIPTION_VERSION2, false, false);
    PHYSICAL_ADDRESS address;
    EXPECT_NE(adapter->DmaOperations->AllocateCommonBuffer(adapter, 100, &address, TRUE), nullptr);
    adapter->DmaOperations->PutDmaAdapter(adapter);
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
}

CONFORMANCE(DmaAdapter, BoundedCommonBuffers, "ours") {
  Wdm wdm(machine);
  machine.Run([&] {
    PDMA_ADAPTER adapter = wdm.Adapter(DEVICE_DESCRIPTION_VERSION3, true, true);
    PHYSICAL_ADDRESS maximum, address;
    maximum.QuadPart = 0xFFFF'FFFF;
    PVOID memory = adapter->DmaOperations->AllocateCommonBufferEx(adapter, &maximum, 5000, &address, TRUE, MM_ANY_NODE_OK);
    ASSERT_NE(memory, nullptr);
    EXPECT_LE(address.QuadPart + 5000, maximum.QuadPart);
    adapter->DmaOperations->FreeCommonBuffer(adapter, 5000, address, memory, TRUE);
    memory = adapter->DmaOperations->AllocateCommonBuffer(adapter, 5000, &address, TRUE);
    EXPECT_GT(address.QuadPart, maximum.QuadPart);  // a device that reaches high memory has it there
    adapter->DmaOperations->FreeCommonBuffer(adapter, 5000, address, memory, TRUE);
    adapter->DmaOperations->PutDmaAdapter(adapter);
  });
}

CONFORMANCE(DmaAdapter, CommonBuffersWithBoundsInVectorsAndOfMdls, "ours") {
  Wdm wdm(machine);
  machine.Run([&] {
    PDMA_ADAPTER adapter = wdm.Adapter(DEVICE_DESCRIPTION_VERSION3, true, true);
    DMA_OPERATIONS& dma = *adapter->DmaOperations;
    const DmaSpace space = machine.dma();
    PHYSICAL_ADDRESS low, high, address;
    high.QuadPart = 0x7FFF'FFFF;
    PVOID memory = dma.AllocateCommonBufferWithBounds(adapter, nullptr, &high, 5000, 0, nullptr, MM_ANY_NODE_OK, &address);
    ASSERT_NE(memory, nullptr);
    EXPECT_LE(address.QuadPart + 5000, high.QuadPart);
    dma.FreeCommonBuffer(adapter, 5000, address, memory, TRUE);
    low.QuadPart = 0x1'0000'0000;
    memory = dma.AllocateCommonBufferWithBounds(adapter, &low, nullptr, 100, 0, nullptr, MM_ANY_NODE_OK, &address);
    ASSERT_NE(memory, nullptr);
    EXPECT_GE(address.QuadPart, low.QuadPart);
    dma.FreeCommonBuffer(adapter, 100, address, memory, TRUE);
    EXPECT_EQ(dma.AllocateCommonBufferWithBounds(adapter, &low, &high, 100, 0, nullptr, MM_ANY_NODE_OK, &address), nullptr);

    low.QuadPart = 0;
    PDMA_COMMON_BUFFER_VECTOR vector = nullptr;
    EXPECT_EQ(S(dma.AllocateCommonBufferVector(adapter, low, high, MmCached, 0, 0, 0, 64, &vector)), S(STATUS_INVALID_PARAMETER));
    ASSERT_EQ(S(dma.AllocateCommonBufferVector(adapter, low, high, MmCached, 0, 0, 3, 64, &vector)), S(STATUS_SUCCESS));
    for (ULONG i = 0; i < 3; ++i) {
      dma.GetCommonBufferFromVectorByIndex(adapter, vector, i, &memory, &address);
      memset(memory, 'a' + static_cast<int>(i), 64);
      char seen = 0;
      EXPECT_TRUE(space.Read(static_cast<uint64_t>(address.QuadPart) + 63, &seen, 1));
      EXPECT_EQ(seen, 'a' + static_cast<char>(i));
    }
    dma.FreeCommonBufferFromVector(adapter, vector, 1);
    dma.FreeCommonBufferVector(adapter, vector);

    Buffer buffer(3 * PAGE_SIZE);
    ASSERT_EQ(S(dma.CreateCommonBufferFromMdl(adapter, buffer.mdl(), nullptr, 0, &address)), S(STATUS_SUCCESS));
    EXPECT_TRUE(space.Write(static_cast<uint64_t>(address.QuadPart) + PAGE_SIZE, "device", 6));
    EXPECT_EQ(std::string(buffer.data() + PAGE_SIZE, 6), "device");
    dma.FreeCommonBuffer(adapter, 3 * PAGE_SIZE, address, buffer.data(), TRUE);
    EXPECT_FALSE(space.Readable(static_cast<uint64_t>(address.QuadPart), 1));
    DMA_COMMON_BUFFER_EXTENDED_CONFIGURATION configs[2] = {};
    configs[0].ConfigType = CommonBufferConfigTypeSubSection;
    configs[0].SubSection.Offset = PAGE_SIZE;
    configs[0].SubSection.Length = PAGE_SIZE;
    configs[1].ConfigType = CommonBufferConfigTypeLogicalAddressLimits;
    configs[1].LogicalAddressLimits.MaximumAddress = high;
    ASSERT_EQ(S(dma.CreateCommonBufferFromMdl(adapter, buffer.mdl(), configs, 2, &address)), S(STATUS_SUCCESS));
    EXPECT_LE(address.QuadPart + PAGE_SIZE, high.QuadPart);
    char seen[6];
    EXPECT_TRUE(space.Read(static_cast<uint64_t>(address.QuadPart), seen, 6));
    EXPECT_EQ(std::string(seen, 6), "device");
    dma.FreeCommonBuffer(adapter, PAGE_SIZE, address, buffer.data() + PAGE_SIZE, TRUE);
    configs[0].ConfigType = CommonBufferConfigTypeHardwareAccessPermissions;
    configs[0].HardwareAccessType = CommonBufferHardwareAccessReadOnly;
    EXPECT_EQ(S(dma.CreateCommonBufferFromMdl(adapter, buffer.mdl(), configs, 1, &address)), S(STATUS_NOT_SUPPORTED));

    // One address space for all devices: it is everybody's domain.
    PDMA_ADAPTER other = wdm.Adapter(DEVICE_DESCRIPTION_VERSION3, false, false);
    const HANDLE domain = dma.GetDmaDomain(adapter);
    EXPECT_EQ(other->DmaOperations->GetDmaDomain(other), domain);
    EXPECT_EQ(S(dma.JoinDmaDomain(other, domain)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(dma.JoinDmaDomain(other, nullptr)), S(STATUS_INVALID_HANDLE));
    ASSERT_EQ(S(dma.AllocateDomainCommonBuffer(other, domain, nullptr, 100, 0, nullptr, MM_ANY_NODE_OK, &address, &memory)), S(STATUS_SUCCESS));
    dma.FreeCommonBuffer(other, 100, address, memory, TRUE);
    EXPECT_EQ(S(dma.LeaveDmaDomain(other)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(dma.FlushDmaBuffer(adapter, buffer.mdl(), TRUE)), S(STATUS_SUCCESS));
    other->DmaOperations->PutDmaAdapter(other);
    adapter->DmaOperations->PutDmaAdapter(adapter);
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 0u) << machine.ReportText();
}

// {496B8280-6F25-11D0-BEAF-08002BE2092F}
constexpr GUID kBusInterface = {0x496b8280, 0x6f25, 0x11d0, {0xbe, 0xaf, 0x08, 0x00, 0x2b, 0xe2, 0x09, 0x2f}};

CONFORMANCE(DmaAdapter, TheBusInterfaceGivesAdaptersAtDispatchLevel, "ours") {
  Wdm wdm(machine);
  machine.Run([&] {
    BUS_INTERFACE_STANDARD bus = {};
    ASSERT_EQ(S(WdfFdoQueryForInterface(wdm.rig.hooks.device, &kBusInterface, reinterpret_cast<PINTERFACE>(&bus), sizeof(bus), 1, nullptr)),
              S(STATUS_SUCCESS));
    PHYSICAL_ADDRESS address, translated = {};
    address.QuadPart = 0x1234'5000;
    ULONG memory_space = 0;
    EXPECT_TRUE(bus.TranslateBusAddress(bus.Context, address, 0x1000, &memory_space, &translated));
    EXPECT_EQ(translated.QuadPart, address.QuadPart);
    EXPECT_EQ(bus.GetBusData(bus.Context, 0, &address, 0, 8), 0u) << "no configuration space";
    DEVICE_DESCRIPTION description = {};
    description.Version = DEVICE_DESCRIPTION_VERSION2;
    description.Master = description.ScatterGather = description.Dma32BitAddresses = TRUE;
    description.MaximumLength = 4096;
    ULONG registers = 0;
    PDMA_ADAPTER adapter;
    {
      drydock::test::AtDispatch raised;
      adapter = bus.GetDmaAdapter(bus.Context, &description, &registers);
    }
    ASSERT_NE(adapter, nullptr);
    EXPECT_EQ(registers, 2u);
    adapter->DmaOperations->PutDmaAdapter(adapter);
    bus.InterfaceDereference(bus.Context);
  });
}

CONFORMANCE(DmaAdapter, UseAfterPut, "ours") {
  Wdm wdm(machine);
  machine.Run([&] {
    PDMA_ADAPTER adapter = wdm.Adapter(DEVICE_DESCRIPTION_VERSION2, false, false);
    adapter->DmaOperations->PutDmaAdapter(adapter);
    adapter->DmaOperations->GetDmaAlignment(adapter);
  });
  EXPECT_BUG_CHECK(machine, 0xE6, 0);
}

CONFORMANCE(DmaAdapter, BufferFreedTwice, "ours") {
  Wdm wdm(machine);
  machine.Run([&] {
    PDMA_ADAPTER adapter = wdm.Adapter(DEVICE_DESCRIPTION_VERSION2, false, false);
    PHYSICAL_ADDRESS address;
    PVOID memory = adapter->DmaOperations->AllocateCommonBuffer(adapter, 100, &address, TRUE);
    adapter->DmaOperations->FreeCommonBuffer(adapter, 100, address, memory, TRUE);
    adapter->DmaOperations->FreeCommonBuffer(adapter, 100, address, memory, TRUE);
  });
  EXPECT_BUG_CHECK(machine, 0xE6, 3);
}

CONFORMANCE(DmaAdapter, ChannelFreedTwice, "ours") {
  Wdm wdm(machine);
  machine.Run([&] {
    PDMA_ADAPTER adapter = wdm.Adapter(DEVICE_DESCRIPTION_VERSION2, false, false);
    adapter->DmaOperations->FreeAdapterChannel(adapter);
  });
  EXPECT_BUG_CHECK(machine, 0xE6, 4);
}

CONFORMANCE(DmaAdapter, RegistersFreedTwice, "ours") {
  Wdm wdm(machine);
  machine.Run([&] {
    PDMA_ADAPTER adapter = wdm.Adapter(DEVICE_DESCRIPTION_VERSION2, false, false);
    Control control;
    adapter->DmaOperations->AllocateAdapterChannel(adapter, wdm.device(), 1, OnControl, &control);
    adapter->DmaOperations->FreeMapRegisters(adapter, control.base, 1);
    adapter->DmaOperations->FreeMapRegisters(adapter, control.base, 1);
  });
  EXPECT_BUG_CHECK(machine, 0xE6, 5);
}

CONFORMANCE(DmaAdapter, ListPutTwice, "ours") {
  Wdm wdm(machine);
  machine.Run([&] {
    PDMA_ADAPTER adapter = wdm.Adapter(DEVICE_DESCRIPTION_VERSION2, true, true);
    char memory[200];
    Listed listed;
    Buffer buffer(100);
    adapter->DmaOperations->BuildScatterGatherList(adapter, wdm.device(), buffer.mdl(), buffer.data(), 100, OnList, &listed, TRUE, memory, sizeof(memory));
    adapter->DmaOperations->PutScatterGatherList(adapter, listed.list, TRUE);
    adapter->DmaOperations->PutScatterGatherList(adapter, listed.list, TRUE);
  });
  EXPECT_BUG_CHECK(machine, 0xE6, 6);
}

CONFORMANCE(DmaAdapter, PagesMustBeLocked, "ours") {
  Wdm wdm(machine);
  machine.Run([&] {
    PDMA_ADAPTER adapter = wdm.Adapter(DEVICE_DESCRIPTION_VERSION2, true, true);
    char data[100];
    PMDL mdl = IoAllocateMdl(data, sizeof(data), FALSE, FALSE, nullptr);
    Listed listed;
    adapter->DmaOperations->GetScatterGatherList(adapter, wdm.device(), mdl, data, sizeof(data), OnList, &listed, TRUE);
  });
  EXPECT_BUG_CHECK(machine, 0xE6, 0);
}

CONFORMANCE(DmaSpace, ContiguousMemoryAnswersAtItsPhysicalAddress, "ours") {
  // As drivers do that tell their device MmGetPhysicalAddress of memory that never moves.
  Wdm wdm(machine);
  machine.Run([&] {
    PHYSICAL_ADDRESS highest;
    highest.QuadPart = -1;
    auto* memory = static_cast<char*>(MmAllocateContiguousMemory(8192, highest));
    memory[5000] = 'x';
    char seen = 0;
    const uint64_t address = static_cast<uint64_t>(MmGetPhysicalAddress(memory).QuadPart);
    EXPECT_TRUE(machine.dma().Read(address + 5000, &seen, 1));
    EXPECT_EQ(seen, 'x');
    EXPECT_TRUE(machine.dma().Write(address, "y", 1));
    EXPECT_EQ(memory[0], 'y');
    EXPECT_FALSE(machine.dma().Readable(address + 8190, 10));
    MmFreeContiguousMemory(memory);
    EXPECT_FALSE(machine.dma().Readable(address, 1));
  });
}

CONFORMANCE(DmaSpace, WrongDirectionIsRefusedAndReported, "ours") {
  DmaRig rig(machine, WdfDmaProfileScatterGather64, 4096);
  DmaSpace memory = machine.dma();
  machine.Run([&] {
    Buffer buffer(100);
    Program program;
    WDFDMATRANSACTION transaction = rig.Initialized(buffer, WdfDmaDirectionReadFromDevice);
    WdfDmaTransactionExecute(transaction, &program);
    char byte = 0;
    EXPECT_FALSE(memory.Read(program.last().elements[0].address, &byte, 1));
    EXPECT_TRUE(memory.Write(program.last().elements[0].address, &byte, 1));
    EXPECT_FALSE(memory.Write(program.last().elements[0].address + 99, "ab", 2));  // past the buffer's end
    Completed(transaction);
    WdfObjectDelete(transaction);
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 2u);
}
