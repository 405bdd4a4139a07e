// Control codes and structures of serial ports, as in ntddser.h. src/backend/terminal only.
#pragma once

#include <ntddk.h>

namespace drydock::backend::serial {

constexpr ULONG Code(ULONG function) { return CTL_CODE(FILE_DEVICE_SERIAL_PORT, function, METHOD_BUFFERED, FILE_ANY_ACCESS); }

inline constexpr ULONG kSetBaudRate = Code(1);
inline constexpr ULONG kSetQueueSize = Code(2);
inline constexpr ULONG kSetLineControl = Code(3);
inline constexpr ULONG kSetBreakOn = Code(4);
inline constexpr ULONG kSetBreakOff = Code(5);
inline constexpr ULONG kImmediateChar = Code(6);
inline constexpr ULONG kSetTimeouts = Code(7);
inline constexpr ULONG kGetTimeouts = Code(8);
inline constexpr ULONG kSetDtr = Code(9);
inline constexpr ULONG kClrDtr = Code(10);
inline constexpr ULONG kResetDevice = Code(11);
inline constexpr ULONG kSetRts = Code(12);
inline constexpr ULONG kClrRts = Code(13);
inline constexpr ULONG kSetXoff = Code(14);
inline constexpr ULONG kSetXon = Code(15);
inline constexpr ULONG kGetWaitMask = Code(16);
inline constexpr ULONG kSetWaitMask = Code(17);
inline constexpr ULONG kWaitOnMask = Code(18);
inline constexpr ULONG kPurge = Code(19);
inline constexpr ULONG kGetBaudRate = Code(20);
inline constexpr ULONG kGetLineControl = Code(21);
inline constexpr ULONG kGetChars = Code(22);
inline constexpr ULONG kSetChars = Code(23);
inline constexpr ULONG kGetHandflow = Code(24);
inline constexpr ULONG kSetHandflow = Code(25);
inline constexpr ULONG kGetModemStatus = Code(26);
inline constexpr ULONG kGetCommStatus = Code(27);
inline constexpr ULONG kGetProperties = Code(29);
inline constexpr ULONG kGetDtrRts = Code(30);

struct LineControl {
  UCHAR stop_bits;  // 0: 1, 1: 1.5, 2: 2
  UCHAR parity;     // 0 none, 1 odd, 2 even, 3 mark, 4 space
  UCHAR word_length;
};
struct Timeouts {
  ULONG read_interval;
  ULONG read_total_multiplier;
  ULONG read_total_constant;
  ULONG write_total_multiplier;
  ULONG write_total_constant;
};
struct Chars {
  UCHAR eof, error, break_char, event, xon, xoff;
};
struct Handflow {
  ULONG control;
  ULONG flow_replace;
  LONG xon_limit;
  LONG xoff_limit;
};
struct Status {
  ULONG errors;
  ULONG hold_reasons;
  ULONG amount_in_in_queue;
  ULONG amount_in_out_queue;
  BOOLEAN eof_received;
  BOOLEAN wait_for_immediate;
};

inline constexpr ULONG kEvRxChar = 0x0001;
inline constexpr ULONG kEvTxEmpty = 0x0004;
inline constexpr ULONG kEvKnown = 0x1FFF;
inline constexpr ULONG kPurgeTxAbort = 1, kPurgeRxAbort = 2, kPurgeTxClear = 4, kPurgeRxClear = 8;
inline constexpr ULONG kDtrState = 0x1, kRtsState = 0x2;

}  // namespace drydock::backend::serial
