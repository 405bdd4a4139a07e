#!/usr/bin/env python3
"""Makes docs/coverage.md: for every framework function whether it is done, partial or missing.

Usage: coverage.py [--check]     --check: write nothing; exit 1 if the page is out of date or api/partial.json is wrong

Done:    the sources define the function (namespace ddi) and some test or example calls it.
Partial: it is defined but no test calls it, or api/partial.json says what is missing.
Undocumented: the public documentation has no prototype of it, or only a page that says "for internal use only" (api/undocumented.json); a
         call is reported by name.
Missing: nothing defines it; a call is reported by name. UMDF shares KMDF's definition where the parameters agree.
"""
import argparse
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from gen import entry, model, sources  # noqa: E402

PAGE = "docs/coverage.md"
DONE, PARTIAL, UNDOCUMENTED, MISSING = "done", "partial", "undocumented", "missing"
STATES = (DONE, PARTIAL, UNDOCUMENTED, MISSING)


def definitions():
    """Names of the implementations: functions whose first parameter is `DriverGlobals&` and that have a body."""
    found = set()
    for path in sources.files("src"):
        if sources.is_test(path):
            continue
        text = sources.without_comments_and_literals(sources.read(path))
        for m in re.finditer(r"\b(Wdf\w+)\s*(\()\s*(?:::?drydock::wdf::|wdf::)?DriverGlobals\s*&", text):
            end = sources.closing(text, m.start(2))
            if end > 0 and re.match(r"\s*\{", text[end:]):
                found.add(m.group(1))
    return found


def calls(names, aliases):
    """name -> test sources that call it, under its own name or one of its aliases."""
    called = {}
    by_alias = {alias: name for name, list_ in aliases.items() for alias in list_}
    for path in sources.files("tests", "examples", "src"):
        if not sources.is_test(path):
            continue
        text = sources.without_comments_and_literals(sources.read(path))
        for word in set(re.findall(r"\b(Wdf\w+|WDF_DECLARE_CONTEXT_TYPE\w*)\s*\(", text)):
            word = by_alias.get(word, word)
            if word in names:
                called.setdefault(word, []).append(path)
    return called


class State:
    def __init__(self, apis):
        notes = apis["kmdf"].annotations
        self.partial = model.load_json("partial.json")
        self.undocumented = model.load_json("undocumented.json")
        self.shared = {f.name: f for f in apis["kmdf"].functions if f.has_prototype}
        self.defined = definitions()
        names = {f.name for api in apis.values() for f in api.functions}
        self.called = calls(names, notes["called_as"])
        self.errors = [f"partial.json: '{n}' is no framework function" for n in self.partial if n not in names]
        self.errors += [f"undocumented.json: '{n}' is no framework function" for n in self.undocumented if n not in names]
        self.errors += [f"undocumented.json: {n} is defined" for n in self.undocumented if n in self.defined]
        known = {entry.implementation_name(f, self.shared) for api in apis.values() for f in api.functions}
        self.errors += [f"src defines {n}, which no table has" for n in sorted(self.defined - known)]
        self.errors += [f"partial.json: nothing defines {n}" for n in self.partial
                        if n in names and n not in self.defined and n + "Um" not in self.defined]

    def of(self, f):
        """(state, what to say about it)"""
        if not f.has_prototype:
            return UNDOCUMENTED, "no public prototype"
        if entry.implementation_name(f, self.shared) not in self.defined:
            return (UNDOCUMENTED, self.undocumented[f.name]) if f.name in self.undocumented else (MISSING, "")
        tests = self.called.get(f.name, [])
        if f.name in self.partial:
            return PARTIAL, self.partial[f.name]
        if not tests:
            return PARTIAL, "no test calls it"
        shown = ", ".join(f"`{t}`" for t in tests[:3])
        return DONE, shown + (f" and {len(tests) - 3} more" if len(tests) > 3 else "")


def page(apis, state):
    out = ["# Coverage", "",
           "Every entry of the framework's two function tables. Made by `api/coverage.py`; do not edit.", "",
           "- **done**: implemented, and called by the tests named",
           "- **partial**: implemented, with what is missing",
           "- **undocumented**: the public documentation has no prototype, or a page that says \"for internal use only\" and nothing else; a call ends",
           "  in a report that names the function",
           "- **missing**: a call ends in a report that names the function", "",
           "| table | functions | done | partial | undocumented | missing |", "|---|--:|--:|--:|--:|--:|"]
    for api in apis.values():
        states = [state.of(f)[0] for f in api.functions]
        counts = " | ".join(str(states.count(s)) for s in STATES)
        out.append(f"| {_title(api)} | {len(states)} | {counts} |")
    out += ["", "UMDF uses KMDF's implementation where the parameters agree; a test in either mode counts for both."]
    for api in apis.values():
        out += ["", f"## {_title(api)}"]
        families = {}
        for f in api.functions:
            families.setdefault(f.header or "without a public header", []).append(f)
        for family in sorted(families):
            rows = [(f, *state.of(f)) for f in families[family]]
            done = sum(s == DONE for _, s, _ in rows)
            out += ["", f"### {family} ({done} of {len(rows)})", "", "| index | function | state | tests, or what is missing |",
                    "|--:|---|---|---|"]
            out += [f"| {f.index} | {f.name} | {s} | {words} |" for f, s, words in rows]
    return "\n".join(out) + "\n"


def _title(api):
    return "KMDF 1.33" if api.mode == "kmdf" else "UMDF 2.33"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    apis = model.load_all()
    state = State(apis)
    for error in state.errors:
        print(error)
    for api in apis.values():
        states = [state.of(f)[0] for f in api.functions]
        print(f"coverage: {_title(api)}: " + ", ".join(f"{states.count(s)} {s}" for s in STATES))
    code = sources.write_or_check(PAGE, page(apis, state), args.check, "api/coverage.py")
    return 1 if state.errors else code


if __name__ == "__main__":
    sys.exit(main())
