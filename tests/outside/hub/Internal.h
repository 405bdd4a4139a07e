// Internal.h - common includes of the UMDF driver
#pragma once

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#define NOMINMAX
#include <windows.h>
#include <bugcodes.h>
#include <wudfwdm.h>
#include <wdf.h>
#include <initguid.h>
#include <devioctl.h>
#include <strsafe.h>
#include <objbase.h>
#include <winreg.h>
#include <assert.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "Trace.h"

// {8C1E0F52-9D05-4C4B-9B9C-73F1A4DD7A11}
DEFINE_GUID(GUID_DEVINTERFACE_SENSORHUB, 0x8c1e0f52, 0x9d05, 0x4c4b, 0x9b, 0x9c, 0x73, 0xf1, 0xa4, 0xdd, 0x7a, 0x11);

#define IOCTL_SH_READ_SAMPLE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, METHOD_BUFFERED, FILE_READ_ACCESS)
#define IOCTL_SH_SET_RATE    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x901, METHOD_BUFFERED, FILE_WRITE_ACCESS)
#define IOCTL_SH_DUMP        CTL_CODE(FILE_DEVICE_UNKNOWN, 0x902, METHOD_BUFFERED, FILE_ANY_ACCESS)

using namespace std::chrono_literals;
