"""Makes sure that every inline helper of the facts has a body in the generated headers, with the parameters of the facts."""
import os
import re

from .ctypes_text import declare
from .model import MODES, ApiError


def check(apis, writer):
    wrong = []
    for api in apis.values():
        elsewhere = api.annotations["helpers_elsewhere"]
        folder = os.path.join(writer.root, MODES[api.mode]["folder"])
        for name, fact in api.helpers.items():
            if name in elsewhere:
                continue
            path = os.path.join(folder, fact["header"].lower())
            with open(path, encoding="utf-8") as file:
                problem = _compare(name, fact, file.read())
            if problem:
                wrong.append(f"{api.mode} {fact['header'].lower()}: {problem}")
    if wrong:
        raise ApiError("inline helpers differ from the facts (api/inline):\n  " + "\n  ".join(wrong))


def _squeeze(text):
    return re.sub(r"\s*([*,()])\s*", r"\1", re.sub(r"\s+", " ", text)).strip()


def _compare(name, fact, text):
    match = re.search(rf"^WDF_INLINE (\w+) {name}\s*\(([^)]*)\)\s*\{{", text, re.M)
    if not match:
        return f"{name} has no body"
    returns = "VOID" if fact["returns"] == "void" else fact["returns"]
    params = ", ".join(declare(t, n) for n, t in fact["params"]) or "VOID"
    if match.group(1) != returns or _squeeze(match.group(2)) != _squeeze(params):
        return f"{name} is {match.group(1)} ({_squeeze(match.group(2))}), the facts say {returns} ({_squeeze(params)})"
    return None
