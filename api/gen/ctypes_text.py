"""Small helpers that turn a fact's type text into C declarations."""
import re


def declare(type_text, name):
    """`CHAR[32]` + `DriverName` -> `CHAR DriverName[32]`; everything else is type then name."""
    match = re.fullmatch(r"(.+?)((?:\[\d+\])+)", type_text)
    if match:
        return f"{match.group(1)} {name}{match.group(2)}"
    if type_text.endswith("*"):
        return f"{type_text.rstrip('*').rstrip()} {'*' * (len(type_text) - len(type_text.rstrip('*')))}{name}"
    return f"{type_text} {name}"


def function_type(type_text):
    """Splits `NTSTATUS (A, B)` into ("NTSTATUS", ["A", "B"]); None if it is not a function type."""
    match = re.fullmatch(r"(.+?) \((.*)\)", type_text)
    if not match:
        return None
    args = [a.strip() for a in match.group(2).split(",") if a.strip() and a.strip() != "void"]
    return match.group(1), args


def params_text(params, empty="VOID"):
    return ", ".join(declare(p.type, p.name) for p in params) or empty
