// Lists of device interfaces.
#include <cstring>

#include "nt/io/interface.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/pnp.h"
#include "nt/thread.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

#include <cfgmgr32.h>

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

// As Win32 sees a link: \\?\ for \??\.
CONFIGRET List(const GUID* guid, const char16_t* device_id, ULONG flags, std::u16string* list) {
  LeaveIfEnded();
  if (guid == nullptr) return CR_INVALID_POINTER;
  if (flags & ~static_cast<ULONG>(CM_GET_DEVICE_INTERFACE_LIST_ALL_DEVICES)) return CR_INVALID_FLAG;
  Kernel& kernel = CurrentKernel();
  DEVICE_OBJECT* pdo = nullptr;
  if (device_id != nullptr && *device_id != 0) {
    pdo = pnp::FindDevice(kernel, device_id);
    if (pdo == nullptr) return CR_NO_SUCH_DEVNODE;
  }
  for (std::u16string& link : io::ListInterfaces(kernel, *guid, pdo, (flags & CM_GET_DEVICE_INTERFACE_LIST_ALL_DEVICES) != 0)) {
    if (link.starts_with(u"\\??\\")) link[1] = u'\\';
    *list += link;
    *list += u'\0';
  }
  if (pdo != nullptr) ob::Dereference(pdo);
  *list += u'\0';
  return CR_SUCCESS;
}

}  // namespace

extern "C" {

CONFIGRET CM_Get_Device_Interface_List_SizeW(PULONG pulLen, LPGUID InterfaceClassGuid, DEVINSTID_W pDeviceID, ULONG ulFlags) {
  if (pulLen == nullptr) return CR_INVALID_POINTER;
  *pulLen = 0;
  std::u16string list;
  const CONFIGRET result = List(InterfaceClassGuid, pDeviceID, ulFlags, &list);
  if (result == CR_SUCCESS) *pulLen = static_cast<ULONG>(list.size());
  return result;
}
CONFIGRET CM_Get_Device_Interface_List_SizeA(PULONG pulLen, LPGUID InterfaceClassGuid, DEVINSTID_A pDeviceID, ULONG ulFlags) {
  return CM_Get_Device_Interface_List_SizeW(pulLen, InterfaceClassGuid, const_cast<WCHAR*>(Wide(pDeviceID).c_str()), ulFlags);
}

CONFIGRET CM_Get_Device_Interface_ListW(LPGUID InterfaceClassGuid, DEVINSTID_W pDeviceID, WCHAR* Buffer, ULONG BufferLen, ULONG ulFlags) {
  if (Buffer == nullptr || BufferLen == 0) return CR_INVALID_POINTER;
  std::u16string list;
  const CONFIGRET result = List(InterfaceClassGuid, pDeviceID, ulFlags, &list);
  if (result != CR_SUCCESS) return result;
  if (list.size() > BufferLen) return CR_BUFFER_SMALL;
  std::memcpy(Buffer, list.data(), list.size() * sizeof(WCHAR));
  return CR_SUCCESS;
}
CONFIGRET CM_Get_Device_Interface_ListA(LPGUID InterfaceClassGuid, DEVINSTID_A pDeviceID, CHAR* Buffer, ULONG BufferLen, ULONG ulFlags) {
  if (Buffer == nullptr || BufferLen == 0) return CR_INVALID_POINTER;
  std::u16string list;
  const CONFIGRET result = List(InterfaceClassGuid, const_cast<WCHAR*>(Wide(pDeviceID).c_str()), ulFlags, &list);
  if (result != CR_SUCCESS) return result;
  if (list.size() > BufferLen) return CR_BUFFER_SMALL;
  for (size_t i = 0; i < list.size(); ++i) Buffer[i] = static_cast<CHAR>(list[i]);
  return CR_SUCCESS;
}

}  // extern "C"
