// Part of scsi/blocks.h, in the middle of union _CDB: the blocks of tape drives and media changers.
  struct _LOCATE {
    UCHAR OperationCode;
    UCHAR Immediate : 1;
    UCHAR CPBit : 1;
    UCHAR BTBit : 1;
    UCHAR Reserved1 : 2;
    UCHAR LogicalUnitNumber : 3;
    UCHAR Reserved3;
    UCHAR LogicalBlockAddress[4];
    UCHAR Reserved4;
    UCHAR Partition;
    UCHAR Control;
  } LOCATE;
  struct _ERASE {
    UCHAR OperationCode;
    UCHAR Long : 1;
    UCHAR Immediate : 1;
    UCHAR Reserved1 : 3;
    UCHAR LogicalUnitNumber : 3;
    UCHAR Reserved2[3];
    UCHAR Control;
  } ERASE;
  struct _SEEK_BLOCK {
    UCHAR OperationCode;
    UCHAR Immediate : 1;
    UCHAR Reserved1 : 7;
    UCHAR BlockAddress[3];
    UCHAR Link : 1;
    UCHAR Flag : 1;
    UCHAR Reserved2 : 4;
    UCHAR VendorUnique : 2;
  } SEEK_BLOCK;
  struct _REQUEST_BLOCK_ADDRESS {
    UCHAR OperationCode;
    UCHAR Reserved1[3];
    UCHAR AllocationLength;
    UCHAR Link : 1;
    UCHAR Flag : 1;
    UCHAR Reserved2 : 4;
    UCHAR VendorUnique : 2;
  } REQUEST_BLOCK_ADDRESS;
  struct _PARTITION {
    UCHAR OperationCode;
    UCHAR Immediate : 1;
    UCHAR Sel : 1;
    UCHAR PartitionSelect : 6;
    UCHAR Reserved1[3];
    UCHAR Control;
  } PARTITION;
  struct _WRITE_TAPE_MARKS {
    UCHAR OperationCode;
    UCHAR Immediate : 1;
    UCHAR WriteSetMarks : 1;
    UCHAR Reserved : 3;
    UCHAR LogicalUnitNumber : 3;
    UCHAR TransferLength[3];
    UCHAR Control;
  } WRITE_TAPE_MARKS;
  struct _SPACE_TAPE_MARKS {
    UCHAR OperationCode;
    UCHAR Code : 3;
    UCHAR Reserved : 2;
    UCHAR LogicalUnitNumber : 3;
    UCHAR NumMarksMSB;
    UCHAR NumMarks;
    UCHAR NumMarksLSB;
    union {
      UCHAR value;
      struct {
        UCHAR Link : 1;
        UCHAR Flag : 1;
        UCHAR Reserved : 4;
        UCHAR VendorUnique : 2;
      } Fields;
    } Byte6;
  } SPACE_TAPE_MARKS;
  struct _READ_POSITION {
    UCHAR Operation;
    UCHAR BlockType : 1;
    UCHAR Reserved1 : 4;
    UCHAR Lun : 3;
    UCHAR Reserved2[7];
    UCHAR Control;
  } READ_POSITION;
  struct _CDB6READWRITETAPE {
    UCHAR OperationCode;
    UCHAR VendorSpecific : 5;
    UCHAR Reserved : 3;
    UCHAR TransferLenMSB;
    UCHAR TransferLen;
    UCHAR TransferLenLSB;
    UCHAR Link : 1;
    UCHAR Flag : 1;
    UCHAR Reserved1 : 4;
    UCHAR VendorUnique : 2;
  } CDB6READWRITETAPE;
  struct _INIT_ELEMENT_STATUS {
    UCHAR OperationCode;
    UCHAR Reserved1 : 5;
    UCHAR LogicalUnitNubmer : 3;
    UCHAR Reserved2[3];
    UCHAR Reserved3 : 7;
    UCHAR NoBarCode : 1;
  } INIT_ELEMENT_STATUS;
  struct _INITIALIZE_ELEMENT_RANGE {
    UCHAR OperationCode;
    UCHAR Range : 1;
    UCHAR Reserved1 : 4;
    UCHAR LogicalUnitNubmer : 3;
    UCHAR FirstElementAddress[2];
    UCHAR Reserved2[2];
    UCHAR NumberOfElements[2];
    UCHAR Reserved3;
    UCHAR Reserved4 : 7;
    UCHAR NoBarCode : 1;
  } INITIALIZE_ELEMENT_RANGE;
  struct _POSITION_TO_ELEMENT {
    UCHAR OperationCode;
    UCHAR Reserved1 : 5;
    UCHAR LogicalUnitNumber : 3;
    UCHAR TransportElementAddress[2];
    UCHAR DestinationElementAddress[2];
    UCHAR Reserved2[2];
    UCHAR Flip : 1;
    UCHAR Reserved3 : 7;
    UCHAR Control;
  } POSITION_TO_ELEMENT;
  struct _MOVE_MEDIUM {
    UCHAR OperationCode;
    UCHAR Reserved1 : 5;
    UCHAR LogicalUnitNumber : 3;
    UCHAR TransportElementAddress[2];
    UCHAR SourceElementAddress[2];
    UCHAR DestinationElementAddress[2];
    UCHAR Reserved2[2];
    UCHAR Flip : 1;
    UCHAR Reserved3 : 7;
    UCHAR Control;
  } MOVE_MEDIUM;
  struct _EXCHANGE_MEDIUM {
    UCHAR OperationCode;
    UCHAR Reserved1 : 5;
    UCHAR LogicalUnitNumber : 3;
    UCHAR TransportElementAddress[2];
    UCHAR SourceElementAddress[2];
    UCHAR Destination1ElementAddress[2];
    UCHAR Destination2ElementAddress[2];
    UCHAR Flip1 : 1;
    UCHAR Flip2 : 1;
    UCHAR Reserved3 : 6;
    UCHAR Control;
  } EXCHANGE_MEDIUM;
  struct _READ_ELEMENT_STATUS {
    UCHAR OperationCode;
    UCHAR ElementType : 4;
    UCHAR VolTag : 1;
    UCHAR LogicalUnitNumber : 3;
    UCHAR StartingElementAddress[2];
    UCHAR NumberOfElements[2];
    UCHAR Reserved1;
    UCHAR AllocationLength[3];
    UCHAR Reserved2;
    UCHAR Control;
  } READ_ELEMENT_STATUS;
  struct _SEND_VOLUME_TAG {
    UCHAR OperationCode;
    UCHAR ElementType : 4;
    UCHAR Reserved1 : 1;
    UCHAR LogicalUnitNumber : 3;
    UCHAR StartingElementAddress[2];
    UCHAR Reserved2;
    UCHAR ActionCode : 5;
    UCHAR Reserved3 : 3;
    UCHAR Reserved4[2];
    UCHAR ParameterListLength[2];
    UCHAR Reserved5;
    UCHAR Control;
  } SEND_VOLUME_TAG;
  struct _REQUEST_VOLUME_ELEMENT_ADDRESS {
    UCHAR OperationCode;
    UCHAR ElementType : 4;
    UCHAR VolTag : 1;
    UCHAR LogicalUnitNumber : 3;
    UCHAR StartingElementAddress[2];
    UCHAR NumberElements[2];
    UCHAR Reserved1;
    UCHAR AllocationLength[3];
    UCHAR Reserved2;
    UCHAR Control;
  } REQUEST_VOLUME_ELEMENT_ADDRESS;
  struct _LOAD_UNLOAD {
    UCHAR OperationCode;
    UCHAR Immediate : 1;
    UCHAR Reserved1 : 4;
    UCHAR Lun : 3;
    UCHAR Reserved2[2];
    UCHAR Start : 1;
    UCHAR LoadEject : 1;
    UCHAR Reserved3 : 6;
    UCHAR Reserved4[3];
    UCHAR Slot;
    UCHAR Reserved5[3];
  } LOAD_UNLOAD;
  struct _MECH_STATUS {
    UCHAR OperationCode;
    UCHAR Reserved : 5;
    UCHAR Lun : 3;
    UCHAR Reserved1[6];
    UCHAR AllocationLength[2];
    UCHAR Reserved2[1];
    UCHAR Control;
  } MECH_STATUS;
