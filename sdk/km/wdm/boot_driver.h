// What an early-launch anti-malware driver sees of the drivers that start at boot. Part of ntddk.h. src/nt/io/boot_driver.cpp implements it.
#ifndef DRYDOCK_WDM_BOOT_DRIVER_H
#define DRYDOCK_WDM_BOOT_DRIVER_H

#include "ntdef.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum _BDCB_CALLBACK_TYPE { BdCbStatusUpdate, BdCbInitializeImage } BDCB_CALLBACK_TYPE, *PBDCB_CALLBACK_TYPE;

typedef enum _BDCB_STATUS_UPDATE_TYPE {
  BdCbStatusPrepareForDependencyLoad,
  BdCbStatusPrepareForDriverLoad,
  BdCbStatusPrepareForUnload
} BDCB_STATUS_UPDATE_TYPE, *PBDCB_STATUS_UPDATE_TYPE;

typedef struct _BDCB_STATUS_UPDATE_CONTEXT {
  BDCB_STATUS_UPDATE_TYPE StatusType;
} BDCB_STATUS_UPDATE_CONTEXT, *PBDCB_STATUS_UPDATE_CONTEXT;

typedef enum _BDCB_CLASSIFICATION {
  BdCbClassificationUnknownImage,
  BdCbClassificationKnownGoodImage,
  BdCbClassificationKnownBadImage,
  BdCbClassificationKnownBadImageBootCritical,
  BdCbClassificationEnd
} BDCB_CLASSIFICATION, *PBDCB_CLASSIFICATION;

#define BDCB_IMAGEFLAGS_FAILED_CODE_INTEGRITY 0x00000002

typedef struct _BDCB_IMAGE_INFORMATION {
  BDCB_CLASSIFICATION Classification;
  ULONG ImageFlags;
  UNICODE_STRING ImageName;
  UNICODE_STRING RegistryPath;
  UNICODE_STRING CertificatePublisher;
  UNICODE_STRING CertificateIssuer;
  PVOID ImageHash;
  PVOID CertificateThumbprint;
  ULONG ImageHashAlgorithm;
  ULONG ThumbprintHashAlgorithm;
  ULONG ImageHashLength;
  ULONG CertificateThumbprintLength;
} BDCB_IMAGE_INFORMATION, *PBDCB_IMAGE_INFORMATION;

typedef VOID BOOT_DRIVER_CALLBACK_FUNCTION(PVOID CallbackContext, BDCB_CALLBACK_TYPE Classification,
                                           PBDCB_IMAGE_INFORMATION ImageInformation);
typedef BOOT_DRIVER_CALLBACK_FUNCTION *PBOOT_DRIVER_CALLBACK_FUNCTION;

PVOID IoRegisterBootDriverCallback(PBOOT_DRIVER_CALLBACK_FUNCTION CallbackFunction, PVOID CallbackContext);
VOID IoUnregisterBootDriverCallback(PVOID CallbackHandle);

#ifdef __cplusplus
}
#endif

#endif  // DRYDOCK_WDM_BOOT_DRIVER_H
