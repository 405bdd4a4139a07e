// Plain accesses to registers: every form of instruction does to registers, flags and the register file what it does to memory.
#include "nt/hal/plain_access.h"

#include <ntddk.h>

#include <sys/mman.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "nt/bugcheck_codes.h"
#include "nt/driver_callback.h"
#include "nt/hal/state.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::nt::hal {
namespace {

using Lines = std::vector<std::string>;

// Memory that remembers how it was reached: "r4+8", "w1+3".
class Recorder final : public RegisterFile {
 public:
  uint64_t Read(uint64_t offset, uint32_t bytes) override {
    log.push_back("r" + std::to_string(bytes) + "+" + std::to_string(offset));
    uint64_t value = 0;
    std::memcpy(&value, data + offset, bytes);
    return value;
  }
  void Write(uint64_t offset, uint32_t bytes, uint64_t value) override {
    log.push_back("w" + std::to_string(bytes) + "+" + std::to_string(offset));
    std::memcpy(data + offset, &value, bytes);
  }
  Lines Take() { return std::exchange(log, {}); }

  alignas(64) uint8_t data[256] = {};
  Lines log;
};

struct Cpu {
  uint64_t rax = 0xA1A2A3A4A5A6A7A8, rcx = 0, rdx = 0xD1D2D3D4D5D6D7D8, rbx = 0xB1B2B3B4B5B6B7B8, rsi = 0, rdi = 0, r8 = 0x8182838485868788, flags = 0;
  alignas(64) uint8_t xmm[2][32] = {};
};

// Runs one instruction with rdi at the operand. All that an instruction can see is in `cpu`.
#define INSTRUCTION(text)                                                                                                                        \
  [](Cpu* cpu) {                                                                                                                                 \
    asm volatile("subq $256, %%rsp\n pushq %%r15\n pushq %%r14\n pushq %%rbp\n movq %0, %%r15\n"                                                   \
                 "movdqu 64(%%r15), %%xmm0\n movdqu 96(%%r15), %%xmm1\n"                                                                          \
                 "movq 0(%%r15), %%rax\n movq 8(%%r15), %%rcx\n movq 16(%%r15), %%rdx\n movq 24(%%r15), %%rbx\n movq 32(%%r15), %%rsi\n"          \
                 "movq 40(%%r15), %%rdi\n movq 48(%%r15), %%r8\n pushq 56(%%r15)\n popfq\n"                                                       \
                 text "\n"                                                                                                                       \
                 "movq %%rax, 0(%%r15)\n movq %%rcx, 8(%%r15)\n movq %%rdx, 16(%%r15)\n movq %%rbx, 24(%%r15)\n movq %%rsi, 32(%%r15)\n"          \
                 "movq %%rdi, 40(%%r15)\n movq %%r8, 48(%%r15)\n pushfq\n popq 56(%%r15)\n cld\n"                                                 \
                 "movdqu %%xmm0, 64(%%r15)\n movdqu %%xmm1, 96(%%r15)\n popq %%rbp\n popq %%r14\n popq %%r15\n addq $256, %%rsp\n"                \
                 :                                                                                                                               \
                 : "r"(cpu)                                                                                                                      \
                 : "rax", "rcx", "rdx", "rbx", "rsi", "rdi", "r8", "xmm0", "xmm1", "memory", "cc");                                              \
  }
using Instruction = void (*)(Cpu* cpu);
static_assert(offsetof(Cpu, flags) == 56 && offsetof(Cpu, xmm) == 64);

class PlainAccessTest : public testing::BothExecutors {
 protected:
  static constexpr uint64_t kAt = 64;  // where the operand is

  void SetUp() override {
    BothExecutors::SetUp();
    recorder = std::make_shared<Recorder>();
    region = kernel_->hal->io_space.Add(Space::kMemory, "ROOT\\CARD\\0000", 0xE0000000, 256, recorder);
    base = static_cast<uint8_t*>(kernel_->hal->io_space.Map(0xE0000000, 256));
    ASSERT_NE(base, nullptr);
  }
  static void Fill(uint8_t* data) {
    for (int i = 0; i < 256; ++i) data[i] = static_cast<uint8_t>(0x7B + i * 37);
  }
  static void Run(Instruction instruction, Cpu* cpu) { CallDriver("EvtTest", instruction, cpu); }

