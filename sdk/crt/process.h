// Threads of the C run-time. Used by: applications and UMDF drivers; implemented in src/nt/win32. Source: public documentation.
#ifndef DRYDOCK_CRT_PROCESS_H
#define DRYDOCK_CRT_PROCESS_H
#include "ntdef.h"
#ifdef __cplusplus
extern "C" {
#endif
uintptr_t _beginthread(void (*start)(void *), unsigned stack_size, void *argument);
uintptr_t _beginthreadex(void *security, unsigned stack_size, unsigned (*start)(void *), void *argument, unsigned flags,
                         unsigned *thread_id);
void _endthread(void);
void _endthreadex(unsigned code);
int _getpid(void);
#ifdef __cplusplus
}
#endif
#endif
