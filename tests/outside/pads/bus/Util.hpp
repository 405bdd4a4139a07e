#pragma once
// minimal C++ runtime for the kernel
constexpr ULONG kPoolTag = 'daPV';

inline void* __cdecl operator new(size_t size) noexcept
{
    return ExAllocatePoolWithTag(NonPagedPoolNx, size, kPoolTag);
}
inline void* __cdecl operator new(size_t, void* where) noexcept { return where; }
inline void __cdecl operator delete(void* p) noexcept { if (p) ExFreePoolWithTag(p, kPoolTag); }
inline void __cdecl operator delete(void* p, size_t) noexcept { if (p) ExFreePoolWithTag(p, kPoolTag); }
inline void* __cdecl operator new[](size_t size) noexcept { return ::operator new(size); }
inline void __cdecl operator delete[](void* p) noexcept { ::operator delete(p); }
void __cdecl operator delete[](void* p, size_t) noexcept;

namespace util
{
    template <typename T> struct remove_reference { typedef T type; };
    template <typename T> struct remove_reference<T&> { typedef T type; };
    template <typename T> struct remove_reference<T&&> { typedef T type; };
    template <typename T> constexpr typename remove_reference<T>::type&& move(T&& t) noexcept
    { return static_cast<typename remove_reference<T>::type&&>(t); }

    template <typename T> class unique_ptr
    {
        T* p_{ nullptr };
    public:
        unique_ptr() = default;
        explicit unique_ptr(T* p) : p_(p) {}
        unique_ptr(unique_ptr&& o) noexcept : p_(o.release()) {}
        unique_ptr(const unique_ptr&) = delete;
        ~unique_ptr() { delete p_; }
        T* operator->() const { return p_; }
        T* get() const { return p_; }
        T* release() { auto p = p_; p_ = nullptr; return p; }
        explicit operator bool() const { return p_ != nullptr; }
    };

    template <size_t N> class wbuf
    {
        WCHAR data_[N]{};
        UNICODE_STRING us_{};
    public:
        wbuf() { RtlInitEmptyUnicodeString(&us_, data_, sizeof(data_)); }
        template <typename... A> NTSTATUS format(PCWSTR fmt, A... a) { return RtlUnicodeStringPrintf(&us_, fmt, a...); }
        PCUNICODE_STRING get() const { return &us_; }
        operator PUNICODE_STRING() { return &us_; }
    };

    class lock_guard
    {
        WDFSPINLOCK l_;
    public:
        _IRQL_raises_(DISPATCH_LEVEL) explicit lock_guard(WDFSPINLOCK l) : l_(l) { WdfSpinLockAcquire(l_); }
        ~lock_guard() { WdfSpinLockRelease(l_); }
    };
}
