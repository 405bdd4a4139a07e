#include <Windows.h>
#include <winioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strsafe.h>
#include <tchar.h>
#include "../hello_ioctl.h"

static BOOL InstallDriver(SC_HANDLE scm, LPCTSTR name, LPCTSTR path)
{
	SC_HANDLE svc = CreateService(scm, name, name, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
		SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, path, NULL, NULL, NULL, NULL, NULL);
	if (svc == NULL) {
		if (GetLastError() != ERROR_SERVICE_EXISTS) { printf("CreateService failed: %u\n", GetLastError()); return FALSE; }
		svc = OpenService(scm, name, SERVICE_ALL_ACCESS);
	}
	if (!StartService(svc, 0, NULL) && GetLastError() != ERROR_SERVICE_ALREADY_RUNNING) {
		printf("StartService failed: %lu\n", GetLastError());
		CloseServiceHandle(svc);
		return FALSE;
	}
	CloseServiceHandle(svc);
	return TRUE;
}

int _tmain(int argc, TCHAR* argv[])
{
	TCHAR path[MAX_PATH];
	GetCurrentDirectory(MAX_PATH, path);
	StringCchCat(path, MAX_PATH, TEXT("\\hello.sys"));
	SC_HANDLE scm = OpenSCManager(NULL, NULL, SC_MANAGER_ALL_ACCESS);
	if (!InstallDriver(scm, TEXT("hello"), path))
		return 1;

	HANDLE h = CreateFile(TEXT("\\\\.\\HelloWdm"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
	if (h == INVALID_HANDLE_VALUE) { _tprintf(TEXT("open failed %d\n"), GetLastError()); return 2; }

	DWORD n;
	char buf[64] = { 0 };
	if (!WriteFile(h, "first", 5, &n, NULL) || n != 5) return 3;
	if (!WriteFile(h, "second", 6, &n, NULL)) return 3;
	HELLO_STATS st;
	if (!DeviceIoControl(h, IOCTL_HELLO_GET_STATS, NULL, 0, &st, sizeof(st), &n, NULL)) return 4;
	printf("%u messages, up %I64d ms\n", st.MessageCount, st.UpTime100ns.QuadPart / 10000);
	if (!ReadFile(h, buf, sizeof(buf), &n, NULL)) return 5;
	printf("read %.*s\n", (int)n, buf);
	char out[32] = "";
	if (!DeviceIoControl(h, IOCTL_HELLO_REVERSE, (LPVOID)"drawer", 6, out, sizeof(out), &n, NULL)) return 6;
	printf("reverse: %s (%lu)\n", out, n);
	if (strcmp(out, "reward")) return 9;
	if (DeviceIoControl(h, IOCTL_HELLO_REVERSE, (LPVOID)(ULONG_PTR)0x10, 6, out, sizeof(out), &n, NULL) || GetLastError() != ERROR_NOACCESS)
		return 10;
	if (DeviceIoControl(h, IOCTL_HELLO_REVERSE, (LPVOID)0xFFFFF80000000000ULL, 6, out, sizeof(out), &n, NULL) || GetLastError() != ERROR_NOACCESS)
		return 11;
	if (!DeviceIoControl(h, IOCTL_HELLO_LOCKED, NULL, 0, out, sizeof(out), &n, NULL)) return 7;
	printf("locked: %02x %02x\n", (unsigned char)out[0], (unsigned char)out[31]);
	CloseHandle(h);

	SC_HANDLE svc = OpenService(scm, TEXT("hello"), SERVICE_ALL_ACCESS);
	SERVICE_STATUS ss;
	if (!ControlService(svc, SERVICE_CONTROL_STOP, &ss)) { printf("stop failed %lu\n", GetLastError()); return 8; }
	DeleteService(svc);
	CloseServiceHandle(svc);
	CloseServiceHandle(scm);
	system("pause");
	return 0;
}
