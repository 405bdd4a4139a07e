// The debugging half of the C run-time: memory is watched by sanitizers here, so only the names are there. Source: public documentation.
#ifndef DRYDOCK_CRT_CRTDBG_H
#define DRYDOCK_CRT_CRTDBG_H
#include <assert.h>
#define _CRT_WARN 0
#define _CRT_ERROR 1
#define _CRT_ASSERT 2
#define _CRTDBG_ALLOC_MEM_DF 0x01
#define _CRTDBG_LEAK_CHECK_DF 0x20
#define _CRTDBG_REPORT_FLAG (-1)
#define _ASSERTE(expression) assert(expression)
#define _ASSERT(expression) assert(expression)
#define _CrtSetDbgFlag(flags) (0)
#define _CrtSetReportMode(type, mode) (0)
#define _CrtSetReportFile(type, file) ((void *)0)
#define _CrtDumpMemoryLeaks() (0)
#define _CrtCheckMemory() (1)
#endif
