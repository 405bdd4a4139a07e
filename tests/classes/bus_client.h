// A driver of a peripheral and of pins, and how tests steer it.
#pragma once

#define CLIENT_CTL(id) CTL_CODE(0x8000, 0x900 + (id), METHOD_BUFFERED, FILE_ANY_ACCESS)
// In and out: CLIENT_ASK and its bytes. The request is completed with what the connection's request was completed with, the count in `moved`.
#define IOCTL_CLIENT_ASK CLIENT_CTL(0)

enum ClientWhat {
  ClientRead = 1,     // ReadFile
  ClientWrite,        // WriteFile of bytes[0 .. out)
  ClientSequence,     // a write of bytes[0 .. out), then a read of `in` bytes
  ClientSequenceList, // the same, the write in two pieces
  ClientSequenceMdl,  // the same, the read into an MDL
  ClientDuplex,       // both at once
  ClientBadSequence,  // a list whose count is larger than the buffer
  ClientLock,
  ClientUnlock,
  ClientLockConnection,
  ClientUnlockConnection,
  ClientReadPins,     // on the pins
  ClientWritePins
};

#define CLIENT_BYTES 32

typedef struct _CLIENT_ASK {
  unsigned what, out, in;
  unsigned moved;
  unsigned char bytes[CLIENT_BYTES];
} CLIENT_ASK;
