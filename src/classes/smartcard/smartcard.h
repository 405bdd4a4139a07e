// Smartcard: what the files of the smart-card driver library share. classes/smartcard only; drivers know smclib.h.
// Called by:  reader drivers. SmartcardDeviceControl at PASSIVE_LEVEL, one request at a time for each reader (the extension's Mutex); the
//             protocol functions up to DISPATCH_LEVEL, inside RDF_TRANSMIT.
// Ownership:  SmartcardInitialize makes OsData, PerfInfo and the two buffers; SmartcardExit ends them. The driver owns the extension.
// Source:     public documentation of Smclib; ISO 7816-3.
#pragma once

#include <ntddk.h>

#include <smclib.h>

namespace drydock::classes::smartcard {

constexpr ULONG kTag = 0x62694C53;  // 'SLib'

// T1_DATA::State
enum T1State : ULONG {
  kT1Idle,         // no exchange under way
  kT1IfsRequest,   // S(IFS request) is to be sent, or its answer awaited
  kT1Sending,      // an I-block of ours
  kT1Acknowledge,  // an R-block for the card's I-block with more to follow
  kT1Wtx,          // S(WTX response)
  kT1Ifs,          // S(IFS response)
  kT1Abort,        // S(ABORT response)
  kT1Resynch,      // S(RESYNCH request)
};

// After an ATR: sequence numbers and the card's field size begin anew.
void ResetT1(SMARTCARD_EXTENSION& extension);

// An attribute as IOCTL_SMARTCARD_GET_ATTRIBUTE gives it.
NTSTATUS GetAttribute(SMARTCARD_EXTENSION& extension, ULONG tag);
NTSTATUS SetAttribute(SMARTCARD_EXTENSION& extension, ULONG tag, const UCHAR* value, ULONG length);

// In SMARTCARD_EXTENSION::Reserved.
enum Flags : ULONG { kNoIfsRequest = 1, kIfsDone = 2 };
inline ULONG& FlagsOf(SMARTCARD_EXTENSION& extension) { return extension.Reserved[0]; }

}  // namespace drydock::classes::smartcard
