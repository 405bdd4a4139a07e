#!/usr/bin/env python3
"""Tests of the generator and of the two page makers, on the real description and on small wrong ones."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "api"))
sys.dont_write_bytecode = True

import conformance  # noqa: E402
import coverage  # noqa: E402
from gen import ctypes_text, entry, helpers, model, sources, writer  # noqa: E402


class Description(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.apis = model.load_all()

    def test_tables_have_their_full_length(self):
        self.assertEqual(len(self.apis["kmdf"].functions), 458)
        self.assertEqual(len(self.apis["umdf"].functions), 274)

    def test_self_target_functions_stand_at_their_places(self):
        # IOX-1
        for mode, places in (("kmdf", (440, 441, 442)), ("umdf", (252, 253, 254))):
            names = [self.apis[mode].functions[i].name for i in places]
            self.assertEqual(names, ["WdfDeviceGetSelfIoTarget", "WdfDeviceInitAllowSelfIoTarget",
                                     "WdfIoTargetSelfAssignDefaultIoQueue"])
            for i in places:
                self.assertTrue(self.apis[mode].functions[i].has_prototype)
                self.assertEqual(self.apis[mode].functions[i].irql_max, "DISPATCH_LEVEL")

    def test_handles_and_pointers_are_told_apart(self):
        send = self.apis["kmdf"].function("WdfIoTargetSendIoctlSynchronously")
        kinds = {p.name: (p.handle, p.pointer, p.optional) for p in send.params}
        self.assertEqual(kinds["IoTarget"], (True, False, False))
        self.assertEqual(kinds["Request"], (True, False, True))
        self.assertEqual(kinds["IoctlCode"], (False, False, False))
        for name in ("InputBuffer", "OutputBuffer", "RequestOptions", "BytesReturned"):
            self.assertEqual(kinds[name], (False, True, True))

    def test_every_parameter_is_a_handle_a_pointer_or_a_plain_value(self):
        plain = {"ULONG", "UCHAR", "USHORT", "BOOLEAN", "LONG", "LONGLONG", "NTSTATUS", "size_t", "SIZE_T", "ULONG_PTR", "CCHAR",
                 "ACCESS_MASK", "KAFFINITY", "LCID", "DEVPROPTYPE", "PHYSICAL_ADDRESS"}
        enums = {e.tag.lstrip("_") for a in self.apis.values() for e in a.enums}
        nt_enums = {"POOL_TYPE", "DEVICE_REGISTRY_PROPERTY", "INTERFACE_TYPE", "MEMORY_CACHING_TYPE", "SECURITY_IMPERSONATION_LEVEL"}
        for api in self.apis.values():
            for f in api.functions:
                for p in f.params:
                    known = p.handle or p.pointer or p.type in plain | enums | nt_enums
                    self.assertTrue(known, f"{f.name}.{p.name} is of a type nobody classified: {p.type}")

    def test_send_is_never_level_checked(self):
        # OP-3
        self.assertIsNone(self.apis["kmdf"].function("WdfRequestSend").irql_max)
        for name in ("Read", "Write", "Ioctl", "InternalIoctl", "InternalIoctlOthers"):
            self.assertEqual(self.apis["kmdf"].function(f"WdfIoTargetSend{name}Synchronously").irql_max, "PASSIVE_LEVEL")

    def test_umdf_has_its_own_implementation_only_where_parameters_differ(self):
        shared = {f.name: f for f in self.apis["kmdf"].functions if f.has_prototype}
        own = [f.name for f in self.apis["umdf"].functions
               if f.has_prototype and entry.implementation_name(f, shared) != f.name]
        self.assertEqual(sorted(own), ["WdfDeviceWdmDispatchIrp", "WdfDeviceWdmDispatchIrpToIoQueue"])

    def test_an_annotation_that_fits_nothing_is_refused(self):
        original = model.load_json

        def with_nonsense(name):
            data = original(name)
            if name == "annotations.json":
                data["optional"] = data["optional"] + ["WdfIoTargetStart.Nonsense"]
            return data

        model.load_json = with_nonsense
        try:
            with self.assertRaisesRegex(model.ApiError, "WdfIoTargetStart.Nonsense"):
                model.load_all()
        finally:
            model.load_json = original


class Text(unittest.TestCase):
    def test_declarations(self):
        self.assertEqual(ctypes_text.declare("CHAR[32]", "Name"), "CHAR Name[32]")
        self.assertEqual(ctypes_text.declare("WDFKEY *", "Key"), "WDFKEY *Key")
        self.assertEqual(ctypes_text.declare("const GUID *const", "Guid"), "const GUID *const Guid")
        self.assertEqual(ctypes_text.declare("ULONG", "Count"), "ULONG Count")

    def test_function_types(self):
        self.assertEqual(ctypes_text.function_type("NTSTATUS (WDFDEVICE, PVOID)"), ("NTSTATUS", ["WDFDEVICE", "PVOID"]))
        self.assertEqual(ctypes_text.function_type("void (void)"), ("void", []))
        self.assertIsNone(ctypes_text.function_type("EVT_WDF_TIMER *"))

    def test_helper_without_body_or_with_other_parameters_is_found(self):
        fact = {"returns": "void", "params": [["Config", "PWDF_X"], ["Size", "ULONG"]], "header": "wdfx.h"}
        good = "WDF_INLINE VOID WDF_X_INIT(PWDF_X Config, ULONG Size)\n{\n}\n"
        self.assertIsNone(helpers._compare("WDF_X_INIT", fact, good))
        self.assertIn("no body", helpers._compare("WDF_Y_INIT", fact, good))
        self.assertIn("facts say", helpers._compare("WDF_X_INIT", fact, good.replace("ULONG", "USHORT")))


class Output(unittest.TestCase):
    def run_generator(self, folder):
        return subprocess.run([sys.executable, "-B", os.path.join(ROOT, "api", "generate.py"), "--out", folder],
                              capture_output=True, text=True, check=False)

    def test_second_run_touches_nothing_and_stale_files_go(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.run_generator(folder).returncode, 0)
            header = os.path.join(folder, "sdk/wdf/kmdf/inc/1.33/wdfiotarget.h")
            before = {}
            for base, _, leaves in os.walk(folder):
                for leaf in leaves:
                    path = os.path.join(base, leaf)
                    os.utime(path, (1, 1))
                    before[path] = os.stat(path).st_mtime
            stale = os.path.join(folder, "sdk/wdf/old.h")
            with open(stale, "w", encoding="utf-8") as file:
                file.write("old")
            with open(os.path.join(folder, "manifest.txt"), "a", encoding="utf-8") as file:
                file.write("sdk/wdf/old.h\n")
            with open(header, "a", encoding="utf-8") as file:
                file.write("/* edited by hand */\n")
            self.assertEqual(self.run_generator(folder).returncode, 0)
            self.assertFalse(os.path.exists(stale))
            changed = [p for p, time in before.items() if os.stat(p).st_mtime != time]
            self.assertEqual(sorted(changed), sorted([header, os.path.join(folder, "manifest.txt")]))

    def test_writer_tells_what_it_changed(self):
        with tempfile.TemporaryDirectory() as folder:
            out = writer.Writer(folder)
            out.write("a/b.h", "text")
            self.assertEqual(out.changed, ["a/b.h"])
            again = writer.Writer(folder)
            again.write("a/b.h", "text\n")
            self.assertEqual((again.changed, again.written), ([], ["a/b.h"]))


class Pages(unittest.TestCase):
    def proofs(self, text):
        found = conformance.Proofs()
        original = sources.read
        sources.read = lambda path: text
        try:
            found.scan("tests/x_test.cpp")
        finally:
            sources.read = original
        return found

    def test_items_are_read_from_the_macros(self):
        found = self.proofs('CONFORMANCE(Suite, Name, "IOT-2.14",\n   "IOX-8") { }\n'
                            'CONFORMANCE_WITH((MachineOptions{.verifier = true, .trace = true}), Suite, Other, "OP-3") {}\n'
                            'TEST(Plain, One) {\n  SPEC("IOT-3.09");\n}\n// CONFORMANCE(No, No, "IOT-1.01")\n')
        self.assertEqual(found.errors, [])
        self.assertEqual(sorted(found.tests), ["IOT-2.14", "IOT-3.09", "IOX-8", "OP-3"])
        self.assertEqual(found.tests["OP-3"][0][:3], ("Suite", "Other", ["/live", "/simulated"]))
        self.assertEqual(found.tests["IOT-3.09"][0][:3], ("Plain", "One", [""]))

    def test_only_passing_tests_on_both_executors_count(self):
        found = self.proofs('CONFORMANCE(Suite, Name, "IOT-2.14") { }\nCONFORMANCE(Suite, Half, "IOT-2.15") { }\n')
        found.keep_passed({"Suite.Name/live", "Suite.Name/simulated", "Suite.Half/live"})
        self.assertEqual(sorted(found.tests), ["IOT-2.14"])

    def test_results_are_read_from_result_files(self):
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
            file.write('<testsuites><testsuite name="S"><testcase name="A" classname="S" status="run"/>'
                       '<testcase name="B" classname="S" status="run"><failure message="no"/></testcase>'
                       '<testcase name="C" classname="S" status="notrun"/></testsuite></testsuites>')
            file.flush()
            self.assertEqual(conformance.passed_tests([file.name]), {"S.A"})

    def test_wrong_ids_are_errors(self):
        self.assertTrue(self.proofs('TEST(A, B) { SPEC("nonsense"); }').errors)
        self.assertTrue(self.proofs('SPEC("IOT-1.01");').errors)
        self.assertTrue(self.proofs('CONFORMANCE(Suite, Name) {}').errors)

    def test_own_decisions_are_listed_and_not_counted(self):
        found = self.proofs('CONFORMANCE(Suite, Name, "ours") { }\n')
        self.assertEqual(found.errors, [])
        text = conformance.page({"IOT-1.01": "x"}, found, {})
        self.assertIn("**0 of 1 items proven**", text)
        self.assertIn("`Suite.Name` (both executors)", text)

    def test_every_item_of_the_contract_has_a_title(self):
        items = model.load_json("spec-items.json")
        self.assertEqual(sum(i.startswith("IOT-") for i in items), 316)
        self.assertEqual([i for i in items if i.startswith("IOX-")], [f"IOX-{n}" for n in range(1, 61)])
        self.assertEqual([i for i in items if i.startswith("OP-")], [f"OP-{n}" for n in range(1, 33)])
        families = {"OBJ": 50, "DRV": 16, "INI": 40, "PWR": 79, "BUS": 41, "SYN": 40, "INT": 25, "RES": 8, "DMA": 29, "REG": 12,
                    "WMI": 9, "VER": 23, "UM": 33, "O": 40}
        for family, count in families.items():
            self.assertEqual([i for i in items if i.startswith(family + "-")], [f"{family}-{n:02d}" for n in range(1, count + 1)])
        self.assertEqual([i for i in items if i.startswith("DEVX-")], [f"DEVX-{n}" for n in [*range(1, 51), 59]])
        self.assertEqual([i for i in items if re.match(r"S\d", i)], [f"S{n}" for n in range(1, 17)])
        sections = {key for part in conformance.PARTS.values() for key in part}
        self.assertEqual([i for i, t in items.items() if not t or conformance.section(i) not in sections], [])

    def test_each_part_of_the_contract_has_a_total_of_its_own(self):
        found = self.proofs('CONFORMANCE(Suite, Name, "OBJ-01", "S3") { }\nCONFORMANCE(Suite, Other, "IOT-1.01") { }\n')
        text = conformance.page(dict.fromkeys(["IOT-1.01", "IOT-1.02", "OBJ-01", "OBJ-02", "S3"], "x"), found, {"OBJ-02": "because"})
        self.assertLess(text.index("**1 of 2 items proven**, 0 open with a reason, 1 open."),
                        text.index("**2 of 3 items proven**, 1 open with a reason, 0 open."))
        self.assertIn("| S State tables | 1 | 1 | 0 | 0 |", text)

    def test_definitions_and_calls_are_told_apart(self):
        original = sources.files, sources.read
        sources.files = lambda *folders: ["src/wdf/x.cpp"]
        sources.read = lambda path: ("namespace drydock::wdf::ddi {\nNTSTATUS WdfIoTargetStart(DriverGlobals& globals,\n WDFIOTARGET t) {\n"
                                     "  return WdfIoTargetStop(globals, t);\n}\nvoid WdfIoTargetPurge(DriverGlobals& g, WDFIOTARGET t);\n}\n"
                                     "VOID ddi::WdfIoTargetClose(DriverGlobals& globals, WDFIOTARGET t) { }\n// WdfIoTargetOpen(DriverGlobals& g) {}\n")
        try:
            self.assertEqual(coverage.definitions(), {"WdfIoTargetStart", "WdfIoTargetClose"})
        finally:
            sources.files, sources.read = original


if __name__ == "__main__":
    unittest.main()
