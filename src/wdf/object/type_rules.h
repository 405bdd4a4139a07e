// TypeRules: what the contract says per object type: names, which attributes are allowed, what the driver may delete, where clean-up runs.
// Called by:  wdf/object (attribute checks, deletion), reports.
// Source:     OBJ-09, OBJ-18, OBJ-29 to OBJ-34, SYN-03, DEVX-2, DEVX-4.
#pragma once

#include "wdf/object/object.h"

namespace drydock::wdf {

struct TypeRules {
  const char* name;         // "WDFQUEUE"
  bool parent_allowed;      // else STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED
  bool parent_required;     // else STATUS_WDF_PARENT_NOT_SPECIFIED
  bool scope_allowed;       // a scope other than None and InheritFromParent
  bool level_allowed;       // a level other than InheritFromParent
  bool passive_cleanup;     // EvtCleanup and EvtDestroy at PASSIVE_LEVEL
  bool driver_may_delete;
};

const TypeRules& RulesOf(ObjectType type);
inline const char* NameOf(ObjectType type) { return RulesOf(type).name; }

}  // namespace drydock::wdf
