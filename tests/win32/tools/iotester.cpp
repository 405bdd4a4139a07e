// iotester - pokes the mirror driver's IOCTL interface.
//   iotester list
//   iotester reverse <text>
//   iotester burst <requests> [threads]
//   iotester cancel <milliseconds>
//   iotester leave <return|exit|_Exit|ExitProcess|TerminateProcess>
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <winioctl.h>
#include <initguid.h>
#include <setupapi.h>
#include <devpkey.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "../mirror.h"

#pragma comment(lib, "setupapi.lib")

namespace {

std::wstring ErrorText(DWORD error) {
  LPWSTR buffer = nullptr;
  DWORD length = FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr, error,
                                MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT), reinterpret_cast<LPWSTR>(&buffer), 0, nullptr);
  std::wstring text(buffer ? buffer : L"", length);
  LocalFree(buffer);
  while (!text.empty() && iswspace(text.back())) text.pop_back();
  return text;
}

class Win32Error : public std::runtime_error {
 public:
  Win32Error(const char* what, DWORD error = GetLastError()) : std::runtime_error(what), error_(error) {}
  DWORD error() const { return error_; }

 private:
  DWORD error_;
};

struct HandleCloser {
  using pointer = HANDLE;
  void operator()(HANDLE h) const {
    if (h != INVALID_HANDLE_VALUE && h != nullptr) CloseHandle(h);
  }
};
using UniqueHandle = std::unique_ptr<HANDLE, HandleCloser>;

struct DeviceEntry {
  std::wstring path, description, instance;
};

