// The Win32 functions of user-mode drivers.
#include <ntddk.h>
#include <windows.h>
#include <objbase.h>

#include <cstring>
#include <string>

#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

class Win32Test : public testing::BothExecutors {};
DRYDOCK_BOTH_EXECUTORS(Win32Test);

struct Shared {
  HANDLE started = nullptr, go = nullptr;
  SRWLOCK lock = SRWLOCK_INIT;
  CONDITION_VARIABLE changed = CONDITION_VARIABLE_INIT;
  CRITICAL_SECTION section = {};
  int value = 0;
  int seen = 0;
};

TEST_P(Win32Test, AnEventWakesAWaiterAndAManualOneStaysSet) {
  HANDLE automatic = CreateEventW(nullptr, FALSE, TRUE, nullptr);
  HANDLE manual = CreateEventA(nullptr, TRUE, FALSE, nullptr);
  ASSERT_NE(automatic, nullptr);
  EXPECT_EQ(WaitForSingleObject(automatic, 0), WAIT_OBJECT_0);
  EXPECT_EQ(WaitForSingleObject(automatic, 0), static_cast<DWORD>(WAIT_TIMEOUT));
  const HANDLE both[] = {automatic, manual};
  EXPECT_EQ(WaitForMultipleObjects(2, both, FALSE, 5), static_cast<DWORD>(WAIT_TIMEOUT));
  EXPECT_TRUE(SetEvent(manual));
  EXPECT_EQ(WaitForMultipleObjects(2, both, FALSE, INFINITE), WAIT_OBJECT_0 + 1);
  EXPECT_EQ(WaitForMultipleObjects(2, both, TRUE, 5), static_cast<DWORD>(WAIT_TIMEOUT));
  EXPECT_TRUE(SetEvent(automatic));
  EXPECT_EQ(WaitForMultipleObjects(2, both, TRUE, INFINITE), WAIT_OBJECT_0);
  EXPECT_EQ(WaitForSingleObject(manual, 0), WAIT_OBJECT_0);
  EXPECT_TRUE(ResetEvent(manual));
  EXPECT_EQ(WaitForSingleObject(manual, 0), static_cast<DWORD>(WAIT_TIMEOUT));
  EXPECT_TRUE(CloseHandle(automatic));
  EXPECT_TRUE(CloseHandle(manual));
}

TEST_P(Win32Test, AWrongHandleIsAnErrorOfTheCallNotTheMachinesEnd) {
  HANDLE event = CreateEventW(nullptr, FALSE, FALSE, nullptr);
  ASSERT_TRUE(CloseHandle(event));
  SetLastError(ERROR_SUCCESS);
  EXPECT_FALSE(CloseHandle(event));
  EXPECT_EQ(GetLastError(), static_cast<DWORD>(ERROR_INVALID_HANDLE));
  EXPECT_EQ(WaitForSingleObject(nullptr, 0), WAIT_FAILED);
  EXPECT_FALSE(SetEvent(INVALID_HANDLE_VALUE));
  EXPECT_TRUE(bug_checks_.empty());
}

TEST_P(Win32Test, ANamedObjectIsSharedAndTheSecondMakerIsTold) {
  HANDLE first = CreateEventW(nullptr, TRUE, FALSE, u"Local\\Ready");
  EXPECT_EQ(GetLastError(), static_cast<DWORD>(ERROR_SUCCESS));
  HANDLE second = CreateEventA(nullptr, TRUE, FALSE, "Ready");
  EXPECT_EQ(GetLastError(), static_cast<DWORD>(ERROR_ALREADY_EXISTS));
  SetEvent(first);
  EXPECT_EQ(WaitForSingleObject(second, 0), WAIT_OBJECT_0);
  EXPECT_EQ(CreateSemaphoreW(nullptr, 0, 1, u"Ready"), nullptr);  // an event has that name
  CloseHandle(first);
  CloseHandle(second);
}

