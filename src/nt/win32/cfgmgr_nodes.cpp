// Device instances of the configuration manager: their place in the tree, state and properties, enabling and removing them.
#include <cstring>
#include <memory>
#include <vector>

#include "nt/io/interface.h"
#include "nt/ob/handle_table.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/node.h"
#include "nt/pnp/pnp.h"
#include "nt/thread.h"
#include "nt/win32/devinst.h"
#include "nt/win32/program.h"
#include "nt/win32/setup_set.h"
#include "nt/win32/win32.h"

#include <cfgmgr32.h>
#include <initguid.h>
#include <devpkey.h>
#include <setupapi.h>
#include <wdmguid.h>

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace drydock::nt::win32 {

uint32_t DevInstOf(Program& program, const std::u16string& instance_path) {
  rt::LockGuard guard(program.lock);
  auto& list = program.instances;
  if (list.empty()) list.push_back(kRootInstance);
  for (size_t i = 0; i < list.size(); ++i)
    if (ob::EqualNames(list[i], instance_path)) return static_cast<uint32_t>(i + 1);
  list.push_back(instance_path);
  return static_cast<uint32_t>(list.size());
}
std::u16string InstanceOf(Program& program, uint32_t number) {
  rt::LockGuard guard(program.lock);
  if (program.instances.empty()) program.instances.push_back(kRootInstance);
  return number == 0 || number > program.instances.size() ? std::u16string() : program.instances[number - 1];
}
pnp::PdoReference DeviceOf(Program& program, uint32_t number) {
  const std::u16string path = InstanceOf(program, number);
  return pnp::PdoReference(path.empty() ? nullptr : pnp::FindDevice(*program.kernel, path));
}

CONFIGRET ResultOf(NTSTATUS status) {
  if (NT_SUCCESS(status)) return CR_SUCCESS;
  switch (status) {
    case STATUS_NO_SUCH_DEVICE: return CR_NO_SUCH_DEVNODE;
    case STATUS_BUFFER_TOO_SMALL: return CR_BUFFER_SMALL;
    case STATUS_OBJECT_NAME_NOT_FOUND:
    case STATUS_NOT_FOUND: return CR_NO_SUCH_VALUE;
    case STATUS_INVALID_PARAMETER: return CR_INVALID_DATA;
    case STATUS_NOT_SUPPORTED: return CR_CALL_NOT_IMPLEMENTED;
    default: return CR_FAILURE;
  }
}

}  // namespace drydock::nt::win32

namespace {

Program& Caller(const char* function) {
  Program& program = ProgramFor(function);
  LeaveIfEnded();
  return program;
}

// Roots of the tree have the node HTREE\ROOT\0 above them.
std::vector<std::u16string> ChildrenOf(Program& program, uint32_t number) {
  std::vector<std::u16string> paths;
  if (number == 1) {
    for (const pnp::PdoReference& pdo : pnp::Devices(*program.kernel)) {
      const pnp::DeviceNode* node = pnp::NodeOf(pdo);
      if (node != nullptr && node->parent == nullptr) paths.push_back(pnp::InstancePathOf(pdo));
    }
  } else if (const pnp::PdoReference pdo = DeviceOf(program, number)) {
    for (const pnp::PdoReference& child : pnp::ChildrenOf(pdo)) paths.push_back(pnp::InstancePathOf(child));
  }
  return paths;
}

// 0: none.
uint32_t ParentOf(Program& program, uint32_t number) {
  const pnp::PdoReference pdo = DeviceOf(program, number);
  if (pdo == nullptr) return 0;
  const pnp::DeviceNode* node = pnp::NodeOf(pdo);
  return node->parent == nullptr ? 1 : DevInstOf(program, pnp::InstancePathOf(node->parent->pdo));
}

CONFIGRET GiveBytes(const void* data, size_t bytes, void* buffer, PULONG size) {
  const ULONG room = *size;
  *size = static_cast<ULONG>(bytes);
  if (room < bytes) return CR_BUFFER_SMALL;
  if (buffer == nullptr) return bytes == 0 ? CR_SUCCESS : CR_INVALID_POINTER;
  std::memcpy(buffer, data, bytes);
  return CR_SUCCESS;
}

std::u16string AllIds(Program& program, PCWSTR filter, ULONG flags) {
  std::u16string list;
  for (const pnp::PdoReference& pdo : pnp::Devices(*program.kernel)) {
    const std::u16string path = pnp::InstancePathOf(pdo);
    if ((flags & CM_GETIDLIST_FILTER_ENUMERATOR) && filter != nullptr) {
      const std::u16string_view wanted = filter;
      if (path.size() <= wanted.size() || path[wanted.size()] != u'\\' || !ob::EqualNames(path.substr(0, wanted.size()), wanted)) continue;
    }
    list += path + u'\0';
  }
  return list + u'\0';
}

}  // namespace

