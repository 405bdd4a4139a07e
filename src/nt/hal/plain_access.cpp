#include "nt/hal/plain_access.h"

#include <Zydis/Zydis.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/driver_callback.h"
#include "nt/hal/register_access.h"
#include "nt/hal/state.h"
#include "nt/thread.h"

namespace drydock::nt::hal {
namespace {

using Form = PlainAccess::Form;

constexpr uint64_t kDirectionFlag = 0x400;
constexpr uint32_t kWidest = 64;
constexpr uint8_t kStackPointer = 4, kAccumulator = 0, kCounter = 1, kSource = 6, kDestination = 7;
// Best first: the ones at the end need a prefix that ah and its kin cannot have.
constexpr uint8_t kScratchRegisters[] = {3, 6, 7, 5, 1, 2, 0, 8, 9, 10, 11, 12, 13, 14, 15};

// The number of a general register of any width; kNone for others.
uint8_t General(ZydisRegister reg) {
  const ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
  return whole >= ZYDIS_REGISTER_RAX && whole <= ZYDIS_REGISTER_R15 ? static_cast<uint8_t>(whole - ZYDIS_REGISTER_RAX) : PlainAccess::kNone;
}

struct Decoded {
  ZydisDecodedInstruction instruction;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

bool DecodeBytes(const void* at, size_t bytes, Decoded& decoded) {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, at, bytes, &decoded.instruction, decoded.operands));
}

// The page behind an instruction need not be there.
bool DecodeAt(const void* at, Decoded& decoded) {
  const size_t left = 4096 - reinterpret_cast<uintptr_t>(at) % 4096;
  if (left < ZYDIS_MAX_INSTRUCTION_LENGTH && DecodeBytes(at, left, decoded)) return true;
  return DecodeBytes(at, ZYDIS_MAX_INSTRUCTION_LENGTH, decoded);
}

std::string Text(const void* at, const Decoded& decoded) {
  ZydisFormatter formatter;
  ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
  char text[256] = {};
  ZydisFormatterFormatInstruction(&formatter, &decoded.instruction, decoded.operands, decoded.instruction.operand_count_visible, text, sizeof text,
                                  reinterpret_cast<ZyanU64>(at), nullptr);
  return text;
}

// Code of ours may hold locks where it touches memory; copies for drivers (Rtl...) do not.
bool InOwnCode(const void* instruction) {
  Dl_info own{}, at{};
  if (!dladdr(reinterpret_cast<void*>(&PerformPlainAccess), &own) || !dladdr(instruction, &at) || at.dli_fbase != own.dli_fbase) return false;
  return !std::string_view(at.dli_sname ? at.dli_sname : "").starts_with("Rtl");
}

Form::Kind StringKind(ZydisMnemonic mnemonic) {
  switch (mnemonic) {
    case ZYDIS_MNEMONIC_MOVSB: case ZYDIS_MNEMONIC_MOVSW: case ZYDIS_MNEMONIC_MOVSD: case ZYDIS_MNEMONIC_MOVSQ: return Form::Kind::kMove;
    case ZYDIS_MNEMONIC_STOSB: case ZYDIS_MNEMONIC_STOSW: case ZYDIS_MNEMONIC_STOSD: case ZYDIS_MNEMONIC_STOSQ: return Form::Kind::kStore;
    case ZYDIS_MNEMONIC_LODSB: case ZYDIS_MNEMONIC_LODSW: case ZYDIS_MNEMONIC_LODSD: case ZYDIS_MNEMONIC_LODSQ: return Form::Kind::kLoad;
    default: return Form::Kind::kRefused;
  }
}

bool CountsBits(ZydisMnemonic mnemonic) {
  return mnemonic == ZYDIS_MNEMONIC_BT || mnemonic == ZYDIS_MNEMONIC_BTS || mnemonic == ZYDIS_MNEMONIC_BTR || mnemonic == ZYDIS_MNEMONIC_BTC;
}

bool Masked(const Decoded& decoded) {
  const ZydisMaskMode mode = decoded.instruction.avx.mask.mode;
  return mode != ZYDIS_MASK_MODE_INVALID && mode != ZYDIS_MASK_MODE_DISABLED;
}

}  // namespace

