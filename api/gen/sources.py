"""Reads the project's C and C++ sources the way the coverage and conformance pages need them: without running anything."""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SUFFIXES = (".c", ".cpp", ".cc", ".cxx", ".h", ".hpp")


def files(*folders):
    """Relative paths of the sources below the folders, sorted; build folders and hidden ones are left out."""
    found = []
    for folder in folders:
        for base, names, leaves in os.walk(os.path.join(ROOT, folder)):
            names[:] = sorted(n for n in names if not n.startswith((".", "build", "_deps")))
            found += [os.path.relpath(os.path.join(base, leaf), ROOT) for leaf in leaves if leaf.endswith(SUFFIXES)]
    return sorted(found)


def is_test(path):
    name = os.path.basename(path)
    return path.startswith(("tests/", "examples/")) or bool(re.search(r"_test\.(c|cpp)$", name))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def without_comments(text):
    """Comments become blanks; line breaks and literals stay, so that positions still tell the line."""
    def blank(match):
        token = match.group(0)
        return token if token[0] in "\"'" else re.sub(r"[^\n]", " ", token)
    return _TOKEN.sub(blank, text)


def without_comments_and_literals(text):
    return _TOKEN.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def closing(text, start):
    """Position behind the parenthesis that closes the one at `start`, or -1."""
    depth = 0
    for i in range(start, len(text)):
        if text[i] == "(":
            depth += 1
        elif text[i] == ")":
            depth -= 1
            if depth == 0:
                return i + 1
    return -1


def write_or_check(path, text, check, command):
    """Writes a generated page, or (check) tells whether the one in the tree is up to date. Returns an exit code."""
    full = os.path.join(ROOT, path)
    old = read(path) if os.path.exists(full) else None
    if check:
        if old == text:
            return 0
        print(f"{path} is out of date: run {command}")
        return 1
    if old != text:
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
    return 0
