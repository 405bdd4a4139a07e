// The names of drydock_app_crt.h. Included again after any system header that may have un-defined one: no guard.

#undef stdin
#undef stdout
#undef stderr
#define stdin DrydockStream(0)
#define stdout DrydockStream(1)
#define stderr DrydockStream(2)
#undef printf
#define printf DrydockPrintfA
#undef printf_s
#define printf_s DrydockPrintfA
#undef vprintf
#define vprintf DrydockVprintfA
#undef vprintf_s
#define vprintf_s DrydockVprintfA
#undef fprintf
#define fprintf DrydockFprintfA
#undef fprintf_s
#define fprintf_s DrydockFprintfA
#undef vfprintf
#define vfprintf DrydockVfprintfA
#undef vfprintf_s
#define vfprintf_s DrydockVfprintfA
#undef wprintf
#define wprintf DrydockPrintfW
#undef wprintf_s
#define wprintf_s DrydockPrintfW
#undef vwprintf
#define vwprintf DrydockVprintfW
#undef fwprintf
#define fwprintf DrydockFprintfW
#undef fwprintf_s
#define fwprintf_s DrydockFprintfW
#undef vfwprintf
#define vfwprintf DrydockVfprintfW
#undef _cprintf
#define _cprintf DrydockPrintfA
#undef _cprintf_s
#define _cprintf_s DrydockPrintfA
#undef puts
#define puts DrydockPuts
#undef _putws
#define _putws(text) DrydockPrintfW(L"%s\n", (text))
#undef fputws
#define fputws DrydockFputws
#undef putchar
#define putchar DrydockPutchar
#undef putc
#define putc fputc
#undef getc
#define getc DrydockGetc
#undef fgetc
#define fgetc DrydockGetc
#undef getchar
#define getchar DrydockGetchar
#undef fgets
#define fgets DrydockFgets
#undef fgetws
#define fgetws DrydockFgetws
#undef gets_s
#define gets_s DrydockGets
#undef gets
#define gets(buffer) DrydockGets((buffer), 0x7fffffff)
#undef scanf
#define scanf DrydockScanfA
#undef scanf_s
#define scanf_s DrydockScanfSA
#undef fscanf
#define fscanf DrydockFscanfA
#undef fscanf_s
#define fscanf_s DrydockFscanfSA
#undef wscanf
#define wscanf DrydockScanfW
#undef wscanf_s
#define wscanf_s DrydockScanfSW
#undef fopen
#define fopen DrydockFopen
#undef fopen_s
#define fopen_s DrydockFopenS
#undef _wfopen
#define _wfopen DrydockFopenW
#undef _wfopen_s
#define _wfopen_s DrydockFopenSW
#undef exit
#define exit DrydockExit
#undef _exit
#define _exit DrydockExitProcess
#undef _Exit
#define _Exit DrydockExitProcess
#undef abort
#define abort DrydockAbort
#undef system
#define system(command) DrydockSystem(command)
#undef rand
#define rand DrydockRand
#undef srand
#define srand DrydockSrand
#undef time
#define time(when) DrydockTime(when)
#undef clock
#define clock() DrydockClock()
