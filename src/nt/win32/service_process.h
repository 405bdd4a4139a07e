// A process that is a service: its control handler, called on the thread that waits in StartServiceCtrlDispatcher. nt/win32 only.
#pragma once

#include <ntddk.h>
#include <windows.h>

#include <atomic>
#include <memory>
#include <vector>

#include "nt/win32/program.h"

namespace drydock::nt::win32 {

struct ServiceControl {
  DWORD control = 0, event = 0;
  std::vector<char> data;
  DWORD answer = NO_ERROR;  // before `answered`
  KEVENT answered = {};
  ServiceControl() { KeInitializeEvent(&answered, NotificationEvent, FALSE); }
};

// The service whose handle this is; null: none of this program.
std::shared_ptr<struct ServiceProcess> ServiceOfHandle(Program& program, void* handle);
// Queues it for the handler.
void Tell(Program& program, ServiceProcess& service, const std::shared_ptr<ServiceControl>& control);
// Ctrl+C of a service that accepts it is SERVICE_CONTROL_STOP. False: it is none, or does not.
bool StopService(Program& program);
// A process that ends does not answer any more, nor does one that drops its registration meanwhile (from its handler, perhaps): false.
bool WaitForAnswer(Program& program, KEVENT* answered, const std::atomic<bool>& dropped);

}  // namespace drydock::nt::win32
