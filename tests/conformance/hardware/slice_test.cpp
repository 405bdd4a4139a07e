// From a register to a completed request: the whole way through a driver with hardware.
#include "hw.h"

namespace drydock::test {
namespace {

CONFORMANCE(Hardware, RegisterInterruptDpcCompletion, "INT-08", "INT-09", "INT-11", "PWR-23", "RES-01") {
  Card card;
  Irq irq;
  Hw hw;
  volatile ULONG* registers = nullptr;
  std::atomic<WDFREQUEST> held{nullptr};
  int dpc_irql = -1;
  irq.isr = [&](ULONG message) -> BOOLEAN {
    EXPECT_EQ(message, 0u);
    if (READ_REGISTER_ULONG(registers + 1) == 0) return FALSE;
    WRITE_REGISTER_ULONG(registers + 2, 1);
    EXPECT_TRUE(WdfInterruptQueueDpcForIsr(irq.handle));
    return TRUE;
  };
  irq.dpc = [&] {
    dpc_irql = KeGetCurrentIrql();
    WDFREQUEST request = held.exchange(nullptr);
    ULONG* out = nullptr;
    EXPECT_EQ(S(WdfRequestRetrieveOutputBuffer(request, sizeof(ULONG), reinterpret_cast<PVOID*>(&out), nullptr)), S(STATUS_SUCCESS));
    *out = READ_REGISTER_ULONG(registers + 3);
    WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, sizeof(ULONG));
  };
  hw.added = [&](WDFDEVICE device) { return MakeInterrupt(device, irq); };
  hw.prepare = [&](WDFCMRESLIST raw, WDFCMRESLIST translated) {
    EXPECT_EQ(WdfCmResourceListGetCount(raw), 2u);
    EXPECT_EQ(WdfCmResourceListGetCount(translated), 2u);
    registers = MapFirst(translated);
    return registers ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
  };
  hw.release = [&](WDFCMRESLIST) {
    MmUnmapIoSpace(const_cast<ULONG*>(registers), 16);
    return STATUS_SUCCESS;
  };
  hw.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
    held = request;
    WRITE_REGISTER_ULONG(registers, 21);
  };
  Rig rig(machine, hw);
  rig.device = machine.AddDevice(Spec(rig.driver, {Resource::Memory(16, card.registers()), Resource::Line(card.pin, {.irql = 7})}));
  ASSERT_TRUE(rig.device.started()) << machine.ReportText();
  File file = rig.Open();
  uint32_t answer = 0;
  EXPECT_EQ(file.Ioctl(kIoctl, nullptr, 0, &answer, sizeof answer).status, STATUS_SUCCESS);
  EXPECT_EQ(answer, 42u);
  EXPECT_EQ(irq.isr_calls, 1);
  EXPECT_EQ(irq.isr_irql, 7);
  EXPECT_EQ(dpc_irql, DISPATCH_LEVEL);
  EXPECT_EQ(card.acknowledged, 1u);
  EXPECT_FALSE(card.pin.raised());
  file.Close();
  rig.RemoveDevice();
}

}  // namespace
}  // namespace drydock::test
