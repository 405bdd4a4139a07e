// Threads, locks and clocks of the C++ library inside an image of user mode: std::thread, std::jthread, std::mutex and its kin,
// std::condition_variable, std::call_once, std::future, waits for atomics (and so semaphores, latches, barriers, stop tokens), std::this_thread,
// the clocks of <chrono>. They are the machine's, by way of Win32, as on Windows.
//
// Linked into every UMDF driver and application. The library's own names are defined here, hidden: what the image calls by them ends here, and
// nothing outside the image does. C, so that none of the library's headers has to be parsed; its functions go by their mangled names.
// Source: the Itanium C++ ABI, POSIX, libstdc++'s public headers.
#include <windows.h>

#define HERE __attribute__((visibility("hidden"), used))

// As glibc lays it out: a recursive mutex says so in `kind` (PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP), everything else begins as zero.
typedef struct {
  unsigned unused;
  unsigned count;  // of a recursive one: how often it was entered again
  DWORD owner;     // of a recursive one
  unsigned unused2;
  int kind;
  int unused3;
  SRWLOCK lock;
  void *unused4;
} MUTEX;
_Static_assert(sizeof(MUTEX) == 40, "pthread_mutex_t");
enum { kRecursive = 1, kBusy = 16, kTimedOut = 110, kTryAgain = 11, kNotPermitted = 1, kRealTime = 0 };

typedef struct {
  long long seconds, nanoseconds;
} MOMENT;  // struct timespec

HERE long long _ZNSt6chrono3_V212system_clock3nowEv(void) {
  FILETIME now;
  GetSystemTimePreciseAsFileTime(&now);
  return ((long long)(((unsigned long long)now.dwHighDateTime << 32) | now.dwLowDateTime) - 116444736000000000LL) * 100;
}
HERE long long _ZNSt6chrono3_V212steady_clock3nowEv(void) {
  LARGE_INTEGER now, each;
  QueryPerformanceFrequency(&each);
  QueryPerformanceCounter(&now);
  return now.QuadPart / each.QuadPart * 1000000000LL + now.QuadPart % each.QuadPart * 1000000000LL / each.QuadPart;
}

// Milliseconds until then, at least what is left of the last one.
static DWORD Until(int clock, const MOMENT *when) {
  const long long now = clock == kRealTime ? _ZNSt6chrono3_V212system_clock3nowEv() : _ZNSt6chrono3_V212steady_clock3nowEv();
  const long long seconds = when->seconds - now / 1000000000LL;
  if (seconds > 4000000) return 4000000000u;
  const long long left = seconds * 1000000000LL + when->nanoseconds - now % 1000000000LL;
  return left <= 0 ? 0 : (DWORD)((left + 999999) / 1000000);
}

HERE int pthread_mutex_lock(MUTEX *mutex) {
  if (mutex->kind == kRecursive) {
    if (__atomic_load_n(&mutex->owner, __ATOMIC_RELAXED) == GetCurrentThreadId()) return ++mutex->count, 0;
    AcquireSRWLockExclusive(&mutex->lock);
    __atomic_store_n(&mutex->owner, GetCurrentThreadId(), __ATOMIC_RELAXED);
    return 0;
  }
  AcquireSRWLockExclusive(&mutex->lock);
  return 0;
}
HERE int pthread_mutex_trylock(MUTEX *mutex) {
  const int recursive = mutex->kind == kRecursive;
  if (recursive && __atomic_load_n(&mutex->owner, __ATOMIC_RELAXED) == GetCurrentThreadId()) return ++mutex->count, 0;
  if (!TryAcquireSRWLockExclusive(&mutex->lock)) return kBusy;
  if (recursive) __atomic_store_n(&mutex->owner, GetCurrentThreadId(), __ATOMIC_RELAXED);
  return 0;
}
HERE int pthread_mutex_unlock(MUTEX *mutex) {
  if (mutex->kind == kRecursive) {
    if (mutex->count != 0) return --mutex->count, 0;
    __atomic_store_n(&mutex->owner, 0, __ATOMIC_RELAXED);
  }
  ReleaseSRWLockExclusive(&mutex->lock);
  return 0;
}
// Windows' locks know no time-out: asks once in a millisecond.
HERE int pthread_mutex_clocklock(MUTEX *mutex, int clock, const MOMENT *when) {
  while (pthread_mutex_trylock(mutex) != 0) {
    if (Until(clock, when) == 0) return kTimedOut;
    Sleep(1);
  }
  return 0;
}
HERE int pthread_mutex_timedlock(MUTEX *mutex, const MOMENT *when) { return pthread_mutex_clocklock(mutex, kRealTime, when); }
HERE int pthread_mutex_init(MUTEX *mutex, const int *kind) {
  ZeroMemory(mutex, sizeof *mutex);
  if (kind != NULL) mutex->kind = *kind;
  return 0;
}
HERE int pthread_mutex_destroy(MUTEX *mutex) { return (void)mutex, 0; }
HERE int pthread_mutexattr_init(int *kind) { return *kind = 0, 0; }
HERE int pthread_mutexattr_settype(int *kind, int type) { return *kind = type, 0; }
HERE int pthread_mutexattr_destroy(int *kind) { return (void)kind, 0; }

