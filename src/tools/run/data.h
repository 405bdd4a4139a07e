// DATA of scenarios: bytes as a line spells them, in parts joined by '+'; and what a line expects of bytes that come back.
//
//   "text\n"            with \n \t \r \0 \xHH \" \\                 wide"text"      UTF-16, no end
//   hex:00ff            u8:1 u16:0x10 u32:-1 u64:7 (little endian)  counted"text"   UTF-16 after its length in 16 bits, as WMI has it
//   guid:{...}          zero:12        any:4, more: in expectations  repeat:3:hex:00ff
//
// Errors: drydock::Error.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "drydock/machine.h"

namespace drydock::tools {

struct DataPattern {
  std::string bytes;
  std::string counts;  // as long as bytes; '\0': any byte will do
  bool more = false;   // whatever follows
  bool Matches(const std::string& data) const;
};

bool LooksLikeData(const std::string& token);
std::string ParseData(const std::string& token);      // every byte is said
DataPattern ParsePattern(const std::string& token);

uint32_t ParseNumber(const std::string& token);
struct GuidBytes {
  unsigned char bytes[16];
};
GuidBytes ParseGuid(const std::string& token);  // {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}

}  // namespace drydock::tools
