"""Checks that follow from the facts: structure layouts (compile time) and that every inline call reaches its table entry."""
from .writer import BANNER

LAYOUT_MACROS = """#ifndef DRYDOCK_LAYOUT_SIZE
#include <stddef.h>
#ifdef __cplusplus
#define DRYDOCK_LAYOUT_ASSERT(condition, words) static_assert(condition, words)
#else
#define DRYDOCK_LAYOUT_ASSERT(condition, words) _Static_assert(condition, words)
#endif
#define DRYDOCK_LAYOUT_SIZE(type, bytes) DRYDOCK_LAYOUT_ASSERT(sizeof(type) == (bytes), "size of " #type)
#define DRYDOCK_LAYOUT_FIELD(type, field, at) \\
    DRYDOCK_LAYOUT_ASSERT(offsetof(type, field) == (at), "offset of " #field " in " #type)
#endif
"""


def generate(apis, writer):
    for api in apis.values():
        writer.write(f"checks/layout_{api.mode}.h", _layout(api))
        writer.write(f"checks/calls_{api.mode}.h", _calls(api))


def _layout(api):
    lines = [f"/* Sizes and offsets of all public {api.mode.upper()} structures on 64-bit Windows. {BANNER} */", LAYOUT_MACROS]
    for s in api.structs:
        name = f"{s.kind} {s.tag}"
        lines.append(f"DRYDOCK_LAYOUT_SIZE({name}, {s.size});")
        lines += [f"DRYDOCK_LAYOUT_FIELD({name}, {f.name}, {f.offset});" for f in s.fields]
    lines.append(f"DRYDOCK_LAYOUT_ASSERT(WdfFunctionTableNumEntries == {len(api.functions)}, \"length of the function table\");")
    return "\n".join(lines) + "\n"


def _calls(api):
    """One block per function: CALL(index, call, arguments...). The test that includes it defines CALL, POINTER and VALUE."""
    lines = [f"/* One call of every {api.mode.upper()} function, arguments numbered from 1. {BANNER} */"]
    for f in api.functions:
        if not f.has_prototype:
            continue
        values, sizes = [], []
        for number, p in enumerate(f.params, 1):
            wide = p.type == "PHYSICAL_ADDRESS"
            values.append(f"DRYDOCK_PHYSICAL({number})" if wide else f"({p.type})({number})" if not (p.handle or p.pointer)
                          else f"({p.type})(uintptr_t)({number})")
            sizes.append(f"sizeof({p.type})")
        returns = "DRYDOCK_CALL" if f.returns != "void" else "DRYDOCK_CALL_VOID"
        lines.append(f"{returns}({f.index}, {f.name}, ({', '.join(values)}), {{{', '.join(sizes)}}})")
    return "\n".join(lines) + "\n"
