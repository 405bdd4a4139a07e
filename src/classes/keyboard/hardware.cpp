// i8042prt: the controller's two ports, the service routine, packets.
#include <cstring>
#include <initializer_list>

#include "classes/keyboard/port.h"
#include "nt/driver_callback.h"

namespace drydock::classes::keyboard {
namespace {

using nt::CallDriver;

constexpr UCHAR kOutputFull = 1, kInputFull = 2, kFromMouse = 0x20;  // the status port
constexpr UCHAR kReadConfiguration = 0x20, kWriteConfiguration = 0x60;
constexpr UCHAR kInterruptOn = 1, kMouseInterruptOn = 2, kTranslate = 0x40;
constexpr UCHAR kToMouse = 0xD4;
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
  NTSTATUS status = port.mouse ? WriteByte(port, port.command_port, kToMouse) : STATUS_SUCCESS;
  if (NT_SUCCESS(status)) status = WriteByte(port, port.data_port, value);
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

UCHAR InterruptBit(const Port& port) { return port.mouse ? kMouseInterruptOn : kInterruptOn; }

// Reset, then the three sample rates after which a mouse with a wheel calls itself 3.
NTSTATUS InitializeMouse(Port& port) {
  UCHAR answer = 0, id = 0;
  NTSTATUS status = Configure(port, kMouseInterruptOn, 0);
  if (NT_SUCCESS(status)) status = SynchWrite(&port, kReset, TRUE);
  if (NT_SUCCESS(status)) status = ReadByte(port, &answer);
  if (NT_SUCCESS(status) && answer != kPassed) status = STATUS_IO_DEVICE_ERROR;
  if (NT_SUCCESS(status)) status = ReadByte(port, &id);
  for (const UCHAR rate : {UCHAR{200}, UCHAR{100}, UCHAR{80}}) {
    if (NT_SUCCESS(status)) status = SynchWrite(&port, 0xF3, TRUE);
    if (NT_SUCCESS(status)) status = SynchWrite(&port, rate, TRUE);
  }
  if (NT_SUCCESS(status)) status = SynchWrite(&port, 0xF2, TRUE);
  if (NT_SUCCESS(status)) status = ReadByte(port, &id);
  port.wheel = NT_SUCCESS(status) && id == 3;
  if (NT_SUCCESS(status)) status = SynchWrite(&port, kEnable, TRUE);
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
  const void* packet = port.mouse ? static_cast<const void*>(&port.mouse_current) : &port.current;
  std::memcpy(port.queue + (port.first + port.count++) % kQueueLength * PacketSize(port), packet, PacketSize(port));
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

// Three bytes, four with a wheel: buttons and signs, right, up, towards the user.
void OnMouseByte(Port& port, UCHAR byte) {
  if (port.movement_bytes == 0 && !(byte & 8)) return;  // not the first of them
  port.movement[port.movement_bytes++] = byte;
  port.mouse_state = static_cast<MOUSE_STATE>(port.movement_bytes);
  if (port.movement_bytes < (port.wheel ? 4u : 3u)) return;
  const UCHAR* bytes = port.movement;
  const UCHAR now = bytes[0] & 7, changed = now ^ port.buttons;
  port.mouse_current = {};
  port.mouse_current.LastX = bytes[1] - (bytes[0] & 0x10 ? 256 : 0);
  port.mouse_current.LastY = -(bytes[2] - (bytes[0] & 0x20 ? 256 : 0));  // down is more
  for (int i = 0; i < 3; ++i)
    if (changed & 1 << i) port.mouse_current.ButtonFlags |= static_cast<USHORT>(now & 1 << i ? MOUSE_BUTTON_1_DOWN << 2 * i : MOUSE_BUTTON_1_UP << 2 * i);
  if (port.wheel && bytes[3]) {
    port.mouse_current.ButtonFlags |= MOUSE_WHEEL;
    port.mouse_current.ButtonData = static_cast<USHORT>(-120 * static_cast<signed char>(bytes[3]));
  }
  port.buttons = now;
  port.movement_bytes = 0;
  port.mouse_state = MouseIdle;
  Enqueue(port);
}

BOOLEAN ServiceRoutine(PKINTERRUPT, PVOID context) {
  Port& port = *static_cast<Port*>(context);
  const UCHAR status = READ_PORT_UCHAR(port.command_port);
  if (!(status & kOutputFull)) return FALSE;
  if (status == 0xFF) return FALSE;  // nothing is there any more
  UCHAR byte = READ_PORT_UCHAR(port.data_port);
  if (((status & kFromMouse) != 0) != port.mouse) return TRUE;
  if (port.mouse) {
    if (port.mouse_hook.IsrRoutine) {
      BOOLEAN go_on = TRUE;
      const BOOLEAN result = CallDriver("I8042_MOUSE_ISR", port.mouse_hook.IsrRoutine, port.mouse_hook.Context, &port.mouse_current, &port.output, status, &byte,
                                        &go_on, &port.mouse_state, &port.reset_state);
      if (!go_on) return result;
    }
    OnMouseByte(port, byte);
    return TRUE;
  }
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
  alignas(8) UCHAR data[16 * sizeof(MOUSE_INPUT_DATA)];
  ULONG count;  // copied, then how many of them are done with
};

BOOLEAN CopyPackets(PVOID context) {
  auto& packets = *static_cast<Packets*>(context);
  Port& port = *packets.port;
  packets.count = 0;
  const ULONG size = PacketSize(port);
  while (packets.count < port.count && packets.count < 16) {
    std::memcpy(packets.data + packets.count * size, port.queue + (port.first + packets.count) % kQueueLength * size, size);
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

static void Deliver(Port& port) {
  Packets packets = {&port, {}, 0};
  for (;;) {
    KeSynchronizeExecution(port.interrupt, CopyPackets, &packets);
    if (packets.count == 0) return;
    ULONG consumed = 0;
    CallDriver("CLASS_SERVICE_CALLBACK", reinterpret_cast<PSERVICE_CALLBACK_ROUTINE>(port.connect.ClassService),
               static_cast<PVOID>(port.connect.ClassDeviceObject), static_cast<PVOID>(packets.data), static_cast<PVOID>(packets.data + packets.count * PacketSize(port)),
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

VOID DeliverPackets(PKDPC, PVOID context, PVOID, PVOID) {
  Port& port = *static_cast<Port*>(context);
  if (!port.connect.ClassService || !ExAcquireRundownProtection(&port.running)) return;
  Deliver(port);
  ExReleaseRundownProtection(&port.running);
}

NTSTATUS SendBytes(Port& port, const UCHAR* bytes, ULONG count) {
  if (!ExAcquireRundownProtection(&port.running)) return STATUS_DEVICE_NOT_READY;
  Sending sending = {&port, bytes, count};
  const bool sent = KeSynchronizeExecution(port.interrupt, BeginSending, &sending);
  ExReleaseRundownProtection(&port.running);
  return sent ? STATUS_SUCCESS : STATUS_DEVICE_BUSY;
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
  port.movement_bytes = port.buttons = 0;
  NTSTATUS status = port.mouse ? InitializeMouse(port) : Initialize(port);
  if (!NT_SUCCESS(status)) return status;
  status = IoConnectInterrupt(&port.interrupt, ServiceRoutine, &port, nullptr, interrupt->u.Interrupt.Vector, static_cast<KIRQL>(interrupt->u.Interrupt.Level),
                              static_cast<KIRQL>(interrupt->u.Interrupt.Level), interrupt->Flags & CM_RESOURCE_INTERRUPT_LATCHED ? Latched : LevelSensitive,
                              interrupt->ShareDisposition == CmResourceShareShared, interrupt->u.Interrupt.Affinity, FALSE);
  if (!NT_SUCCESS(status)) {
    port.interrupt = nullptr;
    return status;
  }
  ExReInitializeRundownProtection(&port.running);
  status = Configure(port, 0, InterruptBit(port));
  if (!NT_SUCCESS(status)) StopHardware(port);
  return status;
}

void StopHardware(Port& port) {
  if (!port.interrupt) return;
  ExWaitForRundownProtectionRelease(&port.running);
  IoDisconnectInterrupt(port.interrupt);
  KeCancelTimer(&port.retry);
  KeRemoveQueueDpc(&port.dpc);
  KeFlushQueuedDpcs();
  port.interrupt = nullptr;
  Configure(port, InterruptBit(port), 0);
}

}  // namespace drydock::classes::keyboard