// std::shared_mutex: 56 bytes of zero.
typedef struct {
  SRWLOCK lock;
  int exclusive;
} SHARED;
HERE int pthread_rwlock_rdlock(SHARED *shared) { return AcquireSRWLockShared(&shared->lock), 0; }
HERE int pthread_rwlock_tryrdlock(SHARED *shared) { return TryAcquireSRWLockShared(&shared->lock) ? 0 : kBusy; }
HERE int pthread_rwlock_wrlock(SHARED *shared) {
  AcquireSRWLockExclusive(&shared->lock);
  shared->exclusive = 1;
  return 0;
}
HERE int pthread_rwlock_trywrlock(SHARED *shared) {
  if (!TryAcquireSRWLockExclusive(&shared->lock)) return kBusy;
  shared->exclusive = 1;
  return 0;
}
HERE int pthread_rwlock_unlock(SHARED *shared) {
  if (!shared->exclusive) return ReleaseSRWLockShared(&shared->lock), 0;  // nobody writes it while the lock is shared
  shared->exclusive = 0;
  ReleaseSRWLockExclusive(&shared->lock);
  return 0;
}
static int LockBy(int (*attempt)(SHARED *), SHARED *shared, int clock, const MOMENT *when) {
  while (attempt(shared) != 0) {
    if (Until(clock, when) == 0) return kTimedOut;
    Sleep(1);
  }
  return 0;
}
HERE int pthread_rwlock_clockrdlock(SHARED *shared, int clock, const MOMENT *when) { return LockBy(pthread_rwlock_tryrdlock, shared, clock, when); }
HERE int pthread_rwlock_clockwrlock(SHARED *shared, int clock, const MOMENT *when) { return LockBy(pthread_rwlock_trywrlock, shared, clock, when); }
HERE int pthread_rwlock_timedrdlock(SHARED *shared, const MOMENT *when) { return pthread_rwlock_clockrdlock(shared, kRealTime, when); }
HERE int pthread_rwlock_timedwrlock(SHARED *shared, const MOMENT *when) { return pthread_rwlock_clockwrlock(shared, kRealTime, when); }
HERE int pthread_rwlock_init(SHARED *shared, const void *attributes) { return (void)attributes, shared->lock.Ptr = NULL, shared->exclusive = 0, 0; }
HERE int pthread_rwlock_destroy(SHARED *shared) { return (void)shared, 0; }

