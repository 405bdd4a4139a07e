// usbd: descriptors are found and checked, URBs are as the descriptors say, handles need a USB stack.
#include <ntddk.h>

#include <cstring>
#include <vector>

#include <usbbusif.h>
#include <usbdlib.h>

#include "nt/testing/kernel_fixture.h"
#include "nt/testing/wdm_driver.h"

namespace drydock::nt {
namespace {

using testing::Finish;
using testing::Of;
using testing::WdmDriver;

constexpr GUID kUsbdi = {0xb1a96a13, 0x3de0, 0x4574, {0x9b, 0x01, 0xc0, 0x8f, 0xea, 0xb3, 0x18, 0xd6}};

// Two interfaces: a HID one with a class descriptor and an interrupt endpoint, a vendor's with two settings (none, two bulk endpoints).
class Bytes {
 public:
  Bytes() {
    Add({9, USB_CONFIGURATION_DESCRIPTOR_TYPE, 0, 0, 2, 1, 0, 0x80, 50});
    Add({9, USB_INTERFACE_DESCRIPTOR_TYPE, 0, 0, 1, 3, 1, 2, 0});
    Add({9, 0x21, 0x11, 1, 0, 1, 0x22, 63, 0});
    Add({7, USB_ENDPOINT_DESCRIPTOR_TYPE, 0x81, 3, 8, 0, 10});
    Add({9, USB_INTERFACE_DESCRIPTOR_TYPE, 1, 0, 0, 0xFF, 0, 0, 0});
    Add({9, USB_INTERFACE_DESCRIPTOR_TYPE, 1, 1, 2, 0xFF, 0, 0, 0});
    Add({7, USB_ENDPOINT_DESCRIPTOR_TYPE, 0x82, 2, 0, 2, 0});
    Add({7, USB_ENDPOINT_DESCRIPTOR_TYPE, 0x02, 2, 0, 2, 0});
  }
  void Add(std::vector<UCHAR> descriptor) {
    bytes.insert(bytes.end(), descriptor.begin(), descriptor.end());
    bytes[2] = static_cast<UCHAR>(bytes.size());
  }
  PUSB_CONFIGURATION_DESCRIPTOR get() { return reinterpret_cast<PUSB_CONFIGURATION_DESCRIPTOR>(bytes.data()); }
  ULONG size() const { return static_cast<ULONG>(bytes.size()); }
  USBD_STATUS Validate(USHORT level, ptrdiff_t* offset = nullptr) {
    PUCHAR where = nullptr;
    const USBD_STATUS status = USBD_ValidateConfigurationDescriptor(get(), size(), level, &where, 'tseT');
    if (offset != nullptr) *offset = where - bytes.data();
    return status;
  }
  std::vector<UCHAR> bytes;
};
constexpr size_t kFirstInterface = 9, kEndpoint = 27, kBulkIn = 52, kBulkOut = 59;

class UsbdTest : public testing::BothExecutors {};
DRYDOCK_BOTH_EXECUTORS(UsbdTest);

TEST(UsbdDescriptors, AreFoundByTypeFromWhereTheCallerStands) {
  Bytes bytes;
  auto* first = USBD_ParseDescriptors(bytes.get(), bytes.size(), bytes.get(), USB_ENDPOINT_DESCRIPTOR_TYPE);
  ASSERT_EQ(reinterpret_cast<UCHAR*>(first), bytes.bytes.data() + kEndpoint);
  auto* second = USBD_ParseDescriptors(bytes.get(), bytes.size(), bytes.bytes.data() + kEndpoint + 7, USB_ENDPOINT_DESCRIPTOR_TYPE);
  EXPECT_EQ(reinterpret_cast<UCHAR*>(second), bytes.bytes.data() + kBulkIn);
  EXPECT_EQ(USBD_ParseDescriptors(bytes.get(), bytes.size(), bytes.get(), 0x24), nullptr);
  EXPECT_EQ(USBD_ParseDescriptors(bytes.get(), bytes.size() - 1, bytes.bytes.data() + kBulkOut, USB_ENDPOINT_DESCRIPTOR_TYPE), nullptr)
      << "a descriptor that is not whole";
}

TEST(UsbdDescriptors, AnInterfaceIsFoundByEachOfItsFacts) {
  Bytes bytes;
  auto find = [&](LONG number, LONG setting, LONG of_class) {
    return USBD_ParseConfigurationDescriptorEx(bytes.get(), bytes.get(), number, setting, of_class, -1, -1);
  };
  ASSERT_NE(find(1, 1, -1), nullptr);
  EXPECT_EQ(find(1, 1, -1)->bNumEndpoints, 2);
  EXPECT_EQ(find(-1, -1, 0xFF)->bAlternateSetting, 0);
  EXPECT_EQ(find(-1, -1, 3)->bInterfaceNumber, 0);
  EXPECT_EQ(find(2, -1, -1), nullptr);
  EXPECT_EQ(USBD_ParseConfigurationDescriptor(bytes.get(), 1, 1), find(1, 1, -1));
}

TEST(UsbdDescriptors, AnInterfaceIsAsLongAsItsEndpointsReach) {
  Bytes bytes;
  auto* first = reinterpret_cast<PUSB_INTERFACE_DESCRIPTOR>(bytes.bytes.data() + kFirstInterface);
  EXPECT_EQ(USBD_GetInterfaceLength(first, bytes.bytes.data() + bytes.size()), 25u);
}

TEST(UsbdDescriptors, ASoundConfigurationPassesEachLevel) {
  for (USHORT level : {1, 2, 3}) EXPECT_EQ(Bytes().Validate(level), USBD_STATUS_SUCCESS) << level;
}

TEST(UsbdDescriptors, EachMistakeIsToldWithItsPlace) {
  struct {
    const char* what;
    void (*spoil)(Bytes&);
    USHORT level;  // the lowest that sees it
    USBD_STATUS status;
    size_t place;
  } const cases[] = {
      {"total length past the buffer", [](Bytes& b) { b.bytes[2] = 200; }, 1, USBD_STATUS_BAD_CONFIG_DESC_LENGTH, 0},
      {"another type", [](Bytes& b) { b.bytes[1] = 1; }, 1, USBD_STATUS_BAD_DESCRIPTOR_TYPE, 0},
      {"a length of 0", [](Bytes& b) { b.bytes[kEndpoint] = 0; }, 2, USBD_STATUS_BAD_DESCRIPTOR_BLEN, kEndpoint},
      {"a length past the end", [](Bytes& b) { b.bytes[kBulkOut] = 8; }, 2, USBD_STATUS_BAD_DESCRIPTOR_BLEN, kBulkOut},
      {"endpoint 0", [](Bytes& b) { b.bytes[kEndpoint + 2] = 0x80; }, 2, USBD_STATUS_BAD_ENDPOINT_ADDRESS, kEndpoint},
      {"the same endpoint twice", [](Bytes& b) { b.bytes[kBulkOut + 2] = 0x82; }, 2, USBD_STATUS_BAD_ENDPOINT_ADDRESS, kBulkOut},
      {"a setting twice", [](Bytes& b) { b.bytes[43 + 3] = 0; }, 2, USBD_STATUS_BAD_INTERFACE_DESCRIPTOR, 43},
      {"more interfaces than there are", [](Bytes& b) { b.bytes[4] = 3; }, 2, USBD_STATUS_BAD_NUMBER_OF_INTERFACES, 66},
      {"fewer endpoints than told", [](Bytes& b) { b.bytes[43 + 4] = 3; }, 3, USBD_STATUS_BAD_NUMBER_OF_ENDPOINTS, 66},
      {"an interface number left out", [](Bytes& b) { b.bytes[34 + 2] = b.bytes[43 + 2] = 2; }, 3, USBD_STATUS_BAD_INTERFACE_DESCRIPTOR, 34},
  };
  for (const auto& c : cases) {
    Bytes bytes;
    c.spoil(bytes);
    if (c.level > 1) {
      EXPECT_EQ(bytes.Validate(c.level - 1), USBD_STATUS_SUCCESS) << c.what;
    }
    ptrdiff_t place = -1;
    EXPECT_EQ(bytes.Validate(c.level, &place), c.status) << c.what;
    EXPECT_EQ(place, static_cast<ptrdiff_t>(c.place)) << c.what;
  }
}

TEST_P(UsbdTest, ASelectConfigurationUrbHasAnInterfaceForEachEntry) {
  Bytes bytes;
  USBD_INTERFACE_LIST_ENTRY list[3] = {};
  list[0].InterfaceDescriptor = USBD_ParseConfigurationDescriptor(bytes.get(), 0, 0);
  list[1].InterfaceDescriptor = USBD_ParseConfigurationDescriptor(bytes.get(), 1, 1);
  PURB urb = USBD_CreateConfigurationRequestEx(bytes.get(), list);
  ASSERT_NE(urb, nullptr);
  EXPECT_EQ(urb->UrbHeader.Function, URB_FUNCTION_SELECT_CONFIGURATION);
  EXPECT_EQ(urb->UrbHeader.Length, GET_SELECT_CONFIGURATION_REQUEST_SIZE(2, 3));
  EXPECT_EQ(urb->UrbSelectConfiguration.ConfigurationDescriptor, bytes.get());
  EXPECT_EQ(list[0].Interface, &urb->UrbSelectConfiguration.Interface);
  EXPECT_EQ(list[0].Interface->NumberOfPipes, 1u);
  EXPECT_EQ(list[1].Interface->AlternateSetting, 1);
  EXPECT_EQ(list[1].Interface->NumberOfPipes, 2u);
  EXPECT_EQ(list[1].Interface->Pipes[1].MaximumTransferSize, USBD_DEFAULT_MAXIMUM_TRANSFER_SIZE);
  ExFreePool(urb);
  USHORT bytes_of_it = 0;
  urb = USBD_CreateConfigurationRequest(bytes.get(), &bytes_of_it);
  ASSERT_NE(urb, nullptr);
  EXPECT_EQ(bytes_of_it, offsetof(struct _URB_SELECT_CONFIGURATION, Interface) + GET_USBD_INTERFACE_SIZE(1) + GET_USBD_INTERFACE_SIZE(0));
  ExFreePool(urb);
}

TEST_P(UsbdTest, WithoutAUsbStackThereIsNoHandle) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* bottom = driver.AddDevice(nullptr);
  Of(bottom).dispatch[IRP_MJ_PNP] = [](DEVICE_OBJECT*, IRP* irp) { return Finish(irp, irp->IoStatus.Status); };
  USBD_HANDLE handle = nullptr;
  EXPECT_EQ(USBD_CreateHandle(bottom, bottom, USBD_CLIENT_CONTRACT_VERSION_602, 'tseT', &handle), STATUS_NOT_SUPPORTED);
  EXPECT_EQ(handle, nullptr);
  EXPECT_EQ(USBD_CreateHandle(bottom, bottom, USBD_CLIENT_CONTRACT_VERSION_INVALID, 'tseT', &handle), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(USBD_CreateHandle(bottom, nullptr, USBD_CLIENT_CONTRACT_VERSION_602, 'tseT', &handle), STATUS_INVALID_PARAMETER);
  PURB urb;
  EXPECT_EQ(USBD_UrbAllocate(nullptr, &urb), STATUS_INVALID_PARAMETER);
  ULONG frame;
  EXPECT_EQ(USBD_QueryBusTime(bottom, &frame), STATUS_NOT_SUPPORTED);
  driver.Delete(bottom);
}

TEST_P(UsbdTest, AHandleOfAStackThatAnswersAllocatesUrbs) {
  WdmDriver driver(*kernel_);
  DEVICE_OBJECT* bottom = driver.AddDevice(nullptr);
  int references = 0;
  Of(bottom).dispatch[IRP_MJ_PNP] = [&](DEVICE_OBJECT*, IRP* irp) {
    auto& query = IoGetCurrentIrpStackLocation(irp)->Parameters.QueryInterface;
    if (std::memcmp(query.InterfaceType, &kUsbdi, sizeof kUsbdi) != 0) return Finish(irp, irp->IoStatus.Status);
    auto* bus = reinterpret_cast<PUSB_BUS_INTERFACE_USBDI_V0>(query.Interface);
    bus->BusContext = &references;
    bus->InterfaceDereference = [](PVOID context) { --*static_cast<int*>(context); };
    bus->QueryBusTime = [](PVOID, PULONG frame) -> NTSTATUS {
      *frame = 77;
      return STATUS_SUCCESS;
    };
    ++references;
    return Finish(irp, STATUS_SUCCESS);
  };
  USBD_HANDLE handle = nullptr;
  ASSERT_EQ(USBD_CreateHandle(bottom, bottom, USBD_CLIENT_CONTRACT_VERSION_602, 'tseT', &handle), STATUS_SUCCESS);
  EXPECT_EQ(references, 1);
  PURB urb = nullptr;
  ASSERT_EQ(USBD_UrbAllocate(handle, &urb), STATUS_SUCCESS);
  EXPECT_EQ(urb->UrbHeader.Length, sizeof(URB));
  IO_STACK_LOCATION location = {};
  USBD_AssignUrbToIoStackLocation(handle, &location, urb);
  EXPECT_EQ(location.Parameters.Others.Argument1, urb);
  USBD_UrbFree(handle, urb);
  ASSERT_EQ(USBD_IsochUrbAllocate(handle, 8, &urb), STATUS_SUCCESS);
  EXPECT_EQ(urb->UrbHeader.Length, GET_ISO_URB_SIZE(8));
  EXPECT_EQ(urb->UrbIsochronousTransfer.NumberOfPackets, 8u);
  USBD_UrbFree(handle, urb);
  Bytes bytes;
  USBD_INTERFACE_LIST_ENTRY entry = {USBD_ParseConfigurationDescriptor(bytes.get(), 1, 1), nullptr};
  ASSERT_EQ(USBD_SelectInterfaceUrbAllocateAndBuild(handle, &references, &entry, &urb), STATUS_SUCCESS);
  EXPECT_EQ(urb->UrbHeader.Length, GET_SELECT_INTERFACE_REQUEST_SIZE(2));
  EXPECT_EQ(urb->UrbSelectInterface.Interface.AlternateSetting, 1);
  USBD_UrbFree(handle, urb);
  const GUID any = {};
  ULONG length = 9;
  EXPECT_EQ(USBD_QueryUsbCapability(handle, &any, 0, nullptr, &length), STATUS_NOT_SUPPORTED);
  EXPECT_EQ(length, 0u);
  ULONG frame = 0;
  EXPECT_EQ(USBD_QueryBusTime(bottom, &frame), STATUS_SUCCESS);
  EXPECT_EQ(frame, 77u);
  USBD_CloseHandle(handle);
  EXPECT_EQ(references, 0);
  driver.Delete(bottom);
}

}  // namespace
}  // namespace drydock::nt
