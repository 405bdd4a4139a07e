// The configuration space of a device on a PCI bus: who reads it and how, what may be written, capabilities, places, ids, machine files.
#include <drydock/description.h>
#include <drydock/pci.h>
#include <drydock/testing.h>
#include <drydock/tree.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <atomic>
#include <cstring>

#include "pci_board.h"

namespace {

using drydock::Device;
using drydock::DeviceSpec;
using drydock::ExecutorKind;
using drydock::File;
using drydock::InterruptPin;
using drydock::Machine;
using drydock::PciDevice;
using drydock::Resource;

using Bytes = std::vector<uint8_t>;

class Pci : public testing::TestWithParam<ExecutorKind> {
 protected:
  Pci() : machine({.executor = GetParam(), .verifier = true}), driver(machine.AddDriver(DRYDOCK_IMAGE(pci_board))) {}
  void TearDown() override { EXPECT_TRUE(machine.reports().empty()) << machine.ReportText(); }

  void Add(DeviceSpec spec) {
    spec.function = driver;
    device = machine.AddDevice(spec);
    ASSERT_TRUE(device.started()) << device.problem() << machine.ReportText();
    file = machine.Open(device);
  }
  Bytes Get(uint32_t offset, uint32_t length, uint32_t code = IOCTL_BOARD_GET, NTSTATUS expected = STATUS_SUCCESS) {
    const BOARD_ACCESS access = {offset, length};
    Bytes bytes(length);
    const drydock::IoResult result = file.Ioctl(code, &access, sizeof access, bytes.data(), bytes.size());
    EXPECT_EQ(result.status, expected);
    bytes.resize(NT_SUCCESS(expected) ? result.information : 0);
    return bytes;
  }
  uint32_t Number(uint32_t offset, uint32_t length, uint32_t code = IOCTL_BOARD_GET) {
    uint32_t value = 0;
    const Bytes bytes = Get(offset, length, code);
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  void Put(uint32_t offset, uint32_t length, uint32_t value, uint32_t code = IOCTL_BOARD_SET) {
    struct {
      BOARD_ACCESS access;
      uint32_t value;
    } input = {{offset, length}, value};
    EXPECT_EQ(file.Ioctl(code, &input, sizeof(BOARD_ACCESS) + length).status, STATUS_SUCCESS);
  }
  // Where the capability is; 0: it has none.
  uint32_t Capability(uint8_t id) {
    for (uint32_t at = Number(0x34, 1), n = 0; at != 0 && n < 40; at = Number(at + 1, 1), ++n)
      if (Number(at, 1) == id) return at;
    return 0;
  }
  BOARD_PLACE Place() {
    BOARD_PLACE place = {};
    EXPECT_EQ(file.Ioctl(IOCTL_BOARD_PLACE, nullptr, 0, &place, sizeof place).status, STATUS_SUCCESS);
    return place;
  }

  Machine machine;
  drydock::Driver driver;
  Device device;
  File file;
};
INSTANTIATE_TEST_SUITE_P(Both, Pci, testing::Values(ExecutorKind::Simulated, ExecutorKind::Live));

const PciDevice kBoard = {.vendor = 0x1234, .device = 0xABCD};

PciDevice Board() {
  return {.vendor = 0x1234, .device = 0xABCD, .subsystem_vendor = 0x5678, .subsystem = 0x9ABC, .revision = 7, .class_code = 0x028001};
}

TEST_P(Pci, TheHeaderSaysWhatTheDeviceIs) {
  Add({.pci = Board()});
  EXPECT_EQ(Number(0, 4), 0xABCD1234u);
  EXPECT_EQ(Number(8, 4), 0x02800107u);
  EXPECT_EQ(Number(0x2C, 4), 0x9ABC5678u);
  EXPECT_EQ(Get(0, 300).size(), 256u) << "as many bytes as there are";
  EXPECT_EQ(Get(256, 4).size(), 0u);
  EXPECT_EQ(Number(0xFC, 4), 0u);
}

TEST_P(Pci, EveryWayToTheSpaceSeesTheSame) {
  Add({.pci = Board()});
  const Bytes bytes = Get(0, 64);
  ASSERT_EQ(bytes.size(), 64u);
  EXPECT_EQ(Get(0, 64, IOCTL_BOARD_READ_CONFIG), bytes);
  EXPECT_EQ(Get(0, 64, IOCTL_BOARD_HAL_GET), bytes);
  Put(0x3C, 1, 0x2A, IOCTL_BOARD_WRITE_CONFIG);
  EXPECT_EQ(Number(0x3C, 1), 0x2Au);
  Get(0, 4, IOCTL_BOARD_ROM, STATUS_INVALID_DEVICE_REQUEST);
}

TEST_P(Pci, ADeviceElsewhereHasNoSuchSpace) {
  Add({});
  EXPECT_EQ(Get(0, 4).size(), 0u);
  Get(0, 4, IOCTL_BOARD_READ_CONFIG, STATUS_NOT_SUPPORTED);
  const BOARD_PLACE place = Place();
  EXPECT_EQ(place.d3cold_status, STATUS_NOT_SUPPORTED);
  EXPECT_EQ(place.presence_status, STATUS_NOT_SUPPORTED);
}

TEST_P(Pci, BaseAddressesAreTheResources) {
  Add({.resources = {Resource::Memory(0x1000, drydock::ByteRegisters(0x1000), 0xFEB00000), Resource::Port(0x40, drydock::ByteRegisters(0x40), 0xC000),
                     Resource::Line(InterruptPin(), {.line = 11}), Resource::Memory(drydock::MakeDeviceMemory(0x10000))},
       .pci = Board()});
  EXPECT_EQ(Number(0x10, 4), 0xFEB00000u);
  EXPECT_EQ(Number(0x14, 4), 0xC001u);
  EXPECT_EQ(Number(0x3C, 2), 0x010Bu) << "line 11, INTA";
  EXPECT_EQ(Number(0x04, 2) & 7, 7u) << "ports, memory, bus master";
  EXPECT_EQ(Number(0x18, 4) & 0xF, 4u) << "beyond 4 GB: two registers";
  const uint64_t wide = (Number(0x18, 4) & ~0xFu) | uint64_t{Number(0x1C, 4)} << 32;
  EXPECT_EQ(wide & 0xFFFF, 0u) << "at a multiple of its size";
  EXPECT_EQ(wide, reinterpret_cast<uint64_t>(device.resources()[3].memory->data()));
  EXPECT_EQ(Number(0x20, 4), 0u);
}

TEST_P(Pci, BaseAddressesStandWhereTheDeviceSaysSo) {
  PciDevice pci = Board();
  pci.bars = {{.at = 1}, {.at = 4, .wide = true, .prefetchable = true}};
  Add({.resources = {Resource::Memory(0x1000, drydock::ByteRegisters(0x1000), 0xFEB00000), Resource::Memory(0x4000, drydock::ByteRegisters(0x4000), 0xFEB10000),
                     Resource::Port(0x40, drydock::ByteRegisters(0x40), 0xC000)},
       .pci = pci});
  EXPECT_EQ(Number(0x10, 4), 0xC001u) << "the first that is free";
  EXPECT_EQ(Number(0x14, 4), 0xFEB00000u);
  EXPECT_EQ(Number(0x18, 4), 0u);
  EXPECT_EQ(Number(0x20, 4), 0xFEB1000Cu) << "64 bits, prefetchable, though the address is short";
  EXPECT_EQ(Number(0x24, 4), 0u);
  Put(0x24, 4, 0xFFFFFFFF);
  EXPECT_EQ(Number(0x24, 4), 0xFFFFFFFFu);
  file.Close();
  for (const std::vector<drydock::PciBar>& wrong : {std::vector<drydock::PciBar>{{.at = 5, .wide = true}}, {{.at = 2}, {.at = 2}}, {{.at = 6}}, {{.at = 0, .wide = true}, {.at = 1}}}) {
    pci.bars = wrong;
    EXPECT_THROW(machine.AddDevice({.function = driver, .resources = {Resource::Memory(0x100, nullptr), Resource::Memory(0x100, nullptr)}, .pci = pci}), drydock::Error);
  }
}

TEST_P(Pci, AllOnesInABaseAddressReadBackAsItsSize) {
  Add({.resources = {Resource::Memory(0x1000, drydock::ByteRegisters(0x1000), 0xFEB00000), Resource::Port(0x30, drydock::ByteRegisters(0x30), 0xC000)}, .pci = Board()});
  Put(0x10, 4, 0xFFFFFFFF);
  EXPECT_EQ(Number(0x10, 4), 0xFFFFF000u);
  Put(0x10, 4, 0xFEB00000);
  EXPECT_EQ(Number(0x10, 4), 0xFEB00000u);
  Put(0x14, 4, 0xFFFFFFFF);
  EXPECT_EQ(Number(0x14, 4), 0xFFFFFFC1u) << "0x30 ports decode as 0x40";
  Put(0x18, 4, 0xFFFFFFFF);
  EXPECT_EQ(Number(0x18, 4), 0u) << "none";
}

TEST_P(Pci, WhatHardwareFixesCannotBeWritten) {
  Add({.pci = Board()});
  Put(0, 4, 0);
  Put(8, 4, 0);
  Put(0x2C, 4, 0);
  EXPECT_EQ(Number(0, 4), 0xABCD1234u);
  EXPECT_EQ(Number(8, 4), 0x02800107u);
  EXPECT_EQ(Number(0x2C, 4), 0x9ABC5678u);
  Put(4, 2, 0xFFFF);
  EXPECT_EQ(Number(4, 2), 0x077Fu);
  Put(6, 2, 0xFFFF);
  EXPECT_EQ(Number(6, 2), 0x0010u) << "it has capabilities, whatever is written";
}

TEST_P(Pci, PowerManagementFollowsTheDevice) {
  drydock::PowerAbilities power;
  power.given = true;
  power.d1 = true;
  power.wakes_from_d = 3;
  Add({.power = power, .pci = Board()});
  const uint32_t at = Capability(PCI_CAPABILITY_ID_POWER_MANAGEMENT);
  ASSERT_NE(at, 0u);
  EXPECT_EQ(Number(at + 2, 2), 0x3u | 1u << 9 | 1u << 11 | 1u << 12 | 1u << 14) << "D1, PME in D0, D1, D3hot";
  EXPECT_EQ(Number(at + 4, 2) & 3, 0u);
  EXPECT_EQ(Place().deepest_wake, DeviceWakeDepthD3hot);
  EXPECT_EQ(Place().d3cold_capable, FALSE);
  Put(at + 4, 2, 0x0100);
  EXPECT_EQ(Number(at + 4, 2), 0x0108u) << "PME enabled";
}

TEST_P(Pci, MessagesAreMsiOrMsiX) {
  Add({.resources = {Resource::Messages({InterruptPin(), InterruptPin(), InterruptPin()})}, .pci = Board()});
  const uint32_t msi = Capability(PCI_CAPABILITY_ID_MSI);
  ASSERT_NE(msi, 0u);
  EXPECT_EQ(Number(msi + 2, 2) & 0x0F, 0x05u) << "enabled, four messages can be";
  EXPECT_EQ(Capability(PCI_CAPABILITY_ID_MSIX), 0u);
  file.Close();
  Add({.resources = {Resource::Memory(0x2000, drydock::ByteRegisters(0x2000)), Resource::Message(InterruptPin()), Resource::Message(InterruptPin())}, .pci = Board()});
  const uint32_t msix = Capability(PCI_CAPABILITY_ID_MSIX);
  ASSERT_NE(msix, 0u);
  EXPECT_EQ(Number(msix + 2, 2), 0x8001u) << "enabled, a table of two";
}

TEST_P(Pci, ExpressHasTheLongSpaceAndItsCapability) {
  PciDevice pci = Board();
  pci.express = true;
  pci.capabilities = {std::string("\x09\x00\x06\x11\x22\x33", 6)};
  pci.holds[0x100] = std::string("\x03\x00\x01\x00", 4);
  Add({.pci = pci});
  EXPECT_NE(Capability(PCI_CAPABILITY_ID_PCI_EXPRESS), 0u);
  const uint32_t own = Capability(PCI_CAPABILITY_ID_VENDOR_SPECIFIC);
  ASSERT_NE(own, 0u);
  EXPECT_EQ(Number(own + 2, 4), 0x33221106u);
  EXPECT_EQ(Number(0x100, 4), 0x00010003u);
  EXPECT_EQ(Number(0xFFC, 4), 0u);
  Put(0x100, 2, 0xBEEF);
  EXPECT_EQ(Number(0x100, 4), 0x0001BEEFu);
}

TEST_P(Pci, ThePlaceIsWhatPropertiesSay) {
  PciDevice pci = Board();
  pci.bus = 2;
  pci.slot = 5;
  pci.function = 1;
  Add({.pci = pci});
  const BOARD_PLACE place = Place();
  EXPECT_EQ(place.bus, 2u);
  EXPECT_EQ(place.address, 5u << 16 | 1u);
  EXPECT_EQ(place.bus_type, static_cast<unsigned>(PCIBus));
  const GUID guid = {0xC8EBDFB0, 0xB510, 0x11D0, {0x80, 0xE5, 0x00, 0xA0, 0xC9, 0x25, 0x42, 0xE3}};
  EXPECT_EQ(std::memcmp(place.bus_type_guid, &guid, sizeof guid), 0);
  EXPECT_STREQ(std::string(place.location, place.location + 32).c_str(), "PCI bus 2, device 5, function 1");
  EXPECT_EQ(place.present, TRUE);
  EXPECT_EQ(place.absent, FALSE);
  EXPECT_THROW(machine.AddDevice({.function = driver, .pci = pci}), drydock::Error) << "the place is taken";
}

TEST_P(Pci, TheBusGivesTheIds) {
  Add({.pci = Board()});
  const drydock::DeviceTreeNode node = DeviceTree(machine).at(0);
  EXPECT_EQ(node.hardware_ids, (std::vector<std::string>{"PCI\\VEN_1234&DEV_ABCD&SUBSYS_9ABC5678&REV_07", "PCI\\VEN_1234&DEV_ABCD&SUBSYS_9ABC5678",
                                                         "PCI\\VEN_1234&DEV_ABCD&CC_028001", "PCI\\VEN_1234&DEV_ABCD&CC_0280"}));
  EXPECT_EQ(node.compatible_ids, (std::vector<std::string>{"PCI\\VEN_1234&DEV_ABCD&REV_07", "PCI\\VEN_1234&DEV_ABCD", "PCI\\VEN_1234&CC_028001",
                                                           "PCI\\VEN_1234&CC_0280", "PCI\\VEN_1234", "PCI\\CC_028001", "PCI\\CC_0280"}));
}

TEST_P(Pci, AnIdOfThePciBusIsEnough) {
  Add({.hardware_ids = {"PCI\\VEN_8086&DEV_1229&SUBSYS_000C8086&REV_08"}});
  EXPECT_EQ(Number(0, 4), 0x12298086u);
  EXPECT_EQ(Number(0x2C, 4), 0x000C8086u);
  EXPECT_EQ(Number(8, 1), 8u);
  EXPECT_THROW(machine.AddDevice({.function = driver, .hardware_ids = {"PCI\\VEN_8086&DEV_1229"}, .pci = kBoard}), drydock::Error) << "they contradict each other";
}

TEST_P(Pci, TheHardwareMayAnswerAndListen) {
  PciDevice pci = Board();
  std::atomic<uint32_t> seen{0};
  pci.read = [](uint32_t offset, uint8_t* bytes, uint32_t length) {
    for (uint32_t i = 0; i < length; ++i)
      if (offset + i == 0xE0) bytes[i] = 0x5A;
  };
  pci.write = [&](uint32_t offset, const uint8_t* bytes, uint32_t length) {
    if (offset == 0xE4 && length == 1) seen = bytes[0];
  };
  Add({.pci = pci});
  EXPECT_EQ(Number(0xE0, 4), 0x5Au);
  Put(0xE4, 1, 0x77);
  EXPECT_EQ(seen, 0x77u);
  EXPECT_EQ(Number(0xE4, 1), 0u) << "nothing is there that keeps it";
}

TEST_P(Pci, ADeviceThatIsPulledOutReadsAllOnes) {
  Add({.pci = Board()});
  EXPECT_EQ(Number(0, 4), 0xABCD1234u);
  machine.SurpriseRemove(device);  // the open file keeps the driver
  const BOARD_ACCESS access = {0, 4};
  uint32_t value = 0;
  if (file.Ioctl(IOCTL_BOARD_GET, &access, sizeof access, &value, sizeof value).status == STATUS_SUCCESS) EXPECT_EQ(value, 0xFFFFFFFFu);
}

std::string MistakeIn(const std::string& pci) {
  try {
    drydock::MachineDescription::Parse("[[device]]\nid = 'x'\npci = " + pci + "\n", "file");
  } catch (const drydock::Error& error) {
    return error.what();
  }
  return "";
}

TEST(PciFile, AMachineFileSaysIt) {
  const auto description = drydock::MachineDescription::Parse(R"([[device]]
name = "board"
[device.pci]
vendor = 0x8086
device = 0x1229
subsystem-vendor = 0x8086
subsystem = 12
revision = 8
class = 0x020000
slot = 3
bars = [2, { at = 4, wide = true, prefetchable = true }]
express = true
capabilities = ["09 00 04 01"]
holds = { "0xE0" = "0102" }
)",
                                                              "file");
  const std::optional<PciDevice>& pci = description.devices.at(0).pci;
  ASSERT_TRUE(pci);
  EXPECT_EQ(pci->vendor, 0x8086);
  EXPECT_EQ(pci->device, 0x1229);
  EXPECT_EQ(pci->subsystem, 12);
  EXPECT_EQ(pci->class_code, 0x020000u);
  EXPECT_EQ(pci->slot, 3);
  EXPECT_TRUE(pci->express);
  ASSERT_EQ(pci->bars.size(), 2u);
  EXPECT_EQ(pci->bars[0].at, 2);
  EXPECT_TRUE(pci->bars[1].at == 4 && pci->bars[1].wide && pci->bars[1].prefetchable);
  EXPECT_EQ(pci->capabilities.at(0), std::string("\x09\x00\x04\x01", 4));
  EXPECT_EQ(pci->holds.at(0xE0), "\x01\x02");
}

TEST(PciFile, MistakesAreToldWithTheirLine) {
  EXPECT_NE(MistakeIn("{ vendor = 70000 }").find("file:3: vendor is no number from 0 to 65535"), std::string::npos);
  EXPECT_NE(MistakeIn("{ vendro = 1 }").find("unknown key 'vendro'"), std::string::npos);
  EXPECT_NE(MistakeIn("{ vendor = 1, capabilities = [\"9\"] }").find("capability"), std::string::npos);
  EXPECT_NE(MistakeIn("{ vendor = 1, holds = { there = \"00\" } }").find("by their offset"), std::string::npos);
  for (const char* bars : {"6", "[6]", "[\"4\"]"}) EXPECT_NE(MistakeIn(std::string("{ vendor = 1, bars = ") + bars + " }").find("file:3: bars says where"), std::string::npos) << bars;
  EXPECT_NE(MistakeIn("{ vendor = 1, bars = [{ at = 6 }] }").find("at is no number from 0 to 5"), std::string::npos);
  EXPECT_EQ(MistakeIn("{ vendor = 1 }"), "");
}

}  // namespace
