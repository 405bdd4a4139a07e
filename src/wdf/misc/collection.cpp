#include "wdf/misc/collection.h"

#include <algorithm>

#include "wdf/ddi.h"
#include "wdf/object/factory.h"

namespace drydock::wdf {

bool Collection::Add(Object* item) {
  if (deleting() || !globals().MayAllocate()) return false;
  item->AddRef();
  items_.push_back(item);
  return true;
}

bool Collection::Remove(const Object* item) {
  auto found = std::find(items_.begin(), items_.end(), item);
  return found != items_.end() && RemoveAt(static_cast<size_t>(found - items_.begin()));
}

bool Collection::RemoveAt(size_t index) {
  if (index >= items_.size()) return false;
  Object* item = items_[index];
  items_.erase(items_.begin() + static_cast<ptrdiff_t>(index));
  item->Release();
  return true;
}

void Collection::OnCleanedUp() {
  std::vector<Object*> items;
  items.swap(items_);
  for (Object* item : items) item->Release();
}

namespace {

WDFOBJECT HandleOf(Object* object) { return object ? object->handle() : nullptr; }

}  // namespace

namespace ddi {

NTSTATUS WdfCollectionCreate(DriverGlobals& globals, PWDF_OBJECT_ATTRIBUTES CollectionAttributes, WDFCOLLECTION* Collection) {
  *Collection = nullptr;
  wdf::Collection* collection = nullptr;
  NTSTATUS status = CreateObject(globals, ObjectType::kCollection, CollectionAttributes, DefaultParent(globals), &collection);
  if (NT_SUCCESS(status)) *Collection = reinterpret_cast<WDFCOLLECTION>(collection->handle());
  return status;
}

ULONG WdfCollectionGetCount(DriverGlobals& globals, WDFCOLLECTION Collection) {
  return static_cast<ULONG>(FromHandle<wdf::Collection>(globals, Collection)->count());
}

NTSTATUS WdfCollectionAdd(DriverGlobals& globals, WDFCOLLECTION Collection, WDFOBJECT Object) {
  wdf::Object* item = ObjectFromHandle(globals, Object);
  return FromHandle<wdf::Collection>(globals, Collection)->Add(item) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

void WdfCollectionRemove(DriverGlobals& globals, WDFCOLLECTION Collection, WDFOBJECT Item) {
  wdf::Object* item = ObjectFromHandle(globals, Item);
  if (!FromHandle<wdf::Collection>(globals, Collection)->Remove(item)) {
    Break(globals, "WdfCollectionRemove of an object that is not in the collection");
  }
}

void WdfCollectionRemoveItem(DriverGlobals& globals, WDFCOLLECTION Collection, ULONG Index) {
  if (!FromHandle<wdf::Collection>(globals, Collection)->RemoveAt(Index)) {
    Break(globals, "WdfCollectionRemoveItem with an index beyond the collection");
  }
}

WDFOBJECT WdfCollectionGetItem(DriverGlobals& globals, WDFCOLLECTION Collection, ULONG Index) {
  return HandleOf(FromHandle<wdf::Collection>(globals, Collection)->at(Index));
}

WDFOBJECT WdfCollectionGetFirstItem(DriverGlobals& globals, WDFCOLLECTION Collection) {
  return HandleOf(FromHandle<wdf::Collection>(globals, Collection)->at(0));
}

WDFOBJECT WdfCollectionGetLastItem(DriverGlobals& globals, WDFCOLLECTION Collection) {
  wdf::Collection* collection = FromHandle<wdf::Collection>(globals, Collection);
  return collection->count() ? HandleOf(collection->at(collection->count() - 1)) : nullptr;
}

}  // namespace ddi
}  // namespace drydock::wdf
