#include "nt/cm/callback.h"

#include <algorithm>
#include <map>
#include <string>

#include "nt/cm/registry.h"
#include "nt/cm/state.h"
#include "nt/driver_callback.h"
#include "nt/ex/pool.h"
#include "nt/ob/name_space.h"
#include "nt/ob/object.h"
#include "nt/thread.h"

namespace drydock::nt::cm {

struct Callback : ob::AtAltitude {
  PEX_CALLBACK_FUNCTION function;
  void* context;
  int64_t cookie;
  std::map<void*, void*> contexts;  // CmSetCallbackObjectContext: by key object; under the list's lock
};

namespace {

constexpr ULONG kTag = 'bCmC';

NTSTATUS Call(const Callback& callback, REG_NOTIFY_CLASS kind, void* information) {
  return CallDriver("EX_CALLBACK_FUNCTION", callback.function, callback.context, reinterpret_cast<void*>(static_cast<ULONG_PTR>(kind)), information);
}

void* ContextOf(Kernel& kernel, const Callback& callback, void* object) {
  rt::LockGuard guard(kernel.cm->callbacks.lock);
  auto found = callback.contexts.find(object);
  return found == callback.contexts.end() ? nullptr : found->second;
}

void TellCleanup(const Callback& callback, void* object, void* context) {
  REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION information{object, context, nullptr};
  Call(callback, RegNtCallbackObjectContextCleanup, &information);
}

NTSTATUS Register(PEX_CALLBACK_FUNCTION function, std::u16string_view altitude, void* context, LARGE_INTEGER* cookie) {
  State& state = *CurrentKernel().cm;
  auto made = std::make_shared<Callback>();
  made->function = function;
  made->context = context;
  made->altitude = altitude;
  rt::LockGuard guard(state.callbacks.lock);
  made->cookie = ++state.last_cookie;
  cookie->QuadPart = made->cookie;
  return state.callbacks.Insert(std::move(made)) ? STATUS_SUCCESS : STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
}

// A UNICODE_STRING with its text behind it.
UNICODE_STRING* NewName(std::u16string_view text) {
  const size_t bytes = text.size() * 2;
  auto* name = static_cast<UNICODE_STRING*>(ExAllocatePool2(POOL_FLAG_PAGED, sizeof(UNICODE_STRING) + bytes + 2, kTag));
  if (!name) return nullptr;
  *name = {static_cast<USHORT>(bytes), static_cast<USHORT>(bytes + 2), reinterpret_cast<PWCH>(name + 1)};
  std::copy(text.begin(), text.end(), reinterpret_cast<char16_t*>(name + 1));
  return name;
}

}  // namespace

bool HasCallbacks(Kernel& kernel) { return kernel.cm->callbacks.any.load(std::memory_order_acquire); }

KeyFilter::KeyFilter(Kernel& kernel, void* object, const Slots& slots) : kernel_(kernel), object_(object), slots_(slots) {
  State& state = *kernel.cm;
  rt::LockGuard guard(state.callbacks.lock);
  for (auto& one : state.callbacks.items) {
    ++one->running;
    called_.push_back({one});
  }
}

KeyFilter::~KeyFilter() {
  for (Called& one : called_) kernel_.cm->callbacks.Leave(kernel_, *one.callback);
}

bool KeyFilter::Before(REG_NOTIFY_CLASS kind, NTSTATUS* status) {
  for (Called& one : called_) {
    *slots_.call_context = nullptr;
    if (slots_.object_context) *slots_.object_context = object_ ? ContextOf(kernel_, *one.callback, object_) : nullptr;
    const NTSTATUS answer = Call(*one.callback, kind, slots_.information);
    one.context = *slots_.call_context;
    if (answer == STATUS_CALLBACK_BYPASS || !NT_SUCCESS(answer)) {
      *status = answer == STATUS_CALLBACK_BYPASS ? STATUS_SUCCESS : answer;
      return false;
    }
    one.passed = true;
  }
  return true;
}

NTSTATUS KeyFilter::After(REG_NOTIFY_CLASS kind, void* object, NTSTATUS status) {
  for (auto one = called_.rbegin(); one != called_.rend(); ++one) {
    if (!one->passed) continue;
    REG_POST_OPERATION_INFORMATION information{};
    information.Object = object;
    information.Status = status;
    information.PreInformation = slots_.information;
    information.ReturnStatus = status;
    information.CallContext = one->context;
    information.ObjectContext = object ? ContextOf(kernel_, *one->callback, object) : nullptr;
    if (Call(*one->callback, kind, &information) == STATUS_CALLBACK_BYPASS) status = information.ReturnStatus;
  }
  return status;
}

void TellClose(void* body) {
  Kernel& kernel = *ob::HeaderOf(body)->kernel;
  if (!HasCallbacks(kernel) || !CurrentThreadOrNull() || CurrentThread().irql != PASSIVE_LEVEL) return;
  REG_KEY_HANDLE_CLOSE_INFORMATION information{};
  information.Object = body;
  KeyFilter filter(kernel, body, {&information, &information.CallContext, &information.ObjectContext});
  NTSTATUS status;
  filter.Before(RegNtPreKeyHandleClose, &status);  // nobody can refuse it
  filter.After(RegNtPostKeyHandleClose, body, STATUS_SUCCESS);
}

void ForgetObject(Kernel& kernel, void* body) {
  if (!HasCallbacks(kernel) || !CurrentThreadOrNull()) return;
  std::vector<std::pair<std::shared_ptr<Callback>, void*>> told;
  {
    rt::LockGuard guard(kernel.cm->callbacks.lock);
    for (auto& one : kernel.cm->callbacks.items) {
      auto found = one->contexts.find(body);
      if (found == one->contexts.end()) continue;
      ++one->running;
      told.emplace_back(one, found->second);
      one->contexts.erase(found);
    }
  }
  for (auto& [callback, context] : told) {
    TellCleanup(*callback, body, context);
    kernel.cm->callbacks.Leave(kernel, *callback);
  }
}

}  // namespace drydock::nt::cm

