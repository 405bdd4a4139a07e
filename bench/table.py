#!/usr/bin/env python3
"""Turns one run of drydock_bench into the table of bench/README.md.

Usage: drydock_bench --benchmark_format=json | bench/table.py [--write bench/README.md]
Every ratio is taken within that one run.
"""
import argparse
import json
import pathlib
import re
import sys

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


# Row: what, the benchmark, the yardstick, first bar.
NULL, PREAD, FUTEX = "yardstick/ioctl_dev_null", "yardstick/pread_4k", "yardstick/futex_ping_pong"
RATIOS = [
    ("synchronous IOCTL, driver to driver, inline (live)", "ioctl16/driver_to_driver/live", NULL, 2.0),
    ("synchronous IOCTL, driver to driver, inline (simulated)", "ioctl16/driver_to_driver/simulated", NULL, 2.0),
    ("the same with the trace on (live)", "ioctl16/driver_to_driver_traced/live", NULL, None),
    ("from an application through one driver (live)", "ioctl16/application/filters/live/0", NULL, None),
    ("each further filter that forwards (live)", "per filter", NULL, None),
    ("read of 4 KiB through a filter and a file target (live)", "read4k/filter_and_file_target/live", PREAD, 1.3),
    ("an application's control and a pread by turns (live)", "read4k/control_and_pread/live/0", PREAD, None),
    ("read of 4 KiB through examples/filestack (live)", "read4k/filestack/live", PREAD, None),
    ("completion from another thread (live)", "ioctl16/completed_elsewhere/live", FUTEX, 2.0),
    ("interrupt to DPC to request completion (live)", "interrupt/completion/live", FUTEX, None),
    ("the same (simulated)", "interrupt/completion/simulated", NULL, None),
    ("a register read for an application (live)", "interrupt/read_register/live", NULL, None),
]
LIFE = [("made", "machine made"), ("loaded", "driver loaded"), ("started", "device started"), ("removed", "device removed"),
        ("dropped", "machine dropped")]


def load(text):
    """Median of each benchmark by name: time of one call in nanoseconds, and the whole run."""
    runs = {}
    for run in json.loads(text)["benchmarks"]:
        if run.get("error_occurred"):
            sys.exit(f"{run['name']}: {run['error_message']}")
        if run["run_type"] != "aggregate" or run["aggregate_name"] == "median":
            name = re.sub(r"/(iterations:\d+|repeats:\d+|real_time)\b", "", run["run_name"])
            # Work on one thread is measured in that thread's time, so that a busy computer changes it less.
            clock = "real_time" if "/real_time" in run["run_name"] else "cpu_time"
            time = run["per_call"] * 1e9 if "per_call" in run else run[clock] * NANOSECONDS[run["time_unit"]]
            runs[name] = (time, run)
    many, none = (runs[f"ioctl16/application/filters/live/{n}"][0] for n in (4, 0))
    runs["per filter"] = ((many - none) / 4, {})
    return runs


def table(runs):
    lines = ["| what | Drydock | yardstick | ratio | first bar |", "|---|---:|---:|---:|---:|"]
    for what, name, yardstick, bar in RATIOS:
        ours, theirs = runs[name][0], runs[yardstick][0]
        lines.append(f"| {what} | {ours:,.0f} ns | {theirs:,.0f} ns ({yardstick.split('/')[1]}) | {ours / theirs:.2f} | {bar or ''} |")
    lines += ["", "| requests in flight, each with a time-out | send and arm, each | cancel, each | memory, each |", "|---:|---:|---:|---:|"]
    for count in (1000, 10000, 100000):
        run = runs[f"flight/live/{count}"][1]
        lines.append(f"| {count:,} | {run['arm_ns_per_request']:,.0f} ns | {run['cancel_ns_per_request']:,.0f} ns "
                     f"| {run['bytes_per_request']:,.0f} bytes |")
    lines += ["", "| a machine's life | simulated | live |", "|---|---:|---:|"]
    kinds = ("simulated", "live")
    for key, what in LIFE:
        lines.append(f"| {what} | " + " | ".join(f"{runs[f'machine/life/{kind}'][1][key + '_us']:,.1f} us" for kind in kinds) + " |")
    for name, what in (("life", "all of it"), ("start_and_remove", "device started and removed, in a machine that stays")):
        lines.append(f"| {what} | " + " | ".join(f"{runs[f'machine/{name}/{kind}'][0] / 1e3:,.1f} us" for kind in kinds) + " |")
    lines += ["", "| devices under one bus (simulated) | started, each | removed, each | memory, each |", "|---:|---:|---:|---:|"]
    for count in (1, 1000, 10000, 100000):
        run = runs[f"bus/start_and_remove/{count}"][1]
        lines.append(f"| {count:,} | {run['started_us']:,.1f} us | {run['removed_us']:,.1f} us | {run['bytes']:,.0f} bytes |")
    lines += ["", "| all children of a bus (simulated) | 100 | 10,000 |", "|---|---:|---:|"]
    for name, what in (("one_changed", "reported again, one of them changed"), ("sleep_and_resume", "sleep (S3) and resume")):
        lines.append(f"| {what} | " + " | ".join(f"{runs[f'bus/{name}/{count}'][0] / 1e6:,.2f} ms" for count in (100, 10000)) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=pathlib.Path, help="put the table between the marks of this file")
    options = parser.parse_args()
    text = table(load(sys.stdin.read()))
    if not options.write:
        print(text)
        return
    page = options.write.read_text()
    head, rest = page.split(BEGIN)
    options.write.write_text(head + BEGIN + "\n" + text + "\n" + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
