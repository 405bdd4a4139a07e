// The buffers in which drivers name ACPI methods and get their results (acpiioct.h).
// Errors:     ReadEvaluation: STATUS_INVALID_PARAMETER for whatever is no whole input buffer. WriteResult: as the control codes' documentation says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <ntddk.h>

#include "drydock/acpi.h"

namespace drydock::backend {

struct Evaluation {
  std::string name;  // without the padding of a short one
  std::vector<AcpiValue> arguments;
};
// `extended`: the buffers of IOCTL_ACPI_EVAL_METHOD_EX, which carry a path.
NTSTATUS ReadEvaluation(const void* buffer, size_t length, bool extended, Evaluation* evaluation);

// The elements of a package are arguments of their own. Nothing to write to is a success; `information`: how much was written.
NTSTATUS WriteResult(const std::optional<AcpiValue>& result, void* buffer, size_t length, ULONG_PTR* information);

}  // namespace drydock::backend