extern "C" {

CONFIGRET CM_Locate_DevNodeW(PDEVINST pdnDevInst, DEVINSTID_W pDeviceID, ULONG ulFlags) {
  (void)ulFlags;
  Program& program = Caller("CM_Locate_DevNode");
  if (pdnDevInst == nullptr) return CR_INVALID_POINTER;
  if (pDeviceID == nullptr || *pDeviceID == 0 || ob::EqualNames(pDeviceID, kRootInstance)) {
    *pdnDevInst = DevInstOf(program, kRootInstance);
    return CR_SUCCESS;
  }
  const pnp::PdoReference pdo(pnp::FindDevice(*program.kernel, pDeviceID));
  if (pdo == nullptr) return CR_NO_SUCH_DEVNODE;
  *pdnDevInst = DevInstOf(program, pnp::InstancePathOf(pdo));
  return CR_SUCCESS;
}
CONFIGRET CM_Locate_DevNodeA(PDEVINST pdnDevInst, DEVINSTID_A pDeviceID, ULONG ulFlags) {
  return CM_Locate_DevNodeW(pdnDevInst, const_cast<WCHAR*>(Wide(pDeviceID).c_str()), ulFlags);
}

CONFIGRET CM_Get_Device_ID_Size(PULONG pulLen, DEVINST dnDevInst, ULONG ulFlags) {
  (void)ulFlags;
  Program& program = Caller("CM_Get_Device_ID_Size");
  if (pulLen == nullptr) return CR_INVALID_POINTER;
  *pulLen = static_cast<ULONG>(InstanceOf(program, dnDevInst).size());
  return *pulLen != 0 ? CR_SUCCESS : CR_INVALID_DEVNODE;
}
CONFIGRET CM_Get_Device_IDW(DEVINST dnDevInst, WCHAR* Buffer, ULONG BufferLen, ULONG ulFlags) {
  (void)ulFlags;
  const std::u16string path = InstanceOf(Caller("CM_Get_Device_ID"), dnDevInst);
  if (path.empty()) return CR_INVALID_DEVNODE;
  if (Buffer == nullptr) return CR_INVALID_POINTER;
  // Ended when there is room for it.
  if (BufferLen < path.size()) return CR_BUFFER_SMALL;
  std::memcpy(Buffer, path.c_str(), (path.size() + (BufferLen > path.size() ? 1 : 0)) * sizeof(WCHAR));
  return CR_SUCCESS;
}
CONFIGRET CM_Get_Device_IDA(DEVINST dnDevInst, CHAR* Buffer, ULONG BufferLen, ULONG ulFlags) {
  std::vector<WCHAR> wide(BufferLen + 1);
  const CONFIGRET result = CM_Get_Device_IDW(dnDevInst, wide.data(), BufferLen, ulFlags);
  if (result != CR_SUCCESS) return result;
  for (ULONG i = 0; i < BufferLen; ++i) {
    Buffer[i] = static_cast<CHAR>(wide[i]);
    if (wide[i] == 0) break;
  }
  return CR_SUCCESS;
}
CONFIGRET CM_Get_Device_ID_List_SizeW(PULONG pulLen, PCWSTR pszFilter, ULONG ulFlags) {
  if (pulLen == nullptr) return CR_INVALID_POINTER;
  *pulLen = static_cast<ULONG>(AllIds(Caller("CM_Get_Device_ID_List_Size"), pszFilter, ulFlags).size());
  return CR_SUCCESS;
}
CONFIGRET CM_Get_Device_ID_ListW(PCWSTR pszFilter, WCHAR* Buffer, ULONG BufferLen, ULONG ulFlags) {
  const std::u16string list = AllIds(Caller("CM_Get_Device_ID_List"), pszFilter, ulFlags);
  if (Buffer == nullptr) return CR_INVALID_POINTER;
  if (BufferLen < list.size()) return CR_BUFFER_SMALL;
  std::memcpy(Buffer, list.data(), list.size() * sizeof(WCHAR));
  return CR_SUCCESS;
}

CONFIGRET CM_Get_Parent(PDEVINST pdnDevInst, DEVINST dnDevInst, ULONG ulFlags) {
  (void)ulFlags;
  Program& program = Caller("CM_Get_Parent");
  const uint32_t parent = ParentOf(program, dnDevInst);
  if (parent == 0) return CR_NO_SUCH_DEVNODE;
  *pdnDevInst = parent;
  return CR_SUCCESS;
}
CONFIGRET CM_Get_Child(PDEVINST pdnDevInst, DEVINST dnDevInst, ULONG ulFlags) {
  (void)ulFlags;
  Program& program = Caller("CM_Get_Child");
  const std::vector<std::u16string> children = ChildrenOf(program, dnDevInst);
  if (children.empty()) return CR_NO_SUCH_DEVNODE;
  *pdnDevInst = DevInstOf(program, children.front());
  return CR_SUCCESS;
}
CONFIGRET CM_Get_Sibling(PDEVINST pdnDevInst, DEVINST dnDevInst, ULONG ulFlags) {
  (void)ulFlags;
  Program& program = Caller("CM_Get_Sibling");
  const std::u16string path = InstanceOf(program, dnDevInst);
  const std::vector<std::u16string> all = ChildrenOf(program, ParentOf(program, dnDevInst));
  for (size_t i = 0; i + 1 < all.size(); ++i) {
    if (!ob::EqualNames(all[i], path)) continue;
    *pdnDevInst = DevInstOf(program, all[i + 1]);
    return CR_SUCCESS;
  }
  return CR_NO_SUCH_DEVNODE;
}

CONFIGRET CM_Get_DevNode_Status(PULONG pulStatus, PULONG pulProblemNumber, DEVINST dnDevInst, ULONG ulFlags) {
  (void)ulFlags;
  Program& program = Caller("CM_Get_DevNode_Status");
  if (pulStatus == nullptr || pulProblemNumber == nullptr) return CR_INVALID_POINTER;
  *pulStatus = *pulProblemNumber = 0;
  if (dnDevInst == 1) {
    *pulStatus = DN_ROOT_ENUMERATED | DN_DRIVER_LOADED | DN_STARTED;
    return CR_SUCCESS;
  }
  const pnp::PdoReference pdo = DeviceOf(program, dnDevInst);
  if (pdo == nullptr) return CR_NO_SUCH_DEVNODE;
  const pnp::DeviceNode* node = pnp::NodeOf(pdo);
  *pulStatus = DN_DISABLEABLE | (node->parent == nullptr ? DN_ROOT_ENUMERATED : 0);
  switch (pnp::StateOf(pdo)) {
    case pnp::NodeState::kStarted: *pulStatus |= DN_STARTED | DN_DRIVER_LOADED; break;
    case pnp::NodeState::kDisabled: *pulProblemNumber = CM_PROB_DISABLED; break;
    case pnp::NodeState::kUninstalled: *pulProblemNumber = CM_PROB_NOT_CONFIGURED; break;
    case pnp::NodeState::kInitialized: *pulProblemNumber = CM_PROB_FAILED_INSTALL; break;
    case pnp::NodeState::kFailed: *pulProblemNumber = CM_PROB_FAILED_START; break;
    case pnp::NodeState::kSurpriseRemoved:
    case pnp::NodeState::kRemoved: *pulProblemNumber = CM_PROB_DEVICE_NOT_THERE; break;
    default: *pulStatus |= DN_DRIVER_LOADED; break;
  }
  if (*pulProblemNumber != 0) *pulStatus |= DN_HAS_PROBLEM;
  return CR_SUCCESS;
}

CONFIGRET CM_Get_DevNode_Registry_PropertyW(DEVINST dnDevInst, ULONG ulProperty, PULONG pulRegDataType, PVOID Buffer, PULONG pulLength,
                                            ULONG ulFlags) {
  (void)ulFlags;
  Program& program = Caller("CM_Get_DevNode_Registry_Property");
  if (pulLength == nullptr) return CR_INVALID_POINTER;
  const pnp::PdoReference pdo = DeviceOf(program, dnDevInst);
  if (pdo == nullptr) return CR_NO_SUCH_DEVNODE;
  if (!IsDeviceProperty(ulProperty)) return CR_INVALID_PROPERTY;
  PropertyValue value;
  if (!ReadDeviceProperty(pdo, ulProperty, &value)) return CR_NO_SUCH_VALUE;
  if (pulRegDataType != nullptr) *pulRegDataType = value.type;
  return GiveBytes(value.bytes.data(), value.bytes.size(), Buffer, pulLength);
}
CONFIGRET CM_Set_DevNode_Registry_PropertyW(DEVINST dnDevInst, ULONG ulProperty, LPCVOID Buffer, ULONG ulLength, ULONG ulFlags) {
  (void)ulFlags;
  const pnp::PdoReference pdo = DeviceOf(Caller("CM_Set_DevNode_Registry_Property"), dnDevInst);
  if (pdo == nullptr) return CR_NO_SUCH_DEVNODE;
  const DWORD error = WriteDeviceProperty(pdo, ulProperty, static_cast<const BYTE*>(Buffer), ulLength);
  return error == ERROR_SUCCESS ? CR_SUCCESS : error == ERROR_INVALID_PARAMETER ? CR_INVALID_DATA : CR_INVALID_PROPERTY;
}
CONFIGRET CM_Get_DevNode_PropertyW(DEVINST dnDevInst, const DEVPROPKEY* PropertyKey, DEVPROPTYPE* PropertyType, PBYTE PropertyBuffer,
                                   PULONG PropertyBufferSize, ULONG ulFlags) {
  (void)ulFlags;
  Program& program = Caller("CM_Get_DevNode_Property");
  if (PropertyKey == nullptr || PropertyBufferSize == nullptr || PropertyType == nullptr) return CR_INVALID_POINTER;
  const pnp::PdoReference pdo = DeviceOf(program, dnDevInst);
  if (pdo == nullptr) return CR_NO_SUCH_DEVNODE;
  std::vector<char> room(4096);
  ULONG length = 0;
  DEVPROPTYPE type = 0;
  const NTSTATUS status = IoGetDevicePropertyData(pdo, PropertyKey, LOCALE_NEUTRAL, 0, static_cast<ULONG>(room.size()), room.data(), &length, &type);
  if (!NT_SUCCESS(status)) return ResultOf(status);
  *PropertyType = type;
  return GiveBytes(room.data(), length, PropertyBuffer, PropertyBufferSize);
}
// The instance that an interface belongs to is what is asked for.
CONFIGRET CM_Get_Device_Interface_PropertyW(PCWSTR pszDeviceInterface, const DEVPROPKEY* PropertyKey, DEVPROPTYPE* PropertyType,
                                            PBYTE PropertyBuffer, PULONG PropertyBufferSize, ULONG ulFlags) {
  (void)ulFlags;
  Program& program = Caller("CM_Get_Device_Interface_Property");
  if (pszDeviceInterface == nullptr || PropertyKey == nullptr || PropertyType == nullptr || PropertyBufferSize == nullptr) return CR_INVALID_POINTER;
  if (std::memcmp(PropertyKey, &DEVPKEY_Device_InstanceId, sizeof *PropertyKey) != 0) return CR_NO_SUCH_VALUE;
  std::u16string link = pszDeviceInterface;
  if (link.starts_with(u"\\\\?\\")) link[1] = u'?';
  // \??\ROOT#ECHO#0000#{guid}: the instance's path with # for its backslashes.
  const size_t guid = link.rfind(u"#{");
  if (guid == std::u16string::npos || guid <= 4) return CR_NO_SUCH_DEVICE_INTERFACE;
  std::u16string path = link.substr(4, guid - 4);
  for (char16_t& c : path)
    if (c == u'#') c = u'\\';
  const pnp::PdoReference pdo(pnp::FindDevice(*program.kernel, path));
  if (pdo == nullptr) return CR_NO_SUCH_DEVICE_INTERFACE;
  path = pnp::InstancePathOf(pdo);
  *PropertyType = DEVPROP_TYPE_STRING;
  return GiveBytes(path.c_str(), (path.size() + 1) * sizeof(WCHAR), PropertyBuffer, PropertyBufferSize);
}

CONFIGRET CM_Enable_DevNode(DEVINST dnDevInst, ULONG ulFlags) {
  (void)ulFlags;
  const pnp::PdoReference pdo = DeviceOf(Caller("CM_Enable_DevNode"), dnDevInst);
  if (pdo == nullptr) return CR_NO_SUCH_DEVNODE;
  if (pnp::StateOf(pdo) != pnp::NodeState::kDisabled) return CR_SUCCESS;
  return ResultOf(pnp::EnableDevice(pdo));
}
CONFIGRET CM_Disable_DevNode(DEVINST dnDevInst, ULONG ulFlags) {
  (void)ulFlags;
  const pnp::PdoReference pdo = DeviceOf(Caller("CM_Disable_DevNode"), dnDevInst);
  if (pdo == nullptr) return CR_NO_SUCH_DEVNODE;
  if (pnp::StateOf(pdo) == pnp::NodeState::kDisabled) return CR_SUCCESS;
  return NT_SUCCESS(pnp::DisableDevice(pdo)) ? CR_SUCCESS : CR_REMOVE_VETOED;
}
CONFIGRET CM_Reenumerate_DevNode(DEVINST dnDevInst, ULONG ulFlags) {
  (void)ulFlags;
  Program& program = Caller("CM_Reenumerate_DevNode");
  if (dnDevInst == 1) {
    for (const pnp::PdoReference& pdo : pnp::Devices(*program.kernel))
      if (pnp::StateOf(pdo) == pnp::NodeState::kStarted) pnp::Reenumerate(pdo);
    return CR_SUCCESS;
  }
  const pnp::PdoReference pdo = DeviceOf(program, dnDevInst);
  return pdo == nullptr ? CR_NO_SUCH_DEVNODE : ResultOf(pnp::Reenumerate(pdo));
}

static CONFIGRET Vetoed(const std::string& veto, PPNP_VETO_TYPE type, LPWSTR name, ULONG length) {
  if (type != nullptr) *type = PNP_VetoDevice;
  const std::u16string wide = ob::ToUtf16(veto);
  if (name != nullptr && length != 0) {
    const size_t count = wide.size() < length - 1 ? wide.size() : length - 1;
    std::memcpy(name, wide.data(), count * sizeof(WCHAR));
    name[count] = 0;
  }
  return CR_REMOVE_VETOED;
}
CONFIGRET CM_Query_And_Remove_SubTreeW(DEVINST dnAncestor, PPNP_VETO_TYPE pVetoType, LPWSTR pszVetoName, ULONG ulNameLength, ULONG ulFlags) {
  (void)ulFlags;
  const pnp::PdoReference pdo = DeviceOf(Caller("CM_Query_And_Remove_SubTree"), dnAncestor);
  if (pdo == nullptr) return CR_NO_SUCH_DEVNODE;
  std::string veto;
  return NT_SUCCESS(pnp::Remove(pdo, &veto)) ? CR_SUCCESS : Vetoed(veto, pVetoType, pszVetoName, ulNameLength);
}
CONFIGRET CM_Query_And_Remove_SubTreeA(DEVINST dnAncestor, PPNP_VETO_TYPE pVetoType, LPSTR pszVetoName, ULONG ulNameLength, ULONG ulFlags) {
  WCHAR name[MAX_PATH] = {};
  const CONFIGRET result = CM_Query_And_Remove_SubTreeW(dnAncestor, pVetoType, name, MAX_PATH, ulFlags);
  for (ULONG i = 0; pszVetoName != nullptr && i < ulNameLength; ++i) {
    pszVetoName[i] = i + 1 < ulNameLength ? static_cast<CHAR>(name[i]) : '\0';
    if (pszVetoName[i] == 0) break;
  }
  return result;
}
CONFIGRET CM_Request_Device_EjectW(DEVINST dnDevInst, PPNP_VETO_TYPE pVetoType, LPWSTR pszVetoName, ULONG ulNameLength, ULONG ulFlags) {
  (void)ulFlags;
  const pnp::PdoReference pdo = DeviceOf(Caller("CM_Request_Device_Eject"), dnDevInst);
  if (pdo == nullptr) return CR_NO_SUCH_DEVNODE;
  std::string veto;
  return NT_SUCCESS(pnp::Eject(pdo, &veto)) ? CR_SUCCESS : Vetoed(veto, pVetoType, pszVetoName, ulNameLength);
}

DWORD CM_MapCrToWin32Err(CONFIGRET CmReturnCode, DWORD DefaultErr) {
  switch (CmReturnCode) {
    case CR_SUCCESS: return ERROR_SUCCESS;
    case CR_OUT_OF_MEMORY: return ERROR_NOT_ENOUGH_MEMORY;
    case CR_INVALID_POINTER: return ERROR_INVALID_USER_BUFFER;
    case CR_INVALID_FLAG: return ERROR_INVALID_FLAGS;
    case CR_NO_SUCH_DEVNODE:
    case CR_INVALID_DEVNODE: return ERROR_NO_SUCH_DEVINST;
    case CR_BUFFER_SMALL: return ERROR_INSUFFICIENT_BUFFER;
    case CR_INVALID_DATA: return ERROR_INVALID_DATA;
    case CR_NO_SUCH_VALUE: return ERROR_NOT_FOUND;
    case CR_ACCESS_DENIED: return ERROR_ACCESS_DENIED;
    case CR_CALL_NOT_IMPLEMENTED: return ERROR_CALL_NOT_IMPLEMENTED;
    default: return DefaultErr;
  }
}

}  // extern "C"
