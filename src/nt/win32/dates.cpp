// GetDateFormat, GetTimeFormat: English (United States).
#include <cstdio>
#include <string>
#include <string_view>

#include "nt/ob/name_space.h"
#include "nt/thread.h"
#include "nt/win32/program.h"
#include "nt/win32/text.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

constexpr const char* kDays[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr const char* kMonths[] = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"};

std::string Digits(unsigned number, size_t least) {
  std::string text = std::to_string(number);
  return std::string(text.size() < least ? least - text.size() : 0, '0') + text;
}

// The month and the day stand within their ranges.
std::string Part(const SYSTEMTIME& time, char letter, size_t count) {
  const bool name = count >= 3;
  const auto words = [&](const char* whole) { return count == 3 ? std::string(whole, 3) : std::string(whole); };
  switch (letter) {
    case 'd': return name ? words(kDays[time.wDayOfWeek]) : Digits(time.wDay, count);
    case 'M': return name ? words(kMonths[time.wMonth - 1]) : Digits(time.wMonth, count);
    case 'y': return count >= 4 ? Digits(time.wYear, 4) : Digits(time.wYear % 100u, count);
    case 'h': return Digits((time.wHour + 11u) % 12 + 1, count);
    case 'H': return Digits(time.wHour, count);
    case 'm': return Digits(time.wMinute, count);
    case 's': return Digits(time.wSecond, count);
    default: return std::string(time.wHour < 12 ? "AM" : "PM", count == 1 ? 1 : 2);
  }
}

std::u16string Formatted(const SYSTEMTIME& time, std::u16string_view format, std::string_view letters) {
  std::u16string out;
  for (size_t i = 0; i < format.size();) {
    const char16_t c = format[i];
    if (c == u'\'') {
      for (++i; i < format.size(); ++i) {
        if (format[i] == u'\'') {
          if (i + 1 >= format.size() || format[i + 1] != u'\'') break;
          ++i;
        }
        out += format[i];
      }
      ++i;
    } else if (c < 0x80 && letters.find(static_cast<char>(c)) != std::string_view::npos) {
      size_t end = i;
      while (end < format.size() && format[end] == c) ++end;
      out += ob::ToUtf16(Part(time, static_cast<char>(c), end - i));
      i = end;
    } else {
      out += c;
      ++i;
    }
  }
  return out;
}

template <class Character>
int Give(const SYSTEMTIME* given, const char16_t* format, std::string_view letters, Character* buffer, int size) {
  LeaveIfEnded();
  SYSTEMTIME time;
  if (given != nullptr) time = *given;
  else GetSystemTime(&time);
  FILETIME moment;
  // The day of the week is made of the date.
  if (letters[0] == 'd' && (!SystemTimeToFileTime(&time, &moment) || !FileTimeToSystemTime(&moment, &time))) return Succeeded(STATUS_INVALID_PARAMETER), 0;
  if (size < 0 || (buffer == nullptr && size != 0) || time.wHour > 23 || time.wMinute > 59 || time.wSecond > 59) return Succeeded(STATUS_INVALID_PARAMETER), 0;
  const std::u16string text = Formatted(time, format, letters);
  const size_t needed = sizeof(Character) == 2 ? text.size() + 1 : ob::ToUtf8(text).size() + 1;
  if (size == 0) return static_cast<int>(needed);
  if (needed > static_cast<size_t>(size)) {
    CurrentThread().last_error = ERROR_INSUFFICIENT_BUFFER;
    return 0;
  }
  GiveText(text, buffer, static_cast<DWORD>(size));
  return static_cast<int>(needed);
}

const char16_t* DateFormat(DWORD flags) { return flags & DATE_LONGDATE ? u"dddd, MMMM d, yyyy" : u"M/d/yyyy"; }
const char16_t* TimeFormat(DWORD flags) {
  const bool day = flags & TIME_FORCE24HOURFORMAT, bare = flags & TIME_NOTIMEMARKER;
  if (flags & TIME_NOMINUTESORSECONDS) return day ? u"HH" : bare ? u"h" : u"h tt";
  if (flags & TIME_NOSECONDS) return day ? u"HH:mm" : bare ? u"h:mm" : u"h:mm tt";
  return day ? u"HH:mm:ss" : bare ? u"h:mm:ss" : u"h:mm:ss tt";
}

}  // namespace

extern "C" {

int GetDateFormatW(DWORD, DWORD dwFlags, const SYSTEMTIME* lpDate, LPCWSTR lpFormat, LPWSTR lpDateStr, int cchDate) {
  return Give(lpDate, lpFormat != nullptr ? lpFormat : DateFormat(dwFlags), "dMy", lpDateStr, cchDate);
}
int GetDateFormatA(DWORD, DWORD dwFlags, const SYSTEMTIME* lpDate, LPCSTR lpFormat, LPSTR lpDateStr, int cchDate) {
  return Give(lpDate, lpFormat != nullptr ? Wide(lpFormat).c_str() : DateFormat(dwFlags), "dMy", lpDateStr, cchDate);
}
int GetTimeFormatW(DWORD, DWORD dwFlags, const SYSTEMTIME* lpTime, LPCWSTR lpFormat, LPWSTR lpTimeStr, int cchTime) {
  return Give(lpTime, lpFormat != nullptr ? lpFormat : TimeFormat(dwFlags), "hHmst", lpTimeStr, cchTime);
}
int GetTimeFormatA(DWORD, DWORD dwFlags, const SYSTEMTIME* lpTime, LPCSTR lpFormat, LPSTR lpTimeStr, int cchTime) {
  return Give(lpTime, lpFormat != nullptr ? Wide(lpFormat).c_str() : TimeFormat(dwFlags), "hHmst", lpTimeStr, cchTime);
}

}  // extern "C"
