// usbd: finding and checking descriptors. No state, any level, nothing is read outside the lengths that the caller and the descriptors give.
// Source: public documentation of usbdlib.h; USB 2.0, chapter 9.
#include <bitset>
#include <cstddef>
#include <cstdint>

#include <ntddk.h>

#include <usbdlib.h>

namespace {

constexpr LONG kAny = -1;
constexpr UCHAR kEndpointNumbers = 16;

struct Span {
  const UCHAR* begin = nullptr;
  const UCHAR* end = nullptr;
};

// The descriptor at `at`: null where none is whole.
const USB_COMMON_DESCRIPTOR* DescriptorAt(const UCHAR* at, const UCHAR* end) {
  if (at == nullptr || at >= end || end - at < static_cast<ptrdiff_t>(sizeof(USB_COMMON_DESCRIPTOR))) return nullptr;
  const auto* found = reinterpret_cast<const USB_COMMON_DESCRIPTOR*>(at);
  return found->bLength < sizeof(USB_COMMON_DESCRIPTOR) || found->bLength > end - at ? nullptr : found;
}

bool Matches(LONG wanted, UCHAR is) { return wanted == kAny || wanted == is; }

// --- validation ---

class Validator {
 public:
  Validator(const USB_CONFIGURATION_DESCRIPTOR& configuration, const UCHAR* end, USHORT level)
      : configuration_(configuration), at_(reinterpret_cast<const UCHAR*>(&configuration)), end_(end), strict_(level >= 3) {}

  USBD_STATUS Run() {
    at_ += configuration_.bLength;
    while (at_ < end_) {
      const USB_COMMON_DESCRIPTOR* descriptor = DescriptorAt(at_, end_);
      if (descriptor == nullptr) return USBD_STATUS_BAD_DESCRIPTOR_BLEN;
      USBD_STATUS status = USBD_STATUS_SUCCESS;
      if (descriptor->bDescriptorType == USB_INTERFACE_DESCRIPTOR_TYPE) status = Interface(*descriptor);
      if (descriptor->bDescriptorType == USB_ENDPOINT_DESCRIPTOR_TYPE) status = Endpoint(*descriptor);
      if (descriptor->bDescriptorType == USB_CONFIGURATION_DESCRIPTOR_TYPE || descriptor->bDescriptorType == USB_DEVICE_DESCRIPTOR_TYPE) {
        status = USBD_STATUS_BAD_DESCRIPTOR_TYPE;
      }
      if (descriptor->bDescriptorType == USB_INTERFACE_ASSOCIATION_DESCRIPTOR_TYPE &&
          !LengthFits(descriptor->bLength, sizeof(USB_INTERFACE_ASSOCIATION_DESCRIPTOR))) {
        status = USBD_STATUS_BAD_INTERFACE_ASSOC_DESCRIPTOR;
      }
      if (status != USBD_STATUS_SUCCESS) return status;
      at_ += descriptor->bLength;
    }
    if (USBD_STATUS status = EndOfInterface(); status != USBD_STATUS_SUCCESS) return status;
    return interfaces_.count() == configuration_.bNumInterfaces ? USBD_STATUS_SUCCESS : USBD_STATUS_BAD_NUMBER_OF_INTERFACES;
  }
  const UCHAR* at() const { return at_; }

 private:
  // Longer ones carry what a later or another specification adds; the strictest level takes only USB's own length.
  bool LengthFits(size_t length, size_t own) const { return strict_ ? length == own : length >= own; }

