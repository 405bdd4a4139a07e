// WdfVerifier... functions (VER-20, VER-21).
#include "nt/bugcheck.h"
#include "wdf/ddi.h"
#include "wdf/framework.h"

namespace drydock::wdf::ddi {

void WdfVerifierDbgBreakPoint(DriverGlobals& globals) {
  if (globals.options.break_on_error) Break(globals, "the driver called WdfVerifierDbgBreakPoint");
}

void WdfVerifierKeBugCheck(DriverGlobals& globals, ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2,
                           ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4) {
  nt::BugCheck(BugCheckCode, {BugCheckParameter1, BugCheckParameter2, BugCheckParameter3, BugCheckParameter4},
               std::string(globals.shared.DriverName) + " asked for this bug check with WdfVerifierKeBugCheck.");
}

}  // namespace drydock::wdf::ddi
