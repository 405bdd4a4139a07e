#include "nt/win32/program.h"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <exception>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/io/irp.h"
#include "nt/ke/drivers_wait.h"
#include "nt/ke/wait.h"
#include "nt/ob/name_space.h"
#include "nt/ob/object.h"
#include "nt/ps/process.h"
#include "nt/ps/start.h"
#include "nt/ps/types.h"
#include "nt/thread.h"
#include "nt/win32/crash.h"
#include "nt/win32/service_process.h"

namespace drydock::nt::win32 {
namespace {

constexpr int32_t kNotLoaded = static_cast<int32_t>(0xC0000135);  // STATUS_DLL_NOT_FOUND
constexpr int32_t kAccessViolation = static_cast<int32_t>(0xC0000005);
constexpr int32_t kControlExit = static_cast<int32_t>(0xC000013A);

char* Copy(const std::string& text) { return strdup(text.c_str()); }
char16_t* Copy(const std::u16string& text) {
  auto* copy = static_cast<char16_t*>(std::malloc((text.size() + 1) * sizeof(char16_t)));
  std::memcpy(copy, text.c_str(), (text.size() + 1) * sizeof(char16_t));
  return copy;
}

// As CommandLineToArgvW takes it apart again.
std::string Quoted(const std::string& word) {
  if (!word.empty() && word.find_first_of(" \t\"") == std::string::npos) return word;
  std::string text = "\"";
  size_t backslashes = 0;
  for (char c : word) {
    if (c == '\\') {
      ++backslashes;
      continue;
    }
    text.append(c == '"' ? backslashes * 2 + 1 : backslashes, '\\');
    backslashes = 0;
    text += c;
  }
  text.append(backslashes * 2, '\\');
  return text + '"';
}

void MakeArguments(Program& program) {
  std::vector<std::string> words = {program.spec.name};
  words.insert(words.end(), program.spec.arguments.begin(), program.spec.arguments.end());
  for (const std::string& word : words) {
    if (!program.narrow_command_line.empty()) program.narrow_command_line += ' ';
    program.narrow_command_line += Quoted(word);
    program.arguments.push_back(Copy(word));
    program.wide_arguments.push_back(Copy(ob::ToUtf16(word)));
  }
  program.command_line = ob::ToUtf16(program.narrow_command_line);
  for (const auto& [name, value] : program.spec.environment) {
    program.variables.push_back(Copy(name + "=" + value));
    program.wide_variables.push_back(Copy(ob::ToUtf16(name + "=" + value)));
  }
  program.arguments.push_back(nullptr);
  program.wide_arguments.push_back(nullptr);
  program.variables.push_back(nullptr);
  program.wide_variables.push_back(nullptr);
}

struct ThreadsOf {
  Process* process;
  Thread* except;
  std::vector<Thread*> found;  // referenced
};

std::vector<Thread*> OtherThreads(Program& program, Thread* except) {
  ThreadsOf threads{program.process, except, {}};
  ps::ForEachThread(
      *program.kernel,
      [](void* context, Thread& thread) {
        auto* threads = static_cast<ThreadsOf*>(context);
        if (thread.process != threads->process || &thread == threads->except) return;
        ob::Reference(&thread);
        threads->found.push_back(&thread);
      },
      &threads);
  return std::move(threads.found);
}

void WaitForOthers(Program& program) {
  for (;;) {
    const std::vector<Thread*> others = OtherThreads(program, CurrentThreadOrNull());
    if (others.empty()) return;
    for (Thread* thread : others) {
      ke::WaitForSingle(*reinterpret_cast<DISPATCHER_HEADER*>(thread->header));
      ob::Dereference(thread);
    }
  }
}

int CallRun(Program* program) {
  return program->entry.run(static_cast<int>(program->arguments.size() - 1), program->arguments.data(), program->wide_arguments.data(),
                            program->variables.data(), program->wide_variables.data());
}

bool CallLoad(Program* program) { return program->spec.load(program->spec.context, &program->entry, &program->error); }

void RunProgram(void* argument) {
  Program& program = *static_cast<Program*>(argument);
  Thread& thread = CurrentThread();
  OpenStreams(program);
  bool left_alone = false;  // ExitThread on the first thread: the others go on
  try {
    if (!CallApplication(program, "loading", &CallLoad, &program)) {
      EndProgram(program, program.error.empty() ? program.exit_code.load() : kNotLoaded);
    } else {
      const int code = CallApplication(program, "main", &CallRun, &program);
      if (!program.exiting) {
        thread.exit_status = code;
        RunFlsCallbacks(program);
        CallApplication(program, "exit", program.entry.finalize);
        EndProgram(program, code);
      }
    }
  } catch (const rt::TaskStopped&) {
    if (!thread.terminating) throw;
    left_alone = true;
  }
  WaitForOthers(program);
  if (left_alone) EndProgram(program, thread.exit_status);
  CloseStreams(program);
  DropThings(program);
  DropRanges(program);
  ps::EndProcess(program.process, program.exit_code);
}

}  // namespace

Program::~Program() {
  CloseStreams(*this);
  for (char* text : arguments) std::free(text);
  for (char* text : variables) std::free(text);
  for (char16_t* text : wide_arguments) std::free(text);
  for (char16_t* text : wide_variables) std::free(text);
}

Program* CurrentProgram() {
  Thread* thread = CurrentThreadOrNull();
  return thread && thread->callbacks && thread->callbacks->host ? thread->callbacks->host->program : nullptr;
}

Program& ProgramFor(const char* function) {
  if (Program* program = CurrentProgram()) return *program;
  BugCheck(bug::kSystemThreadExceptionNotHandled, {static_cast<uint32_t>(STATUS_NOT_SUPPORTED), 0, 0, 0},
           fmt::format("{} is a function of applications; a driver cannot call it.", function));
}

ULONG HandleAttributes() { return CurrentProgram() ? 0 : OBJ_KERNEL_HANDLE; }

void LeaveIfEnded() {
  Thread& thread = CurrentThread();
  // Leaving runs destructors that Windows would not run; what they call is done, as nothing may be thrown out of them.
  if (internal::Ended(thread.callbacks) && std::uncaught_exceptions() == 0) throw HostEnded();
}

void StartProgram(Kernel& kernel, ProgramSpec spec, Program& program) {
  program.kernel = &kernel;
  program.program = &program;
  program.spec = std::move(spec);
  {
    rt::LockGuard guard(program.lock);
    program.input = program.spec.input;
    program.input_ended = program.spec.input_ends;
  }
  KeInitializeEvent(&program.input_event, NotificationEvent, TRUE);
  MakeArguments(program);
  std::u16string command_line;
  for (const char16_t* argument : program.wide_arguments) {
    if (!argument) break;
    const bool spaces = std::u16string_view(argument).find(u' ') != std::u16string_view::npos;
    if (!command_line.empty()) command_line += u' ';
    command_line += spaces ? u'"' + std::u16string(argument) + u'"' : std::u16string(argument);
  }
  int32_t refused = STATUS_SUCCESS;
  program.process =
      ps::CreateProcess(kernel, program.spec.name, {u"\\??\\C:\\" + ob::ToUtf16(program.spec.name), std::move(command_line)}, &refused);
  if (!NT_SUCCESS(refused)) {
    program.error = fmt::format("{}: a driver refused the process with status {:#x}", program.spec.name, static_cast<uint32_t>(refused));
    program.exit_code = refused;
    ps::EndProcess(program.process, refused);
    return;
  }
  program.process->program.store(true, std::memory_order_relaxed);
  program.process->owner = &program;
  program.process->terminate = [](void* owner, int32_t exit_status) { EndProgram(*static_cast<Program*>(owner), exit_status); };
  kernel.executor.Detach(ps::SpawnThread(kernel, program.process, program.spec.name.c_str(), &RunProgram, &program));
}

bool HasEnded(const Program& program) { return program.process && program.process->ended.load(std::memory_order_acquire); }

void EndProgram(Program& program, int32_t exit_code) {
  if (!program.exiting.exchange(true)) program.exit_code = exit_code;
  program.End();
  for (Thread* thread : OtherThreads(program, CurrentThreadOrNull())) {
    io::CancelThreadIrps(*thread, nullptr);
    ob::Dereference(thread);
  }
}

void ExitProgram(int32_t exit_code) {
  EndProgram(ProgramFor("ExitProcess"), exit_code);
  throw HostEnded();
}

void Crashed(Program& program, const BugCheckData& data) {
  const bool exception = data.code == bug::kSystemThreadExceptionNotHandled;
  const bool first = !program.exiting;
  if (first && program.spec.crashed) program.spec.crashed(program.spec.context, data);
  EndProgram(program, exception ? static_cast<int32_t>(data.parameters[0]) : kAccessViolation);
}

void GiveInput(Program& program, std::string_view text, bool ends) {
  {
    rt::LockGuard guard(program.lock);
    program.input += text;
    program.input_ended |= ends;
  }
  KeSetEvent(&program.input_event, IO_NO_INCREMENT, FALSE);
}

void* AddThing(Program& program, std::shared_ptr<void> thing) {
  void* handle = thing.get();
  rt::LockGuard guard(program.lock);
  program.things[handle] = std::move(thing);
  return handle;
}
std::shared_ptr<void> FindThing(Program& program, void* handle) {
  rt::LockGuard guard(program.lock);
  auto found = program.things.find(handle);
  return found == program.things.end() ? nullptr : found->second;
}
bool DropThing(Program& program, void* handle) {
  std::shared_ptr<void> last;  // goes behind the lock
  rt::LockGuard guard(program.lock);
  auto found = program.things.find(handle);
  if (found == program.things.end()) return false;
  last = std::move(found->second);
  program.things.erase(found);
  return true;
}

void DropThings(Program& program) {
  std::map<void*, std::shared_ptr<void>> things;  // go behind the lock
  rt::LockGuard guard(program.lock);
  things.swap(program.things);
}

namespace {

struct Control {
  Program* program;
  unsigned event;
};

void RunControl(void* argument) {
  const Control control = *static_cast<Control*>(argument);
  delete static_cast<Control*>(argument);
  Program& program = *control.program;
  std::vector<int (*)(unsigned)> handlers;
  {
    rt::LockGuard guard(program.lock);
    handlers = program.control_handlers;
  }
  try {
    for (size_t i = handlers.size(); i-- > 0;) {
      if (handlers[i] == nullptr) return;  // SetConsoleCtrlHandler(NULL, TRUE): ignored
      if (CallApplication(program, "HandlerRoutine", handlers[i], control.event)) return;
    }
  } catch (const rt::TaskStopped&) {
    if (!CurrentThread().terminating) throw;
    return;
  }
  if (!StopService(program)) EndProgram(program, kControlExit);
}

}  // namespace

void SendControl(Program& program, unsigned event) {
  if (program.exiting) return;
  program.kernel->executor.Detach(
      ps::SpawnThread(*program.kernel, program.process, "console control", &RunControl, new Control{&program, event}));
}

}  // namespace drydock::nt::win32

using namespace drydock::nt::win32;

extern "C" {

// What exit and ExitProcess of an application end in.
[[noreturn]] void DrydockExitProcess(int code) { ExitProgram(code); }
[[noreturn]] void DrydockExit(int code) {
  Program& program = ProgramFor("exit");
  if (!program.exiting) program.entry.finalize();
  ExitProgram(code);
}
[[noreturn]] void DrydockAbort(void) { ExitProgram(3); }
VOID ExitProcess(unsigned code) { ExitProgram(static_cast<int>(code)); }

int DrydockRand(void) {
  Program& program = ProgramFor("rand");
  const uint32_t next = __atomic_load_n(&program.random, __ATOMIC_RELAXED) * 214013u + 2531011u;
  __atomic_store_n(&program.random, next, __ATOMIC_RELAXED);
  return static_cast<int>(next >> 16 & 0x7FFF);
}
void DrydockSrand(unsigned seed) { __atomic_store_n(&ProgramFor("srand").random, seed, __ATOMIC_RELAXED); }

}  // extern "C"
