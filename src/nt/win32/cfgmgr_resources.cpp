// Resources of devices for the configuration manager's callers. A configuration and its descriptors are numbers: the device instance, which
// configuration, and which descriptor (0: the configuration itself).
#include <cstring>
#include <vector>

#include "nt/ob/name_space.h"
#include "nt/pnp/node.h"
#include "nt/win32/devinst.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

struct Place {
  uint32_t device = 0;
  ULONG configuration = 0;
  size_t index = 0;
};
DWORD_PTR NumberOf(const Place& place) { return DWORD_PTR{place.device} << 32 | DWORD_PTR{place.configuration} << 24 | place.index; }
Place PlaceOf(DWORD_PTR number) {
  return {static_cast<uint32_t>(number >> 32), static_cast<ULONG>(number >> 24 & 0xFF), static_cast<size_t>(number & 0xFFFFFF)};
}

std::vector<CM_PARTIAL_RESOURCE_DESCRIPTOR> DescriptorsOf(const Place& place) {
  LeaveIfEnded();
  std::vector<CM_PARTIAL_RESOURCE_DESCRIPTOR> all;
  const pnp::PdoReference pdo = DeviceOf(ProgramFor("a CM_ function"), place.device);
  pnp::DeviceNode* node = pdo != nullptr ? pnp::NodeOf(pdo) : nullptr;
  if (node == nullptr) return all;
  pnp::Busy busy(*node);
  if (place.configuration == ALLOC_LOG_CONF && node->state.load() != pnp::NodeState::kStarted) return all;
  std::vector<char> bytes;
  if (place.configuration == ALLOC_LOG_CONF) bytes = node->raw_resources;
  if (place.configuration == BOOT_LOG_CONF) bytes = node->resources.boot_raw;
  if (bytes.size() < sizeof(CM_RESOURCE_LIST)) return all;
  const auto& list = reinterpret_cast<const CM_RESOURCE_LIST*>(bytes.data())->List[0].PartialResourceList;
  for (ULONG i = 0; i < list.Count; ++i) all.push_back(list.PartialDescriptors[i]);
  return all;
}

RESOURCEID TypeOf(const CM_PARTIAL_RESOURCE_DESCRIPTOR& one) {
  switch (one.Type) {
    case CmResourceTypeMemory: return ResType_Mem;
    case CmResourceTypePort: return ResType_IO;
    case CmResourceTypeInterrupt: return ResType_IRQ;
    case CmResourceTypeDma: return ResType_DMA;
    case CmResourceTypeBusNumber: return ResType_BusNumber;
    default: return ResType_ClassSpecific;
  }
}

template <class Data>
std::vector<BYTE> Bytes(const Data& data) {
  const auto* begin = reinterpret_cast<const BYTE*>(&data);
  return {begin, begin + sizeof data};
}

std::vector<BYTE> DataOf(const CM_PARTIAL_RESOURCE_DESCRIPTOR& one) {
  switch (TypeOf(one)) {
    case ResType_Mem: {
      const auto base = static_cast<DWORDLONG>(one.u.Memory.Start.QuadPart);
      return Bytes(MEM_RESOURCE{{0, 0, base, base + one.u.Memory.Length - 1, one.Flags, 0}});
    }
    case ResType_IO: {
      const auto base = static_cast<DWORDLONG>(one.u.Port.Start.QuadPart);
      return Bytes(IO_RESOURCE{{0, 0, base, base + one.u.Port.Length - 1, one.Flags}});
    }
    // A message's line is in its vector.
    case ResType_IRQ:
      return Bytes(IRQ_RESOURCE{{0, 0, one.Flags, (one.Flags & CM_RESOURCE_INTERRUPT_MESSAGE) ? one.u.MessageInterrupt.Raw.Vector : one.u.Interrupt.Level, one.u.Interrupt.Affinity}});
    case ResType_DMA: return Bytes(DMA_RESOURCE{{0, 0, one.Flags, one.u.Dma.Channel}});
    default: return {};
  }
}

const CM_PARTIAL_RESOURCE_DESCRIPTOR* Descriptor(RES_DES number, const std::vector<CM_PARTIAL_RESOURCE_DESCRIPTOR>& all) {
  const size_t index = PlaceOf(number).index;
  return index == 0 || index > all.size() ? nullptr : &all[index - 1];
}

}  // namespace

