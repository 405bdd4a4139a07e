#ifndef _PAIR_H_
#define _PAIR_H_

#define PAIR_POOL_TAG 'riaP'
#define ARRLEN(a) (sizeof(a)/sizeof(a[0]))

DEFINE_GUID(GUID_DEVINTERFACE_PAIRPORT, 0xdf799e12, 0x3c56, 0x421b, 0xb2, 0x98, 0xb6, 0xd3, 0x64, 0x2b, 0xc8, 0x78);

typedef struct _RINGBUF {
  PUCHAR base, head, tail, end;
  ULONG busy, size;
} RINGBUF;

typedef struct _PORT {
  PDEVICE_OBJECT fdo;
  PDEVICE_OBJECT lower;
  PDEVICE_OBJECT pdo;
  struct _PORT *peer;
  IO_REMOVE_LOCK removeLock;
  KSPIN_LOCK *lock;               /* one for both ports of the pair */
  LIST_ENTRY reads;
  LIST_ENTRY waits;
  RINGBUF rb;
  SERIAL_TIMEOUTS timeouts;
  SERIAL_BAUD_RATE baud;
  SERIAL_LINE_CONTROL line;
  SERIAL_HANDFLOW handflow;
  SERIAL_CHARS chars;
  ULONG waitMask, events;
  ULONG modem;
  LONG opens;
  UNICODE_STRING link;
  UNICODE_STRING dos;
  BOOLEAN started;
  KTIMER timer;
  KDPC dpc;
} PORT, *PPORT;

typedef struct _PAIR { KSPIN_LOCK lock; PPORT ports[2]; FAST_MUTEX mutex; } PAIR;
extern PAIR g_pair;

NTSTATUS PortIoctl(PPORT p, PIRP irp);
NTSTATUS PortRead(PPORT p, PIRP irp);
NTSTATUS PortWrite(PPORT p, PIRP irp);
NTSTATUS PortPnp(PPORT p, PIRP irp);
VOID PortFlush(PPORT p, PLIST_ENTRY list, PFILE_OBJECT file, NTSTATUS st);
VOID PortEvent(PPORT p, ULONG ev, PLIST_ENTRY done);
VOID CompleteList(PLIST_ENTRY done);
KDEFERRED_ROUTINE PortTimeout;

__inline NTSTATUS Done(PIRP irp, NTSTATUS st, ULONG_PTR info)
{
  irp->IoStatus.Status = st;
  irp->IoStatus.Information = info;
  IoCompleteRequest(irp, IO_SERIAL_INCREMENT);
  return st;
}
#endif
