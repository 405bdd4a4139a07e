// Plain accesses of drivers to mapped registers (`while (!(regs->Status & 1))`): the pages of the window fault, and the instruction is performed here with the
// register file in the place of memory.
// Called by:  the fault handler (PerformPlainAccess), on the driver's task and stack, in ordinary context, at its IRQL.
// How:        the instruction is decoded, and encoded again with a scratch of ours as its memory operand; what it reads is asked of the register file before,
//             what it wrote is handed over after. So every form of instruction keeps its own meaning, flags and width. The copies live in memory of the machine.
// Accesses:   one call of the register file for each, of the instruction's width; more than eight bytes are split into eights, lowest first. An instruction that
//             reads and writes (or, xchg, lock xadd) is a read and a write. The string instructions movs, stos and lods are one for each element.
// Refused:    what branches, uses the stack, is masked, gathers, or compares strings: a bug check with the instruction's text and the register's offset.
// Locks:      `lock_` guards the forms that are known; not held over a register file's code.
// Source:     the instructions' public documentation; Zydis decodes and encodes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/fault_frame.h"
#include "runtime/lock.h"

namespace drydock::nt::hal {

class PlainAccess {
 public:
  // An instruction at an address, ready to be performed.
  struct Form {
    enum class Kind : uint8_t { kRefused, kScratch, kMove, kStore, kLoad };  // the last three: movs, stos, lods
    Kind kind = Kind::kRefused;
    uint8_t length = 0;  // of `bytes`; 0: not an instruction
    uint8_t bytes[15] = {};
    uint8_t width = 0;   // of the access
    bool reads = false, writes = false, vectors = false, repeats = false;
    uint8_t scratch = 0;             // kScratch: the register that the copy finds the scratch by
    uint8_t bit_offset = kNone;      // bt and its kin: the register that counts bits from the operand on
    uint8_t base = kNone, index = kNone, scale = 0;  // the operand's address
    int64_t displacement = 0;
    const void* code = nullptr;      // kScratch
    std::string text;                // for reports
  };
  static constexpr uint8_t kNone = 0xFF;

  PlainAccess() = default;
  ~PlainAccess();
  PlainAccess(const PlainAccess&) = delete;

  // Stays as it is until the machine's end.
  const Form& Find(const void* instruction);

 private:
  static constexpr uint64_t kAreaBytes = 64 * 1024;
  static constexpr uint64_t kSlotBytes = 32;
  void* Place(const uint8_t* code, uint64_t bytes) RT_REQUIRES(lock_);
  std::unique_ptr<Form> Decode(const void* instruction) RT_REQUIRES(lock_);
  bool MakeCopy(Form& form, const void* decoded) RT_REQUIRES(lock_);

  rt::Lock lock_;
  std::map<const void*, std::unique_ptr<Form>> forms_ RT_GUARDED_BY(lock_);
  std::vector<std::unique_ptr<Form>> old_ RT_GUARDED_BY(lock_);  // of images that were unloaded: somebody may be in one
  std::vector<uint8_t*> areas_ RT_GUARDED_BY(lock_);             // writable and executable
  uint64_t used_ RT_GUARDED_BY(lock_) = kAreaBytes;              // of the last one
};

void PerformPlainAccess(rt::FaultFrame& frame);

}  // namespace drydock::nt::hal
