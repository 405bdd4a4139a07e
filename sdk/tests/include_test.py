#!/usr/bin/env python3
"""Every header of the SDK, as a driver may meet it: alone, and after, before and between the others, in C and C++, kernel and user mode.

Usage: include_test.py CLANG SDK WDF    SDK: the folder of sdk; WDF: the folder with kmdf/inc and umdf/inc
"""
import concurrent.futures
import json
import os
import subprocess
import sys

CLANG, SDK, WDF = sys.argv[1:4]
FLAGS = json.load(open(os.path.join(SDK, "driver-flags.json"), encoding="utf-8"))
# What only stands inside another, and what no driver includes by name.
LEFT_OUT = {"poppack.h", "pshpack1.h", "pshpack2.h", "pshpack4.h", "pshpack8.h", "pshpack16.h", "ntstrsafe_unicode.h", "winerror_codes.h"}
INNER = ("drydock_", "_names.h")
REFUSED = {"wudfddi.h": "UMDF 1"}  # says so
# What is Win32's: a kernel-mode driver does not see the folder. poscx.h needs C++ and the framework before it.
AFTER = {"poscx.h": ["windows.h", "wdf.h"]}
CPP_ONLY = {"poscx.h"}


def headers(*folders):
    return sorted({name for folder in folders for name in os.listdir(os.path.join(SDK, folder))
                   if name.endswith(".h") and name not in LEFT_OUT and name not in REFUSED
                   and not name.startswith(INNER[0]) and not name.endswith(INNER[1])}, key=str.lower)


def command(kind, language):
    rules = FLAGS["kinds"][kind]
    major, minor = rules["version"].split(".")
    fill = lambda text: text.replace("@MAJOR@", major).replace("@MINOR@", minor)
    line = [CLANG, "-x", language, "-fsyntax-only", *FLAGS["compile"], *FLAGS["clang"], *FLAGS["c" if language == "c" else "cxx"], "-g0",
            "-Wall", "-Werror", "-Wno-unused-function", "-Wno-unused-const-variable", "-Wno-extern-c-compat"]
    line += ["-D" + fill(each) for each in FLAGS["defines"] + rules["defines"]]
    for folder in rules["include"]:
        folder = fill(folder)
        line += ["-I", os.path.join(WDF, folder[4:]) if folder.startswith("wdf/") else os.path.join(SDK, folder)]
    return line + ["-"]


def compile_one(job):
    kind, language, names, before = job
    text = before + "".join(f"#include <{name}>\n" for name in names)
    done = subprocess.run(command(kind, language), input=text, capture_output=True, text=True, check=False)
    label = f"{kind} {language}: {' '.join(names[:3])}{' ...' if len(names) > 3 else ''}{' ' + names[-1] if len(names) > 3 else ''}"
    return (label, done.stderr) if done.returncode else None


def jobs():
    kernel, user = headers("km", "shared"), headers("um", "shared")
    for kind, names in (("KMDF", kernel), ("UMDF", user)):
        for name in names:
            yield kind, "c++" if name in CPP_ONLY else "c", AFTER.get(name, []) + [name], ""
        for language in ("c", "c++"):
            some = [name for name in names if name not in CPP_ONLY or language == "c++"]
            first = ["wdm.h", "ntddk.h", "ntifs.h"] if kind == "KMDF" else ["windows.h", "wdf.h", "wudfwdm.h"]
            for base in first:
                extra = ["wdf.h"] if kind == "KMDF" else ["windows.h", "wdf.h"]
                rest = [name for name in some if name not in AFTER]
                late = [name for name in some if name in AFTER]
                yield kind, language, [base] + rest + extra + late, ""
                yield kind, language, [base] + rest[::-1] + extra + late, ""
            rest = [name for name in some if name not in AFTER and name not in first and not (kind == "KMDF" and name in ("ntifs.h", "ntddk.h"))]
            yield kind, language, rest + first, ""
    # The order in which programs take the status values from ntstatus.h and the rest from windows.h, and both.
    for language in ("c", "c++"):
        check = "static const NTSTATUS Status = STATUS_INVALID_PARAMETER;\nextern const NTSTATUS *Use;\nconst NTSTATUS *Use = &Status;\n"
        yield "UMDF", language, ["ntstatus.h"], "#define WIN32_NO_STATUS\n#include <windows.h>\n#undef WIN32_NO_STATUS\n"
        yield "UMDF", language, ["winternl.h"], "#define WIN32_NO_STATUS\n#include <windows.h>\n#undef WIN32_NO_STATUS\n#include <ntstatus.h>\n" + check
        yield "UMDF", language, ["windows.h", "winternl.h", "wudfwdm.h"], ""
        yield "KMDF", language, ["ntddk.h", "wdm.h", "ntddk.h", "ntifs.h"], ""


def main():
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for result in pool.map(compile_one, jobs()):
            if result is not None:
                failed += 1
                print(result[0], result[1][:3000], sep="\n")
    for name, words in REFUSED.items():
        done = subprocess.run(command("UMDF", "c++"), input=f"#include <{name}>\n", capture_output=True, text=True, check=False)
        if done.returncode == 0 or words not in done.stderr:
            failed += 1
            print(f"{name} is not refused with '{words}'\n{done.stderr[:500]}")
    if failed:
        print(f"{failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
