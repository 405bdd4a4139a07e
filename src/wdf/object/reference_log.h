// ReferenceLog: (V) who holds references: the tags, lines and files of WdfObjectReferenceWithTag, for drivers with TrackHandles.
// Called by:  WdfObjectReferenceActual/DereferenceActual, object destruction, leak reports.
// IRQL:       <= DISPATCH_LEVEL.
// Source:     OBJ-06, VER-18.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/lock.h"

namespace drydock::wdf {

class Object;

class ReferenceLog {
 public:
  struct Entry {
    const void* tag;
    int32_t line;
    const char* file;  // the driver's static
  };
  void Add(const Object* object, const Entry& entry);
  // Takes one entry with that tag away; false when there is none.
  bool Remove(const Object* object, const void* tag);
  void Forget(const Object* object);
  std::string Describe(const Object* object);  // "tag 'abcd' at file:line, ..."

 private:
  rt::Lock lock_;
  std::unordered_map<const Object*, std::vector<Entry>> entries_ RT_GUARDED_BY(lock_);
};

}  // namespace drydock::wdf
