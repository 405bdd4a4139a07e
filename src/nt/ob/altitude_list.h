// Routines of drivers that are called by altitude, the highest first: registration, counting of calls under way, removal that waits for them.
// Called by:  ob and cm for what drivers register with them; PASSIVE_LEVEL for Remove, which waits.
// Locks:      `lock` for the list and each item's `running`; never held around a call.
// Source:     public documentation of ObRegisterCallbacks, CmRegisterCallbackEx and of altitudes.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nt/ke/state.h"
#include "nt/kernel.h"
#include "runtime/lock.h"

namespace drydock::nt::ob {

// "385.2" is above "385": as numbers, digit by digit. Nothing is below everything.
bool HigherAltitude(std::u16string_view a, std::u16string_view b);
bool IsAltitude(std::u16string_view text);

// What an item begins with.
struct AtAltitude {
  std::u16string altitude;
  uint32_t running = 0;  // under the list's lock
};

template <typename Item>
struct AltitudeList {
  rt::Lock lock;
  std::vector<std::shared_ptr<Item>> items RT_GUARDED_BY(lock);
  std::atomic<bool> any{false};  // there was one

  // False: the altitude is taken. Those that name none come in the order of their coming, the last ones first.
  bool Insert(std::shared_ptr<Item> item) RT_REQUIRES(lock) {
    auto at = items.begin();
    while (at != items.end() && HigherAltitude((*at)->altitude, item->altitude)) ++at;
    if (at != items.end() && !item->altitude.empty() && !HigherAltitude(item->altitude, (*at)->altitude)) return false;
    items.insert(at, std::move(item));
    any.store(true, std::memory_order_release);
    return true;
  }

  // A call is over that `running` was raised for.
  void Leave(Kernel& kernel, Item& item) {
    bool last;
    {
      rt::LockGuard guard(lock);
      last = --item.running == 0;
    }
    if (last) kernel.ke->lot.Wake(&item, SIZE_MAX);
  }

  // Returns when no call is under way. Null: there is none that `is_it` says yes to. `what`: for reports of who waits.
  template <typename IsIt>
  std::shared_ptr<Item> Remove(Kernel& kernel, const char* what, IsIt is_it) {
    std::shared_ptr<Item> gone;
    {
      rt::LockGuard guard(lock);
      auto found = std::find_if(items.begin(), items.end(), [&](const auto& one) { return is_it(*one); });
      if (found == items.end()) return nullptr;
      gone = *found;
      items.erase(found);
    }
    auto busy = [&] {
      rt::LockGuard guard(lock);
      return gone->running != 0;
    };
    ke::WaitInfo info;
    info.what = what;
    while (busy()) kernel.ke->lot.Wait(gone.get(), busy, info);
    return gone;
  }
};

}  // namespace drydock::nt::ob
