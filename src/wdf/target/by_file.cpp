#include "wdf/target/by_file.h"

#include <string>

#include "wdf/device/device.h"

namespace drydock::wdf {

bool IsPlainFileName(const WDF_IO_TARGET_OPEN_PARAMS& params) {
  const UNICODE_STRING& name = params.FileName;
  if (!name.Buffer) return name.Length == 0;
  for (USHORT i = 0; i < name.Length / sizeof(WCHAR); ++i) {
    if (name.Buffer[i] == u'\\' || name.Buffer[i] == u'/') return false;
  }
  return true;
}

NTSTATUS OpenLowerStackByFile(Device&, const UNICODE_STRING&, PDEVICE_OBJECT*, PFILE_OBJECT*, HANDLE*) { return STATUS_NOT_SUPPORTED; }

}  // namespace drydock::wdf