  USBD_STATUS Interface(const USB_COMMON_DESCRIPTOR& common) {
    if (USBD_STATUS status = EndOfInterface(); status != USBD_STATUS_SUCCESS) return status;
    if (!LengthFits(common.bLength, sizeof(USB_INTERFACE_DESCRIPTOR))) return USBD_STATUS_BAD_INTERFACE_DESCRIPTOR;
    const auto& interface = reinterpret_cast<const USB_INTERFACE_DESCRIPTOR&>(common);
    const UCHAR number = interface.bInterfaceNumber;
    if (strict_ && !interfaces_.test(number) && number != interfaces_.count()) return USBD_STATUS_BAD_INTERFACE_DESCRIPTOR;
    const bool again = interfaces_.test(number);
    if (again && current_ != number) return USBD_STATUS_BAD_INTERFACE_DESCRIPTOR;  // settings of an interface come one after the other
    if (!again) alternates_.reset();
    if (alternates_.test(interface.bAlternateSetting)) return USBD_STATUS_BAD_INTERFACE_DESCRIPTOR;
    alternates_.set(interface.bAlternateSetting);
    interfaces_.set(number);
    current_ = number;
    expected_ = interface.bNumEndpoints;
    endpoints_ = 0;
    in_.reset();
    out_.reset();
    return USBD_STATUS_SUCCESS;
  }

  USBD_STATUS Endpoint(const USB_COMMON_DESCRIPTOR& common) {
    // Audio endpoints have two bytes more (USB Audio 1.0, 4.6.1.1), which is a length of USB's own.
    const bool audio = common.bLength == sizeof(USB_ENDPOINT_DESCRIPTOR) + 2;
    if (!audio && !LengthFits(common.bLength, sizeof(USB_ENDPOINT_DESCRIPTOR))) return USBD_STATUS_BAD_ENDPOINT_DESCRIPTOR;
    if (current_ < 0) return USBD_STATUS_BAD_ENDPOINT_DESCRIPTOR;  // of no interface
    const auto& endpoint = reinterpret_cast<const USB_ENDPOINT_DESCRIPTOR&>(common);
    const UCHAR number = endpoint.bEndpointAddress & USB_ENDPOINT_ADDRESS_MASK;
    auto& used = USB_ENDPOINT_DIRECTION_IN(endpoint.bEndpointAddress) ? in_ : out_;
    if (number == 0 || (endpoint.bEndpointAddress & 0x70) != 0 || used.test(number)) return USBD_STATUS_BAD_ENDPOINT_ADDRESS;
    used.set(number);
    ++endpoints_;
    return USBD_STATUS_SUCCESS;
  }

  USBD_STATUS EndOfInterface() const {
    return strict_ && current_ >= 0 && endpoints_ != expected_ ? USBD_STATUS_BAD_NUMBER_OF_ENDPOINTS : USBD_STATUS_SUCCESS;
  }

  const USB_CONFIGURATION_DESCRIPTOR& configuration_;
  const UCHAR* at_;
  const UCHAR* end_;
  const bool strict_;
  int current_ = -1;
  unsigned expected_ = 0, endpoints_ = 0;
  std::bitset<256> interfaces_, alternates_;
  std::bitset<kEndpointNumbers> in_, out_;
};

}  // namespace

