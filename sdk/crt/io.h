/* Streams by their number. Used by: applications; implemented in src/nt/win32/crt_stdio.cpp. Files by number (_open, _read) are not there.
   Source: public documentation. */
#ifndef DRYDOCK_IO_H
#define DRYDOCK_IO_H

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 0, 1, 2: standard input, output, errors; -1: another stream. */
int DrydockFileno(FILE *stream);
/* The standard streams take text as it comes: the mode is kept, and steers nothing but _O_U16TEXT and _O_WTEXT, with which output is UTF-8 still. */
int DrydockSetMode(int file, int mode);
int DrydockIsATerminal(int file);
#define _fileno(stream) DrydockFileno(stream)
#define _setmode(file, mode) DrydockSetMode((file), (mode))
#define _isatty(file) DrydockIsATerminal(file)

#ifdef __cplusplus
}
#endif

#endif
