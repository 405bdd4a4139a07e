// Microsoft's intrinsics: those that drivers use (drydock_intrin.h), and the vector ones, which are the compiler's own.
#ifndef __INTRIN_H_
#define __INTRIN_H_

#include "wdm/interlocked.h"

#include <emmintrin.h>

#endif  // __INTRIN_H_