using namespace drydock;
using namespace drydock::nt;

extern "C" {

NTSTATUS CmRegisterCallback(PEX_CALLBACK_FUNCTION Function, PVOID Context, PLARGE_INTEGER Cookie) {
  return cm::Register(Function, {}, Context, Cookie);
}

NTSTATUS CmRegisterCallbackEx(PEX_CALLBACK_FUNCTION Function, PCUNICODE_STRING Altitude, PVOID Driver, PVOID Context,
                              PLARGE_INTEGER Cookie, PVOID Reserved) {
  (void)Driver, (void)Reserved;
  const std::u16string_view altitude = ob::View(Altitude);
  if (!ob::IsAltitude(altitude)) return STATUS_INVALID_PARAMETER;
  return cm::Register(Function, altitude, Context, Cookie);
}

NTSTATUS CmUnRegisterCallback(LARGE_INTEGER Cookie) {
  Kernel& kernel = CurrentKernel();
  cm::State& state = *kernel.cm;
  const auto gone = state.callbacks.Remove(kernel, "registry callbacks to return", [&](const cm::Callback& one) { return one.cookie == Cookie.QuadPart; });
  if (!gone) return STATUS_INVALID_PARAMETER;
  std::map<void*, void*> contexts;
  {
    rt::LockGuard guard(state.callbacks.lock);
    contexts.swap(gone->contexts);
  }
  for (auto& [object, context] : contexts) cm::TellCleanup(*gone, object, context);
  return STATUS_SUCCESS;
}

VOID CmGetCallbackVersion(PULONG Major, PULONG Minor) {
  if (Major) *Major = 1;
  if (Minor) *Minor = 1;
}

NTSTATUS CmSetCallbackObjectContext(PVOID Object, PLARGE_INTEGER Cookie, PVOID NewContext, PVOID* OldContext) {
  cm::State& state = *CurrentKernel().cm;
  rt::LockGuard guard(state.callbacks.lock);
  for (auto& one : state.callbacks.items) {
    if (one->cookie != Cookie->QuadPart) continue;
    auto [at, is_new] = one->contexts.try_emplace(Object, nullptr);
    if (OldContext) *OldContext = at->second;
    at->second = NewContext;
    if (!NewContext) one->contexts.erase(at);
    return STATUS_SUCCESS;
  }
  return STATUS_INVALID_PARAMETER;
}

NTSTATUS CmCallbackGetKeyObjectIDEx(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID, PCUNICODE_STRING* ObjectName, ULONG Flags) {
  (void)Cookie, (void)Flags;
  if (!Object || !ob::IsObject(Object, cm::kKeyType)) return STATUS_INVALID_PARAMETER;
  cm::KeyNode& node = **static_cast<cm::Key*>(Object)->node;
  if (ObjectID) *ObjectID = reinterpret_cast<ULONG_PTR>(&node);
  if (!ObjectName) return STATUS_SUCCESS;
  std::u16string path;
  {
    rt::LockGuard guard(CurrentKernel().cm->lock);
    path = cm::PathOf(node);
  }
  *ObjectName = cm::NewName(path);
  return *ObjectName ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
VOID CmCallbackReleaseKeyObjectIDEx(PCUNICODE_STRING ObjectName) {
  if (ObjectName) ExFreePoolWithTag(const_cast<UNICODE_STRING*>(ObjectName), cm::kTag);
}

// The name stays as long as the key object.
NTSTATUS CmCallbackGetKeyObjectID(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID, PCUNICODE_STRING* ObjectName) {
  (void)Cookie;
  if (!Object || !ob::IsObject(Object, cm::kKeyType)) return STATUS_INVALID_PARAMETER;
  auto* key = static_cast<cm::Key*>(Object);
  if (ObjectID) *ObjectID = reinterpret_cast<ULONG_PTR>(key->node->get());
  if (!ObjectName) return STATUS_SUCCESS;
  rt::LockGuard guard(CurrentKernel().cm->lock);
  if (!key->name) {
    auto text = std::make_unique<cm::KeyName>();
    text->text = cm::PathOf(**key->node);
    const auto bytes = static_cast<USHORT>(text->text.size() * 2);
    text->string = {bytes, static_cast<USHORT>(bytes + 2), reinterpret_cast<PWCH>(text->text.data())};
    key->name = text.release();
  }
  *ObjectName = &key->name->string;
  return STATUS_SUCCESS;
}

PVOID CmGetBoundTransaction(PLARGE_INTEGER Cookie, PVOID Object) {
  (void)Cookie, (void)Object;
  return nullptr;  // no key is part of a transaction
}

}  // extern "C"
