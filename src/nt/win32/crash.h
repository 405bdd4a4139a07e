// What happens to an application in which something went wrong. Called by RaiseBugCheck, on the failing task.
#pragma once

namespace drydock::nt {
struct BugCheckData;
namespace win32 {

struct Program;
// Its process ends, with the exception's code as exit code; who started it is told.
void Crashed(Program& program, const BugCheckData& data);

}  // namespace win32
}  // namespace drydock::nt
