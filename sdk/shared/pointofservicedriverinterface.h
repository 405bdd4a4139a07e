// Point of service: interface classes, control codes, properties and events of barcode scanners and magnetic stripe readers.
// Used by:  point-of-service drivers. Source: public documentation; it gives names, order and fields. Function numbers of the control codes,
//           values of properties and the sizes MSR_..._SIZE are our own: compare names. Events have the documented values.
#ifndef POINTOFSERVICEDRIVERINTERFACE_H
#define POINTOFSERVICEDRIVERINTERFACE_H

#include "devioctl.h"
#include "guiddef.h"
#include "pointofservicecommontypes.h"

DEFINE_GUID(GUID_DEVINTERFACE_POS_SCANNER, 0xC243FFBD, 0x3AFC, 0x45E9, 0xB3, 0xD3, 0x2B, 0xA1, 0x8B, 0xC7, 0xEB, 0xC5);
DEFINE_GUID(GUID_DEVINTERFACE_POS_MSR, 0x2A9FE532, 0x0CDC, 0x44F9, 0x98, 0x27, 0x76, 0x19, 0x2F, 0x2C, 0xA2, 0xFB);

#define POS_VERSION_1_0 0x00010000
#define POS_VERSION_1_1 0x00010001
#define POS_VERSION_1_2 0x00010002
#define POS_DRIVER_VERSION POS_VERSION_1_2

#ifndef FILE_DEVICE_POINT_OF_SERVICE
#define FILE_DEVICE_POINT_OF_SERVICE 0x00000054
#endif
#define DRYDOCK_POS_CODE(function) CTL_CODE(FILE_DEVICE_POINT_OF_SERVICE, 0x800 + (function), METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_POINT_OF_SERVICE_GET_PROPERTY DRYDOCK_POS_CODE(1)
#define IOCTL_POINT_OF_SERVICE_SET_PROPERTY DRYDOCK_POS_CODE(2)
#define IOCTL_POINT_OF_SERVICE_CLAIM_DEVICE DRYDOCK_POS_CODE(3)
#define IOCTL_POINT_OF_SERVICE_RELEASE_DEVICE DRYDOCK_POS_CODE(4)
#define IOCTL_POINT_OF_SERVICE_RETAIN_DEVICE DRYDOCK_POS_CODE(5)
#define IOCTL_POINT_OF_SERVICE_RETRIEVE_STATISTICS DRYDOCK_POS_CODE(6)
#define IOCTL_POINT_OF_SERVICE_RESET_STATISTICS DRYDOCK_POS_CODE(7)
#define IOCTL_POINT_OF_SERVICE_UPDATE_STATISTICS DRYDOCK_POS_CODE(8)
#define IOCTL_POINT_OF_SERVICE_CHECK_HEALTH DRYDOCK_POS_CODE(9)
#define IOCTL_POINT_OF_SERVICE_GET_DEVICE_BASICS DRYDOCK_POS_CODE(10)
#define IOCTL_POINT_OF_SERVICE_MSR_RETRIEVE_DEVICE_AUTHENTICATION DRYDOCK_POS_CODE(12)
#define IOCTL_POINT_OF_SERVICE_MSR_AUTHENTICATE_DEVICE DRYDOCK_POS_CODE(13)
#define IOCTL_POINT_OF_SERVICE_MSR_DEAUTHENTICATE_DEVICE DRYDOCK_POS_CODE(14)
#define IOCTL_POINT_OF_SERVICE_MSR_UPDATE_KEY DRYDOCK_POS_CODE(15)

typedef enum _PosPropertyId {
  IsEnabled = 0,
  IsDisabledOnDataReceived,
  PowerState,
  BarcodeScannerIsDecodeDataEnabled,
  BarcodeScannerCapabilities,
  BarcodeScannerSupportedSymbologies,
  BarcodeScannerActiveSymbologies,
  BarcodeScannerSupportedProfiles,
  BarcodeScannerActiveProfile,
  MagneticStripeReaderIsDecodeDataEnabled,
  MagneticStripeReaderCapabilities,
  MagneticStripeReaderSupportedCardTypes,
  MagneticStripeReaderDeviceAuthenticationProtocol,
  MagneticStripeReaderErrorReportingType,
  MagneticStripeReaderTracksToRead,
  MagneticStripeReaderIsTransmitSentinelsEnabled,
  MagneticStripeReaderIsDeviceAuthenticated,
  MagneticStripeReaderDataEncryptionAlgorithm,
  BarcodeScannerVideoDeviceId
} PosPropertyId;

