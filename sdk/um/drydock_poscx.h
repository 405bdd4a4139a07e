// The functions of PosCx, part of poscx.h.
// Locks: the device's Lock around files, owners and events; no driver callback and no completion under it.
#ifndef DRYDOCK_POSCX_H
#define DRYDOCK_POSCX_H

#define DRYDOCK_POSCX static inline __attribute__((unused))

typedef struct _DRYDOCK_POSCX_DEVICE {
  WDFWAITLOCK Lock;
  POS_CX_ATTRIBUTES Attributes;
  LIST_ENTRY Files;
  WDFQUEUE Reads;   // wait for events
  WDFQUEUE Claims;  // wait for the owner
  WDFTIMER Answer;  // the owner's time to answer
} DRYDOCK_POSCX_DEVICE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DRYDOCK_POSCX_DEVICE, DrydockPosCxDevice)

typedef struct _DRYDOCK_POSCX_FILE {
  LIST_ENTRY Link;
  WDFFILEOBJECT File;
  ULONG Tag;
  BOOLEAN PosApp, Owner, Asked;  // Asked: to release
  BOOLEAN Late;                  // had not answered when the time was over
  WDFCOLLECTION Control, Data;
} DRYDOCK_POSCX_FILE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DRYDOCK_POSCX_FILE, DrydockPosCxFile)

DRYDOCK_POSCX void POS_CX_ATTRIBUTES_INIT(POS_CX_ATTRIBUTES *attributes) { RtlZeroMemory(attributes, sizeof *attributes); }

// Under the lock.
DRYDOCK_POSCX DRYDOCK_POSCX_FILE *DrydockPosCxOwner(DRYDOCK_POSCX_DEVICE *device, ULONG tag) {
  for (PLIST_ENTRY link = device->Files.Flink; link != &device->Files; link = link->Flink) {
    DRYDOCK_POSCX_FILE *file = CONTAINING_RECORD(link, DRYDOCK_POSCX_FILE, Link);
    if (file->Owner && file->Tag == tag) return file;
  }
  return NULL;
}

// Gives an event to a read. An event that does not fit stays the next one; the read gets its beginning and STATUS_BUFFER_OVERFLOW.
DRYDOCK_POSCX BOOLEAN DrydockPosCxAnswer(WDFREQUEST request, WDFMEMORY event) {
  size_t length = 0, room = 0;
  PVOID target = NULL, source = WdfMemoryGetBuffer(event, &length);
  NTSTATUS status = WdfRequestRetrieveOutputBuffer(request, sizeof(PosEventDataHeader), &target, &room);
  if (!NT_SUCCESS(status)) {
    WdfRequestComplete(request, status);
    return FALSE;
  }
  const BOOLEAN fits = room >= length;
  RtlCopyMemory(target, source, fits ? length : room);
  WdfRequestCompleteWithInformation(request, fits ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW, fits ? length : room);
  return fits;
}

// The file's next event, taken from its collection, and a read of it; FALSE: one of the two is missing.
DRYDOCK_POSCX BOOLEAN DrydockPosCxMatch(DRYDOCK_POSCX_DEVICE *device, DRYDOCK_POSCX_FILE *file, WDFREQUEST *request, WDFMEMORY *event, WDFCOLLECTION *from) {
  BOOLEAN found = FALSE;
  WdfWaitLockAcquire(device->Lock, NULL);
  *from = file->Control && WdfCollectionGetCount(file->Control) != 0 ? file->Control : file->Data;
  if (*from && WdfCollectionGetCount(*from) != 0 && NT_SUCCESS(WdfIoQueueRetrieveRequestByFileObject(device->Reads, file->File, request))) {
    *event = (WDFMEMORY)WdfCollectionGetFirstItem(*from);
    WdfObjectReference(*event);
    WdfCollectionRemoveItem(*from, 0);
    found = TRUE;
  }
  WdfWaitLockRelease(device->Lock);
  return found;
}

