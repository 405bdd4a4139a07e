#!/usr/bin/env python3
"""Writes a C (or C++) file that asserts every recorded structure size and field offset against the SDK's headers.

Run by the build (cmake/DrydockNtLayout.cmake); the compile of its output is the proof. Input: nt-x64-structs.json.
Types whose size is known from their name are asserted too, so that a field cannot be too narrow and still fit.
"""

import argparse
import json
import re

USB_HEADERS = {"usb.h", "usbspec.h"}
# Where the recorded value is known to differ from Windows, and why.
CORRECTIONS = {
    # Windows aligns a device object to 16 (MEMORY_ALLOCATION_ALIGNMENT): its extension begins 0x150 bytes in.
    ("_DEVICE_OBJECT", "size"): 336,
}
# Fields whose type is declared inside the structure have no name that both languages know.
UNNAMED = re.compile(r"^(struct|union)$|^union _w(Value|Index)$")


def asserts(tag, entry):
    kind = entry["kind"]
    spelled = f"{kind} {tag}"
    size = CORRECTIONS.get((tag, "size"), entry["size"])
    yield f'CHECK(sizeof({spelled}) == {size}, "{tag}: size");'
    for field in entry["fields"]:
        name, offset, type_name = field["name"], field["offset"], field["type"]
        yield f'CHECK(__builtin_offsetof({spelled}, {name}) == {offset}, "{tag}.{name}: offset");'
        if not UNNAMED.match(type_name):
            yield (f'CHECK(sizeof((({spelled} *)0)->{name}) == sizeof({c_type(type_name)}), '
                   f'"{tag}.{name}: size");')


def c_type(type_name):
    """The recorded spelling as a type-name: pointers to structures nobody declared are pointers all the same."""
    if type_name.endswith("*") or "*volatile" in type_name:
        return "void *"
    return type_name


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--usb", action="store_true", help="also check the USB structures (usb.h, usbspec.h)")
    arguments = parser.parse_args()

    with open(arguments.facts, encoding="utf-8") as stream:
        facts = json.load(stream)

    lines = [
        "// Made by api/check_nt_layout.py from api/nt-x64-structs.json. Do not edit.",
        "#include <ntddk.h>",
    ]
    if arguments.usb:
        lines.append("#include <usb.h>")
    lines += [
        "#ifdef __cplusplus",
        "#define CHECK(condition, text) static_assert(condition, text)",
        "#else",
        "#define CHECK(condition, text) _Static_assert(condition, text)",
        "#endif",
        "",
    ]
    structures = fields = 0
    for tag, entry in facts.items():
        if entry["header"] in USB_HEADERS and not arguments.usb:
            continue
        structures += 1
        fields += len(entry["fields"])
        lines.append(f"// {tag}")
        lines += asserts(tag, entry)
        lines.append("")
    # The linked test asks each object for these: an empty or missing one cannot pass for a checked one.
    lines += [
        "EXTERN_C const unsigned DRYDOCK_LAYOUT_NAME[2];",
        "const unsigned DRYDOCK_LAYOUT_NAME[2] = {%du, %du};" % (structures, fields),
        "",
    ]
    if structures == 0:
        raise SystemExit("no structures in " + arguments.facts)
    with open(arguments.output, "w", encoding="utf-8") as stream:
        stream.write("\n".join(lines))


if __name__ == "__main__":
    main()
