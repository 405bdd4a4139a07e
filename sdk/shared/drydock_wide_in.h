// Numbers that a std::wistream (std::wistringstream and its kin) is asked for: read by the narrow facet, as a character of the C++ library's
// own wide facets has 32 bits, one of an image 16.
//
// Used by:  sdk/crt/bits/istream.tcc. Source: the C++ standard, libstdc++'s public headers.
#ifndef DRYDOCK_WIDE_IN_H
#define DRYDOCK_WIDE_IN_H

#include <bits/locale_facets.h>
#include <bits/streambuf_iterator.h>

#include <limits>
#include <string>

namespace drydock_streams {

// Reads wide characters as narrow ones; those that have no narrow form belong to no number. Without a buffer: the end.
class WideReader {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char *;
  using reference = char;
  explicit WideReader(std::wstreambuf *buffer = nullptr) : buffer_(buffer) {}
  char operator*() const {
    const wchar_t c = std::wstreambuf::traits_type::to_char_type(buffer_->sgetc());
    return c < 0x7F ? static_cast<char>(c) : '\x7F';
  }
  WideReader &operator++() {
    buffer_->sbumpc();
    return *this;
  }
  friend bool operator==(const WideReader &a, const WideReader &b) { return a.AtEnd() == b.AtEnd(); }
  friend bool operator!=(const WideReader &a, const WideReader &b) { return !(a == b); }

 private:
  bool AtEnd() const {
    return buffer_ == nullptr || std::wstreambuf::traits_type::eq_int_type(buffer_->sgetc(), std::wstreambuf::traits_type::eof());
  }
  std::wstreambuf *buffer_;
};

template <class T>
std::wistream &GetNumber(std::wistream &stream, T &value) {
  struct Facet : std::num_get<char, WideReader> {};
  const std::wistream::sentry ready(stream);
  if (!ready) return stream;
  const Facet facet;
  std::ios_base::iostate state = std::ios_base::goodbit;
  facet.get(WideReader(stream.rdbuf()), WideReader(), stream, state, value);
  stream.setstate(state);
  return stream;
}

// The facet has no form for these two: read as long, and at most what there is room for.
template <class T>
std::wistream &GetShort(std::wistream &stream, T &value) {
  struct Facet : std::num_get<char, WideReader> {};
  const std::wistream::sentry ready(stream);
  if (!ready) return stream;
  const Facet facet;
  long number = 0;
  std::ios_base::iostate state = std::ios_base::goodbit;
  facet.get(WideReader(stream.rdbuf()), WideReader(), stream, state, number);
  const bool below = number < std::numeric_limits<T>::min(), above = number > std::numeric_limits<T>::max();
  value = below ? std::numeric_limits<T>::min() : above ? std::numeric_limits<T>::max() : static_cast<T>(number);
  if (below || above) state |= std::ios_base::failbit;
  stream.setstate(state);
  return stream;
}

}  // namespace drydock_streams

#define DRYDOCK_GET(...) \
  template <>            \
  template <>            \
  inline std::wistream &std::wistream::_M_extract<__VA_ARGS__>(__VA_ARGS__ & value) { return drydock_streams::GetNumber(*this, value); }
DRYDOCK_GET(bool)
DRYDOCK_GET(unsigned short)
DRYDOCK_GET(unsigned int)
DRYDOCK_GET(long)
DRYDOCK_GET(unsigned long)
DRYDOCK_GET(long long)
DRYDOCK_GET(unsigned long long)
DRYDOCK_GET(float)
DRYDOCK_GET(double)
DRYDOCK_GET(long double)
DRYDOCK_GET(void *)
#undef DRYDOCK_GET
template <>
inline std::wistream &std::wistream::operator>>(short &value) { return drydock_streams::GetShort(*this, value); }
template <>
inline std::wistream &std::wistream::operator>>(int &value) { return drydock_streams::GetShort(*this, value); }


namespace drydock_streams {

// Takes characters up to `end` or `most` of them; each goes to `take`, which may refuse one. What ended it is left, but for the end itself.
template <class Take>
std::ios_base::iostate TakeUntil(std::wistream &stream, std::streamsize most, std::wistream::int_type end, std::streamsize *taken, Take take) {
  using Traits = std::wistream::traits_type;
  for (;;) {
    if (most == 0) return std::ios_base::goodbit;
    const auto got = stream.rdbuf()->sgetc();
    if (Traits::eq_int_type(got, Traits::eof())) return std::ios_base::eofbit;
    const bool ends = Traits::eq_int_type(got, end);
    if (!ends && !take(Traits::to_char_type(got))) return std::ios_base::failbit;
    stream.rdbuf()->sbumpc();
    ++*taken;
    if (ends) return std::ios_base::goodbit;
    if (most != std::numeric_limits<std::streamsize>::max()) --most;
  }
}

}  // namespace drydock_streams

// Those that the library has compiled for wchar_t by name.
template <>
inline std::wistream &std::wistream::getline(wchar_t *text, std::streamsize size, wchar_t end) {
  _M_gcount = 0;
  std::ios_base::iostate state = std::ios_base::goodbit;
  wchar_t *to = text;
  if (const sentry ready(*this, true); ready)
    state = drydock_streams::TakeUntil(*this, std::numeric_limits<std::streamsize>::max(), traits_type::to_int_type(end), &_M_gcount,
                                       [&](wchar_t c) { return to - text + 1 < size && (*to++ = c, true); });
  if (size > 0) *to = 0;
  if (_M_gcount == 0) state |= std::ios_base::failbit;
  setstate(state);
  return *this;
}
template <>
inline std::wistream &std::wistream::ignore(std::streamsize count, int_type end) {
  _M_gcount = 0;
  std::ios_base::iostate state = std::ios_base::goodbit;
  if (const sentry ready(*this, true); ready && count > 0)
    state = drydock_streams::TakeUntil(*this, count, end, &_M_gcount, [](wchar_t) { return true; });
  setstate(state);
  return *this;
}
template <>
inline std::wistream &std::wistream::ignore(std::streamsize count) { return ignore(count, traits_type::eof()); }
namespace std {
template <>
inline wistream &getline(wistream &stream, wstring &text, wchar_t end) {
  text.clear();
  streamsize taken = 0;
  ios_base::iostate state = ios_base::goodbit;
  if (const wistream::sentry ready(stream, true); ready)
    state = drydock_streams::TakeUntil(stream, numeric_limits<streamsize>::max(), wistream::traits_type::to_int_type(end), &taken, [&](wchar_t c) { return text += c, true; });
  if (taken == 0) state |= ios_base::failbit;
  stream.setstate(state);
  return stream;
}
}  // namespace std

#endif  // DRYDOCK_WIDE_IN_H