// A recursive mutex is left as often as it was entered, and has its owner and count back behind the wait.
static int Wait(CONDITION_VARIABLE *condition, MUTEX *mutex, DWORD milliseconds) {
  const DWORD owner = mutex->owner;
  const unsigned count = mutex->count;
  if (mutex->kind == kRecursive) {
    mutex->count = 0;
    __atomic_store_n(&mutex->owner, 0, __ATOMIC_RELAXED);
  }
  const BOOL woken = SleepConditionVariableSRW(condition, &mutex->lock, milliseconds, 0);
  if (mutex->kind == kRecursive) {
    mutex->count = count;
    __atomic_store_n(&mutex->owner, owner, __ATOMIC_RELAXED);
  }
  return woken ? 0 : kTimedOut;
}
HERE int pthread_cond_wait(CONDITION_VARIABLE *condition, MUTEX *mutex) { return Wait(condition, mutex, INFINITE); }
HERE int pthread_cond_clockwait(CONDITION_VARIABLE *condition, MUTEX *mutex, int clock, const MOMENT *when) {
  return Wait(condition, mutex, Until(clock, when));
}
HERE int pthread_cond_timedwait(CONDITION_VARIABLE *condition, MUTEX *mutex, const MOMENT *when) { return Wait(condition, mutex, Until(kRealTime, when)); }
HERE int pthread_cond_signal(CONDITION_VARIABLE *condition) { return WakeConditionVariable(condition), 0; }
HERE int pthread_cond_broadcast(CONDITION_VARIABLE *condition) { return WakeAllConditionVariable(condition), 0; }
HERE int pthread_cond_init(CONDITION_VARIABLE *condition, const void *attributes) { return (void)attributes, condition->Ptr = NULL, 0; }
HERE int pthread_cond_destroy(CONDITION_VARIABLE *condition) { return (void)condition, 0; }
// std::condition_variable is one of these; the first word of a std::unique_lock is its mutex.
HERE void _ZNSt18condition_variableC1Ev(CONDITION_VARIABLE *condition) { ZeroMemory(condition, 48); }
HERE void _ZNSt18condition_variableD1Ev(CONDITION_VARIABLE *condition) { (void)condition; }
HERE void _ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE(CONDITION_VARIABLE *condition, MUTEX **lock) { Wait(condition, *lock, INFINITE); }
HERE void _ZNSt18condition_variable10notify_oneEv(CONDITION_VARIABLE *condition) { WakeConditionVariable(condition); }
HERE void _ZNSt18condition_variable10notify_allEv(CONDITION_VARIABLE *condition) { WakeAllConditionVariable(condition); }

