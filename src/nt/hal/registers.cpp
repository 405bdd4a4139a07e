// READ_REGISTER_..., WRITE_PORT_... and their kin. An address outside the window of mapped registers is memory.
#include <ntddk.h>

#include <fmt/format.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/hal/state.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

[[noreturn]] void NothingMapped(const volatile void* address, bool write) {
  BugCheck(bug::kPageFaultInNonpagedArea, {reinterpret_cast<uint64_t>(address), write, reinterpret_cast<uint64_t>(__builtin_return_address(0)), 0},
           fmt::format("A register was {} at {}, where no registers are mapped: MmUnmapIoSpace was called before, or the address lies beyond "
                       "what MmMapIoSpace mapped.",
                       write ? "written" : "read", const_cast<const void*>(address)));
}

template <class T>
T ReadRegister(volatile T* address) {
  Kernel* kernel = CurrentKernelOrNull();
  if (!kernel || !kernel->hal->io_space.InWindow(const_cast<T*>(address))) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return *address;
  }
  kernel->executor.SchedulePoint();
  uint64_t value = 0;
  if (!kernel->hal->io_space.ReadMapped(address, sizeof(T), &value)) NothingMapped(address, false);
  return static_cast<T>(value);
}

template <class T>
void WriteRegister(volatile T* address, T value) {
  Kernel* kernel = CurrentKernelOrNull();
  if (!kernel || !kernel->hal->io_space.InWindow(const_cast<T*>(address))) {
    *address = value;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return;
  }
  kernel->executor.SchedulePoint();
  if (!kernel->hal->io_space.WriteMapped(address, sizeof(T), value)) NothingMapped(address, true);
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