TEST_P(Win32Test, ASemaphoreCountsAndRefusesToPassItsLimit) {
  HANDLE semaphore = CreateSemaphoreW(nullptr, 1, 2, nullptr);
  LONG previous = -1;
  EXPECT_TRUE(ReleaseSemaphore(semaphore, 1, &previous));
  EXPECT_EQ(previous, 1);
  EXPECT_FALSE(ReleaseSemaphore(semaphore, 1, nullptr));
  EXPECT_EQ(GetLastError(), static_cast<DWORD>(ERROR_TOO_MANY_POSTS));
  EXPECT_EQ(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
  EXPECT_EQ(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
  EXPECT_EQ(WaitForSingleObject(semaphore, 0), static_cast<DWORD>(WAIT_TIMEOUT));
  EXPECT_EQ(CreateSemaphoreW(nullptr, 3, 2, nullptr), nullptr);
  CloseHandle(semaphore);
}

TEST_P(Win32Test, AThreadRunsAndItsHandleTellsItsEndAndCode) {
  Shared shared;
  shared.go = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  DWORD id = 0, code = 0;
  HANDLE thread = CreateThread(
      nullptr, 0,
      [](LPVOID parameter) -> DWORD {
        WaitForSingleObject(static_cast<Shared*>(parameter)->go, INFINITE);
        ExitThread(7);
      },
      &shared, 0, &id);
  ASSERT_NE(thread, nullptr);
  EXPECT_NE(id, GetCurrentThreadId());
  EXPECT_TRUE(GetExitCodeThread(thread, &code));
  EXPECT_EQ(code, STILL_ACTIVE);
  EXPECT_EQ(WaitForSingleObject(thread, 5), static_cast<DWORD>(WAIT_TIMEOUT));
  SetEvent(shared.go);
  EXPECT_EQ(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
  EXPECT_TRUE(GetExitCodeThread(thread, &code));
  EXPECT_EQ(code, 7u);
  CloseHandle(thread);
  CloseHandle(shared.go);
}

TEST_P(Win32Test, TheLastErrorBelongsToItsThread) {
  SetLastError(1234);
  HANDLE thread = CreateThread(
      nullptr, 0,
      [](LPVOID) -> DWORD {
        const DWORD mine = GetLastError();
        SetLastError(99);
        return mine;
      },
      nullptr, 0, nullptr);
  DWORD code = 1;
  WaitForSingleObject(thread, INFINITE);
  GetExitCodeThread(thread, &code);
  EXPECT_EQ(code, 0u);
  EXPECT_TRUE(CloseHandle(thread));
  SetLastError(1234);
  EXPECT_EQ(GetLastError(), 1234u);
}

TEST_P(Win32Test, ACriticalSectionKeepsOthersOutAndItsOwnerMayReenter) {
  Shared shared;
  InitializeCriticalSection(&shared.section);
  HANDLE threads[3];
  for (HANDLE& thread : threads) {
    thread = CreateThread(
        nullptr, 0,
        [](LPVOID parameter) -> DWORD {
          auto& shared = *static_cast<Shared*>(parameter);
          for (int i = 0; i < 50; ++i) {
            EnterCriticalSection(&shared.section);
            EnterCriticalSection(&shared.section);
            const int before = shared.value;
            SwitchToThread();
            shared.value = before + 1;
            LeaveCriticalSection(&shared.section);
            LeaveCriticalSection(&shared.section);
          }
          return 0;
        },
        &shared, 0, nullptr);
  }
  EXPECT_EQ(WaitForMultipleObjects(3, threads, TRUE, INFINITE), WAIT_OBJECT_0);
  EXPECT_EQ(shared.value, 150);
  EXPECT_TRUE(TryEnterCriticalSection(&shared.section));
  LeaveCriticalSection(&shared.section);
  DeleteCriticalSection(&shared.section);
  for (HANDLE thread : threads) CloseHandle(thread);
}

TEST_P(Win32Test, AConditionVariableWakesWhoSleepsOnItAndTimesOut) {
  Shared shared;
  HANDLE thread = CreateThread(
      nullptr, 0,
      [](LPVOID parameter) -> DWORD {
        auto& shared = *static_cast<Shared*>(parameter);
        AcquireSRWLockExclusive(&shared.lock);
        while (shared.value == 0)
          SleepConditionVariableSRW(&shared.changed, &shared.lock, INFINITE, 0);
        shared.seen = shared.value;
        ReleaseSRWLockExclusive(&shared.lock);
        return 0;
      },
      &shared, 0, nullptr);
  Sleep(2);
  AcquireSRWLockExclusive(&shared.lock);
  EXPECT_FALSE(TryAcquireSRWLockShared(&shared.lock));
  shared.value = 5;
  ReleaseSRWLockExclusive(&shared.lock);
  WakeAllConditionVariable(&shared.changed);
  EXPECT_EQ(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
  EXPECT_EQ(shared.seen, 5);
  AcquireSRWLockShared(&shared.lock);
  EXPECT_FALSE(SleepConditionVariableSRW(&shared.changed, &shared.lock, 3,
                                         CONDITION_VARIABLE_LOCKMODE_SHARED));
  EXPECT_EQ(GetLastError(), static_cast<DWORD>(ERROR_TIMEOUT));
  ReleaseSRWLockShared(&shared.lock);
  CloseHandle(thread);
}

TEST_P(Win32Test, LeavingACriticalSectionThatIsNotOnesOwnIsReported) {
  static CRITICAL_SECTION section;
  InitializeCriticalSection(&section);
  EXPECT_NE(BugCheckOf([] { LeaveCriticalSection(&section); }).words.find("LeaveCriticalSection"),
            std::string::npos);
}

TEST_P(Win32Test, SleepLetsTheMachinesTimePass) {
  const ULONGLONG before = GetTickCount64();
  LARGE_INTEGER frequency, start, end;
  QueryPerformanceFrequency(&frequency);
  QueryPerformanceCounter(&start);
  Sleep(20);
  QueryPerformanceCounter(&end);
  EXPECT_GE(GetTickCount64() - before, 20u);
  EXPECT_GE((end.QuadPart - start.QuadPart) * 1000 / frequency.QuadPart, 20);
  FILETIME file_time, again;
  SYSTEMTIME fields;
  GetSystemTimeAsFileTime(&file_time);
  ASSERT_TRUE(FileTimeToSystemTime(&file_time, &fields));
  EXPECT_GE(fields.wYear, 2000);
  ASSERT_TRUE(SystemTimeToFileTime(&fields, &again));
  EXPECT_EQ(again.dwHighDateTime, file_time.dwHighDateTime);
}

TEST_P(Win32Test, TheHeapGivesKeepsAndTakesBack) {
  auto* memory = static_cast<char*>(HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, 10));
  ASSERT_NE(memory, nullptr);
  EXPECT_EQ(HeapSize(GetProcessHeap(), 0, memory), 10u);
  std::strcpy(memory, "abc");
  memory = static_cast<char*>(HeapReAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, memory, 1000));
  EXPECT_STREQ(memory, "abc");
  EXPECT_TRUE(HeapFree(GetProcessHeap(), 0, memory));
  EXPECT_EQ(HeapAlloc(nullptr, 0, 10), nullptr);
  HLOCAL local = LocalAlloc(LPTR, 8);
  EXPECT_EQ(*static_cast<uint64_t*>(local), 0u);
  EXPECT_EQ(LocalFree(local), nullptr);
}

TEST_P(Win32Test, RegistryValuesAreWrittenReadAndTheirSizeIsTold) {
  HKEY key = nullptr;
  DWORD disposition = 0;
  ASSERT_EQ(RegCreateKeyExW(HKEY_LOCAL_MACHINE, u"Software\\Drydock", 0, nullptr, 0, KEY_ALL_ACCESS,
                            nullptr, &key, &disposition),
            ERROR_SUCCESS);
  DWORD value = 17, type = 0, size = 2;
  ASSERT_EQ(
      RegSetValueExW(key, u"Depth", 0, REG_DWORD, reinterpret_cast<BYTE*>(&value), sizeof value),
      ERROR_SUCCESS);
  value = 0;
  EXPECT_EQ(RegQueryValueExW(key, u"Depth", nullptr, &type, reinterpret_cast<BYTE*>(&value), &size),
            ERROR_MORE_DATA);
  EXPECT_EQ(size, 4u);
  EXPECT_EQ(RegQueryValueExW(key, u"depth", nullptr, &type, reinterpret_cast<BYTE*>(&value), &size),
            ERROR_SUCCESS);
  EXPECT_EQ(value, 17u);
  EXPECT_EQ(type, REG_DWORD);
  EXPECT_EQ(RegQueryValueExW(key, u"Width", nullptr, nullptr, nullptr, nullptr),
            ERROR_FILE_NOT_FOUND);
  EXPECT_EQ(RegDeleteValueW(key, u"Depth"), ERROR_SUCCESS);
  EXPECT_EQ(RegCloseKey(key), ERROR_SUCCESS);
  EXPECT_EQ(RegCloseKey(key), ERROR_INVALID_HANDLE);
  EXPECT_EQ(RegOpenKeyExW(HKEY_LOCAL_MACHINE, u"Software\\Nobody", 0, KEY_READ, &key),
            ERROR_FILE_NOT_FOUND);
}

TEST_P(Win32Test, ARefusedRemovalHasAnErrorOfItsOwn) {
  EXPECT_EQ(RtlNtStatusToDosErrorNoTeb(STATUS_PLUGPLAY_QUERY_VETOED), static_cast<ULONG>(ERROR_PLUGPLAY_QUERY_VETOED));
  EXPECT_NE(RtlNtStatusToDosErrorNoTeb(STATUS_PLUGPLAY_NO_DEVICE), static_cast<ULONG>(ERROR_MR_MID_NOT_FOUND));
}

TEST_P(Win32Test, DatesAndTimesAreWrittenAsInTheUnitedStates) {
  SYSTEMTIME time = {};
  time.wYear = 2024, time.wMonth = 5, time.wDay = 1, time.wHour = 15, time.wMinute = 4, time.wSecond = 9;
  WCHAR text[64];
  EXPECT_EQ(GetDateFormatW(LOCALE_USER_DEFAULT, DATE_SHORTDATE, &time, nullptr, text, 64), 9);
  EXPECT_EQ(std::u16string(text), u"5/1/2024");
  EXPECT_NE(GetDateFormatW(LOCALE_USER_DEFAULT, 0, &time, u"ddd, dd MMM yy 'o''clock'", text, 64), 0);
  EXPECT_EQ(std::u16string(text), u"Wed, 01 May 24 o'clock");
  char narrow[64];
  EXPECT_NE(GetTimeFormatA(LOCALE_USER_DEFAULT, 0, &time, nullptr, narrow, 64), 0);
  EXPECT_EQ(std::string(narrow), "3:04:09 PM");
  EXPECT_EQ(GetTimeFormatA(LOCALE_USER_DEFAULT, 0, &time, nullptr, nullptr, 0), 11);
  EXPECT_EQ(GetTimeFormatA(LOCALE_USER_DEFAULT, 0, &time, nullptr, narrow, 4), 0);
  EXPECT_EQ(GetLastError(), static_cast<DWORD>(ERROR_INSUFFICIENT_BUFFER));
}

TEST_P(Win32Test, AnIdentifierIsReadAndWritten) {
  GUID guid = {};
  WCHAR text[39];
  ASSERT_EQ(CLSIDFromString(u"{4d36e97d-e325-11ce-bfc1-08002be10318}", &guid), S_OK);
  EXPECT_EQ(guid.Data1, 0x4d36e97du);
  EXPECT_EQ(StringFromGUID2(&guid, text, 39), 39);
  EXPECT_EQ(std::u16string(text), u"{4D36E97D-E325-11CE-BFC1-08002BE10318}");
  EXPECT_EQ(StringFromGUID2(&guid, text, 38), 0);
  EXPECT_TRUE(FAILED(CLSIDFromString(u"{4d36e97d}", &guid)));
}

TEST_P(Win32Test, PrivilegesAreThereForWhoAsks) {
  LUID luid = {};
  EXPECT_TRUE(LookupPrivilegeValueA(nullptr, "SeShutdownPrivilege", &luid));
  EXPECT_EQ(luid.LowPart, 19u);
  EXPECT_FALSE(LookupPrivilegeValueW(nullptr, u"SeNothing", &luid));
  EXPECT_EQ(GetLastError(), static_cast<DWORD>(ERROR_NO_SUCH_PRIVILEGE));
}

TEST_P(Win32Test, PortSettingsAreReadFromText) {  // nf-winbase-buildcommdcbw
  DCB dcb = {};
  dcb.fOutxCtsFlow = 1;
  ASSERT_TRUE(BuildCommDCBW(u"COM3: baud=115200 parity=E data=7 stop=1.5 rts=hs dtr=off", &dcb));
  EXPECT_EQ(dcb.DCBlength, sizeof dcb);
  EXPECT_EQ(dcb.BaudRate, 115200u);
  EXPECT_EQ(dcb.Parity, EVENPARITY);
  EXPECT_EQ(dcb.ByteSize, 7);
  EXPECT_EQ(dcb.StopBits, ONE5STOPBITS);
  EXPECT_EQ(dcb.fRtsControl, static_cast<DWORD>(RTS_CONTROL_HANDSHAKE));
  EXPECT_EQ(dcb.fDtrControl, static_cast<DWORD>(DTR_CONTROL_DISABLE));
  EXPECT_EQ(dcb.fOutxCtsFlow, 1u) << "what is not named stays";
  COMMTIMEOUTS timeouts = {1, 1, 1, 1, 1};
  ASSERT_TRUE(BuildCommDCBAndTimeoutsA("96,n,8,1,x", &dcb, &timeouts));
  EXPECT_EQ(dcb.BaudRate, 9600u);
  EXPECT_EQ(dcb.fOutX, 1u);
  EXPECT_EQ(dcb.fOutxCtsFlow, 0u);
  EXPECT_EQ(timeouts.ReadIntervalTimeout, 0u);
  const DCB before = dcb;
  for (const char* wrong : {"", "baud", "baud=fast", "9600,n,9,1", "9600,q,8,1", "9600,n,8,1,z", "speed=9"}) {
    EXPECT_FALSE(BuildCommDCBA(wrong, &dcb)) << wrong;
    EXPECT_EQ(GetLastError(), static_cast<DWORD>(ERROR_INVALID_PARAMETER));
    EXPECT_EQ(std::memcmp(&before, &dcb, sizeof dcb), 0) << wrong;
  }
}

}  // namespace
}  // namespace drydock::nt
