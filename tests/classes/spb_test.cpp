// Peripherals and pins behind the resource hub, as drivers in kernel and in user mode reach them.
#include <drydock/spb.h>
#include <drydock/testing.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <cstring>
#include <fstream>

#include "bus_client.h"

namespace {

using drydock::ConnectPins;
using drydock::ConnectSpb;
using drydock::Device;
using drydock::DeviceSpec;
using drydock::ExecutorKind;
using drydock::File;
using drydock::GpioPins;
using drydock::Machine;
using drydock::SpbOptions;
using drydock::SpbPeripheral;
using drydock::SpbRegisters;
using Bytes = std::vector<uint8_t>;

struct Case {
  ExecutorKind executor;
  bool user_mode;
};

class Spb : public testing::TestWithParam<Case> {
 protected:
  Spb() : machine({.executor = GetParam().executor, .verifier = true}) {
    driver = machine.AddDriver(GetParam().user_mode ? DRYDOCK_IMAGE(bus_client_um) : DRYDOCK_IMAGE(bus_client));
  }
  void TearDown() override { EXPECT_TRUE(machine.reports().empty()) << machine.ReportText(); }
  Device Add(std::vector<drydock::Resource> resources) {
    DeviceSpec spec;
    spec.function = driver;
    spec.resources = std::move(resources);
    Device device = machine.AddDevice(spec);
    EXPECT_TRUE(device.started()) << device.problem() << machine.ReportText();
    return device;
  }
  struct Answer {
    NTSTATUS status;
    unsigned moved;
    Bytes bytes;
  };
  Answer Ask(File& file, ClientWhat what, Bytes out = {}, unsigned in = 0) {
    CLIENT_ASK ask = {};
    ask.what = what;
    ask.out = static_cast<unsigned>(out.size());
    ask.in = in;
    std::copy(out.begin(), out.end(), ask.bytes);
    CLIENT_ASK answer = {};
    const auto result = file.Ioctl(IOCTL_CLIENT_ASK, &ask, sizeof ask, &answer, sizeof answer);
    return {static_cast<NTSTATUS>(result.status.value()), answer.moved, Bytes(answer.bytes, answer.bytes + in)};
  }

