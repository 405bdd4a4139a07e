// A client process that dies with a UMDF device open and requests under way.
#include <atomic>

#include "nt/io/file.h"
#include "nt/kernel.h"
#include "nt/ob/handle_table.h"
#include "nt/ps/process.h"
#include "rig.h"

namespace drydock::test {
namespace {

Hooks* here;

struct Client {
  nt::Kernel* kernel;
  PDEVICE_OBJECT device;
  NTSTATUS opened = STATUS_UNSUCCESSFUL;
  nt::io::AsyncIo io[2];
  char data[2][4] = {};

  // Opens the device, starts two reads and is killed: its thread ends where it stands, with its handle open.
  static void Live(void* argument) {
    Client& self = *static_cast<Client*>(argument);
    nt::io::OpenOptions options;
    options.mode = UserMode;
    FILE_OBJECT* file = nullptr;
    self.opened = nt::io::OpenDevice(self.device, {}, options, &file);
    if (!NT_SUCCESS(self.opened)) return;
    nt::ob::HeaderOf(file)->handles.fetch_sub(1);  // the handle in the table takes the place of the one that the open counted
    HANDLE handle = nullptr;
    self.opened = nt::ob::InsertHandle(*self.kernel, file, FILE_GENERIC_READ, 0, &handle);
    for (int i = 0; i < 2; ++i) {
      nt::io::Request request;
      request.mode = UserMode;
      request.output = self.data[i];
      request.output_length = sizeof(self.data[i]);
      EXPECT_EQ(S(self.io[i].Start(file, request)), S(STATUS_PENDING));
    }
  }
};

CONFORMANCE(ClientsUm, DeathSendsCleanupAndEndsTheirRequests, "IOT-10.19") {
  Hooks hooks;
  here = &hooks;
  WDFQUEUE waiting = nullptr;
  std::atomic<int> arrived{0};
  WDFREQUEST of_other = nullptr;
  hooks.added = [&](WDFDEVICE device) {
    WDF_IO_QUEUE_CONFIG config;
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
    config.PowerManaged = WdfFalse;
    return WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &waiting);
  };
  hooks.read = [&](WDFREQUEST request, size_t) {
    switch (arrived++) {
      case 0: of_other = request; return;  // somebody else's
      case 1:                              // the driver holds it
        EXPECT_EQ(S(WdfRequestMarkCancelableEx(request,
                                               [](WDFREQUEST cancelled) {
                                                 here->log.Add("driver ends its request");
                                                 WdfRequestComplete(cancelled, STATUS_CANCELLED);
                                               })),
                  S(STATUS_SUCCESS));
        return;
      default: EXPECT_EQ(S(WdfRequestForwardToIoQueue(request, waiting)), S(STATUS_SUCCESS));  // the framework has it
    }
  };
  hooks.file_cleanup = [&](WDFFILEOBJECT) { hooks.log.Add("cleanup"); };
  hooks.file_close = [&](WDFFILEOBJECT) { hooks.log.Add("close"); };
  Rig rig(machine, hooks);
  rig.AddDevice();
  File other = rig.Open();
  char byte;
  PendingIo others = other.StartRead(&byte, 1);
  machine.RunUntilIdle();
  ASSERT_EQ(arrived, 1);
  {
    Client client;
    machine.Run([&] {
      client.kernel = &machine.kernel();
      client.device = rig.device.top();
      nt::Process* process = nt::ps::CreateProcess(machine.kernel(), "client");
      rt::Task* thread = nt::ps::SpawnThread(machine.kernel(), process, "client", &Client::Live, &client);
      machine.kernel().executor.Join(thread);
      EXPECT_EQ(S(client.opened), S(STATUS_SUCCESS));
      EXPECT_EQ(arrived, 3);
      EXPECT_EQ(hooks.log.Count("cleanup"), 0u);
      nt::ps::EndProcess(process, -1);
    });
    EXPECT_EQ(S(client.io[0].status()), S(STATUS_CANCELLED)) << "completed by the driver";
    EXPECT_EQ(S(client.io[1].status()), S(STATUS_CANCELLED)) << "completed by the framework";
    EXPECT_EQ(hooks.log.Take(), (Lines{"driver ends its request", "cleanup", "close"}));
  }
  EXPECT_FALSE(others.done()) << "another client is not concerned";
  machine.Run([&] { WdfRequestComplete(of_other, STATUS_SUCCESS); });
  EXPECT_EQ(others.Wait().status, STATUS_SUCCESS);
}

}  // namespace
}  // namespace drydock::test
