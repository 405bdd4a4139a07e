// A device of a hypervisor under the test kit: its registers and its memory are found by capabilities, the memory is mapped into the application, a
// request waits for another virtual machine.
#include <drydock/testing.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <cstring>

#include "shmem_ioctl.h"

namespace {

using drydock::Machine;
using drydock::Resource;
using testing::HasSubstr;

// Kind, base address, bytes: as the device's specification has it.
std::string Where(uint8_t kind, uint8_t bar, uint32_t bytes) {
  std::string capability(16, '\0');
  capability[0] = 9, capability[2] = 16, capability[3] = static_cast<char>(kind), capability[4] = static_cast<char>(bar);
  std::memcpy(&capability[12], &bytes, sizeof bytes);
  return capability;
}

class Peer {
 public:
  drydock::DeviceSpec Spec(drydock::Driver driver) {
    auto registers = drydock::MakeRegisters({.write = [this](uint64_t offset, unsigned, uint64_t vector) {
      if (offset == 12 && vector < 2) bell_[vector].Raise();  // what it sends to itself comes back
    }});
    return {.function = driver,
            .resources = {Resource::Memory(0x100, registers), Resource::Memory(memory_), Resource::Message(bell_[0]), Resource::Message(bell_[1])},
            .pci = drydock::PciDevice{.vendor = 0x1234, .device = 0x1110, .bars = {{.at = 1}, {.at = 4, .wide = true, .prefetchable = true}},
                                      .capabilities = {Where(1, 1, 0x100), Where(8, 4, 0x8000)}}};
  }
  char* memory() { return static_cast<char*>(memory_->data()); }
  void Ring() { bell_[1].Raise(); }

 private:
  std::shared_ptr<drydock::DeviceMemory> memory_ = drydock::MakeDeviceMemory(0x8000);
  drydock::InterruptPin bell_[2];
};

class Shmem : public testing::TestWithParam<drydock::ExecutorKind> {};

TEST_P(Shmem, TheMemoryIsTheApplicationsUntilItCloses) {
  Machine machine({.executor = GetParam(), .verifier = true});
  Peer peer;
  auto device = machine.AddDevice(peer.Spec(machine.AddDriver(DRYDOCK_IMAGE(shmem))));
  ASSERT_TRUE(device.started()) << machine.ReportText();
  EXPECT_EQ(device.name(), "PCI\\VEN_1234&DEV_1110&SUBSYS_00000000&REV_00\\3&2411E6FE&0&08");
  auto file = machine.Open(device);
  SHMEM_MAP map = {};
  ASSERT_EQ(file.Ioctl(IOCTL_SHMEM_MAP, nullptr, 0, &map, sizeof map).status.value(), STATUS_SUCCESS);
  EXPECT_EQ(map.Bar, 4u);
  EXPECT_EQ(map.Length, 0x8000u);
  EXPECT_EQ(map.Vectors, 2u);
  auto* mapped = reinterpret_cast<char*>(map.Address);
  std::strcpy(mapped + 0x1234, "to whom it may concern");
  EXPECT_STREQ(peer.memory() + 0x1234, "to whom it may concern");
  std::strcpy(peer.memory(), "an answer");
  EXPECT_STREQ(mapped, "an answer");

  auto waits = file.StartIoctl(IOCTL_SHMEM_WAIT, nullptr, 0, nullptr, 0);
  machine.RunUntilIdle();
  EXPECT_FALSE(waits.done());
  peer.Ring();
  EXPECT_EQ(waits.Wait().status.value(), STATUS_SUCCESS);
  auto again = file.StartIoctl(IOCTL_SHMEM_WAIT, nullptr, 0, nullptr, 0);
  machine.RunUntilIdle();
  const uint32_t self = 0;
  EXPECT_EQ(file.Ioctl(IOCTL_SHMEM_RING, &self, sizeof self).status.value(), STATUS_SUCCESS);
  EXPECT_EQ(again.Wait().status.value(), STATUS_SUCCESS);
  file.Close();
  machine.TakeDown();
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}
INSTANTIATE_TEST_SUITE_P(BothExecutors, Shmem, testing::Values(drydock::ExecutorKind::Simulated, drydock::ExecutorKind::Live));

// A driver whose thread waits for work, as many have: it has nothing to do with the stall.
KEVENT g_work;
PETHREAD g_worker;
void Work(void*) { KeWaitForSingleObject(&g_work, Executive, KernelMode, FALSE, nullptr); }
NTSTATUS BystanderEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  KeInitializeEvent(&g_work, NotificationEvent, FALSE);
  HANDLE thread;
  NTSTATUS status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, nullptr, nullptr, nullptr, Work, nullptr);
  if (!NT_SUCCESS(status)) return status;
  status = ObReferenceObjectByHandle(thread, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, reinterpret_cast<void**>(&g_worker), nullptr);
  ZwClose(thread);
  driver->DriverUnload = [](PDRIVER_OBJECT) {
    KeSetEvent(&g_work, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(g_worker, Executive, KernelMode, FALSE, nullptr);
    ObDereferenceObject(g_worker);
  };
  return status;
}

class ShmemStall : public testing::TestWithParam<const char*> {};

TEST_P(ShmemStall, ARequestThatNobodyEndsIsToldWhereTheDriverPutIt) {
  Machine machine({.seed = 9});
  Peer peer;
  machine.AddDriver("bystander", &BystanderEntry);
  auto device = machine.AddDevice(peer.Spec(machine.AddDriver(GetParam())));
  machine.Open(device).Ioctl(IOCTL_SHMEM_WAIT, nullptr, 0, nullptr, 0);
  ASSERT_TRUE(machine.bug_check());
  EXPECT_EQ(machine.bug_check()->kind, drydock::ReportKind::kStall);
  const std::string report = machine.bug_check()->ToString();
  for (const char* part : {"shmem/sys/shmem.c:195 in ShmemControl", "Nobody can ever run again", "which lets it be cancelled",
                           "last it called WdfRequestForwardToIoQueue at ", "seed 9"})
    EXPECT_THAT(report, HasSubstr(part));
}
INSTANTIATE_TEST_SUITE_P(Clang, ShmemStall, testing::Values(DRYDOCK_IMAGE(shmem)));
#ifdef DRYDOCK_IMAGE_shmem_gcc
INSTANTIATE_TEST_SUITE_P(Gcc, ShmemStall, testing::Values(DRYDOCK_IMAGE(shmem_gcc)));
#endif

}  // namespace
