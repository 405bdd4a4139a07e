"""The 28 register and port helpers of UMDF's wdfhwaccess.h, one pattern."""
import re

from .ctypes_text import declare

WIDTHS = {"UCHAR": "Uchar", "USHORT": "Ushort", "ULONG": "Ulong", "ULONG64": "Ulong64"}
NAME = re.compile(r"WDF_(READ|WRITE)_(REGISTER|PORT)_(BUFFER_)?(UCHAR|USHORT|ULONG64|ULONG)$")


def generate(api):
    """Text of all helpers that follow the pattern, to be placed in wdfhwaccess.h."""
    out = [_helper(name, fact, NAME.match(name)) for name, fact in api.helpers.items() if NAME.match(name)]
    return "#ifndef DRYDOCK_FRAMEWORK\n" + "\n".join(out) + "#endif /* DRYDOCK_FRAMEWORK */\n"


def _helper(name, fact, match):
    write, place, buffer, width = match.group(1) == "WRITE", match.group(2), match.group(3), match.group(4)
    kind = f"WdfDeviceHwAccessTargetType{place.capitalize()}{'Buffer' if buffer else ''}"
    params = ", ".join(declare(t, n) for n, t in fact["params"])
    target = "Register" if place == "REGISTER" else "Port"
    call = f"Device, {kind}, WdfDeviceHwAccessTargetSize{WIDTHS[width]}, (PVOID){target}"
    if write:
        call = f"WdfDeviceWriteToHardware({call}, " + ("0, (PVOID)Buffer, Count)" if buffer else "(SIZE_T)Value, NULL, 0)")
    else:
        call = f"WdfDeviceReadFromHardware({call}, " + ("(PVOID)Buffer, Count)" if buffer else "NULL, 0)")
        if not buffer:
            call = f"return ({width}){call}"
    returns = "VOID" if fact["returns"] == "void" else fact["returns"]
    return f"WDF_INLINE {returns} {name}({params})\n{{\n    {call};\n}}\n"
