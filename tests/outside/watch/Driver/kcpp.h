#pragma once
// kernel C++ helpers

enum class PoolKind : POOL_FLAGS { Paged = POOL_FLAG_PAGED, NonPaged = POOL_FLAG_NON_PAGED };

void* __cdecl operator new(size_t size, PoolKind kind, ULONG tag = 'WcrP') noexcept;
void __cdecl operator delete(void* p, PoolKind, ULONG) noexcept;
void __cdecl operator delete(void* p, size_t) noexcept;
void __cdecl operator delete(void* p) noexcept;

namespace kstd
{
	template<class T> struct remove_reference { using type = T; };
	template<class T> struct remove_reference<T&> { using type = T; };
	template<class T> struct remove_reference<T&&> { using type = T; };
	template<class T> using remove_reference_t = typename remove_reference<T>::type;
	template<class T> constexpr remove_reference_t<T>&& move(T&& t) noexcept { return static_cast<remove_reference_t<T>&&>(t); }
	template<class T> constexpr T&& forward(remove_reference_t<T>& t) noexcept { return static_cast<T&&>(t); }

	template<typename TLock>
	struct [[nodiscard]] scoped_lock
	{
		explicit scoped_lock(TLock& lock) : m_lock(lock) { m_lock.lock(); }
		~scoped_lock() { m_lock.unlock(); }
		scoped_lock(scoped_lock const&) = delete;
		scoped_lock& operator=(scoped_lock const&) = delete;
	private:
		TLock& m_lock;
	};

	class fast_mutex
	{
	public:
		void init() { ExInitializeFastMutex(&m_mutex); }
		_IRQL_requires_max_(APC_LEVEL) _IRQL_raises_(APC_LEVEL) _IRQL_saves_ void lock() { ExAcquireFastMutex(&m_mutex); }
		_IRQL_requires_(APC_LEVEL) void unlock() { ExReleaseFastMutex(&m_mutex); }
	private:
		FAST_MUTEX m_mutex;
	};

	class executive_resource
	{
	public:
		NTSTATUS init() { return ::ExInitializeResourceLite(&m_res); }
		void destroy() { ::ExDeleteResourceLite(&m_res); }
		void lock() { ::ExEnterCriticalRegionAndAcquireResourceExclusive(&m_res); }
		void unlock() { ::ExReleaseResourceAndLeaveCriticalRegion(&m_res); }
		void lock_shared() { ::ExEnterCriticalRegionAndAcquireResourceShared(&m_res); }
		void unlock_shared() { ::ExReleaseResourceAndLeaveCriticalRegion(&m_res); }
	private:
		ERESOURCE m_res;
	};

	template<typename F>
	class scope_exit
	{
		F m_f;
		bool m_armed = true;
	public:
		explicit scope_exit(F&& f) : m_f(kstd::move(f)) {}
		scope_exit(scope_exit&& o) : m_f(kstd::move(o.m_f)), m_armed(o.m_armed) { o.m_armed = false; }
		~scope_exit() { if (m_armed) m_f(); }
		void release() { m_armed = false; }
	};
	template<typename F> scope_exit(F) -> scope_exit<F>;

	template<typename T>
	class unique_pool
	{
		T* m_p{};
	public:
		unique_pool() = default;
		explicit unique_pool(T* p) : m_p(p) {}
		unique_pool(unique_pool&& o) noexcept : m_p(o.detach()) {}
		unique_pool& operator=(unique_pool&& o) noexcept { if (this != &o) { reset(o.detach()); } return *this; }
		~unique_pool() { reset(); }
		void reset(T* p = nullptr) { if (m_p) ExFreePool(m_p); m_p = p; }
		[[nodiscard]] T* detach() { auto p = m_p; m_p = nullptr; return p; }
		T* get() const { return m_p; }
		T** operator&() { NT_ASSERT(!m_p); return &m_p; }
		T* operator->() const { return m_p; }
		explicit operator bool() const { return m_p != nullptr; }
	};
}
