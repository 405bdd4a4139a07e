#!/usr/bin/env python3
"""How long `drydock build` takes beside a plain run of the compiler over the same files with the same flags.

Usage: bench/build_speed.py [--drydock build/bin/drydock] [--cc clang] [--jobs N] [--repeat N] [PROJECT]

Without a project one is made: 30 files of 1,000 lines, with WPP traces in one file of three. Bars: a full build within 1.5 times the
plain run, an unchanged one below a second. Both sides of the ratio are processor time (of all processes, so that another load on the
computer changes it less); real time is printed beside it. A source that the plain compiler refuses, for it speaks MSVC's dialect, is
compiled in the plain run from its translated text. Exit code 1: a bar is missed.
"""
import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

FULL_BAR, UNCHANGED_BAR = 1.5, 1.0


def make_project(folder, files=30, lines=1000):
    """A driver of comparable size: functions with the framework's and NT's calls, headers in odd spellings, traces."""
    (folder / "inc").mkdir(parents=True)
    (folder / "inc" / "Common.h").write_text(
        "#pragma once\n#include <ntddk.h>\n#include <wdf.h>\n"
        "#define WPP_CONTROL_GUIDS WPP_DEFINE_CONTROL_GUID(BenchGuid,(84bdb2e9,829e,41b3,b891,02f454bc2bd7),WPP_DEFINE_BIT(BENCH_ALL))\n"
        "#define WPP_LEVEL_FLAGS_LOGGER(l, f) WPP_LEVEL_LOGGER(f)\n#define WPP_LEVEL_FLAGS_ENABLED(l, f) WPP_LEVEL_ENABLED(f)\n"
        "// begin_wpp config\n// FUNC Trace{LEVEL=TRACE_LEVEL_INFORMATION}(FLAGS, MSG, ...);\n// end_wpp\n"
        "#ifndef TRACE_LEVEL_INFORMATION\n#define TRACE_LEVEL_INFORMATION 4\n#endif\n"
        "typedef struct _UNIT { LIST_ENTRY Link; ULONG Id; ULONG Values[16]; } UNIT, *PUNIT;\n")
    names = []
    for i in range(files):
        text = ['#include "COMMON.H"' if i % 2 else '#include "..\\inc\\common.h"' if i % 4 == 0 else '#include "Common.h"']
        traced = i % 3 == 0
        if traced:
            text.append(f'#include "file{i}.tmh"')
        n = 0
        while len(text) < lines:
            text += [f"NTSTATUS Work{i}_{n}(PUNIT Unit, ULONG Count)", "{", "    NTSTATUS status = STATUS_SUCCESS;", "    ULONG i;", ""]
            text += ["    PAGED_CODE();", "    for (i = 0; i < Count && i < 16; i++) {", f"        Unit->Values[i] += Unit->Id * {n + 1};",
                     "        if (Unit->Values[i] > 1000) {", "            status = STATUS_INVALID_PARAMETER;", "            goto Exit;", "        }", "    }"]
            if traced:
                text.append('    Trace(BENCH_ALL, "unit %d: %!STATUS!", Unit->Id, status);')
            text += ["Exit:", "    if (!NT_SUCCESS(status)) {", "        RtlZeroMemory(Unit->Values, sizeof(Unit->Values));", "    }",
                     "    return status;", "}", ""]
            n += 1
        if i == 0:
            text += ["NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)", "{", "    WDF_DRIVER_CONFIG config;",
                     "    WPP_INIT_TRACING(DriverObject, RegistryPath);", "    WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);",
                     "    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);", "}"]
        (folder / f"file{i}.c").write_text("\n".join(text) + "\n")
        names.append(f"file{i}.c")
    items = "".join(f"<ClCompile Include='{name}'/>" for name in names)
    project = folder / "bench.vcxproj"
    project.write_text("<Project><PropertyGroup><DriverType>KMDF</DriverType></PropertyGroup><ItemDefinitionGroup><ClCompile>"
                       "<AdditionalIncludeDirectories>inc</AdditionalIncludeDirectories><WppEnabled>true</WppEnabled></ClCompile></ItemDefinitionGroup>"
                       f"<ItemGroup>{items}</ItemGroup></Project>")
    return project


def timed(action):
    """(processor seconds of the processes that action ran, real seconds, its result)"""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    result = action()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, time.monotonic() - start, result


def plain(commands, jobs, objects):
    """Runs the compile commands, some at a time; returns those that failed."""
    running, failed, left = [], [], list(enumerate(commands))
    while left or running:
        while left and len(running) < jobs:
            i, command = left.pop()
            command = command[:-1] + [str(objects / f"{i}.o")]
            running.append((i, subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)))
        i, process = running.pop(0)
        if process.wait() != 0:
            failed.append(i)
    return failed


def translated(command):
    """The command on the text that drydock-cc left beside the object."""
    at = command.index("-c")
    text = pathlib.Path(command[-1] + ".i")
    if not text.exists():
        return command
    language = command.index("-x") + 1
    changed = command[:language] + ["c++-cpp-output" if command[language] == "c++" else "cpp-output"] + command[language + 1:]
    return changed[:at] + ["-c", str(text), "-o", command[-1]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", nargs="?", type=pathlib.Path)
    parser.add_argument("--drydock", default="build/bin/drydock")
    parser.add_argument("--cc", default="clang")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="drydock-bench-") as temporary:
        folder = pathlib.Path(temporary)
        project = arguments.project or make_project(folder / "project")
        rows = []
        for run in range(arguments.repeat):
            out = folder / f"out{run}"
            build = [arguments.drydock, "build", str(project), "-o", str(out), "--cc", arguments.cc, f"-j{arguments.jobs}"]
            full = timed(lambda: subprocess.run(build, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True))
            if full[2].returncode != 0:
                sys.exit(full[2].stderr)
            unchanged = timed(lambda: subprocess.run(build, stdout=subprocess.PIPE, text=True))
            if "(up to date)" not in unchanged[2].stdout:
                sys.exit("the second build did something")
            commands = [one["arguments"] for one in json.loads((out / "compile_commands.json").read_text())]
            objects = folder / f"plain{run}"
            objects.mkdir()
            for i in plain(commands, arguments.jobs, objects):  # not timed: which ones need the translated text
                commands[i] = translated(commands[i])
            yardstick = timed(lambda: plain(commands, arguments.jobs, objects))
            if yardstick[2]:
                sys.exit(f"{len(yardstick[2])} of the plain compilations failed")
            rows.append((full, unchanged, yardstick, len(commands)))
        rows.sort(key=lambda row: row[0][0] / row[2][0])
        full, unchanged, yardstick, count = rows[len(rows) // 2]
        ratio = full[0] / yardstick[0]
        fastest = min(row[1][1] for row in rows)
        print(f"{count} files: full build {full[0]:.2f} s of processor time ({full[1]:.2f} s), plain {arguments.cc} {yardstick[0]:.2f} s "
              f"({yardstick[1]:.2f} s): {ratio:.2f} times (bar {FULL_BAR}); unchanged {fastest:.2f} s, {unchanged[0]:.2f} s of processor time (bar {UNCHANGED_BAR})")
        return 0 if ratio <= FULL_BAR and fastest <= UNCHANGED_BAR else 1


if __name__ == "__main__":
    sys.exit(main())
