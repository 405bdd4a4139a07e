#include "wdf/um/credentials.h"

#include <algorithm>

#include "nt/io/file.h"
#include "nt/se/impersonation.h"
#include "wdf/request/request.h"
#include "wdf/request/send.h"

namespace drydock::wdf::um {

SECURITY_IMPERSONATION_LEVEL AllowedLevel(const DriverGlobals& globals, PIRP irp) {
  PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;
  const auto by_client = file ? nt::io::ImpersonationOf(file) : SecurityImpersonation;
  return std::min(by_client, static_cast<SECURITY_IMPERSONATION_LEVEL>(globals.directives.impersonation_level));
}

const nt::Process* ClientOf(PIRP irp) { return reinterpret_cast<const nt::Process*>(IoGetRequestorProcess(irp)); }

NTSTATUS PassCredentials(Request& request, const SendOptions& options) {
  PIO_SECURITY_CONTEXT security = request.current_stack()->Parameters.Create.SecurityContext;
  if (!security || !security->AccessState) return STATUS_SUCCESS;
  nt::Impersonation client{ClientOf(request.irp), AllowedLevel(request.globals(), request.irp)};
  bool as_client = options.impersonate;
  if (as_client && client.level < SecurityImpersonation) {  // to open something for the client takes that much
    if (!options.impersonate_ignore) return STATUS_BAD_IMPERSONATION_LEVEL;
    as_client = false;
  }
  nt::se::LocalServiceSubject(as_client ? &client : nullptr, &security->AccessState->SubjectSecurityContext);
  return STATUS_SUCCESS;
}

}  // namespace drydock::wdf::um