PlainAccess::~PlainAccess() {
  for (uint8_t* area : areas_) munmap(area, kAreaBytes);
}

void* PlainAccess::Place(const uint8_t* code, uint64_t bytes) {
  if (used_ + kSlotBytes > kAreaBytes) {
    void* area = mmap(nullptr, kAreaBytes, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED) return nullptr;
    areas_.push_back(static_cast<uint8_t*>(area));
    used_ = 0;
  }
  uint8_t* slot = areas_.back() + used_;
  used_ += kSlotBytes;
  std::memcpy(slot, code, bytes);
  return slot;
}

// The instruction again, with its memory operand at [scratch], and a return.
bool PlainAccess::MakeCopy(Form& form, const void* raw) {
  const auto& decoded = *static_cast<const Decoded*>(raw);
  uint32_t used = 1u << kStackPointer;
  for (int i = 0; i < decoded.instruction.operand_count; ++i) {
    const ZydisDecodedOperand& operand = decoded.operands[i];
    if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER) continue;
    const ZydisRegisterClass kind = ZydisRegisterGetClass(operand.reg.value);
    if (General(operand.reg.value) == kStackPointer) return false;
    if (General(operand.reg.value) != kNone) used |= 1u << General(operand.reg.value);
    else if (kind != ZYDIS_REGCLASS_FLAGS) form.vectors = true;
  }
  ZydisEncoderRequest request;
  if (!ZYAN_SUCCESS(ZydisEncoderDecodedInstructionToEncoderRequest(&decoded.instruction, decoded.operands, decoded.instruction.operand_count_visible, &request)))
    return false;
  request.prefixes &= ~ZyanU64{ZYDIS_ATTRIB_HAS_SEGMENT};
  for (uint8_t scratch : kScratchRegisters) {
    if (used & 1u << scratch) continue;
    for (int i = 0; i < request.operand_count; ++i) {
      if (request.operands[i].type != ZYDIS_OPERAND_TYPE_MEMORY) continue;
      request.operands[i].mem.base = static_cast<ZydisRegister>(ZYDIS_REGISTER_RAX + scratch);
      request.operands[i].mem.index = ZYDIS_REGISTER_NONE;
      request.operands[i].mem.scale = 0;
      request.operands[i].mem.displacement = 0;
    }
    uint8_t code[ZYDIS_MAX_INSTRUCTION_LENGTH + 1];
    ZyanUSize length = ZYDIS_MAX_INSTRUCTION_LENGTH;
    Decoded again;
    if (!ZYAN_SUCCESS(ZydisEncoderEncodeInstruction(&request, code, &length)) || !DecodeBytes(code, length, again)) continue;
    if (again.instruction.mnemonic != decoded.instruction.mnemonic || again.instruction.operand_width != decoded.instruction.operand_width) continue;
    code[length] = 0xC3;
    form.scratch = scratch;
    form.code = Place(code, length + 1);
    return form.code != nullptr;
  }
  return false;
}

