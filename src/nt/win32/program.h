// Program: an application of the machine: a process, its threads, what its C run-time keeps.
// Called by:  machine (starts, ends, feeds it), the Win32 and C run-time functions on its threads.
// Life:       StartProgram makes the process and its first thread. It ends when main returns, on exit, ExitProcess or a crash, or when
//             the machine says so: other threads leave the application at their next wait or Win32 call, their requests are cancelled,
//             then its handles are closed and its process object is signalled, as on Windows. The Program itself stays until the
//             machine ends.
// Locks:      `lock` guards text and lists; never held over a wait or a call into the application.
// Source:     public documentation of processes, ExitProcess and the C run-time.
#pragma once

#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ntddk.h>

#include "nt/driver_callback.h"
#include "nt/kernel.h"
#include "runtime/lock.h"

namespace drydock::nt::win32 {

// What the image exports (sdk/lib/app_entry.c).
struct ProgramEntry {
  int (*run)(int argc, char** argv, char16_t** wide, char** environment, char16_t** wide_environment);
  void (*finalize)();  // atexit functions, destructors of static objects
};

// What setup knows of INFs and drivers; text in UTF-8.
struct SetupInf {
  struct Line {
    bool has_key = false;
    std::string key;
    std::vector<std::string> values;
  };
  struct Section {
    std::string name;
    std::vector<Line> lines;
  };
  std::vector<Section> sections;
};
struct SetupDevice {
  std::string instance;
  std::vector<std::string> hardware_ids, compatible_ids;
};
struct SetupDriver {
  std::string description, manufacturer, provider, inf, section, hardware_id;  // inf: as published
  std::vector<std::string> compatible_ids, files;
  uint64_t date = 0, version = 0;  // YYYYMMDD; 16 bits each
  uint32_t rank = 0;
  bool installed = false;  // the device has it
};

struct ProgramSpec {
  std::string name;                     // "echoapp.exe"
  std::vector<std::string> arguments;   // without the program's own name; UTF-8
  std::u16string folder = u"C:\\";      // current directory
  std::string host_folder;              // where the C run-time's files are; empty: none can be opened
  std::map<std::string, std::string> environment;
  std::string input;                    // what standard input holds at first
  bool input_ends = true;               // nothing more will come
  bool terminal = false;                // standard input is this process's own
  void* context = nullptr;
  // On the program's first thread: loads the image. False: `error` says why.
  bool (*load)(void* context, ProgramEntry* entry, std::string* error) = nullptr;
  void (*wrote)(void* context, int stream, const char* text, size_t bytes) = nullptr;  // 1: output, 2: errors; any thread, no lock held
  // The service control manager's: loads the driver of a service (its image as the service names it), unloads it.
  NTSTATUS (*load_driver)(void* context, const std::string& service, const std::string& image) = nullptr;
  NTSTATUS (*unload_driver)(void* context, const std::string& service) = nullptr;
  // Setup's: installs the package of an INF (a path as the application says it); makes a root-enumerated device by its hardware ids, with the
  // best installed package (ERROR codes; `instance` empty: the next free one, and what it became).
  uint32_t (*install_package)(void* context, const std::string& inf) = nullptr;
  uint32_t (*add_root_device)(void* context, const std::vector<std::string>& hardware_ids, std::u16string* instance) = nullptr;
  // An INF as text: of the drive, or a published one (oem0.inf). 0, or an ERROR code with the line of the mistake.
  uint32_t (*read_inf)(void* context, const std::string& name, SetupInf* inf, unsigned* line) = nullptr;
  // The installed packages' drivers for a device, the best first.
  std::vector<SetupDriver> (*drivers_for)(void* context, const SetupDevice& device) = nullptr;
  // The device gets the driver of that package, unless it has a better one (`force`: also then). Before it is started anew.
  uint32_t (*choose_driver)(void* context, const SetupDevice& device, const std::string& inf, bool force) = nullptr;
  // What an installed INF became: oem0.inf.
  std::string (*published_name)(void* context, const std::string& inf) = nullptr;
  void (*crashed)(void* context, const BugCheckData& data) = nullptr;                   // on the failing thread
};

struct SuspendedThread {
  KEVENT go = {};
  uint32_t count = 1;  // under Program::lock
};
struct ThreadPool;  // threadpool.cpp
struct Range;       // memory.cpp

struct Program : CallbackHost {
  Program() = default;
  ~Program();
  Kernel* kernel = nullptr;
  ProgramSpec spec;
  ProgramEntry entry = {};
  const void* resources = nullptr;      // of its image (resources.h); set while it is loaded
  std::string error;                    // why it could not be loaded

