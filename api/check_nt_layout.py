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
    # Recorded as of version 1 and 2; Windows 8 appended what version 3 needs.
    ("_DEVICE_DESCRIPTION", "size"): 64,
    ("_DMA_OPERATIONS", "size"): 320,
}
# Windows x64 layouts that the recorded facts do not hold: documented members and sizes seen by 64-bit drivers.
MORE_OFFSETS = {
    ("struct _IRP", "AllocationProcessorNumber"): 4,
    ("struct _IRP", "Reserved"): 6,
    ("struct _KAPC", "ApcMode"): 81,
    ("struct _IO_REMOVE_LOCK_COMMON_BLOCK", "RemoveEvent"): 8,
    ("struct _IO_CSQ", "ReservePointer"): 56,
    ("struct _IO_CSQ_IRP_CONTEXT", "Csq"): 16,
    ("struct _DEVICE_DESCRIPTION", "DmaAddressWidth"): 40,
    ("struct _DEVICE_DESCRIPTION", "DeviceAddress"): 56,
    ("struct _DMA_OPERATIONS", "GetDmaAdapterInfo"): 128,
    ("struct _DMA_OPERATIONS", "CancelMappedTransfer"): 224,
    ("struct _DMA_OPERATIONS", "CreateCommonBufferFromMdl"): 312,
    ("struct _GENERAL_LOOKASIDE", "Size"): 44,
    ("struct _GENERAL_LOOKASIDE", "ListEntry"): 64,
    ("struct _CM_FULL_RESOURCE_DESCRIPTOR", "PartialResourceList"): 8,
}
MORE_SIZES = {
    "struct _KAPC": 88,
    "struct _KQUEUE": 64,
    "struct _KWAIT_BLOCK": 48,
    "struct _IO_REMOVE_LOCK": 32,
    "struct _IO_CSQ": 64,
    "struct _IO_CSQ_IRP_CONTEXT": 24,
    "struct _PAGED_LOOKASIDE_LIST": 128,
    "struct _LOOKASIDE_LIST_EX": 96,
    "struct _OWNER_ENTRY": 16,
    "union _SLIST_HEADER": 16,
    "struct _SLIST_ENTRY": 16,
    "struct _SECURITY_DESCRIPTOR": 40,
    "struct _LUID_AND_ATTRIBUTES": 12,
    "struct _VPB": 96,
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
    lines.append("// Beyond the recorded facts")
    for (spelled, name), offset in MORE_OFFSETS.items():
        lines.append(f'CHECK(__builtin_offsetof({spelled}, {name}) == {offset}, "{spelled}.{name}: offset");')
    for spelled, size in MORE_SIZES.items():
        lines.append(f'CHECK(sizeof({spelled}) == {size}, "{spelled}: size");')
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
