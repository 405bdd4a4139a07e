#include "precomp.h"

static DRIVER_CANCEL CancelQueued;
#define IRP_PORT(irp) ((PPORT)(irp)->Tail.Overlay.DriverContext[0])

static VOID CancelQueued(PDEVICE_OBJECT dev, PIRP irp)
{
  PPORT p = IRP_PORT(irp); KIRQL irql;
  UNREFERENCED_PARAMETER(dev);
  IoReleaseCancelSpinLock(irp->CancelIrql);
  KeAcquireSpinLock(p->lock, &irql);
  RemoveEntryList(&irp->Tail.Overlay.ListEntry);
  KeReleaseSpinLock(p->lock, irql);
  Done(irp, STATUS_CANCELLED, 0);
}

/* lock held */
static NTSTATUS Enqueue(PPORT p, PLIST_ENTRY list, PIRP irp)
{
  irp->Tail.Overlay.DriverContext[0] = p;
  IoSetCancelRoutine(irp, CancelQueued);
  if (irp->Cancel && IoSetCancelRoutine(irp, NULL)) return STATUS_CANCELLED;
  IoMarkIrpPending(irp);
  InsertTailList(list, &irp->Tail.Overlay.ListEntry);
  return STATUS_PENDING;
}
static PIRP Dequeue(PLIST_ENTRY list)
{
  PLIST_ENTRY e;
  for (e = list->Flink; e != list; e = e->Flink) {
    PIRP irp = CONTAINING_RECORD(e, IRP, Tail.Overlay.ListEntry);
    if (IoSetCancelRoutine(irp, NULL)) { RemoveEntryList(e); return irp; }
  }
  return NULL;
}
VOID CompleteList(PLIST_ENTRY done)
{
  while (!IsListEmpty(done)) {
    PIRP irp = CONTAINING_RECORD(RemoveHeadList(done), IRP, Tail.Overlay.ListEntry);
    IoCompleteRequest(irp, IO_SERIAL_INCREMENT);
  }
}
VOID PortFlush(PPORT p, PLIST_ENTRY list, PFILE_OBJECT file, NTSTATUS st)
{
  KIRQL irql; PIRP irp; LIST_ENTRY done;
  UNREFERENCED_PARAMETER(file);
  InitializeListHead(&done);
  KeAcquireSpinLock(p->lock, &irql);
  while ((irp = Dequeue(list)) != NULL) {
    irp->IoStatus.Status = st; irp->IoStatus.Information = 0;
    InsertTailList(&done, &irp->Tail.Overlay.ListEntry);
  }
  KeReleaseSpinLock(p->lock, irql);
  CompleteList(&done);
}
VOID PortEvent(PPORT p, ULONG ev, PLIST_ENTRY done)
{
  PIRP irp;
  p->events |= ev & p->waitMask;
  if (!p->events || (irp = Dequeue(&p->waits)) == NULL) return;
  *(PULONG)irp->AssociatedIrp.SystemBuffer = p->events;
  p->events = 0;
  irp->IoStatus.Status = STATUS_SUCCESS; irp->IoStatus.Information = sizeof(ULONG);
  InsertTailList(done, &irp->Tail.Overlay.ListEntry);
}
static ULONG RbWrite(RINGBUF *rb, const UCHAR *src, ULONG n)
{
  ULONG i;
  for (i = 0; i < n && rb->busy < rb->size; i++, rb->busy++) { *rb->head++ = src[i]; if (rb->head == rb->end) rb->head = rb->base; }
  return i;
}
static ULONG RbRead(RINGBUF *rb, UCHAR *dst, ULONG n)
{
  ULONG i;
  for (i = 0; i < n && rb->busy; i++, rb->busy--) { dst[i] = *rb->tail++; if (rb->tail == rb->end) rb->tail = rb->base; }
  return i;
}
NTSTATUS PortWrite(PPORT p, PIRP irp)
{
  PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);
  ULONG n = sp->Parameters.Write.Length, put = 0; KIRQL irql; LIST_ENTRY done; PPORT q;
  InitializeListHead(&done);
  KeAcquireSpinLock(p->lock, &irql);
  q = p->peer;
  if (q && q->rb.base) {
    PIRP r;
    put = RbWrite(&q->rb, irp->AssociatedIrp.SystemBuffer, n);
    if (put) PortEvent(q, SERIAL_EV_RXCHAR, &done);
    while (q->rb.busy && (r = Dequeue(&q->reads)) != NULL) {
      PIO_STACK_LOCATION rs = IoGetCurrentIrpStackLocation(r);
      r->IoStatus.Information = RbRead(&q->rb, r->AssociatedIrp.SystemBuffer, rs->Parameters.Read.Length);
      r->IoStatus.Status = STATUS_SUCCESS;
      InsertTailList(&done, &r->Tail.Overlay.ListEntry);
    }
  } else put = n;       /* nobody is there */
  KeReleaseSpinLock(p->lock, irql);
  CompleteList(&done);
  return Done(irp, STATUS_SUCCESS, put);
}
NTSTATUS PortRead(PPORT p, PIRP irp)
{
  PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);
  ULONG n = sp->Parameters.Read.Length, got; KIRQL irql; NTSTATUS st;
  if (!n) return Done(irp, STATUS_SUCCESS, 0);
  KeAcquireSpinLock(p->lock, &irql);
  got = RbRead(&p->rb, irp->AssociatedIrp.SystemBuffer, n);
  if (got || (p->timeouts.ReadIntervalTimeout == MAXULONG && !p->timeouts.ReadTotalTimeoutConstant && !p->timeouts.ReadTotalTimeoutMultiplier)) {
    KeReleaseSpinLock(p->lock, irql);
    return Done(irp, STATUS_SUCCESS, got);
  }
  st = Enqueue(p, &p->reads, irp);
  if (st == STATUS_PENDING && p->timeouts.ReadTotalTimeoutConstant) {
    LARGE_INTEGER due;
    due.QuadPart = -(LONGLONG)p->timeouts.ReadTotalTimeoutConstant * 10000;
    KeSetTimer(&p->timer, due, &p->dpc);
  }
  KeReleaseSpinLock(p->lock, irql);
  return st == STATUS_PENDING ? st : Done(irp, st, 0);
}
VOID PortTimeout(PKDPC dpc, PVOID ctx, PVOID a1, PVOID a2)
{
  UNREFERENCED_PARAMETER(dpc); UNREFERENCED_PARAMETER(a1); UNREFERENCED_PARAMETER(a2);
  PortFlush((PPORT)ctx, &((PPORT)ctx)->reads, NULL, STATUS_TIMEOUT);
}
#define NEED_OUT(type) if (sp->Parameters.DeviceIoControl.OutputBufferLength < sizeof(type)) { st = STATUS_BUFFER_TOO_SMALL; break; }
#define NEED_IN(type) if (sp->Parameters.DeviceIoControl.InputBufferLength < sizeof(type)) { st = STATUS_BUFFER_TOO_SMALL; break; }
#define GETTER(code, type, field) case code: NEED_OUT(type) *(type *)buf = p->field; info = sizeof(type); break;
#define SETTER(code, type, field) case code: NEED_IN(type) p->field = *(type *)buf; break;
NTSTATUS PortIoctl(PPORT p, PIRP irp)
{
  PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);
  PVOID buf = irp->AssociatedIrp.SystemBuffer;
  NTSTATUS st = STATUS_SUCCESS; ULONG_PTR info = 0; KIRQL irql; LIST_ENTRY done;
  InitializeListHead(&done);
  KeAcquireSpinLock(p->lock, &irql);
  switch (sp->Parameters.DeviceIoControl.IoControlCode) {
  GETTER(IOCTL_SERIAL_GET_BAUD_RATE, SERIAL_BAUD_RATE, baud)
  SETTER(IOCTL_SERIAL_SET_BAUD_RATE, SERIAL_BAUD_RATE, baud)
  GETTER(IOCTL_SERIAL_GET_LINE_CONTROL, SERIAL_LINE_CONTROL, line)
  SETTER(IOCTL_SERIAL_SET_LINE_CONTROL, SERIAL_LINE_CONTROL, line)
  GETTER(IOCTL_SERIAL_GET_TIMEOUTS, SERIAL_TIMEOUTS, timeouts)
  SETTER(IOCTL_SERIAL_SET_TIMEOUTS, SERIAL_TIMEOUTS, timeouts)
  GETTER(IOCTL_SERIAL_GET_HANDFLOW, SERIAL_HANDFLOW, handflow)
  SETTER(IOCTL_SERIAL_SET_HANDFLOW, SERIAL_HANDFLOW, handflow)
  GETTER(IOCTL_SERIAL_GET_CHARS, SERIAL_CHARS, chars)
  SETTER(IOCTL_SERIAL_SET_CHARS, SERIAL_CHARS, chars)
  GETTER(IOCTL_SERIAL_GET_MODEMSTATUS, ULONG, modem)
  GETTER(IOCTL_SERIAL_GET_WAIT_MASK, ULONG, waitMask)
  case IOCTL_SERIAL_SET_WAIT_MASK: {
    PIRP w;
    NEED_IN(ULONG)
    p->waitMask = *(PULONG)buf; p->events = 0;
    while ((w = Dequeue(&p->waits)) != NULL) {
      *(PULONG)w->AssociatedIrp.SystemBuffer = 0;
      w->IoStatus.Status = STATUS_SUCCESS; w->IoStatus.Information = sizeof(ULONG);
      InsertTailList(&done, &w->Tail.Overlay.ListEntry);
    }
    break;
  }
  case IOCTL_SERIAL_WAIT_ON_MASK:
    NEED_OUT(ULONG)
    if (!p->waitMask || !IsListEmpty(&p->waits)) { st = STATUS_INVALID_PARAMETER; break; }
    if (p->events) { *(PULONG)buf = p->events; p->events = 0; info = sizeof(ULONG); break; }
    st = Enqueue(p, &p->waits, irp);
    break;
  case IOCTL_SERIAL_GET_COMMSTATUS: {
    PSERIAL_STATUS s = buf;
    NEED_OUT(SERIAL_STATUS)
    RtlZeroMemory(s, sizeof(*s)); s->AmountInInQueue = p->rb.busy; info = sizeof(*s);
    break;
  }
  case IOCTL_SERIAL_GET_PROPERTIES: {
    PSERIAL_COMMPROP c = buf;
    NEED_OUT(SERIAL_COMMPROP)
    RtlZeroMemory(c, sizeof(*c));
    c->PacketLength = sizeof(*c); c->PacketVersion = 2; c->ServiceMask = SERIAL_SP_SERIALCOMM;
    c->MaxBaud = SERIAL_BAUD_USER; c->ProvSubType = SERIAL_SP_RS232;
    c->ProvCapabilities = SERIAL_PCF_DTRDSR | SERIAL_PCF_RTSCTS | SERIAL_PCF_TOTALTIMEOUTS;
    c->SettableData = SERIAL_DATABITS_8; info = sizeof(*c);
    break;
  }
  case IOCTL_SERIAL_SET_DTR: case IOCTL_SERIAL_CLR_DTR: case IOCTL_SERIAL_SET_RTS: case IOCTL_SERIAL_CLR_RTS:
  case IOCTL_SERIAL_SET_QUEUE_SIZE: case IOCTL_SERIAL_PURGE: case IOCTL_SERIAL_SET_BREAK_ON: case IOCTL_SERIAL_SET_BREAK_OFF:
    break;
  default:
    st = STATUS_INVALID_DEVICE_REQUEST;
  }
  KeReleaseSpinLock(p->lock, irql);
  CompleteList(&done);
  return st == STATUS_PENDING ? st : Done(irp, st, info);
}