extern "C" {

CONFIGRET CM_Get_First_Log_Conf(PLOG_CONF plcLogConf, DEVINST dnDevInst, ULONG ulFlags) {
  const Place place{dnDevInst, ulFlags & 0xFF, 0};
  if (DeviceOf(ProgramFor("CM_Get_First_Log_Conf"), dnDevInst) == nullptr) return CR_INVALID_DEVNODE;
  if (DescriptorsOf(place).empty()) return CR_NO_MORE_LOG_CONF;
  if (plcLogConf != nullptr) *plcLogConf = NumberOf(place);
  return CR_SUCCESS;
}
CONFIGRET CM_Free_Log_Conf_Handle(LOG_CONF lcLogConf) { return lcLogConf != 0 ? CR_SUCCESS : CR_INVALID_LOG_CONF; }

CONFIGRET CM_Get_Next_Res_Des(PRES_DES prdResDes, RES_DES rdResDes, RESOURCEID ForResource, PRESOURCEID pResourceID, ULONG ulFlags) {
  (void)ulFlags;
  if (prdResDes == nullptr || (ForResource == ResType_All && pResourceID == nullptr)) return CR_INVALID_POINTER;
  Place place = PlaceOf(rdResDes);
  const auto all = DescriptorsOf(place);
  while (place.index < all.size()) {
    const RESOURCEID type = TypeOf(all[place.index++]);
    if (ForResource != ResType_All && ForResource != type) continue;
    if (pResourceID != nullptr) *pResourceID = type;
    *prdResDes = NumberOf(place);
    return CR_SUCCESS;
  }
  return CR_NO_MORE_RES_DES;
}
CONFIGRET CM_Free_Res_Des_Handle(RES_DES rdResDes) { return rdResDes != 0 ? CR_SUCCESS : CR_INVALID_RES_DES; }
CONFIGRET CM_Get_Res_Des_Data_Size(PULONG pulSize, RES_DES rdResDes, ULONG ulFlags) {
  (void)ulFlags;
  if (pulSize == nullptr) return CR_INVALID_POINTER;
  const auto all = DescriptorsOf(PlaceOf(rdResDes));
  const CM_PARTIAL_RESOURCE_DESCRIPTOR* one = Descriptor(rdResDes, all);
  if (one == nullptr) return CR_INVALID_RES_DES;
  *pulSize = static_cast<ULONG>(DataOf(*one).size());
  return CR_SUCCESS;
}
CONFIGRET CM_Get_Res_Des_Data(RES_DES rdResDes, PVOID Buffer, ULONG BufferLen, ULONG ulFlags) {
  (void)ulFlags;
  const auto all = DescriptorsOf(PlaceOf(rdResDes));
  const CM_PARTIAL_RESOURCE_DESCRIPTOR* one = Descriptor(rdResDes, all);
  if (one == nullptr) return CR_INVALID_RES_DES;
  const std::vector<BYTE> data = DataOf(*one);
  if (Buffer == nullptr) return CR_INVALID_POINTER;
  if (BufferLen < data.size()) return CR_BUFFER_SMALL;
  std::memcpy(Buffer, data.data(), data.size());
  return CR_SUCCESS;
}

CONFIGRET CM_Connect_MachineW(PCWSTR UNCServerName, PHMACHINE phMachine) {
  if (phMachine == nullptr) return CR_INVALID_POINTER;
  *phMachine = nullptr;
  if (UNCServerName == nullptr || *UNCServerName == 0) return CR_SUCCESS;
  while (*UNCServerName == u'\\') ++UNCServerName;
  WCHAR own[64];
  DWORD size = 64;
  return GetComputerNameW(own, &size) && ob::EqualNames(own, UNCServerName) ? CR_SUCCESS : CR_MACHINE_UNAVAILABLE;
}
CONFIGRET CM_Connect_MachineA(PCSTR UNCServerName, PHMACHINE phMachine) { return CM_Connect_MachineW(Wide(UNCServerName).c_str(), phMachine); }
CONFIGRET CM_Disconnect_Machine(HMACHINE) { return CR_SUCCESS; }

}  // extern "C"