  Machine machine;
  drydock::Driver driver;
};

TEST_P(Spb, ARegisterIsWrittenAndReadInASequence) {
  auto sensor = std::make_shared<SpbRegisters>();
  sensor->Set(0x0F, {0x33, 0x44});
  Device device = Add({ConnectSpb(machine, sensor)});
  File file = machine.Open(device);
  Answer answer = Ask(file, ClientSequence, {0x0F}, 2);
  EXPECT_EQ(answer.status, STATUS_SUCCESS);
  EXPECT_EQ(answer.moved, 3u);
  EXPECT_EQ(answer.bytes, (Bytes{0x33, 0x44}));
  answer = Ask(file, ClientSequenceList, {0x20, 1, 2}, 1);
  EXPECT_EQ(answer.status, STATUS_SUCCESS);
  EXPECT_EQ(sensor->Get(0x20), 1);
  EXPECT_EQ(sensor->Get(0x21), 2);
  EXPECT_EQ(Ask(file, ClientWrite, {0x30, 9}).moved, 2u);
  EXPECT_EQ(sensor->Get(0x30), 9);
  Ask(file, ClientWrite, {0x0F});
  EXPECT_EQ(Ask(file, ClientRead, {}, 1).bytes, Bytes{0x33}) << "a read goes on where the last write pointed";
  EXPECT_EQ(Ask(file, ClientBadSequence, {1}, 1).status, STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Ask(file, ClientDuplex, {1}, 1).status, STATUS_NOT_SUPPORTED) << "I2C has one data line";
  if (!GetParam().user_mode) {
    EXPECT_EQ(Ask(file, ClientSequenceMdl, {0x0F}, 2).bytes, (Bytes{0x33, 0x44}));
  }
  sensor->SetPresent(false);
  EXPECT_EQ(Ask(file, ClientSequence, {0x0F}, 1).status, STATUS_NO_SUCH_DEVICE) << "nobody answers";
}

TEST_P(Spb, AWrittenRegisterHasAnEffect) {
  auto sensor = std::make_shared<SpbRegisters>(16, 2);
  sensor->OnWrite([sensor = sensor.get()](size_t at, uint8_t value) {
    if (at == 1) sensor->Set(2, {static_cast<uint8_t>(value + 1)});
  });
  File file = machine.Open(Add({ConnectSpb(machine, sensor)}));
  Ask(file, ClientWrite, {0, 1, 41});
  EXPECT_EQ(Ask(file, ClientSequence, {0, 2}, 1).bytes, Bytes{42});
}

// What goes out comes back, one byte later; notes where transfers began.
class Loop : public SpbPeripheral {
 public:
  size_t Write(const uint8_t*, size_t length, bool first) override {
    starts += first;
    return length > 4 ? 4 : length;  // it takes four bytes at a time
  }
  size_t Read(uint8_t* bytes, size_t length, bool first) override {
    starts += first;
    std::memset(bytes, 0x5A, length);
    return length;
  }
  size_t Exchange(const uint8_t* out, size_t out_length, uint8_t* in, size_t in_length) override {
    for (size_t i = 0; i < in_length; ++i) in[i] = i == 0 || i > out_length ? 0 : out[i - 1];
    return out_length + in_length;
  }
  int starts = 0;
};

TEST_P(Spb, SpiMovesBothWaysAtOnce) {
  File file = machine.Open(Add({ConnectSpb(machine, std::make_shared<Loop>(), {.bus = SpbOptions::Bus::kSpi})}));
  const Answer answer = Ask(file, ClientDuplex, {7, 8, 9}, 3);
  EXPECT_EQ(answer.status, STATUS_SUCCESS);
  EXPECT_EQ(answer.bytes, (Bytes{0, 7, 8}));
  EXPECT_EQ(answer.moved, 6u);
}

TEST_P(Spb, APeripheralMayTakeLessAndASequenceEndsThere) {
  File file = machine.Open(Add({ConnectSpb(machine, std::make_shared<Loop>())}));
  const Answer answer = Ask(file, ClientSequence, {1, 2, 3, 4, 5, 6}, 3);
  EXPECT_EQ(answer.status, STATUS_SUCCESS);
  EXPECT_EQ(answer.moved, 4u);
  EXPECT_EQ(answer.bytes, (Bytes{0, 0, 0})) << "it was not read";
}

TEST_P(Spb, ALockedControllerIsOneClientsOwn) {
  auto one = std::make_shared<Loop>();
  auto other = std::make_shared<SpbRegisters>();
  File first = machine.Open(Add({ConnectSpb(machine, one)})), second = machine.Open(Add({ConnectSpb(machine, other)}));
  EXPECT_EQ(Ask(first, ClientUnlock).status, STATUS_INVALID_DEVICE_REQUEST);
  EXPECT_EQ(Ask(first, ClientLock).status, STATUS_SUCCESS);
  EXPECT_EQ(Ask(first, ClientLock).status, STATUS_INVALID_DEVICE_REQUEST);
  Answer answer = {};
  auto waits = machine.Start("second client", [&] { answer = Ask(second, ClientWrite, {1, 77}); });
  machine.RunUntilIdle();
  EXPECT_EQ(other->Get(1), 0) << "it waits for the controller";
  Ask(first, ClientWrite, {1});
  Ask(first, ClientRead, {}, 1);
  EXPECT_EQ(one->starts, 1) << "while the controller is locked the device stays selected";
  EXPECT_EQ(Ask(first, ClientUnlock).status, STATUS_SUCCESS);
  waits.Join();
  EXPECT_EQ(answer.status, STATUS_SUCCESS);
  EXPECT_EQ(other->Get(1), 77);
  Ask(first, ClientRead, {}, 1);
  EXPECT_EQ(one->starts, 2);
}

TEST_P(Spb, AConnectionIsOneClientsUnlessItIsShared) {
  const drydock::Resource own = ConnectSpb(machine, std::make_shared<SpbRegisters>());
  Add({own});
  DeviceSpec spec;
  spec.function = driver;
  spec.resources = {own};
  EXPECT_FALSE(machine.AddDevice(spec).started()) << "it is open";
  auto sensor = std::make_shared<SpbRegisters>();
  const drydock::Resource shared = ConnectSpb(machine, sensor, {.shared = true});
  File first = machine.Open(Add({shared})), second = machine.Open(Add({shared}));
  EXPECT_EQ(Ask(first, ClientLockConnection).status, STATUS_SUCCESS);
  auto waits = machine.Start("second client", [&] { EXPECT_EQ(Ask(second, ClientWrite, {1, 5}).status, STATUS_SUCCESS); });
  machine.RunUntilIdle();
  EXPECT_EQ(sensor->Get(1), 0);
  EXPECT_EQ(Ask(first, ClientUnlockConnection).status, STATUS_SUCCESS);
  waits.Join();
  EXPECT_EQ(sensor->Get(1), 5);
}

TEST_P(Spb, PinsAreReadAndDriven) {
  GpioPins pins(10);
  pins.Set(1, true);
  pins.Set(9, true);
  std::vector<std::pair<size_t, bool>> driven;
  pins.OnWrite([&](size_t pin, bool high) { driven.emplace_back(pin, high); });
  File file = machine.Open(Add({ConnectPins(machine, pins)}));
  EXPECT_EQ(Ask(file, ClientReadPins, {}, 2).bytes, (Bytes{0x02, 0x02}));
  EXPECT_EQ(Ask(file, ClientReadPins, {}, 1).status, STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(Ask(file, ClientWritePins, {0x03, 0x02}).status, STATUS_SUCCESS);
  EXPECT_TRUE(pins.Get(0));
  EXPECT_EQ(driven, (std::vector<std::pair<size_t, bool>>{{0, true}}));
}

TEST_P(Spb, AnIdThatNobodyHasIsNoConnection) {
  ConnectSpb(machine, std::make_shared<SpbRegisters>());
  DeviceSpec spec;
  spec.function = driver;
  spec.resources = {drydock::Resource::Connection(2, 1, 0x1234)};
  EXPECT_FALSE(machine.AddDevice(spec).started());
}

INSTANTIATE_TEST_SUITE_P(All, Spb,
                         testing::Values(Case{ExecutorKind::Simulated, false}, Case{ExecutorKind::Live, false}, Case{ExecutorKind::Simulated, true},
                                         Case{ExecutorKind::Live, true}),
                         [](const auto& info) {
                           return std::string(info.param.executor == ExecutorKind::Live ? "Live" : "Simulated") + (info.param.user_mode ? "User" : "Kernel");
                         });

TEST(SpbDescription, AMachineFileDescribesPeripheralsAndPins) {
  const std::string path = testing::TempDir() + "spb_machine.toml";
  std::ofstream(path) << "[[driver]]\nname = \"client\"\nimage = \"" << DRYDOCK_IMAGE(bus_client)
                      << "\"\n[[device]]\nname = \"sensor\"\nid = \"test\\\\sensor\"\nfunction = \"client\"\n"
                         "resources = [{ i2c = 256, holds = \"00 11 22\", id = 0xA1 }, { pins = 3, holds = \"05\" }]\n";
  auto machine = Machine::Load(path);
  CLIENT_ASK ask = {};
  ask.what = ClientSequence;
  ask.out = 1;
  ask.in = 2;
  ask.bytes[0] = 1;
  File file = machine->Open(machine->FindDevice("test\\sensor"));
  ASSERT_EQ(file.Ioctl(IOCTL_CLIENT_ASK, &ask, sizeof ask, &ask, sizeof ask).status, STATUS_SUCCESS) << machine->ReportText();
  EXPECT_EQ(ask.bytes[0], 0x11);
  EXPECT_EQ(ask.bytes[1], 0x22);
  ask = {};
  ask.what = ClientReadPins;
  ask.in = 1;
  ASSERT_EQ(file.Ioctl(IOCTL_CLIENT_ASK, &ask, sizeof ask, &ask, sizeof ask).status, STATUS_SUCCESS);
  EXPECT_EQ(ask.bytes[0], 5);
}

}  // namespace