  // The same on memory and on registers.
  void Same(const char* what, Instruction instruction, Lines expected, Cpu start = {}) {
    SCOPED_TRACE(what);
    for (uint64_t flags : {uint64_t{0x202}, uint64_t{0xAD7}}) {  // no arithmetic flag set, all set (0x200: interrupts, always on)
      alignas(64) uint8_t memory[256];
      Fill(memory);
      Fill(recorder->data);
      Cpu plain = start, registers = start;
      plain.flags = registers.flags = flags | start.flags;
      for (int i = 0; i < 32; ++i) plain.xmm[0][i] = registers.xmm[0][i] = static_cast<uint8_t>(i * 7 + 1), plain.xmm[1][i] = registers.xmm[1][i] = static_cast<uint8_t>(200 - i);
      plain.rdi = reinterpret_cast<uint64_t>(memory) + kAt;
      registers.rdi = reinterpret_cast<uint64_t>(base) + kAt;
      instruction(&plain);
      Run(instruction, &registers);
      EXPECT_EQ(recorder->Take(), expected);
      EXPECT_EQ(std::memcmp(memory, recorder->data, sizeof memory), 0) << "what is in the registers";
      EXPECT_EQ(plain.rax, registers.rax);
      EXPECT_EQ(plain.rcx, registers.rcx);
      EXPECT_EQ(plain.rdx, registers.rdx);
      EXPECT_EQ(plain.rbx, registers.rbx);
      EXPECT_EQ(plain.rsi, registers.rsi);
      EXPECT_EQ(plain.rdi - reinterpret_cast<uint64_t>(memory), registers.rdi - reinterpret_cast<uint64_t>(base));
      EXPECT_EQ(plain.r8, registers.r8);
      EXPECT_EQ(plain.flags, registers.flags);
      EXPECT_EQ(std::memcmp(plain.xmm, registers.xmm, sizeof plain.xmm), 0);
    }
  }

