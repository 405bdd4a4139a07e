/* STATUS_WDF_* are facility 0x20 of the NT status codes; the NT half of the SDK holds them with the others. */
#include <ntstatus.h>
