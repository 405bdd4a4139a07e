// Point of service: what drivers of barcode scanners and magnetic stripe readers share with their callers.
// Used by: point-of-service drivers. Source: public documentation; it gives names, order and most fields; STATISTICS_STRING_SIZE and
// the fields of PosProfileType, PosDeviceBasicsType, PosStringType, the type 2 capabilities and PosValueStatisticsEntry follow their use in drivers.
#ifndef POINTOFSERVICECOMMONTYPES_H
#define POINTOFSERVICECOMMONTYPES_H

#include "minwindef.h"

#define STATISTICS_STRING_SIZE 128

typedef enum _PosDeviceType {
  PosDeviceType_Unknown = 0,
  PosDeviceType_BarcodeScanner,
  PosDeviceType_MagneticStripeReader,
  PosDeviceType_Max
} PosDeviceType;

typedef enum DriverUnifiedPosPowerReportingType { UnknownPowerReportingType = 0, Standard, Advanced } DriverUnifiedPosPowerReportingType;

typedef enum DriverUnifiedPosHealthCheckLevel { UnknownHealthCheckLevel = 0, POSInternal, External, Interactive } DriverUnifiedPosHealthCheckLevel;

typedef enum DriverMagneticStripeReaderAuthenticationLevel { NotSupported = 0, Optional, Required } DriverMagneticStripeReaderAuthenticationLevel;

typedef enum _BarcodeSymbology {
  PosUnknown = 0,
  Ean8, Ean8Add2, Ean8Add5, Eanv, EanvAdd2, EanvAdd5, Ean13, Ean13Add2, Ean13Add5, Isbn, IsbnAdd5, Ismn, IsmnAdd2, IsmnAdd5, Issn, IssnAdd2, IssnAdd5,
  Ean99, Ean99Add2, Ean99Add5, Upca, UpcaAdd2, UpcaAdd5, Upce, UpceAdd2, UpceAdd5, UpcCoupon, TfStd, TfDis, TfInt, TfInd, TfMat, TfIata,
  Gs1DatabarType1, Gs1DatabarType2, Gs1DatabarType3, Code39, Code39Ex, Trioptic39, Code32, Pzn, Code93, Code93Ex, Code128, Gs1128, Gs1128Coupon,
  UccEan128, Sisac, Isbt, Codabar, Code11, Msi, Plessey, Telepen, Code16k, CodablockA, CodablockF, Codablock128, Code49, Aztec, DataCode, DataMatrix,
  HanXin, Maxicode, MicroPdf417, MicroQr, Pdf417, Qr, MsTag, Ccab, Ccc, Tlc39, AusPost, CanPost, ChinaPost, DutchKix, InfoMail, ItalianPost25,
  ItalianPost39, JapanPost, KoreanPost, SwedenPost, UkPost, UsIntelligent, UsIntelligentPkg, UsPlanet, UsPostNet, Us4StateFics, OcrA, OcrB, Micr,
  Gs1DWCode,
  ExtendedBase
} BarcodeSymbology;

typedef struct _PosDeviceInformation {
  WCHAR UnifiedPOSVersion[STATISTICS_STRING_SIZE];
  WCHAR DeviceCategory[STATISTICS_STRING_SIZE];
  WCHAR ManufacturerName[STATISTICS_STRING_SIZE];
  WCHAR ModelName[STATISTICS_STRING_SIZE];
  WCHAR SerialNumber[STATISTICS_STRING_SIZE];
  WCHAR ManufactureDate[STATISTICS_STRING_SIZE];
  WCHAR MechanicalRevision[STATISTICS_STRING_SIZE];
  WCHAR FirmwareRevision[STATISTICS_STRING_SIZE];
  WCHAR Interface[STATISTICS_STRING_SIZE];
  WCHAR InstallationDate[STATISTICS_STRING_SIZE];
} PosDeviceInformation;

#endif  // POINTOFSERVICECOMMONTYPES_H