DRYDOCK_POSCX void DrydockPosCxDeliver(DRYDOCK_POSCX_DEVICE *device, DRYDOCK_POSCX_FILE *file) {
  WDFREQUEST request;
  WDFMEMORY event;
  WDFCOLLECTION from;
  while (DrydockPosCxMatch(device, file, &request, &event, &from)) {
    if (DrydockPosCxAnswer(request, event)) {
      WdfObjectDereference(event);
      WdfObjectDelete(event);
      continue;
    }
    // Back to the front: the collection is made anew behind it.
    WdfWaitLockAcquire(device->Lock, NULL);
    const ULONG behind = WdfCollectionGetCount(from);
    if (NT_SUCCESS(WdfCollectionAdd(from, event))) {
      for (ULONG i = 0; i < behind; ++i) {
        WDFOBJECT first = WdfCollectionGetFirstItem(from);
        WdfObjectReference(first);
        WdfCollectionRemoveItem(from, 0);
        (void)WdfCollectionAdd(from, first);
        WdfObjectDereference(first);
      }
    }
    WdfWaitLockRelease(device->Lock);
    WdfObjectDereference(event);
  }
}

// Under the lock: an event of its own for one file. Its parent is the file: it goes with it at the latest.
DRYDOCK_POSCX NTSTATUS DrydockPosCxKeep(DRYDOCK_POSCX_FILE *file, ULONG attributes, const void *data, size_t size) {
  WDF_OBJECT_ATTRIBUTES parent;
  WDFMEMORY copy;
  PVOID buffer;
  WDF_OBJECT_ATTRIBUTES_INIT(&parent);
  parent.ParentObject = file->File;
  NTSTATUS status = WdfMemoryCreate(&parent, NonPagedPoolNx, 'xCsP', size, &copy, &buffer);
  if (!NT_SUCCESS(status)) return status;
  RtlCopyMemory(buffer, data, size);
  status = WdfCollectionAdd(attributes & POS_CX_EVENT_PRI_CONTROL ? file->Control : file->Data, copy);
  if (!NT_SUCCESS(status)) WdfObjectDelete(copy);
  return status;
}

DRYDOCK_POSCX NTSTATUS DrydockPosCxPut(DRYDOCK_POSCX_DEVICE *device, ULONG tag, ULONG attributes, const void *data, size_t size) {
  NTSTATUS status = STATUS_SUCCESS;
  WdfWaitLockAcquire(device->Lock, NULL);
  DRYDOCK_POSCX_FILE *one = attributes & POS_CX_EVENT_DEST_BCAST ? NULL : DrydockPosCxOwner(device, tag);
  if (one) {
    status = DrydockPosCxKeep(one, attributes, data, size);
  } else if (attributes & POS_CX_EVENT_DEST_BCAST) {
    for (PLIST_ENTRY link = device->Files.Flink; link != &device->Files && NT_SUCCESS(status); link = link->Flink) {
      DRYDOCK_POSCX_FILE *file = CONTAINING_RECORD(link, DRYDOCK_POSCX_FILE, Link);
      if (file->Tag == tag) status = DrydockPosCxKeep(file, attributes, data, size);
    }
  }
  // Files stay while they are referenced: one after the other is served without the lock.
  PLIST_ENTRY link = device->Files.Flink;
  BOOLEAN queued = FALSE;
  while (link != &device->Files) {
    DRYDOCK_POSCX_FILE *file = CONTAINING_RECORD(link, DRYDOCK_POSCX_FILE, Link);
    WdfObjectReference(file->File);
    WdfWaitLockRelease(device->Lock);
    DrydockPosCxDeliver(device, file);
    WdfWaitLockAcquire(device->Lock, NULL);
    if (file->Control && (WdfCollectionGetCount(file->Control) != 0 || WdfCollectionGetCount(file->Data) != 0)) queued = TRUE;
    link = file->Control ? file->Link.Flink : &device->Files;  // closed meanwhile: the list goes on from the start with the next event
    WdfObjectDereference(file->File);
  }
  WdfWaitLockRelease(device->Lock);
  return NT_SUCCESS(status) && queued ? STATUS_PENDING : status;
}

