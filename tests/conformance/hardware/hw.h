// Hw: a driver with hardware, made of hooks: the rig of the objects suite, with its PnP callbacks and interrupts as a test's lambdas.
// Threads:    as the rig's; an interrupt's hooks run where its callbacks do.
#pragma once

#include <atomic>

#include "../objects/rig.h"
#include "drydock/hardware.h"

namespace drydock::test {

// One interrupt of a test. Hooks that are left empty are not given to the framework, but for the ISR, which then claims.
struct Irq {
  std::function<BOOLEAN(ULONG message)> isr;
  std::function<void()> dpc, work;
  std::function<NTSTATUS()> enable, disable;
  std::function<void(WDF_INTERRUPT_CONFIG&)> config;
  std::function<void(WDF_OBJECT_ATTRIBUTES&)> attributes;
  WDFINTERRUPT handle = nullptr;
  WDFOBJECT associated = nullptr;  // what the DPC or work item got
  std::atomic<int> isr_calls{0};
  std::atomic<int> isr_irql{-1};
};
NTSTATUS MakeInterrupt(WDFDEVICE device, Irq& irq, PCM_PARTIAL_RESOURCE_DESCRIPTOR raw = nullptr,
                       PCM_PARTIAL_RESOURCE_DESCRIPTOR translated = nullptr);

struct Hw : Hooks {
  Hw();
  ~Hw();
  std::function<NTSTATUS(WDFCMRESLIST raw, WDFCMRESLIST translated)> prepare;
  std::function<NTSTATUS(WDFCMRESLIST translated)> release;
  std::function<NTSTATUS(WDF_POWER_DEVICE_STATE)> d0_entry, d0_exit;
  std::function<NTSTATUS()> interrupts_enabled, interrupts_disabling;  // PostInterruptsEnabled, PreInterruptsDisabled
  std::function<NTSTATUS(PWDFDEVICE_INIT)> more_init;
};

// The `index`-th descriptor of a type, counted from 0; null: there are fewer.
PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor(WDFCMRESLIST list, UCHAR type, ULONG index = 0);
// Maps the first memory resource.
volatile ULONG* MapFirst(WDFCMRESLIST translated);

// A device with four registers and an interrupt: the first write starts it, it interrupts, and is quiet after the acknowledgement.
struct Card {
  static constexpr uint64_t kControl = 0, kStatus = 4, kAcknowledge = 8, kData = 12;
  std::shared_ptr<RegisterFile> registers();
  void Interrupt();  // sets the status and raises the pin
  InterruptPin pin;
  std::atomic<uint32_t> status{0}, data{0}, acknowledged{0};
};

DeviceSpec Spec(Driver driver, std::vector<Resource> resources);

}  // namespace drydock::test
