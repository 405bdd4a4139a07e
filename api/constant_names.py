#!/usr/bin/env python3
"""Makes the tables that turn numbers back into names: NTSTATUS values and bug-check codes, read from the SDK's own headers.

Usage: constant_names.py SDK_SHARED_DIR OUTPUT.inc
"""
import pathlib
import re
import sys

STATUS = re.compile(r"^\s*#\s*define\s+(STATUS_\w+)\s+\(\(NTSTATUS\)\s*(0x[0-9A-Fa-f]+)[lLuU]*\)", re.M)
BUGCHECK = re.compile(r"^\s*#\s*define\s+([A-Z][A-Z0-9_]+)\s+\(\(ULONG\)\s*(0x[0-9A-Fa-f]+)[lLuU]*\)", re.M)


def table(text, pattern, prefer=()):
    """Value -> name; the first definition wins, but a preferred name wins over all."""
    names = {}
    for name, value in pattern.findall(text):
        number = int(value, 16) & 0xFFFFFFFF
        if number not in names or name in prefer:
            names[number] = name
    return sorted(names.items())


def main():
    shared, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    status = "".join(path.read_text() for path in [shared / "ntstatus.h", *sorted((shared / "ntstatus").glob("*.h"))])
    codes = (shared / "bugcodes.h").read_text()
    lines = ["// Made by api/constant_names.py from the SDK's headers."]
    for macro, rows in (("STATUS_NAME", table(status, STATUS, {"STATUS_SUCCESS"})), ("BUG_CHECK_NAME", table(codes, BUGCHECK))):
        if len(rows) < 50:
            sys.exit(f"constant_names.py: only {len(rows)} {macro} rows found: has the header's form changed?")
        lines += [f"#ifdef {macro}"] + [f'{macro}(0x{number:08X}u, "{name}")' for number, name in rows] + ["#endif"]
    text = "\n".join(lines) + "\n"
    if not output.exists() or output.read_text() != text:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text)


if __name__ == "__main__":
    main()
