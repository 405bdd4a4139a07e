// What the Microsoft compiler knows and clang and gcc on Linux do not: calling conventions, __declspec, sized integers.
//
// Used by:  every header of the SDK, first. C and C++, clang and gcc, with and without -fms-extensions.
// Rule:     outside a driver build (DRYDOCK_DRIVER_BUILD) nothing here may disturb the C++ library.
#ifndef DRYDOCK_COMPILER_H
#define DRYDOCK_COMPILER_H

// Windows x64 has one calling convention. Here it is the platform's own; the names vanish.
#define __stdcall
#define __cdecl
#define __fastcall
#define __thiscall
#define __vectorcall
#define __clrcall
#define __pascal
#ifdef DRYDOCK_DRIVER_BUILD
#define _cdecl
#define _stdcall
#define _fastcall
#define _alloca __builtin_alloca
#endif

// __declspec(x) picks one of the names below, whether or not the compiler has a __declspec of its own, so that a
// driver means the same everywhere.
#define __declspec(specifier) __attribute__((DRYDOCK_DECLSPEC_##specifier))
#define _declspec(specifier) __attribute__((DRYDOCK_DECLSPEC_##specifier))
#define DRYDOCK_DECLSPEC_
#define DRYDOCK_DECLSPEC_noreturn noreturn
#define DRYDOCK_DECLSPEC_align(n) aligned(n)
// Hidden: two drivers in one process may both define a name, with different contents.
#define DRYDOCK_DECLSPEC_selectany weak, visibility("hidden")
#define DRYDOCK_DECLSPEC_dllexport visibility("default")
#define DRYDOCK_DECLSPEC_dllimport
#define DRYDOCK_DECLSPEC_allocate(section)
#define DRYDOCK_DECLSPEC_code_seg(section)
// Read by the translation of __uuidof (drydock cc).
#define DRYDOCK_DECLSPEC_uuid(text) annotate("drydock_uuid:" text)
#define DRYDOCK_DECLSPEC_novtable
#define DRYDOCK_DECLSPEC_nothrow
#define DRYDOCK_DECLSPEC_noalias
#define DRYDOCK_DECLSPEC_restrict
#define DRYDOCK_DECLSPEC_empty_bases
#define DRYDOCK_DECLSPEC_naked naked
#define DRYDOCK_DECLSPEC_safebuffers
#define DRYDOCK_DECLSPEC_guard(what)
#define DRYDOCK_DECLSPEC_no_sanitize_address no_sanitize_address
#define DRYDOCK_DECLSPEC_noinline noinline
#define DRYDOCK_DECLSPEC_thread )) __thread __attribute__((
#define DRYDOCK_DECLSPEC_deprecated deprecated
#define DRYDOCK_DECLSPEC_spectre(what)
#define DRYDOCK_DECLSPEC_hybrid_patchable
#define DRYDOCK_DECLSPEC_allocator
#define DRYDOCK_DECLSPEC_nonlazybind

#define __int8 char
#define __int16 short
#define __int32 int
// The 64-bit type behind ULONGLONG, ULONG_PTR and SIZE_T. Drivers are built with `long`, which is what size_t is made of, so that all of them
// are one type as with Microsoft's compiler (the builder makes `long` of their own `long long`).
#ifndef DRYDOCK_INT64
#define DRYDOCK_INT64 long long
#endif
// As words of the driver's own text: the builder makes `long` of these, too.
#define __int64 long long
#define __int3264 long long

// In C an inline function without a body elsewhere must always be inlined; in C++ it is merged by the linker.
#define __forceinline inline __attribute__((always_inline))
#define FORCEINLINE __forceinline
#define CFORCEINLINE __forceinline
#ifdef DRYDOCK_DRIVER_BUILD
#ifndef __cplusplus
// MSVC keeps a body for whoever takes such a function's address. gnu_inline makes one in each object; the link takes the first.
#define __inline inline __attribute__((always_inline, gnu_inline))
#define _inline __inline
#endif
#ifndef __cplusplus
#define static_assert _Static_assert  // Microsoft's C knows the word without <assert.h>
#endif
#if defined(__clang__)
#define __FUNCTIONW__ L__FUNCTION__
#else
#define __FUNCSIG__ __PRETTY_FUNCTION__
#define __FUNCDNAME__ __FUNCTION__
#ifdef __cplusplus
#define __interface struct
#endif
#endif
// The compilers' vector headers bring _mm_malloc, which on Windows stands on functions that drivers do not have.
#define __MM_MALLOC_H
#define _MM_MALLOC_H_INCLUDED
#define __sptr
#define __uptr
#define __unaligned
#define __ptr64
#define __ptr32
#define __w64
#if !defined(__clang__)  // which knows it
enum { __noop };         // alone, without arguments
#endif
#define __noop(...) ((void)0)
#if defined(__clang__)
#define __debugbreak() __builtin_debugtrap()
#else
#define __debugbreak() __builtin_trap()
#endif
// The target that driver sources ask about; the driver builder also defines _WIN32. _MSC_VER stays undefined: system headers
// react to it.
#ifndef _WIN64
#define _WIN64 1
#endif
#ifndef _AMD64_
#define _AMD64_ 1
#endif
#ifndef AMD64
#define AMD64 1
#endif
#ifndef _M_AMD64
#define _M_AMD64 100
#endif
#ifndef _M_X64
#define _M_X64 100
#endif
#endif  // DRYDOCK_DRIVER_BUILD

#ifdef __cplusplus
#define EXTERN_C extern "C"
#define EXTERN_C_START extern "C" {
#define EXTERN_C_END }
#define DRYDOCK_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define EXTERN_C extern
#define EXTERN_C_START
#define EXTERN_C_END
#define DRYDOCK_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

#endif  // DRYDOCK_COMPILER_H
