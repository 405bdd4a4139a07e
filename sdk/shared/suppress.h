// Names for the numbers of analysis warnings, as `#pragma warning(suppress: __WARNING_...)` and `__pragma(...)` name them. The compilers here
// know neither the pragma nor the warnings; the names are for drivers that use them in other places.
// Used by: drivers. Source: public documentation of the warnings.
#ifndef DRYDOCK_SUPPRESS_H
#define DRYDOCK_SUPPRESS_H

#define __WARNING_UNUSED_SCALAR_ASSIGNMENT 28931
#define __WARNING_UNUSED_POINTER_ASSIGNMENT 28930
#define __WARNING_UNUSED_ASSIGNMENT 28931
#define __WARNING_USING_UNINIT_VAR 6001
#define __WARNING_DEREF_NULL_PTR 6011
#define __WARNING_IGNOREDRETURN 6031
#define __WARNING_POTENTIAL_BUFFER_OVERFLOW_HIGH_PRIORITY 26000
#define __WARNING_INACCURATE_ANNOTATION 28196
#define __WARNING_BANNED_API_USAGE 28719
#define __WARNING_BANNED_API_USAGEL2 28726

#endif  // DRYDOCK_SUPPRESS_H
