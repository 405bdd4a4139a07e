// The SDK as the framework itself sees it: types, structures and constants, without the inline calls that drivers make.
#pragma once

#ifndef DRYDOCK_FRAMEWORK
#define DRYDOCK_FRAMEWORK 1
#endif
#include <ntddk.h>
#include <wdf.h>
