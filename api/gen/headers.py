"""The framework half of the SDK: one header per family, in the WDK's own layout.

Facts give enums, structures, callback types and functions; api/inline/<header>.pre.h and .post.h (with .kmdf/.umdf
variants) give what no table can: macros and the bodies of the inline helpers.
"""
import os
import re

from . import hwaccess
from .ctypes_text import declare, function_type, params_text
from .model import API_DIR, MODES, ApiError, words
from .writer import BANNER


def generate(api, writer):
    builder = _Builder(api)
    folder = MODES[api.mode]["folder"]
    for header in api.headers:
        writer.write(f"{folder}/{header}", builder.header(header))
    writer.write(f"{folder}/wdf.h", builder.umbrella())


class TypeTexts:
    """C text of one mode's handles, enums, structures and callback types; `exclude` names those already known."""

    def __init__(self, api, exclude=()):
        self.api = api
        self.exclude = set(exclude)
        self.forwarded = set()
        self.tags = {s.tag[1:]: s for s in api.structs if s.tag not in self.exclude}      # WDF_X -> struct
        self.const_names = self._const_names()

    def everything(self):
        parts = ["\n".join(f"DECLARE_HANDLE({h});" for h in self.api.handles if h not in self.exclude)]
        for header in self.api.headers:
            parts += [self.enums(header), self.forwards(header), self.callbacks(header), self.structs(header)]
        return "\n".join(p for p in parts if p.strip())

    def _const_names(self):
        """Structures of which the interface names a pointer to const (PCWDF_X)."""
        used = set()
        for text in list(self.api.callbacks.values()) + [f.type for s in self.api.structs for f in s.fields]:
            used.update(w[2:] for w in words(text) if w.startswith("PCWDF"))
        for f in self.api.functions:
            for p in f.params:
                used.update(w[2:] for w in words(p.type) if w.startswith("PCWDF"))
        return used

    def enums(self, header):
        out = []
        for e in self.api.enums:
            if e.header != header or e.tag in self.exclude:
                continue
            name = e.tag[1:] if e.tag.startswith("_") else e.tag
            wide = any(v > 255 for _, v in e.values)
            values = ",\n".join(f"    {n} = {hex(v) if wide and v > 9 else v}" for n, v in e.values)
            out.append(f"typedef enum {e.tag} {{\n{values}\n}} {name}, *P{name};\n")
        return "\n".join(out)

    def forwards(self, header):
        """Type names of this header's structures, and of later ones that this header already points to."""
        needed = []
        mentioned = [f.type for s in self.api.structs if s.header == header for f in s.fields]
        mentioned += [t for n, t in self.api.callbacks.items() if self.api.callback_header[n] == header]
        mentioned += [p.type for f in self.api.functions if f.header == header for p in f.params]
        for s in self.api.structs:
            if s.header == header and s.tag not in self.exclude:
                needed.append(s.tag[1:])
        for text in mentioned:
            for word in words(text):
                for name in (word, word[1:] if word.startswith("P") else "", word[2:] if word.startswith("PC") else ""):
                    if name in self.tags and name not in needed:
                        needed.append(name)
        out = ""
        for name in needed:
            if name in self.forwarded:
                continue
            self.forwarded.add(name)
            s = self.tags[name]
            out += f"typedef {s.kind} {s.tag} {name}, *P{name};\n"
            if name in self.const_names:
                out += f"typedef const {name} *PC{name};\n"
        return out

    def callbacks(self, header):
        out = ""
        for name, text in self.api.callbacks.items():
            if self.api.callback_header[name] != header or name in self.exclude:
                continue
            split = function_type(text)
            if split:
                args = ", ".join(split[1]) or "VOID"
                out += f"typedef {_void(split[0])} NTAPI {name}({args});\n"
            else:
                out += f"typedef {declare(text, name)};\n"
        return out

    def structs(self, header):
        return "\n".join(self._struct(s) for s in self.api.structs
                         if s.header == header and s.tag not in self.exclude)

    def _struct(self, struct):
        aligned = self.api.annotations["aligned_fields"]
        bits = self.api.annotations["bit_fields"]
        lines = [f"{struct.kind} {struct.tag} {{"]
        open_paths = []

        def close_to(prefix):
            while open_paths and not (prefix + ".").startswith(open_paths[-1] + "."):
                path = open_paths.pop()
                lines.append("    " * (len(open_paths) + 1) + f"}} {path.split('.')[-1]};")

        for f in struct.fields:
            close_to(f.name)
            indent = "    " * (len(open_paths) + 1)
            if f.type in ("struct", "union"):
                lines.append(f"{indent}{f.type} {{")
                open_paths.append(f.name)
                for bit in bits.get(f"{struct.tag}.{f.name}", []):
                    lines.append(f"{indent}    {bit};")
                continue
            note = aligned.get(f"{struct.tag}.{f.name}")
            prefix = f"DECLSPEC_ALIGN({note}) " if note else ""
            lines.append(f"{indent}{prefix}{declare(f.type, f.name.split('.')[-1])};")
        close_to("")
        lines.append("};\n")
        return "\n".join(lines)