// Under no lock: the next claim of the tag, if nobody owns it, gets the device. `old`: who had it, for the driver's callback.
DRYDOCK_POSCX void DrydockPosCxPromote(WDFDEVICE handle, ULONG tag, WDFFILEOBJECT old) {
  DRYDOCK_POSCX_DEVICE *device = DrydockPosCxDevice(handle);
  WDFREQUEST found = NULL, request = NULL;
  WDFFILEOBJECT next = NULL;
  WdfWaitLockAcquire(device->Lock, NULL);
  while (!DrydockPosCxOwner(device, tag)) {
    WDFREQUEST last = found;
    NTSTATUS status = WdfIoQueueFindRequest(device->Claims, last, NULL, NULL, &found);
    if (last) WdfObjectDereference(last);
    if (!NT_SUCCESS(status)) {
      found = NULL;
      if (status == STATUS_NOT_FOUND) continue;  // it was cancelled: from the start
      break;
    }
    DRYDOCK_POSCX_FILE *file = DrydockPosCxFile(WdfRequestGetFileObject(found));
    if (file && file->Tag == tag && NT_SUCCESS(WdfIoQueueRetrieveFoundRequest(device->Claims, found, &request))) {
      file->Owner = TRUE;
      file->Asked = FALSE;
      next = file->File;
    }
  }
  if (found) WdfObjectDereference(found);
  WdfWaitLockRelease(device->Lock);
  if (!next && device->Attributes.EvtDeviceRemoteRelease) (void)device->Attributes.EvtDeviceRemoteRelease(handle, tag);
  if (device->Attributes.EvtDeviceOwnershipChange) device->Attributes.EvtDeviceOwnershipChange(handle, old, next);
  if (request) WdfRequestComplete(request, STATUS_SUCCESS);
}

DRYDOCK_POSCX void DrydockPosCxNoAnswer(WDFTIMER timer) {
  WDFDEVICE handle = (WDFDEVICE)WdfTimerGetParentObject(timer);
  DRYDOCK_POSCX_DEVICE *device = DrydockPosCxDevice(handle);
  // Who was asked before the time was over, and nobody who is asked as soon as he got the device here.
  WdfWaitLockAcquire(device->Lock, NULL);
  for (PLIST_ENTRY link = device->Files.Flink; link != &device->Files; link = link->Flink) {
    DRYDOCK_POSCX_FILE *file = CONTAINING_RECORD(link, DRYDOCK_POSCX_FILE, Link);
    file->Late = file->Owner && file->Asked;
  }
  WdfWaitLockRelease(device->Lock);
  for (;;) {
    WDFFILEOBJECT loser = NULL;
    ULONG tag = 0;
    WdfWaitLockAcquire(device->Lock, NULL);
    for (PLIST_ENTRY link = device->Files.Flink; link != &device->Files; link = link->Flink) {
      DRYDOCK_POSCX_FILE *file = CONTAINING_RECORD(link, DRYDOCK_POSCX_FILE, Link);
      if (!file->Late) continue;
      file->Late = FALSE;
      if (!file->Owner || !file->Asked) continue;  // answered at the last moment
      file->Owner = file->Asked = FALSE;
      loser = file->File;
      tag = file->Tag;
      WdfObjectReference(loser);
      break;
    }
    WdfWaitLockRelease(device->Lock);
    if (!loser) return;
    DrydockPosCxPromote(handle, tag, loser);
    WdfObjectDereference(loser);
  }
}

