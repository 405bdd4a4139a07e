// Numbers that a std::wostream (std::wostringstream and its kin) is given: formatted by the narrow facet, as a character of the C++
// library's own wide facets has 32 bits, one of an image 16.
//
// Used by:  sdk/crt/bits/ostream.tcc. Source: the C++ standard, libstdc++'s public headers.
#ifndef DRYDOCK_WIDE_OUT_H
#define DRYDOCK_WIDE_OUT_H

#include <bits/locale_facets.h>
#include <bits/streambuf_iterator.h>

namespace drydock_streams {

// Writes what is narrow as wide characters.
class WideWriter {
 public:
  using iterator_category = std::output_iterator_tag;
  using value_type = void;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = void;
  static constexpr char kFill = '\1';  // stands for the fill, which may be no narrow character
  WideWriter(std::wstreambuf *buffer, wchar_t fill) : buffer_(buffer), fill_(fill) {}
  WideWriter &operator*() { return *this; }
  WideWriter &operator++() { return *this; }
  WideWriter &operator++(int) { return *this; }
  WideWriter &operator=(char c) {
    const wchar_t wide = c == kFill ? fill_ : static_cast<wchar_t>(c);
    if (!failed_) failed_ = std::wstreambuf::traits_type::eq_int_type(buffer_->sputc(wide), std::wstreambuf::traits_type::eof());
    return *this;
  }
  bool failed() const { return failed_; }

 private:
  std::wstreambuf *buffer_;
  wchar_t fill_;
  bool failed_ = false;
};

template <class T>
std::wostream &PutNumber(std::wostream &stream, T value) {
  struct Facet : std::num_put<char, WideWriter> {};
  const std::wostream::sentry ready(stream);
  if (!ready) return stream;
  const Facet facet;
  if (facet.put(WideWriter(stream.rdbuf(), stream.fill()), stream, WideWriter::kFill, value).failed()) stream.setstate(std::ios_base::badbit);
  return stream;
}

}  // namespace drydock_streams

#define DRYDOCK_PUT(...) \
  template <>            \
  template <>            \
  inline std::wostream &std::wostream::_M_insert<__VA_ARGS__>(__VA_ARGS__ value) { return drydock_streams::PutNumber(*this, value); }
DRYDOCK_PUT(bool)
DRYDOCK_PUT(long)
DRYDOCK_PUT(unsigned long)
DRYDOCK_PUT(long long)
DRYDOCK_PUT(unsigned long long)
DRYDOCK_PUT(double)
DRYDOCK_PUT(long double)
DRYDOCK_PUT(const void *)
#undef DRYDOCK_PUT

#endif  // DRYDOCK_WIDE_OUT_H
