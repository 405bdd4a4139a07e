/*
 * Context types. WDF_DECLARE_CONTEXT_TYPE(Name) defines the type information of Name and the accessor WdfObjectGet_Name. A
 * type may be declared in several source files of one driver: the linker keeps one copy, whose address is the identity.
 */
#define WDF_TYPE_NAME_TO_TYPE_INFO(_contexttype) DRYDOCK_WDF_SYMBOL(_WDF_##_contexttype##_TYPE_INFO)
#define WDF_TYPE_NAME_POINTER_TYPE(_contexttype) WDF_POINTER_TYPE_##_contexttype
#define WDF_GET_CONTEXT_TYPE_INFO(_contexttype) (WDF_TYPE_NAME_TO_TYPE_INFO(_contexttype).UniqueType)

#define WDF_TYPE_INIT_(_contexttype, _uniquetype, _getuniquetype)                                    \
    WDF_EXTERN_DATA const WDF_OBJECT_CONTEXT_TYPE_INFO WDF_TYPE_NAME_TO_TYPE_INFO(_contexttype);      \
    WDF_EXTERN_C __attribute__((weak, visibility("hidden")))                                         \
    const WDF_OBJECT_CONTEXT_TYPE_INFO WDF_TYPE_NAME_TO_TYPE_INFO(_contexttype) = {                  \
        sizeof(WDF_OBJECT_CONTEXT_TYPE_INFO), #_contexttype, sizeof(_contexttype), _uniquetype, _getuniquetype};

#define WDF_DECLARE_TYPE(_contexttype, _unused) \
    WDF_TYPE_INIT_(_contexttype, &WDF_TYPE_NAME_TO_TYPE_INFO(_contexttype), NULL)

#define WDF_DECLARE_CONTEXT_TYPE(_contexttype) \
    WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(_contexttype, WdfObjectGet_##_contexttype)

/* Ends in a function definition, so that it may be written with or without a semicolon behind it. */
#define WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(_contexttype, _castingfunction)            \
    WDF_DECLARE_TYPE(_contexttype, _castingfunction)                                  \
    typedef _contexttype *WDF_TYPE_NAME_POINTER_TYPE(_contexttype);                   \
    WDF_INLINE _contexttype *_castingfunction(WDFOBJECT Handle)                       \
    {                                                                                 \
        return (_contexttype *)WdfObjectGetTypedContextWorker(                        \
            Handle, WDF_GET_CONTEXT_TYPE_INFO(_contexttype));                         \
    }

/* Custom types: an identity that can be put on any object, with one pointer-sized value. */
#define WDF_DECLARE_CUSTOM_TYPE(_customtype)     \
    typedef struct _WDF_CUSTOM_##_customtype {   \
        WDF_CUSTOM_TYPE_CONTEXT DataHeader;      \
    } _customtype;                               \
    WDF_DECLARE_TYPE(_customtype, unused)

#define WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(_attributes, _contexttype) \
    (_attributes)->ContextTypeInfo = WDF_GET_CONTEXT_TYPE_INFO(_contexttype)

#define WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(_attributes, _contexttype) \
    do {                                                                   \
        WDF_OBJECT_ATTRIBUTES_INIT(_attributes);                           \
        WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(_attributes, _contexttype); \
    } while (0)

#ifndef DRYDOCK_FRAMEWORK
#define WdfObjectGetTypedContext(handle, type) \
    ((type *)WdfObjectGetTypedContextWorker((WDFOBJECT)(handle), WDF_GET_CONTEXT_TYPE_INFO(type)))

#define WdfObjectReference(Handle) WdfObjectReferenceWithTag(Handle, NULL)
#define WdfObjectReferenceWithTag(Handle, Tag) \
    WdfObjectReferenceActual((WDFOBJECT)(Handle), (PVOID)(Tag), __LINE__, __FILE__)
#define WdfObjectDereference(Handle) WdfObjectDereferenceWithTag(Handle, NULL)
#define WdfObjectDereferenceWithTag(Handle, Tag) \
    WdfObjectDereferenceActual((WDFOBJECT)(Handle), (PVOID)(Tag), __LINE__, __FILE__)

#define WdfObjectAddCustomType(Handle, Type) WdfObjectAddCustomTypeWithData(Handle, Type, 0, NULL, NULL)
#define WdfObjectAddCustomTypeWithData(Handle, Type, Data, EvtCleanup, EvtDestroy)                       \
    WdfObjectAddCustomTypeWorker_((WDFOBJECT)(Handle), WDF_GET_CONTEXT_TYPE_INFO(Type), (ULONG_PTR)(Data), \
                                  EvtCleanup, EvtDestroy)
#define WdfObjectGetCustomType(Handle, Type)                                            \
    ((PWDF_CUSTOM_TYPE_CONTEXT)WdfObjectGetTypedContextWorker((WDFOBJECT)(Handle),      \
                                                              WDF_GET_CONTEXT_TYPE_INFO(Type)))
#define WdfObjectGetCustomTypeData(Handle, Type) (WdfObjectGetCustomType(Handle, Type)->Data)
#define WdfObjectIsCustomType(Handle, Type) (WdfObjectGetCustomType(Handle, Type) != NULL)
#endif

WDF_INLINE VOID WDF_OBJECT_ATTRIBUTES_INIT(PWDF_OBJECT_ATTRIBUTES Attributes)
{
    RtlZeroMemory(Attributes, sizeof(*Attributes));
    Attributes->Size = sizeof(*Attributes);
    Attributes->ExecutionLevel = WdfExecutionLevelInheritFromParent;
    Attributes->SynchronizationScope = WdfSynchronizationScopeInheritFromParent;
}

#ifndef DRYDOCK_FRAMEWORK
WDF_INLINE NTSTATUS WdfObjectAddCustomTypeWorker_(WDFOBJECT Handle, PCWDF_OBJECT_CONTEXT_TYPE_INFO Type,
                                                  ULONG_PTR Data, PFN_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanup,
                                                  PFN_WDF_OBJECT_CONTEXT_DESTROY EvtDestroy)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    PVOID context = NULL;
    NTSTATUS status;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ContextTypeInfo = Type;
    attributes.EvtCleanupCallback = EvtCleanup;
    attributes.EvtDestroyCallback = EvtDestroy;
    status = WdfObjectAllocateContext(Handle, &attributes, &context);
    if (NT_SUCCESS(status)) {
        ((PWDF_CUSTOM_TYPE_CONTEXT)context)->Size = sizeof(WDF_CUSTOM_TYPE_CONTEXT);
        ((PWDF_CUSTOM_TYPE_CONTEXT)context)->Data = Data;
    }
    return status;
}
#endif