std::vector<DeviceEntry> Enumerate() {
  std::vector<DeviceEntry> devices;
  HDEVINFO info = SetupDiGetClassDevsW(&GUID_DEVINTERFACE_MIRROR, nullptr, nullptr, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
  if (info == INVALID_HANDLE_VALUE) throw Win32Error("SetupDiGetClassDevs");
  SP_DEVICE_INTERFACE_DATA data = {};
  data.cbSize = sizeof(data);
  for (DWORD i = 0; SetupDiEnumDeviceInterfaces(info, nullptr, &GUID_DEVINTERFACE_MIRROR, i, &data); i++) {
    DWORD size = 0;
    SetupDiGetDeviceInterfaceDetailW(info, &data, nullptr, 0, &size, nullptr);
    std::vector<BYTE> buffer(size);
    auto detail = reinterpret_cast<PSP_DEVICE_INTERFACE_DETAIL_DATA_W>(buffer.data());
    detail->cbSize = sizeof(SP_DEVICE_INTERFACE_DETAIL_DATA_W);
    SP_DEVINFO_DATA device = {};
    device.cbSize = sizeof(device);
    if (!SetupDiGetDeviceInterfaceDetailW(info, &data, detail, size, nullptr, &device)) throw Win32Error("SetupDiGetDeviceInterfaceDetail");
    DeviceEntry entry;
    entry.path = detail->DevicePath;
    WCHAR text[256] = L"";
    if (SetupDiGetDeviceRegistryPropertyW(info, &device, SPDRP_DEVICEDESC, nullptr, reinterpret_cast<PBYTE>(text), sizeof(text), nullptr)) entry.description = text;
    DEVPROPTYPE type;
    if (SetupDiGetDevicePropertyW(info, &device, &DEVPKEY_Device_InstanceId, &type, reinterpret_cast<PBYTE>(text), sizeof(text), nullptr, 0)) entry.instance = text;
    devices.push_back(entry);
  }
  SetupDiDestroyDeviceInfoList(info);
  return devices;
}

UniqueHandle Open(DWORD flags) {
  auto devices = Enumerate();
  if (devices.empty()) throw Win32Error("no mirror device", ERROR_FILE_NOT_FOUND);
  UniqueHandle device(CreateFileW(devices.front().path.c_str(), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                                  OPEN_EXISTING, flags, nullptr));
  if (device.get() == INVALID_HANDLE_VALUE) throw Win32Error("CreateFile");
  return device;
}

int List() {
  auto devices = Enumerate();
  std::wcout << devices.size() << L" device(s)" << std::endl;
  for (const auto& device : devices) {
    std::wcout << L"  " << std::left << std::setw(20) << device.instance << L" | " + std::to_wstring(device.path.size() > 4) + L" | " << (device.description.empty() ? L"(no description)" : device.description) << L'\n';
  }
  return devices.empty() ? 1 : 0;
}

int Reverse(const std::wstring& text) {
  UniqueHandle device = Open(0);
  std::string narrow(text.begin(), text.end());
  std::vector<char> out(narrow.size() + 1);
  DWORD bytes = 0;
  if (!DeviceIoControl(device.get(), IOCTL_MIRROR_REVERSE, &narrow[0], static_cast<DWORD>(narrow.size()), out.data(), static_cast<DWORD>(out.size()), &bytes, nullptr))
    throw Win32Error("IOCTL_MIRROR_REVERSE");
  wprintf(L"%s -> %hs (%lu bytes)\n", text.c_str(), out.data(), bytes);
  std::ostringstream hex;
  for (DWORD i = 0; i < bytes; i++) hex << std::hex << std::setw(2) << std::setfill('0') << static_cast<int>(static_cast<unsigned char>(out[i])) << ' ';
  std::cout << hex.str() << std::endl;
  return 0;
}

// Overlapped requests whose ends come to the thread pool.
struct Burst {
  struct Request : OVERLAPPED {
    char in[16], out[16];
    DWORD length;
  };
  std::atomic<int> good{0}, bad{0}, left{0};
  HANDLE done = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  SRWLOCK lock = SRWLOCK_INIT;
  std::map<DWORD, int> by_size;

  static VOID CALLBACK Completed(PTP_CALLBACK_INSTANCE, PVOID context, PVOID overlapped, ULONG result, ULONG_PTR bytes, PTP_IO) {
    auto self = static_cast<Burst*>(context);
    std::unique_ptr<Request> request(static_cast<Request*>(static_cast<OVERLAPPED*>(overlapped)));
    std::string back(request->out, request->out + bytes);
    std::reverse(back.begin(), back.end());
    (result == NO_ERROR && back == std::string(request->in, request->length) ? self->good : self->bad)++;
    AcquireSRWLockExclusive(&self->lock);
    self->by_size[static_cast<DWORD>(bytes)]++;
    ReleaseSRWLockExclusive(&self->lock);
    if (--self->left == 0) SetEvent(self->done);
  }
};

int RunBurst(int count, int threads) {
  UniqueHandle device = Open(FILE_FLAG_OVERLAPPED);
  Burst burst;
  TP_CALLBACK_ENVIRON environment;
  InitializeThreadpoolEnvironment(&environment);
  PTP_POOL pool = CreateThreadpool(nullptr);
  SetThreadpoolThreadMaximum(pool, threads);
  if (!SetThreadpoolThreadMinimum(pool, 1)) throw Win32Error("SetThreadpoolThreadMinimum");
  SetThreadpoolCallbackPool(&environment, pool);
  PTP_IO io = CreateThreadpoolIo(device.get(), Burst::Completed, &burst, &environment);
  if (!io) throw Win32Error("CreateThreadpoolIo");
  burst.left = count;
  LARGE_INTEGER frequency, begin, end;
  QueryPerformanceFrequency(&frequency);
  QueryPerformanceCounter(&begin);
  for (int i = 0; i < count; i++) {
    auto request = new Burst::Request();
    request->length = static_cast<DWORD>(sprintf_s(request->in, "%d", i * 37));
    StartThreadpoolIo(io);
    if (!DeviceIoControl(device.get(), IOCTL_MIRROR_REVERSE, request->in, request->length, request->out, sizeof(request->out), nullptr, request) &&
        GetLastError() != ERROR_IO_PENDING) {
      CancelThreadpoolIo(io);
      delete request;
      throw Win32Error("DeviceIoControl");
    }
  }
  if (WaitForSingleObject(burst.done, 10000) != WAIT_OBJECT_0) throw Win32Error("timeout", WAIT_TIMEOUT);
  WaitForThreadpoolIoCallbacks(io, FALSE);
  QueryPerformanceCounter(&end);
  CloseThreadpoolIo(io);
  CloseThreadpool(pool);
  DestroyThreadpoolEnvironment(&environment);
  CloseHandle(burst.done);
  wprintf(L"%d good, %d bad, took less than a minute: %ls\n", burst.good.load(), burst.bad.load(),
          (end.QuadPart - begin.QuadPart) / frequency.QuadPart < 60 ? L"yes" : L"no");
  for (const auto& [size, times] : burst.by_size) std::wcout << L"  " << std::setw(2) << std::setfill(L'.') << size << L" bytes: " << times << std::endl;
  return burst.bad == 0 ? 0 : 1;
}

int Cancel(DWORD milliseconds) {
  UniqueHandle device = Open(FILE_FLAG_OVERLAPPED);
  UniqueHandle event(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  OVERLAPPED overlapped = {};
  overlapped.hEvent = event.get();
  DWORD bytes;
  if (DeviceIoControl(device.get(), IOCTL_MIRROR_WAIT, nullptr, 0, nullptr, 0, nullptr, &overlapped) || GetLastError() != ERROR_IO_PENDING)
    throw Win32Error("IOCTL_MIRROR_WAIT");
  if (GetOverlappedResultEx(device.get(), &overlapped, &bytes, milliseconds, FALSE)) return 1;
  std::wcout << L"after " << milliseconds << L" ms: " << (GetLastError() == WAIT_TIMEOUT ? L"timed out" : L"?") << std::endl;
  CancelIoEx(device.get(), &overlapped);
  if (!GetOverlappedResult(device.get(), &overlapped, &bytes, TRUE)) {
    DWORD error = GetLastError();
    std::wcout << L"cancelled: 0x" << std::hex << std::uppercase << error << std::dec << L", " << ErrorText(error) << std::endl;
  }
  return 0;
}

void Usage(const wchar_t* program) {
  std::wcerr << L"usage: " << program << L" list | reverse <text> | burst <requests> [threads] | cancel <ms>" << std::endl;
}

// Lives until the program ends by itself.
struct Session {
  ~Session() {
    CloseHandle(event);
    std::cout << text << std::endl;
  }
  HANDLE event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  const char* text = "the session is closed";
};

int Leave(const std::wstring& how) {
  static Session session;
  if (how == L"exit") std::exit(7);
  if (how == L"_Exit") std::_Exit(7);
  if (how == L"ExitProcess") ExitProcess(7);
  if (how == L"TerminateProcess") TerminateProcess(GetCurrentProcess(), 7);
  return 7;
}

}  // namespace

int wmain(int argc, wchar_t* argv[]) {
  std::vector<std::wstring> args(argv + 1, argv + argc);
  if (args.empty()) {
    Usage(argv[0]);
    return ERROR_BAD_ARGUMENTS;
  }
  try {
    if (_wcsicmp(args[0].c_str(), L"list") == 0) return List();
    if (args[0] == L"reverse" && args.size() == 2) return Reverse(args[1]);
    if (args[0] == L"burst" && args.size() >= 2) return RunBurst(std::stoi(args[1]), args.size() > 2 ? _wtoi(args[2].c_str()) : 4);
    if (args[0] == L"cancel" && args.size() == 2) return Cancel(wcstoul(args[1].c_str(), nullptr, 0));
    if (args[0] == L"leave" && args.size() == 2) return Leave(args[1]);
    Usage(argv[0]);
    return ERROR_BAD_ARGUMENTS;
  } catch (const Win32Error& e) {
    std::wcerr << e.what() << L" failed: " << e.error() << L" (" << ErrorText(e.error()) << L")" << std::endl;
    return static_cast<int>(e.error());
  } catch (const std::exception& e) {
    std::cerr << "error: " << e.what() << std::endl;
    return 1;
  }
}