  std::shared_ptr<Recorder> recorder;
  std::shared_ptr<Region> region;
  uint8_t* base = nullptr;
};
#define SAME(text, ...) Same(text, INSTRUCTION(text), Lines{__VA_ARGS__})
#define SAME_FROM(start, text, ...) Same(text, INSTRUCTION(text), Lines{__VA_ARGS__}, start)

TEST_P(PlainAccessTest, LoadsOfEveryWidth) {
  SAME("movb (%%rdi), %%al", "r1+64");
  SAME("movb (%%rdi), %%ah", "r1+64");
  SAME("movb 1(%%rdi), %%bh", "r1+65");
  SAME("movb (%%rdi), %%sil", "r1+64");
  SAME("movw (%%rdi), %%dx", "r2+64");
  SAME("movl 4(%%rdi), %%eax", "r4+68");
  SAME("movl -60(%%rdi), %%r8d", "r4+4");
  SAME("movq 8(%%rdi), %%rax", "r8+72");
  SAME("movq (%%rdi), %%rdi\n subq %%rdi, %%rdi\n movq 40(%%r15), %%rdi", "r8+64");  // the base itself
}

TEST_P(PlainAccessTest, LoadsThatExtend) {
  SAME("movzbl (%%rdi), %%eax", "r1+64");
  SAME("movzbl 1(%%rdi), %%r8d", "r1+65");
  SAME("movzwl (%%rdi), %%ecx", "r2+64");
  SAME("movzbw (%%rdi), %%ax", "r1+64");
  SAME("movsbl 3(%%rdi), %%eax", "r1+67");
  SAME("movsbq 5(%%rdi), %%rax", "r1+69");
  SAME("movswl 2(%%rdi), %%edx", "r2+66");
  SAME("movswq 2(%%rdi), %%rdx", "r2+66");
  SAME("movslq 4(%%rdi), %%rbx", "r4+68");
  SAME("movbel (%%rdi), %%eax", "r4+64");
}

TEST_P(PlainAccessTest, Stores) {
  SAME("movb %%al, (%%rdi)", "w1+64");
  SAME("movb %%dh, 1(%%rdi)", "w1+65");
  SAME("movw %%cx, 2(%%rdi)", "w2+66");
  SAME("movl %%edx, 4(%%rdi)", "w4+68");
  SAME("movq %%r8, 8(%%rdi)", "w8+72");
  SAME("movb $0x5A, (%%rdi)", "w1+64");
  SAME("movw $0x1234, (%%rdi)", "w2+64");
  SAME("movl $0x80000001, (%%rdi)", "w4+64");
  SAME("movq $-2, (%%rdi)", "w8+64");
  SAME("movl %%edi, (%%rdi)\n movl $0, (%%rdi)", "w4+64", "w4+64");
  SAME("sete (%%rdi)", "w1+64");
}

TEST_P(PlainAccessTest, AddressesAreWhatTheInstructionSays) {
  Cpu start;
  start.rcx = 3;
  start.rsi = static_cast<uint64_t>(-8);
  SAME_FROM(start, "movl (%%rdi,%%rcx,4), %%eax", "r4+76");
  SAME_FROM(start, "movl 4(%%rdi,%%rsi), %%eax", "r4+60");
  SAME_FROM(start, "movb %%al, 16(%%rdi,%%rcx,8)", "w1+104");
  SAME_FROM(start, "movq %%rdi, %%rbp\n movl 0(%%rbp), %%eax", "r4+64");
  SAME_FROM(start, "movq %%rdi, %%r14\n movl %%eax, 120(%%r14,%%rcx)", "w4+187");
  SAME_FROM(start, "leaq -0x12345678(%%rdi), %%rcx\n movl 0x12345678(%%rcx), %%eax\n xorl %%ecx, %%ecx", "r4+64");
}

TEST_P(PlainAccessTest, ArithmeticReadsOnceAndWritesOnce) {
  SAME("addl %%eax, (%%rdi)", "r4+64", "w4+64");
  SAME("orl $0x10, (%%rdi)", "r4+64", "w4+64");
  SAME("andb $0x7F, (%%rdi)", "r1+64", "w1+64");
  SAME("xorw %%dx, (%%rdi)", "r2+64", "w2+64");
  SAME("subq %%r8, (%%rdi)", "r8+64", "w8+64");
  SAME("adcl %%eax, (%%rdi)", "r4+64", "w4+64");
  SAME("sbbl $1, (%%rdi)", "r4+64", "w4+64");
  SAME("incl (%%rdi)", "r4+64", "w4+64");
  SAME("decw (%%rdi)", "r2+64", "w2+64");
  SAME("notl (%%rdi)", "r4+64", "w4+64");
  SAME("negq (%%rdi)", "r8+64", "w8+64");
  SAME("shll $3, (%%rdi)", "r4+64", "w4+64");
  SAME("sarl %%cl, (%%rdi)", "r4+64", "w4+64");
  SAME("rolb $1, (%%rdi)", "r1+64", "w1+64");
}

TEST_P(PlainAccessTest, ArithmeticIntoARegister) {
  SAME("addl (%%rdi), %%eax", "r4+64");
  SAME("orq (%%rdi), %%rdx", "r8+64");
  SAME("andb (%%rdi), %%cl", "r1+64");
  SAME("subl (%%rdi), %%r8d", "r4+64");
  SAME("imull (%%rdi), %%eax", "r4+64");
  SAME("imull $10, (%%rdi), %%eax", "r4+64");
  SAME("mull (%%rdi)", "r4+64");
  SAME("xorl %%edx, %%edx\n divl (%%rdi)", "r4+64");
  SAME("cmovel (%%rdi), %%eax", "r4+64");
  SAME("popcntl (%%rdi), %%eax", "r4+64");
  SAME("bsfl (%%rdi), %%eax", "r4+64");
}

TEST_P(PlainAccessTest, ComparisonsReadOnly) {
  SAME("cmpl $5, (%%rdi)", "r4+64");
  SAME("cmpl %%eax, (%%rdi)", "r4+64");
  SAME("cmpb (%%rdi), %%al", "r1+64");
  SAME("cmpw $-1, (%%rdi)", "r2+64");
  SAME("cmpq %%rax, (%%rdi)", "r8+64");
  SAME("testb $1, (%%rdi)", "r1+64");
  SAME("testl %%eax, (%%rdi)", "r4+64");
  SAME("testl $0x80000000, 4(%%rdi)", "r4+68");
}

TEST_P(PlainAccessTest, Bits) {
  SAME("btl $3, (%%rdi)", "r4+64");
  SAME("btsl $4, (%%rdi)", "r4+64", "w4+64");
  SAME("btrq $40, (%%rdi)", "r8+64", "w8+64");
  SAME("btcw $1, (%%rdi)", "r2+64", "w2+64");
  Cpu start;
  start.rcx = 37;  // the next operand
  SAME_FROM(start, "btl %%ecx, (%%rdi)", "r4+68");
  SAME_FROM(start, "btsl %%ecx, (%%rdi)", "r4+68", "w4+68");
  start.rcx = static_cast<uint64_t>(-1);
  SAME_FROM(start, "btl %%ecx, (%%rdi)", "r4+60");
  SAME_FROM(start, "btsw %%cx, (%%rdi)", "r2+62", "w2+62");
  SAME_FROM(start, "btq %%rcx, (%%rdi)", "r8+56");
}

TEST_P(PlainAccessTest, Exchanges) {
  SAME("xchgl %%eax, (%%rdi)", "r4+64", "w4+64");
  SAME("xchgb %%ah, (%%rdi)", "r1+64", "w1+64");
  SAME("xchgq %%r8, (%%rdi)", "r8+64", "w8+64");
  SAME("lock xaddl %%eax, (%%rdi)", "r4+64", "w4+64");
  SAME("lock orl $1, (%%rdi)", "r4+64", "w4+64");
  SAME("lock cmpxchgl %%edx, (%%rdi)", "r4+64", "w4+64");
  SAME("movl (%%rdi), %%eax\n lock cmpxchgl %%edx, (%%rdi)", "r4+64", "r4+64", "w4+64");
  SAME("lock cmpxchg8b (%%rdi)", "r8+64", "w8+64");
}

TEST_P(PlainAccessTest, WideMovesAreSplitIntoEights) {
  SAME("movups (%%rdi), %%xmm0", "r8+64", "r8+72");
  SAME("movaps %%xmm1, 16(%%rdi)", "w8+80", "w8+88");
  SAME("movdqu %%xmm0, (%%rdi)", "w8+64", "w8+72");
  SAME("movq (%%rdi), %%xmm0", "r8+64");
  SAME("movd %%xmm1, (%%rdi)", "w4+64");
  SAME("movss (%%rdi), %%xmm1", "r4+64");
  SAME("movnti %%eax, (%%rdi)", "w4+64");
  SAME("pxor (%%rdi), %%xmm0", "r8+64", "r8+72");
  SAME("cvtsi2sdl (%%rdi), %%xmm0", "r4+64");
  SAME("fildl (%%rdi)\n fistpl 8(%%rdi)", "r4+64", "w4+72");
}

TEST_P(PlainAccessTest, Strings) {
  Cpu start;
  start.rcx = 3;
  SAME_FROM(start, "rep stosl", "w4+64", "w4+68", "w4+72");
  SAME_FROM(start, "rep stosb", "w1+64", "w1+65", "w1+66");
  SAME_FROM(start, "stosw", "w2+64");
  SAME_FROM(start, "movq %%rdi, %%rsi\n leaq 32(%%rdi), %%rdi\n rep movsl\n subq %%rdi, %%rsi", "r4+64", "w4+96", "r4+68", "w4+100", "r4+72", "w4+104");
  SAME_FROM(start, "leaq -64(%%rsp), %%rsi\n movl $0x1234567, (%%rsi)\n movsb\n xorl %%esi, %%esi", "w1+64");
  SAME_FROM(start, "movq %%rdi, %%rsi\n lodsl\n subq %%rdi, %%rsi", "r4+64");
  SAME_FROM(start, "movq %%rdi, %%rsi\n lodsb\n subq %%rdi, %%rsi", "r1+64");
  SAME_FROM(start, "std\n rep stosw\n cld", "w2+64", "w2+62", "w2+60");
  start.rcx = 0;
  SAME_FROM(start, "nop\n rep stosl");
}

// The function's own variables lie in the red zone below its stack pointer.
TEST_P(PlainAccessTest, TheRedZoneIsLeftAlone) {
  SAME("movq %%rax, -8(%%rsp)\n movq %%rbx, -128(%%rsp)\n movl (%%rdi), %%ecx\n movq -8(%%rsp), %%rdx\n movq -128(%%rsp), %%r8", "r4+64");
}

// The register file's own code uses vector registers as it likes.
TEST_P(PlainAccessTest, VectorRegistersSurviveTheRegisterFile) {
  struct Dirty final : RegisterFile {
    uint64_t Read(uint64_t, uint32_t) override {
      asm volatile("pxor %%xmm0, %%xmm0\n pcmpeqd %%xmm1, %%xmm1\n pxor %%xmm15, %%xmm15" ::: "xmm0", "xmm1", "xmm15");
      if (__builtin_cpu_supports("avx")) asm volatile("vzeroall" ::: "memory");
      return 7;
    }
    void Write(uint64_t, uint32_t, uint64_t) override {}
  };
  auto dirty = kernel_->hal->io_space.Add(Space::kMemory, "dirty", 0xE8000000, 16, std::make_shared<Dirty>());
  Cpu cpu;
  cpu.rdi = reinterpret_cast<uint64_t>(kernel_->hal->io_space.Map(0xE8000000, 16));
  cpu.flags = 0x202;
  for (int i = 0; i < 16; ++i) cpu.xmm[0][i] = static_cast<uint8_t>(i + 1), cpu.xmm[1][i] = 99;
  const Cpu before = cpu;
  Run(INSTRUCTION("movl (%%rdi), %%eax"), &cpu);
  EXPECT_EQ(cpu.rax, 7u);
  EXPECT_EQ(std::memcmp(cpu.xmm, before.xmm, sizeof cpu.xmm), 0);
}

TEST_P(PlainAccessTest, WrittenInC) {
  struct Registers {
    volatile ULONG control, status;
    volatile USHORT word;
    volatile UCHAR byte;
    volatile CHAR sign;
    volatile ULONG64 wide;
  };
  Fill(recorder->data);
  recorder->data[11] = 0x80;
  CallDriver(
      "EvtTest",
      +[](uint8_t* at) {
        auto* registers = reinterpret_cast<Registers*>(at);
        registers->control = 1;
        registers->control = registers->control | 0x10;
        registers->word = static_cast<USHORT>(registers->word + 3);
        registers->byte = registers->byte & 0x0F;
        registers->wide = 0x1122334455667788;
        EXPECT_EQ(registers->wide, 0x1122334455667788u);
        EXPECT_EQ(registers->sign, -128);
        EXPECT_EQ(registers->control, 0x11u);
      },
      base);
  EXPECT_EQ(recorder->Take().size(), 11u);
}

TEST_P(PlainAccessTest, AnInterlockedAccessIsAReadAndAWrite) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "the sanitizer performs these in its own functions, under a lock";
#endif
#endif
  Fill(recorder->data);
  const int before = recorder->data[0];
  CallDriver(
      "EvtTest",
      +[](uint8_t* at) {
        InterlockedIncrement(reinterpret_cast<volatile LONG*>(at));
        InterlockedExchange(reinterpret_cast<volatile LONG*>(at + 4), 1);
      },
      base);
  EXPECT_EQ(recorder->data[0], before + 1);
  EXPECT_EQ(recorder->Take().size(), 4u);
}

