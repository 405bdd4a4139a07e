// Part of scsi.h: mode, log and diagnostic pages.
#ifndef DRYDOCK_SCSI_PAGES_H
#define DRYDOCK_SCSI_PAGES_H

#ifdef __cplusplus
extern "C" {
#endif

#ifndef _INQUIRYDATA_DEFINED
#define _INQUIRYDATA_DEFINED

#define INQUIRYDATABUFFERSIZE 36

#if (NTDDI_VERSION < NTDDI_WINXP)
typedef struct _INQUIRYDATA {
  UCHAR DeviceType : 5;
  UCHAR DeviceTypeQualifier : 3;
  UCHAR DeviceTypeModifier : 7;
  UCHAR RemovableMedia : 1;
  UCHAR Versions;
  UCHAR ResponseDataFormat : 4;
  UCHAR HiSupport : 1;
  UCHAR NormACA : 1;
  UCHAR ReservedBit : 1;
  UCHAR AERC : 1;
  UCHAR AdditionalLength;
  UCHAR Reserved[2];
  UCHAR SoftReset : 1;
  UCHAR CommandQueue : 1;
  UCHAR Reserved2 : 1;
  UCHAR LinkedCommands : 1;
  UCHAR Synchronous : 1;
  UCHAR Wide16Bit : 1;
  UCHAR Wide32Bit : 1;
  UCHAR RelativeAddressing : 1;
  UCHAR VendorId[8];
  UCHAR ProductId[16];
  UCHAR ProductRevisionLevel[4];
  UCHAR VendorSpecific[20];
  UCHAR Reserved3[40];
} INQUIRYDATA, *PINQUIRYDATA;
#else
typedef struct _INQUIRYDATA {
  UCHAR DeviceType : 5;
  UCHAR DeviceTypeQualifier : 3;
  UCHAR DeviceTypeModifier : 7;
  UCHAR RemovableMedia : 1;
  union {
    UCHAR Versions;
    struct {
      UCHAR ANSIVersion : 3;
      UCHAR ECMAVersion : 3;
      UCHAR ISOVersion : 2;
    };
  };
  UCHAR ResponseDataFormat : 4;
  UCHAR HiSupport : 1;
  UCHAR NormACA : 1;
  UCHAR TerminateTask : 1;
  UCHAR AERC : 1;
  UCHAR AdditionalLength;
  UCHAR Reserved;
  UCHAR Addr16 : 1;
  UCHAR Addr32 : 1;
  UCHAR AckReqQ : 1;
  UCHAR MediumChanger : 1;
  UCHAR MultiPort : 1;
  UCHAR ReservedBit2 : 1;
  UCHAR EnclosureServices : 1;
  UCHAR ReservedBit3 : 1;
  UCHAR SoftReset : 1;
  UCHAR CommandQueue : 1;
  UCHAR TransferDisable : 1;
  UCHAR LinkedCommands : 1;
  UCHAR Synchronous : 1;
  UCHAR Wide16Bit : 1;
  UCHAR Wide32Bit : 1;
  UCHAR RelativeAddressing : 1;
  UCHAR VendorId[8];
  UCHAR ProductId[16];
  UCHAR ProductRevisionLevel[4];
  UCHAR VendorSpecific[20];
  UCHAR Reserved3[40];
} INQUIRYDATA, *PINQUIRYDATA;
#endif

#endif

typedef struct _VPD_MEDIA_SERIAL_NUMBER_PAGE {
  UCHAR DeviceType : 5;
  UCHAR DeviceTypeQualifier : 3;
  UCHAR PageCode;
  UCHAR Reserved;
  UCHAR PageLength;
  UCHAR SerialNumber[0];
} VPD_MEDIA_SERIAL_NUMBER_PAGE, *PVPD_MEDIA_SERIAL_NUMBER_PAGE;

typedef struct _VPD_SERIAL_NUMBER_PAGE {
  UCHAR DeviceType : 5;
  UCHAR DeviceTypeQualifier : 3;
  UCHAR PageCode;
  UCHAR Reserved;
  UCHAR PageLength;
  UCHAR SerialNumber[0];
} VPD_SERIAL_NUMBER_PAGE, *PVPD_SERIAL_NUMBER_PAGE;

typedef enum _VPD_CODE_SET { VpdCodeSetReserved = 0, VpdCodeSetBinary = 1, VpdCodeSetAscii = 2, VpdCodeSetUTF8 = 3 } VPD_CODE_SET, *PVPD_CODE_SET;

typedef enum _VPD_ASSOCIATION {
  VpdAssocDevice = 0,
  VpdAssocPort = 1,
  VpdAssocTarget = 2,
  VpdAssocReserved1 = 3,
  VpdAssocReserved2 = 4
} VPD_ASSOCIATION,
    *PVPD_ASSOCIATION;

typedef enum _VPD_IDENTIFIER_TYPE {
  VpdIdentifierTypeVendorSpecific = 0,
  VpdIdentifierTypeVendorId = 1,
  VpdIdentifierTypeEUI64 = 2,
  VpdIdentifierTypeFCPHName = 3,
  VpdIdentifierTypePortRelative = 4,
  VpdIdentifierTypeTargetPortGroup = 5,
  VpdIdentifierTypeLogicalUnitGroup = 6,
  VpdIdentifierTypeMD5LogicalUnitId = 7,
  VpdIdentifierTypeSCSINameString = 8
} VPD_IDENTIFIER_TYPE,
    *PVPD_IDENTIFIER_TYPE;

typedef struct _VPD_IDENTIFICATION_DESCRIPTOR {
  UCHAR CodeSet : 4;
  UCHAR Reserved : 4;
  UCHAR IdentifierType : 4;
  UCHAR Association : 2;
  UCHAR Reserved2 : 2;
  UCHAR Reserved3;
  UCHAR IdentifierLength;
  UCHAR Identifier[0];
} VPD_IDENTIFICATION_DESCRIPTOR, *PVPD_IDENTIFICATION_DESCRIPTOR;

typedef struct _VPD_IDENTIFICATION_PAGE {
  UCHAR DeviceType : 5;
  UCHAR DeviceTypeQualifier : 3;
  UCHAR PageCode;
  UCHAR Reserved;
  UCHAR PageLength;
  UCHAR Descriptors[0];
} VPD_IDENTIFICATION_PAGE, *PVPD_IDENTIFICATION_PAGE;

typedef struct _VPD_SUPPORTED_PAGES_PAGE {
  UCHAR DeviceType : 5;
  UCHAR DeviceTypeQualifier : 3;
  UCHAR PageCode;
  UCHAR Reserved;
  UCHAR PageLength;
  UCHAR SupportedPageList[0];
} VPD_SUPPORTED_PAGES_PAGE, *PVPD_SUPPORTED_PAGES_PAGE;

typedef struct _PRI_REGISTRATION_LIST {
  UCHAR Generation[4];
  UCHAR AdditionalLength[4];
  UCHAR ReservationKeyList[0][8];
} PRI_REGISTRATION_LIST, *PPRI_REGISTRATION_LIST;

typedef struct _PRI_RESERVATION_DESCRIPTOR {
  UCHAR ReservationKey[8];
  UCHAR ScopeSpecificAddress[4];
  UCHAR Reserved;
  UCHAR Type : 4;
  UCHAR Scope : 4;
  UCHAR Obsolete[2];
} PRI_RESERVATION_DESCRIPTOR, *PPRI_RESERVATION_DESCRIPTOR;

typedef struct _PRI_RESERVATION_LIST {
  UCHAR Generation[4];
  UCHAR AdditionalLength[4];
  PRI_RESERVATION_DESCRIPTOR Reservations[0];
} PRI_RESERVATION_LIST, *PPRI_RESERVATION_LIST;

typedef struct _PRO_PARAMETER_LIST {
  UCHAR ReservationKey[8];
  UCHAR ServiceActionReservationKey[8];
  UCHAR ScopeSpecificAddress[4];
  UCHAR ActivatePersistThroughPowerLoss : 1;
  UCHAR Reserved1 : 7;
  UCHAR Reserved2;
  UCHAR Obsolete[2];
} PRO_PARAMETER_LIST, *PPRO_PARAMETER_LIST;

typedef struct _SENSE_DATA {
  UCHAR ErrorCode : 7;
  UCHAR Valid : 1;
  UCHAR SegmentNumber;
  UCHAR SenseKey : 4;
  UCHAR Reserved : 1;
  UCHAR IncorrectLength : 1;
  UCHAR EndOfMedia : 1;
  UCHAR FileMark : 1;
  UCHAR Information[4];
  UCHAR AdditionalSenseLength;
  UCHAR CommandSpecificInformation[4];
  UCHAR AdditionalSenseCode;
  UCHAR AdditionalSenseCodeQualifier;
  UCHAR FieldReplaceableUnitCode;
  UCHAR SenseKeySpecific[3];
} SENSE_DATA, *PSENSE_DATA;

typedef struct _READ_CAPACITY_DATA {
  ULONG LogicalBlockAddress;
  ULONG BytesPerBlock;
} READ_CAPACITY_DATA, *PREAD_CAPACITY_DATA;

typedef struct _READ_CAPACITY_DATA_EX {
  LARGE_INTEGER LogicalBlockAddress;
  ULONG BytesPerBlock;
} READ_CAPACITY_DATA_EX, *PREAD_CAPACITY_DATA_EX;

typedef struct _READ_BLOCK_LIMITS {
  UCHAR Reserved;
  UCHAR BlockMaximumSize[3];
  UCHAR BlockMinimumSize[2];
} READ_BLOCK_LIMITS_DATA, *PREAD_BLOCK_LIMITS_DATA;

typedef struct _READ_BUFFER_CAPACITY_DATA {
  UCHAR DataLength[2];
  UCHAR Reserved1;
  UCHAR BlockDataReturned : 1;
  UCHAR Reserved4 : 7;
  UCHAR TotalBufferSize[4];
  UCHAR AvailableBufferSize[4];
} READ_BUFFER_CAPACITY_DATA, *PREAD_BUFFER_CAPACITY_DATA;

typedef struct _MODE_PARAMETER_HEADER {
  UCHAR ModeDataLength;
  UCHAR MediumType;
  UCHAR DeviceSpecificParameter;
  UCHAR BlockDescriptorLength;
} MODE_PARAMETER_HEADER, *PMODE_PARAMETER_HEADER;

typedef struct _MODE_PARAMETER_HEADER10 {
  UCHAR ModeDataLength[2];
  UCHAR MediumType;
  UCHAR DeviceSpecificParameter;
  UCHAR Reserved[2];
  UCHAR BlockDescriptorLength[2];
} MODE_PARAMETER_HEADER10, *PMODE_PARAMETER_HEADER10;

typedef struct _MODE_PARAMETER_BLOCK {
  UCHAR DensityCode;
  UCHAR NumberOfBlocks[3];
  UCHAR Reserved;
  UCHAR BlockLength[3];
} MODE_PARAMETER_BLOCK, *PMODE_PARAMETER_BLOCK;

typedef struct _MODE_DISCONNECT_PAGE {
  UCHAR PageCode : 6;
  UCHAR Reserved : 1;
  UCHAR PageSavable : 1;
  UCHAR PageLength;
  UCHAR BufferFullRatio;
  UCHAR BufferEmptyRatio;
  UCHAR BusInactivityLimit[2];
  UCHAR BusDisconnectTime[2];
  UCHAR BusConnectTime[2];
  UCHAR MaximumBurstSize[2];
  UCHAR DataTransferDisconnect : 2;
  UCHAR Reserved2[3];
} MODE_DISCONNECT_PAGE, *PMODE_DISCONNECT_PAGE;

typedef struct _MODE_CACHING_PAGE {
  UCHAR PageCode : 6;
  UCHAR Reserved : 1;
  UCHAR PageSavable : 1;
  UCHAR PageLength;
  UCHAR ReadDisableCache : 1;
  UCHAR MultiplicationFactor : 1;
  UCHAR WriteCacheEnable : 1;
  UCHAR Reserved2 : 5;
  UCHAR WriteRetensionPriority : 4;
  UCHAR ReadRetensionPriority : 4;
  UCHAR DisablePrefetchTransfer[2];
  UCHAR MinimumPrefetch[2];
  UCHAR MaximumPrefetch[2];
  UCHAR MaximumPrefetchCeiling[2];
} MODE_CACHING_PAGE, *PMODE_CACHING_PAGE;

typedef struct _MODE_CDROM_WRITE_PARAMETERS_PAGE2 {
  UCHAR PageCode : 6;
  UCHAR Reserved : 1;
  UCHAR PageSavable : 1;
  UCHAR PageLength;
  UCHAR WriteType : 4;
  UCHAR TestWrite : 1;
  UCHAR LinkSizeValid : 1;
  UCHAR BufferUnderrunFreeEnabled : 1;
  UCHAR Reserved2 : 1;
  UCHAR TrackMode : 4;
  UCHAR Copy : 1;
  UCHAR FixedPacket : 1;
  UCHAR MultiSession : 2;
  UCHAR DataBlockType : 4;
  UCHAR Reserved3 : 4;
  UCHAR LinkSize;
  UCHAR Reserved4;
  UCHAR HostApplicationCode : 6;
  UCHAR Reserved5 : 2;
  UCHAR SessionFormat;
  UCHAR Reserved6;
  UCHAR PacketSize[4];
  UCHAR AudioPauseLength[2];
  UCHAR MediaCatalogNumber[16];
  UCHAR ISRC[16];
  UCHAR SubHeaderData[4];
} MODE_CDROM_WRITE_PARAMETERS_PAGE2, *PMODE_CDROM_WRITE_PARAMETERS_PAGE2;

typedef struct _MODE_MRW_PAGE {
  UCHAR PageCode : 6;
  UCHAR Reserved : 1;
  UCHAR PageSavable : 1;
  UCHAR PageLength;
  UCHAR Reserved1;
  UCHAR LbaSpace : 1;
  UCHAR Reserved2 : 7;
  UCHAR Reserved3[4];
} MODE_MRW_PAGE, *PMODE_MRW_PAGE;

typedef struct _MODE_FLEXIBLE_DISK_PAGE {
  UCHAR PageCode : 6;
  UCHAR Reserved : 1;
  UCHAR PageSavable : 1;
  UCHAR PageLength;
  UCHAR TransferRate[2];
  UCHAR NumberOfHeads;
  UCHAR SectorsPerTrack;
  UCHAR BytesPerSector[2];
  UCHAR NumberOfCylinders[2];
  UCHAR StartWritePrecom[2];
  UCHAR StartReducedCurrent[2];
  UCHAR StepRate[2];
  UCHAR StepPluseWidth;
  UCHAR HeadSettleDelay[2];
  UCHAR MotorOnDelay;
  UCHAR MotorOffDelay;
  UCHAR Reserved2 : 5;
  UCHAR MotorOnAsserted : 1;
  UCHAR StartSectorNumber : 1;
  UCHAR TrueReadySignal : 1;
  UCHAR StepPlusePerCyclynder : 4;
  UCHAR Reserved3 : 4;
  UCHAR WriteCompenstation;
  UCHAR HeadLoadDelay;
  UCHAR HeadUnloadDelay;
  UCHAR Pin2Usage : 4;
  UCHAR Pin34Usage : 4;
  UCHAR Pin1Usage : 4;
  UCHAR Pin4Usage : 4;
  UCHAR MediumRotationRate[2];
  UCHAR Reserved4[2];
} MODE_FLEXIBLE_DISK_PAGE, *PMODE_FLEXIBLE_DISK_PAGE;

typedef struct _MODE_FORMAT_PAGE {
  UCHAR PageCode : 6;
  UCHAR Reserved : 1;
  UCHAR PageSavable : 1;
  UCHAR PageLength;
  UCHAR TracksPerZone[2];
  UCHAR AlternateSectorsPerZone[2];
  UCHAR AlternateTracksPerZone[2];
  UCHAR AlternateTracksPerLogicalUnit[2];
  UCHAR SectorsPerTrack[2];
  UCHAR BytesPerPhysicalSector[2];
  UCHAR Interleave[2];
  UCHAR TrackSkewFactor[2];
  UCHAR CylinderSkewFactor[2];
  UCHAR Reserved2 : 4;
  UCHAR SurfaceFirst : 1;
  UCHAR RemovableMedia : 1;
  UCHAR HardSectorFormating : 1;
  UCHAR SoftSectorFormating : 1;
  UCHAR Reserved3[3];
} MODE_FORMAT_PAGE, *PMODE_FORMAT_PAGE;

typedef struct _MODE_RIGID_GEOMETRY_PAGE {
  UCHAR PageCode : 6;
  UCHAR Reserved : 1;
  UCHAR PageSavable : 1;
  UCHAR PageLength;
  UCHAR NumberOfCylinders[3];
  UCHAR NumberOfHeads;
  UCHAR StartWritePrecom[3];
  UCHAR StartReducedCurrent[3];
  UCHAR DriveStepRate[2];
  UCHAR LandZoneCyclinder[3];
  UCHAR RotationalPositionLock : 2;
  UCHAR Reserved2 : 6;
  UCHAR RotationOffset;
  UCHAR Reserved3;
  UCHAR RoataionRate[2];
  UCHAR Reserved4[2];
} MODE_RIGID_GEOMETRY_PAGE, *PMODE_RIGID_GEOMETRY_PAGE;

typedef struct _MODE_READ_WRITE_RECOVERY_PAGE {
  UCHAR PageCode : 6;
  UCHAR Reserved1 : 1;
  UCHAR PSBit : 1;
  UCHAR PageLength;
  UCHAR DCRBit : 1;
  UCHAR DTEBit : 1;
  UCHAR PERBit : 1;
  UCHAR EERBit : 1;
  UCHAR RCBit : 1;
  UCHAR TBBit : 1;
  UCHAR ARRE : 1;
  UCHAR AWRE : 1;
  UCHAR ReadRetryCount;
  UCHAR Reserved4[4];
  UCHAR WriteRetryCount;
  UCHAR Reserved5[3];
} MODE_READ_WRITE_RECOVERY_PAGE, *PMODE_READ_WRITE_RECOVERY_PAGE;

typedef struct _MODE_READ_RECOVERY_PAGE {
  UCHAR PageCode : 6;
  UCHAR Reserved1 : 1;
  UCHAR PSBit : 1;
  UCHAR PageLength;
  UCHAR DCRBit : 1;
  UCHAR DTEBit : 1;
  UCHAR PERBit : 1;
  UCHAR Reserved2 : 1;
  UCHAR RCBit : 1;
  UCHAR TBBit : 1;
  UCHAR Reserved3 : 2;
  UCHAR ReadRetryCount;
  UCHAR Reserved4[4];
} MODE_READ_RECOVERY_PAGE, *PMODE_READ_RECOVERY_PAGE;

typedef struct _MODE_INFO_EXCEPTIONS {
  UCHAR PageCode : 6;
  UCHAR Reserved1 : 1;
  UCHAR PSBit : 1;
  UCHAR PageLength;
  union {
    UCHAR Flags;
    struct {
      UCHAR LogErr : 1;
      UCHAR Reserved2 : 1;
      UCHAR Test : 1;
      UCHAR Dexcpt : 1;
      UCHAR Reserved3 : 3;
      UCHAR Perf : 1;
    };
  };
  UCHAR ReportMethod : 4;
  UCHAR Reserved4 : 4;
  UCHAR IntervalTimer[4];
  UCHAR ReportCount[4];
} MODE_INFO_EXCEPTIONS, *PMODE_INFO_EXCEPTIONS;

typedef struct _POWER_CONDITION_PAGE {
  UCHAR PageCode : 6;
  UCHAR Reserved : 1;
  UCHAR PSBit : 1;
  UCHAR PageLength;
  UCHAR Reserved2;
  UCHAR Standby : 1;
  UCHAR Idle : 1;
  UCHAR Reserved3 : 6;
  UCHAR IdleTimer[4];
  UCHAR StandbyTimer[4];
} POWER_CONDITION_PAGE, *PPOWER_CONDITION_PAGE;

typedef struct _CDDA_OUTPUT_PORT {
  UCHAR ChannelSelection : 4;
  UCHAR Reserved : 4;
  UCHAR Volume;
} CDDA_OUTPUT_PORT, *PCDDA_OUTPUT_PORT;

typedef struct _CDAUDIO_CONTROL_PAGE {
  UCHAR PageCode : 6;
  UCHAR Reserved : 1;
  UCHAR PSBit : 1;
  UCHAR PageLength;
  UCHAR Reserved2 : 1;
  UCHAR StopOnTrackCrossing : 1;
  UCHAR Immediate : 1;
  UCHAR Reserved3 : 5;
  UCHAR Reserved4[3];
  UCHAR Obsolete[2];
  CDDA_OUTPUT_PORT CDDAOutputPorts[4];
} CDAUDIO_CONTROL_PAGE, *PCDAUDIO_CONTROL_PAGE;

typedef struct _CDVD_FEATURE_SET_PAGE {
  UCHAR PageCode : 6;
  UCHAR Reserved : 1;
  UCHAR PSBit : 1;
  UCHAR PageLength;
  UCHAR CDAudio[2];
  UCHAR EmbeddedChanger[2];
  UCHAR PacketSMART[2];
  UCHAR PersistantPrevent[2];
  UCHAR EventStatusNotification[2];
  UCHAR DigitalOutput[2];
  UCHAR CDSequentialRecordable[2];
  UCHAR DVDSequentialRecordable[2];
  UCHAR RandomRecordable[2];
  UCHAR KeyExchange[2];
  UCHAR Reserved2[2];
} CDVD_FEATURE_SET_PAGE, *PCDVD_FEATURE_SET_PAGE;

typedef struct _CDVD_INACTIVITY_TIMEOUT_PAGE {
  UCHAR PageCode : 6;
  UCHAR Reserved : 1;
  UCHAR PSBit : 1;
  UCHAR PageLength;
  UCHAR Reserved2[2];
  UCHAR SWPP : 1;
  UCHAR DISP : 1;
  UCHAR Reserved3 : 6;
  UCHAR Reserved4;
  UCHAR GroupOneMinimumTimeout[2];
  UCHAR GroupTwoMinimumTimeout[2];
} CDVD_INACTIVITY_TIMEOUT_PAGE, *PCDVD_INACTIVITY_TIMEOUT_PAGE;

typedef struct _CDVD_CAPABILITIES_PAGE {
  UCHAR PageCode : 6;
  UCHAR Reserved : 1;
  UCHAR PSBit : 1;
  UCHAR PageLength;
  UCHAR CDRRead : 1;
  UCHAR CDERead : 1;
  UCHAR Method2 : 1;
  UCHAR DVDROMRead : 1;
  UCHAR DVDRRead : 1;
  UCHAR DVDRAMRead : 1;
  UCHAR Reserved2 : 2;
  UCHAR CDRWrite : 1;
  UCHAR CDEWrite : 1;
  UCHAR TestWrite : 1;
  UCHAR Reserved3 : 1;
  UCHAR DVDRWrite : 1;
  UCHAR DVDRAMWrite : 1;
  UCHAR Reserved4 : 2;
  UCHAR AudioPlay : 1;
  UCHAR Composite : 1;
  UCHAR DigitalPortOne : 1;
  UCHAR DigitalPortTwo : 1;
  UCHAR Mode2Form1 : 1;
  UCHAR Mode2Form2 : 1;
  UCHAR MultiSession : 1;
  UCHAR BufferUnderrunFree : 1;
  UCHAR CDDA : 1;
  UCHAR CDDAAccurate : 1;
  UCHAR RWSupported : 1;
  UCHAR RWDeinterleaved : 1;
  UCHAR C2Pointers : 1;
  UCHAR ISRC : 1;
  UCHAR UPC : 1;
  UCHAR ReadBarCodeCapable : 1;
  UCHAR Lock : 1;
  UCHAR LockState : 1;
  UCHAR PreventJumper : 1;
  UCHAR Eject : 1;
  UCHAR Reserved6 : 1;
  UCHAR LoadingMechanismType : 3;
  UCHAR SeparateVolume : 1;
  UCHAR SeperateChannelMute : 1;
  UCHAR SupportsDiskPresent : 1;
  UCHAR SWSlotSelection : 1;
  UCHAR SideChangeCapable : 1;
  UCHAR RWInLeadInReadable : 1;
  UCHAR Reserved7 : 2;
  union {
    UCHAR ReadSpeedMaximum[2];
    UCHAR ObsoleteReserved[2];
  };
  UCHAR NumberVolumeLevels[2];
  UCHAR BufferSize[2];
  union {
    UCHAR ReadSpeedCurrent[2];
    UCHAR ObsoleteReserved2[2];
  };
  UCHAR ObsoleteReserved3;
  UCHAR Reserved8 : 1;
  UCHAR BCK : 1;
  UCHAR RCK : 1;
  UCHAR LSBF : 1;
  UCHAR Length : 2;
  UCHAR Reserved9 : 2;
  union {
    UCHAR WriteSpeedMaximum[2];
    UCHAR ObsoleteReserved4[2];
  };
  union {
    UCHAR WriteSpeedCurrent[2];
    UCHAR ObsoleteReserved11[2];
  };
  union {
    UCHAR CopyManagementRevision[2];
    UCHAR Reserved10[2];
  };
} CDVD_CAPABILITIES_PAGE, *PCDVD_CAPABILITIES_PAGE;

typedef struct _LUN_LIST {
  UCHAR LunListLength[4];
  UCHAR Reserved[4];
  UCHAR Lun[0][8];
} LUN_LIST, *PLUN_LIST;

typedef struct _MODE_PARM_READ_WRITE {
  MODE_PARAMETER_HEADER ParameterListHeader;
  MODE_PARAMETER_BLOCK ParameterListBlock;
} MODE_PARM_READ_WRITE_DATA, *PMODE_PARM_READ_WRITE_DATA;

typedef struct _PORT_OUTPUT {
  UCHAR ChannelSelection;
  UCHAR Volume;
} PORT_OUTPUT, *PPORT_OUTPUT;

typedef struct _AUDIO_OUTPUT {
  UCHAR CodePage;
  UCHAR ParameterLength;
  UCHAR Immediate;
  UCHAR Reserved[2];
  UCHAR LbaFormat;
  UCHAR LogicalBlocksPerSecond[2];
  PORT_OUTPUT PortOutput[4];
} AUDIO_OUTPUT, *PAUDIO_OUTPUT;

typedef struct _MECHANICAL_STATUS_INFORMATION_HEADER {
  UCHAR CurrentSlot : 5;
  UCHAR ChangerState : 2;
  UCHAR Fault : 1;
  UCHAR Reserved : 5;
  UCHAR MechanismState : 3;
  UCHAR CurrentLogicalBlockAddress[3];
  UCHAR NumberAvailableSlots;
  UCHAR SlotTableLength[2];
} MECHANICAL_STATUS_INFORMATION_HEADER, *PMECHANICAL_STATUS_INFORMATION_HEADER;

typedef struct _SLOT_TABLE_INFORMATION {
  UCHAR DiscChanged : 1;
  UCHAR Reserved : 6;
  UCHAR DiscPresent : 1;
  UCHAR Reserved2[3];
} SLOT_TABLE_INFORMATION, *PSLOT_TABLE_INFORMATION;

typedef struct _MECHANICAL_STATUS {
  MECHANICAL_STATUS_INFORMATION_HEADER MechanicalStatusHeader;
  SLOT_TABLE_INFORMATION SlotTableInfo[1];
} MECHANICAL_STATUS, *PMECHANICAL_STATUS;

typedef struct _TAPE_POSITION_DATA {
  UCHAR Reserved1 : 2;
  UCHAR BlockPositionUnsupported : 1;
  UCHAR Reserved2 : 3;
  UCHAR EndOfPartition : 1;
  UCHAR BeginningOfPartition : 1;
  UCHAR PartitionNumber;
  USHORT Reserved3;
  UCHAR FirstBlock[4];
  UCHAR LastBlock[4];
  UCHAR Reserved4;
  UCHAR NumberOfBlocks[3];
  UCHAR NumberOfBytes[4];
} TAPE_POSITION_DATA, *PTAPE_POSITION_DATA;

typedef union _EIGHT_BYTE {
  struct {
    UCHAR Byte0;
    UCHAR Byte1;
    UCHAR Byte2;
    UCHAR Byte3;
    UCHAR Byte4;
    UCHAR Byte5;
    UCHAR Byte6;
    UCHAR Byte7;
  };
  ULONGLONG AsULongLong;
} EIGHT_BYTE, *PEIGHT_BYTE;

typedef union _FOUR_BYTE {
  struct {
    UCHAR Byte0;
    UCHAR Byte1;
    UCHAR Byte2;
    UCHAR Byte3;
  };
  ULONG AsULong;
} FOUR_BYTE, *PFOUR_BYTE;

typedef union _TWO_BYTE {
  struct {
    UCHAR Byte0;
    UCHAR Byte1;
  };
  USHORT AsUShort;
} TWO_BYTE, *PTWO_BYTE;

#define REVERSE_BYTES_QUAD(Destination, Source)     \
  {                                                 \
    PEIGHT_BYTE _val1 = (PEIGHT_BYTE)(Destination); \
    PEIGHT_BYTE _val2 = (PEIGHT_BYTE)(Source);      \
    _val1->Byte7 = _val2->Byte0;                    \
    _val1->Byte6 = _val2->Byte1;                    \
    _val1->Byte5 = _val2->Byte2;                    \
    _val1->Byte4 = _val2->Byte3;                    \
    _val1->Byte3 = _val2->Byte4;                    \
    _val1->Byte2 = _val2->Byte5;                    \
    _val1->Byte1 = _val2->Byte6;                    \
    _val1->Byte0 = _val2->Byte7;                    \
  }

#define REVERSE_BYTES(Destination, Source)        \
  {                                               \
    PFOUR_BYTE _val1 = (PFOUR_BYTE)(Destination); \
    PFOUR_BYTE _val2 = (PFOUR_BYTE)(Source);      \
    _val1->Byte3 = _val2->Byte0;                  \
    _val1->Byte2 = _val2->Byte1;                  \
    _val1->Byte1 = _val2->Byte2;                  \
    _val1->Byte0 = _val2->Byte3;                  \
  }

#define REVERSE_BYTES_SHORT(Destination, Source) \
  {                                              \
    PTWO_BYTE _val1 = (PTWO_BYTE)(Destination);  \
    PTWO_BYTE _val2 = (PTWO_BYTE)(Source);       \
    _val1->Byte1 = _val2->Byte0;                 \
    _val1->Byte0 = _val2->Byte1;                 \
  }

#define REVERSE_SHORT(Short)              \
  {                                       \
    UCHAR _val;                           \
    PTWO_BYTE _val2 = (PTWO_BYTE)(Short); \
    _val = _val2->Byte0;                  \
    _val2->Byte0 = _val2->Byte1;          \
    _val2->Byte1 = _val;                  \
  }

#define REVERSE_LONG(Long)                 \
  {                                        \
    UCHAR _val;                            \
    PFOUR_BYTE _val2 = (PFOUR_BYTE)(Long); \
    _val = _val2->Byte3;                   \
    _val2->Byte3 = _val2->Byte0;           \
    _val2->Byte0 = _val;                   \
    _val = _val2->Byte2;                   \
    _val2->Byte2 = _val2->Byte1;           \
    _val2->Byte1 = _val;                   \
  }

#define WHICH_BIT(Data, Bit)            \
  {                                     \
    UCHAR _val;                         \
    for (_val = 0; _val < 32; _val++) { \
      if (((Data) >> _val) == 1) {      \
        break;                          \
      }                                 \
    }                                   \
    ASSERT(_val != 32);                 \
    (Bit) = _val;                       \
  }

typedef struct _MODE_CDROM_WRITE_PARAMETERS_PAGE {
  UCHAR PageLength;
  UCHAR WriteType : 4;
  UCHAR TestWrite : 1;
  UCHAR LinkSizeValid : 1;
  UCHAR BufferUnderrunFreeEnabled : 1;
  UCHAR Reserved2 : 1;
  UCHAR TrackMode : 4;
  UCHAR Copy : 1;
  UCHAR FixedPacket : 1;
  UCHAR MultiSession : 2;
  UCHAR DataBlockType : 4;
  UCHAR Reserved3 : 4;
  UCHAR LinkSize;
  UCHAR Reserved4;
  UCHAR HostApplicationCode : 6;
  UCHAR Reserved5 : 2;
  UCHAR SessionFormat;
  UCHAR Reserved6;
  UCHAR PacketSize[4];
  UCHAR AudioPauseLength[2];
  UCHAR Reserved7 : 7;
  UCHAR MediaCatalogNumberValid : 1;
  UCHAR MediaCatalogNumber[13];
  UCHAR MediaCatalogNumberZero;
  UCHAR MediaCatalogNumberAFrame;
  UCHAR Reserved8 : 7;
  UCHAR ISRCValid : 1;
  UCHAR ISRCCountry[2];
  UCHAR ISRCOwner[3];
  UCHAR ISRCRecordingYear[2];
  UCHAR ISRCSerialNumber[5];
  UCHAR ISRCZero;
  UCHAR ISRCAFrame;
  UCHAR ISRCReserved;
  UCHAR SubHeaderData[4];
} MODE_CDROM_WRITE_PARAMETERS_PAGE, *PMODE_CDROM_WRITE_PARAMETERS_PAGE;

#ifdef __cplusplus
}
#endif

#endif  // DRYDOCK_SCSI_PAGES_H
