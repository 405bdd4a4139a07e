// A user-mode driver whose write goes wrong in the way that the first byte says.
#include <windows.h>
#include <wdf.h>

#include <cstdlib>
#include <stdexcept>
#include <vector>

namespace {

struct Shape {
  Shape() { Draw(); }
  virtual void Paint() = 0;
  void Draw() { Paint(); }
};
struct Circle : Shape {
  void Paint() override {}
};

void Send(WDFQUEUE queue) noexcept {
  WDF_MEMORY_DESCRIPTOR memory;
  char text[] = "x";
  WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&memory, text, sizeof text);
  WdfIoTargetSendWriteSynchronously(WdfDeviceGetIoTarget(WdfIoQueueGetDevice(queue)), nullptr, &memory, nullptr, nullptr, nullptr);
}

int Clumsy(WDFQUEUE queue, char how) {
  switch (how) {
    case 'a': std::abort();
    case 'e': std::exit(3);
    case 'r': return std::vector<int>(2).at(5);
    case 'i': throw 5;
    case 'v': { Circle circle; break; }
    case 't': std::terminate();
    case 's': Send(queue); break;
    case 'c':
      try {
        return std::vector<int>(2).at(6);
      } catch (const std::out_of_range&) {
        return 1;
      }
  }
  return 0;
}

}  // namespace

static EVT_WDF_IO_QUEUE_IO_WRITE ClumsyWrite;
static VOID ClumsyWrite(WDFQUEUE queue, WDFREQUEST request, size_t) {
  char* how = nullptr;
  NTSTATUS status = WdfRequestRetrieveInputBuffer(request, 1, reinterpret_cast<PVOID*>(&how), nullptr);
  const ULONG_PTR answer = NT_SUCCESS(status) ? static_cast<ULONG_PTR>(Clumsy(queue, *how)) : 0;
  WdfRequestCompleteWithInformation(request, status, answer);
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, [](WDFDRIVER, PWDFDEVICE_INIT init) -> NTSTATUS {
    WDFDEVICE device;
    NTSTATUS status = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &device);
    if (!NT_SUCCESS(status)) return status;
    WDF_IO_QUEUE_CONFIG queue;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchSequential);
    queue.EvtIoWrite = ClumsyWrite;
    return WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
  });
  return WdfDriverCreate(driver, path, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
