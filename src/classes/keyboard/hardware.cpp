// i8042prt for a keyboard: the controller's two ports, the service routine, packets.
#include <cstring>

#include "classes/keyboard/port.h"
#include "nt/driver_callback.h"

namespace drydock::classes::keyboard {
namespace {

using nt::CallDriver;

constexpr UCHAR kOutputFull = 1, kInputFull = 2, kFromMouse = 0x20;  // the status port
constexpr UCHAR kReadConfiguration = 0x20, kWriteConfiguration = 0x60;
constexpr UCHAR kInterruptOn = 1, kTranslate = 0x40;
constexpr UCHAR kReset = 0xFF, kEnable = 0xF4, kAcknowledge = 0xFA, kResend = 0xFE, kPassed = 0xAA;
constexpr int kPolls = 100;  // of 50 us

NTSTATUS WaitFor(Port& port, UCHAR bit, bool set) {
  for (int i = 0; i < kPolls; ++i) {
    if (((READ_PORT_UCHAR(port.command_port) & bit) != 0) == set) return STATUS_SUCCESS;
    KeStallExecutionProcessor(50);
  }
  return STATUS_IO_TIMEOUT;
}

NTSTATUS ReadByte(Port& port, UCHAR* value) {
  const NTSTATUS status = WaitFor(port, kOutputFull, true);
  if (NT_SUCCESS(status)) *value = READ_PORT_UCHAR(port.data_port);
  return status;
}

NTSTATUS WriteByte(Port& port, PUCHAR where, UCHAR value) {
  const NTSTATUS status = WaitFor(port, kInputFull, false);
  if (NT_SUCCESS(status)) WRITE_PORT_UCHAR(where, value);
  return status;
}

NTSTATUS Acknowledged(Port& port) {
  UCHAR answer = 0;
  const NTSTATUS status = ReadByte(port, &answer);
  if (!NT_SUCCESS(status)) return status;
  return answer == kAcknowledge ? STATUS_SUCCESS : STATUS_IO_DEVICE_ERROR;
}

// For initialization hooks.
NTSTATUS SynchRead(PVOID context, PUCHAR value, BOOLEAN wait_for_ack) {
  Port& port = *static_cast<Port*>(context);
  const NTSTATUS status = wait_for_ack ? Acknowledged(port) : STATUS_SUCCESS;
  return NT_SUCCESS(status) ? ReadByte(port, value) : status;
}
NTSTATUS SynchWrite(PVOID context, UCHAR value, BOOLEAN wait_for_ack) {
  Port& port = *static_cast<Port*>(context);
  const NTSTATUS status = WriteByte(port, port.data_port, value);
  return NT_SUCCESS(status) && wait_for_ack ? Acknowledged(port) : status;
}

NTSTATUS Configure(Port& port, UCHAR clear, UCHAR set) {
  UCHAR configuration = 0;
  NTSTATUS status = WriteByte(port, port.command_port, kReadConfiguration);
  if (NT_SUCCESS(status)) status = ReadByte(port, &configuration);
  if (NT_SUCCESS(status)) status = WriteByte(port, port.command_port, kWriteConfiguration);
  if (NT_SUCCESS(status)) status = WriteByte(port, port.data_port, static_cast<UCHAR>((configuration & ~clear) | set));
  return status;
}

NTSTATUS Initialize(Port& port) {
  UCHAR answer = 0;
  BOOLEAN translate = TRUE;
  NTSTATUS status = Configure(port, kInterruptOn, 0);
  if (NT_SUCCESS(status)) status = SynchWrite(&port, kReset, TRUE);
  if (NT_SUCCESS(status)) status = ReadByte(port, &answer);
  if (NT_SUCCESS(status) && answer != kPassed) status = STATUS_IO_DEVICE_ERROR;
  if (NT_SUCCESS(status) && port.hook.InitializationRoutine)
    status = CallDriver("I8042_KEYBOARD_INITIALIZATION_ROUTINE", port.hook.InitializationRoutine, port.hook.Context, static_cast<PVOID>(&port), SynchRead,
                        SynchWrite, &translate);
  if (NT_SUCCESS(status)) status = SynchWrite(&port, kEnable, TRUE);
  if (NT_SUCCESS(status)) status = Configure(port, kTranslate, translate ? kTranslate : 0);
  return status;
}

// --- with the interrupt ---

void Enqueue(Port& port) {
  if (port.count == kQueueLength) return;  // lost
  port.queue[(port.first + port.count++) % kQueueLength] = port.current;
  KeInsertQueueDpc(&port.dpc, nullptr, nullptr);
}

void OnByte(Port& port, UCHAR byte) {
  if (port.output.State == SendingBytes && (byte == kAcknowledge || byte == kResend)) {
    if (byte == kAcknowledge) ++port.output.CurrentByte;
    if (port.output.CurrentByte < port.output.ByteCount) WRITE_PORT_UCHAR(port.data_port, port.output.Bytes[port.output.CurrentByte]);
    else port.output.State = Idle;
    return;
  }
  if (byte == kAcknowledge || byte == kResend) return;
  if (byte == 0xE0) {
    port.scan = GotE0;
    return;
  }
  if (byte == 0xE1) {
    port.scan = GotE1;
    return;
  }
  port.current = {};
  if (byte == 0xFF || byte == 0) {
    port.current.MakeCode = KEYBOARD_OVERRUN_MAKE_CODE;
  } else {
    port.current.MakeCode = byte & 0x7F;
    port.current.Flags = static_cast<USHORT>((byte & 0x80 ? KEY_BREAK : KEY_MAKE) | (port.scan == GotE0 ? KEY_E0 : port.scan == GotE1 ? KEY_E1 : 0));
  }
  port.scan = Normal;
  Enqueue(port);
}

BOOLEAN ServiceRoutine(PKINTERRUPT, PVOID context) {
  Port& port = *static_cast<Port*>(context);
  const UCHAR status = READ_PORT_UCHAR(port.command_port);
  if (!(status & kOutputFull)) return FALSE;
  if (status == 0xFF) return FALSE;  // nothing is there any more
  UCHAR byte = READ_PORT_UCHAR(port.data_port);
  if (status & kFromMouse) return TRUE;
  if (port.hook.IsrRoutine) {
    BOOLEAN go_on = TRUE;
    const BOOLEAN result = CallDriver("I8042_KEYBOARD_ISR", port.hook.IsrRoutine, port.hook.Context, &port.current, &port.output, status, &byte, &go_on, &port.scan);
    if (!go_on) return result;
  }
  OnByte(port, byte);
  return TRUE;
}

struct Packets {
  Port* port;
  KEYBOARD_INPUT_DATA data[16];
  ULONG count;  // copied, then how many of them are done with
};

BOOLEAN CopyPackets(PVOID context) {
  auto& packets = *static_cast<Packets*>(context);
  Port& port = *packets.port;
  packets.count = 0;
  while (packets.count < port.count && packets.count < ARRAYSIZE(packets.data)) {
    packets.data[packets.count] = port.queue[(port.first + packets.count) % kQueueLength];
    ++packets.count;
  }
  return TRUE;
}

BOOLEAN DropPackets(PVOID context) {
  auto& packets = *static_cast<Packets*>(context);
  packets.port->first = (packets.port->first + packets.count) % kQueueLength;
  packets.port->count -= packets.count;
  return TRUE;
}

struct Sending {
  Port* port;
  const UCHAR* bytes;
  ULONG count;
};

BOOLEAN BeginSending(PVOID context) {
  auto& sending = *static_cast<Sending*>(context);
  Port& port = *sending.port;
  if (port.output.State == SendingBytes) return FALSE;
  std::memcpy(port.output_bytes, sending.bytes, sending.count);
  port.output = {port.output_bytes, 0, sending.count, SendingBytes};
  WRITE_PORT_UCHAR(port.data_port, port.output_bytes[0]);
  return TRUE;
}

}  // namespace

VOID IsrWritePort(PVOID context, UCHAR value) { WRITE_PORT_UCHAR(static_cast<Port*>(context)->data_port, value); }
VOID QueuePacket(PVOID context) { Enqueue(*static_cast<Port*>(context)); }

VOID DeliverPackets(PKDPC, PVOID context, PVOID, PVOID) {
  Port& port = *static_cast<Port*>(context);
  if (!port.connect.ClassService || !port.interrupt) return;
  Packets packets = {&port, {}, 0};
  for (;;) {
    KeSynchronizeExecution(port.interrupt, CopyPackets, &packets);
    if (packets.count == 0) return;
    ULONG consumed = 0;
    CallDriver("CLASS_SERVICE_CALLBACK", reinterpret_cast<PSERVICE_CALLBACK_ROUTINE>(port.connect.ClassService),
               static_cast<PVOID>(port.connect.ClassDeviceObject), static_cast<PVOID>(packets.data), static_cast<PVOID>(packets.data + packets.count),
               static_cast<PVOID>(&consumed));
    const bool all = consumed >= packets.count;
    if (!all) packets.count = consumed;
    KeSynchronizeExecution(port.interrupt, DropPackets, &packets);
    if (all) continue;
    LARGE_INTEGER due;
    due.QuadPart = -50 * 10'000ll;
    KeSetTimer(&port.retry, due, &port.dpc);
    return;
  }
}

NTSTATUS SendBytes(Port& port, const UCHAR* bytes, ULONG count) {
  if (!port.interrupt) return STATUS_DEVICE_NOT_READY;
  Sending sending = {&port, bytes, count};
  return KeSynchronizeExecution(port.interrupt, BeginSending, &sending) ? STATUS_SUCCESS : STATUS_DEVICE_BUSY;
}

NTSTATUS StartHardware(Port& port, PCM_RESOURCE_LIST translated) {
  const CM_PARTIAL_RESOURCE_DESCRIPTOR* interrupt = nullptr;
  port.data_port = port.command_port = nullptr;
  if (translated && translated->Count) {
    const CM_PARTIAL_RESOURCE_LIST& list = translated->List[0].PartialResourceList;
    for (ULONG i = 0; i < list.Count; ++i) {
      const CM_PARTIAL_RESOURCE_DESCRIPTOR& each = list.PartialDescriptors[i];
      if (each.Type == CmResourceTypeInterrupt && !interrupt) interrupt = &each;
      if (each.Type != CmResourceTypePort) continue;
      PUCHAR& port_register = port.data_port ? port.command_port : port.data_port;
      port_register = reinterpret_cast<PUCHAR>(static_cast<ULONG_PTR>(each.u.Port.Start.QuadPart));
    }
  }
  if (!port.command_port || !interrupt) return STATUS_DEVICE_CONFIGURATION_ERROR;
  port.output = {};
  port.scan = Normal;
  port.count = 0;
  NTSTATUS status = Initialize(port);
  if (!NT_SUCCESS(status)) return status;
  status = IoConnectInterrupt(&port.interrupt, ServiceRoutine, &port, nullptr, interrupt->u.Interrupt.Vector, static_cast<KIRQL>(interrupt->u.Interrupt.Level),
                              static_cast<KIRQL>(interrupt->u.Interrupt.Level), interrupt->Flags & CM_RESOURCE_INTERRUPT_LATCHED ? Latched : LevelSensitive,
                              interrupt->ShareDisposition == CmResourceShareShared, interrupt->u.Interrupt.Affinity, FALSE);
  if (!NT_SUCCESS(status)) {
    port.interrupt = nullptr;
    return status;
  }
  status = Configure(port, 0, kInterruptOn);
  if (!NT_SUCCESS(status)) StopHardware(port);
  return status;
}

void StopHardware(Port& port) {
  if (!port.interrupt) return;
  IoDisconnectInterrupt(port.interrupt);
  KeCancelTimer(&port.retry);
  KeRemoveQueueDpc(&port.dpc);
  KeFlushQueuedDpcs();
  port.interrupt = nullptr;
  Configure(port, kInterruptOn, 0);
}

}  // namespace drydock::classes::keyboard