// Tells the owner that somebody else wants the device. FALSE: there is none.
DRYDOCK_POSCX BOOLEAN DrydockPosCxAsk(DRYDOCK_POSCX_DEVICE *device, ULONG tag) {
  PosEventDataHeader event = {ReleaseDeviceRequested, sizeof(PosEventDataHeader)};
  WdfWaitLockAcquire(device->Lock, NULL);
  DRYDOCK_POSCX_FILE *owner = DrydockPosCxOwner(device, tag);
  const BOOLEAN asks = owner && !owner->Asked;
  if (asks) {
    owner->Asked = TRUE;
    owner->Late = FALSE;
  }
  WdfWaitLockRelease(device->Lock);
  if (asks) {
    WdfTimerStart(device->Answer, WDF_REL_TIMEOUT_IN_SEC(1));
    (void)DrydockPosCxPut(device, tag, POS_CX_EVENT_ATTR_CONTROL, &event, sizeof event);
  }
  return owner != NULL;
}

DRYDOCK_POSCX NTSTATUS PosCxInit(WDFDEVICE device, POS_CX_ATTRIBUTES *posCxAttrPtr) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_IO_QUEUE_CONFIG queue;
  WDF_TIMER_CONFIG timer;
  DRYDOCK_POSCX_DEVICE *context;
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DRYDOCK_POSCX_DEVICE);
  NTSTATUS status = WdfObjectAllocateContext(device, &attributes, (PVOID *)&context);
  if (!NT_SUCCESS(status)) return status;
  if (posCxAttrPtr) context->Attributes = *posCxAttrPtr;
  InitializeListHead(&context->Files);
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = device;
  status = WdfWaitLockCreate(&attributes, &context->Lock);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT(&queue, WdfIoQueueDispatchManual);
  status = WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, &context->Reads);
  if (NT_SUCCESS(status)) status = WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, &context->Claims);
  if (!NT_SUCCESS(status)) return status;
  WDF_TIMER_CONFIG_INIT(&timer, DrydockPosCxNoAnswer);
  timer.AutomaticSerialization = FALSE;
  attributes.ExecutionLevel = WdfExecutionLevelPassive;
  return WdfTimerCreate(&timer, &attributes, &context->Answer);
}

DRYDOCK_POSCX NTSTATUS PosCxOpen(WDFDEVICE device, WDFFILEOBJECT fileObject, ULONG deviceInterfaceTag) {
  DRYDOCK_POSCX_DEVICE *context = DrydockPosCxDevice(device);
  WDF_OBJECT_ATTRIBUTES attributes;
  DRYDOCK_POSCX_FILE *file;
  if (!context || !context->Answer) return STATUS_DEVICE_NOT_READY;
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DRYDOCK_POSCX_FILE);
  NTSTATUS status = WdfObjectAllocateContext(fileObject, &attributes, (PVOID *)&file);
  if (!NT_SUCCESS(status)) return status;
  file->File = fileObject;
  file->Tag = deviceInterfaceTag;
  InitializeListHead(&file->Link);
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = fileObject;
  status = WdfCollectionCreate(&attributes, &file->Control);
  if (NT_SUCCESS(status)) status = WdfCollectionCreate(&attributes, &file->Data);
  if (!NT_SUCCESS(status)) return status;
  WdfWaitLockAcquire(context->Lock, NULL);
  InsertTailList(&context->Files, &file->Link);
  WdfWaitLockRelease(context->Lock);
  return STATUS_SUCCESS;
}

