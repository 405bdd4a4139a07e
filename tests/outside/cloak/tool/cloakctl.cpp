// cloakctl probe | hide | trust | twice
#include <windows.h>
#include <setupapi.h>
#include <hidsdi.h>

#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "../cloak.h"

#pragma comment(lib, "setupapi")
#pragma comment(lib, "hid")

namespace
{
    struct Closer
    {
        using pointer = HANDLE;
        void operator()(HANDLE h) const { CloseHandle(h); }
    };
    using Handle = std::unique_ptr<void, Closer>;

    [[noreturn]] void Throw(const char* what) { throw std::system_error(static_cast<int>(GetLastError()), std::system_category(), what); }

    Handle Open(const std::wstring& path)
    {
        HANDLE h = CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_EXISTING, 0, nullptr);
        if (h == INVALID_HANDLE_VALUE) Throw("open");
        return Handle(h);
    }

    DWORD Control(const Handle& h, DWORD code, const void* in, size_t inBytes, void* out, size_t outBytes)
    {
        DWORD bytes = 0;
        if (!DeviceIoControl(h.get(), code, const_cast<void*>(in), static_cast<DWORD>(inBytes), out, static_cast<DWORD>(outBytes), &bytes, nullptr)) Throw("control");
        return bytes;
    }

    std::vector<std::wstring> Hids()
    {
        GUID guid;
        HidD_GetHidGuid(&guid);
        std::vector<std::wstring> all;
        HDEVINFO set = SetupDiGetClassDevsW(&guid, nullptr, nullptr, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
        SP_DEVICE_INTERFACE_DATA data{ sizeof(data) };
        for (DWORD i = 0; SetupDiEnumDeviceInterfaces(set, nullptr, &guid, i, &data); ++i) {
            DWORD size = 0;
            SetupDiGetDeviceInterfaceDetailW(set, &data, nullptr, 0, &size, nullptr);
            std::vector<BYTE> buffer(size);
            auto* detail = reinterpret_cast<SP_DEVICE_INTERFACE_DETAIL_DATA_W*>(buffer.data());
            detail->cbSize = sizeof(*detail);
            if (!SetupDiGetDeviceInterfaceDetailW(set, &data, detail, size, nullptr, nullptr)) Throw("detail");
            all.emplace_back(detail->DevicePath);
        }
        SetupDiDestroyDeviceInfoList(set);
        return all;
    }

    int Probe()
    {
        for (const auto& path : Hids()) {
            Handle hid = Open(path);
            HIDD_ATTRIBUTES attributes{ sizeof(attributes) };
            BYTE feature[3] = { 2 };
            signed char report[3] = {};
            DWORD bytes = 0;
            if (!HidD_GetAttributes(hid.get(), &attributes)) Throw("attributes");
            if (!HidD_GetFeature(hid.get(), feature, sizeof(feature))) Throw("feature");
            for (int i = 0; i < 3; ++i) {
                if (!ReadFile(hid.get(), report, sizeof(report), &bytes, nullptr)) Throw("read");
            }
            std::cout << std::hex << attributes.ProductID << std::dec << " every " << feature[1] + 256 * feature[2] << " ms, " << +report[1] << ":" << +report[2] << std::endl;
        }
        return 0;
    }

    // This program as the kernel calls it: C:\x.exe is \Device\HarddiskVolumeN\x.exe.
    std::wstring OwnImage()
    {
        wchar_t path[MAX_PATH], device[MAX_PATH];
        if (!GetModuleFileNameW(nullptr, path, MAX_PATH)) Throw("name");
        const wchar_t drive[] = { path[0], path[1], 0 };
        if (!QueryDosDeviceW(drive, device, MAX_PATH)) Throw("drive");
        return std::wstring(device) + (path + 2);
    }

    int Trust()
    {
        Handle cloak = Open(L"\\\\.\\Cloak");
        const std::wstring own = OwnImage();
        std::vector<wchar_t> list(Control(cloak, IOCTL_CLOAK_GET_TRUSTED, nullptr, 0, nullptr, 0) / sizeof(wchar_t));
        Control(cloak, IOCTL_CLOAK_GET_TRUSTED, nullptr, 0, list.data(), list.size() * sizeof(wchar_t));
        list.insert(list.end() - 1, own.c_str(), own.c_str() + own.size() + 1);
        Control(cloak, IOCTL_CLOAK_SET_TRUSTED, list.data(), list.size() * sizeof(wchar_t), nullptr, 0);
        for (const wchar_t* at = list.data(); *at; at += wcslen(at) + 1) std::wcout << L"trusted: " << at << std::endl;
        return Probe();
    }
}

int wmain(int argc, wchar_t* argv[])
try {
    const std::wstring verb = argc > 1 ? argv[1] : L"";
    const BOOLEAN on = TRUE;
    if (verb == L"probe") return Probe();
    if (verb == L"trust") return Trust();
    Handle cloak = Open(L"\\\\.\\Cloak");
    if (verb == L"hide") return Control(cloak, IOCTL_CLOAK_HIDE, &on, sizeof(on), nullptr, 0);
    if (verb == L"twice") Open(L"\\\\.\\Cloak");
    return 2;
} catch (const std::system_error& e) {
    std::cerr << e.code().value() << std::endl;
    return e.code().value();
}
