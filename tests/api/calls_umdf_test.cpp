// Every inline UMDF call, and every register and port helper, reaches its own table entry with its
// arguments in order.
#define DRYDOCK_DRIVER_NAME api_calls_umdf
#include <gtest/gtest.h>
#include <wdf.h>
#include <wdfusb.h>

#include <cstring>

#include "call_recorder.h"

static const auto recorders =
    drydock::test::MakeRecorders(std::make_index_sequence<WdfFunctionTableNumEntries>());
static WDF_DRIVER_GLOBALS globals;

extern "C" {
PWDF_DRIVER_GLOBALS WdfDriverGlobals = &globals;
const WDFFUNC* WdfFunctions = recorders.data();
}

namespace {

using drydock::test::last_call;
using drydock::test::next_result;

PHYSICAL_ADDRESS Physical(LONGLONG value) {
  PHYSICAL_ADDRESS address;
  address.QuadPart = value;
  return address;
}
#define DRYDOCK_PHYSICAL(number) Physical(number)

TEST(UmdfCalls, EveryCallReachesItsEntryWithItsArguments) {
#include "checks/calls_umdf.h"
}

const WDFDEVICE kDevice = reinterpret_cast<WDFDEVICE>(0x10);

void ExpectAccess(int index, WDF_DEVICE_HWACCESS_TARGET_TYPE type,
                  WDF_DEVICE_HWACCESS_TARGET_SIZE size, const void* at) {
  EXPECT_EQ(last_call.index, index);
  EXPECT_EQ(last_call.arguments[0], 0x10u);
  EXPECT_EQ(static_cast<uint32_t>(last_call.arguments[1]), static_cast<uint32_t>(type));
  EXPECT_EQ(static_cast<uint32_t>(last_call.arguments[2]), static_cast<uint32_t>(size));
  EXPECT_EQ(last_call.arguments[3], reinterpret_cast<uint64_t>(at));
}

template <class T>
void CheckReads(WDF_DEVICE_HWACCESS_TARGET_TYPE type, WDF_DEVICE_HWACCESS_TARGET_SIZE size,
                T (*read)(WDFDEVICE, T*), WDF_DEVICE_HWACCESS_TARGET_TYPE buffer_type,
                void (*read_buffer)(WDFDEVICE, T*, T*, ULONG)) {
  T place = 0, buffer[3] = {};
  next_result = 0x1122334455667788;
  EXPECT_EQ(read(kDevice, &place), static_cast<T>(0x1122334455667788));
  ExpectAccess(WdfDeviceReadFromHardwareTableIndex, type, size, &place);
  EXPECT_EQ(last_call.arguments[4], 0u);
  EXPECT_EQ(static_cast<ULONG>(last_call.arguments[5]), 0u);
  read_buffer(kDevice, &place, buffer, 3);
  ExpectAccess(WdfDeviceReadFromHardwareTableIndex, buffer_type, size, &place);
  EXPECT_EQ(last_call.arguments[4], reinterpret_cast<uint64_t>(buffer));
  EXPECT_EQ(static_cast<ULONG>(last_call.arguments[5]), 3u);
}

template <class T>
void CheckWrites(WDF_DEVICE_HWACCESS_TARGET_TYPE type, WDF_DEVICE_HWACCESS_TARGET_SIZE size,
                 void (*write)(WDFDEVICE, T*, T), WDF_DEVICE_HWACCESS_TARGET_TYPE buffer_type,
                 void (*write_buffer)(WDFDEVICE, T*, T*, ULONG)) {
  T place = 0, buffer[3] = {};
  write(kDevice, &place, static_cast<T>(0x42));
  ExpectAccess(WdfDeviceWriteToHardwareTableIndex, type, size, &place);
  EXPECT_EQ(last_call.arguments[4], 0x42u);
  EXPECT_EQ(last_call.arguments[5], 0u);
  EXPECT_EQ(static_cast<ULONG>(last_call.arguments[6]), 0u);
  write_buffer(kDevice, &place, buffer, 3);
  ExpectAccess(WdfDeviceWriteToHardwareTableIndex, buffer_type, size, &place);
  EXPECT_EQ(last_call.arguments[4], 0u);
  EXPECT_EQ(last_call.arguments[5], reinterpret_cast<uint64_t>(buffer));
  EXPECT_EQ(static_cast<ULONG>(last_call.arguments[6]), 3u);
}

TEST(UmdfCalls, RegisterHelpersNameWidthAndKind) {
  const auto one = WdfDeviceHwAccessTargetTypeRegister,
             many = WdfDeviceHwAccessTargetTypeRegisterBuffer;
  CheckReads<UCHAR>(one, WdfDeviceHwAccessTargetSizeUchar, WDF_READ_REGISTER_UCHAR, many,
                    WDF_READ_REGISTER_BUFFER_UCHAR);
  CheckReads<USHORT>(one, WdfDeviceHwAccessTargetSizeUshort, WDF_READ_REGISTER_USHORT, many,
                     WDF_READ_REGISTER_BUFFER_USHORT);
  CheckReads<ULONG>(one, WdfDeviceHwAccessTargetSizeUlong, WDF_READ_REGISTER_ULONG, many,
                    WDF_READ_REGISTER_BUFFER_ULONG);
  CheckReads<ULONG64>(one, WdfDeviceHwAccessTargetSizeUlong64, WDF_READ_REGISTER_ULONG64, many,
                      WDF_READ_REGISTER_BUFFER_ULONG64);
  CheckWrites<UCHAR>(one, WdfDeviceHwAccessTargetSizeUchar, WDF_WRITE_REGISTER_UCHAR, many,
                     WDF_WRITE_REGISTER_BUFFER_UCHAR);
  CheckWrites<USHORT>(one, WdfDeviceHwAccessTargetSizeUshort, WDF_WRITE_REGISTER_USHORT, many,
                      WDF_WRITE_REGISTER_BUFFER_USHORT);
  CheckWrites<ULONG>(one, WdfDeviceHwAccessTargetSizeUlong, WDF_WRITE_REGISTER_ULONG, many,
                     WDF_WRITE_REGISTER_BUFFER_ULONG);
  CheckWrites<ULONG64>(one, WdfDeviceHwAccessTargetSizeUlong64, WDF_WRITE_REGISTER_ULONG64, many,
                       WDF_WRITE_REGISTER_BUFFER_ULONG64);
}

TEST(UmdfCalls, PortHelpersNameWidthAndKind) {
  const auto one = WdfDeviceHwAccessTargetTypePort, many = WdfDeviceHwAccessTargetTypePortBuffer;
  CheckReads<UCHAR>(one, WdfDeviceHwAccessTargetSizeUchar, WDF_READ_PORT_UCHAR, many,
                    WDF_READ_PORT_BUFFER_UCHAR);
  CheckReads<USHORT>(one, WdfDeviceHwAccessTargetSizeUshort, WDF_READ_PORT_USHORT, many,
                     WDF_READ_PORT_BUFFER_USHORT);
  CheckReads<ULONG>(one, WdfDeviceHwAccessTargetSizeUlong, WDF_READ_PORT_ULONG, many,
                    WDF_READ_PORT_BUFFER_ULONG);
  CheckWrites<UCHAR>(one, WdfDeviceHwAccessTargetSizeUchar, WDF_WRITE_PORT_UCHAR, many,
                     WDF_WRITE_PORT_BUFFER_UCHAR);
  CheckWrites<USHORT>(one, WdfDeviceHwAccessTargetSizeUshort, WDF_WRITE_PORT_USHORT, many,
                      WDF_WRITE_PORT_BUFFER_USHORT);
  CheckWrites<ULONG>(one, WdfDeviceHwAccessTargetSizeUlong, WDF_WRITE_PORT_ULONG, many,
                     WDF_WRITE_PORT_BUFFER_ULONG);
}

TEST(UmdfCalls, OlderVersionsUseTheBeginningOfTheTable) {
  EXPECT_EQ(WDF_FUNCTION_COUNT_OF_MINOR(33), 274);
  EXPECT_EQ(WDF_FUNCTION_COUNT_OF_MINOR(31), 273);
  EXPECT_EQ(WDF_FUNCTION_COUNT_OF_MINOR(15), 257);
}

}  // namespace