class _Builder(TypeTexts):
    def umbrella(self):
        on_demand = self.api.annotations["headers_on_demand"]
        includes = [h for h in self.api.headers if h not in on_demand]
        text = self._open("wdf.h", f"wdf.h: the {self.api.mode.upper()} framework, all families but USB, miniport and class extensions")
        text += self.fragment("wdf.h", "pre")
        text += "\nWDF_EXTERN_C_START\n\n".join(["", "".join(f'#include "{h}"\n' for h in includes)])
        text += "\nWDF_EXTERN_C_END\n"
        text += self.fragment("wdf.h", "post")
        return text + self._close("wdf.h")

    def header(self, name):
        text = self._open(name, f"{name} ({self.api.mode.upper()})")
        text += self.fragment(name, "pre")
        if name == "wdftypes.h":
            text += self.handles()
        text += "WDF_EXTERN_C_START\n\n"
        if name == "wdffuncenum.h":
            text += self.function_enum()
        parts = [self.enums(name), self.forwards(name), self.callbacks(name), self.structs(name),
                 self.fragment(name, "mid"), self.calls(name), self.fragment(name, "post")]
        if name == "wdfhwaccess.h":
            parts.append(hwaccess.generate(self.api))
        text += "\n".join(p for p in parts if p)
        text += "\nWDF_EXTERN_C_END\n"
        return text + self._close(name)

    def _open(self, name, title):
        guard = "_" + re.sub(r"\W", "_", name).upper() + "_"
        return f"/* {title}. {BANNER} */\n#ifndef {guard}\n#define {guard}\n\n"

    def _close(self, name):
        return f"\n#endif\n"

    def fragment(self, header, place):
        text = ""
        for variant in ("", "." + self.api.mode):
            path = os.path.join(API_DIR, "inline", f"{header[:-2]}.{place}{variant}.h")
            if os.path.exists(path):
                with open(path, encoding="utf-8") as file:
                    text += file.read().strip("\n") + "\n\n"
        return text

    def handles(self):
        lines = [f"DECLARE_HANDLE({h});" for h in self.api.handles]
        return "typedef HANDLE WDFOBJECT, *PWDFOBJECT;\n" + "\n".join(lines) + "\n\n"

    def function_enum(self):
        lines = [f"    {f.name}TableIndex = {f.index}," for f in self.api.functions]
        lines.append(f"    WdfFunctionTableNumEntries = {len(self.api.functions)},")
        return ("typedef enum _WDFFUNCENUM {\n" + "\n".join(lines) + "\n} WDFFUNCENUM;\n\n"
                "/* How many of them a driver built for a minor version can call. */\n"
                f"#define WDF_FUNCTION_COUNT_OF_MINOR(_minor) {self._counts()}\n\n")

    def _counts(self):
        text, last = "", None
        for f in self.api.functions:
            minor = f.minor
            if last is not None and minor < last:
                raise ApiError(f"{self.api.mode}: {f.name} is older than the entry before it")
            if last is not None and minor > last:
                text += f"(_minor) < {minor} ? {f.index} : "
            last = minor
        return f"({text}{len(self.api.functions)})"

    def calls(self, header):
        functions = [f for f in self.api.functions if f.header == header and f.has_prototype]
        if not functions:
            return ""
        out, oldest = [], self.api.functions[0].minor
        for f in functions:
            if f.minor > oldest:
                out.append(f"#if DRYDOCK_WDF_MINOR >= {f.minor}")
            pfn = "PFN_" + f.name.upper()
            returns = _void(f.returns)
            note = "; ".join(filter(None, [_irql_note(f.irql_max), f"since {f.since}" if f.minor > oldest else ""]))
            if note:
                out.append(f"/* {note} */")
            args = "".join(f", {declare(p.type, p.name)}" for p in f.params)
            names = "".join(f", {p.name}" for p in f.params)
            out.append(f"typedef {returns} (NTAPI *{pfn})(PWDF_DRIVER_GLOBALS DriverGlobals{args});")
            body = f"(({pfn})WdfFunctions[{f.name}TableIndex])(WdfDriverGlobals{names});"
            out.append(f"WDF_INLINE {returns} {f.name}({params_text(f.params)})")
            out.append(f"{{\n    {'return ' if returns != 'VOID' else ''}{body}\n}}\n")
            if f.minor > oldest:
                out.append("#endif\n")
        return "#ifndef DRYDOCK_FRAMEWORK\n" + "\n".join(out) + "#endif /* DRYDOCK_FRAMEWORK */\n"


def _irql_note(irql):
    if not irql:
        return ""
    return f"IRQL = {irql[:-1]}" if irql.endswith("!") else f"IRQL <= {irql}"


def _void(text):
    return "VOID" if text == "void" else text
