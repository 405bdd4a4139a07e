// Callback objects: a name, and a list of functions that ExNotifyCallback calls.
#include <ntddk.h>

#include <string>
#include <vector>

#include "nt/driver_callback.h"
#include "nt/ex/state.h"
#include "nt/ke/state.h"
#include "nt/ob/name_space.h"
#include "nt/ob/object.h"
#include "nt/thread.h"

namespace drydock::nt::ex {

struct Registration {
  CallbackObject* object;
  PCALLBACK_FUNCTION function;
  void* context;
  uint32_t running = 0;   // calls under way, under the object's lock
  bool removed = false;
};

struct CallbackObject {
  rt::Lock lock;
  bool many = false;
  std::u16string name;
  std::vector<Registration*> registrations;  // in order of registration
};

namespace {

const ob::ObjectType kCallbackType = {
    .name = "Callback",
    .on_last_handle = nullptr,
    .on_close = nullptr,
    .discard =
        [](void* body) {
          auto* object = static_cast<CallbackObject*>(body);
          for (Registration* registration : object->registrations) delete registration;
          object->~CallbackObject();
        },
    .parse = nullptr,
    .wait_offset = ob::kNotWaitable,
    .all_access = 0,
};

CallbackObject* AsCallback(void* object) { return static_cast<CallbackObject*>(object); }

}  // namespace
}  // namespace drydock::nt::ex

using namespace drydock;
using namespace drydock::nt;

extern "C" {

NTSTATUS ExCreateCallback(PCALLBACK_OBJECT* CallbackObject, POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN Create,
                          BOOLEAN AllowMultipleCallbacks) {
  Kernel& kernel = CurrentKernel();
  ex::State& state = *kernel.ex;
  const std::u16string name = ob::Upcase(ob::View(ObjectAttributes ? ObjectAttributes->ObjectName : nullptr));
  {
    rt::LockGuard guard(state.callbacks_lock);
    auto found = name.empty() ? state.callbacks.end() : state.callbacks.find(name);
    if (found != state.callbacks.end()) {
      ob::Reference(found->second);
      *CallbackObject = reinterpret_cast<PCALLBACK_OBJECT>(found->second);
      return STATUS_SUCCESS;
    }
  }
  if (!Create) return STATUS_OBJECT_NAME_NOT_FOUND;
  void* body = ob::CreateObject(kernel, ex::kCallbackType, sizeof(ex::CallbackObject));
  if (body == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  auto* object = new (body) ex::CallbackObject();
  object->many = AllowMultipleCallbacks;
  object->name = name;
  if (!name.empty()) {
    rt::LockGuard guard(state.callbacks_lock);
    auto [at, inserted] = state.callbacks.emplace(name, object);
    if (inserted) ob::Reference(object);  // the name's
  }
  *CallbackObject = reinterpret_cast<PCALLBACK_OBJECT>(object);
  return STATUS_SUCCESS;
}

PVOID ExRegisterCallback(PCALLBACK_OBJECT CallbackObject, PCALLBACK_FUNCTION CallbackFunction, PVOID CallbackContext) {
  ex::CallbackObject* object = ex::AsCallback(CallbackObject);
  auto* registration = new ex::Registration{object, CallbackFunction, CallbackContext};
  rt::LockGuard guard(object->lock);
  if (!object->many && !object->registrations.empty()) {
    delete registration;
    return nullptr;
  }
  object->registrations.push_back(registration);
  ob::Reference(object);
  return registration;
}

VOID ExUnregisterCallback(PVOID CallbackRegistration) {
  auto* registration = static_cast<ex::Registration*>(CallbackRegistration);
  ex::CallbackObject* object = registration->object;
  Kernel& kernel = CurrentKernel();
  ke::WaitInfo info;
  info.what = "a callback routine to return";
  auto busy = [&] {
    rt::LockGuard guard(object->lock);
    registration->removed = true;
    return registration->running != 0;
  };
  while (busy()) kernel.ke->lot.Wait(registration, busy, info);
  {
    rt::LockGuard guard(object->lock);
    std::erase(object->registrations, registration);
  }
  delete registration;
  ob::Dereference(object);
}

VOID ExNotifyCallback(PVOID CallbackObject, PVOID Argument1, PVOID Argument2) {
  ex::CallbackObject* object = ex::AsCallback(CallbackObject);
  Kernel& kernel = CurrentKernel();
  std::vector<ex::Registration*> called;
  {
    rt::LockGuard guard(object->lock);
    for (ex::Registration* registration : object->registrations) {
      if (registration->removed) continue;
      ++registration->running;
      called.push_back(registration);
    }
  }
  for (ex::Registration* registration : called) {
    CallDriver("CALLBACK_FUNCTION", registration->function, registration->context, Argument1, Argument2);
    bool last;
    {
      rt::LockGuard guard(object->lock);
      last = --registration->running == 0;
    }
    if (last) kernel.ke->lot.Wake(registration, SIZE_MAX);
  }
}

}  // extern "C"