typedef enum _PosEventType {
  InvalidEvent = 0,
  ReleaseDeviceRequested = 1,
  StatusUpdated,
  BarcodeScannerTriggerPressed,
  BarcodeScannerTriggerReleased,
  BarcodeScannerDataReceived,
  BarcodeScannerErrorOccurred,
  BarcodeScannerImagePreviewReceived,
  MagneticStripeReaderDataReceived,
  MagneticStripeReaderErrorOccurred
} PosEventType;

typedef struct _PosEventDataHeader {
  PosEventType EventType;
  UINT32 DataLength;  // of the whole event, this header included
} PosEventDataHeader, PosBarcodeScannerImagePreviewEventData;

typedef struct _PosBarcodeScannerDataReceivedEventData {
  PosEventDataHeader Header;
  UINT32 DataType;
  UINT32 ScanDataLength;
  UINT32 ScanDataLabelLength;
} PosBarcodeScannerDataReceivedEventData;

typedef struct _PosStringType {
  UINT32 DataLengthInBytes;
} PosStringType;

typedef struct _PosProfileType {
  UINT32 BufferSize;
  UINT32 ProfileCount;
} PosProfileType;

typedef struct _PosDeviceBasicsType {
  UINT32 Version;
  PosDeviceType DeviceType;
  UINT32 RecommendedBufferSize;
} PosDeviceBasicsType;

typedef struct _PosBarcodeScannerCapabilitiesType {
  DriverUnifiedPosPowerReportingType PowerReportingType;
  LONG IsStatisticsReportingSupported;
  LONG IsStatisticsUpdatingSupported;
  LONG IsImagePreviewSupported;
} PosBarcodeScannerCapabilitiesType;

typedef struct _PosBarcodeScannerCapabilitiesType2 {
  PosBarcodeScannerCapabilitiesType PosBarcodeScannerCapabilities;
  LONG IsSoftwareTriggerSupported;
} PosBarcodeScannerCapabilitiesType2;

typedef struct _PosStatisticsHeader {
  UINT32 EntryCount;
  PosDeviceInformation DeviceInformation;
  UINT32 DataLength;
} PosStatisticsHeader;

typedef struct _PosValueStatisticsEntry {
  WCHAR EntryName[STATISTICS_STRING_SIZE];
  LONG Value;
} PosValueStatisticsEntry;

// Magnetic stripe readers
#define MSR_TRACK_SIZE 128
#define MSR_CARD_AUTHENTICATION_DATA_SIZE 128
#define MSR_ADDITIONAL_SECURITY_INFORMATION_SIZE 128
#define MSR_KEY_SERIAL_NUMBER_SIZE 20
#define MSR_CHALLENGE_SIZE 8
#define MSR_SESSION_ID_SIZE 8
#define MSR_KEY_SIZE 128
#define MSR_KEY_NAME_SIZE 128
#define MSR_CARD_TYPE_MAX_COUNT 16

typedef enum _MsrCardType { MsrCardType_Unknown = 0, MsrCardType_Bank, MsrCardType_Aamva, MsrCardType_ExtendedBase = 0x10000 } MsrCardType;
typedef enum _MsrDataEncryption {
  MsrDataEncryption_None = 0,
  MsrDataEncryption_3DEA_DUKPT,
  MsrDataEncryption_AES,
  MsrDataEncryption_ExtendedBase = 0x10000
} MsrDataEncryption;
typedef enum _MsrTrackIds { MsrTrackIds_None = 0, MsrTrackIds_Track1 = 1, MsrTrackIds_Track2 = 2, MsrTrackIds_Track3 = 4, MsrTrackIds_Track4 = 8 } MsrTrackIds;
typedef enum _MsrErrorReportingType { MsrErrorReportingType_CardLevel = 0, MsrErrorReportingType_TrackLevel } MsrErrorReportingType;
typedef enum _MsrAuthenticationProtocol {
  MsrAuthenticationProtocolType_None = 0,
  MsrAuthenticationProtocolType_ChallengeResponse
} MsrAuthenticationProtocolType;

