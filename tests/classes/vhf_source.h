// What the test's HID source driver makes and how tests steer it: device controls of its own device.
// Reports: 1 input (4 bytes), 2 output (2 bytes), 3 feature (3 bytes), all of a vendor's collection.
#pragma once

#define VHF_SOURCE_VENDOR 0x1209
#define VHF_SOURCE_PRODUCT 0x2A01
#define VHF_SOURCE_VERSION 0x0102

#define VHF_SOURCE_CTL(id) CTL_CODE(0x8000, 0x800 + (id), METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_SOURCE_SUBMIT VHF_SOURCE_CTL(0)    // in: a report
#define IOCTL_SOURCE_HOLD VHF_SOURCE_CTL(1)      // from now on operations are not completed inline
#define IOCTL_SOURCE_COMPLETE VHF_SOURCE_CTL(2)  // in: the status for the oldest held operation
#define IOCTL_SOURCE_FACTS VHF_SOURCE_CTL(3)     // out: VHF_SOURCE_FACTS
#define IOCTL_SOURCE_DELETE VHF_SOURCE_CTL(4)
#define IOCTL_SOURCE_WRONG VHF_SOURCE_CTL(5)     // in: which VHF_SOURCE_WRONG
#define IOCTL_SOURCE_FILL VHF_SOURCE_CTL(6)      // in: a report for each time that one is asked for

#define VHF_SOURCE_HELD 8

typedef struct _VHF_SOURCE_FACTS {
  unsigned ready, get_feature, set_feature, write, get_input, cleanup, held;
  unsigned char last[4];   // what came with the last operation: the id, then the report as it stood in the buffer
  unsigned char last_length;
  int bad_context;         // an operation's context was not as expected
} VHF_SOURCE_FACTS;

enum VHF_SOURCE_WRONG { WrongLevelOfDelete = 1, WrongLevelOfStart, CompletedTwice };
