#!/usr/bin/env python3
"""Makes docs/nt-coverage.md: which functions that the SDK's kernel headers declare the library has.

Usage: nt_coverage.py LIBRARY [--check]     LIBRARY: build/lib/libdrydock.so; --check: write nothing, exit 1 if the page is out of date

A function counts when a header below sdk/ declares it without a body. What a header defines itself (an inline function, a macro) is
no function of the library and not listed. REFUSES names those that are there but always say no.
"""
import argparse
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGE = os.path.join(ROOT, "docs", "nt-coverage.md")
FOLDERS = ["sdk/km", "sdk/shared"]

REFUSES = {
    "ExGetFirmwareEnvironmentVariable": "always STATUS_NOT_IMPLEMENTED, as without UEFI",
    "ExSetFirmwareEnvironmentVariable": "always STATUS_NOT_IMPLEMENTED, as without UEFI",
    "IoReportDetectedDevice": "always STATUS_NOT_SUPPORTED: devices come from buses",
    "PoRegisterDeviceForIdleDetection": "always NULL: nobody counts a device's idle seconds",
}

# Families by prefix, in the order of the page; the rest goes last.
FAMILIES = ["Cm", "Dbg", "Etw", "Ex", "Hal", "Io", "Kd", "Ke", "Kf", "Mm", "Nt", "Ob", "Po", "Ps", "Rtl", "Se", "Wmi", "Zw"]


def without_comments(text):
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"//[^\n]*", " ", text)
    text = re.sub(r'"(\\.|[^"\\])*"', '""', text)
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", " ", text, flags=re.M)  # directives with their continuations


def prototypes(text):
    """Names that are declared, with a ';' after the parameters, outside of any braces but those of extern "C"."""
    text = re.sub(r'extern\s+""\s*\{', " ", without_comments(text))
    depth, plain = 0, []
    for c in text:  # what stands in braces (types, bodies) goes; a ';' marks a type's end, '{}' a body
        if c == "{":
            depth += 1
            if depth == 1:
                plain.append("{")
        elif c == "}":
            depth = max(0, depth - 1)
            if depth == 0:
                plain.append("}")
        elif depth == 0:
            plain.append(c)
    found = set()
    for statement in re.split(r"[;}]", "".join(plain)):
        if "{" in statement or re.search(r"\btypedef\b", statement):
            continue
        statement = re.sub(r"^(\s*[A-Z][A-Z0-9_]*\s*\([^()]*\)\s*)+(?=\w)", " ", statement)  # macros used without a ';'
        m = re.match(r"\s*(?:[\w*]+\s+)+\**\s*(\w+)\s*\(.*\)\s*(?:__attribute__\s*\(\(.*\)\)\s*)?$", statement, re.S)
        if m and not m.group(1).startswith(("__", "_mm_", "Drydock", "drydock")):  # _mm_: the compiler's own
            found.add(m.group(1))
    return found


def declared():
    """name -> first header that declares it"""
    result = {}
    for folder in FOLDERS:
        for path, _, files in sorted(os.walk(os.path.join(ROOT, folder))):
            for name in sorted(files):
                if not name.endswith(".h"):
                    continue
                full = os.path.join(path, name)
                with open(full, encoding="utf-8") as file:
                    for function in prototypes(file.read()):
                        result.setdefault(function, os.path.relpath(full, os.path.join(ROOT, "sdk")))
    return result


def exported(library):
    out = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    return {line.split()[-1].split("@")[0] for line in out.splitlines() if len(line.split()) >= 3}


def family(name):
    for prefix in FAMILIES:
        if re.match(prefix + r"[A-Zafix]", name) and name.startswith(prefix):
            return prefix
    return "others"


def page(functions, have):
    groups = {}
    for name, header in functions.items():
        groups.setdefault(family(name), []).append((name, header))
    lines = ["# NT functions", "",
             "Every function that the SDK's kernel headers declare. Made by `api/nt_coverage.py`; do not edit. Inline functions and macros of the",
             "headers are not listed. A driver that uses a missing one is refused when it is loaded, by the function's name.", "",
             f"Declared: {len(functions)}; missing: **{sum(1 for n in functions if n not in have)}**.", "",
             "| family | declared | there | missing |", "|---|--:|--:|--:|"]
    order = [f for f in FAMILIES + ["others"] if f in groups]
    for name in order:
        there = sum(1 for n, _ in groups[name] if n in have)
        lines.append(f"| {name} | {len(groups[name])} | {there} | {len(groups[name]) - there} |")
    for name in order:
        lines += ["", f"## {name}", "", "| function | header | exported |", "|---|---|---|"]
        for function, header in sorted(groups[name]):
            state = "yes" if function in have else "no"
            if function in have and function in REFUSES:
                state += ", but " + REFUSES[function]
            lines.append(f"| {function} | {header} | {state} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    functions, have = declared(), exported(options.library)
    wrong = [name for name in REFUSES if name not in have]
    if wrong:
        sys.exit(f"nt_coverage.py: REFUSES names what the library does not have: {', '.join(wrong)}")
    text = page(functions, have)
    if options.check:
        with open(PAGE, encoding="utf-8") as file:
            if file.read() != text:
                sys.exit("docs/nt-coverage.md is out of date: run api/nt_coverage.py")
        return
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(text)
    print(f"{len(functions)} declared, {sum(1 for n in functions if n not in have)} missing")


if __name__ == "__main__":
    main()
