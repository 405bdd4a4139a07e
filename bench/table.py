#!/usr/bin/env python3
"""Turns one run of drydock_bench into the table of bench/README.md.

Usage: drydock_bench --benchmark_format=json | bench/table.py [--write bench/README.md]
Every ratio is taken within that one run.
"""
import argparse
import json
import pathlib
import sys

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def load(text):
    runs = {}
    for run in json.loads(text)["benchmarks"]:
        if run.get("run_type") != "aggregate" or run.get("aggregate_name") == "median":
            name = run["run_name"].removesuffix("/real_time").removesuffix("/iterations:3/real_time")
            name = name.replace("/iterations:3", "")
            time = run["per_call"] * 1e9 if "per_call" in run else run["real_time"] * NANOSECONDS[run["time_unit"]]
            runs[name] = (time, run)
    return runs


def table(runs):
    def time(name):
        return runs[name][0]

    rows = []

    def ratio(what, name, yardstick, bar):
        value = time(name) / time(yardstick)
        verdict = f"{bar:.1f}" if bar else ""
        rows.append((what, f"{time(name):,.0f} ns", f"{time(yardstick):,.0f} ns ({yardstick.split('/')[1]})", f"{value:.2f}", verdict))

    null, pread, futex = "yardstick/ioctl_dev_null", "yardstick/pread_4k", "yardstick/futex_ping_pong"
    for kind, bar in (("live", 2.0), ("simulated", 2.0)):
        ratio(f"synchronous IOCTL, driver to driver, inline ({kind})", f"ioctl16/driver_to_driver/{kind}", null, bar)
    ratio("the same from an application through one driver (live)", "ioctl16/application/filters/live/0", null, None)
    per_filter = (time("ioctl16/application/filters/live/4") - time("ioctl16/application/filters/live/0")) / 4
    rows.append(("each further filter that forwards (live)", f"{per_filter:,.0f} ns", f"{time(null):,.0f} ns (ioctl_dev_null)",
                 f"{per_filter / time(null):.2f}", ""))
    ratio("read of 4 KiB through filter, function driver and file target (live)", "read4k/filestack/live", pread, 1.3)
    ratio("completion from another thread (live)", "ioctl16/completed_elsewhere/live", futex, 2.0)
    small = runs["flight/live/1000"][1]
    for count in (1000, 10000, 100000):
        run = runs[f"flight/live/{count}"][1]
        for what in ("arm", "cancel"):
            value, first = run[f"{what}_ns_per_request"], small[f"{what}_ns_per_request"]
            rows.append((f"{count:,} requests in flight with time-outs: {what}, a request", f"{value:,.0f} ns", f"{first:,.0f} ns (of 1,000)",
                         f"{value / first:.2f}", ""))
        rows.append((f"{count:,} requests in flight: memory, a request", f"{run['bytes_per_request']:,.0f} bytes", "", "", ""))
    for name, what in (("machine/empty", "machine made and dropped"), ("machine/driver_loaded", "and a driver loaded"),
                       ("device/start_and_remove", "a device started and removed"), ("machine/whole_life", "all of it")):
        for kind in ("simulated", "live"):
            rows.append((f"{what} ({kind})", f"{time(f'{name}/{kind}') / 1e3:,.1f} us", "", "", ""))
    lines = ["| what | Drydock | yardstick | ratio | first bar |", "|---|---:|---:|---:|---:|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


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
