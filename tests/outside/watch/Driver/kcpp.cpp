#include "pch.h"

void* __cdecl operator new(size_t size, PoolKind kind, ULONG tag) noexcept
{
	return ExAllocatePool2(static_cast<POOL_FLAGS>(kind), size, tag);
}
void __cdecl operator delete(void* p, PoolKind, ULONG tag) noexcept { ExFreePoolWithTag(p, tag); }
void __cdecl operator delete(void* p, size_t) noexcept { if (p) ExFreePool(p); }
void __cdecl operator delete(void* p) noexcept { if (p) ExFreePool(p); }
