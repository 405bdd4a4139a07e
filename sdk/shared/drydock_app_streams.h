// std::cout and its relatives in an application: the process's standard streams. Wide ones are no std::wostream, as the library's have
// characters of 32 bits: they take what is written to one (text, numbers, manipulators) and give it to the stream as UTF-8.
//
// Used by:  application builds; sdk/crt/iostream includes it. Source: the C++ standard.
#ifndef DRYDOCK_APP_STREAMS_H
#define DRYDOCK_APP_STREAMS_H

#include <iomanip>
#include <istream>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>
#include <type_traits>

#include "ntdef.h"

namespace drydock_streams {

class Buffer : public std::streambuf {
 public:
  explicit Buffer(int which) : which_(which) {}

 protected:
  int_type overflow(int_type c) override {
    if (!traits_type::eq_int_type(c, traits_type::eof()) && ::fputc(c, DrydockStream(which_)) < 0) return traits_type::eof();
    return traits_type::not_eof(c);
  }
  std::streamsize xsputn(const char *text, std::streamsize count) override {
    return static_cast<std::streamsize>(::fwrite(text, 1, static_cast<size_t>(count), DrydockStream(which_)));
  }
  int sync() override { return which_ == 0 ? 0 : ::fflush(DrydockStream(which_)); }
  int_type underflow() override {
    const int c = DrydockGetc(DrydockStream(which_));
    if (c < 0) return traits_type::eof();
    last_ = static_cast<char>(c);
    setg(&last_, &last_, &last_ + 1);
    return traits_type::to_int_type(last_);
  }

 private:
  int which_;
  char last_ = 0;
};

inline std::string Narrow(std::wstring_view text) {
  std::string narrow;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned long long c = static_cast<unsigned short>(text[i]);
    if (c >= 0xD800 && c < 0xDC00 && i + 1 < text.size()) c = 0x10000 + ((c - 0xD800) << 10) + (static_cast<unsigned short>(text[++i]) - 0xDC00);
    if (c < 0x80) {
      narrow += static_cast<char>(c);
      continue;
    }
    const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    narrow += static_cast<char>((more == 1 ? 0xC0 : more == 2 ? 0xE0 : 0xF0) | c >> (6 * more));
    for (int shift = more - 1; shift >= 0; --shift) narrow += static_cast<char>(0x80 | (c >> (6 * shift) & 0x3F));
  }
  return narrow;
}
inline std::wstring Widen(std::string_view text) {
  std::wstring wide;
  for (size_t i = 0; i < text.size();) {
    const unsigned char first = static_cast<unsigned char>(text[i++]);
    const int more = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    unsigned long long c = more == 0 ? first : first & (0x3F >> more);
    for (int k = 0; k < more && i < text.size(); ++k) c = c << 6 | (static_cast<unsigned char>(text[i++]) & 0x3F);
    if (c >= 0x10000) {
      wide += static_cast<wchar_t>(0xD800 + ((c - 0x10000) >> 10));
      c = 0xDC00 + ((c - 0x10000) & 0x3FF);
    }
    wide += static_cast<wchar_t>(c);
  }
  return wide;
}

class WideOut {
 public:
  explicit WideOut(int which) : buffer_(which), stream_(&buffer_) {}
  template <class T>
  WideOut &operator<<(const T &value) {
    if constexpr (std::is_convertible_v<const T &, std::wstring_view>) stream_ << Narrow(value);
    else stream_ << value;
    return *this;
  }
  WideOut &operator<<(wchar_t c) {
    stream_ << Narrow(std::wstring_view(&c, 1));
    return *this;
  }
  WideOut &operator<<(decltype(std::setfill(wchar_t())) fill) {
    stream_.fill(static_cast<char>(fill._M_c));
    return *this;
  }
  WideOut &operator<<(std::ostream &(*manipulator)(std::ostream &)) {
    manipulator(stream_);
    return *this;
  }
  WideOut &operator<<(std::ios_base &(*manipulator)(std::ios_base &)) {
    manipulator(stream_);
    return *this;
  }
  WideOut &write(const wchar_t *text, std::streamsize count) { return *this << std::wstring_view(text, static_cast<size_t>(count)); }
  WideOut &put(wchar_t c) { return *this << c; }
  WideOut &flush() {
    stream_.flush();
    return *this;
  }
  std::ios_base::fmtflags flags() const { return stream_.flags(); }
  std::ios_base::fmtflags flags(std::ios_base::fmtflags flags) { return stream_.flags(flags); }
  std::ios_base::fmtflags setf(std::ios_base::fmtflags flags) { return stream_.setf(flags); }
  std::ios_base::fmtflags setf(std::ios_base::fmtflags flags, std::ios_base::fmtflags mask) { return stream_.setf(flags, mask); }
  void unsetf(std::ios_base::fmtflags mask) { stream_.unsetf(mask); }
  std::streamsize width(std::streamsize width) { return stream_.width(width); }
  std::streamsize precision(std::streamsize precision) { return stream_.precision(precision); }
  wchar_t fill(wchar_t c) { return static_cast<unsigned char>(stream_.fill(static_cast<char>(c))); }
  template <class Locale>
  void imbue(const Locale &) {}
  void clear() { stream_.clear(); }
  bool good() const { return stream_.good(); }
  bool fail() const { return stream_.fail(); }
  explicit operator bool() const { return !stream_.fail(); }

 private:
  Buffer buffer_;
  std::ostream stream_;
};

class WideIn {
 public:
  explicit WideIn(std::istream &stream) : stream_(stream) {}
  template <class T>
  WideIn &operator>>(T &value) {
    stream_ >> value;
    return *this;
  }
  WideIn &operator>>(std::wstring &text) {
    std::string narrow;
    if (stream_ >> narrow) text = Widen(narrow);
    return *this;
  }
  WideIn &operator>>(wchar_t &c) {
    char narrow;
    if (stream_ >> narrow) c = static_cast<unsigned char>(narrow);
    return *this;
  }
  WideIn &Line(std::wstring &text, wchar_t end) {
    std::string narrow;
    if (std::getline(stream_, narrow, static_cast<char>(end))) text = Widen(narrow);
    return *this;
  }
  WideIn &ignore(std::streamsize count = 1, int end = -1) {
    stream_.ignore(count, end);
    return *this;
  }
  int get() { return stream_.get(); }
  void clear() { stream_.clear(); }
  bool good() const { return stream_.good(); }
  bool fail() const { return stream_.fail(); }
  bool eof() const { return stream_.eof(); }
  explicit operator bool() const { return !stream_.fail(); }

 private:
  std::istream &stream_;
};

inline Buffer in_buffer(0), out_buffer(1), error_buffer(2), log_buffer(2);

}  // namespace drydock_streams

namespace std {
inline istream drydock_cin(&drydock_streams::in_buffer);
inline ostream drydock_cout(&drydock_streams::out_buffer), drydock_cerr(&drydock_streams::error_buffer), drydock_clog(&drydock_streams::log_buffer);
inline drydock_streams::WideOut drydock_wcout(1), drydock_wcerr(2), drydock_wclog(2);
inline drydock_streams::WideIn drydock_wcin(drydock_cin);
inline drydock_streams::WideIn &getline(drydock_streams::WideIn &in, wstring &text, wchar_t end = L'\n') { return in.Line(text, end); }
}  // namespace std

#define cin drydock_cin
#define cout drydock_cout
#define cerr drydock_cerr
#define clog drydock_clog
#define wcin drydock_wcin
#define wcout drydock_wcout
#define wcerr drydock_wcerr
#define wclog drydock_wclog

#endif  // DRYDOCK_APP_STREAMS_H
