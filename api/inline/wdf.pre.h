#ifdef __cplusplus
#define WDF_EXTERN_C extern "C"
#define WDF_EXTERN_DATA extern "C" /* declares, without a value behind it */
#define WDF_EXTERN_C_START extern "C" {
#define WDF_EXTERN_C_END }
#else
#define WDF_EXTERN_C
#define WDF_EXTERN_DATA extern
#define WDF_EXTERN_C_START
#define WDF_EXTERN_C_END
#endif

#if defined(__has_include)
#if __has_include(<devpropdef.h>)
#include <devpropdef.h>
#endif
#endif