std::unique_ptr<Form> PlainAccess::Decode(const void* instruction) {
  auto form = std::make_unique<Form>();
  Decoded decoded;
  if (!DecodeAt(instruction, decoded)) {
    form->text = "no instruction that is known";
    return form;
  }
  const ZydisDecodedInstruction& head = decoded.instruction;
  form->length = head.length;
  std::memcpy(form->bytes, instruction, head.length);
  form->text = Text(instruction, decoded);
  if (InOwnCode(instruction)) return form;
  if (head.meta.category == ZYDIS_CATEGORY_STRINGOP) {
    form->width = static_cast<uint8_t>(decoded.operands[0].size / 8);
    form->repeats = (head.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE)) != 0;
    if (head.address_width == 64 && !(head.attributes & ZYDIS_ATTRIB_HAS_SEGMENT)) form->kind = StringKind(head.mnemonic);
    return form;
  }
  const ZydisDecodedOperand* memory = nullptr;
  for (int i = 0; i < head.operand_count; ++i) {
    if (decoded.operands[i].type != ZYDIS_OPERAND_TYPE_MEMORY) continue;
    if (memory || decoded.operands[i].visibility != ZYDIS_OPERAND_VISIBILITY_EXPLICIT) return form;
    memory = &decoded.operands[i];
  }
  if (!memory || memory->mem.type != ZYDIS_MEMOP_TYPE_MEM || memory->size == 0 || memory->size % 8 || memory->size / 8 > kWidest || head.address_width != 64 ||
      memory->mem.segment == ZYDIS_REGISTER_FS || memory->mem.segment == ZYDIS_REGISTER_GS || memory->mem.base == ZYDIS_REGISTER_RIP || Masked(decoded) ||
      head.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE) {
    return form;
  }
  form->width = static_cast<uint8_t>(memory->size / 8);
  form->reads = (memory->actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0;
  form->writes = (memory->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
  const bool conditional = (memory->actions & (ZYDIS_OPERAND_ACTION_CONDREAD | ZYDIS_OPERAND_ACTION_CONDWRITE)) != 0;
  if (conditional && form->width > 8 && head.mnemonic != ZYDIS_MNEMONIC_CMPXCHG16B) return form;
  form->base = General(memory->mem.base);
  form->index = General(memory->mem.index);
  form->scale = memory->mem.scale;
  form->displacement = memory->mem.disp.has_displacement ? memory->mem.disp.value : 0;
  if (CountsBits(head.mnemonic) && decoded.operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER) form->bit_offset = General(decoded.operands[1].reg.value);
  if (MakeCopy(*form, &decoded)) form->kind = Form::Kind::kScratch;
  return form;
}

const Form& PlainAccess::Find(const void* instruction) {
  rt::LockGuard guard(lock_);
  std::unique_ptr<Form>& form = forms_[instruction];
  if (form && form->length != 0 && std::memcmp(form->bytes, instruction, form->length) == 0) return *form;
  if (form) old_.push_back(std::move(form));
  form = Decode(instruction);
  return *form;
}

namespace {

// One performance of an instruction.
struct Performance {
  rt::FaultFrame& frame;
  Kernel& kernel;
  const Form& form;

  const void* instruction() const { return reinterpret_cast<const void*>(frame.instruction); }

  [[noreturn]] void Refuse(uint64_t address, const char* why) const {
    IoSpace& space = kernel.hal->io_space;
    const auto* at = reinterpret_cast<const void*>(address);
    const CallbackFrame* callback = CurrentThread().callbacks;
    BugCheck(bug::kPageFaultInNonpagedArea, {address, form.writes, frame.instruction, 0},
             fmt::format("{} touched {} by the instruction \"{}\"{} Use READ_REGISTER_..., WRITE_REGISTER_... or their buffer forms there.", callback->name,
                         space.InWindow(at) ? space.Describe(at) : "mapped registers", form.text, why));
  }

  bool IsRegister(uint64_t address) const { return kernel.hal->io_space.InWindow(reinterpret_cast<const void*>(address)); }

  void Read(uint64_t address, uint8_t* to, uint32_t bytes) const {
    for (uint32_t done = 0, piece; done < bytes; done += piece) {
      piece = Piece(bytes - done);
      const uint64_t value = ReadRegister(kernel, reinterpret_cast<const void*>(address + done), piece, instruction());
      std::memcpy(to + done, &value, piece);
    }
  }

  void Write(uint64_t address, const uint8_t* from, uint32_t bytes) const {
    for (uint32_t done = 0, piece; done < bytes; done += piece) {
      piece = Piece(bytes - done);
      uint64_t value = 0;
      std::memcpy(&value, from + done, piece);
      WriteRegister(kernel, reinterpret_cast<void*>(address + done), piece, value, instruction());
    }
  }

  // The widest that a register file is asked for at once.
  static uint32_t Piece(uint32_t left) { return left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1; }

  void OnScratch() const {
    uint64_t general[16];
    std::copy(std::begin(frame.general), std::end(frame.general), general);
    uint64_t address = static_cast<uint64_t>(form.displacement);
    if (form.base != PlainAccess::kNone) address += general[form.base];
    if (form.index != PlainAccess::kNone) address += general[form.index] * form.scale;
    if (form.bit_offset != PlainAccess::kNone) {
      // The register counts bits from the operand on, to both sides: so many operands further.
      const uint64_t bits = form.width * uint64_t{8};
      const uint64_t raw = general[form.bit_offset];
      const int64_t offset = bits == 16 ? static_cast<int16_t>(raw) : bits == 32 ? static_cast<int32_t>(raw) : static_cast<int64_t>(raw);
      const int64_t low = offset & static_cast<int64_t>(bits - 1);
      address += static_cast<uint64_t>((offset - low) / 8);
      general[form.bit_offset] = static_cast<uint64_t>(low);
    }
    if (!IsRegister(address)) Refuse(address, ", which reaches beyond them.");
    BeforeRegister(kernel);
    alignas(kWidest) uint8_t scratch[kWidest] = {};
    if (form.reads) Read(address, scratch, form.width);
    general[form.scratch] = reinterpret_cast<uint64_t>(scratch);
    rt::PerformWith(frame, general, form.code, form.vectors);
    for (uint8_t i = 0; i < 16; ++i) {
      if (i != form.scratch && i != kStackPointer && i != form.bit_offset) frame.general[i] = general[i];
    }
    if (form.writes) Write(address, scratch, form.width);
  }

  // movs, stos, lods: the registers are kept as far as it has come, as the processor does.
  void OnString() const {
    uint64_t(&general)[16] = frame.general;
    const uint64_t step = frame.flags & kDirectionFlag ? -uint64_t{form.width} : form.width;
    while (!form.repeats || general[kCounter] != 0) {
      uint8_t element[8];
      BeforeRegister(kernel);
      const bool source = form.kind != Form::Kind::kStore, destination = form.kind != Form::Kind::kLoad;
      if (!source) std::memcpy(element, &general[kAccumulator], sizeof element);
      else if (IsRegister(general[kSource])) Read(general[kSource], element, form.width);
      else std::memcpy(element, reinterpret_cast<const void*>(general[kSource]), form.width);
      if (!destination) Put(general[kAccumulator], element);
      else if (IsRegister(general[kDestination])) Write(general[kDestination], element, form.width);
      else std::memcpy(reinterpret_cast<void*>(general[kDestination]), element, form.width);
      if (source) general[kSource] += step;
      if (destination) general[kDestination] += step;
      if (!form.repeats) return;
      --general[kCounter];
    }
  }

  // What a load of this width leaves in a register.
  void Put(uint64_t& reg, const uint8_t* element) const {
    if (form.width == 4) reg = 0;
    std::memcpy(&reg, element, form.width);
  }
};

}  // namespace

void PerformPlainAccess(rt::FaultFrame& frame) {
  const int error = errno;
  Kernel& kernel = CurrentKernel();
  const auto* instruction = reinterpret_cast<const void*>(frame.instruction);
  const Form& form = kernel.hal->plain_access.Find(instruction);
  const Performance performance{frame, kernel, form};
  switch (form.kind) {
    case Form::Kind::kRefused: performance.Refuse(frame.address, ", which cannot be performed on a model's registers."); break;
    case Form::Kind::kScratch: performance.OnScratch(); break;
    default: performance.OnString();
  }
  frame.instruction += form.length;
  errno = error;
}

}  // namespace drydock::nt::hal
