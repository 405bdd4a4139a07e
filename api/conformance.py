#!/usr/bin/env python3
"""Makes docs/conformance.md: which items of the contract which tests prove, and which items are open.

Usage: conformance.py [--check | --names] [--results junit.xml ...]
  --check     write nothing; exit 1 if the page is out of date or names are wrong
  --names     only look whether every test names items that exist
  --results   count only tests that passed in these GoogleTest result files (both executors, where a test has two)

Tests name their items with CONFORMANCE and SPEC (tests/support); this script reads the sources, it runs nothing. "ours" stands
for a decision that no item makes, written down beside its test. Items and their titles stand in api/spec-items.json, reasons for unproven ones in api/unproven.json.
"""
import argparse
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from gen import model, sources  # noqa: E402

PAGE = "docs/conformance.md"
OURS = "ours"
ID = re.compile(r"^([A-Z]{1,5}-[A-Z]?\d+(\.\d+)?|S\d+)$")  # S9: a state table of the device part
PARTS = {
    "The contract on I/O targets, requests and queues": {
        "IOT-1": "Target kinds and creation", "IOT-2": "The five synchronous methods", "IOT-3": "WdfRequestSend",
        "IOT-4": "Formatting", "IOT-5": "Cancellation", "IOT-6": "Target states", "IOT-7": "Requests", "IOT-8": "Memory",
        "IOT-9": "Queues", "IOT-10": "Files", "IOT-11": "Misuse of synchronous sends", "OP": "Open points, resolved",
        "IOX": "Further observable behaviour",
    },
    "The contract on devices": {
        "OBJ": "Objects", "DRV": "Driver object", "INI": "Device initialisation, files, names", "PWR": "PnP and power",
        "BUS": "Buses and children", "SYN": "Synchronisation", "INT": "Interrupts", "RES": "Resource lists", "DMA": "DMA",
        "REG": "Registry", "WMI": "WMI", "VER": "Verifier and bug check 0x10D", "UM": "User mode",
        "O": "Open points, resolved", "S": "State tables", "DEVX": "Further observable behaviour",
    },
}


class Proofs:
    """Which tests name which items."""

    def __init__(self):
        self.tests = {}    # id -> list of (suite, name, forms, path)
        self.errors = []

    def scan(self, path):
        text = sources.without_comments(sources.read(path))
        tests = [(m.start(), m.group(2), m.group(3)) for m in
                 re.finditer(r"\b(TEST|TEST_F|TEST_P|TYPED_TEST)\(\s*(\w+)\s*,\s*(\w+)\s*\)", text)]
        for m in re.finditer(r"\b(CONFORMANCE(?:_WITH)?|SPEC)\(", text):
            if re.search(r"#\s*define\s+$", text[:m.start()][-40:]):
                continue
            end = sources.closing(text, m.end() - 1)
            inside = text[m.end():end - 1]
            ids = re.findall(r'"([^"]*)"', inside)
            line = text.count("\n", 0, m.start()) + 1
            if m.group(1) == "SPEC":
                before = [t for t in tests if t[0] < m.start()]
                if not before:
                    self.errors.append(f"{path}:{line}: SPEC outside of a TEST")
                    continue
                suite, name, forms = before[-1][1], before[-1][2], [""]
            else:
                head = re.findall(r"\w+", inside[:inside.find('"')] if '"' in inside else inside)
                if len(head) < 2:
                    self.errors.append(f"{path}:{line}: {m.group(1)} without suite and name")
                    continue
                # One that begins by leaving under an executor does not run there.
                leaves = re.match(r"\s*\{\s*if \((!?)machine\.simulated\(\)\) return;", text[end:])
                forms = ["/live", "/simulated"] if not leaves else ["/simulated"] if leaves.group(1) else ["/live"]
                suite, name = head[-2], head[-1]
            if not ids:
                self.errors.append(f"{path}:{line}: {m.group(1)} names no item")
            for item in ids:
                if item != OURS and not ID.match(item):
                    self.errors.append(f"{path}:{line}: '{item}' is no item id")
                self.tests.setdefault(item, []).append((suite, name, forms, path))

    def keep_passed(self, passed):
        for item in list(self.tests):
            self.tests[item] = [t for t in self.tests[item] if all(f"{t[0]}.{t[1]}{form}" in passed for form in t[2])]
            if not self.tests[item]:
                del self.tests[item]


def passed_tests(paths):
    passed = set()
    for path in paths:
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            good = case.find("failure") is None and case.find("skipped") is None and case.get("status", "run") == "run"
            if good:
                passed.add(f"{case.get('classname')}.{case.get('name')}")
    return passed


def section(item):
    return re.match(r"IOT-\d+|[A-Z]+", item).group(0)


