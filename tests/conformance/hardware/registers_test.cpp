// READ_REGISTER_..., WRITE_PORT_... and their kin, and what lies where.
#include <cstring>

#include "hw.h"

namespace drydock::test {
namespace {

// Remembers accesses as text: "w4[8]=7" (four bytes at offset 8), "r1[0]".
class Recorder final : public RegisterFile {
 public:
  uint64_t ReadRegister(uint64_t offset, unsigned bytes) override {
    log.Add("r" + std::to_string(bytes) + "[" + std::to_string(offset) + "]");
    return next++;
  }
  void WriteRegister(uint64_t offset, unsigned bytes, uint64_t value) override {
    log.Add("w" + std::to_string(bytes) + "[" + std::to_string(offset) + "]=" + std::to_string(value));
  }
  Log log;
  uint64_t next = 1;
};

// Runs `body` in EvtDevicePrepareHardware of a device with these resources.
void InPrepare(Machine& machine, std::vector<Resource> resources, std::function<void(WDFCMRESLIST)> body, std::function<void()> after = {}) {
  Hw hw;
  bool ran = false;
  hw.prepare = [&](WDFCMRESLIST, WDFCMRESLIST translated) {
    ran = true;
    body(translated);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hw);
  rig.device = machine.AddDevice(Spec(rig.driver, std::move(resources)));
  EXPECT_TRUE(ran);
  if (after) after();
}

CONFORMANCE(Registers, EachWidthReachesTheRegisterFile, "ours") {
  auto file = std::make_shared<Recorder>();
  InPrepare(machine, {Resource::Memory(0x40, file)}, [&](WDFCMRESLIST translated) {
    auto* base = reinterpret_cast<volatile UCHAR*>(MapFirst(translated));
    EXPECT_EQ(READ_REGISTER_UCHAR(base + 1), 1);
    EXPECT_EQ(READ_REGISTER_USHORT(reinterpret_cast<volatile USHORT*>(base + 2)), 2);
    EXPECT_EQ(READ_REGISTER_ULONG(reinterpret_cast<volatile ULONG*>(base + 4)), 3u);
    EXPECT_EQ(READ_REGISTER_ULONG64(reinterpret_cast<volatile ULONG64*>(base + 8)), 4u);
    WRITE_REGISTER_UCHAR(base, 0xFF);
    WRITE_REGISTER_USHORT(reinterpret_cast<volatile USHORT*>(base + 2), 0xFFFF);
    WRITE_REGISTER_ULONG(reinterpret_cast<volatile ULONG*>(base + 4), 77);
    WRITE_REGISTER_ULONG64(reinterpret_cast<volatile ULONG64*>(base + 8), ~ULONG64{0});
    EXPECT_EQ(file->log.Take(), (Lines{"r1[1]", "r2[2]", "r4[4]", "r8[8]", "w1[0]=255", "w2[2]=65535", "w4[4]=77", "w8[8]=18446744073709551615"}));
    MmUnmapIoSpace(const_cast<UCHAR*>(base), 0x40);
  });
}

CONFORMANCE(Registers, ABufferIsOneRegisterAfterTheOther, "ours") {
  auto file = std::make_shared<Recorder>();
  InPrepare(machine, {Resource::Memory(0x40, file)}, [&](WDFCMRESLIST translated) {
    volatile ULONG* base = MapFirst(translated);
    ULONG values[3] = {};
    READ_REGISTER_BUFFER_ULONG(base, values, 3);
    EXPECT_EQ(values[0], 1u);
    EXPECT_EQ(values[2], 3u);
    UCHAR bytes[2] = {5, 6};
    WRITE_REGISTER_BUFFER_UCHAR(reinterpret_cast<volatile UCHAR*>(base + 4), bytes, 2);
    USHORT words[2] = {7, 8};
    WRITE_REGISTER_BUFFER_USHORT(reinterpret_cast<volatile USHORT*>(base + 4), words, 2);
    EXPECT_EQ(file->log.Take(), (Lines{"r4[0]", "r4[4]", "r4[8]", "w1[16]=5", "w1[17]=6", "w2[16]=7", "w2[18]=8"}));
  });
}

CONFORMANCE(Registers, PortsOfEachWidthAndTheSamePortAgainAndAgain, "ours") {
  auto file = std::make_shared<Recorder>();
  InPrepare(machine, {Resource::Port(8, file, 0x3F8)}, [&](WDFCMRESLIST translated) {
    PCM_PARTIAL_RESOURCE_DESCRIPTOR port = Descriptor(translated, CmResourceTypePort);
    ASSERT_NE(port, nullptr);
    EXPECT_EQ(port->u.Port.Start.QuadPart, 0x3F8);
    EXPECT_EQ(port->u.Port.Length, 8u);
    EXPECT_TRUE(port->Flags & CM_RESOURCE_PORT_IO);
    auto* base = reinterpret_cast<PUCHAR>(static_cast<ULONG_PTR>(port->u.Port.Start.QuadPart));
    EXPECT_EQ(READ_PORT_UCHAR(base), 1);
    EXPECT_EQ(READ_PORT_USHORT(reinterpret_cast<PUSHORT>(base + 2)), 2);
    EXPECT_EQ(READ_PORT_ULONG(reinterpret_cast<PULONG>(base + 4)), 3u);
    WRITE_PORT_UCHAR(base, 9);
    WRITE_PORT_USHORT(reinterpret_cast<PUSHORT>(base + 2), 10);
    WRITE_PORT_ULONG(reinterpret_cast<PULONG>(base + 4), 11);
    UCHAR bytes[2] = {};
    READ_PORT_BUFFER_UCHAR(base, bytes, 2);
    EXPECT_EQ(bytes[1], 5);
    USHORT words[2] = {1, 2};
    WRITE_PORT_BUFFER_USHORT(reinterpret_cast<PUSHORT>(base + 2), words, 2);
    ULONG longs[1] = {3};
    WRITE_PORT_BUFFER_ULONG(reinterpret_cast<PULONG>(base + 4), longs, 1);
    READ_PORT_BUFFER_ULONG(reinterpret_cast<PULONG>(base + 4), longs, 1);
    READ_PORT_BUFFER_USHORT(reinterpret_cast<PUSHORT>(base + 2), words, 1);
    WRITE_PORT_BUFFER_UCHAR(base, bytes, 1);
    EXPECT_EQ(file->log.Take(), (Lines{"r1[0]", "r2[2]", "r4[4]", "w1[0]=9", "w2[2]=10", "w4[4]=11", "r1[0]", "r1[0]", "w2[2]=1", "w2[2]=2", "w4[4]=3",
                                       "r4[4]", "r2[2]", "w1[0]=4"}));
    // Nobody answers there.
    EXPECT_EQ(READ_PORT_UCHAR(reinterpret_cast<PUCHAR>(0x80)), 0xFF);
    WRITE_PORT_UCHAR(reinterpret_cast<PUCHAR>(0x80), 1);
  });
}

CONFORMANCE(Registers, PastTheEndReadsAllOnes, "ours") {
  auto file = std::make_shared<Recorder>();
  InPrepare(machine, {Resource::Memory(0x10, file)}, [&](WDFCMRESLIST translated) {
    volatile ULONG* base = MapFirst(translated);
    EXPECT_EQ(READ_REGISTER_ULONG(base + 4), 0xFFFFFFFFu);
    WRITE_REGISTER_ULONG(base + 4, 1);
    EXPECT_EQ(file->log.Take(), Lines{});
  });
}

CONFORMANCE(Registers, ADeviceThatWasPulledOutReadsAllOnes, "ours") {
  auto file = std::make_shared<Recorder>();
  Hw hw;
  volatile ULONG* base = nullptr;
  std::vector<ULONG> seen;
  hw.prepare = [&](WDFCMRESLIST, WDFCMRESLIST translated) {
    base = MapFirst(translated);
    return STATUS_SUCCESS;
  };
  hw.d0_exit = [&](WDF_POWER_DEVICE_STATE) {
    seen.push_back(READ_REGISTER_ULONG(base));
    WRITE_REGISTER_ULONG(base, 1);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hw);
  rig.device = machine.AddDevice(Spec(rig.driver, {Resource::Memory(0x10, file)}));
  EXPECT_EQ(machine.SurpriseRemove(rig.device), STATUS_SUCCESS);
  rig.device = Device();
  EXPECT_EQ(seen, std::vector<ULONG>{0xFFFFFFFF});
  EXPECT_EQ(file->log.Take(), Lines{});
}

CONFORMANCE(Registers, DeviceMemoryIsSharedWithItsModel, "ours") {
  auto memory = MakeDeviceMemory(5000);
  EXPECT_EQ(memory->size(), 8192u);
  auto* model = static_cast<volatile uint32_t*>(memory->data());
  InPrepare(machine, {Resource::Memory(memory)}, [&](WDFCMRESLIST translated) {
    PCM_PARTIAL_RESOURCE_DESCRIPTOR descriptor = Descriptor(translated, CmResourceTypeMemory);
    ASSERT_EQ(descriptor->u.Memory.Length, 8192u);
    volatile ULONG* driver = MapFirst(translated);
    ASSERT_NE(driver, nullptr);
    driver[3] = 17;  // a plain access
    EXPECT_EQ(model[3], 17u);
    model[4] = 18;
    EXPECT_EQ(READ_REGISTER_ULONG(driver + 4), 18u);
    WRITE_REGISTER_ULONG(driver + 5, 19);
    EXPECT_EQ(model[5], 19u);
    MmUnmapIoSpace(const_cast<ULONG*>(driver), 8192);
  });
}

CONFORMANCE(Registers, APlainAccessReachesTheRegisterFile, "ours") {
  auto file = std::make_shared<Recorder>();
  InPrepare(machine, {Resource::Memory(0x10, file)}, [&](WDFCMRESLIST translated) {
    volatile ULONG* base = MapFirst(translated);
    EXPECT_EQ(base[2], 1u);
    base[1] = 77;
    *reinterpret_cast<volatile UCHAR*>(base) = 3;
    EXPECT_EQ(file->log.Take(), (Lines{"r4[8]", "w4[4]=77", "w1[0]=3"}));
    EXPECT_EQ(base[4], 0xFFFFFFFFu) << "past the end";
    MmUnmapIoSpace(const_cast<ULONG*>(base), 0x10);
  });
}

CONFORMANCE(Registers, APlainAccessAfterUnmapIsReported, "ours") {
  auto file = std::make_shared<Recorder>();
  Hw hw;
  hw.prepare = [&](WDFCMRESLIST, WDFCMRESLIST translated) {
    volatile ULONG* base = MapFirst(translated);
    MmUnmapIoSpace(const_cast<ULONG*>(base), 0x10);
    return base[2] ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
  };
  Rig rig(machine, hw);
  rig.device = machine.AddDevice(Spec(rig.driver, {Resource::Memory(0x10, file)}));
  EXPECT_BUG_CHECK(machine, 0x50);
}

CONFORMANCE(Registers, AnAccessAfterUnmapIsReported, "ours") {
  auto file = std::make_shared<Recorder>();
  Hw hw;
  hw.prepare = [&](WDFCMRESLIST, WDFCMRESLIST translated) {
    volatile ULONG* base = MapFirst(translated);
    MmUnmapIoSpace(const_cast<ULONG*>(base), 0x10);
    READ_REGISTER_ULONG(base);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hw);
  rig.device = machine.AddDevice(Spec(rig.driver, {Resource::Memory(0x10, file)}));
  EXPECT_BUG_CHECK(machine, 0x50);
}

CONFORMANCE(Registers, TwoMappingsOfOneRegisterFileAndAPartOfIt, "ours") {
  auto file = std::make_shared<Recorder>();
  InPrepare(machine, {Resource::Memory(0x3000, file, 0xE0000000)}, [&](WDFCMRESLIST translated) {
    PHYSICAL_ADDRESS part = Descriptor(translated, CmResourceTypeMemory)->u.Memory.Start;
    EXPECT_EQ(part.QuadPart, 0xE0000000);
    part.QuadPart += 0x1004;
    auto* a = static_cast<volatile ULONG*>(MmMapIoSpace(part, 8, MmNonCached));
    auto* b = MapFirst(translated);
    ASSERT_TRUE(a && b && a != b);
    READ_REGISTER_ULONG(a);
    READ_REGISTER_ULONG(b + 0x1004 / 4);
    EXPECT_EQ(file->log.Take(), (Lines{"r4[4100]", "r4[4100]"}));
    MmUnmapIoSpace(const_cast<ULONG*>(a), 8);
    READ_REGISTER_ULONG(b);
    MmUnmapIoSpace(const_cast<ULONG*>(b), 0x3000);
  });
}

CONFORMANCE(Registers, TakenAddressesAreRefusedWithWords, "ours") {
  Hw hw;
  Rig rig(machine, hw);
  rig.device = machine.AddDevice(Spec(rig.driver, {Resource::Memory(0x1000, nullptr, 0xE0000000), Resource::Port(4, nullptr, 0x300)}));
  EXPECT_TRUE(rig.device.started());
  EXPECT_THROW(machine.AddDevice(Spec(rig.driver, {Resource::Memory(0x10, nullptr, 0xE0000800)})), Error);
  EXPECT_THROW(machine.AddDevice(Spec(rig.driver, {Resource::Port(4, nullptr, 0x302)})), Error);
  EXPECT_THROW(machine.AddDevice(Spec(rig.driver, {Resource::Port(0x20000, nullptr)})), Error);
  rig.RemoveDevice();
  Device again = machine.AddDevice(Spec(rig.driver, {Resource::Memory(0x10, nullptr, 0xE0000800), Resource::Port(4, nullptr, 0x302)}));
  EXPECT_TRUE(again.started());
  machine.RemoveDevice(again);
}

}  // namespace
}  // namespace drydock::test
