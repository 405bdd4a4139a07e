#ifndef DRYDOCK_FRAMEWORK
WDF_OF_THIS_DRIVER const WDFFUNC *WdfFunctions;
WDF_OF_THIS_DRIVER ULONG WdfMinimumVersionRequired;
WDF_OF_THIS_DRIVER ULONG WdfFunctionCount;
WDF_OF_THIS_DRIVER ULONG WdfStructureCount;
WDF_OF_THIS_DRIVER WDF_STRUCT_INFO WdfStructures;
WDF_OF_THIS_DRIVER BOOLEAN WdfClientVersionHigherThanFramework;
#endif

/* Functions and structures below these counts exist in every framework that this driver can be bound to. */
#ifndef WDF_ALWAYS_AVAILABLE_FUNCTION_COUNT
#define WDF_ALWAYS_AVAILABLE_FUNCTION_COUNT WdfMinimumVersionRequired
#endif

#define WDF_IS_FUNCTION_AVAILABLE(FunctionName) \
    (!WdfClientVersionHigherThanFramework || (FunctionName##TableIndex) < WdfFunctionCount)

#define WDF_IS_STRUCTURE_AVAILABLE(StructName) \
    (!WdfClientVersionHigherThanFramework || (INDEX_##StructName) < WdfStructureCount)

#define WDF_STRUCTURE_SIZE(StructName)                                            \
    (!WdfClientVersionHigherThanFramework ? sizeof(StructName)                    \
     : WDF_IS_STRUCTURE_AVAILABLE(StructName) ? WdfStructures[INDEX_##StructName] \
                                              : (size_t)-1)

#define WDF_IS_FIELD_AVAILABLE(StructName, FieldName)                                   \
    (!WdfClientVersionHigherThanFramework ||                                            \
     (WDF_IS_STRUCTURE_AVAILABLE(StructName) &&                                         \
      FIELD_OFFSET(StructName, FieldName) + RTL_FIELD_SIZE(StructName, FieldName) <=    \
          WDF_STRUCTURE_SIZE(StructName)))
