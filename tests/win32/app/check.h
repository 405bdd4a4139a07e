/* What the parts of the application share. */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                                   \
    do {                                                                                                   \
        if (!(condition)) {                                                                                \
            printf("%s:%d: %s; error %u\n", __FILE__, __LINE__, #condition, GetLastError());               \
            exit(2);                                                                                       \
        }                                                                                                  \
    } while (0)

HANDLE OpenMirror(DWORD flags);
int Family(const char *what); /* -1: no such part */
int Services(const char *what);
int System(const char *what);
int Devices(const char *what);
