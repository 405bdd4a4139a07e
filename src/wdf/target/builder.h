// TargetBuilder: the way IoTarget objects come to be and point at something.
// Called by:  ddi_target.cpp, local_target.cpp, remote_open.cpp, USB targets. PASSIVE_LEVEL.
#pragma once

#include "wdf/target/io_target.h"

namespace drydock::wdf {

struct TargetBuilder {
  // Events and owner; before anything else.
  static void Initialize(IoTarget& target, Device& owner, TargetKind kind);
  // A local or self target: open for its whole life.
  static void PointAt(IoTarget& target, PDEVICE_OBJECT device, PDEVICE_OBJECT pdo, uint8_t stack_size);
  static void SetRemote(IoTarget& target, RemoteOpen* remote) { target.remote_ = remote; }
  // Takes what the target points at, leaving nothing.
  struct Pointers {
    PDEVICE_OBJECT device;
    PDEVICE_OBJECT pdo;
    PFILE_OBJECT file;
    HANDLE handle;
  };
  static Pointers TakePointers(IoTarget& target);
};

}  // namespace drydock::wdf
