// The auxiliary kernel-mode library.
#include <aux_klib.h>
#include <ntddk.h>

#include <cstring>
#include <string>
#include <vector>

#include "nt/bugcheck.h"
#include "nt/cm/registry.h"
#include "nt/testing/kernel_fixture.h"
#include "nt/testing/wdm_driver.h"

namespace drydock::nt {
namespace {

class AuxKlibTest : public testing::BothExecutors {};
DRYDOCK_BOTH_EXECUTORS(AuxKlibTest);

TEST_P(AuxKlibTest, ModulesAreTheKernelFirst) {
  ASSERT_EQ(AuxKlibInitialize(), STATUS_SUCCESS);
  ULONG bytes = 0;
  EXPECT_EQ(AuxKlibQueryModuleInformation(&bytes, 5, nullptr), STATUS_INVALID_PARAMETER);
  ASSERT_EQ(AuxKlibQueryModuleInformation(&bytes, sizeof(AUX_MODULE_EXTENDED_INFO), nullptr), STATUS_SUCCESS);
  ASSERT_GE(bytes, sizeof(AUX_MODULE_EXTENDED_INFO));
  std::vector<AUX_MODULE_EXTENDED_INFO> modules(bytes / sizeof(AUX_MODULE_EXTENDED_INFO));
  ULONG less = bytes - 1;
  EXPECT_EQ(AuxKlibQueryModuleInformation(&less, sizeof(AUX_MODULE_EXTENDED_INFO), modules.data()), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(less, bytes);
  ASSERT_EQ(AuxKlibQueryModuleInformation(&bytes, sizeof(AUX_MODULE_EXTENDED_INFO), modules.data()), STATUS_SUCCESS);
  EXPECT_STREQ(reinterpret_cast<const char*>(modules[0].FullPathName + modules[0].FileNameOffset), "ntoskrnl.exe");
  EXPECT_NE(modules[0].BasicInfo.ImageBase, nullptr);
  EXPECT_EQ(AuxKlibGetImageExportDirectory(modules[0].BasicInfo.ImageBase), nullptr);
}

TEST_P(AuxKlibTest, FirmwareTablesAreTheRegistrys) {
  ASSERT_EQ(AuxKlibInitialize(), STATUS_SUCCESS);
  ULONG bytes = 1;
  UCHAR table[16] = {};
  EXPECT_EQ(AuxKlibGetSystemFirmwareTable('RSMB', 0, table, sizeof table, &bytes), STATUS_NOT_FOUND);
  EXPECT_EQ(AuxKlibEnumerateSystemFirmwareTables('ACPI', table, sizeof table, &bytes), STATUS_SUCCESS);
  EXPECT_EQ(bytes, 0u);
  EXPECT_EQ(AuxKlibEnumerateSystemFirmwareTables('NONE', table, sizeof table, &bytes), STATUS_NOT_IMPLEMENTED);
  ASSERT_EQ(cm::LoadText(*kernel_,
                         "Windows Registry Editor Version 5.00\n"
                         "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\mssmbios\\Data]\n\"SMBiosData\"=hex:01,02,03,04,05\n"
                         "[HKEY_LOCAL_MACHINE\\HARDWARE\\ACPI\\FACP\\OEM\\TABLE\\00000001]\n\"00000000\"=hex:46,41,43,50\n"),
            "");
  ASSERT_EQ(AuxKlibGetSystemFirmwareTable('RSMB', 0, table, sizeof table, &bytes), STATUS_SUCCESS);
  EXPECT_EQ(bytes, 5u);
  EXPECT_EQ(table[4], 5);
  EXPECT_EQ(AuxKlibGetSystemFirmwareTable('RSMB', 0, nullptr, 0, &bytes), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(bytes, 5u);
  ASSERT_EQ(AuxKlibEnumerateSystemFirmwareTables('ACPI', table, sizeof table, &bytes), STATUS_SUCCESS);
  ASSERT_EQ(bytes, 4u);
  ULONG id;
  std::memcpy(&id, table, sizeof id);
  EXPECT_EQ(id, static_cast<ULONG>('PCAF'));
  ASSERT_EQ(AuxKlibGetSystemFirmwareTable('ACPI', id, table, sizeof table, &bytes), STATUS_SUCCESS);
  EXPECT_EQ(std::memcmp(table, "FACP", 4), 0);
  EXPECT_EQ(AuxKlibGetSystemFirmwareTable('ACPI', 'TDSD', table, sizeof table, &bytes), STATUS_NOT_FOUND);
}

TEST_P(AuxKlibTest, ABugChecksDataIsForItsCallbacks) {
  ASSERT_EQ(AuxKlibInitialize(), STATUS_SUCCESS);
  KBUGCHECK_DATA data = {};
  EXPECT_EQ(AuxKlibGetBugCheckData(&data), STATUS_INFO_LENGTH_MISMATCH);
  data.BugCheckDataSize = sizeof data;
  EXPECT_EQ(AuxKlibGetBugCheckData(&data), STATUS_UNSUCCESSFUL) << "there is none";
  KBUGCHECK_CALLBACK_RECORD record;
  KeInitializeCallbackRecord(&record);
  UCHAR component[] = "test";
  ASSERT_TRUE(KeRegisterBugCheckCallback(
      &record, [](PVOID buffer, ULONG) { AuxKlibGetBugCheckData(static_cast<KBUGCHECK_DATA*>(buffer)); }, &data, sizeof data, component));
  EXPECT_THROW(KeBugCheckEx(0xE2, 1, 2, 3, 4), rt::TaskStopped);
  EXPECT_EQ(data.BugCheckCode, 0xE2u);
  EXPECT_EQ(data.Parameter4, 4u);
}

TEST_P(AuxKlibTest, WithoutInitializationItIsReported) {
  ULONG bytes = 0;
  EXPECT_THROW(AuxKlibQueryModuleInformation(&bytes, sizeof(AUX_MODULE_BASIC_INFO), nullptr), rt::TaskStopped);
}

}  // namespace
}  // namespace drydock::nt
