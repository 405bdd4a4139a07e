#include "nt/mm/program_memory.h"

#include <dlfcn.h>
#include <link.h>

#include <cstdio>
#include <memory>

#include "nt/ex/pool.h"
#include "nt/io/driver.h"
#include "nt/io/state.h"
#include "nt/kernel.h"
#include "nt/mm/state.h"
#include "nt/ps/process.h"

namespace drydock::nt::mm {
namespace {

bool Overlap(uintptr_t a, size_t a_length, uintptr_t b, size_t b_length) { return a < b + b_length && b < a + a_length; }

bool IsSomebodyElses(Kernel& kernel, const Process& process, uintptr_t from, size_t length, bool for_write) {
  if (ex::IsInPool(kernel, reinterpret_cast<const void*>(from), length)) return true;
  {
    rt::LockGuard guard(kernel.io->lock);
    for (const io::Driver* driver = kernel.io->drivers; driver != nullptr; driver = driver->next) {
      // A driver that is linked into the program has no image of its own.
      if (driver->image_path.empty() || driver->image_start == nullptr) continue;
      if (Overlap(from, length, reinterpret_cast<uintptr_t>(driver->image_start), driver->image_size)) return true;
    }
  }
  State& state = *kernel.mm;
  rt::LockGuard guard(state.ranges_lock);
  for (const auto& [id, list] : state.ranges) {
    if (id == process.id && !for_write) continue;
    for (const UserStretch& stretch : list) {
      if ((id != process.id || !stretch.writable) && Overlap(from, length, stretch.base, stretch.length)) return true;
    }
  }
  return false;
}

// Drydock's own variables. Where all is one program they cannot be told from the program's.
bool IsOurs(uintptr_t from) {
  Dl_info at, self;
  link_map* map = nullptr;
  if (!::dladdr(reinterpret_cast<const void*>(from), &at) || !::dladdr1(reinterpret_cast<const void*>(&IsProgramMemory), &self, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP))
    return false;
  const bool linked_in = map == nullptr || map->l_name == nullptr || map->l_name[0] == 0;
  return at.dli_fbase == self.dli_fbase && !linked_in;
}

// As the operating system has it mapped.
bool IsMapped(uintptr_t from, size_t length, bool for_write) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> maps(std::fopen("/proc/self/maps", "re"), &std::fclose);
  if (!maps) return false;
  const uintptr_t end = from + length;
  char line[512], rights[5];
  unsigned long first, last;
  bool whole_line = true;
  while (from < end && std::fgets(line, sizeof line, maps.get())) {
    const bool begins = whole_line;
    whole_line = line[__builtin_strlen(line) - 1] == '\n';
    if (!begins || std::sscanf(line, "%lx-%lx %4s", &first, &last, rights) != 3 || last <= from) continue;
    if (first > from || rights[0] != 'r' || (for_write && rights[1] != 'w')) return false;
    from = last;
  }
  return from >= end;
}

}  // namespace

bool IsProgramMemory(Kernel& kernel, const Process& process, uintptr_t from, size_t length, bool for_write) {
  return !IsSomebodyElses(kernel, process, from, length, for_write) && !IsOurs(from) && IsMapped(from, length, for_write);
}

}  // namespace drydock::nt::mm
