/* WDFVERIFY keeps its expression in every build; a false one stops in the debugger when VerifyOn is set for the driver. */
#define WDFVERIFY(expression)                                                             \
    ((expression) || !(WdfDriverGlobals->DriverFlags & WdfVerifyOn)                       \
         ? (VOID)0                                                                        \
         : RtlAssert((PVOID)#expression, (PVOID)__FILE__, __LINE__, NULL))
/* Stops in the debugger when DbgBreakOnError is set, or VerifierOn without it. */
#define VERIFY_IS_IRQL_PASSIVE_LEVEL() \
    (KeGetCurrentIrql() == PASSIVE_LEVEL ? (VOID)0 : WdfVerifierDbgBreakPoint())
