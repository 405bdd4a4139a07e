// SHA-256 of a stream of bytes, by OpenSSL.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace drydock::tools {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void Add(const void* data, size_t length);
  std::string Hex();  // ends the stream

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock::tools
