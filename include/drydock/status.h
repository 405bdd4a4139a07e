// Status: an NTSTATUS that prints itself by name ("STATUS_IO_TIMEOUT (0xC00000B5)").
// Used by:   tests and tools. Compares with the STATUS_ constants of <ntstatus.h> and with plain
// numbers.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

namespace drydock {

class Status {
 public:
  constexpr Status() = default;
  constexpr Status(int32_t value) : value_(value) {}  // NOLINT: an NTSTATUS is one
  constexpr int32_t value() const { return value_; }
  constexpr bool ok() const { return value_ >= 0; }  // NT_SUCCESS
  std::string ToString() const;

  friend constexpr bool operator==(Status a, Status b) { return a.value_ == b.value_; }
  friend std::ostream& operator<<(std::ostream& out, Status status) {
    return out << status.ToString();
  }

 private:
  int32_t value_ = 0;
};

// What every call into a machine returns once it was stopped by a bug check, a stall or its end.
// Not an NT status (customer bit set).
inline constexpr Status kStatusMachineStopped{static_cast<int32_t>(0xE0440001u)};

}  // namespace drydock
