// The words that COM-style code declares its interfaces with. There is no COM here: no class registration, no apartments, no marshalling;
// objects are what the driver's own code makes. Used by: UMDF drivers, through unknwn.h and objbase.h. Source: public documentation.
#ifndef _COMBASEAPI_H_
#define _COMBASEAPI_H_

#include "winerror.h"
#include "winnt.h"

#define interface struct
#define PURE = 0
#define THIS_
#define THIS void
#define STDMETHOD(method) virtual HRESULT STDMETHODCALLTYPE method
#define STDMETHOD_(type, method) virtual type STDMETHODCALLTYPE method
#define STDMETHODIMP HRESULT STDMETHODCALLTYPE
#define STDMETHODIMP_(type) type STDMETHODCALLTYPE
#define IFACEMETHOD(method) STDMETHOD(method)
#define IFACEMETHOD_(type, method) STDMETHOD_(type, method)
#define IFACEMETHODIMP STDMETHODIMP
#define IFACEMETHODIMP_(type) STDMETHODIMP_(type)
#ifndef STDAPI
#define STDAPI EXTERN_C HRESULT
#define STDAPI_(type) EXTERN_C type
#endif
// Identifiers and their text, {8-4-4-4-12}.
#ifndef DRYDOCK_COM_IDENTIFIERS
#define DRYDOCK_COM_IDENTIFIERS
#ifdef __cplusplus
extern "C" {
#endif
HRESULT CLSIDFromString(LPCWSTR lpsz, GUID *pclsid);
HRESULT IIDFromString(LPCWSTR lpsz, GUID *lpiid);
// cchMax below 39: 0.
int StringFromGUID2(const GUID *rguid, LPWSTR lpsz, int cchMax);
#ifdef __cplusplus
}
#endif
#endif
#define BEGIN_INTERFACE
#define END_INTERFACE
#define DECLARE_INTERFACE(iface) struct __declspec(novtable) iface
#define DECLARE_INTERFACE_(iface, base) struct __declspec(novtable) iface : public base
#define DECLARE_INTERFACE_IID(iface, iid) struct __declspec(uuid(iid)) iface
#define DECLARE_INTERFACE_IID_(iface, base, iid) struct __declspec(uuid(iid)) iface : public base
#define MIDL_INTERFACE(iid) struct __declspec(uuid(iid))

#ifdef __cplusplus
// The interface of a pointer, asked of its type (clang).
extern "C++" template <class T>
void **IID_PPV_ARGS_Helper(T **pointer) {
  static_cast<struct IUnknown *>(*pointer);
  return reinterpret_cast<void **>(pointer);
}
#define IID_PPV_ARGS(pointer) __uuidof(**(pointer)), IID_PPV_ARGS_Helper(pointer)
#endif

#endif  // _COMBASEAPI_H_