TEST_P(PlainAccessTest, PastTheEndIsAllOnes) {
  Cpu cpu;
  cpu.rdi = reinterpret_cast<uint64_t>(base) + 254;
  Run(INSTRUCTION("movl (%%rdi), %%eax\n movl $5, (%%rdi)"), &cpu);  // crosses the end
  EXPECT_EQ(cpu.rax, 0xFFFFFFFFu);
  EXPECT_EQ(recorder->Take(), Lines{});
}

TEST_P(PlainAccessTest, PulledOutIsAllOnes) {
  kernel_->hal->io_space.Remove(Space::kMemory, region);
  Cpu cpu;
  cpu.rdi = reinterpret_cast<uint64_t>(base);
  Run(INSTRUCTION("movzwl (%%rdi), %%eax\n movl $5, (%%rdi)"), &cpu);
  EXPECT_EQ(cpu.rax, 0xFFFFu);
  EXPECT_EQ(recorder->Take(), Lines{});
}

class PlainAccessReports : public PlainAccessTest {
 protected:
  std::string WordsOf(Instruction instruction, uint64_t at) {
    Cpu cpu;
    cpu.rdi = at;
    const BugCheckData data = BugCheckOf([&] { Run(instruction, &cpu); });
    EXPECT_EQ(data.code, bug::kPageFaultInNonpagedArea);
    EXPECT_GT(data.stack.size(), 3u);
    return data.words;
  }
};

