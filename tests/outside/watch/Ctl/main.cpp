#include <Windows.h>
#include <stdio.h>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include <optional>
#include <system_error>
#include "ProcWatchIoctl.h"

struct HandleCloser { using pointer = HANDLE; void operator()(HANDLE h) const { if (h != INVALID_HANDLE_VALUE) ::CloseHandle(h); } };
using UniqueHandle = std::unique_ptr<HANDLE, HandleCloser>;

struct Request : OVERLAPPED
{
	BYTE Buffer[2048];
};

static int Error(PCSTR text)
{
	DWORD error = ::GetLastError();
	printf("%s (%u)\n", text, error);
	return 1;
}

static void DisplayTime(const LARGE_INTEGER& time)
{
	FILETIME local;
	::FileTimeToLocalFileTime((FILETIME*)&time, &local);
	SYSTEMTIME st;
	::FileTimeToSystemTime(&local, &st);
	printf("%02d:%02d:%02d.%03d: ", st.wHour, st.wMinute, st.wSecond, st.wMilliseconds);
}

static void Display(const BYTE* buffer, DWORD size)
{
	auto header = reinterpret_cast<const PwEventHeader*>(buffer);
	if (size < sizeof(PwEventHeader)) return;
	DisplayTime(header->Time);
	switch (header->Type)
	{
	case PwEventType::ProcessCreate:
	{
		auto p = static_cast<const PwProcessCreate*>(header);
		std::wstring image(reinterpret_cast<const WCHAR*>(buffer + p->ImageOffset), p->ImageLength / sizeof(WCHAR));
		std::wstring_view cmd((PCWSTR)(buffer + p->CommandLineOffset), p->CommandLineLength / sizeof(WCHAR));
		printf("Process %u Created by %u. Image: %ws Command line: %.*ws\n", p->ProcessId, p->CreatingProcessId, image.c_str(), (int)cmd.size(), cmd.data());
		break;
	}
	case PwEventType::ProcessExit:
	{
		auto p = (const PwProcessExit*)buffer;
		printf("Process %u Exited (Code: %u)\n", p->ProcessId, p->ExitCode);
		break;
	}
	case PwEventType::ThreadCreate:
	case PwEventType::ThreadExit:
		printf("Thread in process %s\n", header->Type == PwEventType::ThreadCreate ? "created" : "exited");
		break;
	case PwEventType::ImageLoad:
		printf("Image %ws\n", ((const PwImageLoad*)buffer)->Name);
		break;
	case PwEventType::RegistrySet:
	{
		auto p = (const PwRegistrySet*)buffer;
		wprintf(L"Registry %ls!%s type %u size %u\n", p->KeyName, p->ValueName, p->DataType, p->DataSize);
		break;
	}
	case PwEventType::HandleStripped:
	{
		auto p = (const PwHandleStripped*)buffer;
		printf("Handle stripped: 0x%X -> 0x%X\n", p->Before, p->After);
		break;
	}
	default:
		printf("unknown event\n");
	}
}