  rt::Lock lock;
  std::atomic<bool> exiting{false};     // the exit code is decided
  std::atomic<int32_t> exit_code{0};
  std::string input RT_GUARDED_BY(lock);
  size_t input_at RT_GUARDED_BY(lock) = 0;
  bool input_ended RT_GUARDED_BY(lock) = false;
  KEVENT input_event = {};              // there is something to read, or the end
  FILE* streams[3] = {};
  int stream_modes[3] RT_GUARDED_BY(lock) = {};  // of _setmode
  std::map<uint64_t, std::shared_ptr<struct ApcQueue>> apc_queues RT_GUARDED_BY(lock);  // by thread id (user_apc.cpp)
  std::map<void*, std::shared_ptr<void>> things RT_GUARDED_BY(lock);  // what handles that are no objects of the executive stand for
  std::vector<std::map<uint64_t, void*>> tls RT_GUARDED_BY(lock);      // by index, then by thread id
  std::vector<bool> tls_used RT_GUARDED_BY(lock);
  std::vector<void (*)(void*)> fls_callbacks RT_GUARDED_BY(lock);       // by index; null: none (fls.cpp)
  std::map<uint64_t, std::shared_ptr<SuspendedThread>> suspended RT_GUARDED_BY(lock);  // not yet begun, by thread id
  std::map<uintptr_t, std::shared_ptr<Range>> ranges RT_GUARDED_BY(lock);  // of VirtualAlloc and MapViewOfFile, by base
  std::shared_ptr<ThreadPool> pool RT_GUARDED_BY(lock);
  std::shared_ptr<struct ServiceProcess> service RT_GUARDED_BY(lock);  // StartServiceCtrlDispatcher was called (service_process.cpp)
  std::vector<std::u16string> instances RT_GUARDED_BY(lock);           // paths of device instances, by number - 1 (devinst.h)
  struct RegisteredDevice {
    std::u16string instance;
    std::vector<std::string> hardware_ids;
  };
  std::atomic<bool> non_interactive{false};  // SetupSetNonInteractiveMode
  std::vector<RegisteredDevice> registered_devices RT_GUARDED_BY(lock);  // SetupDiRegisterDeviceInfo, not yet devices of the machine
  std::map<uint64_t, int> priorities RT_GUARDED_BY(lock);              // SetThreadPriority, by thread id
  std::map<uint64_t, uint64_t> affinities RT_GUARDED_BY(lock);         // SetThreadAffinityMask
  uint64_t affinity RT_GUARDED_BY(lock) = 0;                           // of the process; 0: all
  uint32_t priority_class RT_GUARDED_BY(lock) = 0x20;
  std::vector<int (*)(unsigned)> control_handlers RT_GUARDED_BY(lock);
  std::vector<char*> arguments;         // argv, and what the lists below point to
  std::vector<char16_t*> wide_arguments;
  std::vector<char*> variables;
  std::vector<char16_t*> wide_variables;
  std::u16string command_line;
  std::string narrow_command_line;
  uint32_t random = 1;                  // of rand
};

// The program whose code the calling thread runs; null: none (a driver, a test).
Program* CurrentProgram();
// For functions that make no sense outside of one: the same, else a bug check by name.
Program& ProgramFor(const char* function);
// For handles that the calling code gets: those of a program are its process's.
ULONG HandleAttributes();
// Ends the calling thread's stay in a program that has ended.
void LeaveIfEnded();

// `owner` keeps it; its memory must outlive the machine's tasks.
void StartProgram(Kernel& kernel, ProgramSpec spec, Program& program);
bool HasEnded(const Program& program);
// Sets the exit code (the first counts) and has every thread leave. Any task.
void EndProgram(Program& program, int32_t exit_code);
[[noreturn]] void ExitProgram(int32_t exit_code);  // on one of its threads
void GiveInput(Program& program, std::string_view text, bool ends);
// Ctrl+C and its relatives: the handlers run on a thread of the program's own, the newest first; without one it ends.
void SendControl(Program& program, unsigned event);

// Things: made once, found by their handle while it is open.
void* AddThing(Program& program, std::shared_ptr<void> thing);
std::shared_ptr<void> FindThing(Program& program, void* handle);  // null: no such handle
bool DropThing(Program& program, void* handle);
void DropThings(Program& program);  // all that are left, at its end

// Views and pages that are left, at its end; files are written.
void DropRanges(Program& program);
// What FlsAlloc's routines do with the values of a thread that ends; on it.
void RunFlsCallbacks(Program& program);

// --- C run-time streams (crt_stdio.cpp) ---
void OpenStreams(Program& program);
void CloseStreams(Program& program);

}  // namespace drydock::nt::win32
