// The attributes of a reader and its card, as the library knows them.
#include <cstring>

#include "classes/smartcard/smartcard.h"

namespace drydock::classes::smartcard {
namespace {

NTSTATUS Give(SMARTCARD_EXTENSION& extension, const void* value, ULONG length) {
  if (length > extension.IoRequest.ReplyBufferLength) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(extension.IoRequest.ReplyBuffer, value, length);
  *extension.IoRequest.Information = length;
  return STATUS_SUCCESS;
}
NTSTATUS GiveNumber(SMARTCARD_EXTENSION& extension, ULONG value) { return Give(extension, &value, sizeof value); }
NTSTATUS GiveByte(SMARTCARD_EXTENSION& extension, UCHAR value) { return Give(extension, &value, sizeof value); }

// What is known of a card alone while it is powered.
NTSTATUS GiveOfCard(SMARTCARD_EXTENSION& extension, ULONG tag, ULONG state) {
  const SCARD_CARD_CAPABILITIES& card = extension.CardCapabilities;
  if (state <= SCARD_ABSENT) return STATUS_NO_MEDIA;
  switch (tag) {
    case SCARD_ATTR_ATR_STRING: return Give(extension, card.ATR.Buffer, card.ATR.Length);
    case SCARD_ATTR_CURRENT_PROTOCOL_TYPE: return GiveNumber(extension, card.Protocol.Selected);
    case SCARD_ATTR_CURRENT_CLK: return GiveNumber(extension, card.PtsData.CLKFrequency);
    case SCARD_ATTR_CURRENT_F: return GiveNumber(extension, card.ClockRateConversion ? card.ClockRateConversion[card.Fl & 0x0F].F : 0);
    case SCARD_ATTR_CURRENT_D: return GiveNumber(extension, card.BitRateAdjustment ? card.BitRateAdjustment[card.Dl & 0x0F].DNumerator : 0);
    case SCARD_ATTR_CURRENT_N: return GiveNumber(extension, card.N);
    case SCARD_ATTR_CURRENT_W: return GiveNumber(extension, card.T0.WI);
    case SCARD_ATTR_CURRENT_IFSC: return GiveNumber(extension, card.T1.IFSC);
    case SCARD_ATTR_CURRENT_IFSD: return GiveNumber(extension, FlagsOf(extension) & kIfsDone ? extension.ReaderCapabilities.MaxIFSD : 32);
    case SCARD_ATTR_CURRENT_BWT: return GiveNumber(extension, card.T1.BWT);
    case SCARD_ATTR_CURRENT_CWT: return GiveNumber(extension, card.T1.CWT);
    default: return GiveNumber(extension, card.T1.EDC);
  }
}

}  // namespace

NTSTATUS GetAttribute(SMARTCARD_EXTENSION& extension, ULONG tag) {
  const VENDOR_ATTR& vendor = extension.VendorAttr;
  const SCARD_READER_CAPABILITIES& reader = extension.ReaderCapabilities;
  KIRQL irql;
  KeAcquireSpinLock(&extension.OsData->SpinLock, &irql);
  const ULONG state = reader.CurrentState;
  KeReleaseSpinLock(&extension.OsData->SpinLock, irql);
  switch (tag) {
    case SCARD_ATTR_VENDOR_NAME: return Give(extension, vendor.VendorName.Buffer, vendor.VendorName.Length);
    case SCARD_ATTR_VENDOR_IFD_TYPE: return Give(extension, vendor.IfdType.Buffer, vendor.IfdType.Length);
    case SCARD_ATTR_VENDOR_IFD_VERSION:
      return GiveNumber(extension, static_cast<ULONG>(vendor.IfdVersion.VersionMajor) << 24 | static_cast<ULONG>(vendor.IfdVersion.VersionMinor) << 16 |
                                       vendor.IfdVersion.BuildNumber);
    case SCARD_ATTR_VENDOR_IFD_SERIAL_NO:
      return vendor.IfdSerialNo.Length ? Give(extension, vendor.IfdSerialNo.Buffer, vendor.IfdSerialNo.Length) : STATUS_NOT_SUPPORTED;
    case SCARD_ATTR_DEVICE_UNIT: return GiveNumber(extension, vendor.UnitNo);
    case SCARD_ATTR_CHANNEL_ID: return GiveNumber(extension, reader.ReaderType << 16 | (reader.Channel & 0xFFFF));
    case SCARD_ATTR_PROTOCOL_TYPES: return GiveNumber(extension, reader.SupportedProtocols);
    case SCARD_ATTR_DEFAULT_CLK: return GiveNumber(extension, reader.CLKFrequency.Default);
    case SCARD_ATTR_MAX_CLK: return GiveNumber(extension, reader.CLKFrequency.Max);
    case SCARD_ATTR_DEFAULT_DATA_RATE: return GiveNumber(extension, reader.DataRate.Default);
    case SCARD_ATTR_MAX_DATA_RATE: return GiveNumber(extension, reader.DataRate.Max);
    case SCARD_ATTR_MAX_IFSD: return GiveNumber(extension, reader.MaxIFSD);
    case SCARD_ATTR_POWER_MGMT_SUPPORT: return GiveNumber(extension, reader.PowerMgmtSupport);
    case SCARD_ATTR_CHARACTERISTICS: return GiveNumber(extension, reader.MechProperties);
    case SCARD_ATTR_ICC_PRESENCE:
      return GiveByte(extension, state <= SCARD_ABSENT ? (state == SCARD_UNKNOWN ? 0xFF : 0) : state == SCARD_PRESENT ? 1 : 2);
    case SCARD_ATTR_ICC_INTERFACE_STATUS: return GiveByte(extension, state >= SCARD_POWERED ? 0xFF : 0);
    case SCARD_ATTR_ATR_STRING:
    case SCARD_ATTR_CURRENT_PROTOCOL_TYPE:
    case SCARD_ATTR_CURRENT_CLK:
    case SCARD_ATTR_CURRENT_F:
    case SCARD_ATTR_CURRENT_D:
    case SCARD_ATTR_CURRENT_N:
    case SCARD_ATTR_CURRENT_W:
    case SCARD_ATTR_CURRENT_IFSC:
    case SCARD_ATTR_CURRENT_IFSD:
    case SCARD_ATTR_CURRENT_BWT:
    case SCARD_ATTR_CURRENT_CWT:
    case SCARD_ATTR_CURRENT_EBC_ENCODING: return GiveOfCard(extension, tag, state);
    case SCARD_PERF_NUM_TRANSMISSIONS: return GiveNumber(extension, extension.PerfInfo->NumTransmissions);
    case SCARD_PERF_BYTES_TRANSMITTED: return GiveNumber(extension, extension.PerfInfo->BytesSent + extension.PerfInfo->BytesReceived);
    default: return STATUS_NOT_SUPPORTED;
  }
}

NTSTATUS SetAttribute(SMARTCARD_EXTENSION& extension, ULONG tag, const UCHAR* value, ULONG length) {
  if (tag != SCARD_ATTR_SUPRESS_T1_IFS_REQUEST) return STATUS_NOT_SUPPORTED;
  if (length == 0) return STATUS_INVALID_PARAMETER;
  if (value[0]) FlagsOf(extension) |= kNoIfsRequest;
  else FlagsOf(extension) &= ~static_cast<ULONG>(kNoIfsRequest);
  return STATUS_SUCCESS;
}

}  // namespace drydock::classes::smartcard
