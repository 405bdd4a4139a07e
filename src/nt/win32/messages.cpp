// FormatMessage: texts of the system's errors, and the caller's own, with their inserts.
#include <cstdarg>
#include <cstdlib>
#include <string>

#include "nt/ob/name_space.h"
#include "nt/rtl/format.h"
#include "nt/thread.h"
#include "nt/win32/resources.h"
#include "nt/win32/text.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

struct Message {
  DWORD code;
  const char16_t* text;
};
constexpr Message kMessages[] = {
    {ERROR_SUCCESS, u"The operation completed successfully."},
    {ERROR_INVALID_FUNCTION, u"Incorrect function."},
    {ERROR_FILE_NOT_FOUND, u"The system cannot find the file specified."},
    {ERROR_PATH_NOT_FOUND, u"The system cannot find the path specified."},
    {ERROR_ACCESS_DENIED, u"Access is denied."},
    {ERROR_INVALID_HANDLE, u"The handle is invalid."},
    {ERROR_NOT_ENOUGH_MEMORY, u"Not enough memory resources are available to process this command."},
    {ERROR_NOT_READY, u"The device is not ready."},
    {ERROR_GEN_FAILURE, u"A device attached to the system is not functioning."},
    {ERROR_SHARING_VIOLATION, u"The process cannot access the file because it is being used by another process."},
    {ERROR_HANDLE_EOF, u"Reached the end of the file."},
    {ERROR_NOT_SUPPORTED, u"The request is not supported."},
    {ERROR_FILE_EXISTS, u"The file exists."},
    {ERROR_INVALID_PARAMETER, u"The parameter is incorrect."},
    {ERROR_INSUFFICIENT_BUFFER, u"The data area passed to a system call is too small."},
    {ERROR_INVALID_NAME, u"The filename, directory name, or volume label syntax is incorrect."},
    {ERROR_MOD_NOT_FOUND, u"The specified module could not be found."},
    {ERROR_PROC_NOT_FOUND, u"The specified procedure could not be found."},
    {ERROR_BUSY, u"The requested resource is in use."},
    {ERROR_ALREADY_EXISTS, u"Cannot create a file when that file already exists."},
    {ERROR_MORE_DATA, u"More data is available."},
    {WAIT_TIMEOUT, u"The wait operation timed out."},
    {ERROR_NO_MORE_ITEMS, u"No more data is available."},
    {ERROR_OPERATION_ABORTED, u"The I/O operation has been aborted because of either a thread exit or an application request."},
    {ERROR_IO_INCOMPLETE, u"Overlapped I/O event is not in a signaled state."},
    {ERROR_IO_PENDING, u"Overlapped I/O operation is in progress."},
    {ERROR_IO_DEVICE, u"The request could not be performed because of an I/O device error."},
    {ERROR_DEVICE_NOT_CONNECTED, u"The device is not connected."},
    {ERROR_NOT_FOUND, u"Element not found."},
    {ERROR_NO_SYSTEM_RESOURCES, u"Insufficient system resources exist to complete the requested service."},
    {ERROR_TIMEOUT, u"This operation returned because the timeout period expired."},
    {ERROR_SERVICE_DOES_NOT_EXIST, u"The specified service does not exist as an installed service."},
    {ERROR_SERVICE_EXISTS, u"The specified service already exists."},
    {ERROR_SERVICE_ALREADY_RUNNING, u"An instance of the service is already running."},
    {ERROR_TOO_MANY_OPEN_FILES, u"The system cannot open the file."},
    {ERROR_INVALID_ACCESS, u"The access code is invalid."},
    {ERROR_INVALID_DATA, u"The data is invalid."},
    {ERROR_OUTOFMEMORY, u"Not enough memory resources are available to complete this operation."},
    {ERROR_NO_MORE_FILES, u"There are no more files."},
    {ERROR_WRITE_PROTECT, u"The media is write protected."},
    {ERROR_BAD_COMMAND, u"The device does not recognize the command."},
    {ERROR_CRC, u"Data error (cyclic redundancy check)."},
    {ERROR_BAD_LENGTH, u"The program issued a command but the command length is incorrect."},
    {ERROR_SEEK, u"The drive cannot locate a specific area or track on the disk."},
    {ERROR_WRITE_FAULT, u"The system cannot write to the specified device."},
    {ERROR_READ_FAULT, u"The system cannot read from the specified device."},
    {ERROR_LOCK_VIOLATION, u"The process cannot access the file because another process has locked a portion of the file."},
    {ERROR_DEV_NOT_EXIST, u"The specified network resource or device is no longer available."},
    {ERROR_BROKEN_PIPE, u"The pipe has been ended."},
    {ERROR_DISK_FULL, u"There is not enough space on the disk."},
    {ERROR_CALL_NOT_IMPLEMENTED, u"This function is not supported on this system."},
    {ERROR_SEM_TIMEOUT, u"The semaphore timeout period has expired."},
    {ERROR_DIR_NOT_EMPTY, u"The directory is not empty."},
    {ERROR_BAD_PATHNAME, u"The specified path is invalid."},
    {ERROR_BAD_EXE_FORMAT, u"%1 is not a valid Win32 application."},
    {ERROR_ENVVAR_NOT_FOUND, u"The system could not find the environment option that was entered."},
    {ERROR_FILENAME_EXCED_RANGE, u"The filename or extension is too long."},
    {ERROR_DIRECTORY, u"The directory name is invalid."},
    {ERROR_INVALID_ADDRESS, u"Attempt to access invalid address."},
    {ERROR_NOT_OWNER, u"Attempt to release mutex not owned by caller."},
    {ERROR_MR_MID_NOT_FOUND, u"The system cannot find message text for message number 0x%1 in the message file for %2."},
    {ERROR_NOACCESS, u"Invalid access to memory location."},
    {ERROR_INVALID_USER_BUFFER, u"The supplied user buffer is not valid for the requested operation."},
    {ERROR_INVALID_FLAGS, u"Invalid flags."},
    {ERROR_INVALID_SERVICE_CONTROL, u"The requested control is not valid for this service."},
    {ERROR_SERVICE_DISABLED, u"The service cannot be started, either because it is disabled or because it has no enabled devices associated with it."},
    {ERROR_SERVICE_NOT_ACTIVE, u"The service has not been started."},
    {ERROR_FAILED_SERVICE_CONTROLLER_CONNECT, u"The service process could not connect to the service controller."},
    {ERROR_SERVICE_MARKED_FOR_DELETE, u"The specified service has been marked for deletion."},
    {ERROR_DEVICE_REMOVED, u"The device has been removed."},
    {ERROR_PRIVILEGE_NOT_HELD, u"A required privilege is not held by the client."},
    {ERROR_INVALID_SID, u"The security ID structure is invalid."},
    {ERROR_KEY_DELETED, u"Illegal operation attempted on a registry key that has been marked for deletion."},
    {ERROR_INVALID_WINDOW_HANDLE, u"Invalid window handle."},
    {4201, u"The instance name passed was not recognized as valid by a WMI data provider."},
};