int wmain(int argc, const wchar_t* argv[])
{
	int count = argc > 1 ? _wtoi(argv[1]) : 6;
	UniqueHandle device(::CreateFile(PW_WIN32_NAME, GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, nullptr));
	if (device.get() == INVALID_HANDLE_VALUE)
		return Error("Failed to open device");
	UniqueHandle port{ ::CreateIoCompletionPort(device.get(), nullptr, 1, 0) };
	if (!port)
		return Error("Failed to create completion port");

	std::vector<std::unique_ptr<Request>> requests;
	auto send = [&](Request* r) {
		::ZeroMemory(static_cast<OVERLAPPED*>(r), sizeof(OVERLAPPED));
		if (!::DeviceIoControl(device.get(), IOCTL_PW_GET_EVENT, nullptr, 0, r->Buffer, sizeof(r->Buffer), nullptr, r) && ::GetLastError() != ERROR_IO_PENDING)
			return false;
		return true;
	};
	for (int i = 0; i < 4; i++)
	{
		requests.push_back(std::make_unique<Request>());
		if (!send(requests.back().get()))
			return Error("DeviceIoControl");
	}

	DWORD pid = ::GetCurrentProcessId(), bytes;
	OVERLAPPED ov{};
	UniqueHandle ev(::CreateEventW(nullptr, TRUE, FALSE, nullptr));
	ov.hEvent = (HANDLE)((ULONG_PTR)ev.get() | 1);		// keeps it off the completion port
	if (!::DeviceIoControl(device.get(), IOCTL_PW_PROTECT_PID, &pid, sizeof(pid), nullptr, 0, &bytes, &ov) && ::GetLastError() != ERROR_IO_PENDING)
		return Error("protect");
	if (!::GetOverlappedResult(device.get(), &ov, &bytes, TRUE))
		return Error("protect result");
	{
		UniqueHandle self(::OpenProcess(PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid));
		printf("self %s\n", self ? "opened" : "refused");
		if (self && ::TerminateProcess(self.get(), 5)) printf("terminated?!\n");
		else printf("terminate refused: %u\n", ::GetLastError());
	}
	HKEY key;
	if (::RegCreateKeyEx(HKEY_LOCAL_MACHINE, L"SOFTWARE\\ProcWatch", 0, nullptr, 0, KEY_ALL_ACCESS, nullptr, &key, nullptr) == ERROR_SUCCESS)
	{
		DWORD value = 42;
		LSTATUS s = ::RegSetValueExW(key, L"Answer", 0, REG_DWORD, (const BYTE*)&value, sizeof(value));
		printf("set: %d\n", s);
		s = ::RegSetValueExW(key, L"Forbidden", 0, REG_DWORD, (const BYTE*)&value, sizeof(value));
		printf("forbidden: %d\n", s);
		::RegCloseKey(key);
	}
	PCWSTR pattern = L"*\\evil.exe";
	ov.Internal = ov.InternalHigh = 0;
	::ResetEvent(ev.get());
	::DeviceIoControl(device.get(), IOCTL_PW_BLOCK_IMAGE, (LPVOID)pattern, (DWORD)(wcslen(pattern) * sizeof(WCHAR)), nullptr, 0, nullptr, &ov);
	::GetOverlappedResult(device.get(), &ov, &bytes, TRUE);
	UniqueHandle thread(::CreateThread(nullptr, 0, [](auto) -> DWORD { return 7; }, nullptr, 0, nullptr));
	::WaitForSingleObject(thread.get(), INFINITE);
	DWORD code; ::GetExitCodeThread(thread.get(), &code); printf("thread code %u\n", code);

	while (count-- > 0)
	{
		DWORD transferred; ULONG_PTR completionKey; LPOVERLAPPED done;
		BOOL ok = ::GetQueuedCompletionStatus(port.get(), &transferred, &completionKey, &done, 3000);
		if (!done) { Error("timeout"); break; }
		auto r = static_cast<Request*>(done);
		if (!ok) { Error("event failed"); break; }
		Display(r->Buffer, transferred);
		if (!send(r)) return Error("again");
	}
	::CancelIoEx(device.get(), nullptr);
	int cancelled = 0;
	for (OVERLAPPED_ENTRY entries[8]; cancelled < 4;)
	{
		ULONG n = 0;
		if (!::GetQueuedCompletionStatusEx(port.get(), entries, _countof(entries), &n, 1000, FALSE)) { Error("drain"); break; }
		cancelled += n;
	}
	printf("drained %d\n", cancelled);
	PW_STATS stats{};
	::ResetEvent(ev.get());
	if (!::DeviceIoControl(device.get(), IOCTL_PW_GET_STATS, nullptr, 0, &stats, sizeof(stats), &bytes, &ov) && ::GetLastError() == ERROR_IO_PENDING)
		::GetOverlappedResult(device.get(), &ov, &bytes, TRUE);
	printf("stats: callbacks %u waiting %u dropped %llu\n", stats.Callbacks, stats.Waiting, stats.Dropped);
	return 0;
}
