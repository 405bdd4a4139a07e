/* WDFVERIFY keeps its expression in every build; a false one stops in the debugger in checked builds only. */
#if DBG
#define WDFVERIFY(expression) \
    ((expression) ? TRUE : (RtlAssert((PVOID)#expression, (PVOID)__FILE__, __LINE__, NULL), FALSE))
#else
#define WDFVERIFY(expression) ((VOID)(expression))
#endif
#define VERIFY_IS_IRQL_PASSIVE_LEVEL() WDFVERIFY(KeGetCurrentIrql() == PASSIVE_LEVEL)