// The device and the file of a call; a status otherwise.
DRYDOCK_POSCX NTSTATUS DrydockPosCxFind(WDFDEVICE device, WDFFILEOBJECT fileObject, DRYDOCK_POSCX_DEVICE **context, DRYDOCK_POSCX_FILE **file) {
  *context = DrydockPosCxDevice(device);
  *file = fileObject ? DrydockPosCxFile(fileObject) : NULL;
  if (!*context || !(*context)->Answer) return STATUS_DEVICE_NOT_READY;
  return *file && (*file)->Data ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

DRYDOCK_POSCX void PosCxCleanupEvents(WDFDEVICE device, WDFFILEOBJECT fileObject) {
  DRYDOCK_POSCX_DEVICE *context;
  DRYDOCK_POSCX_FILE *file;
  if (!NT_SUCCESS(DrydockPosCxFind(device, fileObject, &context, &file))) return;
  WdfWaitLockAcquire(context->Lock, NULL);
  for (int i = 0; i < 2; ++i) {
    WDFCOLLECTION events = i ? file->Data : file->Control;
    while (WdfCollectionGetCount(events) != 0) {
      WDFOBJECT event = WdfCollectionGetFirstItem(events);
      WdfCollectionRemoveItem(events, 0);
      WdfObjectDelete(event);
    }
  }
  WdfWaitLockRelease(context->Lock);
}

DRYDOCK_POSCX NTSTATUS PosCxCleanPendingRequests(WDFDEVICE device, WDFFILEOBJECT fileObject) {
  DRYDOCK_POSCX_DEVICE *context;
  DRYDOCK_POSCX_FILE *file;
  WDFREQUEST request;
  NTSTATUS status = DrydockPosCxFind(device, fileObject, &context, &file);
  if (!NT_SUCCESS(status)) return status;
  while (NT_SUCCESS(WdfIoQueueRetrieveRequestByFileObject(context->Reads, fileObject, &request))) WdfRequestComplete(request, STATUS_CANCELLED);
  while (NT_SUCCESS(WdfIoQueueRetrieveRequestByFileObject(context->Claims, fileObject, &request))) WdfRequestComplete(request, STATUS_CANCELLED);
  return STATUS_SUCCESS;
}

DRYDOCK_POSCX NTSTATUS PosCxReleaseDevice(WDFDEVICE device, WDFFILEOBJECT fileObject) {
  DRYDOCK_POSCX_DEVICE *context;
  DRYDOCK_POSCX_FILE *file;
  NTSTATUS status = DrydockPosCxFind(device, fileObject, &context, &file);
  if (!NT_SUCCESS(status)) return status;
  WdfWaitLockAcquire(context->Lock, NULL);
  const BOOLEAN owner = file->Owner;
  file->Owner = file->Asked = FALSE;
  WdfWaitLockRelease(context->Lock);
  if (!owner) return STATUS_ACCESS_DENIED;
  DrydockPosCxPromote(device, file->Tag, fileObject);
  return STATUS_SUCCESS;
}

DRYDOCK_POSCX NTSTATUS PosCxClose(WDFDEVICE device, WDFFILEOBJECT fileObject) {
  DRYDOCK_POSCX_DEVICE *context;
  DRYDOCK_POSCX_FILE *file;
  NTSTATUS status = DrydockPosCxFind(device, fileObject, &context, &file);
  if (!NT_SUCCESS(status)) return status;
  (void)PosCxReleaseDevice(device, fileObject);
  (void)PosCxCleanPendingRequests(device, fileObject);
  PosCxCleanupEvents(device, fileObject);
  WdfWaitLockAcquire(context->Lock, NULL);
  RemoveEntryList(&file->Link);
  file->Control = file->Data = NULL;
  WdfWaitLockRelease(context->Lock);
  return STATUS_SUCCESS;
}

// STATUS_SUCCESS: the caller completes the request. STATUS_PENDING: the library does, when the owner has answered.
DRYDOCK_POSCX NTSTATUS PosCxClaimDevice(WDFDEVICE device, WDFREQUEST request) {
  DRYDOCK_POSCX_DEVICE *context;
  DRYDOCK_POSCX_FILE *file;
  NTSTATUS status = DrydockPosCxFind(device, WdfRequestGetFileObject(request), &context, &file);
  if (!NT_SUCCESS(status)) return status;
  WdfWaitLockAcquire(context->Lock, NULL);
  DRYDOCK_POSCX_FILE *owner = DrydockPosCxOwner(context, file->Tag);
  if (!owner) file->Owner = TRUE;
  WdfWaitLockRelease(context->Lock);
  if (owner == file) return STATUS_SUCCESS;
  if (!owner) {
    if (context->Attributes.EvtDeviceRemoteClaim) {
      status = context->Attributes.EvtDeviceRemoteClaim(device, file->Tag);
      if (!NT_SUCCESS(status)) {
        WdfWaitLockAcquire(context->Lock, NULL);
        file->Owner = FALSE;
        WdfWaitLockRelease(context->Lock);
        return status;
      }
    }
    if (context->Attributes.EvtDeviceOwnershipChange) context->Attributes.EvtDeviceOwnershipChange(device, NULL, file->File);
    return STATUS_SUCCESS;
  }
  const ULONG tag = file->Tag;
  status = WdfRequestForwardToIoQueue(request, context->Claims);
  if (!NT_SUCCESS(status)) return status;
  if (!DrydockPosCxAsk(context, tag)) DrydockPosCxPromote(device, tag, NULL);  // released meanwhile
  return STATUS_PENDING;
}

// The owner keeps the device: who waits for it is refused.
DRYDOCK_POSCX NTSTATUS PosCxRetainDevice(WDFDEVICE device, WDFREQUEST request) {
  DRYDOCK_POSCX_DEVICE *context;
  DRYDOCK_POSCX_FILE *file;
  WDFREQUEST claim;
  NTSTATUS status = DrydockPosCxFind(device, WdfRequestGetFileObject(request), &context, &file);
  if (!NT_SUCCESS(status)) return status;
  WdfWaitLockAcquire(context->Lock, NULL);
  const BOOLEAN owner = file->Owner;
  file->Asked = FALSE;
  WdfWaitLockRelease(context->Lock);
  if (!owner) return STATUS_ACCESS_DENIED;
  do {
    claim = NULL;
    WdfWaitLockAcquire(context->Lock, NULL);
    for (PLIST_ENTRY link = context->Files.Flink; link != &context->Files && !claim; link = link->Flink) {
      DRYDOCK_POSCX_FILE *other = CONTAINING_RECORD(link, DRYDOCK_POSCX_FILE, Link);
      if (other != file && other->Tag == file->Tag && !NT_SUCCESS(WdfIoQueueRetrieveRequestByFileObject(context->Claims, other->File, &claim))) claim = NULL;
    }
    WdfWaitLockRelease(context->Lock);
    if (claim) WdfRequestComplete(claim, STATUS_ACCESS_DENIED);
  } while (claim);
  if (context->Attributes.EvtDeviceRemoteRetain) (void)context->Attributes.EvtDeviceRemoteRetain(device, file->Tag);
  return STATUS_SUCCESS;
}

DRYDOCK_POSCX NTSTATUS PosCxRemoteRequestRelease(WDFDEVICE device, ULONG deviceInterfaceTag) {
  DRYDOCK_POSCX_DEVICE *context = DrydockPosCxDevice(device);
  if (!context || !context->Answer) return STATUS_DEVICE_NOT_READY;
  (void)DrydockPosCxAsk(context, deviceInterfaceTag);
  return STATUS_SUCCESS;
}

DRYDOCK_POSCX BOOLEAN PosCxIsDeviceOwner(WDFDEVICE device, WDFFILEOBJECT fileObject) {
  DRYDOCK_POSCX_DEVICE *context;
  DRYDOCK_POSCX_FILE *file;
  if (!NT_SUCCESS(DrydockPosCxFind(device, fileObject, &context, &file))) return FALSE;
  WdfWaitLockAcquire(context->Lock, NULL);
  const BOOLEAN owner = file->Owner;
  WdfWaitLockRelease(context->Lock);
  return owner;
}

DRYDOCK_POSCX NTSTATUS PosCxMarkPosApp(WDFDEVICE device, WDFFILEOBJECT fileObject, BOOLEAN isPosApp) {
  DRYDOCK_POSCX_DEVICE *context;
  DRYDOCK_POSCX_FILE *file;
  NTSTATUS status = DrydockPosCxFind(device, fileObject, &context, &file);
  if (NT_SUCCESS(status)) file->PosApp = isPosApp;
  return status;
}

DRYDOCK_POSCX BOOLEAN PosCxIsPosApp(WDFDEVICE device, WDFFILEOBJECT fileObject) {
  DRYDOCK_POSCX_DEVICE *context;
  DRYDOCK_POSCX_FILE *file;
  return NT_SUCCESS(DrydockPosCxFind(device, fileObject, &context, &file)) && file->PosApp;
}

DRYDOCK_POSCX NTSTATUS PosCxGetDeviceInterfaceTag(WDFDEVICE device, WDFFILEOBJECT fileObject, ULONG *deviceInterfaceTag) {
  DRYDOCK_POSCX_DEVICE *context;
  DRYDOCK_POSCX_FILE *file;
  NTSTATUS status = DrydockPosCxFind(device, fileObject, &context, &file);
  if (NT_SUCCESS(status)) *deviceInterfaceTag = file->Tag;
  return status;
}

// The read is the library's from here on, unless this fails.
DRYDOCK_POSCX NTSTATUS PosCxGetPendingEvent(WDFDEVICE device, WDFREQUEST request) {
  DRYDOCK_POSCX_DEVICE *context;
  DRYDOCK_POSCX_FILE *file;
  NTSTATUS status = DrydockPosCxFind(device, WdfRequestGetFileObject(request), &context, &file);
  if (!NT_SUCCESS(status)) return status;
  status = WdfRequestForwardToIoQueue(request, context->Reads);
  if (!NT_SUCCESS(status)) return status;
  DrydockPosCxDeliver(context, file);
  return STATUS_PENDING;
}

DRYDOCK_POSCX NTSTATUS PosCxPutPendingEventMemory(WDFDEVICE device, ULONG deviceInterfaceTag, WDFMEMORY eventMemory, POS_CX_EVENT_ATTRIBUTES eventAttr) {
  DRYDOCK_POSCX_DEVICE *context = DrydockPosCxDevice(device);
  size_t size;
  PVOID data = WdfMemoryGetBuffer(eventMemory, &size);
  if (!context || !context->Answer) return STATUS_DEVICE_NOT_READY;
  if (size < sizeof(PosEventDataHeader)) return STATUS_INVALID_PARAMETER;
  NTSTATUS status = DrydockPosCxPut(context, deviceInterfaceTag, (ULONG)eventAttr, data, size);
  if (NT_SUCCESS(status)) WdfObjectDelete(eventMemory);
  return status;
}

DRYDOCK_POSCX NTSTATUS PosCxPutPendingEvent(WDFDEVICE device, ULONG deviceInterfaceTag, ULONG eventType, size_t rawEventDataSize, PVOID rawEventDataPtr,
                                            POS_CX_EVENT_ATTRIBUTES eventAttr) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDFMEMORY memory;
  PVOID buffer;
  if (rawEventDataSize > MAXLONG - sizeof(PosEventDataHeader)) return STATUS_INVALID_PARAMETER;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = device;
  NTSTATUS status = WdfMemoryCreate(&attributes, NonPagedPoolNx, 'xCsP', sizeof(PosEventDataHeader) + rawEventDataSize, &memory, &buffer);
  if (!NT_SUCCESS(status)) return status;
  PosEventDataHeader *header = (PosEventDataHeader *)buffer;
  header->EventType = (PosEventType)eventType;
  header->DataLength = (UINT32)(sizeof(PosEventDataHeader) + rawEventDataSize);
  RtlCopyMemory(header + 1, rawEventDataPtr, rawEventDataSize);
  status = PosCxPutPendingEventMemory(device, deviceInterfaceTag, memory, eventAttr);
  if (!NT_SUCCESS(status)) WdfObjectDelete(memory);
  return status;
}

#endif  // DRYDOCK_POSCX_H
