// What console programs and services take from the window system: device notifications for services, and text by format. Windows, messages
// and dialogs are not there. Used by: applications; implemented in src/nt/win32. Source: public documentation.
#ifndef _WINUSER_
#define _WINUSER_

#include <stdarg.h>

#include "drydock_resources.h"
#include "minwinbase.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef PVOID HDEVNOTIFY, *PHDEVNOTIFY;
#define DEVICE_NOTIFY_WINDOW_HANDLE 0x00000000
#define DEVICE_NOTIFY_SERVICE_HANDLE 0x00000001
#define DEVICE_NOTIFY_ALL_INTERFACE_CLASSES 0x00000004

// A service's handle (RegisterServiceCtrlHandlerEx) is told; a window's is refused with ERROR_INVALID_WINDOW_HANDLE.
HDEVNOTIFY RegisterDeviceNotificationA(HANDLE hRecipient, LPVOID NotificationFilter, DWORD Flags);
HDEVNOTIFY RegisterDeviceNotificationW(HANDLE hRecipient, LPVOID NotificationFilter, DWORD Flags);
BOOL UnregisterDeviceNotification(HDEVNOTIFY Handle);

// At most 1024 characters, the terminator among them.
int wvsprintfA(LPSTR, LPCSTR, va_list arglist);
int wvsprintfW(LPWSTR, LPCWSTR, va_list arglist);
int wsprintfA(LPSTR, LPCSTR, ...);
int wsprintfW(LPWSTR, LPCWSTR, ...);

#ifdef __cplusplus
}
#endif

#ifdef UNICODE
#define RegisterDeviceNotification RegisterDeviceNotificationW
#define wvsprintf wvsprintfW
#define wsprintf wsprintfW
#else
#define RegisterDeviceNotification RegisterDeviceNotificationA
#define wvsprintf wvsprintfA
#define wsprintf wsprintfA
#endif

#endif  // _WINUSER_
