// Ethernet addresses: tests, comparisons and copies, as macros that drivers of network hardware use.
// Used by: drivers. Source: public documentation.
#ifndef _X_FILTER_DEFS_
#define _X_FILTER_DEFS_

#include "ntdef.h"

#define ETH_LENGTH_OF_ADDRESS 6

#define ETH_IS_BROADCAST(Address) ((((PUCHAR)(Address))[0] == ((UCHAR)0xFF)) && (((PUCHAR)(Address))[1] == ((UCHAR)0xFF)))
#define ETH_IS_MULTICAST(Address) ((BOOLEAN)(((PUCHAR)(Address))[0] & ((UCHAR)0x01)))
#define ETH_IS_EMPTY(Address) ((((PUCHAR)(Address))[0] == ((UCHAR)0x00)) && (((PUCHAR)(Address))[1] == ((UCHAR)0x00)))

// *_Result: 0 equal, 1 the first is greater, (UINT)-1 it is less.
#define ETH_COMPARE_NETWORK_ADDRESSES(_A, _B, _Result)                                               \
  {                                                                                                  \
    if (*(ULONG UNALIGNED *)&(_A)[2] > *(ULONG UNALIGNED *)&(_B)[2]) {                               \
      *(_Result) = 1;                                                                                \
    } else if (*(ULONG UNALIGNED *)&(_A)[2] < *(ULONG UNALIGNED *)&(_B)[2]) {                        \
      *(_Result) = (unsigned int)-1;                                                                 \
    } else if (*(USHORT UNALIGNED *)(_A) > *(USHORT UNALIGNED *)(_B)) {                              \
      *(_Result) = 1;                                                                                \
    } else if (*(USHORT UNALIGNED *)(_A) < *(USHORT UNALIGNED *)(_B)) {                              \
      *(_Result) = (unsigned int)-1;                                                                 \
    } else {                                                                                         \
      *(_Result) = 0;                                                                                \
    }                                                                                                \
  }
// *_Result: 0 equal, 1 not.
#define ETH_COMPARE_NETWORK_ADDRESSES_EQ(_A, _B, _Result)                                            \
  {                                                                                                  \
    *(_Result) = !((*(ULONG UNALIGNED *)&(_A)[2] == *(ULONG UNALIGNED *)&(_B)[2]) &&                 \
                   (*(USHORT UNALIGNED *)(_A) == *(USHORT UNALIGNED *)(_B)));                        \
  }
#define ETH_COPY_NETWORK_ADDRESS(_D, _S)                                                             \
  {                                                                                                  \
    *((ULONG UNALIGNED *)(_D)) = *((ULONG UNALIGNED *)(_S));                                         \
    *((USHORT UNALIGNED *)((UCHAR *)(_D) + 4)) = *((USHORT UNALIGNED *)((UCHAR *)(_S) + 4));         \
  }

#endif  // _X_FILTER_DEFS_