TEST_P(PlainAccessReports, WhatCannotBePerformed) {
  const std::string words = WordsOf(INSTRUCTION("pushq (%%rdi)"), reinterpret_cast<uint64_t>(base) + 8);
  EXPECT_NE(words.find("offset 0x8 of the registers of ROOT\\CARD\\0000"), std::string::npos) << words;
  EXPECT_NE(words.find("push"), std::string::npos) << words;
}
TEST_P(PlainAccessReports, AJumpThroughThem) {
  EXPECT_NE(WordsOf(INSTRUCTION("jmpq *(%%rdi)"), reinterpret_cast<uint64_t>(base)).find("jmp"), std::string::npos);
}
TEST_P(PlainAccessReports, AComparisonOfStrings) {
  EXPECT_NE(WordsOf(INSTRUCTION("scasb"), reinterpret_cast<uint64_t>(base)).find("scasb"), std::string::npos);
}
TEST_P(PlainAccessReports, WhereNothingIsMappedAnyMore) {
  kernel_->hal->io_space.Unmap(base);
  EXPECT_NE(WordsOf(INSTRUCTION("movl (%%rdi), %%eax"), reinterpret_cast<uint64_t>(base)).find("MmUnmapIoSpace"), std::string::npos);
}
TEST_P(PlainAccessReports, AFaultOfTheOtherSideOfACopy) {
  Cpu cpu;
  cpu.rdi = reinterpret_cast<uint64_t>(base);
  cpu.rsi = 8;
  const BugCheckData data = BugCheckOf([&] { Run(INSTRUCTION("movsl"), &cpu); });
  EXPECT_EQ(data.parameters[0], 8u) << data.words;
}

