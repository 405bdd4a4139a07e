// What the inline helpers of wdfusb.h must leave behind, in both modes. Included after
// inline_helpers_checks.h and wdfusb.h.
#pragma once

namespace {

void CheckSetupPacket(void (*helper)(PWDF_USB_CONTROL_SETUP_PACKET, WDF_USB_BMREQUEST_DIRECTION,
                                     WDF_USB_BMREQUEST_RECIPIENT, BYTE, USHORT, USHORT),
                      unsigned char type_bits) {
  WDF_USB_CONTROL_SETUP_PACKET packet;
  memset(&packet, 0xA5, sizeof(packet));
  helper(&packet, BmRequestDeviceToHost, BmRequestToEndpoint, 0x42, 0x1234, 0x5678);
  const unsigned char wanted[8] = {
      static_cast<unsigned char>(0x80 | type_bits | 2), 0x42, 0x34, 0x12, 0x78, 0x56, 0, 0};
  EXPECT_EQ(memcmp(&packet, wanted, 8), 0);
  EXPECT_EQ(packet.Packet.bm.Byte, wanted[0]);
  helper(&packet, BmRequestHostToDevice, BmRequestToDevice, 0, 0, 0);
  EXPECT_EQ(packet.Packet.bm.Byte, type_bits);
}

[[maybe_unused]] void CheckSetupPackets() {
  CheckSetupPacket(WDF_USB_CONTROL_SETUP_PACKET_INIT, 0x00);
  CheckSetupPacket(WDF_USB_CONTROL_SETUP_PACKET_INIT_CLASS, 0x20);
  CheckSetupPacket(WDF_USB_CONTROL_SETUP_PACKET_INIT_VENDOR, 0x40);

  WDF_USB_CONTROL_SETUP_PACKET packet;
  memset(&packet, 0xA5, sizeof(packet));
  WDF_USB_CONTROL_SETUP_PACKET_INIT_FEATURE(&packet, BmRequestToInterface, 7, 9, TRUE);
  const unsigned char set[8] = {0x01, 3, 7, 0, 9, 0, 0, 0};
  EXPECT_EQ(memcmp(&packet, set, 8), 0);
  WDF_USB_CONTROL_SETUP_PACKET_INIT_FEATURE(&packet, BmRequestToDevice, 7, 9, FALSE);
  const unsigned char clear[8] = {0x00, 1, 7, 0, 9, 0, 0, 0};
  EXPECT_EQ(memcmp(&packet, clear, 8), 0);
  WDF_USB_CONTROL_SETUP_PACKET_INIT_GET_STATUS(&packet, BmRequestToEndpoint, 0x81);
  const unsigned char status[8] = {0x82, 0, 0, 0, 0x81, 0, 0, 0};
  EXPECT_EQ(memcmp(&packet, status, 8), 0);
}

[[maybe_unused]] void CheckContinuousReader() {
  Filled<WDF_USB_CONTINUOUS_READER_CONFIG> got;
  WDF_USB_CONTINUOUS_READER_CONFIG_INIT(&got, Pointer<PFN_WDF_USB_READER_COMPLETION_ROUTINE>(0x10),
                                        Pointer<WDFCONTEXT>(0x20), 512);
  Expected<WDF_USB_CONTINUOUS_READER_CONFIG> wanted;
  wanted.Size = 72;
  wanted.TransferLength = 512;
  wanted.EvtUsbTargetPipeReadComplete = Pointer<PFN_WDF_USB_READER_COMPLETION_ROUTINE>(0x10);
  wanted.EvtUsbTargetPipeReadCompleteContext = Pointer<WDFCONTEXT>(0x20);
  EXPECT_TRUE(Same<WDF_USB_CONTINUOUS_READER_CONFIG>(got, wanted));
}

[[maybe_unused]] void CheckSelectConfig() {
  Expected<WDF_USB_DEVICE_SELECT_CONFIG_PARAMS> wanted;
  wanted.Size = 32;
  Filled<WDF_USB_DEVICE_SELECT_CONFIG_PARAMS> single, all, pairs, none, urb, descriptors, deconfig;

  WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_SINGLE_INTERFACE(&single);
  wanted.Type = WdfUsbTargetDeviceSelectConfigTypeSingleInterface;
  EXPECT_TRUE(Same<WDF_USB_DEVICE_SELECT_CONFIG_PARAMS>(single, wanted));

  WDF_USB_INTERFACE_SETTING_PAIR pair = {};
  WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_MULTIPLE_INTERFACES(&all, 0, nullptr);
  wanted.Type = WdfUsbTargetDeviceSelectConfigTypeMultiInterface;
  EXPECT_TRUE(Same<WDF_USB_DEVICE_SELECT_CONFIG_PARAMS>(all, wanted));
  WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_MULTIPLE_INTERFACES(&none, 0, &pair);
  EXPECT_TRUE(Same<WDF_USB_DEVICE_SELECT_CONFIG_PARAMS>(none, wanted));
  WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_MULTIPLE_INTERFACES(&none, 1, nullptr);
  EXPECT_TRUE(Same<WDF_USB_DEVICE_SELECT_CONFIG_PARAMS>(none, wanted));
  WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_MULTIPLE_INTERFACES(&pairs, 1, &pair);
  wanted.Type = WdfUsbTargetDeviceSelectConfigTypeInterfacesPairs;
  wanted.Types.MultiInterface.NumberInterfaces = 1;
  wanted.Types.MultiInterface.Pairs = &pair;
  EXPECT_TRUE(Same<WDF_USB_DEVICE_SELECT_CONFIG_PARAMS>(pairs, wanted));

  Expected<WDF_USB_DEVICE_SELECT_CONFIG_PARAMS> other;
  other.Size = 32;
  PUSB_INTERFACE_DESCRIPTOR list[1] = {};
  WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_INTERFACES_DESCRIPTORS(
      &descriptors, Pointer<PUSB_CONFIGURATION_DESCRIPTOR>(0x10), list, 1);
  other.Type = WdfUsbTargetDeviceSelectConfigTypeInterfacesDescriptor;
  other.Types.Descriptor.ConfigurationDescriptor = Pointer<PUSB_CONFIGURATION_DESCRIPTOR>(0x10);
  other.Types.Descriptor.InterfaceDescriptors = list;
  other.Types.Descriptor.NumInterfaceDescriptors = 1;
  EXPECT_TRUE(Same<WDF_USB_DEVICE_SELECT_CONFIG_PARAMS>(descriptors, other));

  Expected<WDF_USB_DEVICE_SELECT_CONFIG_PARAMS> last;
  last.Size = 32;
  WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_DECONFIG(&deconfig);
  last.Type = WdfUsbTargetDeviceSelectConfigTypeDeconfig;
  EXPECT_TRUE(Same<WDF_USB_DEVICE_SELECT_CONFIG_PARAMS>(deconfig, last));
  WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_URB(&urb, Pointer<PURB>(0x10));
  last.Type = WdfUsbTargetDeviceSelectConfigTypeUrb;
  last.Types.Urb.Urb = Pointer<PURB>(0x10);
  EXPECT_TRUE(Same<WDF_USB_DEVICE_SELECT_CONFIG_PARAMS>(urb, last));
}

[[maybe_unused]] void CheckSelectSetting() {
  Expected<WDF_USB_INTERFACE_SELECT_SETTING_PARAMS> wanted;
  wanted.Size = 16;
  Filled<WDF_USB_INTERFACE_SELECT_SETTING_PARAMS> setting, descriptor, urb;
  WDF_USB_INTERFACE_SELECT_SETTING_PARAMS_INIT_SETTING(&setting, 3);
  wanted.Type = WdfUsbInterfaceSelectSettingTypeSetting;
  wanted.Types.Interface.SettingIndex = 3;
  EXPECT_TRUE(Same<WDF_USB_INTERFACE_SELECT_SETTING_PARAMS>(setting, wanted));

  memset(&wanted.Types, 0, sizeof(wanted.Types));
  WDF_USB_INTERFACE_SELECT_SETTING_PARAMS_INIT_DESCRIPTOR(&descriptor,
                                                          Pointer<PUSB_INTERFACE_DESCRIPTOR>(0x10));
  wanted.Type = WdfUsbInterfaceSelectSettingTypeDescriptor;
  wanted.Types.Descriptor.InterfaceDescriptor = Pointer<PUSB_INTERFACE_DESCRIPTOR>(0x10);
  EXPECT_TRUE(Same<WDF_USB_INTERFACE_SELECT_SETTING_PARAMS>(descriptor, wanted));

  WDF_USB_INTERFACE_SELECT_SETTING_PARAMS_INIT_URB(&urb, Pointer<PURB>(0x20));
  wanted.Type = WdfUsbInterfaceSelectSettingTypeUrb;
  wanted.Types.Urb.Urb = Pointer<PURB>(0x20);
  EXPECT_TRUE(Same<WDF_USB_INTERFACE_SELECT_SETTING_PARAMS>(urb, wanted));
}

[[maybe_unused]] void CheckUsbInformation() {
  Filled<WDF_USB_DEVICE_INFORMATION> device;
  WDF_USB_DEVICE_INFORMATION_INIT(&device);
  Expected<WDF_USB_DEVICE_INFORMATION> wanted_device;
  wanted_device.Size = 20;
  EXPECT_TRUE(Same<WDF_USB_DEVICE_INFORMATION>(device, wanted_device));

  Filled<WDF_USB_PIPE_INFORMATION> pipe;
  WDF_USB_PIPE_INFORMATION_INIT(&pipe);
  Expected<WDF_USB_PIPE_INFORMATION> wanted_pipe;
  wanted_pipe.Size = 20;
  EXPECT_TRUE(Same<WDF_USB_PIPE_INFORMATION>(pipe, wanted_pipe));

  EXPECT_TRUE(WDF_USB_PIPE_DIRECTION_IN(0x81));
  EXPECT_FALSE(WDF_USB_PIPE_DIRECTION_IN(0x01));
  EXPECT_TRUE(WDF_USB_PIPE_DIRECTION_OUT(0x01));
  EXPECT_FALSE(WDF_USB_PIPE_DIRECTION_OUT(0x81));

  Filled<WDF_USB_DEVICE_CREATE_CONFIG> create;
  WDF_USB_DEVICE_CREATE_CONFIG_INIT(&create, 0x602);
  Expected<WDF_USB_DEVICE_CREATE_CONFIG> wanted_create;
  wanted_create.Size = 8;
  wanted_create.USBDClientContractVersion = 0x602;
  EXPECT_TRUE(Same<WDF_USB_DEVICE_CREATE_CONFIG>(create, wanted_create));
}

}  // namespace