def counts(items, proofs, unproven):
    """How many there are, proven, open with a reason, open."""
    proven, reasoned = sum(i in proofs.tests for i in items), sum(i not in proofs.tests and i in unproven for i in items)
    return len(items), proven, reasoned, len(items) - proven - reasoned


def executors(forms):
    return " (both executors)" if len(forms) == 2 else f" ({forms[0][1:]} only)" if forms[0] else ""


def under_one(items, proofs):
    """Proven in a machine, but by no test that runs under both executors."""
    return [i for i in items if i in proofs.tests and any(t[2][0] for t in proofs.tests[i]) and
            not any(len(t[2]) == 2 for t in proofs.tests[i])]


def page(items, proofs, unproven):
    out = [
        "# Conformance", "",
        "Which items of the contract a test proves. Made by `api/conformance.py` from the tests themselves; do not edit.",
        "Titles are ours; the ids are those of the contract, which has two parts. A test marked with two executors runs on",
        "OS threads and in the simulator; one marked with one of them would take too long on the other, or shows nothing there.",
        "One without a mark needs no machine."]
    for part, sections in PARTS.items():
        mine = {key: [i for i in items if section(i) == key] for key in sections}
        total, proven, reasoned, left = counts([i for key in sections for i in mine[key]], proofs, unproven)
        single = under_one([i for key in sections for i in mine[key]], proofs)
        out += ["", f"## {part}", "",
                f"**{proven} of {total} items proven**, {reasoned} open with a reason, {left} open. "
                f"Under one executor only: {len(single)}{' (' + ', '.join(single) + ')' if single else ''}.", "",
                "| part | items | proven | open, reason given | open |", "|---|--:|--:|--:|--:|"]
        out += [f"| {key} {title} | {' | '.join(str(n) for n in counts(mine[key], proofs, unproven))} |"
                for key, title in sections.items()]
        for key, title in sections.items():
            out += ["", f"### {key} {title}", "", "| item | about | proven by |", "|---|---|---|"]
            out += [_row(i, items[i], proofs, unproven) for i in mine[key]]
    others = sorted((i for i in proofs.tests if i not in items and i != OURS), key=_natural)
    if others:
        out += ["", "## Items of the other contracts", "", "| item | proven by |", "|---|---|"]
        out += [f"| {i} | {_tests(proofs.tests[i])} |" for i in others]
    if OURS in proofs.tests:
        out += ["", "## Decisions of our own", "", "What no item decides; the decision stands beside the test.", ""]
        out += [f"- {_tests([t])}" for t in sorted(proofs.tests[OURS])]
    return "\n".join(out) + "\n"


def _natural(text):
    return [int(t) if t.isdigit() else t for t in re.split(r"(\d+)", text)]


def _tests(tests):
    shown = sorted({f"`{suite}.{name}`{executors(forms)}" for suite, name, forms, _ in tests})
    return ", ".join(shown)


def _row(item, title, proofs, unproven):
    if item in proofs.tests:
        return f"| {item} | {title} | {_tests(proofs.tests[item])} |"
    return f"| {item} | {title} | open: {unproven[item]} |" if item in unproven else f"| {item} | {title} | open |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--names", action="store_true")
    parser.add_argument("--results", nargs="+", default=[])
    args = parser.parse_args()
    items, unproven = model.load_json("spec-items.json"), model.load_json("unproven.json")
    proofs = Proofs()
    for path in sources.files("tests", "src", "examples"):
        if sources.is_test(path) and not path.startswith("tests/support/"):
            proofs.scan(path)
    errors = proofs.errors
    families = {re.match(r"[A-Z]+", i).group(0) for i in items}
    errors += [f"'{i}' is named by a test but is no item" for i in sorted(proofs.tests)
               if i != OURS and i not in items and re.match(r"[A-Z]+", i).group(0) in families]
    errors += [f"unproven.json: '{i}' is no item" for i in unproven if i not in items]
    known = {key for sections in PARTS.values() for key in sections}
    errors += [f"spec-items.json: {i} has no section" for i in items if section(i) not in known]
    if args.results:
        proofs.keep_passed(passed_tests(args.results))
    else:
        errors += [f"unproven.json: {i} is proven by a test; take it out" for i in unproven if i in proofs.tests]
    for error in errors:
        print(error)
    if args.names:
        return 1 if errors else 0
    for part, sections in PARTS.items():
        total, proven, _, _ = counts([i for i in items if section(i) in sections], proofs, unproven)
        print(f"conformance: {part[0].lower()}{part[1:]}: {proven} of {total} items proven" +
              (" by passing tests" if args.results else ""))
    code = sources.write_or_check(PAGE, page(items, proofs, unproven), args.check, "api/conformance.py")
    return 1 if errors else code


if __name__ == "__main__":
    sys.exit(main())