// Arguments by number: an array, or a list that is read as far as it was asked.
class Inserts {
 public:
  Inserts(DWORD flags, va_list* arguments) {
    if (arguments == nullptr || (flags & FORMAT_MESSAGE_IGNORE_INSERTS)) return;
    if (flags & FORMAT_MESSAGE_ARGUMENT_ARRAY) array_ = reinterpret_cast<const ULONG_PTR*>(arguments);
    else list_ = arguments;
  }
  bool any() const { return array_ != nullptr || list_ != nullptr; }
  ULONG_PTR at(unsigned number) {
    if (array_ != nullptr) return array_[number];
    while (known_ <= number) values_[known_++] = va_arg(*list_, ULONG_PTR);
    return values_[number];
  }

 private:
  const ULONG_PTR* array_ = nullptr;
  va_list* list_ = nullptr;
  ULONG_PTR values_[100] = {};
  unsigned known_ = 0;
};

template <class Character>
std::u16string Formatted(const char16_t* format, ...) {
  std::u16string text;
  va_list arguments;
  va_start(arguments, format);
  if constexpr (sizeof(Character) == 2) {
    char16_t room[1024];
    rtl::FormatW(room, 1024, format, arguments);
    text = room;
  } else {
    text = ob::ToUtf16(rtl::Format(ob::ToUtf8(format).c_str(), arguments));
  }
  va_end(arguments);
  return text;
}

