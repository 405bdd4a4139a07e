#include <gtest/gtest.h>
#include <devpkey.h>

#include "doubles.h"

namespace {

TEST(Status, SeverityDecidesSuccess) {
  EXPECT_TRUE(NT_SUCCESS(STATUS_SUCCESS));
  EXPECT_TRUE(NT_SUCCESS(STATUS_PENDING));
  EXPECT_TRUE(NT_SUCCESS(STATUS_WDF_QUEUED) && NT_INFORMATION(STATUS_WDF_QUEUED));
  EXPECT_TRUE(!NT_SUCCESS(STATUS_BUFFER_OVERFLOW) && NT_WARNING(STATUS_BUFFER_OVERFLOW));
  EXPECT_TRUE(!NT_SUCCESS(STATUS_UNSUCCESSFUL) && NT_ERROR(STATUS_UNSUCCESSFUL));
  EXPECT_EQ(NT_FACILITY(STATUS_WDF_BUSY), static_cast<ULONG>(FACILITY_DRIVER_FRAMEWORK));
}

TEST(Guid, ComparesByContent) {
  const GUID a = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
  GUID b = a;
  EXPECT_TRUE(IsEqualGUID(a, b) && a == b);
  b.Data4[7] = 0;
  EXPECT_TRUE(!IsEqualGUID(a, b) && a != b);
}

TEST(LargeInteger, HalvesAreTheQuadInLittleEndianOrder) {
  LARGE_INTEGER value;
  value.QuadPart = -2;
  EXPECT_EQ(value.LowPart, 0xFFFFFFFEu);
  EXPECT_EQ(value.HighPart, -1);
  EXPECT_EQ(value.u.LowPart, value.LowPart);
}

TEST(Strings, EmptyUnicodeStringHasRoomAndNoText) {
  WCHAR buffer[8];
  UNICODE_STRING string;
  RtlInitEmptyUnicodeString(&string, buffer, sizeof buffer);
  EXPECT_EQ(string.Length, 0);
  EXPECT_EQ(string.MaximumLength, 16);
  EXPECT_EQ(string.Buffer, buffer);
}

TEST(ObjectAttributes, AreFilledCompletely) {
  OBJECT_ATTRIBUTES attributes;
  memset(&attributes, 0xEE, sizeof attributes);
  UNICODE_STRING name{};
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  EXPECT_EQ(attributes.Length, 48u);
  EXPECT_EQ(attributes.ObjectName, &name);
  EXPECT_EQ(attributes.Attributes, static_cast<ULONG>(OBJ_KERNEL_HANDLE));
  EXPECT_EQ(attributes.RootDirectory, nullptr);
  EXPECT_EQ(attributes.SecurityDescriptor, nullptr);
  EXPECT_EQ(attributes.SecurityQualityOfService, nullptr);
}

TEST(Memory, SecureZeroClears) {
  char secret[4] = {1, 2, 3, 4};
  RtlSecureZeroMemory(secret, sizeof secret);
  const char zero[4] = {};
  EXPECT_TRUE(RtlEqualMemory(secret, zero, 4));
}

}  // namespace
