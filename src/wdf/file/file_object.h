// FileObject: a WDFFILEOBJECT, the framework's side of one open of a device.
// Called by:  the create/cleanup/close path (wdf/file), WdfRequestGetFileObject (wdf/request), WdfFileObject... DDIs.
// IRQL:       create, cleanup and close: PASSIVE_LEVEL; finding one: <= DISPATCH_LEVEL.
// Ownership:  child of its device; made when a create arrives, deleted after close or after a create that failed. Drivers never delete one.
// Locks:      the device's file_lock guards its list of files (class CannotUseFsContexts is found through it).
// Source:     IOT-10.*, IOX-55, OP-22, O-40, INI-20 to INI-27.
#pragma once

#include "wdf/object/object.h"

namespace drydock::wdf {

class FileObject final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kFileObject;

  PFILE_OBJECT wdm() const { return wdm_; }
  Device* owner() const { return device_; }
  uint32_t initiator_process_id() const { return initiator_process_id_; }

 private:
  friend struct FileAccess;  // wdf/file
  PFILE_OBJECT wdm_ = nullptr;
  Device* device_ = nullptr;
  FileObject* next_ = nullptr;
  FileObject* previous_ = nullptr;
  uint32_t initiator_process_id_ = 0;
  bool handling_create_ = false;
  UNICODE_STRING name_ = {};  // shares the WDM file object's buffer
};

namespace file {

// The framework's object for a WDM file object opened through this device; null: none, unknown, or class NotRequired.
FileObject* Find(Device& device, PFILE_OBJECT wdm);

// The name that the open gave, for WdfFileObjectGetFileName: null above PASSIVE_LEVEL or without a WDM file object.
PUNICODE_STRING NameDuringCreate(FileObject& file);

// IRP_MJ_CREATE, CLEANUP and CLOSE of a device, after the preprocess callbacks.
NTSTATUS DispatchCreate(Device& device, PIRP irp);
NTSTATUS DispatchCleanup(Device& device, PIRP irp);
NTSTATUS DispatchClose(Device& device, PIRP irp);

// wdf/request calls this just before it completes a received create request upward: a failed create deletes the file object without the
// cleanup and close callbacks (IOT-10.08).
void CreateCompleting(Device& device, PIRP irp, NTSTATUS status);

}  // namespace file
}  // namespace drydock::wdf
