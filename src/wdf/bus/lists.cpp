// Making child lists, and their functions: WdfChildList..., WdfFdo... (static children, default list).
#include "nt/driver_callback.h"
#include "wdf/bus/bus.h"
#include "wdf/bus/locked.h"
#include "wdf/ddi.h"
#include "wdf/device/pnp_power.h"
#include "wdf/object/factory.h"

namespace drydock::wdf {

namespace bus {

NTSTATUS CreateList(Device& device, const WDF_CHILD_LIST_CONFIG* config, const WDF_OBJECT_ATTRIBUTES* attributes, ChildList** out) {
  ChildList* list = nullptr;
  NTSTATUS status = CreateObject(device.globals(), ObjectType::kChildList, attributes, &device, &list, config);
  if (!NT_SUCCESS(status)) return status;
  list->Attach(device);
  Children& children = *Children::Of(device);
  rt::LockGuard guard(children.lock);
  // The static list answers first, whenever it was made.
  children.lists.insert(config ? children.lists.end() : children.lists.begin(), list);
  *out = list;
  return STATUS_SUCCESS;
}

ChildList* StaticListOf(Device& device) {
  Children* children = Children::Of(device);
  if (!children) return nullptr;
  {
    rt::LockGuard guard(children->lock);
    if (children->static_list) return children->static_list;
  }
  ChildList* list = nullptr;
  if (!NT_SUCCESS(CreateList(device, nullptr, nullptr, &list))) return nullptr;
  ChildList* winner;
  {
    rt::LockGuard guard(children->lock);
    winner = children->static_list ? children->static_list : list;
    children->static_list = winner;
  }
  return winner;  // a second one, made at the same moment, stays empty
}

}  // namespace bus

namespace ddi {
namespace {

ChildList& ListOf(DriverGlobals& globals, WDFCHILDLIST handle) { return *FromHandle<ChildList>(globals, handle); }
Device& DeviceOf(DriverGlobals& globals, WDFDEVICE handle) { return *FromHandle<Device>(globals, handle); }

}  // namespace

NTSTATUS WdfChildListCreate(DriverGlobals& globals, WDFDEVICE Device, PWDF_CHILD_LIST_CONFIG Config, PWDF_OBJECT_ATTRIBUTES ChildListAttributes,
                            WDFCHILDLIST* ChildList) {
  wdf::Device& device = DeviceOf(globals, Device);
  NTSTATUS status = wdf::ChildList::Check(*Config);
  if (!NT_SUCCESS(status)) return status;
  if (!Children::Of(device)) return STATUS_INVALID_PARAMETER;  // not an FDO
  wdf::ChildList* list = nullptr;
  status = bus::CreateList(device, Config, ChildListAttributes, &list);
  if (NT_SUCCESS(status)) *ChildList = list->list_handle();
  return status;
}

WDFDEVICE WdfChildListGetDevice(DriverGlobals& globals, WDFCHILDLIST ChildList) {
  return reinterpret_cast<WDFDEVICE>(ListOf(globals, ChildList).parent_device().handle());
}

NTSTATUS WdfChildListAddOrUpdateChildDescriptionAsPresent(DriverGlobals& globals, WDFCHILDLIST ChildList,
                                                          PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER IdentificationDescription,
                                                          PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER AddressDescription) {
  return ListOf(globals, ChildList).Add(IdentificationDescription, AddressDescription);
}

NTSTATUS WdfChildListUpdateChildDescriptionAsMissing(DriverGlobals& globals, WDFCHILDLIST ChildList,
                                                     PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER IdentificationDescription) {
  return ListOf(globals, ChildList).MarkMissing(IdentificationDescription);
}

void WdfChildListUpdateAllChildDescriptionsAsPresent(DriverGlobals& globals, WDFCHILDLIST ChildList) { ListOf(globals, ChildList).MarkAllPresent(); }

void WdfChildListBeginScan(DriverGlobals& globals, WDFCHILDLIST ChildList) { ListOf(globals, ChildList).Begin(true); }

void WdfChildListEndScan(DriverGlobals& globals, WDFCHILDLIST ChildList) {
  if (!ListOf(globals, ChildList).End(true)) Break(globals, "WdfChildListEndScan without WdfChildListBeginScan was ignored");
}

void WdfChildListBeginIteration(DriverGlobals& globals, WDFCHILDLIST ChildList, PWDF_CHILD_LIST_ITERATOR Iterator) {
  wdf::ChildList& list = ListOf(globals, ChildList);
  if (Iterator->Size != sizeof(*Iterator)) {
    Break(globals, "WdfChildListBeginIteration with a wrong Size was ignored");
    return;
  }
  Iterator->Reserved[0] = nullptr;
  Iterator->Reserved[1] = &list;
  list.Begin(false);
}

NTSTATUS WdfChildListRetrieveNextDevice(DriverGlobals& globals, WDFCHILDLIST ChildList, PWDF_CHILD_LIST_ITERATOR Iterator, WDFDEVICE* Device,
                                        PWDF_CHILD_RETRIEVE_INFO Info) {
  wdf::ChildList& list = ListOf(globals, ChildList);
  if (Iterator->Size != sizeof(*Iterator)) return STATUS_INFO_LENGTH_MISMATCH;
  return list.RetrieveNext(Iterator, Device, Info);
}

void WdfChildListEndIteration(DriverGlobals& globals, WDFCHILDLIST ChildList, PWDF_CHILD_LIST_ITERATOR Iterator) {
  Iterator->Reserved[0] = Iterator->Reserved[1] = nullptr;
  if (!ListOf(globals, ChildList).End(false)) Break(globals, "WdfChildListEndIteration without WdfChildListBeginIteration was ignored");
}

WDFDEVICE WdfChildListRetrievePdo(DriverGlobals& globals, WDFCHILDLIST ChildList, PWDF_CHILD_RETRIEVE_INFO RetrieveInfo) {
  wdf::ChildList& list = ListOf(globals, ChildList);
  return RetrieveInfo->Size == sizeof(*RetrieveInfo) ? list.RetrievePdo(RetrieveInfo) : nullptr;
}

NTSTATUS WdfChildListRetrieveAddressDescription(DriverGlobals& globals, WDFCHILDLIST ChildList,
                                                PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER IdentificationDescription,
                                                PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER AddressDescription) {
  return ListOf(globals, ChildList).RetrieveAddress(IdentificationDescription, AddressDescription);
}

BOOLEAN WdfChildListRequestChildEject(DriverGlobals& globals, WDFCHILDLIST ChildList,
                                      PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER IdentificationDescription) {
  return ListOf(globals, ChildList).RequestEject(IdentificationDescription);
}

void WdfFdoInitSetDefaultChildListConfig(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, PWDF_CHILD_LIST_CONFIG Config,
                                         PWDF_OBJECT_ATTRIBUTES DefaultChildListAttributes) {
  wdf::DeviceInit& init = InitFrom(DeviceInit);
  if (init.kind != DeviceKind::kFdo || !NT_SUCCESS(wdf::ChildList::Check(*Config))) {
    Break(globals, "WdfFdoInitSetDefaultChildListConfig with a wrong configuration, or for a device that is no FDO, was ignored");
    return;
  }
  init.default_child_list = std::make_unique<WDF_CHILD_LIST_CONFIG>(*Config);
  init.default_child_list_attributes.Keep(DefaultChildListAttributes);
}

WDFCHILDLIST WdfFdoGetDefaultChildList(DriverGlobals& globals, WDFDEVICE Fdo) {
  Children* children = Children::Of(DeviceOf(globals, Fdo));
  return children && children->default_list ? children->default_list->list_handle() : nullptr;
}

}  // namespace ddi
}  // namespace drydock::wdf