// A loop that polls ends when the machine stops.
TEST_P(PlainAccessTest, APollingLoopLeavesAStoppedMachine) {
  struct Stopping final : RegisterFile {
    explicit Stopping(rt::Executor& executor) : executor(executor) {}
    uint64_t Read(uint64_t, uint32_t) override {
      if (++reads == 10) executor.Stop();
      return 0;
    }
    void Write(uint64_t, uint32_t, uint64_t) override {}
    rt::Executor& executor;
    int reads = 0;
  };
  auto file = std::make_shared<Stopping>(*executor_);
  auto added = kernel_->hal->io_space.Add(Space::kMemory, "stopping", 0xE8000000, 16, file);
  auto* status = static_cast<volatile ULONG*>(kernel_->hal->io_space.Map(0xE8000000, 16));
  bool stopped = false;
  try {
    CallDriver(
        "EvtTest",
        +[](volatile ULONG* status) {
          while (!(*status & 1)) {
          }
        },
        status);
  } catch (const rt::TaskStopped&) {
    stopped = true;
  }
  EXPECT_TRUE(stopped);
  EXPECT_LE(file->reads, 11);
}

DRYDOCK_BOTH_EXECUTORS(PlainAccessTest);
DRYDOCK_BOTH_EXECUTORS(PlainAccessReports);

}  // namespace
}  // namespace drydock::nt::hal
