// Calendar arithmetic between TIME_FIELDS and 100 ns since 1601-01-01, Gregorian throughout.
#include <ntddk.h>

namespace {

constexpr LONGLONG kTicksPerDay = 864'000'000'000;

// Days from 1601-01-01 to the given date (proleptic Gregorian; 1601 begins a 400-year cycle).
LONGLONG DaysFrom1601(int year, int month, int day) {
  int y = month <= 2 ? year - 1 : year;
  int m = month <= 2 ? month + 9 : month - 3;
  LONGLONG days = 365LL * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
  return days - 584694;  // the same sum for 1601-01-01
}

bool Leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int DaysIn(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && Leap(year) ? 29 : kDays[month - 1];
}

constexpr LONGLONG kTicksPerSecond = 10'000'000;
constexpr LONGLONG k1970 = 134774, k1980 = 138426;  // days from 1601-01-01

BOOLEAN SecondsSince(LONGLONG day, PLARGE_INTEGER time, PULONG seconds) {
  LONGLONG ticks = time->QuadPart - day * kTicksPerDay;
  if (ticks < 0 || ticks / kTicksPerSecond > 0xFFFFFFFFll) return FALSE;
  *seconds = static_cast<ULONG>(ticks / kTicksPerSecond);
  return TRUE;
}

}  // namespace

extern "C" {

VOID RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields) {
  LONGLONG days = Time->QuadPart / kTicksPerDay;
  LONGLONG rest = Time->QuadPart % kTicksPerDay;
  TimeFields->Weekday = static_cast<CSHORT>((days + 1) % 7);  // 1601-01-01 was a Monday
  int year = 1601 + static_cast<int>(days / 146097) * 400;
  days %= 146097;
  while (days >= (Leap(year) ? 366 : 365)) days -= Leap(year) ? 366 : 365, ++year;
  int month = 1;
  while (days >= DaysIn(year, month)) days -= DaysIn(year, month), ++month;
  TimeFields->Year = static_cast<CSHORT>(year);
  TimeFields->Month = static_cast<CSHORT>(month);
  TimeFields->Day = static_cast<CSHORT>(days + 1);
  LONGLONG milliseconds = rest / 10000;
  TimeFields->Milliseconds = static_cast<CSHORT>(milliseconds % 1000);
  TimeFields->Second = static_cast<CSHORT>(milliseconds / 1000 % 60);
  TimeFields->Minute = static_cast<CSHORT>(milliseconds / 60000 % 60);
  TimeFields->Hour = static_cast<CSHORT>(milliseconds / 3600000);
}

BOOLEAN RtlTimeFieldsToTime(PTIME_FIELDS TimeFields, PLARGE_INTEGER Time) {
  const TIME_FIELDS& f = *TimeFields;
  if (f.Year < 1601 || f.Month < 1 || f.Month > 12 || f.Day < 1 || f.Day > DaysIn(f.Year, f.Month) || f.Hour < 0 || f.Hour > 23 ||
      f.Minute < 0 || f.Minute > 59 || f.Second < 0 || f.Second > 59 || f.Milliseconds < 0 || f.Milliseconds > 999)
    return FALSE;
  LONGLONG milliseconds = ((f.Hour * 60LL + f.Minute) * 60 + f.Second) * 1000 + f.Milliseconds;
  Time->QuadPart = DaysFrom1601(f.Year, f.Month, f.Day) * kTicksPerDay + milliseconds * 10000;
  return TRUE;
}

// Seconds of 32 bits since 1970 and 1980; what lies outside them is refused.
BOOLEAN RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG ElapsedSeconds) { return SecondsSince(k1970, Time, ElapsedSeconds); }
BOOLEAN RtlTimeToSecondsSince1980(PLARGE_INTEGER Time, PULONG ElapsedSeconds) { return SecondsSince(k1980, Time, ElapsedSeconds); }
VOID RtlSecondsSince1970ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time) {
  Time->QuadPart = k1970 * kTicksPerDay + ElapsedSeconds * kTicksPerSecond;
}
VOID RtlSecondsSince1980ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time) {
  Time->QuadPart = k1980 * kTicksPerDay + ElapsedSeconds * kTicksPerSecond;
}

// A machine keeps UTC.
VOID ExSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime) { *LocalTime = *SystemTime; }
VOID ExLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime) { *SystemTime = *LocalTime; }

}  // extern "C"
