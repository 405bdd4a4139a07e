"""The way from a driver's call to our code: wdf/ddi.h (what families implement) and one thunk per table entry.

A thunk does what every DDI does before its own work: find the driver's globals, trace, check the level (verifier on), check
required pointers and handles in the order of the parameters, and report a function that nobody implements by its name.
"""
from .ctypes_text import declare
from .headers import TypeTexts
from .writer import BANNER


def generate(apis, writer):
    kmdf, umdf = apis["kmdf"], apis["umdf"]
    shared = {f.name: f for f in kmdf.functions if f.has_prototype}
    writer.write("include/wdf/um_types.h", _um_types(kmdf, umdf))
    writer.write("include/wdf/ddi.h", _ddi_header(kmdf, umdf, shared))
    for api in (kmdf, umdf):
        writer.write(f"src/wdf_entry_{api.mode}.cpp", _entry_source(api, shared))


def implementation_name(function, shared):
    """UMDF shares KMDF's implementation where the parameters agree; otherwise it has its own, with the suffix Um."""
    other = shared.get(function.name)
    if other is None or other.signature() == function.signature():
        return function.name
    return function.name + "Um"


def _declaration(function, name):
    args = "".join(f", {declare(p.type, p.name)}" for p in function.params)
    return f"DRYDOCK_DDI {function.returns} {name}(DriverGlobals& globals{args});"


def _um_types(kmdf, umdf):
    known = set(kmdf.callbacks) | {s.tag for s in kmdf.structs} | {e.tag for e in kmdf.enums} | set(kmdf.handles)
    texts = TypeTexts(umdf, exclude=known)
    return "\n".join([
        f"// Types that only UMDF drivers know, as the framework sees them. {BANNER}",
        "#pragma once", "", '#include "wdf/sdk.h"', "", 'extern "C" {', texts.everything(), "}  // extern \"C\"", ""])


def _ddi_header(kmdf, umdf, shared):
    lines = [
        f"// The framework's functions as families implement them. {BANNER}",
        "// Called by:  the entry thunks only (wdf_entry_kmdf.cpp, wdf_entry_umdf.cpp), which have checked level, required pointers",
        "//             and handle types; parameters listed as optional in api/annotations.json may be NULL.",
        "// Implement:  include this header and define the function in namespace drydock::wdf::ddi. One without definition is",
        "//             reported by name when a driver calls it.",
        "#pragma once", "",
        '#include "wdf/sdk.h"', "#include <wdfusb.h>", '#include "wdf/um_types.h"', "",
        "// The entry code sees weak declarations, so that a missing function is null there; everybody else sees ordinary ones.",
        "#ifndef DRYDOCK_DDI", "#define DRYDOCK_DDI", "#endif", "",
        "namespace drydock::wdf {", "", "struct DriverGlobals;", "", "namespace ddi {", ""]
    header = None
    for f in sorted((f for f in kmdf.functions if f.has_prototype), key=lambda f: (f.header, f.index)):
        if f.header != header:
            header = f.header
            lines.append(f"{'' if lines[-1] == '' else chr(10)}// {header}")
        lines.append(_declaration(f, f.name))
    lines += ["", "// UMDF only, or with other parameters there."]
    for f in umdf.functions:
        if f.has_prototype and (f.name not in shared or implementation_name(f, shared) != f.name):
            lines.append(_declaration(f, implementation_name(f, shared)))
    lines += ["", "}  // namespace ddi", "}  // namespace drydock::wdf", ""]
    return "\n".join(lines)


def _entry_source(api, shared):
    prefix = "K" if api.mode == "kmdf" else "U"
    name = "Kmdf" if api.mode == "kmdf" else "Umdf"
    lines = [
        f"// The {api.mode.upper()} function table: one thunk per entry. {BANNER}",
        "#define DRYDOCK_DDI __attribute__((weak))",
        '#include "wdf/ddi.h"', "",
        '#include "wdf/entry/entry_scope.h"', '#include "wdf/entry/tables.h"', "",
        "namespace drydock::wdf {", "", f"const EntryInfo k{name}Entries[{len(api.functions)}] = {{"]
    for f in api.functions:
        exact = bool(f.irql_max) and f.irql_max.endswith("!")
        irql = (f.irql_max or "").rstrip("!") or "kAnyIrql"
        lines.append(f"    {{\"{f.name}\", {f.index}, {irql}, {'true' if exact else 'false'}, {'true' if api.mode == 'umdf' else 'false'}}},")
    lines += ["};", f"const size_t k{name}TableCount = {len(api.functions)};", "", "namespace {", ""]
    for f in api.functions:
        lines.append(_thunk(api, f, f"{prefix}_{f.name}", f"k{name}Entries[{f.index}]", shared))
    lines += ["}  // namespace", "", f"const void* const k{name}Table[{len(api.functions)}] = {{"]
    lines += [f"    reinterpret_cast<const void*>(&{prefix}_{f.name})," for f in api.functions]
    lines += ["};", "", "}  // namespace drydock::wdf", ""]
    return "\n".join(lines)


def _thunk(api, f, thunk, info, shared):
    if not f.has_prototype:
        return (f"void {thunk}(PWDF_DRIVER_GLOBALS raw) {{\n  EntryScope scope(raw, {info});\n"
                f"  scope.Missing(\"it has no public prototype\");\n}}\n")
    target = f"ddi::{implementation_name(f, shared)}"
    args = "".join(f", {declare(p.type, p.name)}" for p in f.params)
    lines = [f"{f.returns} {thunk}(PWDF_DRIVER_GLOBALS raw{args}) {{", f"  EntryScope scope(raw, {info});"]
    if f.irql_max and api.mode == "kmdf":
        refused = {"NTSTATUS": "return STATUS_INVALID_DEVICE_REQUEST", "void": "return"}.get(f.returns, "return {}")
        level = ""
        if f.irql_if:
            level = f"{f.irql_if['when']} ? {f.irql_if['then']} : {f.irql_if['else']}"
            level = level if f.irql_if["when"].isidentifier() else level.replace(f.irql_if["when"], f"({f.irql_if['when']})", 1)
        lines.append(f"  if (!scope.LevelAllowed({level})) {refused};")
    for p in f.params:
        if p.handle:
            types = api.annotations["handle_types"].get(p.type)
            arguments = ", ".join(f"ObjectType::k{t}" for t in types or [] if t != "*")
            if types is None:
                check = f"scope.HandleOfAnyKind({p.name});"
            elif types == ["*"]:
                check = f"scope.Object({p.name});"
            else:
                check = f"scope.Handle<{arguments}>({p.name});"
            lines.append(f"  if ({p.name}) {check}" if p.optional else f"  {check}")
        elif p.pointer and not p.optional:
            lines.append(f"  if (__builtin_expect(!{p.name}, 0)) scope.Null(\"{p.name}\", __builtin_return_address(0));")
    lines.append(f"  if (__builtin_expect(!{target}, 0)) scope.Missing(\"this framework does not implement it\");")
    names = "".join(f", {p.name}" for p in f.params)
    call = f"{target}(scope.globals(){names})"
    if f.returns == "NTSTATUS":
        call = f"scope.Returns({call}, __builtin_return_address(0))"
    lines.append(f"  {'' if f.returns == 'void' else 'return '}{call};")
    lines.append("}\n")
    return "\n".join(lines)