extern "C" {

PUSB_COMMON_DESCRIPTOR USBD_ParseDescriptors(PVOID DescriptorBuffer, ULONG TotalLength, PVOID StartPosition, LONG DescriptorType) {
  auto* const begin = static_cast<UCHAR*>(DescriptorBuffer);
  auto* at = static_cast<UCHAR*>(StartPosition);
  if (begin == nullptr || at < begin) return nullptr;
  const UCHAR* const end = begin + TotalLength;
  while (const USB_COMMON_DESCRIPTOR* descriptor = DescriptorAt(at, end)) {
    if (descriptor->bDescriptorType == DescriptorType) return reinterpret_cast<PUSB_COMMON_DESCRIPTOR>(at);
    at += descriptor->bLength;
  }
  return nullptr;
}

PUSB_INTERFACE_DESCRIPTOR USBD_ParseConfigurationDescriptorEx(PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor, PVOID StartPosition,
                                                              LONG InterfaceNumber, LONG AlternateSetting, LONG InterfaceClass,
                                                              LONG InterfaceSubClass, LONG InterfaceProtocol) {
  if (ConfigurationDescriptor == nullptr) return nullptr;
  const ULONG total = ConfigurationDescriptor->wTotalLength;
  const UCHAR* const end = reinterpret_cast<UCHAR*>(ConfigurationDescriptor) + total;
  for (PVOID at = StartPosition;;) {
    auto* found = reinterpret_cast<PUSB_INTERFACE_DESCRIPTOR>(
        USBD_ParseDescriptors(ConfigurationDescriptor, total, at, USB_INTERFACE_DESCRIPTOR_TYPE));
    if (found == nullptr) return nullptr;
    const bool whole = found->bLength >= sizeof *found && end - reinterpret_cast<UCHAR*>(found) >= static_cast<ptrdiff_t>(sizeof *found);
    if (whole && Matches(InterfaceNumber, found->bInterfaceNumber) && Matches(AlternateSetting, found->bAlternateSetting) &&
        Matches(InterfaceClass, found->bInterfaceClass) && Matches(InterfaceSubClass, found->bInterfaceSubClass) &&
        Matches(InterfaceProtocol, found->bInterfaceProtocol)) {
      return found;
    }
    at = reinterpret_cast<UCHAR*>(found) + found->bLength;
  }
}

PUSB_INTERFACE_DESCRIPTOR USBD_ParseConfigurationDescriptor(PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor, UCHAR InterfaceNumber,
                                                            UCHAR AlternateSetting) {
  return USBD_ParseConfigurationDescriptorEx(ConfigurationDescriptor, ConfigurationDescriptor, InterfaceNumber, AlternateSetting, kAny,
                                             kAny, kAny);
}

USBD_STATUS USBD_ValidateConfigurationDescriptor(PUSB_CONFIGURATION_DESCRIPTOR ConfigDesc, ULONG BufferLength, USHORT Level,
                                                 PUCHAR* Offset, ULONG) {
  auto* const begin = reinterpret_cast<UCHAR*>(ConfigDesc);
  if (Offset != nullptr) *Offset = begin;
  if (ConfigDesc == nullptr || BufferLength < sizeof *ConfigDesc) return USBD_STATUS_BAD_CONFIG_DESC_LENGTH;
  if (ConfigDesc->bDescriptorType != USB_CONFIGURATION_DESCRIPTOR_TYPE) return USBD_STATUS_BAD_DESCRIPTOR_TYPE;
  if (ConfigDesc->bLength < sizeof *ConfigDesc) return USBD_STATUS_BAD_DESCRIPTOR_BLEN;
  if (Level >= 3 && ConfigDesc->bLength != sizeof *ConfigDesc) return USBD_STATUS_BAD_DESCRIPTOR_BLEN;
  if (ConfigDesc->wTotalLength < ConfigDesc->bLength || ConfigDesc->wTotalLength > BufferLength) return USBD_STATUS_BAD_CONFIG_DESC_LENGTH;
  if (Level < 2) return USBD_STATUS_SUCCESS;
  Validator validator(*ConfigDesc, begin + ConfigDesc->wTotalLength, Level);
  const USBD_STATUS status = validator.Run();
  if (Offset != nullptr) *Offset = const_cast<PUCHAR>(validator.at());
  return status;
}

// Bytes of an interface's descriptors: its own, its endpoints' and what is between, up to the next interface.
ULONG USBD_GetInterfaceLength(PUSB_INTERFACE_DESCRIPTOR InterfaceDescriptor, PUCHAR BufferEnd) {
  const auto* const begin = reinterpret_cast<const UCHAR*>(InterfaceDescriptor);
  const UCHAR* at = begin;
  while (const USB_COMMON_DESCRIPTOR* descriptor = DescriptorAt(at, BufferEnd)) {
    if (descriptor->bDescriptorType == USB_INTERFACE_DESCRIPTOR_TYPE && at != begin) break;
    at += descriptor->bLength;
  }
  return static_cast<ULONG>(at - begin);
}

VOID USBD_GetUSBDIVersion(PUSBD_VERSION_INFORMATION VersionInformation) {
  if (VersionInformation == nullptr) return;
  VersionInformation->USBDI_Version = USBDI_VERSION;
  VersionInformation->Supported_USB_Version = 0x200;
}

}  // extern "C"