// %1 to %99, with a printf format between exclamation marks behind it (a string without); %n, %r, %b, %t, %0 and escaped signs.
template <class Character>
std::u16string Expand(const std::u16string& text, DWORD flags, va_list* arguments) {
  Inserts inserts(flags, arguments);
  std::u16string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != u'%' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char16_t sign = text[++i];
    if (sign >= u'1' && sign <= u'9') {
      size_t end = i + 1;
      unsigned number = static_cast<unsigned>(sign - u'0');
      if (end < text.size() && text[end] >= u'0' && text[end] <= u'9') number = number * 10 + static_cast<unsigned>(text[end++] - u'0');
      std::u16string format = u"%s";
      if (end < text.size() && text[end] == u'!') {
        const size_t close = text.find(u'!', end + 1);
        if (close != std::u16string::npos) {
          format = u"%" + text.substr(end + 1, close - end - 1);
          end = close + 1;
        }
      }
      if (inserts.any()) out += Formatted<Character>(format.c_str(), inserts.at(number - 1));
      else out += text.substr(i - 1, end - i + 1);
      i = end - 1;
    } else if (sign == u'0') {
      break;
    } else {
      out += sign == u'n' ? u"\r\n" : sign == u'r' ? u"\r" : sign == u't' ? u"\t" : sign == u'b' ? u" " : std::u16string(1, sign);
    }
  }
  return out;
}

std::u16string OnOneLine(const std::u16string& text) {
  std::u16string line;
  for (const char16_t c : text)
    if (c == u'\n') line += u' ';
    else if (c != u'\r') line += c;
  return line;
}

template <class Character>
bool FindMessage(DWORD flags, const void* source, DWORD id, WORD language, va_list* arguments, std::u16string* text) {
  if (flags & FORMAT_MESSAGE_FROM_STRING) {
    if constexpr (sizeof(Character) == 2) *text = static_cast<const char16_t*>(source);
    else *text = ob::ToUtf16(static_cast<const char*>(source));
    *text = Expand<Character>(*text, flags, arguments);
    return true;
  }
  if (flags & FORMAT_MESSAGE_FROM_HMODULE) {
    const MessageSearch found = FindTableMessage(source, id, language, text);
    if (found == MessageSearch::kFound) {
      if (!(flags & FORMAT_MESSAGE_IGNORE_INSERTS)) *text = Expand<Character>(*text, flags, arguments);
      if ((flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) == FORMAT_MESSAGE_MAX_WIDTH_MASK) *text = OnOneLine(*text);
      return true;
    }
    // The system's own modules have the system's texts.
    if (found == MessageSearch::kNotFound && !(flags & FORMAT_MESSAGE_FROM_SYSTEM)) return false;
  }
  if ((id & 0xFFFF0000u) == 0x80070000u) id &= 0xFFFF;  // HRESULT_FROM_WIN32
  for (const Message& message : kMessages) {
    if (message.code != id) continue;
    *text = message.text;
    if (std::u16string_view(message.text).find(u'%') != std::u16string_view::npos && !(flags & FORMAT_MESSAGE_IGNORE_INSERTS) && arguments == nullptr) {
      CurrentThread().last_error = ERROR_INVALID_PARAMETER;
      return false;
    }
    *text = flags & FORMAT_MESSAGE_IGNORE_INSERTS ? *text : Expand<Character>(*text, flags, arguments);
    *text += (flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) == FORMAT_MESSAGE_MAX_WIDTH_MASK ? u" " : u"\r\n";
    return true;
  }
  CurrentThread().last_error = ERROR_MR_MID_NOT_FOUND;
  return false;
}

template <class Character>
DWORD GiveMessage(DWORD flags, const std::u16string& text, Character* buffer, DWORD size) {
  if (!(flags & FORMAT_MESSAGE_ALLOCATE_BUFFER)) {
    const DWORD length = GiveText(text, buffer, size);
    if (length < size) return length;
    CurrentThread().last_error = ERROR_INSUFFICIENT_BUFFER;
    return 0;
  }
  const DWORD room = static_cast<DWORD>(text.size()) * 3 + 1;
  auto* memory = static_cast<Character*>(LocalAlloc(LPTR, (room > size ? room : size) * sizeof(Character)));
  std::memcpy(buffer, &memory, sizeof memory);
  return memory != nullptr ? GiveText(text, memory, room) : 0;
}

}  // namespace

extern "C" {

DWORD FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId, LPWSTR lpBuffer, DWORD nSize, va_list* Arguments) {
  std::u16string text;
  return FindMessage<WCHAR>(dwFlags, lpSource, dwMessageId, static_cast<WORD>(dwLanguageId), Arguments, &text) ? GiveMessage(dwFlags, text, lpBuffer, nSize) : 0;
}
DWORD FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId, LPSTR lpBuffer, DWORD nSize, va_list* Arguments) {
  std::u16string text;
  return FindMessage<CHAR>(dwFlags, lpSource, dwMessageId, static_cast<WORD>(dwLanguageId), Arguments, &text) ? GiveMessage(dwFlags, text, lpBuffer, nSize) : 0;
}

}  // extern "C"
