#pragma once
// A tiny subset of what we use of WIL, so that the driver builds without NuGet.
#include <Windows.h>
#include <memory>
#include <utility>
#include <exception>
#include <string>
#include <type_traits>

namespace mini
{
    class nt_exception : public std::exception
    {
    public:
        explicit nt_exception(NTSTATUS s, const char* where) noexcept : m_status(s), m_where(where) {}
        NTSTATUS status() const noexcept { return m_status; }
        const char* what() const noexcept override { return m_where; }
    private:
        NTSTATUS m_status;
        const char* m_where;
    };

    inline NTSTATUS ntstatus_from_win32(DWORD e) noexcept
    {
        return e == ERROR_SUCCESS ? STATUS_SUCCESS : NTSTATUS_FROM_WIN32(e);
    }

    #define THROW_IF_NTSTATUS_FAILED(x) do { const NTSTATUS s_ = (x); if (!NT_SUCCESS(s_)) throw ::mini::nt_exception(s_, #x); } while (0)
    #define THROW_IF_WIN32_ERROR(x) do { const auto e_ = static_cast<DWORD>(x); if (e_ != ERROR_SUCCESS) throw ::mini::nt_exception(::mini::ntstatus_from_win32(e_), #x); } while (0)
    #define THROW_LAST_ERROR_IF(x) do { if (x) throw ::mini::nt_exception(::mini::ntstatus_from_win32(::GetLastError()), #x); } while (0)
    #define RETURN_CAUGHT() \
        catch (const ::mini::nt_exception& e) { ::OutputDebugStringA(e.what()); return e.status(); } \
        catch (const std::bad_alloc&) { return STATUS_NO_MEMORY; } \
        catch (...) { return STATUS_UNHANDLED_EXCEPTION; }

    template <typename T, auto Close, std::intptr_t Invalid = 0>
    class unique_any
    {
    public:
        explicit unique_any(T h = invalid()) noexcept : m_h(h) {}
        unique_any(unique_any&& o) noexcept : m_h(std::exchange(o.m_h, invalid())) {}
        unique_any& operator=(unique_any&& o) noexcept { std::swap(m_h, o.m_h); return *this; }
        ~unique_any() { if (*this) Close(m_h); }
        T get() const noexcept { return m_h; }
        T* addressof() noexcept { return &m_h; }
        explicit operator bool() const noexcept { return m_h != invalid(); }
    private:
        static T invalid() noexcept { return reinterpret_cast<T>(Invalid); }
        T m_h;
    };
    using unique_handle = unique_any<HANDLE, ::CloseHandle>;
    using unique_hfile = unique_any<HANDLE, ::CloseHandle, -1>;
    using unique_hkey = unique_any<HKEY, ::RegCloseKey>;
}
