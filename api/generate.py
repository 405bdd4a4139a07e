#!/usr/bin/env python3
"""Makes everything that follows from the API description: SDK headers, dispatch tables, entry checks, layout checks.

Usage: generate.py --out DIR      writes into DIR, only files whose text changed; exit 1 and a message on a bad description.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from gen import checks, entry, headers, helpers, model, writer  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True)
    parser.add_argument("--stamp", help="file to touch when done")
    args = parser.parse_args()
    out = writer.Writer(args.out)
    try:
        apis = model.load_all()
        for api in apis.values():
            headers.generate(api, out)
        helpers.check(apis, out)
        entry.generate(apis, out)
        checks.generate(apis, out)
    except model.ApiError as error:
        sys.exit(f"generate.py: {error}")
    out.remove_stale("manifest.txt")
    if args.stamp:
        with open(args.stamp, "w", encoding="utf-8"):
            pass


if __name__ == "__main__":
    main()