// 0: not begun, 1: under way, 2: done. An exception leaves it as not begun.
static void EndOnce(int **once) {
  if (*once == NULL) return;
  __atomic_store_n(*once, 0, __ATOMIC_RELEASE);
  WakeByAddressAll(*once);
}
HERE int pthread_once(int *once, void (*routine)(void)) {
  for (;;) {
    int seen = 0, busy = 1;
    if (__atomic_compare_exchange_n(once, &seen, 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
      __attribute__((cleanup(EndOnce))) int *unfinished = once;
      routine();
      unfinished = NULL;
      __atomic_store_n(once, 2, __ATOMIC_RELEASE);
      WakeByAddressAll(once);
      return 0;
    }
    if (seen == 2) return 0;
    WaitOnAddress(once, &busy, sizeof busy, INFINITE);
  }
}

// A std::thread is the id of its thread; its state is an object with a virtual _M_run behind the two entries of its destructor.
typedef struct _STATE {
  void (**functions)(struct _STATE *);
} STATE;
static void DeleteState(STATE **state) { (*state)->functions[1](*state); }
static DWORD Run(LPVOID argument) {
  __attribute__((cleanup(DeleteState))) STATE *state = (STATE *)argument;
  state->functions[2](state);
  return 0;
}
void _ZSt20__throw_system_errori(int error);
HERE void _ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE(unsigned long long *thread, STATE **state,
                                                                                                void (*depend)(void)) {
  (void)depend;
  DWORD id = 0;
  STATE *run = *state;
  *state = NULL;  // it is the thread's now
  const HANDLE handle = CreateThread(NULL, 0, Run, run, 0, &id);
  if (handle == NULL) {
    *state = run;
    _ZSt20__throw_system_errori(kTryAgain);
  }
  *thread = id;
  CloseHandle(handle);
}
HERE void _ZNSt6thread4joinEv(unsigned long long *thread) {
  if (*thread == 0) _ZSt20__throw_system_errori(22);                        // EINVAL
  if (*thread == GetCurrentThreadId()) _ZSt20__throw_system_errori(35);     // EDEADLK
  const HANDLE handle = OpenThread(SYNCHRONIZE, FALSE, (DWORD)*thread);     // there is none once it has ended
  if (handle != NULL) {
    WaitForSingleObject(handle, INFINITE);
    CloseHandle(handle);
  }
  *thread = 0;
}
HERE void _ZNSt6thread6detachEv(unsigned long long *thread) {
  if (*thread == 0) _ZSt20__throw_system_errori(22);
  *thread = 0;
}
HERE unsigned _ZNSt6thread20hardware_concurrencyEv(void) {
  DWORD_PTR all = 0, ours = 0;
  unsigned count = 0;
  for (GetProcessAffinityMask(GetCurrentProcess(), &ours, &all); all != 0; all &= all - 1) ++count;
  return count;
}
HERE unsigned long long pthread_self(void) { return GetCurrentThreadId(); }
HERE int pthread_equal(unsigned long long a, unsigned long long b) { return a == b; }
HERE int sched_yield(void) { return SwitchToThread(), 0; }
HERE int SleepFor(const MOMENT *time, MOMENT *left) __asm__("nanosleep");  // declared by <time.h>, of other types
int SleepFor(const MOMENT *time, MOMENT *left) {
  (void)left;
  Sleep((DWORD)(time->seconds * 1000 + (time->nanoseconds + 999999) / 1000000));
  return 0;
}

// The word of a std::future that changes once it is ready.
static unsigned char FutureWait(unsigned *word, unsigned value, BOOL timed, int clock, long long seconds, long long nanoseconds) {
  const MOMENT when = {seconds, nanoseconds};
  const DWORD time = timed ? Until(clock, &when) : INFINITE;
  return WaitOnAddress(word, &value, sizeof value, time) || GetLastError() != ERROR_TIMEOUT;
}
HERE unsigned char _ZNSt28__atomic_futex_unsigned_base19_M_futex_wait_untilEPjjbNSt6chrono8durationIlSt5ratioILl1ELl1EEEENS2_IlS3_ILl1ELl1000000000EEEE(
    void *self, unsigned *word, unsigned value, unsigned char timed, long long seconds, long long nanoseconds) {
  (void)self;
  return FutureWait(word, value, timed, kRealTime, seconds, nanoseconds);
}
HERE unsigned char _ZNSt28__atomic_futex_unsigned_base26_M_futex_wait_until_steadyEPjjbNSt6chrono8durationIlSt5ratioILl1ELl1EEEENS2_IlS3_ILl1ELl1000000000EEEE(
    void *self, unsigned *word, unsigned value, unsigned char timed, long long seconds, long long nanoseconds) {
  (void)self;
  return FutureWait(word, value, timed, 1, seconds, nanoseconds);
}
HERE void _ZNSt28__atomic_futex_unsigned_base19_M_futex_notify_allEPj(unsigned *word) { WakeByAddressAll(word); }

// Waits for atomics: the library's headers call the kernel themselves, and only for this.
HERE char __libc_single_threaded = 0;  // counts of std::shared_ptr are always atomic
int *__errno_location(void);
HERE long syscall(long number, ...) {
  enum { kFutex = 202, kWait = 0, kWake = 1, kWaitUntil = 9, kRealTimeFlag = 256, kNotThere = 38 };
  __builtin_va_list arguments;
  __builtin_va_start(arguments, number);
  unsigned *const word = __builtin_va_arg(arguments, unsigned *);
  const int operation = __builtin_va_arg(arguments, int);
  unsigned value = __builtin_va_arg(arguments, unsigned);  // how many to wake, or what to wait for the change of
  const MOMENT *const when = (operation & 127) == kWaitUntil ? __builtin_va_arg(arguments, const MOMENT *) : NULL;
  __builtin_va_end(arguments);
  if (number != kFutex || ((operation & 127) != kWait && (operation & 127) != kWake && (operation & 127) != kWaitUntil)) {
    *__errno_location() = kNotThere;
    return -1;
  }
  if ((operation & 127) == kWake) {
    if (value == 1) WakeByAddressSingle(word);
    else WakeByAddressAll(word);
    return 0;
  }
  const DWORD time = when != NULL ? Until((operation & kRealTimeFlag) != 0 ? kRealTime : 1, when) : INFINITE;
  if (WaitOnAddress(word, &value, sizeof value, time)) return 0;
  *__errno_location() = kTimedOut;
  return -1;
}

// Ends the process: an application with Windows' code, a driver's host with a report that tells where.
#ifdef DRYDOCK_APP_BUILD
__attribute__((noreturn)) void DrydockAbort(void);
HERE __attribute__((noreturn)) void Abort(void) __asm__("abort");
void Abort(void) { DrydockAbort(); }
#else
HERE __attribute__((noreturn)) void Abort(void) __asm__("abort");
void Abort(void) { __builtin_trap(); }
#endif
