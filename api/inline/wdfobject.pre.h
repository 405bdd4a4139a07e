/* Given the type information a driver named, returns the information that stands for the type in the whole program. */
typedef const struct _WDF_OBJECT_CONTEXT_TYPE_INFO *(NTAPI *PFN_GET_UNIQUE_CONTEXT_TYPE)(VOID);
