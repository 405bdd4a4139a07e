#!/usr/bin/env python3
"""Compiles the generated headers with every compiler that is there: as C and C++ drivers, and as the framework's own C++.

Usage: compilers_test.py --generated DIR --sdk DIR
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
DRIVER = ["-fshort-wchar", "-fms-extensions", "-DDRYDOCK_DRIVER_BUILD=1", "-D_WIN32=1", "-D_WIN64=1", "-D_AMD64_=1"]
FRAMEWORK = ["-DDRYDOCK_FRAMEWORK=1"]
# language, compilers, standard, flags, source of this folder ({} is the mode)
FORMS = [
    ("C driver", ("clang", "gcc"), "-std=gnu17", DRIVER, "layout_{}.c"),
    ("C driver, its forms", ("clang", "gcc"), "-std=gnu17", DRIVER, "driver_forms_{}.c"),
    ("C driver, old standard", ("clang", "gcc"), "-std=gnu99", DRIVER, "layout_{}.c"),
    ("C++ driver", ("clang++", "g++"), "-std=c++20", DRIVER, "layout_{}.cpp"),
    ("C++17 driver", ("clang++", "g++"), "-std=c++17", DRIVER, "layout_{}.cpp"),
    ("framework", ("clang++", "g++"), "-std=c++20", FRAMEWORK, "layout_{}_framework.cpp"),
]
VERSIONS = {"kmdf": "1.33", "umdf": "2.33"}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generated", required=True)
    parser.add_argument("--sdk", required=True)
    args = parser.parse_args()
    args.generated, args.sdk = os.path.abspath(args.generated), os.path.abspath(args.sdk)
    failures = ran = 0
    with tempfile.TemporaryDirectory() as folder:
        for mode, version in VERSIONS.items():
            headers = os.path.join(args.generated, "sdk", "wdf", mode, "inc", version)
            includes = ["-I" + p for p in (headers, os.path.join(args.sdk, "km"), os.path.join(args.sdk, "shared"), args.generated)]
            for name, compilers, standard, flags, source in FORMS:
                for compiler in filter(shutil.which, compilers):
                    command = [compiler, standard, *flags, *includes, "-Werror=implicit-function-declaration"
                               if compiler in ("clang", "gcc") else "-Wall", "-fsyntax-only", os.path.join(HERE, source.format(mode))]
                    ran += 1
                    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
                    if result.returncode != 0:
                        failures += 1
                        print(f"FAILED: {mode} as {name} with {compiler}\n  {' '.join(command)}\n{result.stderr[:2000]}")
    print(f"{ran} compilations, {failures} failed")
    return 1 if failures or not ran else 0


if __name__ == "__main__":
    sys.exit(main())
