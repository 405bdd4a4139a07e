// READ_REGISTER_..., WRITE_PORT_... and their kin. An address outside the window of mapped registers is memory.
#include <ntddk.h>

#include <fmt/format.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/hal/register_access.h"
#include "nt/hal/state.h"
#include "nt/thread.h"

namespace drydock::nt::hal {
namespace {

[[noreturn]] void NothingMapped(const volatile void* address, bool write, const void* instruction) {
  BugCheck(bug::kPageFaultInNonpagedArea, {reinterpret_cast<uint64_t>(address), write, reinterpret_cast<uint64_t>(instruction), 0},
           fmt::format("A register was {} at {}, where no registers are mapped: MmUnmapIoSpace was called before, or the address lies beyond "
                       "what MmMapIoSpace mapped.",
                       write ? "written" : "read", const_cast<const void*>(address)));
}

}  // namespace

void BeforeRegister(Kernel& kernel) {
  kernel.executor.SchedulePoint();
  if (__builtin_expect(kernel.executor.stopped(), 0)) kernel.executor.Yield();
}

uint64_t ReadRegister(Kernel& kernel, const volatile void* address, uint32_t bytes, const void* instruction) {
  uint64_t value = 0;
  if (!kernel.hal->io_space.ReadMapped(address, bytes, &value)) NothingMapped(address, false, instruction);
  return value;
}

void WriteRegister(Kernel& kernel, volatile void* address, uint32_t bytes, uint64_t value, const void* instruction) {
  if (!kernel.hal->io_space.WriteMapped(address, bytes, value)) NothingMapped(address, true, instruction);
}

}  // namespace drydock::nt::hal

using namespace drydock::nt;

namespace {

template <class T>
T ReadRegister(volatile T* address) {
  Kernel* kernel = CurrentKernelOrNull();
  if (!kernel || !kernel->hal->io_space.InWindow(const_cast<T*>(address))) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return *address;
  }
  hal::BeforeRegister(*kernel);
  return static_cast<T>(hal::ReadRegister(*kernel, address, sizeof(T), __builtin_return_address(0)));
}

template <class T>
void WriteRegister(volatile T* address, T value) {
  Kernel* kernel = CurrentKernelOrNull();
  if (!kernel || !kernel->hal->io_space.InWindow(const_cast<T*>(address))) {
    *address = value;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return;
  }
  hal::BeforeRegister(*kernel);
  hal::WriteRegister(*kernel, address, sizeof(T), value, __builtin_return_address(0));
}

template <class T>
T ReadPort(T* port) {
  Kernel& kernel = CurrentKernel();
  kernel.executor.SchedulePoint();
  return static_cast<T>(kernel.hal->io_space.ReadPort(reinterpret_cast<uint64_t>(port), sizeof(T)));
}

template <class T>
void WritePort(T* port, T value) {
  Kernel& kernel = CurrentKernel();
  kernel.executor.SchedulePoint();
  kernel.hal->io_space.WritePort(reinterpret_cast<uint64_t>(port), sizeof(T), value);
}

}  // namespace

// A buffer of registers is one register after the other; a buffer of a port is one port again and again.
#define DRYDOCK_REGISTER(Name, type)                                                                                                   \
  extern "C" type READ_REGISTER_##Name(volatile type* Register) { return ReadRegister(Register); }                                     \
  extern "C" VOID WRITE_REGISTER_##Name(volatile type* Register, type Value) { WriteRegister(Register, Value); }                       \
  extern "C" VOID READ_REGISTER_BUFFER_##Name(volatile type* Register, type* Buffer, ULONG Count) {                                    \
    for (ULONG i = 0; i < Count; ++i) Buffer[i] = ReadRegister(Register + i);                                                          \
  }                                                                                                                                    \
  extern "C" VOID WRITE_REGISTER_BUFFER_##Name(volatile type* Register, type* Buffer, ULONG Count) {                                   \
    for (ULONG i = 0; i < Count; ++i) WriteRegister(Register + i, Buffer[i]);                                                          \
  }
DRYDOCK_REGISTER(UCHAR, UCHAR)
DRYDOCK_REGISTER(USHORT, USHORT)
DRYDOCK_REGISTER(ULONG, ULONG)
DRYDOCK_REGISTER(ULONG64, ULONG64)

#define DRYDOCK_PORT(Name, type)                                                                                                       \
  extern "C" type READ_PORT_##Name(type* Port) { return ReadPort(Port); }                                                              \
  extern "C" VOID WRITE_PORT_##Name(type* Port, type Value) { WritePort(Port, Value); }                                                \
  extern "C" VOID READ_PORT_BUFFER_##Name(type* Port, type* Buffer, ULONG Count) {                                                     \
    for (ULONG i = 0; i < Count; ++i) Buffer[i] = ReadPort(Port);                                                                      \
  }                                                                                                                                    \
  extern "C" VOID WRITE_PORT_BUFFER_##Name(type* Port, type* Buffer, ULONG Count) {                                                    \
    for (ULONG i = 0; i < Count; ++i) WritePort(Port, Buffer[i]);                                                                      \
  }
DRYDOCK_PORT(UCHAR, UCHAR)
DRYDOCK_PORT(USHORT, USHORT)
DRYDOCK_PORT(ULONG, ULONG)
