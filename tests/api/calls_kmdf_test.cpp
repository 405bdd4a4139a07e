// Every inline KMDF call reaches its own table entry with the driver's globals and its arguments in
// order.
#define DRYDOCK_DRIVER_NAME \
  api_calls_kmdf  // names of its own: the UMDF half of this test stands beside it
#include <gtest/gtest.h>
#include <ntddk.h>
#include <wdf.h>
#include <wdfminiport.h>
#include <wdfusb.h>

#include <cstring>

#include "call_recorder.h"
#include "support/spec.h"

static const auto recorders =
    drydock::test::MakeRecorders(std::make_index_sequence<WdfFunctionTableNumEntries>());
static WDF_DRIVER_GLOBALS globals;

extern "C" {
PWDF_DRIVER_GLOBALS WdfDriverGlobals = &globals;
const WDFFUNC* WdfFunctions = recorders.data();
ULONG WdfFunctionCount = WdfFunctionTableNumEntries;
ULONG WdfStructureCount = WDF_STRUCTURE_TABLE_NUM_ENTRIES;
WDF_STRUCT_INFO WdfStructures = nullptr;
BOOLEAN WdfClientVersionHigherThanFramework = FALSE;
}

struct CallsContext {
  int value;
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(CallsContext, GetCallsContext)
struct OtherContext {
  char bytes[40];
};
WDF_DECLARE_CONTEXT_TYPE(OtherContext);
WDF_DECLARE_CUSTOM_TYPE(CallsCustomType);

namespace {

using drydock::test::last_call;
using drydock::test::next_result;

TEST(KmdfCalls, EveryCallReachesItsEntryWithItsArguments){
#include "checks/calls_kmdf.h"
}

TEST(KmdfCalls, ContextAccessorAsksForTheDeclaredType) {
  CallsContext context = {7};
  next_result = reinterpret_cast<uint64_t>(&context);
  EXPECT_EQ(GetCallsContext(reinterpret_cast<WDFOBJECT>(0x10))->value, 7);
  EXPECT_EQ(last_call.index, WdfObjectGetTypedContextWorkerTableIndex);
  EXPECT_EQ(last_call.arguments[0], 0x10u);
  EXPECT_EQ(last_call.arguments[1],
            reinterpret_cast<uint64_t>(WDF_GET_CONTEXT_TYPE_INFO(CallsContext)));
  EXPECT_EQ(WdfObjectGetTypedContext(reinterpret_cast<WDFDEVICE>(0x20), CallsContext)->value, 7);
  EXPECT_EQ(last_call.arguments[0], 0x20u);
}

TEST(KmdfCalls, ContextTypeInformationDescribesTheType) {
  PCWDF_OBJECT_CONTEXT_TYPE_INFO info = WDF_GET_CONTEXT_TYPE_INFO(OtherContext);
  EXPECT_EQ(info->Size, sizeof(WDF_OBJECT_CONTEXT_TYPE_INFO));
  EXPECT_STREQ(info->ContextName, "OtherContext");
  EXPECT_EQ(info->ContextSize, sizeof(OtherContext));
  EXPECT_EQ(info->UniqueType, info);
  EXPECT_EQ(info->EvtDriverGetUniqueContextType, nullptr);
  EXPECT_NE(info, WDF_GET_CONTEXT_TYPE_INFO(CallsContext));

  WDF_OBJECT_ATTRIBUTES attributes;
  memset(&attributes, 0xA5, sizeof(attributes));
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, OtherContext);
  EXPECT_EQ(attributes.ContextTypeInfo, info);
  EXPECT_EQ(attributes.Size, sizeof(attributes));
  WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(&attributes, CallsContext);
  EXPECT_EQ(attributes.ContextTypeInfo, WDF_GET_CONTEXT_TYPE_INFO(CallsContext));
}

TEST(KmdfCalls, ReferencesTellWhereTheyWereTaken) {
  const int line = __LINE__ + 1;
  WdfObjectReferenceWithTag(reinterpret_cast<WDFREQUEST>(0x30), reinterpret_cast<PVOID>(0x77));
  EXPECT_EQ(last_call.index, WdfObjectReferenceActualTableIndex);
  EXPECT_EQ(last_call.arguments[0], 0x30u);
  EXPECT_EQ(last_call.arguments[1], 0x77u);
  EXPECT_EQ(static_cast<int>(last_call.arguments[2]), line);
  EXPECT_STREQ(reinterpret_cast<const char*>(last_call.arguments[3]), __FILE__);
  WdfObjectDereference(reinterpret_cast<WDFREQUEST>(0x30));
  EXPECT_EQ(last_call.index, WdfObjectDereferenceActualTableIndex);
  EXPECT_EQ(last_call.arguments[1], 0u);
}

TEST(KmdfCalls, IdleMacrosChooseTheirEntry) {
  WdfDeviceStopIdle(reinterpret_cast<WDFDEVICE>(0x40), TRUE);
  EXPECT_EQ(last_call.index, WdfDeviceStopIdleNoTrackTableIndex);
  WdfDeviceResumeIdle(reinterpret_cast<WDFDEVICE>(0x40));
  EXPECT_EQ(last_call.index, WdfDeviceResumeIdleNoTrackTableIndex);
  WdfDeviceStopIdleWithTag(reinterpret_cast<WDFDEVICE>(0x40), TRUE, reinterpret_cast<PVOID>(0x5));
  EXPECT_EQ(last_call.index, WdfDeviceStopIdleActualTableIndex);
  EXPECT_EQ(last_call.arguments[2], 0x5u);
  WdfDeviceResumeIdleWithTag(reinterpret_cast<WDFDEVICE>(0x40), reinterpret_cast<PVOID>(0x6));
  EXPECT_EQ(last_call.index, WdfDeviceResumeIdleActualTableIndex);
  EXPECT_EQ(last_call.arguments[1], 0x6u);
}

TEST(KmdfCalls, CustomTypesAreContexts) {
  WDF_CUSTOM_TYPE_CONTEXT data = {sizeof(data), 0x99};
  next_result = reinterpret_cast<uint64_t>(&data);
  EXPECT_TRUE(WdfObjectIsCustomType(reinterpret_cast<WDFOBJECT>(0x50), CallsCustomType));
  EXPECT_EQ(WdfObjectGetCustomTypeData(reinterpret_cast<WDFOBJECT>(0x50), CallsCustomType), 0x99u);
  next_result = 0;
  EXPECT_FALSE(WdfObjectIsCustomType(reinterpret_cast<WDFOBJECT>(0x50), CallsCustomType));
  next_result = static_cast<uint32_t>(STATUS_INSUFFICIENT_RESOURCES);
  EXPECT_EQ(WdfObjectAddCustomTypeWithData(reinterpret_cast<WDFOBJECT>(0x50), CallsCustomType, 0x99,
                                           nullptr, nullptr),
            STATUS_INSUFFICIENT_RESOURCES);
  EXPECT_EQ(last_call.index, WdfObjectAllocateContextTableIndex);
}

TEST(KmdfCalls, DriverComesFromTheGlobals) {
  globals.Driver = reinterpret_cast<WDFDRIVER>(0x60);
  EXPECT_EQ(WdfGetDriver(), reinterpret_cast<WDFDRIVER>(0x60));
}

TEST(KmdfCalls, UsbHandlesAreTargets) {
  EXPECT_EQ(WdfUsbTargetDeviceGetIoTarget(reinterpret_cast<WDFUSBDEVICE>(0x70)),
            reinterpret_cast<WDFIOTARGET>(0x70));
  EXPECT_EQ(WdfUsbTargetPipeGetIoTarget(reinterpret_cast<WDFUSBPIPE>(0x80)),
            reinterpret_cast<WDFIOTARGET>(0x80));
}

TEST(KmdfCalls, AvailabilityFollowsTheTableUnlessTheDriverIsNewer) {
  EXPECT_TRUE(WDF_IS_FUNCTION_AVAILABLE(WdfIoTargetPurge));
  EXPECT_TRUE(WDF_IS_STRUCTURE_AVAILABLE(WDF_IO_QUEUE_CONFIG));
  EXPECT_EQ(WDF_STRUCTURE_SIZE(WDF_IO_QUEUE_CONFIG), sizeof(WDF_IO_QUEUE_CONFIG));
  WdfClientVersionHigherThanFramework = TRUE;
  WdfFunctionCount = WdfIoTargetPurgeTableIndex;
  EXPECT_FALSE(WDF_IS_FUNCTION_AVAILABLE(WdfIoTargetPurge));
  EXPECT_TRUE(WDF_IS_FUNCTION_AVAILABLE(WdfIoTargetStart));
  size_t sizes[WDF_STRUCTURE_TABLE_NUM_ENTRIES] = {};
  sizes[INDEX_WDF_TIMER_CONFIG] = FIELD_OFFSET(WDF_TIMER_CONFIG, TolerableDelay);
  WdfStructures = sizes;
  EXPECT_TRUE(WDF_IS_FIELD_AVAILABLE(WDF_TIMER_CONFIG, Period));
  EXPECT_FALSE(WDF_IS_FIELD_AVAILABLE(WDF_TIMER_CONFIG, TolerableDelay));
  WdfStructures = nullptr;
  WdfFunctionCount = WdfFunctionTableNumEntries;
  WdfClientVersionHigherThanFramework = FALSE;
}

TEST(KmdfCalls, OlderVersionsUseTheBeginningOfTheTable) {
  EXPECT_EQ(WDF_FUNCTION_COUNT_OF_MINOR(33), WdfFunctionTableNumEntries);
  EXPECT_EQ(WDF_FUNCTION_COUNT_OF_MINOR(15), 444);
  EXPECT_EQ(WDF_FUNCTION_COUNT_OF_MINOR(9), 444);
  EXPECT_EQ(WDF_FUNCTION_COUNT_OF_MINOR(19), 446);
}

TEST(KmdfCalls, ThePowerDependencyCallCameWith131) {
  SPEC("O-29");
  EXPECT_LE(WDF_FUNCTION_COUNT_OF_MINOR(27), WdfPdoInitRemovePowerDependencyOnParentTableIndex);
  EXPECT_GT(WDF_FUNCTION_COUNT_OF_MINOR(31), WdfPdoInitRemovePowerDependencyOnParentTableIndex);
}

}  // namespace
