// WdfFileObject... functions.
#include "wdf/ddi.h"
#include "wdf/device/device.h"
#include "wdf/file/file_object.h"
#include "wdf/object/factory.h"

namespace drydock::wdf::ddi {

PUNICODE_STRING WdfFileObjectGetFileName(DriverGlobals& globals, WDFFILEOBJECT FileObject) {
  return file::NameDuringCreate(*FromHandle<wdf::FileObject>(globals, FileObject));
}

ULONG WdfFileObjectGetFlags(DriverGlobals& globals, WDFFILEOBJECT FileObject) {
  PFILE_OBJECT wdm = FromHandle<wdf::FileObject>(globals, FileObject)->wdm();
  return wdm ? wdm->Flags : 0;
}

WDFDEVICE WdfFileObjectGetDevice(DriverGlobals& globals, WDFFILEOBJECT FileObject) {
  return reinterpret_cast<WDFDEVICE>(FromHandle<wdf::FileObject>(globals, FileObject)->owner()->handle());
}

PFILE_OBJECT WdfFileObjectWdmGetFileObject(DriverGlobals& globals, WDFFILEOBJECT FileObject) {
  return FromHandle<wdf::FileObject>(globals, FileObject)->wdm();
}

ULONG WdfFileObjectGetInitiatorProcessId(DriverGlobals& globals, WDFFILEOBJECT FileObject) {
  return FromHandle<wdf::FileObject>(globals, FileObject)->initiator_process_id();
}

// (U) The file that a relative open named.
WDFFILEOBJECT WdfFileObjectGetRelatedFileObject(DriverGlobals& globals, WDFFILEOBJECT FileObject) {
  wdf::FileObject* file = FromHandle<wdf::FileObject>(globals, FileObject);
  wdf::FileObject* related = file->wdm() ? file::Find(*file->owner(), file->wdm()->RelatedFileObject) : nullptr;
  return related ? reinterpret_cast<WDFFILEOBJECT>(related->handle()) : nullptr;
}

}  // namespace drydock::wdf::ddi
