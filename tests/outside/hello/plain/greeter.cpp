#include <ntddk.h>
#include <wdf.h>
extern "C" const char *Words(void);
static NTSTATUS Add(WDFDRIVER, PWDFDEVICE_INIT init) {
  WDFDEVICE device;
  NTSTATUS status = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &device);
  DbgPrint("greeter: %s\n", Words());
  return status;
}
extern "C" NTSTATUS
DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, Add);
  return WdfDriverCreate(driver, path, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
