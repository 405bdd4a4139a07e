// The type of keys, as drivers name it.
#include "nt/cm/registry.h"

using namespace drydock::nt;

extern "C" {

static const POBJECT_TYPE key_type = reinterpret_cast<POBJECT_TYPE>(const_cast<ob::ObjectType*>(&cm::kKeyType));
POBJECT_TYPE* CmKeyObjectType = const_cast<POBJECT_TYPE*>(&key_type);

}  // extern "C"
