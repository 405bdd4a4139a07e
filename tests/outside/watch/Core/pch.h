#pragma once
#ifdef _KERNEL_MODE
#include <ntddk.h>
#else
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
#endif
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
