#include "wdf/object/type_rules.h"

#include "runtime/assert.h"

namespace drydock::wdf {
namespace {

constexpr bool kYes = true, kNo = false;

//                            name                  parent  required scope level passive delete
constexpr TypeRules kRules[] = {
    {"(no type)",             kNo,  kNo,  kNo,  kNo,  kNo,  kNo},
    {"WDFOBJECT",             kYes, kNo,  kNo,  kYes, kNo,  kYes},
    {"WDFDRIVER",             kNo,  kNo,  kYes, kYes, kYes, kNo},
    {"WDFDEVICE",             kNo,  kNo,  kYes, kYes, kYes, kNo},   // control device: Device decides
    {"WDFQUEUE",              kYes, kNo,  kYes, kYes, kYes, kYes},  // bound queues: Queue decides
    {"WDFREQUEST",            kYes, kNo,  kNo,  kNo,  kNo,  kYes},
    {"WDFMEMORY",             kYes, kNo,  kNo,  kNo,  kNo,  kYes},  // paged: Memory decides
    {"WDFIOTARGET",           kYes, kNo,  kNo,  kNo,  kYes, kYes},
    {"WDFFILEOBJECT",         kNo,  kNo,  kYes, kYes, kNo,  kNo},
    {"WDFSPINLOCK",           kYes, kNo,  kNo,  kNo,  kNo,  kYes},
    {"WDFWAITLOCK",           kYes, kNo,  kNo,  kNo,  kNo,  kYes},
    {"WDFTIMER",              kYes, kYes, kNo,  kYes, kYes, kYes},
    {"WDFDPC",                kYes, kYes, kNo,  kNo,  kYes, kYes},
    {"WDFWORKITEM",           kYes, kYes, kNo,  kNo,  kYes, kYes},
    {"WDFCOLLECTION",         kYes, kNo,  kNo,  kNo,  kNo,  kYes},
    {"WDFSTRING",             kYes, kNo,  kNo,  kNo,  kYes, kYes},
    {"WDFLOOKASIDE",          kYes, kNo,  kNo,  kNo,  kNo,  kYes},  // paged: Lookaside decides
    {"WDFKEY",                kYes, kNo,  kNo,  kNo,  kYes, kYes},
    {"WDFINTERRUPT",          kYes, kNo,  kNo,  kNo,  kYes, kNo},
    {"WDFCHILDLIST",          kNo,  kNo,  kNo,  kNo,  kYes, kNo},
    {"WDFCMRESLIST",          kNo,  kNo,  kNo,  kNo,  kNo,  kNo},
    {"WDFIORESLIST",          kNo,  kNo,  kNo,  kNo,  kNo,  kNo},
    {"WDFDMAENABLER",         kYes, kNo,  kNo,  kNo,  kYes, kYes},
    {"WDFDMATRANSACTION",     kNo,  kNo,  kNo,  kNo,  kNo,  kYes},
    {"WDFCOMMONBUFFER",       kNo,  kNo,  kNo,  kNo,  kYes, kYes},
    {"WDFWMIPROVIDER",        kNo,  kNo,  kNo,  kNo,  kNo,  kNo},
    {"WDFWMIINSTANCE",        kNo,  kNo,  kNo,  kNo,  kNo,  kYes},
    {"WDFUSBDEVICE",          kNo,  kNo,  kNo,  kNo,  kYes, kYes},
    {"WDFUSBINTERFACE",       kNo,  kNo,  kNo,  kNo,  kYes, kNo},
    {"WDFUSBPIPE",            kNo,  kNo,  kNo,  kNo,  kYes, kNo},
    {"WDFIORESREQLIST",       kNo,  kNo,  kNo,  kNo,  kNo,  kNo},
};
static_assert(sizeof(kRules) / sizeof(kRules[0]) == static_cast<size_t>(ObjectType::kCount));

}  // namespace

const TypeRules& RulesOf(ObjectType type) {
  const size_t index = static_cast<size_t>(type);
  RT_ASSERT(index < static_cast<size_t>(ObjectType::kCount));
  return kRules[index];
}

}  // namespace drydock::wdf
