// The console of the C run-time: keys come from standard input. Used by: applications. Source: public documentation.
#ifndef DRYDOCK_CRT_CONIO_H
#define DRYDOCK_CRT_CONIO_H
#include "ntdef.h"
#ifdef DRYDOCK_APP_BUILD
#define _getch() DrydockGetch(0)
#define _getche() DrydockGetch(1)
#define _getwch() ((WCHAR)DrydockGetch(0))
#define getch() DrydockGetch(0)
#define getche() DrydockGetch(1)
#define _kbhit() DrydockKbhit()
#define kbhit() DrydockKbhit()
#define _putch(c) DrydockPutchar(c)
#define _cputs(text) fputs((text), stdout)
#define _cgets_s(buffer, size) DrydockGets((buffer), (size))
#endif
#endif
