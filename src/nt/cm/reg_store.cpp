// The registry, or a part of it, as .reg text.
#include <cstring>

#include "nt/cm/reg_names.h"
#include "nt/cm/registry.h"
#include "nt/cm/state.h"
#include "nt/rtl/upcase.h"
#include "nt/rtl/utf.h"

namespace drydock::nt::cm {
namespace {

bool StartsWith(std::u16string_view text, std::u16string_view start) {
  if (text.size() < start.size()) return false;
  for (size_t i = 0; i < start.size(); ++i)
    if (rtl::Upcase(text[i]) != rtl::Upcase(start[i])) return false;
  return text.size() == start.size() || text[start.size()] == u'\\';
}

class Writer {
 public:
  Writer() { text_.append(kRegHeader).append(u"\r\n"); }

  void Write(const KeyNode& key, const std::u16string& path) {
    const std::u16string name = NameOf(path);
    if (!name.empty()) {
      text_.append(u"\r\n[").append(name).append(u"]\r\n");
      for (const Value& value : key.values) Write(value);
    }
    for (const auto& [upper, child] : key.children) Write(*child, path + u"\\" + child->name);
  }

  std::string Take() const {
    std::string out(rtl::Utf8Length(text_.data(), text_.size()), '\0');
    rtl::ToUtf8(text_.data(), text_.size(), out.data());
    return out;
  }
  bool empty() const { return text_.find(u'[') == std::u16string::npos; }

 private:
  static std::u16string NameOf(const std::u16string& path) {
    for (const RootName& root : kRootNames)
      if (root.text != u"HKEY_CURRENT_USER" && root.text != u"HKEY_CLASSES_ROOT" && root.text != u"HKEY_CURRENT_CONFIG" &&
          StartsWith(path, root.path))
        return std::u16string(root.text) + path.substr(root.path.size());
    return {};
  }

  void Quote(std::u16string_view text) {
    text_ += u'"';
    for (char16_t c : text) {
      if (c == u'"' || c == u'\\') text_ += u'\\';
      text_ += c;
    }
    text_ += u'"';
  }
  void Hex(uint32_t number, int digits) {
    while (digits-- > 0) text_ += static_cast<char16_t>("0123456789abcdef"[number >> (4 * digits) & 15]);
  }

  // Text that quotes can carry: ends with its zero, has no other, is well-formed and stays on a line.
  static bool Quotable(const Value& value, std::u16string* text) {
    if (value.type != REG_SZ || value.data.size() < 2 || value.data.size() % 2) return false;
    text->resize(value.data.size() / 2);
    std::memcpy(text->data(), value.data.data(), value.data.size());
    if (text->back() != 0) return false;
    text->pop_back();
    for (size_t i = 0; i < text->size(); ++i) {
      char16_t c = (*text)[i];
      if (c < 0x20) return false;
      bool high = c >= 0xD800 && c < 0xDC00, low = c >= 0xDC00 && c < 0xE000;
      if (low) return false;
      if (high) {
        if (i + 1 >= text->size() || (*text)[i + 1] < 0xDC00 || (*text)[i + 1] >= 0xE000) return false;
        ++i;
      }
    }
    return true;
  }

  void Write(const Value& value) {
    size_t line = text_.size();
    if (value.name.empty()) text_ += u'@';
    else Quote(value.name);
    text_ += u'=';
    std::u16string quoted;
    if (Quotable(value, &quoted)) {
      Quote(quoted);
    } else if (value.type == REG_DWORD && value.data.size() == sizeof(uint32_t)) {
      uint32_t number;
      std::memcpy(&number, value.data.data(), sizeof number);
      text_ += u"dword:";
      Hex(number, 8);
    } else {
      text_ += u"hex";
      if (value.type != REG_BINARY) {
        text_ += u'(';
        int digits = 1;
        while (digits < 8 && value.type >> (4 * digits) != 0) ++digits;
        Hex(value.type, digits);
        text_ += u')';
      }
      text_ += u':';
      for (size_t i = 0; i < value.data.size(); ++i) {
        Hex(value.data[i], 2);
        if (i + 1 == value.data.size()) break;
        text_ += u',';
        if (text_.size() - line > 76) {
          text_ += u"\\\r\n  ";
          line = text_.size() - 2;
        }
      }
    }
    text_ += u"\r\n";
  }

  std::u16string text_;
};

}  // namespace

std::string StoreText(Kernel& kernel, std::u16string_view path) {
  std::shared_ptr<KeyNode> node;
  if (!NT_SUCCESS(Walk(kernel, nullptr, path, Missing::kFail, false, &node))) return {};
  Writer writer;
  rt::LockGuard guard(kernel.cm->lock);
  if (node->deleted) return {};
  writer.Write(*node, PathOf(*node));
  return writer.empty() ? std::string() : writer.Take();
}

}  // namespace drydock::nt::cm