typedef struct _PosMagneticStripeReaderCapabilitiesType {
  DriverUnifiedPosPowerReportingType PowerReportingType;
  LONG IsStatisticsReportingSupported;
  LONG IsStatisticsUpdatingSupported;
  UINT32 CardAuthenticationLength;
  UINT32 SupportedEncryptionAlgorithms;
  DriverMagneticStripeReaderAuthenticationLevel AuthenticationLevel;
  LONG IsIsoSupported;
  LONG IsJisOneSupported;
  LONG IsJisTwoSupported;
  LONG IsTrackDataMaskingSupported;
  LONG IsTransmitSentinelsSupported;
} PosMagneticStripeReaderCapabilitiesType;

typedef struct _MSR_DATA_RECEIVED {
  MsrCardType CardType;
  unsigned char Track1EncryptedDataLength;
  unsigned char Track2EncryptedDataLength;
  unsigned char Track3EncryptedDataLength;
  unsigned char Track4EncryptedDataLength;
  unsigned char Track1EncryptedData[MSR_TRACK_SIZE];
  unsigned char Track2EncryptedData[MSR_TRACK_SIZE];
  unsigned char Track3EncryptedData[MSR_TRACK_SIZE];
  unsigned char Track4EncryptedData[MSR_TRACK_SIZE];
  unsigned char Track1MaskedDataLength;
  unsigned char Track2MaskedDataLength;
  unsigned char Track3MaskedDataLength;
  unsigned char Track4MaskedDataLength;
  unsigned char Track1MaskedData[MSR_TRACK_SIZE];
  unsigned char Track2MaskedData[MSR_TRACK_SIZE];
  unsigned char Track3MaskedData[MSR_TRACK_SIZE];
  unsigned char Track4MaskedData[MSR_TRACK_SIZE];
  unsigned char Track1DiscretionaryDataLength;
  unsigned char Track2DiscretionaryDataLength;
  unsigned char Track1DiscretionaryData[MSR_TRACK_SIZE];
  unsigned char Track2DiscretionaryData[MSR_TRACK_SIZE];
  unsigned char CardAuthenicationDataLength;
  unsigned char CardAuthenticationDataAbsoluteLength;
  unsigned char CardAuthenicationData[MSR_CARD_AUTHENTICATION_DATA_SIZE];
  unsigned char AdditionalSecurityInformationLength;
  unsigned char AdditionalSecurityInformation[MSR_ADDITIONAL_SECURITY_INFORMATION_SIZE];
} MSR_DATA_RECEIVED, *PMSR_DATA_RECEIVED;

typedef struct _MSR_RETRIEVE_DEVICE_AUTHENTICATION_DATA {
  unsigned char KeySerialNumber[MSR_KEY_SERIAL_NUMBER_SIZE];
  unsigned char Challenge1[MSR_CHALLENGE_SIZE];
  unsigned char Challenge2[MSR_CHALLENGE_SIZE];
} MSR_RETRIEVE_DEVICE_AUTHENTICATION_DATA, *PMSR_RETRIEVE_DEVICE_AUTHENTICATION_DATA;

typedef struct _MSR_AUTHENTICATE_DEVICE {
  unsigned char Size;
  unsigned char Challenge1[MSR_CHALLENGE_SIZE];
  unsigned char SessionId[MSR_SESSION_ID_SIZE];
} MSR_AUTHENTICATE_DEVICE, *PMSR_AUTHENTICATE_DEVICE;

typedef struct _MSR_DEAUTHENTICATE_DEVICE {
  unsigned char Challenge2[MSR_CHALLENGE_SIZE];
} MSR_DEAUTHENTICATE_DEVICE, *PMSR_DEAUTHENTICATE_DEVICE;

typedef struct _MSR_UPDATE_KEY {
  unsigned char KeyLength;
  unsigned char KeyNameLength;
  WCHAR Key[MSR_KEY_SIZE];
  WCHAR KeyName[MSR_KEY_NAME_SIZE];
} MSR_UPDATE_KEY, *PMSR_UPDATE_KEY;

typedef struct _MSR_SUPPORTED_CARD_TYPES {
  unsigned char Count;
  unsigned int CardTypes[MSR_CARD_TYPE_MAX_COUNT];
} MSR_SUPPORTED_CARD_TYPES, *PMSR_SUPPORTED_CARD_TYPES;

#endif  // POINTOFSERVICEDRIVERINTERFACE_H
